# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a plan decides from: the targets, their Macs and users, and the evidence of guards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from .._core.errors import TRY_AGAIN, NotFound, Refused, Unreadable
from .._core.text import names_serial, unique_spellings
from .._core.timestamps import format_milliseconds, parse_timestamp
from .._fleet.certificates.check_reader import CertificateReports
from .._fleet.reader import MACS_IN_OKTA
from .._fleet.rings.reader import Ring, profile_uuid
from .._fleet.tenant_match import SharedMacs, describe_refusal
from .._http.transport import PRODUCT
from .._http.urls import batches
from .._kandji.certificate_proof import Proof, Subject, UnattestedNames
from .._kandji.client import Kandji, RowFilter
from .._kandji.constants import CUSTOM_PROFILE, MDM_PAYLOAD, SCEP_PAYLOAD
from .._kandji.devices_by_serial import describe_several, filter_of_serials, group_by_serial
from .._kandji.profile_holders import ProfileItem
from .._kandji.records import CustomProfile, InstalledProfile, KandjiDevice, PrismCertificate
from .._okta.client import MAX_LOG_WORD, Okta, quote_filter
from .._okta.constants import (
    FASTPASS_EVENT,
    LOG_AHEAD,
    LOG_RETENTION,
    OBJECT_TIME_PRECISION,
    SESSION_START,
)
from .._okta.records import LogEvent, OktaDevice, OktaUser
from .clean_up import find_candidates, find_returned, select_returned, select_targets
from .model import (
    CLEAN_UP_COMMENT,
    DELETION_COMMENT,
    CleanUp,
    Deactivator,
    Decision,
    Lifecycle,
    Mac,
    Person,
    RecordTarget,
    Sessions,
    Suspender,
    login_of,
    outlives_certificates,
)

# Of a FastPass sign-in, user.authentication.auth_via_mfa names the method and no device;
# user.session.start and user.authentication.sso name the device and no method. The case of the
# factor differs between what is known of live events.
SIGN_IN_EVENTS = (
    f'(eventType eq "{FASTPASS_EVENT}" or eventType eq "{SESSION_START}" or'
    ' eventType eq "user.authentication.sso") and outcome.result eq "SUCCESS"'
)
SIGN_IN_SPAN = timedelta(minutes=2)  # between the events of one sign-in
MAC_PLATFORMS = ("OSX", "MACOS")  # of a device in events; the first is recorded
SUSPEND, UNSUSPEND = "device.lifecycle.suspend", "device.lifecycle.unsuspend"
ACTIVATE, DEACTIVATE = "device.lifecycle.activate", "device.lifecycle.deactivate"
LIFECYCLE_EVENTS = (
    f'(eventType eq "{SUSPEND}" or eventType eq "{UNSUSPEND}" or eventType eq "{ACTIVATE}" or'
    f' eventType eq "{DEACTIVATE}") and outcome.result eq "SUCCESS"'
)
SESSION_ENDS = 'eventType eq "user.session.clear" and outcome.result eq "SUCCESS"'
SESSION_STARTS = f'eventType eq "{SESSION_START}"'
DELETIONS = 'eventType eq "device.lifecycle.delete" and outcome.result eq "SUCCESS"'
REGISTRATIONS = 'eventType eq "device.enrollment.create"'
BIND = "pki.cert.bind"
CERTIFICATE_EVENTS = (
    f'eventType eq "{BIND}" or eventType eq "pki.cert.lifecycle.delete" or eventType eq'
    ' "pki.cert.lifecycle.revoke"'
)


# Targets


@dataclass(frozen=True)
class Selection:
    """What the options select. ``stages`` selects Macs of ``rings``.

    ``exact``: ``users`` selects the records that the users are linked to, and not the other records
    of their Macs.
    """

    serials: Sequence[str] = ()
    device_ids: Sequence[str] = ()
    users: Sequence[str] = ()
    stages: Sequence[str] = ()
    rings: Sequence[Ring] = ()
    okta_verify_item_ids: Sequence[str] = ()
    exact: bool = False


