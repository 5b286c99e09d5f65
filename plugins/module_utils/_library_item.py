# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A library item that only Kandji's console can make (the App Store item): found by id or name, and its statuses over the fleet read."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._assignments import Blueprint, near
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import BadOption, NeedsConsole

# Kandji's statuses, in upper case; configuration profiles use lower-case words for the same.
STATUS_WORDS = {
    "PASS": "installed", "SUCCESS": "installed", "PENDING": "pending", "DOWNLOADING": "pending", "INSTALLING": "pending", "CACHED": "pending",
    "CHANGE_PENDING": "pending", "ERROR": "failed", "FAILED": "failed", "AVAILABLE": "self_service_only", "EXCLUDED": "excluded",
    "INCOMPATIBLE": "incompatible",
}
STATES = ("installed", "pending", "failed", "self_service_only", "no_licence", "excluded", "incompatible", "unknown")


def read_status(row: t.Mapping[str, t.Any]) -> str:
    """One of STATES. Kandji has no status for a missing licence: its log text says so."""
    state = STATUS_WORDS.get(str(row.get("status", "")).upper(), "unknown")
    log = str(row.get("log") or "").lower()
    if state in ("pending", "failed") and ("license" in log or "licence" in log):
        return "no_licence"
    return state


def find_item(name: str, items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> t.Dict[str, t.Dict[str, t.Any]]:
    """Item id (lower case) -> {id, name, blueprints}: all items of exactly this name on these blueprints."""
    found: t.Dict[str, t.Dict[str, t.Any]] = {}
    for blueprint, rows in items.items():
        for row in rows:
            if row.get("name") == name:
                item_id = str(row["id"]).lower()
                found.setdefault(item_id, {"id": str(row["id"]), "name": name, "blueprints": []})["blueprints"].append(blueprint)
    return found


def choose(name: str, found: t.Mapping[str, t.Mapping[str, t.Any]], types: t.Mapping[str, str], blueprint_names: t.Mapping[str, str]) -> t.Dict[str, t.Any]:
    """The one item meant. Raises BadOption that says what each of several is: which one to take is never guessed."""
    if len(found) == 1:
        return dict(next(iter(found.values())))
    described = "; ".join(
        f"{one['id']} is of type {types.get(item_id, 'unknown')} on {', '.join(blueprint_names.get(each, each) for each in one['blueprints'])}"
        for item_id, one in sorted(found.items()))
    raise BadOption(f"name: Kandji has {len(found)} library items named {name!r}: {described}. Say which one is meant by library_item_id.",
                    candidates=[{**one, "type": types.get(item_id)} for item_id, one in sorted(found.items())])


def console_steps(name: str, blueprints: t.Sequence[Blueprint]) -> t.List[str]:
    """The guide's chapter, for the part that no API can do."""
    where = ", ".join(one["name"] for one in blueprints)
    return [
        f"In Apple Business Manager, buy {name} licences (they are free) for the location that Kandji uses.",
        "Log in to the Kandji web app and click Library.",
        f"Search for {name} and click the {name} App Store app card (not the Auto App).",
        f"Assign it to one blueprint, so that it can be found by the API (for example {where}).",
        "Select Install and Continuously Enforce as the installation type.",
        "Click Save, then run this again: it finds the item and assigns it to all blueprints that are asked for.",
    ]


def not_found(name: str, blueprints: t.Sequence[Blueprint], items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> NeedsConsole:
    names = [str(row.get("name")) for rows in items.values() for row in rows]
    hint = near(name, [one for one in names if name.split()[0].lower() in one.lower()]) if names else "."
    return NeedsConsole(
        f"No library item named {name!r} is on any blueprint or device, and no public API can make one{hint} Follow console_steps, then run again.",
        console_steps=console_steps(name, blueprints))


def report(
    rows: t.Iterable[t.Mapping[str, t.Any]], macs: t.AbstractSet[str], with_bundle: t.AbstractSet[str], max_rows: int,
) -> t.Dict[str, t.Any]:
    """Counts by state over the Macs (device ids), those in trouble by name, and how many really have the bundle."""
    counts: Counter = Counter()
    trouble = []
    for row in rows:
        computer = row.get("computer") or {}
        if str(computer.get("id", "")).lower() not in macs:
            continue
        state = read_status(row)
        counts[state] += 1
        if state not in ("installed", "pending", "excluded"):
            trouble.append({"device_id": computer.get("id"), "device_name": computer.get("name"), "state": state, "log": str(row.get("log") or "")[:300]})
    return {
        **{state: counts.get(state, 0) for state in STATES},
        "macs_with_bundle": len(with_bundle & macs),
        "trouble": trouble[:max_rows],
        "trouble_total": len(trouble),
    }
