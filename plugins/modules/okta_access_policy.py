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
  - To write rules, use M(devicetrust.okta_kandji.okta_access_policy_rule).
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
        of the clone says. An app whose earlier policy is not known stays, with a warning. The
        policy itself stays. The module makes no forecast.
      - V(absent) deletes it if it has no app.
    type: str
    choices: [present, reverted, absent]
    default: present
  clone_of:
    description:
      - Id or exact name of the policy that a new one is cloned from, with its rules. A policy of
        the name that was made from another one is refused.
      - If a run was interrupted before it named the clone, that clone stays, because nothing tells
        it from a clone that somebody keeps. The next run clones again and names it in a warning.
    type: str
  description:
    description: Description of the policy. The description of a clone ends with the ids of the
      other policy, and of the apps that moved. Do not change these marks.
    type: str
  apps:
    description: Ids or exact labels of apps to assign to the policy. They move in this order. Other
      apps of the policy stay.
    type: list
    elements: str
    default: []
seealso:
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

- name: Assign the first app to the clone
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    apps: [Device check]
    break_glass_group: Break glass

- name: Return all apps to the policies that they had
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    state: reverted
"""

RETURN = r"""
policy:
  description: The policy. C(id) is null if check mode would create it. C(made_from) is the id of
    the policy that it is a clone of, or null.
  returned: success
  type: dict
  sample: {id: rst1n8sbwArJ7OQRw406, name: Company apps (managed devices), description: "[made
    from policy rst0n8sbwArJ7OQRw406]", made_from: rst0n8sbwArJ7OQRw406}
moved_apps:
  description: The apps that the module moved, or would move in check mode. C(from_policy) is the
    id of the policy that an app had.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 0oa1n8sbwArJ7OQRw406, label: Device check, from_policy: rst0n8sbwArJ7OQRw406}
left_apps:
  description: The apps that keep the policy, because their earlier policy is not known. Empty
    unless O(state=reverted).
  returned: success
  type: list
  elements: dict
  sample: []
forecast:
  description: The forecast, with the keys that M(devicetrust.okta_kandji.okta_access_policy_rule)
    returns. Null if no app moves, or if the module makes no forecast.
  returned: success, and failure because of the forecast
  type: dict
  sample: {people: 120, locked_out_people: [], locked_out: [], newly_admitted: [], never_seen: [],
    unknowns: []}
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
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ..module_utils._access import guards, policy_apply, policy_plan, recheck, resolution
from ..module_utils._access.forecast import Forecast
from ..module_utils._access.rule_order import Rules
from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import FORECAST, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.records import App, Policy

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "reverted", "absent"], "default": "present"},
    "clone_of": {"type": "str"},
    "description": {"type": "str"},
    "apps": {"type": "list", "elements": "str", "default": []},
}
USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_APPS,
    *guards.USES,
    okta_api.CREATE_POLICY,
    okta_api.CLONE_POLICY,
    okta_api.REPLACE_POLICY,
    okta_api.DELETE_POLICY,
    okta_api.ASSIGN_APP_POLICY,
)


