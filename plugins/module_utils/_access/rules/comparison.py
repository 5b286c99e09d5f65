# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a rule with what is wanted of it, and merge both into the full replace of Okta's API.

Pure. A rule is free-form JSON here, since an org may have parts that this collection does not know.
"""

from __future__ import annotations

import copy
import json
import re
import typing as t

from ..._core.changes import ABSENT, Difference
from ..._core.errors import BadOption, Unreadable
from ..._core.json_fields import Json, Row, as_object, as_objects
from ..._okta.authenticators.okta_verify_spellings import (
    EXPRESSION,
    METHOD_LISTS,
    expand_entries,
    fold_entries,
    fold_expression,
)
from ..._okta.records import PolicyRule

# Keys that only the server writes. The status has operations of its own.
RULE_READ_ONLY = ("id", "created", "lastUpdated", "system", "status", "_links", "_embedded")
# Keys of Okta's words, which mean the same in any case. Other texts are ids, names or free text.
WORDS = (
    "access",
    "connection",
    "deviceBound",
    "factorMode",
    "hardwareProtection",
    "level",
    "methods",
    "phishingResistant",
    "postAuth",
    "status",
    "type",
    "types",
    "userPresence",
    "userVerification",
    "userVerificationMethods",
)
# Key of a network condition -> its option.
ZONES = {"include": "zones", "exclude": "zones_excluded"}
DURATIONS = ("reauthenticateIn", "inactivityPeriod", "postAuthPromptFrequency")
# What Okta shows for a key that was never set. These forms are equal.
UNSET: tuple[object, ...] = (
    None,
    ABSENT,
    "",
    [],
    {},
    "OPTIONAL",
    "ANY",
    "ANYWHERE",
    "NOT_ALLOWED",
)
# What a key that Okta does not show means by its description, where that is none of these forms.
DEFAULTS = {"userPresence": "REQUIRED"}
_NUMBER = r"([0-9]{1,9})"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}D)?(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII | re.IGNORECASE,
)


def parse_duration(value: object) -> object:
    """Return an ISO 8601 duration of days and shorter units in seconds; any other value as it is.

    PT2H, PT120M and pt2h are one duration.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or match[0].upper().endswith(("P", "T")):
        return value
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


# The time after which a person authenticates again: of the rule, or inside its chains


def has_times(chains: object) -> bool:
    """Return whether any step of chains has a time of its own."""
    return any(
        chain.get("reauthenticateIn") not in (None, ABSENT) or has_times(chain.get("next"))
        for chain in as_objects(chains)
    )


def exclude_other_time(wanted: Row, current: Row) -> Row:
    """Return what is wanted of a rule, with ABSENT for the time that Okta would refuse next to it.

    A time of the rule excludes times inside its chains, and the other way around.
    """
    method = _sign_on(wanted).get("verificationMethod")
    if not method:
        return wanted
    chains = method.get("chains")
    if chains is None:
        chains = as_object(_sign_on(current).get("verificationMethod")).get("chains")
    if has_times(method.get("chains")):
        method = {**method, "reauthenticateIn": ABSENT}
    elif chains and method.get("reauthenticateIn") not in (None, ABSENT):
        method = {**method, "chains": [_without_times(chain) for chain in as_objects(chains)]}
    else:
        return wanted
    sign_on = {**_sign_on(wanted), "verificationMethod": method}
    return {**wanted, "actions": {**wanted["actions"], "appSignOn": sign_on}}


def _without_times(chain: Row) -> Json:
    following = [_without_times(step) for step in as_objects(chain.get("next"))]
    steps = {"next": following} if following else {}
    return {**chain, **steps, "reauthenticateIn": ABSENT}


def without_absent(value: t.Any) -> t.Any:
    """Return a value without the keys that are to be absent, at any depth."""
    if isinstance(value, dict):
        return {key: without_absent(inner) for key, inner in value.items() if inner is not ABSENT}
    return [without_absent(inner) for inner in value] if isinstance(value, list) else value


# Compare


def find_differences(wanted: Row, current: Row) -> list[Difference]:
    """Return where a rule differs from what is wanted.

    Only wanted keys count, lists have no order, and what the server adds is not a difference. The
    verification method of a rule that denies is not compared: it has no effect, and Okta may
    change it.
    """
    wanted = exclude_other_time(wanted, current)
    sign_on = _sign_on(wanted)
    access = sign_on.get("access") or _sign_on(current).get("access")
    if access == "DENY" and "verificationMethod" in sign_on:
        compared = {key: sign_on[key] for key in sign_on if key != "verificationMethod"}
        wanted = {**wanted, "actions": {**wanted["actions"], "appSignOn": compared}}
    return list(_compare(wanted, current))


def have_same_effect(some: PolicyRule, other: PolicyRule) -> bool:
    """Return whether two rules treat every sign-in alike, whatever their ids and priorities.

    What cannot be read has the same effect as the same value alone.
    """
    if some.unreadable or other.unreadable:
        return _effect(some) == _effect(other)
    return not find_differences(_effect(some), other.row) and not find_differences(
        _effect(other), some.row
    )


