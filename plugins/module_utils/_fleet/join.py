# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of Kandji and Okta joined into facts of each Mac.

Pure, but for the MacFacts of its tables: the join fills them in place, since fleets are large.
Tables are joined by Kandji's device id, and both vendors by serial, compared without case.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from .._core.text import UUID, names_serial
from .._core.timestamps import parse_timestamp
from .._kandji.certificate_proof import Proof, Subject, UnattestedNames
from .._kandji.records import CustomProfile, ItemStatus, KandjiDevice, PrismCertificate
from .._okta.events.device_events import LogFacts, RecordEvents
from .._okta.records import DeviceUser, OktaDevice
from .certificates.check_report import CheckedExpiry
from .certificates.ledger import Expiries
from .facts import DeviceRecord, MacFacts, fold_person, map_known_logins
from .rings.reader import Ring, subjects_by_ring

_UDID = re.compile(rf"(?<![0-9a-f-])(?:[0-9a-f]{{8}}-[0-9a-f]{{16}}|{UUID.pattern})(?![0-9a-f-])")
_LONGEST_LOG = 200
_OTHER_PLATFORMS = ("runs_on_iphone", "runs_on_ipad", "runs_on_tv", "runs_on_vision")


# Tables, filled page by page: no vendor row is held


@dataclass
class Statuses:
    """Statuses of library items by device id.

    ``states`` are those of ItemStatus.state, ``logs`` are of failures, and Kandji's own word
    where a state is unknown. ``several`` are the devices that have more than one of the items
    installed. ``order`` is the precedence of each status, as ItemStatus.precedence.
    """

    states: dict[str, str] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)
    order: dict[str, int] = field(default_factory=dict, compare=False)

    def add(self, status: ItemStatus) -> None:
        """Add the status of an item. Of two of one item on a device, the true one counts."""
        device_id = sys.intern(status.device_id)
        if device_id in self.order and status.precedence <= self.order[device_id]:
            return
        self.states[device_id], self.order[device_id] = status.state, status.precedence
        self.logs.pop(device_id, None)
        if status.state == "failed":
            self.logs[device_id] = (status.log or "")[:_LONGEST_LOG]
        elif status.state == "unknown":
            self.logs[device_id] = (status.status or "")[:_LONGEST_LOG]

    def add_item(self, item: Statuses) -> None:
        """Add the statuses of a further item. A device that has it installed has it."""
        for device_id, state in item.states.items():
            both = self.states.get(device_id), state
            if both == ("installed", "installed"):
                self.several.add(device_id)
            if self._counts_more(device_id, item):
                self.states[device_id], self.order[device_id] = state, item.order[device_id]
                self.logs.pop(device_id, None)
                if device_id in item.logs:
                    self.logs[device_id] = item.logs[device_id]

    def _counts_more(self, device_id: str, item: Statuses) -> bool:
        """Return whether an item's status of a device outweighs the one of other items."""
        if device_id not in self.order:
            return True
        installed = self.states[device_id] == "installed", item.states[device_id] == "installed"
        if installed[0] != installed[1]:
            return installed[1]
        return item.order[device_id] > self.order[device_id]


