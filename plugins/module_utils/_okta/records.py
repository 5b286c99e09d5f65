# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's rows as frozen records: the only place that knows the names of their fields.

An absent field is None, "" for an id, and no record for an object. Values of enumerations stay
texts, because an org may use one that this collection does not know. Timestamps are Okta's texts.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.text import texts_in

Row = Mapping[str, t.Any]  # a JSON object of Okta


def _object(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _id(value: object) -> str:
    """Return an id or a serial as text without surrounding spaces, "" if there is none."""
    return str(value).strip() if value is not None else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


# Devices and their users


@dataclass(frozen=True, slots=True)
class OktaUser:
    """A user: listUsers, getUser, listGroupUsers, and the user of a device record."""

    id: str
    login: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    status: str | None = None
    type_id: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> OktaUser:
        """Return the user of a row."""
        profile = _object(row.get("profile"))
        return cls(
            id=_id(row.get("id")),
            login=_text(profile.get("login")),
            first_name=_text(profile.get("firstName")),
            last_name=_text(profile.get("lastName")),
            status=_text(row.get("status")),
            type_id=_text(_object(row.get("type")).get("id")),
        )

    @property
    def name(self) -> str:
        """The login, else the id."""
        return self.login or self.id


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """A user of a device record, and what Okta says of the user on that device.

    listDeviceUsers returns it with ``user``, listDevices with expand=userSummary with ``summary``.
    """

    user: OktaUser
    management_status: str | None = None
    screen_lock_type: str | None = None
    created: str | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> DeviceUser:
        """Return the device user of a row, in either form."""
        return cls(
            user=OktaUser.from_row(_object(row.get("user") or row.get("summary"))),
            management_status=_text(row.get("managementStatus")),
            screen_lock_type=_text(row.get("screenLockType")),
            created=_text(row.get("created")),
            row=row,
        )

    @property
    def is_managed(self) -> bool:
        """Whether Okta treats the device as managed for this user."""
        return self.management_status == "MANAGED"


@dataclass(frozen=True, slots=True)
class OktaDevice:
    """A device record. ``users`` is None where the answer does not hold them.

    ``row`` is Okta's own row, for results that show records under Okta's names.
    """

    id: str
    status: str | None = None
    created: str | None = None
    last_updated: str | None = None
    display_name: str | None = None
    platform: str | None = None
    serial_number: str = ""
    udid: str = ""
    registered: bool | None = None
    secure_hardware: bool | None = None
    users: tuple[DeviceUser, ...] | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> OktaDevice:
        """Return the device record of a row. The UDID is in lower case, the serial as Okta has it."""
        profile, embedded = _object(row.get("profile")), _object(row.get("_embedded"))
        users = embedded.get("users")
        return cls(
            id=_id(row.get("id")),
            status=_text(row.get("status")),
            created=_text(row.get("created")),
            last_updated=_text(row.get("lastUpdated")),
            display_name=_text(profile.get("displayName")),
            platform=_text(profile.get("platform")),
            serial_number=_id(profile.get("serialNumber")),
            udid=_id(profile.get("udid")).lower(),
            registered=_flag(profile.get("registered")),
            secure_hardware=_flag(profile.get("secureHardwarePresent")),
            users=(
                tuple(map(DeviceUser.from_row, _objects(users)))
                if isinstance(users, list)
                else None
            ),
            row=row,
        )

    @property
    def serial_key(self) -> str:
        """The serial in lower case, for comparisons; "" if Okta knows none."""
        return self.serial_number.lower()


@dataclass(frozen=True, slots=True)
class Enrollment:
    """An authenticator that a user has enrolled: listAuthenticatorEnrollments."""

    key: str | None = None
    status: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Enrollment:
        """Return the enrolment of a row."""
        return cls(key=_text(row.get("key")), status=_text(row.get("status")))


# System Log


@dataclass(frozen=True, slots=True)
class LogEntity:
    """An actor or a target of an event of the System Log.

    ``texts`` are all its texts but its type, however deeply nested: which of them holds the common
    name of a certificate is not documented.
    """

    id: str = ""
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None
    serial_number: str = ""
    texts: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> LogEntity:
        """Return the actor or target of a row."""
        return cls(
            id=_id(row.get("id")),
            type=_text(row.get("type")),
            alternate_id=_text(row.get("alternateId")),
            display_name=_text(row.get("displayName")),
            serial_number=_id(_object(row.get("detailEntry")).get("serialNumber")),
            texts=tuple(texts_in({name: row[name] for name in row if name != "type"})),
        )

    @property
    def is_device(self) -> bool:
        """Whether it is a device record."""
        return "device" in (self.type or "").lower()

    @property
    def is_user(self) -> bool:
        """Whether it is a user."""
        return "user" in (self.type or "").lower()


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of the System Log: listLogEvents, and the deliveries of event hooks.

    ``device_id`` is the device that the event itself names, which is not one of its targets.
    ``row`` is Okta's own row, for results and rulebooks that show events as Okta has them.
    """

    uuid: str = ""
    event_type: str = ""
    published: str | None = None
    outcome: str | None = None
    actor: LogEntity = LogEntity()
    targets: tuple[LogEntity, ...] = ()
    device_id: str = ""
    device_registered: bool | None = None
    device_platform: str | None = None
    browser_os: str | None = None
    user_agent: str | None = None
    factor: str | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> LogEvent:
        """Return the event of a row."""
        device, browser = _object(row.get("device")), _object(row.get("client")).get("userAgent")
        return cls(
            uuid=_id(row.get("uuid")),
            event_type=_id(row.get("eventType")),
            published=_text(row.get("published")),
            outcome=_text(_object(row.get("outcome")).get("result")),
            actor=LogEntity.from_row(_object(row.get("actor"))),
            targets=tuple(map(LogEntity.from_row, _objects(row.get("target")))),
            device_id=_id(device.get("id")),
            device_registered=_flag(device.get("registered")),
            device_platform=_text(device.get("os_platform")),
            browser_os=_text(_object(browser).get("os")),
            user_agent=_text(_object(browser).get("rawUserAgent")),
            factor=_text(_object(_object(row.get("debugContext")).get("debugData")).get("factor")),
            row=row,
        )
