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
  licences:
    description:
      - Number of licences that were bought in Apple Business Manager. No API of Kandji reports it.
      - If set, the module refuses an assignment that would bring more Macs into scope than there
        are licences.
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
    licences: 120

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
      C(failed), C(self_service_only), C(no_licence), C(excluded), C(incompatible) and C(unknown).
    - C(self_service_only) means that the installation type is not Install and Continuously Enforce.
    - C(macs_with_bundle) counts the Macs that reported the app itself.
    - C(trouble) lists devices with a problem, up to O(max_rows). C(trouble_total) is the number of
      all of them.
  returned: when O(report=true)
  type: dict
  sample: {installed: 118, pending: 2, failed: 0, self_service_only: 0, no_licence: 1, excluded: 0,
    incompatible: 0, unknown: 0, macs_with_bundle: 118,
           trouble: [{device_id: 4f6c0f5e-77a1-4b7c-9a3a-0f3a9d3f7b11, device_name: MacBook of Ann,
             state: no_licence,
             log: No licenses available for Okta Verify in Apps and Books.}],
           trouble_total: 1}
macs_in_scope:
  description: Number of Macs on O(blueprints).
  returned: when O(report=true), O(licences) is set or there are changes
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

import typing as t

from ..module_utils._core.errors import BadOption, Forbidden, Refused
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    KANDJI,
    MAX_ROWS,
    REQUIRED_ASSIGNMENT,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result, build_result, row_limit
from ..module_utils._core.text import abbreviate
from ..module_utils._kandji import assignments, console_items
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignment_apply import apply_assignment
from ..module_utils._kandji.recheck import check_assignment
from ..module_utils._kandji.records import Blueprint, KandjiDevice, LibraryItem

OPTIONS: ArgumentSpec = {
    **REQUIRED_ASSIGNMENT,
    "name": {"type": "str", "default": "Okta Verify"},
    "library_item_id": {"type": "str"},
    "bundle_id": {"type": "str", "default": "com.okta.mobile"},
    "licences": {"type": "int"},
    "report": {"type": "bool", "default": True},
    **MAX_ROWS,
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.ITEM_STATUSES,
    kandji_api.LIST_EVENTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_SCRIPTS,
    kandji_api.PRISM_APPS,
    kandji_api.ASSIGN_ITEM,
    kandji_api.REMOVE_ITEM,
)


class Found(t.NamedTuple):
    """The item, and the blueprints and items that were read to find it."""

    item: LibraryItem
    blueprints: t.Sequence[Blueprint]
    items: assignments.Items


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params = ctx.params
    if (params["licences"] or 0) < 0:
        raise BadOption(f"licences: {params['licences']} is less than 0. Set 0 or more.")
    limit = row_limit(params["max_rows"])
    exact = params["blueprints_mode"] == "exact"
    wanted, known = assignments.read_blueprints(ctx.kandji, params["blueprints"], everything=exact)
    nodes = assignments.resolve_nodes(params["assignment_nodes"], wanted, known, everywhere=exact)
    items = assignments.read_items(ctx.kandji, known if exact else wanted)
    item, blueprints, read = _find_item(ctx, wanted, known, items)
    plan = assignments.plan_assignment(
        wanted, blueprints, assignments.item_ids(read), item.id, params["blueprints_mode"], nodes
    )
    subject = f"library item {item.name!r}"
    changes = assignments.assignment_changes(subject, plan)
    _warn(ctx, assignments.describe_nodes([(subject, plan)], ctx.check_mode))
    counted = changes or params["report"] or params["licences"] is not None
    everything = list(ctx.kandji.devices()) if plan.remove else []
    devices = [each for each in everything if each.is_mac]
    if counted and not everything:
        devices = list(ctx.kandji.devices(platform="Mac"))
    if changes:
        _check_type(ctx, item, read)
        _check_removed(ctx, item, plan, wanted, everything)
        _check_licences(ctx, item, plan, wanted, devices)
        _apply(ctx, item, plan, wanted)
    result = build_result(
        changes,
        library_item={"id": item.id, "name": item.name},
        assigned_to=[blueprint.id for blueprint in plan.assign],
    )
    if counted:
        result["macs_in_scope"] = len(assignments.macs_in_scope(devices, wanted))
    if params["report"]:
        result["statuses"] = _report(ctx, item.id, devices, limit)
    return result


def _warn(ctx: ModuleContext, texts: t.Iterable[str]) -> None:
    for text in texts:
        ctx.warn(text)


