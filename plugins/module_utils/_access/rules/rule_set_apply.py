# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the plan of several rules: one write after the other, each of which is read back."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import DeviceTrustError, NotAsWritten, NotFound, Refused
from ..._core.lookup import named
from ..._okta.client import Okta
from ..._okta.records import Policy, PolicyRule
from ..policies.apply import MAX_ATTEMPTS, create_rule
from .comparison import comparable_content, comparable_effect, find_differences, merge_rule
from .plan import names_of, verify_rule, with_priority
from .rule_order import Rules, in_order
from .rule_set_plan import RuleSetPlan
from .write_order import RuleWrite


def apply_rules(okta: Okta, policy: Policy, plan: RuleSetPlan) -> list[PolicyRule]:
    """Carry out a plan. Returns the rules that were read back, in order.

    It ends at the first state that is not as planned, because another client writes too. Raises
    NotAsWritten and Refused; the error of a later write names the writes before it.
    """
    change = _Change(okta, policy, plan)
    rules = list(plan.before)
    for number, write in enumerate(plan.writes):
        try:
            rules = change.carry_out(write, rules)
        except DeviceTrustError as error:
            if number == 0:
                raise
            raise _explain_interruption(error, plan.writes[:number], policy) from error
    for request in plan.requests:
        if not request.absent:
            verify_rule(request, rules, policy.name)
    return rules


def _explain_interruption(
    error: DeviceTrustError, done: t.Sequence[RuleWrite], policy: Policy
) -> DeviceTrustError:
    """Return the error with what was written before it."""
    writes = [f"{write.action} {write.name!r}" for write in done]
    text = (
        f"{error.message} Written to policy {policy.name!r} before it: {', '.join(writes)}. Each"
        " sign-in is treated by the old rules or by the new ones until then. Run again to complete"
        " the change."
    )
    return type(error)(text, **{**error.details, "done_steps": writes})


@dataclass(frozen=True)
class _Change:
    okta: Okta
    policy: Policy
    plan: RuleSetPlan

    def carry_out(self, write: RuleWrite, rules: Rules) -> list[PolicyRule]:
        """Write one rule, and return the rules as Okta shows them then."""
        self._write(write, rules)
        after = in_order(self.okta.policy_rules(self.policy.id))
        for _attempt in range(MAX_ATTEMPTS):
            if not _is_displaced(write, after):
                break
            after = self._move(write, after)
        self._check(write, rules, after)
        return after

    def _write(self, write: RuleWrite, rules: Rules) -> None:
        policy_id = self.policy.id
        if write.action == "create":
            body = with_priority(self.plan.bodies[write.name], rules, write.index)
            create_rule(self.okta, policy_id, body, write.rules[write.index].status != "INACTIVE")
        elif write.action == "copy":
            source = _find(rules, write.source)
            body = merge_rule({"name": write.name}, source)
            create_rule(self.okta, policy_id, with_priority(body, rules, write.index), False)
        elif write.action == "replace":
            self._replace(write, rules)
        elif write.action == "delete":
            self.okta.delete_rule(policy_id, _find(rules, write.name).id)
        else:
            rule_id = _find(rules, write.name).id
            self.okta.set_rule_status(policy_id, rule_id, write.action == "activate")

    def _replace(self, write: RuleWrite, rules: Rules) -> None:
        """Replace a rule, which is read again right before. Raises NotFound, Refused."""
        known = _find(rules, write.name)
        fresh = self.okta.policy_rule(self.policy.id, known.id)
        if fresh is None:
            raise NotFound(
                f"Rule {write.name!r} was deleted in Okta during this run. Run again.",
                vendor="okta",
            )
        if comparable_effect(fresh) != comparable_effect(known):
            raise self._changed(write.name)
        body = merge_rule(self.plan.request_of(write.name).body, fresh)
        if names_of(rules).index(write.name) != write.index:
            body = with_priority(body, rules, write.index)
        self.okta.replace_rule(self.policy.id, known.id, body)

    def _move(self, write: RuleWrite, rules: Rules) -> list[PolicyRule]:
        """Move a written rule to its place, at which Okta did not put it."""
        rule = _find(rules, write.name)
        body = with_priority(merge_rule({}, rule), rules, write.index)
        self.okta.replace_rule(self.policy.id, rule.id, body)
        return in_order(self.okta.policy_rules(self.policy.id))

    def _check(self, write: RuleWrite, before: Rules, after: Rules) -> None:
        """Raise an error unless the rules are those before the write, with what was written."""
        known = {rule.id: rule for rule in before}
        others = [rule for rule in after if rule.name != write.name]
        if names_of(after) != names_of(write.rules) or any(
            rule.id not in known or comparable_effect(rule) != comparable_effect(known[rule.id])
            for rule in others
        ):
            raise Refused(
                f"Policy {self.policy.name!r}: Okta has other rules, or another order of them, than"
                " this run wrote. Another client may write to it too. Run again."
            )
        if write.action == "delete":
            return
        rule = _find(after, write.name)
        keys = self._unkept(write, rule, before)
        if rule.status != write.rules[write.index].status and not rule.system:
            keys.append("status")
        if keys:
            raise NotAsWritten(
                f"Okta accepted rule {rule.name!r} of policy {self.policy.name!r} and shows other"
                f" values for {', '.join(keys)}. Run again. If this persists, correct these"
                " options.",
                keys=keys,
            )

    def _unkept(self, write: RuleWrite, rule: PolicyRule, before: Rules) -> list[str]:
        """Return the paths of what was written and is not there."""
        if write.action == "copy":
            source = _find(before, write.source)
            return (
                []
                if comparable_content(rule) == comparable_content(source)
                else ["conditions", "actions"]
            )
        if write.action not in ("create", "replace"):
            return []
        wanted = self.plan.request_of(write.name).body
        return [difference.path for difference in find_differences(wanted, rule.row)]

    def _changed(self, name: str) -> Refused:
        return Refused(
            f"Rule {name!r} of policy {self.policy.name!r}: it was changed in Okta after this run"
            " read it. This run wrote nothing more. Run again to plan with what Okta holds now."
        )


def _is_displaced(write: RuleWrite, rules: Rules) -> bool:
    """Return whether a written rule, and no other one, is not at its place."""
    others, planned = (
        [name for name in names_of(each) if name != write.name] for each in (rules, write.rules)
    )
    return (
        others == planned
        and sorted(names_of(rules)) == sorted(names_of(write.rules))
        and (names_of(rules) != names_of(write.rules))
    )


def _find(rules: Rules, name: str) -> PolicyRule:
    return named(rules, name)[0]
