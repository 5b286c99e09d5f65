# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's audit log: what administrators did, in the console or through the API."""

from __future__ import annotations

import typing as t
from bisect import bisect_left
from datetime import datetime, timedelta

from lab.clock import Clock

KEPT = timedelta(days=365)
ADMIN = "00000000-0000-0000-0000-000000000001"
API_TOKEN = "00000000-0000-0000-0000-000000000002"  # the id of the token, not the token

_LETTERS = (  # Crockford's base 32, of which the vendor's ids are made
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)


class AuditLog:
    """The rows of the log as the vendor lists them, oldest first, for a year."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: list[dict[str, t.Any]] = []
        self._times: list[datetime] = []

    def record(
        self,
        action: str,
        target_type: str,
        target_id: str,
        *,
        component: str = "",
        new_state: dict[str, t.Any],
        metadata: dict[str, t.Any] | None = None,
    ) -> None:
        """Add an event that happens now."""
        now = self._clock.now()
        self._times.append(now)
        self._rows.append(
            {
                "id": _ulid(now, len(self._rows)),
                "action": action,
                "occurred_at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "actor_id": ADMIN,
                "actor_type": "user",
                "target_id": target_id,
                "target_type": target_type,
                "target_component": component,
                "new_state": new_state,
                "metadata": metadata or {},
            }
        )

    def between(self, start: datetime | None, end: datetime | None) -> list[dict[str, t.Any]]:
        """Return the events of a period, both ends included, that the log still keeps."""
        oldest = self._clock.now() - KEPT
        first = bisect_left(self._times, max(start, oldest) if start else oldest)
        return [
            row
            for row, time in zip(self._rows[first:], self._times[first:], strict=True)
            if end is None or time <= end
        ]


def _ulid(time: datetime, number: int) -> str:
    return _base32(int(time.timestamp() * 1000), 10) + _base32(number, 16)


def _base32(number: int, length: int) -> str:
    return "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(length)))
