# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of somebody who is tired: one sentence names the variable and the remedy."""

from __future__ import annotations

import pytest

from tools.support.playbook import SITE

ENFORCE = SITE.parent / "enforce_managed_devices.yml"
FORECAST, PREFLIGHT = "okta_access_policy_forecast", "device_trust_preflight"


@pytest.mark.lab(macs=1)
def test_a_misspelt_tag_ends_the_run_before_the_first_request(watched, playbook):
    result = playbook(watched.lab, arguments=["--tags", "scpe_profile"])
    assert result.status == 2 and watched.asked() == [], result.output
    assert result.results("Validate the variables")[0]["msg"] == (
        "--tags: the playbook has no tag 'scpe_profile'. Use scep_profile, okta_verify,"
        " managed_status, managed_access.\nNothing was sent."
    )


@pytest.mark.lab(macs=1)
def test_what_is_displayed_names_the_variable_and_no_file_of_the_collection(watched, playbook):
    variables = {
        "device_trust_access_policy": "Company app",
        "device_trust_access_apps": ["Salesforce"],
        "device_trust_break_glass_group": "Break glass",
    }
    result = playbook(watched.lab, ENFORCE, variables=variables)
    assert result.status == 2 and watched.writes() == [], result.output
    problem = "Okta has no app sign-in policy 'Company app'; did you mean 'Company apps'?"
    assert f"device_trust_access_policy: {problem}" in result.output
    assert f" policy: {problem}" not in result.output and "Origin:" not in result.output


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    "mistake",
    [lambda name, _serial: name, lambda _name, serial: f"{serial[:-1]}?"],
    ids=["name", "typo"],
)
def test_an_unknown_test_mac_is_compared_with_those_that_kandji_has(watched, run_module, mistake):
    serial = watched.canary["test_macs"][0]
    name = watched.mac(serial).device.name
    rings = [{**watched.canary, "test_macs": [mistake(name, serial)]}]
    result = run_module(PREFLIGHT, {"rings": rings}, lab=watched.lab)
    [problem] = result["rings"][0]["test_mac_problems"]
    assert serial in problem, problem


@pytest.mark.lab(macs=1)
def test_a_break_glass_group_that_a_rule_repeats_is_named_as_such(watched, run_module):
    options = {
        "policy": "Company apps",
        "rules": [{"name": "Managed", "groups_excluded": ["Break-glass"], "access": "ALLOW"}],
        "break_glass_group": "Break-glass",
    }
    result = run_module(FORECAST, options, lab=watched.lab)
    assert result["msg"] == (
        "break_glass_group: Okta has no group 'Break-glass'. Correct the name."
    )
