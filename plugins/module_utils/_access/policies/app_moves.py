# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of apps between app sign-in policies: what Okta refuses, and whom they affect."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.errors import Forbidden, Refused
from ..._core.timestamps import parse_timestamp
from ..._okta.client import Okta
from ..._okta.records import App, Group, Policy
from ..forecast.changes import AppChange, PolicyChange
from ..forecast.outcomes import Forecast
from ..forecast.policy_reader import OtherPolicies
from ..guards import checks
from ..rules.rule_order import Rules
from ..rules.subjects import named_groups
from . import lookups
from .plan import describe_inactive, rules_in_force
from .rules_at_departure import digest_rules, rules_at_departure


@dataclass(frozen=True)
class Move:
    """An app that will be judged by the rules of another policy.

    ``before`` and ``after`` are the ids of the policies with its present and its future rules.
    ``after`` is the original of a clone that does not exist yet. ``digest`` is that of the rules
    that the policy had when the app left it, of an app that goes back, "" if it is not recorded.
    ``present`` is the policy that an app has which does not go back, as far as Okta lists it.
    ``members_changed`` is whether other people may be in the groups that the future rules name than
    when the app left.
    """

    app: App
    target: Policy
    before: str
    after: str
    digest: str = ""
    present: Policy = Policy("")
    members_changed: bool = False


@dataclass(frozen=True)
class Obstacle:
    """An app that cannot move, and why."""

    app: App
    reason: str


def find_obstacles(moves: t.Sequence[Move], apps: t.Iterable[App]) -> list[Obstacle]:
    """Return the moves that Okta refuses, or whose effect is unknown, in order.

    Recorded: Okta refuses the policy of the Admin Console for each other app
    (assignApplicationPolicy, 400 "re-assignment of this policy is not allowed").

    :arg apps: of the org, with their policies.
    """
    held_by_console = {app.policy_id for app in apps if app.is_admin_console}
    obstacles = []
    for move in moves:
        target = move.target.id or move.target.name
        if move.target.is_inactive:
            obstacles.append(
                Obstacle(
                    move.app,
                    f"policy {move.target.name!r} is {move.target.status}, so which rules would"
                    " apply to the app is unknown. Activate the policy in the Admin Console",
                )
            )
        elif move.app.is_admin_console:
            held_by_console = {target}
        elif target in held_by_console:
            obstacles.append(
                Obstacle(
                    move.app,
                    f"policy {move.target.name!r} is, or becomes, the policy of the Okta Admin"
                    " Console, and Okta refuses it for other apps. Choose another policy",
                )
            )
    return obstacles


def explain_obstacles(obstacles: t.Sequence[Obstacle]) -> str:
    """Return a sentence for each reason, with its apps."""
    reasons = dict.fromkeys(each.reason for each in obstacles)
    return " ".join(
        f"{', '.join(repr(each.app.label) for each in obstacles if each.reason == reason)}:"
        f" {reason}."
        for reason in reasons
    )


def read_rules(okta: Okta, moves: t.Sequence[Move]) -> dict[str, Rules]:
    """Return the rules that apps would get and those that they have, by their policies."""
    policies = dict.fromkeys(each for move in moves for each in (move.after, move.before))
    return {policy_id: okta.policy_rules(policy_id) for policy_id in policies}


def with_changed_groups(
    okta: Okta, moves: t.Sequence[Move], rules: t.Mapping[str, Rules], since: str | None
) -> list[Move]:
    """Return moves back, with whether members of the groups of their future rules changed.

    What these rules were does not say then whom they refused. One call of listGroups if rules that
    changed since name a group.

    :arg rules: those of ``read_rules``.
    :arg since: when the clone was created, as Okta shows it. The apps left at that time or later.
    """
    named = {
        move.after: set[str]() if _is_unrecorded(move, rules) else named_groups(rules[move.after])
        for move in moves
    }
    ids = frozenset[str]().union(*named.values())
    try:
        known = lookups.groups_by_id(okta, ids) if ids else {}
    except Forbidden:  # a role without groups must not stop the way out of an emergency
        known = {}
    changed = {each for each in ids if may_have_changed(known.get(each), since)}
    return [replace(move, members_changed=bool(named[move.after] & changed)) for move in moves]


def may_have_changed(group: Group | None, since: str | None) -> bool:
    """Return whether members of a group may have changed since a time. A deleted one has none."""
    if group is None:
        return True
    changed, begin = parse_timestamp(group.members_changed), parse_timestamp(since)
    return not group.is_everyone and (changed is None or begin is None or changed >= begin)


def check_moves(
    okta: Okta,
    moves: t.Sequence[Move],
    rules: t.Mapping[str, Rules],
    options: checks.GuardOptions,
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
            rules[after],
            rules[after],
            [_app_change(move, rules, is_reversal) for move in group],
            is_reversal,
        )
        for after, group in by_target.items()
    ]
    return checks.check_changes(okta, changes, options, others)


def _app_change(move: Move, rules: t.Mapping[str, Rules], is_reversal: bool) -> AppChange:
    """Return the change of an app.

    If the rules that it left are lost, or were about other members of groups, everybody who is
    admitted now counts as admitted by them. If the rules are as they were, whom they refused then
    is not recorded: people, their groups and their accounts may be others by now.
    """
    before, after = rules[move.before], rules[move.after]
    if not is_reversal:
        before = rules_in_force(move.present, before)
    if not is_reversal or _is_unrecorded(move, rules):
        return AppChange(move.app, before, after, policy_after=move.after)
    left = rules_at_departure(move.digest, after, before)
    recorded = before if left is None or move.members_changed else left
    return AppChange(move.app, before, after, recorded, move.after)


def _is_unrecorded(move: Move, rules: t.Mapping[str, Rules]) -> bool:
    """Return whether nothing shows whom the rules refused that an app left."""
    return not move.digest or digest_rules(rules[move.after]) == move.digest


def require_active(policy: Policy) -> None:
    """Raise Refused if the policy of apps is not active."""
    problem = describe_inactive(policy)
    if problem:
        raise Refused(problem)


def warn_of_inactive(warn: t.Callable[[str], None], policies: t.Iterable[Policy]) -> None:
    """Warn of each policy of apps that is not active: whom it admits cannot be evaluated."""
    for problem in dict.fromkeys(map(describe_inactive, policies)):
        if problem:
            warn(problem)


def require_no_obstacles(moves: t.Sequence[Move], apps: t.Iterable[App]) -> None:
    """Raise Refused if an app cannot move."""
    obstacles = find_obstacles(moves, apps)
    if obstacles:
        raise Refused(f"{explain_obstacles(obstacles)} Nothing was written.")
