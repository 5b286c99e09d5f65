# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option max_rows means the same in every module that has it: 0 lists everything."""

from __future__ import annotations

import typing as t

import pytest

from lab.actors.macos_shims import check_script
from tools.support.environment import CHECKOUT

DIRECTORY = CHECKOUT / "plugins" / "modules"
# Each module with what it lists in its result, so that the lab has several rows of it.
LISTED: dict[str, t.Callable[[dict[str, t.Any]], t.Sized]] = {
    "okta_device_info": lambda result: result["devices"],
    "okta_system_log_info": lambda result: result["events"],
    "kandji_device_info": lambda result: result["devices"],
    "kandji_library_item_info": lambda result: result["library_items"][0]["trouble"],
    "kandji_app_store_item": lambda result: result["statuses"]["trouble"],
    "device_trust_info": lambda result: result["macs"],
    "device_trust_certificates": lambda result: result["certificates"],
}


@pytest.fixture
def options(watched, run_module, profile_args) -> dict[str, dict[str, t.Any]]:
    """Return the options of each module, for a lab in which it has something to list."""
    blueprints = watched.canary["blueprints"]
    run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    script = {"name": "Check", "script": check_script(), "blueprints": blueprints}
    check = run_module("kandji_custom_script", script, lab=watched.lab)["script"]
    watched.live()
    tenant = watched.world.kandji
    verify = next(item for item in tenant.items.values() if item.name == "Okta Verify")
    run_module("kandji_app_store_item", {"blueprints": blueprints}, lab=watched.lab)
    with watched.world.lock:
        for device in tenant.devices.values():
            tenant.deliveries.set_status(device, verify, "ERROR", log="It cannot be installed.")
    return {
        "okta_device_info": {},
        "okta_system_log_info": {},
        "kandji_device_info": {},
        "kandji_library_item_info": {"names": ["Okta Verify"], "statuses": True},
        "kandji_app_store_item": {"blueprints": blueprints},
        "device_trust_info": {"rings": watched.ring_variables},
        "device_trust_certificates": {"certificate_check_item_id": check["id"]},
    }


def test_every_module_with_the_option_is_listed_here():
    names = {
        path.stem for path in DIRECTORY.glob("*.py") if "okta_kandji._max_rows" in path.read_text()
    }
    assert names == set(LISTED)


def test_zero_lists_everything_and_one_lists_one(watched, run_module, options):
    for module, listed in LISTED.items():
        counts = [
            len(listed(run_module(module, {**options[module], "max_rows": limit}, lab=watched.lab)))
            for limit in (0, 1, 1000)
        ]
        assert counts[0] == counts[2] > 1 == counts[1], (module, counts)


@pytest.mark.lab(macs=2)
@pytest.mark.parametrize("module", LISTED)
def test_a_negative_number_is_refused_before_anything_is_asked(watched, run_module, module):
    required = {
        "kandji_app_store_item": {"blueprints": ["Canary"]},
        "device_trust_info": {"rings": watched.ring_variables},
        "device_trust_certificates": {"certificate_check_item_id": "any"},
    }
    mark = watched.mark()
    result = run_module(module, {**required.get(module, {}), "max_rows": -1}, lab=watched.lab)
    assert result["failed"] and "max_rows: -1 is not between 0 and" in result["msg"], result
    assert watched.asked(mark) == []