def comparable_effect(rule: PolicyRule) -> Json:
    """Return what a rule does in one form for all rules that have the same effect.

    Lists have an order, durations are seconds, and what was never set is left out.
    """
    effect = _effect(rule)
    if rule.denies and not rule.unreadable:
        sign_on = {key: rule.sign_on[key] for key in rule.sign_on if key != "verificationMethod"}
        effect["actions"] = {**as_object(effect.get("actions")), "appSignOn": sign_on}
    comparable: Json = _comparable(effect)
    return comparable


def comparable_content(rule: PolicyRule) -> Json:
    """Return the conditions and actions of a rule's ``comparable_effect``, None for none."""
    effect = comparable_effect(rule)
    return {key: effect.get(key) for key in ("conditions", "actions")}


def _comparable(value: object, key: str = "") -> t.Any:
    if isinstance(value, dict):
        parts = {name: _comparable(inner, name) for name, inner in value.items()}
        parts = {name: part for name, part in parts.items() if not _is_unset(part, name)}
        # What a missing key means anyway. An object of it alone is more than a missing one.
        return {name: parts[name] for name in parts if parts[name] != DEFAULTS.get(name)} or parts
    if isinstance(value, list):
        value = expand_entries(value) if key in METHOD_LISTS else value
        members = [_comparable(member, key) for member in value]
        return sorted(members, key=lambda member: json.dumps(member, sort_keys=True))
    if key == EXPRESSION and isinstance(value, str):
        return fold_expression(value)
    return parse_duration(value) if key in DURATIONS else _fold_word(value, key)


def _fold_word(value: t.Any, key: str) -> t.Any:
    """Return one of Okta's words in upper case, any other value as it is."""
    return value.upper() if key in WORDS and isinstance(value, str) else value


def _effect(rule: PolicyRule) -> Json:
    keys = ("name", "status", "conditions", "actions")
    return {key: rule.row[key] for key in keys if rule.row.get(key) is not None}


def _sign_on(rule: Row) -> Row:
    return as_object(as_object(rule.get("actions")).get("appSignOn"))


def _compare(wanted: t.Any, current: t.Any, path: str = "") -> t.Iterator[Difference]:
    if wanted is ABSENT:
        if not _is_unset(current, path.rpartition(".")[2]):
            yield Difference(path, current, None)
    elif isinstance(wanted, dict) and _may_be(current, dict):
        have = current if isinstance(current, dict) else {}
        for key, value in wanted.items():
            stored = have.get(key)
            if isinstance(current, dict) and _is_unset(stored, key) and not _is_unset(value, key):
                stored = DEFAULTS.get(key, stored)
            yield from _compare(value, stored, f"{path}.{key}" if path else key)
    elif not _is_same(wanted, current, path.rpartition(".")[2]):
        yield Difference(path, current, without_absent(wanted))


def _is_same(wanted: object, current: object, key: str) -> bool:
    wanted, current = _fold_word(wanted, key), _fold_word(current, key)
    if isinstance(wanted, list) and _may_be(current, list):
        return _same_list(wanted, current if isinstance(current, list) else [], key)
    if key == EXPRESSION and isinstance(wanted, str) and isinstance(current, str):
        return fold_expression(wanted) == fold_expression(current)
    if key in DURATIONS and parse_duration(wanted) == parse_duration(current):
        return True
    if _is_unset(wanted, key) and _is_unset(current, key):
        return True
    return type(wanted) is type(current) and wanted == current


def _may_be(value: object, kind: type) -> bool:
    return isinstance(value, kind) or _is_unset(value)


def _is_unset(value: object, key: str = "") -> bool:
    """Return whether a value is one that Okta shows for a key that was never set.

    An object of such values is one itself: {"level": "ANY"}.
    """
    if isinstance(value, dict):
        return all(_is_unset(inner, name) for name, inner in value.items())
    if key in DEFAULTS:
        return value is None or value is ABSENT or value == ""
    return not isinstance(value, bool) and any(value is form or value == form for form in UNSET)


def _same_list(wanted: t.Sequence[t.Any], current: t.Sequence[t.Any], key: str) -> bool:
    """Return whether two lists have the same members. Methods of Okta Verify have two spellings."""
    if key not in METHOD_LISTS:
        return _same_members(wanted, current, key)
    return _same_members(fold_entries(wanted), fold_entries(current), key) or _same_members(
        expand_entries(wanted), expand_entries(current), key
    )


def _same_members(wanted: t.Sequence[t.Any], current: t.Sequence[t.Any], key: str) -> bool:
    """Return whether each wanted member matches one current member, and none is left over.

    A current member may have more keys than its wanted one.
    """
    rest = list(current)
    if len(wanted) != len(rest):
        return False
    for member in sorted(wanted, key=_size, reverse=True):  # the most specific first
        matches = (
            place for place, other in enumerate(rest) if not any(_compare(member, other, key))
        )
        place = next(matches, None)
        if place is None:
            return False
        del rest[place]
    return True


