# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta Verify's settings.

By the role, and by the site playbook, they arrive on the Macs as the vendor's template keys say.
"""

from __future__ import annotations

import pytest

PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: By the role
      ansible.builtin.include_role:
        name: devicetrust.okta_kandji.okta_verify
      vars:
        okta_verify_report: false
"""
QUICK = {"device_trust_gate_wait": 30, "device_trust_poll_interval": 1}


@pytest.fixture
def by_role(watched, playbook, tmp_path):
    """Run the role with these variables on the canary's blueprints."""
    (tmp_path / "play.yml").write_text(PLAY)

    def run(variables, **how):
        common = {
            "okta_verify_blueprints": watched.canary["blueprints"],
            "okta_verify_settings": True,
            "okta_verify_org_url": watched.world.okta.base_url,
        }
        return playbook(
            watched.lab, tmp_path / "play.yml", variables={**common, **variables}, **how
        )

    return run


def state(watched, serial):
    return next(one for one in watched.control("GET", "/state")["macs"] if one["serial"] == serial)


def settings_of(watched):
    return [
        one
        for one in watched.world.kandji.library.profiles()
        if one.name.startswith("Okta Verify settings")
    ]


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_they_arrive_as_the_vendors_template_keys_say(watched, by_role, shown):
    variables = {
        "okta_verify_user_principal_name": "$EMAIL",
        "okta_verify_enrollment_options": "SilentEnrollmentEnabled",
        "okta_verify_report_diagnostics": False,
        "okta_verify_sso_extension_hosts": ["ID.acme.com"],
    }
    with_user, without_user = (watched.mac(serial) for serial in watched.canary["test_macs"])
    without_user.device.user = None
    predicted = by_role(variables, check=True, arguments=["--diff"])
    assert predicted.status == 0 and watched.writes() == [], predicted.output
    done = by_role(variables, arguments=["--diff", "-vvvv"])
    assert done.status == 0 and done.changed == predicted.changed, done.output
    assert watched.writes()[:2] == [
        "Create Custom Profile",
        "Assign Library Item",
    ], "the settings come before the app"
    watched.live()
    org_url = watched.world.okta.base_url
    for mac, name in ((with_user, with_user.device.user.email), (without_user, "")):
        held = state(watched, mac.serial)
        expected = {
            "OktaVerify.OrgUrl": org_url,
            "OktaVerify.UserPrincipalName": name,
            "OktaVerify.EnrollmentOptions": "SilentEnrollmentEnabled",
            "OktaVerify.ReportDiagnostics": False,
        }
        assert held["managed_preferences"] == {
            "com.okta.mobile": expected,
            "com.okta.mobile.auth-service-extension": expected,
        }
        assert held["login_items"] == ["/Applications/Okta Verify.app"]
        assert held["sso_extensions"] == [
            {
                "ExtensionIdentifier": "com.okta.mobile.auth-service-extension",
                "TeamIdentifier": "B7F62B65BN",
                "Type": "Credential",
                "Realm": "Okta Device",
                "Hosts": ["localhost", "id.acme.com"],
            }
        ]
    assert all(state(watched, mac.serial)["okta_accounts"] for mac in (with_user, without_user)), (
        "an empty user name keeps nobody out"
    )
    mark = watched.mark()
    again = by_role(variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
    assert shown(watched.lab.announcement["kandji_api_token"]) == []


@pytest.mark.lab(macs=3)
def test_what_is_not_asked_for_is_not_there(watched, by_role):
    done = by_role(
        {
            "okta_verify_login_item": False,
            "okta_verify_sso_extension": False,
            "okta_verify_org_url": watched.world.okta.base_url + "/",
        }
    )
    assert done.status == 0, done.output
    watched.live()
    held = state(watched, watched.canary["test_macs"][0])
    only = {"OktaVerify.OrgUrl": watched.world.okta.base_url}
    assert held["managed_preferences"] == {
        "com.okta.mobile": only,
        "com.okta.mobile.auth-service-extension": only,
    }
    assert held["login_items"] == held["sso_extensions"] == [] and held["okta_accounts"]


@pytest.mark.lab(macs=3)
def test_beside_kandjis_own_device_trust_and_with_a_wrong_url_nothing_is_written(watched, by_role):
    wrong = by_role({"okta_verify_org_url": "https://acme-admin.okta.com"})
    assert wrong.status != 0 and "is not the address at which people sign in" in wrong.output
    watched.world.kandji.install_device_trust(watched.mac(watched.canary["test_macs"][0]))
    refused = by_role({})
    assert refused.status != 0 and "Okta Device Trust" in refused.output
    assert watched.writes() == [] and settings_of(watched) == []


@pytest.mark.lab(macs=3)
def test_what_is_wrong_with_them_is_told_with_all_else_that_is_wrong(watched, playbook):
    watched.world.kandji.install_device_trust(watched.mac(watched.canary["test_macs"][0]))
    variables = {
        **QUICK,
        "device_trust_okta_verify_settings": True,
        "device_trust_okta_verify_name": "Okta Verifi",
    }
    refused = playbook(watched.lab, variables=variables)
    told = refused.output.partition("Problems:\n")[2]
    assert refused.status != 0 and watched.writes() == [], refused.output
    for part in (
        "A Mac must get each of these from one profile",
        "A Mac must have one SCEP profile",
        "No library item named 'Okta Verifi'",
    ):
        assert part in told, told


@pytest.mark.long
def test_the_site_playbook_brings_them_with_okta_verify_ring_by_ring(watched, playbook):
    variables = {
        **QUICK,
        "device_trust_okta_verify_settings": True,
        "device_trust_okta_verify_user_principal_name": "$EMAIL",
    }
    predicted = playbook(watched.lab, check=True, variables=variables)
    held = playbook(watched.lab, variables={**variables, "device_trust_gate_wait": 0})
    assert (
        held.status == 0 and "Run this playbook again" in held.output and settings_of(watched) == []
    ), "behind the certificates of the ring"
    watched.live()
    watched.switch(macs_act=True, people_act=True)
    done = playbook(watched.lab, variables=variables)
    watched.switch(macs_act=False, people_act=False)
    watched.live()
    assert done.status == 0 and predicted.changes == sorted(held.changes + done.changes), (
        predicted.changes,
        held.changes,
        done.changes,
    )
    assert {one.name for one in settings_of(watched)} == {
        f"Okta Verify settings - {ring['name']}" for ring in watched.ring_variables
    }
    assert all(
        "com.okta.mobile" in state(watched, serial)["managed_preferences"]
        for ring in watched.ring_variables
        for serial in ring["test_macs"]
    )
    mark = watched.mark()
    again = playbook(watched.lab, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
    refused = playbook(
        watched.lab, variables={**variables, "device_trust_okta_verify_login_item": False}
    )
    assert refused.status != 0 and "max_reinstall" in refused.output and watched.writes(mark) == []
    changed = playbook(
        watched.lab,
        variables={
            **variables,
            "device_trust_okta_verify_login_item": False,
            "device_trust_max_reinstall": 99,
        },
    )
    assert changed.status == 0 and watched.writes(mark) == ["Update Custom Profile"] * len(
        watched.ring_variables
    ), changed.output
