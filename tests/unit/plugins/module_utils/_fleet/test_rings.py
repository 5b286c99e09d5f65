# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings by name become rings by id: their blueprints, and their SCEP profile or item."""

from __future__ import annotations

import plistlib
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import rings
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    LibraryItem,
)

PREFIX = "Okta SCEP - "
MARKED = "Written by devicetrust.okta_kandji, content " + "0" * 32
PROFILES = [
    CustomProfile("p-1", "Okta SCEP - canary"),
    CustomProfile("p-2", "Wide"),
    CustomProfile("p-3", "Twice"),
    CustomProfile("p-4", "Twice"),
]


@pytest.mark.parametrize(
    "ring, profile_id",
    [
        (RingOptions("canary"), "p-1"),
        (RingOptions("canary", scep_profile=None), "p-1"),
        (RingOptions("canary", scep_profile="Wide"), "p-2"),
        (RingOptions("canary", scep_profile="p-1"), "p-1"),
        (RingOptions("canary", scep_profile="P-4"), "p-4"),
        (RingOptions("Wide"), None),
        (RingOptions("canary", scep_profile="Wider"), None),
    ],
)
def test_a_profile_is_found_by_id_or_exact_name_else_by_the_rings_own_name(
    ring: RingOptions, profile_id: str | None
) -> None:
    profile = rings.find_ring_profile(ring, PROFILES, PREFIX)
    assert (profile.id if profile else None) == profile_id


def test_a_profile_whose_name_differs_in_case_is_suggested() -> None:
    with pytest.raises(BadOption, match="no custom profile 'wide'; did you mean 'Wide'"):
        rings.find_ring_profile(RingOptions("canary", scep_profile="wide"), PROFILES, PREFIX)


def test_of_two_profiles_with_a_name_none_is_guessed() -> None:
    with pytest.raises(
        BadOption,
        match="named 'Twice' \\(p-3, p-4\\). Rename all but one of them in Kandji, or set the ring's",
    ):
        rings.find_ring_profile(RingOptions("canary", scep_profile="Twice"), PROFILES, PREFIX)


@pytest.mark.parametrize("second", ["canary", "Canary", " canary"])
def test_two_rings_of_one_name_are_refused(second: str) -> None:
    rings.check_names([RingOptions("canary"), RingOptions("wide")])
    with pytest.raises(BadOption, match="rings: 'canary' is there twice. Give each ring its own"):
        rings.check_names([RingOptions("canary"), RingOptions("wide"), RingOptions(second)])


@pytest.mark.parametrize("second", ["Canary", "b-1", "B-1"])
def test_a_blueprint_in_two_rings_is_refused_whatever_names_it(second: str) -> None:
    known = [Blueprint("b-1", "Canary"), Blueprint("b-2", "Sales")]
    canary, wide = RingOptions("canary", ("Canary", "b-1")), RingOptions("wide", ("Sales",))
    rings.check_blueprints([canary, wide], known)
    with pytest.raises(BadOption, match="blueprint 'Canary' is in 'canary' and in 'late'. Assign"):
        rings.check_blueprints([canary, wide, RingOptions("late", (second,))], known)


def test_a_ring_with_an_item_of_the_web_app_cannot_be_renewed() -> None:
    rings.check_profiles([RingOptions("canary"), RingOptions("wide", library_item=None)])
    with pytest.raises(BadOption, match="rings: 'wide' has a library_item, which only Kandji's"):
        rings.check_profiles([RingOptions("canary"), RingOptions("wide", library_item="Okta SCEP")])


def test_a_subject_without_a_known_uuid_does_not_narrow_certificates() -> None:
    """An empty list of names would match nothing, or everything."""
    scep = {"PayloadContent": {"Subject": [[["CN", "$PROFILE_UUID"]]]}}
    plist = {"PayloadContent": [{"PayloadType": "com.apple.security.scep", **scep}]}
    document = plistlib.dumps({**plist, "PayloadUUID": "okta"}).decode()
    profile = CustomProfile("not-a-uuid", mobileconfig=document)
    assert rings.certificate_filter([profile]) == {"identity_certificate": {"eq": True}}


