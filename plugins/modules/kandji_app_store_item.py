#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_app_store_item
short_description: Assign the App Store item Okta Verify to blueprints, and report on it
version_added: 0.1.0
description:
  - Finds an App Store item (or Auto App) that was created in Kandji's console, assigns it to
    blueprints, and reports its state over the fleet.
  - No public API creates or edits such an item. If it does not exist, the module fails and returns
    the console steps.
  - Finds the item by its id, or by its exact name on blueprints and devices. If the item is on
    none, the module searches the audit log of the last year.
  - If several items have the name, the module fails and describes each.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._assignment.required
  - devicetrust.okta_kandji._assignment.mode
  - devicetrust.okta_kandji._max_rows.trouble
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
options:
  name:
    description: Name of the item in Kandji.
    type: str
    default: Okta Verify
  library_item_id:
    description:
      - Id of the item, if several items have its name.
      - If the item is on none of O(blueprints), the module searches all blueprints for its name.
        An item that is on none of them has to be in the audit log of the last year.
      - Fails for the id of an item of another type, such as a Custom Profile or a Custom Script.
    type: str
  bundle_id:
    description: Bundle id of the app, to count the Macs that really have it.
    type: str
    default: com.okta.mobile
  licenses:
    description:
      - Number of licenses that were bought in Apple Business Manager. No API of Kandji reports it.
      - If set, the module refuses an assignment if more devices than licenses would then be on
        blueprints that have the item, also on those that O(blueprints) does not name. It reads the
        items of all blueprints for it.
      - Devices of every platform count. No API shows for which ones the item is.
    type: int
  report:
    description: Read the item's statuses over the fleet. The number of reads grows with the fleet.
    type: bool
    default: true
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: Assign Okta Verify to the canary ring
  devicetrust.okta_kandji.kandji_app_store_item:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    name: Okta Verify
    blueprints:
      - Canary
    licenses: 120

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Assign one of several items of that name to a node of an assignment map alone
  devicetrust.okta_kandji.kandji_app_store_item:
    library_item_id: 7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d
    bundle_id: com.okta.mobile
    blueprints:
      - All Macs
    assignment_nodes:
      All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
    blueprints_mode: exact
    max_removed: 200
    report: false
    max_rows: 20
"""

RETURN = r"""
library_item:
  description: Id and name of the item.
  returned: success
  type: dict
  sample: {id: 7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d, name: Okta Verify}
assigned_to:
  description: Ids of the blueprints to which the module assigned the item, or would assign it in
    check mode.
  returned: success
  type: list
  elements: str
  sample: [3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c]
statuses:
  description:
    - Number of Macs by the state of the item on them. The states are C(installed), C(pending),
      C(failed), C(self_service_only), C(no_license), C(excluded), C(incompatible) and C(unknown).
    - C(self_service_only) means that the installation type is not Install and Continuously Enforce.
    - C(macs_with_bundle) counts the Macs that reported the app itself.
    - C(trouble) lists devices with a problem, up to O(max_rows). C(trouble_total) is the number of
      all of them.
  returned: when O(report=true)
  type: dict
  sample: {installed: 118, pending: 2, failed: 0, self_service_only: 0, no_license: 1, excluded: 0,
    incompatible: 0, unknown: 0, macs_with_bundle: 118,
           trouble: [{device_id: 4f6c0f5e-77a1-4b7c-9a3a-0f3a9d3f7b11, device_name: MacBook of Ann,
             state: no_license,
             log: No licenses available for Okta Verify in Apps and Books.}],
           trouble_total: 1}
macs_in_scope:
  description: Number of Macs on O(blueprints). Those whose blueprint Kandji does not show are among
    them, with a warning.
  returned: when O(report=true), O(licenses) is set or there are changes
  type: int
  sample: 121
console_steps:
  description: The steps, in order, by which you create the item in Kandji's web app.
  returned: when the item does not exist
  type: list
  elements: str
  sample: ["Log in to the Kandji web app and click Library."]
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["assign library item 'Okta Verify' to blueprint 'Canary'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Library Items, verb: GET, count: 1}
"""

from ..module_utils._core.module import run_module
from ..module_utils._module_bodies.kandji_app_store_item import SPEC, USES, run


def main() -> None:
    """Run the module."""
    run_module(run, USES, **SPEC)


if __name__ == "__main__":
    main()
