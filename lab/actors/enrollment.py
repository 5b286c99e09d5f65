# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a Mac gets a certificate for a SCEP payload, and the certificate in its keychain.

``enroll_over_scep`` sends SCEP messages over HTTPS; ``enroll_as_record`` asks the lab's authority
directly, for Macs that have no keys.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
    client as _scep,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lab.actors import macos_shims
from lab.clock import iso
from lab.state import World

ISSUER = "Organization Intermediate Authority"
APPLE_DEFAULT_RETRIES = 3
APPLE_DEFAULT_KEY_SIZE = 1024


class EnrollmentFailed(Exception):
    """A payload did not get its certificate. The text holds no secret."""


@dataclass(frozen=True)
class MacCertificate:
    """A certificate in the Mac's system keychain.

    On a Mac without keys it has neither DER nor a private key.
    """

    der: bytes | None
    common_name: str
    serial_number: int
    not_before: datetime
    not_after: datetime
    private_key: t.Any = field(repr=False)
    profile_identifier: str = ""

    @classmethod
    def of(cls, der: bytes, private_key: t.Any, profile_identifier: str) -> MacCertificate:
        """Return the certificate of a DER encoding."""
        parsed = x509.load_der_x509_certificate(der)
        names = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        common_name = str(names[0].value) if names else ""
        return cls(
            der,
            common_name,
            parsed.serial_number,
            parsed.not_valid_before_utc,
            parsed.not_valid_after_utc,
            private_key,
            profile_identifier,
        )

    def check_identity(self) -> macos_shims.CheckedIdentity:
        """Return the certificate as the certificate check lists it."""
        digest = hashlib.sha256(self.der or str(self.serial_number).encode()).hexdigest()
        parsed = x509.load_der_x509_certificate(self.der) if self.der else None
        issuer = (
            str(parsed.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
            if parsed
            else ISSUER
        )
        return macos_shims.CheckedIdentity(
            self.common_name,
            issuer,
            f"{self.not_after:%Y-%m-%dT%H:%M:%SZ}",
            digest,
            authority_key_id=_authority_key_id(parsed) if parsed else "",
            not_before=f"{self.not_before:%Y-%m-%dT%H:%M:%SZ}",
        )

    def describe(self) -> dict[str, t.Any]:
        """Return the certificate as JSON values, without its private key."""
        parsed = x509.load_der_x509_certificate(self.der) if self.der else None
        return {
            "serial_number": str(self.serial_number),
            "common_name": self.common_name,
            "fingerprint_sha256": parsed.fingerprint(hashes.SHA256()).hex() if parsed else None,
            "not_before": iso(self.not_before),
            "not_after": iso(self.not_after),
            "profile_identifier": self.profile_identifier,
            "pem": parsed.public_bytes(serialization.Encoding.PEM).decode() if parsed else None,
        }


def _authority_key_id(certificate: x509.Certificate) -> str:
    extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return (extension.value.key_identifier or b"").hex().upper()


Enroll = t.Callable[[World, dict[str, t.Any], str], MacCertificate]


def enroll_over_scep(
    world: World, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """Return a certificate that the server of a com.apple.security.scep payload issues."""
    with requests.Session() as session:
        session.headers["User-Agent"] = "SCEP (lab Mac)"

        def exchange(
            verb: str, url: str, params: dict[str, str], body: bytes | None
        ) -> tuple[int, str, bytes]:
            headers = {"Content-Type": "application/x-pki-message"} if body is not None else None
            try:
                ca_file = str(world.ca_file)
                response = session.request(
                    verb, url, params=params, data=body, headers=headers, verify=ca_file, timeout=60
                )
            except requests.RequestException as error:
                raise EnrollmentFailed(
                    f"The SCEP server cannot be reached ({type(error).__name__})."
                ) from None
            return response.status_code, response.headers.get("Content-Type", ""), response.content

        return enroll(exchange, settings, profile_identifier)


def enroll(
    exchange: _scep.Exchange, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """Return a certificate that ``exchange`` obtains with the settings of a SCEP payload.

    The number of retries applies to the answer PENDING, as Apple describes. They follow each other
    without a delay: nothing in the lab decides about a request meanwhile.
    """
    _check_types(settings)
    attempts = 1 + settings.get("Retries", APPLE_DEFAULT_RETRIES)
    for _attempt in range(attempts):
        try:
            enrollment = _scep.enroll(
                exchange,
                url=settings["URL"],
                challenge=settings.get("Challenge", ""),
                subject=settings.get("Subject", []),
                key_size=settings.get("Keysize", APPLE_DEFAULT_KEY_SIZE),
                ca_fingerprint=settings.get("CAFingerprint"),
            )
        except _scep.ScepPending:
            continue
        except _scep.ScepError as error:
            raise EnrollmentFailed(
                without_secret(f"The SCEP server gave no certificate: {error}", settings)
            ) from None
        return MacCertificate.of(
            enrollment.certificate_der, enrollment.private_key, profile_identifier
        )
    raise EnrollmentFailed(f"The SCEP server left the request pending through {attempts} attempts.")


def enroll_as_record(
    world: World, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """Return a certificate without keys and without SCEP, for a fleet of thousands of Macs.

    URL and challenge decide about it as they do over SCEP. Only the authority's records and Okta's
    log hold the certificate.
    """
    _check_types(settings)
    if (
        settings["URL"] not in (world.okta.platform.scep_url, world.okta.platform.shown_scep_url)
        or settings.get("Challenge") != world.okta.platform.challenge
    ):
        raise EnrollmentFailed("The SCEP server gave no certificate.")
    common_name = ", ".join(
        value for name in settings.get("Subject", []) for kind, value in name if kind == "CN"
    )
    with world.lock:
        issued = world.okta.platform.book(common_name)
    return MacCertificate(
        None,
        common_name,
        issued.serial_number,
        issued.not_before,
        issued.not_after,
        None,
        profile_identifier,
    )


def _check_types(settings: dict[str, t.Any]) -> None:
    """Refuse a payload that has a value of a wrong type, as a Mac does."""
    for key, kind in {
        "URL": str,
        "Challenge": str,
        "Subject": list,
        "Keysize": int,
        "Retries": int,
    }.items():
        if key in settings and not isinstance(settings[key], kind):
            raise EnrollmentFailed(f"The SCEP payload is invalid: {key} has the wrong type.")
    if not settings.get("URL"):
        raise EnrollmentFailed("The SCEP payload is invalid: it has no URL.")


def without_secret(text: str, settings: dict[str, t.Any]) -> str:
    """Return a text without the challenge of a SCEP payload."""
    challenge = settings.get("Challenge")
    return text.replace(challenge, "(challenge)") if challenge else text
