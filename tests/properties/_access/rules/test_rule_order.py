# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place of a rule: found again where it was put, with all others in their order."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
    find_rule,
    in_order,
    is_placed,
    movable_names,
    place_index,
    place_priority,
    same_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import RULE_NAMES, hostile_rules, places, rules
from tests.support.strategies.values import outcome_of


@given(rules(4), st.randoms(use_true_random=False))
def test_rules_are_in_order_however_they_were_listed(
    policy: list[PolicyRule], chance: t.Any
) -> None:
    expected = in_order(policy)
    chance.shuffle(policy)
    assert in_order(policy) == expected
    assert expected[-1].system and movable_names(policy) == [rule.name for rule in expected[:-1]]
    assert same_rules(policy, expected)


@given(rules(4), st.sampled_from(RULE_NAMES[:-1]), places())
def test_a_rule_that_is_put_to_its_index_is_placed(
    policy: list[PolicyRule], name: str, place: Place
) -> None:
    index = outcome_of(lambda: place_index(policy, name, place, "Strict"))
    if isinstance(index, BadOption):
        assert place.neighbor and place.neighbor in index.message
        return
    assert isinstance(index, int)
    others = [each for each in movable_names(policy) if each != name]
    order = [*others[:index], name, *others[index:]]
    numbered = [PolicyRule(name=each, priority=number) for number, each in enumerate(order)]
    assert is_placed(numbered, name, place)
    assert [each for each in order if each != name] == others


@given(rules(4), st.integers(0, 4))
def test_the_priority_of_an_index_is_that_of_a_rule_or_behind_all(
    policy: list[PolicyRule], index: int
) -> None:
    numbers = [rule.priority for rule in in_order(policy) if not rule.system]
    priority = place_priority(policy, index)
    if index < len(numbers):
        assert priority == numbers[index]
    else:
        assert priority is None if not numbers else priority not in numbers


@given(hostile_rules(), st.sampled_from(RULE_NAMES), places())
def test_rules_of_any_form_have_an_order(policy: list[PolicyRule], name: str, place: Place) -> None:
    assert sorted(map(id, in_order(policy))) == sorted(map(id, policy))
    outcome_of(lambda: place_index(policy, name, place, "Strict"))
    found = outcome_of(lambda: find_rule(policy, name, "Strict"))
    assert found is None or isinstance(found, BadOption) or found in policy
    is_placed(policy, name, place)
