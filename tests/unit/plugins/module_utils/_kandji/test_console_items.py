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
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Forbidden,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    console_items as library_item,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.console_items import (
    ItemMatch,
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
        each == ItemMatch(item_id, "Okta Verify", each.blueprints)
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
    assert raised.value.details["candidates"] == [
        {"id": "aaaa", "name": "Okta Verify", "blueprints": ["1"], "type": "App Store App"},
        {"id": "bbbb", "name": "Okta Verify", "blueprints": ["1", "2"], "type": None},
    ]


def test_a_candidate_is_described_by_the_ids_of_unknown_blueprints_or_by_none() -> None:
    candidates = {
        "a": ItemMatch("a", "Okta Verify", ("1", "9")),
        "b": ItemMatch("b", "Okta Verify"),
    }
    with pytest.raises(BadOption) as raised:
        library_item.choose("Okta Verify", candidates, [Blueprint("1", "Canary")])
    assert (
        "a is of type unknown on Canary, 9; b is of type unknown on no blueprint."
        in raised.value.message
    )


@pytest.mark.parametrize("item_id", ["aaaa", "AAAA"])
def test_an_item_by_id_has_the_name_that_a_blueprint_shows(item_id: str) -> None:
    items = {"canary": [OTHER, STORE]}
    assert library_item.item_by_id(item_id, items, "asked") == STORE
    assert library_item.item_by_id("DDDD", items, "asked") == LibraryItem("dddd", "asked")


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
    similar = [*library_item.find_similar("Okta Verify", items).values()]
    error = library_item.not_found("Okta Verify", [Blueprint("1", "Canary")], similar)
    assert error.message.startswith(
        "No library item named 'Okta Verify' is on any blueprint or device or in the audit log, and"
        " no public API can create one"
    )
    assert said in error.message
    assert error.message.endswith(" Follow the console steps, then run again.")
    steps = error.details["console_steps"]
    assert steps == library_item.console_steps("Okta Verify", [Blueprint("1", "Canary")])


@pytest.mark.parametrize(
    "name, suggested",
    [
        ("Slack", "; did you mean 'Slack App'?"),
        ("Slack for Macs", "; did you mean 'Slack App'?"),
        ("App", "; did you mean 'Zoom App' or 'Slack App'?"),
        ("Teams", "."),
        ("", "; there are 'Slack App', 'Zoom App'."),
    ],
)
def test_items_with_the_first_word_of_a_name_are_suggested(name: str, suggested: str) -> None:
    items = {"1": [LibraryItem("1", "Slack App"), LibraryItem("2", "Zoom App")]}
    similar = [*library_item.find_similar(name, items).values()]
    error = library_item.not_found(name, [], similar)
    assert f"no public API can create one{suggested} Follow the console steps" in error.message


def test_an_item_of_another_type_is_named_as_such_and_never_suggested() -> None:
    similar = [
        ItemMatch("1", "Okta Verify for Mac", ("b1", "b2"), "automatic-app"),
        ItemMatch("2", "Okta Verify settings", ("b9",), "profile"),
        ItemMatch("3", "Okta Verify App", ("b1",), "vpp-app"),
        ItemMatch("4", "Okta Verify 9", ("b1",)),
    ]
    known = [Blueprint("b1", "Canary"), Blueprint("b2", "Sales")]
    error = library_item.not_found("Okta Verify", [], similar, known)
    assert error.message == (
        "No library item named 'Okta Verify' is on any blueprint or device or in the audit log, and"
        " no public API can create one; did you mean 'Okta Verify 9' or 'Okta Verify App'?"
        " 'Okta Verify for Mac' on 'Canary', 'Sales' is an Auto App, which is another item."
        " 'Okta Verify settings' on 'b9' is a profile, which is another item."
        " Follow the console steps, then run again."
    )
    alone = library_item.not_found("Okta Verify", [], similar[:1], known)
    assert "did you mean" not in alone.message and "create one. 'Okta Verify for" in alone.message


def test_types_of_similar_items_are_read_from_one_mac_of_each_blueprint_or_the_audit_log() -> None:
    items = {
        "b1": [LibraryItem("1", "Okta Verify for Mac"), LibraryItem("9", "Zoom")],
        "b2": [LibraryItem("1", "Okta Verify for Mac"), LibraryItem("2", "okta verify 9")],
        "b3": [LibraryItem("3", "Okta Verify 3")],
    }
    kandji: t.Any = mock.Mock()
    kandji.devices.return_value = iter([KandjiDevice("d2", "C2", blueprint_id="b2")])
    kandji.device_items.side_effect = lambda _device: [
        DeviceItem("1", "Okta Verify for Mac", "automatic-app"),
        DeviceItem("2", "okta verify 9"),
    ]
    similar = library_item.find_similar("Okta Verify", items)
    events = [AuditEvent(target_id="3", new_type="custom-app")]
    assert library_item.with_types(kandji, similar, events) == [
        ItemMatch("3", "Okta Verify 3", ("b3",), "custom-app"),
        ItemMatch("1", "Okta Verify for Mac", ("b1", "b2"), "automatic-app"),
        ItemMatch("2", "okta verify 9", ("b2",)),
    ]
    kandji.device_items.assert_called_once_with("d2")
    kandji.reset_mock()
    assert library_item.with_types(kandji, {}, []) == [] and not kandji.devices.called


def test_an_audit_log_that_could_not_be_read_is_not_claimed_to_be_empty() -> None:
    error = library_item.not_found("Okta Verify", [], [], unread="the token lacks a permission.")
    assert error.message == (
        "No library item named 'Okta Verify' is on any blueprint or device, and no public API can"
        " create one. Follow the console steps, then run again. An item that is assigned nowhere is not"
        " visible: the token lacks a permission."
    )


def test_the_steps_in_the_console_lead_from_the_license_to_the_next_run() -> None:
    assert library_item.console_steps("Okta Verify", BLUEPRINTS) == [
        "In Apple Business Manager, buy Okta Verify licenses (they are free) for the location that"
        " Kandji uses.",
        "Log in to the Kandji web app and click Library.",
        "Search for Okta Verify and click the Okta Verify App Store app card (not the Auto App).",
        "Assign it to one blueprint, which lets the API find it. Its Macs get the app at once,"
        " therefore choose one without Macs that have to wait for their certificate.",
        "Select Install and Continuously Enforce as the installation type.",
        "Click Save, then run this again: it finds the item and assigns it to Canary, Wide.",
    ]


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
    found = library_item.report(rows, {"one", "two", "three", "four"}, {"one", "ipad"}, limit=10)
    assert found == {
        "installed": 1,
        "pending": 1,
        "failed": 0,
        "self_service_only": 1,
        "no_license": 1,
        "excluded": 0,
        "incompatible": 0,
        "unknown": 0,
        "macs_with_bundle": 1,
        "trouble_total": 2,
        "trouble": [
            {
                "device_id": "three",
                "device_name": "Mac of three",
                "state": "no_license",
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
        limit=3,
    )
    assert (
        [one["device_id"] for one in found["trouble"]],
        found["trouble_total"],
        found["failed"],
    ) == (["0", "1", "2"], 9, 9)
    assert len(found["trouble"][0]["log"]) == 300


def test_an_empty_fleet_has_an_empty_report() -> None:
    found = library_item.report([row("one", "PASS")], set(), {"one"}, limit=3)
    assert {key: value for key, value in found.items() if value} == {}


def test_only_states_that_devices_are_in_are_shown() -> None:
    counts = library_item.states([row("one", "PASS"), row("two", "ERROR")], limit=1)
    assert counts.as_result()["states"] == {"installed": 1, "failed": 1}


def test_without_a_limit_all_in_trouble_are_named() -> None:
    counts = library_item.states([row(str(number), "ERROR") for number in range(999)], None)
    assert len(counts.as_result()["trouble"]) == 999


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
        ([event("create", "b", target_type="device")], []),
        ([event("create", "b", target_type="device"), event("create", "a")], ["a"]),
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


def test_an_event_without_a_type_is_of_an_unknown_one() -> None:
    events = [AuditEvent("a", "library_item", "create", new_name="Okta Verify")]
    assert library_item.find_in_events("Okta Verify", events)["a"].type == "unknown"


# A search on all blueprints, then on one Mac of each


def on_mac(item_id: str, name: str = "Okta Verify", type_: str = "vpp-app") -> dict[str, t.Any]:
    return {"item_id": item_id, "name": name, "type": type_}


@pytest.mark.parametrize(
    "read, on_device, candidates",
    [
        # The only item of the name needs no type
        ([STORE], [on_mac("aaaa")], {"aaaa": ItemMatch("aaaa", "Okta Verify", ("canary",))}),
        # Of several, those that a Mac shows have a type; others of the Mac do not count
        (
            [STORE, AUTO],
            [on_mac("bbbb"), on_mac("dddd"), on_mac("aaaa", "Another name")],
            {
                "aaaa": ItemMatch("aaaa", "Okta Verify", ("canary",)),
                "bbbb": ItemMatch("bbbb", "Okta Verify", ("canary",), "vpp-app"),
            },
        ),
        # Of none, all that a Mac shows count
        (
            [OTHER],
            [on_mac("dddd"), on_mac("eeee", type_="automated-app"), on_mac("cccc", OTHER.name)],
            {
                "dddd": ItemMatch("dddd", "Okta Verify", type="vpp-app"),
                "eeee": ItemMatch("eeee", "Okta Verify", type="automated-app"),
            },
        ),
    ],
)
def test_macs_are_asked_where_blueprints_do_not_settle_it(
    read: list[LibraryItem], on_device: list[dict[str, t.Any]], candidates: dict[str, ItemMatch]
) -> None:
    blueprints = [Blueprint("canary", "Canary"), Blueprint("sales", "Sales")]
    kandji = tenant(on_sales=[OTHER], on_device=on_device)
    result = library_item.search(kandji, "Okta Verify", {"canary": read}, blueprints)
    assert result == (candidates, {"canary": read, "sales": [OTHER]})


def test_only_macs_are_asked_and_one_of_each_blueprint() -> None:
    kandji = mock.Mock()
    kandji.devices.return_value = [KandjiDevice("mac-1", blueprint_id="canary")]
    kandji.device_items.return_value = [DeviceItem.from_row(on_mac("aaaa"))]
    blueprints = [Blueprint("canary", "Canary"), Blueprint("sales", "Sales")]
    assert library_item.types_on_devices(kandji, blueprints, "Okta Verify") == {"aaaa": "vpp-app"}
    assert kandji.method_calls == [
        mock.call.devices(platform="Mac"),
        mock.call.device_items("mac-1"),
    ]


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
            "it is a Custom Profile (p-1), which has an API. Name an item that only Kandji's web app"
            " can edit, or none.",
        ),
        ("P-1", {}, [CustomProfile("p-1", "Okta SCEP - canary")], "is a Custom Profile"),
        (
            "Okta SCEP",
            {},
            [CustomProfile("p-1", "Okta SCEP"), CustomProfile("p-2", "Okta SCEP")],
            "Kandji has 2 custom profiles named 'Okta SCEP'",
        ),
        (
            CONSOLE_ITEM.name,
            {"canary": [CONSOLE_ITEM, TWIN], "sales": []},
            [],
            "2 library items named 'Okta SCEP by hand': ",
        ),
        (
            CONSOLE_ITEM.name,
            {"canary": [CONSOLE_ITEM, TWIN], "sales": []},
            [],
            "Select one by its id.",
        ),
        (
            "Nothing",
            {"canary": [CONSOLE_ITEM], "sales": []},
            [],
            "is on any blueprint or device or in the audit log. Create it in Kandji's web app, or"
            " set its id, which is in the address of its page there.",
        ),
    ],
)
def test_what_is_not_one_item_of_the_web_app_is_told(
    asked: str, items: t.Any, profiles: t.Any, said: str
) -> None:
    with pytest.raises(BadOption, match=f"^SCEP item {asked!r}: ") as told:
        library_item.find_scep_item(tenant(), asked, items, profiles)
    assert said in told.value.message


