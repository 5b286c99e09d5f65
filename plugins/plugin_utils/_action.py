# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins: progress, diffs, and messages with the caller's names."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from ansible import constants as C
from ansible.plugins.action.normal import ActionModule as NormalAction

from ..module_utils._core.progress import FILE_VARIABLE
from ..module_utils._core.results import Result
from ..module_utils._core.run_lock import LOCK_VARIABLE
from ._caller_names import rename_options, trace_options
from ._diff import render_diff
from ._failure_display import omit_place_in_collection
from ._progress import Lines, read_interval, watching
from ._run_lock import holding

TaskVars = dict[str, t.Any]  # the variables of a host in a play


class ActionModule(NormalAction):
    """Runs the module of the same name as Ansible does without this plugin, and displays lines.

    Its messages name the variables of the playbook or role that the options come from.
    """

    _names: dict[str, str] | None = None  # for the next retry, when the task has no source

    def run(self, tmp: t.Any = None, task_vars: TaskVars | None = None) -> Result:
        """Return the module's result."""
        interval, task = read_interval(os.environ), self._task
        with contextlib.ExitStack() as stack:
            environment = task.environment
            stack.callback(setattr, task, "environment", environment)  # for the next retry
            # With async, Ansible itself lets the module go on, and reports when it looks after it.
            lock = None if task.async_val else stack.enter_context(holding(C.DEFAULT_LOCAL_TMP))
            if lock:
                task.environment = [*(task.environment or []), {LOCK_VARIABLE: lock}]
            if interval and not task.no_log and not task.async_val:
                host = (task_vars or {}).get("inventory_hostname", "")
                lines = Lines(f"{task.action.rpartition('.')[2]} [{host}]", interval)
                file = stack.enter_context(
                    tempfile.NamedTemporaryFile("rb", prefix="progress-", dir=C.DEFAULT_LOCAL_TMP)
                )
                task.environment = [*(task.environment or []), {FILE_VARIABLE: file.name}]
                stack.enter_context(watching(file, lines))
            result: Result = super().run(tmp, task_vars)
        if "diff" in result:
            result["diff"] = render_diff(result["diff"])
        if self._names is None:
            self._names = self._variables_of_options(task_vars or {})
        if result.get("failed"):
            omit_place_in_collection(self._task)
        return rename_options(result, self._names)

    def _variables_of_options(
        self, task_vars: TaskVars, part: str = "", part_role: str = ""
    ) -> dict[str, str]:
        """Return option -> the variable that a user of the playbook or role sets for it.

        :arg part: names an option that holds options of another module: these are traced, too.
        :arg part_role: the role that passes the options of that module otherwise.
        """
        source = self._task.get_ds()
        arguments = source.get(self._task.action) if isinstance(source, dict) else None
        role = self._task._role
        name = role.get_name(False) if role else ""
        names = trace_options(arguments, name, task_vars)
        inner = arguments.get(part) if part and isinstance(arguments, dict) else None
        return {**names, **trace_options(inner, name or part_role, task_vars)}
