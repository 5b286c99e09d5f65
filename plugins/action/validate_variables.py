# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the variables of a playbook on the controller, without a connection or a request."""

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Mapping

from ansible import context
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ..module_utils._core.options import Params
from ..module_utils._core.results import Result
from ..module_utils._core.text import is_unset
from ..plugin_utils import _variables as variables
from ..plugin_utils._failure_display import omit_place
from ..plugin_utils._invocation import Invocation, explain_inventory, find_unknown_tags
from ..plugin_utils._tenants import tenant_of

_UNDEFINED = re.compile(r"'(?P<name>[^']+)' is undefined|attribute '(?P<attribute>[^']+)'")
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Types of values that are encrypted by themselves, of ansible-core before and from 2.19.
_OMITTED = "AnsibleValueOmittedError"  # of ansible-core from 2.19
_VAULTED = ("AnsibleVaultEncryptedUnicode", "EncryptedString")


class ActionModule(ActionBase):
    """Returns the typed values of the variables, or fails with all that is wrong with them."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: Params | None = None) -> Result:
        """Return the module's result."""
        result: Result = super().run(tmp, task_vars)
        known = task_vars or {}
        declaration = variables.read_declaration()
        _validation, arguments = self.validate_argument_spec(
            {"playbook": {"type": "str", "required": True, "choices": [*declaration.playbooks]}}
        )
        values, unresolved = self._resolve_all(known)
        settings = variables.Settings(
            arguments["playbook"],
            values,
            os.environ,
            os.getcwd() if self._connection.transport == "local" else "",
            [*unresolved],
            len(known.get("ansible_play_hosts_all") or "1"),
        )
        typed, wrong = variables.validate(declaration, settings)
        invocation = _read_invocation(known)
        tags = declaration.playbooks[settings.playbook].tags
        problems = [
            *find_unknown_tags(invocation, settings.playbook, tags),
            *_find_host_problem(values, known),
            *_find_shared_directories(values, known),
            *unresolved.values(),
            *wrong,
        ]
        if any(f"_url: {variables.MISSING}" in problem for problem in problems):
            problems[:0] = explain_inventory(invocation)
        if problems:
            omit_place(self._task)
            return {**result, "failed": True, "msg": "\n".join([*problems, "Nothing was sent."])}
        line = self._describe_run(declaration, settings, typed, known)
        if line:
            tenant = tenant_of(known)
            Display().display(f"{tenant}: {line}" if tenant else line)
        return {**result, "changed": False, **typed}

    def _resolve_all(self, known: Params) -> tuple[dict[str, object], dict[str, str]]:
        """Return the values of the variables with the prefix, and why others have none."""
        values: dict[str, object] = {}
        unresolved = {}
        for name in sorted(known):
            if name.startswith(variables.PREFIX):
                try:
                    values[name] = _plain(self._templar.template(known[name]))
                except AnsibleUndefinedVariable as error:
                    unresolved[name] = _describe_undefined(name, error)
                except AnsibleError as error:
                    if type(error).__name__ != _OMITTED:
                        unresolved[name] = _describe_unresolved(name, known[name], error)
        omitted = known.get("omit", "")
        return {name: value for name, value in values.items() if value != omitted}, unresolved

    def _describe_run(
        self,
        declaration: variables.Declaration,
        settings: variables.Settings,
        typed: Params,
        known: Params,
    ) -> str:
        """Return a line that names org, tenant, the sources of credentials, and all paths."""
        known_variables = declaration.variables
        parts = []
        for vendor in declaration.playbooks[settings.playbook].vendors:
            url_need, credentials = declaration.vendors[vendor]
            url = known_variables[str(url_need)]
            names = [credentials] if isinstance(credentials, str) else credentials
            sources = [settings.source(known_variables[name]) for name in names]
            origins = [self._describe_source(source, known) for source in sources if source]
            parts.append(
                f"{vendor.capitalize()}: {typed[url.key]} from"
                f" {self._describe_source(settings.source(url), known)}, credentials from"
                f" {' and '.join(origins)}."
            )
        paths = [
            f"{variable.name}: {typed[variable.key]}"
            for variable in known_variables.values()
            if variable.type == "path" and typed[variable.key]
        ]
        return " ".join([*parts, *(["Paths: " + ", ".join(paths) + "."] if paths else [])])

    def _describe_source(self, name: str, known: Params) -> str:
        """Return where a variable is set: its name, and inventory, extra vars or environment."""
        if name not in known:
            return f"{name} (environment)"
        places = ["extra vars" if name in load_extra_vars(self._loader) else "inventory"]
        value = known[name]
        if type(value).__name__ in _VAULTED:
            places.append("vault")
        reference = _REFERENCE.fullmatch(str(value).strip()) if isinstance(value, str) else None
        if reference and reference[1] in known:
            places.append(f"by {self._describe_source(reference[1], known)}")
        return f"{name} ({', '.join(places)})"


