# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app sign-in policy judges a sign-in.

The first rule whose conditions are all met decides, and the user needs the methods it requires.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from lab.okta.authenticators.flexible_verify import KEYS, VERIFY
from lab.okta.policies.access_policies import Policy, Rule

Json = dict[str, t.Any]
Known = bool | None  # None: unknown

KINDS = {
    "MACOS": "DESKTOP",
    "WINDOWS": "DESKTOP",
    "LINUX": "DESKTOP",
    "CHROMEOS": "DESKTOP",
    "IOS": "MOBILE",
    "ANDROID": "MOBILE",
}
NEVER_OTHER = ("MACOS", "WINDOWS", "IOS", "ANDROID")  # systems that are never OTHER
FASTPASS = ("okta_verify", "signed_nonce")
TYPES = {
    "okta_password": "PASSWORD",
    "okta_email": "EMAIL",
    "phone_number": "PHONE",
    "okta_verify": "APP",
}
CLASSES = frozenset({"knowledge", "possession"})
NAMED_METHODS = ("authenticationMethods", "excludedAuthenticationMethods", "methods", "types")
ASKED = ("deviceBound", "phishingResistant", "userVerification", "hardwareProtection")

# Methods of authentication: (key, method) -> its class and characteristics, as Okta names them.
Methods = t.Mapping[tuple[str, str], frozenset[str]]
# Those that are the same on each device.
METHODS: Methods = {
    ("okta_password", "password"): frozenset({"knowledge"}),
    ("okta_email", "email"): frozenset({"possession"}),
    ("phone_number", "sms"): frozenset({"possession"}),
    ("phone_number", "voice"): frozenset({"possession"}),
    ("okta_verify", "push"): frozenset({"possession", "deviceBound"}),
    ("okta_verify", "totp"): frozenset({"possession", "deviceBound"}),
}


def available_methods(
    enrolled: t.Collection[str], *, device: Json | None, lock: str, off: t.Collection[str] = ()
) -> Methods:
    """Return the methods of a user at a device.

    ``enrolled`` has the keys of the user's authenticators; ``okta_verify`` is the one on any
    device. ``device`` is the profile of this device, if it is registered, and ``lock`` its screen
    lock. ``off`` are Okta Verify's methods that are not active in the org.
    """
    methods = {factor: facts for factor, facts in METHODS.items() if factor[0] in enrolled}
    if device is not None:
        more = {"hardwareProtection"} if device.get("secureHardwarePresent") else set()
        more |= {
            "NONE": set(),
            "PASSCODE": {"userVerification", "PIN"},
            "BIOMETRIC": {"userVerification", "PIN", "BIOMETRICS"},
        }[lock]
        methods[FASTPASS] = frozenset({"possession", "deviceBound", "phishingResistant"} | more)
    return {
        factor: facts
        for factor, facts in methods.items()
        if factor[0] != "okta_verify" or factor[1] not in off
    }


@dataclass(frozen=True)
class Circumstances:
    """The circumstances of a sign-in.

    None is unknown. ``methods`` returns the user's methods; it is called only if a rule needs them.
    """

    user_id: str | None = None
    groups: frozenset[str] | None = None
    user_type: str | None = None
    platform: str | None = None
    registered: Known = None
    managed: Known = None
    zones: frozenset[str] | None = None
    risk: str | None = None
    assurances: frozenset[str] | None = None
    expressions_hold: Known = None
    methods: t.Callable[[], Methods] = dict
    # whether a rule that includes users and groups is met by one of the two
    users_or_groups: bool = False
    # whether OTHER takes each system but those of NEVER_OTHER, of the type OTHER or DESKTOP
    wide_other: bool = False
    # whether a part of a constraint with ``required: false`` asks for what it limits
    unrequired_limits: bool = True


@dataclass(frozen=True)
class Judgement:
    """The rule that decides, and the result.

    ``reason`` is allowed, denied (by the rule), or unsatisfied (the user lacks a required method).
    """

    rule: Rule
    reason: str

    @property
    def admitted(self) -> bool:
        """Whether the sign-in is allowed."""
        return self.reason == "allowed"


