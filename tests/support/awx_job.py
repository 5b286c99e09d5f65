# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a job as AWX does with ansible-runner.

It lays out a private data directory and injects credentials as AWX does. Credential types and
templates are those of the role awx_configuration, so tests try what AWX is set up with.
"""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tools.support.environment import (
    CHECKOUT,
    COMPILE_CACHE,
    SCRIPTS,
    child_environment,
    run_and_read,
)

ROLE = CHECKOUT / "roles" / "awx_configuration"
LOCALHOST = {
    "all": {"hosts": ["localhost"]},
    "_meta": {"hostvars": {"localhost": {"ansible_connection": "local"}}},
}
Values = dict[str, t.Any]


class _Loader(yaml.SafeLoader):
    """Knows Ansible's mark for what is no template of its own."""


def _unsafe_text(loader: _Loader, node: yaml.nodes.ScalarNode) -> t.Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _unsafe_text)


class _Survey(str):
    """What a person typed: AWX marks it, so that it is never taken for a template."""


class _Dumper(yaml.SafeDumper):
    """Writes the extra variables."""


_Dumper.add_representer(
    _Survey, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value))
)


def role_data(part: str) -> Values:
    """Return the role's defaults or vars."""
    text = (ROLE / part / "main.yml").read_text()
    values: Values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with one more mark
    return values


def credential_types() -> dict[str, Values]:
    """Return the credential types of the role, by name."""
    return {kind["name"]: kind for kind in role_data("vars")["awx_configuration_credential_types"]}


def job_templates() -> dict[str, Values]:
    """Return the job templates by name, with the role's defaults in their variables."""
    defaults = role_data("defaults")
    templates = {one["name"]: one for one in defaults["awx_configuration_job_templates"]}
    fill = ImmutableSandboxedEnvironment()
    for one in templates.values():
        one["extra_vars"] = {
            name: fill.from_string(value).render(defaults) if isinstance(value, str) else value
            for name, value in one.get("extra_vars", {}).items()
        }
    return templates


def lab_credentials(
    told: t.Mapping[str, t.Any], okta: str = "Okta service app"
) -> dict[str, Values]:
    """Return credentials for a lab: type -> inputs.

    ``okta`` is the type by which jobs authenticate to Okta.
    """
    okta_inputs = {
        "okta_org_url": told["okta_url"],
        "okta_api_token": told["okta_api_token"],
        "okta_client_id": told["okta_client_id"],
        "okta_private_key": told["okta_private_key"],
        "okta_key_id": told["okta_key_id"],
    }
    known = {one["id"] for one in credential_types()[okta]["inputs"]["fields"]}
    return {
        okta: {name: value for name, value in okta_inputs.items() if name in known},
        "Kandji": {
            "kandji_api_url": told["kandji_url"],
            "kandji_api_token": told["kandji_api_token"],
        },
        "Okta SCEP": {"scep_url": told["scep_url"], "scep_challenge": told["scep_challenge"]},
        "CA certificates": {"ca_certificates": Path(told["ca_file"]).read_text()},
    }


def inject(kind: Values, inputs: Values, directory: Path, seen_at: str) -> dict[str, str]:
    """Return the environment that a credential gives to a job.

    Its file is put below env/. ``seen_at`` is where the job sees the directory.
    """
    sandbox, namespace = (
        ImmutableSandboxedEnvironment(),
        {name: value for name, value in inputs.items() if value},
    )
    content = kind["injectors"].get("file", {}).get("template")
    if content:
        handle, path = tempfile.mkstemp(dir=directory / "env")
        with os.fdopen(handle, "w") as file:
            file.write(sandbox.from_string(content).render(namespace))
        namespace["tower"] = {"filename": f"{seen_at}/env/{Path(path).name}"}
    return {
        name: sandbox.from_string(template).render(namespace)
        for name, template in kind["injectors"]["env"].items()
    }


@dataclass
class Job:
    """What AWX knows of a job when it starts it.

    ``inventory`` is what an inventory script prints; ``answers`` are those of the survey.
    ``environment`` is what an administrator adds in the settings of jobs.
    """

    template: str
    credentials: dict[str, Values]
    inventory: Values = field(default_factory=lambda: LOCALHOST)
    answers: Values = field(default_factory=dict)
    variables: Values = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    job_type: str = ""
    verbosity: int = 0
    number: int = 1


