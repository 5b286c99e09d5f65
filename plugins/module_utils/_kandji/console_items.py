# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Console-managed library items: found by id or name, and their statuses over the fleet."""

from __future__ import annotations

import contextlib
import typing as t
from collections import Counter
from dataclasses import dataclass, replace

from .._core.errors import BadOption, Forbidden, NeedsConsole
from .._core.json_fields import is_uuid
from .._core.lookup import named, suggestion
from .._core.results import Result
from .assignments import Items, read_items
from .client import Kandji
from .lookups import profile_catalog
from .records import (
    STATES,
    AuditEvent,
    Blueprint,
    CustomProfile,
    CustomScript,
    ItemStatus,
    LibraryItem,
    newest_statuses,
)

# Kandji's types of items that are certainly not what is looked for. Which type it shows for a SCEP
# item of its web app is not documented.
NOT_AN_APP = frozenset(
    ("custom-script", "kandji-setup", "macos-release", "profile", "threat-security-policy")
)
NOT_A_SCEP_ITEM = frozenset(
    (
        "automatic-app",
        "custom-app",
        "custom-script",
        "kandji-setup",
        "macos-release",
        "threat-security-policy",
        "vpp-app",
    )
)
# How people call items of other types than an App Store app.
KINDS = {
    "automatic-app": "an Auto App",
    "custom-app": "a Custom App",
    "custom-script": "a Custom Script",
    "profile": "a profile",
}
IN_ORDER = ("installed", "pending", "excluded")  # states in which nothing is wrong with a device


@dataclass(frozen=True)
class ItemMatch:
    """An item of the name that was asked for. ``blueprints`` are ids; ``type`` may be unknown."""

    id: str
    name: str
    blueprints: tuple[str, ...] = ()
    type: str | None = None

    def as_detail(self) -> Result:
        """Return the candidate as the details of an error show it."""
        return {
            "id": self.id,
            "name": self.name,
            "blueprints": list(self.blueprints),
            "type": self.type,
        }


ItemMatches = t.Mapping[str, ItemMatch]  # by id


def find_item(name: str, items: Items) -> dict[str, ItemMatch]:
    """Return all items of exactly this name on these blueprints, by id."""
    candidates: dict[str, ItemMatch] = {}
    for blueprint, on_it in items.items():
        for item in named(on_it, name):
            known = candidates.get(item.id, ItemMatch(item.id, name))
            candidates[item.id] = replace(known, blueprints=(*known.blueprints, blueprint))
    return candidates


def find_in_events(name: str, events: t.Iterable[AuditEvent]) -> dict[str, ItemMatch]:
    """Return the items whose newest event in the audit log has this name, by id.

    The newest event comes first.
    """
    candidates: dict[str, ItemMatch] = {}
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
            candidates[item_id] = ItemMatch(item_id, name, type=event.new_type or "unknown")
    return candidates


def search(
    kandji: Kandji, name: str, items: Items, blueprints: t.Sequence[Blueprint]
) -> tuple[dict[str, ItemMatch], Items]:
    """Return the items of this name on any blueprint, else on one Mac of each, and all items.

    ``items`` are those that were read already, and ``blueprints`` all of the tenant.
    """
    unread = [blueprint for blueprint in blueprints if blueprint.id not in items]
    everywhere = {**items, **read_items(kandji, unread)}
    candidates = find_item(name, everywhere)
    if len(candidates) != 1:
        types = types_on_devices(kandji, blueprints, name)
        candidates = {
            item_id: replace(candidates.get(item_id, ItemMatch(item_id, name)), type=type_)
            for item_id, type_ in {**dict.fromkeys(candidates), **types}.items()
            if item_id in candidates or not candidates
        }
    return candidates, everywhere


