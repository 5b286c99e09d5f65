# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of Okta's System Log, each once, also over restarts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_system_log
short_description: Events of Okta's System Log, each once, also over restarts
version_added: 0.1.0
description:
  - Polls the log as Okta means it to be polled, page by page along Okta's own links, so that an
    event that comes late into the log is not missed.
  - A page with events is followed at once by the next one, and only an empty page is the end.
  - Its position is kept in O(state_file), and an event that was handed to the rulebook is not
    handed to it again. Killed, it may hand on again the events of its last second.
  - If O(state_file) cannot be written, it hands on no further event until it can.
  - An event has the members that Okta gives it, and C(device_trust) with C(device_ids),
    C(serial_numbers) and C(users). Those alone are plain values
    that a playbook may use. In all other texts the braces of templates are parted.
  - It waits before it takes more than O(capacity_percent) of the log's rate limit, by what Okta's
    own headers say.
  - It needs ansible-core in the Python that runs ansible-rulebook.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
requirements:
  - ansible-core
  - requests
  - PyJWT and cryptography, to sign in by O(okta_private_key)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
options:
  state_file:
    description: File in which is kept how far the log was read. Each rulebook needs one of its own.
    type: path
    required: true
  filter:
    description: Which events are handed on, in Okta's filter grammar. Without it those that the
      rulebooks of this collection are about.
    type: str
  since:
    description: From when on the log is read if O(state_file) does not exist yet (ISO 8601).
      Without it only what comes from now on is handed on.
    type: str
  interval:
    description: Seconds between two polls when nothing is left to read.
    type: float
    default: 60
  limit:
    description: How many events a page has at most.
    type: int
    default: 100
  feedback:
    description:
      - Whether an event counts as handed on only when the engine says that it has it.
        ansible-rulebook allows it with C(--persistence-id) alone.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What happens in Okta
  hosts: localhost
  sources:
    - devicetrust.okta_kandji.okta_system_log:
        state_file: /var/lib/device-trust/okta-log.json
  rules:
    - name: A certificate was issued
      condition: event.eventType == "pki.cert.issue"
      action:
        debug:
