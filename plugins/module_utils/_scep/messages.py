# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCEP messages (RFC 8894): certificate requests, encryption and signatures of a client.

From the inside out: a certificate request (or issued certificates) is *encrypted* for one recipient
(CMS EnvelopedData), and that is *sealed* with the SCEP attributes and a signature (CMS SignedData).
Certificates and messages are DER bytes at every interface; callers need no ASN.1 of their own.
Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

import os
import traceback
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass

try:
    from asn1crypto import algos, cms, core, parser
    from asn1crypto import x509 as asn1_x509
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.padding import PKCS7

    try:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    except ImportError:  # before cryptography 43
        from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
except ImportError:
    LIBRARIES_ERROR: str | None = traceback.format_exc()
else:
    LIBRARIES_ERROR = None

LIBRARIES = "asn1crypto and cryptography"

CERTIFICATE_REPLY = "3"
CERTIFICATE_REQUEST = "19"

SUCCESS, FAILURE, PENDING = "0", "2", "3"

FAIL_INFO = {
    "0": "badAlg",
    "1": "badMessageCheck",
    "2": "badRequest",
    "3": "badTime",
    "4": "badCertId",
}

CIPHERS = ("aes128_cbc", "aes192_cbc", "aes256_cbc", "tripledes_3key")
DIGESTS = ("sha1", "sha256", "sha384", "sha512")

_KEY_BYTES = {
    "aes128_cbc": 16,
    "aes192_cbc": 24,
    "aes256_cbc": 32,
    "tripledes_3key": 24,
    "des": 8,  # decrypted only: micromdm's server replies in it, whatever the request uses
}
_ATTRIBUTES = "2.16.840.1.113733.1.9."
_MESSAGE_TYPE, _STATUS, _FAIL_INFO, _SENDER_NONCE, _RECIPIENT_NONCE, _TRANSACTION_ID = (
    _ATTRIBUTES + last for last in "234567"
)
_OCTET_STRING = 4


class MessageError(ValueError):
    """A malformed or tampered SCEP message."""


class UnknownAlgorithm(MessageError):
    """The message uses a cipher, digest or key that is not supported."""


@dataclass(frozen=True)
class CertifiedKey:
    """A certificate with its RSA private key, which signs or decrypts messages."""

    certificate: bytes
    key: rsa.RSAPrivateKey


@dataclass(frozen=True)
class Attributes:
    """The signed attributes that make a CMS message a SCEP message; missing ones are empty."""

    message_type: str
    transaction_id: str
    sender_nonce: bytes = b""
    recipient_nonce: bytes = b""
    status: str = ""
    fail_info: str = ""


@dataclass(frozen=True)
class Message:
    """A message as received; ``verify`` checks its signature."""

    attributes: Attributes
    content: bytes  # the encrypted part; empty in failures and while pending
    certificates: tuple[bytes, ...]
    signer_serial_number: int | None
    digest: str
    _signature_algorithm: str
    _message_digest: bytes
    _signed_attributes: bytes
    _signature: bytes

    def signer(self, known: t.Iterable[bytes] = ()) -> bytes | None:
        """Return the certificate that the message names as its signer's.

        None if it is neither in the message nor among the known ones.
        """
        with parsing("A certificate in the message"):
            for certificate in (*self.certificates, *known):
                if (
                    asn1_x509.Certificate.load(certificate).serial_number
                    == self.signer_serial_number
                ):
                    return certificate
        return None


@contextmanager
def parsing(what: str) -> t.Iterator[None]:
    """Turn each error of a parser into a MessageError about ``what``.

    asn1crypto parses lazily and reports damage by various exceptions; all mean the same here.
    """
    try:
        yield
    except MessageError:
        raise
    except UnsupportedAlgorithm:
        raise UnknownAlgorithm(f"{what} uses an algorithm that is not supported.") from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        # "from None": the parser's messages quote the bytes that they cannot parse
        raise MessageError(f"{what} is damaged or not valid ASN.1.") from None


def new_nonce() -> bytes:
    """Return 16 random bytes."""
    return os.urandom(16)


