# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 refuses of what the role awx_configuration writes.

The rules are those of AWX's serializers and models, with their words. AWX ignores a field that it
does not know. Here it is refused, since it would be a mistake of the role.
"""

from __future__ import annotations

import json
import re
import typing as t

import yaml
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Row = dict[str, t.Any]
Rows = t.Mapping[str, t.Sequence[Row]]
ALWAYS = {"name", "organization", "inventory", "credential_type", "type"}
QUESTION_TYPES: dict[str, t.Any] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": (str, list),
    "multiselect": (str, list),
    "integer": int,
    "float": float,
}
FIELD_KEYS = {
    "id",
    "type",
    "label",
    "help_text",
    "secret",
    "multiline",
    "choices",
    "default",
    "format",
    "ask_at_runtime",
}
# Types of notifications: field -> its type, and whether AWX has a default for it.
NOTIFICATION_FIELDS: dict[str, dict[str, tuple[type, bool]]] = {
    "slack": {"token": (str, False), "channels": (list, False)},
    "webhook": {
        "url": (str, False),
        "http_method": (str, True),
        "disable_ssl_verification": (bool, True),
        "username": (str, True),
        "password": (str, True),
        "headers": (dict, False),
    },
    "email": {
        "host": (str, False),
        "port": (int, False),
        "username": (str, False),
        "password": (str, False),
        "use_tls": (bool, False),
        "use_ssl": (bool, False),
        "sender": (str, False),
        "recipients": (list, False),
        "timeout": (int, True),
    },
}
BLOCKED_ENVIRONMENT = ("HOME", "USER", "_", "TERM", "PATH")
CHOICES = {
    ("job_templates", "job_type"): ("run", "check"),
    ("projects", "scm_type"): ("", "git", "svn", "insights", "archive"),
    ("execution_environments", "pull"): ("", "always", "missing", "never"),
    ("inventories", "kind"): ("", "smart", "constructed"),
}
NUMBERS = (
    "timeout",
    "forks",
    "job_slice_count",
    "update_cache_timeout",
    "scm_update_cache_timeout",
)


class Refused(Exception):
    """Answered as 400 with this body."""

    def __init__(self, body: Row) -> None:
        super().__init__(str(body))
        self.body = body


def refuse(field: str, *messages: str) -> t.NoReturn:
    raise Refused({field: list(messages)})


def check(endpoint: str, whole: Row, sent: Row, rows: Rows, known: t.Collection[str]) -> None:
    """Raise Refused for what AWX refuses. ``known`` are the endpoint's fields."""
    for field in sent:
        if field not in known and field not in ALWAYS:
            refuse(field, "AWX has no such field, and would ignore it.")
    for (of, field), choices in CHOICES.items():
        if of == endpoint and whole.get(field, choices[0]) not in choices:
            refuse(field, f'"{whole[field]}" is not a valid choice.')
    for field in NUMBERS:
        if field in sent and type(sent[field]).__name__ != "int":
            refuse(field, "A valid integer is required.")
    for row in rows[endpoint]:
        same = all(row.get(key) == whole.get(key) for key in ("name", "organization", "inventory"))
        if "name" in whole and row["id"] != whole.get("id") and same and endpoint not in _ANY_NAME:
            refuse("__all__", "This name already exists in the organization.")
    rule = _RULES.get(endpoint)
    if rule:
        rule(whole, sent, rows)


_ANY_NAME = ("workflow_approval_templates", "schedules")


def named(rows: Rows, endpoint: str, number: object) -> Row:
    """Return a row by its id. AWX refuses another one."""
    row = next((row for row in rows[endpoint] if row["id"] == number), None)
    if row is None:
        refuse(endpoint, f'Invalid pk "{number}" - object does not exist.')
    return row


