# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as CSV and JSON: every column, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    csv_json,
)

SAMPLE = MacRow(
    serial_number="C02",
    stage="MANAGED",
    ring="canary",
    certificates=1,
    certificate_expires="2027-03-01T00:00:00Z",
)


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1"])
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert csv_json.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value, shown",
    [
        ("Zoë's Mac", "Zoë's Mac"),
        (None, ""),
        (True, "true"),
        (0, "0"),
        (["a", "b"], "a; b"),
        ([{"login": "=x", "managementStatus": "MANAGED"}], "'=x MANAGED"),
    ],
)
def test_a_cell_is_plain_text(value: t.Any, shown: str) -> None:
    assert csv_json.cell(value) == shown


def test_csv_has_every_column_of_every_mac() -> None:
    name = 'a "b",\nc'
    rows = list(
        csv.DictReader(
            "".join(csv_json.csv_pieces([replace(SAMPLE, device_name=name)]))
            .lstrip("\ufeff")
            .splitlines(keepends=True)
        )
    )
    assert list(rows[0]) == list(csv_json.COLUMNS) and rows[0]["device_name"] == name
