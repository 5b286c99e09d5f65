# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices the plan of a Custom Profile reaches, for the limits. Pure.

Every platform counts, in every way that a write reaches a device. What is unknown counts: a limit
that may be exceeded is exceeded.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.text import abbreviate
from ..assignments import devices_in_scope, devices_on
from ..records import Blueprint, KandjiDevice
from .plan import Plan

# Kandji's platform of a device, in lower case and without spaces -> the flag of a profile.
FLAGS = {
    "mac": "runs_on_mac",
    "iphone": "runs_on_iphone",
    "ipad": "runs_on_ipad",
    "appletv": "runs_on_tv",
    "tv": "runs_on_tv",
    "tvos": "runs_on_tv",
    "vision": "runs_on_vision",
    "applevision": "runs_on_vision",
}


@dataclass(frozen=True)
class Reach:
    """The ids of the devices that a plan reaches.

    ``changed`` hold the profile and install it again, ``new`` get it for the first time, and
    ``removed`` lose it. ``elsewhere`` are the names of blueprints that have the profile, are not of
    the plan, and whose devices are in ``new``.
    """

    changed: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    elsewhere: tuple[str, ...] = ()

    def counts(self, counts_as: str) -> dict[str, int]:
        """Return the counts by limit: reissue or reinstall, new, removed."""
        limited = {"new": len(self.new), "removed": len(self.removed)}
        return {"reissue": 0, "reinstall": 0, counts_as: len(self.changed), **limited}


def find_reach(
    plan: Plan,
    devices: t.Sequence[KandjiDevice],
    holders: t.AbstractSet[str],
    mode: str,
    places: t.Sequence[Blueprint],
) -> Reach:
    """Return the devices that a plan reaches.

    :arg devices: all devices of the tenant.
    :arg holders: ids of the devices that hold the profile now.
    :arg mode: the option blueprints_mode.
    :arg places: all blueprints that have the profile now, if the plan extends it.
    """
    platforms = {device.device_id: device.platform for device in devices}
    kept = plan.wanted.blueprints if mode != "remove" else ()
    assigned = devices_in_scope(devices, plan.assignment.assign)
    others = _find_others(plan, kept, places)
    if extends(plan):
        assigned |= devices_in_scope(devices, (*kept, *others)) - holders
    taken = devices_in_scope(devices, plan.assignment.remove) - devices_on(devices, kept)
    had = {each for each in taken if each in holders or _ran_on(plan, platforms[each])}
    # A device that has not reported its status yet may have the profile, too.
    may_have = {each for each in devices_in_scope(devices, kept) if _ran_on(plan, platforms[each])}
    lost = {each for each in holders | may_have if _may_lose(plan, platforms.get(each))}
    return Reach(
        _installing(plan, holders, platforms),
        frozenset(each for each in assigned if _runs_on(plan, platforms[each])),
        frozenset(had | lost),
        tuple(blueprint.name for blueprint in others),
    )


def _find_others(
    plan: Plan, kept: t.Sequence[Blueprint], places: t.Sequence[Blueprint]
) -> list[Blueprint]:
    """Return the blueprints besides those of the plan that a plan extends the profile on."""
    of_plan = {blueprint.id for blueprint in (*kept, *plan.assignment.remove)}
    return [each for each in places if each.id not in of_plan] if extends(plan) else []


def _installing(
    plan: Plan, holders: t.AbstractSet[str], platforms: t.Mapping[str, str | None]
) -> frozenset[str]:
    """Return the holders that install a profile again. What surely loses it does not."""
    if not plan.writes_profile:
        return frozenset()
    return frozenset(each for each in holders if not _surely_loses(plan, platforms.get(each)))


def flag_of(platform: str | None) -> str | None:
    """Return the flag of a profile for a device's platform, or None if it is not known."""
    return FLAGS.get((platform or "").lower().replace(" ", ""))


def _runs_on(plan: Plan, platform: str | None) -> bool:
    """Return whether the profile runs on a platform after the plan, as far as is known."""
    flags = {**(plan.current.flags if plan.current else {}), **plan.fields}
    flag = flag_of(platform)
    return flags.get("active") is not False and (flag is None or flags.get(flag) is not False)


def _ran_on(plan: Plan, platform: str | None) -> bool:
    """Return whether the profile ran on a platform before the plan, as far as is known."""
    flag = flag_of(platform)
    return flag is None or (plan.current.flags if plan.current else {}).get(flag) is not False


def _surely_loses(plan: Plan, platform: str | None) -> bool:
    """Return whether a holder of this platform loses the profile by the write itself."""
    flag = flag_of(platform)
    if plan.deletes or not plan.current:
        return plan.deletes
    return plan.fields.get("active") is False or (
        flag is not None and plan.fields.get(flag) is False
    )


def _may_lose(plan: Plan, platform: str | None) -> bool:
    """Return whether a holder of this platform may lose the profile by the write itself."""
    is_unknown = plan.current is not None and flag_of(platform) is None
    return _surely_loses(plan, platform) or (is_unknown and _narrows(plan))


def _narrows(plan: Plan) -> bool:
    """Return whether the write takes an existing profile from a platform."""
    return any(plan.fields.get(name) is False for name in set(FLAGS.values()))


def may_reach(plan: Plan, limit: str) -> bool:
    """Return whether a plan can reach any device that a limit counts, whatever the fleet is."""
    exists = plan.current is not None
    if limit == "new":
        return bool(plan.assignment.assign) or extends(plan)
    if limit == "removed":
        takes = exists and (plan.fields.get("active") is False or _narrows(plan))
        return plan.deletes or bool(plan.assignment.remove) or takes
    return exists and plan.writes_profile and limit == plan.counts_as


def extends(plan: Plan) -> bool:
    """Return whether the write brings an existing profile to further devices.

    It does so on each blueprint that has the profile, not only on those of the plan.
    """
    names = ("active", *set(FLAGS.values()))
    return plan.current is not None and any(plan.fields.get(name) is True for name in names)


def describe_reach(plan: Plan, limit: str, elsewhere: t.Sequence[str] = ()) -> str:
    """Return what of a plan a limit counts: the profile, its blueprints, the keys that change.

    :arg elsewhere: of its Reach.
    """
    blueprints = {"new": plan.assignment.assign, "removed": plan.assignment.remove}.get(limit, [])
    names = [each.name for each in blueprints or plan.wanted.blueprints]
    names += elsewhere if limit == "new" else ()
    places = abbreviate([repr(name) for name in names], 5)
    keys = sorted(_changed_keys(plan))
    parts = [f"profile {plan.name!r}"]
    parts += [f"on {places}"] if places else []
    parts += [f"changing {abbreviate(keys, 5)}"] if keys and limit != "new" else []
    return " ".join(parts)


def changes_secret(plan: Plan) -> bool:
    """Return whether a plan changes the challenge of a SCEP profile that exists."""
    return "Challenge" in _changed_keys(plan)


def _changed_keys(plan: Plan) -> set[str]:
    updates = [change for change in plan.changes if change.action == "update"]
    return {key for change in updates for key in {*change.before, *change.after}}
