# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that assign a library item to blueprints."""

from __future__ import annotations

BLUEPRINTS = r"""
options:
  blueprints:
    description: Names or ids of the blueprints that the library item is assigned to.
    type: list
    elements: str
    {presence}
  assignment_nodes:
    description:
      - For blueprints that are assignment maps, the node that the library item is assigned to. The
        key is the blueprint's name or id, as in O(blueprints). The value is the vendor's
        C(assignment_node_id). To copy the ids of its nodes, open the map in Kandji's web app and
        hold the Option key.
      - If you name no node, a map without conditions takes the library item at its root. A map with
        conditions needs a node.
      - With O(blueprints_mode=exact), also the node that the library item is removed from.
      - No API reports the node of a library item. An item that is already on the blueprint stays in
        its node, also if you name another one or one that does not exist. The module warns of it
        in a run that assigns the item or another one to a blueprint. A run that assigns nothing is
        silent. To change the node, move the item in Kandji's web app.
    type: dict
  max_removed:
    description: How many Macs may lose the library item. A Mac that loses a profile also loses
      what the profile brought, such as a certificate.
    type: int
    default: 0
"""


class ModuleDocFragment:
    """Documentation of an assignment, and of the assignment of an app or a script."""

    # Annotated, since ansible-test reads plain assignments as literal text.
    DOCUMENTATION: str = BLUEPRINTS.format(presence="required: false")
    REQUIRED: str = BLUEPRINTS.format(presence="required: true")
    MODE = r"""
options:
  blueprints_mode:
    description:
      - V(add) assigns the library item to O(blueprints) and leaves other assignments alone.
      - V(exact) also removes it from all other blueprints.
    type: str
    choices: [add, exact]
    default: add
"""
