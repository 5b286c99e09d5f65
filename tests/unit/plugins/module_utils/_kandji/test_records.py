# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Kandji as records: what is normalised, what is unknown, and what stays as it is."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import records

UPPER, LOWER = "7D8A6F3C-1111-4111-8111-00000000000A", "7d8a6f3c-1111-4111-8111-00000000000a"
SEEN = "2026-11-20T10:00:00.000000Z"


def test_a_device_is_read_with_its_ids_in_lower_case() -> None:
    device = records.KandjiDevice.from_row(
        {
            "device_id": UPPER,
            "serial_number": "C02xk1zajg5j",
            "device_name": "Ada's Mac",
            "platform": "Mac",
            "blueprint_id": UPPER,
            "blueprint_name": "Canary",
            "os_version": "26.1",
            "model": "MacBook Pro",
            "user": {"email": "ada@acme.com", "name": "Ada", "id": 7},
            "tags": ["vip", "7"],
            "last_check_in": SEEN,
            "is_removed": True,
            "first_enrollment": "2026-01-01 10:00:00.961496+00:00",
            "last_enrollment": "2026-11-02 10:00:00.961496+00:00",
        }
    )
    assert device == records.KandjiDevice(
        LOWER,
        "C02xk1zajg5j",
        "Ada's Mac",
        "Mac",
        LOWER,
        "Canary",
        "26.1",
        "MacBook Pro",
        "ada@acme.com",
        ("vip", "7"),
        SEEN,
        True,
        user_id="7",
        enrolled="2026-11-02 10:00:00.961496+00:00",
    )
    assert device.is_mac and device.serial_key == "c02xk1zajg5j"


@pytest.mark.parametrize(
    "last, expected", [(None, "2026-01-01"), ("", "2026-01-01"), ("2026-02-02", "2026-02-02")]
)
def test_a_device_was_enrolled_last_when_it_was_first_if_kandji_shows_no_more(
    last: str | None, expected: str
) -> None:
    row = {"first_enrollment": "2026-01-01", "last_enrollment": last}
    assert records.KandjiDevice.from_row(row).enrolled == expected


def test_what_kandji_leaves_out_of_a_device_is_unknown() -> None:
    device = records.KandjiDevice.from_row({})
    assert device == records.KandjiDevice("", is_removed=None, hides_email=True)
    assert (device.tags, device.platform, device.last_check_in) == (None, None, None)
    assert device.is_mac and not device.is_removed  # it may be one


@pytest.mark.parametrize("value", [None, "", "true", 1, [], {"value": True}])
def test_whether_a_device_was_removed_is_unknown_where_kandji_does_not_say_so(
    value: object,
) -> None:
    assert records.KandjiDevice.from_row({"is_removed": value}).is_removed is None
    for known in (True, False):
        assert records.KandjiDevice.from_row({"is_removed": known}).is_removed is known


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"tags": None},
        {"tags": 5},
        {"tags": "vip"},
        *({"tags": ["vip", tag]} for tag in (7, None, [], "\x1bx")),
    ],
)
def test_tags_that_cannot_be_read_are_unknown(row: dict[str, t.Any]) -> None:
    assert records.KandjiDevice.from_row(row).tags is None


def test_a_device_without_tags_has_none_of_them() -> None:
    assert records.KandjiDevice.from_row({"tags": []}).tags == ()


def test_an_empty_text_is_unknown_but_an_empty_file_is_empty() -> None:
    row = {"device_id": UPPER, "serial_number": " C02XK1ZAJG5J ", "last_check_in": "", "user": ""}
    known = {**row, "is_removed": False}
    assert records.KandjiDevice.from_row(known) == records.KandjiDevice(LOWER, "C02XK1ZAJG5J")
    # A Custom Profile without a text would be an item of Kandji's web app.
    profile = records.CustomProfile.from_row({"id": UPPER, "profile": "", "updated_at": ""})
    assert (profile.mobileconfig, profile.updated_at) == ("", None)
    script = records.CustomScript.from_row({"id": UPPER, "script": "", "remediation_script": ""})
    assert (script.script, script.remediation_script) == ("", "")


