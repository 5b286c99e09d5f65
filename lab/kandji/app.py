# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Kandji API."""

from __future__ import annotations

import functools
import re
import typing as t
from datetime import datetime, timedelta

from lab.http import Answer, Call, Operation, Refusal, VendorApp
from lab.kandji import (
    audit_operations,
    blueprint_operations,
    command_operations,
    device_operations,
    library_operations,
    prism_operations,
    script_operations,
)
from lab.kandji.tenant import Tenant
from lab.state import World

Handler = t.Callable[[Tenant, Call], Answer]

# The names are those of the vendor.
OPERATIONS: list[tuple[str, str, str, Handler]] = [
    ("List Custom Profiles", "GET", "/library/custom-profiles", library_operations.list_profiles),
    (
        "Create Custom Profile",
        "POST",
        "/library/custom-profiles",
        library_operations.create_profile,
    ),
    (
        "Get Custom Profile",
        "GET",
        "/library/custom-profiles/{library_item_id}",
        library_operations.get_profile,
    ),
    (
        "Update Custom Profile",
        "PATCH",
        "/library/custom-profiles/{library_item_id}",
        library_operations.update_profile,
    ),
    (
        "Delete Custom Profile",
        "DELETE",
        "/library/custom-profiles/{library_item_id}",
        library_operations.delete_profile,
    ),
    ("List Custom Scripts", "GET", "/library/custom-scripts", script_operations.list_scripts),
    ("Create Custom Script", "POST", "/library/custom-scripts", script_operations.create_script),
    (
        "Get Custom Script",
        "GET",
        "/library/custom-scripts/{library_item_id}",
        script_operations.get_script,
    ),
    (
        "Update Custom Script",
        "PATCH",
        "/library/custom-scripts/{library_item_id}",
        script_operations.update_script,
    ),
    (
        "Delete Custom Script",
        "DELETE",
        "/library/custom-scripts/{library_item_id}",
        script_operations.delete_script,
    ),
    ("List Custom Apps", "GET", "/library/custom-apps", script_operations.list_apps),
    (
        "List Self Service Categories",
        "GET",
        "/self-service/categories",
        script_operations.list_categories,
    ),
    (
        "Get Library Item Statuses",
        "GET",
        "/library/library-items/{library_item_id}/status",
        library_operations.list_statuses,
    ),
    (
        "Get Library Item Activity",
        "GET",
        "/library/library-items/{library_item_id}/activity",
        library_operations.list_activity,
    ),
    ("List Blueprints", "GET", "/blueprints", blueprint_operations.list_blueprints),
    ("Get Blueprint", "GET", "/blueprints/{blueprint_id}", blueprint_operations.get_blueprint),
    (
        "List Library Items",
        "GET",
        "/blueprints/{blueprint_id}/list-library-items",
        blueprint_operations.list_items,
    ),
    (
        "Assign Library Item",
        "POST",
        "/blueprints/{blueprint_id}/assign-library-item",
        blueprint_operations.assign_item,
    ),
    (
        "Remove Library Item",
        "POST",
        "/blueprints/{blueprint_id}/remove-library-item",
        blueprint_operations.remove_item,
    ),
    ("List Devices", "GET", "/devices", device_operations.list_devices),
    ("Get Device", "GET", "/devices/{device_id}", device_operations.get_device),
    ("Update Device", "PATCH", "/devices/{device_id}", device_operations.update_device),
    ("Get Device Details", "GET", "/devices/{device_id}/details", device_operations.get_details),
    ("Get Device Apps", "GET", "/devices/{device_id}/apps", device_operations.get_apps),
    (
        "Get Device Library Items",
        "GET",
        "/devices/{device_id}/library-items",
        device_operations.get_library_items,
    ),
    ("Get Device Status", "GET", "/devices/{device_id}/status", device_operations.get_status),
    ("Daily check-in", "POST", "/devices/{device_id}/action/dailycheckin", device_operations.act),
    (
        "Update Inventory",
        "POST",
        "/devices/{device_id}/action/updateinventory",
        device_operations.act,
    ),
    ("Send Blankpush", "POST", "/devices/{device_id}/action/blankpush", device_operations.act),
    ("Lock Device", "POST", "/devices/{device_id}/action/lock", command_operations.lock),
    ("Erase Device", "POST", "/devices/{device_id}/action/erase", command_operations.erase),
    (
        "Get Device Commands",
        "GET",
        "/devices/{device_id}/commands",
        command_operations.list_commands,
    ),
    (
        "Certificates",
        "GET",
        "/prism/certificates",
        functools.partial(prism_operations.answer, category="certificates"),
    ),
    (
        "Installed profiles",
        "GET",
        "/prism/installed_profiles",
        functools.partial(prism_operations.answer, category="installed_profiles"),
    ),
    (
        "Applications",
        "GET",
        "/prism/apps",
        functools.partial(prism_operations.answer, category="apps"),
    ),
    ("List users", "GET", "/users", device_operations.list_users),
    ("Get user", "GET", "/users/{user_id}", device_operations.get_user),
    ("Get Tags", "GET", "/tags", device_operations.list_tags),
    ("Create Tag", "POST", "/tags", device_operations.create_tag),
    ("Licensing", "GET", "/settings/licensing", device_operations.count_licenses),
    ("List audit events", "GET", "/audit/events", audit_operations.list_events),
]

