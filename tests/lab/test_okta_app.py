# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's HTTP surface: shapes, errors, pages, limits, and what its switches change."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest

from lab.state import Fault


def error_of(reply):
    return reply.status, reply.json["errorCode"]


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def managed(okta_world, org, register):
    """A record that is managed for its one user."""
    certificate = org.platform.book("C02XK1ZAJG5J 0A1B")
    record = register(login="ana@example.com")
    assert org.registry.sign_in(
        user_id=next(iter(record.users)), device_id=record.id, certificate=certificate.serial_number
    )
    return record


# Who may


def test_the_organization_is_told_to_everybody(okta, org):
    okta.token = None
    metadata = okta.send("GET", "/.well-known/okta-organization").json
    assert metadata.pop("settings")["desktopMFAEnabled"]
    assert metadata == {
        "id": org.org_id,
        "cell": "op3",
        "pipeline": "idx",
        "_links": {"organization": {"href": "https://localhost"}},
    }


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_wrong_token_is_refused(okta, token):
    okta.token = token
    assert error_of(okta.get("/devices")) == (401, "E0000011")


def test_a_missing_permission_is_told_by_its_code(okta, org):
    org.refused.add("listLogEvents")
    assert error_of(okta.get("/logs")) == (403, "E0000006")
    assert okta.get("/devices").status == 200


def test_a_classic_org_has_no_devices(okta, org):
    org.pipeline = "v1"
    assert okta.send("GET", "/.well-known/okta-organization").json["pipeline"] == "v1"
    assert error_of(okta.get("/devices")) == (401, "E0000015")
    assert okta.get("/logs").status == 200


@pytest.mark.parametrize("path", ["/api/v1/certificateAuthorities", "/pki/0000/scep/rac0"])
def test_what_is_not_documented_is_not_there(okta, path):
    assert error_of(okta.send("GET", path)) == (404, "E0000007")


def test_every_answer_has_a_request_id_that_the_log_of_requests_has_too(okta, okta_world):
    reply = okta.get("/devices/guo0")
    assert error_of(reply) == (404, "E0000007")
    assert okta_world.requests[-1].request_id == reply.headers["x-okta-request-id"]
    assert (okta_world.requests[-1].operation, okta_world.requests[-1].writes) == (
        "getDevice",
        False,
    )


# Listing devices


def test_a_record_as_okta_prints_it(okta, managed):
    row = okta.get("/devices").json[0]
    assert row["id"] == row["resourceId"] == managed.id
    assert row["profile"]["serialNumber"] == "C02XK1ZAJG5J"
    assert "_embedded" not in row
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["lastUpdated"])


def test_users_are_embedded_on_request_and_null_where_there_are_none(okta, org, managed, register):
    lonely = register(serial="LONELY")
    org.registry.step(lonely, "deactivate")
    summary, none = okta.get("/devices", expand="userSummary").json
    assert [user["managementStatus"] for user in summary["_embedded"]["users"]] == ["MANAGED"]
    assert summary["_embedded"]["users"][0]["user"]["profile"]["login"] == "ana@example.com"
    assert none["_embedded"]["users"] is None
    assert (
        okta.get("/devices", expand="user").json[0]["_embedded"]["users"][0]["user"]["status"]
        == "ACTIVE"
    )


def test_pages_are_followed_by_their_links(okta, register):
    records = [register(serial=f"C{number:03d}") for number in range(7)]
    pages = okta.pages("/devices", limit=3, search='profile.serialNumber sw "C"')
    assert [len(page) for page in pages] == [3, 3, 1]
    assert ids(row for page in pages for row in page) == [record.id for record in records]


def test_a_record_deleted_between_two_pages_moves_no_other(okta, org, register):
    records = [register(serial=f"C{number:03d}") for number in range(5)]
    first = okta.get("/devices", limit=2)
    org.registry.step(records[0], "deactivate")
    org.registry.delete(records[0])
    following = re.search(r'<https://localhost([^>]*)>; rel="next"', first.headers["link"]).group(1)
    assert ids(okta.send("GET", following).json) == [record.id for record in records[2:4]]


