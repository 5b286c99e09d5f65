# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that others open: a bounded number, each for a bounded time.

Connections that send nothing, or a byte at a time, take no place from others: a connection without
a complete request ends, and the oldest such one gives way to a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
import typing as t
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Address = tuple[t.Any, ...]


@dataclass(frozen=True)
class Limits:
    """What connections may take.

    :arg seconds: for the handshake and a complete request, or between two requests.
    :arg connections: how many are open at once.
    """

    seconds: float = 10.0
    connections: int = 512

    def within_open_files(self) -> int:
        """Return how many connections may be open, which leaves half of the files to others."""
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self.connections
        return max(1, min(self.connections, soft // 2))


@dataclass(eq=False)
class Connection:
    """An accepted connection. ``transport`` is set after the handshake."""

    socket: socket.socket
    deadline: float
    protocol: asyncio.BaseProtocol | None = None
    transport: asyncio.Transport | None = None

    def is_closed(self) -> bool:
        """Return whether its socket is closed."""
        return self.socket.fileno() < 0

    def drop(self) -> None:
        """End it at once, without what is left to send."""
        if self.transport is not None:
            self.transport.abort()
        else:  # a handshake, which notices the end of the socket
            with contextlib.suppress(OSError):  # it is closed already
                self.socket.shutdown(socket.SHUT_RDWR)


@dataclass
class Listener:
    """Accepts connections for the protocols that ``factory`` returns.

    :arg context: for TLS; None for none.
    :arg report: is called with one line where a connection cannot be accepted.
    """

    factory: Callable[[], asyncio.BaseProtocol]
    context: ssl.SSLContext | None
    report: Callable[[str], None]
    limits: Limits = Limits()
    _sockets: list[socket.socket] = field(default_factory=list)
    _connections: dict[Connection, None] = field(default_factory=dict)  # the oldest first
    _of_protocol: dict[asyncio.BaseProtocol, Connection] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, host: str, port: int) -> Sequence[Address]:
        """Listen on the addresses of a host, and return them. Raises OSError."""
        names = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        missing: OSError | None = None
        for family, _kind, _protocol, _name, address in dict.fromkeys(names):
            try:
                listening = socket.create_server(
                    t.cast("tuple[str, int]", address), family=family, backlog=512
                )
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error  # the name has an address of a kind that this machine lacks
                continue
            listening.setblocking(False)
            self._sockets.append(listening)
        if missing is not None and not self._sockets:
            raise missing
        return [listening.getsockname() for listening in self._sockets]

    async def serve(self) -> None:
        """Accept connections, without an end."""
        tasks = [asyncio.create_task(self._accept(listening)) for listening in self._sockets]
        tasks.append(asyncio.create_task(self._sweep()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def extend(self, protocol: asyncio.BaseProtocol) -> None:
        """Give a connection its time once more, as its request was complete."""
        connection = self._of_protocol.get(protocol)
        if connection is not None:
            connection.deadline = self._new_deadline()
            del self._connections[connection]
            self._connections[connection] = None

    def close(self) -> None:
        """Listen no more, and end all connections."""
        for listening in self._sockets:
            listening.close()
        for connection in list(self._connections):
            self._drop(connection)
        for task in self._tasks:
            task.cancel()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def _new_deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.limits.seconds

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _address = await loop.sock_accept(listening)
            except OSError as error:  # no file is left, for example
                self.report(f"A connection cannot be accepted ({error.strerror}).")
                await asyncio.sleep(0.1)
                continue
            self._make_room()
            connection = Connection(accepted, self._new_deadline())
            self._connections[connection] = None
            task = loop.create_task(self._attend(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(0)  # sock_accept does not, where the next one waits already

    async def _attend(self, connection: Connection) -> None:
        """Connect a protocol to an accepted connection, after the handshake if there is one."""

        def make_protocol() -> asyncio.BaseProtocol:
            connection.protocol = self.factory()
            self._of_protocol[connection.protocol] = connection
            return connection.protocol

        loop, timeout = asyncio.get_running_loop(), self.limits.seconds if self.context else None
        try:
            connection.transport, _protocol = await loop.connect_accepted_socket(
                make_protocol, connection.socket, ssl=self.context, ssl_handshake_timeout=timeout
            )
        except OSError as error:  # of which ssl.SSLError is one
            self.report(f"A connection ended in its handshake ({type(error).__name__}).")
            connection.socket.close()

    def _make_room(self) -> None:
        """End the oldest connections without a complete request, if there are too many."""
        if len(self._connections) < self.limits.within_open_files():
            return
        self._forget_closed()
        while len(self._connections) >= self.limits.within_open_files():
            self._drop(next(iter(self._connections)))

    async def _sweep(self) -> None:
        """End the connections whose time is over."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self.limits.seconds / 4))
            self._forget_closed()
            now = loop.time()
            for connection in [each for each in self._connections if each.deadline <= now]:
                self._drop(connection)

    def _forget_closed(self) -> None:
        for connection in [each for each in self._connections if each.is_closed()]:
            self._forget(connection)

    def _drop(self, connection: Connection) -> None:
        connection.drop()
        self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        del self._connections[connection]
        if connection.protocol is not None:
            self._of_protocol.pop(connection.protocol, None)
