# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Okta client.

Which URLs are an org's, how pages are followed, how errors read, and steps that were taken before.
"""

from __future__ import annotations

import itertools
import typing as t
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    Forbidden,
    NotAsWritten,
    NotFound,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    USER_AGENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
    Settings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import (
    client as _okta,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
    ApiToken,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
    Okta,
)

from lab.server import Lab

ORG, TOKEN = "https://acme.okta.com", "00Abc-d_EfGhIjKlMnOpQrStUvWxYz0123456789ab"


def okta(wire: t.Any, **settings: t.Any) -> Okta:
    return Okta(ORG, ApiToken(TOKEN), wire.settings(**settings), wire.masker)


def error_body(
    code: str, summary: str = "Summary.", causes: t.Sequence[str] = ()
) -> dict[str, t.Any]:
    return {
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": "oae1",
        "errorCauses": [{"errorSummary": cause} for cause in causes],
    }


# Device records

PROFILE = {"displayName": "Mac of Ada", "platform": "MACOS", "registered": True}


def record(device_id: str = "guo1", status: str = "ACTIVE") -> dict[str, t.Any]:
    return {"id": device_id, "status": status, "profile": PROFILE}


READS_OF_RECORDS: list[tuple[t.Callable[[Okta], t.Any], t.Callable[[t.Any], t.Any]]] = [
    (lambda client: list(client.devices("id pr")), lambda row: [row]),
    (lambda client: client.device("guo1"), lambda row: row),
    (lambda client: client.user_devices("00u1"), lambda row: [{"device": row}]),
]


@pytest.mark.parametrize(("read", "answer"), READS_OF_RECORDS)
@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ({"id": "guo1"}, "status and no profile"),
        ({"id": "guo1", "status": "ACTIVE", "profile": None}, "profile"),
        ({"id": "guo1", "status": "", "profile": PROFILE}, "status"),
        ({"status": "ACTIVE", "profile": PROFILE}, "id"),
        ({}, "id and no status and no profile"),
    ],
)
def test_a_device_record_without_its_essentials_is_not_read_as_one(
    wire: t.Any,
    read: t.Callable[[Okta], t.Any],
    answer: t.Callable[[t.Any], t.Any],
    row: t.Any,
    missing: str,
) -> None:
    """Recorded rows have all of them. Without a status the record would count as one out of use."""
    wire.script((200, answer(row)))
    with pytest.raises(Unreadable, match=f"^Okta: a device record has no {missing}. Run again."):
        read(okta(wire))
    wire.script((200, answer(record())))
    assert read(okta(wire))


@pytest.mark.parametrize(("read", "answer"), READS_OF_RECORDS)
@pytest.mark.parametrize("user", [{}, {"user": {}}, {"user": {"id": 7}}, {"summary": None}, 7])
def test_a_user_of_a_record_who_has_no_id_is_not_passed_over(
    wire: t.Any, read: t.Callable[[Okta], t.Any], answer: t.Callable[[t.Any], t.Any], user: t.Any
) -> None:
    """The record would pass for one that is nobody's: a forecast would miss whom it locks out."""
    wire.script((200, answer({**record(), "_embedded": {"users": [user]}})))
    with pytest.raises(Unreadable, match="^Okta: a user of a device record has no id. Run again."):
        read(okta(wire))


def test_a_listed_user_of_a_record_who_has_no_id_is_not_passed_over(wire: t.Any) -> None:
    wire.script((200, [{"user": {"id": None}, "managementStatus": "MANAGED"}]))
    with pytest.raises(Unreadable, match="a user of a device record has no id"):
        okta(wire).device_users("guo1")


@pytest.mark.parametrize(
    ("read", "row", "missing"),
    [
        (
            lambda client: client.access_policies(),
            {"name": "Company apps"},
            "listPolicies has no id",
        ),
        (lambda client: client.access_policies(), {"id": "rst1"}, "listPolicies has no name"),
        (
            lambda client: client.policy_rules("rst1"),
            {"id": 7, "name": "A"},
            "listPolicyRules has no id",
        ),
        (
            lambda client: client.policy_rules("rst1"),
            {"id": "rul1", "name": "\x1bA"},
            "Rules has no name",
        ),
        (
            lambda client: client.apps(),
            {"id": "\ud8000oa1", "label": "A"},
            "Applications has no id",
        ),
        (
            lambda client: client.apps(),
            {"id": "0oa1", "label": ""},
            "listApplications has no label",
        ),
        (lambda client: client.groups("x"), {"id": "00g1"}, "listGroups has no profile.name"),
        (lambda client: client.group_users("00g1"), {"status": "ACTIVE"}, "GroupUsers has no id"),
        (lambda client: client.user_groups("00u1"), {"type": "BUILT_IN"}, "UserGroups has no id"),
        (
            lambda client: client.authenticators(),
            {"key": "okta_verify"},
            "Authenticators has no id",
        ),
    ],
)
def test_a_row_without_what_identifies_it_is_not_passed_over(
    wire: t.Any, read: t.Callable[[Okta], t.Any], row: t.Any, missing: str
) -> None:
    """A policy or a rule whose name cannot be read would be created once more."""
    wire.script((200, [row]))
    with pytest.raises(Unreadable, match=f"^Okta: a row of .*{missing}. Run again."):
        list(read(okta(wire)))


