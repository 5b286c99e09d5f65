#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_device_release
short_description: Release the Macs of a person who leaves in Kandji
version_added: 0.1.0
description:
  - Takes the person off the Macs that Kandji assigns to them, and moves the Macs to another
    blueprint if one is named. Both are one request (C(Update Device)) for each Mac.
  - A Mac that moves loses at its next MDM check-in what the other blueprint does not have. If that
    is the SCEP profile, its certificate goes with it.
  - Kandji's assignment is the state. A Mac without the person is not selected, so the next run
    after an interruption releases the rest.
  - Calls are one for each 300 devices of an address of the person, one for the blueprints, and two
    for each Mac.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
options:
  person:
    description: E-mail address of the person in Kandji, compared without case.
    type: str
    required: true
  other_addresses:
    description:
      - Other e-mail addresses that Kandji may have of the same person, such as a login in Okta that
        is not the address in their profile. Macs of each are released.
      - O(person) and O(other_addresses) are each refused if Kandji has several users with it.
    type: list
    elements: str
    default: []
  blueprint:
    description: Name or id of the blueprint to move the Macs to. Without it they stay in theirs.
    type: str
  shared_serials:
    description: Serial numbers of Macs that others use, too. They lose the person, and stay in
      their blueprint.
    type: list
    elements: str
    default: []
  max_devices:
    description: How many Macs one run may release.
    type: int
    default: 10
seealso:
  - module: devicetrust.okta_kandji.okta_device
"""

EXAMPLES = r"""
- name: Release the Macs of a person who left, and move them to the blueprint for stock
  devicetrust.okta_kandji.kandji_device_release:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    person: ann@acme.com
    other_addresses: [a123@corp.acme.com]
    blueprint: Staging
    shared_serials: [FVFXC2ABQ05D]
    max_devices: 3
"""

RETURN = r"""
devices:
  description: The devices that Kandji assigned to the person, and what the module did with each.
  returned: success
  type: list
  elements: dict
  contains:
    serial_number:
      description: Serial number.
      type: str
      returned: always
    device_id:
      description: Id in Kandji.
      type: str
      returned: always
    name:
      description: Name in Kandji.
      type: str
      returned: always
    person:
      description: Address that it was assigned to before the run.
      type: str
      returned: always
    blueprint:
      description: Name of its blueprint before the run.
      type: str
      returned: always
    state:
      description: V(changed), V(skipped), or in check mode V(would_change).
      type: str
      returned: always
    reason:
      description: What becomes of it, or why it is skipped.
      type: str
      returned: always
    reason_code:
      description: Why it is skipped, C(other_platform) or C(assigned_to_others). Null if it is not.
      type: str
      returned: always
  sample:
    - serial_number: C02XK1ZAJG5J
      device_id: 6f5a5f5e-3d3b-4a8f-a1f1-6a2d6f3f7a10
      name: MacBook of Ann
      person: ann@acme.com
      blueprint: Engineering
      state: changed
      reason: It has no person any more, and stays in 'Engineering'.
      reason_code: null
