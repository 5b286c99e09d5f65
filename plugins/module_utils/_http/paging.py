# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages, read to the vendor's own end of the list.

A page that is shorter than the limit is not the last one: vendors return fewer rows than asked.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import parse_qsl

from .._core.errors import TRY_AGAIN, Unreadable
from .._core.json_fields import Row, as_id, as_object, is_integer, is_name
from .operations import Query
from .urls import split_url

# Parameters that say where a page begins, and how long it is.
PLACES = ("after", "cursor", "limit", "offset", "page")
MAX_PAGES = 10_000  # of one list: a million rows and more


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


_ENCODER = json.JSONEncoder(sort_keys=True)  # json.dumps would make one for each row


def _nothing(_row: Row) -> None:
    """Return nothing: the rows have no id."""


def read_pages(
    vendor: str,
    first: Query,
    fetch: Callable[[Query], Page],
    identify: Callable[[Row], object] = _nothing,
) -> Iterator[Row]:
    """Yield the rows of all pages, each row once: lists change while they are read.

    Raises Unreadable if a link leads back to a page that was read, if a page comes twice, if the
    pages do not end, or if the vendor counts more rows than it sent: what is missing is not known
    to be absent.

    :arg identify: returns what a row is known by, such as its id. Rows without one are compared
        by their content.
    """
    query: Query | None = first
    asked: set[str] = set()
    known: set[object] = set()
    previous: list[Row] = []
    received, total = 0, None
    while query is not None:
        asked.add(repr(sorted(query.items())))
        page = fetch(query)
        query = page.following
        repeated = query is not None and repr(sorted(query.items())) in asked
        if repeated or (page.rows and page.rows == previous):
            raise _endless(vendor, "leads back to a page that was read already")
        if len(asked) >= MAX_PAGES and query is not None:
            raise _endless(vendor, f"has more than {MAX_PAGES:,} pages")
        for row in page.rows:
            identity = identify(row) or _digest(row)
            if identity not in known:
                known.add(identity)
                yield row
        previous, total = page.rows, page.total
        received += len(page.rows)
    if total is not None and received < total:
        raise Unreadable(
            f"{vendor.capitalize()}: a list is incomplete. It has {total} rows by its own count,"
            f" and {received} were sent. Run again.",
            vendor=vendor,
        )


def _digest(row: Row) -> bytes:
    """Return what stands for the content of a row. Rows themselves would take too much memory."""
    return blake2b(_ENCODER.encode(row).encode(), digest_size=16).digest()


def _endless(vendor: str, what: str) -> Unreadable:
    return Unreadable(
        f"{vendor.capitalize()}: a list {what}. It cannot be read to its end. Run again.",
        vendor=vendor,
    )


def follow_link(vendor: str, path: str, asked: Query, link: object) -> Query | None:
    """Return the query of the next page, or None without a link.

    The link says where the next page begins, and nothing else: its host may be another one, where
    the token must not go, and another filter would give other rows. Raises Unreadable for a link to
    another list.

    :arg path: the path of the operation.
    :arg asked: the query of this page.
    """
    if link is None or link == "":
        return None
    parts = split_url(link) if isinstance(link, str) else None
    if parts is None or (parts.path and not _is_path(parts.path, path)):
        raise Unreadable(
            f"{vendor.capitalize()}: the link to the next page of a list leads somewhere else."
            f" {TRY_AGAIN}",
            vendor=vendor,
        )
    places = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {**asked, **{name: value for name, value in places.items() if name in PLACES}}


def _is_path(linked: str, path: str) -> bool:
    """Return whether a link's path is the operation's. A host may add something before it."""
    return linked.rstrip("/").lower().endswith(path.rstrip("/").lower())


def count_in(body: t.Any, key: str) -> int | None:
    """Return the vendor's count of all rows below a key of an answer, or None without one."""
    value = body.get(key) if isinstance(body, dict) else None
    return value if is_integer(value) else None


def rows_of(vendor: str, body: t.Any) -> list[Row]:
    """Return a body as a list of objects. Raises Unreadable if it is anything else."""
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise Unreadable(
            f"{vendor.capitalize()} answered with something else than the list of objects"
            f" that was requested. {TRY_AGAIN}",
            vendor=vendor,
        )
    return body


NAMES = ("name", "label")


def require_keys(vendor: str, operation: str, rows: t.Iterable[Row], keys: t.Sequence[str]) -> None:
    """Raise Unreadable for a row without a readable value of one of the keys: ids or names.

    A row that nothing identifies would drop out of counts and limits, and what it stands for would
    pass for absent.

    :arg operation: the vendor's name of the operation.
    :arg keys: one of an object inside the row has a dot: computer.id.
    """
    for row in rows:
        missing = [key for key in keys if not _identifies(_value_at(row, key), key)]
        if missing:
            raise Unreadable(
                f"{vendor.capitalize()}: a row of {operation} has no {' and no '.join(missing)}."
                f" {TRY_AGAIN}",
                vendor=vendor,
            )


def _value_at(row: Row, path: str) -> object:
    outer, dot, inner = path.partition(".")
    return as_object(row.get(outer)).get(inner) if dot else row.get(path)


def _identifies(value: object, key: str) -> bool:
    """Return whether a value can be an id or a name."""
    return is_name(value) if key.rpartition(".")[2] in NAMES else bool(as_id(value))
