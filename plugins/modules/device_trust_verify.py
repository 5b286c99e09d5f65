#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_verify
short_description: Verify how an Okta org and a Kandji tenant behave
version_added: 0.1.0
description:
  - The vendors' documents leave questions open. This module reads what a tenant does with each that
    a read can answer, and whether this collection copes with it. Without O(writes) it writes to no
    tenant.
  - It reads samples, with about 60 requests. A read that fails, such as one without its permission,
    leaves its points open and does not end the others. The module fails if a vendor does not answer
    to any.
  - It writes C(device-trust-answers.json) and C(device-trust-answers.html). Both hold words of the
    vendors' descriptions, forms and numbers. A key or a value that is not known is replaced by a
    number, unless it consists of the vendors' words. The files name no person, Mac, serial number,
    host or id, and hold no secret.
  - The lab of the collection's source behaves like the tenant with C(--like) and the JSON file.
  - If only numbers of rows would change, the module leaves the files alone.
  - With O(writes) it creates, renames and deletes one Custom Profile in Kandji, which shows what
    Kandji rewrites. The profile is inactive and on no blueprint, so that no device gets it. Each
    such run reports a change. Its name is C(Trial of devicetrust.okta_kandji, may be deleted),
    then C(Renamed trial of devicetrust.okta_kandji, may be deleted).
  - The next run with O(writes) deletes the profile of a run that was interrupted, if it has such a
    name, holds what this module writes, and is on no blueprint. A profile with such a name that is
    another's, or that is on a blueprint, is refused before anything is written.
  - If somebody edits the profile while the module runs, the module fails, and leaves the profile as
    it is.
  - If a step of this fails, the module deletes the profile and fails. If that fails, too, the
    message names the profile that is left.
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
  writes:
    description:
      - Whether one Custom Profile is created, renamed and deleted in Kandji. It needs O(confirm),
        and the permissions C(Create Custom Profile), C(Update Custom Profile) and
        C(Delete Custom Profile), without which the module fails.
      - Check mode writes nothing. It predicts the files by the answers of an earlier run with
        O(writes), if there is one.
    type: bool
    default: false
  confirm:
    description:
      - Confirms O(writes) by the host of O(kandji_api_url), like C(WRITE acme.api.kandji.io). Check
        mode does not need it.
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

- name: Verify what Kandji rewrites, with a profile that no device gets
  devicetrust.okta_kandji.device_trust_verify:
    dest: /srv/reports
    writes: true
    confirm: WRITE acme.api.kandji.io
"""

RETURN = r"""
summary:
  description: The numbers below in a few sentences.
  returned: success
  type: str
  sample: "25 points are answered, nothing shows 17, and 3 could not be read. The collection copes
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
  description: One line for each step that the module took in Kandji, and for each file that it
    wrote, or would take and write in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create /srv/reports/device-trust-answers.json"]
confirm:
  description: The phrase for O(confirm). Empty without O(writes).
  returned: success, or if it is missing
  type: str
  sample: WRITE acme.api.kandji.io
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from ansible.module_utils.basic import env_fallback

from ..module_utils._core.atomic_files import check_regular
from ..module_utils._core.changes import Change
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.timestamps import format_timestamp
from ..module_utils._http.urls import split_url
from ..module_utils._okta.authentication.auth import select_auth_method
from ..module_utils._report.report_files import check_report, parse_mode, write_report
from ..module_utils._scep.endpoint import ScepEndpoint, parse_scep_url
from ..module_utils._tenant_check.answers import (
    READ,
    SKIPPED,
    TRIAL,
    Collector,
    Material,
    ReadOutcome,
    Surroundings,
)
from ..module_utils._tenant_check.document import (
    READS_FINGERPRINT,
    Document,
    build_document,
    entries,
    fingerprint_of_reads,
    json_pieces,
    predict_fingerprint,
    unknown_things,
)
from ..module_utils._tenant_check.page import html_pieces, summarize
from ..module_utils._tenant_check.points import answer_points
from ..module_utils._tenant_check.reads import OBSERVED, Session, first_failures, make_reads
from ..module_utils._tenant_check.reads import USES as READ_USES
from ..module_utils._tenant_check.trial import (
    check_confirmed,
    describe_changes,
    describe_leftovers,
    write_phrase,
)
from ..module_utils._tenant_check.trial_apply import OBSERVED as TRIAL_OBSERVED
from ..module_utils._tenant_check.trial_apply import USES as TRIAL_USES
from ..module_utils._tenant_check.trial_apply import make_trial, read_leftovers

