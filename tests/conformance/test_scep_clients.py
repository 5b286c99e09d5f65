# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCEP as others speak it.

StrongSwan, micromdm and certmonger enroll at the lab's authority, and our client at micromdm's.
"""

from __future__ import annotations

import base64
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from lab.server import Lab
from lab.state import Options
from tests.conformance.scep_peers import (
    PATIENCE,
    Relay,
    cipher_of,
    fail_info,
    judge,
    openssl,
    published_chain,
    relayed,
    run,
    spoken,
    switched_back,
)
from tools.support import system_packages as programs

pytestmark = pytest.mark.programs

STRONGSWAN, SCEPCLIENT, CERTMONGER, SCEPSERVER = (
    "strongSwan pki",
    "micromdm scepclient",
    "certmonger",
    "micromdm scepserver",
)
FORMS = ("der", "pkcs7")
WRONG = "not-the-secret-key"
SUBJECT = [[["CN", "C02XK1ZAJG5J"]]]


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    """Before any test, so that no row of the table is called failed for want of a program."""
    lacking = programs.missing(["scep", "strongswan-pki", "certmonger", "openssl"])
    if lacking:
        pytest.fail(
            f"Debian's packages {', '.join(lacking)} are needed: run python -m tools.support.system_packages"
            " --all."
        )


@pytest.fixture(scope="module")
def running() -> t.Iterator[Lab]:
    with Lab(Options(macs=3)) as lab:
        yield lab


@pytest.fixture
def scep(running: Lab) -> t.Iterator[Lab]:
    with switched_back(running):
        yield running


@pytest.fixture
def relay(scep: Lab) -> t.Iterator[Relay]:
    with relayed(scep) as server:
        yield server


@pytest.fixture
def judged(scep: Lab, tmp_path: Path) -> t.Callable[[Path, str], str]:
    """OpenSSL's word on a certificate, under what GetCACert hands out as the switches stand."""
    return lambda certificate, subject: judge(
        certificate, published_chain(scep, scep.announcement["scep_url"], tmp_path), subject
    )


# strongSwan: plain HTTP through the relay, as its fetcher knows no private CA


class StrongSwan:
    def __init__(self, relay: Relay, directory: Path) -> None:
        self.relay, self.directory = relay, directory

    def place(self, name: str) -> str:
        return str(self.directory / name)

    def fetch_authority(self) -> list[str]:
        """GetCACert.

        The files that it wrote: a subordinate authority as ca-1.pem, a root as ca.pem.
        """
        done = run(
            "pki",
            "--scepca",
            "--url",
            self.relay.url,
            "--caout",
            self.place("ca.pem"),
            "--outform",
            "pem",
        )
        assert done.returncode == 0, done.stderr
        return sorted(place.name for place in self.directory.glob("ca*.pem"))

    def key(self, size: int = 2048, name: str = "key.pem") -> str:
        made = run("pki", "--gen", "--type", "rsa", "--size", str(size), "--outform", "pem")
        Path(self.place(name)).write_text(made.stdout, encoding="ascii")
        return self.place(name)

    def enroll(self, key: str, challenge: str, *more: str) -> subprocess.CompletedProcess[str]:
        authority = ["--cacert-enc", self.place("ca-1.pem"), "--cacert-sig", self.place("ca-1.pem")]
        root = ["--cacert", self.place("ca.pem")] if Path(self.place("ca.pem")).exists() else []
        asked = [
            "--in",
            key,
            "--dn",
            "CN=C02XK1ZAJG5J",
            "--password",
            challenge,
            "--outform",
            "pem",
        ]
        done = run("pki", "--scep", "--url", self.relay.url, *asked, *authority, *root, *more)
        Path(self.place("certificate.pem")).write_text(done.stdout, encoding="ascii")
        return done

    @property
    def certificate(self) -> Path:
        return self.directory / "certificate.pem"


