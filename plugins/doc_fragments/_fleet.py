# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What readers of the whole fleet are told of it: the report and the inventory."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  rings:
    description: The rings, as the site playbook has them. Macs whose blueprint is in none are
      NOT_IN_SCOPE.
    type: list
    elements: dict
    default: []
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
        description: Name or id of its SCEP profile in Kandji. If not set, O(scep_profile_prefix)
          followed by the ring's name.
        type: str
      library_item:
        description: Id or exact name of a SCEP item that was made in Kandji's web app and takes the
          place of the profile.
        type: str
      assignment_nodes:
        description: Not used here; taken so that the site playbook's rings can be given as they
          are.
        type: dict
      test_macs:
        description: Not used here; taken so that the site playbook's rings can be given as they
          are.
        type: list
        elements: str
        default: []
      generation:
        description: Not used here; taken so that the site playbook's rings can be given as they
          are.
        type: str
  scep_profile_prefix:
    description: How the names of SCEP profiles begin that the site playbook made; the ring's name
      follows.
    type: str
    default: "Okta SCEP - "
  okta_verify_item_ids:
    description: Ids of the library items that bring Okta Verify. Without them only Macs that
      reported the app count as having it.
    type: list
    elements: str
    default: []
  certificate_check_item_id:
    description: Id of the Custom Script that says on each Mac when its certificates end. Without it
      the end is reckoned from when each was first seen.
    type: str
"""
