# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads and writes around the plan of a Custom Profile."""

from __future__ import annotations

import typing as t

from ..._core.options import Params
from ..assignment_apply import apply_assignment
from ..assignments import check_limit
from ..client import Kandji
from ..profile_holders import ProfileItem, read_holders
from ..recheck import check_assignment, check_unchanged, find_older_twin, twin_refused
from ..records import CustomProfile
from .plan import Content, Plan, check_written
from .reach import Reach, describe_reach, find_reach


def apply_plan(kandji: Kandji, plan: Plan, content: Content | None) -> CustomProfile | None:
    """Write, compare with what Kandji returned, assign, and return the profile as it is now.

    ``content`` is what the plan was made for. Raises NotAsWritten, and Refused if what the plan
    relies on changed, or another run created the profile at the same time.
    """
    subject = f"profile {plan.name!r}"
    if plan.changes:
        if plan.current is not None or plan.writes_profile:
            check_unchanged(subject, plan.name, plan.current, kandji.profiles())
        check_assignment(kandji, subject, plan.item_id, plan.assignment)
    if plan.deletes:
        kandji.delete_profile(str(plan.item_id))
        return None
    profile = plan.current
    if plan.writes_profile and content is not None:
        if profile is None:
            profile = kandji.create_profile(plan.name, plan.mobileconfig or b"", plan.fields)
            twin = find_older_twin(profile, kandji.profiles())
            if twin is not None:
                kandji.delete_profile(profile.id)
                raise twin_refused(subject, twin)
        else:
            profile = kandji.update_profile(profile.id, plan.fields, plan.mobileconfig)
        check_written(plan, content, profile)
    item_id = profile.id if profile else plan.item_id
    if item_id is not None:
        apply_assignment(kandji, item_id, plan.assignment)
    return profile


def find_reaches(kandji: Kandji, plans: t.Sequence[Plan], mode: str) -> list[Reach]:
    """Return the devices that each plan reaches. All devices of the tenant are read."""
    devices = list(kandji.devices())
    reaches = []
    for plan in plans:
        holders: set[str] = set()
        if plan.current and (plan.writes_profile or plan.deletes or plan.assignment.remove):
            holders = read_holders(kandji, ProfileItem.of_profile(plan.current))
        reaches.append(find_reach(plan, devices, holders, mode))
    return reaches


def check_limits(
    plans: t.Sequence[Plan],
    reaches: t.Sequence[Reach],
    params: Params,
    limits: t.Mapping[str, str],
) -> dict[str, int]:
    """Return the counts that ``limits`` name: reissue, new ... -> what would happen.

    Raises Refused if one exceeds the option max_reissue, max_new ... It names the profiles, their
    blueprints and the keys that would change.
    """
    counts = [
        (plan, reach.counts(plan.counts_as)) for plan, reach in zip(plans, reaches, strict=True)
    ]
    totals = {name: sum(each[name] for _plan, each in counts) for name in limits}
    for name, action in limits.items():
        subjects = [describe_reach(plan, name) for plan, each in counts if each[name]]
        text = f"{action} ({'; '.join(subjects)})"
        check_limit(f"max_{name}", params[f"max_{name}"], totals[name], text)
    return totals
