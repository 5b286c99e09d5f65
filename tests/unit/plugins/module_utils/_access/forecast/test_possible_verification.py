# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule asks of a person on a device, and which of it nobody can know beforehand."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    conditions,
    possible_verification,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)

MAC = DeviceContext("MACOS", registered=True, managed=True, device_id="d1")
PLAIN_MAC = DeviceContext("MACOS", registered=True, device_id="d2")
STRANGE_MAC = DeviceContext("MACOS")
SIGN_NONCE = {"key": "okta_verify", "method": "signed_nonce"}
CHAIN = {"type": "AUTH_METHOD_CHAIN"}
PASSWORD = {"key": "okta_password", "method": "password"}


def rule(method=None, access="ALLOW"):
    method = method or {"type": "ASSURANCE", "factorMode": "1FA"}
    sign_on = {"access": access, "verificationMethod": method}
    return PolicyRule.from_row({"name": "x", "actions": {"appSignOn": sign_on}})


def needs(**possession):
    return {"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{"possession": possession}]}


def chain(*methods):
    return {**CHAIN, "chains": [{"authenticationMethods": list(methods)}]}


@pytest.mark.parametrize(
    ("method", "device", "passes"),
    [
        ({"type": "ASSURANCE", "factorMode": "1FA"}, STRANGE_MAC, True),
        ({"type": "ASSURANCE", "factorMode": "2FA"}, STRANGE_MAC, None),
        ({"type": "ASSURANCE", "factorMode": "2FA"}, PLAIN_MAC, True),
        (needs(phishingResistant="REQUIRED", deviceBound="REQUIRED"), PLAIN_MAC, True),
        (needs(phishingResistant="REQUIRED"), STRANGE_MAC, None),
        (needs(authenticationMethods=[SIGN_NONCE]), STRANGE_MAC, False),
        (needs(authenticationMethods=[SIGN_NONCE]), PLAIN_MAC, True),
        (
            needs(
                authenticationMethods=[{"key": "okta_verify_fastpass", "method": "signed_nonce"}]
            ),
            PLAIN_MAC,
            True,
        ),
        (needs(authenticationMethods=[{"key": "okta_verify"}]), STRANGE_MAC, None),
        (needs(authenticationMethods=[{"key": "webauthn"}]), MAC, None),
        (needs(excludedAuthenticationMethods=[SIGN_NONCE]), MAC, None),
        (needs(methods=["SMS"]), MAC, None),
        (needs(types=["SECURITY_KEY"]), MAC, None),
        (needs(hardwareProtection="REQUIRED"), MAC, None),
        (needs(hardwareProtection="REQUIRED", required=False), STRANGE_MAC, None),
        (needs(required=False), STRANGE_MAC, None),  # the second factor
        (needs(required=False, userVerification="OPTIONAL"), MAC, True),
        ({"type": "ASSURANCE", "factorMode": "1FA", "constraints": [{}]}, STRANGE_MAC, True),
        ({"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{}]}, STRANGE_MAC, None),
        ({"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{}]}, PLAIN_MAC, True),
        ({"factorMode": "2FA", "constraints": [{"knowledge": {"types": ["password"]}}]}, MAC, True),
        (
            {"factorMode": "2FA", "constraints": [{"knowledge": {"types": ["password"]}}]},
            STRANGE_MAC,
            None,
        ),
        ({"constraints": [{"possession": {}}]}, STRANGE_MAC, None),  # required by default
        ({"constraints": [{"inherence": {"required": True}}]}, MAC, None),  # not known here
        (needs(attested="REQUIRED"), MAC, None),
        (
            needs(hardwareProtection="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            DeviceContext("MACOS", True, True, secure_hardware=False),
            False,
        ),
        (
            needs(hardwareProtection="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            DeviceContext("MACOS", True, True, secure_hardware=True),
            True,
        ),
        (
            needs(userVerification="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            DeviceContext("MACOS", True, screen_lock="PASSCODE"),
            None,  # whether it is set up in Okta Verify
        ),
        (
            needs(userVerification="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            DeviceContext("MACOS", True, screen_lock="NONE"),
            False,
        ),
        (
            needs(
                userVerification="REQUIRED",
                userVerificationMethods=["BIOMETRICS"],
                authenticationMethods=[SIGN_NONCE],
            ),
            DeviceContext("MACOS", True, screen_lock="PASSCODE"),
            False,
        ),
        (
            {
                "type": "ASSURANCE",
                "factorMode": "2FA",
                "constraints": [
                    {
                        "knowledge": {"types": ["PASSWORD"]},
                        "possession": {"deviceBound": "REQUIRED"},
                    }
                ],
            },
            MAC,
            True,
        ),
        (
            {
                "type": "ASSURANCE",
                "factorMode": "1FA",
                "constraints": [{"knowledge": {"types": ["SECURITY_QUESTION"]}}],
            },
            MAC,
            None,
        ),
        (
            {
                "type": "AUTH_METHOD_CHAIN",
                "chains": [
                    {
                        "authenticationMethods": [{"key": "okta_password", "method": "password"}],
                        "next": [{"authenticationMethods": [SIGN_NONCE]}],
                    }
                ],
            },
            MAC,
            True,
        ),
        (
            {
                "type": "AUTH_METHOD_CHAIN",
                "chains": [
                    {
                        "authenticationMethods": [{"key": "okta_password", "method": "password"}],
                        "next": [{"authenticationMethods": [SIGN_NONCE]}],
                    }
                ],
            },
            STRANGE_MAC,
            False,
        ),
        (
            {
                "type": "AUTH_METHOD_CHAIN",
                "chains": [{"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]}],
            },
            MAC,
            None,
        ),
        ({"type": "ID_PROOFING"}, MAC, None),
    ],
)
def test_okta_verify_on_a_registered_device_is_known_and_other_authenticators_are_not(
    method, device, passes
):
    answer = possible_verification.satisfiable_by(rule(method), device)
    assert {conditions.ALWAYS: True, conditions.NEVER: False}.get(answer) is passes, answer


@pytest.mark.parametrize(
    ("method", "device", "names"),
    [
        ({"type": "ID_PROOFING"}, MAC, ['verification method: {"type": "ID_PROOFING"}']),
        ({"factorMode": "3FA"}, MAC, ['verification method: {"factorMode": "3FA"}']),
        (
            {"constraints": [{"inherence": {"required": True}}]},
            MAC,
            ['constraint: {"inherence": {"required": true}}'],
        ),
        (needs(attested="REQUIRED"), MAC, ['authenticator: {"attested": "REQUIRED"}']),
        (
            {"type": "ASSURANCE", "factorMode": "2FA"},
            STRANGE_MAC,
            [possible_verification.SECOND_FACTOR],
        ),
        (
            needs(required=True, deviceBound="REQUIRED"),
            STRANGE_MAC,
            ['authenticator: {"deviceBound": "REQUIRED"}'],
        ),
        (
            needs(authenticationMethods=[{"key": "okta_verify", "method": "push"}]),
            MAC,
            [
                'authenticator: {"authenticationMethods": [{"key": "okta_verify", "method": "push"}]}'
            ],
        ),
        (
            {"constraints": [{"knowledge": {"types": ["SECURITY_QUESTION"]}}]},
            MAC,
            ['authenticator: {"types": ["SECURITY_QUESTION"]}'],
        ),
        (chain({"key": "webauthn"}), MAC, ['authenticator: {"key": "webauthn"}']),
        *(
            (
                chain({**method, asked: "REQUIRED"}),
                MAC,
                [conditions.name_unknown("authenticator", {**method, asked: "REQUIRED"})],
            )
            for method, asked in (
                (PASSWORD, "userVerification"),
                (PASSWORD, "phishingResistant"),
                (PASSWORD, "hardwareProtection"),
                (SIGN_NONCE, "attested"),
            )
        ),
        (
            needs(authenticationMethods=[SIGN_NONCE], hardwareProtection="REQUIRED"),
            MAC,
            [possible_verification.HARDWARE_KEYS],
        ),
        (
            needs(authenticationMethods=[SIGN_NONCE], userVerification="REQUIRED"),
            MAC,
            [possible_verification.SCREEN_LOCK],
        ),
        (
            chain(*({"key": key} for key in ("e", "b", "d", "a", "c", "f"))),
            MAC,
            [f'authenticator: {{"key": "{key}"}}' for key in "abcdef"],
        ),
    ],
)
def test_each_unknown_that_lets_a_person_pass_is_named(method, device, names):
    answer = possible_verification.satisfiable_by(rule(method), device)
    assert answer == tuple(frozenset({name}) for name in names)


@pytest.mark.parametrize(
    ("method", "passes"),
    [
        ({"constraints": [{"knowledge": {"required": True}}]}, True),
        ({"constraints": [{"knowledge": {"types": ["password"]}}]}, True),
        (
            {"constraints": [{"knowledge": {"required": False, "types": ["SECURITY_QUESTION"]}}]},
            None,
        ),
        (
            {"constraints": [{"knowledge": {"excludedAuthenticationMethods": [PASSWORD]}}]},
            None,
        ),
        ({"constraints": [{"knowledge": {"authenticationMethods": [PASSWORD]}}]}, True),
        ({"constraints": [{"knowledge": {"required": False, "reauthenticateIn": "PT2H"}}]}, True),
        (needs(methods=["signed_nonce"]), True),
        (needs(types=["app"]), True),
        (chain({**PASSWORD, "userPresence": "REQUIRED"}), True),
        (chain({**PASSWORD, "phishingResistant": "OPTIONAL"}), True),
        (chain({**SIGN_NONCE, "phishingResistant": "REQUIRED"}), True),
        (chain({"key": "okta_verify"}), True),
        (chain({**SIGN_NONCE, "userVerification": "preferred"}), None),
        (needs(hardwareProtection="REQUIRED_STRONG"), None),
        (needs(deviceBound="required"), True),
        (needs(deviceBound="SOMEHOW", authenticationMethods=[SIGN_NONCE]), None),
        (chain({"key": "okta_verify_fastpass"}), True),
        (chain({"key": "okta_verify", "method": "push"}), None),
        (chain({"key": "custom_app", "method": "signed_nonce"}), None),
    ],
)
def test_what_a_managed_mac_passes_for_certain(method, passes):
    answer = possible_verification.satisfiable_by(rule(method), MAC)
    assert {conditions.ALWAYS: True, conditions.NEVER: False}.get(answer) is passes, answer


@pytest.mark.parametrize(
    ("methods", "passes"),
    [
        ([{"key": "okta_verify"}], None),
        (
            [{"key": "okta_verify", "method": name} for name in ("totp", "push", "signed_nonce")],
            None,
        ),
        (
            [
                {"key": "okta_verify_totp", "method": "totp"},
                {"key": "okta_verify_push", "method": "push"},
                {"key": "okta_verify_fastpass", "method": "signed_nonce"},
            ],
            None,
        ),
        ([SIGN_NONCE], False),
    ],
)
def test_a_step_for_okta_verify_as_a_whole_takes_a_push_on_another_device(methods, passes):
    answer = possible_verification.satisfiable_by(rule(chain(*methods)), STRANGE_MAC)
    assert {conditions.ALWAYS: True, conditions.NEVER: False}.get(answer) is passes, answer


@pytest.mark.parametrize("lock", ["PASSCODE", "BIOMETRIC", None])
@pytest.mark.parametrize(
    ("methods", "names"),
    [
        ([], [possible_verification.SCREEN_LOCK]),
        (
            ["biometrics", "PIN"],
            [possible_verification.SCREEN_LOCK],
        ),
        (
            ["PIN"],
            [possible_verification.SCREEN_LOCK, possible_verification.SCREEN_LOCKS["PIN"]],
        ),
        (["FACE"], [possible_verification.SCREEN_LOCK, 'user verification: ["FACE"]']),
    ],
)
def test_whether_okta_verify_verifies_its_user_is_unknown(methods, names, lock):
    method = needs(
        userVerification="required",
        userVerificationMethods=methods,
        authenticationMethods=[SIGN_NONCE],
    )
    mac = DeviceContext("MACOS", True, screen_lock=lock)
    answer = possible_verification.satisfiable_by(rule(method), mac)
    assert answer == (frozenset(names),)


@pytest.mark.parametrize(
    "method",
    [
        {"type": "ASSURANCE", "factorMode": "3FA"},
        {"type": "ASSURANCE", "factorMode": "1FA", "constraints": [{"possession": 5}]},
        {"type": "ASSURANCE", "factorMode": "1FA", "constraints": [None]},
        {"type": "AUTH_METHOD_CHAIN", "chains": [{"authenticationMethods": ["okta_password"]}]},
    ],
)
def test_a_method_that_cannot_be_read_may_admit_or_not(method):
    options = possible_verification.satisfiable_by(rule(method), MAC)
    assert options not in (conditions.ALWAYS, conditions.NEVER)


def test_an_access_that_okta_does_not_document_may_admit_or_not():
    options = possible_verification.satisfiable_by(rule(access="CHALLENGE"), MAC)
    assert options == (frozenset({"access: CHALLENGE"}),)


@pytest.mark.parametrize("actions", [None, {}, {"appSignOn": {}}, {"appSignOn": {"access": None}}])
def test_a_rule_without_an_access_may_admit_or_not(actions):
    read = PolicyRule.from_row({"id": "rul1", "name": "x", "status": "ACTIVE", "actions": actions})
    path = "actions.appSignOn.access"
    assert read.unreadable == (path,)
    options = possible_verification.satisfiable_by(read, MAC)
    assert options == (frozenset({f"rule 'x', what cannot be read: {path}"}),)


def test_an_unknown_access_and_an_unreadable_part_are_both_named():
    options = possible_verification.satisfiable_by(rule({"factorMode": 2}, access="CHALLENGE"), MAC)
    path = "actions.appSignOn.verificationMethod.factorMode"
    assert options == (frozenset({"access: CHALLENGE", f"rule 'x', what cannot be read: {path}"}),)


QUESTION = {"key": "security_question", "method": "security_question"}


@pytest.mark.parametrize(
    ("knowledge", "passes"),
    [
        ({"authenticationMethods": [QUESTION, PASSWORD]}, True),
        ({"authenticationMethods": [QUESTION]}, None),
        ({"excludedAuthenticationMethods": [QUESTION]}, True),
        ({"excludedAuthenticationMethods": [QUESTION, PASSWORD]}, None),
        ({"methods": ["password"]}, True),
        ({"methods": ["security_question"]}, None),
        ({"types": ["security_question", "password"]}, True),
        ({"types": ["security_question"]}, None),
        (
            {
                "authenticationMethods": [PASSWORD],
                "excludedAuthenticationMethods": [QUESTION],
                "methods": ["password"],
                "types": ["password"],
            },
            True,
        ),
        ({"types": ["password"], "minimumLength": 12}, None),
    ],
)
def test_each_person_has_a_password_and_maybe_a_security_question(knowledge, passes):
    answer = possible_verification.satisfiable_by(
        rule({"constraints": [{"knowledge": knowledge}]}), MAC
    )
    assert {conditions.ALWAYS: True}.get(answer) is passes, answer


@pytest.mark.parametrize(
    ("possession", "passes"),
    [
        ({"required": True}, None),
        ({"required": False}, True),
        ({"required": False, "reauthenticateIn": "PT2H"}, True),
        ({"required": False, "userVerification": "OPTIONAL", "attested": ""}, True),
        ({"required": False, "userPresence": "REQUIRED"}, None),
        ({"required": False, "methods": ["sms"]}, None),
    ],
)
def test_a_part_of_a_constraint_that_is_not_required_and_limits_nothing_is_not_asked(
    possession, passes
):
    method = {"factorMode": "1FA", "constraints": [{"possession": possession}]}
    answer = possible_verification.satisfiable_by(rule(method), STRANGE_MAC)
    assert {conditions.ALWAYS: True}.get(answer) is passes, answer


# A user of another identity provider, who may have no password in Okta
HAS_PASSWORD = frozenset({possible_verification.PASSWORD})
SECOND_FACTOR = frozenset({possible_verification.SECOND_FACTOR})
VERIFIED = frozenset({possible_verification.SCREEN_LOCK})
LOCKED_MAC = DeviceContext("MACOS", True, screen_lock="PASSCODE")
OPEN_MAC = DeviceContext("MACOS", True, screen_lock="NONE")
IGNORED_MAC = DeviceContext("MACOS", True, screen_lock="PASSCODE", fast_pass=False)


def other(limits):
    return frozenset({conditions.name_unknown("authenticator", limits)})


def constrained(mode, **constraint):
    return {"factorMode": mode, "constraints": [constraint]}


@pytest.mark.parametrize(
    ("knowledge", "options"),
    [
        ({"types": ["password"]}, [HAS_PASSWORD]),
        ({"types": ["PASSWORD"], "methods": ["password"]}, [HAS_PASSWORD]),
        ({"methods": ["PASSWORD"], "types": []}, [HAS_PASSWORD]),
        ({"authenticationMethods": [PASSWORD]}, [HAS_PASSWORD]),
        ({}, [HAS_PASSWORD, other({})]),
        (
            {"types": ["password", "security_question"]},
            [HAS_PASSWORD, other({"types": ["password", "security_question"]})],
        ),
        (
            {"authenticationMethods": [PASSWORD, QUESTION]},
            [HAS_PASSWORD, other({"authenticationMethods": [PASSWORD, QUESTION]})],
        ),
        ({"types": ["security_question"]}, [other({"types": ["security_question"]})]),
        ({"required": False}, [frozenset()]),
        (
            {"types": ["password"], "excludedAuthenticationMethods": [PASSWORD]},
            [other({"types": ["password"], "excludedAuthenticationMethods": [PASSWORD]})],
        ),
    ],
)
def test_a_password_is_unknown_of_a_user_of_another_identity_provider(knowledge, options):
    asking = rule(constrained("1FA", knowledge=knowledge))
    answer = possible_verification.satisfiable_by(asking, MAC, sure_password=False)
    assert sorted(answer, key=sorted) == sorted(options, key=sorted)


def test_a_password_in_a_chain_is_unknown_of_such_a_user():
    asking = rule(chain(PASSWORD))
    assert possible_verification.satisfiable_by(asking, MAC, sure_password=False) == (HAS_PASSWORD,)
    assert possible_verification.satisfiable_by(asking, MAC) == conditions.ALWAYS


@pytest.mark.parametrize(
    ("constraint", "device", "options"),
    [
        ({}, STRANGE_MAC, [SECOND_FACTOR]),
        ({}, LOCKED_MAC, [SECOND_FACTOR, VERIFIED]),
        ({}, OPEN_MAC, [SECOND_FACTOR]),
        ({}, IGNORED_MAC, [SECOND_FACTOR]),
        ({"knowledge": {"types": ["password"]}}, LOCKED_MAC, [HAS_PASSWORD]),
        ({"knowledge": {"types": ["password"]}}, STRANGE_MAC, [HAS_PASSWORD | SECOND_FACTOR]),
        ({"possession": {"authenticationMethods": [SIGN_NONCE]}}, LOCKED_MAC, [SECOND_FACTOR]),
        (
            {
                "knowledge": {"types": ["password"]},
                "possession": {"authenticationMethods": [SIGN_NONCE]},
            },
            LOCKED_MAC,
            [HAS_PASSWORD],
        ),
    ],
)
def test_two_factors_of_a_user_without_a_password(constraint, device, options):
    asking = rule(constrained("2FA", **constraint))
    answer = possible_verification.satisfiable_by(asking, device, sure_password=False)
    assert sorted(answer, key=sorted) == sorted(options, key=sorted)


@pytest.mark.parametrize(
    ("constraint", "device", "options"),
    [
        ({}, LOCKED_MAC, [frozenset()]),
        ({}, IGNORED_MAC, [SECOND_FACTOR]),
        ({"possession": {"authenticationMethods": [SIGN_NONCE]}}, MAC, [frozenset()]),
        ({"possession": {"types": ["phone"]}}, STRANGE_MAC, [other({"types": ["phone"]})]),
        ({"knowledge": {}, "possession": {"types": ["phone"]}}, MAC, [other({"types": ["phone"]})]),
        ({"knowledge": {}}, STRANGE_MAC, [SECOND_FACTOR]),
    ],
)
def test_two_factors_of_a_user_with_a_password(constraint, device, options):
    answer = possible_verification.satisfiable_by(rule(constrained("2FA", **constraint)), device)
    assert sorted(answer, key=sorted) == sorted(options, key=sorted)


NOT_ASKED = frozenset({possible_verification.NOT_ASKED})
EMAIL = {"key": "okta_email", "method": "email"}


@pytest.mark.parametrize(
    ("mode", "constraint", "device", "options"),
    [
        (
            "1FA",
            {"possession": {"required": False, "deviceBound": "REQUIRED"}},
            STRANGE_MAC,
            [NOT_ASKED, other({"deviceBound": "REQUIRED"})],
        ),
        (
            "2FA",
            {"possession": {"required": False, "deviceBound": "REQUIRED"}},
            STRANGE_MAC,
            [NOT_ASKED | SECOND_FACTOR, other({"deviceBound": "REQUIRED"})],
        ),
        (
            "1FA",
            {"possession": {"required": False, "excludedAuthenticationMethods": [EMAIL]}},
            STRANGE_MAC,
            [other({"excludedAuthenticationMethods": [EMAIL]})],
        ),
        (
            "1FA",
            {
                "knowledge": {"required": False, "types": ["security_question"]},
                "possession": {"required": False, "types": ["phone"]},
            },
            STRANGE_MAC,
            [NOT_ASKED, other({"types": ["security_question"]}) | other({"types": ["phone"]})],
        ),
        (
            "1FA",
            {
                "knowledge": {"types": ["security_question"]},
                "possession": {"required": False, "types": ["phone"]},
            },
            STRANGE_MAC,
            [
                NOT_ASKED | other({"types": ["security_question"]}),
                other({"types": ["security_question"]}) | other({"types": ["phone"]}),
            ],
        ),
        (
            "1FA",
            {"possession": {"required": False, "authenticationMethods": [SIGN_NONCE]}},
            STRANGE_MAC,
            [NOT_ASKED],
        ),
        (
            "1FA",
            {"possession": {"required": False, "authenticationMethods": [SIGN_NONCE]}},
            MAC,
            [frozenset()],
        ),
    ],
)
def test_whether_a_part_that_is_not_required_asks_for_its_limits_is_unknown(
    mode, constraint, device, options
):
    answer = possible_verification.satisfiable_by(rule(constrained(mode, **constraint)), device)
    assert sorted(answer, key=sorted) == sorted(options, key=sorted)
