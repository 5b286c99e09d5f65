# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run several checks one after the other, and list at the end which ones failed."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass


class NotDone(Exception):
    """A check cannot be made here; the text says why. It does not fail the run, and is listed."""


@dataclass(frozen=True)
class Stage:
    """One check. It prints what it finds and returns whether all is well.

    It raises NotDone if it needs something that is not there.
    """

    name: str
    check: t.Callable[[], bool]


def run_stages(stages: t.Sequence[Stage]) -> int:
    """Run every stage, also after a failure. Return the exit status."""
    failed: list[str] = []
    not_done: list[str] = []
    report: list[str] = []
    began = time.monotonic()
    for stage in stages:
        print(f"\n=== {stage.name} ===", flush=True)
        started = time.monotonic()
        try:
            passed = stage.check()
        except NotDone as reason:
            print(f"Not done: {reason}.")
            not_done.append(stage.name)
            word = "NOT DONE"
        else:
            word = "ok" if passed else "FAILED"
            failed += [] if passed else [stage.name]
        report.append(f"{word:<8}  {stage.name:<14} {time.monotonic() - started:6.1f} s")
    print("\n" + "\n".join(report))
    passed_ones = len(stages) - len(failed) - len(not_done)
    print(
        f"{passed_ones} of {len(stages)} passed in {time.monotonic() - began:.0f} s"
        + (f"; failed: {', '.join(failed)}" if failed else "")
        + (f"; not done: {', '.join(not_done)}" if not_done else "")
    )
    return 1 if failed else 0