def public_bytes(key: rsa.RSAPublicKey) -> bytes:
    """Return a public key as DER."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _hash_algorithm(name: str) -> hashes.HashAlgorithm:
    if name not in DIGESTS:
        raise UnknownAlgorithm(f"The digest algorithm {name} is not supported.")
    algorithm: hashes.HashAlgorithm = getattr(hashes, name.upper())()
    return algorithm


def _compute_digest(name: str, data: bytes) -> bytes:
    context = hashes.Hash(_hash_algorithm(name))
    context.update(data)
    return context.finalize()


def rsa_public_key(certificate: bytes) -> rsa.RSAPublicKey:
    """Return the public key of a certificate.

    Raises UnknownAlgorithm if it is not an RSA key.
    """
    key = serialization.load_der_public_key(
        asn1_x509.Certificate.load(certificate).public_key.dump()
    )
    if not isinstance(key, rsa.RSAPublicKey):
        raise UnknownAlgorithm("SCEP needs RSA keys, and this certificate has another.")
    return key


def _issuer_and_serial(certificate: bytes) -> cms.IssuerAndSerialNumber:
    parsed = asn1_x509.Certificate.load(certificate)
    return cms.IssuerAndSerialNumber(
        {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
    )


def _encode_content_info(content_type: str, content: cms.EnvelopedData | cms.SignedData) -> bytes:
    der: bytes = cms.ContentInfo({"content_type": content_type, "content": content}).dump()
    return der


# Certificates


def unpack_certificates(data: bytes) -> list[bytes]:
    """Return the certificates in ``data``: one certificate, or a degenerate PKCS#7.

    Raises MessageError.
    """
    with parsing("The certificate"):
        try:
            info = cms.ContentInfo.load(data)
            is_pkcs7 = info["content_type"].native == "signed_data"
        except (ValueError, TypeError):
            is_pkcs7 = False
        if is_pkcs7:
            certificates = [
                choice.chosen.dump()
                for choice in info["content"]["certificates"]
                if choice.name == "certificate"
            ]
        else:
            certificates = [asn1_x509.Certificate.load(data).dump()]
        for certificate in certificates:
            serialization.load_der_public_key(
                asn1_x509.Certificate.load(certificate).public_key.dump()
            )
    return certificates


def verify_certificate(certificate: bytes, issuer: bytes) -> None:
    """Check that a certificate was signed with the key of the certificate ``issuer``.

    Nothing else is checked. Raises MessageError.
    """
    with parsing("The certificate"):
        parsed = asn1_x509.Certificate.load(certificate)
        algorithm = parsed["signature_algorithm"]
        if algorithm.signature_algo != "rsassa_pkcs1v15":
            raise UnknownAlgorithm(
                "The certificate is signed with an algorithm that is not supported."
            )
        verify_signature(
            rsa_public_key(issuer),
            parsed["signature_value"].native,
            parsed["tbs_certificate"].dump(),
            algorithm.hash_algo,
        )


# Requests for certificates


def build_name(subject: t.Sequence[t.Sequence[tuple[str, str]]]) -> x509.Name:
    """Return the X.509 name of relative names, each of (dotted OID, value) pairs.

    Raises ValueError or TypeError for a name that a certificate may not carry.
    """
    relative_names = []
    for relative_name in subject:
        pairs = [
            x509.NameAttribute(x509.ObjectIdentifier(dotted), value)
            for dotted, value in relative_name
        ]
        relative_names.append(x509.RelativeDistinguishedName(pairs))
    return x509.Name(relative_names)


def build_request(subject: x509.Name, challenge: str, key: rsa.RSAPrivateKey) -> bytes:
    """Return a PKCS#10 request.

    It is signed with SHA-256 whatever the peer announces: capabilities are about messages, and
    cryptography does not sign requests with SHA-1.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if challenge:
        builder = builder.add_attribute(
            x509.oid.AttributeOID.CHALLENGE_PASSWORD, challenge.encode()
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


# The encrypted part


def encrypt(content: bytes, recipient: bytes, cipher: str) -> bytes:
    """Return CMS EnvelopedData of ``content`` for the holder of the certificate ``recipient``."""
    if cipher not in CIPHERS:
        raise UnknownAlgorithm(f"The cipher {cipher} is not supported.")
    with parsing("The recipient's certificate"):
        recipient_key, recipient_id = rsa_public_key(recipient), _issuer_and_serial(recipient)
    key = os.urandom(_KEY_BYTES[cipher])
    block = _block_cipher(cipher, key)
    initial = os.urandom(block.block_size // 8)
    padder, encryptor = (
        PKCS7(block.block_size).padder(),
        Cipher(block, modes.CBC(initial)).encryptor(),
    )
    encrypted = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    transport = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", recipient_id),
            "key_encryption_algorithm": {"algorithm": "rsaes_pkcs1v15"},
            "encrypted_key": recipient_key.encrypt(key, padding.PKCS1v15()),
        }
    )
    enveloped = cms.EnvelopedData(
        {
            "version": "v0",
            "recipient_infos": [cms.RecipientInfo("ktri", transport)],
            "encrypted_content_info": {
                "content_type": "data",
                "encrypted_content": encrypted,
                "content_encryption_algorithm": {
                    "algorithm": cipher,
                    "parameters": core.OctetString(initial),
                },
            },
        }
    )
    return _encode_content_info("enveloped_data", enveloped)