def test_one_that_was_renamed_since_is_not_found_by_its_old_name() -> None:
    kandji = tenant(events=[created("Another name"), created(CONSOLE_ITEM.name)])
    with pytest.raises(BadOption, match="no library item with this name"):
        library_item.find_scep_item(kandji, CONSOLE_ITEM.name, {"canary": []}, [])


def test_an_id_that_is_on_no_blueprint_is_taken_as_it_is() -> None:
    item_id = TWIN.id.upper()
    item = library_item.find_scep_item(tenant(), item_id, {"canary": [CONSOLE_ITEM]}, [])
    assert item == LibraryItem(TWIN.id, item_id)


def test_an_item_by_id_has_to_be_on_a_blueprint_or_in_the_audit_log() -> None:
    lost = LibraryItem("eeee0000-0000-4000-8000-00000000000e", "")
    items = {"canary": [CONSOLE_ITEM]}
    deleted = {**created("Old"), "target_id": lost.id.upper(), "target_type": "library_item"}
    for kandji in (tenant(on_sales=[lost]), tenant(events=[deleted])):
        assert library_item.find_by_id(kandji, lost.id.upper(), items, "id")[0].id == lost.id
    unknown = f": no library item with the id {lost.id} is on any blueprint"
    with pytest.raises(BadOption, match=f"^id{unknown}"):
        library_item.find_by_id(tenant(), lost.id, items, "id")
    with pytest.raises(BadOption, match=f"^SCEP item '{lost.id}'{unknown}"):
        library_item.find_scep_item(tenant(), lost.id, items, [], checks_type=True)
    hidden = tenant()
    hidden.audit_events = mock.Mock(side_effect=Forbidden("The token lacks a permission."))
    with pytest.raises(BadOption, match=r"there first\. The token lacks a permission\.$"):
        library_item.find_by_id(hidden, lost.id, items, "id")


