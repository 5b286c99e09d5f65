# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of the System Log: the newest event on a point counts, and none invents a record."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    BINDINGS,
    STATUSES,
    summarize_events,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import events, hostile_events


@given(st.lists(st.one_of(events(), hostile_events())))
def test_each_fact_is_of_an_event_and_of_the_newest_on_its_point(log: list[LogEvent]) -> None:
    facts = summarize_events(log)
    named = {each.id for event in log for each in event.targets if each.is_device}
    assert set(facts.records) | set(facts.serials) <= named - {""}
    for record_id, record in facts.records.items():
        mine = [event for event in log if _has_device(event, record_id)]
        statuses = [STATUSES[event.event_type] for event in mine if event.event_type in STATUSES]
        assert record.status == (statuses[0] if statuses else None)
        bound = [BINDINGS[event.event_type] for event in mine if event.event_type in BINDINGS]
        assert record.bound is None or record.bound == bound[0]


def _has_device(event: LogEvent, record_id: str) -> bool:
    return any(each.is_device and each.id == record_id for each in event.targets)


@given(st.lists(events()), events())
def test_an_older_event_changes_no_fact_that_is_known(log: list[LogEvent], older: LogEvent) -> None:
    before, after = summarize_events(log), summarize_events([*log, older])
    for record_id, record in before.records.items():
        assert record.status in (None, after.records[record_id].status)
        assert record.bound in (None, after.records[record_id].bound)
        assert record.users.items() <= after.records[record_id].users.items()
