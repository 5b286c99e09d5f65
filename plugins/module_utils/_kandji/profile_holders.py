# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices hold a library item's profile.

``ProfileItem.matches``, ``installed_on`` and ``reported_profiles`` are the only answers to that
question. They compare ids without regard to case and accept the identifier that Kandji names for
the item. ``possible_holders`` is the only count for a limit.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import TRY_AGAIN, Unreadable
from .._http.urls import batches
from .client import PRISM_PROFILES, Kandji, RowFilter
from .constants import CUSTOM_PROFILE, MDM_PAYLOAD, OKTA_DEVICE_TRUST_SCEP, SCEP_PAYLOAD
from .devices_by_serial import filter_of_serials
from .records import CustomProfile, InstalledProfile, ItemStatus, newest_statuses

SERIALS_A_CALL = 100
SETTLED = ("excluded", "self_service_only", "incompatible")  # states of a Mac without the profile


@dataclass(frozen=True)
class ProfileItem:
    """A library item whose profile devices may hold.

    ``identifier`` is the profile's, if Kandji names it (``mdm_identifier`` of a Custom Profile).
    """

    item_id: str
    identifier: str = ""

    @classmethod
    def of_profile(cls, profile: CustomProfile) -> ProfileItem:
        """Return the item of a Custom Profile."""
        return cls(profile.id, profile.mdm_identifier or "")

    def matches(self, installed: InstalledProfile) -> bool:
        """Return whether an installed profile is the item's."""
        identifier = installed.identifier
        return (bool(self.item_id) and self.item_id.lower() in identifier) or (
            bool(self.identifier) and self.identifier.lower() == identifier
        )

    def row_filter(self) -> dict[str, dict[str, list[str]]]:
        """Return Prism's filter for the item's profile.

        Whether Prism compares case is not documented, so each form of the id is named.
        """
        parts = [self.item_id]
        if self.item_id.lower() not in self.identifier.lower():
            parts += [self.identifier] if self.identifier else []
        forms = {form for part in parts for form in (part, part.lower(), part.upper())}
        return {"payload_identifier": {"like": sorted(forms)}}


def installed_on(
    kandji: Kandji,
    item: ProfileItem,
    serials: t.Sequence[str] | None = None,
    blueprint_ids: t.Sequence[str] = (),
) -> list[InstalledProfile]:
    """Return the item's profile on each Mac that reported it, of these Macs only if any are named.

    A row without an identifier is Kandji's answer to the filter, and counts.
    """
    row_filter = item.row_filter()
    filters: list[RowFilter] = (
        [row_filter]
        if serials is None
        else [
            {**row_filter, **filter_of_serials(batch)} for batch in batches(serials, SERIALS_A_CALL)
        ]
    )
    return [
        profile
        for each in filters
        for profile in kandji.prism_profiles(each, blueprint_ids)
        if not profile.identifier or item.matches(profile)
    ]


def require_payload_uuids(profiles: t.Iterable[InstalledProfile]) -> None:
    """Raise Unreadable for an installed profile whose payload_uuid cannot be read.

    It would pass for a profile as it was before its last change.
    """
    device = next((each.device_id for each in profiles if not each.payload_uuid), None)
    if device is not None:
        raise Unreadable(
            f"Kandji: a row of {PRISM_PROFILES.name} has no payload_uuid (device {device}), so that"
            f" it is not known which generation of the profile the Mac has. {TRY_AGAIN}",
            vendor="kandji",
        )


def is_console_scep(profile: InstalledProfile) -> bool:
    """Return whether an installed profile may be a console-managed SCEP item.

    It holds a SCEP payload, and is not a Custom Profile, Kandji's own Okta Device Trust, or the
    profile of its device management.
    """
    types = profile.payload_types or ()
    return (
        SCEP_PAYLOAD in types
        and MDM_PAYLOAD not in types
        and not profile.identifier.startswith(CUSTOM_PROFILE)
        and profile.identifier != OKTA_DEVICE_TRUST_SCEP
    )


