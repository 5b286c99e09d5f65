# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP client, talking in memory with the lab's certificate authority."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import traceback
import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import client, messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.clock import Clock
from lab.okta.authorities.certificate_authority import Authority
from lab.okta.authorities.scep_messages import pack_certificates, read_request

URL = "https://acme.okta.test/pki/0123/scep/rac1"
CHALLENGE = "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE"
SUBJECT = [[["CN", "C02XK1ZAJG5J"]]]

Reply = tuple[int, str, bytes]


class Endpoint:
    """Serves an authority without HTTP.

    ``instead`` replaces the answer to an operation; ``requests`` remembers what was asked.
    """

    def __init__(
        self,
        authority: Authority,
        *,
        capabilities: str | None = None,
        as_pkcs7: bool = False,
        **instead: t.Any,
    ) -> None:
        self.authority = authority
        self.capabilities = (
            authority.get_ca_caps() if capabilities is None else capabilities.encode()
        )
        self.as_pkcs7 = as_pkcs7
        self.instead = instead
        self.requests: list[tuple[str, str]] = []
        self.message = b""

    def __call__(self, verb: str, url: str, params: dict[str, str], body: bytes | None) -> Reply:
        assert url == URL
        operation = params["operation"]
        self.requests.append((verb, operation))
        answer = getattr(self, operation)(
            body if verb == "POST" else base64.b64decode(params.get("message", ""))
        )
        instead = self.instead.get(operation)
        return instead(answer) if callable(instead) else instead or answer

    def GetCACaps(self, _body: bytes | None) -> Reply:
        return 200, "text/plain", self.capabilities

    def GetCACert(self, _body: bytes | None) -> Reply:
        certificates, media_type = self.authority.get_ca_cert(self.as_pkcs7)
        return 200, media_type, certificates

    def PKIOperation(self, body: bytes) -> Reply:
        self.message = body
        return 200, "application/x-pki-message", self.authority.pki_operation(body, CHALLENGE)[0]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(Clock(), "acme", "00o1scep")


@pytest.fixture(scope="module")
def stranger() -> Authority:
    """Another organization's authority."""
    return Authority(Clock(), "other", "00o2scep")


def enroll(
    endpoint: t.Callable[..., Reply], challenge: str = CHALLENGE, **options: t.Any
) -> client.Enrollment:
    return client.enroll(
        endpoint,
        **{"url": URL, "challenge": challenge, "subject": SUBJECT, "key_size": 1024, **options},
    )


@pytest.fixture
def failure(
    printed: list[str], shown: t.Callable[[str], list[str]]
) -> t.Callable[..., client.ScepError]:
    """The error of an enrollment that must fail.

    In whatever way it fails, the challenge is not in it.
    """

    def run(
        endpoint: t.Callable[..., Reply], challenge: str = CHALLENGE, **options: t.Any
    ) -> client.ScepError:
        with pytest.raises(client.ScepError) as raised:
            enroll(endpoint, challenge, **options)
        printed.extend(
            [
                "".join(traceback.format_exception(raised.value)),
                repr(raised.value),
                repr(raised.value.details),
            ]
        )
        assert not shown(challenge)
        return raised.value

    return run


def resealed(authority: Authority, **changes: t.Any) -> t.Callable[[Reply], Reply]:
    """The authority's own reply with other attributes, and properly signed."""

    def change(answer: Reply) -> Reply:
        reply = messages.read_message(answer[2])
        content = changes.pop("content", reply.content)
        return (
            200,
            answer[1],
            messages.seal(
                replace(reply.attributes, **changes), content, authority.identity, "sha256"
            ),
        )

    return change


def registration_authority(authority: Authority, *, encrypts: bool) -> messages.CertifiedKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = Clock().now()
    usage = x509.KeyUsage(not encrypts, False, encrypts, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Registration")]))
        .issuer_name(x509.load_der_x509_certificate(authority.ca_certificate_der).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(usage, critical=True)
        .sign(authority.identity.key, hashes.SHA256())
    )
    return messages.CertifiedKey(certificate.public_bytes(serialization.Encoding.DER), key)


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]


# Enrollment


