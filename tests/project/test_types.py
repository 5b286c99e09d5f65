# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values have types, and what the type checker must not see has a reason.

Mappings of anything in plugins/ are counted, and their number only shrinks.

What is free-form has a name that says what it is, such as ``Json`` or ``Params``. A value whose
keys the code knows is a frozen dataclass.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

HIDDEN = re.compile(r"# (?:type: ignore|noqa).*")
REASON = re.compile(r"\[[a-z, -]+\]  # \w|noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)* [-#]* *[a-z]")

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


def unexplained(text: str) -> list[str]:
    """Return the comments that hide a problem from a checker and do not say why."""
    return [match[0] for match in HIDDEN.finditer(text) if not REASON.search(match[0])]


def test_what_a_checker_must_not_see_has_a_reason():
    files = [CHECKOUT / file for file in tracked_files() if file.suffix == ".py"]
    assert len(files) > 500
    comments = {
        path.relative_to(CHECKOUT).as_posix(): unexplained(path.read_text(encoding="utf-8"))
        for path in files
        if path.exists() and path != Path(__file__)
    }
    assert not {file: each for file, each in comments.items() if each}


def test_a_comment_without_a_reason_is_found():
    assert unexplained("x = 1  # type: ignore[arg-type]") == ["# type: ignore[arg-type]"]
    assert unexplained("x = 1  # type: ignore") == ["# type: ignore"]
    assert unexplained("x = 1  # type: ignore[a-b,c-d]  # a stub") == []
    assert unexplained("load(x)  # noqa: S506") == ["# noqa: S506"]
    assert unexplained("load(x)  # noqa: S506 - a safe loader") == []


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
