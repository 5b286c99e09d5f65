# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of the report's page, with their labels."""

from __future__ import annotations

# Columns of the table, with their headings; a row's further columns show when it is opened.
SHOWN = (
    ("serial_number", "Serial"),
    ("device_name", "Name"),
    ("person", "Person"),
    ("ring", "Ring"),
    ("stage", "Stage"),
    ("certificate_expires", "Certificate ends"),
    ("last_check_in", "Last check-in"),
)
LABELS = {
    **dict(SHOWN),
    "reason": "Why",
    "next_step": "Next step",
    "flags": "Flags",
    "unconfirmed_reason": "Unconfirmed, because",
    "blueprint": "Blueprint",
    "os_version": "macOS",
    "model": "Model",
    "tags": "Tags",
    "okta_status": "Okta record",
    "last_seen_by_okta": "Last seen by Okta",
    "users": "People in Okta",
    "certificates": "Certificates",
    "certificate_first_seen": "First certificate",
    "certificate_expiry_source": "End is known from",
    "managed_until": "Surely managed until",
    "managed_until_reason": "Managed no longer, because",
}