def find_targets(
    okta: Okta, selection: Selection, warn: Callable[[str], None], expand: str | None = None
) -> list[RecordTarget]:
    """Return a target for each record that is selected, and for each value without one.

    Each record has one target, however often and in whatever spelling it is selected. ``stages``
    are not read here.
    A search may return stale records: what is written is decided from fresh reads.

    :arg expand: ``user`` searches for the records with their users.
    """
    further, by_user = _find_by_user(okta, selection, warn)
    serials = [*selection.serials, *further]
    search_serials = partial(okta.devices_with_serials, expand=expand)
    search_ids = partial(okta.devices_with_ids, expand=expand)
    by_serial = _search(serials, search_serials, lambda row: row.serial_number)
    by_id = [
        replace(target, by_id=True, device=target.device or okta.device(target.name))
        for target in _search(selection.device_ids, search_ids, lambda row: row.id)
    ]
    first: dict[str, RecordTarget] = {}
    for target in [*by_id, *by_serial, *by_user]:
        first.setdefault(target.id, target)
    targets = [*by_serial, *by_user, *by_id]
    return [target for target in targets if not target.id or first[target.id] is target]


def _find_by_user(
    okta: Okta, selection: Selection, warn: Callable[[str], None]
) -> tuple[list[str], list[RecordTarget]]:
    """Return the serials of the records of the users, and the targets of these users themselves.

    These are the records that are not selected by serial, and the users without a record.
    """
    serials: list[str] = []
    of_users: dict[str, RecordTarget] = {}
    without: list[RecordTarget] = []
    for login in dict.fromkeys(selection.users):
        user = _find_user(okta, login, warn)
        devices = list(okta.user_devices(user.id)) if user else []
        if user is None or not devices:
            without.append(RecordTarget(login, by_user=True, unknown_user=user is None))
            continue
        for device in devices:
            if device.serial_number and not selection.exact:
                serials.append(device.serial_number)
            else:
                target = of_users.get(device.id) or RecordTarget(login, device)
                named = frozenset({*(target.of_users or ()), user.id}) if selection.exact else None
                of_users[device.id] = replace(target, of_users=named)
    return serials, [*of_users.values(), *without]


def _find_user(okta: Okta, login: str, warn: Callable[[str], None]) -> OktaUser | None:
    """Return the user with a login or id, with a warning if there is none."""
    user = okta.user(login)
    if user is None:
        warn(
            f"users: Okta has no user with the id or login {login!r}. Write the whole login, and"
            " check its upper and lower case."
        )
    return user


def _search(
    values: Iterable[str],
    search: Callable[[Sequence[str]], Iterable[OktaDevice]],
    value_of: Callable[[OktaDevice], str],
) -> list[RecordTarget]:
    """Return the records with one of the values, and a target for each value without one.

    Okta compares the values of a search in any case, so spellings of a value are one value.
    """
    devices_by_value: dict[str, list[OktaDevice]] = {
        value: [] for value in unique_spellings(values)
    }
    keys = {value.lower(): value for value in devices_by_value}
    for device in search(list(devices_by_value)):
        key = keys.get(value_of(device).lower())
        if key:
            devices_by_value[key].append(device)
    targets = []
    for value, devices in devices_by_value.items():
        targets += [RecordTarget(value, device) for device in devices] or [RecordTarget(value)]
    return targets


def search_users(okta: Okta, targets: Sequence[RecordTarget]) -> list[RecordTarget]:
    """Return the targets with their records' users as a search shows them, which may be stale.

    A target is left as it is if no search shows its record, or one of its users without an id.
    """
    users_by_id = {target.id: target.device.users for target in targets if target.device}
    unknown = [device_id for device_id, users in users_by_id.items() if users is None]
    for device in okta.devices_with_ids(unknown, "user"):
        users_by_id[device.id] = device.users
    complete = []
    for target in targets:
        users = users_by_id.get(target.id)
        if users is not None and all(user.user.id for user in users):
            target = replace(target, users=users, has_searched_users=True)
        complete.append(target)
    return complete


def read_record(okta: Okta, target: RecordTarget) -> RecordTarget:
    """Return the target with its record as Okta changed it last, without it if that is gone.

    A search may return a record as it was. So may getDevice, a second after a step (recorded).
    """
    fresh = read_device(okta, target)
    changed, before = fresh.updated_at, target.updated_at
    return target if changed and before and changed < before else fresh


