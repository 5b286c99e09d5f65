# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices: filters that match parts, rows that differ, actions that stay pending."""

from __future__ import annotations

import pytest

SERIAL = "C02XK1ZAJG5J"


def serials(client, **query):
    return [row["serial_number"] for row in client.get("/devices", **query).json]


def test_the_list_is_a_bare_array_of_at_most_300(client, add_device):
    for number in range(301):
        add_device(serial=f"S{number:03d}")
    assert len(client.get("/devices", limit=1000).json) == 300
    assert serials(client, limit=300, offset=300) == ["S300"]
    assert serials(client, offset=600) == []


def test_the_serial_filter_matches_parts(client, add_device):
    for serial in (SERIAL, f"Z{SERIAL}", "OTHER"):
        add_device(serial=serial)
    assert serials(client, serial_number=SERIAL) == [SERIAL, f"Z{SERIAL}"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"platform": "Mac"}, ["MAC"]),
        ({"platform": "mac"}, []),
        ({"device_name": "pad"}, ["PAD"]),
        ({"user_email": "EXAMPLE"}, ["PAD"]),
        ({"user_email_exact": "ana@example.com"}, ["PAD"]),
        ({"user_email_exact": "ana@example"}, []),
        ({"user": "silva"}, ["PAD"]),
        ({"tag_name": "vip"}, ["MAC"]),
        ({"tag_name": "VIP"}, []),
        ({"tag_name_in": "x,vip"}, ["MAC"]),
        ({"no_such_filter": "x"}, ["MAC", "PAD"]),
        ({"ordering": "-serial_number"}, ["PAD", "MAC"]),
    ],
)
def test_filters(client, tenant, add_device, query, found):
    add_device(serial="MAC", tags=["vip"])
    add_device(
        serial="PAD",
        name="Ana\u2019s iPad",
        platform="iPad",
        user=tenant.add_user("Ana Silva", "ana@example.com"),
    )
    tenant.add_tag("vip")
    assert serials(client, **query) == found


def test_a_device_that_is_nobody_s_has_an_empty_string_for_a_user(client, tenant, add_device):
    nobody, somebody = (
        add_device(),
        add_device(serial="OTHER", user=tenant.add_user("Ana", "ana@example.com")),
    )
    assert client.get(f"/devices/{nobody.id}").json["user"] == ""
    assert client.get(f"/devices/{somebody.id}").json["user"] == {
        "email": "ana@example.com",
        "name": "Ana",
        "id": somebody.user.number,
        "is_archived": False,
    }


def test_removed_devices_stay_in_the_list_and_say_so(client, add_device):
    add_device(is_removed=True)
    assert client.get("/devices").json[0]["is_removed"] is True


def test_iphones_have_no_agent(client, add_device):
    add_device(platform="iPhone")
    row = client.get("/devices").json[0]
    assert row["agent_installed"] is False
    assert "agent_version" not in row


def test_details_hold_serial_udid_and_what_was_reported(client, add_device):
    device = add_device()
    details = client.get(f"/devices/{device.id}/details").json
    assert (
        details["hardware_overview"]["serial_number"],
        details["hardware_overview"]["udid"],
    ) == (SERIAL, f"UDID-{SERIAL}")
    assert details["installed_profiles"] == []  # it has not reported yet


def test_unknown_devices(client):
    for path in ("", "/details", "/apps", "/library-items", "/status"):
        assert client.get(f"/devices/00000000-0000-4000-8000-000000000000{path}").json == {
            "detail": "Not found."
        }


@pytest.mark.parametrize("action", ["dailycheckin", "updateinventory", "blankpush"])
def test_an_action_stays_pending_until_the_device_has_been_there(client, add_device, action):
    device = add_device()
    first = client.post(f"/devices/{device.id}/action/{action}")
    assert (first.status, first.content) == (200, b"")
    again = client.post(f"/devices/{device.id}/action/{action}")
    assert (again.status, again.json) == (400, "Command already running")
    device.pending.clear()
    assert client.post(f"/devices/{device.id}/action/{action}").status == 200


def test_a_removed_device_takes_no_command(client, add_device):
    device = add_device(is_removed=True)
    assert (
        client.post(f"/devices/{device.id}/action/dailycheckin").json
        == "Command is not allowed for current device"
    )


def test_library_items_of_a_device_have_types_and_profiles_have_lower_case_statuses(
    client, tenant, add_device, scep_profile
):
    blueprint = tenant.add_blueprint("Canary")
    device = add_device(blueprint.id)
    app, profile = (
        tenant.library.add_item("Okta Verify", "vpp-app"),
        tenant.library.create_profile(name="SCEP", document=scep_profile, runs_on={"Mac"}),
    )
    for item in (app, profile):
        tenant.assignments.assign(blueprint, item, None)
    rows = client.get(f"/devices/{device.id}/library-items").json["library_items"]
    assert [(row["item_id"], row["type"], row["status"]) for row in rows] == [
        (app.id, "vpp-app", "PENDING"),
        (profile.id, "profile", "pending"),
    ]
    assert (
        client.get(f"/devices/{device.id}/status").json["library_items"][0]["name"] == "Okta Verify"
    )


