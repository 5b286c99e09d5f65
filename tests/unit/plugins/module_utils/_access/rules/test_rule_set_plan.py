# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several rules of a policy as one change: what is planned, and what is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    rule_set_plan as rule_set,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.write_order import (
    name_copy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)

from tests.unit.plugins.module_utils._access.policies.test_apply import rule_row

CATCH_ALL = rule_row("Catch-all Rule", 99, system=True)


def rules(*rows: dict[str, t.Any]) -> list[PolicyRule]:
    return [PolicyRule.from_row(row) for row in (*rows, CATCH_ALL)]


def request(name: str, *groups: str, **values: t.Any) -> RuleRequest:
    body = {
        "name": name,
        "conditions": {"people": {"groups": {"include": list(groups)}}},
        "actions": {"appSignOn": {"access": "DENY"}},
    }
    return RuleRequest(name, body, **values)


def test_each_rule_is_placed_among_those_before_it_in_the_list() -> None:
    wanted = [request("a", "g1", place=Place("first")), request("b", "g1", place=Place(after="a"))]
    plan = rule_set.plan_rules(rules(rule_row("c")), wanted, "Strict")
    assert [rule.name for rule in plan.after] == ["a", "b", "c", "Catch-all Rule"]
    assert [change.action for change in plan.changes] == ["create", "create"]
    assert plan.request_of("b") is wanted[1] and set(plan.bodies) == {"a", "b"}


def test_rules_as_wanted_need_no_step() -> None:
    plan = rule_set.plan_rules(rules(rule_row("a")), [request("a")], "Strict")
    assert not plan.changes and not plan.writes and plan.after == plan.before


def test_a_copy_that_was_left_is_deleted_though_the_rules_are_as_wanted() -> None:
    name = name_copy(PolicyRule.from_row(rule_row("a")), [])
    plan = rule_set.plan_rules(rules(rule_row("a"), rule_row(name, 1)), [request("a")], "Strict")
    assert [change.subject for change in plan.changes] == [f"rule {name!r} of policy 'Strict'"]
    assert [write.action for write in plan.writes] == ["delete"]
    for other in ("[earlier form of rul-a]", name.replace("rul-a", "rul-b")):
        kept = rules(rule_row("a"), rule_row(other, 1))
        assert not rule_set.plan_rules(kept, [request("a")], "Strict").changes


@pytest.mark.parametrize(
    ("present", "wanted", "message"),
    [
        (
            [],
            [request("a"), request("a")],
            "rules: rule 'a' is there twice. Remove one of the two.",
        ),
        (
            [],
            [request("a"), request("b"), request("A")],
            "rules: the names 'a' and 'A' differ in case or look alone. Rename or remove one of the"
            " two.",
        ),
        (
            [],
            [request("a "), request("a")],
            "rules: the names 'a ' and 'a' differ in case or look alone. Rename or remove one of the"
            " two.",
        ),
        (
            [rule_row("Managed")],
            [request("managed")],
            "name: policy 'Strict' has no rule 'managed'; did you mean 'Managed'?",
        ),
        (
            [rule_row("Windows")],
            [request("b", place=Place(before="windows"))],
            "before: policy 'Strict' has no rule 'windows'; did you mean 'Windows'?",
        ),
        (
            [],
            [request("a", place=Place("first")), request("b", place=Place("first"))],
            "rules: rule 'a' cannot have its place, because another rule of the list takes it."
            " Correct position, before and after.",
        ),
        (
            [rule_row("a"), rule_row("a", 1)],
            [request("b")],
            "policy: 'Strict' has several rules 'a'. Rename all but one of them.",
        ),
    ],
)
def test_rules_that_contradict_each_other_are_refused(
    present: list[dict[str, t.Any]], wanted: list[RuleRequest], message: str
) -> None:
    with pytest.raises(BadOption) as raised:
        rule_set.plan_rules(rules(*present), wanted, "Strict")
    assert raised.value.message.startswith(message)
    with pytest.raises(BadOption) as raised:
        rule_set.plan_rules(rules(*present), wanted, "Strict", "planned_rules")
    assert raised.value.message.startswith(message.replace("rules: ", "planned_rules: ", 1))
