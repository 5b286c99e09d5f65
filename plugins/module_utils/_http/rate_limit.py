# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's share of a vendor's rate limits, so that others can work meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .retry import MAX_WAIT


@dataclass(frozen=True)
class Window:
    """A rate limit, by the vendor's own numbers. ``wait`` is the seconds to its reset."""

    limit: int
    remaining: int
    wait: float

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], now: float) -> Window | None:
        """Return the window of an answer, or None if it names none.

        :arg now: the vendor's clock. A reset that is past or far away is waited for within reason.
        """
        try:
            limit = int(headers["X-Rate-Limit-Limit"])
            remaining = int(headers["X-Rate-Limit-Remaining"])
            wait = float(headers["X-Rate-Limit-Reset"]) - now + 1
        except (KeyError, ValueError):
            return None
        return cls(limit, remaining, min(max(wait, 1.0), MAX_WAIT)) if limit > 0 else None

    def must_wait(self, capacity_percent: int) -> bool:
        """Return whether all who use the limit have used this share of it."""
        return self.limit - self.remaining >= max(1, self.limit * capacity_percent // 100)


class Pacer:
    """Waits before a run takes more than its share.

    While one thread waits, the others do too.

    :arg capacity_percent: the share of each limit that a run may use.
    :arg hourly_limit: the vendor's limit of requests per hour; 0 is none.
    """

    def __init__(
        self, capacity_percent: int, hourly_limit: int, sleep: Callable[[float], None]
    ) -> None:
        self._capacity_percent, self._sleep = capacity_percent, sleep
        self.hourly_limit = hourly_limit
        self._windows: dict[str, Window] = {}
        self._lock = threading.Lock()

    @property
    def hourly_share(self) -> int:
        """The requests that this run may send; 0 is any number."""
        if not self.hourly_limit:
            return 0
        return max(1, self.hourly_limit * self._capacity_percent // 100)

    def learn(self, bucket: str, headers: Mapping[str, str], now: float) -> None:
        """Take note of what an answer says of its rate limit."""
        window = Window.from_headers(headers, now)
        if window:
            self._windows[bucket] = window

    def wait_for_share(self, bucket: str) -> None:
        """Wait for the reset of a rate limit whose share is used up."""
        with self._lock:
            window = self._windows.get(bucket)
            if window and window.must_wait(self._capacity_percent):
                self._windows.pop(bucket, None)
                self._sleep(window.wait)

    def wait(self, bucket: str, seconds: float) -> None:
        """Wait as the vendor asks; what was known of the rate limit is outdated then."""
        with self._lock:
            self._windows.pop(bucket, None)
            self._sleep(seconds)
