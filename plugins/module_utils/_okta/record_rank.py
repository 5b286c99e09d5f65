# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several device records of one serial counts. Pure.

The status of a Mac describes this record, and a reset keeps it. Where the newest record does not
work, the status describes that one: no older record speaks for it.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timezone

from .._core.timestamps import parse_timestamp
from .records import WORKING_STATUSES

_UNKNOWN = datetime.min.replace(tzinfo=timezone.utc)


class Record(t.Protocol):
    """A device record: when it was made (ISO 8601), and whether its users can sign in with it."""

    @property
    def created(self) -> str | None:
        """When it was made."""

    @property
    def is_working(self) -> bool:
        """Whether its users can sign in with it."""


R = t.TypeVar("R", bound=Record)


def newest_records(records: Sequence[R]) -> list[R]:
    """Return the records that may be the newest: one of unknown age may be, too."""
    created = [parse_timestamp(record.created) for record in records]
    newest = max(filter(None, created), default=None)
    return [each for each, time in zip(records, created) if time in (None, newest)]


def is_surely_older(record: Record, others: Iterable[Record]) -> bool:
    """Return whether a record was made before all of the others, as far as times are known.

    Else it may be that of the account in Okta Verify, though another one is managed.
    """
    created = parse_timestamp(record.created)
    times = [parse_timestamp(other.created) for other in others]
    return created is not None and all(time and time > created for time in times)


def current_records(records: Sequence[R], is_of: Callable[[R], bool]) -> list[R]:
    """Return the newest records of a Mac by which a person may sign in, none without one.

    Okta Verify has the account of the newest record. Without one here, an older record of the
    person surely admits nobody: the Mac may have been erased, the account removed or blocked, or
    it may be the one of somebody else on a shared Mac.

    :arg records: all of the Mac, with those that were deleted as far as they are known.
    :arg is_of: whether a record is of the person.
    """
    return [record for record in newest_records(records) if record.is_working and is_of(record)]


def of_same_people(
    record: R, records: Sequence[R], people: Callable[[R], Collection[str]]
) -> list[R]:
    """Return the records that may be of a person whom a record is of.

    People who share a Mac may have a record each. A deactivated record has lost its users.

    :arg people: names the people of a record; none are unknown ones.
    """
    own = set(people(record))
    return [
        each for each in records if not own or not people(each) or not own.isdisjoint(people(each))
    ]


def newest_blocked(records: Sequence[R]) -> R | None:
    """Return the newest record of a Mac and its people if it surely does not work, else None.

    It is that of the account in Okta Verify. An older one is from before the Mac was erased, or
    the account removed, and says nothing of the Mac any more.
    """
    newest = newest_records(records)
    return None if any(record.is_working for record in newest) else next(iter(newest), None)


class Rank(t.NamedTuple):
    """The order of the records of one serial: the greatest counts.

    It is one that users have, of several the working one, then the managed one, else the newest. If
    all else is equal, the id decides. A deactivated record has lost its users.
    """

    is_used: bool
    is_working: bool
    is_managed: bool
    created: datetime
    id: str


def rank_record(
    record_id: str,
    status: str | None,
    management: Collection[str | None],
    created: datetime | None,
) -> Rank:
    """Return the rank of a record.

    ``management`` is the managementStatus of each of its users. A record whose creation is unknown
    is never the newest.
    """
    return Rank(
        is_used=bool(management) and status != "DEACTIVATED",
        is_working=status in WORKING_STATUSES,
        is_managed="MANAGED" in management,
        created=created or _UNKNOWN,
        id=record_id,
    )
