# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's time: the machine's time, which tests move forward."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime


class Clock:
    """The one clock of the lab."""

    def __init__(self) -> None:
        self._offset = timedelta()

    @property
    def advanced(self) -> timedelta:
        """How far the clock has been moved."""
        return self._offset

    def now(self) -> datetime:
        """Return the lab's time."""
        return datetime.now(timezone.utc) + self._offset

    def advance(self, **amount: float) -> datetime:
        """Move time forward by the keywords of ``timedelta`` (``days=91``). Return the new time."""
        step = timedelta(**amount)
        if step < timedelta():
            raise ValueError("The lab's clock only moves forward.")
        self._offset += step
        return self.now()


def iso(timestamp: datetime) -> str:
    """Return a timestamp with milliseconds: 2026-11-23T10:00:00.123Z."""
    return (
        timestamp.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{timestamp.microsecond // 1000:03d}Z"
    )


def whole_seconds(timestamp: datetime) -> str:
    """Return a timestamp as Okta prints those of its objects: 2026-11-23T10:00:00.000Z.

    Recorded: only events of the System Log have milliseconds.
    """
    return iso(timestamp.replace(microsecond=0))


def http_date(timestamp: datetime) -> str:
    """Return a timestamp as the Date header of HTTP."""
    return format_datetime(timestamp.astimezone(timezone.utc).replace(microsecond=0), usegmt=True)
