# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/audit/event_query.yml, over what the modules really return, held to what Automation
Controller takes: the rest it drops unsaid.
"""

from __future__ import annotations

import json
import re

import jq
import pytest
import yaml

from lab.clock import iso
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

QUERIES = {
    name: entry["query"]
    for name, entry in yaml.safe_load(
        (CHECKOUT / "extensions" / "audit" / "event_query.yml").read_text()
    ).items()
}
PREFIX = "devicetrust.okta_kandji."
TAG = "okta-scep-redelivery"


def counted(module, result):
    """The Macs that a result counts for; each row as the controller wants it."""
    rows = jq.compile(QUERIES[PREFIX + module]).input_text(json.dumps(result)).all()
    for row in rows:
        assert (
            set(row) == {"name", "canonical_facts", "facts"}
            and isinstance(row["name"], str)
            and row["name"]
        )
        assert row["canonical_facts"] and all(
            isinstance(value, str) and value for value in row["canonical_facts"].values()
        )
        assert set(row["facts"]) == {"infra_type", "infra_bucket", "device_type"}
        assert all(
            re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", value) for value in row["facts"].values()
        )
    return sorted(row["name"] for row in rows)


def test_queries_are_of_modules_that_are_there():
    modules = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")}
    assert QUERIES and {name.removeprefix(PREFIX) for name in QUERIES} <= modules


@pytest.mark.lab(macs=1)
def test_a_reset_counts_what_it_has_reset_and_nothing_else(watched, run_module):
    fleet = ResetFleet(watched)
    for serial in ("COUNTED00001", "COUNTED00002"):
        fleet.stuck(serial)
    user = fleet.user("ann@example.com")
    fleet.mac("WORKING00001")
    fleet.record("WORKING00001", user, managed_by=user)
    asked = {
        "serials": ["COUNTED00001", "COUNTED00002", "WORKING00001", "ABSENT000001"],
        "max_percent": 100,
    }
    assert (
        counted(
            "okta_device_reset", run_module("okta_device_reset", asked, lab=watched.lab, check=True)
        )
        == []
    )
    assert counted(
        "okta_device_reset", run_module("okta_device_reset", asked, lab=watched.lab)
    ) == ["COUNTED00001", "COUNTED00002"]
    assert (
        counted("okta_device_reset", run_module("okta_device_reset", asked, lab=watched.lab)) == []
    )


@pytest.mark.lab(macs=1)
def test_a_suspension_counts_what_it_has_suspended(watched, run_module):
    fleet = ResetFleet(watched)
    fleet.stuck("COUNTED00001")
    fleet.stuck("COUNTED00002").status = "SUSPENDED"
    asked = {"serials": ["COUNTED00001", "COUNTED00002", "ABSENT000001"], "state": "suspended"}
    planned = run_module("okta_device", asked, lab=watched.lab, check=True)
    assert counted("okta_device", planned) == []
    done = run_module("okta_device", asked, lab=watched.lab)
    assert counted("okta_device", done) == ["COUNTED00001"]


def test_a_record_without_a_serial_counts_by_its_id():
    rows = [
        {"state": "reset", "serial_number": None, "device_id": "guo1"},
        {"state": "reset", "serial_number": None, "device_id": None},
    ]
    assert counted("okta_device_reset", {"devices": rows}) == ["guo1"]
    assert counted("okta_device_reset", {"msg": "failed before it began"}) == []


@pytest.mark.lab(macs=4)
def test_a_redelivery_counts_the_macs_that_it_has_moved(watched, run_module):
    nodes = [{"tag": None}, {"tag": TAG, "without": True}]
    made = watched.control(
        "POST", "/kandji/blueprints", {"name": "All Macs", "type": "map", "nodes": nodes}
    )
    serials = sorted(watched.canary["test_macs"])
    for serial in serials:
        watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": "All Macs"})
    wanted = {
        "name": "Okta SCEP - map",
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": made["nodes"][1]["id"]},
    }
    profile = run_module("kandji_scep_profile", wanted, lab=watched.lab)["profiles"][0]
    watched.live()
    watched.world.clock.advance(hours=1)
    asked = {
        "library_item_id": profile["library_item_id"],
        "serials": serials,
        "issued_before": iso(watched.world.clock.now()),
    }
    watched.world.clock.advance(hours=1)
    assert (
        counted(
            "kandji_profile_redelivery",
            run_module("kandji_profile_redelivery", asked, lab=watched.lab, check=True),
        )
        == []
    )
    assert (
        counted(
            "kandji_profile_redelivery",
            run_module("kandji_profile_redelivery", asked, lab=watched.lab),
        )
        == serials
    )


def test_a_redelivery_counts_a_mac_whose_check_in_kandji_did_not_accept(
    watched, run_module, prepared
):
    """Its tag was written."""
    watched.forbid("Daily check-in")
    result = run_module("kandji_profile_redelivery", prepared, lab=watched.lab)
    assert result["asked_to_check_in"] == [] and result["changed"]
    assert counted("kandji_profile_redelivery", result) == sorted(prepared["serials"])


@pytest.mark.lab(macs=4)
def test_a_gate_counts_the_test_macs_that_it_asked_to_check_in(watched, run_module):
    profile = run_module(
        "kandji_scep_profile",
        {"name": "Okta SCEP - canary", "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
    )["profiles"][0]
    asked = {name: profile[name] for name in ("library_item_id", "payload_uuid", "updated_at")} | {
        "test_macs": watched.canary["test_macs"],
        "wait": 0,
    }
    assert counted(
        "device_trust_gate", run_module("device_trust_gate", asked, lab=watched.lab)
    ) == sorted(watched.canary["test_macs"])
    watched.live()
    assert (
        counted("device_trust_gate", run_module("device_trust_gate", asked, lab=watched.lab)) == []
    )
