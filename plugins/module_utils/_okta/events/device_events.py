# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about device records and certificates in the System Log. Pure.

The log is ahead of Okta's search, and it knows when a certificate was issued.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..records import LogEntity, LogEvent

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
# What binds a certificate to a record, or takes it away. A renewed certificate may be bound while
# an older one is revoked, therefore the newest event counts.
BINDINGS = {
    "pki.cert.bind": True,
    "pki.cert.lifecycle.suspend": False,
    "pki.cert.lifecycle.revoke": False,
    "pki.cert.lifecycle.delete": False,
}
ISSUE, REVOCATION = "pki.cert.issue", "pki.cert.lifecycle.revoke"
REGISTRATION = "device.enrollment.create"
USERS = {"device.user.add": True, "device.user.remove": False}
# What Okta Verify on the Mac did itself: no administrator can cause these.
ACTS = ("pki.cert.bind", "device.user.add", REGISTRATION)
CLOSING = ("device.lifecycle.deactivate", "device.lifecycle.delete")


@dataclass(slots=True)
class RecordEvents:
    """The newest fact of the System Log on each point of one device record.

    None means that the log does not say.
    """

    status: str | None = None  # of the record; DELETED after its deletion
    bound: bool | None = None  # whether a certificate was bound to it, or taken from it
    users: dict[str, bool] = field(default_factory=dict)  # login -> added or removed
    bound_at: str = ""  # when a certificate was bound to it last (ISO 8601)
    registered_at: str = ""  # when it was registered, also of one that ended since
    acted_at: str = ""  # when Okta Verify registered, added a person or bound a certificate last

    @property
    def is_deleted(self) -> bool:
        """Whether the log has the registration of the record and its deletion."""
        return self.status == "DELETED" and bool(self.registered_at)


@dataclass
class LogFacts:
    """Facts from events of the System Log.

    ``records`` and ``serials`` are by id of the device record; ``certificate_words`` are the words
    of certificates that were bound to it. ``issued`` is by word of a certificate: when the first
    certificate with that word was issued, as far back as the log was read (ISO 8601).
    ``last_issued`` and ``last_revoked`` are by word, too: when the last one was issued, and when
    one was revoked last that no device had. ``since`` is how far back the log was read.
    """

    records: dict[str, RecordEvents] = field(default_factory=dict)
    serials: dict[str, str] = field(default_factory=dict)
    certificate_words: dict[str, set[str]] = field(default_factory=dict)
    issued: dict[str, str] = field(default_factory=dict)
    last_issued: dict[str, str] = field(default_factory=dict)
    last_revoked: dict[str, str] = field(default_factory=dict)
    since: datetime | None = None


def summarize_events(
    events: Iterable[LogEvent], may_name: Callable[[str], bool] = bool
) -> LogFacts:
    """Return the facts of events that come newest first.

    The newest event on a point counts. Events before a record's end do not count for it.

    :arg may_name: whether a text may name a certificate that makes a Mac managed. Okta logs those
        of Device Access, too.
    """
    facts, closed = LogFacts(), set()
    for event in events:
        _add_certificate(facts, event, may_name)
        for device in event.targets:
            if not device.is_device or not device.id or event.event_type == ISSUE:
                continue
            facts.serials.setdefault(device.id, device.serial_number)
            if event.event_type == "pki.cert.bind":
                others = [target for target in event.targets if target.id != device.id]
                facts.certificate_words.setdefault(device.id, set()).update(_words(others))
            record = facts.records.setdefault(device.id, RecordEvents())
            if event.event_type == REGISTRATION:
                record.registered_at = event.published or ""
            if device.id not in closed:
                _add_event(record, event)
            if event.event_type in CLOSING:
                closed.add(device.id)
    return facts


def _add_certificate(facts: LogFacts, event: LogEvent, may_name: Callable[[str], bool]) -> None:
    """Note when a certificate was issued, or was revoked that no device had."""
    if event.event_type == ISSUE and event.published:
        words = _words(event.targets, may_name)
        facts.issued.update(dict.fromkeys(words, event.published))
        _add_newest(facts.last_issued, words, event.published)
    elif event.event_type == REVOCATION and not any(each.is_device for each in event.targets):
        words = _words(event.targets, may_name)
        _add_newest(facts.last_revoked, words, event.published or "")


def _add_newest(times: dict[str, str], words: Iterable[str], time: str) -> None:
    for word in words:
        times.setdefault(word, time)


def _add_event(record: RecordEvents, event: LogEvent) -> None:
    kind = event.event_type
    if kind in ACTS:
        record.acted_at = record.acted_at or event.published or ""
    if kind in STATUSES:
        record.status = record.status or STATUSES[kind]
    elif kind in BINDINGS:
        record.bound = BINDINGS[kind] if record.bound is None else record.bound
        if BINDINGS[kind]:
            record.bound_at = record.bound_at or event.published or ""
    elif kind in USERS:
        for target in event.targets:
            if target.is_user and target.alternate_id:
                record.users.setdefault(target.alternate_id, USERS[kind])


def _words(targets: Sequence[LogEntity], counts: Callable[[str], bool] = bool) -> set[str]:
    """Return the words of all texts that count, in lower case.

    Which text holds a common name is not documented. Serials of virtual Macs hold punctuation,
    therefore both ways to split count.
    """
    words: set[str] = set()
    for target in targets:
        for text in filter(counts, target.texts):
            words.update(re.split(r"[\s,=()]+", text.lower()))
            words.update(re.split(r"[^0-9a-z]+", text.lower()))
    return {word for word in words if len(word) > 5}
