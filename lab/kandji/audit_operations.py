# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log's part of the API."""

from __future__ import annotations

import base64
import typing as t
from datetime import datetime, timezone

from lab.http import Answer, Call
from lab.kandji.paging import bad_request, number, page_link
from lab.kandji.tenant import Tenant

MOST = 500
ORDERS = ("", "occurred_at", "-occurred_at", "id", "-id")


def list_events(tenant: Tenant, call: Call) -> Answer:
    """Return a page of the audit log.

    A cursor names the last row of a page, so later events do not move the next page.
    """
    sort_by = call.query.get("sort_by", "")
    if sort_by not in ORDERS:
        raise bad_request({"sort_by": [f'"{sort_by}" is not a valid choice.']})
    rows = tenant.events.between(_query_time(call, "start_date"), _query_time(call, "end_date"))
    rows = _after_cursor(
        call, rows[::-1] if sort_by.startswith("-") else rows, sort_by.startswith("-")
    )
    limit = number(call, "limit", MOST, least=1, most=MOST)
    page = rows[:limit]
    following = page_link(tenant, call, cursor=_cursor_at(page[-1])) if len(rows) > limit else None
    return Answer({"next": following, "previous": None, "results": page})


def _query_time(call: Call, name: str) -> datetime | None:
    """Return a datetime or a date of the query; a date is the beginning of that day."""
    value = call.query.get(name)
    if not value:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise bad_request({name: ["Enter a valid date/time."]}) from None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _cursor_at(row: dict[str, t.Any]) -> str:
    return base64.urlsafe_b64encode(f">id:{row['id']}".encode()).decode()


def _after_cursor(
    call: Call, rows: list[dict[str, t.Any]], newest_first: bool
) -> list[dict[str, t.Any]]:
    cursor = call.query.get("cursor")
    if not cursor:
        return rows
    try:
        prefix, _colon, last = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
    except ValueError:
        prefix, last = "", ""
    if prefix != ">id":
        raise bad_request({"detail": "Invalid cursor."})
    return [row for row in rows if (row["id"] < last if newest_first else row["id"] > last)]
