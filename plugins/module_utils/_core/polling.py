# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waits between attempts at what vendors, Macs or people complete with time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Poll:
    """The waits between attempts, all of them in a number of seconds that begin now.

    :arg wait: is called with what the run waits for, how many seconds at the most, and how many
        remain for all waits.
    """

    def __init__(
        self, wait: Callable[[str, float, float], None], seconds: float, interval: float
    ) -> None:
        self._wait, self._interval = wait, interval
        self._deadline = time.monotonic() + seconds

    def wait(self, step: str) -> bool:
        """Wait for the next attempt. Return False, without a wait, if there is no time for one.

        :arg step: what the run waits for, which is displayed.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            return False
        self._wait(step, self._interval, remaining)
        return True
