# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two spellings of Okta Verify's methods in policies, as one authenticator or as three. Pure.

An org with flexible Okta Verify shows a key for each method in place of ``okta_verify``, and
refuses that key in a policy. Stored policies stay as they are, since answers translate them: Okta's
guide "Okta Verify (Push/OTP) integration guide". Both spellings mean the same.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..._core.json_fields import Json, Row

OKTA_VERIFY = "okta_verify"
FAST_PASS = "signed_nonce"  # the method that is Okta FastPass
SPLIT_KEYS = {
    "totp": "okta_verify_totp",
    "push": "okta_verify_push",
    FAST_PASS: "okta_verify_fastpass",
}
METHODS = {key: method for method, key in SPLIT_KEYS.items()}
METHOD_LISTS = ("authenticationMethods", "excludedAuthenticationMethods")
EXPRESSION = "condition"  # the key of an expression: conditions.elCondition.condition

_SUBJECT = "accessRequest.authenticator.key"
# Strings, names with their dots, operators of two characters, and any other character by itself. A
# quote by itself is a string that does not end, or one with a backslash, whose end is not certain.
_TOKEN = re.compile(r"""'[^'\\]*'|"[^"\\]*"|[\w$.]+|\|\||&&|[=!<>]=|\S""")
_WHOLE = re.compile(rf"""authenticator.*(['"]){OKTA_VERIFY}\1""", re.DOTALL)
# What may be before and after an operand of "||", and before and after one of "&&" or "||".
_BEFORE_OR, _AFTER_OR = ("", "(", "||"), ("", ")", "||")
_BEFORE_ANY, _AFTER_ANY = (*_BEFORE_OR, "&&"), (*_AFTER_OR, "&&")


def fold_key(key: str) -> str:
    """Return the key of Okta Verify for the key of one of its methods, any other key as it is."""
    return OKTA_VERIFY if key in METHODS else key


def is_split(keys: t.Iterable[str | None]) -> bool:
    """Return whether an org with authenticators of these keys has a key for each method."""
    return any(key in METHODS for key in keys)


# Lists of authentication methods


def fold_entries(entries: t.Iterable[object]) -> list[t.Any]:
    """Return authentication methods with the key of Okta Verify and the method in each entry."""
    return [_fold_entry(entry) for entry in entries]


def expand_entries(entries: t.Iterable[object]) -> list[t.Any]:
    """Return folded methods, with Okta Verify as a whole as each of its methods, none twice."""
    expanded: list[t.Any] = []
    for entry in fold_entries(entries):
        is_whole = _is_okta_verify(entry) and entry.get("method") is None
        parts = [{**entry, "method": method} for method in SPLIT_KEYS] if is_whole else [entry]
        expanded += [each for each in parts if each not in expanded]
    return expanded


def collapse_entries(entries: t.Iterable[object]) -> list[t.Any]:
    """Return folded methods, with all methods of Okta Verify as Okta Verify as a whole."""
    expanded = expand_entries(entries)
    collapsed: list[t.Any] = []
    for entry in expanded:
        if _is_okta_verify(entry) and all(
            {**entry, "method": method} in expanded for method in SPLIT_KEYS
        ):
            entry = {key: value for key, value in entry.items() if key != "method"}
        if entry not in collapsed:
            collapsed.append(entry)
    return collapsed


def _is_okta_verify(entry: t.Any) -> bool:
    return isinstance(entry, dict) and entry.get("key") == OKTA_VERIFY


def _fold_entry(entry: t.Any) -> t.Any:
    """Return a method with the key of Okta Verify. A key with another method keeps its key."""
    key = entry.get("key") if isinstance(entry, dict) else None
    if not isinstance(key, str) or entry.get("method", METHODS.get(key)) != METHODS.get(key):
        return entry
    return {**entry, "key": OKTA_VERIFY, "method": METHODS[key]} if key in METHODS else entry


def _split_entry(entry: t.Any) -> t.Any:
    """Return a method with the key of its own. An unknown method keeps its key."""
    method = entry.get("method") if _is_okta_verify(entry) else None
    if not isinstance(method, str) or method not in SPLIT_KEYS:
        return entry
    return {**entry, "key": SPLIT_KEYS[method]}


# Expressions. What is not certain to keep its meaning keeps its text.


@dataclass(frozen=True)
class _Terms:
    """Comparisons with keys of Okta Verify, joined by "||", as many as follow each other.

    :arg start: the place of the first character in the expression; ``end`` is after the last one.
    :arg before: the token before them, "" at the start; ``after`` is the one after them.
    """

    keys: tuple[str, ...]
    start: int
    end: int
    before: str
    after: str

    @property
    def is_whole_operand(self) -> bool:
        """Whether no operator that binds more than "||" takes a part of them."""
        return self.before in _BEFORE_OR and self.after in _AFTER_OR

    @property
    def is_operand(self) -> bool:
        """Whether one comparison can be replaced by another condition in parentheses."""
        single = len(self.keys) == 1 and self.before in _BEFORE_ANY and self.after in _AFTER_ANY
        return single or self.is_whole_operand

    @property
    def is_any_method(self) -> bool:
        """Whether they ask for Okta Verify as a whole."""
        return OKTA_VERIFY in self.keys or set(METHODS) <= set(self.keys)


def fold_expression(expression: str) -> str:
    """Return an expression in one form for both spellings, to compare it; not to write it.

    It asks for Okta Verify as a whole by its own key. Okta translates that into a comparison with
    the key of each method.
    """

    def fold(terms: _Terms) -> str | None:
        if terms.is_operand and terms.is_any_method:
            return _term(OKTA_VERIFY)
        return _join(terms.keys) if terms.is_operand else None

    return _without_parentheses(_replace_terms(expression, fold))


