# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An org switches to flexible Okta Verify in the middle of its life: nothing differs by it."""

from __future__ import annotations

import json

import pytest

from lab.actors import person as people
from lab.okta.authenticators.flexible_verify import KEYS, VERIFY, names_any
from tests.functional.sign_in.test_enforce_managed_devices import (
    CLONE,
    ENFORCE,
    MACS,
    ROLLBACK,
    VARIABLES,
    Company,
)

RULE, FORECAST = "okta_access_policy_rule", "okta_access_policy_forecast"
GLASS = {"groups_excluded": ["Break glass"], "break_glass_group": "Break glass"}
FASTPASS = {"key": "okta_verify", "method": "signed_nonce"}
MANAGED = {
    "policy": "Company apps",
    "name": "Managed Macs",
    "position": "first",
    "platforms": ["MACOS"],
    "managed": True,
    "access": "ALLOW",
    "factor_mode": "2FA",
    "constraints": [
        {"possession": {"deviceBound": "REQUIRED", "authenticationMethods": [FASTPASS]}}
    ],
    **GLASS,
}
WHOLE = {
    **MANAGED,
    "name": "Any Okta Verify",
    "position": "last",
    "constraints": [{"possession": {"authenticationMethods": [{"key": "okta_verify"}]}}],
}


@pytest.fixture
def run(watched, run_module):
    watched.world.clock.advance(days=95)  # nobody uses anything
    return lambda name, args, **more: run_module(name, args, lab=watched.lab, **more)


def stored(watched, name):
    policies = watched.world.okta.policies.by_id.values()
    rules = [rule for policy in policies for rule in policy.rules if rule.name == name]
    return json.dumps([rule.actions for rule in rules], sort_keys=True)


@pytest.mark.lab(macs=2)
@pytest.mark.parametrize("earlier_key_listed", [False, True])
def test_a_rule_has_no_difference_before_and_after_the_switch(watched, run, earlier_key_listed):
    for wanted in (MANAGED, WHOLE):
        assert run(RULE, wanted)["changed"]
        assert not run(RULE, wanted)["changed"]
    kept = stored(watched, "Managed Macs")
    watched.switch(flexible_okta_verify=True, legacy_okta_verify_listed=earlier_key_listed)
    mark = watched.mark()
    for wanted in (MANAGED, WHOLE):
        assert run(RULE, wanted, check=True).get("changed") is False
        assert run(RULE, wanted).get("changed") is False
    assert watched.writes(mark) == [] and stored(watched, "Managed Macs") == kept


@pytest.mark.lab(macs=2)
def test_a_rule_is_written_in_the_spelling_of_the_org(watched, run):
    """A new rule by the authenticators, later ones by the rules that the policy has."""
    watched.switch(flexible_okta_verify=True)
    for wanted in (MANAGED, WHOLE):
        done = run(RULE, wanted)
        assert done.get("changed"), done
        assert not run(RULE, wanted)["changed"]
    text = stored(watched, "Managed Macs") + stored(watched, "Any Okta Verify")
    assert not names_any(json.loads(stored(watched, "Any Okta Verify")), [VERIFY])
    assert all(key in text for key in KEYS.values())
    push = {"key": "okta_verify", "method": "push"}
    changed = {
        **WHOLE,
        "constraints": [{"possession": {"authenticationMethods": [push]}}],
    }
    assert run(RULE, changed)["changed"] and not run(RULE, changed)["changed"]
    assert "okta_verify_totp" not in stored(watched, "Any Okta Verify")


@pytest.mark.lab(macs=2)
def test_a_rule_moves_after_the_switch_with_its_constraints(watched, run):
    for wanted in (WHOLE, {**MANAGED, "position": "first"}):
        assert run(RULE, wanted)["changed"]
    watched.switch(flexible_okta_verify=True)
    moved = run(RULE, {**WHOLE, "position": "first"})
    assert moved.get("changed") and moved["order"][0] == "Any Okta Verify", moved


