# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run everything that must pass before a change lands: `make test`.

Fast checks come first. The sanity tests run next to them: most of both use one processor, and the
tests of pytest, which come afterwards, use two. ``--all`` (`make test-all`) adds the slow tests and
those that need programs of others.
"""

from __future__ import annotations

import shutil
import sys
import typing as t

from lab.contract import findings
from tools import lint
from tools.support.check_runner import Background, CheckStep, run_steps
from tools.support.environment import (
    CACHE,
    CHECKOUT,
    COMPILE_CACHE,
    SCRIPTS,
    child_environment,
    run_and_read,
    run_tool,
)

SCENARIOS = CHECKOUT / "extensions" / "molecule"
Check = t.Callable[[], bool]
STEPS = ("check", "side_effect", "converge", "idempotence", "verify")


def steps(sanity: Check, scenarios: t.Sequence[str] = ("default",)) -> list[CheckStep]:
    """Return the checks of `make test`, with these molecule scenarios.

    :arg sanity: waits for the sanity tests, which were started before.
    """
    return [
        *lint.steps(),
        CheckStep("molecule", lambda: molecule(scenarios)),
        CheckStep("sanity", sanity),
        CheckStep("pytest", pytest),
        CheckStep("recorder", findings.check),
    ]


def pytest() -> bool:
    """Run all test suites, and name the slowest tests."""
    return run_tool(
        "pytest", "--numprocesses", "2", "--dist", "loadfile", "--quiet", "--durations=25"
    )


def all_scenarios() -> list[str]:
    """Return the names of all molecule scenarios."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))


def molecule(scenarios: t.Sequence[str]) -> bool:
    """Run molecule scenarios. Return whether every step of each was executed."""
    # What a run that was cut off has left would be taken for a lab that is there.
    for left in (CACHE / "ansible" / "tmp").glob("molecule.*"):
        shutil.rmtree(left)
    chosen = (
        ["--all"]
        if list(scenarios) == all_scenarios()
        else [f"--scenario-name={name}" for name in scenarios]
    )
    return judge_molecule(
        *run_and_read(
            [str(SCRIPTS / "molecule"), "test", *chosen],
            child_environment(NO_COLOR="1", **COMPILE_CACHE),
        ),
        scenarios,
    )


def judge_molecule(status: int, output: str, scenarios: t.Sequence[str] = ("default",)) -> bool:
    """Return whether every step ran, since molecule accepts a playbook that is missing."""
    missing = [
        f"{name} > {step}"
        for name in scenarios
        for step in STEPS
        if f"{name} > {step}: Executed: Successful" not in output
    ]
    if missing:
        print(f"molecule: did not run, or failed: {', '.join(missing)}")
    return status == 0 and bool(scenarios) and not missing and "Missing playbook" not in output


def long() -> bool:
    """Run the slow tests: random fleets, and runs that are interrupted at every request."""
    return run_tool("pytest", "-m", "long and not programs", "--numprocesses", "2", "--quiet")


def faults() -> bool:
    """Run every module against faulty answers: a twentieth of the matrix, each day another one."""
    return run_tool("python", "-m", "tests.faults", "--every", "20")


def properties() -> bool:
    """Draw many more values for the property tests of the plans, and others each time."""
    return run_tool(
        "pytest",
        "tests/properties",
        "--hypothesis-profile=long",
        "--numprocesses",
        "2",
        "--quiet",
    )


def programs() -> bool:
    """Run the conformance tests with the programs of others alone, after these are installed."""
    return run_tool("python", "-m", "tools.support.system_packages", "--all") and run_tool(
        "pytest", "-m", "programs", "--numprocesses", "1", "--quiet"
    )


def site() -> bool:
    """Build the documentation site. A warning fails the build."""
    return run_tool("python", "-m", "tools.docs")


def asked(arguments: list[str], sanity: Check) -> list[CheckStep]:
    """Return the checks that these arguments ask for."""
    if arguments != ["--all"]:
        return steps(sanity)
    return [
        *steps(sanity, all_scenarios()),
        CheckStep("long", long),
        CheckStep("faults", faults),
        CheckStep("properties", properties),
        CheckStep("programs", programs),
        CheckStep("docs", site),
    ]


if __name__ == "__main__":
    findings.clear()
    sanity_tests = Background("tools.support.sanity", *sys.argv[1:])
    sys.exit(run_steps(asked(sys.argv[1:], sanity_tests.finish)))