def test_the_issued_certificate_is_for_our_key_and_our_subject(authority: Authority) -> None:
    enrollment = enroll(Endpoint(authority), key_size=2048)
    certificate = x509.load_der_x509_certificate(enrollment.certificate_der)
    assert certificate.public_key() == enrollment.private_key.public_key()
    assert enrollment.private_key.key_size == 2048
    assert certificate.subject.rfc4514_string() == "CN=C02XK1ZAJG5J"
    assert authority.find(enrollment.certificate_der) is not None


def test_a_subject_may_have_shortcuts_dotted_oids_and_several_values_in_one_relative_name(
    authority: Authority,
) -> None:
    subject = [
        [["C", "DE"]],
        [["O", "Acme"], ["OU", "Design"]],
        [["1.2.840.113549.1.9.1", "ada@acme.test"]],
        [["CN", "Änne"]],
    ]
    certificate = x509.load_der_x509_certificate(
        enroll(Endpoint(authority), subject=subject).certificate_der
    )
    assert [
        [
            (each.oid.dotted_string, each.value)
            for each in sorted(name, key=lambda each: each.oid.dotted_string)
        ]
        for name in certificate.subject.rdns
    ] == [
        [("2.5.4.6", "DE")],
        [("2.5.4.10", "Acme"), ("2.5.4.11", "Design")],
        [("1.2.840.113549.1.9.1", "ada@acme.test")],
        [("2.5.4.3", "Änne")],
    ]


@pytest.mark.parametrize(
    "subject",
    [
        [[["CN", ""]]],
        [[["XY", "value"]]],
        [[["C", "Germany"]]],
        "CN=C02XK1ZAJG5J",
        [["CN", "C02XK1ZAJG5J"]],
        [[["CN", 5]]],
    ],
)
def test_an_impossible_subject_is_told_before_any_request(
    authority: Authority, failure: t.Callable[..., client.ScepError], subject: t.Any
) -> None:
    endpoint = Endpoint(authority)
    assert "subject" in str(failure(endpoint, subject=subject))
    assert endpoint.requests == []


@pytest.mark.parametrize(
    "capabilities, verb, cipher, digest",
    [
        ("POSTPKIOperation\nSHA-1\nSHA-256\nAES\nDES3", "POST", "aes128_cbc", "sha256"),
        ("SCEPStandard", "POST", "aes128_cbc", "sha256"),
        ("aes\r\nPostPKIOperation\r\n", "POST", "aes128_cbc", "sha1"),
        ("\ufeffAES\nPOSTPKIOperation", "POST", "aes128_cbc", "sha1"),
        ("SHA-256\nDES3", "GET", "tripledes_3key", "sha256"),
        ("", "GET", "tripledes_3key", "sha1"),
    ],
)
def test_what_is_announced_decides_verb_cipher_and_digest(
    authority: Authority, capabilities: str, verb: str, cipher: str, digest: str
) -> None:
    endpoint = Endpoint(authority, capabilities=capabilities)
    enroll(endpoint)
    assert endpoint.requests == [("GET", "GetCACaps"), ("GET", "GetCACert"), (verb, "PKIOperation")]
    message = messages.read_message(endpoint.message)
    assert message.digest == digest
    assert messages.decrypt(message.content, authority.identity)[1] == cipher


@pytest.mark.parametrize(
    "answer",
    [
        (404, "text/html", b"<html>Not found</html>"),
        (501, "", b""),
        (200, "text/plain", b"true"),
        (200, "application/json", b'{"error": "no"}'),
    ],
)
def test_what_is_no_list_of_capabilities_leaves_them_unknown(
    authority: Authority, answer: t.Any
) -> None:
    endpoint = Endpoint(authority, GetCACaps=answer)
    assert client.describe(endpoint, URL).capabilities is None
    assert enroll(endpoint).certificate_der
    assert endpoint.requests[-1] == ("GET", "PKIOperation")


def test_the_challenge_is_readable_in_no_request(
    authority: Authority, printed: list[str], shown: t.Callable[[str], list[str]]
) -> None:
    endpoint = Endpoint(authority)
    enroll(endpoint)
    printed.append(endpoint.message.decode("latin-1"))
    assert not shown(CHALLENGE)


# The authority's certificates


