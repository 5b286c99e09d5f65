# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of the fleet read at once and joined by serial:

the facts that the ladder judges, and the row of each Mac.

Pages are turned into small records as they come, so that memory holds no raw answers of a vendor.
"""

from __future__ import annotations

import re
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import chain

from .._core.errors import NotFound, all_of
from .._core.text import names_serial
from .._core.timestamps import format_milliseconds, format_timestamp
from .._kandji import client as kandji_api
from .._kandji.client import Kandji
from .._kandji.identifiers import CUSTOM_PROFILE, OKTA_DEVICE_TRUST_SCEP
from .._kandji.profiles import mobileconfig
from .._kandji.records import ItemStatus, KandjiDevice, PrismCertificate
from .._okta import client as okta_api
from .._okta.client import Okta
from .._okta.device_events import EVENTS, LogFacts, RecordEvents, summarize_events
from .._okta.records import DeviceUser, OktaDevice
from .stages import (
    DeviceRecord,
    MacFacts,
    Rules,
    best_record,
    certificate_end,
    first_of,
    stand,
)

OKTA_VERIFY_BUNDLE = "com.okta.mobile"
NO_CERTIFICATE = "no certificate has this name"
MACS_IN_OKTA = 'profile.platform eq "MACOS"'
UNLISTED = 20  # Macs that are read by id at most, where the list of them changed while it was read
IDENTITIES = {"identity_certificate": {"eq": True}}
_UDID = re.compile(
    r"(?<![0-9a-f-])(?:[0-9a-f]{8}-[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f-])"
)
# What read_fleet sends.
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.PRISM_APPS,
    kandji_api.PRISM_PROFILES,
    okta_api.LIST_DEVICES,
    okta_api.LIST_LOG_EVENTS,
)

Row = dict[str, t.Any]


@dataclass
class Ring:
    """A ring resolved:

    blueprint ids in lower case, and its profile where there is one; of an item that the console
    made its id alone is known.
    """

    name: str
    blueprint_ids: set[str]
    profile: dict[str, t.Any] | None = None


def profile_uuid(profile: t.Mapping[str, t.Any]) -> str | None:
    return (mobileconfig.parse(profile.get("profile")) or {}).get("PayloadUUID")


def uses_profile_uuid(profile: t.Mapping[str, t.Any]) -> bool:
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.get("profile")))
    return any("$PROFILE_UUID" in repr(one["PayloadContent"].get("Subject")) for one in payloads)


def certificate_filter(profiles: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Only certificates of these profiles where their names hold the profile's UUID (in either
    case), else all identities.
    """
    narrow: dict[str, t.Any] = {"identity_certificate": {"eq": True}}
    uuids = [str(profile_uuid(one)) for one in profiles if profile_uuid(one)]
    if uuids and all(uses_profile_uuid(one) for one in profiles):
        narrow["common_name"] = {
            "like": sorted({form for one in uuids for form in (one.upper(), one.lower())})
        }
    return narrow


@dataclass(frozen=True)
class Reading:
    """How a fleet is read.

    ``log_days`` and ``log_events`` say how far back the System Log is asked; 0 leaves it out.
    """

    expiring_days: int = 30
    stale_days: int = 90
    log_days: int = 30
    log_events: int = 12000


@dataclass
class Statuses:
    """By device id:

    one of _library_item.STATES, the log of what failed, and which devices hold several of the
    items.
    """

    states: dict[str, str] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)


@dataclass
class Certificates:
    """By device id:

    when each certificate of its own was first seen. ``foreign`` are those that name another serial:
    device id, time, name.
    """

    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    foreign: list[tuple[str, str, str]] = field(default_factory=list)
    udids: dict[str, str] = field(
        default_factory=dict
    )  # hardware UUID that a certificate names -> device id


