# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules share: rows up to a limit."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import take_rows


@pytest.mark.parametrize(
    "there, limit, shown, more",
    [(3, 2, 2, True), (2, 2, 2, False), (0, 2, 0, False), (3, 0, 3, False)],
)
def test_so_many_rows_and_whether_there_are_more(
    there: int, limit: int, shown: int, more: bool
) -> None:
    assert take_rows(iter([{"number": number} for number in range(there)]), limit) == (
        [{"number": number} for number in range(shown)],
        more,
    )


def test_no_more_rows_are_asked_for_than_that_takes() -> None:
    endless = itertools.count()
    take_rows(({"number": number} for number in endless), 5)
    assert next(endless) == 6
