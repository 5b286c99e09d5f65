# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the API for Custom Scripts, Custom Apps and the categories of Self Service."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Refusal
from lab.kandji.library_operations import HTML_404, stamp
from lab.kandji.model import CustomScript
from lab.kandji.paging import bad_request, json_body, not_found, numbered
from lab.kandji.tenant import Tenant

FREQUENCIES = ("once", "every_15_min", "every_day", "no_enforcement")
TEXTS, FLAGS = (
    ("name", "script", "remediation_script"),
    (
        "active",
        "restart",
        "show_in_self_service",
    ),
)


def render_script(script: CustomScript) -> dict[str, t.Any]:
    """Return a Custom Script as the API lists it."""
    return {
        "id": script.id,
        "name": script.name,
        "active": script.active,
        "execution_frequency": script.execution_frequency,
        "restart": script.restart,
        "script": script.script,
        "remediation_script": script.remediation_script,
        "created_at": stamp(script.created_at),
        "updated_at": stamp(script.updated_at),
        "show_in_self_service": script.show_in_self_service,
    }


def list_scripts(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the Custom Scripts."""
    return Answer(
        numbered(
            tenant, call, tenant.library.scripts(), render_script, size=tenant.profile_page_size
        )
    )


def create_script(tenant: Tenant, call: Call) -> Answer:
    """Create a Custom Script."""
    body = json_body(call)
    missing = [name for name in ("name", "execution_frequency", "script") if not body.get(name)]
    if missing:
        raise bad_request({name: ["This field is required."] for name in missing})
    return Answer(render_script(tenant.library.create_script(**_values(tenant, body, None))), 201)


def get_script(tenant: Tenant, call: Call) -> Answer:
    """Return one Custom Script."""
    return Answer(render_script(_script(tenant, call)))


def update_script(tenant: Tenant, call: Call) -> Answer:
    """Change a Custom Script."""
    script = _script(tenant, call)
    for name, value in _values(tenant, json_body(call), script).items():
        setattr(script, name, value)
    tenant.library.edited(script)
    return Answer(render_script(script))


def delete_script(tenant: Tenant, call: Call) -> Answer:
    """Delete a Custom Script."""
    item_id = call.path["library_item_id"].lower()
    if not isinstance(tenant.items.get(item_id), CustomScript):
        raise Refusal(Answer(HTML_404, 404, media_type="text/html"))
    tenant.library.delete_item(item_id)
    return Answer(None, 204)


def list_apps(tenant: Tenant, call: Call) -> Answer:
    """Return an empty page: the lab has no Custom Apps."""
    return Answer(numbered(tenant, call, [], lambda app: app, size=tenant.profile_page_size))


def list_categories(tenant: Tenant, _call: Call) -> Answer:
    """Return the categories of Self Service."""
    return Answer(
        [
            {"id": category_id, "name": name}
            for category_id, name in tenant.self_service_categories.items()
        ]
    )


def _script(tenant: Tenant, call: Call) -> CustomScript:
    script = tenant.items.get(call.path["library_item_id"].lower())
    if not isinstance(script, CustomScript):
        raise not_found()
    return script


def _values(
    tenant: Tenant, body: dict[str, t.Any], current: CustomScript | None
) -> dict[str, t.Any]:
    """Return what the body sets; raise Refusal.

    The tenant removes newlines at the end of a script.
    """
    values: dict[str, t.Any] = {}
    for name in TEXTS:
        if name in body:
            if not isinstance(body[name], str):
                raise bad_request({name: ["Not a valid string."]})
            values[name] = body[name].rstrip("\n")
    for name in FLAGS:
        if name in body:
            if not isinstance(body[name], bool):
                raise bad_request({name: ["Must be a valid boolean."]})
            values[name] = body[name]
    if "execution_frequency" in body:
        if body["execution_frequency"] not in FREQUENCIES:
            raise bad_request(
                {"execution_frequency": [f'"{body["execution_frequency"]}" is not a valid choice.']}
            )
        values["execution_frequency"] = body["execution_frequency"]
    _check_self_service(tenant, body, values, current)
    return values


def _check_self_service(
    tenant: Tenant, body: dict[str, t.Any], values: dict[str, t.Any], current: CustomScript | None
) -> None:
    offered = values.get("show_in_self_service", current.show_in_self_service if current else False)
    frequency = values.get("execution_frequency", current.execution_frequency if current else "")
    if frequency == "no_enforcement" and not offered:
        raise bad_request({"show_in_self_service": ["Required when not enforcing install"]})
    if (
        values.get("show_in_self_service")
        and body.get("self_service_category_id") not in tenant.self_service_categories
    ):
        raise bad_request({"self_service_category_id": ["This field is required."]})
