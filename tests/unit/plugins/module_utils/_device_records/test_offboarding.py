# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose Macs and records they are when a person leaves."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Lifecycle,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.offboarding import (
    OtherUser,
    RecordWithoutUsers,
    describe_match,
    find_blocked,
    find_other_users,
    find_unfinished,
    find_without_users,
    list_addresses,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaDevice,
    OktaUser,
)

ANN, CORP = "ann@acme.com", "a123@corp.acme.com"


def record(status: str | None, *users: DeviceUser, name: str = "guo1") -> tuple:
    return OktaDevice(name, status=status, serial_number="C02A"), users


def user(login: str | None = "bob@acme.com", status: str | None = "ACTIVE") -> DeviceUser:
    return DeviceUser(OktaUser(f"00u-{login}", login, status=status))


@pytest.mark.parametrize(
    ("login", "email", "name", "addresses"),
    [
        (ANN, ANN, ANN, [ANN]),
        (ANN, ANN.upper(), "00u1", [ANN.upper()]),
        (CORP, ANN, CORP, [ANN, CORP]),
        (CORP, ANN, ANN, [ANN, CORP]),
        (CORP.upper(), " Ann@acme.com ", "00u1", ["Ann@acme.com", CORP]),
        (CORP, None, "00u1", [CORP]),
        (CORP, None, ANN.title(), [ANN.title(), CORP]),
        (CORP, "", CORP, [CORP]),
        ("ann", None, "ann", ["ann"]),
        (None, None, "00u1", ["00u1"]),
        ("ann", ANN, "ann", [ANN]),
    ],
)
def test_an_mdm_may_know_a_person_by_each_address(
    login: str | None, email: str | None, name: str, addresses: list[str]
) -> None:
    assert list_addresses(OktaUser("00u1", login, email=email), name) == addresses


@pytest.mark.parametrize(
    ("login", "name", "summary"),
    [
        (ANN, ANN, f"{ANN} has the id 00u1 in Okta."),
        (None, "00u1", ""),
        (CORP, "00u1", f"00u1 is the user with this login in Okta: {CORP}."),
        (CORP, ANN, f"{ANN} is the user with this login in Okta: {CORP}. The id is 00u1."),
    ],
)
def test_a_person_is_described_by_login_and_id(login: str | None, name: str, summary: str) -> None:
    assert describe_match(OktaUser("00u1", login), name) == summary


NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
CUT, BLOCK = Lifecycle(deactivated_by="deletion"), Lifecycle(deactivated_by="others")


def test_a_deletion_that_was_cut_leaves_a_deactivated_record_without_users() -> None:
    records = [
        record("DEACTIVATED", name="guo1"),
        record("DEACTIVATED", user(), name="guo2"),
        record("ACTIVE", name="guo3"),
        record(None, name="guo4"),
    ]
    lifecycles = {f"guo{number}": CUT for number in range(1, 5)}
    assert find_unfinished(records, lifecycles) == ["guo1"]
    assert find_blocked(records, lifecycles, NOW) == []


@pytest.mark.parametrize(
    ("lifecycle", "changed", "clear_after"),
    [
        (BLOCK, "2026-11-23T09:55:00Z", None),
        (Lifecycle(), "2026-11-23T09:55:00Z", "2026-11-23T10:05:00Z"),
        (Lifecycle(), "2026-11-23T09:45:00Z", None),
        (Lifecycle(), None, None),
    ],
)
def test_a_record_that_no_deletion_deactivated_may_block_a_lost_mac(
    lifecycle: Lifecycle, changed: str | None, clear_after: str | None
) -> None:
    device = OktaDevice("guo1", "DEACTIVATED", serial_number="C02A", last_updated=changed)
    assert find_unfinished([(device, [])], {"guo1": lifecycle}) == []
    (blocked,) = find_blocked([(device, [])], {"guo1": lifecycle}, NOW)
    row = blocked.as_result()
    assert (row["device_id"], row["clear_after"]) == ("guo1", clear_after)
    remedy = f"after {clear_after}." if clear_after else "delete it by its id (okta_device"
    assert remedy in str(row["summary"])


@pytest.mark.parametrize(
    ("status", "account", "uses"),
    [
        ("ACTIVE", "ACTIVE", True),
        ("UNSUSPENDED", "LOCKED_OUT", True),
        (None, None, True),
        ("SUSPENDED", "ACTIVE", False),
        ("DEACTIVATED", "ACTIVE", False),
        ("ACTIVE", "DEPROVISIONED", False),
        ("ACTIVE", "SUSPENDED", False),
    ],
)
def test_who_can_sign_in_with_a_record_uses_its_mac(
    status: str | None, account: str | None, uses: bool
) -> None:
    others = find_other_users([record(status, user(status=account))], [f"00u-{ANN}"])
    assert others == ([OtherUser("C02A", "bob@acme.com")] if uses else [])


def test_who_leaves_is_no_other_user_and_each_is_named_once() -> None:
    records = [
        record("ACTIVE", user(ANN), user(), name="guo1"),
        record("ACTIVE", user(), user(None), name="guo2"),
    ]
    others = find_other_users(records, [f"00u-{ANN}"])
    assert others == [OtherUser("C02A", "bob@acme.com"), OtherUser("C02A", "00u-None")]
    assert len(find_other_users(records, [])) == 3
    assert len(find_other_users(records, [ANN])) == 3, "a login may be of another user meanwhile"


def test_a_record_without_a_serial_is_of_no_mac_that_can_be_named() -> None:
    assert find_other_users([(OktaDevice("guo1", status="ACTIVE"), [user()])], []) == []


def test_what_another_user_means_for_a_mac() -> None:
    assert OtherUser("C02A", "bob@acme.com").as_result() == {
        "serial_number": "C02A",
        "login": "bob@acme.com",
        "summary": "C02A: it stays in its blueprint. It is also used by bob@acme.com, for whom it"
        " is not managed any more if its certificate was bound to a record that goes. Then deliver"
        " its SCEP profile again (kandji_profile_redelivery).",
    }


@pytest.mark.parametrize(
    ("status", "users", "others", "is_named"),
    [
        ("ACTIVE", (), (), True),
        ("UNSUSPENDED", (), (OtherUser("C02B", "bob@acme.com"),), True),
        ("ACTIVE", (), (OtherUser("c02a", "bob@acme.com"),), False),
        ("ACTIVE", (user(status="SUSPENDED"),), (), False),
        ("SUSPENDED", (), (), False),
        ("DEACTIVATED", (), (), False),
        (None, (), (), False),
    ],
)
def test_a_working_record_without_users_is_named_unless_others_use_its_mac(
    status: str | None, users: tuple, others: tuple, is_named: bool
) -> None:
    without = find_without_users([record(status, *users)], others)
    assert without == ([RecordWithoutUsers("C02A", "guo1")] if is_named else [])


def test_a_record_without_users_has_an_id_by_which_it_is_deleted() -> None:
    assert find_without_users([(OktaDevice("guo1", status="ACTIVE"), [])], []) == []
    assert RecordWithoutUsers("C02A", "guo1").as_result() == {
        "serial_number": "C02A",
        "device_id": "guo1",
        "summary": "C02A: its device record guo1 works and has no users, as after Remove account in"
        " Okta Verify. It stays. If it is of nobody else, delete it by its id (okta_device with"
        " device_ids: [guo1] and state: absent).",
    }
