#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_info
short_description: Read the stage of each Mac between Kandji and Okta, and why
version_added: 0.1.0
description:
  - Reads both sides at once, joins them by serial, and returns the stage of each Mac, the
    reason, and its next step.
  - Calls grow with the pages of the fleet, never with single Macs. K is the number of Macs, C of
    certificates of the rings' profiles, O of device records and E of events.
  - If nobody registered a Mac that is ready for it, three more calls read Okta Verify, its methods
    and the enrollment policies. If one of these policies disables Okta Verify, each 1000 members of
    the groups up to that policy take one more.
  - There are K/300 calls for each of devices, statuses of the SCEP profiles and statuses of Okta
    Verify. Certificates take C/300 calls, device records O/200 and events E/1000, each rounded up.
    Three more calls read blueprints, profiles and competing configurations.
  - If the list of Macs changed during the read, up to 20 Macs that it missed are read by id.
  - Okta's search may lag behind. If only a read by id would settle the stage of a row, the row is
    marked as unconfirmed. Modules that write read by id first.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._polling
  - devicetrust.okta_kandji._max_rows.listed
  - devicetrust.okta_kandji._state_dir
  - devicetrust.okta_kandji._fleet
  - devicetrust.okta_kandji._fleet.renewal
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
options:
  wait:
    description: How many seconds to wait until no Mac is at a stage that only time and its user
      change.
    type: int
    default: 0
  serials:
    description: Serial numbers of the only Macs that RV(macs) names, including managed ones. The
      counts cover all Macs.
    type: list
    elements: str
    default: []
  stale_days:
    description: After how many days without a change a device record in Okta counts as stale.
    type: int
    default: 90
  log_days:
    description: How many days of Okta's System Log to read, to detect where its search lags behind
      and when certificates were issued. C(0) does not read the log.
    type: int
    default: 30
  log_events:
    description: How many events of the System Log to read at most, the newest first. A call returns
      1000. If it is not known whether renewed certificates were used, events of certificates are
      read in addition, up to 90 days back.
    type: int
    default: 12000
"""

EXAMPLES = r"""
- name: Read the stage of each Mac of a ring
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

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Show the stage of the Macs with all details, half an hour after a change
  devicetrust.okta_kandji.device_trust_info:
    rings:
      - name: canary
        blueprints: [Canary]
        library_item: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    okta_verify_item_ids:
      - 7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    state_dir: /var/lib/device-trust
    wait: 1800
    poll_interval: 60
    max_rows: 500
    stale_days: 60
    log_days: 7
    log_events: 5000
    redistribution_days: 45

- name: Read the stage of two Macs, even if they are managed
  devicetrust.okta_kandji.device_trust_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    serials: [C02XK1ZAJG5J, FVFXC2ABQ05D]
"""

RETURN = r"""
counts:
  description: Number of Macs by stage, from MANAGED down. Stages without Macs are left out.
  returned: success
  type: dict
  sample: {MANAGED: 20, REGISTERED_BEFORE_CERTIFICATE: 3, NOT_REGISTERED: 1, NO_LICENSE: 1}
by_ring:
  description: Number of Macs by ring and stage.
  returned: success
  type: dict
  sample: {canary: {MANAGED: 5}}
macs:
  description: The Macs that are not managed, or those that O(serials) names, up to O(max_rows).
  returned: success
  type: list
  elements: dict
  sample:
    - serial_number: C02XK1ZAJG5J
      device_name: MacBook of Ann
      person: ann@acme.com
      ring: canary
      stage: NOT_REGISTERED
      reason: Certificate and Okta Verify are there, and nobody has registered it with Okta.
      next_step: Its user opens Okta Verify and adds the account.
      flags: []
      unconfirmed: false
      unconfirmed_reason: ""
flags:
  description: Number of Macs by flag. Flags that no Mac has are left out.
  returned: success
  type: dict
  sample: {DUPLICATE_RECORD: 2, SHARED_DEVICE: 1}
unconfirmed:
  description: Number of Macs of which a vendor does not show enough, or whose stage only a read by
    id would settle.
  returned: success
  type: int
  sample: 3
profiles:
  description: The SCEP profile of each ring that has one. C(renew_by) is the date by which you
    have to renew its certificates. C(pinned_fingerprint) is of the CA certificate that it pins,
    in hexadecimal digits, or null.
  returned: success
  type: list
  elements: dict
  sample:
    - {ring: canary, library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11, updated_at:
      "2026-11-23T10:00:00.000Z", renew_by: "2027-10-24", pinned_fingerprint: null}
authority:
  description: State of the renewal of Okta's certificate authority, for the platforms of the
    rings' SCEP URLs. C(unavailable) says why that was not read, or may be incomplete. Each of
    C(renewals) is as RV(devicetrust.okta_kandji.okta_device_integration#module:renewal).
  returned: success
  type: dict
  sample: {unavailable: null, alarm: false, renewals: []}
registration:
  description:
    - What keeps people from registering a Mac. C(problem) keeps everybody from it.
      C(disabling_policies) are the enrollment policies that disable Okta Verify, or do not list it
      among their authenticators. C(unreadable_policies) are those of which Okta does not show it,
      like those with factors in place of authenticators.
      C(security_level) is the one at which Okta Verify enrolls. C(unavailable) says why this was
      not read.
    - Null if no Mac is at the stage NOT_REGISTERED.
  returned: success
  type: dict
  sample: {unavailable: null, problem: null, security_level: ANY, disabling_policies: [Contractors],
    unreadable_policies: []}
table:
  description: Lines of text for people. They list Macs by stage, Macs by next step, and renewals
    by ring.
  returned: success
  type: list
  elements: str
  sample: ["stage                           Macs", "MANAGED                          20"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

from ..module_utils._core.module import run_module
from ..module_utils._module_bodies.device_trust_info import SPEC, USES, run


def main() -> None:
    """Run the module."""
    run_module(run, USES, **SPEC)


if __name__ == "__main__":
    main()
