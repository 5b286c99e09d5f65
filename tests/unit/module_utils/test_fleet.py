# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of the fleet joined by serial: which certificates are asked for, and what becomes of each row."""

from __future__ import annotations

import plistlib
import typing as t
from unittest import mock

import pytest

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _fleet as fleet
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import DeviceTrustError, Forbidden, Unauthorized
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import Ring
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._ladder import DeviceRecord

SERIAL = "C02XK1ZAJG5J"
IDENTITIES = {"identity_certificate": {"eq": True}}


def profile(uuid: t.Optional[str] = "7d8A", common_name: str = "$SERIAL_NUMBER $PROFILE_UUID", item_id: str = "item-1") -> dict[str, t.Any]:
    content = {"Subject": [[["CN", common_name]]]}
    plist: dict[str, t.Any] = {"PayloadContent": [{"PayloadType": "com.apple.security.scep", "PayloadContent": content}]}
    return {"id": item_id, "profile": plistlib.dumps({**plist, "PayloadUUID": uuid} if uuid else plist).decode()}


@pytest.mark.parametrize(
    "profiles, wanted",
    [
        ([profile()], {**IDENTITIES, "common_name": {"like": ["7D8A", "7d8a"]}}),
        ([profile(), profile("00FF")], {**IDENTITIES, "common_name": {"like": ["00FF", "00ff", "7D8A", "7d8a"]}}),
        ([profile(common_name="$SERIAL_NUMBER")], IDENTITIES),
        ([profile(), profile(common_name="$SERIAL_NUMBER")], IDENTITIES),
        ([profile(None)], IDENTITIES),
        ([{"id": "1", "profile": "signed"}], IDENTITIES),
    ],
)
def test_certificates_are_narrowed_to_the_profiles_where_their_names_tell(profiles: t.Any, wanted: dict[str, t.Any]) -> None:
    assert fleet.certificate_filter(profiles) == wanted


@pytest.mark.parametrize(
    "profiles, held, answers, asked, found",
    [
        ([profile()], True, [[{"id": 1}]], 1, 1),
        ([profile()], True, [[], [{"id": 1}, {"id": 2}]], 2, 2),
        ([profile()], False, [[]], 1, 0),
        ([profile(common_name="$UDID")], True, [[]], 1, 0),
        ([], False, [[]], 1, 0),
    ],
)
def test_where_macs_hold_certificates_that_the_narrow_search_misses_all_are_read(profiles: t.Any, held: bool, answers: t.Any, asked: int, found: int) -> None:
    kandji = mock.Mock(prism_certificates=mock.Mock(side_effect=answers))
    assert len(fleet.read_certificates(kandji, profiles, held)) == found
    assert kandji.prism_certificates.call_count == asked


@pytest.mark.parametrize(
    "users, states",
    [
        ([], {}),
        ([{"managementStatus": "MANAGED", "user": {"id": "00u1", "profile": {"login": "ada"}}}], {"ada": "MANAGED"}),
        ([{"managementStatus": "NOT_MANAGED", "summary": {"id": "00u1"}}], {"00u1": "NOT_MANAGED"}),
        ([{"user": {"profile": {"login": "ada"}}}, {"managementStatus": None, "user": None}], {"ada": "NOT_MANAGED", "1": "NOT_MANAGED"}),
    ],
)
def test_a_record_has_its_users_by_login_else_id(users: t.Any, states: dict[str, str]) -> None:
    row = {"id": "guo1", "status": "ACTIVE", "created": "2026-11-01T10:00:00.000Z", "lastUpdated": None}
    assert fleet.device_record(row, users) == DeviceRecord("guo1", "ACTIVE", "2026-11-01T10:00:00.000Z", "", states)


def test_records_are_gathered_by_serial() -> None:
    rows = [
        {"id": "1", "status": "ACTIVE", "profile": {"serialNumber": SERIAL}, "_embedded": {"users": None}},
        {"id": "2", "status": "DEACTIVATED", "profile": {"serialNumber": SERIAL}},
        {"id": "3", "status": "ACTIVE", "profile": None, "_embedded": None},
    ]
    records = fleet.read_records(mock.Mock(devices=mock.Mock(return_value=iter(rows))))
    assert {serial: [one.id for one in found] for serial, found in records.items()} == {SERIAL: ["1", "2"], "": ["3"]}


