# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kandji's console on the lab's control surface.

Each request's body checked, then done by ``lab.kandji.admin_console``.
"""

from __future__ import annotations

import re
import typing as t

from lab.kandji import admin_console as console
from lab.kandji.admin_console import Mistake, Values
from lab.kandji.devices import change_device, render_device
from lab.kandji.model import Blueprint, LibraryItem
from lab.kandji.tenant import Tenant

Handler = t.Callable[
    [Tenant, Values, str], t.Any
]  # tenant, body, what the last part of the path names

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def make_item(tenant: Tenant, body: Values, _key: str) -> Values:
    known = {
        "type": str,
        "name": str,
        "blueprints": list,
        "settings": dict,
        "bundle_id": str,
        "version": str,
        "licenses": int,
    }
    _check(body, known, ("type", "name"))
    places = [console.place(tenant, wanted) for wanted in body.get("blueprints", [])]
    item = console.make_item(tenant, body["type"], body["name"], body)
    _assign(tenant, item, places)
    return _described(tenant, item)


def edit_item(tenant: Tenant, body: Values, item_id: str) -> Values:
    _check(body, {"name": str, "active": bool, "blueprints": list, "settings": dict})
    item = _item(tenant, item_id)
    places = (
        [console.place(tenant, wanted) for wanted in body["blueprints"]]
        if "blueprints" in body
        else None
    )
    if set(body) - {"blueprints"}:
        console.edit_item(tenant, item, body)
    if places is not None:
        _assign(tenant, item, places)
    return _described(tenant, item)


def delete_item(tenant: Tenant, body: Values, item_id: str) -> Values:
    _check(body, {})
    tenant.delete_item(_item(tenant, item_id).id)
    return {"deleted": item_id}


def make_blueprint(tenant: Tenant, body: Values, _key: str) -> Values:
    """``items``: so many scripts that have nothing to do with anything are put on it."""
    _check(body, {"name": str, "type": str, "nodes": list, "items": int}, ("name",))
    tags = [_node(node).get("tag") for node in body.get("nodes", [])]
    blueprint = console.make_blueprint(tenant, body["name"], body.get("type", "classic"), tags)
    for node, asked in zip(blueprint.nodes, body.get("nodes", []), strict=False):
        node.without = bool(asked.get("without"))
    fill(tenant, blueprint, body.get("items", 0))
    return _nodes(blueprint)


def edit_map(tenant: Tenant, body: Values, blueprint_id: str) -> Values:
    _check(body, {"nodes": list}, ("nodes",))
    blueprint = console.find_blueprint(tenant, blueprint_id)
    console.edit_map(tenant, blueprint, [_node(node) for node in body["nodes"]])
    return _nodes(blueprint)


def edit_device(tenant: Tenant, body: Values, serial: str) -> Values:
    _check(body, {"tags": list, "user": (str, type(None)), "blueprint": str})
    device = console.find_device(tenant, serial)
    changes: Values = {"tags": body["tags"]} if "tags" in body else {}
    if not all(isinstance(tag, str) for tag in changes.get("tags", [])):
        raise Mistake("tags has to be a list of names.")
    if "user" in body:
        changes["user"] = (
            console.find_user(tenant, body["user"]).id if body["user"] is not None else None
        )
    if "blueprint" in body:
        changes["blueprint_id"] = console.find_blueprint(tenant, body["blueprint"]).id
    change_device(tenant, device, changes)
    return render_device(tenant, device)


def edit_user(tenant: Tenant, body: Values, email: str) -> Values:
    _check(body, {"archived": bool}, ("archived",))
    user = console.find_user(tenant, email)
    console.archive(tenant, user, body["archived"])
    return {"id": user.id, "email": user.email, "archived": user.archived}


def edit_tenant(tenant: Tenant, body: Values, _key: str) -> Values:
    """The tenant moves: its web app, which page links name, has another host from now on."""
    _check(body, {"web_host": str}, ("web_host",))
    if not _HOST.fullmatch(body["web_host"]):
        raise Mistake("web_host is the name of a host, like devicetrust-lab.iru.invalid.")
    tenant.web_url = f"https://{body['web_host']}"
    return {"web_url": tenant.web_url}


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/kandji/items", make_item),
    ("PATCH", "/kandji/items/{key}", edit_item),
    ("DELETE", "/kandji/items/{key}", delete_item),
    ("POST", "/kandji/blueprints", make_blueprint),
    ("PATCH", "/kandji/blueprints/{key}", edit_map),
    ("PATCH", "/kandji/devices/{key}", edit_device),
    ("PATCH", "/kandji/users/{key}", edit_user),
    ("PATCH", "/kandji/tenant", edit_tenant),
]


def fill(tenant: Tenant, blueprint: Blueprint, number: int) -> None:
    """Put so many scripts on a blueprint, as blueprints of years are full."""
    items: list[LibraryItem] = [
        tenant.create_script(f"{blueprint.name} {index}", script="exit 0")
        for index in range(number)
    ]
    blueprint.nodes[0].item_ids += [item.id for item in items]
    if items:
        tenant.scope_changed(blueprint, added=items)


def _assign(tenant: Tenant, item: LibraryItem, places: list[tuple[Blueprint, t.Any]]) -> None:
    before = tenant.places_of(item)
    console.assign_exactly(tenant, item, places)
    if tenant.places_of(item) != before:
        tenant.record_item("update", item)


def _item(tenant: Tenant, item_id: str) -> LibraryItem:
    if item_id.lower() not in tenant.items:
        raise Mistake(f"There is no item {item_id!r}.")
    return tenant.items[item_id.lower()]


def _described(tenant: Tenant, item: LibraryItem) -> Values:
    return {
        "id": item.id,
        "name": item.name,
        "type": item.type,
        "active": item.active,
        "places": tenant.places_of(item),
    }


def _nodes(blueprint: Blueprint) -> Values:
    return {
        "id": blueprint.id,
        "nodes": [{"id": node.id, "tag": node.tag} for node in blueprint.nodes],
    }


def _node(node: t.Any) -> Values:
    known = isinstance(node, dict) and not set(node) - {"id", "tag", "without"}
    if (
        not known
        or not isinstance(node.get("without", False), bool)
        or not all(isinstance(node.get(key), (str, type(None))) for key in ("id", "tag"))
    ):
        raise Mistake(
            "A node is an object with a tag, with an id when it is there already, and with without:"
            " true where it takes devices that lack the tag."
        )
    return node


def _check(
    body: Values, known: t.Mapping[str, type | tuple[type, ...]], needed: t.Sequence[str] = ()
) -> None:
    for key, value in body.items():
        if key not in known:
            raise Mistake(f"{key!r} is not known here; known: {', '.join(known) or 'nothing'}.")
        if not isinstance(value, known[key]) or (
            isinstance(value, bool) and known[key] is not bool
        ):
            raise Mistake(f"{key} has the wrong type.")
    for key in needed:
        if key not in body:
            raise Mistake(f"{key} is needed.")
