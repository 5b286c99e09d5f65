# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a transport behaves towards a vendor."""

from __future__ import annotations

import random
import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field

from .operations import Exchange, Operation
from .read_once import ReadOnce

MIN_ANSWER_SECONDS = 300.0  # for a slow line


class Report(t.Protocol):
    """Is called with what a transport does, in words, and how many seconds it takes at the most."""

    def __call__(self, text: str, seconds: float | None = None, /) -> None:
        """Report it."""


def _report_nothing(_text: str, _seconds: float | None = None, /) -> None:
    pass


def _observe_nothing(_exchange: Exchange, /) -> None:
    pass


def _check_nothing() -> None:
    pass


@dataclass
class Settings:
    """How to behave towards vendors. Times in seconds.

    :arg uses: the only operations that may be sent, each optional if it is so here. None is for
        tests of the clients themselves.
    :arg report: is called with each request and each wait.
    :arg observe: is called with each answer, also with one that is an error or comes again.
    :arg read_once: keeps what several parts of this run read, nothing without operations.
    :arg check_run: is called before each attempt to write. It raises RunEnded if the run ended.
    :arg clock: seconds that only grow.
    :arg max_answer_bytes: the largest answer that is read, without its compression.
    """

    ca_path: str | None = None
    timeout: float = 30.0
    retries: int = 5
    capacity_percent: int = 50
    check_mode: bool = False
    uses: tuple[Operation, ...] | None = None
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    report: Report = _report_nothing
    observe: Callable[[Exchange], None] = _observe_nothing
    check_run: Callable[[], None] = _check_nothing
    read_once: ReadOnce = field(default_factory=ReadOnce)
    clock: Callable[[], float] = time.monotonic
    max_answer_bytes: int = 256 * 2**20

    @property
    def max_answer_seconds(self) -> float:
        """How long an answer may take as a whole, at whatever pace it comes."""
        return max(MIN_ANSWER_SECONDS, 10 * self.timeout)

    def wait(self, seconds: float, reason: str) -> None:
        """Wait, and report why and for how many seconds."""
        self.report(reason, seconds)
        self.sleep(seconds)
