# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who surely passes a rule: what cannot be read, or is not documented, proves nothing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.sure_verification import (
    describe_requirement,
    passes,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
    PolicyRule,
)

PASSWORD = Enrollment("okta_password", "ACTIVE")


@pytest.mark.parametrize(
    ("sign_on", "surely"),
    [
        ({"access": "ALLOW"}, True),
        ({"access": "DENY"}, False),
        ({"access": "CHALLENGE"}, False),
        ({"access": 5}, False),
        ({"access": "ALLOW", "verificationMethod": {"factorMode": "1FA"}}, True),
        ({"access": "ALLOW", "verificationMethod": {"factorMode": "3FA"}}, False),
        ({"access": "ALLOW", "verificationMethod": {"constraints": [5]}}, False),
        ({"access": "ALLOW", "verificationMethod": "none"}, False),
    ],
)
def test_a_rule_that_is_not_clear_is_not_passed(sign_on: t.Any, surely: bool) -> None:
    rule = PolicyRule.from_row({"name": "a", "actions": {"appSignOn": sign_on}})
    assert passes(rule, [PASSWORD]) is surely


def rule_of(**method: t.Any) -> PolicyRule:
    sign_on = {"access": "ALLOW", "verificationMethod": method}
    return PolicyRule.from_row({"name": "a", "actions": {"appSignOn": sign_on}})


