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
    """Replaces known secrets, in any encoding, and all signed tokens by asterisks."""

    def __init__(self, secrets: t.Iterable[str | None] = ()) -> None:
        self._forms: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Learn a secret.

        Values shorter than four characters are too common to be replaced in texts.
        """
        if not secret or len(secret) < 4:
            return
        forms = set(self._forms) | {form for form in _encodings(secret) if len(form) >= 4}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, value: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            value = value.replace(form, MASK)
        return SIGNED_TOKEN.sub(MASK, value)

    def value(self, value: t.Any) -> t.Any:
        """Return a copy of plain data (dicts, lists, strings) without the secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(name): self.value(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value
