# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSL judges both sides of an enrollment.

What the lab's authority issues and replies, and what the collection's client asks.
"""

from __future__ import annotations

import base64
import itertools
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lab.server import Lab
from lab.state import Options
from tests.conformance.scep_peers import (
    OPENSSL,
    Exchange,
    judge,
    openssl,
    published_chain,
    run,
    switched_back,
)

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="there is no openssl on this machine"
)

VERBS, FORMS = ("GET", "POST"), ("der", "pkcs7")
CIPHERS = {"-aes128": "AES", "-des3": "3DES"}
DIGESTS = {"sha1": "SHA-1", "sha256": "SHA-256"}
SAN = ["-addext", "subjectAltName=DNS:host.example,email:ada@example.com"]


@pytest.fixture(scope="module")
def running() -> t.Iterator[Lab]:
    with Lab(Options(macs=0)) as lab:
        yield lab


@pytest.fixture
def scep(running: Lab) -> t.Iterator[Lab]:
    with switched_back(running):
        yield running


@pytest.fixture
def chain(scep: Lab, tmp_path: Path) -> dict[str, str]:
    """The authority and its root, as OpenSSL reads them."""
    with switched_back(scep):
        scep.world.switches.set(ca_certificate_answer="pkcs7")
        return published_chain(scep, scep.announcement["scep_url"], tmp_path)


# Our own client, from the capabilities to the certificate


@pytest.mark.parametrize(
    ("form", "capabilities"),
    [("der", "modern"), ("pkcs7", "modern"), ("der", "old"), ("pkcs7", "old")],
)
def test_what_our_client_gets_is_accepted(scep, tmp_path, record_conformance, form, capabilities):
    how = "AES, SHA-256, POST" if capabilities == "modern" else "3DES, SHA-1, GET"
    record_conformance(
        OPENSSL, "PKIOperation", f"accepts what our client got: GetCACert as {form.upper()}, {how}"
    )
    scep.world.switches.set(ca_certificate_answer=form, scep_capabilities=capabilities)
    certificate = tmp_path / "certificate.pem"
    enrollment = enroll(scep)
    certificate.write_bytes(
        x509.load_der_x509_certificate(enrollment.certificate_der).public_bytes(
            serialization.Encoding.PEM
        )
    )
    chain = published_chain(scep, scep.announcement["scep_url"], tmp_path)
    assert set(chain) == ({"intermediate", "root"} if form == "pkcs7" else {"intermediate"})
    judge(certificate, chain, "CN=C02XK1ZAJG5J")


@pytest.mark.parametrize("capabilities", ["modern", "old"])
def test_our_clients_request_is_read(scep, tmp_path, record_conformance, capabilities):
    record_conformance(
        OPENSSL,
        "PKIOperation",
        "verifies, opens and reads our client's request to"
        f" a{'n old' if capabilities == 'old' else ' modern'} authority",
    )
    scep.world.switches.set(scep_capabilities=capabilities)
    heard: list[Exchange] = []
    enroll(scep, heard)
    (tmp_path / "message").write_bytes(heard[-1].request)
    enveloped, request = tmp_path / "enveloped", tmp_path / "request"
    openssl(
        "cms",
        "-verify",
        "-noverify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "message"),
        "-out",
        str(enveloped),
    )
    key = scep.world.okta.platform.authority.identity.key
    (tmp_path / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    openssl(
        "cms",
        "-decrypt",
        "-binary",
        "-inform",
        "DER",
        "-in",
        str(enveloped),
        "-inkey",
        str(tmp_path / "key"),
        "-out",
        str(request),
    )
    text = openssl("req", "-inform", "DER", "-in", str(request), "-verify", "-noout", "-text")
    assert "Subject: CN = C02XK1ZAJG5J" in text and re.search(
        r"challengePassword\s*:" + scep.announcement["scep_challenge"], text
    )
    assert ("des-ede3-cbc" if capabilities == "old" else "aes-128-cbc") in printed(enveloped)
    assert attributes(tmp_path / "message")["messageType"] == "19"


def enroll(lab: Lab, heard: list[Exchange] | None = None) -> t.Any:
    """By the collection's client, over its own transport."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
        Masker,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
        Settings,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        client,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep.endpoint import (
        ScepEndpoint,
    )

    told = lab.announcement
    endpoint = ScepEndpoint(told["scep_url"], Settings(ca_path=told["ca_file"]), Masker())

    def exchange(
        verb: str, url: str, params: dict[str, str], body: bytes | None
    ) -> tuple[int, str, bytes]:
        status, content_type, answer = endpoint._exchange(verb, url, params, body)
        if heard is not None:
            heard.append(
                Exchange(
                    verb,
                    params["operation"],
                    body or base64.b64decode(params.get("message", "")),
                    answer,
                )
            )
        return status, content_type, answer

    return client.enroll(
        exchange,
        url=told["scep_url"],
        challenge=told["scep_challenge"],
        subject=[[["CN", "C02XK1ZAJG5J"]]],
    )


