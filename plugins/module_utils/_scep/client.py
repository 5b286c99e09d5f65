# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCEP client (RFC 8894): describe an endpoint, and enroll once as a Mac does.

It does not know vendors and does no HTTP: the caller passes ``exchange(verb, url, params, body)``,
which returns the status, the content type and the body of the answer. A body that is sent is of
type ``application/x-pki-message``. The challenge is sent encrypted within the request and is not
part of any error.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .._core.errors import TRY_AGAIN, DeviceTrustError
from . import messages
from .subjects import SUBJECT_OIDS

try:
    from asn1crypto import x509 as asn1_x509
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError:
    pass  # messages.LIBRARIES_ERROR says which

Exchange: t.TypeAlias = (
    "t.Callable[[str, str, dict[str, str], bytes | None], tuple[int, str, bytes]]"
)
Subject = t.Sequence[t.Sequence[t.Sequence[str]]]

_PRINTED_TYPES = {
    **{dotted: short for short, dotted in SUBJECT_OIDS.items()},
    "0.9.2342.19200300.100.1.25": "DC",
}

# RFC 8894, 3.5.2: nothing that has to be announced is used with an endpoint that cannot answer
# GetCACaps.
_WITHOUT_CAPABILITIES = (400, 404, 405, 501)

# The names of RFC 8894, 3.5.2, and those that peers add to it. They only distinguish a list from
# something else, such as a web page; any other name is ignored.
_KNOWN_CAPABILITIES = {
    "aes",
    "des3",
    "getnextcacert",
    "postpkioperation",
    "renewal",
    "sha-1",
    "sha-224",
    "sha-256",
    "sha-384",
    "sha-512",
    "scepstandard",
    "update",
}

_REFUSALS = {
    "badAlg": "it does not accept the algorithms of the request",
    "badMessageCheck": "it could not verify or decrypt the request",
    "badRequest": "it does not permit the request; a wrong challenge is refused in this way",
    "badTime": "the time in the request is too far from its own",
    "badCertId": "it found no certificate that fits the request",
}


class ScepError(DeviceTrustError):
    """The endpoint cannot be used, or its answer cannot be trusted."""


class ScepRefused(ScepError):
    """The certificate authority refused the request."""

    def __init__(self, fail_info: str) -> None:
        reason = _REFUSALS.get(fail_info, "it gives no known reason")
        super().__init__(
            "The certificate authority refused to issue a certificate"
            f" ({fail_info or 'no failInfo'}): {reason}.",
            fail_info=fail_info,
        )
        self.fail_info = fail_info


class ScepPending(ScepError):
    """The certificate authority requires approval by a person first."""

    def __init__(self) -> None:
        super().__init__(
            "The certificate authority left the request pending. Approve the request there."
        )


@dataclass(frozen=True)
class CaCertificate:
    """A certificate of GetCACert.

    Fingerprints are lower-case hexadecimal digits; names read as in 'DC=com, CN=Authority'.
    """

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha1: str
    sha256: str
    der: bytes = field(repr=False)
    is_ca: bool


@dataclass(frozen=True)
class ScepService:
    """What an endpoint announces: its capabilities and the certificates of its authority.

    ``capabilities`` is None if they are unknown: GetCACaps was answered with an error, or with
    something that names none. Requests then use nothing that has to be announced.
    """

    capabilities: list[str] | None
    certificates: list[CaCertificate]

    @property
    def cipher(self) -> str:
        """The cipher for requests."""
        return "aes128_cbc" if self._announces("AES", "SCEPStandard") else "tripledes_3key"

    @property
    def digest(self) -> str:
        """The digest for requests."""
        return "sha256" if self._announces("SHA-256", "SCEPStandard") else "sha1"

    @property
    def takes_post(self) -> bool:
        """Whether requests can be sent by POST."""
        return self._announces("POSTPKIOperation", "SCEPStandard")

    def _announces(self, *names: str) -> bool:
        announced = {name.lower() for name in self.capabilities or ()}
        return bool({name.lower() for name in names} & announced)


