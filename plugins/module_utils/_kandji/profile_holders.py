# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs hold a SCEP profile, by what Kandji says of its item and by what Macs reported."""

from __future__ import annotations

import typing as t

from .client import Kandji
from .library_items import read_status

CUSTOM = "com.kandji.profile.custom."
OKTA_DEVICE_TRUST = "com.kandji.profile.odt."  # Kandji's own integration: .scep, .sso
DEVICE_TRUST = OKTA_DEVICE_TRUST + "scep"

Rows = t.Sequence[t.Mapping[str, t.Any]]


def of_the_console(row: t.Mapping[str, t.Any]) -> bool:
    """Whether an installed profile holds a SCEP payload and is no Custom Profile, nor Kandji's own
    Okta Device Trust, nor the one of its device management.
    """
    identifier = str(row.get("payload_identifier", "")).lower()
    types = [one.get("type") for one in row.get("profile_data") or [] if isinstance(one, dict)]
    return (
        "com.apple.security.scep" in types
        and "com.apple.mdm" not in types
        and not identifier.startswith(CUSTOM)
        and identifier != DEVICE_TRUST
    )


def holders(
    item_id: str,
    statuses: Rows,
    installed: Rows,
    others: t.AbstractSet[str],
    by_console: bool = True,
) -> set[str]:
    """Device ids (lower case) of the Macs that hold the item's profile, by its statuses or by what
    they reported: whichever knows.

    The identifier of a profile that the console made need not hold the item's id. Where neither it
    nor a status speaks, each such SCEP profile counts, but for those that name one of ``others``,
    the ids (lower case) of further items on these Macs.
    """
    found = {
        str((row.get("computer") or {}).get("id", "")).lower()
        for row in statuses
        if read_status(row) == "installed"
    }
    named = [row for row in installed if names(row, item_id)]
    if by_console and not statuses and not named:
        named = [
            row
            for row in installed
            if of_the_console(row)
            and not any(names(row, one) for one in others - {item_id.lower()})
        ]
    return found | {str(row.get("device_id", "")).lower() for row in named}


def names(row: t.Mapping[str, t.Any], item_id: str) -> bool:
    """Whether the identifier of an installed profile holds the item's id."""
    return item_id.lower() in str(row.get("payload_identifier", "")).lower()


def read_holders(
    kandji: Kandji,
    item_id: str,
    blueprint_ids: t.Sequence[str],
    others: t.AbstractSet[str],
    by_console: bool,
) -> set[str]:
    """``holders`` among the Macs of these blueprints.

    All their profiles are read only where neither a status nor an identifier tells.
    """
    statuses = list(kandji.item_statuses(item_id))
    forms = sorted({item_id, item_id.lower(), item_id.upper()})
    installed = list(kandji.prism_profiles({"payload_identifier": {"like": forms}}, blueprint_ids))
    if by_console and not statuses and not installed:
        installed = list(kandji.prism_profiles({}, blueprint_ids))
    return holders(item_id, statuses, installed, others, by_console)
