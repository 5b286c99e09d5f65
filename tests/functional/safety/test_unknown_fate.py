# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure says changed: true after a write, and after one that may have been carried out."""

from __future__ import annotations

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet

pytestmark = pytest.mark.lab(macs=2)
RESET, SCRIPT = "okta_device_reset", "kandji_custom_script"
STUCK = "RESETMAC0001"
WANTED = {"name": "Check", "script": "#!/bin/sh\n", "blueprints": ["Canary"]}
UNKNOWN = [
    ("drop", {}),
    ("truncate", {}),
    ("html", {}),
    *[("5xx", {"status": status}) for status in (500, 502, 503)],
]


@pytest.mark.parametrize("operation", ["Create Custom Script", "Assign Library Item"])
@pytest.mark.parametrize(("fault", "values"), UNKNOWN)
def test_a_write_to_kandji_of_unknown_fate(watched, run_module, fault, values, operation):
    watched.fault(fault, operation, **values)
    failed = run_module(SCRIPT, {**WANTED, "api_retries": 0}, lab=watched.lab)
    assert failed["failed"] and failed["changed"], failed
    assert f"Whether {operation} was carried out is unknown. Run again" in failed["msg"]


# Okta's answer is empty, which cannot be cut short.
@pytest.mark.parametrize(("fault", "values"), [each for each in UNKNOWN if each[0] != "truncate"])
def test_a_write_to_okta_of_unknown_fate(watched, run_module, fault, values):
    ResetFleet(watched).stuck(STUCK)
    watched.fault(fault, "deactivateDevice", **values)
    failed = run_module(RESET, {"serials": [STUCK], "api_retries": 0}, lab=watched.lab)
    assert failed["failed"] and failed["changed"] and failed["devices"] == [], failed
    assert "Whether deactivateDevice was carried out is unknown. Run again" in failed["msg"]


def test_a_refused_write_after_another_one(watched, run_module):
    ResetFleet(watched).stuck(STUCK)
    watched.forbid("deleteDevice")
    failed = run_module(RESET, {"serials": [STUCK]}, lab=watched.lab)
    assert failed["failed"] and failed["changed"], "the record is deactivated"


@pytest.mark.parametrize("status", [400, 403, 409, 423])
def test_a_refused_write_alone_changed_nothing(watched, run_module, status):
    watched.fault("5xx", "Create Custom Script", status=status, times=None)
    failed = run_module(SCRIPT, {**WANTED, "api_retries": 1}, lab=watched.lab)
    assert failed["failed"] and not failed.get("changed"), failed
    assert ("Run again later" in failed["msg"]) is (status in (409, 423)), failed


def test_a_refused_reset_changed_nothing(watched, run_module):
    ResetFleet(watched).stuck(STUCK)
    watched.forbid("deactivateDevice")
    failed = run_module(RESET, {"serials": [STUCK]}, lab=watched.lab)
    assert failed["failed"] and not failed.get("changed"), failed
