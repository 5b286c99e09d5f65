# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that an option names."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.lookup import (
    Catalog,
    find_earlier,
    fold_look,
    fold_name,
    named,
    suggestion,
)


@dataclasses.dataclass(frozen=True)
class Policy:
    id: str
    name: str


SALES, STAFF, OLD_STAFF = Policy("p1", "Sales"), Policy("p2", "Staff"), Policy("P1", "Staff")
POLICIES = Catalog(
    "policy", "Okta", [SALES, STAFF, OLD_STAFF], lambda row: row.id, lambda row: row.name
)
UNAMBIGUOUS = dataclasses.replace(POLICIES, items=[SALES, STAFF])


def test_an_id_comes_before_a_name() -> None:
    named_like_an_id = Policy("p3", "p2")
    policies = dataclasses.replace(POLICIES, items=[named_like_an_id, STAFF])
    assert policies.resolve_one("p2", "policy") is STAFF
    assert policies.resolve_one("Staff", "policy") is STAFF


@pytest.mark.parametrize("fold_case, policy", [(False, None), (True, STAFF)])
def test_ids_in_another_case_count_where_the_vendor_treats_them_so(
    fold_case: bool, policy: Policy | None
) -> None:
    policies = dataclasses.replace(UNAMBIGUOUS, fold_case=fold_case)
    assert policies.find_one("P2", "policy") is policy


def test_a_name_in_another_case_is_an_error_and_no_new_object() -> None:
    """No vendor documents whether it distinguishes them."""
    for find in (UNAMBIGUOUS.find_name, UNAMBIGUOUS.find_one, UNAMBIGUOUS.resolve_one):
        with pytest.raises(BadOption) as error:
            find("staff", "policy")
        assert error.value.message == (
            "policy: Okta has no policy 'staff'; did you mean 'Staff'? Give that name, or rename the"
            " policy in Okta."
        )
    assert UNAMBIGUOUS.find_name("Staff", "policy") is STAFF


def test_of_names_that_differ_in_case_the_exact_one_is_meant() -> None:
    both = dataclasses.replace(POLICIES, items=[STAFF, Policy("p3", "STAFF")])
    assert both.find_name("Staff", "policy") is STAFF
    with pytest.raises(BadOption, match="did you mean 'STAFF' or 'Staff'\\? Give"):
        both.find_name("staff", "policy")


def test_a_missing_object_comes_with_the_nearest_names() -> None:
    with pytest.raises(BadOption) as error:
        UNAMBIGUOUS.resolve_one("staf", "policy")
    assert error.value.message == "policy: Okta has no policy 'staf'; did you mean 'Staff'?"
    with pytest.raises(BadOption) as error:
        UNAMBIGUOUS.require_id("p9", "policy_id")
    assert error.value.message == "policy_id: Okta has no policy with the id p9. Correct it."
    assert UNAMBIGUOUS.require_id("p2", "policy_id") is STAFF


def test_the_result_of_a_search_suggests_nothing() -> None:
    with pytest.raises(BadOption) as error:
        dataclasses.replace(UNAMBIGUOUS, complete=False).resolve_one("staf", "policy")
    assert error.value.message == "policy: Okta has no policy 'staf'. Correct the name."


@pytest.mark.parametrize(
    "id_option, remedy",
    [("", "Give the id of one."), ("policy_id", "Set policy_id to the id of one.")],
)
def test_which_of_several_is_meant_is_never_guessed(id_option: str, remedy: str) -> None:
    with pytest.raises(BadOption) as error:
        POLICIES.find_one("Staff", "policy", id_option)
    assert error.value.message == f"policy: Okta has 2 policies named 'Staff' (p2, P1). {remedy}"
    for find in (POLICIES.find_name, POLICIES.find_one, POLICIES.resolve_one):
        with pytest.raises(BadOption, match=r"^policy: .*\. Give the id of one\.$"):
            find("Staff", "policy")
    assert POLICIES.find_one("P1", "policy") is OLD_STAFF


def test_of_several_a_catalog_may_have_a_remedy_of_its_own() -> None:
    blueprints = dataclasses.replace(POLICIES, kind="blueprint", remedy="Rename one of them")
    with pytest.raises(BadOption) as error:
        blueprints.find_name("Staff", "blueprint", "blueprint_id")
    assert error.value.message == (
        "blueprint: Okta has 2 blueprints named 'Staff' (p2, P1). Rename one of them."
    )


@pytest.mark.parametrize(
    ("id_option", "remedy"),
    [
        ("", "Rename all but one of them, or give the id of one."),
        ("policy_id", "Rename all but one of them, or set policy_id to the id of one."),
    ],
)
def test_of_several_a_catalog_may_offer_more_than_an_id(id_option: str, remedy: str) -> None:
    policies = dataclasses.replace(POLICIES, other_remedy="Rename all but one of them")
    with pytest.raises(BadOption) as error:
        policies.find_name("Staff", "policy", id_option)
    assert error.value.message == f"policy: Okta has 2 policies named 'Staff' (p2, P1). {remedy}"


