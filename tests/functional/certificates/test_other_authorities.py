# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs that hold certificates of other authorities with their serial: Wi-Fi, VPN, Device Access.

Kandji's inventory shows no issuer. None of these certificates proves anything.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.kandji.model import Row
from tests.functional.helpers.reset_fleet import ResetFleet

SCEP, RENEWAL, GATE = "kandji_scep_profile", "device_trust_renewal_info", "device_trust_gate"
INFO, RESET = "device_trust_info", "okta_device_reset"
CERTIFICATES = "device_trust_certificates"


# With the serial alone, of Device Access, with the serial and more, and of another profile
NAMES = [
    "{}",
    "{} Device Access",
    "{}.wifi.acme.com",
    "{} 7f7f0000-0000-4000-8000-00000000000f",
]


def add_certificate(watched, serial: str, days_ago: float, name: str = "{}.wifi.acme.com") -> None:
    """Add what a Wi-Fi profile with CN=$SERIAL_NUMBER leaves in the inventory."""
    tenant = watched.world.kandji
    device = next(each for each in tenant.devices.values() if each.serial == serial)
    row = {"common_name": name.format(serial), "identity_certificate": True}
    seen = watched.world.clock.now() - timedelta(days=days_ago)
    device.report.certificates.append(Row(f"other-{serial}", row, seen))
    tenant.changed()


@pytest.fixture
def rings(profile_args):
    ring = {
        "name": "canary",
        "blueprints": profile_args["blueprints"],
        "scep_profile": profile_args["name"],
    }
    return {"rings": [ring]}


@pytest.mark.lab(macs=6)
@pytest.mark.parametrize("name", NAMES)
def test_a_renewal_stays_due(watched, run_module, profile_args, rings, name):
    run_module(SCEP, profile_args, lab=watched.lab)
    watched.live()
    watched.world.clock.advance(days=345)
    watched.live()
    assert run_module(RENEWAL, rings, lab=watched.lab)["rings"][0]["renew"]
    for mac in watched.world.macs:
        if mac.device.report:
            add_certificate(watched, mac.serial, days_ago=10, name=name)
    (ring,) = run_module(RENEWAL, rings, lab=watched.lab)["rings"]
    assert ring["renew"] and len(ring["due"]) == 3
    watched.world.clock.advance(days=30)
    (late,) = run_module(RENEWAL, rings, lab=watched.lab)["rings"]
    assert late["renew"] and late["healthy_percent"] == 0


@pytest.mark.lab(macs=6)
@pytest.mark.parametrize("name", ["{}", "{} Device Access"])
def test_a_device_access_certificate_in_the_ledger_does_not_delay_a_renewal(
    watched, run_module, profile_args, rings, tmp_path, name
):
    run_module(SCEP, profile_args, lab=watched.lab)
    watched.live()
    ledger = {"state_dir": str(tmp_path)}
    run_module(CERTIFICATES, ledger, lab=watched.lab)
    watched.world.clock.advance(days=80)
    for mac in watched.world.macs:
        watched.world.okta.platform.book(name.format(mac.serial))
    fleet = run_module(CERTIFICATES, {**rings, **ledger}, lab=watched.lab)["certificates"]
    assert len(fleet) == 3
    everything = run_module(CERTIFICATES, ledger, lab=watched.lab)["certificates"]
    assert all(everything[serial]["expires"] > fleet[serial]["expires"] for serial in fleet)
    watched.world.clock.advance(days=260)
    watched.live()
    (ring,) = run_module(RENEWAL, {**rings, **ledger}, lab=watched.lab)["rings"]
    assert ring["renew"] and len(ring["due"]) == 3
    stages = run_module(INFO, {**rings, **ledger}, lab=watched.lab)["macs"]
    assert all("CERTIFICATE_EXPIRING" in row["flags"] for row in stages if row["ring"])


