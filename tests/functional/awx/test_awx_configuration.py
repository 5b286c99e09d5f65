# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/configure_awx.yml with the real modules of awx.awx, against a stand-in of AWX's REST API.

Everything is made, and the second run writes nothing.
"""

from __future__ import annotations

import ast
import json
import re

import pytest
import yaml

from tests.functional.helpers import examples
from tests.functional.helpers.fake_awx import TOKEN, StandIn
from tests.support import awx_collection
from tests.support.awx_job import job_templates
from tools.support.environment import CHECKOUT
from tools.support.playbook import run_playbook

pytestmark = pytest.mark.long

AWX = CHECKOUT / "playbooks" / "configure_awx.yml"
PLAYBOOKS = {f"playbooks/{path.name}" for path in AWX.parent.glob("*.yml")}
PREFIX = "Device trust - "
CANARY = "canary-secret-4711"
VARIABLES = {
    "awx_configuration_image": "registry.example.com/device-trust:0.1.0",
    "awx_configuration_scm_url": "https://git.example.com/device-trust.git",
    "awx_configuration_variables": {
        "device_trust_rings": [
            {"name": "canary", "blueprints": ["IT"], "test_macs": ["C02XK1ZAJG5J"]}
        ]
    },
    "awx_configuration_credential_inputs": {
        "kandji": {"kandji_api_url": "https://acme.api.kandji.io", "kandji_api_token": CANARY}
    },
    "awx_configuration_ca_certificates": "-----BEGIN CERTIFICATE-----",
}


@pytest.fixture(scope="module", autouse=True)
def collection():
    return awx_collection.provide()


@pytest.fixture
def awx():
    with StandIn(PLAYBOOKS) as running:
        yield running


def run(awx, path, *arguments, **variables):
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(awx_collection.COLLECTIONS),
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
    }
    return run_playbook(
        path, None, arguments=arguments, environment=environment, variables=variables
    )


def configure(awx, *arguments, **variables):
    return run(awx, AWX, *arguments, **{**VARIABLES, **variables})


def linked(awx, row, what, endpoint):
    ids = awx.links.get((row["id"], what), [])
    return sorted(
        one.get("name", one.get("identifier")) for one in awx.rows[endpoint] if one["id"] in ids
    )


def test_everything_is_made_once_and_the_second_run_writes_nothing(awx):
    made = configure(awx, "-vvvv")
    assert made.status == 0, made.output[-3000:]
    assert (
        CANARY not in made.output
        and awx.named("credentials", f"{PREFIX}kandji")["inputs"]["kandji_api_token"] == CANARY
    )
    assert awx.named("credentials", f"{PREFIX}okta")["inputs"] == {}
    site = awx.named("job_templates", f"{PREFIX}site")
    assert linked(awx, site, "credentials", "credentials") == [
        f"{PREFIX}{name}" for name in ("CA certificates", "kandji", "okta", "scep")
    ]
    assert {row["playbook"] for row in awx.rows["job_templates"]} == {
        f"playbooks/{one['playbook']}" for one in job_templates().values()
    }
    assert [row["name"] for row in awx.rows["schedules"]] == [f"{PREFIX}report every morning"]
    assert awx.rows["teams"] == awx.rows["notification_templates"] == awx.rows["labels"] == []
    for workflow, then, job_type in (
        ("reset", "reset", None),
        ("enforce with approval", "enforce", "run"),
    ):
        known = awx.named("workflow_job_templates", f"{PREFIX}{workflow}")["id"]
        nodes = [
            row
            for row in awx.rows["workflow_job_template_nodes"]
            if row["workflow_job_template"] == known
        ]
        assert [
            linked(awx, row, "success_nodes", "workflow_job_template_nodes") for row in nodes
        ] == [["approval"], [then], []]
        assert (
            nodes[1]["unified_job_template"]
            in {row["id"] for row in awx.rows["workflow_approval_templates"]}
            and nodes[2]["job_type"] == job_type
        )
    assert json.loads(awx.named("job_templates", f"{PREFIX}reset approved")["extra_vars"]) == {
        "device_trust_reset_approved_only": True
    }
    assert json.loads(awx.named("inventories", f"{PREFIX}tenants")["variables"])[
        "device_trust_rings"
    ][0]["test_macs"] == ["C02XK1ZAJG5J"]
    wrote = len(awx.writes)
    again = configure(awx)
    assert again.status == 0 and again.changed == [] and awx.writes[wrote:] == [], (
        again.changed,
        awx.writes[wrote:],
        again.output[-3000:],
    )
    check = configure(awx, "--check")
    assert check.status == 0 and check.changed == [], check.output[-3000:]


def test_what_a_person_filled_in_stays_and_a_service_app_is_another_type(awx):
    options = {
        "awx_configuration_okta_sign_in": "Okta service app",
        "awx_configuration_credential_inputs": {},
        "awx_configuration_ca_certificates": "",
    }
    assert configure(awx, **options).status == 0
    awx.named("credentials", f"{PREFIX}okta")["inputs"] = {
        "okta_org_url": "https://acme.okta.com",
        "okta_private_key": CANARY,
    }
    assert configure(awx, **options).changed == []
    kinds = {row["id"]: row["name"] for row in awx.rows["credential_types"]}
    assert (
        kinds[awx.named("credentials", f"{PREFIX}inventory")["credential_type"]]
        == f"{PREFIX}Okta service app and Kandji"
    )


@pytest.mark.parametrize("name", ["device_trust_kandji_api_token", "device_trust_notify_url"])
def test_a_secret_in_the_inventory_is_refused_before_anything_is_made(awx, name):
    refused = configure(awx, awx_configuration_variables={name: CANARY})
    assert (
        refused.status != 0
        and awx.writes == []
        and f"{name} would be readable" in refused.output
        and CANARY not in refused.output
    )


def test_the_play_of_the_roles_page_runs_and_changes_nothing_the_second_time(awx, tmp_path):
    page = tmp_path / "page.yml"
    page.write_text(
        json.dumps(examples.plays(CHECKOUT / "roles" / "awx_configuration" / "README.md"))
    )  # JSON is YAML
    first = run(awx, page)
    assert (
        first.status == 0 and awx.named("projects", f"{PREFIX}project")["scm_branch"] == "0.1.0"
    ), first.output[-3000:]
    wrote = len(awx.writes)
    assert run(awx, page).changed == [] and awx.writes[wrote:] == []


def test_every_option_that_the_role_gives_is_one_of_the_module(collection):
    asked = 0
    for path in (CHECKOUT / "roles" / "awx_configuration" / "tasks").glob("*.yml"):
        for task in yaml.safe_load(path.read_text()):
            for name, options in task.items():
                if name.startswith("awx.awx."):
                    asked += 1
                    assert set(options) <= set(
                        documented(collection, name.removeprefix("awx.awx."))
                    ), (path.name, task["name"])
    assert asked >= 10


def documented(collection, module):
    """The options by the module's own documentation."""
    tree = ast.parse((collection / "plugins" / "modules" / f"{module}.py").read_text())
    text = next(
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "DOCUMENTATION"
    )
    return yaml.safe_load(re.sub(r"^\s*\.\.\..*", "", text, flags=re.MULTILINE))["options"]


