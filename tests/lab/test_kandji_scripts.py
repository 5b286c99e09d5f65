# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom Scripts, Custom Apps and Self Service, as a client sees them that keeps a library in step."""

from __future__ import annotations

import pytest

PATH = "/library/custom-scripts"
SCRIPT = {
    "name": "Hello",
    "execution_frequency": "once",
    "script": "#!/bin/zsh\necho hello\n",
    "active": True,
}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_a_script_is_made_changed_and_deleted(client):
    created = client.post(PATH, SCRIPT)
    assert created.status == 201
    shown = {
        "name": "Hello",
        "script": "#!/bin/zsh\necho hello",
        "remediation_script": "",
        "restart": False,
        "show_in_self_service": False,
    }
    assert shown.items() <= created.json.items()
    path = f"{PATH}/{created.json['id']}"
    assert (
        client.send("PATCH", path, json={"execution_frequency": "every_day"}).json[
            "execution_frequency"
        ]
        == "every_day"
    )
    assert client.get(path).json["script"] == "#!/bin/zsh\necho hello"
    assert client.send("DELETE", path).status == 204
    assert client.get(PATH).json["results"] == []


def test_what_self_service_shows_needs_a_category_and_does_not_tell_it_again(client):
    categories = client.get("/self-service/categories").json
    assert [set(category) for category in categories] == [{"id", "name"}] * 4
    shown = {
        **SCRIPT,
        "execution_frequency": "no_enforcement",
        "show_in_self_service": True,
        "self_service_category_id": categories[0]["id"],
    }
    assert "self_service_category_id" not in client.post(PATH, shown).json


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": ""}, "name"),
        ({"script": None}, "script"),
        ({"execution_frequency": "hourly"}, "execution_frequency"),
        ({"execution_frequency": "no_enforcement"}, "show_in_self_service"),
        (
            {"show_in_self_service": True, "self_service_category_id": UNKNOWN},
            "self_service_category_id",
        ),
        ({"active": "yes"}, "active"),
        ({"remediation_script": 1}, "remediation_script"),
    ],
)
def test_what_is_wrong_is_named_by_field(client, change, named):
    reply = client.post(PATH, {**SCRIPT, **change})
    assert (reply.status, list(reply.json)) == (400, [named])
    assert client.get(PATH).json["count"] == 0


def test_a_change_that_is_refused_changes_nothing(client):
    created = client.post(PATH, SCRIPT).json
    assert (
        client.send(
            "PATCH",
            f"{PATH}/{created['id']}",
            json={"name": "Other", "execution_frequency": "no_enforcement"},
        ).status
        == 400
    )
    assert client.get(f"{PATH}/{created['id']}").json == created


def test_other_items_are_no_scripts(client, tenant):
    app = tenant.library.add_item("Chrome", "automatic-app")
    for item_id in (app.id, UNKNOWN):
        assert client.get(f"{PATH}/{item_id}").json == {"detail": "Not found."}
        assert (
            client.send("DELETE", f"{PATH}/{item_id}")
            .headers["content-type"]
            .startswith("text/html")
        )
    assert app.id in tenant.items


def test_there_are_no_custom_apps(client):
    assert client.get("/library/custom-apps").json == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }
