# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following Okta's System Log.

One page after the other, and the position in the log, in a file that outlives its reader.

Pure, but for the file, and for ``Follower.page``, which asks Okta.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ..._core.atomic_files import atomic_write, check_regular
from ..._core.errors import ApiError, BadOption
from ..._core.timestamps import (
    CLOCK_SKEW,
    format_milliseconds,
    format_timestamp,
    parse_timestamp,
    require_timestamp,
)
from ..client import GET_ORGANIZATION, LIST_LOG_EVENTS, Okta
from ..constants import LOG_OVERLAP, LOG_RETENTION
from ..records import LogEvent

USES = (GET_ORGANIZATION, LIST_LOG_EVENTS)
VERSION = 1
REMEMBERED = 50_000  # uuids that are kept at most
PAGES_WITHOUT_NEWS = 500  # that are read without a pause
NOT_ASKED_SO = 400  # how Okta answers to a cursor that it does not know any more


class Handed:
    """The uuids of the events that a rulebook has received, and that may be read once more.

    Where Okta does not know the cursor any more, the log is read again from ``read_to`` on. What
    came late into the log may come again then, too: each uuid is kept until ``read_to`` has moved
    on by two hours since.
    """

    def __init__(self, uuids: t.Mapping[str, str] | None = None) -> None:
        self._uuids: dict[str, str] = dict(uuids or {})

    def __contains__(self, uuid: object) -> bool:
        return uuid in self._uuids

    def __len__(self) -> int:
        return len(self._uuids)

    def add(self, uuid: str, read_to: str) -> None:
        """Remember a uuid that was handed on when all was read up to ``read_to``."""
        self._uuids[uuid] = read_to
        if len(self._uuids) > REMEMBERED:
            del self._uuids[next(iter(self._uuids))]

    def forget(self, read_to: str) -> None:
        """Forget what cannot be read once more when all was read up to ``read_to``."""
        oldest = format_milliseconds(require_timestamp("read_to", read_to) - 2 * LOG_OVERLAP)
        old = [uuid for uuid, time in self._uuids.items() if time < oldest]
        for uuid in old:
            del self._uuids[uuid]

    def as_dict(self) -> dict[str, str]:
        """Return each uuid with its time, in the order in which they were handed on."""
        return self._uuids


@dataclass
class Position:
    """How far the log is read.

    ``query`` is that of the next page, as Okta's own link has it; None before the first page.

    ``read_to`` is a time up to which all was read (ISO 8601); from there the reading goes on where
    Okta does not know the cursor any more.
    """

    org: str
    log_filter: str
    read_to: str
    query: dict[str, str] | None = None
    handed: Handed = field(default_factory=Handed)


def key_of(event: LogEvent) -> str:
    """Return what an event is known by: its uuid, or a digest of its content without one."""
    if event.uuid:
        return event.uuid
    content = json.dumps(dict(event.row), sort_keys=True, default=str)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


# The file


def parse(text: str, org: str, log_filter: str, where: str, restart: str = "since") -> Position:
    """Return the position of a file. Raises BadOption if it is unreadable or another org's.

    :arg restart: what the option since is to be set to where the file cannot be read.
    """
    try:
        state = json.loads(text)
        version, known = state["version"], state["org"]
        read_to = format_milliseconds(require_timestamp("read_to", state["read_to"]))
        query = (
            {str(name): str(value) for name, value in state["query"].items()}
            if state["query"] is not None
            else None
        )
        handed = Handed(
            {
                uuid: format_milliseconds(require_timestamp("handed", time))
                for uuid, time in state["handed"].items()
            }
        )
        log_filter_of_file = state.get("filter")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadOption):
        raise BadOption(
            f"state_file: {where} is not readable as a position in the log. Remove the file, and"
            f" set {restart}."
        ) from None
    if version != VERSION:
        raise BadOption(
            f"state_file: {where} is of version {version} and this collection writes {VERSION}. Use"
            " the collection that wrote it."
        )
    if known != org:
        raise BadOption(
            f"state_file: {where} is of {known}, and the org is {org}. Give each org a file of its"
            " own."
        )
    # Another filter than before: its cursor means nothing for this one. What was handed on already
    # is known by its uuid.
    return Position(
        org, log_filter, read_to, query if log_filter_of_file == log_filter else None, handed
    )


def render(position: Position) -> str:
    """Return the text of a position's file."""
    state = {
        "version": VERSION,
        "org": position.org,
        "filter": position.log_filter,
        "read_to": position.read_to,
        "query": position.query,
        "handed": position.handed.as_dict(),
    }
    return json.dumps(state, separators=(",", ":")) + "\n"


def load(path: str, org: str, log_filter: str) -> Position | None:
    """None before the first file."""
    try:
        check_regular(path)
        with open(path, "rb") as file:
            content, written = file.read(), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadOption(
            f"state_file: {path} cannot be read ({error.strerror or error}). Check it and its"
            " permissions."
        ) from None
    last = format_timestamp(datetime.fromtimestamp(written, timezone.utc) - LOG_OVERLAP)
    restart = f"since to {last}, an hour before it was written"
    return parse(content.decode("utf-8", "replace"), org, log_filter, path, restart)


def save(path: str, position: Position) -> None:
    """Write it for its owner's eyes alone.

    If it is interrupted, the old or the new file is complete.
    """
    try:
        _make_directory(path)
        atomic_write(path, [render(position)], 0o600)
    except OSError as error:
        raise _cannot_be_written(path, error) from None


