# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of policies keeps each active policy, and depends on no order of the list."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.policy_order import (
    in_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    RankedPolicy,
)
from hypothesis import given
from hypothesis import strategies as st

policies = st.lists(
    st.builds(
        RankedPolicy,
        id=st.uuids().map(str),
        priority=st.one_of(st.none(), st.integers(0, 99)),
        status=st.sampled_from((None, "ACTIVE", "INACTIVE")),
        system=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda policy: policy.id,
)


@given(policies, st.data())
def test_each_active_policy_has_one_place(some: list[RankedPolicy], data: t.Any) -> None:
    ordered = in_order(some)
    assert {each.id for each in ordered} == {each.id for each in some if each.status != "INACTIVE"}
    assert [each.system for each in ordered] == sorted(each.system for each in ordered)
    again = in_order(data.draw(st.permutations(some)))
    assert [(each.system, each.priority) for each in again] == [
        (each.system, each.priority) for each in ordered
    ]
    for system in (False, True):
        numbers = [each.priority for each in ordered if each.system is system]
        known = [number for number in numbers if number is not None]
        assert numbers == sorted(known) + [None] * (len(numbers) - len(known))
