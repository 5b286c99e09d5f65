# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of the people who use the apps: how many of them a change may lock out. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..._core.errors import Refused
from ..._core.text import abbreviate
from ..forecast.evaluation import Forecast
from ..forecast.report_access import MAX_UNKNOWN_NAMES


@dataclass(frozen=True)
class LockOutGuard:
    """Limits how many people a change may lock out.

    A reversal may lock out as many more as it surely admits again, who are other people.

    :arg change: the policies and apps of the change, for the message.
    """

    limit: int
    is_reversal: bool = False
    change: str = ""

    def check(self, result: Forecast) -> None:
        """Raise Refused if more people would be locked out than the limit."""
        logins = result.locked_out_logins
        regaining = {row.login for row in result.newly_admitted if not row.unknowns} - set(logins)
        needed = len(logins) - (len(regaining) if self.is_reversal else 0)
        if needed <= self.limit:
            return
        subject = f" The change: {self.change}." if self.change else ""
        remedy = "Prepare their devices, limit the rules to groups without them"
        if self.is_reversal:
            subject += " The earlier policy changed after the apps left it."
            remedy = "Correct the earlier policy"
        raise Refused(
            f"max_locked_out: {len(logins)} {'person' if len(logins) == 1 else 'people'} who used"
            f" these apps would be locked out: {abbreviate(logins)}.{subject}"
            f"{_explain_unknowns(result)} Nothing was written. {remedy}, or set"
            f" max_locked_out to {needed} for this run.",
            count=len(logins),
            allowed=self.limit,
            forecast=result.as_result(),
        )


def _explain_unknowns(result: Forecast) -> str:
    text = ""
    if result.unknowns:
        names = "; ".join(result.unknowns[:MAX_UNKNOWN_NAMES])
        text = (
            f" The rules depend on what cannot be known: {names}. If any answer to it admits a"
            " person before the change and refuses them after it, they count as locked out."
        )
    if result.unread_logins:
        count = len(result.unread_logins)
        text += (
            f" {count} of them count only because the credentials may not read the device signal"
            " collection policies (403): let the role of the credentials view all policies first."
            f" If you know that the org has none, set max_locked_out to {count} for this run; it"
            " still refuses if others are locked out, too."
        )
    if not result.log_names_devices:
        text += (
            " The System Log does not name the devices of their sign-ins, so each person counts"
            " with their registered devices and with one that Okta does not know."
        )
    hidden = [login for login in result.locked_out_logins if login in result.status_unknown]
    if hidden:
        text += (
            f" Okta does not show the status of {abbreviate(hidden)}, so they count as people who"
            " can sign in. If they left, set active_days to fewer days than since their last"
            " sign-in."
        )
    return text
