# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/permissions.md from the operations that the modules declare.

Run it with ``python -m tools.generate.permissions``.
"""

from __future__ import annotations

import sys
import typing as t
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import yaml

from tools.support.environment import CHECKOUT

PAGE = CHECKOUT / "docs" / "permissions.md"
MODULES = "ansible_collections.devicetrust.okta_kandji.plugins.modules"
UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"
SITE = (
    "device_trust_preflight",
    "okta_device_integration",
    "kandji_scep_profile",
    "kandji_custom_profile",
    "device_trust_gate",
    "kandji_app_store_item",
    "device_trust_info",
)
ENFORCE = (
    "okta_access_policy_forecast",
    "okta_access_policy",
    "okta_access_policy_rules",
    "okta_sign_in_denials_info",
)
# The playbooks with an entry of their own, and those that send nothing to Okta or Kandji.
ENTRIES_ABOVE = ("site", "enforce_managed_devices", "rollback_managed_devices")
ELSEWHERE = ("configure_awx", "notify")
READING = ("device_status", "report")  # their modules run in check mode, if they could write
# The optional operations of its modules that a playbook always sends, or never, by its name.
ALWAYS_SENT = {"clean_up_records": ("listLogEvents",)}
NEVER_SENT = {"clean_up_records": ("revokeUserSessions",)}
COLLECTION = "devicetrust.okta_kandji."
HEAD = """# Scopes and permissions

Okta permissions are OAuth scopes. A service app needs the scope **and** an admin role that allows
the same. An API token has the admin roles of the person who created it. Kandji permissions have
the titles of Kandji's API documentation.

Permissions in **bold** are for runs that write: check mode does not need or request them. Those in
*italics* are optional: only an option that the module's page names needs them, or a run without
them says what it could not see. Okta's SCEP URL needs no permission.
"""
MODULES_HEAD = """
## By module

A module fails if it sends an operation that is not declared here.
"""


def names() -> list[str]:
    """Return the names of the modules that send requests."""
    return sorted(
        path.stem
        for path in (CHECKOUT / "plugins" / "modules").glob("*.py")
        if "run_module(" in path.read_text(encoding="utf-8")
    )


def operations(module: str) -> tuple[t.Any, ...]:
    """Return the operations that a module declares."""
    return tuple(import_module(f"{MODULES}.{module}").USES)


def modules_of(path: Path) -> set[str]:
    """Return the modules of a file of tasks or a playbook, and of what it includes by name."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    tasks = [task for play in content for task in play.get("tasks", [play])]
    return set().union(*(_modules_of_task(task, path) for task in tasks))


def playbooks() -> list[str]:
    """Return the names of the playbooks that are run by themselves."""
    stems = {path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")}
    return sorted(stems - {*ENTRIES_ABOVE, *ELSEWHERE})


def operations_of_playbook(name: str) -> list[t.Any]:
    """Return the operations that a playbook sends, of those that its modules declare."""
    used = modules_of(CHECKOUT / "playbooks" / f"{name}.yml") & set(names())
    declared = [operation for module in sorted(used) for operation in operations(module)]
    return [
        replace(operation, optional=False)
        if operation.name in ALWAYS_SENT.get(name, ())
        else operation
        for operation in declared
        if operation.name not in NEVER_SENT.get(name, ())
        and not (operation.writes and name in READING)
    ]


def _modules_of_task(task: dict[str, t.Any], path: Path) -> set[str]:
    parts = [each for key in ("block", "rescue", "always") for each in task.get(key, [])]
    used = set().union(*(_modules_of_task(each, path) for each in parts)) if parts else set()
    for key, value in task.items():
        if key.startswith(COLLECTION):
            used.add(key.removeprefix(COLLECTION))
        for file in _included(key.rpartition(".")[2], value, path):
            used |= modules_of(file)
    return used


def _included(action: str, value: t.Any, path: Path) -> list[Path]:
    """Return the files that a task includes. One that is named by a template is not known."""
    if action in ("include_tasks", "import_tasks"):
        name = value["file"] if isinstance(value, dict) else value
        return [] if "{{" in name else [path.parent / name]
    if action == "import_playbook":
        return [CHECKOUT / "playbooks" / f"{value.removeprefix(COLLECTION)}.yml"]
    if action in ("include_role", "import_role"):
        role = CHECKOUT / "roles" / value["name"].rpartition(".")[2] / "tasks"
        part = value.get("tasks_from", "main")
        return [] if "{{" in part else [role / f"{part}.yml"]
    return []


def entry(title: str, used: t.Sequence[t.Any]) -> str:
    """Return the line of some operations, with the permissions of both vendors."""
    return _line([title], _permissions(used))


def entries(titles: t.Mapping[str, t.Sequence[t.Any]]) -> list[str]:
    """Return the lines of operations by title. Titles with the same permissions share a line."""
    lines: dict[str, list[str]] = {}
    for title, used in titles.items():
        lines.setdefault(_permissions(used), []).append(title)
    return [_line(shared, text) for text, shared in lines.items()]


def _line(titles: t.Sequence[str], permissions: str) -> str:
    return f"- {', '.join(titles)}.{permissions}"


def _permissions(used: t.Sequence[t.Any]) -> str:
    by_name: dict[str, list[t.Any]] = {}
    for operation in used:
        by_name.setdefault(operation.permission, []).append(operation)
    marks = {name: _mark(operations) for name, operations in by_name.items() if name}
    okta = {name: mark for name, mark in marks.items() if name.startswith("okta.")}
    kandji = {name: mark for name, mark in marks.items() if name not in okta}
    vendors = {"Okta": _render_permissions(okta, "`"), "Kandji": _render_permissions(kandji, "")}
    return "".join(f" {name}: {text}." for name, text in vendors.items() if text)


def _mark(sharing: t.Sequence[t.Any]) -> str:
    """Return the mark of the permission of some operations: that of the one that needs it most."""
    needed = [operation for operation in sharing if not operation.optional]
    writes = all(operation.writes for operation in needed or sharing)
    return ("**" if writes else "") + ("" if needed else "*")


def _render_permissions(permissions: dict[str, str], quote: str) -> str:
    return ", ".join(
        f"{mark}{quote}{name}{quote}{mark}" for name, mark in sorted(permissions.items())
    )


def page() -> str:
    """Return the text of the page."""
    site = entry(
        "all of `site.yml`", [operation for name in SITE for operation in operations(name)]
    )
    enforce = entry(
        "`enforce_managed_devices.yml`, `rollback_managed_devices.yml`, and `site.yml` with"
        " `device_trust_enforce` too",
        [operation for name in ENFORCE for operation in operations(name)],
    )
    others = entries({f"`{name}.yml`": operations_of_playbook(name) for name in playbooks()})
    follower = import_module(f"{UTILS}._okta.events.log_follower").USES
    modules = entries(
        {
            **{f"`{name}`": operations(name) for name in names()},
            "event source `okta_system_log`": follower,
        }
    )
    return "\n".join([HEAD, site, enforce, *others, MODULES_HEAD, *modules, ""])


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.exit(0)
