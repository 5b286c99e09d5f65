# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources as ansible-rulebook runs them: by their path, with a queue.

In this process, or in one of its own that a test can kill.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import socket
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path
from unittest import mock

import pytest

from tools.support.environment import CHECKOUT, child_environment

SOURCES = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source"
SECRET = "Basic canary-of-the-hook"


class Rulebook:
    """Runs a source until so many events have come, or for good (``until`` is asked whenever one
    came).
    """

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.module = runpy.run_path(str(SOURCES / f"{name}.py"))
        self._environment = environment
        self.given: list[dict[str, t.Any]] = []

    def run(
        self,
        args: dict[str, t.Any],
        events: int,
        during: t.Callable[[], None] = lambda: None,
        room: int = 1,
    ) -> list[dict[str, t.Any]]:
        """What came in this run.

        ``during`` is called in a thread once the source is up; ``room`` is that of the engine's
        queue.
        """

        async def collect() -> list[dict[str, t.Any]]:
            queue: asyncio.Queue[t.Any] = asyncio.Queue(room)
            source = asyncio.create_task(self.module["main"](queue, args))
            acting = asyncio.create_task(asyncio.to_thread(during))
            found: list[dict[str, t.Any]] = []
            while len(found) < events or not acting.done():
                getting = asyncio.create_task(queue.get())
                pending = {getting, source} if acting.done() else {getting, source, acting}
                happened, _pending = await asyncio.wait(
                    pending, return_when=asyncio.FIRST_COMPLETED, timeout=20
                )
                if getting.done():
                    found.append(getting.result())
                    continue
                getting.cancel()
                if source.done():
                    await source
                assert happened, "nothing came"
            await acting
            source.cancel()
            await asyncio.gather(source, return_exceptions=True)
            return found + [queue.get_nowait() for _one in range(queue.qsize())]

        with mock.patch.dict("os.environ", self._environment):
            found = asyncio.run(collect())
        self.given += found
        return found

    def fails(self, args: dict[str, t.Any]) -> str:
        """The sentence with which it ends."""
        with mock.patch.dict("os.environ", self._environment), pytest.raises(Exception) as problem:
            asyncio.run(asyncio.wait_for(self.module["main"](asyncio.Queue(), args), 20))
        assert type(problem.value).__name__ in ("DeviceTrustError", "BadOption"), repr(
            problem.value
        )
        return str(problem.value)


def types(events: list[dict[str, t.Any]]) -> list[str]:
    return [one["eventType"] for one in events]


def up(port: int) -> None:
    """Wait until somebody listens."""
    for _try in range(6000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("nobody listens")


# Runs a source in a process of its own, and prints an event a line, as soon as it has it.
PROGRAM = """
import asyncio, json, logging, resource, runpy, sys, time
place, name, args, files, pause = json.loads(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
logging.basicConfig(level=logging.INFO)


class Queue:
    async def put(self, event):
        print(json.dumps({"uuid": event["uuid"]}), flush=True)
        await asyncio.sleep(pause)


asyncio.run(runpy.run_path(f"{place}/{name}.py")["main"](Queue(), args))
"""


class SourceProcess:
    """A source in a process of its own.

    ``events`` are the uuids that it handed on so far, ``lines`` what it logged.
    """

    def __init__(
        self,
        name: str,
        args: dict[str, t.Any],
        environment: dict[str, str],
        files: int = 1024,
        pause: float = 0.0,
    ) -> None:
        settings = json.dumps([str(SOURCES), name, args, files, pause])
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, settings],
            env=child_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events: list[str] = []
        self.lines: list[str] = []
        self._reading = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_lines, daemon=True),
        ]
        for thread in self._reading:
            thread.start()

    def _read_events(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line)["uuid"])

    def _read_lines(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)

    def wait(self, number: int, seconds: float = 120.0) -> None:
        """Wait until it handed on so many events."""
        end = time.monotonic() + seconds
        while len(self.events) < number and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.events) >= number, "".join(self.lines[-20:])

    def memory(self) -> int:
        """Return its resident memory in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(next(line for line in status.splitlines() if "VmRSS" in line).split()[1])

    def kill(self) -> None:
        """End it as a power failure would, and read what it printed before."""
        self.process.kill()
        self.process.wait()
        for thread in self._reading:
            thread.join()

    def __enter__(self) -> SourceProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
