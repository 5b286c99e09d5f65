# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed on a Mac, and how its inventory reports that."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

OKTA_VERIFY = "com.okta.mobile"


@dataclass(frozen=True)
class InstalledProfile:
    """A profile on a Mac; ``item_id`` is empty without a library item behind it."""

    identifier: str
    payload_uuid: str
    columns: dict[str, t.Any]
    item_id: str = ""
    payloads: tuple[dict[str, t.Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class InstalledApp:
    """An app on a Mac; ``item_id`` is empty for one that a person installed."""

    bundle_id: str
    columns: dict[str, t.Any]
    item_id: str = ""


def profile_columns(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a profile as Prism lists it: the names of its payloads, not their settings."""
    return {
        "profile_display_name": document["PayloadDisplayName"],
        "payload_identifier": document["PayloadIdentifier"],
        "payload_uuid": document["PayloadUUID"],
        "removal_passcode": False,
        "encrypted": False,
        "managed": True,
        "profile_description": document.get("PayloadDescription"),
        "organization": document.get("PayloadOrganization"),
        "removable": False,
        "signed": True,
        "profile_data": [
            {
                "type": payload.get("PayloadType"),
                "uuid": payload.get("PayloadUUID"),
                "version": payload.get("PayloadVersion", 1),
                "identifier": payload.get("PayloadIdentifier"),
                "display_name": payload.get("PayloadDisplayName"),
                "organization": payload.get("PayloadOrganization"),
            }
            for payload in document["PayloadContent"]
        ],
    }


def app_columns(name: str, bundle_id: str, version: str, source: str) -> dict[str, t.Any]:
    """Return an app as Prism lists it; ``source`` is from where it was obtained."""
    return {
        "path": f"/Applications/{name}.app",
        "obtained_from": source,
        "bundle_id": bundle_id,
        "name": name,
        "short_version": version,
        "version": version,
        "signature": None,
        "device_based_vpp": None,
        "team_id": "B7F62B65BN" if bundle_id == OKTA_VERIFY else None,
    }


BUILT_IN_CERTIFICATES = ("com.apple.kerberos.kdc", "com.apple.systemdefault")  # common names
MDM_PROFILE = InstalledProfile(
    "com.kandji.profile.mdmprofile",
    "35fec4f0-0000-41c5-b3c1-e6da3f0f592d",
    profile_columns(
        {
            "PayloadDisplayName": "MDM Profile",
            "PayloadIdentifier": "com.kandji.profile.mdmprofile",
            "PayloadUUID": "35fec4f0-0000-41c5-b3c1-e6da3f0f592d",
            "PayloadOrganization": "Kandji, Inc.",
            "PayloadContent": [
                {"PayloadType": "com.apple.mdm"},
                {"PayloadType": "com.apple.security.scep"},
            ],
        }
    ),
)
SAFARI = InstalledApp(
    "com.apple.Safari", app_columns("Safari", "com.apple.Safari", "26.1", "apple")
)
DEVICE_TRUST_PAYLOADS = {
    "scep": ("com.apple.security.scep",),
    "sso": ("com.apple.extensiblesso", "com.apple.loginitems.managed", OKTA_VERIFY),
}


def device_trust_profiles(new_uuid: t.Callable[[], str]) -> list[InstalledProfile]:
    """Return the two profiles of Kandji's own Okta Device Trust."""
    profiles = []
    for name, payload_types in DEVICE_TRUST_PAYLOADS.items():
        identifier = f"com.kandji.profile.odt.{name}"
        content = [
            {
                "PayloadType": payload_type,
                "PayloadUUID": new_uuid(),
                "PayloadIdentifier": f"{identifier}.{payload_type}",
            }
            for payload_type in payload_types
        ]
        document = {
            "PayloadDisplayName": f"{name.upper()} for Okta Device Trust",
            "PayloadIdentifier": identifier,
            "PayloadUUID": new_uuid(),
            "PayloadOrganization": "Kandji, Inc.",
            "PayloadContent": content,
        }
        profiles.append(
            InstalledProfile(identifier, str(document["PayloadUUID"]), profile_columns(document))
        )
    return profiles
