# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A function of the plugins whose name begins with check_ raises an error, and returns None.

One that returns a value has the name of what it returns: find_conflicts, parse_origin.
"""

from __future__ import annotations

import ast

import pytest

from tools.support.environment import CHECKOUT


def is_check(function: ast.AST) -> bool:
    return isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name.lstrip(
        "_"
    ).startswith("check_")


def returning_checks(source: str) -> list[str]:
    """Return the functions of this name whose annotation is not None."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if is_check(node) and not (node.returns and ast.unparse(node.returns) == "None")
    ]


def test_check_functions_return_none() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "plugins").rglob("*.py")]
    assert sum(map(is_check, (node for text in sources for node in ast.walk(ast.parse(text))))) > 50
    assert [name for text in sources for name in returning_checks(text)] == []


@pytest.mark.parametrize(
    "line",
    ["def check_it() -> str: ...", "def _check_it(): ...", "async def check_it() -> int: ..."],
)
def test_a_check_that_returns_something_is_found(line: str) -> None:
    assert len(returning_checks(line)) == 1
    assert returning_checks(line.partition(")")[0] + ") -> None: ...") == []