def read_device(okta: Okta, target: RecordTarget) -> RecordTarget:
    """Return the target with its record as getDevice returns it, without it if that is gone.

    Raises Unreadable if the record lost the serial that it had: its users would get no message.
    """
    device = okta.device(target.id)
    if device and not device.serial_number and target.device and target.device.serial_number:
        raise Unreadable(
            f"Okta: the device record {target.id} of {target.device.serial_number} shows no serial"
            f" any more. {TRY_AGAIN}",
            vendor="okta",
        )
    return replace(target, device=device)


def read_users(okta: Okta, target: RecordTarget) -> RecordTarget:
    """Return the target with its record's users, fresh.

    Without its record if that is gone: a search may still return it.
    """
    if target.device is None:
        return target
    try:
        users = tuple(okta.device_users(target.id))
        return replace(target, users=users, has_searched_users=False)
    except NotFound:
        return replace(target, device=None, has_searched_users=False)


def read_with_users(okta: Okta, device_id: str) -> OktaDevice | None:
    """Return a record with its users, None if it is gone."""
    target = read_users(okta, RecordTarget(device_id, okta.device(device_id)))
    return target.device and replace(target.device, users=target.users)


def read_others(okta: Okta, targets: Sequence[RecordTarget], each: bool) -> list[RecordTarget]:
    """Return the targets with the other working records of their devices.

    Only those of device_ids have them, or all if each record is decided by itself: any other
    duplicate has the record to keep.
    """
    deciding = [target for target in targets if target.device and (each or target.by_id)]
    serials = unique_spellings(target.serial for target in deciding if target.serial)
    devices = list(okta.devices_with_serials(serials))
    known = {target.id: target for target in targets}
    records: dict[str, RecordTarget] = {}
    for device in devices:
        if device.is_working and device.id not in records:
            records[device.id] = known.get(device.id) or read_users(
                okta, RecordTarget(device.serial_number, device)
            )
    return [
        replace(target, others=tuple(_of_same_device(target, records.values())))
        if target in deciding
        else target
        for target in targets
    ]


def _of_same_device(
    target: RecordTarget, records: Iterable[RecordTarget]
) -> Iterable[RecordTarget]:
    """Yield the other records of a target's device: those of its serial and platform."""
    for record in records:
        if record.device and target.device and record.id != target.id:
            same = record.serial.lower() == target.serial.lower()
            if same and record.device.platform == target.device.platform:
                yield record


def read_people(okta: Okta, targets: Iterable[RecordTarget]) -> list[Person]:
    """Return the users of these records who may sign in, with what is left to them besides."""
    targets = list(targets)
    ids = {target.id for target in targets}
    users = {user.user.id: user for target in targets for user in target.active_users}
    people = []
    for user_id, user in sorted(users.items(), key=lambda pair: login_of(pair[1])):
        keys = {
            each.key or "unknown"
            for each in okta.enrollments(user_id)
            if each.status == "ACTIVE" and not each.is_okta_verify
        }
        devices = [
            device
            for device in okta.user_devices(user_id)
            if device.is_working and device.id not in ids
        ]
        people.append(Person(user, tuple(sorted(keys)), tuple(devices)))
    return people


# Macs


def read_macs(
    kandji: Kandji,
    serials: Collection[str],
    platforms: Sequence[str],
    rings: Sequence[Ring],
    reports: CertificateReports,
) -> tuple[dict[str, Mac], int]:
    """Return the Macs with these serials by serial in lower case, and how many Macs Kandji has.

    A SCEP profile counts as live if it is of one of the rings; without rings each one counts.
    """
    wanted = {serial.lower() for serial in serials if serial}
    macs_only = list(platforms) == ["MACOS"]
    devices = list(kandji.devices(platform="Mac") if macs_only else kandji.devices())
    macs = {
        serial: _mac_of(group)
        for serial, group in group_by_serial(devices).items()
        if serial in wanted
    }
    subject = Subject.of_profiles(ring.profile for ring in rings if ring.profile)
    inventories: dict[str, Inventory] = {}
    for batch in batches(sorted(mac.serial for mac in macs.values())):
        inventories.update(_read_inventories(kandji, batch, rings, subject))
    named = {
        each.device_id
        for key, inventory in inventories.items()
        if key in macs
        for each in inventory.named(macs[key].serial)
    }
    unattested = reports.read_unattested(named, len(devices))
    for key in inventories.keys() & macs.keys():
        macs[key] = _with_inventory(macs[key], inventories[key], unattested)
    return macs, sum(device.is_mac for device in devices)