def test_a_full_last_page_has_no_next_link(okta, register):
    for number in range(4):
        register(serial=f"C{number}")
    assert [len(page) for page in okta.pages("/devices", limit=2)] == [2, 2]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"limit": "many"}, {"expand": "everything"}]
)
def test_a_parameter_out_of_range(okta, query):
    assert error_of(okta.get("/devices", **query)) == (400, "E0000001")


def test_a_cursor_of_another_list_is_refused(okta):
    assert error_of(okta.get("/devices", after="guessed")) == (400, "E0000031")


def test_a_search_that_okta_does_not_take(okta):
    assert error_of(okta.get("/devices", search='managementStatus eq "MANAGED"')) == (
        400,
        "E0000031",
    )


def test_a_search_that_finds_nothing_is_an_empty_list(okta, register):
    register()
    assert okta.get("/devices", search='profile.serialNumber eq "none"').json == []


# Searches that are behind


def test_a_lagging_search_shows_what_was_while_reads_by_id_are_fresh(
    okta, okta_world, org, register
):
    record = register()
    okta_world.clock.advance(minutes=5)
    okta_world.switches.search_lag_seconds = 60.0
    org.registry.step(record, "deactivate")
    assert okta.get("/devices", search='status eq "ACTIVE"').json[0]["id"] == record.id
    assert okta.get(f"/devices/{record.id}").json["status"] == "DEACTIVATED"
    org.registry.delete(record)
    assert ids(okta.get("/devices").json) == [record.id]
    assert okta.get(f"/devices/{record.id}").status == 404
    okta_world.clock.advance(minutes=2)
    assert okta.get("/devices").json == []


def test_a_lagging_search_does_not_know_what_is_new(okta, okta_world, register):
    okta_world.switches.search_lag_seconds = 60.0
    register()
    assert okta.get("/devices").json == []
    okta_world.clock.advance(minutes=2)
    assert len(okta.get("/devices").json) == 1


def test_a_search_may_have_an_old_managed_flag(okta, okta_world, managed):
    okta_world.switches.stale_managed_in_search = True
    assert (
        okta.get("/devices", expand="userSummary").json[0]["_embedded"]["users"][0][
            "managementStatus"
        ]
        == "NOT_MANAGED"
    )
    assert okta.get(f"/devices/{managed.id}/users").json[0]["managementStatus"] == "MANAGED"


def test_the_fault_stale_shows_each_record_as_it_was_before(okta, okta_world, org, register):
    untouched, record = register(serial="A"), register(serial="B")
    org.registry.step(record, "deactivate")
    org.registry.delete(record)
    okta_world.faults.append(Fault("stale", "listDevices"))
    assert [(row["id"], row["status"]) for row in okta.get("/devices").json] == [
        (untouched.id, "ACTIVE"),
        (record.id, "DEACTIVATED"),
    ]
    assert ids(okta.get("/devices").json) == [untouched.id]


# One device


def test_links_show_the_steps_that_can_be_taken(okta, org, register):
    record = register()
    assert set(okta.get(f"/devices/{record.id}").json["_links"]) == {
        "self",
        "users",
        "suspend",
        "deactivate",
    }
    org.registry.step(record, "deactivate")
    assert set(okta.get(f"/devices/{record.id}").json["_links"]) == {"self", "activate"}


def test_a_reset_by_api(okta, managed):
    assert okta.post(f"/devices/{managed.id}/lifecycle/deactivate").status == 204
    assert okta.get(f"/devices/{managed.id}/users").json == []
    assert okta.delete(f"/devices/{managed.id}").status == 204
    assert error_of(okta.delete(f"/devices/{managed.id}")) == (404, "E0000007")


@pytest.mark.parametrize("answer", [204, 400])
def test_a_step_that_was_taken_before(okta, okta_world, register, answer):
    okta_world.switches.repeated_lifecycle = answer
    record = register()
    assert okta.post(f"/devices/{record.id}/lifecycle/activate").status == answer


