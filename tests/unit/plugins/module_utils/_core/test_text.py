# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts inside nested values, serial numbers inside texts, and what a terminal can show."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.text import (
    UUID,
    has_control_character,
    is_unset,
    names_serial,
    printable,
    split_lines,
    split_option,
    summarize,
    texts_in,
    walk_texts,
)

SERIAL = "C02XK1ZAJG5J"
EVENT = {
    "target": [{"id": "1", "detail": {"names": ["a", "b"], "count": 3}}, None, True],
    "actor": "c",
}


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_blank_text_sets_nothing(value: object) -> None:
    assert is_unset(value)


@pytest.mark.parametrize("value", [False, 0, [], {}, "no", " x "])
def test_any_other_value_sets_something(value: object) -> None:
    assert not is_unset(value)


def test_a_uuid_has_its_form_in_either_case() -> None:
    uuid = "0D60AAAA-5f44-4a1b-9a3c-0123456789ab"
    assert UUID.findall(f"{uuid}, {uuid.upper()}") == [uuid, uuid.upper()]
    assert not UUID.fullmatch(f"{uuid}0") and not UUID.search(uuid.replace("-", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë O\u2019Connor\n田中", "Zoë O\u2019Connor\n田中"),
        ("\x1b[31mfatal:", "\\x1b[31mfatal:"),
        ("a\0b\r\x9b", "a\\x00b\\r\\x9b"),
        ("\u202eevil\ud800", "\\u202eevil\\ud800"),
        ("\u200ea\u200fb\u061cc", "\\u200ea\\u200fb\\u061cc"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_text_of_others_is_one_short_line() -> None:
    assert summarize("a\r\n  b\x1b", 20) == "a b\\x1b"
    assert summarize("word " * 9, 12) == "word wor ..."


@pytest.mark.parametrize(
    ("text", "has"), [("Okta SCEP", False), ("\u00e9", False), ("a\n", True), ("a\x7f", True)]
)
def test_a_line_break_is_a_control_character(text: str, has: bool) -> None:
    assert has_control_character(text) is has


def test_each_text_comes_with_the_keys_above_it() -> None:
    assert list(walk_texts(EVENT)) == [
        (".target.id", "1"),
        (".target.detail.names", "a"),
        (".target.detail.names", "b"),
        (".actor", "c"),
    ]
    assert list(walk_texts("alone")) == [("", "alone")]


def test_the_texts_come_in_their_order() -> None:
    assert list(texts_in(EVENT)) == ["1", "a", "b", "c"]
    assert list(texts_in(None)) == []


@pytest.mark.parametrize(
    "text, serial, named",
    [
        ("C02XK1ZAJG5J", SERIAL, True),
        ("C02XK1ZAJG5J 7D8A6F3C-1111-4111-8111-000000000001", SERIAL, True),
        ("c02xk1zajg5j 7d8a", SERIAL, True),
        ("CN=C02XK1ZAJG5J,O=Acme", SERIAL, True),
        ("mac-C02XK1ZAJG5J.acme.test", SERIAL, True),
        ("(C02XK1ZAJG5J)", SERIAL, True),
        ("VMC02XK1ZAJG5J", SERIAL, False),
        ("C02XK1ZAJG5J2", SERIAL, False),
        ("C02XK1ZAJG5", SERIAL, False),
        ("C02XK1 ZAJG5J", SERIAL, False),
        ("", SERIAL, False),
        ("ends with-", "", False),
        # Virtual Macs have serials that are no words
        ("VMHq0+Bv/8Lq 7D8A6F3C-1111-4111-8111-000000000001", "VMHq0+Bv/8Lq", True),
        ("VMHq0 7D8A6F3C-1111-4111-8111-000000000001", "VMHq0+Bv/8Lq", False),
        ("xVMHq0+Bv/8Lq", "VMHq0+Bv/8Lq", False),
    ],
)
def test_a_serial_is_named_only_as_a_word_of_its_own(text: str, serial: str, named: bool) -> None:
    assert names_serial(text, serial) is named


def test_a_text_of_a_survey_becomes_values_by_its_lines() -> None:
    assert split_lines(["C01", "\nC02\r\n C03 ", "", "  "]) == ["C01", "C02", "C03"]
    assert split_lines(["VM 12"]) == ["VM 12"] and split_lines(None) == []


@pytest.mark.parametrize(
    "message, parts",
    [
        ("name: Kandji has no profile 'a: b'.", ("name", "Kandji has no profile 'a: b'.")),
        ("rings[1].name: it is empty.", ("rings[1].name", "it is empty.")),
        ("Ring 'a': it has no test Mac.", ("", "Ring 'a': it has no test Mac.")),
        ("name:", ("", "name:")),
        ("", ("", "")),
    ],
)
def test_the_option_of_a_message_is_before_its_text(message: str, parts: tuple[str, str]) -> None:
    assert split_option(message) == parts