def _mac_of(devices: Sequence[KandjiDevice]) -> Mac:
    """Return the Mac of all devices with its serial."""
    device = devices[-1]
    several = describe_several(devices) if len(devices) > 1 else ""
    return Mac(device.serial, device.name, device.person, several=several)


@dataclass(frozen=True)
class Inventory:
    """What a Mac reported: its live SCEP profiles, its certificates, and their subject."""

    live: Sequence[InstalledProfile]
    certificates: Sequence[PrismCertificate]
    subject: Subject

    def select(self, serial: str, *proofs: Proof) -> list[PrismCertificate]:
        """Return the certificates with one of these proofs."""
        return self.subject.select(self.certificates, serial, *proofs)

    def named(self, serial: str) -> list[PrismCertificate]:
        """Return the certificates whose names decide something."""
        return self.select(serial, Proof.PROVED, Proof.FORMER)

    def without(self, unattested: Mapping[str, UnattestedNames]) -> Inventory:
        """Return it without what certificates of other authorities prove, by device id."""
        names = [
            unattested[row.device_id] for row in self.certificates if row.device_id in unattested
        ]
        return replace(self, subject=self.subject.without(names[0])) if names else self


def _read_inventories(
    kandji: Kandji, serials: Sequence[str], rings: Sequence[Ring], subject: Subject
) -> dict[str, Inventory]:
    """Return what the Macs with these serials reported, by serial in lower case."""
    of_serials: RowFilter = filter_of_serials(serials)
    live: dict[str, list[InstalledProfile]] = {}
    for profile in kandji.prism_profiles(of_serials):
        if is_live(profile, rings):
            live.setdefault(profile.serial.lower(), []).append(profile)
    rows: dict[str, list[PrismCertificate]] = {}
    identities: RowFilter = {**of_serials, "identity_certificate": {"eq": True}}
    for certificate in kandji.prism_certificates(identities):
        rows.setdefault(certificate.serial.lower(), []).append(certificate)
    return {
        key: Inventory(live.get(key, ()), rows.get(key, ()), subject.installed(live.get(key, ())))
        for key in {*live, *rows}
    }


def _with_inventory(
    mac: Mac, inventory: Inventory, unattested: Mapping[str, UnattestedNames]
) -> Mac:
    """Return a Mac with its SCEP profiles and with what proves its certificates.

    Those of other authorities do not count, whatever serial they name.
    """
    known = inventory.without(unattested)
    proved = known.select(mac.serial, Proof.PROVED)
    former = known.select(mac.serial, Proof.FORMER)
    return replace(
        mac,
        profile_live=bool(inventory.live),
        certificates=tuple(seen for each in proved if (seen := each.first_seen)),
        former=tuple(seen for each in former if (seen := each.first_seen)),
        has_undated=any(each.first_seen is None for each in (*proved, *former)),
        has_unproved=bool(former or known.select(mac.serial, Proof.POSSIBLE)),
        has_unattested=bool(inventory.select(mac.serial, Proof.PROVED)) and not proved,
    )


def is_live(installed: InstalledProfile, rings: Sequence[Ring]) -> bool:
    """Return whether an installed profile is a SCEP profile, of a ring if there are rings."""
    types = installed.payload_types or ()
    if SCEP_PAYLOAD not in types or MDM_PAYLOAD in types:
        return False
    profiles = [ring.profile for ring in rings if ring.profile]
    return not rings or any(_is_installed(installed, profile) for profile in profiles)


