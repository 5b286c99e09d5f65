# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a clone never differ from those that it copied, whatever was added to it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.copied_rules import (
    find_differing_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    in_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import rules


def numbered(policy: t.Iterable[PolicyRule]) -> list[PolicyRule]:
    """Return rules with new ids and with priorities in this order."""
    return [
        replace(each, id=f"new{number}", priority=number, system=False)
        for number, each in enumerate(policy)
    ]


@given(rules(4), rules(3), st.lists(st.integers(0, 4), max_size=3))
def test_added_rules_do_not_count(
    policy: list[PolicyRule], others: list[PolicyRule], places: list[int]
) -> None:
    clone, names = list(in_order(policy)), []
    for place, other in zip(places, others):
        added = replace(other, name=f"Added {other.name}")
        clone.insert(place, added)
        names.append(added.name)
    assert find_differing_rules(numbered(clone), policy, names) == []


@given(rules(3), rules(3))
def test_both_directions_agree(some: list[PolicyRule], others: list[PolicyRule]) -> None:
    there, back = (find_differing_rules(*pair, []) for pair in ((some, others), (others, some)))
    assert set(there) == set(back)
    assert find_differing_rules(some, some, []) == []
