# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The year after: certificates that end soon, a Mac in a drawer, and a secret that was reset."""

from __future__ import annotations

import pytest

from lab.actors.macos_shims import check_script
from tools.support.playbook import SITE

MODULE, PROFILE = "device_trust_renewal_info", "kandji_scep_profile"
RENEW, ROTATE = SITE.parent / "renew_certificates.yml", SITE.parent / "rotate_scep_challenge.yml"
QUICK = {
    "device_trust_gate_wait": 20,
    "device_trust_poll_interval": 1,
    "device_trust_min_healthy_percent": 50,
}

pytestmark = pytest.mark.lab(macs=6)


@pytest.fixture
def canary(watched, run_module, profile_args):
    """A canary ring that has its certificates."""
    run_module(PROFILE, profile_args, lab=watched.lab)
    watched.live()
    return {
        "rings": [
            {
                "name": "canary",
                "blueprints": profile_args["blueprints"],
                "scep_profile": profile_args["name"],
            }
        ]
    }


def certificates(watched):
    return {
        serial: watched.mac(serial).certificates[-1].serial_number
        for serial in watched.canary["test_macs"]
    }


def a_night(watched, run_module, args, profile_args):
    """What renew_certificates.yml does, by its modules."""
    [decision] = run_module(MODULE, args, lab=watched.lab)["rings"]
    if decision["renew"]:
        wanted = {
            **profile_args,
            "generation": decision["generation"],
            "max_reissue": decision["macs_to_enroll"],
        }
        result = run_module(PROFILE, wanted, lab=watched.lab)
        assert (
            result["changed"] and result["macs_touched"]["reissue"] == decision["macs_to_enroll"]
        ), result
    watched.world.clock.advance(days=1)
    watched.live()
    return decision


def test_30_nights_with_a_mac_in_a_drawer_make_one_patch(watched, run_module, canary, profile_args):
    drawer = watched.mac(watched.canary["test_macs"][1])
    watched.world.clock.advance(days=330)
    watched.live()
    drawer.device.is_missing = True
    mark = watched.mark()
    decisions = [a_night(watched, run_module, canary, profile_args) for _unused in range(30)]
    assert watched.writes(mark).count("Update Custom Profile") == 1
    assert [one["renew"] for one in decisions].count(
        True
    ) == 1 and "not known to hold its present generation" in decisions[-1]["reason"]
    assert watched.mac(watched.canary["test_macs"][0]).newest_certificate


def year_old_rings(watched, run_module, rings):
    """Rings as the module takes them, whose certificates end in 25 days."""
    for one in rings:
        run_module(
            PROFILE, {"name": one["scep_profile"], "blueprints": one["blueprints"]}, lab=watched.lab
        )
    watched.live()
    watched.world.clock.advance(days=340)
    watched.live()


@pytest.mark.long
@pytest.mark.parametrize("one_ring", [True, False])
def test_a_whole_fleet_at_once_is_too_much_for_the_scep_endpoint_and_a_ring_an_hour_is_not(
    watched, run_module, one_ring
):
    blueprints = [one["blueprints"] for one in watched.ring_variables]
    parted = [[name for some in blueprints for name in some]] if one_ring else blueprints
    rings = [
        {"name": str(number), "blueprints": some, "scep_profile": f"Okta SCEP - {number}"}
        for number, some in enumerate(parted)
    ]
    year_old_rings(watched, run_module, rings)
    watched.control(
        "PATCH", "/limits", {"scep": 12}
    )  # as much as 3 Macs and a test enrollment ask for in a minute
    mark, waiting = watched.mark(), list(rings)
    while waiting:
        decisions = run_module(
            MODULE, {"rings": rings, "max_enrollments_per_hour": 3}, lab=watched.lab
        )["rings"]
        for ring, decision in zip(rings, decisions, strict=True):
            if decision["renew"]:
                wanted = {
                    "name": ring["scep_profile"],
                    "blueprints": ring["blueprints"],
                    "generation": decision["generation"],
                    "max_reissue": 6,
                }
                assert not run_module(PROFILE, wanted, lab=watched.lab).get("failed")
                waiting.remove(ring)
        watched.live()
        watched.world.clock.advance(minutes=61)
    statuses = [one.status for one in watched.world.requests[mark:] if one.vendor == "scep"]
    assert (429 in statuses) is one_ring and any(
        not mac.certificates for mac in watched.world.macs
    ) is one_ring
    watched.world.clock.advance(days=1)
    watched.live()
    watched.world.clock.advance(days=1)
    watched.live()
    assert all(mac.certificates for mac in watched.world.macs), (
        "those that were refused come again at the next check-ins"
    )


