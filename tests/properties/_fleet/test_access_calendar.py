# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in today and not on a date stands in the calendar before that date, with a reason."""

from __future__ import annotations

import json
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    ALREADY_TEXT,
    AccessForecast,
    Horizon,
    group_by_week,
    judge_managed_only,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs
from tests.support.strategies.values import NOW


@given(st.lists(macs(), max_size=3), st.integers(1, 800))
def test_who_gets_in_today_and_not_later_is_on_a_day_before(
    some: list[MacFacts], days: int
) -> None:
    horizon = Horizon(NOW, NOW + timedelta(days=days))
    forecast = AccessForecast(horizon, tuple(judge_managed_only(some, LIMITS, horizon)))
    day = f"{horizon.on_date:%Y-%m-%d}"
    on_days = {
        login
        for each in forecast.days
        if each.date == ALREADY_TEXT or each.date <= day
        for login in each.people
    }
    for person in forecast.people:
        if person.today == "yes" and person.on_date != "yes":
            assert person.login in on_days and person.reason
            assert person.login in forecast.losing_logins
        assert person.today in {mac.today for mac in person.macs}
    assert set(forecast.losing_logins) <= on_days


@given(st.lists(macs(), max_size=3))
def test_a_forecast_survives_json_and_weeks_lose_nobody(some: list[MacFacts]) -> None:
    horizon = Horizon(NOW, NOW + timedelta(days=30))
    forecast = AccessForecast(horizon, tuple(judge_managed_only(some, LIMITS, horizon)))
    result = forecast.as_result()
    assert json.loads(json.dumps(result)) == result
    assert sum(forecast.count_people("today").values()) == len(
        {each.login for each in forecast.people}
    )
    days = [login for day in forecast.days for login in day.people]
    weeks = [login for week in group_by_week(forecast.days) for login in week.people]
    assert sorted(days) == sorted(weeks) and len(days) == len(set(days))
