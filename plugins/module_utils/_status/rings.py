# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings as they are given (names of blueprints and profiles) -> rings resolved (ids), for all that
read the fleet.
"""

from __future__ import annotations

import typing as t

from .._core.errors import BadOption
from .._kandji import client as kandji_api
from .._kandji.assignments import Blueprint, is_id, read_blueprints, read_items, resolve
from .._kandji.client import Kandji, same_id
from .._kandji.library_items import find_scep_item
from .reader import Ring, competitors

# What read_rings sends.
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
)

Rows = t.Sequence[t.Mapping[str, t.Any]]


def read_rings(kandji: Kandji, wanted: Rows, prefix: str = "") -> tuple[list[Ring], list[str]]:
    """Each ring with its blueprints, and its SCEP profile or item;

    and the ids of custom profiles that compete with theirs.

    A profile that is not named is sought by ``prefix`` and the ring's name.
    """
    if not wanted:
        return [], []
    blueprints = read_blueprints(kandji, [one for ring in wanted for one in ring["blueprints"]])[0]
    profiles = list(kandji.profiles())
    rings = []
    for ring in wanted:
        found = resolve(ring["blueprints"], blueprints)
        rings.append(
            Ring(
                str(ring["name"]),
                {one["id"] for one in found},
                _brought_by(kandji, ring, found, profiles, prefix),
            )
        )
    return rings, competitors(rings, profiles)


def _brought_by(
    kandji: Kandji,
    ring: t.Mapping[str, t.Any],
    blueprints: t.Sequence[Blueprint],
    profiles: Rows,
    prefix: str,
) -> dict[str, t.Any] | None:
    """The profile, or of an item of Kandji's web app its id alone."""
    item = ring.get("library_item")
    if item:
        return {
            "id": (
                item
                if is_id(item)
                else find_scep_item(kandji, item, read_items(kandji, blueprints), profiles)["id"]
            )
        }
    return find_ring_profile(ring, profiles, prefix)


def find_ring_profile(
    ring: t.Mapping[str, t.Any], profiles: Rows, prefix: str
) -> dict[str, t.Any] | None:
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


def check_profiles(rings: Rows) -> None:
    """Raise BadOption if a ring has an item of Kandji's web app instead of a SCEP profile."""
    for ring in rings:
        if ring.get("library_item"):
            raise BadOption(
                f"rings: {ring['name']!r} has a library_item, which only Kandji's web app can"
                " renew. Remove the ring from rings."
            )
