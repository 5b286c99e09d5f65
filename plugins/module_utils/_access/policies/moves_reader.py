# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads for moves of apps between app sign-in policies: rules, groups, and whom they affect."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import Forbidden
from ..._okta.client import Okta
from ..forecast.evaluation import Forecast
from ..forecast.other_policies_reader import OtherPolicies
from ..forecast.policy_changes import AppChange, PolicyChange
from ..guards import change_guard
from ..rules.rule_order import Rules
from ..rules.subjects import named_groups
from . import lookups
from .moves import Move, is_unrecorded, may_have_changed
from .plan import find_rules_in_force
from .rules_at_departure import find_rules_at_departure


def read_rules(okta: Okta, moves: t.Sequence[Move]) -> dict[str, Rules]:
    """Return the rules that apps would get and those that they have, by their policies."""
    policies = dict.fromkeys(each for move in moves for each in (move.after, move.before))
    return {policy_id: okta.policy_rules(policy_id) for policy_id in policies}


def mark_changed_groups(
    okta: Okta, moves: t.Sequence[Move], rules: t.Mapping[str, Rules], since: str | None
) -> list[Move]:
    """Return moves back, with whether members of the groups of their future rules changed.

    What these rules were does not say then whom they refused. One call of listGroups if rules that
    changed since name a group.

    :arg rules: those of ``read_rules``.
    :arg since: when the clone was created, as Okta shows it. The apps left at that time or later.
    """
    named = {
        move.after: set[str]() if is_unrecorded(move, rules) else named_groups(rules[move.after])
        for move in moves
    }
    ids = frozenset[str]().union(*named.values())
    try:
        known = lookups.read_groups_by_id(okta, ids) if ids else {}
    except Forbidden:  # a role without groups must not stop the way out of an emergency
        known = {}
    changed = {each for each in ids if may_have_changed(known.get(each), since)}
    return [replace(move, members_changed=bool(named[move.after] & changed)) for move in moves]


def guard_moves(
    okta: Okta,
    moves: t.Sequence[Move],
    rules: t.Mapping[str, Rules],
    options: change_guard.GuardOptions,
    is_reversal: bool = False,
    others: OtherPolicies | None = None,
) -> Forecast | None:
    """Return the forecast of all moves together, None without one. Only reads. Raises Refused.

    :arg rules: those of ``read_rules``.
    :arg is_reversal: whether the apps return to policies that they had (``PolicyChange``).
    :arg others: the policies of other kinds, to warn of those that cannot be read.
    """
    if not moves:
        return None
    by_target: dict[str, list[Move]] = {}
    for move in moves:
        by_target.setdefault(move.after, []).append(move)
    changes = [
        PolicyChange(
            group[0].target,
            group[0].find_future_rules(rules),
            group[0].find_future_rules(rules),
            [plan_app_change(move, rules, is_reversal) for move in group],
            is_reversal,
        )
        for group in by_target.values()
    ]
    return change_guard.guard_changes(okta, changes, options, others)


def plan_app_change(move: Move, rules: t.Mapping[str, Rules], is_reversal: bool) -> AppChange:
    """Return the change of an app.

    If the rules that it left are lost, or were about other members of groups, everybody who is
    admitted now counts as admitted by them. If the rules are as they were, whom they refused then
    is not recorded: people, their groups and their accounts may be others by now.
    """
    before, after = rules[move.before], move.find_future_rules(rules)
    if not is_reversal:
        before = find_rules_in_force(move.present, before)
    if not is_reversal or is_unrecorded(move, rules):
        return AppChange(move.app, before, after, policy_after=move.after)
    then = find_rules_at_departure(move.digest, after, before)
    recorded = before if then is None or move.members_changed else then
    return AppChange(move.app, before, after, recorded, move.after)
