# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The System Log: the org's events of 90 days, and how requests read them.

An event is published when it happens, and persisted when the log has it, which may be later.
Bounded reads use the first time, polling the second.
"""

from __future__ import annotations

import bisect
import operator
import re
import typing as t
import uuid
from array import array
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from lab.clock import iso
from lab.okta.filters import Field, Predicate, Unsupported, compile_filter

RETENTION = timedelta(days=90)
# A window excludes its end, but the events of the current millisecond belong to it.
_JUST_NOW = timedelta(milliseconds=1)

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
# Where everybody in the lab is.
GEOGRAPHY = {
    "city": "Exampletown",
    "state": "Examplestate",
    "country": "Exampleland",
    "postalCode": "00000",
    "geolocation": {"lat": 0.0, "lon": 0.0},
}
_LEGACY_TYPES = {
    "user.authentication.auth_via_mfa": "core.user.factor.attempt_success",
    "user.authentication.sso": "app.auth.sso",
    "user.session.start": "core.user_auth.login_success",
}
_IN_EVERY_EVENT: dict[str, t.Any] = {
    "client": {
        "userAgent": {"rawUserAgent": "Okta Verify", "os": "Mac OS X", "browser": "UNKNOWN"},
        "zone": "null",
        "device": "Computer",
        "id": None,
        "ipAddress": "198.51.100.7",
        "geographicalContext": GEOGRAPHY,
    },
    "authenticationContext": {
        "authenticationProvider": None,
        "credentialProvider": None,
        "credentialType": None,
        "issuer": None,
        "interface": None,
        "authenticationStep": 0,
        "externalSessionId": "unknown",
    },
    "securityContext": {
        "asNumber": 64500,
        "asOrg": "example",
        "isp": "example",
        "domain": "example.net",
        "isProxy": False,
    },
    "request": {
        "ipChain": [
            {
                "ip": "198.51.100.7",
                "geographicalContext": GEOGRAPHY,
                "version": "V4",
                "source": None,
            }
        ]
    },
    "outcome": {"result": "SUCCESS", "reason": None},
    "severity": "INFO",
    "version": "0",
}

Json = dict[str, t.Any]


def client_of(user_agent: str) -> Json:
    """Return the client of an event that a program's request made."""
    agent = {"rawUserAgent": user_agent, "os": "Unknown", "browser": "UNKNOWN"}
    return {**_IN_EVERY_EVENT["client"], "userAgent": agent, "device": "Unknown"}


@dataclass(frozen=True, slots=True)
class Event:
    """An event. The LogEvent that Okta prints is made on request, to keep large logs small."""

    published: datetime
    number: int  # 128 random bits
    event_type: str
    message: str
    actor: Json
    target: tuple[Json, ...] = ()
    debug_data: Json | None = None
    device: Json | None = None
    outcome: Json | None = None  # if it is not SUCCESS
    client: Json | None = None  # if it is not Okta Verify on a Mac

    def part(self, name: str) -> t.Any:
        """Return a member of the LogEvent."""
        return _PARTS[name](self) if name in _PARTS else _IN_EVERY_EVENT[name]

    def as_dict(self) -> Json:
        """Return the LogEvent."""
        return {name: self.part(name) for name in sorted(ATTRIBUTES | {"published"})}

    def own_text(self) -> str:
        """Return the texts in which the event differs from others."""
        return "\n".join(
            [
                self.event_type,
                self.message,
                *_texts(
                    [
                        self.actor,
                        *self.target,
                        self.debug_data,
                        self.device,
                        self.outcome,
                        self.client,
                    ]
                ),
            ]
        )

    def lacks(self, words: set[str]) -> bool:
        """Return whether the event lacks one of these words, which most events have."""
        if self.outcome is None and self.client is None:
            return False
        return not words <= set(
            _split("\n".join(_texts([self.part(name) for name in _IN_EVERY_EVENT])))
        )


