# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an app sign-in policy judges somebody.

The first rule whose conditions are all met decides, and what it asks for has to be at hand.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from lab.okta.policies import Policy, Rule

Json = dict[str, t.Any]
Known = bool | None  # None: it cannot be told

KINDS = {
    "MACOS": "DESKTOP",
    "WINDOWS": "DESKTOP",
    "LINUX": "DESKTOP",
    "CHROMEOS": "DESKTOP",
    "IOS": "MOBILE",
    "ANDROID": "MOBILE",
}
FASTPASS = ("okta_verify", "signed_nonce")
TYPES = {
    "okta_password": "PASSWORD",
    "okta_email": "EMAIL",
    "phone_number": "PHONE",
    "okta_verify": "APP",
}
ASKED = ("deviceBound", "phishingResistant", "userVerification", "hardwareProtection")

Methods = t.Mapping[
    tuple[str, str], frozenset[str]
]  # ways to prove oneself: (key, method) -> what each is, and what Okta says of it


def methods_at_hand(
    *, phone: bool, okta_verify: bool, device: Json | None, lock: str, off: t.Collection[str] = ()
) -> Methods:
    """Everybody has a password and e-mail.

    ``okta_verify``: registered somewhere; ``device``: the profile of this device, if it is
    registered.

    ``lock`` is its screen lock, and ``off`` are Okta Verify's methods that are not active in the
    org.
    """
    found = {
        ("okta_password", "password"): frozenset({"knowledge"}),
        ("okta_email", "email"): frozenset({"possession"}),
    }
    if phone:
        found |= {
            ("phone_number", method): frozenset({"possession"}) for method in ("sms", "voice")
        }
    if okta_verify:
        found |= {
            ("okta_verify", "push"): frozenset({"possession", "deviceBound"}),
            ("okta_verify", "totp"): frozenset({"possession", "deviceBound"}),
        }
    if device is not None:
        more = {"hardwareProtection"} if device.get("secureHardwarePresent") else set()
        more |= {
            "NONE": set(),
            "PASSCODE": {"userVerification", "PIN"},
            "BIOMETRIC": {"userVerification", "PIN", "BIOMETRICS"},
        }[lock]
        found[FASTPASS] = frozenset({"possession", "deviceBound", "phishingResistant"} | more)
    return {
        way: facts for way, facts in found.items() if way[0] != "okta_verify" or way[1] not in off
    }


