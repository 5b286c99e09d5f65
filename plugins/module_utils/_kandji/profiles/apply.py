# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads and writes around the plan of a Custom Profile."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import DeviceTrustError
from ..._core.options import Params
from ..assignment_apply import apply_assignment
from ..assignments import (
    Limit,
    check_limits,
    describe_nodes,
    item_ids,
    read_blueprints,
    read_items,
    resolve,
    resolve_nodes,
)
from ..client import Kandji
from ..profile_holders import ProfileItem, read_holders
from ..recheck import (
    check_assignment,
    check_last_write,
    check_unchanged,
    find_older_twin,
    twin_left,
    twin_refused,
)
from ..records import Blueprint, CustomProfile, LibraryItem
from ..unreadable_fields import describe_unknown
from .plan import Content, Library, Plan, PlanT, ProfileOptions, Wanted, check_written
from .reach import Reach, changes_secret, describe_reach, extends, find_reach, may_reach

NEW_SECRET = (
    "challenge: it is not the one that Kandji has. Set the one that Okta has now. If the secret key"
    " was reset in Okta, run the playbook rotate_scep_challenge, which renews ring by ring."
)


NOTHING_WRITTEN = "Nothing was written."
WRITTEN_BEFORE = "The profiles before it were written, and nothing was written to it."


@dataclass(frozen=True)
class ProfileLimits:
    """How many devices the plans of a module may reach.

    ``effects`` is limit (reissue, new ...) -> what the change would do to devices, up to their
    number. ``allowed`` is limit -> number, None for any. ``mode`` is the option blueprints_mode.
    """

    effects: t.Mapping[str, str]
    allowed: t.Mapping[str, int | None]
    mode: str

    @classmethod
    def from_params(cls, params: Params, effects: t.Mapping[str, str]) -> ProfileLimits:
        """Return the limits of the options max_reissue, max_new ..."""
        allowed = {name: params[f"max_{name}"] for name in effects}
        return cls(effects, allowed, params["blueprints_mode"])

    def depend_on_fleet(self, plans: t.Sequence[Plan]) -> bool:
        """Return whether a device that comes or goes could make the plans exceed a limit."""
        return any(
            allowed is not None and may_reach(plan, name)
            for plan in plans
            for name, allowed in self.allowed.items()
        )


@dataclass
class ProfileTask(t.Generic[PlanT]):
    """One profile from its plan to its result. Without content it is not written.

    ``written`` is the profile as Kandji returned it, or as it was read if nothing was written.
    ``reach`` are the devices that the plan reaches, as they were counted last.
    """

    plan: PlanT
    content: Content | None
    written: CustomProfile | None = field(init=False)
    reach: Reach = Reach()

    def __post_init__(self) -> None:
        """Begin with the profile as it was read."""
        self.written = self.plan.current


def read_library(
    kandji: Kandji, asked: t.Sequence[ProfileOptions], mode: str, deletes: bool = False
) -> tuple[Library, list[Wanted]]:
    """Return what plans need of the tenant, and the profiles with the ids of their blueprints.

    :arg mode: the option blueprints_mode.
    :arg deletes: whether the profiles are deleted, wherever they are.
    """
    exact = mode == "exact"
    names = [] if deletes else [name for each in asked for name in each.blueprints]
    blueprints, known = read_blueprints(kandji, names, everything=deletes or exact)
    profiles = list(kandji.profiles())
    items = read_items(kandji, known if deletes or exact else blueprints)
    wanted = []
    for each in asked:
        places: list[Blueprint] = []
        nodes: dict[str, str] = {}
        if not deletes:
            places = resolve(each.blueprints, known or blueprints)
            nodes = resolve_nodes(each.assignment_nodes, places, known, everywhere=exact)
        wanted.append(
            Wanted(
                each.name,
                each.library_item_id,
                places,
                each.generation,
                nodes,
                each.library_item,
                each.replaces,
            )
        )
    return Library(profiles, known, items), wanted


# The writes


def apply_tasks(
    kandji: Kandji,
    tasks: t.Sequence[ProfileTask[PlanT]],
    limits: ProfileLimits,
    check_conflicts: t.Callable[[Library, str], None],
) -> None:
    """Carry out the plans, one after the other, and keep what Kandji returned in each task.

    All plans are checked against what Kandji holds now before the first write, so that a ring is
    not written when the next one turns out to have changed. Each further plan is checked once more
    before its own writes. Each check counts devices again if one that joined meanwhile could exceed
    a limit: that takes long in a large fleet. Raises NotAsWritten, and Refused if what a plan
    relies on changed, or if another run writes at the same time.

    :arg check_conflicts: raises for a profile that came to these blueprints meanwhile. It gets what
        Kandji holds now, and a sentence on what was written before.
    """
    pending = [task for task in tasks if task.plan.changes]
    for number, task in enumerate(pending):
        unwritten, written = ([task], WRITTEN_BEFORE) if number else (pending, NOTHING_WRITTEN)
        plans = [each.plan for each in unwritten]
        if limits.depend_on_fleet(plans):
            _find_reaches(kandji, unwritten, limits)
            check_reaches(pending, limits, written)
        check_conflicts(_recheck(kandji, plans), written)
        task.written = _apply_plan(kandji, task.plan, task.content)


