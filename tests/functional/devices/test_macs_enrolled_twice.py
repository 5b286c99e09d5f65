# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs that were enrolled again and left a device in Kandji, with the same serial."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet

OLD_ID = "00000000-0000-4000-8000-0000000000aa"
pytestmark = pytest.mark.lab(macs=6)


def leave_device(watched, serial: str, is_first: bool = True) -> str:
    """Leave an older device of the serial, before or after the others. Return the Mac's own id."""
    tenant = watched.world.kandji
    device = next(each for each in tenant.devices.values() if each.serial == serial)
    old = copy.copy(device)
    old.id, old.last_check_in = OLD_ID, device.last_check_in - timedelta(days=100)
    others = list(tenant.devices.items())
    tenant.devices.clear()
    tenant.devices.update([(OLD_ID, old), *others] if is_first else [*others, (OLD_ID, old)])
    tenant.changed()
    return device.id


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_gate_waits_and_names_both_devices(watched, run_module, profile_args, is_first, state):
    (profile,) = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    watched.live()
    serial, other = watched.canary["test_macs"]
    device_id = leave_device(watched, serial, is_first)
    gate = {
        "library_item_id": profile["library_item_id"],
        "payload_uuid": profile["payload_uuid"],
        "test_macs": [serial, other],
        "state": state,
    }
    result = run_module("device_trust_gate", gate, lab=watched.lab)
    row, of_other = result["test_macs"]
    assert not result["met"] and not row["met"]
    assert all(each in row["reason"] for each in (OLD_ID, device_id, "Delete in Kandji"))
    assert of_other["met"] is (state == "present")
    assert serial not in result["asked_to_check_in"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_redelivery_writes_to_neither_device(watched, run_module, prepared, is_first):
    serial, other = prepared["serials"]
    leave_device(watched, serial, is_first)
    result = run_module("kandji_profile_redelivery", prepared, lab=watched.lab)
    row, of_other = result["macs"]
    assert row["state"] == "unknown" and OLD_ID in row["reason"] and not result["finished"]
    assert of_other["state"] == "excluding"
    assert result["changes"] == [f"update tags of the Mac {other}: tags"]
    assert result["asked_to_check_in"] == [other]


def test_a_record_is_not_reset_by_what_the_older_device_reported(watched, run_module):
    fleet = ResetFleet(watched)
    fleet.stuck("RESETMAC0001")
    asked = {"serials": ["RESETMAC0001"]}
    (row,) = run_module("okta_device_reset", asked, lab=watched.lab, check=True)["devices"]
    assert row["state"] == "would_reset", row["reason"]
    leave_device(watched, "RESETMAC0001")
    (row,) = run_module("okta_device_reset", asked, lab=watched.lab)["devices"]
    assert row["state"] == "skipped" and row["reason_code"] == "several_kandji_devices"
    assert OLD_ID in row["reason"]


def test_the_stage_of_both_devices_is_unconfirmed(watched, run_module, profile_args):
    run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    watched.live()
    serial = watched.canary["test_macs"][0]
    leave_device(watched, serial)
    ring = {
        "name": "canary",
        "blueprints": profile_args["blueprints"],
        "scep_profile": profile_args["name"],
    }
    rows = run_module("device_trust_info", {"rings": [ring]}, lab=watched.lab)["macs"]
    both = [row for row in rows if row["serial_number"] == serial]
    assert len(both) == 2 and all(row["unconfirmed"] for row in both)
    assert all("several devices with its serial" in row["unconfirmed_reason"] for row in both)


def test_a_mac_with_two_devices_counts_once_among_the_certificates(watched, run_module, tmp_path):
    asked = {"state_dir": str(tmp_path)}
    before = run_module("device_trust_certificates", asked, lab=watched.lab)["counts"]
    leave_device(watched, watched.canary["test_macs"][0])
    after = run_module("device_trust_certificates", asked, lab=watched.lab)["counts"]
    assert after == before == {"mac": 0, "ledger": 0, "unknown": 6}
