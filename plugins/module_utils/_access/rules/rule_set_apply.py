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
from .write_order import Step


def apply_rules(okta: Okta, policy: Policy, plan: RuleSetPlan) -> list[PolicyRule]:
    """Carry out a plan. Returns the rules that were read back, in order.

    It ends at the first state that is not as planned, because another client writes too. Raises
    NotAsWritten and Refused; the error of a later write names the writes before it.
    """
    change = _Change(okta, policy, plan)
    rules = list(plan.before)
    for number, step in enumerate(plan.steps):
        try:
            rules = change.carry_out(step, rules)
        except DeviceTrustError as error:
            if number == 0:
                raise
            raise _explain_interruption(error, plan.steps[:number], policy) from error
    for request in plan.requests:
        if not request.absent:
            verify_rule(request, rules, policy.name)
    return rules


def _explain_interruption(
    error: DeviceTrustError, done: t.Sequence[Step], policy: Policy
) -> DeviceTrustError:
    """Return the error with what was written before it."""
    writes = [f"{step.action} {step.name!r}" for step in done]
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

    def carry_out(self, step: Step, rules: Rules) -> list[PolicyRule]:
        """Write one rule, and return the rules as Okta shows them then."""
        self._write(step, rules)
        after = in_order(self.okta.policy_rules(self.policy.id))
        for _attempt in range(MAX_ATTEMPTS):
            if not _is_displaced(step, after):
                break
            after = self._move(step, after)
        self._check(step, rules, after)
        return after

    def _write(self, step: Step, rules: Rules) -> None:
        policy_id = self.policy.id
        if step.action == "create":
            body = with_priority(self.plan.bodies[step.name], rules, step.index)
            create_rule(self.okta, policy_id, body, step.rules[step.index].status != "INACTIVE")
        elif step.action == "copy":
            source = _find(rules, step.source)
            body = merge_rule({"name": step.name}, source)
            create_rule(self.okta, policy_id, with_priority(body, rules, step.index), False)
        elif step.action == "replace":
            self._replace(step, rules)
        elif step.action == "delete":
            self.okta.delete_rule(policy_id, _find(rules, step.name).id)
        else:
            rule_id = _find(rules, step.name).id
            self.okta.set_rule_status(policy_id, rule_id, step.action == "activate")

    def _replace(self, step: Step, rules: Rules) -> None:
        """Replace a rule, which is read again right before. Raises NotFound, Refused."""
        known = _find(rules, step.name)
        fresh = self.okta.policy_rule(self.policy.id, known.id)
        if fresh is None:
            raise NotFound(
                f"Rule {step.name!r} was deleted in Okta during this run. Run again.", vendor="okta"
            )
        if comparable_effect(fresh) != comparable_effect(known):
            raise self._changed(step.name)
        body = merge_rule(self.plan.request_of(step.name).body, fresh)
        if names_of(rules).index(step.name) != step.index:
            body = with_priority(body, rules, step.index)
        self.okta.replace_rule(self.policy.id, known.id, body)

    def _move(self, step: Step, rules: Rules) -> list[PolicyRule]:
        """Move a written rule to its place, at which Okta did not put it."""
        rule = _find(rules, step.name)
        body = with_priority(merge_rule({}, rule), rules, step.index)
        self.okta.replace_rule(self.policy.id, rule.id, body)
        return in_order(self.okta.policy_rules(self.policy.id))

    def _check(self, step: Step, before: Rules, after: Rules) -> None:
        """Raise an error unless the rules are those before the write, with what was written."""
        known = {rule.id: rule for rule in before}
        others = [rule for rule in after if rule.name != step.name]
        if names_of(after) != names_of(step.rules) or any(
            rule.id not in known or comparable_effect(rule) != comparable_effect(known[rule.id])
            for rule in others
        ):
            raise Refused(
                f"Policy {self.policy.name!r}: Okta has other rules, or another order of them, than"
                " this run wrote. Another client may write to it too. Run again."
            )
        if step.action == "delete":
            return
        rule = _find(after, step.name)
        keys = self._unkept(step, rule, before)
        if rule.status != step.rules[step.index].status and not rule.system:
            keys.append("status")
        if keys:
            raise NotAsWritten(
                f"Okta accepted rule {rule.name!r} of policy {self.policy.name!r} and shows other"
                f" values for {', '.join(keys)}. Run again. If this persists, correct these"
                " options.",
                keys=keys,
            )

    def _unkept(self, step: Step, rule: PolicyRule, before: Rules) -> list[str]:
        """Return the paths of what was written and is not there."""
        if step.action == "copy":
            source = _find(before, step.source)
            return (
                []
                if comparable_content(rule) == comparable_content(source)
                else ["conditions", "actions"]
            )
        if step.action not in ("create", "replace"):
            return []
        wanted = self.plan.request_of(step.name).body
        return [difference.path for difference in find_differences(wanted, rule.row)]

    def _changed(self, name: str) -> Refused:
        return Refused(
            f"Rule {name!r} of policy {self.policy.name!r}: it was changed in Okta after this run"
            " read it. This run wrote nothing more. Run again to plan with what Okta holds now."
        )


def _is_displaced(step: Step, rules: Rules) -> bool:
    """Return whether a written rule, and no other one, is not at its place."""
    others, planned = (
        [name for name in names_of(each) if name != step.name] for each in (rules, step.rules)
    )
    return (
        others == planned
        and sorted(names_of(rules)) == sorted(names_of(step.rules))
        and (names_of(rules) != names_of(step.rules))
    )


def _find(rules: Rules, name: str) -> PolicyRule:
    return named(rules, name)[0]
