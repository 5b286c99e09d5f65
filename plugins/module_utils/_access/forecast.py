# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be refused:

ordered rules x person x what is known of their devices -> admitted or refused, before a change and
after it. Pure.

What a rule asks and nobody can know beforehand (risk, network, an expression, an authenticator that
is not Okta Verify) is an *unknown*. It may hold or not, and is the same before and after. A person
counts as locked out as soon as one answer to the unknowns admits them before and refuses them
after.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from itertools import product

from .rules import PLATFORMS, in_order

# More unknowns than this are not tried in every combination: whoever may be refused then counts as
# refused.
MOST_UNKNOWNS = 10
LIVING = ("ACTIVE", "PASSWORD_EXPIRED", "RECOVERY")  # statuses of users who can sign in
KNOWN_CONDITIONS = (
    "device",
    "people",
    "platform",
    "network",
    "userType",
    "riskScore",
    "elCondition",
)

Rules = t.Sequence[t.Mapping[str, t.Any]]
All = frozenset[str]  # unknowns that all have to hold
Any = tuple[All, ...]  # one of these has to hold: () is never, (frozenset(),) is always

ALWAYS: Any = (frozenset(),)
NEVER: Any = ()


@dataclass(frozen=True)
class Way:
    """From where somebody signs in.

    ``managed`` is a fact of this device and this person. ``secure_hardware`` and ``screen_lock``
    are None where unknown.

    ``device_id`` is None for a device that Okta does not know, and ``platform`` one of Okta's os
    types (MACOS, WINDOWS ...).
    """

    platform: str
    registered: bool = False
    managed: bool = False
    device_id: str | None = None
    device_name: str = ""
    secure_hardware: bool | None = None
    screen_lock: str | None = None
    registered_at: str = ""  # when this person added their account to Okta Verify there

    @property
    def kind(self) -> tuple[t.Any, ...]:
        return (
            self.platform,
            self.registered,
            self.managed,
            self.secure_hardware,
            self.screen_lock,
        )

    @property
    def text(self) -> str:
        state = (
            "managed"
            if self.managed
            else "registered, not managed"
            if self.registered
            else "not registered"
        )
        return f"{self.platform}{f' {self.device_name!r}' if self.device_name else ''} ({state})"


@dataclass
class Person:
    """``groups`` are ids of those that were read;

    ``user_type`` and ``status`` are None where nobody told. ``ways`` are those that were used, or,
    of
    somebody who was never seen, all that are known."""

    id: str
    login: str
    groups: frozenset[str] = frozenset()
    user_type: str | None = None
    status: str | None = None
    ways: list[Way] = field(default_factory=list)


class Outcome(t.NamedTuple):
    admitted: bool
    rule: str  # the name of the rule that decided, "" where none did


# One rule against one person and way: the unknowns under which it applies


def applies(rule: t.Mapping[str, t.Any], person: Person, way: Way) -> All | None:
    """The unknowns under which the rule applies; None where it cannot."""
    if rule.get("status") == "INACTIVE":
        return None
    conditions = rule.get("conditions") or {}
    unknowns: set[str] = set()
    for answer in (
        _device(conditions.get("device") or {}, way),
        _people(conditions.get("people") or {}, person),
        _platform(conditions.get("platform") or {}, way),
        _user_type(conditions.get("userType") or {}, person),
        _elsewhere(conditions),
    ):
        if answer is None:
            return None
        unknowns |= answer
    return frozenset(unknowns)


def _device(condition: t.Mapping[str, t.Any], way: Way) -> set[str] | None:
    registered, managed = condition.get("registered"), condition.get("managed")
    if registered is not None and bool(registered) != way.registered:
        return None
    if managed is not None and bool(managed) != way.managed:
        return None
    assurance = (condition.get("assurance") or {}).get("include")
    if assurance and not way.registered:
        return None
    unknowns = {_unknown("device assurance", sorted(assurance))} if assurance else set()
    return unknowns | {
        _unknown(f"device.{key}", value)
        for key, value in condition.items()
        if key not in ("registered", "managed", "assurance") and value
    }


def _people(condition: t.Mapping[str, t.Any], person: Person) -> set[str] | None:
    users, groups = condition.get("users") or {}, condition.get("groups") or {}
    if person.id in (users.get("exclude") or []) or person.groups & set(
        groups.get("exclude") or []
    ):
        return None
    named, members = users.get("include") or [], groups.get("include") or []
    inside = [person.id in named] * bool(named) + [bool(person.groups & set(members))] * bool(
        members
    )
    if any(inside) and not all(inside):  # whether one of the two is enough is not documented
        return {_unknown("users and groups of one rule", [sorted(named), sorted(members)])}
    return set() if all(inside) else None


