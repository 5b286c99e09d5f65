# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who surely passes a rule: only by authenticators that are shown, and never a rule that is unclear."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    NEVER,
    DeviceContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.possible_verification import (
    satisfiable_by,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.sure_verification import (
    describe_requirement,
    passes,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
    PolicyRule,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.okta.policies.engine import available_methods, satisfies
from tests.support.strategies.okta import enrollments
from tests.support.strategies.rules import (
    Account,
    accounts,
    described_verification,
    hostile_rules,
    rule_row,
    rule_rows,
)
from tests.support.strategies.values import Json, unknown_words


@given(rule_rows("one", 1), enrollments(), enrollments())
def test_one_more_authenticator_never_takes_a_pass_away(
    row: Json, some: list[Enrollment], more: list[Enrollment]
) -> None:
    rule = PolicyRule.from_row(row)
    assert passes(rule, [*some, *more]) or not passes(rule, some)
    active = [each for each in some if each.status == "ACTIVE"]
    assert passes(rule, active) is passes(rule, some)
    assert not passes(rule, [])


@given(hostile_rules(), enrollments())
def test_who_surely_passes_a_rule_is_not_refused_by_the_forecast(
    policy: list[PolicyRule], some: list[Enrollment]
) -> None:
    for rule in policy:
        assert describe_requirement(rule)
        if passes(rule, some):
            assert not rule.unreadable and not rule.denies
            assert satisfiable_by(rule, DeviceContext("MACOS")) != NEVER


@given(
    rule_rows("one", 1),
    enrollments(),
    unknown_words,
    st.sampled_from(("access", "factorMode", "type")),
)
def test_a_word_that_okta_does_not_document_is_never_passed(
    row: Json, some: list[Enrollment], word: str, key: str
) -> None:
    sign_on: Json = {**row["actions"]["appSignOn"]}
    if key == "access":
        sign_on["access"] = word
    else:
        sign_on["verificationMethod"] = {"type": "ASSURANCE", "factorMode": "1FA", key: word}
    rule = PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})
    assert not passes(rule, some)


@given(
    described_verification,
    accounts,
    st.sets(st.sampled_from(("push", "totp", "signed_nonce"))),
    st.booleans(),
)
def test_who_surely_passes_a_rule_passes_it_at_a_sign_in(
    method: Json, account: Account, off: set[str], unrequired_limits: bool
) -> None:
    """The lab judges as Okta describes it, on a device that Okta does not know."""
    rule = PolicyRule.from_row(rule_row("one", 1, "ALLOW", method, {}))
    assume(not rule.unreadable)
    held = available_methods(
        account.authenticators,
        device=None,
        lock="NONE",
        off=off,
    )
    enrolled = [Enrollment(key, "ACTIVE") for key in {key for key, _method in held}]
    assert not passes(rule, enrolled) or satisfies(method, held, unrequired_limits)
