# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The System Log: what happened in the org, kept for 90 days, and the ways to ask for it."""

from __future__ import annotations

import bisect
import operator
import re
import typing as t
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.clock import iso
from lab.okta.scim import Field, Predicate, Unsupported, compile_filter

RETENTION = timedelta(days=90)

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
_IN_EVERY_EVENT = {
    "client": {
        "userAgent": {"rawUserAgent": "Okta Verify", "os": "Mac OS X", "browser": "UNKNOWN"}, "zone": None, "device": "Computer", "id": None,
        "ipAddress": "198.51.100.7", "geographicalContext": None,
    },
    "authenticationContext": {
        "authenticationProvider": None, "credentialProvider": None, "credentialType": None, "issuer": None, "interface": None,
        "authenticationStep": 0, "externalSessionId": "unknown",
    },
    "securityContext": {"asNumber": None, "asOrg": None, "isp": None, "domain": None, "isProxy": None},
    "request": {"ipChain": [{"ip": "198.51.100.7", "geographicalContext": None, "version": "V4", "source": None}]},
    "outcome": {"result": "SUCCESS", "reason": None},
    "severity": "INFO",
    "legacyEventType": None,
    "version": "0",
}

Json = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. A log of a large fleet holds very many of them: the LogEvent that Okta prints is made when somebody asks for it."""

    moment: datetime
    number: int  # 128 random bits
    event_type: str
    message: str
    actor: Json
    target: tuple[Json, ...] = ()
    debug_data: t.Optional[Json] = None
    device: t.Optional[Json] = None

    def part(self, name: str) -> t.Any:
        """One member of the LogEvent."""
        return _PARTS[name](self) if name in _PARTS else _IN_EVERY_EVENT[name]

    def as_dict(self) -> Json:
        """The LogEvent."""
        return {name: self.part(name) for name in sorted(ATTRIBUTES | {"published"}) if name != "device" or self.device}

    def own_text(self) -> str:
        """The texts in which it differs from other events."""
        return "\n".join([self.event_type, self.message, *_texts([self.actor, *self.target, self.debug_data, self.device])])


_PARTS: dict[str, t.Callable[[Event], t.Any]] = {
    "actor": lambda event: event.actor,
    "debugContext": lambda event: {"debugData": {"requestId": f"{event.number:032x}", **(event.debug_data or {})}},
    "device": lambda event: event.device,
    "displayMessage": lambda event: event.message,
    "eventType": lambda event: event.event_type,
    "published": lambda event: iso(event.moment),
    "target": lambda event: list(event.target),
    "transaction": lambda event: {"type": "WEB", "id": f"{event.number:032x}", "detail": {}},
    "uuid": lambda event: str(uuid.UUID(int=event.number)),
}
ATTRIBUTES = frozenset(_IN_EVERY_EVENT) | frozenset(_PARTS) - {"published"}


class SystemLog:
    """Events in the order of their time. Positions count from the first event ever, so that a cursor survives what is forgotten."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._moments: list[datetime] = []
        self._forgotten = 0

    def add(self, event: Event) -> None:
        place = bisect.bisect_right(self._moments, event.moment)
        self._moments.insert(place, event.moment)
        self.events.insert(place, event)

    def forget(self, now: datetime) -> None:
        old = bisect.bisect_left(self._moments, now - RETENTION)
        del self.events[:old], self._moments[:old]
        self._forgotten += old

    def positions(self, since: datetime, until: t.Optional[datetime]) -> tuple[int, int]:
        """The first position of a window, and the one behind its last."""
        end = len(self._moments) if until is None else bisect.bisect_left(self._moments, until)
        return bisect.bisect_left(self._moments, since) + self._forgotten, end + self._forgotten

    def walk(self, start: int, end: int, newest_first: bool) -> t.Iterator[tuple[int, Event]]:
        """Positions and events of a window."""
        places = range(max(start - self._forgotten, 0), max(end - self._forgotten, 0))
        for place in reversed(places) if newest_first else places:
            yield place + self._forgotten, self.events[place]


@dataclass(frozen=True)
class LogQuery:
    """One request for a page. Without ``until`` and oldest first, it polls: there is always a next page."""

    since: datetime
    until: t.Optional[datetime]
    matches: Predicate
    limit: int
    newest_first: bool
    after: t.Optional[int] = None  # the position that the page before has reached

    @property
    def polls(self) -> bool:
        return self.until is None and not self.newest_first


def read_page(log: SystemLog, query: LogQuery) -> tuple[list[Event], t.Optional[int]]:
    """The events of a page, and the position from which the next one goes on, or None where there is none."""
    start, end = log.positions(query.since, query.until)
    if query.after is not None:
        start, end = (start, min(end, query.after)) if query.newest_first else (max(start, query.after), end)
    if not query.limit:
        return [], start if query.polls else None
    page: list[Event] = []
    for position, event in log.walk(start, end, query.newest_first):
        if not query.matches(event):
            continue
        if len(page) == query.limit:
            return page, position + 1 if query.newest_first else position
        page.append(event)
    return page, end if query.polls else None


def compile_log_filter(text: str) -> Predicate:
    """A function of an event; raises BadFilter or Unsupported."""
    return compile_filter(text, _field)


def compile_words(words: list[str]) -> Predicate:
    """A function of an event: does it hold all of these words, in whatever case and in whichever of its texts?"""
    wanted = [word for phrase in words for word in re.findall(r"[^\W_]+", phrase.lower()) if not _holds_word(_COMMON_TEXT, word)]

    def matches(event: Event) -> bool:
        text = event.own_text().lower()
        return all(word in text and _holds_word(text, word) for word in wanted)

    return matches


def _holds_word(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", text))


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


_COMMON_TEXT = "\n".join(_texts(_IN_EVERY_EVENT)).lower()


def _field(attribute: str) -> Field:
    name, *path = attribute.split(".")
    if name not in ATTRIBUTES or "changeDetails" in path:
        raise Unsupported(f"{attribute!r} cannot be used in a filter")
    if name in ("target", "request"):
        return Field(lambda event: list(_walk(event.part(name), path)), _literal, _OPERATORS, many=True)
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
