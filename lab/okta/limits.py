# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's rate limits: requests per minute, by bucket, on the lab's clock."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from lab.clock import Clock

# The last public numbers for a Workforce org. None: no limit is known (Macs that enrol).
PER_MINUTE: dict[str, t.Optional[int]] = {"devices": 100, "logs": 120, "other": 1200, "scep": None}
MINUTE = 60


@dataclass
class _Window:
    reset: int  # epoch seconds
    used: int = 0


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.per_minute = dict(PER_MINUTE)
        self._windows: dict[str, _Window] = {}

    def set(self, values: t.Mapping[str, t.Optional[int]]) -> None:
        """Raises ValueError. Windows begin anew for the buckets that are named."""
        for bucket, number in values.items():
            if bucket not in self.per_minute:
                raise ValueError(f"Unknown bucket {bucket!r}; known: {', '.join(sorted(self.per_minute))}.")
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                raise ValueError(f"The limit of {bucket} has to be a whole number above zero, or null for none.")
        for bucket, number in values.items():
            self.per_minute[bucket] = number
            self._windows.pop(bucket, None)

    def take(self, bucket: str) -> bool:
        """Count one request; False if the minute has no room for it."""
        limit = self.per_minute[bucket]
        window = self._window(bucket)
        if limit is None:
            return True
        if window.used >= limit:
            return False
        window.used += 1
        return True

    def headers(self, bucket: str) -> dict[str, str]:
        limit = self.per_minute[bucket]
        if limit is None:
            return {}
        window = self._window(bucket)
        return {"X-Rate-Limit-Limit": str(limit), "X-Rate-Limit-Remaining": str(limit - window.used), "X-Rate-Limit-Reset": str(window.reset)}

    def _window(self, bucket: str) -> _Window:
        now = self._clock.now().timestamp()
        if bucket not in self._windows or now >= self._windows[bucket].reset:
            self._windows[bucket] = _Window(math.ceil(now) + MINUTE)
        return self._windows[bucket]