def _check_kind(kind: Row, sent: Row, rows: Rows) -> None:
    in_use = any(row["credential_type"] == kind.get("id") for row in rows["credentials"])
    before = next((row for row in rows["credential_types"] if row["id"] == kind.get("id")), kind)
    if in_use and any(name in sent and sent[name] != before[name] for name in _FIXED_IN_USE):
        refuse(
            "detail", "Modifications to inputs are not allowed for credential types that are in use"
        )
    fields = kind["inputs"].get("fields", [])
    if set(kind["inputs"]) - {"fields", "required"}:
        refuse("inputs", "Additional properties are not allowed")
    ids = [field.get("id", "") for field in fields]
    for field in fields:
        if set(field) - FIELD_KEYS:
            refuse("inputs", "Additional properties are not allowed")
        if "label" not in field or not re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]):
            refuse(
                "inputs", "'label' is a required property, or the id is an invalid variable name"
            )
        if field.get("type", "string") not in ("string", "boolean"):
            refuse("inputs", f"{field['type']} is not one of ['string', 'boolean']")
        if field.get("type") == "boolean" and set(field) & {"choices", "multiline", "secret"}:
            refuse("inputs", "secret not allowed for boolean type")
    if len(set(ids)) != len(ids):
        refuse("inputs", "field IDs must be unique")
    if set(kind["inputs"].get("required", [])) - set(ids):
        refuse("inputs", "required names no field")
    _check_injectors(kind["injectors"], ids)


_FIXED_IN_USE = ("inputs", "injectors")


def _check_injectors(injectors: Row, ids: t.Sequence[str]) -> None:
    if set(injectors) - {"env", "file", "extra_vars"}:
        refuse("injectors", "Additional properties are not allowed")
    names: Row = dict.fromkeys(ids, "EXAMPLE")
    if "template" in injectors.get("file", {}):
        names["tower"] = {"filename": "EXAMPLE_FILENAME"}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_") or not re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", name):
            refuse("injectors", f"Environment variable {name} is not allowed.")
    for kind in ("env", "file"):
        for name, template in injectors.get(kind, {}).items():
            try:
                environment.from_string(template).render(names)
            except UndefinedError as error:
                refuse("injectors", f"{name} uses an undefined field ({error})")


def _check_credential(credential: Row, _sent: Row, rows: Rows) -> None:
    kind = named(rows, "credential_types", credential["credential_type"])
    fields = {field["id"]: field for field in kind["inputs"].get("fields", [])}
    for name, value in credential.get("inputs", {}).items():
        if name not in fields:
            refuse("inputs", f"Additional properties are not allowed ('{name}' was unexpected)")
        if fields[name].get("type", "string") == "string" and not isinstance(value, str):
            refuse("inputs", f"{value!r} is not of type 'string'")


def _check_project(project: Row, _sent: Row, _rows: Rows) -> None:
    if project.get("scm_type", "") == "":
        if project.get("scm_update_on_launch"):
            refuse(
                "scm_update_on_launch", "Update options must be set to false for manual projects."
            )
    elif not project.get("scm_url"):
        refuse("scm_url", "SCM URL is required.")


def _check_source(source: Row, _sent: Row, rows: Rows) -> None:
    named(rows, "inventories", source.get("inventory"))
    if source.get("source") != "scm":
        refuse("source", f'"{source.get("source")}" is not a valid choice.')
    if source.get("source_project") is None:
        refuse("source_project", "Project required for scm type sources.")
    if not named(rows, "projects", source["source_project"]).get("scm_type"):
        refuse("source_project", "Cannot use manual project for SCM-based inventory.")
    for name in _variables("source_vars", source.get("source_vars", "")):
        if name in BLOCKED_ENVIRONMENT:
            refuse("source_vars", f"`{name}` is a prohibited environment variable")


def _variables(field: str, text: object) -> Row:
    """Return variables as AWX reads them, from JSON or YAML. Raise Refused."""
    try:
        values = yaml.safe_load(text) if isinstance(text, str) else None
    except yaml.YAMLError:
        values = []
    if not isinstance(text, str) or (text and not isinstance(values, dict)):
        refuse(field, "Cannot parse as JSON or YAML.")
    return values or {}