def _platform(condition: t.Mapping[str, t.Any], way: Way) -> set[str] | None:
    include, exclude = condition.get("include") or [], condition.get("exclude") or []
    kept_out = [answer for answer in (_on(one, way) for one in exclude) if answer is not None]
    let_in = [answer for answer in (_on(one, way) for one in include) if answer is not None]
    if set() in kept_out or (include and not let_in):
        return None
    unknowns = {_unknown("platform that is left out", exclude)} if kept_out else set()
    return (
        unknowns if not include or set() in let_in else unknowns | {_unknown("platform", include)}
    )


def _on(entry: t.Mapping[str, t.Any], way: Way) -> set[str] | None:
    """Whether a way is on a platform of a condition:

    {"type": "DESKTOP", "os": {"type": "MACOS"}}.
    """
    kind, system = entry.get("type") or "ANY", entry.get("os") or {}
    if kind != "ANY" and kind != PLATFORMS.get(way.platform, "OTHER"):
        return None
    wanted = system.get("type") or "ANY"
    if wanted != "ANY" and wanted != (way.platform if way.platform in PLATFORMS else "OTHER"):
        return None
    return (
        {_unknown("version or expression of a platform", system)}
        if system.get("expression") or system.get("version")
        else set()
    )


def _user_type(condition: t.Mapping[str, t.Any], person: Person) -> set[str] | None:
    include, exclude = condition.get("include") or [], condition.get("exclude") or []
    if not include and not exclude:
        return set()
    if person.user_type is None:
        return {_unknown("user type", [sorted(include), sorted(exclude)])}
    return (
        None
        if person.user_type in exclude or (include and person.user_type not in include)
        else set()
    )


def _elsewhere(conditions: t.Mapping[str, t.Any]) -> set[str]:
    """What depends on the moment of a sign-in."""
    unknowns = set()
    network, risk, expression = (
        conditions.get("network") or {},
        conditions.get("riskScore") or {},
        conditions.get("elCondition") or {},
    )
    if network.get("connection", "ANYWHERE") != "ANYWHERE":
        unknowns.add(_unknown("network", network))
    if risk.get("level", "ANY") != "ANY":
        unknowns.add(_unknown("risk", risk))
    if expression.get("condition"):
        unknowns.add(_unknown("expression", expression["condition"]))
    return unknowns | {
        _unknown(key, value)
        for key, value in conditions.items()
        if key not in KNOWN_CONDITIONS and value
    }


def _unknown(what: str, value: t.Any) -> str:
    return (
        f"{what}:"
        f" {value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)}"
    )


# Can the person do what a rule that admits asks for?


def verifiable(rule: t.Mapping[str, t.Any], way: Way) -> Any:
    """By what sets of unknowns a person can pass the rule's verification method.

    Okta Verify on a registered device is known; so is a password.
    """
    sign_on = (rule.get("actions") or {}).get("appSignOn") or {}
    if sign_on.get("access") == "DENY":
        return NEVER
    method = sign_on.get("verificationMethod") or {}
    kind = method.get("type")
    if kind == "AUTH_METHOD_CHAIN":
        return _either([_chain(one, way) for one in method.get("chains") or []])
    if kind not in (None, "ASSURANCE"):
        return (frozenset({_unknown("verification method", method)}),)
    constraints = method.get("constraints") or []
    if constraints:
        return _either(
            [
                _both([_knowledge(one.get("knowledge")), _possession(one.get("possession"), way)])
                for one in constraints
            ]
        )
    return (
        ALWAYS
        if way.registered or method.get("factorMode") != "2FA"
        else (frozenset({"authenticator: a second factor"}),)
    )


def _either(options: t.Sequence[Any]) -> Any:
    found = {one for option in options for one in option}
    return ALWAYS if frozenset() in found else tuple(sorted(found, key=sorted))


def _both(parts: t.Sequence[Any]) -> Any:
    return _either([(frozenset().union(*chosen),) for chosen in product(*parts)])


def _knowledge(constraint: t.Mapping[str, t.Any] | None) -> Any:
    """Whoever signs in today has a password; a security question nobody knows of."""
    if (
        not constraint
        or constraint.get("required") is False
        or "PASSWORD" in _upper(constraint.get("types") or ["PASSWORD"])
    ):
        return ALWAYS
    return (frozenset({_unknown("authenticator", constraint)}),)


