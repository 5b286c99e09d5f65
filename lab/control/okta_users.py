# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of the Okta org's users: their status, groups, devices and sign-ins."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

from lab.actors.person import seats
from lab.control.schemas import (
    BadRequest,
    Body,
    ControlRequest,
    ControlRoute,
    check_choice,
    check_names,
    has_type,
    join,
    read_texts,
)
from lab.okta.devices.records import PROVIDERS, DeviceFacts, User
from lab.okta.devices.registry import RegistrationRefused
from lab.okta.directory.groups_and_apps import App
from lab.okta.org import Org
from lab.okta.policies.sign_ins import PLATFORMS, RISKS, Surroundings
from lab.seeds import random_org
from lab.state import World

USER_STATUSES = ("ACTIVE", "SUSPENDED", "DEPROVISIONED")
LOG_DAYS = 90  # for which the log keeps events
MAX_DENIALS = 1000


class UserControls:
    """Operations on the users of the org."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def org(self) -> Org:
        """The org."""
        org: Org = self.world.okta
        return org

    def routes(self) -> list[ControlRoute]:
        """Return the operations."""
        return [
            ControlRoute("PATCH", "/okta/users", self.set_user),
            ControlRoute("POST", "/okta/groups", self.set_group),
            ControlRoute("POST", "/okta/records", self.add_record),
            ControlRoute("POST", "/okta/seats", self.add_seat),
            ControlRoute("GET", "/okta/sign-ins", self.show_sign_ins),
            ControlRoute("PATCH", "/okta/sign-ins", self.set_surroundings),
            ControlRoute("POST", "/okta/use", self.add_use),
            ControlRoute("POST", "/okta/draw", self.draw_policy),
            ControlRoute("POST", "/okta/deny", self.deny_sign_ins),
        ]

    # Users and groups

    def set_user(self, request: ControlRequest) -> Body:
        """Set ``status`` and ``provider`` of the user ``login``, and whether they have a phone."""
        body = request.body
        check_names(body, ("login", "status", "has_phone", "provider"))
        user = find_user(self.org, body.get("login"))
        check_choice("status", body.get("status", user.status), USER_STATUSES)
        check_choice("provider", body.get("provider", user.provider), PROVIDERS)
        if not isinstance(body.get("has_phone", True), bool):
            raise BadRequest("has_phone is either true or false.")
        user.status = body.get("status", user.status)
        user.has_phone = body.get("has_phone", user.has_phone)
        user.provider = body.get("provider", user.provider)
        names = ("login", "status", "has_phone", "provider")
        return {name: getattr(user, name) for name in names}

    def set_group(self, request: ControlRequest) -> Body:
        """Set the members of the group ``name`` to exactly ``logins``; add the group if new."""
        check_names(request.body, ("name", "logins"))
        name, org = request.body.get("name"), self.org
        if not isinstance(name, str) or not name:
            raise BadRequest("name has to be the name of a group.")
        members = {find_user(org, login).id for login in read_texts(request.body, "logins")}
        groups = (group for group in org.directory.groups.values() if group.name == name)
        group = next(groups, None) or org.directory.add_group(name)
        if group.everyone:
            raise BadRequest("Everybody is in this group, always.")
        group.members, group.last_membership_updated = members, org.now()
        return {
            "id": group.id,
            "name": group.name,
            "logins": sorted(org.users[user_id].login for user_id in members),
        }

    # Devices

    def add_record(self, request: ControlRequest) -> Body:
        """Add a device record for ``serial``, as an erased Mac leaves one behind.

        It is linked to the user ``login``; without one, to nobody.
        """
        body, org = request.body, self.org
        check_names(body, ("serial", "login"))
        serial = body.get("serial")
        if not isinstance(serial, str) or not serial:
            raise BadRequest("serial has to be a serial number.")
        owner = find_user(org, body["login"]) if "login" in body else next(iter(org.users.values()))
        facts = DeviceFacts(
            serial=serial,
            udid=self.world.uuid(),
            name=serial,
            model="MacBookPro18,3",
            os_version="15.1",
        )
        record = org.registry.register(owner.id, facts)
        if "login" not in body:
            record.users.clear()
        return {"id": record.id}

    def add_seat(self, request: ControlRequest) -> Body:
        """Add a device of the user ``login`` on ``platform``; ``registered`` with Okta Verify."""
        body = request.body
        check_names(body, ("login", "platform", "registered"))
        user, platform = find_user(self.org, body.get("login")), body.get("platform")
        if platform not in PLATFORMS or not isinstance(body.get("registered", False), bool):
            raise BadRequest(
                f"platform is one of {join(PLATFORMS)}, and registered is either true or false."
            )
        try:
            seat = random_org.add_seat(self.org, user, platform, body.get("registered", False))
        except RegistrationRefused as problem:
            raise BadRequest(f"Okta refuses: {problem}") from None
        return {"login": user.login, "platform": seat.platform, "device_id": seat.device_id}

    # Sign-ins

    def show_sign_ins(self, _request: ControlRequest) -> Body:
        """Return how each user signs in from each of their devices."""
        return self.org.sign_ins.describe(seats(self.world))

    def set_surroundings(self, request: ControlRequest) -> Body:
        """Set ``zones``, ``risk`` and ``assurances`` of the sign-ins of the user ``login``."""
        body, surroundings = request.body, self.org.sign_ins.surroundings
        check_names(body, ("login", "zones", "risk", "assurances"))
        user = find_user(self.org, body.get("login"))
        check_choice("risk", body.get("risk", "LOW"), RISKS)
        values = {
            name: frozenset(read_texts(body, name))
            for name in ("zones", "assurances")
            if name in body
        }
        before = surroundings.get(user.id, Surroundings())
        after = replace(before, **values, risk=body.get("risk", before.risk))
        surroundings[user.id] = after
        return {
            "login": user.login,
            "zones": sorted(after.zones),
            "risk": after.risk,
            "assurances": sorted(after.assurances),
        }

    def add_use(self, request: ControlRequest) -> Body:
        """Log that ``logins`` used ``apps`` ``days_ago``, all of either by default.

        Each user signs in from all their devices, or only from those of ``platform``.
        """
        body, org = request.body, self.org
        check_names(body, ("logins", "apps", "days_ago", "platform"))
        days = body.get("days_ago", 1)
        if not has_type(days, (int, float)) or not 0 <= days <= LOG_DAYS:
            raise BadRequest(f"days_ago has to be a number from 0 to {LOG_DAYS}.")
        users, apps = set(org.users), list(org.directory.apps.values())
        if "logins" in body:
            users = {find_user(org, login).id for login in read_texts(body, "logins")}
        if "apps" in body:
            apps = [find_app(org, name) for name in read_texts(body, "apps")]
        time, platform = org.now() - timedelta(days=days), body.get("platform")
        uses = [
            (app, seat, time)
            for seat in seats(self.world)
            if seat.user_id in users and platform in (None, seat.platform)
            for app in apps
        ]
        return {"uses": org.sign_ins.remember(uses, org.random_number)}

    def draw_policy(self, request: ControlRequest) -> Body:
        """Draw groups, rules and past use for the app ``app`` and its users from ``seed``."""
        body = request.body
        check_names(body, ("seed", "app"))
        if not has_type(body.get("seed"), int):
            raise BadRequest("seed has to be a whole number.")
        app = find_app(self.org, body.get("app", "Salesforce"))
        return random_org.draw_policy(self.org, app, seats(self.world), body["seed"])

    def deny_sign_ins(self, request: ControlRequest) -> Body:
        """Deny the app ``app`` to the user ``login``, ``times`` times."""
        body = request.body
        check_names(body, ("login", "app", "times"))
        user = find_user(self.org, body.get("login"))
        app = find_app(self.org, body.get("app", "Payroll"))
        times = body.get("times", 1)
        if not has_type(times, int) or not 1 <= times <= MAX_DENIALS:
            raise BadRequest(f"times has to be a number from 1 to {MAX_DENIALS}.")
        for _unused in range(times):
            self.org.sign_ins.refuse(user, app)
        return {"denied": times}


def find_user(org: Org, login: t.Any) -> User:
    """Return the user with a login."""
    for user in org.users.values():
        if user.login == login:
            return user
    raise BadRequest(f"The org does not have a user {login!r}.")


def find_app(org: Org, name: str) -> App:
    """Return the app with a name."""
    try:
        return org.directory.app(name)
    except KeyError:
        raise BadRequest(f"The org does not have an app {name!r}.") from None