def test_only_flags_that_kandji_listed_as_true_or_false_are_known() -> None:
    row = {"id": UPPER, "active": True, "runs_on_mac": None, "runs_on_ipad": "false"}
    profile = records.CustomProfile.from_row(row)
    assert profile.flags == {"active": True} and profile.is_active
    assert records.CustomProfile.from_row({"id": UPPER}).is_active
    assert not records.CustomProfile.from_row({"id": UPPER, "active": False}).is_active


@pytest.mark.parametrize("platform", ["iPhone", "mac", "Vision Pro"])
def test_another_platform_stays_as_it_is_and_is_not_a_mac(platform: str) -> None:
    device = records.KandjiDevice.from_row({"platform": platform})
    assert device.platform == platform and not device.is_mac


@pytest.mark.parametrize(
    "user, person",
    [
        ("", ""),
        (None, ""),
        ({}, ""),
        ({"name": "Ada"}, "Ada"),
        ({"email": "", "name": "Ada"}, "Ada"),
        ({"email": "ada@acme.com", "name": "Ada"}, "ada@acme.com"),
    ],
)
def test_the_person_of_a_device(user: t.Any, person: str) -> None:
    assert records.KandjiDevice.from_row({"user": user}).person == person


def test_a_status_is_read_with_its_logs() -> None:
    status = records.ItemStatus.from_row(
        {
            "computer": {"id": UPPER, "name": "Ada's Mac"},
            "blueprint": {"id": UPPER},
            "status": "PASS",
            "log": "a",
            "last_audit_log": "b",
            "control_log": "c",
        }
    )
    assert status == records.ItemStatus(LOWER, "Ada's Mac", LOWER, "PASS", "a", "b", "c")
    assert status.logs == ("a", "b", "c") and status.is_installed


@pytest.mark.parametrize("row", [{}, {"computer": None, "blueprint": None}, {"computer": "mac"}])
def test_a_status_of_no_device_has_an_empty_id(row: dict[str, t.Any]) -> None:
    status = records.ItemStatus.from_row(row)
    assert status == records.ItemStatus("") and status.logs == (None, None, None)
    assert not status.is_installed


