# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for SCEP profiles: which to create, which to change, where to assign them, and what stands in the way. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _mobileconfig as mobileconfig
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._assignments import Assignment, Blueprint, assignment_changes, plan_assignment
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._changes import Change, Difference, differences, shown
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import BadOption, NotAsWritten, Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._integration import moment
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._masking import MASK

PLATFORMS = ("mac", "iphone", "ipad", "tv", "vision")
CERTIFICATE_DAYS = 365  # Okta's certificates live one year


@dataclass
class Wanted:
    """One profile as the options ask for it. ``blueprints`` and ``nodes`` (blueprint id -> node id) are resolved already."""

    name: t.Optional[str]
    library_item_id: t.Optional[str]
    blueprints: t.List[Blueprint]
    generation: t.Optional[str]
    nodes: t.Mapping[str, str] = field(default_factory=dict)
    library_item: t.Optional[str] = None
    replaces: t.Optional[str] = None


@dataclass
class Plan:
    """What has to be done for one profile. ``found`` are the differences in its SCEP payload."""

    name: str
    current: t.Optional[t.Dict[str, t.Any]]
    url: str = ""
    by_console: bool = False  # an item that the console made: assigned, never written
    unwritten: bool = False  # a profile that is only taken off blueprints
    mobileconfig: t.Optional[bytes] = field(default=None, repr=False)
    fields: t.Dict[str, t.Any] = field(default_factory=dict)
    found: t.List[Difference] = field(default_factory=list, repr=False)
    assignment: Assignment = Assignment([], [])
    changes: t.List[Change] = field(default_factory=list)

    @property
    def item_id(self) -> t.Optional[str]:
        return str(self.current["id"]) if self.current else None

    @property
    def writes_profile(self) -> bool:
        return not self.unwritten and (self.current is None or self.mobileconfig is not None or bool(self.fields))


def find_profile(wanted: Wanted, profiles: t.Sequence[t.Dict[str, t.Any]]) -> t.Optional[t.Dict[str, t.Any]]:
    """The profile that an option names, by id or by exact name; None where there is none of that name. Raises BadOption."""
    if wanted.library_item_id:
        found = [row for row in profiles if str(row.get("id", "")).lower() == wanted.library_item_id.lower()]
        if not found:
            raise BadOption(f"library_item_id: Kandji has no custom profile with the id {wanted.library_item_id}.")
        return found[0]
    found = [row for row in profiles if row.get("name") == wanted.name]
    if len(found) > 1:
        ids = ", ".join(str(row.get("id")) for row in found)
        raise BadOption(f"name: Kandji has {len(found)} custom profiles named {wanted.name!r} ({ids}); say which by library_item_id.")
    return found[0] if found else None


def plan_profile(
    wanted: Wanted, settings: mobileconfig.ScepSettings, runs_on: t.Sequence[str], profiles: t.Sequence[t.Dict[str, t.Any]],
    known: t.Sequence[Blueprint], items: t.Mapping[str, t.AbstractSet[str]], mode: str,
) -> Plan:
    """Desired against current for one profile. Raises BadOption, and NotAsWritten where the tenant keeps changing what was written."""
    current = find_profile(wanted, profiles)
    name = wanted.name or str((current or {}).get("name", ""))
    plan = Plan(name, current, settings.url)
    settings = replace(settings, runs_on=tuple(runs_on))
    flags: t.Dict[str, t.Any] = {"active": True, **{f"runs_on_{one}": one in runs_on for one in PLATFORMS}}
    if current is None:
        plan.fields = flags
        plan.mobileconfig = mobileconfig.to_xml(mobileconfig.desired_profile(name, settings, wanted.generation, None))
        plan.changes.append(Change("create", f"profile {name!r}", {}, _shown_settings(settings, wanted.generation or mobileconfig.FIRST_GENERATION)))
    else:
        _plan_update(plan, wanted, settings, {"name": name, **flags})
    plan.assignment = plan_assignment(wanted.blueprints, known, items, plan.item_id, mode, wanted.nodes)
    plan.changes += assignment_changes(f"profile {name!r}", plan.assignment)
    return plan


def plan_console_item(
    wanted: Wanted, item: t.Dict[str, t.Any], known: t.Sequence[Blueprint], items: t.Mapping[str, t.AbstractSet[str]], mode: str,
) -> Plan:
    """The plan for an item that was made in the console: where it is assigned, and nothing else."""
    plan = Plan(str(item["name"]), item, by_console=True)
    plan.assignment = plan_assignment(wanted.blueprints, known, items, plan.item_id, mode, wanted.nodes)
    plan.changes += assignment_changes(f"library item {plan.name!r}", plan.assignment)
    return plan


