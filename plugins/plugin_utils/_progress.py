# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display what a module does while it runs, and for how long.

A module itself displays nothing before its end. It appends what it does to a file, whose last line
is displayed here; so it reaches a terminal and AWX alike.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

# The longest time without a line, in seconds. 0 displays no lines.
INTERVAL_VARIABLE = "DEVICE_TRUST_PROGRESS_INTERVAL"
DEFAULT_INTERVAL = 10.0


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