def test_the_token_is_sent_as_ssws(wire: t.Any) -> None:
    wire.script((200, {"id": "00o1", "pipeline": "idx"}))
    assert okta(wire).organization().pipeline == "idx"
    assert wire.sent[0].headers["Authorization"] == f"SSWS {TOKEN}"


@pytest.mark.parametrize(
    "answer",
    [
        (404, "Not here"),
        (404, error_body("E0000007")),
        (200, {"name": "another service"}),
        (200, []),
    ],
)
def test_a_host_that_is_no_okta_org_is_told(wire: t.Any, answer: t.Any) -> None:
    wire.script(answer)
    with pytest.raises(
        Unreadable, match="okta_org_url: https://acme.okta.com does not answer as an Okta org"
    ):
        okta(wire).organization()


# Errors


@pytest.mark.parametrize(
    "body, text, code",
    [
        (
            error_body("E0000001", "Api validation failed: x", ["one", "two"]),
            "Api validation failed: x; one; two",
            "E0000001",
        ),
        (error_body("E0000007", "Not found"), "Not found", "E0000007"),
        ({"errorCode": "E0000006", "errorSummary": "No.", "errorCauses": None}, "No.", "E0000006"),
        (
            {
                "errorCode": "E0000006",
                "errorSummary": "No.",
                "errorCauses": ["text", {"errorSummary": "cause"}],
            },
            "No.; cause",
            "E0000006",
        ),
        (
            {"error": "invalid_client", "error_description": "No such client."},
            "No such client.",
            "invalid_client",
        ),
        ({"error": "access_denied"}, "access_denied", "access_denied"),
        ({}, "HTTP status 400", ""),
        ([], "[]", ""),
        ("", "HTTP status 400", ""),
        ("<html>" + "x" * 500, "<html>" + "x" * 194, ""),
    ],
)
def test_every_shape_of_an_error_is_read(body: t.Any, text: str, code: str) -> None:
    read = _okta.explain(400, {"X-Okta-Request-Id": "req-7"}, body)
    assert (read.text, read.code, read.request_id) == (text, code, "req-7")


@pytest.mark.parametrize(
    "answer, error, said",
    [
        (
            (401, error_body("E0000011", "Invalid token provided")),
            Unauthorized,
            "The token for https://acme.okta.com is not accepted (401 E0000011)",
        ),
        (
            (403, error_body("E0000006")),
            Forbidden,
            "listDevices needs 'okta.devices.read' (403 E0000006)",
        ),
        (
            (400, error_body("E0000031", "Invalid search criteria.")),
            ApiError,
            "Okta refused listDevices with 400: Invalid search criteria.",
        ),
        ((410, error_body("E0000153")), ApiError, "with 410"),
    ],
)
def test_an_error_is_told_with_its_code(
    wire: t.Any, answer: t.Any, error: type[ApiError], said: str
) -> None:
    wire.script(answer)
    with pytest.raises(error) as raised:
        list(okta(wire).devices("x"))
    assert said in raised.value.message
    assert raised.value.error_code == answer[1]["errorCode"]


@pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "a\nb", "a\0b"])
def test_what_cannot_stand_in_a_filter_is_refused(value: str) -> None:
    with pytest.raises(BadOption):
        _okta.quote_filter(value)


@pytest.mark.parametrize("value", ["C02XK1ZAJG5J", "Ada's Mac", "VMHq0+Bv/8Lq", "Zoë"])
def test_a_value_is_quoted_for_a_filter(value: str) -> None:
    assert _okta.quote_filter(value) == f'"{value}"'


# Pages


def query_of(request: t.Any) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(request.url).query, keep_blank_values=True).items()
    }


def linked(rows: t.Any, *links: str) -> tuple[t.Any, ...]:
    return (200, rows, {"Link": ", ".join(links)})


SELF = '<https://acme.okta.com/api/v1/devices?limit=2>; rel="self"'


