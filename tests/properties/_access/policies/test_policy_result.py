# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result holds each app once, with its policy before."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    plan_assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.policy_result import (
    PolicyResult,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)
from hypothesis import given

from tests.support.strategies.clones import clones
from tests.support.strategies.okta import apps


@given(clones(), apps())
def test_each_app_that_moved_is_a_change_and_a_row(policy: Policy, moved: list[App]) -> None:
    changes = [plan_assignment(app, policy) for app in moved]
    result = PolicyResult(policy, changes, moved).as_result()
    assert result["changed"] is bool(moved)
    assert [row["from_policy"] for row in result["moved_apps"]] == [app.policy_id for app in moved]
    back = PolicyResult(policy, changes, moved, came_from=policy.id).as_result()
    assert {row["from_policy"] for row in back["moved_apps"]} <= {policy.id}
