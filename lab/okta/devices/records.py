# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device records, their users, and the search index, which may have older versions of them."""

from __future__ import annotations

import bisect
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

KEPT = timedelta(hours=1)  # how long the index keeps versions in addition to its lag

# Okta's AuthenticationProviderType: who verifies a user's password. Users of the first two have
# none in Okta.
PROVIDERS = ("FEDERATION", "SOCIAL", "ACTIVE_DIRECTORY", "IMPORT", "LDAP", "OKTA")


@dataclass
class User:
    """A user of the org."""

    id: str
    login: str
    email: str
    first_name: str
    last_name: str
    created: datetime
    status: str = "ACTIVE"
    last_login: datetime | None = None
    has_phone: bool = True  # whether a phone number is enrolled as authenticator
    has_email: bool = True  # whether e-mail is an authenticator of theirs
    provider: str = "OKTA"

    @property
    def has_password(self) -> bool:
        """Whether Okta takes a password: not of users of another identity provider."""
        return self.provider not in PROVIDERS[:2]

    @property
    def authenticators(self) -> list[str]:
        """The keys of the authenticators that are not on a device."""
        held = {
            "okta_password": self.has_password,
            "okta_email": self.has_email,
            "phone_number": self.has_phone,
        }
        return [key for key, has in held.items() if has]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @cached_property
    def in_the_log(self) -> dict[str, t.Any]:
        """The user as actor or target of events.

        All events share it: the log of a large fleet would not fit into memory otherwise.
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
        """The user's account of an app as target of events."""
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
        """Set whether the device is managed, and keep the previous value."""
        if managed != self.managed:
            self.managed, self.managed_before = managed, self.managed


@dataclass
class Record:
    """A device record.

    ``certificates`` are the serial numbers of the certificates that are bound to it.
    """

    id: str
    created: datetime
    last_updated: datetime
    profile: dict[str, t.Any]
    sequence: int
    status: str = "ACTIVE"
    users: dict[str, DeviceUser] = field(default_factory=dict)
    certificates: list[int] = field(default_factory=list)
    before_step: tuple[datetime, Record] | None = None  # the last lifecycle step, and how it was

    def copy(self) -> Record:
        """Return a copy that later changes of this record do not reach."""
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
    """Which versions of the records a search reads.

    The current ones, those of an earlier time, or each as it was before its last change.
    """

    at: datetime | None = None
    one_behind: bool = False


class SearchIndex:
    """Records in the order of their creation.

    Deleted ones are included as long as a lagging search may still return them.
    """

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._past: dict[str, list[tuple[datetime, Record]]] = {}  # each version with its end
        self._deleted: dict[str, datetime] = {}

    def add(self, record: Record) -> None:
        """Add a new record."""
        self._records.append(record)

    def before_change(self, record: Record, now: datetime) -> None:
        """Keep the current version of a record that is about to change."""
        self._past.setdefault(record.id, []).append((now, record.copy()))

    def removed(self, record: Record, now: datetime) -> None:
        """Note that a record is about to be deleted."""
        self.before_change(record, now)
        self._deleted[record.id] = now

    def forget(self, now: datetime, lag: timedelta) -> None:
        """Drop the versions and deleted records that no search reads any more."""
        oldest = now - lag - KEPT
        self._deleted, forgotten = _split(self._deleted, oldest)
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
        """Return the next records behind sequence number ``after``, ``limit`` at most.

        The second value is the number of the last of them if there are more, else None.
        """
        rows: list[Record] = []
        start = bisect.bisect_right(self._records, after, key=lambda record: record.sequence)
        for place in range(start, len(self._records)):
            record = self._version(self._records[place], glance)
            if record is None or not matches(record):
                continue
            if len(rows) == limit:
                return rows, rows[-1].sequence
            rows.append(record)
        return rows, None

    def _version(self, record: Record, glance: Glance) -> Record | None:
        past = self._past.get(record.id, ())
        if glance.one_behind:
            return past[-1][1] if past else record
        if glance.at is not None:
            if record.created > glance.at:
                return None
            for until, version in past:
                if until > glance.at:
                    return version
        return None if record.id in self._deleted else record


def _split(times: dict[str, datetime], oldest: datetime) -> tuple[dict[str, datetime], set[str]]:
    return {key: time for key, time in times.items() if time >= oldest}, {
        key for key, time in times.items() if time < oldest
    }
