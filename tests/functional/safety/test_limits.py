# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits count the devices of every platform that a change reaches."""

from __future__ import annotations

import pytest

from tests.functional.helpers.interleaving import before_request
from tests.functional.library_items.test_kandji_custom_profile import text, wifi

CUSTOM, APP = "kandji_custom_profile", "kandji_app_store_item"
PHONES = ["iPhones and iPads"]
pytestmark = pytest.mark.lab(macs=3)


def test_an_app_is_not_taken_from_iphones_unnoticed(watched, run_module):
    items = watched.world.kandji.items.values()
    item = next(each for each in items if each.name == "Okta Verify")
    watched.control("PATCH", f"/kandji/items/{item.id}", {"blueprints": ["Canary", *PHONES]})
    asked = {"blueprints": ["Canary"], "blueprints_mode": "exact", "max_removed": 0}
    refused = run_module(APP, asked, lab=watched.lab)
    assert refused["failed"] and watched.writes() == []
    assert "The removal of 'Okta Verify' from 'iPhones and iPads'" in refused["msg"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "absent"},
        {"blueprints": PHONES, "blueprints_mode": "remove"},
        {"active": False},
        {"runs_on": ["mac"]},
    ],
    ids=["deleted", "unassigned", "deactivated", "of other platforms"],
)
def test_a_profile_is_not_taken_from_iphones_unnoticed(watched, run_module, change):
    wanted = {
        "name": "iPhone Wi-Fi",
        "mobileconfig": text(wifi()),
        "blueprints": PHONES,
        "runs_on": ["iphone", "ipad"],
    }
    assert run_module(CUSTOM, wanted, lab=watched.lab)["changed"]
    asked = change if "state" in change else {**wanted, **change}
    mark = watched.mark()
    refused = run_module(
        CUSTOM, {"name": "iPhone Wi-Fi", **asked, "max_removed": 0}, lab=watched.lab
    )
    assert refused["failed"] and watched.writes(mark) == [], refused
    assert "profile 'iPhone Wi-Fi'" in refused["msg"] and "max_removed: " in refused["msg"]


@pytest.mark.parametrize(
    ("before", "named"),
    [
        (None, ["Canary", *PHONES]),
        ({"blueprints": ["Canary"]}, ["Canary", *PHONES]),
        ({"runs_on": ["mac"]}, ["Canary", *PHONES]),
        ({"active": False}, ["Canary", *PHONES]),
        ({"runs_on": ["mac"]}, ["Canary"]),
        ({"active": False}, ["Canary"]),
    ],
    ids=[
        "created",
        "assigned",
        "of further platforms",
        "activated",
        "of further platforms where no task names it",
        "activated where no task names it",
    ],
)
def test_a_profile_does_not_come_to_iphones_unnoticed(watched, run_module, before, named):
    wanted = {
        "name": "Wi-Fi",
        "mobileconfig": text(wifi()),
        "blueprints": ["Canary", *PHONES],
        "runs_on": ["mac", "iphone", "ipad"],
    }
    if before:
        assert run_module(CUSTOM, {**wanted, **before}, lab=watched.lab)["changed"]
        watched.live()
    mark = watched.mark()
    asked = {**wanted, "blueprints": named, "max_new": 0}
    refused = run_module(CUSTOM, asked, lab=watched.lab)
    tenant = watched.world.kandji
    [place] = [each.id for each in tenant.blueprints.values() if each.name in PHONES]
    phones = [
        device
        for device in tenant.devices.values()
        if device.blueprint_id == place and not device.is_removed
    ]
    assert refused["failed"] and watched.writes(mark) == [], refused
    (limit,) = [each for each in refused["limits"] if each["limit"] == "max_new"]
    assert limit["count"] >= len(phones) > 0 and "max_new: " in refused["msg"]
    assert PHONES[0] in refused["msg"]


@pytest.mark.parametrize(
    ("change", "exceeded"),
    [
        ({"active": False}, ["max_removed"]),
        ({"runs_on": ["mac"]}, ["max_reinstall", "max_removed"]),
        ({"runs_on": ["ipad"]}, ["max_removed"]),  # no iPad has reported that it holds it
    ],
)
def test_a_change_names_every_limit_that_it_exceeds(watched, run_module, change, exceeded):
    """A device that loses the profile does not install it again."""
    wanted = {"name": "Wi-Fi", "mobileconfig": text(wifi()), "blueprints": ["Canary", *PHONES]}
    run_module(CUSTOM, {**wanted, "runs_on": ["mac", "iphone", "ipad"]}, lab=watched.lab)
    watched.live()
    mark = watched.mark()
    asked = {**wanted, "runs_on": ["mac", "iphone", "ipad"], **change}
    refused = run_module(CUSTOM, asked, lab=watched.lab)
    assert [each["limit"] for each in refused["limits"]] == exceeded, refused
    assert watched.writes(mark) == [] and "would take the profile from" in refused["msg"]
    allowed = {each["limit"]: each["count"] for each in refused["limits"]}
    assert run_module(CUSTOM, {**asked, **allowed}, lab=watched.lab)["changed"]


