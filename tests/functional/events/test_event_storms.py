# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources under load, attack and power failure.

Nothing is lost that the log still has, nothing is handed on twice, memory stays flat, and others
are served. Sources that are attacked or killed run in a process of their own.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import os
import random
import resource
import socket
import ssl
import time
import typing as t
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from lab.okta.system_log.events import Event
from lab.tls import make_server_certificate
from tests.functional.helpers.event_sources import SECRET, Rulebook, SourceProcess, up
from tools.support.playbook import lab_environment

HOOK, LOG = "okta_event_hook", "okta_system_log"
SHARED = 30.0  # seconds that an answer may take on a machine that is shared
ENVIRONMENT = {"OKTA_EVENT_HOOK_SECRET": SECRET}


# Event hooks


def delivery(uuids: t.Iterable[str], event_id: str | None = None) -> bytes:
    events = [{"uuid": each, "eventType": "device.enrollment.create"} for each in uuids]
    body = {
        "eventType": "com.okta.event_hook",
        "eventId": event_id or str(uuid.uuid4()),
        "data": {"events": events},
    }
    return json.dumps(body).encode()


class Sender:
    """Sends deliveries over a connection that it keeps, as Okta or a proxy does."""

    def __init__(self, port: int, secret: str = SECRET, **verify: t.Any) -> None:
        scheme = "https" if verify else "http"
        self._url = f"{scheme}://127.0.0.1:{port}/okta"
        self._session = requests.Session()
        self._headers, self._verify = {"Authorization": secret}, verify

    def send(self, body: bytes, seconds: float = SHARED) -> int:
        answer = self._session.post(
            self._url, data=body, headers=self._headers, timeout=seconds, **self._verify
        )
        return answer.status_code


def send_all(port: int, bodies: list[bytes], senders: int = 8) -> list[int]:
    """Send deliveries at once. Return their statuses; each is sent again until it is accepted."""

    def work(part: list[bytes]) -> list[int]:
        sender, statuses = Sender(port), []
        for body in part:
            while (status := sender.send(body, SHARED)) == 503:
                time.sleep(0.02)
            statuses.append(status)
        return statuses

    with concurrent.futures.ThreadPoolExecutor(senders) as pool:
        parts = [bodies[number::senders] for number in range(senders)]
        return [status for statuses in pool.map(work, parts) for status in statuses]


