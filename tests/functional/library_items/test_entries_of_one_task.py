# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of one task that contradict each other, or give one Mac two certificates."""

from __future__ import annotations

import os
import plistlib
import typing as t
from unittest import mock

import pytest

from tests.functional.helpers.interleaving import before_request
from tools.support.playbook import lab_environment

SCEP, CUSTOM = "kandji_scep_profile", "kandji_custom_profile"

pytestmark = pytest.mark.lab(macs=3)

MOBILECONFIG = plistlib.dumps(
    {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi",
        "PayloadUUID": "ANY",
        "PayloadContent": [
            {
                "PayloadType": "com.apple.wifi.managed",
                "PayloadVersion": 1,
                "PayloadIdentifier": "com.acme.wifi.1",
                "PayloadUUID": "ONE",
                "SSID_STR": "Acme",
            }
        ],
    }
).decode()


def call(run_module, watched, module: str, *entries: dict[str, t.Any], **options: t.Any):
    content = {"mobileconfig": MOBILECONFIG} if module == CUSTOM else {}
    return run_module(module, {"profiles": list(entries), **content, **options}, lab=watched.lab)


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
@pytest.mark.parametrize("second", ["Okta SCEP - x", "okta scep - X", "Okta SCEP - x "])
def test_one_name_in_two_entries_is_refused_before_a_request(watched, run_module, module, second):
    result = call(
        run_module,
        watched,
        module,
        {"name": "Okta SCEP - x", "blueprints": ["Canary"]},
        {"name": second, "blueprints": ["Engineering"]},
    )
    assert result["failed"] and result["msg"].startswith("profiles: "), result
    assert watched.asked() == []


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_one_blueprint_in_two_entries_is_refused_before_a_request(watched, run_module, module):
    result = call(
        run_module,
        watched,
        module,
        {"name": "a", "blueprints": ["Staging", "Canary"]},
        {"name": "b", "blueprints": ["Canary"]},
    )
    assert result["failed"] and "'Canary' is in the entries 'a' and 'b'" in result["msg"], result
    assert watched.asked() == []


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_one_blueprint_by_name_and_by_id_is_refused_before_a_write(watched, run_module, module):
    [canary] = [
        each.id for each in watched.world.kandji.blueprints.values() if each.name == "Canary"
    ]
    result = call(
        run_module,
        watched,
        module,
        {"name": "a", "blueprints": ["Canary"]},
        {"name": "b", "blueprints": [canary.upper()]},
    )
    assert result["failed"] and "'Canary' is in the entries 'a' and 'b'" in result["msg"], result
    assert watched.writes() == []


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_one_profile_by_name_and_by_id_is_refused_before_a_write(watched, run_module, module):
    first = call(run_module, watched, module, {"name": "a", "blueprints": ["Canary"]})
    item_id, mark = first["profiles"][0]["library_item_id"], watched.mark()
    result = call(
        run_module,
        watched,
        module,
        {"name": "a", "blueprints": ["Canary"]},
        {"library_item_id": item_id.upper(), "blueprints": ["Engineering"]},
    )
    assert result["failed"] and f"profiles: two entries name 'a' ({item_id})" in result["msg"]
    assert watched.writes(mark) == []


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_a_new_name_that_another_entry_has_is_refused_before_a_write(watched, run_module, module):
    entries = [
        {"name": "a", "blueprints": ["Canary"]},
        {"name": "b", "blueprints": ["Engineering"]},
    ]
    first = call(run_module, watched, module, *entries)
    one, other = (row["library_item_id"] for row in first["profiles"])
    mark = watched.mark()
    result = call(
        run_module,
        watched,
        module,
        {"library_item_id": one, "blueprints": ["Canary"]},
        {"library_item_id": other, "name": "a", "blueprints": ["Engineering"]},
    )
    assert result["failed"] and "Kandji has another one named 'a'" in result["msg"], result
    assert watched.writes(mark) == []


