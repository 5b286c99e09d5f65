# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules written to an org that answers from memory: the plan is carried out, or says that it is not."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from types import SimpleNamespace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.apply import (
    apply_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
    plan_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    in_order,
    movable_names,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Policy,
    PolicyRule,
)
from hypothesis import given, settings

from tests.properties._access.rules.test_plan import requests
from tests.support.strategies.rules import rules
from tests.support.strategies.values import Json, outcome_of

POLICY = Policy("rst1", "Strict")


@dataclass
class Org:
    """The rules of one policy. A rule is inserted before the one that has its priority."""

    rows: list[Json]
    writes: list[str] = field(default_factory=list)
    transport: t.Any = field(default_factory=lambda: SimpleNamespace(settings=None))

    def policy_rules(self, _policy_id: str) -> list[PolicyRule]:
        return [PolicyRule.from_row(dict(row)) for row in self.rows]

    def policy_rule(self, policy_id: str, rule_id: str) -> PolicyRule:
        return next(rule for rule in self.policy_rules(policy_id) if rule.id == rule_id)

    def _place(self, row: Json, priority: int | None) -> None:
        others = [each for each in self.rows if each["id"] != row["id"]]
        movable = sorted(
            (each for each in others if not each["system"]), key=lambda each: each["priority"]
        )
        for number, each in enumerate(movable):
            each["priority"] = number
        place = len(movable)
        if priority is not None:
            place = next(
                (n for n, each in enumerate(movable) if each["priority"] >= priority), place
            )
        for number, each in enumerate([*movable[:place], row, *movable[place:]]):
            each["priority"] = number
        self.rows = [*[each for each in others if each["system"]], *movable, row]

    def create_rule(self, _policy_id: str, body: Json, active: bool) -> None:
        self.writes.append("create")
        status = "ACTIVE" if active else "INACTIVE"
        row = {**body, "id": "rul-new", "status": status, "system": False}
        self._place(row, body.get("priority"))

    def replace_rule(self, _policy_id: str, rule_id: str, body: Json) -> None:
        self.writes.append("replace")
        old = next(each for each in self.rows if each["id"] == rule_id)
        row = {**body, **{key: old[key] for key in ("id", "status", "system", "priority")}}
        self.rows = [row if each is old else each for each in self.rows]
        if not row["system"] and body.get("priority") != old["priority"]:
            self._place(row, body.get("priority"))

    def set_rule_status(self, _policy_id: str, rule_id: str, active: bool) -> None:
        self.writes.append("status")
        row = next(each for each in self.rows if each["id"] == rule_id)
        row["status"] = "ACTIVE" if active else "INACTIVE"

    def delete_rule(self, _policy_id: str, rule_id: str) -> None:
        self.writes.append("delete")
        self.rows = [row for row in self.rows if row["id"] != rule_id]


@settings(max_examples=60)
@given(rules(4), requests())
def test_what_is_carried_out_is_what_was_planned(
    policy: list[PolicyRule], request: RuleRequest
) -> None:
    org: t.Any = Org([dict(rule.row) for rule in policy])
    plan = outcome_of(lambda: plan_rule(policy, request, "Strict"))
    if isinstance(plan, DeviceTrustError) or not plan.changes:
        return
    after = apply_rule(org, POLICY, plan)
    assert org.writes and movable_names(after) == movable_names(in_order(after))
    others = [rule.name for rule in in_order(policy) if rule.name != request.name]
    assert [rule.name for rule in after if rule.name != request.name] == others
    again = plan_rule(org.policy_rules("rst1"), request, "Strict")
    assert again.changes == ()
    assert [rule.id for rule in after].count("rul-new") <= 1
