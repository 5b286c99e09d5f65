# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of all problems, and the plan ring by ring, in a playbook of one's own."""

from __future__ import annotations

import json

from tools.support.playbook import run_playbook

NAME = "device_trust_plan"
COLLECTION = "devicetrust.okta_kandji."
RING = {
    "name": "canary",
    "blueprints": [{"id": "b-1", "name": "Canary"}],
    "test_macs": ["C02A"],
    "scep_profile": {"name": "Okta SCEP - canary"},
    "settings_profile": {"name": "Okta Verify settings - canary"},
}


def run_plan(tmp_path, **parts):
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{COLLECTION + NAME: parts}]}
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([play]))
    return run_playbook(path, None)


def test_a_failure_of_one_part_fails_with_the_whole_list(tmp_path):
    refused = run_plan(
        tmp_path,
        preflight={"rings": [RING], "problems": ["A token is wrong."], "msg": "Not ready."},
        okta_verify={"msg": "No library item.", "console_steps": ["Click Library."]},
        scep={"changed": True, "profiles": [{"changed": True}]},
    )
    assert refused.status == 2 and "Plan, in this order" not in refused.output
    listed = "Problems:\n  1. A token is wrong.\n  2. No library item.\n"
    assert listed + "Steps in the console, in this order:\n  1. Click Library.\n" in refused.output
    assert refused.output.count("A token is wrong.") == 1 and "Origin" not in refused.output
    (result,) = [task["result"] for task in refused.tasks]
    assert result["msg"] == (
        "Nothing was written. The list above has 2 problems and 1 step in the console."
    )


def test_the_plan_names_only_the_rings_that_change(tmp_path):
    wide = {**RING, "name": "wide", "test_macs": []}
    planned = run_plan(
        tmp_path,
        preflight={"rings": [RING, wide], "changed": False},
        scep={
            "profiles": [{"changed": False}, {"changed": True}],
            "changes": ["create profile 'Okta SCEP - wide'"],
        },
    )
    assert planned.status == 0 and "  ring wide: SCEP profile 'Okta SCEP - canary'\n" in (
        planned.output
    )
    assert "permissions: Create Custom Profile, Daily check-in." in planned.output
    (result,) = [task["result"] for task in planned.tasks]
    assert [each["ring"]["name"] for each in result["rings"]] == ["wide"]
    assert [each["ring"]["name"] for each in result["gates"]] == ["canary"]


def test_a_run_that_deploys_nothing_has_no_plan_and_needs_no_test_mac(tmp_path):
    ring = {**RING, "test_mac_problems": ["Ring 'canary': test Mac C02A is not in Kandji."]}
    predicted = {"assigned_to": ["b-1"], "changes": ["assign library item 'Okta Verify'"]}
    parts = {"preflight": {"rings": [ring]}, "okta_verify": predicted}
    status = run_plan(tmp_path, **parts, deploys=False)
    assert status.status == 0 and "Plan" not in status.output and "C02A" not in status.output
    assert [task["result"]["rings"] for task in status.tasks] == [[]]
    assert run_plan(tmp_path, **parts).status == 2
