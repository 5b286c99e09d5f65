# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is known of a Mac, its outlook only ever gets worse, and says why."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    EARLIEST,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.managed_until import (
    predict_outlook,
    predict_outlooks,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs
from tests.support.strategies.values import NOW

WORSE = {"yes": 0, "unknown": 1, "no": 2}


@given(macs(), st.lists(st.integers(0, 1000), min_size=2, max_size=2).map(sorted))
def test_an_outlook_never_gets_better_and_has_a_reason(mac: MacFacts, days: list[int]) -> None:
    for outlook in [*predict_outlooks(mac, LIMITS).values(), predict_outlook(mac, LIMITS)]:
        before, after = (outlook.state_at(NOW + timedelta(days=day)) for day in days)
        assert WORSE[outlook.today] <= WORSE[before] <= WORSE[after]
        assert outlook.reason.endswith(".")
        if outlook.today == "yes":
            assert outlook.sure_until is not None
            # Of an expiry that is unknown, not even the next sign-in is sure.
            assert outlook.sure_until == EARLIEST or outlook.sure_until >= NOW


@given(macs())
def test_each_user_of_a_mac_has_an_outlook_and_is_managed_only_by_okta(mac: MacFacts) -> None:
    shown = predict_outlooks(mac, LIMITS)
    users = {login for record in mac.records for login in record.users}
    assert users <= set(shown) and len(set(shown) - users) <= 1
    for login, outlook in shown.items():
        by_okta = [record.users.get(login) for record in mac.records if record.is_working]
        assert outlook.today != "yes" or "MANAGED" in by_okta
