# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payload types, and the identifiers that Kandji gives to the profiles of its Library Items."""

from __future__ import annotations

DOMAINS = ("kandji.io", "iru.com")  # of its APIs and its web app

SCEP_PAYLOAD = "com.apple.security.scep"
ACME_PAYLOAD = "com.apple.security.acme"
MDM_PAYLOAD = "com.apple.mdm"  # its profile holds a SCEP payload of another authority, too

CUSTOM_PROFILE = "com.kandji.profile.custom."  # the id of the Library Item follows
OKTA_DEVICE_TRUST = "com.kandji.profile.odt."  # Kandji's own integration: .scep, .sso
OKTA_DEVICE_TRUST_SCEP = OKTA_DEVICE_TRUST + "scep"