@pytest.mark.parametrize("as_pkcs7", [False, True])
def test_enrollment_works_with_either_form_of_getcacert(
    authority: Authority, as_pkcs7: bool
) -> None:
    assert authority.find(enroll(Endpoint(authority, as_pkcs7=as_pkcs7)).certificate_der)


def test_an_endpoint_describes_itself(authority: Authority) -> None:
    service = client.describe(Endpoint(authority), URL)
    assert "AES" in (service.capabilities or ())
    [certificate] = service.certificates
    expected = x509.load_der_x509_certificate(authority.ca_certificate_der)
    assert (
        certificate.subject
        == "DC=com, DC=okta, DC=acme, OU=00o1scep, CN=Organization Intermediate Authority"
    )
    assert certificate.is_ca
    assert (certificate.not_before, certificate.not_after) == (
        expected.not_valid_before_utc,
        expected.not_valid_after_utc,
    )
    assert len(client.describe(Endpoint(authority, as_pkcs7=True), URL).certificates) == 2


def test_a_request_is_encrypted_for_the_issuing_authority_not_for_its_root(
    authority: Authority,
) -> None:
    endpoint = Endpoint(authority, as_pkcs7=True)
    enroll(endpoint)
    message = messages.read_message(endpoint.message)
    assert messages.decrypt(message.content, authority.identity)


@pytest.mark.parametrize("as_pkcs7", [False, True])
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_right_fingerprint_lets_the_enrollment_pass(
    authority: Authority, as_pkcs7: bool, form: str
) -> None:
    endpoint = Endpoint(authority, as_pkcs7=as_pkcs7)
    for certificate in client.describe(endpoint, URL).certificates:
        digits = getattr(certificate, form)
        with_colons = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)).upper()
        for fingerprint in (digits, with_colons, bytes.fromhex(digits)):
            assert enroll(endpoint, ca_fingerprint=fingerprint).certificate_der


