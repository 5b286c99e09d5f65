# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search that other tests rely on to say that no secret was shown."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest

SECRET = 'Sün&<"challenge">/1+2=\\'


ENCODINGS = {
    "XML": escape,
    "a URL": lambda text: quote(text, safe=""),
    "a form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "lower case": str.lower,
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one byte": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64 after two bytes": lambda text: base64.b64encode(b"xy" + text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"{text}yz".encode()).decode(),
}
# What nobody can decode any more: digits in another case.
DESTROYED = {(name, "lower case") for name in ENCODINGS if name.startswith("base64")}


@pytest.mark.parametrize("first", ENCODINGS)
@pytest.mark.parametrize("second", ["nothing", *ENCODINGS])
def test_a_secret_is_found_however_it_is_written(first, second, printed, shown):
    encode = ENCODINGS.get(second, str)
    printed.append(f"It is {encode(ENCODINGS[first](SECRET))}, and wrong.")
    assert bool(shown(SECRET)) is ((first, second) not in DESTROYED)


@pytest.mark.parametrize("start", range(6))
def test_a_part_of_a_secret_is_found(start, printed, shown):
    printed.append(f"... {SECRET[start : start + 15]}")
    assert "plain" in shown(SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "challenge: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
        "a challenge is needed",
        base64.b64encode(b"another text of some length").decode(),
    ],
)
def test_what_is_not_there_is_not_found(text, printed, shown):
    printed.append(text)
    assert not shown(SECRET)
