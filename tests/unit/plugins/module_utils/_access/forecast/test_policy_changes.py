# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of sign-in rules, and what of it may refuse people."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    AppChange,
    requires_managed,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)

from tests.unit.plugins.module_utils._access.fake_org import APP, rule


@pytest.mark.parametrize(
    ("policy_rule", "requires"),
    [
        (rule("x", device={"registered": True, "managed": True}), True),
        (rule("x", "DENY", device={"registered": True, "managed": False}), True),
        (rule("x", "DENY", device={"registered": False}), True),
        (rule("x", device={"registered": True}), False),
        (rule("x", "DENY"), False),
        (rule("x", "DENY", device={"registered": True, "managed": True}), False),
        (rule("x", status="INACTIVE", device={"managed": True}), False),
        (
            PolicyRule.from_row(
                {
                    "name": "Catch-all Rule",
                    "conditions": None,
                    "actions": {"appSignOn": {"access": "ALLOW"}},
                }
            ),
            False,
        ),
    ],
)
def test_which_rules_stand_for_managed_devices(policy_rule, requires):
    assert requires_managed(policy_rule) is requires


def test_a_copy_of_a_policy_has_no_effect():
    row_of = PolicyRule.from_row
    row = {"name": "Catch-all Rule", "status": "ACTIVE", "conditions": {}, "actions": {}}
    same = [row_of({**row, "id": "a"})], [row_of({**row, "id": "b"})]
    assert not AppChange(APP, *same).has_effect
    assert AppChange(APP, same[0], [row_of({**row, "status": "INACTIVE"})]).has_effect
    assert AppChange(APP, same[0], []).has_effect
