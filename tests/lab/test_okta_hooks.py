# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event hooks deliver as Okta documents it.

Verified first, with the secret, one retry after a 5xx and after silence, none after a 4xx.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
import typing as t
from datetime import datetime, timezone

import pytest

from lab.okta.system_log import hooks
from lab.okta.system_log.events import Event

SECRET = "Basic made-up"
ACTOR = {
    "id": "00u1",
    "type": "User",
    "alternateId": "ann@example.com",
    "displayName": "Ann",
    "detailEntry": None,
}


class Service:
    """Answers deliveries with the statuses that it is given, then with 204.

    None is silence for longer than the org waits.
    """

    def __init__(self) -> None:
        self.statuses: list[int | None] = []
        self.got: list[tuple[t.Any, dict[str, t.Any]]] = []
        self.verification: dict[str, str] | None = None
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = service.verification or {
                    "verification": self.headers["x-okta-verification-challenge"]
                }
                self._answer(200, json.dumps(answer).encode())

            def do_POST(self) -> None:
                service.got.append(
                    (
                        dict(self.headers),
                        json.loads(self.rfile.read(int(self.headers["Content-Length"]))),
                    )
                )
                status = service.statuses.pop(0) if service.statuses else 204
                if status is None:
                    time.sleep(hooks.TIMEOUT * 2)
                else:
                    self._answer(status, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: t.Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(hooks, "TIMEOUT", 0.2)
    running = Service()
    yield running
    running.server.shutdown()


@pytest.fixture
def hook(service):
    settings = hooks.HookSettings(service.url, "Authorization", SECRET, ["device.user.add"])
    made = hooks.EventHook("who1", "https://acme.okta.com", settings)
    yield made
    made.stop()


def event(number, event_type="device.user.add"):
    return Event(
        datetime(2026, 11, 24, tzinfo=timezone.utc), number, event_type, "Add user to device", ACTOR
    )


def happen(hook, *events, twice=False):
    for one in events:
        hook.notice(one, twice)
    hook.settled()
    return [one.status for one in hook.attempts]


def test_a_delivery_has_the_documented_shape(hook, service):
    assert hook.verify(authorized=True) and happen(hook, event(7)) == [204]
    headers, body = service.got[0]
    assert (
        headers["Authorization"] == SECRET
        and headers["Accept"] == headers["Content-Type"] == "application/json"
    )
    assert {
        key: body[key] for key in ("eventType", "eventTypeVersion", "cloudEventsVersion", "source")
    } == {
        "eventType": "com.okta.event_hook",
        "eventTypeVersion": "1.0",
        "cloudEventsVersion": "0.1",
        "source": "https://acme.okta.com/api/v1/eventHooks/who1",
    }
    assert body["eventId"] == hook.attempts[0].event_id and body["data"]["events"] == [
        event(7).as_dict()
    ]


@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [([503], [503, 204]), ([503, 500, 204], [503, 500]), ([400], [400]), ([None], [None, 204])],
)
def test_one_retry_after_a_5xx_and_after_silence_and_none_after_a_4xx(
    hook, service, statuses, attempts
):
    hook.verify(authorized=True)
    service.statuses = list(statuses)
    assert happen(hook, event(1)) == attempts
    assert len({one.event_id for one in hook.attempts}) == 1


def test_what_was_not_verified_or_not_asked_for_is_not_delivered(hook, service):
    assert happen(hook, event(1)) == []
    service.verification = {"verification": "something else"}
    assert not hook.verify(authorized=True) and happen(hook, event(2)) == []
    service.verification = None
    assert hook.verify(authorized=False) and happen(hook, event(3, "device.user.remove")) == []


def test_twice_is_the_same_delivery_twice(hook, service):
    hook.verify(authorized=True)
    assert (
        happen(hook, event(1), twice=True) == [204, 204]
        and len({one.event_id for one in hook.attempts}) == 1
    )
