# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a rule: carried out in a policy of the lab, it is at its place, and nothing is left."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.options import (
    build_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RulePlan,
    RuleRequest,
    plan_rule,
    verify_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    in_order,
    is_placed,
    movable_names,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import (
    build_result,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import (
    hostile_rules,
    places,
    rule_options,
    rules,
)
from tests.support.strategies.values import Json, outcome_of


@st.composite
def requests(draw: st.DrawFn) -> RuleRequest:
    """Return what is wanted of a rule, by options that do not contradict each other."""
    options = draw(rule_options)
    body = outcome_of(lambda: build_rule(options))
    if isinstance(body, DeviceTrustError):
        body = {"name": options["name"], "actions": {"appSignOn": {"access": "DENY"}}}
    status = draw(st.sampled_from((None, "ACTIVE", "INACTIVE")))
    absent = draw(st.sampled_from((False, False, False, True)))
    return RuleRequest(options["name"], body, draw(places()), status, absent)


def carried_out(policy: t.Sequence[PolicyRule], plan: RulePlan) -> list[PolicyRule]:
    """Return the rules as Okta has them then: one is inserted before the one of its priority."""
    rows = [dict(rule.row) for rule in in_order(policy)]
    if plan.request.absent:
        return [PolicyRule.from_row(row) for row in rows if row["name"] != plan.request.name]
    current = next((row for row in rows if row["name"] == plan.request.name), None)
    row: Json = current or {
        "id": "rul-new",
        "system": False,
        "status": plan.request.status or "ACTIVE",
    }
    row = {**row, **(plan.body or {}), **({"status": plan.status} if plan.status else {})}
    if (
        plan.body is None
        or row.get("system")
        or (current or {}).get("priority") == row.get("priority")
    ):
        kept = [row if each["name"] == plan.request.name else each for each in rows]
        return [PolicyRule.from_row(each) for each in (kept if current else [row, *rows])]
    movable = [each for each in rows if each["name"] != row["name"] and not each["system"]]
    last = [each for each in rows if each["system"]]
    wanted = row.get("priority")
    # Okta counts from the rule that has the priority now.
    place = len(movable)
    if wanted is not None:
        place = next((n for n, each in enumerate(movable) if each["priority"] >= wanted), place)
        if current and current["priority"] < wanted:
            place = sum(each["priority"] <= wanted for each in movable)
    order = [*movable[:place], row, *movable[place:]]
    numbered = [{**each, "priority": number} for number, each in enumerate(order)]
    return [PolicyRule.from_row(each) for each in (*numbered, *last)]


@given(rules(4), requests())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    policy: list[PolicyRule], request: RuleRequest
) -> None:
    plan = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    if isinstance(plan, DeviceTrustError):
        return
    assert bool(plan.changes) is bool(plan.body is not None or plan.status or plan.deletes)
    after = carried_out(policy, plan)
    assert movable_names(after) == movable_names_of(plan)
    again = plan_rule(after, request, "Strict")
    assert again.changes == () and again.body is None and again.status is None
    if not request.absent:
        assert is_placed(after, request.name, request.place)
        assert verify_rule(request, after, "Strict").name == request.name


def movable_names_of(plan: RulePlan) -> list[str]:
    return [rule.name for rule in plan.after if not rule.system]


@given(rules(4), requests())
def test_other_rules_stay_as_they_are_and_keep_their_order(
    policy: list[PolicyRule], request: RuleRequest
) -> None:
    plan = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    if isinstance(plan, DeviceTrustError):
        return
    others = [rule for rule in in_order(policy) if rule.name != request.name]
    assert [rule for rule in plan.after if rule.name != request.name] == others
    assert plan.after[-1].system
    assert {plan.request.name, plan.current.name if plan.current else request.name} == {
        request.name
    }


@given(rules(4), requests(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_listed_does_not_matter(
    policy: list[PolicyRule], request: RuleRequest, chance: t.Any
) -> None:
    plan = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    chance.shuffle(policy)
    other = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    assert repr(plan) == repr(other)


@given(hostile_rules(), requests())
def test_a_policy_of_any_form_is_planned_or_refused_in_a_sentence(
    policy: list[PolicyRule], request: RuleRequest
) -> None:
    plan = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    if isinstance(plan, RulePlan):
        build_result(plan.changes)
        if plan.current and plan.current.unreadable:
            assert plan.body is None, "A full replace of what nobody can read."