def _is_installed(installed: InstalledProfile, profile: CustomProfile) -> bool:
    """Return whether an installed profile is that of a ring, by its item's id or its own UUID.

    The identifier of an item that the console made is not documented, so any profile that is not
    a custom one may be it.
    """
    is_console_item = profile.mobileconfig is None
    if is_console_item and not installed.identifier.startswith(CUSTOM_PROFILE):
        return True
    uuid = profile_uuid(profile)
    return ProfileItem.of_profile(profile).matches(installed) or (
        uuid is not None and uuid.lower() == installed.payload_uuid
    )


# Evidence


def read_sessions(okta: Okta, user_ids: Collection[str], now: datetime) -> dict[str, Sessions]:
    """Return what the System Log shows of the sessions of users, by user id.

    An administrator who clears sessions may leave the user's tokens valid, so that does not count.
    """
    period = format_milliseconds(now - LOG_RETENTION), format_milliseconds(now + LOG_AHEAD)
    ends: dict[str, datetime] = {}
    starts: dict[str, datetime] = {}
    for batch in batches(sorted(user_ids)):
        for event in okta.log_events(f"{SESSION_ENDS} and {_targets(batch)}", *period):
            if _is_of_collection(event):
                _keep_latest(ends, event, (entity.id for entity in event.targets))
        for event in okta.log_events(f"{SESSION_STARTS} and {_actors(batch)}", *period):
            _keep_latest(starts, event, [event.actor.id])
    return {user_id: Sessions(ends.get(user_id), starts.get(user_id)) for user_id in user_ids}


def _keep_latest(times: dict[str, datetime], event: LogEvent, user_ids: Iterable[str]) -> None:
    seen = parse_timestamp(event.published)
    for user_id in user_ids if seen else ():
        if seen:
            times[user_id] = max(seen, times.get(user_id, seen))


def read_sign_ins(
    okta: Okta, targets: Sequence[RecordTarget], until: datetime
) -> dict[str, datetime]:
    """Return the last FastPass sign-in at each record since its newer certificate, by device id.

    Only the events of the records' own users are read.
    """
    since = min((seen for target in targets if (seen := target.newer_certificate)), default=until)
    events = _read_sign_in_events(okta, targets, since, until)
    return match_sign_ins(events, {target.id for target in targets})


def _read_sign_in_events(
    okta: Okta, targets: Iterable[RecordTarget], since: datetime, until: datetime
) -> list[LogEvent]:
    """Return the sign-ins of the records' own users between two times."""
    users = sorted({user.user.id for target in targets for user in target.users if user.user.id})
    events: list[LogEvent] = []
    for batch in batches(users):
        log_filter = f"{SIGN_IN_EVENTS} and {_actors(batch)}"
        events += okta.log_events(
            log_filter, format_milliseconds(since), format_milliseconds(until + LOG_AHEAD)
        )
    return events


def read_uses(
    okta: Okta,
    targets: Sequence[RecordTarget],
    since: datetime,
    until: datetime,
    lifecycles: Mapping[str, Lifecycle],
) -> dict[str, datetime]:
    """Return the last sign-in on each record between two times, by device id."""
    events = _read_sign_in_events(okta, targets, since, until)
    return match_uses(events, targets, lifecycles)


def match_uses(
    events: Iterable[LogEvent],
    targets: Iterable[RecordTarget],
    lifecycles: Mapping[str, Lifecycle],
) -> dict[str, datetime]:
    """Return the last sign-in on each record, by device id.

    A sign-in with FastPass that names no device, in no event of these two minutes, may be on any
    record of its user that was not suspended then: nobody signs in with a suspended one. Events of
    other devices than Macs do not name it: they are of another sign-in.
    """
    targets = list(targets)
    ids = {target.id for target in targets}
    dated = [(event, seen) for event in events if (seen := parse_timestamp(event.published))]
    of_user = _group_by_user(targets)
    uses: dict[str, datetime] = {}
    located: dict[str, list[datetime]] = {}
    for event, seen in dated:
        if event.device_id:
            if event.device_id in ids or event.device_platform in MAC_PLATFORMS:
                located.setdefault(event.actor.id, []).append(seen)
            uses[event.device_id] = max(seen, uses.get(event.device_id, seen))
    for event, seen in dated:
        times = located.get(event.actor.id, ())
        if event.shows_fastpass and not any(abs(seen - time) <= SIGN_IN_SPAN for time in times):
            for target in of_user.get(event.actor.id, ()):
                if not _was_suspended(target, seen, lifecycles):
                    uses[target.id] = max(seen, uses.get(target.id, seen))
    return uses


