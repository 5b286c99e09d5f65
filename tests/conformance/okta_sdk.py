# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's official Python SDK, as it is published, at the lab's org.

What its tests share. conftest.py hands the fixtures out.
"""

from __future__ import annotations

import asyncio
import ssl
import typing as t
from importlib.metadata import version

import pytest
import requests

from lab.okta.devices.records import DeviceFacts
from lab.server import Lab
from lab.state import Options

SDK = f"Okta SDK {version('okta')}"
MACS = 6


class SdkError(Exception):
    """What the SDK returned as an error; ``code`` is Okta's."""

    def __init__(self, error: t.Any) -> None:
        super().__init__(str(error))
        self.code = getattr(error, "error_code", "")


class Sdk:
    """The SDK's client, to be called without await:

    ``sdk.get_device(id)`` returns what the SDK made of the answer, or raises SdkError.

    It is given a session that trusts the lab's CA, because its own option for that (``sslContext``)
    fails on a copy of the context. And it keeps only the first of an answer's Link headers, so that
    the link to the next page is read from the session's answers.
    """

    def __init__(
        self, runner: asyncio.Runner, session: t.Any, answers: list[t.Any], config: dict[str, t.Any]
    ) -> None:
        from okta.client import Client  # it takes 3 seconds: only where it is used

        self._runner, self._answers = runner, answers
        client: t.Any = Client(config)  # not all of it has types
        client.get_request_executor().set_session(session)
        self._client = client

    def __getattr__(self, operation: str) -> t.Callable[..., t.Any]:
        def call(*arguments: t.Any, **options: t.Any) -> t.Any:
            self._answers.clear()
            *found, error = self._runner.run(
                getattr(self._client, operation)(*arguments, **options)
            )
            if error:
                raise SdkError(error)
            return found[0] if found else None

        return call

    def pages(self, operation: str, **options: t.Any) -> t.Iterator[list[t.Any]]:
        """The pages of a list, each by the cursor in the link of the one before."""
        while True:
            yield getattr(self, operation)(**options)
            following = self._answers[-1].links.get("next")
            if following is None:
                return
            options["after"] = following["url"].query["after"]

    @property
    def statuses(self) -> list[int]:
        """Of the last call, its retries included."""
        return [answer.status for answer in self._answers]


@pytest.fixture(scope="module")
def org_lab() -> t.Iterator[Lab]:
    with Lab(Options(macs=MACS, limits="high")) as running:
        told = running.announcement
        limits = {
            "devices": None,
            "other": None,
            "logs": None,
        }  # these tests ask more in a minute than an org allows
        requests.patch(
            told["control_url"] + "/limits",
            json=limits,
            headers={"Authorization": f"Bearer {told['control_token']}"},
            verify=told["ca_file"],
            timeout=30,
        ).raise_for_status()
        yield running


@pytest.fixture(scope="module")
def runner() -> t.Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def connect(
    org_lab: Lab, runner: asyncio.Runner
) -> t.Iterator[t.Callable[[dict[str, t.Any]], Sdk]]:
    """Makes an SDK of a configuration without the org's URL. All of them share a session."""
    import aiohttp

    answers: list[t.Any] = []

    async def keep(_session: t.Any, _context: t.Any, seen: t.Any) -> None:
        answers.append(seen.response)

    async def opened() -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(keep)
        trusted = ssl.create_default_context(cafile=org_lab.announcement["ca_file"])
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted), trace_configs=[trace]
        )

    session = runner.run(opened())
    yield lambda config: Sdk(
        runner, session, answers, {"orgUrl": org_lab.announcement["okta_url"], **config}
    )
    runner.run(session.close())


@pytest.fixture
def sdk(org_lab: Lab, connect: t.Callable[[dict[str, t.Any]], Sdk]) -> Sdk:
    return connect({"token": org_lab.announcement["okta_api_token"]})


@pytest.fixture
def register(org_lab: Lab) -> t.Callable[..., t.Any]:
    """A device record of its own for a test: its user registers it with Okta Verify."""

    def make(serial: str) -> t.Any:
        org = org_lab.world.okta
        with org_lab.world.lock:
            user = org.add_user("Ann", "Example", f"{serial.lower()}@example.com")
            return org.registry.register(
                user.id,
                DeviceFacts(
                    serial=serial,
                    udid=f"udid-{serial}",
                    name=f"Mac {serial}",
                    model="MacBookPro18,3",
                    os_version="15.1",
                ),
            )

    return make
