# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can pass the verification method of a rule on a device. Pure.

Okta Verify on a registered device is known, and so is a password; other authenticators are
unknowns.
"""

from __future__ import annotations

import typing as t
from itertools import product

from ..._core.json_fields import Row
from ..._okta.okta_verify_spellings import OKTA_VERIFY
from ..._okta.records import PolicyRule
from ..rules.constraint_parts import is_asked, limits_of, permits
from .conditions import (
    ALWAYS,
    NEVER,
    AnyOf,
    Conjunction,
    DeviceContext,
    name_unknown,
    unreadable_parts,
)

SECOND_FACTOR = "authenticator: a second factor"
HARDWARE_KEYS = "device: its keys are protected by hardware"
SCREEN_LOCK = "device: its user set up biometrics or a passcode"
# What the first one includes, by the one method that a rule permits.
SCREEN_LOCKS = {
    "BIOMETRICS": "device: its user set up biometrics",
    "PIN": "device: its user set up a passcode",
}
# Keys of a part of a constraint: those that say nothing of which authenticators it permits, those
# that name authenticators, and the characteristics that Okta FastPass may have.
NO_LIMITS = ("required", "reauthenticateIn")
NAMED_METHODS = ("authenticationMethods", "excludedAuthenticationMethods", "methods", "types")
CHARACTERISTICS = (
    "deviceBound",
    "phishingResistant",
    "hardwareProtection",
    "userPresence",
    "userVerification",
    "userVerificationMethods",
)
LEVELS = ("OPTIONAL", "REQUIRED")


def satisfiable_by(rule: PolicyRule, device: DeviceContext) -> AnyOf:
    """Return the sets of unknowns, each of which lets a person pass the rule on this device."""
    if rule.denies:
        return NEVER
    by_method = _by_method(rule.verification, device)
    access, unreadable = rule.sign_on.get("access"), unreadable_parts(rule, "actions")
    if access not in (None, "ALLOW"):
        unreadable |= {name_unknown("access", access)}
    # A part that cannot be read may be what admits.
    return _all_of([by_method or ALWAYS, (unreadable,)]) if unreadable else by_method


def _by_method(method: Row, device: DeviceContext) -> AnyOf:
    kind, mode = method.get("type"), method.get("factorMode")
    if kind == "AUTH_METHOD_CHAIN":
        return _any_of([_chain(chain, device) for chain in method.get("chains") or []])
    if kind not in (None, "ASSURANCE") or mode not in (None, "1FA", "2FA"):
        return _unknown("verification method", method)
    constraints = method.get("constraints") or [{}]
    return _any_of([_constraint(each, mode == "2FA", device) for each in constraints])


def _unknown(subject: str, value: object) -> AnyOf:
    return (frozenset({name_unknown(subject, value)}),)


def _any_of(options: t.Iterable[AnyOf]) -> AnyOf:
    sets = {unknowns for option in options for unknowns in option}
    return ALWAYS if frozenset() in sets else tuple(sorted(sets, key=sorted))


def _all_of(parts: t.Sequence[AnyOf]) -> AnyOf:
    return _any_of([(frozenset().union(*chosen),) for chosen in product(*parts)])


def _constraint(constraint: Row, two_factors: bool, device: DeviceContext) -> AnyOf:
    """Return what lets a person pass one constraint, which has to be met in all its parts.

    Where it does not ask for a possession factor, the number of factors alone counts.
    """
    possession = constraint.get("possession")
    parts = [_knowledge(constraint.get("knowledge"))]
    parts += [
        _unknown("constraint", {name: part})
        for name, part in constraint.items()
        if name not in ("knowledge", "possession") and part
    ]
    if possession is not None and is_asked(possession, NO_LIMITS):
        parts.append(_possession(possession, device))
    elif two_factors and not (device.registered and device.fast_pass):
        parts.append((frozenset({SECOND_FACTOR}),))
    return _all_of(parts)


def _knowledge(part: Row | None) -> AnyOf:
    """Return what lets a person pass: each has a password, and maybe a security question."""
    if part is None or not is_asked(part, NO_LIMITS) or _permits_password(part):
        return ALWAYS
    return _unknown("authenticator", limits_of(part, NO_LIMITS))


def _permits_password(part: Row) -> bool:
    methods = part.get("authenticationMethods") or []
    excluded = part.get("excludedAuthenticationMethods") or []
    return (
        (not methods or any(map(_is_password, methods)))
        and not any(map(_is_password, excluded))
        and permits(part.get("methods"), "PASSWORD")
        and permits(part.get("types"), "PASSWORD")
        and set(limits_of(part, NO_LIMITS)) <= set(NAMED_METHODS)
    )


def _is_password(method: Row) -> bool:
    return method.get("key") == "okta_password"


def _possession(part: Row, device: DeviceContext) -> AnyOf:
    """Return what lets a person pass: Okta FastPass on this device, else an unknown factor."""
    methods = part.get("authenticationMethods") or []
    fast_pass_only = all(_is_fast_pass(method) and method.get("method") for method in methods)
    by_fast_pass = _fast_pass(part, device) if _permits_fast_pass(part) else NEVER
    unknown_limits = set(limits_of(part, NO_LIMITS)) - {*NAMED_METHODS, *CHARACTERISTICS}
    if unknown_limits:
        return _unknown("authenticator", limits_of(part, NO_LIMITS))
    if methods and fast_pass_only:
        return by_fast_pass
    return _any_of([by_fast_pass, _unknown("authenticator", limits_of(part, NO_LIMITS))])


def _permits_fast_pass(constraint: Row) -> bool:
    methods = constraint.get("authenticationMethods") or []
    excluded = constraint.get("excludedAuthenticationMethods") or []
    return (
        (not methods or any(map(_is_fast_pass, methods)))
        and not any(map(_is_fast_pass, excluded))
        and permits(constraint.get("methods"), "SIGNED_NONCE")
        and permits(constraint.get("types"), "APP")
    )


def _is_fast_pass(method: Row) -> bool:
    return method.get("key") == OKTA_VERIFY and method.get("method") in (None, "signed_nonce")


def _fast_pass(constraint: Row, device: DeviceContext) -> AnyOf:
    """Return what lets a person pass by Okta FastPass on this device.

    It is bound to the device and resists phishing. The device record may say whether its key lies
    in hardware, and that nothing unlocks it.
    """
    if not device.registered or not device.fast_pass:
        return NEVER
    unknowns = set(_unknown_levels(constraint))
    if constraint.get("hardwareProtection") == "REQUIRED":
        if device.secure_hardware is False:
            return NEVER
        if device.secure_hardware is None:
            unknowns.add(HARDWARE_KEYS)
    if constraint.get("userVerification") == "REQUIRED":
        verifying = _user_verification(constraint.get("userVerificationMethods") or [], device)
        if verifying is None:
            return NEVER
        unknowns |= verifying
    return (frozenset(unknowns),)


def _unknown_levels(constraint: Row) -> Conjunction:
    """Return an unknown for each characteristic that has another word than Okta's."""
    return frozenset(
        name_unknown("authenticator", {key: constraint[key]})
        for key in set(CHARACTERISTICS) - {"userVerificationMethods"}
        if constraint.get(key) not in (None, "", *LEVELS)
    )