def test_a_step_from_the_wrong_status(okta, org, register):
    record = register()
    org.registry.step(record, "deactivate")
    assert error_of(okta.post(f"/devices/{record.id}/lifecycle/suspend")) == (400, "E0000001")


@pytest.mark.parametrize(("code", "status"), [("E0000152", 403), ("E0000001", 400)])
def test_an_active_record_is_not_deleted(okta, okta_world, register, code, status):
    okta_world.switches.delete_active_error = code
    record = register()
    assert error_of(okta.delete(f"/devices/{record.id}")) == (status, code)
    assert okta.get(f"/devices/{record.id}").status == 200


def test_a_person_and_their_devices(okta, managed):
    user_id = next(iter(managed.users))
    assert okta.get(f"/users/{user_id}").json == okta.get("/users/ana@example.com").json
    assert [held["device"]["id"] for held in okta.get(f"/users/{user_id}/devices").json] == [
        managed.id
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": 'profile.login eq "ANA@example.com"'}, ["Ana"]),
        ({"search": 'profile.firstName co "n" and status eq "active"'}, ["Ana", "Ben"]),
        ({"search": 'profile.lastName sw "ex"'}, ["Ana", "Ben"]),
        ({"filter": 'profile.firstName eq "Ben"'}, ["Ben"]),
        ({"filter": 'profile.firstName eq "ben"'}, []),
        ({"filter": 'lastUpdated gt "2020-01-01T00:00:00.000Z"'}, ["Ana", "Ben"]),
        ({"q": "be"}, ["Ben"]),
        ({"q": "exa", "limit": 1}, ["Ana"]),
    ],
)
def test_people_are_found(okta, org, query, found):
    for name in ("Ana", "Ben"):
        org.add_user(name, "Example", f"{name.lower()}@example.com")
    pages = okta.pages("/users", **query)
    assert [row["profile"]["firstName"] for page in pages for row in page] == found


@pytest.mark.parametrize(
    "query",
    [
        {"search": 'profile.shoeSize eq "43"'},
        {"search": 'id co "0"'},
        {"filter": 'profile.firstName sw "A"'},
        {"filter": 'lastUpdated gt "soon"'},
        {"after": "guessed"},
    ],
)
def test_a_search_for_people_that_okta_does_not_take(okta, query):
    assert error_of(okta.get("/users", **query)) == (400, "E0000031")


def test_people_are_listed_page_by_page(okta, org):
    for number in range(5):
        org.add_user("A", "B", f"person{number}@example.com")
    assert [len(page) for page in okta.pages("/users", limit=2)] == [2, 2, 1]


def test_fastpass_can_be_seen_to_be_off(okta, org):
    verify = next(row for row in okta.get("/authenticators").json if row["key"] == "okta_verify")
    org.authenticators["okta_verify"].inactive.add("signed_nonce")
    methods = {
        method["type"]: method["status"]
        for method in okta.get(f"/authenticators/{verify['id']}/methods").json
    }
    assert methods == {"push": "ACTIVE", "signed_nonce": "INACTIVE", "totp": "ACTIVE"}
    assert (
        okta.get(f"/authenticators/{verify['id']}/methods/signed_nonce").json["status"]
        == "INACTIVE"
    )
    assert okta.get(f"/authenticators/{verify['id']}").json["status"] == "ACTIVE"


def test_the_desktop_platform_is_no_device_integration(okta):
    assert [row["name"] for row in okta.get("/device-integrations").json] == [
        "com.okta.device.osquery"
    ]


# The System Log


def types_in(pages):
    return [event["eventType"] for page in pages for event in page]


def test_the_platform_was_added_some_days_ago(okta, org):
    assert okta.get("/logs").json == []  # which asks for a week
    since = "2020-01-01T00:00:00Z"
    assert error_of(okta.get("/logs", since=since)) == (400, "E0000053")
    since = (org.now() - timedelta(days=30)).isoformat()
    assert types_in([okta.get("/logs", since=since).json]) == ["device.platform.add"]