def storm(number: int, size: int = 10) -> tuple[list[str], list[bytes]]:
    """Return the uuids of events, and deliveries with each of them twice or more, in any order."""
    chance = random.Random(number)
    uuids = [str(uuid.UUID(int=chance.getrandbits(128))) for _event in range(number)]
    shuffled = [*uuids, *chance.sample(uuids, number // 10)]
    chance.shuffle(shuffled)
    bodies = [delivery(shuffled[place : place + size]) for place in range(0, len(shuffled), size)]
    bodies += chance.sample(bodies, len(bodies) // 2)  # Okta sends again what it takes for lost
    chance.shuffle(bodies)
    return uuids, bodies


def test_ten_thousand_events_with_duplicates_and_in_any_order_come_once_each(port: int) -> None:
    uuids, bodies = storm(10_000)
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source:
        up(port)
        assert set(send_all(port, bodies)) == {204}
        source.wait(len(uuids))
        time.sleep(0.5)
        assert sorted(source.events) == sorted(uuids)


@pytest.mark.long
def test_the_memory_of_the_hook_does_not_grow_with_its_events(port: int) -> None:
    """What is kept of events would grow in every round. What is pending grows in a busy one."""
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source:
        up(port)
        seen, memory = 0, []
        for number in (10_000, 25_000, 25_001, 25_002, 25_003):
            uuids, bodies = storm(number, 25)
            assert set(send_all(port, bodies)) == {204}
            seen += len(uuids)
            source.wait(seen)
            memory.append(source.memory())
        growth = [after - before for before, after in itertools.pairwise(memory[1:])]
        assert min(growth) < 1024, memory


def half_open(port: int, number: int, sent: bytes) -> list[socket.socket]:
    """Open connections that send a part of a request."""
    opened = []
    for _connection in range(number):
        with contextlib.suppress(OSError):  # refused or ended: that place is free, too
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            opened.append(connection)
            connection.sendall(sent)
    return opened


HALF_SENT = {
    "nothing": b"",
    "a part of its head": b"POST /okta HTTP/1.1\r\nHost: a\r\nX-",
    "a part of its body": b"POST /okta HTTP/1.1\r\nHost: a\r\nAuthorization: "
    + SECRET.encode()
    + b"\r\nContent-Length: 5000\r\n\r\n{",
    "a wrong secret and a part of a large body": b"POST /okta HTTP/1.1\r\nHost: a\r\n"
    b"Authorization: wrong\r\nContent-Length: 90000000\r\n\r\n" + b"x" * 100_000,
}


@pytest.fixture
def many_files() -> t.Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=HALF_SENT)
def test_requests_that_are_half_sent_keep_nobody_out(port: int, sent: bytes) -> None:
    """Okta waits three seconds for an answer. A machine that is shared may need longer for 1,100."""
    with (
        SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source,
        contextlib.ExitStack() as stack,
    ):
        up(port)
        for connection in half_open(port, 1100, sent):
            stack.enter_context(connection)
        assert Sender(port).send(delivery(["a"]), SHARED) == 204
        source.wait(1)


@pytest.mark.usefixtures("many_files")
def test_handshakes_that_are_not_ended_keep_nobody_out(port: int, tmp_path: Path) -> None:
    tls = make_server_certificate(tmp_path)
    args = {"port": port, "certfile": str(tls.certificate), "keyfile": str(tls.key)}
    with SourceProcess(HOOK, args, ENVIRONMENT) as source, contextlib.ExitStack() as stack:
        up(port)
        for connection in half_open(port, 1100, b"\x16\x03\x01"):
            stack.enter_context(connection)
        context = ssl.create_default_context(cafile=str(tls.ca_file))
        with (
            socket.create_connection(("127.0.0.1", port), timeout=SHARED) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            body = delivery(["a"])
            secured.sendall(
                b"POST /okta HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + SECRET.encode()
                + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )
            assert secured.recv(100).startswith(b"HTTP/1.1 204")
        source.wait(1)


@pytest.mark.long
def test_a_request_of_a_byte_at_a_time_ends_and_a_connection_that_is_used_stays(port: int) -> None:
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source:
        up(port)
        honest, ended = Sender(port), None
        slow = socket.create_connection(("127.0.0.1", port), timeout=30)
        slow.sendall(b"POST /okta HTTP/1.1\r\nHost: a\r\nX-Long: ")
        begun = time.monotonic()
        while ended is None and time.monotonic() < begun + 30:
            try:
                slow.sendall(b"P")
                slow.settimeout(0.5)
                ended = time.monotonic() - begun if slow.recv(100) == b"" else None
            except TimeoutError:
                pass
            except OSError:
                ended = time.monotonic() - begun
            assert honest.send(delivery([str(time.monotonic())])) == 204
        slow.close()
        assert ended is not None and 5 < ended < 25
        source.wait(3)
        adapter = honest._session.get_adapter("http://127.0.0.1")
        pool = adapter.poolmanager.connection_from_url(honest._url)  # type: ignore[attr-defined]  # of requests' one adapter
        assert pool.num_connections <= 2  # the one that it keeps lives longer than ten seconds


def test_whoever_does_not_know_the_secret_fills_neither_memory_nor_the_log(port: int) -> None:
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source:
        up(port)
        stranger = Sender(port, "Basic wrong")
        before = source.memory()
        statuses = {stranger.send(delivery([str(number)])) for number in range(500)}
        for _large in range(20):
            with contextlib.suppress(requests.ConnectionError):  # it is not read to its end
                statuses.add(Sender(port, "Basic wrong").send(b"x" * 20_000_000))
        assert statuses == {401}
        assert Sender(port).send(delivery(["a"])) == 204
        source.wait(1)
        refused = [line for line in source.lines if "refused with 401" in line]
        assert len(refused) == 1 and source.events == ["a"]
        assert source.memory() - before < 10 * 1024


def test_a_body_that_is_too_large_is_refused_and_the_next_delivery_is_taken(port: int) -> None:
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT) as source:
        up(port)
        assert Sender(port).send(b" " * 17 * 2**20) == 413
        assert Sender(port).send(delivery(["a"])) == 204
        source.wait(1)
        assert any("refused with 413" in line for line in source.lines)


def test_deliveries_that_wait_take_a_bounded_part_of_the_memory(port: int) -> None:
    """The engine takes one event a minute; Okta sends the refused ones once more, and logs all."""
    with SourceProcess(HOOK, {"port": port}, ENVIRONMENT, pause=60.0) as source:
        up(port)
        large = delivery(["x" * 10_000_000])
        statuses = [
            Sender(port).send(large.replace(b'"eventId": "', b'"eventId": "%d' % number))
            for number in range(12)
        ]
        assert statuses[:6] == [204] * 6 and statuses[-1] == 503
        assert source.memory() < 400 * 1024


# The System Log


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "log.json"


@pytest.fixture
def args(state: Path) -> dict[str, t.Any]:
    return {"state_file": str(state), "interval": "0.05", "capacity_percent": 100}


def read_on(log: Rulebook, args: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return what comes until a poll has found nothing new, and its position is kept."""
    return log.run(args, 0, lambda: time.sleep(0.5))


@pytest.fixture
def environment(watched: t.Any) -> dict[str, str]:
    return lab_environment(watched.lab.announcement)


def happen(
    watched: t.Any, number: int, late: timedelta = timedelta(), apart: timedelta = timedelta()
) -> list[str]:
    """Let certificates be issued, and return the uuids of the events.

    :arg late: how long before the present the events happened.
    :arg apart: the time between two of them.
    """
    made, chance = [], random.Random(watched.world.okta.log.count)
    with watched.world.lock:
        now = watched.world.clock.now()
        for place in range(number):
            event = Event(
                now - late - place * apart,
                chance.getrandbits(128),
                "pki.cert.issue",
                "Issue certificate",
                {"id": "00u1", "type": "User", "alternateId": "ann@example.com"},
            )
            watched.world.okta.log.add(event, now)
            made.append(event.part("uuid"))
    return made


pytestmark = pytest.mark.lab(macs=1)


def test_a_burst_of_ten_thousand_events_of_one_timestamp_comes_once_each(
    watched, args, environment, state
):
    with SourceProcess(LOG, args, environment) as source:
        wait_for(state.exists)
        made = happen(watched, 10_000)
        source.wait(len(made), 240)
        time.sleep(0.5)
        assert source.events == made


def wait_for(condition: t.Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.long
def test_the_memory_of_the_log_source_and_its_file_do_not_grow_with_its_events(
    watched, args, environment, state
):
    """Fifty thousand events within ten hours; the uuids of two are kept."""
    with SourceProcess(LOG, {**args, "limit": 1000}, environment) as source:
        wait_for(state.exists)
        made, memory, size = 0, [], []
        for _hour in range(10):
            made += len(happen(watched, 5000))
            source.wait(made, 240)
            watched.world.clock.advance(hours=1)
            memory.append(source.memory())
            size.append(state.stat().st_size)
        assert len(set(source.events)) == len(source.events) == made
        assert memory[-1] - memory[2] < 5 * 1024, memory
        assert max(size[4:]) <= 1.3 * max(size[:4]), size


@pytest.mark.long
def test_killed_again_and_again_it_loses_nothing_and_repeats_no_more_than_its_last_second(
    watched, args, environment, state
):
    with SourceProcess(LOG, args, environment):
        wait_for(state.exists)
    made, came, chance = happen(watched, 150), [], random.Random(7)
    while len(set(came)) < len(made):
        with SourceProcess(LOG, args, environment, pause=0.02) as source:
            wait_for(lambda: len(source.events) > 0)  # noqa: B023 - called in this loop
            time.sleep(chance.uniform(0, 1.5))
        came += source.events
        repeated = len(came) - len(set(came))
        assert repeated <= 50 * 1.5, "more than one second's"
        came = list(dict.fromkeys(came))
    assert came == made


def test_events_that_come_late_and_a_cursor_that_is_lost_neither_lose_nor_repeat_one(
    watched, environment, args, state
):
    """More than 2,000 events within the hour that is read again."""
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    made = happen(watched, 1500)
    came = log.run(args, 1500)
    made += happen(watched, 1500, late=timedelta(minutes=50), apart=timedelta(seconds=0.1))
    came += log.run(args, 1500)
    assert read_on(log, args) == []
    position = json.loads(state.read_text())
    state.write_text(json.dumps({**position, "query": {**position["query"], "after": "gone"}}))
    made += happen(watched, 10, late=timedelta(minutes=40))
    came += log.run({**args, "limit": 1000}, 10)
    came += read_on(log, args)
    assert [each["uuid"] for each in came] == made


def test_a_disk_that_is_full_for_a_while_stops_the_reading_and_repeats_nothing(
    watched, environment, args, state, caplog, monkeypatch
):
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    log.module["Source"].follow.__globals__.update(SAVE_AFTER=0.05, LONGEST_FILE_PAUSE=0.1)
    full, replace_file = {"full": True}, os.replace

    def replace(source: str, target: str) -> None:
        if full["full"] and str(target) == str(state) and replaced:
            raise OSError(28, "No space left on device")
        replaced.append(target)
        replace_file(source, target)

    replaced: list[str] = []
    monkeypatch.setattr(os, "replace", replace)

    def act() -> None:
        made.extend(happen(watched, 50))
        time.sleep(1.0)
        made.extend(happen(watched, 50))
        full["full"] = False

    made: list[str] = []
    came = [each["uuid"] for each in log.run({**args, "limit": 5}, 100, act)]
    assert came == made and "No space left on device" in caplog.text
    assert log.run(args, 0) == []


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OSError(30, "Read-only")]
)
def test_a_disk_that_cannot_be_written_at_the_start_ends_it_before_anything_is_handed_on(
    watched, environment, args, state, monkeypatch, error
):
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    happen(watched, 3)

    def fail(*_args: t.Any) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fail)
        assert "cannot be written" in log.fails(args)
        assert not [file for file in state.parent.iterdir() if file.name.startswith(".")]
    assert len(log.run(args, 3)) == 3


def test_two_rulebooks_of_one_file_are_refused(watched, environment, args, state):
    with SourceProcess(LOG, args, environment):
        wait_for(state.exists)
        assert "is in use by another process" in Rulebook(LOG, environment).fails(args)
    assert Rulebook(LOG, environment).run(args, 0) == []  # the lock ended with its process


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_that_is_cut_short_says_from_when_to_read_again(
    watched, environment, args, state, share
):
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    made = happen(watched, 3)
    text = state.read_text()
    state.write_text(text[: int(len(text) * share)])
    sentence = log.fails(args)
    since = sentence.partition("set since to ")[2].partition(",")[0]
    state.unlink()
    came = [each["uuid"] for each in log.run({**args, "since": since}, 3)]
    assert set(made) <= set(came)


def test_a_time_in_the_future_is_not_believed(watched, environment, args, state):
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    assert read_on(log, args) == []
    position = json.loads(state.read_text())
    made = happen(watched, 3)
    later = "2099-01-01T00:00:00.000Z"
    state.write_text(json.dumps({**position, "read_to": later}))
    assert [each["uuid"] for each in log.run(args, 3)] == made  # by Okta's own cursor
    assert json.loads(state.read_text())["read_to"] < "2099"
    state.write_text(json.dumps({**position, "read_to": later, "query": None}))
    assert "Remove the file, and set since" in log.fails(args)
    state.unlink()
    assert "is later than" in log.fails({**args, "since": later})


def test_a_file_of_last_year_says_what_is_lost(watched, environment, args, state, caplog):
    log = Rulebook(LOG, environment)
    log.run(args, 0)
    lost = happen(watched, 3)
    watched.world.clock.advance(days=120)
    made = happen(watched, 3)
    came = [each["uuid"] for each in log.run(args, 3)]
    assert came == made and lost and "Older events are lost." in caplog.text


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_controller_whose_clock_is_an_hour_off_loses_and_repeats_nothing(
    watched, environment, args, state, hours, monkeypatch
):
    """Everything goes by Okta's clock."""
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + 3600 * hours)
    log = Rulebook(LOG, environment)
    before = happen(watched, 3, late=timedelta(minutes=30))
    time.sleep(1.1)  # Okta's Date header has whole seconds
    log.run(args, 0)
    made = happen(watched, 3)
    came = [each["uuid"] for each in log.run(args, 3)]
    assert read_on(log, args) == []
    position = json.loads(state.read_text())
    state.write_text(json.dumps({**position, "query": {**position["query"], "after": "gone"}}))
    made += happen(watched, 3)
    came += [each["uuid"] for each in log.run(args, 3)]
    assert came == made and not set(before) & set(came)
