# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records and Macs are of a person who leaves alone, and under which addresses. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .._core.text import unique_spellings
from .._core.timestamps import format_timestamp, parse_timestamp
from .._okta import user_statuses
from .._okta.constants import LOG_DELAY
from .._okta.records import DeviceUser, OktaDevice, OktaUser
from .model import Lifecycle, login_of

NOT_WORKING = ("SUSPENDED", "DEACTIVATED")
# A device record with its users.
UsedRecord = tuple[OktaDevice, Iterable[DeviceUser]]


@dataclass(frozen=True)
class OtherUser:
    """Somebody who stays and can sign in with a record of the Mac with this serial."""

    serial: str
    login: str

    def as_result(self) -> dict[str, object]:
        """Return what a result holds of the user, with a sentence for people."""
        return {
            "serial_number": self.serial,
            "login": self.login,
            "summary": (
                f"{self.serial}: it stays in its blueprint. It is also used by {self.login}, for"
                " whom it is not managed any more if its certificate was bound to a record that"
                " goes. Then deliver its SCEP profile again (kandji_profile_redelivery)."
            ),
        }


@dataclass(frozen=True)
class RecordWithoutUsers:
    """A record of the Mac with this serial that works, and from which all users are removed."""

    serial: str
    device_id: str

    def as_result(self) -> dict[str, object]:
        """Return what a result holds of the record, with a sentence for people."""
        return {
            "serial_number": self.serial,
            "device_id": self.device_id,
            "summary": (
                f"{self.serial}: its device record {self.device_id} works and has no users, as"
                " after Remove account in Okta Verify. It stays. If it is of nobody else, delete it"
                f" by its id (okta_device with device_ids: [{self.device_id}] and state: absent)."
            ),
        }


@dataclass(frozen=True)
class BlockedRecord:
    """A deactivated record of the Mac with this serial, which may block a lost Mac.

    ``clear_after`` is when the System Log shows what deactivated it, None if it shows that it was
    no deletion, or nothing from that time.
    """

    serial: str
    device_id: str
    clear_after: datetime | None

    def as_result(self) -> dict[str, object]:
        """Return what a result holds of the record, with a sentence for people."""
        remedy = (
            f"The log may not show it yet. Run again after {format_timestamp(self.clear_after)}."
            if self.clear_after
            else "It stays, because its deletion lets the Mac register again. If it is not to stay"
            f" blocked, delete it by its id (okta_device with device_ids: [{self.device_id}] and"
            " state: absent)."
        )
        return {
            "serial_number": self.serial,
            "device_id": self.device_id,
            "clear_after": format_timestamp(self.clear_after) if self.clear_after else None,
            "summary": (
                f"{self.serial or 'no serial'}: its device record {self.device_id} is deactivated,"
                " and the System Log does not show that a deletion was interrupted then. " + remedy
            ),
        }


def list_addresses(user: OktaUser, name: str) -> list[str]:
    """Return the e-mail addresses by which an MDM may know a user, the likeliest one first.

    That is the address of the profile, then the login and the name by which the user was asked for.
    These are in lower case. Without any address, it is the name.
    """
    likeliest = (user.email or "").strip() or name
    others = [(address or "").strip().lower() for address in (user.login, name)]
    addresses = [address for address in (likeliest, *others) if "@" in address]
    return unique_spellings(addresses) or [name]


def describe_match(user: OktaUser, name: str) -> str:
    """Return who was found by a name, with login and id, "" if Okta shows no login."""
    if user.login is None:
        return ""
    if user.login == name:
        return f"{name} has the id {user.id} in Okta."
    identity = "" if name == user.id else f" The id is {user.id}."
    return f"{name} is the user with this login in Okta: {user.login}.{identity}"


def find_deactivated(records: Iterable[UsedRecord]) -> list[OktaDevice]:
    """Return the records that are deactivated. They lost their users, so no user selects them."""
    return [
        record for record, users in records if record.status == "DEACTIVATED" and not list(users)
    ]


def find_unfinished(
    records: Iterable[UsedRecord], lifecycles: Mapping[str, Lifecycle]
) -> list[str]:
    """Return the ids of records that a deletion left which was cut after its first step.

    :arg lifecycles: what the System Log shows of the deactivated ones, by device id.
    """
    return [
        record.id
        for record in find_deactivated(records)
        if lifecycles.get(record.id, Lifecycle()).deletion_was_cut
    ]


def find_blocked(
    records: Iterable[UsedRecord], lifecycles: Mapping[str, Lifecycle], now: datetime
) -> list[BlockedRecord]:
    """Return the deactivated records of which no deletion is known, which may be lost Macs.

    :arg lifecycles: what the System Log shows of the deactivated ones, by device id.
    """
    blocked = []
    for record in find_deactivated(records):
        lifecycle = lifecycles.get(record.id, Lifecycle())
        if not lifecycle.deletion_was_cut:
            changed = parse_timestamp(record.last_updated)
            late = changed and not lifecycle.deactivated_by and changed > now - LOG_DELAY
            clear_after = changed + LOG_DELAY if changed and late else None
            blocked.append(BlockedRecord(record.serial_number, record.id, clear_after))
    return blocked


def find_other_users(records: Iterable[UsedRecord], leaving: Collection[str]) -> list[OtherUser]:
    """Return who can sign in with these records and does not leave, each once for a Mac.

    A record that does not work, and a user who may not sign in, as a previous owner, are of nobody.
    What Okta does not show counts as used. A record without a serial is of no Mac with a name.

    :arg leaving: ids of the users who leave. A login may change meanwhile, or be nobody's name.
    """
    others = [
        OtherUser(record.serial_number, login_of(user))
        for record, users in records
        if record.serial_number and record.status not in NOT_WORKING
        for user in users
        if user.user.status not in user_statuses.ENDED and user.user.id not in leaving
    ]
    return list(dict.fromkeys(others))


def find_without_users(
    records: Iterable[UsedRecord], others: Iterable[OtherUser]
) -> list[RecordWithoutUsers]:
    """Return the records without users of Macs that nobody else uses. No user selects them.

    One that is suspended may be of a lost Mac, and one that is deactivated is unfinished.

    :arg others: who else uses these Macs.
    """
    shared = {other.serial.lower() for other in others}
    return [
        RecordWithoutUsers(record.serial_number, record.id)
        for record, users in records
        if record.serial_number
        and record.serial_number.lower() not in shared
        and record.status not in (None, *NOT_WORKING)
        and not list(users)
    ]
