# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prism: tables over the fleet, of what devices reported at their last inventory."""

from __future__ import annotations

import hashlib
import json
import operator
import typing as t
from datetime import datetime

from lab.http import Answer, Call
from lab.kandji.model import Device, Report, Row
from lab.kandji.paging import bad_request, number, read_cursor, write_cursor
from lab.kandji.tenant import Tenant

Entry = tuple[Device, Row]

CATEGORIES: dict[str, t.Callable[[Report], list[Row]]] = {
    "certificates": lambda report: report.certificates,
    "installed_profiles": lambda report: report.profiles,
    "apps": lambda report: report.apps,
}
# Columns of a category's own rows, for judging a filter's keys.
OWN_COLUMNS = {
    "certificates": {"common_name", "identity_certificate"},
    "installed_profiles": {
        "profile_display_name",
        "payload_identifier",
        "payload_uuid",
        "removal_passcode",
        "encrypted",
        "managed",
        "profile_description",
        "organization",
        "removable",
        "signed",
        "profile_data",
    },
    "apps": {
        "path",
        "obtained_from",
        "bundle_id",
        "name",
        "short_version",
        "version",
        "signature",
        "device_based_vpp",
        "team_id",
    },
}
# Columns of apps of which the lab's Macs report nothing.
EMPTY_APP_COLUMNS = (
    "bundle_size",
    "ad_hoc_code_signed",
    "app_store_vendable",
    "beta_app",
    "download_canceled",
    "download_failed",
    "download_paused",
    "download_waiting",
    "dynamic_size",
    "external_version_identifier",
    "has_update_available",
    "installing",
    "app_clip",
    "validated",
    "executable",
    "bundle_name",
    "bundle_type",
    "environment_variables",
    "compiler",
    "bundle_region",
    "bundle_display_name",
    "info",
    "minimum_system_version",
    "category",
    "apple_scriptable",
    "copyright",
    "developer_name",
)
NO_FILTER = {"blueprint__id", "device__family"}


def _timestamp(value: datetime | None) -> str | None:
    return value.isoformat(timespec="microseconds") if value else None


def _report(device: Device) -> Report:
    assert device.report is not None  # an entry exists only where a report does
    return device.report


COMMON: dict[str, t.Callable[[Tenant, Entry], t.Any]] = {
    "device_id": lambda tenant, entry: entry[0].id,
    "device__name": lambda tenant, entry: entry[0].name,
    "device__family": lambda tenant, entry: entry[0].platform,
    "device__user_id": lambda tenant, entry: str(entry[0].user.number) if entry[0].user else "",
    "device__user_name": lambda tenant, entry: entry[0].user.name if entry[0].user else None,
    "device__user_email": lambda tenant, entry: entry[0].user.email if entry[0].user else None,
    "blueprint_id": lambda tenant, entry: entry[0].blueprint_id,
    "blueprint_name": lambda tenant, entry: (
        tenant.blueprints[entry[0].blueprint_id].name
        if entry[0].blueprint_id in tenant.blueprints
        else ""
    ),
    "tags": lambda tenant, entry: list(entry[0].tags) or None,
    "asset_tag": lambda tenant, entry: entry[0].asset_tag,
    "serial_number": lambda tenant, entry: entry[0].serial,
    "model_id": lambda tenant, entry: entry[0].model_id,
    "count": lambda tenant, entry: None,
    "created_at": lambda tenant, entry: _timestamp(entry[1].created_at),
    "updated_at": lambda tenant, entry: _timestamp(_report(entry[0]).collected_at),
    "last_changed_at": lambda tenant, entry: None,
    "last_collected_at": lambda tenant, entry: _timestamp(_report(entry[0]).collected_at),
}


def column(tenant: Tenant, entry: Entry, key: str) -> t.Any:
    """Return the value of a column."""
    return COMMON[key](tenant, entry) if key in COMMON else entry[1].columns.get(key)


def render(tenant: Tenant, entry: Entry, category: str) -> dict[str, t.Any]:
    """Return an entry with all its columns."""
    empty = dict.fromkeys(EMPTY_APP_COLUMNS) if category == "apps" else {}
    return {
        **{key: read(tenant, entry) for key, read in COMMON.items()},
        **empty,
        **entry[1].columns,
    }


