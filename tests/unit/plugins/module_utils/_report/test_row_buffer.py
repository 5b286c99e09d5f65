# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a report are derived once, and read again as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.row_buffer import (
    ROWS_IN_A_BLOCK,
    KeptRows,
)

ODD = MacRow(
    serial_number="C02",
    device_name="Zoë's \u202eMac\n\x00 \ud800",
    ring=None,
    tags=("a", "b"),
    flags=("STALE",),
    unconfirmed=True,
    users=[RowUser("zoe@example.com", "MANAGED"), RowUser("max", "NOT_MANAGED")],
    okta_device_ids=["guo1"],
    certificates=2,
    certificate_expires="2027-03-01T00:00:00Z",
)


@pytest.mark.parametrize("number", [0, 1, ROWS_IN_A_BLOCK, ROWS_IN_A_BLOCK + 1])
def test_rows_come_in_their_order_each_time(number: int) -> None:
    kept = KeptRows(MacRow(serial_number=f"C{index}") for index in range(number))
    serials = [f"C{index}" for index in range(number)]
    assert [row.serial_number for row in kept] == serials
    assert [row.serial_number for row in kept] == serials


def test_a_row_comes_back_with_all_that_it_had() -> None:
    (row,) = KeptRows([ODD])
    assert row.as_result() == ODD.as_result()
    assert row.users == ODD.users


def test_each_row_is_derived_once() -> None:
    derived = []

    def rows() -> Iterator[MacRow]:
        for serial in ("C1", "C2"):
            derived.append(serial)
            yield MacRow(serial_number=serial)

    kept = KeptRows(rows())
    assert [len(list(kept)), len(list(kept))] == [2, 2]
    assert derived == ["C1", "C2"]