"""

import asyncio
import importlib
import logging
import sys
import threading
import typing as t
from dataclasses import replace
from pathlib import Path

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

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.module import (
    ModuleContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    OKTA,
    arguments,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    REQUESTS_IMPORT_ERROR,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events import (
    log_follower as log,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.sources import (
    EVENTS,
    options,
    prepared,
)

OPTIONS: dict[str, dict[str, t.Any]] = {
    "state_file": {"type": "path", "required": True},
    "filter": {"type": "str", "default": EVENTS},
    "since": {"type": "str"},
    "interval": {"type": "float", "default": 60.0},
    "limit": {"type": "int", "default": 100},
    "feedback": {"type": "bool", "default": False},
}
LONGEST_PAUSE = 900.0  # seconds between two polls while Okta cannot be reached
LONGEST_FILE_PAUSE = 60.0  # seconds between two tries to write the file
SAVE_AFTER = 1.0  # seconds; a source that is killed repeats the events of no longer time
LOGGER = logging.getLogger(__name__)


class Stopped(Exception):
    """Raised in the reading thread when ansible-rulebook ends while it waits."""


class Source:
    """One reading of the log. What waits for Okta runs in a thread; ``stop`` ends its waits."""

    def __init__(self, args: t.Mapping[str, t.Any], stop: threading.Event) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise DeviceTrustError(
                "The Python library requests is missing where ansible-rulebook runs."
            )
        params = self._params = options(args, arguments(OKTA, OPTIONS))
        self._stop = stop
        self._run = ModuleContext(params, True, LOGGER.warning, log.USES)
        self._run.settings = replace(self._run.settings, sleep=self._pause)
        self._follower = log.Follower(self._run.okta, params["limit"], LOGGER.warning)

    @property
    def state_file(self) -> str:
        """The path of the file with the position."""
        return str(self._params["state_file"])

    def describe_error(self, error: DeviceTrustError) -> str:
        """Return the message of an error without secrets."""
        return self._run.masker.text(error.message)

    def begin(self) -> log.Position:
        """Return the position of the file, or a new one, after a check of the host and the file.

        The host has to be an Okta org, and the file has to be writable: what is handed on could not
        be kept otherwise.
        """
        org, where = self._run.okta.org_url, self._params["state_file"]
        self._run.okta.organization()
        now = self._follower.now()
        position = log.load(where, org, self._params["filter"])
        if position is None:
            position = log.begin(org, self._params["filter"], self._params["since"], now)
        loss = log.describe_loss(position, now)
        if loss:
            LOGGER.warning("%s", loss)
        position = log.correct_future(position, where, now)
        log.save(where, position)
        return position

    async def follow(
        self, position: log.Position, hand_on: t.Callable[[dict[str, t.Any]], t.Awaitable[None]]
    ) -> None:
        """Hand on new events, without an end."""
        keeper = Keeper(self.state_file, position)
        keeping = asyncio.create_task(keeper.run())
        try:
            while not keeping.done():
                page = await self._page(position)
                for event in page.events:
                    await keeper.ready()
                    await hand_on(prepared(event.row))
                    position.handed.add(log.key_of(event), page.position.read_to)
                    keeper.note(position)
                position = page.position
                position.handed.forget(position.read_to)
                keeper.note(position)
                if not page.has_more:
                    await asyncio.sleep(self._params["interval"])
            await keeping
        # Also where the engine ends in the middle of a page: what was handed on is known then.
        finally:
            keeping.cancel()
            keeper.write()

    async def _page(self, position: log.Position) -> log.Page:
        """Return the next page: wait if an error is temporary, raise it otherwise."""
        pause = self._params["interval"]
        while True:
            try:
                return await asyncio.to_thread(self._follower.page, position)
            except DeviceTrustError as error:
                if not error_may_pass(error):
                    raise
                LOGGER.warning(
                    "%s The log is read on in %.0f s.", self.describe_error(error), pause
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, max(LONGEST_PAUSE, self._params["interval"]))

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped


class Keeper:
    """Keeps a position in its file: soon after it changed, and again until that is possible."""

    def __init__(self, path: str, position: log.Position) -> None:
        self._path, self._position = path, position
        self._changed, self._written = asyncio.Event(), asyncio.Event()
        self._written.set()

    def note(self, position: log.Position) -> None:
        """Take note of a position, which is written soon."""
        self._position = position
        self._changed.set()

    async def ready(self) -> None:
        """Wait while the file cannot be written: what it does not hold may be handed on twice."""
        await self._written.wait()

    async def run(self) -> None:
        """Write what is noted, without an end."""
        pause = SAVE_AFTER
        while True:
            await self._changed.wait()
            await asyncio.sleep(pause)
            pause = SAVE_AFTER if self.write() else min(2 * pause, LONGEST_FILE_PAUSE)

    def write(self) -> bool:
        """Write the position. Return whether that was possible, and warn if not."""
        try:
            log.save(self._path, self._position)
        except BadOption as error:
            LOGGER.warning("%s No event is handed on until then.", error.message)
            self._written.clear()
            return False
        self._changed.clear()
        self._written.set()
        return True


async def main(queue: t.Any, args: dict[str, t.Any]) -> None:
    """Run the event source, as ansible-rulebook calls it."""
    feedback = args.get("eda_feedback_queue")

    async def hand_on(event: dict[str, t.Any]) -> None:
        await queue.put(event)
        if feedback is not None:
            await feedback.get()

    stop = threading.Event()
    source = Source(args, stop)
    try:
        with log.lock(source.state_file):
            await source.follow(await asyncio.to_thread(source.begin), hand_on)
    except DeviceTrustError as error:
        raise DeviceTrustError(source.describe_error(error)) from None
    finally:
        stop.set()
