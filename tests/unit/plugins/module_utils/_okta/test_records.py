# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of devices, users and log events as records: each field once, absent keys as None."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    EnrollmentPolicy,
    LogEntity,
    LogEvent,
    OktaDevice,
    OktaUser,
    People,
    SessionRule,
    SignalRule,
    mapped_ids,
)

ADA = {
    "id": "00u1",
    "status": "ACTIVE",
    "type": {"id": "oty1"},
    "profile": {"login": "ada@acme.com", "firstName": "Ada", "lastName": "Lovelace"},
}


def test_a_device_record_has_each_field_of_its_row_once() -> None:
    row = {
        "id": "guo1",
        "status": "ACTIVE",
        "created": "2026-11-01T10:00:00.000Z",
        "lastUpdated": "2026-11-02T10:00:00.000Z",
        "profile": {
            "displayName": "Ada's Mac",
            "platform": "MACOS",
            "serialNumber": " C02Xk1 ",
            "udid": "00008103-001A",
            "registered": True,
            "secureHardwarePresent": False,
        },
        "_embedded": {"users": [{"managementStatus": "MANAGED", "user": ADA}]},
    }
    device = OktaDevice.from_row(row)
    assert device == OktaDevice(
        id="guo1",
        status="ACTIVE",
        created="2026-11-01T10:00:00.000Z",
        last_updated="2026-11-02T10:00:00.000Z",
        display_name="Ada's Mac",
        platform="MACOS",
        serial_number="C02Xk1",
        udid="00008103-001a",
        registered=True,
        secure_hardware=False,
        users=(DeviceUser(OktaUser.from_row(ADA), "MANAGED"),),
    )
    assert (device.serial_key, device.row) == ("c02xk1", row)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": None, "profile": None, "_embedded": None},
        {"profile": "text", "_embedded": {"users": None}},
        {"profile": {"serialNumber": "", "registered": "yes"}, "_embedded": []},
    ],
)
def test_what_a_device_row_lacks_is_none(row: dict[str, t.Any]) -> None:
    assert OktaDevice.from_row(row) == OktaDevice(id="")


def test_a_list_of_users_may_be_empty_which_is_not_the_same_as_absent() -> None:
    assert OktaDevice.from_row({"_embedded": {"users": []}}).users == ()
    assert OktaDevice.from_row({"_embedded": {}}).users is None


def test_a_status_that_okta_has_invented_since_survives() -> None:
    assert OktaDevice.from_row({"status": "QUARANTINED"}).status == "QUARANTINED"
    user = DeviceUser.from_row({"managementStatus": "PARTLY_MANAGED"})
    assert (user.management_status, user.is_managed) == ("PARTLY_MANAGED", False)


@pytest.mark.parametrize("key", ["user", "summary"])
def test_both_forms_of_a_device_user_are_the_same_user(key: str) -> None:
    row = {
        "managementStatus": "MANAGED",
        "screenLockType": "BIOMETRIC",
        "created": "2026-11-01T10:00:00.000Z",
        key: ADA,
    }
    user = DeviceUser.from_row(row)
    assert user == DeviceUser(
        OktaUser("00u1", "ada@acme.com", "Ada", "Lovelace", "ACTIVE", "oty1"),
        "MANAGED",
        "BIOMETRIC",
        "2026-11-01T10:00:00.000Z",
    )
    assert user.is_managed


@pytest.mark.parametrize(
    "row, name",
    [
        (ADA, "ada@acme.com"),
        ({"id": "00u1"}, "00u1"),
        ({"id": "00u1", "profile": {"login": ""}}, "00u1"),
        ({}, ""),
    ],
)
def test_a_user_is_named_by_login_else_by_id(row: dict[str, t.Any], name: str) -> None:
    assert OktaUser.from_row(row).name == name


