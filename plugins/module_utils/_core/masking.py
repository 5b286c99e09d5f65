# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking of secrets in every text and value that leaves a run."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from html import escape
from urllib.parse import quote, quote_plus

MASK = "********"
# A key that a result of this collection may have.
_RESULT_KEY = re.compile(r"[a-z]+(?:_[a-z0-9]+)*")
# Signed tokens (JWS, compact) are recognized by their form: a run makes one for every request, too
# many to learn each.
SIGNED_TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}", re.ASCII)


def _encodings(secret: str) -> t.Iterator[str]:
    """Yield the forms of a secret in texts: as it is, and encoded for XML, JSON, URLs, base64."""
    yield secret
    yield escape(secret, quote=False)
    yield escape(secret, quote=True)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Inside a longer text base64 depends on the position modulo 3; the first and last groups
        # mix with neighbours.
        for padding in range(3):
            plain = b"\0" * padding + secret.encode()
            encoded = encode(plain).decode().rstrip("=")
            yield encoded[
                padding + 1 if padding else 0 : len(encoded) - (1 if len(plain) % 3 else 0)
            ]


class Masker:
    """Replaces known secrets, in any encoding, and all signed tokens by asterisks.

    An ordinary secret is a word or a number that messages hold for other reasons, such as the
    password "Employees". It is replaced in texts of others alone.
    """

    def __init__(self, secrets: t.Iterable[str | None] = ()) -> None:
        self._forms: list[str] = []
        self._ordinary_forms: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None, ordinary: bool = False) -> None:
        """Learn a secret.

        Values shorter than four characters are too common to be replaced in texts.
        """
        if not secret or len(secret) < 4:
            return
        forms = {form for form in _encodings(secret) if len(form) >= 4}
        self._ordinary_forms = _longest_first(forms | set(self._ordinary_forms))
        if not ordinary:
            self._forms = _longest_first(forms | set(self._forms))

    def text(self, value: str) -> str:
        """Return a text of the collection without the secrets."""
        return _replaced(value, self._forms)

    def foreign_text(self, value: str) -> str:
        """Return a text of a vendor or a library without the secrets, the ordinary ones too."""
        return _replaced(value, self._ordinary_forms)

    def value(self, value: t.Any) -> t.Any:
        """Return a copy of plain data (dicts, lists, strings) without the secrets.

        Keys of results stay, whatever the secrets are.
        """
        return _masked_copy(value, self.text)

    def foreign_value(self, value: t.Any) -> t.Any:
        """Return a copy of data of a vendor without the secrets, the ordinary ones too."""
        return _masked_copy(value, self.foreign_text)


def _masked_copy(value: t.Any, mask: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {
            mask(name)
            if isinstance(name, str) and not _RESULT_KEY.fullmatch(name)
            else name: _masked_copy(inner, mask)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_masked_copy(inner, mask) for inner in value]
    return value


def _longest_first(forms: t.Iterable[str]) -> list[str]:
    return sorted(forms, key=len, reverse=True)


def _replaced(value: str, forms: t.Iterable[str]) -> str:
    for form in forms:
        value = value.replace(form, MASK)
    return SIGNED_TOKEN.sub(MASK, value)
