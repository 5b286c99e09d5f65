# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that can be recognized wherever they come out, and a proxy that shows each request.

plant(lab)                       # the lab's tokens and its challenge are canaries from here on
proxy = EchoProxy(lab)
proxy.echo = lambda number, verb, path: Echo("HTML", 403) if number == 3 else None
"""

from __future__ import annotations

import base64
import contextlib
import copy
import html
import json
import plistlib
import threading
import typing as t
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote, urlencode

from lab.server import Lab
from tests.functional.helpers import examples
from tests.support.secret_search import find_traces

OKTA_TOKEN = "00canaryOkta-7Tq_Zx4Wv9LmKc2Rb8Yh5Nd3Js6Pf"
KANDJI_TOKEN = "c0ffee1a-94d7-4b3e-8a56-7e19f2d4b60c"
# What XML, URLs, shells, JSON and templates treat in another way.
CHALLENGE = "Cq7<Zx>&amp;\"kW'%2B/+=\\$(id)`;#ö Rt9vLm4Yb2"
NEW_CHALLENGE = "Vn3>Kd&quot;8'<%3C+=/\\${IFS}|ß Wy5pXs1Jg"  # after a reset
WIFI_PASSWORD = "Wf8&<Hj3>\"p/+Kq2\\zXv5'Bn7"
SCRIPT_LINE = "SECRET_OF_SCRIPT='s9&Jx<2>Lq\"7+vTb4Wm'"
WEBHOOK_PATH = "/services/T0canary/B7whk3Zr/q9XvLm2KpYt8Wd4Jn6Rb"
HOOK_SECRET = 'Hk5"<Vb8>&Yr2/+Mz7=Qw4Lt'
PROXY_PASSWORD = "Px6-Gt3_Nc8.Vr1~Zw5"

WIFI = copy.deepcopy(examples.WIFI)
WIFI["PayloadContent"][0]["Password"] = WIFI_PASSWORD  # type: ignore[index]  # of mixed types


def plant(lab: Lab, challenge: str = CHALLENGE) -> None:
    """Make canaries of the secrets of a running lab."""
    world, announcement = lab.world, lab.announcement
    with world.lock:
        world.okta.api_token = announcement["okta_api_token"] = OKTA_TOKEN
        world.kandji.api_token = announcement["kandji_api_token"] = KANDJI_TOKEN
        world.okta.platform.configuration.challenge = challenge
        announcement["scep_challenge"] = challenge


def secrets_of(lab: Lab) -> dict[str, str]:
    """Return what nothing may show after runs against a lab, by name."""
    announcement, oauth = lab.announcement, lab.world.okta.oauth
    key = announcement["okta_private_key"].splitlines()
    return {
        "Okta token": OKTA_TOKEN,
        "Kandji token": KANDJI_TOKEN,
        "challenge": CHALLENGE,
        "new challenge": NEW_CHALLENGE,
        "Wi-Fi password": WIFI_PASSWORD,
        "script": SCRIPT_LINE,
        "webhook": WEBHOOK_PATH,
        "hook secret": HOOK_SECRET,
        "proxy password": PROXY_PASSWORD,
        **{f"private key, line {n}": line for n, line in enumerate(key) if "-----" not in line},
        **{f"access token {n}": token for n, token in enumerate(list(oauth.tokens)[-3:])},
    }


def leaks(lab: Lab, *texts: str) -> dict[str, list[str]]:
    """Return which secrets of a lab the texts hold, and in which encodings."""
    return find_traces(secrets_of(lab), texts)


def with_canaries(stage: examples.Stage) -> None:
    """Let the files of the examples hold canaries."""
    wifi = plistlib.dumps(WIFI).decode()
    stage.put("{{ lookup('ansible.builtin.template', 'wifi.mobileconfig.j2') }}", wifi)
    announcement = stage.watched.lab.announcement
    stage.put("0oa1b2c3d4e5f6g7h8i9", announcement["okta_client_id"])
    stage.put("{{ vault_okta_private_key }}", announcement["okta_private_key"])
    stage.put("#!/bin/zsh\n", f"#!/bin/zsh\n{SCRIPT_LINE}\n")


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> t.Iterator[str]:
    """Yield host and port of a server that answers by a handler."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def refusing_proxy() -> t.Iterator[str]:
    """Yield the URL of a proxy, with a password. It refuses, and shows how it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            sent = self.headers["Proxy-Authorization"]
            plain = base64.b64decode(sent.partition(" ")[2]).decode().replace(":", ", ")
            self.send_response_only(407, f"{plain.split(',')[0]}, {sent} {plain}")
            self.end_headers()

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    with serving(Handler) as place:
        yield f"http://company:{PROXY_PASSWORD}@{place}"


@contextlib.contextmanager
def webhook(status: int) -> t.Iterator[str]:
    """Yield the address of a webhook, which is a secret. It answers with the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(f"{self.path} {body!r}".encode())

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    with serving(Handler) as place:
        yield f"http://{place}{WEBHOOK_PATH}"


