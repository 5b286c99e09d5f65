# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small modules that only read, against the lab.

What they find, what they say is absent, and what they cost.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.client import Kandji


@pytest.fixture
def ask(watched, run_module):
    """Call a module, see that it neither fails nor writes, and return its result with the number of
    calls.
    """

    def call(name, **options):
        mark = watched.mark()
        result = run_module(name, options, lab=watched.lab)
        assert not result.get("failed") and not result["changed"], result
        assert watched.writes(mark) == [] and sum(
            one["count"] for one in result["api_calls"]
        ) == len(watched.asked(mark))
        return result, len(watched.asked(mark))

    return call


def serials(result):
    return [one["profile"]["serialNumber"] for one in result["devices"]]


# The rings of all that read a fleet

CANARY, WIDE = (
    {"name": "canary", "blueprints": ["Canary"]},
    {"name": "wide", "blueprints": ["Sales"]},
)
READERS = {
    "device_trust_info": {},
    "device_trust_report": {"dest": "/tmp"},
    "device_trust_renewal_info": {},
    "okta_device_reset": {"stages": ["REGISTERED_NOT_MANAGED"]},
}


@pytest.mark.lab(macs=2)
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({**WIDE, "name": "canary"}, "rings: 'canary' is there twice. Give each ring its own name"),
        ({**WIDE, "blueprints": ["Sales", "Canary"]}, "the blueprint 'Canary' is in 'canary' and"),
    ],
)
def test_rings_that_share_a_name_or_a_blueprint(watched, run_module, reader, second, says):
    """Which ring a Mac is in has to be clear, as for the tasks that write."""
    asked = {**READERS[reader], "rings": [CANARY, second]}
    refused = run_module(reader, asked, lab=watched.lab)
    assert refused["failed"] and says in refused["msg"], refused
    by_id = {each.name: each.id for each in watched.world.kandji.blueprints.values()}
    ids = [by_id[name].upper() for name in second["blueprints"]]
    again = run_module(
        reader, {**asked, "rings": [CANARY, {**second, "blueprints": ids}]}, lab=watched.lab
    )
    assert again["msg"] == refused["msg"]


# okta_device_info


def test_records_of_all_macs(watched, ask):
    result, calls = ask("okta_device_info")
    macs = [
        one for one in watched.world.okta.devices.values() if one.profile["platform"] == "MACOS"
    ]
    assert (
        {one["id"] for one in result["devices"]} == {one.id for one in macs} and macs and calls == 1
    )
    assert all(
        one["users"] and set(one["users"][0]) == {"login", "managementStatus", "status"}
        for one in result["devices"]
    )


def test_records_by_serial_whatever_its_case(watched, ask):
    registered = next(mac for mac in watched.world.macs if mac.okta_account)
    result, calls = ask("okta_device_info", serial_numbers=[registered.serial.lower(), "NOBODYS"])
    assert serials(result) == [registered.serial] and result["absent"] == ["NOBODYS"] and calls == 1


def test_records_by_id_are_read_fresh_though_the_search_is_behind(watched, ask):
    watched.switch(search_lag_seconds=600.0)
    record = watched.world.okta.devices[
        next(mac.okta_account for mac in watched.world.macs if mac.okta_account)
    ]
    watched.world.okta.registry.step(record, "suspend")
    by_search, _calls = ask("okta_device_info", search=f'id eq "{record.id}"')
    by_id, calls = ask("okta_device_info", device_ids=[record.id, "guoNobodys"])
    assert [one["status"] for one in by_search["devices"]] == ["ACTIVE"]
    assert (
        [one["status"] for one in by_id["devices"]] == ["SUSPENDED"]
        and by_id["absent"] == ["guoNobodys"]
        and calls == 3
    )
    assert by_id["devices"][0]["users"] == [
        {**user, "status": "ACTIVE"} for user in by_search["devices"][0]["users"]
    ]


def test_records_of_a_person_with_the_address_of_the_profile(watched, ask):
    record = watched.world.okta.devices[
        next(mac.okta_account for mac in watched.world.macs if mac.okta_account)
    ]
    user = watched.world.okta.users[next(iter(record.users))]
    user.email = "other@example.com"
    result, _calls = ask("okta_device_info", users=[user.id, user.login, "nobody@example.com"])
    assert result["absent"] == ["nobody@example.com"]
    person = {"id": user.id, "login": user.login, "email": user.email, "status": "ACTIVE"}
    found = {
        "addresses": [user.email, user.login],
        "summary": f"{user.id} is the user with this login in Okta: {user.login}.",
    }
    assert result["people"] == [{**person, "other_accounts": [], **found}]
    assert record.id in [one["id"] for one in result["devices"]]


