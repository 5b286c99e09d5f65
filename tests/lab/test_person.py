# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People.

When they register, how they sign in, and what they do once their record is gone. Okta's own rules
are the org's.
"""

from __future__ import annotations

import pytest

from lab.actors import person as people
from lab.actors.enrollment import MacCertificate
from lab.actors.inventory import InstalledProfile
from lab.actors.mac import Mac
from lab.actors.person import Person
from lab.okta.org import Org


@pytest.fixture
def org(kandji_world):
    kandji_world.okta = Org(kandji_world, "https://localhost")
    return kandji_world.okta


@pytest.fixture
def mac(kandji_world, org, add_device):
    """A Mac with Okta Verify."""
    kandji_world.macs.append(Mac(kandji_world, add_device()))
    kandji_world.macs[0].install_by_hand()
    return kandji_world.macs[0]


@pytest.fixture
def add_person(kandji_world, org, mac):
    def add(name, habit="prompt"):
        user = org.add_user(name, "Example", f"{name}@example.com")
        kandji_world.people.append(Person(user.id, mac.serial, habit))
        return kandji_world.people[-1]

    return add


@pytest.fixture
def person(add_person):
    return add_person("ana")


def give_certificate(kandji_world, mac):
    """A new certificate comes to the Mac."""
    kandji_world.clock.advance(seconds=1)
    booked = kandji_world.okta.platform.book(f"{mac.serial} profile")
    mac.certificates.append(
        MacCertificate(
            None,
            booked.common_name,
            booked.serial_number,
            booked.not_before,
            booked.not_after,
            None,
        )
    )
    return booked


def reset(org, mac, delete=True):
    record = org.devices[mac.okta_account]
    org.registry.step(record, "deactivate")
    if delete:
        org.registry.delete(record)
    return record


def managed(mac):
    return mac.describe()["managed"]


def test_without_okta_verify_nothing_happens(kandji_world, mac, person, org):
    mac.apps.clear()
    assert "no Okta Verify" in person.act(kandji_world, mac)
    assert (mac.accounts, org.devices) == ({}, {})


def test_who_is_prompt_registers_once_and_signs_in_with_the_newest_certificate(
    kandji_world, mac, person, org
):
    older, newest = give_certificate(kandji_world, mac), give_certificate(kandji_world, mac)
    person.act(kandji_world, mac)
    assert "is managed" in person.act(kandji_world, mac)
    assert list(org.devices) == [mac.okta_account]
    assert (older.bound_device_id, newest.bound_device_id) == (None, mac.okta_account)
    assert managed(mac) == {person.user_id: True}


def test_without_a_certificate_a_sign_in_does_not_make_the_mac_managed(kandji_world, mac, person):
    assert "not managed" in person.act(kandji_world, mac)


def test_who_came_before_the_certificate_stays_unmanaged_until_the_record_is_reset(
    kandji_world, mac, add_person, org
):
    early = add_person("early", "early")
    early.register(kandji_world, mac)
    give_certificate(kandji_world, mac)
    assert "not managed" in early.act(kandji_world, mac)
    reset(org, mac)
    give_certificate(kandji_world, mac)
    people.ask_to_register(kandji_world)
    assert "is managed" in early.act(kandji_world, mac)


def test_or_heals_when_the_switch_says_so(kandji_world, mac, add_person):
    kandji_world.switches.set(record_before_certificate="heals")
    early = add_person("early", "early")
    early.register(kandji_world, mac)
    give_certificate(kandji_world, mac)
    assert "is managed" in early.act(kandji_world, mac)


def test_some_never_open_okta_verify(kandji_world, mac, add_person, org):
    add_person("nobody", "never").act(kandji_world, mac)
    assert (mac.accounts, org.devices) == ({}, {})


def test_some_use_push_and_are_not_managed(kandji_world, mac, add_person, org):
    give_certificate(kandji_world, mac)
    assert (
        add_person("phone", "push").act(kandji_world, mac)
        == "signed in by push, the Mac is not managed"
    )


def test_a_deleted_record_stops_a_person_until_they_are_told(kandji_world, mac, person, org):
    give_certificate(kandji_world, mac)
    person.act(kandji_world, mac)
    deleted = reset(org, mac)
    assert "no longer exists" in person.act(kandji_world, mac)
    assert managed(mac) == {person.user_id: False}
    assert people.ask_to_register(kandji_world, [mac.serial]) == 1
    assert "not managed" in person.act(kandji_world, mac)  # the certificate went with the record
    give_certificate(kandji_world, mac)
    assert "is managed" in person.act(kandji_world, mac)
    assert mac.okta_account != deleted.id
    assert person.asked_to_register is False


def test_being_told_too_early_changes_nothing(kandji_world, mac, person, org):
    person.act(kandji_world, mac)
    people.ask_to_register(kandji_world)
    person.act(kandji_world, mac)
    assert list(org.devices) == [mac.okta_account]


def test_while_the_record_is_deactivated_the_account_is_stuck_even_for_who_was_told(
    kandji_world, mac, person, org
):
    person.act(kandji_world, mac)
    record = reset(org, mac, delete=False)
    people.ask_to_register(kandji_world)
    assert "DEACTIVATED" in person.act(kandji_world, mac)
    org.registry.step(record, "activate")
    assert "signed in" in person.act(kandji_world, mac)
    assert len(org.devices) == 2  # activating brings no user back: they registered anew


def test_a_second_person_is_added_to_the_record_of_the_first(
    kandji_world, mac, person, add_person, org
):
    second = add_person("second")
    people.act(kandji_world)
    assert list(org.devices[mac.okta_account].users) == [person.user_id, second.user_id]


def test_a_second_person_meets_the_deleted_record_of_the_first(
    kandji_world, mac, person, add_person, org
):
    person.act(kandji_world, mac)
    reset(org, mac)
    assert "account has to be removed first" in add_person("second").act(kandji_world, mac)


def test_a_second_person_cannot_register_on_a_deactivated_record(
    kandji_world, mac, person, add_person, org
):
    person.act(kandji_world, mac)
    reset(org, mac, delete=False)
    assert "is refused by Okta" in add_person("second").act(kandji_world, mac)


def test_nobody_sits_in_front_of_a_mac_in_a_drawer(kandji_world, mac, person):
    mac.device.is_missing = True
    assert people.act(kandji_world) == []


def test_only_those_at_the_named_macs_act(kandji_world, mac, person):
    assert people.act(kandji_world, ["OTHER"]) == []
    assert [row["serial"] for row in people.act(kandji_world, [mac.serial])] == [mac.serial]


def test_where_okta_verify_leads_to_another_org_nobody_can_register(kandji_world, org, mac, person):
    domains = ("com.okta.mobile", "com.okta.mobile.auth-service-extension")

    def settings(url):
        payloads = tuple({"PayloadType": domain, "OktaVerify.OrgUrl": url} for domain in domains)
        mac.profiles["settings"] = InstalledProfile("settings", "u", {}, payloads=payloads)

    settings("https://acme.okta.com")
    assert (
        "is led by Okta Verify to https://acme.okta.com" in person.act(kandji_world, mac)
        and not mac.accounts
    )
    settings(f"{org.base_url}/")
    person.act(kandji_world, mac)
    assert person.user_id in mac.accounts


# Apps


def test_people_open_apps_from_their_mac_with_the_account_that_is_on_it(
    kandji_world, org, mac, person
):
    give_certificate(kandji_world, mac)
    (before,) = people.seats(kandji_world)
    people.act(kandji_world)
    (after,) = people.seats(kandji_world)
    assert (before.device_id, after.device_id) == (None, mac.accounts[person.user_id])
    assert {outcome.app for outcome in people.open_apps(kandji_world)} >= {
        "Slack",
        "Okta Dashboard",
    }


def test_a_certificate_is_the_key_to_an_app_for_managed_macs(kandji_world, org, mac, person):
    app = org.directory.app("Slack")
    policy = org.policies.by_id[app.policy_id]
    allow = {
        "appSignOn": {
            "access": "ALLOW",
            "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA"},
        }
    }
    org.policies.add_rule(
        policy, ("Managed", {"device": {"registered": True, "managed": True}}, allow)
    )
    policy.catch_all.actions = {"appSignOn": {"access": "DENY"}}
    people.act(kandji_world)
    assert [outcome.admitted for outcome in people.open_apps(kandji_world, [app])] == [False]
    give_certificate(kandji_world, mac)
    reset(org, mac)
    people.ask_to_register(kandji_world)
    people.act(kandji_world)
    assert [outcome.admitted for outcome in people.open_apps(kandji_world, [app])] == [True]


def test_people_who_act_by_themselves_open_their_apps_twice_a_day(kandji_world, org, person):
    people.open_apps_now_and_then(kandji_world)
    assert not org.sign_ins.outcomes
    kandji_world.clock.advance(hours=13)
    people.open_apps_now_and_then(kandji_world)
    assert org.sign_ins.outcomes


def test_whom_the_account_management_policy_refuses_is_told_so(kandji_world, org, mac, person):
    asks = {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "constraints": [{"possession": {"phishingResistant": "REQUIRED"}}],
    }
    org.policies.account_policy.catch_all.actions = {
        "appSignOn": {"access": "ALLOW", "verificationMethod": asks}
    }
    (done,) = people.act(kandji_world)
    assert "is refused by Okta: the rule 'Catch-all Rule'" in done["outcome"] and not org.devices
