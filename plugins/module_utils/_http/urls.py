# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Origins, page links, and how many terms fit a URL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from .._core.errors import BadOption

PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
MAX_FILTER_TERMS = 40  # serials or ids in one query, by the length of a URL


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def parse_origin(option: str, url: str) -> str:
    """Return the origin (scheme, host, port) of an option's URL, without a trailing slash.

    Raises BadOption.
    """
    parts = split_url(url if "//" in url else f"https://{url}")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadOption(
            f"{option}: the port in {url!r} is not a number up to 65535. Correct it."
        ) from None
    if not parts.hostname:
        raise BadOption(f"{option}: {url!r} is not a URL. Give it as https://host.")
    if parts.hostname.endswith("."):
        raise BadOption(
            f"{option}: the host in {url!r} ends with a dot. Use"
            f" https://{parts.hostname.rstrip('.')}{port}."
        )
    if parts.username or parts.password:
        raise BadOption(
            f"{option}: the URL holds a user name or password. Give the token by its own option."
        )
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise BadOption(
            f"{option}: {url!r} is not https, and a token is only sent over https. Use"
            f" https://{parts.hostname}{port}."
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadOption(
            f"{option}: {url!r} has a path or a query. Give the host alone:"
            f" {parts.scheme}://{parts.hostname}{port}."
        )
    return f"{parts.scheme}://{parts.hostname}{port}"


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL, empty ones for a text that is not a URL, such as "https://["."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def normalize_url(url: str) -> str:
    """Return a URL without what spells it alone, to compare it with another one.

    Scheme and host are in lower case, and a default port is left out. A text that is not a URL, or
    that has blanks, is returned unchanged.
    """
    parts = split_url(url)
    if not parts.netloc or url.split() != [url]:
        return url
    user, at, host = parts.netloc.rpartition("@")
    host = host.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ":")).removesuffix(":")
    return parts._replace(netloc=f"{user}{at}{host}").geturl()


def is_same_url(first: object, second: str) -> bool:
    """Return whether two URLs differ in their spelling at most."""
    return isinstance(first, str) and normalize_url(first) == normalize_url(second)


def batches(values: Sequence[str], size: int = MAX_FILTER_TERMS) -> list[list[str]]:
    """Return the values in lists that each fit the URL of one query."""
    return [list(values[start : start + size]) for start in range(0, len(values), size)]


def check_proxy(name: str, url: str) -> None:
    """Raise BadOption for the URL of a proxy that no request can be sent by.

    The message does not hold it, since it may hold a password.

    :arg name: where it is set, such as HTTPS_PROXY.
    """
    parts = split_url(url if "://" in url else f"http://{url.lstrip('/')}")
    try:
        host = (parts.hostname or "").encode("idna")
        is_wrong = parts.port == 0 or not re.fullmatch(rb"[\w.:-]+", host)
    except ValueError:  # a port that is not a number, a name that no host can have
        is_wrong = True
    if is_wrong or parts.scheme not in PROXY_SCHEMES:
        raise BadOption(
            f"{name}: it is not the URL of a proxy. Write it like http://proxy.example.com:3128, or"
            " unset it."
        )


def passwords_in(urls: Iterable[str]) -> Iterator[str]:
    """Yield the passwords that URLs hold, as they are written and as they are sent."""
    for url in urls:
        authority = url.rpartition("//")[2].rpartition("@")[0]
        password = authority.partition(":")[2]
        yield from dict.fromkeys((password, unquote(password)))
