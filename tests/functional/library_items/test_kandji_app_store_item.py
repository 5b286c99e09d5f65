# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_app_store_item against the lab: found, assigned, reported; never guessed, never made."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.client import Kandji
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)

from tests.support.write_options import wifi

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
    missing = run_module(
        MODULE,
        {"name": "Okta Nothing", "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
    )
    assert missing["failed"] and any(
        "App Store app card" in step for step in missing["console_steps"]
    )


def test_an_auto_app_of_a_similar_name_is_named_as_one_and_not_suggested(watched, run_module):
    items = watched.world.kandji.items.values()
    item = next(each for each in items if each.name == "Okta Verify")
    watched.control("PATCH", f"/kandji/items/{item.id}", {"name": "Renamed"})
    auto = {"type": "automatic-app", "name": "Okta Verify for Mac", "blueprints": ["Canary"]}
    watched.control("POST", "/kandji/items", {**auto, "bundle_id": "com.okta.mobile"})
    missing = run_module(MODULE, {"blueprints": watched.canary["blueprints"]}, lab=watched.lab)
    assert missing["failed"] and watched.writes() == []
    assert "'Okta Verify for Mac' on 'Canary' is an Auto App" in missing["msg"], missing["msg"]
    assert "did you mean" not in missing["msg"]


def test_two_of_one_name_are_not_guessed_between(watched, run_module):
    tenant = watched.world.kandji
    twin = tenant.library.add_item("Okta Verify", "automatic-app", bundle_id="com.okta.mobile")
    blueprint = next(one for one in tenant.blueprints.values() if one.name == "Staging")
    tenant.assignments.assign(blueprint, twin, None)
    refused = run_module(MODULE, {"blueprints": watched.canary["blueprints"]}, lab=watched.lab)
    assert refused["failed"] and twin.id in refused["msg"] and len(refused["candidates"]) == 2
    chosen = run_module(
        MODULE,
        {"library_item_id": twin.id, "blueprints": watched.canary["blueprints"], "report": False},
        lab=watched.lab,
    )
    assert chosen["changed"] and chosen["library_item"]["id"] == twin.id


def test_too_few_licenses_are_told_first(watched, run_module):
    refused = run_module(
        MODULE, {"blueprints": watched.canary["blueprints"], "licenses": 1}, lab=watched.lab
    )
    assert refused["failed"] and refused["allowed"] == 1 and watched.writes() == []


def test_licenses_count_devices_of_every_platform_on_every_blueprint_with_the_item(
    watched, run_module
):
    """The item needs one on each of them, whatever the run assigns."""
    kandji = watched.world.kandji
    macs = [each for each in kandji.devices.values() if not each.is_removed]
    canary = {"blueprints": ["Canary"], "report": False}
    assert run_module(MODULE, canary, lab=watched.lab)["changed"]
    engineering = {"blueprints": ["Engineering"], "report": False}
    by_name = {each.name: each.id for each in kandji.blueprints.values()}
    wanted = {by_name["Canary"], by_name["Engineering"]}
    count = sum(each.blueprint_id in wanted for each in macs)
    alone = sum(each.blueprint_id == by_name["Engineering"] for each in macs)
    assert alone < count
    mark = watched.mark()
    for check in (True, False):
        refused = run_module(
            MODULE, {**engineering, "licenses": count - 1}, lab=watched.lab, check=check
        )
        assert f"licenses: {count} devices would be in scope" in refused.get("msg", ""), refused
        assert "Other blueprints have the item, too: 'Canary'" in refused["msg"]
    tablet = next(each for each in macs if each.blueprint_id == by_name["Engineering"])
    tablet.platform = "iPad"
    refused = run_module(MODULE, {**engineering, "licenses": count - 1}, lab=watched.lab)
    assert "Other devices than Macs among them: 1." in refused["msg"], refused
    assert watched.writes(mark) == []
    assert run_module(MODULE, {**engineering, "licenses": count}, lab=watched.lab)["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_an_id_of_another_item_is_seen_wherever_the_item_is(watched, run_module, check):
    canary = {"blueprints": watched.canary["blueprints"], "report": False}
    kinds = {"custom-script": "Clean up", "automatic-app": "Zoom"}
    items = {
        kind: watched.control(
            "POST",
            "/kandji/items",
            {"type": kind, "name": name, "blueprints": ["Engineering"]},
        )["id"]
        for kind, name in kinds.items()
    }
    wanted = {"library_item_id": items["custom-script"], **canary}
    refused = run_module(MODULE, wanted, lab=watched.lab, check=check)
    assert refused["failed"] and "'Clean up'" in refused["msg"], refused
    assert "is of type 'custom-script'" in refused["msg"] and watched.writes() == []
    wanted = {"library_item_id": items["automatic-app"].upper(), **canary}
    result = run_module(MODULE, wanted, lab=watched.lab, check=check)
    assert result["changes"] == ["assign library item 'Zoom' to blueprint 'Canary'"], result
    mark = watched.mark()
    if not check:
        assert not run_module(MODULE, wanted, lab=watched.lab)["changed"]
        assert [one.operation for one in watched.asked(mark)].count("List Library Items") == 1


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("mode", ["exact", "remove"])
@pytest.mark.parametrize("kind", ["kandji_custom_profile", "kandji_custom_script"])
def test_an_id_of_a_profile_or_a_script_without_macs_is_refused(
    watched, run_module, kind, mode, check
):
    content = {
        "kandji_custom_profile": {"mobileconfig": wifi()["mobileconfig"]},
        "kandji_custom_script": {"script": "#!/bin/zsh\nexit 0\n"},
    }
    options = {"name": "Not an app", "blueprints": ["Design"], **content[kind]}
    made = run_module(kind, options, lab=watched.lab)
    run_module(kind, {**options, "blueprints_mode": mode}, lab=watched.lab)
    item_id = made["script"]["id"] if "script" in made else made["profiles"][0]["library_item_id"]
    mark = watched.mark()
    wanted = {"library_item_id": item_id, "blueprints": watched.canary["blueprints"]}
    refused = run_module(MODULE, wanted, lab=watched.lab, check=check)
    type_ = {"kandji_custom_profile": "profile", "kandji_custom_script": "custom-script"}[kind]
    assert f"is of type '{type_}'" in refused["msg"] and watched.writes(mark) == []


@pytest.mark.parametrize("check", [True, False])
def test_an_id_that_kandji_shows_nowhere_is_refused(watched, run_module, check):
    item_id = "00000000-0000-4000-8000-000000000000"
    wanted = {"library_item_id": item_id, "blueprints": watched.canary["blueprints"]}
    refused = run_module(MODULE, wanted, lab=watched.lab, check=check)
    assert refused["msg"].startswith(f"library_item_id: no library item with the id {item_id} is")
    wrong = run_module(MODULE, {**wanted, "library_item_id": "Okta Verify"}, lab=watched.lab)
    assert wrong["msg"].startswith("library_item_id: 'Okta Verify' is not an id.")
    assert watched.writes() == []


def test_devices_whose_blueprint_kandji_does_not_show_count_for_a_removal(
    watched, run_module, monkeypatch
):
    wanted = {"name": "Okta Verify", "blueprints": ["Canary", "Engineering"]}
    run_module(MODULE, wanted, lab=watched.lab)
    monkeypatch.setattr(
        Kandji, "devices", lambda *_, **__: iter([KandjiDevice("d-1", "C02A", platform="Mac")])
    )
    mark = watched.mark()
    exact = {**wanted, "blueprints": ["Canary"], "blueprints_mode": "exact"}
    refused = run_module(MODULE, exact, lab=watched.lab)
    assert "from 1 device, and 0 is the limit" in refused["msg"], refused
    assert watched.writes(mark) == []


def test_a_tenant_without_macs_has_none_in_scope(watched, run_module):
    wanted = {"blueprints": watched.canary["blueprints"], "licenses": 0}
    for device in watched.world.kandji.devices.values():
        device.is_removed = True
    result = run_module(MODULE, wanted, lab=watched.lab)
    assert result["changed"] and result["macs_in_scope"] == 0, result
    assert run_module(MODULE, wanted, lab=watched.lab)["macs_in_scope"] == 0
    refused = run_module(MODULE, {**wanted, "licenses": -1}, lab=watched.lab)
    assert refused["msg"] == (
        "licenses: -1 is not between 0 and 1000000. Set a number in that range."
    )


def test_a_mac_without_license_is_named(watched, run_module):
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    run_module(MODULE, {"blueprints": every, "report": False}, lab=watched.lab)
    watched.live(2)
    statuses = run_module(MODULE, {"blueprints": every}, lab=watched.lab)["statuses"]
    assert statuses["no_license"] == 1 and [row["state"] for row in statuses["trouble"]] == [
        "no_license"
    ]


def test_an_item_that_is_assigned_nowhere_is_found_in_the_audit_log(watched, run_module):
    gone = watched.control(
        "POST",
        "/kandji/items",
        {"type": "automatic-app", "name": "Okta Verify 9", "bundle_id": "com.okta.mobile"},
    )["id"]
    item = watched.control(
        "POST",
        "/kandji/items",
        {"type": "automatic-app", "name": "Okta Verify 9", "bundle_id": "com.okta.mobile"},
    )["id"]
    both = run_module(
        MODULE,
        {"name": "Okta Verify 9", "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
    )
    assert (
        both["failed"]
        and "is of type automatic-app on no blueprint" in both["msg"]
        and len(both["candidates"]) == 2
    ), both
    watched.control("DELETE", f"/kandji/items/{gone}")
    wanted = {"name": "Okta Verify 9", "blueprints": watched.canary["blueprints"], "report": False}
    found = run_module(MODULE, wanted, lab=watched.lab)
    assert found["changed"] and found["library_item"] == {
        "id": item,
        "name": "Okta Verify 9",
    }, found
    mark = watched.mark()
    assert not run_module(MODULE, wanted, lab=watched.lab)["changed"] and watched.writes(mark) == []
    assert "List audit events" not in [one.operation for one in watched.asked(mark)], (
        "the log is asked only when nothing else knows the item"
    )


def test_an_item_that_was_renamed_is_not_found_by_its_old_name(watched, run_module):
    item = watched.control(
        "POST",
        "/kandji/items",
        {"type": "automatic-app", "name": "Old name", "bundle_id": "com.okta.mobile"},
    )["id"]
    watched.control("PATCH", f"/kandji/items/{item}", {"name": "New name"})
    assert run_module(
        MODULE, {"name": "Old name", "blueprints": ["Staging"], "report": False}, lab=watched.lab
    )["failed"]
    assert (
        run_module(
            MODULE,
            {"name": "New name", "blueprints": ["Staging"], "report": False},
            lab=watched.lab,
        )["library_item"]["id"]
        == item
    )


@pytest.mark.parametrize("by", ["name", "library_item_id"])
def test_an_auto_app_is_adopted(watched, run_module, by):
    item = watched.control(
        "POST",
        "/kandji/items",
        {
            "type": "automatic-app",
            "name": "Okta Verify Auto",
            "bundle_id": "com.okta.mobile",
            "blueprints": ["Engineering"],
        },
    )["id"]
    wanted = {
        by: "Okta Verify Auto" if by == "name" else item.upper(),
        "blueprints": ["Engineering", *watched.canary["blueprints"]],
        "report": False,
    }
    first = run_module(MODULE, wanted, lab=watched.lab)
    assert len(first["assigned_to"]) == 1 and first["library_item"]["id"].lower() == item, first
    assert not run_module(MODULE, wanted, lab=watched.lab)["changed"]


def test_a_token_that_may_not_read_the_audit_log_is_told_which_permission_lacks(
    watched, run_module
):
    watched.control(
        "POST",
        "/kandji/items",
        {"type": "automatic-app", "name": "Okta Verify 9", "bundle_id": "com.okta.mobile"},
    )
    watched.forbid("List audit events")
    refused = run_module(
        MODULE,
        {"name": "Okta Verify 9", "blueprints": ["Staging"], "report": False},
        lab=watched.lab,
    )
    assert (
        refused["failed"]
        and "is not visible" in refused["msg"]
        and "List audit events" in refused["msg"]
        and refused["console_steps"]
    )