NAME = "device-trust-answers"
USES = (*READ_USES, *TRIAL_USES)
OPTIONS: ArgumentSpec = {
    "dest": {"type": "path", "required": True},
    "mode": {"type": "str", "default": "0640"},
    "scep_url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
    "writes": {"type": "bool", "default": False},
    "confirm": {"type": "str"},
}
READS_ALONE = ReadOutcome(
    SKIPPED, reason="Only a write shows it. Set device_trust_verify_writes: true."
)
IN_CHECK_MODE = ReadOutcome(SKIPPED, reason="Only a write shows it, and check mode does not write.")


def run(ctx: ModuleContext) -> Result:
    """Read the samples, write the files whose content changed, and return the answers.

    Raises Refused, before any request, if the run is to write and is not confirmed.
    """
    mode = parse_mode(ctx.params["mode"])
    if ctx.params["scep_url"]:
        parse_scep_url(ctx.params["scep_url"])
    writes, host = ctx.params["writes"], split_url(ctx.kandji.api_url).netloc.lower()
    ctx.settings.check_mode = ctx.check_mode or not writes  # by which the clients refuse to write
    if writes and not ctx.check_mode:
        check_confirmed(host, ctx.params["confirm"] or "")
    material = _read(ctx)
    for text in describe_leftovers(material) if not writes else ():
        ctx.warn(text)
    changes, material = _try(ctx, material) if writes else ([], material)
    document = build_document(material, answer_points(material), {**OBSERVED, **TRIAL_OBSERVED})
    if writes:
        document[READS_FINGERPRINT] = fingerprint_of_reads(material, OBSERVED)
    written, files = _write(ctx, document, mode)
    unknown = [
        {"operation": operation, "where": where, "what": what}
        for operation, where, what in unknown_things(document)
    ]
    return build_result(
        [*changes, *written],
        summary=summarize(entries(document["points"]), len(unknown)),
        points=document["points"],
        unknown=unknown,
        lab=document["lab"],
        files=files,
        confirm=write_phrase(host) if writes else "",
    )


def _read(ctx: ModuleContext) -> Material:
    """Return what was read. Raises the first error of a vendor that answered to nothing."""
    collector = Collector(OBSERVED)
    ctx.settings.observe = collector.observe
    session = _session(ctx)
    ended = make_reads(session, ctx.progress)
    for error in first_failures(ended):
        raise error
    outcomes = {**ended.outcomes, TRIAL: READS_ALONE}
    return Material(collector.replies, outcomes, _surroundings(ctx, session))


def _try(ctx: ModuleContext, material: Material) -> tuple[list[Change], Material]:
    """Make the trial. Return its steps, and the material with what it showed.

    Lists that are read for it are no part of the material: other runs do not have its profile.
    """
    for path in _paths(ctx):
        check_report(path)
    collector = Collector(TRIAL_OBSERVED)
    ctx.settings.observe = collector.observe
    leftovers = read_leftovers(ctx.kandji)
    changes = describe_changes(leftovers)
    if ctx.check_mode:
        outcomes = {**material.outcomes, TRIAL: IN_CHECK_MODE}
        return changes, replace(material, outcomes=outcomes)
    trial = make_trial(ctx.kandji, leftovers, ctx.progress)
    replies = {**material.replies, **collector.replies}
    outcomes = {**material.outcomes, TRIAL: ReadOutcome(READ)}
    return changes, replace(material, replies=replies, outcomes=outcomes, trial=trial)


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


def _paths(ctx: ModuleContext) -> tuple[Path, Path]:
    directory = Path(ctx.params["dest"])
    return directory / f"{NAME}.json", directory / f"{NAME}.html"


def _write(ctx: ModuleContext, document: Document, mode: int) -> tuple[list[Change], list[str]]:
    """Write both files unless they have the same answers. Return the changes and the paths."""
    now = datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)
    generated_at = format_timestamp(now)
    paths, changes = _paths(ctx), []
    fingerprint = str(document["fingerprint"])
    if ctx.check_mode and READS_FINGERPRINT in document:
        fingerprint = predict_fingerprint(document, _read_json(paths[0]))
    for path, render in zip(paths, (json_pieces, html_pieces), strict=True):
        ctx.progress(f"writing {path.name}")
        pieces = partial(render, document, generated_at)
        changes += write_report(path, pieces, fingerprint, mode, ctx.check_mode)
    return changes, list(map(str, paths))


def _read_json(path: Path) -> object:
    """Return the JSON of the file of an earlier run, None without any that can be read."""
    try:
        check_regular(path)
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
