# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible displays of a task that failed."""

from __future__ import annotations

from pathlib import Path

from ansible.playbook.task import Task

COLLECTION = Path(__file__).parents[2]


def omit_place(task: Task) -> None:
    """Let ansible-core from 2.19 display no excerpt of the playbook when this task fails.

    A person whose variables or tenant are wrong cannot use it, and it separates the message from
    its end. Ansible has no public way: the place is that of the task's source.
    """
    task._ds = None


def omit_place_in_collection(task: Task) -> None:
    """Do so for a task of this collection's playbooks and roles; a user's own task keeps it."""
    path = Path(task.get_path() or "").resolve()
    if COLLECTION.resolve() in path.parents:
        omit_place(task)
