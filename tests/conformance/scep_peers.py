# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of SCEP with programs of others share.

A lab, OpenSSL as the judge of what it issues, and an ear on the line.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

import requests

from lab.server import Lab

PATIENCE = 60  # seconds; the machine is shared
OPENSSL = "OpenSSL"


def run(
    *command: str, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end.

    The environment is nearly empty, so that no setting of this machine decides.
    """
    found = shutil.which(command[0])
    assert found, (
        f"{command[0]} is not installed; install what tests need by python -m tools.support.system_packages --all."
    )
    surroundings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **environment}
    done = subprocess.run(
        [found, *command[1:]],
        input=stdin,
        env=surroundings,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return subprocess.CompletedProcess(
        command,
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


# OpenSSL


def openssl(*arguments: str) -> str:
    """What it says; it has to be content."""
    done = run("openssl", *arguments)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stdout}{done.stderr}"
    return done.stdout


def published_chain(lab: Lab, url: str, directory: Path) -> dict[str, str]:
    """The certificates of GetCACert, taken apart by OpenSSL.

    File names (PEM) by ``intermediate`` and, from a PKCS#7, ``root``.
    """
    answer = requests.get(
        url, params={"operation": "GetCACert"}, verify=lab.announcement["ca_file"], timeout=PATIENCE
    )
    place = directory / "getcacert"
    place.write_bytes(answer.content)
    if answer.headers["Content-Type"] == "application/x-x509-ca-cert":
        found = [openssl("x509", "-inform", "DER", "-in", str(place))]
    else:
        printed = openssl("pkcs7", "-inform", "DER", "-in", str(place), "-print_certs")
        found = ["-----BEGIN" + part for part in printed.split("-----BEGIN")[1:]]
    files = {}
    for text in found:
        place.write_text(text, encoding="ascii")
        name = (
            "root"
            if "Root Authority" in openssl("x509", "-in", str(place), "-noout", "-subject")
            else "intermediate"
        )
        (directory / f"{name}.pem").write_text(text, encoding="ascii")
        files[name] = str(directory / f"{name}.pem")
    return files


def judge(certificate: Path, chain: dict[str, str], subject: str) -> str:
    """OpenSSL accepts the certificate of a client, under what GetCACert handed out, with what Okta
    is known to issue. Returns its text.
    """
    trust = (
        ["-CAfile", chain["root"], "-untrusted", chain["intermediate"]]
        if "root" in chain
        else ["-partial_chain", "-CAfile", chain["intermediate"]]
    )
    assert (
        openssl("verify", "-purpose", "sslclient", "-x509_strict", *trust, str(certificate)).strip()
        == f"{certificate}: OK"
    )
    assert (
        run("openssl", "verify", "-purpose", "sslserver", *trust, str(certificate)).returncode != 0
    )
    assert (
        openssl(
            "x509", "-in", str(certificate), "-noout", "-subject", "-nameopt", "RFC2253"
        ).strip()
        == f"subject={subject}"
    )
    extensions = openssl(
        "x509",
        "-in",
        str(certificate),
        "-noout",
        "-ext",
        "basicConstraints,keyUsage,extendedKeyUsage",
    )
    said = [line.strip() for line in extensions.splitlines()]
    assert said == [
        "X509v3 Basic Constraints: critical",
        "CA:FALSE",
        "X509v3 Key Usage: critical",
        "Digital Signature, Key Agreement",
        "X509v3 Extended Key Usage:",
        "TLS Web Client Authentication",
    ]
    dates = openssl("x509", "-in", str(certificate), "-noout", "-dates").splitlines()
    start, end = (
        datetime.strptime(line.partition("=")[2], "%b %d %H:%M:%S %Y GMT") for line in dates
    )
    assert end - start == timedelta(days=365)
    return openssl("x509", "-in", str(certificate), "-noout", "-text")


# The line


@dataclass(frozen=True)
class Exchange:
    """A request for a SCEP operation with its answer.

    ``request`` and ``reply`` are the SCEP messages of a PKIOperation.
    """

    verb: str
    operation: str
    request: bytes
    reply: bytes


class Relay(ThreadingHTTPServer):
    """Plain HTTP on loopback in front of the lab's SCEP URL, for clients that cannot be told of a
    private CA; keeps what passed.
    """

    daemon_threads = True

    def __init__(self, lab: Lab) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.lab = lab
        self.passed: list[Exchange] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}{lab.world.okta.platform.scep_path}"

    @property
    def enrollments(self) -> list[Exchange]:
        return [one for one in self.passed if one.operation == "PKIOperation"]


class _Passing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # By hand, as the message's base64 has plus signs that not every client escapes.
        query = dict(part.partition("=")[::2] for part in urlsplit(self.path).query.split("&"))
        self._pass_on(query.get("operation", ""), _decoded(query.get("message", "")), None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._pass_on(parse_qs(urlsplit(self.path).query)["operation"][0], body, body)

    def _pass_on(self, operation: str, message: bytes, body: bytes | None) -> None:
        server = t.cast(Relay, self.server)
        told = server.lab.announcement
        answer = requests.request(
            self.command,
            told["okta_url"] + self.path,
            data=body,
            verify=told["ca_file"],
            timeout=PATIENCE,
        )
        server.passed.append(Exchange(self.command, operation, message, answer.content))
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: t.Any) -> None:
        """Say nothing."""


def _decoded(message: str) -> bytes:
    try:
        return base64.b64decode(unquote_to_bytes(message))
    except ValueError:  # the id of an authority, with GetCACaps and GetCACert
        return b""


@contextmanager
def relayed(lab: Lab) -> Iterator[Relay]:
    with Relay(lab) as server:
        threading.Thread(target=server.serve_forever, name="relay", daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def switched_back(lab: Lab) -> Iterator[None]:
    """The lab's switches are afterwards as they were."""
    before = asdict(lab.world.switches)
    try:
        yield
    finally:
        lab.world.switches.set(**before)


def spoken(exchange: Exchange) -> tuple[str, str, str]:
    """Verb, message type and digest of a request, as they went over the line."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        messages,
    )

    message = messages.read_message(exchange.request)
    return exchange.verb, message.attributes.message_type, message.digest


def cipher_of(lab: Lab, exchange: Exchange) -> str:
    """The cipher of a request; the authority's key opens it."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        messages,
    )

    return messages.decrypt(
        messages.read_message(exchange.request).content, lab.world.okta.platform.authority.identity
    )[1]


def fail_info(exchange: Exchange) -> str:
    """Why the authority refused; empty if it did not."""
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
        messages,
    )

    return messages.FAIL_INFO.get(messages.read_message(exchange.reply).attributes.fail_info, "")
