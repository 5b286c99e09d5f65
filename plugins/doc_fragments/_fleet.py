# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules and plugins that read the whole fleet."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of what tells a reader how Macs get Okta Verify and their certificates."""

    DOCUMENTATION = r"""
options:
  okta_verify_item_ids:
    description:
      - Ids of the library items that install Okta Verify. Their statuses show which Macs have it.
      - Without them, Macs that reported the app count as having it. This takes a page of Kandji's
        inventory of apps for every 300 of them.
    type: list
    elements: str
    default: []
  certificate_check_item_id:
    description: Id of the Custom Script that is the certificate check (see
      M(devicetrust.okta_kandji.device_trust_certificates)). Without it, and without a ledger, the
      expiry is estimated from when Kandji first saw each certificate.
    type: str
  other_blueprints:
    description: Names or ids of blueprints whose Macs belong to another Okta org, if several share
      the Kandji tenant. They are on the stage OTHER_TENANT. A blueprint of a ring is none of them.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  other_serials:
    description: Serial numbers of Macs of another Kandji tenant, if several share the Okta org.
      Their device records are on the stage OTHER_TENANT instead of KANDJI_MISSING.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
"""
    RENEWAL = r"""
options:
  redistribution_days:
    description:
      - How many days before its expiry a certificate counts as due for renewal. It sets the date by
        which you have to renew the certificates of a ring's profile, and the flag
        CERTIFICATE_EXPIRING of a Mac.
      - It writes nothing and renews nothing. The playbook C(renew_certificates) has days of its
        own (C(device_trust_renew_within_days)).
    type: int
    default: 30
"""
