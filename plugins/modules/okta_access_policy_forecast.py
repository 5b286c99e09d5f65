#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy_forecast
short_description: Who would be refused if apps had another app sign-in policy, or its rules were
  others
version_added: 0.1.0
description:
  - Judges everybody who used an app by the rules that it has today and by those of O(policy) with
    O(rules) put in, and names those who would go from admitted
    to refused. M(devicetrust.okta_kandji.okta_access_policy) and
    M(devicetrust.okta_kandji.okta_access_policy_rule) do the same before they write; this module
    tells all of it beforehand.
  - With O(simulate) it also asks Okta which rule of a policy in force takes somebody, and compares.
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
    description: Where there is no O(policy) yet, the one that it would be made from.
    type: str
  apps:
    description: Ids or exact labels of the apps. If not set, all that the policy judges today.
    type: list
    elements: str
  rules:
    description:
      - Rules that would be put into the policy, in this order. Each has the options of a rule of
        M(devicetrust.okta_kandji.okta_access_policy_rule), and
        C(state) with V(absent) for one that would go.
    type: list
    elements: dict
    default: []
  refuse:
    description: Fail where a change would be refused. With V(false) the forecast is told and the
      run goes on.
    type: bool
    default: true
  simulate:
    description:
      - Ask Okta too, for apps that have the policy already. At most 20 sign-ins, in one request.
      - An org that has no simulation says so in the result, and that is no error.
    type: bool
    default: false
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy
  - module: devicetrust.okta_kandji.okta_access_policy_rule
"""

EXAMPLES = r"""
- name: Who would be refused if only managed Macs came in
  devicetrust.okta_kandji.okta_access_policy_forecast:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    policy: Company apps
    break_glass_group: Break glass
    refuse: false
    rules:
      - {name: Unmanaged Macs, position: first, platforms: [MACOS], managed: false, groups_excluded:
        [Break glass], access: DENY}
  register: forecast

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Two apps under a clone that is not there yet; fails where somebody would be locked out
  devicetrust.okta_kandji.okta_access_policy_forecast:
    policy: Company apps (managed devices)
    clone_of: Company apps
    apps: [Salesforce, Slack]
    break_glass_group: Break glass
    rules:
      - {name: Managed Macs, position: first, platforms: [MACOS], managed: true, groups_excluded:
        [Break glass], access: ALLOW, factor_mode: 2FA}
      - {name: Other Macs, after: Managed Macs, platforms: [MACOS], groups_excluded: [Break glass],
        access: DENY}

- name: Does Okta's simulation say the same of an app that has moved?
  devicetrust.okta_kandji.okta_access_policy_forecast:
    policy: Company apps (managed devices)
    apps: [Device check]
    break_glass_group: Break glass
    simulate: true
"""

RETURN = r"""
forecast:
  description:
    - Who would be refused. C(locked_out) has a row for each person, app and device,
      C(locked_out_people) each name once, C(admitted_anew) whom the change
      lets in, C(never_seen) who would be refused and did not use the app, C(unknowns) what nobody
      can know. C(people) is how many were judged.
  returned: success, and where it refuses
  type: dict
  sample:
    people: 120
    locked_out_people: [ann@acme.com]
    locked_out:
      - {user_id: 00u1n8sbwArJ7OQRw406, login: ann@acme.com, way: "MACOS 'MacBook of Ann'
        (registered, not managed)", device_id: guo1n8sbwArJ7OQRw406,
         admitted_by: Catch-all Rule, refused_by: Unmanaged Macs, unknowns: [], app: Salesforce,
           app_id: 0oa1n8sbwArJ7OQRw406}
    admitted_anew: []
    never_seen: []
    unknowns: []
refusal:
  description: The sentence with which a change would be refused, or null.
  returned: success
  type: str
  sample: null
apps:
  description: The apps that were judged, and the policy that each has.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 0oa1n8sbwArJ7OQRw406, label: Salesforce, policy: rst1n8sbwArJ7OQRw406}
rule_changes:
  description: What would be done to the policy's rules, in words.
  returned: success
  type: list
  elements: str
  sample: ["create rule 'Unmanaged Macs' of policy 'Company apps'"]
