# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The company that the lab starts with."""

from __future__ import annotations

import json

import pytest

from lab.actors import mac as macs
from lab.actors import person as people
from lab.actors.enrollment import enroll_as_record, enroll_over_scep
from lab.actors.inventory import OKTA_VERIFY
from lab.kandji.tenant import Tenant
from lab.okta.org import Org
from lab.seeds import fleet
from lab.state import Options, World


def make(number, real_macs=0, seed=1):
    world = World(Options(macs=number, seed=seed, real_macs=real_macs))
    world.okta, world.kandji = Org(world, "https://localhost"), Tenant(world, "https://localhost")
    fleet.populate(world)
    return world


@pytest.fixture(scope="module")
def company():
    return make(25)


def mac_of(world, what):
    index = next(number for number, role in enumerate(fleet.ROLES) if what in role.what)
    return world.macs[index]


def blueprint(world, name):
    return next(one for one in world.kandji.blueprints.values() if one.name == name)


def item(world, name):
    return next(one for one in world.kandji.items.values() if one.name == name)


def test_the_first_macs_do_not_depend_on_how_many_there_are(company):
    def of(world):
        return [
            (mac.serial, mac.udid, mac.device_id, mac.device.name, mac.device.blueprint_id)
            for mac in world.macs
        ]

    assert of(make(14)) == of(company)[:14]
    assert of(make(14, seed=2)) != of(company)[:14]


def test_the_habits_of_twenty_five(company):
    habits = [person.habit for person in company.people]
    assert {habit: habits.count(habit) for habit in people.HABITS} == {
        "prompt": 21,
        "early": 3,
        "never": 1,
        "push": 1,
    }


def test_who_came_early_has_a_record_older_than_any_certificate(company):
    early = [
        mac for mac, role in zip(company.macs, fleet.ROLES, strict=False) if role.habit == "early"
    ]
    assert all(
        mac.okta_account in company.okta.devices and OKTA_VERIFY in mac.apps for mac in early
    )
    assert company.okta.platform.authority.certificates == {}


def test_an_erased_mac_has_a_record_but_no_account(company):
    mac = mac_of(company, "was erased")
    assert mac.okta_account is None
    assert len(company.okta.devices) == 3 + 1 + 2  # early ones, the erased one, iPhones


def test_one_license_too_few_and_always_for_the_same_mac(company):
    world = make(25)
    app = item(world, "Okta Verify")
    assert app.licenses == len(world.macs) - 1
    for name in ("Everyone else", "Canary", "Engineering"):
        world.kandji.assignments.assign(blueprint(world, name), app, None)
    macs.act(world)
    without = [mac for mac in world.macs if OKTA_VERIFY not in mac.apps and not mac.in_a_drawer]
    assert without == [mac_of(world, "license")]


def test_two_items_of_nearly_one_name_are_staged(company):
    staged = [company.kandji.items[item_id] for item_id in blueprint(company, "Staging").item_ids]
    assert [(one.name, one.type, one.bundle_id) for one in staged if one.bundle_id] == [
        ("Okta Verify", "vpp-app", OKTA_VERIFY),
        ("Okta Verify for Mac", "automatic-app", OKTA_VERIFY),
    ]


def test_blueprints_of_all_kinds(company):
    kinds = {one.name: (one.type, one.has_conditions) for one in company.kandji.blueprints.values()}
    assert kinds == {
        "Canary": ("classic", False),
        "Engineering": ("classic", False),
        "Everyone else": ("classic", False),
        "Staging": ("classic", False),
        "iPhones and iPads": ("classic", False),
        "Design": ("map", False),
        "Sales": ("map", True),
    }


def test_oddities(company):
    devices = list(company.kandji.devices.values())
    assert mac_of(company, "holds the serial").serial == f"Z{company.macs[0].serial}"
    assert mac_of(company, "nobody").device.user is None
    assert mac_of(company, "drawer").in_a_drawer
    assert sum(device.is_removed for device in devices) == 1
    assert {device.platform for device in devices} == {"Mac", "iPhone", "iPad"}
    assert any(user.archived for user in company.kandji.users.values())
    assert any(ord(letter) > 0x2E80 for device in devices for letter in device.name)


def test_some_macs_are_nobody_s_some_people_are_archived_and_some_disks_are_open(company):
    owners = [mac.device.user for mac in company.macs]
    assert (
        owners.count(None),
        sum(owner.archived for owner in owners if owner),
        sum(not mac.device.filevault for mac in company.macs),
    ) == (2, 1, 2)


def test_rings_name_blueprints_and_test_macs_that_exist(company):
    serials = {mac.serial: mac for mac in company.macs}
    for ring in fleet.rings(company):
        ids = {blueprint(company, name).id for name in ring["blueprints"]}
        assert ring["test_macs"] and all(
            serials[serial].device.blueprint_id in ids for serial in ring["test_macs"]
        )
    assert len(fleet.rings(company)[0]["test_macs"]) == 2


def test_what_is_described_is_json_without_private_keys(company):
    text = json.dumps(
        [
            company.kandji.describe(),
            [mac.describe() for mac in company.macs],
            [person.describe() for person in company.people],
        ]
    )
    assert "PRIVATE KEY" not in text
    assert company.macs[0].serial in text


def test_macs_beyond_the_number_of_real_ones_are_records():
    world = make(3, real_macs=1)
    assert [mac.enroll for mac in world.macs] == [
        enroll_over_scep,
        enroll_as_record,
        enroll_as_record,
    ]
