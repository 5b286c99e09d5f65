# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rule applies: what is missing or unreadable never makes it apply to nobody for sure."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    JUDGED_CONDITIONS,
    DeviceContext,
    Person,
    name_unknown,
    unknowns_to_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.json_fields import asks
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.okta.policies.engine import Circumstances, evaluate_conditions
from tests.support.strategies.rules import (
    contexts,
    described_conditions,
    hostile_rules,
    people,
    rule_row,
    rule_rows,
)
from tests.support.strategies.values import Json, hostile, unknown_words


@given(hostile_rules(), people(), contexts())
def test_a_rule_of_any_form_applies_or_not(
    rules: list[PolicyRule], person: Person, device: DeviceContext
) -> None:
    for rule in rules:
        unknowns = unknowns_to_apply(rule, person, device)
        assert unknowns is None or all(isinstance(name, str) for name in unknowns)


@given(rule_rows("one", 1), people(), contexts(), st.data())
def test_an_unreadable_condition_is_an_unknown(
    row: Json, person: Person, device: DeviceContext, data: st.DataObject
) -> None:
    """It may hold or not, so neither a rule that applies nor one that does not is certain."""
    key = data.draw(st.sampled_from(("device", "people", "platform", "userType")))
    value = data.draw(st.sampled_from(("MACOS", 5, ["a"], True)))
    unconditional = {**row, "status": "ACTIVE", "conditions": {key: value}}
    assert unknowns_to_apply(PolicyRule.from_row(unconditional), person, device)


@given(rule_rows("one", 1), people(), contexts(), unknown_words, hostile)
def test_a_condition_of_an_unknown_kind_never_lets_a_rule_apply_for_certain(
    row: Json, person: Person, device: DeviceContext, name: str, value: object
) -> None:
    before = unknowns_to_apply(PolicyRule.from_row(row), person, device)
    more = {**row, "conditions": {**row["conditions"], name: value}}
    after = unknowns_to_apply(PolicyRule.from_row(more), person, device)
    assert name not in JUDGED_CONDITIONS
    if before is None:
        assert after is None
    elif asks(value):
        assert after == before | {name_unknown(name, value)}


@given(rule_rows("one", 1), people(), contexts(), unknown_words)
def test_a_rule_of_an_unknown_status_may_be_active_or_not(
    row: Json, person: Person, device: DeviceContext, status: str
) -> None:
    active, unknown = (
        unknowns_to_apply(PolicyRule.from_row({**row, "status": each}), person, device)
        for each in ("ACTIVE", status)
    )
    assert (active is None) is (unknown is None)
    assert active is None or (unknown is not None and active < unknown)


@given(rule_rows("one", 1), people(), contexts(), st.randoms(use_true_random=False))
def test_the_order_of_keys_and_members_does_not_matter(
    row: Json, person: Person, device: DeviceContext, chance: object
) -> None:
    rule = PolicyRule.from_row(row)
    other = PolicyRule.from_row({**row, "conditions": _turned(row["conditions"])})
    before, after = (unknowns_to_apply(each, person, device) for each in (rule, other))
    assert (before is None) is (after is None)
    assert len(before or ()) == len(after or ())


@settings(max_examples=200)  # a fault needs a rare pair of rule and device
@given(
    described_conditions,
    people(),
    contexts(),
    st.fixed_dictionaries(
        {
            "zones": st.sampled_from((frozenset[str](), frozenset(("nzo1",)))),
            "risk": st.sampled_from(("LOW", "HIGH")),
            "expressions_hold": st.booleans(),
            "users_or_groups": st.booleans(),
            "wide_other": st.booleans(),
        }
    ),
    st.sampled_from(("oty1", "oty2")),
    st.booleans(),
)
@example(
    {"device": {"assurance": {"include": ["dae1"]}}},
    Person("00uada", login="ada@acme.com"),
    DeviceContext("CHROMEOS"),
    {"risk": "LOW"},
    "oty1",
    True,
)
def test_whether_a_rule_surely_applies_is_so_at_a_sign_in(
    drawn: Json,
    person: Person,
    device: DeviceContext,
    around: Json,
    user_type: str,
    is_assured: bool,
) -> None:
    """The lab evaluates conditions as Okta describes them, with what is unknown either way."""
    rule = PolicyRule.from_row(rule_row("one", 1, "ALLOW", {}, drawn))
    device = replace(device, platform="OTHER" if device.platform == "macOS" else device.platform)
    is_assured = is_assured and device.platform != "LINUX"
    met = evaluate_conditions(
        drawn,
        Circumstances(
            user_id=person.id,
            groups=person.groups,
            user_type=person.user_type or user_type,
            platform=device.platform,
            registered=device.registered,
            managed=device.managed,
            assurances=frozenset(("dae1",) if is_assured else ()),
            **around,
        ),
    )
    unknowns = unknowns_to_apply(rule, person, device)
    if unknowns is None:
        assert not all(met.values())
    elif not unknowns:
        assert all(met.values())


def _turned(value: object) -> object:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(each) for each in reversed(value)] if isinstance(value, list) else value
