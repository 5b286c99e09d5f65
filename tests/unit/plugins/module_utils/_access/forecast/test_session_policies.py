# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the global session policies refuse."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    SessionPolicy,
    SessionRefusal,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    RankedPolicy,
    SessionRule,
)

ANN = Identity("ann", frozenset({"staff"}))
BOB = Identity("bob")
MAC = DeviceContext("MACOS")


def rule(name: str, access: str | None = "DENY", priority: int = 1, **asked: t.Any) -> SessionRule:
    """Return a rule with the conditions that Okta shows for one without any."""
    conditions = {
        "network": {"connection": "ANYWHERE"},
        "riskScore": {"level": "ANY"},
        "risk": {"behaviors": []},
        "identityProvider": {"provider": "ANY"},
        "authContext": {"authType": "ANY"},
        "people": {"users": {"exclude": []}},
        **asked,
    }
    return SessionRule.from_row(
        {
            "name": name,
            "status": "ACTIVE",
            "priority": priority,
            "conditions": conditions,
            "actions": {"signon": {"access": access}},
        }
    )


def policy(
    name: str, *rules: SessionRule, groups: t.Sequence[str] = ("staff",), system: bool = False
) -> SessionPolicy:
    people = {"people": {"groups": {"include": list(groups)}}}
    row = {"id": name, "name": name, "status": "ACTIVE", "system": system, "conditions": people}
    return SessionPolicy(RankedPolicy.from_row(row), rules)


def refusal(*policies: SessionPolicy, person: Identity = ANN) -> SessionRefusal | None:
    return Sessions(policies).find_refusal(person)


def possible(*policies: SessionPolicy, **how: t.Any) -> SessionRefusal | None:
    return Sessions(policies).find_possible_refusal(how.get("person", ANN), how.get("device", MAC))


ALLOW_ALL = policy("Default", rule("Allow", "ALLOW"), groups=["everyone"], system=True)
DENY_ALL = policy("Default", rule("Deny"), groups=["everyone"], system=True)


def test_the_policy_of_a_group_refuses_its_members_alone() -> None:
    stop = policy("Staff", rule("Stop"))
    assert refusal(stop, ALLOW_ALL) == SessionRefusal("Staff", "Stop")
    assert refusal(stop, ALLOW_ALL, person=BOB) is None
    assert SessionRefusal("Staff", "Stop").label == ("rule 'Stop' of global session policy 'Staff'")


def test_the_default_policy_is_for_everybody() -> None:
    assert refusal(DENY_ALL, person=BOB) == SessionRefusal("Default", "Deny")
    named = policy("All", rule("Stop"), groups=["everyone"])
    assert refusal(named, ALLOW_ALL, person=BOB) == SessionRefusal("All", "Stop")
    assert refusal(policy("All", rule("Stop"), groups=["everyone"]), person=BOB) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"network": {"connection": "ZONE", "include": ["nzo1"]}},
        {"riskScore": {"level": "HIGH"}},
        {"risk": {"behaviors": ["bhv1"]}},
        {"identityProvider": {"provider": "OKTA"}},
        {"identityProvider": {"provider": "ANY", "idpIds": ["0oa1"]}},
        {"authContext": {"authType": "RADIUS"}},
        {"somethingNew": "x"},
    ],
)
def test_a_refusal_that_depends_on_the_sign_in_is_not_sure(asked: dict[str, t.Any]) -> None:
    stop = policy("Staff", rule("Stop", **asked))
    assert refusal(stop, ALLOW_ALL) is None
    assert possible(stop, ALLOW_ALL) == SessionRefusal("Staff", "Stop")
    assert possible(stop, ALLOW_ALL, person=BOB) is None
    # whatever it depends on: the next rule refuses, too
    certain = policy("Staff", rule("Stop", **asked), rule("Last", priority=2))
    assert refusal(certain, ALLOW_ALL) == SessionRefusal("Staff", "Last")
    assert refusal(policy("Staff", rule("Stop", **asked)), DENY_ALL) == SessionRefusal(
        "Default", "Deny"
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"identityProvider": {}},
        {"authContext": None},
        {"somethingNew": []},
        {"somethingNew": {"include": [], "exclude": None}},
        {"somethingNew": ""},
    ],
)
def test_a_condition_without_content_is_none(asked: dict[str, t.Any]) -> None:
    assert refusal(policy("Staff", rule("Stop", **asked)), ALLOW_ALL) is not None


