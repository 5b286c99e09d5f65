# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Library items: the one that was named or a sentence, and every device counted once."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import console_items
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    STATES,
    AuditEvent,
    ItemStatus,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import BLUEPRINTS, DEVICE_IDS, ITEM_IDS, items, statuses
from tests.support.strategies.values import assert_sentence, outcome_of

events = st.lists(
    st.builds(
        AuditEvent,
        st.sampled_from((*ITEM_IDS, "")),
        st.sampled_from(("library_item", "device", None)),
        st.sampled_from(("create", "update", "delete", "")),
        st.sampled_from(("Okta Verify", "Slack", None)),
        st.sampled_from(("ipa", None)),
    )
)


@given(items(), st.sampled_from(("Okta Verify", "okta verify", "Slack")))
def test_an_item_is_chosen_only_if_it_is_the_only_one_of_its_name(
    on: dict[str, list[t.Any]], name: str
) -> None:
    found = console_items.find_item(name, on)
    ids = {item.id for each in on.values() for item in each if item.name == name}
    assert set(found) == ids
    chosen = outcome_of(lambda: console_items.choose(name, found, BLUEPRINTS))
    assert isinstance(chosen, BadOption) is (len(ids) != 1)
    similar = [*console_items.find_similar(name, on).values()]
    assert_sentence(console_items.not_found(name, BLUEPRINTS, similar).message)
    listed = console_items.catalogue(on, BLUEPRINTS)
    assert {each.id for each in listed} == {item.id for each in on.values() for item in each}


@given(events)
def test_only_the_newest_event_of_an_item_counts(log: list[AuditEvent]) -> None:
    found = console_items.find_in_events("Okta Verify", log)
    for item_id in found:
        mine = [
            each
            for each in log
            if each.target_id == item_id
            and each.target_type == "library_item"
            and (each.new_name or each.action == "delete")
        ]
        assert item_id and mine[0].action != "delete" and mine[0].new_name == "Okta Verify"


@given(statuses(), st.integers(0, 3), st.frozensets(st.sampled_from(DEVICE_IDS)))
def test_every_status_is_counted_and_an_unknown_one_is_in_trouble(
    some: list[ItemStatus], most: int, macs: frozenset[str]
) -> None:
    counted, devices = console_items.states(some, most), {each.device_id for each in some}
    assert sum(counted.counts.values()) == len(devices) and set(counted.counts) <= set(STATES)
    assert len(counted.trouble) == min(most, counted.trouble_total)
    unknown = {
        device_id
        for device_id in devices
        if all(each.state == "unknown" for each in some if each.device_id == device_id)
    }
    assert counted.trouble_total >= len(unknown)
    row = console_items.report(some, macs, macs, most)
    assert sum(row[state] for state in STATES) == len(devices & macs)
