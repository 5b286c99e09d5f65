# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups, users and platforms that rules name. Pure."""

from __future__ import annotations

import typing as t

from .order import Rules


def named_groups(*policies: Rules) -> set[str]:
    """Return the ids of the groups that conditions name."""
    return _named("groups", policies)


def named_users(*policies: Rules) -> set[str]:
    """Return the ids of the users that conditions name."""
    return _named("users", policies)


def _named(kind: str, policies: t.Iterable[Rules]) -> set[str]:
    return {
        member
        for rules in policies
        for rule in rules
        for side in ("include", "exclude")
        for member in rule.members(kind, side)
    }


def named_platforms(*policies: Rules) -> list[str]:
    """Return the os types that conditions name, those of mobile devices of any os, and MACOS."""
    entries = [
        (entry.get("type"), str((entry.get("os") or {}).get("type") or "ANY"))
        for rules in policies
        for rule in rules
        for side in ("include", "exclude")
        for entry in rule.condition("platform").get(side) or []
    ]
    mobile = {"ANDROID", "IOS"} if ("MOBILE", "ANY") in entries else set[str]()
    return sorted({"MACOS", *mobile, *(system for _kind, system in entries)} - {"ANY"})
