#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_device_action
short_description: Lock or erase lost Macs with Kandji
version_added: 0.1.0
description:
  - Sends the command to lock, or to erase, to exactly the Macs of the given serials, by the
    operations C(Lock Device) and C(Erase Device).
  - Each run that sends needs O(confirm), which names the action and each serial. Check mode returns
    it as RV(confirm).
  - A Mac whose command is pending or completed does not get it again. Kandji's list of its commands
    shows that, so no file is needed, and the next run after an interruption sends the rest.
  - A Mac that may have checked in more than an hour after the command was completed may be in use
    again. It is skipped, and O(allow) with V(done_before) sends the command once more.
  - A Mac that is locked restarts and asks for a PIN, which Kandji makes. No result holds it. The
    Mac reports to Kandji no more until somebody enters it.
  - Kandji says that a locked Mac cannot be erased. Choose one of the two.
  - Kandji does not say whether a Mac that was locked is still locked.
  - Calls are one for each serial, or one for each 300 devices for more than ten serials, and one
    for each 300 commands of a Mac. A command that is sent takes three.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
options:
  action:
    description:
      - V(lock) is undone with the PIN.
      - V(erase) loses the data of the Mac for good.
    type: str
    choices: [lock, erase]
    required: true
  serials:
    description: Serial numbers of the Macs, compared without case. They may come as one text,
      separated by commas or line breaks.
    type: list
    elements: str
    required: true
  confirm:
    description: The action in capital letters and the serials in their order, like
      V(LOCK C02XK1ZAJG5J) or V(ERASE C02XK1ZAJG5J, C02XK1ZAJG5K). The same phrase is valid for the
      rest of an interrupted run.
    type: str
  allow:
    description:
      - The reasons (RV(devices[].reason_code)) for which a Mac gets no command, though it otherwise
        would. A command that is pending is never sent again.
      - V(done_before) sends it also to a Mac that carried it out before.
      - V(other_action) erases a Mac that was locked before, and was unlocked since. It also locks
        one whose erasure is pending, which then does not happen while it is locked.
      - V(state_unknown) sends it although Kandji does not show what became of the last one.
    type: list
    elements: str
    choices: [done_before, other_action, state_unknown]
    default: []
  lock_message:
    description: For V(lock). A text that the locked Mac displays.
    type: str
  phone_number:
    description: For V(lock). A phone number that the locked Mac displays, if it has Apple silicon.
    type: str
  pin_dir:
    description:
      - For V(lock). An existing directory, in which the PIN of each Mac is written to a new file
        that only the user who runs the module can read, like C(C02XK1ZAJG5J.pin). The module
        refuses a file that exists.
      - Without it the PIN is not kept. Kandji's web app shows it on the page of the Mac as soon as
        the Mac has the command.
    type: path
seealso:
  - module: devicetrust.okta_kandji.okta_device
"""

EXAMPLES = r"""
- name: Lock a lost Mac
  devicetrust.okta_kandji.kandji_device_action:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    action: lock
    serials: [C02XK1ZAJG5J]
    confirm: LOCK C02XK1ZAJG5J
    lock_message: This Mac was lost. Please call us.
    phone_number: "+1 555 0100"
    pin_dir: ~/pins

- name: Lock it again, since it was found, unlocked and lost again
  devicetrust.okta_kandji.kandji_device_action:
    action: lock
    serials: [C02XK1ZAJG5J]
    confirm: LOCK C02XK1ZAJG5J
    allow: [done_before]

# URL and token of this one come from the environment, or from module_defaults.
- name: Erase a Mac that stays lost
  devicetrust.okta_kandji.kandji_device_action:
    action: erase
    serials: [C02XK1ZAJG5J]
    confirm: ERASE C02XK1ZAJG5J
"""

RETURN = r"""
devices:
  description: For each serial, what the module did, and why.
  returned: success
  type: list
  elements: dict
  contains:
    serial_number:
      description: Serial number as the option has it.
      type: str
      returned: always
    device_id:
      description: Id of the device in Kandji. Null if there is none, or more than one.
      type: str
      returned: always
    name:
      description: Name of the device in Kandji.
      type: str
      returned: always
    state:
      description: What the module did. V(changed) if it sent the command, V(unchanged), V(skipped),
        or in check mode V(would_change).
      type: str
      returned: always
    reason:
      description: Why, in one or two sentences.
      type: str
      returned: always
    reason_code:
      description:
        - Why the command was not sent. Null if it was.
        - It is a value of O(allow), or C(pending) for a command that the Mac has not answered yet.
          C(no_device), C(several_kandji_devices), C(other_platform) and C(not_managed) say why
          Kandji cannot send one.
      type: str
      returned: always
    pin_file:
      description: Path of the file with the PIN. In check mode, of the file that would be written.
        Null without O(pin_dir), and if the module did not lock the Mac.
      type: str
      returned: always
  sample:
    - serial_number: C02XK1ZAJG5J
      device_id: 6f5a5f5e-3d3b-4a8f-a1f1-6a2d6f3f7a10
      name: MacBook of Ann
      state: changed
      reason: It gets the command to lock, and restarts with a PIN.
      reason_code: null
      pin_file: /home/ops/pins/C02XK1ZAJG5J.pin