def test_one_template_runs_over_the_tenants_of_a_file_in_slices_on_instance_groups(awx):
    """A credential of one tenant would be in the environment of all."""
    fields = [{"id": "vault_id", "type": "string", "label": "Vault ID"}]
    awx.add("credential_types", {"name": "Vault", "inputs": {"fields": fields}, "injectors": {}})
    kind = awx.named("credential_types", "Vault")["id"]
    for name in ("vault of acme", "vault of globex"):
        vault = {"credential_type": kind, "inputs": {"vault_id": name}, "organization": 1}
        awx.add("credentials", {"name": name, **vault})
    options = {
        "awx_configuration_tenants_source": "tenants.yml",
        "awx_configuration_vault_credentials": ["vault of acme", "vault of globex"],
        "awx_configuration_job_slices": 4,
        "awx_configuration_instance_groups": ["europe", "america"],
    }
    made = configure(awx, **options)
    assert made.status == 0, made.output[-3000:]
    clean_up = awx.named("job_templates", f"{PREFIX}clean up")
    assert linked(awx, clean_up, "credentials", "credentials") == [
        f"{PREFIX}CA certificates",
        f"{PREFIX}notify",
        "vault of acme",
        "vault of globex",
    ]
    assert linked(awx, clean_up, "instance_groups", "instance_groups") == ["america", "europe"]
    report = awx.named("job_templates", f"{PREFIX}report")
    assert json.loads(report["extra_vars"]) == {"device_trust_hosts": "tenants"}
    assert (report["job_slice_count"], report["forks"], report["ask_limit_on_launch"]) == (
        4,
        10,
        True,
    )
    # Its digest would not reach the next node of the workflow.
    assert awx.named("job_templates", f"{PREFIX}reset plan")["job_slice_count"] == 1
    assert awx.named("workflow_job_templates", f"{PREFIX}reset")["ask_limit_on_launch"] is True
    assert awx.rows["hosts"] == []
    source = awx.named("inventory_sources", f"{PREFIX}tenants of the project")
    assert source["source_path"] == "tenants.yml" and source["overwrite_vars"] is False
    variables = json.loads(awx.named("inventories", f"{PREFIX}tenants")["variables"])
    assert "device_trust_state_dir" not in variables
    wrote = len(awx.writes)
    again = configure(awx, **options)
    assert again.status == 0 and again.changed == [] and awx.writes[wrote:] == [], again.output


