# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The System Log: what happened in the org, kept for 90 days, and the ways to ask for it.

An event is published when it happens, and persisted when the log has it, which may be later. Reads
with an end go by the first, polling by the second.
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
from lab.okta.scim import Field, Predicate, Unsupported, compile_filter

RETENTION = timedelta(days=90)
_JUST_NOW = timedelta(
    milliseconds=1
)  # a window ends before its end, and what is of this very moment belongs to it

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
_IN_EVERY_EVENT = {
    "client": {
        "userAgent": {"rawUserAgent": "Okta Verify", "os": "Mac OS X", "browser": "UNKNOWN"},
        "zone": None,
        "device": "Computer",
        "id": None,
        "ipAddress": "198.51.100.7",
        "geographicalContext": None,
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
        "asNumber": None,
        "asOrg": None,
        "isp": None,
        "domain": None,
        "isProxy": None,
    },
    "request": {
        "ipChain": [
            {"ip": "198.51.100.7", "geographicalContext": None, "version": "V4", "source": None}
        ]
    },
    "outcome": {"result": "SUCCESS", "reason": None},
    "severity": "INFO",
    "legacyEventType": None,
    "version": "0",
}

Json = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened.

    A log of a large fleet holds very many of them: the LogEvent that Okta prints is made when
    somebody asks for it.
    """

    moment: datetime
    number: int  # 128 random bits
    event_type: str
    message: str
    actor: Json
    target: tuple[Json, ...] = ()
    debug_data: Json | None = None
    device: Json | None = None
    outcome: Json | None = None  # where it is not SUCCESS
    client: Json | None = None  # where it is not Okta Verify on a Mac

    def part(self, name: str) -> t.Any:
        """One member of the LogEvent."""
        return _PARTS[name](self) if name in _PARTS else _IN_EVERY_EVENT[name]

    def as_dict(self) -> Json:
        """The LogEvent."""
        return {
            name: self.part(name)
            for name in sorted(ATTRIBUTES | {"published"})
            if name != "device" or self.device
        }

    def own_text(self) -> str:
        """The texts in which it differs from other events."""
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
        """Whether it has not all of these words, which other events have all."""
        if self.outcome is None and self.client is None:
            return False
        return not words <= set(
            _split("\n".join(_texts([self.part(name) for name in _IN_EVERY_EVENT])))
        )


_PARTS: dict[str, t.Callable[[Event], t.Any]] = {
    "actor": lambda event: event.actor,
    "client": lambda event: event.client or _IN_EVERY_EVENT["client"],
    "debugContext": lambda event: {
        "debugData": {"requestId": f"{event.number:032x}", **(event.debug_data or {})}
    },
    "device": lambda event: event.device,
    "displayMessage": lambda event: event.message,
    "eventType": lambda event: event.event_type,
    "outcome": lambda event: event.outcome or _IN_EVERY_EVENT["outcome"],
    "published": lambda event: iso(event.moment),
    "target": lambda event: list(event.target),
    "transaction": lambda event: {"type": "WEB", "id": f"{event.number:032x}", "detail": {}},
    "uuid": lambda event: str(uuid.UUID(int=event.number)),
}
ATTRIBUTES = frozenset(_IN_EVERY_EVENT) | frozenset(_PARTS) - {"published"}


class _Timeline:
    """Events in the order of one of their times.

    Positions count from the first event ever, so that a cursor survives what is forgotten.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._moments: list[datetime] = []
        self._forgotten = 0

    @property
    def end(self) -> int:
        """The position behind the last."""
        return self._forgotten + len(self.events)

    def add(self, event: Event, moment: datetime) -> None:
        place = bisect.bisect_right(self._moments, moment)
        self._moments.insert(place, moment)
        self.events.insert(place, event)

    def add_all(self, events: t.Iterable[Event]) -> None:
        """Many at once, whatever their order."""
        pairs = [
            *zip(self._moments, self.events, strict=True),
            *((event.moment, event) for event in events),
        ]
        pairs.sort(key=operator.itemgetter(0))
        self._moments, self.events = (
            [moment for moment, _event in pairs],
            [event for _moment, event in pairs],
        )

    def forget(self, before: datetime) -> int:
        old = bisect.bisect_left(self._moments, before)
        del self.events[:old], self._moments[:old]
        self._forgotten += old
        return old

    def positions(self, since: datetime, until: datetime) -> tuple[int, int]:
        """The first position of a window, and the one behind its last."""
        return (
            bisect.bisect_left(self._moments, since) + self._forgotten,
            bisect.bisect_left(self._moments, until) + self._forgotten,
        )

    def walk(self, start: int, end: int, newest_first: bool) -> t.Iterator[tuple[int, Event]]:
        """Positions and events of a window."""
        places = range(max(start - self._forgotten, 0), max(end - self._forgotten, 0))
        for place in reversed(places) if newest_first else places:
            yield place + self._forgotten, self.events[place]


