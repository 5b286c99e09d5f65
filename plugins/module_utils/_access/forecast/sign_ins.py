# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-ins to apps that the System Log holds: who used an app, from which devices."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import TRY_AGAIN, Refused, Unreadable
from ..._core.timestamps import format_days_before
from ..._okta.client import Okta, quote_filter
from ..._okta.events.device_events import EVENTS as DEVICE_EVENTS
from ..._okta.events.device_events import LogFacts, summarize_events
from ..._okta.records import LogEvent

SIGN_INS = (
    '((eventType eq "user.authentication.sso" and outcome.result eq "SUCCESS") '
    'or (eventType eq "policy.evaluate_sign_on" and outcome.result eq "ALLOW"))'
)
DENIALS = '(eventType eq "policy.evaluate_sign_on" and outcome.result eq "DENY")'
MAX_APPS_PER_FILTER = 20  # so that the filter fits a URL
# How operating systems are named in the log and by browsers. The order counts: browsers of an
# iPhone say "like Mac OS X", those of Android say "Linux". Chrome is a browser of each system.
SYSTEMS = tuple(
    (re.compile(pattern, re.IGNORECASE), platform)
    for pattern, platform in (
        (r"\bcros\b|\bchrome ?os\b", "CHROMEOS"),
        (r"iphone|ipad|\bios(?![a-z])", "IOS"),
        (r"\bmac|\bosx\b|\bos x\b", "MACOS"),
        (r"\bwindows", "WINDOWS"),
        (r"\bandroid", "ANDROID"),
        (r"\blinux", "LINUX"),
    )
)


class Sighting(t.NamedTuple):
    """A sign-in to an app.

    ``platform`` is None where the log does not say, ``device_id`` where it names no device that
    Okta knows.
    """

    platform: str | None
    device_id: str | None
    event_type: str
    published: str


SightingKey: t.TypeAlias = "tuple[str | None, str | None, str]"


@dataclass
class SignIns:
    """The sign-ins of a period.

    ``sightings`` are by app and user, the newest of each kind. ``device_types`` are the types of
    events that name devices: in one of these, no device means that Okta did not know it.
    """

    sightings: dict[str, dict[str, dict[SightingKey, Sighting]]] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    device_types: set[str] = field(default_factory=set)
    log_facts: LogFacts = field(default_factory=LogFacts)

    @property
    def names_devices(self) -> bool:
        """Whether the log names devices; an empty log does not say that it does not."""
        return bool(self.device_types) or not self.sightings

    def add(self, event: LogEvent, app_ids: t.Collection[str]) -> None:
        """Add an event, newest first, if it is a sign-in to one of these apps."""
        if event.device_id:
            self.device_types.add(event.event_type)
        known = event.device_id and event.device_registered is not False
        sighting = Sighting(
            platform_of(event),
            event.device_id if known else None,
            event.event_type,
            event.published or "",
        )
        user_id = event.actor.id
        for target in event.targets:
            if user_id and target.id in app_ids:
                users = self.sightings.setdefault(target.id, {})
                users.setdefault(user_id, {}).setdefault(sighting[:3], sighting)
                self.logins.setdefault(user_id, event.actor.alternate_id or user_id)


def platform_of(event: LogEvent) -> str | None:
    """Return Okta's os type of an event's device, else of its browser or agent, else None.

    Recorded events of Okta Verify on an iPhone have the system "Unknown mobile". A text that names
    no system of these may be of any: apps of a Mac call it Darwin, as those of an iPhone do.
    """
    texts = (event.device_platform, event.browser_os, event.user_agent)
    known = (platform for text in texts if text for platform in [_platform_in(text)] if platform)
    return next(known, None)


def _platform_in(text: str) -> str | None:
    return next((platform for pattern, platform in SYSTEMS if pattern.search(text)), None)


def _require_readable(event: LogEvent, app_ids: t.Collection[str]) -> None:
    """Raise Unreadable for a sign-in that would count for nobody. Recorded events name both."""
    names_app = any(target.id in app_ids for target in event.targets)
    missing = "no user" if not event.actor.id else "" if names_app else "none of the apps"
    if missing:
        raise Unreadable(
            f"Okta: a sign-in in the System Log names {missing}, so whom the rules affect is"
            f" unknown. {TRY_AGAIN}",
            vendor="okta",
        )


def apps_filter(app_ids: t.Iterable[str]) -> str:
    """Return a filter of the System Log for events that name one of these apps."""
    return "(" + " or ".join(f"target.id eq {quote_filter(each)}" for each in app_ids) + ")"


def batch_apps(app_ids: t.Sequence[str]) -> list[t.Sequence[str]]:
    """Return ids of apps in batches that fit one filter."""
    size = MAX_APPS_PER_FILTER
    return [app_ids[start : start + size] for start in range(0, len(app_ids), size)]


def read_sign_ins(okta: Okta, app_ids: t.Sequence[str], days: int, max_events: int) -> SignIns:
    """Return the sign-ins of the last ``days``, and what the log says of devices.

    Raises Refused if the log holds more than ``max_events``: people who are not read cannot be
    counted.
    """
    sign_ins = SignIns()
    since = format_days_before(okta.transport.now(), days)
    device_events: list[LogEvent] = []
    left = max_events
    for number, batch in enumerate(batch_apps(app_ids)):
        log_filter = f"({SIGN_INS} and {apps_filter(batch)})"
        if number == 0:
            log_filter += f" or {DEVICE_EVENTS}"
        for event in okta.log_events(log_filter, since=since, newest_first=True, at_most=left + 1):
            left -= 1
            if left < 0:
                raise Refused(
                    f"log_events: the System Log of {days} days holds more than {max_events} events"
                    " of these apps and of devices, so not all people can be counted. Raise"
                    " log_events, or reduce the apps or active_days."
                )
            if event.event_type.startswith(("user.", "policy.")):
                _require_readable(event, batch)
                sign_ins.add(event, batch)
            else:
                device_events.append(event)
    sign_ins.log_facts = summarize_events(device_events)
    return sign_ins