def _user_verification(methods: t.Sequence[object], device: DeviceContext) -> Conjunction | None:
    """Return the unknowns under which Okta Verify verifies its user, None if it cannot.

    The device record has the screen lock of the device. Whether its user set up the same in Okta
    Verify is not shown.
    """
    permitted = set(map(str, methods or SCREEN_LOCKS))
    if device.screen_lock == "NONE":
        return None
    if device.screen_lock == "PASSCODE" and permitted == {"BIOMETRICS"}:
        return None
    if not permitted <= set(SCREEN_LOCKS):
        return frozenset({SCREEN_LOCK, name_unknown("user verification", sorted(permitted))})
    single = {SCREEN_LOCKS[each] for each in permitted} if len(permitted) == 1 else set[str]()
    return frozenset({SCREEN_LOCK, *single})


def _chain(chain: Row, device: DeviceContext) -> AnyOf:
    step = _any_of([_step(method, device) for method in chain.get("authenticationMethods") or []])
    following = chain.get("next") or []
    if not following:
        return step
    return _all_of([step, _any_of([_chain(branch, device) for branch in following])])


def _step(method: Row, device: DeviceContext) -> AnyOf:
    """Return what lets a person pass one method of a chain, by what it asks of the method."""
    asked = set(limits_of(method, NO_LIMITS)) - {"key", "method", "id"}
    if _is_password(method) and asked <= {"userPresence"}:
        return ALWAYS
    by_any_method = _unknown("authenticator", method)
    if not _is_fast_pass(method) or not asked <= set(CHARACTERISTICS):
        return by_any_method
    by_fast_pass = _fast_pass(method, device)
    return by_fast_pass if method.get("method") else _any_of([by_fast_pass, by_any_method])
