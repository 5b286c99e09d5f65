# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following Okta's System Log.

One page after the other, and where the reading stands, in a file that outlives its reader.

Pure, but for ``load``, ``save`` and ``Follower.page``, which asks Okta.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from .._core.errors import ApiError, BadOption
from .._core.files import atomic_write
from .._core.timestamps import format_milliseconds, parse_timestamp
from .._core.timestamps import require_timestamp as parse_time
from .client import GET_ORGANIZATION, LIST_LOG_EVENTS, Okta
from .constants import LOG_RETENTION
from .eda_events import Seen
from .records import LogEvent

USES = (GET_ORGANIZATION, LIST_LOG_EVENTS)
VERSION = 1
OVERLAP = timedelta(hours=1)  # an event may come into the log later than the time that it bears
REMEMBERED = 2000  # uuids that the file holds
NOT_ASKED_SO = 400  # how Okta answers to a cursor that it does not know any more


@dataclass
class Position:
    """Where the reading stands.

    ``query`` is that of the next page, as Okta's own link has it; None before the first page.

    ``read_to`` is a time up to which all was read (ISO 8601); from there the reading goes on where
    Okta does not know the cursor any more.
    """

    org: str
    log_filter: str
    read_to: str
    query: dict[str, str] | None = None
    seen: Seen = field(default_factory=Seen)


def parse(text: str, org: str, log_filter: str, where: str) -> Position:
    """Return the position of a file. Raises BadOption if it is unreadable or another org's."""
    try:
        state = json.loads(text)
        version, known, read_to = state["version"], state["org"], str(state["read_to"])
        query = (
            {str(name): str(value) for name, value in state["query"].items()}
            if state["query"] is not None
            else None
        )
        seen = Seen(map(str, state["seen"]))
        if parse_timestamp(read_to) is None:
            raise ValueError(read_to)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadOption(
            f"state_file: {where} is not readable as a position in the log; remove the file"
            " to start again from since."
        ) from None
    if version != VERSION:
        raise BadOption(
            f"state_file: {where} is of version {version} and this collection writes {VERSION}; use"
            " the collection that wrote it."
        )
    if known != org:
        raise BadOption(
            f"state_file: {where} is of {known}, and the org is {org}; give each org a file of its"
            " own."
        )
    # Another filter than before: its cursor means nothing for this one. What was handed on already
    # is known by its uuid.
    return Position(
        org, log_filter, read_to, query if state.get("filter") == log_filter else None, seen
    )


def render(position: Position) -> str:
    """Return the text of a position's file."""
    state = {
        "version": VERSION,
        "org": position.org,
        "filter": position.log_filter,
        "read_to": position.read_to,
        "query": position.query,
        "seen": position.seen.newest(REMEMBERED),
    }
    return json.dumps(state, separators=(",", ":")) + "\n"


def load(path: str, org: str, log_filter: str) -> Position | None:
    """None before the first file."""
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), org, log_filter, path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadOption(
            f"state_file: {path} cannot be read ({error.__class__.__name__}); check it and its"
            " permissions."
        ) from None


def save(path: str, position: Position) -> None:
    """Write it for its owner's eyes alone.

    If it is interrupted, the old or the new file is complete.
    """
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
        atomic_write(path, [render(position)], 0o600)
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise BadOption(
            f"state_file: {path} cannot be written ({reason}); check the directory and its"
            " permissions."
        ) from None


def begin(org: str, log_filter: str, since: str | None, now: datetime) -> Position:
    """Return a first position: from ``since`` on (ISO 8601), or from now."""
    return Position(
        org,
        log_filter,
        format_milliseconds(max(parse_time(since), now - LOG_RETENTION) if since else now),
    )


def first_query(position: Position, now: datetime, limit: int) -> dict[str, str]:
    """Return the query of a first poll, as Okta calls it.

    Oldest first and without an end, so that no event is missed that comes late into the log.
    """
    since = max(parse_time(position.read_to), now - LOG_RETENTION)
    return {
        "filter": position.log_filter,
        "since": format_milliseconds(since),
        "sortOrder": "ASCENDING",
        "limit": str(limit),
    }


class Page(t.NamedTuple):
    """New events in the order of the log.

    ``has_more``: there may be more to read at once. Okta may return fewer events than the limit,
    so only an empty page is the end. ``position`` holds as soon as the events are handed on.
    """

    events: list[LogEvent]
    has_more: bool
    position: Position


class Follower:
    """Reads on from a position, a page at a time.

    ``lost_cursor`` is called where Okta did not know the cursor any more.
    """

    def __init__(self, okta: Okta, limit: int, lost_cursor: t.Callable[[str], None]) -> None:
        self._okta, self._limit, self._lost_cursor = okta, limit, lost_cursor

    def now(self) -> datetime:
        """By Okta's clock."""
        return datetime.fromtimestamp(self._okta.transport.now(), timezone.utc)

    def page(self, position: Position) -> Page:
        """Return the next page. Raises the types of ``_errors``."""
        try:
            events, following = self._okta.log_page(
                position.query or first_query(position, self.now(), self._limit)
            )
        except ApiError as error:
            if position.query is None or error.status != NOT_ASKED_SO:
                raise
            self._lost_cursor(position.read_to)
            events, following = self._okta.log_page(first_query(position, self.now(), self._limit))
        new = {event.uuid: event for event in events if event.uuid not in position.seen}
        read_to = (
            position.read_to
            if events
            else max(position.read_to, format_milliseconds(self.now() - OVERLAP))
        )
        return Page(
            list(new.values()),
            bool(events and following) and following != position.query,
            replace(position, query=following or None, read_to=read_to),
        )
