# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the modules for Custom Profiles share."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of what a Custom Profile has, whatever its content."""

    DOCUMENTATION = r"""
options:
  library_item_id:
    description:
      - Id of an existing Custom Profile to manage, instead of the one named O(name).
      - A profile is not deleted or removed from a blueprint if it has another name than O(name).
    type: str
  blueprints_mode:
    description:
      - V(add) assigns the profile to O(blueprints) and leaves other assignments alone.
      - V(exact) also removes it from all other blueprints.
      - V(remove) removes it from O(blueprints). The profile itself is not written, so the options
        of its content are not needed.
    type: str
    choices: [add, exact, remove]
    default: add
  runs_on:
    description: Platforms that get the profile.
    type: list
    elements: str
    choices: [mac, iphone, ipad, tv, vision]
    default: [mac]
  test_enrollment:
    description:
      - Check the URL and challenge of each SCEP payload with one test enrollment before a write
        that makes Macs enroll. The module discards its key and certificate.
      - A CA fingerprint that the profile pins has to be that of a certificate of the endpoint, also
        if only the existing profile holds it. Check mode compares it, too.
      - Set it to V(false) for an authority that this host cannot reach.
    type: bool
    default: true
  max_reissue:
    description: How many Macs that hold the profile may get a new certificate because it changes.
      This applies to a profile with a SCEP or ACME payload before or after the change.
    type: int
    default: 0
  max_new:
    description: How many Macs may get the profile for the first time. If not set, no limit
      applies.
    type: int
"""