def _find_item(
    ctx: ModuleContext,
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[Blueprint],
    items: assignments.Items,
) -> Found:
    """Return the item that the options name.

    All blueprints are searched only if the wanted ones do not settle it. Raises BadOption, and
    NeedsConsole if the item does not exist.
    """
    name, item_id = ctx.params["name"], ctx.params["library_item_id"]
    if item_id:
        console_items.check_id(item_id)
        item, items = console_items.find_by_id(ctx.kandji, item_id, items, "library_item_id", known)
        return Found(item, known, items)
    candidates = console_items.find_item(name, items)
    if [len(each.blueprints) for each in candidates.values()] == [len(wanted)]:
        return Found(console_items.choose(name, candidates, known), known, items)
    known = known or list(ctx.kandji.blueprints())
    candidates, items = console_items.search(ctx.kandji, name, items, known)
    if not candidates:
        candidates = _find_in_events(ctx, name, wanted, items)
    item = console_items.choose(name, candidates, known, unwanted=console_items.NOT_AN_APP)
    return Found(item, known, items)


def _find_in_events(
    ctx: ModuleContext, name: str, wanted: t.Sequence[Blueprint], items: assignments.Items
) -> dict[str, console_items.Candidate]:
    try:
        candidates = console_items.find_in_events(name, ctx.kandji.audit_events())
    except Forbidden as error:
        raise console_items.not_found(name, wanted, items, unread=error.message) from None
    if not candidates:
        raise console_items.not_found(name, wanted, items)
    return candidates


def _check_type(ctx: ModuleContext, item: LibraryItem, items: assignments.Items) -> None:
    """Raise BadOption if the item is not an app."""
    option = "library_item_id" if ctx.params["library_item_id"] else "name"
    console_items.check_type(ctx.kandji, item, items, option, console_items.NOT_AN_APP)


def _apply(
    ctx: ModuleContext,
    item: LibraryItem,
    plan: assignments.Assignment,
    wanted: t.Sequence[Blueprint],
) -> None:
    """Assign and remove the item, not in check mode.

    Devices are read again where a limit depends on them. Raises Refused if the item was assigned or
    removed meanwhile.
    """
    if ctx.check_mode:
        return
    now = assignments.read_items(ctx.kandji, [*plan.assign, *plan.remove])
    check_assignment(f"library item {item.name!r}", item.id, plan, assignments.item_ids(now))
    if plan.remove or ctx.params["licences"] is not None:
        devices = list(ctx.kandji.devices())
        _check_removed(ctx, item, plan, wanted, devices)
        _check_licences(ctx, item, plan, wanted, devices)
    apply_assignment(ctx.kandji, item.id, plan)


def _check_removed(
    ctx: ModuleContext,
    item: LibraryItem,
    plan: assignments.Assignment,
    wanted: t.Sequence[Blueprint],
    devices: t.Sequence[KandjiDevice],
) -> None:
    """Raise Refused if too many devices, of any platform, lose the app."""
    losing = assignments.devices_in_scope(devices, plan.remove)
    removed = losing - assignments.devices_on(devices, wanted)
    places = abbreviate([repr(each.name) for each in plan.remove], 5)
    action = f"The removal of {item.name!r} from {places} would take it from"
    allowed = ctx.params["max_removed"]
    assignments.check_limits([assignments.Limit("max_removed", allowed, len(removed), action)])


def _check_licences(
    ctx: ModuleContext,
    item: LibraryItem,
    plan: assignments.Assignment,
    wanted: t.Sequence[Blueprint],
    devices: t.Sequence[KandjiDevice],
) -> None:
    """Raise Refused if too few licences were bought for the Macs."""
    licences, scope = ctx.params["licences"], len(assignments.macs_in_scope(devices, wanted))
    if licences is not None and scope > licences and plan.assign:
        raise Refused(
            f"licences: {scope} Macs would be in scope of {item.name!r}, and {licences} is the"
            " limit. Nothing was written. Buy licences in Apple Business Manager (Okta Verify's are"
            f" free), then set licences to {scope} or more.",
            count=scope,
            allowed=licences,
        )


def _report(
    ctx: ModuleContext, item_id: str, devices: t.Sequence[KandjiDevice], limit: int | None
) -> Result:
    bundle = {"bundle_id": {"in": [ctx.params["bundle_id"]]}}
    return console_items.report(
        ctx.kandji.item_statuses(item_id),
        {device.device_id for device in devices},
        {app.device_id for app in ctx.kandji.prism_apps(bundle)},
        limit,
    )


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
