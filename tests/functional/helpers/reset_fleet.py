# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs and device records as a reset meets them, put into a lab by hand.

No key is made and nobody enrolls, so that hundreds are there at once.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from lab.kandji.model import Report, Row
from lab.okta.devices.records import DeviceFacts

SCEP_PAYLOAD = {"type": "com.apple.security.scep"}


def scep_profile() -> dict[str, t.Any]:
    """An installed profile as Prism shows it, with a SCEP payload."""
    from lab.actors.inventory import MDM_PROFILE

    payload = {**(MDM_PROFILE.columns["profile_data"] or [{}])[0], **SCEP_PAYLOAD}
    return {
        **MDM_PROFILE.columns,
        "payload_identifier": "com.kandji.profile.custom.by-hand",
        "payload_uuid": "0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D",
        "profile_data": [payload],
    }


class ResetFleet:
    """Adds Macs to Kandji and records to Okta. Times are hours before now."""

    def __init__(self, watched: t.Any) -> None:
        self.watched, self.world = watched, watched.world
        self.number = 0

    def mac(self, serial: str, certificate: float | None = 48, profile: bool = True) -> t.Any:
        """A Mac that Kandji knows.

        Its certificate was first seen so many hours ago, or it has none. Returns the certificate of
        Okta's books.
        """
        now, tenant = self.world.clock.now(), self.world.kandji
        like = next(one for one in tenant.devices.values() if one.platform == "Mac")
        device = next(
            (one for one in tenant.devices.values() if one.serial == serial), None
        ) or tenant.add_device(
            name=serial,
            serial=serial,
            udid=serial,
            platform="Mac",
            model=like.model,
            model_id=like.model_id,
            os_version=like.os_version,
            build=like.build,
            blueprint_id=like.blueprint_id,
            enrolled_at=like.enrolled_at,
            last_check_in=like.last_check_in,
            user=None,
            mac_address="00:00:00:00:00:00",
        )
        rows, booked = [], None
        if certificate is not None:
            seen = now - timedelta(hours=certificate)
            with self.world.okta.dated(seen):
                booked = self.world.okta.platform.book(
                    f"{serial} 0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D"
                )
            rows = [
                Row(
                    str(booked.serial_number),
                    {"common_name": booked.common_name, "identity_certificate": True},
                    seen,
                )
            ]
        profiles = [Row("scep", scep_profile(), now)] if profile else []
        device.report = Report(now, rows, profiles, [])
        tenant.changed()
        return booked

    def user(self, login: str = "", has_phone: bool = True) -> t.Any:
        self.number += 1
        known = next((one for one in self.world.okta.users.values() if one.login == login), None)
        user = known or self.world.okta.add_user(
            "Ann", "Example", login or f"reset{self.number}@example.com"
        )
        user.has_phone = has_phone
        return user

    def record(
        self,
        serial: str,
        *users: t.Any,
        age: float = 96,
        managed_by: t.Any = None,
        platform: str = "MACOS",
    ) -> t.Any:
        """A device record of so many hours ago, with these users, or one of its own."""
        org = self.world.okta
        first, *others = users or [self.user()]
        with org.dated(self.world.clock.now() - timedelta(hours=age)):
            record = org.registry.register(
                first.id,
                DeviceFacts(
                    serial=serial,
                    udid=f"udid-{serial}",
                    name=serial,
                    model="MacBookPro18,3",
                    os_version="15.1",
                    platform=platform,
                ),
            )
            for other in others:
                self.join(record, other)
        if managed_by is not None:
            record.users[managed_by.id].set_managed(True)
        return record

    def join(self, record: t.Any, user: t.Any) -> None:
        """One more user adds the account in Okta Verify of the device with this record."""
        serial = record.profile["serialNumber"]
        self.world.okta.registry.register(
            user.id,
            DeviceFacts(serial=serial, udid="", name=serial, model="", os_version="15.1"),
            account_device_id=record.id,
        )

    def stuck(self, serial: str, *users: t.Any) -> t.Any:
        """A Mac that was registered before its certificate came, two days ago, and its record.

        What a reset is for.
        """
        self.mac(serial)
        return self.record(serial, *users)
