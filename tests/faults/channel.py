# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in this process without a socket: requests of the collection reach its applications.

``Channel`` replaces the adapter of the library ``requests``. Each exchange passes through its
``alter``, and is recorded.
"""

from __future__ import annotations

import contextlib
import io
import threading
import typing as t
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock
from urllib.parse import unquote, urlsplit

import requests.adapters
import requests.exceptions
import urllib3
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    Transport,
)
from requests import PreparedRequest

from lab.assembly import build
from lab.state import Options, World
from tests.faults.exchange import Exchange

# No port is opened: the adapter looks at the port alone.
OKTA, KANDJI, CONTROL = "https://localhost:1", "https://localhost:2", "https://localhost:3"

Send = Callable[[Exchange], Exchange]
# Is called with a request that is not answered yet, and with what asks the lab.
Alter = Callable[[Exchange, Send], Exchange]


class Endless(BaseException):
    """More requests than any run of the collection may send. It is no error that code catches."""


class Company:
    """A world and its vendors' applications, answered in the caller's thread."""

    def __init__(self, macs: int, directory: Path) -> None:
        self.world = World(Options(macs=macs, limits="high"))
        urls = {"okta": OKTA, "kandji": KANDJI, "control": CONTROL}
        self._applications, self.announcement = build(self.world, urls, directory / "ca.pem")
        self._lock = threading.RLock()

    def answer(self, exchange: Exchange) -> Exchange:
        """Return the exchange with the lab's answer."""
        with self._lock:
            status, headers, body = _call(self._application(exchange.url), exchange)
        return replace(exchange, status=status, headers=headers, body=body)

    def read(self, url: str, token: str) -> t.Any:
        """Return the JSON of a GET, as the vendor answers it."""
        blank = Exchange("", "", 0, False, True, "GET", url)
        return self.answer(replace(blank, sent_headers=(("Authorization", token),))).json

    def _application(self, url: str) -> t.Any:
        name = {1: "okta", 2: "kandji", 3: "control"}.get(urlsplit(url).port or 0)
        if name is None:
            raise requests.exceptions.ConnectionError(f"NewConnectionError: {url}")
        return self._applications[name]


def _call(application: t.Any, exchange: Exchange) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Return status, headers and body of an ASGI application. It never waits for anything."""
    parts = urlsplit(exchange.url)
    headers = [(name.lower().encode(), value.encode()) for name, value in exchange.sent_headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": exchange.verb,
        "scheme": "https",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode()), *headers],
        "server": (parts.hostname, parts.port),
        "client": ("127.0.0.1", 1),
    }
    messages: list[t.Any] = []

    async def receive() -> t.Any:
        return {"type": "http.request", "body": exchange.sent, "more_body": False}

    async def send(message: t.Any) -> None:
        messages.append(message)

    running = application(scope, receive, send)
    try:
        running.send(None)
    except StopIteration:
        start = messages[0]
        body = b"".join(message.get("body", b"") for message in messages[1:])
        pairs = tuple((name.decode(), value.decode()) for name, value in start["headers"])
        return start["status"], pairs, body
    raise AssertionError("the lab waits for something, which needs an event loop")


@dataclass
class Channel:
    """The way from the collection to a company.

    :arg alter: returns the exchange of a request.
    :arg at_most: requests after which a run counts as endless.

    ``exchanges`` are those that the collection got, ``carried_out`` the writes that the lab did,
    and ``requests`` the operations of all requests.
    """

    company: Company
    alter: Alter
    at_most: int = 100_000
    exchanges: list[Exchange] = field(default_factory=list)
    carried_out: list[Exchange] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)
    _current: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Channel]:
        """Lead all requests of this process through the channel."""
        send, attempt = Transport.send, self._attempt

        def named(transport: Transport, operation: t.Any, request: t.Any) -> t.Any:
            names = self._names()
            names.append((transport.vendor.name, operation))
            try:
                return send(transport, operation, request)
            finally:
                names.pop()

        def adapter(
            adapter: requests.adapters.HTTPAdapter, request: t.Any, *_args: t.Any, **_more: t.Any
        ) -> t.Any:
            return respond(adapter, request, attempt(request))

        with (
            mock.patch.object(Transport, "send", named),
            mock.patch.object(requests.adapters.HTTPAdapter, "send", adapter),
        ):
            yield self

    def _names(self) -> list[tuple[str, t.Any]]:
        if not hasattr(self._current, "names"):
            self._current.names = []
        names: list[tuple[str, t.Any]] = self._current.names
        return names

    def _attempt(self, request: PreparedRequest) -> Exchange:
        names = self._names()
        exchange = _exchange_of(request, *(names[-1] if names else ("", None)))
        if not exchange.operation:  # of a Mac, which has its own client
            return self.company.answer(exchange)
        with self._lock:
            exchange = replace(exchange, number=self._numbers[exchange.operation])
            self._numbers[exchange.operation] += 1
            self.requests.append(exchange.operation)
            if self._numbers.total() > self.at_most:
                raise Endless
        answered = self.alter(exchange, self._ask)
        self.exchanges.append(answered)
        return answered

    def _ask(self, exchange: Exchange) -> Exchange:
        answered = self.company.answer(exchange)
        if answered.writes and answered.succeeded:
            self.carried_out.append(answered)
        return answered


def _exchange_of(request: PreparedRequest, vendor: str, operation: t.Any) -> Exchange:
    body = request.body or b""
    return Exchange(
        vendor,
        operation.name if operation else "",
        0,
        bool(operation and operation.writes),
        bool(operation and operation.may_repeat),
        str(request.method),
        str(request.url),
        body.encode() if isinstance(body, str) else body,
        tuple((name, _text(value)) for name, value in request.headers.items()),
    )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def respond(
    adapter: requests.adapters.HTTPAdapter,
    request: PreparedRequest,
    exchange: Exchange,
) -> requests.Response:
    """Return the response of an exchange, as if it came from a socket."""
    headers = urllib3.HTTPHeaderDict()
    for name, value in exchange.headers:
        headers.add(name, value)
    raw = urllib3.HTTPResponse(
        io.BytesIO(exchange.body),
        headers,
        exchange.status,
        preload_content=False,
        request_method=request.method,
    )
    return adapter.build_response(request, raw)


def unaltered(exchange: Exchange, ask: Send) -> Exchange:
    """Return the lab's own answer."""
    return ask(exchange)


def writes_of(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the writes of a run: operation and path."""
    return [f"{each.operation} {urlsplit(each.url).path}" for each in exchanges if each.writes]
