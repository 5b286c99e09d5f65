# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of a record: one guard less never skips more, and a new registration is kept."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.guards import (
    find_refusal,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    Guards,
    RecordTarget,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.resets import evidence, guards, targets

Targets = list[RecordTarget]


@given(targets(), guards(), evidence())
def test_only_an_old_registration_passes(some: Targets, limits: Guards, facts: Evidence) -> None:
    """Whatever is allowed, and whether another record of its device is kept."""
    for target in some:
        if target.device is None:
            continue
        for keeper in (None, replace(target, device=replace(target.device, id="guo-kept"))):
            if find_refusal(target, limits, facts, keeper) is None:
                registered = target.registered_at
                assert registered is not None and registered < limits.created_before


@given(targets(), guards(), evidence(), st.data())
def test_what_passes_still_passes_with_one_guard_less(
    some: Targets, limits: Guards, facts: Evidence, data: st.DataObject
) -> None:
    if not limits.options.allow:
        return
    forbidden = data.draw(st.sampled_from(list(limits.options.allow)))
    stricter = [each for each in limits.options.allow if each != forbidden]
    strict = replace(limits, options=replace(limits.options, allow=stricter))
    for target in some:
        if target.device is not None and find_refusal(target, strict, facts) is None:
            assert find_refusal(target, limits, facts) is None
