# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few cells of each flow of the matrix, and whether the flows meet every declared operation."""

from __future__ import annotations

import contextlib

import pytest

from tests.faults.channel import Company
from tests.faults.flows import FLOWS, Flow
from tests.faults.matrix import EndsEarly, Prepared, Run, declared_operations, evenly, run_matrix
from tests.support.wanted import CANARY

CELLS_PER_FLOW = 6


@pytest.fixture(scope="module")
def quick() -> Run:
    return run_matrix(evenly(CELLS_PER_FLOW), lambda _line: None)


def test_no_cell_of_the_slice_is_wrong(quick):
    assert len(quick.outcomes) >= 200
    assert quick.wrong == []


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