SCEP, SCRIPT = "kandji_scep_profile", "kandji_custom_script"
SETUP = {
    SCEP: {"name": "Okta SCEP - x", "blueprints": ["Canary"]},
    SCRIPT: {"name": "Check", "script": "#!/bin/sh\n", "blueprints": ["Canary", "Engineering"]},
    APP: {"blueprints": ["Canary", "Engineering"], "report": False},
}
EXACT = {"blueprints": ["Canary"], "blueprints_mode": "exact", "max_removed": 0}


@pytest.mark.lab(macs=10)
@pytest.mark.parametrize(
    ("module", "change", "limit", "place"),
    [
        (SCEP, {"generation": "2"}, "max_reissue", "Canary"),
        (SCEP, {"blueprints": ["Canary", "Engineering"]}, "max_new", "Engineering"),
        (SCEP, {"blueprints_mode": "remove"}, "max_removed", "Canary"),
        (SCRIPT, EXACT, "max_removed", "Engineering"),
        (APP, EXACT, "max_removed", "Engineering"),
    ],
)
def test_a_mac_that_joins_after_the_plan_counts(watched, run_module, module, change, limit, place):
    """The limit is what the plan asks for, and the Mac comes before the first write."""
    spare = next(
        mac.serial
        for mac in reversed(watched.world.macs)
        if not mac.in_a_drawer and mac.serial not in watched.canary["test_macs"]
    )

    def move(blueprint):
        watched.control("PATCH", f"/kandji/devices/{spare}", {"blueprint": blueprint})
        watched.live()

    move("Design")
    run_module(module, SETUP[module], lab=watched.lab)
    watched.live()
    asked = {**SETUP[module], **change}
    mark, counted = watched.mark(), run_module(module, {**asked, limit: 0}, lab=watched.lab)
    assert counted["limits"] == [{"limit": limit, "count": counted["count"], "allowed": 0}]
    asked[limit] = counted["count"]
    with before_request(None, lambda: None) as predicted:
        assert run_module(module, asked, lab=watched.lab, check=True)["changed"]
    with before_request(len(predicted.sent), lambda: move(place)):
        refused = run_module(module, asked, lab=watched.lab)
    assert refused.get("limit") == limit and refused["count"] == counted["count"] + 1, refused
    assert set(watched.writes(mark)) <= {"PKIOperation"}  # the test enrollment
    assert run_module(module, {**asked, limit: refused["count"]}, lab=watched.lab)["changed"]


@pytest.mark.lab(macs=60)
@pytest.mark.parametrize("page_rows", [25, 50])
def test_short_pages_hide_no_mac(watched, run_module, page_rows):
    """A tenant may return fewer rows a page than are asked for."""
    watched.switch(page_rows=page_rows)
    everywhere = sorted({name for ring in watched.ring_variables for name in ring["blueprints"]})
    wanted = {"name": "Okta SCEP - all", "blueprints": everywhere}
    run_module("kandji_scep_profile", wanted, lab=watched.lab)
    watched.live()
    holders = [mac for mac in watched.world.macs if mac.certificates]
    assert len(holders) > page_rows
    ring = {"name": "all", "blueprints": everywhere, "scep_profile": wanted["name"]}
    info = {"rings": [ring], "max_rows": 0}
    found = run_module("device_trust_info", info, lab=watched.lab)
    absent = {row["serial_number"] for row in found["macs"] if row["stage"] == "CERTIFICATE_ABSENT"}
    assert not absent & {mac.serial for mac in holders}
    changed = {**wanted, "generation": "2", "max_reissue": page_rows}
    refused = run_module("kandji_scep_profile", changed, lab=watched.lab)
    assert refused["failed"] and refused["count"] == len(holders), refused


def test_a_refusal_names_the_profile_and_the_keys_that_would_change(
    watched, run_module, profile_args
):
    run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    watched.live()
    refused = run_module(
        "kandji_scep_profile", {**profile_args, "generation": "2"}, lab=watched.lab
    )
    assert refused["failed"] and refused["limit"] == "max_reissue"
    assert "profile 'Okta SCEP - canary' on 'Canary' changing " in refused["msg"], refused["msg"]
