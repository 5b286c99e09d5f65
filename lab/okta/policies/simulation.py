# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of /policies/simulate: the rule that an imagined sign-in to an app matches."""

from __future__ import annotations

import typing as t

from lab.okta.errors import refuse
from lab.okta.org import Org
from lab.okta.policies.access_policies import TYPE, Policy, Rule
from lab.okta.policies.engine import Circumstances, evaluate_conditions

Json = dict[str, t.Any]
WORDS = {True: "MATCH", False: "NOT_MATCH", None: "UNDEFINED"}


def simulate(org: Org, body: t.Any, expand: str) -> list[Json]:
    """Return an evaluation for each requested type of policy that the lab has.

    Raises Refusal.
    """
    if not isinstance(body, dict) or not body.get("appInstance"):
        refuse("E0000001", "appInstance", ["appInstance: The field cannot be left blank"])
    app = org.directory.apps.get(str(body["appInstance"])) or refuse(
        "E0000007", f"{body['appInstance']} (AppInstance)"
    )
    if TYPE not in body.get("policyTypes", [TYPE]):
        return []
    context = body.get("policyContext") or {}
    policy = org.policies.in_force(app)
    return [_evaluate(policy, _read_context(org, context), expand)]


def _read_context(org: Org, context: Json) -> Circumstances:
    """Return the circumstances of a context. What it does not contain is unknown."""
    user_id = (context.get("user") or {}).get("id")
    groups = (context.get("groups") or {}).get("ids")
    device, zones, risk = (
        context.get("device") or {},
        (context.get("zones") or {}).get("ids"),
        (context.get("risk") or {}).get("level"),
    )
    if user_id is not None and user_id not in org.users:
        refuse("E0000007", f"{user_id} (User)")
    known = groups if groups else org.directory.groups_of(user_id) if user_id else None
    return Circumstances(
        user_id=user_id,
        groups=frozenset(known) if known is not None else None,
        user_type=org.user_type if user_id else None,
        platform=device.get("platform"),
        registered=device.get("registered"),
        managed=device.get("managed"),
        zones=frozenset(zones) if zones is not None else None,
        risk=risk,
        assurances=frozenset({device["assuranceId"]}) if device.get("assuranceId") else None,
        expressions_hold=None,
        users_or_groups=org.world.switches.users_and_groups == "either",
        wide_other=org.world.switches.other_platforms == "all_but_four",
    )


def _evaluate(policy: Policy, circumstances: Circumstances, expand: str) -> Json:
    missed: list[Json] = []
    unclear: list[Json] = []
    for rule in policy.rules:
        if rule.status != "ACTIVE":
            continue
        results = evaluate_conditions(rule.conditions, circumstances)
        met = False if False in results.values() else None if None in results.values() else True
        if met:
            return _answer(policy, [_describe_rule(rule, True, results)], missed, unclear, expand)
        (missed if met is False else unclear).append(
            _describe_rule(rule, met, results if expand == "RULE" else {})
        )
    raise AssertionError("The catch-all rule takes everybody.")


def _describe_rule(rule: Rule, matches: bool | None, results: t.Mapping[str, bool | None]) -> Json:
    return {
        "id": rule.id,
        "name": rule.name,
        "status": WORDS[matches],
        "conditions": [{"type": name, "status": WORDS[met]} for name, met in results.items()],
    }


def _answer(
    policy: Policy, matched: list[Json], missed: list[Json], unclear: list[Json], expand: str
) -> Json:
    def section(rules: list[Json], status: str) -> Json:
        return {
            "policies": (
                [
                    {
                        "id": policy.id,
                        "name": policy.name,
                        "status": status,
                        "conditions": [],
                        "rules": rules,
                    }
                ]
                if rules
                else []
            )
        }

    return {
        "status": "MATCH",
        "policyType": [TYPE],
        "result": section(matched, "MATCH"),
        "undefined": section(unclear, "UNDEFINED"),
        "evaluated": section(missed if expand in ("EVALUATED", "RULE") else [], "NOT_MATCH"),
    }
