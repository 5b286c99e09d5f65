# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs and people who act by themselves, as long as the switches ``macs_act`` and ``people_act``
say so.
"""

from __future__ import annotations

import sys
import threading
import traceback

from lab.actors import mac as macs
from lab.actors import person as people
from lab.state import World

PAUSE = 0.5  # seconds of the machine's clock


class Residents:
    """A thread of the lab.

    ``stop`` does not wait for long, unless it is told to: who still acts then is cut off with the
    process.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._live, name="lab residents", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 0.5) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=patience)

    def _live(self) -> None:
        while not self._stopping.wait(PAUSE):
            try:
                if self._world.switches.macs_act:
                    macs.act(self._world)
                if self._world.switches.people_act and not self._stopping.is_set():
                    people.act(self._world)
                    people.open_apps_now_and_then(self._world)
            except (
                Exception
            ):  # the lab goes on; whoever reads its error output sees what is wrong with it
                if not self._stopping.is_set():
                    traceback.print_exc(file=sys.stderr)
