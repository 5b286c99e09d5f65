# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's event hooks: answers the one-time challenge, and hands on each delivery once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_event_hook
short_description: Events that Okta sends by an event hook
version_added: 0.1.0
description:
  - Listens for Okta's deliveries. It answers the one-time GET request with which Okta verifies the
    address, and takes no delivery that lacks the
    secret that Okta was given for this hook.
  - A delivery is answered at once and handed on afterwards, since Okta waits three seconds. One
    that comes twice is handed on once.
    What was taken and not yet handed on is lost when ansible-rulebook ends;
    O(devicetrust.okta_kandji.okta_system_log) loses nothing.
  - A connection has ten seconds for a complete request. At most 512 are open, and no more than half
    of the files that the process may open. The oldest one without a complete request gives way to
    a new one.
  - Okta sends C(device.enrollment.*), C(device.lifecycle.*), C(device.user.*) and denials by event
    hooks. It sends no C(pki.*) and no C(device.platform.*).
  - An event has the members that Okta gives it, and C(device_trust), as those of the log have.
  - It needs ansible-core in the Python that runs ansible-rulebook.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
requirements:
  - ansible-core
options:
  host:
    description: Address to listen on.
    type: str
    default: 127.0.0.1
  port:
    description: TCP port to listen on.
    type: int
    required: true
  path:
    description: Path of the address that Okta was given.
    type: str
    default: /okta
  auth_header:
    description: Name of the header that bears the secret, as the hook in Okta has it.
    type: str
    default: Authorization
  auth_value:
    description:
      - The whole value of that header, as the hook in Okta has it. It must not be blank.
      - If not set, the environment variable E(OKTA_EVENT_HOOK_SECRET) is used.
    type: str
    required: true
  certfile:
    description: File with the certificate of this address and its chain (PEM). Without it it speaks
      HTTP, for a proxy in front that speaks HTTPS with Okta.
    type: path
  keyfile:
    description: File with the private key that belongs to it (PEM). Not needed where O(certfile)
      holds it too.
    type: path
  backlog:
    description: How many deliveries may wait to be handed on. More of them, or of more than 64 MiB,
      are answered with 503, and Okta sends them once more.
    type: int
    default: 1000
"""

EXAMPLES = r"""
- name: What Okta sends
  hosts: localhost
  sources:
    - devicetrust.okta_kandji.okta_event_hook:
        port: 8443
        host: 0.0.0.0
        certfile: /etc/device-trust/fullchain.pem
        keyfile: /etc/device-trust/privkey.pem
  rules:
    - name: A device was enrolled
      condition: event.eventType == "device.enrollment.create"
      action:
        debug:
"""

import asyncio
import importlib
import logging
import ssl
import sys
import time
import typing as t
from pathlib import Path

from aiohttp import web
from aiohttp.http import HttpProcessingError
from ansible.module_utils.basic import env_fallback

# ansible-rulebook runs this file by its path, and imports from no collection. Ansible's own loader
# would keep it from running its other files so.
for _place in Path(__file__).parents:
    if _place.name == "ansible_collections" and str(_place.parent) not in sys.path:
        sys.path.insert(0, str(_place.parent))
        _package = importlib.import_module(_place.name)
        if (
            str(_place) not in _package.__path__
        ):  # the package ansible brings one that knows its own place alone
            _package.__path__.append(str(_place))

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.listener import (
    Listener,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.urls import (
    is_loopback,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events import (
    hooks as hook,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.sources import (
    Seen,
    options,
    prepared,
)

OPTIONS: dict[str, dict[str, t.Any]] = {
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "required": True},
    "path": {"type": "str", "default": "/okta"},
    "auth_header": {"type": "str", "default": "Authorization"},
    "auth_value": {
        "type": "str",
        "required": True,
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_EVENT_HOOK_SECRET"]),
    },
    "certfile": {"type": "path"},
    "keyfile": {"type": "path"},
    "backlog": {"type": "int", "default": 1000},
}
LARGEST_BODY = 16 * 1024 * 1024  # bytes
LARGEST_BACKLOG = 64 * 1024 * 1024  # bytes of the deliveries that wait
LOG_EVERY = 60.0  # seconds between two equal lines
LOGGER = logging.getLogger(__name__)


class Sparing(logging.Filter):
    """Lets a line pass once a minute, so that many bad requests do not fill a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, tuple[float, int]] = {}  # when it passed, and how often since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes; say how many did not."""
        text, now = record.getMessage(), time.monotonic()
        passed, since = self._lines.get(text, (0.0, 0))
        if text in self._lines and now - passed < LOG_EVERY:
            self._lines[text] = (passed, since + 1)
            return False
        if len(self._lines) >= 100:  # texts of requests are not in them, so that they are few
            self._lines.clear()
        self._lines[text] = (now, 0)
        if since:
            record.msg, record.args = f"{text} ({since} more of these since the last one)", ()
        return True