def _collapse_expression(expression: str) -> str:
    """Return an expression with the one key in place of the three of the methods."""

    def collapse(terms: _Terms) -> str | None:
        is_split = terms.is_any_method and OKTA_VERIFY not in terms.keys
        return _term(OKTA_VERIFY) if is_split and terms.is_whole_operand else None

    return _replace_terms(expression, collapse)


def _split_expression(expression: str) -> str:
    """Return an expression with the keys of the methods in place of the one key."""

    def split(terms: _Terms) -> str | None:
        if OKTA_VERIFY not in terms.keys or not terms.is_operand:
            return None
        return _join(METHODS) if terms.is_whole_operand else f"({_join(METHODS)})"

    return _replace_terms(expression, split)


def _term(key: str) -> str:
    return f"{_SUBJECT} == '{key}'"


def _join(keys: t.Iterable[str]) -> str:
    return " || ".join(map(_term, keys))


def _replace_terms(expression: str, replace: t.Callable[[_Terms], str | None]) -> str:
    """Return an expression with other text for its terms; None keeps them as they are."""
    parts, end = [], 0
    for terms in _find_terms(expression):
        text = replace(terms)
        if text is not None:
            parts += [expression[end : terms.start], text]
            end = terms.end
    return "".join([*parts, expression[end:]])


def _find_terms(expression: str) -> list[_Terms]:
    """Return the terms of an expression, none of one whose strings are not certain."""
    tokens = list(_TOKEN.finditer(expression))
    texts = [token[0] for token in tokens]
    if "'" in texts or '"' in texts:
        return []
    terms: list[_Terms] = []
    place = 0
    while place < len(texts):
        key = _key_at(texts, place)
        if key is None:
            place += 1
            continue
        keys, first = [key], place
        place += 3
        while texts[place : place + 1] == ["||"] and (key := _key_at(texts, place + 1)):
            keys.append(key)
            place += 4
        before = texts[first - 1] if first else ""
        after = texts[place] if place < len(texts) else ""
        start, end = tokens[first].start(), tokens[place - 1].end()
        terms.append(_Terms(tuple(keys), start, end, before, after))
    return terms


def _key_at(texts: t.Sequence[str], place: int) -> str | None:
    """Return the key of Okta Verify that the comparison at a place asks for, or None."""
    if len(texts) < place + 3 or texts[place : place + 2] != [_SUBJECT, "=="]:
        return None
    value = texts[place + 2]
    key = value[1:-1] if value[0] in "'\"" else ""
    return key if fold_key(key) == OKTA_VERIFY else None


def _without_parentheses(expression: str) -> str:
    """Return an expression without the parentheses around one term that change no meaning."""
    while True:
        tokens = list(_TOKEN.finditer(expression))
        texts = ["", *(token[0] for token in tokens), ""]
        place = next((at for at in range(1, len(tokens) - 3) if _is_enclosed(texts, at)), None)
        if place is None:
            return expression
        start, end = tokens[place - 1].start(), tokens[place + 3].end()
        inner = expression[tokens[place].start() : tokens[place + 2].end()]
        expression = expression[:start] + inner + expression[end:]


def _is_enclosed(texts: t.Sequence[str], place: int) -> bool:
    """Return whether there is one term in parentheses at a place, and around it no operator.

    "!" and a function's name bind more than the comparison.
    """
    return (
        texts[place] == "("
        and _key_at(texts, place + 1) is not None
        and texts[place + 4] == ")"
        and texts[place - 1] in _BEFORE_ANY
        and texts[place + 5] in _AFTER_ANY
    )


# Whole rules


def fold_rule(value: Row) -> Json:
    """Return a part of a rule with one spelling, for its evaluation."""
    return _respell(value, collapse_entries, fold_expression)


def spell_rule(value: Row, split: bool) -> Json:
    """Return a part of a rule in the spelling of an org."""
    if not split:
        return _respell(value, fold_entries, _collapse_expression)

    def split_entries(entries: t.Iterable[object]) -> list[t.Any]:
        return [_split_entry(entry) for entry in expand_entries(entries)]

    return _respell(value, split_entries, _split_expression)


def spelling_of(value: object) -> bool | None:
    """Return whether a part of a rule has the keys of single methods, None without Okta Verify."""
    keys = set(_keys_in(value))
    return is_split(keys) if keys else None


def whole_expressions(value: object, name: str = "") -> set[str]:
    """Return the expressions in a part of a rule that ask for Okta Verify by its one key."""
    if isinstance(value, dict):
        return set().union(*(whole_expressions(inner, key) for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*map(whole_expressions, value))
    is_whole = name == EXPRESSION and isinstance(value, str) and _WHOLE.search(value)
    return {str(value)} if is_whole else set()


def _keys_in(value: object, name: str = "") -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _keys_in(inner, key)
    elif isinstance(value, list):
        for inner in value:
            key = inner.get("key") if name in METHOD_LISTS and isinstance(inner, dict) else None
            if isinstance(key, str) and fold_key(key) == OKTA_VERIFY:
                yield key
            yield from _keys_in(inner)
    elif name == EXPRESSION and isinstance(value, str):
        for terms in _find_terms(value):
            yield from terms.keys


def _respell(
    value: Row,
    entries: t.Callable[[t.Iterable[object]], list[t.Any]],
    expression: t.Callable[[str], str],
) -> Json:
    def respell(inner: t.Any, name: str) -> t.Any:
        if isinstance(inner, dict):
            return {key: respell(each, key) for key, each in inner.items()}
        if isinstance(inner, list):
            return entries(inner) if name in METHOD_LISTS else [respell(each, "") for each in inner]
        return expression(inner) if name == EXPRESSION and isinstance(inner, str) else inner

    respelled: Json = respell(value, "")
    return respelled
