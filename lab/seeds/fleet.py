# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The company of the lab: its blueprints, library items, devices and people, made from the seed.

The first Macs have roles (``ROLES``). Everything is drawn in one order, fixed things first and then
Mac by Mac: a seed gives the same first Macs whatever their number.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.actors.enrollment import enroll_as_record, enroll_over_scep
from lab.actors.inventory import OKTA_VERIFY
from lab.actors.mac import Mac
from lab.actors.person import Person
from lab.kandji.model import Blueprint, Device, KandjiUser, LibraryItem
from lab.kandji.tenant import Tenant
from lab.okta.devices.records import DeviceFacts
from lab.okta.directory.groups_and_apps import ADMINISTRATORS, BREAK_GLASS, COMPANY_APPS, App
from lab.okta.policies.sign_ins import Seat
from lab.state import World

DOMAIN = "example.com"

NAMES = [
    ("Ana", "Silva"),
    ("Jürgen", "Großmann"),
    ("Zoë", "O\u2019Connor"),
    ("Łukasz", "Żółć"),
    ("Дмитрий", "Иванов"),
    ("さくら", "田中"),
    ("伟", "王"),
    ("민준", "김"),
    ("محمد", "العلي"),
    ("נועה", "כהן"),
    ("Ελένη", "Παπαδοπούλου"),
    ("आरव", "शर्मा"),
    ("Nguyễn", "Thị Hoa"),
    ("สมชาย", "ใจดี"),
    ("Ọláìtán", "Adébáyọ̀"),
    ("José", "Muñoz"),
    ("Seán", "Ó Briain"),
    ("Þóra", "Jónsdóttir"),
    ("D\u2019Arcy", "Smith-Jones"),
    ("Şule", "Yıldız"),
]
MODELS = [
    ("MacBook Air (M2, 2022)", "Mac14,2"),
    ("MacBook Pro (14-inch, M3, 2023)", "Mac15,3"),
    ("Mac mini (2023)", "Mac14,3"),
    ("iMac (24-inch, M4)", "Mac16,2"),
]
SYSTEMS = [("26.1", "25B78"), ("15.7.2", "24G325"), ("14.8.2", "23J126")]
SERIAL_LETTERS = "CDFGHJKLMNPQRTVWXY0123456789"


class Hardware(t.NamedTuple):
    """The kind of a device: its model (name and identifier) and system (version and build)."""

    platform: str
    model: tuple[str, str]
    system: tuple[str, str]


@dataclass(frozen=True)
class Role:
    """The role of one of the first Macs. ``what`` is the reason for it."""

    blueprint: str
    what: str = ""
    habit: str = "prompt"
    has_user: bool = True
    in_a_drawer: bool = False
    last_in_line: bool = False
    second_person: bool = False
    old_record: bool = False
    serial_around: int | None = None  # its serial number ends with that of this Mac


ROLES = [
    Role("Canary", "test Mac"),
    Role("Canary", "test Mac"),
    Role("Canary"),
    Role("Engineering", "registered before the certificate", habit="early"),
    Role("Engineering", "registered before the certificate", habit="early"),
    Role("Everyone else", "registered before the certificate", habit="early"),
    Role("Everyone else", "never opens Okta Verify", habit="never"),
    Role("Engineering", "signs in by push", habit="push"),
    Role("Everyone else", "gets no license for the App Store app", last_in_line=True),
    Role("Everyone else", "in a drawer", in_a_drawer=True),
    Role(
        "Engineering",
        "a virtual machine whose serial holds the serial of the first Mac",
        serial_around=0,
    ),
    Role("Everyone else", "nobody's Mac in Kandji", has_user=False),
    Role("Engineering", "two people share it", second_person=True),
    Role("Everyone else", "was erased: Okta still has the record from before", old_record=True),
]
LATER_BLUEPRINTS = ("Engineering", "Everyone else", "Everyone else")


def rings(world: World) -> list[dict[str, t.Any]]:
    """Return the rings for this fleet."""
    canary = [
        mac.serial for mac, role in zip(world.macs, ROLES, strict=False) if role.what == "test Mac"
    ]
    engineering = [
        mac.serial
        for mac, role in zip(world.macs, ROLES, strict=False)
        if role.blueprint == "Engineering" and role.second_person
    ]
    return [
        {"name": "canary", "blueprints": ["Canary"], "test_macs": canary},
        {"name": "wide", "blueprints": ["Engineering", "Everyone else"], "test_macs": engineering},
    ]


