# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules and plugins that read the whole fleet."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  okta_verify_item_ids:
    description: Ids of the library items that bring Okta Verify. Without them only Macs that
      reported the app count as having it.
    type: list
    elements: str
    default: []
  certificate_check_item_id:
    description: Id of the Custom Script that says on each Mac when its certificates end. Without it
      the expiry is estimated from when each was first seen.
    type: str
"""
