# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: everything that must hold, what fails fast first. With ``--all`` (`make test-all`) also what needs programs of others."""

from __future__ import annotations

import sys

from tools import findings, lint, sanity
from tools.environment import SCRIPTS, child_environment, run_and_read, run_tool
from tools.stages import Stage, run_stages


def stages() -> list[Stage]:
    return [*lint.stages(), Stage("pytest", pytest), *sanity.stages(), Stage("molecule", molecule), Stage("recorder", findings.check)]


def pytest() -> bool:
    return run_tool("pytest", "--numprocesses", "2", "--dist", "loadfile", "--quiet")


def molecule() -> bool:
    return judge_molecule(*run_and_read([str(SCRIPTS / "molecule"), "test", "--all"], child_environment(NO_COLOR="1")))


def judge_molecule(status: int, output: str) -> bool:
    """It is content with a playbook that is not there; this is not."""
    missing = [step for step in ("converge", "idempotence", "verify") if f"default > {step}: Executed: Successful" not in output]
    if missing:
        print(f"molecule: of the default scenario did not run, or failed: {', '.join(missing)}")
    return status == 0 and not missing and "Missing playbook" not in output


def long() -> bool:
    """What takes minutes: whole fleets drawn by chance, runs that are cut short at every request."""
    return run_tool("pytest", "-m", "long and not programs", "--numprocesses", "2", "--quiet")


def programs() -> bool:
    """Their tests alone, after the programs are there."""
    return run_tool("python", "-m", "tools.programs", "--all") and run_tool("pytest", "-m", "programs", "--numprocesses", "1", "--quiet")


def site() -> bool:
    """The documentation's site, which is built without a warning or not at all."""
    return run_tool("python", "-m", "tools.docs")


def asked(arguments: list[str]) -> list[Stage]:
    return [*stages(), Stage("long", long), Stage("programs", programs), Stage("docs", site)] if arguments == ["--all"] else stages()


if __name__ == "__main__":
    findings.clear()
    sys.exit(run_stages(asked(sys.argv[1:])))
