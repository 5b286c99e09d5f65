# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assignments: carried out they leave nothing to do, and they touch no other blueprint."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import assignments
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    BLUEPRINT_IDS,
    BLUEPRINTS,
    ITEM_IDS,
    devices,
    items,
)
from tests.support.strategies.values import hostile, outcome_of

wanted = st.lists(st.sampled_from(BLUEPRINTS), unique=True)
modes = st.sampled_from(("add", "exact", "remove"))


@given(wanted, items(), modes, st.randoms(use_true_random=False))
def test_an_assignment_that_was_carried_out_leaves_nothing_to_do(
    some: list[t.Any], on: dict[str, list[t.Any]], mode: str, chance: t.Any
) -> None:
    ids, item = assignments.item_ids(on), ITEM_IDS[0]
    plan = assignments.plan_assignment(some, BLUEPRINTS, ids, item.upper(), mode)
    assert len(assignments.assignment_changes("item", plan)) == len(plan.assign) + len(plan.remove)
    assert not {each.id for each in plan.assign} & {each.id for each in plan.remove}
    if mode != "exact":
        assert {each.id for each in (*plan.assign, *plan.remove)} <= {each.id for each in some}
    shuffled = list(some)
    chance.shuffle(shuffled)
    other = assignments.plan_assignment(shuffled, BLUEPRINTS, ids, item, mode)
    assert {each.id for each in other.assign} == {each.id for each in plan.assign}
    for blueprint in plan.assign:
        ids.setdefault(blueprint.id, set()).add(item)
    for blueprint in plan.remove:
        ids[blueprint.id].discard(item)
    again = assignments.plan_assignment(some, BLUEPRINTS, ids, item, mode)
    assert not again.assign and not again.remove


@given(
    st.lists(st.sampled_from(("Canary", "canary", *BLUEPRINT_IDS, BLUEPRINT_IDS[0].upper()))),
    st.dictionaries(st.sampled_from(("Canary", *BLUEPRINT_IDS)), hostile, max_size=2),
)
def test_names_and_nodes_of_any_form_are_resolved_or_refused(
    names: list[str], nodes: dict[str, object]
) -> None:
    found = outcome_of(lambda: assignments.resolve(names, BLUEPRINTS))
    if isinstance(found, DeviceTrustError):
        return
    assert len({each.id for each in found}) == len(found)
    outcome_of(lambda: assignments.resolve_nodes(nodes, found, BLUEPRINTS))


@given(devices(), wanted, wanted, st.integers(0, 4), st.integers(0, 4))
def test_more_blueprints_never_have_fewer_devices_and_a_lower_limit_never_allows_more(
    some: list[KandjiDevice], few: list[t.Any], more: list[t.Any], one: int, other: int
) -> None:
    count = len(assignments.devices_on(some, few))
    assert count <= len(assignments.devices_on(some, [*few, *more]))
    assert len(assignments.macs_on(some, few)) <= count
    low, high = sorted((one, other))
    strict, loose = (
        outcome_of(
            lambda limit=each: assignments.check_limits(
                [assignments.Limit("max_new", limit, count, "It")]
            )
        )
        for each in (low, high)
    )
    assert loose is None or strict is not None
    assert (strict is None) is (count <= low)