class OneLine(logging.LoggerAdapter):  # type: ignore[type-arg]  # not generic before Python 3.11
    """Log a request that aiohttp cannot read, or that ends early, without a traceback."""

    def process(
        self, msg: t.Any, kwargs: t.MutableMapping[str, t.Any]
    ) -> tuple[t.Any, t.MutableMapping[str, t.Any]]:
        """Return the message with the kind of the error. Its text may hold parts of the request."""
        error = kwargs.get("exc_info")
        error = sys.exc_info()[1] if error is True else error
        error = error[1] if isinstance(error, tuple) else error
        if isinstance(error, (HttpProcessingError, ConnectionError)):
            return f"{msg} ({type(error).__name__})", {**kwargs, "exc_info": None}
        return msg, kwargs


class Receiver:
    """Answers Okta's requests, and keeps their events until the queue takes them."""

    def __init__(self, params: t.Mapping[str, t.Any]) -> None:
        self._header, self._secret = params["auth_header"], params["auth_value"]
        self._waiting: asyncio.Queue[tuple[hook.Delivery, int]] = asyncio.Queue(params["backlog"])
        self._bytes = 0  # of the bodies of the deliveries that wait
        self._deliveries, self._events = Seen(), Seen()

    async def verify(self, request: web.Request) -> web.Response:
        """Answer the request that verifies the address.

        Okta does not document whether it carries the secret: only a wrong one is refused.
        """
        secret = request.headers.get(self._header)
        answer = hook.answer_to(request.headers.get(hook.CHALLENGE))
        if secret is not None and not hook.is_authorized(secret, self._secret):
            return self._refuse(401, "The header with the secret is wrong.")
        if answer is None:
            return self._refuse(400, f"There is no {hook.CHALLENGE}.")
        LOGGER.info("Okta verified the address.")
        return web.json_response(answer)

    async def take(self, request: web.Request) -> web.Response:
        """Accept a delivery; answer as soon as it is read."""
        if not hook.is_authorized(request.headers.get(self._header), self._secret):
            return self._refuse(401, "The header with the secret is missing or wrong.")
        try:
            body = await request.read()
            delivery = hook.read(body)
        except ValueError as problem:
            return self._refuse(400, str(problem))
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(413, f"The body has more than {LARGEST_BODY} bytes.")
        except ConnectionError:
            return self._refuse(400, "The connection ended before the body did.")
        if delivery.event_id not in self._deliveries:
            if self._waiting.full() or (self._bytes and self._bytes + len(body) > LARGEST_BACKLOG):
                return self._refuse(503, "Too many deliveries wait to be handed on.")
            self._waiting.put_nowait((delivery, len(body)))
            self._bytes += len(body)
            self._deliveries.add(delivery.event_id)
        return web.Response(status=204)

    @staticmethod
    def _refuse(status: int, reason: str) -> web.Response:
        LOGGER.warning("A request was refused with %d: %s", status, reason)
        return web.Response(status=status, text=reason)

    async def hand_on(self, queue: t.Any) -> None:
        """Put events into the queue, without an end."""
        while True:
            delivery, size = await self._waiting.get()
            self._bytes -= size
            for event in delivery.events:
                name = str(event.get("uuid") or "")
                if not name or name not in self._events:
                    await queue.put(prepared(event))
                    self._events.add(name)

    def describe_loss(self) -> str | None:
        """Return what to warn of when the source ends while deliveries wait, else None."""
        waiting = self._waiting.qsize()
        if not waiting:
            return None
        return (
            f"{waiting} deliveries were accepted and are not handed on. Okta does not send them"
            " again. Their events are in its System Log."
        )


