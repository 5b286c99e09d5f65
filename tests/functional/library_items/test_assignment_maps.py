# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blueprints that are assignment maps: items go to nodes, whose ids only the web app shows."""

from __future__ import annotations

import typing as t

import pytest

PROFILE, APP = "kandji_scep_profile", "kandji_app_store_item"
UNKNOWN_NODE = "00000000-0000-4000-8000-0000000000ff"

pytestmark = pytest.mark.lab(macs=3)


@pytest.fixture
def a_map(watched) -> dict[str, t.Any]:
    """A map with a root and a node for engineers."""
    return watched.control(
        "POST",
        "/kandji/blueprints",
        {"name": "All Macs", "type": "map", "nodes": [{"tag": None}, {"tag": "engineer"}]},
    )


@pytest.fixture
def wanted(a_map) -> dict[str, t.Any]:
    return {
        "name": "Okta SCEP - map",
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": a_map["nodes"][1]["id"]},
    }


def nodes_with(watched, item_id: str) -> list[str]:
    return [
        node.id
        for blueprint in watched.world.kandji.blueprints.values()
        for node in blueprint.nodes
        if item_id in node.item_ids
    ]


@pytest.mark.parametrize("by", ["name", "id", "upper-case id"])
def test_a_profile_goes_to_its_node_once(watched, run_module, a_map, by):
    blueprint = {"name": "All Macs", "id": a_map["id"], "upper-case id": a_map["id"].upper()}[by]
    node = a_map["nodes"][1]["id"]
    asked = {
        "name": "Okta SCEP - map",
        "blueprints": [blueprint],
        "assignment_nodes": {blueprint: node.upper() if "upper" in by else node},
    }
    predicted = run_module(PROFILE, asked, lab=watched.lab, check=True, diff=True)
    assert predicted["changed"] and watched.writes() == [], predicted
    first = run_module(PROFILE, asked, lab=watched.lab, diff=True)
    assert first["changes"] == predicted["changes"] and first["diff"] == predicted["diff"]
    assert nodes_with(watched, first["profiles"][0]["library_item_id"]) == [node]
    mark = watched.mark()
    again = run_module(PROFILE, asked, lab=watched.lab)
    assert not again["changed"] and watched.writes(mark) == []
    assert "stays in its node" not in str(again.get("warnings")), again


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("module", [PROFILE, APP, "kandji_custom_script"])
def test_an_item_that_is_on_the_map_stays_in_its_node_with_a_warning_when_it_is_assigned(
    watched, run_module, a_map, module, check
):
    root, node = (each["id"] for each in a_map["nodes"])
    asked = {
        PROFILE: {"name": "Okta SCEP - map"},
        APP: {"name": "Okta Verify"},
        "kandji_custom_script": {"name": "Check", "script": "true"},
    }[module]
    first = run_module(
        module,
        {**asked, "blueprints": ["All Macs"], "assignment_nodes": {"All Macs": node}},
        lab=watched.lab,
    )
    assert first["changed"] and "stays in its node" not in str(first.get("warnings")), first
    mark = watched.mark()
    for named in (root, UNKNOWN_NODE):
        asked = {**asked, "blueprints": ["All Macs"], "assignment_nodes": {"All Macs": named}}
        again = run_module(module, asked, lab=watched.lab, check=check)
        assert not again["changed"] and watched.writes(mark) == []
        assert "stays in its node" not in str(again.get("warnings")), again
    maps = {"All Macs": UNKNOWN_NODE}
    asked = {**asked, "blueprints": ["All Macs", "Engineering"], "assignment_nodes": maps}
    further = run_module(module, asked, lab=watched.lab, check=check)
    assert further["changed"], further
    assert "is on 'All Macs' already and stays in its node there" in str(further["warnings"])


def test_an_item_in_another_node_is_not_called_removed(watched, run_module, a_map):
    """Kandji answers that the named node does not have it, and Macs of the other one keep it."""
    root, node = (each["id"] for each in a_map["nodes"])
    asked = {"name": "Okta SCEP - map", "blueprints": ["All Macs"]}
    first = run_module(PROFILE, {**asked, "assignment_nodes": {"All Macs": root}}, lab=watched.lab)
    assert first["changed"], first
    asked |= {"assignment_nodes": {"All Macs": node}, "blueprints_mode": "remove"}
    refused = run_module(PROFILE, {**asked, "max_removed": 9}, lab=watched.lab)
    assert refused["failed"] and "another node of its map has it" in refused["msg"]
    assert nodes_with(watched, first["profiles"][0]["library_item_id"]) == [root]


