# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a rule as the body that Okta takes. Pure.

A rule is what Okta calls AccessPolicyRule: {id, name, priority, status, system, conditions,
actions: {appSignOn: {access, verificationMethod}}}.
"""

from __future__ import annotations

import json
import typing as t

from ..._core.changes import ABSENT
from ..._core.errors import BadOption
from ..._core.json_fields import Json, Row
from ..._core.options import PLATFORMS, REMOVABLE_CONDITIONS, Params
from .comparison import parse_duration
from .constraint_keys import CHAIN, CONSTRAINT, check_keys

MAX_CHAINS = 5
MAX_CHAIN_STEPS = 3
_MOBILE = ("IOS", "ANDROID")
PLATFORM_TYPES = {name: "MOBILE" if name in _MOBILE else "DESKTOP" for name in PLATFORMS}
# Option -> path of its value in the conditions. Users, groups and devices are ids here.
CONDITIONS: dict[str, tuple[str, ...]] = {
    "managed": ("device", "managed"),
    "registered": ("device", "registered"),
    "device_assurances": ("device", "assurance", "include"),
    "groups": ("people", "groups", "include"),
    "groups_excluded": ("people", "groups", "exclude"),
    "users": ("people", "users", "include"),
    "users_excluded": ("people", "users", "exclude"),
    "user_types": ("userType", "include"),
    "user_types_excluded": ("userType", "exclude"),
    "risk_level": ("riskScore", "level"),
    "expression": ("elCondition", "condition"),
    "network_connection": ("network", "connection"),
    "zones": ("network", "include"),
    "zones_excluded": ("network", "exclude"),
}
# Option -> key of an ASSURANCE verification method.
ASSURANCE = {
    "factor_mode": "factorMode",
    "reauthenticate_in": "reauthenticateIn",
    "inactivity_period": "inactivityPeriod",
    "constraints": "constraints",
}
# Option -> key of a verification method, which a rule that denies does not have.
VERIFICATION = {**ASSURANCE, "chains": "chains"}


def build_rule(options: Params) -> Json:
    """Return what the options want of a rule, as Okta's JSON, without the keys of unset options.

    Raises BadOption for options that contradict each other.
    """
    check_options(options)
    conditions = _conditions(options)
    sign_on: Json = {"access": options["access"]} if options.get("access") else {}
    method = _verification(options)
    if method:
        sign_on["verificationMethod"] = method
    return {
        "name": options["name"],
        **({"conditions": conditions} if conditions else {}),
        **({"actions": {"appSignOn": sign_on}} if sign_on else {}),
    }


def _conditions(options: Params) -> Json:
    conditions: Json = {}
    for option, path in CONDITIONS.items():
        if _is_set(options, option):
            _put(conditions, path, options[option])
    if _is_set(options, "managed"):
        conditions["device"]["registered"] = True
    if _is_set(options, "platforms"):
        conditions["platform"] = {"include": [_platform(name) for name in options["platforms"]]}
    conditions.update(
        {REMOVABLE_CONDITIONS[name]: ABSENT for name in options.get("remove_conditions") or []}
    )
    return conditions


def _is_set(options: Params, name: str) -> bool:
    return options.get(name) is not None


def _put(target: Json, path: t.Sequence[str], value: object) -> None:
    for key in path[:-1]:
        target = target.setdefault(key, {})
    target[path[-1]] = value


def _platform(name: str) -> Json:
    return {"type": PLATFORM_TYPES[name], "os": {"type": name}}


def _verification(options: Params) -> Json:
    if _is_set(options, "chains"):
        method = {"type": "AUTH_METHOD_CHAIN", "chains": options["chains"]}
        if options.get("reauthenticate_in"):
            method["reauthenticateIn"] = options["reauthenticate_in"]
        return method
    keys = {key: options[option] for option, key in ASSURANCE.items() if _is_set(options, option)}
    if not keys or set(keys) == {"reauthenticateIn"}:  # this key is part of either type
        return keys
    return {"type": "ASSURANCE", **keys}


# Checks


def check_options(options: Params) -> None:
    """Raise BadOption if the options of a rule contradict each other or Okta refuses them."""
    _check_managed(options)
    _check_denial(options)
    if _is_set(options, "chains"):
        _check_exclusive(options)
        check_keys("chains", options["chains"], CHAIN)
        _check_chains(options)
    if _is_set(options, "constraints"):
        check_keys("constraints", options["constraints"], CONSTRAINT)
    _check_durations(options)
    _check_removals(options)


def _check_managed(options: Params) -> None:
    if _is_set(options, "managed") and options.get("registered") is False:
        raise BadOption(
            "registered: a rule with managed needs registered: true, since Okta knows only"
            " registered devices as managed. Leave registered out."
        )


def _check_denial(options: Params) -> None:
    methods = [name for name in VERIFICATION if _is_set(options, name)]
    if options.get("access") == "DENY" and methods:
        raise BadOption(
            f"{methods[0]}: a rule with access: DENY does not ask for authenticators. Leave out"
            f" {' and '.join(methods)}."
        )


def _check_exclusive(options: Params) -> None:
    exclusive = [
        name
        for name in ("factor_mode", "inactivity_period", "constraints")
        if _is_set(options, name)
    ]
    if exclusive:
        raise BadOption(
            f"{exclusive[0]}: a rule has either chains or {exclusive[0]}, and Okta ignores one of"
            " them. Leave one out."
        )


def _check_chains(options: Params) -> None:
    chains = options["chains"]
    if len(chains) > MAX_CHAINS or any(_depth(chain) > MAX_CHAIN_STEPS for chain in chains):
        raise BadOption(
            f"chains: Okta takes at most {MAX_CHAINS} chains of at most {MAX_CHAIN_STEPS} steps,"
            " and one item in each next. Shorten them."
        )
    if options.get("reauthenticate_in") and "reauthenticateIn" in json.dumps(chains):
        raise BadOption(
            "reauthenticate_in: it is set for the rule and inside chains, and Okta takes one of"
            " them. Leave one out."
        )


def _depth(chain: Row) -> int:
    """Return the steps of a chain. One that is not a chain of single steps has too many."""
    depth, following = 1, chain.get("next")
    while following:
        is_single = isinstance(following, list) and len(following) == 1
        if not is_single or not isinstance(following[0], dict) or depth == MAX_CHAIN_STEPS:
            return MAX_CHAIN_STEPS + 1
        depth, following = depth + 1, following[0].get("next")
    return depth


def _check_durations(options: Params) -> None:
    for name in ("reauthenticate_in", "inactivity_period"):
        if not _is_set(options, name):
            continue
        text = options[name]  # Okta takes no lower case
        if text != str(text).upper() or not isinstance(parse_duration(text), int):
            raise BadOption(f"{name}: {text!r} is not an ISO 8601 duration. Write it like PT2H.")


def _check_removals(options: Params) -> None:
    keys = {path[0] for name, path in CONDITIONS.items() if _is_set(options, name)}
    if _is_set(options, "platforms"):
        keys.add("platform")
    for name in options.get("remove_conditions") or []:
        if REMOVABLE_CONDITIONS[name] in keys:
            raise BadOption(
                f"remove_conditions: {name} is removed here and set by another option. Leave one"
                " of them out."
            )
