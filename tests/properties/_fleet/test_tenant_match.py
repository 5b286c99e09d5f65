# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads that an org and a tenant may be unrelated."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.tenant_match import (
    SharedMacs,
    describe_refusal,
    describe_warning,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import assert_sentence, texts

serials = st.lists(st.one_of(st.sampled_from(("C01", "c01", "C02", "")), texts), max_size=30)


@given(serials, serials)
def test_what_a_clean_up_refuses_is_a_warning_to_readers(
    recorded: list[str], enrolled: list[str]
) -> None:
    counts = SharedMacs.of_serials(recorded, enrolled)
    assert counts.shared <= min(counts.recorded, counts.enrolled)
    if describe_refusal(counts):
        assert describe_warning(counts)
    for describe in (describe_warning, describe_refusal):
        if text := describe(counts):
            assert_sentence(text)


@given(serials, serials, st.text(min_size=1))
def test_a_mac_that_both_know_is_shared(
    recorded: list[str], enrolled: list[str], serial: str
) -> None:
    assert SharedMacs.of_serials([*recorded, serial], [*enrolled, serial]).shared
