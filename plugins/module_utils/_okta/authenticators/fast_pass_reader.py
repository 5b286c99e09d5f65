# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of what an org has of Okta Verify and Okta FastPass."""

from __future__ import annotations

from functools import cached_property

from ..client import Okta
from ..records import Authenticator
from .fast_pass import FastPassProblem, find_okta_verify, find_problem


class FastPass:
    """What an org has of Okta Verify. Each of the two lists is read once, when first needed."""

    def __init__(self, okta: Okta) -> None:
        self._okta = okta

    @cached_property
    def authenticators(self) -> list[Authenticator]:
        """The authenticators of the org. Raises ApiError, Unreachable and Unreadable."""
        return self._okta.authenticators()

    @property
    def okta_verify(self) -> Authenticator | None:
        """The authenticator with Okta FastPass, or None."""
        return find_okta_verify(self.authenticators)

    @cached_property
    def problem(self) -> FastPassProblem | None:
        """Why it authenticates nobody, or None. Raises the same errors."""
        verify = self.okta_verify
        methods = self._okta.authenticator_methods(verify.id) if verify else []
        return find_problem(self.authenticators, methods)