def decrypt(data: bytes, recipient: CertifiedKey) -> tuple[bytes, str]:
    """Return the content of CMS EnvelopedData for ``recipient``, and the name of its cipher.

    Raises MessageError.
    """
    with parsing("The encrypted part of the message"):
        info = cms.ContentInfo.load(data)
        if info["content_type"].native != "enveloped_data":
            raise MessageError("The message holds no encrypted part.")
        algorithm, encrypted = _read_encrypted_content(info["content"]["encrypted_content_info"])
        cipher = algorithm["algorithm"].native
        if cipher not in _KEY_BYTES:
            raise UnknownAlgorithm(f"The cipher {cipher} is not supported.")
        key = recipient.key.decrypt(
            _find_encrypted_key(info["content"]["recipient_infos"], recipient.certificate),
            padding.PKCS1v15(),
        )
        if len(key) != _KEY_BYTES[cipher]:
            raise MessageError("The message was encrypted with a key of the wrong length.")
        block = _block_cipher(cipher, key)
        decryptor, unpadder = (
            Cipher(block, modes.CBC(algorithm["parameters"].native)).decryptor(),
            PKCS7(block.block_size).unpadder(),
        )
        return (
            unpadder.update(decryptor.update(encrypted) + decryptor.finalize())
            + unpadder.finalize(),
            cipher,
        )


def _block_cipher(cipher: str, key: bytes) -> AES | TripleDES:
    if cipher.startswith("aes"):
        return AES(key)
    return TripleDES(key * 3 if cipher == "des" else key)


def _find_encrypted_key(recipients: cms.RecipientInfos, certificate: bytes) -> bytes:
    # Only the serial number is compared: peers re-encode the issuer's name, and both sides draw
    # their serial numbers at random.
    serial_number = asn1_x509.Certificate.load(certificate).serial_number
    for recipient in recipients:
        if recipient.name == "ktri" and recipient.chosen["rid"].name == "issuer_and_serial_number":
            if recipient.chosen["rid"].chosen["serial_number"].native == serial_number:
                if recipient.chosen["key_encryption_algorithm"]["algorithm"].native not in (
                    "rsaes_pkcs1v15",
                    "rsa",
                ):
                    raise UnknownAlgorithm(
                        "The message's key is encrypted with an algorithm that is not supported."
                    )
                return bytes(recipient.chosen["encrypted_key"].native)
    raise MessageError("The message is encrypted for another recipient.")


def _read_encrypted_content(
    info: cms.EncryptedContentInfo,
) -> tuple[algos.EncryptionAlgorithm, bytes]:
    # Read by hand: some peers write the content as a constructed [0] of OCTET STRINGs, which
    # asn1crypto refuses.
    parts = list(_iterate_elements(info.contents))
    if len(parts) < 3:
        raise MessageError("The message holds no encrypted content.")
    algorithm = cms.EncryptionAlgorithm.load(b"".join(parts[1][3:]))
    _class, constructed, _tag, _header, contents, _trailer = parts[2]
    return algorithm, _join_pieces(contents) if constructed else contents


def _join_pieces(contents: bytes) -> bytes:
    """Return the joined pieces of a constructed OCTET STRING."""
    pieces = []
    for _class, method, tag, _header, piece, _trailer in _iterate_elements(contents):
        if tag != _OCTET_STRING:
            raise MessageError("The message's encrypted content is not an OCTET STRING.")
        pieces.append(_join_pieces(piece) if method else piece)
    return b"".join(pieces)


def _iterate_elements(contents: bytes) -> t.Iterator[tuple[int, int, int, bytes, bytes, bytes]]:
    position = 0
    while position < len(contents):
        element = parser.parse(contents[position:])
        position += sum(len(part) for part in element[3:])
        yield element


# The signed message


def seal(attributes: Attributes, content: bytes, signer: CertifiedKey, digest: str) -> bytes:
    """Return a signed SCEP message with its attributes.

    ``content`` is a result of ``encrypt``, or empty.
    """
    signed_attributes = _signed_attributes(attributes, _compute_digest(digest, content))
    # The signature is over a SET OF, though the attributes are sent tagged [0].
    signature = signer.key.sign(
        signed_attributes.untag().dump(), padding.PKCS1v15(), _hash_algorithm(digest)
    )
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number", _issuer_and_serial(signer.certificate)
            ),
            "digest_algorithm": {"algorithm": digest},
            "signed_attrs": signed_attributes,
            "signature": signature,
            "signature_algorithm": {
                "algorithm": "rsassa_pkcs1v15"
            },  # plain rsaEncryption: strongSwan refuses the combined algorithms
        }
    )
    encapsulated = (
        {"content_type": "data", "content": content} if content else {"content_type": "data"}
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": encapsulated,
            "signer_infos": [signer_info],
            "certificates": [
                cms.CertificateChoices(
                    "certificate", asn1_x509.Certificate.load(signer.certificate)
                )
            ],
        }
    )
    return _encode_content_info("signed_data", signed)


