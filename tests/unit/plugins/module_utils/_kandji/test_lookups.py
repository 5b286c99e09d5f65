# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options name in Kandji, and which names an item may get."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.lookups import (
    blueprint_catalog,
    check_new_name,
    check_rename,
    check_same_name,
    profile_catalog,
    script_catalog,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    CustomScript,
)

OWN, OTHER = CustomScript("s1", "Check"), CustomScript("s2", "Clean up")


@pytest.mark.parametrize("name", [None, "Check", "Another"])
def test_an_item_keeps_its_name_or_gets_a_new_one(name: str | None) -> None:
    check_rename(OWN, name, [OWN, OTHER])


def test_an_item_does_not_get_the_name_of_another_one() -> None:
    with pytest.raises(BadOption) as raised:
        check_rename(OWN, "Clean up", [OWN, OTHER])
    assert raised.value.message == (
        "name: Kandji has another one named 'Clean up' (s2). Choose another name, or leave name out."
    )


def test_of_two_items_of_one_name_each_stays() -> None:
    twin = CustomScript("s3", "Check")
    check_rename(OWN, "Check", [OWN, twin])


def test_a_new_item_is_not_renamed() -> None:
    check_rename(None, "Clean up", [OWN, OTHER])


def refusal(call: t.Callable[[], object]) -> str:
    """Return the message of a call that refuses its options."""
    with pytest.raises(BadOption) as refused:
        call()
    return refused.value.message


@pytest.mark.parametrize("wanted", ["ab1", "AB1", "Canary"])
def test_an_object_is_found_by_its_id_in_either_case_or_by_its_exact_name(wanted: str) -> None:
    blueprints = [Blueprint("ab2", "Sales"), Blueprint("ab1", "Canary")]
    profiles = [CustomProfile("ab2", "Wi-Fi"), CustomProfile("ab1", "Canary")]
    scripts = [CustomScript("ab2", "Check"), CustomScript("ab1", "Canary")]
    assert blueprint_catalog(blueprints).find_one(wanted, "blueprint") is blueprints[1]
    assert profile_catalog(profiles).find_one(wanted, "name") is profiles[1]
    assert script_catalog(scripts).find_one(wanted, "name") is scripts[1]


def test_of_two_objects_of_one_name_none_is_meant() -> None:
    """A profile or a script has an option for its name alone in some modules."""
    blueprints = blueprint_catalog([Blueprint("b1", "Canary"), Blueprint("b2", "Canary")])
    assert refusal(lambda: blueprints.find_one("Canary", "blueprint")) == (
        "blueprint: Kandji has 2 blueprints named 'Canary' (b1, b2). Give the id of one."
    )
    remedy = "Rename all but one of them in Kandji, or give the id of one."
    profiles = profile_catalog([CustomProfile("p1", "Wi-Fi"), CustomProfile("p2", "Wi-Fi")])
    assert refusal(lambda: profiles.find_one("Wi-Fi", "name")) == (
        f"name: Kandji has 2 custom profiles named 'Wi-Fi' (p1, p2). {remedy}"
    )
    scripts = script_catalog([CustomScript("s1", "Check"), CustomScript("s2", "Check")])
    assert refusal(lambda: scripts.find_one("Check", "name")) == (
        f"name: Kandji has 2 custom scripts named 'Check' (s1, s2). {remedy}"
    )


def test_what_is_removed_by_its_id_has_the_name_that_is_given_with_it() -> None:
    assert refusal(lambda: check_same_name(OWN, "Clean up")) == (
        "name: the item with the library_item_id s1 is named 'Check', not 'Clean up'. Nothing was"
        " removed. Name one item by both, or leave one of them out."
    )
    check_same_name(OWN, "Check")
    check_same_name(OWN, None)
    check_same_name(None, "Check")


@pytest.mark.parametrize("name", [" Check", "Check ", "Check\n"])
def test_a_new_name_has_no_space_around_it(name: str) -> None:
    """A tenant that removes it would not find the item again. One that has the name keeps it."""
    message = f"Custom script {name!r}: its name begins or ends with a space. Remove it."
    assert refusal(lambda: check_new_name("Custom script", name)) == message
    assert refusal(lambda: check_new_name("Custom script", name, OWN)) == message
    check_new_name("Custom script", name, CustomScript("s1", name))
    check_new_name("Custom script", name.strip())
    check_new_name("Custom script", name.strip(), OTHER)
