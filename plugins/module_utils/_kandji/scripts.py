# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a Custom Script:

which to create or change, where to assign it, and whether Kandji kept what was written. Pure.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from .._core.changes import Change, Difference, differences, shown
from .._core.errors import BadOption, NotAsWritten
from .._core.lookup import Catalog
from .assignments import Assignment, Blueprint, assignment_changes, plan_assignment

FREQUENCIES = ("once", "every_15_min", "every_day", "no_enforcement")
TEXTS = ("script", "remediation_script")
COMPARED = ("name", *TEXTS, "execution_frequency", "active", "restart", "show_in_self_service")
# Kandji takes them and does not show them again, so that they go along with a write and are no
# reason for one.
WRITE_ONLY = ("self_service_category_id", "self_service_recommended")


@dataclass
class Plan:
    """What has to be done for one script.

    ``fields`` are what is to be written; None of it where nothing is.
    """

    name: str
    current: dict[str, t.Any] | None
    fields: dict[str, t.Any] = field(default_factory=dict, repr=False)
    assignment: Assignment = Assignment([], [])
    changes: list[Change] = field(default_factory=list)

    @property
    def item_id(self) -> str | None:
        return str(self.current["id"]) if self.current else None


def check_options(params: t.Mapping[str, t.Any]) -> None:
    """Raises BadOption for what Kandji would refuse."""
    if not params["script"].strip():
        raise BadOption("script: it is empty; give the text of the script.")
    if params["execution_frequency"] == "no_enforcement" and not params["show_in_self_service"]:
        raise BadOption(
            "execution_frequency: no_enforcement leaves the script to Self Service; set"
            " show_in_self_service, or another frequency."
        )
    if params["show_in_self_service"] and not params["self_service_category_id"]:
        raise BadOption(
            "self_service_category_id: Self Service shows a script in a category; give its id."
        )


def find_script(
    name: str | None, item_id: str | None, scripts: t.Sequence[dict[str, t.Any]]
) -> dict[str, t.Any] | None:
    """Return the script that the options name, or None if none has that name. Raises BadOption."""
    catalog: Catalog[dict[str, t.Any]] = Catalog(
        "custom script",
        "Kandji",
        scripts,
        lambda script: str(script.get("id")),
        lambda script: str(script.get("name")),
        fold_case=True,
    )
    if item_id:
        return catalog.require_id(item_id, "library_item_id")
    return catalog.find_name(name, "name", "library_item_id")


def plan_script(
    params: t.Mapping[str, t.Any],
    scripts: t.Sequence[dict[str, t.Any]],
    wanted: t.Sequence[Blueprint],
    known: t.Sequence[Blueprint],
    items: t.Mapping[str, t.AbstractSet[str]],
    nodes: t.Mapping[str, str],
) -> Plan:
    """Desired against current. Options that are not set are not compared."""
    current = find_script(params["name"], params["library_item_id"], scripts)
    plan = Plan(params["name"] or str((current or {}).get("name", "")), current)
    desired = {name: params[name] for name in COMPARED if params[name] is not None}
    found = compare(desired, current or {})
    if found:
        plan.fields = {one.path: one.after for one in found} if current else desired
        plan.fields.update({name: params[name] for name in WRITE_ONLY if params[name] is not None})
        before = (
            {} if current is None else {one.path: _shown(one.path, one.before) for one in found}
        )
        after = {one.path: _shown(one.path, one.after) for one in found}
        plan.changes.append(
            Change("update" if current else "create", f"script {plan.name!r}", before, after)
        )
    plan.assignment = plan_assignment(
        wanted, known, items, plan.item_id, params["blueprints_mode"], nodes
    )
    plan.changes += assignment_changes(f"script {plan.name!r}", plan.assignment)
    return plan


def compare(desired: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]) -> list[Difference]:
    """Where the script differs.

    Kandji keeps no newline at the end of a text, and leaves out flags that were never set.
    """
    kept = {"remediation_script": "", "show_in_self_service": False, **current} if current else {}
    texts = {name: kept[name].rstrip() for name in TEXTS if isinstance(kept.get(name), str)}
    found = differences(
        {**desired, **{name: desired[name].rstrip() for name in TEXTS if name in desired}},
        {**kept, **texts},
    )
    return [one._replace(after=desired[one.path]) for one in found]


def _shown(name: str, value: t.Any) -> t.Any:
    """A text may hold what is nobody's business, so that a diff shows its digest."""
    if name not in TEXTS or not isinstance(value, str):
        return shown(value)
    return f"sha256:{digest(value)} ({len(value.splitlines())} lines)"


def digest(text: str) -> str:
    """SHA-256 of a text as Kandji keeps it, in hexadecimal digits."""
    return hashlib.sha256(text.rstrip().encode()).hexdigest()


def check_written(plan: Plan, answer: t.Mapping[str, t.Any]) -> None:
    """Compare what a write returned with what was asked;

    raises NotAsWritten with the keys that differ.
    """
    keys = [
        one.path
        for one in compare(
            {name: value for name, value in plan.fields.items() if name in COMPARED}, answer
        )
    ]
    if keys:
        raise NotAsWritten(
            f"Kandji accepted the script {plan.name!r} ({answer.get('id')}), yet returned another"
            f" {', '.join(keys)} than was written. It was assigned to nothing in this run; look at"
            " it in Kandji.",
            vendor="kandji",
            keys=keys,
            library_item_id=answer.get("id"),
        )


def summary(script: t.Mapping[str, t.Any] | None, plan: Plan) -> dict[str, t.Any]:
    """What the result says of the script: which, and a digest of its text."""
    text = (script or {}).get("script") if script else plan.fields.get("script")
    return {
        "id": (script or {}).get("id"),
        "name": plan.name,
        "execution_frequency": {**(script or {}), **plan.fields}.get("execution_frequency"),
        "sha256": digest(str(text or "")),
        "updated_at": (script or {}).get("updated_at"),
    }