def find_scep_item(
    kandji: Kandji,
    asked: str,
    items: Items,
    profiles: t.Sequence[CustomProfile],
    checks_type: bool = False,
) -> LibraryItem:
    """Return the console-managed SCEP item of a name or id.

    By name it is looked for on all blueprints, then on one Mac of each, then in the audit log.
    Raises BadOption.

    :arg checks_type: whether an id has to be that of an item, and Macs are asked for the type.
    """
    what = f"SCEP item {asked!r}"
    profile = profile_catalog(profiles).find_one(asked, what)
    if profile is not None:
        raise BadOption(
            f"{what}: it is a Custom Profile ({profile.id}), which has an API. Name an item that"
            " only Kandji's web app can edit, or none."
        )
    if is_uuid(asked):
        if not checks_type:
            return item_by_id(asked, items, asked)
        item, everywhere = find_by_id(kandji, asked, items, what)
        check_type(kandji, item, everywhere, what, NOT_A_SCEP_ITEM)
        return item
    blueprints = list(kandji.blueprints())
    candidates, everywhere = search(kandji, asked, items, blueprints)
    if not candidates:
        candidates = find_in_events(asked, kandji.audit_events())
    if not candidates:
        raise BadOption(
            f"{what}: no library item with this name is on any blueprint or device or in the audit"
            " log. Create it in Kandji's web app, or set its id, which is in the address of its"
            " page there."
        )
    unwanted: t.AbstractSet[str] = NOT_A_SCEP_ITEM if checks_type else frozenset()
    item = choose(asked, candidates, blueprints, what, "its id", unwanted)
    if checks_type:
        check_type(kandji, item, everywhere, what, unwanted)
    return item


def check_id(item_id: str) -> None:
    """Raise BadOption for what is not the id of a library item."""
    if not is_uuid(item_id):
        raise BadOption(
            f"library_item_id: {item_id!r} is not an id. Copy it from the address of the item's"
            " page in Kandji's web app."
        )


def item_by_id(item_id: str, items: Items, name: str) -> LibraryItem:
    """Return the item of this id; ``name`` is its name if it is on none of the blueprints."""
    names = [item.name for on_it in items.values() for item in on_it if item.id == item_id.lower()]
    return LibraryItem(item_id.lower(), names[0] if names else name)


def find_by_id(
    kandji: Kandji,
    item_id: str,
    items: Items,
    option: str,
    blueprints: t.Sequence[Blueprint] = (),
) -> tuple[LibraryItem, Items]:
    """Return the item of this id with its true name, and all items that were read.

    If it is on none of the blueprints that were read, all others are: an id that was mistaken for
    that of another item is seen by name and type only where that item is. Raises BadOption for an
    item that no blueprint has and the audit log does not name: the id was mistyped.

    :arg option: what names the item, for the message.
    :arg blueprints: all of the tenant, if they were read.
    """
    if item_id.lower() not in _ids_of(items):
        known = blueprints or list(kandji.blueprints())
        unread = [blueprint for blueprint in known if blueprint.id not in items]
        items = {**items, **read_items(kandji, unread)}
        if item_id.lower() not in _ids_of(items):
            _require_event(kandji, item_id.lower(), option)
    return item_by_id(item_id, items, item_id), items


def _ids_of(items: Items) -> set[str]:
    return {item.id for on_it in items.values() for item in on_it}


def _require_event(kandji: Kandji, item_id: str, option: str) -> None:
    """Raise BadOption if the audit log does not name an item, or may not be read."""
    unread = ""
    try:
        if item_id in {event.target_id for event in kandji.audit_events()}:
            return
    except Forbidden as error:
        unread = f" {error.message}"
    raise BadOption(
        f"{option}: no library item with the id {item_id} is on any blueprint or in the audit log"
        " of the last year. Compare it with the address of the item's page in Kandji's web app. If"
        f" it is right, assign the item to a blueprint there first.{unread}"
    )


def types_on_devices(
    kandji: Kandji, blueprints: t.Sequence[Blueprint], name: str
) -> dict[str, str]:
    """Return id -> type of the items of this name, as one Mac of each blueprint shows them."""
    types: dict[str, str] = {}
    macs = {device.blueprint_id: device.device_id for device in kandji.devices(platform="Mac")}
    for blueprint in blueprints:
        items = kandji.device_items(macs[blueprint.id]) if blueprint.id in macs else []
        types.update({item.item_id: str(item.type) for item in named(items, name)})
    return types


def check_type(
    kandji: Kandji,
    item: LibraryItem,
    items: Items,
    option: str,
    unwanted: t.AbstractSet[str],
) -> None:
    """Raise BadOption if an item is of a type that is not looked for.

    One Mac of each blueprint that holds the item is asked, until one shows the type. Where none
    does, the lists of Custom Profiles and Custom Scripts are. A type that nothing shows is
    accepted.

    :arg items: by blueprint id, as far as they were read.
    """
    item_type = _type_on_macs(kandji, item, items)
    if item_type is None:
        item_type = _type_in_lists(kandji, item, unwanted)
    _check_type(item, item_type, option, unwanted)


