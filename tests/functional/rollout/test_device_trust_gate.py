# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of a ring whose test Macs have their profile and certificates."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab(macs=6)


@pytest.mark.parametrize("mixed_case_ids", [False, True])
def test_the_proof_is_the_same_in_whatever_case_kandji_writes_ids(
    watched, run_module, profile_args, mixed_case_ids
):
    watched.switch(mixed_case_ids=mixed_case_ids)
    [profile] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    watched.live()
    item_id = profile["library_item_id"]
    gate = {
        "library_item_id": item_id[:18].upper() + item_id[18:] if mixed_case_ids else item_id,
        "test_macs": watched.canary["test_macs"],
    }
    result = run_module("device_trust_gate", gate, lab=watched.lab)
    assert result["met"]
    assert {row["proof"] for row in result["test_macs"]} == {
        "a certificate with the profile's UUID in Kandji's inventory, and the installed profile"
    }


def test_without_the_permission_to_request_check_ins_it_goes_on_and_says_so(
    watched, run_module, profile_args
):
    [profile] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    watched.forbid("Daily check-in")
    gate = {
        "library_item_id": profile["library_item_id"],
        "test_macs": watched.canary["test_macs"],
    }
    waiting = run_module("device_trust_gate", gate, lab=watched.lab)
    assert not waiting.get("failed") and not waiting["met"], waiting
    assert waiting["asked_to_check_in"] == []
    (warning,) = waiting["warnings"]
    assert "needs 'Daily check-in'" in warning and "goes on" in warning
    watched.live()
    result = run_module("device_trust_gate", gate, lab=watched.lab)
    assert result["met"] and result["warnings"] == [], result


def test_a_record_that_an_older_certificate_made_managed_is_no_proof(
    watched, run_module, profile_args
):
    [profile] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    for _day in range(3):
        watched.live()
    serial = watched.canary["test_macs"][0]
    tenant = watched.world.kandji
    device = next(each for each in tenant.devices.values() if each.serial == serial)
    device.report.certificates.clear()  # the inventory is of yesterday
    tenant.changed()
    asked = {
        "library_item_id": profile["library_item_id"],
        "payload_uuid": profile["payload_uuid"],
        "test_macs": [serial],
    }
    (before,) = run_module("device_trust_gate", asked, lab=watched.lab, check=True)["test_macs"]
    assert before["met"]
    watched.world.clock.advance(minutes=5)
    written = {**asked, "updated_at": watched.world.clock.now().isoformat()}
    watched.world.clock.advance(minutes=5)
    (after,) = run_module("device_trust_gate", written, lab=watched.lab, check=True)["test_macs"]
    assert not after["met"] and "no certificate" in after["reason"]


@pytest.mark.parametrize("step", ["suspend", None])
def test_an_older_record_is_no_proof_if_the_newest_is_blocked(
    watched, run_module, profile_args, step
):
    """The Mac was erased, and its person added the account again."""
    [profile] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    for mac in watched.world.macs:
        mac.install_by_hand()
    watched.live(2)
    world = watched.world
    serial = next(
        mac.serial
        for mac in world.macs
        if mac.certificates and any(mac.describe()["managed"].values())
    )
    world.clock.advance(days=100)  # the log does not have the certificate any more
    mac = watched.mac(serial)
    mac.device.report.certificates.clear()
    world.kandji.changed()
    mac.accounts.clear()
    (person,) = (each for each in world.people if each.serial == serial)
    with world.lock:
        person.register(world, mac)
        if step:
            world.okta.registry.step(world.okta.devices[mac.okta_account], step)
    asked = {"library_item_id": profile["library_item_id"], "test_macs": [serial]}
    (shown,) = run_module("device_trust_gate", asked, lab=watched.lab, check=True)["test_macs"]
    assert shown["met"] is (step is None), shown
