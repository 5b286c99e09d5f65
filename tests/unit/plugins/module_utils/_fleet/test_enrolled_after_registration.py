# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Kandji enrolled a Mac after its person registered it with Okta."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.enrolled_after_registration import (
    enrolled_since,
    unread_since,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    TIMELESS,
    AgeLimits,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)

from tests.unit.plugins.module_utils._fleet.builders import mac, record

NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
LIMITS = AgeLimits(NOW, log_since=datetime(2026, 11, 1, tzinfo=timezone.utc))
WHOLE = replace(LIMITS, log_since=NOW - timedelta(days=90))  # as much as Okta keeps
ENROLLED = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
OLD, LATER = "2026-01-05T00:00:00.000Z", "2026-11-20T11:00:00.000Z"
RECORD = record(created=OLD, ada="MANAGED")


def enrolled(*records: t.Any, at: datetime = ENROLLED, **facts: t.Any) -> MacFacts:
    """Return a Mac that was enrolled again, with a record from before and a new certificate."""
    seen = f"{at + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    known = {"enrolled": str(at), "certificates": [seen], **facts}
    return mac(*(records or (RECORD,)), **known)


def test_a_mac_that_was_enrolled_after_its_registration_may_have_lost_the_account() -> None:
    assert enrolled_since(enrolled(), "ada", LIMITS) == ENROLLED
    suspended = record("SUSPENDED", created=LATER, record_id="guo2", ada="MANAGED")
    assert enrolled_since(enrolled(RECORD, suspended), "ada", LIMITS) == ENROLLED
    unknown = enrolled(record(created="", ada="MANAGED"))
    assert enrolled_since(unknown, "ada", LIMITS) == ENROLLED


@pytest.mark.parametrize("text", ["", "yesterday"])
def test_an_enrollment_that_kandji_does_not_show_says_nothing(text: str) -> None:
    assert enrolled_since(enrolled(enrolled=text), "ada", LIMITS) is None


def test_a_person_without_a_record_that_works_has_nothing_to_lose() -> None:
    assert enrolled_since(enrolled(), "ben", LIMITS) is None
    suspended = record("SUSPENDED", created=OLD, ada="MANAGED")
    assert enrolled_since(enrolled(suspended), "ada", LIMITS) is None


@pytest.mark.parametrize("seconds, is_shown", [(-11, False), (-10, True), (0, True), (60, True)])
def test_what_okta_verify_did_since_shows_the_account(seconds: int, is_shown: bool) -> None:
    time = f"{ENROLLED + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.000Z}"
    expected = None if is_shown else ENROLLED
    registered = record(created=time, record_id="guo2", ada="NOT_MANAGED")
    acted = {"guo1": RecordEvents(acted_at=time)}
    for facts in (
        enrolled(RECORD, registered),
        enrolled(last_bound=time),
        enrolled(events=acted),
    ):
        assert enrolled_since(facts, "ada", LIMITS) == expected
    of_another = enrolled(events={"guo9": RecordEvents(acted_at=time)})
    assert enrolled_since(of_another, "ada", LIMITS) == ENROLLED


LONG_AGO = datetime(2026, 8, 1, 10, tzinfo=timezone.utc)
KNOWN = {"expires": "2027-08-01T10:00:00Z", "expiry_source": "mac"}


@pytest.mark.parametrize(
    "facts, was_used",
    [
        ({}, True),
        (KNOWN, True),
        ({**KNOWN, "expires": "2027-08-01T09:59:59Z"}, False),
        ({"certificates": ["2026-08-01T09:59:59Z"]}, False),
        ({"certificates": ["2026-08-01T10:00:00Z"]}, True),
        ({"certificates": []}, False),
        ({"last_revoked": "2026-11-20T00:00:00Z"}, False),
        ({"certificates": ["2026-09-01T00:00:01Z"]}, False),
        ({"certificates": ["2026-09-01T00:00:00Z"]}, True),
    ],
)
def test_a_certificate_of_the_enrollment_that_okta_kept_was_used(
    facts: dict[str, t.Any], was_used: bool
) -> None:
    again = enrolled(at=LONG_AGO, **facts)
    assert enrolled_since(again, "ada", WHOLE) == (None if was_used else LONG_AGO)
    assert enrolled_since(again, "ada", TIMELESS) == LONG_AGO