_FACTOR_CONTEXT = {
    **_IN_EVERY_EVENT["authenticationContext"],
    "authenticationProvider": "FACTOR_PROVIDER",
    "credentialProvider": "OKTA_CREDENTIAL_PROVIDER",
}
_PARTS: dict[str, t.Callable[[Event], t.Any]] = {
    "actor": lambda event: event.actor,
    "authenticationContext": lambda event: (
        _FACTOR_CONTEXT
        if event.event_type == "user.authentication.auth_via_mfa"
        else _IN_EVERY_EVENT["authenticationContext"]
    ),
    "client": lambda event: event.client or _IN_EVERY_EVENT["client"],
    "debugContext": lambda event: {
        "debugData": {"requestId": f"{event.number:032x}", **(event.debug_data or {})}
    },
    "device": lambda event: event.device,
    "displayMessage": lambda event: event.message,
    "eventType": lambda event: event.event_type,
    "legacyEventType": lambda event: _LEGACY_TYPES.get(event.event_type),
    "outcome": lambda event: event.outcome or _IN_EVERY_EVENT["outcome"],
    "published": lambda event: iso(event.published),
    "target": lambda event: list(event.target),
    "transaction": lambda event: {"type": "WEB", "id": f"{event.number:032x}", "detail": {}},
    "uuid": lambda event: str(uuid.UUID(int=event.number)),
}
ATTRIBUTES = frozenset(_IN_EVERY_EVENT) | frozenset(_PARTS) - {"published"}


class _Timeline:
    """Events in the order of one of their times.

    Positions count from the first event ever: a cursor stays valid when old events are dropped.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._times: list[datetime] = []
        self._forgotten = 0

    @property
    def end(self) -> int:
        """The position behind the last event."""
        return self._forgotten + len(self.events)

    def add(self, event: Event, time: datetime) -> None:
        """Insert an event at its time."""
        place = bisect.bisect_right(self._times, time)
        self._times.insert(place, time)
        self.events.insert(place, event)

    def add_all(self, events: t.Iterable[Event]) -> None:
        """Insert many events, in any order, at the times when they were published."""
        pairs = [
            *zip(self._times, self.events, strict=True),
            *((event.published, event) for event in events),
        ]
        pairs.sort(key=operator.itemgetter(0))
        self._times, self.events = (
            [time for time, _event in pairs],
            [event for _time, event in pairs],
        )

    def forget(self, before: datetime) -> int:
        """Drop older events. Return how many."""
        old = bisect.bisect_left(self._times, before)
        del self.events[:old], self._times[:old]
        self._forgotten += old
        return old

    def positions(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Return the first position of a window, and the position behind its last event."""
        return (
            bisect.bisect_left(self._times, since) + self._forgotten,
            bisect.bisect_left(self._times, until) + self._forgotten,
        )

    def walk(self, start: int, end: int, newest_first: bool) -> t.Iterator[tuple[int, Event]]:
        """Yield the positions and events of a window."""
        places = range(max(start - self._forgotten, 0), max(end - self._forgotten, 0))
        for place in reversed(places) if newest_first else places:
            yield place + self._forgotten, self.events[place]


class SystemLog:
    """The events of an org, by the time of publication and by the time of persistence."""

    def __init__(self) -> None:
        self.published = _Timeline()
        self.persisted = _Timeline()
        # by an event's number: when the log has an event that it does not have at once
        self._late: dict[int, datetime] = {}
        self._words = _WordIndex()

    @property
    def events(self) -> list[Event]:
        """All events in the order of publication, not yet persisted ones included."""
        return self.published.events

    @property
    def count(self) -> int:
        """How many events there ever were, dropped ones included."""
        return self.published.end

    def newest(self, number: int) -> list[Event]:
        """Return the newest events, oldest first."""
        return self.published.events[-number:] if number > 0 else []

    def add(self, event: Event, persisted: datetime | None = None) -> None:
        """Add an event. ``persisted`` is when the log has it, if not at once."""
        self.published.add(event, event.published)
        self.persisted.add(event, persisted or event.published)
        self._words.add(event)
        if persisted and persisted > event.published:
            self._late[event.number] = persisted

    def add_history(self, events: t.Collection[Event]) -> None:
        """Add events from before the start of the lab."""
        self.published.add_all(events)
        self.persisted.add_all(events)
        for event in events:
            self._words.add(event)

    def forget(self, now: datetime) -> None:
        """Drop the events that Okta no longer keeps."""
        if self._late:
            self._late = {number: time for number, time in self._late.items() if time > now}
        self._words.forget(self.published.forget(now - RETENTION), self.published.events)
        self.persisted.forget(now - RETENTION)

    def has(self, event: Event, now: datetime) -> bool:
        """Return whether an event is persisted."""
        return self._late.get(event.number, now) <= now

    def holding(self, words: t.Iterable[str]) -> Predicate:
        """Return a function of an event: whether its texts have all of these words, in any case."""
        wanted = set(_split(" ".join(words)))
        numbers, common = self._words.find(wanted - _COMMON_WORDS), wanted & _COMMON_WORDS
        return lambda event: (
            (numbers is None or event.number in numbers) and not (common and event.lacks(common))
        )


