# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options with which a module signs in to Okta."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  okta_org_url:
    description:
      - URL of the Okta org, like V(https://acme.okta.com), or of its custom domain. Not the Admin Console's host (V(acme-admin.okta.com)).
      - If not set, the environment variable E(OKTA_CLIENT_ORGURL) is used, as by Okta's own SDK.
    type: str
  okta_api_token:
    description:
      - API token of the org. It is never shown.
      - If not set, the environment variable E(OKTA_CLIENT_TOKEN) is used, as by Okta's own SDK.
    type: str
"""
