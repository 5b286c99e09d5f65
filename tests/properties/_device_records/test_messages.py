# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a reset: every target has its line, and nobody is told to register who has to wait."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.messages import (
    RecordOutcome,
    build_notification,
    count_states,
    list_losses,
    write_later_messages,
    write_messages,
    write_report,
    write_state_report,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    Evidence,
    Guards,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.resets import evidence, guards, targets

STATES = {"write": ("reset", "would_reset"), "skip": ("skipped",), "none": ("absent",)}


@st.composite
def outcomes(draw: st.DrawFn) -> list[RecordOutcome]:
    limits: Guards = draw(guards())
    facts: Evidence = draw(evidence())
    decisions = plan_records(draw(targets()), limits, facts)
    return [
        RecordOutcome(
            each,
            draw(st.sampled_from(STATES[each.action])),
            draw(st.sampled_from((True, False, None))),
        )
        for each in decisions
    ]


@given(outcomes(), st.sampled_from(("", "RESET 3 DEVICES acme.okta.com")))
def test_each_target_is_reported(some: list[RecordOutcome], phrase: str) -> None:
    lines = write_report(some, phrase)
    records = [each for each in some if each.decision.target.device]
    losses = list_losses(some)
    assert len(lines) == len(records) + len(some) + len(losses) + bool(phrase)
    assert bool(losses) is any(each.is_written for each in some)
    assert sum(count_states(some).values()) == len(some)
    for each in some:
        row = json.loads(json.dumps(each.as_result()))
        assert row["state"] == each.state and row["reason"]
        assert any(each.decision.reason in line for line in lines)


@given(outcomes())
def test_a_notification_has_lines_of_the_report_alone(some: list[RecordOutcome]) -> None:
    some = [replace(each, state="changed") if each.is_written else each for each in some]
    notification = build_notification(some, GOALS["absent"])
    lines = [*t.cast(list[str], notification["changed"]), *t.cast(list[str], notification["kept"])]
    assert set(lines) <= set(write_state_report(some, GOALS["absent"]))
    assert bool(notification["changed"]) is any(each.is_written for each in some)


@given(outcomes())
def test_who_waits_for_a_certificate_registers_later_and_nobody_else_is_written_to(
    some: list[RecordOutcome],
) -> None:
    now, later = (
        write(some, "https://acme.okta.com") for write in (write_messages, write_later_messages)
    )
    waiting = {message["serial_number"] for message in now if not message["register_now"]}
    assert {message["serial_number"] for message in later} == waiting
    assert all(message["register_now"] for message in later)
    reached: set[t.Any] = {message["serial_number"] for message in now}
    assert reached == {
        each.decision.target.serial
        for each in some
        if each.state != "skipped"
        and (not each.decision.records_left or each.decision.users_to_register)
        and each.decision.target.serial
        and not each.decision.target.is_unknown
    }
