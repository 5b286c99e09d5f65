# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single Macs looked at.

The managed ones too, those of a ring with an item of the web app, and serials that nobody knows.
"""

from __future__ import annotations

import pytest

from tools.support.environment import CHECKOUT

INFO, LOOK = "device_trust_info", CHECKOUT / "playbooks" / "device_status.yml"


@pytest.fixture
def managed(watched, run_module):
    """The canary ring, taken to managed."""
    canary = watched.canary
    assert run_module(
        "kandji_scep_profile",
        {"name": "Okta SCEP - canary", "blueprints": canary["blueprints"]},
        lab=watched.lab,
    )["changed"]
    assert run_module(
        "kandji_app_store_item",
        {"name": "Okta Verify", "blueprints": canary["blueprints"]},
        lab=watched.lab,
    )["changed"]
    watched.live(rounds=2)
    return canary["test_macs"][0]


def test_serials_name_managed_macs_too_and_leave_the_counts(watched, run_module, managed):
    whole = run_module(INFO, {"rings": watched.ring_options}, lab=watched.lab)
    asked = run_module(
        INFO,
        {"rings": watched.ring_options, "serials": [managed.lower(), "CNOBODY"]},
        lab=watched.lab,
    )
    assert [(one["serial_number"], one["stage"]) for one in asked["macs"]] == [(managed, "MANAGED")]
    assert managed not in [one["serial_number"] for one in whole["macs"]]
    assert {key: asked[key] for key in ("counts", "by_ring", "api_calls")} == {
        key: whole[key] for key in ("counts", "by_ring", "api_calls")
    }


def test_the_playbook_says_where_a_mac_stands_and_whom_nobody_knows(watched, playbook, managed):
    by_item = {
        **watched.canary,
        "library_item": watched.control(
            "POST", "/kandji/items", {"type": "scep", "name": "By hand"}
        )["id"],
    }
    mark = watched.mark()
    asked = {
        "device_trust_status_serials": [managed, "CNOBODY"],
        "device_trust_rings": [by_item, *watched.ring_variables[1:]],
    }
    result = playbook(watched.lab, LOOK, variables=asked)
    assert result.status == 0 and f"{managed}: MANAGED." in result.output
    assert (
        "Kandji has no Mac with these serial numbers: CNOBODY." in result.output
        and watched.writes(mark) == []
    )


def test_the_playbook_reads_the_state_of_the_okta_verify_item(watched, playbook, managed):
    mark = watched.mark()
    asked = {
        "device_trust_status_serials": [managed],
        "device_trust_rings": watched.ring_variables,
    }
    result = playbook(watched.lab, LOOK, variables=asked)
    assert result.status == 0, result.output
    operations = [request.operation for request in watched.asked(mark)]
    assert "Applications" not in operations  # the inventory, which is a day behind the item
    assert operations.count("Get Library Item Statuses") == 2  # the SCEP profile, and Okta Verify


def test_the_playbook_goes_on_without_an_okta_verify_item(watched, playbook, managed):
    asked = {
        "device_trust_status_serials": [managed],
        "device_trust_rings": watched.ring_variables,
        "device_trust_okta_verify_name": "Okta Verify for Labs",
    }
    result = playbook(watched.lab, LOOK, variables=asked)
    assert result.status == 0 and f"{managed}: MANAGED." in result.output, result.output
    assert "Without the item of Okta Verify only Macs that reported the app" in result.output
