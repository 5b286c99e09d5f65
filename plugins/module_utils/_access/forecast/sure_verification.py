# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person surely passes a rule on a device that Okta does not know. Pure.

Unlike a forecast, this is a proof: what listAuthenticatorEnrollments does not show does not count.
It shows no methods, so of an authenticator with several methods none is sure to be there.
"""

from __future__ import annotations

import typing as t

from ..._core.json_fields import Row
from ..._okta.authenticators.okta_verify_spellings import fold_key
from ..._okta.records import Enrollment, PolicyRule
from ..rules.constraint_parts import FACTORS, is_asked, limits_of, permits

# The class of an authenticator by its key: Okta's description has the keys, its help page
# "Multifactor authentication" the classes. A temporary access code expires, so it proves nothing,
# nor does a key that is not here.
CLASSES = {
    **dict.fromkeys(("okta_password", "security_question"), "knowledge"),
    **dict.fromkeys(
        (
            "custom_app",
            "duo",
            "external_idp",
            "google_otp",
            "okta_email",
            "okta_verify",
            "onprem_mfa",
            "phone_number",
            "security_key",
            "smart_card_idp",
            "symantec_vip",
            "webauthn",
            "yubikey_token",
        ),
        "possession",
    ),
}
# The type of an authenticator, as a constraint names it, by its key.
TYPES = {
    "okta_password": "PASSWORD",
    "okta_email": "EMAIL",
    "phone_number": "PHONE",
    "okta_verify": "APP",
    "security_question": "SECURITY_QUESTION",
    "webauthn": "SECURITY_KEY",
}
ONLY_METHODS = {
    "okta_password": "password",
    "okta_email": "email",
    "security_question": "security_question",
    "webauthn": "webauthn",
}
# What each method of an authenticator has on a device that Okta does not know, by Okta's help page
# "About MFA authenticators": all possession authenticators but email and phone are device-bound.
# Okta Verify is then on another device; keys of WebAuthn may be in software, and ask for no PIN.
CHARACTERISTICS = {
    "okta_email": ("userPresence",),
    "phone_number": ("userPresence",),
    "okta_password": ("userPresence",),
    "security_question": ("userPresence",),
    "okta_verify": ("userPresence", "deviceBound"),
    "webauthn": ("userPresence", "deviceBound", "phishingResistant"),
}
LISTS = ("authenticationMethods", "excludedAuthenticationMethods", "methods", "types")
# Keys that limit nothing: how long an authentication is valid, and what a chain does afterwards.
NO_LIMITS = ("required", "reauthenticateIn", "userVerificationMethods", "key", "method", "id")


def passes(rule: PolicyRule, enrollments: t.Iterable[Enrollment]) -> bool:
    """Return whether a person with these authenticators surely passes a rule."""
    if rule.unreadable or rule.sign_on.get("access") not in (None, "ALLOW"):
        return False
    active = {fold_key(each.key) for each in enrollments if each.key and each.status == "ACTIVE"}
    keys = active & set(CLASSES)
    method = rule.verification
    kind, mode = method.get("type"), method.get("factorMode")
    if kind == "AUTH_METHOD_CHAIN":
        return any(_passes_chain(chain, keys) for chain in method.get("chains") or [])
    if kind not in (None, "ASSURANCE") or mode not in (None, "1FA", "2FA"):
        return False
    if len(_classes(keys)) < (2 if mode == "2FA" else 1):
        return False
    constraints = method.get("constraints") or [{}]
    return any(_passes_constraint(constraint, keys) for constraint in constraints)


def describe_requirement(rule: PolicyRule) -> str:
    """Return what a rule asks for, in Okta's words, for a message."""
    method = rule.verification
    parts = [str(method["factorMode"])] if method.get("factorMode") else []
    parts += [
        f"{name} {limits_of(part, NO_LIMITS) or ''}".strip()
        for constraint in method.get("constraints") or []
        for name, part in constraint.items()
        if isinstance(part, dict) and is_asked(part, NO_LIMITS)
    ]
    parts += [
        " or ".join(str(each.get("key")) for each in chain.get("authenticationMethods") or [])
        for chain in method.get("chains") or []
    ]
    return ", ".join(parts) or "an authenticator"


def _classes(keys: t.Collection[str]) -> set[str]:
    """Return the kinds of factors of authenticators: knowledge, possession."""
    return {CLASSES[key] for key in keys}


def _passes_constraint(constraint: Row, keys: t.Collection[str]) -> bool:
    """Return whether a person surely passes each part. What a part of another name asks is unknown.

    Okta requires a part without ``required``, an empty one too.
    """
    if any(part for name, part in constraint.items() if name not in FACTORS):
        return False
    return all(
        _passes_part(constraint[name], [key for key in keys if _classes([key]) == {name}])
        for name in FACTORS
        if name in constraint
    )


def _passes_part(part: Row, keys: t.Iterable[str]) -> bool:
    return not is_asked(part, NO_LIMITS) or any(_fits(part, key) for key in keys)


def _fits(part: Row, key: str) -> bool:
    """Return whether each method of an authenticator is one that a part permits."""
    wanted = part.get("authenticationMethods") or []
    excluded = part.get("excludedAuthenticationMethods") or []
    return (
        (not wanted or any(_is_surely(each, key) for each in wanted))
        and key not in [each.get("key") for each in excluded]
        and permits(part.get("methods"), ONLY_METHODS.get(key, ""))
        and permits(part.get("types"), TYPES.get(key, ""))
        and _has(part, key)
    )


def _is_surely(method: Row, key: str) -> bool:
    """Return whether a method that Okta names is the only one that an authenticator has."""
    if method.get("key") != key:
        return False
    return method.get("method") in (None, ONLY_METHODS.get(key))


def _has(part: Row, key: str) -> bool:
    asked = {name for name in limits_of(part, NO_LIMITS) if name not in LISTS}
    return asked <= set(CHARACTERISTICS.get(key, ()))


def _passes_chain(chain: Row, keys: t.Collection[str]) -> bool:
    here = any(
        _is_surely(method, key) and _has(method, key)
        for method in chain.get("authenticationMethods") or []
        for key in keys
    )
    following = chain.get("next") or []
    return here and (not following or any(_passes_chain(branch, keys) for branch in following))