simulation:
  description: Whether Okta agrees, or null where it was not asked. C(available) is false where the
    org has no simulation, and C(reason) says what it answered.
  returned: success
  type: dict
  sample: {available: true, asked: 6, agreed: 6, differing: [], reason: ""}
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listLogEvents, verb: GET, count: 1}
"""

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._access import guards as lockout
from ..module_utils._access import policies, simulation
from ..module_utils._access.evidence import named_groups, read_directory
from ..module_utils._access.forecast import Forecast, Person, Way
from ..module_utils._access.rules import Rule, in_order, plan_rule
from ..module_utils._core.changes import described
from ..module_utils._core.errors import BadOption, Refused
from ..module_utils._core.module import Result, Run, run_module
from ..module_utils._core.options import FORECAST, OKTA, RULE, RULE_PLACES, arguments
from ..module_utils._okta import client as okta_api

OPTIONS: dict[str, dict[str, t.Any]] = {
    "policy": {"type": "str", "required": True},
    "clone_of": {"type": "str"},
    "apps": {"type": "list", "elements": "str"},
    "rules": {"type": "list", "elements": "dict", "default": []},
    "refuse": {"type": "bool", "default": True},
    "simulate": {"type": "bool", "default": False},
}
ONE_RULE = {
    **RULE,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
USES = (
    okta_api.LIST_POLICIES,
    okta_api.LIST_RULES,
    okta_api.LIST_MAPPINGS,
    okta_api.LIST_APPS,
    okta_api.GET_USER,
    okta_api.SIMULATE,
    *lockout.USES,
)


def run(run_: Run) -> Result:
    params = run_.params
    wishes = [_valid(number, one) for number, one in enumerate(params["rules"])]
    known = run_.okta.access_policies()
    policy = policies.find_policy(known, params["policy"]) or policies.require_policy(
        known, params["clone_of"] or params["policy"]
    )
    rules = {str(policy["id"]): in_order(run_.okta.policy_rules(policy["id"]))}
    after, changes = _planned(run_, wishes, rules[str(policy["id"])], params["policy"])
    apps = _apps(run_, str(policy["id"]))
    turns = []
    for app in apps:
        before = policies.need_policy_of(app)
        if before not in rules:
            rules[before] = in_order(run_.okta.policy_rules(before))
        turns.append(
            lockout.AppTurn(app, rules[before], after if changes else rules[str(policy["id"])])
        )
    found, refusal = _judge(run_, turns, after, policy)
    asked = (
        simulation.confirm(run_.okta, _questions(run_, turns, policy))
        if params["simulate"]
        else None
    )
    if asked and asked["differing"]:
        run_.warn(
            f"Okta's simulation takes {len(asked['differing'])} of {asked['asked']} sign-ins by"
            " another rule than the forecast; see simulation in the result."
        )
    return {
        "changed": False,
        "forecast": lockout.shown(found),
        "refusal": refusal,
        "simulation": asked,
        "rule_changes": changes,
        "apps": [
            {"id": one["id"], "label": one.get("label"), "policy": policies.policy_of(one)}
            for one in apps
        ],
    }


def _valid(number: int, given: dict[str, t.Any]) -> dict[str, t.Any]:
    """The options of one rule, as AnsibleModule would have checked them."""
    result = ArgumentSpecValidator(ONE_RULE, mutually_exclusive=RULE_PLACES).validate(given)
    if result.error_messages:
        raise BadOption(f"rules[{number}]: {'; '.join(result.error_messages)}")
    return dict(result.validated_parameters)


def _planned(
    run_: Run, wishes: t.Sequence[dict[str, t.Any]], rules: t.Sequence[Rule], policy: str
) -> tuple[list[Rule], list[str]]:
    """The rules as they would be, and what would be done to them."""
    after, changes = list(rules), []
    for wish in wishes:
        absent = wish["state"] == "absent"
        wanted = {"name": wish["name"]} if absent else policies.resolve_rule(run_.okta, wish)
        plan = plan_rule(
            _numbered(after), wanted, policies.place_of(wish), wish.get("status"), policy, absent
        )
        after, changes = plan.after, changes + described(plan.changes)
    return (_numbered(after) if changes else list(rules)), changes


def _numbered(rules: t.Sequence[Rule]) -> list[Rule]:
    """As Okta would number them, so that the order stays what the plan made it."""
    return [
        {**one, "priority": one.get("priority") if one.get("system") else number}
        for number, one in enumerate(rules)
    ]


def _apps(run_: Run, policy_id: str) -> list[policies.App]:
    known = run_.okta.apps()
    if run_.params["apps"] is not None:
        return policies.resolve_apps(known, run_.params["apps"])
    mapped = run_.okta.policy_apps(policy_id)
    return [one for one in known if one.get("id") in mapped]


def _judge(
    run_: Run, turns: t.Sequence[lockout.AppTurn], after: t.Sequence[Rule], policy: policies.Policy
) -> tuple[Forecast | None, str | None]:
    params = run_.params
    try:
        changing = lockout.changing_turns(turns)
        return (
            lockout.guard(run_.okta, changing, after, policy, params) if changing else Forecast()
        ), None
    except Refused as error:
        if params["refuse"]:
            raise
        return (
            lockout.read_forecast(run_.okta, turns, params["active_days"], params["log_events"]),
            error.message,
        )


def _questions(
    run_: Run, turns: t.Sequence[lockout.AppTurn], policy: policies.Policy
) -> list[simulation.Question]:
    standing = [one for one in turns if policies.policy_of(one.app) == policy["id"]]
    if not standing:
        return []
    rules = standing[0].before
    directory = read_directory(run_.okta, named_groups(rules))
    people = [
        Person(
            user,
            directory.logins.get(user, user),
            frozenset(group for group, members in directory.members.items() if user in members),
            None,
            None,
            [*ways, Way("MACOS")],
        )
        for user, ways in directory.devices.items()
    ]
    return simulation.questions(str(standing[0].app["id"]), rules, people)


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
