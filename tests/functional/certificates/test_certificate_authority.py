# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that read Okta's certificate authorities, and what they do where they cannot."""

from __future__ import annotations

import pytest

from tools.support.playbook import SITE

RENEW = SITE.parent / "renew_certificates.yml"
QUICK = {"device_trust_gate_wait": 20, "device_trust_poll_interval": 1}

pytestmark = [pytest.mark.lab(macs=6)]


def found_urls(result):
    results = result.results("Verify Okta's certificate authority")
    checked = result.results("Check Okta, Kandji and the rings, and plan the changes")
    results += [each["certificate_authority"] for each in checked]
    return [each["scep_url"] for each in results if "scep_url" in each]


@pytest.fixture
def environment(watched):
    """A service app with these scopes, and no SCEP URL."""

    def make(*more):
        scopes = ("okta.authenticators.read", "okta.devices.read", "okta.logs.read", *more)
        app = watched.control("POST", "/okta/apps", {"scopes": scopes})
        return {
            "OKTA_CLIENT_TOKEN": "",
            "OKTA_SCEP_URL": "",
            "OKTA_CLIENT_CLIENTID": app["client_id"],
            "OKTA_CLIENT_PRIVATEKEY": app["private_key"],
            "OKTA_CLIENT_KID": app["key_id"],
        }

    return make


@pytest.mark.long
def test_a_pin_of_a_profile_is_found_out_of_date_before_macs_fail_on_it(
    watched, run_module, playbook, profile_args
):
    pinned = {**profile_args, "ca_fingerprint": "7f" * 32, "test_enrollment": False}
    assert run_module("kandji_scep_profile", pinned, lab=watched.lab)["changed"]
    mark = watched.mark()
    refused = playbook(watched.lab, SITE, variables=QUICK, check=True)
    output = " ".join(refused.output.split())
    assert refused.status != 0 and "SCEP endpoint does not return: canary." in output
    removed = {**QUICK, "device_trust_ca_fingerprint": "absent"}
    predicted = playbook(watched.lab, SITE, variables=removed, check=True)
    assert predicted.status == 0 and watched.writes(mark) == [], predicted.output


@pytest.mark.long  # make demo does the same
def test_the_site_playbook_needs_the_secret_key_alone(watched, playbook, environment):
    watched.switch(macs_act=True, people_act=True)
    scope = "okta.certificateAuthorities.read"
    result = playbook(watched.lab, variables=QUICK, environment=environment(scope))
    assert result.status == 0, result.output
    scep_url = watched.lab.announcement["scep_url"]
    assert found_urls(result) == [scep_url]
    profiles = [
        each for each in watched.world.kandji.library.profiles() if "Okta SCEP" in each.name
    ]
    assert profiles and all(scep_url in str(each.document) for each in profiles)
    renewal = playbook(
        watched.lab, RENEW, variables=QUICK, environment=environment(scope), check=True
    )
    assert renewal.status == 0, renewal.output


def test_without_the_scope_the_url_is_asked_for_with_the_console_steps(
    watched, playbook, environment
):
    result = playbook(watched.lab, variables=QUICK, environment=environment())
    assert result.status != 0 and watched.writes() == []
    assert "the scope is okta.certificateAuthorities.read" in result.output
    assert "select Static SCEP URL" in result.output


@pytest.mark.long
def test_a_platform_is_chosen_by_a_variable(watched, playbook, environment):
    second = watched.control("POST", "/okta/platforms", {"name": "Endpoint management"})
    scope = environment("okta.certificateAuthorities.read")
    refused = playbook(watched.lab, variables=QUICK, environment=scope, check=True)
    assert refused.status != 0 and "2 platforms with a static SCEP URL" in refused.output
    chosen = playbook(
        watched.lab,
        variables={
            **QUICK,
            "device_trust_scep_platform": second["id"],
            "device_trust_scep_challenge": second["scep_challenge"],
        },
        environment=scope,
        check=True,
    )
    assert chosen.status == 0, chosen.output
    assert found_urls(chosen) == [second["scep_url"]]


CHANGED = SITE.parent / "on_certificate_authority_change.yml"


def notification(result):
    (shown,) = result.results("Show the notification")
    return shown["msg"]


@pytest.mark.parametrize("answer", ["served", "missing"])
def test_a_change_that_okta_logged_is_reported_with_the_state(watched, playbook, answer):
    watched.switch(certificate_authorities=answer)
    watched.control("POST", "/okta/authority/renew")
    event = {"device_trust_authority_event": "Okta logged pki.ca.renew (by Okta itself)."}
    text = notification(playbook(watched.lab, CHANGED, variables=event))
    assert text.startswith(event["device_trust_authority_event"])
    expected = "The move is due by" if answer == "served" else "The authority was not read: the org"
    assert expected in text and watched.writes() == []


def test_a_change_that_breaks_enrollment_is_reported(watched, playbook):
    platform = watched.world.okta.platform.configuration.id
    watched.control("DELETE", f"/okta/platforms/{platform}")
    text = notification(playbook(watched.lab, CHANGED))
    assert "does not pass verification: device_trust_scep_url: its platform" in text


def test_the_report_and_the_table_show_the_renewal(watched, run_module, tmp_path, profile_args):
    run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    rings = {"rings": watched.ring_variables}
    before = run_module("device_trust_info", rings, lab=watched.lab)
    assert before["authority"]["renewals"][0]["state"] == "none"
    assert before["table"][-1].endswith("nothing is due.")
    watched.control("POST", "/okta/authority/renew")
    after = run_module("device_trust_info", rings, lab=watched.lab)
    assert after["authority"]["renewals"][0]["state"] == "waiting"
    assert "The move is due by" in after["table"][-1]
    report = {**rings, "dest": str(tmp_path)}
    assert run_module("device_trust_report", report, lab=watched.lab)["changed"]
    for suffix in ("html", "json"):
        assert "The move is due by" in (tmp_path / f"device-trust.{suffix}").read_text()
    watched.switch(certificate_authorities="missing")
    unread = run_module("device_trust_report", report, lab=watched.lab)
    assert unread["authority"]["unavailable"] and not unread["authority"]["alarm"]
    assert "authorities were not read" in (tmp_path / "device-trust.html").read_text()


def test_every_state_on_the_way(watched, run_module):
    def read():
        return run_module("okta_device_integration", {"scep_url": ""}, lab=watched.lab)

    def state():
        result = read()
        return result["renewal"]["state"], result["renewal"]["alarm"], result["warnings"]

    def pass_days(days):
        watched.control("POST", "/clock/advance", {"days": days})

    assert state() == ("none", False, []) and not read()["renewal"]["moved"]
    watched.control("POST", "/okta/authority/renew", {"status": "INACTIVE"})
    name, alarm, (warning,) = state()
    assert (name, alarm) == ("waiting", False) and "still issues with the old" in warning
    pass_days(5 * 365 - 400 - 365 - 59)  # 59 days before the last year of the old certificate
    assert state()[:2] == ("waiting", True)
    pass_days(60)
    assert state()[:2] == ("overdue", True)
    pass_days(365)
    assert state()[:2] == ("broken", True)
    watched.control("POST", "/okta/authority/migrate")
    assert state()[0] == "none" and read()["renewal"]["moved"]
    watched.control("POST", "/okta/authority/renew")
    watched.control("POST", "/okta/authority/migrate")
    assert state() == ("rolled_over", False, [])
