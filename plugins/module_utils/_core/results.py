# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module returns."""

from __future__ import annotations

import typing as t
from itertools import islice

from .changes import Change, ansible_diff, described

# A module's result, or an object in it. The module's RETURN documents the keys.
Result = dict[str, t.Any]
Item = t.TypeVar("Item")


def build_result(changes: t.Sequence[Change], **values: t.Any) -> Result:
    """Return a result with `changed`, the plan in words (`changes`) and the `diff`."""
    return {
        "changed": bool(changes),
        "changes": described(changes),
        "diff": ansible_diff(changes),
        **values,
    }


def row_limit(max_rows: int) -> int | None:
    """Return how many rows a result may list, None for all of them (0)."""
    return max_rows or None


def take_rows(rows: t.Iterable[Item], max_rows: int) -> tuple[list[Item], bool]:
    """Return at most ``max_rows`` rows (0: all), and whether there are more.

    No page is read beyond those that are needed.
    """
    limit = row_limit(max_rows)
    taken = list(islice(rows, None if limit is None else limit + 1))
    more = limit is not None and len(taken) > limit
    return taken[:limit] if more else taken, more
