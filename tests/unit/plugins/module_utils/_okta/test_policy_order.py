# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which Okta evaluates policies of one kind."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.policy_order import (
    active_in_order,
    policy_of,
    possibly_excluded,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    ConditionalRule,
    People,
    RankedPolicy,
)


def policy(name: str, priority: int | None, **more: bool | str) -> RankedPolicy:
    return RankedPolicy.from_row({"id": name, "name": name, "priority": priority, **more})


def test_the_default_policy_is_last_whatever_its_priority() -> None:
    policies = [policy("default", 0, system=True), policy("b", 2), policy("a", 1)]
    assert [each.name for each in active_in_order(policies)] == ["a", "b", "default"]


def test_a_policy_without_a_priority_comes_after_the_others() -> None:
    policies = [policy("none", None), policy("b", 7), policy("default", 1, system=True)]
    assert [each.name for each in active_in_order(policies)] == ["b", "none", "default"]
    alone = [policy("first", None), policy("second", None)]
    assert [each.name for each in active_in_order(alone)] == ["first", "second"]
    assert [each.name for each in active_in_order([policy("none", None), policy("zero", 0)])] == [
        "zero",
        "none",
    ]


def test_inactive_policies_do_not_count() -> None:
    policies = [policy("off", 1, status="INACTIVE"), policy("on", 2, status="ACTIVE")]
    assert [each.name for each in active_in_order([*policies, policy("open", 3)])] == ["on", "open"]


def test_a_policy_whose_status_is_an_unknown_word_may_be_the_one() -> None:
    paused = replace(of_groups("staff"), status="PAUSED")
    assert active_in_order([paused, DEFAULT]) == (paused, DEFAULT)
    assert name_of(paused, DEFAULT) is None
    assert name_of(paused, DEFAULT, groups=()) == "default"
    assert name_of(replace(paused, status="ACTIVE"), DEFAULT) == "staff"


def test_priority_zero_is_before_one() -> None:
    assert [each.name for each in active_in_order([policy("one", 1), policy("zero", 0)])] == [
        "zero",
        "one",
    ]


DEFAULT = RankedPolicy("default", system=True)


def of_groups(*groups: str, **more: t.Any) -> RankedPolicy:
    people = People(groups=groups, **more)
    return RankedPolicy(groups[0] if groups else "nobody", people=people)


def name_of(*policies: RankedPolicy, groups: t.Container[str] = ("staff",)) -> str | None:
    policy = policy_of(policies, lambda group: group in groups)
    return policy.id if policy else None


def test_the_first_policy_with_a_group_of_the_person_applies_or_the_default_one() -> None:
    assert name_of(of_groups("other"), of_groups("more", "staff"), DEFAULT) == "more"
    assert name_of(of_groups("other"), DEFAULT) == "default"
    assert name_of(of_groups("other")) is None


@pytest.mark.parametrize(
    "hidden",
    [
        of_groups(),
        of_groups("other", users=("ann",)),
        of_groups("staff", groups_excluded=("out",)),
        RankedPolicy("hidden", people=People(groups=("other",)), unreadable=("conditions.people",)),
    ],
)
def test_a_policy_that_may_be_anybodys_leaves_open_which_one_applies(hidden: RankedPolicy) -> None:
    assert name_of(hidden, DEFAULT) is None
    assert name_of(of_groups("staff"), hidden) == "staff"


NOT_PEOPLE = ("network", "app", "riskScore", "authContext")


def rule(*excluded: str, status: str = "ACTIVE", **more: t.Any) -> ConditionalRule:
    others = {key: more.pop(key) for key in list(more) if key in NOT_PEOPLE}
    people = {"people": {"users": {"exclude": list(excluded)}, **more}, **others}
    return ConditionalRule.from_row({"status": status, "conditions": people})


UNREADABLE = rule(users={"exclude": "ann"})
FOR_GROUP = rule(groups={"include": ["staff"]})


@pytest.mark.parametrize(
    ("rules", "excluded"),
    [
        ([], None),
        ([rule("ann", status="INACTIVE")], None),
        ([rule("ann", status="PAUSED")], None),
        ([rule()], ["eve"]),
        ([rule(network={"connection": "ANYWHERE", "include": []}, app={"include": []})], ["eve"]),
        ([rule(riskScore={"level": "ANY"}, authContext={"authType": "ANY"})], ["eve"]),
        ([rule(riskScore={"level": "HIGH"})], None),
        ([ConditionalRule.from_row({"status": "ACTIVE"})], None),
        ([ConditionalRule.from_row({"status": "INACTIVE", "system": True})], None),
        ([ConditionalRule.from_row({"system": True})], ["eve"]),
        ([rule(roles={"include": ["r1"]})], None),
        ([rule(users={"exclude": ["bob"], "status": "NEW"})], None),
        ([ConditionalRule.from_row({"status": "ACTIVE", "system": True})], ["eve"]),
        ([rule(network={"connection": "ZONE", "include": ["nzo1"]})], None),
        ([rule(app={"include": [{"type": "APP", "id": "0oa1"}]}), rule("bob")], ["bob", "eve"]),
        ([rule("ann", "bob"), rule("bob")], ["bob", "eve"]),
        ([rule("ann"), rule(status="INACTIVE")], ["ann", "eve"]),
        ([rule("ann"), UNREADABLE], ["ann", "eve"]),
        ([rule("ann"), FOR_GROUP], ["ann", "eve"]),
        ([UNREADABLE], None),
        ([FOR_GROUP], None),
        ([ConditionalRule.from_row({"conditions": "all"})], None),
    ],
)
def test_whom_a_policy_or_each_of_its_rules_excludes(
    rules: list[ConditionalRule], excluded: list[str] | None
) -> None:
    ids = possibly_excluded(of_groups("staff", users_excluded=("eve",)), rules)
    assert (ids if ids is None else sorted(ids)) == excluded
    hidden = RankedPolicy("p", unreadable=("conditions.people.users.exclude",))
    assert possibly_excluded(hidden, rules) is None