@dataclass(frozen=True)
class Done:
    """What a run did, or would do in check mode.

    ``came_from`` is the id of the policy that all moved apps had, if it is one. ``left_apps`` could
    not go back.
    """

    policy: Policy
    changes: t.Sequence[Change] = ()
    moved_apps: t.Sequence[App] = ()
    forecast: Forecast | None = None
    came_from: str = ""
    left_apps: t.Sequence[App] = ()

    def as_result(self) -> Result:
        """Return the module's result."""
        rows = [
            {"id": app.id, "label": app.label, "from_policy": self.came_from or app.policy_id}
            for app in self.moved_apps
        ]
        policy_row = {
            "id": self.policy.id or None,
            "name": self.policy.name,
            "description": self.policy.description,
            "made_from": policy_plan.origin_of(self.policy),
        }
        forecast = self.forecast.as_result() if self.forecast else None
        left = [{"id": app.id, "label": app.label} for app in self.left_apps]
        return build_result(
            self.changes, policy=policy_row, moved_apps=rows, left_apps=left, forecast=forecast
        )


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    known = ctx.okta.access_policies()
    current = resolution.find_policy(known, ctx.params["name"], "name")
    started = datetime.fromtimestamp(ctx.okta.transport.started(), timezone.utc)
    actions = {"present": _present, "reverted": _reverted, "absent": _absent}
    done = actions[ctx.params["state"]](ctx, known, current)
    return {**done.as_result(), "started": started.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _present(ctx: ModuleContext, known: t.Sequence[Policy], current: Policy | None) -> Done:
    params, original = ctx.params, None
    if params["clone_of"]:
        original = resolution.require_policy(known, params["clone_of"], "clone_of")
    moving = _moving_apps(ctx, current)
    came_from = {app.id: app.policy_id for app in moving if app.policy_id}
    plan = policy_plan.plan_policy(
        params["name"], params["description"], current, original, came_from
    )
    if current is None and original:
        _warn_of_leftovers(ctx, known, original)
    changes = [*plan.changes, *(_assignment(app, plan.future) for app in moving)]
    rules = _read_rules(ctx, current or original, moving) if moving else {}
    forecast = _guard(ctx, plan.future, rules, moving) if moving else None
    policy = plan.future
    if changes and not ctx.check_mode:
        _check_rules(ctx, known, rules)
        recheck.check_policy(ctx.okta, params["name"], current)
        policy = policy_apply.apply_policy(ctx.okta, plan)
        for app in moving:
            policy_apply.move_app(ctx.okta, app, policy, app.policy_id)
    return Done(policy, changes, moving, forecast)


def _moving_apps(ctx: ModuleContext, current: Policy | None) -> list[App]:
    """Return the wanted apps that the policy does not have yet."""
    wanted = ctx.params["apps"]
    apps = resolution.resolve_apps(ctx.okta.apps(), wanted) if wanted else []
    mapped = ctx.okta.policy_apps(current.id) if current and apps else []
    return [app for app in apps if app.id not in mapped]


def _warn_of_leftovers(ctx: ModuleContext, known: t.Sequence[Policy], original: Policy) -> None:
    leftovers = policy_plan.leftover_clones(known, original)
    if leftovers:
        ctx.warn(
            f"{', '.join(map(repr, leftovers))}: an interrupted run may have left it, or somebody"
            " may keep it. Nothing marks it as made by this collection, so it stays. Delete it if"
            " nobody needs it."
        )


def _read_rules(
    ctx: ModuleContext, source: Policy | None, moving: t.Sequence[App]
) -> dict[str, Rules]:
    """Return the rules that the apps would get, then those that they have, by their policies.

    Raises BadOption.

    :arg source: the policy with the rules that the apps would get; None for a new policy that is
        not a clone, which has none yet.
    """
    if source is None:
        raise BadOption(
            "apps: a policy that this run creates without clone_of has only the rules of Okta."
            " Write its rules first, then assign it to apps."
        )
    policies = dict.fromkeys([source.id, *map(policy_plan.require_policy_of, moving)])
    return {policy_id: ctx.okta.policy_rules(policy_id) for policy_id in policies}


def _guard(
    ctx: ModuleContext, policy: Policy, rules: t.Mapping[str, Rules], moving: t.Sequence[App]
) -> Forecast | None:
    """Return the forecast of moving the apps to a policy. Raises Refused.

    :arg rules: the rules of ``_read_rules``.
    """
    after = next(iter(rules.values()))
    changes = [guards.AppChange(app, rules[app.policy_id], after) for app in moving]
    change = guards.PolicyChange(policy, after, after, changes)
    return guards.check_change(ctx.okta, change, guards.GuardOptions.from_params(ctx.params))


def _check_rules(
    ctx: ModuleContext, known: t.Sequence[Policy], rules: t.Mapping[str, Rules]
) -> None:
    """Raise Refused if the rules of ``_read_rules`` are not the same any more."""
    for policy in known:
        if policy.id in rules:
            recheck.check_rules(ctx.okta, policy, rules[policy.id])


def _assignment(app: App, policy: Policy) -> Change:
    return Change(
        "assign", f"app {app.label!r} to policy {policy.name!r}", {}, {"policy": policy.name}
    )


def _reverted(ctx: ModuleContext, known: t.Sequence[Policy], current: Policy | None) -> Done:
    if current is None:
        return Done(Policy("", ctx.params["name"]))
    mapped = ctx.okta.policy_apps(current.id)
    apps = {app.id: app for app in ctx.okta.apps()} if mapped else {}
    plan = policy_plan.plan_reversal(
        current, [apps.get(app_id, App(app_id, app_id)) for app_id in mapped], known
    )
    changes = [_assignment(app, target) for app, target in plan.moves]
    if plan.description != (current.description or ""):
        before, after = {"description": current.description}, {"description": plan.description}
        changes.append(Change("update", f"policy {current.name!r}", before, after))
    if changes and not ctx.check_mode:
        recheck.check_policy(ctx.okta, current.name, current)
        for app, target in plan.moves:
            policy_apply.move_app(ctx.okta, app, target, current.id)
        if plan.description != (current.description or ""):
            recheck.check_policy(ctx.okta, current.name, current)
            policy_apply.write_policy(ctx.okta, current, current.name, plan.description)
    _warn_of_left_apps(ctx, current, plan.left)
    moved = [app for app, _target in plan.moves]
    future = replace(current, description=plan.description)
    return Done(future, changes, moved, came_from=current.id, left_apps=plan.left)


def _warn_of_left_apps(ctx: ModuleContext, policy: Policy, left: t.Sequence[App]) -> None:
    if left:
        ctx.warn(
            f"{', '.join(repr(app.label) for app in left)}: the policy before {policy.name!r} is"
            " not known or does not exist any more, so it stays. Assign its policy with"
            " okta_access_policy."
        )


def _absent(ctx: ModuleContext, _known: t.Sequence[Policy], current: Policy | None) -> Done:
    if current is None:
        return Done(Policy("", ctx.params["name"]))
    if not ctx.check_mode:
        recheck.check_policy(ctx.okta, current.name, current)
    policy_apply.check_deletable(ctx.okta, current)
    if not ctx.check_mode:
        ctx.okta.delete_policy(current.id)
    change = Change("delete", f"policy {current.name!r}", {"description": current.description}, {})
    return Done(current, [change])


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
