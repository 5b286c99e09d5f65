# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request daily check-ins, which Macs make by themselves, too: a request only hastens them."""

from __future__ import annotations

from collections.abc import Callable

from .._core.errors import Forbidden
from .client import Kandji


class CheckIns:
    """Requests the daily check-ins of one run, as long as the token may.

    :arg warn: displays a warning.
    """

    def __init__(self, kandji: Kandji, warn: Callable[[str], None]) -> None:
        self._kandji, self._warn = kandji, warn
        self.are_forbidden = False

    def request(self, device_id: str) -> bool:
        """Request a device's daily check-in, and return whether Kandji accepted the request.

        The first refusal for want of the permission is a warning. Nothing is requested after it.
        """
        if self.are_forbidden:
            return False
        try:
            return self._kandji.daily_check_in(device_id)
        except Forbidden as error:
            self.are_forbidden = True
            self._warn(
                f"{error.message} No check-in is requested: the run goes on and waits for those"
                " that Macs make by themselves."
            )
            return False