@pytest.mark.parametrize(
    ("credentials", "sure"),
    [
        ({"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}}, True),
        ({"password": {}, "provider": {"type": "IMPORT"}}, True),
        ({"password": {}, "provider": {"type": "okta"}}, True),
        ({"provider": {"type": "ACTIVE_DIRECTORY"}}, True),
        ({"provider": {"type": "LDAP"}}, True),
        ({"provider": {"type": "OKTA"}}, False),  # recorded of a user without a password yet
        ({"provider": {"type": "IMPORT"}}, False),
        ({"password": None, "provider": {"type": "OKTA"}}, False),
        ({"password": {}, "provider": {"type": "FEDERATION"}}, False),
        ({"provider": {"type": "SOCIAL"}}, False),
        ({"provider": {"type": "PASSKEY"}}, False),
        ({"provider": {"type": 5}}, False),
        ({"provider": "OKTA"}, False),
        ({"password": {}}, False),
        (None, False),
    ],
)
def test_a_password_is_sure_of_the_providers_that_verify_one(
    credentials: t.Any, sure: bool
) -> None:
    user = OktaUser.from_row({**ADA, "credentials": credentials})
    assert user.surely_has_password is sure
    assert not OktaUser.from_row(ADA).surely_has_password


def test_an_enrollment_has_its_authenticator_and_status() -> None:
    assert Enrollment.from_row({"key": "okta_verify", "status": "ACTIVE"}) == Enrollment(
        "okta_verify", "ACTIVE"
    )
    assert Enrollment.from_row({}) == Enrollment(None, None)
    keys = ("okta_verify", "okta_verify_push", "okta_email", None)
    assert [Enrollment(key).is_okta_verify for key in keys] == [True, True, False, False]


def test_an_event_has_actor_targets_device_and_factor() -> None:
    event = LogEvent.from_row(
        {
            "uuid": "u1",
            "eventType": "user.authentication.sso",
            "published": "2026-11-20T00:00:00.000Z",
            "outcome": {"result": "DENY"},
            "actor": {"id": "00u1", "alternateId": "ada@acme.com", "type": "User"},
            "target": [
                {"id": "app1", "type": "AppInstance", "displayName": "Salesforce"},
                {"id": "guo1", "type": "Device", "detailEntry": {"serialNumber": "C02X"}},
            ],
            "device": {"id": "guo2", "registered": False, "os_platform": "OSX"},
            "client": {"userAgent": {"os": "Mac OS X", "rawUserAgent": "Mozilla/5.0"}},
            "debugContext": {"debugData": {"factor": "SIGNED_NONCE"}},
        }
    )
    assert event == LogEvent(
        uuid="u1",
        event_type="user.authentication.sso",
        published="2026-11-20T00:00:00.000Z",
        outcome="DENY",
        actor=LogEntity("00u1", "User", "ada@acme.com", texts=("00u1", "ada@acme.com")),
        targets=(
            LogEntity("app1", "AppInstance", None, "Salesforce", texts=("app1", "Salesforce")),
            LogEntity("guo1", "Device", serial_number="C02X", texts=("guo1", "C02X")),
        ),
        device_id="guo2",
        device_registered=False,
        device_platform="OSX",
        browser_os="Mac OS X",
        user_agent="Mozilla/5.0",
        factor="SIGNED_NONCE",
    )
    assert [target.is_device for target in event.targets] == [False, True]
    assert (event.actor.is_user, event.targets[0].is_user) == (True, False)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"target": None, "actor": None, "device": None, "client": None, "debugContext": None},
        {"target": ["text"], "client": {"userAgent": None}, "debugContext": {"debugData": []}},
    ],
)
def test_what_an_event_row_lacks_is_none(row: dict[str, t.Any]) -> None:
    assert LogEvent.from_row(row) == LogEvent()


def test_the_texts_of_a_target_are_found_at_any_depth_but_its_type_is_none_of_them() -> None:
    target = {
        "type": "Certificate",
        "detailEntry": {"names": ["a", {"cn": "b"}], "n": 5},
        "id": "c",
    }
    assert LogEntity.from_row(target).texts == ("a", "b", "c")


@pytest.mark.parametrize(
    ("enroll", "permits"),
    [
        ({"okta_verify": "OPTIONAL"}, True),
        ({"okta_verify": "NOT_ALLOWED"}, False),
        ({"okta_verify_fastpass": "DISABLED", "okta_verify_push": "REQUIRED"}, False),
        ({"okta_verify": "NOT_ALLOWED", "okta_verify_fastpass": "REQUIRED"}, True),
        ({"okta_verify": "SOMETIMES"}, None),
        ({"okta_verify": None}, None),
        ({"okta_password": "REQUIRED"}, False),
        ({"okta_verify_push": "REQUIRED"}, False),
        ({}, False),
    ],
)
def test_an_enrollment_policy_says_whether_people_may_add_fastpass(enroll, permits):
    rows = [{"key": key, "enroll": {"self": word}} for key, word in enroll.items()]
    policy = EnrollmentPolicy.from_row(
        {
            "id": "rst1",
            "name": "Staff",
            "priority": 2,
            "status": "ACTIVE",
            "conditions": {"people": {"groups": {"include": ["00g1"]}}},
            "settings": {"type": "AUTHENTICATORS", "authenticators": rows},
        }
    )
    assert policy.permits_fast_pass is permits
    assert (policy.id, policy.priority, policy.groups) == ("rst1", 2, ("00g1",))


OPTIONAL = {"enroll": {"self": "OPTIONAL"}}
PASSWORD = {"key": "okta_password", **OPTIONAL}