@pytest.fixture
def strongswan(relay: Relay, tmp_path: Path) -> StrongSwan:
    return StrongSwan(relay, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_strongswan_reads_the_authority_and_trusts_what_it_issues(
    scep, relay, strongswan, judged, record_conformance, form
):
    record_conformance(STRONGSWAN, "GetCACert", form.upper())
    record_conformance(
        STRONGSWAN,
        "PKIOperation",
        f"enrolls by AES, SHA-256, POST, with GetCACert as {form.upper()}",
    )
    scep.world.switches.set(ca_certificate_answer=form)
    assert (
        strongswan.fetch_authority() == {"der": ["ca-1.pem"], "pkcs7": ["ca-1.pem", "ca.pem"]}[form]
    )
    done = strongswan.enroll(strongswan.key(), scep.announcement["scep_challenge"])
    assert done.returncode == 0, done.stderr
    # Without the root it has nothing to end a chain at.
    assert ("Issued certificate is trusted" in done.stderr) == (form == "pkcs7")
    judged(strongswan.certificate, "CN=C02XK1ZAJG5J")
    assert (spoken(relay.enrollments[-1]), cipher_of(scep, relay.enrollments[-1])) == (
        ("POST", "19", "sha256"),
        "aes128_cbc",
    )


@pytest.mark.parametrize(
    ("cipher", "digest"), [("aes", "sha1"), ("aes", "sha512"), ("des3", "sha1"), ("des3", "sha256")]
)
def test_strongswan_chooses_other_algorithms(
    scep, relay, strongswan, judged, record_conformance, cipher, digest
):
    record_conformance(STRONGSWAN, "PKIOperation", f"enrolls by {cipher}, {digest}, POST")
    strongswan.fetch_authority()
    done = strongswan.enroll(
        strongswan.key(),
        scep.announcement["scep_challenge"],
        "--cipher",
        cipher,
        "--digest",
        digest,
    )
    assert done.returncode == 0, done.stderr
    judged(strongswan.certificate, "CN=C02XK1ZAJG5J")
    assert spoken(relay.enrollments[-1]) == ("POST", "19", digest)
    assert (
        cipher_of(scep, relay.enrollments[-1])
        == {"aes": "aes128_cbc", "des3": "tripledes_3key"}[cipher]
    )


def test_strongswan_asks_with_a_name_and_a_long_key(scep, strongswan, judged, record_conformance):
    record_conformance(
        STRONGSWAN, "PKIOperation", "enrolls with a SAN in the request and a key of 4096 bits"
    )
    strongswan.fetch_authority()
    done = strongswan.enroll(
        strongswan.key(4096),
        scep.announcement["scep_challenge"],
        "--san",
        "host.example",
        "--san",
        "email:ada@example.com",
    )
    assert done.returncode == 0, done.stderr
    assert "Public-Key: (4096 bit)" in judged(strongswan.certificate, "CN=C02XK1ZAJG5J")


def test_strongswan_is_refused_with_a_wrong_challenge(scep, relay, strongswan, record_conformance):
    record_conformance(STRONGSWAN, "PKIOperation", "is refused with a wrong challenge: badRequest")
    strongswan.fetch_authority()
    done = strongswan.enroll(strongswan.key(), WRONG)
    assert done.returncode != 0 and "badRequest" in done.stderr and not done.stdout
    assert fail_info(relay.enrollments[-1]) == "badRequest"


def test_strongswan_may_not_renew(scep, relay, strongswan, record_conformance):
    record_conformance(
        STRONGSWAN,
        "PKIOperation",
        "is refused a RenewalReq (17) though the challenge is right: badRequest",
    )
    strongswan.fetch_authority()
    challenge, key = scep.announcement["scep_challenge"], strongswan.key()
    assert strongswan.enroll(key, challenge).returncode == 0
    old = strongswan.certificate.rename(strongswan.directory / "old.pem")
    done = strongswan.enroll(
        strongswan.key(name="new.pem"), challenge, "--cert", str(old), "--key", key
    )
    assert done.returncode != 0 and "badRequest" in done.stderr
    assert (spoken(relay.enrollments[-1])[1], fail_info(relay.enrollments[-1])) == (
        "17",
        "badRequest",
    )


# micromdm's client: over the lab's own HTTPS; it believes the CA that SSL_CERT_FILE names


class ScepClient:
    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab, self.directory = lab, directory

    def enroll(
        self, challenge: str | None = None, *more: str, url: str = ""
    ) -> subprocess.CompletedProcess[str]:
        told = self.lab.announcement
        files = [
            "-private-key",
            str(self.directory / "key.pem"),
            "-certificate",
            str(self.certificate),
        ]
        asked = [
            "-server-url",
            url or told["scep_url"],
            "-challenge",
            challenge or told["scep_challenge"],
            "-cn",
            "C02XK1ZAJG5J",
            *more,
        ]
        return run(
            "scepclient",
            *files,
            *asked,
            SSL_CERT_FILE=told["ca_file"],
            SSL_CERT_DIR=str(self.directory / "none"),
        )

    @property
    def certificate(self) -> Path:
        return self.directory / "certificate.pem"

    subject = "CN=C02XK1ZAJG5J,OU=MDM,O=scep-client,C=US"  # what it adds of its own


@pytest.fixture
def scepclient(scep: Lab, tmp_path: Path) -> ScepClient:
    return ScepClient(scep, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_micromdms_client_enrolls_over_https(scep, scepclient, judged, record_conformance, form):
    record_conformance(SCEPCLIENT, "GetCACert", form.upper())
    record_conformance(
        SCEPCLIENT, "PKIOperation", f"enrolls over HTTPS by POST, with GetCACert as {form.upper()}"
    )
    scep.world.switches.set(ca_certificate_answer=form)
    mark = len(scep.world.requests)
    done = scepclient.enroll()
    assert done.returncode == 0, done.stderr
    judged(scepclient.certificate, scepclient.subject)
    assert [(one.verb, one.operation) for one in scep.world.requests[mark:]][-2:] == [
        ("POST", "PKIOperation"),
        ("GET", "GetCACert"),
    ]


def test_micromdms_client_asks_with_what_okta_is_known_to_accept(
    scep, relay, scepclient, judged, record_conformance
):
    record_conformance(
        SCEPCLIENT, "PKIOperation", "enrolls by single DES and SHA-1, whatever is announced"
    )
    assert scepclient.enroll(url=relay.url).returncode == 0
    judged(scepclient.certificate, scepclient.subject)
    assert (spoken(relay.enrollments[-1]), cipher_of(scep, relay.enrollments[-1])) == (
        ("POST", "19", "sha1"),
        "des",
    )


def test_micromdms_client_asks_with_a_long_key(scepclient, judged, record_conformance):
    record_conformance(SCEPCLIENT, "PKIOperation", "enrolls with a key of 4096 bits")
    assert scepclient.enroll(None, "-keySize", "4096").returncode == 0
    assert "Public-Key: (4096 bit)" in judged(scepclient.certificate, scepclient.subject)


def test_micromdms_client_is_refused_with_a_wrong_challenge(scepclient, record_conformance):
    record_conformance(SCEPCLIENT, "PKIOperation", "is refused with a wrong challenge: badRequest")
    done = scepclient.enroll(WRONG)
    assert (
        done.returncode != 0
        and "badRequest (2)" in done.stdout + done.stderr
        and not scepclient.certificate.exists()
    )


def test_micromdms_client_may_not_renew(relay, scepclient, record_conformance):
    record_conformance(
        SCEPCLIENT,
        "PKIOperation",
        "is refused a RenewalReq (17) though the challenge is right: badRequest",
    )
    assert scepclient.enroll().returncode == 0
    before = scepclient.certificate.read_bytes()
    done = scepclient.enroll(url=relay.url)
    assert (
        done.returncode != 0
        and "RenewalReq (17) request failed, failInfo: badRequest (2)" in done.stdout + done.stderr
    )
    assert (spoken(relay.enrollments[-1])[1], scepclient.certificate.read_bytes()) == ("17", before)


# certmonger: its own session bus and directories; plain HTTP through the relay, as it takes its
# option for a private CA to GetCACert alone


class Certmonger:
    def __init__(self, relay: Relay, directory: Path) -> None:
        self.relay, self.directory = relay, directory
        kept = {
            "CAS": "cas",
            "REQUESTS": "requests",
            "LOCAL_CA": "local",
            "CONFIG": "config",
            "TMP": "tmp",
        }
        self.environment = {
            f"CERTMONGER_{name}{'DIR' if name == 'TMP' else '_DIR'}": str(directory / place)
            for name, place in kept.items()
        }
        self.environment.update(
            HOME=str(directory), CERTMONGER_SYSTEM_LOCK_FILE=str(directory / "lock")
        )
        for place in (*kept.values(), "certificates"):
            (directory / place).mkdir()

    def getcert(self, *commands: t.Sequence[str]) -> str:
        """Run these within one life of the service. What they say."""
        script = self.directory / "script"
        script.write_text(
            "; ".join(
                shlex.join(["getcert", command[0], "-s", *command[1:]]) for command in commands
            ),
            encoding="utf-8",
        )
        return run(
            "dbus-run-session",
            "--",
            "certmonger",
            "-s",
            "-n",
            "-c",
            f"/bin/sh {script}",
            **self.environment,
        ).stdout

    def enroll(self, challenge: str, *authority: str) -> str:
        files = [
            "-k",
            str(self.directory / "certificates" / "key.pem"),
            "-f",
            str(self.certificate),
        ]
        return self.getcert(
            ["add-scep-ca", "-c", "lab", "-u", self.relay.url, *authority],
            [
                "request",
                "-c",
                "lab",
                "-I",
                "mac",
                *files,
                "-N",
                "CN=C02XK1ZAJG5J",
                "-L",
                challenge,
                "-w",
                "-v",
            ],
            ["list", "-i", "mac"],
        )

    @property
    def certificate(self) -> Path:
        return self.directory / "certificates" / "certificate.pem"


@pytest.fixture
def root(scep: Lab, tmp_path: Path) -> str:
    """The root of the lab's authority, as somebody would download it."""
    with switched_back(scep):
        scep.world.switches.set(ca_certificate_answer="pkcs7")
        return published_chain(scep, scep.announcement["scep_url"], tmp_path)["root"]


@pytest.fixture
def certmonger(relay: Relay, tmp_path: Path) -> Certmonger:
    (tmp_path / "certmonger").mkdir()
    return Certmonger(relay, tmp_path / "certmonger")


@pytest.mark.parametrize("form", FORMS)
def test_certmonger_enrolls(scep, relay, certmonger, root, judged, record_conformance, form):
    record_conformance(CERTMONGER, "GetCACert", form.upper())
    record_conformance(
        CERTMONGER,
        "PKIOperation",
        f"enrolls by AES, SHA-256, GET, with GetCACert as {form.upper()}",
    )
    scep.world.switches.set(ca_certificate_answer=form)
    # It wants a chain up to a root, and a single certificate is none: then the root is given by
    # hand.
    said = certmonger.enroll(
        scep.announcement["scep_challenge"], *(["-N", root] if form == "der" else [])
    )
    assert "status: MONITORING" in said and "eku: id-kp-clientAuth" in said, said
    judged(certmonger.certificate, "CN=C02XK1ZAJG5J")
    assert (spoken(relay.enrollments[-1]), cipher_of(scep, relay.enrollments[-1])) == (
        ("GET", "19", "sha256"),
        "aes256_cbc",
    )


def test_certmonger_is_refused_with_a_wrong_challenge(relay, certmonger, root, record_conformance):
    record_conformance(CERTMONGER, "PKIOperation", "is refused with a wrong challenge: badRequest")
    said = certmonger.enroll(WRONG, "-N", root)
    # It looks for content in the refusal, where RFC 8894 (3.3.2.2) wants none, and so calls the
    # authority unreachable.
    assert "State CA_UNREACHABLE" in said and not certmonger.certificate.exists(), said
    assert fail_info(relay.enrollments[-1]) == "badRequest"


def test_certmonger_replaces_a_certificate_by_a_new_request(
    scep, relay, certmonger, root, judged, record_conformance
):
    record_conformance(
        CERTMONGER,
        "PKIOperation",
        "gets a new certificate by a new request, as no Renewal is announced",
    )
    certmonger.enroll(scep.announcement["scep_challenge"], "-N", root)
    before = certmonger.certificate.read_bytes()
    assert "status: MONITORING" in certmonger.getcert(
        ["resubmit", "-i", "mac", "-w", "-v"], ["list", "-i", "mac"]
    )
    assert certmonger.certificate.read_bytes() != before
    judged(certmonger.certificate, "CN=C02XK1ZAJG5J")
    assert [spoken(one)[1] for one in relay.enrollments] == ["19", "19"]


# Our client at micromdm's server


class ScepServer(t.NamedTuple):
    url: str
    secret: str
    depot: Path

    @property
    def issued(self) -> list[Path]:
        return [place for place in sorted(self.depot.glob("*.pem")) if place.name != "ca.pem"]


@pytest.fixture
def scepserver(tmp_path: Path) -> t.Iterator[ScepServer]:
    """A fresh authority on a free port.

    It listens on every address of the machine, so its secret is a new one each time.
    """
    depot, secret = tmp_path / "depot", secrets.token_urlsafe(32)
    made = run(
        "scepserver",
        "ca",
        "-init",
        "-depot",
        str(depot),
        "-key-password",
        "depot",
        "-keySize",
        "2048",
    )
    assert made.returncode == 0, made.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(shutil.which("scepserver")),
        "-depot",
        str(depot),
        "-capass",
        "depot",
        "-port",
        str(port),
        "-challenge",
        secret,
        "-allowrenew",
        "0",
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_for(port, process)
            yield ScepServer(f"http://127.0.0.1:{port}/scep", secret, depot)
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("scepserver does not listen.")


def endpoint(server: ScepServer) -> t.Any:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
        Masker,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
        Settings,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep.endpoint import (
        ScepEndpoint,
    )

    return ScepEndpoint(server.url, Settings(), Masker())


def test_a_right_secret_is_proven_at_micromdms_server(scepserver, record_conformance):
    record_conformance(SCEPSERVER, "GetCACaps", "described by our client")
    record_conformance(SCEPSERVER, "GetCACert", "described by our client")
    record_conformance(
        SCEPSERVER, "PKIOperation", "our test enrollment passes with the right secret"
    )
    asked = endpoint(scepserver)
    service = asked.describe()
    assert "AES" in service.capabilities and [one.is_ca for one in service.certificates] == [True]
    assert (
        asked.make_test_enrollment(scepserver.secret, service.certificates[0].sha256)["subject"]
        == "devicetrust.okta_kandji test enrollment"
    )
    [issued] = scepserver.issued
    assert openssl("verify", "-CAfile", str(scepserver.depot / "ca.pem"), str(issued)).endswith(
        "OK\n"
    )
    assert (
        openssl("x509", "-in", str(issued), "-noout", "-subject").strip()
        == "subject=CN = devicetrust.okta_kandji test enrollment"
    )


def test_a_wrong_secret_is_refused_at_micromdms_server(scepserver, record_conformance):
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
        Refused,
    )

    record_conformance(
        SCEPSERVER, "PKIOperation", "our test enrollment is refused with a wrong secret: badRequest"
    )
    with pytest.raises(Refused, match="was refused by the SCEP endpoint") as refused:
        endpoint(scepserver).make_test_enrollment(WRONG)
    assert refused.value.details["fail_info"] == "badRequest" and scepserver.issued == []


def listening(
    server: ScepServer, heard: dict[str, tuple[str, t.Any]], **instead: bytes
) -> t.Callable[..., tuple[int, str, bytes]]:
    """Our client's way to the server.

    ``heard`` keeps verb and answer of an operation; ``instead`` is answered in the server's place.
    """
    asked = endpoint(server)

    def exchange(
        verb: str, url: str, params: dict[str, str], body: bytes | None
    ) -> tuple[int, str, bytes]:
        name = params["operation"]
        if name in instead:
            return 200, "text/plain", instead[name]
        answer = asked._exchange(verb, url, params, body)
        heard[name] = (verb, (body or base64.b64decode(params.get("message", "")), answer[2]))
        return answer

    return exchange


def test_micromdms_way_of_writing_is_read(scepserver, record_conformance):
    """It answers in single DES whatever it was asked in, and in pieces.

    Encrypted content as a constructed OCTET STRING.
    """
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        client,
        messages,
    )

    record_conformance(
        SCEPSERVER, "PKIOperation", "its reply in single DES and a constructed OCTET STRING is read"
    )
    heard: dict[str, tuple[str, t.Any]] = {}
    enrollment = client.enroll(
        listening(scepserver, heard),
        url=scepserver.url,
        challenge=scepserver.secret,
        subject=SUBJECT,
    )
    request, reply = (messages.read_message(data) for data in heard["PKIOperation"][1])
    content, cipher = messages.decrypt(
        reply.content, messages.CertifiedKey(request.certificates[0], enrollment.private_key)
    )
    assert (messages.unpack_certificates(content), cipher) == ([enrollment.certificate_der], "des")
    place = scepserver.depot.parent / "enveloped"
    place.write_bytes(reply.content)
    assert re.search(
        r"cons: cont \[ 0 \] *\n.*prim: +OCTET STRING",
        openssl("asn1parse", "-inform", "DER", "-in", str(place)),
    )


