# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Custom Profile, whatever is in it:

found by id or name, planned, its Macs counted, written, and what Kandji kept of it compared.

What differs between kinds of profiles is their ``Content``: one SCEP payload (``_scep_profile``),
or a whole file (``_profile_file``).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.changes import Change, Difference, differences, shown
from ..._core.errors import BadOption, NotAsWritten, Refused
from ..assignments import (
    Assignment,
    Blueprint,
    apply_assignment,
    assignment_changes,
    macs_on,
    plan_assignment,
)
from ..client import Kandji, same_id
from ..profile_holders import ProfileItem, read_holders
from ..records import InstalledProfile
from . import mobileconfig

PLATFORMS = ("mac", "iphone", "ipad", "tv", "vision")

Plist = t.Mapping[str, t.Any]
Row = dict[str, t.Any]
Items = t.Mapping[str, t.AbstractSet[str]]


class Content(t.Protocol):
    """What a profile shall say."""

    each_write: str  # what each write of it does to Macs, for sentences
    # the same for a change of one that Macs hold: reissue or reinstall, as the limits are named
    counts_as: str

    def unmanageable(self, current: Plist) -> str | None:
        """Why a profile that is there cannot be the one that is meant, or None."""

    def compare(self, current: Plist) -> list[Difference]:
        """Where a profile that is there says something else."""

    def written_before(self, current: Plist) -> bool:
        """Whether exactly this was written to it already, so that a difference now is the tenant's
        doing.
        """

    def document(self, name: str, current: Plist | None) -> dict[str, t.Any]:
        """The whole profile as it shall be."""

    def masked(self, difference: Difference) -> tuple[t.Any, t.Any]:
        """Before and after of a difference, for people, without its secrets."""

    def shown(self) -> dict[str, t.Any]:
        """All of it, for people, without its secrets."""


