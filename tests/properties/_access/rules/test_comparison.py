# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules compared and merged: what was written is not a difference, whatever its order and form."""

from __future__ import annotations

import copy
import json
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.comparison import (
    RULE_READ_ONLY,
    find_differences,
    has_times,
    have_same_effect,
    merge_rule,
    parse_duration,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.options import (
    build_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import (
    DURATIONS,
    RULE_ROWS,
    rule_options,
    rule_rows,
)
from tests.support.strategies.values import Json, changed_rows, outcome_of


def turned(value: t.Any) -> t.Any:
    """Return a value with its keys and members in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in reversed(value)] if isinstance(value, list) else value


@given(rule_rows("one", 1), rule_options)
def test_what_was_merged_differs_no_more_and_keeps_what_nobody_asked_for(
    row: Json, options: Json
) -> None:
    wanted = outcome_of(lambda: build_rule(options))
    if isinstance(wanted, DeviceTrustError):
        return
    before = copy.deepcopy(row)
    body = outcome_of(lambda: merge_rule(wanted, PolicyRule.from_row(row)))
    assert row == before
    if isinstance(body, DeviceTrustError):
        return
    assert not set(body) & set(RULE_READ_ONLY)
    json.dumps(body)  # no mark of an absent key is left
    assert find_differences(wanted, body) == []
    again = merge_rule(wanted, PolicyRule.from_row({**row, **body}))
    assert again == body
    for key in row.keys() - {"name", "conditions", "actions", *RULE_READ_ONLY}:
        assert body[key] == row[key]
    untouched = row["conditions"].keys() - wanted.get("conditions", {}).keys() - {"userType"}
    assert all(body["conditions"][key] == row["conditions"][key] for key in untouched)


@given(rule_rows("one", 1), rule_options)
def test_the_order_of_members_and_keys_is_not_a_difference(row: Json, options: Json) -> None:
    wanted = outcome_of(lambda: build_rule(options))
    if isinstance(wanted, DeviceTrustError):
        return
    paths = {each.path for each in find_differences(wanted, row)}
    assert {each.path for each in find_differences(wanted, turned(row))} == paths


@given(rule_rows("one", 1), rule_rows("one", 2))
def test_the_same_effect_is_mutual(some: Json, other: Json) -> None:
    rules = PolicyRule.from_row(some), PolicyRule.from_row(other)
    assert have_same_effect(*rules) is have_same_effect(*reversed(rules))
    again = PolicyRule.from_row(turned({**some, "id": "rul9", "priority": 7}))
    assert have_same_effect(rules[0], again)


@given(changed_rows(RULE_ROWS), changed_rows(RULE_ROWS), rule_options)
def test_rules_of_any_form_are_compared_and_merged_or_refused_in_a_sentence(
    row: Json, other: Json, options: Json
) -> None:
    rule = PolicyRule.from_row(row)
    outcome_of(lambda: have_same_effect(rule, PolicyRule.from_row(other)))
    wanted = outcome_of(lambda: build_rule(options))
    if not isinstance(wanted, DeviceTrustError):
        outcome_of(lambda: find_differences(wanted, row))
        body = outcome_of(lambda: merge_rule(wanted, rule))
        if not isinstance(body, DeviceTrustError):
            assert find_differences(wanted, body) == []


@given(
    st.sampled_from(DURATIONS), st.sampled_from(DURATIONS), st.text("PTDHMS0123456789", max_size=9)
)
def test_a_duration_is_seconds_or_left_as_it_is(some: str, other: str, text: str) -> None:
    assert isinstance(parse_duration(some), int)
    assert (parse_duration(some) == parse_duration(other)) is (
        some == other or "PT120M" in (some, other) and "PT2H" in (some, other)
    )
    value = parse_duration(text)
    assert value == text or isinstance(value, int)


@given(rule_rows("one", 1), rule_options)
def test_a_body_has_a_time_of_the_rule_or_times_of_its_chains(row: Json, options: Json) -> None:
    wanted = outcome_of(lambda: build_rule(options))
    if isinstance(wanted, DeviceTrustError):
        return
    body = outcome_of(lambda: merge_rule(wanted, PolicyRule.from_row(row)))
    if not isinstance(body, DeviceTrustError):
        method = body["actions"]["appSignOn"].get("verificationMethod") or {}
        assert not (method.get("reauthenticateIn") and has_times(method.get("chains")))
