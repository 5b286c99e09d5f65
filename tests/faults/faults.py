# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of whole answers and of connections, as named functions on exchanges.

A new fault is a function with a decorator: ``answer`` alters the lab's answer, ``instead`` takes
its place, so that nothing was carried out, and ``between`` decides itself whether to ask the lab.
A function returns its argument where the fault does not fit.
"""

from __future__ import annotations

import gzip
import json
import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests.exceptions
import urllib3.exceptions
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    list_path,
)

from tests.faults.channel import Send
from tests.faults.exchange import JSON_TYPE, Exchange
from tests.faults.fields import is_number

Change = Callable[[Exchange], Exchange]


@dataclass(frozen=True)
class Fault:
    """A fault of one exchange.

    :arg alter: returns the altered exchange. It may raise an exception of ``requests``.
    :arg other_truth: why a different result is right, "" if it is not: the altered answer is the
        faultless answer of another tenant, which nobody can tell from this one.
    :arg any_order: whether lists of the result may come in another order.
    :arg of_reads: whether it fits every read, though it does not alter the first one.
    """

    name: str
    alter: Callable[[Exchange, Send], Exchange]
    other_truth: str = ""
    any_order: bool = False
    of_reads: bool = False


FAULTS: dict[str, Fault] = {}


def _add(name: str, alter: Callable[[Exchange, Send], Exchange], **more: t.Any) -> None:
    assert name not in FAULTS, name
    FAULTS[name] = Fault(name, alter, **more)


def answer(change: Change, name: str = "", **more: t.Any) -> Change:
    """Add a fault that alters the lab's answer."""
    _add(name or _name(change), lambda exchange, ask: change(ask(exchange)), **more)
    return change


def instead(change: Change, name: str = "", **more: t.Any) -> Change:
    """Add a fault that takes the place of the lab's answer: nothing was carried out."""
    _add(name or _name(change), lambda exchange, _ask: change(exchange), **more)
    return change


def between(alter: Callable[[Exchange, Send], Exchange], **more: t.Any) -> None:
    """Add a fault that decides itself whether to ask the lab."""
    _add(_name(alter), alter, **more)


def _name(function: Callable[..., t.Any]) -> str:
    return function.__name__.strip("_").replace("_", " ")


PAGE = "<!DOCTYPE html><html><body>Please sign in to the corporate proxy</body></html>"
HTML = "text/html; charset=utf-8"


def error_body(exchange: Exchange, status: int, text: str = "Something went wrong") -> str:
    """Return an error body in the form of the vendor."""
    if exchange.vendor == "okta":
        code = {401: "E0000011", 403: "E0000006", 404: "E0000007", 429: "E0000047"}.get(
            status, "E0000009"
        )
        return json.dumps({"errorCode": code, "errorSummary": text, "errorCauses": []})
    return json.dumps({"detail": text})


# Statuses

STATUSES = (400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 418, 422, 423, 451)
SERVER_STATUSES = (500, 501, 502, 503, 504, 520, 524, 599)


def _status(exchange: Exchange, status: int) -> Exchange:
    return exchange.answered(status, error_body(exchange, status))


# A vendor that answers so says what is true of another tenant.
STATUS_TRUTHS = {
    404: "what the request names does not exist",
    400: "the vendor refuses what it cannot do, such as a second check-in",
}
for _number in (*STATUSES, *SERVER_STATUSES):
    instead(
        partial(_status, status=_number),
        f"status {_number}",
        other_truth=STATUS_TRUTHS.get(_number, ""),
    )
for _number in (408, 429, 500, 502, 503, 504, 524):
    answer(partial(_status, status=_number), f"status {_number}, carried out")


@instead
def a_proxy_wants_a_password(exchange: Exchange) -> Exchange:
    return exchange.answered(407, PAGE, HTML, Proxy_Authenticate="Basic")


