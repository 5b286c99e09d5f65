# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kandji's ways of paging, and its errors."""

from __future__ import annotations

import base64
import typing as t
from urllib.parse import urlencode

from lab.http import Answer, Call, Refusal
from lab.kandji.tenant import Tenant

PAGE_CAP = 300  # "a hard upper limit", asked for more a page has no more


def not_found() -> Refusal:
    """Return the refusal 404."""
    return Refusal(Answer({"detail": "Not found."}, 404))


def bad_request(body: t.Any) -> Refusal:
    """Return the refusal 400 with a body."""
    return Refusal(Answer(body, 400))


def json_body(call: Call) -> dict[str, t.Any]:
    """Return the JSON object of a request; an empty body is an empty object."""
    require_media_type(call, "application/json", "")
    try:
        body = call.json() if call.body else {}
    except ValueError as error:
        raise bad_request({"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(body, dict):
        raise bad_request({"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


def require_media_type(call: Call, *accepted: str) -> None:
    """Refuse a request of another media type."""
    media_type = call.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() not in accepted:
        raise Refusal(Answer({"detail": f'Unsupported media type "{media_type}" in request.'}, 415))


def number(call: Call, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a number of the query: the default instead of an invalid one, never above ``most``."""
    try:
        value = int(call.query.get(name, default))
    except ValueError:
        value = default
    value = value if value >= least else default
    return value if most is None else min(value, most)


def page_link(tenant: Tenant, call: Call, **changes: t.Any) -> str:
    """Return a link to this operation with other parameters; its host is a switch."""
    host = tenant.web_url if tenant.world.switches.next_links_on_web_host else call.base_url
    query = {**call.query, **{name: str(value) for name, value in changes.items()}}
    return f"{host}{call.operation.path.format(**call.path)}?{urlencode(query)}"


def envelope(
    tenant: Tenant,
    call: Call,
    entries: t.Sequence[t.Any],
    render: t.Callable[[t.Any], t.Any],
    *,
    cap: int = PAGE_CAP,
) -> dict[str, t.Any]:
    """Return {count, next, previous, results} by limit and offset."""
    cap = min(cap, tenant.world.switches.page_rows)
    limit, offset = number(call, "limit", cap, least=1, most=cap), number(call, "offset", 0)
    after, before = offset + limit, max(0, offset - limit)
    return {
        "count": len(entries),
        "next": (
            page_link(tenant, call, limit=limit, offset=after) if after < len(entries) else None
        ),
        "previous": page_link(tenant, call, limit=limit, offset=before) if offset > 0 else None,
        "results": [render(entry) for entry in entries[offset:after]],
    }


def numbered(
    tenant: Tenant,
    call: Call,
    entries: t.Sequence[t.Any],
    render: t.Callable[[t.Any], t.Any],
    *,
    size: int,
) -> dict[str, t.Any]:
    """Return {count, next, previous, results} by page number, counted from 1."""
    page = number(call, "page", 1, least=1)
    start = (page - 1) * size
    if page > 1 and start >= len(entries):
        raise Refusal(Answer({"detail": "Invalid page."}, 404))
    return {
        "count": len(entries),
        "next": page_link(tenant, call, page=page + 1) if start + size < len(entries) else None,
        "previous": page_link(tenant, call, page=page - 1) if page > 1 else None,
        "results": [render(entry) for entry in entries[start : start + size]],
    }


def by_cursor(
    tenant: Tenant,
    call: Call,
    entries: t.Sequence[t.Any],
    render: t.Callable[[t.Any], t.Any],
    *,
    size: int,
) -> dict[str, t.Any]:
    """Return {next, previous, results} by an opaque cursor."""
    start = read_cursor(call.query["cursor"], "") if call.query.get("cursor") else 0
    following = start + size
    return {
        "next": (
            page_link(tenant, call, cursor=write_cursor(following, ""))
            if following < len(entries)
            else None
        ),
        "previous": None,
        "results": [render(entry) for entry in entries[start:following]],
    }


def write_cursor(position: int, query: str) -> str:
    """Return a cursor to a position in the result of a query."""
    return base64.urlsafe_b64encode(f"p={position} {query}".encode()).decode()


def read_cursor(cursor: str, query: str) -> int:
    """Return the position of a cursor; refuse a cursor of another query."""
    try:
        position, _blank, of_query = (
            base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        )
        if of_query == query:
            return int(position.removeprefix("p="))
    except ValueError:
        pass  # the same refusal as for a cursor of another query
    raise bad_request({"detail": "Invalid cursor."})
