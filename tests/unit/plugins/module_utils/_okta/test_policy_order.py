# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which Okta evaluates policies of one kind."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.policy_order import (
    in_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    RankedPolicy,
)


def policy(name: str, priority: int | None, **more: bool | str) -> RankedPolicy:
    return RankedPolicy.from_row({"id": name, "name": name, "priority": priority, **more})


def test_the_default_policy_is_last_whatever_its_priority() -> None:
    policies = [policy("default", 0, system=True), policy("b", 2), policy("a", 1)]
    assert [each.name for each in in_order(policies)] == ["a", "b", "default"]


def test_a_policy_without_a_priority_comes_after_the_others() -> None:
    policies = [policy("none", None), policy("b", 7), policy("default", 1, system=True)]
    assert [each.name for each in in_order(policies)] == ["b", "none", "default"]
    alone = [policy("first", None), policy("second", None)]
    assert [each.name for each in in_order(alone)] == ["first", "second"]
    assert [each.name for each in in_order([policy("none", None), policy("zero", 0)])] == [
        "zero",
        "none",
    ]


def test_only_active_policies_count() -> None:
    policies = [policy("off", 1, status="INACTIVE"), policy("on", 2, status="ACTIVE")]
    assert [each.name for each in in_order([*policies, policy("open", 3)])] == ["on", "open"]


def test_priority_zero_is_before_one() -> None:
    assert [each.name for each in in_order([policy("one", 1), policy("zero", 0)])] == [
        "zero",
        "one",
    ]
