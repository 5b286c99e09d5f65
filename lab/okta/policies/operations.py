# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy operations of Okta's management API.

App sign-in policies can be written. The other kinds, which can only be read, are in
``enrollment`` and ``session_and_signal``.
"""

from __future__ import annotations

import copy
import typing as t
from collections import Counter
from contextvars import ContextVar

from lab.clock import whole_seconds
from lab.http import Answer, Call, Operation
from lab.okta import paging
from lab.okta.authenticators.flexible_verify import KEYS, VERIFY, names_any, translate
from lab.okta.directory.operations import app_shape
from lab.okta.errors import refuse
from lab.okta.operation_base import parse_body, read_operation, write_operation
from lab.okta.org import Org
from lab.okta.policies import access_policies
from lab.okta.policies import enrollment as enrollment_policies
from lab.okta.policies import session_and_signal as other_policies
from lab.okta.policies.access_policies import Invalid, Json, Policy, Rule
from lab.okta.policies.simulation import simulate
from lab.okta.serializers import link

POLICIES = "/api/v1/policies"
POLICY = POLICIES + "/{policyId}"
RULE = POLICY + "/rules/{ruleId}"
TYPES = (
    "ACCESS_POLICY",
    "CLIENT_UPDATE",
    "DEVICE_SIGNAL_COLLECTION",
    "ENTITY_RISK",
    "IDENTITY_CLAIM_SOURCING",
    "IDP_DISCOVERY",
    "MFA_ENROLL",
    "OKTA_SIGN_ON",
    "PASSWORD",
    "POST_AUTH_SESSION",
    "PROFILE_ENROLLMENT",
    "SESSION_VIOLATION_DETECTION",
)
DEFAULT_PAGE = 20

# Of the request that is being handled: whether another one that writes a rule of the same policy
# was being handled when it came.
_is_concurrent: ContextVar[bool] = ContextVar("is_concurrent", default=False)


class PolicyOperations:
    """The operations on policies of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.switches = org.world.switches

    def operations(self) -> list[Operation]:
        """Return the operations."""
        return [
            read_operation("listPolicies", POLICIES, self._list),
            write_operation("createPolicy", "POST", POLICIES, self._create),
            Operation(
                "createPolicySimulation",
                "POST",
                POLICIES + "/simulate",
                self._simulate,
            ),
            read_operation(
                "getPolicy", POLICY, lambda call: Answer(self._shape(call, self._policy(call)))
            ),
            write_operation("replacePolicy", "PUT", POLICY, self._replace),
            write_operation("deletePolicy", "DELETE", POLICY, self._delete),
            *(
                write_operation(
                    f"{step}Policy", "POST", f"{POLICY}/lifecycle/{step}", self._step(step)
                )
                for step in ("activate", "deactivate")
            ),
            write_operation("clonePolicy", "POST", POLICY + "/clone", self._clone),
            read_operation("listPolicyMappings", POLICY + "/mappings", self._list_mappings),
            read_operation("getPolicyMapping", POLICY + "/mappings/{mappingId}", self._get_mapping),
            read_operation("listPolicyApps", POLICY + "/app", self._list_apps),
            read_operation("listPolicyRules", POLICY + "/rules", self._list_rules),
            write_operation("createPolicyRule", "POST", POLICY + "/rules", self._create_rule),
            read_operation(
                "getPolicyRule",
                RULE,
                lambda call: Answer(self._rule_shape(call, *self._rule(call))),
            ),
            write_operation("replacePolicyRule", "PUT", RULE, self._replace_rule),
            write_operation("deletePolicyRule", "DELETE", RULE, self._delete_rule),
            *(
                write_operation(
                    f"{step}PolicyRule", "POST", f"{RULE}/lifecycle/{step}", self._rule_step(step)
                )
                for step in ("activate", "deactivate")
            ),
        ]

    # The objects of a call

    def _policy(self, call: Call) -> Policy:
        wanted = call.path["policyId"]
        return self.org.policies.by_id.get(wanted) or refuse("E0000007", f"{wanted} (Policy)")

    def _rule(self, call: Call) -> tuple[Policy, Rule]:
        policy, wanted = self._policy(call), call.path["ruleId"]
        return policy, policy.rule(wanted) or refuse("E0000007", f"{wanted} (PolicyRule)")

    def _shape(self, call: Call, policy: Policy) -> Json:
        shape = policy_shape(policy, call.base_url, self.switches.policy_resource)
        if call.query.get("expand") == "rules":
            shape.setdefault("_embedded", {})["rules"] = [
                self._rule_shape(call, policy, rule) for rule in policy.rules
            ]
        return shape

    def _rule_shape(self, call: Call, policy: Policy, rule: Rule) -> Json:
        shape = rule_shape(policy, rule, call.base_url)
        if not self.switches.flexible_okta_verify:
            return shape
        return {**shape, **{name: translate(shape[name]) for name in ("conditions", "actions")}}

    def _accepted(self, call: Call) -> tuple[Json, tuple[str, Json | None, Json]]:
        body = parse_body(call)
        self._check_keys(body)
        known = self.switches.unknown_group == "error"
        rules = access_policies.Rules(
            self.switches.risk_scoring,
            self.switches.registered_false == "matches",
            self.org.directory.groups.__contains__ if known else None,
            self.org.users.__contains__ if known else None,
        )
        return body, _valid(rules.accept, body)

    def _check_keys(self, body: Json) -> None:
        """Refuse keys of Okta Verify that the org does not use. With which code is unknown."""
        flexible = self.switches.flexible_okta_verify
        if names_any(body, [VERIFY] if flexible else KEYS.values()):
            refuse("E0000001", "authenticationMethods", ["The authenticator key is not supported."])

    # Policies

    def _list(self, call: Call) -> Answer:
        kind, status = call.query.get("type"), call.query.get("status")
        if kind not in TYPES:
            refuse(
                "E0000001",
                "type",
                [
                    (
                        "type: The field cannot be left blank"
                        if kind is None
                        else f"type: {kind} is not a type of policy."
                    )
                ],
            )
        if status not in (None, "ACTIVE", "INACTIVE"):
            refuse("E0000001", "status")
        if kind == enrollment_policies.TYPE:
            return self._list_enrollment_policies(call)
        if kind in other_policies.RULE_TYPES:
            return self._list_other_policies(call)
        start = call.query.get("q", "").casefold()
        matching = [
            policy
            for policy in self.org.policies.by_id.values()
            if kind == access_policies.TYPE
            and status in (None, policy.status)
            and policy.name.casefold().startswith(start)
            and "resourceId" not in call.query
        ]
        if call.query.get("sortBy") == "name":
            matching.sort(key=lambda policy: policy.name)
        return paging.cut_page(
            call,
            matching,
            paging.read_number(call, "limit", DEFAULT_PAGE, 1, 200),
            lambda policy: self._shape(call, policy),
        )

    def _list_enrollment_policies(self, call: Call) -> Answer:
        enrollment = self.org.enrollment
        status = call.query.get("status")
        methods = None
        if self.switches.flexible_okta_verify:
            methods = [name for name in KEYS if not self.org.is_off(name)]
        return paging.cut_page(
            call,
            [each for each in enrollment.policies if status in (None, each.status)],
            paging.read_number(call, "limit", DEFAULT_PAGE, 1, 200),
            lambda policy: enrollment.shape(policy, call.base_url, methods),
        )

    def _list_other_policies(self, call: Call) -> Answer:
        others = self.org.others
        return paging.cut_page(
            call,
            others.of_kind(call.query["type"], call.query.get("status")),
            paging.read_number(call, "limit", DEFAULT_PAGE, 1, 200),
            lambda policy: others.shape(policy, call.base_url),
        )

    def _create(self, call: Call) -> Answer:
        body = parse_body(call)
        if body.get("type") != access_policies.TYPE:
            refuse(
                "E0000001",
                "type",
                [f"The lab makes policies of type {access_policies.TYPE} alone."],
            )
        policy = _valid(
            self.org.policies.add,
            _valid(access_policies.accept_name, body),
            body.get("description"),
        )
        policy.catch_all.actions = copy.deepcopy(access_policies.DEVICE_BOUND)
        self.org.policy_event("policy.lifecycle.create", "Create policy", policy)
        return Answer(policy_shape(policy, call.base_url, False))  # recorded

    def _replace(self, call: Call) -> Answer:
        policy = self._policy(call)
        _valid(self.org.policies.replace, policy, parse_body(call))
        self.org.policy_event("policy.lifecycle.update", "Update policy", policy)
        return Answer(self._shape(call, policy))

    def _delete(self, call: Call) -> Answer:
        policy = self._policy(call)
        self._check_is_custom(policy)
        mapped = self.org.directory.apps_of(policy.id)
        if mapped and self.switches.delete_mapped_policy == "refuse":
            refuse("E0000001", "policy", [f"The policy is assigned to {len(mapped)} apps."])
        for app in mapped:
            app.policy_id = self.org.policies.default.id
        del self.org.policies.by_id[policy.id]
        self.org.policy_event("policy.lifecycle.delete", "Delete policy", policy)
        return Answer(status=204)

    def _step(self, step: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            policy = self._policy(call)
            if step == "deactivate":
                self._check_is_custom(policy)
            policy.status, policy.last_updated = (
                ("ACTIVE" if step == "activate" else "INACTIVE"),
                self.org.now(),
            )
            self.org.policy_event(f"policy.lifecycle.{step}", f"{step.capitalize()} policy", policy)
            return Answer(status=204)

        return take

    @staticmethod
    def _check_is_custom(policy: Policy) -> None:
        if policy.system or policy.resource != "APP":
            refuse(
                "E0000001", "policy", ["Okta's own policy can be neither deactivated nor deleted."]
            )

    def _clone(self, call: Call) -> Answer:
        policy = self._policy(call)
        if policy.resource != "APP":
            refuse("E0000001", "policy", ["This policy cannot be cloned."])
        made = _valid(self.org.policies.clone, policy)
        self.org.policy_event("policy.lifecycle.create", "Create policy", made)
        undated = {"created": None, "lastUpdated": None}  # recorded
        return Answer({**policy_shape(made, call.base_url, False), **undated})

    # The apps of a policy

    def _list_mappings(self, call: Call) -> Answer:
        other = self.org.others.find(call.path["policyId"])
        if other:
            return Answer(self.org.others.mapping_shapes(other, call.base_url))
        policy = self._policy(call)
        return Answer(
            [
                mapping_shape(policy, app.id, call.base_url)
                for app in self.org.directory.apps_of(policy.id)
            ]
        )

    def _get_mapping(self, call: Call) -> Answer:
        policy, wanted = self._policy(call), call.path["mappingId"]
        app = next(
            (app for app in self.org.directory.apps_of(policy.id) if mapping_id(app.id) == wanted),
            None,
        )
        return Answer(
            mapping_shape(
                policy, (app or refuse("E0000007", f"{wanted} (PolicyMapping)")).id, call.base_url
            )
        )

    def _list_apps(self, call: Call) -> Answer:
        return Answer(
            [
                app_shape(app, call.base_url)
                for app in self.org.directory.apps_of(self._policy(call).id)
            ]
        )

    # Rules

    def _list_rules(self, call: Call) -> Answer:
        other = self.org.others.find(call.path["policyId"])
        if other:
            return Answer(self.org.others.rule_shapes(other, call.base_url))
        enrollment = self.org.enrollment.find(call.path["policyId"])
        if enrollment:
            return Answer(self.org.enrollment.rule_shapes(enrollment, call.base_url))
        policy = self._policy(call)
        limit = paging.read_number(
            call, "limit", access_policies.MOST_RULES, 1, access_policies.MOST_RULES
        )
        return Answer([self._rule_shape(call, policy, rule) for rule in policy.rules[:limit]])

    def _check_concurrency(self) -> None:
        if self.switches.parallel_rule_writes == "500" and _is_concurrent.get():
            refuse("E0000009")

    def _create_rule(self, call: Call) -> Answer:
        self._check_concurrency()
        policy = self._policy(call)
        body, accepted = self._accepted(call)
        rule = _valid(
            self.org.policies.add_rule,
            policy,
            accepted,
            _priority(body),
            call.query.get("activate", "true") != "false",
        )
        self.org.policy_event("policy.rule.add", "Add policy rule", policy, rule)
        return Answer(self._rule_shape(call, policy, rule))

    def _replace_rule(self, call: Call) -> Answer:
        self._check_concurrency()
        policy, rule = self._rule(call)
        body, accepted = self._accepted(call)
        if rule.system:
            if self.switches.catch_all_changes == "error" and (
                body.get("conditions") or accepted[0] != rule.name
            ):
                refuse(
                    "E0000001",
                    "conditions",
                    ["Of the catch-all rule only the actions can be changed."],
                )
            accepted = (rule.name, None, accepted[2])
        _valid(self.org.policies.replace_rule, policy, rule, accepted, _priority(body))
        self.org.policy_event("policy.rule.update", "Update policy rule", policy, rule)
        return Answer(self._rule_shape(call, policy, rule))

    def _delete_rule(self, call: Call) -> Answer:
        self._check_concurrency()
        policy, rule = self._rule(call)
        self._check_is_not_catch_all(rule)
        self.org.policies.delete_rule(policy, rule, self.switches.rule_numbers == "gaps")
        self.org.policy_event("policy.rule.delete", "Delete policy rule", policy, rule)
        return Answer(status=204)

    def _rule_step(self, step: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            self._check_concurrency()
            policy, rule = self._rule(call)
            if step == "deactivate":
                self._check_is_not_catch_all(rule)
            rule.status, rule.last_updated = (
                ("ACTIVE" if step == "activate" else "INACTIVE"),
                self.org.now(),
            )
            self.org.policy_event(
                f"policy.rule.{step}", f"{step.capitalize()} policy rule", policy, rule
            )
            return Answer(status=204)

        return take

    @staticmethod
    def _check_is_not_catch_all(rule: Rule) -> None:
        if rule.system:
            refuse(
                "E0000001", "rule", ["The catch-all rule can be neither deactivated nor deleted."]
            )

    # Simulation

    def _simulate(self, call: Call) -> Answer:
        if self.switches.simulation == "missing":
            refuse("E0000015")
        expand = call.query.get("expand", "")
        bodies = (
            parse_body(call, list) if self.switches.simulation == "list" else [parse_body(call)]
        )
        return Answer([each for body in bodies for each in simulate(self.org, body, expand)])


class RuleWrites:
    """ASGI middleware that detects requests which write rules of one policy at the same time."""

    def __init__(self, app: t.Any) -> None:
        self._app = app
        self._in_flight: Counter[str] = Counter()

    async def __call__(self, scope: t.Any, receive: t.Any, send: t.Any) -> None:
        """Handle a request."""
        parts = scope.get("path", "").split("/")
        if (
            scope.get("method") not in ("POST", "PUT", "DELETE")
            or parts[1:4] != ["api", "v1", "policies"]
            or "rules" not in parts[5:6]
        ):
            await self._app(scope, receive, send)
            return
        policy_id = parts[4]
        _is_concurrent.set(self._in_flight[policy_id] > 0)
        self._in_flight[policy_id] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight[policy_id] -= 1


def _valid(action: t.Callable[..., t.Any], *arguments: t.Any) -> t.Any:
    try:
        return action(*arguments)
    except Invalid as problem:
        refuse("E0000001", problem.about, [str(problem)])


def _priority(body: Json) -> int | None:
    priority = body.get("priority")
    if priority is not None and (
        not isinstance(priority, int) or isinstance(priority, bool) or priority < 0
    ):
        refuse("E0000001", "priority", ["priority has to be a number that is not negative."])
    return priority


# Shapes


def policy_shape(policy: Policy, base_url: str, with_resource: bool) -> Json:
    """Return a policy as Okta's answers print it."""
    url = f"{base_url}{POLICIES}/{policy.id}"
    own = policy.system or policy.resource != "APP"
    links = {
        "self": link(url, "GET", "PUT", *() if own else ("DELETE",)),
        "rules": link(f"{url}/rules", "GET", "POST"),
        "mappings": link(f"{url}/mappings", "GET", "POST"),
    }
    if not own:
        step = "deactivate" if policy.status == "ACTIVE" else "activate"
        links[step] = link(f"{url}/lifecycle/{step}", "POST")
    return {
        "type": access_policies.TYPE,
        "id": policy.id,
        "status": policy.status,
        "name": policy.name,
        **({} if policy.description is None else {"description": policy.description}),
        "priority": policy.priority,
        "system": policy.system,
        "conditions": None,
        "created": whole_seconds(policy.created),
        "lastUpdated": whole_seconds(policy.last_updated),
        "_links": links,
        **({"_embedded": {"resourceType": policy.resource}} if with_resource else {}),
    }


def rule_shape(policy: Policy, rule: Rule, base_url: str) -> Json:
    """Return a rule as Okta's answers print it."""
    url = f"{base_url}{POLICIES}/{policy.id}/rules/{rule.id}"
    links = {"self": link(url, "GET", "PUT", *() if rule.system else ("DELETE",))}
    if not rule.system:
        step = "deactivate" if rule.status == "ACTIVE" else "activate"
        links[step] = link(f"{url}/lifecycle/{step}", "POST")
    return {
        "id": rule.id,
        "status": rule.status,
        "name": rule.name,
        "priority": rule.priority,
        "created": whole_seconds(rule.created),
        "lastUpdated": whole_seconds(rule.last_updated),
        "system": rule.system,
        "conditions": rule.conditions,
        "actions": rule.actions,
        "type": access_policies.TYPE,
        "_links": links,
    }


def mapping_id(app_id: str) -> str:
    """Return the id of an app's mapping to a policy."""
    return "pmp" + app_id[3:]


def mapping_shape(policy: Policy, app_id: str, base_url: str) -> Json:
    """Return the mapping of an app to a policy as Okta's answers print it."""
    url, verbs = f"{base_url}{POLICIES}/{policy.id}", ("GET", "PUT", "DELETE")
    return {
        "id": mapping_id(app_id),
        "_links": {
            "application": link(f"{base_url}/api/v1/apps/{app_id}", *verbs),
            "self": link(f"{url}/mappings/{mapping_id(app_id)}", *verbs),
            "policy": link(url, *verbs),
        },
    }
