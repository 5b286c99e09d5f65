# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of vendors: fields may be absent, null or of another type."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import json_fields


@pytest.mark.parametrize(
    "value, text, content, name",
    [
        (None, None, None, ""),
        ("", None, "", ""),
        ("Ada", "Ada", "Ada", "Ada"),
        (" Ada ", " Ada ", " Ada ", " Ada "),
        (12, "12", "12", "12"),
        (0, "0", "0", ""),
        (["Ada"], None, None, ""),
        ({"value": "Ada"}, None, None, ""),
    ],
)
def test_an_empty_text_is_unknown_and_an_empty_content_is_a_content(value, text, content, name):
    assert (
        json_fields.as_text(value),
        json_fields.as_content(value),
        json_fields.as_name(value),
    ) == (
        text,
        content,
        name,
    )


@pytest.mark.parametrize("value, id_", [(None, ""), ("", ""), (" C02 ", "C02")])
def test_an_id_has_no_spaces_around_it(value, id_):
    assert json_fields.as_id(value) == id_
    assert json_fields.as_number_or_id(value) == id_
    assert json_fields.as_word(value) == (id_ or None)


@pytest.mark.parametrize(
    "value", [["C02"], {"value": "C02"}, "C\x1b[31m02", "\ud800C02", "C\u202e02", True, 1.5]
)
def test_what_names_nothing_is_no_id(value):
    assert json_fields.as_id(value) == ""
    assert json_fields.as_number_or_id(value) == ""
    assert json_fields.as_word(value) is None


def test_a_number_is_an_id_only_where_a_vendor_documents_it():
    assert json_fields.as_id(7) == ""
    assert json_fields.as_number_or_id(7) == "7"


@pytest.mark.parametrize(
    ("value", "readable"),
    [
        ("Okta SCEP", True),
        ("Mac\u00a0von J\u00fcrgen", True),
        ("two\nlines", True),
        ("\u202bשם\u202c", True),
        (None, False),
        ("", False),
        (" ", False),
        ("\u200b", False),
        ("\ufeff \u2060\n", False),
        ("Okta\u200bSCEP", True),
        (7, False),
        (["Okta SCEP"], False),
        ("\x1b[31mOkta SCEP", False),
        ("\ud800Okta SCEP", False),
    ],
)
def test_a_name_is_a_text_without_control_characters(value, readable):
    assert json_fields.is_name(value) is readable


@pytest.mark.parametrize("value", [None, "text", 3, ["a"]])
def test_what_is_not_an_object_is_an_empty_one(value):
    assert json_fields.as_object(value) == {}


def test_only_objects_of_a_list_are_rows():
    assert json_fields.as_objects([{"id": "1"}, None, "text", {}]) == [{"id": "1"}, {}]
    assert json_fields.as_objects({"id": "1"}) == []


@pytest.mark.parametrize("value, flag", [(True, True), (False, False), ("true", None), (1, None)])
def test_only_true_and_false_are_flags(value, flag):
    assert json_fields.as_flag(value) is flag


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_json_that_is_nested_too_deeply_is_not_read(opening, closing):
    def nested(levels):
        return opening * levels + "1" + closing * levels

    assert json_fields.parse_json(nested(json_fields.MAX_DEPTH))
    for levels in (json_fields.MAX_DEPTH + 1, 900, 200_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            json_fields.parse_json(nested(levels))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", "no", b"\xff\xfe", "NaN", b"[-Infinity]", '{"a": NaN}', b'"caf\xe9"'],
)
def test_what_is_not_json_is_an_error(content):
    with pytest.raises(ValueError):
        json_fields.parse_json(content)


@pytest.mark.parametrize(
    "content, value",
    [
        (b"null", None),
        (b'{"a": [1]}', {"a": [1]}),
        ('"é"'.encode("utf-16"), "é"),
        ('"caf\ufffd"'.encode(), "caf\ufffd"),  # as somebody wrote it
    ],
)
def test_json_is_read_whole(content, value):
    assert json_fields.parse_json(content) == value


def test_what_is_nested_too_deeply_is_null_and_the_rest_is_read():
    deep = '{"a":' * 3000 + "[1]" + "}" * 3000
    text = f'[{{"uuid": "e1"}}, {{"uuid": "e2 \\"}}", "x": {deep}, "y": [2]}}, {{"uuid": "e3"}}]'
    first, second, third = json_fields.parse_shallow(text.encode())
    assert (first, third) == ({"uuid": "e1"}, {"uuid": "e3"})
    assert (second["uuid"], second["y"]) == ('e2 "}', [2])
    assert not json_fields.is_too_deep([first, second, third])
    inner, depth = second["x"], 0
    while inner:
        inner, depth = inner["a"], depth + 1
    assert inner is None and depth == json_fields.MAX_DEPTH - 2


@pytest.mark.parametrize("text", ["[" * 5000, "[1", "", "[}" * 3000, '"', "9" * 5000])
def test_a_text_that_is_not_json_stays_an_error(text):
    with pytest.raises(ValueError):
        json_fields.parse_shallow(text)


UUID = "0c5e1a10-0000-4000-8000-0000000000ff"


@pytest.mark.parametrize(
    "text, expected",
    [
        (UUID, True),
        (UUID.upper(), True),
        ("Canary", False),
        ("", False),
        (UUID.replace("-", ""), False),
        (f"{{{UUID}}}", False),
    ],
)
def test_what_is_a_uuid(text, expected):
    assert json_fields.is_uuid(text) is expected


@pytest.mark.parametrize("value", [False, 0, "x", [None], {"a": {"b": False}}])
def test_a_condition_with_a_value_asks_for_something(value: object) -> None:
    assert json_fields.asks(value)


@pytest.mark.parametrize("value", [None, "", [], {}, {"include": [], "exclude": {"a": None}}])
def test_a_condition_without_a_value_asks_for_nothing(value: object) -> None:
    assert not json_fields.asks(value)


@pytest.mark.parametrize(
    "content",
    [
        '{"id": "a", "id": "b"}',
        '[{"x": {"id": 1, "name": "x", "id": 2}}]',
        '{"id": "a", "id": null}',
        "[1e999]",
        '{"a": -1e400}',
    ],
)
def test_two_values_of_one_key_and_numbers_without_an_end_are_not_read(content):
    with pytest.raises(ValueError, match="twice|too large"):
        json_fields.parse_json(content)


def test_a_key_that_comes_twice_with_one_value_is_read():
    assert json_fields.parse_json('{"id": "a", "b": [1], "id": "a"}') == {"id": "a", "b": [1]}
    for text in ('{"on": true, "on": 1}', '{"id": "a", "id": "b"}', '{"a": [0], "a": [false]}'):
        with pytest.raises(ValueError, match="a key twice"):
            json_fields.parse_json(text)
    # An event of others must not hide the rest of a page.
    assert json_fields.parse_shallow('[{"id": "a", "id": "b"}]') == [{"id": "b"}]


def test_a_name_with_a_replacement_character_is_one():
    # A directory that was imported in a wrong encoding has such names.
    assert json_fields.is_name("Caf\ufffd") and json_fields.as_name("Caf\ufffd") == "Caf\ufffd"


def test_of_a_page_with_bytes_that_are_no_text_the_rest_is_read():
    assert json_fields.parse_shallow(b'[{"id": "a"}, "caf\xe9"]') == [{"id": "a"}, "caf\ufffd"]