def test_a_bounded_read_has_an_end(okta, org, register):
    for number in range(5):
        register(serial=f"C{number}")
    until = (org.now() + timedelta(seconds=1)).isoformat()
    pages = okta.pages("/logs", until=until, limit=4, filter='eventType sw "device."')
    assert [len(page) for page in pages] == [4, 4, 2]
    newest_first = okta.pages("/logs", until=until, limit=4, sortOrder="DESCENDING")
    assert types_in(newest_first) == list(reversed(types_in(pages)))


def test_polling_goes_on(okta, register):
    register(serial="A")
    reply = okta.get("/logs", filter='eventType eq "device.enrollment.create"')
    for expected in (0, 1, 0):
        reply = okta.send(
            "GET",
            re.search(r'<https://localhost([^>]*)>; rel="next"', reply.headers["link"]).group(1),
        )
        assert len(reply.json) == expected
        if not expected:
            register(serial="B")


def following(reply):
    return re.search(r'<https://localhost([^>]*)>; rel="next"', reply.headers["link"]).group(1)


def test_what_the_log_gets_late_is_found_by_polling_alone(okta, okta_world, org):
    okta_world.switches.log_lag_seconds = 60.0
    polled = okta.get("/logs", filter='eventType eq "pki.cert.issue"')
    org.platform.book("LATE")
    okta_world.clock.advance(seconds=30)
    okta_world.switches.log_lag_seconds = 0.0
    org.platform.book("PROMPT")
    until = (org.now() + timedelta(seconds=1)).isoformat()
    assert [
        len(page)
        for page in okta.pages("/logs", until=until, filter='eventType eq "pki.cert.issue"')
    ] == [1]
    polled = okta.send("GET", following(polled))
    assert [event["target"][0]["alternateId"] for event in polled.json] == ["PROMPT"]
    okta_world.clock.advance(seconds=31)
    assert (
        okta.get("/logs", since=until, until=org.now().isoformat()).json == []
    )  # it bears a time that was read before
    polled = okta.send("GET", following(polled))
    assert [event["target"][0]["alternateId"] for event in polled.json] == ["LATE"]
    by_time = okta.get(
        "/logs", until=org.now().isoformat(), filter='eventType eq "pki.cert.issue"'
    ).json
    assert [event["target"][0]["alternateId"] for event in by_time] == ["LATE", "PROMPT"]


def test_a_log_link_is_followed_as_it_stands_though_it_has_since_and_after(okta, org, register):
    for number in range(3):
        register(serial=f"C{number}")
    since = (org.now() - timedelta(days=1)).isoformat()
    link = following(okta.get("/logs", since=since, limit=4))
    assert {"since=", "after="} <= set(re.findall(r"\b(?:since|after)=", link))
    assert len(okta.send("GET", link).json) == 2


def test_the_log_is_cut_at_ninety_days_though_older_times_are_taken(okta, okta_world, org):
    org.platform.book("OLD")
    okta_world.clock.advance(days=91)
    org.platform.book("NEW")
    since = (org.now() - timedelta(days=179)).isoformat()
    assert [
        event["target"][0]["alternateId"]
        for event in okta.get("/logs", since=since, filter='eventType eq "pki.cert.issue"').json
    ] == ["NEW"]
    assert okta.get("/logs", since=since, q="OLD").json == []
    assert error_of(okta.get("/logs", since=(org.now() - timedelta(days=181)).isoformat())) == (
        400,
        "E0000053",
    )


@pytest.mark.parametrize("count", [10, 11])
def test_ten_words_of_forty_characters_are_sought(okta, org, count):
    word = "x" * 40
    org.platform.book(word)
    assert okta.get("/logs", q=" ".join([word] * count)).status == (200 if count == 10 else 400)
    assert len(okta.get("/logs", q=word).json) == 1


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("alternateId", "C02XK1ZAJG5J 0A1B"),
        ("displayName", "C02XK1ZAJG5J 0A1B"),
        ("detailEntry", {"subjectCommonName": "C02XK1ZAJG5J 0A1B"}),
    ],
)
def test_a_switch_says_where_an_issue_carries_the_common_name(
    okta, okta_world, org, field, expected
):
    okta_world.switches.certificate_target_field = field
    org.platform.book("C02XK1ZAJG5J 0A1B")
    event = okta.get(
        "/logs",
        filter='eventType eq "pki.cert.issue" and outcome.result eq "SUCCESS"',
        q="C02XK1ZAJG5J",
    ).json[0]
    assert event["target"][0][field] == expected


