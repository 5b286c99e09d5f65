#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_access_policy
short_description: An app sign-in policy in Okta, its clone, and the apps that it judges
version_added: 0.1.0
description:
  - Makes an app sign-in policy, as a clone of another one or new, keeps its description, and gives
    it apps, one after the other.
  - A clone says in its description from which policy it was made, so that its apps can go back
    without any file (O(state=reverted)).
  - Before an app moves, everybody who used it is judged by the rules that it has and by those that
    it would get, and the move is refused where more than
    O(max_locked_out) people would be locked out.
  - Rules are written by M(devicetrust.okta_kandji.okta_access_policy_rule).
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
    description: Name of the policy, or its id where it is there already.
    type: str
    required: true
  state:
    description:
      - V(present) makes the policy where there is none.
      - V(reverted) gives all apps of the policy back to the one that it was made from. The policy
        itself stays. No forecast is made.
      - V(absent) deletes it, only when it judges no app.
    type: str
    choices: [present, reverted, absent]
    default: present
  clone_of:
    description:
      - Id or exact name of the policy that a new one is cloned from, with its rules. A policy of
        the name that was made from another one is refused.
      - A clone that a run was cut off from naming is found again, and finished.
    type: str
  description:
    description: Description of the policy. Where the policy was cloned it ends with the id of the
      other one.
    type: str
  apps:
    description: Ids or exact labels of apps that the policy is to judge. They move in this order.
      Other apps of the policy stay.
    type: list
    elements: str
    default: []
seealso:
  - module: devicetrust.okta_kandji.okta_access_policy_rule
  - module: devicetrust.okta_kandji.okta_access_policy_forecast
"""

EXAMPLES = r"""
- name: A copy of the policy, for managed devices
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    clone_of: Company apps
    description: Apps of the company, from managed devices alone

- name: Its first app
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    apps: [Device check]
    break_glass_group: Break glass

- name: And back
  devicetrust.okta_kandji.okta_access_policy:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    name: Company apps (managed devices)
    state: reverted
"""

RETURN = r"""
policy:
  description: The policy. C(id) is null in check mode where it would be made, C(made_from) the id
    of the policy that it was cloned from.
  returned: success
  type: dict
  sample: {id: rst1n8sbwArJ7OQRw406, name: Managed apps, description: "[made from policy
    rst0n8sbwArJ7OQRw406]", made_from: rst0n8sbwArJ7OQRw406}
moved_apps:
  description: The apps that moved in this run, or would in check mode, with the policy that they
    came from.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: 0oa1n8sbwArJ7OQRw406, label: Device check, from_policy: rst0n8sbwArJ7OQRw406}
forecast:
  description: Who would be refused, as M(devicetrust.okta_kandji.okta_access_policy_rule) returns
    it. Null where no app moves, or no forecast is made.
  returned: success, and where the move is refused
  type: dict
  sample: {people: 120, locked_out_people: [], locked_out: [], admitted_anew: [], never_seen: [],
    unknowns: []}
started:
  description: When the run began, by Okta's clock.
  returned: success
  type: str
  sample: "2026-11-25T08:00:00Z"
changes:
  description: The plan in words, a line for each step that was taken, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["assign app 'Device check' to policy 'Company apps (managed devices)'"]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: clonePolicy, verb: POST, count: 1}
