# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a copy of this process: whatever they do to the lab is gone afterwards."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import traceback
import typing as t
from collections.abc import Callable

WAITING = 20  # times as long a copy may take by the clock as by the processor
Value = t.TypeVar("Value")


class Died(Exception):
    """A copy of this process that ended without a value: it hung, or raised."""


def in_copy(function: Callable[[], Value], cpu_seconds: int = 0) -> Value:
    """Return the value of a function that runs in a copy of this process.

    Raises Died, also for one that takes more than so many seconds of the processor (0: any).
    """
    return started_copy(function, cpu_seconds)()


def started_copy(function: Callable[[], Value], cpu_seconds: int = 0) -> Callable[[], Value]:
    """Start a function in a copy of this process. Return what waits for its value, as in_copy."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        os.close(reader)
        _run_and_leave(function, writer, cpu_seconds)
    os.close(writer)
    return lambda: t.cast(Value, _value_of(process, reader, cpu_seconds))


def _value_of(process: int, reader: int, cpu_seconds: int) -> t.Any:
    with os.fdopen(reader, "rb") as stream:
        content = stream.read()
    _process, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise Died(f"hangs (ended by {name} after {cpu_seconds} s)")
    ok, value = pickle.loads(content)  # noqa: S301 - of this program
    if not ok:
        raise Died(value)
    return value


def _run_and_leave(function: Callable[[], t.Any], writer: int, cpu_seconds: int) -> t.NoReturn:
    """Write the value of a function, or its traceback, and end this process."""
    if cpu_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        signal.alarm(WAITING * cpu_seconds)  # one that waits for ever takes no processor
    try:
        content = pickle.dumps((True, function()))
    except BaseException:
        content = pickle.dumps((False, traceback.format_exc()))
    with os.fdopen(writer, "wb") as stream:
        stream.write(content)
    os._exit(0)