def _recheck(kandji: Kandji, plans: t.Sequence[Plan]) -> Library:
    """Return what Kandji holds now. Raises Refused if a plan was made for something else."""
    places = [each for plan in plans for each in (*plan.assignment.assign, *plan.assignment.remove)]
    library = Library(
        list(kandji.profiles()), (), read_items(kandji, {each.id: each for each in places}.values())
    )
    for plan in plans:
        if plan.current is not None or plan.writes_profile:
            check_unchanged(_subject(plan), plan.name, plan.current, library.profiles)
        check_assignment(_subject(plan), plan.item_id, plan.assignment, item_ids(library.items))
    return library


def _subject(plan: Plan) -> str:
    return f"profile {plan.name!r}"


def _apply_plan(kandji: Kandji, plan: Plan, content: Content | None) -> CustomProfile | None:
    """Write, compare with what Kandji returned, assign, and return the profile as it is now."""
    if plan.deletes:
        kandji.delete_profile(str(plan.item_id))
        return None
    profile = plan.current
    if plan.writes_profile and content is not None:
        if plan.current is None:
            profile = _create(kandji, plan)
        else:
            profile = kandji.update_profile(plan.current, plan.fields, plan.mobileconfig)
        check_written(plan, content, profile)
        if plan.current is not None:
            check_last_write(_subject(plan), plan.current, profile, kandji.profiles())
    item_id = profile.id if profile else plan.item_id
    if item_id is not None:
        apply_assignment(kandji, item_id, plan.assignment)
    return profile


def _create(kandji: Kandji, plan: Plan) -> CustomProfile:
    """Create a profile and return it. Raises Refused if another run created it first."""
    profile = kandji.create_profile(plan.name, plan.mobileconfig or b"", plan.fields)
    twin = find_older_twin(profile, kandji.profiles())
    if twin is None:
        return profile
    try:
        kandji.delete_profile(profile.id)
    except DeviceTrustError as error:
        raise twin_left(_subject(plan), twin, profile, error) from None
    raise twin_refused(_subject(plan), twin)


# The limits


def count_devices(
    kandji: Kandji, tasks: t.Sequence[ProfileTask[PlanT]], limits: ProfileLimits
) -> None:
    """Count the devices that each plan reaches. Raises Refused beyond a limit.

    Devices are read only if there is something to change.
    """
    if any(task.plan.changes for task in tasks):
        _find_reaches(kandji, tasks, limits)
        check_reaches(tasks, limits)


def _find_reaches(
    kandji: Kandji, tasks: t.Sequence[ProfileTask[PlanT]], limits: ProfileLimits
) -> None:
    reaches = find_reaches(kandji, [task.plan for task in tasks], limits.mode)
    for task, reach in zip(tasks, reaches, strict=True):
        task.reach = reach


def sum_reaches(tasks: t.Sequence[ProfileTask[PlanT]], limits: ProfileLimits) -> dict[str, int]:
    """Return how many devices the plans reach, by limit."""
    counts = [task.reach.counts(task.plan.counts_as) for task in tasks]
    return {name: sum(each[name] for each in counts) for name in limits.effects}


def describe_unknowns(plans: t.Sequence[Plan], check_mode: bool) -> list[str]:
    """Return warnings: fields and nodes that Kandji does not show."""
    texts = [describe_unknown(_subject(plan), plan.unknown) for plan in plans]
    texts += describe_nodes([(_subject(plan), plan.assignment) for plan in plans], check_mode)
    return [text for text in texts if text]


def find_reaches(kandji: Kandji, plans: t.Sequence[Plan], mode: str) -> list[Reach]:
    """Return the devices that each plan reaches. All devices of the tenant are read."""
    devices = list(kandji.devices())
    items: dict[str, list[LibraryItem]] = {}
    blueprints: list[Blueprint] = []
    if any(map(extends, plans)):
        blueprints = list(kandji.blueprints())
        items = read_items(kandji, blueprints)
    reaches = []
    for plan in plans:
        holders: set[str] = set()
        if plan.current and (plan.writes_profile or plan.deletes or plan.assignment.remove):
            holders = read_holders(kandji, ProfileItem.of_profile(plan.current))
        places = [
            blueprint
            for blueprint in blueprints
            if plan.item_id in {item.id for item in items[blueprint.id]}
        ]
        reaches.append(find_reach(plan, devices, holders, mode, places))
    return reaches


def check_reaches(
    tasks: t.Sequence[ProfileTask[PlanT]], limits: ProfileLimits, written: str = NOTHING_WRITTEN
) -> None:
    """Raise Refused if the plans reach more devices than max_reissue, max_new ... allow.

    It names all of these options, with the profiles, their blueprints and the keys that would
    change.

    :arg written: a sentence on what was written before.
    """
    totals = sum_reaches(tasks, limits)
    checked = []
    for name, effect in limits.effects.items():
        reaching = [each for each in tasks if each.reach.counts(each.plan.counts_as)[name]]
        subjects = [describe_reach(each.plan, name, each.reach.elsewhere) for each in reaching]
        action = f"The change ({'; '.join(subjects)}) {effect}"
        checked.append(Limit(f"max_{name}", limits.allowed[name], totals[name], action))
    changed = any(changes_secret(task.plan) for task in tasks)
    check_limits(checked, NEW_SECRET if changed else "", written)