def answer(tenant: Tenant, call: Call, category: str) -> Answer:
    """Return one page of a category."""
    query = {
        name: value
        for name, value in call.query.items()
        if name in ("blueprint_ids", "device_families", "filter", "sort_by")
    }
    entries = tenant.remembered(
        ("prism", category, *sorted(query.items())), lambda: _entries(tenant, category, query)
    )
    digest = hashlib.sha256(json.dumps([category, query], sort_keys=True).encode()).hexdigest()[:16]
    cursor = call.query.get("cursor")
    if cursor and "sort_by" in query:
        raise bad_request({"detail": "Custom ordering is not supported with cursor."})
    cap = tenant.world.switches.page_rows
    limit = number(call, "limit", cap, least=1, most=cap)
    start = read_cursor(cursor, digest) if cursor else number(call, "offset", 0)
    more = start + limit < len(entries)
    return Answer(
        {
            "offset": None if cursor else start,
            "limit": limit,
            "total": None if category == "certificates" else len(entries),
            "data": [render(tenant, entry, category) for entry in entries[start : start + limit]],
            "cursor": (
                write_cursor(start + limit, digest) if more and "sort_by" not in query else None
            ),
        }
    )


def _entries(tenant: Tenant, category: str, query: dict[str, str]) -> list[Entry]:
    rows = CATEGORIES[category]
    entries = [
        (device, row)
        for device in _devices(tenant, query)
        if device.report and not device.is_removed
        for row in rows(device.report)
    ]
    for key, test in parse_filter(query.get("filter", ""), category):
        entries = [entry for entry in entries if test(column(tenant, entry, key))]
    if query.get("sort_by"):
        entries = _sorted(tenant, entries, query["sort_by"], category)
    return entries


def _devices(tenant: Tenant, query: dict[str, str]) -> t.Iterable[Device]:
    """Return the devices of the blueprints and families that a query names."""
    devices: t.Iterable[Device] = tenant.devices.values()
    if query.get("blueprint_ids"):
        blueprint_ids = {name.strip().lower() for name in query["blueprint_ids"].split(",")}
        devices = [device for device in devices if device.blueprint_id in blueprint_ids]
    if query.get("device_families"):
        families = {family.strip() for family in query["device_families"].split(",")}
        devices = [device for device in devices if device.platform in families]
    return devices


def _sorted(tenant: Tenant, entries: list[Entry], sort_by: str, category: str) -> list[Entry]:
    key = sort_by.removeprefix("-")
    if key not in COMMON and key not in OWN_COLUMNS[category]:
        raise bad_request({"detail": f"Invalid sort_by: {key}"})
    return sorted(
        entries,
        key=lambda entry: str(column(tenant, entry, key) or ""),
        reverse=sort_by.startswith("-"),
    )


# Filters

Test = t.Callable[[t.Any], bool]
COMPARISONS = {"lt": operator.lt, "gt": operator.gt, "lte": operator.le, "gte": operator.ge}


def parse_filter(text: str, category: str) -> list[tuple[str, Test]]:
    """Return the tests of a filter, all of which a row must pass.

    The vendor documents no error text for a bad one; the code is 400.
    """
    if not text:
        return []
    try:
        parsed = json.loads(text)
    except ValueError:
        raise bad_request({"detail": "Invalid filter: not JSON."}) from None
    if not isinstance(parsed, dict):
        raise bad_request({"detail": "Invalid filter: not an object."})
    tests = []
    for key, conditions in parsed.items():
        if key in NO_FILTER or (key not in COMMON and key not in OWN_COLUMNS[category]):
            raise bad_request({"detail": f"Invalid filter key: {key}"})
        if not isinstance(conditions, dict) or not conditions:
            raise bad_request({"detail": f"Invalid filter for {key}"})
        tests += [(key, _test(key, name, value)) for name, value in conditions.items()]
    return tests


def _test(key: str, name: str, value: t.Any) -> Test:
    if name == "eq" and isinstance(value, bool):
        return lambda cell: cell is value
    if name in ("in", "not_in", "like", "not_like") and _is_list_of_text(value):
        return _list_test(name, value)
    if name in COMPARISONS and (limit := _date(value)) is not None:
        return lambda cell: (time := _date(cell)) is not None and COMPARISONS[name](time, limit)
    if name == "or" and isinstance(value, dict) and value:
        either = [_test(key, inner, limit) for inner, limit in value.items()]
        return lambda cell: any(test(cell) for test in either)
    raise bad_request({"detail": f"Invalid filter operator or value for {key}: {name}"})


def _is_list_of_text(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _list_test(name: str, values: list[str]) -> Test:
    """Return the test of an operator that takes a list: in, not_in, like or not_like."""
    contained: Test = (
        (lambda cell: _text(cell) in values)
        if name.endswith("in")
        else (lambda cell: any(entry in _text(cell) for entry in values))
    )
    return (lambda cell: not contained(cell)) if name.startswith("not_") else contained


def _text(value: t.Any) -> str:
    return "" if value is None else str(value)


def _date(value: t.Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else time.astimezone()
