# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps of vendors and options."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import timestamps
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
NOT_TIMESTAMPS = [
    "",
    "yesterday",
    "23.11.2026",
    "2026-13-01T00:00:00Z",
    # Forms of ISO 8601 that Python reads from 3.11 on, and a number
    "20261123",
    "20261123T100000Z",
    "2026-W48-1",
    "2026-11-23X10:00:00",
    "2026-11-23T10:00:00Z0",
    "2026-11-23T10:00:00.Z",
]


@pytest.mark.parametrize(
    "text, timestamp",
    [
        ("2026-11-23T10:00:00Z", NOW),
        ("2026-11-23T10:00:00.000Z", NOW),
        ("2026-11-23T12:00:00+02:00", NOW),
        ("2026-11-23T10:00:00.000+0000", NOW),
        ("2026-11-23T05:00:00-0500", NOW),
        ("2026-11-23 10:00:00", NOW),
        ("2026-11-23T10:00Z", NOW),
        ("2026-11-23T10Z", NOW),
        ("2026-11-23 10:00:00.000000+00:00", NOW),
        ("2026-11-23t10:00:00z", NOW),
        ("2026-11-23T10:00:00.5Z", NOW.replace(microsecond=500_000)),
        ("2026-11-23T10:00:00.1234Z", NOW.replace(microsecond=123_400)),
        ("2026-11-23T10:00:00.123456789Z", NOW.replace(microsecond=123_456)),
        ("2026-11-23T12:00:00.1234567+0200", NOW.replace(microsecond=123_456)),
        ("2026-11-23", NOW.replace(hour=0)),
    ],
)
def test_a_timestamp_without_an_offset_is_utc(text: str, timestamp: datetime) -> None:
    """Each Python reads the same forms, with as many digits of a second as a vendor writes."""
    assert timestamps.parse_timestamp(text) == timestamp
    assert timestamps.require_timestamp("since", text) == timestamp


@pytest.mark.parametrize("text", NOT_TIMESTAMPS)
def test_an_option_that_is_not_a_timestamp_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match="^since: .* is not a time. Write it like 2026-11-23 or"):
        timestamps.require_timestamp("since", text)


@pytest.mark.parametrize("text", ["9999-12-31", "9000-01-01T00:00:00Z", "1899-12-31T23:59:59Z"])
def test_an_option_that_is_too_far_is_refused_as_such(text: str) -> None:
    with pytest.raises(BadOption, match=f"^since: '{text}' is out of range. Set a time from the"):
        timestamps.require_timestamp("since", text)


@pytest.mark.parametrize("value", [*NOT_TIMESTAMPS, None, 5, 20261123, {}])
def test_a_vendor_value_that_is_not_a_timestamp_is_unknown(value: object) -> None:
    assert timestamps.parse_timestamp(value) is None


def test_a_timestamp_is_written_in_utc() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    assert timestamps.format_timestamp(berlin) == "2026-11-23T10:00:00Z"


def test_the_system_log_gets_milliseconds() -> None:
    berlin = NOW.replace(microsecond=7_999).astimezone(timezone(timedelta(hours=1)))
    assert timestamps.format_milliseconds(berlin) == "2026-11-23T10:00:00.007Z"
    assert timestamps.format_days_before(NOW.timestamp(), 1.5) == "2026-11-21T22:00:00.000Z"


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T23:59:59Z"]
)
def test_a_year_that_nobody_means_is_not_a_timestamp(text: str) -> None:
    """In UTC, or with the lifetime of a certificate, it is more than a datetime can hold."""
    assert timestamps.parse_timestamp(text) is None


def test_an_unknown_timestamp_has_no_text() -> None:
    assert timestamps.format_known(None) is None
    assert timestamps.format_known(datetime(2026, 11, 23, 10, tzinfo=timezone.utc)) == (
        "2026-11-23T10:00:00Z"
    )
