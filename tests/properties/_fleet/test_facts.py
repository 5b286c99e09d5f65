# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a Mac: expiries and best records are of what was read, and of nothing else."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    format_timestamp,
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    MacFacts,
    choose_record,
    estimate_expiry_of,
    explain_unknown_item_status,
    explain_unknown_status,
    find_earliest,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import macs
from tests.support.strategies.values import any_time


@given(macs(), st.randoms(use_true_random=False))
def test_the_best_record_is_one_of_the_mac(mac: MacFacts, chance: t.Any) -> None:
    best, records = choose_record(mac.records), list(mac.records)
    assert (best is None) is (not records)
    assert best is None or best in records
    chance.shuffle(records)
    assert choose_record(records) == best
    for record in records:
        assert best is not None
        # A blocked record without users may be the newest of the person whom an older one has.
        assert best.users or not best.is_working or not record.users or not record.is_working
        text = explain_unknown_status(record)
        assert text == "" or text.endswith(".")


@given(macs())
def test_an_expiry_is_known_or_estimated_from_a_certificate(mac: MacFacts) -> None:
    expiry, source = estimate_expiry_of(mac)
    assert (expiry is None) is (source == "")
    if expiry is not None:
        format_timestamp(expiry)
        assert source in ("mac", "ledger", "estimated")
        if source == "estimated":
            assert any(parse_timestamp(seen) for seen in mac.certificates)
        else:
            assert expiry == parse_timestamp(mac.expires)


@given(st.lists(any_time().map(str)))
def test_the_earliest_timestamp_is_one_of_those_that_can_be_read(seen: list[str]) -> None:
    known = [time for time in map(parse_timestamp, seen) if time]
    assert find_earliest(seen) == (min(known) if known else None)
    assert explain_unknown_item_status("unknown", "", "the profile").endswith(".")
