# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options with which a module signs in to Okta."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - PyJWT and cryptography, to sign in by O(okta_private_key)
options:
  okta_org_url:
    description:
      - URL of the Okta org, like V(https://acme.okta.com), or of its custom domain. Not the Admin
        Console's host (V(acme-admin.okta.com)).
      - If not set, the environment variable E(OKTA_CLIENT_ORGURL) is used, as by Okta's own SDK.
    type: str
  okta_api_token:
    description:
      - API token of the org. It is never shown.
      - Set one kind of credentials - this, O(okta_access_token), or O(okta_client_id) with
        O(okta_private_key). An option takes precedence over the environment.
      - If not set, the environment variable E(OKTA_CLIENT_TOKEN) is used, as by Okta's own SDK.
    type: str
  okta_access_token:
    description:
      - OAuth access token from another source. It is never shown, and not renewed when it expires.
      - If not set, the environment variable E(OKTA_ACCESS_TOKEN) is used, as by Okta's Terraform
        provider.
    type: str
  okta_client_id:
    description:
      - Client id of an OAuth service app (API Services). A task requests one access token, with
        only the scopes that it needs.
      - If not set, the environment variable E(OKTA_CLIENT_CLIENTID) is used, as by Okta's own SDK.
    type: str
  okta_private_key:
    description:
      - Private key of the service app, RSA (at least 2048 bits) or EC, as PEM or JWK, or the path
        of a file with it. It is never shown.
      - Needs the Python libraries PyJWT and cryptography.
      - If not set, the environment variable E(OKTA_CLIENT_PRIVATEKEY) is used, as by Okta's own
        SDK.
    type: str
  okta_key_id:
    description:
      - Id of the key among the app's public keys (kid). A JWK may carry it itself.
      - If not set, the environment variable E(OKTA_CLIENT_KID) is used, as by Okta's own SDK.
    type: str
"""

    # For plugins, in which Ansible itself reads the environment.
    PLUGIN = r"""
options:
  okta_org_url:
    env:
      - name: OKTA_CLIENT_ORGURL
  okta_api_token:
    env:
      - name: OKTA_CLIENT_TOKEN
  okta_access_token:
    env:
      - name: OKTA_ACCESS_TOKEN
  okta_client_id:
    env:
      - name: OKTA_CLIENT_CLIENTID
  okta_private_key:
    env:
      - name: OKTA_CLIENT_PRIVATEKEY
  okta_key_id:
    env:
      - name: OKTA_CLIENT_KID
"""
