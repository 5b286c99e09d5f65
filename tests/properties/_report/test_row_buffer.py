# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever vendors send of a Mac, its row is read as it was kept, as often as it is read."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import MacRow
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.row_buffer import (
    KeptRows,
)
from hypothesis import given

from tests.properties._report.test_figures import fleets


@given(fleets)
def test_rows_are_read_as_they_were_kept(rows: list[MacRow]) -> None:
    kept = KeptRows(iter(rows))
    results = [row.as_result() for row in rows]
    assert [row.as_result() for row in kept] == results
    assert [row.as_result() for row in kept] == results