def test_all_of_a_name_are_found() -> None:
    assert named(POLICIES.items, "Staff") == [STAFF, OLD_STAFF]
    assert named(POLICIES.items, "staff") == named(POLICIES.items, None) == []


def test_several_come_in_the_order_of_the_option_and_each_once() -> None:
    assert UNAMBIGUOUS.resolve_many(["Staff", "p1", "p2"], "policies") == [STAFF, SALES]
    folded = dataclasses.replace(UNAMBIGUOUS, fold_case=True)
    assert folded.resolve_many(["P2", "p2", "Staff"], "policies") == [STAFF]
    with pytest.raises(BadOption, match="^policies: Okta has no policy 'p9'"):
        UNAMBIGUOUS.resolve_many(["Staff", "p9"], "policies")


@pytest.mark.parametrize(
    "name, names, text",
    [
        ("stuff", ["Staff", "Sales"], "; did you mean 'Staff'?"),
        ("x", ["Staff", "Sales"], "; there are 'Sales', 'Staff'."),
        ("x", [], "; there are none."),
        # The three nearest, or ten of those that are not near
        (
            "staf",
            ["Stuff", "Staffs", "Sta", "Staff"],
            "; did you mean 'Staff' or 'Sta' or 'Staffs'?",
        ),
        ("x", list("abcdefghijkl"), f"; there are {', '.join(map(repr, 'abcdefghij'))}."),
        # Names that share half of their letters are near.
        ("abcd", ["ABXY"], "; did you mean 'ABXY'?"),
        ("ABCD", ["axyz"], "; there are 'axyz'."),
    ],
)
def test_what_is_near_is_suggested(name: str, names: list[str], text: str) -> None:
    assert suggestion(name, names) == text


@pytest.mark.parametrize(
    "own, first",
    [(("2", "p2"), None), (("3", "p3"), STAFF), (("2", "p3"), STAFF), (("5", "p1"), STAFF)],
)
def test_of_objects_created_at_once_the_first_one_stays(
    own: tuple[str, str], first: Policy | None
) -> None:
    times = {STAFF.id: "2", SALES.id: "4"}
    assert find_earlier(own, [SALES, STAFF], lambda each: (times[each.id], each.id)) is first


COMPOSED, DECOMPOSED = "Caf\xe9 Nord", "Cafe\u0301 Nord"
ALIKE = [
    DECOMPOSED,
    "Caf\xe9\xa0Nord",
    "Caf\xe9  Nord ",
    "Caf\xe9\u200b Nord",
    "\ufeffCaf\xe9 Nord",
]


@pytest.mark.parametrize("name", ALIKE)
def test_a_name_that_looks_the_same_is_told_apart(name: str) -> None:
    text = suggestion(COMPOSED, [name, "Caf\xe9 Sud"])
    assert text == (
        f"; did you mean {name!r}? They look alike: yours is 'Caf\\xe9 Nord', the other one"
        f" {ascii(name)}."
    )
    assert suggestion(name, [COMPOSED]).endswith(
        f" yours is {ascii(name)}, the other one 'Caf\\xe9 Nord'."
    )
    assert fold_look(name) == COMPOSED


def test_letters_of_another_script_are_told_apart() -> None:
    assert suggestion("\u0421anary", ["Canary"]).endswith("the other one 'Canary'.")
    # A Tangut letter, which has no name in Python's data.
    assert suggestion("\U00017000anary", ["Canary"]).endswith("the other one 'Canary'.")
    for other in ("canary", "Kanary", "C\xe1nary", "Canaries", "Can4ry"):
        assert "look alike" not in suggestion("Canary", [other])


def test_no_twin_is_made_of_an_object_whose_name_looks_the_same() -> None:
    policies = dataclasses.replace(POLICIES, items=[Policy("p1", DECOMPOSED)])
    for find in (policies.find_name, policies.find_one, policies.resolve_one):
        with pytest.raises(BadOption, match="^policy: Okta has no policy 'Caf\xe9 Nord'; did you"):
            find(COMPOSED, "policy")
    assert policies.find_name(DECOMPOSED, "policy") == policies.items[0]
    with pytest.raises(BadOption):
        policies.find_name(COMPOSED.upper(), "policy")
    assert policies.find_name(COMPOSED[:-1], "policy") is None


@pytest.mark.parametrize(
    "name",
    ["Canary", " canary", "CANARY\n", "canary\xa0", "\u200bCan\u00adary", "\u2003canary"],
)
def test_a_name_is_folded_by_what_people_overlook(name):
    assert fold_name(name) == "canary"
