# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authenticator enrollment policies (MFA_ENROLL): which authenticators people may add.

The first active policy with a group of the user applies. Take the world's lock around every call.
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from lab.clock import whole_seconds
from lab.okta.authenticators.flexible_verify import KEYS, VERIFY

Json = dict[str, t.Any]
TYPE = "MFA_ENROLL"
FORBIDDEN = "NOT_ALLOWED"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass
class EnrollmentPolicy:
    """A policy. ``enroll`` is NOT_ALLOWED, OPTIONAL or REQUIRED by key of an authenticator."""

    id: str
    name: str
    groups: list[str]
    created: datetime
    enroll: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    system: bool = False
    excluded: list[str] = field(default_factory=list)  # users whom its rule excludes

    def permits(self, method: str) -> bool:
        """Return whether people may add a method of Okta Verify."""
        return self.enroll.get(KEYS[method], self.enroll.get(VERIFY, FORBIDDEN)) != FORBIDDEN

    def as_shown(self, methods: t.Collection[str] | None) -> dict[str, str]:
        """Return ``enroll`` as the org shows it.

        :arg methods: the active methods of Okta Verify in an org where each has a key, else None.
        """
        wanted = self.enroll.get(VERIFY)
        if methods is None or wanted is None:
            return self.enroll
        others = {key: value for key, value in self.enroll.items() if key != VERIFY}
        return {**others, **_translate(wanted, methods)}


def _translate(wanted: str, methods: t.Collection[str]) -> dict[str, str]:
    """Return the keys of single methods. Okta's guide has those of REQUIRED alone."""
    if wanted != "REQUIRED":
        return dict.fromkeys(KEYS.values(), wanted)
    strongest = next(name for name in ("signed_nonce", "push", "totp") if name in methods)
    return {
        key: "REQUIRED" if name == strongest else "OPTIONAL" if name in methods else FORBIDDEN
        for name, key in KEYS.items()
    }


class EnrollmentPolicies:
    """The enrollment policies of an org, in the order of their priority."""

    def __init__(self, seed: int, now: t.Callable[[], datetime]) -> None:
        # apart: ids of other objects stay what they are
        self._random = random.Random(f"okta enrollment {seed}")
        self._now = now
        self.policies: list[EnrollmentPolicy] = []

    def add(
        self, name: str, groups: t.Iterable[str], enroll: dict[str, str], system: bool = False
    ) -> EnrollmentPolicy:
        """Add a policy before the default one."""
        policy_id = "rst" + "".join(self._random.choices(_LETTERS, k=17))
        policy = EnrollmentPolicy(
            policy_id, name, list(groups), self._now(), dict(enroll), system=system
        )
        place = len(self.policies) - any(each.system for each in self.policies)
        self.policies.insert(place, policy)
        return policy

    def policy_of(self, groups: t.Collection[str], user_id: str = "") -> EnrollmentPolicy:
        """Return the policy of a user in these groups: the first whose rule applies, too."""
        return next(
            policy
            for policy in self.policies
            if policy.status == "ACTIVE"
            and set(groups) & set(policy.groups)
            and user_id not in policy.excluded
        )

    def find(self, policy_id: str) -> EnrollmentPolicy | None:
        """Return a policy by id."""
        return next((each for each in self.policies if each.id == policy_id), None)

    @staticmethod
    def rule_shapes(policy: EnrollmentPolicy, base_url: str) -> list[Json]:
        """Return the rule of a policy as Okta's answers print it, in a list."""
        rule_id, created = f"0pr{policy.id[3:]}", whole_seconds(policy.created)
        url = f"{base_url}/api/v1/policies/{policy.id}/rules/{rule_id}"
        return [
            {
                "id": rule_id,
                "status": "ACTIVE",
                "name": "Default Rule",
                "priority": 1,
                "created": created,
                "lastUpdated": created,
                "system": policy.system,
                "conditions": {
                    "people": {"users": {"exclude": policy.excluded}},
                    "network": {"connection": "ANYWHERE"},
                },
                "actions": {"enroll": {"self": "CHALLENGE"}},
                "_links": {"self": {"href": url, "hints": {"allow": ["GET", "PUT"]}}},
                "type": TYPE,
            }
        ]

    def shape(
        self, policy: EnrollmentPolicy, base_url: str, methods: t.Collection[str] | None
    ) -> Json:
        """Return a policy as Okta's answers print it."""
        url = f"{base_url}/api/v1/policies/{policy.id}"
        rows = [
            {"key": key, "enroll": {"self": wanted}}
            for key, wanted in policy.as_shown(methods).items()
        ]
        return {
            "type": TYPE,
            "id": policy.id,
            "status": policy.status,
            "name": policy.name,
            "description": None,
            "priority": self.policies.index(policy) + 1,
            "system": policy.system,
            "conditions": {"people": {"groups": {"include": policy.groups}}},
            "settings": {"type": "AUTHENTICATORS", "authenticators": rows},
            "created": whole_seconds(policy.created),
            "lastUpdated": whole_seconds(policy.created),
            "_links": {"self": {"href": url, "hints": {"allow": ["GET", "PUT", "DELETE"]}}},
        }
