# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the page at the control surface's root. ``data`` has what they show."""

from __future__ import annotations

import typing as t
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
HEADERS = {
    # Scripts, styles and data of this origin alone, nothing inline. Text cannot become markup.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src"
        " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def routes() -> list[Route]:
    """Return the routes of the files, which need no token: they hold no data of a lab."""
    return [Route(path, _file(*known), methods=["GET"]) for path, known in FILES.items()]


def _file(name: str, media_type: str) -> t.Callable[[Request], t.Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return Response((HERE / name).read_bytes(), media_type=media_type, headers=HEADERS)

    return serve
