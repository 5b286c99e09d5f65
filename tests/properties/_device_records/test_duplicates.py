# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several records of a device: the one that is kept is none of the spare ones."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.duplicates import (
    judge_targets,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    Guards,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from hypothesis import given

from tests.support.strategies.resets import evidence, guards, targets

Targets = list[RecordTarget]


@given(targets(), guards(), evidence())
def test_the_keeper_of_a_serial_stays(some: Targets, limits: Guards, facts: Evidence) -> None:
    decisions = plan_records(some, limits, facts)
    for decision in decisions:
        if decision.writes and decision.keeper:
            keeper = next(each for each in decisions if each.target is decision.keeper)
            assert keeper.target.id != decision.target.id and not keeper.writes


@given(targets(), guards(), evidence())
def test_one_record_of_a_device_is_kept_and_no_option_named_it(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    verdicts = judge_targets(some, limits, facts)
    assert [verdict.target for verdict in verdicts] == some
    keepers: dict[object, set[str]] = {}
    for verdict in verdicts:
        if verdict.keeper is not None:
            assert verdict.keeper.device_key == verdict.target.device_key
            assert not verdict.keeper.by_id
            keepers.setdefault(verdict.target.device_key, set()).add(verdict.keeper.id)
    assert all(len(ids) == 1 for ids in keepers.values())
