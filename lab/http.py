# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of a vendor's HTTP surface: named operations, answers, faults and the request log."""

from __future__ import annotations

import asyncio
import json
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path

from lab.clock import http_date, iso
from lab.contract.recorder import Exchange
from lab.state import RequestRecord, World


@dataclass
class Answer:
    """What a handler returns.

    A ``body`` of bytes is sent as it is, None as nothing, anything else as JSON. Each of ``links``
    is a Link header of its own.
    """

    body: t.Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    links: list[str] = field(default_factory=list)

    def content(self) -> bytes:
        """Return the body as it is sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Refusal(Exception):
    """An answer that a handler, or a function that it calls, raises to end the request."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Operation:
    """One documented operation of a vendor.

    ``permission`` is its scope or its entry in the token's permissions. ``chosen_by`` is a query
    parameter with its value: it distinguishes operations of one path and verb, as SCEP does.
    ``vendor`` is for the log of requests.
    """

    name: str
    verb: str
    path: str
    handler: t.Callable[[Call], Answer]
    writes: bool = False
    permission: str = ""
    bucket: str = ""
    chosen_by: tuple[str, str] = ("", "")
    vendor: str = ""

    def chosen(self, request: Request) -> bool:
        """Return whether a request to its path and verb is for this operation."""
        name, value = self.chosen_by
        return not name or request.query_params.get(name) == value


class Call:
    """One complete request, as a handler reads it."""

    def __init__(
        self, world: World, operation: Operation, request: Request, body: bytes, form: t.Any | None
    ) -> None:
        self.world = world
        self.operation = operation
        self.path = {name: str(value) for name, value in request.path_params.items()}
        self.query: dict[str, str] = dict(parse_qsl(request.url.query, keep_blank_values=True))
        self.raw_query = request.url.query
        self.request_path = request.url.path
        self.headers = request.headers
        self.base_url = f"https://{request.headers.get('host', '')}"
        self.body = body
        self.form: dict[str, t.Any] = dict(form) if form is not None else {}
        self.principal: t.Any = None
        # The name of the request's fault. The handler implements "stale".
        self.fault = ""

    def json(self) -> t.Any:
        """Return the parsed body. Raises ValueError."""
        return json.loads(self.body)


