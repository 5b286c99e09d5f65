# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as they came."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Exchange,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    Collector,
    Material,
    Reply,
)


def reply(status=200, body=None, content=b""):
    return Reply({}, {}, status, {}, body, content)


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ([{"id": 1}, "x", None], [{"id": 1}]),
        ({"results": [{"id": 1}]}, [{"id": 1}]),
        ({"data": [{"id": 1}]}, [{"id": 1}]),
        ({"library_items": [{"id": 1}]}, [{"id": 1}]),
        ({"device_id": "d", "commands": {"results": [{"id": 1}]}}, [{"id": 1}]),
        ({"device_id": "d", "commands": {}}, [{"device_id": "d", "commands": {}}]),
        ({"id": 1, "data": "x"}, [{"id": 1, "data": "x"}]),
        ({}, []),
        (None, []),
        ("text", []),
    ],
)
def test_rows_are_those_of_any_list(body, rows):
    assert reply(body=body).rows == rows


def test_an_error_has_its_code_and_no_rows_of_the_material():
    refused = reply(403, {"errorCode": "E0000006"})
    assert refused.code == "E0000006" and not refused.is_read
    assert list(Material({"x": [refused]}).rows("x")) == []
    assert reply(400, {"error": "invalid_scope"}).code == "invalid_scope"
    assert reply(502, None).code == ""


def test_a_collector_keeps_the_answers_to_its_operations_alone():
    collector = Collector(["listDevices"])
    for name in ("listDevices", "token"):
        headers = {"X-Rate-Limit-Limit": "50"}
        collector.observe(Exchange("okta", name, {}, {}, 200, headers, b'[{"id": "a"}]'))
    assert list(collector.replies) == ["listDevices"]
    [kept] = collector.replies["listDevices"]
    assert kept.headers == {"x-rate-limit-limit": "50"} and kept.rows == [{"id": "a"}]


def test_an_answer_that_is_not_json_has_no_body():
    made = Reply.of(Exchange("scep", "GetCACert", {}, {}, 200, {}, b"\x30\x82"))
    assert made.body is None and made.content == b"\x30\x82"
