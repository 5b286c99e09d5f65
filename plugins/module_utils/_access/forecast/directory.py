# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people whom a forecast is about: their devices, groups and sign-ins."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ..._core.errors import NotFound
from ..._core.timestamps import parse_timestamp
from ..._okta import client as okta_api
from ..._okta.client import Okta
from ..._okta.events.device_events import LogFacts
from ..._okta.group_members import read_members
from ..._okta.record_rank import current_records, newest_records
from ..._okta.records import DEVICE_STATUSES, DeviceUser, OktaDevice, OktaUser
from ..._okta.user_statuses import BLOCKED
from .conditions import DeviceContext, Person
from .sign_ins import Sighting, SignIns

USES = (
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_DEVICES,
    okta_api.LIST_DEVICE_USERS,
    okta_api.LIST_GROUP_USERS,
)

# The description has both words for a record that works. The others show whether an older record
# still is that of a Mac.
RECORDS = " or ".join(f'status eq "{status}"' for status in DEVICE_STATUSES)
UNUSABLE_RECORDS = ("DEACTIVATED", "SUSPENDED", "DELETED")

Members = t.Mapping[str, t.Sequence[OktaUser]]  # by group


class MacRecord(t.NamedTuple):
    """What tells which record of a Mac is the newest, whether it works, and whose it is."""

    id: str
    created: str | None
    is_working: bool
    user_ids: frozenset[str]


@dataclass
class Directory:
    """The users that devices and groups name.

    ``devices`` are by user, ``members`` by group and by user. ``records`` are all records of Macs,
    by serial number. ``logins``, ``emails``, ``statuses`` of the accounts and ``types``, the ids of
    user types, are by user, as far as Okta showed them. ``unsure_passwords`` are users whose full
    record does not show that they have a password in Okta. ``unread_groups`` are groups that Okta
    does not have, with a sentence on what that means.
    """

    devices: dict[str, list[DeviceContext]] = field(default_factory=dict)
    records: dict[str, list[MacRecord]] = field(default_factory=dict)
    members: dict[str, dict[str, OktaUser]] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    unread_groups: dict[str, str] = field(default_factory=dict)
    unsure_passwords: set[str] = field(default_factory=set)

    def add_device(self, device: OktaDevice) -> None:
        """Add a device record to each of its users."""
        for device_user in device.users or ():
            user = device_user.user
            if user.id:
                self.devices.setdefault(user.id, []).append(device_context(device, device_user))
                self.add_user(user)

    def add_group(self, group_id: str, users: t.Iterable[OktaUser]) -> None:
        """Add a group with its members."""
        self.members[group_id] = {user.id: user for user in users}
        for user in self.members[group_id].values():
            self.add_user(user)

    def add_user(self, user: OktaUser) -> None:
        """Add a user whom a device record or a group has."""
        self.logins[user.id] = user.name
        if user.email:
            self.emails[user.id] = user.email
        if user.status:  # a full record, not a summary
            self.statuses[user.id] = user.status
            if not user.surely_has_password:
                self.unsure_passwords.add(user.id)
        if user.type_id:
            self.types[user.id] = user.type_id

    def add_record(self, device: OktaDevice) -> None:
        """Add a record to those of its Mac. Serial numbers of PCs may be those of many."""
        if device.serial_key and device.platform == "MACOS":
            user_ids = frozenset(each.user.id for each in device.users or () if each.user.id)
            record = MacRecord(device.id, device.created, device.is_working, user_ids)
            self.records.setdefault(device.serial_key, []).append(record)

    def surely_has_password(self, user_id: str) -> bool:
        """Return whether the record of a user shows it; False for one that was not read in full."""
        return user_id in self.statuses and user_id not in self.unsure_passwords

    def groups_of(self, user_id: str) -> frozenset[str]:
        """Return the ids of the groups that a user is in, among those that were read."""
        return frozenset(group for group, users in self.members.items() if user_id in users)

    def user_ids(self) -> set[str]:
        """Return the ids of all users that devices or groups name."""
        return {*self.devices, *(user for users in self.members.values() for user in users)}


def read_directory(okta: Okta, groups: t.Iterable[str], known: Members | None = None) -> Directory:
    """Return the active devices with their users, and the members of these groups.

    Rules may name a group that was deleted. Whom they concern is unknown then. The users of devices
    are read in full: a summary does not show whether they have a password.

    :arg known: members that were read already.
    """
    directory = Directory()
    for device in okta.devices(RECORDS, expand="user"):
        if device.is_working:
            directory.add_device(device)
        directory.add_record(device)
    members, directory.unread_groups = read_groups(okta, set(groups), known)
    for group_id, users in members.items():
        directory.add_group(group_id, users)
    return directory