@pytest.mark.parametrize("second", ["name", "id"])
def test_several_rings_have_one_console_managed_item(watched, run_module, second):
    item = watched.control(
        "POST", "/kandji/items", {"type": "scep", "name": "Okta SCEP", "blueprints": ["Staging"]}
    )["id"]
    rings = [
        {"library_item": "Okta SCEP", "blueprints": ["Canary"]},
        {"library_item": item if second == "id" else "Okta SCEP", "blueprints": ["Engineering"]},
    ]
    result = call(run_module, watched, SCEP, *rings)
    assert result["changes"] == [
        "assign library item 'Okta SCEP' to blueprint 'Canary'",
        "assign library item 'Okta SCEP' to blueprint 'Engineering'",
    ], result
    mark = watched.mark()
    assert not call(run_module, watched, SCEP, *rings)["changed"]
    refused = call(run_module, watched, SCEP, *rings, blueprints_mode="exact")
    assert "profiles: two entries name 'Okta SCEP'" in refused["msg"], refused
    assert watched.writes(mark) == []


@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_several_profiles_are_removed_from_one_blueprint(watched, run_module, module):
    entries = [
        {"name": "a", "blueprints": ["Canary"]},
        {"name": "b", "blueprints": ["Engineering"]},
    ]
    call(run_module, watched, module, *entries)
    gone = [{**entry, "blueprints": ["Canary", "Engineering"]} for entry in entries]
    options = {"blueprints_mode": "remove", "max_removed": 50}
    result = call(run_module, watched, module, *gone, **options)
    assert result["changes"] == [
        "remove profile 'a' from blueprint 'Canary'",
        "remove profile 'b' from blueprint 'Engineering'",
    ], result


def test_a_console_managed_item_is_not_assigned_next_to_the_profile_of_the_ring(
    watched, run_module, profile_args
):
    """Its URL is not shown by an API, and the option ``url`` is not set."""
    run_module(SCEP, profile_args, lab=watched.lab)
    watched.live()
    watched.control("POST", "/kandji/items", {"type": "scep", "name": "By hand", "blueprints": []})
    environment = {
        name: value
        for name, value in lab_environment(watched.lab.announcement).items()
        if not name.startswith("OKTA_SCEP")
    }
    wanted = {"library_item": "By hand", "blueprints": watched.canary["blueprints"]}
    mark = watched.mark()
    with mock.patch.dict(os.environ, environment):
        predicted = run_module(SCEP, wanted, check=True)
        refused = run_module(SCEP, wanted)
        consent = run_module(SCEP, {**wanted, "on_conflict": "warn"}, check=True)
    assert predicted["failed"] and refused["failed"] and predicted["msg"] == refused["msg"]
    assert "is a SCEP profile for Okta and is on 'Canary'" in refused["msg"], refused
    assert watched.writes(mark) == []
    assert consent["changed"] and "is a SCEP profile for Okta" in str(consent["warnings"]), consent


RINGS = (
    {"name": "a", "blueprints": ["Canary"]},
    {"name": "b", "blueprints": ["Engineering"]},
)


def renew(run_module, watched, module: str, generation: str, **options: t.Any):
    rings = [{**ring, "generation": generation} for ring in RINGS]
    return call(run_module, watched, module, *rings, **options)


@pytest.mark.lab(macs=8)
@pytest.mark.parametrize("module", [SCEP, CUSTOM])
def test_devices_are_counted_again_before_the_write_of_each_entry(watched, run_module, module):
    """While the first profile is written, somebody assigns the second to more Macs."""
    limit = {SCEP: "max_reissue", CUSTOM: "max_reinstall"}[module]
    first = renew(run_module, watched, module, "1")
    watched.live()

    def assign_by_hand():
        places = {"blueprints": ["Engineering", "Everyone else"]}
        watched.control("PATCH", f"/kandji/items/{first['profiles'][1]['library_item_id']}", places)
        watched.live()

    with before_request(None, assign_by_hand) as requests:
        counts = renew(run_module, watched, module, "2", **{limit: 50})["macs_touched"]
    reached = counts[limit.removeprefix("max_")]
    watched.live()
    mark = watched.mark()
    with before_request(requests.writes[0] + 1, assign_by_hand):
        result = renew(run_module, watched, module, "3", **{limit: reached})
    assert result["failed"] and result["changed"], result
    assert result["msg"].startswith(f"{limit}: The change (profile 'a' on 'Canary'"), result
    assert "The profiles before it were written, and nothing was written to it." in result["msg"]
    assert result["msg"].endswith("Done before that: Update Custom Profile."), result
    assert watched.writes(mark).count("Update Custom Profile") == 1
    # With a sufficient limit, the result tells how many it was in the end.
    result = renew(run_module, watched, module, "4", **{limit: 50})
    assert result["macs_touched"][limit.removeprefix("max_")] > reached, result
