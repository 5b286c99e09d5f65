# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of Okta's Certificate Authorities API (Early Access) as frozen records.

An absent field is None, "" for an id. Enumerations are open, and stay texts. Key identifiers are 40
hexadecimal digits in upper case, as Okta writes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ..._core.json_fields import Row, as_id, as_name, as_object, as_objects, as_text, as_word
from ..._core.results import Result
from ..._core.timestamps import format_known, parse_timestamp
from ..._http.urls import split_url

ATTESTATION, DEVICE_ACCESS = "OKTA_AS_CA", "DEVICE_ACCESS_OKTA_AS_CA"
STATIC, DYNAMIC, DELEGATED = "STATIC", "DYNAMIC", "DELEGATED"
ACTIVE = "ACTIVE"  # of a certificate: the newest one of its authority; of a platform: in service
RETIRING = "RETIRING"  # of a certificate: superseded, and still valid

_KEY_ID = re.compile(r"[0-9A-F]{40}")


def parse_key_id(value: object) -> str:
    """Return a key identifier as 40 hexadecimal digits in upper case, "" for anything else.

    Colons and spaces between the digits are left out. A text of another length, such as one that
    was cut, identifies nothing.
    """
    digits = "".join(as_id(value).upper().replace(":", " ").split())
    return digits if _KEY_ID.fullmatch(digits) else ""


@dataclass(frozen=True, slots=True)
class AuthorityCertificate:
    """One certificate of an authority that has not expired.

    :arg key_id: its subject key identifier, by which the certificates that it signed name it, "" if
        Okta does not show a usable one.
    :arg rotation_state: ACTIVE is the newest one, RETIRING an earlier one that is still valid.
        ACTIVE does not mean that a platform issues with it.
    :arg status: VALID, or INACTIVE for a replacement that nothing can issue with yet.
    """

    key_id: str
    rotation_state: str | None = None
    status: str | None = None
    subject: str | None = None
    created: datetime | None = None
    expires: datetime | None = None

    @classmethod
    def from_row(cls, row: Row) -> AuthorityCertificate:
        """Return the certificate of a row."""
        return cls(
            parse_key_id(row.get("ski")),
            as_word(row.get("rotationState")),
            as_word(row.get("status")),
            as_text(row.get("subjectDN")),
            parse_timestamp(row.get("createdDate")),
            parse_timestamp(row.get("expirationDate")),
        )

    def as_result(self) -> Result:
        """Return the certificate as results show it."""
        return {
            "key_id": self.key_id or None,
            "rotation_state": self.rotation_state,
            "status": self.status,
            "subject": self.subject,
            "created": format_known(self.created),
            "expires": format_known(self.expires),
        }


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """An intermediate authority, with its certificates, newest first.

    :arg id: the key identifier of its first certificate. It is part of SCEP URLs, and stays.
    :arg family: OKTA_AS_CA issues the certificates that attest management,
        DEVICE_ACCESS_OKTA_AS_CA those of Device Access, which attest nothing.
    """

    id: str
    family: str | None = None
    status: str | None = None
    subject: str | None = None
    certificates: tuple[AuthorityCertificate, ...] = ()

    @property
    def shows_keys(self) -> bool:
        """Whether it has certificates, and all of them have their key identifier."""
        return bool(self.certificates) and all(each.key_id for each in self.certificates)

    @classmethod
    def from_row(cls, row: Row) -> CertificateAuthority:
        """Return the authority of a row with expand=certificates."""
        certificates = as_objects(as_object(row.get("_embedded")).get("certificates"))
        return cls(
            as_id(row.get("authorityInstanceId")).upper(),
            as_word(row.get("caType")),
            as_word(row.get("status")),
            as_text(row.get("subjectDN")),
            tuple(map(AuthorityCertificate.from_row, certificates)),
        )

    def as_result(self) -> Result:
        """Return the authority as results show it."""
        return {
            "id": self.id,
            "family": self.family,
            "status": self.status,
            "subject": self.subject,
            "certificates": [each.as_result() for each in self.certificates],
        }


@dataclass(frozen=True, slots=True)
class RegistrationAuthority:
    """A SCEP configuration: a platform of the Admin Console.

    :arg challenge_type: STATIC, DYNAMIC or DELEGATED.
    :arg authority_key_id: the key identifier of the certificate that it issues with.
    :arg ca_expires: when that certificate expires.
    :arg last_updated: its last change. Moving it to another certificate is one.
    """

    id: str
    name: str = ""
    challenge_type: str | None = None
    status: str | None = None
    authority_id: str = ""
    authority_key_id: str = ""
    scep_url: str = ""
    ca_expires: datetime | None = None
    created: datetime | None = None
    last_updated: datetime | None = None

    @classmethod
    def from_row(cls, row: Row) -> RegistrationAuthority:
        """Return the configuration of a row."""
        return cls(
            id=as_id(row.get("id")),
            name=as_name(row.get("name")),
            challenge_type=as_word(row.get("challengeType")),
            status=as_word(row.get("status")),
            authority_id=as_id(row.get("authorityInstanceId")).upper(),
            authority_key_id=parse_key_id(row.get("aki")),
            scep_url=as_name(row.get("scepUrl")),
            ca_expires=parse_timestamp(row.get("caExpirationDate")),
            created=parse_timestamp(row.get("createdDate")),
            last_updated=parse_timestamp(row.get("lastUpdatedDate")),
        )

    @property
    def path(self) -> str:
        """The path of its SCEP URL. The host may be another name of the org."""
        return split_url(self.scep_url).path or f"/pki/{self.authority_id}/scep/{self.id}"

    def as_result(self) -> Result:
        """Return the configuration as results show it."""
        return {
            "id": self.id,
            "name": self.name,
            "challenge_type": self.challenge_type,
            "status": self.status,
            "authority_id": self.authority_id,
            "authority_key_id": self.authority_key_id,
            "scep_url": self.scep_url,
            "ca_expires": format_known(self.ca_expires),
            "created": format_known(self.created),
            "last_updated": format_known(self.last_updated),
        }
