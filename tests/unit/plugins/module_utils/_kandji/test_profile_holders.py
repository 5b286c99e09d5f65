# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs hold a SCEP item's profile, whatever Kandji tells of it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    TRY_AGAIN,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    profile_holders as holders,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    ItemStatus,
)

ITEM, WIFI = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
SCEP = [{"type": "com.apple.security.scep"}]


def status(device: str, word: str = "PASS") -> ItemStatus:
    return ItemStatus(device.lower(), status=word)


def installed(device: str, identifier: str, data: t.Any = None) -> InstalledProfile:
    return InstalledProfile.from_row(
        {
            "device_id": device,
            "payload_identifier": identifier,
            "profile_data": SCEP if data is None else data,
        }
    )


NAMED, OPAQUE, OF_WIFI = (
    installed("D-1", f"io.kandji.profile.{ITEM.upper()}"),
    installed("D-1", "io.kandji.scep.77"),
    installed("D-1", f"io.kandji.profile.{WIFI}"),
)
NAMED_ON_2 = installed("D-2", f"io.kandji.profile.{ITEM}")


@pytest.mark.parametrize(
    "statuses, rows, found",
    [
        ([], [], set()),
        ([status("D-1")], [], {"d-1"}),
        ([status("D-1", "PENDING")], [], set()),
        ([], [NAMED, OF_WIFI], {"d-1"}),
        ([], [OPAQUE], {"d-1"}),
        ([status("D-1", "EXCLUDED")], [OPAQUE], set()),  # the Mac's own status decides
        ([status("D-2", "PENDING")], [OPAQUE], {"d-1"}),  # the status of another Mac does not
        ([status("D-2")], [OPAQUE], {"d-1", "d-2"}),
        ([], [OPAQUE, NAMED_ON_2], {"d-2"}),  # the item's identifier is known, and is not opaque
        ([], [OF_WIFI], set()),
        ([], [installed("D-1", "io.kandji.wifi", [{"type": "com.apple.wifi.managed"}])], set()),
        ([], [installed("D-1", f"com.kandji.profile.custom.{WIFI}")], set()),
        ([], [installed("D-1", "com.kandji.profile.odt.scep")], set()),
        ([], [installed("D-1", "io.kandji.scep.77", [])], set()),
        (
            [],
            [installed("D-1", "com.kandji.profile.mdmprofile", [{"type": "com.apple.mdm"}, *SCEP])],
            set(),
        ),
        ([status("D-2")], [NAMED], {"d-1", "d-2"}),
    ],
)
def test_who_holds_it(statuses: t.Any, rows: t.Any, found: set[str]) -> None:
    item = holders.ProfileItem(ITEM)
    assert holders.holders(item, statuses, rows, {ITEM, WIFI}, console_managed=True) == found


@pytest.mark.parametrize(
    "words, found",
    [
        (["EXCLUDED"], set()),
        (["AVAILABLE"], set()),
        (["INCOMPATIBLE"], set()),
        (["PENDING"], {"d-1"}),
        (["FAILED"], {"d-1"}),
        (["REMOVING"], {"d-1"}),
        (["PASS"], {"d-1"}),
        # Of two statuses of one time the weightier one counts.
        (["EXCLUDED", "PENDING"], {"d-1"}),
    ],
)
def test_only_a_status_that_settles_it_outweighs_a_console_managed_profile(
    words: list[str], found: set[str]
) -> None:
    item, statuses = holders.ProfileItem(ITEM), [status("D-1", word) for word in words]
    assert holders.holders(item, statuses, [OPAQUE], {ITEM, WIFI}, console_managed=True) == found
    kandji = Prism([], [OPAQUE], statuses=statuses)
    read = holders.read_holders(t.cast(t.Any, kandji), item, ["b"], {ITEM, WIFI}, True)
    assert read == found
    # The profile of another item says nothing of this one.
    statuses = [status("D-1", "PENDING")]
    assert holders.holders(item, statuses, [OF_WIFI], {ITEM, WIFI}, console_managed=True) == set()
    assert holders.holders(item, statuses, [OPAQUE]) == set(), "a Custom Profile is named"