def _possession(constraint: t.Mapping[str, t.Any] | None, way: Way) -> Any:
    if not constraint or constraint.get("required") is False:
        return ALWAYS
    methods = constraint.get("authenticationMethods") or []
    fast_pass_only = bool(methods) and all(
        _is_fast_pass(one) and one.get("method") for one in methods
    )
    by_fast_pass = _fast_pass(constraint, way) if _takes_fast_pass(constraint) else NEVER
    others = (
        NEVER
        if fast_pass_only
        else (
            frozenset(
                {
                    _unknown(
                        "authenticator",
                        {key: value for key, value in constraint.items() if key != "required"},
                    )
                }
            ),
        )
    )
    return _either([by_fast_pass, others])


def _takes_fast_pass(constraint: t.Mapping[str, t.Any]) -> bool:
    """Whether FastPass is among what the constraint permits."""
    listed = constraint.get("authenticationMethods") or []
    return (
        (not listed or any(_is_fast_pass(one) for one in listed))
        and not any(
            _is_fast_pass(one) for one in constraint.get("excludedAuthenticationMethods") or []
        )
        and "SIGNED_NONCE" in _upper(constraint.get("methods") or ["SIGNED_NONCE"])
        and "APP" in _upper(constraint.get("types") or ["APP"])
    )


def _upper(words: t.Iterable[t.Any]) -> list[str]:
    return [str(one).upper() for one in words]


def _is_fast_pass(method: t.Mapping[str, t.Any]) -> bool:
    key, kind = method.get("key"), method.get("method")
    return key == "okta_verify_fastpass" or (
        key == "okta_verify" and kind in (None, "signed_nonce")
    )


def _fast_pass(asked: t.Mapping[str, t.Any], way: Way) -> Any:
    """Okta FastPass on this device:

    bound to it and resistant to phishing; whether its key lies in hardware, and what unlocks it,
    the record may say.
    """
    if not way.registered:
        return NEVER
    unknowns = set()
    if asked.get("hardwareProtection") == "REQUIRED":
        if way.secure_hardware is False:
            return NEVER
        unknowns |= (
            {"device: its keys are protected by hardware"} if way.secure_hardware is None else set()
        )
    if asked.get("userVerification") == "REQUIRED":
        biometrics_alone = asked.get("userVerificationMethods") == ["BIOMETRICS"]
        if way.screen_lock == "NONE" or (way.screen_lock == "PASSCODE" and biometrics_alone):
            return NEVER
        unknowns |= (
            {"device: its user set up biometrics or a passcode"}
            if way.screen_lock is None
            else set()
        )
    return (frozenset(unknowns),)


def _chain(chain: t.Mapping[str, t.Any], way: Way) -> Any:
    step = _either([_step(one, way) for one in chain.get("authenticationMethods") or []])
    following = chain.get("next") or []
    return _both([step, _either([_chain(one, way) for one in following])]) if following else step


def _step(method: t.Mapping[str, t.Any], way: Way) -> Any:
    if method.get("key") == "okta_password":
        return ALWAYS
    if _is_fast_pass(method) and method.get("method", "signed_nonce") == "signed_nonce":
        return _fast_pass(method, way)
    return (frozenset({_unknown("authenticator", method)}),)


# The whole policy


class Candidate(t.NamedTuple):
    when: All
    name: str
    passes: Any


def candidates(rules: Rules, person: Person, way: Way) -> list[Candidate]:
    """The rules that may decide, in order, up to the first that does without any unknown."""
    found = []
    for rule in in_order(rules):
        when = applies(rule, person, way)
        if when is None:
            continue
        found.append(Candidate(when, str(rule.get("name") or ""), verifiable(rule, way)))
        if not when:
            break
    return found


def decide(chosen: t.Sequence[Candidate], holds: t.AbstractSet[str]) -> Outcome:
    """The outcome where exactly these unknowns hold."""
    for one in chosen:
        if one.when <= holds:
            return Outcome(any(passed <= holds for passed in one.passes), one.name)
    return Outcome(False, "")


def unknowns_of(chosen: t.Sequence[Candidate]) -> set[str]:
    return {name for one in chosen for part in (one.when, *one.passes) for name in part}


def certain(rules: Rules, person: Person, way: Way) -> Outcome | None:
    """The outcome where nothing unknown has a say, else None:

    what a simulation by Okta can be held against.
    """
    chosen = candidates(rules, person, way)
    return None if unknowns_of(chosen) else decide(chosen, frozenset())


class Turn(t.NamedTuple):
    """What a change does to one way of one person.

    ``unknowns`` are those that the outcome hangs on.
    """

    lost: bool
    gained: bool
    before: Outcome
    after: Outcome
    unknowns: tuple[str, ...]