def test_the_first_rule_that_applies_decides() -> None:
    first = policy("Staff", rule("Stop", priority=2), rule("Go", "ALLOW", priority=1))
    assert refusal(first, ALLOW_ALL) is None
    home = {"connection": "ZONE", "include": ["nzo1"]}
    maybe = policy("Staff", rule("Go", "ALLOW", network=home), rule("Stop", priority=2))
    assert refusal(maybe, ALLOW_ALL) is None
    out = {"users": {"exclude": ["ann"]}}
    excluded = policy("Staff", rule("Stop", people=out), rule("Go", "ALLOW", priority=2))
    assert refusal(excluded, ALLOW_ALL) is None
    for_others = policy("Staff", rule("Go", "ALLOW", people=out), rule("Stop", priority=2))
    assert refusal(for_others, ALLOW_ALL) == SessionRefusal("Staff", "Stop")
    # none of this policy's rules apply, so the next policy is judged
    none = policy("Staff", rule("Stop", people=out))
    assert refusal(none, DENY_ALL) == SessionRefusal("Default", "Deny")


def test_a_refusal_is_possible_below_what_may_admit_and_not_below_what_does() -> None:
    home = {"connection": "ZONE", "include": ["nzo1"]}
    maybe = policy("Staff", rule("Go", "ALLOW", network=home), rule("Stop", priority=2))
    assert possible(maybe, ALLOW_ALL) == SessionRefusal("Staff", "Stop")
    surely = policy("Staff", rule("Go", "ALLOW"), rule("Stop", priority=2))
    assert possible(surely, DENY_ALL) is None
    assert possible(ALLOW_ALL) is None
    hidden = SessionPolicy(policy("Staff").policy, None)
    assert possible(hidden, DENY_ALL) is None  # see is_unread


def test_a_refusal_of_a_platform_is_certain_for_its_devices() -> None:
    asked = {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}
    stop = policy("Staff", rule("Stop", platform=asked))
    everybody = Sessions((stop, ALLOW_ALL))
    assert everybody.find_refusal(ANN, MAC) == SessionRefusal("Staff", "Stop")
    assert everybody.find_refusal(ANN, DeviceContext("IOS")) is None
    assert everybody.find_possible_refusal(ANN, DeviceContext("IOS")) is None


@pytest.mark.parametrize("access", [None, "ALLOW", "LATER"])
def test_what_does_not_say_deny_is_no_refusal(access: str | None) -> None:
    assert refusal(policy("Staff", rule("Maybe", access)), DENY_ALL) is None


@pytest.mark.parametrize("access", [None, "deny", "BLOCK", 5])
def test_a_word_that_okta_does_not_have_may_refuse(access: t.Any) -> None:
    unclear = policy("Staff", rule("Unclear", access))
    assert possible(unclear, ALLOW_ALL) == SessionRefusal("Staff", "Unclear")
    assert possible(unclear, ALLOW_ALL, person=BOB) is None
    assert Sessions((unclear, ALLOW_ALL)).groups == {"staff"}


def test_rules_that_are_not_shown_may_admit() -> None:
    hidden = SessionPolicy(policy("Staff").policy, None)
    assert refusal(hidden, DENY_ALL) is None
    assert refusal(hidden, DENY_ALL, person=BOB) == SessionRefusal("Default", "Deny")


def test_a_policy_with_users_and_groups_may_apply() -> None:
    """Whether one of the two is enough is not documented."""
    people = {"users": {"include": ["bob"]}, "groups": {"include": ["staff"]}}
    row = {"id": "p", "name": "p", "status": "ACTIVE", "conditions": {"people": people}}
    both = SessionPolicy(RankedPolicy.from_row(row), (rule("Stop"),))
    assert refusal(both, ALLOW_ALL) is None
    assert refusal(both, DENY_ALL) == SessionRefusal("Default", "Deny")


