# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom global session policies refuse, against an evaluator that tries every sign-in."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    SessionPolicy,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    RankedPolicy,
    SessionRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.values import Json

# What Okta may show in place of the groups of a policy.
HIDDEN: tuple[t.Any, ...] = (
    None,
    {},
    {"people": {}},
    {"people": {"groups": {"include": []}}},
    {"people": {"groups": {"include": "staff"}}},
    {"people": {"users": {"include": ["eve"]}, "groups": {"include": {"id": "staff"}}}},
)
# (access, whom it excludes, only inside of a zone)
rule = st.tuples(st.sampled_from(("ALLOW", "DENY")), st.sampled_from(((), ("ann",))), st.booleans())
policies = st.lists(
    st.tuples(st.sampled_from(("staff", "other")), st.lists(rule, max_size=3)), max_size=3
)
Simple = list[tuple[str, list[tuple[str, tuple[str, ...], bool]]]]


def rule_of(number: int, access: str, excluded: tuple[str, ...], zone: bool) -> SessionRule:
    conditions: Json = {
        "people": {"users": {"exclude": list(excluded)}},
        "network": {"connection": "ZONE" if zone else "ANYWHERE"},
    }
    return SessionRule.from_row(
        {
            "name": str(number),
            "priority": number,
            "status": "ACTIVE",
            "conditions": conditions,
            "actions": {"signon": {"access": access}},
        }
    )


def sessions_of(simple: Simple, hidden: t.Mapping[int, t.Any] | None = None) -> Sessions:
    """Return the policies, of which some show other conditions than their group."""
    made = []
    for place, (group, some) in enumerate(simple):
        shown: t.Any = {"people": {"groups": {"include": [group]}}}
        conditions = (hidden or {}).get(place, shown)
        row = {"id": "p", "name": "P", "status": "ACTIVE", "conditions": conditions}
        rules = tuple(rule_of(number, *each) for number, each in enumerate(some))
        made.append(SessionPolicy(RankedPolicy.from_row(row), rules))
    return Sessions(tuple(made))


def is_refused(simple: Simple, person: Identity, inside: bool) -> bool:
    for group, some in simple:
        for access, excluded, zone in some:
            if group in person.groups and person.id not in excluded and (inside or not zone):
                return access == "DENY"
    return False


@given(policies, st.sampled_from(("ann", "bob")), st.sampled_from((("staff",), ("other",), ())))
def test_a_sure_refusal_is_one_in_and_outside_of_each_zone(
    simple: Simple, user: str, groups: t.Sequence[str]
) -> None:
    person = Identity(user, frozenset(groups))
    found = sessions_of(simple).find_refusal(person)
    both = [is_refused(simple, person, inside) for inside in (False, True)]
    if found:
        assert both == [True, True]
    possible = sessions_of(simple).find_possible_refusal(person)
    assert possible or not any(both)
    zones = {zone for _group, some in simple for _access, _excluded, zone in some}
    if zones <= {False}:
        assert bool(found) is both[0] is bool(possible)


@given(
    policies,
    st.dictionaries(st.integers(0, 2), st.sampled_from(HIDDEN), min_size=1),
    st.sampled_from((("staff",), ("other",), ())),
)
def test_what_a_policy_does_not_show_of_its_people_never_makes_a_refusal_sure(
    simple: Simple, hidden: dict[int, t.Any], groups: t.Sequence[str]
) -> None:
    person = Identity("ann", frozenset(groups))
    if sessions_of(simple, hidden).find_refusal(person):
        assert [is_refused(simple, person, inside) for inside in (False, True)] == [True, True]


@given(policies)
def test_groups_are_those_of_policies_that_may_decide(simple: Simple) -> None:
    groups = sessions_of(simple).groups
    assert groups <= {group for group, _rules in simple}
    denies = any(access == "DENY" for _group, some in simple for access, _out, _zone in some)
    assert bool(groups) is denies
