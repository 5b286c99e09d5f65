# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps of a report, the rules that judge their sign-ins, and whom these rules tell apart."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import replace

from ..._core.errors import ApiError, Forbidden, NotFound
from ..._fleet.facts import fold_person, map_logins
from ..._http.operations import optional
from ..._okta import client as okta_api
from ..._okta.client import Okta
from ..._okta.group_members import read_members
from ..._okta.records import App, OktaDevice, Policy
from ..policies.lookups import resolve_apps
from ..policies.plan import describe_inactive
from ..rules.rule_order import Rules, in_order
from ..rules.subjects import named_groups
from . import other_policies_reader
from .directory import Directory
from .other_policies_reader import OtherPolicies
from .report_access import JudgedApp, Users
from .session_policies import Sessions
from .signal_policies import signals_of

OFF = ("INACTIVE", "DELETED")  # statuses of apps that nobody signs in to
# A report without apps asks for none of their scopes.
USES = optional(okta_api.LIST_APPS, okta_api.LIST_GROUP_USERS, *other_policies_reader.USES)


def read_judged_apps(okta: Okta, wanted: t.Sequence[str], others: OtherPolicies) -> list[JudgedApp]:
    """Return apps by ids or exact labels, with their rules. Raises BadOption.

    The pages of the lists of apps and of their policies are read, the rules of each policy once,
    and what ``others`` read. A policy that Okta does not list counts as active. Whom an app admits
    is unknown if Okta does not show its policy, or the credentials may not read its rules.
    """
    if not wanted:
        return []
    apps = _with_distinct_labels(resolve_apps(okta.apps(), wanted))
    policies = {each.id: each for each in okta.access_policies()}
    rules: dict[str, Rules | None] = {}
    judged = []
    for app in apps:
        policy_id = app.policy_id or ""
        if policy_id not in rules:
            rules[policy_id] = _read_rules(okta, policy_id) if policy_id else None
        signals = signals_of(others.signals, app.id, policy_id, policy_id).after
        known = rules[policy_id]
        problem = (
            _hidden_rules(app)
            if known is None
            else describe_inactive(policies.get(policy_id, Policy(policy_id)))
        )
        judged.append(
            JudgedApp(
                app,
                known or (),
                signals=signals,
                problem=_inactive_app(app) or problem,
                is_off=app.status in OFF,
            )
        )
    return judged


def _read_rules(okta: Okta, policy_id: str) -> Rules | None:
    """Return the rules of a policy in order, None if Okta does not show them."""
    try:
        return in_order(okta.policy_rules(policy_id))
    except (Forbidden, NotFound):
        return None


def _hidden_rules(app: App) -> str:
    """Return that nobody knows whom an app admits, as sentences."""
    part, remedy = (
        ("the rules of its sign-in policy", "Let the role of the credentials view all policies.")
        if app.policy_id
        else ("its sign-in policy", "Check the app in the Admin Console.")
    )
    return f"App {app.label!r}: Okta does not show {part}, so whom it admits is unknown. {remedy}"


def _with_distinct_labels(apps: t.Sequence[App]) -> list[App]:
    """Return apps with labels that differ: Okta accepts several of one label."""
    labels = Counter(app.label for app in apps)
    return [
        app if labels[app.label] == 1 else replace(app, label=f"{app.label} ({app.id})")
        for app in apps
    ]


def _inactive_app(app: App) -> str:
    """Return that nobody signs in to an app that is not active, or may, as sentences, or ""."""
    if app.status in (None, "ACTIVE"):
        return ""
    fact = "nobody signs in to it" if app.status in OFF else "whom it admits is unknown"
    return (
        f"App {app.label!r}: it is {app.status}, so {fact}. Activate it in the Admin Console, or"
        " leave it out."
    )


class UserReader:
    """Collects the users of device records, and the members of the groups that rules name."""

    def __init__(self) -> None:
        self._directory = Directory()
        self.notes: list[str] = []  # sentences on groups that Okta does not show

    def add(self, device: OktaDevice) -> None:
        """Add the users of a device record, and the record if they can sign in with it."""
        if device.is_working:
            self._directory.add_device(device)
        for each in device.users or ():
            if each.user.id:
                self._directory.add_user(each.user)

    def read(
        self,
        okta: Okta,
        apps: t.Iterable[JudgedApp],
        sessions: Sessions,
        people: t.Iterable[str] = (),
    ) -> Users:
        """Return the users. The pages of the members of each group are read.

        A policy may name a group that was deleted, or that the credentials may not view. Whom it
        concerns is unknown then.

        :arg people: those of Kandji. If Okta showed one of the addresses for nobody, the members of
            the groups of the default global session policy, which has everybody, are read, too.
        """
        named = named_groups(*(each.rules for each in apps)) | sessions.groups
        unread = set()
        for group_id in sorted(named):
            members = read_members(okta, group_id)
            try:
                self._directory.add_group(group_id, members)
            except NotFound as error:
                unread.add(group_id)
                self.notes.append(error.message)
            except Forbidden:
                unread.add(group_id)
                self.notes.append(
                    f"The credentials may not read the members of group {group_id}, which a policy"
                    " or a rule names, so whom it concerns is unknown. Grant okta.groups.read, and"
                    " let their role view it."
                )
        directory = self._directory
        missing = {fold_person(each) for each in people if "@" in each} - self._logins().keys()
        for group_id in sorted(sessions.everyone - named) if missing else ():
            self._add_missing(okta, group_id, missing)
        return Users(
            {fold_person(login): user_id for user_id, login in directory.logins.items()},
            directory.devices,
            {group: frozenset(users) for group, users in directory.members.items()},
            directory.types,
            directory.statuses,
            sessions,
            frozenset(unread),
            self._logins(),
            frozenset(directory.unsure_passwords),
        )

    def _logins(self) -> dict[str, str]:
        directory = self._directory
        return map_logins(
            (login, directory.emails.get(user_id, ""))
            for user_id, login in directory.logins.items()
        )

    def _add_missing(self, okta: Okta, group_id: str, missing: t.Container[str]) -> None:
        """Add the members of a group who have one of these logins or addresses."""
        try:
            for user in read_members(okta, group_id):
                if fold_person(user.name) in missing or fold_person(user.email or "") in missing:
                    self._directory.add_user(user)
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            self.notes.append(
                f"The credentials may not read the members of group {group_id}, who are everybody."
                " Whom Okta shows nowhere else surely gets in nowhere. Let their role view it."
            )
