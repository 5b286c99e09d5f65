# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's share of a vendor's rate limits, so that others can work meanwhile.

The vendors do not document which operations share a limit. Their headers show it: answers with the
same limit and the same reset count against one window. Recorded in orgs: listDevices, getDevice and
the lifecycle operations share one, listDeviceUsers has another.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .error_messages import Failures
from .operations import Operation
from .retry import MAX_WAIT

MINUTE, HOUR = 60.0, 3600.0  # seconds


@dataclass
class Window:
    """A rate limit until its reset, by the vendor's own numbers.

    :arg reset: seconds since the epoch, by the vendor's clock; at least a second after the answer.
    :arg is_over: a thread has waited for the reset.
    """

    limit: int
    remaining: int
    reset: float
    is_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def must_wait(self, capacity_percent: int) -> bool:
        """Return whether all who use the limit have used this share of it."""
        return self.limit - self.remaining >= max(1, self.limit * capacity_percent // 100)


def windows(headers: Mapping[str, str], now: float) -> list[Window]:
    """Return the limits that an answer names. A limit of 0 is none: too many requests at once.

    Okta sends X-Rate-Limit-Limit, -Remaining and -Reset (epoch seconds), twice if two limits apply.
    Kandji sends RateLimit-Limit, -Remaining and -Reset (seconds from now).

    :arg now: the vendor's clock, seconds since the epoch.
    """
    rows = [
        *_rows(headers, "X-Rate-Limit-"),
        *((limit, remaining, now + s - 1) for limit, remaining, s in _rows(headers, "RateLimit-")),
    ]
    # One second more: clocks that count whole seconds.
    return [
        Window(limit, remaining, max(reset, now) + 1) for limit, remaining, reset in rows if limit
    ]


def _rows(headers: Mapping[str, str], prefix: str) -> list[tuple[int, int, int]]:
    """Return (limit, remaining, reset) of each limit.

    A header that came twice holds both values. Without a pair for each value: the strictest ones.
    """
    limits, remaining, resets = (
        [
            int(number)
            for number in re.findall(r"(?<![\w.-])\d{1,15}\b", headers.get(prefix + name, ""))
        ]
        for name in ("Limit", "Remaining", "Reset")
    )
    if not (limits and resets):
        return []
    if len(limits) == len(remaining) == len(resets):
        return list(zip(limits, remaining, resets))
    return [(min(limits), min(remaining, default=min(limits)), max(resets))]


def _number(headers: Mapping[str, str], name: str) -> int | None:
    """Return the whole number that a header is, else None."""
    text = headers.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 16 else None


def reset_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to the latest reset of an answer's limits; None if it names none."""
    return max((window.reset - now for window in windows(headers, now)), default=None)


class Hour:
    """What a run has sent of an hour's requests, and what others leave to it.

    :arg limit: the vendor's documented limit, until an answer names it; 0 for none.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.left, self.remaining = limit, limit, limit
        self._sent = self._before = 0  # by the run, and of these before this hour
        self._marks: deque[tuple[float, int]] = deque()  # times, and what was sent before each

    @property
    def sent(self) -> int:
        """How many requests the run has sent in this hour."""
        return self._sent - self._before

    def describe(self) -> str:
        """Return what was used of the hour."""
        others = self.limit - self.left
        by_others = f", of which others used {others}" if others else ""
        return f"{self.sent} of {self.limit} calls{by_others}"

    def count(self, sent: int, now: float) -> None:
        """Take note of the number of all requests of the run, and forget those of an hour ago."""
        if self._marks and now < self._marks[-1][0] - MINUTE:
            self._marks.clear()  # the clock was put back, or was the run's own until an answer
        if not self._marks or now >= self._marks[-1][0] + MINUTE:
            self._marks.append((now, self._sent))
        while self._marks[0][0] <= now - HOUR:
            self._before = max(self._before, self._marks.popleft()[1])
        self._sent = max(self._sent, sent)

    def learn(self, limit: int | None, remaining: int | None) -> None:
        """Take note of what an answer says. The answers of parallel requests are out of order.

        A remainder that rises by more than a tenth of the limit is that of a new hour.
        """
        if not limit:
            return
        if limit != self.limit:
            self.limit = self.left = self.remaining = limit
        if remaining is None:
            return
        if remaining > self.remaining + limit // 10:
            self._before, self.remaining = self._sent - 1, remaining
        self.remaining = min(self.remaining, remaining)
        self.left = min(limit, self.remaining + self.sent)


class Pacer:
    """Waits before a run takes more than its share.

    Threads that use the same limit wait together; the others go on.

    :arg capacity_percent: the share of each limit that a run may use.
    :arg sleep: waits so many seconds for a reason.
    """

    def __init__(
        self, failures: Failures, capacity_percent: int, sleep: Callable[[float, str], None]
    ) -> None:
        self._failures, self._capacity_percent, self._sleep = failures, capacity_percent, sleep
        self._hour = Hour(failures.vendor.hourly_limit)
        self._windows: dict[tuple[int, float], Window] = {}
        self._of_operation: dict[str, list[Window]] = {}
        self._pauses: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def check_hour(self, operation: Operation, sent: int, now: float) -> None:
        """Raise RateLimited if a run that sent so many requests has used its share of an hour's.

        It is a share of what others leave.

        :arg now: the vendor's clock, seconds since the epoch.
        """
        with self._lock:
            hour = self._hour
            hour.count(sent, now)
            if hour.limit and hour.sent >= self._share_of_hour():
                has_more = hour.remaining > 0 and self._capacity_percent < 100
                raise self._failures.hourly_share_used(operation, hour.describe(), has_more)
            hour.count(sent + 1, now)

    def left_of_hour(self) -> int | None:
        """Return how many requests of its hourly share a run has left, None without a limit."""
        with self._lock:
            hour = self._hour
            return max(0, self._share_of_hour() - hour.sent) if hour.limit else None

    def _share_of_hour(self) -> int:
        return max(1, self._hour.left * self._capacity_percent // 100)

    def learn(self, operation: str, headers: Mapping[str, str], now: float) -> None:
        """Take note of what an answer says of the rate limits of its operation."""
        limit, remaining = (
            _number(headers, f"X-RateLimit-{name}-Hour") for name in ("Limit", "Remaining")
        )
        with self._lock:
            self._hour.learn(limit, remaining)
            self._of_operation[operation] = [
                self._merge(window) for window in windows(headers, now)
            ]

    def _merge(self, window: Window) -> Window:
        """Return the known window of the same limit and reset, with the lower remainder."""
        known = self._windows.setdefault((window.limit, window.reset), window)
        known.remaining = min(known.remaining, window.remaining)
        return known

    def wait_for_share(self, operation: str, now: float) -> None:
        """Wait for the reset of each limit of the operation whose share is used up.

        If another thread waits as the vendor asked for this operation, wait with it.
        """
        with self._lock:
            known, pause = list(self._of_operation.get(operation, ())), self._pauses.get(operation)
        if pause is not None:
            pause.wait()
        for window in known:
            with window.lock:
                seconds = 0 if window.is_over else window.reset - now
                if seconds > 0 and window.must_wait(self._capacity_percent):
                    self._sleep(min(seconds, MAX_WAIT), "for the rate limit")
                    window.is_over = True

    def wait(self, operation: str, seconds: float, reason: str) -> None:
        """Wait as the vendor asks; what was known of the rate limit is outdated then."""
        pause = threading.Event()
        with self._lock:
            self._of_operation.pop(operation, None)
            self._pauses[operation] = pause
        try:
            self._sleep(seconds, reason)
        finally:
            pause.set()
