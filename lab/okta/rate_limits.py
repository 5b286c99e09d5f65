# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's limits.

Requests per minute by bucket, on the lab's clock; each principal's share of a bucket; and requests
at the same moment.
"""

from __future__ import annotations

import contextlib
import math
import typing as t
from contextvars import ContextVar
from dataclasses import dataclass, field

from lab.clock import Clock

# The last public numbers for a Workforce org. None: no limit is known (Macs that enrol).
PER_MINUTE: dict[str, int | None] = {"devices": 100, "logs": 120, "other": 1200, "scep": None}
MINUTE = 60
CONCURRENCY = 75  # requests of the whole org that may be handled at the same moment
PRINCIPAL_PERCENT = (
    50  # what one token or app may use of a bucket by default: a ceiling, not a guarantee
)

# Of the request that is being handled: whether it found the org busy with as many as it may have.
# Each is handled in a context of its own.
_one_too_many: ContextVar[bool] = ContextVar("one_too_many", default=False)


@dataclass
class _Window:
    reset: int  # epoch seconds
    used: int = 0  # by everybody
    by_principal: dict[str, int] = field(default_factory=dict)


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.per_minute = dict(PER_MINUTE)
        self.concurrency: int | None = CONCURRENCY
        self.principal_percent = PRINCIPAL_PERCENT
        self.in_flight = 0
        self._windows: dict[str, _Window] = {}

    def set(self, values: t.Mapping[str, t.Any]) -> None:
        """Buckets, ``concurrency`` and ``principal_percent``.

        Raises ValueError. Windows begin anew for the buckets that are named.
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
        return {
            **self.per_minute,
            "concurrency": self.concurrency,
            "principal_percent": self.principal_percent,
        }

    # By the minute

    def take(self, bucket: str, principal: str | None = None) -> bool:
        """Count one request.

        False if the minute has no room for it, or if the principal has had its share.
        """
        limit = self.per_minute[bucket]
        window = self._window(bucket)
        if limit is None:
            return True
        mine = window.by_principal.get(principal, 0) if principal else 0
        if window.used >= limit or (principal and mine >= self.share(limit)):
            return False
        window.used += 1
        if principal:
            window.by_principal[principal] = mine + 1
        return True

    def share(self, limit: int) -> int:
        return max(1, limit * self.principal_percent // 100)

    def use(self, bucket: str, requests: int) -> None:
        """Somebody else's traffic in this minute. Raises ValueError."""
        if self.per_minute.get(bucket) is None:
            raise ValueError(f"There is no bucket with a limit by the name {bucket!r}.")
        window = self._window(bucket)
        window.used = min(window.used + requests, self.per_minute[bucket] or 0)

    def headers(self, bucket: str) -> dict[str, str]:
        """The bucket as the org has it.

        No document says what they tell a principal whose share is smaller, so that they leave the
        share out.
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

    # At the same moment

    @property
    def one_too_many(self) -> bool:
        """Whether the request that is being handled came on top of as many as the org may have."""
        return _one_too_many.get()

    @contextlib.contextmanager
    def handling(self) -> t.Iterator[None]:
        """Around a request, from its arrival to the end of its answer.

        One that is refused takes no place from others.
        """
        refused = self.concurrency is not None and self.in_flight >= self.concurrency
        _one_too_many.set(refused)
        self.in_flight += not refused
        try:
            yield
        finally:
            self.in_flight -= not refused


class CountedRequests:
    """ASGI middleware that has every request counted as long as it is handled."""

    def __init__(self, app: t.Any, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: t.Any, receive: t.Any, send: t.Any) -> None:
        with self._limits.handling():
            await self._app(scope, receive, send)
