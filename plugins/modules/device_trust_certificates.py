#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_certificates
short_description: When the certificates of Okta's authority expire on the Macs
version_added: 0.1.0
description:
  - Kandji does not report when a certificate expires, and Okta's System Log keeps 90 days. This
    module knows it from one or both of two sources.
  - With O(certificate_check_item_id), from the output of the certificate check on the Macs. The
    module reads it for the whole fleet, in one request for each 300 Macs.
  - With O(state_dir), from a ledger, a file to which each run adds the C(pki.cert.issue) events
    since the last one. Run it at least every 90 days, best daily. The expiry is estimated as
    O(lifetime_days) after the issue.
  - If both know a Mac, the check on the Mac counts.
  - Okta issues certificates for Device Access, too, and its log shows no issuer. With O(rings), a
    certificate in the ledger counts only if it holds the UUID of the SCEP profile of the Mac's
    ring, if the subject of that profile holds it. Without O(rings), each certificate with the Mac's
    serial counts.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings.optional
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._max_rows.listed
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.both
options:
  certificate_check_item_id:
    description: Id of the Custom Script in Kandji that is the certificate check, as the role
      C(managed_status) creates it. Without it the module does not read the check.
    type: str
  state_dir:
    description:
      - Directory of the ledger on this host, C(certificates.jsonl). The module creates it if it
        does not exist. Without it, the module uses no ledger and sends no request to Okta.
      - Only the file's owner can read it. It is replaced in one step, and only if there is
        something new.
      - If it cannot be written, the module warns and goes on without it.
    type: path
  lifetime_days:
    description: How many days a certificate is valid, for those that only the ledger knows. Okta's
      are valid for one year.
    type: int
    default: 365
seealso:
  - module: devicetrust.okta_kandji.kandji_custom_script
  - module: devicetrust.okta_kandji.device_trust_info
"""

EXAMPLES = r"""
- name: Read expiry dates from the certificate check on the Macs
  devicetrust.okta_kandji.device_trust_certificates:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e

- name: Update the ledger and estimate expiry dates from it
  devicetrust.okta_kandji.device_trust_certificates:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    state_dir: /var/lib/device-trust

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Show the ten that expire first, if certificates are valid for half a year
  devicetrust.okta_kandji.device_trust_certificates:
    state_dir: /var/lib/device-trust
    lifetime_days: 182
    max_rows: 10
"""

RETURN = r"""
certificates:
  description:
    - A dictionary by serial number. C(expires) is when the Mac's last certificate expires, in
      ISO 8601 and UTC. C(source) is V(mac) or V(ledger).
    - It lists the certificates that expire first, up to O(max_rows).
  returned: success
  type: dict
  sample: {C02XK1ZAJG5J: {expires: "2027-11-23T10:00:00Z", source: mac}}
removals:
  description:
    - A dictionary by serial number of the Macs whose check removed superseded certificates at its
      last run, or could not (for example, in the locked keychain of a user). Each has the numbers
      C(removed) and C(not_removed).
    - The check removes certificates only in rings that ask for it.
  returned: success
  type: dict
  sample: {C02XK1ZAJG5J: {removed: 2, not_removed: 0}}
counts:
  description: Number of Macs by the source of their expiry date. C(unknown) counts Macs without a
    known certificate.
  returned: success
  type: dict
  sample: {mac: 118, ledger: 2, unknown: 1}
changes:
  description: One line for each write to the ledger, also in check mode. Empty without
    O(state_dir).
  returned: success
  type: list
  elements: str
  sample: ["update ledger /var/lib/device-trust/certificates.jsonl: certificates, read_to"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Get Library Item Statuses, verb: GET, count: 1}
"""

import os
import typing as t
from datetime import datetime, timezone

from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    KANDJI,
    MAX_ROWS,
    OKTA,
    OPTIONAL_RINGS,
    PROFILES,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result, build_result, row_limit
from ..module_utils._fleet.certificates import ledger as certificate_ledger
from ..module_utils._fleet.certificates.check_report import (
    NO_KEYS,
    CheckReport,
    KeyExpiries,
    expiries_of,
    newest_by_serial,
    read_checks,
    unattested_names,
)
from ..module_utils._fleet.certificates.ledger import Expiries, UnattestedBySerial
from ..module_utils._fleet.facts import MacFacts
from ..module_utils._fleet.join import build_mac_facts, ledger_by_ring
from ..module_utils._fleet.rings import reader as ring_reads
from ..module_utils._fleet.rings.gate import ISSUED
from ..module_utils._fleet.rings.reader import Ring, read_rings, ring_options, subjects_by_ring
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.certificate_proof import Subject, UnattestedNames
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.authorities import certificate_authorities
from ..module_utils._okta.authorities.certificate_authorities import read_key_expiries

OPTIONS: ArgumentSpec = {
    **OPTIONAL_RINGS,
    **PROFILES,
    **MAX_ROWS,
    "certificate_check_item_id": {"type": "str"},
    "state_dir": {"type": "path"},
    "lifetime_days": {"type": "int", "default": 365},
}
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.ITEM_STATUSES,
    okta_api.GET_ORGANIZATION,
    *ring_reads.USES,
    *certificate_authorities.USES,
)

Certificate: t.TypeAlias = "dict[str, str]"  # expires (ISO 8601), and its source: mac or ledger


def run(ctx: ModuleContext) -> Result:
    """Return when the certificates of the fleet's Macs expire."""
    params = ctx.params
    limit = row_limit(params["max_rows"])
    rings, _competitors = read_rings(
        ctx.kandji, ring_options(params), params["scep_profile_prefix"]
    )
    macs = [
        build_mac_facts(device, rings)
        for device in ctx.kandji.devices(platform="Mac")
        if device.is_mac
    ]
    serials = {mac.device_id: mac.serial for mac in macs}
    known: dict[str, Certificate] = {}
    changes: list[Change] = []
    checks: t.Mapping[str, CheckReport] = {}
    keys = NO_KEYS
    if params["certificate_check_item_id"]:
        checks = read_checks(ctx.kandji.item_statuses(params["certificate_check_item_id"]))
        keys = read_key_expiries(ctx.okta) if ctx.has_okta else NO_KEYS
    if params["state_dir"]:
        book, changes = _update_ledger(ctx)
        unattested = {device: unattested_names(check, keys) for device, check in checks.items()}
        known.update(_in_ledger(book, unattested, macs, rings, params["lifetime_days"]))
    known.update(_on_macs(checks, keys, serials, rings))
    rows = sorted(known.items(), key=lambda pair: (pair[1]["expires"], pair[0]))
    return build_result(
        changes,
        certificates=dict(rows[:limit]),
        removals=_removals(checks, serials),
        counts=_counts(known, macs),
    )


