# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of Okta's own apps: people who are locked out of these cannot help themselves."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import Forbidden, Refused
from ..._okta.records import App, Policy
from ..forecast.other_policies_reader import OtherPolicies
from ..forecast.policy_changes import AppChange, PolicyChange, requires_managed
from ..forecast.signal_policies import NO_SIGNALS

# Okta's own apps by their names, the same in every org: without them nobody administers the org or
# can add Okta Verify.
OWN_APPS = {
    "saasure": "the Admin Console",
    "okta_enduser": "the dashboard",
    "okta_account_settings": "the page where people add Okta Verify",
    "okta_browser_plugin": "the browser plugin",
}
ENROLLMENT_APP = "the app that Okta Verify enrolls by"
POSSIBLE_ENROLLMENT_APP = "an app of Okta that Okta Verify may enroll by; Okta does not show which"
UNLISTED_APP = "an app that Okta does not list, which may be one of its own"
# The policy that decides who may add an authenticator.
OWN_RESOURCE = "END_USER_ACCOUNT_MANAGEMENT"
ACCOUNT_POLICY = "okta account management"  # how its name begins, in lower case


@dataclass(frozen=True)
class ProtectedAppsGuard:
    """Protects Okta's own apps, and the policy for adding authenticators.

    People who are locked out of these cannot help themselves. Whether anybody used an app does not
    count: each kind of person and device that the rules tell apart is judged.
    """

    allowed: t.Sequence[str]  # labels, names or ids
    others: OtherPolicies

    def guard_change(self, change: PolicyChange) -> str | None:
        """Return a rule that may refuse people at one of them where that is allowed, or None.

        Raises Refused where it is not allowed.
        """
        refusing = self._guard_account_policy(change)
        strict = [
            (each, rule)
            for each in change.apps
            for rule in [self._find_refusing_rule(change, each)]
            if rule is not None
        ]
        enrollment = self._find_enrollment_apps(change.is_reversal) if strict else frozenset()
        roles: list[str] = []
        for each, rule in strict:
            role = _find_role(each.app, enrollment)
            if not each.app.is_listed and not change.is_reversal:
                role = UNLISTED_APP
            if not role:
                continue
            refusing = refusing or rule
            if not self._is_allowed(each.app.id, each.app.label):
                roles.append(f"{each.app.label!r} ({role})")
        if roles:
            raise Refused(_explain_roles(roles, change, refusing))
        return refusing

    def _find_refusing_rule(self, change: PolicyChange, app: AppChange) -> str | None:
        signals = NO_SIGNALS if change.is_reversal else app.signals_of_move(self.others)
        return change.refusing_rule(app.before, app.after, signals)

    def _guard_account_policy(self, change: PolicyChange) -> str | None:
        policy = change.policy
        refusing = (
            change.refusing_rule(change.before, change.after) if is_account_policy(policy) else None
        )
        if refusing is None or self._is_allowed(policy.id, policy.name):
            return refusing
        reason = (
            "If it requires a managed device, no new device can become one."
            if any(map(requires_managed, change.after))
            else f"Rule {refusing!r} may refuse people who can add one now, and then no new device"
            " can be registered."
        )
        raise Refused(
            f"Policy {policy.name!r} decides who may add an authenticator. {reason} If you intend"
            " that, name it in allow_protected_apps."
        )

    def _is_allowed(self, *names: str | None) -> bool:
        return any(name in self.allowed for name in names)

    def _find_enrollment_apps(self, is_reversal: bool) -> frozenset[str]:
        """Return the ids of the apps that Okta Verify enrolls by, "" for one that is not shown.

        A reversal, the way out of an emergency, does not wait for the right to read them.
        """
        try:
            authenticators = self.others.fast_pass.authenticators
        except Forbidden:
            if not is_reversal:
                raise
            return frozenset({""})
        return frozenset(
            authenticator.app_instance_id
            for authenticator in authenticators
            if str(authenticator.key).startswith("okta_verify")
        )


def is_account_policy(policy: Policy) -> bool:
    """Return whether a policy decides who may add an authenticator.

    Some listed policies do not show what they guard; of these, the name decides.
    """
    if policy.resource_type:
        return policy.resource_type == OWN_RESOURCE
    return policy.name.casefold().startswith(ACCOUNT_POLICY)


def check_not_account_policy(policy: Policy) -> None:
    """Raise Refused for a policy that Okta does not delete: it decides who may enroll."""
    if is_account_policy(policy):
        raise Refused(
            f"Policy {policy.name!r}: it decides who may add an authenticator, and Okta does not"
            " delete it. Remove this task."
        )


def _find_role(app: App, enrollment_apps: frozenset[str]) -> str:
    """Return what people need an app of Okta for, "" for any other app.

    In recorded orgs Okta does not show the app that Okta Verify enrolls by. Each app of Okta's own
    may then be it.
    """
    role = OWN_APPS.get(str(app.name), "")
    if role or app.id in enrollment_apps - {""}:
        return role or ENROLLMENT_APP
    own = str(app.name).startswith("okta_") or "okta verify" in str(app.label).casefold()
    return POSSIBLE_ENROLLMENT_APP if own and "" in enrollment_apps else ""


def _explain_roles(roles: t.Sequence[str], change: PolicyChange, refusing: str | None) -> str:
    demands = any(requires_managed(rule) for each in change.apps for rule in each.after)
    effect = (
        "would require managed devices"
        if demands
        else f"may refuse people who are admitted now (rule {refusing!r})"
    )
    pronoun = "it" if len(roles) == 1 else "them"
    return (
        f"{', '.join(roles)} {effect}, and people who are locked out there cannot help themselves."
        f" Remove {pronoun}. If you intend that, name {pronoun} in allow_protected_apps."
    )