@dataclass
class Records:
    """Okta's device records of Macs.

    ``unnamed`` have no serial: a pair of hardware UUID and record.
    """

    by_serial: dict[str, tuple[DeviceRecord, ...]] = field(default_factory=dict)
    unnamed: list[tuple[str, DeviceRecord]] = field(default_factory=list)

    def add(self, serial: str, record: DeviceRecord) -> None:
        self.by_serial[serial] = (*self.by_serial.get(serial, ()), record)


@dataclass
class Fleet:
    """All Macs of both sides in a stable order, and what is needed to judge them."""

    macs: list[MacFacts]
    rules: Rules


# Kandji's side


def read_statuses(kandji: Kandji, item_ids: t.Sequence[str]) -> Statuses:
    """The statuses of several items; the better one counts where a Mac has two."""
    found = Statuses()
    for item_id in item_ids:
        _add_statuses(found, kandji.item_statuses(item_id))
    return found


def _add_statuses(found: Statuses, statuses: t.Iterable[ItemStatus]) -> None:
    for status in statuses:
        device_id, state = _key(status.device_id), status.state
        before = found.states.get(device_id)
        if before == state == "installed":
            found.several.add(device_id)
        if before is None or state == "installed":
            found.states[device_id] = state
            found.logs.pop(device_id, None)
            if state == "failed":
                found.logs[device_id] = (status.log or "")[:200]


def read_certificates(kandji: Kandji, profiles: t.Sequence[t.Mapping[str, t.Any]]) -> Certificates:
    """Certificates under these profiles;

    with no profile nothing can match, and that the token may read certificates is proven all the
    same.
    """
    narrow = certificate_filter(profiles) if profiles else {"common_name": {"in": [NO_CERTIFICATE]}}
    return gather_certificates(kandji.prism_certificates(narrow), profiles)


def gather_certificates(
    rows: t.Iterable[PrismCertificate], profiles: t.Sequence[t.Mapping[str, t.Any]]
) -> Certificates:
    found = Certificates()
    serials = not profiles or any(_may_hold(one, "$SERIAL_NUMBER") for one in profiles)
    known = {str(profile_uuid(one)).lower() for one in profiles}
    for row in rows:
        device_id, name, seen = _key(row.device_id), row.common_name, row.created_at or ""
        found.udids.update(
            (sys.intern(udid), device_id)
            for udid in _UDID.findall(name.lower())
            if udid not in known
        )
        if serials and not names_serial(name, row.serial):
            found.foreign.append((device_id, seen, name))
        else:
            found.seen[device_id] = (*found.seen.get(device_id, ()), seen)
    return found


def _may_hold(profile: t.Mapping[str, t.Any], variable: str) -> bool:
    """Of an item that the console made nothing is known."""
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.get("profile")))
    return not payloads or any(
        variable in repr(one["PayloadContent"].get("Subject")) for one in payloads
    )


def read_devices(kandji: Kandji, rings: t.Sequence[Ring]) -> tuple[list[MacFacts], set[str]]:
    """The Macs, and the ids of those that were removed from Kandji.

    A Mac that moved from page to page while they were read is there once.
    """
    macs: dict[str, MacFacts] = {}
    removed: set[str] = set()
    places = _places(rings)
    for row in kandji.devices(with_removed=True, platform="Mac"):
        if not row.is_mac:
            continue
        if row.is_removed:
            removed.add(_key(row.device_id))
        else:
            mac = _mac(row, places)
            macs[mac.device_id] = mac
    return list(macs.values()), removed - set(macs)


def _places(rings: t.Sequence[Ring]) -> dict[str, str]:
    """Blueprint id -> name of its ring."""
    return {blueprint: ring.name for ring in reversed(rings) for blueprint in ring.blueprint_ids}


def read_unlisted(
    kandji: Kandji, device_ids: t.Iterable[str], rings: t.Sequence[Ring]
) -> list[MacFacts]:
    """Macs that other tables know and the list does not:

    the list is paged by offset, so that one deleted while it was read makes another one slip
    through.
    """
    found = []
    for device_id in device_ids:
        try:
            row = kandji.device(device_id)
        except NotFound:  # it was the one that was deleted
            continue
        if row.is_mac and not row.is_removed:
            found.append(_mac(row, _places(rings)))
    return found