def _type_on_macs(kandji: Kandji, item: LibraryItem, items: Items) -> str | None:
    places = [place for place, on_it in items.items() if item.id in {each.id for each in on_it}]
    if not places:
        return None
    macs = {device.blueprint_id: device.device_id for device in kandji.devices(platform="Mac")}
    for device_id in [macs[place] for place in places if place in macs]:
        types = {each.item_id: each.type for each in kandji.device_items(device_id)}
        if types.get(item.id):
            return types[item.id]
    return None


def _type_in_lists(kandji: Kandji, item: LibraryItem, unwanted: t.AbstractSet[str]) -> str | None:
    """Return the type of an item that has an API of its own.

    A list that the token may not read shows nothing.
    """
    lists: dict[str, t.Callable[[], t.Iterable[CustomProfile | CustomScript]]] = {
        "profile": kandji.profiles,
        "custom-script": kandji.scripts,
    }
    for item_type, read in lists.items():
        if item_type in unwanted:
            with contextlib.suppress(Forbidden):
                if item.id in {each.id for each in read()}:
                    return item_type
    return None


def _check_type(
    item: LibraryItem, item_type: str | None, option: str, unwanted: t.AbstractSet[str]
) -> None:
    if item_type in unwanted:
        raise BadOption(
            f"{option}: the library item {item.name!r} ({item.id}) is of type {item_type!r}. Name"
            " an item of the right type, or give its id."
        )


def choose(
    name: str,
    candidates: ItemMatches,
    blueprints: t.Iterable[Blueprint],
    option: str = "name",
    remedy: str = "library_item_id",
    unwanted: t.AbstractSet[str] = frozenset(),
) -> LibraryItem:
    """Return the only candidate.

    Raises BadOption that describes each of several; the module never selects one of them. Raises
    BadOption for a candidate of one of the types ``unwanted``, too.
    """
    ordered = [candidate for _id, candidate in sorted(candidates.items())]
    if len(ordered) == 1:
        item = LibraryItem(ordered[0].id, ordered[0].name)
        _check_type(item, ordered[0].type, option, unwanted)
        return item
    names = {blueprint.id: blueprint.name for blueprint in blueprints}
    descriptions = "; ".join(
        f"{each.id} is of type {each.type or 'unknown'} on"
        f" {', '.join(names.get(place, place) for place in each.blueprints) or 'no blueprint'}"
        for each in ordered
    )
    raise BadOption(
        f"{option}: Kandji has {len(ordered)} library items named {name!r}: {descriptions}."
        f" Select one by {remedy}.",
        candidates=[each.as_detail() for each in ordered],
    )


def console_steps(name: str, blueprints: t.Sequence[Blueprint]) -> list[str]:
    """Return the steps in the web apps that no API can do."""
    places = ", ".join(blueprint.name for blueprint in blueprints)
    return [
        (
            f"In Apple Business Manager, buy {name} licenses (they are free) for the location that"
            " Kandji uses."
        ),
        "Log in to the Kandji web app and click Library.",
        f"Search for {name} and click the {name} App Store app card (not the Auto App).",
        "Assign it to one blueprint, which lets the API find it. Its Macs get the app at once,"
        " therefore choose one without Macs that have to wait for their certificate.",
        "Select Install and Continuously Enforce as the installation type.",
        (f"Click Save, then run this again: it finds the item and assigns it to {places}."),
    ]


def find_similar(name: str, items: Items) -> dict[str, ItemMatch]:
    """Return the items with the first word of a name in theirs, by id."""
    first_word = name.partition(" ")[0].lower()
    names = {item.name for on_it in items.values() for item in on_it}
    return {
        item_id: candidate
        for each in sorted(names)
        if first_word in each.lower()
        for item_id, candidate in find_item(each, items).items()
    }


def with_types(
    kandji: Kandji, candidates: ItemMatches, events: t.Iterable[AuditEvent]
) -> list[ItemMatch]:
    """Return items with their types, as one Mac of each of their blueprints shows them.

    Where no Mac does, the audit log may.
    """
    types = {event.target_id: event.new_type for event in events if event.new_type}
    places = {place for candidate in candidates.values() for place in candidate.blueprints}
    if places:
        macs = {device.blueprint_id: device.device_id for device in kandji.devices(platform="Mac")}
        for place in sorted(places & macs.keys()):
            items = kandji.device_items(macs[place])
            types.update({item.item_id: item.type for item in items if item.type})
    return [replace(each, type=types.get(each.id)) for each in candidates.values()]


