# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices' part of the API, with users, tags and licenses."""

from __future__ import annotations

import functools
import typing as t

from lab.http import Answer, Call
from lab.kandji.library_operations import render_status, stamp
from lab.kandji.model import Device, KandjiUser
from lab.kandji.paging import (
    PAGE_CAP,
    bad_request,
    by_cursor,
    envelope,
    json_body,
    not_found,
    number,
    page_link,
)
from lab.kandji.tenant import Tenant

Matches = t.Callable[[Tenant, Device, str], bool]


def _contains(read: t.Callable[[Device], str]) -> Matches:
    return lambda tenant, device, value: value.lower() in read(device).lower()


def _equals(read: t.Callable[[Device], str]) -> Matches:
    return lambda tenant, device, value: read(device) == value


def _email(device: Device) -> str:
    return device.user.email if device.user else ""


def _user_name(device: Device) -> str:
    return device.user.name if device.user else ""


# How each filter of the device list compares. Parameters that are not here are passed over, as the
# vendor does.
FILTERS: dict[str, Matches] = {
    "asset_tag": _equals(lambda device: device.asset_tag),
    "blueprint_id": _contains(lambda device: device.blueprint_id),
    "device_id": lambda tenant, device, value: device.id == value.lower(),
    "device_name": _contains(lambda device: device.name),
    "filevault_enabled": (
        lambda tenant, device, value: (
            device.platform == "Mac" and str(device.filevault).lower() == value.lower()
        )
    ),
    "mac_address": _equals(lambda device: device.mac_address),
    "model": _contains(lambda device: device.model),
    "os_version": _contains(lambda device: device.os_version),
    "platform": _equals(lambda device: device.platform),
    "serial_number": _contains(lambda device: device.serial),
    "tag_name": lambda tenant, device, value: value in device.tags,
    "tag_name_in": lambda tenant, device, value: bool(set(value.split(",")) & set(device.tags)),
    "tag_id": lambda tenant, device, value: value in {tenant.tags[tag] for tag in device.tags},
    "tag_id_in": lambda tenant, device, value: bool(
        set(value.split(",")) & {tenant.tags[tag] for tag in device.tags}
    ),
    "user": _contains(_user_name),
    "user_email": _contains(_email),
    "user_email_exact": _equals(_email),
    "user_id": (
        lambda tenant, device, value: (
            device.user is not None and value.lower() in (device.user.id, str(device.user.number))
        )
    ),
    "user_name": _contains(_user_name),
}
ORDERINGS = (
    "asset_tag",
    "blueprint_id",
    "device_id",
    "device_name",
    "last_check_in",
    "model",
    "platform",
    "os_version",
    "serial_number",
    "user",
)


def render_user(device: Device) -> dict[str, t.Any] | str:
    """Return the user of a device: an object, or an empty string without one."""
    if device.user is None:
        return ""
    return {
        "email": device.user.email,
        "name": device.user.name,
        "id": device.user.number,  # recorded in 2022 and 2023: the number that users had before
        "is_archived": device.user.archived,
    }


def render_device(tenant: Tenant, device: Device) -> dict[str, t.Any]:
    """Return a device as the API lists it."""
    blueprint = tenant.blueprints.get(device.blueprint_id)
    row = {
        "device_id": device.id,
        "device_name": device.name,
        "model": device.model,
        "serial_number": device.serial,
        "platform": device.platform,
        "os_version": device.os_version,
        "supplemental_build_version": device.build,
        "supplemental_os_version_extra": "",
        "last_check_in": stamp(device.last_check_in),
        "user": render_user(device),
        "asset_tag": device.asset_tag,
        "blueprint_id": device.blueprint_id,
        "mdm_enabled": not (device.is_removed or device.left_mdm),
        "agent_installed": device.platform == "Mac" and not device.is_removed,
        "is_missing": device.is_missing,
        "is_removed": device.is_removed,
        "agent_version": "4.7.5 (5660)" if device.platform == "Mac" else "",
        "first_enrollment": str(device.enrolled_at),
        "last_enrollment": str(device.enrolled_at),
        "blueprint_name": blueprint.name if blueprint else "",
        "lost_mode_status": "",
        "tags": list(device.tags),
    }
    if device.platform != "Mac":
        del row["agent_version"]  # rows differ by platform
    return row


