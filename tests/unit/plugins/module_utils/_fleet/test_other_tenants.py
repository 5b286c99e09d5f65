# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs are declared to be of another org or tenant."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.other_tenants import (
    Elsewhere,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import classify

from tests.unit.plugins.module_utils._fleet.builders import SERIAL, mac, record

BLUEPRINT_ID = "3F2A9B1C-0d4e-4f5a-8b6c-7d8e9f0a1b2c"
DECLARED = Elsewhere((" labs", BLUEPRINT_ID.lower()), (f"{SERIAL.lower()} ",))


def stage_of(facts: MacFacts) -> str:
    DECLARED.mark([facts])
    return classify(facts).stage


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (mac(ring=None, blueprint="Labs"), "OTHER_TENANT"),
        (mac(ring=None, blueprint="Renamed", blueprint_id=BLUEPRINT_ID), "OTHER_TENANT"),
        (mac(ring=None, blueprint="Labs East"), "NOT_IN_SCOPE"),
        (mac(ring=None, blueprint=""), "NOT_IN_SCOPE"),
        # A ring counts more than the declaration, and so does what Okta shows.
        (mac(blueprint="Labs", rolled_out=False), "NOT_ROLLED_OUT"),
        (mac(record(ann="MANAGED"), ring=None, blueprint="Labs"), "MANAGED"),
        (mac(record(), in_kandji=False, ring=None), "OTHER_TENANT"),
        (MacFacts("C02OTHER", records=[record()], in_kandji=False), "KANDJI_MISSING"),
        (MacFacts("", records=[record()], in_kandji=False), "KANDJI_MISSING"),
        # It has moved from the other tenant to this one.
        (mac(ring=None), "NOT_IN_SCOPE"),
    ],
)
def test_the_stage_of_a_mac_of_others(facts: MacFacts, stage: str) -> None:
    assert stage_of(facts) == stage


def test_a_blueprint_that_no_mac_is_on_is_named() -> None:
    macs = [mac(blueprint="Labs"), mac(blueprint="Gone", in_kandji=False)]
    elsewhere = Elsewhere(("LABS", "Labz", "Gone"))
    assert elsewhere.describe_unknown(macs) == (
        "other_blueprints: no Mac of Kandji is on a blueprint with the name or id 'Labz', 'Gone'."
        " Correct it, or remove it."
    )
    assert Elsewhere(("Labs",)).describe_unknown(macs) == ""
