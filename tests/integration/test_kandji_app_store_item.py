# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_app_store_item against the lab: found, assigned, reported; never guessed, never made."""

from __future__ import annotations

MODULE = "kandji_app_store_item"


def test_assigned_once_and_reported(watched, run_module):
    wanted = {"blueprints": watched.canary["blueprints"]}
    first = run_module(MODULE, wanted, lab=watched.lab)
    assert first["changed"] and first["library_item"]["name"] == "Okta Verify", first
    mark = watched.mark()
    second = run_module(MODULE, wanted, lab=watched.lab)
    assert not second["changed"] and watched.writes(mark) == []
    watched.live(2)
    statuses = run_module(MODULE, wanted, lab=watched.lab)["statuses"]
    assert statuses["installed"] > 0 and statuses["macs_with_bundle"] >= statuses["installed"]


def test_check_mode_predicts(watched, run_module):
    wanted = {"blueprints": watched.canary["blueprints"], "report": False}
    predicted = run_module(MODULE, wanted, lab=watched.lab, check=True)
    assert predicted["changed"] and watched.writes() == []
    assert run_module(MODULE, wanted, lab=watched.lab)["changes"] == predicted["changes"]


def test_not_there_gives_console_steps(watched, run_module):
    missing = run_module(MODULE, {"name": "Okta Nothing", "blueprints": watched.canary["blueprints"]}, lab=watched.lab)
    assert missing["failed"] and any("App Store app card" in step for step in missing["console_steps"])


def test_two_of_one_name_are_not_guessed_between(watched, run_module):
    tenant = watched.world.kandji
    twin = tenant.add_item("Okta Verify", "automatic-app", bundle_id="com.okta.mobile")
    blueprint = next(one for one in tenant.blueprints.values() if one.name == "Staging")
    tenant.assign(blueprint, twin, None)
    refused = run_module(MODULE, {"blueprints": watched.canary["blueprints"]}, lab=watched.lab)
    assert refused["failed"] and twin.id in refused["msg"] and len(refused["candidates"]) == 2
    chosen = run_module(MODULE, {"library_item_id": twin.id, "blueprints": watched.canary["blueprints"], "report": False}, lab=watched.lab)
    assert chosen["changed"] and chosen["library_item"]["id"] == twin.id


def test_too_few_licences_are_told_first(watched, run_module):
    refused = run_module(MODULE, {"blueprints": watched.canary["blueprints"], "licences": 1}, lab=watched.lab)
    assert refused["failed"] and refused["allowed"] == 1 and watched.writes() == []


def test_a_mac_without_licence_is_named(watched, run_module):
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    run_module(MODULE, {"blueprints": every, "report": False}, lab=watched.lab)
    watched.live(2)
    statuses = run_module(MODULE, {"blueprints": every}, lab=watched.lab)["statuses"]
    assert statuses["no_licence"] == 1 and [row["state"] for row in statuses["trouble"]] == ["no_licence"]
