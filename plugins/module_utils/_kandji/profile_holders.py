# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs hold a SCEP profile, by what Kandji says of its item and by what Macs reported."""

from __future__ import annotations

import typing as t

from .client import Kandji
from .identifiers import CUSTOM_PROFILE, MDM_PAYLOAD, OKTA_DEVICE_TRUST_SCEP, SCEP_PAYLOAD
from .records import InstalledProfile, ItemStatus


def of_the_console(profile: InstalledProfile) -> bool:
    """Whether an installed profile holds a SCEP payload and is no Custom Profile, nor Kandji's own
    Okta Device Trust, nor the one of its device management.
    """
    types = profile.payload_types or ()
    return (
        SCEP_PAYLOAD in types
        and MDM_PAYLOAD not in types
        and not profile.identifier.startswith(CUSTOM_PROFILE)
        and profile.identifier != OKTA_DEVICE_TRUST_SCEP
    )


def holders(
    item_id: str,
    statuses: t.Sequence[ItemStatus],
    installed: t.Sequence[InstalledProfile],
    others: t.AbstractSet[str],
    by_console: bool = True,
) -> set[str]:
    """Device ids (lower case) of the Macs that hold the item's profile, by its statuses or by what
    they reported: whichever knows.

    The identifier of a profile that the console made need not hold the item's id. Where neither it
    nor a status speaks, each such SCEP profile counts, but for those that name one of ``others``,
    the ids (lower case) of further items on these Macs.
    """
    found = {status.device_id for status in statuses if status.is_installed}
    named = [profile for profile in installed if names(profile, item_id)]
    if by_console and not statuses and not named:
        named = [
            profile
            for profile in installed
            if of_the_console(profile)
            and not any(names(profile, other) for other in others - {item_id.lower()})
        ]
    return found | {profile.device_id for profile in named}


def names(profile: InstalledProfile, item_id: str) -> bool:
    """Whether the identifier of an installed profile holds the item's id."""
    return item_id.lower() in profile.identifier


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