def test_a_custom_profile_is_known_by_its_identifier_alone() -> None:
    item = holders.ProfileItem(ITEM)
    assert holders.holders(item, [], [OPAQUE]) == set()
    assert holders.holders(item, [], [installed("D-1", f"com.kandji.profile.custom.{ITEM}")]) == {
        "d-1"
    }


@pytest.mark.parametrize(
    "item, identifier, matches",
    [
        (holders.ProfileItem(ITEM), f"com.kandji.profile.custom.{ITEM}", True),
        (holders.ProfileItem(ITEM.upper()), f"com.kandji.profile.custom.{ITEM}", True),
        (holders.ProfileItem(ITEM), f"COM.KANDJI.PROFILE.CUSTOM.{ITEM.upper()}", True),
        (holders.ProfileItem(ITEM, "Acme.SCEP"), "acme.scep", True),
        (holders.ProfileItem(ITEM, "Acme.SCEP"), "acme.scep.2", False),
        (holders.ProfileItem(ITEM), "", False),
        (holders.ProfileItem(ITEM, ""), "", False),
        (holders.ProfileItem("", "acme.scep"), "acme.wifi", False),
        (holders.ProfileItem(ITEM), f"com.kandji.profile.custom.{WIFI}", False),
    ],
)
def test_a_profile_is_the_items_by_its_id_or_by_its_identifier(
    item: holders.ProfileItem, identifier: str, matches: bool
) -> None:
    assert item.matches(installed("D-1", identifier)) is matches


@pytest.mark.parametrize(
    "item, like",
    [
        (holders.ProfileItem("aB"), ["AB", "aB", "ab"]),
        (holders.ProfileItem("1"), ["1"]),
        (holders.ProfileItem("aB", "com.kandji.profile.custom.Ab"), ["AB", "aB", "ab"]),
        (holders.ProfileItem("1", "x"), ["1", "X", "x"]),
    ],
)
def test_prism_is_asked_for_each_form_of_the_id(item: holders.ProfileItem, like: list[str]) -> None:
    assert item.row_filter() == {"payload_identifier": {"like": like}}


def test_an_item_of_a_custom_profile() -> None:
    profile = CustomProfile(ITEM, mdm_identifier="acme.scep")
    assert holders.ProfileItem.of_profile(profile) == holders.ProfileItem(ITEM, "acme.scep")
    assert holders.ProfileItem.of_profile(CustomProfile(ITEM)) == holders.ProfileItem(ITEM)


