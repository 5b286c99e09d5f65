# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the pages for a new hire and a new Mac, as the pages show them, against the lab."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.playbook import lab_environment

ANN, OLD, NEW = "ann@example.com", "OLDMAC000001", "NEWMAC000001"


def commands(page, heading):
    """Return the commands of a section, each as its words."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [shlex.split(block.replace("\\\n", " ")) for block in blocks]


@pytest.fixture
def shell(watched, tmp_path):
    """Return a function that runs a command of a page with these replacements."""
    told = watched.lab.announcement
    inventory = {"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}}
    inventory["all"]["vars"] = {
        "device_trust_okta_org_url": told["okta_url"],
        "device_trust_okta_api_token": "{{ vault_okta_api_token }}",
        "device_trust_ca_path": told["ca_file"],
    }
    (tmp_path / "inventory.yml").write_text(json.dumps(inventory))
    (tmp_path / "vault.yml").write_text(
        json.dumps({"vault_okta_api_token": told["okta_api_token"]})
    )
    environment = child_environment(**lab_environment(told))
    for name in ("OKTA_CLIENT_ORGURL", "OKTA_CLIENT_TOKEN", "IRUCTL_TENANT", "IRUCTL_TOKEN"):
        environment.pop(name, None)

    def run(words, replacements, *more):
        words = [each for each in words if each != "--ask-vault-pass"]
        for old, new in replacements.items():
            words = [each.replace(old, new) for each in words]
        command = [str(SCRIPTS / words[0]), *words[1:], *more]
        return run_and_read(command, environment, tmp_path)

    return run


@pytest.mark.lab(macs=1)
@pytest.mark.long
def test_an_old_mac_goes_by_the_command_of_the_page_and_a_shared_one_stays(watched, shell):
    fleet = ResetFleet(watched)
    ann, bob = fleet.user(ANN), fleet.user("bob@example.com")
    old, new = (fleet.record(serial, ann, managed_by=ann) for serial in (OLD, NEW))
    shared = fleet.record("SHARED000001", ann, bob)
    (delete,) = commands("reset.md", "A new Mac for a person")
    status, output = shell(delete, {"C02XK1ZAJG5J": OLD}, "--check")
    assert status == 0 and "CHANGED" in output and watched.writes() == [], output
    status, output = shell(delete, {"C02XK1ZAJG5J": OLD})
    assert status == 0 and old.id not in watched.world.okta.devices, output
    assert watched.world.okta.registry.is_managed(new.id, ann.id)
    mark = watched.mark()
    status, output = shell(delete, {"C02XK1ZAJG5J": OLD})
    assert status == 0 and "SUCCESS" in output and watched.writes(mark) == [], output
    status, output = shell(delete, {"C02XK1ZAJG5J": "SHARED000001"})
    assert status == 0 and shared.status == "ACTIVE" and "It is shared" in output, output
