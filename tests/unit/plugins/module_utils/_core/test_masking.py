# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The masker, against texts as other software writes them.

What carries a secret out of the run must not carry it to a person.
"""

from __future__ import annotations

import base64
import json
import plistlib
import re
import time
import typing as t
from html import escape
from urllib.parse import quote, quote_plus, urlencode

import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
    MASK,
    Masker,
)
from hypothesis import given
from hypothesis import strategies as st

PLAIN = "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE"
AWKWARD = 'p&ss <wörd> "it\'s" 100%/+\\ß'
SECRETS = [PLAIN, AWKWARD, "hunter2!", "&&&&", "    x", "two\nlines \U0001f511 k"]

# How a secret gets into a text, each by the software that does so.
CARRIERS: dict[str, t.Callable[[str], str]] = {
    "as it is": lambda secret: f"The challenge {secret} is wrong.",
    "XML": lambda secret: plistlib.dumps({"Challenge": secret}).decode(),
    "an XML attribute": lambda secret: f'<string value="{escape(secret)}"/>',
    "JSON": lambda secret: json.dumps({"challenge": secret}),
    "JSON with other scripts as they are": lambda secret: json.dumps(
        {"challenge": secret}, ensure_ascii=False
    ),
    "a query": lambda secret: urlencode({"challenge": secret, "x": "1"}),
    "a path": lambda secret: "https://acme.test/" + quote(secret, safe=""),
    "what requests makes of a query": lambda secret: str(
        requests.Request("GET", "https://acme.test/", params={"q": secret}).prepare().url
    ),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_secret_is_masked_in_every_encoding_and_the_text_around_it_stays(
    carrier: str, secret: str
) -> None:
    carry = CARRIERS[carrier]
    before, after = carry("PLACE").split("PLACE")
    assert Masker([secret]).text(carry(secret)) == before + MASK + after


# What a proxy makes of a request that it shows in a page, a log or an error.
ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "XML": escape,
    "XML with numbers": lambda text: "".join(
        f"&#{ord(char)};" if char in "<>&'\"" else char for char in text
    ),
    "a URL": lambda text: quote(text, safe=""),
    "a URL in lower-case digits": lambda text: re.sub(
        "%..", lambda match: match[0].lower(), quote(text, safe="")
    ),
    "a URL that keeps slashes": quote,
    "a form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON for HTML": lambda text: re.sub(
        "[<>&]", lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text)[1:-1]
    ),
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
}
CHALLENGE = 'Q7<x>&amp;"it\'s"%2B100%/+\\$(id);#`ö k'


@pytest.mark.parametrize("second", ENCODINGS)
@pytest.mark.parametrize("first", ENCODINGS)
def test_a_secret_that_was_encoded_twice_is_masked_and_the_text_around_it_stays(
    first: str, second: str
) -> None:
    text = ENCODINGS[second](ENCODINGS[first](CHALLENGE))
    assert Masker([CHALLENGE]).text(f"<{text}> is wrong") == f"<{MASK}> is wrong"


@pytest.mark.parametrize("inner", ["XML", "a URL", "a form", "JSON"])
@pytest.mark.parametrize("offset", [0, 1, 2])
def test_what_was_encoded_before_base64_is_masked(inner: str, offset: int) -> None:
    plain = ENCODINGS[inner](CHALLENGE)
    assert core(plain, offset)[4:-4] not in Masker([CHALLENGE]).text(
        in_base64(plain, offset, "~~ and more")
    )


# With the same text before and after them, these are the digits of the secret alone.
BEFORE_BASE64: dict[str, t.Callable[[str], str]] = {
    "as it is": str,
    "XML": escape,
    "XML with quotes as they are": lambda text: escape(text, quote=False),
    "a URL": lambda text: quote(text, safe=""),
    "a form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with other scripts as they are": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("secret", [CHALLENGE, AWKWARD, PLAIN])
@pytest.mark.parametrize("inner", BEFORE_BASE64)
def test_nothing_of_a_secret_in_base64_that_fills_its_groups_is_left(
    inner: str, secret: str
) -> None:
    write = BEFORE_BASE64[inner]
    # "W" is the same in each encoding, and a last digit "X" of base64.
    for filled in (secret + "W" * number for number in (1, 2, 3)):
        plain = write(filled).encode()
        if len(plain) % 3 == 0:
            assert Masker([filled]).text(base64.b64encode(plain).decode()) == MASK


def test_base64_of_another_case_is_another_text() -> None:
    once = base64.b64encode(PLAIN.encode())
    for digits in (once, base64.b64encode(once)):
        text = digits.decode().rstrip("=").swapcase()
        assert Masker([PLAIN]).text(text) == text


def test_base64_in_base64_is_masked_of_a_secret_of_nine_characters() -> None:
    """Of a shorter one the digits may be a word of another text."""
    twice = base64.b64encode(base64.b64encode(b"hunter2!x")).decode()
    assert Masker(["hunter2!x"]).text(twice) == MASK


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: secret.encode().hex(),
        lambda secret: secret.encode().hex().upper(),
        str.lower,
        str.upper,
        lambda secret: base64.b64encode(base64.b64encode(secret.encode())).decode(),
        lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
    ],
)
def test_a_secret_is_masked_in_hexadecimal_in_another_case_and_in_base64_twice(
    write: t.Callable[[str], str],
) -> None:
    masked = Masker([PLAIN]).text(f"got {write(PLAIN)}!")
    assert MASK in masked and len(masked) < 25, masked


def test_a_short_word_in_another_case_is_not_the_secret() -> None:
    assert Masker(["Employee-1"]).text("employee-1") == "employee-1"
    assert Masker(["Employee-12"]).text("employee-12") == "employee-12"
    assert Masker(["Employee-123"]).text("employee-123") == MASK


@pytest.mark.parametrize("filler", ["\\", "&amp;", "%25", "%5c", "&#38;"])
def test_a_long_text_of_escapes_is_searched_in_time(filler: str) -> None:
    text = "\\\"'" * 10 + filler * 20_000
    started = time.monotonic()
    assert Masker(['\\\\"\\&&%%']).text(text) == text
    assert time.monotonic() - started < 20


def in_base64(secret: str, offset: int, after: str, alphabet: str = "standard") -> str:
    encode = base64.b64encode if alphabet == "standard" else base64.urlsafe_b64encode
    return encode(b"key"[:offset] + secret.encode() + after.encode()).decode()


def core(secret: str, offset: int, alphabet: str = "standard") -> str:
    """The characters of its base64 that depend on the secret alone, whatever stands before and
    after it.
    """
    first, second = (
        in_base64(before + secret, 0, after, alphabet)
        for before, after in (("key"[:offset], "~"), ("~~~"[:offset], "\0"))
    )
    return "".join(one for one, other in zip(first, second) if one == other)


@pytest.mark.parametrize("alphabet", ["standard", "urlsafe"])
@pytest.mark.parametrize("after", ["", "\0", "~~", " and more"])
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
@pytest.mark.parametrize("secret", [PLAIN, AWKWARD, "???>>>???>>>", "hunter2!", "seven77"])
def test_a_secret_in_base64_is_masked_at_every_offset(
    secret: str, offset: int, after: str, alphabet: str
) -> None:
    masked = Masker([secret]).text(in_base64(secret, offset, after, alphabet))
    assert MASK in masked
    left = [
        core(secret, offset, alphabet)[start : start + 5]
        for start in range(len(core(secret, offset, alphabet)) - 4)
    ]
    assert [piece for piece in left if piece in masked] == []


@pytest.mark.parametrize("secret", ["s3cre!", "s3cr!", "s3c!"])
@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_short_secret_in_base64_is_masked_inside_a_longer_text_too(
    secret: str, offset: int
) -> None:
    assert core(secret, offset) not in Masker([secret]).text(
        in_base64(secret, offset, "~~ and more")
    )


def test_a_header_of_basic_authentication_does_not_show_the_password() -> None:
    header = (
        requests.Request("GET", "https://acme.test/", auth=("okta-ABCDEF", PLAIN))
        .prepare()
        .headers["Authorization"]
    )
    masked = Masker([PLAIN]).text(header)
    assert masked.startswith("Basic ") and MASK in masked
    assert core(PLAIN, len("okta-ABCDEF:") % 3)[2:-2] not in masked


@given(
    secret=st.text(
        st.characters(exclude_categories=["C", "Z"], exclude_characters="*"),
        min_size=7,
        max_size=50,
    ),
    carrier=st.sampled_from(sorted(CARRIERS)),
)
def test_no_printable_secret_comes_through(secret: str, carrier: str) -> None:
    masked = Masker([secret]).text(CARRIERS[carrier](secret))
    assert MASK in masked
    assert secret not in masked


@pytest.mark.parametrize(
    "secrets, text, masked",
    [
        ([], "nothing to hide", "nothing to hide"),
        ([None, ""], "nothing to hide", "nothing to hide"),
        (["abc"], "an abc is too common", "an abc is too common"),
        (["word", "password"], "my password, my word", f"my {MASK}, my {MASK}"),
        (["password", "word"], "my password, my word", f"my {MASK}, my {MASK}"),
        (["one!", "two!"], "one! two! one!", f"{MASK} {MASK} {MASK}"),
    ],
)
def test_all_secrets_that_were_learned_are_masked_the_longer_first(
    secrets: list[str | None], text: str, masked: str
) -> None:
    assert Masker(secrets).text(text) == masked


def test_a_secret_that_is_learned_later_is_masked_from_then_on() -> None:
    masker = Masker()
    assert masker.text("a later secret") == "a later secret"
    masker.add("later")
    assert masker.text("a later secret") == f"a {MASK} secret"


def test_an_ordinary_word_is_masked_in_texts_of_others_alone() -> None:
    masker = Masker()
    masker.add("Employees", ordinary=True)
    own = {"msg": "The profile 'Employees' is on 'Canary'.", "profiles": [{"name": "Employees"}]}
    assert masker.value(own) == own and masker.text(own["msg"]) == own["msg"]
    assert masker.foreign_text("Password: Employees") == f"Password: {MASK}"
    assert masker.foreign_value({"why": ["not Employees"]}) == {"why": [f"not {MASK}"]}


@pytest.mark.parametrize("word", ["name", "profiles", "library_item_id"])
def test_a_key_of_a_result_stays_though_it_equals_a_secret(word: str) -> None:
    assert Masker([word]).value({word: f"<{word}>"}) == {word: f"<{MASK}>"}


def test_plain_data_is_masked_in_keys_and_values_and_is_a_copy() -> None:
    value = {
        "texts": ["x", f"<{PLAIN}>"],
        PLAIN: 1,
        "inner": {"pair": (PLAIN, 2)},
        "number": 5,
        "nothing": None,
        "truth": True,
    }
    masked = Masker([PLAIN]).value(value)
    assert masked == {
        "texts": ["x", f"<{MASK}>"],
        MASK: 1,
        "inner": {"pair": [MASK, 2]},
        "number": 5,
        "nothing": None,
        "truth": True,
    }
    assert value["texts"] == ["x", f"<{PLAIN}>"]


def test_a_secret_that_is_no_text_of_any_encoding_is_masked() -> None:
    masker = Masker()
    masker.add("\ud800hunter2hunter2")
    assert "hunter2" not in masker.foreign_text("a \ud800hunter2hunter2 b")
