#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validate_variables
short_description: Check the variables of a playbook of this collection before it sends a request
version_added: 0.1.0
description:
  - Checks every variable whose name begins with C(device_trust_), as the playbooks of this
    collection declare them, and fails with one sentence for each that is wrong - a wrong type, a
    number out of range, an unknown name, a value that refers to an undefined variable, a ring with
    unknown keys, a variable that the playbook needs and that is not set.
  - Returns the values with their types and defaults, however they came. A text such as V(false),
    V(10) or V(A, B) becomes a boolean, a number or a list.
  - A relative path is relative to the directory in which Ansible was started. The value that is
    returned is absolute.
  - Displays a line with the Okta org, the Kandji tenant, and where their credentials come from.
  - Secrets are checked. They are neither returned nor displayed.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._attributes.reads
attributes:
  action:
    description: Runs on the controller, without a connection.
    support: full
options:
  playbook:
    description: Name of the playbook, which says what must be set.
    type: str
    required: true
    choices:
      - clean_up_records
      - configure_awx
      - device_status
      - enforce_managed_devices
      - grant_temporary_access
      - lost_mac
      - migrate_scep_item
      - notify
      - offboard_person
      - on_certificate_authority_change
      - on_scep_challenge_reset
      - renew_certificate_authority
      - renew_certificates
      - report
      - reset_devices
      - rollback_managed_devices
      - rotate_scep_challenge
      - site
      - verify_tenant
"""

EXAMPLES = r"""
- name: Validate the variables
  devicetrust.okta_kandji.validate_variables:
    playbook: site
  register: device_trust
"""

RETURN = r"""
gate_wait:
  description: The value of C(device_trust_gate_wait). So is each variable that is not a secret
    returned under its name without C(device_trust_).
  type: int
  returned: success
  sample: 600
"""
