# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the Macs: they add their account to Okta Verify, sign in, and open apps."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import timedelta

from lab.actors import payloads
from lab.actors.inventory import OKTA_VERIFY
from lab.actors.mac import Mac
from lab.okta.devices.records import DeviceFacts
from lab.okta.devices.registry import Gone, RegistrationRefused
from lab.okta.directory.groups_and_apps import App
from lab.okta.policies.sign_ins import Outcome, Seat
from lab.state import World

HABITS = {
    "prompt": "registers as soon as Okta Verify is there, signs in by FastPass",
    "early": (
        "had Okta Verify by hand and registered before the certificate came, signs in by FastPass"
    ),
    "never": "never opens Okta Verify",
    "push": "registers, but signs in by push to a phone",
}


@dataclass
class Person:
    """One person at one Mac.

    ``asked_to_register``: an administrator asked them to remove their account from Okta Verify and
    to add it again.
    """

    user_id: str
    serial: str
    habit: str = "prompt"
    asked_to_register: bool = False
    last_outcome: str = "has done nothing yet"

    def act(self, world: World, mac: Mac) -> str:
        """Open Okta Verify and sign in, if this person does that. Return the outcome.

        No request is sent.
        """
        with world.lock:
            self.last_outcome = self._act(world, mac)
        return self.last_outcome

    def register(self, world: World, mac: Mac) -> None:
        """Add the account to Okta Verify. Raises Gone or RegistrationRefused."""
        record = world.okta.registry.register(
            self.user_id,
            DeviceFacts(
                serial=mac.serial,
                udid=mac.udid,
                name=mac.device.name,
                model=mac.device.model_id,
                os_version=mac.device.os_version,
            ),
            account_device_id=mac.okta_account,
        )
        mac.accounts[self.user_id] = record.id

    def _act(self, world: World, mac: Mac) -> str:
        if self.habit == "never":
            return "never opens Okta Verify"
        if OKTA_VERIFY not in mac.apps:
            return "finds no Okta Verify on the Mac"
        if self.asked_to_register and self._account_is_dead(world, mac):
            # The accounts of one Okta Verify share one device: none of them works any longer.
            mac.accounts.clear()
        elif mac.accounts.get(self.user_id, "") in world.okta.deleted:
            return (
                "has an account whose device no longer exists, and waits for somebody to say what"
                " to do"
            )
        if self.user_id not in mac.accounts:
            org_url = payloads.okta_verify(mac.payloads).get("OktaVerify.OrgUrl")
            if org_url and org_url.rstrip("/") != world.okta.base_url:
                return f"is led by Okta Verify to {org_url}, where nobody knows them"
            try:
                self.register(world, mac)
            except Gone:
                return (
                    "learns from Okta Verify that the device no longer exists: the account has to"
                    " be removed first"
                )
            except RegistrationRefused as refusal:
                return f"is refused by Okta: {refusal}"
            self.asked_to_register = False
        return self._sign_in(world, mac)

    def _account_is_dead(self, world: World, mac: Mac) -> bool:
        """Return whether the account on the Mac can never sign in again.

        Its device was deleted, or it was deactivated, which unlinks its users, and activated
        again.
        """
        if mac.okta_account is None or mac.okta_account in world.okta.deleted:
            return mac.okta_account is not None
        record = world.okta.devices[mac.okta_account]
        return (
            record.status == "ACTIVE"
            and self.user_id in mac.accounts
            and self.user_id not in record.users
        )

    def _sign_in(self, world: World, mac: Mac) -> str:
        device_id = mac.accounts[self.user_id]
        if world.okta.devices[device_id].status != "ACTIVE":
            return f"is refused by Okta: {device_id} is {world.okta.devices[device_id].status}"
        method = "push" if self.habit == "push" else "signed_nonce"
        managed = world.okta.registry.sign_in(
            user_id=self.user_id,
            device_id=device_id,
            method=method,
            certificate=mac.newest_certificate,
        )
        return (
            f"signed in by {'push' if method == 'push' else 'FastPass'}, the Mac is"
            f" {'managed' if managed else 'not managed'}"
        )

    def describe(self) -> dict[str, t.Any]:
        """Return the person as JSON values."""
        return {
            "user_id": self.user_id,
            "serial": self.serial,
            "habit": self.habit,
            "asked_to_register": self.asked_to_register,
            "last_outcome": self.last_outcome,
        }


def act(world: World, serials: t.Collection[str] | None = None) -> list[dict[str, t.Any]]:
    """Let all people, or those at the Macs with the ``serials``, act. Return their outcomes."""
    return [
        {"user_id": person.user_id, "serial": person.serial, "outcome": person.act(world, mac)}
        for person, mac in _chosen(world, serials)
    ]


def ask_to_register(world: World, serials: t.Collection[str] | None = None) -> int:
    """Ask people to register again after their record is deleted. Return their number.

    They do so the next time they act.
    """
    chosen = _chosen(world, serials)
    for person, _mac in chosen:
        person.asked_to_register = True
    return len(chosen)


# Apps

ROUND = timedelta(hours=12)  # people who act by themselves open their apps so often


def seats(world: World) -> list[Seat]:
    """Return the devices from which people sign in: first the Macs in use, then all others."""
    with world.lock:
        macs = [
            Seat(person.user_id, "MACOS", mac.accounts.get(person.user_id))
            for person, mac in _chosen(world, None)
        ]
        return [*macs, *world.okta.sign_ins.seats]


def open_apps(
    world: World, apps: t.Sequence[App] | None = None, logins: t.Collection[str] | None = None
) -> list[Outcome]:
    """Let people open the apps that are assigned to them. Return the outcomes.

    ``apps`` and ``logins`` limit the apps and the people. No request is sent.
    """
    with world.lock:
        org = world.okta
        chosen = list(org.directory.apps.values()) if apps is None else apps
        outcomes = []
        for seat in seats(world):
            groups = (
                org.directory.groups_of(seat.user_id)
                if logins is None or org.users[seat.user_id].login in logins
                else set()
            )
            outcomes += [org.sign_ins.open(app, seat) for app in chosen if groups & app.groups]
        org.sign_ins.last_round = org.now()
        return outcomes


def open_apps_now_and_then(world: World) -> None:
    """Let people who act by themselves open their apps, if ``ROUND`` has passed."""
    with world.lock:
        signs = world.okta.sign_ins
        signs.last_round = signs.last_round or world.okta.now()
        if world.okta.now() - signs.last_round >= ROUND:
            open_apps(world)


def _chosen(world: World, serials: t.Collection[str] | None) -> list[tuple[Person, Mac]]:
    with world.lock:
        macs = {mac.serial: mac for mac in world.macs if serials is None or mac.serial in serials}
        return [
            (person, macs[person.serial])
            for person in world.people
            if person.serial in macs and not macs[person.serial].in_a_drawer
        ]
