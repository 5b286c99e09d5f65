# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to a vendor.

What is repeated and what never, how long is waited, where a token goes, and what an error says.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import typing as t
from http.client import RemoteDisconnected
from pathlib import Path

import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotFound,
    NotTrusted,
    RateLimited,
    RunEnded,
    Unauthorized,
    Uncertain,
    Unreachable,
    Unreadable,
    WriteInCheckMode,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.auth import Auth, Token
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Exchange,
    Explanation,
    Operation,
    Request,
    Vendor,
    optional,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.read_once import (
    ReadOnce,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    Transport,
    api_calls,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
    Settings,
)
from requests import exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
)
from urllib3.exceptions import SSLError as Urllib3SSLError

from lab.server import Lab
from lab.state import Fault

ORIGIN = "https://acme.test"
TOKEN = "00Abc-d_EfGhIjKlMnOpQrStUvWxYz0123456789ab"
READ = Operation("listThings", "GET", "/things", permission="things.read")
OTHER_READ = Operation("listOthers", "GET", "/others")
READ_BY_POST = Operation("askForToken", "POST", "/token")
WRITE = Operation("createThing", "POST", "/things", permission="things.manage", writes=True)
REPEATABLE = Operation("deleteThing", "DELETE", "/things/{thing}", writes=True, repeatable=True)
PATH = {"thing": "1"}


@pytest.mark.parametrize("thing", ["", ".", "..", "\ud8001", "1\n2"])
def test_an_id_that_would_make_another_path_is_refused(thing: str) -> None:
    """Without it, a list or another operation would answer."""
    with pytest.raises(BadOption, match="^deleteThing: '.*' is not an id. Correct or remove it.$"):
        REPEATABLE.expand_path({"thing": thing})


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    assert REPEATABLE.expand_path({"thing": "../a b?c"}) == "/things/..%2Fa%20b%3Fc"


def explain(status: int, headers: t.Mapping[str, str], body: t.Any) -> Explanation:
    if isinstance(body, dict):
        return Explanation(
            str(body.get("text", body)), str(body.get("code", "")), headers.get("X-Request-Id", "")
        )
    return Explanation(str(body))


def transport(
    wire: t.Any, *, hourly_limit: int = 0, token: str | None = TOKEN, **settings: t.Any
) -> Transport:
    wire.masker.add(token)
    return Transport(
        Vendor("acme", "Acme", explain, hourly_limit),
        ORIGIN,
        Token("Bearer", token) if token else Auth(),
        wire.settings(**settings),
        wire.masker,
    )


def connection_error(reason: t.Any) -> exceptions.ConnectionError:
    return exceptions.ConnectionError(MaxRetryError(t.cast(t.Any, None), "/things", reason))


REFUSED = connection_error(
    NewConnectionError(
        t.cast(t.Any, "HTTPSConnection(host='acme.test', port=443)"),
        "[Errno 111] Connection refused",
    )
)
RESET = exceptions.ConnectionError(
    ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
)
CUT_SHORT = exceptions.ChunkedEncodingError(
    ProtocolError("Connection broken: IncompleteRead(5 bytes read, 5 more expected)")
)


def proxy_error(text: str, reason: Exception) -> exceptions.ProxyError:
    return exceptions.ProxyError(
        MaxRetryError(t.cast(t.Any, None), "/things", ProxyError(text, reason))
    )


PROXY_REFUSED = proxy_error(
    "Unable to connect to proxy", OSError("Tunnel connection failed: 403 Forbidden")
)
NO_PROXY = proxy_error(
    "Unable to connect to proxy",
    NewConnectionError(
        t.cast(t.Any, "HTTPSConnection(host='proxy.test', port=3128)"),
        "[Errno 111] Connection refused",
    ),
)
PROXY_TIMEOUT = proxy_error(
    "Unable to connect to proxy", ConnectTimeoutError("Connection to proxy.test timed out.")
)
# urllib3 2 and 1.26 say so of a proxy that closes the connection after it took the request, too.
PROXY_CLOSED = proxy_error(
    "Unable to connect to proxy",
    RemoteDisconnected("Remote end closed connection without response"),
)
PROXY_RESET = proxy_error(
    "Cannot connect to proxy.", ConnectionResetError(104, "Connection reset by peer")
)
NO_ANSWER, NO_CONNECTION = (
    exceptions.ReadTimeout("read timed out"),
    exceptions.ConnectTimeout("connect timed out"),
)


# Where a token may go


def test_the_token_is_sent_to_its_origin(wire: t.Any) -> None:
    transport(wire).call(READ)
    (request,) = wire.sent
    assert request.url == "https://acme.test/things"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"].startswith("devicetrust.okta_kandji/")


def test_half_a_character_in_a_query_is_a_sentence(wire: t.Any) -> None:
    with pytest.raises(Unreadable) as raised:
        transport(wire).call(READ, query={"search": "\ud800"})
    assert raised.value.message == (
        "Acme: listThings would send a lone surrogate, which no text may have. Nothing was sent."
        " Correct the object that has it in its name."
    )
    assert wire.sent == []


