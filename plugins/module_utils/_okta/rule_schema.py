# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a rule's JSON in Okta's OpenAPI description, and what has another one. Pure.

A value of another type, or a word without a letter, says something that nobody can read. It is left
out here and named, so that a plan calls it unknown instead of reading it as absent.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._core.json_fields import Json, Row, as_word, asks


class Word(str):
    """The form of a text that is never empty: an id, a name, or a word of an enumeration."""


# A type, a list of one form, or an object with forms by key. Other keys of an object have any form.
Form: t.TypeAlias = "type | list[Form] | dict[str, Form]"

_NAMES: list[Form] = [Word]
_SIDES: dict[str, Form] = {"include": _NAMES, "exclude": _NAMES}
_PLATFORMS: list[Form] = [{"type": Word, "os": {"type": Word}}]
CONDITIONS: dict[str, Form] = {
    "device": {"registered": bool, "managed": bool, "assurance": {"include": _NAMES}},
    "people": {"users": _SIDES, "groups": _SIDES},
    "platform": {"include": _PLATFORMS, "exclude": _PLATFORMS},
    "network": {"connection": Word},
    "userType": _SIDES,
    "riskScore": {"level": Word},
    "elCondition": {"condition": str},
}
# The field and the word with which a condition asks for nothing.
_OPEN = {
    "authContext": ("authType", "ANY"),
    "identityProvider": ("provider", "ANY"),
    "network": ("connection", "ANYWHERE"),
    "riskScore": ("level", "ANY"),
}
_CHARACTERISTICS: dict[str, Form] = {
    "deviceBound": Word,
    "hardwareProtection": Word,
    "phishingResistant": Word,
    "reauthenticateIn": Word,
    "userPresence": Word,
    "userVerification": Word,
}
_METHODS: list[Form] = [{"key": Word, "method": Word, **_CHARACTERISTICS}]
_PART: dict[str, Form] = {
    **_CHARACTERISTICS,
    "required": bool,
    "types": _NAMES,
    "methods": _NAMES,
    "authenticationMethods": _METHODS,
    "excludedAuthenticationMethods": _METHODS,
    "userVerificationMethods": _NAMES,
}
_CHAIN: dict[str, Form] = {"authenticationMethods": _METHODS, "reauthenticateIn": Word}
_CHAIN["next"] = [_CHAIN]
SIGN_ON: dict[str, Form] = {
    "access": Word,
    "keepMeSignedIn": {"postAuth": Word, "postAuthPromptFrequency": Word},
    "verificationMethod": {
        "type": Word,
        "factorMode": Word,
        "reauthenticateIn": Word,
        "inactivityPeriod": Word,
        "constraints": [{"knowledge": _PART, "possession": _PART}],
        "chains": [_CHAIN],
    },
}


def read_object(value: object, form: Form, path: str) -> tuple[Row, tuple[str, ...]]:
    """Return an object without what has another form, and the paths that were left out."""
    unreadable: list[str] = []
    readable = _read(value, form, path, unreadable)
    return (readable if isinstance(readable, dict) else {}), tuple(unreadable)


def _read(value: t.Any, form: Form, path: str, unreadable: list[str]) -> t.Any:
    """Return the readable part of a value, None for nothing. A list is readable as a whole."""
    if value is None:
        return None
    if isinstance(form, dict) and isinstance(value, dict):
        parts: Json = {}
        for key, inner in value.items():
            part = _read(inner, form[key], f"{path}.{key}", unreadable) if key in form else inner
            if part is not None:
                parts[key] = part
        return parts
    if isinstance(form, list) and isinstance(value, list):
        problems: list[str] = []
        parts_of_list = [_read(each, form[0], path, problems) for each in value]
        if not problems and None not in parts_of_list:
            return parts_of_list
    elif _is_of_type(value, form):
        return value
    unreadable.append(path)
    return None


def _is_of_type(value: object, form: Form) -> bool:
    """Return whether a value is of the type that a form is, and not empty where it is a word."""
    if form is Word:
        return as_word(value) is not None
    return isinstance(form, type) and isinstance(value, form)


def limits_sign_ins(name: str, condition: object) -> bool:
    """Return whether a condition of a rule may keep the rule from applying to a sign-in.

    Okta also shows conditions that ask for nothing: without a value, or with its word for that.
    """
    field, word = _OPEN.get(name, ("", ""))
    if isinstance(condition, Mapping) and condition.get(field) == word:
        condition = {key: value for key, value in condition.items() if key != field}
    return asks(condition)


def fold_words(value: t.Any, name: str = "") -> t.Any:
    """Return a verification method with the words of its characteristics in upper case.

    Okta shows them in the case in which they were written (recorded rules).
    """
    if isinstance(value, dict):
        return {key: fold_words(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [fold_words(each, name) for each in value]
    is_word = name in _CHARACTERISTICS or name == "userVerificationMethods"
    return value.upper() if is_word and isinstance(value, str) else value