def populate(world: World) -> None:
    """Fill the empty org and the empty tenant of a world."""
    with world.lock:
        fleet = _Fleet(world)
        fleet.make_library()
        fleet.make_other_devices()
        for index in range(world.options.macs):
            fleet.make_mac(index)
        fleet.buy_licenses()
        fleet.make_groups()
        fleet.make_past()


class _Fleet:
    """The steps that make a fleet.

    The tenant is in the state of a morning after the Macs' nightly check-in.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.tenant: Tenant = world.kandji
        self.now = world.clock.now()
        self.blueprints: dict[str, Blueprint] = {}
        self.okta_verify: LibraryItem | None = None
        self.serials: list[str] = []

    # The library

    def make_library(self) -> None:
        """Add blueprints, tags and library items."""
        for name in ("Canary", "Engineering", "Everyone else", "Staging", "iPhones and iPads"):
            self.blueprints[name] = self.tenant.add_blueprint(name)
        self.blueprints["Design"] = self.tenant.add_blueprint("Design", "map")
        self.blueprints["Sales"] = self.tenant.add_blueprint(
            "Sales", "map", conditions=["loaner", "kiosk"]
        )
        for tag in ("loaner", "kiosk", "vip"):
            self.tenant.add_tag(tag)
        self._make_console_items()
        self._make_custom_profiles()

    def _make_console_items(self) -> None:
        chrome = self.tenant.library.add_item(
            "Google Chrome", "automatic-app", bundle_id="com.google.Chrome", version="131.0.6778.86"
        )
        hello = self.tenant.library.create_script(
            "Say hello", script="#!/bin/zsh\necho hello", execution_frequency="every_day"
        )
        system = self.tenant.library.add_item("macOS 26 Tahoe", "macos-release")
        older = self.tenant.library.add_item("macOS 15 Sequoia", "macos-release")
        setup = self.tenant.library.add_item("Setup Assistant", "kandji-setup")
        from_the_store = self._make_app_store_items()
        by_package = self.tenant.library.add_item(
            "Okta Verify for Mac", "automatic-app", bundle_id=OKTA_VERIFY, version="9.53.1"
        )
        for name in ("Canary", "Engineering", "Everyone else"):
            self._assign(name, chrome, hello, system, setup)
        self._assign("Design", system)
        self._assign("Staging", older, *from_the_store, by_package)

    def _make_app_store_items(self) -> list[LibraryItem]:
        """Return the App Store item Okta Verify, if it was made in the console."""
        if not self.world.options.consoles:
            return []
        self.okta_verify = self.tenant.library.add_item(
            "Okta Verify",
            "vpp-app",
            bundle_id=OKTA_VERIFY,
            version="9.52.0",
            licenses=0,
            runs_on={"Mac", "iPhone", "iPad"},
        )
        return [self.okta_verify]

    def _make_custom_profiles(self) -> None:
        wifi = self._custom_profile(
            "Office Wi-Fi",
            "com.apple.wifi.managed",
            {"SSID_STR": "office", "EncryptionType": "WPA2"},
            {"Mac", "iPhone", "iPad"},
        )
        disk = self._custom_profile(
            "FileVault", "com.apple.MCX.FileVault2", {"Enable": "On", "Defer": True}, {"Mac"}
        )
        self._custom_profile(
            "Printers (old)", "com.apple.mcxprinting", {"RequireAdminToAddPrinters": False}, {"Mac"}
        )
        for name in ("Canary", "Engineering", "Everyone else"):
            self._assign(name, wifi, disk)
        self._assign("iPhones and iPads", wifi)

    def _custom_profile(
        self, name: str, payload_type: str, settings: dict[str, t.Any], runs_on: set[str]
    ) -> LibraryItem:
        inner = {
            "PayloadType": payload_type,
            "PayloadVersion": 1,
            "PayloadUUID": self.world.uuid(),
            "PayloadIdentifier": f"by.hand.{payload_type}",
            **settings,
        }
        document = {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadScope": "System",
            "PayloadOrganization": "Example",
            "PayloadContent": [inner],
        }
        return self.tenant.library.create_profile(name=name, document=document, runs_on=runs_on)

    def _assign(self, blueprint: str, *items: LibraryItem) -> None:
        target = self.blueprints[blueprint]
        for item in items:
            self.tenant.assignments.assign(
                target, item, target.nodes[0].id if target.has_conditions else None
            )

    # Devices that are not Macs of the company

    def make_other_devices(self) -> None:
        """Add iPhones, iPads and a Mac that was removed from Kandji."""
        self.tenant.add_user("Rosa Klein", f"rosa.klein@{DOMAIN}", archived=True)
        for index, platform in enumerate(("iPhone", "iPad", "iPhone", "iPad")):
            user, okta_user = self._add_person(("Mobile", f"Person {index}"))
            blueprint = self.blueprints["iPhones and iPads" if index < 3 else "Sales"]
            device = self._add_device(
                f"{platform} {index}",
                self._draw_serial(),
                Hardware(platform, (platform, f"{platform}15,{index}"), ("26.1", "23B85")),
                blueprint,
                user,
            )
            if platform == "iPhone":
                with self.world.okta.dated(_days_before(self.now, 40)):
                    self.world.okta.registry.register(
                        okta_user.id,
                        DeviceFacts(
                            serial=device.serial,
                            udid=device.udid,
                            name=device.name,
                            model=device.model_id,
                            os_version="26.1",
                            platform="IOS",
                        ),
                    )
        stolen = self._add_device(
            "Stolen MacBook",
            self._draw_serial(),
            Hardware("Mac", MODELS[0], SYSTEMS[2]),
            self.blueprints["Engineering"],
            None,
        )
        stolen.is_removed = True
        self.tenant.changed()

    # Macs and people

    def make_mac(self, index: int) -> None:
        """Add a Mac with its person and history."""
        role = ROLES[index] if index < len(ROLES) else self._draw_role()
        first, family = NAMES[index % len(NAMES)]
        names = (first, family if index < len(NAMES) else f"{family} {index}")
        user, okta_user = self._add_person(names, index)
        serial = (
            f"Z{self.serials[role.serial_around]}"
            if role.serial_around is not None
            else self._draw_serial()
        )
        self.serials.append(serial)
        model = (
            ("Virtual Machine", "VirtualMac2,1")
            if role.serial_around is not None
            else self.world.random.choice(MODELS)
        )
        name = f"{names[0]}\u2019s {model[0].partition(' (')[0]}"
        owner = user if role.has_user and not _is_every_nth(index, 9) else None
        device = self._add_device(
            name,
            serial,
            Hardware("Mac", model, self.world.random.choice(SYSTEMS)),
            self.blueprints[role.blueprint],
            owner,
        )
        user.archived = _is_every_nth(index, 11)
        device.filevault = not _is_every_nth(index, 7)
        mac = Mac(
            self.world,
            device,
            enroll_over_scep if index < self.world.options.real_macs else enroll_as_record,
        )
        self.world.macs.append(mac)
        self._check_in_last_night(mac)
        device.is_missing = role.in_a_drawer
        self._expect_license(role, device)
        self.world.people.append(Person(okta_user.id, serial, role.habit))
        self._add_history(role, mac, index)

    def _draw_role(self) -> Role:
        """Return a drawn role for a Mac behind the first ones.

        In a fleet of over 25 Macs some people register early, some never open Okta Verify, and some
        use push.
        """
        blueprint = self.world.random.choice(LATER_BLUEPRINTS)
        chance = self.world.random.random()
        if len(self.world.macs) < 25:
            return Role(blueprint)
        return Role(
            blueprint,
            habit=(
                "early"
                if chance < 0.03
                else "never"
                if chance < 0.05
                else "push"
                if chance < 0.07
                else "prompt"
            ),
        )

    def _add_history(self, role: Role, mac: Mac, index: int) -> None:
        person = self.world.people[-1]
        if role.habit == "early":
            mac.install_by_hand()
            with self.world.okta.dated(_days_before(self.now, 12)):
                person.register(self.world, mac)
            mac.report_inventory(mac.device.last_check_in)
        if role.old_record:
            with self.world.okta.dated(_days_before(self.now, 60)):
                person.register(self.world, mac)
            mac.accounts.clear()  # erasing the Mac took the account with it, not the record
        if role.second_person:
            _user, okta_user = self._add_person(("Second", f"Person {index}"))
            self.world.people.append(Person(okta_user.id, mac.serial))

    def _expect_license(self, role: Role, device: Device) -> None:
        if self.okta_verify is None:
            return
        self.okta_verify.expected.add(device.id)
        if role.last_in_line:
            self.okta_verify.last_in_line.add(device.id)

    def buy_licenses(self) -> None:
        """Buy one license too few: the Mac that is last in line gets none."""
        if self.okta_verify is None:
            return
        self.okta_verify.licenses = max(
            0, len(self.okta_verify.expected) - len(self.okta_verify.last_in_line)
        )

    # Groups and apps: nothing is drawn here, and a seed gives the same Macs with and without them

    def make_groups(self) -> None:
        """Add groups by the Macs' blueprints, one of contractors, and one for emergencies.

        The account for emergencies has no Mac.
        """
        org = self.world.okta
        blueprints = {
            mac.serial: self.tenant.blueprints[mac.device.blueprint_id].name
            for mac in self.world.macs
        }
        of = [(person.user_id, blueprints[person.serial]) for person in self.world.people]
        org.directory.add_group(
            "Engineering",
            "People who build",
            [user_id for user_id, name in of if name == "Engineering"],
        )
        org.directory.add_group(
            "Office", "Everybody else", [user_id for user_id, name in of if name != "Engineering"]
        )
        org.directory.add_group(
            "Contractors", "Not for ever", [user_id for user_id, _name in of[7::8]]
        )
        account = org.add_emergency_user(f"break.glass@{DOMAIN}")
        org.directory.add_group(
            BREAK_GLASS, "For emergencies: no rule may lock it out", [account.id]
        )
        org.directory.group(ADMINISTRATORS).members = {
            account.id,
            *(user_id for user_id, _name in of[:1]),
        }

    def make_past(self) -> None:
        """Write into the log which apps people used in the last 40 days, and from where.

        Every tenth person used none. Some have a phone or a PC in addition to the Mac, neither
        registered.
        """
        org = self.world.okta
        phones = self._registered_phones()
        signs = org.sign_ins
        signs.seats += phones
        uses: list[tuple[App, Seat, datetime]] = []
        apps = [org.directory.app(label) for _name, label, _mode in COMPANY_APPS]
        for index, person in enumerate(self.world.people):
            others = [
                Seat(person.user_id, platform)
                for platform, every in (("IOS", 5), ("WINDOWS", 7))
                if index % every == every - 1
            ]
            signs.seats += others
            if index % 10 == 9:
                continue
            for seat in (Seat(person.user_id, "MACOS"), *others):
                uses += [
                    (app, seat, self._ago(index, number))
                    for number, app in enumerate(apps)
                    if (index + number) % 4
                ]
        uses += [
            (apps[0], seat, self._ago(number, 0))
            for number, seat in enumerate(signs.seats[: len(phones)])
        ]
        signs.remember(uses, org.random_number)

    def _registered_phones(self) -> list[Seat]:
        """Return a seat for each user of an iPhone that is registered with Okta."""
        users = [
            (user_id, record.id)
            for record in self.world.okta.devices.values()
            if record.profile["platform"] == "IOS"
            for user_id in record.users
        ]
        newest = dict(users)
        return [Seat(user_id, "IOS", newest[user_id]) for user_id, _record_id in users]

    def _ago(self, index: int, number: int) -> datetime:
        return self.now - timedelta(days=(7 * index + 3 * number) % 40, hours=1 + index % 20)

    def _check_in_last_night(self, mac: Mac) -> None:
        # This makes no requests: the first profiles do not enroll.
        mac.check_in(mac.device.last_check_in)

    # Small things

    def _add_person(
        self, names: tuple[str, str], index: int | None = None
    ) -> tuple[KandjiUser, t.Any]:
        """Add a person at both vendors. Some of their addresses differ in case."""
        number = len(self.tenant.users)
        login = f"person{number:03d}@{DOMAIN}"
        okta_user = self.world.okta.add_user(names[0], names[1], login)
        email = login.replace("person", "Person") if index is not None and index % 7 == 4 else login
        return self.tenant.add_user(" ".join(names), email), okta_user

    def _draw_serial(self) -> str:
        return "C" + self.world.token(11, SERIAL_LETTERS)

    def _add_device(
        self,
        name: str,
        serial: str,
        hardware: Hardware,
        blueprint: Blueprint,
        user: KandjiUser | None,
    ) -> Device:
        last_night = self.now - timedelta(hours=self.world.random.uniform(2, 20))
        address = ":".join(f"{self.world.random.randrange(256):02x}" for _unused in range(6))
        return self.tenant.add_device(
            name=name,
            serial=serial,
            udid=self.world.uuid().upper(),
            platform=hardware.platform,
            model=hardware.model[0],
            model_id=hardware.model[1],
            os_version=hardware.system[0],
            build=hardware.system[1],
            blueprint_id=blueprint.id,
            enrolled_at=_days_before(self.now, self.world.random.randrange(30, 900)),
            last_check_in=last_night,
            user=user,
            mac_address=address,
        )


def _is_every_nth(index: int, every: int) -> bool:
    """Return whether a Mac is one of each ``every``; the first ones have roles and are not."""
    return index >= len(ROLES) and index % every == 0


def _days_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