def test_an_end_that_was_read_on_the_mac_counts_more_than_an_estimated_one(
    watched, run_module, canary
):
    serial = watched.canary["test_macs"][0]
    watched.world.clock.advance(days=100)
    assert not run_module(MODULE, canary, lab=watched.lab)["rings"][0]["renew"]
    soon = watched.world.clock.now().isoformat()
    [decision] = run_module(
        MODULE, {**canary, "certificate_expiry": {serial: soon}}, lab=watched.lab
    )["rings"]
    assert (
        decision["renew"]
        and decision["due"] == [serial]
        and decision["generation"].startswith("renewed-")
    )


def test_an_end_of_the_certificate_before_is_ignored_with_a_warning(watched, run_module, canary):
    serial = watched.canary["test_macs"][0]
    watched.world.clock.advance(days=100)
    stated = {"certificate_expiry": {serial.lower(): "2020-01-01"}}
    result = run_module(MODULE, {**canary, **stated}, lab=watched.lab)
    assert not result["rings"][0]["renew"] and result["rings"][0]["healthy_percent"] == 100
    assert f"certificate_expiry: the date of {serial} is older" in result["warnings"][0]


def test_an_end_of_a_mac_that_kandji_does_not_have_is_warned_of(watched, run_module, canary):
    expiry = {"C02XK1ZAJG5J": "2027-10-24"}
    result = run_module(MODULE, {**canary, "certificate_expiry": expiry}, lab=watched.lab)
    assert "certificate_expiry: Kandji has no Mac C02XK1ZAJG5J" in result["warnings"][0]


def test_a_mac_whose_report_is_of_the_certificate_before_makes_no_ring_due_again(
    watched, run_module, canary, profile_args
):
    """It was off when the ring was renewed. The profile comes with its first check-in, and the next
    output of the check some hours later.
    """
    blueprints = profile_args["blueprints"]
    check = {"name": "Check", "script": check_script(), "blueprints": blueprints}
    item_id = run_module("kandji_custom_script", check, lab=watched.lab)["script"]["id"]
    watched.live()
    args = {**canary, "certificate_check_item_id": item_id}
    watched.world.clock.advance(days=340)
    watched.live()
    drawer = watched.mac(watched.canary["test_macs"][1])
    drawer.device.is_missing = True
    assert a_night(watched, run_module, args, profile_args)["renew"]
    watched.world.clock.advance(days=70)
    report = drawer.device.statuses[item_id]
    drawer.device.is_missing = False
    watched.live()
    drawer.device.statuses[item_id] = report
    [decision] = run_module(MODULE, args, lab=watched.lab)["rings"]
    assert not decision["renew"] and not decision["due"], decision
    assert decision["healthy_percent"] == 100
    watched.live()
    [decision] = run_module(MODULE, args, lab=watched.lab)["rings"]
    assert not decision["due"] and decision["healthy_percent"] == 100


@pytest.mark.parametrize("status", ["PASS", "A word of next year"])
def test_a_renewal_is_written_whatever_the_status_of_a_device_is(
    watched, run_module, canary, profile_args, status
):
    """A device whose status nobody knows may hold the profile, and counts for the limit."""
    [profile] = run_module(PROFILE, profile_args, lab=watched.lab)["profiles"]
    watched.world.clock.advance(days=340)
    watched.live()
    device = watched.mac(watched.canary["test_macs"][1]).device
    device.statuses[profile["library_item_id"]].status = status
    device.report = None  # its inventory does not show the profile
    assert a_night(watched, run_module, canary, profile_args)["renew"]


