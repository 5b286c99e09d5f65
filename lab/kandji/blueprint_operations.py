# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blueprints' part of the API."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call
from lab.kandji.assignments import Refused
from lab.kandji.model import Blueprint, LibraryItem
from lab.kandji.paging import bad_request, envelope, json_body, not_found
from lab.kandji.tenant import Tenant


def render_blueprint(tenant: Tenant, blueprint: Blueprint) -> dict[str, t.Any]:
    """Return a blueprint as the API lists it."""
    return {
        "id": blueprint.id,
        "name": blueprint.name,
        "icon": "ss-files",
        "color": "aqua-500",
        "description": blueprint.description,
        "params": {},
        "computers_count": len(tenant.assignments.devices_of(blueprint.id)),
        "enrollment_code": {"code": blueprint.enrollment_code, "is_active": True},
        "type": blueprint.type,
    }


def list_blueprints(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the blueprints that the query selects."""
    blueprints = list(tenant.blueprints.values())
    if call.query.get("id"):
        blueprints = [
            blueprint for blueprint in blueprints if blueprint.id == call.query["id"].lower()
        ]
    if call.query.get("id__in"):
        wanted = {blueprint_id.strip().lower() for blueprint_id in call.query["id__in"].split(",")}
        blueprints = [blueprint for blueprint in blueprints if blueprint.id in wanted]
    if call.query.get("name"):
        blueprints = [
            blueprint
            for blueprint in blueprints
            if call.query["name"].lower() in blueprint.name.lower()
        ]
    return Answer(
        envelope(
            tenant,
            call,
            blueprints,
            lambda blueprint: render_blueprint(tenant, blueprint),
            cap=1000,
        )
    )


def get_blueprint(tenant: Tenant, call: Call) -> Answer:
    """Return one blueprint."""
    return Answer(render_blueprint(tenant, _blueprint(tenant, call)))


def list_items(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the items of a blueprint."""
    items = [tenant.items[item_id] for item_id in _blueprint(tenant, call).item_ids]
    return Answer(envelope(tenant, call, items, lambda item: {"id": item.id, "name": item.name}))


def assign_item(tenant: Tenant, call: Call) -> Answer:
    """Assign an item to a blueprint."""
    return _change(tenant, call, tenant.assignments.assign)


def remove_item(tenant: Tenant, call: Call) -> Answer:
    """Remove an item from a blueprint."""
    return _change(tenant, call, tenant.assignments.remove)


def _change(
    tenant: Tenant, call: Call, change: t.Callable[[Blueprint, LibraryItem, str | None], list[str]]
) -> Answer:
    blueprint = _blueprint(tenant, call)
    body = json_body(call)
    if not body.get("library_item_id"):
        raise bad_request({"library_item_id": ["This field is required."]})
    item = tenant.items.get(str(body["library_item_id"]).lower())
    if item is None:
        raise not_found()
    try:
        return Answer(change(blueprint, item, body.get("assignment_node_id")))
    except Refused as refused:
        raise bad_request(str(refused)) from None
    except LookupError:
        raise not_found() from None


def _blueprint(tenant: Tenant, call: Call) -> Blueprint:
    blueprint = tenant.blueprints.get(call.path["blueprint_id"].lower())
    if blueprint is None:
        raise not_found()
    return blueprint
