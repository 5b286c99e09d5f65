# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for how a module behaves towards the vendors, and what all modules need."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests
options:
  ca_path:
    description:
      - File with the CA certificates to verify the vendors' TLS certificates, if your proxy
        replaces those with its own.
      - If not set, the environment variable E(DEVICE_TRUST_CA_PATH) is used, and without it the
        system's own list.
    type: path
  api_timeout:
    description:
      - Seconds to wait for a connection, for the start of each answer, and between its parts.
      - An answer has to be complete after 300 seconds, or after ten times this option if that is
        longer. It is not requested again then. One of more than 256 MiB is an error.
    type: float
    default: 30.0
  api_retries:
    description: How often a request that is safe to repeat is repeated after an error of the
      network or the server.
    type: int
    default: 5
  capacity_percent:
    description:
      - Share of each of the vendors' rate limits that the run may use, from V(1) to V(100). The run
        waits before it exceeds this share.
    type: int
    default: 50
"""

    # For plugins, in which Ansible itself reads the environment.
    PLUGIN = r"""
options:
  ca_path:
    env:
      - name: DEVICE_TRUST_CA_PATH
"""
