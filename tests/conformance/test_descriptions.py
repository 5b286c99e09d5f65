# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab serves what the vendors describe.

The answers themselves are judged by the recorder, through all tests (lab.contract.recorder).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.contract.accepted_deviations import covering
from lab.contract.recorder import DESCRIPTIONS, descriptions


@pytest.mark.skipif(
    not os.environ.get(DESCRIPTIONS),
    reason=f"{DESCRIPTIONS} names no directory with the vendors' API descriptions",
)
def test_every_operation_of_the_lab_is_described_or_in_the_short_list(lab):
    from lab.kandji.app import KandjiApp  # not before the collection's import path is set up
    from lab.okta.app import OktaApp

    judges = descriptions(Path(os.environ[DESCRIPTIONS]))
    assert lab.world.observers
    for application in (OktaApp(lab.world), KandjiApp(lab.world)):
        for operation in application.operations():
            vendor = operation.vendor or application.vendor
            described = (
                judges[vendor].find(operation.verb, operation.path) if vendor in judges else None
            )
            if described is None:
                assert covering(vendor, operation.name, "200 operation: not in the description"), (
                    operation.name
                )
            else:
                assert operation.name in (described.get("operationId"), described.get("summary"))