def test_the_users_netrc_does_not_replace_the_token(
    wire: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine acme.test login ada password hers\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert requests.utils.get_netrc_auth(ORIGIN) == ("ada", "hers")
    transport(wire).call(READ)
    transport(wire, token=None).call(READ)
    assert wire.sent[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert "Authorization" not in wire.sent[1].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", [READ, WRITE])
@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.test/things", "https://acme.test/login", "http://acme.test/things"],
)
def test_a_redirect_is_never_followed(
    wire: t.Any, status: int, operation: Operation, location: str
) -> None:
    wire.script((status, "", {"Location": location}))
    with pytest.raises(Uncertain if operation.writes else Unreadable, match="redirect"):
        transport(wire).call(operation)
    assert [request.url for request in wire.sent] == ["https://acme.test/things"]


@pytest.mark.parametrize("status", [100, 102, 103, 199])
@pytest.mark.parametrize("operation", [READ, WRITE])
def test_an_answer_that_is_none_yet_is_not_read(
    wire: t.Any, status: int, operation: Operation
) -> None:
    wire.script((status, {"id": "a"}))
    with pytest.raises(Uncertain if operation.writes else Unreadable, match=f"answered {status}"):
        transport(wire).call(operation)


def test_the_given_ca_outweighs_the_one_of_the_environment(
    wire: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/theirs.pem")
    transport(wire, ca_path="/etc/ours.pem").call(READ)
    transport(wire).call(READ)
    assert [options["verify"] for options in wire.options] == ["/etc/ours.pem", "/etc/theirs.pem"]


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN}\r\nX-Other: 1", f"{TOKEN}…"])
def test_a_token_that_cannot_be_sent_is_told_in_a_sentence_without_it(lab: Lab, token: str) -> None:
    """A block in YAML ends with a line break; a copy from a web page with an ellipsis."""
    sender = Transport(
        Vendor("acme", "Acme", explain),
        lab.announcement["okta_url"],
        Token("Bearer", token),
        Settings(ca_path=lab.announcement["ca_file"], retries=0),
        Masker([token]),
    )
    with pytest.raises(DeviceTrustError) as raised:
        sender.call(READ)
    assert TOKEN not in raised.value.message


# What is sent


@pytest.mark.parametrize(
    "arguments, url, body, media_type",
    [
        ({"path": {"thing": "a/b c?d"}}, "https://acme.test/things/a%2Fb%20c%3Fd", None, None),
        ({"path": {"thing": "../x"}}, "https://acme.test/things/..%2Fx", None, None),
        (
            {"path": PATH, "query": {"search": 'a eq "b"', "limit": 20}},
            "https://acme.test/things/1?search=a+eq+%22b%22&limit=20",
            None,
            None,
        ),
        (
            {"path": PATH, "json": {"a": 1}},
            "https://acme.test/things/1",
            b'{"a": 1}',
            "application/json",
        ),
        (
            {"path": PATH, "form": {"a": "1 2"}},
            "https://acme.test/things/1",
            "a=1+2",
            "application/x-www-form-urlencoded",
        ),
        (
            {
                "path": PATH,
                "content": b"\x30\x82",
                "headers": {"Content-Type": "application/x-pki-message"},
            },
            "https://acme.test/things/1",
            b"\x30\x82",
            "application/x-pki-message",
        ),
    ],
)
def test_path_query_and_body_are_encoded(
    wire: t.Any, arguments: dict[str, t.Any], url: str, body: t.Any, media_type: str | None
) -> None:
    transport(wire).send(REPEATABLE, Request(**arguments))
    assert (wire.sent[0].url, wire.sent[0].body, wire.sent[0].headers.get("Content-Type")) == (
        url,
        body,
        media_type,
    )


@pytest.mark.parametrize(
    "answer, raw, parsed",
    [
        ((200, {"a": 1}), False, {"a": 1}),
        ((200, []), False, []),
        ((201, "null"), False, None),
        ((204, None), False, None),
        ((200, " \n"), False, None),
        ((200, b"\x30\x82"), True, None),
    ],
)
def test_an_answer_is_read(wire: t.Any, answer: t.Any, raw: bool, parsed: t.Any) -> None:
    wire.script(answer)
    read = transport(wire).send(READ, Request(raw=raw))
    assert (read.status, read.json) == (answer[0], parsed)
    assert not raw or read.content == answer[1]


CHECK_IN = Operation("checkIn", "POST", "/things", writes=True, keeps_state=True)
PAGE = "<html>upstream</html>"


@pytest.mark.parametrize(
    "operation, answer, written",
    [
        (WRITE, (200, {}), True),
        (WRITE, (200, "{"), True),
        (WRITE, (302, ""), True),  # many APIs answer so after a write
        *[(WRITE, (status, body), True) for status in (500, 502, 503) for body in ({}, PAGE)],
        *[(REPEATABLE, (status, {}), True) for status in (408, 500, 504)],
        *[(operation, RESET, True) for operation in (WRITE, REPEATABLE)],
        (WRITE, CUT_SHORT, True),
        (WRITE, NO_ANSWER, True),
        (WRITE, REFUSED, False),
        (WRITE, NO_CONNECTION, False),
        *[(WRITE, failure, False) for failure in (PROXY_REFUSED, NO_PROXY, PROXY_TIMEOUT)],
        *[(WRITE, failure, True) for failure in (PROXY_CLOSED, PROXY_RESET)],
        *[(WRITE, (status, body), False) for status in (400, 403, 423) for body in ({}, PAGE)],
        (WRITE, (501, {}), False),
        (READ_BY_POST, (200, {}), False),
        (READ_BY_POST, RESET, False),
        *[(CHECK_IN, answer, False) for answer in ((200, {}), (502, {}), RESET)],
    ],
)
def test_a_write_that_may_have_been_carried_out_is_kept_in_mind(
    wire: t.Any, operation: Operation, answer: t.Any, written: bool
) -> None:
    wire.script(answer)
    sender = transport(wire, retries=0)
    with contextlib.suppress(DeviceTrustError):
        sender.call(operation, PATH)
    assert sender.may_have_written is written
    wire.script((200, {}))
    sender.call(READ)
    assert sender.may_have_written is written


@pytest.mark.parametrize("operation", [WRITE, REPEATABLE])
@pytest.mark.parametrize(
    "answer",
    [
        *[(status, body) for status in (408, 500, 502, 503, 504, 520) for body in ({}, PAGE)],
        (503, {}, {"Retry-After": "3600"}),
        (200, PAGE),
        (302, ""),
        RESET,
        CUT_SHORT,
        NO_ANSWER,
    ],
)
def test_every_write_of_unknown_fate_is_called_so(
    wire: t.Any, operation: Operation, answer: t.Any
) -> None:
    wire.script(answer)
    with pytest.raises(Uncertain, match=f"Whether {operation.name} was carried out is unknown."):
        transport(wire, retries=1).call(operation, PATH)


def test_what_the_vendor_says_of_a_write_of_unknown_fate_is_kept(wire: t.Any) -> None:
    wire.script((500, {"text": "Internal Server Error", "code": "E0000009"}))
    with pytest.raises(Uncertain, match="^Acme answered createThing with 500: Internal") as raised:
        transport(wire).call(WRITE)
    details = raised.value.details
    assert (details["status"], details["error_code"]) == (500, "E0000009")


@pytest.mark.parametrize(
    "last, error", [((404, {}), NotFound), ((403, {}), Forbidden), (REFUSED, Unreachable)]
)
def test_the_error_of_a_repeated_write_names_the_attempt_without_an_answer(
    wire: t.Any, last: t.Any, error: type[DeviceTrustError]
) -> None:
    """The type stays: a record that is not found after a lost deletion is gone, as wanted."""
    wire.script(RESET, last)
    sender = transport(wire, retries=1)
    with pytest.raises(error, match="Whether deleteThing was carried out is unknown") as raised:
        sender.call(REPEATABLE, PATH)
    assert raised.type is error and sender.may_have_written


# What is repeated


@pytest.mark.parametrize(
    "operation, failure, repeated",
    [
        *[
            (READ, failure, True)
            for failure in (
                (500, ""),
                (502, ""),
                (503, ""),
                (504, ""),
                (429, ""),
                RESET,
                CUT_SHORT,
                NO_ANSWER,
                NO_CONNECTION,
                REFUSED,
            )
        ],
        *[(READ_BY_POST, failure, True) for failure in ((503, ""), RESET)],
        *[
            (REPEATABLE, failure, True)
            for failure in ((500, ""), (504, ""), (429, ""), RESET, NO_ANSWER, REFUSED)
        ],
        *[
            (WRITE, failure, False)
            for failure in ((500, ""), (502, ""), (503, ""), (504, ""), RESET, CUT_SHORT, NO_ANSWER)
        ],
        *[
            (WRITE, failure, True)  # it was not carried out
            for failure in ((409, ""), (423, ""), NO_CONNECTION, REFUSED)
        ],
        *[(WRITE, failure, True) for failure in (PROXY_REFUSED, NO_PROXY, PROXY_TIMEOUT)],
        *[(WRITE, failure, False) for failure in (PROXY_CLOSED, PROXY_RESET)],
        *[(READ, (status, ""), True) for status in (408, 520, 524, 529)],
        *[(WRITE, (status, ""), False) for status in (408, 520, 524, 529)],
        *[
            (operation, (status, ""), False)
            for operation in (READ, REPEATABLE, WRITE)
            for status in (400, 401, 403, 404, 501, 519, 530)
        ],
    ],
)
def test_only_what_is_safe_to_repeat_is_repeated(
    wire: t.Any, operation: Operation, failure: t.Any, repeated: bool
) -> None:
    wire.script(failure, (200, {"done": True}))
    caller = transport(wire)
    if repeated:
        assert caller.call(operation, PATH).json == {"done": True}
    else:
        with pytest.raises(DeviceTrustError):
            caller.call(operation, PATH)
    assert len(wire.sent) == len(wire.slept) + 1 == (2 if repeated else 1)


@pytest.mark.parametrize("undone", [True, False, None])
def test_a_write_is_repeated_after_a_429_only_if_the_vendors_state_shows_that_it_was_not_done(
    wire: t.Any, undone: bool | None
) -> None:
    """The 429 may be a gateway's, after it passed the write on."""
    wire.script((429, ""), (200, {"done": True}))
    caller = transport(wire)
    request = Request(is_undone=None if undone is None else lambda: bool(undone))
    if undone:
        assert caller.send(WRITE, request).json == {"done": True}
        return
    with pytest.raises(Uncertain, match="Whether createThing was carried out is unknown"):
        caller.send(WRITE, request)
    waits = 0 if undone is None else 1  # nothing to read afterwards, nothing to wait for
    assert (len(wire.sent), len(wire.slept), caller.may_have_written) == (1, waits, True)


def test_nothing_is_written_after_the_run_ended_also_not_again(wire: t.Any) -> None:
    wire.script((200, []), (429, "", {"Retry-After": "7"}), (200, []))
    ended: list[bool] = []

    def check_run() -> None:
        if ended:
            raise RunEnded("ansible-playbook: it ended.")
        ended.append(True)

    caller = transport(wire, check_run=check_run)
    caller.call(READ)
    with pytest.raises(RunEnded):
        caller.call(REPEATABLE, PATH)
    assert len(wire.sent) == 2, "a read, and the first attempt to write"
    with pytest.raises(RunEnded):
        caller.call(WRITE)
    assert caller.call(READ).json == [] and len(wire.sent) == 3


def test_each_answer_is_observed_also_one_that_comes_again(wire: t.Any) -> None:
    wire.script((429, {"text": "later"}), (200, []), (404, {"text": "gone"}))
    seen: list[Exchange] = []
    caller = transport(wire, observe=seen.append)
    caller.call(READ, query={"limit": 5})
    with pytest.raises(NotFound):
        caller.call(REPEATABLE, PATH)
    assert [(each.operation, each.status, each.content) for each in seen] == [
        ("listThings", 429, b'{"text": "later"}'),
        ("listThings", 200, b"[]"),
        ("deleteThing", 404, b'{"text": "gone"}'),
    ]
    assert seen[0].vendor == "acme" and seen[0].query == {"limit": 5} and seen[2].path == PATH


def test_what_is_read_once_is_sent_once_and_only_where_it_is_declared(wire: t.Any) -> None:
    wire.script((500, {"text": "later"}), (200, [1]), (200, [2]), (200, [3]))
    once, uses = ReadOnce((READ,)), (READ, OTHER_READ)
    first, second = (transport(wire, read_once=once, uses=uses, retries=0) for _number in range(2))
    with pytest.raises(DeviceTrustError):
        first.call(READ)
    assert [each.call(READ).json for each in (first, second, first)] == [[1], [1], [1]]
    assert [second.call(OTHER_READ).json for _number in range(2)] == [[2], [3]]
    assert first.calls == {("listThings", "GET"): 2} and ("listThings", "GET") not in second.calls
    with pytest.raises(DeviceTrustError, match="is not declared"):
        transport(wire, read_once=once, uses=(OTHER_READ,)).call(READ)


def test_an_operation_is_optional_if_the_module_declares_it_so(wire: t.Any) -> None:
    class Scopes(Auth):
        def __init__(self) -> None:
            self.asked: list[Operation] = []

        def for_operation(self, operation: Operation) -> Auth:
            self.asked.append(operation)
            return self

    auth, uses = Scopes(), (*optional(READ), OTHER_READ)
    caller = Transport(
        Vendor("acme", "Acme", explain), ORIGIN, auth, wire.settings(uses=uses), wire.masker
    )
    caller.call(READ)
    caller.call(OTHER_READ)
    assert auth.asked == list(uses) and [each.optional for each in auth.asked] == [True, False]


def test_a_run_knows_its_writes_and_which_of_them_are_certain(wire: t.Any) -> None:
    wire.script((200, {}), (204, ""), (400, ""), (500, ""))
    caller = transport(wire)
    caller.call(READ)
    caller.call(REPEATABLE, PATH)
    for _unused in range(2):
        with pytest.raises(DeviceTrustError):
            caller.call(WRITE)
    assert [write.as_result() for write in caller.writes] == [
        {
            "vendor": "acme",
            "operation": "deleteThing",
            "target": {"thing": "1"},
            "outcome": "done",
        },
        {"vendor": "acme", "operation": "createThing", "target": {}, "outcome": "unknown"},
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("long " * 40_000, r"with 400: (long ){99}l \.\.\.$"),
        ("a\x1b[2Jb\r\n\u202efatal", r"with 400: a\\x1b\[2Jb \\u202efatal\.$"),
        ("broken \ud800", r"with 400: broken \\ud800\.$"),
    ],
)
def test_a_vendors_words_are_printable_and_short(wire: t.Any, text: str, shown: str) -> None:
    wire.script((400, json.dumps({"text": text})))
    with pytest.raises(ApiError, match=shown):
        transport(wire).call(READ)