def test_a_wrong_fingerprint_sends_no_request_for_a_certificate(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    endpoint = Endpoint(authority)
    assert "pinned fingerprint" in str(failure(endpoint, ca_fingerprint="ab" * 32))
    assert ("POST", "PKIOperation") not in endpoint.requests


def test_a_stranger_beside_the_pinned_authority_is_not_believed(
    authority: Authority, stranger: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    root = hashlib.sha256(authority.root_certificate_der).hexdigest()
    both = (
        200,
        "application/x-x509-ca-ra-cert",
        pack_certificates([*stranger.chain, *authority.chain]),
    )
    assert authority.find(
        enroll(Endpoint(authority, GetCACert=both), ca_fingerprint=root).certificate_der
    )
    endpoint = Endpoint(authority, GetCACert=both, PKIOperation=resealed(stranger))
    assert "not signed by a certificate" in str(failure(endpoint, ca_fingerprint=root))


def test_a_registration_authority_gets_the_request(
    authority: Authority, stranger: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    """It opens requests in the authority's stead.

    One that only signs does not. An authority it does not belong to makes no difference.
    """
    readers = {
        encrypts: registration_authority(authority, encrypts=encrypts) for encrypts in (True, False)
    }
    packed = pack_certificates(
        [*stranger.chain, *authority.chain, *(each.certificate for each in readers.values())]
    )
    endpoint = Endpoint(authority, GetCACert=(200, "application/x-x509-ca-ra-cert", packed))
    assert "badMessageCheck" in str(
        failure(endpoint)
    )  # the authority itself cannot read what is meant for another
    request, _cipher = messages.decrypt(
        messages.read_message(endpoint.message).content, readers[True]
    )
    assert read_request(request).challenge == CHALLENGE


def test_md5_pins_nothing(authority: Authority, failure: t.Callable[..., client.ScepError]) -> None:
    assert "not MD5" in str(failure(Endpoint(authority), ca_fingerprint="ab" * 16))


def test_pkcs7_without_certificates(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    empty = (200, "application/x-x509-ca-ra-cert", pack_certificates([]))
    assert "hands out no certificate" in str(failure(Endpoint(authority, GetCACert=empty)))


# Refusals


def test_a_wrong_challenge_is_refused(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    known = len(authority.certificates)
    error = failure(Endpoint(authority), challenge="Xk29-LmTw-7Qzv-81Rt")
    assert isinstance(error, client.ScepRefused)
    assert error.fail_info == "badRequest"
    assert "challenge" in str(error)
    assert len(authority.certificates) == known


def test_no_challenge_is_refused(authority: Authority) -> None:
    with pytest.raises(client.ScepRefused, match="badRequest"):
        enroll(Endpoint(authority), challenge="")


@pytest.mark.parametrize("number, name", messages.FAIL_INFO.items())
def test_each_refusal_has_its_name(
    authority: Authority, failure: t.Callable[..., client.ScepError], number: str, name: str
) -> None:
    refused = resealed(authority, status=messages.FAILURE, fail_info=number, content=b"")
    error = failure(Endpoint(authority, PKIOperation=refused))
    assert isinstance(error, client.ScepRefused)
    assert error.fail_info == name


def test_pending_is_a_type_of_its_own(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    error = failure(
        Endpoint(authority, PKIOperation=resealed(authority, status=messages.PENDING, content=b""))
    )
    assert isinstance(error, client.ScepPending)


# Answers that are not to be trusted


@pytest.mark.parametrize(
    "changes, sentence",
    [
        (
            {"sender_nonce": b"0123456789abcdef", "recipient_nonce": b"fedcba9876543210"},
            "another request",
        ),
        ({"recipient_nonce": b""}, "another request"),
        ({"transaction_id": "ABCDEF"}, "another request"),
        ({"message_type": messages.CERTIFICATE_REQUEST}, "not a reply"),
        ({"status": "7"}, f"unknown status. {client.TRY_AGAIN}"),
        ({"content": b"not encrypted data"}, "cannot be read"),
        ({"content": b""}, "cannot be read"),
    ],
)
def test_a_reply_that_does_not_fit_is_not_believed(
    authority: Authority,
    failure: t.Callable[..., client.ScepError],
    changes: dict[str, t.Any],
    sentence: str,
) -> None:
    assert sentence in str(
        failure(Endpoint(authority, PKIOperation=resealed(authority, **dict(changes))))
    )


def test_a_reply_signed_by_somebody_else_is_not_believed(
    authority: Authority, stranger: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    assert "not signed by a certificate" in str(
        failure(Endpoint(authority, PKIOperation=resealed(stranger)))
    )


def test_a_certificate_for_another_key_is_not_ours(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    foreign = enroll(Endpoint(authority)).certificate_der
    endpoint = Endpoint(authority)

    def swap(answer: Reply) -> Reply:
        recipient = t.cast(bytes, messages.read_message(endpoint.message).signer())
        content = messages.encrypt(pack_certificates([foreign]), recipient, "aes128_cbc")
        return resealed(authority, content=content)(answer)

    endpoint.instead["PKIOperation"] = swap
    assert "no certificate for the key of the request" in str(failure(endpoint))


def test_a_reply_in_single_des_is_read(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """micromdm's server replies in it, whatever the request uses. Requests never use it."""
    endpoint = Endpoint(authority)

    def encrypt_with_des(answer: Reply) -> Reply:
        recipient = t.cast(bytes, messages.read_message(endpoint.message).signer())
        *_older, issued = authority.certificates.values()
        packed = pack_certificates([t.cast(bytes, issued.der)])
        with monkeypatch.context() as patched:
            patched.setattr(messages, "CIPHERS", ("des",))
            content = messages.encrypt(packed, recipient, "des")
        return resealed(authority, content=content)(answer)

    endpoint.instead["PKIOperation"] = encrypt_with_des
    assert authority.find(enroll(endpoint).certificate_der)
    with pytest.raises(messages.UnknownAlgorithm, match="The cipher des is not supported"):
        messages.encrypt(b"content", authority.ca_certificate_der, "des")


def test_a_changed_signature_is_noticed(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    endpoint = Endpoint(
        authority,
        PKIOperation=lambda answer: (200, answer[1], flipped(answer[2], len(answer[2]) - 1)),
    )
    assert "signature does not match" in str(failure(endpoint))


def test_changed_content_is_noticed(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    def change(answer: Reply) -> Reply:
        content = messages.read_message(answer[2]).content
        return 200, answer[1], answer[2].replace(content, flipped(content, len(content) - 1))

    assert "changed on its way" in str(failure(Endpoint(authority, PKIOperation=change)))


@pytest.mark.parametrize("operation", ["GetCACert", "PKIOperation"])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_answer_is_an_error_with_a_sentence(
    authority: Authority, failure: t.Callable[..., client.ScepError], operation: str, part: float
) -> None:
    endpoint = Endpoint(
        authority,
        **{operation: lambda answer: (200, answer[1], answer[2][: int(len(answer[2]) * part)])},
    )
    assert str(failure(endpoint)).endswith(".")


@pytest.mark.parametrize("operation", ["GetCACert", "PKIOperation"])
def test_one_wrong_bit_anywhere_is_harmless_or_a_scep_error(
    authority: Authority, operation: str
) -> None:
    """Not every bit is under the signature; but none of them may end in another kind of error."""
    endpoint = Endpoint(authority)
    length = len(authority.ca_certificate_der) if operation == "GetCACert" else 2200
    refused = 0
    for position in range(0, length, 37):
        endpoint.instead[operation] = lambda answer, at=position: (
            200,
            answer[1],
            flipped(answer[2], at % len(answer[2])),
        )
        try:
            enroll(endpoint)
        except client.ScepError:
            refused += 1
    assert refused > length // 37 // 2


@pytest.mark.parametrize("operation", ["GetCACaps", "GetCACert", "PKIOperation"])
def test_a_web_page_is_no_answer(
    authority: Authority, failure: t.Callable[..., client.ScepError], operation: str
) -> None:
    html = b"\n<!DOCTYPE html><title>Sign in</title>"
    for page in (
        (200, "text/html; charset=utf-8", b"Please sign in"),
        (200, "application/x-pki-message", html),
    ):
        assert f"answered {operation} with a web page" in str(
            failure(Endpoint(authority, **{operation: page}))
        )


@pytest.mark.parametrize(
    "content_type", ["text/html; charset=utf-8", "application/octet-stream", "application/json", ""]
)
def test_what_is_of_scep_is_read_whatever_it_is_called(
    authority: Authority, content_type: str
) -> None:
    """Content types of Okta's SCEP are not documented, and servers are known to mislabel."""
    called: dict[str, t.Any] = {
        name: lambda answer: (200, content_type, answer[2])
        for name in ("GetCACaps", "GetCACert", "PKIOperation")
    }
    endpoint = Endpoint(authority, **called)
    assert authority.find(enroll(endpoint).certificate_der)
    assert endpoint.requests[-1] == ("POST", "PKIOperation")


@pytest.mark.parametrize("operation", ["GetCACert", "PKIOperation"])
def test_not_found_and_nothing_are_no_answers(
    authority: Authority, failure: t.Callable[..., client.ScepError], operation: str
) -> None:
    error = failure(Endpoint(authority, **{operation: (404, "application/json", b"{}")}))
    assert "SCEP URL is wrong" in str(error)
    assert error.details["status"] == 404
    assert "with nothing" in str(failure(Endpoint(authority, **{operation: (200, "", b"")})))


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_an_overloaded_endpoint_is_not_taken_for_an_old_one(
    authority: Authority, failure: t.Callable[..., client.ScepError], status: int
) -> None:
    """Falling back to what needs no capabilities would weaken the encryption."""
    assert (
        failure(Endpoint(authority, GetCACaps=(status, "text/plain", b"later"))).details["status"]
        == status
    )


def test_an_impossible_key_size_is_an_error_with_a_sentence(
    authority: Authority, failure: t.Callable[..., client.ScepError]
) -> None:
    assert "RSA key of 17 bits" in str(failure(Endpoint(authority), key_size=17))


# Without the libraries


def test_the_client_can_be_imported_without_its_libraries_and_names_them_when_used() -> None:
    program = (
        "import sys; sys.modules.update(asn1crypto=None, cryptography=None)\nfrom"
        " ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import client,"
        " messages\nassert 'asn1crypto' in messages.LIBRARIES_ERROR\ntry:"
        " client.describe(None, 'https://localhost')\nexcept client.ScepError as error:"
        " print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "asn1crypto and cryptography" in result.stdout
