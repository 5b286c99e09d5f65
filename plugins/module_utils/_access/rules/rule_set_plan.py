# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about several rules of an app sign-in policy, as one change. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ..._core.changes import Change
from ..._core.errors import BadOption
from ..._core.json_fields import Json
from ..._core.lookup import fold_name, named
from ..._okta.records import PolicyRule
from .plan import RuleRequest, plan_rule
from .rule_order import Rules, in_order, is_placed
from .write_order import RuleWrite, find_copies, plan_writes


@dataclass(frozen=True)
class RuleSetPlan:
    """What to do about several rules.

    ``before`` and ``after`` are all rules of the policy, in order. ``bodies`` are the contents to
    write, by the names of rules. ``writes`` lead from one to the other.
    """

    requests: tuple[RuleRequest, ...]
    before: tuple[PolicyRule, ...]
    after: tuple[PolicyRule, ...]
    bodies: t.Mapping[str, Json] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    writes: tuple[RuleWrite, ...] = ()

    def request_of(self, name: str) -> RuleRequest:
        """Return the request of a rule by its name."""
        return named(self.requests, name)[0]


def plan_rules(
    rules: Rules, requests: t.Sequence[RuleRequest], policy: str, option: str = "rules"
) -> RuleSetPlan:
    """Return what to do about the rules that are requested, each placed among those before it.

    Copies that an interrupted change left are deleted. Raises BadOption for two requests of one
    name or of one place, and what ``plan_rule`` raises.

    :arg policy: the name of the policy, for messages.
    :arg option: that of the requests, for messages.
    """
    _check_names(requests, option)
    before = in_order(rules)
    copies = find_copies(before)
    after: list[PolicyRule] = [rule for rule in before if rule.name not in copies]
    changes: list[Change] = []
    bodies: dict[str, Json] = {}
    switched = set[str]()
    for request in requests:
        plan = plan_rule(_numbered(after), request, policy)
        after = list(plan.after)
        changes += plan.changes
        if plan.body is not None:
            bodies[request.name] = plan.body
        if plan.status is not None:
            switched.add(request.name)
    changes += [
        Change("delete", f"rule {rule.name!r} of policy {policy!r}", {"status": rule.status}, {})
        for rule in before
        if rule.name in copies
    ]
    if not changes:
        return RuleSetPlan(tuple(requests), tuple(before), tuple(before))
    _check_distinct(before, policy)
    _check_places(after, requests, option)
    after = _numbered(after)
    writes = plan_writes(before, after, bodies.keys(), switched)
    return RuleSetPlan(
        tuple(requests), tuple(before), tuple(after), bodies, tuple(changes), tuple(writes)
    )


def _check_names(requests: t.Sequence[RuleRequest], option: str) -> None:
    known: dict[str, str] = {}
    for request in requests:
        key, name = fold_name(request.name), request.name
        if known.get(key) == name:
            raise BadOption(f"{option}: rule {name!r} is there twice. Remove one of the two.")
        if key in known:
            raise BadOption(
                f"{option}: the names {known[key]!r} and {name!r} differ in case or look alone."
                " Rename or remove one of the two."
            )
        known[key] = name


def _check_places(after: Rules, requests: t.Sequence[RuleRequest], option: str) -> None:
    """Raise BadOption for a rule that a later one takes the place of."""
    for request in requests:
        if not request.absent and not is_placed(after, request.name, request.place):
            raise BadOption(
                f"{option}: rule {request.name!r} cannot have its place, because another rule of"
                " the list takes it. Correct position, before and after."
            )


def _check_distinct(rules: Rules, policy: str) -> None:
    """Raise BadOption for two rules of one name, between which nothing can be placed."""
    names = [rule.name for rule in rules]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise BadOption(
            f"policy: {policy!r} has several rules {doubled!r}. Rename all but one of them."
        )


def _numbered(rules: Rules) -> list[PolicyRule]:
    """Return the rules with the priorities that Okta gives them, which keep their order."""
    return [
        rule
        if rule.system
        else replace(rule, priority=number, row={**rule.row, "priority": number})
        for number, rule in enumerate(rules)
    ]
