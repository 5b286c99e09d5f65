# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of both sides of the fleet, at once.

Pages are turned into small records as they come, so memory holds no raw answers of a vendor.
"""

from __future__ import annotations

import sys
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from .._core.errors import NotFound, all_of
from .._core.timestamps import format_milliseconds, parse_timestamp
from .._kandji import client as kandji_api
from .._kandji.certificate_proof import Subject, UnattestedNames
from .._kandji.client import Kandji
from .._kandji.constants import OKTA_DEVICE_TRUST_SCEP
from .._kandji.profile_holders import ProfileItem, installed_on
from .._kandji.records import CustomProfile, KandjiDevice
from .._okta import client as okta_api
from .._okta.client import Okta
from .._okta.events.device_events import EVENTS, LogFacts, summarize_events
from .._okta.records import LogEvent, OktaDevice
from . import enrolled_after_registration
from .certificates import use as certificate_use
from .certificates.ledger import Expiries
from .facts import AgeLimits, Fleet, MacFacts
from .join import (
    Certificates,
    DeviceRecords,
    FleetTables,
    Statuses,
    build_mac_facts,
    find_unlisted,
    gather_certificates,
    join_fleet,
    note_certificate_events,
)
from .other_tenants import Elsewhere
from .rings.reader import Ring, certificate_filter

OKTA_VERIFY_BUNDLE = "com.okta.mobile"
NO_CERTIFICATE = "no certificate has this name"
MACS_IN_OKTA = 'profile.platform eq "MACOS"'
OnRecord = Callable[[OktaDevice], None]
OnDevice = Callable[[KandjiDevice], None]
MAX_UNLISTED = 20  # Macs that are read by id if the list of them changed while it was read
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


@dataclass(frozen=True)
class FleetQuery:
    """What is read of a fleet, and how far back.

    ``app_ids`` are library items of Okta Verify, ``competitors`` other custom profiles that bring
    certificates of the same authority. The System Log is read for ``log_days``, at most
    ``log_events`` events; 0 leaves it out. ``with_use`` reads it farther back, for certificates
    alone, if it is not known otherwise whether the newest ones were used. ``with_accounts`` asks
    for the users of records in full, with the statuses of their accounts. ``now`` is Okta's time if
    None. ``elsewhere`` is which Macs are declared to be of others.
    """

    rings: Sequence[Ring] = ()
    app_ids: Sequence[str] = ()
    competitors: Sequence[ProfileItem] = ()
    expiries: Expiries = Expiries()
    expiring_days: int = 30
    stale_days: int = 90
    log_days: int = 30
    log_events: int = 12000
    with_use: bool = False
    with_accounts: bool = False
    now: datetime | None = None
    elsewhere: Elsewhere = Elsewhere()

    @property
    def profiles(self) -> list[CustomProfile]:
        """The rings' SCEP profiles."""
        return [ring.profile for ring in self.rings if ring.profile]


def read_fleet(
    okta: Okta,
    kandji: Kandji,
    query: FleetQuery,
    on_record: OnRecord | None = None,
    on_device: OnDevice | None = None,
) -> Fleet:
    """Return the fleet: Okta and Kandji's tables read in parallel, and joined.

    The number of calls grows with the pages of each table alone.

    :arg on_record: is called with each device record of Okta, which the fleet keeps parts of.
    :arg on_device: is called with each Mac that Kandji lists, in the same way.
    """
    tables, now = _read_tables(okta, kandji, query, on_record, on_device)
    installed = "installed" in tables.profile_statuses.states.values()
    is_narrow = "common_name" in certificate_filter(query.profiles)
    if tables.certificates.is_empty and installed and is_narrow:
        # Macs have the profile, therefore the narrow filter does not fit this tenant.
        certificates = kandji.prism_certificates(certificate_filter([]))
        tables.certificates = gather_certificates(
            certificates, query.profiles, query.expiries.unattested
        )
    unlisted = find_unlisted(tables, query.profiles)
    tables.macs += read_unlisted(kandji, unlisted[:MAX_UNLISTED], query.rings)
    macs = join_fleet(tables, query.rings, query.expiries, bool(unlisted))
    query.elsewhere.mark(macs)
    limits = AgeLimits(now, query.expiring_days, query.stale_days, tables.log.since)
    if query.with_use:
        limits = _read_use(okta, query, macs, limits)
    return Fleet(macs, limits)


def _read_use(
    okta: Okta, query: FleetQuery, macs: Sequence[MacFacts], limits: AgeLimits
) -> AgeLimits:
    """Note what the log has of certificates that may be unused, before what was read of it."""
    wanted = [
        each.unread_since(macs, limits) for each in (certificate_use, enrolled_after_registration)
    ]
    since = min(filter(None, wanted), default=None)
    if since is None or limits.log_since is None:
        return limits
    events = okta.log_events(
        certificate_use.EVENTS,
        format_milliseconds(since),
        format_milliseconds(limits.log_since),
        newest_first=True,
    )
    log = summarize_events(events, Subject.of_profiles(query.profiles).may_name)
    for mac in macs:
        note_certificate_events(mac, log)
    return replace(limits, log_since=since)


