# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kandji's console on the control surface.

What people do by hand, and what the API shows of it afterwards.
"""

from __future__ import annotations

import json
import re
import time

import pytest
import requests

from lab.server import Lab
from lab.state import Options

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def tenant(control):
    return control.world.kandji


def made(control, **values):
    return control.send(
        "POST", "/kandji/items", {"type": "scep", "name": "Okta SCEP", **values}
    ).json


def blueprint_id(kandji, name):
    return next(
        row["id"]
        for row in kandji.get("/blueprints", name=name).json["results"]
        if row["name"] == name
    )


def names_on(kandji, name):
    return [
        row["name"]
        for row in kandji.get(f"/blueprints/{blueprint_id(kandji, name)}/list-library-items").json[
            "results"
        ]
    ]


# Items


def test_a_scep_item_is_seen_where_the_vendor_shows_it_and_nowhere_else(control, kandji, tenant):
    item = made(control, blueprints=["Canary"])
    assert "Okta SCEP" in names_on(kandji, "Canary")
    canary = next(
        device
        for device in tenant.devices.values()
        if device.blueprint_id == blueprint_id(kandji, "Canary")
    )
    rows = kandji.get(f"/devices/{canary.id}/library-items").json["library_items"]
    assert [(row["type"], row["status"]) for row in rows if row["item_id"] == item["id"]] == [
        ("profile", "pending")
    ]
    assert item["id"] not in [
        row["id"] for row in kandji.get("/library/custom-profiles").json["results"]
    ]
    assert kandji.get(f"/library/custom-profiles/{item['id']}").status == 404


def test_an_item_that_is_assigned_nowhere_shows_in_the_audit_log_alone(control, kandji):
    item = made(control)
    event = kandji.get("/audit/events", sort_by="-occurred_at", limit=1).json["results"][0]
    assert (event["action"], event["target_type"], event["target_id"]) == (
        "create",
        "library_item",
        item["id"],
    )
    assert event["new_state"] == {
        "active": True,
        "label": None,
        "type": "profile",
        "name": "Okta SCEP",
    }


def test_the_console_s_list_of_blueprints_replaces(control, kandji):
    item = made(control, blueprints=["Canary", "Design"])
    control.send(
        "PATCH",
        f"/kandji/items/{item['id']}",
        {"blueprints": ["Design", blueprint_id(kandji, "Engineering")]},
    )
    assert [
        "Okta SCEP" in names_on(kandji, name) for name in ("Canary", "Design", "Engineering")
    ] == [False, True, True]
    events = kandji.get("/audit/events", sort_by="-occurred_at", limit=3).json["results"]
    changes = [
        (
            event["new_state"]["name"],
            len(event["new_state"].get("library_items_added", [])),
            len(event["new_state"].get("library_items_removed", [])),
        )
        for event in events
        if event["target_type"] == "blueprint"
    ]
    assert changes == [("Engineering", 1, 0), ("Canary", 0, 1)]
    assert events[0]["target_type"] == "library_item"


def test_the_same_list_again_changes_nothing(control, kandji, tenant):
    item = made(control, blueprints=["Canary"])
    before = kandji.get("/audit/events").json["results"]
    assert (
        control.send("PATCH", f"/kandji/items/{item['id']}", {"blueprints": ["Canary"]}).json
        == item
    )
    assert kandji.get("/audit/events").json["results"] == before


def test_an_item_goes_to_a_node_of_a_map_by_the_console(control, tenant):
    blueprint = control.send(
        "POST",
        "/kandji/blueprints",
        {"name": "Map", "type": "map", "nodes": [{"tag": None}, {"tag": "vip"}]},
    ).json
    item = made(
        control,
        blueprints=[{"blueprint": "Map", "assignment_node_id": blueprint["nodes"][1]["id"]}],
    )
    assert [place["assignment_node_id"] for place in item["places"]] == [
        blueprint["nodes"][1]["id"]
    ]


def test_apps_are_made_with_a_bundle_id(control, kandji, tenant):
    for kind in ("automatic-app", "vpp-app"):
        item = control.send(
            "POST",
            "/kandji/items",
            {
                "type": kind,
                "name": f"Okta Verify ({kind})",
                "bundle_id": "com.okta.mobile",
                "blueprints": ["Canary"],
            },
        )
        assert tenant.items[item.json["id"]].bundle_id == "com.okta.mobile"
        assert f"Okta Verify ({kind})" in names_on(kandji, "Canary")
        events = kandji.get("/audit/events").json["results"]
        assert kind in [
            event["new_state"].get("type")
            for event in events
            if event["target_id"] == item.json["id"]
        ]


def test_a_deleted_item_is_gone_from_everywhere_but_the_audit_log(control, kandji):
    item = made(control, blueprints=["Canary"])
    assert control.send("DELETE", f"/kandji/items/{item['id']}").status == 200
    assert "Okta SCEP" not in names_on(kandji, "Canary")
    assert kandji.get(f"/library/library-items/{item['id']}/status").status == 404
    assert (
        kandji.get("/audit/events", sort_by="-id", limit=1).json["results"][0]["action"] == "delete"
    )


@pytest.mark.parametrize("kind", ["scep", "vpp-app"])
def test_whether_the_status_of_such_items_answers_is_a_switch(control, kandji, kind):
    item = made(control, type=kind, blueprints=["Canary"])
    path = f"/library/library-items/{item['id']}/status"
    assert kandji.get(path).json["count"] == 3
    control.send("PATCH", "/switches", {"status_of_console_items": False})
    assert (kandji.get(path).status, kandji.get(path).json) == (404, {"detail": "Not found."})


def test_type_and_identifier_of_a_scep_item_are_switches(control, tenant):
    plain = tenant.items[made(control)["id"]]
    assert (plain.type, plain.mdm_identifier) == ("profile", f"com.kandji.profile.scep.{plain.id}")
    control.send(
        "PATCH", "/switches", {"native_scep_type": "scep", "native_scep_identifier": "opaque"}
    )
    other = tenant.items[made(control)["id"]]
    assert other.type == "scep"
    assert (
        re.fullmatch(r"com\.kandji\.profile\.[0-9a-f-]{36}", other.mdm_identifier)
        and other.id not in other.mdm_identifier
    )


def test_the_secret_is_nowhere_to_be_read(control, kandji):
    item = made(control, settings={"Challenge": "made-by-hand"}, blueprints=["Canary"])
    seen = [
        control.send("GET", "/state").content,
        json.dumps(item).encode(),
        kandji.get("/audit/events").content,
    ]
    assert not any(b"made-by-hand" in content for content in seen)


# Blueprints and maps


def test_a_map_is_made_with_nodes_and_its_ids_are_told(control, kandji, tenant):
    wanted = {
        "name": "Rollout",
        "type": "map",
        "nodes": [{"tag": None}, {"tag": "early"}, {"tag": "late"}],
    }
    answer = control.send("POST", "/kandji/blueprints", wanted).json
    assert [node["tag"] for node in answer["nodes"]] == [None, "early", "late"]
    assert kandji.get(f"/blueprints/{answer['id']}").json["type"] == "map"
    assert "early" in tenant.tags


def test_who_edits_a_map_has_its_conditions_looked_at_at_once(control, tenant, kandji):
    blueprint = control.send(
        "POST",
        "/kandji/blueprints",
        {"name": "Map", "type": "map", "nodes": [{"tag": None}, {"tag": "vip"}]},
    ).json
    root, vip = blueprint["nodes"]
    item = tenant.items[
        made(control, blueprints=[{"blueprint": "Map", "assignment_node_id": vip["id"]}])["id"]
    ]
    mac = control.world.macs[0]
    control.send("PATCH", f"/kandji/devices/{mac.serial}", {"blueprint": "Map"})
    control.send("PATCH", f"/kandji/devices/{mac.serial}", {"tags": ["vip"]})
    assert tenant.assignments.in_scope(item) == []  # by MDM, once a day
    control.send(
        "PATCH", f"/kandji/blueprints/{blueprint['id']}", {"nodes": [root, vip, {"tag": "loaner"}]}
    )
    assert tenant.assignments.in_scope(item) == [mac.device]


def test_a_node_that_goes_takes_its_items_along(control, kandji):
    blueprint = control.send(
        "POST",
        "/kandji/blueprints",
        {"name": "Map", "type": "map", "nodes": [{"tag": None}, {"tag": "vip"}]},
    ).json
    made(
        control,
        blueprints=[{"blueprint": "Map", "assignment_node_id": blueprint["nodes"][1]["id"]}],
    )
    control.send(
        "PATCH", f"/kandji/blueprints/{blueprint['id']}", {"nodes": blueprint["nodes"][:1]}
    )
    assert names_on(kandji, "Map") == []
    newest = kandji.get("/audit/events", sort_by="-occurred_at", limit=1).json["results"][0]
    assert [item["name"] for item in newest["new_state"]["library_items_removed"]] == ["Okta SCEP"]


def test_hundreds_of_blueprints_and_hundreds_of_items_come_in_pages(control, kandji):
    started = time.monotonic()
    for number in range(300):
        control.world.kandji.add_blueprint(f"Team {number}")
    full = control.send("POST", "/kandji/blueprints", {"name": "Full", "items": 350}).json
    assert time.monotonic() - started < 5
    pages = [
        kandji.get("/blueprints", limit=200, offset=offset).json["results"] for offset in (0, 200)
    ]
    assert sum(len(page) for page in pages) == 300 + 7 + 1
    first = kandji.get(f"/blueprints/{full['id']}/list-library-items").json
    assert (first["count"], len(first["results"]), "offset=300" in first["next"]) == (
        350,
        300,
        True,
    )


# Devices, users and the tenant


def test_a_device_gets_another_user_other_tags_and_another_blueprint(control, kandji):
    mac = control.world.macs[0]
    email = control.world.kandji.users[next(iter(control.world.kandji.users))].email
    row = control.send(
        "PATCH",
        f"/kandji/devices/{mac.serial}",
        {"tags": ["vip"], "user": email, "blueprint": "Engineering"},
    ).json
    assert (row["tags"], row["user"]["email"], row["blueprint_name"]) == (
        ["vip"],
        email,
        "Engineering",
    )
    assert row == kandji.get(f"/devices/{mac.device_id}").json
    event = kandji.get("/audit/events", sort_by="-occurred_at", limit=1).json["results"][0]
    assert (event["target_type"], event["target_id"], event["new_state"]["blueprint_name"]) == (
        "device",
        mac.device_id,
        "Engineering",
    )
    assert control.send("PATCH", f"/kandji/devices/{mac.serial}", {"user": None}).json["user"] == ""


def test_an_archived_user_stays_with_the_device(control, kandji):
    mac = control.world.macs[0]
    email = mac.device.user.email
    assert (
        control.send("PATCH", f"/kandji/users/{email}", {"archived": True}).json["archived"] is True
    )
    assert kandji.get(f"/devices/{mac.device_id}").json["user"]["is_archived"] is True
    assert email in [row["email"] for row in kandji.get("/users", archived="true").json["results"]]


def test_permissions_of_the_token_are_an_event_too(control, kandji):
    control.send("PATCH", "/kandji/permissions", {"List Devices": False})
    event = kandji.get("/audit/events", sort_by="-occurred_at", limit=1).json["results"][0]
    assert event["target_type"] == "api_token"
    assert {"path": "/api/v1/blueprints", "http_method": "GET"} in event["new_state"]["permissions"]
    assert {"path": "/api/v1/devices", "http_method": "GET"} not in event["new_state"][
        "permissions"
    ]


def test_the_tenant_moves_and_its_page_links_name_the_new_host(control, kandji):
    assert control.send(
        "PATCH", "/kandji/tenant", {"web_host": "devicetrust-lab.iru.invalid"}
    ).json == {"web_url": "https://devicetrust-lab.iru.invalid"}
    assert (
        kandji.get("/blueprints", limit=1)
        .json["next"]
        .startswith("https://devicetrust-lab.iru.invalid/api/v1/blueprints?")
    )


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/kandji/items", {"type": "scep"}),
        ("POST", "/kandji/items", {"type": "sceps", "name": "x"}),
        ("POST", "/kandji/items", {"type": "scep", "name": "x", "blueprints": ["No such"]}),
        (
            "POST",
            "/kandji/items",
            {"type": "scep", "name": "x", "settings": {"url": "https://x.invalid"}},
        ),
        ("POST", "/kandji/items", {"type": "scep", "name": "x", "settings": {"Retries": True}}),
        ("POST", "/kandji/items", {"type": "scep", "name": "x", "settings": {"Subject": "a name"}}),
        (
            "POST",
            "/kandji/items",
            {"type": "scep", "name": "x", "settings": {"CAFingerprint": "no hex"}},
        ),
        ("POST", "/kandji/items", {"type": "vpp-app", "name": "x", "settings": {}}),
        ("PATCH", f"/kandji/items/{UNKNOWN}", {"blueprints": []}),
        ("DELETE", f"/kandji/items/{UNKNOWN}", None),
        ("POST", "/kandji/blueprints", {"name": "Canary"}),
        ("POST", "/kandji/blueprints", {"name": "x", "type": "tree"}),
        ("POST", "/kandji/blueprints", {"name": "x", "nodes": [{"tag": None}]}),
        ("POST", "/kandji/blueprints", {"name": "x", "type": "map", "nodes": [{"tag": "vip"}]}),
        (
            "POST",
            "/kandji/blueprints",
            {"name": "x", "type": "map", "nodes": [{"tag": None}, {"tag": None}]},
        ),
        ("PATCH", "/kandji/blueprints/Canary", {"nodes": []}),
        ("PATCH", "/kandji/blueprints/Design", {"nodes": [{"tag": None}]}),
        ("PATCH", "/kandji/devices/NOSUCH", {"tags": []}),
        ("PATCH", "/kandji/users/nobody@example.com", {"archived": True}),
        ("PATCH", "/kandji/tenant", {"web_host": "https://x"}),
    ],
)
def test_what_the_console_does_not_take_is_told_in_one_sentence_and_changes_nothing(
    control, verb, path, body
):
    before = control.world.kandji.describe()
    reply = control.send(verb, path, body)
    assert reply.status == 400
    assert re.fullmatch(r"[^.].*\w.*\.", reply.json["error"])
    assert control.world.kandji.describe() == before


def test_over_https_a_mac_enrolls_by_an_item_that_was_made_by_hand():
    with Lab(Options(macs=2)) as lab:
        url, token, ca_file = (
            lab.announcement[key] for key in ("control_url", "control_token", "ca_file")
        )

        def control(verb, path, body=None):
            return requests.request(
                verb,
                f"{url}{path}",
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                verify=ca_file,
                timeout=20,
            ).json()

        control(
            "POST", "/kandji/items", {"type": "scep", "name": "Okta SCEP", "blueprints": ["Canary"]}
        )
        assert all(
            "Okta SCEP" in done["installed"] for done in control("POST", "/act/macs")["done"]
        )
        state = control("GET", "/state")
        names = [mac["certificate"]["common_name"] for mac in state["macs"]]
        assert [name.split(" ")[0] for name in names] == [mac["serial"] for mac in state["macs"]]
        assert {certificate["status"] for certificate in state["certificates"]} == {"ACTIVE"}
