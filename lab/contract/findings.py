# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the findings of the recorder by the list of accepted deviations.

It is also a plugin of pytest, which fails a run with a new finding. ``python -m
lab.contract.findings`` judges the findings in .cache/recorder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.contract.accepted_deviations import DEVIATIONS, Deviation, covering
from lab.contract.recorder import DEFAULT_PLACE, DESCRIPTIONS, FINDINGS, Finding


@dataclass
class Verdict:
    """The findings that the list does not cover, and the entries that covered none.

    ``unlisted`` holds how often a finding was seen at least, and the user agent. ``stale`` are
    entries that no finding needed.
    """

    unlisted: dict[Finding, tuple[int, str]]
    stale: list[Deviation]
    seen: int

    def lines(self) -> list[str]:
        """Return a line for each finding that is not in the list."""
        return [
            f"{finding}  [{count} times or more, {by or 'no user agent'}]"
            for finding, (count, by) in sorted(self.unlisted.items())
        ]


def judged(place: Path, deviations: t.Sequence[Deviation] = DEVIATIONS) -> Verdict:
    """Read the findings of all processes below a directory. Return the verdict."""
    counts: dict[Finding, tuple[int, str]] = {}
    for file in sorted(place.rglob("*.jsonl")):
        highest: dict[Finding, tuple[int, str]] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            values = json.loads(line)
            count, by = values.pop("count"), values.pop("by")
            highest[Finding(**values)] = (count, by)
        for finding, (count, by) in highest.items():
            counts[finding] = (counts.get(finding, (0, ""))[0] + count, by)
    needed, unlisted = set(), {}
    for finding, seen in counts.items():
        entry = covering(
            finding.vendor,
            finding.operation,
            f"{finding.status} {finding.part}: {finding.problem}",
            deviations,
        )
        if entry is None:
            unlisted[finding] = seen
        else:
            needed.add(entry)
    return Verdict(unlisted, [entry for entry in deviations if entry not in needed], len(counts))


def clear() -> None:
    """Remove all findings."""
    shutil.rmtree(DEFAULT_PLACE, ignore_errors=True)


def check(place: Path = DEFAULT_PLACE) -> bool:
    """Judge the findings of `make test`: of its tests, the molecule scenario and their labs."""
    if not os.environ.get(DESCRIPTIONS):
        print(
            f"The recorder was off: {DESCRIPTIONS} names no directory with the vendors' API"
            " descriptions."
        )
        return True
    verdict = judged(place)
    for entry in verdict.stale:
        print(
            "warning: nothing needed this entry of lab/contract/accepted_deviations.py any more:"
            f" {entry.vendor} {', '.join(entry.operations)}: {entry.lacks}"
        )
    for line in verdict.lines():
        print(line)
    print(
        f"{verdict.seen} findings, {len(verdict.unlisted)} of them not in the short list"
        " (docs/dev/openapi-exceptions.md)."
    )
    return not verdict.unlisted and verdict.seen > 0


# The plugin


def _controller(config: pytest.Config) -> bool:
    return bool(os.environ.get(DESCRIPTIONS)) and not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Name a directory for the findings of this run, which the workers inherit."""
    if _controller(config):
        os.environ.setdefault(
            FINDINGS, str(DEFAULT_PLACE / f"pytest-{os.getpid()}")
        )  # the workers inherit it


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that has a finding which is not in the list."""
    if (
        _controller(session.config)
        and session.exitstatus == pytest.ExitCode.OK
        and judged(Path(os.environ[FINDINGS])).unlisted
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: t.Any, config: pytest.Config) -> None:
    """Print the findings that are not in the list."""
    if not _controller(config):
        return
    verdict = judged(Path(os.environ[FINDINGS]))
    if verdict.unlisted:
        terminalreporter.section(
            "not as the vendors' API descriptions say, and not in the short list (docs/dev/lab.md)"
        )
        for line in verdict.lines():
            terminalreporter.write_line(line)


if __name__ == "__main__":
    sys.exit(0 if check() else 1)
