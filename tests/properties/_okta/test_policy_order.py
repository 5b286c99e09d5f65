# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of policies keeps each active policy, and depends on no order of the list."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.policy_order import (
    active_in_order,
    policy_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    People,
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
    ordered = active_in_order(some)
    assert {each.id for each in ordered} == {each.id for each in some if each.status != "INACTIVE"}
    assert [each.system for each in ordered] == sorted(each.system for each in ordered)
    again = active_in_order(data.draw(st.permutations(some)))
    assert [(each.system, each.priority) for each in again] == [
        (each.system, each.priority) for each in ordered
    ]
    for system in (False, True):
        numbers = [each.priority for each in ordered if each.system is system]
        known = [number for number in numbers if number is not None]
        assert numbers == sorted(known) + [None] * (len(numbers) - len(known))


GROUPS = ("staff", "out", "temp")
shown = st.builds(
    RankedPolicy,
    id=st.uuids().map(str),
    people=st.builds(People, groups=st.lists(st.sampled_from(GROUPS), max_size=2).map(tuple)),
    unreadable=st.sampled_from(((), (), ("conditions.people.groups",))),
    system=st.sampled_from((False, False, True)),
)


@given(st.lists(shown, max_size=6), st.frozensets(st.sampled_from(GROUPS)), st.sampled_from(GROUPS))
def test_no_policy_is_named_that_may_not_be_the_first(
    some: list[RankedPolicy], groups: frozenset[str], more: str
) -> None:
    """Whatever group a policy hides, the person may be in it."""
    policy = policy_of(some, groups.__contains__)
    if policy is None:
        return
    before = some[: some.index(policy)]
    assert not any(each.system or each.hides_people for each in before)
    assert not any(set(each.groups) & groups for each in before)
    assert policy.system or set(policy.groups) & groups
    # one more group never makes a later policy the first
    wider = policy_of(some, {*groups, more}.__contains__)
    assert wider in [*before, policy]
