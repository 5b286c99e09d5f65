#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy_forecast
short_description: Forecast who would be refused if apps had another policy or other rules
version_added: 0.1.0
description:
  - Evaluates two sets of rules for everyone who used an app, the current rules and those of
    O(policy) with O(rules) added. Names those who would go from admitted to refused.
  - M(devicetrust.okta_kandji.okta_access_policy) and
    M(devicetrust.okta_kandji.okta_access_policy_rule) do the same before they write. This module
    shows all of it before.
  - With O(simulate), it also asks Okta which rule of an active policy applies to a person, and
    compares.
  - This module only reads.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._forecast
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.okta
options:
  policy:
    description: Id or exact name of the policy that the apps would have.
    type: str
    required: true
  clone_of:
    description: If O(policy) does not exist yet, the policy that it would be cloned from. If one of
      O(apps) has another clone of that policy, the module fails, because it may be O(policy),
      renamed. With this option, RV(differing_policies) compares the rules.
    type: str
  apps:
    description: Ids or exact labels of the apps. If not set, all current apps of the policy.
    type: list
    elements: str
  rules:
    description:
      - Rules to add to the policy, in this order. Each has the options of a rule of
        M(devicetrust.okta_kandji.okta_access_policy_rule), and C(state) with V(absent) for a rule
        to remove.
    type: list
    elements: dict
    default: []
  refuse:
    description: Fail if a change would be refused. With V(false), the module returns the forecast
      and the run continues.
    type: bool
    default: true
  simulate:
    description:
      - Also ask Okta, for apps that have the policy already. At most 20 sign-ins, a request for
        each.
      - If Okta does not answer them all, for example because the org has no simulation, a warning
        and the result say so. That is not an error.
    type: bool
    default: false
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy
  - module: devicetrust.okta_kandji.okta_access_policy_rule
"""

EXAMPLES = r"""
- name: Forecast who would be refused if only managed Macs were admitted
  devicetrust.okta_kandji.okta_access_policy_forecast:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    policy: Company apps
    break_glass_group: Break glass
    refuse: false
    rules:
      - name: Unmanaged Macs
        position: first
        platforms: [MACOS]
        managed: false
        groups_excluded: [Break glass]
        access: DENY
  register: forecast

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Fail if a clone that does not exist yet would lock somebody out of two apps
  devicetrust.okta_kandji.okta_access_policy_forecast:
    policy: Company apps (managed devices)
    clone_of: Company apps
    apps: [Salesforce, Slack]
    break_glass_group: Break glass
    rules:
      - name: Managed Macs
        position: first
        platforms: [MACOS]
        managed: true
        groups_excluded: [Break glass]
        access: ALLOW
        factor_mode: 2FA
      - name: Other Macs
        after: Managed Macs
        platforms: [MACOS]
        groups_excluded: [Break glass]
        access: DENY

- name: Compare the forecast for an app that has moved with Okta's simulation
  devicetrust.okta_kandji.okta_access_policy_forecast:
    policy: Company apps (managed devices)
    apps: [Device check]
    break_glass_group: Break glass
    simulate: true
"""

RETURN = r"""
forecast:
  description:
    - The people whom the change would refuse. C(locked_out) has a row for each person, app and
      device. C(locked_out_people) has each login once.
    - C(newly_admitted) has the people who used the app and whom the change lets in where they are
      refused today. If C(unknowns) of a row is not empty, it decides whether they are.
    - C(never_seen) has the people who did not use the app and whom the change would refuse.
      C(never_seen_admitted) has those whom it lets in, such as everyone who is refused today.
    - C(unknowns) lists the conditions that are unknown before a sign-in. C(people) is the number of
      people that the forecast covers.
    - C(refused_earlier) has the people whom a global session policy refuses before and after the
      change, with the names of the policy and the rule. C(unread) says for each kind of
      policy, and each policy, that the credentials may not read what that means for the forecast.
      Each is a warning, too.
    - C(status_unknown) has the logins of people in C(locked_out) of whom Okta does not show whether
      they can sign in at all. They count. People who left do not, as far as Okta shows it, which
      takes one call for each person whom the log alone shows, or for 40 of more than 20.
  returned: success, and failure because of the forecast
  type: dict
  sample:
    people: 120
    locked_out_people: [ann@acme.com]
    locked_out:
      - {user_id: 00u1n8sbwArJ7OQRw406, login: ann@acme.com, device: "MACOS 'MacBook of Ann'
        (registered, not managed)", device_id: guo4a5u7YAHhjXrMK0g4,
         admitted_by: Catch-all Rule, refused_by: Unmanaged Macs, unknowns: [], app: Salesforce,
           app_id: 0oa1n8sbwArJ7OQRw406}
    newly_admitted: []
    never_seen: []
    never_seen_admitted: []
    unknowns: []
    log_names_devices: true
    refused_earlier:
      - {user_id: 00u2n8sbwArJ7OQRw406, login: bob@acme.com, policy: Leavers, rule: Stop}
    unread: []
