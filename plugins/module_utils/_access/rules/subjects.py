# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups, users and platforms that rules name. Pure."""

from __future__ import annotations

from ..._core.json_fields import Row
from .options import PLATFORM_TYPES
from .rule_order import Rules


def named_groups(*policies: Rules) -> set[str]:
    """Return the ids of the groups that conditions name."""
    return {group for rules in policies for rule in rules for group in rule.people.all_groups}


def named_users(*policies: Rules) -> set[str]:
    """Return the ids of the users that conditions name."""
    return {user for rules in policies for rule in rules for user in rule.people.all_users}


def platform_words(entry: Row) -> tuple[str, str]:
    """Return the type and the system of a platform of a condition in upper case, ANY without one.

    :arg entry: as in a condition, {"type": "DESKTOP", "os": {"type": "MACOS"}}.
    """
    kind, system = entry.get("type") or "ANY", (entry.get("os") or {}).get("type") or "ANY"
    return str(kind).upper(), str(system).upper()


def named_platforms(*policies: Rules) -> list[str]:
    """Return the os types that conditions name, those of a type with any os, and MACOS.

    A type that Okta does not have yet may be that of each.
    """
    entries = {
        platform_words(entry)
        for rules in policies
        for rule in rules
        for side in ("include", "exclude")
        for entry in rule.condition("platform").get(side) or []
    }
    kinds = {kind for kind, system in entries if system == "ANY"} - {"ANY", "OTHER"}
    of_kinds = {
        platform
        for platform, kind in PLATFORM_TYPES.items()
        if kind in kinds or not kinds <= set(PLATFORM_TYPES.values())
    }
    return sorted({"MACOS", *of_kinds, *(system for _kind, system in entries)} - {"ANY"})
