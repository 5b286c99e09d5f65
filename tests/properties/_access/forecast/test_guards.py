# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards of a change of rules: a lower limit never allows more, and what may refuse blocks."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.guards import (
    LockOutGuard,
    blocking_rule,
    is_account_policy,
    requires_managed,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.outcomes import (
    AccessChange,
    Forecast,
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.subjects import (
    named_platforms,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Policy,
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import policies
from tests.support.strategies.rules import hostile_rules, people, rule_row, rules
from tests.support.strategies.values import outcome_of

logins = st.lists(st.sampled_from(("ada", "bob", "cyd", "İda")), max_size=6)


def losing(names: list[str]) -> Forecast:
    rows = [AccessChange("00u", name, "MACOS", None, "one", "two") for name in names]
    return Forecast(tuple(rows), people=len(names))


@given(logins, st.integers(0, 4), st.integers(0, 4))
def test_a_lower_limit_of_people_never_allows_more(names: list[str], some: int, other: int) -> None:
    low, high = sorted((some, other))
    strict, loose = (
        outcome_of(lambda limit=each: LockOutGuard(limit).check(losing(names)))
        for each in (low, high)
    )
    assert not isinstance(loose, Refused) or isinstance(strict, Refused)
    assert isinstance(strict, Refused) is (len(set(names)) > low)
    if isinstance(strict, Refused):
        assert strict.details["count"] == len(set(names))


@given(logins, st.sampled_from(("ada", "new")))
def test_one_more_person_never_makes_a_change_possible(names: list[str], name: str) -> None:
    before = outcome_of(lambda: LockOutGuard(1).check(losing(names)))
    after = outcome_of(lambda: LockOutGuard(1).check(losing([*names, name])))
    assert not isinstance(before, Refused) or isinstance(after, Refused)


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


@given(policies())
def test_the_policy_for_adding_authenticators_is_known_by_resource_or_name(policy: Policy) -> None:
    assert is_account_policy(policy) is False
    named = Policy(policy.id, "OKTA account management policy", resource_type=policy.resource_type)
    assert is_account_policy(named) is not bool(policy.resource_type)
