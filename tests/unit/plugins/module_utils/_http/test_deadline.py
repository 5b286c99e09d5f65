# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that a byte at a time never end, or that never end at all: each has a deadline."""

from __future__ import annotations

import itertools
import socket
import threading
import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Uncertain,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.auth import Auth
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Explanation,
    Operation,
    Vendor,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    Transport,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
    Settings,
)

READ = Operation("listThings", "GET", "/things")
WRITE = Operation("createThing", "POST", "/things", writes=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\n{}"
BLANKS = b" " * 0x1000
# What comes first, and what comes after it, again and again.
ENDLESS = {
    "body": (HEAD + b"Content-Length: 1000000000\r\n\r\n", BLANKS),
    "body of unknown length": (HEAD + b"\r\n", BLANKS),
    "chunked body": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + BLANKS + b"\r\n"),
    "header": (HEAD + b"X-Header: ", b" "),
}


class FarEnd:
    """A server that answers each request with the next of ``answers``, a pair as in ENDLESS."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, bytes]] = []
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            while connection.recv(65536):
                first, rest = self.answers[min(self.requests, len(self.answers) - 1)]
                self.requests += 1
                connection.sendall(first)
                while rest:
                    connection.sendall(rest)
        except OSError:  # the client does not wait any longer
            return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def far_end() -> t.Iterator[FarEnd]:
    server = FarEnd()
    yield server
    server.close()


def clock(step: float) -> Callable[[], float]:
    """Return a clock by which each look at it takes so many seconds."""
    return itertools.count(0.0, step).__next__


def transport(far_end: FarEnd, **settings: t.Any) -> Transport:
    vendor = Vendor("acme", "Acme", lambda _status, _headers, body: Explanation(str(body)))
    options = {"timeout": 10.0, "sleep": lambda _seconds: None, **settings}
    return Transport(vendor, far_end.origin, Auth(), Settings(**options), Masker())


@pytest.mark.parametrize("part", ENDLESS)
def test_an_answer_that_never_ends_is_left_after_its_deadline(far_end: FarEnd, part: str) -> None:
    """It is not requested again: each time would take as long."""
    far_end.answers = [ENDLESS[part]]
    with pytest.raises(Unreachable) as raised:
        transport(far_end, clock=clock(50.0)).call(READ)
    assert raised.value.message == (
        f"{far_end.origin} (listThings) cannot be reached: the answer is not complete after 300 s."
    )
    assert far_end.requests == 1


def test_a_write_whose_answer_never_ends_may_have_been_carried_out(far_end: FarEnd) -> None:
    far_end.answers = [ENDLESS["body"]]
    sender = transport(far_end, clock=clock(50.0), timeout=40.0)
    with pytest.raises(Uncertain, match="not complete after 400 s. Whether createThing was"):
        sender.call(WRITE)
    assert sender.may_have_written


def test_each_answer_has_a_deadline_of_its_own(far_end: FarEnd) -> None:
    """The connection stays, and with it its deadline would."""
    far_end.answers = [(WHOLE, b"")]
    sender = transport(far_end, clock=clock(50.0))
    assert [sender.call(READ).json for _request in range(10)] == [{}] * 10
    assert far_end.requests == 10


@pytest.mark.parametrize("part", ["body", "chunked body"])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(far_end: FarEnd, part: str) -> None:
    far_end.answers = [ENDLESS[part]]
    with pytest.raises(Unreadable) as raised:
        transport(far_end, max_answer_bytes=2**20).call(READ)
    assert raised.value.message.startswith(
        f"{far_end.origin} (listThings) answered 200 with more than 1 MiB. Check the URL"
    )
    with pytest.raises(Uncertain, match="more than 1 MiB.* Whether createThing was carried out"):
        transport(far_end, max_answer_bytes=2**20).call(WRITE)


def test_an_answer_that_stops_before_its_deadline_has_the_timeout_of_a_read(
    far_end: FarEnd,
) -> None:
    far_end.answers = [(ENDLESS["body"][0], b"")]
    with pytest.raises(Unreachable, match=r"\(listThings\) cannot be reached: .*Read timed out"):
        transport(far_end, timeout=0.1, retries=0).call(READ)


@pytest.mark.parametrize(("timeout", "seconds"), [(0.1, 300.0), (30.0, 300.0), (60.0, 600.0)])
def test_a_deadline_leaves_time_for_a_slow_line(timeout: float, seconds: float) -> None:
    assert Settings(timeout=timeout).max_answer_seconds == seconds
