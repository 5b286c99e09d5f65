# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays, inventories and variables that README, pages and plugins show, run against the lab as
a user would run them.
"""

from __future__ import annotations

import json

import pytest
import yaml

from tests.functional.helpers import examples
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.playbook import SITE, lab_environment

# What speaks with AWX is run in test_awx_configuration.py, which has one to speak with.
PAGES = [
    path
    for path in examples.documents()
    if examples.plays(path) and path.parent.name != "awx_configuration"
]
pytestmark = [pytest.mark.long, pytest.mark.lab(macs=14, people=True)]


@pytest.fixture
def stage(watched, run_module, tmp_path):
    """Variables stay variables here; they get their values from ``vault``."""
    made = examples.Stage(watched, run_module, tmp_path)
    made.stands_for = {text: there for text, there in made.stands_for.items() if "{{" not in text}
    return made


@pytest.fixture
def vault(watched):
    told = watched.lab.announcement
    return {
        "vault_okta_api_token": told["okta_api_token"],
        "vault_kandji_api_token": told["kandji_api_token"],
        "vault_okta_scep_url": told["scep_url"],
        "vault_okta_scep_challenge": told["scep_challenge"],
    }


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(CHECKOUT)) for path in PAGES])
def test_the_plays_of_a_page_run_and_change_nothing_the_second_time(
    watched, stage, vault, playbook, tmp_path, page
):
    shown = examples.plays(page)
    if "device_reset" in json.dumps(shown):
        ResetFleet(watched).stuck("RESETMAC0001")
        stage.put(examples.FIRST_MAC, "RESETMAC0001")
    if "managed_access" in json.dumps(shown):
        watched.switch(people_act=False)
        examples.nobody_uses_apps(stage)
    file = tmp_path / "page.yml"
    file.write_text(json.dumps(stage.as_in_the_lab(shown)))  # JSON is YAML
    first = playbook(watched.lab, file, variables=vault)
    assert first.status == 0, first.output
    again = playbook(watched.lab, file, variables=vault)
    assert again.status == 0 and again.changed == [], again.output


def test_the_inventory_for_tenants_of_your_own(watched, stage, vault, playbook, tmp_path):
    stage.put("Sales", "Staging")  # the lab's own Sales is a map with conditions
    watched.control("POST", "/kandji/blueprints", {"name": "IT"})
    watched.control(
        "PATCH", f"/kandji/devices/{stage.stands_for[examples.FIRST_MAC]}", {"blueprint": "IT"}
    )
    shown = stage.as_in_the_lab(
        yaml.safe_load((CHECKOUT / "playbooks" / "inventory" / "example.yml").read_text())
    )
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps(shown))
    rings = shown["all"]["vars"][
        "device_trust_rings"
    ]  # extra variables win, and the lab's own rings are among them
    result = playbook(
        watched.lab,
        SITE,
        check=True,
        inventory=inventory,
        variables={**vault, "device_trust_rings": rings},
    )
    assert result.status == 0 and result.changed, result.output


@pytest.mark.parametrize(
    "source",
    examples.sources(examples.example_text(CHECKOUT / "plugins" / "inventory" / "macs.py")),
)
def test_an_inventory_source_of_the_documentation(watched, stage, tmp_path, source):
    watched.control("POST", "/kandji/blueprints", {"name": "IT"})
    stage.put("/var/tmp/device-trust", str(tmp_path / "cache"))
    file = tmp_path / "macs.yml"
    file.write_text(json.dumps(stage.as_in_the_lab(source)))
    environment = {
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        **lab_environment(watched.lab.announcement),
    }
    command = [str(SCRIPTS / "ansible-inventory"), "--inventory", str(file), "--list"]
    status, output = run_and_read(command, child_environment(**environment), show=False)
    assert status == 0 and len(json.loads(output[output.index("{") :])["_meta"]["hostvars"]) > 3, (
        output
    )
