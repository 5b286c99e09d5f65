# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an app sign-in policy:

from options to Okta's rule, merged into the full replace that its API takes, compared, and put in
order. Pure.

A rule is what Okta calls AccessPolicyRule: {id, name, priority, status, system, conditions,
actions: {appSignOn: {access, verificationMethod}}}.
"""

from __future__ import annotations

import copy
import json
import re
import typing as t

from .._core.changes import ABSENT, Change, Difference, shown
from .._core.errors import BadOption, NotAsWritten, Refused

Rule = dict[str, t.Any]

# What only the server writes. Status has operations of its own.
READ_ONLY = ("id", "created", "lastUpdated", "system", "status", "_links", "_embedded")
DURATIONS = ("reauthenticateIn", "inactivityPeriod", "postAuthPromptFrequency")
# What Okta shows for a key that was never set, so that neither form differs from the other.
UNSET: tuple[t.Any, ...] = (None, ABSENT, "", [], {}, "OPTIONAL", "ANY", "ANYWHERE", "NOT_ALLOWED")
PLATFORMS = {
    "MACOS": "DESKTOP",
    "WINDOWS": "DESKTOP",
    "CHROMEOS": "DESKTOP",
    "LINUX": "DESKTOP",
    "IOS": "MOBILE",
    "ANDROID": "MOBILE",
}
# Option of the module -> where its value stands in a rule. The lists of people and devices are ids
# by the time they get here.
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
REMOVABLE = {
    "device": "device",
    "platforms": "platform",
    "people": "people",
    "user_types": "userType",
    "risk_level": "riskScore",
    "expression": "elCondition",
    "network": "network",
}
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


def seconds(value: t.Any) -> t.Any:
    """An ISO 8601 duration of days and less as seconds:

    PT2H and PT120M are one length. Anything else as it is.
    """
    found = _DURATION.match(value) if isinstance(value, str) else None
    if not found or value in ("P", "PT") or value.endswith("T"):
        return value
    days, hours, minutes, rest = (int(one or 0) for one in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


# From options


def wanted_rule(params: t.Mapping[str, t.Any]) -> Rule:
    """What the options say of a rule, in Okta's form;

    an option that is not given leaves its key out. Raises BadOption for what cannot be meant.
    """
    _check(params)
    conditions: Rule = {}
    for option, path in CONDITIONS.items():
        if params.get(option) is not None:
            _put(conditions, path, params[option])
    if params.get("managed") is not None:
        conditions["device"]["registered"] = True
    if params.get("platforms") is not None:
        conditions["platform"] = {"include": [_platform(one) for one in params["platforms"]]}
    conditions.update({REMOVABLE[one]: ABSENT for one in params.get("remove_conditions") or []})
    sign_on: Rule = {"access": params["access"]} if params.get("access") else {}
    method = _verification(params)
    if method:
        sign_on["verificationMethod"] = method
    return {
        "name": params["name"],
        **({"conditions": conditions} if conditions else {}),
        **({"actions": {"appSignOn": sign_on}} if sign_on else {}),
    }


def _check(params: t.Mapping[str, t.Any]) -> None:
    if params.get("managed") is not None and params.get("registered") is False:
        raise BadOption(
            "registered: a rule with managed needs registered: true (Okta knows as managed only"
            " what is registered); leave registered out."
        )
    method = [one for one in (*ASSURANCE, "chains") if params.get(one) is not None]
    if params.get("access") == "DENY" and method:
        raise BadOption(
            f"{method[0]}: a rule with access: DENY asks for no authenticator; leave"
            f" {' and '.join(method)} out."
        )
    if params.get("chains") is not None:
        both = [
            one
            for one in ("factor_mode", "inactivity_period", "constraints")
            if params.get(one) is not None
        ]
        if both:
            raise BadOption(
                f"{both[0]}: a rule has either chains or {both[0]}, and Okta drops the one beside"
                " the other; leave one out."
            )
        if len(params["chains"]) > 5 or any(_depth(one) > 3 for one in params["chains"]):
            raise BadOption(
                "chains: Okta takes at most 5 chains of at most 3 steps, and one item in each next."
            )
        if params.get("reauthenticate_in") and "reauthenticateIn" in json.dumps(params["chains"]):
            raise BadOption(
                "reauthenticate_in: it is given for the rule and inside chains, and Okta takes one"
                " of them; leave one out."
            )
    for option in ("reauthenticate_in", "inactivity_period"):
        if params.get(option) is not None and not isinstance(seconds(params[option]), int):
            raise BadOption(f"{option}: {params[option]!r} is not an ISO 8601 duration like PT2H.")
    twice = [
        one
        for one in params.get("remove_conditions") or []
        if any(
            params.get(option) is not None and path[0] == REMOVABLE[one]
            for option, path in (*CONDITIONS.items(), ("platforms", ("platform",)))
        )
    ]
    if twice:
        raise BadOption(
            f"remove_conditions: {twice[0]} is to be taken away and is set by another option;"
            " decide for one."
        )


def _depth(chain: t.Mapping[str, t.Any]) -> int:
    following = chain.get("next") or []
    return 99 if len(following) > 1 else 1 + (_depth(following[0]) if following else 0)


def _put(target: Rule, path: t.Sequence[str], value: t.Any) -> None:
    for key in path[:-1]:
        target = target.setdefault(key, {})
    target[path[-1]] = value


def _platform(name: str) -> Rule:
    return {"type": PLATFORMS[name], "os": {"type": name}}


def _verification(params: t.Mapping[str, t.Any]) -> Rule:
    if params.get("chains") is not None:
        again = (
            {"reauthenticateIn": params["reauthenticate_in"]}
            if params.get("reauthenticate_in")
            else {}
        )
        return {"type": "AUTH_METHOD_CHAIN", "chains": params["chains"], **again}
    keys = {
        key: params[option] for option, key in ASSURANCE.items() if params.get(option) is not None
    }
    alone = set(keys) == {"reauthenticateIn"}  # it is a key of either type
    return {**({} if alone else {"type": "ASSURANCE"}), **keys} if keys else {}


# Compare


def rule_differences(
    wanted: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]
) -> list[Difference]:
    """Where a rule as read is not as wanted.

    Only keys that are wanted count, lists have no order, and what the server adds is no difference.

    Of a rule that denies, the verification method is not compared: it is irrelevant, and Okta keeps
    what it likes.
    """
    access = (wanted.get("actions") or {}).get("appSignOn", {}).get("access") or (
        current.get("actions") or {}
    ).get("appSignOn", {}).get("access")
    if access == "DENY" and "verificationMethod" in (wanted.get("actions") or {}).get(
        "appSignOn", {}
    ):
        sign_on = {
            key: value
            for key, value in wanted["actions"]["appSignOn"].items()
            if key != "verificationMethod"
        }
        wanted = {**wanted, "actions": {**wanted["actions"], "appSignOn": sign_on}}
    return list(_gaps(wanted, current, ""))


def _gaps(wanted: t.Any, current: t.Any, path: str) -> t.Iterator[Difference]:
    key = path.rpartition(".")[2]
    if wanted is ABSENT:
        if not _is_unset(current):
            yield Difference(path, current, None)
    elif isinstance(wanted, dict) and (isinstance(current, dict) or _is_unset(current)):
        have = current if isinstance(current, dict) else {}
        for name, value in wanted.items():
            yield from _gaps(value, have.get(name, ABSENT), f"{path}.{name}" if path else name)
    elif isinstance(wanted, list) and (isinstance(current, list) or _is_unset(current)):
        if not _same_members(wanted, current if isinstance(current, list) else []):
            yield Difference(path, current, wanted)
    elif key in DURATIONS and seconds(wanted) == seconds(current):
        return
    elif not (_equal(wanted, current) or (_is_unset(wanted) and _is_unset(current))):
        yield Difference(path, current, wanted)


def _equal(wanted: t.Any, current: t.Any) -> bool:
    return type(wanted) is type(current) and wanted == current


def _is_unset(value: t.Any) -> bool:
    """Whether it says no more than that the key was never set.

    An inner value counts: {"level": "ANY"} is as good as nothing.
    """
    if isinstance(value, dict):
        return all(_is_unset(one) for one in value.values())
    return not isinstance(value, bool) and any(value is one or value == one for one in UNSET)


def _same_members(wanted: t.Sequence[t.Any], current: t.Sequence[t.Any]) -> bool:
    """Each wanted member is matched by one of the current, and none is left over.

    A member may have more keys than were wanted.
    """
    left = list(current)
    if len(wanted) != len(left):
        return False
    for one in sorted(
        wanted, key=lambda member: -len(json.dumps(member, sort_keys=True, default=str))
    ):  # the most particular first
        match = next(
            (
                number
                for number, other in enumerate(left)
                if not any(True for _gap in _gaps(one, other, ""))
            ),
            None,
        )
        if match is None:
            return False
        del left[match]
    return True


# Merge


def merged_rule(
    wanted: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any] | None = None
) -> Rule:
    """The body of a full replace:

    the rule as read, without what only the server writes, and what is wanted put in. Without a rule
    as read, that of a new one.

    Raises BadOption for a rule that admits and does not say by what.
    """
    body = {
        key: copy.deepcopy(value)
        for key, value in (current or {"type": "ACCESS_POLICY"}).items()
        if key not in READ_ONLY and value is not None
    }
    _merge(body, wanted)
    user_type = (body.get("conditions") or {}).get("userType")
    if user_type is not None:
        body["conditions"]["userType"] = {
            "include": [],
            "exclude": [],
            **user_type,
        }  # Okta's description requires both
    sign_on = body.setdefault("actions", {}).setdefault("appSignOn", {})
    if current is None and not sign_on.get("access"):
        raise BadOption("access: a new rule needs access, ALLOW or DENY.")
    if sign_on.get("access") != "DENY" and not (sign_on.get("verificationMethod") or {}).get(
        "type"
    ):
        raise BadOption(
            "factor_mode: a rule that admits has to say by what; give factor_mode (and"
            " constraints), or chains."
        )
    return body


def _merge(body: Rule, wanted: t.Mapping[str, t.Any]) -> None:
    for key, value in wanted.items():
        have = body.get(key)
        if value is ABSENT:
            body.pop(key, None)
        elif isinstance(value, dict) and isinstance(have, dict):
            if key == "verificationMethod" and value.get("type", have.get("type")) != have.get(
                "type"
            ):
                body[key] = copy.deepcopy(value)  # the keys of one type mean nothing to the other
            else:
                _merge(have, value)
        elif isinstance(value, dict):
            body[key] = {}
            _merge(body[key], value)
        elif not (
            isinstance(value, list) and isinstance(have, list) and _same_members(value, have)
        ):
            body[key] = copy.deepcopy(value)


# Find and put in order


def in_order(rules: t.Iterable[t.Mapping[str, t.Any]]) -> list[Rule]:
    """The rules as Okta asks them: by priority, the catch-all (system) last."""
    return sorted(
        (dict(one) for one in rules),
        key=lambda one: (
            bool(one.get("system")),
            one.get("priority") if one.get("priority") is not None else 10**6,
        ),
    )


def find_rule(rules: t.Iterable[t.Mapping[str, t.Any]], name: str, policy: str) -> Rule | None:
    """The rule of this name, or None. Raises Refused where there are several."""
    found = [dict(one) for one in rules if one.get("name") == name]
    if len(found) > 1:
        ids = ", ".join(str(one.get("id")) for one in found)
        raise Refused(
            f"Policy {policy!r} has {len(found)} rules named {name!r} ({ids}), and which is meant"
            " cannot be told; give all but one of them another name."
        )
    return found[0] if found else None


class Place(t.NamedTuple):
    """Where a rule is to stand:

    first, last (before the catch-all), or on one side of a named rule. All None leaves it where it
    is.
    """

    position: str | None = None  # first or last
    before: str | None = None
    after: str | None = None


def is_placed(rules: t.Sequence[t.Mapping[str, t.Any]], name: str, place: Place) -> bool:
    """Whether the order is as asked.

    ``before`` and ``after`` ask for no neighbourhood, so that what others put between does no harm.
    """
    names = [one.get("name") for one in in_order(rules) if not one.get("system")]
    if name not in names or place == Place():
        return True
    where = names.index(name)
    if place.position:
        return where == (0 if place.position == "first" else len(names) - 1)
    if place.before:
        return place.before not in names or where < names.index(place.before)
    return where > names.index(place.after) if place.after in names else True


def place_index(
    rules: t.Sequence[t.Mapping[str, t.Any]], name: str, place: Place, policy: str
) -> int:
    """At which number, among the rules but for it and the catch-all, the rule is to stand.

    Raises BadOption where the other rule is not there.
    """
    others = [one for one in in_order(rules) if not one.get("system") and one.get("name") != name]
    names = [one.get("name") for one in others]
    relative = place.before or place.after
    if relative == name:
        raise BadOption(
            f"{'before' if place.before else 'after'}: a rule cannot stand beside itself"
            f" ({name!r})."
        )
    if relative and relative not in names:
        catch_all = [one.get("name") for one in rules if one.get("system")]
        if relative not in catch_all or place.after:
            known = ", ".join(repr(one) for one in names) or "none"
            raise BadOption(
                f"{'before' if place.before else 'after'}: policy {policy!r} has no rule"
                f" {relative!r} to go by; its rules are {known}."
            )
        return len(others)
    if place.position == "first":
        return 0
    if place.before:
        return names.index(place.before)
    return names.index(place.after) + 1 if place.after else len(others)


def place_priority(rules: t.Sequence[t.Mapping[str, t.Any]], name: str, index: int) -> int | None:
    """The number to write for a place.

    Okta moves the others, whose numbers may have gaps; None where there is nothing to go by.
    """
    standing = [one for one in in_order(rules) if not one.get("system")]
    numbers = [one["priority"] for one in standing if one.get("priority") is not None]
    if index < len(numbers):
        return numbers[index]
    return numbers[-1] + 1 if numbers else None


class RulePlan(t.NamedTuple):
    """What is to be done about one rule.

    ``body`` is written where it is not None; ``after`` are all rules as they will be, in order, for
    a forecast.
    """

    current: Rule | None
    wanted: Rule
    body: Rule | None
    status: str | None
    delete: bool
    changes: list[Change]
    after: list[Rule]


def plan_rule(
    rules: t.Sequence[t.Mapping[str, t.Any]],
    wanted: t.Mapping[str, t.Any],
    place: Place,
    status: str | None,
    policy: str,
    absent: bool = False,
) -> RulePlan:
    """Compare one rule with what is wanted of it.

    :arg status: ACTIVE or INACTIVE; None leaves it alone, and a new rule is active.
    :arg policy: the policy's name, for sentences.
    """
    rules = in_order(rules)
    current = find_rule(rules, wanted["name"], policy)
    subject = f"rule {wanted['name']!r} of policy {policy!r}"
    if current and current.get("system"):
        _check_catch_all(wanted, place, status, absent, wanted["name"])
    if absent:
        gone = [Change("delete", subject, _visible(current), {})] if current else []
        return RulePlan(
            current,
            dict(wanted),
            None,
            None,
            bool(current),
            gone,
            [one for one in rules if one.get("name") != wanted["name"]],
        )
    index = place_index(rules, wanted["name"], place, policy)
    gaps = rule_differences(wanted, current) if current else []
    moved = current is None or not is_placed(rules, wanted["name"], place)
    body = None
    if current is None or gaps or moved:
        body = merged_rule(wanted, current)
        if moved:
            priority = place_priority(rules, wanted["name"], index)
            body = {
                **{key: value for key, value in body.items() if key != "priority"},
                **({} if priority is None else {"priority": priority}),
            }
    state = status if status and current and current.get("status") != status else None
    future = {
        **(current or {}),
        **(body or {}),
        "status": status or (current or {}).get("status") or "ACTIVE",
    }
    after = [one for one in rules if one.get("name") != wanted["name"]]
    after.insert(index if moved else rules.index(current), future)
    changes = _changes(subject, current, body, gaps, moved, status, state, rules, after)
    return RulePlan(current, dict(wanted), body, state, False, changes, after)


def _check_catch_all(
    wanted: t.Mapping[str, t.Any], place: Place, status: str | None, absent: bool, name: str
) -> None:
    if absent or "conditions" in wanted or place != Place() or status == "INACTIVE":
        raise Refused(
            f"{name!r} is the catch-all rule: Okta lets nobody delete, deactivate or move it, or"
            " give it conditions. Only its access and its verification method can be set."
        )


def _changes(
    subject: str,
    current: Rule | None,
    body: Rule | None,
    gaps: t.Sequence[Difference],
    moved: bool,
    status: str | None,
    state: str | None,
    before_order: t.Sequence[Rule],
    after_order: t.Sequence[Rule],
) -> list[Change]:
    if current is None:
        return [
            Change(
                "create",
                subject,
                {},
                {**_visible(body), "status": status or "ACTIVE", "order": _names(after_order)},
            )
        ]
    before: dict[str, t.Any] = {gap.path: shown(gap.before) for gap in gaps}
    after: dict[str, t.Any] = {gap.path: shown(gap.after) for gap in gaps}
    if moved:
        before["order"], after["order"] = _names(before_order), _names(after_order)
    if state:
        before["status"], after["status"] = current.get("status"), state
    return [Change("update", subject, before, after)] if after else []


def _names(rules: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    return [str(one.get("name")) for one in rules]


def _visible(rule: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    return {
        key: value
        for key, value in (rule or {}).items()
        if key not in (*READ_ONLY, "priority", "type")
    }


def check_written(
    wanted: t.Mapping[str, t.Any],
    rules: t.Sequence[t.Mapping[str, t.Any]],
    status: str | None,
    policy: str,
) -> Rule:
    """The rule as it was read back;

    raises NotAsWritten, which names the keys, where Okta shows something else than was written.
    """
    read = find_rule(rules, wanted["name"], policy)
    if read is None:
        raise NotAsWritten(
            f"Rule {wanted['name']!r} was written to policy {policy!r}, and is not there. Somebody"
            " may have deleted it; run again."
        )
    gaps = [gap.path for gap in rule_differences(wanted, read)] + (
        ["status"] if status and read.get("status") != status else []
    )
    if gaps:
        raise NotAsWritten(
            f"Okta took rule {wanted['name']!r} of policy {policy!r} and shows something else for"
            f" {', '.join(gaps)}. Another may be writing to it too; if it stays so, correct these"
            " options.",
            keys=gaps,
        )
    return read
