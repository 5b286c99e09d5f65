# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run several checks one after the other, and list at the end which ones failed.

A check that uses one processor can run next to others, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tools.support.environment import CHECKOUT


class NotDone(Exception):
    """A check cannot be made here; the text says why. It does not fail the run, and is listed."""


@dataclass(frozen=True)
class CheckStep:
    """One check. It prints what it finds and returns whether all is well.

    It raises NotDone if it needs something that is not there.
    """

    name: str
    check: t.Callable[[], bool]


class Background:
    """A check that runs next to the steps that come first. Its output is printed at its own step.

    :arg module: runs the check, as ``python -m``, with these arguments.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="devicetrust-background-")
        self._output = Path(self._directory.name) / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", module, *arguments],
                cwd=CHECKOUT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def finish(self) -> bool:
        """Wait until it has ended, print its output, and return whether it passed."""
        status = self._process.wait()
        print(self._output.read_text(errors="replace"), flush=True)
        self._directory.cleanup()
        return status == 0


def run_steps(steps: t.Sequence[CheckStep]) -> int:
    """Run every step, also after a failure. Return the exit status."""
    failed: list[str] = []
    not_done: list[str] = []
    report: list[str] = []
    began = time.monotonic()
    for step in steps:
        print(f"\n=== {step.name} ===", flush=True)
        started = time.monotonic()
        try:
            passed = step.check()
        except NotDone as reason:
            print(f"Not done: {reason}.")
            not_done.append(step.name)
            word = "NOT DONE"
        else:
            word = "ok" if passed else "FAILED"
            failed += [] if passed else [step.name]
        report.append(f"{word:<8}  {step.name:<14} {time.monotonic() - started:6.1f} s")
    print("\n" + "\n".join(report))
    passed_ones = len(steps) - len(failed) - len(not_done)
    print(
        f"{passed_ones} of {len(steps)} passed in {time.monotonic() - began:.0f} s"
        + (f"; failed: {', '.join(failed)}" if failed else "")
        + (f"; not done: {', '.join(not_done)}" if not_done else "")
    )
    return 1 if failed else 0
