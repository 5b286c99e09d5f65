# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display the progress of a reset while its module runs.

A module itself displays nothing before its end; the display reaches a terminal and AWX alike.
"""

from __future__ import annotations

import os
import tempfile
import threading
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._core.results import Result

PAUSE = 2.0  # seconds between two reads of the file

display = Display()
TaskVars = dict[str, t.Any]  # the variables of a host in a play


class ActionModule(ActionBase):
    """Runs the module of the same name.

    Only a module that runs on the controller can write to a file that this plugin reads.
    """

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: TaskVars | None = None) -> Result:
        """Return the module's result."""
        result: Result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if (
            self._connection.transport != "local"
            or self._task.async_val
            or arguments.get("progress_file")
        ):
            result.update(
                self._execute_module(
                    module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val
                )
            )
            return result
        descriptor, path = tempfile.mkstemp(prefix="okta-device-reset-")
        os.close(descriptor)
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(path, done), daemon=True)
        watcher.start()
        try:
            result.update(
                self._execute_module(
                    module_args={**arguments, "progress_file": path}, task_vars=task_vars
                )
            )
        finally:
            done.set()
            watcher.join()
            os.unlink(path)
        return result


def _watch(path: str, done: threading.Event) -> None:
    """Display the last line of the file whenever it changes."""
    shown = ""
    over = False
    while not over:
        over = done.wait(PAUSE)
        with open(path, encoding="utf-8") as file:
            line = file.read().rstrip("\n").rpartition("\n")[2]
        if line and line != shown:
            display.display(f"okta_device_reset: {line}")
            shown = line