def test_variables_outrank_what_the_role_sets_in_the_inventory(awx):
    other = {"device_trust_report_notify": False, "device_trust_report_dir": "/srv/reports"}
    made = configure(awx, awx_configuration_variables=other)
    assert made.status == 0, made.output[-3000:]
    variables = json.loads(awx.named("inventories", f"{PREFIX}tenants")["variables"])
    assert {**variables, **other} == variables
    assert json.loads(awx.named("job_templates", f"{PREFIX}report")["extra_vars"] or "{}") == {}


def test_teams_have_no_role_on_a_template_that_was_replaced(awx):
    """By a person who sets the templates and workflows of their own."""
    options = {
        "awx_configuration_teams": True,
        "awx_configuration_job_templates": [{"name": "report", "playbook": "report.yml"}],
        "awx_configuration_workflows": [],
    }
    made = configure(awx, **options)
    assert made.status == 0, made.output[-3000:]
    names = {row["id"]: row["name"] for row in awx.rows["job_templates"]}
    assert {names[number] for number, _role in awx.roles} == {f"{PREFIX}report"}
    assert configure(awx, **options).changed == []


NOTIFICATION = {"token": CANARY, "channels": ["#it"]}
ON_REQUEST = {
    "awx_configuration_playbook_file": "device-trust.yml",
    "awx_configuration_scm_update_on_launch": True,
    "awx_configuration_source_variables": {"DEVICE_TRUST_CA_PATH": "/etc/ca.pem"},
    "awx_configuration_awx_credential": "reader",
    "awx_configuration_notification_type": "slack",
    "awx_configuration_notification_configuration": NOTIFICATION,
    "awx_configuration_notification_templates": ["on call"],
    "awx_configuration_labels": ["device trust"],
    "awx_configuration_timeout": 7200,
    "awx_configuration_teams": True,
    "awx_configuration_writing_schedules": True,
}


@pytest.fixture
def prepared(awx):
    """An AWX whose project has one playbook, with a notification and a credential of its own."""
    awx.playbooks = {"device-trust.yml"}
    awx.add("credential_types", {"name": "AWX", "inputs": {"fields": []}, "injectors": {}})
    kind = awx.named("credential_types", "AWX")["id"]
    awx.add("credentials", {"name": "reader", "credential_type": kind, "organization": 1})
    on_call = {"notification_type": "slack", "notification_configuration": NOTIFICATION}
    awx.add("notification_templates", {"name": "on call", "organization": 1, **on_call})
    return awx


def test_what_is_made_on_request(prepared):
    made = configure(prepared, "-vvvv", **ON_REQUEST)
    assert made.status == 0 and CANARY not in made.output, made.output[-3000:]
    check_own_repository(prepared)
    check_inventory_of_macs(prepared)
    check_notifications(prepared)
    check_teams(prepared)
    nightly, report = (
        prepared.named("schedules", f"{PREFIX}{name}")
        for name in ("renew and site every night", "report every morning")
    )
    check_nightly(prepared, nightly)
    # What somebody switched off in AWX stays off.
    nightly["enabled"] = report["enabled"] = False
    wrote = len(prepared.writes)
    again = configure(prepared, **ON_REQUEST)
    assert again.changed == [] and prepared.writes[wrote:] == [], again.output[-3000:]
    # AWX does not show a token, so another one is written on request. The schedule goes.
    other = {
        "awx_configuration_notification_configuration": {**NOTIFICATION, "token": "another"},
        "awx_configuration_update_secrets": True,
        "awx_configuration_writing_schedules": False,
    }
    changed = configure(prepared, **{**ON_REQUEST, **other}).changed
    names = {name.rpartition(" : ")[2] for name in changed}
    assert {"Create the notification", "Create the schedules"} <= names, changed
    assert prepared.rows["schedules"] == [report] and report["enabled"] is False


def check_own_repository(awx):
    report, site = (awx.named("job_templates", f"{PREFIX}{name}") for name in ("report", "site"))
    assert report["playbook"] == "device-trust.yml" and site["timeout"] == 7200
    assert json.loads(report["extra_vars"])["awx_configuration_playbook"] == "report"
    assert awx.named("projects", f"{PREFIX}project")["scm_update_on_launch"] is True
    # Who approved is read by the last job alone.
    having = {
        row["name"].removeprefix(PREFIX)
        for row in awx.rows["job_templates"]
        if "reader" in linked(awx, row, "credentials", "credentials")
    }
    assert having == {"reset approved"}


