# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People: when they register, how they sign in, and what they do once their record is gone. Okta's own rules are tested with the org."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab import people
from lab.macs import Mac, MacCertificate
from lab.okta.org import Gone, RegistrationRefused
from lab.people import Person


class StandInOrg:
    """An org that believes everybody, and remembers what it was asked."""

    def __init__(self):
        self.devices = {}
        self.sign_ins = []
        self.refuses = False

    def register(self, *, account_device_id, **_device):
        if self.refuses:
            raise RegistrationRefused("deactivated")
        if account_device_id and account_device_id not in self.devices:
            raise Gone("deleted")
        record = SimpleNamespace(id=account_device_id or f"device{len(self.devices)}")
        self.devices[record.id] = record
        return record

    def sign_in(self, **how):
        self.sign_ins.append(how)
        return how["method"] == "signed_nonce" and how["certificate"] is not None


@pytest.fixture
def org(kandji_world):
    kandji_world.okta = StandInOrg()
    return kandji_world.okta


@pytest.fixture
def mac(kandji_world, org, add_device):
    """A Mac with Okta Verify."""
    kandji_world.macs.append(Mac(kandji_world, add_device()))
    kandji_world.macs[0].install_by_hand()
    return kandji_world.macs[0]


@pytest.fixture
def person(kandji_world, mac):
    kandji_world.people.append(Person("user1", mac.serial))
    return kandji_world.people[0]


def certificate(kandji_world, der):
    now = kandji_world.clock.now()
    return MacCertificate(der, "CN", 1, now, now, None)


def test_without_okta_verify_nothing_happens(kandji_world, mac, person, org):
    mac.apps.clear()
    assert "no Okta Verify" in person.act(kandji_world, mac)
    assert (mac.accounts, org.sign_ins) == ({}, [])


def test_who_is_prompt_registers_once_and_signs_in_with_the_newest_certificate(kandji_world, mac, person, org):
    mac.certificates = [certificate(kandji_world, b"older"), certificate(kandji_world, b"newest")]
    person.act(kandji_world, mac)
    person.act(kandji_world, mac)
    assert mac.accounts == {"user1": "device0"}
    assert [(how["method"], how["certificate"]) for how in org.sign_ins] == [("signed_nonce", b"newest")] * 2
    assert mac.managed == {"user1": True}


def test_without_a_certificate_a_sign_in_does_not_make_the_mac_managed(kandji_world, mac, person):
    assert "not managed" in person.act(kandji_world, mac)


def test_some_never_open_okta_verify(kandji_world, mac, person, org):
    person.habit = "never"
    person.act(kandji_world, mac)
    assert (mac.accounts, org.sign_ins) == ({}, [])


def test_some_use_push(kandji_world, mac, person, org):
    person.habit = "push"
    mac.certificates = [certificate(kandji_world, b"newest")]
    person.act(kandji_world, mac)
    assert org.sign_ins[0]["method"] == "push"
    assert mac.managed == {"user1": False}


def test_a_deleted_record_stops_a_person_until_they_are_told(kandji_world, mac, person, org):
    person.act(kandji_world, mac)
    org.devices.clear()
    assert "no longer exists" in person.act(kandji_world, mac)
    assert mac.managed == {"user1": False}
    assert people.tell(kandji_world, [mac.serial]) == 1
    assert "signed in" in person.act(kandji_world, mac)
    assert (list(org.devices), person.told_to_register_again) == (["device0"], False)


def test_being_told_too_early_changes_nothing(kandji_world, mac, person, org):
    person.act(kandji_world, mac)
    people.tell(kandji_world)
    person.act(kandji_world, mac)
    assert mac.accounts == {"user1": "device0"}


def test_a_second_person_is_added_to_the_record_of_the_first(kandji_world, mac, person, org):
    kandji_world.people.append(Person("user2", mac.serial))
    people.act(kandji_world)
    assert mac.accounts == {"user1": "device0", "user2": "device0"}


def test_a_second_person_meets_the_deleted_record_of_the_first(kandji_world, mac, person, org):
    person.act(kandji_world, mac)
    org.devices.clear()
    assert "account has to be removed first" in Person("user2", mac.serial).act(kandji_world, mac)


def test_a_deactivated_record_takes_nobody(kandji_world, mac, person, org):
    org.refuses = True
    assert "refused" in person.act(kandji_world, mac)


def test_nobody_sits_in_front_of_a_mac_in_a_drawer(kandji_world, mac, person):
    mac.device.is_missing = True
    assert people.act(kandji_world) == []


def test_only_those_at_the_named_macs_act(kandji_world, mac, person):
    assert people.act(kandji_world, ["OTHER"]) == []
    assert [row["serial"] for row in people.act(kandji_world, [mac.serial])] == [mac.serial]
