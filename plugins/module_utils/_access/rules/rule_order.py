# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of the rules of a policy, and the place of one among them. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import BadOption
from ..._core.lookup import Catalog
from ..._okta.records import ConditionalRule, PolicyRule
from .comparison import have_same_effect

Rules = t.Sequence[PolicyRule]
AnyRule = t.TypeVar("AnyRule", bound=ConditionalRule)

NO_PRIORITY = 10**6  # after all rules with a priority


def in_order(rules: t.Iterable[AnyRule]) -> list[AnyRule]:
    """Return the rules as Okta evaluates them: by priority, the catch-all rule last."""
    return sorted(
        rules,
        key=lambda rule: (rule.system, NO_PRIORITY if rule.priority is None else rule.priority),
    )


def find_rule(rules: Rules, name: str, policy: str, option: str = "name") -> PolicyRule | None:
    """Return the rule with this name, or None. Raises BadOption if several have it."""
    catalog = Catalog(
        "rule",
        f"policy {policy!r}",
        rules,
        id_of=lambda rule: rule.id,
        name_of=lambda rule: rule.name,
        remedy="Rename all but one of them",
    )
    return catalog.find_name(name, option)


def same_rules(some: Rules, others: Rules) -> bool:
    """Return whether two policies treat every sign-in alike, rule by rule."""
    first, second = in_order(some), in_order(others)
    return len(first) == len(second) and all(map(have_same_effect, first, second))


class Place(t.NamedTuple):
    """The place of a rule: first, last (before the catch-all rule), or next to a named rule.

    At most one field is set; without any the rule stays where it is.
    """

    position: str | None = None  # first or last
    before: str | None = None
    after: str | None = None

    @property
    def neighbor(self) -> str | None:
        """The name of the rule that it is next to."""
        return self.before or self.after


def movable_names(rules: t.Iterable[PolicyRule]) -> list[str]:
    """Return the names of the rules in order, without the catch-all rule."""
    return [rule.name for rule in in_order(rules) if not rule.system]


def is_placed(rules: t.Iterable[PolicyRule], name: str, place: Place) -> bool:
    """Return whether a rule is at its place.

    ``before`` and ``after`` permit other rules in between.
    """
    names = movable_names(rules)
    if name not in names or place == Place():
        return True
    index = names.index(name)
    if place.position:
        return index == (0 if place.position == "first" else len(names) - 1)
    if place.neighbor not in names:
        return True
    neighbor = names.index(place.neighbor)
    return index < neighbor if place.before else index > neighbor


def place_index(rules: Rules, name: str, place: Place, policy: str) -> int:
    """Return the index of a rule's place among the other rules, without the catch-all rule.

    Raises BadOption if its neighbor is not one rule of the policy.
    """
    option = "before" if place.before else "after"
    others = [other for other in movable_names(rules) if other != name]
    if not place.neighbor:
        return 0 if place.position == "first" else len(others)
    if place.neighbor == name:
        raise BadOption(
            f"{option}: rule {name!r} cannot be placed {option} itself. Name another rule."
        )
    find_rule(rules, place.neighbor, policy, option)  # raises if several rules have the name
    if place.neighbor in others:
        return others.index(place.neighbor) + (1 if place.after else 0)
    if place.before in [rule.name for rule in rules if rule.system]:
        return len(others)
    raise BadOption(
        f"{option}: policy {policy!r} has no rule {place.neighbor!r}. Name one of its rules:"
        f" {', '.join(map(repr, others)) or 'none'}."
    )


def place_priority(rules: Rules, index: int) -> int | None:
    """Return the priority to write for the place at an index, None without rules to compare with.

    Okta moves the other rules, whose priorities may have gaps.
    """
    priorities = [
        rule.priority for rule in in_order(rules) if not rule.system and rule.priority is not None
    ]
    if index < len(priorities):
        return priorities[index]
    return priorities[-1] + 1 if priorities else None
