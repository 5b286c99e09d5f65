# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints and the items on them: resolved by name, planned, and their devices counted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.changes import Change
from .._core.errors import BadOption, NotFound, Refused
from .._core.json_fields import is_uuid
from .._core.lookup import suggestion
from .._core.text import abbreviate
from .client import Kandji
from .lookups import blueprint_catalog
from .records import Blueprint, KandjiDevice, LibraryItem

NODE_HELP = (
    "Hold the Option key in the assignment map of Kandji's web app to see and copy the ids of its"
    " nodes."
)

Items = t.Mapping[str, t.Sequence[LibraryItem]]


class Assignment(t.NamedTuple):
    """Blueprints that an item is to be assigned to, and removed from.

    ``nodes`` is blueprint id -> node of its assignment map, if one is named. ``kept`` are the
    blueprints that have the item already, and for which a node is named.
    """

    assign: t.Sequence[Blueprint]
    remove: t.Sequence[Blueprint]
    nodes: t.Mapping[str, str] = {}
    kept: t.Sequence[Blueprint] = ()


def resolve(wanted: t.Sequence[str], known: t.Sequence[Blueprint]) -> list[Blueprint]:
    """Return blueprints by name or id, in order, each once.

    Raises BadOption with the near matches, and if several blueprints have the name.
    """
    catalog = blueprint_catalog(known)
    return catalog.resolve_many(wanted, "blueprints")


def read_blueprints(
    kandji: Kandji, wanted: t.Sequence[str], everything: bool = False
) -> tuple[list[Blueprint], list[Blueprint]]:
    """Return the wanted blueprints, and all blueprints.

    If only ids are wanted and not ``everything`` is, nothing is read and the second list is empty.
    """
    if everything or not all(is_uuid(name) for name in wanted):
        known = list(kandji.blueprints())
        return resolve(wanted, known), known
    by_id: dict[str, Blueprint] = {}
    for name in wanted:
        by_id.setdefault(name.lower(), Blueprint(name.lower(), name))
    return list(by_id.values()), []


def resolve_nodes(
    nodes_by_name: t.Mapping[str, object] | None,
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[Blueprint],
    everywhere: bool = False,
) -> dict[str, str]:
    """Return blueprint id -> node id, in lower case, of option assignment_nodes.

    The option's keys are names or ids of blueprints. ``known`` are all blueprints, if they were
    read; ``everywhere`` allows all of them, since the item may have to be removed from one. Raises
    BadOption.
    """
    nodes: dict[str, str] = {}
    for name, node in (nodes_by_name or {}).items():
        blueprint_id = _find_node_blueprint(str(name), known if everywhere else wanted)
        if not isinstance(node, str) or not is_uuid(node):
            raise BadOption(
                f"assignment_nodes: {node!r}, for the blueprint {name!r}, is not the id of a node."
                f" {NODE_HELP}"
            )
        if any(each.type == "classic" for each in known if each.id == blueprint_id):
            raise BadOption(classic_message(str(name)))
        if nodes.setdefault(blueprint_id, node.lower()) != node.lower():
            raise BadOption(
                f"assignment_nodes: the blueprint {name!r} has two nodes. Name it once, with one"
                " node."
            )
    return nodes


def classic_message(name: str) -> str:
    """Return the message for a node of a blueprint that is not an assignment map."""
    return (
        f"assignment_nodes: the blueprint {name!r} is a classic one and has no nodes. Remove it"
        " from assignment_nodes."
    )


def _find_node_blueprint(name: str, blueprints: t.Sequence[Blueprint]) -> str:
    blueprint = blueprint_catalog(blueprints).find_one(name, "assignment_nodes")
    if blueprint is None:
        names = [each.name for each in blueprints]
        raise BadOption(f"assignment_nodes: {name!r} is not in blueprints{suggestion(name, names)}")
    return blueprint.id


