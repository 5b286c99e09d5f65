# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of issued certificates: events of Okta's System Log, kept longer than Okta keeps them.

Pure, except ``load``, ``known_expiry`` and ``save``. The file is JSON, line by line: a head, then
one line for each certificate.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from ..._core.atomic_files import atomic_write, check_regular, check_writable
from ..._core.errors import TRY_AGAIN, BadOption, Unreadable
from ..._core.text import names_serial
from ..._core.timestamps import format_milliseconds, format_timestamp, parse_timestamp
from ..._kandji.certificate_proof import UNKNOWN, Subject, UnattestedNames
from ..._kandji.client import Kandji
from ..._okta.client import LIST_LOG_EVENTS
from ..._okta.constants import CERTIFICATE_LIFETIME, LOG_OVERLAP, LOG_RETENTION
from ..._okta.records import LogEvent
from .check_report import (
    NO_KEYS,
    CheckedExpiry,
    KeyExpiries,
    expiries_of,
    read_checks,
    unattested_names,
)

FILE = "certificates.jsonl"
VERSION = 1
_LONGEST_NAME = 300
_WORD = re.compile(r"[0-9a-z]+")


# By serial, as the vendor spells it.
UnattestedBySerial: t.TypeAlias = "t.Mapping[str, UnattestedNames]"
# From serials, the subject of the SCEP profile of their Macs, and what these report of certificates
# of other authorities, to expiry (ISO 8601) by serial.
LedgerExpiry: t.TypeAlias = (
    "t.Callable[[t.Iterable[str], Subject, UnattestedBySerial], t.Mapping[str, str]]"
)


@dataclass(frozen=True)
class Expiries:
    """Expiries of newest certificates (ISO 8601).

    ``by_device`` is by device id and comes from the Macs. It outweighs ``ledger``, unless Kandji
    saw a certificate of the Mac since. ``unattested`` is by device id and comes from the Macs, too:
    certificates that another authority signed.
    """

    by_device: t.Mapping[str, CheckedExpiry] = field(default_factory=dict)
    ledger: LedgerExpiry | None = None
    unattested: t.Mapping[str, UnattestedNames] = field(default_factory=dict)

    def read_ledger(self, macs: t.Mapping[str, str], subject: Subject) -> t.Mapping[str, str]:
        """Return serial -> expiry (ISO 8601) of what the ledger knows of Macs.

        :arg macs: device id -> serial.
        :arg subject: of the SCEP profile of these Macs.
        """
        if self.ledger is None:
            return {}
        others = {
            serial: self.unattested[device_id]
            for device_id, serial in macs.items()
            if device_id in self.unattested
        }
        return self.ledger(list(macs.values()), subject, others)


class Issued(t.NamedTuple):
    """One certificate, in the order of the file.

    ``names`` are the texts of the event's targets; which of them is its common name is not
    documented.
    """

    at: str
    uuid: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """The ledger of an org.

    ``read_to`` is the timestamp (ISO 8601) of the newest event that was read, None before the
    first.
    """

    org: str
    read_to: str | None = None
    issued: tuple[Issued, ...] = ()


def parse(text: str, org: str, where: str) -> Ledger:
    """Return the ledger of an org from the text of its file; an empty text is a new one.

    ``where`` is the file's path, for errors. Raises BadOption.
    """
    if not text:
        return Ledger(org)
    version = owner = read_to = None
    issued: list[Issued] = []
    try:
        for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
            row = json.loads(line)
            if number == 1:
                version, owner, read_to = row["ledger"], row["org"], row["read_to"]
                if read_to is not None and not parse_timestamp(str(read_to)):
                    raise ValueError
                continue
            names = tuple(map(str, row["names"]))
            issued.append(Issued(str(row["at"]), str(row["uuid"]), names))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadOption(
            f"state_dir: line {number} of {where} is not readable. Restore the file from a"
            " backup, or remove it to start again with what Okta's log still has (the last"
            f" {LOG_RETENTION.days} days)."
        ) from None
    if version != VERSION:
        raise BadOption(
            f"state_dir: {where} has version {version}, and this collection writes"
            f" {VERSION}. Use the release of the collection that wrote it."
        )
    if owner != org:
        raise BadOption(
            f"state_dir: {where} is the ledger of {owner}, and the org is {org}. Use a"
            " directory of its own for each org."
        )
    return Ledger(org, read_to, tuple(issued))


def render(ledger: Ledger) -> str:
    """Return the text of a ledger's file."""
    rows: list[dict[str, object]] = [
        {"ledger": VERSION, "org": ledger.org, "read_to": ledger.read_to}
    ]
    rows += [
        {"at": issued.at, "uuid": issued.uuid, "names": list(issued.names)}
        for issued in ledger.issued
    ]
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def since(ledger: Ledger, now: datetime) -> str:
    """Return the timestamp (ISO 8601) from which the log has to be read."""
    oldest = now - LOG_RETENTION
    read_to = parse_timestamp(ledger.read_to)
    return format_milliseconds(max(oldest, min(read_to, now) - LOG_OVERLAP) if read_to else oldest)


