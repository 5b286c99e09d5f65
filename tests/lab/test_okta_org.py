# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's own rules.

Who registers what, which sign-in makes a Mac managed, what a reset does, what time does.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.okta.devices.registry import Gone, RegistrationRefused, WrongStatus


@pytest.fixture
def certificate(org):
    """A certificate that the Mac got before its user registered."""
    return org.platform.book("C02XK1ZAJG5J 0A1B")


@pytest.fixture
def later(okta_world):
    """Time passes, and the org does what time asks for."""

    def move(**amount):
        okta_world.clock.advance(**amount)
        okta_world.okta.housekeeping()

    return move


def sign_in(org, record, certificate=None, method="signed_nonce", user_id=None):
    shown = certificate.serial_number if certificate else None
    return org.registry.sign_in(
        user_id=user_id or next(iter(record.users)),
        device_id=record.id,
        method=method,
        certificate=shown,
    )


def types_of(org):
    return [event["eventType"] for event in org.events]


# Registering


def test_registering_makes_a_record_with_its_first_user(org, register):
    record = register()
    assert (record.status, len(record.users), record.profile["serialNumber"]) == (
        "ACTIVE",
        1,
        "C02XK1ZAJG5J",
    )
    assert types_of(org)[-2:] == ["device.enrollment.create", "device.user.add"]
    assert record.id.startswith("guo") and len(record.id) == 20


def test_a_second_user_of_the_mac_joins_the_record(org, register):
    record = register(login="ana@example.com")
    assert register(login="bob@example.com", account_device_id=record.id) is record
    assert len(record.users) == 2
    assert types_of(org).count("device.enrollment.create") == 1


def test_an_erased_mac_becomes_a_second_record_of_the_same_serial(org, register):
    first, second = register(), register()
    assert first.id != second.id
    assert first.profile["serialNumber"] == second.profile["serialNumber"]


def test_an_account_of_a_deleted_record_keeps_the_mac_from_registering(org, register):
    record = register()
    org.registry.step(record, "deactivate")
    org.registry.delete(record)
    with pytest.raises(Gone):
        register(account_device_id=record.id)


@pytest.mark.parametrize("step", ["suspend", "deactivate"])
def test_nobody_is_added_to_a_record_that_is_not_active(org, register, step):
    record = register()
    org.registry.step(record, step)
    with pytest.raises(RegistrationRefused):
        register(login="bob@example.com", account_device_id=record.id)


def test_nobody_registers_while_okta_verify_is_off(org, register):
    org.authenticators["okta_verify"].inactive.add("okta_verify")
    with pytest.raises(RegistrationRefused):
        register()


# Signing in


def test_fastpass_with_a_certificate_makes_the_mac_managed_and_binds_it(org, register, certificate):
    record = register()
    assert sign_in(org, record, certificate)
    assert certificate.bound_device_id == record.id
    assert types_of(org)[-3:] == [
        "pki.cert.bind",
        "user.authentication.auth_via_mfa",
        "user.session.start",
    ]
    assert org.events[-2]["debugContext"]["debugData"]["factor"] == "SIGNED_NONCE"


def test_a_push_does_not(org, register, certificate):
    record = register()
    assert not sign_in(org, record, certificate, method="push")
    assert "pki.cert.bind" not in types_of(org)
    assert org.events[-2]["debugContext"]["debugData"]["factor"] != "SIGNED_NONCE"


def test_each_user_becomes_managed_by_their_own_sign_in(org, register, certificate):
    record = register(login="ana@example.com")
    register(login="bob@example.com", account_device_id=record.id)
    ana, bob = record.users
    assert sign_in(org, record, certificate, user_id=ana)
    assert not org.registry.is_managed(record.id, bob)
    assert sign_in(org, record, certificate, user_id=bob)
    assert types_of(org).count("pki.cert.bind") == 1


def test_a_certificate_of_another_record_does_not_count(org, register, certificate):
    assert sign_in(org, register(), certificate)
    assert not sign_in(org, register(), certificate)


def test_a_sign_in_without_certificate_ends_being_managed(org, register, certificate):
    record = register()
    assert sign_in(org, record, certificate)
    assert not sign_in(org, record)


@pytest.mark.parametrize("status", ["SUSPENDED", "REVOKED"])
def test_a_certificate_that_is_not_active_does_not_count(org, register, certificate, status):
    certificate.status = status
    assert not sign_in(org, register(), certificate)


def test_no_fastpass_while_it_is_off_or_the_record_suspended(org, register, certificate):
    record = register()
    org.registry.step(record, "suspend")
    assert not sign_in(org, record, certificate)
    org.registry.step(record, "unsuspend")
    org.authenticators["okta_verify"].inactive.add("signed_nonce")
    assert not sign_in(org, record, certificate)
    assert "user.session.start" not in types_of(org)


@pytest.mark.parametrize(("switch", "managed"), [("needs_reset", False), ("heals", True)])
def test_a_record_made_before_the_certificate(okta_world, org, register, later, switch, managed):
    okta_world.switches.record_before_certificate = switch
    record = register()
    later(minutes=1)
    assert sign_in(org, record, org.platform.book("C02XK1ZAJG5J 0A1B")) is managed


def test_a_record_that_was_managed_takes_a_renewed_certificate(org, register, certificate, later):
    record = register()
    assert sign_in(org, record, certificate)
    later(days=30)
    assert sign_in(org, record, org.platform.book("C02XK1ZAJG5J 0A1C"))
    assert len(record.certificates) == 2


def test_a_profile_that_is_sent_again_before_the_first_sign_in_does_no_harm(
    org, register, certificate, later
):
    record = register()
    later(minutes=1)
    assert sign_in(org, record, org.platform.book("C02XK1ZAJG5J 0A1C"))


