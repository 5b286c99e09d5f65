# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row for each Mac, as results, reports and the inventory have it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._core.timestamps import format_timestamp
from .facts import (
    AgeLimits,
    DeviceRecord,
    Fleet,
    MacFacts,
    best_record,
    certificate_expiry,
    earliest,
)
from .stages import classify

Row = dict[str, Any]


def rows(fleet: Fleet) -> Iterator[Row]:
    """Yield a row for each Mac, in a stable order. No row is held."""
    for mac in fleet.macs:
        yield row_of(mac, fleet.limits)


def row_of(mac: MacFacts, limits: AgeLimits) -> Row:
    """Return the row of one Mac."""
    classification, best = classify(mac, limits), best_record(mac.records)
    first, (expiry, source) = earliest([*mac.certificates, mac.issued]), certificate_expiry(mac)
    return {
        "serial_number": mac.serial,
        "device_name": mac.name,
        "device_id": mac.device_id,
        "person": mac.person,
        "ring": mac.ring,
        "blueprint": mac.blueprint,
        "blueprint_id": mac.blueprint_id,
        "os_version": mac.os_version,
        "model": mac.model,
        "tags": list(mac.tags),
        "last_check_in": mac.last_check_in,
        "stage": classification.stage,
        "reason": classification.reason,
        "next_step": classification.next_step,
        "flags": list(classification.flags),
        "unconfirmed": bool(classification.unconfirmed_reason),
        "unconfirmed_reason": classification.unconfirmed_reason,
        "users": _users(mac, best),
        "okta_device_ids": [record.id for record in mac.records],
        "okta_status": best.status if best else "",
        "last_seen_by_okta": best.last_updated if best else "",
        "certificates": len(mac.certificates),
        "certificate_first_seen": format_timestamp(first) if first else "",
        "certificate_expires": format_timestamp(expiry) if expiry else None,
        "certificate_expiry_source": source,
    }


def _users(mac: MacFacts, best: DeviceRecord | None) -> list[dict[str, str]]:
    """Return the users of all its records, each once, with the status of the best record."""
    users: dict[str, str] = dict(best.users) if best else {}
    for record in mac.records:
        for login, status in record.users.items():
            users.setdefault(login, status)
    return [{"login": login, "managementStatus": status} for login, status in users.items()]
