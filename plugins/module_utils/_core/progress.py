# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a run does at present, in a file that an action plugin displays."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .masking import Masker

# The path of a file that the action plugin makes, for the modules that it runs.
FILE_VARIABLE = "DEVICE_TRUST_PROGRESS_FILE"
# Seconds of a sleep after which the text is written again. The plugin displays a text after five
# seconds if it has changed, and within ten seconds otherwise.
REFRESH = 8.0


def describe_duration(seconds: float) -> str:
    """Return a duration in the two largest units that it has, rounded up: ``9 min 40 s``."""
    whole = max(1, math.ceil(seconds))
    if whole < 90:
        return f"{whole} s"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = (
        [f"{hours} h", f"{minutes} min" if minutes else ""]
        if hours
        else [f"{minutes} min", f"{rest} s" if rest else ""]
    )
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Clock:
    """A clock in seconds that only moves forward, and how to sleep by it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Text:
    """What a run does, and when at the latest it ends (seconds of the clock), if that is known."""

    words: str = ""
    deadline: float | None = None

    def at(self, now: float) -> str:
        """Return the text with the time that is left."""
        if self.deadline is None or self.deadline <= now:
            return self.words
        return f"{self.words}, at most {describe_duration(self.deadline - now)} more"


class Progress:
    """Appends what a run does to a file that is there, a line for each change.

    It is a courtesy: without a file that can be written to, it does nothing.

    :arg path: of the file, or None.
    """

    def __init__(self, path: str | None, masker: Masker, clock: Clock | None = None) -> None:
        self._path, self._masker = path, masker
        self._clock = clock or Clock()
        self._step = Text()
        self._of_thread = threading.local()  # several threads send, and wait for rate limits

    def begin(self, step: str, seconds: float | None = None) -> None:
        """Say which step of the run begins, and in how many seconds it ends at the latest."""
        self._step = self._text(step, seconds)
        self._of_thread.detail = Text()
        self._append()

    def add(self, detail: str, seconds: float | None = None) -> None:
        """Say what is done for the present step, and for how many seconds at the most."""
        self._of_thread.detail = self._text(detail, seconds)
        self._append()

    def sleep(self, seconds: float) -> None:
        """Sleep, and say again and again how long what was said last still takes."""
        while seconds > 0:
            pause = min(REFRESH, seconds)
            self._clock.sleep(pause)
            seconds -= pause
            if seconds > 0:
                self._append()

    def _text(self, words: str, seconds: float | None) -> Text:
        return Text(words, None if seconds is None else self._clock.now() + seconds)

    def _append(self) -> None:
        if not self._path:
            return
        now, detail = self._clock.now(), getattr(self._of_thread, "detail", Text())
        text = "; ".join(each.at(now) for each in (self._step, detail) if each.words)
        if not text:
            return
        line = " ".join(self._masker.text(text).split()) + "\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError:
            self._path = None
