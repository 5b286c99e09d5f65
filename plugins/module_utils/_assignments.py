# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints and what is assigned to them: names resolved, assignments planned, the Macs in scope counted."""

from __future__ import annotations

import difflib
import typing as t
import uuid

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import BadOption, Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import Kandji

Blueprint = t.Dict[str, str]


class Assignment(t.NamedTuple):
    """Blueprints that an item is to be put on, and taken off."""

    assign: t.List[Blueprint]
    remove: t.List[Blueprint]


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def near(name: str, names: t.Iterable[str]) -> str:
    """A clause that names the nearest matches, or all when there are few."""
    known = sorted(set(names))
    lower = {one.lower(): one for one in known}
    close = [lower[one] for one in difflib.get_close_matches(name.lower(), list(lower), n=3, cutoff=0.5)]
    shown = close or known[:10]
    return f"; did you mean {' or '.join(repr(one) for one in shown)}?" if close else f"; there are {', '.join(repr(one) for one in shown) or 'none'}."


def resolve(wanted: t.Sequence[str], known: t.Sequence[t.Mapping[str, t.Any]]) -> t.List[Blueprint]:
    """Blueprints by name or id -> [{id, name}], ids in lower case, in order, each once. Raises BadOption with the near matches."""
    result: t.Dict[str, Blueprint] = {}
    for one in wanted:
        found = [row for row in known if str(row.get("id", "")).lower() == one.lower()] or [row for row in known if row.get("name") == one]
        if not found:
            raise BadOption(f"blueprints: Kandji has no blueprint {one!r}{near(one, [str(row.get('name')) for row in known])}")
        blueprint_id = str(found[0]["id"]).lower()
        result[blueprint_id] = {"id": blueprint_id, "name": str(found[0].get("name", blueprint_id))}
    return list(result.values())


def read_blueprints(kandji: Kandji, wanted: t.Sequence[str], everything: bool = False) -> t.Tuple[t.List[Blueprint], t.List[Blueprint]]:
    """The wanted blueprints, and all blueprints (empty where they need not be read: ids are taken as they are)."""
    if not everything and all(is_id(one) for one in wanted):
        return list({one.lower(): {"id": one.lower(), "name": one} for one in reversed(wanted)}.values())[::-1], []
    known = [{"id": str(row["id"]).lower(), "name": str(row.get("name", ""))} for row in kandji.blueprints()]
    return resolve(wanted, known), known


def plan_assignment(
    wanted: t.Sequence[Blueprint], known: t.Sequence[Blueprint], items: t.Mapping[str, t.AbstractSet[str]], item_id: t.Optional[str], mode: str,
) -> Assignment:
    """What to assign and remove. ``items`` is blueprint id -> ids on it, all in lower case; mode add keeps what is elsewhere, exact does not."""
    mine = {one["id"] for one in wanted}
    on = {blueprint for blueprint, ids in items.items() if item_id and item_id.lower() in ids}
    remove = [one for one in known if one["id"] in on and one["id"] not in mine] if mode == "exact" else []
    return Assignment([one for one in wanted if one["id"] not in on], remove)


def assignment_changes(subject: str, assignment: Assignment) -> t.List[Change]:
    changes = []
    for action, blueprints, before, after in (("assign", assignment.assign, False, True), ("remove", assignment.remove, True, False)):
        for one in blueprints:
            changes.append(Change(action, f"{subject} {'to' if after else 'from'} blueprint {one['name']!r}", {"assigned": before}, {"assigned": after}))
    return changes


def apply_assignment(kandji: Kandji, item_id: str, assignment: Assignment) -> None:
    """Assign first, remove after: interrupted in between, nothing is missing anywhere."""
    for one in assignment.assign:
        kandji.assign_item(one["id"], item_id)
    for one in assignment.remove:
        kandji.remove_item(one["id"], item_id)


def read_items(kandji: Kandji, blueprints: t.Iterable[Blueprint]) -> t.Dict[str, t.List[t.Dict[str, t.Any]]]:
    """Blueprint id -> items on it."""
    return {one["id"]: kandji.library_items(one["id"]) for one in blueprints}


def item_ids(items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> t.Dict[str, t.Set[str]]:
    return {blueprint: {str(row.get("id", "")).lower() for row in rows} for blueprint, rows in items.items()}


def macs_on(devices: t.Iterable[t.Mapping[str, t.Any]], blueprints: t.Iterable[Blueprint]) -> t.Set[str]:
    """Serials of the Macs on these blueprints."""
    ids = {one["id"] for one in blueprints}
    return {str(row.get("serial_number")) for row in devices if row.get("platform") == "Mac" and str(row.get("blueprint_id", "")).lower() in ids}


def check_limit(option: str, limit: t.Optional[int], count: int, what: str) -> None:
    """Raises Refused, with the count, when more Macs would be touched than the option allows."""
    if limit is not None and count > limit:
        raise Refused(f"{what} would touch {count} Mac{'' if count == 1 else 's'}, and {option} is {limit}. Nothing was written; "
                      f"if that is wanted, set {option}: {count}.", limit=option, count=count, allowed=limit)
