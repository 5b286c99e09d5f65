# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that can wait for Macs."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of how often a module checks while it waits."""

    DOCUMENTATION = r"""
options:
  poll_interval:
    description:
      - Seconds between two checks while waiting.
      - The module waits longer if the checks would use more than half of what is left of the run's
        share of Kandji's hourly limit, and after an error.
    type: int
    default: 10
"""
