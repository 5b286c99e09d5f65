#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_gate
short_description: See whether the test Macs of a ring have the SCEP profile and their certificates
version_added: 0.1.0
description:
  - Looks whether the SCEP profile is installed on the test Macs, and whether their certificates
    were issued. Proof of issuance is any of C(pki.cert.issue) in
    Okta's System Log, a certificate with the serial in Kandji's inventory beside the installed
    profile, or a device record that is managed.
  - A test Mac that is not there yet is asked for its daily check-in, once, and then waited for. A
    gate that is not met is no failure; RV(met) says it.
  - With O(state=absent) it is the other way round, for the change from one SCEP item to another -
    the gate is met when no test Mac holds the profile any more.
  - In check mode nothing is asked of a Mac and nothing is waited for.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
options:
  library_item_id:
    description:
      - Id of the SCEP profile in Kandji, or of a SCEP item that was made in its web app. Without
        one, as in check mode before the profile was ever created, the
        gate is not met.
      - Where Kandji tells no status of an item of its web app, an installed profile with a SCEP
        payload stands for it, and the certificate's proof is Okta's.
    type: str
  payload_uuid:
    description: The profile's present identity
      (RV(devicetrust.okta_kandji.kandji_scep_profile#module:profiles[].payload_uuid)). What Macs
      had under another
      one proves nothing.
    type: str
  updated_at:
    description: When the profile was last written
      (RV(devicetrust.okta_kandji.kandji_scep_profile#module:profiles[].updated_at)). Certificates
      issued before it
      prove nothing.
    type: str
  state:
    description:
      - V(present) looks for the profile and the certificate.
      - V(absent) is met when neither the item's statuses nor the inventories of the test Macs name
        the profile. Without O(payload_uuid) the item is taken for
        one of the web app, and where no status and no identifier names it, each SCEP profile of the
        web app counts that names no other
        item. Without O(library_item_id) the gate is met.
    type: str
    choices: [present, absent]
    default: present
  test_macs:
    description: Serials of the test Macs. One that Kandji does not know is left out with a warning,
      as long as there is another.
    type: list
    elements: str
    required: true
  wait:
    description: How many seconds to wait for the gate.
    type: int
    default: 0
  poll_interval:
    description: Seconds between two looks while waiting.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: The canary's certificates have arrived
  devicetrust.okta_kandji.device_trust_gate:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    test_macs:
      - C02XK1ZAJG5J
    wait: 600

# URLs and tokens of these come from the environment, or from module_defaults.
- name: After a change of the profile, by what its module returned
  devicetrust.okta_kandji.device_trust_gate:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    payload_uuid: 0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0
    updated_at: "2026-11-24T08:00:00Z"
    test_macs:
      - C02XK1ZAJG5J

- name: The item of the web app is gone from the test Macs
  devicetrust.okta_kandji.device_trust_gate:
    library_item_id: 3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e
    state: absent
    test_macs:
      - C02XK1ZAJG5J
    wait: 900
    poll_interval: 30
"""

RETURN = r"""
met:
  description: Whether every test Mac that Kandji knows has profile and certificate, or with
    O(state=absent) has the profile no more.
  returned: success
  type: bool
  sample: true
test_macs:
  description: What was seen of each test Mac.
  returned: success
  type: list
  elements: dict
  sample:
    - {serial_number: C02XK1ZAJG5J, met: true, proof: pki.cert.issue in the System Log, reason:
      null}
    - {serial_number: FVFXC2ABQ05D, met: false, proof: null, reason: The SCEP profile is not
      installed yet.}
asked_to_check_in:
  description: Serials that were asked for a check-in.
  returned: success
  type: list
  elements: str
  sample: [FVFXC2ABQ05D]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Installed profiles, verb: GET, count: 1}
"""

import time
import typing as t
from datetime import datetime, timedelta, timezone

from ..module_utils._core.module import Result, Run, run_module
from ..module_utils._core.options import KANDJI, OKTA, arguments
from ..module_utils._core.timestamps import format_milliseconds, require_timestamp
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.profile_holders import ProfileItem, holders, installed_on
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.client import quote_filter
from ..module_utils._okta.records import LogEvent
from ..module_utils._status import gate

OPTIONS = {
    "library_item_id": {"type": "str"},
    "payload_uuid": {"type": "str"},
    "updated_at": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "test_macs": {"type": "list", "elements": "str", "required": True},
    "wait": {"type": "int", "default": 0},
    "poll_interval": {"type": "int", "default": 10},
}
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.DAILY_CHECK_IN,
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_DEVICES,
    okta_api.LIST_DEVICE_USERS,
)


def run(run_: Run) -> Result:
    macs, look = _test_macs(run_), _look_for_none if run_.params["state"] == "absent" else _look
    asked: list[str] = []
    end = time.monotonic() + run_.params["wait"]
    while True:
        views = look(run_, macs)
        unmet = [one for one in views if not one.met]
        if not unmet or run_.check_mode or not run_.params["library_item_id"]:
            break
        if not asked:
            asked = [one.serial for one in unmet if run_.kandji.daily_check_in(macs[one.serial])]
        if time.monotonic() >= end:
            break
        run_.settings.sleep(min(run_.params["poll_interval"], max(0.0, end - time.monotonic())))
    return {
        "changed": False,
        "met": bool(views) and not unmet,
        "test_macs": [gate.described(one) for one in views],
        "asked_to_check_in": asked,
    }


def _test_macs(run_: Run) -> dict[str, str]:
    """Serial -> device id of the test Macs that Kandji knows."""
    found = {}
    for serial in dict.fromkeys(run_.params["test_macs"]):
        rows = list(run_.kandji.devices_with_serials([serial]))
        if rows:
            found[serial] = rows[0].device_id
        else:
            run_.warn(f"The test Mac {serial} is not in Kandji (any more); name another one.")
    return found


def _look(run_: Run, macs: t.Mapping[str, str]) -> list[gate.View]:
    item_id = run_.params["library_item_id"]
    if not item_id or not macs:
        return [gate.View(serial, "The SCEP profile is not there yet.") for serial in macs]
    serials = {"serial_number": {"in": list(macs)}}
    profiles = installed_on(run_.kandji, ProfileItem(item_id), list(macs))
    certificates = list(
        run_.kandji.prism_certificates({"identity_certificate": {"eq": True}, **serials})
    )
    expected = gate.Expected(run_.params["payload_uuid"], run_.params["updated_at"])
    statuses = {
        serial: list(run_.kandji.item_statuses(item_id, device_id))
        for serial, device_id in macs.items()
    }
    if expected == gate.ANYTHING and not profiles and not any(statuses.values()):
        reported = list(run_.kandji.prism_profiles(serials))
        statuses = {
            serial: gate.by_payload(device_id, reported) for serial, device_id in macs.items()
        }
    return [
        gate.judge(
            serial,
            device_id,
            statuses[serial],
            profiles,
            certificates,
            _further(run_, serial),
            expected,
        )
        for serial, device_id in macs.items()
    ]


def _look_for_none(run_: Run, macs: t.Mapping[str, str]) -> list[gate.View]:
    item_id = run_.params["library_item_id"]
    held: set[str] = set()
    for serial, device_id in macs.items() if item_id else ():
        statuses = list(run_.kandji.item_statuses(item_id, device_id))
        installed = list(run_.kandji.prism_profiles({"serial_number": {"in": [serial]}}))
        by_console = not statuses and run_.params["payload_uuid"] is None
        others = (
            {item.item_id for item in run_.kandji.device_items(device_id)} if by_console else set()
        )
        held |= holders(ProfileItem(item_id), statuses, installed, others, by_console)
    return [gate.judge_absent(serial, device_id, held) for serial, device_id in macs.items()]


def _further(run_: Run, serial: str) -> gate.Further:
    """Okta's side of the proof for one Mac."""

    def issued() -> t.Iterator[LogEvent]:
        # Kandji has answered already, and this may be the first that Okta is asked: this machine's
        # own clock may be wrong.
        now = datetime.fromtimestamp(run_.kandji.transport.now(), timezone.utc)
        written = run_.params["updated_at"]
        oldest = (
            max(now - timedelta(days=89), require_timestamp(written))
            if written
            else now - timedelta(days=89)
        )
        since, until = (
            format_milliseconds(timestamp) for timestamp in (oldest, now + timedelta(minutes=5))
        )
        return run_.okta.log_events(gate.ISSUED, since, until, word=serial)

    def managed() -> bool:
        records = run_.okta.devices(f"profile.serialNumber eq {quote_filter(serial)}")
        return any(
            user.is_managed for record in records for user in run_.okta.device_users(record.id)
        )

    return gate.Further(issued, managed)


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
