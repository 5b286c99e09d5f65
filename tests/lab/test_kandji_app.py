# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, and what those hear who don't."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.state import Fault


def test_a_wrong_token_is_answered_by_the_gateway_and_not_in_json(client):
    client.token = "00000000-0000-4000-8000-000000000000"
    reply = client.get("/blueprints")
    assert (reply.status, reply.content) == (401, b"Unauthorized")


def test_without_a_token_the_401_has_a_detail(client):
    client.token = None
    assert client.get("/blueprints").status == 401
    assert "detail" in client.get("/blueprints").json


def test_a_revoked_token_has_a_detail(client, tenant):
    tenant.revoked_tokens.add(tenant.api_token)
    assert (client.get("/blueprints").status, client.get("/blueprints").json) == (
        401,
        {"detail": "Invalid token."},
    )


def test_the_token_is_shaped_like_a_uuid(tenant):
    assert [len(part) for part in tenant.api_token.split("-")] == [8, 4, 4, 4, 12]


def test_each_operation_needs_its_permission(client, tenant):
    tenant.permissions["List Custom Profiles"] = False
    reply = client.get("/library/custom-profiles")
    assert (reply.status, reply.json) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )
    assert client.get("/blueprints").status == 200


@pytest.mark.parametrize(
    "path", ["/blueprint", "/blueprints/", "/library/library-items", "/library/scep-items"]
)
def test_unknown_paths_are_answered_by_kong(client, path):
    reply = client.get(path)
    assert reply.status == 404
    assert reply.json["message"] == "no Route matched with those values"
    assert reply.json["request_id"]


def test_the_hour_s_requests_run_out_and_come_back(client, tenant, kandji_world):
    tenant.hourly_limit = 2
    assert [client.get("/blueprints").status for _unused in range(3)] == [200, 200, 429]
    wait = int(client.get("/blueprints").headers["retry-after"])
    assert 3590 < wait <= 3601
    kandji_world.clock.advance(seconds=wait)
    assert client.get("/blueprints").status == 200


def test_ids_may_come_in_mixed_case_and_are_taken_in_any(client, tenant, kandji_world):
    kandji_world.switches.set(mixed_case_ids=True)
    blueprint = tenant.add_blueprint("Canary")
    shown = client.get("/blueprints").json["results"][0]["id"]
    assert shown != blueprint.id and shown.lower() == blueprint.id
    assert client.get(f"/blueprints/{shown}").json["name"] == "Canary"


def test_licensing_counts_devices_by_platform(client, add_device):
    add_device()
    add_device(serial="X", platform="iPad")
    counts = client.get("/settings/licensing").json["counts"]
    assert (counts["computers_count"], counts["macos_count"], counts["ipados_count"]) == (2, 1, 1)


def test_audit_events_name_the_items_that_were_added_to_a_blueprint(client, tenant):
    blueprint, item = (
        tenant.add_blueprint("Canary"),
        tenant.library.add_item("Okta Verify", "vpp-app"),
    )
    tenant.assignments.assign(blueprint, item, None)
    newest = client.get("/audit/events", limit=1, sort_by="-occurred_at").json["results"][0]
    assert newest["target_component"] == "library_items"
    assert newest["new_state"]["library_items_added"] == [{"id": item.id, "name": "Okta Verify"}]


def test_page_links_lead_to_the_web_host_where_no_token_must_go(client, tenant, kandji_world):
    for name in ("one", "two"):
        tenant.add_blueprint(name)
    assert (
        client.get("/blueprints", limit=1)
        .json["next"]
        .startswith("https://devicetrust-lab.kandji.invalid/api/v1/blueprints?")
    )
    kandji_world.switches.set(next_links_on_web_host=False)
    assert (
        client.get("/blueprints", limit=1)
        .json["next"]
        .startswith("https://localhost/api/v1/blueprints?")
    )


# 429, of which the vendor documents nothing but the hourly limit


@pytest.mark.parametrize(
    ("switches", "body", "has_header"),
    [
        ({}, b'{"detail": "Request was throttled."}', True),
        ({"retry_after": False}, b'{"detail": "Request was throttled."}', False),
        ({"too_many_body": "empty"}, b"", True),
        (
            {"too_many_body": "html"},
            b"<html><body><h1>429 Too Many Requests</h1></body></html>",
            True,
        ),
    ],
)
def test_body_and_header_of_a_429_are_switches(
    client, tenant, kandji_world, switches, body, has_header
):
    kandji_world.switches.set(**switches)
    tenant.hourly_limit = 0
    reply = client.get("/blueprints")
    assert (reply.status, reply.content, "retry-after" in reply.headers) == (429, body, has_header)


def test_a_fault_429_looks_like_the_tenant_s_own(client, kandji_world):
    kandji_world.switches.set(too_many_body="html", retry_after=False)
    kandji_world.faults.append(Fault("429", "List Blueprints", seconds=7))
    reply = client.get("/blueprints")
    assert (reply.status, reply.content[:6], "retry-after" in reply.headers) == (
        429,
        b"<html>",
        False,
    )


def test_there_may_be_a_limit_of_a_second(client, kandji_world, monkeypatch):
    moment = kandji_world.clock.now()
    monkeypatch.setattr(kandji_world.clock, "now", lambda: moment)
    kandji_world.switches.set(per_second_limit=2)
    replies = [client.get("/blueprints") for _unused in range(3)]
    assert ([reply.status for reply in replies], replies[2].headers["retry-after"]) == (
        [200, 200, 429],
        "1",
    )
    moment += timedelta(seconds=1)
    assert client.get("/blueprints").status == 200


def test_json_is_told_apart_from_other_media_types(client, tenant):
    blueprint = tenant.add_blueprint("Canary")
    reply = client.send(
        "POST", f"/blueprints/{blueprint.id}/assign-library-item", data={"library_item_id": "x"}
    )
    assert (reply.status, reply.json) == (
        415,
        {"detail": 'Unsupported media type "application/x-www-form-urlencoded" in request.'},
    )


def test_the_tenant_answers_by_whatever_name_it_is_called(client, tenant, kandji_world):
    kandji_world.switches.set(next_links_on_web_host=False)
    for name in ("one", "two"):
        tenant.add_blueprint(name)
    for host in ("devicetrust-lab.api.kandji.invalid", "devicetrust-lab.api.iru.invalid"):
        client.host = host
        assert (
            client.get("/blueprints", limit=1)
            .json["next"]
            .startswith(f"https://{host}/api/v1/blueprints?")
        )


def test_the_gateway_names_its_limits_in_every_answer(client, kandji_world):
    first, second = client.get("/blueprints"), client.get("/devices")
    assert first.headers["ratelimit-limit"] == first.headers["x-ratelimit-limit-second"] == "50"
    assert first.headers["x-ratelimit-limit-hour"] == "10000"
    assert int(first.headers["x-ratelimit-remaining-hour"]) == 9999
    assert int(second.headers["x-ratelimit-remaining-hour"]) == 9998
    kandji_world.faults.append(Fault("5xx", "List Devices"))
    assert "ratelimit-remaining" in client.get("/devices").headers
    kandji_world.faults.append(Fault("429", "List Devices"))
    assert "ratelimit-remaining" in client.get("/devices").headers
