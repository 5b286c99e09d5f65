# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request daily check-ins, which Macs make by themselves, too: a request only hastens them."""

from __future__ import annotations

from collections.abc import Callable

from .._core.errors import DeviceTrustError, Forbidden, Uncertain
from .._http.retry import error_may_pass
from .client import Kandji


class CheckIns:
    """Requests the daily check-ins of one run, as long as the token may.

    :arg warn: displays a warning.
    """

    def __init__(self, kandji: Kandji, warn: Callable[[str], None]) -> None:
        self._kandji, self._warn = kandji, warn
        self.are_forbidden = False
        self._errors: set[str] = set()

    def request(self, device_id: str) -> bool:
        """Request a device's daily check-in, and return whether Kandji accepted the request.

        The first refusal for want of the permission is a warning. Nothing is requested after it.
        An error that may pass is a warning too, once.
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
        except DeviceTrustError as error:
            if not (isinstance(error, Uncertain) or error_may_pass(error)):
                raise
            if error.message not in self._errors:
                self._errors.add(error.message)
                self._warn(
                    f"{error.message} The run goes on and waits for the check-ins that Macs make by"
                    " themselves."
                )
        return False