@pytest.mark.parametrize(
    ("capabilities", "verb", "digest"),
    [
        (b"AES\nSHA-256\nPOSTPKIOperation", "POST", "sha256"),
        (b"SHA-1\nDES3", "GET", "sha1"),
        (b"", "GET", "sha1"),
    ],
)
def test_micromdms_server_takes_what_our_client_falls_back_on(
    scepserver, record_conformance, capabilities, verb, digest
):
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        client,
        messages,
    )

    announced = capabilities.decode().replace("\n", ", ") or "nothing"
    record_conformance(
        SCEPSERVER,
        "PKIOperation",
        f"our client enrolls by {verb} and {digest} when {announced} is announced",
    )
    heard: dict[str, tuple[str, t.Any]] = {}
    client.enroll(
        listening(scepserver, heard, GetCACaps=capabilities),
        url=scepserver.url,
        challenge=scepserver.secret,
        subject=SUBJECT,
    )
    assert (
        heard["PKIOperation"][0],
        messages.read_message(heard["PKIOperation"][1][0]).digest,
    ) == (verb, digest)
    assert len(scepserver.issued) == 1


def test_the_modules_prove_at_micromdms_server(
    scep, scepserver, run_module, shown, record_conformance
):
    record_conformance(
        SCEPSERVER, "PKIOperation", "okta_device_integration proves by it, and tells a wrong secret"
    )
    scep.world.switches.set(certificate_authorities="missing")  # the server is none of the org's
    options = {"scep_url": scepserver.url, "scep_hosts": ["127.0.0.1"], "test_enrollment": True}
    enrolled = run_module(
        "okta_device_integration", {**options, "scep_challenge": scepserver.secret}, lab=scep
    )
    assert (
        enrolled["test_enrollment"]["subject"] == "devicetrust.okta_kandji test enrollment"
        and len(scepserver.issued) == 1
    ), enrolled
    refused = run_module("okta_device_integration", {**options, "scep_challenge": WRONG}, lab=scep)
    assert (
        refused["failed"]
        and "was refused by the SCEP endpoint (badRequest)" in refused["msg"]
        and len(scepserver.issued) == 1
    )
    assert not shown(scepserver.secret) and not shown(WRONG)


def test_a_profile_is_written_only_where_the_secret_is_right(
    fresh_lab, scepserver, run_module, shown, record_conformance
):
    record_conformance(
        SCEPSERVER, "PKIOperation", "kandji_scep_profile writes only what it proved there"
    )
    wanted = {
        "name": "Okta SCEP - canary",
        "blueprints": fresh_lab.announcement["rings"][0]["blueprints"],
        "url": scepserver.url,
    }
    mark = len(fresh_lab.world.requests)
    refused = run_module("kandji_scep_profile", {**wanted, "challenge": WRONG}, lab=fresh_lab)
    assert refused["failed"] and "was refused by the SCEP endpoint (badRequest)" in refused["msg"]
    assert not [one for one in fresh_lab.world.requests[mark:] if one.writes]
    written = run_module(
        "kandji_scep_profile", {**wanted, "challenge": scepserver.secret}, lab=fresh_lab
    )
    assert written["changed"] and len(scepserver.issued) == 1, written
    assert not shown(scepserver.secret) and not shown(WRONG)