@pytest.mark.parametrize(
    ("deployed", "sentence"),
    [
        ({}, ""),
        ({"canary": True, "wide": True}, ""),
        (
            {"canary": False, "wide": False},
            "Nothing is rolled out yet: no ring has its SCEP profile in Kandji (Okta SCEP - canary,"
            " Okta SCEP - wide).",
        ),
        ({"canary": True, "wide": False}, "Not rolled out yet: the ring wide (Okta SCEP - wide)."),
        (
            {"canary": True, "east": False, "west": False},
            "Not rolled out yet: the rings east, west (Okta SCEP - east, Okta SCEP - west).",
        ),
    ],
)
def test_what_is_not_rolled_out_is_one_sentence(deployed: dict[str, bool], sentence: str) -> None:
    profile = CustomProfile("c1")
    found = [
        rings.Ring(name, set(), profile if has else None, f"Okta SCEP - {name}")
        for name, has in deployed.items()
    ]
    assert rings.describe_rollout(found) == sentence


def scep(profile_id: str, name: str, description: str = MARKED, **flags: bool) -> CustomProfile:
    """A custom profile with a SCEP payload."""
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadDescription": description,
        "PayloadContent": {"URL": "https://acme.okta.com/scep"},
    }
    document = plistlib.dumps({"PayloadContent": [payload]}).decode()
    return CustomProfile(profile_id, name, mobileconfig=document, flags=flags)


def read_wide(
    profiles: list[CustomProfile], on_sales: list[str]
) -> tuple[rings.Ring, list[str], list[t.Any]]:
    """Return the ring "wide" on "Sales", the blueprints that were read, and the competitors."""
    read: list[str] = []

    def library_items(blueprint_id: str) -> list[LibraryItem]:
        read.append(blueprint_id)
        ids = {"b-1": ["p-1"], "b-2": on_sales}[blueprint_id]
        return [LibraryItem(each, each) for each in ids]

    kandji = SimpleNamespace(
        blueprints=lambda: [Blueprint("b-1", "Canary"), Blueprint("b-2", "Sales")],
        profiles=lambda: profiles,
        library_items=library_items,
    )
    wanted = [RingOptions("canary", ("Canary",)), RingOptions("wide", ("Sales",))]
    (_canary, wide), competitors = rings.read_rings(t.cast(t.Any, kandji), wanted, PREFIX)
    return wide, read, competitors


CANARY = scep("p-1", "Okta SCEP - canary")


def test_a_renamed_profile_is_that_of_its_ring_and_is_named() -> None:
    """Its Macs hold it, so it is not as if nothing was rolled out."""
    renamed = scep("p-2", "Okta SCEP - Wide Macs")
    wide, read, competitors = read_wide([CANARY, renamed], ["p-2"])
    assert (wide.profile, wide.renamed, read, competitors) == (renamed, (renamed,), ["b-2"], [])
    assert rings.describe_rollout([wide]) == (
        "The ring wide has no SCEP profile 'Okta SCEP - wide', and the custom profile 'Okta SCEP -"
        " Wide Macs' (p-2) of this collection is on its blueprints. Nobody renews its certificates,"
        " or gives it a new secret. Rename the profile to 'Okta SCEP - wide' in Kandji, or remove"
        " it from there."
    )


def test_of_two_renamed_profiles_none_is_guessed() -> None:
    both = [scep("p-2", "A"), scep("p-3", "B")]
    wide, _read, _competitors = read_wide([CANARY, *both], ["p-2", "p-3"])
    assert wide.profile is None
    assert "profiles 'A' (p-2), 'B' (p-3) of this collection are" in rings.describe_rollout([wide])


@pytest.mark.parametrize(
    ("other", "on_sales", "is_read"),
    [
        (scep("p-2", "By hand", "By hand"), ["p-2"], False),
        (scep("p-2", "Off", active=False), ["p-2"], False),
        (CustomProfile("p-2", "Unreadable"), ["p-2"], False),
        (scep("p-2", "Of another ring"), [], True),
    ],
)
def test_another_profile_is_not_a_renamed_one(
    other: CustomProfile, on_sales: list[str], is_read: bool
) -> None:
    """The items of the blueprints are read only if one of this collection has no ring."""
    wide, read, _competitors = read_wide([CANARY, other], on_sales)
    assert (wide.profile, wide.renamed, read) == (None, (), ["b-2"] * is_read)
    assert rings.describe_rollout([wide]).startswith("Nothing is rolled out yet")
