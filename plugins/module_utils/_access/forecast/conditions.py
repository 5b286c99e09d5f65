# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rule applies to a person on a device, and which unknowns that depends on. Pure.

What a rule asks and nobody can know beforehand (risk, network, an expression, an authenticator
other than Okta Verify) is an *unknown*: it may hold or not.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ..._core.json_fields import Row, asks
from ..._okta.authenticators.okta_verify_spellings import fold_expression
from ..._okta.records import ConditionalRule
from ..._okta.rule_schema import limits_sign_ins
from ..rules.options import PLATFORM_TYPES
from ..rules.subjects import platform_words

Conjunction = frozenset[str]  # unknowns that all have to hold
AnyOf = tuple[Conjunction, ...]  # one of these has to hold

ALWAYS: AnyOf = (frozenset(),)
NEVER: AnyOf = ()
NOTHING: Conjunction = frozenset()

# Okta's words for platforms, by its OpenAPI description. Another one may be any platform.
KINDS = ("ANY", "OTHER", *PLATFORM_TYPES.values())
SYSTEMS = ("ANY", "OTHER", *PLATFORM_TYPES)
# Platforms that OTHER surely leaves out. Okta does not say whether it still takes those that got
# words of their own later, or which type goes with it: recorded rules have DESKTOP and OTHER.
NEVER_OTHER = ("MACOS", "WINDOWS", "IOS", "ANDROID")
# Okta has no device assurance policies for these, by its help page "Add a device assurance policy".
UNASSURED = ("LINUX",)
# Conditions that are judged by their keys, and the keys.
_SIDES = ("include", "exclude")
JUDGED_CONDITIONS = {
    "device": ("registered", "managed", "assurance"),
    "people": ("users", "groups"),
    "platform": _SIDES,
    "userType": _SIDES,
    "elCondition": ("condition",),
}


@dataclass(frozen=True)
class DeviceContext:
    """The device that a person signs in from, as far as it is known.

    ``platform`` is one of Okta's os types (MACOS, WINDOWS ...), "" where unknown. ``managed`` is a
    fact of this device and this person. ``device_id`` is None for a device that Okta does not know.
    ``secure_hardware`` and ``screen_lock`` are None where unknown. ``registered_at`` is when this
    person added their account to Okta Verify there, "" where unknown. ``fast_pass`` is False where
    Okta FastPass does not authenticate its user, though it is registered.
    """

    platform: str
    registered: bool = False
    managed: bool = False
    device_id: str | None = None
    device_name: str = ""
    secure_hardware: bool | None = None
    screen_lock: str | None = None
    registered_at: str = ""
    fast_pass: bool = True

    @property
    def traits(self) -> tuple[object, ...]:
        """What rules can ask of it: devices with equal traits have equal outcomes."""
        return (
            self.platform,
            self.registered,
            self.managed,
            self.secure_hardware,
            self.screen_lock,
            self.fast_pass,
        )

    @property
    def label(self) -> str:
        """The device in results: MACOS 'Ada's Mac' (managed)."""
        if self.managed:
            state = "managed"
        else:
            state = "registered, not managed" if self.registered else "not registered"
        platform = self.platform or "unknown platform"
        return f"{platform}{f' {self.device_name!r}' if self.device_name else ''} ({state})"


@dataclass(frozen=True)
class Identity:
    """What rules can ask of a person.

    ``id`` is "" for people whom no rule names. ``groups`` are ids of the groups that were read;
    ``user_type`` is None where unknown. ``unread_groups`` are those whose members Okta does not
    show: the person may be in each. ``sure_password`` is False if it is unknown whether the person
    has a password in Okta.
    """

    id: str = ""
    groups: frozenset[str] = frozenset()
    user_type: str | None = None
    unread_groups: frozenset[str] = frozenset()
    sure_password: bool = True

    def traits(self, users: t.AbstractSet[str], groups: t.AbstractSet[str]) -> tuple[object, ...]:
        """Return what rules can ask of it: people with equal traits have equal outcomes.

        :arg users: those that the rules name.
        :arg groups: the same.
        """
        return (
            self.id if self.id in users else "",
            self.groups & groups,
            self.user_type,
            self.unread_groups & groups,
            self.sure_password,
        )