# Requests made by hand: OpenSSL makes the key, the request and the encryption; only the SCEP
# attributes are ours, which no command of it can set


class Client:
    """A client of OpenSSL's making.

    ``ask`` returns the reply's place, ``certificate`` opens it by OpenSSL alone.
    """

    def __init__(
        self,
        lab: Lab,
        chain: dict[str, str],
        directory: Path,
        key: str = "rsa:2048",
        challenge: str | None = None,
        more: t.Sequence[str] = (),
    ) -> None:
        self.lab, self.chain, self.directory = lab, chain, directory
        self._make(
            key, lab.announcement["scep_challenge"] if challenge is None else challenge, more
        )

    def _make(self, key: str, challenge: str, more: t.Sequence[str]) -> None:
        settings = [
            "[req]",
            "distinguished_name=dn",
            "attributes=more",
            "prompt=no",
            "[dn]",
            "CN=C02XK1ZAJG5J",
            "[more]",
            f"challengePassword={challenge}",
        ]
        (self.directory / "settings").write_text("\n".join(settings), encoding="ascii")
        common = [
            "-config",
            self.place("settings"),
            "-newkey",
            key,
            "-nodes",
            "-keyout",
            self.place("key"),
        ]
        openssl("req", "-new", *common, *more, "-outform", "DER", "-out", self.place("request"))
        openssl(
            "req",
            "-x509",
            "-config",
            self.place("settings"),
            "-key",
            self.place("key"),
            "-days",
            "1",
            "-out",
            self.place("self.pem"),
        )

    def place(self, name: str) -> str:
        return str(self.directory / name)

    def ask(
        self,
        verb: str = "POST",
        cipher: str = "-aes128",
        digest: str = "sha256",
        message_type: str = "19",
        signed_by: str = "self.pem",
    ) -> str:
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
            messages,
        )

        openssl(
            "cms",
            "-encrypt",
            "-binary",
            cipher,
            "-in",
            self.place("request"),
            "-outform",
            "DER",
            "-out",
            self.place("sealed"),
            self.chain["intermediate"],
        )
        key = serialization.load_pem_private_key(Path(self.place("key")).read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(Path(self.place(signed_by)).read_bytes())
        identity = messages.CertifiedKey(certificate.public_bytes(serialization.Encoding.DER), key)
        asked = messages.Attributes(message_type, "BY HAND", b"nonce of a client")
        message = messages.seal(asked, Path(self.place("sealed")).read_bytes(), identity, digest)
        Path(self.place("reply")).write_bytes(self._send(verb, message))
        return self.place("reply")

    def _send(self, verb: str, message: bytes) -> bytes:
        told, query = self.lab.announcement, {"operation": "PKIOperation"}
        body = message if verb == "POST" else None
        query.update({} if body else {"message": base64.b64encode(message).decode()})
        answer = requests.request(
            verb, told["scep_url"], params=query, data=body, verify=told["ca_file"], timeout=60
        )
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            200,
            "application/x-pki-message",
        )
        return answer.content

    def certificate(self) -> Path:
        """From the reply.

        Its signature verified up to the authority's root, its content opened, the certificate in
        it.
        """
        trust = ["-CAfile", self.chain["root"], "-purpose", "any"]
        openssl(
            "cms",
            "-verify",
            "-binary",
            *trust,
            "-inform",
            "DER",
            "-in",
            self.place("reply"),
            "-out",
            self.place("opened"),
        )
        openssl(
            "cms",
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            "-in",
            self.place("opened"),
            "-inkey",
            self.place("key"),
            "-out",
            self.place("issued"),
        )
        openssl(
            "pkcs7",
            "-inform",
            "DER",
            "-in",
            self.place("issued"),
            "-print_certs",
            "-out",
            self.place("printed"),
        )
        openssl("x509", "-in", self.place("printed"), "-out", self.place("certificate.pem"))
        return self.directory / "certificate.pem"


