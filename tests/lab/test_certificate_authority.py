# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority, asked with SCEP messages made by hand, and judged by openssl."""

from __future__ import annotations

import subprocess
import typing as t
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import messages
from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.clock import Clock
from lab.okta.authorities.certificate_authority import Authority, IssuedCertificate
from lab.okta.authorities.scep_messages import RENEWAL_REQUEST

CHALLENGE = "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE"
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "C02XK1ZAJG5J 4D2E")])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(clock: Clock) -> Authority:
    return Authority(clock, "acme", "00o1authority")


@pytest.fixture(scope="module")
def client() -> messages.CertifiedKey:
    """A client's key, in a certificate signed by itself."""
    return self_signed(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def self_signed(key: rsa.RSAPrivateKey) -> messages.CertifiedKey:
    now = Clock().now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(SUBJECT)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
    )
    certificate = (
        builder.not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return messages.CertifiedKey(certificate.public_bytes(serialization.Encoding.DER), key)


def sealed(
    content: bytes,
    client: messages.CertifiedKey,
    digest: str = "sha256",
    message_type: str = messages.CERTIFICATE_REQUEST,
) -> bytes:
    return messages.seal(
        messages.Attributes(message_type, "TRANSACTION", b"client nonce 123"),
        content,
        client,
        digest,
    )


def ask(
    authority: Authority,
    client: messages.CertifiedKey,
    *,
    challenge: str = CHALLENGE,
    cipher: str = "aes128_cbc",
    digest: str = "sha256",
    request: bytes | None = None,
    message_type: str = messages.CERTIFICATE_REQUEST,
) -> tuple[messages.Message, IssuedCertificate | None]:
    """Ask for a certificate; the reply is verified as every client does."""
    content = messages.encrypt(
        request or messages.build_request(SUBJECT, challenge, client.key),
        authority.ca_certificate_der,
        cipher,
    )
    data, issued = authority.pki_operation(sealed(content, client, digest, message_type), CHALLENGE)
    reply = messages.read_message(data)
    messages.verify(reply, authority.ca_certificate_der)
    assert reply.attributes.transaction_id == "TRANSACTION"
    assert reply.attributes.recipient_nonce == b"client nonce 123"
    return reply, issued


def issue(authority: Authority, client: messages.CertifiedKey) -> IssuedCertificate:
    issued = ask(authority, client)[1]
    assert issued is not None
    return issued


def refusal(reply: messages.Message, issued: IssuedCertificate | None) -> str:
    assert issued is None
    assert reply.attributes.status == messages.FAILURE
    assert reply.content == b""
    return messages.FAIL_INFO[reply.attributes.fail_info]


def pem(directory: Path, **certificates: bytes) -> dict[str, str]:
    for name, der in certificates.items():
        (directory / name).write_bytes(
            x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
        )
    return {name: str(directory / name) for name in certificates}


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


# What is issued


def test_openssl_accepts_an_issued_certificate_by_its_root_and_by_the_intermediate_alone(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path
) -> None:
    issued = issue(authority, client)
    files = pem(
        tmp_path,
        certificate=t.cast(bytes, issued.der),
        intermediate=authority.chain[0],
        root=authority.chain[1],
    )
    whole = openssl(
        "verify",
        "-purpose",
        "sslclient",
        "-CAfile",
        files["root"],
        "-untrusted",
        files["intermediate"],
        files["certificate"],
    )
    assert whole.returncode == 0, whole.stderr
    partial = openssl(
        "verify",
        "-purpose",
        "sslclient",
        "-partial_chain",
        "-CAfile",
        files["intermediate"],
        files["certificate"],
    )
    assert partial.returncode == 0, partial.stderr


def test_openssl_refuses_it_under_the_authority_of_another_organization(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path
) -> None:
    stranger = Authority(Clock(), "other", "00o2authority")
    files = pem(
        tmp_path,
        certificate=t.cast(bytes, issue(authority, client).der),
        intermediate=stranger.ca_certificate_der,
    )
    assert (
        openssl(
            "verify", "-partial_chain", "-CAfile", files["intermediate"], files["certificate"]
        ).returncode
        != 0
    )


def test_openssl_refuses_it_as_a_server_and_after_a_year(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path
) -> None:
    issued = issue(authority, client)
    files = pem(
        tmp_path, certificate=t.cast(bytes, issued.der), intermediate=authority.ca_certificate_der
    )
    anchor = ["-partial_chain", "-CAfile", files["intermediate"]]
    assert (
        "purpose"
        in openssl("verify", "-purpose", "sslserver", *anchor, files["certificate"]).stderr
    )
    a_year_later = str(int(issued.not_after.timestamp()) + 1)
    assert (
        "expired"
        in openssl("verify", "-attime", a_year_later, *anchor, files["certificate"]).stderr
    )


def test_the_issuer_is_named_as_okta_names_it(authority: Authority) -> None:
    issuer = x509.load_der_x509_certificate(authority.ca_certificate_der)
    assert [(each.rfc4514_attribute_name, each.value) for each in issuer.subject] == [
        ("DC", "com"),
        ("DC", "okta"),
        ("DC", "acme"),
        ("OU", "00o1authority"),
        ("CN", "Organization Intermediate Authority"),
    ]
    assert issuer.not_valid_after_utc - issuer.not_valid_before_utc == timedelta(days=5 * 365)
    assert t.cast(rsa.RSAPublicKey, issuer.public_key()).key_size == 2048


def test_a_client_certificate_lives_a_year_of_the_labs_time_and_is_for_clients_only(
    clock: Clock, authority: Authority, client: messages.CertifiedKey
) -> None:
    clock.advance(days=100)
    issued = issue(authority, client)
    certificate = x509.load_der_x509_certificate(t.cast(bytes, issued.der))
    assert abs(certificate.not_valid_before_utc - clock.now()) < timedelta(minutes=1)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=365)
    assert (issued.not_before, issued.not_after) == (
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_agreement
    assert not (usage.key_encipherment or usage.key_cert_sign)
    assert (
        certificate.issuer == x509.load_der_x509_certificate(authority.ca_certificate_der).subject
    )


def test_the_books_know_what_was_issued(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    issued = issue(authority, client)
    certificate = x509.load_der_x509_certificate(t.cast(bytes, issued.der))
    assert issued.common_name == "C02XK1ZAJG5J 4D2E"
    assert (issued.status, issued.bound_device_id, issued.last_used) == ("ACTIVE", None, None)
    assert issued.fingerprint_sha256 == certificate.fingerprint(hashes.SHA256()).hex()
    assert authority.certificates == {certificate.serial_number: issued}
    assert authority.find(t.cast(bytes, issued.der)) is issued
    assert authority.find(client.certificate) is None


def test_two_requests_of_one_key_are_two_certificates(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    assert issue(authority, client).serial_number != issue(authority, client).serial_number
    assert len(authority.certificates) == 2


def test_a_booked_certificate_is_an_entry_and_nothing_that_anybody_could_hold(
    clock: Clock, authority: Authority
) -> None:
    at = clock.now() - timedelta(days=300)
    booked = authority.book("C02RECORD", at=at)
    assert authority.certificates[booked.serial_number] is booked
    assert (booked.der, booked.fingerprint_sha256, booked.status) == (None, None, "ACTIVE")
    assert booked.issued_at == at
    assert booked.not_after == at.replace(microsecond=0) + timedelta(days=365)
    assert isinstance(authority.book("C02NOW").not_before, datetime)


def test_certificates_booked_into_the_past_are_no_older_than_their_authority(
    clock: Clock, authority: Authority
) -> None:
    oldest_living = authority.book("C02OLD", at=clock.now() - timedelta(days=365))
    assert (
        oldest_living.not_before
        > x509.load_der_x509_certificate(authority.ca_certificate_der).not_valid_before_utc
    )


# How it is asked


@pytest.mark.parametrize("cipher", messages.CIPHERS)
@pytest.mark.parametrize("digest", messages.DIGESTS)
def test_the_reply_speaks_the_ciphers_and_digests_of_the_request(
    authority: Authority, client: messages.CertifiedKey, cipher: str, digest: str
) -> None:
    reply, issued = ask(authority, client, cipher=cipher, digest=digest)
    content, reply_cipher = messages.decrypt(reply.content, client)
    assert messages.unpack_certificates(content) == [t.cast(IssuedCertificate, issued).der]
    assert (reply_cipher, reply.digest) == (cipher, digest)


def test_single_des_is_read_but_not_written(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path
) -> None:
    """As Okta reads it; micromdm's client sends nothing better."""
    request = tmp_path / "request"
    request.write_bytes(messages.build_request(SUBJECT, CHALLENGE, client.key))
    recipient = pem(tmp_path, recipient=authority.ca_certificate_der)["recipient"]
    weak = openssl(
        "cms",
        "-encrypt",
        "-binary",
        "-des",
        "-provider",
        "legacy",
        "-provider",
        "default",
        "-in",
        str(request),
        "-outform",
        "DER",
        "-out",
        str(tmp_path / "weak"),
        recipient,
    )
    assert weak.returncode == 0, weak.stderr
    data, issued = authority.pki_operation(
        sealed((tmp_path / "weak").read_bytes(), client), CHALLENGE
    )
    assert issued is not None
    assert messages.decrypt(messages.read_message(data).content, client)[1] == "tripledes_3key"


@pytest.mark.parametrize("cipher", ["-aes128", "-aes256", "-des3"])
def test_content_in_pieces_is_read(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path, cipher: str
) -> None:
    """Peers that stream write the encrypted content as a constructed OCTET STRING of indefinite
    length.
    """
    request = tmp_path / "request"
    request.write_bytes(messages.build_request(SUBJECT, CHALLENGE, client.key))
    recipient = pem(tmp_path, recipient=authority.ca_certificate_der)["recipient"]
    streamed = openssl(
        "cms",
        "-encrypt",
        "-binary",
        "-stream",
        cipher,
        "-in",
        str(request),
        "-outform",
        "DER",
        "-out",
        str(tmp_path / "out"),
        recipient,
    )
    assert streamed.returncode == 0, streamed.stderr
    assert (
        authority.pki_operation(sealed((tmp_path / "out").read_bytes(), client), CHALLENGE)[1]
        is not None
    )


def test_a_request_with_attributes_out_of_order_is_read(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    """strongSwan writes them so, and cryptography refuses that."""
    with_names = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(SUBJECT)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("host.example")]), critical=False)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, CHALLENGE.encode())
        .sign(client.key, hashes.SHA256())
    )
    out_of_order = in_reverse(
        asn1_csr.CertificationRequest.load(with_names.public_bytes(serialization.Encoding.DER)),
        client.key,
    )
    with pytest.raises(ValueError):
        list(x509.load_der_x509_csr(out_of_order).attributes)
    assert ask(authority, client, request=out_of_order)[1] is not None


