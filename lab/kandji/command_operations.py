# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands to lock and to erase a device, and the list of a device's commands."""

from __future__ import annotations

import typing as t
from datetime import datetime

from lab.http import Answer, Call
from lab.kandji.device_operations import find_device
from lab.kandji.library_operations import stamp
from lab.kandji.model import Command, Device
from lab.kandji.paging import bad_request, envelope, json_body
from lab.kandji.tenant import Tenant

REQUEST_TYPES = {"lock": "DeviceLock", "erase": "EraseDevice"}  # Apple's


def lock(tenant: Tenant, call: Call) -> Answer:
    """Send the command to lock a device: 200 with the PIN of a Mac."""
    device = find_device(tenant, call)
    json_body(call)
    if device.unlock_pin:
        raise bad_request("This device is already locked.")
    command = _send(tenant, device, "lock")
    if device.platform != "Mac":
        return Answer(None)
    command.pin = f"{tenant.world.random.randrange(1_000_000):06}"
    return Answer({"PIN": command.pin})


def erase(tenant: Tenant, call: Call) -> Answer:
    """Send the command to erase a device: 200 without a body."""
    device = find_device(tenant, call)
    json_body(call)
    _send(tenant, device, "erase")
    return Answer(None)


def _send(tenant: Tenant, device: Device, action: str) -> Command:
    if device.is_removed or device.left_mdm:
        raise bad_request("Command is not allowed for current device")
    if any(each.action == action and each.status == 1 for each in device.commands):
        raise bad_request("Command already running")
    command = Command(tenant.world.uuid(), REQUEST_TYPES[action], tenant.world.clock.now(), action)
    device.commands.append(command)
    return command


def list_commands(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the commands that were sent to a device."""
    device = find_device(tenant, call)
    hidden = tenant.world.switches.command_request_types == "other"

    def render(command: Command) -> dict[str, t.Any]:
        name = "LockOrErase" if hidden and command.action else command.request_type
        return {
            "uuid": command.id,
            "error_chain": [],
            "command_type": name,
            "request_type": name,
            "metadata": {},
            "request_requires_network_tether": False,
            "status": command.status,
            "attempts": 0 if command.status == 1 else 1,
            "date_requested": stamp(command.requested_at),
            "date_completed": stamp(command.completed_at) if command.completed_at else None,
            "last_pushed": stamp(command.requested_at),
            "user": None,
            "priority": 0,
        }

    return Answer(
        {"device_id": device.id, "commands": envelope(tenant, call, device.commands, render)}
    )


def carry_out(device: Device, now: datetime) -> str:
    """Complete the first open command of a device. Return its action, "" if there is none."""
    for command in device.commands:
        if command.status == 1:
            command.completed_at = now
            if command.action == "lock":
                device.unlock_pin = command.pin or "locked"
            return command.action
    return ""
