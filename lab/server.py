# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the lab: three HTTPS listeners on free ports of loopback, with a CA made at the start."""

from __future__ import annotations

import asyncio
import functools
import gc
import socket
import tempfile
import threading
import typing as t
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from lab.state import Options, World
from lab.tls import CA_FILE, make_server_certificate


def _with_transport(current: t.Callable[[], t.Any]) -> t.Any:
    """Return an application that serves the current one, and lets a fault cut the connection.

    uvicorn passes its request cycle only through ``send``.
    """

    async def wrapped(scope: t.Any, receive: t.Any, send: t.Any) -> None:
        if scope["type"] == "http":
            scope["lab.transport"] = lambda: send.__self__.transport
        await current()(scope, receive, send)

    return wrapped


class Lab:
    """A running lab. Use it as a context manager, or call ``start`` and ``stop``.

    ``announcement`` is what ``python -m lab`` prints: URLs, tokens, the CA file, the SCEP URL and
    its challenge.
    """

    def __init__(self, options: Options | None = None, directory: Path | None = None) -> None:
        self.options = options or Options()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="devicetrust-lab-")
            directory = Path(self._temporary.name)
        self.directory = directory
        self.world = World(self.options)
        self.announcement: dict[str, t.Any] = {}
        self._applications: dict[str, t.Any] = {}
        self._urls: dict[str, str] = {}
        self._servers: list[_QuietServer] = []
        self._thread: threading.Thread | None = None
        self._residents: t.Any = None
        self._ready = threading.Event()

    def start(self) -> Lab:
        """Build and serve the lab. Return it when it listens."""
        sockets = {name: self._listen() for name in ("okta", "kandji", "control")}
        self._urls = {
            name: f"https://localhost:{sock.getsockname()[1]}" for name, sock in sockets.items()
        }
        tls = make_server_certificate(self.directory)
        self._build()
        # Collecting garbage in a fleet of thousands would delay answers.
        gc.freeze()
        for name, sock in sockets.items():
            config = uvicorn.Config(
                _with_transport(functools.partial(self._application, name)),
                ssl_certfile=str(tls.certificate),
                ssl_keyfile=str(tls.key),
                http="h11",
                loop="asyncio",
                lifespan="off",
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=1,
            )
            self._servers.append(_QuietServer(config, sock))
        self._thread = threading.Thread(target=self._serve, name="lab", daemon=True)
        self._thread.start()
        self._ready.wait(timeout=30)
        self._start_residents()
        return self

    def begin(self, options: Options) -> dict[str, t.Any]:
        """Replace the company by another one. Return the announcement.

        Addresses and control token stay the same.
        """
        self._residents.stop(patience=30)
        self.options, self.world = options, World(options)
        self._build()
        self._start_residents()
        return self.announcement

    def _build(self) -> None:
        from lab.assembly import build  # the parts import this module's neighbours

        self._applications, self.announcement = build(
            self.world,
            self._urls,
            self.directory / CA_FILE,
            self.begin,
            self.announcement.get("control_token", ""),
        )

    def _application(self, name: str) -> t.Any:
        return self._applications[name]

    def _start_residents(self) -> None:
        from lab.actors.loop import Residents

        self._residents = Residents(self.world)
        self._residents.start()

    def stop(self) -> None:
        """Stop Macs, people, hooks and listeners, and remove a temporary directory."""
        if self._residents:
            self._residents.stop()
        for hook in self.world.okta.hooks if self.world.okta else ():
            hook.stop()
        for server in self._servers:
            server.should_exit = True
        if self._thread:
            self._thread.join(timeout=10)
        gc.unfreeze()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Lab:
        return self.start()

    def __exit__(self, *_exc: t.Any) -> None:
        self.stop()

    @staticmethod
    def _listen() -> socket.socket:
        # asyncio disables Nagle's algorithm only for sockets that name their protocol; otherwise an
        # answer takes 40 ms.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        return sock

    def _serve(self) -> None:
        async def serve() -> None:
            tasks = [
                asyncio.create_task(server.serve(sockets=[server.listening]))
                for server in self._servers
            ]
            while not all(server.started for server in self._servers):
                await asyncio.sleep(0.01)
            self._ready.set()
            await asyncio.gather(*tasks)

        asyncio.run(serve())


class _QuietServer(uvicorn.Server):
    """A server that does not change the process's signal handlers: tests start it."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self.listening = listening

    def capture_signals(self) -> t.Any:
        """Return a context that does nothing."""
        from contextlib import nullcontext

        return nullcontext()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections, then shut down."""
        # The end of TLS waits for an answer of the client, which keeps an idle connection.
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and (
                connection.cycle is None or connection.cycle.response_complete
            ):
                connection.transport.abort()
        await super().shutdown(sockets)