def read_groups(
    okta: Okta, groups: t.Iterable[str], known: Members | None = None
) -> tuple[dict[str, t.Sequence[OktaUser]], dict[str, str]]:
    """Return the members of groups, and a sentence for each group that Okta does not have.

    :arg known: members that were read already.
    """
    members: dict[str, t.Sequence[OktaUser]] = {}
    unread = {}
    for group_id in sorted(groups):
        users = (known or {}).get(group_id)
        try:
            members[group_id] = list(read_members(okta, group_id)) if users is None else users
        except NotFound as error:
            unread[group_id] = error.message
    return members, unread


def device_context(device: OktaDevice, device_user: DeviceUser) -> DeviceContext:
    """Return a device record as the device that one of its users signs in from."""
    return DeviceContext(
        platform=device.platform or "",
        registered=device.registered is not False,
        managed=device_user.is_managed,
        device_id=device.id,
        device_name=device.display_name or "",
        secure_hardware=device.secure_hardware,
        screen_lock=device_user.screen_lock_type,
        registered_at=device_user.created or device.created or "",
    )


def correct_devices(okta: Okta, directory: Directory, sign_ins: SignIns) -> None:
    """Correct the devices of a directory by the System Log, since Okta's search lags.

    A record that ended by the log is removed. A record that lost its certificate is read by its
    id. Then an older record of a Mac counts no more than its newest (see ``_settle``).
    """
    _correct_by_log(okta, directory, sign_ins.log_facts)
    outdated = _outdated_records(directory, sign_ins.log_facts)
    for user_id, devices in directory.devices.items() if outdated else ():
        used_at = _last_uses(sign_ins, user_id)
        directory.devices[user_id] = [
            settled
            for device in devices
            for settled in _settle(device, user_id, devices, outdated, used_at)
        ]


def _correct_by_log(okta: Okta, directory: Directory, log_facts: LogFacts) -> None:
    fresh: dict[str, dict[str, bool]] = {}
    for user_id, devices in directory.devices.items():
        login, corrected = directory.logins.get(user_id, ""), []
        for device in devices:
            facts = log_facts.records.get(device.device_id or "")
            if facts and (facts.status in UNUSABLE_RECORDS or facts.users.get(login) is False):
                continue
            if facts and facts.bound is False and device.managed and device.device_id:
                if device.device_id not in fresh:
                    fresh[device.device_id] = _managed_users(okta, device.device_id)
                device = replace(device, managed=fresh[device.device_id].get(user_id, False))
            corrected.append(device)
        directory.devices[user_id] = corrected


def _outdated_records(
    directory: Directory, log_facts: LogFacts
) -> dict[str, tuple[MacRecord, ...]]:
    """Return the newest records of the Mac of each record that is older, by its id."""
    deleted = _deleted_records(log_facts)
    outdated = {}
    for serial, listed in directory.records.items():
        known = {record.id for record in listed}
        ended = (record for record in deleted.get(serial, ()) if record.id not in known)
        records = [*(_as_logged(record, log_facts) for record in listed), *ended]
        newest = tuple(newest_records(records))
        outdated.update({each.id: newest for each in records if each not in newest})
    return outdated


def _as_logged(record: MacRecord, log_facts: LogFacts) -> MacRecord:
    facts = log_facts.records.get(record.id)
    ended = facts is not None and facts.status in UNUSABLE_RECORDS
    return record._replace(is_working=False) if ended else record


def _deleted_records(log_facts: LogFacts) -> dict[str, list[MacRecord]]:
    """Return the records whose registration and deletion the log has, by serial number."""
    deleted: dict[str, list[MacRecord]] = {}
    for record_id, facts in log_facts.records.items():
        serial = log_facts.serials.get(record_id, "").lower()
        if serial and facts.is_deleted:
            record = MacRecord(record_id, facts.registered_at, False, frozenset())
            deleted.setdefault(serial, []).append(record)
    return deleted


def _last_uses(sign_ins: SignIns, user_id: str) -> dict[str, str]:
    """Return when a person last signed in with each device that the log names."""
    uses: dict[str, str] = {}
    for users in sign_ins.sightings.values():
        for sighting in users.get(user_id, {}).values():
            if sighting.device_id:
                uses[sighting.device_id] = max(sighting.published, uses.get(sighting.device_id, ""))
    return uses


