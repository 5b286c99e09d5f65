# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options with which a module signs in to Kandji (Iru)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kandji_api_url:
    description:
      - URL of the tenant's API, as the page Access > API tokens shows it, like
        V(https://acme.api.kandji.io), V(https://acme.api.eu.kandji.io) or
        V(https://acme.api.iru.com).
      - If not set, the environment variable E(IRUCTL_TENANT) is used, as by Kandji's own iructl.
    type: str
  kandji_api_token:
    description:
      - API token of the tenant, with the permissions that the operations of this module need. It is
        never shown.
      - If not set, the environment variable E(IRUCTL_TOKEN) is used, as by Kandji's own iructl.
    type: str
"""

    # For plugins, in which Ansible itself reads the environment.
    PLUGIN = r"""
options:
  kandji_api_url:
    env:
      - name: IRUCTL_TENANT
  kandji_api_token:
    env:
      - name: IRUCTL_TOKEN
"""