@dataclass(frozen=True)
class Circumstances:
    """Of one sign-in.

    None is what nobody knows; ``methods`` are the ways to prove oneself that are at hand, asked for
    only where it matters.
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
    users_or_groups: bool = (
        False  # whether one of the two is enough where a rule includes users and groups
    )


@dataclass(frozen=True)
class Judgement:
    """``reason``.

    Allowed, denied (by the rule), or unsatisfied (what the rule asks for is not at hand).
    """

    rule: Rule
    reason: str

    @property
    def admitted(self) -> bool:
        return self.reason == "allowed"


def judge(policy: Policy, circumstances: Circumstances) -> Judgement:
    for rule in policy.rules:
        if rule.status == "ACTIVE" and all(verdicts(rule.conditions, circumstances).values()):
            sign_on = rule.actions["appSignOn"]
            if sign_on["access"] != "ALLOW":
                return Judgement(rule, "denied")
            method = sign_on.get("verificationMethod") or {}
            asks = method.get("constraints") or method.get("chains")
            return Judgement(
                rule,
                (
                    "allowed"
                    if not asks or satisfied(method, circumstances.methods())
                    else "unsatisfied"
                ),
            )
    raise AssertionError("The catch-all rule takes everybody.")


# Conditions


def verdicts(conditions: Json | None, now: Circumstances) -> dict[str, Known]:
    """Each condition by its name, as met, not met, or not to be told."""
    found: dict[str, Known] = {}
    for name, value in (conditions or {}).items():
        found.update(_CHECKS[name](value, now))
    return found


def _people(people: Json, now: Circumstances) -> dict[str, Known]:
    found = {
        **_sides(
            "people.users", people.get("users") or {}, lambda wanted: _member(now.user_id, wanted)
        ),
        **_sides(
            "people.groups", people.get("groups") or {}, lambda wanted: _overlap(now.groups, wanted)
        ),
    }
    inside = [name for name in found if name.endswith("include")]
    if now.users_or_groups and True in [found[name] for name in inside]:
        found |= dict.fromkeys(inside, True)
    return found


def _user_type(condition: Json, now: Circumstances) -> dict[str, Known]:
    return _sides("userType", condition, lambda wanted: _member(now.user_type, wanted))


def _device(device: Json, now: Circumstances) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for name, held in (("registered", now.registered), ("managed", now.managed)):
        if device.get(name) is not None:
            found[f"device.{name}"] = None if held is None else held == device[name]
    if (device.get("assurance") or {}).get("include"):
        found["device.assurance"] = _overlap(now.assurances, device["assurance"]["include"])
    return found


def _platform(platform: Json, now: Circumstances) -> dict[str, Known]:
    here = now.platform
    return _sides(
        "platform",
        platform,
        lambda wanted: None if here is None else any(_is_platform(one, here) for one in wanted),
    )


def _is_platform(one: Json, platform: str) -> bool:
    kind, system = one.get("type", "ANY"), (one.get("os") or {}).get("type", "ANY")
    return kind in ("ANY", KINDS.get(platform, "OTHER")) and system in (
        "ANY",
        platform if platform in KINDS else "OTHER",
    )


def _network(network: Json, now: Circumstances) -> dict[str, Known]:
    if network.get("connection", "ANYWHERE") == "ANYWHERE":
        return {}
    return _sides("network", network, lambda wanted: _in_zones(now.zones, wanted))


def _in_zones(zones: frozenset[str] | None, wanted: list[str]) -> Known:
    if zones is None:
        return None
    return bool(zones) if "ALL_ZONES" in wanted else bool(zones & set(wanted))


def _risk(condition: Json, now: Circumstances) -> dict[str, Known]:
    level = condition.get("level", "ANY")
    return {} if level == "ANY" else {"riskScore": None if now.risk is None else now.risk == level}


def _expression(condition: Json, now: Circumstances) -> dict[str, Known]:
    """The lab knows no expression language: a switch says whether expressions hold."""
    return {"elCondition": now.expressions_hold} if condition.get("condition") else {}


_CHECKS: dict[str, t.Callable[[Json, Circumstances], dict[str, Known]]] = {
    "people": _people,
    "userType": _user_type,
    "device": _device,
    "platform": _platform,
    "network": _network,
    "riskScore": _risk,
    "elCondition": _expression,
}


def _sides(name: str, condition: Json, met: t.Callable[[t.Any], Known]) -> dict[str, Known]:
    """Of lists to be in and to be out of, those that say something."""
    found: dict[str, Known] = {}
    if condition.get("include"):
        found[f"{name}.include"] = met(condition["include"])
    if condition.get("exclude"):
        found[f"{name}.exclude"] = _not(met(condition["exclude"]))
    return found


def _member(one: str | None, wanted: t.Collection[str]) -> Known:
    return None if one is None else one in wanted


def _overlap(held: frozenset[str] | None, wanted: t.Collection[str]) -> Known:
    return None if held is None else bool(held & set(wanted))


def _not(met: Known) -> Known:
    return None if met is None else not met


# What a rule asks for


def satisfied(method: Json, held: Methods) -> bool:
    """Whether what is at hand is enough for a verificationMethod."""
    if method.get("type") == "AUTH_METHOD_CHAIN":
        return any(_chain(chain, held) for chain in method["chains"])
    constraints = method.get("constraints") or []
    return not constraints or any(_constraint(constraint, held) for constraint in constraints)


def _chain(chain: Json, held: Methods) -> bool:
    here = any(
        _is(one, way) and _has(one, facts)
        for one in chain["authenticationMethods"]
        for way, facts in held.items()
    )
    following = chain.get("next") or []
    return here and (not following or _chain(following[0], held))


def _constraint(constraint: Json, held: Methods) -> bool:
    """What it asks to know and what it asks to have, both."""
    return all(
        any(name in facts and _fits(part, way) and _has(part, facts) for way, facts in held.items())
        for name, part in constraint.items()
        if name in ("knowledge", "possession") and part.get("required", True)
    )


def _fits(part: Json, way: tuple[str, str]) -> bool:
    wanted, left_out = (
        part.get("authenticationMethods"),
        part.get("excludedAuthenticationMethods") or [],
    )
    if (wanted and not any(_is(one, way) for one in wanted)) or any(
        _is(one, way) for one in left_out
    ):
        return False
    methods, kinds = part.get("methods") or [], part.get("types") or []
    return (not methods or way[1].upper() in map(str.upper, methods)) and (
        not kinds or TYPES[way[0]] in map(str.upper, kinds)
    )


def _is(one: Json, way: tuple[str, str]) -> bool:
    return one.get("key") in (
        way[0],
        "okta_verify_fastpass" if way == FASTPASS else way[0],
    ) and one.get("method") in (None, way[1])


def _has(wishes: Json, facts: frozenset[str]) -> bool:
    if not {name for name in ASKED if wishes.get(name) == "REQUIRED"} <= facts:
        return False
    ways = wishes.get("userVerificationMethods")
    return not ways or wishes.get("userVerification") != "REQUIRED" or bool(facts & set(ways))