def _group_by_user(targets: Iterable[RecordTarget]) -> dict[str, list[RecordTarget]]:
    """Return the records of each user, by user id."""
    of_user: dict[str, list[RecordTarget]] = {}
    for target in targets:
        for user_id in {user.user.id for user in target.users}:
            of_user.setdefault(user_id, []).append(target)
    return of_user


def _was_suspended(
    target: RecordTarget, seen: datetime, lifecycles: Mapping[str, Lifecycle]
) -> bool:
    """Return whether a record was surely suspended at a time."""
    suspended = lifecycles.get(target.id, Lifecycle()).suspended
    return bool(target.status == "SUSPENDED" and suspended and seen > suspended)


def read_lifecycles(
    okta: Okta, targets: Iterable[RecordTarget], now: datetime
) -> dict[str, Lifecycle]:
    """Return when these records were suspended last, and by whom, by device id."""
    ids = {target.id for target in targets}
    if not ids:
        return {}
    since, until = format_milliseconds(now - LOG_RETENTION), format_milliseconds(now + LOG_AHEAD)
    events: dict[str, list[tuple[datetime, LogEvent]]] = {}
    named = f" and target.id eq {quote_filter(*ids)}" if len(ids) == 1 else ""
    for event in okta.log_events(LIFECYCLE_EVENTS + named, since, until):
        seen = parse_timestamp(event.published)
        for device_id in {entity.id for entity in event.targets} & ids if seen else ():
            if seen:
                events.setdefault(device_id, []).append((seen, event))
    return {device_id: _lifecycle_of(dated) for device_id, dated in events.items()}


def _lifecycle_of(events: Iterable[tuple[datetime, LogEvent]]) -> Lifecycle:
    events = list(events)
    resumed = max(
        (seen for seen, event in events if event.event_type in (UNSUSPEND, ACTIVATE)), default=None
    )
    since = [(seen, event) for seen, event in events if resumed is None or seen > resumed]
    suspensions = [event for _seen, event in since if event.event_type == SUSPEND]
    deactivations = [event for _seen, event in since if event.event_type == DEACTIVATE]
    return Lifecycle(
        max((seen for seen, event in since if event.event_type == SUSPEND), default=None),
        bool(suspensions) and all(map(_is_by_clean_up, suspensions)),
        resumed,
        _find_suspender(suspensions),
        _find_deactivator(deactivations),
    )


def _find_deactivator(deactivations: Collection[LogEvent]) -> Deactivator | None:
    if not deactivations:
        return None
    if all(map(_is_by_clean_up, deactivations)):
        return "clean_up"
    return "deletion" if all(map(_is_of_deletion, deactivations)) else "others"


def _find_suspender(suspensions: Collection[LogEvent]) -> Suspender:
    """Return who sent these requests. Jobs and desks have tokens of their own, so no actor tells.

    An event without a user agent that can be read may be of anybody.
    """
    others = [event for event in suspensions if not _is_of_collection(event)]
    if any(_names_program(event.user_agent or "") for event in others):
        return "others"
    if others or not suspensions:
        return "unknown"
    return "clean_up" if all(map(_is_by_clean_up, suspensions)) else "collection"


def _names_program(user_agent: str) -> bool:
    return user_agent.isprintable() and any(letter.isalpha() for letter in user_agent)


def _is_by_clean_up(event: LogEvent) -> bool:
    """Return whether a clean-up sent the request. Its actor may also suspend lost Macs."""
    return _is_of_collection(event) and (event.user_agent or "").endswith(CLEAN_UP_COMMENT)


def _is_of_deletion(event: LogEvent) -> bool:
    """Return whether the request was the first step of a deletion, and no block of a Mac."""
    agent = event.user_agent or ""
    return _is_of_collection(event) and agent.endswith((CLEAN_UP_COMMENT, DELETION_COMMENT))


