# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse a change of sign-in rules which would lock people out.

The guards protect Okta's own apps, a break-glass group, and the people who use the apps.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import Forbidden
from ..._core.options import Params
from ..._okta import client as okta_api
from ..._okta.client import Okta
from ..._okta.records import OktaUser, Policy
from ..forecast import directory as directories
from ..forecast import other_policies_reader
from ..forecast.evaluation import Forecast
from ..forecast.forecast_reader import read_forecast
from ..forecast.other_policies_reader import OtherPolicies
from ..forecast.policy_changes import AppChange, PolicyChange, requires_managed
from ..policies.lookups import list_apps_of
from ..policies.moves import describe_inactive_policies
from ..rules.rule_order import Rules
from .break_glass import BreakGlassGuard
from .lock_out import LockOutGuard
from .protected_apps import ProtectedAppsGuard

USES = (
    *directories.USES,
    okta_api.LIST_GROUPS,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_ENROLLMENTS,
    *other_policies_reader.USES,
    okta_api.GET_USER,
    okta_api.LIST_USERS,
)


@dataclass(frozen=True)
class GuardOptions:
    """The options of ``_core.options.FORECAST``."""

    forecast: bool
    active_days: int
    log_events: int
    max_locked_out: int
    break_glass_group: str | None
    allow_protected_apps: t.Sequence[str]

    @classmethod
    def from_params(cls, params: Params) -> GuardOptions:
        """Return the options among those of a module."""
        return cls(**{name: params[name] for name in cls.__dataclass_fields__})


def guard_change(
    okta: Okta, change: PolicyChange, options: GuardOptions, others: OtherPolicies | None = None
) -> Forecast | None:
    """Return the forecast of a change of one policy (see ``guard_changes``)."""
    return guard_changes(okta, [change], options, others)


def guard_rules(
    okta: Okta,
    policy: Policy,
    rules: tuple[Rules, Rules],
    app_ids: t.Collection[str],
    options: GuardOptions,
    warn: t.Callable[[str], None],
) -> Forecast | None:
    """Return the forecast of other rules of a policy, as ``guard_changes`` does.

    :arg rules: those before and after.
    :arg app_ids: the ids of the apps of the policy.
    :arg warn: displays that the policy is inactive, and what a credential may not read.
    """
    apps = list_apps_of(okta, app_ids, policy.id)
    for text in describe_inactive_policies([policy] if apps else []):
        warn(text)
    changes = [AppChange(app, *rules, policy_after=policy.id) for app in apps]
    change = PolicyChange(policy, *rules, changes)
    return guard_change(okta, change, options, OtherPolicies(okta, warn))


def guard_changes(
    okta: Okta,
    changes: t.Sequence[PolicyChange],
    options: GuardOptions,
    others: OtherPolicies | None = None,
) -> Forecast | None:
    """Return the forecast of changes together, None if it is switched off. Only reads.

    Raises Refused if they would lock people out. Okta's own apps, the policy for adding
    authenticators and the break-glass group are guarded without a forecast, too. Reversals that
    can refuse nobody whom the present rules admit have none either, and nothing is read for them.
    Where it is not recorded whom the earlier rules refused, a reversal goes ahead: it is the way
    out of an emergency.
    """
    others = others or OtherPolicies(okta)
    members = _guard_own_apps_and_break_glass(okta, changes, options, others)
    reversed_only = all(change.is_reversal for change in changes)
    if not options.forecast or (
        reversed_only and not any(change.stricter_apps for change in changes)
    ):
        return None
    apps = [app for change in changes for app in change.apps]
    unproven = {each.app.id for each in apps if reversed_only and each.rules_at_departure is None}
    try:
        result = read_forecast(okta, apps, options.active_days, options.log_events, members, others)
    except Forbidden as error:
        if len(unproven) < len(apps):
            raise
        others.warn(f"{error.message} Whom the earlier policy refuses is unknown.")
        return None
    _check_people(result.without(unproven), changes, options, reversed_only)
    return result


def _guard_own_apps_and_break_glass(
    okta: Okta, changes: t.Sequence[PolicyChange], options: GuardOptions, others: OtherPolicies
) -> dict[str, t.Sequence[OktaUser]]:
    """Return the members of the groups that were read. Raises Refused."""
    members: dict[str, t.Sequence[OktaUser]] = {}
    for change in changes:
        refusing = ProtectedAppsGuard(options.allow_protected_apps, others).guard_change(change)
        guard = BreakGlassGuard(okta, options.break_glass_group, others)
        if _needs_break_glass(guard, change, refusing, options):
            members |= guard.guard_rules(change.after, change.policy.name, refusing)
    return members


def _check_people(
    result: Forecast,
    changes: t.Sequence[PolicyChange],
    options: GuardOptions,
    is_reversal: bool,
) -> None:
    described = "; ".join(change.describe() for change in changes)
    LockOutGuard(options.max_locked_out, is_reversal, described).check(result)


def _needs_break_glass(
    guard: BreakGlassGuard, change: PolicyChange, refusing: str | None, options: GuardOptions
) -> bool:
    """Return whether the break-glass group has to keep access.

    An app that goes back to a policy without managed devices is the exception, unless it is Okta's
    own: whom that policy admits was decided before, and a rollback must not wait for it. After a
    reversal the group does not need what it lacks before, nor an app that the option consents to.
    """
    demanding = any(map(requires_managed, change.after))
    if not change.is_reversal:
        return refusing is not None or demanding
    apps = [
        each
        for each in change.refusing_apps
        if refusing is not None
        or not {each.app.id, each.app.label} & set(options.allow_protected_apps)
    ]
    if not apps or not (refusing is not None or demanding):
        return False
    earlier: list[Rules] = []
    for app in apps:
        if app.before not in earlier:
            earlier.append(app.before)
    return not options.break_glass_group or any(map(guard.is_admitted, earlier))