class SystemLog:
    def __init__(self) -> None:
        self.published = _Timeline()
        self.persisted = _Timeline()
        self._late: dict[
            int, datetime
        ] = {}  # by an event's number: when the log has those that it had not at once
        self._words = _WordIndex()

    @property
    def events(self) -> list[Event]:
        """In the order of their publication, those included that the log has only later."""
        return self.published.events

    @property
    def count(self) -> int:
        """How many events there ever were."""
        return self.published.end

    def newest(self, number: int) -> list[Event]:
        return self.published.events[-number:] if number > 0 else []

    def add(self, event: Event, persisted: datetime | None = None) -> None:
        self.published.add(event, event.moment)
        self.persisted.add(event, persisted or event.moment)
        self._words.add(event)
        if persisted and persisted > event.moment:
            self._late[event.number] = persisted

    def add_history(self, events: t.Collection[Event]) -> None:
        """What happened before the lab starts."""
        self.published.add_all(events)
        self.persisted.add_all(events)
        for event in events:
            self._words.add(event)

    def forget(self, now: datetime) -> None:
        self._late = (
            {number: moment for number, moment in self._late.items() if moment > now}
            if self._late
            else {}
        )
        self._words.forget(self.published.forget(now - RETENTION), self.published.events)
        self.persisted.forget(now - RETENTION)

    def has(self, event: Event, now: datetime) -> bool:
        return self._late.get(event.number, now) <= now

    def holding(self, words: t.Iterable[str]) -> Predicate:
        """A function of an event.

        Does it hold all of these words, in whatever case and in whichever of its texts?
        """
        wanted = set(_split(" ".join(words)))
        numbers, common = self._words.find(wanted - _COMMON_WORDS), wanted & _COMMON_WORDS
        return lambda event: (
            (numbers is None or event.number in numbers) and not (common and event.lacks(common))
        )


class _WordIndex:
    """Which events hold a word.

    It is made when somebody first asks: the log of a large fleet holds very many words, and most
    runs ask for none.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._known = 0  # so many of the events are in the index
        self._places: dict[str, array[int]] = defaultdict(partial(array, "I"))

    def add(self, event: Event) -> None:
        self._events.append(event)

    def forget(self, forgotten: int, kept: list[Event]) -> None:
        """Begins anew once most of it is about events that are no more."""
        if forgotten and len(self._events) > 2 * len(kept):
            self._events, self._known = list(kept), 0
            self._places.clear()

    def find(self, words: t.Collection[str]) -> frozenset[int] | None:
        """The numbers of the events that hold all of ``words``; None where that says nothing."""
        if not words:
            return None
        self._catch_up()
        lists = sorted(
            (self._places[word] if word in self._places else array("I") for word in words), key=len
        )
        found = set(lists[0])
        for places in lists[1:]:
            found.intersection_update(places)
        return frozenset(self._events[place].number for place in found)

    def _catch_up(self) -> None:
        for place in range(self._known, len(self._events)):
            for word in set(_split(self._events[place].own_text())):
                self._places[word].append(place)
        self._known = len(self._events)


@dataclass(frozen=True)
class LogQuery:
    """One request for a page, asked at ``now``.

    Without ``until`` and oldest first, it polls: there is always a next page.
    """

    now: datetime
    since: datetime
    until: datetime | None
    matches: Predicate
    limit: int
    newest_first: bool
    after: int | None = None  # the position that the page before has reached

    @property
    def polls(self) -> bool:
        return self.until is None and not self.newest_first


def read_page(log: SystemLog, query: LogQuery) -> tuple[list[Event], int | None]:
    """The events of a page, and the position from which the next one goes on, or None where there
    is none.
    """
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
    """A function of an event; raises BadFilter or Unsupported."""
    return compile_filter(text, _field)


def _split(text: str) -> list[str]:
    """Words as ``q`` knows them: punctuation ends one."""
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
    """The values at the end of a path; a list on the way stands for each of its members."""
    if isinstance(value, list):
        for member in value:
            yield from _walk(member, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])


def _literal(value: t.Any) -> t.Any:
    return value