def test_the_console_s_search_of_the_guide_finds_the_issue(okta, org, register):
    org.platform.book("C02XK1ZAJG5J 0A1B")
    register()
    assert types_in([okta.get("/logs", q="client certificate").json]) == ["pki.cert.issue"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"since": "yesterday"}, "E0000001"),
        ({"limit": 1001}, "E0000001"),
        ({"sortOrder": "UP"}, "E0000001"),
        ({"q": "a b c d e f g h i j k"}, "E0000001"),
        ({"q": "x" * 41}, "E0000001"),
        ({"filter": "eventType is pki"}, "E0000053"),
        ({"filter": 'published gt "2026-11-23T10:00:00Z"'}, "E0000031"),
    ],
)
def test_a_log_query_that_okta_does_not_take(okta, query, code):
    assert error_of(okta.get("/logs", **query)) == (400, code)


# Limits


def test_a_bucket_is_used_up_and_filled_by_the_minute(okta, okta_world):
    okta.app.limits.set({"devices": 2, "principal_percent": 100})
    remaining = [okta.get("/devices").headers["x-rate-limit-remaining"] for _unused in range(2)]
    assert remaining == ["1", "0"]
    refused = okta.get("/devices")
    assert error_of(refused) == (429, "E0000047")
    assert (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"]) == (
        "2",
        "0",
    )
    assert 0 < int(refused.headers["x-rate-limit-reset"]) - okta_world.clock.now().timestamp() <= 61
    assert okta.get("/logs").status == 200  # another bucket
    okta_world.clock.advance(seconds=61)
    assert okta.get("/devices").status == 200


def test_a_principal_has_its_share_of_a_bucket(okta, okta_world):
    okta.app.limits.set({"devices": 10, "principal_percent": 30})
    assert [okta.get("/devices").status for _unused in range(4)] == [200, 200, 200, 429]
    refused = okta.get("/devices")
    assert (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"]) == (
        "10",
        "0",
    )
    okta_world.clock.advance(seconds=61)
    assert okta.get("/devices").headers["x-rate-limit-remaining"] == "9"


def test_somebody_else_s_traffic_leaves_less_for_us(okta):
    okta.app.limits.set({"devices": 10})
    okta.app.limits.use("devices", 8)
    assert [okta.get("/devices").status for _unused in range(3)] == [200, 200, 429]


def test_requests_on_top_of_as_many_as_may_be_handled_at_once_are_refused(okta):
    okta.app.limits.set({"concurrency": 1})
    with okta.app.limits.handling():  # another request is under way
        refused = okta.get("/devices")
    assert error_of(refused) == (429, "E0000047")
    assert (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"]) == (
        "0",
        "0",
    )
    assert okta.get("/devices").status == 200
    okta.app.limits.set({"concurrency": None})
    with okta.app.limits.handling():
        assert okta.get("/devices").status == 200


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("PUT", "/devices"),
        ("PATCH", "/devices/guo1"),
        ("DELETE", "/logs"),
        ("GET", "/devices/guo1/lifecycle/activate"),
    ],
)
def test_a_verb_that_a_known_path_does_not_take(okta, verb, path):
    assert error_of(okta.send(verb, f"/api/v1{path}")) == (405, "E0000022")


def test_too_many_at_once_says_nothing_of_when(okta, okta_world):
    okta_world.faults.append(Fault("concurrency", "listDevices"))
    refused = okta.get("/devices")
    assert error_of(refused) == (429, "E0000047")
    assert (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"]) == (
        "0",
        "0",
    )


def test_the_fault_429_asks_for_its_wait(okta, okta_world):
    okta_world.faults.append(Fault("429", "listDevices", seconds=30))
    refused = okta.get("/devices")
    assert (
        29 <= int(refused.headers["x-rate-limit-reset"]) - okta_world.clock.now().timestamp() <= 31
    )
    assert okta.get("/devices").status == 200


