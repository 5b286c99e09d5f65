#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_verify
short_description: Verify how an Okta org and a Kandji tenant behave, without writing to them
version_added: 0.1.0
description:
  - The vendors' documents leave questions open. This module reads what a tenant does with each that
    a read can answer, and whether this collection copes with it. It writes to no tenant.
  - It reads samples, with about 60 requests. A read that fails, such as one without its permission,
    leaves its points open and does not end the others. The module fails if a vendor does not answer
    to any.
  - It writes C(device-trust-answers.json) and C(device-trust-answers.html). Both hold words of the
    vendors' descriptions, forms and numbers. A key or a value that is not known is replaced by a
    number, unless it consists of the vendors' words. The files name no person, Mac, serial number,
    host or id, and hold no secret.
  - The lab of the collection's source behaves like the tenant with C(--like) and the JSON file.
  - If only numbers of rows would change, the module leaves the files alone.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.both
requirements:
  - cryptography
  - asn1crypto
options:
  dest:
    description: Directory of the files. The module creates it if it does not exist.
    type: path
    required: true
  mode:
    description: Permissions of the files, in octal digits.
    type: str
    default: "0640"
  scep_url:
    description:
      - The SCEP URL that Okta showed. Not needed if the certificate authorities of the org can be
        read. Without any, the points of SCEP stay open.
      - If not set, the environment variable E(OKTA_SCEP_URL) is used.
    type: str
seealso:
  - module: devicetrust.okta_kandji.device_trust_preflight
"""

EXAMPLES = r"""
- name: Verify how the tenant behaves
  devicetrust.okta_kandji.device_trust_verify:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    dest: /srv/reports

# URLs and tokens of this come from the environment, or from module_defaults.
- name: Verify SCEP, too, and let all users read the files
  devicetrust.okta_kandji.device_trust_verify:
    dest: /srv/reports
    mode: "0644"
    scep_url: "{{ vault_okta_scep_url }}"
"""

RETURN = r"""
summary:
  description: The numbers below in a few sentences.
  returned: success
  type: str
  sample: "25 points are answered, nothing shows 14, and 3 could not be read. The collection copes
    with each answer. Keys and values that are not known: 0."
points:
  description: The points that a read can answer.
  returned: success
  type: list
  elements: dict
  contains:
    point:
      description: Id of the point.
      type: str
      returned: always
    question:
      description: What it asks.
      type: str
      returned: always
    state:
      description: C(answered), C(unseen) if nothing that was read shows it, or C(unread) if a read
        failed.
      type: str
      returned: always
    position:
      description: What the tenant does, in a word, a number or a truth value. Null if it is
        nothing that the collection knows.
      type: raw
      returned: if it is answered
    copes:
      description: Whether the collection copes with it.
      type: bool
      returned: if it is answered
    seen:
      description: How many rows or answers show it.
      type: int
      returned: if it is answered
    more:
      description: Further numbers and words.
      type: dict
      returned: if it is answered
    switch:
      description: Whether the lab has a switch of this name, whose position it is.
      type: bool
      returned: always
    reason:
      description: Why it is not answered, as a sentence.
      type: str
      returned: if it is not answered
unknown:
  description: Keys and values of answers that neither descriptions of the vendors nor recorded
    answers have.
  returned: success
  type: list
  elements: dict
  sample: [{operation: listDevices, where: "[].profile", what: "key 'key 1' (text)"}]
lab:
  description: The positions of the switches, and the limits, with which the lab behaves like this
    tenant.
  returned: success
  type: dict
  sample: {switches: {mixed_case_ids: false}, limits: {devices: 50}}
files:
  description: Paths of the files, whether or not the module had to write them.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/device-trust-answers.json, /srv/reports/device-trust-answers.html]
changes:
  description: One line for each file that the module wrote, or would write in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create /srv/reports/device-trust-answers.json"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from ansible.module_utils.basic import env_fallback

from ..module_utils._core.changes import Change
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._http.urls import split_url
from ..module_utils._okta.auth import select_auth_method
from ..module_utils._report.files import parse_mode, write_report
from ..module_utils._scep.endpoint import ScepEndpoint, check_scep_url
from ..module_utils._verify.document import (
    build_document,
    entries,
    json_pieces,
    unknown_things,
)
from ..module_utils._verify.material import Collector, Material, Surroundings
from ..module_utils._verify.page import html_pieces, summarize
from ..module_utils._verify.points import answer_points
from ..module_utils._verify.reads import OBSERVED, Session, first_failures, make_reads
from ..module_utils._verify.reads import USES as READ_USES

NAME = "device-trust-answers"
USES = READ_USES
OPTIONS: ArgumentSpec = {
    "dest": {"type": "path", "required": True},
    "mode": {"type": "str", "default": "0640"},
    "scep_url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
}


def run(ctx: ModuleContext) -> Result:
    """Read the samples, write the files whose content changed, and return the answers."""
    mode = parse_mode(ctx.params["mode"])
    if ctx.params["scep_url"]:
        check_scep_url(ctx.params["scep_url"])
    collector = Collector(OBSERVED)
    ctx.settings.observe, ctx.settings.all_optional = collector.observe, True
    session = _session(ctx)
    ended = make_reads(session, ctx.progress)
    for error in first_failures(ended):
        raise error
    material = Material(collector.replies, ended.outcomes, _surroundings(ctx, session))
    document = build_document(material, answer_points(material), OBSERVED)
    now = datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)
    changes, files = _write(ctx, document, mode, now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    unknown = [
        {"operation": operation, "where": where, "what": what}
        for operation, where, what in unknown_things(document)
    ]
    return build_result(
        changes,
        summary=summarize(entries(document["points"]), len(unknown)),
        points=document["points"],
        unknown=unknown,
        lab=document["lab"],
        files=files,
    )


def _session(ctx: ModuleContext) -> Session:
    """Return the clients. Raises BadOption before the first request."""

    def open_scep(url: str) -> ScepEndpoint:
        endpoint = ScepEndpoint(url, ctx.settings, ctx.masker)
        ctx.opened(endpoint.transport)
        return endpoint

    return Session(ctx.okta, ctx.kandji, open_scep, ctx.params["scep_url"])


def _surroundings(ctx: ModuleContext, session: Session) -> Surroundings:
    url = ctx.params["scep_url"] or session.leads.scep_url
    return Surroundings(
        okta_host=split_url(ctx.okta.org_url).netloc.lower(),
        kandji_host=split_url(ctx.kandji.api_url).netloc.lower(),
        scep_host=split_url(url).netloc.lower() if url else "",
        signs_in_by=select_auth_method(ctx.params, OKTA, os.environ),
    )


def _write(
    ctx: ModuleContext, document: Mapping[str, object], mode: int, generated_at: str
) -> tuple[list[Change], list[str]]:
    """Write both files unless they have the same answers. Return the changes and the paths."""
    fingerprint, changes, files = str(document["fingerprint"]), [], []
    for suffix, render in (("json", json_pieces), ("html", html_pieces)):
        path = Path(ctx.params["dest"]) / f"{NAME}.{suffix}"
        ctx.progress(f"writing {path.name}")
        pieces = partial(render, document, generated_at)
        changes += write_report(path, pieces, fingerprint, mode, ctx.check_mode)
        files.append(str(path))
    return changes, files


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