def _is_of_collection(event: LogEvent) -> bool:
    """Return whether this collection sent the request. It revokes tokens with the sessions."""
    return (event.user_agent or "").startswith(f"{PRODUCT}/")


def find_unused(
    okta: Okta, kandji: Kandji, clean_up: CleanUp, destroys: bool, now: datetime
) -> tuple[list[RecordTarget], int]:
    """Return the records of Macs that a clean-up may take, and how many Macs Kandji has.

    A deletion also gets those that a clean-up suspended and would not suspend any more.
    """
    records = list(okta.devices(MACS_IN_OKTA, expand="userSummary"))
    macs = [device for device in kandji.devices(platform="Mac") if device.is_mac]
    if records and not macs:
        raise Refused(
            "unused_days: Kandji lists no Mac, so each record would count as orphaned. Nothing was"
            " written. Check kandji_api_url and what the API token may read.",
            count=len(records),
        )
    refusal = describe_refusal(
        SharedMacs.of_serials(
            _recorded(records) or [record.serial_number for record in records],
            [mac.serial for mac in macs],
        )
    )
    if refusal:
        raise Refused(refusal, count=len(records))
    candidates = find_candidates(records, macs, clean_up, now)
    targets = select_targets(candidates, destroys)
    if destroys:
        returned = find_returned(records, macs, candidates)
        targets += select_returned(returned, read_lifecycles(okta, returned, now))
    return targets, len(macs)


def _recorded(records: Iterable[OktaDevice]) -> list[str]:
    return [record.serial_number for record in records if record.is_working and record.serial_key]


def match_sign_ins(events: Iterable[LogEvent], ids: Collection[str]) -> dict[str, datetime]:
    """Return the last FastPass sign-in at each of these device records, by device id.

    An event names the method, the device or both. Those of one user within two minutes are of one
    sign-in. Without both, nothing is proved.
    """
    dated = [(event, seen) for event in events if (seen := parse_timestamp(event.published))]
    by_fastpass = [(event.actor.id, seen) for event, seen in dated if event.shows_fastpass]
    sign_ins: dict[str, datetime] = {}
    for event, seen in dated:
        proved = event.shows_fastpass or any(
            actor == event.actor.id and abs(seen - time) <= SIGN_IN_SPAN
            for actor, time in by_fastpass
        )
        if event.device_id in ids and proved:
            sign_ins[event.device_id] = max(seen, sign_ins.get(event.device_id, seen))
    return sign_ins


def read_deletions(
    okta: Okta, targets: Sequence[RecordTarget], now: datetime
) -> dict[str, datetime]:
    """Return when an earlier record of a target's serial was last deleted, by device id.

    Whether the event of a deletion names the serial is not documented; that of the registration
    does, with the same device id.
    """
    if not targets:
        return {}
    period = format_milliseconds(now - LOG_RETENTION), format_milliseconds(now + LOG_AHEAD)
    deletions = list(okta.log_events(DELETIONS, *period))
    if not deletions:
        return {}
    serials = unique_spellings(target.serial for target in targets)
    events = [*deletions, *_read_registrations(okta, serials, deletions, period)]
    earlier: dict[str, datetime] = {}
    for target in targets:
        latest = target.registered_at and target.registered_at + OBJECT_TIME_PRECISION
        ids = _ids_of_serial(target.serial, events)
        seen = [parse_timestamp(event.published) for event in deletions if _names(event, ids)]
        before = [time for time in seen if time and latest and time < latest]
        if before:
            earlier[target.id] = max(before)
    return earlier


def _read_registrations(
    okta: Okta, serials: Sequence[str], deletions: Iterable[LogEvent], period: tuple[str, str]
) -> list[LogEvent]:
    """Return the registrations of the serials, or of the deleted records if that is fewer reads."""
    deleted = sorted({entity.id for event in deletions for entity in event.targets if entity.id})
    of_records = batches(deleted)
    if len(serials) <= len(of_records):
        return [
            event
            for serial in serials
            for event in okta.log_events(REGISTRATIONS, *period, word=serial[:MAX_LOG_WORD])
        ]
    return [
        event
        for batch in of_records
        for event in okta.log_events(f"{REGISTRATIONS} and {_targets(batch)}", *period)
    ]


