#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device_reset
short_description: Deactivate and delete Okta device records, so that Macs can be registered anew
version_added: 0.1.0
description:
  - Finds the device records of the given serials or ids, reads each again by its id with its users, and deactivates and deletes those that nothing holds back.
  - A record that was deleted cannot be brought back. Its users must remove the account in Okta Verify and register anew, and a certificate that was bound to
    it is revoked with it.
  - A device that works (a user of it is managed) is held back, and so is a registration that is newer than O(created_before), so that a second run never
    deletes the new registration.
  - A record that is not there is fine, and so is every step that was taken before.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji.okta
  - devicetrust.okta_kandji.connection
  - devicetrust.okta_kandji.attributes.writes
  - devicetrust.okta_kandji.attributes.okta
options:
  serials:
    description: Serial numbers of the Macs. Compared exactly. An empty list is fine; then there is nothing to do.
    type: list
    elements: str
  device_ids:
    description: Ids of Okta device records.
    type: list
    elements: str
  created_before:
    description:
      - Only records created before this time (ISO 8601) are reset.
      - When not set, the start of the run by Okta's clock.
    type: str
  force:
    description: Reset a record also when a user is managed on it.
    type: bool
    default: false
  max_devices:
    description: How many records one run may delete.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Register two Macs anew
  devicetrust.okta_kandji.okta_device_reset:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
"""

RETURN = r"""
devices:
  description: Each record that was asked for. What was there, what was done, and why not.
  returned: success
  type: list
  elements: dict
  contains:
    asked:
      description: The serial or device id as it was given.
      type: str
      returned: always
    device_id:
      description: Id of the record.
      type: str
      returned: always
    serial_number:
      description: Serial in the record.
      type: str
      returned: always
    display_name:
      description: Name in the record.
      type: str
      returned: always
    platform:
      description: Platform in the record.
      type: str
      returned: always
    status_before:
      description: Status before the run.
      type: str
      returned: always
    created:
      description: When the record was made.
      type: str
      returned: always
    users:
      description: Its users, by login, with their management status.
      type: list
      elements: dict
      returned: always
    state:
      description: One of C(reset), C(would_reset) (check mode), C(held_back), C(absent).
      type: str
      returned: always
    reason:
      description: Why, in one sentence.
      type: str
      returned: always
  sample:
    - asked: C02XK1ZAJG5J
      device_id: guo4a5u7YAHhjXrMK0g4
      serial_number: C02XK1ZAJG5J
      display_name: MacBook of Ann
      platform: MACOS
      status_before: ACTIVE
      created: "2026-10-01T08:00:00.000Z"
      users: [{login: ann@acme.com, management_status: NOT_MANAGED}]
      state: reset
      reason: Its record is deactivated and deleted; its users register anew.
counts:
  description: How many were reset (or would be), held back, absent.
  returned: success
  type: dict
  sample: {reset: 1, held_back: 0, absent: 0}
changes:
  description: The plan in words, a line for each step that was taken, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["delete device record guo4a5u7YAHhjXrMK0g4 (C02XK1ZAJG5J)"]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: deleteDevice, verb: DELETE, count: 1}
"""

import typing as t
from datetime import datetime, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _okta as okta_api
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _reset as reset
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._integration import parse_time
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module import Result, Run, outcome, run_module
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import quote_filter
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._options import OKTA, arguments

OPTIONS = {
    "serials": {"type": "list", "elements": "str"},
    "device_ids": {"type": "list", "elements": "str"},
    "created_before": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "max_devices": {"type": "int", "default": 10},
}
USES = (
    okta_api.LIST_DEVICES, okta_api.GET_DEVICE, okta_api.LIST_DEVICE_USERS, okta_api.DEACTIVATE_DEVICE, okta_api.DELETE_DEVICE,
)


def run(run_: Run) -> Result:
    params = run_.params
    asked = _search(run_, list(dict.fromkeys(params["serials"] or [])))
    asked += [(device_id, device_id) for device_id in dict.fromkeys(params["device_ids"] or []) if device_id not in [one for _unused, one in asked]]
    found = [_read(run_, name, device_id) for name, device_id in asked]
    started = datetime.fromtimestamp(run_.okta.transport.started(), timezone.utc)
    created_before = parse_time(params["created_before"]) if params["created_before"] else started
    decisions = [reset.decide(one, created_before, params["force"]) for one in found]
    reset.check_count(decisions, params["max_devices"])
    rows, changes = [], []
    for decision in decisions:
        state = _carry_out(run_, decision)
        rows.append(reset.described(decision, state))
        if state in ("reset", "would_reset"):
            changes.append(_change(decision))
    counts = {"reset": len(changes), "held_back": sum(row["state"] == "held_back" for row in rows), "absent": sum(row["state"] == "absent" for row in rows)}
    return outcome(changes, devices=rows, counts=counts)


def _search(run_: Run, serials: t.List[str]) -> t.List[t.Tuple[str, t.Optional[str]]]:
    """Serial -> ids of its records, a pair each; (serial, None) where there is none. Search finds, and is never written from."""
    found: t.Dict[str, t.List[str]] = {serial: [] for serial in serials}
    lower = {serial.lower(): serial for serial in serials}
    for batch in reset.batches(serials):
        terms = " or ".join(f"profile.serialNumber eq {quote_filter(serial)}" for serial in batch)
        for row in run_.okta.devices(terms):
            serial = lower.get(str((row.get("profile") or {}).get("serialNumber") or "").lower())
            if serial:
                found[serial].append(str(row["id"]))
    return [(serial, device_id) for serial, ids in found.items() for device_id in (ids or [None])]


def _read(run_: Run, name: str, device_id: t.Optional[str]) -> reset.Found:
    record = run_.okta.device(device_id) if device_id else None
    return reset.Found(name, record, run_.okta.device_users(str(record["id"])) if record else [])


def _carry_out(run_: Run, decision: reset.Decision) -> str:
    if decision.action == "none":
        return "absent"
    if decision.action == "hold":
        return "held_back"
    if run_.check_mode:
        return "would_reset"
    record = decision.found.record or {}
    if record.get("status") != "DEACTIVATED":
        run_.okta.deactivate_device(str(record["id"]))
    run_.okta.delete_device(str(record["id"]))
    return "reset"


def _change(decision: reset.Decision) -> Change:
    record = decision.found.record or {}
    return Change("delete", f"device record {record.get('id')} ({decision.found.asked})", {"status": record.get("status")}, {"status": None})


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, OPTIONS), required_one_of=[("serials", "device_ids")])


if __name__ == "__main__":
    main()
