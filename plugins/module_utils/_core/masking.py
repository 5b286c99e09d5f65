# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking of secrets in every text and value that leaves a run."""

from __future__ import annotations

import base64
import functools
import itertools
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
# What software puts in the place of one character: a backslash, an ampersand, a percent sign and a
# semicolon, each encoded again as often as three encodings of a text do it.
_PERCENT = r"%(?:25){0,3}"
_BACKSLASH = rf"(?i:\\|{_PERCENT}5c)"
_SEMICOLON = rf"(?i:;|{_PERCENT}3b)"
_HASH = rf"(?:\#|{_PERCENT}23)"
_AMPERSAND = (
    rf"(?i:&|{_BACKSLASH}{{1,8}}u0026|{_PERCENT}26)"
    rf"(?i:(?:amp|{_HASH}0*38|{_HASH}x0*26){_SEMICOLON}){{0,3}}"
)
_ENTITIES = {'"': ["quot"], "'": ["apos"], "<": ["lt"], ">": ["gt"]}
_JSON_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
# From this length on a text that differs from a secret in case alone is the secret.
_LONG = 12
MIN_LENGTH = 4  # of a text that can be replaced everywhere


class _Form:
    """A secret, or its base64 or hexadecimal digits, as texts hold it.

    The characters that XML, URLs, JSON and shells write in another way match in each of these, also
    mixed and doubled.
    """

    def __init__(self, plain: str, any_case: bool) -> None:
        self.plain, self._any_case = plain, any_case
        # Letters and digits are the same in every encoding, and a search for them is fast.
        self.anchor = max(_ALPHANUMERIC.findall(plain), key=len, default="").lower()

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled for the first text that holds the anchor."""
        parts, previous = [], ""
        for char, count in _runs(self.plain):
            parts.append(_pattern_of(char, count, previous))
            previous = char
        return re.compile("".join(parts), re.IGNORECASE if self._any_case else 0)


def _runs(text: str) -> list[tuple[str, int]]:
    """Return the characters of a text with their numbers: backslashes in a row are one entry."""
    return [(match[0][0], len(match[0])) for match in re.finditer(r"\\+|.", text, re.DOTALL)]


def _pattern_of(char: str, count: int, previous: str) -> str:
    """Return the pattern of a character in all encodings.

    The bounds keep the search linear in texts that somebody else fills with backslashes.
    """
    if char.isascii() and char.isalnum():
        return char
    if char == "\\":
        return f"{_BACKSLASH}{{{count},{8 * count}}}"
    if char in "&;#":
        return {"&": _AMPERSAND, ";": _SEMICOLON, "#": _HASH}[char]
    escaped = "" if previous == "\\" else f"{_BACKSLASH}{{0,8}}"
    entities = [f"{_HASH}0*{ord(char)}", f"{_HASH}x0*{ord(char):x}", *_ENTITIES.get(char, ())]
    units = char.encode("utf-16-be", "surrogatepass").hex()
    utf8 = char.encode("utf-8", "surrogatepass")
    codes = [
        escaped + "".join(f"{_PERCENT}{byte:02x}" for byte in utf8),
        f"{escaped}{_AMPERSAND}(?:{'|'.join(entities)}){_SEMICOLON}",
        "".join(f"{_BACKSLASH}{{1,8}}u{units[at : at + 4]}" for at in range(0, len(units), 4)),
        "".join(f"{_BACKSLASH}{{1,8}}x{byte:02x}" for byte in utf8),
    ]
    if char in _JSON_ESCAPES:
        codes.append(f"{_BACKSLASH}{{1,8}}{_JSON_ESCAPES[char]}")
    if char == " ":
        codes.append(rf"\+|{_PERCENT}2b")
    return f"(?:{escaped}{re.escape(char)}|(?i:{'|'.join(codes)}))"


def _forms(secret: str) -> t.Iterator[_Form]:
    """Yield the forms of a secret in texts."""
    yield _Form(secret, any_case=len(secret) >= _LONG)
    texts = {
        secret,
        escape(secret, quote=False),
        escape(secret, quote=True),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe="", errors="surrogatepass"),
        quote_plus(secret, errors="surrogatepass"),
    }
    for text in texts:
        yield _Form(_bytes_of(text).hex(), any_case=True)
        for digits in _in_base64(text):
            yield _Form(digits, any_case=False)
            if text == secret and len(digits) >= _LONG:
                yield from (_Form(twice, any_case=False) for twice in _in_base64(digits))


def _in_base64(text: str) -> set[str]:
    """Return the digits that depend on a text alone, at each position inside a longer text.

    The first and last groups mix with neighbours.
    """
    digests = set()
    for padding in range(3):
        plain = b"\0" * padding + _bytes_of(text)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            digits = encode(plain).decode().rstrip("=")
            digests.add(
                digits[padding + 1 if padding else 0 : len(digits) - (1 if len(plain) % 3 else 0)]
            )
    return digests


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Secrets:
    """Secrets, whose forms are made for the first text that is masked: scripts have many lines."""

    def __init__(self) -> None:
        self._new: list[str] = []
        self._forms: dict[str, _Form] = {}

    def add(self, secret: str) -> None:
        """Learn a secret."""
        self._new.append(secret)

    def masked(self, text: str) -> str:
        """Return a text without these secrets and without signed tokens."""
        if self._new:
            for secret in dict.fromkeys(self._new):
                for form in _forms(secret):
                    if len(form.plain) >= MIN_LENGTH:
                        self._forms.setdefault(form.plain, form)
            self._new = []
            self._forms = dict(sorted(self._forms.items(), key=lambda each: len(each[1].anchor)))
        return _replaced(text, self._forms.values())


class Masker:
    """Replaces known secrets, in any encoding, and all signed tokens by asterisks.

    An ordinary secret is a word or a number that messages hold for other reasons, such as the
    password "Employees". It is replaced in texts of others alone.
    """

    def __init__(self, secrets: t.Iterable[str | None] = ()) -> None:
        self._secrets, self._all = _Secrets(), _Secrets()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None, ordinary: bool = False) -> None:
        """Learn a secret.

        Values shorter than four characters are too common to be replaced in texts.
        """
        if not secret or len(secret) < MIN_LENGTH:
            return
        self._all.add(secret)
        if not ordinary:
            self._secrets.add(secret)

    def text(self, value: str) -> str:
        """Return a text of the collection without the secrets."""
        return self._secrets.masked(value)

    def foreign_text(self, value: str) -> str:
        """Return a text of a vendor or a library without the secrets, the ordinary ones too."""
        return self._all.masked(value)

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


def _replaced(value: str, forms: t.Iterable[_Form]) -> str:
    """Return a text without these forms, of which the one with the shortest anchor comes first.

    An anchor is a part of a word of the text, and few words are as long as secrets.
    """
    lower = value.lower()
    longest = max(map(len, _ALPHANUMERIC.findall(lower)), default=0)
    candidates = itertools.takewhile(lambda form: len(form.anchor) <= longest, forms)
    matching = [form for form in candidates if form.anchor in lower]
    for form in sorted(matching, key=lambda form: len(form.plain), reverse=True):
        value = form.pattern.sub(MASK, value)
    return SIGNED_TOKEN.sub(MASK, value)
