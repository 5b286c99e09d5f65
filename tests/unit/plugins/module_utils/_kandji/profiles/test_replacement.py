# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCEP profile that takes the place of another item, or joins one."""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    replacement,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Library,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    Plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    LibraryItem,
)

CANARY, SALES = Blueprint("b-canary", "Canary"), Blueprint("b-sales", "Sales")
OLD = LibraryItem("i-old", "Old")
PLAN = Plan(Wanted("New", None, [CANARY, SALES]), "New", CustomProfile("p-new", "New"))
ASSIGNED = replace(PLAN, assignment=Assignment([CANARY], []))


def test_an_item_replaces_another_one() -> None:
    custom = CustomProfile("p-old", "Old profile")
    assert replacement.plan_replacement("Old", PLAN, OLD) == ("i-old", "Old", True)
    assert replacement.plan_replacement("Old", PLAN, custom) == ("p-old", "Old profile", False)
    with pytest.raises(BadOption, match="replaces: 'New' is the item itself. Name the item that"):
        replacement.plan_replacement("New", PLAN, CustomProfile("p-new", "New"))


def test_a_profile_may_join_a_console_managed_one_only_where_it_is_assigned() -> None:
    assert replacement.may_duplicate(ASSIGNED, None)
    assert not replacement.may_duplicate(PLAN, None)
    assert not replacement.may_duplicate(replace(ASSIGNED, console_item=OLD), None)
    replaced = replacement.plan_replacement("Old", PLAN, OLD)
    assert not replacement.may_duplicate(ASSIGNED, replaced)


def installed(serial: str, *types: str, identifier: str = "io.kandji.scep.x") -> InstalledProfile:
    return InstalledProfile("d", serial, identifier=identifier, payload_types=frozenset(types))


def test_console_managed_scep_profiles_are_warned_of_with_one_mac() -> None:
    scep = "com.apple.security.scep"
    wifi = installed("C00", "com.apple.wifi.managed")
    assert replacement.describe_console_profiles([wifi]) == ""
    profiles = [installed("C02", scep), wifi, installed("C01", scep)]
    assert replacement.describe_console_profiles(profiles) == (
        "Macs of these blueprints hold a SCEP profile that was made in Kandji's web app (for"
        " example C01). No API returns its authority. If it is Okta's, stop here, and replace its"
        " item: run the playbook migrate_scep_item."
    )
    assert (
        "No API returns its authority. Okta's log, which may show it, cannot be read: Okta refused"
        " the token. If it is Okta's"
        in replacement.describe_console_profiles(profiles, "Okta refused the token.")
    )


ITEM_ID = "d17f6494-e8c2-4219-8afd-2973f8633958"
IDENTITY = "5f3c1f64-0c3b-4a53-9f5c-1d7a1c2f7e10"


def test_the_certificate_of_a_console_managed_profile_may_hold_its_id_or_that_of_its_item() -> None:
    scep = "com.apple.security.scep"
    kept = [
        replace(
            installed("C02", scep, identifier=f"com.kandji.scep.{ITEM_ID}"), payload_uuid=IDENTITY
        ),
        installed("C01", scep),
    ]
    others = [installed("C03", "com.apple.wifi.managed")]
    assert replacement.find_console_profiles([*others, *kept]) == kept
    assert replacement.list_certificate_uuids([*kept, kept[0]]) == [IDENTITY, ITEM_ID]
    assert replacement.describe_issued(kept) == (
        "Macs of these blueprints (for example C01) hold a SCEP profile that was made in Kandji's"
        " web app, and Okta issued its certificate. The playbook migrate_scep_item replaces it, and"
        " a ring that keeps it has the key library_item"
    )


def test_the_places_of_a_replaced_item_are_its_blueprints() -> None:
    replaced = replacement.plan_replacement("Old", PLAN, OLD)
    library = Library([], items={"b-sales": [OLD], "b-other": [OLD]})
    assert replacement.find_places(replaced, [CANARY, SALES], library) == [SALES]
    assert replacement.find_places(replaced, [CANARY], library) == []