def plan_assignment(
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[Blueprint],
    items: t.Mapping[str, t.AbstractSet[str]],
    item_id: str | None,
    mode: str,
    nodes: t.Mapping[str, str] | None = None,
) -> Assignment:
    """Return what to assign and remove.

    ``items`` is blueprint id -> ids on it. Mode add keeps other assignments, exact removes them,
    and remove removes the item from the wanted blueprints.

    The API does not return in which node of a map an item is. An item that is on the blueprint is
    therefore left where it is.
    """
    holding = _blueprints_with(item_id, items)
    nodes = dict(nodes or {})
    if mode == "remove":
        return Assignment([], [each for each in wanted if each.id in holding], nodes)
    assign = [each for each in wanted if each.id not in holding]
    kept = tuple(each for each in wanted if each.id in holding & nodes.keys())
    if mode != "exact":
        return Assignment(assign, [], nodes, kept)
    surplus = holding - {each.id for each in wanted}
    return Assignment(assign, [each for each in known if each.id in surplus], nodes, kept)


def _blueprints_with(item_id: str | None, items: t.Mapping[str, t.AbstractSet[str]]) -> set[str]:
    if item_id is None:
        return set()
    return {blueprint for blueprint, ids in items.items() if item_id.lower() in ids}


def assignment_changes(subject: str, assignment: Assignment) -> list[Change]:
    """Return the steps of an assignment, one for each blueprint."""
    return [
        *(_step("assign", f"{subject} to", each, assignment) for each in assignment.assign),
        *(_step("remove", f"{subject} from", each, assignment) for each in assignment.remove),
    ]


def _step(action: str, subject: str, blueprint: Blueprint, assignment: Assignment) -> Change:
    node = assignment.nodes.get(blueprint.id)
    assigned = {"assigned": True, **({"assignment_node_id": node} if node else {})}
    before, after = ({}, assigned) if action == "assign" else (assigned, {})
    return Change(action, f"{subject} blueprint {blueprint.name!r}", before, after)


def describe_nodes(assignments: t.Sequence[tuple[str, Assignment]], check_mode: bool) -> list[str]:
    """Return warnings of nodes that no API shows, if something is assigned.

    :arg assignments: subjects for messages, such as profile 'Okta SCEP', and their assignments.
    """
    # A run that assigns nothing did not get the node of anything wrong, and says nothing new.
    is_assigning = any(assignment.assign for _subject, assignment in assignments)
    texts = [_describe_kept_nodes(assignments)] if is_assigning else []
    if check_mode:
        texts.append(_describe_unnamed_nodes(each for _subject, each in assignments))
    return [text for text in texts if text]


def _describe_kept_nodes(assignments: t.Iterable[tuple[str, Assignment]]) -> str:
    """Return a warning of items that may be in another node than the named one, or ""."""
    kept = [
        f"{subject} is on {', '.join(repr(each.name) for each in assignment.kept)}"
        for subject, assignment in assignments
        if assignment.kept
    ]
    if not kept:
        return ""
    return (
        f"assignment_nodes: {abbreviate(kept, 5)} already and stays in its node there. No API shows"
        " which node that is, so a changed or a wrong id has no effect. If it is not the node that"
        " you name, move the item to that node in Kandji's web app."
    )


def _describe_unnamed_nodes(assignments: t.Iterable[Assignment]) -> str:
    """Return what check mode cannot tell of assignments to maps without a node, or "".

    Kandji takes an item at the root of a map without conditions, and refuses it without a node
    where the map has some. No API shows conditions, and a request without effect does not exist.
    """
    names = {
        blueprint.name: None
        for assignment in assignments
        for blueprint in assignment.assign
        if blueprint.type == "map" and blueprint.id not in assignment.nodes
    }
    if not names:
        return ""
    return (
        f"assignment_nodes: no node is named for {', '.join(map(repr, names))}. If the assignment"
        " map has conditions, Kandji refuses the assignment. Check mode cannot tell, since no API"
        f" shows conditions. Name a node if there are some. {NODE_HELP}"
    )


def read_items(kandji: Kandji, blueprints: t.Iterable[Blueprint]) -> dict[str, list[LibraryItem]]:
    """Return blueprint id -> items on it. Raises BadOption for a blueprint that does not exist."""
    return {blueprint.id: _read_items_of(kandji, blueprint) for blueprint in blueprints}


def _read_items_of(kandji: Kandji, blueprint: Blueprint) -> list[LibraryItem]:
    try:
        return kandji.library_items(blueprint.id)
    except NotFound as error:
        raise BadOption(
            f"blueprints: Kandji has no blueprint with the id {blueprint.id}. Set the name or the"
            " id of an existing blueprint.",
            **error.details,
        ) from None