@contextlib.contextmanager
def lock(path: str) -> Iterator[None]:
    """Keep the file for this process. Raises BadOption if another one has it.

    Two readers of one file would hand on each event twice. The lock ends with its process.
    """
    try:
        _make_directory(path)
        number = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _cannot_be_written(path, error) from None
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadOption(
                f"state_file: {path} is in use by another process. Give each rulebook a file of its"
                " own."
            ) from None
        yield
    finally:
        os.close(number)


def _make_directory(path: str) -> None:
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)


def _cannot_be_written(path: str, error: OSError) -> BadOption:
    reason = error.strerror or error.__class__.__name__
    return BadOption(
        f"state_file: {path} cannot be written ({reason}). Check the directory and its permissions."
    )


# Where it begins


def begin(org: str, log_filter: str, since: str | None, now: datetime) -> Position:
    """Return a first position: from ``since`` on (ISO 8601), or from now.

    :arg now: the time by Okta's clock, here and below.
    """
    start = require_timestamp("since", since) if since else now
    if start > now + CLOCK_SKEW:
        raise BadOption(
            f"since: {since} is later than {format_timestamp(now)}, the time at Okta. Use an"
            " earlier time."
        )
    return Position(org, log_filter, format_milliseconds(max(start, now - LOG_RETENTION)))


def correct_future(position: Position, where: str, now: datetime) -> Position:
    """Return a position of a file with a time that is not in the future.

    Raises BadOption where nothing but that time says how far the log was read.
    """
    if require_timestamp("read_to", position.read_to) <= now + CLOCK_SKEW:
        return position
    if position.query is None:
        raise BadOption(
            f"state_file: {where} says that the log was read to {position.read_to}, and it is"
            f" {format_timestamp(now)} at Okta. Remove the file, and set since to when events were"
            " last handed on."
        )
    return replace(position, read_to=format_milliseconds(now - LOG_OVERLAP))


def describe_loss(position: Position, now: datetime) -> str | None:
    """Return a warning if Okta does not keep any more what follows a position, else None."""
    if require_timestamp("read_to", position.read_to) >= now - LOG_RETENTION:
        return None
    return (
        f"The log was last read at {position.read_to}, and Okta keeps {LOG_RETENTION.days} days of"
        " it. Older events are lost."
    )


def first_query(position: Position, now: datetime, limit: int) -> dict[str, str]:
    """Return the query of a first poll, as Okta calls it.

    Oldest first and without an end, so that no event is missed that comes late into the log.
    """
    since = max(require_timestamp("read_to", position.read_to), now - LOG_RETENTION)
    return {
        "filter": position.log_filter,
        "since": format_milliseconds(since),
        "sortOrder": "ASCENDING",
        "limit": str(limit),
    }


# A page


class Page(t.NamedTuple):
    """New events in the order of the log.

    ``has_more``: there may be more to read at once. Okta may return fewer events than the limit,
    so only an empty page is the end. ``position`` holds as soon as the events are handed on.
    """

    events: list[LogEvent]
    has_more: bool
    position: Position


def read_up_to(position: Position, events: t.Sequence[LogEvent], now: datetime) -> str:
    """Return the time up to which all was read, after a page with these events.

    A poll has the events in the order in which they came into the log, an hour at most after the
    time that they bear. What bears an earlier time than an hour before one of them was before it.
    """
    published = [time for event in events if (time := parse_timestamp(event.published))]
    if events and not published:
        return position.read_to
    newest = min(max(published, default=now), now)
    return max(position.read_to, format_milliseconds(newest - LOG_OVERLAP))


class Follower:
    """Reads on from a position, a page at a time.

    ``warn`` is called with what an operator should know.
    """

    def __init__(self, okta: Okta, limit: int, warn: Callable[[str], None]) -> None:
        self._okta, self._limit, self._warn = okta, limit, warn
        self._pages_without_news = 0

    def now(self) -> datetime:
        """By Okta's clock."""
        return datetime.fromtimestamp(self._okta.transport.now(), timezone.utc)

    def page(self, position: Position) -> Page:
        """Return the next page. Raises the types of ``_errors``."""
        events, following = self._read(position)
        new = {key: event for event in events if (key := key_of(event)) not in position.handed}
        if not all(event.uuid for event in new.values()):
            self._warn(
                f"Okta: an event of {LIST_LOG_EVENTS.name} has no uuid that can be read. It is"
                " handed on as Okta shows it, and may be handed on again."
            )
        self._pages_without_news = 0 if new else self._pages_without_news + 1
        if not following:
            self._warn(
                "Okta's answer names no next page, which it always does: a proxy may have removed"
                " its Link header. The same page is read again."
            )
            return Page(list(new.values()), False, position)
        moves = following != position.query and self._pages_without_news <= PAGES_WITHOUT_NEWS
        read_to = read_up_to(position, events, self.now())
        return Page(
            list(new.values()),
            bool(events) and moves,
            replace(position, query=following, read_to=read_to),
        )

    def _read(self, position: Position) -> tuple[list[LogEvent], dict[str, str]]:
        """Return the events of a page, and the query of the next one."""
        try:
            return self._okta.log_page(
                position.query or first_query(position, self.now(), self._limit)
            )
        except ApiError as error:
            if position.query is None or error.status != NOT_ASKED_SO:
                raise
        self._warn(
            "Okta does not know any more where the reading of its log stood; it is read again from"
            f" {position.read_to} on."
        )
        return self._okta.log_page(first_query(position, self.now(), self._limit))