def not_found(
    name: str,
    blueprints: t.Sequence[Blueprint],
    similar: t.Sequence[ItemMatch],
    known: t.Iterable[Blueprint] = (),
    unread: str = "",
) -> NeedsConsole:
    """Return the error with the console steps.

    :arg similar: items of similar names. One of another type is not what was mistyped.
    :arg known: the blueprints of the tenant.
    :arg unread: why the audit log could not be read, if it could not.
    """
    titles = {blueprint.id: blueprint.name for blueprint in known}
    others = [each for each in similar if each.type in KINDS]
    meant = [each.name for each in similar if each.type not in KINDS]
    hint = suggestion(name, meant) if meant else "."
    for each in others:
        places = ", ".join(repr(titles.get(place, place)) for place in each.blueprints)
        hint += f" {each.name!r} on {places} is {KINDS[str(each.type)]}, which is another item."
    return NeedsConsole(
        f"No library item named {name!r} is on any blueprint or"
        f" device{'' if unread else ' or in the audit log'}, and no public API can create"
        f" one{hint} Follow the console steps, then run again."
        + (f" An item that is assigned nowhere is not visible: {unread}" if unread else ""),
        console_steps=console_steps(name, blueprints),
    )


@dataclass(frozen=True)
class StateCounts:
    """How many devices are in each state, and some of those in trouble."""

    counts: t.Mapping[str, int]
    trouble: tuple[ItemStatus, ...] = ()

    @property
    def trouble_total(self) -> int:
        """Return how many devices are in trouble."""
        return sum(count for state, count in self.counts.items() if state not in IN_ORDER)

    def trouble_as_result(self) -> Result:
        """Return the devices in trouble, and how many there are, as results show them."""
        rows = [
            {
                "device_id": status.device_id,
                "device_name": status.device_name,
                "state": status.state,
                "log": (status.log or "")[:300],
            }
            for status in self.trouble
        ]
        return {"trouble": rows, "trouble_total": self.trouble_total}

    def as_result(self) -> Result:
        """Return the states that devices are in, and the devices in trouble."""
        states = {state: self.counts[state] for state in STATES if self.counts.get(state)}
        return {"states": states, **self.trouble_as_result()}


def report(
    statuses: t.Iterable[ItemStatus],
    macs: t.AbstractSet[str],
    with_bundle: t.AbstractSet[str],
    limit: int | None,
) -> Result:
    """Return counts by state over the Macs (device ids), and those in trouble by name.

    ``limit`` is how many of these are listed, None for all.
    ``macs_with_bundle`` counts the Macs that reported the app itself.
    """
    summary = states((status for status in statuses if status.device_id in macs), limit)
    return {
        **{state: summary.counts.get(state, 0) for state in STATES},
        "macs_with_bundle": len(with_bundle & macs),
        **summary.trouble_as_result(),
    }


def states(statuses: t.Iterable[ItemStatus], limit: int | None) -> StateCounts:
    """Return how many devices are in each state of one item, and those in trouble.

    ``limit`` is how many of these are listed, None for all.
    """
    counts: Counter[str] = Counter()
    trouble: list[ItemStatus] = []
    for status in newest_statuses(statuses).values():
        counts[status.state] += 1
        if status.state not in IN_ORDER and (limit is None or len(trouble) < limit):
            trouble.append(status)
    return StateCounts(counts, tuple(trouble))


def catalogue(
    items: Items,
    blueprints: t.Sequence[Blueprint],
    names: t.Sequence[str] | None = None,
    ids: t.Sequence[str] | None = None,
) -> list[ItemMatch]:
    """Return items in the order of their names, with the names of their blueprints.

    ``names`` or ``ids`` limit them. An item named by id need not be on a blueprint.
    """
    rows: dict[str, ItemMatch] = {each.lower(): ItemMatch(each.lower(), "") for each in ids or []}
    for blueprint in blueprints:
        for item in items.get(blueprint.id, []):
            if (ids is not None and item.id not in rows) or (
                names is not None and item.name not in names
            ):
                continue
            known = rows[item.id].blueprints if item.id in rows else ()
            places = dict.fromkeys((*known, blueprint.name))
            rows[item.id] = ItemMatch(item.id, item.name, tuple(places))
    return sorted(rows.values(), key=lambda each: (each.name, each.id))