def make_context(params: t.Mapping[str, t.Any]) -> ssl.SSLContext | None:
    """Return the TLS context; raise BadOption if the files are not a certificate and its key."""
    if not params["certfile"]:
        if params["keyfile"]:
            raise BadOption(
                "certfile: it is not given, and keyfile alone makes no HTTPS. Set it, too."
            )
        if not is_loopback(params["host"]):
            LOGGER.warning(
                "Without certfile the secret passes the network in the clear between this address"
                " and the proxy in front of it."
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(params["certfile"], params["keyfile"], password=_no_passphrase)
    except (OSError, ValueError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            else "they are no certificate and its key, as PEM"
        )
        raise BadOption(
            f"certfile, keyfile: {params['certfile']} and {params['keyfile'] or 'no further file'}"
            f" cannot be used ({reason}). Name a certificate and its key, as PEM,"
            " without a passphrase."
        ) from None
    return context


def _no_passphrase() -> str:
    raise ValueError("the key is encrypted")  # OpenSSL would prompt at the terminal


async def main(queue: t.Any, args: dict[str, t.Any]) -> None:
    """Run the event source, as ansible-rulebook calls it."""
    params = options(args, OPTIONS)
    if not params["path"].startswith("/"):
        raise BadOption("path: it has to begin with a slash. Write it like /okta.")
    receiver, context, sparing = Receiver(params), make_context(params), Sparing()

    def handle() -> t.Any:
        return t.cast(web.Server, runner.server)()

    listener = Listener(handle, context, LOGGER.warning)
    application = web.Application(client_max_size=LARGEST_BODY, middlewares=[keep_or_end(listener)])
    application.router.add_get(params["path"], receiver.verify)
    application.router.add_post(params["path"], receiver.take)
    runner = web.AppRunner(application, access_log=None, logger=OneLine(LOGGER, {}))
    LOGGER.addFilter(sparing)
    try:
        await runner.setup()
        await _serve(listener, (params["host"], params["port"]), receiver.hand_on(queue))
    finally:
        await runner.cleanup()
        loss = receiver.describe_loss()
        if loss:
            LOGGER.warning("%s", loss)
        LOGGER.removeFilter(sparing)


def keep_or_end(listener: Listener) -> t.Any:
    """Return what keeps the connection of a request that is accepted, and ends that of another."""

    @web.middleware
    async def middleware(request: web.Request, handler: t.Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as refusal:  # of another path or verb, for example
            refusal.force_close()
            raise
        if response.status < 400:
            listener.extend(request.protocol)
        else:
            response.force_close()
        return response

    return middleware


async def _serve(
    listener: Listener, address: tuple[str, int], handing_on: t.Coroutine[t.Any, t.Any, None]
) -> None:
    """Answer requests and hand on what they brought, without an end."""
    tasks = [asyncio.create_task(handing_on)]
    try:
        try:
            addresses = await listener.open(*address)
        except OSError as error:
            raise BadOption(
                f"host, port: {address[0]}:{address[1]} cannot be listened on ({error.strerror})."
            ) from None
        LOGGER.info("Listening on %s.", ", ".join(f"{each[0]}:{each[1]}" for each in addresses))
        tasks.append(asyncio.create_task(listener.serve()))
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        listener.close()
