# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of the authority: one state for each platform, and none is well that is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.renewal import (
    BROKEN,
    OVERDUE,
    UNKNOWN,
    authority_renewal,
    authority_renewals,
    renewal_warnings,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.authorities import URLS, authorities
from tests.support.strategies.values import assert_sentence, datetimes

STATES = ("none", "waiting", "rolled_over", "overdue", "broken", "unknown")


@given(authorities(), datetimes(2000), st.integers(0, 2000))
def test_each_platform_has_one_state_and_time_never_ends_an_alarm(
    org: Authorities, now: datetime, days: int
) -> None:
    for platform in org.platforms:
        renewal = authority_renewal(org, platform, now)
        later = authority_renewal(org, platform, now + timedelta(days=days))
        assert renewal is not None and later is not None
        assert renewal.state in STATES and renewal.platform == platform
        assert_sentence(renewal.summary)
        assert not renewal.is_alarm or later.is_alarm
        assert renewal.state not in (OVERDUE, BROKEN) or renewal.is_alarm
        assert renewal_warnings(renewal) == renewal.warnings
        assert not (renewal.is_moved and renewal.is_to_be_moved)
        assert not renewal.is_moved or renewal.message
        renewal.as_result()
        if renewal.replacement is not None:
            assert renewal.replacement.rotation_state == "ACTIVE"
    assert authority_renewal(org, None, now) is None


@given(authorities(), datetimes(2000))
def test_what_okta_does_not_show_of_a_platform_is_unknown(org: Authorities, now: datetime) -> None:
    for platform in org.platforms:
        renewal = authority_renewal(org, replace(platform, authority_key_id=""), now)
        assert renewal is not None and renewal.state == UNKNOWN
        assert renewal.is_alarm is (renewal.deadline is not None and renewal.deadline <= now)
        renewal = authority_renewal(replace(org, all=()), platform, now)
        assert renewal is not None and renewal.state == UNKNOWN


@given(authorities(), st.lists(st.sampled_from(URLS)), datetimes(2000))
def test_each_platform_is_judged_once(org: Authorities, urls: list[str], now: datetime) -> None:
    ids = [each.platform.id for each in authority_renewals(org, urls, now)]
    assert len(ids) == len(set(ids)) and set(ids) <= {each.id for each in org.platforms}