report:
  description: Lines of text for an operator. One for each Mac, then RV(console_steps) and the
    phrase that the plan needs.
  returned: success
  type: list
  elements: str
  sample: ["C02XK1ZAJG5J, MacBook of Ann: changed. It gets the command to lock, and restarts with a
      PIN."]
confirm:
  description: The phrase for O(confirm) that confirms this plan. Empty if no command is sent.
  returned: success
  type: str
  sample: LOCK C02XK1ZAJG5J
console_steps:
  description: Where people find the PINs that are in no file of this run.
  returned: success
  type: list
  elements: str
  sample: ["C02XK1ZAJG5J: Kandji's web app shows the PIN on the page of the Mac."]
changes:
  description: One line for each command that the module sent, or would send in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update Mac C02XK1ZAJG5J: lock"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Lock Device, verb: POST, count: 1}
"""

import os
import typing as t
from contextlib import nullcontext

from ..module_utils._core.errors import DeviceTrustError, NotFound
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, ArgumentSpec, arguments
from ..module_utils._core.private_files import check_dest, private_file
from ..module_utils._core.results import Result
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.device_actions import (
    ACTIONS,
    ALLOW,
    ActionOutcome,
    ActionRequest,
    Decision,
    build_action_result,
    check_confirmed,
    decide,
    describe_pins,
    mark_sent,
    refuse_changed_device,
    refuse_device,
)
from ..module_utils._kandji.devices_by_serial import group_by_serial
from ..module_utils._kandji.records import DeviceCommand, KandjiDevice

OPTIONS: ArgumentSpec = {
    "action": {"type": "str", "choices": list(ACTIONS), "required": True},
    "serials": {"type": "list", "elements": "str", "required": True},
    "confirm": {"type": "str"},
    "allow": {"type": "list", "elements": "str", "choices": list(ALLOW), "default": []},
    "lock_message": {"type": "str"},
    "phone_number": {"type": "str"},
    "pin_dir": {"type": "path", "no_log": False},
}
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.DEVICE_COMMANDS,
    kandji_api.LOCK_DEVICE,
    kandji_api.ERASE_DEVICE,
)


class ActionRun:
    """One run. The decisions are made of fresh reads, right before each command."""

    def __init__(self, ctx: ModuleContext, request: ActionRequest) -> None:
        self._ctx, self._request = ctx, request
        self._outcomes: list[ActionOutcome] = []

    def run(self) -> Result:
        """Return what was done. Raise Refused, before any command, without the phrase."""
        request = self._request
        decisions = self._plan()
        sends = [decision for decision in decisions if decision.sends]
        for decision in sends:
            if path := request.find_pin_file(decision.serial):
                check_dest(path, "pin_dir")
        if sends and not self._ctx.check_mode:
            check_confirmed(request.action, request.serials, self._ctx.params["confirm"] or "")
        for decision in decisions:
            try:
                self._outcomes.append(self._carry_out(decision))
            except DeviceTrustError as error:
                error.details["devices"] = [outcome.as_result() for outcome in self._outcomes]
                if pins := describe_pins(request.action, self._ctx.may_have_written()):
                    error.message += f" {pins}"
                raise
        return build_action_result(request, self._outcomes, bool(sends), self._ctx.check_mode)

    def _plan(self) -> list[Decision]:
        known = group_by_serial(self._ctx.kandji.devices_with_serials(self._request.serials))
        decisions = []
        for serial in self._request.serials:
            devices = known.get(serial.lower(), [])
            decisions.append(refuse_device(serial, devices) or self._decide(serial, devices[0])[0])
        return decisions

    def _decide(
        self, serial: str, device: KandjiDevice
    ) -> tuple[Decision, t.Sequence[DeviceCommand]]:
        """Return the decision about a Mac, with its commands, from which it is made."""
        commands = self._ctx.kandji.device_commands(device.device_id)
        request = self._request
        return decide(request.action, serial, device, commands, request.allow), commands

    def _carry_out(self, decision: Decision) -> ActionOutcome:
        if not decision.sends or decision.device is None:
            return ActionOutcome(decision, decision.action)
        path = self._request.find_pin_file(decision.serial)
        if self._ctx.check_mode:
            return ActionOutcome(decision, "would_change", path)
        again, commands = self._decide_again(decision.serial, decision.device)
        if not again.sends or again.device is None:
            return ActionOutcome(again, again.action)
        return self._send(again, again.device, commands, path)

    def _decide_again(
        self, serial: str, device: KandjiDevice
    ) -> tuple[Decision, t.Sequence[DeviceCommand]]:
        """Return the decision about the Mac as it is right before the command."""
        try:
            devices = [self._ctx.kandji.device(device.device_id)]
        except NotFound:
            devices = []
        problem = refuse_changed_device(serial, devices)
        return (problem, ()) if problem else self._decide(serial, devices[0])

    def _send(
        self,
        decision: Decision,
        device: KandjiDevice,
        commands: t.Sequence[DeviceCommand],
        path: str | None,
    ) -> ActionOutcome:
        kandji = self._ctx.kandji
        if self._request.action == "erase":
            if kandji.erase_device(device.device_id, commands):
                return ActionOutcome(decision, "changed")
            return ActionOutcome(mark_sent(decision), "unchanged")
        with private_file(path, "pin_dir") if path else nullcontext() as file:
            pin = kandji.lock_device(device.device_id, commands, self._request.texts)
            if file and pin:
                file.write(f"{pin}\n")
        if path and not pin:
            os.unlink(path)
        if pin == "":
            self._ctx.warn(
                f"{decision.serial}: Kandji's answer to Lock Device has no readable PIN. Read it in"
                " Kandji's web app, on the page of the Mac."
            )
        if pin is None:
            return ActionOutcome(mark_sent(decision), "unchanged")
        return ActionOutcome(decision, "changed", path if pin else None)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result, which never holds a PIN."""
    return ActionRun(ctx, ActionRequest.from_params(ctx.params)).run()


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
