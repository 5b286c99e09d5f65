# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""okta_device_integration against the lab: verified by every public means, and nothing created."""

from __future__ import annotations

from datetime import datetime

import pytest

MODULE = "okta_device_integration"


def test_verified_without_a_write(watched, run_module):
    result = run_module(MODULE, {}, lab=watched.lab)
    assert not result["changed"] and watched.writes() == [], result
    assert result["organization"]["pipeline"] == "idx" and result["ca_certificates"][0][
        "subject"
    ].endswith("CN=Organization Intermediate Authority")
    assert "device.platform.add" in [one["event_type"] for one in result["platform_events"]]


def test_without_a_scep_url_the_console_steps_are_given(watched, run_module):
    result = run_module(MODULE, {"scep_url": ""}, lab=watched.lab)
    assert result["failed"] and "select Static SCEP URL" in " ".join(result["console_steps"])


def test_a_test_enrolment_is_a_change_and_never_made_in_check_mode(watched, run_module, shown):
    assert (
        not run_module(MODULE, {"test_enrollment": True}, lab=watched.lab, check=True)["changed"]
        and watched.writes() == []
    )
    enrolled = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert enrolled["changed"] and watched.writes() == ["PKIOperation"]
    assert shown(watched.lab.announcement["scep_challenge"]) == []


def test_a_stale_challenge_is_named_and_a_passed_enrolment_overrules(watched, run_module):
    deployed = {"challenge_deployed_at": "2020-01-01T00:00:00Z"}
    assert run_module(MODULE, deployed, lab=watched.lab)["challenge_stale_since"] is None
    fresh = watched.world.okta.platform.reset_secret()
    stale = run_module(MODULE, deployed, lab=watched.lab)
    assert stale["challenge_stale_since"] and "stale" in stale["warnings"][0]
    overruled = run_module(
        MODULE, {**deployed, "scep_challenge": fresh, "test_enrollment": True}, lab=watched.lab
    )
    assert overruled["challenge_stale_since"] is None and overruled["test_enrollment"]
    refused = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert refused["failed"] and "test enrolment was refused" in refused["msg"]


@pytest.mark.parametrize("form", ["der", "pkcs7"])
def test_a_pinned_fingerprint_is_compared(watched, run_module, form):
    watched.switch(ca_certificate_answer=form)
    sha256 = run_module(MODULE, {}, lab=watched.lab)["ca_certificates"][0]["sha256"]
    assert not run_module(MODULE, {"ca_fingerprint": sha256.upper()}, lab=watched.lab).get("failed")
    assert run_module(MODULE, {"ca_fingerprint": "00" * 32}, lab=watched.lab)["failed"]


def test_a_warning_before_the_authority_expires(watched, run_module):
    before = run_module(MODULE, {}, lab=watched.lab)
    assert before["warnings"] == []
    end = datetime.fromisoformat(before["ca_certificates"][0]["not_after"])
    with watched.world.lock:
        watched.world.clock.advance(days=(end - watched.world.clock.now()).days - 30)
    result = run_module(MODULE, {}, lab=watched.lab)
    assert any(f"expires on {end:%Y-%m-%d}" in text for text in result["warnings"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scep_url": "https://other.okta.com/pki/x/scep/y"}, "its host is other.okta.com"),
        ({"scep_url": "http://acme.okta.com/pki/x/scep/y"}, "is not https"),
        (
            {
                "scep_url": (
                    "https://acme.okta.com/api/v1/certificateAuthorities/A/registrationAuthorities/r/challenge"
                )
            },
            "step 8",
        ),
        ({"ca_fingerprint": "xyz"}, "is not a SHA-1 or SHA-256 fingerprint"),
    ],
)
def test_bad_input_is_one_sentence(watched, run_module, options, says):
    result = run_module(MODULE, options, lab=watched.lab)
    assert result["failed"] and says in result["msg"] and watched.writes() == []
