# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads and writes around the plan of a Custom Profile."""

from __future__ import annotations

import typing as t

from ..._core.options import Params
from ..assignments import apply_assignment, check_limit, macs_on
from ..client import Kandji
from ..profile_holders import ProfileItem, read_holders
from ..records import CustomProfile, KandjiDevice
from .plan import Content, Plan, check_written


def apply_plan(kandji: Kandji, plan: Plan, content: Content | None) -> CustomProfile | None:
    """Write, compare with what Kandji returned, assign, and return the profile as it is now.

    ``content`` is what the plan was made for. Raises NotAsWritten.
    """
    if plan.deletes:
        kandji.delete_profile(str(plan.item_id))
        return None
    profile = plan.current
    if plan.writes_profile and content is not None:
        if profile is None:
            profile = kandji.create_profile(plan.name, plan.mobileconfig or b"", plan.fields)
        else:
            profile = kandji.update_profile(profile.id, plan.fields, plan.mobileconfig)
        check_written(plan, content, profile)
    item_id = profile.id if profile else plan.item_id
    if item_id is not None:
        apply_assignment(kandji, item_id, plan.assignment)
    return profile


def count_macs(kandji: Kandji, plans: t.Iterable[Plan], mode: str) -> dict[str, int]:
    """Return how many Macs the plans reach.

    Those that hold a profile that changes (reissue, reinstall), get it for the first time (new), or
    lose it (removed).
    """
    devices = list(kandji.devices(platform="Mac"))
    counts = {"reissue": 0, "reinstall": 0, "new": 0, "removed": 0}
    for plan in plans:
        holders: set[str] = set()
        if plan.current and (plan.writes_profile or plan.deletes):
            holders = read_holders(kandji, ProfileItem.of_profile(plan.current))
        if plan.writes_profile:
            counts[plan.counts_as] += len(holders)
        counts["new"] += len(macs_on(devices, plan.assignment.assign))
        counts["removed"] += len(_losing_macs(plan, devices, holders, mode))
    return counts


def _losing_macs(
    plan: Plan, devices: t.Sequence[KandjiDevice], holders: t.AbstractSet[str], mode: str
) -> set[str]:
    kept = plan.wanted.blueprints if mode != "remove" else ()
    losing = macs_on(devices, plan.assignment.remove) - macs_on(devices, kept)
    if plan.removes_from_holders:
        losing |= {device.serial for device in devices if device.device_id in holders}
    return losing


def check_limits(
    counts: t.Mapping[str, int], params: Params, limits: t.Mapping[str, str]
) -> dict[str, int]:
    """Return the counts that ``limits`` name: reissue, new ... -> what would happen.

    Raises Refused if one exceeds the option max_reissue, max_new ...
    """
    for name, action in limits.items():
        check_limit(f"max_{name}", params[f"max_{name}"], counts[name], action)
    return {name: counts[name] for name in limits}
