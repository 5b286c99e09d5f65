# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the newest certificate of a Mac was ever used, as far as that is known. Pure.

Okta revokes a certificate that no sign-in with Okta FastPass used in its first 90 days, and Okta
Verify presents the newest certificate of a Mac. That Okta shows a Mac as managed proves the use of
the certificate which the last sign-in presented, which may be an older one.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._core.timestamps import parse_timestamp
from .._okta.constants import CERTIFICATE_LIFETIME, LOG_RETENTION, UNUSED_CERTIFICATE_LIFETIME
from .facts import INVENTORY, AgeLimits, MacFacts, certificate_expiry

# What tells when certificates were issued, used first, and revoked.
EVENTS = 'eventType sw "pki.cert."'
LATE = timedelta(days=1)  # Okta revokes on the 91st day


class UnusedCertificate(t.NamedTuple):
    """A certificate that may be unused, when Okta revokes it then, and whether Okta may have.

    ``previous_expires`` is the earliest time at which the certificate that is in use then may
    expire, None if that is unknown.
    """

    issued: datetime
    revoked_at: datetime
    is_revoked: bool = False
    previous_expires: datetime | None = None

    @property
    def sure_until(self) -> datetime:
        """Until when a Mac surely stays managed that does not use this certificate."""
        return min(self.revoked_at, self.previous_expires or self.revoked_at)


def earliest_issue(mac: MacFacts) -> datetime | None:
    """Return the earliest time at which the newest certificate may have been issued, or None.

    The System Log knows it. Else it is a year before the expiry, or at most a day before Kandji
    saw the certificate.
    """
    logged = parse_timestamp(mac.last_issued)
    expiry, source = certificate_expiry(mac)
    if expiry is None:
        return logged
    issued = expiry - CERTIFICATE_LIFETIME - (INVENTORY if source == "estimated" else timedelta(0))
    return max(logged, issued) if logged else issued


def unused_certificate(mac: MacFacts, limits: AgeLimits) -> UnusedCertificate | None:
    """Return the newest certificate of a Mac if nothing shows its use, else None.

    A certificate that is older than Okta keeps unused ones was used, if the System Log does not
    have that one of the Mac was revoked.
    """
    issued, now = earliest_issue(mac), limits.now
    if issued is None or now is None or _is_used(mac, issued):
        return None
    unused = UnusedCertificate(
        issued,
        issued + UNUSED_CERTIFICATE_LIFETIME,
        previous_expires=_previous_expiry(mac, issued, now),
    )
    if _is_revoked(mac, issued):
        return unused._replace(is_revoked=True)
    return None if _outlived(issued, now) else unused


def outlived_disuse(mac: MacFacts, limits: AgeLimits) -> bool:
    """Return whether the newest certificate is so old that it was used, by its age alone."""
    issued, now = earliest_issue(mac), limits.now
    if issued is None or now is None:
        return False
    return _outlived(issued, now) and not _is_revoked(mac, issued)


def _outlived(issued: datetime, now: datetime) -> bool:
    return now >= issued + UNUSED_CERTIFICATE_LIFETIME + LATE


def _is_revoked(mac: MacFacts, issued: datetime) -> bool:
    """Return whether Okta revoked an unused certificate of a Mac, at the earliest that one."""
    revoked = parse_timestamp(mac.last_revoked)
    return revoked is not None and revoked >= issued + UNUSED_CERTIFICATE_LIFETIME


def _previous_expiry(mac: MacFacts, issued: datetime, now: datetime) -> datetime | None:
    """Return the earliest time at which the certificate before the newest may expire, or None.

    It may have expired within the last day: when the inventory saw it is that uncertain.
    That is the newest one of the inventory that was used, or any if none surely was. If the
    inventory has no older one, it was issued before it was bound last, or before the youngest
    record that is managed was made, so that it expires within a year of that.
    """
    seen = sorted(filter(None, map(parse_timestamp, mac.certificates)), reverse=True)
    expiries: list[datetime] = []
    for first in (each - INVENTORY for each in seen if each < issued):
        expiries.append(first + CERTIFICATE_LIFETIME)
        if _is_used(mac, first) or (_outlived(first, now) and not _is_revoked(mac, first)):
            break
    else:
        expiries += [] if expiries else [time + CERTIFICATE_LIFETIME for time in _uses(mac)][:1]
    return min((time for time in expiries if time > now - INVENTORY), default=None)


def _is_used(mac: MacFacts, issued: datetime) -> bool:
    """Return whether a certificate was bound since, or a record that is managed is younger."""
    return any(time >= issued for time in _uses(mac))


def _uses(mac: MacFacts) -> list[datetime]:
    """Return when a certificate was bound, or a record made that is managed, the last first."""
    times = [mac.last_bound]
    times += [
        record.created
        for record in mac.records
        if record.is_working and "MANAGED" in record.users.values()
    ]
    return sorted(filter(None, map(parse_timestamp, times)), reverse=True)


def unread_since(macs: t.Iterable[MacFacts], limits: AgeLimits) -> datetime | None:
    """Return from when on the System Log has to be read for these Macs, or None if it was read.

    It tells of use while a certificate is younger than Okta keeps unused ones, and of its
    revocation as long as Okta keeps the log.
    """
    if limits.now is None:
        return None
    oldest = limits.now - LOG_RETENTION
    starts = (
        issued
        for mac in macs
        if any("MANAGED" in record.users.values() for record in mac.records if record.is_working)
        for issued in [earliest_issue(mac)]
        if issued and issued + UNUSED_CERTIFICATE_LIFETIME > oldest and not _is_used(mac, issued)
    )
    return earliest_unread(starts, limits)


def earliest_unread(starts: t.Iterable[datetime], limits: AgeLimits) -> datetime | None:
    """Return the first of these times that Okta's log keeps and that was not read, or None.

    Of one before the log begins, its beginning counts. Without a read of the log, there is none.
    """
    if limits.now is None or limits.log_since is None:
        return None
    oldest = limits.now - LOG_RETENTION
    since = min((max(oldest, start) for start in starts), default=limits.log_since)
    return since if since < limits.log_since else None