# Resets


def test_deactivating_drops_users_and_suspends_the_certificate(org, register, certificate):
    record = register()
    sign_in(org, record, certificate)
    assert org.registry.step(record, "deactivate")
    assert (record.status, record.users, certificate.status) == ("DEACTIVATED", {}, "SUSPENDED")
    assert types_of(org)[-2:] == ["device.lifecycle.deactivate", "pki.cert.lifecycle.suspend"]


def test_deleting_revokes_the_certificate_and_takes_the_record_away(org, register, certificate):
    record = register()
    sign_in(org, record, certificate)
    org.registry.step(record, "deactivate")
    org.registry.delete(record)
    assert record.id not in org.devices
    assert certificate.status == "REVOKED"
    assert types_of(org)[-2:] == ["device.lifecycle.delete", "pki.cert.lifecycle.delete"]
    assert not sign_in(org, register(), certificate)  # it has to be issued anew


def test_only_a_deactivated_record_can_be_deleted(org, register):
    with pytest.raises(WrongStatus):
        org.registry.delete(register())


def test_activating_brings_the_certificate_back_but_not_the_users(org, register, certificate):
    record = register()
    sign_in(org, record, certificate)
    org.registry.step(record, "deactivate")
    org.registry.step(record, "activate")
    assert (certificate.status, record.users) == ("ACTIVE", {})


@pytest.mark.parametrize(
    ("first", "step"),
    [
        ("deactivate", "suspend"),
        ("deactivate", "deactivate"),
        ("suspend", "suspend"),
        ("suspend", "deactivate"),
    ],
)
def test_only_some_steps_lead_on(org, register, first, step):
    record = register()
    org.registry.step(record, first)
    if (first, step) == ("deactivate", "suspend"):
        with pytest.raises(WrongStatus):
            org.registry.step(record, step)
    else:
        assert org.registry.step(record, step) is (first != step)


def test_a_step_that_was_taken_changes_nothing(org, register, later):
    record = register()
    org.registry.step(record, "deactivate")
    before = record.last_updated
    later(minutes=1)
    assert not org.registry.step(record, "deactivate")
    assert record.last_updated == before


# Time


def test_a_certificate_unused_for_90_days_is_revoked(org, certificate, later):
    later(days=89)
    assert certificate.status == "ACTIVE"
    later(days=2)
    assert certificate.status == "REVOKED"
    assert types_of(org) == ["pki.cert.lifecycle.revoke"]  # and the log has forgotten the rest


def test_a_used_certificate_lives_a_year(org, register, certificate, later):
    record = register()
    user_id = next(iter(record.users))
    sign_in(org, record, certificate)
    later(days=364)
    assert org.registry.is_managed(record.id, user_id)
    later(days=1)
    assert not org.registry.is_managed(record.id, user_id)
    assert not sign_in(org, record, certificate)


def test_the_log_forgets_after_90_days(org, register, later):
    register()
    later(days=89)
    assert types_of(org) == [
        "device.enrollment.create",
        "device.user.add",
    ]  # the platform was added before
    later(days=2)
    assert org.events == []


def test_a_history_can_be_made(okta_world, org, register):
    with org.dated(okta_world.clock.now() - timedelta(days=40)):
        record = register()
    assert types_of(org) == ["device.enrollment.create", "device.user.add", "device.platform.add"]
    assert org.now() - record.created > timedelta(days=39)


def test_a_new_secret_is_another_and_the_log_says_so(org):
    old = org.platform.challenge
    assert org.platform.reset_secret() == org.platform.challenge != old
    assert len(org.platform.challenge) == 43
    assert types_of(org) == ["device.platform.add", "device.platform.secret_key.reset"]
    assert org.platform.challenge not in str(org.events)


def test_equal_seeds_give_equal_orgs(okta_world, org):
    again = type(org)(okta_world, "https://localhost")
    assert (again.org_id, again.platform.scep_url, again.api_token) == (
        org.org_id,
        org.platform.scep_url,
        org.api_token,
    )


# Enrollment policies


def test_the_first_enrollment_policy_of_a_user_says_what_they_may_add(org, register, okta):
    user = org.add_user("Eve", "Adams", "eve@example.com")
    group = org.directory.add_group("Contractors", members={user.id})
    org.enrollment.add("Contractors", [group.id], {"okta_verify": "NOT_ALLOWED"})
    rows = okta.get("/policies", type="MFA_ENROLL").json
    assert [(row["name"], row["priority"], row["system"]) for row in rows] == [
        ("Contractors", 1, False),
        ("Default Policy", 2, True),
    ]
    with pytest.raises(RegistrationRefused):
        register(login=user.login)


def test_enrollment_policies_are_translated_for_flexible_okta_verify(org, okta, okta_world):
    org.enrollment.policies[-1].enroll["okta_verify"] = "REQUIRED"
    org.enrollment.add("Contractors", [], {"okta_verify": "NOT_ALLOWED"})
    org.authenticators["okta_verify"].inactive.add("push")
    okta_world.switches.set(flexible_okta_verify=True)
    shown = {
        row["name"]: {
            each["key"].removeprefix("okta_verify_"): each["enroll"]["self"]
            for each in row["settings"]["authenticators"]
        }
        for row in okta.get("/policies", type="MFA_ENROLL").json
    }
    assert shown["Contractors"] == dict.fromkeys(("totp", "push", "fastpass"), "NOT_ALLOWED")
    split = {"totp": "OPTIONAL", "push": "NOT_ALLOWED", "fastpass": "REQUIRED"}
    assert split.items() <= shown["Default Policy"].items()
