# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each state of a change of several rules treats each sign-in by the old rules or by the new ones."""

from __future__ import annotations

import typing as t
from itertools import combinations, product

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
    unknowns_to_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.options import (
    build_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
    Rules,
    in_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_set_plan import (
    RuleSetPlan,
    plan_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.write_order import (
    find_copies,
    plan_writes,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.properties._access.rules.test_plan import requests
from tests.support.strategies.rules import CATCH_ALL, contexts, people, rules
from tests.support.strategies.values import outcome_of

MOST_UNKNOWNS = 6  # of which each combination is judged


@st.composite
def policies(draw: st.DrawFn) -> list[PolicyRule]:
    """Return the rules of a policy, each active or not, in order, with ids."""
    drawn = [
        PolicyRule.from_row({**rule.row, "status": draw(st.sampled_from(("ACTIVE", "INACTIVE")))})
        for rule in draw(rules(4))
        if not rule.system
    ]
    last = next(rule for rule in draw(rules(0)) if rule.system)
    return in_order([*drawn, last])


def decisions(
    policy: Rules, person: Person, device: DeviceContext
) -> t.Callable[[frozenset[str]], object]:
    """Return what decides about a person on a device: the actions of the first rule that applies."""
    applying = [
        (unknowns, rule.sign_on)
        for rule in policy
        for unknowns in [unknowns_to_apply(rule, person, device)]
        if unknowns is not None
    ]
    return lambda holding: next((act for need, act in applying if need <= holding), None)


def names_of(policy: Rules, person: Person, device: DeviceContext) -> set[str]:
    return {
        name for rule in policy for name in unknowns_to_apply(rule, person, device) or frozenset()
    }


def assert_no_third_outcome(plan: RuleSetPlan, person: Person, device: DeviceContext) -> None:
    names = sorted(names_of(plan.before, person, device) | names_of(plan.after, person, device))[
        :MOST_UNKNOWNS
    ]
    old, new = (decisions(each, person, device) for each in (plan.before, plan.after))
    for write in plan.writes:
        now = decisions(write.rules, person, device)
        for answers in product((False, True), repeat=len(names)):
            holding = frozenset(name for name, holds in zip(names, answers, strict=True) if holds)
            assert now(holding) in (old(holding), new(holding)), (write.action, write.name)


@settings(max_examples=150)
@given(
    policies(),
    st.lists(requests(), min_size=1, max_size=4, unique_by=lambda each: each.name),
    st.lists(people(), min_size=1, max_size=3),
    st.lists(contexts(), min_size=1, max_size=4),
)
def test_no_state_is_stricter_or_weaker_than_both_ends(policy, wanted, persons, devices) -> None:  # type: ignore[no-untyped-def]  # drawn
    plan = outcome_of(lambda: plan_rules(policy, wanted, "Strict"))
    if isinstance(plan, DeviceTrustError) or not plan.changes:
        return
    event(f"{len(plan.writes)} writes")
    assert [rule.name for rule in plan.writes[-1].rules] == [rule.name for rule in plan.after]
    assert [rule.status for rule in plan.writes[-1].rules] == [rule.status for rule in plan.after]
    assert not find_copies(plan.after)
    for person in persons:
        for device in devices:
            assert_no_third_outcome(plan, person, device)


# Each order and each status can be reached

NAMES = "ABCDE"
STATUSES = st.sampled_from(("ACTIVE", "ACTIVE", "INACTIVE"))


def rule(name: str, status: str) -> PolicyRule:
    row = {"id": f"rul-{name}", "name": name, "status": status, "system": name == "Catch-all"}
    return PolicyRule.from_row(row)


@st.composite
def changes_of_rules(draw: st.DrawFn) -> tuple[list[PolicyRule], list[PolicyRule], set[str]]:
    """Return rules in order, those that are to be there, and the names of those that are written.

    The others keep their order.
    """
    before = [rule(name, draw(STATUSES)) for name in draw(st.permutations(NAMES[:4]))]
    written = draw(st.sets(st.sampled_from(NAMES))) | {NAMES[4]}
    gone = draw(st.sets(st.sampled_from(NAMES), max_size=2))
    after = [rule(old.name, draw(STATUSES)) for old in before if old.name not in written | gone]
    for name in draw(st.permutations(sorted(written - gone))):
        after.insert(draw(st.integers(0, len(after))), rule(name, draw(STATUSES)))
    return before, after, written - gone


@settings(max_examples=300)
@given(changes_of_rules())
def test_the_last_state_has_the_order_and_the_statuses_that_are_asked_for(
    change: tuple[list[PolicyRule], list[PolicyRule], set[str]],
) -> None:
    before, after, written = change
    catch_all, old = rule("Catch-all", "ACTIVE"), {each.name: each.status for each in before}
    switched = {each.name for each in after if old.get(each.name, each.status) != each.status}
    writes = plan_writes([*before, catch_all], [*after, catch_all], written, switched)
    last = writes[-1].rules if writes else (*before, catch_all)
    assert [(each.name, each.status) for each in last] == [
        (each.name, each.status) for each in (*after, catch_all)
    ]


# What enforcement writes: managed devices come in, others on these platforms do not

MEMBERS = ("00g1", "00g2", "00g3")
scopes = st.fixed_dictionaries(
    {
        "groups": st.lists(st.sampled_from(MEMBERS), max_size=2, unique=True),
        "groups_excluded": st.lists(st.sampled_from(MEMBERS), max_size=2, unique=True),
        "users_excluded": st.lists(st.sampled_from(("00u1", "00u2")), max_size=1),
        "platforms": st.lists(
            st.sampled_from(("MACOS", "WINDOWS", "IOS")), min_size=1, max_size=2, unique=True
        ),
    }
)


def pair(scope: dict[str, t.Any], mode: str) -> list[RuleRequest]:
    allow = {"managed": True, "access": "ALLOW", "factor_mode": mode}
    bodies = [
        {"name": name, **scope, **more}
        for name, more in (("Managed", allow), ("Others", {"access": "DENY"}))
    ]
    places = Place(position="first"), Place(after="Managed")
    return [
        RuleRequest(body["name"], build_rule(body), place)
        for body, place in zip(bodies, places, strict=True)
    ]


def everybody() -> list[tuple[Person, DeviceContext]]:
    groups = [frozenset(chosen) for size in range(4) for chosen in combinations(MEMBERS, size)]
    persons = [Person(user, each, login=user) for user in ("00u1", "00u3") for each in groups]
    devices = [
        DeviceContext(platform, managed, managed)
        for platform in ("MACOS", "WINDOWS", "IOS")
        for managed in (False, True)
    ]
    return list(product(persons, devices))


GLASS = {"groups": [], "users_excluded": [], "platforms": ["MACOS"]}


@settings(max_examples=20)
@example({**GLASS, "groups_excluded": ["00g1"]}, {**GLASS, "groups_excluded": ["00g2"]}, "2FA")
@example(
    {**GLASS, "groups": ["00g1"], "groups_excluded": []},
    {**GLASS, "groups": ["00g2"], "groups_excluded": [], "platforms": ["WINDOWS"]},
    "1FA",
)
@given(scopes, scopes, st.sampled_from(("1FA", "2FA")))
def test_of_enforcement_everybody_is_judged_by_the_old_or_by_the_new_rules(
    old: dict[str, t.Any], new: dict[str, t.Any], mode: str
) -> None:
    catch_all = PolicyRule.from_row({**CATCH_ALL})
    first = plan_rules([catch_all], pair(old, "2FA"), "Strict")
    rules = [
        PolicyRule.from_row({**rule.row, "id": f"rul-{number}"})
        for number, rule in enumerate(first.after)
    ]
    plan = plan_rules(rules, pair(new, mode), "Strict")
    for person, device in everybody():
        assert_no_third_outcome(plan, person, device)