def test_profiles_of_several_rings_have_nodes_of_their_own(watched, run_module, a_map):
    other = watched.control(
        "POST",
        "/kandji/blueprints",
        {"name": "Labs", "type": "map", "nodes": [{"tag": None}, {"tag": "lab"}]},
    )
    asked = {
        "profiles": [
            {
                "name": f"Okta SCEP - {name}",
                "blueprints": [name],
                "assignment_nodes": {name: made["nodes"][1]["id"]},
            }
            for name, made in (("All Macs", a_map), ("Labs", other))
        ]
    }
    first = run_module(PROFILE, asked, lab=watched.lab)
    assert [nodes_with(watched, row["library_item_id"]) for row in first["profiles"]] == [
        [a_map["nodes"][1]["id"]],
        [other["nodes"][1]["id"]],
    ], first
    assert not run_module(PROFILE, asked, lab=watched.lab)["changed"]


def test_a_map_with_conditions_wants_a_node_and_the_next_run_finishes(watched, run_module, wanted):
    refused = run_module(PROFILE, {**wanted, "assignment_nodes": {}}, lab=watched.lab)
    assert (
        refused["failed"]
        and "Name its id in assignment_nodes ('All Macs': id). Hold the Option key"
        in refused["msg"]
    ), refused
    run_module(PROFILE, wanted, lab=watched.lab)
    assert (
        len([one for one in watched.world.kandji.library.profiles() if one.name == wanted["name"]])
        == 1
    )
    assert not run_module(PROFILE, wanted, lab=watched.lab)["changed"]


@pytest.mark.parametrize("node", [True, False])
@pytest.mark.parametrize("module", [PROFILE, APP, "kandji_custom_script"])
def test_check_mode_says_what_it_cannot_tell_of_a_map(watched, run_module, wanted, module, node):
    """No API shows whether a map has conditions, so that the real run may be refused."""
    asked = {**wanted, "assignment_nodes": wanted["assignment_nodes"] if node else {}}
    asked = {PROFILE: asked, APP: {**asked, "name": "Okta Verify"}}.get(
        module, {**asked, "script": "#!/bin/sh"}
    )
    predicted = run_module(module, asked, lab=watched.lab, check=True)
    warned = any("no node is named for 'All Macs'" in text for text in predicted["warnings"])
    assert predicted["changed"] and warned is not node, predicted


def test_a_map_without_conditions_takes_it_at_the_root(watched, run_module):
    plain = watched.control(
        "POST", "/kandji/blueprints", {"name": "Plain map", "type": "map", "nodes": [{"tag": None}]}
    )
    first = run_module(
        PROFILE, {"name": "Okta SCEP - plain", "blueprints": ["Plain map"]}, lab=watched.lab
    )
    assert nodes_with(watched, first["profiles"][0]["library_item_id"]) == [plain["nodes"][0]["id"]]


@pytest.mark.parametrize(
    "change, said",
    [
        ({"assignment_nodes": {"Engineering": UNKNOWN_NODE}}, "'Engineering' is not in blueprints"),
        (
            {"assignment_nodes": {"All Macs": "engineers"}},
            "'engineers', for the blueprint 'All Macs', is not the id of a node",
        ),
        (
            {"blueprints": ["Engineering"], "assignment_nodes": {"Engineering": UNKNOWN_NODE}},
            "'Engineering' is a classic one and has no nodes",
        ),
    ],
)
@pytest.mark.parametrize("module", [PROFILE, APP])
def test_a_wrong_node_is_told_before_anything_is_written(
    watched, run_module, wanted, module, change, said
):
    name = {"name": "Okta Verify"} if module == APP else {}
    refused = run_module(module, {**wanted, **name, **change}, lab=watched.lab)
    assert refused["failed"] and said in refused["msg"] and watched.writes() == []


