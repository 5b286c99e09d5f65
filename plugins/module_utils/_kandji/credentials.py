# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URL and the token of a Kandji (Iru) tenant, checked before anything is sent.

Action plugins use it too, which start without the libraries that clients need.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .._core.errors import BadOption
from .._http.auth import OKTA_TOKEN, check_token
from .._http.urls import is_loopback, parse_origin

_HOST = re.compile(r"[a-z0-9-]+\.api\.(eu\.)?(kandji\.io|iru\.com)")
_WEB_HOST = re.compile(r"([a-z0-9-]+)\.(?:web-api\.)?((?:eu\.)?(?:kandji\.io|iru\.com))")


def parse_api_url(url: str) -> str:
    """Return the origin of a tenant's API.

    Raises BadOption and names the API host where the web console's was given.
    """
    origin = parse_origin("kandji_api_url", url)
    host = (urlsplit(origin).hostname or "").lower()
    if is_loopback(host) or _HOST.fullmatch(host):
        return origin
    web = _WEB_HOST.fullmatch(host)
    hint = (
        f"https://{web.group(1)}.api.{web.group(2)}"
        if web
        else "https://SUBDOMAIN.api.kandji.io (or api.eu.kandji.io, api.iru.com, api.eu.iru.com)"
    )
    raise BadOption(
        f"kandji_api_url: {origin} is not the host of a Kandji or Iru API. Use {hint}, as the page"
        " Access > API tokens shows it."
    )


def check_api_token(token: str) -> None:
    """Raise BadOption for a text that is not one of Kandji's tokens. The message never holds it."""
    check_token("kandji_api_token", token)
    if OKTA_TOKEN.fullmatch(token):
        raise BadOption(
            "kandji_api_token: it has the form of Okta's API tokens. Set the token of Kandji"
            " (account menu > Access > API tokens)."
        )
