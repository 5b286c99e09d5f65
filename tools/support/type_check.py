# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the types of all Python files but test modules with mypy.

``python -m tools.support.type_check plugins/module_utils/_okta`` prints the problems of these paths
only. Plugins import each other relative to the collection, so mypy reads them by their full
name, below a link that makes the checkout ``ansible_collections/devicetrust/okta_kandji``.
"""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

from tools.support.environment import CACHE, CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.git_files import tracked_files

COLLECTION = "ansible_collections.devicetrust.okta_kandji"
ROOT = CACHE / "mypy"
LINK = ROOT.joinpath(*COLLECTION.split("."))
CHECKED = re.compile(r"(?:checked|no issues found in) (\d+) source files?")
ERROR = re.compile(r"^[^:\n]+:\d+: error: ", re.MULTILINE)


def check_types() -> bool:
    """Run mypy on everything that is typed. Return whether it found no error and no file lacks."""
    files = list(typed_files(tracked_files()))
    status, output = run_mypy(files)
    print(output, end="")
    return judge_mypy(status, output, len(files))


def typed_files(files: t.Iterable[Path]) -> t.Iterator[Path]:
    """Yield the Python files that mypy has to read, out of all files of the checkout."""
    for file in files:
        if file.suffix != ".py":
            continue
        helper = file.parts[0] == "tests" and not file.name.startswith("test_")
        if file.parts[0] in ("plugins", "lab", "tools", "extensions") or helper:
            yield file


def run_mypy(files: t.Sequence[Path]) -> tuple[int, str]:
    """Run mypy on files of the checkout. Return its exit status and its output."""
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if not LINK.is_symlink():
        LINK.symlink_to(CHECKOUT, target_is_directory=True)
    prefix = f"{LINK.relative_to(CHECKOUT)}/"
    paths = [
        f"{prefix}{file}" if file.parts[0] == "plugins" else str(file) for file in sorted(files)
    ]
    status, output = run_and_read([str(SCRIPTS / "mypy"), *paths], child_environment(), show=False)
    return status, output.replace(prefix, "")


def judge_mypy(status: int, output: str, expected: int) -> bool:
    """Return whether mypy passed and read at least ``expected`` files, and at least one."""
    match = CHECKED.search(output)
    checked = int(match.group(1)) if match else 0
    print(f"mypy: {checked} files checked, at least {expected} expected.")
    return status == 0 and checked >= max(expected, 1)


def main(paths: t.Sequence[str]) -> int:
    """Print the problems of files below these paths, or of all. Return 1 if there are any."""
    _status, output = run_mypy(list(typed_files(tracked_files())))
    lines = [line for line in output.splitlines() if not paths or line.startswith(tuple(paths))]
    print("\n".join(lines))
    return 1 if any(ERROR.match(line) for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
