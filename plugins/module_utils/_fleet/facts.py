# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Kandji and Okta know of one Mac, joined. Pure.

Fleets are large, therefore these records have slots; the join fills MacFacts table by table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._core.timestamps import parse_timestamp
from .._okta.constants import CERTIFICATE_LIFETIME
from .._okta.events.device_events import RecordEvents
from .._okta.record_rank import newest_blocked, of_same_people, rank_record
from .._okta.records import DEVICE_STATUSES, MANAGEMENT_STATUSES, WORKING_STATUSES

# Times of two vendors that are closer tell no order, since clocks differ by seconds. CLOCK_SKEW is
# the largest difference for which a check allows.
UNORDERED = timedelta(seconds=10)
INVENTORY = timedelta(days=1)  # Kandji sees a certificate at the Mac's next daily inventory


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """An Okta device record, as the join needs it.

    ``users`` is login -> managementStatus, ``emails`` login -> e-mail address where that is another
    text; timestamps are ISO 8601. ``serial`` is "" if Okta knows none.
    """

    id: str
    status: str
    created: str = ""
    last_updated: str = ""
    users: dict[str, str] = field(default_factory=dict)
    serial: str = ""
    name: str = ""
    emails: dict[str, str] = field(default_factory=dict)

    @property
    def is_working(self) -> bool:
        """Whether its users can sign in with it."""
        return self.status in WORKING_STATUSES


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps people from registering a Mac with Okta, or may: a reason and a next step."""

    reason: str
    next_step: str


@dataclass(slots=True)
class MacFacts:
    """Facts of both vendors about one Mac.

    States are those of ItemStatus.state, or None if unknown. ``device_id`` is Kandji's.
    """

    serial: str
    name: str = ""
    device_id: str = ""
    person: str = ""
    ring: str | None = None
    profile_state: str | None = None
    profile_log: str = ""
    certificates: Sequence[str] = ()  # when each of its ring's profile was first seen
    unproved: Sequence[str] = ()  # the same of those that only name its serial
    app_state: str | None = None
    app_log: str = ""
    app_present: bool = False
    records: Sequence[DeviceRecord] = ()
    in_kandji: bool = True
    blueprint: str = ""
    blueprint_id: str = ""
    os_version: str = ""
    model: str = ""
    tags: Sequence[str] = ()
    last_check_in: str = ""
    competing: bool = False  # it has certificates of the same authority from another configuration
    copied: bool = False  # one of its certificates is on another Mac too
    issued: str = ""  # when its first certificate was issued, as far back as the log was read
    # when its last certificate was issued, one of it was used first, and one was revoked, as far
    # back as the log was read
    last_issued: str = ""
    last_bound: str = ""
    last_revoked: str = ""
    expires: str = ""  # expiry of its newest certificate, if the Mac or the ledger knows it
    expiry_source: str = ""  # mac or ledger
    not_after: str = ""  # the own expiry of that certificate, if its authority expires before
    events: dict[str, RecordEvents] | None = None  # by id of the device record
    incomplete: str = ""  # why the join itself may be wrong
    unshown: str = ""  # what Kandji does not show of it, of which its stage is not made
    # profile, app: lists of statuses that name other Macs of its blueprint, but not this one
    status_gaps: tuple[str, ...] = ()
    unattested: bool = False  # its ring's profile brought a certificate of another authority
    rolled_out: bool = True  # whether Kandji has the SCEP profile of its ring
    obstacle: Obstacle | None = None  # what may keep its person from registering it
    left_mdm: bool = False  # Kandji still lists it, but not as enrolled in its MDM
    enrolled: str = ""  # when Kandji's MDM enrolled it last
    elsewhere: bool = False  # it is declared to be of another org or tenant

    @property
    def has_certificate(self) -> bool:
        """Whether Kandji or the Mac itself shows a certificate of it, proved or not."""
        return bool(self.certificates or self.unproved) or self.expiry_source == "mac"

    def is_bound(self, record_id: str) -> bool:
        """Return whether Okta's log has that a certificate was bound to this record, last."""
        return bool((self.events or {}).get(record_id, RecordEvents()).bound)


@dataclass(frozen=True)
class AgeLimits:
    """The present, and ages in days. Without ``now`` nothing is old, fresh or expired.

    ``log_since`` is how far back the System Log was read, None if it was not.
    """

    now: datetime | None = None
    expiring_days: int = 30
    stale_days: int = 90
    log_since: datetime | None = None


