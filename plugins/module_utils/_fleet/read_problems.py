# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with what was read of both vendors, and of which of them nothing can be read."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.errors import (
    DeviceTrustError,
    NotFound,
    NotTrusted,
    Unauthorized,
    Unreachable,
    Unreadable,
)
from .._okta.authentication.auth import FEATURE_MISSING

# Every org and every tenant has what is read before anything else.
NOT_THE_VENDOR = {
    "okta": "okta_org_url: the host does not answer as an Okta org (404). Correct the URL.",
    "kandji": "kandji_api_url: the host does not answer as Kandji's API (404). Correct the URL.",
}
Answer = t.TypeVar("Answer")


@dataclass
class ReadProblems:
    """What is wrong, what blocks most first, and the vendors of which nothing can be read."""

    messages: list[str] = field(default_factory=list)
    unusable: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def attempt(self, vendor: str, read: t.Callable[[], Answer]) -> Answer | None:
        """Return what is read, or None after an error, which is recorded.

        Nothing is read of a vendor that cannot be used: the same problem would come again.
        """
        if vendor in self.unusable:
            return None
        try:
            answer = read()
            self.answered.add(vendor)
            return answer
        except DeviceTrustError as error:
            is_another = isinstance(error, NotFound) and vendor not in self.answered
            if is_another or prevents_all(error):
                self.unusable.add(vendor)
            self.messages.append(NOT_THE_VENDOR[vendor] if is_another else error.message)
        return None


def prevents_all(error: DeviceTrustError) -> bool:
    """Return whether every other read of the vendor would end in the same way."""
    if isinstance(error, Unauthorized):
        return error.error_code != FEATURE_MISSING
    return isinstance(error, (Unreachable, NotTrusted, Unreadable))