HIDDEN_PEOPLE: list[t.Any] = [
    None,
    [],
    {},
    {"people": None},
    {"people": {"groups": {"include": []}}},
    {"people": {"groups": {"include": None}}},
    {"people": {"groups": {"include": "staff"}}},
    {"people": {"groups": ["staff"]}},
    {"people": {"users": {"exclude": ["bob"]}}},
    {"people": {"groups": {"include": ["staff"], "exclude": "all"}}},
    {"people": {"users": {"include": ["eve"]}, "groups": {"include": "staff"}}},
    {"people": {"users": {"include": "ann"}, "groups": {"include": ["other"]}}},
    {"people": {"groups": {"include": ["staff", None]}}},
]


@pytest.mark.parametrize("conditions", HIDDEN_PEOPLE)
def test_a_policy_that_does_not_show_its_people_refuses_nobody_for_sure(conditions: t.Any) -> None:
    row = {"id": "p", "name": "p", "status": "ACTIVE", "conditions": conditions}
    stop = SessionPolicy(RankedPolicy.from_row(row), (rule("Stop"),))
    assert refusal(stop, ALLOW_ALL) is None
    assert refusal(stop, DENY_ALL) == SessionRefusal("Default", "Deny")
    # it may admit whom a later policy refuses
    go = SessionPolicy(RankedPolicy.from_row(row), (rule("Go", "ALLOW"),))
    assert refusal(go, DENY_ALL) is None
    default = SessionPolicy(RankedPolicy.from_row({**row, "system": True}), (rule("Stop"),))
    assert refusal(default, person=BOB) == SessionRefusal("p", "Stop")


@pytest.mark.parametrize("conditions", HIDDEN_PEOPLE[:2])
def test_a_rule_that_does_not_show_its_conditions_refuses_nobody_for_sure(
    conditions: t.Any,
) -> None:
    row = {"name": "Stop", "status": "ACTIVE", "actions": {"signon": {"access": "DENY"}}}
    hidden = SessionRule.from_row({**row, "conditions": conditions})
    assert refusal(policy("Staff", hidden), ALLOW_ALL) is None
    default = SessionRule.from_row({**row, "conditions": None, "system": True})
    assert refusal(policy("Staff", default), ALLOW_ALL) == SessionRefusal("Staff", "Stop")


def test_a_rule_with_a_list_of_people_that_cannot_be_read_may_apply() -> None:
    some = {"users": {"include": "ann"}, "groups": {"include": ["other"]}}
    go = rule("Go", "ALLOW", people=some)
    assert refusal(policy("Staff", go, rule("Stop", priority=2)), ALLOW_ALL) is None
    others = {"users": {"exclude": "ann"}, "groups": {"include": ["other"]}}
    go = rule("Go", "ALLOW", people=others)
    stopped = policy("Staff", go, rule("Stop", priority=2))
    assert refusal(stopped, ALLOW_ALL) == SessionRefusal("Staff", "Stop")


def test_only_groups_that_decide_are_read() -> None:
    off = SessionRule.from_row(
        {"name": "off", "status": "INACTIVE", "actions": {"signon": {"access": "DENY"}}}
    )
    assert Sessions((policy("Staff", off), ALLOW_ALL)).groups == frozenset()
    assert Sessions((SessionPolicy(policy("Staff").policy, None), ALLOW_ALL)).groups == frozenset()
    some = {"groups": {"include": ["a"], "exclude": ["b"]}}
    policies = (
        policy("First", rule("Go", "ALLOW"), groups=["first"]),
        policy("Second", rule("Stop", people=some), groups=["second", "everyone"]),
        policy("Third", rule("Go", "ALLOW"), groups=["third"]),
        ALLOW_ALL,
    )
    assert Sessions(policies).groups == {"first", "second", "a", "b"}
    assert Sessions((*policies[:3], DENY_ALL)).groups == {"first", "second", "a", "b", "third"}


def test_conditions_of_other_kinds_of_rules_are_judged_alike() -> None:
    """No description has them here."""
    person = Identity("ann", frozenset({"staff"}), "oty1")
    stop = policy("Staff", rule("Stop", userType={"include": ["oty1"]}))
    assert refusal(stop, ALLOW_ALL, person=person) == SessionRefusal("Staff", "Stop")
    assert refusal(stop, ALLOW_ALL, person=ANN) is None
    registered = policy("Staff", rule("Stop", device={"registered": True}))
    assert refusal(registered, ALLOW_ALL) is None
    macs = {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}
    assert refusal(policy("Staff", rule("Stop", platform=macs)), ALLOW_ALL) is None