@dataclass
class Wanted:
    """One profile as the options ask for it.

    ``blueprints`` and ``nodes`` (blueprint id -> node id) are resolved already.
    """

    name: str | None
    library_item_id: str | None
    blueprints: list[Blueprint]
    generation: str | None = None
    nodes: t.Mapping[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """What has to be done for one profile. ``found`` are the differences in what it says."""

    name: str
    current: Row | None
    unwritten: bool = False  # it is only assigned or taken off
    deletes: bool = False
    mobileconfig: bytes | None = field(default=None, repr=False)
    fields: dict[str, t.Any] = field(default_factory=dict)
    found: list[Difference] = field(default_factory=list, repr=False)
    assignment: Assignment = Assignment([], [])
    changes: list[Change] = field(default_factory=list)
    counts_as: str = "reissue"

    @property
    def item_id(self) -> str | None:
        return str(self.current["id"]) if self.current else None

    @property
    def writes_profile(self) -> bool:
        return not self.unwritten and (
            self.current is None or self.mobileconfig is not None or bool(self.fields)
        )

    @property
    def takes_away(self) -> bool:
        """Whether Macs that hold it lose it by the write itself."""
        return (
            self.deletes
            or self.current is not None
            and False in (self.fields.get("active"), self.fields.get("runs_on_mac"))
        )


def platform_flags(runs_on: t.Sequence[str]) -> dict[str, bool]:
    """Kandji's fields for the platforms: runs_on_mac ..."""
    return {f"runs_on_{one}": one in runs_on for one in PLATFORMS}


def find_profile(wanted: Wanted, profiles: t.Sequence[Row]) -> Row | None:
    """The profile that an option names, by id or by exact name;

    None where there is none of that name. Raises BadOption.
    """
    if wanted.library_item_id:
        found = [
            row
            for row in profiles
            if str(row.get("id", "")).lower() == wanted.library_item_id.lower()
        ]
        if not found:
            raise BadOption(
                "library_item_id: Kandji has no custom profile with the id"
                f" {wanted.library_item_id}."
            )
        return found[0]
    found = [row for row in profiles if row.get("name") == wanted.name]
    if len(found) > 1:
        ids = ", ".join(str(row.get("id")) for row in found)
        raise BadOption(
            f"name: Kandji has {len(found)} custom profiles named {wanted.name!r} ({ids}); say"
            " which by library_item_id."
        )
    return found[0] if found else None


def found_as(wanted: Wanted, profiles: t.Sequence[Row]) -> tuple[str, Row | None]:
    """Name and present row of a profile, with which its plan begins."""
    current = find_profile(wanted, profiles)
    return wanted.name or str((current or {}).get("name", "")), current


def plan_content(plan: Plan, content: Content, flags: t.Mapping[str, t.Any]) -> None:
    """Desired against current.

    ``flags``: active, runs_on_mac ... Raises BadOption, and NotAsWritten where the tenant keeps
    changing what was written.
    """
    plan.counts_as = content.counts_as
    if plan.current is None:
        plan.fields = dict(flags)
        plan.mobileconfig = mobileconfig.to_xml(content.document(plan.name, None))
        plan.changes.append(Change("create", f"profile {plan.name!r}", {}, content.shown()))
    else:
        _plan_update(plan, plan.current, content, {"name": plan.name, **flags})


def _plan_update(plan: Plan, current: Row, content: Content, fields: t.Mapping[str, t.Any]) -> None:
    plist = mobileconfig.parse(current.get("profile"))
    problem = (
        "is not a readable configuration profile" if plist is None else content.unmanageable(plist)
    )
    if plist is None or problem:
        raise BadOption(
            f"The custom profile {plan.name!r} ({plan.item_id}) {problem}; choose another name, or"
            " mend it in Kandji."
        )
    changed = differences(fields, {**platform_flags(()), **current})
    plan.found = content.compare(plist)
    pairs = {one.path: content.masked(one) for one in plan.found}
    pairs.update({one.path: (shown(one.before), shown(one.after)) for one in changed})
    # That somebody deactivated it in the console is mended; what it says and where it runs was kept
    # as written, or was not.
    unkept = [one.path for one in plan.found] + [
        one.path for one in changed if one.path.startswith("runs_on_")
    ]
    if unkept and content.written_before(plist):
        raise NotAsWritten(
            f"Kandji holds the profile {plan.name!r} with another {', '.join(unkept)} than was"
            " written to it: Kandji did not keep it, or somebody changed it there (differences"
            f" shows both). It is not written again, since each write {content.each_write}; set the"
            " option to what Kandji keeps, or another generation to write once more.",
            vendor="kandji",
            keys=unkept,
            differences={
                path: {"in_kandji": pairs[path][0], "asked_for": pairs[path][1]} for path in unkept
            },
        )
    if unkept:
        plan.mobileconfig = mobileconfig.to_xml(content.document(plan.name, plist))
    plan.fields = {one.path: one.after for one in changed}
    if pairs:
        plan.changes.append(
            Change(
                "update",
                f"profile {plan.name!r}",
                {key: pair[0] for key, pair in pairs.items()},
                {key: pair[1] for key, pair in pairs.items()},
            )
        )


def plan_places(
    plan: Plan,
    wanted: Wanted,
    known: t.Sequence[Blueprint],
    items: Items,
    mode: str,
    what: str = "profile",
) -> None:
    """Where it is to be assigned, and taken off."""
    plan.assignment = plan_assignment(
        wanted.blueprints, known, items, plan.item_id, mode, wanted.nodes
    )
    plan.changes += assignment_changes(f"{what} {plan.name!r}", plan.assignment)


def plan_deletion(
    wanted: Wanted, profiles: t.Sequence[Row], known: t.Sequence[Blueprint], items: Items
) -> Plan:
    """The plan that deletes a profile;

    nothing to do where there is none. An id that is not there is fine, too: it is what was asked
    for.
    """
    gone = wanted.library_item_id and not any(
        same_id(row.get("id"), wanted.library_item_id) for row in profiles
    )
    plan = (
        Plan(wanted.name or str(wanted.library_item_id), None, unwritten=True)
        if gone
        else Plan(*found_as(wanted, profiles), unwritten=True)
    )
    if plan.current:
        plan.deletes = True
        places = [one for one in known if str(plan.item_id).lower() in items.get(one["id"], ())]
        plan.assignment = Assignment([], places)
        plan.changes.append(
            Change(
                "delete",
                f"profile {plan.name!r}",
                {"blueprints": [one["name"] for one in places]},
                {},
            )
        )
    return plan


def check_written(plan: Plan, content: Content, answer: Plist) -> None:
    """Compare what a write returned with what was asked;

    raises NotAsWritten with the keys that differ.
    """
    plist = mobileconfig.parse(answer.get("profile"))
    found = (
        [Difference("PayloadContent", None, None)]
        if plist is None or content.unmanageable(plist)
        else content.compare(plist)
    )
    keys = [one.path for one in found] + [
        key for key, value in plan.fields.items() if key in answer and answer[key] != value
    ]
    if keys:
        raise NotAsWritten(
            f"Kandji accepted the profile {plan.name!r} ({answer.get('id')}), yet returned another"
            f" {', '.join(keys)} than was written. It is not written again; look at it in Kandji.",
            vendor="kandji",
            keys=keys,
            library_item_id=answer.get("id"),
        )


def apply_plan(kandji: Kandji, plan: Plan, content: Content | None) -> Row | None:
    """Write, compare with what came back, assign;

    returns the profile as it is now. ``content`` is what the plan was made for.
    """
    profile = plan.current
    if plan.writes_profile and content is not None:
        if profile is None:
            profile = kandji.create_profile(plan.name, plan.mobileconfig or b"", plan.fields)
        else:
            profile = kandji.update_profile(str(plan.item_id), plan.fields, plan.mobileconfig)
        check_written(plan, content, profile)
    if profile is not None:
        apply_assignment(kandji, str(profile["id"]), plan.assignment)
    return profile


# The Macs that it reaches


def touched(
    kandji: Kandji, plans: t.Sequence[Plan], wanted: t.Sequence[Wanted], mode: str
) -> dict[str, int]:
    """How many Macs the plans reach:

    those that hold a profile that changes (reissue, reinstall), get it for the first time (new),
    lose it (removed).
    """
    devices = list(kandji.devices(platform="Mac"))
    counts = {"reissue": 0, "reinstall": 0, "new": 0, "removed": 0}
    for plan, one in zip(plans, wanted, strict=True):
        held = (
            read_holders(kandji, ProfileItem.of_profile(plan.current))
            if plan.current and (plan.writes_profile or plan.deletes)
            else set()
        )
        counts[plan.counts_as] += len(held) if plan.writes_profile else 0
        counts["new"] += len(macs_on(devices, plan.assignment.assign))
        kept = one.blueprints if mode != "remove" else []
        losing = macs_on(devices, plan.assignment.remove) - macs_on(devices, kept)
        if plan.takes_away:
            losing |= {device.serial for device in devices if device.device_id in held}
        counts["removed"] += len(losing)
    return counts


# What stands in the way


def neighbours(
    own_ids: t.AbstractSet[str],
    blueprints: t.Sequence[Blueprint],
    profiles: t.Sequence[Plist],
    items: Items,
) -> t.Iterator[tuple[Plist, dict[str, t.Any], str]]:
    """The other active Custom Profiles on these blueprints:

    row, what it says, the blueprints' names.
    """
    for row in profiles:
        item_id = str(row.get("id", "")).lower()
        places = [one["name"] for one in blueprints if item_id in items.get(one["id"], ())]
        plist = mobileconfig.parse(row.get("profile"))
        if places and plist is not None and item_id not in own_ids and row.get("active", True):
            yield row, plist, ", ".join(map(repr, places))


def device_trust_conflicts(
    installed: t.Iterable[InstalledProfile], blueprints: t.Sequence[Blueprint]
) -> list[str]:
    """Macs of these blueprints that hold the profiles of Kandji's own Okta Device Trust
    integration, as a sentence.
    """
    ids = {one["id"] for one in blueprints}
    macs = sorted({profile.serial for profile in installed if profile.blueprint_id in ids})
    if not macs:
        return []
    names = ", ".join(macs[:5]) + (" ..." if len(macs) > 5 else "")
    return [
        f"Kandji's own Okta Device Trust integration serves {len(macs)}"
        f" Mac{'' if len(macs) == 1 else 's'} of these blueprints already ({names})"
    ]


def check_conflicts(conflicts: t.Sequence[str], on_conflict: str, rule: str) -> list[str]:
    """The conflicts as warnings;

    raises Refused, with the rule that they break, where they are to fail.
    """
    if conflicts and on_conflict == "fail":
        raise Refused(
            f"{rule}: {'; '.join(conflicts)}. Nothing was written; take one away, or set"
            " on_conflict: warn.",
            conflicts=list(conflicts),
        )
    return list(conflicts)
