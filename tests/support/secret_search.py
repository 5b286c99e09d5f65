# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search a text for a secret in any encoding, or for a part of it.

The text is decoded, again and again, and each result is searched. So nothing here depends on which
encodings the collection's masking knows.

assert traces(SECRET, output) == []
"""

from __future__ import annotations

import base64
import html
import re
import typing as t
from urllib.parse import unquote, unquote_plus

DEPTH = 3  # how many encodings may lie one above the other
# Any part of a secret that is twice as long is found.
PART = 8
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_NAMED_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")


def traces(secret: str, *texts: str) -> list[str]:
    """Return how the texts hold a secret or a part of it: the encodings, the outermost first.

    Upper and lower case count as the same.
    """
    return find_traces({"": secret}, texts).get("", [])


def find_traces(secrets: t.Mapping[str, str], texts: t.Iterable[str]) -> dict[str, list[str]]:
    """Return the same for several secrets by name, without those that are not there."""
    # What is the same in many lines is searched once.
    lines = dict.fromkeys(line for text in texts for line in text.split("\n"))
    parts = {name: parts_of(secret) for name, secret in secrets.items()}
    found: dict[str, set[str]] = {}
    for way, view in _views("\n".join(lines)):
        lower = view.lower()
        for name in parts:
            if any(part in lower for part in parts[name]):
                found.setdefault(name, set()).add(way)
    return {name: sorted(ways) for name, ways in found.items()}


def parts_of(secret: str) -> list[str]:
    """Return the parts that are searched for: the whole if it is short."""
    secret = secret.lower()
    if len(secret) < 2 * PART:
        return [secret]
    return [secret[at : at + PART] for at in range(0, len(secret) - PART + 1, PART)]


def _views(text: str) -> t.Iterator[tuple[str, str]]:
    """Yield a text as it is and decoded, each time with the encodings that were undone."""
    seen, level = {text}, [("plain", text)]
    for depth in range(DEPTH + 1):
        yield from level
        following = []
        for way, view in level if depth < DEPTH else ():
            for name, decode in DECODERS.items():
                decoded = decode(view)
                if decoded and decoded not in seen:
                    seen.add(decoded)
                    following.append((f"{way}, {name}", decoded))
        level = following


def _unescape(text: str) -> str:
    """Return a text without the backslashes of JSON, a shell or repr."""

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return _NAMED_ESCAPES.get(code, code)

    text = _ESCAPE.sub(plain, text)
    # What repr shows of bytes is UTF-8.
    try:
        return text.encode("latin-1").decode()
    except ValueError:
        return text


def _from_base64(text: str) -> str:
    """Return what the base64 in a text encodes, whatever stands in front of it."""
    found = []
    for run in _BASE64.findall(text):
        digits = run.translate(str.maketrans("-_", "+/"))
        for start in range(4):
            whole = digits[start : start + (len(digits) - start) // 4 * 4]
            found.append(base64.b64decode(whole).decode("utf-8", "replace"))
    return "\n".join(found)


def _from_hexadecimal(text: str) -> str:
    found = []
    for run in _HEXADECIMAL.findall(text):
        found.append(bytes.fromhex(run).decode("utf-8", "replace"))
        found.append(bytes.fromhex(run[1:-1]).decode("utf-8", "replace"))
    return "\n".join(found)


DECODERS: dict[str, t.Callable[[str], str]] = {
    "XML": html.unescape,
    "URL": unquote,
    "form": unquote_plus,
    "backslashes": _unescape,
    "base64": _from_base64,
    "hexadecimal": _from_hexadecimal,
}
