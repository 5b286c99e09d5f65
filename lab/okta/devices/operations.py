# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device records, their users and device integrations in Okta's management API."""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Operation
from lab.okta.devices.records import Record
from lab.okta.devices.registry import WrongStatus
from lab.okta.devices.search import compile_search
from lab.okta.errors import refuse
from lab.okta.filters import BadFilter, Unsupported
from lab.okta.operation_base import read_operation, write_operation
from lab.okta.org import Org
from lab.okta.paging import build_page, make_cursor, read_number, read_position
from lab.okta.serializers import device_shape, device_user, link_shape, user_summary

DEVICES = "/api/v1/devices"


class DeviceOperations:
    """The operations on device records of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operations."""
        device = DEVICES + "/{deviceId}"
        return [
            read_operation("listDevices", DEVICES, self._list_devices),
            read_operation("getDevice", device, self._get_device),
            write_operation("deleteDevice", "DELETE", device, self._delete_device),
            *(
                write_operation(
                    f"{step}Device", "POST", f"{device}/lifecycle/{step}", self._step(step)
                )
                for step in ("activate", "deactivate", "suspend", "unsuspend")
            ),
            read_operation("listDeviceUsers", f"{device}/users", self._list_device_users),
            read_operation(
                "listUserDevices", "/api/v1/users/{userId}/devices", self._list_user_devices
            ),
            read_operation(
                "listDeviceIntegrations",
                "/api/v1/device-integrations",
                self._list_device_integrations,
            ),
        ]

    def _list_devices(self, call: Call) -> Answer:
        limit = read_number(call, "limit", 200, 1, 200)
        expand = call.query.get("expand")
        if expand not in (None, "user", "userSummary"):
            refuse("E0000001", "expand")
        matches = self._search(call.query.get("search"))
        records, last = self.org.registry.search(
            matches, read_position(call), limit, one_behind=call.fault == "stale"
        )
        stale = call.fault == "stale" or self.org.world.switches.stale_managed_in_search
        rows = []
        for record in records:
            row = device_shape(record, call.base_url)
            if expand:
                row["_embedded"] = {
                    "users": self._users(record, call.base_url, expand, stale) or None
                }
            rows.append(row)
        return build_page(call, rows, None if last is None else make_cursor(last))

    @staticmethod
    def _search(text: str | None) -> t.Callable[[Record], bool]:
        try:
            return compile_search(text) if text else lambda record: True
        except (BadFilter, Unsupported) as problem:
            refuse("E0000031", causes=[str(problem)])

    def _users(
        self, record: Record, base_url: str, expand: str, stale: bool = False
    ) -> list[dict[str, t.Any]]:
        shape = device_user if expand == "user" else user_summary
        return [
            link_shape(
                link,
                link.managed_before if stale else link.managed,
                shape(self.org.users[link.user_id], base_url, self.org.realm_id),
            )
            for link in record.users.values()
        ]

    def _record(self, call: Call, kind: str = "Device") -> Record:
        device_id = call.path["deviceId"]
        if device_id not in self.org.devices:
            refuse("E0000007", f"{device_id} ({kind})")
        return self.org.devices[device_id]

    def _get_device(self, call: Call) -> Answer:
        verify = self.org.authenticators["okta_verify"]
        origin = {"originatedFrom": [{"id": verify.id, "name": verify.name, "key": verify.key}]}
        record = self.org.registry.read(self._record(call))
        return Answer({**device_shape(record, call.base_url), "_embedded": origin})

    def _list_device_users(self, call: Call) -> Answer:
        record = self._record(call, "GenericUDObject")  # recorded: here alone
        return Answer(self._users(record, call.base_url, "user"))

    def _list_user_devices(self, call: Call) -> Answer:
        user_id = call.path["userId"]
        if user_id not in self.org.users:
            refuse("E0000007", f"{user_id} (User)")
        held = [
            (record, record.users[user_id])
            for record in self.org.devices.values()
            if user_id in record.users
        ]
        return Answer(
            [
                {
                    "created": link_shape(link, link.managed, {})["created"],
                    "deviceUserId": link.id,
                    "device": device_shape(record, call.base_url),
                }
                for record, link in held
            ]
        )

    def _list_device_integrations(self, call: Call) -> Answer:
        """Answer with signal providers. The Desktop platform is not one of them."""
        integration_id = "din" + self.org.org_id[3:]
        url = f"{call.base_url}/api/v1/device-integrations/{integration_id}"
        return Answer(
            [
                {
                    "id": integration_id,
                    "name": "com.okta.device.osquery",
                    "displayName": "OSQuery",
                    "platform": "MACOS",
                    "status": "DEACTIVATED",
                    "_links": {
                        "self": {"href": url, "hints": {"allow": ["GET"]}},
                        "activate": {
                            "href": f"{url}/lifecycle/activate",
                            "hints": {"allow": ["POST"]},
                        },
                    },
                }
            ]
        )

    def _step(self, name: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            try:
                taken = self.org.registry.step(
                    self._record(call), name, call.headers.get("user-agent", "")
                )
            except WrongStatus as problem:
                refuse("E0000001", "status", [str(problem)])
            if not taken and self.org.world.switches.repeated_lifecycle == 400:
                refuse("E0000001", "status", [f"The step {name} has been taken."])
            return Answer(status=204)

        return take

    def _delete_device(self, call: Call) -> Answer:
        try:
            self.org.registry.delete(self._record(call))
        except WrongStatus as problem:
            refuse(self.org.world.switches.delete_active_error, "status", [str(problem)])
        return Answer(status=204)
