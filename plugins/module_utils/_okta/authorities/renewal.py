# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of Okta's certificate authority, as one platform sees it. Pure.

Okta renews a certificate of five years after three and a half. The platform stays on the old
certificate until an administrator moves it. Only then are new certificates of the renewed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..._core.results import Result
from ..._core.timestamps import EARLIEST, LATEST, format_known
from ..constants import CERTIFICATE_LIFETIME
from .certificate_authorities import Authorities
from .records import (
    ACTIVE,
    RETIRING,
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
    parse_key_id,
)
from .scep_platforms import find_platform

NONE, WAITING, ROLLED_OVER = "none", "waiting", "rolled_over"
OVERDUE, BROKEN, UNKNOWN = "overdue", "broken", "unknown"
# Certificates of Macs live a year, and must not outlive the one that signed them.
SLACK = timedelta(days=60)
_LOOK = "Look in the Admin Console (Security > Device integrations > Certificate authority)."


@dataclass(frozen=True)
class AuthorityRenewal:
    """The state of the renewal, for one platform.

    :arg state: ``none``: the platform issues with the only certificate that is valid. ``waiting``:
        there is a replacement, and the platform is on the old one. ``rolled_over``: it is on the
        replacement, and the old one is still valid. ``overdue``: the certificate that it issues
        with expires before certificates of today do. ``broken``: that certificate is not valid any
        more. ``unknown``: Okta's answer does not say it, for example without key identifiers or
        dates.
    :arg replacement: the newest certificate, if it is another one that is still valid.
    :arg retiring: the earlier certificate that expires last, if one is still valid.
    :arg expires: when the certificate that the platform issues with expires.
    """

    state: str
    platform: RegistrationAuthority
    now: datetime
    replacement: AuthorityCertificate | None = None
    retiring: AuthorityCertificate | None = None
    expires: datetime | None = None

    @property
    def deadline(self) -> datetime | None:
        """When the platform has to be on a newer certificate, with slack."""
        return self.expires - CERTIFICATE_LIFETIME - SLACK if self.expires else None

    @property
    def is_alarm(self) -> bool:
        """Whether the deadline has passed."""
        if self.state in (OVERDUE, BROKEN):
            return True
        deadline = self.deadline
        return deadline is not None and self.now >= deadline

    @property
    def message(self) -> str:
        """What is due, "" if nothing is."""
        return _message(self)

    @property
    def summary(self) -> str:
        """The message, or that nothing is due."""
        if self.message:
            return self.message
        name = f"platform {self.platform.name!r} ({self.platform.id})"
        return f"The CA certificate of {name} expires on {_day(self.expires)}; nothing is due."

    @property
    def warnings(self) -> tuple[str, ...]:
        """The message, if the platform has to be moved, or if nobody knows whether it has."""
        return (self.message,) if self.state in (WAITING, UNKNOWN) or self.is_alarm else ()

    @property
    def is_to_be_moved(self) -> bool:
        """Whether the platform is not on the newest certificate."""
        return self.replacement is not None

    @property
    def is_moved(self) -> bool:
        """Whether the platform is on a certificate that renewed the authority's first one.

        Okta does not list certificates that have expired. The id of an authority is the key
        identifier of its first certificate, and stays.
        """
        if self.state == ROLLED_OVER:
            return True
        first = parse_key_id(self.platform.authority_id)
        return self.state == NONE and first not in ("", self.platform.authority_key_id)

    def as_result(self) -> Result:
        """Return the state as results show it."""
        return {
            "state": self.state,
            "alarm": self.is_alarm,
            "message": self.message,
            "moved": self.is_moved,
            "platform": self.platform.id,
            "key_id": self.platform.authority_key_id or None,
            "expires": format_known(self.expires),
            "deadline": format_known(self.deadline),
            "replacement_key_id": self.replacement.key_id if self.replacement else None,
            "replacement_expires": format_known(self.replacement.expires)
            if self.replacement
            else None,
        }


def authority_renewal(
    authorities: Authorities, platform: RegistrationAuthority | None, now: datetime
) -> AuthorityRenewal | None:
    """Return the state of the renewal for a platform, or None without a platform."""
    if platform is None:
        return None
    authority = authorities.authority_of(platform)
    certificates = authority.certificates if authority else ()
    current = _find(certificates, platform.authority_key_id)
    expires = (current.expires if current else None) or platform.ca_expires
    newest = _find_newest(certificates, current) if platform.authority_key_id else None
    retiring = [
        each for each in certificates if each.rotation_state != ACTIVE and each.expires is not None
    ]
    return AuthorityRenewal(
        _state(platform, current, newest, authority, expires, now),
        platform,
        now,
        newest if newest != current and _is_valid(newest, now) else None,
        max(retiring, key=lambda each: each.expires or now, default=None),
        expires,
    )


def renewal_warnings(renewal: AuthorityRenewal | None) -> tuple[str, ...]:
    """Return what to warn of, nothing if the state is not known."""
    return renewal.warnings if renewal else ()


