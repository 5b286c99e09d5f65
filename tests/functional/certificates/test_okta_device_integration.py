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


WITHOUT_URL = {"scep_url": ""}


@pytest.fixture
def service_app(watched):
    """Options of a service app with these scopes."""

    def make(*scopes, **settings):
        made = watched.control("POST", "/okta/apps", {"scopes": scopes, **settings})
        return {
            "okta_api_token": "",
            "okta_client_id": made["client_id"],
            "okta_private_key": made["private_key"],
            "okta_key_id": made["key_id"],
        }

    return make


@pytest.fixture
def add_platform(watched):
    return lambda **values: watched.control("POST", "/okta/platforms", values)


def test_with_the_scope_no_scep_url_is_needed(watched, run_module, service_app):
    app = service_app("okta.logs.read", "okta.certificateAuthorities.read")
    result = run_module(MODULE, {**app, **WITHOUT_URL}, lab=watched.lab)
    assert not result.get("failed"), result
    assert result["scep_url"] == watched.lab.announcement["scep_url"]
    assert result["platform"]["challenge_type"] == "STATIC"
    assert [each["family"] for each in result["authorities"]] == [
        "OKTA_AS_CA",
        "DEVICE_ACCESS_OKTA_AS_CA",
    ]
    certificate = result["authorities"][0]["certificates"][0]
    assert certificate["key_id"] == result["platforms"][0]["authority_key_id"]
    assert certificate["rotation_state"] == "ACTIVE" and result["authorities_unavailable"] is None


def test_a_proof_of_possession_serves_the_second_token_too(watched, run_module, service_app):
    app = service_app("okta.logs.read", "okta.certificateAuthorities.read", dpop=True)
    result = run_module(MODULE, {**app, **WITHOUT_URL}, lab=watched.lab)
    assert result["scep_url"] == watched.lab.announcement["scep_url"]


def test_without_the_scope_all_works_with_one_line(watched, run_module, service_app):
    result = run_module(MODULE, service_app("okta.logs.read"), lab=watched.lab)
    (warning,) = result["warnings"]
    assert "may not read them (400 invalid_scope)" in warning and "not verified" in warning
    assert result["ca_certificates"] and result["platforms"] == []


@pytest.mark.parametrize("answer", ["feature", "forbidden", "missing", "verb"])
def test_an_org_without_the_api_is_as_before(watched, run_module, answer):
    watched.switch(certificate_authorities=answer)
    result = run_module(MODULE, {}, lab=watched.lab)
    assert len(result["warnings"]) == 1 and "not verified" in result["warnings"][0]
    assert result["ca_certificates"] and result["authorities_unavailable"] in result["warnings"][0]
    without = run_module(MODULE, WITHOUT_URL, lab=watched.lab)
    assert without["failed"] and "select Static SCEP URL" in " ".join(without["console_steps"])


def test_an_api_that_no_api_token_may_call_is_not_a_failure_to_sign_in(watched, run_module):
    watched.switch(api_token_reads_authorities=False)
    result = run_module(MODULE, {}, lab=watched.lab)
    assert not result.get("failed") and "401 E0000011" in result["warnings"][0]
    wrong = run_module(MODULE, {"okta_api_token": "00wrong"}, lab=watched.lab)
    assert wrong["failed"] and "The token for" in wrong["msg"]


def test_a_server_that_is_down_for_this_api_alone(watched, run_module):
    watched.fault("5xx", "listRegistrationAuthorities", times=None)
    result = run_module(MODULE, {"api_retries": 0}, lab=watched.lab)
    assert not result.get("failed") and "503" in result["authorities_unavailable"]