@dataclass(frozen=True)
class Person(Identity):
    """A user who signs in.

    ``status`` is None where unknown. ``devices`` are those that the person used; of a person who
    was never seen, all that are known.
    """

    login: str = field(kw_only=True)
    status: str | None = None
    devices: tuple[DeviceContext, ...] = ()


def name_unknown(subject: str, value: object) -> str:
    """Return the name of an unknown: equal conditions have equal names."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return f"{subject}: {text}"


def unreadable_parts(rule: ConditionalRule, part: str) -> Conjunction:
    """Return an unknown for each value in "conditions" or "actions" that cannot be read."""
    return frozenset(
        name_unknown(f"rule {rule.name!r}, what cannot be read", path)
        for path in rule.unreadable
        if path.partition(".")[0] == part
    )


def unknowns_to_apply(
    rule: ConditionalRule, person: Identity, device: DeviceContext
) -> Conjunction | None:
    """Return the unknowns under which a rule applies, None if it cannot apply."""
    if rule.is_inactive:
        return None
    unknowns = _contextual(rule.conditions, device) | _status(rule)
    unknowns |= unreadable_parts(rule, "conditions")
    for answer in (
        _device(rule.condition("device"), device),
        _people(rule, person),
        _platform(rule.condition("platform"), device),
        _user_type(rule.condition("userType"), person),
    ):
        if answer is None:
            return None
        unknowns |= answer
    return unknowns


def _status(rule: ConditionalRule) -> Conjunction:
    """Return the status of a rule as an unknown, unless Okta says that the rule is active.

    The catch-all rule cannot be deactivated.
    """
    if rule.status == "ACTIVE" or rule.system:
        return NOTHING
    return frozenset({name_unknown(f"status of rule {rule.name!r}", rule.status or "not shown")})


def _device(condition: Row, device: DeviceContext) -> Conjunction | None:
    """Return the unknowns of a condition on the device.

    Okta Verify is not the only source of device assurance: Chrome Device Trust and device posture
    providers know devices that are not registered. Only a registered device is managed: Okta wants
    ``registered`` next to ``managed``, by its description.
    """
    registered, managed = condition.get("registered"), condition.get("managed")
    if registered is not None and bool(registered) != device.registered:
        return None
    if managed is not None and bool(managed) != device.managed:
        return None
    assurance = condition.get("assurance") or {}
    included = assurance.get("include")
    if included and not device.registered and device.platform in UNASSURED:
        return None
    unknowns = {name_unknown("device assurance", sorted(included))} if included else set()
    return frozenset(unknowns | _unknown_keys("device assurance", assurance, ("include",)))


def _unknown_keys(what: str, condition: Row, known: t.Container[str]) -> Conjunction:
    """Return the keys of a condition that ask for something, but for the known ones."""
    return frozenset(
        name_unknown(f"{what}.{key}", value)
        for key, value in condition.items()
        if key not in known and asks(value)
    )


def _people(rule: ConditionalRule, person: Identity) -> Conjunction | None:
    people = rule.people
    users, groups, excluded = people.users, people.groups, {*people.groups_excluded}
    if person.id in people.users_excluded or person.groups & excluded:
        return None
    unknowns = _members_of(person.unread_groups & excluded)
    is_user, is_member = person.id in users, bool(person.groups & set(groups))
    if users and groups and is_user != is_member:
        # Okta does not document whether one of the two is enough.
        both = name_unknown("users and groups of one rule", [sorted(users), sorted(groups)])
        return unknowns | {both}
    if (is_user or not users) and (is_member or not groups):
        return unknowns
    unread = _members_of(person.unread_groups & set(groups))
    # A list that cannot be read may have the person; it is an unknown of the rule already.
    is_open = bool(unread) or any(map(_may_include_people, rule.unreadable))
    return unknowns | unread if is_open else None


def _members_of(groups: t.Iterable[str]) -> Conjunction:
    return frozenset(name_unknown("members of group", group) for group in groups)


def _may_include_people(path: str) -> bool:
    return path.startswith("conditions.people") and not path.endswith(".exclude")


def _platform(condition: Row, device: DeviceContext) -> Conjunction | None:
    include, exclude = condition.get("include") or [], condition.get("exclude") or []
    excluding, including = _possible(exclude, device), _possible(include, device)
    if any(_is_certain(entry, device) for entry in excluding) or (include and not including):
        return None
    unknowns = {name_unknown("excluded platform", excluding)} if excluding else set()
    if include and not any(_is_certain(entry, device) for entry in including):
        unknowns.add(name_unknown("platform", including))
    return frozenset(unknowns)


def _possible(entries: t.Iterable[Row], device: DeviceContext) -> list[Row]:
    """Return the platforms of a condition that may be the device's, each once, in one order."""
    possible = {name_unknown("", entry): entry for entry in entries if _may_be_on(entry, device)}
    return [possible[name] for name in sorted(possible)]