@pytest.mark.parametrize(
    "chance, waits",
    [
        (1.0, [0.5, 1, 2, 4, 8, 16, 30, 30]),
        (0.5, [0.375, 0.75, 1.5, 3, 6, 12, 22.5, 22.5]),
        (0.0, [0.25, 0.5, 1, 2, 4, 8, 15, 15]),
    ],
)
def test_waits_grow_up_to_a_limit_and_are_never_zero(
    wire: t.Any, chance: float, waits: list[float]
) -> None:
    wire.script((503, ""))
    with pytest.raises(ApiError):
        transport(wire, retries=8, chance=lambda: chance).call(READ)
    assert wire.slept == waits


@pytest.mark.parametrize("retries", [0, 1, 5])
@pytest.mark.parametrize(
    "failure, error",
    [((503, ""), ApiError), ((429, ""), RateLimited), (RESET, Unreachable), (REFUSED, Unreachable)],
)
def test_after_the_last_attempt_the_error_is_told(
    wire: t.Any, retries: int, failure: t.Any, error: type[DeviceTrustError]
) -> None:
    wire.script(failure)
    with pytest.raises(error):
        transport(wire, retries=retries).call(READ)
    assert (len(wire.sent), len(wire.slept)) == (retries + 1, retries)


# How long a 429 is waited for


