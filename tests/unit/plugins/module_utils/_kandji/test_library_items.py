# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The App Store item.

Its statuses in plain words, the one item that is meant, and what a person has to do where there is
none.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    library_items as library_item,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.library_items import (
    Candidate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    AuditEvent,
    Blueprint,
    CustomProfile,
    DeviceItem,
    ItemStatus,
    KandjiDevice,
    LibraryItem,
)

STORE = LibraryItem("aaaa", "Okta Verify")
AUTO = LibraryItem("bbbb", "Okta Verify")
OTHER = LibraryItem("cccc", "Okta Verify for Jamf")


# Which item is meant


@pytest.mark.parametrize(
    "items, found",
    [
        ({}, {}),
        ({"canary": [OTHER]}, {}),
        ({"canary": [STORE, OTHER]}, {"aaaa": ("canary",)}),
        (
            {"canary": [STORE], "sales": [STORE]},
            {"aaaa": ("canary", "sales")},
        ),
        (
            {"canary": [STORE], "sales": [AUTO]},
            {
                "aaaa": ("canary",),
                "bbbb": ("sales",),
            },
        ),
    ],
)
def test_items_of_exactly_this_name_are_found_over_all_blueprints(
    items: dict[str, t.Any], found: dict[str, t.Any]
) -> None:
    candidates = library_item.find_item("Okta Verify", items)
    assert {item_id: each.blueprints for item_id, each in candidates.items()} == found
    assert all(
        each == Candidate(item_id, "Okta Verify", each.blueprints)
        for item_id, each in candidates.items()
    )


def test_the_one_item_of_the_name_is_meant() -> None:
    found = library_item.find_item("Okta Verify", {"canary": [STORE]})
    assert library_item.choose("Okta Verify", found, []) == STORE


def test_between_two_items_of_one_name_nothing_is_guessed() -> None:
    found = library_item.find_item("Okta Verify", {"1": [STORE, AUTO], "2": [AUTO]})
    with pytest.raises(BadOption) as raised:
        library_item.choose(
            "Okta Verify",
            {**found, "aaaa": replace(found["aaaa"], type="App Store App")},
            [Blueprint("1", "Canary"), Blueprint("2", "Sales")],
        )
    assert (
        raised.value.message
        == "name: Kandji has 2 library items named 'Okta Verify': aaaa is of type App Store App on"
        " Canary; bbbb is of type unknown on Canary, Sales. Select one by"
        " library_item_id."
    )
    assert [(one["id"], one["type"]) for one in raised.value.details["candidates"]] == [
        ("aaaa", "App Store App"),
        ("bbbb", None),
    ]


@pytest.mark.parametrize(
    "items, said",
    [
        ({}, "can create one. Follow"),
        (
            {"1": [LibraryItem("1", "Okta Verify App"), LibraryItem("2", "Zoom")]},
            "did you mean 'Okta Verify App'?",
        ),
    ],
)
def test_where_there_is_none_the_steps_in_the_console_are_told(
    items: dict[str, t.Any], said: str
) -> None:
    error = library_item.not_found("Okta Verify", [Blueprint("1", "Canary")], items)
    assert error.message.startswith("No library item named 'Okta Verify'")
    assert said in error.message
    steps = error.details["console_steps"]
    assert any("licences" in step for step in steps)
    assert any("Canary" in step for step in steps)
    assert any("Install and Continuously Enforce" in step for step in steps)


# The report


def row(device: str, status: str, log: str = "") -> ItemStatus:
    return ItemStatus(device, f"Mac of {device}", status=status, log=log)


