# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's part of the API: custom profiles, statuses and activity of items."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Refusal
from lab.kandji import profiles
from lab.kandji.model import (
    PLATFORM_SWITCHES,
    CustomProfile,
    Device,
    ItemStatus,
    LibraryItem,
    NativeScep,
)
from lab.kandji.paging import bad_request, envelope, not_found, numbered, require_media_type
from lab.kandji.tenant import Tenant

HTML_404 = (
    b"<!doctype html><html><head><title>Not Found</title></head><body><h1>Not"
    b" Found</h1></body></html>"
)
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
TRUE, FALSE = ("true", "1", "on", "yes"), ("false", "0", "off", "no")


def stamp(time: t.Any) -> str | None:
    """Return a timestamp like 2023-03-10T19:27:58.677287Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time else None


def seconds(time: t.Any) -> str | None:
    """Return a timestamp like 2023-10-23T19:47:33Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def render_profile(tenant: Tenant, profile: CustomProfile) -> dict[str, t.Any]:
    """Return a Custom Profile as the API lists it."""
    flags = {switch: platform in profile.runs_on for platform, switch in PLATFORM_SWITCHES.items()}
    flags |= {"runs_on_android": False, "runs_on_windows": False}
    return {
        "id": profile.id,
        "name": profile.name,
        "active": profile.active,
        "profile": profile.text,
        "mdm_identifier": profile.mdm_identifier,
        **(flags if tenant.world.switches.profile_flags_listed else {}),
        "created_at": stamp(profile.created_at),
        "updated_at": stamp(profile.updated_at),
    }


def list_profiles(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the Custom Profiles."""
    return Answer(
        numbered(
            tenant,
            call,
            tenant.library.profiles(),
            lambda profile: render_profile(tenant, profile),
            size=tenant.profile_page_size,
        )
    )


def create_profile(tenant: Tenant, call: Call) -> Answer:
    """Create a Custom Profile."""
    require_media_type(call, *FORMS)
    missing = {"name": ["This field is required."]} if not call.form.get("name") else {}
    missing |= {"file": ["No file was submitted."]} if not call.form.get("file") else {}
    if missing:
        raise bad_request(missing)
    runs_on = _platforms(call, set())
    document = _document(call)
    profile = tenant.library.create_profile(
        name=_text(call.form["name"]),
        document=document,
        runs_on=runs_on,
        active=_flag(call, "active", True),
    )
    return Answer(render_profile(tenant, profile), 201)


def get_profile(tenant: Tenant, call: Call) -> Answer:
    """Return one Custom Profile."""
    return Answer(render_profile(tenant, _profile(tenant, call)))


def update_profile(tenant: Tenant, call: Call) -> Answer:
    """Change a Custom Profile."""
    profile = _profile(tenant, call)
    require_media_type(call, *FORMS)
    tenant.library.update_profile(
        profile,
        name=_text(call.form.get("name") or profile.name),
        document=_document(call) if call.form.get("file") else None,
        runs_on=_platforms(call, profile.runs_on),
        active=_flag(call, "active", profile.active),
    )
    return Answer(render_profile(tenant, profile))


def delete_profile(tenant: Tenant, call: Call) -> Answer:
    """Delete a Custom Profile."""
    item_id = call.path["library_item_id"].lower()
    if not isinstance(tenant.items.get(item_id), CustomProfile):
        raise Refusal(Answer(HTML_404, 404, media_type="text/html"))
    tenant.library.delete_item(item_id)
    return Answer(None, 204)


def _profile(tenant: Tenant, call: Call) -> CustomProfile:
    profile = tenant.items.get(call.path["library_item_id"].lower())
    if not isinstance(profile, CustomProfile):
        raise not_found()
    return profile


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _flag(call: Call, name: str, default: bool) -> bool:
    value = _text(call.form.get(name, "")).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    if value == "":
        return default
    raise bad_request({name: ["Must be a valid boolean."]})


def _platforms(call: Call, current: set[str]) -> set[str]:
    chosen = {
        platform
        for platform, switch in PLATFORM_SWITCHES.items()
        if _flag(call, switch, platform in current)
    }
    if not chosen:  # that the tenant refuses this is known, its words are not
        raise bad_request({"non_field_errors": ["At least one runs_on field must be true."]})
    return chosen


def _document(call: Call) -> dict[str, t.Any]:
    try:
        return profiles.parse(call.form["file"])
    except ValueError:  # that a tenant refuses it is certain, its words are not known
        raise bad_request({"file": ["Invalid profile."]}) from None


# Statuses and activity, of items of any type


def list_statuses(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the status of an item on its devices."""
    item = tenant.items.get(call.path["library_item_id"].lower())
    made_in_console = isinstance(item, NativeScep) or (item is not None and item.type == "vpp-app")
    if item is None or (made_in_console and not tenant.world.switches.status_of_console_items):
        raise not_found()
    devices = tenant.assignments.in_scope(item)
    if call.query.get("computer_id"):
        devices = [device for device in devices if device.id == call.query["computer_id"].lower()]
    return Answer(envelope(tenant, call, devices, lambda device: _status_row(tenant, device, item)))


def _status_row(tenant: Tenant, device: Device, item: LibraryItem) -> dict[str, t.Any]:
    blueprint = tenant.blueprints[device.blueprint_id]
    return {
        "id": tenant.deliveries.status_of(device, item).id,
        "blueprint": {"id": blueprint.id, "name": blueprint.name},
        "computer": {"id": device.id, "name": device.name},
        **render_status(tenant.deliveries.status_of(device, item)),
    }


def render_status(status: ItemStatus) -> dict[str, t.Any]:
    """Return a status as the API lists it."""
    return {
        "status": status.status,
        "reported_at": seconds(status.reported_at),
        "log": status.log,
        "last_audit_run": None,
        "last_audit_log": None,
        "control_log": None,
        "control_reported_at": None,
    }


def list_activity(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the activity of an item, newest first."""
    item_id = call.path["library_item_id"].lower()
    if item_id not in tenant.items:
        raise not_found()
    rows = [
        row
        for row in reversed(tenant.library.activity.get(item_id, []))
        if call.query.get("activity_type") in (None, "", row["activity_type"])
    ]
    return Answer(envelope(tenant, call, rows, lambda row: row))