@pytest.mark.parametrize(
    "headers, waited",
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "7", "X-Rate-Limit-Limit": "600", "X-Rate-Limit-Reset": "1795428040"}, 7),
        # Mon, 23 Nov 2026 10:00:00 GMT is 1795428000; one second more, for clocks that count whole
        # seconds
        (
            {
                "X-Rate-Limit-Limit": "600",
                "X-Rate-Limit-Remaining": "0",
                "X-Rate-Limit-Reset": "1795428040",
            },
            41,
        ),
        (
            {
                "X-Rate-Limit-Limit": "600",
                "X-Rate-Limit-Remaining": "0",
                "X-Rate-Limit-Reset": "1795427000",
            },
            1,
        ),
        # Too many at once: the reset means nothing
        (
            {
                "X-Rate-Limit-Limit": "0",
                "X-Rate-Limit-Remaining": "0",
                "X-Rate-Limit-Reset": "1795428040",
            },
            0.5,
        ),
        ({}, 0.5),
        ({"X-Rate-Limit-Limit": "many", "X-Rate-Limit-Reset": "soon"}, 0.5),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:20 GMT"}, 20),
        # Never at once
        ({"Retry-After": "0"}, 0.5),
        ({"Retry-After": "-5"}, 0.5),
        # Two limits at once: the header comes twice
        ({"Retry-After": "3, 9"}, 9),
        (
            {
                "X-Rate-Limit-Limit": "50, 1200",
                "X-Rate-Limit-Remaining": "12, 0",
                "X-Rate-Limit-Reset": "1795428010, 1795428040",
            },
            41,
        ),
        (
            {
                "X-Rate-Limit-Limit": "600",
                "X-Rate-Limit-Remaining": "0",
                "X-Rate-Limit-Reset": "1795428040, 1795428010",
            },
            41,
        ),
        # Kandji's: seconds from now
        ({"RateLimit-Limit": "50", "RateLimit-Remaining": "0", "RateLimit-Reset": "4"}, 4),
    ],
)
def test_a_429_is_waited_for_by_the_vendors_headers_and_clock(
    wire: t.Any, headers: dict[str, str], waited: float
) -> None:
    wire.script((429, "", headers), (200, {}))
    transport(wire).call(REPEATABLE, PATH)
    assert wire.slept == [waited]


def test_too_many_at_once_backs_off_further_each_time(wire: t.Any) -> None:
    concurrency = (
        429,
        "",
        {
            "X-Rate-Limit-Limit": "0",
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": "1795428040",
        },
    )
    wire.script(concurrency, concurrency, concurrency, (200, {}))
    transport(wire).call(READ)
    assert wire.slept == [0.5, 1, 2]


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "3600"}, {"X-Rate-Limit-Limit": "10000", "X-Rate-Limit-Reset": "1795430000"}],
)
def test_a_wait_that_is_too_long_ends_the_run_instead(wire: t.Any, headers: dict[str, str]) -> None:
    wire.script((429, "", headers))
    with pytest.raises(RateLimited, match="Run again later") as raised:
        transport(wire).call(READ)
    assert (wire.slept, len(wire.sent), raised.value.status) == ([], 1, 429)


# Keeping under a share of each bucket


def limits(remaining: int, limit: int = 100, reset: int = 1795428030) -> dict[str, str]:
    return {
        "X-Rate-Limit-Limit": str(limit),
        "X-Rate-Limit-Remaining": str(remaining),
        "X-Rate-Limit-Reset": str(reset),
    }


@pytest.mark.parametrize(
    "capacity, remaining, limit, waited",
    [
        (50, 99, 100, []),
        (50, 51, 100, []),
        (50, 50, 100, [31]),
        (50, 10, 100, [31]),
        (100, 1, 100, []),
        (100, 0, 100, [31]),
        (10, 91, 100, []),
        (10, 90, 100, [31]),
        (1, 4, 5, [31]),
        (50, 0, 0, []),
    ],
)
def test_before_the_share_of_a_bucket_is_passed_its_reset_is_waited_for(
    wire: t.Any, capacity: int, remaining: int, limit: int, waited: list[float]
) -> None:
    wire.script((200, {}, limits(remaining, limit)), (200, {}, limits(99)))
    caller = transport(wire, capacity_percent=capacity)
    caller.call(READ)
    assert wire.slept == []
    caller.call(READ)
    assert wire.slept == waited


def test_operations_with_the_same_limit_and_reset_share_a_window(wire: t.Any) -> None:
    """As recorded: listDevices and getDevice share 50 a minute; listDeviceUsers has its own 300."""
    wire.script(
        (200, {}, limits(26, 50, reset=1795428030)),  # READ
        (200, {}, limits(299, 300, reset=1795428030)),  # OTHER_READ
        (201, {}, limits(25, 50, reset=1795428030)),  # WRITE
        (200, {}),
    )
    caller = transport(wire)
    caller.call(READ)
    caller.call(OTHER_READ)
    caller.call(WRITE)
    caller.call(OTHER_READ)
    assert wire.slept == []
    caller.call(READ)
    assert wire.slept == [31]