@pytest.mark.parametrize(
    "row, state",
    [
        ({"status": "PASS"}, "installed"),
        ({"status": "success"}, "installed"),
        ({"status": "PENDING"}, "pending"),
        ({"status": "pending"}, "pending"),
        ({"status": "DOWNLOADING"}, "pending"),
        ({"status": "INSTALLING"}, "pending"),
        ({"status": "CACHED"}, "pending"),
        ({"status": "CHANGE_PENDING"}, "pending"),
        ({"status": "ERROR"}, "failed"),
        ({"status": "failed", "log": None}, "failed"),
        ({"status": "AVAILABLE"}, "self_service_only"),
        ({"status": "EXCLUDED"}, "excluded"),
        ({"status": "INCOMPATIBLE"}, "incompatible"),
        ({"status": "ERROR", "log": "No LICENSE available for this app."}, "no_license"),
        ({"status": "PENDING", "log": "Waiting for a licence"}, "no_license"),
        ({"status": "PASS", "log": "License assigned"}, "installed"),
        ({"status": "AVAILABLE", "log": "no license"}, "self_service_only"),
        ({"status": "something new"}, "unknown"),
        ({"status": None}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_status_in_plain_words(row: dict[str, t.Any], state: str) -> None:
    assert records.ItemStatus.from_row(row).state == state
    assert state in records.STATES


def test_an_item_of_a_device() -> None:
    row = {"item_id": UPPER, "name": "Okta Verify", "type": "vpp-app", "status": "new word"}
    item = records.DeviceItem.from_row(row)
    assert item == records.DeviceItem(LOWER, "Okta Verify", "vpp-app", "new word")
    assert records.DeviceItem.from_row({}) == records.DeviceItem("")


def test_an_installed_profile_is_read_with_the_types_of_its_payloads() -> None:
    profile = records.InstalledProfile.from_row(
        {
            "device_id": UPPER,
            "serial_number": "C02X",
            "blueprint_id": UPPER,
            "payload_identifier": f"com.kandji.profile.custom.{UPPER}",
            "payload_uuid": UPPER,
            "profile_data": [{"type": "com.apple.security.scep"}, {"name": "x"}, "text"],
            "created_at": SEEN,
        }
    )
    assert profile == records.InstalledProfile(
        LOWER,
        "C02X",
        LOWER,
        f"com.kandji.profile.custom.{LOWER}",
        LOWER,
        frozenset({"com.apple.security.scep"}),
        SEEN,
    )
    assert profile.first_seen == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


def test_payload_types_that_kandji_leaves_out_are_unknown_and_an_empty_list_is_none_of_them() -> (
    None
):
    assert records.InstalledProfile.from_row({}) == records.InstalledProfile("")
    assert records.InstalledProfile.from_row({}).payload_types is None
    assert records.InstalledProfile.from_row({"profile_data": []}).payload_types == frozenset()


def test_a_certificate_and_an_application() -> None:
    certificate = records.PrismCertificate.from_row(
        {
            "device_id": UPPER,
            "serial_number": "C02X",
            "common_name": f"C02X {UPPER}",
            "created_at": SEEN,
        }
    )
    assert certificate == records.PrismCertificate(LOWER, "C02X", f"C02X {UPPER}", SEEN)
    assert certificate.first_seen == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
    assert records.PrismCertificate.from_row({}) == records.PrismCertificate("")
    assert records.PrismCertificate("").first_seen is None
    row = {"device_id": UPPER, "serial_number": "C02X", "bundle_id": "a.b", "version": "9.1"}
    assert records.PrismApp.from_row(row) == records.PrismApp(LOWER, "C02X", "a.b", "9.1")
    assert records.PrismApp.from_row({}) == records.PrismApp("")


def test_the_newest_of_several_is_the_one_that_kandji_saw_last() -> None:
    early, late = (
        records.PrismCertificate("1", created_at=f"2026-11-{day}T10:00:00Z") for day in (19, 20)
    )
    unknown = records.PrismCertificate("1")
    assert records.newest_first_seen([late, unknown, early]) == late.first_seen
    assert records.newest_first_seen([unknown]) is None
    assert records.newest_first_seen([]) is None


def test_an_event_of_the_audit_log() -> None:
    event = records.AuditEvent.from_row(
        {
            "target_id": UPPER,
            "target_type": "library_item",
            "action": "create",
            "new_state": {"name": "Okta Verify", "type": "vpp-app"},
            "occurred_at": SEEN,
        }
    )
    assert event == records.AuditEvent(
        LOWER, "library_item", "create", "Okta Verify", "vpp-app", SEEN
    )
    assert records.AuditEvent.from_row({"new_state": []}) == records.AuditEvent("")


@pytest.mark.parametrize(
    ("platform", "is_mac"),
    [
        ("Mac", True),
        ("\ud800Mac", True),
        (["Mac"], True),
        (None, True),
        ("iPad", False),
    ],
)
def test_a_device_whose_platform_cannot_be_read_may_be_a_mac(
    platform: object, is_mac: bool
) -> None:
    row = {"device_id": "d1", "platform": platform}
    assert records.KandjiDevice.from_row(row).is_mac is is_mac


@pytest.mark.parametrize(
    ("user", "hides"),
    [
        (None, True),
        ({}, True),
        ("", False),
        ({"email": "ada@acme.com"}, False),
        ({"name": "Ada", "id": 7}, True),
        ({"email": ["ada@acme.com"], "name": "Ada"}, True),
        (["ada@acme.com"], True),
    ],
)
def test_a_device_of_a_user_without_an_address_hides_it(user: object, hides: bool) -> None:
    assert records.KandjiDevice.from_row({"user": user}).hides_email is hides