@pytest.mark.lab(macs=2)
def test_the_new_keys_are_taken_by_an_org_without_them(run):
    split = [{"possession": {"authenticationMethods": [{"key": "okta_verify_fastpass"}]}}]
    assert run(RULE, {**MANAGED, "constraints": split})["changed"]
    legacy = [{"possession": {"authenticationMethods": [FASTPASS]}}]
    assert not run(RULE, {**MANAGED, "constraints": legacy})["changed"]


@pytest.mark.lab(macs=3)
def test_the_forecast_is_the_same_before_and_after_the_switch(watched, run):
    with watched.world.lock:
        apps = [watched.world.okta.directory.app("Slack")]
        people.open_apps(watched.world, apps)
    assert run(RULE, {**WHOLE, "max_locked_out": 99})["changed"]
    wanted = {
        "policy": "Company apps",
        "rules": [{name: MANAGED[name] for name in MANAGED if name not in ("policy", *GLASS)}],
        "refuse": False,
        "break_glass_group": "Break glass",
    }

    def forecast():
        done = run(FORECAST, wanted)
        assert not done.get("failed"), done
        return {name: done[name] for name in ("forecast", "refusal", "apps")}

    before = forecast()
    watched.switch(flexible_okta_verify=True)
    assert forecast() == before


@pytest.mark.lab(macs=2)
@pytest.mark.parametrize("earlier_key_listed", [False, True])
def test_a_method_is_set_where_the_org_has_it(watched, run, earlier_key_listed):
    quiet = {"show_sign_in_with_ov": "NEVER", "status": "ACTIVE"}
    assert run("okta_authenticator_method", quiet)["changed"]
    watched.switch(flexible_okta_verify=True, legacy_okta_verify_listed=earlier_key_listed)
    assert not run("okta_authenticator_method", quiet)["changed"]
    for wanted in ({**quiet, "show_sign_in_with_ov": "ALWAYS"}, {"method": "push"}):
        done = run(
            "okta_authenticator_method", {"status": "INACTIVE", "allow_lock_out": True, **wanted}
        )
        assert done.get("changed"), done


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_apps_stay_enforced_and_go_back_after_the_switch(watched, playbook):
    """The second run and check mode say no change; a rollback knows the earlier rules."""
    company = Company(watched)
    assert all(company.ready().values())
    done = playbook(watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    watched.switch(flexible_okta_verify=True)
    mark = watched.mark()
    for check in (True, False):
        again = playbook(watched.lab, ENFORCE, check=check, variables=VARIABLES)
        assert again.status == 0 and again.changed == [], again.output
    assert watched.writes(mark) == [] and all(company.open().values())
    back = playbook(watched.lab, ROLLBACK, variables=VARIABLES)
    assert back.status == 0 and set(company.policies().values()) == {"Company apps"}, back.output


@pytest.mark.long
@pytest.mark.lab(macs=MACS)
def test_apps_are_enforced_in_an_org_with_flexible_okta_verify(watched, playbook):
    watched.switch(flexible_okta_verify=True)
    company = Company(watched)
    assert all(company.ready().values())
    done = playbook(watched.lab, ENFORCE, variables=VARIABLES)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.output
    assert all(company.open().values())
    assert playbook(watched.lab, ENFORCE, variables=VARIABLES).changed == []


KEY = "accessRequest.authenticator.key"


@pytest.mark.lab(macs=2)
@pytest.mark.parametrize(
    "expression",
    [f"!({KEY} != 'okta_verify')", f"{KEY} == 'okta_verify' == true", f"{KEY} != 'okta_verify'"],
)
def test_an_expression_that_okta_refuses_is_refused_in_both_modes(watched, run, expression):
    asked = {**MANAGED, "name": "By expression", "expression": expression}
    asked = {key: value for key, value in asked.items() if key != "constraints"}
    assert run(RULE, asked, check=True)["changed"]
    watched.switch(flexible_okta_verify=True)
    mark = watched.mark()
    predicted, refused = (run(RULE, asked, check=check) for check in (True, False))
    assert predicted["failed"] and predicted["msg"] == refused["msg"], (predicted, refused)
    assert refused["msg"].startswith("expression: it asks for the key 'okta_verify'"), refused
    assert watched.writes(mark) == []
    split = f"{KEY} == 'okta_verify_fastpass'"
    assert run(RULE, {**asked, "expression": split}, check=True)["changed"]
