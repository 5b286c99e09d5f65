# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log: its rows, its order, its cursors, and what it forgets."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest


def rows(client, **query):
    return client.get("/audit/events", **query).json["results"]


def test_a_row_has_the_keys_of_the_vendor_s_sample(client, tenant):
    tenant.add_blueprint("Canary", "map")
    row, parameters = rows(client)
    assert {
        "action": "create",
        "target_type": "blueprint",
        "target_component": "",
        "new_state": {"description": "", "type": "map", "name": "Canary"},
        "metadata": {"source_id": None, "source": None},
    }.items() <= row.items()
    assert set(row) == {
        "id",
        "action",
        "occurred_at",
        "actor_id",
        "actor_type",
        "target_id",
        "target_type",
        "target_component",
        "new_state",
        "metadata",
    }
    assert (parameters["target_component"], parameters["new_state"]) == (
        "parameters",
        {"parameters": [], "name": "Canary"},
    )
    assert len(row["id"]) == 26 and row["occurred_at"].endswith("Z")


def test_items_are_recorded_with_what_they_are(client, tenant, scep_profile):
    created = client.upload(
        "POST", "/library/custom-profiles", {"name": "SCEP", "runs_on_mac": "true"}, scep_profile
    ).json
    client.upload("PATCH", f"/library/custom-profiles/{created['id']}", {"active": "false"})
    client.send("DELETE", f"/library/custom-profiles/{created['id']}")
    assert [(row["action"], row["target_id"], row["new_state"]) for row in rows(client)] == [
        (
            action,
            created["id"],
            {"active": active, "label": None, "type": "profile", "name": "SCEP"},
        )
        for action, active in (("create", True), ("update", False), ("delete", False))
    ]


def test_what_an_assignment_added_and_a_removal_took_away(client, tenant):
    blueprint, first, second = (
        tenant.add_blueprint("Canary"),
        tenant.library.add_item("Okta Verify", "vpp-app"),
        tenant.library.add_item("Chrome", "automatic-app"),
    )
    for item in (first, second):
        client.post(f"/blueprints/{blueprint.id}/assign-library-item", {"library_item_id": item.id})
    client.post(f"/blueprints/{blueprint.id}/remove-library-item", {"library_item_id": first.id})
    changes = [
        row["new_state"] for row in rows(client) if row["target_component"] == "library_items"
    ]
    assert changes[1] == {
        "library_items_added": [{"id": second.id, "name": "Chrome"}],
        "library_items_removed": [],
        "library_items_scoped": [
            {"id": first.id, "name": "Okta Verify"},
            {"id": second.id, "name": "Chrome"},
        ],
        "name": "Canary",
    }
    assert changes[2]["library_items_removed"] == [{"id": first.id, "name": "Okta Verify"}]


def test_a_refused_assignment_is_no_event(client, tenant):
    blueprint, item = (
        tenant.add_blueprint("Canary"),
        tenant.library.add_item("Okta Verify", "vpp-app"),
    )
    for _unused in range(2):
        client.post(f"/blueprints/{blueprint.id}/assign-library-item", {"library_item_id": item.id})
    assert len([row for row in rows(client) if row["target_component"] == "library_items"]) == 1


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [(None, "abc"), ("occurred_at", "abc"), ("id", "abc"), ("-occurred_at", "cba"), ("-id", "cba")],
)
def test_oldest_first_unless_asked_otherwise(client, tenant, sort_by, expected):
    for name in "abc":
        tenant.library.add_item(name, "custom-app")
    assert [
        row["new_state"]["name"]
        for row in rows(client, **({"sort_by": sort_by} if sort_by else {}))
    ] == list(expected)


def test_an_order_that_does_not_exist_is_refused(client):
    assert client.get("/audit/events", sort_by="actor_id").status == 400


@pytest.mark.parametrize("sort_by", ["occurred_at", "-occurred_at"])
def test_a_cursor_goes_on_where_it_stopped_whatever_happens_meanwhile(client, tenant, sort_by):
    for number in range(5):
        tenant.library.add_item(str(number), "custom-app")
    page = client.get("/audit/events", sort_by=sort_by, limit=2).json
    seen = page["results"]
    while page["next"]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(page["next"]).query).items()}
        assert (query["sort_by"], query["limit"]) == (sort_by, "2")
        page = client.get("/audit/events", **query).json
        seen += page["results"]
        tenant.library.add_item("meanwhile", "custom-app") if len(seen) == 4 else None
    names = [row["new_state"]["name"] for row in seen]
    assert names == (
        ["0", "1", "2", "3", "4", "meanwhile"]
        if sort_by == "occurred_at"
        else ["4", "3", "2", "1", "0"]
    )


def test_a_cursor_that_was_made_up_is_refused(client):
    assert client.get("/audit/events", cursor="x").status == 400
    assert client.get("/audit/events", cursor="cD0w").status == 400


def test_a_page_has_five_hundred_at_most(client, tenant):
    for number in range(501):
        tenant.library.add_item(str(number), "custom-app")
    page = client.get("/audit/events", limit=1000).json
    assert len(page["results"]) == 500 and page["next"]


def test_dates_bound_the_list(client, tenant, kandji_world):
    tenant.library.add_item("old", "custom-app")
    kandji_world.clock.advance(days=3)
    tenant.library.add_item("new", "custom-app")
    between = kandji_world.clock.now() - timedelta(days=1)

    def names(**query):
        return [row["new_state"]["name"] for row in rows(client, **query)]

    assert (names(start_date=between.isoformat()), names(end_date=between.isoformat())) == (
        ["new"],
        ["old"],
    )
    assert (
        names(start_date=between.strftime("%Y-%m-%d")),
        names(end_date=between.strftime("%Y-%m-%d")),
    ) == (["new"], ["old"])
    assert client.get("/audit/events", start_date="yesterday").status == 400


def test_after_a_year_it_is_forgotten(client, tenant, kandji_world):
    tenant.library.add_item("old", "custom-app")
    kandji_world.clock.advance(days=200)
    tenant.library.add_item("new", "custom-app")
    kandji_world.clock.advance(days=200)
    assert [row["new_state"]["name"] for row in rows(client)] == ["new"]
