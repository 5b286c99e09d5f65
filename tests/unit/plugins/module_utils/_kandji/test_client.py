# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kandji client.

Which URLs are a tenant's, four ways of paging, errors of every shape, writes that were done before,
uploads.
"""

from __future__ import annotations

import json
import typing as t
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    Forbidden,
    NotAsWritten,
    NotFound,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
    MASK,
    Masker,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
    Settings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    client as _kandji,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.client import (
    Kandji,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    KandjiDevice,
    LibraryItem,
)
from requests import exceptions

from lab.server import Lab

API, TOKEN = "https://acme.api.kandji.io", "4f7a9c1e-2b3d-4e5f-8a6b-7c8d9e0f1a2b"
BLUEPRINT, ITEM = "a1b2c3d4-0000-4000-8000-00000000000a", "0c5e1a10-0000-4000-8000-0000000000ff"


def kandji(wire: t.Any, **settings: t.Any) -> Kandji:
    return Kandji(API, TOKEN, wire.settings(**settings), wire.masker)


def query_of(request: t.Any) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(request.url).query, keep_blank_values=True).items()
    }


def test_the_token_is_sent_as_bearer(wire: t.Any) -> None:
    wire.script((200, {"results": []}))
    list(kandji(wire).profiles())
    assert wire.sent[0].headers["Authorization"] == f"Bearer {TOKEN}"


# Errors


@pytest.mark.parametrize(
    "body, text, request_id",
    [
        ({"detail": "Not found."}, "Not found.", ""),
        ({"error": "No."}, "No.", ""),
        ({"errors": ["one", "two"]}, "one, two", ""),
        (
            {"message": "no Route matched with those values", "request_id": "req-7"},
            "no Route matched with those values",
            "req-7",
        ),
        ({"detail": "first", "message": "second"}, "first", ""),
        ({"detail": "", "message": "second"}, "second", ""),
        (
            {"name": ["Too long.", "Not unique."], "file": "Missing."},
            "name: Too long., Not unique.; file: Missing.",
            "",
        ),
        ({}, "HTTP status 400", ""),
        (
            "Library Item already exists on Blueprint",
            "Library Item already exists on Blueprint",
            "",
        ),
        (["Source type mismatch.", "Other."], "Source type mismatch., Other.", ""),
        ([["nested"], "x"], "nested, x", ""),
        ([], "HTTP status 400", ""),
        ("", "HTTP status 400", ""),
        ("<!doctype html><h1>Not Found</h1>", "HTTP status 400", ""),
        ("  <html>", "HTTP status 400", ""),
        ("Unauthorized", "Unauthorized", ""),
    ],
)
def test_every_shape_of_an_error_is_read(body: t.Any, text: str, request_id: str) -> None:
    read = _kandji.explain(400, {}, body)
    assert (read.text, read.request_id) == (text, request_id)


@pytest.mark.parametrize(
    "answer, error, said",
    [
        (
            (401, "Unauthorized"),
            Unauthorized,
            (
                "The token for https://acme.api.kandji.io is not accepted (401 Unauthorized): it is"
                " incomplete, expired"
            ),
        ),
        ((401, {"detail": "Invalid token."}), Unauthorized, "(401 Invalid token.)"),
        (
            (403, {"detail": "You do not have permission to perform this action."}),
            Forbidden,
            "List Blueprints needs 'List Blueprints' (403 You do not",
        ),
        (
            (403, ""),
            Forbidden,
            "List Blueprints needs 'List Blueprints' (403 HTTP status 403)",
        ),
        ((400, ["one", "two"]), ApiError, "Kandji refused List Blueprints with 400: one, two."),
        (
            (400, json.dumps("bare text")),
            ApiError,
            "Kandji refused List Blueprints with 400: bare text.",
        ),
    ],
)
def test_an_error_is_told_in_one_sentence(
    wire: t.Any, answer: t.Any, error: type[ApiError], said: str
) -> None:
    wire.script(answer)
    with pytest.raises(error) as raised:
        list(kandji(wire).blueprints())
    assert said in raised.value.message


def test_a_run_keeps_to_its_share_of_the_hourly_limit(wire: t.Any) -> None:
    wire.script((200, {"results": []}))
    client = kandji(wire, capacity_percent=1)
    with pytest.raises(RateLimited, match="100 of 10000 calls"):
        for _unused in range(101):
            list(client.profiles())
    assert len(wire.sent) == 100


# Pages: a link in the body, an offset, a cursor


@pytest.mark.parametrize(
    "link",
    [
        "https://acme.api.kandji.io/api/v1/blueprints?cursor=a%2Bb&limit=300",
        "https://acme.web-api.kandji.io/api/v1/blueprints/?cursor=a%2Bb&limit=300&name=x",
        "?cursor=a%2Bb&limit=300",
    ],
)
def test_a_next_link_is_followed_by_its_query_on_the_configured_host(
    wire: t.Any, link: str
) -> None:
    wire.script(
        (200, {"results": [{"id": "1"}], "next": link}),
        (200, {"results": [{"id": "2"}], "next": None}),
    )
    assert [blueprint.id for blueprint in kandji(wire).blueprints()] == ["1", "2"]
    assert [urlsplit(request.url)[:3] for request in wire.sent] == [
        ("https", "acme.api.kandji.io", "/api/v1/blueprints")
    ] * 2
    assert [query_of(request) for request in wire.sent] == [
        {"limit": "300"},
        {"cursor": "a+b", "limit": "300"},
    ]


@pytest.mark.parametrize(
    "body, wrong",
    [
        (
            {"count": 3, "results": [{"id": "1", "name": "A"}], "next": None},
            "3 rows .* 1 were sent",
        ),
        (
            {"count": 1, "results": [{"id": "1", "name": None}], "next": None},
            "Custom Profiles has no name",
        ),
        ({"results": [{"id": None, "name": "A"}], "next": None}, "Custom Profiles has no id"),
    ],
)
def test_profiles_that_may_be_missing_are_not_read_as_absent(
    wire: t.Any, body: dict[str, t.Any], wrong: str
) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable, match=wrong):
        list(kandji(wire).profiles())


@pytest.mark.parametrize(
    "read, row",
    [
        (lambda tenant: tenant.scripts(), {"id": "1", "name": None}),
        (lambda tenant: tenant.scripts(), {"id": "1", "name": 7}),
        (lambda tenant: tenant.profiles(), {"id": "1", "name": "\x1b[31mOkta SCEP"}),
        (lambda tenant: tenant.library_items("b1"), {"id": 7, "name": "A"}),
        (lambda tenant: tenant.blueprints(), {"id": None, "name": "A"}),
        (lambda tenant: tenant.blueprints(), {"id": "\x1b[31m1", "name": "A"}),
        (lambda tenant: tenant.library_items("b1"), {"name": "A"}),
    ],
)
def test_a_row_without_what_identifies_it_is_not_passed_over(
    wire: t.Any, read: t.Any, row: dict[str, t.Any]
) -> None:
    wire.script((200, {"results": [row], "next": None}))
    with pytest.raises(Unreadable, match="^Kandji: a row of .* has no (id|name). Run again"):
        list(read(kandji(wire)))


PRISM_READS = {
    "Certificates": lambda tenant: tenant.prism_certificates({}),
    "Installed profiles": lambda tenant: tenant.prism_profiles({}),
    "Applications": lambda tenant: tenant.prism_apps({}),
}
NO_ID = [None, "", " ", [], {}, True, 7]


@pytest.mark.parametrize("value", NO_ID)
@pytest.mark.parametrize("operation", PRISM_READS)
def test_a_row_of_prism_without_its_device_is_not_passed_over(
    wire: t.Any, operation: str, value: object
) -> None:
    row = {"device_id": value, "serial_number": "C01"}
    wire.script((200, {"data": [{"device_id": "1"}, row], "cursor": None}))
    with pytest.raises(Unreadable, match=f"a row of {operation} has no device_id. Run again"):
        list(PRISM_READS[operation](kandji(wire)))


@pytest.mark.parametrize("value", NO_ID)
def test_a_device_without_its_id_is_not_passed_over(wire: t.Any, value: object) -> None:
    wire.script((200, [{"device_id": value, "serial_number": "C01"}]), (200, []))
    with pytest.raises(Unreadable, match="a row of List Devices has no device_id"):
        list(kandji(wire).devices())


@pytest.mark.parametrize("computer", [*({"id": value} for value in NO_ID), None, [], "C01", {}])
def test_a_status_without_its_device_is_not_passed_over(wire: t.Any, computer: object) -> None:
    row = {"computer": computer, "status": "PASS"}
    wire.script((200, {"results": [row], "next": None}))
    with pytest.raises(Unreadable, match="Get Library Item Statuses has no computer.id"):
        list(kandji(wire).item_statuses(ITEM))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"id": "1", "name": "x", "type": "other"}, "an id that is not a UUID"),
        ({"id": None, "name": "Wifi"}, "no id"),
        ({"id": ITEM, "name": None}, "no name"),
        ({"id": ITEM, "name": "\ud800Wifi"}, "no name"),
    ],
)
def test_what_is_no_library_item_is_not_passed_over(
    wire: t.Any, row: dict[str, t.Any], problem: str
) -> None:
    wire.script((200, {"results": [{"id": ITEM.upper(), "name": "Okta Verify"}, row]}))
    with pytest.raises(Unreadable, match=f"Kandji: a row of List Library Items has {problem}"):
        kandji(wire).library_items(BLUEPRINT)


def test_items_of_a_device_on_another_page_are_read(wire: t.Any) -> None:
    first = {"library_items": [{"item_id": "1"}], "next": "?page=2"}
    wire.script((200, first), (200, {"library_items": [{"item_id": "1"}, {"item_id": "2"}]}))
    assert [each.item_id for each in kandji(wire).device_items("1")] == ["1", "2"]
    assert urlsplit(wire.sent[1].url).query == "page=2"


def test_an_item_of_a_device_without_its_id_is_not_passed_over(wire: t.Any) -> None:
    wire.script((200, {"library_items": [{"item_id": None, "name": "Okta Verify"}]}))
    with pytest.raises(Unreadable, match="a row of Get Device Library Items has no item_id"):
        kandji(wire).device_items("1")


@pytest.mark.parametrize("body", [None, [], {}, {"results": None}, {"count": 2, "results": []}])
def test_an_answer_without_the_items_is_not_read_as_nothing_assigned(
    wire: t.Any, body: object
) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable):
        kandji(wire).library_items(BLUEPRINT)


@pytest.mark.parametrize("body", [{"data": None}, {"data": [], "total": 3}, {}])
def test_an_answer_without_the_rows_of_prism_is_not_read_as_none(wire: t.Any, body: object) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable):
        list(kandji(wire).prism_certificates({}))


@pytest.mark.parametrize("removed", [None, "false", "true", 0, 1, {}])
def test_only_a_device_that_kandji_calls_removed_is_left_out(wire: t.Any, removed: object) -> None:
    wire.script((200, [{"device_id": "1", "is_removed": removed}]), (200, []))
    (device,) = kandji(wire).devices()
    assert not device.is_removed


def test_a_count_of_blueprints_is_not_relied_upon(wire: t.Any) -> None:
    wire.script((200, {"count": 3, "results": [{"id": "1"}, {"id": "2"}], "next": None}))
    assert [blueprint.id for blueprint in kandji(wire).blueprints()] == ["1", "2"]


@pytest.mark.parametrize(
    "body",
    [
        {"results": [{"id": ITEM, "name": "Wifi"}]},
        {"results": [{"id": ITEM, "name": "Wifi"}], "next": ""},
        {"count": 1, "results": [{"id": ITEM, "name": "Wifi"}], "next": None},
    ],
)
def test_without_a_next_link_there_is_one_page(wire: t.Any, body: dict[str, t.Any]) -> None:
    wire.script((200, body))
    assert kandji(wire).library_items(BLUEPRINT) == [LibraryItem(ITEM, "Wifi")]
    assert [urlsplit(request.url).path for request in wire.sent] == [
        f"/api/v1/blueprints/{BLUEPRINT}/list-library-items"
    ]


def rows(count: int, first: int = 0, **values: t.Any) -> list[dict[str, t.Any]]:
    return [
        {
            "id": str(number),
            "device_id": str(number),
            "computer": {"id": str(number)},
            **values,
        }
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize(
    "pages, offsets, found",
    [
        ([[]], [0], 0),
        # A tenant may return fewer rows than the limit: only an empty page is the end
        ([rows(50), rows(50, 50), rows(7, 100), []], [0, 50, 100, 107], 107),
        ([rows(299), []], [0, 299], 299),
        ([rows(300), []], [0, 300], 300),
        ([rows(300), rows(300, 300), rows(1, 600), []], [0, 300, 600, 601], 601),
        # The count of a page decides whether there is another, not the count of what is left of it
        ([rows(300, is_removed=True), rows(2), []], [0, 300, 302], 2),
        ([[*rows(1, is_removed=True), *rows(1, is_removed=False)], []], [0, 2], 1),
    ],
)
def test_devices_are_read_by_offset_and_removed_ones_left_out(
    wire: t.Any, pages: list[t.Any], offsets: list[int], found: int
) -> None:
    wire.script(*[(200, page) for page in pages])
    assert len(list(kandji(wire).devices(platform="Mac"))) == found
    assert [query_of(request) for request in wire.sent] == [
        {"platform": "Mac", "limit": "300", "offset": str(offset)} for offset in offsets
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Total-Count": "3"},
        {"Link": '<None>; rel="next", <None>; rel="prev"'},  # as recorded
    ],
)
def test_headers_that_name_the_end_spare_the_empty_page_of_devices(
    wire: t.Any, headers: dict[str, str]
) -> None:
    wire.script((200, rows(3), headers))
    assert len(list(kandji(wire).devices())) == 3
    assert len(wire.sent) == 1


@pytest.mark.parametrize("per_page", [25, 300])
def test_prism_is_read_by_its_cursor_with_the_same_filter(wire: t.Any, per_page: int) -> None:
    """A tenant may return fewer rows than the limit: the cursor alone names the end."""
    wire.script(
        (200, {"data": rows(per_page), "cursor": "c/1=="}),
        (200, {"data": rows(per_page, 300), "cursor": "c2"}),
        (200, {"data": rows(3, 600), "cursor": None}),
    )
    apps = list(kandji(wire).prism_apps({"bundle_id": {"in": ["com.okta.mobile"]}}))
    assert len(apps) == 2 * per_page + 3
    same = {
        "device_families": "Mac",
        "limit": "300",
        "filter": '{"bundle_id": {"in": ["com.okta.mobile"]}}',
    }
    assert [query_of(request) for request in wire.sent] == [
        same,
        {**same, "cursor": "c/1=="},
        {**same, "cursor": "c2"},
    ]


def test_a_cursor_that_leads_to_an_empty_page_is_followed_that_far(wire: t.Any) -> None:
    wire.script((200, {"data": rows(25), "cursor": "c1"}), (200, {"data": [], "cursor": "c2"}))
    assert len(list(kandji(wire).prism_apps({}))) == 25


@pytest.mark.parametrize("cursor", [{}, {"cursor": None}, {"cursor": ""}])
def test_full_pages_of_prism_without_a_cursor_are_read_by_offset(
    wire: t.Any, cursor: dict[str, t.Any]
) -> None:
    wire.script(
        (200, {"data": rows(300), **cursor}),
        (200, {"data": rows(300, 300), **cursor}),
        (200, {"data": [], **cursor}),
    )
    assert len(list(kandji(wire).prism_certificates({}))) == 600
    assert [query_of(request).get("offset") for request in wire.sent] == [None, "300", "600"]


@pytest.mark.parametrize(
    "said",
    [
        {"total": 60, "limit": 25, "cursor": None},
        {"total": 60, "cursor": None},
        {"total": 60},
        {"total": None, "limit": 25, "cursor": None},
        {"limit": 25, "cursor": ""},
    ],
)
def test_a_page_that_is_full_or_shorter_than_the_total_is_not_the_last(
    wire: t.Any, said: dict[str, t.Any]
) -> None:
    """A tenant may return 25 rows where 300 are asked for, and a cursor only where one was sent."""
    wire.script(
        (200, {"data": rows(25), **said}),
        (200, {"data": rows(25, 25), **said}),
        (200, {"data": rows(10, 50), **said}),
        (200, {"data": [], **said}),
    )
    assert len(list(kandji(wire).prism_certificates({}))) == 60
    offsets = [query_of(request).get("offset") for request in wire.sent]
    assert offsets[:3] == [None, "25", "50"]


@pytest.mark.parametrize("said", [{"total": 60, "cursor": None}, {"total": 60}])
@pytest.mark.parametrize("last", [{}, {"total": 60}, {"total": 0}, {"total": None}])
def test_a_total_that_led_to_a_further_page_of_prism_has_to_be_reached(
    wire: t.Any, said: dict[str, t.Any], last: dict[str, t.Any]
) -> None:
    wire.script((200, {"data": rows(25), **said}), (200, {"data": [], **said, **last}))
    with pytest.raises(Unreadable, match="incomplete. It has 60 rows by its own count, and 25"):
        list(kandji(wire).prism_certificates({}))


def test_a_total_of_prism_that_is_less_by_the_last_page_counts(wire: t.Any) -> None:
    wire.script((200, {"data": rows(25), "total": 26}), (200, {"data": [], "total": 25}))
    assert len(list(kandji(wire).prism_certificates({}))) == 25


@pytest.mark.parametrize("total", [0, -1, 299])
@pytest.mark.parametrize("cursor", [{}, {"cursor": None}])
def test_a_total_of_prism_below_the_rows_that_came_is_none(
    wire: t.Any, cursor: dict[str, t.Any], total: int
) -> None:
    wire.script(
        (200, {"data": rows(300), "total": total, **cursor}),
        (200, {"data": rows(10, 300), "total": total, **cursor}),
        (200, {"data": [], "total": total, **cursor}),
    )
    assert len(list(kandji(wire).prism_certificates({}))) == 310


def test_a_count_of_devices_below_the_rows_that_came_is_none(wire: t.Any) -> None:
    none = {"X-Total-Count": "0"}
    wire.script((200, rows(300), none), (200, rows(10, 300), none), (200, [], none))
    assert len(list(kandji(wire).devices())) == 310


@pytest.mark.parametrize(
    "ends, sent",
    [
        ({"total": 25}, 1),
        ({"total": None, "cursor": None}, 1),  # a cursor that is null is the end
        ({"total": None}, 2),  # nothing names the end: an empty page does
    ],
)
def test_a_short_page_of_prism_is_the_last_only_where_the_answer_says_so(
    wire: t.Any, ends: dict[str, t.Any], sent: int
) -> None:
    wire.script((200, {"data": rows(25), **ends}), (200, {"data": [], **ends}))
    assert len(list(kandji(wire).prism_certificates({}))) == 25
    assert len(wire.sent) == sent


@pytest.mark.parametrize("read", ["blueprints", "item_statuses", "devices", "prism_profiles"])
def test_pages_that_lead_back_end_with_a_sentence(wire: t.Any, read: str) -> None:
    """Neither read for ever nor counted twice."""
    link = "?page=2"
    body = {"results": rows(2), "data": rows(2), "next": link, "cursor": "c1"}
    wire.script((200, rows(2) if read == "devices" else body))
    with pytest.raises(Unreadable, match="leads back to a page that was read already"):
        READS[read](kandji(wire))
    assert len(wire.sent) == 2


READS: dict[str, t.Callable[[Kandji], t.Any]] = {
    "profiles": lambda client: list(client.profiles()),
    "blueprints": lambda client: list(client.blueprints()),
    "library_items": lambda client: client.library_items(BLUEPRINT),
    "item_statuses": lambda client: list(client.item_statuses(ITEM)),
    "devices": lambda client: list(client.devices()),
    "device_items": lambda client: client.device_items("1"),
    "prism_profiles": lambda client: list(client.prism_profiles({})),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    "body",
    [
        {"detail": "soon"},
        '"text"',
        "5",
        None,
        # A row that cannot be read is never taken for a row that is not there
        [{"id": "1"}, None],
        {"results": [{"id": "1"}, "text"], "data": [3], "library_items": [None]},
    ],
)
def test_an_answer_that_is_not_a_list_of_objects_is_refused(
    wire: t.Any, read: str, body: t.Any
) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable, match="Kandji answered with something else than the list of"):
        READS[read](kandji(wire))


@pytest.mark.parametrize(
    "only, query", [(None, {"limit": "300"}), ("mac-1", {"computer_id": "mac-1"})]
)
def test_statuses_are_read_of_all_macs_or_of_one(
    wire: t.Any, only: str | None, query: dict[str, str]
) -> None:
    wire.script((200, {"results": [{"computer": {"id": "mac-1"}, "status": "PASS"}]}))
    assert [one.status for one in kandji(wire).item_statuses(ITEM, only)] == ["PASS"]
    assert query_of(wire.sent[0]) == query


@pytest.mark.parametrize("name", ["status", "log", "last_audit_log", "control_log"])
def test_a_secret_in_a_status_is_masked_before_anybody_cuts_the_text(
    wire: t.Any, name: str
) -> None:
    secret = "Zk8vQ2-canary-Lm4"
    wire.masker.add(secret)
    row = {"computer": {"id": "mac-1"}, "status": "ERROR", name: "x" * 290 + secret}
    wire.script((200, {"results": [row]}))
    (status,) = kandji(wire).item_statuses(ITEM)
    assert getattr(status, name) == "x" * 290 + MASK


# What is not there


def test_what_is_not_there_is_nothing_but_for_a_blueprint(wire: t.Any) -> None:
    wire.script((404, {"detail": "Not found."}))
    assert list(kandji(wire).item_statuses(ITEM)) == []
    with pytest.raises(NotFound, match="List Library Items"):
        kandji(wire).library_items(BLUEPRINT)


def test_a_profile_that_is_gone_already_needs_no_deletion(wire: t.Any) -> None:
    """Kandji answers the deletion of what it does not know with a page of HTML."""
    none: dict[str, t.Any] = {"count": 0, "results": []}
    wire.script((204, None), (404, "<html>Not Found</html>"), (200, none))
    for _unused in range(2):
        kandji(wire).delete_profile(ITEM)
    deletion = ("DELETE", f"/api/v1/library/custom-profiles/{ITEM}")
    assert [(one.method, urlsplit(one.url).path) for one in wire.sent] == [
        *(deletion, deletion),
        ("GET", "/api/v1/library/custom-profiles"),
    ]


def test_a_profile_that_is_listed_after_its_deletion_was_answered_with_404_is_not_gone(
    wire: t.Any,
) -> None:
    listed = {"count": 1, "results": [{"id": ITEM.upper(), "name": "Wi-Fi"}]}
    wire.script((404, "<html>Not Found</html>"), (200, listed))
    with pytest.raises(NotAsWritten) as raised:
        kandji(wire).delete_profile(ITEM)
    assert raised.value.message == (
        f"profile 'Wi-Fi' ({ITEM}): Kandji answered Delete Custom Profile with 404, and lists it"
        " all the same. Run again."
    )


# Assignments


@pytest.mark.parametrize(
    "answer, assigned",
    [
        ((200, [ITEM, "other"]), True),
        ((200, [ITEM.upper()]), True),
        ((200, None), True),
        ((200, {"detail": "done"}), True),
        ((400, json.dumps("Library Item already exists on Blueprint")), False),
        ((400, json.dumps("Library Item already exists in Assignment Node")), False),
        ((400, ["Library Item already exists on Blueprint"]), False),
    ],
)
def test_an_assignment_that_is_there_already_is_no_error(
    wire: t.Any, answer: t.Any, assigned: bool
) -> None:
    wire.script(answer)
    assert kandji(wire).assign_item(BLUEPRINT, ITEM) is assigned
    assert urlsplit(wire.sent[0].url).path == f"/api/v1/blueprints/{BLUEPRINT}/assign-library-item"
    assert json.loads(wire.sent[0].body) == {"library_item_id": ITEM}


@pytest.mark.parametrize(
    "answer, removed",
    [
        ((200, ["other"]), True),
        ((200, []), True),
        ((200, None), True),
        ((400, json.dumps("Library Item does not exist on Blueprint")), False),
        ((400, json.dumps("Library Item does not exist in Assignment Node")), False),
    ],
)
def test_a_removal_of_what_is_gone_is_no_error(wire: t.Any, answer: t.Any, removed: bool) -> None:
    wire.script(answer)
    assert kandji(wire).remove_item(BLUEPRINT, ITEM, "node-1") is removed
    assert urlsplit(wire.sent[0].url).path == f"/api/v1/blueprints/{BLUEPRINT}/remove-library-item"
    assert json.loads(wire.sent[0].body) == {
        "library_item_id": ITEM,
        "assignment_node_id": "node-1",
    }


@pytest.mark.parametrize(
    "write, answer, error",
    [
        ("assign_item", (200, ["other"]), NotAsWritten),
        ("assign_item", (200, []), NotAsWritten),
        ("remove_item", (200, ["other", ITEM.upper()]), NotAsWritten),
        ("assign_item", (400, json.dumps("Library Item does not exist on Blueprint")), ApiError),
        ("remove_item", (400, json.dumps("Library Item already exists on Blueprint")), ApiError),
        ("assign_item", (400, {"detail": "Must provide assignment_node_id"}), ApiError),
        ("assign_item", (403, {"detail": "no"}), Forbidden),
        ("remove_item", (403, {"detail": "no"}), Forbidden),
    ],
)
def test_an_assignment_that_was_not_made_is_told(
    wire: t.Any, write: str, answer: t.Any, error: type[Exception]
) -> None:
    wire.script(answer)
    with pytest.raises(error):
        getattr(kandji(wire), write)(BLUEPRINT, ITEM)


@pytest.mark.parametrize(
    "answer, asked",
    [
        ((200, None), True),
        ((201, {}), True),
        ((400, json.dumps("Command already running")), False),
        ((400, {"detail": "Command is not allowed for current device"}), False),
    ],
)
def test_a_check_in_that_is_pending_already_is_no_error(
    wire: t.Any, answer: t.Any, asked: bool
) -> None:
    wire.script(answer)
    assert kandji(wire).daily_check_in("mac-1") is asked
    assert (wire.sent[0].method, urlsplit(wire.sent[0].url).path) == (
        "POST",
        "/api/v1/devices/mac-1/action/dailycheckin",
    )


def test_a_check_in_that_a_first_attempt_may_have_requested_counts_as_requested(
    wire: t.Any,
) -> None:
    wire.script((504, ""), (400, json.dumps("Command already running")))
    assert kandji(wire).daily_check_in("mac-1")


# Profiles


def parts_of(request: t.Any) -> list[str]:
    """Name, and file name where there is one, of each part of a multipart form."""
    return [
        line.split("form-data; ")[1]
        for line in request.body.decode().split("\r\n")
        if line.startswith("Content-Disposition")
    ]


def test_a_profile_is_uploaded_as_a_form_with_its_file(wire: t.Any) -> None:
    wire.script((201, {"id": ITEM}))
    kandji(wire).create_profile(
        "Okta & SCEP / Zoë",
        b"<plist/>",
        {"active": True, "runs_on_mac": True, "runs_on_ipad": False},
    )
    (request,) = wire.sent
    assert (request.method, urlsplit(request.url).path) == (
        "POST",
        "/api/v1/library/custom-profiles",
    )
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert parts_of(request) == [
        'name="name"',
        'name="active"',
        'name="runs_on_mac"',
        'name="runs_on_ipad"',
        'name="file"; filename="Okta-SCEP-Zo-.mobileconfig"',
    ]
    values = [
        part.split("\r\n\r\n")[1].rsplit("\r\n", 1)[0]
        for part in request.body.decode().split(
            "--" + request.headers["Content-Type"].split("=")[1]
        )[1:-1]
    ]
    assert values == ["Okta & SCEP / Zoë", "true", "true", "false", "<plist/>"]


@pytest.mark.parametrize(
    "document, parts",
    [
        (None, ['name="active"']),
        (b"<plist/>", ['name="active"', f'name="file"; filename="{ITEM}.mobileconfig"']),
    ],
)
def test_an_update_sends_what_changes_alone(
    wire: t.Any, document: bytes | None, parts: list[str]
) -> None:
    wire.script((200, {"id": ITEM}))
    kandji(wire).update_profile(CustomProfile(ITEM), {"active": True}, document)
    assert (wire.sent[0].method, urlsplit(wire.sent[0].url).path) == (
        "PATCH",
        f"/api/v1/library/custom-profiles/{ITEM}",
    )
    assert parts_of(wire.sent[0]) == parts


WRITES: dict[str, t.Callable[[Kandji], t.Any]] = {
    "create": lambda client: client.create_profile("Okta", b"<plist/>", {"active": True}),
    "update": lambda client: client.update_profile(CustomProfile(ITEM), {}, b"<plist/>"),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "answer, error",
    [
        ((503, ""), Uncertain),
        ((200, "<html>"), Uncertain),
        ((200, '{"id": '), Uncertain),
        (exceptions.ConnectionError("reset"), Uncertain),
    ],
)
def test_a_write_of_a_profile_is_never_repeated(
    wire: t.Any, write: str, answer: t.Any, error: type[Exception]
) -> None:
    """Each would give every Mac in scope a new certificate, or make a second profile."""
    wire.script(answer)
    with pytest.raises(error):
        WRITES[write](kandji(wire))
    assert (len(wire.sent), wire.slept) == (1, [])


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body", [None, [], {"detail": "ok"}])
def test_an_answer_without_the_profile_is_told(wire: t.Any, write: str, body: t.Any) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable, match="without the profile. Run again"):
        WRITES[write](kandji(wire))


# Against the lab


@pytest.fixture
def tenant(lab: Lab) -> Kandji:
    return Kandji(
        lab.announcement["kandji_url"],
        lab.announcement["kandji_api_token"],
        Settings(ca_path=lab.announcement["ca_file"]),
        Masker(),
    )


def test_the_labs_devices_are_read_without_the_removed_ones(lab: Lab, tenant: Kandji) -> None:
    macs = {device.serial for device in tenant.devices(platform="Mac") if device.is_mac}
    assert {mac.serial for mac in lab.world.macs} <= macs
    assert not any(device.is_removed for device in tenant.devices())


def test_the_labs_blueprints_have_their_items(tenant: Kandji) -> None:
    blueprints = {blueprint.name: blueprint.id for blueprint in tenant.blueprints()}
    assert {"Canary", "Engineering", "Everyone else"} <= set(blueprints)
    assert all(item.id and item.name for item in tenant.library_items(blueprints["Canary"]))


def test_a_serial_that_is_part_of_another_finds_both(lab: Lab, tenant: Kandji) -> None:
    """Which is why whoever filters by serial compares again."""
    inner = next(
        one.serial
        for one in lab.world.macs
        if any(
            one.serial != other.serial and one.serial in other.serial for other in lab.world.macs
        )
    )
    assert len(list(tenant.devices(serial_number=inner))) > 1


# The audit log


def test_the_audit_log_is_read_newest_first_by_cursor_and_not_for_ever(wire: t.Any) -> None:
    link = "https://acme.kandji.io/api/v1/audit/events?cursor=abc&limit=500&sort_by=-occurred_at"
    wire.script(
        *[
            (200, {"next": link.replace("abc", f"abc{number}"), "results": [{"id": number}]})
            for number in range(_kandji.AUDIT_PAGES)
        ]
    )
    assert len(list(kandji(wire).audit_events())) == _kandji.AUDIT_PAGES == len(wire.sent)
    first, second = (one.url for one in wire.sent[:2])
    assert "sort_by=-occurred_at" in first and "limit=500" in first and "cursor=abc" in second
    assert all("//acme.kandji.io" not in one.url for one in wire.sent)


@pytest.mark.parametrize("number, calls", [(0, 0), (1, 1), (10, 10), (11, 1)])
def test_a_few_serials_are_asked_for_one_by_one_and_many_by_the_whole_list(
    wire: t.Any, number: int, calls: int
) -> None:
    rows = [{"device_id": str(place), "serial_number": f"C{place:02}"} for place in range(12)] + [
        {"device_id": "vm", "serial_number": "ZC00"}
    ]
    wire.script((200, rows, {"X-Total-Count": str(len(rows))}))
    found = list(
        kandji(wire).devices_with_serials(
            [f"c{place:02}" for place in range(number)], platform="Mac"
        )
    )
    assert [device.device_id for device in found] == [
        str(place) for place in range(number)
    ] and len(wire.sent) == calls
    assert all(query_of(one)["platform"] == "Mac" for one in wire.sent)


def device_row(*tags: str) -> dict[str, t.Any]:
    row = {"device_id": "d1", "serial_number": "C1", "platform": "Mac", "device_name": "Mac"}
    return {**row, "tags": list(tags)}


@pytest.mark.parametrize(
    ("tags", "methods"),
    [(["vip"], ["PATCH", "GET", "PATCH"]), (["vip", "skip"], ["PATCH", "GET"])],
)
def test_tags_are_written_again_after_a_429_only_if_they_are_as_before(
    wire: t.Any, tags: list[str], methods: list[str]
) -> None:
    wire.script((429, "", {"Retry-After": "2"}), (200, device_row(*tags)), (200, {}))
    client = kandji(wire)
    if len(methods) == 3:
        client.set_tags("d1", ["vip"], ["vip", "skip"])
    else:
        with pytest.raises(Uncertain):
            client.set_tags("d1", ["vip"], ["vip", "skip"])
    assert [each.method for each in wire.sent] == methods


# Commands of a device


COMMAND = {
    "uuid": "B4B6FA7B-2E61-4907-A1FC-58666E7FD52E",
    "command_type": "DeviceLock",
    "request_type": "DeviceLock",
    "status": 3,
    "date_requested": "2022-08-18T15:07:22.205070Z",
    "date_completed": "2022-08-18T15:07:24.130091Z",
}


def commands(*rows: t.Any, following: str | None = None) -> t.Any:
    page = {"count": len(rows), "next": following, "previous": None, "results": list(rows)}
    return {"device_id": "d1", "commands": page}


def test_the_commands_of_a_device_are_read_to_the_last_page(wire: t.Any) -> None:
    link = f"{API}/api/v1/devices/d1/commands?limit=300&offset=300"
    other = {**COMMAND, "uuid": "u2", "status": "1", "date_completed": None}
    wire.script((200, commands(COMMAND, following=link)), (200, commands(other)))
    first, second = kandji(wire).device_commands("d1")
    assert (first.uuid, first.request_type, first.status) == (
        COMMAND["uuid"].lower(),  # type: ignore[union-attr]  # a text in this row
        "DeviceLock",
        3,
    )
    assert (first.requested, first.completed) == (
        COMMAND["date_requested"],
        COMMAND["date_completed"],
    )
    assert (second.status, second.completed) == (1, None)
    assert query_of(wire.sent[1])["offset"] == "300"


@pytest.mark.parametrize(
    "body", [{}, [], {"commands": None}, {"commands": []}, {"commands": {"results": None}}]
)
def test_a_list_of_commands_of_another_form_is_not_none(wire: t.Any, body: t.Any) -> None:
    wire.script((200, body))
    with pytest.raises(Unreadable):
        kandji(wire).device_commands("d1")


@pytest.mark.parametrize("status", [None, "", "soon", True, 1.5, [], "٣"])
def test_a_status_that_is_no_number_is_unknown(wire: t.Any, status: t.Any) -> None:
    wire.script((200, commands({**COMMAND, "status": status}, {**COMMAND, "uuid": "u2"})))
    assert kandji(wire).device_commands("d1")[0].status is None


def test_a_lock_returns_its_pin_which_no_text_of_others_shows(wire: t.Any) -> None:
    wire.script((200, {"PIN": "496406"}))
    client = kandji(wire)
    assert client.lock_device("d1", [], {"Message": "Lost"}) == "496406"
    assert json.loads(wire.sent[0].body) == {"Message": "Lost"}
    assert wire.sent[0].url.endswith("/api/v1/devices/d1/action/lock")
    assert client.transport.masker.foreign_text("PIN 496406") == f"PIN {MASK}"


@pytest.mark.parametrize("body", [{}, [], {"PIN": None}, "496406", None])
def test_a_lock_without_a_pin_in_the_answer_is_a_lock(wire: t.Any, body: t.Any) -> None:
    wire.script((200, body))
    assert kandji(wire).lock_device("d1", [], {}) == ""


@pytest.mark.parametrize("text", ["This device is already locked.", "Command already running"])
def test_a_device_that_has_the_command_is_no_error(wire: t.Any, text: str) -> None:
    wire.script((400, text), (400, text))
    assert kandji(wire).lock_device("d1", [], {}) is None
    assert kandji(wire).erase_device("d1", []) is False


def test_a_command_that_is_not_allowed_is_an_error(wire: t.Any) -> None:
    wire.script((400, "Command is not allowed for current device"))
    with pytest.raises(ApiError, match="not allowed for current device"):
        kandji(wire).erase_device("d1", [])


def test_an_erasure_has_an_answer_without_a_body(wire: t.Any) -> None:
    wire.script((200, None))
    assert kandji(wire).erase_device("d1", []) is True
    assert wire.sent[0].url.endswith("/api/v1/devices/d1/action/erase")


@pytest.mark.parametrize("name", ["lock", "erase"])
def test_a_command_is_not_sent_again_after_a_429_that_may_have_taken_it(
    wire: t.Any, name: str
) -> None:
    def send(client: Kandji) -> t.Any:
        if name == "lock":
            return client.lock_device("d1", [], {})
        return client.erase_device("d1", [])

    wire.script((429, {}), (200, commands(COMMAND)))
    with pytest.raises(Uncertain):
        send(kandji(wire))
    wire.script((429, {}), (200, commands()), (200, {"PIN": "496406"}))
    assert send(kandji(wire)) in ("496406", True)


def released_row(**values: t.Any) -> dict[str, t.Any]:
    return {"device_id": "d1", "serial_number": "C02A", "user": "", "blueprint_id": "b2", **values}


BEFORE = KandjiDevice("d1", "C02A", blueprint_id="b1", person="ann@acme.com")


@pytest.mark.parametrize(
    ("blueprint", "body"), [(None, {"user": None}), ("b2", {"user": None, "blueprint_id": "b2"})]
)
def test_a_release_is_one_request(wire: t.Any, blueprint: str | None, body: t.Any) -> None:
    wire.script((200, released_row()))
    kandji(wire).release_device(BEFORE, blueprint)
    assert json.loads(wire.sent[0].body) == body and wire.sent[0].method == "PATCH"


@pytest.mark.parametrize(
    "row", [{"user": {"email": "ann@acme.com"}}, {"blueprint_id": "b1"}, {"blueprint_id": None}]
)
def test_a_release_that_kandji_does_not_show_is_an_error(wire: t.Any, row: t.Any) -> None:
    wire.script((200, released_row(**row)))
    with pytest.raises(NotAsWritten, match="release of the Mac C02A"):
        kandji(wire).release_device(BEFORE, "b2")


@pytest.mark.parametrize("answer", [None, {}, []])
def test_a_release_without_a_device_in_the_answer_is_a_release(wire: t.Any, answer: t.Any) -> None:
    wire.script((200, answer))
    kandji(wire).release_device(BEFORE, "b2")


def test_a_release_is_not_sent_again_after_a_429_that_may_have_taken_it(wire: t.Any) -> None:
    before = KandjiDevice.from_row(released_row(user={"email": "ann@acme.com"}, blueprint_id="b1"))
    wire.script((429, {}), (200, released_row()))
    with pytest.raises(Uncertain):
        kandji(wire).release_device(before, "b2")


@pytest.mark.parametrize("serial", [None, "", 7, "\x1bC02A"])
def test_a_device_that_a_filter_finds_by_its_serial_shows_it(wire: t.Any, serial: object) -> None:
    """It would pass for one that is not in Kandji."""
    wire.script((200, [{"device_id": "d1", "serial_number": serial}]), (200, []))
    with pytest.raises(Unreadable, match="^Kandji: the device d1 was found by the serial C02A"):
        list(kandji(wire).devices_with_serials(["C02A"]))
    wire.script((200, [{"device_id": "d1", "serial_number": serial}]), (200, []))
    assert len(list(kandji(wire).devices())) == 1
