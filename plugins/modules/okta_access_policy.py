#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy
short_description: Manage an app sign-in policy in Okta as a clone, and its apps
version_added: 0.1.0
description:
  - Creates an app sign-in policy, new or as a clone of another one. Manages its description, and
    moves apps to it, one after the other.
  - The description of a clone names the policy that it was made from, and the earlier policy of
    each app that moved. Its apps can therefore go back without any file (O(state=reverted)).
  - Before an app moves, the module evaluates its current and its new rules for everyone who used
    it. It refuses the move if more than O(max_locked_out) people would be locked out.
  - It refuses to move an app to a policy that is not active. It also refuses the policy of the Okta
    Admin Console for other apps, as Okta does.
  - To write rules, use M(devicetrust.okta_kandji.okta_access_policy_rules).
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._forecast
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.okta
options:
  name:
    description: Name of the policy, or its id if it exists.
    type: str
    required: true
  state:
    description:
      - V(present) creates the policy if it does not exist.
      - V(reverted) assigns each app of the policy to the one that it had before, as the description
        of the clone says. An app whose earlier policy is not known, is not active, or is refused by
        Okta for that app stays, with a warning. The policy itself stays. An app that came from
        another clone goes back to the policy that it had before that one.
      - No API shows which policy an app had before. For an app that somebody moved away from the
        clone and back to it by hand, the description may still say what it had before the first
        move. A run of V(present) with O(apps) in between removes that. Check mode shows where each
        app goes.
      - If the policy does not exist, V(reverted) changes nothing. It fails if another clone has
        apps, because the policy may have been renamed. With O(clone_of), only clones of that policy
        count.
      - V(reverted) is guarded like any other move, because the earlier policy may have changed
        meanwhile. People whom both policies refuse never count, nor do people whom the earlier
        policy refused by its rules when the apps left it. As many more people may be locked out as
        others are surely admitted again. If the earlier rules can refuse nobody whom the present
        ones admit, the module reads neither people nor the System Log.
      - The description of the clone has a digest of the earlier rules. If it is missing, or the
        rules are the same as then, whom they refused then is not known. The apps go back, and a
        warning names the people whom the earlier policy refuses and the present one admits. If the
        rules changed, and members of a group that they name did after the clone was created,
        everybody whom they refuse counts.
      - The break-glass group may lose an app that is not Okta's own, unless the earlier policy
        requires managed devices and O(allow_protected_apps) does not name the app. If the System
        Log cannot be read, set O(forecast=false).
      - V(absent) deletes it if it has no app.
    type: str
    choices: [present, reverted, absent]
    default: present
  clone_of:
    description:
      - Id or exact name of the policy that a new one is cloned from, with its rules. A policy of
        the name that was made from another one is refused.
      - If the policy does not exist and another clone of the same policy has one of O(apps), that
        clone may have been renamed. The module then refuses to clone again, and names it.
      - If a run was interrupted before it named the clone, that clone stays, because nothing tells
        it from a clone that somebody keeps. The next run clones again and names it in a warning.
    type: str
  description:
    description: Description of the policy. The description of a clone ends with the ids of the
      other policy, and of the apps that moved. Do not change these marks.
    type: str
  apps:
    description: Ids or exact labels of apps to assign to the policy. They move in this order. Other
      apps of the policy stay. For O(state=present) only.
    type: list
    elements: str
    default: []
  planned_rules:
    description:
      - The rules that an earlier task of the run writes to the policy, each with the options of a
        rule of M(devicetrust.okta_kandji.okta_access_policy_rule). The module writes no rule.
      - In check mode, Okta does not have them yet, and they make the move predictable. Otherwise,
        the module refuses to move an app if the policy does not have them.
      - For O(apps) only.
    type: list
    elements: dict
    default: []
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy_rules
  - module: devicetrust.okta_kandji.okta_access_policy_rule
  - module: devicetrust.okta_kandji.okta_access_policy_forecast
"""

EXAMPLES = r"""
- name: Clone a sign-in policy for managed devices
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    clone_of: Company apps
    description: Apps of the company, from managed devices alone

