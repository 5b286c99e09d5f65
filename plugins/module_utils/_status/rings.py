# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings by the names that options use -> rings by id, for everything that reads the fleet."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from .._core.errors import BadOption
from .._kandji import client as kandji_api
from .._kandji.assignments import Blueprint, is_id, read_blueprints, read_items, resolve
from .._kandji.client import Kandji, same_id
from .._kandji.library_items import find_scep_item
from .._kandji.profiles import mobileconfig

# What read_rings sends.
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
)

Row = Mapping[str, t.Any]  # an element of the option rings, or a custom profile of Kandji


@dataclass(frozen=True)
class Ring:
    """A ring with the ids of its blueprints (lower case) and its SCEP profile, if Kandji has it.

    Of an item that was created in Kandji's web app only the id is known.
    """

    name: str
    blueprint_ids: AbstractSet[str]
    profile: dict[str, t.Any] | None = None

    @property
    def is_console_managed(self) -> bool:
        """Whether its item was created in Kandji's web app."""
        return self.profile is not None and "profile" not in self.profile


def read_rings(kandji: Kandji, wanted: Sequence[Row], prefix: str) -> tuple[list[Ring], list[str]]:
    """Return the rings, and the ids of custom profiles that compete with theirs.

    A ring that names no profile has the one named ``prefix`` followed by the ring's name.
    """
    if not wanted:
        return [], []
    names = [name for ring in wanted for name in ring["blueprints"]]
    known = read_blueprints(kandji, names)[0]
    profiles = list(kandji.profiles())
    rings = []
    for ring in wanted:
        blueprints = resolve(ring["blueprints"], known)
        profile = (
            _find_item(kandji, ring["library_item"], blueprints, profiles)
            if ring.get("library_item")
            else find_ring_profile(ring, profiles, prefix)
        )
        ids = {blueprint["id"] for blueprint in blueprints}
        rings.append(Ring(str(ring["name"]), ids, profile))
    return rings, find_competitors(rings, profiles)


def _find_item(
    kandji: Kandji, item: str, blueprints: Sequence[Blueprint], profiles: Sequence[Row]
) -> dict[str, t.Any]:
    """Return the id of an item that was created in Kandji's web app, as a profile."""
    if is_id(item):
        return {"id": item}
    return {"id": find_scep_item(kandji, item, read_items(kandji, blueprints), profiles)["id"]}


def find_ring_profile(ring: Row, profiles: Iterable[Row], prefix: str) -> dict[str, t.Any] | None:
    """Return the ring's SCEP profile, or None if Kandji has none. Raises BadOption for several."""
    name = ring.get("scep_profile") or f"{prefix}{ring['name']}"
    named = [
        dict(row) for row in profiles if same_id(row.get("id"), name) or row.get("name") == name
    ]
    if len(named) > 1:
        raise BadOption(
            f"rings: Kandji has {len(named)} custom profiles named {name!r}. Set the ring's"
            " scep_profile to an id."
        )
    return named[0] if named else None


def check_profiles(rings: Iterable[Row]) -> None:
    """Raise BadOption if a ring has an item of Kandji's web app instead of a SCEP profile."""
    for ring in rings:
        if ring.get("library_item"):
            raise BadOption(
                f"rings: {ring['name']!r} has a library_item, which only Kandji's web app can"
                " renew. Remove the ring from rings."
            )


def find_competitors(rings: Sequence[Ring], profiles: Iterable[Row]) -> list[str]:
    """Return the ids of other active custom profiles with the SCEP URL of a ring's profile."""
    own = {str(ring.profile["id"]).lower() for ring in rings if ring.profile}
    urls = {url for ring in rings if ring.profile for url in _scep_urls(ring.profile)}
    return [
        str(profile["id"])
        for profile in profiles
        if profile.get("active") is not False
        and str(profile.get("id")).lower() not in own
        and urls & _scep_urls(profile)
    ]


def _scep_urls(profile: Row) -> set[str]:
    contents = _scep_contents(profile)
    return {str(content["URL"]) for content in contents if content.get("URL")}


def _scep_contents(profile: Row) -> list[Row]:
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.get("profile")))
    return [payload["PayloadContent"] for payload in payloads]


# Certificates of the rings' profiles


def profile_uuid(profile: Row) -> str | None:
    """Return the PayloadUUID of a custom profile, or None if it cannot be read."""
    uuid = (mobileconfig.parse(profile.get("profile")) or {}).get("PayloadUUID")
    return str(uuid) if uuid else None


def certificate_filter(profiles: Sequence[Row]) -> dict[str, t.Any]:
    """Return Prism's filter for certificates of these profiles.

    It names the profiles' UUIDs, in either case, if all subjects hold them; else it takes all
    identities.
    """
    identities: dict[str, t.Any] = {"identity_certificate": {"eq": True}}
    uuids = [uuid for uuid in map(profile_uuid, profiles) if uuid]
    if not uuids or not all(_subject_holds(profile, "$PROFILE_UUID") for profile in profiles):
        return identities
    forms = sorted({form for uuid in uuids for form in (uuid.upper(), uuid.lower())})
    return {**identities, "common_name": {"like": forms}}


def may_name_serials(profile: Row) -> bool:
    """Return whether certificates of a profile may name serials; unknown for a web app's item."""
    return not _scep_contents(profile) or _subject_holds(profile, "$SERIAL_NUMBER")


def _subject_holds(profile: Row, variable: str) -> bool:
    return any(variable in repr(content.get("Subject")) for content in _scep_contents(profile))
