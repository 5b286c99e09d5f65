# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several device records of one serial counts."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.record_rank import (
    current_records,
    is_surely_older,
    newest_blocked,
    newest_records,
    of_same_people,
    rank_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    OktaDevice,
)

EARLY, LATE = (datetime(2026, month, 1, tzinfo=timezone.utc) for month in (1, 2))


def test_a_used_record_counts_then_a_working_one_then_the_managed_then_the_newest() -> None:
    ascending = [
        rank_record("guo9", "SUSPENDED", [], None),
        rank_record("guo9", "SUSPENDED", [], EARLY),
        rank_record("guo1", "SUSPENDED", [], LATE),
        rank_record("guo2", "SUSPENDED", [], LATE),
        rank_record("guo1", "DEACTIVATED", ["MANAGED"], EARLY),  # its users lost it
        rank_record("guo2", "ACTIVE", [], LATE),
        rank_record("guo2", "SUSPENDED", ["NOT_MANAGED"], EARLY),
        rank_record("guo1", "SUSPENDED", ["NOT_MANAGED", "MANAGED"], EARLY),
        rank_record("guo1", "ACTIVE", ["NOT_MANAGED"], None),
        rank_record("guo1", "UNSUSPENDED", ["MANAGED"], None),
    ]
    assert sorted(reversed(ascending)) == ascending


def test_a_record_without_a_time_of_creation_is_older_than_any() -> None:
    first = datetime.min.replace(tzinfo=timezone.utc)
    rank = rank_record("guo1", "ACTIVE", ["MANAGED"], None)
    assert rank == (True, True, True, first, "guo1")


OLD = OktaDevice("guo1", "ACTIVE", "2026-01-01T00:00:00Z")
NEW = OktaDevice("guo2", "ACTIVE", "2026-02-01T00:00:00Z")
UNDATED = OktaDevice("guo5", "ACTIVE")
BLOCKED = OktaDevice("guo3", "SUSPENDED", "2026-02-01T00:00:00Z")


@pytest.mark.parametrize(
    "records, newest",
    [
        ([], []),
        ([OLD, NEW], [NEW]),
        ([NEW, OLD, BLOCKED], [NEW, BLOCKED]),
        ([OLD, NEW, UNDATED], [NEW, UNDATED]),
        ([UNDATED], [UNDATED]),
        ([NEW, OktaDevice("guo4", "ACTIVE")], [NEW, OktaDevice("guo4", "ACTIVE")]),
        ([NEW, OktaDevice("guo4", "ACTIVE", "soon")], [NEW, OktaDevice("guo4", "ACTIVE", "soon")]),
    ],
)
def test_the_newest_records_are_those_made_last(records, newest) -> None:
    assert newest_records(records) == newest


def test_the_newest_record_is_blocked_if_no_newest_one_works() -> None:
    assert newest_blocked([OLD, BLOCKED]) == BLOCKED
    assert newest_blocked([OLD, NEW, BLOCKED]) is None
    assert newest_blocked([OLD, NEW]) is None
    assert newest_blocked([OLD, OktaDevice("guo4", "DEACTIVATED")]) is None
    assert newest_blocked([]) is None


@pytest.mark.parametrize(
    "record, others, older",
    [
        (OLD, [NEW, BLOCKED], True),
        (OLD, [], True),
        (NEW, [BLOCKED], False),
        (NEW, [OLD], False),
        (OLD, [NEW, UNDATED], False),
        (UNDATED, [NEW], False),
    ],
)
def test_a_record_is_surely_older_if_all_times_are_known(record, others, older) -> None:
    assert is_surely_older(record, others) is older


@pytest.mark.parametrize(
    "records, current",
    [
        ([], []),
        ([OLD, NEW], [NEW]),
        ([OLD, NEW, BLOCKED], [NEW]),
        ([OLD, BLOCKED], []),
        ([OLD, OktaDevice("guo4", "ACTIVE", "2026-02-01T00:00:00Z")], []),
        ([OLD, OktaDevice("guo4", "ACTIVE")], [OLD]),
    ],
)
def test_an_older_record_is_not_that_of_the_account(records, current) -> None:
    """The record guo4 is of somebody else. If it may be the older one, it says nothing."""
    assert current_records(records, lambda record: record.id != "guo4") == current


def test_records_of_other_people_say_nothing_of_a_persons_record() -> None:
    people = {"guo1": {"ada"}, "guo2": {"ben"}, "guo3": {"ada", "eve"}, "guo4": set()}
    records = [OktaDevice(each, "ACTIVE") for each in people]
    ada, ben, _both, unknown = records

    def of(record: OktaDevice) -> list[str]:
        same = of_same_people(record, records, lambda each: people[each.id])
        return [each.id for each in same]

    assert of(ada) == ["guo1", "guo3", "guo4"] and of(ben) == ["guo2", "guo4"]
    assert of(unknown) == list(people)
