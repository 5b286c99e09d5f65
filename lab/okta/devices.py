# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device records, their users, and the search index, which may know only how things were a while
ago.
"""

from __future__ import annotations

import bisect
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

KEPT = timedelta(
    hours=1
)  # how long the index remembers what records were, beyond the lag that is asked of it


@dataclass
class User:
    id: str
    login: str
    email: str
    first_name: str
    last_name: str
    created: datetime
    status: str = "ACTIVE"
    last_login: datetime | None = None
    has_phone: bool = True  # a phone number enrolled, which is a way in beside Okta Verify

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @cached_property
    def in_the_log(self) -> dict[str, t.Any]:
        """As actor or target of events, which share it.

        The log of a large fleet would not fit otherwise.
        """
        return {
            "id": self.id,
            "type": "User",
            "alternateId": self.login,
            "displayName": self.name,
            "detailEntry": None,
        }

    @cached_property
    def of_an_app(self) -> dict[str, t.Any]:
        """As the account of an app, a target of events."""
        return {**self.in_the_log, "id": f"0ua{self.id[3:]}", "type": "AppUser"}


@dataclass
class DeviceUser:
    """One user's account on one device. Whether a device is managed is a fact of this pair."""

    id: str
    user_id: str
    created: datetime
    managed: bool = False
    managed_before: bool = False  # what it was until it last changed
    screen_lock_type: str = "BIOMETRIC"

    def set_managed(self, managed: bool) -> None:
        if managed != self.managed:
            self.managed, self.managed_before = managed, self.managed


@dataclass
class Record:
    """A device as Okta's directory has it.

    ``certificates`` are the serial numbers of those bound to it.
    """

    id: str
    created: datetime
    last_updated: datetime
    profile: dict[str, t.Any]
    sequence: int
    status: str = "ACTIVE"
    users: dict[str, DeviceUser] = field(default_factory=dict)
    certificates: list[int] = field(default_factory=list)

    def as_it_is(self) -> Record:
        """A copy that later changes of this record leave alone."""
        users = {user_id: replace(link) for user_id, link in self.users.items()}
        return replace(
            self, profile=dict(self.profile), users=users, certificates=list(self.certificates)
        )


@dataclass(frozen=True)
class DeviceFacts:
    """What Okta Verify reports of the device that it runs on, when it adds an account."""

    serial: str  # empty if the device does not show it
    udid: str
    name: str
    model: str
    os_version: str
    platform: str = "MACOS"

    def as_profile(self) -> dict[str, t.Any]:
        """Return the profile of a new record; it lacks what is empty."""
        profile = {
            "displayName": self.name,
            "platform": self.platform,
            "manufacturer": "APPLE",
            "model": self.model,
            "osVersion": self.os_version,
            "serialNumber": self.serial,
            "udid": self.udid,
        }
        return {
            **{key: value for key, value in profile.items() if value},
            "registered": True,
            "secureHardwarePresent": True,
            "diskEncryptionType": "ALL_INTERNAL_VOLUMES",
        }


class Glance(t.NamedTuple):
    """From when a search sees the records.

    Now, at an earlier moment, or each as it was before its last change.
    """

    at: datetime | None = None
    one_behind: bool = False


class SearchIndex:
    """Records in the order of their creation, deleted ones included for as long as a lagging search
    may still show them.
    """

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._past: dict[str, list[tuple[datetime, Record]]] = {}  # until when a record was so
        self._gone: dict[str, datetime] = {}

    def add(self, record: Record) -> None:
        self._records.append(record)

    def before_change(self, record: Record, now: datetime) -> None:
        self._past.setdefault(record.id, []).append((now, record.as_it_is()))

    def removed(self, record: Record, now: datetime) -> None:
        self.before_change(record, now)
        self._gone[record.id] = now

    def forget(self, now: datetime, lag: timedelta) -> None:
        """Drop what no search will ask for any more."""
        oldest = now - lag - KEPT
        self._gone, forgotten = _split(self._gone, oldest)
        if forgotten:
            self._records = [record for record in self._records if record.id not in forgotten]
        for record_id in forgotten:
            self._past.pop(record_id)
        for record_id, versions in self._past.items():
            self._past[record_id] = [
                version for version in versions[:-1] if version[0] >= oldest
            ] + versions[-1:]

    def page(
        self, matches: t.Callable[[Record], bool], after: int, limit: int, glance: Glance
    ) -> tuple[list[Record], int | None]:
        """Up to ``limit`` records behind sequence number ``after``, and the number of the last of
        them if there are more.
        """
        found: list[Record] = []
        start = bisect.bisect_right(self._records, after, key=lambda record: record.sequence)
        for place in range(start, len(self._records)):
            record = self._seen(self._records[place], glance)
            if record is None or not matches(record):
                continue
            if len(found) == limit:
                return found, found[-1].sequence
            found.append(record)
        return found, None

    def _seen(self, record: Record, glance: Glance) -> Record | None:
        past = self._past.get(record.id, ())
        if glance.one_behind:
            return past[-1][1] if past else record
        if glance.at is not None:
            if record.created > glance.at:
                return None
            for until, version in past:
                if until > glance.at:
                    return version
        return None if record.id in self._gone else record


def _split(gone: dict[str, datetime], oldest: datetime) -> tuple[dict[str, datetime], set[str]]:
    return {key: moment for key, moment in gone.items() if moment >= oldest}, {
        key for key, moment in gone.items() if moment < oldest
    }
