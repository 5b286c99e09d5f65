# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab's fleet that stands on every stage at once, with every flag.

Macs and people act; what nobody would do by themselves is done to them here.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

from lab.okta.devices.records import DeviceFacts

MACS = 60  # of which the first 14 have parts of their own (lab/seeds/fleet.py)


class EveryStage:
    """Builds the fleet in a lab of at least ``MACS`` Macs, none of which has been given anything
    yet.
    """

    def __init__(self, watched: t.Any, run_module: t.Callable[..., dict[str, t.Any]]) -> None:
        from lab.actors.person import Person

        self.watched, self.world, self.run_module, self._person = (
            watched,
            watched.world,
            run_module,
            Person,
        )
        self.profiles: dict[str, str] = {}  # blueprint id -> id of its ring's profile
        self.app_id = ""
        later = {"name": "later", "blueprints": ["Later"]}
        self.rings = [*watched.ring_variables, later]  # the last one has no profile yet
        places = {one.name: one.id for one in self.world.kandji.blueprints.values()}
        macs = [
            mac
            for mac in self.world.macs[14:]
            if mac.device.blueprint_id in (places["Engineering"], places["Everyone else"])
        ]
        self._spare = iter([mac for mac in macs if self.person(mac).habit == "prompt"])
        self.staging = places["Staging"]

    def person(self, mac: t.Any) -> t.Any:
        return next(one for one in self.world.people if one.serial == mac.serial)

    def spare(self, habit: str = "prompt") -> t.Any:
        """The next Mac that has no part yet."""
        mac = next(self._spare)
        self.person(mac).habit = habit
        return mac

    def build(self) -> EveryStage:
        now = self.world.clock.now()
        self._give_rings()
        second = self.spare()
        self.world.people.append(
            self._person(
                self.world.okta.add_user("Second", "Person", "second@example.com").id,
                second.serial,
                "push",
            )
        )  # MIXED
        self.spare().device.blueprint_id = self.staging  # NOT_IN_SCOPE
        later = self.watched.control("POST", "/kandji/blueprints", {"name": "Later"})["id"]
        self.spare().device.blueprint_id = later  # NOT_ROLLED_OUT
        self.profiles[later] = ""
        self.spare().enroll = self._refuse  # PROFILE_FAILED
        absent, without_app, nameless = self.spare("never"), self.spare("never"), self.spare()
        for mac, days in (
            (self.spare(), 370),
            (self.spare(), 350),
        ):  # CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRING
            with self.world.okta.dated(now - timedelta(days=days)):
                mac.check_in(now - timedelta(days=days))
        self.world.kandji.changed()
        self.watched.live()
        self.advance(days=2)
        self.watched.live()
        self._of_records(nameless.okta_account)
        self._of_macs(absent, without_app)
        self.advance(days=1)
        return self

    def advance(self, **length: float) -> None:
        self.world.clock.advance(**length)
        self.world.okta.housekeeping()

    def _give_rings(self) -> None:
        items, lab = self.world.kandji.items, self.watched.lab
        for ring in self.watched.ring_variables:
            name = f"Okta SCEP - {ring['name']}"
            written = self.run_module(
                "kandji_scep_profile", {"name": name, "blueprints": ring["blueprints"]}, lab=lab
            )
            assert not written.get("failed"), written
            item_id = next(item.id for item in items.values() if item.name == name)
            blueprints = [
                one.id
                for one in self.world.kandji.blueprints.values()
                if one.name in ring["blueprints"]
            ]
            self.profiles.update(dict.fromkeys(blueprints, item_id))
        everywhere = [name for ring in self.watched.ring_variables for name in ring["blueprints"]]
        app = self.run_module(
            "kandji_app_store_item", {"name": "Okta Verify", "blueprints": everywhere}, lab=lab
        )
        self.app_id = app["library_item"]["id"]

    @staticmethod
    def _refuse(_world: t.Any, _settings: t.Any, _identifier: str) -> t.Any:
        from lab.actors.enrollment import EnrollmentFailed

        raise EnrollmentFailed("The SCEP server gave no certificate.")

    def _of_records(self, nameless: str) -> None:
        """What administrators and time do to device records."""
        org = self.world.okta
        for step in ("suspend", "deactivate"):  # SUSPENDED, DEACTIVATED and ORPHAN
            org.registry.step(org.devices[self.spare().okta_account], step)
        gone = self.spare()  # KANDJI_MISSING
        gone.device.is_removed = True
        self.world.kandji.changed()
        stranger = next(iter(org.users))
        for serial in ("C0NOBODYS001", "C0NOBODYS001", "C0NOBODYS002"):
            org.registry.register(
                stranger,
                DeviceFacts(
                    serial=serial,
                    udid=f"udid of {serial}",
                    name=serial,
                    model="Mac14,2",
                    os_version="26.1",
                ),
            )
        org.devices[nameless].profile.pop("serialNumber")  # SERIAL_EMPTY
        quiet = org.devices[self.spare().okta_account]  # STALE
        quiet.last_updated = org.now() - timedelta(days=120)

    def _of_macs(self, absent: t.Any, without_app: t.Any) -> None:
        """What nobody would do by themselves to a Mac, and what it then reports."""
        from lab.actors.inventory import OKTA_VERIFY

        absent.certificates.clear()  # CERTIFICATE_ABSENT
        without_app.apps.pop(OKTA_VERIFY)  # OKTA_VERIFY_MISSING
        self.world.kandji.deliveries.set_status(
            without_app.device, self.world.kandji.items[self.app_id], "PENDING"
        )
        competing, renewed, original, copy = (self.spare() for _unused in range(4))
        competing.add_device_trust_profiles()  # COMPETING_CONFIGURATION
        first = renewed.certificates[0]
        again = self.world.okta.platform.book(first.common_name)
        renewed.certificates.append(
            replace(
                first,
                serial_number=again.serial_number,
                not_before=again.not_before,
                not_after=again.not_after,
            )
        )
        copy.certificates.append(
            original.certificates[0]
        )  # CERTIFICATE_DUPLICATE, as a migrated Mac has it
        for mac in (absent, without_app, competing, renewed, copy):
            mac.report_inventory()
