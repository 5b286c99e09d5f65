# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints, and putting library items on them."""

from __future__ import annotations

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def item(tenant):
    return tenant.library.add_item("Okta Verify", "vpp-app")


def assign(client, blueprint, item, node_id=None):
    return client.post(
        f"/blueprints/{blueprint.id}/assign-library-item",
        {"library_item_id": item.id, **({"assignment_node_id": node_id} if node_id else {})},
    )


def remove(client, blueprint, item, node_id=None):
    return client.post(
        f"/blueprints/{blueprint.id}/remove-library-item",
        {"library_item_id": item.id, **({"assignment_node_id": node_id} if node_id else {})},
    )


def test_the_name_filter_matches_parts(client, tenant):
    for name in ("Canary", "Canary islands", "Engineering"):
        tenant.add_blueprint(name)
    assert [row["name"] for row in client.get("/blueprints", name="canary").json["results"]] == [
        "Canary",
        "Canary islands",
    ]


def test_blueprints_by_id(client, tenant):
    one, two, _three = (tenant.add_blueprint(name) for name in ("one", "two", "three"))
    assert [row["name"] for row in client.get("/blueprints", id=one.id).json["results"]] == ["one"]
    assert [
        row["name"]
        for row in client.get("/blueprints", id__in=f"{one.id},{two.id}").json["results"]
    ] == ["one", "two"]
    assert client.get(f"/blueprints/{UNKNOWN}").json == {"detail": "Not found."}


def test_blueprints_come_in_pages(client, tenant):
    for number in range(3):
        tenant.add_blueprint(str(number))
    page = client.get("/blueprints", limit=2, offset=2).json
    assert (page["count"], [row["name"] for row in page["results"]], page["next"]) == (
        3,
        ["2"],
        None,
    )
    assert "offset=0" in page["previous"]


def test_removed_devices_do_not_count(client, tenant, add_device):
    blueprint = tenant.add_blueprint("Canary")
    add_device(blueprint.id)
    add_device(blueprint.id, "OTHER", is_removed=True)
    assert client.get(f"/blueprints/{blueprint.id}").json["computers_count"] == 1


def test_assigning_returns_all_items_and_removing_those_that_are_left(client, tenant, item):
    blueprint, other = (
        tenant.add_blueprint("Canary"),
        tenant.library.add_item("Chrome", "automatic-app"),
    )
    assert assign(client, blueprint, other).json == [other.id]
    assert assign(client, blueprint, item).json == [other.id, item.id]
    assert client.get(f"/blueprints/{blueprint.id}/list-library-items").json["results"] == [
        {"id": other.id, "name": "Chrome"},
        {"id": item.id, "name": "Okta Verify"},
    ]
    assert remove(client, blueprint, item).json == [other.id]


def test_what_a_classic_blueprint_refuses(client, tenant, item):
    blueprint = tenant.add_blueprint("Canary")
    assert (remove(client, blueprint, item).status, remove(client, blueprint, item).json) == (
        400,
        "Library Item does not exist on Blueprint",
    )
    assert (
        assign(client, blueprint, item, "some-node").json
        == "assignment_node_id cannot be provided for Classic Blueprint"
    )
    assign(client, blueprint, item)
    assert (assign(client, blueprint, item).status, assign(client, blueprint, item).json) == (
        400,
        "Library Item already exists on Blueprint",
    )


def test_a_map_without_conditions_takes_items_on_its_root(client, tenant, item):
    blueprint = tenant.add_blueprint("Design", "map")
    assert assign(client, blueprint, item).json == [item.id]
    assert assign(client, blueprint, item).json == "Library Item already exists in Assignment Node"
    assert remove(client, blueprint, item).json == []
    assert remove(client, blueprint, item).json == "Library Item does not exist in Assignment Node"


