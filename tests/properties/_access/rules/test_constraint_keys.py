# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of constraints and chains: what Okta does not document is refused, at any depth."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.constraint_keys import (
    CHAIN,
    CONSTRAINT,
    check_keys,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.rules import chain, constraints
from tests.support.strategies.values import changed_rows, outcome_of, unknown_words

DEEP = {
    "authenticationMethods": [{"key": "okta_password", "method": "password"}],
    "next": [{"authenticationMethods": [{"key": "webauthn", "userVerification": "REQUIRED"}]}],
}


@given(constraints, st.lists(chain))
def test_recorded_constraints_and_chains_pass(limits: list[t.Any], chains: list[t.Any]) -> None:
    check_keys("constraints", limits, CONSTRAINT)
    check_keys("chains", chains, CHAIN)


@given(st.data(), unknown_words)
def test_a_misspelt_key_is_refused_at_any_depth(data: st.DataObject, word: str) -> None:
    limit = {"possession": {"required": True, "authenticationMethods": [{"key": "okta_verify"}]}}
    option, shape, value = data.draw(
        st.sampled_from((("constraints", CONSTRAINT, limit), ("chains", CHAIN, DEEP)))
    )
    wrong = copy.deepcopy(value)
    objects = list(_objects(wrong))
    objects[data.draw(st.integers(0, len(objects) - 1))][word] = "REQUIRED"
    with pytest.raises(BadOption, match=f"^{option}: item 1.*{word}"):
        check_keys(option, [wrong], shape)


@given(st.lists(changed_rows([DEEP])), st.lists(changed_rows([{"possession": {"required": True}}])))
def test_values_of_any_form_pass_or_are_refused_in_a_sentence(
    chains: list[t.Any], limits: list[t.Any]
) -> None:
    outcome_of(lambda: check_keys("chains", chains, CHAIN))
    outcome_of(lambda: check_keys("constraints", limits, CONSTRAINT))


def _objects(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


@pytest.mark.parametrize(
    "method, is_possible", [("push", True), (None, True), ("totp", False), ("signed_nonce", False)]
)
def test_a_key_of_one_method_takes_no_other(method: str | None, is_possible: bool) -> None:
    entry = {"key": "okta_verify_push", "method": method}
    limits = [{"possession": {"authenticationMethods": [entry]}}]
    if is_possible:
        check_keys("constraints", limits, CONSTRAINT)
        return
    with pytest.raises(BadOption, match=f"the method of okta_verify_push is '{method}'"):
        check_keys("constraints", limits, CONSTRAINT)
