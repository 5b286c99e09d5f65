# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCEP item that was made in Kandji's web app.

Found, assigned, proven by what can be seen, never written.
"""

from __future__ import annotations

import pytest

MODULE, NAME = "kandji_scep_profile", "Okta SCEP (web app)"

pytestmark = pytest.mark.lab(macs=3)


@pytest.fixture(params=["profile", "scep"])
def item(request, watched) -> str:
    """Id of a SCEP item that is assigned nowhere.

    Which type Kandji shows for it is not documented.
    """
    watched.switch(native_scep_type=request.param)
    return watched.control("POST", "/kandji/items", {"type": "scep", "name": NAME})["id"]


@pytest.mark.parametrize("by", ["id", "name"])
def test_it_is_assigned_once_without_url_and_challenge(watched, run_module, item, by):
    wanted = {
        "library_item": NAME if by == "name" else item.upper(),
        "blueprints": watched.canary["blueprints"],
        "url": "",
        "challenge": "",
    }
    predicted = run_module(MODULE, wanted, lab=watched.lab, check=True, diff=True)
    assert predicted["changed"] and watched.writes() == [], predicted
    first = run_module(MODULE, wanted, lab=watched.lab, diff=True)
    assert (
        first["changes"] == predicted["changes"]
        and first["diff"] == predicted["diff"]
        and watched.writes() == ["Assign Library Item"]
    )
    mark = watched.mark()
    again = run_module(MODULE, wanted, lab=watched.lab)
    assert not again["changed"] and watched.writes(mark) == [], again
    assert (
        again["profiles"][0]["name"] == NAME
        and again["profiles"][0]["library_item_id"].lower() == item
    )


@pytest.mark.parametrize("identifier", ["item_id", "opaque"])
@pytest.mark.parametrize("told", [True, False])
def test_what_is_seen_of_it_is_the_proof(watched, run_module, item, told, identifier):
    watched.switch(status_of_console_items=told, native_scep_identifier=identifier)
    item = watched.control("POST", "/kandji/items", {"type": "scep", "name": "Another"})["id"]
    wanted = {"library_item": item, "blueprints": watched.canary["blueprints"]}
    new = run_module(MODULE, wanted, lab=watched.lab)
    assert new["profiles"][0]["proof"] == {
        "statuses": {},
        "certificates": 0,
        "unproved": 0,
        "profiles": 0,
    }, new
    watched.live(2)
    proof = run_module(MODULE, wanted, lab=watched.lab)["profiles"][0]["proof"]
    assert (
        proof["certificates"] > 0
        and proof["profiles"] == proof["certificates"]
        and proof["unproved"] == 0
        and (proof["statuses"].get("installed", 0) > 0) is told
    ), proof


def test_between_two_of_one_name_it_is_not_guessed(watched, run_module, item):
    twin = watched.control(
        "POST", "/kandji/items", {"type": "scep", "name": NAME, "blueprints": ["Engineering"]}
    )["id"]
    watched.control("PATCH", f"/kandji/items/{item}", {"blueprints": ["Staging"]})
    refused = run_module(
        MODULE, {"library_item": NAME, "blueprints": watched.canary["blueprints"]}, lab=watched.lab
    )
    assert (
        refused["failed"]
        and refused["msg"].startswith(f"SCEP item {NAME!r}: ")
        and item in refused["msg"]
        and twin in refused["msg"]
    ), refused
    assert watched.writes() == []


def test_a_custom_profile_is_none(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    refused = run_module(
        MODULE,
        {"library_item": profile_args["name"], "blueprints": profile_args["blueprints"]},
        lab=watched.lab,
    )
    assert refused["failed"] and "is a Custom Profile" in refused["msg"]


def test_an_id_of_an_app_is_refused_wherever_the_app_is(watched, run_module):
    serial = watched.canary["test_macs"][0]
    watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": "Engineering"})
    app = watched.control(
        "POST",
        "/kandji/items",
        {"type": "automatic-app", "name": "Zoom", "blueprints": ["Engineering"]},
    )["id"]
    refused = run_module(
        MODULE,
        {"library_item": app, "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
    )
    assert refused["failed"] and "'Zoom'" in refused["msg"] and watched.writes() == [], refused


def test_one_that_is_not_there_is_told(watched, run_module):
    refused = run_module(
        MODULE, {"library_item": "Okta Nothing", "blueprints": ["Staging"]}, lab=watched.lab
    )
    assert refused["failed"] and "Create it in Kandji's web app" in refused["msg"]


def test_never_beside_a_custom_profile_of_the_same_url(watched, run_module, item, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    mark = watched.mark()
    refused = run_module(
        MODULE, {"library_item": item, "blueprints": profile_args["blueprints"]}, lab=watched.lab
    )
    assert (
        refused["failed"]
        and "has the same SCEP URL" in refused["msg"]
        and watched.writes(mark) == []
    )


def test_beside_custom_profiles_in_one_call(watched, run_module, item):
    profiles = [
        {"library_item": item, "blueprints": ["Staging"]},
        {"name": "Okta SCEP - canary", "blueprints": watched.canary["blueprints"]},
    ]
    first = run_module(MODULE, {"profiles": profiles}, lab=watched.lab)
    assert ["proof" in row for row in first["profiles"]] == [True, False], first
    mark = watched.mark()
    assert (
        not run_module(MODULE, {"profiles": profiles}, lab=watched.lab)["changed"]
        and watched.writes(mark) == []
    )


def test_limits_hold_for_it_too(watched, run_module, item):
    refused = run_module(
        MODULE,
        {"library_item": item, "blueprints": watched.canary["blueprints"], "max_new": 0},
        lab=watched.lab,
    )
    assert refused["failed"] and refused["limit"] == "max_new" and watched.writes() == []


@pytest.mark.parametrize("identifier", ["item_id", "opaque"])
@pytest.mark.parametrize("told", [True, False])
def test_its_macs_pass_the_gate_and_are_judged(watched, run_module, item, told, identifier):
    watched.switch(status_of_console_items=told, native_scep_identifier=identifier)
    item = watched.control("POST", "/kandji/items", {"type": "scep", "name": "Another"})["id"]
    run_module(
        MODULE, {"library_item": item, "blueprints": watched.canary["blueprints"]}, lab=watched.lab
    )
    gate = {"library_item_id": item, "test_macs": watched.canary["test_macs"]}
    assert not run_module("device_trust_gate", gate, lab=watched.lab)["met"]
    watched.live(2)
    met = run_module("device_trust_gate", gate, lab=watched.lab)
    assert met["met"], met
    rings = [{"name": "canary", "blueprints": watched.canary["blueprints"], "library_item": item}]
    rows = run_module("device_trust_info", {"rings": rings}, lab=watched.lab)
    stages = {
        row["stage"] for row in rows["macs"] if row["serial_number"] in watched.canary["test_macs"]
    }
    assert stages <= {"OKTA_VERIFY_MISSING", "NO_LICENSE", "NOT_REGISTERED"}, rows


@pytest.mark.parametrize("identifier", ["item_id", "opaque"])
def test_the_certificate_of_another_item_does_not_open_its_gate(watched, run_module, identifier):
    """Such as one for Device Access, on Macs that do not have this item yet."""
    watched.switch(status_of_console_items=False)
    access = {"type": "scep", "name": "Device Access"}
    other = watched.control("POST", "/kandji/items", access)["id"]
    wanted = {"library_item": other, "blueprints": watched.canary["blueprints"]}
    run_module(MODULE, wanted, lab=watched.lab)
    watched.live(2)
    watched.switch(native_scep_identifier=identifier)
    item = watched.control("POST", "/kandji/items", {"type": "scep", "name": "Another"})["id"]
    gate = {"test_macs": watched.canary["test_macs"]}
    assert run_module("device_trust_gate", {**gate, "library_item_id": other}, lab=watched.lab)[
        "met"
    ]
    asked = {**gate, "library_item_id": item}
    result = run_module("device_trust_gate", asked, lab=watched.lab, check=True)
    assert not result["met"], result
    assert {row["reason"] for row in result["test_macs"]} == {
        "The SCEP profile is not installed yet."
    }


@pytest.mark.long
def test_a_ring_with_such_an_item_through_the_site_playbook(watched, playbook, item):
    watched.switch(macs_act=True)
    rings = [{**ring, "library_item": NAME} for ring in watched.ring_variables]
    asked = {
        "device_trust_rings": rings,
        "device_trust_poll_interval": 1,
        "device_trust_gate_wait": 30,
    }
    first = playbook(watched.lab, variables=asked)
    assert first.status == 0 and first.changed, first.output
    assert not [
        one for one in watched.world.kandji.library.profiles() if one.name.startswith("Okta SCEP -")
    ]
    mark = watched.mark()
    again = playbook(watched.lab, variables=asked)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
