# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role awx_configuration makes AWX of.

That it fits the playbooks and the modules, and asks nobody for a secret where it would be kept.
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils import _variables

from tests.support.awx_job import (
    ROLE,
    credential_types,
    hosts_of_slice,
    inject,
    job_templates,
    role_data,
)
from tools.support.environment import CHECKOUT

PLAYBOOKS = CHECKOUT / "playbooks"
DECLARED = _variables.read_declaration().variables.values()
READ = {
    name
    for path in (CHECKOUT / "plugins").rglob("*.py")
    for name in re.findall(r'env_fallback, \["([A-Z_]+)"\]', path.read_text())
} | {variable.environment for variable in DECLARED if variable.environment}
NO_LOG = {
    name
    for path in (CHECKOUT / "plugins").rglob("*.py")
    for name in re.findall(r'"(\w+)": {[^}]*"no_log": True', path.read_text())
}
TYPES, TEMPLATES, DEFAULTS = credential_types(), job_templates(), role_data("defaults")
SECRET_VARIABLES = role_data("vars")["awx_configuration_secret_variables"]


def test_each_playbook_has_a_template():
    # One sets AWX up. The other leaves a file that only the one who runs it reads, and the files of
    # a job in AWX are nobody's.
    outside = {"configure_awx.yml", "grant_temporary_access.yml"}
    # Rulebooks run them by themselves, and tell them of which event: docs/events.md. Nobody
    # launches them.
    for_rulebooks = {
        "notify.yml",
        "on_certificate_authority_change.yml",
        "on_scep_challenge_reset.yml",
    }
    rulebooks = "".join(
        path.read_text() for path in (CHECKOUT / "extensions" / "eda" / "rulebooks").glob("*.yml")
    )
    assert for_rulebooks <= {
        f"{name}.yml"
        for name in re.findall(r"run_playbook:\s+name: devicetrust\.okta_kandji\.(\w+)", rulebooks)
    }
    there = {path.name for path in PLAYBOOKS.glob("*.yml")}
    assert {one["playbook"] for one in TEMPLATES.values()} == there - outside - for_rulebooks


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_credential_gives_what_the_modules_read_from_fields_that_it_has(kind):
    ids = {field["id"] for field in kind["inputs"]["fields"]}
    injectors = kind["injectors"]
    used = set(re.findall(r"{{ ([\w.]+) }}", str(injectors)))
    assert (
        set(injectors["env"]) <= READ
        and used - {"tower.filename"} == ids
        and ("tower.filename" in used) == ("file" in injectors)
    )
    assert set(kind["inputs"]["required"]) <= ids and all(
        field["type"] == "string" for field in kind["inputs"]["fields"]
    )
    # A module's secrets are secrets of AWX, which encrypts them.
    assert {
        field["id"] for field in kind["inputs"]["fields"] if not field.get("secret")
    } & NO_LOG == set()


def test_every_variable_of_the_environment_comes_from_some_credential():
    assert READ - {name for kind in TYPES.values() for name in kind["injectors"]["env"]} == {
        "OKTA_ACCESS_TOKEN"
    }  # which lives no longer than an hour


def test_no_variable_that_is_declared_as_secret_may_lie_in_the_inventory():
    secrets = {variable.name for variable in DECLARED if variable.secret}
    assert secrets and set(SECRET_VARIABLES) == secrets


def test_a_template_whose_playbook_posts_has_the_credential_of_the_webhook():
    posts = re.compile(
        "import_playbook: devicetrust.okta_kandji.notify|include_tasks: tasks/notification.yml"
    )
    posting = {path.name for path in PLAYBOOKS.glob("*.yml") if posts.search(path.read_text())}
    templates = [one for one in TEMPLATES.values() if one["playbook"] in posting]
    assert templates and all("notify" in one["credentials"] for one in templates)


