# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is known of a Mac, an unused certificate is said to be revoked 90 days after its issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.use import (
    newest_issue,
    unread_since,
    unused_certificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs
from tests.support.strategies.values import NOW


@given(macs())
def test_an_unused_certificate_is_revoked_ninety_days_after_its_issue(mac: MacFacts) -> None:
    unused = unused_certificate(mac, LIMITS)
    if unused:
        issue = newest_issue(mac)
        assert issue and unused.issued == issue.earliest <= issue.latest
        assert unused.revoked_at - unused.issued == timedelta(days=90)
        mac.last_bound = f"{unused.issued:%Y-%m-%dT%H:%M:%S.999Z}"
        assert unused_certificate(mac, LIMITS) is None


@given(st.lists(macs(), max_size=3), st.integers(0, 120))
def test_the_log_is_read_before_what_was_read_of_it_and_once(
    fleet: list[MacFacts], days: int
) -> None:
    limits = replace(LIMITS, log_since=NOW - timedelta(days=days))
    since = unread_since(fleet, limits)
    if since:
        assert NOW - timedelta(days=90) <= since < NOW - timedelta(days=days)
        assert unread_since(fleet, replace(limits, log_since=since)) is None
