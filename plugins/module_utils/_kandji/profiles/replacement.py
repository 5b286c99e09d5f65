# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCEP profile that takes the place of another item, or joins one. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import BadOption, Refused
from ..._core.text import UUID, abbreviate
from ..profile_holders import is_console_scep
from ..records import Blueprint, CustomProfile, InstalledProfile, LibraryItem
from .plan import Library
from .scep import Plan, find_conflicts


class Replaced(t.NamedTuple):
    """The item that another one replaces."""

    id: str
    name: str
    console_managed: bool


def plan_replacement(asked: str, plan: Plan, item: CustomProfile | LibraryItem) -> Replaced:
    """Return the item that a plan's item replaces. Raises BadOption if it is the same.

    :arg asked: the value of the option ``replaces``.
    """
    if item.id == plan.item_id:
        raise BadOption(f"replaces: {asked!r} is the item itself. Name the item that it replaces.")
    return Replaced(item.id, item.name, isinstance(item, LibraryItem))


def find_all_conflicts(
    url: str | None, plans: t.Iterable[tuple[Plan, Replaced | None]], library: Library
) -> list[str]:
    """Return a sentence for each other profile of the same authority on blueprints of plans.

    :arg plans: each with the item that it replaces, which does not count.
    """
    conflicts = []
    for plan, replaced in plans:
        own = {plan.item_id or "", replaced.id if replaced else ""}
        conflicts += find_conflicts(url, own, plan, library)
    return conflicts


def may_duplicate(plan: Plan, replaced: Replaced | None) -> bool:
    """Return whether Macs get a profile next to one that the console manages."""
    return bool(plan.assignment.assign) and not plan.is_console_managed and replaced is None


def describe_console_profiles(profiles: t.Iterable[InstalledProfile], unread: str = "") -> str:
    """Return a warning of console-managed SCEP profiles, whose authority no API returns, or "".

    :arg unread: why Okta's log, which may show the authority, could not be read, as sentences.
    """
    macs = sorted({profile.serial for profile in profiles if is_console_scep(profile)})
    if not macs:
        return ""
    log = f" Okta's log, which may show it, cannot be read: {unread}" if unread else ""
    return (
        "Macs of these blueprints hold a SCEP profile that was made in Kandji's web app (for"
        f" example {macs[0]}). No API returns its authority.{log} If it is Okta's, stop here, and"
        " replace its item: run the playbook migrate_scep_item."
    )


def find_console_profiles(profiles: t.Iterable[InstalledProfile]) -> list[InstalledProfile]:
    """Return those of installed profiles that may be console-managed SCEP items."""
    return [profile for profile in profiles if is_console_scep(profile)]


def list_certificate_uuids(profiles: t.Iterable[InstalledProfile]) -> list[str]:
    """Return the UUIDs that Kandji may have put into the names of the profiles' certificates.

    Which one it is, is not documented: that of the profile, or the id of the item, which the
    identifier may hold.
    """
    texts = " ".join(f"{profile.payload_uuid} {profile.identifier}" for profile in profiles)
    return sorted(set(UUID.findall(texts)))


def describe_issued(profiles: t.Sequence[InstalledProfile]) -> str:
    """Return a conflict with console-managed profiles for which Okta issued certificates."""
    example = min(profile.serial for profile in profiles)
    return (
        f"Macs of these blueprints (for example {example}) hold a SCEP profile that was made in"
        " Kandji's web app, and Okta issued its certificate. The playbook migrate_scep_item"
        " replaces it, and a ring that keeps it has the key library_item"
    )


def find_places(
    item: Replaced, blueprints: t.Iterable[Blueprint], library: Library
) -> list[Blueprint]:
    """Return the blueprints that an item is assigned to."""
    items = library.item_ids
    return [blueprint for blueprint in blueprints if item.id in items.get(blueprint.id, ())]


def check_replaced(
    name: str,
    blueprints: t.Sequence[Blueprint],
    serials: t.AbstractSet[str],
    max_remaining: int,
    wanted: str,
) -> None:
    """Raise Refused if the replaced item is still on the blueprints, or held by too many Macs.

    Its detail ``reason`` says so without what to do.
    """
    places = ", ".join(repr(blueprint.name) for blueprint in blueprints)
    if blueprints:
        reason = f"{wanted!r} replaces {name!r}, which is still on {places}"
        raise Refused(
            f"{reason}: a Mac must have one SCEP profile of this authority. Nothing was written."
            " Unassign that item there first.",
            replaces=name,
            reason=reason,
        )
    count = len(serials)
    if count > max_remaining:
        names = abbreviate(sorted(serials), 5)
        reason = (
            f"{wanted!r} replaces {name!r}, which {count} Mac{'' if count == 1 else 's'} of these"
            f" blueprints still hold{'s' if count == 1 else ''} ({names})"
        )
        raise Refused(
            f"{reason}. Nothing was written. Run again when they have checked in, or set"
            f" max_remaining: {count} to continue.",
            replaces=name,
            reason=reason,
            count=count,
            held_by=sorted(serials)[:200],
        )


def describe_wait(refused: Refused) -> str:
    """Return the warning of check mode for a replacement that a real run would refuse."""
    return f"max_remaining: a real run would wait. {refused.details['reason']}."
