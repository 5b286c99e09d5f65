# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority of Okta, with real keys, certificates and SCEP messages.

SCEP over HTTP is in ``scep_operations``, and what an administrator reads of it in ``operations``.
"""

from __future__ import annotations

import hmac
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.clock import Clock
from lab.okta.authorities import scep_messages

ATTESTATION, DEVICE_ACCESS = "OKTA_AS_CA", "DEVICE_ACCESS_OKTA_AS_CA"  # the families
CLIENT_LIFETIME = timedelta(days=365)
INTERMEDIATE_LIFETIME = timedelta(days=5 * 365)
ROOT_LIFETIME = timedelta(days=20 * 365)
# The authority is older than the oldest valid certificate: certificates can be booked in the past.
AGE = timedelta(days=400)

CAPABILITIES = {
    "modern": (
        "POSTPKIOperation",
        "SHA-1",
        "SHA-256",
        # Not a name of RFC 8894, but strongSwan up to 5.9.8 refuses AES without it: it reads the
        # names shifted by one.
        "SHA-384",
        "SHA-512",
        "AES",
        "DES3",
        "SCEPStandard",
    ),
    "old": ("SHA-1", "DES3"),
    "none": (),
}  # and not Renewal: Okta's authority does not renew
# What an authority that is not modern accepts, whatever it announces.
OLD_DIGESTS, OLD_CIPHERS = ("sha1",), ("tripledes_3key", "des")

_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass
class IssuedCertificate:
    """A client certificate in the authority's books.

    ``der`` and the fingerprint are None if it was only booked.
    """

    serial_number: int
    common_name: str
    issued_at: datetime  # to the microsecond; the certificate itself has whole seconds
    not_before: datetime
    not_after: datetime
    fingerprint_sha256: str | None = None
    status: str = "ACTIVE"  # or SUSPENDED, REVOKED
    bound_device_id: str | None = None
    last_used: datetime | None = None
    der: bytes | None = field(default=None, repr=False)
    issuer_key_id: str = ""  # the key identifier of the certificate that signed it


@dataclass(frozen=True)
class Generation:
    """A certificate of an authority with its key. A renewal makes another one.

    ``status`` is VALID, or INACTIVE: a replacement from before renewals by platform existed.
    """

    identity: messages.CertifiedKey
    key_id: str
    created: datetime
    expires: datetime
    status: str = "VALID"


class _Refusal(Exception):
    """A request is refused with this SCEP failInfo."""

    def __init__(self, fail_info: str) -> None:
        super().__init__(fail_info)
        self.fail_info = next(
            number for number, name in messages.FAIL_INFO.items() if name == fail_info
        )


class Authority:
    """A certificate authority of one organization: its root and the generations below it.

    A client has either what GetCACert answers by default, the intermediate alone (``openssl verify
    -partial_chain -CAfile intermediate``), or the chain (``-CAfile root -untrusted intermediate``);
    certificates verify against both. ``current`` is the generation that issues, unless a call names
    another; ``identity`` is its certificate with its key. Take the world's lock around every call.

    :arg instance_id: the authority's id at Okta. It is the key identifier of the first generation,
        and stays through renewals.
    """

    def __init__(
        self,
        clock: Clock,
        organization: str,
        org_id: str,
        instance_id: str = "",
        family: str = ATTESTATION,
    ) -> None:
        self._clock = clock
        self.family = family
        self.certificates: dict[int, IssuedCertificate] = {}
        self._by_fingerprint: dict[str, IssuedCertificate] = {}
        self._by_word: dict[str, list[IssuedCertificate]] = {}
        self._key_of = partial(_make_key, organization, org_id, family)
        self._root_key = self._key_of("root")
        names = [
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, part)
            for part in ("com", "okta", organization)
        ]
        names.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, org_id))
        self._root_name = x509.Name(
            [*names, x509.NameAttribute(NameOID.COMMON_NAME, "Organization Root Authority")]
        )
        # Okta's name of a Device Access authority is not known. With the same one, a check by name
        # cannot pass for a check by key.
        self._name = x509.Name(
            [*names, x509.NameAttribute(NameOID.COMMON_NAME, "Organization Intermediate Authority")]
        )
        since = _whole_second(clock.now() - AGE)
        self.root = self._make_root(since)
        self.generations: list[Generation] = []  # oldest first
        self.current = self._make_generation(since, instance_id)
        self.generations.append(self.current)
        self.instance_id = self.current.key_id

    def _make_root(self, since: datetime) -> Generation:
        key_id = _key_id(self._root_key.public_key())
        builder = _start_certificate(
            self._root_name,
            self._root_key.public_key(),
            self._root_name,
            key_id,
            (since, since + ROOT_LIFETIME),
        )
        der = _sign(_add_authority_extensions(builder, path_length=1), self._root_key)
        identity = messages.CertifiedKey(der, self._root_key)
        return Generation(identity, key_id, since, since + ROOT_LIFETIME)

    def _make_generation(
        self, since: datetime, key_id: str = "", status: str = "VALID"
    ) -> Generation:
        key = self._key_of(f"intermediate {len(self.generations)}")
        key_id = key_id or _key_id(key.public_key())
        expires = since + INTERMEDIATE_LIFETIME
        builder = _start_certificate(
            self._name,
            key.public_key(),
            self._root_name,
            self.root.key_id,
            (since, expires),
            key_id,
        )
        der = _sign(_add_authority_extensions(builder, path_length=0), self._root_key)
        return Generation(messages.CertifiedKey(der, key), key_id, since, expires, status)

    def renew(self, status: str = "VALID") -> Generation:
        """Add the replacement of the newest generation, as Okta does 18 months before its expiry.

        Nothing issues with it yet.
        """
        generation = self._make_generation(_whole_second(self._clock.now()), status=status)
        self.generations.append(generation)
        return generation

    @property
    def subject(self) -> str:
        """The name of its certificates, as Okta writes it."""
        return _okta_name(self._name)

    @property
    def root_subject(self) -> str:
        """The name of its root, as Okta writes it."""
        return _okta_name(self._root_name)

    @property
    def identity(self) -> messages.CertifiedKey:
        """The certificate and the key of the current generation."""
        return self.current.identity

    @property
    def root_certificate_der(self) -> bytes:
        """The certificate of the root."""
        return self.root.identity.certificate

    @property
    def ca_certificate_der(self) -> bytes:
        """The certificate of the current generation."""
        return self.identity.certificate

    @property
    def chain(self) -> list[bytes]:
        """The intermediate certificate and its root."""
        return [self.ca_certificate_der, self.root_certificate_der]

    def get_ca_caps(self, kind: str = "modern") -> bytes:
        """Return the answer to GetCACaps."""
        return "".join(f"{name}\n" for name in CAPABILITIES[kind]).encode()

    def get_ca_cert(
        self, as_pkcs7: bool, generation: Generation | None = None
    ) -> tuple[bytes, str]:
        """Return the answer to GetCACert and its content type."""
        certificate = (generation or self.current).identity.certificate
        if as_pkcs7:
            chain = [certificate, self.root_certificate_der]
            return scep_messages.pack_certificates(chain), "application/x-x509-ca-ra-cert"
        return certificate, "application/x-x509-ca-cert"

    def pki_operation(
        self,
        message: bytes,
        challenge: str,
        modern: bool = True,
        generation: Generation | None = None,
    ) -> tuple[bytes, IssuedCertificate | None]:
        """Return the reply to a SCEP message, and the certificate if one was issued.

        An authority that is not modern accepts 3DES and SHA-1 alone.

        Raises MessageError for a body that is not a SCEP message: without a transaction id there is
        nothing to reply to, and HTTP has to answer 400.
        """
        issuer = generation or self.current
        request_message = messages.read_message(message)
        answer = messages.Attributes(
            message_type=messages.CERTIFICATE_REPLY,
            transaction_id=request_message.attributes.transaction_id,
            sender_nonce=messages.new_nonce(),
            recipient_nonce=request_message.attributes.sender_nonce,
            status=messages.SUCCESS,
        )
        digest = request_message.digest if request_message.digest in messages.DIGESTS else "sha256"
        try:
            request, client, cipher = self._admit(request_message, challenge, issuer)
            if not modern and (
                request_message.digest not in OLD_DIGESTS or cipher not in OLD_CIPHERS
            ):
                raise _Refusal("badAlg")
            issued = self._issue(request, issuer)
        except _Refusal as refusal:
            return (
                messages.seal(
                    replace(answer, status=messages.FAILURE, fail_info=refusal.fail_info),
                    b"",
                    issuer.identity,
                    digest,
                ),
                None,
            )
        # Single DES is read from old clients, never written.
        reply_cipher = cipher if cipher in messages.CIPHERS else "tripledes_3key"
        content = messages.encrypt(
            scep_messages.pack_certificates([t.cast(bytes, issued.der)]), client, reply_cipher
        )
        return messages.seal(answer, content, issuer.identity, digest), issued

    def find(self, der: bytes) -> IssuedCertificate | None:
        """Return the entry of a certificate, if this authority issued it."""
        return self._by_fingerprint.get(_fingerprint(der))

    def book(
        self, common_name: str, at: datetime | None = None, generation: Generation | None = None
    ) -> IssuedCertificate:
        """Enter a certificate without key and DER, for a Mac that is only a record."""
        issued_at = at or self._clock.now()
        not_before = _whole_second(issued_at)
        booked = IssuedCertificate(
            x509.random_serial_number(),
            common_name,
            issued_at,
            not_before,
            not_before + CLIENT_LIFETIME,
            issuer_key_id=(generation or self.current).key_id,
        )
        return self._keep(booked)

    def find_by_word(self, word: str) -> t.Sequence[IssuedCertificate]:
        """Return all certificates ever issued whose common name has this word."""
        return self._by_word.get(word, ())

    def _keep(self, issued: IssuedCertificate) -> IssuedCertificate:
        self.certificates[issued.serial_number] = issued
        for word in set(issued.common_name.split()):
            self._by_word.setdefault(word, []).append(issued)
        return issued

    def _admit(
        self, request_message: messages.Message, challenge: str, issuer: Generation
    ) -> tuple[scep_messages.CertificateRequest, bytes, str]:
        """Return the certificate request in a message, its signer's certificate and its cipher.

        Raises _Refusal.
        """
        client = request_message.signer()
        if client is None:
            raise _Refusal("badMessageCheck")
        try:
            messages.verify(request_message, client)
            if request_message.attributes.message_type != messages.CERTIFICATE_REQUEST:
                raise _Refusal("badRequest")
            content, cipher = messages.decrypt(request_message.content, issuer.identity)
            request = scep_messages.read_request(content)
            signed_by = messages.rsa_public_key(client)
        except messages.UnknownAlgorithm:
            raise _Refusal("badAlg") from None
        except messages.MessageError:
            raise _Refusal("badMessageCheck") from None
        if not hmac.compare_digest(request.challenge.encode(), challenge.encode()):
            raise _Refusal("badRequest")
        if messages.public_bytes(signed_by) != messages.public_bytes(request.public_key):
            raise _Refusal("badMessageCheck")
        return request, client, cipher

    def _issue(
        self, request: scep_messages.CertificateRequest, issuer: Generation
    ) -> IssuedCertificate:
        issued_at = self._clock.now()
        not_before = _whole_second(issued_at)
        validity = (not_before, not_before + CLIENT_LIFETIME)
        try:
            name = messages.build_name(request.subject)
        except (ValueError, TypeError):  # a subject that no certificate can carry
            raise _Refusal("badRequest") from None
        builder = _start_certificate(name, request.public_key, self._name, issuer.key_id, validity)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        builder = builder.add_extension(
            _key_usage("digital_signature", "key_agreement"), critical=True
        )
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        der = _sign(builder, issuer.identity.key)
        serial_number = x509.load_der_x509_certificate(der).serial_number
        issued = IssuedCertificate(
            serial_number,
            _common_name(request.subject),
            issued_at,
            *validity,
            fingerprint_sha256=_fingerprint(der),
            der=der,
            issuer_key_id=issuer.key_id,
        )
        self._by_fingerprint[_fingerprint(der)] = issued
        return self._keep(issued)


@cache
def _make_key(_organization: str, _org_id: str, _family: str, _role: str) -> rsa.RSAPrivateKey:
    """Return a key that is made once per process: the labs of a test run share it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _start_certificate(
    subject: x509.Name,
    public_key: rsa.RSAPublicKey,
    issuer: x509.Name,
    issuer_key_id: str,
    validity: tuple[datetime, datetime],
    key_id: str = "",
) -> x509.CertificateBuilder:
    """Return the beginning of a certificate. Its own key identifier may be any."""
    subject_key = (
        x509.SubjectKeyIdentifier(bytes.fromhex(key_id))
        if key_id
        else x509.SubjectKeyIdentifier.from_public_key(public_key)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(subject_key, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(bytes.fromhex(issuer_key_id), None, None), critical=False
        )
    )


def _add_authority_extensions(
    builder: x509.CertificateBuilder, path_length: int
) -> x509.CertificateBuilder:
    # keyEncipherment, as SCEP requests are encrypted for the authority
    usage = _key_usage("digital_signature", "key_encipherment", "key_cert_sign", "crl_sign")
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(usage, critical=True)


def _sign(builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _KEY_USAGES})


def _key_id(public_key: rsa.RSAPublicKey) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(public_key).digest.hex().upper()


def _okta_name(name: x509.Name) -> str:
    return ", ".join(part.rfc4514_string() for part in reversed(list(name)))


def _fingerprint(der: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()


def _common_name(subject: scep_messages.Subject) -> str:
    return next(
        (
            value
            for relative_name in subject
            for dotted, value in relative_name
            if dotted == NameOID.COMMON_NAME.dotted_string
        ),
        "",
    )


def _whole_second(time: datetime) -> datetime:
    return time.replace(microsecond=0)
