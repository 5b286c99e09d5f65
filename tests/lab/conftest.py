# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kandji tenant and an Okta org to ask things of, without a network.

Requests go straight into the application.
"""

from __future__ import annotations

import asyncio
import json
import plistlib
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from lab.kandji.app import KandjiApp
from lab.kandji.tenant import Tenant
from lab.okta.devices.records import DeviceFacts
from lab.state import Options, World


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
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "method": request.method,
        "scheme": "https",
        "server": ("localhost", 443),
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
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
    answered: dict[str, str] = {}
    for name, value in sent[0][
        "headers"
    ]:  # a header that comes more than once is joined, as requests does it
        answered[name.decode()] = ", ".join(
            filter(None, (answered.get(name.decode()), value.decode()))
        )
    return Reply(
        sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])
    )


class KandjiClient:
    """Speaks to the tenant with its token: ``client.get("/blueprints", name="Can")``."""

    def __init__(self, world: World) -> None:
        self.token: str | None = world.kandji.api_token
        self.host = "localhost"
        self.application = KandjiApp(world).application()

    def send(
        self, verb: str, path: str, *, query: dict[str, t.Any] | None = None, **how: t.Any
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        target = f"https://{self.host}/api/v1{path}" + (f"?{urlencode(query)}" if query else "")
        return ask(
            self.application, requests.Request(verb, target, headers=headers, **how).prepare()
        )

    def get(self, path: str, **query: t.Any) -> Reply:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: t.Any = None) -> Reply:
        return self.send("POST", path, json=body)

    def upload(
        self, verb: str, path: str, fields: dict[str, str], document: dict[str, t.Any] | None = None
    ) -> Reply:
        files: dict[str, t.Any] = {name: (None, value) for name, value in fields.items()}
        if document is not None:
            files["file"] = (
                "profile.mobileconfig",
                plistlib.dumps(document),
                "application/octet-stream",
            )
        return self.send(verb, path, files=files)


class OktaClient:
    """Speaks to the org with its token: ``okta.get("/devices", limit=20)``."""

    def __init__(self, world: World) -> None:
        self.token: str | None = world.okta.api_token
        from lab.okta.app import OktaApp  # as below

        self.app = OktaApp(world)
        self.application = self.app.application()

    def send(
        self, verb: str, path: str, *, query: dict[str, t.Any] | None = None, **how: t.Any
    ) -> Reply:
        headers = {
            **({"Authorization": f"SSWS {self.token}"} if self.token else {}),
            **how.pop("headers", {}),
        }
        target = f"https://localhost{path}" + (f"?{urlencode(query)}" if query else "")
        return ask(
            self.application, requests.Request(verb, target, headers=headers, **how).prepare()
        )

    def get(self, path: str, **query: t.Any) -> Reply:
        return self.send("GET", f"/api/v1{path}", query=query)

    def post(self, path: str) -> Reply:
        return self.send("POST", f"/api/v1{path}")

    def delete(self, path: str) -> Reply:
        return self.send("DELETE", f"/api/v1{path}")

    def pages(self, path: str, **query: t.Any) -> list[list[t.Any]]:
        """All pages of a list, by its Link headers."""
        reply = self.get(path, **query)
        pages = [reply.json]
        while following := re.search(
            r'<https://localhost([^>]*)>; rel="next"', reply.headers["link"]
        ):
            reply = self.send("GET", following.group(1))
            pages.append(reply.json)
        return pages


class ControlClient:
    """Speaks to the control surface of a lab that is put together but not served."""

    def __init__(self, world: World, directory: Path) -> None:
        from lab.assembly import build  # as below

        self.world = world
        urls = {name: f"https://localhost/{name}" for name in ("okta", "kandji", "control")}
        applications, self.announcement = build(world, urls, directory / "ca.pem")
        self.token: str | None = self.announcement["control_token"]
        self.application = applications["control"]
        self.okta = applications["okta"]

    def send(self, verb: str, path: str, body: t.Any = None, **query: t.Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"}
        return ask(
            self.application,
            requests.Request(
                verb, f"https://localhost{path}", params=query, headers=headers, json=body
            ).prepare(),
        )

    def ask_okta(self, path: str) -> Reply:
        headers = {"Authorization": f"SSWS {self.world.okta.api_token}"}
        return ask(
            self.okta,
            requests.Request("GET", f"https://localhost{path}", headers=headers).prepare(),
        )


@pytest.fixture
def control(tmp_path: Path) -> ControlClient:
    return ControlClient(World(Options(macs=3)), tmp_path)


@pytest.fixture
def kandji(control: ControlClient) -> KandjiClient:
    """The tenant of the lab that ``control`` steers."""
    return KandjiClient(control.world)


@pytest.fixture
def okta_world() -> World:
    from lab.okta.org import Org

    world = World(Options(macs=0, limits="high"))
    world.okta = Org(world, "https://localhost")
    return world


@pytest.fixture
def org(okta_world: World) -> t.Any:
    return okta_world.okta


@pytest.fixture
def okta(okta_world: World) -> OktaClient:
    return OktaClient(okta_world)


@pytest.fixture
def register(org: t.Any) -> t.Callable[..., t.Any]:
    """Okta Verify registers a user, by default a new one, on a Mac."""

    def add(
        serial: str = "C02XK1ZAJG5J",
        login: str | None = None,
        account_device_id: str | None = None,
        **values: t.Any,
    ) -> t.Any:
        known = {user.login: user.id for user in org.users.values()}
        name = login or f"person{len(org.users)}@example.com"
        user_id = known.get(name) or org.add_user("Ana", "Silva", name).id
        defaults = {
            "udid": f"UDID-{serial}",
            "name": f"Mac {serial}",
            "model": "Mac14,2",
            "os_version": "26.1",
        }
        device = DeviceFacts(serial, **{**defaults, **values})
        return org.registry.register(user_id, device, account_device_id)

    return add


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
            "name": f"Mac {serial}",
            "udid": f"UDID-{serial}",
            "platform": "Mac",
            "model": "MacBook Air (M2, 2022)",
            "model_id": "Mac14,2",
            "os_version": "26.1",
            "build": "25B78",
            "enrolled_at": now,
            "last_check_in": now,
        }
        return kandji_world.kandji.add_device(
            serial=serial, blueprint_id=blueprint_id, **{**defaults, **values}
        )

    return add


@pytest.fixture
def scep_profile() -> dict[str, t.Any]:
    """A profile as somebody would upload it."""
    settings = {
        "URL": "https://scep.invalid/pki",
        "Challenge": "a-secret-challenge",
        "Keysize": 2048,
        "Key Type": "RSA",
        "Key Usage": 1,
        "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        "Retries": 5,
        "RetryDelay": 30,
    }
    inner = {
        "PayloadType": "com.apple.security.scep",
        "PayloadVersion": 1,
        "PayloadUUID": "inner",
        "PayloadIdentifier": "inner.scep",
        "PayloadContent": settings,
    }
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "mine",
        "PayloadUUID": "mine",
        "PayloadDisplayName": "Mine",
        "PayloadDescription": "kept",
        "PayloadContent": [inner],
    }
