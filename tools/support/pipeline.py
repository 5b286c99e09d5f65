# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run several checks one after the other, and list at the end which ones failed."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One check. It prints what it finds and returns whether all is well."""

    name: str
    check: t.Callable[[], bool]


def run_stages(stages: t.Sequence[Stage]) -> int:
    """Run every stage, also after a failure. Return the exit status."""
    failed, report, began = [], [], time.monotonic()
    for stage in stages:
        print(f"\n=== {stage.name} ===", flush=True)
        started = time.monotonic()
        passed = stage.check()
        report.append(
            f"{'ok    ' if passed else 'FAILED'}  {stage.name:<14}"
            f" {time.monotonic() - started:6.1f} s"
        )
        if not passed:
            failed.append(stage.name)
    print("\n" + "\n".join(report))
    print(
        f"{len(stages) - len(failed)} of {len(stages)} passed in {time.monotonic() - began:.0f} s"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0