def judge(policy: Policy, circumstances: Circumstances) -> Judgement:
    """Return how a policy judges a sign-in whose circumstances are all known."""
    for rule in policy.rules:
        if rule.status == "ACTIVE" and all(
            evaluate_conditions(rule.conditions, circumstances).values()
        ):
            sign_on = rule.actions["appSignOn"]
            if sign_on["access"] != "ALLOW":
                return Judgement(rule, "denied")
            method = sign_on.get("verificationMethod") or {}
            passes = satisfies(method, circumstances.methods(), circumstances.unrequired_limits)
            return Judgement(rule, "allowed" if passes else "unsatisfied")
    raise AssertionError("The catch-all rule takes everybody.")


# Conditions


def evaluate_conditions(conditions: Json | None, now: Circumstances) -> dict[str, Known]:
    """Return each condition by its name, as met, not met or unknown."""
    results: dict[str, Known] = {}
    for name, value in (conditions or {}).items():
        results.update(CHECKS[name](value, now))
    return results


def _people(people: Json, now: Circumstances) -> dict[str, Known]:
    results = {
        **_evaluate_lists(
            "people.users",
            people.get("users") or {},
            lambda wanted: _is_member(now.user_id, wanted),
        ),
        **_evaluate_lists(
            "people.groups",
            people.get("groups") or {},
            lambda wanted: _overlaps(now.groups, wanted),
        ),
    }
    inside = [name for name in results if name.endswith("include")]
    if now.users_or_groups and True in [results[name] for name in inside]:
        results |= dict.fromkeys(inside, True)
    return results


def _user_type(condition: Json, now: Circumstances) -> dict[str, Known]:
    return _evaluate_lists("userType", condition, lambda wanted: _is_member(now.user_type, wanted))


def _device(device: Json, now: Circumstances) -> dict[str, Known]:
    results: dict[str, Known] = {}
    for name, held in (("registered", now.registered), ("managed", now.managed)):
        if device.get(name) is not None:
            results[f"device.{name}"] = None if held is None else held == device[name]
    if (device.get("assurance") or {}).get("include"):
        results["device.assurance"] = _overlaps(now.assurances, device["assurance"]["include"])
    return results


def _platform(platform: Json, now: Circumstances) -> dict[str, Known]:
    here = now.platform
    return _evaluate_lists(
        "platform",
        platform,
        lambda wanted: (
            None
            if here is None
            else any(_is_platform(entry, here, now.wide_other) for entry in wanted)
        ),
    )


def _is_platform(entry: Json, platform: str, wide_other: bool) -> bool:
    kinds = {"ANY", KINDS.get(platform, "OTHER")}
    systems = {"ANY", platform if platform in KINDS else "OTHER"}
    if wide_other and platform not in NEVER_OTHER:
        kinds |= {"OTHER", "DESKTOP"}
        systems.add("OTHER")
    return (
        entry.get("type", "ANY") in kinds and (entry.get("os") or {}).get("type", "ANY") in systems
    )


def _network(network: Json, now: Circumstances) -> dict[str, Known]:
    if network.get("connection", "ANYWHERE") == "ANYWHERE":
        return {}
    return _evaluate_lists("network", network, lambda wanted: _in_zones(now.zones, wanted))


def _in_zones(zones: frozenset[str] | None, wanted: list[str]) -> Known:
    if zones is None:
        return None
    return bool(zones) if "ALL_ZONES" in wanted else bool(zones & set(wanted))


def _risk(condition: Json, now: Circumstances) -> dict[str, Known]:
    level = condition.get("level", "ANY")
    return {} if level == "ANY" else {"riskScore": None if now.risk is None else now.risk == level}


def _expression(condition: Json, now: Circumstances) -> dict[str, Known]:
    """Return the result that a switch sets: the lab does not evaluate expressions."""
    return {"elCondition": now.expressions_hold} if condition.get("condition") else {}


CHECKS: dict[str, t.Callable[[Json, Circumstances], dict[str, Known]]] = {
    "people": _people,
    "userType": _user_type,
    "device": _device,
    "platform": _platform,
    "network": _network,
    "riskScore": _risk,
    "elCondition": _expression,
}


