# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Okta org of one company with the Kandji tenant of another."""

from __future__ import annotations

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

CLEAN_UP = CHECKOUT / "playbooks" / "clean_up_records.yml"
COUNTS = "Macs with a working record in Okta, none is among the 12 Macs of Kandji."

pytestmark = pytest.mark.lab(macs=12)


def use_another_company(watched, macs):
    """Let the working records be of Macs that Kandji does not have."""
    fleet = ResetFleet(watched)
    for number in range(macs):
        fleet.record(f"OTHERMAC{number:04}", age=24 * 100.0)
    for record in watched.world.okta.devices.values():
        serial = str(record.profile.get("serialNumber", ""))
        if not serial.startswith("OTHER"):
            record.profile["serialNumber"] = f"OTHER{serial}"


def registered(watched, macs):
    use_another_company(watched, macs)
    return watched.mark()


@pytest.mark.parametrize("macs", [2, 10])
def test_the_preflight_warns_with_both_hosts_and_goes_on(watched, run_module, macs):
    registered(watched, macs)
    result = run_module("device_trust_preflight", {"rings": [watched.canary]}, lab=watched.lab)
    assert not result.get("failed"), result
    text = " ".join(result["warnings"])
    assert COUNTS in text and "may not belong together" in text
    assert "The Okta org 127.0.0.1" in text or "The Okta org localhost" in text


@pytest.mark.parametrize("check", [True, False])
def test_a_clean_up_suspends_nothing_whatever_the_limits(watched, playbook, check):
    mark = registered(watched, 4)
    variables = {
        "device_trust_clean_up_max_devices": 100,
        "device_trust_clean_up_max_percent": 100,
    }
    result = playbook(watched.lab, CLEAN_UP, check=check, variables=variables)
    assert result.status != 0 and watched.writes(mark) == [], result.output
    assert COUNTS in " ".join(result.output.split())


def test_the_table_warns_and_says_nothing_if_both_share_their_macs(watched, run_module):
    args = {"rings": [watched.canary]}
    before = run_module("device_trust_info", args, lab=watched.lab)
    assert not any("belong together" in each for each in before.get("warnings", []))
    registered(watched, 4)
    other = run_module("device_trust_info", args, lab=watched.lab)
    assert any(COUNTS in each for each in other["warnings"])


def test_macs_of_another_org_and_of_another_tenant_are_shown_as_such(watched, run_module):
    """The blueprint of a Mac belongs to another org, and a record to another tenant."""
    watched.control("POST", "/kandji/blueprints", {"name": "Labs"})
    other = watched.world.macs[-1].serial
    watched.control("PATCH", f"/kandji/devices/{other}", {"blueprint": "Labs"})
    ResetFleet(watched).record("LABSMAC00001", age=1.0)
    args = {"rings": [watched.canary]}
    before = run_module("device_trust_info", args, lab=watched.lab)["counts"]
    declared = {"other_blueprints": ["labs", "Labz"], "other_serials": ["labsmac00001"]}
    result = run_module("device_trust_info", {**args, **declared}, lab=watched.lab)
    assert result["counts"]["OTHER_TENANT"] == 2 and "KANDJI_MISSING" not in result["counts"]
    assert result["counts"]["NOT_IN_SCOPE"] == before["NOT_IN_SCOPE"] - 1
    assert any("'Labz'" in each and "'labs'" not in each for each in result["warnings"])
