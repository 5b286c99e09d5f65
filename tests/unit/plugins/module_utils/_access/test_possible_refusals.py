# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawn policies: if a change locks a person out, the guards of Okta's own apps see it."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.possible_refusals import (
    newly_refusing_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given, settings
from hypothesis import strategies as st

# Values of constraints as real orgs answered them
KNOWLEDGE = st.fixed_dictionaries(
    {"required": st.booleans(), "types": st.just(["password"])},
    optional={"reauthenticateIn": st.sampled_from(["PT0S", "PT2H"])},
)
EMAIL, SMS = {"key": "okta_email", "method": "email"}, {"key": "phone_number", "method": "sms"}
LEVEL = st.sampled_from(["OPTIONAL", "REQUIRED"])
POSSESSION = st.fixed_dictionaries(
    {"required": st.booleans()},
    optional={
        "excludedAuthenticationMethods": st.sampled_from([[EMAIL], [EMAIL, SMS]]),
        "authenticationMethods": st.just([{"key": "external_idp", "id": "a", "method": "idp"}]),
        "deviceBound": LEVEL,
        "hardwareProtection": LEVEL,
        "userPresence": LEVEL,
        "userVerification": LEVEL,
    },
)
CONSTRAINT = st.fixed_dictionaries({}, optional={"knowledge": KNOWLEDGE, "possession": POSSESSION})
METHOD = st.fixed_dictionaries(
    {
        "type": st.just("ASSURANCE"),
        "factorMode": st.sampled_from(["1FA", "2FA"]),
        "constraints": st.lists(CONSTRAINT, max_size=2),
    }
)
GROUPS = ("g1", "g2")
SIDES = st.fixed_dictionaries(
    {},
    optional={
        side: st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True)
        for side in ("include", "exclude")
    },
)
PLATFORMS = [
    {"type": "DESKTOP", "os": {"type": "MACOS"}},
    {"type": "MOBILE", "os": {"type": "ANY"}},
]
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from([{"registered": True, "managed": True}, {"registered": False}]),
        "people": st.fixed_dictionaries({"groups": SIDES}),
        "platform": st.fixed_dictionaries(
            {"include": st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=1)}
        ),
        "riskScore": st.just({"level": "HIGH"}),
    },
)


def rule_of(number: int, access: str, method: t.Any, conditions: t.Any) -> PolicyRule:
    sign_on = {"access": access, **({"verificationMethod": method} if access == "ALLOW" else {})}
    row = {"name": f"r{number}", "priority": number, "status": "ACTIVE", "conditions": conditions}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


@st.composite
def policies(draw: st.DrawFn) -> list[PolicyRule]:
    """Return up to two rules and one for everyone."""
    count = draw(st.integers(0, 2))
    access = st.sampled_from(["ALLOW", "DENY"])
    some = [rule_of(n, draw(access), draw(METHOD), draw(CONDITIONS)) for n in range(count)]
    return [*some, rule_of(99, draw(access), draw(METHOD), {})]


DEVICES = st.builds(
    lambda platform, state: DeviceContext(platform, state != "unknown", state == "managed"),
    st.sampled_from(["MACOS", "IOS"]),
    st.sampled_from(["unknown", "registered", "managed"]),
)
PEOPLE = st.builds(
    lambda groups, device: Person("ada", "ada@acme.com", groups, devices=(device,)),
    st.frozensets(st.sampled_from(GROUPS)),
    DEVICES,
)


@settings(max_examples=150, deadline=None)
@given(policies(), policies(), PEOPLE)
def test_a_change_that_locks_somebody_out_may_refuse(
    before: list[PolicyRule], after: list[PolicyRule], ada: Person
) -> None:
    locked_out = forecast(before, after, [ada]).locked_out
    if locked_out:
        assert newly_refusing_rule(before, after) is not None


@settings(max_examples=50, deadline=None)
@given(policies())
def test_equal_rules_refuse_nobody(rules: list[PolicyRule]) -> None:
    assert newly_refusing_rule(rules, rules) is None


@settings(max_examples=100, deadline=None)
@given(METHOD, METHOD, PEOPLE)
def test_one_more_constraint_to_choose_from_locks_nobody_out(
    method: t.Any, other: t.Any, ada: Person
) -> None:
    """One of several constraints has to be met."""
    simple = [rule_of(0, "ALLOW", method, {})]
    constraints = [*method["constraints"], *other["constraints"]] if method["constraints"] else []
    wider = [rule_of(0, "ALLOW", {**method, "constraints": constraints}, {})]
    assert forecast(simple, wider, [ada]).locked_out == ()