@dataclass(frozen=True, repr=False)
class Enrollment:
    """The result of an enrollment. The private key exists in memory only."""

    certificate_der: bytes
    private_key: rsa.RSAPrivateKey
    transaction_id: str


def describe(exchange: Exchange, url: str) -> ScepService:
    """Return an endpoint's capabilities and the certificates of its authority.

    Raises ScepError.
    """
    _require_libraries()
    capabilities = _read_capabilities(*exchange("GET", url, {"operation": "GetCACaps"}, None))
    body = _require_body("GetCACert", *exchange("GET", url, {"operation": "GetCACert"}, None))
    try:
        certificates = messages.unpack_certificates(body)
        return ScepService(capabilities, [_parse_ca_certificate(der) for der in certificates])
    except messages.MessageError:
        raise ScepError(
            "The SCEP endpoint answered GetCACert with something that is neither a certificate nor"
            " a PKCS#7 of certificates. Check the SCEP URL."
        ) from None


def enroll(
    exchange: Exchange,
    *,
    url: str,
    challenge: str,
    subject: Subject,
    key_size: int = 2048,
    ca_fingerprint: str | bytes | None = None,
) -> Enrollment:
    """Make a key and request a certificate for it, as a Mac does with an Apple SCEP payload.

    ``subject`` is written as in that payload: ``[[["CN", "C02XK1ZAJG5J"]]]``, a list of relative
    names, each a list of [type, value]. ``ca_fingerprint`` (SHA-1 or SHA-256, hexadecimal or as
    bytes) pins the certificate authority. Raises ScepRefused, ScepPending or ScepError.
    """
    _require_libraries()
    name = _build_subject(subject)  # before any request, as it may be wrong
    service = describe(exchange, url)
    authority = select_trusted(service.certificates, ca_fingerprint)
    recipient = _select_recipient(authority)
    client = _make_identity(name, key_size)
    request = messages.build_request(name, challenge, client.key)
    asked = messages.Attributes(
        message_type=messages.CERTIFICATE_REQUEST,
        transaction_id=hashlib.sha256(messages.public_bytes(client.key.public_key()))
        .hexdigest()
        .upper(),
        sender_nonce=messages.new_nonce(),
    )
    message = messages.seal(
        asked, messages.encrypt(request, recipient.der, service.cipher), client, service.digest
    )
    reply = _read_reply(_send(exchange, url, message, post=service.takes_post), asked, authority)
    return Enrollment(_read_certificate(reply, client), client.key, asked.transaction_id)


def _require_libraries() -> None:
    if messages.LIBRARIES_ERROR:
        raise ScepError(f"SCEP needs the Python libraries {messages.LIBRARIES} on the controller.")


# The endpoint and its certificates


def _require_body(operation: str, status: int, content_type: str, body: bytes) -> bytes:
    if status == 404:
        raise ScepError(
            f"The SCEP endpoint answered {operation} with HTTP 404: the SCEP URL is wrong, or what"
            " it belonged to was deleted. Copy it again from Okta.",
            status=status,
        )
    if status != 200:
        raise ScepError(
            f"The SCEP endpoint answered {operation} with HTTP {status}. {TRY_AGAIN}", status=status
        )
    if not body.strip():
        raise ScepError(f"The SCEP endpoint answered {operation} with nothing. {TRY_AGAIN}")
    if body.lstrip()[:1] == b"<" or (
        "html" in content_type.lower() and not _is_of_scep(operation, body)
    ):
        raise ScepError(
            f"The SCEP endpoint answered {operation} with a web page: the SCEP URL is wrong, or a"
            " proxy or sign-in page is in the way. Check both."
        )
    return body


def _is_of_scep(operation: str, body: bytes) -> bool:
    """Return whether a body is of SCEP: a list with a known capability, or DER (a SEQUENCE).

    Servers mislabel their answers, so the content decides.
    """
    if operation == "GetCACaps":
        return not _KNOWN_CAPABILITIES.isdisjoint(_split_names(body.lower()))
    return body[:1] == b"\x30"


