# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status of an account says of sign-ins.

The words are those of UserStatus in Okta's description, and what they mean is Okta's help page
"About user account status". An org may use others, of which nothing is known.
"""

from __future__ import annotations

import typing as t

ACTIVE = "ACTIVE"  # the one status of an account that surely works
LEFT = "DEPROVISIONED"  # a deactivated account has lost its authenticators
ENDED = (LEFT, "SUSPENDED")  # accounts that worked and do not any more


class AccountStatus(t.NamedTuple):
    """A status besides ACTIVE.

    ``fact`` continues "the account". ``is_blocked``: nobody signs in until an administrator ends
    it. Else its person may end it alone, at a sign-in or before one, or it ends with time.
    ``takes_code``: a temporary access code may help its person to sign in.
    """

    fact: str
    is_blocked: bool = False
    takes_code: bool = False


STATUSES = {
    "STAGED": AccountStatus("is not activated yet", is_blocked=True),
    "SUSPENDED": AccountStatus("is suspended", is_blocked=True),
    LEFT: AccountStatus("is deactivated", is_blocked=True),
    "PROVISIONED": AccountStatus("waits for its person to finish the activation"),
    "LOCKED_OUT": AccountStatus("is locked out until somebody unlocks it or its time is over"),
    "PASSWORD_EXPIRED": AccountStatus(
        "has a password that expired and must be changed first", takes_code=True
    ),
    "RECOVERY": AccountStatus(
        "has a password that was reset and must be set first", takes_code=True
    ),
}
UNKNOWN = AccountStatus("has a status that is unknown")
BLOCKED: t.Final = tuple(status for status, each in STATUSES.items() if each.is_blocked)


def takes_code(status: str | None) -> bool:
    """Return whether a temporary access code may help a person to sign in."""
    return status == ACTIVE or STATUSES.get(status or "", UNKNOWN).takes_code


def describe_account(status: str) -> str:
    """Return why a person may not sign in, as a sentence, "" for an account that works."""
    if status == ACTIVE:
        return ""
    return f"The account in Okta {STATUSES.get(status, UNKNOWN).fact} ({status})."