TIMELESS = AgeLimits()


@dataclass
class Fleet:
    """All Macs of both vendors in a stable order, and the limits to classify them by."""

    macs: list[MacFacts]
    limits: AgeLimits

    @property
    def macs_of_org(self) -> list[MacFacts]:
        """The Macs whose people may have an account in this org.

        Whom Kandji alone knows by a Mac of another org has none.
        """
        return [mac for mac in self.macs if mac.records or not mac.elsewhere]


def choose_record(records: Sequence[DeviceRecord]) -> DeviceRecord | None:
    """Return the record that counts for a serial: the one that a reset keeps, too.

    A working record does not count if the newest one of its people is blocked: then that one does.
    """
    if len(records) < 2:
        return next(iter(records), None)
    best = max(
        records,
        key=lambda record: rank_record(
            record.id,
            record.status,
            list(record.users.values()),
            parse_timestamp(record.created),
        ),
        default=None,
    )
    if best is None or not best.is_working:
        return best
    return newest_blocked(of_same_people(best, records, lambda record: record.users)) or best


def list_deleted_records(mac: MacFacts) -> list[DeviceRecord]:
    """Return the records that Okta does not list any more, without the people who used them.

    They are those of which the log has the registration and the deletion.
    """
    left = {record.id for record in mac.records}
    return [
        DeviceRecord(record_id, "DELETED", events.registered_at)
        for record_id, events in (mac.events or {}).items()
        if events.is_deleted and record_id not in left
    ]


def fold_person(text: str) -> str:
    """Return the form in which logins and e-mail addresses of both vendors are compared."""
    return text.strip().casefold()


def map_logins(users: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the login of each user of Okta, by the keys of login and e-mail address.

    An address that several users have, or that is the login of another one, is not theirs.

    :arg users: logins with e-mail addresses, "" without one. A user may come several times.
    """
    logins: dict[str, str] = {}
    owners: dict[str, set[str]] = {}
    for login, email in users:
        key, address = fold_person(login), fold_person(email)
        logins.setdefault(key, login)
        if address not in ("", key):
            owners.setdefault(address, set()).add(key)
    addresses = {
        address: logins[next(iter(keys))]
        for address, keys in owners.items()
        if len(keys) == 1 and address not in logins
    }
    return {**logins, **addresses}


def map_known_logins(records: Iterable[DeviceRecord]) -> dict[str, str]:
    """Return the login of each user of these records, by ``map_logins``."""
    return map_logins(
        (login, record.emails.get(login, "")) for record in records for login in record.users
    )


def explain_unknown_status(record: DeviceRecord | None) -> str:
    """Return which status of a record and its users is unknown, as a sentence, or "".

    A vendor may add values, and a row may lack the key.
    """
    if record is None:
        return ""
    if record.status not in DEVICE_STATUSES:
        return f"Okta shows {_quote(record.status)} for its record, which is unknown."
    unknown = {
        login: status for login, status in record.users.items() if status not in MANAGEMENT_STATUSES
    }
    if not unknown:
        return ""
    statuses = " and ".join(sorted({_quote(status) for status in unknown.values()}))
    return f"Okta shows {statuses} of management for {', '.join(sorted(unknown))}."


def explain_unknown_item_status(state: str | None, log: str, name: str) -> str:
    """Return that the status of an item is unknown, as a sentence, or ""."""
    if state != "unknown":
        return ""
    return f"Kandji shows {_quote(log)} for {name}, which is unknown."


def _quote(status: str) -> str:
    return f"the status {status!r}" if status else "no status"


def find_earliest(timestamps: Iterable[str]) -> datetime | None:
    """Return the earliest of the timestamps that can be parsed, or None."""
    return min((time for time in map(parse_timestamp, timestamps) if time), default=None)


def estimate_expiry_of(mac: MacFacts) -> tuple[datetime | None, str]:
    """Return when its newest certificate expires, and the source of that date.

    The source is mac, ledger, or estimated: a year after Kandji first saw the certificate.
    """
    known = parse_timestamp(mac.expires) if mac.expires else None
    if known:
        return known, mac.expiry_source
    newest = max((time for time in map(parse_timestamp, mac.certificates) if time), default=None)
    return (newest + CERTIFICATE_LIFETIME, "estimated") if newest else (None, "")
