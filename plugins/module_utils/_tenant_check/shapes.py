# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of JSON answers: keys, and the form of each value, held against what is known. Pure.

A path names the keys from the top of an answer: ``[].profile.platform``, where ``[]`` stands for
each entry of a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.text import UUID
from .generated_keys import KEYS, VALUES
from .pseudonyms import Pseudonyms

FREE = "*"  # among the keys of an object: customers name keys of it, too
MAX_ROWS = 1000  # entries of a list that are looked at
MAX_UNKNOWN = 40  # unknown keys, and unknown values, that are listed of an operation

_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_OKTA_ID = re.compile(r"[0-9A-Za-z]{20}", re.ASCII)


def form_of(value: object) -> str:
    """Return the form of a value in words that say nothing of the value itself."""
    if isinstance(value, str):
        return _form_of_text(value)
    if isinstance(value, bool):
        return "true or false"
    names = {type(None): "null", int: "number", float: "number", dict: "object", list: "empty list"}
    return names.get(value.__class__, "unknown")


def _form_of_text(text: str) -> str:
    if not text:
        return "empty text"
    timestamp = _TIMESTAMP.fullmatch(text)
    if timestamp:
        return _form_of_timestamp(*timestamp.groups())
    if UUID.fullmatch(text):
        return f"UUID, {case_of(text)}"
    if text.startswith(("https://", "http://")):
        return "URL"
    return "20 letters and digits" if _OKTA_ID.fullmatch(text) else "text"


def case_of(text: str) -> str:
    """Return the case in which the letters of an id are written."""
    if text == text.lower():
        return "no letters" if text == text.upper() else "lower case"
    return "upper case" if text == text.upper() else "mixed case"


def _form_of_timestamp(between: str, seconds: str, fraction: str, offset: str) -> str:
    """Return the ISO 8601 form of a timestamp, with letters in the place of its digits."""
    if not between:
        return "YYYY-MM-DD"
    digits = f".{'s' * (len(fraction) - 1)}" if fraction else ""
    zone = {"": "", "Z": "Z"}.get(offset or "", "+hh:mm" if offset and ":" in offset else "+hhmm")
    return f"YYYY-MM-DD{between}hh:mm{':ss' if seconds else ''}{digits}{zone}"


@dataclass
class Shape:
    """What answers to one operation look like, next to what is known of them.

    What is unknown is kept as it came; ``as_result`` shows it.

    :arg forms: path of a known key -> the forms of its values.
    :arg unknown_keys: (path of the object, key) -> the forms of its values.
    :arg unknown_values: (path, value), of keys whose values are known words.
    :arg further_keys: how many keys an object has that customers name, by path.
    """

    operation: str
    forms: dict[str, set[str]] = field(default_factory=dict)
    unknown_keys: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    unknown_values: set[tuple[str, str]] = field(default_factory=set)
    further_keys: dict[str, int] = field(default_factory=dict)

    def add(self, body: object) -> None:
        """Read one answer."""
        self._read(body, "")

    def _read(self, value: object, path: str) -> None:
        if isinstance(value, list) and value:
            for entry in value[:MAX_ROWS]:
                self._read(entry, f"{path}[]")
            return
        if path:
            self.forms.setdefault(path, set()).add(self._word_or_form(value, path))
        # The outermost object is described of each operation: another form of it is unknown.
        keys = KEYS.get(self.operation, {}).get(path, "" if path in ("", "[]") else None)
        if isinstance(value, dict) and keys is not None:
            self._read_object(value, path, frozenset(keys.split()))

    def _read_object(
        self, value: Mapping[object, object], path: str, known: frozenset[str]
    ) -> None:
        further = 0
        for key, inner in value.items():
            name = str(key)
            if name in known and name != FREE:
                self._read(inner, f"{path}.{name}" if path else name)
            elif FREE in known:
                further += 1
            else:
                self.unknown_keys.setdefault((path, name), set()).add(form_of(inner))
        if further:
            self.further_keys[path] = max(self.further_keys.get(path, 0), further)

    def _word_or_form(self, value: object, path: str) -> str:
        """Return a value that is a known word of its key, else its form."""
        words = VALUES.get(self.operation, {}).get(path)
        if not isinstance(value, str) or words is None or not value:
            return form_of(value)
        if value in words.split("|"):
            return value
        self.unknown_values.add((path, value))
        return "an unknown value"

    def as_result(self, pseudonyms: Pseudonyms) -> dict[str, object]:
        """Return the shape as JSON, in a fixed order and without anything of the tenant."""
        keys, values = sorted(self.unknown_keys.items()), sorted(self.unknown_values)
        return {
            "forms": {path: sorted(forms) for path, forms in sorted(self.forms.items())},
            "unknown_keys": [
                {"in": path, "key": pseudonyms.show("key", key), "forms": sorted(forms)}
                for (path, key), forms in keys[:MAX_UNKNOWN]
            ],
            "unknown_values": [
                {"of": path, "value": pseudonyms.show("value", value)}
                for path, value in values[:MAX_UNKNOWN]
            ],
            "more_unknown": len(keys[MAX_UNKNOWN:]) + len(values[MAX_UNKNOWN:]),
            "keys_of_customers": dict(sorted(self.further_keys.items())),
        }
