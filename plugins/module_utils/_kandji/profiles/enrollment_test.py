# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enroll by the SCEP payloads of a profile before Macs enroll with it.

A Mac that installs a profile again first drops the certificate that it has.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import BadOption, DeviceTrustError
from ..._core.masking import Masker
from ..._http.transport import Transport
from ..._http.transport_settings import Settings
from ..._scep.endpoint import ScepEndpoint
from .mobileconfig import holds_variable, titled_scep_payloads
from .references import Plist


class Connections(t.Protocol):
    """What a module's run opens its connections with."""

    settings: Settings
    masker: Masker
    check_mode: bool

    def opened(self, transport: Transport) -> Transport:
        """Count the calls of a transport in the result of the run."""


def open_endpoint(run: Connections, url: str, option: str = "url") -> ScepEndpoint:
    """Return the SCEP endpoint of a URL. Raises BadOption, whose message begins with ``option``."""
    endpoint = ScepEndpoint(url, run.settings, run.masker, option)
    run.opened(endpoint.transport)
    return endpoint


def try_payloads(subject: str, plist: Plist, run: Connections, enrolls: bool = True) -> None:
    """Check the pin of each SCEP payload, and outside check mode URL and challenge.

    Reads SCEP GetCACaps and GetCACert; outside check mode, each payload enrolls once (SCEP
    PKIOperation). Raises BadOption, Refused and what the transport raises, with detail ``option``;
    the message begins with ``subject`` and names the payload.

    :arg enrolls: whether URL and challenge are checked at all.
    """
    for title, payload in titled_scep_payloads(plist):
        try:
            _try_payload(payload["PayloadContent"], run, enrolls)
        except DeviceTrustError as error:
            error.message = f"{subject}: {title}: {error.message}"
            error.details.setdefault("option", "test_enrollment")
            raise


def _try_payload(content: Plist, run: Connections, enrolls: bool) -> None:
    run.masker.add(str(content.get("Challenge") or ""))
    if holds_variable([content.get("URL"), content.get("Challenge")]):
        raise BadOption(
            "its URL or challenge holds a Kandji variable, which this module cannot test. Set"
            " test_enrollment: false."
        )
    try:
        endpoint = open_endpoint(run, str(content.get("URL")), "URL")
    except BadOption as error:
        raise BadOption(
            f"{error.message} If the authority is not Okta's, set test_enrollment: false.",
            **error.details,
        ) from None
    pin = content.get("CAFingerprint")
    if isinstance(pin, bytes):
        endpoint.check_pin("its CAFingerprint", pin, "Correct it in the profile, or remove it.")
    if enrolls and not run.check_mode:
        pinned = pin if isinstance(pin, bytes) else None
        endpoint.make_test_enrollment(str(content.get("Challenge", "")), pinned)
