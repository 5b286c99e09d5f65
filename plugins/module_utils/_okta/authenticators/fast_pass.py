# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Okta FastPass is active in an org, by its authenticators and their methods. Pure."""

from __future__ import annotations

import typing as t

from ..records import Authenticator, AuthenticatorMethod
from .okta_verify_spellings import FAST_PASS, OKTA_VERIFY, SPLIT_KEYS

_FAST_PASS_KEY = SPLIT_KEYS[FAST_PASS]


class FastPassProblem(t.NamedTuple):
    """Why Okta FastPass authenticates nobody in an org, and what to do; both without a period."""

    fact: str
    remedy: str

    def __str__(self) -> str:
        """Return both as sentences."""
        return f"{self.fact}. {self.remedy}."


def find_okta_verify(authenticators: t.Sequence[Authenticator]) -> Authenticator | None:
    """Return the authenticator with Okta FastPass, or None.

    Orgs with the split form of Okta Verify have a separate authenticator for it.
    """
    for key in (OKTA_VERIFY, _FAST_PASS_KEY):
        for authenticator in authenticators:
            if authenticator.key == key:
                return authenticator
    return None


def find_problem(
    authenticators: t.Sequence[Authenticator], methods: t.Sequence[AuthenticatorMethod]
) -> FastPassProblem | None:
    """Return why Okta FastPass authenticates nobody, or None.

    :arg methods: those of ``find_okta_verify``.
    """
    authenticator = find_okta_verify(authenticators)
    if authenticator is None:
        return FastPassProblem(
            "Okta Verify is not set up as an authenticator in this org",
            "Add it in Security > Authenticators",
        )
    if any(each.key == _FAST_PASS_KEY and each.status == "ACTIVE" for each in authenticators):
        return None
    if authenticator.status != "ACTIVE":
        return FastPassProblem(
            f"The authenticator Okta Verify {_inactivity(authenticator.status)}",
            "Activate it in Security > Authenticators",
        )
    statuses = [method.status for method in methods if method.type == FAST_PASS]
    if "ACTIVE" in statuses:
        return None
    reason = _inactivity(statuses[0]) if statuses else "is not there"
    return FastPassProblem(
        f"Okta FastPass (method {FAST_PASS} of Okta Verify) {reason}",
        "Activate it in Security > Authenticators > Okta Verify",
    )


def _inactivity(status: str | None) -> str:
    """Return why a status is not enough: what Okta does not call active is not relied on."""
    if status == "INACTIVE":
        return "is not active"
    return f"has the unknown status {status}" if status else "is shown without a status"