def _split_names(body: bytes) -> list[str]:
    return body.removeprefix(BOM_UTF8).decode("ascii", "replace").split()


def _read_capabilities(status: int, content_type: str, body: bytes) -> list[str] | None:
    if status == 200 and not body.strip():
        return []
    if status in _WITHOUT_CAPABILITIES:
        return None
    content = _require_body("GetCACaps", status, content_type, body)
    return _split_names(content) if _is_of_scep("GetCACaps", content) else None


def _parse_ca_certificate(der: bytes) -> CaCertificate:
    try:
        certificate = asn1_x509.Certificate.load(der)
        validity = certificate["tbs_certificate"]["validity"]
        return CaCertificate(
            subject=_print_name(certificate.subject),
            issuer=_print_name(certificate.issuer),
            not_before=validity["not_before"].native,
            not_after=validity["not_after"].native,
            sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(der).hexdigest(),
            der=der,
            is_ca=bool(certificate.ca),
        )
    except (ValueError, TypeError, KeyError):
        raise messages.MessageError("A certificate of the authority is damaged.") from None


def _print_name(name: asn1_x509.Name) -> str:
    pairs = [pair for relative_name in name.chosen for pair in relative_name]
    return ", ".join(
        f"{_PRINTED_TYPES.get(pair['type'].dotted, pair['type'].dotted)}={pair['value'].native}"
        for pair in pairs
    )


def select_trusted(
    certificates: t.Sequence[CaCertificate], fingerprint: str | bytes | None
) -> list[CaCertificate]:
    """Return the certificates that an enrollment trusts.

    All, or the pinned one with those that it issued directly or indirectly. Raises ScepError if
    none has the fingerprint.
    """
    if fingerprint is None:
        return list(certificates)
    wanted = (
        fingerprint.hex()
        if isinstance(fingerprint, bytes)
        else fingerprint.replace(":", "").replace(" ", "").lower()
    )
    if len(wanted) not in (40, 64):
        raise ScepError(
            "The fingerprint of the certificate authority has to be a SHA-1 (40 digits) or SHA-256"
            " (64 digits) one, not MD5. Correct it."
        )
    pinned = [
        certificate
        for certificate in certificates
        if wanted in (certificate.sha1, certificate.sha256)
    ]
    if not pinned:
        algorithm = "sha256" if len(wanted) == 64 else "sha1"
        fingerprints = "; ".join(
            f"{certificate.subject} has {getattr(certificate, algorithm)}"
            for certificate in certificates
        )
        raise ScepError(
            f"No certificate of the SCEP endpoint has the pinned fingerprint {wanted}:"
            f" {fingerprints}."
        )
    trusted = pinned[:1]
    for _round in certificates:
        trusted += [
            certificate
            for certificate in certificates
            if certificate not in trusted
            and any(above.is_ca and _is_issued_by(certificate, above) for above in trusted)
        ]
    return trusted


def _is_issued_by(certificate: CaCertificate, issuer: CaCertificate) -> bool:
    try:
        messages.verify_certificate(certificate.der, issuer.der)
    except messages.MessageError:
        return False
    return True


def _select_recipient(authority: t.Sequence[CaCertificate]) -> CaCertificate:
    """Return the certificate to encrypt for.

    A registration authority's if there is one, else the issuing authority's (not one above it).
    """
    above = {
        certificate.issuer for certificate in authority if certificate.issuer != certificate.subject
    }
    lowest = [certificate for certificate in authority if certificate.subject not in above] or list(
        authority
    )
    fitting = [certificate for certificate in lowest if _may_decrypt(certificate.der)] or [
        certificate for certificate in lowest if certificate.is_ca
    ]
    if not fitting:
        raise ScepError(
            "The SCEP endpoint hands out no certificate that requests can be encrypted for."
            " Check the certificate authority in Okta."
        )
    return sorted(fitting, key=lambda certificate: certificate.is_ca)[0]