def test_a_report_counts_by_state_and_names_those_in_trouble() -> None:
    rows = [
        row("one", "PASS"),
        row("two", "PENDING"),
        row("three", "ERROR", "No license"),
        row("four", "AVAILABLE"),
        row("ipad", "ERROR"),
        ItemStatus("", status="PASS"),
    ]
    found = library_item.report(rows, {"one", "two", "three", "four"}, {"one", "ipad"}, max_rows=10)
    assert found == {
        "installed": 1,
        "pending": 1,
        "failed": 0,
        "self_service_only": 1,
        "no_licence": 1,
        "excluded": 0,
        "incompatible": 0,
        "unknown": 0,
        "macs_with_bundle": 1,
        "trouble_total": 2,
        "trouble": [
            {
                "device_id": "three",
                "device_name": "Mac of three",
                "state": "no_licence",
                "log": "No license",
            },
            {
                "device_id": "four",
                "device_name": "Mac of four",
                "state": "self_service_only",
                "log": "",
            },
        ],
    }


def test_a_report_names_no_more_than_asked_for_and_says_how_many_there_are() -> None:
    found = library_item.report(
        [row(str(number), "ERROR", "x" * 1000) for number in range(9)],
        {str(number) for number in range(9)},
        set(),
        max_rows=3,
    )
    assert (
        [one["device_id"] for one in found["trouble"]],
        found["trouble_total"],
        found["failed"],
    ) == (["0", "1", "2"], 9, 9)
    assert len(found["trouble"][0]["log"]) == 300


def test_an_empty_fleet_has_an_empty_report() -> None:
    found = library_item.report([row("one", "PASS")], set(), {"one"}, max_rows=3)
    assert {key: value for key, value in found.items() if value} == {}


# The audit log


def event(
    action: str, item_id: str, name: str | None = "Okta Verify", **values: t.Any
) -> dict[str, t.Any]:
    return {
        "action": action,
        "target_type": "library_item",
        "target_id": item_id,
        "new_state": {"name": name, "type": "vpp-app", "active": True},
        **values,
    }


@pytest.mark.parametrize(
    "events, ids",
    [
        ([], []),
        ([event("create", "A")], ["a"]),
        ([event("update", "A"), event("create", "a")], ["a"]),
        ([event("delete", "a"), event("create", "A")], []),
        ([event("update", "a", "Renamed"), event("create", "a")], []),
        ([event("update", "a"), event("create", "a", "Old name")], ["a"]),
        ([event("create", "a"), event("create", "b")], ["a", "b"]),
        ([event("create", "a", target_type="device")], []),
        ([event("update", "a", new_state=None), event("create", "a")], ["a"]),
        ([event("update", "a", new_state={"active": True}), event("create", "a")], ["a"]),
        ([event("delete", "a", new_state=None), event("create", "a")], []),
        (
            [
                {},
                {"target_type": "library_item"},
                {"target_type": "library_item", "target_id": None, "new_state": []},
            ],
            [],
        ),
    ],
)
def test_the_newest_event_says_what_an_item_is_called_now(
    events: list[dict[str, t.Any]], ids: list[str]
) -> None:
    found = library_item.find_in_events("Okta Verify", map(AuditEvent.from_row, events))
    assert sorted(found) == ids
    assert all(one.type == "vpp-app" and one.blueprints == () for one in found.values())


# A SCEP item of the web app

CONSOLE_ITEM = LibraryItem("dddd0000-0000-4000-8000-00000000000d", "Okta SCEP by hand")
TWIN = replace(CONSOLE_ITEM, id="eeee0000-0000-4000-8000-00000000000e")


def tenant(
    on_sales: t.Sequence[t.Any] = (),
    on_device: t.Sequence[t.Any] = (),
    events: t.Sequence[t.Any] = (),
) -> mock.Mock:
    """Two blueprints; what is on Sales, on the one Mac of Canary, and in the audit log."""
    return mock.Mock(
        blueprints=lambda: iter([Blueprint("canary", "Canary"), Blueprint("sales", "Sales")]),
        library_items=lambda blueprint: list(on_sales),
        devices=lambda **_filters: iter([KandjiDevice("mac-1", blueprint_id="canary")]),
        device_items=lambda device: list(map(DeviceItem.from_row, on_device)),
        audit_events=lambda: map(AuditEvent.from_row, events),
    )


