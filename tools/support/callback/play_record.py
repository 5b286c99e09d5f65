# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what a playbook did, as JSON, to the file named by PLAY_RECORD.

The file is read by tools/support/playbook.py.
"""

from __future__ import annotations

DOCUMENTATION = """
    name: play_record
    type: notification
    short_description: Writes what a playbook did to a file
    description:
      - For the tests and the demonstration of this checkout; not part of the collection.
"""

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Record each task result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "play_record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[dict[str, t.Any]] = []

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Record a result."""
        self._add(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Record a failure."""
        self._add(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """Record a skipped task."""
        self._add(result, "skipped")

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Write the record."""
        hosts = {host: stats.summarize(host) for host in stats.processed}
        with open(os.environ["PLAY_RECORD"], "w", encoding="utf-8") as handle:
            json.dump({"stats": hosts, "tasks": self.tasks}, handle, default=str)

    def _add(self, result: t.Any, outcome: str) -> None:
        self.tasks.append(
            {
                "name": _name(result),
                "action": result.task.action,
                "host": result.host.get_name(),
                "outcome": outcome,
                "changed": bool(result.result.get("changed")),
                "result": result.result,
            }
        )


def _name(result: t.Any) -> str:
    """Return the name of a task as the screen shows it: with its role and variable values."""
    role = result.task._role
    return f"{role.get_name()} : {result.task_name}" if role else result.task_name
