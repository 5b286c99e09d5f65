# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can pass the verification method of a rule on a device. Pure.

Okta Verify on a registered device is known, and so is a password where Okta shows that the user has
one; other authenticators are unknowns.
"""

from __future__ import annotations

import typing as t
from itertools import product

from ..._core.json_fields import Row
from ..._okta.authenticators.okta_verify_spellings import FAST_PASS, OKTA_VERIFY
from ..._okta.records import PolicyRule
from ..rules.constraint_parts import FACTORS, LEVELS, is_asked, is_surely_asked, limits_of, permits
from .conditions import (
    ALWAYS,
    NEVER,
    AnyOf,
    Conjunction,
    DeviceContext,
    name_unknown,
    unreadable_parts,
)

PASSWORD = "authenticator: a password in Okta"  # unknown of users of another identity provider
SECOND_FACTOR = "authenticator: a second factor"
# Of a part of a constraint that limits authenticators and excludes none.
NOT_ASKED = 'constraint: Okta asks for nothing where a part has "required": false'
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


class _SignIn(t.NamedTuple):
    """The device of a sign-in, and whether its user surely has a password."""

    device: DeviceContext
    sure_password: bool

    @property
    def password(self) -> AnyOf:
        return ALWAYS if self.sure_password else (frozenset({PASSWORD}),)

    @property
    def has_fast_pass(self) -> bool:
        return self.device.registered and self.device.fast_pass


def satisfiable_by(rule: PolicyRule, device: DeviceContext, sure_password: bool = True) -> AnyOf:
    """Return the sets of unknowns, each of which lets a person pass the rule on this device."""
    if rule.denies:
        return NEVER
    by_method = _by_method(rule.verification, _SignIn(device, sure_password))
    access, unreadable = rule.sign_on.get("access"), unreadable_parts(rule, "actions")
    if access not in (None, "ALLOW"):
        unreadable |= {name_unknown("access", access)}
    # A part that cannot be read may be what admits.
    return _all_of([by_method or ALWAYS, (unreadable,)]) if unreadable else by_method


def _by_method(method: Row, sign_in: _SignIn) -> AnyOf:
    kind, mode = method.get("type"), method.get("factorMode")
    if kind == "AUTH_METHOD_CHAIN":
        return _any_of([_chain(chain, sign_in) for chain in method.get("chains") or []])
    if kind not in (None, "ASSURANCE") or mode not in (None, "1FA", "2FA"):
        return _unknown("verification method", method)
    constraints = method.get("constraints") or [{}]
    return _any_of([_constraint(each, mode == "2FA", sign_in) for each in constraints])


def _unknown(subject: str, value: object) -> AnyOf:
    return (frozenset({name_unknown(subject, value)}),)


def _any_of(options: t.Iterable[AnyOf]) -> AnyOf:
    sets = {unknowns for option in options for unknowns in option}
    return ALWAYS if frozenset() in sets else tuple(sorted(sets, key=sorted))


def _all_of(parts: t.Sequence[AnyOf]) -> AnyOf:
    return _any_of([(frozenset().union(*chosen),) for chosen in product(*parts)])


def _constraint(constraint: Row, two_factors: bool, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass one constraint, which has to be met in all its parts."""
    asked = [
        name
        for name in FACTORS
        if constraint.get(name) is not None and is_asked(constraint[name], NO_LIMITS)
    ]
    surely_asked = [name for name in asked if is_surely_asked(constraint[name])]
    options = [_parts(constraint, asked, two_factors, sign_in)]
    if surely_asked != asked:
        easier = _parts(constraint, surely_asked, two_factors, sign_in)
        options.append(_all_of([(frozenset({NOT_ASKED}),), easier]))
    return _any_of(options)