def _read_tables(
    okta: Okta,
    kandji: Kandji,
    query: FleetQuery,
    on_record: OnRecord | None,
    on_device: OnDevice | None,
) -> tuple[FleetTables, datetime]:
    """Return all tables, and Okta's time. Raises one error for all that went wrong."""

    def read_okta() -> tuple[DeviceRecords, LogFacts, datetime]:
        records = read_records(okta, on_record, query.with_accounts)
        now = query.now or datetime.fromtimestamp(okta.transport.now(), timezone.utc)
        return records, read_log(okta, now, query), now

    profile_ids = [profile.id for profile in query.profiles]
    reads: list[Callable[[], t.Any]] = [
        lambda: read_devices(kandji, query.rings, on_device),
        lambda: read_statuses(kandji, profile_ids),
        lambda: read_certificates(kandji, query.profiles, query.expiries.unattested),
        lambda: read_apps(kandji, query.app_ids),
        lambda: read_competing(kandji, query.competitors),
        read_okta,
    ]
    with ThreadPoolExecutor(max_workers=len(reads)) as pool:
        futures = [pool.submit(read) for read in reads]
        (macs, removed), statuses, certificates, apps, competing, (records, log, now) = all_of(
            [future.result for future in futures]
        )
    return (
        FleetTables(macs, removed, statuses, certificates, apps, competing, records, log),
        now,
    )


# Kandji


def read_devices(
    kandji: Kandji, rings: Sequence[Ring], on_device: OnDevice | None = None
) -> tuple[list[MacFacts], set[str]]:
    """Return the Macs, and the ids of those that were removed from Kandji.

    A Mac that moved from page to page while they were read is returned once.
    """
    macs: dict[str, MacFacts] = {}
    removed: set[str] = set()
    for device in kandji.devices(with_removed=True, platform="Mac"):
        if device.is_mac and device.is_removed:
            removed.add(device.device_id)
        elif device.is_mac:
            mac = build_mac_facts(device, rings)
            macs[mac.device_id] = mac
            if on_device:
                on_device(device)
    return list(macs.values()), removed - set(macs)


def read_unlisted(
    kandji: Kandji, device_ids: Iterable[str], rings: Sequence[Ring]
) -> list[MacFacts]:
    """Return Macs that other tables name, but the list of devices does not.

    The list is paged by offset, therefore a deletion during the read makes another Mac slip
    through.
    """
    macs = []
    for device_id in device_ids:
        try:
            device = kandji.device(device_id)
        except NotFound:  # this is the one that was deleted
            continue
        if device.is_mac and not device.is_removed:
            macs.append(build_mac_facts(device, rings))
    return macs


def read_statuses(kandji: Kandji, item_ids: Iterable[str]) -> Statuses:
    """Return the statuses of several items, each Mac's by ``Statuses.add_item`` if it has two."""
    statuses = Statuses()
    for item_id in item_ids:
        item = Statuses()
        for status in kandji.item_statuses(item_id):
            item.add(status)
        statuses.add_item(item)
    return statuses


def read_certificates(
    kandji: Kandji,
    profiles: Sequence[CustomProfile],
    unattested: Mapping[str, UnattestedNames],
) -> Certificates:
    """Return the certificates of these profiles.

    Without a profile nothing can match; the read only proves that the token may read certificates.
    """
    nothing = {"common_name": {"in": [NO_CERTIFICATE]}}
    criteria = certificate_filter(profiles) if profiles else nothing
    return gather_certificates(kandji.prism_certificates(criteria), profiles, unattested)


def read_apps(kandji: Kandji, app_ids: Sequence[str]) -> Statuses | set[str]:
    """Return the statuses of Okta Verify's items, or without items the Macs that reported it."""
    if app_ids:
        return read_statuses(kandji, app_ids)
    apps = kandji.prism_apps({"bundle_id": {"in": [OKTA_VERIFY_BUNDLE]}})
    return {sys.intern(app.device_id) for app in apps}


def read_competing(kandji: Kandji, competitors: Iterable[ProfileItem]) -> set[str]:
    """Return the devices with a profile that brings certificates of the same authority.

    It is Kandji's own Okta Device Trust, or another custom profile.
    """
    own = kandji.prism_profiles({"payload_identifier": {"in": [OKTA_DEVICE_TRUST_SCEP]}})
    custom = [profile for item in competitors for profile in installed_on(kandji, item)]
    return {profile.device_id for profile in (*own, *custom)}


# Okta


def read_records(
    okta: Okta, on_record: OnRecord | None = None, with_accounts: bool = False
) -> DeviceRecords:
    """Return the device records of Macs with their users, from search: never write from them."""
    records = DeviceRecords()
    expand = "user" if with_accounts else "userSummary"
    for device in okta.devices(MACS_IN_OKTA, expand=expand):
        records.add(device)
        if on_record:
            on_record(device)
    return records


def read_log(okta: Okta, now: datetime, query: FleetQuery) -> LogFacts:
    """Return facts of the System Log.

    Read it after the records: then it has what changed while they were read.
    """
    if not query.log_days or not query.log_events:
        return LogFacts()
    since = now - timedelta(days=query.log_days)
    events = _Counted(
        okta.log_events(
            EVENTS, since=format_milliseconds(since), newest_first=True, at_most=query.log_events
        )
    )
    log = summarize_events(events, Subject.of_profiles(query.profiles).may_name)
    if events.count >= query.log_events:  # there may be more
        since = parse_timestamp(events.oldest) or now
    log.since = since
    return log


class _Counted:
    """Events that come newest first, counted, with the time of the last one."""

    def __init__(self, events: Iterable[LogEvent]) -> None:
        self._events = events
        self.count, self.oldest = 0, ""

    def __iter__(self) -> t.Iterator[LogEvent]:
        for event in self._events:
            self.count += 1
            self.oldest = event.published or self.oldest
            yield event
