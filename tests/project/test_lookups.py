# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked up in one place alone.

Objects are found by name in _core/lookup, where several of one name are an error. Which devices
hold an item's profile only _kandji/profile_holders asks.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.support.environment import CHECKOUT

PLUGINS = CHECKOUT / "plugins"
LOOKUP = PLUGINS / "module_utils" / "_core" / "lookup.py"
HOLDERS = PLUGINS / "module_utils" / "_kandji" / "profile_holders.py"
NAMES = ("name", "label")
SEARCHES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def comparisons_of_names(text: str) -> list[int]:
    """Return the lines that search a list by comparing names with a value that is not fixed."""
    return sorted(
        {
            node.lineno
            for search in ast.walk(ast.parse(text))
            if isinstance(search, SEARCHES)
            for node in ast.walk(search)
            if isinstance(node, ast.Compare) and compares_name(node)
        }
    )


def compares_name(node: ast.Compare) -> bool:
    sides = (node.left, *node.comparators)
    return (
        any(isinstance(operator, ast.Eq) for operator in node.ops)
        and any(isinstance(side, ast.Attribute) and side.attr in NAMES for side in sides)
        and not any(isinstance(side, ast.Constant) for side in sides)
    )


def filters_by_item(text: str) -> list[int]:
    """Return the lines that ask Kandji for profiles by an identifier that is not a constant."""
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and key.value == "payload_identifier"
        and any(isinstance(each, ast.Name) and not each.id.isupper() for each in ast.walk(value))
    )


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PLUGINS.rglob("*.py")) if path != HOLDERS],
    ids=lambda path: Path(path).relative_to(PLUGINS).as_posix(),
)
def test_no_file_asks_itself_which_devices_hold_an_item(path):
    """It would know fewer cases: other letter case, an identifier that does not hold the id."""
    assert filters_by_item(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("rows = prism({'payload_identifier': {'like': [item_id]}})", [1]),
        ("rows = prism({'payload_identifier': {'like': [item.id]}})", [1]),
        ("rows = prism({'payload_identifier': {'like': [OKTA_DEVICE_TRUST]}})", []),
        ("rows = prism({'payload_identifier': {'like': ['com.kandji.profile']}})", []),
    ],
)
def test_a_filter_by_an_item_is_noticed(line, lines):
    assert filters_by_item(line) == lines


def test_profile_holders_itself_filters_by_item():
    assert len(filters_by_item(HOLDERS.read_text(encoding="utf-8"))) == 1


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PLUGINS.rglob("*.py")) if path != LOOKUP],
    ids=lambda path: Path(path).relative_to(PLUGINS).as_posix(),
)
def test_no_file_looks_for_a_name_itself(path):
    assert comparisons_of_names(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "item = next((each for each in items if each.name == wanted), None)",
        "known = any(name == rule.name for rule in rules)",
        "apps = [app for app in apps if app.label == label]",
    ],
)
def test_a_lookup_of_its_own_is_noticed(line):
    assert comparisons_of_names(line) == [1]


def test_lookup_itself_compares_names():
    assert len(comparisons_of_names(LOOKUP.read_text(encoding="utf-8"))) == 1
