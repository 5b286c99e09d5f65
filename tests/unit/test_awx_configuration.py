# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role awx_configuration makes AWX of: that it fits the playbooks and the modules, and asks nobody for a secret where it would be kept."""

from __future__ import annotations

import re

import pytest

from tools.awx_job import ROLE, credential_types, hosts_of_slice, inject, job_templates, role_data
from tools.environment import CHECKOUT

PLAYBOOKS = CHECKOUT / "playbooks"
READ = {name for path in (CHECKOUT / "plugins").rglob("*.py") for name in re.findall(r'env_fallback, \["([A-Z_]+)"\]', path.read_text())}
NO_LOG = {name for path in (CHECKOUT / "plugins").rglob("*.py") for name in re.findall(r'"(\w+)": {[^}]*"no_log": True', path.read_text())}
TYPES, TEMPLATES, DEFAULTS = credential_types(), job_templates(), role_data("defaults")
SECRET_VARIABLES = role_data("vars")["awx_configuration_secret_variables"]


def test_each_playbook_has_a_template():
    there = {path.name for path in PLAYBOOKS.glob("*.yml")} - {"awx.yml"}  # which sets AWX up, from outside
    assert {one["playbook"] for one in TEMPLATES.values()} == there


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_credential_gives_what_the_modules_read_from_fields_that_it_has(kind):
    ids = {field["id"] for field in kind["inputs"]["fields"]}
    injectors = kind["injectors"]
    used = set(re.findall(r"{{ ([\w.]+) }}", str(injectors)))
    assert set(injectors["env"]) <= READ and used - {"tower.filename"} == ids and ("tower.filename" in used) == ("file" in injectors)
    assert set(kind["inputs"]["required"]) <= ids and all(field["type"] == "string" for field in kind["inputs"]["fields"])
    # A module's secrets are secrets of AWX, which encrypts them.
    assert {field["id"] for field in kind["inputs"]["fields"] if not field.get("secret")} & NO_LOG == set()


def test_every_variable_of_the_environment_comes_from_some_credential():
    assert READ - {name for kind in TYPES.values() for name in kind["injectors"]["env"]} == {"OKTA_ACCESS_TOKEN"}  # which lives no longer than an hour


def test_an_inventory_source_gets_all_by_one_credential():
    for okta in ("Okta API token", "Okta service app"):
        both = {**TYPES[okta]["injectors"]["env"], **TYPES["Kandji"]["injectors"]["env"]}
        assert TYPES[f"{okta} and Kandji"]["injectors"] == {**TYPES[okta]["injectors"], "env": both}


def test_a_key_comes_as_a_file_and_what_is_not_given_is_empty(tmp_path):
    (tmp_path / "env").mkdir()
    given = {"okta_org_url": "https://acme.okta.com", "okta_client_id": "0oa1", "okta_private_key": "-----BEGIN", "okta_key_id": ""}
    environment = inject(TYPES["Okta service app"], given, tmp_path, "/runner")
    file = next((tmp_path / "env").iterdir())
    assert environment == {"OKTA_CLIENT_ORGURL": "https://acme.okta.com", "OKTA_CLIENT_CLIENTID": "0oa1", "OKTA_CLIENT_KID": "",
                           "OKTA_CLIENT_PRIVATEKEY": f"/runner/env/{file.name}"}
    assert file.read_text() == "-----BEGIN" and file.stat().st_mode & 0o077 == 0


def questions():
    asked = [*DEFAULTS["awx_configuration_job_templates"], *DEFAULTS["awx_configuration_workflows"]]
    return [(one["name"], one.get("playbook", "reset.yml"), question) for one in asked for question in one.get("survey", [])]


@pytest.mark.parametrize("name, playbook, question", questions(), ids=lambda value: value["variable"] if isinstance(value, dict) else value)
def test_a_survey_asks_for_what_the_playbook_reads_and_never_for_a_secret(name, playbook, question):
    # A variable of a role may be given as well: what a survey says outranks the role's default.
    roles = [path for path in (CHECKOUT / "roles").glob("*/defaults/main.yml") if path.parent.parent != ROLE]
    text = "".join(path.read_text() for path in [PLAYBOOKS / playbook, *(PLAYBOOKS / "tasks").glob("*.yml"), *roles])
    assert question["type"] != "password" and question["variable"] not in SECRET_VARIABLES and question["variable"] in text


def test_what_a_schedule_or_a_node_names_is_there():
    for schedule in DEFAULTS["awx_configuration_schedules"]:
        # Nobody answers the questions of a schedule.
        assert not any(question.get("required") for question in TEMPLATES[schedule["template"]].get("survey", []))
    for workflow in DEFAULTS["awx_configuration_workflows"]:
        nodes = {node["identifier"]: node for node in workflow["nodes"]}
        assert all(node["job_template"] in TEMPLATES for node in nodes.values() if "job_template" in node)
        assert all(after in nodes for node in nodes.values() for after in node.get("success", []))


def test_nothing_is_reset_in_the_workflow_without_an_approval_before():
    nodes = DEFAULTS["awx_configuration_workflows"][0]["nodes"]
    assert [node.get("job_template", "approval") for node in nodes] == ["reset plan", "approval", "reset approved"]
    assert TEMPLATES["reset plan"]["job_type"] == "check" and TEMPLATES["reset approved"]["extra_vars"] == {"device_trust_reset_approved_only": True}
    assert "ask_variables_on_launch: false" in (ROLE / "tasks" / "templates.yml").read_text()
    assert "ask_variables_on_launch: false" in (ROLE / "tasks" / "workflow.yml").read_text()


def test_slices_share_the_hosts_and_each_has_one_slice():
    inventory = {"_meta": {"hostvars": {f"shard_{number}": {"device_trust_shard": number} for number in range(1, 8)}}}
    slices = [hosts_of_slice(inventory, number, 3)["all"]["hosts"] for number in (1, 2, 3)]
    assert slices == [["shard_1", "shard_4", "shard_7"], ["shard_2", "shard_5"], ["shard_3", "shard_6"]]
