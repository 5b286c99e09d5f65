# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary: it counts every Mac once."""

from __future__ import annotations

from collections import Counter

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import row_of
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.summary_text import (
    count_by_stage,
    render_table,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs


@given(st.lists(macs(), max_size=12))
def test_every_mac_is_counted_once(some: list[MacFacts]) -> None:
    shown = [row_of(mac, LIMITS) for mac in some]
    counts = count_by_stage(Counter(row.stage for row in shown))
    assert sum(counts.values()) == len(some)
    lines = render_table(shown, counts, {"canary": None}, ())
    assert "unknown" in lines[-1]
    text = "\n".join(lines)
    for stage, count in counts.items():
        assert f"{stage:<31}{count:>4}" in text