def test_on_a_node_of_a_map_only_its_macs_count(watched, run_module, profile_args):
    """The others of the map never get the profile, and would keep the ring from being healthy."""
    nodes = [{"tag": None}, {"tag": "early"}]
    made = watched.control(
        "POST", "/kandji/blueprints", {"name": "Map", "type": "map", "nodes": nodes}
    )
    serials = [mac.serial for mac in watched.world.macs][:5]
    for serial in serials:
        tags = {"blueprint": "Map", "tags": ["early"] if serial in serials[:3] else []}
        watched.control("PATCH", f"/kandji/devices/{serial}", tags)
    place = {"blueprints": ["Map"], "assignment_nodes": {"Map": made["nodes"][1]["id"]}}
    run_module(PROFILE, {**profile_args, **place}, lab=watched.lab)
    ring = {"name": "canary", "scep_profile": profile_args["name"], **place}
    [decision] = run_module(MODULE, {"rings": [ring]}, lab=watched.lab)["rings"]
    assert decision["healthy_percent"] == 0, decision
    watched.live()
    [decision] = run_module(MODULE, {"rings": [ring]}, lab=watched.lab)["rings"]
    assert decision["healthy_percent"] == 100 and "do not hold" not in decision["reason"], decision
    watched.world.clock.advance(days=340)
    watched.live()
    watched.mac(serials[2]).device.is_missing = True
    args = {"rings": [ring]}
    assert a_night(watched, run_module, args, {**profile_args, **place})["renew"]
    [decision] = run_module(MODULE, args, lab=watched.lab)["rings"]
    assert decision["healthy_percent"] == 66, decision


def test_without_the_uuid_in_the_subject_the_profile_dates_a_certificate(
    watched, run_module, profile_args, tmp_path
):
    """With nothing but the serial in its name, a certificate that was re-issued may keep its row
    of the inventory: the profile that came since requested another one. The ledger knows it.
    """
    watched.switch(certificate_rows="common_name")
    profile = {**profile_args, "subject": "CN=$SERIAL_NUMBER"}
    run_module(PROFILE, profile, lab=watched.lab)
    watched.live()
    watched.world.clock.advance(days=340)
    watched.live()
    rings = {
        "rings": [
            {"name": "canary", "blueprints": profile["blueprints"], "scep_profile": profile["name"]}
        ]
    }
    assert run_module(MODULE, rings, lab=watched.lab)["rings"][0]["renew"]
    run_module(PROFILE, {**profile, "generation": "2", "max_reissue": 6}, lab=watched.lab)
    watched.live()
    watched.world.clock.advance(days=70)
    watched.live()
    result = run_module(MODULE, rings, lab=watched.lab)
    assert not result["rings"][0]["renew"]
    assert "3 Macs of canary cannot be distinguished from those of other" in result["warnings"][0]
    kept = {"state_dir": str(tmp_path)}
    run_module("device_trust_certificates", kept, lab=watched.lab)
    mark = watched.mark()
    result = run_module(MODULE, {**rings, **kept}, lab=watched.lab)
    assert not result["rings"][0]["renew"] and not result.get("warnings")
    assert result["rings"][0]["reason"].startswith("No certificate expires within 30 days")
    assert {one.vendor for one in watched.asked(mark)} == {"kandji"}


def test_the_challenge_is_in_no_output(watched, run_module, canary, shown):
    [decision] = run_module(
        MODULE, {**canary, "challenge": "another-canary-secret-1234567890"}, lab=watched.lab
    )["rings"]
    assert decision["renew"] and shown("another-canary-secret-1234567890") == []


@pytest.mark.parametrize(
    "change, said",
    [
        ({"min_healthy_percent": 101}, "not between 0 and 100"),
        ({"certificate_expiry": {"X": "soon"}}, "is not a time"),
        ({"authority_key_id": "ab" * 20}, "written_before: it is not set"),
    ],
)
def test_bad_input_is_told_in_a_sentence(watched, run_module, canary, change, said):
    result = run_module(MODULE, {**canary, **change}, lab=watched.lab)
    assert result["failed"] and said in result["msg"]


@pytest.mark.long
def test_renew_yml_renews_a_ring_once(watched, playbook, canary):
    old = certificates(watched)
    rings = {**QUICK, "device_trust_rings": [watched.canary]}
    mark = watched.mark()
    early = playbook(watched.lab, path=RENEW, variables=rings)
    assert (
        early.status == 0
        and early.changed == []
        and "No certificate expires within 30 days" in early.output
    ), early.output
    watched.world.clock.advance(days=340)
    watched.live()
    predicted = playbook(watched.lab, path=RENEW, variables=rings, check=True)
    assert (
        predicted.status == 0
        and predicted.changed
        and "Update Custom Profile" not in watched.writes(mark)
    ), predicted.output
    watched.switch(macs_act=True)
    done = playbook(watched.lab, path=RENEW, variables=rings)
    assert done.status == 0 and done.changed == predicted.changed, done.output
    again = playbook(watched.lab, path=RENEW, variables=rings)
    assert (
        again.status == 0
        and again.changed == []
        and watched.writes(mark).count("Update Custom Profile") == 1
    ), again.output
    assert all(number != old[serial] for serial, number in certificates(watched).items())