def check_inventory_of_macs(awx):
    source = awx.named("inventory_sources", f"{PREFIX}Macs by the inventory plugin")
    variables = json.loads(source["source_vars"])
    rings = VARIABLES["awx_configuration_variables"]["device_trust_rings"]
    assert json.loads(variables["DEVICE_TRUST_FLEET_OPTIONS"]) == {"rings": rings}
    assert variables["DEVICE_TRUST_CA_PATH"] == "/etc/ca.pem"


def check_notifications(awx):
    notified = {
        (row["name"].removeprefix(PREFIX), event): linked(
            awx, row, f"notification_templates_{event}", "notification_templates"
        )
        for endpoint in ("job_templates", "workflow_job_templates", "projects", "inventory_sources")
        for row in awx.rows[endpoint]
        for event in ("error", "approvals")
    }
    both = (f"{PREFIX}notification", "on call")
    assert {tuple(names) for (_name, event), names in notified.items() if event == "error"} == {
        both
    }
    approvals = {name: tuple(n) for (name, event), n in notified.items() if event == "approvals"}
    assert {name: names for name, names in approvals.items() if names} == {
        "reset": both,
        "enforce with approval": both,
    }
    for endpoint in ("job_templates", "workflow_job_templates"):
        for row in awx.rows[endpoint]:
            assert linked(awx, row, "labels", "labels") == ["device trust"]


def check_teams(awx):
    """Helpdesk looks, operators plan, owners approve."""
    teams = {row["id"]: row["name"].removeprefix(PREFIX) for row in awx.rows["teams"]}
    assert sorted(teams.values()) == ["helpdesk", "operators", "owners"]
    names = {
        row["id"]: row["name"].removeprefix(PREFIX)
        for endpoint in ("job_templates", "workflow_job_templates")
        for row in awx.rows[endpoint]
    }
    held = {
        (teams[team], role.removesuffix("_role"), names[number])
        for (number, role), holders in awx.roles.items()
        for team in holders
    }
    # Who approves a plan, or launched it, can read the output of its job.
    assert {(team, "read", name) for team in teams.values() for name in names.values()} <= held
    assert {role for role in held if role[1] != "read"} == {
        ("helpdesk", "execute", "why is this Mac not managed"),
        ("operators", "execute", "why is this Mac not managed"),
        ("operators", "execute", "report"),
        ("operators", "execute", "reset plan"),
        ("operators", "execute", "reset"),
        ("operators", "execute", "enforce with approval"),
        ("owners", "approval", "reset"),
        ("owners", "approval", "enforce with approval"),
    }


def check_nightly(awx, nightly):
    """One workflow, so that the two playbooks that write do not overlap."""
    together = awx.named("workflow_job_templates", f"{PREFIX}renew and site")
    assert nightly["unified_job_template"] == together["id"] and nightly["enabled"] is True
    nodes = [
        row
        for row in awx.rows["workflow_job_template_nodes"]
        if row["workflow_job_template"] == together["id"]
    ]
    assert linked(awx, nodes[0], "always_nodes", "workflow_job_template_nodes") == ["site"]


@pytest.mark.parametrize(
    "variable, entry, key",
    [
        ("awx_configuration_more_job_templates", {"playbook": "site.yml", "timout": 1}, "timout"),
        ("awx_configuration_more_workflows", {"nodes": [], "label": []}, "label"),
        ("awx_configuration_more_workflows", {"nodes": [{"aproval": "x"}]}, "aproval"),
        ("awx_configuration_schedules", {"template": "site", "enable": False}, "enable"),
        (
            "awx_configuration_more_job_templates",
            {"playbook": "site.yml", "survey": [{"variabel": "x"}]},
            "variabel",
        ),
    ],
    ids=["template", "workflow", "node", "schedule", "question"],
)
def test_a_misspelled_key_is_refused_before_anything_is_made(awx, variable, entry, key):
    refused = configure(awx, **{variable: [{"name": "mine", **entry}]})
    assert refused.status != 0 and awx.writes == []
    assert f"an entry has the key {key}, which does not exist. Use " in refused.output


def test_the_one_playbook_of_the_page_runs_what_the_template_names(awx, tmp_path):
    page = (CHECKOUT / "docs" / "awx.md").read_text()
    (text,) = re.findall(r"```yaml\n# device-trust.yml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "device-trust.yml"
    file.write_text(text)
    variables = {"awx_configuration_playbook": "notify", "device_trust_notification": "It runs."}
    done = run(awx, file, **variables)
    assert done.status == 0 and "It runs." in done.output, done.output