def _settle(
    device: DeviceContext,
    user_id: str,
    devices: t.Sequence[DeviceContext],
    outdated: t.Mapping[str, t.Sequence[MacRecord]],
    used_at: t.Mapping[str, str],
) -> list[DeviceContext]:
    """Return what a device of a person may be, by the newest record of the Mac.

    If the newest is the person's and works, the device is as that one has it. Else both count (see
    ``current_records``). An older record that a person signed in with since is that of their
    account.
    """
    newest = outdated.get(device.device_id or "")
    if not newest or _is_since(used_at.get(device.device_id or ""), newest[0].created):
        return [device]
    own = {each.id for each in current_records(newest, lambda each: user_id in each.user_ids)}
    current = next((each for each in devices if each.device_id in own), None)
    if current:
        return [replace(current, device_id=device.device_id)]
    return [device, replace(device, registered=False, managed=False)]


def _managed_users(okta: Okta, device_id: str) -> dict[str, bool]:
    return {each.user.id: each.is_managed for each in okta.device_users(device_id)}


def _is_since(used_at: str | None, created: str | None) -> bool:
    used, start = parse_timestamp(used_at), parse_timestamp(created)
    return used is not None and start is not None and used >= start


# People


def people_of(
    sign_ins: SignIns, directory: Directory, app_id: str, platforms: t.Sequence[str]
) -> tuple[list[Person], list[Person]]:
    """Return the people who used an app, and those whom the log did not see.

    The former have the devices that they used, the latter all devices that they have. Users who
    cannot sign in are in neither.
    """
    seen = sign_ins.sightings.get(app_id, {})
    used = [
        _person(
            directory,
            sign_ins,
            user_id,
            used_devices(
                sign_ins, directory.devices.get(user_id, []), sightings.values(), platforms
            ),
        )
        for user_id, sightings in seen.items()
    ]
    unseen = [
        _person(
            directory,
            sign_ins,
            user_id,
            directory.devices.get(user_id) or [DeviceContext(name) for name in platforms],
        )
        for user_id in sorted(directory.user_ids() - set(seen))
    ]
    return _not_blocked(used), _not_blocked(unseen)


def _not_blocked(people: t.Iterable[Person]) -> list[Person]:
    return [person for person in people if person.status not in BLOCKED]


def _person(
    directory: Directory, sign_ins: SignIns, user_id: str, devices: t.Iterable[DeviceContext]
) -> Person:
    return Person(
        id=user_id,
        login=directory.logins.get(user_id) or sign_ins.logins.get(user_id) or user_id,
        groups=directory.groups_of(user_id),
        user_type=directory.types.get(user_id),
        unread_groups=frozenset(directory.unread_groups),
        status=directory.statuses.get(user_id),
        sure_password=directory.surely_has_password(user_id),
        devices=tuple(devices),
    )


def used_devices(
    sign_ins: SignIns,
    devices: t.Sequence[DeviceContext],
    sightings: t.Iterable[Sighting],
    platforms: t.Sequence[str],
) -> list[DeviceContext]:
    """Return the devices that a person used.

    A sighting without a device is one of a device that was registered later, else of one that Okta
    does not know. In a log that does not name devices it may be either.
    """
    sightings = list(sightings)
    naming = [each for each in sightings if each.event_type in sign_ins.device_types]
    contexts: set[DeviceContext] = set()
    for sighting in naming or sightings:
        contexts |= _sighted_devices(sighting, devices, platforms, bool(naming))
    return sorted(contexts, key=lambda device: (device.platform, device.device_id or ""))


def _sighted_devices(
    sighting: Sighting,
    devices: t.Sequence[DeviceContext],
    platforms: t.Sequence[str],
    log_names_devices: bool,
) -> set[DeviceContext]:
    if sighting.device_id:
        # The log may name the platform that the record does not show.
        named = {
            replace(device, platform=device.platform or sighting.platform or "")
            for device in devices
            if device.device_id == sighting.device_id
        }
        if named:
            return named
    contexts: set[DeviceContext] = set()
    for platform in [sighting.platform] if sighting.platform else {*platforms, "OTHER"}:
        candidates = {device for device in devices if device.platform in (platform, "")}
        if candidates and _precedes_registration(sighting, candidates):
            contexts |= candidates
            continue
        contexts.add(DeviceContext(platform))
        if not log_names_devices:
            contexts |= candidates
    return contexts


def _precedes_registration(sighting: Sighting, devices: t.Iterable[DeviceContext]) -> bool:
    return not sighting.device_id and all(
        sighting.published < device.registered_at for device in devices
    )
