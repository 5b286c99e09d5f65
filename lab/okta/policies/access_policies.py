# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies (ACCESS_POLICY) and their ordered rules.

The checks, defaults and numbering are Okta's. Take the world's lock around every call.
"""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from lab.okta.directory.groups_and_apps import ACCOUNT_MANAGEMENT, App

Json = dict[str, t.Any]

TYPE = "ACCESS_POLICY"
MOST_RULES = 100  # of a policy
MOST_POLICIES = 5000
LAST = 99  # the priority of the catch-all rule
CATCH_ALL = "Catch-all Rule"
ANY_TWO_FACTORS: Json = {
    "appSignOn": {
        "access": "ALLOW",
        "verificationMethod": {
            "type": "ASSURANCE",
            "factorMode": "2FA",
            "reauthenticateIn": "PT2H",
            "constraints": [],
        },
        "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"},
    },
}
# Of the catch-all rule of a policy that is created by API, as recorded
DEVICE_BOUND: Json = {
    "appSignOn": {
        "access": "ALLOW",
        "verificationMethod": {
            "factorMode": "2FA",
            "type": "ASSURANCE",
            "reauthenticateIn": "PT12H",
            "constraints": [{"possession": {"required": True, "deviceBound": "REQUIRED"}}],
        },
        "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"},
    },
}
METHODS = ("ASSURANCE", "AUTH_METHOD_CHAIN", "ID_PROOFING")
SYSTEMS = ("ANDROID", "ANY", "CHROMEOS", "IOS", "LINUX", "MACOS", "OTHER", "WINDOWS")
MOST_CHAINS, MOST_STEPS = 5, 3
CONDITIONS = ("device", "elCondition", "network", "people", "platform", "riskScore", "userType")


class Invalid(Exception):
    """Okta refuses a field, as E0000001."""

    def __init__(self, about: str, cause: str) -> None:
        super().__init__(cause)
        self.about = about


@dataclass
class Rule:
    """A rule of a policy. Conditions and actions are as Okta prints them."""

    id: str
    name: str
    priority: int
    created: datetime
    last_updated: datetime
    actions: Json
    conditions: Json | None = None
    status: str = "ACTIVE"
    system: bool = False  # the catch-all rule


@dataclass
class Policy:
    """A policy.

    ``rules`` are in the order of evaluation, the catch-all rule last. ``resource`` is what the
    policy guards: apps, or an account.
    """

    id: str
    name: str
    description: str | None
    created: datetime
    last_updated: datetime
    priority: int = 1
    status: str = "ACTIVE"
    system: bool = False
    resource: str = "APP"
    rules: list[Rule] = field(default_factory=list)

    def rule(self, rule_id: str) -> Rule | None:
        """Return a rule by id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    @property
    def catch_all(self) -> Rule:
        """The catch-all rule."""
        return self.rules[-1]


@dataclass
class Rules:
    """How an org accepts rules.

    ``groups`` and ``users`` return whether an id is known; None accepts any id.
    """

    risk_scoring: bool = True
    registered_false: bool = True
    groups: t.Callable[[str], bool] | None = None
    users: t.Callable[[str], bool] | None = None

    def accept(self, body: Json) -> tuple[str, Json | None, Json]:
        """Return name, conditions and actions as Okta stores them. Raises Invalid."""
        name = accept_name(body)
        if body.get("type", TYPE) != TYPE:
            raise Invalid("type", f"The rules of this policy are of type {TYPE}.")
        return name, self.conditions(body.get("conditions")), accept_actions(body.get("actions"))

    def conditions(self, sent: t.Any) -> Json | None:
        """Return conditions as Okta stores them. Raises Invalid."""
        if not sent:
            return None
        kept = copy.deepcopy(_require_object(sent, "conditions"))
        unknown = sorted(set(kept) - set(CONDITIONS))
        if unknown:
            raise Invalid("conditions", f"Invalid condition type specified: {unknown[0]}.")
        for name in [name for name, value in kept.items() if value in (None, {})]:
            del kept[name]
        if "device" in kept:
            self._check_device(_require_object(kept["device"], "device"))
        self._complete_people(kept)
        kept["userType"] = {
            "include": [],
            "exclude": [],
            **_require_object(kept.get("userType", {}), "userType"),
        }
        _complete_platform(kept)
        if self.risk_scoring:
            kept.setdefault("riskScore", {"level": "ANY"})
        else:
            kept.pop("riskScore", None)
        return kept

    def _check_device(self, device: Json) -> None:
        if device.get("managed") is not None and device.get("registered") is not True:
            raise Invalid("device", "The managed condition needs registered to be true.")
        if device.get("registered") is False and not self.registered_false:
            raise Invalid("device", "registered can only be true.")
        for name in [name for name, value in device.items() if value is None]:
            del device[name]

    def _complete_people(self, kept: Json) -> None:
        """Drop empty lists of groups and users, and add the list of excluded users."""
        people = _require_object(kept.get("people") or {}, "people")
        groups, users = people.get("groups") or {}, people.get("users") or {}
        for known, names, what in ((self.groups, groups, "groups"), (self.users, users, "users")):
            for member_id in [*(names.get("include") or []), *(names.get("exclude") or [])]:
                if known is not None and not known(member_id):
                    raise Invalid(f"people.{what}", f"Invalid {what[:-1]} id: {member_id}.")
        kept["people"] = {
            "users": {"exclude": [], **{name: ids for name, ids in users.items() if ids}}
        }
        named = {name: ids for name, ids in groups.items() if ids}
        if named:
            kept["people"]["groups"] = named