# The type of an item


@pytest.mark.parametrize("asked", [CONSOLE_ITEM.id.upper(), CONSOLE_ITEM.name])
@pytest.mark.parametrize(
    "type_, problem",
    [
        (
            "vpp-app",
            ": the library item 'Okta SCEP by hand' (dddd0000-0000-4000-8000-00000000000d) is of"
            " type 'vpp-app'. Name an item of the right type, or give its id.",
        ),
        ("scep", None),
    ],
)
def test_a_mac_is_asked_for_the_type_of_a_scep_item(
    asked: str, type_: str, problem: str | None
) -> None:
    kandji = tenant(on_device=[on_mac(CONSOLE_ITEM.id, CONSOLE_ITEM.name, type_)])
    items = {"canary": [CONSOLE_ITEM], "sales": []}
    # Most callers accept any type.
    assert library_item.find_scep_item(kandji, asked, items, []) == CONSOLE_ITEM
    if problem is None:
        assert library_item.find_scep_item(kandji, asked, items, [], True) == CONSOLE_ITEM
        return
    with pytest.raises(BadOption) as raised:
        library_item.find_scep_item(kandji, asked, items, [], checks_type=True)
    assert raised.value.message == f"SCEP item {asked!r}{problem}"


@pytest.mark.parametrize("asked", [CONSOLE_ITEM.id.upper(), CONSOLE_ITEM.name])
def test_the_type_of_an_item_on_another_blueprint_is_asked_for(asked: str) -> None:
    """The search reads the items of blueprints that the caller did not read."""
    kandji = tenant(
        on_sales=[CONSOLE_ITEM], on_device=[on_mac(CONSOLE_ITEM.id, CONSOLE_ITEM.name, "vpp-app")]
    )
    kandji.devices = lambda **_filters: iter([KandjiDevice("mac-1", blueprint_id="sales")])
    with pytest.raises(BadOption, match="is of type 'vpp-app'"):
        library_item.find_scep_item(kandji, asked, {"canary": []}, [], True)


