# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that require managed devices, whatever their status."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    requires_managed,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import hostile_rules, rule_row


@given(hostile_rules())
def test_an_inactive_rule_demands_nothing(policy: list[PolicyRule]) -> None:
    for rule in policy:
        assert not requires_managed(PolicyRule.from_row({**rule.row, "status": "INACTIVE"}))


@given(st.sampled_from(("ACTIVE", "DRAFT", None)))
def test_a_rule_of_an_unknown_status_that_demands_a_managed_device_counts(
    status: str | None,
) -> None:
    row = rule_row("one", 1, "ALLOW", {}, {"device": {"registered": True, "managed": True}})
    assert requires_managed(PolicyRule.from_row({**row, "status": status}))
