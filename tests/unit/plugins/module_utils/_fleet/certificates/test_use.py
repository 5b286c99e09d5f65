# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the newest certificate of a Mac was ever used."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.use import (
    Issue,
    UnusedCertificate,
    newest_issue,
    unread_since,
    unused_certificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    TIMELESS,
    AgeLimits,
    MacFacts,
)

from tests.unit.plugins.module_utils._fleet.builders import mac, record

NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
RENEWED = datetime(2026, 10, 1, 8, tzinfo=timezone.utc)
OLD = "2026-01-05T00:00:00.000Z"
IN_A_YEAR = datetime(2027, 1, 5, tzinfo=timezone.utc)
LIMITS = AgeLimits(NOW, log_since=NOW - 30 * DAY)
LATER = RENEWED + SECOND


def text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.000Z}"


def aged(days: float) -> str:
    return text(NOW - days * DAY)


SEEN = {"expires": "", "certificates": [text(RENEWED), OLD]}  # known by the inventory alone


def renewed(at: datetime = RENEWED, **facts: t.Any) -> MacFacts:
    """Return a Mac with an old managed record, and a certificate that was issued at a time."""
    known = {"expires": text(at + 365 * DAY), "expiry_source": "ledger"}
    return mac(record(created=OLD, ada="MANAGED"), **{**known, **facts})


def unused(at: datetime = RENEWED, is_revoked: bool = False) -> UnusedCertificate:
    return UnusedCertificate(at, at + 90 * DAY, is_revoked, IN_A_YEAR)


@pytest.mark.parametrize(
    "facts, issue",
    [
        ({}, Issue(RENEWED, RENEWED)),
        ({"expiry_source": "mac"}, Issue(RENEWED, RENEWED)),
        # It expires with its authority, before its own time.
        (
            {"expires": text(LATER + 9 * DAY), "not_after": text(RENEWED + 365 * DAY)},
            Issue(RENEWED, RENEWED),
        ),
        (SEEN, Issue(RENEWED - DAY, RENEWED)),
        ({**SEEN, "last_issued": text(RENEWED - SECOND)}, Issue(RENEWED - SECOND, RENEWED)),
        ({**SEEN, "last_issued": text(RENEWED - 2 * DAY)}, Issue(RENEWED - DAY, RENEWED)),
        ({**SEEN, "last_issued": text(LATER)}, Issue(LATER, LATER)),
        ({"last_issued": text(LATER)}, Issue(LATER, LATER)),
        ({"last_issued": text(RENEWED - SECOND)}, Issue(RENEWED, RENEWED)),
        ({**SEEN, "certificates": [], "last_issued": text(LATER)}, Issue(LATER, LATER)),
        ({**SEEN, "certificates": []}, None),
    ],
)
def test_when_the_newest_certificate_may_have_been_issued(
    facts: dict[str, t.Any], issue: Issue | None
) -> None:
    assert newest_issue(renewed(**facts)) == issue


def test_a_renewed_certificate_is_unused_until_something_shows_its_use() -> None:
    assert unused_certificate(renewed(), LIMITS) == unused()


@pytest.mark.parametrize("seconds, is_used", [(-1, False), (0, True), (1, True)])
def test_a_certificate_that_was_bound_since_it_was_issued_is_used(
    seconds: int, is_used: bool
) -> None:
    time = text(RENEWED + seconds * SECOND)
    expected = None if is_used else unused()
    younger = renewed()
    younger.records = [record(created=time, ada="MANAGED", ben="NOT_MANAGED")]
    for facts in (renewed(last_bound=time), younger):
        found = unused_certificate(facts, LIMITS)
        assert (found and found._replace(previous_expires=IN_A_YEAR)) == expected


@pytest.mark.parametrize(
    "younger", [record("SUSPENDED", ada="MANAGED"), record(ada="NOT_MANAGED"), record()]
)
def test_a_younger_record_that_is_not_managed_shows_no_use(younger: t.Any) -> None:
    facts = renewed()
    facts.records = [*facts.records, replace(younger, created=text(RENEWED + DAY))]
    assert unused_certificate(facts, LIMITS) == unused()


@pytest.mark.parametrize("age, is_open", [(89, True), (90, True), (90.99, True), (91, False)])
def test_an_older_certificate_was_used_unless_one_was_revoked(age: float, is_open: bool) -> None:
    issued = NOW - age * DAY
    assert unused_certificate(renewed(issued), LIMITS) == (unused(issued) if is_open else None)


@pytest.mark.parametrize("age, is_open", [(90, True), (90.99, True), (91, False)])
def test_a_certificate_that_kandji_saw_may_have_been_issued_as_late_as_that(
    age: float, is_open: bool
) -> None:
    seen = renewed(expires="", certificates=[text(NOW - age * DAY)])
    assert (unused_certificate(seen, LIMITS) is not None) is is_open


@pytest.mark.parametrize("days, is_revoked", [(89, False), (90, True), (91, True), (None, False)])
def test_a_certificate_that_okta_revoked_after_ninety_days_was_unused(
    days: int | None, is_revoked: bool
) -> None:
    """What was revoked earlier is another certificate of the Mac."""
    issued = NOW - 120 * DAY
    revoked = "" if days is None else text(issued + days * DAY)
    facts = renewed(issued, last_revoked=revoked)
    assert unused_certificate(facts, LIMITS) == (unused(issued, True) if is_revoked else None)


def test_without_a_present_or_an_issue_nothing_is_said() -> None:
    assert unused_certificate(renewed(), TIMELESS) is None
    assert unused_certificate(renewed(expires="", certificates=[]), LIMITS) is None


