# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who was refused: every refusal of an app counts once, in whatever order events come."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.denials import (
    count_denials,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    format_milliseconds,
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import APP_IDS, events, hostile_events
from tests.support.strategies.values import datetimes


def _may_be_of_apps(event: LogEvent) -> bool:
    ids = [each.id for each in event.targets]
    return not all(ids) or not ids or any(each in APP_IDS for each in ids)


@given(st.lists(events(2)), datetimes(2), st.randoms(use_true_random=False))
def test_each_refusal_counts_once_before_or_since(
    log: list[LogEvent], timestamp: datetime, chance: t.Any
) -> None:
    denials = count_denials(log, APP_IDS, format_milliseconds(timestamp))
    of_apps = [event for event in log if _may_be_of_apps(event)]
    since = [
        event for event in of_apps if (parse_timestamp(event.published) or timestamp) >= timestamp
    ]
    assert sum(person.count for person in denials.since.values()) == len(since)
    assert sum(person.count for person in denials.before.values()) == len(of_apps) - len(since)
    chance.shuffle(log)
    again = count_denials(log, APP_IDS, format_milliseconds(timestamp))
    assert again == denials


@given(st.lists(hostile_events()), datetimes(2))
def test_a_rule_is_named_only_if_the_event_names_one(
    log: list[LogEvent], timestamp: datetime
) -> None:
    denials = count_denials(log, APP_IDS, format_milliseconds(timestamp))
    names = {each.display_name or each.id for event in log for each in event.targets}
    for people in (denials.since, denials.before):
        for person in people.values():
            assert person.rules <= names and person.rule_unknown <= person.count
            assert person.rules or person.rule_unknown
            person.as_result()
    new = {key for key in denials.since if key not in denials.before or key == "unknown"}
    assert denials.new == sorted(denials.since[key].login for key in new)


@given(st.lists(events(2)), datetimes(2))
def test_an_event_without_a_timestamp_never_makes_a_person_known_before(
    log: list[LogEvent], timestamp: datetime
) -> None:
    timeless = [LogEvent.from_row({**event.row, "published": None}) for event in log]
    assert not count_denials(timeless, APP_IDS, format_milliseconds(timestamp)).before
