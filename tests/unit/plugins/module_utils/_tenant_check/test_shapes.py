# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of answers, held against known keys and words."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.pseudonyms import (
    Pseudonyms,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.shapes import (
    MAX_UNKNOWN,
    Shape,
    case_of,
    form_of,
)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, "null"),
        (True, "true or false"),
        (7, "number"),
        (1.5, "number"),
        ({}, "object"),
        ([], "empty list"),
        ("", "empty text"),
        ("Ann", "text"),
        ("2026-11-27", "YYYY-MM-DD"),
        ("2026-11-27T08:00:00Z", "YYYY-MM-DDThh:mm:ssZ"),
        ("2026-11-27T08:00:00.000Z", "YYYY-MM-DDThh:mm:ss.sssZ"),
        ("2026-11-27T08:00:00.000+0000", "YYYY-MM-DDThh:mm:ss.sss+hhmm"),
        ("2026-11-27 08:00:00.123456+00:00", "YYYY-MM-DD hh:mm:ss.ssssss+hh:mm"),
        ("2026-11-27T08:00", "YYYY-MM-DDThh:mm"),
        ("6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1", "UUID, lower case"),
        ("6F1D2C3B-4A59-4E68-9777-8695A4B3C2D1", "UUID, upper case"),
        ("6F1D2C3B-4a59-4E68-9777-8695A4B3C2D1", "UUID, mixed case"),
        ("00u1b2c3d4e5f6g7h8i9", "20 letters and digits"),
        ("https://acme.okta.com/x", "URL"),
        (object(), "unknown"),
    ],
)
def test_the_form_of_a_value_says_nothing_of_it(value, form):
    assert form_of(value) == form


def test_the_case_of_an_id_without_letters():
    assert case_of("1234-5678") == "no letters"


def shape_of(operation, body):
    shape = Shape(operation)
    shape.add(body)
    return shape.as_result(Pseudonyms())


def test_known_keys_have_their_forms_and_known_words_themselves():
    rows = [{"id": "guo1b2c3d4e5f6g7h8i9", "status": "ACTIVE"}, {"id": "x", "status": None}]
    result = shape_of("listDevices", rows)
    assert result["forms"] == {
        "[]": ["object"],
        "[].id": ["20 letters and digits", "text"],
        "[].status": ["ACTIVE", "null"],
    }
    assert result["unknown_keys"] == result["unknown_values"] == []


def test_unknown_keys_and_values_are_listed_without_what_is_the_tenants():
    rows = [{"status": "QXJ", "annSmith": {"ann": 1}, "deviceCount": 3, "zzk": "a"}]
    result = shape_of("listDevices", rows)
    assert result["unknown_values"] == [{"of": "[].status", "value": "value 1"}]
    assert result["unknown_keys"] == [
        {"in": "[]", "key": "key 1", "forms": ["object"]},
        {"in": "[]", "key": "deviceCount", "forms": ["number"]},
        {"in": "[]", "key": "key 2", "forms": ["text"]},
    ]
    assert result["forms"]["[].status"] == ["an unknown value"]


def test_keys_that_customers_name_are_counted_alone():
    row = {"debugContext": {"debugData": {"ann": 1, "bob": 2}}}
    result = shape_of("listLogEvents", [row, {"debugContext": {"debugData": {"ann": 1}}}])
    assert result["keys_of_customers"] == {"[].debugContext.debugData": 2}
    assert result["unknown_keys"] == []


def test_an_answer_of_another_form_is_unknown():
    result = shape_of("listDevices", {"data": []})
    assert [(each["in"], each["key"]) for each in result["unknown_keys"]] == [("", "data")]


def test_the_lists_of_what_is_unknown_end():
    result = shape_of("listDevices", [{f"k{n}": n for n in range(MAX_UNKNOWN + 5)}])
    assert len(result["unknown_keys"]) == MAX_UNKNOWN and result["more_unknown"] == 5
