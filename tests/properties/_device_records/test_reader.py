# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of a reset: sign-ins and certificates count only if something proves whose they are."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.reader import (
    SIGN_IN_SPAN,
    is_live,
    match_sign_ins,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import installed_profiles, rings
from tests.support.strategies.okta import DEVICE_IDS, events, hostile_events


@given(st.lists(events(1)), st.randoms(use_true_random=False))
def test_a_sign_in_is_the_last_event_of_a_device_next_to_fastpass(
    log: list[LogEvent], chance: t.Any
) -> None:
    found = match_sign_ins(log, DEVICE_IDS)
    dated = [(event, parse_timestamp(event.published)) for event in log]
    by_fastpass = [
        (event.actor.id, seen)
        for event, seen in dated
        if event.factor == "SIGNED_NONCE"
        or any("Use Okta FastPass" in each.texts for each in event.targets)
    ]
    for device_id, last in found.items():
        assert device_id in DEVICE_IDS
        assert any(
            event.device_id == device_id
            and seen == last
            and any(
                actor == event.actor.id and abs(time - seen) <= SIGN_IN_SPAN
                for actor, time in by_fastpass
            )
            for event, seen in dated
        )
    chance.shuffle(log)
    assert match_sign_ins(log, DEVICE_IDS) == found


@given(st.lists(hostile_events()))
def test_events_of_any_form_are_read(log: list[LogEvent]) -> None:
    found = match_sign_ins(log, DEVICE_IDS)
    assert set(found) <= {event.device_id for event in log}
    without_devices = [LogEvent.from_row({**event.row, "device": None}) for event in log]
    assert match_sign_ins(without_devices, DEVICE_IDS) == {}


@given(installed_profiles(), rings())
def test_a_profile_without_a_scep_payload_is_never_live(
    installed: InstalledProfile, some: t.Any
) -> None:
    if is_live(installed, some):
        assert "com.apple.security.scep" in (installed.payload_types or ())
        assert "com.apple.mdm" not in (installed.payload_types or ())
        assert is_live(installed, ())