@dataclass
class Certificates:
    """Certificates of Macs, by what proves that a ring's profile requested them.

    ``first_seen`` is by device id, for those that are proved. ``unproved`` likewise, for those that
    name the serial of their row alone. ``foreign`` are those that name another one: device id, when
    it was first seen, common name. ``udids`` is hardware UUID in a common name -> device id.
    ``unattested`` are devices with one that is proved, but that another authority signed.
    """

    first_seen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unproved: dict[str, tuple[str, ...]] = field(default_factory=dict)
    foreign: list[tuple[str, str, str]] = field(default_factory=list)
    udids: dict[str, str] = field(default_factory=dict)
    unattested: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether no certificate was found."""
        return not (self.first_seen or self.unproved or self.unattested or self.foreign)

    @property
    def device_ids(self) -> set[str]:
        """The devices that have a certificate."""
        foreign = (device_id for device_id, _seen, _name in self.foreign)
        return {*self.first_seen, *self.unproved, *self.unattested, *foreign}


def gather_certificates(
    certificates: Iterable[PrismCertificate],
    profiles: Sequence[CustomProfile],
    unattested: Mapping[str, UnattestedNames] = MappingProxyType({}),
) -> Certificates:
    """Return the table of the certificates of these profiles.

    :arg unattested: device id -> what another authority signed, as the Mac reported.
    """
    table, subject = Certificates(), Subject.of_profiles(profiles)
    for certificate in certificates:
        device_id, name = sys.intern(certificate.device_id), certificate.common_name
        seen = certificate.created_at or ""
        for udid in _UDID.findall(name.lower()):
            if udid not in subject.uuids:
                table.udids[sys.intern(udid)] = device_id
        proof = subject.judge(certificate, certificate.serial)
        others = unattested.get(device_id)
        if others and others.include(name, certificate.first_seen):
            if proof is Proof.PROVED:
                table.unattested.add(device_id)
        elif proof is Proof.PROVED:
            table.first_seen[device_id] = (*table.first_seen.get(device_id, ()), seen)
        elif proof is not Proof.NONE:
            table.unproved[device_id] = (*table.unproved.get(device_id, ()), seen)
        elif subject.names_profile(name):
            table.foreign.append((device_id, seen, name))
    return table


@dataclass
class DeviceRecords:
    """Okta's device records of Macs.

    ``by_serial`` has serials in lower case. ``unnamed`` have no serial: hardware UUID and record.
    """

    by_serial: dict[str, tuple[DeviceRecord, ...]] = field(default_factory=dict)
    unnamed: list[tuple[str, DeviceRecord]] = field(default_factory=list)

    def add(self, device: OktaDevice) -> None:
        """Add a record, once."""
        record = build_device_record(device)
        if not device.serial_key:
            self.unnamed.append((device.udid, record))
        elif record.id not in [other.id for other in self.by_serial.get(device.serial_key, ())]:
            self.attach(device.serial_key, record)

    def attach(self, serial_key: str, record: DeviceRecord) -> None:
        """Add a record to those of a serial in lower case."""
        self.by_serial[serial_key] = (*self.by_serial.get(serial_key, ()), record)


def build_device_record(device: OktaDevice) -> DeviceRecord:
    """Return what the join needs of a device record."""
    return DeviceRecord(
        id=device.id,
        status=sys.intern(device.status or ""),
        created=device.created or "",
        last_updated=device.last_updated or "",
        users=map_management(device.users or ()),
        serial=device.serial_number,
        name=device.display_name or "",
        emails={
            user.user.login: user.user.email
            for user in device.users or ()
            if user.user.login and user.user.email and user.user.email != user.user.login
        },
    )


def map_management(users: Iterable[DeviceUser]) -> dict[str, str]:
    """Return login, else id, else number of each user -> managementStatus, "" if it is absent."""
    return {
        user.user.name or f"unknown user {number + 1}": sys.intern(user.management_status or "")
        for number, user in enumerate(users)
    }


def build_mac_facts(device: KandjiDevice, rings: Sequence[Ring]) -> MacFacts:
    """Return the facts of a device; of several rings with its blueprint the first counts."""
    ring = next((ring for ring in rings if device.blueprint_id in ring.blueprint_ids), None)
    return MacFacts(
        serial=device.serial,
        name=device.name,
        device_id=sys.intern(device.device_id),
        person=device.person,
        ring=ring.name if ring else None,
        rolled_out=ring is None or ring.profile is not None,
        blueprint=sys.intern(device.blueprint_name),
        blueprint_id=sys.intern(device.blueprint_id),
        os_version=sys.intern(device.os_version),
        model=sys.intern(device.model),
        tags=tuple(sys.intern(tag) for tag in device.tags or ()),
        last_check_in=device.last_check_in or "",
        incomplete="" if device.blueprint_id else "Kandji does not show its blueprint.",
        unshown=_describe_unshown(device),
        left_mdm=device.mdm_enabled is False,
        enrolled=device.enrolled or "",
    )


def _describe_unshown(device: KandjiDevice) -> str:
    if device.is_removed is None:
        return "Kandji does not show whether it was removed."
    return "Kandji does not show the e-mail address of its person." if device.hides_email else ""


@dataclass
class FleetTables:
    """All tables of one read. ``apps`` is the ids of Macs with the app, if no item was named."""

    macs: list[MacFacts]
    removed: AbstractSet[str]
    profile_statuses: Statuses
    certificates: Certificates
    apps: Statuses | AbstractSet[str]
    competing: AbstractSet[str]
    records: DeviceRecords
    log: LogFacts


# The join


def find_unlisted(tables: FleetTables, profiles: Sequence[CustomProfile]) -> list[str]:
    """Return the ids of Macs that other tables name, but the list of devices does not."""
    listed = {*tables.removed, *(mac.device_id for mac in tables.macs)}
    named = tables.certificates.device_ids
    if all(map(_is_for_macs_only, profiles)):
        named.update(tables.profile_statuses.states)
    return sorted(named - listed)


def _is_for_macs_only(profile: CustomProfile) -> bool:
    return bool(profile.flags.get("runs_on_mac")) and not any(
        map(profile.flags.get, _OTHER_PLATFORMS)
    )


def join_fleet(
    tables: FleetTables, rings: Sequence[Ring], expiries: Expiries, is_changing: bool
) -> list[MacFacts]:
    """Return all Macs of both vendors in a stable order, those of the tables filled in place.

    ``is_changing``: Kandji's tables changed while they were read.
    """
    macs = list(tables.macs)
    console_rings = {ring.name for ring in rings if ring.is_console_managed}
    ledger = ledger_by_ring(expiries, macs, rings)
    for mac in macs:
        _add_statuses(mac, tables, console_rings)
        _add_expiry(mac, expiries.by_device, ledger)
    _note_gaps(macs)
    _note_several(macs)
    _assign_foreign_certificates(macs, tables.certificates)
    macs += _join_okta(macs, tables, is_changing)
    macs.sort(key=lambda mac: (mac.serial, mac.device_id, mac.records[0].id if mac.records else ""))
    return macs


def ledger_by_ring(
    expiries: Expiries, macs: Iterable[MacFacts], rings: Sequence[Ring]
) -> dict[str, str]:
    """Return what a ledger knows of Macs: serial -> expiry.

    The SCEP profile of a Mac's ring, and its own report, tell its certificates from those of other
    authorities.
    """
    serials: dict[str | None, dict[str, str]] = {}
    for mac in macs:
        serials.setdefault(mac.ring, {})[mac.device_id] = mac.serial
    subjects = subjects_by_ring(rings)
    return {
        serial: expiry
        for ring, of_ring in serials.items()
        for serial, expiry in expiries.read_ledger(
            of_ring, subjects.get(ring, subjects[None])
        ).items()
    }


def _add_statuses(mac: MacFacts, tables: FleetTables, console_rings: AbstractSet[str]) -> None:
    statuses, apps = tables.profile_statuses, tables.apps
    mac.profile_state = statuses.states.get(mac.device_id)
    mac.profile_log = statuses.logs.get(mac.device_id, "")
    mac.certificates = tables.certificates.first_seen.get(mac.device_id, ())
    mac.unproved = tables.certificates.unproved.get(mac.device_id, ())
    mac.unattested = mac.device_id in tables.certificates.unattested
    mac.competing = mac.device_id in tables.competing or mac.device_id in statuses.several
    if isinstance(apps, Statuses):
        mac.app_state = apps.states.get(mac.device_id)
        mac.app_log = apps.logs.get(mac.device_id, "")
    else:
        mac.app_present = mac.device_id in apps
    # Whether Kandji has statuses of items that its web app created is not documented; without a
    # status the certificate proves that the profile is installed.
    has_certificate = mac.certificates or mac.unproved or mac.unattested
    if mac.ring in console_rings and mac.profile_state is None and has_certificate:
        mac.profile_state = "installed"


def _add_expiry(
    mac: MacFacts, by_device: Mapping[str, CheckedExpiry], ledger: Mapping[str, str]
) -> None:
    checked = by_device.get(mac.device_id)
    if checked and not checked.is_outdated(*map(parse_timestamp, mac.certificates)):
        mac.expires, mac.expiry_source = checked.expires, "mac"
        mac.not_after = checked.not_after
    elif ledger.get(mac.serial):
        mac.expires, mac.expiry_source = ledger[mac.serial], "ledger"


def _note_gaps(macs: Sequence[MacFacts]) -> None:
    """Note Macs without a status whose blueprint has Macs with one.

    Lists of statuses are paged, therefore such a Mac may have slipped through.
    """
    with_profile = {mac.blueprint_id for mac in macs if mac.profile_state is not None}
    with_app = {mac.blueprint_id for mac in macs if mac.app_state is not None}
    for mac in macs:
        if mac.profile_state is None and mac.blueprint_id in with_profile:
            mac.status_gaps += ("profile",)
        if mac.app_state is None and mac.blueprint_id in with_app:
            mac.status_gaps += ("app",)


def _note_several(macs: Sequence[MacFacts]) -> None:
    """Note Macs whose serial other devices in Kandji have too: a Mac may be enrolled again."""
    counts = Counter(mac.serial.lower() for mac in macs if mac.serial)
    for mac in macs:
        if counts[mac.serial.lower()] > 1:
            mac.incomplete = (
                "Kandji has several devices with its serial, and nothing says which of them the Mac"
                " is now."
            )


def _assign_foreign_certificates(macs: Sequence[MacFacts], certificates: Certificates) -> None:
    """Assign certificates with a profile's UUID whose name is not the serial of their row.

    A certificate that names the Mac's serial is its own; one that names another Mac is a copy.
    """
    if not certificates.foreign:
        return
    by_id, by_serial = _index(macs)
    for device_id, seen, name in certificates.foreign:
        mac = by_id.get(device_id)
        if mac is None:
            continue
        if names_serial(name, mac.serial):
            mac.certificates = (*mac.certificates, seen)
            continue
        owner = next((by_serial[word] for word in name.lower().split() if word in by_serial), None)
        if owner is not None:
            mac.copied = owner.copied = True


def _index(macs: Iterable[MacFacts]) -> tuple[dict[str, MacFacts], dict[str, MacFacts]]:
    """Return the Macs by device id, and by serial in lower case."""
    by_id: dict[str, MacFacts] = {}
    by_serial: dict[str, MacFacts] = {}
    for mac in macs:
        by_id[mac.device_id] = mac
        if mac.serial:
            by_serial[mac.serial.lower()] = mac
    return by_id, by_serial


def _join_okta(macs: Sequence[MacFacts], tables: FleetTables, is_changing: bool) -> list[MacFacts]:
    """Give each Mac its records and their events; return the Macs that only Okta knows."""
    records, log = tables.records, tables.log
    strays = _assign_unnamed_records(macs, tables)
    unseen = _events_of_unseen_records(records, log)
    for mac in macs:
        key = mac.serial.lower()
        if key:
            mac.records = records.by_serial.get(key, mac.records)
            mac.issued = log.issued.get(key, "")
    known = {mac.serial.lower() for mac in macs if mac.serial}
    missing = [
        MacFacts(
            group[0].serial or key,
            group[0].name,
            person=next(iter(group[0].users), ""),
            records=group,
            in_kandji=False,
            incomplete="Kandji's tables changed while they were read." if is_changing else "",
        )
        for key, group in records.by_serial.items()
        if key not in known
    ]
    for mac in (*macs, *missing):
        _add_events(mac, log, unseen)
        note_certificate_events(mac, log)
    _note_possible_records(macs, strays)
    return missing + [
        MacFacts(
            "",
            record.name,
            person=next(iter(record.users), ""),
            records=(record,),
            in_kandji=False,
            incomplete="Its record has no serial and may belong to any Mac.",
        )
        for record in strays
    ]


def _events_of_unseen_records(
    records: DeviceRecords, log: LogFacts
) -> dict[str, dict[str, RecordEvents]]:
    """Return the events of records that the search does not show, by serial and record id."""
    seen = {record.id for group in records.by_serial.values() for record in group}
    by_serial: dict[str, dict[str, RecordEvents]] = {}
    for record_id, events in log.records.items():
        serial = log.serials.get(record_id, "").lower()
        if serial and record_id not in seen:
            by_serial.setdefault(serial, {})[record_id] = events
    return by_serial


def _add_events(
    mac: MacFacts, log: LogFacts, unseen: Mapping[str, Mapping[str, RecordEvents]]
) -> None:
    events = dict(unseen.get(mac.serial.lower(), {}))
    for record in mac.records:
        if record.id in log.records:
            events[record.id] = log.records[record.id]
    mac.events = events or None


def note_certificate_events(mac: MacFacts, log: LogFacts) -> None:
    """Note what a part of the log has of the certificates of a Mac. A later part counts more."""
    key = mac.serial.lower()
    mac.last_issued = mac.last_issued or log.last_issued.get(key, "")
    mac.last_revoked = mac.last_revoked or log.last_revoked.get(key, "")
    bound = [log.records[each.id].bound_at for each in mac.records if each.id in log.records]
    mac.last_bound = mac.last_bound or max(bound, default="")


def _assign_unnamed_records(macs: Sequence[MacFacts], tables: FleetTables) -> list[DeviceRecord]:
    """Assign records without a serial, and return those of unknown Macs.

    A record belongs to the Mac whose certificate names its hardware UUID, else to the Mac whose
    certificate was bound to it.
    """
    if not tables.records.unnamed:
        return []
    by_id, by_serial = _index(macs)
    strays = []
    for udid, record in tables.records.unnamed:
        words = tables.log.certificate_words.get(record.id, set())
        mac = by_id.get(tables.certificates.udids.get(udid, "")) or next(
            (by_serial[word] for word in sorted(words) if word in by_serial), None
        )
        if mac is None:
            strays.append(record)
        elif mac.serial:
            tables.records.attach(mac.serial.lower(), record)
        else:
            mac.records = (*mac.records, record)
    return strays


def _note_possible_records(macs: Iterable[MacFacts], strays: Sequence[DeviceRecord]) -> None:
    """Note Macs without a record that share person or name with a record without a serial."""
    people = map_known_logins(strays)
    names = {record.name for record in strays} - {""}
    for mac in macs if strays else ():
        if not mac.records and (fold_person(mac.person) in people or mac.name in names):
            mac.incomplete = "A record without a serial has the same person or name."
