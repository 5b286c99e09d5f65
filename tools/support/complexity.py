# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that no function is too complex, with radon.

Ruff's limit (C90 in pyproject.toml) does not count boolean operators and comprehensions; radon
does. ``python -m tools.support.complexity`` prints the functions above the limit.
"""

from __future__ import annotations

import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from radon.complexity import cc_visit

from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

LIMIT = 15
DIRECTORIES = ("plugins", "roles", "lab", "tools", "extensions")
# From before the limit. An entry that is not needed any more fails.
KNOWN: frozenset[tuple[str, str]] = frozenset({})


@dataclass(frozen=True, order=True)
class FunctionComplexity:
    """The cyclomatic complexity of one function or method, as radon counts it."""

    file: str
    name: str
    complexity: int


def check_complexity() -> bool:
    """Print the functions above the limit. Return whether functions were read and none is."""
    files = [file for file in tracked_files() if measured(file)]
    return judge_complexity([function for file in files for function in measure(file)])


def measured(file: Path) -> bool:
    """Return whether a file of the checkout is measured."""
    return file.suffix == ".py" and file.parts[0] in DIRECTORIES


def measure(file: Path, directory: Path = CHECKOUT) -> list[FunctionComplexity]:
    """Return the complexity of each function and method of a file below ``directory``."""
    blocks = cc_visit((directory / file).read_text(encoding="utf-8"))
    return [
        FunctionComplexity(str(file), block.fullname, block.complexity)
        for block in blocks
        if block.letter != "C"  # a class; its methods are listed too
    ]


def judge_complexity(
    functions: t.Sequence[FunctionComplexity], known: frozenset[tuple[str, str]] = KNOWN
) -> bool:
    """Return whether there are functions, and only the known ones are above the limit."""
    over = [function for function in sorted(functions) if function.complexity > LIMIT]
    above = {(function.file, function.name) for function in over}
    excessive = [function for function in over if (function.file, function.name) not in known]
    for function in excessive:
        print(f"{function.file}: {function.name} has complexity {function.complexity}. Split it.")
    for file, name in sorted(known - above):
        print(f"{file}: {name} is not above the limit. Remove it from KNOWN.")
    print(f"radon: {len(functions)} functions, {len(excessive)} unknown ones above {LIMIT}.")
    return bool(functions) and not excessive and known <= above


if __name__ == "__main__":
    sys.exit(not check_complexity())