def _parts(constraint: Row, asked: t.Sequence[str], two_factors: bool, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass a constraint that asks for these factors."""
    parts = [PARTS[name](constraint[name], sign_in) for name in asked]
    parts += [
        _unknown("constraint", {name: part})
        for name, part in constraint.items()
        if name not in FACTORS and part
    ]
    return _all_of([*parts, _two_factors(asked, sign_in)] if two_factors else parts)


def _two_factors(asked: t.Collection[str], sign_in: _SignIn) -> AnyOf:
    """Return what gives a person two factors, one of knowledge and one of possession.

    Where a constraint asks for nothing, what verifies the user of Okta Verify is one, too (Okta's
    description of AccessPolicyConstraint).

    :arg asked: the factors that the constraint asks for.
    """
    has_knowledge = "knowledge" in asked or sign_in.sure_password
    if has_knowledge and ("possession" in asked or sign_in.has_fast_pass):
        return ALWAYS
    options: list[AnyOf] = [(frozenset({SECOND_FACTOR}),)]
    if not asked and sign_in.has_fast_pass:
        options.append(_verified(_user_verification([], sign_in.device)))
    return _any_of(options)


def _verified(unknowns: Conjunction | None) -> AnyOf:
    return NEVER if unknowns is None else (unknowns,)


def _knowledge(part: Row, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass: their password, and maybe a security question."""
    by_password = sign_in.password if _permits_password(part) else NEVER
    if by_password and _permits_only_password(part):
        return by_password
    return _any_of([by_password, _unknown("authenticator", limits_of(part, NO_LIMITS))])


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


def _permits_only_password(part: Row) -> bool:
    methods = part.get("authenticationMethods") or []
    lists = [part.get("methods") or [], part.get("types") or []]
    return bool(methods and all(map(_is_password, methods))) or any(
        {str(each).upper() for each in names} == {"PASSWORD"} for names in lists
    )


def _is_password(method: Row) -> bool:
    return method.get("key") == "okta_password"


def _possession(part: Row, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass: Okta FastPass on this device, else an unknown factor."""
    methods = part.get("authenticationMethods") or []
    fast_pass_only = all(_is_fast_pass(method) and method.get("method") for method in methods)
    by_fast_pass = _fast_pass(part, sign_in) if _permits_fast_pass(part) else NEVER
    unknown_limits = set(limits_of(part, NO_LIMITS)) - {*NAMED_METHODS, *CHARACTERISTICS}
    if unknown_limits:
        return _unknown("authenticator", limits_of(part, NO_LIMITS))
    if methods and fast_pass_only:
        return by_fast_pass
    return _any_of([by_fast_pass, _unknown("authenticator", limits_of(part, NO_LIMITS))])


# What lets a person pass a part of a constraint that is asked, by the factor.
PARTS = {"knowledge": _knowledge, "possession": _possession}


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
    return method.get("key") == OKTA_VERIFY and method.get("method") in (None, FAST_PASS)


def _fast_pass(constraint: Row, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass by Okta FastPass on this device.

    It is bound to the device and resists phishing. The device record may say whether its key lies
    in hardware, and that nothing unlocks it.
    """
    device = sign_in.device
    if not sign_in.has_fast_pass:
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


def _chain(chain: Row, sign_in: _SignIn) -> AnyOf:
    step = _any_of([_step(method, sign_in) for method in chain.get("authenticationMethods") or []])
    following = chain.get("next") or []
    if not following:
        return step
    return _all_of([step, _any_of([_chain(branch, sign_in) for branch in following])])


def _step(method: Row, sign_in: _SignIn) -> AnyOf:
    """Return what lets a person pass one method of a chain, by what it asks of the method."""
    asked = set(limits_of(method, NO_LIMITS)) - {"key", "method", "id"}
    if _is_password(method) and asked <= {"userPresence"}:
        return sign_in.password
    by_any_method = _unknown("authenticator", method)
    if not _is_fast_pass(method) or not asked <= set(CHARACTERISTICS):
        return by_any_method
    by_fast_pass = _fast_pass(method, sign_in)
    return by_fast_pass if method.get("method") else _any_of([by_fast_pass, by_any_method])
