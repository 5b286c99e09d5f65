# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the plans of app sign-in policies and of their rules."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from itertools import count

from ..._core.errors import (
    ApiError,
    DeviceTrustError,
    NotAsWritten,
    NotFound,
    RateLimited,
    Refused,
    RunEnded,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ..._core.json_fields import Json
from ..._core.lookup import named
from ..._core.text import abbreviate
from ..._okta.client import Okta
from ..._okta.records import App, Policy, PolicyRule
from ..rules.comparison import merge_rule
from ..rules.plan import RulePlan, RuleRequest, verify_rule
from ..rules.rule_order import Rules, find_rule, in_order, is_placed, place_index, place_priority
from .moves import Move, StayingApp, explain_staying_apps
from .plan import PolicyPlan, find_leftover_clones, find_original_id
from .recheck import check_app, check_rules, check_target, find_older_twin

# Keys that only the server writes.
POLICY_READ_ONLY = ("id", "created", "lastUpdated", "system", "_links", "_embedded")
MAX_ATTEMPTS = 3  # while other clients write to the policy


def apply_policy(okta: Okta, plan: PolicyPlan, known: t.Iterable[Policy]) -> Policy:
    """Carry out a plan. Returns the policy as Okta shows it.

    :arg known: the policies as they were read right before.
    """
    name, description = plan.future.name, plan.future.description
    if not plan.changes:
        return plan.future
    if plan.current:
        return write_policy(okta, plan.current, plan.current.name, description)
    if plan.original is None:
        body = {"type": "ACCESS_POLICY", "name": name}
        created = okta.create_policy(
            body if description is None else {**body, "description": description}
        )
    else:
        clone, is_own = _clone(okta, plan.original, known)
        created = _name_clone(okta, clone, is_own, name, description)
    _check_twin(okta, created)
    return created


def _clone(okta: Okta, original: Policy, known: t.Iterable[Policy]) -> tuple[Policy, bool]:
    """Clone a policy, and return the clone, and whether Okta's answer named it.

    If the answer is lost or cannot be read, the clone is the only policy with the name of a clone
    that was not there before. It would be left over otherwise: Okta names a clone, so that a next
    run cannot know it. It may as well be somebody else's.
    """
    earlier = {policy.id for policy in known}
    try:
        return okta.clone_policy(original.id, earlier), True
    except (Uncertain, Unreadable):
        new = [policy for policy in okta.access_policies() if policy.id not in earlier]
        names = find_leftover_clones(new, original)
        if len(new) != 1 or len(names) != 1:
            raise
        return new[0], False


def _name_clone(
    okta: Okta, clone: Policy, is_own: bool, name: str, description: str | None
) -> Policy:
    """Return the clone with its name. Deletes it if that fails: no next run could know it.

    Raises Refused if the name is taken.

    :arg is_own: whether Okta's answer named the clone. Another one is named in the error and stays.
    """
    try:
        return write_policy(okta, clone, name, description)
    except RunEnded:
        raise
    except DeviceTrustError as error:
        if not is_own:
            text = f"{error.message} The clone {clone.name!r} ({clone.id}) stays."
            raise type(error)(text, **error.details) from error
        raise _withdraw_unnamed(okta, clone, name, error) from error


def _withdraw_unnamed(
    okta: Okta, clone: Policy, name: str, error: DeviceTrustError
) -> DeviceTrustError:
    """Delete a clone that did not get its name, and return the error of that.

    It stays if Okta shows it with name and mark: the answer alone was lost. A next run finds it.
    """
    try:
        known = okta.access_policies()
        policy = next((each for each in known if each.id == clone.id), None)
        if policy is None:
            text = f"{error.message} Okta does not list the clone {clone.name!r} ({clone.id})."
            return type(error)(f"{text} Delete it if it appears.", **error.details)
        if policy.name == name and find_original_id(policy):
            return error
        twins = [each for each in named(known, name) if each.id != clone.id]
        if twins and isinstance(error, ApiError) and error.status == 400:
            return _withdraw(okta, replace(clone, name=name), twins[0])
        check_deletable(okta, policy)
        okta.delete_policy(clone.id)
    except DeviceTrustError as second:
        text = (
            f"{error.message} The clone {clone.name!r} ({clone.id}) was not deleted:"
            f" {second.message} Delete it in the Admin Console."
        )
        return type(error)(text, **error.details)
    return error


def _check_twin(okta: Okta, created: Policy) -> None:
    """Delete the policy that this run created if another run created it before. Raises Refused."""
    twin = find_older_twin(created, okta.access_policies())
    if twin:
        raise _withdraw(okta, created, twin)


def _withdraw(okta: Okta, created: Policy, twin: Policy) -> Refused:
    """Delete the policy that this run created. Return the error that names the one that stays."""
    check_deletable(okta, created)
    okta.delete_policy(created.id)
    return Refused(
        f"Policy {created.name!r}: another run created it at the same time ({twin.id}). This run"
        " deleted its own copy before an app had it. Wait for the other run, then run again."
    )


def write_policy(okta: Okta, policy: Policy, name: str, description: str | None) -> Policy:
    """Write name and description by a full replace of what was read. Raises NotAsWritten."""
    body = {key: value for key, value in policy.row.items() if key not in POLICY_READ_ONLY}
    body["name"] = name
    if description is not None:
        body["description"] = description
    written = okta.replace_policy(policy.id, body)
    keys = [
        key
        for key, value in (("name", written.name), ("description", written.description))
        if value != body.get(key)
    ]
    if keys:
        raise NotAsWritten(
            f"Okta accepted policy {name!r} and shows other values for {', '.join(keys)}. Run"
            " again.",
            keys=keys,
        )
    return written


def move_app(okta: Okta, app: App, policy: Policy, earlier_id: str = "") -> None:
    """Assign a policy to an app, and verify that Okta shows it. Raises NotAsWritten, Refused.

    The policy is read again: to an app whose policy is not active, Okta applies another one.

    :arg earlier_id: the policy that the app has in the plan, "" if that is not known. It is
        refused if the app has another one by now.
    """
    check_target(okta, policy, app.id)
    if earlier_id:
        check_app(okta, app, earlier_id)
    okta.assign_app_policy(app.id, policy.id)
    if app.id not in okta.policy_apps(policy.id):
        raise NotAsWritten(
            f"Okta accepted policy {policy.name!r} for app {app.label!r} and does not show it"
            " there. Another client may move it too. Run again."
        )


def apply_moves(okta: Okta, moves: t.Sequence[Move]) -> None:
    """Assign each app its policy, one after the other, and verify it.

    The rules of a policy are read again before each further app gets it. If one move fails, the
    error says which apps moved, and which did not.
    """
    apps = [move.app for move in moves]
    targets = {move.target.id for move in moves} if len(moves) > 1 else set()
    rules = {policy_id: okta.policy_rules(policy_id) for policy_id in targets}
    for number, move in enumerate(moves):
        try:
            if number:
                check_rules(okta, move.target, rules[move.target.id])
            move_app(okta, move.app, move.target, move.before)
        except DeviceTrustError as error:
            if len(moves) == 1:
                raise
            raise _explain_interruption(error, apps[:number], apps[number:]) from error


def apply_reversal(okta: Okta, moves: t.Sequence[Move]) -> list[StayingApp]:
    """Move apps back, each by itself. Return those that stay, and why.

    People may be locked out of each of them, so one that Okta refuses does not keep the others from
    it. Raises an error if no app moves, or if it would meet the others too: the credentials or the
    connection fail. The error says which apps moved, and which did not.
    """
    moved: list[App] = []
    staying: list[StayingApp] = []
    errors: list[DeviceTrustError] = []
    for number, move in enumerate(moves):
        try:
            move_app(okta, move.app, move.target, move.before)
        except DeviceTrustError as error:
            if _meets_all(error):
                rest = [each.app for each in moves[number:]]
                raise _explain_interruption(error, moved, rest, staying) from error
            if not _has_moved(okta, move, error):
                errors.append(error)
                staying.append(StayingApp(move.app, _explain_error(error)))
                continue
        moved.append(move.app)
    if staying and not moved:
        reasons = explain_staying_apps(staying)
        text = f"{reasons} No app moved. Correct the cause. Run again after that."
        raise type(errors[0])(text, **errors[0].details)
    return staying


def _meets_all(error: DeviceTrustError) -> bool:
    """Return whether an error says nothing of the app that it met."""
    if isinstance(error, (Unauthorized, RateLimited)):
        return True
    return not isinstance(error, (ApiError, NotAsWritten, Refused, Uncertain))


def _has_moved(okta: Okta, move: Move, error: DeviceTrustError) -> bool:
    """Return whether an app has its policy although the answer was lost or is odd."""
    if not isinstance(error, (NotAsWritten, Uncertain)):
        return False
    return move.app.id in okta.policy_apps(move.target.id)


def _explain_error(error: DeviceTrustError) -> str:
    if isinstance(error, Uncertain):
        return "Okta's answer to its move was lost, and Okta does not show it as moved"
    return str(error.details.get("reason", error.message)).rstrip(".")


def _explain_interruption(
    error: DeviceTrustError,
    moved: t.Sequence[App],
    rest: t.Sequence[App],
    staying: t.Sequence[StayingApp] = (),
) -> DeviceTrustError:
    """Return the error with what moved before it, and what did not.

    :arg rest: the app that the error met, and those after it.
    """
    failed, waiting = rest[0], [*rest[1:], *(each.app for each in staying)]
    text = (
        f"{error.message} This was the move of app {failed.label!r}. Moved before it:"
        f" {_list_labels(moved)}. Not moved: {_list_labels(waiting)}. What moved stays. Correct the"
        " cause and run again, which moves the others."
    )
    details = {
        "moved_apps": [{"id": app.id, "label": app.label} for app in moved],
        "failed_app": {"id": failed.id, "label": failed.label},
        "waiting_apps": [{"id": app.id, "label": app.label} for app in waiting],
    }
    return type(error)(text, **{**error.details, **details})


def _list_labels(apps: t.Sequence[App]) -> str:
    return ", ".join(repr(app.label) for app in apps) or "none"


def check_deletable(okta: Okta, policy: Policy) -> None:
    """Raise Refused if the policy is Okta's own, or if any app has it."""
    if policy.system:
        raise Refused(
            f"Policy {policy.name!r}: it is Okta's own, and Okta does not delete it. Remove this"
            " task."
        )
    app_ids = okta.policy_apps(policy.id)
    if app_ids:
        labels = {app.id: app.label for app in okta.apps()}
        names = abbreviate([repr(labels.get(each, each)) for each in app_ids], 5)
        use = "1 app uses" if len(app_ids) == 1 else f"{len(app_ids)} apps use"
        raise Refused(
            f"Policy {policy.name!r}: {use} it ({names}), so it is not deleted. Assign another"
            " policy first."
        )


# Its rules


def apply_rule(okta: Okta, policy: Policy, plan: RulePlan) -> list[PolicyRule]:
    """Carry out a plan, one write after the other. Returns the rules that were read back, in order.

    Raises NotAsWritten.
    """
    request = plan.request
    if plan.deletes and plan.current:
        okta.delete_rule(policy.id, plan.current.id)
        left = in_order(okta.policy_rules(policy.id))
        if plan.current.id in [each.id for each in left]:
            raise NotAsWritten(
                f"Rule {plan.current.name!r} of policy {policy.name!r}: Okta lists it after"
                " deletePolicyRule. Run again.",
                vendor="okta",
                operation="deletePolicyRule",
            )
        return left
    _write_changes(okta, policy.id, plan)
    rules = in_order(okta.policy_rules(policy.id))
    for _attempt in range(MAX_ATTEMPTS):
        if is_placed(rules, request.name, request.place):
            break
        rules = _replace_at_place(okta, policy, rules, request)
    rule = verify_rule(request, rules, policy.name)
    if not is_placed(rules, rule.name, request.place):
        raise NotAsWritten(
            f"Rule {rule.name!r} of policy {policy.name!r} does not stay at its place: another"
            " client moves rules too. Run again.",
            keys=["priority"],
        )
    return rules


def _write_changes(okta: Okta, policy_id: str, plan: RulePlan) -> None:
    """Write content and status so that new content is in force with its new status only."""
    deactivates = plan.status == "INACTIVE"
    if plan.current and deactivates:
        okta.set_rule_status(policy_id, plan.current.id, False)
    if plan.body is not None:
        _write_rule(okta, policy_id, plan, plan.body)
    if plan.current and plan.status and not deactivates:
        okta.set_rule_status(policy_id, plan.current.id, True)


def _write_rule(okta: Okta, policy_id: str, plan: RulePlan, body: Json) -> None:
    if plan.current is None:
        create_rule(okta, policy_id, body, plan.request.status != "INACTIVE")
        return
    # The rule is read again, which keeps what other clients wrote since the list was read.
    fresh = okta.policy_rule(policy_id, plan.current.id)
    if fresh is None:
        raise NotFound(
            f"Rule {plan.request.name!r} was deleted in Okta during this run. Run again.",
            vendor="okta",
        )
    fresh_body = merge_rule(plan.request.body, fresh)
    if body.get("priority") != plan.current.row.get("priority"):
        fresh_body["priority"] = body["priority"]
    okta.replace_rule(policy_id, plan.current.id, fresh_body)


def create_rule(okta: Okta, policy_id: str, body: Json, active: bool) -> None:
    """Create a rule.

    While another client writes to the policy, Okta answers 409 or 500. Only a read shows whether
    the rule was created.
    """
    settings = okta.transport.settings
    for attempt in count(1):
        try:
            okta.create_rule(policy_id, body, active)
            return
        except (ApiError, Uncertain) as error:
            if error.details.get("status") not in (409, 500) or attempt == MAX_ATTEMPTS:
                raise
        reason = f"Okta: waiting for another change of the rules before {body['name']!r}"
        settings.wait(attempt * settings.chance(), reason)
        if named(okta.policy_rules(policy_id), body["name"]):
            return


def _replace_at_place(
    okta: Okta, policy: Policy, rules: Rules, request: RuleRequest
) -> list[PolicyRule]:
    current = find_rule(rules, request.name, policy.name)
    if current is None:
        return list(rules)
    body = merge_rule(request.body, current)
    index = place_index(rules, request.name, request.place, policy.name)
    priority = place_priority(rules, index)
    if priority is not None:
        body["priority"] = priority
    okta.replace_rule(policy.id, current.id, body)
    return in_order(okta.policy_rules(policy.id))
