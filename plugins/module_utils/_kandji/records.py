# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Kandji's API as records.

Ids are in lower case, since Kandji may return them in either. An empty id, serial or name is
one that Kandji left out; it matches nothing. Any other value that Kandji left out, or left empty,
is None, which means unknown. The text of a profile or a script may be empty. Values of enums that
nobody documented stay as they are.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._core.json_fields import (
    Row,
    as_content,
    as_flag,
    as_id,
    as_name,
    as_number_or_id,
    as_object,
    as_text,
    as_word,
)
from .._core.timestamps import EARLIEST, parse_timestamp
from .unreadable_fields import malformed_fields


def _key(value: object) -> str:
    """Return an id in lower case."""
    return as_id(value).lower()


# Devices

MAC = "Mac"

# Kandji's statuses, in upper case; configuration profiles use lower-case words for the same.
STATUS_WORDS = {
    "PASS": "installed",
    "SUCCESS": "installed",
    "PENDING": "pending",
    "DOWNLOADING": "pending",
    "INSTALLING": "pending",
    "CACHED": "pending",
    "CHANGE_PENDING": "pending",
    "ERROR": "failed",
    "FAILED": "failed",
    "AVAILABLE": "self_service_only",
    "EXCLUDED": "excluded",
    "INCOMPATIBLE": "incompatible",
}
STATES = (
    "installed",
    "pending",
    "failed",
    "self_service_only",
    "no_license",
    "excluded",
    "incompatible",
    "unknown",
)


# Of two statuses that were reported at one time, the later one of these tells the truth.
STATES_BY_WEIGHT = (
    "excluded",
    "incompatible",
    "self_service_only",
    "pending",
    "unknown",
    "no_license",
    "failed",
    "installed",
)


def _tags(row: Row) -> tuple[str, ...] | None:
    """Return the tags of a device; None if they are unknown."""
    tags = row.get("tags")
    if not isinstance(tags, (list, tuple)) or not all(map(as_id, tags)):
        return None  # a write replaces all tags, also one that nobody can read
    return tuple(map(str, tags))


def is_removed(row: Row) -> bool:
    """Return whether a row of List Devices is of a removed device: only if Kandji says so."""
    return row.get("is_removed") is True


