# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in of AWX refuses what AWX refuses, so that a test of the role does not pass by it."""

from __future__ import annotations

import pytest

from tests.functional.helpers.awx_rules import Refused
from tests.functional.helpers.fake_awx import StandIn

PLAYBOOK = "playbooks/site.yml"
REFERENCES = ("inventory", "project", "source_project", "credential_type")
RULE = "RRULE:FREQ=DAILY;INTERVAL=1"


@pytest.fixture
def awx():
    running = StandIn({PLAYBOOK})
    manual = running.add("projects", {"name": "manual", "organization": 1, "local_path": "here"})
    git = running.add(
        "projects", {"name": "git", "organization": 1, "scm_type": "git", "scm_url": "x"}
    )
    inventory = running.add("inventories", {"name": "tenants", "organization": 1})
    fields = [{"id": "token", "label": "Token", "secret": True}]
    kind = running.add(
        "credential_types", {"name": "k", "inputs": {"fields": fields}, "injectors": {}}
    )
    one = running.add(
        "credentials", {"name": "one", "credential_type": kind["id"], "organization": 1}
    )
    two = running.add(
        "credentials", {"name": "two", "credential_type": kind["id"], "organization": 1}
    )
    template = {"playbook": PLAYBOOK, "project": git["id"], "inventory": inventory["id"]}
    site = running.add("job_templates", {"name": "site", "organization": 1, **template})
    running.names = {
        "manual": manual["id"],
        "git": git["id"],
        "inventory": inventory["id"],
        "kind": kind["id"],
        "one": one["id"],
        "two": two["id"],
        "site": site["id"],
    }
    yield running
    running.server.server_close()


def template(**values):
    return {"name": "t", "playbook": PLAYBOOK, "project": "git", "inventory": "inventory", **values}


def source(**values):
    return {
        "name": "s",
        "inventory": "inventory",
        "source": "scm",
        "source_project": "git",
        **values,
    }


