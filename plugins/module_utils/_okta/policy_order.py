# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which Okta evaluates policies of one kind. Pure."""

from __future__ import annotations

import typing as t

from .records import ConditionalRule, RankedPolicy
from .rule_schema import limits_sign_ins

_PEOPLE = "conditions.people."
AnyPolicy = t.TypeVar("AnyPolicy", bound=RankedPolicy)


def active_in_order(policies: t.Iterable[AnyPolicy]) -> tuple[AnyPolicy, ...]:
    """Return the policies in the order in which Okta evaluates them, the default one last.

    Inactive ones are left out. One without a status, or with another word, may be active. A policy
    without a priority comes after those that have one.
    """
    active = [policy for policy in policies if policy.status != "INACTIVE"]

    def place(policy: AnyPolicy) -> tuple[bool, bool, int]:
        return policy.system, policy.priority is None, policy.priority or 0

    return tuple(sorted(active, key=place))


def policy_of(
    policies: t.Iterable[AnyPolicy], is_member: t.Callable[[str], bool]
) -> AnyPolicy | None:
    """Return the first policy in order that applies to a person, None if that is not known.

    The default policy is for everybody. A policy that does not show for whom it is may be the one,
    as may one that names more than the groups which Okta's description has, or whose status is an
    unknown word. One without a status counts as active.

    :arg is_member: whether the person is in a group.
    """
    for policy in policies:
        if policy.system:
            return policy
        if policy.hides_people or policy.people.users or policy.people.groups_excluded:
            return None
        if any(map(is_member, policy.groups)):
            return policy if policy.status in (None, "ACTIVE") else None
    return None


def possibly_excluded(
    policy: RankedPolicy, rules: t.Iterable[ConditionalRule]
) -> frozenset[str] | None:
    """Return the ids of the users to whom a policy may not apply, None for anybody.

    Okta applies a policy together with one of its rules. So they are those whom the policy
    excludes, or each of its active rules; whether the next policy applies to them is not
    documented. A rule with a list of people that cannot be read, or that asks for more than that
    somebody is not excluded, may not apply to anybody. Neither may a policy without active rules.
    """
    known = [
        set(rule.people.users_excluded)
        for rule in rules
        if (rule.status == "ACTIVE" or (rule.system and not rule.is_inactive))
        and not _may_exclude_anybody(rule)
    ]
    if policy.unreadable or not known:
        return None
    return frozenset(set.intersection(*known) | set(policy.people.users_excluded))


def _may_exclude_anybody(rule: ConditionalRule) -> bool:
    people = rule.condition("people")
    users = {key: ids for key, ids in (people.get("users") or {}).items() if key != "exclude"}
    conditions = {**rule.conditions, "people": {**people, "users": users}}
    hidden = any(f"{path}.".startswith(_PEOPLE) or path == "conditions" for path in rule.unreadable)
    is_shown = bool(rule.conditions) or rule.system
    return hidden or not is_shown or any(map(limits_sign_ins, conditions, conditions.values()))
