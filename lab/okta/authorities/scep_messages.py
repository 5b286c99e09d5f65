# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of SCEP messages (RFC 8894) that only a certificate authority needs.

It reads the certificate requests of clients and packs the certificates of its answers. Messages
themselves are read and sealed with the collection's own ``_scep.messages``.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import messages
from asn1crypto import cms, csr
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RENEWAL_REQUEST = "17"

# Relative names, each of (dotted OID, value) pairs.
Subject = tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True)
class CertificateRequest:
    """A PKCS#10 request whose signature was verified."""

    subject: Subject
    public_key: rsa.RSAPublicKey
    challenge: str = field(repr=False)


def read_request(data: bytes) -> CertificateRequest:
    """Return a parsed PKCS#10 request.

    It is read leniently: strongSwan's attributes are not in DER order, which cryptography refuses.
    Raises MessageError.
    """
    with messages.parsing("The certificate request"):
        request = csr.CertificationRequest.load(data)
        info = request["certification_request_info"]
        key = serialization.load_der_public_key(info["subject_pk_info"].dump())
        if not isinstance(key, rsa.RSAPublicKey):
            raise messages.UnknownAlgorithm("The certificate request has a key that is not RSA.")
        algorithm = request["signature_algorithm"]
        if algorithm.signature_algo != "rsassa_pkcs1v15":
            raise messages.UnknownAlgorithm(
                "The certificate request is signed with an algorithm that is not supported."
            )
        messages.verify_signature(
            key, request["signature"].native, info.dump(), algorithm.hash_algo
        )
        subject = tuple(
            tuple((pair["type"].dotted, pair["value"].native) for pair in relative_name)
            for relative_name in info["subject"].chosen
        )
        return CertificateRequest(subject, key, _read_challenge(info))


def _read_challenge(info: csr.CertificationRequestInfo) -> str:
    for attribute in info["attributes"]:
        if attribute["type"].native == "challenge_password":
            challenge = attribute["values"][0].native
            if not isinstance(challenge, str):
                raise messages.MessageError("The challenge in the certificate request is not text.")
            return challenge
    return ""


def pack_certificates(certificates: t.Sequence[bytes]) -> bytes:
    """Return a degenerate PKCS#7: certificates and nothing else."""
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data"},
            "signer_infos": [],
            "certificates": [
                cms.CertificateChoices("certificate", asn1_x509.Certificate.load(certificate))
                for certificate in certificates
            ],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der
