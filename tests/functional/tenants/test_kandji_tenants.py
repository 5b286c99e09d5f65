# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants as they are after years.

Full, with people archived, ids in mixed case, moved to another host.
"""

from __future__ import annotations

from collections import Counter

import pytest

SCEP, APP, INFO = "kandji_scep_profile", "kandji_app_store_item", "device_trust_info"
LISTS = ("List Custom Profiles", "List Blueprints", "List Library Items")


def pages(watched, mark):
    """How often each page of each list was asked for."""
    return Counter(
        (one.operation, one.path, str(one.query))
        for one in watched.asked(mark)
        if one.operation in LISTS
    )


@pytest.mark.lab(macs=3)
def test_in_a_full_tenant_every_page_is_read_once_and_nothing_is_made_twice(watched, run_module):
    tenant = watched.world.kandji
    watched.control("POST", "/kandji/blueprints", {"name": "Full", "items": 700})
    for number in range(400):
        tenant.add_blueprint(f"Blueprint {number:03d}", "classic", [])
    for number in range(650):
        tenant.library.create_profile(
            name=f"Profile {number:03d}",
            document={"PayloadType": "Configuration", "PayloadContent": []},
            runs_on={"Mac"},
        )
    wanted = {"name": "zz last", "blueprints": ["Full", "Blueprint 399"]}
    first = run_module(SCEP, wanted, lab=watched.lab)
    assert first["changed"], first
    mark = watched.mark()
    assert not run_module(SCEP, wanted, lab=watched.lab)["changed"] and watched.writes(mark) == []
    asked = pages(watched, mark)
    assert set(asked.values()) == {1}
    assert Counter(operation for operation, _path, _query in asked)["List Custom Profiles"] == 3
    assert len([one for one in tenant.library.profiles() if one.name == "zz last"]) == 1


@pytest.mark.lab(macs=3)
def test_an_item_on_the_last_page_of_a_blueprint_is_not_assigned_again(watched, run_module):
    watched.control("POST", "/kandji/blueprints", {"name": "Full", "items": 700})
    wanted = {"blueprints": ["Full"], "report": False}
    assert run_module(APP, wanted, lab=watched.lab)["changed"]
    mark = watched.mark()
    assert not run_module(APP, wanted, lab=watched.lab)["changed"] and watched.writes(mark) == []


@pytest.mark.parametrize("module", [SCEP, APP])
def test_a_tenant_that_moved_to_another_host_is_the_same_tenant(
    watched, run_module, profile_args, module
):
    wanted = (
        profile_args
        if module == SCEP
        else {"blueprints": profile_args["blueprints"], "report": False}
    )
    assert run_module(module, wanted, lab=watched.lab)["changed"]
    watched.control("PATCH", "/kandji/tenant", {"web_host": "devicetrust-lab.iru.invalid"})
    moved = watched.lab.announcement["kandji_url"].replace("localhost", "127.0.0.1")
    mark, count = watched.mark(), len(watched.world.kandji.items)
    again = run_module(module, {**wanted, "kandji_api_url": moved}, lab=watched.lab)
    assert (
        not again["changed"]
        and watched.writes(mark) == []
        and len(watched.world.kandji.items) == count
    ), again


def test_macs_without_a_user_and_with_an_archived_one_are_judged(watched, run_module, profile_args):
    run_module(SCEP, profile_args, lab=watched.lab)
    rings = [
        {
            "name": "all",
            "blueprints": profile_args["blueprints"],
            "scep_profile": profile_args["name"],
        }
    ]

    def people():
        return {
            row["serial_number"]: row["person"]
            for row in run_module(INFO, {"rings": rings}, lab=watched.lab)["macs"]
        }

    before = people()
    (nobody, _somebody), (gone, email) = [
        (serial, person) for serial, person in before.items() if person
    ][:2]
    watched.control("PATCH", f"/kandji/devices/{nobody}", {"user": None})
    watched.control("PATCH", f"/kandji/users/{email}", {"archived": True})
    assert people() == {**before, nobody: "", gone: email}


@pytest.mark.lab(macs=3)
def test_ids_in_mixed_case_are_the_same_ids(watched, run_module):
    made = watched.control(
        "POST",
        "/kandji/blueprints",
        {"name": "All Macs", "type": "map", "nodes": [{"tag": None}, {"tag": "engineer"}]},
    )
    blueprint, node = made["id"], made["nodes"][1]["id"]
    run_module(
        SCEP,
        {"name": "Okta", "blueprints": [blueprint], "assignment_nodes": {blueprint: node}},
        lab=watched.lab,
    )
    watched.switch(mixed_case_ids=True)
    mark = watched.mark()
    for names in ([blueprint.upper()], ["All Macs"]):
        again = run_module(
            SCEP,
            {"name": "Okta", "blueprints": names, "assignment_nodes": {names[0]: node.upper()}},
            lab=watched.lab,
        )
        assert not again["changed"], again
    serial = watched.canary["test_macs"][0]
    watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": "All Macs"})
    rings = [{"name": "canary", "blueprints": [blueprint.upper()], "scep_profile": "Okta"}]
    rows = run_module(INFO, {"rings": rings}, lab=watched.lab)["macs"]
    assert [row["ring"] for row in rows if row["serial_number"] == serial] == [
        "canary"
    ] and watched.writes(mark) == []
