# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and apps of an org. Take the world's lock around every call."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

EVERYONE, ADMINISTRATORS, BREAK_GLASS = "Everyone", "Okta Administrators", "Break glass"

# Okta's own apps, by the names that they bear in every org, and what they are called. Sources:
# lab.md, "Apps and policies".
OWN_APPS = (
    ("saasure", "Okta Admin Console"),
    ("okta_enduser", "Okta Dashboard"),
    ("okta_browser_plugin", "Okta Browser Plugin"),
    ("okta_account_settings", "Okta End User Settings"),
)
ADMIN_CONSOLE = "saasure"
# The resource of the policy that judges who may add an authenticator.
ACCOUNT_MANAGEMENT = "END_USER_ACCOUNT_MANAGEMENT"
# Apps of the company: name, label, sign-on mode.
COMPANY_APPS = (
    ("salesforce", "Salesforce", "SAML_2_0"),
    ("slack", "Slack", "SAML_2_0"),
    ("acme_payroll_1", "Payroll", "OPENID_CONNECT"),
    ("bookmark", "Device check", "BOOKMARK"),
)
CANARY = "Device check"


@dataclass
class Group:
    """A group. With ``everyone`` all users are members."""

    id: str
    name: str
    created: datetime
    description: str | None = None
    type: str = "OKTA_GROUP"
    last_updated: datetime | None = None
    last_membership_updated: datetime | None = None
    members: set[str] = field(default_factory=set)
    everyone: bool = False

    def has(self, user_id: str) -> bool:
        """Return whether a user is a member."""
        return self.everyone or user_id in self.members


@dataclass
class App:
    """An app. ``groups`` are the ids of the groups that it is assigned to."""

    id: str
    name: str
    label: str
    sign_on_mode: str
    created: datetime
    policy_id: str
    groups: set[str] = field(default_factory=set)
    status: str = "ACTIVE"
    last_updated: datetime | None = None

    @cached_property
    def in_the_log(self) -> dict[str, t.Any]:
        """The app as target of events, which share it."""
        return {
            "id": self.id,
            "type": "AppInstance",
            "alternateId": self.label,
            "displayName": self.label,
            "detailEntry": None,
        }

    @cached_property
    def in_use(self) -> dict[str, t.Any]:
        """The app as target of the events of its use, which name how people sign in to it."""
        return {**self.in_the_log, "detailEntry": {"signOnModeType": self.sign_on_mode}}


@dataclass
class Directory:
    """The groups and apps of an org."""

    new_id: t.Callable[[str], str]
    now: t.Callable[[], datetime]
    groups: dict[str, Group] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)

    def add_group(
        self,
        name: str,
        description: str | None = None,
        members: t.Iterable[str] = (),
        **more: t.Any,
    ) -> Group:
        """Add a group."""
        now = self.now()
        group = Group(
            self.new_id("00g"),
            name,
            now,
            description,
            last_updated=now,
            last_membership_updated=now,
            members=set(members),
            **more,
        )
        self.groups[group.id] = group
        return group

    def group(self, name: str) -> Group:
        """Return a group by name or id. Raises KeyError."""
        return (
            self.groups.get(name)
            or next((group for group in self.groups.values() if group.name == name), None)
            or _missing(name)
        )

    def add_app(
        self, name: str, label: str, sign_on_mode: str, policy_id: str, groups: t.Iterable[str] = ()
    ) -> App:
        """Add an app that is assigned to a policy and to groups."""
        app = App(
            self.new_id("0oa"),
            name,
            label,
            sign_on_mode,
            self.now(),
            policy_id,
            set(groups),
            last_updated=self.now(),
        )
        self.apps[app.id] = app
        return app

    def app(self, name: str) -> App:
        """Return an app by id, label or name. Raises KeyError."""
        return (
            self.apps.get(name)
            or next((app for app in self.apps.values() if name in (app.label, app.name)), None)
            or _missing(name)
        )

    def apps_of(self, policy_id: str) -> list[App]:
        """Return the apps that are assigned to a policy."""
        return [app for app in self.apps.values() if app.policy_id == policy_id]

    def groups_of(self, user_id: str) -> set[str]:
        """Return the ids of a user's groups."""
        return {group.id for group in self.groups.values() if group.has(user_id)}


def _missing(name: str) -> t.NoReturn:
    raise KeyError(name)
