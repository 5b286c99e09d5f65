# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a report, derived once and read for each of its files. Pure.

A row costs more to derive than to read, and takes about 5 kB as objects. Here it takes less than
100 bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from .._fleet.rows import COLUMNS, MacRow, RowUser

ROWS_IN_A_BLOCK = 500
USERS = COLUMNS.index("users")
FASTEST = 1  # of the levels of zlib; a higher one saves little


class KeptRows:
    """Rows that can be read again and again, in their order, and are held as compressed JSON."""

    def __init__(self, rows: Iterable[MacRow]) -> None:
        rest = iter(rows)
        self._blocks: list[bytes] = []
        while block := [_values(row) for row in islice(rest, ROWS_IN_A_BLOCK)]:
            self._blocks.append(zlib.compress(json.dumps(block).encode(), FASTEST))

    def __iter__(self) -> Iterator[MacRow]:
        """Yield each row; one block of them is in memory."""
        for block in self._blocks:
            yield from map(_row, json.loads(zlib.decompress(block)))


def _values(row: MacRow) -> list[Any]:
    """Return the values of a row in the order of COLUMNS."""
    values = [getattr(row, name) for name in COLUMNS]
    values[USERS] = [[user.login, user.management_status] for user in row.users]
    return values


def _row(values: list[Any]) -> MacRow:
    """Return the row that ``_values`` was given."""
    users = [RowUser(*user) for user in values[USERS]]
    return MacRow(**dict(zip(COLUMNS, [*values[:USERS], users, *values[USERS + 1 :]], strict=True)))