def test_statuses_of_an_item_by_device(client, tenant, add_device):
    blueprint, item = (
        tenant.add_blueprint("Canary"),
        tenant.library.add_item("Okta Verify", "vpp-app"),
    )
    devices = [add_device(blueprint.id, f"S{number}") for number in range(3)]
    tenant.assignments.assign(blueprint, item, None)
    tenant.deliveries.set_status(devices[1], item, "ERROR", log="No licenses")
    page = client.get(f"/library/library-items/{item.id}/status", limit=2).json
    assert (page["count"], [row["status"] for row in page["results"]]) == (3, ["PENDING", "ERROR"])
    assert page["results"][0]["reported_at"] is None
    assert page["results"][1]["log"] == "No licenses"
    one = client.get(f"/library/library-items/{item.id}/status", computer_id=devices[2].id).json
    assert [row["computer"]["id"] for row in one["results"]] == [devices[2].id]


def test_a_profile_that_was_changed_is_pending_again(client, tenant, add_device, scep_profile):
    blueprint, profile = (
        tenant.add_blueprint("Canary"),
        tenant.library.create_profile(name="SCEP", document=scep_profile, runs_on={"Mac"}),
    )
    device = add_device(blueprint.id)
    tenant.assignments.assign(blueprint, profile, None)
    tenant.deliveries.set_status(device, profile, "PASS")

    def statuses():
        return [
            row["status"]
            for row in client.get(f"/library/library-items/{profile.id}/status").json["results"]
        ]

    assert statuses() == ["success"]
    tenant.library.update_profile(profile, name="SCEP", document=None, runs_on={"Mac"}, active=True)
    assert statuses() == ["pending"]


def test_changing_a_device_replaces_its_tags(client, tenant, add_device):
    device = add_device(tags=["old"])
    assert client.send(
        "PATCH", f"/devices/{device.id}", json={"tags": ["new"], "asset_tag": None}
    ).json["tags"] == ["new"]
    assert "new" in tenant.tags


def test_filevault_is_asked_of_macs_alone(client, add_device):
    add_device(serial="ON")
    add_device(serial="OFF", filevault=False)
    add_device(serial="PAD", platform="iPad")
    assert [serials(client, filevault_enabled=value) for value in ("true", "false", "perhaps")] == [
        ["ON"],
        ["OFF"],
        [],
    ]


def test_a_user_is_given_by_id_or_by_its_old_number_and_taken_by_null(client, tenant, add_device):
    device, user = add_device(), tenant.add_user("Ana", "ana@example.com", archived=True)
    for value in (user.id.upper(), user.number, str(user.number)):
        assert (
            client.send("PATCH", f"/devices/{device.id}", json={"user": value}).json["user"][
                "is_archived"
            ]
            is True
        )
        assert client.send("PATCH", f"/devices/{device.id}", json={"user": None}).json["user"] == ""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"user": "00000000-0000-4000-8000-000000000000"}, "user"),
        ({"blueprint_id": "00000000-0000-4000-8000-000000000000"}, "blueprint_id"),
        ({"tags": "loaner"}, "tags"),
        ({"tags": [1]}, "tags"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_field(client, add_device, change, named):
    device = add_device(tags=["old"])
    reply = client.send("PATCH", f"/devices/{device.id}", json={"asset_tag": "x", **change})
    assert (reply.status, list(reply.json), device.tags, device.asset_tag) == (
        400,
        [named],
        ["old"],
        "",
    )


def test_an_unknown_tag_may_be_an_error(client, add_device, kandji_world):
    kandji_world.switches.set(unknown_tag="error")
    device = add_device()
    assert client.send("PATCH", f"/devices/{device.id}", json={"tags": ["new"]}).status == 400
    assert device.tags == []


def test_users_come_by_cursor_archived_ones_too(client, tenant, add_device):
    for number in range(301):
        tenant.add_user(f"Person {number}", f"p{number}@example.com", archived=number == 300)
    add_device(user=next(iter(tenant.users.values())))
    first = client.get("/users").json
    assert (len(first["results"]), first["results"][0]["device_count"]) == (300, 1)
    second = client.get(
        "/users", cursor=first["next"].partition("cursor=")[2].replace("%3D", "=")
    ).json
    assert [row["archived"] for row in second["results"]] == [True]
    assert second["next"] is None


def test_tags_can_be_made_and_found(client):
    created = client.post("/tags", {"name": "loaner"})
    assert created.status == 201
    assert client.get("/tags", search="loan").json["results"] == [created.json]