def test_an_item_by_id_has_its_true_name_wherever_it_is() -> None:
    kandji, items = tenant(on_sales=[CONSOLE_ITEM]), {"canary": [TWIN]}
    asked = CONSOLE_ITEM.id.upper()
    everywhere = {**items, "sales": [CONSOLE_ITEM]}
    found = library_item.find_by_id(kandji, asked, items, "Okta Verify")
    assert found == (CONSOLE_ITEM, everywhere)
    on_sales = [Blueprint("sales", "Sales")]
    kandji.blueprints = None  # they were read already, or are not needed
    assert library_item.find_by_id(kandji, asked, items, "Okta Verify", on_sales) == found
    assert library_item.find_by_id(kandji, TWIN.id.upper(), items, "") == (TWIN, items)


def test_the_type_that_only_a_mac_or_the_audit_log_shows_counts() -> None:
    on_device = [on_mac(CONSOLE_ITEM.id, CONSOLE_ITEM.name, "vpp-app")]
    event_of_an_app = created(CONSOLE_ITEM.name)
    event_of_an_app["new_state"]["type"] = "vpp-app"
    for kandji in (tenant(on_device=on_device), tenant(events=[event_of_an_app])):
        with pytest.raises(BadOption, match="^SCEP item .*: the library item .* of type 'vpp-app'"):
            library_item.find_scep_item(kandji, CONSOLE_ITEM.name, {"canary": []}, [], True)
        item = library_item.find_scep_item(kandji, CONSOLE_ITEM.name, {"canary": []}, [])
        assert item == CONSOLE_ITEM