def merge(
    ledger: Ledger, events: t.Iterable[LogEvent], lifetime_days: int, now: datetime
) -> Ledger:
    """Return the ledger with these events, or the same object if none is new.

    Certificates that expired long ago are left out when something is added. ``now`` is Okta's
    clock: an event that bears a later time happened now, or it would outdate all others. Raises
    Unreadable for an event without a uuid or a time: the log is not read again from before it.
    """
    known = {issued.uuid for issued in ledger.issued}
    new: dict[str, Issued] = {}
    for event in events:
        uuid, at = event.uuid, parse_timestamp(event.published)
        if not uuid or at is None:
            raise Unreadable(
                f"Okta: an event of {LIST_LOG_EVENTS.name} has no {'published' if uuid else 'uuid'}"
                f" that can be read, so that the ledger would lack a certificate. {TRY_AGAIN}",
                vendor="okta",
            )
        if uuid not in known:
            new[uuid] = Issued(format_milliseconds(min(at, now)), uuid, _names(event))
    if not new:
        return ledger
    read_to = max([issued.at for issued in new.values()] + [ledger.read_to or ""])
    newest = parse_timestamp(read_to)
    if newest:
        newest = min(newest, now)
        read_to = format_milliseconds(newest)
    oldest = (
        format_milliseconds(newest - timedelta(days=lifetime_days) - LOG_RETENTION)
        if newest
        else ""
    )
    kept = sorted({issued for issued in (*ledger.issued, *new.values()) if issued.at >= oldest})
    return replace(ledger, read_to=read_to, issued=tuple(kept))


def _names(event: LogEvent) -> tuple[str, ...]:
    texts = [text[:_LONGEST_NAME] for target in event.targets for text in target.texts]
    return tuple(dict.fromkeys(texts))


def expiry_by_serial(
    ledger: Ledger,
    serials: t.Iterable[str],
    lifetime_days: int,
    subject: Subject = UNKNOWN,
    unattested: UnattestedBySerial = MappingProxyType({}),
) -> dict[str, str]:
    """Return serial -> expiry (ISO 8601) of the certificate that was issued last for this Mac.

    Serials that the ledger does not name are left out.

    :arg subject: of the SCEP profile of these Macs. A certificate of another authority, such as
        Device Access, does not count then.
    :arg unattested: names of certificates that another authority signed, as the Macs reported. What
        was issued under such a name before the report is not on the Mac any more.
    """
    index = _SerialIndex.of(serials)
    subjects = {serial: subject.without(others) for serial, others in unattested.items()}
    last: dict[str, str] = {}
    for issued in ledger.issued:
        for serial in index.named_in(issued.names):
            own = subjects.get(serial, subject)
            if own.names_certificate(issued.names, serial, parse_timestamp(issued.at)):
                last[serial] = max(last.get(serial, ""), issued.at)
    times = {serial: parse_timestamp(at) for serial, at in last.items()}
    return {
        serial: format_timestamp(time + timedelta(days=lifetime_days))
        for serial, time in times.items()
        if time
    }


@dataclass(frozen=True)
class _SerialIndex:
    """Serials by the word that they are, and those of virtual Macs, which hold punctuation."""

    words: t.Mapping[str, str]
    others: tuple[str, ...]

    @classmethod
    def of(cls, serials: t.Iterable[str]) -> _SerialIndex:
        known = [serial for serial in serials if serial]
        words = {serial.lower(): serial for serial in known if _WORD.fullmatch(serial.lower())}
        return cls(words, tuple(serial for serial in known if serial.lower() not in words))

    def named_in(self, names: t.Sequence[str]) -> set[str]:
        """Return the serials that these names hold as a word."""
        words = {word for name in names for word in _WORD.findall(name.lower())}
        serials = {self.words[word] for word in words if word in self.words}
        return serials.union(
            serial for serial in self.others if any(names_serial(name, serial) for name in names)
        )


def load(state_dir: str, org: str) -> Ledger:
    """Return the org's ledger in a directory, or a new one if it has none. Raises BadOption."""
    path = os.path.join(state_dir, FILE)
    try:
        check_regular(path)
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), org, path)
    except FileNotFoundError:
        return Ledger(org)
    except (OSError, UnicodeDecodeError) as error:
        raise BadOption(
            f"state_dir: {path} cannot be read"
            f" ({getattr(error, 'strerror', None) or error.__class__.__name__}). Check it and its"
            " permissions."
        ) from None


def known_expiry(
    kandji: Kandji,
    check_item_id: str | None,
    org: str = "",
    state_dir: str | None = None,
    keys: KeyExpiries = NO_KEYS,
    subject: Subject = UNKNOWN,
) -> Expiries:
    """Return what the certificate check and the ledger know, as ``read_fleet`` takes it.

    ``keys`` and ``subject`` are those of ``expiries_of``.
    """
    checks = read_checks(kandji.item_statuses(check_item_id)) if check_item_id else {}
    by_device = expiries_of(checks, keys, subject)
    unattested = {device: unattested_names(check, keys) for device, check in checks.items()}
    unattested = {device: others for device, others in unattested.items() if others.names}
    if not state_dir:
        return Expiries(by_device, None, unattested)
    ledger = load(state_dir, org)

    def by_serial(
        serials: t.Iterable[str], subject: Subject, others: UnattestedBySerial
    ) -> dict[str, str]:
        return expiry_by_serial(ledger, serials, CERTIFICATE_LIFETIME.days, subject, others)

    return Expiries(by_device, by_serial, unattested)


def save(state_dir: str, ledger: Ledger, check_mode: bool = False) -> None:
    """Write the ledger to a file that only its owner can read. Raises BadOption.

    An interruption leaves either the old file or the new one. Check mode only finds out whether it
    can be written.
    """
    path = os.path.join(state_dir, FILE)
    try:
        if check_mode:
            check_writable(path)
        else:
            os.makedirs(state_dir, mode=0o700, exist_ok=True)
            atomic_write(path, [render(ledger)], 0o600)
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise BadOption(
            f"state_dir: {path} cannot be written ({reason}). Check the directory and its"
            " permissions."
        ) from None
