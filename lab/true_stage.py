# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The true stage of each Mac, which tests compare with what the collection reports.

It is computed from the Macs themselves and from the state of org and tenant, not from answers of an
API, and shares no code with the collection. A record belongs to the Mac whose hardware UUID it has,
whatever serial number it has.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.actors.inventory import OKTA_VERIFY
from lab.actors.mac import Mac
from lab.kandji.model import LibraryItem, ProfileItem
from lab.kandji.profiles import scep_payloads
from lab.okta.devices.records import Record
from lab.state import World

STALE, EXPIRING = timedelta(days=90), timedelta(days=30)
DEVICE_TRUST = "com.kandji.profile.odt.scep"


@dataclass(frozen=True)
class Truth:
    """The true stage of one Mac.

    ``key`` is Kandji's id of the Mac. For a Mac that Kandji does not have it is the first of the
    ids of its records in Okta, by alphabet.
    """

    key: str
    serial: str
    stage: str
    flags: frozenset[str]


def truths(world: World, ring_profiles: t.Mapping[str, str]) -> dict[str, Truth]:
    """Return the true stage of each Mac by its key.

    ``ring_profiles`` is blueprint id -> id of the item that brings that ring's certificate, or ""
    if the ring has none yet.
    """
    with world.lock:
        oracle = _Oracle(world, ring_profiles)
        macs = [oracle.of_mac(mac) for mac in oracle.macs] + oracle.of_strangers()
        return {truth.key: truth for truth in macs}


