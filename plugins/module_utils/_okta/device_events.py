# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the System Log says of device records and certificates:

where it is ahead of Okta's search, and when a certificate was issued. Pure.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._status.stages import RecordEvents

EVENTS = (
    'eventType sw "pki.cert." or eventType sw "device.lifecycle." or eventType eq'
    ' "device.enrollment.create" or eventType eq "device.user.add" or eventType eq'
    ' "device.user.remove"'
)
STATUSES = {
    "device.enrollment.create": "ACTIVE",
    "device.lifecycle.activate": "ACTIVE",
    "device.lifecycle.unsuspend": "ACTIVE",
    "device.lifecycle.suspend": "SUSPENDED",
    "device.lifecycle.deactivate": "DEACTIVATED",
    "device.lifecycle.delete": "DELETED",
}
# What binds a certificate to a record, or takes it away. One that is issued anew may be bound while
# an older one is revoked, so that the newest word counts.
BINDINGS = {
    "pki.cert.bind": True,
    "pki.cert.lifecycle.suspend": False,
    "pki.cert.lifecycle.revoke": False,
    "pki.cert.lifecycle.delete": False,
}
USERS = {"device.user.add": True, "device.user.remove": False}


@dataclass
class Heard:
    """``records`` is by id of the device record, ``serials`` what the log calls its serial,
    ``named`` the words of a certificate that was bound to it.

    ``issued`` is when a certificate with this word in its name was first issued, as far back as the
    log was read.
    """

    records: dict[str, RecordEvents] = field(default_factory=dict)
    serials: dict[str, str] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    issued: dict[str, str] = field(default_factory=dict)


def hear(events: t.Iterable[t.Mapping[str, t.Any]]) -> Heard:
    """``events`` come newest first, so that of several words on one point the first counts, and a
    record that was closed hears nothing older.
    """
    heard, closed = Heard(), set()
    for event in events:
        kind = str(event.get("eventType"))
        targets = [one for one in event.get("target") or [] if isinstance(one, dict)]
        if kind == "pki.cert.issue":
            heard.issued.update(dict.fromkeys(words(targets), str(event.get("published") or "")))
            continue
        for record_id, serial in _records(targets):
            heard.serials.setdefault(record_id, serial)
            if kind == "pki.cert.bind":
                heard.named.setdefault(record_id, set()).update(
                    words([one for one in targets if str(one.get("id")) != record_id])
                )
            if record_id not in closed:
                _note(heard.records.setdefault(record_id, RecordEvents()), kind, targets)
            if kind in ("device.lifecycle.deactivate", "device.lifecycle.delete"):
                closed.add(record_id)
    return heard


def _records(targets: t.Sequence[t.Mapping[str, t.Any]]) -> list[tuple[str, str]]:
    """The device records among an event's targets, with the serial where it is told."""
    found = []
    for one in targets:
        if "device" in str(one.get("type")).lower() and one.get("id"):
            detail = one.get("detailEntry")
            found.append(
                (
                    str(one["id"]),
                    str(detail.get("serialNumber") or "") if isinstance(detail, dict) else "",
                )
            )
    return found


def _note(record: RecordEvents, kind: str, targets: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    if kind in STATUSES:
        record.status = record.status or STATUSES[kind]
    elif kind in BINDINGS:
        record.bound = BINDINGS[kind] if record.bound is None else record.bound
    elif kind in USERS:
        for one in targets:
            if "user" in str(one.get("type")).lower() and one.get("alternateId"):
                record.users.setdefault(str(one["alternateId"]), USERS[kind])


def words(value: t.Any) -> set[str]:
    """The words in all texts, in lower case:

    which of them holds a common name is not documented. Serials of virtual Macs hold signs, so both
    splits count.
    """
    found: set[str] = set()
    for text in _texts(value):
        found.update(re.split(r"[\s,=()]+", text.lower()))
        found.update(re.split(r"[^0-9a-z]+", text.lower()))
    return {one for one in found if len(one) > 5}


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
