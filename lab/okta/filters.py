# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter grammar of Okta's searches: a text becomes a function of an object.

What may be compared, and how, differs between users, devices, groups, apps and the System Log: each
has its own ``Fields``.
"""

from __future__ import annotations

import operator
import re
import typing as t
from dataclasses import dataclass
from datetime import datetime

from lab.okta.timestamps import parse_timestamp

Predicate = t.Callable[[t.Any], bool]

_TOKEN = re.compile(r'\s*(?:(?P<paren>[()])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()"\[\]]+))')
_NUMBER = re.compile(r"-?\d+(\.\d+)?$")


class BadFilter(ValueError):
    """The text does not follow the grammar."""


class Unsupported(ValueError):
    """The text follows the grammar, but the attribute cannot be compared in this way."""


@dataclass(frozen=True)
class Field:
    """One attribute: how to read it, and how to make a literal comparable with its values."""

    read: t.Callable[[t.Any], t.Any]
    literal: t.Callable[[t.Any], t.Any]
    operators: frozenset[str]
    many: bool = False  # ``read`` returns a list of values, any of which may match


Fields = t.Callable[[str], Field]  # from the attribute's name; raises Unsupported


class _Comparison(t.NamedTuple):
    attribute: str
    operator: str
    value: t.Any


class _Node(t.NamedTuple):
    kind: str  # and, or, not
    parts: list[t.Any]


def _ordered(compare: t.Callable[[t.Any, t.Any], bool]) -> t.Callable[[t.Any], Predicate]:
    return lambda wanted: lambda value: type(value) is type(wanted) and compare(value, wanted)


def _textual(compare: t.Callable[[str, str], bool]) -> t.Callable[[t.Any], Predicate]:
    return lambda wanted: lambda value: isinstance(value, str) and compare(value, str(wanted))


_TESTS: dict[str, t.Callable[[t.Any], Predicate]] = {
    "eq": lambda wanted: lambda value: bool(value == wanted),
    "ne": lambda wanted: lambda value: bool(value != wanted),
    "co": _textual(operator.contains),
    "sw": _textual(str.startswith),
    "ew": _textual(str.endswith),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
    "pr": lambda _wanted: lambda value: value is not None and value != "",
}


def compile_filter(text: str, fields: Fields) -> Predicate:
    """Return a filter as a function of an object. Raises BadFilter or Unsupported."""
    return _compile(_Parser(text).parse(), fields)


class _Parser:
    """The parser of the grammar: "not" binds stronger than "and", and "and" than "or"."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0

    def parse(self) -> t.Any:
        tree = self._parse_or()
        if self._peek() is not None:
            raise BadFilter(f"unexpected {self._peek()!r}")
        return tree

    def _peek(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise BadFilter("unexpected end")
        self.position += 1
        return token

    def _takes(self, keyword: str) -> bool:
        matches = (self._peek() or "").lower() == keyword
        self.position += matches
        return matches

    def _parse_or(self) -> t.Any:
        parts = [self._parse_and()]
        while self._takes("or"):
            parts.append(self._parse_and())
        return parts[0] if len(parts) == 1 else _Node("or", parts)

    def _parse_and(self) -> t.Any:
        parts = [self._parse_not()]
        while self._takes("and"):
            parts.append(self._parse_not())
        return parts[0] if len(parts) == 1 else _Node("and", parts)

    def _parse_not(self) -> t.Any:
        if self._takes("not"):
            return _Node("not", [self._parse_not()])
        if self._takes("("):
            inside = self._parse_or()
            if not self._takes(")"):
                raise BadFilter("a parenthesis is not closed")
            return inside
        return self._parse_comparison()

    def _parse_comparison(self) -> _Comparison:
        attribute, name = self._next(), self._next().lower()
        if not re.fullmatch(r"[A-Za-z_][\w.:-]*", attribute):
            raise BadFilter(f"unrecognized attribute {attribute!r}")
        if name not in _TESTS:
            raise BadFilter(f"unrecognized operator {name!r}")
        return _Comparison(attribute, name, None if name == "pr" else _literal(self._next()))


def _tokens(text: str) -> t.Iterator[str]:
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if not match:
            raise BadFilter(f"unrecognized text at {text[position : position + 10]!r}")
        position = match.end()
        yield match.group(match.lastgroup or 0)


def _literal(token: str) -> t.Any:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if token in ("true", "false"):
        return token == "true"
    if token == "null":
        return None
    if _NUMBER.match(token):
        return float(token)
    raise BadFilter(f"{token!r} is not a value")


def _compile(tree: t.Any, fields: Fields) -> Predicate:
    if isinstance(tree, _Comparison):
        return _compile_comparison(tree, fields)
    if tree.kind == "not":
        inside = _compile(tree.parts[0], fields)
        return lambda item: not inside(item)
    if tree.kind == "or":
        return _any_of(_alternatives(tree.parts, fields))
    return _all_of([_compile(part, fields) for part in tree.parts])


def _any_of(parts: list[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)


def _all_of(parts: list[Predicate]) -> Predicate:
    return lambda item: all(part(item) for part in parts)


def _alternatives(parts: list[t.Any], fields: Fields) -> list[Predicate]:
    """Return the alternatives of an "or"; equalities of one attribute become one set.

    Forty serial numbers joined by "or" are one look into a set, not forty comparisons per record.
    """
    sets: dict[str, set[t.Any]] = {}
    others: list[Predicate] = []
    for part in parts:
        if isinstance(part, _Comparison) and part.operator == "eq":
            field = _field(part, fields)
            if not field.many:
                sets.setdefault(part.attribute, set()).add(field.literal(part.value))
                continue
        others.append(_compile(part, fields))
    return [
        _member(fields(attribute).read, frozenset(values)) for attribute, values in sets.items()
    ] + others


def _member(read: t.Callable[[t.Any], t.Any], values: frozenset[t.Any]) -> Predicate:
    return lambda item: read(item) in values


def _compile_comparison(comparison: _Comparison, fields: Fields) -> Predicate:
    field = _field(comparison, fields)
    read = field.read
    test = _TESTS[comparison.operator](
        None if comparison.operator == "pr" else field.literal(comparison.value)
    )
    if field.many:
        return lambda item: any(test(value) for value in read(item))
    return lambda item: test(read(item))


def timestamp_literal(value: t.Any) -> datetime:
    """Return the time of a literal. Raises Unsupported if it is not a timestamp."""
    try:
        return parse_timestamp(value)
    except ValueError as problem:
        raise Unsupported(str(problem)) from None


def _field(comparison: _Comparison, fields: Fields) -> Field:
    field = fields(comparison.attribute)
    if comparison.operator not in field.operators:
        raise Unsupported(
            f"operator {comparison.operator!r} cannot be used with {comparison.attribute!r}"
        )
    return field