# Echoes


@dataclass(frozen=True)
class Echo:
    """An answer that shows its request: in which form, and with which status."""

    form: str
    status: int


def _as_json(text: str, **more: t.Any) -> str:
    """Return the fields that Okta and Kandji name their errors in."""
    return json.dumps(
        {
            "errorCode": "E0000001",
            "errorSummary": f"Bad request: {text}",
            "errorCauses": [{"errorSummary": text}],
            "detail": [f"Bad request: {text}"],
            **more,
        }
    )


FORMS: dict[str, tuple[str, t.Callable[[str], str]]] = {
    "JSON": ("application/json", _as_json),
    "JSON by field": (
        "application/json",
        lambda text: json.dumps({"request": {"head and body": text.split("\r\n"), text: "bad"}}),
    ),
    "JSON in JSON": ("application/json", lambda text: _as_json(json.dumps({"request": text}))),
    "OAuth": (
        "application/json",
        lambda text: json.dumps({"error": text, "error_description": text}),
    ),
    "HTML": ("text/html", lambda text: f"<html><pre>{html.escape(text)}</pre></html>"),
    "HTML in JSON": ("application/json", lambda text: _as_json(html.escape(text))),
    "form": ("application/x-www-form-urlencoded", lambda text: urlencode({"request": text})),
    "URL of XML": ("text/plain", lambda text: quote(html.escape(text), safe="")),
    "text": ("text/plain", lambda text: text),
    "repr": ("text/plain", repr),
    "base64": ("text/plain", lambda text: base64.b64encode(text.encode()).decode()),
    "base64 in JSON": (
        "application/json",
        lambda text: _as_json(base64.b64encode(f"x{text}".encode()).decode()),
    ),
    "hexadecimal": ("application/json", lambda text: _as_json(text.encode().hex())),
    "lower case": ("application/json", lambda text: _as_json(text.lower())),
}
STATUSES = (400, 403, 401, 404, 422, 500)

Scope = t.MutableMapping[str, t.Any]
Message = t.MutableMapping[str, t.Any]
Receive = t.Callable[[], t.Awaitable[Message]]
Send = t.Callable[[Message], t.Awaitable[None]]


class EchoProxy:
    """Stands in front of both vendors of a lab.

    ``echo`` decides by the number of the request, its verb and its path which one is answered by
    what it sent, and in which form. A request that is echoed does not reach the vendor.
    """

    def __init__(self, lab: Lab) -> None:
        self.requests: list[tuple[str, str]] = []
        self.echoed = 0
        self.echo: t.Callable[[int, str, str], Echo | None] = lambda *_request: None
        for name in ("okta", "kandji"):
            lab._applications[name] = self._in_front_of(lab._applications[name])

    def begin(self) -> None:
        """Count the requests from the beginning."""
        self.requests.clear()

    def _in_front_of(self, application: t.Any) -> t.Any:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            agent = dict(scope.get("headers", ())).get(b"user-agent", b"")
            if scope["type"] != "http" or b"lab Mac" in agent:
                await application(scope, receive, send)
                return
            number = len(self.requests)
            self.requests.append((scope["method"], scope["path"]))
            echo = self.echo(number, scope["method"], scope["path"])
            if echo is None:
                await application(scope, receive, send)
                return
            self.echoed += 1
            await _send_echo(echo, scope, await _read_body(receive), send)

        return answer


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _send_echo(echo: Echo, scope: Scope, body: bytes, send: Send) -> None:
    headers = [f"{name.decode()}: {value.decode('latin-1')}" for name, value in scope["headers"]]
    line = f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}"
    request = "\r\n".join([line, *headers, "", body.decode("utf-8", "replace")])
    media_type, write = FORMS[echo.form]
    content = write(request).encode()
    head = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"x-okta-request-id", next((h for h in headers if "authorization" in h), "").encode()),
    ]
    await send({"type": "http.response.start", "status": echo.status, "headers": head})
    await send({"type": "http.response.body", "body": content})
