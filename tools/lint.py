# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lint`: every linter, and a guard against the one failure that linters do not report, having looked at nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

from tools.environment import CHECKOUT, SCRIPTS, child_environment, run_tool
from tools.stages import Stage, run_stages
from tools.tracked import tracked_files

PROCESSED = re.compile(r"in (\d+) files? processed")


def stages() -> list[Stage]:
    return [
        Stage("yamllint", lambda: run_tool("yamllint", "--strict", ".")),
        Stage("changelog", lambda: run_tool("antsibull-changelog", "lint")),
        Stage("ruff", lambda: run_tool("ruff", "check", "--quiet", ".")),
        Stage("ansible-lint", ansible_lint),
    ]


def ansible_lint() -> bool:
    """Production profile, no network. It must say that it read at least the files that hold tasks, plays and roles."""
    command = [str(SCRIPTS / "ansible-lint"), "--nocolor"]
    done = subprocess.run(command, cwd=CHECKOUT, env=child_environment(), check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="")
    said = PROCESSED.search(done.stdout)
    processed, expected = int(said.group(1)) if said else 0, len(list(ansible_content(tracked_files())))
    print(f"ansible-lint: {processed} files processed, of which at least {expected} were to be.")
    return done.returncode == 0 and processed >= max(expected, 1)


def ansible_content(files: t.Iterable[Path]) -> t.Iterator[Path]:
    """The files that nobody would want to be skipped: all YAML of roles and playbooks, and the collection's own."""
    for file in files:
        if file.suffix in (".yml", ".yaml") and file.parts[0] in ("roles", "playbooks", "meta", "galaxy.yml"):
            yield file


if __name__ == "__main__":
    sys.exit(run_stages(stages()))
