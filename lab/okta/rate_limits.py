# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's rate limits.

Requests per minute by bucket, on the lab's clock; each principal's share of a bucket; and
concurrent requests.
"""

from __future__ import annotations

import contextlib
import math
import re
import typing as t
from contextvars import ContextVar
from dataclasses import dataclass, field

from lab.clock import Clock

# As recorded of orgs of 2025 and 2026; groups and logs of 2021 and 2022. Where one recording of an
# org has several operations, equal limits and resets show which of them count against one window.
# "other" is the last public number for a Workforce org. None: no limit is known (Macs that enroll).
PER_MINUTE: dict[str, int | None] = {
    "devices": 50,
    "device_users": 300,
    "users": 50,
    "groups": 500,
    "apps": 10,
    "authenticators": 50,
    "policies": 50,
    "simulate": 50,
    "logs": 120,
    "other": 1200,
    "scep": None,
}
# Which bucket an operation counts against, by the end of its path; the first that fits.
_BUCKETS = (
    (r"/api/v1/devices/\{deviceId\}/users", "device_users"),
    (r"/api/v1/devices(/.*)?", "devices"),
    (r"/api/v1/users/\{id\}", "users"),
    (r"/api/v1/groups(/.*)?", "groups"),
    (r"/api/v1/apps(/.*)?", "apps"),
    (r"/api/v1/authenticators(/.*)?", "authenticators"),
    (r"/api/v1/policies/simulate", "simulate"),
    (r"/api/v1/policies(/.*)?", "policies"),
    (r"/api/v1/logs", "logs"),
)
# The limits of an org that nobody waits for: the option ``limits`` of the lab.
HIGH = 100_000
MINUTE = 60
CONCURRENCY = 75  # concurrent requests of the whole org
# The share of a bucket that one token or app may use by default: a ceiling, not a guarantee.
PRINCIPAL_PERCENT = 50

# Of the request that is being handled: whether it found the org busy with as many as it may have.
# Each is handled in a context of its own.
_one_too_many: ContextVar[bool] = ContextVar("one_too_many", default=False)


def bucket_of(path: str) -> str:
    """Return the bucket that operations of a path count against."""
    return next((bucket for pattern, bucket in _BUCKETS if re.fullmatch(pattern, path)), "other")


@dataclass
class _Window:
    reset: int  # epoch seconds
    used: int = 0  # by all principals
    by_principal: dict[str, int] = field(default_factory=dict)


class Limits:
    """The limits of one org and what is used of them."""

    def __init__(self, clock: Clock, high: bool = False) -> None:
        self._clock = clock
        self.per_minute = {
            bucket: HIGH if high and limit else limit for bucket, limit in PER_MINUTE.items()
        }
        self.concurrency: int | None = CONCURRENCY
        self.principal_percent = PRINCIPAL_PERCENT
        self.in_flight = 0
        self._windows: dict[str, _Window] = {}

    def set(self, values: t.Mapping[str, t.Any]) -> None:
        """Set buckets, ``concurrency`` and ``principal_percent``.

        The windows of these buckets start again. Raises ValueError.
        """
        for name, number in values.items():
            self._check(name, number)
        for name, number in values.items():
            if name in self.per_minute:
                self.per_minute[name] = number
                self._windows.pop(name, None)
            else:
                setattr(self, name, number)

    def _check(self, name: str, number: t.Any) -> None:
        whole = isinstance(number, int) and not isinstance(number, bool) and number > 0
        if name == "principal_percent":
            if not whole or number > 100:
                raise ValueError("principal_percent has to be a whole number from 1 to 100.")
        elif name not in (*self.per_minute, "concurrency"):
            raise ValueError(f"Unknown limit {name!r}; known: {', '.join(sorted(self.as_dict()))}.")
        elif number is not None and not whole:
            raise ValueError(
                f"The limit {name} has to be a whole number above zero, or null for none."
            )

    def as_dict(self) -> dict[str, int | None]:
        """Return all limits by name."""
        return {
            **self.per_minute,
            "concurrency": self.concurrency,
            "principal_percent": self.principal_percent,
        }

    # By the minute

    def take(self, bucket: str, principal: str | None = None) -> bool:
        """Count a request. Return False if the bucket or the principal's share is used up."""
        limit = self.per_minute[bucket]
        window = self._window(bucket)
        if limit is None:
            return True
        own = window.by_principal.get(principal, 0) if principal else 0
        if window.used >= limit or (principal and own >= self.share(limit)):
            return False
        window.used += 1
        if principal:
            window.by_principal[principal] = own + 1
        return True

    def share(self, limit: int) -> int:
        """Return how many of a bucket's requests one principal may make."""
        return max(1, limit * self.principal_percent // 100)

    def use(self, bucket: str, requests: int) -> None:
        """Count requests of others in this minute. Raises ValueError."""
        if self.per_minute.get(bucket) is None:
            raise ValueError(f"A bucket {bucket!r} with a limit does not exist.")
        window = self._window(bucket)
        window.used = min(window.used + requests, self.per_minute[bucket] or 0)

    def headers(self, bucket: str) -> dict[str, str]:
        """Return the headers of a bucket, for the whole org.

        Okta does not document the headers for a principal whose share is smaller. They do not
        include the share.
        """
        limit = self.per_minute[bucket]
        if limit is None:
            return {}
        window = self._window(bucket)
        return {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(limit - window.used),
            "X-Rate-Limit-Reset": str(window.reset),
        }

    def _window(self, bucket: str) -> _Window:
        now = self._clock.now().timestamp()
        if bucket not in self._windows or now >= self._windows[bucket].reset:
            self._windows[bucket] = _Window(math.ceil(now) + MINUTE)
        return self._windows[bucket]

    # Concurrent requests

    @property
    def one_too_many(self) -> bool:
        """Whether the current request exceeds the concurrent requests that the org may have."""
        return _one_too_many.get()

    @contextlib.contextmanager
    def handling(self) -> t.Iterator[None]:
        """Count a request as concurrent, from its arrival to the end of its answer.

        A refused one does not count.
        """
        refused = self.concurrency is not None and self.in_flight >= self.concurrency
        _one_too_many.set(refused)
        self.in_flight += not refused
        try:
            yield
        finally:
            self.in_flight -= not refused


class CountedRequests:
    """ASGI middleware that counts concurrent requests."""

    def __init__(self, app: t.Any, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: t.Any, receive: t.Any, send: t.Any) -> None:
        """Handle a request."""
        with self._limits.handling():
            await self._app(scope, receive, send)
