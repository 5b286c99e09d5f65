# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few cells of each flow of the matrix, and whether the flows meet every declared operation."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import pytest

from tests.faults.channel import Company
from tests.faults.faults import FAULTS
from tests.faults.flows import FLOWS, Flow
from tests.faults.matrix import (
    Cell,
    EndsEarly,
    Prepared,
    Run,
    declared_operations,
    evenly,
    run_matrix,
)
from tests.faults.open_cells import OPEN
from tests.support.write_options import CANARY
from tools.generate import permissions

CELLS_PER_FLOW = 3


EXAMPLES = {entry.example for entry in OPEN}


def _slice_and_open_cells(cells: Sequence[Cell]) -> Sequence[Cell]:
    chosen = [*evenly(CELLS_PER_FLOW)(cells), *(each for each in cells if each.name in EXAMPLES)]
    return list({cell.name: cell for cell in chosen}.values())


@pytest.fixture(scope="module")
def quick() -> Run:
    return run_matrix(_slice_and_open_cells, lambda _line: None)


def test_no_cell_of_the_slice_is_wrong(quick):
    assert len(quick.outcomes) >= 200
    assert len({each.fault for each in quick.outcomes} - FAULTS.keys()) >= 50
    assert quick.unexpected == []


def test_each_open_cell_is_wrong_still(quick):
    assert EXAMPLES - {each.name for each in quick.wrong} == set()


def test_every_declared_operation_is_met_by_a_flow(quick):
    assert set(declared_operations()) - quick.met == set()


@pytest.mark.parametrize("guarded", [False, True])
def test_a_flow_that_fails_without_a_fault_has_to_say_so(monkeypatch, tmp_path, guarded):
    flow = Flow("kandji_scep_profile", {**CANARY, "blueprints": ["Nowhere"]}, guarded=guarded)
    monkeypatch.setitem(FLOWS, "fails", flow)
    raises = contextlib.nullcontext() if guarded else pytest.raises(EndsEarly, match="Nowhere")
    with raises:
        Prepared("fails", Company(1, tmp_path))


def test_every_module_that_sends_requests_has_a_flow():
    modules = {module for modules in declared_operations().values() for module in modules}
    assert modules <= {flow.module for flow in FLOWS.values()}


# A second run gives another code; one of a redelivery takes the next step, or waits for Macs.
# A device that was released is assigned to nobody, so that a second run finds none. Each trial makes
# a profile, and deletes it.
NEVER_IDLE = {
    "device_trust_verify",
    "okta_temporary_access_code",
    "kandji_profile_redelivery",
    "kandji_device_release",
}


def test_every_module_that_writes_has_a_flow_in_check_mode_and_one_with_nothing_to_do():
    writing = {
        name
        for name in permissions.names()
        if any(operation.changes_state for operation in permissions.operations(name))
        and any(flow.module == name for flow in FLOWS.values())
    }
    assert {flow.module for flow in FLOWS.values() if flow.check} == writing
    assert {flow.module for flow in FLOWS.values() if flow.idle} == writing - NEVER_IDLE


def test_a_flow_with_nothing_to_do_must_not_write(monkeypatch, tmp_path):
    monkeypatch.setitem(FLOWS, "writes", Flow("kandji_scep_profile", CANARY, idle=True))
    with pytest.raises(EndsEarly, match="changes something"):
        Prepared("writes", Company(1, tmp_path))