def plan_removal(wanted: Wanted, profiles: t.Sequence[t.Dict[str, t.Any]], items: t.Mapping[str, t.AbstractSet[str]]) -> Plan:
    """The plan that takes a profile off its blueprints and leaves it in the library as it is."""
    current = find_profile(wanted, profiles)
    plan = Plan(wanted.name or str((current or {}).get("name", "")), current, unwritten=True)
    plan.assignment = plan_assignment(wanted.blueprints, (), items, plan.item_id, "remove", wanted.nodes)
    plan.changes += assignment_changes(f"profile {plan.name!r}", plan.assignment)
    return plan


def _plan_update(plan: Plan, wanted: Wanted, settings: mobileconfig.ScepSettings, fields: t.Dict[str, t.Any]) -> None:
    current = plan.current or {}
    plist = mobileconfig.parse(current.get("profile"))
    payload = mobileconfig.our_payload(plist, settings.url)
    if plist is None or payload is None:
        what = "is not a readable configuration profile" if plist is None else _unsettled(plist, settings.url)
        raise BadOption(f"The custom profile {plan.name!r} ({plan.item_id}) {what}; choose another name, or mend it in Kandji.")
    changed = differences(fields, {**{f"runs_on_{name}": False for name in PLATFORMS}, **current})
    plan.found = mobileconfig.compare(settings, wanted.generation, payload)
    # That somebody deactivated it in the console is mended; what it says and where it runs was kept as written, or was not.
    unkept = plan.found + [one for one in changed if one.path.startswith("runs_on_")]
    if unkept and mobileconfig.written_before(settings, wanted.generation, payload):
        keys = ", ".join(one.path for one in unkept)
        pairs = {one.path: mobileconfig.masked(one) if one in plan.found else (shown(one.before), shown(one.after)) for one in unkept}
        raise NotAsWritten(
            f"Kandji holds the profile {plan.name!r} with another {keys} than was written to it: Kandji did not keep it, or somebody changed it there "
            "(differences shows both). It is not written again, since each write gives every Mac in scope a new certificate; set the option to what "
            "Kandji keeps, or another generation to write once more.",
            vendor="kandji", keys=[one.path for one in unkept],
            differences={path: {"in_kandji": before, "asked_for": after} for path, (before, after) in pairs.items()})
    if unkept:
        plan.mobileconfig = mobileconfig.to_xml(mobileconfig.desired_profile(plan.name, settings, wanted.generation, plist))
    plan.fields = {one.path: one.after for one in changed}
    if plan.found or changed:
        pairs = {one.path: mobileconfig.masked(one) for one in plan.found}
        pairs.update({one.path: (shown(one.before), shown(one.after)) for one in changed})
        plan.changes.append(Change("update", f"profile {plan.name!r}", {key: pair[0] for key, pair in pairs.items()},
                                   {key: pair[1] for key, pair in pairs.items()}))


def _unsettled(plist: t.Mapping[str, t.Any], url: str) -> str:
    payloads = mobileconfig.scep_payloads(plist)
    mine = sum(one["PayloadContent"].get("URL") == url for one in payloads)
    if len(payloads) < 2:
        return "holds no SCEP payload"
    which = f"{mine} of them have" if mine else "none of them has"
    return f"holds {len(payloads)} SCEP payloads, and {which} this SCEP URL, so that it is not clear which is meant"


def _shown_settings(settings: mobileconfig.ScepSettings, generation: str) -> t.Dict[str, t.Any]:
    content = {key: shown(value) for key, value in mobileconfig.payload_content(settings).items()}
    return {**{key: value for key, value in content.items() if value is not None}, "Challenge": MASK, "generation": generation}


def check_written(plan: Plan, settings: mobileconfig.ScepSettings, generation: t.Optional[str], answer: t.Mapping[str, t.Any]) -> None:
    """Compare what a write returned with what was asked; raises NotAsWritten with the keys that differ."""
    payload = mobileconfig.our_payload(mobileconfig.parse(answer.get("profile")), settings.url)
    found = mobileconfig.compare(settings, generation, payload) if payload else [Difference("PayloadContent", None, None)]
    keys = [one.path for one in found] + [key for key, value in plan.fields.items() if key in answer and answer[key] != value]
    if keys:
        raise NotAsWritten(
            f"Kandji accepted the profile {plan.name!r} ({answer.get('id')}), yet returned another {', '.join(keys)} than was written. "
            "It is not written again; look at it in Kandji.", vendor="kandji", keys=keys, library_item_id=answer.get("id"))


