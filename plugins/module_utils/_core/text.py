# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blank texts, UUIDs, texts and serials inside others, and texts that a terminal can show."""

from __future__ import annotations

import re
import typing as t

# What a terminal obeys or cannot show: control characters but line breaks, characters that change
# the direction of a text, and lone surrogates.
_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A message about an option: "<option>: <text>".
_OF_OPTION = re.compile(r"([a-z][\w.\[\]]*): (.+)", re.DOTALL)


def is_unset(value: object) -> bool:
    """Return whether a value sets nothing: it is None or a blank text, as a survey leaves it."""
    return value is None or (isinstance(value, str) and not value.strip())


def printable(text: str) -> str:
    """Return a text with an escape (backslash, x1b) for each character that a terminal obeys."""
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


def summarize(text: str, limit: int) -> str:
    """Return a text of others in one line, printable, cut to so many characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 4]} ..."


def has_control_character(text: str) -> bool:
    """Return whether a text holds a line break or another control character."""
    return any(ord(char) < 32 or ord(char) == 127 for char in text)


def walk_texts(value: object, path: str = "") -> t.Iterator[tuple[str, str]]:
    """Yield each text in a nested value as (path, text).

    The path holds the keys above the text, each after a dot: ``.PayloadContent.Challenge``.
    """
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from walk_texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from walk_texts(inner, path)


def texts_in(value: object) -> t.Iterator[str]:
    """Yield each text in a nested value."""
    return (text for _path, text in walk_texts(value))


def split_lines(values: t.Sequence[str] | None) -> list[str]:
    """Return the values of a list option, also if each holds several lines.

    Ansible splits a text at its commas. A survey may have line breaks as well.
    """
    lines = [line.strip() for value in values or () for line in str(value).splitlines()]
    return [line for line in lines if line]


def unique_spellings(values: t.Iterable[str]) -> list[str]:
    """Return the values without those that differ from an earlier one in case alone."""
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(value.lower(), value)
    return list(first.values())


def names_serial(text: str, serial: str) -> bool:
    """Return whether a text, such as a common name, holds this serial number as a word."""
    # A serial number can be part of another one. Those of virtual Macs hold punctuation, so the
    # text cannot be split into words first.
    text, serial = text.lower(), serial.lower()
    start = text.find(serial) if serial else -1
    while start >= 0:
        end = start + len(serial)
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if not _in_word(before) and not _in_word(after):
            return True
        start = text.find(serial, start + 1)
    return False


def _in_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def abbreviate(names: t.Sequence[str], limit: int = 10) -> str:
    """Return the first names as a list for a message, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def split_option(message: str) -> tuple[str, str]:
    """Return the option with which a message begins, "" without one, and the text after it."""
    match = _OF_OPTION.fullmatch(message)
    return (match[1], match[2]) if match else ("", message)