def test_a_window_whose_reset_has_passed_is_not_waited_for(wire: t.Any) -> None:
    wire.script(
        (200, {}, limits(0, reset=1795428030)),
        (200, {}, {"Date": "Mon, 23 Nov 2026 10:00:40 GMT"}),
        (200, {}),
    )
    caller = transport(wire)
    caller.call(READ)
    caller.call(OTHER_READ)
    caller.call(READ)
    assert wire.slept == []


def test_kandjis_limit_of_a_second_is_kept(wire: t.Any) -> None:
    second = {"RateLimit-Limit": "50", "RateLimit-Remaining": "25", "RateLimit-Reset": "1"}
    wire.script((200, {}, second), (200, {}))
    caller = transport(wire)
    caller.call(READ)
    caller.call(READ)
    assert wire.slept == [1]


def test_the_hourly_limit_is_the_one_that_the_vendor_names(wire: t.Any) -> None:
    wire.script((200, {}, {"X-RateLimit-Limit-Hour": "8", "X-RateLimit-Remaining-Hour": "7"}))
    caller = transport(wire, hourly_limit=10000)
    for _unused in range(4):
        caller.call(READ)
    with pytest.raises(RateLimited, match="4 of 8 calls"):
        caller.call(READ)


@pytest.mark.parametrize(
    ("remaining", "calls", "said"),
    [
        # The run uses half of what others leave, by their latest number
        (["9"], 5, "(5 of 10 calls). Run"),
        (["5"], 3, "(3 of 10 calls, of which others used 4). Run"),
        (["9", "4"], 3, "(3 of 10 calls, of which others used 4). Run"),
        (["0"], 1, "(1 of 10 calls, of which others used 9). Run again later."),
        # A new hour: what was sent before it does not count
        (["5", "9"], 6, "(5 of 10 calls). Run"),
        # Answers of parallel requests are out of order
        (["4", "5"], 3, "(3 of 10 calls, of which others used 4). Run"),
        # What is no number says nothing, and takes nothing back
        (["5", "-7"], 3, "(3 of 10 calls, of which others used 4). Run"),
        (["-7"], 5, "(5 of 10 calls). Run"),
        (["many"], 5, "(5 of 10 calls). Run"),
        (["9" * 20], 5, "(5 of 10 calls). Run"),
    ],
)
def test_of_the_hourly_limit_a_run_has_a_share_of_what_others_leave(
    wire: t.Any, remaining: list[str], calls: int, said: str
) -> None:
    limit = {"X-RateLimit-Limit-Hour": "10"}
    wire.script(
        *((200, {}, {**limit, "X-RateLimit-Remaining-Hour": number}) for number in remaining),
        (200, {}),
    )
    caller = transport(wire, hourly_limit=10000)
    with pytest.raises(RateLimited) as raised:
        for _unused in range(10):
            caller.call(READ)
    assert said in raised.value.message and len(wire.sent) == calls


def test_threads_wait_for_their_own_limit_alone(wire: t.Any) -> None:
    """A thread that waits for the limit of devices does not hold up one that reads users."""
    wire.script((200, {}, limits(0, 50)), (200, {}, limits(299, 300)), (200, {}))
    waiting, go_on = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        waiting.set()
        assert go_on.wait(10)

    caller = transport(wire, sleep=sleep)
    caller.call(READ)
    caller.call(OTHER_READ)
    thread = threading.Thread(target=caller.call, args=(READ,))
    thread.start()
    assert waiting.wait(10)
    try:
        caller.call(OTHER_READ)
        assert len(wire.sent) == 3
    finally:
        go_on.set()
        thread.join()
    assert len(wire.sent) == 4


def test_threads_that_use_the_operation_wait_together_as_the_vendor_asks(wire: t.Any) -> None:
    wire.script((429, "", {"Retry-After": "7"}), (200, {}))
    waiting, go_on, sleeps = threading.Event(), threading.Event(), []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        waiting.set()
        assert go_on.wait(10)

    caller = transport(wire, sleep=sleep)
    threads = [threading.Thread(target=caller.call, args=(READ,)) for _unused in range(2)]
    threads[0].start()
    assert waiting.wait(10)
    try:
        threads[1].start()
        threads[1].join(0.2)
        assert threads[1].is_alive()
        caller.call(OTHER_READ)
        assert len(wire.sent) == 2
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert len(wire.sent) == 4
    assert sleeps == [7]


def test_a_wait_that_is_interrupted_does_not_hold_up_other_threads(wire: t.Any) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    wire.script((429, "", {"Retry-After": "7"}), (200, {}))
    caller = transport(wire, sleep=interrupt)
    with pytest.raises(KeyboardInterrupt):
        caller.call(READ)
    thread = threading.Thread(target=caller.call, args=(READ,), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert len(wire.sent) == 2


def test_each_request_and_each_wait_is_reported(wire: t.Any) -> None:
    reports: list[str | tuple[str, float]] = []

    def report(text: str, seconds: float | None = None) -> None:
        reports.append(text if seconds is None else (text, seconds))

    wire.script(
        (200, {}, limits(149, 300)),
        (429, "", {"Retry-After": "25"}),
        (503, "", {"Retry-After": "7"}),
        RESET,
        (200, {}),
    )
    caller = transport(wire, report=report)
    caller.call(READ)
    caller.call(READ)
    assert reports == [
        "Acme: listThings, 1 request",
        ("Acme: waiting for the rate limit", 31.0),
        "Acme: listThings, 2 requests",
        ("Acme: waiting for the rate limit", 25.0),
        "Acme: listThings, 3 requests",
        ("Acme: waiting after an answer 503", 7.0),
        "Acme: listThings, 4 requests",
        ("Acme: waiting to send listThings again", 2.0),
        "Acme: listThings, 5 requests",
    ]


@pytest.mark.parametrize("status, slept", [(503, [7]), (429, [7]), (423, [7])])
def test_retry_after_is_kept_whatever_the_status(
    wire: t.Any, status: int, slept: list[float]
) -> None:
    wire.script((status, "", {"Retry-After": "7"}), (200, {}))
    transport(wire).call(READ)
    assert wire.slept == slept


@pytest.mark.parametrize(
    ("operation", "status"),
    [(READ, 429), *((each, status) for each in (READ, WRITE) for status in (409, 423))],
)
@pytest.mark.parametrize("body", [{"text": "locked."}, PAGE])
def test_what_may_pass_is_to_be_run_again_later_whoever_answers(
    wire: t.Any, operation: Operation, status: int, body: t.Any
) -> None:
    wire.script((status, body))
    with pytest.raises(ApiError, match=rf"with {status}: .*[^.]\. Run again later\.$") as raised:
        transport(wire, retries=1).call(operation)
    assert raised.value.status == status and "URL" not in raised.value.message


def test_a_conflict_that_stays_is_an_error_after_two_retries(wire: t.Any) -> None:
    wire.script((409, {"text": "in use"}))
    with pytest.raises(ApiError, match="409: in use"):
        transport(wire).call(WRITE)
    assert wire.slept == [0.5, 1]


@pytest.mark.parametrize("operation", [READ, WRITE])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 451])
def test_a_proxys_page_is_not_taken_for_the_vendors_refusal(
    wire: t.Any, operation: Operation, status: int
) -> None:
    """A 403 of a proxy says nothing of permissions, and a 404 nothing of a record."""
    wire.script((status, " <!DOCTYPE html><title>Blocked by policy</title>"))
    with pytest.raises(Unreadable, match=f"answered {status} with an HTML page.*proxy") as raised:
        transport(wire).call(operation, PATH)
    assert "token" not in raised.value.message
    assert len(wire.sent) == 1


