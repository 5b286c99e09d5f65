# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control surface reports of an org: records and certificates as JSON, without secrets."""

from __future__ import annotations

from lab.okta.authorities.certificate_authority import Authority
from lab.okta.devices.records import Record
from lab.okta.org import Org
from lab.okta.system_log.events import Json


def describe_org(org: Org) -> Json:
    """Return the org's device records and settings."""
    return {
        "org_id": org.org_id,
        "pipeline": org.pipeline,
        "refused": sorted(org.refused),
        "devices": [_describe_record(org, record) for record in org.devices.values()],
        "deleted": sorted(org.deleted),
    }


def _describe_record(org: Org, record: Record) -> Json:
    users = [
        {
            "user_id": link.user_id,
            "login": org.users[link.user_id].login,
            "managed": link.managed,
        }
        for link in record.users.values()
    ]
    return {
        "id": record.id,
        "serial": record.profile.get("serialNumber"),
        "status": record.status,
        "created": record.created.isoformat(),
        "users": users,
        "certificates": [str(number) for number in record.certificates],
    }


def describe_certificates(authority: Authority) -> list[Json]:
    """Return every certificate that the authority ever issued."""
    return [
        {
            "serial_number": str(certificate.serial_number),
            "common_name": certificate.common_name,
            "status": certificate.status,
            "fingerprint_sha256": certificate.fingerprint_sha256,
            "bound_device_id": certificate.bound_device_id,
            "issued_at": certificate.issued_at.isoformat(),
            "not_before": certificate.not_before.isoformat(),
            "not_after": certificate.not_after.isoformat(),
            "last_used": certificate.last_used.isoformat() if certificate.last_used else None,
        }
        for certificate in authority.certificates.values()
    ]