class Prism:
    """Answers to the filters of Installed profiles, one for each call."""

    def __init__(self, *answers: list[InstalledProfile], statuses: t.Sequence[ItemStatus] = ()):
        self.answers, self.statuses, self.asked = list(answers), list(statuses), []

    def prism_profiles(
        self, row_filter: t.Any, blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        self.asked.append((row_filter, blueprint_ids))
        return iter(self.answers.pop(0))

    def item_statuses(self, item_id: str) -> t.Iterator[ItemStatus]:
        assert item_id in {ITEM, ITEM.upper()}
        return iter(self.statuses)


BARE = installed("D-2", "")


def test_what_kandji_answers_is_compared_again() -> None:
    prism = Prism([NAMED, OF_WIFI, BARE])
    found = holders.installed_on(prism, holders.ProfileItem(ITEM))  # type: ignore[arg-type]  # stub
    assert found == [NAMED, BARE], "a row without an identifier is an answer to the filter"
    assert prism.asked == [(holders.ProfileItem(ITEM).row_filter(), ())]


@pytest.mark.parametrize("count, calls", [(0, []), (1, [1]), (100, [100]), (101, [100, 1])])
def test_many_serials_are_asked_for_in_batches(count: int, calls: list[int]) -> None:
    serials = [f"C{number}" for number in range(count)]
    prism = Prism(*[[NAMED] for _call in calls])
    found = holders.installed_on(prism, holders.ProfileItem(ITEM), serials, ["b"])  # type: ignore[arg-type]  # stub
    assert found == [NAMED] * len(calls)
    assert [len(row_filter["serial_number"]["in"]) for row_filter, _ids in prism.asked] == calls
    assert all(
        row_filter["payload_identifier"] == {"like": [ITEM, ITEM.upper()][::-1]} and ids == ["b"]
        for row_filter, ids in prism.asked
    )


@pytest.mark.parametrize(
    "console_managed, statuses, answers, found",
    [
        (False, [], [[NAMED]], {"d-1"}),
        (False, [], [[]], set()),
        (False, [status("D-3")], [[NAMED, BARE]], {"d-1", "d-2", "d-3"}),
        (True, [status("D-3")], [[], []], {"d-3"}),
        (True, [status("D-3")], [[], [OPAQUE, OF_WIFI]], {"d-1", "d-3"}),
        (True, [status("D-1", "EXCLUDED")], [[], [OPAQUE]], set()),
        (True, [status("D-1", "PENDING")], [[], [OPAQUE]], {"d-1"}),
        (True, [status("D-1", "PENDING")], [[NAMED]], {"d-1"}),
        (True, [status("D-1", "WHATEVER")], [[], [OPAQUE]], {"d-1"}),
        (True, [], [[BARE], [OPAQUE]], {"d-1", "d-2"}),
        (True, [], [[NAMED]], {"d-1"}),
        (True, [], [[], [OPAQUE, OF_WIFI]], {"d-1"}),
        (True, [], [[], [OF_WIFI]], set()),
    ],
)
def test_all_profiles_are_read_only_for_a_console_managed_item_that_nothing_names(
    console_managed: bool, statuses: t.Any, answers: t.Any, found: set[str]
) -> None:
    prism, item = Prism(*answers, statuses=statuses), holders.ProfileItem(ITEM)
    assert holders.read_holders(prism, item, ["b"], {ITEM, WIFI}, console_managed) == found  # type: ignore[arg-type]  # stub
    assert prism.answers == [] and [ids for _filter, ids in prism.asked] == [["b"]] * len(answers)
    assert prism.asked[1:] in ([], [({}, ["b"])])


def test_the_profiles_that_macs_reported_of_a_console_managed_item() -> None:
    item, others = holders.ProfileItem(ITEM), {ITEM, WIFI}

    def reported(prism: Prism) -> list[InstalledProfile]:
        return holders.reported_profiles(t.cast(t.Any, prism), item, [], ["b"], others)

    assert reported(Prism([NAMED])) == [NAMED]
    assert reported(Prism([BARE], [BARE, OPAQUE, OF_WIFI])) == [BARE, OPAQUE]
    assert reported(Prism([], [])) == []


def test_a_profile_without_a_uuid_says_nothing_of_its_generation() -> None:
    row = {"device_id": "D-1", "payload_uuid": "6BA7B810-9DAD-41D1-80B4-00C04FD430C8"}
    known = InstalledProfile.from_row(row)
    holders.require_payload_uuids(iter([known]))
    holders.require_payload_uuids([])
    with pytest.raises(Unreadable) as unreadable:
        holders.require_payload_uuids([known, installed("D-2", "io.kandji.scep.77")])
    assert unreadable.value.message == (
        "Kandji: a row of Installed profiles has no payload_uuid (device d-2), so that it is not"
        f" known which generation of the profile the Mac has. {TRY_AGAIN}"
    )
    assert unreadable.value.details["vendor"] == "kandji"


def test_the_macs_of_a_ring_that_lost_the_item_count_while_another_ring_has_statuses() -> None:
    """Kandji has no status of an item for the Macs of a blueprint from which it was unassigned."""
    ring_1 = [installed(f"R1-{number}", "io.kandji.scep.77") for number in range(20)]
    kandji = Prism([], ring_1, statuses=[status(f"R2-{number}") for number in range(20)])
    found = holders.read_holders(
        t.cast(t.Any, kandji), holders.ProfileItem(ITEM), ["ring-1"], {ITEM}, console_managed=True
    )
    assert {f"r1-{number}" for number in range(20)} <= found


@pytest.mark.parametrize("word", [None, "WHATEVER"])
def test_a_device_whose_status_is_unknown_may_hold_the_profile(word: str | None) -> None:
    statuses = [ItemStatus("d1", status=word), ItemStatus("d2", status="PENDING")]
    kandji = Prism([], statuses=statuses)
    assert holders.read_holders(t.cast(t.Any, kandji), holders.ProfileItem(ITEM)) == {"d1"}
