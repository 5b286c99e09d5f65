# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the certificates of a Mac were ever used, as far as that is known. Pure.

Okta revokes a certificate that no sign-in with Okta FastPass used in its first 90 days, and Okta
Verify presents the newest certificate of a Mac. That Okta shows a Mac as managed proves the use of
the certificate which the last sign-in presented, which may be an older one.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from ..._core.timestamps import parse_timestamp
from ..._okta.constants import CERTIFICATE_LIFETIME, LOG_RETENTION, UNUSED_CERTIFICATE_LIFETIME
from ..facts import INVENTORY, AgeLimits, MacFacts, estimate_expiry_of

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


class Issue(t.NamedTuple):
    """When a certificate was issued, at the earliest and at the latest."""

    earliest: datetime
    latest: datetime

    @property
    def revocable(self) -> datetime:
        """The earliest time at which Okta may revoke the certificate if it is unused."""
        return self.earliest + UNUSED_CERTIFICATE_LIFETIME

    def is_outlived(self, now: datetime) -> bool:
        """Return whether Okta would have revoked the certificate if it was unused."""
        return now >= self.latest + UNUSED_CERTIFICATE_LIFETIME + LATE


def newest_issue(mac: MacFacts) -> Issue | None:
    """Return when the newest certificate was issued, or None.

    The System Log knows it. Else it is a year before its own expiry, or at most a day before Kandji
    saw the certificate.
    """
    logged = parse_timestamp(mac.last_issued)
    expiry, source = estimate_expiry_of(mac)
    if expiry is None:
        return Issue(logged, logged) if logged else None
    latest = (parse_timestamp(mac.not_after) or expiry) - CERTIFICATE_LIFETIME
    earliest = latest - INVENTORY if source == "estimated" else latest
    return Issue(max(logged or earliest, earliest), max(logged or latest, latest))


def _older_issues(mac: MacFacts, newest: Issue) -> list[Issue]:
    """Return when those of the inventory were issued that are older, the youngest first."""
    seen = sorted(filter(None, map(parse_timestamp, mac.certificates)), reverse=True)
    return [Issue(each - INVENTORY, each) for each in seen if each < newest.earliest]


def unused_certificate(mac: MacFacts, limits: AgeLimits) -> UnusedCertificate | None:
    """Return the newest certificate of a Mac if nothing shows its use, else None.

    A certificate that is older than Okta keeps unused ones was used, if the System Log does not
    have that one of the Mac was revoked.
    """
    issue, now = newest_issue(mac), limits.now
    if issue is None or now is None or _is_used(mac, issue):
        return None
    unused = UnusedCertificate(
        issue.earliest,
        issue.revocable,
        previous_expires=_previous_expiry(mac, issue, limits),
    )
    if _is_revoked(mac, issue):
        return unused._replace(is_revoked=True)
    return None if issue.is_outlived(now) else unused


def outlived_disuse(mac: MacFacts, start: datetime, limits: AgeLimits) -> bool:
    """Return whether a certificate that a Mac got since a time was used, by its age alone.

    Each one that it has got counts: of a renewed one that is not used yet, nothing is known. An
    older one may have been revoked before the log begins.
    """
    newest = newest_issue(mac)
    if newest is None:
        return False
    since = [each for each in (newest, *_older_issues(mac, newest)) if each.latest >= start]
    return any(
        _is_kept(mac, each, limits) and (each == newest or _is_logged(each, limits))
        for each in since
    )


def _is_kept(mac: MacFacts, issue: Issue, limits: AgeLimits) -> bool:
    """Return whether Okta did not revoke a certificate that it would have revoked as unused.

    The log has to have been read as far back as it may have the revocation, or as Okta keeps it.
    """
    if limits.now is None or not issue.is_outlived(limits.now) or _is_revoked(mac, issue):
        return False
    is_forgotten = issue.revocable <= limits.now - LOG_RETENTION
    return is_forgotten or limits.log_since is None or _is_logged(issue, limits)


def _is_logged(issue: Issue, limits: AgeLimits) -> bool:
    """Return whether the log was read as far back as it has the revocation of a certificate."""
    return limits.log_since is not None and limits.log_since <= issue.revocable


def _is_revoked(mac: MacFacts, issue: Issue) -> bool:
    """Return whether Okta revoked an unused certificate of a Mac, at the earliest that one."""
    revoked = parse_timestamp(mac.last_revoked)
    return revoked is not None and revoked >= issue.revocable


def _previous_expiry(mac: MacFacts, newest: Issue, limits: AgeLimits) -> datetime | None:
    """Return the earliest time at which the certificate before the newest may expire, or None.

    It may have expired within the last day: when the inventory saw it is that uncertain.
    That is the newest one of the inventory that was used, or any if none surely was. If the
    inventory has no older one, it was issued before it was bound last, or before the youngest
    record that is managed was made, so that it expires within a year of that.
    """
    expiries: list[datetime] = []
    for issue in _older_issues(mac, newest):
        expiries.append(issue.earliest + CERTIFICATE_LIFETIME)
        if _is_used(mac, issue) or _is_kept(mac, issue, limits):
            break
    else:
        expiries += [] if expiries else [time + CERTIFICATE_LIFETIME for time in _uses(mac)][:1]
    now = limits.now
    return min((time for time in expiries if now and time > now - INVENTORY), default=None)


def _is_used(mac: MacFacts, issue: Issue) -> bool:
    """Return whether a certificate was bound since, or a record that is managed is younger."""
    return any(time >= issue.earliest for time in _uses(mac))


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
    now = limits.now
    if now is None:
        return None
    starts = (
        start
        for mac in macs
        if any("MANAGED" in record.users.values() for record in mac.records if record.is_working)
        for start in _log_starts(mac, now)
    )
    return earliest_unread(starts, limits)


def _log_starts(mac: MacFacts, now: datetime) -> t.Iterator[datetime]:
    """Yield from when on the log tells of a newest certificate without use, and of older ones."""
    newest, oldest = newest_issue(mac), now - LOG_RETENTION
    if newest is None or _is_used(mac, newest):
        return
    if newest.revocable > oldest:
        yield newest.earliest
    for issue in _older_issues(mac, newest):
        if issue.is_outlived(now) and issue.revocable > oldest:
            yield issue.revocable


def earliest_unread(starts: t.Iterable[datetime], limits: AgeLimits) -> datetime | None:
    """Return the first of these times that Okta's log keeps and that was not read, or None.

    Of one before the log begins, its beginning counts. Without a read of the log, there is none.
    """
    if limits.now is None or limits.log_since is None:
        return None
    oldest = limits.now - LOG_RETENTION
    since = min((max(oldest, start) for start in starts), default=limits.log_since)
    return since if since < limits.log_since else None
