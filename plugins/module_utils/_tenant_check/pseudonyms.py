# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a tenant's answers may be shown, and what replaces the rest. Pure.

Shown are words of the vendors' own descriptions, forms and numbers. Nothing else is: a text of a
tenant may be a name, a serial number or a secret, also where it looks like a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .generated_keys import KEYS, VALUES

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHOWABLE = re.compile(r"[A-Za-z_-]{1,40}", re.ASCII)
# Parts of names of keys that APIs commonly add.
_COMMON = """
    at by in is of on to and any app apps can count created date deleted device display enabled end
    error expires external has hash href id ids key kind label last level limit link links list
    max message method min mode model name new next number old os page policy previous reason
    region resource role rule score self size source start state status string time timestamp total
    type types update updated uri url user users uuid value values version
"""


def words_of(text: str) -> list[str]:
    """Return the words of a key or a value, in lower case: camelCase and snake_case are split."""
    return [word.lower() for word in _WORD.findall(text)]


def _vocabulary(tables: Iterable[Mapping[str, Mapping[str, str]]]) -> frozenset[str]:
    entries = (entry for table in tables for paths in table.values() for entry in paths.items())
    return frozenset(word for entry in entries for word in words_of(" ".join(entry)))


VOCABULARY = _vocabulary((KEYS, VALUES)) | frozenset(_COMMON.split())


class Pseudonyms:
    """Replaces what may not be shown: equal texts have the same replacement.

    The replacements are numbers. Unlike a digest, a number cannot be compared with that of a guess,
    and equal answers have equal numbers in the next run.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def show(self, kind: str, text: str) -> str:
        """Return a text that consists of the vendors' words, else its replacement.

        :arg kind: what it is: key, value, header, code. It begins the replacement.
        """
        words = words_of(text)
        if _SHOWABLE.fullmatch(text) and words and VOCABULARY.issuperset(words):
            return text
        numbers = self._numbers.setdefault(kind, {})
        return f"{kind} {numbers.setdefault(text, len(numbers) + 1)}"
