# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings by name become rings by id: their blueprints, and their SCEP profile or item."""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import (
    reader as rings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profile_holders import (
    ProfileItem,
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
    with pytest.raises(BadOption, match="^rings: .* no custom profile 'wide'; did you mean 'Wide'"):
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


@pytest.mark.parametrize(
    ("second", "difference"),
    [
        ("Canary", ""),
        (" canary", " They look alike: yours is 'canary', the other one ' canary'."),
    ],
)
def test_the_names_of_two_rings_that_look_the_same_are_both_named(
    second: str, difference: str
) -> None:
    found = rings.find_shared_names([RingOptions("canary"), RingOptions(second)])
    sentence = "rings: 'canary' is there twice. Give each ring its own name."
    assert found == [sentence + difference]


@pytest.mark.parametrize("second", ["Canary", "b-1", "B-1"])
def test_a_blueprint_in_two_rings_is_refused_whatever_names_it(second: str) -> None:
    known = [Blueprint("b-1", "Canary"), Blueprint("b-2", "Sales")]
    canary, wide = RingOptions("canary", ("Canary", "b-1")), RingOptions("wide", ("Sales",))
    rings.check_blueprints([canary, wide], known)
    with pytest.raises(BadOption, match="blueprint 'Canary' is in 'canary' and in 'late'. Assign"):
        rings.check_blueprints([canary, wide, RingOptions("late", (second,))], known)


def test_a_ring_with_an_item_of_the_web_app_cannot_be_renewed() -> None:
    rings.check_profiles([RingOptions("canary"), RingOptions("wide", library_item=None)])
    with pytest.raises(BadOption) as refused:
        rings.check_profiles([RingOptions("canary"), RingOptions("wide", library_item="Okta SCEP")])
    assert refused.value.message == (
        "rings: 'wide' has a library_item, which only Kandji's web app can renew. Remove the ring."
    )


def test_a_renewal_takes_no_ring_with_a_generation_of_its_own() -> None:
    rings.check_generations([RingOptions("canary"), RingOptions("wide", generation="")])
    fixed = [RingOptions(name, generation="2026") for name in ("wide", "late")]
    with pytest.raises(BadOption) as refused:
        rings.check_generations([RingOptions("canary"), *fixed])
    assert refused.value.message == (
        "rings: 'wide', 'late' has a generation, and the renewal sets another: the site playbook"
        " would set the ring's own again, and the Macs would enroll each time. Remove the"
        " generation."
    )


def test_the_option_rings_as_records() -> None:
    nodes = {"Canary": "n-1"}
    whole = {
        "name": "canary",
        "blueprints": ["Canary", 7],
        "scep_profile": "SCEP",
        "assignment_nodes": nodes,
        "test_macs": ["C02XK1ZAJG5J"],
        "generation": "2026",
        "library_item": "Okta SCEP",
    }
    unset = dict.fromkeys(whole)
    params = {"rings": [whole, {**unset, "name": 2}, {"name": "late", "blueprints": None}]}
    assert rings.ring_options(params) == [
        RingOptions(
            "canary", ("Canary", "7"), "SCEP", nodes, ("C02XK1ZAJG5J",), "2026", "Okta SCEP"
        ),
        RingOptions("2"),
        RingOptions("late"),
    ]
    assert rings.ring_options({"rings": None}) == []


UUID = "6BA7B810-9DAD-41D1-80B4-00C04FD430C8"
SERIAL_AND_UUID = [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]]


def enrolling(profile_id: str, subject: object, uuid: str = UUID) -> CustomProfile:
    """Return a custom profile that asks for certificates with this subject."""
    content: dict[str, t.Any] = {"Subject": subject} if subject else {}
    payload = {"PayloadType": "com.apple.security.scep", "PayloadContent": content}
    plist = {"PayloadContent": [payload], "PayloadUUID": uuid}
    return CustomProfile(profile_id, mobileconfig=plistlib.dumps(plist).decode())


@pytest.mark.parametrize(
    ("profiles", "names"),
    [
        ([enrolling("p-1", SERIAL_AND_UUID)], [UUID, UUID.lower()]),
        ([enrolling("p-1", [[["CN", "$SERIAL_NUMBER"]]])], None),
        ([enrolling("p-1", SERIAL_AND_UUID), CustomProfile("p-2")], None),
        ([], None),
    ],
)
def test_certificates_are_narrowed_to_the_uuid_if_each_subject_holds_it(
    profiles: list[CustomProfile], names: list[str] | None
) -> None:
    """Kandji need not ignore case, so the filter has both."""
    narrowed = {"common_name": {"like": names}} if names else {}
    identities = {"identity_certificate": {"eq": True}}
    assert rings.certificate_filter(profiles) == {**identities, **narrowed}


def test_the_uuid_of_a_profile_is_that_of_its_content() -> None:
    assert rings.profile_uuid(enrolling("p-1", None)) == UUID
    assert rings.profile_uuid(enrolling("p-1", None, uuid="")) is None
    assert rings.profile_uuid(CustomProfile("p-1")) is None
    number = plistlib.dumps({"PayloadUUID": 7}).decode()
    assert rings.profile_uuid(CustomProfile("p-1", mobileconfig=number)) == "7"


