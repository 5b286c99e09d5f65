# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Macs: what is shown is what was decided, and a row survives JSON."""

from __future__ import annotations

import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    Fleet,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    COLUMNS,
    row_of,
    rows,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import classify
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs


@given(st.lists(macs(), max_size=3))
def test_each_mac_has_a_row_that_survives_json(some: list[MacFacts]) -> None:
    shown = list(rows(Fleet(some, LIMITS)))
    assert len(shown) == len(some)
    for mac, row in zip(some, shown, strict=True):
        result = row.as_result()
        assert tuple(result) == COLUMNS
        assert json.loads(json.dumps(result)) == result
        assert row.stage == classify(mac, LIMITS).stage
        assert row.unconfirmed is bool(row.unconfirmed_reason)
        users = [user.login for user in row.users]
        assert sorted(users) == sorted({login for each in mac.records for login in each.users})
        assert row == row_of(mac, LIMITS)
