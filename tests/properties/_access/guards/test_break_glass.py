# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom no rule blocks is admitted from a device that Okta does not know."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.break_glass import (
    blocking_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.subjects import (
    named_platforms,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import hostile_rules, people, rules


@given(st.one_of(rules(), hostile_rules()), people())
def test_whom_no_rule_blocks_is_admitted_from_a_device_that_okta_does_not_know(
    policy: list[PolicyRule], person: Person
) -> None:
    """Given the authenticators that the rules ask for, which nobody can know."""
    if blocking_rule(policy, person) is not None:
        return
    for platform in named_platforms(policy):
        known = Person(
            person.id,
            person.groups,
            person.user_type,
            login=person.login,
            devices=(DeviceContext(platform),),
        )
        assert forecast([], policy, [known]).newly_admitted
