# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prism: tables of what devices reported at their last inventory."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lab.kandji.model import Row


@pytest.fixture
def report(tenant, kandji_world):
    def reported(device, *common_names, at=None):
        moment = at or kandji_world.clock.now()
        rows = [
            Row(
                name,
                {"common_name": name, "identity_certificate": not name.startswith("root")},
                moment,
            )
            for name in common_names
        ]
        tenant.deliveries.receive_report(
            device, certificates=rows, installed=[], apps=[], at=moment
        )

    return reported


@pytest.fixture
def three(add_device, report, tenant):
    """Three devices: two Macs of one blueprint, and an iPad."""
    blueprint = tenant.add_blueprint("Canary")
    devices = [
        add_device(blueprint.id, "AAA1"),
        add_device(blueprint.id, "AAA2"),
        add_device("", "PAD", platform="iPad"),
    ]
    for device in devices:
        report(device, f"{device.serial} cert", "root ca")
    return devices


def names(client, **query):
    if "filter" in query and not isinstance(query["filter"], str):
        query["filter"] = json.dumps(query["filter"])
    return [row["common_name"] for row in client.get("/prism/certificates", **query).json["data"]]


@pytest.mark.parametrize(
    ("row_filter", "found"),
    [
        ({"serial_number": {"in": ["AAA1"]}, "identity_certificate": {"eq": True}}, ["AAA1 cert"]),
        (
            {"identity_certificate": {"eq": True}, "common_name": {"like": ["AAA", "PAD"]}},
            ["AAA1 cert", "AAA2 cert", "PAD cert"],
        ),
        (
            {"identity_certificate": {"eq": True}, "serial_number": {"not_in": ["AAA1"]}},
            ["AAA2 cert", "PAD cert"],
        ),
        ({"common_name": {"not_like": ["AAA", "root"]}}, ["PAD cert"]),
        ({"common_name": {"in": ["AAA1"]}}, []),
        ({"last_collected_at": {"gt": "2999-01-01T00:00:00.000Z"}}, []),
        (
            {
                "common_name": {"like": ["cert"]},
                "created_at": {"lte": "2999-01-01T00:00:00Z", "gte": "2000-01-01T00:00:00Z"},
            },
            ["AAA1 cert", "AAA2 cert", "PAD cert"],
        ),
        ({"created_at": {"or": {"gt": "2999-01-01T00:00:00Z", "lt": "2000-01-01T00:00:00Z"}}}, []),
    ],
)
def test_filters_are_anded(client, three, row_filter, found):
    assert names(client, filter=row_filter) == found


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        "[]",
        {"no_such_column": {"in": ["x"]}},
        {"device__family": {"in": ["Mac"]}},
        {"serial_number": {"in": "AAA1"}},
        {"serial_number": {"eq": "AAA1"}},
        {"serial_number": {"is": ["AAA1"]}},
        {"created_at": {"gt": "yesterday"}},
        {"serial_number": ["AAA1"]},
    ],
)
def test_a_bad_filter_is_refused(client, three, bad):
    assert (
        client.get(
            "/prism/certificates", filter=bad if isinstance(bad, str) else json.dumps(bad)
        ).status
        == 400
    )


def test_families_and_blueprints(client, three):
    assert names(client, device_families="iPad") == ["PAD cert", "root ca"]
    assert names(
        client, blueprint_ids=three[0].blueprint_id, filter={"identity_certificate": {"eq": True}}
    ) == ["AAA1 cert", "AAA2 cert"]


def test_certificates_come_without_a_total(client, three):
    assert client.get("/prism/certificates").json["total"] is None
    assert client.get("/prism/installed_profiles").json["total"] == 0


def test_a_cursor_leads_through_the_pages_of_its_own_query(client, three):
    first = client.get("/prism/certificates", limit=4).json
    assert (len(first["data"]), first["limit"]) == (4, 4)
    last = client.get("/prism/certificates", limit=4, cursor=first["cursor"]).json
    assert ([row["common_name"] for row in last["data"]], last["cursor"]) == (
        ["PAD cert", "root ca"],
        None,
    )
    assert (
        client.get(
            "/prism/certificates", limit=4, device_families="Mac", cursor=first["cursor"]
        ).status
        == 400
    )


def test_an_offset_does_as_well(client, three):
    assert names(client, limit=2, offset=4) == ["PAD cert", "root ca"]


def test_sorting_works_without_a_cursor_only(client, three):
    page = client.get("/prism/certificates", sort_by="-common_name", limit=2).json
    assert ([row["common_name"] for row in page["data"]], page["cursor"]) == (
        ["root ca", "root ca"],
        None,
    )
    cursor = client.get("/prism/certificates", limit=2).json["cursor"]
    assert (
        client.get("/prism/certificates", sort_by="common_name", limit=2, cursor=cursor).status
        == 400
    )


def test_a_page_has_no_more_than_300_rows(client, add_device, report):
    report(add_device(), *[f"cert {number}" for number in range(301)])
    page = client.get("/prism/certificates", limit=5000).json
    assert (len(page["data"]), page["limit"]) == (300, 300)


def test_rows_are_the_last_report_and_remember_when_they_were_first_seen(
    client, add_device, report, kandji_world
):
    device, start = add_device(), kandji_world.clock.now()
    report(device, "stays", "goes", at=start)
    report(device, "stays", "comes", at=start + timedelta(days=1))
    rows = {
        row["common_name"]: (row["created_at"][:10], row["last_collected_at"][:10])
        for row in client.get("/prism/certificates").json["data"]
    }
    first, second = str(start.date()), str((start + timedelta(days=1)).date())
    assert rows == {"stays": (first, second), "comes": (second, second)}


def test_removed_devices_are_not_in_prism(client, add_device, report):
    device = add_device(is_removed=True)
    report(device, "cert")
    assert names(client) == []


def test_a_device_without_a_user_has_an_empty_id_and_null_names(client, three):
    row = client.get("/prism/certificates").json["data"][0]
    assert (
        row["device__user_id"],
        row["device__user_name"],
        row["device__user_email"],
        row["tags"],
    ) == ("", None, None, None)