@dataclass(frozen=True, slots=True)
class KandjiDevice:
    """A device, as List Devices and Get Device describe it.

    ``serial`` is written as Kandji shows it; ``serial_key`` is for comparisons. ``person`` is the
    assigned user's e-mail address, else name, and ``user_id`` the user's id. ``last_check_in`` and
    ``enrolled``, when the MDM enrolled it last, are ISO 8601. ``mdm_enabled`` is whether its MDM
    profile is there, None if the row does not show it; likewise ``is_removed``. ``hides_email`` is
    whether it may have a user whose e-mail address the row does not show: Kandji shows an empty
    text where it has none.
    """

    device_id: str
    serial: str = ""
    name: str = ""
    platform: str | None = None
    blueprint_id: str = ""
    blueprint_name: str = ""
    os_version: str = ""
    model: str = ""
    person: str = ""
    tags: tuple[str, ...] | None = None
    last_check_in: str | None = None
    is_removed: bool | None = False
    mdm_enabled: bool | None = None
    user_id: str = ""
    enrolled: str | None = None
    hides_email: bool = False

    @classmethod
    def from_row(cls, row: Row) -> KandjiDevice:
        """Return the record of a row of List Devices or the body of Get Device."""
        user = as_object(row.get("user"))
        return cls(
            device_id=_key(row.get("device_id")),
            serial=as_id(row.get("serial_number")),
            name=as_name(row.get("device_name")),
            platform=as_id(row.get("platform")) or None,
            blueprint_id=_key(row.get("blueprint_id")),
            blueprint_name=as_name(row.get("blueprint_name")),
            os_version=as_name(row.get("os_version")),
            model=as_name(row.get("model")),
            person=as_name(user.get("email") or user.get("name")),
            tags=_tags(row),
            last_check_in=as_text(row.get("last_check_in")),
            is_removed=as_flag(row.get("is_removed")),
            mdm_enabled=as_flag(row.get("mdm_enabled")),
            user_id=as_number_or_id(user.get("id")),
            enrolled=as_text(row.get("last_enrollment")) or as_text(row.get("first_enrollment")),
            hides_email=row.get("user") != "" and not as_id(user.get("email")),
        )

    @property
    def serial_key(self) -> str:
        """Return the serial in the form in which serials are compared."""
        return self.serial.lower()

    @property
    def is_mac(self) -> bool:
        """Return whether the device is a Mac, or may be one: its platform is not shown.

        Limits count it then, and lists have it.
        """
        return self.platform in (MAC, None)


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """An MDM command that was sent to a device, as Get Device Commands describes it.

    ``status`` is Kandji's number: 1 pending, 2 running, 3 completed, 4 failed, 5 put off by the
    device. It is None if the row has none. The times are ISO 8601.
    """

    uuid: str
    request_type: str = ""
    status: int | None = None
    requested: str | None = None
    completed: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> DeviceCommand:
        """Return the record of a row of Get Device Commands."""
        status = as_number_or_id(row.get("status"))
        return cls(
            uuid=_key(row.get("uuid")),
            request_type=as_id(row.get("request_type")),
            status=int(status) if status.isdecimal() and status.isascii() else None,
            requested=as_text(row.get("date_requested")),
            completed=as_text(row.get("date_completed")),
        )


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """The status of a library item on one device.

    ``status`` is Kandji's own word; ``reported_at`` is ISO 8601.
    """

    device_id: str
    device_name: str | None = None
    blueprint_id: str = ""
    status: str | None = None
    log: str | None = None
    last_audit_log: str | None = None
    control_log: str | None = None
    reported_at: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> ItemStatus:
        """Return the record of a row of Get Library Item Statuses."""
        computer = as_object(row.get("computer"))
        return cls(
            device_id=_key(computer.get("id")),
            device_name=as_text(computer.get("name")),
            blueprint_id=_key(as_object(row.get("blueprint")).get("id")),
            status=as_text(row.get("status")),
            log=as_text(row.get("log")),
            last_audit_log=as_text(row.get("last_audit_log")),
            control_log=as_text(row.get("control_log")),
            reported_at=as_text(row.get("reported_at")),
        )

    def masked(self, mask: t.Callable[[str], str]) -> ItemStatus:
        """Return the record with its free texts (the logs, and Kandji's own word) masked."""
        names = ("status", "log", "last_audit_log", "control_log")
        texts = {name: text for name in names if (text := getattr(self, name))}
        new = {name: mask(text) for name, text in texts.items()}
        return self if new == texts else replace(self, **new)

    @property
    def state(self) -> str:
        """Return one of STATES.

        Kandji has no status for a missing license: the text of its log names it.
        """
        state = STATUS_WORDS.get(str(self.status).upper(), "unknown")
        log = (self.log or "").lower()
        if state in ("pending", "failed") and re.search("licen[cs]e", log):
            return "no_license"
        return state

    @property
    def is_installed(self) -> bool:
        """Return whether the device has the item."""
        return self.state == "installed"

    @property
    def precedence(self) -> int:
        """Return what orders statuses of one device: the greatest tells the truth.

        A later report outweighs an earlier one, and any report a status without a timestamp. At the
        same time a failure outweighs what may still come, which is the order of STATES_BY_WEIGHT.
        It is one number, since a fleet holds one for each status.
        """
        reported = (parse_timestamp(self.reported_at) or EARLIEST) - EARLIEST
        weight = STATES_BY_WEIGHT.index(self.state)
        return reported // timedelta(microseconds=1) * len(STATES_BY_WEIGHT) + weight

    @property
    def logs(self) -> tuple[str | None, ...]:
        """Return all logs of the status, in the order in which they are searched."""
        return (self.log, self.last_audit_log, self.control_log)


