# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages, read to the vendor's own end of the list.

A page that is shorter than the limit is not the last one: vendors return fewer rows than asked.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .._core.errors import Unreadable
from .._core.json_fields import Row
from .operations import Query


@dataclass(frozen=True)
class Page:
    """One page of a list.

    :arg rows: the objects on it.
    :arg following: the query of the next page, or None at the end.
    :arg total: how many rows the whole list has by the vendor's own count, or None if unknown.
    """

    rows: list[Row]
    following: Query | None
    total: int | None = None


def read_pages(vendor: str, first: Query, fetch: Callable[[Query], Page]) -> Iterator[Row]:
    """Yield the rows of all pages.

    Raises Unreadable if a link leads back to a page that was read, if a page comes twice, or if the
    vendor counts more rows than it sent: what is missing is not known to be absent.
    """
    query: Query | None = first
    asked: set[str] = set()
    previous: list[Row] = []
    received, total = 0, None
    while query is not None:
        asked.add(repr(sorted(query.items())))
        page = fetch(query)
        query = page.following
        repeated = query is not None and repr(sorted(query.items())) in asked
        if repeated or (page.rows and page.rows == previous):
            raise Unreadable(
                f"{vendor.capitalize()}: a list leads back to a page that was read already. It"
                " cannot be read to its end. Run again.",
                vendor=vendor,
            )
        yield from page.rows
        previous, total = page.rows, page.total
        received += len(page.rows)
    if total is not None and received < total:
        raise Unreadable(
            f"{vendor.capitalize()}: a list is incomplete. It has {total} rows by its own count,"
            f" and {received} were sent. Run again.",
            vendor=vendor,
        )


def count_in(body: t.Any, key: str) -> int | None:
    """Return the vendor's count of all rows below a key of an answer, or None without one."""
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def rows_of(vendor: str, body: t.Any) -> list[Row]:
    """Return a body as a list of objects. Raises Unreadable if it is anything else."""
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise Unreadable(
            f"{vendor.capitalize()} answered with something else than the list of objects"
            " that was requested. Run again; if it stays, check whether a proxy or gateway is in"
            " between.",
            vendor=vendor,
        )
    return body