@pytest.mark.parametrize(
    ("part", "key", "surely"),
    [
        # Named authenticators, where the org shows which method the person has
        ({"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]}, "webauthn", True),
        ({"authenticationMethods": [{"key": "webauthn"}]}, "webauthn", True),
        ({"authenticationMethods": [{"key": "webauthn"}]}, "okta_email", False),
        (
            {"authenticationMethods": [{"key": "okta_verify", "method": "push"}]},
            "okta_verify",
            False,
        ),
        ({"authenticationMethods": [{"key": "okta_verify"}]}, "okta_verify", True),
        ({"authenticationMethods": [{"key": "okta_verify"}]}, "okta_verify_push", True),
        (
            {"excludedAuthenticationMethods": [{"key": "okta_verify_totp"}]},
            "okta_verify_push",
            False,
        ),
        ({"types": ["APP"]}, "okta_verify_push", True),
        ({"excludedAuthenticationMethods": [{"key": "okta_email"}]}, "okta_email", False),
        ({"excludedAuthenticationMethods": [{"key": "okta_email"}]}, "webauthn", True),
        ({"methods": ["webauthn"]}, "webauthn", True),
        ({"methods": ["email"]}, "webauthn", False),
        ({"methods": ["push"]}, "okta_verify", False),
        ({"types": ["security_key"]}, "webauthn", True),
        ({"types": ["APP"]}, "okta_verify", True),
        ({"types": ["app"]}, "webauthn", False),
        # Characteristics
        ({"userPresence": "REQUIRED"}, "okta_email", True),
        ({"deviceBound": "REQUIRED"}, "okta_email", False),
        (
            dict.fromkeys(("userPresence", "deviceBound", "phishingResistant"), "REQUIRED"),
            "webauthn",
            True,
        ),
        ({"hardwareProtection": "REQUIRED"}, "webauthn", False),
        ({"userPresence": "REQUIRED"}, "custom_app", False),  # nobody knows what it has
        # What a part asks of a person who has a password alone
        ({"required": True}, "okta_password", False),
        ({}, "okta_password", False),  # required by default
        ({"required": False}, "okta_password", True),
        ({"required": False, "reauthenticateIn": "PT2H"}, "okta_password", True),
        (
            {"required": False, "userVerification": "OPTIONAL", "attested": "", "types": []},
            "okta_password",
            True,
        ),
        # Okta enforces what a part limits, whatever it shows as required.
        ({"required": False, "userPresence": "REQUIRED"}, "okta_password", False),
        ({"required": False, "methods": ["email"]}, "okta_email", True),
    ],
)
def test_an_authenticator_counts_if_each_of_its_methods_fits(
    part: dict[str, t.Any], key: str, surely: bool
) -> None:
    rule = rule_of(factorMode="1FA", constraints=[{"possession": part}])
    assert passes(rule, [Enrollment(key, "ACTIVE")]) is surely


@pytest.mark.parametrize(
    ("keys", "surely"),
    [
        (("okta_password", "webauthn"), True),
        (("okta_password", "okta_verify_push"), True),
        (("okta_password", "security_question"), False),
        (("okta_password", "tac"), False),  # it expires, and is something that the person knows
        (("tac", "okta_email"), False),
        (("okta_password", "new_thing"), False),
        (("tac",), False),
    ],
)
def test_two_factors_are_of_two_classes_that_are_known(keys: tuple[str, ...], surely: bool) -> None:
    held = [Enrollment(key, "ACTIVE") for key in keys]
    assert passes(rule_of(factorMode="2FA"), held) is surely


@pytest.mark.parametrize("key", ["tac", "new_thing"])
@pytest.mark.parametrize("method", [{"factorMode": "1FA"}, {"constraints": [{"possession": {}}]}])
def test_a_code_that_expires_or_an_unknown_authenticator_proves_nothing(
    key: str, method: dict[str, t.Any]
) -> None:
    assert not passes(rule_of(**method), [Enrollment(key, "ACTIVE")])


@pytest.mark.parametrize(
    ("constraint", "surely"),
    [
        ({"knowledge": {"required": True}}, True),
        ({"knowledge": {"types": ["password"]}}, True),
        ({"knowledge": {}}, True),
        ({"knowledge": {"required": False}, "possession": {"required": True}}, False),
        ({"inherence": {"required": True}}, False),
        ({"inherence": {"required": True}, "knowledge": {"required": False}}, False),
        ({"inherence": {}}, True),
    ],
)
def test_a_person_with_a_password_passes_a_constraint_that_asks_for_no_more(
    constraint: dict[str, t.Any], surely: bool
) -> None:
    assert passes(rule_of(constraints=[constraint]), [PASSWORD]) is surely


@pytest.mark.parametrize(
    ("step", "key", "surely"),
    [
        ({"key": "webauthn", "method": "webauthn"}, "webauthn", True),
        ({"key": "webauthn", "phishingResistant": "REQUIRED"}, "webauthn", True),
        ({"key": "okta_verify", "phishingResistant": "REQUIRED"}, "okta_verify", False),
        ({"key": "okta_verify", "method": "signed_nonce"}, "okta_verify", False),
    ],
)
def test_a_step_of_a_chain_is_passed_by_its_authenticator(
    step: dict[str, t.Any], key: str, surely: bool
) -> None:
    rule = rule_of(type="AUTH_METHOD_CHAIN", chains=[{"authenticationMethods": [step]}])
    assert passes(rule, [Enrollment(key, "ACTIVE")]) is surely


@pytest.mark.parametrize(
    ("method", "requirement"),
    [
        ({}, "an authenticator"),
        ({"factorMode": "2FA"}, "2FA"),
        ({"constraints": [{"possession": {"required": True}}]}, "possession"),
        (
            {
                "factorMode": "2FA",
                "constraints": [
                    {
                        "knowledge": {"required": False},
                        "possession": {"required": False, "deviceBound": "REQUIRED"},
                    }
                ],
            },
            "2FA, possession {'deviceBound': 'REQUIRED'}",
        ),
        (
            {
                "type": "AUTH_METHOD_CHAIN",
                "chains": [
                    {"authenticationMethods": [{"key": "okta_verify"}, {"key": "webauthn"}]},
                    {"authenticationMethods": [{"key": "okta_password"}]},
                ],
            },
            "okta_verify or webauthn, okta_password",
        ),
    ],
)
def test_a_requirement_is_described_in_the_words_of_okta(
    method: dict[str, t.Any], requirement: str
) -> None:
    assert describe_requirement(rule_of(**method)) == requirement
