# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP address of the Desktop platform (RFC 8894, section 4): what HTTP carries; the messages are the authority's."""

from __future__ import annotations

import base64
import binascii

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _scep_messages as messages
from lab.okta.org import Org
from lab.web import Answer, Call, Operation


def scep_operations(org: Org) -> list[Operation]:
    """GET carries a PKIOperation in its query, POST in its body."""

    def get_ca_caps(_call: Call) -> Answer:
        return Answer(org.authority.get_ca_caps(), media_type="text/plain")

    def get_ca_cert(call: Call) -> Answer:
        body, media_type = org.authority.get_ca_cert(call.world.switches.ca_certificate_answer == "pkcs7")
        return Answer(body, media_type=media_type)

    def pki_operation(call: Call) -> Answer:
        try:
            message = call.body or base64.b64decode(call.query.get("message", "").replace(" ", "+"), validate=True)
            return Answer(org.enrol(message), media_type="application/x-pki-message")
        except (binascii.Error, messages.MessageError):
            return Answer(b"The request is no SCEP message.", 400, media_type="text/plain")

    handlers = [("GetCACaps", "GET", get_ca_caps), ("GetCACert", "GET", get_ca_cert), ("PKIOperation", "GET", pki_operation),
                ("PKIOperation", "POST", pki_operation)]
    return [
        Operation(name, verb, org.scep_path, handler, writes=name == "PKIOperation", bucket="scep", chosen_by=("operation", name), vendor="scep")
        for name, verb, handler in handlers
    ]
