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

from .._core.json_fields import Json, Row

OKTA_VERIFY = "okta_verify"
SPLIT_KEYS = {
    "totp": "okta_verify_totp",
    "push": "okta_verify_push",
    "signed_nonce": "okta_verify_fastpass",
}
METHODS = {key: method for method, key in SPLIT_KEYS.items()}
METHOD_LISTS = ("authenticationMethods", "excludedAuthenticationMethods")
EXPRESSION = "condition"  # the key of an expression: conditions.elCondition.condition

_SUBJECT = "accessRequest.authenticator.key"
_TERM = rf"{re.escape(_SUBJECT)}\s*==\s*['\"](okta_verify(?:_totp|_push|_fastpass)?)['\"]"
_TERMS = re.compile(rf"{_TERM}(?:\s*\|\|\s*{_TERM})*")
_IN_PARENTHESES = re.compile(rf"\(\s*({_SUBJECT} == '{OKTA_VERIFY}')\s*\)")


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
    key = entry.get("key") if isinstance(entry, dict) else None
    if not isinstance(key, str) or key not in METHODS:
        return entry
    return {**entry, "key": OKTA_VERIFY, "method": entry.get("method") or METHODS[key]}


def _split_entry(entry: t.Any) -> t.Any:
    """Return a method with the key of its own. An unknown method keeps its key."""
    method = entry.get("method") if _is_okta_verify(entry) else None
    if not isinstance(method, str) or method not in SPLIT_KEYS:
        return entry
    return {**entry, "key": SPLIT_KEYS[method]}


# Expressions


def fold_expression(expression: str) -> str:
    """Return an expression that asks for Okta Verify as a whole by its own key.

    Okta translates it into one that asks for each of its methods.
    """
    folded = _TERMS.sub(_fold_terms, expression)
    return _IN_PARENTHESES.sub(r"\1", folded)


def _fold_terms(match: re.Match[str]) -> str:
    keys = {each[0] for each in re.finditer(r"okta_verify\w*", match[0])}
    return _term(OKTA_VERIFY) if keys in ({OKTA_VERIFY}, set(METHODS)) else match[0]


def _term(key: str) -> str:
    return f"{_SUBJECT} == '{key}'"


def _split_expression(expression: str) -> str:
    terms = " || ".join(map(_term, METHODS))
    folded = fold_expression(expression)
    if folded == _term(OKTA_VERIFY):
        return terms
    return folded.replace(_term(OKTA_VERIFY), f"({terms})")


# Whole rules


def fold_rule(value: Row) -> Json:
    """Return a part of a rule with one spelling, for its evaluation."""
    return _respell(value, collapse_entries, fold_expression)


def spell_rule(value: Row, split: bool) -> Json:
    """Return a part of a rule in the spelling of an org."""
    if not split:
        return _respell(value, fold_entries, fold_expression)

    def split_entries(entries: t.Iterable[object]) -> list[t.Any]:
        return [_split_entry(entry) for entry in expand_entries(entries)]

    return _respell(value, split_entries, _split_expression)


def spelling_of(value: object) -> bool | None:
    """Return whether a part of a rule has the keys of single methods, None without Okta Verify."""
    keys = set(_keys_in(value))
    return is_split(keys) if keys else None


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
        for match in re.finditer(_TERM, value):
            yield match[1]


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
