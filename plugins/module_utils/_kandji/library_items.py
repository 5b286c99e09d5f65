# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A library item that only Kandji's console can make (the App Store item):

found by id or name, and its statuses over the fleet read.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from .._core.errors import BadOption, NeedsConsole
from .assignments import Blueprint, is_id, near, read_items
from .client import Kandji, same_id
from .records import STATES, AuditEvent, ItemStatus


def find_item(
    name: str, items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]
) -> dict[str, dict[str, t.Any]]:
    """Item id (lower case) -> {id, name, blueprints}:

    all items of exactly this name on these blueprints.
    """
    found: dict[str, dict[str, t.Any]] = {}
    for blueprint, rows in items.items():
        for row in rows:
            if row.get("name") == name:
                item_id = str(row["id"]).lower()
                found.setdefault(item_id, {"id": str(row["id"]), "name": name, "blueprints": []})[
                    "blueprints"
                ].append(blueprint)
    return found


def find_in_events(name: str, events: t.Iterable[AuditEvent]) -> dict[str, dict[str, t.Any]]:
    """Item id (lower case) -> {id, name, type, blueprints}:

    items whose last word in the audit log is this name. The newest event comes first.
    """
    found: dict[str, dict[str, t.Any]] = {}
    seen: set[str] = set()
    for event in events:
        item_id = event.target_id
        if event.target_type != "library_item" or not item_id or item_id in seen:
            continue
        # Only an item's newest event counts: it may have been renamed or deleted since the others.
        deleted = event.action.lower().startswith("delete")
        if not deleted and not event.new_name:
            continue
        seen.add(item_id)
        if not deleted and event.new_name == name:
            found[item_id] = {
                "id": item_id,
                "name": name,
                "type": event.new_type or "unknown",
                "blueprints": [],
            }
    return found


def find_scep_item(
    kandji: Kandji,
    asked: str,
    items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]],
    profiles: t.Sequence[t.Mapping[str, t.Any]],
) -> dict[str, t.Any]:
    """The console's item that option library_item names, by id or exact name -> {id, name}.

    Raises BadOption and NeedsConsole.

    By name it is looked for on all blueprints, then on one Mac of each, then in the audit log.
    """
    for row in profiles:
        if asked.lower() == str(row.get("id", "")).lower() or asked == row.get("name"):
            raise BadOption(
                f"library_item: {asked!r} is a Custom Profile ({row.get('id')}), which has an API;"
                " name it by name or library_item_id instead."
            )
    if is_id(asked):
        names = [
            str(row.get("name"))
            for rows in items.values()
            for row in rows
            if same_id(row.get("id"), asked)
        ]
        return {"id": asked, "name": names[0] if names else asked}
    known = [
        {"id": str(row["id"]).lower(), "name": str(row.get("name", ""))}
        for row in kandji.blueprints()
    ]
    everywhere = {**items, **read_items(kandji, [one for one in known if one["id"] not in items])}
    found, types = find_item(asked, everywhere), {}
    if len(found) != 1:
        types = types_on_devices(kandji, known, asked)
        found = found or {
            item_id: {"id": item_id, "name": asked, "blueprints": []} for item_id in types
        }
    if not found:
        found = find_in_events(asked, kandji.audit_events())
        types = {item_id: one["type"] for item_id, one in found.items()}
    if not found:
        raise BadOption(
            f"library_item: no library item named {asked!r} is on any blueprint or device or in the"
            " audit log; make it in Kandji's web app, or give its id, which stands in the address"
            " of its page there."
        )
    return choose(
        asked, found, types, {one["id"]: one["name"] for one in known}, "library_item", "its id"
    )


def types_on_devices(
    kandji: Kandji, blueprints: t.Sequence[Blueprint], name: str
) -> dict[str, str]:
    """Id (lower case) -> type of the items of this name, as one Mac of each blueprint shows them."""
    types: dict[str, str] = {}
    first = {device.blueprint_id: device.device_id for device in kandji.devices(platform="Mac")}
    for one in blueprints:
        items = kandji.device_items(first[one["id"]]) if one["id"] in first else []
        types.update({item.item_id: str(item.type) for item in items if item.name == name})
    return types