@dataclass(frozen=True, slots=True)
class DeviceItem:
    """A library item of one device, with its type."""

    item_id: str
    name: str = ""
    type: str | None = None
    status: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> DeviceItem:
        """Return the record of a row of Get Device Library Items."""
        return cls(
            item_id=_key(row.get("item_id")),
            name=as_name(row.get("name")),
            type=as_word(row.get("type")),
            status=as_text(row.get("status")),
        )


# Prism: what Macs reported at their last inventory


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile that a Mac reported.

    ``payload_types`` are the types of its payloads. ``identifier`` and ``payload_uuid`` are in
    lower case. ``created_at`` is when Kandji first saw it (ISO 8601).
    """

    device_id: str
    serial: str = ""
    blueprint_id: str = ""
    identifier: str = ""
    payload_uuid: str = ""
    payload_types: frozenset[str] | None = None
    created_at: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> InstalledProfile:
        """Return the record of a row of Installed profiles."""
        data = row.get("profile_data")
        return cls(
            device_id=_key(row.get("device_id")),
            serial=as_id(row.get("serial_number")),
            blueprint_id=_key(row.get("blueprint_id")),
            identifier=_key(row.get("payload_identifier")),
            payload_uuid=_key(row.get("payload_uuid")),
            payload_types=None
            if not isinstance(data, list)
            else frozenset(
                str(payload["type"])
                for payload in data
                if isinstance(payload, dict) and "type" in payload
            ),
            created_at=as_text(row.get("created_at")),
        )

    @property
    def first_seen(self) -> datetime | None:
        """Return when Kandji first saw the profile."""
        return parse_timestamp(self.created_at)


@dataclass(frozen=True, slots=True)
class PrismCertificate:
    """A certificate that a Mac reported. ``created_at`` is when Kandji first saw it (ISO 8601)."""

    device_id: str
    serial: str = ""
    common_name: str = ""
    created_at: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> PrismCertificate:
        """Return the record of a row of Certificates."""
        return cls(
            device_id=_key(row.get("device_id")),
            serial=as_id(row.get("serial_number")),
            common_name=as_name(row.get("common_name")),
            created_at=as_text(row.get("created_at")),
        )

    @property
    def first_seen(self) -> datetime | None:
        """Return when Kandji first saw the certificate."""
        return parse_timestamp(self.created_at)


@dataclass(frozen=True, slots=True)
class PrismApp:
    """An application that a Mac reported."""

    device_id: str
    serial: str = ""
    bundle_id: str | None = None
    version: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> PrismApp:
        """Return the record of a row of Applications."""
        return cls(
            device_id=_key(row.get("device_id")),
            serial=as_id(row.get("serial_number")),
            bundle_id=as_text(row.get("bundle_id")),
            version=as_text(row.get("version")),
        )


def newest_statuses(statuses: t.Iterable[ItemStatus]) -> dict[str, ItemStatus]:
    """Return the status of one item on each device, by device id, in the order of the rows.

    The list changes while it is read, so that a device may come twice.
    """
    newest: dict[str, ItemStatus] = {}
    for status in statuses:
        known = newest.get(status.device_id)
        if known is None or status.precedence > known.precedence:
            newest[status.device_id] = status
    return newest


def newest_first_seen(
    rows: t.Iterable[InstalledProfile | PrismCertificate],
) -> datetime | None:
    """Return when Kandji first saw the newest of these, or None if it names no timestamp."""
    times = (row.first_seen for row in rows)
    return max((time for time in times if time is not None), default=None)


# The audit log


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An event of the tenant's audit log.

    ``new_name`` and ``new_type`` are of the target after the event. ``occurred_at`` is ISO 8601.
    """

    target_id: str
    target_type: str | None = None
    action: str = ""
    new_name: str | None = None
    new_type: str | None = None
    occurred_at: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> AuditEvent:
        """Return the record of a row of List audit events."""
        state = as_object(row.get("new_state"))
        return cls(
            target_id=_key(row.get("target_id")),
            target_type=as_word(row.get("target_type")),
            action=as_name(row.get("action")),
            new_name=as_text(state.get("name")),
            new_type=as_word(state.get("type")),
            occurred_at=as_text(row.get("occurred_at")),
        )