# In no documentation: iructl asks it, without a token, before anything else, and wants no more than
# a status below 400.
PING = "ping"
UNLIMITED = 100_000  # requests a second, where the switch says any number


class KandjiApp(VendorApp):
    """Bearer token, permissions by operation, 10,000 requests an hour, Kong in front."""

    vendor = "kandji"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.tenant: Tenant = world.kandji
        self._hour: datetime | None = None
        self._used = 0
        self._second: datetime | None = None
        self._used_in_second = 0
        self._operations = self._build()
        for operation in self._operations:
            if operation.permission:
                self.tenant.permissions.setdefault(operation.permission, True)

    def operations(self) -> list[Operation]:
        """Return all operations."""
        return self._operations

    def _build(self) -> list[Operation]:
        ping = Operation(PING, "GET", "/app/v1/ping", lambda _call: Answer())
        return [
            ping,
            *(
                Operation(
                    name,
                    verb,
                    f"/api/v1{path}",
                    functools.partial(handler, self.tenant),
                    writes=verb != "GET",
                    permission=name,
                )
                for name, verb, path, handler in OPERATIONS
            ),
        ]

    def admit(self, call: Call) -> None:
        """Check the token, count the request and check the permission; raise Refusal."""
        if call.operation.name == PING:
            return
        scheme, _blank, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise Refusal(Answer({"detail": "Authentication credentials were not provided."}, 401))
        if token in self.tenant.revoked_tokens:
            raise Refusal(Answer({"detail": "Invalid token."}, 401))
        if token != self.tenant.api_token:  # the gateway answers this one itself, and not in JSON
            raise Refusal(Answer(b"Unauthorized", 401, media_type="text/plain"))
        self._count(call)
        if not self.tenant.permissions[call.operation.permission]:
            raise Refusal(
                Answer({"detail": "You do not have permission to perform this action."}, 403)
            )
        call.principal = token

    def _count(self, call: Call) -> None:
        now = self.world.clock.now()
        if self._hour is None or now >= self._hour + timedelta(hours=1):
            self._hour, self._used = now, 0
        self._used += 1
        if self._used > self.tenant.hourly_limit:
            left = (self._hour + timedelta(hours=1) - now).total_seconds()
            raise Refusal(self.too_many(call, left + 1, False))
        self._count_in_second(call, now.replace(microsecond=0))

    def _count_in_second(self, call: Call, second: datetime) -> None:
        if self._second != second:
            self._second, self._used_in_second = second, 0
        self._used_in_second += 1
        limit = self.world.switches.per_second_limit
        if limit and self._used_in_second > limit:
            raise Refusal(self.too_many(call, 1, False))

    def _rate_headers(self) -> dict[str, str]:
        """Return what the gateway says of its limits, as recorded in 2024."""
        second = str(self.world.switches.per_second_limit or UNLIMITED)
        left = str(max(0, int(second) - self._used_in_second))
        hour = self.tenant.hourly_limit
        return {
            "RateLimit-Limit": second,
            "RateLimit-Remaining": left,
            "RateLimit-Reset": "1",
            "X-RateLimit-Limit-Hour": str(hour),
            "X-RateLimit-Remaining-Hour": str(max(0, hour - self._used)),
            "X-RateLimit-Limit-Second": second,
            "X-RateLimit-Remaining-Second": left,
        }

    def too_many(self, call: Call, seconds: float, concurrency: bool) -> Answer:
        """Return the answer 429, whose body and header the vendor does not document: switches."""
        switches = self.world.switches
        headers = {"Retry-After": str(int(seconds))} if switches.retry_after else {}
        if switches.too_many_body == "html":
            return Answer(
                b"<html><body><h1>429 Too Many Requests</h1></body></html>",
                429,
                headers,
                media_type="text/html",
            )
        return Answer(
            {"detail": "Request was throttled."} if switches.too_many_body == "detail" else None,
            429,
            headers,
        )

    def not_found(self, path: str) -> Answer:
        """Return the gateway's answer for an unknown path."""
        return Answer(
            {
                "message": "no Route matched with those values",
                "request_id": self.world.uuid().replace("-", ""),
            },
            404,
        )

    def finish(self, call: Call | None, answer: Answer) -> None:
        """Add the gateway's headers, and write ids in mixed case if the switch says so."""
        if call and call.operation.name != PING and answer.status != 401:
            for name, value in self._rate_headers().items():
                answer.headers.setdefault(name, value)
        if self.world.switches.mixed_case_ids:
            answer.body = mixed_case(answer.body)


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mixed_case(value: t.Any, key: str = "id") -> t.Any:
    """Return a body with its ids in mixed case, for the switch ``mixed_case_ids``."""
    if isinstance(value, dict):
        return {name: mixed_case(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [mixed_case(entry, key) for entry in value]
    if isinstance(value, str) and key.endswith("id") and _UUID.fullmatch(value):
        return value[:18].upper() + value[18:]
    return value
