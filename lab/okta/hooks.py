# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event hooks.

The org verifies an address once, and then posts what happens to it, as Okta documents it
(developer.okta.com, concepts/event-hooks).
"""

from __future__ import annotations

import queue
import threading
import typing as t
import uuid
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import requests

from lab.okta.system_log import Event

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
    """What was given cannot be an event hook; the text is one sentence."""


@dataclass
class Attempt:
    """One request of a hook.

    ``status`` is None where no answer came in time. ``events`` are the uuids that it bore.
    """

    event_id: str
    status: int | None
    events: list[str]


class EventHook:
    """One hook of the org.

    ``key`` and ``value`` are its authScheme: the header that every delivery bears.

    Deliveries go out by a thread of its own, and never while the world is locked. ``settled`` waits
    until none is left.
    """

    def __init__(
        self,
        hook_id: str,
        org_url: str,
        url: str,
        key: str,
        value: str,
        events: t.Sequence[str],
        ca_file: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or (
            parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1")
        ):
            raise NotAHook("url has to be https; http is for this machine alone.")
        wrong = sorted(set(events) - set(ELIGIBLE))
        if wrong or not events:
            raise NotAHook(
                f"{wrong[0]} is no event that a hook delivers."
                if wrong
                else "events has to name one event type at least."
            )
        self.id, self.url, self.events = hook_id, url, frozenset(events)
        self.verified = False
        self.attempts: list[Attempt] = []
        self._source = f"{org_url}/api/v1/eventHooks/{hook_id}"
        self._key, self._value, self._ca_file = key, value, ca_file
        self._waiting: queue.Queue[tuple[dict[str, t.Any], bool] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name=f"lab hook {hook_id}", daemon=True)
        self._thread.start()

    def verify(self, authorized: bool) -> bool:
        """The one-time request.

        ``authorized``: it bears the secret, which is not documented. Only what was verified is
        delivered to.
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
                verify=self._ca_file or True,
                allow_redirects=False,
            )
            self.verified = answer.status_code == 200 and answer.json() == {
                "verification": challenge
            }
        except (requests.RequestException, ValueError):
            self.verified = False
        return self.verified

    def notice(self, event: Event, twice: bool) -> None:
        """Something happened in the org;

        ``twice``: it is delivered at least once, and this time more than that.
        """
        if self.verified and event.event_type in self.events:
            self._waiting.put((event.as_dict(), twice))

    def settled(self) -> None:
        self._waiting.join()

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def describe(self) -> dict[str, t.Any]:
        return {
            "id": self.id,
            "url": self.url,
            "events": sorted(self.events),
            "verified": self.verified,
            "attempts": [asdict(one) for one in self.attempts],
        }

    def _secret(self) -> dict[str, str]:
        return {self._key: self._value}

    def _work(self) -> None:
        while True:
            first = self._waiting.get()
            together = [first]
            while first is not None and not self._waiting.empty():
                together.append(self._waiting.get())
            found = [one for one in together if one is not None]
            if found:
                self._deliver(
                    [event for event, _twice in found], any(twice for _event, twice in found)
                )
            for _one in together:
                self._waiting.task_done()
            if None in together:
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
                verify=self._ca_file or True,
                allow_redirects=False,
            ).status_code
        except requests.RequestException:
            status = None
        self.attempts.append(
            Attempt(body["eventId"], status, [one["uuid"] for one in body["data"]["events"]])
        )
        return status
