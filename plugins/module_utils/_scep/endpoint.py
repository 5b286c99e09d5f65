# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP endpoint over the collection's transport: its description and a test enrollment."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import SplitResult

from .._core.errors import ApiError, BadOption, Refused
from .._core.masking import Masker
from .._core.text import has_control_character
from .._http.auth import Auth
from .._http.operations import Explanation, Operation, Request, Vendor
from .._http.transport import Transport
from .._http.transport_settings import Settings
from .._http.urls import is_loopback, split_url
from .._okta.constants import OKTA_DOMAINS
from . import client

TEST_SUBJECT = [[["CN", "devicetrust.okta_kandji test enrollment"]]]
_WITH_SLASH = re.compile(r"/pki/[0-9A-Fa-f]{40}/scep/[^/]+/+")  # none that Okta shows has it
DYNAMIC_CHALLENGE_PATH = "/registrationauthorities/"


def parse_scep_url(url: str, option: str = "scep_url") -> str:
    """Return a SCEP URL that can be used in a profile for all Macs. Raises BadOption.

    :arg option: what the message begins with.
    """
    _check_text(url, option)
    parts = split_url(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadOption(
            # Not quoted without "//": it may be the secret key, which Okta shows next to the URL.
            f"{option}: {repr(url) if '//' in url else 'it'} is not a URL. Copy it whole from Okta"
            " (Security > Device integrations > Endpoint management)."
        )
    if _WITH_SLASH.fullmatch(parts.path):
        raise BadOption(f"{option}: {url!r} ends with a slash. Remove it.")
    _check_host(url, parts, option)
    if "?" in url or "#" in url:
        raise BadOption(
            f"{option}: {url!r} has a query or a fragment. Copy it as Okta shows it, without them."
        )
    if DYNAMIC_CHALLENGE_PATH in parts.path.lower() and parts.path.rstrip("/").endswith(
        "/challenge"
    ):
        raise BadOption(
            f"{option}: it is the challenge URL of a dynamic SCEP URL. One profile serves all Macs,"
            " so that each Mac cannot get a challenge of its own. Choose Static SCEP URL as SCEP"
            " URL challenge type in Okta (Security > Device integrations > Endpoint management)."
        )
    if not parts.path.strip("/"):
        raise BadOption(f"{option}: {url!r} has no path. Copy it whole from Okta.")
    return url


def _check_host(url: str, parts: SplitResult, option: str) -> None:
    """Raise BadOption for a host that is not the one of a SCEP URL."""
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadOption(
            f"{option}: {url!r} is not https, as Okta's SCEP URLs are. Copy it again from Okta."
        )
    if parts.username or parts.password:
        raise BadOption(
            f"{option}: it holds a user name or password, which a static SCEP URL does not. Copy it"
            " again from Okta."
        )
    first, _dot, rest = str(parts.hostname).partition(".")
    if first.endswith("-admin") and f".{rest}" in OKTA_DOMAINS:
        raise BadOption(
            f"{option}: {url!r} has the host of the Admin Console, where no Mac enrolls. Copy the"
            " SCEP URL itself from Okta."
        )


def _check_text(url: str, option: str) -> None:
    """Raise BadOption for a text that a Mac would not get as a URL. The message never holds it.

    urlsplit ignores such characters, but the profile is written with them.
    """
    if url != url.strip():
        raise BadOption(
            f"{option}: it begins or ends with a blank or a line break. Remove it. In YAML, write"
            " the URL in one line, without | or >."
        )
    if has_control_character(url) or any(char.isspace() for char in url):
        raise BadOption(
            f"{option}: it holds a blank, a line break or another control character. Copy it as"
            " Okta shows it."
        )


class ScepEndpoint:
    """A SCEP URL, called without any token. ``transport.calls`` counts the calls.

    What the endpoint answers to GetCACaps and GetCACert is read once.
    """

    def __init__(
        self, url: str, settings: Settings, masker: Masker, option: str = "scep_url"
    ) -> None:
        self.url = parse_scep_url(url, option)
        parts = split_url(url)
        self._answers: dict[str, tuple[int, str, bytes]] = {}
        self._path = parts.path.replace("{", "{{").replace("}", "}}")
        self.transport = Transport(
            Vendor("scep", "SCEP", _explain, is_declared=False),
            f"{parts.scheme}://{parts.netloc}",
            Auth(),
            settings,
            masker,
        )

    def describe(self) -> client.ScepService:
        """Return capabilities and CA certificates (SCEP GetCACaps and GetCACert)."""
        return client.describe(self._exchange, self.url)

    def check_pin(self, pinned_by: str, fingerprint: bytes, remedy: str) -> None:
        """Raise Refused if no CA certificate has a fingerprint (SCEP GetCACaps and GetCACert).

        A Mac compares it before it enrolls, after it has dropped its old certificate. ``pinned_by``
        begins the message, and ``remedy`` ends it.
        """
        certificates = self.describe().certificates
        try:
            client.select_trusted(certificates, fingerprint)
        except client.ScepError as error:
            raise Refused(f"{pinned_by}: {error.message} No Mac could enroll. {remedy}") from None

    def make_test_enrollment(
        self, challenge: str, ca_fingerprint: bytes | None = None
    ) -> dict[str, str]:
        """Enroll once with the challenge, discard the key, return subject and transaction id.

        SCEP PKIOperation. Raises Refused if the authority does not accept the challenge.
        """
        try:
            enrollment = client.enroll(
                self._exchange,
                url=self.url,
                challenge=challenge,
                subject=TEST_SUBJECT,
                ca_fingerprint=ca_fingerprint,
            )
        except client.ScepRefused as error:
            raise Refused(
                f"The test enrollment was refused by the SCEP endpoint ({error.fail_info}): the"
                " SCEP URL or the secret key is wrong, or the secret key was reset in Okta. No Mac"
                " was asked to enroll. Compare the secret key with what Okta displayed. If it was"
                " reset, put the new one into the vault, then run the playbook"
                " rotate_scep_challenge.",
                fail_info=error.fail_info,
            ) from None
        return {"subject": TEST_SUBJECT[0][0][1], "transaction_id": enrollment.transaction_id}

    def _exchange(
        self, verb: str, url: str, params: t.Mapping[str, str], body: bytes | None
    ) -> tuple[int, str, bytes]:
        name = params["operation"]
        if name in self._answers:
            return self._answers[name]
        # An authority keeps what it had; a test enrollment only adds an unused certificate.
        writes = name == "PKIOperation"
        operation = Operation(name, verb, self._path, writes=writes, keeps_state=True)
        try:
            answer = self.transport.send(
                operation,
                Request(
                    query=params,
                    content=body,
                    headers={"Content-Type": "application/x-pki-message"} if body else None,
                    raw=True,
                ),
            )
        except ApiError as error:
            return error.status, "", b""
        content = (answer.status, answer.headers.get("Content-Type", ""), answer.content)
        if not writes:
            self._answers[name] = content
        return content


def _explain(status: int, headers: t.Mapping[str, str], body: t.Any) -> Explanation:
    return Explanation(f"HTTP status {status}")
