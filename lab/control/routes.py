# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application of the control surface: its routes, its bearer token, its threads.

A test, or a person at a rehearsal, changes and inspects the lab through it. No vendor has any of
it. The modules next to this one hold the operations by what they act on.
"""

from __future__ import annotations

import asyncio
import threading
import typing as t

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab import page
from lab.control import kandji
from lab.control.okta import OktaControls
from lab.control.okta_users import UserControls
from lab.control.schemas import BadRequest, ControlRequest, ControlRoute, parse_body
from lab.control.world import Begin, WorldControls
from lab.http import VendorApp
from lab.kandji.web_app import Mistake
from lab.okta.app import OktaApp
from lab.state import World


class Control:
    """The control surface. Each of its routes requires its bearer token."""

    def __init__(
        self,
        world: World,
        okta: OktaApp,
        kandji: VendorApp,
        begin: Begin | None = None,
        token: str = "",
    ) -> None:
        self.world = world
        self._okta = okta
        self._kandji = kandji
        self._begin = begin
        # It is drawn even if a token is given: the draws that follow depend on it.
        new_token = world.okta.new_id("lab-")
        self.token = token or new_token

    def application(self) -> Starlette:
        """Return the application that serves all operations and the page."""
        operations = [*self._okta.operations(), *self._kandji.operations()]
        controls = [
            *WorldControls(self.world, {entry.name for entry in operations}, self._begin).routes(),
            *OktaControls(self.world, self._okta).routes(),
            *UserControls(self.world).routes(),
            *kandji.routes(self.world.kandji, self._kandji.operations()),
        ]
        return Starlette(routes=[*map(self._route, controls), *page.routes()])

    def _route(self, control: ControlRoute) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._answer(request, control)

        return Route(control.path, endpoint, methods=[control.verb])

    async def _answer(self, request: Request, control: ControlRoute) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "The control token is missing or wrong."}, 401)
        try:
            parsed = ControlRequest(
                body=parse_body(await request.body()),
                query=request.query_params,
                key=request.path_params.get("key", ""),
            )
            return JSONResponse(await self._run(control, parsed))
        except (BadRequest, Mistake) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    async def _run(self, control: ControlRoute, request: ControlRequest) -> t.Any:
        if control.in_thread:
            return await _run_in_thread(lambda: control.handler(request))
        with self.world.lock:
            return control.handler(request)


async def _run_in_thread(function: t.Callable[[], t.Any]) -> t.Any:
    """Return what a function returns that runs in a thread which does not keep the process alive.

    A lab that has to stop does not wait for its Macs.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[t.Any] = loop.create_future()

    def settle(error: BaseException | None, value: t.Any) -> None:
        if not future.cancelled():
            future.set_exception(error) if error else future.set_result(value)

    def run() -> None:
        error, value = None, None
        try:
            value = function()
        except Exception as problem:  # it is raised again where it is awaited
            error = problem
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error, value)

    threading.Thread(target=run, name="lab acting", daemon=True).start()
    return await future
