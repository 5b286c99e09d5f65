# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Approval: no lower limit allows more, and a plan needs its own phrase and digest."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.approval import (
    Limits,
    check_approved,
    check_confirmed,
    check_limits,
    count_writes,
    digest_plan,
    write_phrase,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    Guards,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.resets import evidence, guards, targets
from tests.support.strategies.values import outcome_of

Targets = list[RecordTarget]


@given(targets(), guards(), evidence(), st.integers(0, 5), st.integers(0, 5), st.integers(0, 50))
def test_a_lower_limit_never_allows_more(
    some: Targets, limits: Guards, facts: Evidence, one: int, other: int, fleet: int
) -> None:
    decisions = plan_records(some, limits, facts)
    low, high = sorted((one, other))
    for name in ("max_devices", "max_percent"):
        values = {"max_devices": 9, "max_percent": 100, "confirm_above": 0, "confirm": ""}
        strict, loose = (
            outcome_of(lambda chosen=each: check_limits(decisions, chosen, fleet))
            for each in (Limits(**{**values, name: low}), Limits(**{**values, name: high}))
        )
        assert not isinstance(loose, Refused) or isinstance(strict, Refused)
        if name == "max_devices" and not isinstance(strict, Refused):
            assert count_writes(decisions) <= low
    unknown = outcome_of(lambda: check_limits(decisions, Limits(9, 0, 0, ""), None))
    assert isinstance(unknown, Refused) is (count_writes(decisions) > 9)


@given(targets(), guards(), evidence(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_a_plan_needs_its_own_phrase_and_digest(
    some: Targets, limits: Guards, facts: Evidence, above: int, chance: t.Any
) -> None:
    decisions = plan_records(some, limits, facts)
    count, host = count_writes(decisions), "acme.okta.com"
    wrong = Limits(99, 100, above, write_phrase(count + len(some) + 1, host))
    right = replace(wrong, confirm=write_phrase(count, host))
    check_confirmed(decisions, right, host)
    try:
        check_confirmed(decisions, wrong, host)
        assert count <= above
    except Refused as error:
        assert error.details["confirm"] == right.confirm
    digest = digest_plan(decisions, host)
    check_approved(decisions, digest, digest.upper())
    assert isinstance(outcome_of(lambda: check_approved(decisions, digest, "0" * 64)), Refused)
    chance.shuffle(decisions)
    assert digest_plan(decisions, host) == digest
