# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URL and the tokens of an Okta org, checked before anything is sent.

Action plugins use it too, which start without the libraries that clients need.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ..._core.errors import BadOption
from ..._http.auth import KANDJI_TOKEN, check_token
from ..._http.urls import parse_origin
from ..._kandji.constants import DOMAINS as KANDJI_DOMAINS


def parse_org_url(url: str) -> str:
    """Return the origin of an Okta org.

    Raises BadOption. Custom domains are fine, the Admin Console's host and Kandji's are not.
    """
    origin = parse_origin("okta_org_url", url)
    host = urlsplit(origin).hostname or ""
    if host.endswith(tuple(f".{domain}" for domain in KANDJI_DOMAINS)):
        raise BadOption(
            f"okta_org_url: {origin} is a host of Kandji. Set the URL of the Okta org, such as"
            " https://acme.okta.com."
        )
    first, dot, rest = host.partition(".")
    if first.endswith("-admin") and rest:
        right = origin.replace(host, first[: -len("-admin")] + dot + rest)
        raise BadOption(
            f"okta_org_url: {origin} is the Admin Console, which is not an API host. Use {right}."
        )
    return origin


def check_okta_token(option: str, token: str) -> None:
    """Raise BadOption for a text that is not one of Okta's tokens. The message never holds it."""
    check_token(option, token)
    if KANDJI_TOKEN.fullmatch(token):
        raise BadOption(
            f"{option}: it has the form of Kandji's API tokens. Set the token of Okta (Security >"
            " API > Tokens)."
        )