def test_of_two_items_on_a_mac_the_installed_one_counts() -> None:
    rows = {
        "item-1": [{"computer": {"id": "A"}, "status": "FAILED"}, {"computer": {"id": "b"}, "status": "PASS"}, {"computer": {"id": "c"}, "status": "ERROR"}],
        "item-2": [{"computer": {"id": "a"}, "status": "PASS"}, {"computer": {"id": "B"}, "status": "FAILED"}, {"computer": {"id": "C"}, "status": "PENDING"}],
    }
    found = fleet.statuses(mock.Mock(item_statuses=lambda item_id: rows[item_id]), ["item-1", "item-2"])
    assert {device: row["status"] for device, row in found.items()} == {"a": "PASS", "b": "PASS", "c": "ERROR"}


# The whole of it


def kandji(**answers: t.Any) -> mock.Mock:
    device = {
        "device_id": "DEV-1", "serial_number": SERIAL, "device_name": "Ada's Mac", "platform": "Mac", "blueprint_id": "B-CANARY",
        "user": {"email": "ada@acme.com"},
    }  # fmt: skip
    there: dict[str, t.Any] = {
        "devices": lambda **_filters: [device, {**device, "device_id": "dev-2", "serial_number": "PAD", "platform": "iPad"}],
        "item_statuses": lambda item_id: [{"computer": {"id": "dev-1"}, "status": "success" if item_id == "item-1" else "PASS"}],
        "prism_certificates": lambda _filter: [
            {"device_id": "dev-1", "common_name": f"{SERIAL} 7D8A", "created_at": "2026-11-10T10:00:00Z"},
            {"device_id": "dev-1", "common_name": f"VM{SERIAL} 7D8A", "created_at": "2026-11-09T10:00:00Z"},
            {"device_id": "dev-9", "common_name": f"{SERIAL} 7D8A", "created_at": "2026-11-08T10:00:00Z"},
        ],
        "prism_apps": lambda _filter: [{"device_id": "DEV-1"}],
        **answers,
    }  # fmt: skip
    return mock.Mock(**there)


def okta(**answers: t.Any) -> mock.Mock:
    row = {"id": "guo1", "status": "ACTIVE", "created": "2026-11-11T10:00:00.000Z", "profile": {"serialNumber": SERIAL}, "_embedded": {"users": []}}
    return mock.Mock(**{"devices": lambda *_search, **_how: [row], **answers})


def test_a_mac_is_joined_from_all_that_is_known_of_it() -> None:
    found = fleet.read_fleet(okta(), kandji(), [Ring("canary", {"b-canary"}, profile())], ["app-1"])
    (mac,) = found.macs
    assert (mac.serial, mac.name, mac.device_id, mac.person, mac.ring) == (SERIAL, "Ada's Mac", "dev-1", "ada@acme.com", "canary")
    assert (mac.profile_state, mac.app_state, mac.app_present) == ("installed", "installed", True)
    assert mac.certificates == ["2026-11-10T10:00:00Z"]
    assert [one.id for one in mac.records] == ["guo1"]
    assert found.standings[0].rung == "REGISTERED_NOT_MANAGED"


@pytest.mark.parametrize(
    "user, person", [("", ""), (None, ""), ({}, ""), ({"name": "Ada"}, "Ada"), ({"email": "", "name": "Ada"}, "Ada"), ({"email": "a@x", "name": "Ada"}, "a@x")]
)
def test_a_mac_has_a_person_or_none(user: t.Any, person: str) -> None:
    row = {"device_id": "d", "serial_number": "S", "device_name": "N", "platform": "Mac", "blueprint_id": None, "user": user}
    found = fleet.read_fleet(okta(), kandji(devices=lambda **_filters: [row]), [], [])
    assert (found.macs[0].person, found.macs[0].ring, found.standings[0].rung) == (person, None, "NOT_IN_SCOPE")


def test_what_is_wrong_on_both_sides_is_told_at_once() -> None:
    refused = kandji(
        prism_apps=mock.Mock(side_effect=Forbidden("No permission for apps.")), devices=mock.Mock(side_effect=Forbidden("No permission for devices."))
    )
    with pytest.raises(DeviceTrustError) as raised:
        fleet.read_fleet(okta(devices=mock.Mock(side_effect=Unauthorized("The token of Okta is wrong."))), refused, [], [])
    assert all(text in raised.value.message for text in ("No permission for devices.", "No permission for apps.", "The token of Okta is wrong."))
