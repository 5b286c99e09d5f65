# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event hooks: the org verifies an address once, and then posts events to it.

Source: developer.okta.com, concepts/event-hooks.
"""

from __future__ import annotations

import queue
import threading
import typing as t
import uuid
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import requests

from lab.okta.system_log.events import Event

TIMEOUT = 3.0  # seconds that the org waits for an answer
# Of the event types that the lab's org writes, those that its catalogue marks as
# event-hook-eligible. None of pki.* and device.platform.* is.
ELIGIBLE = (
    "application.policy.sign_on.deny_access",
    "device.enrollment.create",
    "device.lifecycle.activate",
    "device.lifecycle.deactivate",
    "device.lifecycle.delete",
    "device.lifecycle.suspend",
    "device.lifecycle.unsuspend",
    "device.user.add",
    "device.user.remove",
    "user.authentication.auth_via_mfa",
    "user.session.start",
)


class NotAHook(ValueError):
    """Okta does not accept these settings of an event hook; the text is one sentence."""


@dataclass
class Attempt:
    """One request of a hook.

    ``status`` is None if no answer came in time. ``events`` are the uuids of its events.
    """

    event_id: str
    status: int | None
    events: list[str]


@dataclass(frozen=True)
class HookSettings:
    """What an administrator enters for an event hook.

    ``key`` and ``value`` are its authScheme: the header of each delivery. ``ca_file`` is for the
    lab: the CA of the address.
    """

    url: str
    key: str
    value: str = field(repr=False)
    events: t.Sequence[str]
    ca_file: str | None = None

    def check(self) -> None:
        """Raise NotAHook if Okta does not accept the address or an event type."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or (
            parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1")
        ):
            raise NotAHook("url has to be https; http is for this machine alone.")
        unknown = sorted(set(self.events) - set(ELIGIBLE))
        if unknown:
            raise NotAHook(f"{unknown[0]} is not an event that a hook delivers.")
        if not self.events:
            raise NotAHook("events has to name one event type at least.")


class EventHook:
    """One hook of the org.

    A thread of its own sends the deliveries, never while the world is locked. ``settled`` waits
    until none is left. Raises NotAHook.
    """

    def __init__(self, hook_id: str, org_url: str, settings: HookSettings) -> None:
        settings.check()
        self.id, self.url, self.events = hook_id, settings.url, frozenset(settings.events)
        self.verified = False
        self.attempts: list[Attempt] = []
        self._source = f"{org_url}/api/v1/eventHooks/{hook_id}"
        self._settings = settings
        self._waiting: queue.Queue[tuple[dict[str, t.Any], bool] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name=f"lab hook {hook_id}", daemon=True)
        self._thread.start()

    def verify(self, authorized: bool) -> bool:
        """Send the one-time verification request. Return whether the address answered correctly.

        ``authorized``: the request has the secret, which is not documented. A hook delivers only
        after it was verified.
        """
        challenge = uuid.uuid4().hex
        try:
            answer = requests.get(
                self.url,
                headers={
                    "x-okta-verification-challenge": challenge,
                    **(self._secret() if authorized else {}),
                },
                timeout=TIMEOUT,
                verify=self._settings.ca_file or True,
                allow_redirects=False,
            )
            self.verified = answer.status_code == 200 and answer.json() == {
                "verification": challenge
            }
        except (requests.RequestException, ValueError):
            self.verified = False
        return self.verified

    def notice(self, event: Event, twice: bool) -> None:
        """Queue an event for delivery, if the hook is for its type.

        ``twice``: deliver it twice. Okta promises delivery at least once.
        """
        if self.verified and event.event_type in self.events:
            self._waiting.put((event.as_dict(), twice))

    def settled(self) -> None:
        """Wait until every queued event was delivered or given up."""
        self._waiting.join()

    def stop(self) -> None:
        """End the thread of the deliveries."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def describe(self) -> dict[str, t.Any]:
        """Return the hook and its attempts, without its secret."""
        return {
            "id": self.id,
            "url": self.url,
            "events": sorted(self.events),
            "verified": self.verified,
            "attempts": [asdict(attempt) for attempt in self.attempts],
        }

    def _secret(self) -> dict[str, str]:
        return {self._settings.key: self._settings.value}

    def _work(self) -> None:
        while True:
            first = self._waiting.get()
            batch = [first]
            while first is not None and not self._waiting.empty():
                batch.append(self._waiting.get())
            events = [queued for queued in batch if queued is not None]
            if events:
                self._deliver(
                    [event for event, _twice in events], any(twice for _event, twice in events)
                )
            for _queued in batch:
                self._waiting.task_done()
            if None in batch:
                return

    def _deliver(self, events: list[dict[str, t.Any]], twice: bool) -> None:
        body = {
            "eventType": "com.okta.event_hook",
            "eventTypeVersion": "1.0",
            "cloudEventsVersion": "0.1",
            "source": self._source,
            "eventId": str(uuid.uuid4()),
            "data": {"events": events},
        }
        for _time in range(1 + twice):
            if self._post(body) in (None, *range(500, 600)):
                self._post(body)  # one retry; a 4xx gets none

    def _post(self, body: dict[str, t.Any]) -> int | None:
        try:
            status = requests.post(
                self.url,
                json=body,
                headers={"Accept": "application/json", **self._secret()},
                timeout=TIMEOUT,
                verify=self._settings.ca_file or True,
                allow_redirects=False,
            ).status_code
        except requests.RequestException:
            status = None
        self.attempts.append(
            Attempt(body["eventId"], status, [event["uuid"] for event in body["data"]["events"]])
        )
        return status