def _check_inventory(inventory: Row, _sent: Row, _rows: Rows) -> None:
    _variables("variables", inventory.get("variables", ""))


def _check_node(node: Row, _sent: Row, rows: Rows) -> None:
    named(rows, "workflow_job_templates", node["workflow_job_template"])
    for row in rows["workflow_job_template_nodes"]:
        keys = ("workflow_job_template", "identifier")
        if row["id"] != node.get("id") and all(row[key] == node[key] for key in keys):
            refuse("__all__", "Workflow job template node with this identifier already exists.")
    if node.get("job_type"):
        template = next(
            row for row in rows["job_templates"] if row["id"] == node["unified_job_template"]
        )
        if not template["ask_job_type_on_launch"]:
            refuse("job_type", "Field is not configured to prompt on launch.")


def _check_schedule(schedule: Row, _sent: Row, _rows: Rows) -> None:
    """Check as SchedulePreviewSerializer does."""
    value = schedule.get("rrule", "")
    starts = re.findall(r".*?(DTSTART(;[^:]+)?\:[0-9]+T[0-9]+Z?)", value)
    errors = []
    if not starts:
        errors.append(
            "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
        )
    if re.findall(r".*?(DTSTART:[0-9]+T[0-9]+) ", value):
        errors.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        errors.append("Multiple DTSTART is not supported.")
    if "rrule:" not in value.lower():
        errors.append("One or more rule required in rrule.")
    for rule in re.findall(r".*?(RULE\:[^\s]*)", value):
        if "interval" not in rule.lower():
            errors.append(f"INTERVAL required in rrule: {rule}")
        elif "secondly" in rule.lower():
            errors.append(f"SECONDLY is not supported: {rule}")
        if "COUNT" in rule and "UNTIL" in rule:
            errors.append(f"RRULE may not contain both COUNT and UNTIL: {rule}")
        if not re.match(r"RULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)\b", rule):
            errors.append(f"rrule parsing failed validation: {rule}")
    if errors:
        refuse("rrule", *errors)


def _check_notification(notification: Row, sent: Row, _rows: Rows) -> None:
    """Check as NotificationTemplateSerializer does."""
    fields = NOTIFICATION_FIELDS.get(notification.get("notification_type", ""))
    if fields is None:
        refuse("notification_type", "This field is required, and has to be a type of AWX.")
    if "notification_configuration" not in sent:
        return
    configuration = sent["notification_configuration"]
    missing = [
        name
        for name, (_type, default) in fields.items()
        if name not in configuration and not default
    ]
    wrong = [
        name
        for name, (kind, _default) in fields.items()
        if name in configuration and type(configuration[name]).__name__ != kind.__name__
    ]
    errors = []
    if missing:
        errors.append(f"Missing required fields for Notification Configuration: {missing}.")
    errors += [f"Configuration field '{name}' incorrect type." for name in wrong]
    errors += [
        f"No values specified for field '{name}'"
        for name in fields
        if configuration.get(name) == []
    ]
    if errors:
        refuse("__all__", *errors)


def _check_labelled(row: Row, _sent: Row, _rows: Rows) -> None:
    if not row.get("organization"):
        refuse("organization", "This field is required.")


_RULES: dict[str, t.Callable[[Row, Row, Rows], None]] = {
    "credential_types": _check_kind,
    "credentials": _check_credential,
    "projects": _check_project,
    "inventory_sources": _check_source,
    "inventories": _check_inventory,
    "hosts": _check_inventory,
    "workflow_job_template_nodes": _check_node,
    "schedules": _check_schedule,
    "notification_templates": _check_notification,
    "labels": _check_labelled,
    "teams": _check_labelled,
}


