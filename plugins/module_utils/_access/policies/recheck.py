# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan of policies and rules relies on, read again before its writes, and twins of a policy.

Between plan and write there may be minutes: the forecast reads the log of many days. A policy, its
rules or its apps that changed in the meantime make the plan and its forecast wrong.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import Refused
from ..._core.json_fields import Row
from ..._core.lookup import find_earlier, named
from ..._okta.client import Okta
from ..._okta.records import App, Policy
from ..rules.rule_order import Rules, in_order
from .marks import parse_marks

_NO_CONTENT = ("lastUpdated", "_links", "_embedded")  # keys that change nothing that a rule does


def reread_policies(okta: Okta, name: str, planned: Policy | None) -> list[Policy]:
    """Return the policies of now. Raises Refused if a policy is not as it was planned.

    :arg planned: the policy that the plan read, or None if it creates one of this name.
    """
    policies = okta.access_policies()
    if planned is None:
        if named(policies, name):
            raise _build_refusal(f"Policy {name!r}", "was created")
        return policies
    current = next((each for each in policies if each.id == planned.id), None)
    if current is None:
        raise _build_refusal(f"Policy {planned.name!r}", "was deleted")
    if current != planned:
        raise _build_refusal(f"Policy {planned.name!r}", "was changed")
    return policies


def check_rules(okta: Okta, policy: Policy, planned: Rules) -> None:
    """Raise Refused if the rules of a policy are not those that the plan read."""
    current = okta.policy_rules(policy.id)
    if _list_contents(current) != _list_contents(planned):
        raise _build_refusal(f"Policy {policy.name!r}", "got other rules")


def check_all_rules(
    okta: Okta, policies: t.Iterable[Policy], planned: t.Mapping[str, Rules]
) -> None:
    """Raise Refused if the rules of a policy, by its id, are not those that the plan read."""
    for policy in policies:
        if policy.id in planned:
            check_rules(okta, policy, planned[policy.id])


def check_apps(okta: Okta, policy: Policy, planned: t.Collection[str]) -> None:
    """Raise Refused if a policy does not have the apps, by id, that the plan read."""
    if set(okta.policy_apps(policy.id)) != set(planned):
        raise _build_refusal(f"Policy {policy.name!r}", "got or lost an app")


def check_marks(okta: Okta, policy: Policy, future: Policy) -> None:
    """Raise Refused if an app whose mark would be removed is on the policy by now."""
    before, after = parse_marks(policy.description), parse_marks(future.description)
    removed = before.apps - after.apps
    if removed and removed & set(okta.policy_apps(policy.id)):
        raise _build_refusal(f"Policy {policy.name!r}", "got an app")


def check_app(okta: Okta, app: App, policy_id: str) -> None:
    """Raise Refused if an app does not have the policy any more that the plan read."""
    if app.id not in okta.policy_apps(policy_id):
        raise _build_refusal(
            f"App {app.label!r}", "got another policy", "it has another policy by now"
        )


def check_target(okta: Okta, policy: Policy, app_id: str = "") -> None:
    """Raise Refused if the policy that an app is to get was deleted, or is not active any more.

    Raises it, too, if the description of a clone lost the mark of the app: it could not go back.
    """
    current = next((each for each in okta.access_policies() if each.id == policy.id), None)
    if current is None:
        raise _build_refusal(f"Policy {policy.name!r}", "was deleted")
    if current.is_inactive:
        raise _build_refusal(f"Policy {policy.name!r}", f"became {current.status}")
    planned, present = (parse_marks(each.description).came_from for each in (policy, current))
    if planned.get(app_id) != present.get(app_id):
        raise _build_refusal(f"Policy {policy.name!r}", "got another mark of the app")


def find_older_twin(created: Policy, policies: t.Sequence[Policy]) -> Policy | None:
    """Return another policy of the name that was created before this one, or None.

    A clone's own answer has no time of creation, so the list's counts.
    """
    times = {each.id: each.created or "" for each in policies}
    own = (times.get(created.id, created.created or "~"), created.id)
    others = [each for each in named(policies, created.name) if each.id != created.id]
    return find_earlier(own, others, lambda each: (times[each.id], each.id))


def _list_contents(rules: Rules) -> list[Row]:
    return [
        {key: value for key, value in rule.row.items() if key not in _NO_CONTENT}
        for rule in in_order(rules)
    ]


def _build_refusal(subject: str, what: str, reason: str = "") -> Refused:
    """Return the error. Its detail ``reason`` is for a run that goes on with other objects."""
    fact = f"{subject}: it {what} in Okta after this run read it"
    return Refused(
        f"{fact}. This run wrote nothing more. Run again to plan with what Okta holds now.",
        reason=reason or fact,
    )
