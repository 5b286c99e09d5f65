# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of single fields: each key that a run reads, altered in each way that fits its value."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.json_fields import (
    parse_json,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import paging, transport

from tests.faults.channel import Send
from tests.faults.exchange import Exchange


def is_number(value: object) -> bool:
    """Return whether a value is an integer, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)


Path = tuple[str, ...]  # keys from the top of a body; EACH is every member of a list
EACH = "*"
MISSING = object()

_WORD = re.compile(r"[A-Z][A-Z0-9_]+")
# UUIDs and serial numbers, which Kandji writes in either case, and words of enumerations.
_ANY_CASE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Z0-9_]+")

# What a value becomes; the value itself where the fault does not fit. A field fault is a line here.
CHANGES: dict[str, Callable[[t.Any], t.Any]] = {
    "missing": lambda _value: MISSING,
    "null": lambda _value: None,
    "of no content": lambda value: type(value)() if isinstance(value, (str, list, dict)) else value,
    "of another type": lambda value: {str: 12345, list: {"a": 1}, dict: ["a"], bool: "yes"}.get(
        type(value), "x"
    ),
    "an object": lambda value: value if isinstance(value, dict) else {"value": value},
    "a list": lambda value: value if isinstance(value, list) else [value],
    "a list of another type": lambda value: [7, None, []] if isinstance(value, list) else value,
    "in another case": lambda value: value.swapcase() if isinstance(value, str) else value,
    "an unknown word": lambda value: (
        "SOMETHING_NEW" if isinstance(value, str) and _WORD.fullmatch(value) else value
    ),
    "a lone surrogate": lambda value: "\ud800" + value if isinstance(value, str) else value,
    "escape sequences": lambda value: f"\x1b[31m{value}\u202e" if isinstance(value, str) else value,
    "a huge number": lambda value: 10**30 if is_number(value) else value,
    "a negative number": lambda value: -1 if is_number(value) else value,
}

# Fields whose values look like words of an enumeration, and are none.
SERIALS = ("serial_number", "serialNumber")

# A rule of Okta's that says nothing of a condition has no such condition. Okta leaves it out.
CONDITIONS = "conditions"
NOTHING = ("missing", "null", "of no content")
OTHER_WORDS = ("an unknown word", "in another case")  # which a vendor may add
RULES = ("listPolicyRules", "getPolicyRule")
NO_USERS = ("null", "of no content")  # how Okta shows that nobody uses a record

# What a field becomes that a run reads and no answer of the lab has. Null says as little.
APPEARS: dict[str, t.Any] = {"null where nothing was": None}


@dataclass(frozen=True)
class FieldFault:
    """One field altered, in the first row or in every one.

    ``values`` are the values that the field had: what merely shows them may show something else.
    ``altered`` are the texts that they become. ``siblings`` are its values with the
    other texts of their objects: one may stand for a name that cannot be read, such as an actor's.
    """

    operation: str
    path: Path
    change: str
    everywhere: bool
    values: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    siblings: tuple[tuple[str, str], ...] = ()

    @property
    def other_truth(self) -> str:
        """Why a different result is right, "" if it is not."""
        if self.change == "in another case" and not all(map(_ANY_CASE.fullmatch, self.values)):
            return "a text or an id of Okta in another case is another text or id"
        if self.change == "an unknown word" and self.path[-1] in SERIALS:
            return "another serial is another Mac's"
        if self.change == "of no content" and len(self.path) == 1:
            return "a list without rows is what a vendor without such objects answers"
        if self.change == "of no content" and self.path[-1] == "tags":
            return "a device without tags is what Kandji answers of one that has none"
        if self.path[-1] == "is_removed":
            return "a device that Kandji does not call removed counts"
        if self.change in NO_USERS and self.path[-2:] == ("_embedded", "users"):
            return "a record without users is what Okta answers of one that nobody uses"
        if CONDITIONS in self.path and self.change in NOTHING:
            return "a rule without a condition is what Okta answers where it has none"
        if self._is_of_rule and self.change in OTHER_WORDS:
            return "a rule with another word has another condition, action or status"
        return ""

    @property
    def _is_of_rule(self) -> bool:
        """Whether the field says what a rule does."""
        return bool({CONDITIONS, "actions"} & {*self.path}) or (
            self.operation in RULES and self.path[-1] == "status"
        )

    @property
    def name(self) -> str:
        """The title of the fault."""
        return f"{self.change}: {'.'.join(key for key in self.path if key != EACH)}"

    def alter(self, exchange: Exchange, ask: Send) -> Exchange:
        """Return the exchange with the altered field."""
        answered = ask(exchange)
        value = answered.json
        if not answered.succeeded or not isinstance(value, (dict, list)):
            return answered
        if self.change in APPEARS:
            return answered.with_json(_with(value, self.path, APPEARS[self.change]))
        return answered.with_json(
            _altered(value, self.path, CHANGES[self.change], self.everywhere)[0]
        )


def _altered(
    value: t.Any, path: Path, change: Callable[[t.Any], t.Any], everywhere: bool
) -> tuple[t.Any, bool]:
    """Return a value with the field altered, and whether there was one."""
    if not path:
        return change(value), True
    key, rest = path[0], path[1:]
    if key == EACH and isinstance(value, list):
        members, done = [], False
        for member in value:
            if done and not everywhere:
                members.append(member)
                continue
            new, altered = _altered(member, rest, change, everywhere)
            done |= altered
            if new is not MISSING:
                members.append(new)
        return members, done
    if isinstance(value, dict) and key in value:
        new, done = _altered(value[key], rest, change, everywhere)
        kept = {name: each for name, each in value.items() if name != key or new is not MISSING}
        return {**kept, **({} if new is MISSING else {key: new})}, done
    return value, False


def _with(value: t.Any, path: Path, new: t.Any) -> t.Any:
    """Return a value with a new field in each object that should have it."""
    key, rest = path[0], path[1:]
    if key == EACH and isinstance(value, list):
        return [_with(member, rest, new) for member in value] if rest else value
    if not isinstance(value, dict):
        return value
    if rest:
        return {**value, key: _with(value[key], rest, new)} if key in value else value
    return value if key in value else {**value, key: new}


def values_at(value: t.Any, path: Path) -> Iterator[t.Any]:
    """Yield the values of a field in a body."""
    if not path:
        yield value
    elif path[0] == EACH and isinstance(value, list):
        for member in value:
            yield from values_at(member, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _text(value: t.Any) -> str:
    """Return a value as text, its keys in order as a verdict has them."""
    return str(json.loads(json.dumps(_plain(value), sort_keys=True)))


def _texts(value: t.Any) -> Iterator[str]:
    """Yield a value as text, and the values inside it."""
    yield _text(value)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in inside:
        yield from _texts(inner)


def _altered_texts(old: t.Any, new: t.Any) -> Iterator[str]:
    """Yield what a value became as text, and the members of a list that became another list."""
    if new is not MISSING:
        yield _text(new)
    if isinstance(old, list) and isinstance(new, list):
        yield from map(_text, new)


def _other_texts(value: t.Any, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the value at the end of a path with each other text of its object."""
    for key, each in value.items() if isinstance(value, dict) and path[-1] in value else ():
        if key != path[-1] and isinstance(each, str) and each:
            yield _text(value[path[-1]]), each


