# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's Certificate Authorities API (Early Access), as far as it is published: what reads.

Lists are ``{"data": [...]}`` without pages, and dates have an offset without a colon. The path of
the renewal is not published, so the lab does not have it; an administrator renews in the console.
"""

from __future__ import annotations

import base64
import typing as t
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from lab.http import Answer, Call, Operation
from lab.okta.authorities.certificate_authority import Authority, Generation
from lab.okta.authorities.scep_configurations import ScepConfiguration
from lab.okta.errors import refuse
from lab.okta.operation_base import read_operation
from lab.okta.org import Org

AUTHORITIES = "/pki/api/v2/certificate-authorities"
AUTHORITY = AUTHORITIES + "/{authorityInstanceId}"
ROOT, INTERMEDIATE = "ROOT", "INTERMEDIATE"
FAMILIES = ("OKTA_AS_CA", "DEVICE_ACCESS_OKTA_AS_CA")
# What an org without the feature answers is not published; these are as possible.
NOT_AVAILABLE = {
    "feature": "E0000015",
    "forbidden": "E0000006",
    "missing": "E0000007",
    "verb": "E0000022",
}

Json = dict[str, t.Any]


class AuthorityOperations:
    """The operations that read the authorities, their certificates and their configurations."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operations."""
        configurations = AUTHORITY + "/registration-authorities"
        handlers: list[tuple[str, str, t.Callable[[Call], Json]]] = [
            ("listCertificateAuthorities", AUTHORITIES, self._list),
            ("getCertificateAuthority", AUTHORITY, self._get),
            (
                "listCertificateAuthorityCertificates",
                AUTHORITY + "/certificates",
                self._list_certificates,
            ),
            (
                "getCertificateAuthorityCertificate",
                AUTHORITY + "/certificates/{ski}",
                self._get_certificate,
            ),
            ("listRegistrationAuthorities", configurations, self._list_configurations),
            ("getRegistrationAuthority", configurations + "/{raId}", self._get_configuration),
        ]
        return [
            read_operation(name, path, self._where_available(handler))
            for name, path, handler in handlers
        ]

    def _where_available(self, handler: t.Callable[[Call], Json]) -> t.Callable[[Call], Answer]:
        def answer(call: Call) -> Answer:
            switches = self.org.world.switches
            if call.principal == "api token" and not switches.api_token_reads_authorities:
                refuse("E0000011")
            if switches.certificate_authorities in NOT_AVAILABLE:
                refuse(NOT_AVAILABLE[switches.certificate_authorities], call.request_path)
            return Answer(handler(call))

        return answer

    # Authorities

    def _list(self, call: Call) -> Json:
        kinds = _choice(call, "type", (ROOT, INTERMEDIATE))
        families = _choice(call, "caType", FAMILIES)
        expand = _choice(call, "expand", ("certificates",), default=())
        rows = [
            self._shape(authority, kind, bool(expand))
            for kind in (ROOT, INTERMEDIATE)
            for authority in self.org.platform.configurations.authorities
            if kind in kinds and authority.family in families
        ]
        return {"data": rows}

    def _get(self, call: Call) -> Json:
        expand = _choice(call, "expand", ("certificates",), default=())
        return self._shape(*self._find(call), bool(expand))

    def _find(self, call: Call) -> tuple[Authority, str]:
        wanted = call.path["authorityInstanceId"]
        known = {
            _instance_id(authority, kind): (authority, kind)
            for authority in self.org.platform.configurations.authorities
            for kind in (ROOT, INTERMEDIATE)
        }
        return known.get(wanted) or refuse("E0000007", f"{wanted} (CertificateAuthority)")

    def _shape(self, authority: Authority, kind: str, expand: bool) -> Json:
        shape: Json = {
            "authorityInstanceId": _instance_id(authority, kind),
            "type": kind,
            "caType": authority.family,
            "status": "VALID",
            "subjectDN": _subject(authority, kind),
        }
        if expand:
            shape["_embedded"] = {"certificates": self._certificates(authority, kind)}
        return shape

    # Certificates

    def _list_certificates(self, call: Call) -> Json:
        return {"data": self._certificates(*self._find(call))}

    def _get_certificate(self, call: Call) -> Json:
        wanted = call.path["ski"]
        shapes = self._certificates(*self._find(call))
        return next((shape for shape in shapes if shape["ski"] == wanted), None) or refuse(
            "E0000007", f"{wanted} (CertificateAuthorityCertificate)"
        )

    def _certificates(self, authority: Authority, kind: str) -> list[Json]:
        """Return the certificates that have not expired, newest first."""
        generations = [authority.root] if kind == ROOT else authority.generations
        return [
            _certificate(authority, kind, generation, generation is generations[-1])
            for generation in reversed(generations)
            if generation.expires > self.org.now()
        ]

    # Configurations

    def _list_configurations(self, call: Call) -> Json:
        authority, kind = self._find(call)
        if kind == ROOT:
            return {"data": []}
        return {
            "data": [
                self._configuration(each) for each in self.org.platform.configurations.of(authority)
            ]
        }

    def _get_configuration(self, call: Call) -> Json:
        authority, _kind = self._find(call)
        wanted = call.path["raId"]
        configuration = self.org.platform.configurations.find(authority.instance_id, wanted)
        return self._configuration(
            configuration or refuse("E0000007", f"{wanted} (RegistrationAuthority)")
        )

    def _configuration(self, configuration: ScepConfiguration) -> Json:
        delegated = configuration.challenge_type == "DELEGATED"
        return {
            "id": configuration.id,
            "name": configuration.name,
            "protocol": "SCEP",
            "challengeType": configuration.challenge_type,
            "status": "ACTIVE",
            "ski": configuration.key_id,
            "aki": configuration.generation.key_id,
            "caExpirationDate": _date(configuration.generation.expires),
            "authorityInstanceId": configuration.authority.instance_id,
            "scepUrl": self.org.platform.show_url(configuration),
            "configInfo": {"provider": "INTUNE"} if delegated else {},
            "createdDate": _date(configuration.created),
            "lastUpdatedDate": _date(configuration.updated),
        }


