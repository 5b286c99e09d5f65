# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is known of a Mac, an account that it may have lost is there again once it acted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.enrolled_after_registration import (
    enrolled_since,
    unread_since,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, as_text, macs
from tests.support.strategies.values import NOW, any_time


@given(macs(), any_time(500).map(as_text))
def test_an_account_is_doubted_only_until_it_acts(mac: MacFacts, enrolled: str) -> None:
    mac.enrolled = enrolled
    for login in {login for record in mac.records for login in record.users}:
        time = enrolled_since(mac, login, LIMITS)
        assert time is None or time == parse_timestamp(enrolled)
        if time:
            acted = replace(mac, last_bound=enrolled)
            assert enrolled_since(acted, login, LIMITS) is None


@given(st.lists(macs(), max_size=3), any_time(500).map(as_text), st.integers(0, 120))
def test_the_log_is_read_before_what_was_read_of_it_and_once(
    fleet: list[MacFacts], enrolled: str, days: int
) -> None:
    for mac in fleet:
        mac.enrolled = enrolled
    limits = replace(LIMITS, log_since=NOW - timedelta(days=days))
    since = unread_since(fleet, limits)
    if since:
        assert NOW - timedelta(days=90) <= since < NOW - timedelta(days=days)
        assert unread_since(fleet, replace(limits, log_since=since)) is None
