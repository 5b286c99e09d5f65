# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV and JSON: each Mac has one row, no cell is a formula, and the text can be read again."""

from __future__ import annotations

import csv
import io
import json

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import MacRow
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.csv_json import (
    NAMES,
    STARTS_A_FORMULA,
    cell,
    csv_pieces,
    json_pieces,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.figures import survey
from hypothesis import assume, given

from tests.properties._report.test_figures import META, fleets
from tests.support.strategies.values import hostile


@given(fleets)
def test_each_mac_has_a_row(rows: list[MacRow]) -> None:
    text = "".join(csv_pieces(rows))
    table = list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff").replace("\x00", ""), newline=""))
    )
    assert tuple(table[0]) == NAMES and len(table) == len(rows) + 1
    assert not any(each.startswith(STARTS_A_FORMULA) for row in table for each in row)
    document = json.loads("".join(json_pieces(rows, survey(rows, META), META)))
    assert document["macs"] == [json.loads(json.dumps(row.as_result())) for row in rows]
    assert sum(document["counts"].values()) == len(rows)


@given(hostile)
def test_a_value_of_any_type_is_a_cell_that_is_not_a_formula(value: object) -> None:
    assume(not (isinstance(value, list) and {} in value))  # a list of users has no empty one
    assert not cell(value).startswith(STARTS_A_FORMULA)