@pytest.mark.parametrize(
    "link",
    [
        '<https://acme.okta.com/api/v1/devices?after=a%2Bb&limit=2>; rel="next"',
        '<https://elsewhere.test/api/v1/devices?after=a%2Bb&limit=2>; rel="next"',
        '<http://acme.okta.com/api/v1/devices?after=a%2Bb&limit=2>;rel="next"',
        '<https://acme.okta.com/api/v1/devices?after=a%2Bb&limit=2>; rel = "next"',
        '<https://acme.okta.com/api/v1/devices?after=a%2Bb&limit=2>; title="x"; rel="next"',
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_next_link_is_followed_by_its_query_on_the_configured_host(
    wire: t.Any, link: str, order: int
) -> None:
    wire.script(
        linked([record("1"), record("2")], *[SELF, link][::order]), linked([record("3")], SELF)
    )
    assert [device.id for device in okta(wire).devices("platform", limit=2)] == ["1", "2", "3"]
    assert [urlsplit(request.url)[:3] for request in wire.sent] == [
        ("https", "acme.okta.com", "/api/v1/devices")
    ] * 2
    assert [query_of(request) for request in wire.sent] == [
        {"search": "platform", "limit": "2"},
        {"search": "platform", "after": "a+b", "limit": "2"},
    ]
    assert wire.sent[1].headers["Authorization"] == f"SSWS {TOKEN}"


def test_many_serials_are_sought_in_few_searches(wire: t.Any) -> None:
    mac = {**PROFILE, "serialNumber": "C1"}
    wire.script(*((200, [{**record(each), "profile": mac}]) for each in ("1", "2")))
    found = okta(wire).devices_with_serials([f"C{number}" for number in range(41)] * 2)
    assert [device.id for device in found] == ["1", "2"]
    assert (
        query_of(wire.sent[0])["search"].count(" or ") == 39
        and query_of(wire.sent[1])["search"] == 'profile.serialNumber eq "C40"'
    )


def test_ids_are_sought_without_asking_for_a_serial(wire: t.Any) -> None:
    wire.script((200, [{**record("guo1"), "profile": {**PROFILE, "serialNumber": None}}]))
    assert [device.id for device in okta(wire).devices_with_ids(["guo1"])] == ["guo1"]
    assert query_of(wire.sent[0])["search"] == 'id eq "guo1"'


@pytest.mark.parametrize("serial", [None, "", 7, "\ud800C1"])
def test_a_record_that_was_found_by_a_serial_and_shows_none_is_not_passed_over(
    wire: t.Any, serial: object
) -> None:
    """A reset would take its Mac for one without a record."""
    wire.script((200, [{**record(), "profile": {**PROFILE, "serialNumber": serial}}]))
    with pytest.raises(Unreadable, match="^Okta: the device record guo1 was found by its serial"):
        list(okta(wire).devices_with_serials(["C1"]))


def test_the_groups_of_a_person_are_read_over_pages_of_oktas_size(wire: t.Any) -> None:
    rows = [{"id": each, "type": "OKTA_GROUP", "profile": {"name": each}} for each in ("g1", "g2")]
    link = f'<{ORG}/api/v1/users/00u1/groups?after=c1&limit=200>; rel="next"'
    wire.script(linked(rows[:1], link), linked(rows[1:]))
    assert [group.id for group in okta(wire).user_groups("00u1")] == ["g1", "g2"]
    assert [(one.path_url.partition("?")[0], query_of(one).get("after")) for one in wire.sent] == [
        ("/api/v1/users/00u1/groups", None),
        ("/api/v1/users/00u1/groups", "c1"),
    ]


USER_ROW = {"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada@acme.com"}}


@pytest.mark.parametrize(
    ("read", "path", "row"),
    [
        (Okta.authenticators, "/api/v1/authenticators", {"id": "aut1", "key": "okta_verify"}),
        (
            lambda client: client.authenticator_methods("aut1"),
            "/api/v1/authenticators/aut1/methods",
            {"type": "signed_nonce", "status": "ACTIVE"},
        ),
        (
            lambda client: client.device_users("guo1"),
            "/api/v1/devices/guo1/users",
            {"user": USER_ROW, "managementStatus": "MANAGED"},
        ),
        (
            lambda client: client.user_devices("00u1"),
            "/api/v1/users/00u1/devices",
            {"device": record()},
        ),
        (
            lambda client: client.enrollments("00u1"),
            "/api/v1/users/00u1/authenticator-enrollments",
            {"id": "ae1", "type": "password", "status": "ACTIVE"},
        ),
    ],
)
def test_a_list_that_okta_does_not_describe_as_paged_is_read_to_its_end(
    wire: t.Any, read: t.Callable[[Okta], t.Any], path: str, row: dict[str, t.Any]
) -> None:
    wire.script(linked([], f'<{ORG}{path}?after=c1>; rel="next"'), linked([row]))
    assert len(read(okta(wire))) == 1
    assert [query_of(one) for one in wire.sent] == [{}, {"after": "c1"}]


@pytest.mark.parametrize(
    "trouble", [requests.exceptions.ReadTimeout(), (504, "<html>"), (502, ""), (503, "")]
)
def test_a_page_of_devices_that_is_too_much_is_asked_for_in_smaller_ones(
    wire: t.Any, trouble: t.Any
) -> None:
    first = linked([record("1")], f'<{ORG}/api/v1/devices?search=x&after=c1&limit=100>; rel="next"')
    wire.script(trouble, trouble, first, trouble, trouble, linked([record("2")]))
    assert [device.id for device in okta(wire).devices("x")] == ["1", "2"]
    assert [(query_of(one)["limit"], query_of(one).get("after")) for one in wire.sent] == [
        ("200", None),
        ("200", None),
        ("100", None),
        ("100", "c1"),
        ("100", "c1"),
        ("50", "c1"),
    ]


def test_a_page_of_20_devices_is_repeated_as_often_as_any_call(wire: t.Any) -> None:
    wire.script((504, ""))
    with pytest.raises(ApiError):
        list(okta(wire, retries=3).devices("x"))
    assert [query_of(one)["limit"] for one in wire.sent] == ["200"] * 2 + ["100"] * 2 + [
        "50"
    ] * 2 + ["20"] * 4


def test_a_refused_page_is_not_made_smaller(wire: t.Any) -> None:
    wire.script((403, error_body("E0000006")))
    with pytest.raises(Forbidden):
        list(okta(wire).devices("x"))
    assert len(wire.sent) == 1


def test_a_comma_in_a_next_link_does_not_end_the_paging(wire: t.Any) -> None:
    wire.script(
        linked(
            [record("1")],
            SELF,
            '<https://acme.okta.com/api/v1/devices?after=a,b&limit=2>; rel="next"',
        ),
        linked([record("2")], SELF),
    )
    assert [device.id for device in okta(wire).devices("x")] == ["1", "2"]
    assert query_of(wire.sent[1]) == {"search": "x", "after": "a,b", "limit": "2"}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Link": ""}, {"Link": SELF}, {"Link": '<https://acme.okta.com/x?after=1>; rel="prev"'}],
)
def test_without_a_next_link_there_is_one_page(wire: t.Any, headers: dict[str, str]) -> None:
    wire.script((200, [record("1")], headers))
    assert len(list(okta(wire).devices("x"))) == 1
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", [{"id": "1"}, None, "null", '"text"', [{"id": "1"}, None], [5]])
def test_an_answer_that_is_not_a_list_of_objects_is_refused(wire: t.Any, body: t.Any) -> None:
    wire.script((200, body))
    for read in (
        lambda: okta(wire).authenticators(),
        lambda: okta(wire).authenticator_methods("aut1"),
        lambda: okta(wire).device_users("guo1"),
        lambda: list(okta(wire).devices("x")),
    ):
        with pytest.raises(Unreadable, match="Okta answered with something else than the list of"):
            read()


