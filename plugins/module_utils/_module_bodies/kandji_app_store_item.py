# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module kandji_app_store_item does."""

from __future__ import annotations

import typing as t

from .._core.errors import Forbidden, Refused
from .._core.module import ModuleContext
from .._core.options import (
    KANDJI,
    MAX_ROWS,
    REQUIRED_ASSIGNMENT,
    ArgumentSpec,
    arguments,
)
from .._core.results import Result, build_result, row_limit
from .._core.text import abbreviate
from .._kandji import assignments, console_items
from .._kandji import client as kandji_api
from .._kandji.assignment_apply import apply_assignment
from .._kandji.recheck import check_assignment
from .._kandji.records import AuditEvent, Blueprint, KandjiDevice, LibraryItem

OPTIONS: ArgumentSpec = {
    **REQUIRED_ASSIGNMENT,
    "name": {"type": "str", "default": "Okta Verify"},
    "library_item_id": {"type": "str"},
    "bundle_id": {"type": "str", "default": "com.okta.mobile"},
    "licenses": {"type": "int"},
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
# Options, and the rules of them, as AnsibleModule takes both.
SPEC: t.Mapping[str, object] = {
    "argument_spec": arguments(KANDJI, OPTIONS),
}


class Known(t.NamedTuple):
    """The blueprints of the tenant and their items."""

    blueprints: t.Sequence[Blueprint]
    items: assignments.Items


class Found(t.NamedTuple):
    """The item, and the blueprints and items that were read to find it."""

    item: LibraryItem
    blueprints: t.Sequence[Blueprint]
    items: assignments.Items


def run(ctx: ModuleContext) -> Result:
    """Return the result of the module."""
    params = ctx.params
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
    counted = changes or params["report"] or params["licenses"] is not None
    everything, devices = _read_devices(ctx, plan, bool(counted))
    if changes:
        _check_type(ctx, item, read)
        _check_removed(ctx, item, plan, wanted, everything)
        _check_licenses(ctx, item, plan, wanted, everything)
        _apply(ctx, item, plan, wanted)
    result = build_result(
        changes,
        library_item={"id": item.id, "name": item.name},
        assigned_to=[blueprint.id for blueprint in plan.assign],
    )
    if counted:
        result["macs_in_scope"] = len(assignments.macs_in_scope(devices, wanted))
        _warn(ctx, filter(None, [assignments.describe_unplaced(devices, "macs_in_scope")]))
    if params["report"]:
        result["statuses"] = _report(ctx, item.id, devices, limit)
    return result


def _read_devices(
    ctx: ModuleContext, plan: assignments.Assignment, counted: bool
) -> tuple[list[KandjiDevice], list[KandjiDevice]]:
    """Return all devices if a limit depends on them, and the Macs if they are counted."""
    if plan.remove or (plan.assign and ctx.params["licenses"] is not None):
        everything = list(ctx.kandji.devices())
        return everything, [each for each in everything if each.is_mac]
    return [], list(ctx.kandji.devices(platform="Mac")) if counted else []


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
        candidates = _find_in_events(ctx, name, wanted, Known(known, items))
    item = console_items.choose(name, candidates, known, unwanted=console_items.NOT_AN_APP)
    return Found(item, known, items)


def _find_in_events(
    ctx: ModuleContext, name: str, wanted: t.Sequence[Blueprint], known: Known
) -> dict[str, console_items.ItemMatch]:
    events: t.Sequence[AuditEvent] = ()
    unread = ""
    try:
        events = list(ctx.kandji.audit_events())
    except Forbidden as error:
        unread = error.message
    candidates = console_items.find_in_events(name, events)
    if candidates:
        return candidates
    similar = console_items.find_similar(name, known.items)
    typed = console_items.with_types(ctx.kandji, similar, events)
    raise console_items.not_found(name, wanted, typed, known.blueprints, unread)


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
    if plan.remove or ctx.params["licenses"] is not None:
        devices = list(ctx.kandji.devices())
        _check_removed(ctx, item, plan, wanted, devices)
        _check_licenses(ctx, item, plan, wanted, devices)
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


def _check_licenses(
    ctx: ModuleContext,
    item: LibraryItem,
    plan: assignments.Assignment,
    wanted: t.Sequence[Blueprint],
    devices: t.Sequence[KandjiDevice],
) -> None:
    """Raise Refused if too few licenses were bought for the devices, of any platform."""
    licenses = ctx.params["licenses"]
    if licenses is None or not plan.assign:
        return
    holding = _find_holding(ctx, item, plan, wanted)
    ids = assignments.devices_in_scope(devices, holding)
    scope = [each for each in devices if each.device_id in ids]
    count = len({each.serial or each.device_id for each in scope})
    if count <= licenses:
        return
    others = sum(not each.is_mac for each in scope)
    note = f" Other devices than Macs among them: {others}." if others else ""
    places = ", ".join(repr(each.name) for each in holding[len(wanted) :])
    note += f" Other blueprints have the item, too: {places}." if places else ""
    raise Refused(
        f"licenses: {count} devices would be in scope of {item.name!r}, and {licenses} is the"
        f" limit. Nothing was written.{note} Buy licenses in Apple Business Manager (Okta"
        f" Verify's are free), then set licenses to {count} or more.",
        count=count,
        allowed=licenses,
    )


def _find_holding(
    ctx: ModuleContext,
    item: LibraryItem,
    plan: assignments.Assignment,
    wanted: t.Sequence[Blueprint],
) -> list[Blueprint]:
    """Return the blueprints that have the item after the plan, first the wanted ones."""
    named = {each.id for each in (*plan.remove, *wanted)}
    others = [each for each in ctx.kandji.blueprints() if each.id not in named]
    ids = assignments.item_ids(assignments.read_items(ctx.kandji, others))
    return [*wanted, *(each for each in others if item.id.lower() in ids[each.id])]


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