def test_a_bucket_is_waited_for_once(wire: t.Any) -> None:
    wire.script((200, {}, limits(0)), (200, {}))
    caller = transport(wire)
    for _unused in range(3):
        caller.call(READ)
    assert wire.slept == [31]


@pytest.mark.parametrize("reset, waited", [(1795427000, 1), (1795500000, 300)])
def test_a_reset_in_the_past_or_far_away_is_waited_for_within_reason(
    wire: t.Any, reset: int, waited: float
) -> None:
    wire.script((200, {}, limits(0, reset=reset)), (200, {}))
    caller = transport(wire)
    caller.call(READ)
    caller.call(READ)
    assert wire.slept == [waited]


@pytest.mark.parametrize("capacity, hourly, calls", [(50, 10, 5), (100, 4, 4), (30, 10, 3)])
def test_a_run_ends_at_its_share_of_the_hourly_limit(
    wire: t.Any, capacity: int, hourly: int, calls: int
) -> None:
    caller = transport(wire, hourly_limit=hourly, capacity_percent=capacity)
    for _unused in range(calls):
        caller.call(READ)
    with pytest.raises(RateLimited, match=f"{calls} of {hourly} calls") as raised:
        caller.call(READ)
    assert len(wire.sent) == calls
    # Who uses the whole limit has no greater share to take.
    assert ("capacity_percent" in raised.value.message) is (capacity < 100)


@pytest.mark.parametrize(
    "capacity, hourly, left", [(100, 10, [10, 9, 8]), (50, 10, [5, 4, 3]), (50, 0, [None] * 3)]
)
def test_a_run_knows_what_is_left_of_its_share(
    wire: t.Any, capacity: int, hourly: int, left: list[int | None]
) -> None:
    caller = transport(wire, hourly_limit=hourly, capacity_percent=capacity)
    budgets = [caller.budget()]
    for _unused in range(2):
        caller.call(READ)
        budgets.append(caller.budget())
    assert budgets == [*enumerate(left)]


def test_what_others_have_used_is_not_left(wire: t.Any) -> None:
    wire.script((200, {}, {"X-RateLimit-Limit-Hour": "100", "X-RateLimit-Remaining-Hour": "19"}))
    caller = transport(wire, hourly_limit=10, capacity_percent=50)
    caller.call(READ)
    assert caller.budget() == (1, 9)


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Limit-Hour": "10"}])
def test_what_was_sent_more_than_an_hour_ago_does_not_count(
    wire: t.Any, headers: dict[str, str]
) -> None:
    """Three requests an hour, of a share of five. A remainder that rises slowly shows no hour."""
    left = {"X-RateLimit-Remaining-Hour": "10"} if headers else {}
    wire.script(
        *(
            (200, {}, {**headers, **left, "Date": f"Mon, 23 Nov 2026 {hour}:{minute}:00 GMT"})
            for hour in ("10", "11", "12", "13")
            for minute in ("00", "20", "40")
        ),
        (200, {}, {"Date": "Mon, 23 Nov 2026 13:40:00 GMT"}),
    )
    caller = transport(wire, hourly_limit=10)
    for _unused in range(13):
        caller.call(READ)
    caller.call(READ)
    with pytest.raises(RateLimited, match="5 of 10 calls"):
        caller.call(READ)


def test_a_limit_of_nothing_is_none(wire: t.Any) -> None:
    wire.script((200, {}, {"X-RateLimit-Limit-Hour": "0", "X-RateLimit-Remaining-Hour": "0"}))
    caller = transport(wire, hourly_limit=10)
    for _unused in range(5):
        caller.call(READ)
    assert len(wire.sent) == 5


def test_runs_that_share_a_bucket_wait_by_what_all_of_them_have_used(wire: t.Any) -> None:
    """Three runs in turn, of a bucket of 10 of which half may be used.

    The vendor's own count is the one that all of them see.
    """
    wire.script(
        *((200, {}, limits(remaining, 10)) for remaining in (9, 8, 7, 6, 5, 4, 3)), (200, {})
    )
    runs = [transport(wire, capacity_percent=50) for _unused in range(3)]
    for _turn in range(2):
        for one in runs:
            one.call(READ)
    assert wire.slept == []
    for one in runs:
        one.call(READ)
    assert wire.slept == [31, 31]


# Check mode


def test_an_operation_that_the_module_does_not_declare_is_not_sent(wire: t.Any) -> None:
    caller = transport(wire, uses=(READ,))
    caller.call(READ)
    with pytest.raises(DeviceTrustError, match="listOthers was called and is not declared"):
        caller.call(OTHER_READ)
    assert len(wire.sent) == 1


def test_modules_declare_nothing_of_a_vendor_whose_operations_need_no_permission(
    wire: t.Any,
) -> None:
    vendor = Vendor("scep", "SCEP", explain, is_declared=False)
    caller = Transport(vendor, ORIGIN, Auth(), wire.settings(uses=()), wire.masker)
    caller.call(READ)
    assert api_calls(caller) == [
        {"vendor": "scep", "operation": "listThings", "verb": "GET", "count": 1}
    ]


@pytest.mark.parametrize("operation", [WRITE, REPEATABLE])
def test_check_mode_refuses_a_write_before_anything_is_sent(
    wire: t.Any, operation: Operation
) -> None:
    with pytest.raises(WriteInCheckMode, match=operation.name):
        transport(wire, check_mode=True).call(operation, PATH)
    assert wire.sent == []


@pytest.mark.parametrize("operation", [READ, READ_BY_POST])
def test_check_mode_reads(wire: t.Any, operation: Operation) -> None:
    transport(wire, check_mode=True).call(operation)
    assert len(wire.sent) == 1


# What goes wrong


