# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of open cells: each entry holds its example, and no worse problem of it."""

from __future__ import annotations

import pytest

from tests.faults.flows import FLOWS
from tests.faults.matrix import Outcome, Run
from tests.faults.open_cells import OPEN, OpenCells, find_open

ENTRY = OpenCells(r"rule: .*", r"silently different: \.name", "it is shown", "rule: x")


@pytest.mark.parametrize("entry", OPEN)
def test_an_entry_has_a_reason_and_holds_its_example_of_a_flow(entry):
    assert entry.why and entry.example.partition(":")[0] in FLOWS
    assert entry.holds(entry.example, ())
    assert find_open(entry.example, ["a write too many: Create Thing"]) is None


def test_an_entry_holds_no_other_cell_and_no_other_problem():
    shown, lost = "silently different: .name: a -> b", "silently different: .devices: 3 -> 0"
    assert ENTRY.holds("rule: x", [shown, shown])
    assert not ENTRY.holds("other rule: x", [shown])
    assert not ENTRY.holds("rule: x", [shown, lost])


def test_a_run_reports_open_cells_and_is_wrong_for_others_alone(monkeypatch):
    monkeypatch.setattr("tests.faults.open_cells.OPEN", (ENTRY,))
    problem = ("silently different: .name: a -> b",)
    known, new = (
        Outcome("rule", "m", "List", "fault", name, problem) for name in ("rule: x", "other: x")
    )
    run = Run([known, new])
    assert run.wrong == [known, new] and run.unexpected == [new]
    assert run.lines()[0] == "2 cells, 2 wrong, 1 of them open"
    assert run.lines()[-2:] == ["open: rule: x", f"other: x: {problem[0]}"]
