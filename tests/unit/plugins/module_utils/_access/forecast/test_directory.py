# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records of Macs a forecast takes for the devices of people."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    directory,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.sign_ins import (
    Sighting,
    SignIns,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
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
    known.add_user(OktaUser("ann", **full, surely_has_password=True))
    known.add_user(OktaUser("ben", **full, surely_has_password=False))
    known.add_user(OktaUser("ben"))  # a summary says nothing
    known.add_user(OktaUser("cy", surely_has_password=True))
    known.add_user(OktaUser("dee", **full))
    assert known.unsure_passwords == {"ben", "dee"}
    sure = {each: known.surely_has_password(each) for each in ("ann", "ben", "cy", "dee", "eve")}
    assert sure == {"ann": True, "ben": False, "cy": False, "dee": False, "eve": False}


def test_an_older_record_without_its_account_is_not_registered() -> None:
    org: t.Any = Org(replace(NEW, users=(BEN,)), OLD)
    known = directory.read_directory(org, [])
    directory.correct_devices(org, known, SignIns())
    with_account, without = known.devices["ann"]
    assert with_account == replace(without, registered=True, managed=True)
    assert (without.registered, without.managed, without.device_id) == (False, False, "d1")


def test_the_last_use_of_a_device_counts_whichever_app_it_was() -> None:
    sso = "user.authentication.sso"
    uses = [Sighting(None, "d1", sso, at) for at in (BEFORE, AFTER, ERASED)]
    sightings = {f"app{at}": {"ann": {use[:3]: use}} for at, use in enumerate(uses)}
    nameless, ben = Sighting(None, None, sso, AFTER), Sighting(None, "d1", sso, AFTER)
    sightings["app4"] = {"ann": {nameless[:3]: nameless}}
    for order in (list(sightings), list(reversed(sightings))):
        sign_ins = SignIns({app: sightings[app] for app in order})
        org: t.Any = Org(replace(NEW, status="SUSPENDED"), OLD)
        known = directory.read_directory(org, [])
        directory.correct_devices(org, known, sign_ins)
        assert [each.managed for each in known.devices["ann"]] == [True]
    of_ben = SignIns({"app1": {"ben": {ben[:3]: ben}}})
    known = directory.read_directory(org, [])
    directory.correct_devices(org, known, of_ben)
    assert [each.managed for each in known.devices["ann"]] == [True, False]


SSO, POLICY = "user.authentication.sso", "policy.evaluate_sign_on"
MAC = DeviceContext("MACOS", True, True, "d1", registered_at=ERASED)
UNKNOWN_MAC = DeviceContext("MACOS")
PHONE, OTHER = DeviceContext("IOS"), DeviceContext("OTHER")


@pytest.mark.parametrize(
    ("sighting", "named", "nameless"),
    [
        # of a log that names devices, and of one that does not
        (Sighting("MACOS", "d1", SSO, AFTER), [MAC], [MAC]),
        (Sighting(None, "d1", SSO, BEFORE), [MAC], [MAC]),
        (Sighting("MACOS", "d9", SSO, AFTER), [UNKNOWN_MAC], [UNKNOWN_MAC, MAC]),
        (Sighting("MACOS", "d9", SSO, BEFORE), [UNKNOWN_MAC], [UNKNOWN_MAC, MAC]),
        (Sighting("MACOS", None, SSO, AFTER), [UNKNOWN_MAC], [UNKNOWN_MAC, MAC]),
        (Sighting("MACOS", None, SSO, ERASED), [UNKNOWN_MAC], [UNKNOWN_MAC, MAC]),
        (Sighting("MACOS", None, SSO, BEFORE), [MAC], [MAC]),
        (Sighting("WINDOWS", None, SSO, BEFORE), *[[DeviceContext("WINDOWS")]] * 2),
        (Sighting(None, None, SSO, BEFORE), [PHONE, MAC, OTHER], [PHONE, MAC, OTHER]),
        (
            Sighting(None, None, SSO, AFTER),
            [PHONE, UNKNOWN_MAC, OTHER],
            [PHONE, UNKNOWN_MAC, MAC, OTHER],
        ),
    ],
)
def test_a_sign_in_is_from_the_device_that_the_log_names_else_from_what_it_may_be(
    sighting: Sighting, named: list[DeviceContext], nameless: list[DeviceContext]
) -> None:
    for types, expected in (({SSO}, named), (set[str](), nameless)):
        sign_ins = SignIns(device_types=types)
        found = directory.used_devices(sign_ins, [MAC], iter([sighting]), ["MACOS", "IOS"])
        assert found == expected


def test_a_platform_that_the_record_does_not_show_is_that_of_the_sign_in() -> None:
    bare = replace(MAC, platform="")
    sign_ins = SignIns(device_types={SSO})
    for platform, expected in (("MACOS", MAC), (None, bare)):
        sighting = Sighting(platform, "d1", SSO, AFTER)
        assert directory.used_devices(sign_ins, [bare], [sighting], []) == [expected]
    early = Sighting("MACOS", None, SSO, BEFORE)
    assert directory.used_devices(sign_ins, [bare], [early], []) == [bare]


