# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Property lists: every value survives the way through XML, or the file is refused."""

from __future__ import annotations

import math
import plistlib
import typing as t
from datetime import datetime

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
    property_list,
)
from hypothesis import example, given
from hypothesis import strategies as st

LINE = "a line of a long text\n"
CARRIAGE_RETURN = "a text holds a carriage return, which becomes a line feed when written"


def read(inner: str) -> t.Any:
    """Return the value of key K of a property list with this element."""
    text = f"<plist><dict>\n<key>K</key>{inner}</dict></plist>"
    return property_list.read_xml(text.encode())["K"]


@pytest.mark.parametrize(
    "inner, value",
    [
        ("<string> a &amp; <![CDATA[<b>]]> </string>", " a & <b> "),
        ("<string>a<!-- not a part of it -->b</string>", "ab"),
        (f"<string>{10_000 * LINE}</string>", 10_000 * LINE),
        ("<string></string>", ""),
        ("<string/>", ""),
        ("<array/>", []),
        ("<dict/>", {}),
        ("<array><dict/><array/></array>", [{}, []]),
        ("<integer> -1 </integer>", -1),
        ("<integer>0x1F</integer>", 31),
        ("<integer>18446744073709551615</integer>", (1 << 64) - 1),
        ("<integer>-9223372036854775808</integer>", -(1 << 63)),
        ("<real>1e3</real>", 1000.0),
        ("<real>-.5</real>", -0.5),
        ("<true/>", True),
        ("<data>\n AAE= \n</data>", b"\x00\x01"),
        ("<data>AA\n\tE=</data>", b"\x00\x01"),
        ("<data></data>", b""),
        ("<false/>", False),
        ("<true> </true>", True),
        ("<date>2026-11-26T10:00:00Z</date>", datetime(2026, 11, 26, 10)),
        ("<dict><key>CF$UID</key><integer>1</integer></dict>", {"CF$UID": 1}),
        ("<dict><key></key><string>x</string></dict>", {"": "x"}),
    ],
)
def test_a_value_is_read(inner: str, value: object) -> None:
    assert read(inner) == value and type(read(inner)) is type(value)


@pytest.mark.parametrize(
    "inner, problem",
    [
        ("<string>a&#13;b</string>", CARRIAGE_RETURN),
        ("<integer>18446744073709551616</integer>", "an integer does not fit into 64 bits"),
        ("<integer>-9223372036854775809</integer>", "an integer does not fit into 64 bits"),
        ("<integer>1_0</integer>", "an integer is not a number"),
        ("<integer>١</integer>", "an integer is not a number"),
        ("<integer></integer>", "an integer is not a number"),
        ("<real>nan</real>", "a real is not a finite number"),
        ("<real>1e999</real>", "a real is not a finite number"),
        ("<real>1_0.0</real>", "a real is not a finite number"),
        ("<data>!canary!</data>", "data is not base64"),
        ("<data>AAE</data>", "data is not base64"),
        ("<date>2026</date>", "a date is not like 2026-11-26T10:00:00Z"),
        ("<date>2026-11-26T10:00:00Z canary</date>", "a date is not like 2026-11-26T10:00:00Z"),
        ("<date>2026-02-30T10:00:00Z</date>", "a date does not exist"),
        ("<true>canary</true>", "a switch holds a text"),
        ("<ustring>canary</ustring>", "<ustring> is not an element of a property list"),
        ("<string><b>canary</b></string>", "<b> is not an element of a property list"),
        ("<string><true/></string>", "<true> is inside <string>"),
        ("<string>a</string>canary", "it holds a text outside an element for texts"),
        ("<string>a</string><key>K</key><true/>", "the dictionary has this key twice"),
        ("<true/><true/>", "a dictionary does not have a key before each value"),
        ("<true/><key>L</key>", "the key has no value"),
        ("<true/><key></key>", "the key has no value"),
        ("<array><key>L</key></array>", "a dictionary does not have a key before each value"),
        ("<array>" * 200 + "</array>" * 200, "it is nested deeper than 100 levels"),
    ],
)
def test_a_value_that_would_not_survive_is_refused_with_its_line(inner: str, problem: str) -> None:
    with pytest.raises(property_list.PropertyListError) as raised:
        read(inner)
    message = str(raised.value)
    where, said = message.split(": ", 1)
    assert where.startswith("line 2") and said == problem
    assert "canary" not in message


@pytest.mark.parametrize(
    "text, problem",
    [
        ("<plist>canary<dict/></plist>", "line 1: it holds a text outside an element for texts"),
        ("<plist>\n<dict/><array/></plist>", "line 2: it holds more than one value"),
        (
            "<plist><dict><key>a&#13;b</key><true/></dict></plist>",
            "line 1: a key holds a carriage return",
        ),
        (
            '<!DOCTYPE plist [<!ENTITY a "canary">]><plist/>',
            "line 1: it declares an entity, which property lists cannot have",
        ),
    ],
)
def test_a_file_that_is_not_a_property_list_is_refused(text: str, problem: str) -> None:
    with pytest.raises(property_list.PropertyListError) as raised:
        property_list.read_xml(text.encode())
    assert str(raised.value) == problem