@pytest.mark.lab(macs=6)
@pytest.mark.parametrize("subject", ["CN=$EMAIL", "CN=managementAttestation $UDID"])
def test_a_subject_that_names_nothing_is_warned_of_and_still_due(
    watched, run_module, profile_args, rings, subject
):
    written = run_module(SCEP, {**profile_args, "subject": subject}, lab=watched.lab)
    assert any("$PROFILE_UUID" in warning for warning in written["warnings"])
    watched.live()
    stages = run_module(INFO, rings, lab=watched.lab)["macs"]
    assert {row["stage"] for row in stages if row["ring"]} == {"CERTIFICATE_ABSENT"}
    assert all(row["unconfirmed"] for row in stages if row["ring"])
    assert not any("CERTIFICATE_DUPLICATE" in row["flags"] for row in stages)
    watched.world.clock.advance(days=350)
    watched.live()
    result = run_module(RENEWAL, rings, lab=watched.lab)
    assert result["rings"][0]["renew"] and "cannot be distinguished" in result["warnings"][0]


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_not_reset_without_a_certificate_of_okta(watched, run_module, name):
    fleet = ResetFleet(watched)
    fleet.mac("GUARDED00001", certificate=None)
    fleet.record("GUARDED00001")
    add_certificate(watched, "GUARDED00001", days_ago=2, name=name)
    (row,) = run_module(RESET, {"serials": ["GUARDED00001"]}, lab=watched.lab)["devices"]
    assert row["state"] == "skipped"
    assert "not the UUID of the profile" in row["reason"]


@pytest.mark.lab(macs=1)
def test_an_old_certificate_of_another_authority_does_not_prevent_a_reset(watched, run_module):
    ResetFleet(watched).stuck("RESETMAC0001")
    add_certificate(watched, "RESETMAC0001", days_ago=200)
    result = run_module(RESET, {"serials": ["RESETMAC0001"]}, lab=watched.lab, check=True)
    assert result["devices"][0]["state"] == "would_reset", result["devices"][0]["reason"]


@pytest.mark.lab(macs=4)
@pytest.mark.parametrize("name", NAMES)
def test_a_redelivery_is_not_finished_by_another_certificate(
    watched,
    run_module,
    prepared,
    name,
):
    """It came after the redelivery was asked for, and is not the profile's."""
    serial = prepared["serials"][0]
    add_certificate(watched, serial, days_ago=0, name=name)
    asked = {**prepared, "serials": [serial]}
    result = run_module("kandji_profile_redelivery", asked, lab=watched.lab)
    assert not result["finished"] and result["changed"], result["macs"]


@pytest.mark.parametrize("name", NAMES)
def test_a_gate_stays_shut(watched, run_module, profile_args, name):
    """The profile is installed, and its certificate is not there yet."""
    (profile,) = run_module(SCEP, profile_args, lab=watched.lab)["profiles"]
    watched.live()
    serial = watched.canary["test_macs"][0]
    device = next(each for each in watched.world.kandji.devices.values() if each.serial == serial)
    device.report.certificates.clear()
    watched.world.clock.advance(minutes=5)
    written = watched.world.clock.now().isoformat()
    watched.world.clock.advance(minutes=5)
    add_certificate(watched, serial, days_ago=0, name=name)
    watched.world.okta.platform.book(name.format(serial))  # Okta's log has it, too
    asked = {
        "library_item_id": profile["library_item_id"],
        "payload_uuid": profile["payload_uuid"],
        "updated_at": written,
        "test_macs": [serial],
    }
    result = run_module(GATE, asked, lab=watched.lab, check=True)
    assert not result["met"], result["test_macs"]
    assert "no certificate" in result["test_macs"][0]["reason"]


@pytest.mark.lab(macs=3)
def test_it_is_no_proof_of_an_item_of_the_console(watched, run_module):
    item = watched.control("POST", "/kandji/items", {"type": "scep", "name": "Okta SCEP (web app)"})
    wanted = {"library_item": item["id"], "blueprints": watched.canary["blueprints"]}
    run_module(SCEP, wanted, lab=watched.lab)
    (serial,) = watched.canary["test_macs"][:1]
    watched.mac(serial).check_in(watched.world.clock.now())
    before = run_module(SCEP, wanted, lab=watched.lab)["profiles"][0]["proof"]
    others = [mac.serial for mac in watched.world.macs if mac.serial != serial]
    assert (before["certificates"], before["unproved"]) == (1, 0)
    add_certificate(watched, serial, days_ago=1)
    add_certificate(watched, others[0], days_ago=1)
    after = run_module(SCEP, wanted, lab=watched.lab)["profiles"][0]["proof"]
    assert after == {**before, "unproved": 1}
