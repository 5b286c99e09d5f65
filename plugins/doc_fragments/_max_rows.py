# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that limit how long a result is."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the limit where reading ends there, and where only the list does.

    V(0) lists everything in both.
    """

    DOCUMENTATION = r"""
options:
  max_rows:
    description: How many rows to read and return at most. V(0) returns all of them.
    type: int
    default: 200
"""
    TROUBLE = r"""
options:
  max_rows:
    description: How many devices with a problem the result lists at most for an item. V(0) lists
      all of them. The counts cover all devices.
    type: int
    default: 200
"""
    LISTED = r"""
options:
  max_rows:
    description: How many Macs the result lists at most. V(0) lists all of them. The counts cover
      all Macs.
    type: int
    default: 200
"""
