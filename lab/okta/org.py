# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Okta org of the Identity Engine: its ids, its time, its users and its System Log.

What happens to its devices, to its Desktop platform, to its policies and at sign-in is in the
objects that it holds. Take the world's lock around every call.
"""

from __future__ import annotations

import contextlib
import random
import typing as t
import uuid
from datetime import datetime, timedelta

from lab.okta.authenticators.org_authenticators import (
    Authenticator,
    make_authenticators,
    make_temporary_codes,
)
from lab.okta.authorities.desktop_platform import DesktopPlatform
from lab.okta.devices.records import Record, User
from lab.okta.devices.registry import DeviceRegistry
from lab.okta.directory.groups_and_apps import App, Directory, Group
from lab.okta.oauth import OAuth
from lab.okta.policies.access_policies import Policies, Policy, Rule
from lab.okta.policies.enrollment import EnrollmentPolicies
from lab.okta.policies.initial import add_initial_policies
from lab.okta.policies.session_and_signal import OtherPolicies
from lab.okta.policies.sign_ins import SignIns
from lab.okta.rate_limits import Limits
from lab.okta.system_log.events import Event, Json, SystemLog, client_of
from lab.okta.system_log.hooks import EventHook, HookSettings
from lab.okta.system_log.targets import policy_targets
from lab.state import World

ADMINISTRATOR = "okta.admin@acme.example"  # whose token the API token is
PLATFORM_ADDED = timedelta(days=20)  # before the lab starts
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Org:
    """One org. ``refused`` names the operations that its API token has no permission for."""

    def __init__(self, world: World, base_url: str) -> None:
        self.world = world
        self.base_url = base_url
        self._random = random.Random(f"okta {world.options.seed}")  # equal seeds give equal orgs
        self._dated: datetime | None = None
        self.subdomain = "acme"
        self.pipeline = "idx"
        self.org_id = self.new_id("00o")
        self.realm_id = self.new_id("guo")
        self.api_token = "00" + self._token(40)
        self.oauth = OAuth(base_url, world.clock.now, self.new_id)
        self.refused: set[str] = set()
        self.platform = DesktopPlatform(self, self._random)
        self.users: dict[str, User] = {}
        self.devices: dict[str, Record] = {}
        self.deleted: set[str] = set()
        self.log = SystemLog()
        self.hooks: list[EventHook] = []
        self.limits = Limits(world.clock, high=world.options.limits == "high")
        self.limits.set(world.options.like.get("limits", {}))
        self.registry = DeviceRegistry(self)
        self._administrator = User(
            self.new_id("00u"), ADMINISTRATOR, ADMINISTRATOR, "Okta", "Administrator", self.now()
        ).in_the_log
        # apart: ids of devices stay what they are
        self._directory_random = random.Random(f"okta policies {world.options.seed}")
        self.policies = Policies(self._directory_id, self.now)
        self.directory = Directory(self._directory_id, self.now)
        # user -> the temporary access code that is valid
        self.temporary_codes: dict[str, str] = {}
        self.enrollment = EnrollmentPolicies(world.options.seed, self.now)
        self.others = OtherPolicies(world.options.seed, self.now)
        self.sign_ins = SignIns(self)
        with self.dated(self.now() - PLATFORM_ADDED):
            self.authenticators: dict[str, Authenticator] = make_authenticators(
                self.new_id, self.now(), world.options.fastpass_off
            )
            if world.options.consoles:
                self.platform.add()
            add_initial_policies(self.policies, self.directory, self.enrollment, self.others)

    @property
    def other_url(self) -> str:
        """The URL of the org under another name of this machine."""
        return self.base_url.replace("//localhost", "//127.0.0.1", 1)

    # Ids and time

    def new_id(self, prefix: str) -> str:
        """Return a new id with the prefix that Okta gives to such objects."""
        return prefix + self._token(17)

    def _directory_id(self, prefix: str) -> str:
        """Return a new id of a policy, group, app or user."""
        return prefix + "".join(self._directory_random.choices(_LETTERS, k=17))

    def _token(self, length: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=length))

    def now(self) -> datetime:
        """Return the org's time in milliseconds, as Okta prints it."""
        now = self._dated or self.world.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    @contextlib.contextmanager
    def dated(self, time: datetime) -> t.Iterator[None]:
        """Set the org's time within the context: for a history from before the lab started."""
        self._dated, outer = time, self._dated
        try:
            yield
        finally:
            self._dated = outer

    # Users, and everything at once

    def add_user(self, first_name: str, last_name: str, login: str) -> User:
        """Add an active user, whose e-mail address is the login."""
        user = User(self.new_id("00u"), login, login, first_name, last_name, self.now())
        self.users[user.id] = user
        return user

    def empty(self) -> None:
        """Remove all users, devices, groups, apps, policies and events: a new org."""
        for collection in (
            self.users,
            self.devices,
            self.deleted,
            self.policies.by_id,
            self.directory.groups,
            self.directory.apps,
        ):
            collection.clear()
        self.log, self.sign_ins, self.registry = SystemLog(), SignIns(self), DeviceRegistry(self)
        self.enrollment.policies.clear()
        self.others.policies.clear()
        add_initial_policies(self.policies, self.directory, self.enrollment, self.others)

    def add_emergency_user(self, login: str) -> User:
        """Add a user whose id is drawn apart: a seed gives the same ids with and without it."""
        user = User(self._directory_id("00u"), login, login, "Break", "Glass", self.now())
        self.users[user.id] = user
        return user

    def add_temporary_codes(self) -> Authenticator:
        """Set up temporary access codes, as an administrator does in the console."""
        made = make_temporary_codes(self.new_id("aut"), self.now())
        self.authenticators[made.key] = made
        return made

    def add_hook(self, settings: HookSettings) -> EventHook:
        """Add an event hook, as Workflow > Event Hooks in the Admin Console does.

        Raises NotAHook. Call its ``verify`` without the world's lock.
        """
        hook = EventHook(self.new_id("who"), self.base_url, settings)
        self.hooks.append(hook)
        return hook

    def is_off(self, method: str) -> bool:
        """Return whether Okta Verify or a method of it is not active."""
        verify = self.authenticators["okta_verify"]
        return "INACTIVE" in (verify.status_of("okta_verify"), verify.status_of(method))

    # What time does

    def housekeeping(self) -> None:
        """Do what Okta does as time passes. Call it after every move of the clock."""
        now = self.now()
        self.platform.revoke_unused(now)
        self.registry.expire(now)
        self.log.forget(now)

    # Policies, groups and apps

    @property
    def user_type(self) -> str:
        """The id of the type of all users, the default one."""
        return "oty" + self.realm_id[3:]

    def members(self, group: Group) -> list[User]:
        """Return the users of a group."""
        return [user for user in self.users.values() if group.has(user.id)]

    def assign(self, app: App, policy: Policy) -> None:
        """Assign an app to a sign-in policy."""
        app.policy_id, app.last_updated = policy.id, self.now()
        self.administrator_event(
            "application.policy.sign_on.update",
            "Update sign on policy for application",
            [app.in_the_log, *policy_targets(policy)],
        )

    def policy_event(
        self, event_type: str, message: str, policy: Policy, rule: Rule | None = None
    ) -> None:
        """Log that an administrator changed a policy, or a rule of it."""
        self.administrator_event(event_type, message, policy_targets(policy, rule))

    def administrator_event(
        self, event_type: str, message: str, target: list[Json], user_agent: str = ""
    ) -> None:
        """Log what the administrator did whose token the API token is, by what program."""
        client = client_of(user_agent) if user_agent else None
        self.event(event_type, message, actor=self._administrator, target=target, client=client)

    def random_number(self) -> int:
        """Return 128 random bits. Ids that are drawn later do not change by it."""
        return self._directory_random.getrandbits(128)

    # The System Log

    @property
    def events(self) -> list[Json]:
        """All LogEvents, oldest first."""
        return [event.as_dict() for event in self.log.events]

    def event(
        self, event_type: str, message: str, *, actor: Json, target: t.Iterable[Json], **more: t.Any
    ) -> None:
        """Write an event to the log and deliver it to the hooks."""
        number = uuid.UUID(int=self._random.getrandbits(128), version=4).int
        event = Event(self.now(), number, event_type, message, actor, tuple(target), **more)
        self.log.add(
            event, event.published + timedelta(seconds=self.world.switches.log_lag_seconds)
        )
        for hook in self.hooks:
            hook.notice(event, self.world.switches.hook_delivers_twice)
