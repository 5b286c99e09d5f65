# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rings, as the site playbook and every module that needs them take them."""

from __future__ import annotations

RINGS = r"""
options:
  rings:
    description: The rollout rings, first the canary. A blueprint is in one ring only. Macs whose
      blueprint is in no ring are NOT_IN_SCOPE.
    type: list
    elements: dict
    {presence}
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
        description: Name or id of its SCEP profile, if it was not created by the site playbook.
          Without it the name is the prefix of SCEP profiles followed by the ring's name.
        type: str
      library_item:
        description: Id or exact name of a SCEP item that was created in Kandji's web app and
          replaces the ring's SCEP profile. Mutually exclusive with O(rings[].scep_profile).
        type: str
      assignment_nodes:
        description: For its blueprints that are assignment maps, by name or id, the node that its
          items go to. Modules that only read Macs ignore it.
        type: dict
      test_macs:
        description: Serial numbers of the Macs that a gate checks before the next ring. The site
          playbook requires at least one in the first ring. Modules that only read Macs ignore it.
        type: list
        elements: str
        default: []
      generation:
        description: Generation of its SCEP profile. Modules that only read Macs ignore it.
          M(devicetrust.okta_kandji.device_trust_renewal_info) refuses it without a new challenge,
          because it decides the generation.
        type: str
"""


class ModuleDocFragment:
    """Documentation of O(rings) where it is required, where not, and of its profiles' names."""

    # Annotated, since ansible-test reads plain assignments as literal text.
    DOCUMENTATION: str = RINGS.format(presence="required: true")
    OPTIONAL: str = RINGS.format(presence="default: []")
    PROFILES = r"""
options:
  scep_profile_prefix:
    description: How the names of the rings' SCEP profiles begin, as in the site playbook. The
      ring's name follows.
    type: str
    default: "Okta SCEP - "
"""
