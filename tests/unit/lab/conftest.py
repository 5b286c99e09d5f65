# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kandji tenant to ask things of, without a network: requests go straight into the application."""

from __future__ import annotations

import asyncio
import json
import plistlib
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from lab.kandji.app import KandjiApp
from lab.kandji.tenant import Tenant
from lab.world import Options, World


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> t.Any:
        return json.loads(self.content)


def ask(application: t.Any, request: requests.PreparedRequest) -> Reply:
    """Send a prepared request into an ASGI application."""
    parts = urlsplit(str(request.url))
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = {**request.headers, "host": parts.netloc}
    scope = {
        "type": "http", "http_version": "1.1", "asgi": {"version": "3.0"}, "method": request.method, "scheme": "https", "server": ("localhost", 443),
        "path": parts.path, "raw_path": parts.path.encode(), "root_path": "", "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[dict[str, t.Any]] = []

    async def run() -> None:
        async def receive() -> dict[str, t.Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, t.Any]) -> None:
            sent.append(message)

        await application(scope, receive, send)

    asyncio.run(run())
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:]))


class KandjiClient:
    """Speaks to the tenant with its token: ``client.get("/blueprints", name="Can")``."""

    def __init__(self, world: World) -> None:
        self.token: t.Optional[str] = world.kandji.api_token
        self.application = KandjiApp(world).application()

    def send(self, verb: str, path: str, *, query: t.Optional[dict[str, t.Any]] = None, **how: t.Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        target = f"https://localhost/api/v1{path}" + (f"?{urlencode(query)}" if query else "")
        return ask(self.application, requests.Request(verb, target, headers=headers, **how).prepare())

    def get(self, path: str, **query: t.Any) -> Reply:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: t.Any = None) -> Reply:
        return self.send("POST", path, json=body)

    def upload(self, verb: str, path: str, fields: dict[str, str], document: t.Optional[dict[str, t.Any]] = None) -> Reply:
        files: dict[str, t.Any] = {name: (None, value) for name, value in fields.items()}
        if document is not None:
            files["file"] = ("profile.mobileconfig", plistlib.dumps(document), "application/octet-stream")
        return self.send(verb, path, files=files)


@pytest.fixture
def kandji_world() -> World:
    world = World(Options(macs=0))
    world.kandji = Tenant(world, "https://localhost")
    return world


@pytest.fixture
def tenant(kandji_world: World) -> Tenant:
    return t.cast(Tenant, kandji_world.kandji)


@pytest.fixture
def client(kandji_world: World) -> KandjiClient:
    return KandjiClient(kandji_world)


@pytest.fixture
def add_device(kandji_world: World) -> t.Callable[..., t.Any]:
    """Makes devices; what a test does not care about has a default."""

    def add(blueprint_id: str = "", serial: str = "C02XK1ZAJG5J", **values: t.Any) -> t.Any:
        now = kandji_world.clock.now()
        defaults = {
            "name": f"Mac {serial}", "udid": f"UDID-{serial}", "platform": "Mac", "model": "MacBook Air (M2, 2022)", "model_id": "Mac14,2",
            "os_version": "26.1", "build": "25B78", "enrolled_at": now, "last_check_in": now,
        }
        return kandji_world.kandji.add_device(serial=serial, blueprint_id=blueprint_id, **{**defaults, **values})

    return add


@pytest.fixture
def scep_profile() -> dict[str, t.Any]:
    """A profile as somebody would upload it."""
    settings = {
        "URL": "https://scep.invalid/pki", "Challenge": "a-secret-challenge", "Keysize": 2048, "Key Type": "RSA", "Key Usage": 1,
        "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]], "Retries": 5, "RetryDelay": 30,
    }
    inner = {
        "PayloadType": "com.apple.security.scep", "PayloadVersion": 1, "PayloadUUID": "inner", "PayloadIdentifier": "inner.scep",
        "PayloadContent": settings,
    }
    return {
        "PayloadType": "Configuration", "PayloadVersion": 1, "PayloadIdentifier": "mine", "PayloadUUID": "mine", "PayloadDisplayName": "Mine",
        "PayloadDescription": "kept", "PayloadContent": [inner],
    }