def test_of_a_classic_blueprint_by_id_kandji_says_so(watched, run_module):
    engineering = next(
        one for one in watched.world.kandji.blueprints.values() if one.name == "Engineering"
    )
    refused = run_module(
        PROFILE,
        {
            "name": "Okta",
            "blueprints": [engineering.id],
            "assignment_nodes": {engineering.id: UNKNOWN_NODE},
        },
        lab=watched.lab,
    )
    assert (
        refused["failed"]
        and "is a classic one and has no nodes. Remove it from assignment_nodes" in refused["msg"]
    )


def test_a_node_that_is_gone_is_told_in_a_sentence(watched, run_module, wanted):
    refused = run_module(
        PROFILE, {**wanted, "assignment_nodes": {"All Macs": UNKNOWN_NODE}}, lab=watched.lab
    )
    assert refused["failed"] and "or its node: one of them was deleted" in refused["msg"]


def test_exact_takes_it_out_of_the_node_of_another_map(watched, run_module, wanted, a_map):
    run_module(PROFILE, wanted, lab=watched.lab)
    exact = {"name": wanted["name"], "blueprints": ["Staging"], "blueprints_mode": "exact"}
    refused = run_module(PROFILE, exact, lab=watched.lab)
    assert refused["failed"] and "assignment_nodes ('All Macs': id)" in refused["msg"]
    removed = run_module(
        PROFILE, {**exact, "assignment_nodes": wanted["assignment_nodes"]}, lab=watched.lab
    )
    assert removed["changes"] == ["remove profile 'Okta SCEP - map' from blueprint 'All Macs'"], (
        removed
    )
    assert a_map["nodes"][1]["id"] not in nodes_with(
        watched, removed["profiles"][0]["library_item_id"]
    )
    assert not run_module(
        PROFILE, {**exact, "assignment_nodes": wanted["assignment_nodes"]}, lab=watched.lab
    )["changed"]


def test_an_app_goes_to_its_node_once(watched, run_module, a_map):
    asked = {
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": a_map["nodes"][1]["id"]},
        "report": False,
    }
    first = run_module(APP, asked, lab=watched.lab)
    assert (
        first["changed"]
        and nodes_with(watched, first["library_item"]["id"])[-1] == a_map["nodes"][1]["id"]
    ), first
    mark = watched.mark()
    assert not run_module(APP, asked, lab=watched.lab)["changed"] and watched.writes(mark) == []


def test_another_item_of_a_type_that_is_one_per_node_is_told(watched, run_module, a_map, wanted):
    watched.switch(one_per_node_types="vpp-app")
    node = a_map["nodes"][1]["id"]
    place = {"blueprint": "All Macs", "assignment_node_id": node}
    watched.control(
        "POST",
        "/kandji/items",
        {
            "type": "vpp-app",
            "name": "Another app",
            "bundle_id": "com.example.app",
            "blueprints": [place],
        },
    )
    refused = run_module(
        APP,
        {"blueprints": ["All Macs"], "assignment_nodes": {"All Macs": node}, "report": False},
        lab=watched.lab,
    )
    assert (
        refused["failed"]
        and "'All Macs' holds another library item of this type already" in refused["msg"]
    ), refused


@pytest.mark.long
def test_a_ring_on_a_map_with_conditions_through_the_site_playbook(watched, playbook, a_map):
    node, serial = a_map["nodes"][1]["id"], watched.canary["test_macs"][0]
    watched.control(
        "PATCH", f"/kandji/devices/{serial}", {"blueprint": "All Macs", "tags": ["engineer"]}
    )
    rings = [
        {
            "name": "engineers",
            "blueprints": ["All Macs"],
            "assignment_nodes": {"All Macs": node},
            "test_macs": [serial],
        }
    ]
    asked = {
        "device_trust_rings": rings,
        "device_trust_poll_interval": 1,
        "device_trust_gate_wait": 30,
    }
    watched.switch(macs_act=True)
    first = playbook(watched.lab, variables=asked)
    assert first.status == 0 and first.changed, first.output
    profile = next(
        one
        for one in watched.world.kandji.library.profiles()
        if one.name == "Okta SCEP - engineers"
    )
    app = next(one for one in watched.world.kandji.items.values() if one.name == "Okta Verify")
    assert nodes_with(watched, profile.id) == [node] and nodes_with(watched, app.id)[-1] == node
    mark = watched.mark()
    again = playbook(watched.lab, variables=asked)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
