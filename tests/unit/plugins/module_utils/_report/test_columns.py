# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of the report: one for each field of a row, with a label if the page has it."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import rows
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    generated_page,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.columns import (
    COLUMNS,
    Column,
    Format,
)

RESULT = rows.MacRow().as_result()
# Format -> the type that the page's script takes.
TYPES: dict[str, tuple[type, ...]] = {
    "names": (list,),
    "number": (int,),
    "texts": (list,),
    "users": (list,),
}
NAMES = [column.name for column in COLUMNS]


def test_each_field_of_a_row_has_one_column() -> None:
    assert sorted(NAMES) == sorted(rows.COLUMNS), "a field of MacRow needs an entry in COLUMNS"


@pytest.mark.parametrize("column", COLUMNS, ids=NAMES)
def test_a_column_of_the_page_has_a_label_and_others_have_nothing(column: Column) -> None:
    assert column.on_page == bool(column.label)
    assert column.on_page or column == Column(column.name)


@pytest.mark.parametrize("column", COLUMNS, ids=NAMES)
def test_the_format_of_a_column_fits_its_values(column: Column) -> None:
    value = RESULT[column.name]
    if column.on_page:
        assert isinstance(value, TYPES.get(column.format, (str, type(None))))
    assert not column.shared or isinstance(value, (str, type(None)))


def test_labels_differ() -> None:
    labels = [column.label for column in COLUMNS if column.on_page]
    assert len(set(labels)) == len(labels)


def test_the_script_knows_each_format() -> None:
    """The format text has nothing of its own there."""
    formats = {column.format for column in COLUMNS} - {"text"}
    assert {*formats, "text"} == set(t.get_args(Format))
    script = generated_page.SCRIPT
    assert [name for name in formats if not re.search(rf'\b{name}: |=== "{name}"', script)] == []
