# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What devices of the lab's Kandji tenant receive, and what they report."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.kandji import profiles
from lab.kandji.model import (
    CustomProfile,
    Device,
    ItemStatus,
    LibraryItem,
    NativeScep,
    ProfileItem,
    Report,
    Row,
)

if t.TYPE_CHECKING:
    from lab.kandji.tenant import Tenant

LOWER_CASE_STATUSES = {
    "PENDING": "pending",
    "PASS": "success",
    "ERROR": "failed",
}  # those of configuration profiles


@dataclass(frozen=True)
class Delivery:
    """A profile as one device receives it, variables resolved."""

    item_id: str
    name: str
    identifier: str
    payload_uuid: str
    document: dict[str, t.Any]


class Deliveries:
    """What delivers profiles to devices and stores the statuses and inventories they report."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._world = tenant.world
        self._status_number = 10_000

    def evaluate(self, device: Device) -> None:
        """Evaluate the device's tags at its MDM check-in.

        Items that MDM delivers follow the new tags from now on.
        """
        if device.evaluated_tags != device.tags:
            device.evaluate()
            self._tenant.changed()

    def redistribute(self, device: Device, held: t.Sequence[tuple[str, datetime]]) -> None:
        """Redistribute native SCEP items automatically.

        ``held`` has the common name and the expiry of each certificate on the device. The common
        name of a certificate holds the UUID of its profile.
        """
        for item in self._tenant.assignments.items_for(device):
            if isinstance(item, NativeScep) and item.redistribution_days is not None:
                ends = [
                    end for common_name, end in held if item.identity_on(device.id) in common_name
                ]
                if ends and self._world.clock.now() >= max(ends) - timedelta(
                    days=item.redistribution_days
                ):
                    item.redistributed[device.id] = self._tenant.library.new_payload_uuid()

    def deliver(self, device: Device, profile: ProfileItem) -> Delivery:
        """Return a profile for one device."""
        identity = profile.identity_on(device.id)
        of_item = (
            isinstance(profile, CustomProfile)
            and self._world.switches.profile_uuid_variable == "item_id"
        )
        values = profiles.variables(
            device,
            self._tenant.blueprints.get(device.blueprint_id),
            self._tenant.library.in_profile_case(profile.id) if of_item else identity,
        )
        document = profiles.resolved({**profile.document, "PayloadUUID": identity}, values)
        return Delivery(profile.id, profile.name, profile.mdm_identifier, identity, document)

    def status_of(self, device: Device, item: LibraryItem) -> ItemStatus:
        """Return the item's status on a device that gets it.

        It is pending until the device has reported the item in its present state.
        """
        known = device.statuses.get(item.id)
        if known is None or known.identity != item.identity_on(device.id):
            known = self.set_status(device, item, "PENDING")
            known.reported_at = None
        return known

    def set_status(
        self,
        device: Device,
        item: LibraryItem,
        status: str,
        *,
        log: str | None = None,
        identity: str | None = None,
        at: datetime | None = None,
    ) -> ItemStatus:
        """Set the status of an item on a device. Return it.

        ``status`` has the words of apps (PASS, PENDING, ERROR); profiles show words of their own.
        ``identity`` is the state of the item that the status describes.
        """
        is_profile = isinstance(item, ProfileItem) or item.type == "profile"
        word = LOWER_CASE_STATUSES.get(status, status) if is_profile else status
        known = device.statuses.get(item.id)
        if known is None:
            self._status_number += 1
        number = known.id if known else self._status_number
        device.statuses[item.id] = ItemStatus(
            number,
            word,
            identity or item.identity_on(device.id),
            log,
            at or self._world.clock.now(),
        )
        return device.statuses[item.id]

    def receive_report(
        self,
        device: Device,
        *,
        certificates: list[Row],
        installed: list[Row],
        apps: list[Row],
        at: datetime | None = None,
    ) -> None:
        """Store an inventory; a row that was there before keeps its first timestamp."""
        old = device.report
        device.report = Report(
            at or self._world.clock.now(),
            _merged(old.certificates if old else [], certificates),
            _merged(old.profiles if old else [], installed),
            _merged(old.apps if old else [], apps),
        )
        self._tenant.changed()


def _merged(old: list[Row], new: list[Row]) -> list[Row]:
    known = {row.key: row.created_at for row in old}
    return [Row(row.key, row.columns, known.get(row.key, row.created_at)) for row in new]
