# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are sent again, and after how many seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from .._core.errors import ApiError, DeviceTrustError, Unreachable, Unreadable

# A request that the vendor did not carry out may be sent again, whatever it does. Okta answers 423
# (E0000239) and 409 to rules of one policy that are written at once. A 409 may be for good.
RATE_LIMITED = 429
NOT_CARRIED_OUT = (409, 423, RATE_LIMITED)
CONFLICT_RETRIES = 2
# Whether these were carried out is unknown; 520 to 529 are those of a content delivery network.
RETRY_STATUSES = (408, 500, 502, 503, 504, *range(520, 530))
MAX_WAIT = 300.0
MAX_BACKOFF = 30.0
FIRST_BACKOFF = 0.5


def may_be_carried_out(status: int) -> bool:
    """Return whether the vendor may have carried out a request that has an answer of this status.

    A vendor may fail after it wrote, and a gateway may have passed the request on before it gave
    up. A redirect may be the answer to a request that was carried out.
    """
    return status < 400 or status == 408 or (status >= 500 and status != 501)


def may_be_done(status: int) -> bool:
    """Return whether a write that has an answer of this status may be done.

    A vendor's own 429 means that it is not. That of a gateway may come after the write was passed
    on.
    """
    return may_be_carried_out(status) or status == RATE_LIMITED


def may_pass(status: int) -> bool:
    """Return whether a request with an answer of this status may succeed later, as it is.

    That is any but a refusal of the request or of its sender.
    """
    return not 400 <= status < 500 or status in (*NOT_CARRIED_OUT, *RETRY_STATUSES)


def error_may_pass(error: DeviceTrustError) -> bool:
    """Return whether what ended in this error may succeed later, as it is."""
    return all(
        may_pass(cause.status)
        if isinstance(cause, ApiError)
        else isinstance(cause, (Unreachable, Unreadable))
        for cause in error.causes
    )


@dataclass
class Attempts:
    """The attempts of one request.

    :arg limit: retries after any failure.
    :arg transport_limit: retries after no answer or a gateway's error; None is ``limit``.
    :arg chance: returns a number from 0 to 1, for full jitter.

    ``may_have_arrived`` is whether the vendor may have carried out an attempt of a write, and
    ``may_have_written`` whether that may have changed what the vendor keeps.
    """

    limit: int
    transport_limit: int | None
    chance: Callable[[], float]
    retries: int = 0
    may_have_arrived: bool = False
    may_have_written: bool = False

    @property
    def exhausted(self) -> bool:
        """Whether no retry is left."""
        return self.retries >= self.limit

    def may_retry(self, status: int, may_repeat: bool) -> bool:
        """Return whether a request with this answer may be sent again.

        :arg may_repeat: sending it twice does no more than sending it once.
        """
        if status == 409:
            return self.retries < min(self.limit, CONFLICT_RETRIES)
        if status in NOT_CARRIED_OUT:
            return not self.exhausted
        return status in RETRY_STATUSES and may_repeat and not self.transport_exhausted

    @property
    def transport_exhausted(self) -> bool:
        """Whether no retry is left after no answer or a gateway's error."""
        return self.exhausted or (
            self.transport_limit is not None and self.retries >= self.transport_limit
        )

    def backoff(self) -> float:
        """Return the seconds to wait after this attempt: exponential, half of it by chance."""
        longest = min(MAX_BACKOFF, FIRST_BACKOFF * float(2**self.retries))
        return longest / 2 * (1 + self.chance())


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds of a Retry-After header, else None: a number, or a date.

    A date is compared with the vendor's clock ``now``. Of several values the longest counts.
    """
    text = headers.get("Retry-After", "")
    try:
        return max(0.0, *(float(part) for part in text.split(",")))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, IndexError):
        return None
