# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actors and targets of the org's own events, as the System Log shows them."""

from __future__ import annotations

from lab.okta.authorities.certificate_authority import IssuedCertificate
from lab.okta.devices.records import Record
from lab.okta.policies.access_policies import Policy, Rule
from lab.okta.system_log.events import Json

# The actor of what Okta does by itself.
SYSTEM: Json = {
    "id": "okta-system",
    "type": "SystemPrincipal",
    "alternateId": "system@okta.com",
    "displayName": "Okta System",
    "detailEntry": None,
}
_DEVICE_DETAILS = {
    "name": "displayName",
    "serialNumber": "serialNumber",
    "osPlatform": "platform",
    "osVersion": "osVersion",
}


def target(target_id: str, kind: str, name: str) -> Json:
    """Return a target that has no alternate id and no details."""
    return {
        "id": target_id,
        "type": kind,
        "alternateId": "unknown",
        "displayName": name,
        "detailEntry": None,
    }


def device_target(record: Record) -> Json:
    """Return a device record as target."""
    detail = {
        name: record.profile[key] for name, key in _DEVICE_DETAILS.items() if key in record.profile
    }
    return {
        **target(record.id, "Device", record.profile["displayName"]),
        "detailEntry": {**detail, "status": record.status},
    }


def enrollment_target(enrollment_id: str, factor: str | None = None) -> Json:
    """Return an enrollment of Okta Verify as target, with the method that was used, as recorded."""
    used = {
        "methodTypeUsed": "Use Okta FastPass",
        "methodUsedVerifiedProperties": "[DEVICE_BOUND, PHISHING_RESISTANT, HARDWARE_PROTECTED]",
    }
    return {
        **target(enrollment_id, "AuthenticatorEnrollment", "Okta Verify"),
        "detailEntry": used if factor == "SIGNED_NONCE" else None,
    }


def certificate_target(certificate: IssuedCertificate, field: str) -> Json:
    """Return a client certificate as target.

    Okta does not document which field carries the common name: ``field`` is a setting of the lab.
    """
    return {
        **target(f"{certificate.serial_number:x}", "Certificate", "unknown"),
        field: (
            {"subjectCommonName": certificate.common_name}
            if field == "detailEntry"
            else certificate.common_name
        ),
    }


def policy_targets(policy: Policy, rule: Rule | None = None) -> list[Json]:
    """Return a policy as target, followed by one of its rules."""
    targets = [target(policy.id, "PolicyEntity", policy.name)]
    return [*targets, target(rule.id, "PolicyRule", rule.name)] if rule else targets
