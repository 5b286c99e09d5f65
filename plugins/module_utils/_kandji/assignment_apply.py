# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the assignment of an item to blueprints."""

from __future__ import annotations

from .._core.errors import ApiError, BadOption, NotFound, Refused
from .assignments import NODE_HELP, Assignment, classic_message, read_items
from .client import Kandji
from .records import Blueprint

NODE_NEEDED = "Must provide assignment_node_id for Assignment Map Blueprint"
NODE_REFUSED = "assignment_node_id cannot be provided for Classic Blueprint"
ONE_OF_ITS_TYPE = "Assignment node can only have one of this Library Item type."


def apply_assignment(kandji: Kandji, item_id: str, assignment: Assignment) -> None:
    """Assign first, remove after: an interrupted run leaves nothing missing anywhere."""
    for blueprint in assignment.assign:
        try:
            kandji.assign_item(blueprint.id, item_id, assignment.nodes.get(blueprint.id))
        except ApiError as error:
            if str(error.details.get("error_text")) != ONE_OF_ITS_TYPE:
                raise _translate_error(error, blueprint, item_id) from None
            # Kandji answers this for the item itself, and for another one of its type.
            if not _is_listed(kandji, blueprint, item_id):
                raise Refused(
                    f"The node of the blueprint {blueprint.name!r} holds another library item of"
                    " this type already, and takes one only. Remove that item from the node in"
                    " Kandji's web app, or name another node in assignment_nodes.",
                    **error.details,
                ) from None
    for blueprint in assignment.remove:
        try:
            removed = kandji.remove_item(blueprint.id, item_id, assignment.nodes.get(blueprint.id))
        except ApiError as error:
            raise _translate_error(error, blueprint, item_id) from None
        # Kandji answers that the item is not in this node, also if another node has it.
        if not removed and _is_listed(kandji, blueprint, item_id):
            raise Refused(
                f"Kandji still lists the library item {item_id} on the blueprint"
                f" {blueprint.name!r}: another node of its map has it, and the devices of that node"
                " keep it. Name that node in assignment_nodes, or remove the item in Kandji's web"
                " app.",
                vendor="kandji",
            )


def _is_listed(kandji: Kandji, blueprint: Blueprint, item_id: str) -> bool:
    """Return whether Kandji lists the item on the blueprint, in whichever node."""
    return item_id.lower() in {item.id for item in read_items(kandji, [blueprint])[blueprint.id]}


def _translate_error(error: ApiError, blueprint: Blueprint, item_id: str) -> Exception:
    """Return Kandji's refusal in the words of the options; any other error unchanged."""
    name, text = blueprint.name, str(error.details.get("error_text"))
    if text == NODE_NEEDED:
        return BadOption(
            f"assignment_nodes: the blueprint {name!r} is an assignment map with conditions, and"
            f" Kandji requires an assignment node. Name its id in assignment_nodes ({name!r}: id)."
            f" {NODE_HELP}",
            **error.details,
        )
    if text == NODE_REFUSED:
        return BadOption(classic_message(name), **error.details)
    if isinstance(error, NotFound):
        return NotFound(
            f"Kandji does not know the library item {item_id}, the blueprint {name!r} or its node:"
            " one of them was deleted, or an id is wrong. Check them in Kandji's web app, then run"
            " again.",
            **error.details,
        )
    return error
