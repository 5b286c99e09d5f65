# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten years of history: what org and tenant hold in addition to the company of ``fleet``.

The collection may not change any of it. It is drawn after the fleet, which is therefore the same
with and without it.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from lab.kandji.model import Blueprint
from lab.kandji.web_app import add_scripts
from lab.okta.devices.records import DeviceFacts
from lab.okta.org import Org
from lab.seeds.fleet import DOMAIN, MODELS, SERIAL_LETTERS
from lab.state import World

YEARS = 10
OFFICES = ("Berlin", "Kraków", "São Paulo", "東京", "Reykjavík", "Austin")
PURPOSES = ("", " (old)", " - do not use", " copy", " TEST")
PAYLOADS = (
    ("com.apple.wifi.managed", "Wi-Fi"),
    ("com.apple.vpn.managed", "VPN"),
    ("com.apple.dock", "Dock"),
    ("com.apple.security.pkcs1", "Root CA"),
)
LEAVERS_A_YEAR = 8
DAYS_OF_A_YEAR = 365


def populate(world: World) -> None:
    """Add the history to the org and the tenant of a world that has its fleet."""
    with world.lock:
        blueprints = _add_blueprints(world)
        _add_profiles(world, blueprints)
        _add_leavers(world)
        _add_old_records(world)
        _add_old_certificates(world)
        world.kandji.changed()


def _add_blueprints(world: World) -> list[Blueprint]:
    """Add a blueprint for each office and purpose. Return them.

    Every fifth is a map, and most have a few scripts of their own.
    """
    blueprints = []
    for number, (office, purpose) in enumerate(
        (office, purpose) for office in OFFICES for purpose in PURPOSES
    ):
        kind = "map" if number % 5 == 4 else "classic"
        blueprints.append(
            world.kandji.add_blueprint(
                f"{office}{purpose}", kind, [f"{office.lower()}-{number}"] if kind == "map" else []
            )
        )
        add_scripts(world.kandji, blueprints[-1], number % 4)
    return blueprints


def _add_profiles(world: World, blueprints: t.Sequence[Blueprint]) -> None:
    """Add profiles that people made, some with nearly the names of the collection's."""
    tenant = world.kandji
    names = [
        f"{title} {office}{purpose}"
        for office in OFFICES
        for _type, title in PAYLOADS
        for purpose in PURPOSES[:2]
    ]
    for number, name in enumerate(
        [*names, "Okta SCEP", "okta scep canary", "Okta SCEP - canary (old)"]
    ):
        payload_type = PAYLOADS[number % len(PAYLOADS)][0]
        inner = {
            "PayloadType": payload_type,
            "PayloadVersion": 1,
            "PayloadUUID": world.uuid(),
            "PayloadIdentifier": f"by.hand.{number}",
        }
        document = {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadScope": "System",
            "PayloadContent": [inner],
        }
        profile = tenant.library.create_profile(
            name=name, document=document, runs_on={"Mac"}, active=number % 7 != 0
        )
        target = blueprints[number % len(blueprints)]
        if number % 3:
            tenant.assignments.assign(
                target, profile, target.nodes[0].id if target.has_conditions else None
            )


def _add_leavers(world: World) -> None:
    """Add people who left, and their sold Macs.

    They are archived in Kandji and deactivated in Okta; the Macs are removed from Kandji, the
    records stay in Okta.
    """
    org: Org = world.okta
    blueprint = next(iter(world.kandji.blueprints.values()))
    for number in range(YEARS * LEAVERS_A_YEAR):
        login = f"leaver{number:03d}@{DOMAIN}"
        left = world.clock.now() - timedelta(
            days=YEARS * DAYS_OF_A_YEAR * (number + 1) // (YEARS * LEAVERS_A_YEAR + 1)
        )
        owner = world.kandji.add_user(f"Leaver {number}", login, archived=True)
        device = world.kandji.add_device(
            name=f"Leaver {number}\u2019s Mac",
            serial="D" + world.token(11, SERIAL_LETTERS),
            udid=world.uuid().upper(),
            platform="Mac",
            model=MODELS[0][0],
            model_id=MODELS[0][1],
            os_version="11.7",
            build="20G817",
            blueprint_id=blueprint.id,
            enrolled_at=left - timedelta(days=400),
            last_check_in=left,
            user=owner,
            mac_address="02:00:00:00:00:00",
        )
        device.is_removed = True
        with org.dated(left - timedelta(days=300)):
            user = org.add_user("Leaver", str(number), login)
            _add_record(org, user, device.serial)
        user.status = "DEPROVISIONED"


def _add_old_records(world: World) -> None:
    """Add the records that Okta kept when Macs were erased.

    Of three Macs of the fleet one was erased once and one twice. The second record has no users.
    """
    org: Org = world.okta
    for number, mac in enumerate(world.macs):
        for times in range(number % 3):
            with org.dated(world.clock.now() - timedelta(days=500 + 300 * times)):
                previous = org.add_user(
                    "Previous", f"Owner {number}", f"previous{number:03d}-{times}@{DOMAIN}"
                )
                record = _add_record(org, previous, mac.serial)
                if times:
                    record.users.clear()  # an orphan


def _add_old_certificates(world: World) -> None:
    """Add two expired certificates for each Mac, of a profile that was deleted."""
    org: Org = world.okta
    for mac in world.macs:
        for years in (2, 3):
            with org.dated(world.clock.now() - timedelta(days=years * DAYS_OF_A_YEAR)):
                org.platform.book(f"{mac.serial} {world.uuid().upper()}")


def _add_record(org: Org, user: t.Any, serial: str) -> t.Any:
    return org.registry.register(
        user.id,
        DeviceFacts(
            serial=serial,
            udid=f"udid-{serial}",
            name=serial,
            model=MODELS[0][1],
            os_version="11.7",
            platform="MACOS",
        ),
    )
