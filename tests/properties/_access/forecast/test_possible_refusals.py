# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""If a change locks somebody out, the guards of Okta's own apps see it, whatever the rules are."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.possible_refusals import (
    newly_refusing_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given

from tests.support.strategies.rules import hostile_rules, people, rules


@given(rules(2), rules(2), people())
def test_a_change_that_locks_somebody_out_may_refuse(
    before: list[PolicyRule], after: list[PolicyRule], person: Person
) -> None:
    known = Person(person.id, person.groups, login=person.login, devices=person.devices)
    if forecast(before, after, [known]).locked_out:
        assert newly_refusing_rule(before, after) is not None


@given(hostile_rules(), hostile_rules(), people())
def test_rules_of_any_form_are_judged(
    before: list[PolicyRule], after: list[PolicyRule], person: Person
) -> None:
    name = newly_refusing_rule(before, after)
    assert name is None or name in {"", *(rule.name for rule in after)}


@given(hostile_rules())
def test_equal_rules_refuse_nobody(rules: list[PolicyRule]) -> None:
    assert newly_refusing_rule(rules, rules) is None
