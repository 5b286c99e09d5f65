# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of Okta's certificate authority, as reports of a fleet show it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timezone

from ..._core.results import Result
from .certificate_authorities import Authorities
from .records import ACTIVE, DELEGATED, DYNAMIC, STATIC
from .renewal import AuthorityRenewal, authority_renewals


@dataclass(frozen=True)
class AuthorityStatus:
    """The state of the renewal for the platforms in use, or why that was not read.

    :arg incomplete: why platforms may be missing in what was read, "" if none is.
    """

    renewals: tuple[AuthorityRenewal, ...] = ()
    unavailable: str = ""
    incomplete: str = ""

    @property
    def lines(self) -> list[str]:
        """A sentence for each platform, or why none was read."""
        if self.unavailable:
            return [f"Okta's certificate authorities were not read: {self.unavailable}."]
        incomplete = [f"Platforms of certificate authorities may be missing: {self.incomplete}."]
        return [*(incomplete if self.incomplete else ()), *(each.summary for each in self.renewals)]

    @property
    def is_alarm(self) -> bool:
        """Whether a platform has to be moved now."""
        return any(renewal.is_alarm for renewal in self.renewals)

    def as_result(self) -> Result:
        """Return the status as results show it."""
        return {
            "unavailable": self.unavailable or self.incomplete or None,
            "alarm": self.is_alarm,
            "renewals": [renewal.as_result() for renewal in self.renewals],
        }


def authority_status(
    authorities: Authorities, scep_urls: Collection[str], now: float
) -> AuthorityStatus:
    """Return the status for the platforms of SCEP URLs, for all static ones if no URL is known.

    :arg now: seconds since the epoch.
    """
    urls = scep_urls or [
        platform.path for platform in authorities.platforms if platform.challenge_type == STATIC
    ]
    renewals = authority_renewals(authorities, urls, datetime.fromtimestamp(now, timezone.utc))
    return AuthorityStatus(
        tuple(renewals), authorities.unavailable, _describe_incomplete(authorities, scep_urls)
    )


def _describe_incomplete(authorities: Authorities, scep_urls: Collection[str]) -> str:
    """Return which authority or platform has a type or a status that is unknown, or "".

    The type of a platform that a URL names does not matter.
    """
    families = authorities.unknown_families
    statuses = sorted({str(each.status) for each in authorities.platforms} - {ACTIVE, "None"})
    parts = [f"authorities of the family {each}" for each in families]
    parts += [f"platforms with the status {each}" for each in statuses]
    if not scep_urls:
        types = {str(each.challenge_type) for each in authorities.platforms}
        unknown = sorted(types - {STATIC, DYNAMIC, DELEGATED})
        parts += [f"platforms with the challenge type {each}" for each in unknown]
    return f"Okta shows {' and '.join(parts)}" if parts else ""
