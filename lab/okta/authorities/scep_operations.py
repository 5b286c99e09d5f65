# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCEP over HTTP at the URLs of the platforms (RFC 8894, section 4).

The messages are the authority's.
"""

from __future__ import annotations

import base64
import binascii

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import messages

from lab.http import Answer, Call, Operation
from lab.okta.authorities.scep_configurations import ScepConfiguration
from lab.okta.errors import refuse
from lab.okta.org import Org

# The content types of answers that do not have those of the RFC.
MISLABELLED = {"generic": "application/octet-stream", "html": "text/html"}


SCEP_PATH = "/pki/{authorityInstanceId}/scep/{raId}"


def scep_operations(org: Org) -> list[Operation]:
    """Return the operations. GET has a PKIOperation in its query, POST in its body."""
    platform = org.platform

    def configuration(call: Call) -> ScepConfiguration:
        return platform.configurations.find(
            call.path["authorityInstanceId"], call.path["raId"]
        ) or refuse("E0000007", call.request_path)

    def get_ca_caps(call: Call) -> Answer:
        authority = configuration(call).authority
        kind = call.world.switches.scep_capabilities
        if kind == "missing":
            refuse("E0000007", call.request_path)
        return _answer(call, authority.get_ca_caps(kind), "text/plain")

    def get_ca_cert(call: Call) -> Answer:
        asked = configuration(call)
        as_pkcs7 = call.world.switches.ca_certificate_answer == "pkcs7"
        return _answer(call, *asked.authority.get_ca_cert(as_pkcs7, asked.generation))

    def pki_operation(call: Call) -> Answer:
        asked = configuration(call)
        if call.operation.verb == "POST" and call.world.switches.scep_capabilities != "modern":
            refuse("E0000022")
        try:
            message = call.body or base64.b64decode(
                call.query.get("message", "").replace(" ", "+"), validate=True
            )
            return _answer(call, platform.enroll(message, asked), "application/x-pki-message")
        except (binascii.Error, messages.MessageError):
            return Answer(b"The request is not a SCEP message.", 400, media_type="text/plain")

    handlers = [
        ("GetCACaps", "GET", get_ca_caps),
        ("GetCACert", "GET", get_ca_cert),
        ("PKIOperation", "GET", pki_operation),
        ("PKIOperation", "POST", pki_operation),
    ]
    return [
        Operation(
            name,
            verb,
            SCEP_PATH,
            handler,
            writes=name == "PKIOperation",
            bucket="scep",
            chosen_by=("operation", name),
            vendor="scep",
        )
        for name, verb, handler in handlers
    ]


def _answer(call: Call, body: bytes, media_type: str) -> Answer:
    return Answer(
        body, media_type=MISLABELLED.get(call.world.switches.scep_content_types, media_type)
    )