def _choice(
    call: Call, name: str, choices: tuple[str, ...], default: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return the value of a query parameter, all choices without one."""
    value = call.query.get(name)
    if value is None:
        return choices if default is None else default
    return (value,) if value in choices else refuse("E0000001", name)


def _instance_id(authority: Authority, kind: str) -> str:
    return authority.root.key_id if kind == ROOT else authority.instance_id


def _subject(authority: Authority, kind: str) -> str:
    return authority.root_subject if kind == ROOT else authority.subject


def _certificate(authority: Authority, kind: str, generation: Generation, newest: bool) -> Json:
    numbers = generation.identity.key.public_key().public_numbers()
    shape = {
        "ski": generation.key_id,
        "authorityInstanceId": _instance_id(authority, kind),
        "rotationState": "ACTIVE" if newest else "RETIRING",
        "type": kind,
        "caType": authority.family,
        "subjectDN": _subject(authority, kind),
        "status": generation.status,
        "createdDate": _date(generation.created),
        "lastUpdatedDate": _date(generation.created),
        "expirationDate": _date(generation.expires),
        "jwk": {"kty": "RSA", "use": "sig", **_jwk(numbers)},
    }
    # "a root has no parent"
    return shape if kind == ROOT else {**shape, "aki": authority.root.key_id}


def _jwk(numbers: rsa.RSAPublicNumbers) -> Json:
    return {"e": _base64url(numbers.e), "n": _base64url(numbers.n)}


def _base64url(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _date(time: datetime) -> str:
    """Return a time as Okta's examples of this API have it: no colon in the offset."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"
