# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""okta_device_reset against the lab: what works and what is new is kept, what is gone is fine, one call for many."""

from __future__ import annotations

import pytest

MODULE = "okta_device_reset"


def registered(watched, serial="TESTMAC0001", login="ann@example.com", managed=False):
    org = watched.world.okta
    with watched.world.lock:
        user = org.add_user("Ann", "Example", login)
        record = org.register(user_id=user.id, serial=serial, udid=f"udid-{serial}", name=serial, model="MacBookPro18,3", os_version="15.1")
        if managed:
            certificate = org.book(f"{serial} X")
            watched.switch(record_before_certificate="heals")
            org.sign_in(user_id=user.id, device_id=record.id, certificate=certificate.serial_number)
        watched.world.clock.advance(minutes=5)
    return record


def test_deactivated_and_deleted_and_absent_after(watched, run_module):
    record = registered(watched)
    predicted = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab, check=True)
    assert predicted["changed"] and predicted["devices"][0]["state"] == "would_reset" and watched.writes() == []
    done = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab)
    assert done["devices"][0]["state"] == "reset" and watched.writes() == ["deactivateDevice", "deleteDevice"], done
    assert record.id not in watched.world.okta.devices
    again = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab)
    assert not again["changed"] and again["devices"][0]["state"] == "absent"


def test_a_new_registration_is_kept(watched, run_module):
    registered(watched)
    args = {"serials": ["TESTMAC0001"], "created_before": watched.world.clock.now().isoformat()}
    run_module(MODULE, args, lab=watched.lab)
    registered(watched)
    again = run_module(MODULE, args, lab=watched.lab)
    assert not again["changed"] and again["devices"][0]["state"] == "held_back" and "new registration is kept" in again["devices"][0]["reason"]


def test_a_device_that_works_is_kept_unless_forced(watched, run_module):
    registered(watched, managed=True)
    held = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab)
    assert held["devices"][0]["state"] == "held_back" and "MANAGED" in held["devices"][0]["reason"] and watched.writes() == []
    assert run_module(MODULE, {"serials": ["TESTMAC0001"], "force": True}, lab=watched.lab)["changed"]


def test_more_than_max_devices_and_nothing_is_written(watched, run_module):
    serials = [f"TESTMAC{number:04}" for number in range(3)]
    for serial in serials:
        registered(watched, serial, f"{serial.lower()}@example.com")
    refused = run_module(MODULE, {"serials": serials, "max_devices": 2}, lab=watched.lab)
    assert refused["failed"] and refused["count"] == 3 and watched.writes() == []
    done = run_module(MODULE, {"serials": serials, "max_devices": 3}, lab=watched.lab)
    assert done["counts"]["reset"] == 3 and sum(row["count"] for row in done["api_calls"]) == 4 * 3 + 1


@pytest.mark.parametrize("switches", [{"repeated_lifecycle": 400}, {"repeated_lifecycle": 204}])
@pytest.mark.parametrize("operation", ["deactivateDevice", "deleteDevice"])
def test_a_step_whose_answer_was_lost_is_a_step_done(watched, run_module, operation, switches):
    watched.switch(**switches)
    record = registered(watched)
    watched.fault("drop", operation, times=1)
    done = run_module(MODULE, {"device_ids": [record.id]}, lab=watched.lab)
    assert done["devices"][0]["state"] == "reset" and record.id not in watched.world.okta.devices


def test_a_serial_that_is_part_of_another_is_left_alone(watched, run_module):
    other = registered(watched, "TESTMAC00012")
    result = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab)
    assert result["devices"][0]["state"] == "absent" and other.id in watched.world.okta.devices


def test_duplicates_are_each_decided(watched, run_module):
    first = registered(watched)
    second = registered(watched, login="bob@example.com")
    done = run_module(MODULE, {"serials": ["TESTMAC0001"]}, lab=watched.lab)
    assert {row["device_id"] for row in done["devices"]} == {first.id, second.id} and done["counts"]["reset"] == 2


def test_nobody_named_is_a_mistake_and_an_empty_list_is_nothing_to_do(watched, run_module):
    refused = run_module(MODULE, {}, lab=watched.lab)
    assert refused["failed"] and "serials" in refused["msg"] and "device_ids" in refused["msg"]
    idle = run_module(MODULE, {"serials": []}, lab=watched.lab)
    assert not idle["changed"] and idle["devices"] == [] and watched.asked() == []
