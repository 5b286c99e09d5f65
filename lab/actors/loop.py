# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread in which Macs and people act, while ``macs_act`` and ``people_act`` are on."""

from __future__ import annotations

import sys
import threading
import traceback

from lab.actors import mac, person
from lab.state import World

PAUSE = 0.5  # seconds of the machine's clock


class Residents:
    """The thread of the lab that lets Macs and people act."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._live, name="lab residents", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 0.5) -> None:
        """Stop the thread. Wait ``patience`` seconds at most; the process ends what still runs."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=patience)

    def _live(self) -> None:
        while not self._stopping.wait(PAUSE):
            try:
                if self._world.switches.macs_act:
                    mac.act(self._world)
                if self._world.switches.people_act and not self._stopping.is_set():
                    person.act(self._world)
                    person.open_apps_now_and_then(self._world)
            except Exception:  # the lab continues; its error output shows what is wrong
                if not self._stopping.is_set():
                    traceback.print_exc(file=sys.stderr)