# The library


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A blueprint. ``type`` is Kandji's own word: classic or map."""

    id: str
    name: str = ""
    type: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Blueprint:
        """Return the record of a row of List Blueprints. One without a name is named by its id."""
        blueprint_id = _key(row.get("id"))
        name = as_name(row.get("name")) or blueprint_id
        return cls(id=blueprint_id, name=name, type=as_word(row.get("type")))

    def as_result(self) -> dict[str, str]:
        """Return id and name, as results show a blueprint."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A library item of any type, as a blueprint lists it: no type among its columns."""

    id: str
    name: str = ""

    @classmethod
    def from_row(cls, row: Row) -> LibraryItem:
        """Return the record of a row of List Library Items."""
        return cls(id=_key(row.get("id")), name=as_name(row.get("name")))


@dataclass(frozen=True, slots=True)
class CustomProfile:
    """A Custom Profile.

    ``mobileconfig`` is its XML. ``flags`` are active and runs_on_mac ..., as far as Kandji returned
    them: in 2024 a tenant listed profiles without runs_on_mac and the like. An absent flag is
    unknown. ``mdm_identifier`` is written as Kandji shows it. The timestamps are ISO 8601.
    ``malformed`` names the fields among name and flags that cannot be read.
    """

    id: str
    name: str = ""
    mobileconfig: str | None = field(default=None, repr=False)
    flags: t.Mapping[str, bool] = field(default_factory=dict)
    mdm_identifier: str | None = None
    updated_at: str | None = None
    created_at: str | None = None
    malformed: frozenset[str] = frozenset()

    @classmethod
    def from_row(cls, row: Row) -> CustomProfile:
        """Return the record of a row of List Custom Profiles, or of the answer to a write."""
        flags = [key for key in row if key == "active" or key.startswith("runs_on_")]
        return cls(
            id=_key(row.get("id")),
            name=as_name(row.get("name")),
            mobileconfig=as_content(row.get("profile")),
            flags={key: row[key] for key in flags if isinstance(row[key], bool)},
            mdm_identifier=as_text(row.get("mdm_identifier")),
            updated_at=as_text(row.get("updated_at")),
            created_at=as_text(row.get("created_at")),
            malformed=malformed_fields(row, {"name": str, **dict.fromkeys(flags, bool)}),
        )

    @property
    def is_active(self) -> bool:
        """Return whether Macs get it: only a profile that Kandji calls inactive is not."""
        return self.flags.get("active", True)


# Kandji leaves remediation_script and show_in_self_service out, or sends null, if they are unset.
SCRIPT_FIELDS: dict[str, type] = {
    "name": str,
    "script": str,
    "execution_frequency": str,
    "active": bool,
    "restart": bool,
}


@dataclass(frozen=True, slots=True)
class CustomScript:
    """A Custom Script.

    The timestamps are ISO 8601. ``malformed`` names the fields that cannot be read.
    """

    id: str
    name: str = ""
    script: str | None = field(default=None, repr=False)
    remediation_script: str | None = field(default=None, repr=False)
    execution_frequency: str | None = None
    active: bool | None = None
    restart: bool | None = None
    show_in_self_service: bool | None = None
    updated_at: str | None = None
    created_at: str | None = None
    malformed: frozenset[str] = frozenset()

    @classmethod
    def from_row(cls, row: Row) -> CustomScript:
        """Return the record of a row of List Custom Scripts, or of the answer to a write."""
        return cls(
            id=_key(row.get("id")),
            name=as_name(row.get("name")),
            script=as_content(row.get("script")),
            remediation_script=as_content(row.get("remediation_script")),
            execution_frequency=as_word(row.get("execution_frequency")),
            active=as_flag(row.get("active")),
            restart=as_flag(row.get("restart")),
            show_in_self_service=as_flag(row.get("show_in_self_service")),
            updated_at=as_text(row.get("updated_at")),
            created_at=as_text(row.get("created_at")),
            malformed=malformed_fields(row, SCRIPT_FIELDS),
        )
