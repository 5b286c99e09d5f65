# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that are found by name: of the right kind, and exactly one of the name."""

from __future__ import annotations

import pytest

APP, SCEP, RENEWAL = "kandji_app_store_item", "kandji_scep_profile", "device_trust_renewal_info"

pytestmark = pytest.mark.lab(macs=6)


def make(watched, item_type: str, name: str, *blueprints: str) -> str:
    body = {"type": item_type, "name": name, "blueprints": list(blueprints)}
    item_id: str = watched.control("POST", "/kandji/items", body)["id"]
    watched.live()
    return item_id


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_script_with_the_name_of_an_app_is_not_assigned_as_one(watched, run_module, by):
    item = make(watched, "custom-script", "Okta Helper", "Canary")
    wanted = {
        **({"name": "Okta Helper"} if by == "name" else {"library_item_id": item}),
        "blueprints": ["Canary", "Engineering"],
    }
    refused = run_module(APP, wanted, lab=watched.lab)
    assert refused["failed"] and f"({item}) is of type 'custom-script'" in refused["msg"], refused
    assert watched.writes() == []


@pytest.mark.parametrize("by", ["name", "id"])
def test_an_app_with_the_name_of_a_scep_item_is_not_assigned_as_one(watched, run_module, by):
    item = make(watched, "vpp-app", "Okta SCEP", "Engineering")
    blueprints = ["Canary"] if by == "name" else ["Canary", "Engineering"]
    wanted = {"library_item": "Okta SCEP" if by == "name" else item, "blueprints": blueprints}
    refused = run_module(SCEP, wanted, lab=watched.lab)
    assert refused["failed"] and f"({item}) is of type 'vpp-app'" in refused["msg"], refused
    assert watched.writes() == []


def test_an_item_that_is_assigned_nowhere_has_its_type_from_the_audit_log(watched, run_module):
    make(watched, "custom-script", "Okta Helper")
    for module, wanted in (
        (APP, {"name": "Okta Helper", "blueprints": ["Canary"]}),
        (SCEP, {"library_item": "Okta Helper", "blueprints": ["Canary"]}),
    ):
        refused = run_module(module, wanted, lab=watched.lab)
        assert refused["failed"] and "is of type 'custom-script'" in refused["msg"], refused
    assert watched.writes() == []


def test_an_app_of_the_right_type_is_assigned(watched, run_module):
    make(watched, "automatic-app", "Okta Helper", "Canary")
    wanted = {"name": "Okta Helper", "blueprints": ["Canary", "Engineering"]}
    result = run_module(APP, wanted, lab=watched.lab)
    assert result["changes"] == ["assign library item 'Okta Helper' to blueprint 'Engineering'"]


def test_a_ring_with_a_generation_is_not_renewed(watched, run_module, profile_args):
    run_module(SCEP, {**profile_args, "generation": "2026"}, lab=watched.lab)
    watched.live()
    ring = {
        "name": "canary",
        "blueprints": profile_args["blueprints"],
        "scep_profile": profile_args["name"],
        "generation": "2026",
    }
    refused = run_module(RENEWAL, {"rings": [ring], "renew_within_days": 365}, lab=watched.lab)
    assert refused["failed"] and refused["msg"].startswith("rings: 'canary' has a generation")
    # A new secret does not touch the generation.
    secret = {"rings": [ring], "challenge": watched.lab.announcement["scep_challenge"]}
    assert not run_module(RENEWAL, secret, lab=watched.lab).get("failed")
