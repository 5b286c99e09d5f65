# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to lock and to erase: none is sent twice, whatever Kandji shows of earlier ones."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    device_actions as actions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    DeviceCommand,
    KandjiDevice,
)
from hypothesis import given, strategies

MAC = KandjiDevice("d1", "C02A", platform="Mac")
KINDS = {"lock": "DeviceLock", "erase": "EraseDevice"}
TIMES = strategies.sampled_from([None, "", "soon", "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"])
STATUSES = strategies.sampled_from([None, 0, 1, 2, 3, 4, 5, 6])
COMMANDS = strategies.lists(
    strategies.builds(
        DeviceCommand,
        uuid=strategies.sampled_from(["u1", "u2"]),
        request_type=strategies.sampled_from([*KINDS.values(), "devicelock", "Settings", ""]),
        status=STATUSES,
        requested=TIMES,
        completed=TIMES,
    ),
    max_size=5,
)
ACTIONS = strategies.sampled_from(list(actions.ACTIONS))
ALLOWED = strategies.sets(strategies.sampled_from(list(actions.ALLOW)))


@given(ACTIONS, COMMANDS, ALLOWED)
def test_the_order_of_the_commands_decides_nothing(
    action: t.Any, commands: list[DeviceCommand], allow: set[str]
) -> None:
    decision = actions.decide(action, "C02A", MAC, commands, allow)
    again = actions.decide(action, "C02A", MAC, commands[::-1], allow)
    known = [each for each in commands if each.requested and "T" in each.requested]
    if len({each.requested for each in known}) == len(commands):
        assert (decision.action, decision.code) == (again.action, again.code)


@given(ACTIONS, COMMANDS, ALLOWED, STATUSES)
def test_after_a_command_was_sent_the_next_run_sends_none_unasked(
    action: t.Any, commands: list[DeviceCommand], allow: set[str], status: int | None
) -> None:
    """Unless it failed. One that is open is not sent again, whatever is allowed."""
    sent = DeviceCommand("u9", KINDS[action], status, "2026-11-20T10:00:00Z")
    others = [each for each in commands if each.requested != "" and each.requested is not None]
    dated = [each for each in others if "T" in str(each.requested)]
    decision = actions.decide(action, "C02A", MAC, [*dated, sent], ())
    assert not decision.sends or status == 4
    if status in (1, 2, 5):
        assert not actions.decide(action, "C02A", MAC, [*commands, sent], allow).sends


@given(ACTIONS, COMMANDS, ALLOWED)
def test_allowing_more_sends_no_less(
    action: t.Any, commands: list[DeviceCommand], allow: set[str]
) -> None:
    if actions.decide(action, "C02A", MAC, commands, ()).sends:
        assert actions.decide(action, "C02A", MAC, commands, allow).sends


@given(ACTIONS, strategies.sampled_from(["changed", "would_change", "unchanged", "skipped"]))
def test_a_result_changes_what_was_sent_alone(action: t.Any, state: str) -> None:
    decision = actions.Decision("C02A", "send", "Lost.", device=MAC)
    request = actions.ActionRequest(action, ("C02A",))
    outcome = actions.ActionOutcome(decision, state)
    result = actions.build_action_result(request, [outcome], outcome.is_written, False)
    assert result["changed"] is (state in ("changed", "would_change"))
    assert bool(result["confirm"]) is outcome.is_written