def test_other_accounts_with_the_address_of_a_person_are_named(watched, ask):
    users = watched.world.okta.users
    person, second, former, of_login = list(users.values())[:4]
    person.email = former.email = of_login.login = "shared@example.com"
    second.email, former.status = "Shared@Example.com", "DEPROVISIONED"
    result, calls = ask("okta_device_info", users=[person.id])
    assert result["people"][0]["other_accounts"] == sorted([second.login, of_login.login])
    assert calls > 2
    mine, _calls = ask("okta_device_info", users=[of_login.id])
    names = sorted([person.login, second.login])
    assert mine["people"][0]["other_accounts"] == names, "they have the login as address"
    of_login.email = "Shared@example.com"
    mine, calls = ask("okta_device_info", users=[of_login.id])
    assert mine["people"][0]["other_accounts"] == [], "the address of a login means that user"


def test_who_else_uses_the_records_of_a_person_who_leaves(watched, ask):
    record = next(one for one in watched.world.okta.devices.values() if one.users)
    user_id = next(iter(record.users))
    login = watched.world.okta.users[user_id].login
    stays, calls = ask("okta_device_info", device_ids=[record.id], leaving_users=[login])
    assert [one["login"] for one in stays["other_users"]] == [login] and calls == 2
    assert stays["other_users"][0]["serial_number"] == record.profile["serialNumber"]
    leaves, _calls = ask("okta_device_info", device_ids=[record.id], leaving_users=[user_id])
    assert leaves["other_users"] == [] and leaves["unfinished"] == []
    record.users.clear()
    removed, _calls = ask("okta_device_info", device_ids=[record.id], leaving_users=[user_id])
    assert [one["device_id"] for one in removed["without_users"]] == [record.id]
    found, _calls = ask("okta_device_info", leaving_users=[user_id])
    assert found["without_users"] == []
    watched.world.okta.registry.step(record, "deactivate", "Mozilla/5.0")
    asked, calls = ask("okta_device_info", device_ids=[record.id], leaving_users=[user_id])
    assert asked["unfinished"] == [] and calls == 3
    assert [one["device_id"] for one in asked["blocked"]] == [record.id]
    asked, calls = ask("okta_device_info", device_ids=[record.id])
    assert not {"unfinished", "blocked", "other_users"} & {*asked} and calls == 2


def test_records_need_no_scope_for_people_unless_people_are_named(watched, run_module):
    """Okta refuses a token as a whole if one scope is not granted."""
    made = watched.control("POST", "/okta/apps", {"scopes": ["okta.devices.read"]})
    app = {
        "okta_api_token": "",
        "okta_client_id": made["client_id"],
        "okta_private_key": made["private_key"],
        "okta_key_id": made["key_id"],
    }
    result = run_module("okta_device_info", app, lab=watched.lab)
    assert not result.get("failed") and result["devices"], result
    refused = run_module("okta_device_info", {**app, "users": ["x"]}, lab=watched.lab)
    assert refused["failed"] and "okta.users.read" in refused["msg"], refused


def test_no_page_is_read_beyond_what_is_shown(watched, ask):
    result, _calls = ask("okta_device_info", max_rows=1)
    assert len(result["devices"]) == 1 and result["more"] and result["absent"] == []


@pytest.mark.parametrize(
    "options, said",
    [
        ({"search": "status is ACTIVE"}, "listDevices"),
        ({"serial_numbers": ['C02"']}, "cannot be searched for"),
        ({"max_rows": -1}, "max_rows: -1 is not between 0 and"),
        ({"serial_numbers": ["C02"], "search": "x"}, "mutually exclusive"),
    ],
)
def test_what_okta_cannot_be_asked_is_told(watched, run_module, options, said):
    result = run_module("okta_device_info", options, lab=watched.lab)
    assert result["failed"] and said in result["msg"]


# okta_system_log_info


def ago(watched, **length):
    return (watched.world.clock.now() - timedelta(**length)).isoformat()


def test_events_of_device_trust_the_newest_first(watched, ask):
    result, calls = ask("okta_system_log_info", since=ago(watched, days=89))
    times = [one["published"] for one in result["events"]]
    assert times and times == sorted(times, reverse=True) and calls == 1
    assert {one["eventType"].split(".")[0] for one in result["events"]} <= {"pki", "device"}
    oldest, _calls = ask(
        "okta_system_log_info", since=ago(watched, days=89), sort_order="ASCENDING", max_rows=1
    )
    assert oldest["events"][0]["published"] == times[-1] and oldest["more"] is (len(times) > 1)


def test_events_that_name_a_word_in_a_time(watched, ask):
    mac = next(mac for mac in watched.world.macs if mac.okta_account)
    result, _calls = ask(
        "okta_system_log_info",
        filter='eventType eq "device.enrollment.create"',
        q=mac.serial,
        since=ago(watched, days=89),
    )
    assert [event["target"] for event in result["events"]] and all(
        mac.serial in str(event["target"]) for event in result["events"]
    )
    before, _calls = ask(
        "okta_system_log_info",
        q=mac.serial,
        since=ago(watched, days=89),
        until=ago(watched, days=88),
    )
    assert before["events"] == [] and not before["more"]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"since": "yesterday"}, "'yesterday' is not a time"),
        ({"until": "soon"}, "'soon' is not a time"),
        ({"q": "x" * 41}, "q: Okta takes at most 10 words"),
        ({"filter": "eventType is x"}, "listLogEvents"),
    ],
)
def test_what_the_log_cannot_be_asked_is_told(watched, run_module, options, said):
    result = run_module("okta_system_log_info", options, lab=watched.lab)
    assert result["failed"] and said in result["msg"]


