# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person may get a temporary access code."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import BadOption, Refused, Unreadable
from ..records import Authenticator, EnrollmentPolicy, OktaUser
from ..user_statuses import takes_code

KEY = "tac"
SHORTEST, LONGEST = 10, 14_400  # minutes, of any org (Okta's OpenAPI description)


@dataclass(frozen=True)
class CodeOptions:
    """What is asked of a code. ``valid_minutes`` is 0 for the default of the org."""

    valid_minutes: int = 0
    several_uses: bool = False

    def as_profile(self) -> dict[str, object]:
        """Return the options as Okta takes them: {"ttl": "60", "multiUse": False}."""
        ttl = {"ttl": str(self.valid_minutes)} if self.valid_minutes else {}
        return {**ttl, "multiUse": self.several_uses}


def find_authenticator(authenticators: t.Iterable[Authenticator]) -> Authenticator:
    """Return the authenticator of temporary access codes. Raises Refused without an active one."""
    authenticator = next((each for each in authenticators if each.key == KEY), None)
    if authenticator is None or authenticator.status != "ACTIVE":
        reason = "does not have" if authenticator is None else "has switched off"
        raise Refused(
            f"Okta: this org {reason} the authenticator for temporary access codes (tac). Set it up"
            " in Security > Authenticators, or let the person in by another authenticator."
        )
    return authenticator


def check_user(user: OktaUser) -> None:
    """Raise Refused for a person whose account does not work. What it needs is done in Okta."""
    if not takes_code(user.status):
        raise Refused(
            f"user: {user.name} has the status {user.status or 'unknown'} in Okta, so a code helps"
            " nothing. Activate or unlock the account first."
        )


def check_options(authenticator: Authenticator, options: CodeOptions) -> None:
    """Raise BadOption for what the authenticator does not permit."""
    limits = authenticator.temporary_codes
    low = (limits and limits.shortest) or SHORTEST
    high = (limits and limits.longest) or LONGEST
    minutes = options.valid_minutes
    if minutes and not low <= minutes <= high:
        raise BadOption(
            f"valid_minutes: {minutes} is not between {low} and {high}, as this org has it. Set a"
            " number between them, or 0 for the default of the org."
        )
    if options.several_uses and limits and limits.several_uses is False:
        raise BadOption("multi_use: this org permits a single use of a code. Leave the option out.")


def check_policy(policy: EnrollmentPolicy | None, user: OktaUser) -> None:
    """Raise Refused if the enrollment policy of a person does not permit a code.

    Okta creates the code nevertheless, and refuses it at the sign-in. Raises Unreadable if Okta
    does not show whether the policy does.
    """
    if policy is None:
        raise Unreadable(
            f"user: Okta shows no enrollment policy that applies to {user.name}, so whether a code"
            " is permitted is unknown. Check the policies in Security > Authenticators.",
            vendor="okta",
        )
    permits = policy.permits(KEY)
    if permits is None:
        raise Unreadable(
            f"user: Okta does not show whether enrollment policy {policy.name!r} of {user.name}"
            " permits temporary access codes. Check it in Security > Authenticators > Enrollment.",
            vendor="okta",
        )
    if not permits:
        raise Refused(
            f"user: enrollment policy {policy.name!r} of {user.name} does not permit temporary"
            " access codes. Allow them in Security > Authenticators > Enrollment, or let the person"
            " in by another authenticator."
        )


def check_exclusion(
    policy: EnrollmentPolicy, user: OktaUser, excluded: t.Collection[str] | None
) -> None:
    """Raise Unreadable if a policy may not apply to a person.

    :arg excluded: the ids of the users to whom it may not apply, None for anybody.
    """
    if excluded is None:
        fact = "no active rule of it surely applies to everybody but those whom it excludes"
    elif user.id in excluded:
        fact = (
            f"it, or each of its rules, excludes {user.name}, and Okta does not document whether"
            " the next policy applies then"
        )
    else:
        return
    raise Unreadable(
        f"user: whether enrollment policy {policy.name!r} applies to {user.name} is unknown:"
        f" {fact}. Check its rules in Security > Authenticators > Enrollment, or let the person in"
        " by another authenticator.",
        vendor="okta",
    )