def choose(
    name: str,
    found: t.Mapping[str, t.Mapping[str, t.Any]],
    types: t.Mapping[str, str],
    blueprint_names: t.Mapping[str, str],
    option: str = "name",
    by: str = "library_item_id",
) -> dict[str, t.Any]:
    """The one item meant.

    Raises BadOption that says what each of several is: which one to take is never guessed.
    """
    if len(found) == 1:
        return dict(next(iter(found.values())))
    places = {
        item_id: (
            ", ".join(blueprint_names.get(each, each) for each in one["blueprints"])
            or "no blueprint"
        )
        for item_id, one in found.items()
    }
    described = "; ".join(
        f"{one['id']} is of type {types.get(item_id, 'unknown')} on {places[item_id]}"
        for item_id, one in sorted(found.items())
    )
    raise BadOption(
        f"{option}: Kandji has {len(found)} library items named {name!r}: {described}. Say which"
        f" one is meant by {by}.",
        candidates=[{**one, "type": types.get(item_id)} for item_id, one in sorted(found.items())],
    )


def console_steps(name: str, blueprints: t.Sequence[Blueprint]) -> list[str]:
    """The guide's chapter, for the part that no API can do."""
    where = ", ".join(one["name"] for one in blueprints)
    return [
        (
            f"In Apple Business Manager, buy {name} licences (they are free) for the location that"
            " Kandji uses."
        ),
        "Log in to the Kandji web app and click Library.",
        f"Search for {name} and click the {name} App Store app card (not the Auto App).",
        f"Assign it to one blueprint, so that it can be found by the API (for example {where}).",
        "Select Install and Continuously Enforce as the installation type.",
        (
            "Click Save, then run this again: it finds the item and assigns it to all blueprints"
            " that are asked for."
        ),
    ]


def not_found(
    name: str,
    blueprints: t.Sequence[Blueprint],
    items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]],
    unread: str = "",
) -> NeedsConsole:
    """The error that says what to click.

    ``unread`` says why the audit log could not be read, where it could not.
    """
    names = [str(row.get("name")) for rows in items.values() for row in rows]
    hint = (
        near(name, [one for one in names if name.split()[0].lower() in one.lower()])
        if names
        else "."
    )
    return NeedsConsole(
        f"No library item named {name!r} is on any blueprint or"
        f" device{'' if unread else ' or in the audit log'}, and no public API can make one{hint}"
        " Follow console_steps, then run"
        f" again.{f' One that is assigned nowhere would not be seen: {unread}' if unread else ''}",
        console_steps=console_steps(name, blueprints),
    )


def report(
    statuses: t.Iterable[ItemStatus],
    macs: t.AbstractSet[str],
    with_bundle: t.AbstractSet[str],
    max_rows: int,
) -> dict[str, t.Any]:
    """Counts by state over the Macs (device ids), those in trouble by name, and how many really
    have the bundle.
    """
    found = states((status for status in statuses if status.device_id in macs), max_rows)
    counts = found.pop("states")
    return {
        **{state: counts.get(state, 0) for state in STATES},
        "macs_with_bundle": len(with_bundle & macs),
        **found,
    }


def states(statuses: t.Iterable[ItemStatus], max_rows: int) -> dict[str, t.Any]:
    """How many devices are in each state that is taken, and those in trouble by name, up to
    ``max_rows``.
    """
    counts: Counter = Counter()
    trouble: list[dict[str, t.Any]] = []
    in_trouble = 0
    for status in statuses:
        state = status.state
        counts[state] += 1
        if state not in ("installed", "pending", "excluded"):
            in_trouble += 1
            if len(trouble) < max_rows:
                log = (status.log or "")[:300]
                trouble.append(
                    {
                        "device_id": status.device_id,
                        "device_name": status.device_name,
                        "state": state,
                        "log": log,
                    }
                )
    return {
        "states": {state: counts[state] for state in STATES if counts[state]},
        "trouble": trouble,
        "trouble_total": in_trouble,
    }


def catalogue(
    items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]],
    blueprints: t.Sequence[Blueprint],
    names: t.Sequence[str] | None = None,
    ids: t.Sequence[str] | None = None,
) -> list[dict[str, t.Any]]:
    """Items by name -> [{library_item_id, name, blueprints}];

    those of these names or ids alone, where some are given. An id need not be on a blueprint.
    """
    found: dict[str, dict[str, t.Any]] = {
        one.lower(): {"library_item_id": one, "name": "", "blueprints": []} for one in ids or []
    }
    for blueprint in blueprints:
        for row in items.get(blueprint["id"], []):
            item_id, name = str(row.get("id", "")), str(row.get("name", ""))
            if (ids is not None and item_id.lower() not in found) or (
                names is not None and name not in names
            ):
                continue
            one = found.setdefault(
                item_id.lower(), {"library_item_id": item_id, "name": name, "blueprints": []}
            )
            one["name"] = name
            if blueprint["name"] not in one["blueprints"]:
                one["blueprints"].append(blueprint["name"])
    return sorted(found.values(), key=lambda one: (one["name"], one["library_item_id"].lower()))