@pytest.mark.parametrize(
    ("settings", "permits"),
    [
        ({"type": "FACTORS", "factors": {"okta_push": OPTIONAL}}, None),
        ({"factors": {"okta_push": OPTIONAL}}, None),
        ({"type": "FACTORS", "authenticators": [{"key": "okta_verify", **OPTIONAL}]}, None),
        ({"type": "AUTHENTICATORS"}, None),
        ({"type": "AUTHENTICATORS", "authenticators": None}, None),
        ({"type": "AUTHENTICATORS", "authenticators": [PASSWORD, 5]}, None),
        ({"type": "AUTHENTICATORS", "authenticators": [PASSWORD, OPTIONAL]}, None),
        ({"type": "SOMETHING", "authenticators": [PASSWORD]}, None),
        ({"authenticators": []}, None),
        ({"authenticators": [PASSWORD]}, False),
        ({"authenticators": [{"key": "okta_verify", **OPTIONAL}]}, True),
    ],
)
def test_what_a_policy_does_not_list_is_forbidden_only_if_the_list_was_read(settings, permits):
    policy = EnrollmentPolicy.from_row({"id": "rst1", "settings": settings})
    assert policy.permits_fast_pass is permits
    assert policy.permits("tac") is (None if permits is None or not policy.is_complete else False)
    assert policy.is_complete is (permits is not None)


def test_an_enrollment_policy_of_any_form_is_read():
    for row in (
        {},
        {"conditions": None, "settings": {"factors": {}}},
        {"conditions": {"people": 5}},
    ):
        assert EnrollmentPolicy.from_row(row).permits_fast_pass is None


# Policies of other kinds


@pytest.mark.parametrize(
    ("conditions", "people"),
    [
        (
            {
                "people": {
                    "users": {"include": ["u1"], "exclude": ["u2"]},
                    "groups": {"include": ["g1", None, ""], "exclude": ["g2"]},
                }
            },
            People(("u1",), ("u2",), ("g1",), ("g2",)),
        ),
        (None, People()),
        ({"people": 5}, People()),
        ({"people": {"users": [], "groups": {"include": "g1"}}}, People()),
    ],
)
def test_people_of_any_form_are_read(conditions, people):
    assert People.from_conditions(conditions) == people
    assert People.from_conditions(people.as_conditions()) == people
    assert people.all_groups == (*people.groups, *people.groups_excluded)
    assert people.all_users == (*people.users, *people.users_excluded)


def test_a_session_rule_denies_only_if_okta_says_so():
    row = {"name": "Stop", "status": "ACTIVE", "actions": {"signon": {"access": "DENY"}}}
    stop = SessionRule.from_row(row)
    assert stop.denies and not stop.is_inactive and stop.access == "DENY"
    for actions in ({"signon": {"access": "ALLOW"}}, {"signon": None}, {}, None):
        assert not SessionRule.from_row({**row, "actions": actions}).denies
    excluded = {"people": {"users": {"exclude": ["u1"]}, "groups": {"exclude": ["g1"]}}}
    rule = SessionRule.from_row({**row, "conditions": excluded})
    assert (rule.people.users_excluded, rule.people.groups_excluded) == (("u1",), ("g1",))
    assert rule.people.users_excluded == ("u1",)


@pytest.mark.parametrize(
    ("action", "providers"),
    [
        ({"deviceContextProviders": []}, {}),
        (
            {
                "deviceContextProviders": [
                    {"key": "OKTA_VERIFY", "userIdentification": "IGNORE"},
                    {"key": "DEVICE_POSTURE_IDP", "id": "0oa1"},
                ]
            },
            {"OKTA_VERIFY": "IGNORE", "DEVICE_POSTURE_IDP": None},
        ),
        ({"deviceContextProviders": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_signal_rule_has_the_providers_that_okta_shows(action, providers):
    rule = SignalRule.from_row({"name": "r", "actions": {"deviceSignalCollection": action}})
    assert rule.providers == providers


@pytest.mark.parametrize(
    ("links", "ids"),
    [
        ({"application": "/api/v1/apps/rstA", "policy": "/api/v1/policies/rstS"}, ["rstA"]),
        ({"application": "/x/rstS", "policy": "/api/v1/policies/rstA"}, ["rstA"]),
        ({"self": "/api/v1/policies/rstS/mappings/pmp1", "policy": "/x/rstS"}, [""]),
        ({}, [""]),
    ],
)
def test_a_mapping_names_its_resource_by_any_link(links, ids):
    row = {
        "_links": {name: {"href": f"https://acme.okta.com{path}"} for name, path in links.items()}
    }
    assert mapped_ids(row, "rstS") == ids
    assert mapped_ids({}, "rstS") == [""]


@pytest.mark.parametrize(
    ("shown", "platform"),
    [("MACOS", "MACOS"), ("macos", "MACOS"), (7, None), ("\ud800MACOS", None), (None, None)],
)
def test_a_platform_means_the_same_in_any_case(shown: object, platform: str | None) -> None:
    assert OktaDevice.from_row({"id": "guo1", "profile": {"platform": shown}}).platform == platform
