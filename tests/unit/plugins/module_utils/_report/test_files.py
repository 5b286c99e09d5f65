# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the report: written whole or not at all, with a history and a mode."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    figures,
    files,
)


def test_a_write_that_fails_leaves_the_old_report(tmp_path: t.Any) -> None:
    path = tmp_path / "device-trust.html"
    path.write_text("old")

    def broken() -> t.Iterator[str]:
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_report(path, broken, "f", 0o640, False)
    assert [one.name for one in tmp_path.iterdir()] == [path.name] and path.read_text() == "old"


@pytest.mark.parametrize(
    "kept",
    ["", "[]", "{}", '{"last": {}}', '{"last": {"stages": {}, "generated_at": "x"}, "before": 1}'],
)
def test_a_history_that_cannot_be_read_counts_as_none(tmp_path: t.Any, kept: str) -> None:
    (tmp_path / files.HISTORY).write_text(kept)
    assert files.History.read(str(tmp_path)).before("f") is None


def test_the_history_compares_with_the_report_before_as_long_as_nothing_changes(
    tmp_path: t.Any,
) -> None:
    for fingerprint, stage in (("one", "NOT_REGISTERED"), ("two", "MANAGED"), ("two", "MANAGED")):
        files.History.read(str(tmp_path)).keep(
            fingerprint, "2026-11-24T06:00:00Z", {"a": stage}, False
        )
    again = files.History.read(str(tmp_path)).before("two")
    assert again == figures.PastReport("2026-11-24T06:00:00Z", {"a": "NOT_REGISTERED"})


@pytest.mark.parametrize("mode", ["", "x", "888", "0400", "4755"])
def test_a_mode_is_octal_digits_that_leave_the_owner_reading_and_writing(mode: str) -> None:
    with pytest.raises(BadOption):
        files.parse_mode(mode)
