# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at the whole fleet costs, by the lab's log of requests.

The pages of each list, and not one call more; and what it holds in memory.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.reader import (
    FleetQuery,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    EVENTS,
)

from lab.okta.devices.records import DeviceFacts
from tools.support.environment import CHECKOUT, child_environment

CONSTANT = [
    "Installed profiles",
    "List Blueprints",
    "List Custom Profiles",
    "listCertificateAuthorities",
    "listRegistrationAuthorities",
    "listAuthenticators",
    "listAuthenticatorMethods",
    "listPolicies",
]  # competing configurations, the rings, the certificate authority, and why nobody registered


@pytest.fixture
def fleet(watched, run_module):
    """Everybody has what there is to have.

    Each 20th Mac has a second record in Okta, each fifth a second certificate.
    """
    everywhere = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    written = run_module(
        "kandji_scep_profile", {"name": "Okta SCEP", "blueprints": everywhere}, lab=watched.lab
    )
    app = run_module(
        "kandji_app_store_item", {"name": "Okta Verify", "blueprints": everywhere}, lab=watched.lab
    )
    world = watched.world
    for mac in world.macs:
        mac.check_in()
    for number, mac in enumerate(world.macs):
        if number % 5 == 0 and mac.certificates:
            mac.certificates.append(
                mac.enroll(
                    world,
                    {
                        "URL": world.okta.platform.scep_url,
                        "Challenge": world.okta.platform.challenge,
                        "Subject": [[["CN", mac.certificates[0].common_name]]],
                    },
                    mac.certificates[0].profile_identifier,
                )
            )
            mac.report_inventory()
        if number % 20 == 0:
            world.okta.registry.register(
                world.people[number].user_id,
                DeviceFacts(
                    serial=mac.serial, udid=mac.udid, name=mac.serial, model="", os_version="26.1"
                ),
            )
    watched.live()
    assert written["changed"] and app["changed"]
    return {
        "rings": [{"name": "all", "blueprints": everywhere, "scep_profile": "Okta SCEP"}],
        "okta_verify_item_ids": [app["library_item"]["id"]],
    }


def pages(watched):
    """The least number of pages of each list, by the lab's own counts.

    An array without a total has one more page where its last one is full.
    """
    size = watched.control("GET", f"/size?days={FleetQuery().log_days}")
    scope = sum(
        device.platform == "Mac" and not device.is_removed
        for device in watched.world.kandji.devices.values()
    )
    kinds = [one.split('"')[1] for one in EVENTS.split(" or ")]
    events = sum(count for kind, count in size["events"].items() if kind.startswith(tuple(kinds)))
    return {
        "List Devices": size["devices"] // 300 + 1,
        "Get Library Item Statuses": 2 * math.ceil(scope / 300),
        "Certificates": size["certificates"] // 300 + 1,
        "listDevices": math.ceil(size["records"] / 200),
        "listLogEvents": math.ceil(min(events, FleetQuery().log_events) / 1000),
    }


def look(watched, run_module, options):
    mark = watched.mark()
    result = run_module("device_trust_info", {**options, "capacity_percent": 100}, lab=watched.lab)
    assert not result.get("failed"), result
    counted = {one["operation"]: one["count"] for one in result["api_calls"]}
    assert sum(counted.values()) == len(watched.asked(mark)), (
        "what a result says of its calls is what came to the vendors"
    )
    return counted


@pytest.mark.lab(macs=620, real_macs=0)
def test_a_look_at_the_fleet_costs_the_pages_of_its_lists(watched, run_module, fleet):
    watched.control("PATCH", "/limits", {"devices": None, "logs": None})
    assert look(watched, run_module, fleet) == {**pages(watched), **dict.fromkeys(CONSTANT, 1)}


@pytest.mark.long
@pytest.mark.lab(macs=10_000, real_macs=0)
def test_10000_macs_cost_at_most_215_calls(watched, run_module, fleet):
    watched.control("PATCH", "/limits", {"devices": None, "logs": None})
    counted = look(watched, run_module, fleet)
    assert (
        counted == {**pages(watched), **dict.fromkeys(CONSTANT, 1)} and sum(counted.values()) <= 215
    ), counted


def measure(module, macs, directory, *apps):
    """Run a module over so many Macs in a process of its own. Return what it took."""
    command = [
        sys.executable,
        *("-m", "tools.benchmarks.fleet_in_memory"),
        *(module, str(macs), str(directory), *apps),
    ]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=child_environment(), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.long
def test_who_loses_access_of_10000_people_takes_less_than_200_megabytes(tmp_path):
    taken = measure("device_trust_report", 10_000, tmp_path, "Salesforce", "Slack", "Wiki")
    assert taken["megabytes"] < 200
    # The log has a binding of each Mac, so those that search shows as not managed are not sure.
    assert taken["access"] == {"gets_in": 9_000, "unknown": 1_000, "refused": 0}


@pytest.mark.long
@pytest.mark.parametrize("module", ["device_trust_info", "device_trust_report"])
def test_memory_and_work_grow_in_step_with_the_fleet(module, tmp_path):
    small, large = (measure(module, macs, tmp_path / str(macs)) for macs in (10_000, 100_000))
    assert (small["macs"], large["macs"]) == (10_000, 100_000)
    # A report of 100,000 Macs takes 323 MB: it holds until when each person gets in.
    assert large["megabytes"] <= 350
    assert (
        large["calls"] <= 10 * small["calls"]
    )  # how processor time grows is in docs/dev/benchmarks.md: no test is timed