def faults_of(operation: str, path: Path, bodies: list[t.Any]) -> Iterator[FieldFault]:
    """Yield the faults of a field that make a difference in these bodies."""
    values = [each for body in bodies for each in values_at(body, path)]
    if not values:
        for name, value in APPEARS.items():
            if any(_with(body, path, value) != body for body in bodies):
                yield FieldFault(operation, path, name, everywhere=True)
        return
    texts = tuple(dict.fromkeys(text for each in values for text in _texts(each)))
    objects = [each for body in bodies for each in values_at(body, path[:-1])]
    siblings = tuple(dict.fromkeys(text for each in objects for text in _other_texts(each, path)))
    for name, change in CHANGES.items():
        new = [change(each) for each in values]
        if any(a is not b and a != b for a, b in zip(values, new, strict=True)):
            altered = tuple(
                dict.fromkeys(
                    text for a, b in zip(values, new, strict=True) for text in _altered_texts(a, b)
                )
            )
            for everywhere in (False, True):
                yield FieldFault(operation, path, name, everywhere, texts, altered, siblings)


# Which fields a run reads


class _Object(dict[str, t.Any]):
    """An object that takes note of the keys that are read."""

    note: t.Any
    path: Path

    def __getitem__(self, key: str) -> t.Any:
        self.note((*self.path, key))
        return super().__getitem__(key)

    def get(self, key: str, default: t.Any = None) -> t.Any:
        """Return a value, and note its key."""
        self.note((*self.path, key))
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.note((*self.path, str(key)))
        return super().__contains__(key)

    # A copy of an object, also `{**row}`, reads all its keys, by keys() and __getitem__.

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def items(self) -> t.Any:
        """Return the pairs, and note all keys."""
        self._note_all()
        return super().items()

    def values(self) -> t.Any:
        """Return the values, and note all keys."""
        self._note_all()
        return super().values()

    def copy(self) -> dict[str, t.Any]:
        """Return a copy, and note all keys."""
        self._note_all()
        return super().copy()

    def _note_all(self) -> None:
        for key in self:
            self.note((*self.path, key))


def _noting(value: t.Any, note: Callable[[Path], None], path: Path = ()) -> t.Any:
    if isinstance(value, list):
        return [_noting(each, note, (*path, EACH)) for each in value]
    if not isinstance(value, dict):
        return value
    noted = _Object({key: _noting(each, note, (*path, key)) for key, each in value.items()})
    noted.note, noted.path = note, path
    return noted


@contextmanager
def noting_reads() -> Iterator[dict[bytes, set[Path]]]:
    """Yield the paths that are read, by the body that they are read from."""
    reads: dict[bytes, set[Path]] = {}
    parse = parse_json

    def parse_and_note(content: bytes) -> t.Any:
        return _noting(parse(content), reads.setdefault(content, set()).add)

    def digest(row: t.Any) -> bytes:
        return json.dumps(_plain(row), sort_keys=True).encode()

    with (
        mock.patch.object(transport, "parse_json", parse_and_note),
        # It reads all fields, to see whether a row came before.
        mock.patch.object(paging, "_digest", digest),
    ):
        yield reads


def _plain(value: t.Any) -> t.Any:
    """Return a value without notes of what is read from it."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _plain(dict.__getitem__(value, key)) for key in value}