def _may_be_on(entry: Row, device: DeviceContext) -> bool:
    """Return whether a device may be on a platform, whatever version it has.

    A device of an unknown platform may be on each, and each device on a platform whose word is
    unknown, or that an expression describes. A device of another system may be of any type.

    :arg entry: as in a condition, {"type": "DESKTOP", "os": {"type": "MACOS"}}.
    """
    if not device.platform or (entry.get("os") or {}).get("expression"):
        return True
    kind, system = platform_words(entry)
    own_kind = PLATFORM_TYPES.get(device.platform, kind)
    other = () if device.platform in NEVER_OTHER else ("OTHER",)
    return (kind in ("ANY", own_kind, *other) or kind not in KINDS) and (
        system in ("ANY", device.platform, *other) or system not in SYSTEMS
    )


def _is_certain(entry: Row, device: DeviceContext) -> bool:
    """Return whether a device that may be on a platform surely is."""
    system = entry.get("os") or {}
    kinds = platform_words(entry)
    if "OTHER" in kinds or kinds[0] not in KINDS or kinds[1] not in SYSTEMS:
        return False
    if device.platform not in PLATFORM_TYPES and kinds != ("ANY", "ANY"):
        return False
    further = _unknown_keys("", entry, ("type", "os")) | _unknown_keys("", system, ("type",))
    return not further


def _user_type(condition: Row, person: Identity) -> Conjunction | None:
    include, exclude = condition.get("include") or [], condition.get("exclude") or []
    if not include and not exclude:
        return NOTHING
    if person.user_type is None:
        return frozenset({name_unknown("user type", [sorted(include), sorted(exclude)])})
    if person.user_type in exclude or (include and person.user_type not in include):
        return None
    return NOTHING


def _expression(text: str, device: DeviceContext) -> str:
    """Return an expression as an unknown. One that names the device may say more of a managed one.

    What it says of a device then may differ from what it says of the device in another state.
    """
    if "device" not in text.casefold():
        return name_unknown("expression", text)
    state = "managed" if device.managed else "registered" if device.registered else "unknown"
    return name_unknown(f"expression for a device that is {state}", text)


def _contextual(conditions: Row, device: DeviceContext) -> Conjunction:
    """Return the unknowns that only the sign-in itself settles."""
    expression = conditions.get("elCondition") or {}
    unknowns = {
        name_unknown({"riskScore": "risk"}.get(name, name), condition)
        for name, condition in conditions.items()
        if name not in JUDGED_CONDITIONS and limits_sign_ins(name, condition)
    }
    if expression.get("condition"):
        unknowns.add(_expression(fold_expression(expression["condition"]), device))
    people = conditions.get("people") or {}
    keys = {
        **{name: (conditions.get(name) or {}, known) for name, known in JUDGED_CONDITIONS.items()},
        **{f"people.{name}": (people.get(name) or {}, _SIDES) for name in ("users", "groups")},
    }
    return frozenset(unknowns).union(
        *(_unknown_keys(name, condition, known) for name, (condition, known) in keys.items())
    )
