# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Kandji knows of the Macs whose records a reset looks at: by exact serial, in few calls."""

from __future__ import annotations

import typing as t

from .._core.text import names_serial
from .._http.urls import batches
from .._kandji.client import Kandji
from .._kandji.identifiers import CUSTOM_PROFILE, MDM_PAYLOAD, SCEP_PAYLOAD
from .._kandji.profile_holders import ProfileItem
from .._kandji.records import InstalledProfile
from .._okta.client import Okta
from .._status.reader import FleetQuery, read_fleet
from .._status.rings import Ring, profile_uuid
from .._status.stages import classify
from .plan import Mac


def macs_on_stages(
    okta: Okta,
    kandji: Kandji,
    rings: t.Sequence[Ring],
    app_ids: t.Sequence[str],
    stages: t.Container[str],
) -> list[str]:
    """Serials of the rings' Macs that stand on these stages."""
    fleet = read_fleet(okta, kandji, FleetQuery(rings, app_ids))
    return [
        mac.serial
        for mac in fleet.macs
        if mac.ring and mac.serial and classify(mac, fleet.limits).stage in stages
    ]


def read_macs(
    kandji: Kandji, serials: t.Sequence[str], platforms: t.Sequence[str], rings: t.Sequence[Ring]
) -> tuple[dict[str, Mac], int]:
    """Serial (lower case) -> what Kandji knows of it, for exactly these serials;

    and how many Macs Kandji has in all.
    """
    wanted = {serial.lower() for serial in serials if serial}
    filters = {"platform": "Mac"} if list(platforms) == ["MACOS"] else {}
    devices = list(kandji.devices(**filters))
    macs = {
        device.serial_key: Mac(device.serial, device.device_id, device.name, device.person)
        for device in devices
        if device.serial_key in wanted
    }
    fleet = sum(device.is_mac for device in devices)
    for batch in batches(sorted(mac.serial for mac in macs.values())):
        of_these: dict[str, t.Any] = {"serial_number": {"in": batch}}
        for profile in kandji.prism_profiles(of_these):
            mac = macs.get(profile.serial.lower())
            if mac and _is_live(profile, rings):
                mac.profile_live = True
        identities = {**of_these, "identity_certificate": {"eq": True}}
        for certificate in kandji.prism_certificates(identities):
            mac = macs.get(certificate.serial.lower())
            if mac and names_serial(certificate.common_name, mac.serial):
                mac.certificates.append(certificate.created_at or "")
    return macs, fleet


def _is_live(installed: InstalledProfile, rings: t.Sequence[Ring]) -> bool:
    """A SCEP profile;

    where rings are given, one of theirs, by its item's id or its own identity.
    """
    types = installed.payload_types or ()
    if SCEP_PAYLOAD not in types or MDM_PAYLOAD in types:
        return False
    if not rings:
        return True
    for profile in [ring.profile for ring in rings if ring.profile]:
        uuid = str(profile_uuid(profile) or "").lower()
        # The identifier of an item that the console made is not documented, so that any profile
        # that is not custom may be it.
        by_console = "profile" not in profile and not installed.identifier.startswith(
            CUSTOM_PROFILE
        )
        if (
            by_console
            or ProfileItem.of_profile(profile).matches(installed)
            or (uuid and uuid == installed.payload_uuid)
        ):
            return True
    return False
