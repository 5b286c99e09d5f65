# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections are bounded in number and time, and the oldest idle one gives way."""

from __future__ import annotations

import asyncio
import resource
import typing as t
from collections.abc import Awaitable, Callable

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.listener import (
    Limits,
    Listener,
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Scenario = Callable[[Listener, Callable[[], Awaitable[Streams]]], Awaitable[None]]


class Echo(asyncio.Protocol):
    """Answers a line by itself, and extends the time of its connection."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\n"):
            self._transport.write(data)
            self._listener.extend(self)


def run(scenario: Scenario, limits: Limits) -> list[str]:
    """Run a scenario with a listener of echoes. Return what was reported."""
    reported: list[str] = []

    async def main() -> None:
        listener = Listener(lambda: Echo(listener), None, reported.append, limits)
        ((host, port, *_more),) = await listener.open("127.0.0.1", 0)
        serving = asyncio.create_task(listener.serve())
        await asyncio.wait_for(
            scenario(listener, lambda: asyncio.open_connection(host, port)), timeout=60
        )
        serving.cancel()
        listener.close()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(main())
    return reported


async def echo(streams: Streams) -> bytes:
    reader, writer = streams
    writer.write(b"a\n")
    return await reader.readline()


async def ends(streams: Streams) -> bool:
    """Wait until a connection ends."""
    try:
        return await streams[0].read() == b""
    except ConnectionError:
        return True


def test_a_connection_is_answered_and_forgotten_when_it_ends() -> None:
    async def scenario(listener: Listener, connect: Callable[[], Awaitable[Streams]]) -> None:
        streams = await connect()
        assert await echo(streams) == b"a\n" and listener.connections == 1
        streams[1].close()
        while listener.connections:
            await asyncio.sleep(0.01)

    assert run(scenario, Limits(seconds=0.4)) == []


def test_a_connection_without_a_complete_request_ends_in_time() -> None:
    async def scenario(listener: Listener, connect: Callable[[], Awaitable[Streams]]) -> None:
        silent, slow = await connect(), await connect()
        slow[1].write(b"a")
        assert await ends(silent) and await ends(slow)
        assert listener.connections == 0

    assert run(scenario, Limits(seconds=0.3)) == []


def test_each_complete_request_gives_a_connection_its_time_once_more() -> None:
    async def scenario(_listener: Listener, connect: Callable[[], Awaitable[Streams]]) -> None:
        streams = await connect()
        for _request in range(6):
            await asyncio.sleep(0.3)
            assert await echo(streams) == b"a\n"

    assert run(scenario, Limits(seconds=1.2)) == []


def test_the_oldest_connection_without_a_request_gives_way() -> None:
    async def scenario(listener: Listener, connect: Callable[[], Awaitable[Streams]]) -> None:
        used, silent = await connect(), await connect()
        assert await echo(used) == b"a\n"
        newest = await connect()
        assert await ends(silent) and listener.connections == 2
        assert await echo(used) == b"a\n" and await echo(newest) == b"a\n"

    assert run(scenario, Limits(seconds=60, connections=2)) == []


def test_connections_leave_half_of_the_files_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(soft: int) -> None:
        monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, resource.RLIM_INFINITY))

    limit(256)
    assert Limits().within_open_files() == 128
    limit(100_000)
    assert Limits().within_open_files() == 512
    limit(resource.RLIM_INFINITY)
    assert Limits().within_open_files() == 512
    limit(1)
    assert Limits().within_open_files() == 1


def test_a_connection_that_cannot_be_accepted_is_reported_and_the_next_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(_listener: Listener, connect: Callable[[], Awaitable[Streams]]) -> None:
        loop, failed = asyncio.get_running_loop(), []
        accept = loop.sock_accept

        async def fail_once(listening: t.Any) -> t.Any:
            if not failed:
                failed.append(True)
                raise OSError(24, "Too many open files")
            return await accept(listening)

        monkeypatch.setattr(loop, "sock_accept", fail_once)
        assert await echo(await connect()) == b"a\n"
        assert await echo(await connect()) == b"a\n"

    reported = run(scenario, Limits())
    assert reported == ["A connection cannot be accepted (Too many open files)."]


def test_an_address_of_others_is_refused() -> None:
    async def main() -> None:
        listener = Listener(asyncio.Protocol, None, print)
        ((host, port, *_more),) = await listener.open("127.0.0.1", 0)
        with pytest.raises(OSError, match="Address already in use"):
            await Listener(asyncio.Protocol, None, print).open(host, port)
        with pytest.raises(OSError):
            await Listener(asyncio.Protocol, None, print).open("192.0.2.1", 0)
        listener.close()

    asyncio.run(main())
