# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reversal: each app goes back to where it was, or stays and says why."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    parse_marks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.reversal import (
    plan_changes,
    plan_moves_back,
    plan_possible_reversal,
    plan_reversal,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.clones import clones
from tests.support.strategies.okta import apps, policies
from tests.support.strategies.values import outcome_of


@given(clones(), apps(), st.lists(policies("rst1"), max_size=1), st.randoms(use_true_random=False))
def test_apps_go_back_to_a_policy_that_exists_or_stay(
    policy: Policy, used_by: list[App], others: list[Policy], chance: t.Any
) -> None:
    known = [policy, *others]
    reversal = outcome_of(lambda: plan_reversal(policy, used_by, known))
    marks = parse_marks(policy.description)
    if isinstance(reversal, DeviceTrustError):
        assert marks.original_id is None
        return
    assert [*(app for app, _policy in reversal.moves), *reversal.staying] or not used_by
    assert len(reversal.moves) + len(reversal.staying) == len(used_by)
    for app, target in reversal.moves:
        assert target in known and target.id == marks.came_from[app.id] != policy.id
    kept = parse_marks(reversal.description)
    assert kept.original_id == marks.original_id
    assert set(kept.came_from) <= {app.id for app in reversal.staying}
    assert set(kept.digests) <= set(kept.came_from)
    chance.shuffle(used_by)
    again = plan_reversal(policy, used_by, known)
    assert {app.id: to.id for app, to in again.moves} == {
        app.id: to.id for app, to in reversal.moves
    }
    assert again.description == reversal.description


@given(clones(), apps(), st.lists(policies("rst1"), max_size=1))
def test_each_app_goes_back_or_has_a_reason(
    policy: Policy, used_by: list[App], others: list[Policy]
) -> None:
    planned = outcome_of(
        lambda: plan_possible_reversal(policy, used_by, [policy, *others], used_by)
    )
    if isinstance(planned, DeviceTrustError):
        return
    plan, staying = planned
    moves = plan_moves_back(plan, policy)
    assert not any(move.target.is_inactive for move in moves)
    ids = sorted([*(move.app.id for move in moves), *(each.app.id for each in staying)])
    assert ids == sorted(app.id for app in used_by)
    assert len(plan_changes(plan, policy)) >= len(moves)
