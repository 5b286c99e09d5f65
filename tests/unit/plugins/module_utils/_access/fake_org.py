# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An org of fakes whose reads are recorded, and changes of its sign-in rules, for tests."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from types import SimpleNamespace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.other_policies_reader import (
    OtherPolicies,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    AppChange,
    PolicyChange,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.break_glass import (
    BreakGlassGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.change_guard import (
    GuardOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.protected_apps import (
    ProtectedAppsGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Forbidden,
    NotFound,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    AuthenticatorMethod,
    DeviceUser,
    Enrollment,
    Group,
    LogEntity,
    LogEvent,
    OktaDevice,
    OktaUser,
    Policy,
    PolicyRule,
    RankedPolicy,
    SessionRule,
    SignalRule,
)


def rule(
    name: str, access: str = "ALLOW", status: str = "ACTIVE", **conditions: t.Any
) -> PolicyRule:
    """Return a rule of one factor."""
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    row = {"name": name, "status": status, "conditions": conditions}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


OPTIONS = GuardOptions(
    forecast=True,
    active_days=30,
    log_events=50000,
    max_locked_out=0,
    break_glass_group="Break glass",
    allow_protected_apps=[],
)


class FakeOrg:
    """An org with one group, whose reads are recorded."""

    transport = SimpleNamespace(now=lambda: 1_795_478_400.0)  # 2026-11-24
    enrolled: t.Sequence[str] = ("okta_password", "okta_email", "phone_number")
    statuses: t.ClassVar[dict[str, str | None]] = {}

    def __init__(
        self,
        users: t.Iterable[OktaUser] = (),
        devices: t.Iterable[OktaDevice] = (),
        events: t.Iterable[LogEvent] = (),
    ) -> None:
        self.users, self.device_list, self.events = list(users), list(devices), list(events)
        self.reads: list[str] = []
        self.log_reads: list[tuple[str, dict[str, t.Any]]] = []

    def session_policies(self) -> list[RankedPolicy]:
        self.reads.append("session policies")
        return [DEFAULT_POLICY]

    def session_rules(self, policy_id: str) -> list[SessionRule]:
        return [SessionRule("r", "Default Rule", status="ACTIVE", system=True, access="ALLOW")]

    def signal_policies(self) -> list[RankedPolicy]:
        self.reads.append("signal policies")
        return []

    def authenticators(self) -> list[Authenticator]:
        self.reads.append("authenticators")
        return [
            Authenticator("aut1", "okta_password", app_instance_id="app-password"),
            Authenticator("aut2", "okta_verify", app_instance_id="app-verify", status="ACTIVE"),
        ]

    def authenticator_methods(self, authenticator_id: str) -> list[AuthenticatorMethod]:
        self.reads.append(f"methods of {authenticator_id}")
        return [AuthenticatorMethod("signed_nonce", "ACTIVE")]

    def groups(self, search: str) -> list[Group]:
        self.reads.append("groups")
        return [Group("glass", "Break glass")]

    def group_users(self, group_id: str) -> t.Iterator[OktaUser]:
        """Return all users, whichever group is asked."""
        self.reads.append(f"members of {group_id}")
        return iter(self.users)

    def user(self, user_id: str) -> OktaUser | None:
        """Return a person of the log, whom Okta shows as active by default."""
        self.reads.append(f"user {user_id}")
        status = self.statuses.get(user_id, "ACTIVE")
        if status == "forbidden":
            raise Forbidden("The token lacks a permission.")
        return OktaUser(user_id, status=status) if status != "absent" else None

    def users_with_ids(self, ids: t.Sequence[str]) -> t.Iterator[OktaUser]:
        """Yield the same people for many ids."""
        self.reads.append(f"{len(ids)} users")
        if "forbidden" in self.statuses.values():
            raise Forbidden("The token lacks a permission.")
        statuses = {each: self.statuses.get(each, "ACTIVE") for each in ids}
        return (
            OktaUser(each, status=status) for each, status in statuses.items() if status != "absent"
        )

    def enrollments(self, user_id: str) -> list[Enrollment]:
        self.reads.append(f"authenticators of {user_id}")
        return [Enrollment(key, "ACTIVE") for key in self.enrolled]

    def devices(self, search: str, expand: str | None = None) -> t.Iterator[OktaDevice]:
        self.reads.append("devices")
        return iter(self.device_list)

    def log_events(self, log_filter: str, **options: t.Any) -> t.Iterator[LogEvent]:
        self.log_reads.append((log_filter, options))
        return iter(self.events)


APP = App("app1", "Slack", "slack", "rst1")
DEFAULT_POLICY = RankedPolicy("rst9", "Default Policy", 9, "ACTIVE", system=True)
OPEN = [rule("Catch-all Rule")]
COMPANY = Policy("rst1", "Company apps")
GLASS_OUT: dict[str, t.Any] = {"people": {"groups": {"exclude": ["glass"]}}}
MANAGED = rule("Managed", device={"managed": True}, **GLASS_OUT)
ADA = OktaUser("ada", "ada@acme.com", status="ACTIVE")
STAFF: dict[str, t.Any] = {"people": {"groups": {"include": ["staff"]}}}


def app_change(app: App = APP, after: Rules = (MANAGED,)) -> AppChange:
    """Return a change of an app from open to these rules."""
    return AppChange(app, OPEN, after)


def company(
    *apps: AppChange,
    policy: Policy = COMPANY,
    before: Rules | None = None,
    after: Rules = (MANAGED,),
) -> PolicyChange:
    """Return a change of a policy, from open to managed devices alone, or other rules."""
    return PolicyChange(policy, OPEN if before is None else before, after, apps)


def protected(org: t.Any, allowed: t.Sequence[str]) -> ProtectedAppsGuard:
    """Return the guard of Okta's own apps."""
    return ProtectedAppsGuard(allowed, OtherPolicies(org))


def guard_of(org: t.Any, group: str | None = "Break glass") -> BreakGlassGuard:
    """Return the guard of a break-glass group."""
    return BreakGlassGuard(org, group, OtherPolicies(org))


def org_without(*groups: str, users: t.Iterable[OktaUser] = (ADA,)) -> t.Any:
    """Return an org without these groups."""
    org: t.Any = FakeOrg(users)
    read = org.group_users

    def group_users(group: str) -> t.Any:
        if group in groups:
            raise NotFound("Not found", status=404)
        return read(group)

    org.group_users = group_users
    return org


JIRA = App("app2", "Jira", "jira", "rst1")
ONLY_MANAGED = [MANAGED, rule("Others", "DENY", device={"managed": False}, **GLASS_OUT), *OPEN]
NOON = "2026-11-20T12:00:00.000Z"
RECORD = OktaDevice("d1", "ACTIVE", platform="MACOS", registered=True, display_name="Mac")


def mac_of(*logins: str, managed: str = "NOT_MANAGED") -> OktaDevice:
    """Return the Mac of these people."""
    users = tuple(DeviceUser(OktaUser(login, f"{login}@acme.com"), managed) for login in logins)
    return replace(RECORD, users=users)


def sign_in(login: str, *apps: App, device: str = "d1") -> LogEvent:
    """Return a sign-in to the apps."""
    return LogEvent(
        event_type="user.authentication.sso",
        published=NOON,
        actor=LogEntity(login, alternate_id=f"{login}@acme.com"),
        targets=tuple(LogEntity(app.id, "AppInstance") for app in apps),
        device_id=device,
        device_platform="OSX",
    )


def change_of(app: App = APP, before: Rules | None = None, after: Rules | None = None) -> AppChange:
    """Return a change of an app from open to managed devices alone, or to other rules."""
    return AppChange(
        app, OPEN if before is None else before, ONLY_MANAGED if after is None else after
    )


def session_org(*logins: str, in_group: t.Sequence[str] = ("ann",), **more: t.Any) -> t.Any:
    """Return an org whose global session policy refuses the members of a group."""
    events = [sign_in(each, APP) for each in logins]
    org: t.Any = FakeOrg(devices=[mac_of(*logins)], events=events, **more)
    people = {"people": {"groups": {"include": ["out"]}}}
    row = {"id": "p", "name": "Leavers", "status": "ACTIVE", "conditions": people}
    org.session_policies = lambda: [RankedPolicy.from_row(row), DEFAULT_POLICY]
    stop = [SessionRule("r", "Stop", status="ACTIVE", access="DENY")]
    default = org.session_rules("rst9")
    org.session_rules = lambda policy_id: stop if policy_id == "p" else default
    members = [OktaUser(each, f"{each}@acme.com", status="ACTIVE") for each in in_group]
    org.group_users = lambda group: iter(members if group == "out" else org.users)
    return org


def signals_org(*resources: str) -> t.Any:
    """Return an org with a device signal collection policy of these resources."""
    org: t.Any = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    org.signal_policies = lambda: [RankedPolicy("rstS", "Signals", 1, "ACTIVE")]
    org.mapped_resources = lambda policy_id: list(resources)
    org.signal_rules = lambda policy_id: [SignalRule("r", "Rule", status="ACTIVE", providers={})]
    return org


def hiding(*kinds: str, users: t.Iterable[OktaUser] = (ADA,), managed: str = "MANAGED") -> t.Any:
    """Return an org that does not show policies of these kinds, where ann uses Salesforce."""
    org: t.Any = FakeOrg(users, [mac_of("ann", managed=managed)], [sign_in("ann", APP)])

    def forbidden() -> t.NoReturn:
        raise Forbidden("No", status=403)

    for kind in kinds:
        setattr(org, kind, forbidden)
    return org
