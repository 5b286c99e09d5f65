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

from ..rules.order import Rules, same_rules
from ..rules.subjects import named_groups, named_platforms
from .conditions import DeviceContext, Identity
from .outcomes import Comparison
from .signals import NO_SIGNALS, Signals

MAX_GROUPS = 5  # of which each combination is judged


def newly_refusing_rule(before: Rules, after: Rules, signals: Signals = NO_SIGNALS) -> str | None:
    """Return the rule that may refuse a person who is admitted before the change, or None.

    It is "" if no rule applies to such a person after the change.

    :arg signals: the device signal collection policies before and after the change.
    """
    comparison = Comparison(before, after, signals)
    devices = _kinds_of_devices(before, after)
    for person in _kinds_of_people(before, after):
        for device in devices:
            change = comparison.outcome_for(person, device)
            if change.lost:
                return change.after.rule
    return None


def may_refuse(before: Rules, after: Rules) -> bool:
    """Return whether a change may refuse a person who is admitted before it.

    With more groups than are judged in each combination, it may, unless nothing changes.
    """
    if same_rules(before, after):
        return False
    groups = named_groups(before, after)
    return len(groups) > MAX_GROUPS or newly_refusing_rule(before, after) is not None


def _kinds_of_devices(*policies: Rules) -> list[DeviceContext]:
    return [
        DeviceContext(platform, registered, managed)
        for platform in sorted({*named_platforms(*policies), "OTHER"})
        for registered, managed in ((False, False), (True, False), (True, True))
    ]


def _kinds_of_people(*policies: Rules) -> t.Iterator[Identity]:
    """Return people whom no rule names, in each combination of groups, and those whom one does.

    The latter are in no group, and in all.
    """
    users = {
        user
        for rules in policies
        for rule in rules
        for side in ("include", "exclude")
        for user in rule.members("users", side)
    }
    named = sorted(named_groups(*policies))
    for groups in _combinations(named):
        yield Identity(groups=groups)
    for user in sorted(users):
        for groups in dict.fromkeys((frozenset[str](), frozenset(named))):
            yield Identity(user, groups)


def _combinations(groups: list[str]) -> list[frozenset[str]]:
    """Return sets of groups; of many groups those of up to two, and the one with all."""
    sizes = range(len(groups) + 1) if len(groups) <= MAX_GROUPS else (0, 1, 2, len(groups))
    return [frozenset(chosen) for size in sizes for chosen in combinations(groups, size)]