def test_the_key_of_a_problem_is_named_with_those_above_it() -> None:
    with pytest.raises(property_list.PropertyListError, match=r"line 2 \(key 'K.L'\): data is"):
        read("<array><dict><key>L</key><data>!</data></dict></array>")


@pytest.mark.parametrize("text", ["&#1;", "&#xD800;", "\x01", "&unknown;"])
def test_a_character_that_xml_does_not_have_is_not_well_formed(text: str) -> None:
    with pytest.raises(property_list.PropertyListError, match=r"not well-formed XML \(line 2, col"):
        read(f"<string>{text}</string>")


def test_an_entity_that_only_a_document_type_could_declare_is_refused() -> None:
    """A parser that does not read Apple's document type skips it, and its text would be lost."""
    apple = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "https://apple.test/x.dtd">\n'
    with pytest.raises(property_list.PropertyListError, match=r"line 2: it names an entity that"):
        property_list.read_xml(f"{apple}<plist><string>Caf&eacute;</string></plist>".encode())
    known = f"{apple}<plist><string>&amp;&lt;&gt;&quot;&apos;&#233;</string></plist>"
    assert property_list.read_xml(known.encode()) == "&<>\"'\u00e9"


def test_lines_are_counted_from_the_beginning_of_the_file() -> None:
    with pytest.raises(BadOption, match=r"mobileconfig: line 4: data is not base64. Correct the"):
        mobileconfig.read('\n\n<?xml version="1.0"?>\n<plist><data>!</data></plist>')


@pytest.mark.parametrize("depth, readable", [(90, True), (99, True), (100, False), (5000, False)])
def test_a_profile_of_a_tenant_that_is_nested_too_deeply_cannot_be_read(
    depth: int, readable: bool
) -> None:
    inner = "<array>" * depth + "</array>" * depth
    text = f'<?xml version="1.0"?><plist><dict><key>K</key>{inner}</dict></plist>'
    assert (mobileconfig.parse(text) is not None) is readable
    if readable:
        assert property_list.read_xml(text.encode()) == mobileconfig.parse(text)
    else:
        with pytest.raises(property_list.PropertyListError, match="nested deeper than 100"):
            property_list.read_xml(text.encode())


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "UTF-8"])
def test_a_text_is_decoded_already_whatever_encoding_it_names(encoding: str) -> None:
    profile = {
        "PayloadType": "Configuration",
        "PayloadContent": [
            {"PayloadType": "a", "PayloadVersion": 1, "PayloadIdentifier": "ü", "PayloadUUID": "u"}
        ],
    }
    text = plistlib.dumps(profile).decode().replace("UTF-8", encoding)
    assert mobileconfig.read(text) == profile == mobileconfig.parse(text)


@pytest.mark.parametrize(
    "value, problem",
    [
        ({"a": [{"b": "x\x00"}]}, "'a.b': its value holds a control character"),
        ({"a": "x\r"}, "'a': its value holds a control character"),
        ({"a": "\ud800"}, "'a': its value holds a control character"),
        ({"a\x07": 1}, "'a\\x07': its name holds a control character"),
        ({"a": 1 << 64}, "'a': its value does not fit into 64 bits"),
        ({"a": math.nan}, "'a': its value is not a finite number"),
        ({"a": plistlib.UID(1)}, "'a': its value is of a type that property lists do not have"),
        ({"a": None}, "'a': its value is of a type that property lists do not have"),
        ({1: "a"}, "1: its name is not a text"),
        ({"a": -(1 << 63) - 1}, "'a': its value does not fit into 64 bits"),
        ({"a": [(1 << 64) - 1, -(1 << 63)]}, None),
        ({"a": ["\t\n", True, 1.5, b"", {}, datetime(2026, 1, 1)]}, None),
    ],
)
def test_what_xml_cannot_hold_is_named_by_its_key(value: object, problem: str | None) -> None:
    assert property_list.find_unwritable(value) == problem


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.booleans()
    | st.integers(-(1 << 65), 1 << 65)
    | st.floats()
    | texts
    | st.binary(max_size=5)
    | st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)).map(
        lambda at: at.replace(microsecond=0)
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, max_size=3))
@example({"a": "x\r\n"})
@example({"": {"": []}})
def test_any_value_survives_or_is_refused(value: dict[str, t.Any]) -> None:
    try:
        data = mobileconfig.to_xml(value)
    except BadOption as error:
        assert error.message.startswith("The profile cannot be written. ")
        return
    once_more = property_list.read_xml(data)
    assert once_more == value and mobileconfig.to_xml(once_more) == data
