# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every linter: `make lint`.

Linters pass if they read no file. So each check here also fails if its linter read less than it
should.
"""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

from tools.support.check_runner import CheckStep, run_steps
from tools.support.complexity import check_complexity
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment, run_and_read, run_tool
from tools.support.git_files import tracked_files
from tools.support.type_check import check_types
from tools.support.vocabulary import check_vocabulary
from tools.support.web_syntax import check_web_syntax

PROCESSED = re.compile(r"in (\d+) files? processed")
FORMATTED = re.compile(r"(\d+) files? (?:already|would be left) (?:formatted|unchanged)")


def steps() -> list[CheckStep]:
    """Return all linters."""
    return [
        CheckStep("yamllint", lambda: run_tool("yamllint", "--strict", ".")),
        CheckStep("changelog", lambda: run_tool("antsibull-changelog", "lint")),
        CheckStep("licenses", lambda: run_tool("reuse", "lint", "--lines")),
        CheckStep(
            "plugin docs",
            lambda: run_tool(
                "antsibull-docs",
                "lint-collection-docs",
                "--plugin-docs",
                "--validate-collection-refs",
                "all",
                ".",
            ),
        ),
        CheckStep("ruff", lambda: run_tool("ruff", "check", "--quiet", ".") and ruff_read_files()),
        CheckStep("format", ruff_format),
        CheckStep("types", check_types),
        CheckStep("complexity", check_complexity),
        CheckStep("vocabulary", check_vocabulary),
        CheckStep("web syntax", check_web_syntax),
        CheckStep("ansible-lint", ansible_lint),
    ]


def ruff_read_files() -> bool:
    """Return whether ruff reads every Python file of the checkout."""
    _status, output = run_and_read(
        [str(SCRIPTS / "ruff"), "check", "--show-files", "."], child_environment(), show=False
    )
    read = {Path(line) for line in output.splitlines()}
    missed = [file for file in python_files(tracked_files()) if CHECKOUT / file not in read]
    for file in missed:
        print(f"{file}: ruff does not read it. Correct [tool.ruff] in pyproject.toml.")
    return bool(read) and not missed


def ruff_format() -> bool:
    """Check that `ruff format` has nothing to change, and read every Python file."""
    status, output = run_and_read(
        [str(SCRIPTS / "ruff"), "format", "--check", "."], child_environment()
    )
    return judge_ruff_format(status, output, len(list(python_files(tracked_files()))))


def judge_ruff_format(status: int, output: str, expected: int) -> bool:
    """Return whether ruff read at least ``expected`` files, and would change none of them."""
    match = FORMATTED.search(output)
    read = int(match.group(1)) if match else 0
    print(f"ruff format: {read} files read, at least {expected} expected.")
    return status == 0 and read >= max(expected, 1)


def python_files(files: t.Iterable[Path]) -> t.Iterator[Path]:
    """Yield the Python files out of all files of the checkout."""
    return (file for file in files if file.suffix == ".py")


def ansible_lint() -> bool:
    """Run ansible-lint in its production profile, without network."""
    status, output = run_and_read([str(SCRIPTS / "ansible-lint"), "--nocolor"], child_environment())
    return judge_ansible_lint(status, output, len(list(ansible_content(tracked_files()))))


def judge_ansible_lint(status: int, output: str, expected: int) -> bool:
    """Return whether ansible-lint passed and processed at least ``expected`` files."""
    match = PROCESSED.search(output)
    processed = int(match.group(1)) if match else 0
    print(f"ansible-lint: {processed} files processed, of which at least {expected} were to be.")
    return status == 0 and processed >= max(expected, 1)


def ansible_content(files: t.Iterable[Path]) -> t.Iterator[Path]:
    """Yield the YAML files of roles and playbooks, and the collection's metadata."""
    for file in files:
        if file.suffix in (".yml", ".yaml") and file.parts[0] in (
            "roles",
            "playbooks",
            "meta",
            "galaxy.yml",
        ):
            yield file


if __name__ == "__main__":
    sys.exit(run_steps(steps()))
