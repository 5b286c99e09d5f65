# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps in requests."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone


def parse_timestamp(text: t.Any) -> datetime:
    """Return the time of an ISO 8601 text, in UTC if it has no offset. Raises ValueError."""
    try:
        timestamp = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not an ISO 8601 time") from None
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=timezone.utc)