def test_an_item_that_is_replaced_is_no_conflict() -> None:
    url = "https://acme.okta.com/scep/x"
    payload = {"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": url}}
    plist = {"PayloadType": "Configuration", "PayloadContent": [payload]}
    other = CustomProfile("p-old", "Old", mobileconfig=plistlib.dumps(plist).decode())
    library = Library([other], items={"b-canary": [LibraryItem("p-old", "Old")]})
    (text,) = replacement.find_all_conflicts(url, [(PLAN, None)], library)
    assert "'Old' (p-old) has the same SCEP URL" in text
    replaced = replacement.plan_replacement("Old", PLAN, other)
    assert replacement.find_all_conflicts(url, [(PLAN, replaced)], library) == []
    own = replace(PLAN, current=other)
    assert replacement.find_all_conflicts(url, [(own, None)], library) == []
    assert replacement.find_all_conflicts(url, [(PLAN, None), (PLAN, None)], library) == [text] * 2


def test_check_mode_says_for_what_a_real_run_would_wait() -> None:
    refused = Refused("Long.", reason="'New' replaces 'Old'")
    text = "max_remaining: a real run would wait. 'New' replaces 'Old'."
    assert replacement.describe_wait(refused) == text


@pytest.mark.parametrize(
    "places, serials, max_remaining, said",
    [
        ([], set(), 0, None),
        ([], {"C1"}, 1, None),
        (
            [CANARY, SALES],
            set(),
            5,
            "'New' replaces 'Old', which is still on 'Canary', 'Sales': a Mac must have one SCEP"
            " profile of this authority. Nothing was written. Unassign that item there"
            " first.",
        ),
        (
            [],
            {"C1"},
            0,
            "'New' replaces 'Old', which 1 Mac of these blueprints still holds (C1). Nothing was"
            " written. Run again when they have checked in, or set max_remaining: 1 to continue.",
        ),
        (
            [],
            {f"C{number}" for number in range(5)},
            4,
            "5 Macs of these blueprints still hold (C0, C1, C2, C3, C4).",
        ),
        (
            [],
            {f"C{number}" for number in range(6)},
            4,
            "6 Macs of these blueprints still hold (C0, C1, C2, C3, C4 and 1 more).",
        ),
        (
            [],
            {f"C{number}" for number in range(7)},
            6,
            "7 Macs of these blueprints still hold (C0, C1, C2, C3, C4 and 2 more)",
        ),
    ],
)
def test_one_profile_takes_the_place_of_another_only_when_that_is_gone(
    places: t.Any, serials: t.Any, max_remaining: int, said: str | None
) -> None:
    if said is None:
        replacement.check_replaced("Old", places, serials, max_remaining, "New")
        return
    with pytest.raises(Refused, match="Nothing was written") as refused:
        replacement.check_replaced("Old", places, serials, max_remaining, "New")
    assert said in refused.value.message


def test_a_refused_replacement_names_the_item_and_up_to_200_macs_that_hold_it() -> None:
    serials = {f"C{number:03}" for number in range(201)}
    with pytest.raises(Refused) as refused:
        replacement.check_replaced("Old", [], serials, 0, "New")
    held = "'New' replaces 'Old', which 201 Macs of these blueprints still hold"
    assert refused.value.details == {
        "replaces": "Old",
        "reason": f"{held} (C000, C001, C002, C003, C004 and 196 more)",
        "count": 201,
        "held_by": sorted(serials - {"C200"}),
    }
    with pytest.raises(Refused) as refused:
        replacement.check_replaced("Old", [CANARY], serials, 0, "New")
    assert refused.value.details == {
        "replaces": "Old",
        "reason": "'New' replaces 'Old', which is still on 'Canary'",
    }