def holders(
    item: ProfileItem,
    statuses: t.Sequence[ItemStatus],
    installed: t.Sequence[InstalledProfile],
    others: t.AbstractSet[str] = frozenset(),
    console_managed: bool = False,
) -> set[str]:
    """Return the ids of the devices that hold the item's profile, by a status or by inventory.

    A status that is not known counts, since the device may hold the profile. Of a console-managed
    item, the profiles are ``console_profiles``.
    """
    profiles = (
        console_profiles(item, statuses, installed, others)
        if console_managed
        else [profile for profile in installed if item.matches(profile)]
    )
    return possible_holders(statuses, profiles)


def console_profiles(
    item: ProfileItem,
    statuses: t.Sequence[ItemStatus],
    installed: t.Sequence[InstalledProfile],
    others: t.AbstractSet[str],
) -> list[InstalledProfile]:
    """Return the profiles that are, or may be, those of a console-managed SCEP item.

    The identifier of such a profile need not contain the item's id. If no identifier names the
    item, each such SCEP profile counts on a device whose status does not rule it out. Kandji
    reports none where the item is no longer assigned. Exceptions are profiles that name one of
    ``others``, the ids (lower case) of further items on these Macs.
    """
    named = [profile for profile in installed if item.matches(profile)]
    if named:
        return named
    further = list(map(ProfileItem, others))
    settled = _settled(statuses)
    return [
        profile
        for profile in installed
        if is_console_scep(profile)
        and profile.device_id not in settled
        and not any(other.matches(profile) for other in further)
    ]


def reported_profiles(
    kandji: Kandji,
    item: ProfileItem,
    statuses: t.Sequence[ItemStatus],
    blueprint_ids: t.Sequence[str],
    others: t.AbstractSet[str],
) -> list[InstalledProfile]:
    """Return the profiles of a console-managed item that Macs of these blueprints reported.

    All profiles of these Macs are read only if no identifier names the item.
    """
    installed = installed_on(kandji, item, blueprint_ids=blueprint_ids)
    if any(item.matches(profile) for profile in installed):
        return installed
    everything = list(kandji.prism_profiles({}, blueprint_ids))
    unnamed = console_profiles(item, statuses, everything, others)
    return [*installed, *(profile for profile in unnamed if profile not in installed)]


def _settled(statuses: t.Sequence[ItemStatus]) -> set[str]:
    """Return the ids of the devices whose newest status rules the profile out.

    One that is to come or to go, that failed or that nobody documented says nothing of the profile
    that a Mac reported.
    """
    newest = newest_statuses(statuses)
    return {device_id for device_id, status in newest.items() if status.state in SETTLED}


def read_holders(
    kandji: Kandji,
    item: ProfileItem,
    blueprint_ids: t.Sequence[str] = (),
    others: t.AbstractSet[str] = frozenset(),
    console_managed: bool = False,
) -> set[str]:
    """Return ``holders``, of the Macs of these blueprints only if any are named.

    A device whose status of the item is not known counts, since it may hold the profile. All
    profiles of these Macs are read only for a console-managed item that no identifier names.
    """
    statuses = list(kandji.item_statuses(item.item_id))
    installed = (
        reported_profiles(kandji, item, statuses, blueprint_ids, others)
        if console_managed
        else installed_on(kandji, item, blueprint_ids=blueprint_ids)
    )
    return possible_holders(statuses, installed)


def possible_holders(
    statuses: t.Sequence[ItemStatus], installed: t.Sequence[InstalledProfile]
) -> set[str]:
    """Return the ids of the devices that a limit counts: those that hold the profile or may.

    A device whose status of the item is not known may hold it.

    :arg installed: what ``installed_on`` returned.
    """
    by_status = {each.device_id for each in statuses if each.state in ("installed", "unknown")}
    return by_status | {profile.device_id for profile in installed}