def _complete_platform(kept: Json) -> None:
    if "platform" not in kept:
        return
    platform = _require_object(kept["platform"], "platform")
    platform["exclude"] = platform.get("exclude") or []
    for entry in [*(platform.get("include") or []), *platform["exclude"]]:
        if entry.get("type") not in ("ANY", "DESKTOP", "MOBILE", "OTHER"):
            raise Invalid("platform", f"Invalid platform type: {entry.get('type')}.")
        if (entry.get("os") or {}).get("type", "ANY") not in SYSTEMS:
            raise Invalid("platform", f"Invalid os type: {entry['os']['type']}.")
        if (entry.get("os") or {}).get("expression", "") is None:
            del entry["os"]["expression"]


def accept_name(body: Json) -> str:
    """Return the name in a body. Raises Invalid."""
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Invalid("name", "name: The field cannot be left blank")
    return name


def accept_actions(sent: t.Any) -> Json:
    """Return actions as Okta stores them. Raises Invalid."""
    actions = copy.deepcopy(_require_object(sent, "actions"))
    sign_on = _require_object(actions.get("appSignOn"), "actions.appSignOn")
    if sign_on.get("access") not in ("ALLOW", "DENY"):
        raise Invalid("access", "access is either ALLOW or DENY.")
    sign_on.setdefault("keepMeSignedIn", {"postAuth": "NOT_ALLOWED"})
    if sign_on.get("verificationMethod") is None:
        if sign_on["access"] == "ALLOW":
            raise Invalid(
                "verificationMethod", "verificationMethod: The field cannot be left blank"
            )
        sign_on.pop("verificationMethod", None)
    else:
        _complete_method(_require_object(sign_on["verificationMethod"], "verificationMethod"))
    return {"appSignOn": sign_on}


def _complete_method(method: Json) -> None:
    if method.get("type") not in METHODS:
        raise Invalid("verificationMethod.type", f"type is one of {', '.join(METHODS)}.")
    if method["type"] == "ASSURANCE":
        if method.get("factorMode") not in ("1FA", "2FA"):
            raise Invalid("factorMode", "factorMode is either 1FA or 2FA.")
        method.setdefault("reauthenticateIn", "PT12H")  # recorded
        if "constraints" in method:
            method["constraints"] = [
                _accept_constraint(_require_object(each, "constraint"))
                for each in method["constraints"] or []
            ]
    elif method["type"] == "AUTH_METHOD_CHAIN":
        for dropped in ("factorMode", "inactivityPeriod"):
            method.pop(dropped, None)
        _check_chains(method)


def _accept_constraint(constraint: Json) -> Json:
    """Return a constraint as Okta stores it, without other keys: an unknown one leaves {}."""
    kept: Json = {
        name: _require_object(constraint[name], name)
        for name in ("knowledge", "possession")
        if name in constraint
    }
    for part in kept.values():
        part.setdefault("required", not part.get("excludedAuthenticationMethods"))
    return kept


def _check_chains(method: Json) -> None:
    chains = method.get("chains")
    if not isinstance(chains, list) or not 1 <= len(chains) <= MOST_CHAINS:
        raise Invalid("chains", f"There have to be 1 to {MOST_CHAINS} chains.")
    for chain in chains:
        steps, step, again = 0, chain, []
        while step is not None:
            steps += 1
            if not step.get("authenticationMethods"):
                raise Invalid("chains", "Each step of a chain needs authenticationMethods.")
            again.append(step.get("reauthenticateIn"))
            following = step.get("next") or []
            if len(following) > 1:
                raise Invalid("chains", "next holds one step.")
            step = following[0] if following else None
        if steps > MOST_STEPS:
            raise Invalid("chains", f"A chain has {MOST_STEPS} steps at most.")
        if method.get("reauthenticateIn") and any(again):
            raise Invalid(
                "reauthenticateIn", "reauthenticateIn is either at the method or in its chains."
            )


def _require_object(value: t.Any, about: str) -> Json:
    if not isinstance(value, dict):
        raise Invalid(
            about,
            (
                f"{about}: The field cannot be left blank"
                if value is None
                else f"{about} has to be an object."
            ),
        )
    return value