def item_ids(items: Items) -> dict[str, set[str]]:
    """Return blueprint id -> ids of the items on it."""
    return {blueprint: {item.id for item in on_it} for blueprint, on_it in items.items()}


def macs_on(devices: t.Iterable[KandjiDevice], blueprints: t.Iterable[Blueprint]) -> set[str]:
    """Return the serials of the Macs on these blueprints, else their device ids."""
    ids = {blueprint.id for blueprint in blueprints}
    return _macs(device for device in devices if device.blueprint_id in ids)


def macs_in_scope(devices: t.Iterable[KandjiDevice], blueprints: t.Iterable[Blueprint]) -> set[str]:
    """Return the same, with the Macs of which Kandji does not show the blueprint, for limits."""
    ids = {blueprint.id for blueprint in blueprints}
    return _macs(device for device in devices if ids and device.blueprint_id in {"", *ids})


def describe_unplaced(devices: t.Iterable[KandjiDevice], results: str) -> str:
    """Return a warning about Macs of which Kandji does not show the blueprint, "" without any.

    :arg results: the name of the value that counts them.
    """
    unplaced = sorted(_macs(each for each in devices if not each.blueprint_id))
    if not unplaced:
        return ""
    return (
        f"{results}: Kandji does not show the blueprint of {abbreviate(unplaced, 5)}. They may be"
        " in scope, and are counted."
    )


def _macs(devices: t.Iterable[KandjiDevice]) -> set[str]:
    return {device.serial or device.device_id for device in devices if device.is_mac}


def devices_on(devices: t.Iterable[KandjiDevice], blueprints: t.Iterable[Blueprint]) -> set[str]:
    """Return the ids of the devices of every platform on these blueprints."""
    ids = {blueprint.id for blueprint in blueprints}
    return {device.device_id for device in devices if device.blueprint_id in ids}


def devices_in_scope(
    devices: t.Iterable[KandjiDevice], blueprints: t.Iterable[Blueprint]
) -> set[str]:
    """Return the same, with the devices of which Kandji does not show the blueprint, for limits."""
    ids = {blueprint.id for blueprint in blueprints}
    return {device.device_id for device in devices if ids and device.blueprint_id in {"", *ids}}


@dataclass(frozen=True)
class Limit:
    """How many devices a change may reach in one way, and how many it would reach.

    :arg option: the option that sets the limit.
    :arg allowed: None for any number of devices.
    :arg action: what would happen to devices, up to their number: "The removal of X would take it
        from".
    :arg reached: what else than so many devices the change would reach: "5 Macs".
    """

    option: str
    allowed: int | None
    count: int
    action: str
    reached: str = ""

    @property
    def is_exceeded(self) -> bool:
        """Return whether more devices would be reached than are allowed."""
        return self.allowed is not None and self.count > self.allowed


def count_of(noun: str, count: int) -> str:
    """Return a number of things in words: "1 device", "2 devices"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def check_limits(
    limits: t.Iterable[Limit], first_remedy: str = "", written: str = "Nothing was written."
) -> None:
    """Raise Refused that names every limit that a change exceeds, with the counts.

    Its ``reason`` is the message without the settings that would permit the change.

    :arg first_remedy: a sentence on what to look at before a limit is raised.
    :arg written: a sentence on what was written before.
    """
    exceeded = [limit for limit in limits if limit.is_exceeded]
    if not exceeded:
        return
    sentences = [
        f"{each.option}: {each.action} {each.reached or count_of('device', each.count)}, and"
        f" {each.allowed} is the limit."
        for each in exceeded
    ]
    settings = " and ".join(f"{each.option}: {each.count}" for each in exceeded)
    first, reason = exceeded[0], " ".join(filter(None, [*sentences, written, first_remedy]))
    raise Refused(
        f"{reason} Set {settings} if that is intended.",
        reason=reason,
        limit=first.option,
        count=first.count,
        allowed=first.allowed,
        limits=[
            {"limit": each.option, "count": each.count, "allowed": each.allowed}
            for each in exceeded
        ],
    )