refusal:
  description: The sentence with which a module would refuse the change, or null.
  returned: success
  type: str
  sample: null
apps:
  description: The apps that the forecast covers. C(policy) is the id of the policy that each has.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 0oa1n8sbwArJ7OQRw406, label: Salesforce, policy: rst1n8sbwArJ7OQRw406}
differing_policies:
  description: With O(clone_of), those of O(clone_of) and of the policies of O(apps) whose active
    rules differ from those of O(policy), without the ones in O(rules). C(apps) are the labels of
    the apps that would move from the policy. C(rules) are the names of the rules that only one of
    both has in this form, or in this place. A rule of the original and its copy that nobody changed
    since the clone was made, as Okta shows it, do not differ.
  returned: success
  type: list
  elements: dict
  sample: [{policy: Company apps, apps: [Slack], rules: [Contractors]}]
rule_changes:
  description: One line for each change of the policy's rules that the forecast assumes.
  returned: success
  type: list
  elements: str
  sample: ["create rule 'Unmanaged Macs' of policy 'Company apps'"]
simulation:
  description: Comparison with Okta's operation createPolicySimulation, or null unless
    O(simulate=true). C(available) is false if Okta did not answer for all sign-ins. C(reason) then
    holds its answer.
  returned: success
  type: dict
  sample: {available: true, asked: 6, agreed: 6, differing: [], reason: ""}
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listLogEvents, verb: GET, count: 1}
"""

import typing as t
from dataclasses import replace

from ..module_utils._access.forecast import simulation
from ..module_utils._access.forecast.conditions import DeviceContext, Person
from ..module_utils._access.forecast.directory import read_directory
from ..module_utils._access.forecast.evaluation import Forecast
from ..module_utils._access.forecast.forecast_reader import read_forecast
from ..module_utils._access.forecast.other_policies_reader import OtherPolicies
from ..module_utils._access.forecast.policy_changes import AppChange, PolicyChange
from ..module_utils._access.guards import change_guard
from ..module_utils._access.policies import lookups
from ..module_utils._access.policies import plan as policy_plan
from ..module_utils._access.policies.copied_rules import find_differing_policies
from ..module_utils._access.policies.moves import describe_inactive_policies
from ..module_utils._access.rules.rule_order import Rules, in_order, same_rules
from ..module_utils._access.rules.rule_set_plan import plan_rules
from ..module_utils._access.rules.subjects import named_groups
from ..module_utils._core.changes import described
from ..module_utils._core.errors import Refused
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import FORECAST, OKTA, ArgumentSpec, Params, arguments
from ..module_utils._core.results import Result
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.records import App, Policy

OPTIONS: ArgumentSpec = {
    "policy": {"type": "str", "required": True},
    "clone_of": {"type": "str"},
    "apps": {"type": "list", "elements": "str"},
    "rules": {"type": "list", "elements": "dict", "default": []},
    "refuse": {"type": "bool", "default": True},
    "simulate": {"type": "bool", "default": False},
}
USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_APPS,
    okta_api.SIMULATE,
    *change_guard.USES,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    wanted = lookups.validate_rules(params["rules"])
    known = ctx.okta.access_policies()
    existing = lookups.find_policy(known, params["policy"])
    source = "clone_of" if params["clone_of"] else "policy"
    policy = existing or lookups.require_policy(known, params[source], source)
    current = in_order(ctx.okta.policy_rules(policy.id))
    after, rule_changes = _plan(ctx, wanted, current)
    apps = _apps(ctx, policy.id)
    if existing is None:
        policy_plan.require_no_renamed_clone(params["policy"], "policy", policy, apps, known)
    future = existing or replace(policy, status="ACTIVE")  # a clone is
    rules = _read_rules(ctx, apps, known, {policy.id: current})
    changes = _app_changes(ctx, apps, known, future, (rules, after))
    others = {each: rules[each] for each in rules if each != policy.id}
    forecast, refusal = _forecast(ctx, PolicyChange(policy, current, after, changes))
    return {
        "changed": False,
        "forecast": forecast,
        "refusal": refusal,
        "simulation": _simulate(ctx, changes, policy) if params["simulate"] else None,
        "differing_policies": _compare(ctx, (existing, after), others, apps, known),
        "rule_changes": rule_changes,
        "apps": [{"id": app.id, "label": app.label, "policy": app.policy_id} for app in apps],
    }


def _plan(ctx: ModuleContext, wanted: t.Sequence[Params], rules: Rules) -> tuple[Rules, list[str]]:
    """Return the rules as they would be, and what would be done to them."""
    group = ctx.params["break_glass_group"]
    requests = lookups.resolve_rules(ctx.okta, wanted, group, rules)
    plan = plan_rules(rules, requests, ctx.params["policy"])
    return plan.after, described(plan.changes)


def _apps(ctx: ModuleContext, policy_id: str) -> list[App]:
    if ctx.params["apps"] is not None:
        return lookups.resolve_apps(ctx.okta.apps(), ctx.params["apps"])
    return lookups.list_apps_of(ctx.okta, ctx.okta.policy_apps(policy_id), policy_id)


def _read_rules(
    ctx: ModuleContext,
    apps: t.Sequence[App],
    known: t.Sequence[Policy],
    rules: t.Mapping[str, Rules],
) -> dict[str, Rules]:
    """Return the rules of the apps' policies and of the original of a clone, by policy.

    :arg rules: those that were read already.
    """
    ids = [*map(policy_plan.require_policy_of, apps)]
    original = lookups.find_policy(known, ctx.params["clone_of"] or "", "clone_of")
    if original:
        ids.append(original.id)
    missing = [each for each in dict.fromkeys(ids) if each not in rules]
    return {**rules, **{each: in_order(ctx.okta.policy_rules(each)) for each in missing}}


def _compare(
    ctx: ModuleContext,
    clone: tuple[Policy | None, Rules],
    rules: t.Mapping[str, Rules],
    apps: t.Sequence[App],
    known: t.Sequence[Policy],
) -> list[Result]:
    """Return the policies whose rules a clone does not have, as the result shows them.

    :arg clone: it, None if it does not exist yet, and the rules that it would have.
    :arg rules: those of the other policies, by policy.
    """
    if not ctx.params["clone_of"]:
        return []
    by_id = {each.id: each for each in known}
    policies = [by_id.get(each, Policy(each, each)) for each in rules]
    added = [options["name"] for options in ctx.params["rules"]]
    differing = find_differing_policies(clone[1], added, policies, rules, apps, clone[0])
    return [each.as_result() for each in differing]


def _app_changes(
    ctx: ModuleContext,
    apps: t.Sequence[App],
    known: t.Sequence[Policy],
    future: Policy,
    planned: tuple[t.Mapping[str, Rules], Rules],
) -> list[AppChange]:
    """Return the changes of apps that get a policy, or keep it.

    :arg future: the policy. A clone that does not exist yet has the id of its original.
    :arg planned: the rules that policies have, by policy, and those that this one would have.
    """
    policies = {each.id: each for each in known}
    present = [
        policies.get(each, Policy(each)) for each in map(policy_plan.require_policy_of, apps)
    ]
    for text in describe_inactive_policies([*present, future] if apps else []):
        ctx.warn(text)
    rules, after = planned[0], policy_plan.find_rules_in_force(future, planned[1])
    changes = []
    for app, policy in zip(apps, present):
        before = policy_plan.find_rules_in_force(policy, rules[policy.id])
        changes.append(AppChange(app, before, after, policy_after=future.id))
    return changes


def _forecast(ctx: ModuleContext, change: PolicyChange) -> tuple[Result | None, str | None]:
    """Return the forecast as results show it, and why a guard would refuse the change.

    Raises Refused. The refusal of a lock-out has the forecast already: the log is read once.
    """
    options = change_guard.GuardOptions.from_params(ctx.params)
    others = OtherPolicies(ctx.okta, warn=ctx.warn)
    effective = [each for each in change.apps if each.may_affect(others)]
    if not effective and same_rules(change.before, change.after):
        return Forecast(unread=others.unread).as_result(), None
    change = replace(change, apps=effective)
    try:
        forecast = change_guard.guard_change(ctx.okta, change, options, others)
        return forecast.as_result() if forecast else None, None
    except Refused as error:
        if ctx.params["refuse"]:
            raise
        known = error.details.get("forecast")
        if known is None:
            limits = options.active_days, options.log_events
            result = read_forecast(ctx.okta, effective, *limits, others=others)
            known = result.as_result()
        return known, error.message


def _simulate(
    ctx: ModuleContext, changes: t.Sequence[AppChange], policy: Policy
) -> dict[str, object]:
    report = simulation.simulate(ctx.okta, _questions(ctx, changes, policy))
    if report.differing:
        ctx.warn(
            f"Okta's simulation matches other rules than the forecast for {len(report.differing)}"
            f" of {report.asked} sign-ins. See simulation in the result."
        )
    if not report.available:
        ctx.warn(
            "simulate: Okta's simulation did not confirm the forecast."
            f" {report.reason} Check a sign-in of the app by hand before you move more apps."
        )
    return report.as_result()


def _questions(
    ctx: ModuleContext, changes: t.Sequence[AppChange], policy: Policy
) -> list[simulation.Question]:
    change = next((change for change in changes if change.app.policy_id == policy.id), None)
    if change is None:
        return []
    directory = read_directory(ctx.okta, named_groups(change.before))
    people = [
        Person(
            user_id,
            login=directory.logins.get(user_id, user_id),
            groups=directory.groups_of(user_id),
            sure_password=directory.surely_has_password(user_id),
            devices=(*devices, DeviceContext("MACOS")),
        )
        for user_id, devices in directory.devices.items()
    ]
    return simulation.select_questions(change.app.id, change.before, people)


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