def list_devices(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the devices that the query selects."""
    query = tuple(
        (name, value)
        for name, value in sorted(call.query.items())
        if value and (name in FILTERS or name == "ordering")
    )
    devices = tenant.remembered(("devices", *query), lambda: _matching(tenant, dict(query)))
    cap = tenant.world.switches.page_rows
    limit, offset = number(call, "limit", cap, least=1, most=cap), number(call, "offset", 0)
    following, previous = "None", "None"  # as recorded
    if offset + limit < len(devices):
        following = page_link(tenant, call, limit=limit, offset=offset + limit)
    if offset:
        previous = page_link(tenant, call, limit=limit, offset=max(0, offset - limit))
    return Answer(
        [render_device(tenant, device) for device in devices[offset : offset + limit]],
        headers={
            "Link": f'<{following}>; rel="next", <{previous}>; rel="prev"',
            "X-Total-Count": str(len(devices)),
        },
    )


def _matching(tenant: Tenant, query: dict[str, str]) -> list[Device]:
    ordering = query.pop("ordering", "")
    devices = [
        device
        for device in tenant.devices.values()
        if all(FILTERS[name](tenant, device, value) for name, value in query.items())
    ]
    for key in reversed(ordering.split(",")):
        column = key.removeprefix("-")
        if column in ORDERINGS:
            devices.sort(
                key=functools.partial(_column, tenant, column), reverse=key.startswith("-")
            )
    return devices


def _column(tenant: Tenant, column: str, device: Device) -> str:
    return str(render_device(tenant, device)[column])


def get_device(tenant: Tenant, call: Call) -> Answer:
    """Return one device."""
    return Answer(render_device(tenant, find_device(tenant, call)))


def update_device(tenant: Tenant, call: Call) -> Answer:
    """Change a device."""
    device = find_device(tenant, call)
    body = json_body(call)
    if (
        body.get("blueprint_id") is not None
        and str(body["blueprint_id"]).lower() not in tenant.blueprints
    ):
        raise bad_request({"blueprint_id": ["Invalid blueprint."]})
    body = (
        {**body, "user": _user_id(tenant, body["user"])} if body.get("user") is not None else body
    )
    tags = body.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise bad_request({"tags": ["Expected a list of names."]})
    unknown = [tag for tag in tags if tag not in tenant.tags]
    if unknown and tenant.world.switches.unknown_tag == "error":
        raise bad_request({"tags": [f"Unknown tag: {unknown[0]}"]})
    change_device(tenant, device, body)
    return Answer(render_device(tenant, device))


def _user_id(tenant: Tenant, value: t.Any) -> str:
    """Return the id of a user by that id or by the number that users had before."""
    for user in tenant.users.values():
        if str(value).lower() in (user.id, str(user.number)):
            return user.id
    raise bad_request({"user": ["Invalid user."]})


def change_device(tenant: Tenant, device: Device, body: dict[str, t.Any]) -> None:
    """Change a device, as the API and the console do.

    A device that moves to another blueprint has its conditions evaluated at once; other tags wait
    for MDM.
    """
    moved = (
        body.get("blueprint_id") is not None
        and str(body["blueprint_id"]).lower() != device.blueprint_id
    )
    if moved:
        device.blueprint_id = str(body["blueprint_id"]).lower()
    if "user" in body:
        device.user = tenant.users[str(body["user"]).lower()] if body["user"] is not None else None
    if "asset_tag" in body:
        device.asset_tag = body["asset_tag"] or ""
    if "tags" in body:
        device.tags = list(body["tags"] or [])
        for tag in device.tags:
            tenant.add_tag(tag)
    if moved:
        device.evaluate()
        tenant.record_device("update", device)
    tenant.changed()


def get_details(tenant: Tenant, call: Call) -> Answer:
    """Return the details of a device."""
    device = find_device(tenant, call)
    blueprint = tenant.blueprints.get(device.blueprint_id)
    return Answer(
        {
            "general": {
                "device_id": device.id,
                "device_name": device.name,
                "last_enrollment": str(device.enrolled_at),
                "first_enrollment": str(device.enrolled_at),
                "model": device.model,
                "platform": device.platform,
                "os_version": device.os_version,
                "supplemental_build_version": device.build,
                "supplemental_os_version_extra": "",
                "system_version": f"{device.os_version} ({device.build})",
                "asset_tag": device.asset_tag,
                "assigned_user": render_user(device),
                "blueprint_name": blueprint.name if blueprint else "",
                "blueprint_uuid": device.blueprint_id,
            },
            "mdm": {
                "mdm_enabled": str(not (device.is_removed or device.left_mdm)),
                "supervised": "True",
                "last_check_in": str(device.last_check_in),
            },
            "lost_mode": {},
            "kandji_agent": {
                "agent_installed": str(device.platform == "Mac"),
                "last_check_in": stamp(device.last_check_in),
            },
            "hardware_overview": {
                "model_name": device.model,
                "model_identifier": device.model_id,
                "udid": device.udid,
                "serial_number": device.serial,
            },
            "volumes": [],
            "network": {"mac_address": device.mac_address},
            "recovery_information": {},
            "users": {"regular_users": [], "system_users": []},
            "installed_profiles": (
                [_installed_profile(row.columns, row.created_at) for row in device.report.profiles]
                if device.report
                else []
            ),
            "apple_business_manager": {},
            "security_information": {},
            "cellular": {},
            "tags": list(device.tags),
        }
    )


def _installed_profile(columns: dict[str, t.Any], since: t.Any) -> dict[str, t.Any]:
    """Return an installed profile as a device's details list it.

    Prism has other names for the same report.
    """
    return {
        "name": columns["profile_display_name"],
        "uuid": columns["payload_uuid"],
        "verified": "verified",
        "identifier": columns["payload_identifier"],
        "organization": columns["organization"],
        "payload_types": [payload["type"] for payload in columns["profile_data"]],
        "install_date": since.strftime("%Y-%m-%d %H:%M:%S +0000"),
    }


def get_apps(tenant: Tenant, call: Call) -> Answer:
    """Return the apps of a device."""
    device = find_device(tenant, call)
    apps = device.report.apps if device.report else []
    return Answer(
        {
            "device_id": device.id,
            "apps": [
                {
                    "app_id": str(index),
                    "app_name": row.columns["name"],
                    "bundle_id": row.columns["bundle_id"],
                    "bundle_size": "1",
                    "app_store_vendable": "",
                    "device_based_vpp": "",
                    "source": row.columns["obtained_from"],
                    "process": row.columns["name"],
                    "signature": row.columns["signature"],
                    "creation_date": stamp(row.created_at),
                    "modification_date": stamp(row.created_at),
                    "path": row.columns["path"],
                    "version": row.columns["version"],
                }
                for index, row in enumerate(apps, 80_000)
            ],
        }
    )


def get_library_items(tenant: Tenant, call: Call) -> Answer:
    """Return the library items of a device with their status."""
    return Answer(_library_items(tenant, find_device(tenant, call)))


def _library_items(tenant: Tenant, device: Device) -> dict[str, t.Any]:
    blueprint = tenant.blueprints.get(device.blueprint_id)
    rows = []
    for item in tenant.assignments.items_for(device):
        status = tenant.deliveries.status_of(device, item)
        rows.append(
            {
                "id": status.id,
                **render_status(status),
                "item_id": item.id,
                "name": item.name,
                "type": item.type,
                "computer": {"id": device.id, "name": device.name},
                "blueprint": {
                    "id": device.blueprint_id,
                    "name": blueprint.name if blueprint else "",
                },
                "rules_present": False,
            }
        )
    return {"device_id": device.id, "library_items": rows}


def get_status(tenant: Tenant, call: Call) -> Answer:
    """Return the status of a device."""
    device = find_device(tenant, call)
    names = ("id", "item_id", "name", "status", "reported_at", "type", "last_audit_log", "log")
    items = [
        {name: row[name] for name in names}
        for row in _library_items(tenant, device)["library_items"]
    ]
    return Answer({"device_id": device.id, "library_items": items, "parameters": []})


def act(tenant: Tenant, call: Call) -> Answer:
    """Ask a device for an action: 200 without a body; it is pending until the device checks in."""
    device = find_device(tenant, call)
    action = call.operation.path.rpartition("/")[2]
    if device.is_removed:
        raise bad_request("Command is not allowed for current device")
    if action in device.pending:
        raise bad_request("Command already running")
    device.pending.add(action)
    return Answer(None)


def find_device(tenant: Tenant, call: Call) -> Device:
    """Return the device of a request's path. Raises the refusal 404."""
    device = tenant.devices.get(call.path["device_id"].lower())
    if device is None:
        raise not_found()
    return device


# Users and tags


def list_users(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the users that the query selects."""
    users = list(tenant.users.values())
    if call.query.get("email"):
        users = [user for user in users if call.query["email"].lower() in user.email.lower()]
    if call.query.get("id"):
        users = [user for user in users if user.id == call.query["id"].lower()]
    if call.query.get("archived"):
        users = [
            user for user in users if user.archived is (call.query["archived"].lower() == "true")
        ]
    return Answer(
        by_cursor(
            tenant, call, users, lambda user: _render_kandji_user(tenant, user), size=PAGE_CAP
        )
    )


def get_user(tenant: Tenant, call: Call) -> Answer:
    """Return one user."""
    user = tenant.users.get(call.path["user_id"].lower())
    if user is None:
        raise not_found()
    return Answer(_render_kandji_user(tenant, user))


def _render_kandji_user(tenant: Tenant, user: KandjiUser) -> dict[str, t.Any]:
    def owned() -> dict[str, int]:
        counts: dict[str, int] = {}
        for device in tenant.devices.values():
            if device.user and not device.is_removed:
                counts[device.user.id] = counts.get(device.user.id, 0) + 1
        return counts

    return {
        "active": not user.archived,
        "archived": user.archived,
        "created_at": stamp(user.created_at),
        "department": None,
        "deprecated_user_id": str(user.number),
        "email": user.email,
        "id": user.id,
        "integration": {"id": 634, "name": "okta", "type": "scim"},
        "job_title": None,
        "name": user.name,
        "device_count": tenant.remembered("devices by user", owned).get(user.id, 0),
        "updated_at": stamp(user.created_at),
    }


def list_tags(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the tags that the query selects."""
    tags = [
        (name, tag_id)
        for name, tag_id in tenant.tags.items()
        if call.query.get("search", "") in name
    ]
    return Answer(envelope(tenant, call, tags, lambda tag: {"id": tag[1], "name": tag[0]}))


def create_tag(tenant: Tenant, call: Call) -> Answer:
    """Create a tag."""
    name = json_body(call).get("name")
    if not name:
        raise bad_request({"name": ["This field is required."]})
    if name in tenant.tags:
        raise bad_request({"name": ["tag with this name already exists."]})
    return Answer({"id": tenant.add_tag(name), "name": name}, 201)


def count_licenses(tenant: Tenant, _call: Call) -> Answer:
    """Return the devices that need a license, by platform, and the limit of the plan."""
    counts = {"Mac": 0, "iPhone": 0, "iPad": 0, "AppleTV": 0}
    for device in tenant.devices.values():
        counts[device.platform] = counts.get(device.platform, 0) + (not device.is_removed)
    total = sum(counts.values())
    return Answer(
        {
            "counts": {
                "computers_count": total,
                "ios_count": counts["iPhone"],
                "ipados_count": counts["iPad"],
                "macos_count": counts["Mac"],
                "tvos_count": counts["AppleTV"],
            },
            "limits": {
                "plan_type": "single_limit",
                "max_devices": total + 100,
                "max_devices_per_platform": {"macos": 0, "ios_ipados": 0},
            },
            "tenantOverLicenseLimit": False,
        }
    )