AGO = "2026-03-05T00:00:00Z"
A_YEAR_AGO = datetime(2026, 2, 1, tzinfo=timezone.utc)
RENEWAL = {"expires": "2027-11-20T00:00:00Z", "expiry_source": "mac"}  # 11 days ago


@pytest.mark.parametrize("renewal", [RENEWAL, {}])
@pytest.mark.parametrize(
    "seen, revoked, was_used",
    [
        ("2026-08-01T10:00:00Z", "", True),
        ("2026-08-01T09:59:59Z", "", False),
        ("2026-09-01T00:00:00Z", "", True),
        ("2026-09-01T00:00:01Z", "", False),
        ("2026-08-01T10:00:00Z", "2026-10-29T10:00:00Z", False),
        ("2026-08-01T10:00:00Z", "2026-10-29T09:59:59Z", True),
    ],
)
def test_a_certificate_of_the_enrollment_was_used_though_it_was_renewed(
    renewal: dict[str, t.Any], seen: str, revoked: str, was_used: bool
) -> None:
    certificates = ["2026-11-20T00:30:00Z", seen]
    again = enrolled(at=LONG_AGO, certificates=certificates, last_revoked=revoked, **renewal)
    assert enrolled_since(again, "ada", WHOLE) == (None if was_used else LONG_AGO)


@pytest.mark.parametrize("days, was_used", [(32, False), (33, True)])
def test_the_log_has_to_be_read_back_to_a_revocation(days: int, was_used: bool) -> None:
    """It may have been revoked on 2026-10-29."""
    certificates = ["2026-11-20T00:30:00Z", "2026-08-01T10:00:00Z"]
    again = enrolled(at=LONG_AGO, certificates=certificates)
    limits = replace(LIMITS, log_since=NOW - timedelta(days=days))
    assert enrolled_since(again, "ada", limits) == (None if was_used else LONG_AGO)
    assert unread_since([again], limits) == (None if was_used else NOW - timedelta(days=90))


@pytest.mark.parametrize(
    "seen, was_used",
    [("2026-06-06T00:00:00Z", True), ("2026-06-04T00:00:00Z", False), (AGO, False)],
)
def test_of_a_renewed_certificate_a_revocation_that_the_log_has_forgotten_may_be(
    seen: str, was_used: bool
) -> None:
    """Okta keeps 90 days. Nobody may have registered the Mac since it was erased."""
    again = enrolled(at=A_YEAR_AGO, certificates=["2026-11-20T00:30:00Z", seen])
    assert enrolled_since(again, "ada", WHOLE) == (None if was_used else A_YEAR_AGO)


def test_of_the_newest_certificate_a_revocation_that_the_log_has_forgotten_was_not() -> None:
    again = enrolled(at=A_YEAR_AGO, certificates=[AGO], expires="")
    assert enrolled_since(again, "ada", WHOLE) is None


def test_an_issue_of_the_log_before_the_enrollment_is_no_certificate_of_it() -> None:
    """A day before what Kandji saw is for what the log does not know."""
    issued = f"{LONG_AGO - timedelta(hours=12):%Y-%m-%dT%H:%M:%S.000Z}"
    erased = enrolled(at=LONG_AGO, certificates=["2026-01-05T00:00:00Z"], last_issued=issued)
    assert enrolled_since(erased, "ada", WHOLE) == LONG_AGO


@pytest.mark.parametrize("of_macs", [1, 2])
def test_the_log_is_read_back_to_the_enrollment(of_macs: int) -> None:
    october = datetime(2026, 10, 20, tzinfo=timezone.utc)
    macs = [enrolled(at=october), enrolled()][:of_macs]
    assert unread_since(macs, LIMITS) == october
    assert unread_since(macs, replace(LIMITS, log_since=october)) is None
    assert unread_since(macs, replace(LIMITS, log_since=None)) is None
    assert unread_since(macs, replace(LIMITS, now=None)) is None
    assert unread_since([enrolled(at=october, last_bound=LATER)], LIMITS) is None


def test_the_log_is_not_read_farther_back_than_okta_keeps_it() -> None:
    oldest = NOW - timedelta(days=90)
    long_ago = enrolled(at=oldest - timedelta(days=30), certificates=[])
    assert unread_since([long_ago], LIMITS) == oldest
    assert unread_since([long_ago], replace(LIMITS, log_since=oldest)) is None