def _actors(ids: Iterable[str]) -> str:
    """Return the filter of the events of one of these users."""
    return "(" + " or ".join(f"actor.id eq {quote_filter(each)}" for each in ids) + ")"


def _targets(ids: Iterable[str]) -> str:
    """Return the filter of the events with one of these targets."""
    return "(" + " or ".join(f"target.id eq {quote_filter(each)}" for each in ids) + ")"


def _ids_of_serial(serial: str, events: Iterable[LogEvent]) -> set[str]:
    """Return the ids of the records with a serial that the events name."""
    return {
        entity.id
        for event in events
        for entity in event.targets
        if entity.id and any(names_serial(text, serial) for text in entity.texts)
    }


def _names(event: LogEvent, ids: Collection[str]) -> bool:
    return any(entity.id in ids for entity in event.targets)


def read_deleted_duplicates(
    okta: Okta, targets: Sequence[RecordTarget], now: datetime
) -> dict[str, list[str]]:
    """Return which ids of device_ids were, or may have been, of a target's device, by device id.

    Their records are deleted. The events of a record's registration and deletion name its serial,
    or do not, which is not documented: a record whose serial is unknown may have had any.
    """
    absent = [target.name for target in targets if target.by_id and target.device is None]
    kept = [target for target in targets if target.device and target.serial and not target.by_id]
    if not (absent and kept):
        return {}
    period = format_milliseconds(now - LOG_RETENTION), format_milliseconds(now + LOG_AHEAD)
    lives = _read_lives(okta, absent, period)
    return {
        target.id: [
            device_id
            for device_id, events in lives.items()
            if _may_have_serial(device_id, target.serial, events)
        ]
        for target in kept
    }


def _read_lives(
    okta: Okta, device_ids: Sequence[str], period: tuple[str, str]
) -> dict[str, list[LogEvent]]:
    """Return the registration and deletion of each of these records that was deleted, by id."""
    lives: dict[str, list[LogEvent]] = {}
    for event in okta.log_events(DELETIONS, *period):
        for device_id in device_ids:
            if _names(event, [device_id]):
                lives.setdefault(device_id, []).append(event)
    for device_id, events in lives.items():
        events += okta.log_events(REGISTRATIONS, *period, word=device_id[:MAX_LOG_WORD])
    return lives


def _may_have_serial(device_id: str, serial: str, events: Iterable[LogEvent]) -> bool:
    """Return whether the events leave it possible that a record had a serial."""
    entities = [entity for event in events for entity in event.targets if entity.id == device_id]
    known = any(entity.serial_number for entity in entities)
    return not known or any(
        names_serial(text, serial) for entity in entities for text in entity.texts
    )


def read_revocations(
    okta: Okta, decisions: Iterable[Decision], now: datetime
) -> Mapping[str, datetime]:
    """Return when certificates are revoked, from the System Log.

    By device id, ``now`` for records that are to be deleted and that a certificate is bound to. By
    serial, when the certificate was revoked, for Macs whose record is gone already.
    """
    decisions = list(decisions)
    ids = {decision.target.id for decision in decisions if decision.writes}
    absent = [
        decision.target
        for decision in decisions
        if decision.action == "none" and decision.target.mac
    ]
    revocations: dict[str, datetime] = {}
    if not ids and not absent:
        return revocations
    since, until = format_milliseconds(now - LOG_RETENTION), format_milliseconds(now + LOG_AHEAD)
    for event in okta.log_events(CERTIFICATE_EVENTS, since, until):
        if event.event_type == BIND:
            revocations.update({target.id: now for target in event.targets if target.id in ids})
        else:
            revocations.update(_revocations_of(event, absent))
    return revocations


def _revocations_of(event: LogEvent, absent: Iterable[RecordTarget]) -> Mapping[str, datetime]:
    """Return the serials whose certificate an event revokes, with its time.

    Which field of an event holds the certificate's common name is not documented.
    """
    revoked = parse_timestamp(event.published)
    texts = [text for entity in event.targets for text in entity.texts]
    return {
        target.serial: revoked
        for target in absent
        if revoked
        and any(names_serial(text, target.serial) for text in texts)
        and outlives_certificates(target, revoked)
    }