def check_template(template: Row, rows: Rows, playbooks: t.Collection[str]) -> None:
    """Check a job template against its project, whose files are ``playbooks``."""
    if template.get("project") is None:
        refuse("project", "Job Templates must have a project assigned.")
    project = named(rows, "projects", template["project"])
    if template.get("inventory") is None:
        refuse("inventory", "You must either set a default value or ask to prompt on launch.")
    named(rows, "inventories", template["inventory"])
    if not template.get("playbook"):
        refuse("playbook", "Must select playbook for project.")
    if not project["allow_override"] and template["playbook"] not in playbooks:
        refuse("playbook", "Playbook not found for project.")
    _variables("extra_vars", template.get("extra_vars", ""))


def check_survey(spec: Row) -> None:
    """Check as JobTemplateSurveySpec does. Raise Refused."""
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(spec.get(field), kind):
            refuse("error", f"Field '{field}' is missing from survey spec.")
    if not spec["spec"]:
        refuse("error", "'spec' doesn't contain any items.")
    variables: set[str] = set()
    for number, question in enumerate(spec["spec"]):
        for name in ("type", "question_name", "variable", "required"):
            expected: type = bool if name == "required" else str
            if not isinstance(question.get(name), expected):
                refuse(
                    "error", f"'{name}' in survey question {number} expected to be a {expected}."
                )
        if question["variable"] in variables:
            refuse("error", f"'variable' '{question['variable']}' duplicated in survey.")
        variables.add(question["variable"])
        if question["type"] not in QUESTION_TYPES:
            refuse("error", f"'{question['type']}' is not one of the allowed question types.")
        _check_answers(number, question)


def _check_answers(number: int, question: Row) -> None:
    default = question.get("default", "")
    if default != "" and not isinstance(default, QUESTION_TYPES[question["type"]]):
        refuse("error", f"Default value {default} in survey question {number} is of another type.")
    for key in ("min", "max"):
        if question.get(key) is not None and not isinstance(question[key], int):
            refuse("error", f"The {key} limit in survey question {number} expected to be integer.")
    if question["type"] in ("multiselect", "multiplechoice"):
        if "choices" not in question:
            refuse("error", f"Survey question {number} must specify choices.")
        defaults = default.splitlines() if isinstance(default, str) else default
        if question["type"] == "multiplechoice" and len(defaults) > 1:
            refuse("error", "Multiple Choice (Single Select) can only have one default value.")
        if any(each not in question["choices"] for each in defaults):
            refuse("error", "Default choice must be answered from the choices listed.")


def check_link(row: Row, what: str, linked: t.Sequence[int], number: int, rows: Rows) -> None:
    """Check what is attached to a row. Raise Refused."""
    target = named(rows, LINKED[what], number)
    if what == "credentials":
        kinds = {_kind(named(rows, "credentials", other)) for other in linked}
        if _kind(target) in kinds:
            refuse("error", "Cannot assign multiple credentials of one type.")
    if what == "labels" and target["organization"] != row.get("organization"):
        refuse("error", "The label is of another organization.")


def _kind(credential: Row) -> str:
    """Return what AWX compares: the type, and of a Vault credential the vault id, too."""
    return json.dumps([credential["credential_type"], credential["inputs"].get("vault_id")])


# What can be attached -> the endpoint that has it.
LINKED = {
    "credentials": "credentials",
    "success_nodes": "workflow_job_template_nodes",
    "failure_nodes": "workflow_job_template_nodes",
    "always_nodes": "workflow_job_template_nodes",
    "instance_groups": "instance_groups",
    "labels": "labels",
    "notification_templates_started": "notification_templates",
    "notification_templates_success": "notification_templates",
    "notification_templates_error": "notification_templates",
    "notification_templates_approvals": "notification_templates",
}
# What AWX gives roles of -> those that the role module may grant.
ROLES = {
    "job_template": ("admin_role", "execute_role", "read_role"),
    "workflow_job_template": ("admin_role", "execute_role", "read_role", "approval_role"),
    "team": ("admin_role", "member_role", "read_role"),
}
