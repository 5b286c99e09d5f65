#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_plan
short_description: Show what the site playbook will do, or all that prevents it
version_added: 0.1.0
description:
  - Takes the results of the tasks by which the site playbook checks and predicts. It sends nothing.
  - Displays the plan ring by ring, and the permissions that only a write can check.
  - If one of the results is a failure, it displays every problem and every console step once, as
    two numbered lists, and fails. The tasks themselves have C(failed_when) false.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._attributes.reads
attributes:
  action:
    description: Runs on the controller, without a connection.
    support: full
options:
  preflight:
    description: The result of M(devicetrust.okta_kandji.device_trust_preflight).
    type: dict
    default: {}
  certificate_authority:
    description: The result of M(devicetrust.okta_kandji.okta_device_integration).
    type: dict
    default: {}
  okta_verify:
    description: The result of M(devicetrust.okta_kandji.kandji_app_store_item).
    type: dict
    default: {}
  stages:
    description: The result of M(devicetrust.okta_kandji.device_trust_info).
    type: dict
    default: {}
  settings:
    description: The result of M(devicetrust.okta_kandji.kandji_custom_profile) for Okta Verify's
      settings.
    type: dict
    default: {}
  scep:
    description: The result of M(devicetrust.okta_kandji.kandji_scep_profile).
    type: dict
    default: {}
  ca_fingerprint:
    description: The fingerprint that this run pins, or V(absent). Without it, a profile that pins
      a certificate which the SCEP endpoint does not return is a problem.
    type: str
  deploys:
    description: Whether this run deploys to the rings. Otherwise it has no plan, and only the
      problems count.
    type: bool
    default: true
  others:
    description: Results of other tasks that may have failed.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
# The tasks before have failed_when: false, and register these results.
- name: Show the plan, or all problems
  devicetrust.okta_kandji.device_trust_plan:
    preflight: "{{ preflight_result }}"
    certificate_authority: "{{ okta_certificate_authority_result }}"
    okta_verify: "{{ okta_verify_result }}"
    stages: "{{ managed_status_result }}"
    settings: "{{ okta_verify_settings_result }}"
    scep: "{{ kandji_scep_result }}"
    ca_fingerprint: "{{ ca_fingerprint }}"
    deploys: "{{ 'scep_profile' in ansible_run_tags }}"
    others:
      - "{{ okta_verify_org_url_check }}"
"""

RETURN = r"""
rings:
  description: The rings in which something changes. C(number) counts from 0. C(scep_profile) and
    C(okta_verify) say what changes; C(ring) is the ring as the preflight returns it.
  returned: success
  type: list
  elements: dict
  sample:
    - number: 0
      scep_profile: true
      okta_verify: true
      ring: {name: canary, blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]}
profiles:
  description: The name of each ring -> its entry of C(profiles) in the result that O(scep) holds.
  returned: success
  type: dict
  sample: {}
gates:
  description: The rings whose gate the run waits for and whose profile stays as it is, like
    RV(rings).
  returned: success
  type: list
  elements: dict
  sample: []
"""
