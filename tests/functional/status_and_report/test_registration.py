# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who cannot register their Mac are told the real reason, by status, report and preflight."""

from __future__ import annotations

import csv

import pytest

INFO, REPORT, PREFLIGHT = "device_trust_info", "device_trust_report", "device_trust_preflight"


def forbid_okta_verify(watched, logins):
    """People of a group may not add Okta Verify."""
    org = watched.world.okta
    with watched.world.lock:
        ids = {user.id for user in org.users.values() if user.login in logins}
        group = org.directory.add_group("Contractors", members=ids)
        org.enrollment.add("Contractors", [group.id], {"okta_verify": "NOT_ALLOWED"})


@pytest.fixture
def refused(watched, run_module):
    """The canary ring with certificates and Okta Verify, whose people Okta lets not register."""
    serials = watched.canary["test_macs"]
    people = [one for one in watched.world.people if one.serial in serials]
    logins = [watched.world.okta.users[one.user_id].login for one in people]
    for one in people:
        one.habit = "prompt"
    forbid_okta_verify(watched, logins)
    for module, name in (
        ("kandji_scep_profile", "Okta SCEP - canary"),
        ("kandji_app_store_item", "Okta Verify"),
    ):
        wanted = {"name": name, "blueprints": watched.canary["blueprints"]}
        assert run_module(module, wanted, lab=watched.lab)["changed"]
    watched.live(rounds=2)
    assert all("forbids Okta Verify" in one.last_outcome for one in people)
    return serials


def read_macs(run_module, watched, serials):
    """Return the result of device_trust_info, which has a row for each of these Macs."""
    options = {"rings": watched.ring_options, "serials": serials}
    done = run_module(INFO, options, lab=watched.lab)
    assert {mac["serial_number"] for mac in done["macs"]} == set(serials), done
    return done


@pytest.mark.parametrize("flexible", [False, True])
def test_a_mac_that_nobody_can_register_says_which_policy_forbids_it(
    watched, run_module, refused, flexible
):
    watched.switch(flexible_okta_verify=flexible)
    done = read_macs(run_module, watched, refused)
    assert done["registration"]["disabling_policies"] == ["Contractors"], done
    for mac in done["macs"]:
        assert mac["stage"] == "NOT_REGISTERED"
        assert "their enrollment policy 'Contractors' disables Okta Verify" in mac["reason"]
        assert mac["next_step"].startswith("Allow Okta Verify in that policy")
    calls = {(each["operation"]): each["count"] for each in done["api_calls"]}
    assert calls["listPolicies"] == calls["listPolicyRules"] == calls["listGroupUsers"] == 1


@pytest.mark.parametrize("enroll", [{}, {"okta_verify_push": "REQUIRED"}])
def test_a_policy_that_does_not_list_okta_fastpass_disables_it(
    watched, run_module, refused, enroll
):
    watched.switch(flexible_okta_verify=bool(enroll))
    with watched.world.lock:
        watched.world.okta.enrollment.policies[0].enroll = dict(enroll)
    done = read_macs(run_module, watched, refused)
    for mac in done["macs"]:
        assert "their enrollment policy 'Contractors' disables Okta Verify" in mac["reason"]
    watched.live(rounds=1)
    people = [one for one in watched.world.people if one.serial in refused]
    assert all("forbids Okta Verify" in one.last_outcome for one in people)


def test_a_person_whose_login_is_not_the_address_is_found_by_it(watched, run_module, refused):
    org = watched.world.okta
    with watched.world.lock:
        for one in watched.world.people:
            if one.serial in refused:
                user = org.users[one.user_id]
                user.login = f"u{user.id}@corp.example.com"
    done = read_macs(run_module, watched, refused)
    for mac in done["macs"]:
        assert "their enrollment policy 'Contractors' disables Okta Verify" in mac["reason"]
    calls = {(each["operation"]): each["count"] for each in done["api_calls"]}
    assert calls["listGroupUsers"] == 1


def test_a_person_whom_the_rule_of_the_policy_excludes_is_not_judged(watched, run_module, refused):
    org = watched.world.okta
    excluded = next(one for one in watched.world.people if one.serial == refused[0])
    with watched.world.lock:
        org.enrollment.policies[0].excluded.append(excluded.user_id)
    done = read_macs(run_module, watched, refused)
    for mac in done["macs"]:
        is_refused = "their enrollment policy 'Contractors'" in mac["reason"]
        assert is_refused is (mac["serial_number"] != excluded.serial), mac


def test_the_report_says_it_too(watched, run_module, refused, tmp_path):
    wanted = {"rings": watched.ring_options, "dest": str(tmp_path), "formats": ["csv"]}
    done = run_module(REPORT, wanted, lab=watched.lab)
    assert done["registration"]["disabling_policies"] == ["Contractors"], done
    text = (tmp_path / "device-trust.csv").read_text(encoding="utf-8-sig")
    rows = {row["serial_number"]: row for row in csv.DictReader(text.splitlines())}
    assert all("'Contractors' disables Okta Verify" in rows[each]["reason"] for each in refused)


def test_a_token_that_may_not_read_policies_leaves_the_reason_out(watched, run_module, refused):
    watched.forbid("listPolicies")
    done = read_macs(run_module, watched, refused)
    assert done["registration"]["unavailable"], done
    assert {mac["stage"] for mac in done["macs"]} == {"NOT_REGISTERED"}


@pytest.mark.lab(macs=3)
def test_preflight_names_the_policies_and_the_test_macs_whose_people_they_keep_out(
    watched, run_module
):
    wanted = {"rings": [watched.canary]}
    fine = run_module(PREFLIGHT, wanted, lab=watched.lab)
    assert fine["registration"]["disabling_policies"] == [] and not fine.get("warnings"), fine
    serial = watched.canary["test_macs"][0]
    person = next(one for one in watched.world.people if one.serial == serial)
    login = watched.world.okta.users[person.user_id].login
    forbid_okta_verify(watched, [login])
    done = run_module(PREFLIGHT, wanted, lab=watched.lab)
    assert "Enrollment policies that disable Okta Verify: 'Contractors'" in " ".join(
        done["warnings"]
    )
    (line,) = done["rings"][0]["unregistrable_test_macs"]
    assert serial in line and login in line and "'Contractors'" in line
    watched.forbid("listPolicies")
    blind = run_module(PREFLIGHT, wanted, lab=watched.lab)
    assert not blind.get("failed") and "cannot be read" in " ".join(blind["warnings"]), blind


@pytest.mark.lab(macs=3)
def test_preflight_refuses_an_org_in_which_nobody_may_register(watched, run_module):
    with watched.world.lock:
        default = watched.world.okta.enrollment.policies[-1]
        default.enroll["okta_verify"] = "NOT_ALLOWED"
    done = run_module(PREFLIGHT, {"rings": [watched.canary]}, lab=watched.lab)
    assert done["failed"] and "No enrollment policy allows Okta Verify" in done["msg"], done
