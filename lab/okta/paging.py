# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paging of Okta's lists: numbers in a query, cursors and Link headers."""

from __future__ import annotations

import base64
import binascii
import typing as t
from urllib.parse import urlencode

from lab.http import Answer, Call
from lab.okta.errors import refuse


def read_number(call: Call, name: str, default: int, least: int, most: int) -> int:
    """Return a number of the query. Raises Refusal if it is out of range."""
    text = call.query.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        refuse("E0000001", name, [f"{name} has to be a number from {least} to {most}."])
    return int(text)


def make_cursor(position: int) -> str:
    """Return a position as a cursor, which is opaque to clients, as Okta's are."""
    return base64.urlsafe_b64encode(f"lab:{position}".encode()).decode().rstrip("=")


def read_position(call: Call) -> int:
    """Return the position of the query's cursor, 0 without one. Raises Refusal.

    Recorded: listDevices refuses a bad cursor with E0000031, listApplications with E0000029.
    """
    text = call.query.get("after")
    if not text:
        return 0
    try:
        mark, _colon, number = (
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        )
        if mark != "lab":
            raise ValueError(mark)
        return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        code = "E0000029" if call.operation.name == "listApplications" else "E0000031"
        refuse(code, causes=["Invalid cursor."])


def build_page(call: Call, rows: list[dict[str, t.Any]], following: str | None) -> Answer:
    """Return a list with its Link headers; Okta sends one header per link."""
    path = call.request_path
    url = f"{call.base_url}{path}"
    links = [f'<{url}{"?" + call.raw_query if call.raw_query else ""}>; rel="self"']
    if following is not None:
        links.append(f'<{url}?{urlencode({**call.query, "after": following})}>; rel="next"')
    return Answer(rows, links=links)


def cut_page(
    call: Call, items: t.Sequence[t.Any], limit: int, shape: t.Callable[[t.Any], dict[str, t.Any]]
) -> Answer:
    """Return the page of ``items`` that the query's cursor points to."""
    start = read_position(call)
    return build_page(
        call,
        [shape(item) for item in items[start : start + limit]],
        make_cursor(start + limit) if start + limit < len(items) else None,
    )