# kandji_device_info


def test_devices_of_a_platform(watched, ask):
    result, calls = ask("kandji_device_info")
    assert {one["serial_number"] for one in result["devices"]} == {
        mac.serial for mac in watched.world.macs
    } and calls == 1
    assert {
        one["platform"] for one in ask("kandji_device_info", platform="iPhone")[0]["devices"]
    } == {"iPhone"}


def test_a_device_by_its_exact_serial_and_not_by_a_longer_one(watched, ask):
    first = watched.world.macs[0].serial  # another Mac's serial holds it
    result, calls = ask("kandji_device_info", serial_numbers=[first.lower(), "NOBODYS"])
    assert (
        [one["serial_number"] for one in result["devices"]] == [first]
        and result["absent"] == ["NOBODYS"]
        and calls == 2
    )


def test_many_serials_are_found_in_one_listing(watched, ask):
    wanted = [mac.serial for mac in watched.world.macs[:12]]
    result, calls = ask("kandji_device_info", serial_numbers=wanted)
    assert {one["serial_number"] for one in result["devices"]} == set(wanted) and calls == 1


@pytest.mark.parametrize("names", [["Canary"], ["Canary", "Engineering"]])
def test_devices_of_blueprints(watched, ask, names):
    result, calls = ask("kandji_device_info", blueprints=names)
    assert {one["blueprint_name"] for one in result["devices"]} == set(names) and calls == 2


def test_devices_whose_blueprint_is_not_shown_are_not_passed_over(watched, run_module, monkeypatch):
    rows = Kandji.device_rows

    def first_without_blueprint(*args, **options):
        for number, row in enumerate(rows(*args, **options)):
            yield {**row, "blueprint_id": row["blueprint_id"] if number else None}

    monkeypatch.setattr(Kandji, "device_rows", first_without_blueprint)
    options = {"blueprints": ["Canary", "Engineering"]}
    done = run_module("kandji_device_info", options, lab=watched.lab)
    assert any(
        text.startswith("Kandji does not show the blueprint of") for text in done["warnings"]
    ), done["warnings"]


def test_devices_with_their_library_items(watched, ask):
    result, calls = ask(
        "kandji_device_info", serial_numbers=[watched.world.macs[0].serial], library_items=True
    )
    items = result["devices"][0]["library_items"]
    assert (
        {"Google Chrome", "Office Wi-Fi"} <= {one["name"] for one in items}
        and all(one["status"] and one["type"] for one in items)
        and calls == 2
    )


def test_a_blueprint_that_there_is_not_is_told(watched, run_module):
    assert (
        "no blueprint 'Canaries'"
        in run_module("kandji_device_info", {"blueprints": ["Canaries"]}, lab=watched.lab)["msg"]
    )


# kandji_library_item_info


def test_items_with_the_blueprints_that_hold_them(watched, ask):
    result, calls = ask("kandji_library_item_info")
    blueprints = watched.world.kandji.blueprints
    assert {one["library_item_id"] for one in result["library_items"]} == {
        item_id for one in blueprints.values() for item_id in one.item_ids
    }
    chrome = next(one for one in result["library_items"] if one["name"] == "Google Chrome")
    assert (
        set(chrome["blueprints"]) == {"Canary", "Engineering", "Everyone else"}
        and "states" not in chrome
        and calls == 1 + len(blueprints)
    )


def test_the_statuses_of_an_item_by_name_and_by_id(watched, ask):
    by_name, _calls = ask(
        "kandji_library_item_info", names=["FileVault"], blueprints=["Canary"], statuses=True
    )
    (item,) = by_name["library_items"]
    assert item["states"] == {"installed": 25} and (item["trouble"], item["trouble_total"]) == (
        [],
        0,
    )
    assert ask(
        "kandji_library_item_info",
        library_item_ids=[item["library_item_id"]],
        blueprints=["Canary"],
        statuses=True,
    )[0]["library_items"] == [item]


def test_an_item_that_is_on_no_blueprint_is_told_by_its_id_and_not_by_a_name(watched, ask):
    printers = next(
        one for one in watched.world.kandji.items.values() if one.name == "Printers (old)"
    )
    assert ask("kandji_library_item_info", names=["Printers (old)"])[0]["library_items"] == []
    by_id, _calls = ask("kandji_library_item_info", library_item_ids=[printers.id])
    assert by_id["library_items"] == [
        {"library_item_id": printers.id, "name": "", "blueprints": []}
    ]


def test_the_statuses_of_everything_are_refused(watched, run_module):
    result = run_module("kandji_library_item_info", {"statuses": True}, lab=watched.lab)
    assert result["failed"] and "Name the items" in result["msg"] and watched.asked() == []
