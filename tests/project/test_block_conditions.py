# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A block's condition is evaluated before each of its tasks.

A task that changes what the condition refers to would skip the tasks after it.
"""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from tools.support.environment import CHECKOUT

Task = dict[str, t.Any]
FILES = sorted([*CHECKOUT.glob("playbooks/**/*.yml"), *CHECKOUT.glob("roles/*/tasks/*.yml")])
NESTED = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks")


def tasks_below(tasks: t.Any) -> t.Iterator[Task]:
    for task in tasks if isinstance(tasks, list) else []:
        if isinstance(task, dict):
            yield task
            for key in NESTED:
                yield from tasks_below(task.get(key))


def set_by(tasks: t.Any) -> set[str]:
    names: set[str] = set()
    for task in tasks_below(tasks):
        names |= set(task.get("ansible.builtin.set_fact") or {})
        names |= {task["register"]} if "register" in task else set()
    return names


def changed_conditions(document: t.Any) -> list[str]:
    return [
        f"{task.get('name')}: {name}"
        for task in tasks_below(document)
        for name in sorted(set_by(task.get("block", [])[:-1]))
        if re.search(rf"\b{re.escape(name)}\b", str(task.get("when", "")))
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_no_task_but_the_last_changes_the_condition_of_its_block(file):
    assert changed_conditions(yaml.safe_load(file.read_text())) == []


def test_such_a_task_is_found():
    write = {"ansible.builtin.set_fact": {"waiting": True}}
    block = {"name": "Renew", "when": ["not waiting"], "block": [write, {"name": "Report"}]}
    assert changed_conditions([block]) == ["Renew: waiting"]
    assert changed_conditions([{**block, "block": [{"name": "Report"}, write]}]) == []
