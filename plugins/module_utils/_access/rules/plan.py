# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one rule of an app sign-in policy. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.changes import Change, Difference, Shown, render_value
from ..._core.errors import BadOption, NotAsWritten, Refused
from ..._core.json_fields import Json, Row, as_object
from ..._okta.records import PolicyRule
from .comparison import RULE_READ_ONLY, check_readable, find_differences, merge_rule
from .options import VERIFICATION
from .rule_order import Place, Rules, find_rule, in_order, is_placed, place_index, place_priority


@dataclass(frozen=True)
class RuleRequest:
    """What is wanted of one rule.

    :arg body: its wanted parts as Okta's JSON, of ``rule_options.build_rule``.
    :arg status: ACTIVE or INACTIVE; None leaves it as it is, and a new rule is active.
    """

    name: str
    body: Row
    place: Place = Place()
    status: str | None = None
    absent: bool = False


@dataclass(frozen=True)
class RulePlan:
    """What to do about one rule.

    ``body`` is written unless it is None, and so is ``status``. ``after`` are all rules as they
    will be, in order, for a forecast.
    """

    request: RuleRequest
    current: PolicyRule | None
    after: tuple[PolicyRule, ...]
    body: Json | None = None
    status: str | None = None
    changes: tuple[Change, ...] = ()

    @property
    def deletes(self) -> bool:
        """Whether the rule is to be deleted."""
        return self.request.absent and self.current is not None


def plan_rule(rules: Rules, request: RuleRequest, policy: str) -> RulePlan:
    """Return what to do about one rule.

    Raises Unreadable for a rule that is to be changed and that cannot be read, and BadOption for
    options that such a rule does not have.

    :arg policy: the name of its policy, for messages.
    """
    rules = in_order(rules)
    subject = f"rule {request.name!r} of policy {policy!r}"
    current = find_rule(rules, request.name, policy)
    if current and current.system:
        _check_catch_all(request)
    if request.absent:
        return _plan_deletion(rules, request, current, subject)
    index = place_index(rules, request.name, request.place, policy)
    if current is None:
        return _plan_creation(rules, request, index, subject)
    return _plan_update(rules, request, current, index, subject)


def describe_inactive(policy: str, after: Rules, requests: t.Sequence[RuleRequest]) -> str:
    """Return a warning of rules that are wanted and stay inactive unasked, or "" without any.

    :arg policy: the name of their policy.
    :arg after: all its rules as they will be.
    """
    unasked = {each.name for each in requests if each.status is None and not each.absent}
    names = [repr(rule.name) for rule in after if rule.is_inactive and rule.name in unasked]
    if not names:
        return ""
    return (
        f"Policy {policy!r}: {', '.join(names)} is inactive and has no effect. Somebody deactivated"
        " it. Activate it in the Admin Console, or with status: ACTIVE."
    )


def _check_catch_all(request: RuleRequest) -> None:
    moves = request.place != Place()
    if request.absent or moves or request.status == "INACTIVE" or "conditions" in request.body:
        raise Refused(
            f"Rule {request.name!r} is the catch-all rule, which Okta does not let you delete,"
            " deactivate, move or restrict by conditions. Set its access and verification method"
            " only."
        )


def _plan_deletion(
    rules: Rules, request: RuleRequest, current: PolicyRule | None, subject: str
) -> RulePlan:
    if current is None:
        return RulePlan(request, None, tuple(rules))
    change = Change("delete", subject, _settable(current.row), {})
    return RulePlan(request, current, _others(rules, request.name), changes=(change,))


def _plan_creation(rules: Rules, request: RuleRequest, index: int, subject: str) -> RulePlan:
    body = with_priority(merge_rule(request.body), rules, index)
    status = request.status or "ACTIVE"
    future = PolicyRule.from_row({**body, "status": status})
    after = _inserted(rules, future, index)
    values = {**_settable(body), "status": status, "order": names_of(after)}
    change = Change("create", subject, {}, values)
    return RulePlan(request, None, after, body, None, (change,))


def _plan_update(
    rules: Rules, request: RuleRequest, current: PolicyRule, index: int, subject: str
) -> RulePlan:
    check_readable(current)
    _check_denial(request, current, subject)
    differences = find_differences(request.body, current.row)
    moved = not is_placed(rules, request.name, request.place)
    body = merge_rule(request.body, current) if differences or moved else None
    if body is not None and moved:
        body = with_priority(body, rules, index)
    status = request.status if request.status and request.status != current.status else None
    future = PolicyRule.from_row(
        {**current.row, **(body or {}), "status": status or current.status or "ACTIVE"}
    )
    after = _inserted(rules, future, index if moved else names_of(rules).index(request.name))
    before_values, after_values = _diff(differences)
    if moved:
        before_values["order"], after_values["order"] = names_of(rules), names_of(after)
    if status:
        before_values["status"], after_values["status"] = current.status, status
    change = Change("update", subject, before_values, after_values)
    return RulePlan(request, current, after, body, status, (change,) if after_values else ())


def _check_denial(request: RuleRequest, current: PolicyRule, subject: str) -> None:
    """Raise BadOption for authenticators of a rule that denies and is to stay so.

    ``rule_options`` refuses them where the same task says that the rule denies.
    """
    sign_on = as_object(as_object(request.body.get("actions")).get("appSignOn"))
    method = as_object(sign_on.get("verificationMethod"))
    if not current.denies or not method or sign_on.get("access"):
        return
    options = [name for name, key in VERIFICATION.items() if key in method]
    raise BadOption(
        f"{options[0]}: {subject} has access: DENY, and such a rule does not ask for"
        f" authenticators. Leave out {' and '.join(options)}, or set access: ALLOW."
    )


def _diff(differences: t.Sequence[Difference]) -> tuple[Shown, Shown]:
    return (
        {difference.path: render_value(difference.before) for difference in differences},
        {difference.path: render_value(difference.after) for difference in differences},
    )


def with_priority(body: Json, rules: Rules, index: int) -> Json:
    """Return the body of a rule with the priority of a place, if that is known."""
    priority = place_priority(rules, index)
    return body if priority is None else {**body, "priority": priority}


def _others(rules: Rules, name: str) -> tuple[PolicyRule, ...]:
    return tuple(rule for rule in rules if rule.name != name)


def _inserted(rules: Rules, rule: PolicyRule, index: int) -> tuple[PolicyRule, ...]:
    others = _others(rules, rule.name)
    return (*others[:index], rule, *others[index:])


def names_of(rules: Rules) -> list[str]:
    """Return the names of rules, in order."""
    return [rule.name for rule in rules]


def _settable(row: Row) -> Shown:
    hidden = (*RULE_READ_ONLY, "priority", "type")
    return {key: value for key, value in row.items() if key not in hidden}


def verify_rule(request: RuleRequest, rules: Rules, policy: str) -> PolicyRule:
    """Return the rule as it was read back.

    Raises NotAsWritten, which names the keys, if Okta shows other values than were written.
    """
    rule = find_rule(rules, request.name, policy)
    if rule is None:
        raise NotAsWritten(
            f"Rule {request.name!r} was written to policy {policy!r}, which does not have it now."
            " Another administrator may have deleted it. Run again."
        )
    keys = [difference.path for difference in find_differences(request.body, rule.row)]
    if request.status and rule.status != request.status:
        keys.append("status")
    if keys:
        raise NotAsWritten(
            f"Okta accepted rule {request.name!r} of policy {policy!r} and shows other values for"
            f" {', '.join(keys)}. Another client may write to it too. If this persists, correct"
            " these options.",
            keys=keys,
        )
    return rule