def test_an_inventory_source_gets_all_by_one_credential():
    for okta in ("Okta API token", "Okta service app"):
        both = {**TYPES[okta]["injectors"]["env"], **TYPES["Kandji"]["injectors"]["env"]}
        assert TYPES[f"{okta} and Kandji"]["injectors"] == {**TYPES[okta]["injectors"], "env": both}


def test_a_key_comes_as_a_file_and_what_is_not_given_is_empty(tmp_path):
    (tmp_path / "env").mkdir()
    given = {
        "okta_org_url": "https://acme.okta.com",
        "okta_client_id": "0oa1",
        "okta_private_key": "-----BEGIN",
        "okta_key_id": "",
    }
    environment = inject(TYPES["Okta service app"], given, tmp_path, "/runner")
    file = next((tmp_path / "env").iterdir())
    assert environment == {
        "OKTA_CLIENT_ORGURL": "https://acme.okta.com",
        "OKTA_CLIENT_CLIENTID": "0oa1",
        "OKTA_CLIENT_KID": "",
        "OKTA_CLIENT_PRIVATEKEY": f"/runner/env/{file.name}",
    }
    assert file.read_text() == "-----BEGIN" and file.stat().st_mode & 0o077 == 0


def workflow_named(name):
    return next(one for one in DEFAULTS["awx_configuration_workflows"] if one["name"] == name)


def playbook_of(one):
    """Of a template; of a workflow, that of its first node."""
    return (
        one["playbook"]
        if "playbook" in one
        else TEMPLATES[one["nodes"][0]["job_template"]]["playbook"]
    )


def questions():
    asked = [*DEFAULTS["awx_configuration_job_templates"], *DEFAULTS["awx_configuration_workflows"]]
    return [
        (one["name"], playbook_of(one), question)
        for one in asked
        for question in one.get("survey", [])
    ]


@pytest.mark.parametrize(
    "name, playbook, question",
    questions(),
    ids=lambda value: value["variable"] if isinstance(value, dict) else value,
)
def test_a_survey_asks_for_what_the_playbook_reads_and_never_for_a_secret(name, playbook, question):
    files = [PLAYBOOKS / playbook, *(PLAYBOOKS / "tasks").glob("*.yml")]
    text = "".join(path.read_text() for path in files)
    typed = question["variable"].replace("device_trust_", "device_trust.", 1)
    assert (
        question["type"] != "password"
        and question["variable"] not in SECRET_VARIABLES
        and typed in text
    )


def scheduled(name):
    """The templates that a schedule of a template or a workflow runs."""
    if name in TEMPLATES:
        return [TEMPLATES[name]]
    return [TEMPLATES[node["job_template"]] for node in workflow_named(name)["nodes"]]


def test_an_integer_that_the_inventory_sets_is_outranked_by_an_answer_alone():
    """A default of a survey is an extra variable of each job, also of a scheduled one.

    What somebody consents to at each launch is the exception.
    """
    assert {
        question["variable"]
        for one in [*TEMPLATES.values(), *DEFAULTS["awx_configuration_workflows"]]
        for question in one.get("survey", [])
        if question["type"] in ("integer", "text", "textarea") and "default" in question
    } == {"device_trust_max_locked_out"}


def test_an_extra_variable_of_a_template_is_one_that_nobody_sets_otherwise():
    """It outranks the inventory, and so awx_configuration_variables."""
    assert {name for one in TEMPLATES.values() for name in one["extra_vars"]} == {
        "device_trust_reset_approved_only",
        "device_trust_reset_require_records",
    }


def test_a_schedule_writes_only_if_it_says_so_and_no_two_that_write_overlap():
    writing = [one for one in DEFAULTS["awx_configuration_schedules"] if one.get("writes")]
    reading = [one for one in DEFAULTS["awx_configuration_schedules"] if not one.get("writes")]
    assert DEFAULTS["awx_configuration_writing_schedules"] is False and len(writing) == 1
    assert [one["template"] for one in reading] == ["report"]