def _in_ledger(
    book: certificate_ledger.Ledger,
    unattested: t.Mapping[str, UnattestedNames],
    macs: t.Iterable[MacFacts],
    rings: t.Sequence[Ring],
    lifetime_days: int,
) -> dict[str, Certificate]:
    """Return serial -> certificate of the Mac that the ledger names last."""

    def read(
        serials: t.Iterable[str], subject: Subject, others: UnattestedBySerial
    ) -> t.Mapping[str, str]:
        return certificate_ledger.expiry_by_serial(book, serials, lifetime_days, subject, others)

    by_serial = ledger_by_ring(Expiries({}, read, unattested), macs, rings)
    return {
        serial: {"expires": expires, "source": "ledger"} for serial, expires in by_serial.items()
    }


def _removals(
    checks: t.Mapping[str, CheckReport], serials: t.Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """Return serial -> what the Mac's check removed, or could not remove, at its last run."""
    return {
        serials[device_id]: {"removed": check.removed or 0, "not_removed": check.not_removed or 0}
        for device_id, check in sorted(checks.items())
        if serials.get(device_id) and (check.removed or check.not_removed)
    }


def _on_macs(
    checks: t.Mapping[str, CheckReport],
    keys: KeyExpiries,
    serials: t.Mapping[str, str],
    rings: t.Sequence[Ring],
) -> dict[str, Certificate]:
    """Return serial -> certificate that the check on the Mac reports.

    :arg serials: device id -> serial.
    """
    by_device = expiries_of(checks, keys, subjects_by_ring(rings)[None])
    by_serial = newest_by_serial(by_device, serials)
    return {
        serial: {"expires": checked.expires, "source": "mac"}
        for serial, checked in by_serial.items()
    }


def _counts(known: t.Mapping[str, Certificate], macs: t.Sequence[MacFacts]) -> dict[str, int]:
    """Return how many Macs each source knows. Devices of one serial are one Mac."""
    keys = {mac.serial or mac.device_id for mac in macs}
    sources = [certificate["source"] for certificate in known.values()]
    return {
        "mac": sources.count("mac"),
        "ledger": sources.count("ledger"),
        "unknown": len(keys - known.keys()),
    }


def _update_ledger(ctx: ModuleContext) -> tuple[certificate_ledger.Ledger, list[Change]]:
    """Return the ledger with the log's events since the last run, and the change to its file.

    The file is written only if there are any. If it cannot be written, the run goes on with a
    warning, and the next run reads these events again.
    """
    okta, state_dir = ctx.okta, ctx.params["state_dir"]
    old = certificate_ledger.load(state_dir, okta.org_url)
    okta.organization()  # for Okta's clock, by which the log is kept; it needs no permission
    now = datetime.fromtimestamp(okta.transport.now(), timezone.utc)
    events = okta.log_events(ISSUED, since=certificate_ledger.since(old, now))
    new = certificate_ledger.merge(old, events, ctx.params["lifetime_days"], now)
    if new is old:
        return old, []
    try:
        certificate_ledger.save(state_dir, new, ctx.check_mode)
    except BadOption as error:
        ctx.warn(f"{error.message} The run goes on, and keeps no ledger.")
        return new, []
    before, after = (
        {"certificates": len(state.issued), "read_to": state.read_to} for state in (old, new)
    )
    action = "update" if old.issued else "create"
    return new, [
        Change(
            action,
            f"ledger {os.path.join(state_dir, certificate_ledger.FILE)}",
            before if old.issued else {},
            after,
        )
    ]


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, KANDJI, OPTIONS),
        required_one_of=[("certificate_check_item_id", "state_dir")],
    )


if __name__ == "__main__":
    main()
