# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a change of rules may refuse anybody at all, whatever the log shows. Pure.

The System Log shows who used an app. For apps that everyone needs in an emergency, that is not
enough: these functions judge each kind of person and device that the rules tell apart.
"""

from __future__ import annotations

import typing as t
from itertools import combinations

from ..rules.rule_order import Rules, in_order, same_rules
from ..rules.subjects import named_groups, named_platforms, named_users
from .conditions import DeviceContext, Identity
from .evaluation import Comparison
from .signal_policies import NO_SIGNALS, Signals

MAX_GROUPS = 5  # that rules tell apart, of which each combination is judged


def newly_refusing_rule(before: Rules, after: Rules, signals: Signals = NO_SIGNALS) -> str | None:
    """Return the rule that may refuse a person who is admitted before the change, or None.

    It is "" if no rule applies to such a person after the change. With more groups than are judged
    in each combination, the last rule may, unless nothing changes.

    :arg signals: the device signal collection policies before and after the change.
    """
    comparison = Comparison(before, after, signals)
    devices = _kinds_of_devices(before, after)
    groups, users = _distinct_groups(before, after), _distinct_users(before, after)
    for person in _kinds_of_people(users, groups):
        for device in devices:
            change = comparison.find_change(person, device)
            if change.lost:
                return change.after.rule
    if len(groups) <= MAX_GROUPS or same_rules(before, after):
        return None
    return next((rule.name for rule in reversed(in_order(after))), "")


def may_refuse(before: Rules, after: Rules) -> bool:
    """Return whether a change may refuse a person who is admitted before it."""
    return not same_rules(before, after) and newly_refusing_rule(before, after) is not None


def _kinds_of_devices(*policies: Rules) -> list[DeviceContext]:
    return [
        DeviceContext(platform, registered, managed)
        for platform in sorted({*named_platforms(*policies), "OTHER"})
        for registered, managed in ((False, False), (True, False), (True, True))
    ]


def _kinds_of_people(users: t.Iterable[str], groups: t.Sequence[str]) -> t.Iterator[Identity]:
    """Return people whom no rule names and those whom one does, in each combination of groups.

    Each may have a password or lack it, as users of another identity provider do. Of who has one,
    less is unknown, so a change may refuse them alone.
    """
    for user in ("", *users):
        for chosen in _combinations(groups):
            for has_password in (True, False):
                yield Identity(user, chosen, sure_password=has_password)


def _distinct_groups(*policies: Rules) -> list[str]:
    """Return the groups that rules tell apart, one of those that are in the same lists alone."""
    return _distinct(
        named_groups(*policies),
        [(rule.people.groups, rule.people.groups_excluded) for rules in policies for rule in rules],
    )


def _distinct_users(*policies: Rules) -> list[str]:
    """Return the users whom rules tell apart, likewise."""
    return _distinct(
        named_users(*policies),
        [(rule.people.users, rule.people.users_excluded) for rules in policies for rule in rules],
    )


def _distinct(
    names: t.Iterable[str], lists: t.Sequence[tuple[t.Container[str], t.Container[str]]]
) -> list[str]:
    """Return the names, one of those that are in the same lists alone."""
    alike: dict[tuple[tuple[bool, bool], ...], str] = {}
    for name in sorted(names):
        alike.setdefault(tuple((name in yes, name in no) for yes, no in lists), name)
    return sorted(alike.values())


def _combinations(groups: t.Sequence[str]) -> list[frozenset[str]]:
    """Return sets of groups; of many groups those of up to two, and the one with all."""
    sizes = range(len(groups) + 1) if len(groups) <= MAX_GROUPS else (0, 1, 2, len(groups))
    return [frozenset(chosen) for size in sizes for chosen in combinations(groups, size)]
