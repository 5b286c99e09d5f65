# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps of vendors and options: ISO 8601, in UTC where no offset is named."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from .errors import BadOption

# The forms that are read, which do not depend on the version of Python. Okta's Certificate
# Authorities API has an offset without a colon. A second has any number of digits after its point:
# what is less than a microsecond is dropped.
_FORM = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<time>\d\d(?::\d\d(?::\d\d)?)?)(?P<fraction>(?<=:\d\d:\d\d)[.,]\d+)?"
    r"(?P<offset>[Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
# Beyond these years, adding a lifetime or an offset leaves what a datetime can hold. Nobody means
# such a timestamp: it stands for a value that was never set.
EARLIEST = datetime(1900, 1, 1, tzinfo=timezone.utc)
LATEST = datetime(9000, 1, 1, tzinfo=timezone.utc)
# How far the clocks of two vendors, or of two servers of one vendor, may differ. The controller's
# clock decides nothing: it may be wrong by any time.
CLOCK_SKEW = timedelta(minutes=5)


def parse_timestamp(value: object) -> datetime | None:
    """Return a vendor's timestamp with its offset, or None if the value is not a timestamp.

    A year before 1900 or from 9000 on is not one.
    """
    timestamp = _parse_any_year(value)
    return timestamp if timestamp and EARLIEST <= timestamp < LATEST else None


def _parse_any_year(value: object) -> datetime | None:
    return _parse_text(value) if isinstance(value, str) else None


@lru_cache(maxsize=1024)  # the facts of one Mac are looked at in turn, and share timestamps
def _parse_text(text: str) -> datetime | None:
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    date, time, fraction, offset = form.group("date", "time", "fraction", "offset")
    digits = f".{fraction[1:7]:0<6}" if fraction else ""
    try:
        return datetime.fromisoformat(f"{date}T{time or '00'}{digits}{_with_colon(offset)}")
    except ValueError:
        return None


def _with_colon(offset: str | None) -> str:
    """Return an offset with a colon, that of UTC for none. Python 3.10 refuses it without one."""
    if offset is None or offset in "Zz":
        return "+00:00"
    return f"{offset[:3]}:{offset[-2:]}"


def require_timestamp(name: str, text: str) -> datetime:
    """Return the timestamp that an option of this name holds. Raises BadOption."""
    timestamp = parse_timestamp(text)
    if timestamp is None and _parse_any_year(text):
        raise BadOption(
            f"{name}: {text!r} is out of range. Set a time from the year {EARLIEST.year} on, and"
            f" before {LATEST.year}."
        )
    if timestamp is None:
        raise BadOption(
            f"{name}: {text!r} is not a time. Write it like 2026-11-23 or 2026-11-23T10:00:00Z."
        )
    return timestamp


def format_timestamp(timestamp: datetime) -> str:
    """Return a timestamp as ISO 8601 in UTC, in whole seconds: 2026-11-23T10:00:00Z."""
    return timestamp.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_known(timestamp: datetime | None) -> str | None:
    """Return the same, or None for a timestamp that is unknown."""
    return format_timestamp(timestamp) if timestamp else None


def format_milliseconds(timestamp: datetime) -> str:
    """Return a timestamp as Okta's System Log writes it: 2026-11-23T10:00:00.000Z."""
    timestamp = timestamp.astimezone(timezone.utc)
    return f"{timestamp:%Y-%m-%dT%H:%M:%S}.{timestamp.microsecond // 1000:03d}Z"


def format_days_before(now: float, days: float) -> str:
    """Return the timestamp ``days`` before ``now`` (seconds since the epoch), in milliseconds."""
    return format_milliseconds(datetime.fromtimestamp(now, timezone.utc) - timedelta(days=days))