def in_reverse(request: asn1_csr.CertificationRequest, key: rsa.RSAPrivateKey) -> bytes:
    """The request with its attributes in the reverse of DER's order, signed again."""
    info = request["certification_request_info"]
    attributes = [each.dump() for each in info["attributes"]]
    body = info.dump().replace(b"".join(attributes), b"".join(reversed(attributes)))
    assert body != info.dump()
    request["certification_request_info"] = asn1_csr.CertificationRequestInfo.load(body)
    request["signature"] = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return request.dump()


def test_an_old_authority_takes_triple_des_and_sha_1_alone(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    request = messages.build_request(SUBJECT, CHALLENGE, client.key)
    tried = {
        (cipher, digest): messages.encrypt(request, authority.ca_certificate_der, cipher)
        for cipher in messages.CIPHERS
        for digest in messages.DIGESTS
    }
    replies = {
        how: authority.pki_operation(sealed(content, client, how[1]), CHALLENGE, modern=False)
        for how, content in tried.items()
    }
    assert [how for how, (_reply, issued) in replies.items() if issued] == [
        ("tripledes_3key", "sha1")
    ]
    assert {
        refusal(messages.read_message(reply), issued)
        for reply, issued in replies.values()
        if not issued
    } == {"badAlg"}


# What it refuses


@pytest.mark.parametrize(
    "challenge", ["", "wrong", CHALLENGE + "x", CHALLENGE[:-1], CHALLENGE.lower(), "nöt ascii"]
)
def test_a_wrong_challenge_is_a_bad_request(
    authority: Authority, client: messages.CertifiedKey, challenge: str
) -> None:
    assert refusal(*ask(authority, client, challenge=challenge)) == "badRequest"
    assert authority.certificates == {}


def test_renewal_is_a_bad_request_even_with_the_right_challenge(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    assert b"Renewal" not in authority.get_ca_caps()
    current = messages.CertifiedKey(t.cast(bytes, issue(authority, client).der), client.key)
    assert refusal(*ask(authority, current, message_type=RENEWAL_REQUEST)) == "badRequest"
    assert len(authority.certificates) == 1


def test_a_key_that_is_not_rsa_is_a_bad_algorithm(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(SUBJECT)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, CHALLENGE.encode())
    )
    request = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    assert refusal(*ask(authority, client, request=request)) == "badAlg"


def test_an_unknown_cipher_is_a_bad_algorithm(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    aes128_cbc, aes128_ofb = (
        bytes.fromhex("0609608648016503040102"),
        bytes.fromhex("0609608648016503040103"),
    )
    content = messages.encrypt(b"whatever", authority.ca_certificate_der, "aes128_cbc")
    assert aes128_cbc in content
    data, issued = authority.pki_operation(
        sealed(content.replace(aes128_cbc, aes128_ofb), client), CHALLENGE
    )
    assert refusal(messages.read_message(data), issued) == "badAlg"


def test_an_unknown_digest_is_a_bad_algorithm(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    sha256, sha3_256 = (
        bytes.fromhex("0609608648016503040201"),
        bytes.fromhex("0609608648016503040208"),
    )
    message = sealed(
        messages.encrypt(b"whatever", authority.ca_certificate_der, "aes128_cbc"), client
    ).replace(sha256, sha3_256)
    data, issued = authority.pki_operation(message, CHALLENGE)
    assert refusal(messages.read_message(data), issued) == "badAlg"


def test_a_request_for_somebody_elses_key_fails_the_message_check(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    other = self_signed(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    request = messages.build_request(SUBJECT, CHALLENGE, other.key)
    assert refusal(*ask(authority, client, request=request)) == "badMessageCheck"


def test_a_request_without_proof_of_its_key_fails_the_message_check(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    request = messages.build_request(SUBJECT, CHALLENGE, client.key)
    assert (
        refusal(*ask(authority, client, request=request[:-1] + bytes([request[-1] ^ 1])))
        == "badMessageCheck"
    )


def test_a_changed_message_fails_the_message_check(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    content = messages.encrypt(
        messages.build_request(SUBJECT, CHALLENGE, client.key),
        authority.ca_certificate_der,
        "aes128_cbc",
    )
    message = sealed(content, client)
    changed = message[:-1] + bytes([message[-1] ^ 1])
    data, issued = authority.pki_operation(changed, CHALLENGE)
    assert refusal(messages.read_message(data), issued) == "badMessageCheck"


def test_a_message_for_another_authority_fails_the_message_check(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    stranger = Authority(Clock(), "other", "00o2authority")
    content = messages.encrypt(
        messages.build_request(SUBJECT, CHALLENGE, client.key),
        stranger.ca_certificate_der,
        "aes128_cbc",
    )
    data, issued = authority.pki_operation(sealed(content, client), CHALLENGE)
    assert refusal(messages.read_message(data), issued) == "badMessageCheck"


@pytest.mark.parametrize("garbage", [b"", b"<html>", b"0\x80", bytes(40), b"0\x03\x02\x01\x05"])
def test_what_is_no_scep_message_gets_no_reply(authority: Authority, garbage: bytes) -> None:
    with pytest.raises(messages.MessageError):
        authority.pki_operation(garbage, CHALLENGE)


def test_one_wrong_bit_anywhere_brings_a_refusal_or_no_reply(
    authority: Authority, client: messages.CertifiedKey
) -> None:
    content = messages.encrypt(
        messages.build_request(SUBJECT, CHALLENGE, client.key),
        authority.ca_certificate_der,
        "aes128_cbc",
    )
    message = sealed(content, client)
    refused = 0
    for position in range(0, len(message), 7):
        changed = message[:position] + bytes([message[position] ^ 0x04]) + message[position + 1 :]
        try:
            refused += authority.pki_operation(changed, CHALLENGE)[1] is None
        except messages.MessageError:
            refused += 1
    assert refused > len(message) // 7 // 2


# What it says of itself


def test_capabilities_are_one_to_a_line(authority: Authority) -> None:
    assert authority.get_ca_caps().decode().splitlines() == [
        "POSTPKIOperation",
        "SHA-1",
        "SHA-256",
        "SHA-384",
        "SHA-512",
        "AES",
        "DES3",
        "SCEPStandard",
    ]
    assert (authority.get_ca_caps("old"), authority.get_ca_caps("none")) == (b"SHA-1\nDES3\n", b"")


def test_getcacert_is_the_intermediate_or_the_chain(authority: Authority) -> None:
    assert authority.get_ca_cert(as_pkcs7=False) == (
        authority.ca_certificate_der,
        "application/x-x509-ca-cert",
    )
    packed, media_type = authority.get_ca_cert(as_pkcs7=True)
    assert media_type == "application/x-x509-ca-ra-cert"
    assert sorted(messages.unpack_certificates(packed)) == sorted(authority.chain)


def test_openssl_reads_the_chain_and_the_messages(
    authority: Authority, client: messages.CertifiedKey, tmp_path: Path
) -> None:
    (tmp_path / "chain").write_bytes(authority.get_ca_cert(as_pkcs7=True)[0])
    listed = openssl(
        "pkcs7", "-inform", "DER", "-in", str(tmp_path / "chain"), "-print_certs", "-noout"
    )
    assert listed.stdout.count("subject=") == 2
    (tmp_path / "message").write_bytes(sealed(b"content", client))
    signer = pem(tmp_path, signer=client.certificate)["signer"]
    verified = openssl(
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "message"),
        "-CAfile",
        signer,
        "-purpose",
        "any",
    )
    assert (verified.returncode, verified.stdout) == (0, "content"), verified.stderr