def test_a_renamed_profile_stops_the_renewal_until_it_has_its_name_again(
    watched, run_module, canary, profile_args
):
    [profile] = [
        each for each in watched.world.kandji.items.values() if each.name == profile_args["name"]
    ]
    for more in ({}, {"challenge": "another-Secret-4711"}):
        profile.name = "Okta SCEP - IT Macs"
        refused = run_module(MODULE, {**canary, **more}, lab=watched.lab)
        assert refused["failed"], refused
        assert f"'Okta SCEP - IT Macs' ({profile.id}) is on " in refused["msg"]
        assert f"Rename it to '{profile_args['name']}' in Kandji" in refused["msg"]
        profile.name = profile_args["name"]
        [decision] = run_module(MODULE, {**canary, **more}, lab=watched.lab)["rings"]
        assert "no SCEP profile" not in decision["reason"]


def test_a_renewal_with_the_old_secret_fails_with_and_without_check(watched, playbook, canary):
    watched.world.clock.advance(days=340)
    watched.live()
    watched.control("POST", "/secret/reset")
    mark, rings = watched.mark(), {**QUICK, "device_trust_rings": [watched.canary]}
    for check in (True, False):
        refused = playbook(watched.lab, path=RENEW, variables=rings, check=check)
        assert refused.status != 0, refused.output
        assert "Update Custom Profile" not in watched.writes(mark)
        words = " ".join(refused.output.split())
        assert ("device_trust_scep_challenge: it is the old one" in words) is check
        assert ("The test enrollment was refused by the SCEP endpoint" in words) is not check


@pytest.mark.long
def test_after_a_reset_of_the_secret_rotate_yml_restores_enrollment(
    watched, playbook, canary, shown
):
    living = certificates(watched)
    new = watched.control("POST", "/secret/reset")["scep_challenge"]
    rings = {**QUICK, "device_trust_rings": [watched.canary]}
    stale = playbook(watched.lab, variables=rings)
    assert "challenge is stale: it was reset in Okta" in " ".join(stale.output.split()), (
        stale.output
    )
    assert certificates(watched) == living
    rings["device_trust_scep_challenge"] = new
    mark = watched.mark()
    watched.switch(macs_act=True)
    done = playbook(watched.lab, path=ROTATE, variables=rings)
    assert done.status == 0 and "Macs enroll with the new one" in done.output, done.output
    assert watched.writes(mark)[:2] == ["PKIOperation", "Update Custom Profile"] and all(
        number != living[serial] for serial, number in certificates(watched).items()
    )
    mark = watched.mark()
    again = playbook(watched.lab, path=ROTATE, variables=rings)
    assert (
        again.status == 0
        and again.changed == []
        and watched.writes(mark) == []
        and shown(new) == []
    ), again.output


def test_the_playbook_refuses_a_ring_whose_generation_the_site_playbook_sets(
    watched, run_module, playbook, profile_args
):
    run_module(PROFILE, {**profile_args, "generation": "2026"}, lab=watched.lab)
    watched.live()
    watched.world.clock.advance(days=345)
    watched.live()
    rings, mark = [{**watched.canary, "generation": "2026"}], watched.mark()
    refused = playbook(watched.lab, RENEW, variables={**QUICK, "device_trust_rings": rings})
    assert refused.status != 0 and "'canary' has a generation" in refused.output, refused.output
    assert watched.writes(mark) == []


def test_between_two_certificate_checks_of_one_name_none_is_selected(
    watched, run_module, playbook, canary
):
    ids = [
        watched.control(
            "POST",
            "/kandji/items",
            {"type": "custom-script", "name": "Okta certificate check", "blueprints": [blueprint]},
        )["id"]
        for blueprint in watched.canary["blueprints"] * 2
    ]
    refused = playbook(
        watched.lab,
        RENEW,
        variables={
            **QUICK,
            "device_trust_rings": [watched.canary],
            "device_trust_certificate_check": True,
        },
    )
    text = " ".join(refused.output.split())
    assert refused.status != 0 and "Kandji has 2 library items named" in text, refused.output
    assert all(item_id in text for item_id in ids)