def _size(member: object) -> int:
    return len(json.dumps(member, default=str))


# Merge


def merge_rule(wanted: Row, current: PolicyRule | None = None) -> Json:
    """Return the body of a full replace: the rule as read, with what is wanted.

    Without a rule as read, it is the body of a new rule. Raises BadOption for a rule that admits
    and does not say which authenticators it asks for, or whose zones do not fit its connection, and
    Unreadable for a rule whose JSON has another form than Okta documents.
    """
    if current:
        check_readable(current)
    row = current.row if current else {"type": "ACCESS_POLICY"}
    body: Json = {
        key: copy.deepcopy(value)
        for key, value in row.items()
        if key not in RULE_READ_ONLY and value is not None
    }
    _merge(body, exclude_other_time(wanted, body))
    _complete(body)
    network = as_object(as_object(wanted.get("conditions")).get("network"))
    if network:
        _settle_zones(body["conditions"], network)
    _check_access(body, current)
    return body


def _check_access(body: Row, current: PolicyRule | None) -> None:
    """Raise BadOption for a rule without access, or that admits and asks for nothing.

    :arg current: the rule as read, None for a new one.
    """
    sign_on = _sign_on(body)
    if current is None and not sign_on.get("access"):
        raise BadOption("access: a new rule needs access. Set it to ALLOW or DENY.")
    method = sign_on.get("verificationMethod") or {}
    if sign_on.get("access") != "DENY" and not method.get("type"):
        raise BadOption(
            "factor_mode: a rule that admits must name its authenticators. Set factor_mode (and"
            " constraints), or chains."
        )
    is_assurance = sign_on.get("access") != "DENY" and method.get("type") == "ASSURANCE"
    if is_assurance and not method.get("factorMode"):
        if current is None:
            raise BadOption(
                "factor_mode: a new rule with constraints or inactivity_period needs factor_mode."
                " Set it, too."
            )
        raise BadOption(
            f"factor_mode: rule {current.name!r} has a verification method of another type, which"
            " the options replace. Set factor_mode, too, or leave out what is of ASSURANCE alone"
            " (inactivity_period, constraints)."
        )


def check_readable(rule: PolicyRule) -> None:
    """Raise Unreadable for a rule of which a full replace might lose what cannot be read."""
    if rule.hidden_part:
        raise Unreadable(
            f"Rule {rule.name!r}: Okta {rule.hidden_part}, so the rule is not written. Check the"
            " rule in the Admin Console.",
            vendor="okta",
        )


def _complete(body: Json) -> None:
    """Change what Okta shows and does not accept: the read form into the write form."""
    user_type = (body.get("conditions") or {}).get("userType")
    if user_type is not None:  # Okta's description requires both lists
        body["conditions"]["userType"] = {"include": [], "exclude": [], **user_type}
    method: t.Any = as_object(_sign_on(body).get("verificationMethod"))
    if has_times(method.get("chains")):  # Okta takes a time of the rule or times of its chains
        method.pop("reauthenticateIn", None)


def _settle_zones(conditions: Json, wanted: Row) -> None:
    """Remove the zones that a rule had before it got another connection.

    Raises BadOption for zones without ZONE, and the other way around.

    :arg wanted: what is wanted of the network.
    """
    network = conditions["network"]
    if str(network.get("connection")).upper() == "ZONE":
        if not any(network.get(key) for key in ZONES):
            raise BadOption(
                "network_connection: a rule with ZONE needs zones or zones_excluded. Set one of"
                " them, or network_connection: ANYWHERE."
            )
        return
    unused = [option for key, option in ZONES.items() if wanted.get(key)]
    if unused:
        raise BadOption(
            f"{unused[0]}: a rule is for zones only with network_connection: ZONE. Set it, or leave"
            f" out {' and '.join(unused)}."
        )
    rest = {key: network[key] for key in network if key not in ZONES}
    conditions.pop("network")
    conditions.update({"network": rest} if rest else {})


def _merge(body: Json, wanted: Row) -> None:
    for key, value in wanted.items():
        have = body.get(key)
        if value is ABSENT:
            body.pop(key, None)
        elif isinstance(value, dict) and not _changes_type(key, value, have):
            inner = body[key] = have if isinstance(have, dict) else {}
            _merge(inner, value)
        elif not _has_meaning(key, value, have):
            body[key] = without_absent(value)


def _changes_type(key: str, value: Row, have: object) -> bool:
    """Return whether a verification method gets another type, to which its keys mean nothing."""
    if key != "verificationMethod" or not isinstance(have, dict):
        return False
    return bool(value.get("type", have.get("type")) != have.get("type"))


def _has_meaning(key: str, value: object, have: object) -> bool:
    """Return whether what was read is a list or an expression that means the same."""
    if isinstance(value, list) and isinstance(have, list):
        return _same_list(value, have, key)
    return key == EXPRESSION and isinstance(have, str) and _is_same(value, have, key)