def _mac(row: KandjiDevice, places: t.Mapping[str, str]) -> MacFacts:
    blueprint = _key(row.blueprint_id)
    return MacFacts(
        serial=row.serial,
        name=row.name,
        device_id=_key(row.device_id),
        person=row.person,
        ring=places.get(blueprint),
        blueprint=_shared(row.blueprint_name),
        blueprint_id=blueprint,
        os_version=_shared(row.os_version),
        model=_shared(row.model),
        tags=tuple(_shared(tag) for tag in row.tags or ()),
        last_check_in=row.last_check_in or "",
    )


def _key(device_id: t.Any) -> str:
    """Ids come in either case and stand in several tables: one string serves them all."""
    return sys.intern(str(device_id or "").lower())


def _shared(value: t.Any) -> str:
    return sys.intern(str(value or ""))


# Okta's side


def read_records(okta: Okta) -> Records:
    """The Macs' device records with their users, from search:

    good for a report, not for a write.
    """
    found = Records()
    for device in okta.devices(MACS_IN_OKTA, expand="userSummary"):
        serial, record = device.serial_number, device_record(device)
        if not serial:
            found.unnamed.append((device.udid, record))
        elif record.id not in [one.id for one in found.by_serial.get(serial, ())]:
            found.add(serial, record)
    return found


def device_record(device: OktaDevice) -> DeviceRecord:
    """Return what the join needs of a device record."""
    return DeviceRecord(
        device.id,
        _shared(device.status),
        device.created or "",
        device.last_updated or "",
        management_by_user(device.users or ()),
        bool(device.serial_number),
        device.display_name or "",
    )


def management_by_user(users: t.Iterable[DeviceUser]) -> dict[str, str]:
    """Return login, else id, else number of each user -> managementStatus."""
    return {
        user.user.name or str(number): _shared(user.management_status or "NOT_MANAGED")
        for number, user in enumerate(users)
    }


def read_log(okta: Okta, now: datetime, reading: Reading) -> LogFacts:
    """Read behind the records, so that what changed while they were read is heard of."""
    if not reading.log_days or not reading.log_events:
        return LogFacts()
    since = format_milliseconds(now - timedelta(days=reading.log_days))
    events = okta.log_events(EVENTS, since=since, newest_first=True, at_most=reading.log_events)
    return summarize_events(events)


# Both sides