def test_a_map_with_conditions_wants_a_node(client, tenant, item):
    blueprint = tenant.add_blueprint("Sales", "map", conditions=["loaner"])
    node = blueprint.nodes[1]
    assert (
        assign(client, blueprint, item).json
        == "Must provide assignment_node_id for Assignment Map Blueprint"
    )
    assert assign(client, blueprint, item, node.id).json == [item.id]
    assert assign(client, blueprint, item, UNKNOWN).status == 404


def test_an_item_on_two_nodes_stays_on_the_blueprint_when_one_loses_it(client, tenant, item):
    blueprint = tenant.add_blueprint("Sales", "map", conditions=["loaner"])
    for node in blueprint.nodes:
        assign(client, blueprint, item, node.id)
    assert remove(client, blueprint, item, blueprint.nodes[0].id).json == [item.id]


def test_some_types_come_once_to_a_node(client, tenant):
    blueprint = tenant.add_blueprint("Design", "map")
    assign(client, blueprint, tenant.library.add_item("macOS 15", "macos-release"))
    refused = assign(client, blueprint, tenant.library.add_item("macOS 26", "macos-release"))
    assert (refused.status, refused.json) == (
        400,
        "Assignment node can only have one of this Library Item type.",
    )


def test_of_which_types_a_node_takes_one_is_a_switch(client, tenant, kandji_world, item):
    kandji_world.switches.set(one_per_node_types="vpp-app")
    blueprint = tenant.add_blueprint("Sales", "map", conditions=["loaner"])
    root, node = (node.id for node in blueprint.nodes)
    assert assign(client, blueprint, item, node).status == 200
    other = tenant.library.add_item("Slack", "vpp-app")
    assert (
        assign(client, blueprint, other, node).json
        == "Assignment node can only have one of this Library Item type."
    )
    assert assign(client, blueprint, other, root).json == [other.id, item.id]
    assert (
        assign(client, blueprint, item, node).json
        == "Library Item already exists in Assignment Node"
    )


def test_the_same_sentence_may_come_for_an_item_that_is_there_already(
    client, tenant, kandji_world, item
):
    kandji_world.switches.set(one_per_node_types="vpp-app", one_per_node_first=True)
    blueprint = tenant.add_blueprint("Design", "map")
    assert assign(client, blueprint, item).status == 200
    assert (
        assign(client, blueprint, item).json
        == "Assignment node can only have one of this Library Item type."
    )


def test_a_classic_blueprint_takes_any_number_of_a_type(client, tenant, kandji_world, item):
    kandji_world.switches.set(one_per_node_types="vpp-app")
    blueprint = tenant.add_blueprint("Canary")
    assert [
        assign(client, blueprint, one).status
        for one in (item, tenant.library.add_item("Slack", "vpp-app"))
    ] == [200, 200]


def test_unknown_blueprints_and_items(client, tenant, item):
    blueprint = tenant.add_blueprint("Canary")
    assert client.post(
        f"/blueprints/{UNKNOWN}/assign-library-item", {"library_item_id": item.id}
    ).json == {"detail": "Not found."}
    assert client.post(
        f"/blueprints/{blueprint.id}/assign-library-item", {"library_item_id": UNKNOWN}
    ).json == {"detail": "Not found."}


def test_a_body_that_is_no_json(client, tenant):
    blueprint = tenant.add_blueprint("Canary")
    reply = client.send("POST", f"/blueprints/{blueprint.id}/assign-library-item", data=b"{")
    assert (reply.status, reply.json["detail"][:16]) == (400, "JSON parse error")


def test_items_of_a_map_reach_the_devices_that_meet_the_condition(tenant, add_device, item):
    blueprint = tenant.add_blueprint("Sales", "map", conditions=["loaner"])
    tenant.assignments.assign(blueprint, item, blueprint.nodes[1].id)
    loaner, _other = add_device(blueprint.id, tags=["loaner"]), add_device(blueprint.id, "OTHER")
    assert tenant.assignments.in_scope(item) == [loaner]
