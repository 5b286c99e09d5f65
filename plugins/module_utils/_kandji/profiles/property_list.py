# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Property lists in XML, read without a loss or not at all. Pure.

Python's plistlib keeps the last of two equal keys, skips elements that it does not know, drops
characters that are not base64, and changes carriage returns when it writes. A profile that was
read so and written back would be another one.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import typing as t
from datetime import datetime
from functools import partial
from xml.parsers.expat import ExpatError, ParserCreate

from ..._core.json_fields import MAX_DEPTH

_CONTAINERS = ("dict", "array")
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}|0[xX][0-9a-fA-F]{1,40}")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
# What XML cannot hold, and the carriage return, which property lists turn into a line feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_MAX_INTEGER, _MIN_INTEGER = (1 << 64) - 1, -(1 << 63)


class PropertyListError(ValueError):
    """What is wrong with a property list, and in which line. Values are never named."""


def read_xml(data: bytes) -> t.Any:
    """Return the value of a property list. Raises PropertyListError.

    ``data`` is UTF-8, whatever encoding its XML declaration names: the text was decoded already.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except ExpatError as error:
        raise PropertyListError(
            f"it is not well-formed XML (line {error.lineno}, column {error.offset})"
        ) from None
    return reader.root


class _Reader:
    """Builds the value of a property list from the events of an XML parser."""

    def __init__(self) -> None:
        self.root: t.Any = None
        self.parser = ParserCreate("UTF-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add_text
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.SkippedEntityHandler = self._refuse_unknown_entity
        # Names of the open elements; the containers among them, each with its last key.
        self._open: list[str] = []
        self._containers: list[t.Any] = []
        self._keys: list[str | None] = []
        self._text: list[str] = []
        self._has_root = False

    def _refuse(self, problem: str) -> t.NoReturn:
        keys = [key for key in self._keys if key is not None]
        where = f" (key {'.'.join(keys)!r})" if keys else ""
        raise PropertyListError(f"line {self.parser.CurrentLineNumber}{where}: {problem}")

    def _refuse_entity(self, *_declaration: object) -> None:
        self._refuse("it declares an entity, which property lists cannot have")

    def _refuse_unknown_entity(self, *_entity: object) -> None:
        self._refuse(
            "it names an entity that XML does not have; only &amp; &lt; &gt; &quot; &apos; and"
            " numbers are characters"
        )

    def _begin(self, name: str, _attributes: object) -> None:
        parent = self._open[-1] if self._open else None
        if name == "plist" and parent is None:
            self._open.append(name)
            return
        if name not in _CONTAINERS and name not in _READERS and name != "key":
            self._refuse(f"<{name}> is not an element of a property list")
        if parent not in (None, "plist", *_CONTAINERS):
            self._refuse(f"<{name}> is inside <{parent}>")
        if (name == "key") is (parent != "dict" or self._keys[-1] is not None):
            self._refuse("a dictionary does not have a key before each value")
        if len(self._containers) >= MAX_DEPTH:
            self._refuse(f"it is nested deeper than {MAX_DEPTH} levels")
        self._open.append(name)
        self._text = []
        if name in _CONTAINERS:
            container: t.Any = {} if name == "dict" else []
            self._add(container, keep_key=True)
            self._containers.append(container)
            self._keys.append(None)

    def _add_text(self, text: str) -> None:
        if self._open and self._open[-1] in ("plist", *_CONTAINERS):
            if text.strip():
                self._refuse("it holds a text outside an element for texts")
            return
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        text, self._text = "".join(self._text), []
        if name == "key":
            self._begin_key(text)
        elif name in _CONTAINERS:
            if self._keys[-1] is not None and isinstance(self._containers[-1], dict):
                self._refuse("the key has no value")
            self._keys.pop()
            self._containers.pop()
            self._finish_value()
        elif name in _READERS:
            try:
                value = _READERS[name](text)
            except ValueError as error:
                self._refuse(str(error))
            self._add(value)

    def _begin_key(self, text: str) -> None:
        if _UNWRITABLE.search(text):
            self._refuse("a key holds a carriage return")
        self._keys[-1] = text
        if text in self._containers[-1]:
            self._refuse("the dictionary has this key twice")

    def _add(self, value: t.Any, keep_key: bool = False) -> None:
        if not self._containers:
            if self._has_root:
                self._refuse("it holds more than one value")
            self.root, self._has_root = value, True
        elif isinstance(self._containers[-1], dict):
            self._containers[-1][self._keys[-1]] = value
        else:
            self._containers[-1].append(value)
        if not keep_key:
            self._finish_value()

    def _finish_value(self) -> None:
        if self._keys:
            self._keys[-1] = None


# The elements that hold one value


def _read_text(text: str) -> str:
    if "\r" in text:
        raise ValueError("a text holds a carriage return, which becomes a line feed when written")
    return text


def _read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError("an integer is not a number")
    value = int(text, 16 if "x" in text.lower() else 10)
    if not _MIN_INTEGER <= value <= _MAX_INTEGER:
        raise ValueError("an integer does not fit into 64 bits")
    return value


def _read_real(text: str) -> float:
    value = float(text) if _REAL.fullmatch(text.strip()) else math.inf
    if not math.isfinite(value):
        raise ValueError("a real is not a finite number")
    return value


def _read_data(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("data is not base64") from None


def _read_date(text: str) -> datetime:
    if not _DATE.fullmatch(text.strip()):
        raise ValueError("a date is not like 2026-11-26T10:00:00Z")
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise ValueError("a date does not exist") from None


def _read_switch(value: bool, text: str) -> bool:
    if text.strip():
        raise ValueError("a switch holds a text")
    return value


_READERS: dict[str, t.Callable[[str], t.Any]] = {
    "string": _read_text,
    "integer": _read_integer,
    "real": _read_real,
    "data": _read_data,
    "date": _read_date,
    "true": partial(_read_switch, True),
    "false": partial(_read_switch, False),
}


# What can be written


def find_unwritable(value: object, path: str = "") -> str | None:
    """Return the key whose value a property list in XML cannot hold, and why, or None."""
    if isinstance(value, dict):
        inner = [(f"{path}.{key}" if path else str(key), each) for key, each in value.items()]
        names = [(key, _problem_of_name(key)) for key in value]
        problems = [problem and f"{key!r}: its name {problem}" for key, problem in names]
    else:
        inner = [(path, each) for each in value] if isinstance(value, list) else []
        problem = _problem_of(value)
        problems = [problem and f"{path!r}: its value {problem}"]
    problems += [find_unwritable(each, key) for key, each in inner]
    return next((problem for problem in problems if problem), None)


def _problem_of_name(name: object) -> str | None:
    return _problem_of(name) if isinstance(name, str) else "is not a text"


def _problem_of(value: object) -> str | None:
    if isinstance(value, str) and _UNWRITABLE.search(value):
        return "holds a control character"
    if isinstance(value, int) and not _MIN_INTEGER <= value <= _MAX_INTEGER:
        return "does not fit into 64 bits"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    if not isinstance(value, (str, int, float, bytes, datetime, list, dict)):
        return "is of a type that property lists do not have"
    return None
