# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a token may go, which page comes next, and how many terms fit a query."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import urls


@pytest.mark.parametrize(
    "url, origin",
    [
        ("https://acme.test", "https://acme.test"),
        ("https://acme.test/", "https://acme.test"),
        ("https://ACME.test//", "https://acme.test"),
        ("https://acme.test:8443", "https://acme.test:8443"),
        ("acme.test", "https://acme.test"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert urls.parse_origin("org_url", url) == origin


@pytest.mark.parametrize(
    "url, text",
    [
        ("", "not a URL"),
        ("https://", "not a URL"),
        ("http://acme.test", "Use https://acme.test."),
        ("http://acme.test:8080", "Use https://acme.test:8080."),
        ("http://127.0.0.1.acme.test", "not https"),
        ("http://localhost.acme.test", "not https"),
        ("http://10.0.0.1", "not https"),
        ("ftp://acme.test", "not https"),
        ("https://acme.test.", "ends with a dot. Use https://acme.test."),
        ("acme.test.:8443/api", "Use https://acme.test:8443."),
        ("https://ada:secret@acme.test", "user name or password"),
        (
            "https://acme.test/api/v1",
            "Give the host alone: https://acme.test.",
        ),
        ("https://acme.test?x=1", "Give the host alone"),
        ("https://acme.test#x", "Give the host alone"),
        ("https://acme.test:https", "port"),
        ("https://acme.test:99999", "port"),
    ],
)
def test_what_is_no_origin_for_a_token_is_refused(url: str, text: str) -> None:
    with pytest.raises(BadOption) as raised:
        urls.parse_origin("org_url", url)
    assert raised.value.message.startswith("org_url: ")
    assert text in raised.value.message
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "host, expected",
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.acme.test", False),
        ("", False),
        (None, False),
    ],
)
def test_what_is_loopback(host: str | None, expected: bool) -> None:
    assert urls.is_loopback(host) is expected


@pytest.mark.parametrize(
    "count, sizes", [(0, []), (1, [1]), (40, [40]), (41, [40, 1]), (100, [40, 40, 20])]
)
def test_serials_are_searched_for_in_batches_and_none_is_lost(count: int, sizes: list[int]) -> None:
    serials = [f"C{number}" for number in range(count)]
    found = urls.batches(serials)
    assert [len(one) for one in found] == sizes
    assert [serial for one in found for serial in one] == serials


def test_a_text_that_is_not_a_url_has_no_parts() -> None:
    assert urls.split_url("https://[").hostname is None
    assert urls.split_url("https://acme.okta.com/a").path == "/a"
    with pytest.raises(BadOption, match="^okta_org_url: 'https://\\[' is not a URL"):
        urls.parse_origin("okta_org_url", "https://[")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://ada:s3cret@",
            "http://ada:s3cret@:3128",
            "http://",
            "https://",
            " ",
            "ada:s3cret@",
        ),
        *(
            "http://[::1",
            "http://h:99999",
            "http://h:abc",
            "http://h:0",
            "ada:s3cret@h:x",
            "ftp://h",
        ),
        *(
            "http://ada:s3cret@ho st:1",
            "http://\x01h",
            "h" * 300,
            f"http://{'h' * 300}",
            "http://a..b",
        ),
    ],
)
def test_what_is_no_proxy_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadOption) as raised:
        urls.check_proxy("HTTPS_PROXY", url)
    assert raised.value.message == (
        "HTTPS_PROXY: it is not the URL of a proxy. Write it like http://proxy.example.com:3128, or"
        " unset it."
    )


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://proxy.test:3128",
            "proxy.test:3128",
            "//proxy.test",
            "https://ada:s3%20cret@proxy",
        ),
        *(
            "socks5h://127.0.0.1:1080",
            "http://[::1]:3128/",
            "http://b\xfcro.test",
            "http://my_proxy:1",
        ),
    ],
)
def test_a_proxy_is_accepted(url: str) -> None:
    urls.check_proxy("HTTPS_PROXY", url)


@pytest.mark.parametrize(
    ("url", "passwords"),
    [
        ("http://ada:s3cr%65t@proxy.test:3128", ["s3cr%65t", "s3cret"]),
        ("http://ada:s3@cret:1@proxy.test", ["s3@cret:1"]),
        ("ada:s3cret@proxy.test:3128", ["s3cret"]),
        ("http://ada:s3cret@[::1", ["s3cret"]),
        ("http://ada@proxy.test", [""]),
        ("http://proxy.test:3128", [""]),
        ("", [""]),
    ],
)
def test_the_passwords_of_proxies_are_found_also_in_what_is_no_url(
    url: str, passwords: list[str]
) -> None:
    assert list(urls.passwords_in([url])) == passwords


@pytest.mark.parametrize(
    "url, normal",
    [
        ("HTTPS://ACME.test/Pki/A?b=C", "https://acme.test/Pki/A?b=C"),
        ("https://acme.test:443/a", "https://acme.test/a"),
        ("http://acme.test:80/a", "http://acme.test/a"),
        ("https://acme.test:/a", "https://acme.test/a"),
        ("https://acme.test:80/a", "https://acme.test:80/a"),
        ("https://acme.test:8443", "https://acme.test:8443"),
        ("https://[::1]:443/a", "https://[::1]/a"),
        ("https://Ann:Key@ACME.test:443/a", "https://Ann:Key@acme.test/a"),
        (" https://ACME.test", " https://ACME.test"),
        ("https://ACME.test/a\n", "https://ACME.test/a\n"),
        ("ACME.test", "ACME.test"),
        ("https://[", "https://["),
        ("", ""),
    ],
)
def test_urls_are_compared_without_their_spelling(url: str, normal: str) -> None:
    assert urls.normalize_url(url) == normal
    assert urls.is_same_url(url, normal)
    assert not urls.is_same_url(None, normal)