def test_a_subject_of_all_rings_is_unknown_if_that_of_one_is() -> None:
    canary = enrolling("p-1", SERIAL_AND_UUID)
    console_managed = CustomProfile("p-2")
    found = rings.subjects_by_ring(
        [
            rings.Ring("canary", set(), canary),
            rings.Ring("web app", set(), console_managed),
            rings.Ring("late", set()),
        ]
    )
    uuids = frozenset({UUID.lower()})
    assert found == {
        None: Subject(uuids),
        "canary": Subject(uuids, holds_uuid=True, holds_serial=True),
        "web app": Subject(),
        "late": Subject(),
    }


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
        (
            {"canary": True, "a": False, "b": False, "c": False, "d": False},
            "Not rolled out yet: the rings a, b, c, d (Okta SCEP - a, Okta SCEP - b, Okta SCEP - c"
            " and 1 more).",
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
        " or gives it a new challenge. Rename the profile to 'Okta SCEP - wide' in Kandji, or remove"
        " it from there."
    )


def test_a_ring_without_a_profile_is_named_before_one_whose_profile_is_renamed() -> None:
    renamed = tuple(scep(f"p-{number}", "A") for number in range(4))
    found = [
        rings.Ring("canary", set(), None, "SCEP - canary", renamed),
        rings.Ring("wide", set(), None, "SCEP - wide"),
        rings.Ring("late", set(), CANARY),
        rings.Ring("last", set(), None, "SCEP - last", renamed[:1]),
    ]
    sentences = rings.describe_rollout(found)
    assert sentences.startswith(
        "Not rolled out yet: the ring wide (SCEP - wide). The ring canary has no SCEP profile 'SCEP"
        " - canary', and the custom profiles 'A' (p-0), 'A' (p-1), 'A' (p-2) and 1 more of this"
    )
    assert " in Kandji, or remove it from there. The ring last has no SCEP profile " in sentences


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


ITEM = "0E5B1D7C-2F6A-4C1B-9D3E-5A7F8B9C0D1E"
CANARY_ID, SALES_ID = (f"0000000{number}-0000-4000-8000-00000000000{number}" for number in (1, 2))


def test_rings_by_ids_are_read_without_a_list_of_blueprints() -> None:
    """An item of the web app is known by its id alone."""
    by_name, by_item = RingOptions("canary", (CANARY_ID,)), RingOptions("wide", (SALES_ID.upper(),))
    by_item = replace(by_item, library_item=ITEM)
    kandji: t.Any = SimpleNamespace(profiles=lambda: iter([CANARY]))
    (canary, wide), competitors = rings.read_rings(kandji, [by_name, by_item], PREFIX)
    assert (canary.blueprint_ids, canary.profile) == ({CANARY_ID}, CANARY)
    assert (wide.blueprint_ids, wide.profile) == ({SALES_ID}, CustomProfile(ITEM.lower()))
    assert (canary.is_console_managed, wide.is_console_managed) == (False, True)
    assert (canary.profile_name, wide.profile_name) == ("Okta SCEP - canary", ITEM)
    assert competitors == []


def test_an_item_of_the_web_app_is_found_by_its_name_on_the_blueprints() -> None:
    blueprints = {"b-1": [LibraryItem("i-1", "Okta")], "b-2": [LibraryItem("i-2", "Wi-Fi")]}
    read: list[str] = []

    def library_items(blueprint_id: str) -> list[LibraryItem]:
        read.append(blueprint_id)
        return blueprints[blueprint_id]

    kandji: t.Any = SimpleNamespace(
        blueprints=lambda: [Blueprint("b-1", "Canary"), Blueprint("b-2", "Sales")],
        profiles=lambda: [CANARY],
        library_items=library_items,
    )
    wanted = RingOptions("wide", ("Sales",), library_item="Okta")
    (wide,), _competitors = rings.read_rings(kandji, [wanted], PREFIX)
    assert (wide.profile, read) == (CustomProfile("i-1"), ["b-2", "b-1"])
    of_profile = replace(wanted, library_item=CANARY.name)
    with pytest.raises(BadOption, match="is a Custom Profile .p-1., which has an API"):
        rings.read_rings(kandji, [of_profile], PREFIX)


def test_without_a_ring_nothing_is_read() -> None:
    assert rings.read_rings(t.cast(t.Any, None), [], PREFIX) == ([], [])


def at(profile_id: str, url: str | None, **flags: bool) -> CustomProfile:
    """Return a custom profile that enrolls at a SCEP URL."""
    content = {"URL": url} if url else {"Name": "okta"}
    payload = {"PayloadType": "com.apple.security.scep", "PayloadContent": content}
    document = plistlib.dumps({"PayloadContent": [payload]}).decode()
    return CustomProfile(
        profile_id, mobileconfig=document, flags=flags, mdm_identifier=f"acme.{profile_id}"
    )


def test_another_active_profile_with_the_scep_url_of_a_ring_competes() -> None:
    ours, theirs = "https://acme.okta.com/scep", "https://wifi.acme.com/scep"
    ring = rings.Ring("canary", set(), at("own", ours))
    bare = rings.Ring("wide", set(), at("bare", None))
    others = [
        at("own", ours),
        at("unknown", ours),
        at("on", ours, active=True),
        at("off", ours, active=False),
        at("wifi", theirs),
        at("none", None),
        CustomProfile("unreadable"),
    ]
    found = rings.find_competitors([ring, bare, rings.Ring("late", set())], others)
    assert found == [ProfileItem("unknown", "acme.unknown"), ProfileItem("on", "acme.on")]
    assert rings.ring_urls([ring, bare, rings.Ring("late", set())]) == {ours}
