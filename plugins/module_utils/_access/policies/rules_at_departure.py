# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that a policy had when its apps left it. Pure.

A clone's description has a digest of them. Okta's timestamps prove less: the deletion of a rule
leaves none.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from itertools import combinations

from ..rules.comparison import comparable_effect
from ..rules.rule_order import Rules, in_order

DIGEST_LENGTH = 12  # hexadecimal digits; a description is short
MAX_ADDED = 3  # rules that a clone has and its original had not


def digest_rules(rules: Rules) -> str:
    """Return a digest of what the rules of a policy do, whatever their ids and priorities."""
    return _digest(_effects(rules))


def find_rules_at_departure(digest: str, present: Rules, clone: Rules) -> Rules | None:
    """Return the rules that a policy had when its apps left it, or None if they are lost.

    If the policy changed since, they are those of the clone without the rules that were added to
    it.

    :arg digest: that of ``digest_rules`` at that time.
    :arg present: the rules that the policy has now.
    :arg clone: the rules that apply to the apps now.
    """
    if digest_rules(present) == digest:
        return present
    copies = in_order(clone)
    effects = _effects(copies)
    for count in range(min(MAX_ADDED, len(copies)) + 1):
        for added in combinations(range(len(copies)), count):
            kept = [place for place in range(len(copies)) if place not in added]
            if _digest([effects[place] for place in kept]) == digest:
                return [copies[place] for place in kept]
    return None


def _effects(rules: Rules) -> list[str]:
    return [json.dumps(comparable_effect(rule), sort_keys=True) for rule in in_order(rules)]


def _digest(effects: t.Iterable[str]) -> str:
    return hashlib.sha256("\n".join(effects).encode()).hexdigest()[:DIGEST_LENGTH]
