#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy_rules
short_description: Manage several rules of an app sign-in policy in Okta as one change
version_added: 0.1.0
description:
  - Creates, changes, moves, deactivates or deletes several rules of an app sign-in policy, as
    M(devicetrust.okta_kandji.okta_access_policy_rule) does with one. Other rules stay unchanged.
  - Okta writes one rule at a time. The module orders the writes so that at each time each sign-in
    is treated by the old rules or by the new ones, never by a mixture. While several active rules
    change, an active copy of each old form stays below its rule, with a name such as C([earlier
    form of rul1n8sbwArJ7OQRw406 5d1c0a1b]). At the end the copies are deleted.
  - All guards judge the rules at the end, before the first write. The rules are read back after
    each write. If another client wrote to the policy, the module stops. After an interruption, run
    it again. It completes the change, and deletes the copies.
    The name of a copy holds the id of its rule, and a digest of what it holds. One whose rule is
    gone, or that somebody edited, stays with a warning.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._forecast
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.okta
options:
  policy:
    description: Id or exact name of the app sign-in policy.
    type: str
    required: true
  clone_of:
    description: In check mode, if O(policy) does not exist yet, the policy that it would be cloned
      from. It makes the change predictable.
    type: str
  rules:
    description:
      - The rules, in this order, each once. Each has the options of a rule of
        M(devicetrust.okta_kandji.okta_access_policy_rule), and C(state) with V(absent) for a rule
        to remove.
      - Each is placed among the rules of the policy and those before it in the list.
    type: list
    elements: dict
    required: true
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy
  - module: devicetrust.okta_kandji.okta_access_policy_rule
  - module: devicetrust.okta_kandji.okta_access_policy_forecast
"""

EXAMPLES = r"""
- name: Require managed Macs of two groups
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
        groups: [Engineering, Office]
        groups_excluded: [Break glass]
        managed: true
        access: ALLOW
        factor_mode: 2FA
      - name: Other Macs
        after: Managed Macs
        platforms: [MACOS]
        groups: [Engineering, Office]
        groups_excluded: [Break glass]
        access: DENY
"""

RETURN = r"""
rules:
  description: The rules of O(rules) as Okta returns them, without those that are absent. In check
    mode, the rules as they would be.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: rul1n8sbwArJ7OQRw406, name: Managed Macs, priority: 0, status: ACTIVE}
order:
  description: Names of the policy's rules, in the order in which Okta evaluates them.
  returned: success
  type: list
  elements: str
  sample: [Managed Macs, Other Macs, Catch-all Rule]
forecast:
  description: The forecast, with the keys that M(devicetrust.okta_kandji.okta_access_policy_rule)
    returns. Null if nothing changes, or if O(forecast=false).
  returned: success, and failure because of the forecast
  type: dict
  sample: {people: 120, locked_out_people: [], locked_out: [], newly_admitted: [], never_seen: [],
    never_seen_admitted: [], unknowns: []}
done_steps:
  description: The writes before the one that failed, of several.
  returned: failure of a write after others
  type: list
  elements: str
  sample: ["copy '[earlier form of rul1n8sbwArJ7OQRw406 5d1c0a1b]'"]
changes:
  description: One line for each rule that the module changed, or would change in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update rule 'Managed Macs' of policy 'Company apps (managed devices)':
    conditions.people.groups.include"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: replacePolicyRule, verb: PUT, count: 2}
"""

from ..module_utils._access.guards import change_guard
from ..module_utils._access.policies import lookups, recheck
from ..module_utils._access.rules import rule_set_apply
from ..module_utils._access.rules import rule_set_plan as rule_set
from ..module_utils._access.rules.plan import describe_inactive
from ..module_utils._access.rules.rule_order import Rules, in_order
from ..module_utils._access.rules.write_order import looks_like_copy
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import FORECAST, OKTA, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.records import Policy

OPTIONS: ArgumentSpec = {
    "policy": {"type": "str", "required": True},
    "clone_of": {"type": "str"},
    "rules": {"type": "list", "elements": "dict", "required": True},
}
USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.GET_RULE,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_APPS,
    *change_guard.USES,
    okta_api.CREATE_RULE,
    okta_api.REPLACE_RULE,
    okta_api.DELETE_RULE,
    okta_api.ACTIVATE_RULE,
    okta_api.DEACTIVATE_RULE,
)


def run(ctx: ModuleContext) -> Result:
    """Return the module's result."""
    params = ctx.params
    wanted = lookups.validate_rules(params["rules"])
    policy, source_id = lookups.find_policy_of_rules(ctx.okta, params, ctx.check_mode)
    rules: Rules = in_order(ctx.okta.policy_rules(source_id))
    group = params["break_glass_group"]
    requests = lookups.resolve_rules(ctx.okta, wanted, group, rules)
    plan = rule_set.plan_rules(rules, requests, policy.name)
    mapped = ctx.okta.policy_apps(policy.id) if policy.id and plan.changes else []
    options = change_guard.GuardOptions.from_params(params)
    forecast = None
    if plan.changes:
        change = (plan.before, plan.after)
        forecast = change_guard.guard_rules(ctx.okta, policy, change, mapped, options, ctx.warn)
    _warn_of_kept_copies(ctx, policy, plan.after)
    inactive = describe_inactive(policy.name, plan.after, requests)
    if inactive:
        ctx.warn(inactive)
    after: Rules = plan.after
    if plan.changes and not ctx.check_mode:
        recheck.check_apps(ctx.okta, policy, mapped)
        recheck.check_rules(ctx.okta, policy, rules)
        after = rule_set_apply.apply_rules(ctx.okta, policy, plan)
    names = [request.name for request in requests]
    return build_result(
        plan.changes,
        rules=[dict(rule.row) for rule in after if rule.name in names],
        order=[rule.name for rule in after],
        forecast=forecast.as_result() if forecast else None,
    )


def _warn_of_kept_copies(ctx: ModuleContext, policy: Policy, after: Rules) -> None:
    """Warn of rules with the name of a copy that are in force and are not this module's."""
    in_force = [rule.name for rule in after if not rule.is_inactive]
    names = [repr(name) for name in in_force if looks_like_copy(name)]
    if names:
        ctx.warn(
            f"Policy {policy.name!r}: {', '.join(names)} in force has the name of an earlier form"
            " that this module left. Its rule is gone, or somebody edited it, so it stays. Delete"
            " or rename it in the Admin Console."
        )


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
