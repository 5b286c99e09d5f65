# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a Custom Script: created or changed, assigned, and compared after a write. Pure."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from .._core.changes import Change, Difference, differences, render_value
from .._core.errors import BadOption, NotAsWritten
from .._core.options import Params
from .._core.results import Result
from .assignments import Assignment, assignment_changes, plan_assignment
from .lookups import check_new_name, check_rename, script_catalog
from .records import Blueprint, CustomScript
from .unreadable_fields import check_readable

FREQUENCIES = ("once", "every_15_min", "every_day", "no_enforcement")
TEXTS = ("script", "remediation_script")
COMPARED = ("name", *TEXTS, "execution_frequency", "active", "restart", "show_in_self_service")
# From this length on a line of a script may be more than a word of the language.
SECRET_LINE = 12
# Kandji accepts them and does not return them. They are written along with a difference and are
# never a reason for a write.
WRITE_ONLY = ("self_service_category_id", "self_service_recommended")


@dataclass(frozen=True)
class Plan:
    """What has to be done for one script.

    ``fields`` are to be written; empty means no write. ``unknown`` are the fields that Kandji does
    not show, so that they are not compared.
    """

    name: str
    current: CustomScript | None
    fields: t.Mapping[str, bool | str] = field(default_factory=dict, repr=False)
    assignment: Assignment = Assignment([], [])
    changes: t.Sequence[Change] = ()
    unknown: tuple[str, ...] = ()

    @property
    def item_id(self) -> str | None:
        """Return the id of the script, or None if there is none yet."""
        return self.current.id if self.current else None


@dataclass(frozen=True)
class Places:
    """Where a script is wanted, and what is there.

    ``blueprints`` are all of the tenant's, if they were read. ``item_ids`` are by blueprint id, and
    ``nodes`` are blueprint id -> node id.
    """

    wanted: t.Sequence[Blueprint]
    blueprints: t.Sequence[Blueprint] = ()
    item_ids: t.Mapping[str, t.AbstractSet[str]] = field(default_factory=dict)
    nodes: t.Mapping[str, str] = field(default_factory=dict)


def check_options(params: Params) -> None:
    """Raise BadOption for what Kandji would refuse."""
    if not params["script"].strip():
        raise BadOption("script: it is empty. Set the text of the script.")
    for option in TEXTS:
        _check_text(option, params[option] or "")
    if params["execution_frequency"] == "no_enforcement" and not params["show_in_self_service"]:
        raise BadOption(
            "execution_frequency: no_enforcement leaves the script to Self Service. Set"
            " show_in_self_service, or another frequency."
        )
    if params["show_in_self_service"] and not params["self_service_category_id"]:
        raise BadOption(
            "self_service_category_id: Self Service shows a script in a category. Set its id."
        )


def secret_texts(params: Params) -> list[str]:
    """Return the texts that no output may hold: both scripts, and each of their longer lines."""
    texts = [params[option] for option in TEXTS if params[option]]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [*texts, *(line for line in lines if len(line) >= SECRET_LINE)]


def _check_text(option: str, text: str) -> None:
    """Raise BadOption for a text that macOS would not run as it was meant."""
    if "\r" in text:
        raise BadOption(
            f"{option}: it has carriage returns, which macOS takes for a part of the interpreter's"
            " name. Save it with line feeds alone."
        )
    if "\0" in text:
        raise BadOption(
            f"{option}: it holds a NUL character, at which a shell ends or refuses a script. Set"
            " the text of a script, not that of a program."
        )
    if not text.startswith("#!") and text.lstrip("\ufeff \t\n").startswith("#!"):
        raise BadOption(
            f"{option}: something precedes #!, such as an empty line or a byte order mark, so macOS"
            " does not find the interpreter. Begin the text with #!."
        )


def find_script(
    name: str | None, item_id: str | None, scripts: t.Sequence[CustomScript]
) -> CustomScript | None:
    """Return the script that the options name, by id or by exact name, or None.

    Raises BadOption for an unknown id and for a name of several scripts.
    """
    catalog = script_catalog(scripts)
    if item_id:
        return catalog.require_id(item_id, "library_item_id")
    return catalog.find_name(name, "name", "library_item_id")