def created(name: str, item_id: str = CONSOLE_ITEM.id.upper()) -> dict[str, t.Any]:
    return {
        "target_type": "library_item",
        "target_id": item_id,
        "action": "create",
        "new_state": {"name": name, "type": "profile"},
    }


@pytest.mark.parametrize(
    "asked, items, kandji",
    [
        (CONSOLE_ITEM.id.upper(), {"canary": [CONSOLE_ITEM]}, tenant()),
        (CONSOLE_ITEM.name, {"canary": [CONSOLE_ITEM]}, tenant()),
        (CONSOLE_ITEM.name, {"canary": []}, tenant(on_sales=[CONSOLE_ITEM])),
        (
            CONSOLE_ITEM.name,
            {"canary": []},
            tenant(
                on_device=[
                    {
                        "item_id": CONSOLE_ITEM.id.upper(),
                        "name": CONSOLE_ITEM.name,
                        "type": "profile",
                    }
                ]
            ),
        ),
        (CONSOLE_ITEM.name, {"canary": []}, tenant(events=[created(CONSOLE_ITEM.name)])),
    ],
)
def test_the_web_apps_item_is_found_wherever_it_shows(
    asked: str, items: t.Any, kandji: mock.Mock
) -> None:
    assert library_item.find_scep_item(kandji, asked, items, []) == CONSOLE_ITEM


@pytest.mark.parametrize(
    "asked, items, profiles, said",
    [
        (
            "Okta SCEP - canary",
            {},
            [CustomProfile("p-1", "Okta SCEP - canary")],
            "is a Custom Profile",
        ),
        ("P-1", {}, [CustomProfile("p-1", "Okta SCEP - canary")], "is a Custom Profile"),
        (
            CONSOLE_ITEM.name,
            {"canary": [CONSOLE_ITEM, TWIN], "sales": []},
            [],
            "2 library items named",
        ),
        ("Nothing", {"canary": [CONSOLE_ITEM], "sales": []}, [], "Create it in Kandji's web app"),
    ],
)
def test_what_is_not_one_item_of_the_web_app_is_told(
    asked: str, items: t.Any, profiles: t.Any, said: str
) -> None:
    with pytest.raises(BadOption, match="^library_item: ") as told:
        library_item.find_scep_item(tenant(), asked, items, profiles)
    assert said in told.value.message


def test_one_that_was_renamed_since_is_not_found_by_its_old_name() -> None:
    kandji = tenant(events=[created("Another name"), created(CONSOLE_ITEM.name)])
    with pytest.raises(BadOption, match="no library item named"):
        library_item.find_scep_item(kandji, CONSOLE_ITEM.name, {"canary": []}, [])


# All items of blueprints


BLUEPRINTS = [Blueprint("b1", "Canary"), Blueprint("b2", "Wide")]
ON_THEM = {"b1": [STORE, OTHER], "b2": [STORE, AUTO]}


@pytest.mark.parametrize(
    "wanted, found",
    [
        (
            {},
            [
                ("aaaa", "Okta Verify", ["Canary", "Wide"]),
                ("bbbb", "Okta Verify", ["Wide"]),
                ("cccc", "Okta Verify for Jamf", ["Canary"]),
            ],
        ),
        (
            {"names": ["Okta Verify for Jamf", "Slack"]},
            [("cccc", "Okta Verify for Jamf", ["Canary"])],
        ),
        ({"ids": ["BBBB", "dddd"]}, [("dddd", "", []), ("bbbb", "Okta Verify", ["Wide"])]),
        ({"names": []}, []),
        ({"ids": []}, []),
    ],
)
def test_the_items_of_blueprints_are_told_once_each(
    wanted: dict[str, t.Any], found: list[t.Any]
) -> None:
    items = library_item.catalogue(ON_THEM, BLUEPRINTS, **wanted)
    assert [(each.id, each.name, list(each.blueprints)) for each in items] == found