class VendorApp:
    """Base of the vendors' surfaces.

    A subclass lists its operations and defines authentication and limits.
    """

    vendor = "vendor"

    def __init__(self, world: World) -> None:
        self.world = world

    def operations(self) -> list[Operation]:
        """Return the vendor's operations."""
        raise NotImplementedError

    def admit(self, call: Call) -> None:
        """Authenticate, check permissions and limits, set ``call.principal``. Raises Refusal."""

    def too_many(self, call: Call, seconds: float, concurrency: bool) -> Answer:
        """Return the vendor's 429."""
        return Answer({"detail": "Request was throttled."}, 429, {"Retry-After": str(int(seconds))})

    def not_found(self, path: str) -> Answer:
        """Return the answer for an unknown path."""
        return Answer({"detail": "Not found."}, 404)

    def wrong_verb(self, path: str) -> Answer:
        """Return the answer for a known path with an unknown verb."""
        return self.not_found(path)

    def finish(self, call: Call | None, answer: Answer) -> None:
        """Add the headers of all answers of this vendor."""

    def application(self) -> Starlette:
        """Return the ASGI application."""
        places: dict[tuple[str, str], list[Operation]] = {}
        for operation in self.operations():
            places.setdefault((operation.path, operation.verb), []).append(operation)
        routes = [
            Route(path, self._endpoint(operations), methods=[verb])
            for (path, verb), operations in places.items()
        ]
        routes.append(
            Route(
                "/{rest:path}",
                self._answer_unknown,
                methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            )
        )
        return Starlette(routes=routes)

    def _endpoint(
        self, operations: list[Operation]
    ) -> t.Callable[[Request], t.Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            operation = next(
                (candidate for candidate in operations if candidate.chosen(request)), None
            )
            if operation is None:
                return await self._answer_unknown(request)
            form = None
            if request.headers.get("content-type", "").startswith(
                ("multipart/form-data", "application/x-www-form-urlencoded")
            ):
                parsed = await request.form()
                form = {
                    name: await value.read() if hasattr(value, "read") else value
                    for name, value in parsed.items()
                }
                body = b""
            else:
                body = await request.body()
            if self.world.options.latency:
                await asyncio.sleep(self.world.options.latency)
            with self.world.lock:
                call = Call(self.world, operation, request, body, form)
                fault = self.world.take_fault(operation.name)
                call.fault = fault.name if fault else ""
            if fault and fault.name == "slow":
                await asyncio.sleep(fault.seconds)
            if fault and fault.name == "hold":
                await self._hold(fault)
            with self.world.lock:
                answer = self._answer(call, fault)
                self._log(request, operation, answer)
            self._notify_observers(
                request, operation, answer, form if form is not None else body, fault
            )
            if fault and fault.name == "drop":
                return _Dropped()
            if fault and fault.name == "truncate":
                return _Truncated(answer)
            return self._response(answer)

        return endpoint

    async def _hold(self, fault: t.Any) -> None:
        """Wait until the fault is released; other requests are answered meanwhile."""
        self.world.held.append(fault)
        while fault in self.world.held:
            await asyncio.sleep(0.02)

    def _answer(self, call: Call, fault: t.Any) -> Answer:
        name = fault.name if fault else ""
        try:
            if name in ("429", "concurrency"):
                answer = self.too_many(call, fault.seconds, name == "concurrency")
            elif name == "5xx":
                answer = Answer(
                    b"<html><body>upstream error</body></html>",
                    fault.status,
                    {"Retry-After": fault.retry_after} if fault.retry_after else {},
                    media_type="text/html",
                )
            elif name == "html":
                answer = Answer(
                    b"<!DOCTYPE html><html><body>Please sign in to the corporate"
                    b" proxy</body></html>",
                    media_type="text/html",
                )
            else:
                self.admit(call)
                answer = call.operation.handler(call)
        except Refusal as refusal:
            answer = refusal.answer
        self.finish(call, answer)
        return answer

    async def _answer_unknown(self, request: Request) -> Response:
        with self.world.lock:
            path = request.url.path
            verbs = {
                operation.verb
                for operation in self.operations()
                if compile_path(operation.path)[0].match(path)
            }
            answer = (
                self.wrong_verb(path)
                if verbs and request.method not in verbs
                else self.not_found(path)
            )
            self.finish(None, answer)
            self._log(request, None, answer)
        self._notify_observers(request, None, answer)
        return self._response(answer)

    def _log(self, request: Request, operation: Operation | None, answer: Answer) -> None:
        now = self.world.clock.now()
        answer.headers.setdefault("Date", http_date(now))
        self.world.requests.append(
            RequestRecord(
                number=len(self.world.requests) + 1,
                at=iso(now),
                vendor=(operation and operation.vendor) or self.vendor,
                operation=operation.name if operation else "unknown",
                verb=request.method,
                path=request.url.path,
                query=request.url.query,
                status=answer.status,
                writes=operation.writes if operation else request.method != "GET",
                user_agent=request.headers.get("user-agent", ""),
                request_id=answer.headers.get("X-Okta-Request-Id", ""),
            )
        )

    def _notify_observers(
        self,
        request: Request,
        operation: Operation | None,
        answer: Answer,
        sent: t.Any = None,
        fault: t.Any = None,
    ) -> None:
        for observe in self.world.observers:
            observe(
                Exchange(
                    vendor=(operation and operation.vendor) or self.vendor,
                    operation=operation.name if operation else "",
                    verb=request.method,
                    path=request.url.path,
                    template=operation.path if operation else "",
                    query=tuple(parse_qsl(request.url.query, keep_blank_values=True)),
                    user_agent=request.headers.get("user-agent", ""),
                    sent_type=request.headers.get("content-type", "")
                    .partition(";")[0]
                    .strip()
                    .lower(),
                    sent=sent,
                    status=answer.status,
                    headers={
                        **answer.headers,
                        **({"Link": ", ".join(answer.links)} if answer.links else {}),
                    },
                    answer_type=answer.media_type.partition(";")[0],
                    answer=answer.body,
                    fault=bool(fault) and fault.name not in ("slow", "hold", "stale"),
                )
            )

    @staticmethod
    def _response(answer: Answer) -> Response:
        media_type = answer.media_type if answer.body is not None else None
        response = Response(
            answer.content(),
            status_code=answer.status,
            headers=answer.headers,
            media_type=media_type,
        )
        for link in answer.links:
            response.headers.append("Link", link)
        return response


class _Dropped(Response):
    """A connection that is cut before a byte of the answer; the request took effect."""

    async def __call__(self, scope: t.Any, receive: t.Any, send: t.Any) -> None:
        scope["lab.transport"]().abort()


class _Truncated(Response):
    """An answer whose head announces more content than is sent."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(b"")
        self.answer = answer

    async def __call__(self, scope: t.Any, receive: t.Any, send: t.Any) -> None:
        content = self.answer.content()
        headers = [
            (b"content-length", str(len(content)).encode()),
            (b"content-type", self.answer.media_type.encode()),
        ]
        await send(
            {"type": "http.response.start", "status": self.answer.status, "headers": headers}
        )
        await send(
            {"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True}
        )
        scope["lab.transport"]().close()
