# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints and what is assigned to them:

names resolved, assignments planned, the Macs in scope counted.
"""

from __future__ import annotations

import difflib
import typing as t
import uuid

from .._core.changes import Change
from .._core.errors import ApiError, BadOption, NotFound, Refused
from .client import Kandji
from .records import KandjiDevice

Blueprint = dict[str, str]


NODE_NEEDED = "Must provide assignment_node_id for Assignment Map Blueprint"
NODE_REFUSED = "assignment_node_id cannot be provided for Classic Blueprint"
ONE_OF_ITS_TYPE = "Assignment node can only have one of this Library Item type."
HOW_TO_FIND_A_NODE = (
    "hold the Option key in the assignment map of Kandji's web app to see and copy the ids of its"
    " nodes"
)


class Assignment(t.NamedTuple):
    """Blueprints that an item is to be put on, and taken off.

    ``nodes`` is blueprint id -> node of its assignment map, where one is named.
    """

    assign: list[Blueprint]
    remove: list[Blueprint]
    nodes: t.Mapping[str, str] = {}


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def near(name: str, names: t.Iterable[str]) -> str:
    """A clause that names the nearest matches, or all when there are few."""
    known = sorted(set(names))
    lower = {one.lower(): one for one in known}
    close = [
        lower[one] for one in difflib.get_close_matches(name.lower(), list(lower), n=3, cutoff=0.5)
    ]
    shown = close or known[:10]
    return (
        f"; did you mean {' or '.join(repr(one) for one in shown)}?"
        if close
        else f"; there are {', '.join(repr(one) for one in shown) or 'none'}."
    )


def resolve(wanted: t.Sequence[str], known: t.Sequence[t.Mapping[str, t.Any]]) -> list[Blueprint]:
    """Blueprints by name or id -> [{id, name}], ids in lower case, in order, each once.

    Raises BadOption with the near matches.
    """
    result: dict[str, Blueprint] = {}
    for one in wanted:
        found = [row for row in known if str(row.get("id", "")).lower() == one.lower()] or [
            row for row in known if row.get("name") == one
        ]
        if not found:
            raise BadOption(
                "blueprints: Kandji has no blueprint"
                f" {one!r}{near(one, [str(row.get('name')) for row in known])}"
            )
        blueprint_id = str(found[0]["id"]).lower()
        result[blueprint_id] = {"id": blueprint_id, "name": str(found[0].get("name", blueprint_id))}
    return list(result.values())


def read_blueprints(
    kandji: Kandji, wanted: t.Sequence[str], everything: bool = False
) -> tuple[list[Blueprint], list[Blueprint]]:
    """The wanted blueprints, and all blueprints (empty where they need not be read:

    ids are taken as they are).
    """
    if not everything and all(is_id(one) for one in wanted):
        return (
            list(
                {one.lower(): {"id": one.lower(), "name": one} for one in reversed(wanted)}.values()
            )[::-1],
            [],
        )
    known = [
        {
            "id": str(row["id"]).lower(),
            "name": str(row.get("name", "")),
            "type": str(row.get("type") or ""),
        }
        for row in kandji.blueprints()
    ]
    return resolve(wanted, known), known


def resolve_nodes(
    given: t.Mapping[str, t.Any] | None,
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[t.Mapping[str, t.Any]],
    everywhere: bool = False,
) -> dict[str, str]:
    """Option assignment_nodes (blueprint by name or id -> node) -> blueprint id -> node id, in
    lower case. Raises BadOption.

    ``known`` are all blueprints, where they were read; ``everywhere`` allows all of them, since the
    item may have to be taken off one.
    """
    nodes: dict[str, str] = {}
    for name, node in (given or {}).items():
        blueprint_id = _blueprint_of(name, wanted, known, everywhere)
        if not isinstance(node, str) or not is_id(node):
            raise BadOption(
                f"assignment_nodes: {node!r}, for the blueprint {name!r}, is not the id of a node;"
                f" {HOW_TO_FIND_A_NODE}."
            )
        if any(
            row.get("type") == "classic" for row in known if str(row["id"]).lower() == blueprint_id
        ):
            raise BadOption(
                f"assignment_nodes: the blueprint {name!r} is a classic one and has no nodes; take"
                " it out of assignment_nodes."
            )
        if nodes.setdefault(blueprint_id, node.lower()) != node.lower():
            raise BadOption(
                f"assignment_nodes: the blueprint {name!r} is there twice, with two nodes; name"
                " one."
            )
    return nodes


def _blueprint_of(
    name: str,
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[t.Mapping[str, t.Any]],
    everywhere: bool,
) -> str:
    allowed = {one["id"] for one in wanted}
    rows = [*wanted, *known] if not everywhere else [*known]
    found = [str(row["id"]).lower() for row in rows if str(row["id"]).lower() == str(name).lower()]
    found += [str(row["id"]).lower() for row in rows if row.get("name") == name]
    if not found or (found[0] not in allowed and not everywhere):
        names = [str(row.get("name")) for row in (known if everywhere else wanted)]
        raise BadOption(f"assignment_nodes: {name!r} is not in blueprints{near(str(name), names)}")
    return found[0]


def plan_assignment(
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[Blueprint],
    items: t.Mapping[str, t.AbstractSet[str]],
    item_id: str | None,
    mode: str,
    nodes: t.Mapping[str, str] | None = None,
) -> Assignment:
    """What to assign and remove.

    ``items`` is blueprint id -> ids on it, all in lower case; mode add keeps what is elsewhere,
    exact does not, and mode
    remove takes the item off the wanted blueprints.

    The API does not tell in which node of a map an item is, so that one that is on the blueprint is
    left where it is.
    """
    mine = {one["id"] for one in wanted}
    on = {blueprint for blueprint, ids in items.items() if item_id and item_id.lower() in ids}
    if mode == "remove":
        return Assignment([], [one for one in wanted if one["id"] in on], dict(nodes or {}))
    remove = (
        [one for one in known if one["id"] in on and one["id"] not in mine]
        if mode == "exact"
        else []
    )
    return Assignment([one for one in wanted if one["id"] not in on], remove, dict(nodes or {}))


def assignment_changes(subject: str, assignment: Assignment) -> list[Change]:
    changes = []
    for action, blueprints, before, after in (
        ("assign", assignment.assign, False, True),
        ("remove", assignment.remove, True, False),
    ):
        for one in blueprints:
            node = (
                {"assignment_node_id": assignment.nodes[one["id"]]}
                if one["id"] in assignment.nodes
                else {}
            )
            what = f"{subject} {'to' if after else 'from'} blueprint {one['name']!r}"
            changes.append(
                Change(
                    action,
                    what,
                    {"assigned": before, **(node if before else {})},
                    {"assigned": after, **(node if after else {})},
                )
            )
    return changes


def apply_assignment(kandji: Kandji, item_id: str, assignment: Assignment) -> None:
    """Assign first, remove after: interrupted in between, nothing is missing anywhere."""
    for one in assignment.assign:
        try:
            kandji.assign_item(one["id"], item_id, assignment.nodes.get(one["id"]))
        except ApiError as error:
            if str(error.details.get("error_text")) != ONE_OF_ITS_TYPE:
                raise _told(error, one, item_id) from None
            # It is said of the item itself, and of another one of its type.
            if not any(
                str(row.get("id", "")).lower() == item_id.lower()
                for row in kandji.library_items(one["id"])
            ):
                raise Refused(
                    f"The node of the blueprint {one['name']!r} holds another library item of this"
                    " type already, and takes one only; take that one out of the node in Kandji's"
                    " web app, or name another node in assignment_nodes.",
                    **error.details,
                ) from None
    for one in assignment.remove:
        try:
            kandji.remove_item(one["id"], item_id, assignment.nodes.get(one["id"]))
        except ApiError as error:
            raise _told(error, one, item_id) from None


def _told(error: ApiError, blueprint: Blueprint, item_id: str) -> Exception:
    """Kandji's refusal in the words of our options; any other error as it is."""
    name, text = blueprint["name"], str(error.details.get("error_text"))
    if text == NODE_NEEDED:
        return BadOption(
            f"The blueprint {name!r} is an assignment map with conditions, and Kandji wants to know"
            f" the node; name its id in assignment_nodes ({name!r}: id): {HOW_TO_FIND_A_NODE}.",
            **error.details,
        )
    if text == NODE_REFUSED:
        return BadOption(
            f"assignment_nodes: the blueprint {name!r} is a classic one and has no nodes; take it"
            " out of assignment_nodes.",
            **error.details,
        )
    if isinstance(error, NotFound):
        return NotFound(
            f"Kandji does not know the library item {item_id}, the blueprint {name!r} or its node"
            " (any more): one of them was deleted, or an id is wrong. Look at them in Kandji's web"
            " app, then run again.",
            **error.details,
        )
    return error


def read_items(
    kandji: Kandji, blueprints: t.Iterable[Blueprint]
) -> dict[str, list[dict[str, t.Any]]]:
    """Blueprint id -> items on it."""
    return {one["id"]: kandji.library_items(one["id"]) for one in blueprints}


def item_ids(items: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> dict[str, set[str]]:
    return {
        blueprint: {str(row.get("id", "")).lower() for row in rows}
        for blueprint, rows in items.items()
    }


def macs_on(devices: t.Iterable[KandjiDevice], blueprints: t.Iterable[Blueprint]) -> set[str]:
    """Return the serials of the Macs on these blueprints."""
    ids = {blueprint["id"] for blueprint in blueprints}
    return {device.serial for device in devices if device.is_mac and device.blueprint_id in ids}


def check_limit(option: str, limit: int | None, count: int, what: str) -> None:
    """Raises Refused, with the count, when more Macs would be touched than the option allows."""
    if limit is not None and count > limit:
        raise Refused(
            f"{what} would touch {count} Mac{'' if count == 1 else 's'}, and {option} is {limit}."
            f" Nothing was written; if that is wanted, set {option}: {count}.",
            limit=option,
            count=count,
            allowed=limit,
        )