class _Oracle:
    def __init__(self, world: World, ring_profiles: t.Mapping[str, str]) -> None:
        self.world, self.ring_profiles, self.now = world, ring_profiles, world.clock.now()
        self.items = {
            item_id: world.kandji.items[item_id] for item_id in set(ring_profiles.values()) - {""}
        }
        self.macs = [
            mac
            for mac in world.macs
            if mac.device_id in world.kandji.devices and not mac.device.is_removed
        ]
        self.records: dict[str, list[Record]] = {}
        for record in world.okta.devices.values():
            if record.profile["platform"] == "MACOS":
                self.records.setdefault(record.profile["udid"], []).append(record)
        holders: dict[int, set[str]] = {}
        for mac in self.macs:
            for held in mac.certificates:
                holders.setdefault(held.serial_number, set()).add(mac.device_id)
        self.copied = {serial_number for serial_number, macs in holders.items() if len(macs) > 1}

    def of_mac(self, mac: Mac) -> Truth:
        records = self.records.get(mac.udid, [])
        stage = (
            self._by_okta(records) or self._by_delivery(mac) or self._by_registration(mac, records)
        )
        return Truth(
            mac.device_id,
            mac.serial,
            stage,
            frozenset(self._flags_of_mac(mac) | self._flags_of_records(records, mac.serial)),
        )

    def of_strangers(self) -> list[Truth]:
        """Return the Macs that only Okta knows, one for each serial number."""
        known = {mac.udid for mac in self.macs}
        by_serial: dict[str, list[Record]] = {}
        for udid, records in self.records.items():
            for record in records if udid not in known else ():
                by_serial.setdefault(record.profile.get("serialNumber") or record.id, []).append(
                    record
                )
        return [
            Truth(
                min(record.id for record in records),
                serial,
                "KANDJI_MISSING",
                frozenset(
                    self._flags_of_records(records, records[0].profile.get("serialNumber", ""))
                ),
            )
            for serial, records in by_serial.items()
        ]

    # Stages

    def _by_okta(self, records: t.Sequence[Record]) -> str:
        for record in records:
            managed = [link.managed for link in record.users.values()]
            if record.status == "ACTIVE" and any(managed):
                return "MANAGED" if all(managed) else "MIXED"
        return ""

    def _by_delivery(self, mac: Mac) -> str:
        if mac.device.blueprint_id not in self.ring_profiles:
            return "NOT_IN_SCOPE"
        item = self.items.get(self.ring_profiles[mac.device.blueprint_id])
        if item is None:
            return "NOT_ROLLED_OUT"
        installed = mac.profiles.get(item.mdm_identifier)
        if installed is None or installed.payload_uuid != item.identity_on(mac.device_id):
            status = mac.device.statuses.get(item.id)
            return (
                "PROFILE_FAILED"
                if status and status.status in ("ERROR", "failed")
                else "PROFILE_PENDING"
            )
        if not mac.certificates:
            return "CERTIFICATE_ABSENT"
        if max(held.not_after for held in mac.certificates) <= self.now:
            return "CERTIFICATE_EXPIRED"
        return "" if OKTA_VERIFY in mac.apps else self._without_app(mac)

    def _without_app(self, mac: Mac) -> str:
        """Return the stage of a Mac without Okta Verify: whether a license is left decides."""
        bringing = [
            item
            for item in self.world.kandji.assignments.items_for(mac.device)
            if item.bundle_id == OKTA_VERIFY and item.licenses is not None
        ]
        short = [
            item
            for item in bringing
            if mac.device_id not in item.holders
            and (item.licenses or 0) <= len(item.holders | self._before(item))
        ]
        return "NO_LICENSE" if short else "OKTA_VERIFY_MISSING"

    @staticmethod
    def _before(item: LibraryItem) -> set[str]:
        """Return the Macs that a license is kept for."""
        return item.expected - item.last_in_line

    def _by_registration(self, mac: Mac, records: t.Sequence[Record]) -> str:
        if not records:
            return "NOT_REGISTERED"
        active = [record for record in records if record.status == "ACTIVE"]
        if not active:
            return _counting(records).status
        issued = [
            certificate.issued_at
            for certificate in self.world.okta.platform.authority.find_by_word(mac.serial)
        ]
        return (
            "REGISTERED_BEFORE_CERTIFICATE"
            if min(issued) > _counting(active).created
            else "REGISTERED_NOT_MANAGED"
        )

    # Flags

    def _flags_of_mac(self, mac: Mac) -> set[str]:
        flags = {"COMPETING_CONFIGURATION"} if self._competes(mac) else set()
        if len(mac.certificates) > 1 or any(
            held.serial_number in self.copied for held in mac.certificates
        ):
            flags.add("CERTIFICATE_DUPLICATE")
        if mac.certificates:
            end: datetime = max(held.not_after for held in mac.certificates)
            flags |= (
                {"CERTIFICATE_EXPIRED"}
                if end <= self.now
                else {"CERTIFICATE_EXPIRING"}
                if end <= self.now + EXPIRING
                else set()
            )
        return flags

    def _competes(self, mac: Mac) -> bool:
        """Return whether the Mac has another configuration of the same purpose.

        Kandji's own Okta Device Trust, a second ring's profile, or another profile with the same
        SCEP URL.
        """
        ours = {item.mdm_identifier for item in self.items.values()}
        urls = {
            payload["PayloadContent"]["URL"]
            for item in self.items.values()
            for payload in scep_payloads(item.document)
        }
        others = {
            item.mdm_identifier
            for item in self.world.kandji.items.values()
            if isinstance(item, ProfileItem)
            and any(
                payload["PayloadContent"].get("URL") in urls
                for payload in scep_payloads(item.document)
            )
        } - ours
        return (
            DEVICE_TRUST in mac.profiles
            or len(ours & set(mac.profiles)) > 1
            or bool(others & set(mac.profiles))
        )

    def _flags_of_records(self, records: t.Sequence[Record], serial: str) -> set[str]:
        flags = {
            "DUPLICATE_RECORD": len(records) > 1,
            "ORPHAN": any(not record.users for record in records),
            "SHARED_DEVICE": any(len(record.users) > 1 for record in records),
            "STALE": any(self.now - record.last_updated > STALE for record in records),
            "SERIAL_EMPTY": (
                not serial or any(not record.profile.get("serialNumber") for record in records)
            ),
        }
        return {flag for flag, is_true in flags.items() if is_true}


def _counting(records: t.Iterable[Record]) -> Record:
    """Return the record that counts, of records that all work or all do not."""
    return max(records, key=lambda record: (_is_managed(record), record.created, record.id))


def _is_managed(record: Record) -> bool:
    return any(link.managed for link in record.users.values())