def _page(exchange: Exchange, status: int) -> Exchange:
    return exchange.answered(status, PAGE, HTML)


for _number in (200, 401, 403, 404, 502, 503):
    instead(partial(_page, status=_number), f"page with {_number}")


@answer
def page_with_200_carried_out(exchange: Exchange) -> Exchange:
    return exchange.answered(200, PAGE, HTML)


@instead
def redirect(exchange: Exchange) -> Exchange:
    return exchange.answered(302, "", HTML, Location="https://login.example.com/")


@answer
def redirect_carried_out(exchange: Exchange) -> Exchange:
    return exchange.answered(307, "", HTML, Location="https://login.example.com/")


@instead
def too_early(exchange: Exchange) -> Exchange:
    return exchange.answered(425)


def _as_status(exchange: Exchange, status: int) -> Exchange:
    return replace(exchange, status=status) if exchange.succeeded else exchange


for _number in (203, 206, 299):
    answer(partial(_as_status, status=_number), f"as status {_number}")
for _number in (102, 103, 199):
    answer(partial(_as_status, status=_number), f"as status {_number}")


@instead
def a_challenge_of_a_cdn(exchange: Exchange) -> Exchange:
    return exchange.answered(403, PAGE, HTML, Server="cloudflare", Cf_Mitigated="challenge")


@instead
def an_incident(exchange: Exchange) -> Exchange:
    """A page of a load balancer that calls itself JSON."""
    return exchange.answered(503, PAGE, JSON_TYPE, Retry_After="5")


@answer
def no_content(exchange: Exchange) -> Exchange:
    return exchange.answered(204) if exchange.succeeded else exchange


def an_old_answer_of_a_cache(exchange: Exchange, ask: Send) -> Exchange:
    """Each later read of an address has the answer of the first one, also after a write."""
    if exchange.writes:
        return ask(exchange)
    if exchange.url not in CACHED:
        CACHED[exchange.url] = ask(exchange)
    cached = CACHED[exchange.url]
    return exchange.answered(cached.status, cached.body, HTML).with_headers(dict(cached.headers))


CACHED: dict[str, Exchange] = {}  # by address, in the copy of a process that runs a cell
between(an_old_answer_of_a_cache, of_reads=True)


# Rate limits

LIMITS: dict[str, dict[str, str]] = {
    "without a wait": {},
    "Retry-After 0": {"Retry_After": "0"},
    "Retry-After negative": {"Retry_After": "-5"},
    "Retry-After NaN": {"Retry_After": "nan"},
    "Retry-After inf": {"Retry_After": "inf"},
    "Retry-After huge": {"Retry_After": "9" * 40},
    "Retry-After a word": {"Retry_After": "soon"},
    "Retry-After a date of the past": {"Retry_After": "Thu, 01 Jan 1970 00:00:00 GMT"},
    "Retry-After a year": {"Retry_After": "31536000"},
    "Retry-After a date of another century": {"Retry_After": "Fri, 01 Jan 2100 00:00:00 GMT"},
    "Retry-After several": {"Retry_After": "1, 2, x"},
    "Retry-After a wrong date": {"Retry_After": "Thu, 99 Foo 99999 99:99:99 GMT"},
    "a reset far away": {
        "X_Rate_Limit_Limit": "10",
        "X_Rate_Limit_Remaining": "0",
        "X_Rate_Limit_Reset": "9" * 15,
    },
    "a reset that is negative": {
        "X_Rate_Limit_Limit": "-1",
        "X_Rate_Limit_Remaining": "-1",
        "X_Rate_Limit_Reset": "-1",
    },
    "a limit that is no number": {"RateLimit_Limit": "ten, 5;w=1", "RateLimit_Reset": "x"},
}


def _limited(exchange: Exchange, headers: Mapping[str, str]) -> Exchange:
    return exchange.answered(429, error_body(exchange, 429), **headers)


for _title, _headers in LIMITS.items():
    instead(partial(_limited, headers=_headers), f"429 {_title}")


