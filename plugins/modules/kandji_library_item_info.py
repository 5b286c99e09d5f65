#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_library_item_info
short_description: Read library items in Kandji, their blueprints, and their statuses
version_added: 0.1.0
description:
  - Only reads. No public API lists the Library. The module finds items on the blueprints that hold
    them, with a call for each blueprint and one for their list.
  - With O(statuses), a call for each 300 devices that have the item.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._max_rows.trouble
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.kandji
options:
  names:
    description: Only items with exactly these names. Several items can have one name.
    type: list
    elements: str
  library_item_ids:
    description: Only items with these ids. An item on no blueprint is also returned, without its
      name.
    type: list
    elements: str
  blueprints:
    description: The blueprints to search, by name or id. If not set, all of them.
    type: list
    elements: str
  statuses:
    description: Whether to return each item with its statuses over the fleet. This needs O(names)
      or O(library_item_ids).
    type: bool
    default: false
seealso:
  - module: devicetrust.okta_kandji.kandji_app_store_item
"""

EXAMPLES = r"""
- name: Read the statuses of Okta Verify over the fleet
  devicetrust.okta_kandji.kandji_library_item_info:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    names: [Okta Verify]
    statuses: true

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Read one item on one blueprint
  devicetrust.okta_kandji.kandji_library_item_info:
    library_item_ids: [8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11]
    blueprints: [Canary]
    max_rows: 20
"""

RETURN = r"""
library_items:
  description: The items, sorted by name. With O(statuses=true), C(states) counts devices by state.
    C(trouble) then lists devices with a problem, up to O(max_rows).
  returned: success
  type: list
  elements: dict
  sample:
    - library_item_id: 7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d
      name: Okta Verify
      blueprints: [Canary, Engineering]
      states: {installed: 24, no_license: 1}
      trouble: [{device_id: 4f6c0f5e-77a1-4b7c-9a3a-0f3a9d3f7b11, device_name: MacBook of Ann,
        state: no_license,
        log: No licenses available for Okta Verify in Apps and Books.}]
      trouble_total: 1
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: List Library Items, verb: GET, count: 3}
"""


from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, MAX_ROWS, ArgumentSpec, arguments
from ..module_utils._core.results import Result, row_limit
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji import console_items
from ..module_utils._kandji.assignments import read_blueprints, read_items

OPTIONS: ArgumentSpec = {
    "names": {"type": "list", "elements": "str"},
    "library_item_ids": {"type": "list", "elements": "str"},
    "blueprints": {"type": "list", "elements": "str"},
    "statuses": {"type": "bool", "default": False},
    **MAX_ROWS,
}
USES = (kandji_api.LIST_BLUEPRINTS, kandji_api.LIST_ITEMS, kandji_api.ITEM_STATUSES)


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params, kandji = ctx.params, ctx.kandji
    limit = row_limit(params["max_rows"])
    if params["statuses"] and params["names"] is None and params["library_item_ids"] is None:
        raise BadOption(
            "statuses: names and library_item_ids are not set. Name the items; the statuses of a"
            " whole Library would take a call for every 300 of each."
        )
    wanted, known = read_blueprints(kandji, params["blueprints"] or [], everything=True)
    blueprints = wanted if params["blueprints"] else known
    items = console_items.catalogue(
        read_items(kandji, blueprints), blueprints, params["names"], params["library_item_ids"]
    )
    rows = [_summarize(ctx, item, limit) for item in items]
    return {"changed": False, "library_items": rows}


def _summarize(ctx: ModuleContext, item: console_items.ItemMatch, limit: int | None) -> Result:
    row: Result = {
        "library_item_id": item.id,
        "name": item.name,
        "blueprints": list(item.blueprints),
    }
    if not ctx.params["statuses"]:
        return row
    statuses = ctx.kandji.item_statuses(item.id)
    return {**row, **console_items.states(statuses, limit).as_result()}


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(KANDJI, OPTIONS),
        mutually_exclusive=[("names", "library_item_ids")],
    )


if __name__ == "__main__":
    main()
