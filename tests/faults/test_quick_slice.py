# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few cells of each flow of the matrix, and whether the flows meet every declared operation."""

from __future__ import annotations

import pytest

from tests.faults.flows import FLOWS
from tests.faults.matrix import Run, declared_operations, evenly, run_matrix

CELLS_PER_FLOW = 6
# Operations that are declared and that no flow sends, with the reason.
NOT_MET = dict.fromkeys(
    (
        "Get Device",
        "List audit events",
        "Update Device",
        "createPolicySimulation",
        "replaceAuthenticatorMethod",
        "revokeUserSessions",
    ),
    "no flow comes to it yet",
)


@pytest.fixture(scope="module")
def quick() -> Run:
    return run_matrix(evenly(CELLS_PER_FLOW), lambda _line: None)


def test_no_cell_of_the_slice_is_wrong(quick):
    assert len(quick.outcomes) >= 200
    assert quick.wrong == []


def test_every_declared_operation_is_met_by_a_flow_or_has_a_reason(quick):
    declared = declared_operations()
    assert set(declared) - quick.met - set(NOT_MET) == set()
    assert set(NOT_MET) <= set(declared) - quick.met, "it is met by now"


def test_every_module_that_sends_requests_has_a_flow():
    modules = {module for modules in declared_operations().values() for module in modules}
    assert modules <= {flow.module for flow in FLOWS.values()}
