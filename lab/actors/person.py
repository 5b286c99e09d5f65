# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people in front of the Macs.

They open Okta Verify when it is there, and sign in, or don't.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import timedelta

from lab.actors import preferences
from lab.actors.mac import OKTA_VERIFY, Mac
from lab.okta.device_registry import Gone, RegistrationRefused
from lab.okta.devices import DeviceFacts
from lab.okta.directory import App
from lab.okta.sign_in_simulator import Outcome, Seat
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

    ``told_to_register_again``: whoever looks after Okta has asked them to remove the account and to
    add it anew.
    """

    user_id: str
    serial: str
    habit: str = "prompt"
    told_to_register_again: bool = False
    last_outcome: str = "has done nothing yet"

    def act(self, world: World, mac: Mac) -> str:
        """Open Okta Verify and sign in, as far as this person does that.

        Returns what came of it; takes no network.
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
        if self.told_to_register_again and self._account_is_dead(world, mac):
            # the accounts of one Okta Verify share one device: none of them works any more
            mac.accounts.clear()
        elif mac.accounts.get(self.user_id, "") in world.okta.deleted:
            return (
                "has an account whose device no longer exists, and waits for somebody to say what"
                " to do"
            )
        if self.user_id not in mac.accounts:
            org_url = preferences.okta_verify(mac.payloads).get("OktaVerify.OrgUrl")
            if org_url and org_url.rstrip("/") != world.okta.base_url:
                return f"is led by Okta Verify to {org_url}, where nobody knows them"
            try:
                self.register(world, mac)
            except Gone:
                return (
                    "is told by Okta Verify that the device no longer exists: the account has to be"
                    " removed first"
                )
            except RegistrationRefused as refusal:
                return f"is refused by Okta: {refusal}"
            self.told_to_register_again = False
        return self._sign_in(world, mac)

    def _account_is_dead(self, world: World, mac: Mac) -> bool:
        """The device was deleted.

        Or deactivated, which unlinks its users for good, and activated again. In between the
        account is stuck.
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
        return {
            "user_id": self.user_id,
            "serial": self.serial,
            "habit": self.habit,
            "told_to_register_again": self.told_to_register_again,
            "last_outcome": self.last_outcome,
        }


def act(world: World, serials: t.Collection[str] | None = None) -> list[dict[str, t.Any]]:
    """Everybody does what they do, or only those at the Macs of ``serials``."""
    return [
        {"user_id": person.user_id, "serial": person.serial, "outcome": person.act(world, mac)}
        for person, mac in _chosen(world, serials)
    ]


def tell(world: World, serials: t.Collection[str] | None = None) -> int:
    """Ask people to register again once their record is deleted.

    They do so when they act next. Returns how many were told.
    """
    chosen = _chosen(world, serials)
    for person, _mac in chosen:
        person.told_to_register_again = True
    return len(chosen)


# Apps

ROUND = timedelta(hours=12)  # people who act by themselves open their apps so often


def seats(world: World) -> list[Seat]:
    """From where everybody signs in.

    First the Macs, as far as they are in use, then what else there is.
    """
    with world.lock:
        macs = [
            Seat(person.user_id, "MACOS", mac.accounts.get(person.user_id))
            for person, mac in _chosen(world, None)
        ]
        return [*macs, *world.okta.sign_ins.seats]


def open_apps(
    world: World, apps: t.Sequence[App] | None = None, logins: t.Collection[str] | None = None
) -> list[Outcome]:
    """Everybody opens every app that is assigned to them, or only those people and apps.

    Takes no network.
    """
    with world.lock:
        org = world.okta
        wanted = list(org.directory.apps.values()) if apps is None else apps
        found = []
        for seat in seats(world):
            held = (
                org.directory.groups_of(seat.user_id)
                if logins is None or org.users[seat.user_id].login in logins
                else set()
            )
            found += [org.sign_ins.open(app, seat) for app in wanted if held & app.groups]
        org.sign_ins.last_round = org.now()
        return found


def open_apps_now_and_then(world: World) -> None:
    """For people who act by themselves."""
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