@pytest.mark.parametrize(
    "operation, answer, error, said",
    [
        (
            READ,
            (401, {"code": "E0000011"}),
            Unauthorized,
            "The token for https://acme.test is not accepted (401 E0000011)",
        ),
        (READ, (401, {"text": "Invalid token"}), Unauthorized, "(401 Invalid token)"),
        (
            READ,
            (403, {"code": "E0000006"}),
            Forbidden,
            "lacks a permission: listThings needs 'things.read' (403 E0000006)",
        ),
        (WRITE, (403, {"text": "no"}), Forbidden, "createThing needs 'things.manage' (403 no)"),
        (OTHER_READ, (403, {"text": "no"}), Forbidden, "Acme refused listOthers with 403: no."),
        (
            READ,
            (404, {"text": "Not found."}),
            NotFound,
            "Acme refused listThings with 404: Not found.",
        ),
        (WRITE, (400, "bare text"), ApiError, "Acme refused createThing with 400: bare text."),
        (WRITE, (400, ["one", "two"]), ApiError, "one"),
        (WRITE, (409, b"\xff\xfe"), ApiError, "Acme refused createThing with 409"),
        (READ, (503, {"text": "down"}), ApiError, "with 503: down. Run again later."),
    ],
)
def test_an_error_says_who_refused_what_and_why(
    wire: t.Any, operation: Operation, answer: t.Any, error: type[ApiError], said: str
) -> None:
    wire.script(answer)
    with pytest.raises(error) as raised:
        transport(wire).call(operation)
    assert raised.type is error
    assert said in raised.value.message
    assert (
        raised.value.status,
        raised.value.details["operation"],
        raised.value.details["vendor"],
    ) == (answer[0], operation.name, "acme")


@pytest.mark.parametrize(
    "body",
    [b'{"code": "E1", "text": "caf\xe9"}', b'{"code": "E1", "text": "no", "text": "caf\xc3\xa9"}'],
)
def test_an_error_whose_text_is_damaged_has_its_code(wire: t.Any, body: bytes) -> None:
    wire.script((400, body))
    with pytest.raises(ApiError, match="caf") as raised:
        transport(wire).call(READ)
    assert raised.value.error_code == "E1"


def test_an_error_has_the_vendors_code_and_request_id(wire: t.Any) -> None:
    wire.script(
        (400, {"code": "E0000001", "text": "Validation failed."}, {"X-Request-Id": "req-7"})
    )
    with pytest.raises(ApiError) as raised:
        transport(wire).call(WRITE)
    assert raised.value.details == {
        "vendor": "acme",
        "operation": "createThing",
        "status": 400,
        "error_code": "E0000001",
        "request_id": "req-7",
        "error_text": "Validation failed.",
    }


@pytest.mark.parametrize(
    "body, said",
    [
        ("<!DOCTYPE html><html>", "HTML"),
        ("  \n<html>", "HTML"),
        ('[{"id": 1}, {"i', "not complete JSON"),
        ("OK", "not complete JSON"),
        ("[" * 900 + "]" * 900, "not complete JSON"),
        ("[" * 100_000 + "]" * 100_000, "not complete JSON"),
    ],
)
@pytest.mark.parametrize(
    "operation, error",
    [(READ, Unreadable), (READ_BY_POST, Unreadable), (WRITE, Uncertain), (REPEATABLE, Uncertain)],
)
def test_an_answer_that_is_no_json_is_told_and_leaves_a_write_uncertain(
    wire: t.Any, body: str, said: str, operation: Operation, error: type[DeviceTrustError]
) -> None:
    wire.script((200, body))
    with pytest.raises(error) as raised:
        transport(wire).call(operation, PATH)
    assert raised.type is error
    assert said in raised.value.message and "proxy or gateway" in raised.value.message
    assert ("Run again" in raised.value.message) == operation.writes
    assert len(wire.sent) == 1


@pytest.mark.parametrize("operation", [WRITE, REPEATABLE])
@pytest.mark.parametrize("failure", [RESET, CUT_SHORT, NO_ANSWER])
def test_a_write_whose_answer_is_lost_is_uncertain(
    wire: t.Any, operation: Operation, failure: Exception
) -> None:
    wire.script(failure)
    with pytest.raises(
        Uncertain, match=f"Whether {operation.name} was carried out is unknown. Run again: the"
    ):
        transport(wire, retries=2).call(operation, PATH)


@pytest.mark.parametrize("failure", [REFUSED, NO_CONNECTION])
def test_a_write_that_was_never_sent_is_not_uncertain(wire: t.Any, failure: Exception) -> None:
    wire.script(failure)
    with pytest.raises(Unreachable, match="cannot be reached"):
        transport(wire, retries=1).call(WRITE)


def test_a_handshake_that_is_cut_is_no_untrusted_certificate(wire: t.Any) -> None:
    cut = exceptions.SSLError(
        Urllib3SSLError(
            ssl.SSLEOFError(
                8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol"
            )
        )
    )
    wire.script(cut, (200, {}))
    transport(wire).call(READ)
    assert len(wire.sent) == 2


def test_a_write_whose_tls_connection_breaks_may_have_been_done(wire: t.Any) -> None:
    """The library does not tell a broken handshake from a connection that breaks while the answer
    comes.
    """
    wire.script(
        exceptions.SSLError(
            Urllib3SSLError(
                ssl.SSLError(
                    1,
                    "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad"
                    " record mac",
                )
            )
        )
    )
    with pytest.raises(Uncertain):
        transport(wire).call(WRITE)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"text": f"You sent Bearer {TOKEN}", "code": f"bad {TOKEN}"}),
        (400, f"<html>{TOKEN}</html>"),
        (401, {"text": TOKEN}),
        (401, {"code": TOKEN}),
        (403, {"text": TOKEN}),
        (403, {"code": TOKEN}),
        (404, [TOKEN]),
        (400, {"text": "x"}, {"X-Request-Id": TOKEN}),
        exceptions.ConnectionError(f"cannot send {TOKEN}"),
        exceptions.ReadTimeout(TOKEN),
        exceptions.SSLError(f"certificate for {TOKEN}"),
        exceptions.InvalidHeader(f"Invalid header value 'Bearer {TOKEN}'"),
        OSError(f"no such file {TOKEN}"),
    ],
)
def test_no_error_shows_the_token(wire: t.Any, answer: t.Any) -> None:
    wire.script(answer)
    with pytest.raises(DeviceTrustError) as raised:
        transport(wire, retries=0).call(WRITE)
    assert TOKEN not in raised.value.message
    assert TOKEN not in json.dumps(raised.value.details)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("length", [*range(150, 220), *range(450, 520)])