def read_fleet(
    okta: Okta,
    kandji: Kandji,
    rings: t.Sequence[Ring],
    app_ids: t.Sequence[str],
    ends: t.Mapping[str, str] | None = None,
    ledger: t.Callable[[t.Iterable[str]], t.Mapping[str, str]] | None = None,
    competitors: t.Sequence[str] = (),
    reading: Reading | None = None,
    now: datetime | None = None,
) -> Fleet:
    """Read Okta in a thread of its own, Kandji's tables side by side, and join.

    Calls grow with the pages of each table alone.

    :arg ends: device id (lower case) -> end of its newest certificate (ISO 8601), as the Mac says.
    :arg ledger: serials -> serial -> the same, as the ledger says; the Mac's word outweighs it.
    :arg competitors: ids of other custom profiles that bring certificates of the same authority.
    :arg now: Okta's time; asked of its first answer where it is not given.
    """
    reading = reading or Reading()
    profiles = [ring.profile for ring in rings if ring.profile]

    def from_okta() -> tuple[Records, LogFacts, datetime]:
        records = read_records(okta)
        moment = now or datetime.fromtimestamp(okta.transport.now(), timezone.utc)
        return records, read_log(okta, moment, reading), moment

    reads: list[t.Callable[[], t.Any]] = [
        lambda: read_devices(kandji, rings),
        lambda: read_statuses(kandji, [str(one["id"]) for one in profiles]),
        lambda: read_certificates(kandji, profiles),
        lambda: _read_apps(kandji, app_ids),
        lambda: read_competing(kandji, competitors),
        from_okta,
    ]
    with ThreadPoolExecutor(max_workers=len(reads)) as pool:
        running = [pool.submit(read) for read in reads]
        (macs, removed), delivered, certificates, apps, competing, (records, heard, moment) = (
            all_of([one.result for one in running])
        )
    found_none = not certificates.seen and not certificates.foreign
    if (
        found_none
        and "installed" in delivered.states.values()
        and "common_name" in certificate_filter(profiles)
    ):
        # Macs hold the profile, so that the narrow filter does not fit this tenant.
        certificates = gather_certificates(kandji.prism_certificates(IDENTITIES), profiles)
    listed = removed.union(mac.device_id for mac in macs)
    elsewhere = chain(
        certificates.seen,
        (one[0] for one in certificates.foreign),
        _of_macs_alone(profiles, delivered),
    )
    unlisted = {device_id for device_id in elsewhere if device_id not in listed}
    del listed
    macs += read_unlisted(kandji, sorted(unlisted)[:UNLISTED], rings)
    by_console = {ring.name for ring in rings if ring.profile and "profile" not in ring.profile}
    booked = ledger(mac.serial for mac in macs) if ledger else {}
    for mac in macs:
        _deliver(mac, delivered, certificates, apps, by_console)
        mac.competing = mac.device_id in competing or mac.device_id in delivered.several
        _end(mac, ends or {}, booked)
    _note_gaps(macs)
    _place_foreign(macs, certificates)
    macs += _join(macs, records, certificates, heard, bool(unlisted))
    macs.sort(key=lambda mac: (mac.serial, mac.device_id, mac.records[0].id if mac.records else ""))
    return Fleet(macs, Rules(moment, reading.expiring_days, reading.stale_days))


def _read_apps(kandji: Kandji, app_ids: t.Sequence[str]) -> Statuses | set[str]:
    """Who has Okta Verify:

    the statuses of its items, or, where none are named, what Macs reported.
    """
    if app_ids:
        return read_statuses(kandji, app_ids)
    return {
        _key(row.device_id)
        for row in kandji.prism_apps({"bundle_id": {"in": [OKTA_VERIFY_BUNDLE]}})
    }


def read_competing(kandji: Kandji, competitors: t.Sequence[str]) -> set[str]:
    """Devices with a profile that brings certificates of the same authority:

    Kandji's own Okta Device Trust, or another custom profile.
    """
    identifiers = [OKTA_DEVICE_TRUST_SCEP, *(CUSTOM_PROFILE + item_id for item_id in competitors)]
    return {
        _key(row.device_id)
        for row in kandji.prism_profiles({"payload_identifier": {"in": identifiers}})
    }


