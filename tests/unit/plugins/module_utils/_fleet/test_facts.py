# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from the facts of one Mac."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import facts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    DeviceRecord,
    MacFacts,
    map_known_logins,
    map_logins,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)

from tests.unit.plugins.module_utils._fleet.builders import AFTER, BEFORE, ISSUED, record


def test_a_working_record_counts_then_a_managed_one_then_the_newest() -> None:
    old = DeviceRecord("1", "DEACTIVATED", "2026-01-01T00:00:00Z", users={"a": "MANAGED"})
    working = DeviceRecord("2", "ACTIVE", "2026-01-02T00:00:00Z", users={"a": "NOT_MANAGED"})
    managed = DeviceRecord("3", "ACTIVE", "2026-01-01T00:00:00Z", users={"a": "MANAGED"})
    newest = DeviceRecord("4", "ACTIVE", "2026-01-03T00:00:00Z", users={"b": "NOT_MANAGED"})
    orphan = DeviceRecord("5", "ACTIVE", "2026-01-04T00:00:00Z")
    assert facts.choose_record([old, working]) == working
    assert facts.choose_record([newest, managed, working, old]) == managed
    assert facts.choose_record([working, newest]) == newest
    assert facts.choose_record([orphan, working, old]) == working
    assert facts.choose_record([orphan, old]) == orphan
    assert facts.choose_record([]) is None


def test_an_unsuspended_record_is_better_than_an_old_one() -> None:
    old = record("DEACTIVATED", record_id="guo0", updated=AFTER)
    works = record("UNSUSPENDED", record_id="guo1", updated=BEFORE, ada="MANAGED")
    assert facts.choose_record([old, works]) is works


@pytest.mark.parametrize("status", ["SUSPENDED", "DEACTIVATED", "NEW", ""])
def test_a_newest_record_that_does_not_work_counts_instead_of_a_working_one(status: str) -> None:
    works = record(record_id="guo1", created=BEFORE, ada="MANAGED")
    newest = record(status, record_id="guo2", created=AFTER)
    assert facts.choose_record([works, newest]) is newest
    assert facts.choose_record([newest, record(created=AFTER, ada="MANAGED")]) is not newest
    of_ben = record(status, record_id="guo2", created=AFTER, ben="NOT_MANAGED")
    assert facts.choose_record([works, of_ben]) is works
    older = record("SUSPENDED", record_id="guo1", created=BEFORE, ada="MANAGED")
    assert facts.choose_record([older, record("DEACTIVATED", created=AFTER)]) is older


@pytest.mark.parametrize(
    "device_record, sentence",
    [
        (None, ""),
        (DeviceRecord("1", "ACTIVE", users={"ada": "MANAGED", "ben": "NOT_MANAGED"}), ""),
        (
            DeviceRecord("1", "LOST", users={"ada": "?"}),
            "Okta shows the status 'LOST' for its record, which is unknown.",
        ),
        (DeviceRecord("1", ""), "Okta shows no status for its record, which is unknown."),
        (
            DeviceRecord("1", "ACTIVE", users={"cy": "B", "ada": "", "ben": "B", "eve": "MANAGED"}),
            "Okta shows no status and the status 'B' of management for ada, ben, cy.",
        ),
    ],
)
def test_a_status_that_no_description_has_is_named(
    device_record: DeviceRecord | None, sentence: str
) -> None:
    assert facts.explain_unknown_status(device_record) == sentence


@pytest.mark.parametrize(
    "state, log, sentence",
    [
        ("installed", "PASS", ""),
        (None, "", ""),
        ("unknown", "PAUSED", "Kandji shows the status 'PAUSED' for the app, which is unknown."),
        ("unknown", "", "Kandji shows no status for the app, which is unknown."),
    ],
)
def test_a_status_of_an_item_that_is_not_documented_is_named(
    state: str | None, log: str, sentence: str
) -> None:
    assert facts.explain_unknown_item_status(state, log, "the app") == sentence


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=timezone.utc)


def test_the_earliest_of_timestamps_is_the_first_that_can_be_parsed() -> None:
    assert facts.find_earliest(["2026-02-01", "", "soon", "2026-01-01"]) == day(2026, 1, 1)
    assert facts.find_earliest([""]) is None


@pytest.mark.parametrize(
    "mac, expiry, source",
    [
        (MacFacts("C1", expires="2027-01-01", expiry_source="ledger"), day(2027, 1, 1), "ledger"),
        (
            MacFacts("C1", certificates=["2026-01-01", "?", "2026-02-01"], expires="?"),
            day(2027, 2, 1),
            "estimated",
        ),
        (MacFacts("C1", expires="?", expiry_source="mac"), None, ""),
    ],
)
def test_the_expiry_is_known_or_estimated_from_the_newest_certificate(
    mac: MacFacts, expiry: datetime | None, source: str
) -> None:
    assert facts.estimate_expiry_of(mac) == (expiry, source)


def test_a_login_is_known_by_itself_and_by_an_address_that_nobody_else_has() -> None:
    emails = {"a": " A.Long@x", "b": "both@x", "c": "Both@x", "d": "e@x"}
    users = dict.fromkeys((*emails, "E@x"), "MANAGED")
    records = [DeviceRecord("1", "ACTIVE", users=users, emails=emails)]
    assert map_known_logins(records) == {
        **{login: login for login in "abcd"},
        "e@x": "E@x",
        "a.long@x": "a",
    }
    twice = [*records, DeviceRecord("2", "ACTIVE", users={"A": ""}, emails={"A": "a.long@x"})]
    assert map_known_logins(twice)["a.long@x"] == "a"


def test_a_user_without_an_address_or_whose_address_is_the_login_has_one_key() -> None:
    assert map_logins([("Ada@x", " ada@X"), ("Ben", ""), ("Ada@x", "")]) == {
        "ada@x": "Ada@x",
        "ben": "Ben",
    }


def test_a_mac_of_another_org_alone_has_nobody_of_this_one() -> None:
    ours, theirs = MacFacts("C01"), MacFacts("C02", elsewhere=True)
    shared = MacFacts("C03", records=[record()], elsewhere=True)
    fleet = facts.Fleet([ours, theirs, shared], facts.AgeLimits(datetime.now(timezone.utc)))
    assert fleet.macs_of_org == [ours, shared]


@pytest.mark.parametrize(
    ("shown", "has_certificate"),
    [
        ({}, False),
        ({"certificates": [ISSUED]}, True),
        ({"unproved": [ISSUED]}, True),
        ({"expiry_source": "mac"}, True),
        ({"expiry_source": "ledger"}, False),
    ],
)
def test_a_certificate_is_shown_by_kandji_or_the_mac(
    shown: dict[str, t.Any], has_certificate: bool
) -> None:
    assert MacFacts("C02A", **shown).has_certificate is has_certificate


def test_a_certificate_is_bound_to_the_record_of_which_the_log_says_so() -> None:
    events = {"guo1": RecordEvents(bound=True), "guo2": RecordEvents(bound=False)}
    bound = MacFacts("C02A", events=events)
    assert [bound.is_bound(each) for each in ("guo1", "guo2", "guo3")] == [True, False, False]
    assert not MacFacts("C02A").is_bound("guo1")
