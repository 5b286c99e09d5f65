# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of apps between app sign-in policies: which ones, and what Okta refuses. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.changes import Change, described
from ..._core.errors import BadOption, Refused
from ..._core.timestamps import parse_timestamp
from ..._okta.records import App, Group, Policy
from ..rules.rule_order import Rules
from .plan import describe_inactive, require_policy_of
from .rules_at_departure import digest_rules


@dataclass(frozen=True)
class Move:
    """An app that will be judged by the rules of another policy.

    ``before`` and ``after`` are the ids of the policies with its present and its future rules.
    ``after`` is the original of a clone that does not exist yet. ``digest`` is that of the rules
    that the policy had when the app left it, of an app that goes back, "" if it is not recorded.
    ``present`` is the policy that an app has which does not go back, as far as Okta lists it.
    ``members_changed`` is whether other people may be in the groups that the future rules name than
    when the app left. ``planned`` are the future rules if they are not written yet: check mode.
    """

    app: App
    target: Policy
    before: str
    after: str
    digest: str = ""
    present: Policy = Policy("")
    members_changed: bool = False
    planned: Rules | None = None

    def find_future_rules(self, rules: t.Mapping[str, Rules]) -> Rules:
        """Return the rules that the app gets.

        :arg rules: those that policies have, by policy.
        """
        return rules[self.after] if self.planned is None else self.planned


@dataclass(frozen=True)
class StayingApp:
    """An app that cannot move, and why."""

    app: App
    reason: str


def plan_moves(
    policy: Policy, source: Policy | None, moving: t.Sequence[App], known: t.Sequence[Policy]
) -> list[Move]:
    """Return the moves of apps to a policy. Raises BadOption, Unreadable.

    :arg source: the policy with the rules that the apps would get; None for a new policy that is
        not a clone, which has none yet.
    """
    if not moving:
        return []
    if source is None:
        raise BadOption(
            "apps: a policy that this run creates without clone_of has only the rules of Okta."
            " Write its rules first, then assign it to apps."
        )
    by_id, moves = {each.id: each for each in known}, []
    for app in moving:
        before = require_policy_of(app)
        present = by_id.get(before, Policy(before))
        moves.append(Move(app, policy, before, source.id, present=present))
    return moves


def plan_assignment(app: App, policy: Policy) -> Change:
    """Return the change of an app that gets a policy."""
    subject = f"app {app.label!r} to policy {policy.name!r}"
    return Change("assign", subject, {}, {"policy": policy.name})


def require_written(changes: t.Sequence[Change], policy: str) -> None:
    """Raise Refused if rules that an earlier task of the run writes are not there.

    :arg changes: what this task would do.
    :arg policy: the name of the policy that the apps get.
    """
    if changes:
        raise Refused(
            f"planned_rules: policy {policy!r} does not have these rules"
            f" ({'; '.join(described(changes))}), and this module writes none. Write them first,"
            " with okta_access_policy_rules, or leave planned_rules out. Nothing was written."
        )


def find_staying_apps(moves: t.Sequence[Move], apps: t.Iterable[App]) -> list[StayingApp]:
    """Return the moves that Okta refuses, or whose effect is unknown, in order.

    Recorded: Okta refuses the policy of the Admin Console for each other app
    (assignApplicationPolicy, 400 "re-assignment of this policy is not allowed").

    :arg apps: of the org, with their policies.
    """
    held_by_console = {app.policy_id for app in apps if app.is_admin_console}
    staying = []
    for move in moves:
        target = move.target.id or move.target.name
        if move.target.is_inactive:
            staying.append(
                StayingApp(
                    move.app,
                    f"policy {move.target.name!r} is {move.target.status}, so which rules would"
                    " apply to the app is unknown. Activate the policy in the Admin Console",
                )
            )
        elif move.app.is_admin_console:
            held_by_console = {target}
        elif target in held_by_console:
            staying.append(
                StayingApp(
                    move.app,
                    f"policy {move.target.name!r} is, or becomes, the policy of the Okta Admin"
                    " Console, and Okta refuses it for other apps. Choose another policy",
                )
            )
    return staying


def explain_staying_apps(staying: t.Sequence[StayingApp]) -> str:
    """Return a sentence for each reason, with its apps."""
    reasons = dict.fromkeys(each.reason for each in staying)
    return " ".join(
        f"{', '.join(repr(each.app.label) for each in staying if each.reason == reason)}: {reason}."
        for reason in reasons
    )


def may_have_changed(group: Group | None, since: str | None) -> bool:
    """Return whether members of a group may have changed since a time. A deleted one has none."""
    if group is None:
        return True
    changed, begin = parse_timestamp(group.members_changed), parse_timestamp(since)
    return not group.is_everyone and (changed is None or begin is None or changed >= begin)


def is_unrecorded(move: Move, rules: t.Mapping[str, Rules]) -> bool:
    """Return whether nothing shows whom the rules refused that an app left."""
    return not move.digest or digest_rules(rules[move.after]) == move.digest


def require_active(policy: Policy) -> None:
    """Raise Refused if the policy of apps is not active."""
    problem = describe_inactive(policy)
    if problem:
        raise Refused(problem)


def describe_inactive_policies(policies: t.Iterable[Policy]) -> list[str]:
    """Return that nobody knows whom a policy admits, for each that is not active."""
    return list(filter(None, dict.fromkeys(map(describe_inactive, policies))))


def require_all_move(moves: t.Sequence[Move], apps: t.Iterable[App]) -> None:
    """Raise Refused if an app cannot move."""
    staying = find_staying_apps(moves, apps)
    if staying:
        raise Refused(f"{explain_staying_apps(staying)} Nothing was written.")
