# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lower limit of people never allows more."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.lock_out import (
    LockOutGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import outcome_of

logins = st.lists(st.sampled_from(("ada", "bob", "cyd", "İda")), max_size=6)


def losing(names: list[str]) -> Forecast:
    rows = [AccessChange("00u", name, "MACOS", None, "one", "two") for name in names]
    return Forecast(tuple(rows), people=len(names))


@given(logins, st.integers(0, 4), st.integers(0, 4))
def test_a_lower_limit_of_people_never_allows_more(names: list[str], some: int, other: int) -> None:
    low, high = sorted((some, other))
    strict, loose = (
        outcome_of(lambda limit=each: LockOutGuard(limit).check(losing(names)))
        for each in (low, high)
    )
    assert not isinstance(loose, Refused) or isinstance(strict, Refused)
    assert isinstance(strict, Refused) is (len(set(names)) > low)
    if isinstance(strict, Refused):
        assert strict.details["count"] == len(set(names))


@given(logins, st.sampled_from(("ada", "new")))
def test_one_more_person_never_makes_a_change_possible(names: list[str], name: str) -> None:
    before = outcome_of(lambda: LockOutGuard(1).check(losing(names)))
    after = outcome_of(lambda: LockOutGuard(1).check(losing([*names, name])))
    assert not isinstance(before, Refused) or isinstance(after, Refused)