# How far back the log is needed


@pytest.mark.parametrize(
    "macs, since",
    [
        ([renewed()], RENEWED),
        ([renewed(NOW - 40 * DAY), renewed(), renewed(NOW - 50 * DAY)], RENEWED),
        ([renewed(NOW - 100 * DAY)], NOW - 90 * DAY),
        ([renewed(NOW - 180 * DAY + SECOND)], NOW - 90 * DAY),
        ([renewed(NOW - 180 * DAY)], None),
        ([renewed(NOW - 30 * DAY)], None),
        ([renewed(NOW - 30 * DAY - SECOND)], NOW - 30 * DAY - SECOND),
        ([renewed(last_bound=text(NOW))], None),
        ([renewed(NOW - 10 * DAY, certificates=[aged(120)])], NOW - 31 * DAY),
        ([renewed(NOW - 10 * DAY, certificates=[aged(119)])], None),
        ([renewed(NOW - 10 * DAY, certificates=[aged(178)])], NOW - 89 * DAY),
        ([renewed(NOW - 10 * DAY, certificates=[aged(179)])], None),
        ([renewed(NOW - 10 * DAY, certificates=[aged(120)], last_bound=text(NOW))], None),
        ([renewed(expires="", certificates=[])], None),
        ([mac(record(created=OLD, ada="NOT_MANAGED")), mac()], None),
        ([mac(record("SUSPENDED", created=OLD, ada="MANAGED"))], None),
        ([], None),
    ],
)
def test_the_log_is_read_as_far_back_as_it_tells_of_use(
    macs: list[MacFacts], since: datetime | None
) -> None:
    assert unread_since(macs, LIMITS) == since


def test_the_log_is_not_needed_twice_and_not_without_a_first_read() -> None:
    assert unread_since([renewed()], replace(LIMITS, log_since=RENEWED)) is None
    assert unread_since([renewed()], replace(LIMITS, log_since=None)) is None
    assert unread_since([renewed()], replace(LIMITS, now=None)) is None
    whole = replace(LIMITS, log_since=NOW - 90 * DAY)
    assert unread_since([renewed(NOW - 100 * DAY)], whole) is None


# The certificate before it


def previous(**facts: t.Any) -> datetime | None:
    found = unused_certificate(renewed(**facts), LIMITS)
    assert found
    return found.previous_expires


def expiry(days: float) -> datetime:
    """Return the earliest expiry of a certificate that was first seen so many days ago."""
    return NOW - (days + 1) * DAY + 365 * DAY


NEWEST = text(RENEWED)


@pytest.mark.parametrize(
    "seen, expected",
    [
        ((340, 100), expiry(100)),  # kept for more than 90 days, so it was used
        ((340, 91), expiry(91)),
        ((340, 89), expiry(340)),  # it may be unused, too
        ((340, 89, 80), expiry(340)),
        ((400, 340), expiry(340)),
        ((89,), expiry(89)),
        ((364,), NOW),
        ((364.5,), NOW - DAY / 2),
        ((365,), None),  # it expired
    ],
)
def test_the_certificate_before_an_unused_one_may_expire_first(
    seen: tuple[float, ...], expected: datetime | None
) -> None:
    assert previous(certificates=[NEWEST, *map(aged, seen)]) == expected


@pytest.mark.parametrize(
    "read, expected", [(60, expiry(149)), (59, expiry(340)), (None, expiry(149))]
)
def test_an_older_certificate_was_used_if_the_log_was_read_back_to_its_revocation(
    read: int | None, expected: datetime
) -> None:
    facts = renewed(certificates=[NEWEST, aged(149), aged(340)])
    limits = replace(LIMITS, log_since=None if read is None else NOW - read * DAY)
    found = unused_certificate(facts, limits)
    assert found and found.previous_expires == expected


def test_a_certificate_that_was_bound_is_the_one_in_use() -> None:
    seen = [NEWEST, aged(89), aged(340)]
    assert previous(certificates=seen, last_bound=aged(88)) == expiry(89)
    assert previous(certificates=seen, last_bound=aged(95)) == expiry(340)
    revoked = previous(certificates=[NEWEST, aged(200), aged(340)], last_revoked=aged(105))
    assert revoked == expiry(340)


def test_a_certificate_of_the_day_of_the_newest_is_the_newest() -> None:
    known = {"expires": "", "certificates": [NEWEST, text(RENEWED - DAY / 2)]}
    assert previous(**known) == IN_A_YEAR
    assert previous(**{**known, "certificates": [NEWEST, text(RENEWED - 2 * DAY)]}) != IN_A_YEAR


def test_an_older_certificate_that_the_inventory_lacks_expires_within_a_year_of_its_use() -> None:
    assert previous(certificates=[NEWEST]) == IN_A_YEAR
    bound = previous(certificates=[], last_bound="2026-06-01T00:00:00Z")
    assert bound == datetime(2027, 6, 1, tzinfo=timezone.utc)
    older = renewed()
    older.records = [record(created="2025-11-01T00:00:00Z", ada="MANAGED")]
    found = unused_certificate(older, LIMITS)
    assert found and found.previous_expires is None
    assert found.sure_until == found.revoked_at


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_mac_stays_managed_until_the_first_of_both_ends(days: int) -> None:
    both = UnusedCertificate(RENEWED, NOW, previous_expires=NOW + days * DAY)
    assert both.sure_until == NOW + min(days, 0) * DAY
