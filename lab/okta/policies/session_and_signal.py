# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Global session policies (OKTA_SIGN_ON) and device signal collection policies.

The former refuse people before an app sign-in policy is asked. The latter are mapped to app sign-in
policies, and decide whether they see a device. Take the world's lock around every call.
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from lab.clock import whole_seconds
from lab.okta.policies.engine import Circumstances, evaluate_conditions
from lab.okta.serializers import link

Json = dict[str, t.Any]
SESSION, SIGNALS = "OKTA_SIGN_ON", "DEVICE_SIGNAL_COLLECTION"
RULE_TYPES = {SESSION: "SIGN_ON", SIGNALS: SIGNALS}
JUDGED = ("people", "network", "riskScore", "platform")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass
class OtherRule:
    """A rule. Conditions and actions are as Okta prints them."""

    id: str
    name: str
    conditions: Json
    actions: Json
    status: str = "ACTIVE"
    system: bool = False

    def applies(self, now: Circumstances) -> bool:
        """Return whether a sign-in meets all conditions."""
        judged = {name: value for name, value in self.conditions.items() if name in JUDGED}
        met = evaluate_conditions(judged, now).values()
        return self.status == "ACTIVE" and all(met)


@dataclass
class OtherPolicy:
    """A policy. ``resources`` are the app sign-in policies to which it is mapped."""

    id: str
    kind: str
    name: str
    created: datetime
    groups: list[str]
    resources: list[str]
    rules: list[OtherRule] = field(default_factory=list)
    status: str = "ACTIVE"
    system: bool = False


