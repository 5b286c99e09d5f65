#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy_rule
short_description: Manage a rule of an app sign-in policy in Okta
version_added: 0.1.0
description:
  - Creates, changes, moves, deactivates or deletes one rule of an app sign-in policy, found by its
    name. Only what options set is compared and written. The rest of the rule stays unchanged.
  - Before a write that affects people, the module evaluates the current and the new rules for
    everyone who used the policy's apps. It refuses the change if more than O(max_locked_out) people
    would be locked out.
  - For the catch-all rule, you can set only O(access) and its authentication requirements.
  - Write the rules of one policy one after the other. Do not run this module in parallel for one
    policy. To change several rules of apps that people use, write them as one change with
    M(devicetrust.okta_kandji.okta_access_policy_rules).
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._forecast
  - devicetrust.okta_kandji._rule
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
  name:
    description: Name of the rule. If several rules have it, the module fails and changes nothing.
    type: str
    required: true
  state:
    description: Whether the rule exists.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy
  - module: devicetrust.okta_kandji.okta_access_policy_rules
  - module: devicetrust.okta_kandji.okta_access_policy_forecast
"""

EXAMPLES = r"""
- name: Admit managed Macs by Okta FastPass
  devicetrust.okta_kandji.okta_access_policy_rule:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    policy: Company apps (managed devices)
    clone_of: Company apps
    name: Managed Macs
    position: first
    platforms: [MACOS]
    managed: true
    groups_excluded: [Break glass]
    break_glass_group: Break glass
    access: ALLOW
    factor_mode: 2FA
    reauthenticate_in: PT2H
    constraints:
      - possession:
          deviceBound: REQUIRED
          phishingResistant: REQUIRED
          authenticationMethods:
            - key: okta_verify
              method: signed_nonce

- name: Refuse other Macs
  devicetrust.okta_kandji.okta_access_policy_rule:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    policy: Company apps (managed devices)
    name: Other Macs
    after: Managed Macs
    platforms: [MACOS]
    groups_excluded: [Break glass]
    break_glass_group: Break glass
    access: DENY

# URLs and tokens of this one come from the environment, or from module_defaults.
- name: Delete a rule
  devicetrust.okta_kandji.okta_access_policy_rule:
    policy: Company apps (managed devices)
    name: Contractors
    break_glass_group: Break glass
    state: absent
"""

RETURN = r"""
rule:
  description: The rule as Okta returns it. In check mode, the rule as it would be. Empty after a
    deletion.
  returned: success
  type: dict
  sample: {id: rul1n8sbwArJ7OQRw406, name: Managed Macs, priority: 0, status: ACTIVE}
order:
  description: Names of the policy's rules, in the order in which Okta evaluates them.
  returned: success
  type: list
  elements: str
  sample: [Managed Macs, Other Macs, Catch-all Rule]
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
    - C(status_unknown) has the logins of people in C(locked_out) of whom Okta does not show whether
      they can sign in at all. They count. People who left do not, as far as Okta shows it, which
      takes one call for each person whom the log alone shows, or for 40 of more than 20.
    - Null if nothing changes, or if O(forecast=false).
  returned: success, and failure because of the forecast
  type: dict
  sample: {people: 120, locked_out_people: [], locked_out: [], newly_admitted: [], never_seen: [],
    never_seen_admitted: [], unknowns: []}
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create rule 'Managed Macs' of policy 'Company apps (managed devices)'"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: createPolicyRule, verb: POST, count: 1}
"""

from dataclasses import replace

from ..module_utils._access.guards import change_guard
from ..module_utils._access.policies import apply as policy_apply
from ..module_utils._access.policies import lookups, recheck
from ..module_utils._access.rules.plan import RuleRequest, describe_inactive, plan_rule
from ..module_utils._access.rules.rule_order import Place, Rules, find_rule, in_order
from ..module_utils._access.rules.write_order import looks_like_copy
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import FORECAST, OKTA, RULE, RULE_PLACES, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.records import Policy

OPTIONS: ArgumentSpec = {
    "policy": {"type": "str", "required": True},
    "clone_of": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **RULE,
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
    policy, source_id = lookups.find_policy_of_rules(ctx.okta, ctx.params, ctx.check_mode)
    rules: Rules = in_order(ctx.okta.policy_rules(source_id))
    _warn_of_copies(ctx, policy, rules)
    params = ctx.params
    wanted = lookups.resolve_rule(ctx.okta, params, params["break_glass_group"], rules)
    request = _with_known_place(ctx, policy, rules, wanted)
    plan = plan_rule(rules, request, policy.name)
    mapped = ctx.okta.policy_apps(policy.id) if policy.id and plan.changes else []
    options = change_guard.GuardOptions.from_params(params)
    forecast = None
    if plan.changes:
        change = (rules, plan.after)
        forecast = change_guard.guard_rules(ctx.okta, policy, change, mapped, options, ctx.warn)
    after: Rules = plan.after
    if plan.changes and not ctx.check_mode:
        recheck.check_apps(ctx.okta, policy, mapped)
        recheck.check_rules(ctx.okta, policy, rules)
        after = policy_apply.apply_rule(ctx.okta, policy, plan)
    inactive = describe_inactive(policy.name, plan.after, [request])
    if inactive:
        ctx.warn(inactive)
    rule = find_rule(after, request.name, policy.name)
    return build_result(
        plan.changes,
        rule=dict(rule.row) if rule else {},
        order=[rule.name for rule in after],
        forecast=forecast.as_result() if forecast else None,
    )


def _warn_of_copies(ctx: ModuleContext, policy: Policy, rules: Rules) -> None:
    """Warn of rules that an interrupted run of okta_access_policy_rules left in force."""
    names = [
        repr(rule.name) for rule in rules if looks_like_copy(rule.name) and not rule.is_inactive
    ]
    if names:
        ctx.warn(
            f"Policy {policy.name!r}: an interrupted change left {', '.join(names)} in force, each"
            " with what a rule asked for before. Run okta_access_policy_rules as before to finish"
            " the change, or delete the rule in the Admin Console."
        )


def _with_known_place(
    ctx: ModuleContext, policy: Policy, rules: Rules, request: RuleRequest
) -> RuleRequest:
    """Return the request without a place that check mode cannot know.

    An earlier task would have created the rule that it names. Nothing can be known of a policy that
    an earlier task would have created, too.
    """
    neighbor = request.place.neighbor
    if not ctx.check_mode or not neighbor or neighbor in [rule.name for rule in rules]:
        return request
    if policy.id:
        ctx.warn(
            f"Policy {policy.name!r} has no rule {neighbor!r} yet: a real run fails unless the rule"
            " is created first."
        )
    return replace(request, place=Place())


def main() -> None:
    """Run the module."""
    run_module(
        run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS), mutually_exclusive=RULE_PLACES
    )


if __name__ == "__main__":
    main()
