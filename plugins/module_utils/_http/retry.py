# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are sent again, and after how many seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

RETRY_STATUSES = (500, 502, 503, 504)
MAX_WAIT = 300.0
MAX_BACKOFF = 30.0
FIRST_BACKOFF = 0.5


@dataclass
class Attempts:
    """The attempts of one request.

    :arg limit: retries after any failure.
    :arg transport_limit: retries after no answer or a gateway's error; None is ``limit``.
    :arg chance: returns a number from 0 to 1, for full jitter.
    """

    limit: int
    transport_limit: int | None
    chance: Callable[[], float]
    retries: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether no retry is left."""
        return self.retries >= self.limit

    @property
    def transport_exhausted(self) -> bool:
        """Whether no retry is left after no answer or a gateway's error."""
        return self.exhausted or (
            self.transport_limit is not None and self.retries >= self.transport_limit
        )

    def backoff(self) -> float:
        """Return the seconds to wait after this attempt: exponential, with full jitter."""
        return self.chance() * min(MAX_BACKOFF, FIRST_BACKOFF * float(2**self.retries))


def requested_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a 429 asks for, else None.

    Retry-After, else the reset of the rate limit, by the vendor's clock ``now``.
    """
    after = _retry_after(headers.get("Retry-After", ""), now)
    if after is not None:
        return after
    try:
        if int(headers["X-Rate-Limit-Limit"]) > 0:
            return max(1.0, float(headers["X-Rate-Limit-Reset"]) - now + 1)
    except (KeyError, ValueError):
        return None
    return None


def _retry_after(text: str, now: float) -> float | None:
    """Return the seconds of a Retry-After header: a number, or a date by the vendor's clock."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, IndexError):
        return None