@pytest.mark.parametrize(
    "endpoint, body, error",
    [
        ("inventory_sources", source(source_project="manual"), "Cannot use manual project"),
        ("inventory_sources", source(source_vars="{"), "Cannot parse as JSON or YAML"),
        (
            "inventory_sources",
            source(source_vars='{"PATH": "/"}'),
            "prohibited environment variable",
        ),
        ("inventory_sources", source(inventory=4711), "object does not exist"),
        (
            "projects",
            {"name": "p", "scm_update_on_launch": True},
            "must be set to false for manual",
        ),
        ("projects", {"name": "p", "scm_type": "git"}, "SCM URL is required."),
        ("projects", {"name": "p", "scm_type": "hg"}, "is not a valid choice"),
        ("job_templates", template(playbook="other.yml"), "Playbook not found for project."),
        ("job_templates", template(project=None), "must have a project"),
        ("job_templates", template(inventory=None), "You must either set a default value"),
        ("job_templates", template(timout=1), "no such field"),
        ("job_templates", template(timeout="1h"), "A valid integer is required."),
        ("job_templates", template(job_type="scan"), "is not a valid choice"),
        ("job_templates", template(name="site", organization=1), "already exists"),
        ("schedules", {"name": "s", "rrule": RULE}, "Valid DTSTART required"),
        ("schedules", {"name": "s", "rrule": f"DTSTART:20260101T010000 {RULE}"}, "naive datetime"),
        (
            "schedules",
            {"name": "s", "rrule": "DTSTART:20260101T010000Z RRULE:FREQ=DAILY"},
            "INTERVAL required",
        ),
        (
            "schedules",
            {"name": "s", "rrule": "DTSTART:20260101T010000Z RRULE:FREQ=SECONDLY;INTERVAL=1"},
            "SECONDLY is not supported",
        ),
        (
            "notification_templates",
            {
                "name": "n",
                "notification_type": "slack",
                "notification_configuration": {"token": "t"},
            },
            "Missing required fields for Notification Configuration: ['channels'].",
        ),
        (
            "notification_templates",
            {
                "name": "n",
                "notification_type": "slack",
                "notification_configuration": {"token": "t", "channels": "#it"},
            },
            "Configuration field 'channels' incorrect type",
        ),
        (
            "notification_templates",
            {"name": "n", "notification_type": "teams"},
            "notification_type",
        ),
        ("labels", {"name": "l"}, "This field is required."),
        (
            "credentials",
            {"name": "c", "credential_type": "kind", "inputs": {"tokn": "x"}},
            "Additional properties are not allowed",
        ),
        (
            "credentials",
            {"name": "c", "credential_type": "kind", "inputs": {"token": 7}},
            "is not of type 'string'",
        ),
        (
            "credential_types",
            {"name": "c", "inputs": {"fields": []}, "injectors": {"env": {"A": "{{ token }}"}}},
            "uses an undefined field",
        ),
        (
            "credential_types",
            {"name": "c", "inputs": {"fields": []}, "injectors": {"env": {"ANSIBLE_A": "x"}}},
            "is not allowed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_awx_refuses(awx, endpoint, body, error):
    filled = {
        key: awx.names.get(value, value) if key in REFERENCES else value
        for key, value in body.items()
    }
    with pytest.raises(Refused, match=r".*") as refused:
        awx.ask("POST", f"/api/v2/{endpoint}/", {}, filled)
    assert error in str(refused.value)


def test_a_credential_type_in_use_keeps_its_fields(awx):
    path = f"/api/v2/credential_types/{awx.names['kind']}/"
    assert awx.ask("PATCH", path, {}, {"description": "Another one"})[0] == 200
    with pytest.raises(Refused, match="types that are in use"):
        awx.ask("PATCH", path, {}, {"inputs": {"fields": []}})


def test_a_template_takes_one_credential_of_a_type(awx):
    path = f"/api/v2/job_templates/{awx.names['site']}/credentials/"
    assert awx.ask("POST", path, {}, {"id": awx.names["one"]})[0] == 204
    with pytest.raises(Refused, match="Cannot assign multiple"):
        awx.ask("POST", path, {}, {"id": awx.names["two"]})


def test_only_a_workflow_notifies_of_approvals(awx):
    path = f"/api/v2/job_templates/{awx.names['site']}/notification_templates_approvals/"
    assert awx.ask("GET", path, {}, {})[0] == 404


def test_a_template_has_the_roles_of_a_template(awx):
    _status, site = awx.ask("GET", f"/api/v2/job_templates/{awx.names['site']}/", {}, {})
    assert set(site["summary_fields"]["object_roles"]) == {
        "admin_role",
        "execute_role",
        "read_role",
    }


@pytest.mark.parametrize(
    "question, error",
    [
        ({"type": "text", "variable": "v", "question_name": "q"}, "'required'"),
        ({"type": "list", "variable": "v", "question_name": "q", "required": True}, "'list'"),
        (
            {
                "type": "integer",
                "variable": "v",
                "question_name": "q",
                "required": True,
                "default": "1",
            },
            "is of another type",
        ),
        (
            {
                "type": "integer",
                "variable": "v",
                "question_name": "q",
                "required": True,
                "min": "0",
            },
            "expected to be integer",
        ),
        (
            {"type": "multiplechoice", "variable": "v", "question_name": "q", "required": True},
            "must specify choices",
        ),
        (
            {
                "type": "multiplechoice",
                "variable": "v",
                "question_name": "q",
                "required": True,
                "choices": ["a"],
                "default": "b",
            },
            "answered from the choices",
        ),
    ],
    ids=["required", "type", "default", "min", "choices", "choice"],
)
def test_a_survey_that_awx_refuses(awx, question, error):
    path = f"/api/v2/job_templates/{awx.names['site']}/survey_spec/"
    with pytest.raises(Refused) as refused:
        awx.ask("POST", path, {}, {"name": "n", "description": "", "spec": [question]})
    assert error in str(refused.value)