@pytest.mark.parametrize(
    "options, query",
    [
        ({}, {"filter": "f", "limit": "1000", "sortOrder": "ASCENDING"}),
        (
            {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
            {
                "filter": "f",
                "limit": "1000",
                "sortOrder": "ASCENDING",
                "since": "2026-01-01T00:00:00Z",
                "until": "2026-02-01T00:00:00Z",
            },
        ),
        (
            {"newest_first": True, "at_most": 5},
            {"filter": "f", "limit": "5", "sortOrder": "DESCENDING"},
        ),
        (
            {"word": "C02A", "at_most": 100},
            {"filter": "f", "limit": "100", "sortOrder": "ASCENDING", "q": "C02A"},
        ),
    ],
)
def test_events_are_asked_for_between_two_times(
    wire: t.Any, options: dict[str, t.Any], query: dict[str, str]
) -> None:
    wire.script((200, []))
    assert list(okta(wire).log_events("f", **options)) == []
    assert query_of(wire.sent[0]) == query


def event(uuid: str) -> dict[str, str]:
    return {"uuid": uuid, "eventType": "user.session.start"}


NO_EVENT = {"id": "1", "name": "x", "status": "ACTIVE"}


@pytest.mark.parametrize("row", [NO_EVENT, {"uuid": "1"}, {**event("1"), "eventType": None}])
def test_a_row_of_the_log_without_its_type_is_unreadable(
    wire: t.Any, row: dict[str, t.Any]
) -> None:
    wire.script((200, [event("0"), row]))
    with pytest.raises(Unreadable, match="^Okta: a row of the System Log has no eventType"):
        list(okta(wire).log_events("f"))


def test_a_page_of_rows_that_are_no_events_is_unreadable(wire: t.Any) -> None:
    wire.script((200, [NO_EVENT, NO_EVENT]))
    with pytest.raises(Unreadable, match="no eventType"):
        okta(wire).log_page({})


def test_a_row_that_is_no_event_does_not_hold_up_a_page(wire: t.Any) -> None:
    wire.script((200, [NO_EVENT, event("1")]))
    events, _following = okta(wire).log_page({})
    assert [each.uuid for each in events] == ["", "1"]


def test_a_log_read_without_an_end_ends_at_an_empty_page(wire: t.Any) -> None:
    following = '<https://acme.okta.com/api/v1/logs?after={}>; rel="next"'
    wire.script(
        linked([event("1")], following.format(1)),
        linked([event("2")], following.format(2)),
        linked([], following.format(2)),
    )
    assert [each.uuid for each in okta(wire).log_events("f", since="2026-01-01T00:00:00Z")] == [
        "1",
        "2",
    ]
    assert len(wire.sent) == 3


def test_a_log_read_with_an_end_goes_on_behind_an_empty_page(wire: t.Any) -> None:
    wire.script(
        linked([], '<https://acme.okta.com/api/v1/logs?after=1>; rel="next"'),
        (200, [event("1")]),
    )
    assert [each.uuid for each in okta(wire).log_events("f", until="2026-01-01T00:00:00Z")] == ["1"]


@pytest.mark.parametrize("at_most, pages", [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_reading_events_ends_after_so_many(wire: t.Any, at_most: int, pages: int) -> None:
    """Also where the System Log has a next link for ever, as it does without an end."""
    wire.script(
        *(
            linked(
                [event(f"{page}1"), event(f"{page}2")],
                f'<https://acme.okta.com/api/v1/logs?after={page}>; rel="next"',
            )
            for page in (1, 2)
        )
    )
    assert len(list(okta(wire).log_events("f", at_most=at_most))) == at_most
    assert len(wire.sent) == pages


def test_links_that_lead_back_end_with_a_sentence(wire: t.Any) -> None:
    wire.script(linked([record("1")], '<https://acme.okta.com/api/v1/devices?after=1>; rel="next"'))
    with pytest.raises(Unreadable, match="Okta: a list leads back"):
        list(okta(wire).devices("x"))


def test_pages_are_read_only_as_far_as_they_are_wanted(wire: t.Any) -> None:
    wire.script(linked([record("1")], '<https://acme.okta.com/api/v1/devices?after=1>; rel="next"'))
    assert [device.id for device in itertools.islice(okta(wire).devices("x"), 1)] == ["1"]
    assert len(wire.sent) == 1


# One device


def test_a_device_that_is_not_there_is_none(wire: t.Any) -> None:
    wire.script((404, error_body("E0000007")))
    assert okta(wire).device("guo1") is None


STEPS: dict[str, tuple[str, str]] = {
    "deactivate": ("POST", "/api/v1/devices/guo1/lifecycle/deactivate"),
    "delete": ("DELETE", "/api/v1/devices/guo1"),
    "activate": ("POST", "/api/v1/devices/guo1/lifecycle/activate"),
    "suspend": ("POST", "/api/v1/devices/guo1/lifecycle/suspend"),
    "unsuspend": ("POST", "/api/v1/devices/guo1/lifecycle/unsuspend"),
}


@pytest.mark.parametrize(
    "step, answers, outcome, calls",
    [
        ("deactivate", [(204, None)], "done", 1),
        ("delete", [(204, None)], "done", 1),
        ("activate", [(204, None)], "done", 1),
        ("suspend", [(204, None)], "done", 1),
        ("unsuspend", [(204, None)], "done", 1),
        ("suspend", [(404, error_body("E0000007"))] * 2, "absent", 2),
        ("deactivate", [(404, error_body("E0000007"))] * 2, "absent", 2),
        ("delete", [(404, error_body("E0000007"))] * 2, "absent", 2),
        ("deactivate", [(503, ""), (204, None)], "done", 2),
        # The older documentation: a step that was taken before is refused; the record tells
        (
            "deactivate",
            [(400, error_body("E0000001")), (200, record("guo1", "DEACTIVATED"))],
            "already_done",
            2,
        ),
        (
            "deactivate",
            [(403, error_body("E0000152")), (200, record("guo1", "DEACTIVATED"))],
            "already_done",
            2,
        ),
        (
            "suspend",
            [(400, error_body("E0000001")), (200, record("guo1", "SUSPENDED"))],
            "already_done",
            2,
        ),
        (
            "unsuspend",
            [(400, error_body("E0000001")), (200, record("guo1", "UNSUSPENDED"))],
            "already_done",
            2,
        ),
        (
            "activate",
            [(400, error_body("E0000001")), (200, record("guo1"))],
            "already_done",
            2,
        ),
        (
            "deactivate",
            [(400, error_body("E0000001")), (404, error_body("E0000007"))],
            "absent",
            2,
        ),
        (
            "delete",
            [(403, error_body("E0000152")), (404, error_body("E0000007"))],
            "absent",
            2,
        ),
    ],
)
def test_a_step_that_was_taken_before_is_no_error(
    wire: t.Any, step: str, answers: list[t.Any], outcome: str, calls: int
) -> None:
    wire.script(*answers)
    assert okta(wire).take_step(step, "guo1") == outcome
    assert len(wire.sent) == calls
    assert (wire.sent[0].method, urlsplit(wire.sent[0].url).path) == STEPS[step]


@pytest.mark.parametrize(
    ("step", "status", "code", "outcome"),
    [
        ("delete", 500, "E0000009", "done"),
        ("suspend", 500, "E0000009", "absent"),
    ],
)
def test_a_record_that_is_gone_after_a_deletion_without_an_answer_was_deleted_by_it(
    wire: t.Any, step: str, status: int, code: str, outcome: str
) -> None:
    """Else the run would say that another one deleted it, and count nothing."""
    wire.script((status, error_body(code)), *[(404, error_body("E0000007"))] * 2)
    assert okta(wire).take_step(step, "guo1") == outcome


@pytest.mark.parametrize("step", STEPS)
def test_a_record_is_not_absent_by_a_404_if_it_is_there(wire: t.Any, step: str) -> None:
    there = (200, record("guo1", "STAGED"))
    wire.script(GONE, there, GONE, there, GONE, there, GONE, there)
    with pytest.raises(NotFound):
        okta(wire).take_step(step, "guo1")


BUSY = (429, error_body("E0000047"), {"Retry-After": "2"})
GONE = (404, error_body("E0000007"))
THERE = (200, record("guo1", "DEACTIVATED"))


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([BUSY, THERE, (204, None)], "done"),
        ([BUSY, THERE, GONE, GONE], "absent"),  # another run deleted it then
        ([BUSY, GONE, GONE, GONE], "done"),  # the 429 was a gateway's
        ([(503, ""), BUSY, THERE, GONE, GONE], "absent"),
        ([BUSY, THERE, (503, ""), GONE, GONE], "done"),
        # The record is read: a 404 may be of something in between
        ([(503, ""), GONE, THERE, GONE, THERE, (204, None)], "done"),
        ([(503, ""), GONE, THERE, GONE, GONE], "done"),
    ],
)
def test_whose_a_deletion_is_after_a_429_is_read(
    wire: t.Any, answers: list[t.Any], outcome: str
) -> None:
    wire.script(*answers)
    assert okta(wire).take_step("delete", "guo1") == outcome
    assert len(wire.sent) == len(answers)


def test_a_404_after_a_deletion_without_an_answer_does_not_hide_that_the_record_is_there(
    wire: t.Any,
) -> None:
    wire.script((503, ""), *[GONE, THERE] * 3)
    with pytest.raises(NotFound) as raised:
        okta(wire).take_step("delete", "guo1")
    assert raised.value.may_be_done


SUSPENDED = (200, record("guo1", "SUSPENDED"))
REFUSED = (400, error_body("E0000001"))


@pytest.mark.parametrize(
    "answers",
    [
        [(503, ""), REFUSED, SUSPENDED],
        [(503, ""), REFUSED, (200, record("guo1")), REFUSED, SUSPENDED],
    ],
)
def test_a_step_that_an_attempt_without_an_answer_may_have_taken_is_not_another_runs(
    wire: t.Any, answers: list[t.Any]
) -> None:
    wire.script(*answers)
    assert okta(wire).take_step("suspend", "guo1") == "may_be_done"


def test_the_comment_of_a_step_ends_its_user_agent_alone(wire: t.Any) -> None:
    wire.script((204, None), (204, None))
    client = okta(wire)
    client.take_step("suspend", "guo1", "(clean-up)")
    client.take_step("suspend", "guo1")
    agents = [request.headers["User-Agent"] for request in wire.sent]
    assert agents == [f"{USER_AGENT} (clean-up)", USER_AGENT]


@pytest.mark.parametrize(
    "step, answers, code, calls",
    [
        (
            "deactivate",
            [(400, error_body("E0000001")), (200, record("guo1"))] * 3,
            "E0000001",
            6,
        ),
        (
            "delete",
            [(403, error_body("E0000152")), (200, record("guo1"))] * 3,
            "E0000152",
            6,
        ),
        (
            "delete",
            [(400, error_body("E0000001")), (200, record("guo1", "DEACTIVATED"))] * 3,
            "E0000001",
            6,
        ),
        ("deactivate", [(403, error_body("E0000006"))], "E0000006", 1),
        ("delete", [(401, error_body("E0000011"))], "E0000011", 1),
    ],
)
def test_a_step_that_is_refused_for_another_reason_is_an_error(
    wire: t.Any, step: str, answers: list[t.Any], code: str, calls: int
) -> None:
    wire.script(*answers)
    with pytest.raises(ApiError) as raised:
        okta(wire).take_step(step, "guo1")
    assert (raised.value.error_code, len(wire.sent)) == (code, calls)


def test_a_step_is_tried_again_while_the_one_before_does_not_show_yet(wire: t.Any) -> None:
    """As recorded: one second after unsuspendDevice, getDevice still had the old status."""
    stale = [(403, error_body("E0000152")), (200, record("guo1"))]
    wire.script(*stale, *stale, (204, None))
    assert okta(wire).take_step("delete", "guo1") == "done"
    assert wire.slept == [1, 2]


# Against the lab


# Writes with an unknown fate


@pytest.mark.parametrize("system", [{}, {"system": None}, {"system": "true"}])
def test_a_rule_that_may_be_the_catch_all_is_not_ordered(wire: t.Any, system: t.Any) -> None:
    known = {"id": "rul1", "name": "A", "system": False}
    wire.script((200, [known, {"id": "rul2", "name": "Catch-all Rule", **system}]))
    with pytest.raises(Unreadable, match="Okta: the rule 'Catch-all Rule' of listPolicyRules does"):
        okta(wire).policy_rules("rst1")


@pytest.mark.parametrize("row", [{}, {"id": "rst3"}, {"id": None, "name": "[cloned] A"}])
def test_a_clone_that_okta_does_not_show_is_unreadable(wire: t.Any, row: t.Any) -> None:
    wire.script((200, row))
    with pytest.raises(Unreadable, match="Okta: a row of clonePolicy has no"):
        okta(wire).clone_policy("rst1", ["rst1"])


def named_policy(policy_id: str) -> dict[str, t.Any]:
    return {"id": policy_id, "name": policy_id, "type": "ACCESS_POLICY"}


def test_a_clone_that_a_rate_limit_refused_is_made_once_the_limit_permits(wire: t.Any) -> None:
    copy = named_policy("rst3")
    wire.script(BUSY, (200, [named_policy("rst1"), named_policy("rst2")]), (200, copy))
    assert okta(wire).clone_policy("rst1", ["rst1", "rst2"]).id == "rst3"
    assert [each.method for each in wire.sent] == ["POST", "GET", "POST"] and len(wire.slept) == 1


def test_no_second_clone_is_made_if_a_policy_is_new_after_a_429(wire: t.Any) -> None:
    wire.script(BUSY, (200, [named_policy("rst1"), named_policy("rst3")]))
    with pytest.raises(Uncertain, match="Whether clonePolicy was carried out is unknown"):
        okta(wire).clone_policy("rst1", ["rst1"])
    assert [each.method for each in wire.sent] == ["POST", "GET"]


@pytest.mark.parametrize("failure", [BUSY, (503, ""), (504, "")])
def test_a_code_whose_fate_is_unknown_is_replaced_by_another(wire: t.Any, failure: t.Any) -> None:
    wire.script(failure, (200, {"profile": {"tac": "12345678"}}))
    assert okta(wire).create_temporary_code("00u1", "aut1", {}).code == "12345678"
    assert [each.method for each in wire.sent] == ["POST", "POST"]


@pytest.fixture
def org(lab: Lab) -> Okta:
    told = lab.announcement
    return Okta(
        told["okta_url"],
        ApiToken(told["okta_api_token"]),
        Settings(ca_path=told["ca_file"], capacity_percent=100),
        Masker(),
    )


def test_all_records_are_read_over_several_pages(lab: Lab, org: Okta) -> None:
    whole = [device.id for device in org.devices('profile.platform eq "MACOS"')]
    paged = [device.id for device in org.devices('profile.platform eq "MACOS"', limit=1)]
    assert paged == whole != []
    assert len(set(paged)) == len(paged)


def test_a_record_has_its_users_with_their_state(org: Okta) -> None:
    found = next(
        device
        for device in org.devices('profile.platform eq "MACOS"', expand="userSummary")
        if device.users
    )
    statuses = {user.management_status for user in org.device_users(found.id)}
    assert statuses and statuses <= {"MANAGED", "NOT_MANAGED"}
    fresh = org.device(found.id)
    assert fresh is not None and (fresh.id, fresh.users) == (found.id, None)
    assert org.device("guoNobody") is None


def test_a_login_with_a_slash_is_not_asked_for(wire: t.Any) -> None:
    with pytest.raises(BadOption) as caught:
        okta(wire).user("acme/ann")
    assert caught.value.message == (
        "'acme/ann': Okta finds no user by a login with a slash. Name the user by id."
    )
    assert not wire.sent


def test_a_user_is_the_one_that_was_named_and_not_one_of_a_similar_login(
    lab: Lab, org: Okta
) -> None:
    person = next(each for each in lab.world.okta.users.values() if "@" in each.login)
    for name in (person.id, person.login):
        user = org.user(name)
        assert user is not None and (user.id, user.login) == (person.id, person.login)
    short = person.login.partition("@")[0]
    answer = org.transport.call(_okta.GET_USER, {"id": short}).json
    assert answer["id"] == person.id  # Okta's answer to a part of a login
    assert org.user(short) is None


@pytest.mark.parametrize(
    "row, wanted, is_user",
    [
        ({"id": "00u1", "profile": {"login": "Ann@Acme.com"}}, "ann@acme.com", True),
        ({"id": "00u1", "profile": {}}, "00u1", True),
        ({"id": "00u1", "profile": {"login": "ann@acme.com"}}, "00U1", False),
        ({"id": "00u1", "profile": {"login": "ann@acme.com"}}, "ann", False),
    ],
)
def test_only_id_and_login_name_a_user(wire: t.Any, row: t.Any, wanted: str, is_user: bool) -> None:
    wire.script((200, row))
    assert (okta(wire).user(wanted) is not None) is is_user


def test_an_answer_that_shows_no_login_is_not_taken_for_a_user(wire: t.Any) -> None:
    wire.script((200, {"id": "00u1"}))
    with pytest.raises(Unreadable, match="getUser for 'ann@acme.com' without a login"):
        okta(wire).user("ann@acme.com")


def test_okta_verify_has_fastpass(org: Okta) -> None:
    verify = next(each for each in org.authenticators() if each.key == "okta_verify")
    assert "signed_nonce" in {method.type for method in org.authenticator_methods(verify.id)}


# Policies of other kinds


@pytest.mark.parametrize(
    ("read", "path", "query"),
    [
        ("session_policies", "/api/v1/policies", {"type": ["OKTA_SIGN_ON"], "limit": ["200"]}),
        (
            "signal_policies",
            "/api/v1/policies",
            {"type": ["DEVICE_SIGNAL_COLLECTION"], "limit": ["200"]},
        ),
        ("session_rules", "/api/v1/policies/rst1/rules", {}),
        ("signal_rules", "/api/v1/policies/rst1/rules", {}),
        ("enrollment_rules", "/api/v1/policies/rst1/rules", {}),
    ],
)
def test_policies_of_other_kinds_are_asked_for_by_their_type(
    wire: t.Any, read: str, path: str, query: dict[str, list[str]]
) -> None:
    wire.script((200, [{"id": "a", "name": "First"}]))
    arguments = ["rst1"] if read.endswith("rules") else []
    (row,) = getattr(okta(wire), read)(*arguments)
    assert (row.id, row.name) == ("a", "First")
    url = urlsplit(wire.sent[0].url)
    assert url.path == path and parse_qs(url.query) == query


def test_what_is_mapped_to_a_policy_is_named_once(wire: t.Any) -> None:
    links = {"application": {"href": f"{ORG}/api/v1/policies/rstA"}}
    wire.script((200, [{"id": "m1", "_links": links}, {"id": "m2", "_links": links}, {}]))
    assert okta(wire).mapped_resources("rstS") == ["rstA", ""]


@pytest.mark.parametrize(
    "read",
    [
        *("policy_rules", "session_rules", "signal_rules", "enrollment_rules"),
        *("policy_apps", "mapped_resources"),
    ],
)
def test_a_policy_that_is_deleted_during_a_run_is_named_with_what_to_do(
    wire: t.Any, read: str
) -> None:
    wire.script((404, {"errorCode": "E0000007", "errorSummary": "Not found: rst1 (Policy)"}))
    with pytest.raises(NotFound) as caught:
        getattr(okta(wire), read)("rst1")
    assert caught.value.message == (
        "Okta has no policy rst1: it was deleted during this run. Run again."
    )
    assert caught.value.error_code == "E0000007"


def test_a_policy_that_is_listed_after_its_deletion_was_answered_with_404_is_not_gone(
    wire: t.Any,
) -> None:
    listed = {"id": "rst1", "name": "Managed", "type": "ACCESS_POLICY", "status": "ACTIVE"}
    wire.script(GONE, (200, [listed]), GONE, (200, []), (204, None))
    with pytest.raises(NotAsWritten) as raised:
        okta(wire).delete_policy("rst1")
    assert raised.value.message == (
        "Policy 'Managed' (rst1): Okta answered deletePolicy with 404, and lists it all the same."
        " Run again."
    )
    okta(wire).delete_policy("rst1")
    okta(wire).delete_policy("rst1")
    assert len(wire.sent) == 5


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": "00u1"},
        {"profile": {"email": "ann@acme.com"}},
        {"id": "00u1", "profile": {"email": "\x1b[31mann@acme.com"}},
    ],
)
def test_a_user_who_is_found_by_an_address_and_does_not_show_it_is_not_passed_over(
    wire: t.Any, row: t.Any
) -> None:
    wire.script((200, [row]))
    with pytest.raises(Unreadable, match="finds by the address ann@acme.com has no id or no"):
        okta(wire).users_with_email("ann@acme.com")


