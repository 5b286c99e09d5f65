# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps that go back to the policies that they had: which ones, and which stay. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.changes import Change
from ..._core.errors import Refused
from ..._core.text import abbreviate
from ..._okta.records import App, Policy
from ..forecast.evaluation import Forecast
from .marks import parse_marks, write_marks
from .moves import Move, StayingApp, explain_staying_apps, find_staying_apps, plan_assignment


@dataclass(frozen=True)
class Reversal:
    """Which apps of a policy go back to which one, and which stay.

    ``staying`` are apps whose earlier policy is not known, does not exist any more, or cannot be
    assigned. ``description`` is that of the policy afterwards.
    """

    moves: tuple[tuple[App, Policy], ...]
    staying: tuple[App, ...]
    description: str


def plan_reversal(
    policy: Policy,
    apps: t.Sequence[App],
    known: t.Sequence[Policy],
    staying_ids: t.Container[str] = (),
) -> Reversal:
    """Return how the apps of a policy go back to the policies that they had.

    Raises Refused for a policy without the mark of this collection.

    :arg staying_ids: those of apps whose earlier policy cannot be assigned.
    """
    marks = parse_marks(policy.description)
    if not marks.original_id:
        raise Refused(
            f"Policy {policy.name!r}: its description does not name the policy that it was made"
            " from, so its apps cannot be moved back. Assign its apps with okta_access_policy and"
            " the name of their future policy."
        )
    by_id = {each.id: each for each in known if each.id != policy.id}
    moves, staying = [], []
    for app in apps:
        target = by_id.get(marks.came_from[app.id]) if app.id in marks.came_from else None
        if target is None or app.id in staying_ids:
            staying.append(app)
        else:
            moves.append((app, target))
    description = write_marks(policy.description, marks.keep({app.id for app in staying}))
    return Reversal(tuple(moves), tuple(staying), description)


def plan_possible_reversal(
    current: Policy, apps: t.Sequence[App], known: t.Sequence[Policy], org_apps: t.Iterable[App]
) -> tuple[Reversal, list[StayingApp]]:
    """Return the reversal, and why apps stay. Raises Refused.

    An app that cannot go back does not keep the others from it.

    :arg org_apps: of the org, with their policies.
    """
    plan = plan_reversal(current, apps, known)
    stopped = find_staying_apps(plan_moves_back(plan, current), org_apps)
    unknown = (
        f"the policy before {current.name!r} is not known or does not exist any more, so it stays."
        " Assign its policy with okta_access_policy"
    )
    staying = [*(StayingApp(app, unknown) for app in plan.staying), *stopped]
    stopped_ids = {each.app.id for each in stopped}
    return plan_reversal(current, apps, known, stopped_ids), staying


def plan_moves_back(plan: Reversal, current: Policy) -> list[Move]:
    """Return the moves of a reversal, with the digests of the rules that the apps left."""
    digests = parse_marks(current.description).digests
    return [
        Move(app, target, current.id, target.id, digests.get(app.id, ""))
        for app, target in plan.moves
    ]


def changes_description(plan: Reversal, current: Policy) -> bool:
    """Return whether the description of the policy is written."""
    return plan.description != (current.description or "")


def plan_changes(plan: Reversal, current: Policy) -> list[Change]:
    """Return what a reversal writes."""
    changes = [plan_assignment(app, target) for app, target in plan.moves]
    if changes_description(plan, current):
        before, after = {"description": current.description}, {"description": plan.description}
        changes.append(Change("update", f"policy {current.name!r}", before, after))
    return changes


def describe_moved_apps(
    current: Policy, org_apps: t.Iterable[App], known: t.Sequence[Policy]
) -> list[str]:
    """Return which apps of a policy have another one now, neither this nor their earlier one.

    Somebody assigned it since, so that a reversal does not reach them.
    """
    came_from = parse_marks(current.description).came_from
    names = {policy.id: policy.name for policy in known}
    earlier = {
        app_id: repr(names[policy_id]) if policy_id in names else "another policy"
        for app_id, policy_id in came_from.items()
    }
    return [
        f"{app.label!r}: its policy is {names[app.policy_id]!r} now, which somebody assigned since,"
        f" so it stays. To take it back, assign {earlier[app.id]} to it with okta_access_policy."
        for app in org_apps
        if app.id in came_from
        and app.policy_id in names
        and app.policy_id not in (current.id, came_from[app.id])
    ]


def describe_reversal(staying: t.Sequence[StayingApp], forecast: Forecast | None) -> list[str]:
    """Return which apps stay, and whom the earlier policies refuse, as sentences."""
    texts = [explain_staying_apps(staying)] if staying else []
    if forecast and forecast.locked_out:
        logins = forecast.locked_out_logins
        people = f"{len(logins)} {'person' if len(logins) == 1 else 'people'}"
        texts.append(
            f"{people} ({abbreviate(logins)}): the earlier policy refuses them, and the present one"
            " admits them. See forecast in the result, and correct the earlier policy if it did"
            " not refuse them before the apps moved."
        )
    return texts
