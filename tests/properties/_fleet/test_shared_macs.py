# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Mac that both know makes them less unrelated, and what is written is refused first."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.shared_macs import (
    SharedMacs,
    describe_problem,
    describe_refusal,
    describe_warning,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import assert_sentence, texts

serials = st.lists(st.one_of(st.sampled_from(("C01", "c01", "C02", "")), texts), max_size=30)


@given(serials, serials)
def test_a_problem_is_a_warning_to_readers_and_a_refusal_to_a_clean_up(
    recorded: list[str], enrolled: list[str]
) -> None:
    counts = SharedMacs.of_serials(recorded, enrolled)
    assert counts.shared <= min(counts.recorded, counts.enrolled)
    if describe_problem(counts):
        assert describe_warning(counts)
    if describe_warning(counts):
        assert describe_refusal(counts)
    for describe in (describe_problem, describe_warning, describe_refusal):
        if text := describe(counts):
            assert_sentence(text)


@given(serials, serials, st.text(min_size=1))
def test_a_mac_that_both_know_ends_the_problem(
    recorded: list[str], enrolled: list[str], serial: str
) -> None:
    both = SharedMacs.of_serials([*recorded, serial], [*enrolled, serial])
    assert both.shared and not describe_problem(both)
