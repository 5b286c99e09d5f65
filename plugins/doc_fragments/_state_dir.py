# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that read the ledger of certificates."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the directory of the ledger, for modules that do not write it."""

    DOCUMENTATION = r"""
options:
  state_dir:
    description:
      - Directory of the ledger of certificates (see
        M(devicetrust.okta_kandji.device_trust_certificates)), for Macs without the certificate
        check.
      - The module only reads the ledger. The ledger belongs to an org, so the org's options are
        needed with it. Reading it sends no request to Okta.
    type: path
"""