@pytest.mark.parametrize(
    "types, devices",
    [
        # A Mac that does not show the item settles nothing.
        ({}, ["mac-2", "mac-3"]),
        ({"mac-2": "vpp-app", "mac-3": "custom-app"}, ["mac-2"]),
        ({"mac-3": "vpp-app"}, ["mac-2", "mac-3"]),
    ],
)
def test_one_mac_of_each_blueprint_is_asked_until_one_shows_the_type(
    types: dict[str, str], devices: list[str]
) -> None:
    kandji = mock.Mock()
    kandji.devices.return_value = [
        KandjiDevice(f"mac-{number}", blueprint_id=f"b{number}") for number in (1, 2, 3)
    ]
    kandji.device_items.side_effect = lambda device: [
        DeviceItem.from_row(on_mac(STORE.id, type_=type_))
        for mac, type_ in types.items()
        if mac == device
    ]
    # b1 does not hold the item, and b4 has no Mac.
    items = {"b1": [OTHER], "b4": [STORE], "b2": [OTHER, STORE], "b3": [STORE]}
    library_item.check_type(kandji, STORE, items, "name", frozenset({"custom-app"}))
    assert kandji.method_calls == [
        mock.call.devices(platform="Mac"),
        *(mock.call.device_items(device) for device in devices),
    ]


def test_a_type_that_is_not_looked_for_is_refused() -> None:
    kandji = tenant(on_device=[on_mac(OTHER.id), on_mac(STORE.id, type_="custom-app")])
    with pytest.raises(BadOption) as raised:
        library_item.check_type(
            kandji, STORE, {"canary": [STORE]}, "name", frozenset({"custom-app"})
        )
    assert raised.value.message == (
        "name: the library item 'Okta Verify' (aaaa) is of type 'custom-app'. Name an item of the"
        " right type, or give its id."
    )


def test_no_mac_is_asked_for_an_item_that_is_on_no_blueprint() -> None:
    kandji = mock.Mock()
    library_item.check_type(kandji, STORE, {"canary": [OTHER]}, "name", frozenset())
    assert kandji.method_calls == []


@pytest.mark.parametrize("items", [{"canary": [OTHER]}, {"sales": [STORE]}])
@pytest.mark.parametrize("kind, lists", [("profile", "profiles"), ("custom-script", "scripts")])
def test_an_item_that_no_mac_shows_is_looked_for_where_it_has_an_api(
    items: dict[str, list[LibraryItem]], kind: str, lists: str
) -> None:
    kandji = mock.Mock()
    kandji.devices.return_value = [KandjiDevice("mac-1", blueprint_id="canary")]
    kandji.profiles.return_value, kandji.scripts.return_value = [OTHER], []
    library_item.check_type(kandji, STORE, items, "name", library_item.NOT_AN_APP)
    getattr(kandji, lists).return_value = [OTHER, STORE]
    with pytest.raises(BadOption, match=rf"^library_item_id: .* \(aaaa\) is of type '{kind}'\."):
        library_item.check_type(kandji, STORE, items, "library_item_id", library_item.NOT_AN_APP)
    library_item.check_type(kandji, STORE, items, "name", frozenset({"vpp-app"}))


def test_a_type_that_a_mac_shows_needs_no_list() -> None:
    kandji = tenant(on_device=[on_mac(STORE.id, type_="vpp-app")])
    kandji.profiles = kandji.scripts = None
    library_item.check_type(kandji, STORE, {"canary": [STORE]}, "name", library_item.NOT_AN_APP)


@pytest.mark.parametrize("item_id", ["x", "", "7d5e3c1b-9f80-4a62-b3d4", "{'id': 1}"])
def test_an_id_of_a_library_item_is_a_uuid(item_id: str) -> None:
    library_item.check_id("7D5E3C1B-9f80-4a62-b3d4-5e6f7a8b9c0d")
    with pytest.raises(BadOption, match="^library_item_id: .* is not an id"):
        library_item.check_id(item_id)


def test_the_only_candidate_may_be_of_a_type_that_is_not_looked_for() -> None:
    candidates = {"a": ItemMatch("a", "Okta Verify", type="profile")}
    assert library_item.choose("Okta Verify", candidates, []) == LibraryItem("a", "Okta Verify")
    with pytest.raises(BadOption, match=r"^name: the library item 'Okta Verify' \(a\) is of type"):
        library_item.choose("Okta Verify", candidates, [], unwanted=frozenset({"profile"}))


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


def test_a_blueprint_whose_items_were_not_read_has_none() -> None:
    assert library_item.catalogue({}, BLUEPRINTS) == []
    assert library_item.catalogue({}, BLUEPRINTS, ids=["AAAA"]) == [ItemMatch("aaaa", "")]