# SCEP


def scep(okta, org, verb="GET", body=None, **query):
    okta.token = None
    return okta.send(verb, org.platform.scep_path, query=query, data=body)


def test_the_scep_address_looks_like_okta_s_and_needs_no_token(okta, okta_world, org):
    assert re.fullmatch(
        r"https://localhost/pki/[0-9A-F]{40}/scep/rac[A-Za-z0-9]{17}", org.platform.scep_url
    )
    reply = scep(okta, org, operation="GetCACaps")
    assert (reply.status, reply.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert b"Renewal" not in reply.content
    assert (okta_world.requests[-1].vendor, okta_world.requests[-1].operation) == (
        "scep",
        "GetCACaps",
    )


@pytest.mark.parametrize(
    ("switch", "media_type"),
    [("der", "application/x-x509-ca-cert"), ("pkcs7", "application/x-x509-ca-ra-cert")],
)
def test_a_switch_says_how_the_ca_certificate_comes(okta, okta_world, org, switch, media_type):
    okta_world.switches.ca_certificate_answer = switch
    assert scep(okta, org, operation="GetCACert").headers["content-type"] == media_type


@pytest.mark.parametrize("query", [{}, {"operation": "GetNextCACert"}])
def test_another_scep_operation_is_not_there(okta, org, query):
    assert scep(okta, org, **query).status == 404


@pytest.mark.parametrize(
    ("verb", "query", "body"),
    [
        ("POST", {}, b"no message"),
        ("GET", {"message": base64.b64encode(b"no message").decode()}, None),
        ("GET", {"message": "?"}, None),
    ],
)
def test_what_is_no_scep_message_is_a_bad_request(okta, okta_world, org, verb, query, body):
    assert scep(okta, org, verb, body, operation="PKIOperation", **query).status == 400
    assert (okta_world.requests[-1].operation, okta_world.requests[-1].writes) == (
        "PKIOperation",
        True,
    )


# As recorded


def test_a_record_is_shown_suspended_for_a_while_after_it_was_unsuspended(okta, org, register):
    record = register()
    org.registry.step(record, "suspend")
    before = okta.get(f"/devices/{record.id}").json
    assert okta.post(f"/devices/{record.id}/lifecycle/unsuspend").status == 204
    assert okta.get(f"/devices/{record.id}").json == before
    org.world.clock.advance(seconds=3)
    assert okta.get(f"/devices/{record.id}").json["status"] == "ACTIVE"


@pytest.mark.parametrize(("lag", "status"), [(0.0, "DEACTIVATED"), (5.0, "ACTIVE")])
def test_how_soon_another_step_is_shown_is_a_switch(okta, okta_world, register, lag, status):
    record = register()
    okta_world.switches.set(lifecycle_lag_seconds=lag)
    okta.post(f"/devices/{record.id}/lifecycle/deactivate")
    assert okta.get(f"/devices/{record.id}").json["status"] == status


def test_an_unknown_device_is_called_otherwise_by_the_list_of_its_users(okta):
    summaries = [
        okta.get(path).json["errorSummary"].rpartition(" ")[2]
        for path in ("/devices/guo1", "/devices/guo1/users")
    ]
    assert summaries == ["(Device)", "(GenericUDObject)"]


def test_a_wrong_cursor_has_a_code_of_its_own_for_apps(okta):
    assert error_of(okta.get("/apps", after="guessed")) == (400, "E0000029")
    assert error_of(okta.get("/groups", after="guessed")) == (400, "E0000031")


def test_objects_are_dated_in_whole_seconds_and_events_in_milliseconds(okta, org, register):
    with org.dated(org.now().replace(microsecond=123_000) - timedelta(seconds=1)):
        record = register()
    assert okta.get(f"/devices/{record.id}").json["created"].endswith(".000Z")
    assert [event["published"][-5:] for event in okta.get("/logs").json] == [".123Z"] * 2