report:
  description: Lines of text for an operator, one for each device. They name an address that is not
    O(person).
  returned: success
  type: list
  elements: str
  sample: ["C02XK1ZAJG5J, MacBook of Ann: changed. It has no person any more, and stays in
      'Engineering'."]
changes:
  description: One line for each Mac that the module released, or would release in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update Mac C02XK1ZAJG5J: blueprint, person"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Update Device, verb: PATCH, count: 1}
"""

from ..module_utils._core.changes import Change, Shown
from ..module_utils._core.errors import BadOption, DeviceTrustError, NotFound, Refused, Unreadable
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, ArgumentSpec, Params, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.text import abbreviate, split_lines, unique_spellings
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.device_release import (
    Release,
    check_limit,
    is_assigned_to,
    plan_release,
)
from ..module_utils._kandji.lookups import blueprint_catalog
from ..module_utils._kandji.records import Blueprint, KandjiDevice

OPTIONS: ArgumentSpec = {
    "person": {"type": "str", "required": True},
    "other_addresses": {"type": "list", "elements": "str", "default": []},
    "blueprint": {"type": "str"},
    "shared_serials": {"type": "list", "elements": "str", "default": []},
    "max_devices": {"type": "int", "default": 10},
}
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.UPDATE_DEVICE,
)


def run(ctx: ModuleContext) -> Result:
    """Return what became of the person's devices. Raise Refused, before any write, by a limit."""
    params, kandji = ctx.params, ctx.kandji
    person, addresses = _addresses(params)
    shared = {serial.lower() for serial in split_lines(params["shared_serials"])}
    blueprint = _find_blueprint(ctx)

    def plan(device: KandjiDevice) -> Release:
        return plan_release(device, addresses, blueprint, shared)

    releases = [plan(device) for device in _find_devices(ctx, addresses)]
    check_limit(releases, person, params["max_devices"])
    done: list[Release] = []
    for release in releases:
        try:
            if release.releases and not ctx.check_mode:
                release = plan(_read_again(ctx, release.device))
                if release.releases:
                    kandji.release_device(release.device, release.to.id if release.to else None)
        except DeviceTrustError as error:
            error.details["devices"] = _rows(done, ctx.check_mode)
            raise
        done.append(release)
    rows = _rows(done, ctx.check_mode)
    return build_result(
        [_change(release) for release in done if release.releases],
        devices=rows,
        report=[
            f"{row['serial_number']}, {row['name'] or 'no name'}:"
            f" {str(row['state']).replace('_', ' ')}. {row['reason']}"
            f"{_name_other(row['person'], person)}"
            for row in rows
        ],
    )


def _addresses(params: Params) -> tuple[str, list[str]]:
    """Return the address of the person, and all addresses of theirs."""
    person = params["person"].strip()
    if not person:
        raise BadOption("person: it is empty. Set the e-mail address of the person in Kandji.")
    return person, unique_spellings([person, *split_lines(params["other_addresses"])])


def _find_devices(ctx: ModuleContext, addresses: list[str]) -> list[KandjiDevice]:
    """Return the devices of addresses.

    Raise Refused if several users have one of these, and Unreadable if a device that Kandji finds
    by one shows none.
    """
    by_id: dict[str, KandjiDevice] = {}
    for address in addresses:
        matching = list(ctx.kandji.devices(user_email=address))
        hidden = [each.serial or each.device_id for each in matching if each.hides_email]
        if hidden:
            raise Unreadable(
                f"Kandji found {abbreviate(hidden, 5)} by the address {address} and does not"
                " show the e-mail address of the person, so whose they are is unknown. Nothing was"
                " written. Run again. If the error stays, check the device in Kandji's web app.",
                vendor="kandji",
            )
        devices = [each for each in matching if is_assigned_to(each, address)]
        users = {each.user_id for each in devices} - {""}
        if len(users) > 1:
            raise Refused(
                f"person: Kandji has {len(users)} users with the address {address}, so whose Macs"
                " to release is unknown. Nothing was written. Correct the addresses in Kandji."
            )
        by_id.update((each.device_id, each) for each in devices)
    return list(by_id.values())


def _find_blueprint(ctx: ModuleContext) -> Blueprint | None:
    wanted = ctx.params["blueprint"]
    if not wanted:
        return None
    return blueprint_catalog(list(ctx.kandji.blueprints())).resolve_one(wanted, "blueprint")


def _read_again(ctx: ModuleContext, device: KandjiDevice) -> KandjiDevice:
    """Return the device as it is now. One that is gone is assigned to nobody."""
    try:
        return ctx.kandji.device(device.device_id)
    except NotFound:
        return KandjiDevice(device.device_id, device.serial, device.name, device.platform)


def _rows(releases: list[Release], check_mode: bool) -> list[dict[str, object]]:
    done = "would_change" if check_mode else "changed"
    return [
        {
            "serial_number": release.device.serial,
            "device_id": release.device.device_id,
            "name": release.device.name or None,
            "person": release.device.person or None,
            "blueprint": release.device.blueprint_name or None,
            "state": done if release.releases else "skipped",
            "reason": release.reason,
            "reason_code": release.code,
        }
        for release in releases
    ]


def _name_other(assigned: object, person: str) -> str:
    """Return to which other address a device was assigned, "" if it is that of the person."""
    address = str(assigned or "")
    return "" if address.lower() in ("", person.lower()) else f" It was assigned to {address}."


def _change(release: Release) -> Change:
    device = release.device
    before: Shown = {"person": device.person}
    after: Shown = {"person": None}
    if release.to:
        before["blueprint"], after["blueprint"] = device.blueprint_name, release.to.name
    return Change("update", f"Mac {device.serial or device.device_id}", before, after)


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
