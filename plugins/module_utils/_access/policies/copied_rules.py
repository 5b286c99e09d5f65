# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the rules that a clone copied are not those of a policy whose apps it takes. Pure.

A clone has the rules that its original had when it was made. Later changes of the original do not
reach it, and an app may as well come from another policy.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ..._core.results import Result
from ..._okta.records import App, Policy
from ..rules.comparison import comparable_content
from ..rules.rule_order import Rules, in_order


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
) -> list[DifferingPolicy]:
    """Return the policies that do not have the rules that a clone has.

    :arg clone: the rules of the clone as they will be.
    :arg added: the names of the rules that do not count.
    :arg rules: those that policies have, by policy.
    """
    differing = []
    for policy in policies:
        names = find_differing_rules(clone, rules[policy.id], added)
        if names:
            apps = [app for app in moving if app.policy_id == policy.id]
            differing.append(DifferingPolicy(policy, tuple(apps), tuple(names)))
    return differing


def find_differing_rules(some: Rules, others: Rules, added: t.Container[str]) -> list[str]:
    """Return the names of the rules that decide other than those of another policy, in order.

    What decides is the content of the active rules, and which comes first. If only that differs,
    they are the rules with another place.
    """
    first, second = _list_deciding(some, added), _list_deciding(others, added)
    if [content for _name, content in first] == [content for _name, content in second]:
        return []
    alike = {*first} & {*second}
    differing = [row for row in [*first, *second] if row not in alike]
    moved = [row for pair in zip(first, second) if pair[0] != pair[1] for row in pair]
    return list(dict.fromkeys(name for name, _content in differing or moved))


def _list_deciding(rules: Rules, added: t.Container[str]) -> list[tuple[str, str]]:
    """Return the names and contents of the active rules that count, in order."""
    return [
        (rule.name, json.dumps(comparable_content(rule), sort_keys=True))
        for rule in in_order(rules)
        if not rule.is_inactive and rule.name not in added
    ]