def plan_script(params: Params, scripts: t.Sequence[CustomScript], places: Places) -> Plan:
    """Return the plan of one script. Options that are not set are not compared."""
    current = find_script(params["name"], params["library_item_id"], scripts)
    check_rename(current, params["name"], scripts)
    name = params["name"] or (current.name if current else "")
    check_new_name("script", name, current)
    desired = {key: params[key] for key in COMPARED if params[key] is not None}
    if current is not None:
        check_readable(f"script {name!r}", "List Custom Scripts", current.malformed, desired)
    unknown = sorted(desired.keys() - _kept_values(current).keys()) if current else []
    # A field that Kandji does not list is unknown: a write because of it would be one each run.
    known = {key: value for key, value in desired.items() if key not in unknown}
    changed = compare(known, current)
    fields = dict(desired) if current is None else {each.path: each.after for each in changed}
    if fields:
        fields.update({key: params[key] for key in WRITE_ONLY if params[key] is not None})
    assignment = plan_assignment(
        places.wanted,
        places.blueprints,
        places.item_ids,
        current.id if current else None,
        params["blueprints_mode"],
        places.nodes,
    )
    changes = [
        *_content_changes(name, current, changed),
        *assignment_changes(f"script {name!r}", assignment),
    ]
    return Plan(name, current, fields, assignment, changes, tuple(unknown))


def _content_changes(
    name: str, current: CustomScript | None, changed: t.Sequence[Difference]
) -> list[Change]:
    if not changed:
        return []
    before = {each.path: _displayed(each.path, each.before) for each in changed}
    after = {each.path: _displayed(each.path, each.after) for each in changed}
    if current is None:
        return [Change("create", f"script {name!r}", {}, after)]
    return [Change("update", f"script {name!r}", before, after)]


def compare(desired: t.Mapping[str, object], current: CustomScript | None) -> list[Difference]:
    """Return where the script differs.

    Kandji keeps no newline at the end of a text, and omits flags that were never set.
    """
    kept = _kept_values(current) if current else {}
    stripped = {key: _stripped(key, value) for key, value in desired.items()}
    return [each._replace(after=desired[each.path]) for each in differences(stripped, kept)]


def _kept_values(script: CustomScript) -> dict[str, object]:
    values = {key: _stripped(key, getattr(script, key)) for key in COMPARED}
    returned = {key: value for key, value in values.items() if value is not None}
    return {"remediation_script": "", "show_in_self_service": False, **returned}


def _stripped(key: str, value: object) -> object:
    return value.rstrip() if key in TEXTS and isinstance(value, str) else value


def _displayed(key: str, value: object) -> object:
    """Return a value for a diff, with the digest in place of a text, which may be private."""
    if key not in TEXTS or not isinstance(value, str):
        return render_value(value)
    return f"sha256:{digest(value)} ({len(value.splitlines())} lines)"


def digest(text: str) -> str:
    """Return the SHA-256 of a text as Kandji keeps it, in hexadecimal digits."""
    return hashlib.sha256(text.rstrip().encode(errors="surrogatepass")).hexdigest()


def check_written(plan: Plan, answer: CustomScript) -> None:
    """Compare what a write returned with what was asked.

    Raises NotAsWritten with the keys that differ.
    """
    written = {key: value for key, value in plan.fields.items() if key in COMPARED}
    keys = [each.path for each in compare(written, answer)]
    keys += [key for key in written if key in answer.malformed and key not in keys]
    if keys:
        raise NotAsWritten(
            f"Kandji accepted the script {plan.name!r} ({answer.id}), yet returned another"
            f" {', '.join(keys)} than was written. It was assigned to nothing in this run. Inspect"
            " it in Kandji.",
            vendor="kandji",
            keys=keys,
            library_item_id=answer.id,
        )


def summarize(script: CustomScript | None, plan: Plan) -> Result:
    """Return what the result shows of the script, with a digest in place of its text."""
    text = script.script if script else plan.fields.get("script")
    frequency = script.execution_frequency if script else None
    return {
        "id": script.id if script else None,
        "name": plan.name,
        "execution_frequency": plan.fields.get("execution_frequency", frequency),
        "sha256": digest(str(text or "")),
        "updated_at": script.updated_at if script else None,
    }