def competitors(rings: t.Sequence[Ring], profiles: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Ids of active custom profiles, none of a ring's, whose SCEP URL is that of a ring's profile."""
    own = {str(ring.profile["id"]).lower() for ring in rings if ring.profile}
    urls = {url for ring in rings if ring.profile for url in _scep_urls(ring.profile)}
    return [
        str(one["id"])
        for one in profiles
        if one.get("active") is not False
        and str(one.get("id")).lower() not in own
        and urls & _scep_urls(one)
    ]


def _scep_urls(profile: t.Mapping[str, t.Any]) -> set[str]:
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.get("profile")))
    return {
        str(one["PayloadContent"]["URL"]) for one in payloads if one["PayloadContent"].get("URL")
    }


def _of_macs_alone(
    profiles: t.Sequence[t.Mapping[str, t.Any]], delivered: Statuses
) -> t.Iterable[str]:
    """Devices with a status, where the items can be on nothing but Macs."""
    platforms = ("runs_on_iphone", "runs_on_ipad", "runs_on_tv", "runs_on_vision")
    return (
        delivered.states
        if all(
            one.get("runs_on_mac") and not any(one.get(name) for name in platforms)
            for one in profiles
        )
        else ()
    )


def _deliver(
    mac: MacFacts,
    delivered: Statuses,
    certificates: Certificates,
    apps: Statuses | set[str],
    by_console: t.AbstractSet[str],
) -> None:
    mac.profile_state, mac.profile_log = (
        delivered.states.get(mac.device_id),
        delivered.logs.get(mac.device_id, ""),
    )
    mac.certificates = certificates.seen.get(mac.device_id, ())
    if isinstance(apps, Statuses):
        mac.app_state = apps.states.get(mac.device_id)
    else:
        mac.app_present = mac.device_id in apps
    # Whether Kandji tells statuses of items that its console made is not documented; where it does
    # not, the certificate speaks for them.
    if mac.ring in by_console and mac.profile_state is None and mac.certificates:
        mac.profile_state = "installed"


def _note_gaps(macs: t.Sequence[MacFacts]) -> None:
    """Lists of statuses are paged too:

    a Mac that one does not name, though it names others of its blueprint, may have slipped through.
    """
    for name, state in (("profile", "profile_state"), ("app", "app_state")):
        named = {mac.blueprint_id for mac in macs if getattr(mac, state) is not None}
        for mac in macs:
            if getattr(mac, state) is None and mac.blueprint_id in named:
                mac.unlisted += (name,)


def _end(mac: MacFacts, ends: t.Mapping[str, str], ledger: t.Mapping[str, str]) -> None:
    if ends.get(mac.device_id):
        mac.ends, mac.ends_from = ends[mac.device_id], "mac"
    elif ledger.get(mac.serial):
        mac.ends, mac.ends_from = ledger[mac.serial], "ledger"


def _place_foreign(macs: t.Sequence[MacFacts], certificates: Certificates) -> None:
    """Certificates whose name is not their row's serial:

    the Mac's own all the same, or a copy of another Mac's.
    """
    if not certificates.foreign:
        return
    by_id = {mac.device_id: mac for mac in macs}
    by_word = {mac.serial.lower(): mac for mac in macs if mac.serial}
    for device_id, seen, name in certificates.foreign:
        mac = by_id.get(device_id)
        if mac is None:
            continue
        if names_serial(name, mac.serial):
            mac.certificates = (*mac.certificates, seen)
            continue
        owner = next((by_word[word] for word in name.lower().split() if word in by_word), None)
        if owner is not None:
            mac.copied = owner.copied = True


def _join(
    macs: t.Sequence[MacFacts],
    records: Records,
    certificates: Certificates,
    heard: LogFacts,
    unlisted: bool,
) -> list[MacFacts]:
    """Give each Mac its records and what the log says of them;

    returns the Macs that are in Okta alone.
    """
    known = {mac.serial for mac in macs if mac.serial}
    strays = _place_unnamed(macs, records, certificates, heard)
    by_serial: dict[str, dict[str, RecordEvents]] = {}
    unseen = dict(heard.records)
    for group in records.by_serial.values():
        for one in group:
            unseen.pop(one.id, None)
    for record_id, events in unseen.items():
        if heard.serials.get(record_id):
            by_serial.setdefault(heard.serials[record_id], {})[record_id] = events
    for mac in macs:
        if mac.serial:
            mac.records = records.by_serial.get(mac.serial, mac.records)
            mac.issued = heard.issued.get(mac.serial.lower(), "")
        _hear(mac, heard, by_serial)
    missing = [
        MacFacts(
            serial,
            group[0].name,
            person=next(iter(group[0].users), ""),
            records=group,
            in_kandji=False,
            doubt="Kandji's tables changed while they were read." if unlisted else "",
        )
        for serial, group in records.by_serial.items()
        if serial not in known
    ]
    for mac in missing:
        _hear(mac, heard, by_serial)
    _doubt_unregistered(macs, strays)
    return missing + [
        MacFacts(
            "",
            record.name,
            person=next(iter(record.users), ""),
            records=(record,),
            in_kandji=False,
            doubt="Its record has no serial, so that it may be any Mac's.",
        )
        for record in strays
    ]


def _hear(
    mac: MacFacts, heard: LogFacts, by_serial: t.Mapping[str, dict[str, RecordEvents]]
) -> None:
    events = {
        **by_serial.get(mac.serial, {}),
        **{one.id: heard.records[one.id] for one in mac.records if one.id in heard.records},
    }
    mac.events = events or None


def _place_unnamed(
    macs: t.Sequence[MacFacts], records: Records, certificates: Certificates, heard: LogFacts
) -> list[DeviceRecord]:
    """Records without a serial, by the hardware UUID that a certificate names, else by the
    certificate that was bound to them. Returns the others.
    """
    if not records.unnamed:
        return []
    by_id = {mac.device_id: mac for mac in macs}
    by_word = {mac.serial.lower(): mac for mac in macs if mac.serial}
    strays = []
    for udid, record in records.unnamed:
        words = heard.certificate_words.get(record.id, set())
        mac = by_id.get(certificates.udids.get(udid, "")) or next(
            (by_word[word] for word in words if word in by_word), None
        )
        if mac is None:
            strays.append(record)
        elif mac.serial:
            records.add(mac.serial, record)
        else:
            mac.records = (*mac.records, record)
    return strays


def _doubt_unregistered(macs: t.Iterable[MacFacts], strays: t.Sequence[DeviceRecord]) -> None:
    """A Mac without a record may be that of a record without a serial, where person or name are the
    same.
    """
    people = {login.lower() for one in strays for login in one.users}
    names = {one.name for one in strays} - {""}
    for mac in macs if strays else []:
        if not mac.records and (mac.person.lower() in people or mac.name in names):
            mac.doubt = "A record without a serial has the same person or name."


# What is told of each Mac


def rows(fleet: Fleet) -> t.Iterator[Row]:
    """A row for each Mac, in a stable order; each is made when it is asked for."""
    for mac in fleet.macs:
        yield row_of(mac, fleet.rules)


def row_of(mac: MacFacts, rules: Rules) -> Row:
    standing, best = stand(mac, rules), best_record(mac.records)
    first, (end, end_from) = first_of([*mac.certificates, mac.issued]), certificate_end(mac)
    return {
        "serial_number": mac.serial,
        "device_name": mac.name,
        "device_id": mac.device_id,
        "person": mac.person,
        "ring": mac.ring,
        "blueprint": mac.blueprint,
        "blueprint_id": mac.blueprint_id,
        "os_version": mac.os_version,
        "model": mac.model,
        "tags": list(mac.tags),
        "last_check_in": mac.last_check_in,
        "stage": standing.stage,
        "reason": standing.reason,
        "next_step": standing.next_step,
        "flags": standing.flags,
        "unconfirmed": bool(standing.doubt),
        "doubt": standing.doubt,
        "users": _users(mac, best),
        "okta_device_ids": [one.id for one in mac.records],
        "okta_status": best.status if best else "",
        "last_seen_by_okta": best.last_updated if best else "",
        "certificates": len(mac.certificates),
        "certificate_first_seen": format_timestamp(first) if first else "",
        "certificate_ends": format_timestamp(end) if end else None,
        "certificate_ends_from": end_from,
    }


def _users(mac: MacFacts, best: DeviceRecord | None) -> list[dict[str, str]]:
    """The users of all its records, each once, as the record that counts has them."""
    found: dict[str, str] = dict(best.users) if best else {}
    for record in mac.records:
        for login, state in record.users.items():
            found.setdefault(login, state)
    return [{"login": login, "managementStatus": state} for login, state in found.items()]
