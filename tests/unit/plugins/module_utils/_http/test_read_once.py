# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several parts of one run read is asked for once, if it is the whole of a list."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Answer,
    Explanation,
    Operation,
    Request,
    Vendor,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.read_once import (
    ReadOnce,
)

LIST = Operation("List Things", "GET", "/things/{kind}")
OTHER = Operation("List Others", "GET", "/others")
WRITE = Operation("Create Thing", "POST", "/things", writes=True)
VENDOR, SECOND = (
    Vendor(name, name.title(), lambda *_parts: Explanation("")) for name in ("kandji", "okta")
)
ASKED = Request({"kind": "a"}, {"limit": 300})


def answer(body: t.Any, **headers: str) -> Answer:
    return Answer(200, headers, json=body)


@pytest.mark.parametrize("body", [[], [{"id": 1}], {"results": [], "next": None}, {"cursor": ""}])
def test_the_whole_of_a_list_is_kept_for_the_same_request_alone(body: t.Any) -> None:
    once, whole = ReadOnce([LIST]), answer(body)
    once.keep(VENDOR, LIST, ASKED, whole)
    assert once.find(VENDOR, LIST, Request({"kind": "a"}, {"limit": 300})) is whole
    for vendor, operation, request in (
        (SECOND, LIST, ASKED),
        (VENDOR, OTHER, ASKED),
        (VENDOR, LIST, Request({"kind": "b"}, {"limit": 300})),
        (VENDOR, LIST, Request({"kind": "a"}, {"limit": 300, "offset": 0})),
        (VENDOR, LIST, Request({"kind": "a"})),
    ):
        assert once.find(vendor, operation, request) is None


@pytest.mark.parametrize(
    "page",
    [
        answer({"results": [], "next": "https://acme.api.kandji.io/?cursor=2"}),
        answer({"data": [], "cursor": "abc"}),
        answer([], Link='<https://acme.okta.com/?after=2>; rel="next"'),
    ],
)
def test_a_page_of_a_longer_list_is_asked_for_again(page: Answer) -> None:
    once = ReadOnce([LIST])
    once.keep(VENDOR, LIST, ASKED, page)
    assert once.find(VENDOR, LIST, ASKED) is None


def test_other_operations_are_not_kept_and_a_write_never_is() -> None:
    once = ReadOnce([LIST, WRITE])
    for operation in (OTHER, WRITE):
        once.keep(VENDOR, operation, Request(), answer([]))
        assert once.find(VENDOR, operation, Request()) is None
    ReadOnce().keep(VENDOR, LIST, ASKED, answer([]))
    assert ReadOnce().find(VENDOR, LIST, ASKED) is None
