# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs and device records for tests of the status."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    AgeLimits,
    DeviceRecord,
    MacFacts,
)

SERIAL = "C02XK1ZAJG5J"
ISSUED = "2026-11-10T10:00:00.000Z"
BEFORE, AFTER = "2026-11-01T10:00:00.000Z", "2026-11-11T10:00:00.000Z"
NOW = AgeLimits(datetime(2026, 12, 1, tzinfo=timezone.utc))


def record(
    status: str = "ACTIVE",
    *,
    created: str = AFTER,
    updated: str = AFTER,
    record_id: str = "guo1",
    serial: str = SERIAL,
    **users: str,
) -> DeviceRecord:
    """Return a device record; users are login=managementStatus."""
    return DeviceRecord(record_id, status, created, updated, users, serial)


def mac(*records: DeviceRecord, **facts: t.Any) -> MacFacts:
    """Return a Mac with profile, certificate and Okta Verify, but for these facts."""
    complete: dict[str, t.Any] = {
        "ring": "canary",
        "profile_state": "installed",
        "certificates": [ISSUED],
        "app_state": "installed",
        "app_present": True,
    }
    return MacFacts(SERIAL, records=list(records), **{**complete, **facts})