def _may_decrypt(der: bytes) -> bool:
    usage = asn1_x509.Certificate.load(der).key_usage_value
    return usage is None or "key_encipherment" in usage.native


# The request


def _build_subject(subject: Subject) -> x509.Name:
    try:
        return messages.build_name(
            [
                [(SUBJECT_OIDS.get(kind, kind), value) for kind, value in relative_name]
                for relative_name in subject
            ]
        )
    except (ValueError, TypeError):
        raise ScepError(
            "The subject is not a list of relative names, each a list of [type, value] with type"
            f" one of {', '.join(sorted(SUBJECT_OIDS))} or a dotted OID, with values that a"
            " certificate can carry."
        ) from None


def _make_identity(name: x509.Name, key_size: int) -> messages.CertifiedKey:
    """Return a new key with a self-signed certificate, which the reply is encrypted for."""
    try:
        key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    except (ValueError, TypeError):
        raise ScepError(f"An RSA key of {key_size} bits cannot be made. Use 2048 bits.") from None
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return messages.CertifiedKey(certificate.public_bytes(serialization.Encoding.DER), key)


def _send(exchange: Exchange, url: str, message: bytes, *, post: bool) -> bytes:
    if post:
        return _require_body(
            "PKIOperation", *exchange("POST", url, {"operation": "PKIOperation"}, message)
        )
    return _require_body(
        "PKIOperation",
        *exchange(
            "GET",
            url,
            {"operation": "PKIOperation", "message": base64.b64encode(message).decode()},
            None,
        ),
    )


# The reply


def _read_reply(
    data: bytes, asked: messages.Attributes, authority: t.Sequence[CaCertificate]
) -> messages.Message:
    """Return the authority's reply, if it is one to this request and grants a certificate.

    Raises ScepRefused, ScepPending or ScepError.
    """
    try:
        reply = messages.read_message(data)
        signer = reply.signer(certificate.der for certificate in authority)
        if signer is None or signer not in [certificate.der for certificate in authority]:
            raise ScepError(
                "The reply is not signed by a certificate that the SCEP endpoint handed out as its"
                f" authority's. {TRY_AGAIN}"
            )
        messages.verify(reply, signer)
    except messages.MessageError as error:
        raise ScepError(
            f"The reply of the certificate authority cannot be trusted. {error} {TRY_AGAIN}"
        ) from None
    if reply.attributes.message_type != messages.CERTIFICATE_REPLY:
        raise ScepError(
            "The reply of the certificate authority is not a reply to a certificate request."
            f" {TRY_AGAIN}"
        )
    if (
        reply.attributes.transaction_id != asked.transaction_id
        or reply.attributes.recipient_nonce != asked.sender_nonce
    ):
        raise ScepError(
            "The reply of the certificate authority belongs to another request: its transaction id"
            f" or nonce is not that of the request. {TRY_AGAIN}"
        )
    if reply.attributes.status == messages.FAILURE:
        raise ScepRefused(messages.FAIL_INFO.get(reply.attributes.fail_info, ""))
    if reply.attributes.status == messages.PENDING:
        raise ScepPending()
    if reply.attributes.status != messages.SUCCESS:
        raise ScepError(
            f"The reply of the certificate authority has an unknown status. {TRY_AGAIN}"
        )
    return reply


def _read_certificate(reply: messages.Message, client: messages.CertifiedKey) -> bytes:
    public_key = messages.public_bytes(client.key.public_key())
    try:
        content, _cipher = messages.decrypt(reply.content, client)
        for certificate in messages.unpack_certificates(content):
            if messages.public_bytes(messages.rsa_public_key(certificate)) == public_key:
                return certificate
    except messages.MessageError as error:
        raise ScepError(f"The issued certificate cannot be read. {error} {TRY_AGAIN}") from None
    raise ScepError(
        "The certificate authority accepted the request, but its reply holds no certificate for the"
        f" key of the request. {TRY_AGAIN}"
    )
