# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The open points of app sign-in policies (docs/dev/unverified-vendor-behaviour.md), each in its positions.

Rules are written, put in order and deleted; second runs are unchanged.
"""

from __future__ import annotations

import pytest

OPEN = {
    "risk_scoring": (True, False),
    "registered_false": ("matches", "refused"),
    "users_and_groups": ("both", "either"),
    "unknown_group": ("error", "accept"),
    "catch_all_changes": ("error", "ignore"),
    "rule_numbers": ("renumbered", "gaps"),
    "parallel_rule_writes": ("500", "taken"),
    "delete_mapped_policy": ("refuse", "reassign"),
    "denial_rules": ("all", "one"),
    "simulation": ("object", "list", "missing"),
    "deny_access_events": ("all", "unsatisfied"),
    "policy_resource": (True, False),
    "flexible_okta_verify": (False, True),
    "legacy_okta_verify_listed": (False, True),
    "expressions_hold": (True, False),
}
RULE = {
    "policy": "Company apps",
    "access": "ALLOW",
    "factor_mode": "2FA",
    "break_glass_group": "Break glass",
    "groups_excluded": ["Break glass"],
}


def walk(run_module, lab):
    """Rules in an order, the catch-all rule as it should be; then one of them goes."""
    managed = {
        **RULE,
        "name": "Managed Macs",
        "managed": True,
        "platforms": ["MACOS"],
        "position": "first",
    }
    others = {**RULE, "name": "Others", "after": "Managed Macs"}
    for _once_more in (True, False):
        for wanted in (managed, others):
            done = run_module("okta_access_policy_rule", wanted, lab=lab)
            assert done.get("changed") is _once_more and done["order"][-1] == "Catch-all Rule", done
    gone = {"policy": RULE["policy"], "name": "Managed Macs", "state": "absent"}
    assert [
        run_module("okta_access_policy_rule", gone, lab=lab)["changed"] for _twice in range(2)
    ] == [True, False]
    assert not run_module("okta_access_policy_rule", {**RULE, "name": "Others"}, lab=lab)["changed"]


def walk_by_clone(run_module, lab):
    """The canary moves to a copy and back.

    The copy goes. FastPass stays on, and says why, while a rule stands for managed devices.
    """
    copy = {
        "name": "Copy",
        "clone_of": "Company apps",
        "apps": ["Device check"],
        "break_glass_group": "Break glass",
    }
    assert [
        run_module("okta_access_policy", copy, lab=lab).get("changed") for _twice in range(2)
    ] == [True, False]
    run_module(
        "okta_access_policy_rule",
        {**RULE, "policy": "Copy", "name": "Managed Macs", "managed": True, "platforms": ["MACOS"]},
        lab=lab,
    )
    off = run_module(
        "okta_authenticator_method", {"status": "INACTIVE", "allow_lock_out": True}, lab=lab
    )
    assert off["failed"] and "E0000174" in off["msg"], off
    for state in ("reverted", "absent"):
        gone = {"name": "Copy", "state": state, "break_glass_group": "Break glass"}
        assert [
            run_module("okta_access_policy", gone, lab=lab).get("changed") for _twice in range(2)
        ] == [True, False]
    assert not run_module("okta_authenticator_method", {"status": "ACTIVE"}, lab=lab)["changed"]


def walk_by_denials(run_module, watched):
    """Each sign-in that is refused counts once."""
    org = watched.world.okta
    with watched.world.lock:
        org.policies.by_id[org.directory.app("Okta Dashboard").policy_id].catch_all.actions = {
            "appSignOn": {"access": "DENY"}
        }
        login = next(iter(org.users.values())).login
    watched.control("POST", "/act/apps", {"apps": ["Okta Dashboard"], "logins": [login]})
    found = run_module(
        "okta_sign_in_denials_info", {"apps": ["Okta Dashboard"], "minutes": 60}, lab=watched.lab
    )
    places = {
        outcome.platform for outcome in org.sign_ins.outcomes.values() if outcome.login == login
    }
    assert [(row["login"], row["count"]) for row in found["denied"]] == [(login, len(places))], (
        found
    )


POSITIONS = [("expressions_hold", True)] + [
    (name, one) for name, positions in OPEN.items() for one in positions[1:]
]  # the first are the defaults, all at once


@pytest.mark.parametrize(("switch", "position"), POSITIONS)
def test_rules_are_written_either_way(watched, run_module, switch, position):
    if switch == "legacy_okta_verify_listed":
        watched.switch(flexible_okta_verify=True)
    watched.switch(**{switch: position})
    walk(run_module, watched.lab)
    walk_by_clone(run_module, watched.lab)
    walk_by_denials(run_module, watched)