class _WordIndex:
    """The index from words to events.

    It is built at the first search: the log of a large fleet has very many words, and most runs
    search for none.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._known = 0  # so many of the events are in the index
        self._places: dict[str, array[int]] = defaultdict(partial(array, "I"))

    def add(self, event: Event) -> None:
        """Add an event, which is indexed at the next search."""
        self._events.append(event)

    def forget(self, forgotten: int, kept: list[Event]) -> None:
        """Rebuild the index once most of its events were dropped."""
        if forgotten and len(self._events) > 2 * len(kept):
            self._events, self._known = list(kept), 0
            self._places.clear()

    def find(self, words: t.Collection[str]) -> frozenset[int] | None:
        """Return the numbers of the events with all of these words; None if there are no words."""
        if not words:
            return None
        self._catch_up()
        lists = sorted(
            (self._places[word] if word in self._places else array("I") for word in words), key=len
        )
        common = set(lists[0])
        for places in lists[1:]:
            common.intersection_update(places)
        return frozenset(self._events[place].number for place in common)

    def _catch_up(self) -> None:
        for place in range(self._known, len(self._events)):
            for word in set(_split(self._events[place].own_text())):
                self._places[word].append(place)
        self._known = len(self._events)


@dataclass(frozen=True)
class LogQuery:
    """A request for a page at the time ``now``.

    Without ``until`` and oldest first it polls: there is always a next page.
    """

    now: datetime
    since: datetime
    until: datetime | None
    matches: Predicate
    limit: int
    newest_first: bool
    after: int | None = None  # the position that the previous page reached

    @property
    def polls(self) -> bool:
        """Whether this is a polling request."""
        return self.until is None and not self.newest_first


def read_page(log: SystemLog, query: LogQuery) -> tuple[list[Event], int | None]:
    """Return the events of a page, and the position of the next page, or None if it is the last."""
    timeline = log.persisted if query.polls else log.published
    start, end = timeline.positions(query.since, query.until or query.now + _JUST_NOW)
    if query.after is not None:
        start, end = (
            (start, min(end, query.after)) if query.newest_first else (max(start, query.after), end)
        )
    if not query.limit:
        return [], start if query.polls else None
    page: list[Event] = []
    for position, event in timeline.walk(start, end, query.newest_first):
        if not log.has(event, query.now) or not query.matches(event):
            continue
        if len(page) == query.limit:
            return page, position + 1 if query.newest_first else position
        page.append(event)
    return page, end if query.polls else None


def compile_log_filter(text: str) -> Predicate:
    """Return a filter as a function of an event. Raises BadFilter or Unsupported."""
    return compile_filter(text, _field)


def _split(text: str) -> list[str]:
    """Return the words of a text as ``q`` compares them: punctuation ends a word."""
    return re.findall(r"[^\W_]+", text.lower())


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


_COMMON_WORDS = frozenset(_split("\n".join(_texts(_IN_EVERY_EVENT))))


def _field(attribute: str) -> Field:
    name, *path = attribute.split(".")
    if name not in ATTRIBUTES or "changeDetails" in path:
        raise Unsupported(f"{attribute!r} cannot be used in a filter")
    if name in ("target", "request"):
        return Field(
            lambda event: list(_walk(event.part(name), path)), _literal, _OPERATORS, many=True
        )
    if name == "eventType":  # nearly every filter asks for it, of nearly every event
        return Field(operator.attrgetter("event_type"), _literal, _OPERATORS)
    return Field(lambda event: next(_walk(event.part(name), path), None), _literal, _OPERATORS)


def _walk(value: t.Any, path: list[str]) -> t.Iterator[t.Any]:
    """Yield the values at the end of a path. A list on the path means each of its members."""
    if isinstance(value, list):
        for member in value:
            yield from _walk(member, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])


def _literal(value: t.Any) -> t.Any:
    return value