- name: Write a rule of the clone
  devicetrust.okta_kandji.okta_access_policy_rules:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    policy: Company apps (managed devices)
    clone_of: Company apps
    break_glass_group: Break glass
    rules:
      - name: Managed Macs
        position: first
        platforms: [MACOS]
        groups_excluded: [Break glass]
        managed: true
        access: ALLOW
        factor_mode: 2FA

- name: Assign the first app to the clone
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    apps: [Device check]
    break_glass_group: Break glass
    planned_rules:
      - name: Managed Macs
        position: first
        platforms: [MACOS]
        groups_excluded: [Break glass]
        managed: true
        access: ALLOW
        factor_mode: 2FA

- name: Return all apps to the policies that they had
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    state: reverted
    break_glass_group: Break glass
"""

RETURN = r"""
policy:
  description: The policy. C(id) is null if check mode would create it. C(made_from) is the id of
    the policy that it is a clone of, or null. C(created) is when it was made, or null.
  returned: success
  type: dict
  sample: {id: rst1n8sbwArJ7OQRw406, name: Company apps (managed devices), description: "[made
    from policy rst0n8sbwArJ7OQRw406]", made_from: rst0n8sbwArJ7OQRw406,
     created: "2026-11-24T12:16:08Z"}
moved_apps:
  description: The apps that the module moved, or would move in check mode. C(from_policy) is the
    id of the policy that an app had.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 0oa1n8sbwArJ7OQRw406, label: Device check, from_policy: rst0n8sbwArJ7OQRw406}
staying_apps:
  description: The apps that keep the policy, and why, for example because their earlier policy is
    not known, or because Okta refused to move the app. Empty unless O(state=reverted).
  returned: success
  type: list
  elements: dict
  sample: []
forecast:
  description: The forecast, with the keys that M(devicetrust.okta_kandji.okta_access_policy_rule)
    returns. Null if no app moves, if O(forecast=false), or if O(state=reverted) can refuse nobody.
  returned: success, and failure because of the forecast
  type: dict
  sample: {people: 120, locked_out_people: [], locked_out: [], newly_admitted: [], never_seen: [],
    never_seen_admitted: [], unknowns: []}
failed_app:
  description: The app whose move failed, of several. C(moved_apps) then has the apps that moved
    before it, and C(waiting_apps) those that did not.
  returned: failure of one of several moves
  type: dict
  sample: {id: 0oa1n8sbwArJ7OQRw406, label: Device check}
waiting_apps:
  description: The apps that did not move, because the move of another one failed.
  returned: failure of one of several moves
  type: list
  elements: dict
  sample: []
