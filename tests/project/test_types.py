# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of plugins/ have types: mappings of anything are counted, and their number only shrinks.

What is free-form has a name that says what it is, such as ``Json`` or ``Params``. A value whose
keys the code knows is a frozen dataclass.
"""

from __future__ import annotations

import re

import pytest

from tools.support.environment import CHECKOUT

RAW = re.compile(r"\b(?:dict|Dict|Mapping|MutableMapping)\[str, (?:t\.|typing\.)?Any\]")
LIMIT = 11


def raw_mappings(text: str) -> int:
    """Return how many times a source spells a mapping of anything."""
    return len(RAW.findall(text))


def test_mappings_of_anything_get_fewer():
    counts = {
        path.relative_to(CHECKOUT).as_posix(): raw_mappings(path.read_text(encoding="utf-8"))
        for path in sorted((CHECKOUT / "plugins").rglob("*.py"))
    }
    assert len(counts) > 50
    assert sum(counts.values()) <= LIMIT, {file: count for file, count in counts.items() if count}


@pytest.mark.parametrize(
    "line, count",
    [
        ("rows: list[dict[str, t.Any]] = []", 1),
        ("def plan(row: t.Mapping[str, Any]) -> Dict[str, t.Any]:", 2),
        ("names: dict[str, str] = {}", 0),
        ("value: t.Any = None", 0),
    ],
)
def test_each_spelling_counts(line, count):
    assert raw_mappings(line) == count