def test_no_part_of_a_token_is_left_where_an_echo_is_shortened(wire: t.Any, length: int) -> None:
    echo = "x" * length + f" {TOKEN} and more" * 3
    for answer in ((400, echo), exceptions.ConnectionError(echo)):
        wire.script(answer)
        with pytest.raises(DeviceTrustError) as raised:
            transport(wire, retries=0).call(READ)
        assert TOKEN[:6] not in raised.value.message + json.dumps(raised.value.details)


# What a run knows of itself


def test_calls_are_counted_with_every_attempt(wire: t.Any) -> None:
    wire.script((503, ""), (200, {}))
    caller, silent = transport(wire), transport(wire)
    caller.call(READ)
    caller.call(READ)
    caller.call(REPEATABLE, PATH)
    assert api_calls(caller, None, silent) == [
        {"vendor": "acme", "operation": "deleteThing", "verb": "DELETE", "count": 1},
        {"vendor": "acme", "operation": "listThings", "verb": "GET", "count": 3},
    ]


def test_the_time_is_the_vendors(wire: t.Any) -> None:
    wire.script(
        (200, {}),
        (200, {}, {"Date": "Mon, 23 Nov 2026 10:00:30 GMT"}),
        (200, {}, {"Date": "later"}),
        (200, {}, {"Date": None}),
    )
    caller = transport(wire)
    for _unused in range(4):
        caller.call(READ)
    assert (caller.started(), caller.now()) == (1795428000, 1795428030)


def test_the_clock_of_a_proxys_page_is_not_the_vendors(wire: t.Any) -> None:
    wire.script(
        (503, PAGE, {"Date": "Mon, 23 Nov 2026 11:00:00 GMT"}),
        (200, {}, {"Date": "Mon, 23 Nov 2026 10:00:00 GMT"}),
    )
    caller = transport(wire)
    caller.call(READ)
    assert (caller.started(), caller.now()) == (1795428000, 1795428000)


# Over real TLS, with the lab at the other end


GET_ORGANIZATION = Operation("getWellknownOrgMetadata", "GET", "/.well-known/okta-organization")
DEACTIVATE = Operation(
    "deactivateDevice", "POST", "/api/v1/devices/{device}/lifecycle/deactivate", writes=True
)
DEVICE = {"device": "guoNobody"}


@pytest.fixture
def faults(lab: Lab) -> t.Iterator[t.Callable[..., None]]:
    """Switches faults of the lab on; they are off again after the test."""

    def switch_on(name: str, operation: str, **how: t.Any) -> None:
        with lab.world.lock:
            lab.world.faults.append(Fault(name, operation, **how))

    yield switch_on
    with lab.world.lock:
        lab.world.faults.clear()


def to_the_lab(lab: Lab, wire_settings: dict[str, t.Any] | None = None) -> Transport:
    slept: list[float] = []
    settings = {
        "ca_path": lab.announcement["ca_file"],
        "sleep": slept.append,
        "retries": 2,
        **(wire_settings or {}),
    }
    token = lab.announcement["okta_api_token"]
    return Transport(
        Vendor("okta", "Okta", explain),
        lab.announcement["okta_url"],
        Token("SSWS", token),
        Settings(**settings),
        Masker([token]),
    )


@pytest.mark.parametrize("fault", ["429", "concurrency", "5xx", "drop", "truncate"])
def test_a_read_gets_through_what_passes(
    lab: Lab, faults: t.Callable[..., None], fault: str
) -> None:
    faults(fault, "getWellknownOrgMetadata", times=2)
    caller = to_the_lab(lab)
    assert caller.call(GET_ORGANIZATION).json["pipeline"] == "idx"
    assert sum(caller.calls.values()) == 3


@pytest.mark.parametrize("fault", ["drop", "truncate", "html"])
def test_a_write_that_may_have_been_done_is_sent_once_and_uncertain(
    lab: Lab, faults: t.Callable[..., None], fault: str
) -> None:
    faults(fault, "deactivateDevice", times=1)
    caller = to_the_lab(lab)
    with pytest.raises(Uncertain):
        caller.call(DEACTIVATE, DEVICE)
    assert sum(caller.calls.values()) == 1


def test_a_slow_answer_times_out(lab: Lab, faults: t.Callable[..., None]) -> None:
    faults("slow", "getWellknownOrgMetadata", seconds=0.5)
    with pytest.raises(Unreachable, match="no answer within 0.1 s"):
        to_the_lab(lab, {"timeout": 0.1, "retries": 0}).call(GET_ORGANIZATION)


def test_an_unknown_authority_is_told_with_the_option_that_names_it(lab: Lab) -> None:
    caller = to_the_lab(lab, {"ca_path": None})
    with pytest.raises(NotTrusted, match="certificate.*ca_path"):
        caller.call(GET_ORGANIZATION)
    assert sum(caller.calls.values()) == 1


def test_a_ca_path_that_is_not_there_is_told(lab: Lab) -> None:
    with pytest.raises(BadOption, match="/nowhere/ca.pem"):
        to_the_lab(lab, {"ca_path": "/nowhere/ca.pem"}).call(GET_ORGANIZATION)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_file_of_the_environment_that_is_not_there_is_told(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "/nowhere/ca.pem")
    with pytest.raises(BadOption, match=f"^{name}: /nowhere/ca.pem does not exist"):
        to_the_lab(lab, {"ca_path": None}).call(GET_ORGANIZATION)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_is_none_is_told_before_a_request(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "http://ada:s3cret@")
    vendor = Vendor("okta", "Okta", lambda _answer: Explanation(""))
    with pytest.raises(BadOption, match=f"^{name}: it is not the URL of a proxy") as raised:
        Transport(vendor, "https://acme.okta.com", Auth(), Settings(), Masker())
    assert "s3cret" not in raised.value.message
    for exception in ("*", "acme.okta.com", "[, okta.com"):
        monkeypatch.setenv("NO_PROXY", exception)
        Transport(vendor, "https://acme.okta.com", Auth(), Settings(), Masker())


def test_a_ca_path_that_holds_no_certificate_is_told(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate\n")
    caller = to_the_lab(lab, {"ca_path": str(tmp_path / "ca.pem")})
    with pytest.raises((BadOption, NotTrusted), match="ca_path"):
        caller.call(GET_ORGANIZATION)
    assert sum(caller.calls.values()) == 1


def test_a_host_that_nobody_answers_at_is_told(lab: Lab) -> None:
    caller = Transport(
        Vendor("okta", "Okta", explain),
        "https://127.0.0.1:1",
        Auth(),
        Settings(retries=0),
        Masker(),
    )
    with pytest.raises(Unreachable, match="https://127.0.0.1:1 .*Connection refused"):
        caller.call(GET_ORGANIZATION)
