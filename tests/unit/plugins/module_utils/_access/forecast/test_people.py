# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records of Macs a forecast takes for the devices of people."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    people as directory,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.sign_ins import (
    Sighting,
    SignIns,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.device_events import (
    LogFacts,
    RecordEvents,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaDevice,
    OktaUser,
)

BEFORE, ERASED, AFTER = (f"2026-11-{day}T00:00:00.000Z" for day in (10, 20, 25))
ANN = DeviceUser(OktaUser("ann", "ann@acme.com"), "MANAGED")
ANN_UNMANAGED = DeviceUser(OktaUser("ann", "ann@acme.com"), "NOT_MANAGED")
BEN = DeviceUser(OktaUser("ben", "ben@acme.com"), "MANAGED")
OLD = OktaDevice("d1", "ACTIVE", BEFORE, platform="MACOS", serial_number="C02", users=(ANN,))
NEW = replace(OLD, id="d2", created=ERASED)
EITHER = [("d1", True), ("d1", False)]  # managed by the older record, or not registered at all


class Org:
    """An org with these device records, none of which lost its certificate."""

    def __init__(self, *devices: OktaDevice) -> None:
        self.found, self.searches = devices, list[tuple[str, str]]()

    def devices(self, search: str, expand: str) -> t.Sequence[OktaDevice]:
        self.searches.append((search, expand))
        return self.found


def devices_of(
    *devices: OktaDevice, user: str = "ann", used_at: str = "", **log: t.Any
) -> list[tuple[str | None, bool]]:
    """Return the ids of a person's devices, and whether they are managed."""
    sign_ins = SignIns(log_facts=LogFacts(**log))
    if used_at:
        sighting = Sighting("MACOS", "d1", "user.authentication.sso", used_at)
        sign_ins.sightings = {"app1": {"ann": {sighting[:3]: sighting}}}
    org: t.Any = Org(*devices)
    known = directory.read_directory(org, [])
    directory.correct_devices(org, known, sign_ins)
    return [(each.device_id, each.managed) for each in known.devices.get(user, [])]


def test_the_records_that_do_not_work_are_read_too() -> None:
    org: t.Any = Org()
    directory.read_directory(org, [])
    statuses = ("ACTIVE", "UNSUSPENDED", "SUSPENDED", "DEACTIVATED")
    assert org.searches == [(" or ".join(f'status eq "{each}"' for each in statuses), "user")]


def test_an_older_record_of_a_person_is_as_their_newest_of_the_mac() -> None:
    unmanaged = replace(NEW, users=(ANN_UNMANAGED,))
    assert devices_of(unmanaged, OLD) == [("d2", False), ("d1", False)]
    assert devices_of(NEW, replace(OLD, users=(ANN_UNMANAGED,))) == [("d2", True), ("d1", True)]
    assert devices_of(unmanaged, replace(OLD, serial_number="C09"))[1] == ("d1", True)


@pytest.mark.parametrize(
    "newest",
    [
        {"status": "SUSPENDED"},
        {"status": "DEACTIVATED", "users": ()},
        {"status": "SUSPENDED", "users": None},
        {"users": ()},  # deactivated, and activated again
        {"users": (BEN,)},
        {"users": (BEN,), "status": "SUSPENDED"},
    ],
)
def test_an_older_record_counts_with_and_without_its_account_if_the_newest_is_not_one_to_sign_in_with(
    newest: dict[str, t.Any],
) -> None:
    assert devices_of(replace(NEW, **newest), OLD) == EITHER
    assert devices_of(replace(NEW, **newest), OLD, used_at=BEFORE) == EITHER
    assert devices_of(replace(NEW, **newest), OLD, used_at=AFTER) == [("d1", True)]
    assert devices_of(replace(NEW, **newest), OLD, used_at=ERASED) == [("d1", True)]


@pytest.mark.parametrize("newest", [{"serial_number": "C09"}, {"platform": "IOS"}, {"created": ""}])
def test_records_of_other_devices_or_times_that_are_unknown_say_nothing(
    newest: dict[str, t.Any],
) -> None:
    assert devices_of(replace(NEW, status="SUSPENDED", **newest), OLD) == [("d1", True)]


def test_macs_and_records_without_a_serial_are_each_their_own() -> None:
    nameless = [replace(each, serial_number="") for each in (OLD, NEW)]
    assert devices_of(replace(nameless[1], status="SUSPENDED"), nameless[0]) == [("d1", True)]


def test_pcs_that_report_one_serial_number_are_several_devices() -> None:
    pcs = [replace(each, platform="WINDOWS", serial_number="Default string") for each in (OLD, NEW)]
    assert devices_of(pcs[0], replace(pcs[1], status="DEACTIVATED", users=())) == [("d1", True)]


@pytest.mark.parametrize("status", ["DEACTIVATED", "SUSPENDED", "DELETED"])
def test_a_newest_record_that_ended_by_the_log_counts_no_more(status: str) -> None:
    events = {"d2": RecordEvents(status=status)}
    assert devices_of(NEW, OLD, records=events) == EITHER
    assert devices_of(NEW, OLD, records={"d2": RecordEvents(status="ACTIVE")}) != []


@pytest.mark.parametrize(
    ("registered", "serial", "kept"),
    [
        (ERASED, "C02", EITHER),
        (BEFORE.replace("-10T", "-09T"), "C02", [("d1", True)]),
        (ERASED, "C09", [("d1", True)]),
        (ERASED, "", [("d1", True)]),
        ("", "C02", [("d1", True)]),
    ],
)
def test_a_newest_record_that_was_deleted_is_known_by_the_log(
    registered: str, serial: str, kept: list[tuple[str, bool]]
) -> None:
    log = {
        "records": {"d2": RecordEvents("DELETED", registered_at=registered)},
        "serials": {"d2": serial},
    }
    assert devices_of(OLD, **log) == kept
    assert devices_of(OLD, used_at=AFTER, **log) == [("d1", True)]
    log["records"]["d2"].status = "ACTIVE"  # the search lags
    assert devices_of(OLD, **log) == [("d1", True)]


def test_two_records_of_one_time_may_each_be_the_newest() -> None:
    assert devices_of(replace(NEW, created=BEFORE, status="SUSPENDED"), OLD) == [("d1", True)]


def test_each_person_of_a_mac_is_judged_alone() -> None:
    shared = replace(OLD, users=(ANN, BEN))
    newest = replace(NEW, users=(BEN,))
    assert devices_of(newest, shared) == EITHER
    assert devices_of(newest, shared, user="ben") == [("d2", True), ("d1", True)]
    assert devices_of(newest, shared, used_at=AFTER) == [("d1", True)]


def test_who_surely_has_a_password_is_known_of_full_records_alone() -> None:
    known = directory.Directory()
    full = {"status": "ACTIVE"}
    known.add_user(OktaUser("ann", **full, credential_provider="OKTA"))
    known.add_user(OktaUser("ben", **full, credential_provider="FEDERATION"))
    known.add_user(OktaUser("ben"))  # a summary says nothing
    known.add_user(OktaUser("cy", credential_provider="OKTA"))
    known.add_user(OktaUser("dee", **full))
    assert known.unsure_passwords == {"ben", "dee"}
    sure = {each: known.surely_has_password(each) for each in ("ann", "ben", "cy", "dee", "eve")}
    assert sure == {"ann": True, "ben": False, "cy": False, "dee": False, "eve": False}