def lay_out(
    job: Job,
    directory: Path,
    project: Path = CHECKOUT,
    seen_at: str = "",
    settings: Values | None = None,
) -> str:
    """Make the private data directory. Return the playbook.

    ``seen_at`` is /runner where the job runs in a container.
    """
    template = job_templates()[job.template]
    for name in ("env", "inventory", "artifacts", "cp"):
        (directory / name).mkdir(parents=True, mode=0o700)
    (directory / "project").symlink_to(project) if not seen_at else None
    environment = {
        "JOB_ID": str(job.number),
        "INVENTORY_ID": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "MAX_EVENT_RES": "700000",
        **job.environment,
    }
    for name, inputs in job.credentials.items():
        environment |= inject(
            credential_types()[name], inputs, directory, seen_at or str(directory)
        )
    meta = {"awx_job_id": job.number, "awx_user_name": "ann", "awx_job_launch_type": "manual"}
    answers = {
        name: _Survey(value) if isinstance(value, str) else value
        for name, value in job.answers.items()
    }
    arguments = [
        "-u",
        "root",
        *(["--check"] if (job.job_type or template.get("job_type")) == "check" else []),
        *([f"-{'v' * job.verbosity}"] if job.verbosity else []),
    ]
    _write(
        directory / "env" / "extravars",
        yaml.dump({**template["extra_vars"], **job.variables, **answers, **meta}, Dumper=_Dumper),
    )
    _write(directory / "env" / "cmdline", " ".join(arguments))
    _write(directory / "env" / "passwords", json.dumps({"^Password:\\s*?$": ""}))
    _write(
        directory / "env" / "settings",
        json.dumps({"job_timeout": 0, "suppress_ansible_output": True, **(settings or {})}),
    )
    _write(directory / "env" / "envvars", json.dumps(environment))
    _write(
        directory / "inventory" / "hosts",
        f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(job.inventory)!r})\n",
        0o700,
    )
    return f"playbooks/{template['playbook']}"


def _write(path: Path, content: str, mode: int = 0o600) -> None:
    path.write_text(content)
    path.chmod(mode)


def hosts_of_slice(inventory: Values, number: int, count: int) -> Values:
    """Return the inventory of slice ``number`` (from 1) of ``count``: every count-th host."""
    hostvars = inventory["_meta"]["hostvars"]
    hosts = sorted(hostvars)[number - 1 :: count]
    return {
        "all": {"hosts": hosts},
        "_meta": {"hostvars": {name: hostvars[name] for name in hosts}},
    }


@dataclass(frozen=True)
class Outcome:
    """What a job left.

    ``said`` is all that AWX keeps of it, its output, its events and its facts, as text.
    """

    status: int
    said: str
    events: list[Values]

    @property
    def statistics(self) -> Values:
        """Return the data of set_stats; a workflow hands it to the next jobs."""
        return next(
            (
                one["event_data"].get("artifact_data") or {}
                for one in self.events
                if one["event"] == "playbook_on_stats"
            ),
            {},
        )

    @property
    def failures(self) -> list[str]:
        """Return the messages of failed tasks."""
        return [
            one["event_data"]["res"].get("msg", "")
            for one in self.events
            if one["event"] == "runner_on_failed"
        ]

    def results(self, action: str) -> list[Values]:
        """Return the results of a module."""
        return [
            one["event_data"]["res"]
            for one in self.events
            if one["event"] == "runner_on_ok" and one["event_data"].get("resolved_action") == action
        ]


def run(job: Job, directory: Path, project: Path = CHECKOUT) -> Outcome:
    """Lay the job out and run it to its end, as the engine of AWX does."""
    playbook = lay_out(job, directory, project)
    status, output = run_and_read(
        [
            str(SCRIPTS / "ansible-runner"),
            "run",
            str(directory),
            "-p",
            playbook,
            "-i",
            str(job.number),
        ],
        child_environment(**COMPILE_CACHE),
        show=False,
    )
    return read(directory, status, output)


def read(directory: Path, status: int, output: str) -> Outcome:
    """Return the outcome of a job from its output and artifacts.

    The file ``command`` is left out: runner writes the environment into it, and AWX keeps a masked
    one instead.
    """
    files = [
        path
        for path in sorted((directory / "artifacts").rglob("*"))
        if path.is_file() and path.name != "command"
    ]
    events = [
        json.loads(path.read_text())
        for path in files
        if path.parent.name == "job_events" and not path.name.endswith("-partial.json")
    ]
    said = "\n".join([output, *(path.read_text(errors="replace") for path in files)])
    return Outcome(status, said, sorted(events, key=lambda one: one["counter"]))
