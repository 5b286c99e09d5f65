# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waits between attempts at what vendors, Macs or people complete with time."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Sequence

from .errors import DeviceTrustError, RateLimited

# Seconds between two attempts after errors, if the interval is not longer. A limit of requests is
# not there again any sooner: the clients wait for shorter ones themselves.
LONGEST_PAUSE = 300.0
HOUR = 3600.0
# A wait uses at most this part of what is left of an hour's requests: others need them too.
PART_OF_HOUR = 0.5
Result = t.TypeVar("Result")


class Poll:
    """The waits between attempts, all of them in a number of seconds that begin now.

    :arg wait: is called with what the run waits for, how many seconds at the most, and how many
        remain for all waits.
    :arg may_pass: returns whether an attempt that ended in this error may succeed later.
    :arg budgets: returns how many requests each client has sent, and how many it has left of an
        hour's (None: there is no limit). The list only grows.

    ``error`` is that of the last attempt of ``read``, None if it had none.
    """

    def __init__(
        self,
        wait: Callable[[str, float, float], None],
        seconds: float,
        interval: float,
        may_pass: Callable[[DeviceTrustError], bool],
        budgets: Callable[[], Sequence[tuple[int, int | None]]] = tuple,
    ) -> None:
        self._wait, self._interval, self._may_pass = wait, interval, may_pass
        self._deadline = time.monotonic() + seconds
        self._pause = interval
        self._budgets = budgets
        self._sent = [sent for sent, _left in budgets()]
        self.error: DeviceTrustError | None = None

    def wait(self, step: str) -> bool:
        """Wait for the next attempt. Return False, without a wait, if there is no time for one.

        :arg step: what the run waits for, which is displayed.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            return False
        self._wait(
            step, max(self._pause, self._find_pause_of_hour(min(remaining, HOUR))), remaining
        )
        return True

    def _find_pause_of_hour(self, remaining: float) -> float:
        """Return the seconds between attempts like the last one that an hour's requests allow.

        :arg remaining: the seconds in which there are attempts, at most an hour.
        """
        budgets = self._budgets()
        before = [*self._sent, *[0] * (len(budgets) - len(self._sent))]
        self._sent = [sent for sent, _left in budgets]
        pauses = [
            (sent - sent_before) * remaining / (max(left, 1) * PART_OF_HOUR)
            for (sent, left), sent_before in zip(budgets, before)
            if left is not None
        ]
        return min(max(pauses, default=0.0), HOUR)

    def read(self, step: str, attempt: Callable[[], Result]) -> Result | None:
        """Wait, and return what the next attempt returns. None if there is no time for one.

        An attempt that ends in an error that may pass counts for nothing: after a longer wait
        there is another one. Raises any other error at once.

        :arg step: what the run waits for, which is displayed.
        """
        while self.wait(self._describe(step)):
            try:
                result = attempt()
            except DeviceTrustError as error:
                if not self._may_pass(error):
                    raise
                self._note(error)
            else:
                self.error, self._pause = None, self._interval
                return result
        return None

    def describe_error(self) -> str:
        """Return a warning of a wait that ended with an error, "" if it did not."""
        if self.error is None:
            return ""
        return (
            f"The last check of a wait failed: {self.error.message} The result is that of the last"
            " check without an error."
        )

    def _describe(self, step: str) -> str:
        return step if self.error is None else f"{step}; last error: {self.error.message}"

    def _note(self, error: DeviceTrustError) -> None:
        """Keep an error, and wait longer for the next attempt."""
        is_limit = any(isinstance(cause, RateLimited) for cause in error.causes)
        pause = LONGEST_PAUSE if is_limit else min(2 * self._pause, LONGEST_PAUSE)
        self.error, self._pause = error, max(self._interval, pause)