class OtherPolicies:
    """The policies of both kinds in the order of their priority."""

    def __init__(self, seed: int, now: t.Callable[[], datetime]) -> None:
        # apart: ids of other objects stay what they are
        self._random = random.Random(f"okta other policies {seed}")
        self._now = now
        self.policies: list[OtherPolicy] = []

    def _id(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices(_LETTERS, k=17))

    def add(
        self, kind: str, name: str, groups: t.Iterable[str] = (), resources: t.Iterable[str] = ()
    ) -> OtherPolicy:
        """Add a policy after those of its kind."""
        policy = OtherPolicy(
            self._id("rst"), kind, name, self._now(), list(groups), list(resources)
        )
        self.policies.append(policy)
        return policy

    def add_session_rule(
        self, policy: OtherPolicy, name: str, access: str, conditions: Json | None = None
    ) -> None:
        """Add a rule that allows or refuses a session, with the conditions that Okta adds."""
        own_conditions = {
            "people": {"users": {"exclude": []}},
            "network": {"connection": "ANYWHERE"},
            "riskScore": {"level": "ANY"},
            "identityProvider": {"provider": "ANY"},
            "authContext": {"authType": "ANY"},
            **(conditions or {}),
        }
        actions = {"signon": {"access": access}}
        policy.rules.append(OtherRule(self._id("0pr"), name, own_conditions, actions))

    def add_signal_rule(
        self, policy: OtherPolicy, name: str, word: str | None, conditions: Json | None = None
    ) -> None:
        """Add a rule with Okta Verify and its userIdentification, or for None without it."""
        provider: Json = (
            {"key": "OKTA_VERIFY", "userIdentification": word}
            if word
            else {"key": "CHROME_DEVICE_TRUST"}
        )
        own_conditions = {"network": {"connection": "ANYWHERE"}, **(conditions or {})}
        actions = {"deviceSignalCollection": {"deviceContextProviders": [provider]}}
        policy.rules.append(OtherRule(self._id("0pr"), name, own_conditions, actions))

    def add_default_session_policy(self, everyone: str) -> None:
        """Add the policy that each org has, for the group Everyone: it allows each session."""
        policy = self.add(SESSION, "Default Policy", groups=[everyone])
        policy.system = True
        self.add_session_rule(policy, "Default Rule", "ALLOW")
        policy.rules[0].system = True

    def of_kind(self, kind: str, status: str | None = None) -> list[OtherPolicy]:
        """Return the policies of a kind, of one status or of any, the default one last."""
        policies = [
            each for each in self.policies if each.kind == kind and status in (None, each.status)
        ]
        return sorted(policies, key=lambda each: each.system)

    def find(self, policy_id: str) -> OtherPolicy | None:
        """Return a policy by id."""
        return next((each for each in self.policies if each.id == policy_id), None)

    # At a sign-in

    def refuses_session(self, now: Circumstances) -> bool:
        """Return whether the first rule that applies refuses the session."""
        for policy in self.of_kind(SESSION, "ACTIVE"):
            if policy.system or set(policy.groups) & (now.groups or frozenset()):
                for rule in policy.rules:
                    if rule.applies(now):
                        return bool(rule.actions["signon"]["access"] == "DENY")
        return False

    def word_of(self, policy_id: str, now: Circumstances) -> str | None:
        """Return ALLOW or IGNORE for Okta Verify at an app sign-in policy, None without it.

        Without a device signal collection policy, Okta asks Okta Verify itself.
        """
        policies = self.of_kind(SIGNALS, "ACTIVE")
        mapped = next((each for each in policies if policy_id in each.resources), None)
        if mapped is None:
            return "ALLOW"
        rule = next((each for each in mapped.rules if each.applies(now)), None)
        providers = rule.actions["deviceSignalCollection"]["deviceContextProviders"] if rule else []
        words = {each["key"]: each.get("userIdentification", "ALLOW") for each in providers}
        return words.get("OKTA_VERIFY")

    # As Okta's answers print them

    def shape(self, policy: OtherPolicy, base_url: str) -> Json:
        """Return a policy."""
        url = f"{base_url}/api/v1/policies/{policy.id}"
        people = {"people": {"groups": {"include": policy.groups}}}
        return {
            "type": policy.kind,
            "id": policy.id,
            "status": policy.status,
            "name": policy.name,
            "description": "",
            "priority": self.of_kind(policy.kind).index(policy) + 1,
            "system": policy.system,
            "conditions": people if policy.kind == SESSION else None,
            "created": whole_seconds(policy.created),
            "lastUpdated": whole_seconds(policy.created),
            "_links": {
                "self": link(url, "GET", "PUT", "DELETE"),
                "rules": link(f"{url}/rules", "GET", "POST"),
            },
        }

    @staticmethod
    def rule_shapes(policy: OtherPolicy, base_url: str) -> list[Json]:
        """Return the rules of a policy."""
        url, created = (
            f"{base_url}/api/v1/policies/{policy.id}/rules",
            whole_seconds(policy.created),
        )
        return [
            {
                "id": rule.id,
                "status": rule.status,
                "name": rule.name,
                "priority": number,
                "created": created,
                "lastUpdated": created,
                "system": rule.system,
                "conditions": rule.conditions,
                "actions": rule.actions,
                "_links": {"self": link(f"{url}/{rule.id}", "GET", "PUT", "DELETE")},
                "type": RULE_TYPES[policy.kind],
            }
            for number, rule in enumerate(policy.rules, 1)
        ]

    @staticmethod
    def mapping_shapes(policy: OtherPolicy, base_url: str) -> list[Json]:
        """Return the mappings of a policy. Which link names the resource is not described."""
        url = f"{base_url}/api/v1/policies"
        return [
            {
                "id": "pmp" + resource[3:],
                "_links": {
                    "application": link(f"{url}/{resource}", "GET", "PUT", "DELETE"),
                    "self": link(
                        f"{url}/{policy.id}/mappings/pmp{resource[3:]}", "GET", "PUT", "DELETE"
                    ),
                    "policy": link(f"{url}/{policy.id}", "GET", "PUT", "DELETE"),
                },
            }
            for resource in policy.resources
        ]