@dataclass
class Policies:
    """All policies of an org."""

    new_id: t.Callable[[str], str]
    now: t.Callable[[], datetime]
    by_id: dict[str, Policy] = field(default_factory=dict)

    @property
    def default(self) -> Policy:
        """The policy of apps whose own policy was deleted or is inactive."""
        return next(policy for policy in self.by_id.values() if policy.system)

    @property
    def account_policy(self) -> Policy:
        """The policy for adding an authenticator, which registering with Okta Verify is."""
        return next(
            policy for policy in self.by_id.values() if policy.resource == ACCOUNT_MANAGEMENT
        )

    def in_force(self, app: App) -> Policy:
        """Return the policy that judges sign-ins to an app."""
        policy = self.by_id.get(app.policy_id)
        return policy if policy and policy.status == "ACTIVE" else self.default

    def need_fastpass(self) -> bool:
        """Return whether a rule has a condition that only Okta FastPass can evaluate."""
        devices = [
            (rule.conditions or {}).get("device") or {}
            for policy in self.by_id.values()
            for rule in policy.rules
        ]
        return any(
            device.get("registered") is not None or device.get("managed") is not None
            for device in devices
        )

    def add(
        self,
        name: str,
        description: str | None = None,
        *,
        system: bool = False,
        resource: str = "APP",
    ) -> Policy:
        """Add a policy with its catch-all rule. Raises Invalid."""
        self._new_name(name, self.by_id.values(), None)
        if len(self.by_id) >= MOST_POLICIES:
            raise Invalid("policy", f"An org has {MOST_POLICIES} policies of this type at most.")
        now = self.now()
        policy = Policy(
            self.new_id("rst"), name, description, now, now, system=system, resource=resource
        )
        policy.rules.append(
            Rule(
                self.new_id("rul"),
                CATCH_ALL,
                LAST,
                now,
                now,
                copy.deepcopy(ANY_TWO_FACTORS),
                system=True,
            )
        )
        self.by_id[policy.id] = policy
        return policy

    def replace(self, policy: Policy, body: Json) -> None:
        """Replace name and description. Raises Invalid."""
        name = accept_name(body)
        self._new_name(name, self.by_id.values(), policy)
        policy.name, policy.description, policy.last_updated = (
            name,
            body.get("description"),
            self.now(),
        )

    def clone(self, policy: Policy) -> Policy:
        """Return a copy whose rules have new ids, with a name as recorded."""
        names = {other.name for other in self.by_id.values()}
        wishes = [
            f"[cloned] {policy.name}",
            *(f"[cloned] {policy.name} {number}" for number in range(2, len(names) + 2)),
        ]
        made = self.add(next(name for name in wishes if name not in names), policy.description)
        made.rules = [
            replace(
                copy.deepcopy(rule),
                id=self.new_id("rul"),
                created=made.created,
                last_updated=made.created,
            )
            for rule in policy.rules
        ]
        return made

    # Rules

    def add_rule(
        self,
        policy: Policy,
        accepted: tuple[str, Json | None, Json],
        priority: int | None = None,
        active: bool = True,
    ) -> Rule:
        """Add a rule from the result of Rules.accept. Raises Invalid."""
        name, conditions, actions = accepted
        self._new_name(name, policy.rules, None)
        if len(policy.rules) >= MOST_RULES:
            raise Invalid("rules", f"A policy has {MOST_RULES} rules at most.")
        now = self.now()
        rule = Rule(
            self.new_id("rul"),
            name,
            0,
            now,
            now,
            actions,
            conditions,
            "ACTIVE" if active else "INACTIVE",
        )
        self._place(policy, rule, priority)
        return rule

    def replace_rule(
        self,
        policy: Policy,
        rule: Rule,
        accepted: tuple[str, Json | None, Json],
        priority: int | None,
    ) -> None:
        """Replace a rule by the result of Rules.accept, and move it. Raises Invalid."""
        name, conditions, actions = accepted
        self._new_name(name, policy.rules, rule)
        rule.name, rule.conditions, rule.actions, rule.last_updated = (
            name,
            conditions,
            actions,
            self.now(),
        )
        if priority is not None and priority != rule.priority and not rule.system:
            policy.rules.remove(rule)
            self._number(policy)
            self._place(policy, rule, priority)

    def delete_rule(self, policy: Policy, rule: Rule, gaps: bool) -> None:
        """Delete a rule. With ``gaps`` the rules behind it keep their numbers."""
        policy.rules.remove(rule)
        if not gaps:
            self._number(policy)

    def _place(self, policy: Policy, rule: Rule, priority: int | None) -> None:
        """Insert a rule before the one with this priority, or before the catch-all rule.

        The rules behind it are renumbered.
        """
        others = policy.rules[:-1]
        place = (
            len(others)
            if priority is None
            else next(
                (number for number, other in enumerate(others) if other.priority >= priority),
                len(others),
            )
        )
        policy.rules.insert(place, rule)
        self._number(policy)

    @staticmethod
    def _number(policy: Policy) -> None:
        for number, rule in enumerate(policy.rules[:-1]):
            rule.priority = number

    @staticmethod
    def _new_name(name: str, others: t.Iterable[t.Any], itself: t.Any) -> None:
        if any(other.name == name for other in others if other is not itself):
            raise Invalid(
                "name", "name: An object with this field already exists in the current organization"
            )