def test_several_static_platforms_even_of_one_name(watched, run_module, add_platform):
    second = add_platform(name="Endpoint management")
    result = run_module(MODULE, WITHOUT_URL, lab=watched.lab)
    assert result["failed"] and "2 platforms with a static SCEP URL" in result["msg"]
    chosen = run_module(
        MODULE,
        {
            **WITHOUT_URL,
            "platform": second["id"],
            "scep_challenge": second["scep_challenge"],
            "test_enrollment": True,
        },
        lab=watched.lab,
    )
    assert chosen["scep_url"] == second["scep_url"] and chosen["test_enrollment"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"device_access": True}, "it is of the Device Access tab"),
        ({"challenge_type": "DYNAMIC"}, "has a dynamic SCEP URL"),
        ({"challenge_type": "DELEGATED"}, "a delegated SCEP URL"),
    ],
)
def test_a_url_of_a_platform_that_cannot_serve(watched, run_module, add_platform, values, says):
    result = run_module(MODULE, {"scep_url": add_platform(**values)["scep_url"]}, lab=watched.lab)
    assert result["failed"] and says in result["msg"] and watched.writes() == []


def test_a_url_of_a_platform_that_was_deleted(watched, run_module, add_platform):
    gone = add_platform()
    watched.control("DELETE", f"/okta/platforms/{gone['id']}")
    result = run_module(MODULE, {"scep_url": gone["scep_url"]}, lab=watched.lab)
    assert result["failed"] and "was deleted or is not active" in result["msg"]
    other = gone["scep_url"].replace("/pki/", "/pki/00")
    result = run_module(MODULE, {"scep_url": other}, lab=watched.lab)
    assert result["failed"] and "no certificate authority 00" in result["msg"]


def test_a_test_enrollment_is_a_change_and_never_made_in_check_mode(watched, run_module, shown):
    assert (
        not run_module(MODULE, {"test_enrollment": True}, lab=watched.lab, check=True)["changed"]
        and watched.writes() == []
    )
    enrolled = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert enrolled["changed"] and watched.writes() == ["PKIOperation"]
    assert shown(watched.lab.announcement["scep_challenge"]) == []


def test_a_stale_challenge_is_named_and_a_passed_enrollment_overrules(watched, run_module):
    deployed = {"challenge_deployed_at": "2020-01-01T00:00:00Z"}
    assert run_module(MODULE, deployed, lab=watched.lab)["challenge_stale_since"] is None
    fresh = watched.world.okta.platform.reset_secret()
    unknown = run_module(MODULE, {}, lab=watched.lab)
    assert unknown["challenge_stale_since"] is None and unknown["challenge_state"] == "unknown"
    assert "challenge_deployed_at: it is not set. Okta shows a reset" in unknown["warnings"][0]
    stale = run_module(MODULE, deployed, lab=watched.lab)
    assert stale["challenge_stale_since"] and "stale" in stale["warnings"][0]
    assert stale["challenge_state"] == "stale"
    overruled = run_module(
        MODULE, {**deployed, "scep_challenge": fresh, "test_enrollment": True}, lab=watched.lab
    )
    assert overruled["challenge_stale_since"] is None and overruled["test_enrollment"]
    assert overruled["challenge_state"] == "current"
    refused = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert refused["failed"] and "test enrollment was refused" in refused["msg"]


def test_the_authority_of_another_org_is_refused(watched, run_module):
    """Its custom domain may be in the SCEP URL, and its secret next to it: nothing else differs."""
    org, other = watched.world.okta, "00oA1B2C3D4E5F6G7H8I"
    assert not run_module(MODULE, {}, lab=watched.lab).get("failed")
    own, org.org_id = org.org_id, other
    refused = run_module(MODULE, {}, lab=watched.lab, check=True)
    assert (
        refused["failed"]
        and f"of the org {own}, and okta_org_url is the org {other}" in refused["msg"]
    )


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
            "Static SCEP URL as SCEP URL challenge type in Okta (Security > Device integrations",
        ),
        ({"ca_fingerprint": "xyz"}, "is not a SHA-1 or SHA-256 fingerprint"),
    ],
)
def test_bad_input_is_one_sentence(watched, run_module, options, says):
    result = run_module(MODULE, options, lab=watched.lab)
    assert result["failed"] and says in result["msg"] and watched.writes() == []