def _read_invocation(known: Params) -> Invocation:
    """Return how the run was started, by the variables that Ansible sets."""
    return Invocation(
        context.CLIARGS.get("args") or (),
        known.get("ansible_run_tags") or (),
        known.get("ansible_skip_tags") or (),
        known.get("ansible_inventory_sources") or (),
        bool((known.get("groups") or {}).get("all")),
    )


def _find_host_problem(values: Params, known: Params) -> list[str]:
    """Return a problem if device_trust_hosts names hosts of which this is none.

    Then the inventory has it. A pattern of several names is not judged.
    """
    name, host = variables.PREFIX + "hosts", known.get("inventory_hostname")
    wanted = values.get(name)
    if not isinstance(wanted, str) or not re.fullmatch(r"[\w.-]+", wanted):
        return []
    if host in (None, wanted, *(known.get("groups") or {}).get(wanted, ())):
        return []
    return [
        f"{name}: it is {wanted!r}, and the play runs on {host}. The inventory is read too late for"
        " it: set it on the command line (-e)."
    ]


def _find_shared_directories(values: Params, known: Params) -> list[str]:
    """Return a problem for each directory that the next host of the play has, too.

    Each tenant needs its own, as two runs at once would replace each other's files. One that is set
    for all hosts is found by any other host, and asking all of them takes long.
    """
    hosts, host = list(known.get("ansible_play_hosts_all") or ()), known.get("inventory_hostname")
    if len(hosts) < 2 or host not in hosts:
        return []
    other = hosts[(hosts.index(host) + 1) % len(hosts)]
    theirs = known["hostvars"][other]
    return [
        f"{name}: {host} and {other} have the same directory, {values[name]}. Set one of its own"
        " for each host, with inventory_hostname in its path."
        for name in variables.DIRECTORIES_OF_TENANT
        if not is_unset(values.get(name)) and _read(theirs, name) == str(values[name])
    ]


def _read(hostvars: Mapping[str, object], name: str) -> str:
    """Return a variable of a host as text, or "" if it has no value."""
    try:
        return str(hostvars[name]) if name in hostvars else ""
    except AnsibleError:
        return ""


def _plain(value: object) -> object:
    """Return a resolved value of plain types, decrypted. Raise AnsibleError."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value) if type(value).__name__ in _VAULTED else value


def _describe_undefined(name: str, error: Exception) -> str:
    match = _UNDEFINED.search(str(error))
    undefined = f"'{match['name'] or match['attribute']}'" if match else "a variable"
    return (
        f"{name}: its value refers to {undefined}, which is undefined. Define it, or load the"
        " file that does (for example -e @vault.yml)."
    )


def _describe_unresolved(name: str, value: object, error: Exception) -> str:
    """Return a sentence. It quotes the error only if that does not quote the value."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else ""
    parts = [part for part in re.split(r"[{}\s]+", str(value)) if len(part) > 5]
    reason = f" ({text})" if text and not any(part in text for part in parts) else ""
    return f"{name}: its value cannot be resolved{reason}. Correct it."
