# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can pass a rule: nothing unreadable or unknown counts as passed."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    ALWAYS,
    NEVER,
    DeviceContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.possible_verification import (
    satisfiable_by,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lab.okta.policies.engine import available_methods, satisfies
from tests.support.strategies.rules import (
    FASTPASS,
    SPLIT,
    Account,
    accounts,
    constraints,
    contexts,
    described_verification,
    hostile_rules,
    rule_row,
    verification,
)


def rule_of(method: object, access: str = "ALLOW") -> PolicyRule:
    return PolicyRule.from_row(rule_row("one", 1, access, method, {}))


@given(hostile_rules(), contexts())
def test_a_rule_of_any_form_has_an_answer(rules: list[PolicyRule], device: DeviceContext) -> None:
    for rule in rules:
        options = satisfiable_by(rule, device)
        assert all(isinstance(name, str) for option in options for name in option)
        if rule.denies:
            assert options == NEVER


@given(
    verification,
    contexts(),
    st.sampled_from(("constraints", "chains")),
    st.sampled_from((5, "a", ["a"], [5], [None], [[]], [{"possession": 5}], [{"knowledge": "a"}])),
)
def test_what_cannot_be_read_of_a_method_never_admits_for_certain(
    method: dict[str, object], device: DeviceContext, key: str, value: object
) -> None:
    if key == "constraints":
        method = {"type": "ASSURANCE", "factorMode": "1FA", key: value}
    else:
        method = {"type": "AUTH_METHOD_CHAIN", key: value}
    assert satisfiable_by(rule_of(method), device) != ALWAYS


@given(verification, contexts(), st.sampled_from(("NEW_KIND", "assurance", "", 5)))
def test_a_method_of_an_unknown_kind_never_admits_for_certain(
    method: dict[str, object], device: DeviceContext, kind: object
) -> None:
    assert satisfiable_by(rule_of({**method, "type": kind}), device) not in (ALWAYS, NEVER)


@given(constraints, contexts())
def test_a_second_factor_never_makes_it_easier(limits: list[object], device: DeviceContext) -> None:
    """Whatever lets a person pass with two factors lets them pass with one."""
    one, two = (
        satisfiable_by(
            rule_of({"type": "ASSURANCE", "factorMode": mode, "constraints": limits}), device
        )
        for mode in ("1FA", "2FA")
    )
    assert all(any(easier <= harder for easier in one) for harder in two)


@given(constraints, constraints, contexts())
def test_one_more_constraint_to_choose_from_never_makes_it_harder(
    limits: list[object], others: list[object], device: DeviceContext
) -> None:
    narrow, wide = (
        satisfiable_by(
            rule_of({"type": "ASSURANCE", "factorMode": "2FA", "constraints": each}), device
        )
        for each in (limits, [*limits, *others])
    )
    if limits:
        assert all(any(easier <= harder for easier in wide) for harder in narrow)


FAST_PASS = st.sampled_from((FASTPASS, SPLIT[0], {**FASTPASS, "userVerification": "REQUIRED"}))


@given(st.lists(FAST_PASS, min_size=1, max_size=3), contexts(), st.booleans())
def test_a_device_that_okta_does_not_know_passes_nothing_that_needs_fastpass(
    methods: list[object], device: DeviceContext, by_chain: bool
) -> None:
    stranger = DeviceContext(device.platform)
    named = {"authenticationMethods": methods}
    asked: dict[str, object] = (
        {"type": "AUTH_METHOD_CHAIN", "chains": [named]}
        if by_chain
        else {"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{"possession": named}]}
    )
    assert satisfiable_by(rule_of(asked), stranger) == NEVER


@given(verification, contexts())
def test_a_device_that_okta_knows_passes_what_any_device_does(
    method: dict[str, object], device: DeviceContext
) -> None:
    known = DeviceContext(device.platform, True, False, "guo1")
    stranger = DeviceContext(device.platform)
    easier, harder = (satisfiable_by(rule_of(method), each) for each in (known, stranger))
    if harder == ALWAYS:
        assert easier == ALWAYS


UNREQUIRED = {"required": False, "authenticationMethods": [FASTPASS]}


@settings(max_examples=200)  # a fault needs a rare pair of rule and device
@given(
    described_verification,
    contexts(),
    accounts,
    st.booleans(),
    st.sampled_from(("NONE", "PASSCODE", "BIOMETRIC")),
    st.booleans(),
)
@example(
    {"type": "ASSURANCE", "factorMode": "1FA", "constraints": [{"possession": UNREQUIRED}]},
    DeviceContext("MACOS"),
    Account(True, True, True, False),
    False,
    "NONE",
    False,
)
def test_what_is_certain_of_a_method_is_so_at_a_sign_in(
    method: dict[str, object],
    device: DeviceContext,
    account: Account,
    unrequired_limits: bool,
    lock: str,
    hardware: bool,
) -> None:
    """The lab judges as Okta describes it, with what is unknown either way."""
    rule = rule_of(method)
    assume(not rule.unreadable)
    if device.secure_hardware is not None:
        hardware = device.secure_hardware
    enrolled = account.authenticators | ({"okta_verify"} if device.registered else set())
    held = available_methods(
        enrolled,
        device={"secureHardwarePresent": hardware} if device.registered else None,
        lock=_possible_lock(device.screen_lock, lock),
    )
    options = satisfiable_by(rule, device, account.password)
    if options in (ALWAYS, NEVER):
        assert satisfies(method, held, unrequired_limits) is (options == ALWAYS)


def _possible_lock(shown: str | None, drawn: str) -> str:
    """Return what is set up in Okta Verify: nothing, or what the screen lock permits."""
    if shown is None or drawn == "NONE":
        return drawn
    return "PASSCODE" if "BIOMETRIC" in (shown, drawn) and shown != drawn != "NONE" else shown