def turn(before: Rules, after: Rules, person: Person, way: Way) -> Turn:
    """Compare the outcomes under every combination of the unknowns;

    one that admits before and refuses after is enough for ``lost``.
    """
    old, new = candidates(before, person, way), candidates(after, person, way)
    names = sorted(unknowns_of(old) | unknowns_of(new))
    if old == new or not names:
        first = decide(old, frozenset()), decide(new, frozenset())
        return Turn(
            first[0].admitted and not first[1].admitted,
            first[1].admitted and not first[0].admitted,
            *first,
            (),
        )
    if len(names) > MOST_UNKNOWNS:
        return Turn(
            True,
            False,
            decide(old, set(names)),
            Outcome(False, new[0].name if new else ""),
            tuple(names),
        )
    lost: tuple[Outcome, Outcome] | None = None
    gained: tuple[Outcome, Outcome] | None = None
    stays = False
    for answers in product((False, True), repeat=len(names)):
        holds = {name for name, answer in zip(names, answers) if answer}
        pair = decide(old, holds), decide(new, holds)
        if pair[0].admitted and not pair[1].admitted:
            lost = lost or pair
        elif pair[1].admitted and not pair[0].admitted:
            gained = gained or pair
        stays = stays or pair[1].admitted
    shown = lost or gained or (decide(old, set(names)), decide(new, set(names)))
    return Turn(
        lost is not None,
        gained is not None,
        *shown,
        tuple(sorted(unknowns_of(new))) if lost and stays else (),
    )


@dataclass
class Forecast:
    """Rows are {user_id, login, way, device_id, admitted_by, refused_by, unknowns}, one for each
    person and way.
    """

    locked_out: list[dict[str, t.Any]] = field(default_factory=list)
    admitted_anew: list[dict[str, t.Any]] = field(default_factory=list)
    never_seen: list[dict[str, t.Any]] = field(default_factory=list)
    people: int = 0
    log_names_devices: bool = True

    @property
    def names(self) -> list[str]:
        """Logins of those who would be locked out, each once."""
        return sorted({str(row["login"]) for row in self.locked_out})

    @property
    def unknowns(self) -> list[str]:
        """What rules depend on that nobody can know, where it has a say in the count."""
        return sorted({one for row in self.locked_out for one in row["unknowns"]})


def forecast(
    before: Rules, after: Rules, people: t.Iterable[Person], never_seen: t.Iterable[Person] = ()
) -> Forecast:
    """Who goes from admitted to refused.

    ``never_seen`` are told apart: nobody knows whether they would miss the app.
    """
    found = Forecast()
    memory: dict[t.Any, Turn] = {}
    matters = _what_matters(before, after)
    for person in people:
        found.people += 1
        for way in person.ways:
            _note(
                found.locked_out,
                found.admitted_anew,
                person,
                way,
                _turn(memory, matters, before, after, person, way),
            )
    for person in never_seen:
        for way in person.ways:
            _note(
                found.never_seen,
                [],
                person,
                way,
                _turn(memory, matters, before, after, person, way),
            )
    for rows in (found.locked_out, found.admitted_anew, found.never_seen):
        rows.sort(key=lambda row: (row["login"], row["way"]))
    return found


def _what_matters(before: Rules, after: Rules) -> tuple[set[str], set[str]]:
    """The users and groups that rules name:

    of two people who differ in nothing else, one answer serves both.
    """
    users: set[str] = set()
    groups: set[str] = set()
    for rule in (*before, *after):
        people = (rule.get("conditions") or {}).get("people") or {}
        for target, part in ((users, "users"), (groups, "groups")):
            for side in ("include", "exclude"):
                target.update((people.get(part) or {}).get(side) or [])
    return users, groups


def _turn(
    memory: dict[t.Any, Turn],
    matters: tuple[set[str], set[str]],
    before: Rules,
    after: Rules,
    person: Person,
    way: Way,
) -> Turn:
    key = (
        person.id if person.id in matters[0] else None,
        person.groups & matters[1],
        person.user_type,
        way.kind,
    )
    if key not in memory:
        memory[key] = turn(before, after, person, way)
    return memory[key]


def _note(
    lost: list[dict[str, t.Any]],
    gained: list[dict[str, t.Any]],
    person: Person,
    way: Way,
    seen: Turn,
) -> None:
    if seen.lost or seen.gained:
        row = {
            "user_id": person.id,
            "login": person.login,
            "way": way.text,
            "device_id": way.device_id,
            "admitted_by": seen.before.rule,
            "refused_by": seen.after.rule,
            "unknowns": list(seen.unknowns),
        }
        if seen.lost:
            lost.append(row)
        else:
            gained.append({**row, "admitted_by": seen.after.rule, "refused_by": seen.before.rule})