def test_events_that_name_no_devices_do_not_count_where_others_do() -> None:
    sightings = [Sighting("MACOS", "d1", SSO, AFTER), Sighting("MACOS", None, POLICY, AFTER)]
    sign_ins = SignIns(device_types={SSO})
    assert directory.used_devices(sign_ins, [MAC], sightings, []) == [MAC]
    assert directory.used_devices(sign_ins, [MAC], sightings[1:], []) == [UNKNOWN_MAC, MAC]


def test_people_who_used_an_app_have_the_devices_they_used_and_others_all_of_theirs() -> None:
    known = directory.Directory(devices={"ann": [MAC], "cy": [MAC]}, unread_groups={"old": "No."})
    staff = OktaUser("dee", "dee@acme.com", status="ACTIVE", type_id="oty1")
    known.add_group("staff", [replace(staff, surely_has_password=True)])
    known.add_group("left", [OktaUser("ben", status="DEPROVISIONED"), OktaUser("eve")])
    sighting = Sighting("IOS", None, SSO, AFTER)
    seen = {"ann": {sighting[:3]: sighting}, "fay": {}, "ben": {}}
    sign_ins = SignIns({"app1": seen}, logins={"ann": "ann@acme.com"}, device_types={SSO})
    used, unseen = directory.people_of(sign_ins, known, "app1", ["MACOS"])
    hidden: t.Any = {"unread_groups": frozenset({"old"}), "sure_password": False}
    assert used == [
        Person("ann", login="ann@acme.com", devices=(PHONE,), **hidden),
        Person("fay", login="fay", **hidden),
    ]
    assert [(each.id, each.login, each.devices) for each in unseen] == [
        ("cy", "cy", (MAC,)),
        ("dee", "dee@acme.com", (UNKNOWN_MAC,)),
        ("eve", unseen[2].login, (UNKNOWN_MAC,)),
    ]
    dee = unseen[1]
    assert (dee.groups, dee.user_type, dee.status) == (frozenset({"staff"}), "oty1", "ACTIVE")
    assert dee.sure_password
    everybody, nobody = directory.people_of(sign_ins, known, "app2", ["MACOS"])
    assert everybody == [] and [each.id for each in nobody] == ["ann", "cy", "dee", "eve"]


def test_a_device_is_as_its_record_and_its_user_have_it() -> None:
    user = replace(ANN, screen_lock_type="BIOMETRIC", created=AFTER)
    device = replace(OLD, display_name="Ann's Mac", registered=True, secure_hardware=True)
    assert directory.device_context(device, user) == DeviceContext(
        "MACOS", True, True, "d1", "Ann's Mac", True, "BIOMETRIC", registered_at=AFTER
    )
    bare = OktaDevice("d1", "ACTIVE", registered=None)
    assert directory.device_context(bare, ANN_UNMANAGED) == DeviceContext("", True, False, "d1")
    assert directory.device_context(replace(bare, created=BEFORE), ANN).registered_at == BEFORE
    assert not directory.device_context(replace(bare, registered=False), ANN).registered


def test_an_account_that_left_a_record_by_the_log_has_it_no_more() -> None:
    shared = replace(OLD, users=(ANN, BEN))
    events = {"d1": RecordEvents(users={"ann@acme.com": False, "ben@acme.com": True})}
    assert devices_of(shared, records=events) == []
    assert devices_of(shared, records=events, user="ben") == [("d1", True)]
    nameless = DeviceUser(OktaUser("cy"), "MANAGED")
    assert devices_of(replace(OLD, users=(nameless,)), records=events, user="cy") == [("d1", True)]


def test_a_record_that_lost_its_certificate_by_the_log_is_read_once_for_all_of_its_people() -> None:
    cy = DeviceUser(OktaUser("cy", "cy@acme.com"), "MANAGED")
    org: t.Any = Org(replace(OLD, users=(ANN, BEN, cy)))
    asked: list[str] = []

    def device_users(device_id: str) -> list[DeviceUser]:
        asked.append(device_id)
        return [ANN_UNMANAGED, BEN]

    org.device_users = device_users
    known = directory.read_directory(org, [])
    log = LogFacts(records={"d1": RecordEvents(bound=False)})
    directory.correct_devices(org, known, SignIns(log_facts=log))
    managed = {user: [each.managed for each in devices] for user, devices in known.devices.items()}
    assert managed == {"ann": [False], "ben": [True], "cy": [False]}
    assert asked == ["d1"]


def test_each_sign_in_adds_the_devices_that_it_may_be_from() -> None:
    sightings = [Sighting("IOS", None, SSO, AFTER), Sighting("MACOS", "d1", SSO, AFTER)]
    sign_ins = SignIns(device_types={SSO})
    assert directory.used_devices(sign_ins, [MAC], sightings, []) == [PHONE, MAC]
    phone = replace(MAC, platform="IOS", device_id="d2")
    early = Sighting(None, None, SSO, BEFORE)
    found = directory.used_devices(sign_ins, [MAC, phone], [early], ["IOS", "MACOS"])
    assert found == [phone, MAC, OTHER]


def test_the_addresses_of_users_are_kept() -> None:
    known = directory.Directory()
    known.add_user(OktaUser("ann", "ann", email="ann@acme.com"))
    known.add_user(OktaUser("ben", "ben"))
    assert known.emails == {"ann": "ann@acme.com"}
