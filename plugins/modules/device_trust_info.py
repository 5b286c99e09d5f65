#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_info
short_description: Where each Mac stands between Kandji and Okta, and why
version_added: 0.1.0
description:
  - Reads both sides at once, joins them by serial, and says of each Mac on which rung of the ladder it stands, why, and what its next step is.
  - Calls grow with the pages of the fleet alone, never with single Macs.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji.okta
  - devicetrust.okta_kandji.kandji
  - devicetrust.okta_kandji.connection
  - devicetrust.okta_kandji.attributes.reads
  - devicetrust.okta_kandji.attributes.both
options:
  rings:
    description: The rings, with the SCEP profile of each.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the ring.
        type: str
        required: true
      blueprints:
        description: Names or ids of its blueprints.
        type: list
        elements: str
        required: true
      scep_profile:
        description: Name or id of its SCEP profile in Kandji. Either this or O(rings[].library_item_id) is needed.
        type: str
      library_item_id:
        description: Id of its SCEP item, where one that was made in Kandji's web app takes the place of the profile.
        type: str
  okta_verify_item_ids:
    description: Ids of the library items that bring Okta Verify. Without them only Macs that reported the app count as having it.
    type: list
    elements: str
    default: []
  redistribution_days:
    description: How many days before the end of a certificate it is to be issued anew.
    type: int
    default: 30
  wait:
    description: How many seconds to wait until no Mac is on a rung that time and its person alone leave behind.
    type: int
    default: 0
  poll_interval:
    description: Seconds between two looks while waiting.
    type: int
    default: 10
  max_rows:
    description: How many Macs that are not managed the result names.
    type: int
    default: 200
"""

EXAMPLES = r"""
- name: Where the Macs stand
  devicetrust.okta_kandji.device_trust_info:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
  register: device_trust
"""

RETURN = r"""
counts:
  description: How many Macs stand on each rung that is taken, from the top down.
  returned: success
  type: dict
  sample: {MANAGED: 20, REGISTERED_BEFORE_CERTIFICATE: 3, NOT_REGISTERED: 1, NO_LICENCE: 1}
by_ring:
  description: The same by ring.
  returned: success
  type: dict
  sample: {canary: {MANAGED: 5}}
macs:
  description: Macs that are not managed, up to O(max_rows).
  returned: success
  type: list
  elements: dict
  sample:
    - serial_number: C02XK1ZAJG5J
      device_name: MacBook of Ann
      person: ann@acme.com
      ring: canary
      rung: NOT_REGISTERED
      reason: Certificate and Okta Verify are there, and nobody has registered it with Okta.
      next_step: Its user opens Okta Verify and adds the account.
      flags: []
profiles:
  description: The SCEP profile of each ring, where there is one, with the date by which its certificates are to be issued anew.
  returned: success
  type: list
  elements: dict
  sample:
    - {ring: canary, library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11, updated_at: "2026-11-23T10:00:00.000Z", renew_by: "2027-10-24"}
table:
  description: The same as lines of text, for people.
  returned: success
  type: list
  elements: str
  sample: ["rung                           Macs", "MANAGED                          20"]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

import time
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _kandji as kandji_api
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _okta as okta_api
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _assignments as assignments
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _ladder as ladder
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import Fleet, Ring, read_fleet
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import same_id
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module import Result, Run, run_module
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._options import KANDJI, OKTA, RING, arguments
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep_profile import renew_by

OPTIONS: t.Dict[str, t.Any] = {
    "rings": {
        "type": "list", "elements": "dict", "required": True,
        "options": {"name": RING["name"], "blueprints": RING["blueprints"], "scep_profile": {"type": "str"}, "library_item_id": {"type": "str"}},
        "required_one_of": [("scep_profile", "library_item_id")], "mutually_exclusive": [("scep_profile", "library_item_id")],
    },
    "okta_verify_item_ids": {"type": "list", "elements": "str", "default": []},
    "redistribution_days": {"type": "int", "default": 30},
    "wait": {"type": "int", "default": 0},
    "poll_interval": {"type": "int", "default": 10},
    "max_rows": {"type": "int", "default": 200},
}
USES = (
    kandji_api.LIST_DEVICES, kandji_api.LIST_BLUEPRINTS, kandji_api.LIST_PROFILES, kandji_api.ITEM_STATUSES, kandji_api.PRISM_CERTIFICATES,
    kandji_api.PRISM_APPS, okta_api.LIST_DEVICES,
)


def run(run_: Run) -> Result:
    params = run_.params
    end = time.monotonic() + params["wait"]
    rings = _rings(run_)
    while True:
        fleet = read_fleet(run_.okta, run_.kandji, rings, params["okta_verify_item_ids"])
        waiting = any(one.rung in ladder.PEOPLE_RUNGS for one in fleet.standings)
        if not waiting or run_.check_mode or time.monotonic() >= end:
            break
        run_.settings.sleep(min(params["poll_interval"], max(0.0, end - time.monotonic())))
    return _result(fleet, rings, params)


def _rings(run_: Run) -> t.List[Ring]:
    params = run_.params
    blueprints = assignments.read_blueprints(run_.kandji, [one for ring in params["rings"] for one in ring["blueprints"]])[0]
    profiles = list(run_.kandji.profiles())
    rings = []
    for ring in params["rings"]:
        ids = {one["id"] for one in assignments.resolve(ring["blueprints"], blueprints)}
        if ring["library_item_id"]:
            rings.append(Ring(ring["name"], ids, {"id": ring["library_item_id"]}))
            continue
        named = [row for row in profiles if same_id(row.get("id"), ring["scep_profile"]) or row.get("name") == ring["scep_profile"]]
        if len(named) > 1:
            raise BadOption(f"scep_profile: Kandji has {len(named)} custom profiles named {ring['scep_profile']!r}; give the id.")
        rings.append(Ring(ring["name"], ids, named[0] if named else None))
    return rings


def _result(fleet: Fleet, rings: t.Sequence[Ring], params: t.Mapping[str, t.Any]) -> Result:
    pairs = list(zip(fleet.macs, fleet.standings, strict=True))
    rows = [_row(mac, standing) for mac, standing in pairs if standing.rung not in ("MANAGED", "NOT_IN_SCOPE")]
    total = ladder.counts(fleet.standings)
    profiles = [_profile(ring, params["redistribution_days"]) for ring in rings if ring.profile]
    renewals = {one["ring"]: one["renew_by"] for one in profiles}
    shown = sorted(rows, key=lambda row: (ladder.RUNGS.index(row["rung"]), row["serial_number"]))[: params["max_rows"]]
    return {
        "changed": False, "counts": total, "macs": shown, "profiles": profiles, "table": ladder.table(shown, total, renewals),
        "by_ring": {ring.name: ladder.counts(standing for mac, standing in pairs if mac.ring == ring.name) for ring in rings},
    }


def _row(mac: ladder.MacFacts, standing: ladder.Standing) -> t.Dict[str, t.Any]:
    return {
        "serial_number": mac.serial, "device_name": mac.name, "person": mac.person, "ring": mac.ring, "rung": standing.rung, "reason": standing.reason,
        "next_step": standing.next_step, "flags": standing.flags,
    }


def _profile(ring: Ring, redistribution_days: int) -> t.Dict[str, t.Any]:
    profile = ring.profile or {}
    return {"ring": ring.name, "library_item_id": profile.get("id"), "updated_at": profile.get("updated_at"),
            "renew_by": renew_by(profile.get("updated_at"), redistribution_days)}


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
