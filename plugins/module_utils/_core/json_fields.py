# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON objects of vendors, and tolerant reads of their fields.

A vendor may leave a field out, or send null or another type. Each function returns a value of one
type for all of these, therefore a record never fails on a row.
"""

from __future__ import annotations

import json
import math
import re
import typing as t
import unicodedata
import uuid
from collections.abc import Mapping

# A JSON object as a vendor returned it. Only clients and records know its keys.
Row = t.Mapping[str, t.Any]
# A JSON object that is built for a vendor, in the form of its API.
Json = dict[str, t.Any]
MAX_DEPTH = 100  # of objects and lists inside each other; vendors' answers have fewer than ten
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def parse_json(content: str | bytes) -> t.Any:
    """Return the value of a JSON text.

    Raises ValueError if it is not JSON or too deep, also for bytes that are no text, for numbers
    that are not finite, and for an object that has a key twice with two values: which one counts
    is unknown.
    """
    return _parse(_decode(content, "strict"), object_pairs_hook=_unique)


def _parse(text: str, **hooks: t.Any) -> t.Any:
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite, **hooks)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if is_too_deep(value):
        raise ValueError("it is nested too deeply")
    return value


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _unique(pairs: list[tuple[str, t.Any]]) -> Json:
    value = dict(pairs)
    # By their text: Python takes 1 for true.
    if len(value) != len(pairs) and any(repr(value[key]) != repr(each) for key, each in pairs):
        raise ValueError("an object has a key twice")
    return value


def parse_shallow(content: str | bytes) -> t.Any:
    """Return the value of a JSON text. What is nested too deeply in it is null.

    For lists whose rows were written by others: one of them must not hide the rest. Of a key that
    comes twice, the last value counts. Bytes that are no text are replaced. Raises ValueError if it
    is not JSON.
    """
    text = _decode(content, "replace")
    try:
        return _parse(text)
    except ValueError:
        return _parse(_cut_deep(text))


def asks(condition: object) -> bool:
    """Return whether the JSON value of a condition asks for something.

    false may: ``{"rooted": false}``. Objects and lists of nothing do not.
    """
    if isinstance(condition, Mapping):
        return any(map(asks, condition.values()))
    return condition not in (None, "", [])


def _cut_deep(text: str) -> str:
    """Return a JSON text with null for objects and lists that are nested too deeply."""
    pieces, depth, place = [], 0, 0
    for token in _TOKENS.finditer(text):
        if token.group() in ("[", "{"):
            depth += 1
            if depth == MAX_DEPTH + 1:
                pieces += [text[place : token.start()], "null"]
        elif token.group() in ("]", "}"):
            if depth == MAX_DEPTH + 1:
                place = token.end()
            depth -= 1
    if depth:
        raise ValueError("brackets are not closed")
    return "".join([*pieces, text[place:]])


def _decode(content: str | bytes, errors: str) -> str:
    """Return a text, or that of UTF-8, UTF-16 or UTF-32, as JSON allows."""
    if isinstance(content, str):
        return content
    return content.decode(json.detect_encoding(content), errors)


def is_too_deep(value: object) -> bool:
    """Return whether objects and lists are nested more than MAX_DEPTH levels deep.

    Code that walks through such a value would exhaust the stack.
    """
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [member for node in level for member in _members(node)]
        if not level:
            return False
    return True


def _members(node: t.Any) -> list[t.Any]:
    """Return the objects and lists inside a value."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [each for each in inside if isinstance(each, (dict, list))]


def as_object(value: object) -> Row:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Row]:
    """Return the objects of a list. Anything else is an empty list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """Return the value as text, or None if it is absent, null, empty, an object or a list."""
    return as_content(value) or None


def as_content(value: object) -> str | None:
    """Return the value as text, or None if it is absent, null, an object or a list.

    An empty text is a content.
    """
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def as_name(value: object) -> str:
    """Return a name as it is written, "" if there is none."""
    return as_content(value or "") or ""


def as_id(value: object) -> str:
    """Return an id or a serial without surrounding spaces, "" if there is none.

    Only a text is one: vendors document no other type, and a number would name another object. A
    text with characters that are not printable is none: it names nothing, and could not be sent.
    """
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() else ""


def as_word(value: object) -> str | None:
    """Return a word of an enumeration, or None if there is none that can be read."""
    return as_id(value) or None


def as_number_or_id(value: object) -> str:
    """Return a number as text, anything else like ``as_id``."""
    return str(value) if is_integer(value) else as_id(value)


def is_integer(value: object) -> bool:
    """Return whether a value is a whole number, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID with its hyphens, in either case."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def is_name(value: object) -> bool:
    """Return whether a value is a name that can be read: a text with something to see.

    Blanks and characters that only format a text, such as a zero width space, show nothing. Control
    characters but blanks, and lone surrogates, come from no form in which people write names, so a
    text with them is a damaged one.
    """
    if not isinstance(value, str):
        return False
    categories = {unicodedata.category(each) for each in value if each not in "\t\n\r"}
    shows = any(not each.isspace() and unicodedata.category(each) != "Cf" for each in value)
    return shows and categories.isdisjoint(("Cc", "Cs"))


def as_flag(value: object) -> bool | None:
    """Return the value if it is true or false, else None."""
    return value if isinstance(value, bool) else None
