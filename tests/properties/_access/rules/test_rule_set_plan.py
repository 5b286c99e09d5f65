# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several rules as one change: after an interruption the next run ends as the first was planned."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_set_plan import (
    plan_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties._access.rules.test_plan import requests
from tests.properties._access.rules.test_write_order import policies
from tests.support.strategies.values import outcome_of


@settings(max_examples=80)
@given(policies(), st.lists(requests(), min_size=1, max_size=4, unique_by=lambda each: each.name))
def test_cut_off_after_any_write_the_next_run_ends_as_planned(policy, wanted) -> None:  # type: ignore[no-untyped-def]  # drawn
    plan = outcome_of(lambda: plan_rules(policy, wanted, "Strict"))
    if isinstance(plan, DeviceTrustError):
        return
    for write in plan.writes:
        left = [with_id(number, rule) for number, rule in enumerate(write.rules)]
        again = plan_rules(left, wanted, "Strict")
        assert shown(again.after) == shown(plan.after)
        assert not plan_rules(again.after, wanted, "Strict").changes


def with_id(number: int, rule: PolicyRule) -> PolicyRule:
    """Return a rule as Okta shows it after a write: with an id and a priority."""
    priority = 99 if rule.system else number
    return PolicyRule.from_row(
        {**rule.row, "id": rule.id or f"new-{rule.name}", "priority": priority}
    )


def shown(policy: Rules) -> list[tuple[str, str | None, t.Any, t.Any]]:
    return [(rule.name, rule.status, rule.conditions, rule.sign_on) for rule in policy]