def url_conflicts(
    url: str, own_ids: t.AbstractSet[str], blueprints: t.Sequence[Blueprint], profiles: t.Sequence[t.Mapping[str, t.Any]],
    items: t.Mapping[str, t.AbstractSet[str]],
) -> t.List[str]:
    """Other profiles with the same SCEP URL on the same blueprints, a sentence each."""
    found = []
    for row in profiles:
        item_id = str(row.get("id", "")).lower()
        payloads = mobileconfig.scep_payloads(mobileconfig.parse(row.get("profile")))
        if item_id in own_ids or not row.get("active", True) or not any(one["PayloadContent"].get("URL") == url for one in payloads):
            continue
        places = [one["name"] for one in blueprints if item_id in items.get(one["id"], ())]
        if places:
            found.append(f"the custom profile {row.get('name')!r} ({row.get('id')}) has the same SCEP URL and is on {', '.join(map(repr, places))}")
    return found


def device_trust_conflicts(rows: t.Iterable[t.Mapping[str, t.Any]], blueprints: t.Sequence[Blueprint]) -> t.List[str]:
    """Macs of these blueprints that hold the profiles of Kandji's own Okta Device Trust integration, as a sentence."""
    ids = {one["id"] for one in blueprints}
    macs = sorted({str(row.get("serial_number")) for row in rows if str(row.get("blueprint_id", "")).lower() in ids})
    if not macs:
        return []
    names = ", ".join(macs[:5]) + (" ..." if len(macs) > 5 else "")
    return [f"Kandji's own Okta Device Trust integration serves {len(macs)} Mac{'' if len(macs) == 1 else 's'} of these blueprints already ({names})"]


def check_conflicts(conflicts: t.Sequence[str], on_conflict: str) -> t.List[str]:
    """The conflicts as warnings; raises Refused where they are to fail. Two live certificates of one authority on a Mac: Okta takes either."""
    if conflicts and on_conflict == "fail":
        raise Refused(f"A Mac must have one SCEP profile of this authority: {'; '.join(conflicts)}. Nothing was written; "
                      "take one away, or set on_conflict: warn.", conflicts=list(conflicts))
    return list(conflicts)


def check_replaced(name: str, blueprints: t.Sequence[Blueprint], serials: t.AbstractSet[str], max_held: int, wanted: str) -> None:
    """Raises Refused where the item that is to be replaced is still on the blueprints, or more Macs than allowed still hold its profile."""
    places = ", ".join(repr(one["name"]) for one in blueprints)
    if blueprints:
        raise Refused(f"{wanted!r} takes the place of {name!r}, which is still on {places}: a Mac must have one SCEP profile of this authority. Nothing was "
                      "written; take that one off first (blueprints_mode: remove).", replaces=name)
    if len(serials) > max_held:
        names = ", ".join(sorted(serials)[:5]) + (" ..." if len(serials) > 5 else "")
        raise Refused(f"{wanted!r} takes the place of {name!r}, which {len(serials)} Mac{'' if len(serials) == 1 else 's'} of these blueprints still "
                      f"hold{'s' if len(serials) == 1 else ''} ({names}). Nothing was written; run again when they have checked in, or go on "
                      f"without them by max_held: {len(serials)}.", replaces=name, count=len(serials), held_by=sorted(serials)[:200])


def renew_by(updated_at: t.Any, redistribution_days: int) -> t.Optional[str]:
    """The date (YYYY-MM-DD) by which the certificates under this profile must be issued anew, reckoned from its last write."""
    written = moment(updated_at)
    return (written + timedelta(days=CERTIFICATE_DAYS - redistribution_days)).date().isoformat() if written else None


def summary(
    plan: Plan, profile: t.Optional[t.Mapping[str, t.Any]], challenge: str, redistribution_days: int, blueprints: t.Sequence[Blueprint],
) -> t.Dict[str, t.Any]:
    """What the result says of one profile; no secret in it."""
    plist = mobileconfig.parse((profile or {}).get("profile"))
    payload = mobileconfig.our_payload(plist, plan.url) or {}
    return {
        "name": plan.name,
        "library_item_id": (profile or {}).get("id"),
        "mdm_identifier": (profile or {}).get("mdm_identifier"),
        "payload_uuid": (plist or {}).get("PayloadUUID"),
        "generation": mobileconfig.generation_of(payload),
        "challenge_matches": payload.get("PayloadContent", {}).get("Challenge") == challenge if payload else None,
        "updated_at": (profile or {}).get("updated_at"),
        "renew_by": renew_by((profile or {}).get("updated_at"), redistribution_days),
        "blueprints": [dict(one) for one in blueprints],
        "changed": bool(plan.changes),
    }
