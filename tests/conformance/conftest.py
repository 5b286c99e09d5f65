# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that we did not write judge the lab and the collection.

What they found stands in docs/dev/conformance.md.

def test_it_lists_devices(sdk, record_conformance):
    record_conformance("Okta SDK 3.4.6", "listDevices", "by API token")
    ...
"""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.conformance.okta_sdk import connect, org_lab, register, runner, sdk
from tools.generate import conformance

__all__ = ["connect", "org_lab", "register", "runner", "sdk"]  # fixtures, handed on

# The rows that a test has claimed, and whether it has passed (None until then, and when it was
# skipped).
CLAIMED = pytest.StashKey[list[tuple[str, str, str]]]()  # test program, operation, how
PASSED = pytest.StashKey[bool | None]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> t.Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and not report.skipped:
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def record_conformance(
    request: pytest.FixtureRequest,
) -> t.Iterator[t.Callable[[str, str, str], None]]:
    """Call it with a program, the vendor's name of an operation, and how it was tried.

    A row of the table, ok if the test passes.

    Nothing in a row may differ from run to run or from machine to machine: no times, no random ids,
    no version that the machine chooses.
    """
    node = request.node
    claimed = node.stash.setdefault(CLAIMED, [])
    yield lambda name, operation, how: claimed.append((name, operation, how))
    passed = node.stash.get(PASSED, None)
    if passed is None or not claimed:
        return
    test = conformance.short_id(node.nodeid)
    result = "ok" if passed else "failed"
    rows = [
        conformance.Row(program, operation, how, result, test)
        for program, operation, how in claimed
    ]
    conformance.record(test, rows)
    if passed and os.environ.get(conformance.WRITING) != "write":
        found = conformance.differences(test, rows, conformance.PAGE.read_text(encoding="utf-8"))
        assert not found, (
            f"docs/dev/conformance.md is out of date; write it again with {conformance.COMMAND}. It"
            f" {'; '.join(found)}"
        )
