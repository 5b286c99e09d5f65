# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the rules that a clone copied are not those of a policy whose apps it takes. Pure.

A clone has the rules that its original had when it was made. Later changes of the original do not
reach it, and an app may as well come from another policy. Whether Okta copies each rule as it is,
is not documented: what differs between two rules that nobody changed since is not a difference.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..._core.lookup import named
from ..._core.results import Result
from ..._core.timestamps import parse_timestamp
from ..._okta.records import App, Policy, PolicyRule
from ..rules.comparison import comparable_content
from ..rules.rule_order import Rules, in_order
from .marks import parse_marks

COPY_TIME = timedelta(minutes=1)  # in which Okta creates the rules of a clone


@dataclass(frozen=True)
class DifferingPolicy:
    """A policy that differs from a clone in more than the rules that are added to the clone.

    ``apps`` are those that would move from it to the clone. ``rules`` are the names of the rules
    that only one of both has in this form, or in this place.
    """

    policy: Policy
    apps: tuple[App, ...]
    rules: tuple[str, ...]

    def as_result(self) -> Result:
        """Return it as results show it."""
        return {
            "policy": self.policy.name,
            "apps": [app.label for app in self.apps],
            "rules": list(self.rules),
        }


def find_differing_policies(
    clone: Rules,
    added: t.Container[str],
    policies: t.Iterable[Policy],
    rules: t.Mapping[str, Rules],
    moving: t.Sequence[App],
    made: Policy | None = None,
) -> list[DifferingPolicy]:
    """Return the policies that do not have the rules that a clone has.

    :arg clone: the rules of the clone as they will be.
    :arg added: the names of the rules that do not count.
    :arg rules: those that policies have, by policy.
    :arg made: the clone, None if it does not exist yet.
    """
    original_id = parse_marks(made.description).original_id if made else None
    differing = []
    for policy in policies:
        cloned_at = made.created if made and policy.id == original_id else None
        names = find_differing_rules(clone, rules[policy.id], added, cloned_at)
        if names:
            apps = [app for app in moving if app.policy_id == policy.id]
            differing.append(DifferingPolicy(policy, tuple(apps), tuple(names)))
    return differing


def find_differing_rules(
    some: Rules, others: Rules, added: t.Container[str], cloned_at: str | None = None
) -> list[str]:
    """Return the names of the rules that decide other than those of another policy, in order.

    What decides is the content of the active rules, and which comes first. If only that differs,
    they are the rules with another place.

    :arg cloned_at: when Okta created the rules from those of the other policy, None if they are no
        copies of these.
    """
    untouched = {copy.name for copy, _rule in find_untouched_pairs(some, others, cloned_at)}
    first = _list_deciding(some, added, untouched)
    second = _list_deciding(others, added, untouched)
    if [content for _name, content in first] == [content for _name, content in second]:
        return []
    alike = {*first} & {*second}
    differing = [row for row in [*first, *second] if row not in alike]
    moved = [row for pair in zip(first, second) if pair[0] != pair[1] for row in pair]
    return list(dict.fromkeys(name for name, _content in differing or moved))


def find_untouched_pairs(
    clone: Rules, original: Rules, cloned_at: str | None
) -> list[tuple[PolicyRule, PolicyRule]]:
    """Return the rules of a clone that nobody changed since, each with the rule that it copies.

    Both have one name, which no other rule has. A rule of which Okta does not show when it was
    created and changed is not among them, nor is one that only one of both policies has: the time
    of a deletion is unknown.

    :arg cloned_at: when the clone was created, as Okta shows it.
    """
    made = parse_timestamp(cloned_at)
    if made is None:
        return []
    pairs = [(named(clone, rule.name), rule) for rule in original]
    return [
        (copies[0], rule)
        for copies, rule in pairs
        if len(copies) == 1 == len(named(original, rule.name))
        if _is_copy_as_made(copies[0], made) and _is_unchanged_since(rule, made)
    ]


def _is_copy_as_made(rule: PolicyRule, made: datetime) -> bool:
    """Return whether a rule is as Okta made it with its policy, if its times are its own or not."""
    created, updated = _times_of(rule)
    if created is None or updated is None:
        return False
    return created <= made + COPY_TIME and updated <= max(created, made)


def _is_unchanged_since(rule: PolicyRule, made: datetime) -> bool:
    """Return whether a rule is as it was at a time. Okta shows whole seconds."""
    created, updated = _times_of(rule)
    return created is not None and updated is not None and max(created, updated) < made


def _times_of(rule: PolicyRule) -> tuple[datetime | None, datetime | None]:
    """Return when a rule was created, and when it was changed last."""
    return parse_timestamp(rule.row.get("created")), parse_timestamp(rule.row.get("lastUpdated"))


def _list_deciding(
    rules: Rules, added: t.Container[str], untouched: t.Container[str]
) -> list[tuple[str, str]]:
    """Return the names and contents of the active rules that count, in order.

    :arg untouched: the names of the rules whose contents do not count.
    """
    return [
        (
            rule.name,
            "" if rule.name in untouched else json.dumps(comparable_content(rule), sort_keys=True),
        )
        for rule in in_order(rules)
        if not rule.is_inactive and rule.name not in added
    ]