def _signed_attributes(attributes: Attributes, content_digest: bytes) -> cms.CMSAttributes:
    values: list[tuple[str, t.Any]] = [
        ("content_type", "data"),
        ("message_digest", content_digest),
        (_MESSAGE_TYPE, core.PrintableString(attributes.message_type)),
        (_TRANSACTION_ID, core.PrintableString(attributes.transaction_id)),
        (_SENDER_NONCE, core.OctetString(attributes.sender_nonce)),
    ]
    if attributes.recipient_nonce:
        values.append((_RECIPIENT_NONCE, core.OctetString(attributes.recipient_nonce)))
    if attributes.status:
        values.append((_STATUS, core.PrintableString(attributes.status)))
    if attributes.fail_info:
        values.append((_FAIL_INFO, core.PrintableString(attributes.fail_info)))
    return cms.CMSAttributes(
        [cms.CMSAttribute({"type": kind, "values": [value]}) for kind, value in values]
    )


def read_message(data: bytes) -> Message:
    """Return a parsed SCEP message; do not trust it before ``verify``.

    Raises MessageError.
    """
    with parsing("The message"):
        info = cms.ContentInfo.load(data)
        if info["content_type"].native != "signed_data":
            raise MessageError("The message is not signed.")
        signed = info["content"]
        signers = list(signed["signer_infos"])
        if len(signers) != 1:
            raise MessageError("The message does not have exactly one signature.")
        signer = signers[0]
        attributes = {
            attribute["type"].dotted: attribute["values"][0].native
            for attribute in signer["signed_attrs"]
        }
        identifier = signer["sid"]
        algorithm = signer["signature_algorithm"]["algorithm"].native
        return Message(
            attributes=_read_attributes(attributes),
            content=_read_content(signed["encap_content_info"]),
            certificates=tuple(
                choice.chosen.dump()
                for choice in signed["certificates"]
                if choice.name == "certificate"
            ),
            signer_serial_number=(
                identifier.chosen["serial_number"].native
                if identifier.name == "issuer_and_serial_number"
                else None
            ),
            digest=signer["digest_algorithm"]["algorithm"].native,
            _signature_algorithm=algorithm,
            _message_digest=attributes.get("1.2.840.113549.1.9.4", b""),
            _signed_attributes=signer["signed_attrs"].untag().dump(),
            _signature=signer["signature"].native,
        )


def _read_content(info: cms.EncapsulatedContentInfo) -> bytes:
    if info["content_type"].native != "data":
        raise MessageError("The signed part of the message is not plain data.")
    content = info["content"]
    return b"" if isinstance(content, core.Void) else bytes(content)


def _read_attributes(values: dict[str, t.Any]) -> Attributes:
    attributes = Attributes(
        message_type=values.get(_MESSAGE_TYPE, ""),
        transaction_id=values.get(_TRANSACTION_ID, ""),
        sender_nonce=values.get(_SENDER_NONCE, b""),
        recipient_nonce=values.get(_RECIPIENT_NONCE, b""),
        status=values.get(_STATUS, ""),
        fail_info=values.get(_FAIL_INFO, ""),
    )
    texts = (
        attributes.message_type,
        attributes.transaction_id,
        attributes.status,
        attributes.fail_info,
    )
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(nonce, bytes) for nonce in (attributes.sender_nonce, attributes.recipient_nonce)
    ):
        raise MessageError("The message's attributes have the wrong types.")
    if not attributes.message_type or not attributes.transaction_id:
        raise MessageError(
            "The message is signed data but not a SCEP message: it has no message type or"
            " transaction id."
        )
    return attributes


def verify(message: Message, signer: bytes) -> None:
    """Check that a message is intact and was signed with the key of the certificate ``signer``.

    Raises MessageError.
    """
    with parsing("The message's signature"):
        if message._signature_algorithm not in ("rsassa_pkcs1v15", f"{message.digest}_rsa"):
            raise UnknownAlgorithm(
                f"The signature algorithm {message._signature_algorithm} is not supported."
            )
        if message._message_digest != _compute_digest(message.digest, message.content):
            raise MessageError("The message was changed on its way: its digest does not match.")
        verify_signature(
            rsa_public_key(signer), message._signature, message._signed_attributes, message.digest
        )


def verify_signature(key: rsa.RSAPublicKey, signature: bytes, data: bytes, digest: str) -> None:
    """Check a PKCS#1 v1.5 signature of ``data``.

    Raises MessageError.
    """
    try:
        key.verify(signature, data, padding.PKCS1v15(), _hash_algorithm(digest))
    except InvalidSignature:
        raise MessageError("The signature does not match.") from None