def test_what_a_schedule_or_a_node_names_is_there_once():
    names = [
        one["name"]
        for one in [
            *DEFAULTS["awx_configuration_job_templates"],
            *DEFAULTS["awx_configuration_workflows"],
        ]
    ]
    assert len(names) == len(set(names))  # nodes and schedules name either
    for schedule in DEFAULTS["awx_configuration_schedules"]:
        # Nobody answers the questions of a schedule, and a default would outrank the inventory.
        assert not any(
            question.get("required") or "default" in question
            for template in scheduled(schedule["template"])
            for question in template.get("survey", [])
        )
    for workflow in DEFAULTS["awx_configuration_workflows"]:
        nodes = {node["identifier"]: node for node in workflow["nodes"]}
        assert all(
            node["job_template"] in TEMPLATES for node in nodes.values() if "job_template" in node
        )
        assert all(
            after in nodes
            for node in nodes.values()
            for kind in ("success", "failure", "always")
            for after in node.get(kind, [])
        )
        # AWX refuses a job type where the template does not ask for one.
        assert all(
            TEMPLATES[node["job_template"]].get("ask_job_type_on_launch")
            for node in nodes.values()
            if "job_type" in node
        )
        # What the workflow asks for reaches a job whose template asks for it as well.
        asked = {question["variable"] for question in workflow.get("survey", [])}
        for template in {node["job_template"] for node in nodes.values() if "job_type" in node}:
            assert asked == {question["variable"] for question in TEMPLATES[template]["survey"]}


def test_nothing_is_reset_in_the_workflow_without_an_approval_before():
    nodes = workflow_named("reset")["nodes"]
    assert [node.get("job_template", "approval") for node in nodes] == [
        "reset plan",
        "approval",
        "reset approved",
    ]
    assert TEMPLATES["reset plan"]["job_type"] == "check" and TEMPLATES["reset approved"][
        "extra_vars"
    ] == {"device_trust_reset_approved_only": True}
    assert "ask_variables_on_launch: false" in (ROLE / "tasks" / "templates.yml").read_text()
    assert "ask_variables_on_launch: false" in (ROLE / "tasks" / "workflow.yml").read_text()


def test_nobody_is_locked_out_by_a_launch_that_says_nothing():
    assert (
        TEMPLATES["enforce"]["job_type"] == "check"
        and TEMPLATES["enforce"]["ask_job_type_on_launch"]
    )
    workflow = workflow_named("enforce with approval")
    assert [node.get("job_template", "approval") for node in workflow["nodes"]] == [
        "enforce",
        "approval",
        "enforce",
    ]
    assert [node.get("job_type") for node in workflow["nodes"]] == ["check", None, "run"]
    assert [node.get("success") for node in workflow["nodes"]] == [["approval"], ["enforce"], None]
    assert [(question["variable"], question["default"]) for question in workflow["survey"]] == [
        ("device_trust_max_locked_out", 0)
    ]
    # The way back is open without an answer to anything.
    assert (
        "survey" not in TEMPLATES["rollback"]
        and TEMPLATES["rollback"].get("job_type", "run") == "run"
    )
    assert not any(
        template["playbook"] in ("enforce_managed_devices.yml", "rollback_managed_devices.yml")
        for one in DEFAULTS["awx_configuration_schedules"]
        for template in scheduled(one["template"])
    )


def test_slices_share_the_hosts_and_each_has_one_slice():
    inventory = {
        "_meta": {
            "hostvars": {f"tenant_{number}": {"okta_org_url": number} for number in range(1, 8)}
        }
    }
    slices = [hosts_of_slice(inventory, number, 3)["all"]["hosts"] for number in (1, 2, 3)]
    assert slices == [
        ["tenant_1", "tenant_4", "tenant_7"],
        ["tenant_2", "tenant_5"],
        ["tenant_3", "tenant_6"],
    ]
