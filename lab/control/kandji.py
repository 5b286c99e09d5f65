# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of the Kandji tenant: its web app and the permissions of its API token.

Each handler checks the body, and ``lab.kandji.web_app`` does what the body asks.
"""

from __future__ import annotations

import functools
import re
import typing as t

from lab.control.schemas import (
    BadRequest,
    Body,
    ControlRequest,
    ControlRoute,
    check_values,
    read_flags,
)
from lab.http import Operation
from lab.kandji import web_app
from lab.kandji.audit_log import API_TOKEN
from lab.kandji.device_operations import change_device, render_device
from lab.kandji.model import Blueprint, LibraryItem, Node
from lab.kandji.tenant import Tenant

Handler = t.Callable[[Tenant, ControlRequest], Body]

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def routes(tenant: Tenant, operations: t.Sequence[Operation]) -> list[ControlRoute]:
    """Return the operations on a tenant whose API has ``operations``."""
    handlers: list[tuple[str, str, Handler]] = [
        ("POST", "/kandji/items", make_item),
        ("PATCH", "/kandji/items/{key}", edit_item),
        ("DELETE", "/kandji/items/{key}", delete_item),
        ("POST", "/kandji/blueprints", make_blueprint),
        ("PATCH", "/kandji/blueprints/{key}", edit_map),
        ("PATCH", "/kandji/devices/{key}", edit_device),
        ("PATCH", "/kandji/users/{key}", edit_user),
        ("PATCH", "/kandji/tenant", edit_tenant),
        ("PATCH", "/kandji/permissions", functools.partial(set_permissions, operations)),
    ]
    return [
        ControlRoute(verb, path, functools.partial(handler, tenant))
        for verb, path, handler in handlers
    ]


# Library items


def make_item(tenant: Tenant, request: ControlRequest) -> Body:
    """Make a library item and assign it to ``blueprints``. Return it."""
    body = request.body
    types = {
        "type": str,
        "name": str,
        "blueprints": list,
        "settings": dict,
        "bundle_id": str,
        "version": str,
        "licenses": int,
    }
    check_values(body, types, ("type", "name"))
    places = [web_app.place(tenant, wanted) for wanted in body.get("blueprints", [])]
    item = web_app.make_item(tenant, body["type"], body["name"], body)
    _assign(tenant, item, places)
    return _describe_item(tenant, item)


def edit_item(tenant: Tenant, request: ControlRequest) -> Body:
    """Change name, status, settings or blueprints of a library item. Return it."""
    body = request.body
    check_values(body, {"name": str, "active": bool, "blueprints": list, "settings": dict})
    item, places = _find_item(tenant, request.key), None
    if "blueprints" in body:
        places = [web_app.place(tenant, wanted) for wanted in body["blueprints"]]
    if set(body) - {"blueprints"}:
        web_app.edit_item(tenant, item, body)
    if places is not None:
        _assign(tenant, item, places)
    return _describe_item(tenant, item)


def delete_item(tenant: Tenant, request: ControlRequest) -> Body:
    """Delete a library item."""
    check_values(request.body, {})
    tenant.library.delete_item(_find_item(tenant, request.key).id)
    return {"deleted": request.key}


def _assign(tenant: Tenant, item: LibraryItem, places: list[tuple[Blueprint, Node]]) -> None:
    before = tenant.assignments.places_of(item)
    web_app.assign_exactly(tenant, item, places)
    if tenant.assignments.places_of(item) != before:
        tenant.library.record_item("update", item)


def _find_item(tenant: Tenant, item_id: str) -> LibraryItem:
    if item_id.lower() not in tenant.items:
        raise BadRequest(f"Item {item_id!r} does not exist.")
    return tenant.items[item_id.lower()]


def _describe_item(tenant: Tenant, item: LibraryItem) -> Body:
    return {
        "id": item.id,
        "name": item.name,
        "type": item.type,
        "active": item.active,
        "places": tenant.assignments.places_of(item),
    }


# Blueprints and maps


def make_blueprint(tenant: Tenant, request: ControlRequest) -> Body:
    """Make a blueprint with the ``nodes`` of a map and ``items`` scripts. Return its nodes."""
    body = request.body
    check_values(body, {"name": str, "type": str, "nodes": list, "items": int}, ("name",))
    nodes = [_check_node(node) for node in body.get("nodes", [])]
    blueprint = web_app.make_blueprint(
        tenant, body["name"], body.get("type", "classic"), [node.get("tag") for node in nodes]
    )
    for node, wanted in zip(blueprint.nodes, nodes, strict=False):
        node.without = bool(wanted.get("without"))
    web_app.add_scripts(tenant, blueprint, body.get("items", 0))
    return _describe_nodes(blueprint)


def edit_map(tenant: Tenant, request: ControlRequest) -> Body:
    """Replace the nodes of an assignment map. Return them."""
    check_values(request.body, {"nodes": list}, ("nodes",))
    blueprint = web_app.find_blueprint(tenant, request.key)
    web_app.edit_map(tenant, blueprint, [_check_node(node) for node in request.body["nodes"]])
    return _describe_nodes(blueprint)


def _check_node(node: t.Any) -> Body:
    if (
        not isinstance(node, dict)
        or set(node) - {"id", "tag", "without"}
        or not isinstance(node.get("without", False), bool)
        or not all(isinstance(node.get(key), (str, type(None))) for key in ("id", "tag"))
    ):
        raise BadRequest(
            "A node is an object with a tag, with an id when it is there already, and with without:"
            " true where it takes devices that lack the tag."
        )
    return node


def _describe_nodes(blueprint: Blueprint) -> Body:
    return {
        "id": blueprint.id,
        "nodes": [{"id": node.id, "tag": node.tag} for node in blueprint.nodes],
    }


# Devices, users and the tenant


def edit_device(tenant: Tenant, request: ControlRequest) -> Body:
    """Change tags, user or blueprint of the device with a serial number. Return it."""
    body = request.body
    check_values(body, {"tags": list, "user": (str, type(None)), "blueprint": str})
    device = web_app.find_device(tenant, request.key)
    changes: Body = {"tags": body["tags"]} if "tags" in body else {}
    if not all(isinstance(tag, str) for tag in changes.get("tags", [])):
        raise BadRequest("tags has to be a list of names.")
    if "user" in body:
        email = body["user"]
        changes["user"] = None if email is None else web_app.find_user(tenant, email).id
    if "blueprint" in body:
        changes["blueprint_id"] = web_app.find_blueprint(tenant, body["blueprint"]).id
    change_device(tenant, device, changes)
    return render_device(tenant, device)


def edit_user(tenant: Tenant, request: ControlRequest) -> Body:
    """Archive the user with an email address, or the reverse. Return the user."""
    check_values(request.body, {"archived": bool}, ("archived",))
    user = web_app.find_user(tenant, request.key)
    web_app.archive(tenant, user, request.body["archived"])
    return {"id": user.id, "email": user.email, "archived": user.archived}


def edit_tenant(tenant: Tenant, request: ControlRequest) -> Body:
    """Move the tenant's web app, which page links name, to another host. Return its URL."""
    check_values(request.body, {"web_host": str}, ("web_host",))
    host = request.body["web_host"]
    if not _HOST.fullmatch(host):
        raise BadRequest("web_host is the name of a host, like devicetrust-lab.iru.invalid.")
    tenant.web_url = f"https://{host}"
    return {"web_url": tenant.web_url}


def set_permissions(
    operations: t.Sequence[Operation], tenant: Tenant, request: ControlRequest
) -> Body:
    """Set permissions of the API token. Return all of them."""
    tenant.permissions.update(read_flags(request.body, tenant.permissions))
    allowed = [
        {"path": operation.path, "http_method": operation.verb}
        for operation in operations
        if tenant.permissions.get(operation.permission)
    ]
    tenant.events.record(
        "update",
        "api_token",
        API_TOKEN,
        new_state={"description": None, "permissions": allowed, "label": "lab"},
    )
    return dict(tenant.permissions)
