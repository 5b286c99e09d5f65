# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display what a module does while it runs, and for how long.

A module itself displays nothing before its end. It appends what it does to a file, whose last line
is displayed here; so it reaches a terminal and AWX alike.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ..module_utils._core.progress import FILE_VARIABLE
from ..module_utils._core.results import Result
from ._caller_names import rename_options, trace_options
from ._diff import render_diff
from ._failure_display import omit_place_in_collection

# The longest time without a line, in seconds. 0 displays no lines.
INTERVAL_VARIABLE = "DEVICE_TRUST_PROGRESS_INTERVAL"
DEFAULT_INTERVAL = 10.0
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
            # With async, Ansible itself reports each time that it looks after the module.
            if interval and not task.no_log and not task.async_val:
                host = (task_vars or {}).get("inventory_hostname", "")
                lines = Lines(f"{task.action.rpartition('.')[2]} [{host}]", interval)
                file = stack.enter_context(
                    tempfile.NamedTemporaryFile("rb", prefix="progress-", dir=C.DEFAULT_LOCAL_TMP)
                )
                environment = task.environment
                stack.callback(setattr, task, "environment", environment)  # for the next retry
                task.environment = [*(environment or []), {FILE_VARIABLE: file.name}]
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


class Lines:
    """Decides when a line is due, and what it says.

    A change is displayed after half the interval, and the same text again before its end.

    :arg label: what each line begins with.
    :arg interval: the longest time without a line, in seconds.
    """

    def __init__(self, label: str, interval: float) -> None:
        self.pause = interval / 10  # between two looks
        self._label, self._interval = label, interval
        self._text, self._seconds = "", 0.0

    def due(self, seconds: float, text: str) -> str | None:
        """Return the line to display so many seconds after the start, or None.

        :arg text: what the module does at present, or an empty text if it does not say.
        """
        limit = self._interval - self.pause if text == self._text else self._interval / 2
        if seconds - self._seconds < limit:
            return None
        self._text, self._seconds = text, seconds
        return f"{self._label}: {seconds:.0f} s, {text or 'running'}"


def read_interval(environment: t.Mapping[str, str]) -> float:
    """Return the longest time without a line in seconds. Raise AnsibleActionFail."""
    text = environment.get(INTERVAL_VARIABLE) or str(DEFAULT_INTERVAL)
    try:
        return max(0.0, float(text))
    except ValueError:
        raise AnsibleActionFail(
            f"{INTERVAL_VARIABLE}: {text!r} is not a number. Set it to a number of seconds."
        ) from None


@contextlib.contextmanager
def watching(file: t.IO[bytes], lines: Lines) -> t.Iterator[None]:
    """Display in a thread which lines are due, until the context ends."""
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(file, lines, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(file: t.IO[bytes], lines: Lines, over: threading.Event) -> None:
    display, begun, text = Display(), time.monotonic(), ""
    while not over.wait(lines.pause):
        text = last_line(file.read()) or text
        line = lines.due(time.monotonic() - begun, text)
        if line:
            display.display(line)


def last_line(content: bytes) -> str:
    """Return the last complete line of what was appended, or an empty text."""
    return content.rpartition(b"\n")[0].rpartition(b"\n")[2].decode(errors="replace")
