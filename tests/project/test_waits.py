# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No module waits without a word: all sleeps go through what displays a wait and the time left."""

from __future__ import annotations

import ast

from tools.support.environment import CHECKOUT

# Each of them says for what it sleeps and how long still.
SLEEPERS = {
    ("plugins/module_utils/_core/module.py", "wait"),
    ("plugins/module_utils/_core/progress.py", "sleep"),
    ("plugins/module_utils/_http/transport_settings.py", "wait"),
}


def sleeping_functions(path: str, source: str) -> set[tuple[str, str]]:
    """Return (path, function) of each function that calls something named sleep."""
    return {
        (path, function.name)
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and (getattr(call.func, "attr", "") or getattr(call.func, "id", "")) == "sleep"
    }


def test_a_sleep_is_found() -> None:
    source = "def work(self):\n    if True:\n        self.settings.sleep(5)\n"
    assert sleeping_functions("a.py", source) == {("a.py", "work")}


def test_every_wait_of_a_module_is_displayed() -> None:
    files = [
        path
        for directory in ("modules", "module_utils")
        for path in (CHECKOUT / "plugins" / directory).rglob("*.py")
    ]
    found: set[tuple[str, str]] = set()
    for path in files:
        found |= sleeping_functions(path.relative_to(CHECKOUT).as_posix(), path.read_text())
    assert found == SLEEPERS
