# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's time: the machine's, moved forward as often as a test wants."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime


class Clock:
    """Everything in the lab that looks at a clock looks at this one."""

    def __init__(self) -> None:
        self._offset = timedelta()

    @property
    def advanced(self) -> timedelta:
        """How far it has been moved."""
        return self._offset

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self._offset

    def advance(self, **amount: float) -> datetime:
        """Move time forward; takes the keywords of ``timedelta`` (``days=91``)."""
        step = timedelta(**amount)
        if step < timedelta():
            raise ValueError("The lab's clock only moves forward.")
        self._offset += step
        return self.now()


def iso(moment: datetime) -> str:
    """As both vendors print it: 2026-11-23T10:00:00.000Z."""
    return (
        moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{moment.microsecond // 1000:03d}Z"
    )


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(timezone.utc).replace(microsecond=0), usegmt=True)