def printed(message: str | Path) -> str:
    """All of a CMS message, as OpenSSL prints it."""
    return openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", str(message))


def attributes(message: str | Path) -> dict[str, str]:
    """The signed attributes of a SCEP message by their names in RFC 8894, as OpenSSL prints them."""
    names = {"2": "messageType", "3": "pkiStatus", "4": "failInfo", "7": "transactionID"}
    found = re.findall(
        r"2\.16\.840\.1\.113733\.1\.9\.(\d)\)\s*set:\s*PRINTABLESTRING:(.*)", printed(message)
    )
    return {names[number]: value for number, value in found if number in names}


@pytest.fixture
def by_hand(scep: Lab, chain: dict[str, str], tmp_path: Path) -> t.Callable[..., Client]:
    return lambda **options: Client(scep, chain, tmp_path, **options)


@pytest.mark.parametrize(
    ("verb", "cipher", "digest"), list(itertools.product(VERBS, CIPHERS, DIGESTS))
)
def test_a_request_of_openssls_is_answered(
    by_hand, chain, record_conformance, verb, cipher, digest
):
    record_conformance(
        OPENSSL,
        "PKIOperation",
        f"makes a request and opens the reply: {verb}, {CIPHERS[cipher]}, {DIGESTS[digest]}",
    )
    client = by_hand()
    reply = client.ask(verb, cipher, digest)
    assert attributes(reply) == {"messageType": "3", "pkiStatus": "0", "transactionID": "BY HAND"}
    judge(client.certificate(), chain, "CN=C02XK1ZAJG5J")
    assert f"algorithm: {digest} (" in printed(reply)  # the reply answers in kind
    assert {"-aes128": "aes-128-cbc", "-des3": "des-ede3-cbc"}[cipher] in printed(
        client.place("opened")
    )


def test_a_request_with_a_name_and_a_long_key_is_answered(by_hand, chain, record_conformance):
    record_conformance(OPENSSL, "PKIOperation", "makes a request with a SAN and a key of 4096 bits")
    client = by_hand(key="rsa:4096", more=SAN)
    assert "DNS:host.example" in openssl(
        "req", "-inform", "DER", "-in", client.place("request"), "-noout", "-text"
    )
    client.ask()
    assert "Public-Key: (4096 bit)" in judge(client.certificate(), chain, "CN=C02XK1ZAJG5J")


def test_a_wrong_challenge_is_refused(by_hand, record_conformance):
    record_conformance(
        OPENSSL, "PKIOperation", "reads the refusal of a wrong challenge: badRequest"
    )
    assert attributes(by_hand(challenge="not-the-secret-key").ask()) == {
        "messageType": "3",
        "pkiStatus": "2",
        "failInfo": "2",
        "transactionID": "BY HAND",
    }


def test_a_renewal_is_refused_though_all_else_is_right(by_hand, record_conformance):
    record_conformance(
        OPENSSL,
        "PKIOperation",
        "reads the refusal of a RenewalReq (17): badRequest, as Okta's authority does not renew",
    )
    client = by_hand()
    client.ask()
    client.certificate()
    renewal = client.ask(message_type="17", signed_by="certificate.pem")
    assert attributes(renewal) == {
        "messageType": "3",
        "pkiStatus": "2",
        "failInfo": "2",
        "transactionID": "BY HAND",
    }
    assert (
        attributes(client.ask(signed_by="certificate.pem"))["pkiStatus"] == "0"
    )  # it is the type of the message that is refused


def test_the_chain_is_a_chain(chain, record_conformance):
    record_conformance(OPENSSL, "GetCACert", "reads the PKCS#7: an authority under its root")
    assert openssl(
        "verify", "-x509_strict", "-CAfile", chain["root"], chain["intermediate"]
    ).endswith("OK\n")
    assert (
        run("openssl", "verify", "-CAfile", chain["intermediate"], chain["intermediate"]).returncode
        != 0
    )