started:
  description: When the run began, by Okta's clock, in ISO 8601 and UTC.
  returned: success
  type: str
  sample: "2026-11-25T08:00:00Z"
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["assign app 'Device check' to policy 'Company apps (managed devices)'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: clonePolicy, verb: POST, count: 1}
"""

import typing as t
from dataclasses import replace
from datetime import datetime, timezone

from ..module_utils._access.forecast.other_policies_reader import OtherPolicies
from ..module_utils._access.guards import change_guard
from ..module_utils._access.guards.protected_apps import check_not_account_policy
from ..module_utils._access.policies import apply as policy_apply
from ..module_utils._access.policies import lookups, moves_reader, recheck, reversal
from ..module_utils._access.policies import moves as policy_moves
from ..module_utils._access.policies import plan as policy_plan
from ..module_utils._access.policies.marks import parse_marks
from ..module_utils._access.policies.policy_result import PolicyResult
from ..module_utils._access.rules.rule_order import Rules, in_order
from ..module_utils._access.rules.rule_set_plan import plan_rules
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import FORECAST, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result
from ..module_utils._core.timestamps import format_timestamp
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.records import App, Policy

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "reverted", "absent"], "default": "present"},
    "clone_of": {"type": "str"},
    "description": {"type": "str"},
    "apps": {"type": "list", "elements": "str", "default": []},
    "planned_rules": {"type": "list", "elements": "dict", "default": []},
}
USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_APPS,
    *change_guard.USES,
    okta_api.CREATE_POLICY,
    okta_api.CLONE_POLICY,
    okta_api.REPLACE_POLICY,
    okta_api.DELETE_POLICY,
    okta_api.ASSIGN_APP_POLICY,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    state, apps = ctx.params["state"], ctx.params["apps"]
    policy_plan.check_apps_option(state, apps)
    policy_plan.check_planned_rules_option(state, apps, ctx.params["planned_rules"])
    known = ctx.okta.access_policies()
    current = lookups.find_policy(known, ctx.params["name"], "name")
    started = datetime.fromtimestamp(ctx.okta.transport.started(), timezone.utc)
    actions = {"present": _ensure_present, "reverted": _revert, "absent": _delete}
    outcome = actions[ctx.params["state"]](ctx, known, current)
    return {**outcome.as_result(), "started": format_timestamp(started)}


def _ensure_present(
    ctx: ModuleContext, known: t.Sequence[Policy], current: Policy | None
) -> PolicyResult:
    params, original = ctx.params, None
    if params["clone_of"]:
        original = lookups.require_policy(known, params["clone_of"], "clone_of")
    org_apps, held = _read_apps(ctx, current)
    wanted = lookups.resolve_apps(org_apps, params["apps"]) if params["apps"] else []
    moving = [app for app in wanted if app.id not in (held or ())]
    if current is None and original:
        policy_plan.require_no_renamed_clone(params["name"], "name", original, moving, known)
        _warn(ctx, policy_plan.describe_leftovers(known, original))
    plan, rules = _plan_policy(ctx, known, (current, original), moving, held)
    changes = [
        *plan.changes,
        *(policy_moves.plan_assignment(app, plan.future) for app in moving),
    ]
    planned = policy_moves.plan_moves(plan.future, current or original, moving, known)
    moves = _predict_rules(ctx, planned, rules)
    _warn(ctx, *policy_moves.describe_inactive_policies(move.present for move in moves))
    policy_moves.require_all_move(moves, org_apps)
    if current and params["apps"]:
        policy_moves.require_active(current)
    options = change_guard.GuardOptions.from_params(params)
    others = OtherPolicies(ctx.okta, warn=ctx.warn)
    forecast = moves_reader.guard_moves(ctx.okta, moves, rules, options, others=others)
    policy = plan.future
    if changes and not ctx.check_mode:
        recheck.check_all_rules(ctx.okta, known, rules)
        policy = _apply(ctx, plan, moves)
    return PolicyResult(policy, changes, moving, forecast)


def _read_apps(
    ctx: ModuleContext, current: Policy | None
) -> tuple[t.Sequence[App], t.Collection[str] | None]:
    """Return the apps of the org, and the ids of those that the policy has.

    Without the option, they are empty and None.
    """
    if not ctx.params["apps"]:
        return [], None
    org_apps = ctx.okta.apps()
    return org_apps, ctx.okta.policy_apps(current.id) if current and org_apps else None


def _plan_policy(
    ctx: ModuleContext,
    known: t.Sequence[Policy],
    policies: tuple[Policy | None, Policy | None],
    moving: t.Sequence[App],
    held: t.Collection[str] | None,
) -> tuple[policy_plan.PolicyPlan, dict[str, Rules]]:
    """Return the plan, and the rules that apply to the apps now and later, by policy.

    :arg policies: the policy as it is, and its original.
    :arg held: the ids of the apps that the policy has, None if they were not read.
    """
    current, original = policies
    name, description = ctx.params["name"], ctx.params["description"]
    target = current or Policy("", name)
    moves = policy_moves.plan_moves(target, current or original, moving, known)
    rules = moves_reader.read_rules(ctx.okta, moves)
    earlier = policy_plan.find_earlier_policies(moving, known, rules)
    return policy_plan.plan_policy(name, description, current, original, earlier, held), rules


def _predict_rules(
    ctx: ModuleContext,
    moves: t.Sequence[policy_moves.Move],
    rules: t.Mapping[str, Rules],
) -> t.Sequence[policy_moves.Move]:
    """Return the moves, in check mode with the rules that an earlier task of the run would write.

    Otherwise raises Refused if the policy does not have them.

    :arg rules: those that policies have, by policy.
    """
    wanted = lookups.validate_rules(ctx.params["planned_rules"], "planned_rules")
    if not (wanted and moves):
        return moves
    present = in_order(rules[moves[0].after])
    requests = lookups.resolve_rules(ctx.okta, wanted, ctx.params["break_glass_group"], present)
    plan = plan_rules(present, requests, ctx.params["name"], "planned_rules")
    if not ctx.check_mode:
        policy_moves.require_written(plan.changes, ctx.params["name"])
        return moves
    return [replace(move, planned=plan.after) for move in moves]


def _apply(
    ctx: ModuleContext, plan: policy_plan.PolicyPlan, moves: t.Sequence[policy_moves.Move]
) -> Policy:
    """Write the policy, then move the apps to it. Return the policy."""
    present = recheck.reread_policies(ctx.okta, ctx.params["name"], plan.current)
    if plan.current:
        recheck.check_marks(ctx.okta, plan.current, plan.future)
    policy = policy_apply.apply_policy(ctx.okta, plan, present)
    policy_apply.apply_moves(ctx.okta, [replace(move, target=policy) for move in moves])
    return policy


def _revert(ctx: ModuleContext, known: t.Sequence[Policy], current: Policy | None) -> PolicyResult:
    if current is None:
        original = lookups.find_policy(known, ctx.params["clone_of"] or "", "clone_of")
        policy_plan.require_no_other_clone(ctx.params["name"], known, original)
        return PolicyResult(Policy("", ctx.params["name"]))
    mapped = ctx.okta.policy_apps(current.id)
    is_marked = bool(parse_marks(current.description).came_from)
    org_apps = {app.id: app for app in ctx.okta.apps()} if mapped or is_marked else {}
    apps = [org_apps.get(app_id, App(app_id, app_id)) for app_id in mapped]
    moved = reversal.describe_moved_apps(current, org_apps.values(), known)
    plan, staying = reversal.plan_possible_reversal(current, apps, known, org_apps.values())
    moves = reversal.plan_moves_back(plan, current)
    rules = moves_reader.read_rules(ctx.okta, moves)
    moves = moves_reader.mark_changed_groups(ctx.okta, moves, rules, current.created)
    options = change_guard.GuardOptions.from_params(ctx.params)
    others = OtherPolicies(ctx.okta, warn=ctx.warn)
    forecast = moves_reader.guard_moves(ctx.okta, moves, rules, options, True, others)
    if not ctx.check_mode and (moves or reversal.changes_description(plan, current)):
        recheck.check_all_rules(ctx.okta, known, rules)
        recheck.reread_policies(ctx.okta, current.name, current)
        refused = policy_apply.apply_reversal(ctx.okta, moves)
        staying += refused
        staying_ids = {app.id for app in plan.staying} | {each.app.id for each in refused}
        plan = reversal.plan_reversal(current, apps, known, staying_ids)
        if reversal.changes_description(plan, current):
            recheck.reread_policies(ctx.okta, current.name, current)
            policy_apply.write_policy(ctx.okta, current, current.name, plan.description)
    _warn(ctx, *moved, *reversal.describe_reversal(staying, forecast))
    return PolicyResult(
        replace(current, description=plan.description),
        reversal.plan_changes(plan, current),
        [app for app, _target in plan.moves],
        forecast,
        came_from=current.id,
        staying_apps=staying,
    )


def _delete(ctx: ModuleContext, _known: t.Sequence[Policy], current: Policy | None) -> PolicyResult:
    if current is None:
        return PolicyResult(Policy("", ctx.params["name"]))
    if not ctx.check_mode:
        recheck.reread_policies(ctx.okta, current.name, current)
    check_not_account_policy(current)
    policy_apply.check_deletable(ctx.okta, current)
    if not ctx.check_mode:
        ctx.okta.delete_policy(current.id)
    return PolicyResult(current, [policy_plan.plan_deletion(current)])


def _warn(ctx: ModuleContext, *texts: str) -> None:
    for text in filter(None, texts):
        ctx.warn(text)


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
