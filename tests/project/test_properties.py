# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each plan has property tests of its own: a new one cannot be left out.

The plan ``_fleet/rings/gate.py`` has them in ``tests/properties/_fleet/rings/test_gate.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.mutate import DECIDED_BY_EXAMPLES, UTILS, plans
from tools.support.environment import CHECKOUT

PROPERTIES = CHECKOUT / "tests" / "properties"
COLLECTION = "ansible_collections.devicetrust.okta_kandji."
# Paths below plugins/module_utils, and where their inputs are drawn instead.
ELSEWHERE = {
    "_device_records/apply.py": "tests/functional/devices/test_reset_many.py draws orgs that change during a reset.",
}


def plan_files() -> list[Path]:
    """Return the plans below plugins/module_utils."""
    files = {path.relative_to(UTILS) for paths in plans().values() for path in paths}
    return sorted(files - set(map(Path, DECIDED_BY_EXAMPLES)))


def property_test_of(plan: Path) -> Path:
    """Return the file with the property tests of a plan."""
    return PROPERTIES / plan.parent / f"test_{plan.name}"


def is_drawn(function: ast.AST) -> bool:
    """Return whether a function is a test whose arguments Hypothesis draws."""
    return isinstance(function, ast.FunctionDef) and any(
        isinstance(each, ast.Call) and getattr(each.func, "id", "") == "given"
        for each in function.decorator_list
    )


def imported_from(tree: ast.Module) -> Iterable[str]:
    """Yield the full names that a test imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    "plan", [plan for plan in plan_files() if plan.as_posix() not in ELSEWHERE], ids=str
)
def test_a_plan_has_properties(plan: Path) -> None:
    file = property_test_of(plan)
    assert file.is_file(), f"{plan} has no property test. Write {file.relative_to(CHECKOUT)}."
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert any(map(is_drawn, ast.walk(tree))), f"{file.name} draws nothing."
    module = COLLECTION + ".".join((*UTILS.parts, *plan.with_suffix("").parts))
    assert module in imported_from(tree), f"{file.name} does not test {plan}."


def test_the_exceptions_are_plans_without_a_file_of_their_own() -> None:
    files = [plan.as_posix() for plan in plan_files()]
    assert len(files) > 50 and set(ELSEWHERE) <= set(files)
    assert not any(property_test_of(Path(plan)).exists() for plan in ELSEWHERE)


def test_each_property_test_is_of_a_plan() -> None:
    files = {property_test_of(plan) for plan in plan_files()}
    others = set(PROPERTIES.rglob("test_*.py")) - files
    assert {file.name for file in others} <= {"test_recorded_values.py"}
