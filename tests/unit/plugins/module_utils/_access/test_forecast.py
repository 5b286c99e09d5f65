# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast:

one person, one device, one set of rules at a time, then what a change does to many.
"""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access import (
    forecast as judge,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    Person,
    Way,
)

MAC = Way("MACOS", registered=True, managed=True, device_id="d1")
PLAIN_MAC = Way("MACOS", registered=True, device_id="d2")
STRANGE_MAC = Way("MACOS")
IPHONE = Way("IOS", registered=True, device_id="d3")
ANN = Person("ann", "ann@acme.com", frozenset({"staff"}), "type1")
SIGN_NONCE = {"key": "okta_verify", "method": "signed_nonce"}


def rule(
    name, access="ALLOW", method=None, status="ACTIVE", system=False, priority=0, **conditions
):
    sign_on = {
        "access": access,
        "verificationMethod": method or {"type": "ASSURANCE", "factorMode": "1FA"},
    }
    return {
        "name": name,
        "priority": priority,
        "status": status,
        "system": system,
        "conditions": conditions or None,
        "actions": {"appSignOn": sign_on},
    }


def policy(*rules_):
    return [{**one, "priority": number} for number, one in enumerate(rules_)]


def macos(**more):
    return {"platform": {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}, **more}


def needs(**possession):
    return {"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{"possession": possession}]}


OPEN = policy(rule("Catch-all Rule", system=True))
MANAGED_ONLY = policy(
    rule("Managed Macs", **macos(device={"registered": True, "managed": True})),
    rule("Other Macs", "DENY", **macos()),
    rule("Catch-all Rule", system=True),
)


# Conditions


@pytest.mark.parametrize(
    ("conditions", "way", "there"),
    [
        ({"device": {"registered": True}}, STRANGE_MAC, False),
        ({"device": {"registered": True}}, PLAIN_MAC, True),
        ({"device": {"registered": False}}, STRANGE_MAC, True),
        ({"device": {"registered": False}}, PLAIN_MAC, False),
        ({"device": {"registered": True, "managed": True}}, MAC, True),
        ({"device": {"registered": True, "managed": True}}, PLAIN_MAC, False),
        ({"device": {"registered": True, "managed": False}}, PLAIN_MAC, True),
        ({"device": {"registered": True, "managed": False}}, MAC, False),
        ({"device": {"registered": None, "managed": None}}, STRANGE_MAC, True),
        (macos(), IPHONE, False),
        (macos(), MAC, True),
        ({"platform": {"include": [{"type": "DESKTOP", "os": {"type": "ANY"}}]}}, MAC, True),
        ({"platform": {"include": [{"type": "MOBILE"}]}}, MAC, False),
        ({"platform": {"include": [{"type": "MOBILE"}]}}, IPHONE, True),
        ({"platform": {"include": [{"type": "ANY"}]}}, IPHONE, True),
        ({"platform": {"exclude": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}, IPHONE, False),
        ({"people": {"groups": {"include": ["staff"]}}}, MAC, True),
        ({"people": {"groups": {"include": ["others"]}}}, MAC, False),
        ({"people": {"groups": {"exclude": ["staff"]}}}, MAC, False),
        ({"people": {"users": {"include": ["ann"]}}}, MAC, True),
        ({"people": {"users": {"exclude": ["ann"]}}}, MAC, False),
        ({"people": {"users": {"include": ["bob"]}}}, MAC, False),
        ({"userType": {"include": ["type1"], "exclude": []}}, MAC, True),
        ({"userType": {"include": [], "exclude": ["type1"]}}, MAC, False),
        (
            {
                "network": {"connection": "ANYWHERE"},
                "riskScore": {"level": "ANY"},
                "elCondition": None,
            },
            MAC,
            True,
        ),
    ],
)
def test_what_is_known_decides_whether_a_rule_applies(conditions, way, there):
    assert judge.applies(rule("x", **conditions), ANN, way) == (frozenset() if there else None)


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"network": {"connection": "ZONE", "include": ["z1"]}}, "network"),
        ({"riskScore": {"level": "HIGH"}}, "risk"),
        ({"elCondition": {"condition": "user.x == 1"}}, "expression: user.x == 1"),
        ({"device": {"assurance": {"include": ["a1"]}}}, "device assurance"),
        (
            {
                "platform": {
                    "include": [
                        {"type": "OTHER", "os": {"expression": "x"}},
                        {"type": "DESKTOP", "os": {"type": "MACOS", "version": {}}},
                    ]
                }
            },
            None,
        ),
        (
            {
                "platform": {
                    "include": [
                        {"type": "DESKTOP", "os": {"type": "MACOS", "version": {"value": "15"}}}
                    ]
                }
            },
            "platform",
        ),
        (
            {
                "platform": {
                    "exclude": [
                        {"type": "DESKTOP", "os": {"type": "MACOS", "version": {"value": "15"}}}
                    ]
                }
            },
            "platform that is left out",
        ),
        (
            {"people": {"users": {"include": ["bob"]}, "groups": {"include": ["staff"]}}},
            "users and groups of one rule",
        ),
        ({"somethingNew": {"asked": True}}, "somethingNew"),
        ({"device": {"jailbroken": True}}, "device.jailbroken"),
    ],
)
def test_what_nobody_can_know_is_named(conditions, says):
    found = judge.applies(rule("x", **conditions), ANN, MAC)
    assert (
        (found == frozenset())
        if says is None
        else [one.startswith(says) for one in found] == [True]
    )


def test_a_user_type_that_nobody_told_is_unknown_and_a_rule_out_of_use_never_applies():
    assert judge.applies(
        rule("x", userType={"include": ["type1"], "exclude": []}), Person("bob", "bob"), MAC
    )
    assert judge.applies(rule("x", status="INACTIVE"), ANN, MAC) is None
    assert (
        judge.applies(rule("x", device={"assurance": {"include": ["a1"]}}), ANN, STRANGE_MAC)
        is None
    )


# What a rule asks for


@pytest.mark.parametrize(
    ("method", "way", "passes"),
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
        (needs(hardwareProtection="REQUIRED", required=False), STRANGE_MAC, True),
        (
            needs(hardwareProtection="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            Way("MACOS", True, True, secure_hardware=False),
            False,
        ),
        (
            needs(hardwareProtection="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            Way("MACOS", True, True, secure_hardware=True),
            True,
        ),
        (
            needs(userVerification="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            Way("MACOS", True, screen_lock="PASSCODE"),
            True,
        ),
        (
            needs(userVerification="REQUIRED", authenticationMethods=[SIGN_NONCE]),
            Way("MACOS", True, screen_lock="NONE"),
            False,
        ),
        (
            needs(
                userVerification="REQUIRED",
                userVerificationMethods=["BIOMETRICS"],
                authenticationMethods=[SIGN_NONCE],
            ),
            Way("MACOS", True, screen_lock="PASSCODE"),
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
    method, way, passes
):
    found = judge.verifiable(rule("x", method=method), way)
    assert {judge.ALWAYS: True, judge.NEVER: False}.get(found) is passes, found


# Whole policies


@pytest.mark.parametrize(
    ("way", "lost"), [(MAC, False), (PLAIN_MAC, True), (STRANGE_MAC, True), (IPHONE, False)]
)
def test_only_managed_macs_stay(way, lost):
    seen = judge.turn(OPEN, MANAGED_ONLY, ANN, way)
    assert seen.lost == lost and not seen.gained and (not lost or seen.after.rule == "Other Macs")
    assert judge.turn(MANAGED_ONLY, OPEN, ANN, way).gained == lost


def test_the_same_unknown_before_and_after_is_no_lock_out():
    here = {"network": {"connection": "ZONE", "include": ["z1"]}}
    before = policy(rule("In the office", **here), rule("Catch-all Rule", "DENY", system=True))
    after = policy(
        rule("Something of phones", "DENY", platform={"include": [{"type": "MOBILE"}]}), *before
    )
    assert not judge.turn(before, after, ANN, MAC).lost
    assert judge.turn(before, policy(rule("None", "DENY"), *before), ANN, MAC).lost


def test_an_unknown_that_may_refuse_counts_as_refused_and_is_named():
    after = policy(rule("Risky", "DENY", riskScore={"level": "HIGH"}), *OPEN)
    seen = judge.turn(OPEN, after, ANN, MAC)
    assert (
        seen.lost and seen.after.rule == "Risky" and seen.unknowns == ('risk: {"level": "HIGH"}',)
    )


def test_an_unknown_that_may_only_admit_is_none():
    after = policy(rule("Trusted", riskScore={"level": "LOW"}), *OPEN)
    assert not judge.turn(OPEN, after, ANN, MAC).lost


def test_a_rule_that_asks_for_what_nobody_knows_counts_as_refused_where_it_did_not_ask_before():
    key = policy(
        rule(
            "Catch-all Rule", system=True, method=needs(authenticationMethods=[{"key": "webauthn"}])
        )
    )
    assert (
        judge.turn(OPEN, key, ANN, MAC).lost
        and not judge.turn(key, key, ANN, MAC).lost
        and not judge.turn(key, OPEN, ANN, MAC).lost
    )


def test_too_many_unknowns_to_try_count_as_refused():
    many = policy(
        *(
            rule(f"r{number}", elCondition={"condition": f"x == {number}"})
            for number in range(judge.MOST_UNKNOWNS + 1)
        ),
        *OPEN,
    )
    assert judge.turn(OPEN, many, ANN, MAC).lost


def test_no_rule_at_all_refuses():
    assert judge.turn(OPEN, [], ANN, MAC).lost


def test_priority_decides_and_the_catch_all_rule_is_last_whatever_its_number():
    some = [
        rule("Catch-all Rule", "DENY", system=True, priority=0),
        rule("a", priority=5),
        rule("b", "DENY", priority=3),
    ]
    assert [one.name for one in judge.candidates(some, ANN, MAC)] == ["b"]
    assert (
        judge.certain(some, ANN, MAC) == judge.Outcome(False, "b")
        and judge.certain(policy(rule("x", riskScore={"level": "LOW"}), *OPEN), ANN, MAC) is None
    )


def test_people_are_counted_once_and_told_apart_from_those_never_seen():
    two = Person("ann", "ann@acme.com", ways=[MAC, PLAIN_MAC, STRANGE_MAC])
    found = judge.forecast(
        OPEN,
        MANAGED_ONLY,
        [two, Person("bob", "bob@acme.com", ways=[MAC])],
        [Person("eve", "eve@acme.com", ways=[STRANGE_MAC])],
    )
    assert (
        found.people == 2
        and found.names == ["ann@acme.com"]
        and len(found.locked_out) == 2
        and found.admitted_anew == []
    )
    assert [row["login"] for row in found.never_seen] == ["eve@acme.com"]
    assert found.locked_out[0] == {
        "user_id": "ann",
        "login": "ann@acme.com",
        "way": "MACOS (not registered)",
        "device_id": None,
        "admitted_by": "Catch-all Rule",
        "refused_by": "Other Macs",
        "unknowns": [],
    }


def test_who_is_let_in_anew_is_told():
    found = judge.forecast(MANAGED_ONLY, OPEN, [Person("ann", "ann@acme.com", ways=[PLAIN_MAC])])
    assert (
        found.locked_out == []
        and found.admitted_anew[0]["admitted_by"] == "Catch-all Rule"
        and found.admitted_anew[0]["refused_by"] == "Other Macs"
    )


def test_two_people_who_differ_in_nothing_that_rules_name_share_an_answer(monkeypatch):
    asked = []
    real = judge.turn
    monkeypatch.setattr(judge, "turn", lambda *given: asked.append(given[2].id) or real(*given))
    some = [
        Person(
            f"u{number}", f"u{number}", frozenset({"staff"} if number % 2 else ()), ways=[PLAIN_MAC]
        )
        for number in range(50)
    ]
    left_out = policy(
        rule(
            "Staff", "DENY", people={"groups": {"include": ["staff"]}, "users": {"exclude": ["u3"]}}
        ),
        *OPEN,
    )
    found = judge.forecast(OPEN, left_out, some)
    assert (
        len(found.names) == 24 and len(asked) == 3
    )  # with the group, without it, and u3 for itself
