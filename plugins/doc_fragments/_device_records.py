# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits, the approval and the audit of modules that write to device records."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  weak_authenticators:
    description: Keys of authenticators that are too weak to register again with.
    type: list
    elements: str
    default: [okta_password, okta_email, security_question]
  max_devices:
    description: How many records one run may write to.
    type: int
    default: 10
  max_percent:
    description: How many records for each 100 Macs in Kandji one run may write to. One is always
      allowed. With V(100), only O(max_devices) and O(confirm) limit a run.
    type: int
    default: 20
  confirm_above:
    description: How many records one run may write to without O(confirm).
    type: int
    default: 10
  plan_digest:
    description:
      - Do what was approved, or nothing. It is RV(plan_digest) of the approved run in check mode.
        If this run would write to other records, it fails and writes nothing. Fewer records are
        other records, and so are those whose status, users or management status differ. A record
        that changes so during the run is skipped.
      - A plan that was approved this way needs no O(confirm).
    type: str
  reason:
    description: Why the run writes, for the audit.
    type: str
  requested_by:
    description: Who asked for it, for the audit. If not set, the user that runs the module.
    type: str
  state_dir:
    description:
      - Directory of the audit, the file C(device_audit.jsonl) with a line of JSON for each step,
        readable to its owner only.
      - If not set, no audit is kept, and a warning says so.
    type: path
"""
