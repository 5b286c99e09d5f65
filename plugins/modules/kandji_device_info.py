#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_device_info
short_description: Read devices in Kandji
version_added: 0.1.0
description:
  - Only reads. Finds devices by serial number or by blueprint. Without either it reads all devices
    of a platform, 300 with a call.
  - Up to 10 serials take a call each; for more the module reads the whole list.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._max_rows
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.kandji
options:
  serial_numbers:
    description: Devices with exactly these serials, compared without case.
    type: list
    elements: str
  blueprints:
    description: Only devices on these blueprints, by name or id.
    type: list
    elements: str
  platform:
    description: Only devices of this platform.
    type: str
    choices: [Mac, iPhone, iPad, AppleTV]
    default: Mac
  library_items:
    description: Whether to return each device with its library items and their statuses, which
      takes a call for each.
    type: bool
    default: false
seealso:
  - module: devicetrust.okta_kandji.device_trust_info
"""

EXAMPLES = r"""
- name: Find out why a Mac does not get its profile
  devicetrust.okta_kandji.kandji_device_info:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    serial_numbers: [C02XK1ZAJG5J]
    library_items: true

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Read all iPads of two blueprints
  devicetrust.okta_kandji.kandji_device_info:
    blueprints: [Engineering, Everyone else]
    platform: iPad
    max_rows: 0
"""

RETURN = r"""
devices:
  description: The devices with the keys of Kandji's operation List Devices. With
    O(library_items=true), C(library_items) holds the library items of each device.
  returned: success
  type: list
  elements: dict
  sample:
    - device_id: 4f6c0f5e-77a1-4b7c-9a3a-0f3a9d3f7b11
      device_name: MacBook of Ann
      serial_number: C02XK1ZAJG5J
      platform: Mac
      os_version: "26.1"
      last_check_in: "2026-11-23T07:40:00.000000Z"
      blueprint_name: Canary
      user: {email: ann@acme.com, name: Ann}
      tags: []
      library_items: [{item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11, name: Okta SCEP - canary,
        type: profile, status: PASS}]
more:
  description: Whether there were more devices than O(max_rows).
  returned: success
  type: bool
  sample: false
absent:
  description: The values of O(serial_numbers) that no device has.
  returned: success
  type: list
  elements: str
  sample: []
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Devices, verb: GET, count: 1}
"""

import typing as t

from ..module_utils._core.json_fields import Row
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, MAX_ROWS, ArgumentSpec, arguments
from ..module_utils._core.results import Result, take_rows
from ..module_utils._core.text import abbreviate
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import read_blueprints
from ..module_utils._kandji.records import KandjiDevice

OPTIONS: ArgumentSpec = {
    **MAX_ROWS,
    "serial_numbers": {"type": "list", "elements": "str"},
    "blueprints": {"type": "list", "elements": "str"},
    "platform": {"type": "str", "choices": ["Mac", "iPhone", "iPad", "AppleTV"], "default": "Mac"},
    "library_items": {"type": "bool", "default": False},
}
USES = (kandji_api.LIST_DEVICES, kandji_api.LIST_BLUEPRINTS, kandji_api.DEVICE_ITEMS)


def run(ctx: ModuleContext) -> Result:
    """Return the devices that the options select."""
    params = ctx.params
    devices, more = take_rows(_devices(ctx), params["max_rows"])
    there = {str(row.get("serial_number")).lower() for row in devices}
    absent = [
        serial
        for serial in dict.fromkeys(params["serial_numbers"] or [])
        if not more and serial.lower() not in there
    ]
    if params["library_items"]:
        devices = [
            {**row, "library_items": ctx.kandji.device_item_rows(str(row["device_id"]))}
            for row in devices
        ]
    return {"changed": False, "devices": devices, "more": more, "absent": absent}


def _devices(ctx: ModuleContext) -> t.Iterator[Row]:
    params, kandji = ctx.params, ctx.kandji
    filters = {"platform": params["platform"]}
    blueprints = (
        None
        if params["blueprints"] is None
        else {blueprint.id for blueprint in read_blueprints(kandji, params["blueprints"])[0]}
    )
    if blueprints and len(blueprints) == 1:
        filters["blueprint_id"] = "".join(blueprints)
    unplaced = list[str]()
    for row in kandji.device_rows(params["serial_numbers"], **filters):
        device = KandjiDevice.from_row(row)
        if blueprints and not device.blueprint_id:
            unplaced.append(device.serial or device.device_id or "a device without serial")
        elif device.platform in (params["platform"], None) and (
            blueprints is None or device.blueprint_id in blueprints
        ):
            yield row
    if unplaced:
        ctx.warn(
            f"Kandji does not show the blueprint of {abbreviate(unplaced)}, so whether it is one of"
            " blueprints is unknown. Run again."
        )


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
