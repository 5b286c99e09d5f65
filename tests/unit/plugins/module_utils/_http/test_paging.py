# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages: where a link may lead, that they end, and that no row counts twice."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Unreadable
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import paging
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.paging import (
    Page,
    follow_link,
    read_pages,
)

PATH, ASKED = "/api/v1/devices", {"search": "a", "limit": 200}
Rows = list[dict[str, t.Any]]


@pytest.mark.parametrize(
    ("link", "following"),
    [
        (None, None),
        ("", None),
        ("https://acme.test/api/v1/devices?after=x", {**ASKED, "after": "x"}),
        ("https://web.test/prefix/api/v1/devices/?after=x", {**ASKED, "after": "x"}),
        ("?cursor=a%2Bb%3D", {**ASKED, "cursor": "a+b="}),
        ("/api/v1/devices?offset=300&limit=50", {"search": "a", "limit": "50", "offset": "300"}),
        ("/api/v1/devices?after=x&search=b&type=c", {**ASKED, "after": "x"}),
        ("https://[", ASKED),
    ],
)
def test_a_link_says_where_the_next_page_begins_and_nothing_else(link, following):
    assert follow_link("okta", PATH, ASKED, link) == following


@pytest.mark.parametrize("link", ["https://acme.test/api/v1/users?after=x", 7, True, {"href": "x"}])
def test_a_link_to_another_list_or_of_another_type_is_a_sentence(link):
    with pytest.raises(
        Unreadable, match="^Okta: the link to the next page .* leads somewhere else"
    ):
        follow_link("okta", PATH, ASKED, link)


def pages(*rows: Rows) -> t.Callable[[t.Any], Page]:
    """Return what fetches these pages, one after the other."""

    def fetch(query: t.Any) -> Page:
        number = int(query.get("page", 0))
        following = {"page": number + 1} if number + 1 < len(rows) else None
        return Page(rows[number], following)

    return fetch


def by_id(row: t.Mapping[str, t.Any]) -> object:
    return row.get("id")


def test_a_row_on_two_pages_is_read_once():
    fetch = pages([{"id": "a"}, {"id": "b"}], [{"id": "b", "moved": True}, {"id": "c"}])
    assert [row["id"] for row in read_pages("okta", {}, fetch, by_id)] == ["a", "b", "c"]


def test_rows_without_an_id_are_told_apart_by_their_content():
    fetch = pages([{"n": 1}, {"n": 1}], [{"n": 1}, {"n": 2}])
    assert list(read_pages("kandji", {}, fetch)) == [{"n": 1}, {"n": 2}]


def test_a_list_without_an_end_ends_in_a_sentence():
    def endless(query):
        return Page([{"id": query["page"]}], {"page": query["page"] + 1})

    with (
        mock.patch.object(paging, "MAX_PAGES", 5),
        pytest.raises(Unreadable, match="^Kandji: a list has more than 5 pages"),
    ):
        list(read_pages("kandji", {"page": 1}, endless, by_id))


def test_a_link_back_ends_in_a_sentence():
    def back(query):
        return Page([{"id": query["page"]}], {"page": 1 - query["page"]})

    with pytest.raises(Unreadable, match="leads back to a page that was read already"):
        list(read_pages("okta", {"page": 0}, back, by_id))
