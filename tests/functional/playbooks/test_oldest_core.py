# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks with the oldest ansible-core that the collection supports, in check mode.

It resolves templates, defaults of modules and failures in other ways than those from 2.19 on.
"""

from __future__ import annotations

import json
import sys

import pytest

from tools.support.environment import child_environment, run_and_read
from tools.support.playbook import INVENTORY, SITE, lab_environment
from tools.support.venvs import environment

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.version_info >= (3, 13), reason="ansible-core 2.16 has no Python 3.13"),
]
# Those that need no state of a tenant, or say in one sentence what is missing.
PLAYBOOKS = {
    "site": "Plan, in this order",
    "device_status": "SCEP profile",
    "report": "NOT_ROLLED_OUT",
    "renew_certificates": "PLAY RECAP",
    "enforce_managed_devices": "PLAY RECAP",
}


@pytest.fixture(scope="module")
def oldest():
    """The scripts of an environment with the oldest ansible-core."""
    return environment("oldest")


@pytest.fixture
def run(watched, oldest, tmp_path):
    """Run a playbook. Return its status and output."""

    def run(name, *arguments, **variables):
        values = {
            "device_trust_rings": watched.ring_variables,
            "device_trust_report_dir": str(tmp_path),
            "device_trust_access_policy": "Company apps",
            "device_trust_access_apps": ["Salesforce"],
            "device_trust_break_glass_group": "Break glass",
            "device_trust_max_locked_out": 10,
            "device_trust_status_serials": watched.canary["test_macs"],
            **variables,
        }
        command = [oldest / "ansible-playbook", "--inventory", INVENTORY]
        command += ["--extra-vars", json.dumps(values), SITE.parent / f"{name}.yml", *arguments]
        environ = child_environment(**lab_environment(watched.lab.announcement))
        # What belongs to the other ansible-core, and its collection.
        for key in ("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_COLLECTIONS_PATH"):
            del environ[key]
        environ["PATH"] = f"{oldest}:{environ['PATH']}"
        return run_and_read([str(part) for part in command], environ)

    return run


@pytest.mark.lab(macs=4)
@pytest.mark.parametrize(("name", "text"), PLAYBOOKS.items())
def test_a_playbook_predicts(watched, run, name, text):
    status, output = run(name, "--check", "--diff")
    assert status == 0 and text in output, output
    assert watched.writes() == [] and "Traceback" not in output


@pytest.mark.lab(macs=4)
def test_all_problems_are_one_list(watched, run):
    status, output = run("site", device_trust_okta_verify_name="Okta Verifi")
    assert status == 2 and watched.writes() == [], output
    assert "Problems:\n  1. No library item named 'Okta Verifi'" in output, output
    assert "Steps in the console, in this order:\n  1. " in output


@pytest.mark.lab(macs=4)
@pytest.mark.parametrize("value", ["false", "no", "0"])
def test_a_boolean_that_is_text_decides_by_its_meaning(watched, run, value):
    variables = {"device_trust_certificate_check": value, "device_trust_enforce": value}
    status, output = run("site", "--check", **variables)
    assert status == 0 and "Plan, in this order" in output, output
    assert "create script" not in output and watched.writes() == [], output


@pytest.mark.lab(macs=4)
def test_wrong_variables_are_named(watched, run):
    status, output = run("site", device_trust_gate_wait="ten")
    assert status == 2 and "device_trust_gate_wait" in output and watched.asked() == [], output