"""

import typing as t
from datetime import datetime, timezone

from ..module_utils._access import guards as lockout
from ..module_utils._access import policies
from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import Result, Run, outcome, run_module
from ..module_utils._core.options import FORECAST, OKTA, arguments
from ..module_utils._okta import client as okta_api

OPTIONS: dict[str, dict[str, t.Any]] = {
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
    *lockout.USES,
    okta_api.CREATE_POLICY,
    okta_api.CLONE_POLICY,
    okta_api.REPLACE_POLICY,
    okta_api.DELETE_POLICY,
    okta_api.ASSIGN_APP_POLICY,
)


def run(run_: Run) -> Result:
    known = run_.okta.access_policies()
    current = policies.find_policy(known, run_.params["name"], "name")
    started = datetime.fromtimestamp(run_.okta.transport.started(), timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    result = {"present": _present, "reverted": _reverted, "absent": _absent}[run_.params["state"]](
        run_, known, current
    )
    return {**result, "started": started}


# There, with its apps


def _present(run_: Run, known: list[policies.Policy], current: policies.Policy | None) -> Result:
    params = run_.params
    original = (
        policies.require_policy(known, params["clone_of"], "clone_of")
        if params["clone_of"]
        else None
    )
    plan = policies.plan_policy(params["name"], params["description"], current, original)
    apps = policies.resolve_apps(run_.okta.apps(), params["apps"]) if params["apps"] else []
    mapped = run_.okta.policy_apps(current["id"]) if current and apps else []
    moving = [one for one in apps if one["id"] not in mapped]
    name = str(plan.shown["name"])
    changes = [*plan.changes, *(_assignment(app, name) for app in moving)]
    found = _guard(run_, plan.shown, current or original, moving) if moving else None
    policy = plan.shown
    if not run_.check_mode:
        policy = policies.apply_policy(run_.okta, plan, known)
        for app in moving:
            policies.move_app(run_.okta, app, policy)
    return _result(changes, policy, moving, found)


def _guard(
    run_: Run,
    policy: policies.Policy,
    source: policies.Policy | None,
    moving: t.Sequence[policies.App],
) -> t.Any:
    """``source`` has the rules that the apps would get;

    a policy that is new, and no clone, has none yet.
    """
    if source is None:
        raise BadOption(
            "apps: a policy that is made in this run and is no clone has no rules but Okta's own;"
            " write its rules first, then give it apps."
        )
    if not run_.params["forecast"]:
        return None
    rules = {str(source["id"]): run_.okta.policy_rules(str(source["id"]))}
    turns = []
    for app in moving:
        before = policies.need_policy_of(app)
        if before not in rules:
            rules[before] = run_.okta.policy_rules(before)
        turns.append(lockout.AppTurn(app, rules[before], rules[str(source["id"])]))
    return lockout.guard(run_.okta, turns, rules[str(source["id"])], policy, run_.params)


def _assignment(app: policies.App, policy: str) -> Change:
    return Change(
        "assign", f"app {app.get('label')!r} to policy {policy!r}", {}, {"policy": policy}
    )


# Back to where they were


def _reverted(run_: Run, known: list[policies.Policy], current: policies.Policy | None) -> Result:
    if current is None:
        return _result([], {"id": None, "name": run_.params["name"]}, [], None)
    original = policies.need_origin(current, known)
    mapped = run_.okta.policy_apps(current["id"])
    labels = {str(one["id"]): one for one in run_.okta.apps()} if mapped else {}
    moving = [labels.get(one, {"id": one, "label": one}) for one in mapped]
    if not run_.check_mode:
        for app in moving:
            policies.move_app(run_.okta, app, original)
    return _result(
        [_assignment(app, str(original["name"])) for app in moving],
        current,
        moving,
        None,
        str(current["id"]),
    )


def _absent(run_: Run, known: list[policies.Policy], current: policies.Policy | None) -> Result:
    if current is None:
        return _result([], {"id": None, "name": run_.params["name"]}, [], None)
    policies.check_unmapped(run_.okta, current)
    if not run_.check_mode:
        run_.okta.delete_policy(current["id"])
    return _result(
        [
            Change(
                "delete",
                f"policy {current['name']!r}",
                {"description": current.get("description")},
                {},
            )
        ],
        current,
        [],
        None,
    )


def _result(
    changes: t.Sequence[Change],
    policy: policies.Policy,
    moved: t.Sequence[policies.App],
    found: t.Any,
    came_from: str | None = None,
) -> Result:
    rows = [
        {
            "id": one["id"],
            "label": one.get("label"),
            "from_policy": came_from or policies.policy_of(one),
        }
        for one in moved
    ]
    about = {
        "id": policy.get("id"),
        "name": policy.get("name"),
        "description": policy.get("description"),
        "made_from": policies.origin_of(policy),
    }
    return outcome(changes, policy=about, moved_apps=rows, forecast=lockout.shown(found))


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, FORECAST, OPTIONS))


if __name__ == "__main__":
    main()
