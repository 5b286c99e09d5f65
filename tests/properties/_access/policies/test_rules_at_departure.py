# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that apps left: found again in the policy, or in a clone with a few rules more."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.rules_at_departure import (
    MAX_ADDED,
    digest_rules,
    find_rules_at_departure,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    in_order,
    same_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import rules


def moved(policy: t.Iterable[PolicyRule]) -> list[PolicyRule]:
    """Return rules with new ids and with priorities in this order."""
    return [
        replace(each, id=f"new{number}", priority=number, system=False)
        for number, each in enumerate(policy)
    ]


@given(rules(4), st.randoms(use_true_random=False))
def test_rules_have_one_digest_however_they_were_listed(
    policy: list[PolicyRule], chance: t.Any
) -> None:
    digest = digest_rules(policy)
    chance.shuffle(policy)
    assert digest_rules(policy) == digest == digest_rules(moved(in_order(policy)))


@given(rules(3), rules(3))
def test_rules_with_one_digest_have_the_same_effect(
    some: list[PolicyRule], others: list[PolicyRule]
) -> None:
    if digest_rules(some) == digest_rules(others):
        assert same_rules(moved(in_order(some)), moved(in_order(others)))


@given(rules(3), rules(3), st.lists(st.integers(0, 3), max_size=MAX_ADDED))
def test_rules_are_found_in_a_clone_with_a_few_more(
    policy: list[PolicyRule], others: list[PolicyRule], places: list[int]
) -> None:
    clone = in_order(policy)
    for place, added in zip(places, others):
        clone.insert(place, replace(added, name=f"Added {added.name}"))
    left = find_rules_at_departure(digest_rules(policy), [], moved(clone))
    assert left is not None and digest_rules(left) == digest_rules(policy)