def _evaluate_lists(
    name: str, condition: Json, met: t.Callable[[t.Any], Known]
) -> dict[str, Known]:
    """Return the results of the lists to include and to exclude that are not empty."""
    results: dict[str, Known] = {}
    if condition.get("include"):
        results[f"{name}.include"] = met(condition["include"])
    if condition.get("exclude"):
        results[f"{name}.exclude"] = _negate(met(condition["exclude"]))
    return results


def _is_member(value: str | None, wanted: t.Collection[str]) -> Known:
    return None if value is None else value in wanted


def _overlaps(held: frozenset[str] | None, wanted: t.Collection[str]) -> Known:
    return None if held is None else bool(held & set(wanted))


def _negate(met: Known) -> Known:
    return None if met is None else not met


# What a rule asks for


def satisfies(method: Json, held: Methods, unrequired_limits: bool = True) -> bool:
    """Return whether the user's methods are enough for a verificationMethod.

    ``unrequired_limits``: a part of a constraint with ``required: false`` asks for what it limits.
    """
    if method.get("type") == "AUTH_METHOD_CHAIN":
        return any(_meets_chain(chain, held) for chain in method["chains"])
    return any(
        _meets_constraint(constraint, held, unrequired_limits)
        and (
            method.get("factorMode") != "2FA"
            or _has_two_factors(constraint, held, unrequired_limits)
        )
        for constraint in method.get("constraints") or [{}]
    )


def _meets_chain(chain: Json, held: Methods) -> bool:
    here = any(
        _refers_to(accepted, factor) and _has_characteristics(accepted, facts)
        for accepted in chain["authenticationMethods"]
        for factor, facts in held.items()
    )
    following = chain.get("next") or []
    return here and (not following or _meets_chain(following[0], held))


def _meets_constraint(constraint: Json, held: Methods, unrequired_limits: bool) -> bool:
    """Return whether both parts of a constraint, knowledge and possession, are met."""
    return all(
        any(
            name in facts and _meets_part(part, factor) and _has_characteristics(part, facts)
            for factor, facts in held.items()
        )
        for name, part in constraint.items()
        if name in CLASSES and _is_asked(part, unrequired_limits)
    )


def _has_two_factors(constraint: Json, held: Methods, unrequired_limits: bool) -> bool:
    """Return whether methods are of two classes.

    By Okta's description, inherence is one if the constraint asks for nothing.
    """
    classes = {name for facts in held.values() for name in facts if name in CLASSES}
    if not any(
        _is_asked(constraint[name], unrequired_limits) for name in CLASSES & set(constraint)
    ):
        classes |= {"inherence" for facts in held.values() if "userVerification" in facts}
    return len(classes) > 1


def _is_asked(part: Json, unrequired_limits: bool) -> bool:
    """Return whether a part asks for a factor.

    By Okta's description, one that excludes methods has ``required: false``.
    """
    if part.get("required", True) or part.get("excludedAuthenticationMethods"):
        return True
    return unrequired_limits and (
        any(part.get(name) for name in NAMED_METHODS)
        or any(part.get(name) == "REQUIRED" for name in (*ASKED, "userPresence"))
    )


def _meets_part(part: Json, factor: tuple[str, str]) -> bool:
    wanted, left_out = (
        part.get("authenticationMethods"),
        part.get("excludedAuthenticationMethods") or [],
    )
    if (wanted and not any(_refers_to(accepted, factor) for accepted in wanted)) or any(
        _refers_to(excluded, factor) for excluded in left_out
    ):
        return False
    methods, kinds = part.get("methods") or [], part.get("types") or []
    return (not methods or factor[1].upper() in map(str.upper, methods)) and (
        not kinds or TYPES[factor[0]] in map(str.upper, kinds)
    )


def _refers_to(reference: Json, factor: tuple[str, str]) -> bool:
    keys = [factor[0], KEYS[factor[1]]] if factor[0] == VERIFY else [factor[0]]
    return reference.get("key") in keys and reference.get("method") in (None, factor[1])


def _has_characteristics(wishes: Json, facts: frozenset[str]) -> bool:
    if not {name for name in ASKED if wishes.get(name) == "REQUIRED"} <= facts:
        return False
    accepted_methods = wishes.get("userVerificationMethods")
    return (
        not accepted_methods
        or wishes.get("userVerification") != "REQUIRED"
        or bool(facts & set(accepted_methods))
    )
