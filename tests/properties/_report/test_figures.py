# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a report: every Mac is counted once, in any order, and masking keeps the keys."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    COLUMNS,
    MacRow,
    row_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import STAGES
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.figures import (
    Meta,
    funnel,
    masked,
    moves,
    name_of,
    survey,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs

META = Meta("2026-11-23T10:00:00Z", "https://acme.okta.com", "https://acme.api.kandji.io", STAGES)
fleets = st.lists(macs().map(lambda mac: row_of(mac, LIMITS)), max_size=3)


@given(fleets, st.randoms(use_true_random=False))
def test_every_mac_is_counted_once_in_any_order(rows: list[MacRow], chance: t.Any) -> None:
    figures = survey(rows, META)
    assert (
        figures.total == len(rows) == sum(sum(each.values()) for each in figures.by_ring.values())
    )
    assert set(figures.counts) <= set(STAGES)
    steps = [count for _step, count in funnel(figures.counts)]
    assert steps == sorted(steps, reverse=True) and steps[-1] == figures.counts.get("MANAGED", 0)
    chance.shuffle(rows)
    again = survey(rows, META)
    assert (again.counts, again.by_ring, again.unconfirmed) == (
        figures.counts,
        figures.by_ring,
        figures.unconfirmed,
    )


@given(
    fleets,
    st.sampled_from(
        (
            *COLUMNS,
            "login",
            '": "',
            "managementStatus",
            "C02XK1ZAJG5J",
            "ada@acme.com",
            "canary",
            "\\u00fc",
            'e": [',
        )
    ),
)
def test_a_secret_is_masked_and_no_key_is_destroyed(rows: list[MacRow], secret: str) -> None:
    shown = list(masked(rows, Masker([secret])))
    assert len(shown) == len(rows)
    for row in shown:
        result = row.as_result()
        assert tuple(result) == COLUMNS
        texts = [value for value in result.values() if isinstance(value, str)]
        assert not any(secret in text for text in texts)


@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(STAGES)),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(STAGES)),
)
def test_a_move_is_up_or_down_and_back_again(before: dict[str, str], now: dict[str, str]) -> None:
    forth, back = moves(before, now, STAGES), moves(now, before, STAGES)
    assert [mac for mac, _old, _new in forth.up] == [
        mac for mac, _old, _new in forth.up if mac in before
    ]
    assert {mac for mac, _old, _new in forth.up} == {mac for mac, _old, _new in back.down}
    assert {mac for mac, _old, _new in forth.new} == {mac for mac, _old, _new in back.disappeared}
    assert name_of(MacRow(serial_number="C02")) == "C02"