def authority_renewals(
    authorities: Authorities, scep_urls: Iterable[str], now: datetime
) -> list[AuthorityRenewal]:
    """Return the state of the renewal for the platforms of SCEP URLs, each platform once."""
    platforms = {
        platform.id: platform
        for platform in (find_platform(authorities, url) for url in scep_urls)
        if platform is not None
    }
    renewals = [authority_renewal(authorities, each, now) for each in platforms.values()]
    return [renewal for renewal in renewals if renewal is not None]


def _find(certificates: Sequence[AuthorityCertificate], key_id: str) -> AuthorityCertificate | None:
    return next((each for each in certificates if key_id and each.key_id == key_id), None)


def _is_valid(certificate: AuthorityCertificate | None, now: datetime) -> bool:
    return certificate is not None and (certificate.expires or LATEST) > now


def _find_newest(
    certificates: Sequence[AuthorityCertificate], current: AuthorityCertificate | None
) -> AuthorityCertificate | None:
    """Return the newest certificate, or None if Okta's answer does not surely show it.

    The list is newest first. A certificate that does not outlive the one in use, or another active
    one, renews nothing.
    """
    newest = next((each for each in certificates if each.rotation_state != RETIRING), None)
    if newest is None or newest.rotation_state != ACTIVE or not newest.key_id:
        return None
    active = [each for each in certificates if each.rotation_state == ACTIVE]
    others = [each for each in (*active, current) if each and each != newest]
    return newest if _outlives(newest, others) else None


def _outlives(newest: AuthorityCertificate, others: Sequence[AuthorityCertificate]) -> bool:
    ends = [each.expires or EARLIEST for each in others]
    return all((newest.expires or LATEST) > end for end in ends)


def _state(
    platform: RegistrationAuthority,
    current: AuthorityCertificate | None,
    newest: AuthorityCertificate | None,
    authority: CertificateAuthority | None,
    expires: datetime | None,
    now: datetime,
) -> str:
    if authority is None or not platform.authority_key_id:
        return UNKNOWN
    if current is None:  # certificates that have expired are not listed
        return BROKEN if authority.shows_keys else UNKNOWN
    if expires is not None and now >= expires:
        return BROKEN
    if expires is not None and now >= expires - CERTIFICATE_LIFETIME:
        return OVERDUE
    if newest is None:
        return UNKNOWN
    if current != newest:
        return WAITING
    if expires is None:
        return UNKNOWN
    return ROLLED_OVER if len(authority.certificates) > 1 else NONE


def _message(renewal: AuthorityRenewal) -> str:
    name = f"platform {renewal.platform.name!r} ({renewal.platform.id})"
    expiry, deadline = _day(renewal.expires), _day(renewal.deadline)
    move = (
        f"Move {name} to the renewed certificate in the Admin Console"
        " (playbook renew_certificate_authority.yml)"
        if renewal.replacement
        else "Ask Okta why the authority was not renewed"
    )
    if renewal.state == WAITING:
        late = "was due" if renewal.is_alarm else "is due"
        return (
            f"Okta renewed its certificate authority, and {name} still issues with the old"
            f" certificate, which expires on {expiry}. The move {late} by {deadline}. {move}."
        )
    if renewal.state == OVERDUE:
        return (
            f"The CA certificate that {name} issues with expires on {expiry}, before new"
            f" certificates of Macs do. {move}."
        )
    if renewal.state == BROKEN:
        return (
            f"The CA certificate that {name} issues with is not valid any more. No new certificate"
            f" makes a Mac managed. {move}."
        )
    if renewal.state == UNKNOWN:
        due = (
            f" By its date of expiry, {expiry}, a move to a renewed one was due by {deadline}."
            if renewal.is_alarm
            else ""
        )
        return (
            f"Okta does not show the state of the renewal of {name}'s CA certificate.{due} {_LOOK}"
        )
    if renewal.is_alarm:
        return (
            f"The CA certificate that {name} issues with expires on {expiry}, and the renewed one"
            f" was due by {deadline}. {move}."
        )
    if renewal.state == ROLLED_OVER:
        return (
            f"Okta's certificate authority was renewed, and {name} issues with the renewed"
            " certificate. Certificates of the old one count until"
            f" {_day(renewal.retiring.expires if renewal.retiring else None)}. The playbook"
            " renew_certificate_authority.yml re-issues the rings that are left; with --check, its"
            " plan shows whether any is."
        )
    if renewal.is_moved:
        return (
            f"{name[0].upper()}{name[1:]} issues with a renewed CA certificate, which expires on"
            f" {expiry}. Macs with a certificate of an earlier one need a new one: the playbook"
            " renew_certificate_authority.yml re-issues what is left, and changes nothing else."
        )
    return ""


def _day(timestamp: datetime | None) -> str:
    return f"{timestamp:%Y-%m-%d}" if timestamp else "an unknown day"