@answer
def limits_used_up_in_a_good_answer(exchange: Exchange) -> Exchange:
    return exchange.with_headers(
        {
            "X-Rate-Limit-Limit": "9" * 18,
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": "0",
            "X-RateLimit-Limit-Hour": "-7",
        }
    )


# Headers


@answer
def no_headers(exchange: Exchange) -> Exchange:
    kept = ("link", "content-encoding")
    return exchange.without_headers(
        [name for name, _value in exchange.headers if name.lower() not in kept]
    )


@answer
def another_content_type(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Content-Type": "application/octet-stream"})


@answer
def a_date_that_is_no_date(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Date": "yesterday"})


@answer
def gzip_that_is_none(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Content-Encoding": "gzip"}) if exchange.body else exchange


@answer
def gzip_cut_short(exchange: Exchange) -> Exchange:
    if not exchange.body:
        return exchange
    packed = gzip.compress(exchange.body)
    return exchange.with_headers({"Content-Encoding": "gzip"}).with_body(packed[: len(packed) // 2])


@answer
def an_unknown_encoding(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Content-Encoding": "br2, x-secret"})


@answer
def a_charset_that_does_not_exist(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Content-Type": "application/json; charset=klingon"})


# Bodies

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blanks": b" \r\n",
    "null": b"null",
    "a number": b"7",
    "true": b"true",
    "a text": b'"ok"',
    "[]": b"[]",
    "[[]]": b"[[]]",
    "[null]": b"[null]",
    "{}": b"{}",
    "a list in a list": b'[[{"id": "1"}]]',
    "an error with 200": b'{"errorCode": "E0000009", "detail": "no"}',
    "bytes that are no text": b"\xff\xfe\x00\xd8",
    "deep": b"[" * 5000 + b"]" * 5000,
    "deep objects": b'{"a":' * 900 + b"1" + b"}" * 900,
    "a huge number": b'{"id": ' + b"9" * 5000 + b"}",
    "NaN": b"NaN",
    "two values": b"{}{}",
    "NUL": b"\0",
}
# Without rows, or without an object's fields, they are those of a tenant that has nothing there.
EMPTY_TRUTHS = {
    "[]": "an empty list is what a vendor without such objects answers",
    "empty": "a write that returns nothing succeeded",
    "blanks": "a write that returns nothing succeeded",
}


def _of_body(exchange: Exchange, body: str | bytes) -> Exchange:
    return exchange.with_body(body) if exchange.succeeded else exchange


for _title, _body in BODIES.items():
    answer(
        partial(_of_body, body=_body),
        f"body: {_title}",
        other_truth=EMPTY_TRUTHS.get(_title, ""),
    )


@answer
def body_cut_short(exchange: Exchange) -> Exchange:
    return exchange.with_body(exchange.body[: len(exchange.body) // 2])


@answer
def body_shorter_than_its_length(exchange: Exchange) -> Exchange:
    return replace(exchange, body=exchange.body[: len(exchange.body) // 2])


@answer
def body_without_its_last_byte(exchange: Exchange) -> Exchange:
    return exchange.with_body(exchange.body[:-1])


@answer
def byte_order_mark(exchange: Exchange) -> Exchange:
    return exchange.with_body(b"\xef\xbb\xbf" + exchange.body) if exchange.body else exchange


@answer
def utf_16(exchange: Exchange) -> Exchange:
    if exchange.json is None:
        return exchange
    return exchange.with_body(exchange.body.decode().encode("utf-16"))


@answer
def every_key_twice_with_two_values(exchange: Exchange) -> Exchange:
    """The first one is of somebody else: which one counts, no standard says."""
    if not isinstance(exchange.json, dict) or not exchange.json:
        return exchange
    other = json.dumps(dict.fromkeys(exchange.json, "x"))
    return exchange.with_body(other[:-1] + ", " + json.dumps(exchange.json)[1:])


@answer
def latin_1(exchange: Exchange) -> Exchange:
    """Names with a letter that is no ASCII, in an old encoding."""

    def rename(row: t.Any) -> t.Any:
        return {
            key: f"{value}\xe9" if key in NAMES and isinstance(value, str) else value
            for key, value in row.items()
        }

    renamed = _each_object(exchange, rename)
    if renamed is exchange or not exchange.succeeded:
        return exchange
    text = json.dumps(renamed.json, ensure_ascii=False)
    named = exchange.with_headers({"Content-Type": "application/json; charset=iso-8859-1"})
    return named.with_body(text.encode("latin-1", "replace"))


NAMES = ("name", "label", "device_name", "displayName", "blueprint_name")


def _with_numbers(exchange: Exchange, number: str) -> Exchange:
    """Return a body with this text in place of each number."""

    def change(row: t.Any) -> t.Any:
        return {key: PLACE if is_number(value) else value for key, value in row.items()}

    changed = _each_object(exchange, change)
    return changed.with_body(changed.body.replace(f'"{PLACE}"'.encode(), number.encode()))


PLACE = "a number is here"
for _title, _text in {"1e999": "1e999", "a text": '"1"', "a fraction": "0.5"}.items():
    answer(
        partial(_with_numbers, number=_text),
        f"numbers are {_title}",
        other_truth="" if _text == "1e999" else "another number, which a form may be of",
    )


@answer
def wrapped_in_a_list(exchange: Exchange) -> Exchange:
    value = exchange.json
    return exchange.with_json([value]) if isinstance(value, dict) else exchange


@answer
def wrapped_in_an_object(exchange: Exchange) -> Exchange:
    value = exchange.json
    return exchange.with_json({"value": value}) if isinstance(value, list) else exchange


@answer
def an_unknown_key_everywhere(exchange: Exchange) -> Exchange:
    return _each_object(exchange, lambda row: {**row, "somethingNew": {"of": ["the", "vendor"]}})


@answer
def every_key_twice(exchange: Exchange) -> Exchange:
    if not isinstance(exchange.json, dict):
        return exchange
    text = exchange.body.decode().strip()
    return exchange.with_body("{" + text[1:-1] + ", " + text[1:-1] + "}" if exchange.json else text)


@answer
def a_page_of_another_operation(exchange: Exchange) -> Exchange:
    row = {"id": "1", "name": "x", "label": "x", "status": "ACTIVE", "type": "other"}
    return _with_rows(exchange, lambda _rows: [row])


def _each_object(exchange: Exchange, change: Callable[[t.Any], t.Any]) -> Exchange:
    """Return the exchange with a change of each object, inside out."""

    def walk(value: t.Any) -> t.Any:
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, dict):
            return change({key: walk(each) for key, each in value.items()})
        return value

    value = exchange.json
    return exchange.with_json(walk(value)) if isinstance(value, (dict, list)) else exchange


# Rows


def rows_of(exchange: Exchange) -> list[t.Any] | None:
    """Return the rows of a list, None where the answer is none."""
    path = list_path(exchange.json)
    rows = None if path is None else _member(exchange.json, path)
    return rows if isinstance(rows, list) else None


def _member(value: t.Any, path: Sequence[str]) -> t.Any:
    """Return the member of nested objects to which these keys lead."""
    return _member(value[path[0]], path[1:]) if path else value


def _with_member(value: t.Any, path: Sequence[str], member: object) -> t.Any:
    """Return nested objects with another member at the end of these keys."""
    if not path:
        return member
    return {**value, path[0]: _with_member(value[path[0]], path[1:], member)}


def _envelope(exchange: Exchange) -> dict[str, t.Any]:
    """Return the object that holds the rows of a list, an empty one if there is none."""
    path = list_path(exchange.json)
    return _member(exchange.json, path[:-1]) if path else {}


def _with_envelope(exchange: Exchange, **changed: object) -> Exchange:
    """Return a list with other members in the object that holds its rows."""
    path = (list_path(exchange.json) or ())[:-1]
    envelope = {**_envelope(exchange), **changed}
    return exchange.with_json(_with_member(exchange.json, path, envelope))


def _with_rows(exchange: Exchange, change: Callable[[list[t.Any]], list[t.Any]]) -> Exchange:
    rows = rows_of(exchange) if exchange.succeeded else None
    if not rows:
        return exchange
    path = list_path(exchange.json) or ()
    return exchange.with_json(_with_member(exchange.json, path, change(rows)))


ROWS: dict[str, Callable[[list[t.Any]], list[t.Any]]] = {
    "a row null": lambda rows: [None, *rows[1:]],
    "a row that is a text": lambda rows: ["row", *rows[1:]],
    "a row that is a list": lambda rows: [[rows[0]], *rows[1:]],
    "a row empty": lambda rows: [{}, *rows[1:]],
    "an empty row more": lambda rows: [*rows, {}],
    "a row of something else more": lambda rows: [{"kind": "banner", "text": "Hello"}, *rows],
    "the first row twice": lambda rows: [rows[0], *rows],
    "every row twice": lambda rows: [*rows, *rows],
}
for _title, _rows in ROWS.items():
    answer(partial(_with_rows, change=_rows), _title)
answer(partial(_with_rows, change=lambda rows: rows[::-1]), "rows in reverse", any_order=True)
answer(
    partial(_with_rows, change=lambda rows: rows[1:]),
    "the first row lost",
    other_truth="a list without the row is what a tenant without the object answers",
)
answer(
    partial(_with_rows, change=lambda rows: rows[:-1]),
    "the last row lost",
    other_truth="a list without the row is what a tenant without the object answers",
)


# Pages


SECOND = "page=second"  # in the address of a second page, in a parameter that says where one begins


def _with_next(exchange: Exchange, link: str) -> Exchange:
    """Return a list's page with a next page: a Link header, or the envelope's ``next``."""
    if not exchange.succeeded or rows_of(exchange) is None or exchange.writes:
        return exchange
    if isinstance(exchange.json, list):
        return exchange.with_headers({"Link": f'<{link}>; rel="next"'})
    return _with_envelope(exchange, **{_key(exchange) or "next": link})


def _url(exchange: Exchange, host: str = "", path: str = "", **query: str) -> str:
    parts = urlsplit(exchange.url)
    merged = {**dict(parse_qsl(parts.query)), **query}
    return (
        f"https://{host or parts.netloc}{path or parts.path}{'?' if merged else ''}"
        f"{urlencode(merged)}"
    )


@answer
def next_page_is_the_page_itself(exchange: Exchange) -> Exchange:
    return _with_next(exchange, _url(exchange))


@between
def next_page_never_ends(exchange: Exchange, ask: Send) -> Exchange:
    number = dict(parse_qsl(urlsplit(exchange.url).query)).get("endless", "0")
    answered = ask(replace(exchange, url=_without(exchange.url, "endless", "cursor")))
    return _with_next(answered, _url(exchange, endless=str(int(number) + 1)))


def _without(url: str, *names: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in names]
    return parts._replace(query=urlencode(query)).geturl()


@between
def next_page_never_ends_and_rows_are_new(exchange: Exchange, ask: Send) -> Exchange:
    number = dict(parse_qsl(urlsplit(exchange.url).query)).get("endless", "0")
    answered = ask(replace(exchange, url=_without(exchange.url, "endless", "cursor")))
    changed = _each_object(
        answered,
        lambda row: {
            key: f"{value}-{number}" if key in ("id", "device_id", "uuid", "item_id") else value
            for key, value in row.items()
        },
    )
    return _with_next(
        answered if number == "0" else changed, _url(exchange, endless=str(int(number) + 1))
    )


@between
def next_page_is_empty(exchange: Exchange, ask: Send) -> Exchange:
    if SECOND in exchange.url:
        answered = ask(replace(exchange, url=_without(exchange.url, "page", "cursor")))
        return _with_rows(answered, lambda _rows: [])
    return _with_next(ask(exchange), _url(exchange, page="second"))


@between
def pages_overlap(exchange: Exchange, ask: Send) -> Exchange:
    first = SECOND not in exchange.url
    answered = ask(replace(exchange, url=_without(exchange.url, "page", "cursor")))
    rows = rows_of(answered)
    if not answered.succeeded or not rows or len(rows) < 2 or exchange.writes:
        return answered
    middle = (len(rows) + 1) // 2
    if first:
        page = _with_rows(answered, lambda rows: rows[:middle])
        return _with_next(page, _url(exchange, page="second"))
    return _with_rows(answered, lambda rows: rows[middle - 1 :])


@between
def a_page_without_rows_first(exchange: Exchange, ask: Send) -> Exchange:
    answered = ask(replace(exchange, url=_without(exchange.url, "page", "cursor")))
    # A list without links ends with a page without rows.
    has_links = exchange.vendor == "okta" or isinstance(answered.json, dict)
    if SECOND in exchange.url or not has_links:
        return answered
    return _with_next(_with_rows(answered, lambda _rows: []), _url(exchange, page="second"))


@answer
def two_next_pages(exchange: Exchange) -> Exchange:
    if rows_of(exchange) is None or exchange.writes:
        return exchange
    links = (f'<{_url(exchange, page=name)}>; rel="next"' for name in ("a", "b"))
    return exchange.with_headers({"Link": ", ".join(links)})


@answer
def a_link_header_of_nonsense(exchange: Exchange) -> Exchange:
    return exchange.with_headers({"Link": '<<;;,>; rel=next next; "'})


@answer
def next_page_on_another_host(exchange: Exchange) -> Exchange:
    return _with_next(exchange, _url(exchange, host="evil.example.com", stolen="1"))


@answer
def next_page_of_another_path(exchange: Exchange) -> Exchange:
    return _with_next(exchange, _url(exchange, path="/api/v1/users"))


@answer
def next_page_with_another_filter(exchange: Exchange) -> Exchange:
    link = _url(exchange, search='status eq "X"', filter="{}", type="OKTA_SIGN_ON", since="2001")
    return _with_next(exchange, link)


@answer
def next_page_that_is_no_link(exchange: Exchange) -> Exchange:
    return _with_next(exchange, "https://[")


@answer
def next_page_relative(exchange: Exchange) -> Exchange:
    return _with_next(exchange, "?cursor=")


def _with_value_of_next(exchange: Exchange, value: object) -> Exchange:
    key = _key(exchange)
    return _with_envelope(exchange, **{key: value}) if key else exchange


NO_LINKS: dict[str, object] = {"an object": {"href": "x"}, "true": True, "a list": ["x"], "7": 7}
for _title, _next in NO_LINKS.items():
    answer(partial(_with_value_of_next, value=_next), f"next page is {_title}")


def _key(exchange: Exchange) -> str:
    """Return the key of an envelope that leads to its next page, "" without an envelope."""
    envelope = _envelope(exchange) if exchange.succeeded else {}
    return "cursor" if "data" in envelope else "next" if "results" in envelope else ""


@answer
def counted_too_low(exchange: Exchange) -> Exchange:
    return _with_count(exchange, lambda _count: -1)


@answer
def counted_too_high(exchange: Exchange) -> Exchange:
    return _with_count(exchange, lambda count: count + 1000)


def _with_count(exchange: Exchange, change: Callable[[int], int]) -> Exchange:
    counts = _envelope(exchange)
    key = next((key for key in ("count", "total") if is_number(counts.get(key))), "")
    return _with_envelope(exchange, **{key: change(counts[key])}) if key else exchange


# Connections


def _raise(error: Exception) -> t.NoReturn:
    raise error


@instead
def connection_refused(exchange: Exchange) -> Exchange:
    reason = urllib3.exceptions.NewConnectionError(t.cast(t.Any, None), "Connection refused")
    pool = t.cast(t.Any, None)
    error = urllib3.exceptions.MaxRetryError(pool, exchange.url, reason)
    raise requests.exceptions.ConnectionError(error)


def _reset() -> requests.exceptions.ConnectionError:
    error = ConnectionResetError(104, "Connection reset by peer")
    return requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", error)
    )


@instead
def connection_reset(exchange: Exchange) -> Exchange:
    raise _reset()


@answer
def connection_reset_carried_out(exchange: Exchange) -> Exchange:
    raise _reset()


@instead
def no_answer_in_time(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ReadTimeout("Read timed out.")


@answer
def no_answer_in_time_carried_out(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ReadTimeout("Read timed out.")


@instead
def no_connection_in_time(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ConnectTimeout("Connect timed out.")


@answer
def broken_in_the_body(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ChunkedEncodingError(
        urllib3.exceptions.ProtocolError(
            "Connection broken", urllib3.exceptions.IncompleteRead(10, 90)
        )
    )


@answer
def two_lengths(exchange: Exchange) -> Exchange:
    raise requests.exceptions.InvalidHeader(
        "Content-Length contained multiple unmatching values (5, 7)"
    )


@answer
def redirected_for_ever(exchange: Exchange) -> Exchange:
    raise requests.exceptions.TooManyRedirects("Exceeded 30 redirects.")


@answer
def gzip_of_another_algorithm(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ContentDecodingError("Received response with content-encoding: gzip")


@instead
def a_proxy_that_is_none(exchange: Exchange) -> Exchange:
    raise requests.exceptions.InvalidProxyURL("Please check proxy URL. It is malformed")


@instead
def tls_broken(exchange: Exchange) -> Exchange:
    raise requests.exceptions.SSLError("EOF occurred in violation of protocol")


@instead
def tls_not_trusted(exchange: Exchange) -> Exchange:
    raise requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")


@instead
def proxy_gone(exchange: Exchange) -> Exchange:
    raise requests.exceptions.ProxyError("Tunnel connection failed: 503")


# Texts of errors


def _refused(exchange: Exchange, text: str, status: int = 400) -> Exchange:
    return exchange.answered(status, error_body(exchange, status, text))


TEXTS = {
    "200 KB": "long " * 40_000,
    "escape sequences": "\x1b[2J\x1b[31mfatal: [localhost]\x9b1m\r\nok: \u202eevil\u2066",
    "a template": "{{ lookup('pipe', 'id') }}",
    "lone surrogates": "\ud800 broken \udfff",
    "NUL": "a\0b",
    "nothing": "",
}
for _title, _text in TEXTS.items():
    instead(partial(_refused, text=_text), f"error text: {_title}", other_truth=STATUS_TRUTHS[400])


@instead
def an_error_that_echoes_the_request(exchange: Exchange) -> Exchange:
    headers = "\n".join(f"{name}: {value}" for name, value in exchange.sent_headers)
    sent = exchange.sent.decode(errors="replace")
    return _refused(exchange, f"{exchange.verb} {exchange.url}\n{headers}\n\n{sent}", 422)


def an_error_of_other_types(exchange: Exchange) -> Exchange:
    body = {"errorCode": 7, "errorSummary": ["a", {"b": 1}], "errorCauses": "x", "detail": {"a": 1}}
    return exchange.answered(400, json.dumps(body))


instead(an_error_of_other_types, other_truth=STATUS_TRUTHS[400])


def an_error_in_a_list(exchange: Exchange) -> Exchange:
    return exchange.answered(400, json.dumps([["error"], None]))


instead(an_error_in_a_list, other_truth=STATUS_TRUTHS[400])