def test_users_are_found_by_their_ids_forty_to_a_search(wire: t.Any) -> None:
    wire.script((200, [{"id": "u0", "status": "ACTIVE"}]), (200, [{"id": "u40"}]))
    ids = [f"u{number}" for number in range(41)]
    assert [user.id for user in okta(wire).users_with_ids([*ids, "u0"])] == ["u0", "u40"]
    searches = [query_of(request)["search"] for request in wire.sent]
    assert [search.count(" eq ") for search in searches] == [40, 1]
    assert searches[1] == 'id eq "u40"'


@pytest.mark.parametrize("users", [None, []])
def test_a_record_that_nobody_uses_shows_null_or_an_empty_list(wire: t.Any, users: t.Any) -> None:
    wire.script((200, [{**record(), "_embedded": {"users": users}}]))
    (device,) = okta(wire).devices("id pr", "user")
    assert not device.users


@pytest.mark.parametrize("embedded", [None, {}, {"user": []}, {"users": {"a": 1}}])
def test_a_record_without_the_users_that_were_asked_for_is_not_nobodys(
    wire: t.Any, embedded: t.Any
) -> None:
    wire.script((200, [{**record(), "_embedded": embedded}]))
    with pytest.raises(Unreadable, match="guo1 does not show its users, which were asked for"):
        list(okta(wire).devices("id pr", "user"))
    wire.script((200, [{**record(), "_embedded": embedded}]))
    assert len(list(okta(wire).devices("id pr"))) == 1


@pytest.mark.parametrize("href", [{"value": "https://a/apps/0oa1"}, ["https://a/apps/0oa1"], 7])
def test_a_mapping_whose_address_is_another_value_than_a_text_names_no_app(
    wire: t.Any, href: object
) -> None:
    wire.script((200, [{"id": "map1", "_links": {"application": {"href": href}}}]))
    with pytest.raises(Unreadable, match="a mapping of a policy names no app"):
        okta(wire).policy_apps("rst1")


def test_a_user_who_is_listed_twice_is_one_user_of_the_record(wire: t.Any) -> None:
    """The record would pass for a shared one."""
    row = {"user": {"id": "00u1"}, "managementStatus": "MANAGED"}
    wire.script((200, [row, row, {**row, "user": {"id": "00u2"}}]))
    assert [each.user.id for each in okta(wire).device_users("guo1")] == ["00u1", "00u2"]
