# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset reads: targets, Macs, and the evidence of its guards."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import reader
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.evidence import (
    EvidenceReader,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    CleanUp,
    Decision,
    Evidence,
    Guards,
    Mac,
    RecordTarget,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.reader import (
    Selection,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_reader import (
    CertificateReports,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.reader import (
    MACS_IN_OKTA,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.urls import (
    MAX_FILTER_TERMS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    LogEntity,
    LogEvent,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import UUID as UUID_OF_PROFILE
from tests.unit.plugins.module_utils._device_records.fake_vendors import guard_options

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
GUARDS = Guards(NOW, NOW, guard_options())
SEEN = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
UNUSED = CleanUp(timedelta(days=60), timedelta(days=14))


# Targets


def find(reset: t.Any, **selected: t.Any) -> list[RecordTarget]:
    return reader.find_targets(reset.okta, Selection(**selected), reset.warnings.append)


def named(targets: list[RecordTarget]) -> list[tuple[str, str, bool]]:
    return [(target.name, target.id, target.by_id) for target in targets]


def test_a_serial_has_a_target_for_each_of_its_records_or_one_without(reset: t.Any) -> None:
    reset.okta.add("guo1", "c01")
    reset.okta.add("guo2", "C01")
    reset.okta.add("guo3", "C03")
    found = find(reset, serials=["C01", "C02", "C01"])
    assert named(found) == [("C01", "guo1", False), ("C01", "guo2", False), ("C02", "", False)]
    assert reset.okta.calls == [("search", "serial", "C01", "C02")]


def test_a_record_that_is_selected_twice_is_decided_once_by_its_id(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01")
    found = find(reset, serials=["C01"], device_ids=["GUO1", "guo7"])
    assert named(found) == [("GUO1", "guo1", True), ("guo7", "", True)]


def test_spellings_of_a_serial_or_an_id_are_of_the_same_target(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01")
    reset.okta.add("guo2", "C02")
    serials = find(reset, serials=["c01", "C01", "C09", "c09"])
    assert named(serials) == [("c01", "guo1", False), ("C09", "", False)]
    ids = find(reset, device_ids=["guo2", "GUO2", "guo9", "GUO9"])
    assert named(ids) == [("guo2", "guo2", True), ("guo9", "", True)]


def test_a_record_without_a_serial_that_two_of_the_users_have_is_one_target(reset: t.Any) -> None:
    reset.okta.add("guo1", "", "ann", "bob")
    found = find(reset, users=["ann@acme.com", "bob@acme.com", "ann@acme.com"])
    assert named(found) == [("ann@acme.com", "guo1", False)]


def test_a_record_that_the_search_returns_twice_is_one_target(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01")
    reset.okta.records["again"] = reset.okta.records["guo1"]  # pages that moved meanwhile
    assert named(find(reset, serials=["C01"])) == [("C01", "guo1", False)]


def test_an_id_that_the_search_does_not_know_yet_is_read(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01")
    reset.okta.unsearchable = {"guo1"}
    assert named(find(reset, device_ids=["guo1"])) == [("guo1", "guo1", True)]


def test_a_user_selects_the_serials_of_all_records_and_those_without(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "C01", "bob")
    reset.okta.add("guo3", "", "ann")
    found = find(reset, users=["ann@acme.com", "nobody@acme.com"])
    assert named(found) == [
        ("C01", "guo1", False),
        ("C01", "guo2", False),
        ("ann@acme.com", "guo3", False),
        ("nobody@acme.com", "", False),
    ]
    assert found[-1].serial == ""
    assert [target.name for target in found if target.unknown_user] == ["nobody@acme.com"]
    assert reset.warnings == [
        "users: Okta has no user with the id or login 'nobody@acme.com'. Write the whole login, and"
        " check its upper and lower case."
    ]


def test_users_of_a_search_are_marked_and_those_without_an_id_are_not_taken(reset: t.Any) -> None:
    for number, name in enumerate(["ann", "bob"], 1):
        reset.okta.add(f"guo{number}", f"C0{number}", name)
    reset.okta.add("guo3", "C03")
    nameless = replace(reset.okta.users_of["guo2"][0].user, id="")
    reset.okta.stale_users_of["guo2"] = [DeviceUser(nameless)]
    targets = reader.find_targets(
        reset.okta, Selection(["C01", "C02", "C03", "C09"]), reset.warnings.append, "user"
    )
    searched = reader.search_users(reset.okta, targets)
    assert [(len(each.users), each.has_searched_users) for each in searched] == [
        (1, True),
        (0, False),
        (0, True),
        (0, False),
    ]
    fresh = reader.read_users(reset.okta, searched[0])
    assert fresh.users == searched[0].users and not fresh.has_searched_users


@pytest.mark.parametrize(
    ("exact", "of_users"), [(True, frozenset({"00u-ann", "00u-bob"})), (False, None)]
)
def test_users_select_a_record_for_themselves_alone_or_as_it_is(
    reset: t.Any, exact: bool, of_users: frozenset[str] | None
) -> None:
    reset.okta.add("guo1", "", "ann", "bob", "eve")
    (target,) = find(reset, users=["ann@acme.com", "bob@acme.com"], exact=exact)
    assert (target.id, target.of_users) == ("guo1", of_users)


@pytest.mark.parametrize("selected", [{"serials": ["C01"]}, {"device_ids": ["guo1"]}])
@pytest.mark.parametrize(("expand", "names"), [("user", ["ann@acme.com"]), (None, None)])
def test_records_are_searched_with_their_users_if_they_decide(
    reset: t.Any, selected: dict[str, t.Any], expand: str | None, names: list[str] | None
) -> None:
    reset.okta.add("guo1", "C01", "ann")
    (target,) = reader.find_targets(
        reset.okta, Selection(**selected), reset.warnings.append, expand
    )
    assert target.device
    users = target.device.users
    assert (None if users is None else [each.user.login for each in users]) == names


@pytest.mark.parametrize(
    ("searched", "read", "status"),
    [
        ("2026-11-01", "2026-11-02", "ACTIVE"),
        ("2026-11-02", "2026-11-02", "ACTIVE"),
        ("2026-11-02", "2026-11-01", "SUSPENDED"),
        (None, "2026-11-01", "ACTIVE"),
        ("2026-11-02", None, "ACTIVE"),
    ],
)
def test_of_two_answers_about_a_record_the_one_of_its_last_change_counts(
    reset: t.Any, searched: str | None, read: str | None, status: str
) -> None:
    record = reset.okta.add("guo1", "C01", status="SUSPENDED")
    target = RecordTarget("C01", replace(record, last_updated=searched))
    reset.okta.records["guo1"] = replace(record, status="ACTIVE", last_updated=read)
    assert reader.read_record(reset.okta, target).status == status
    del reset.okta.records["guo1"]
    assert reader.read_record(reset.okta, target).device is None


def test_a_record_that_lost_its_serial_cannot_be_read(reset: t.Any) -> None:
    """Its users would get no message."""
    record = reset.okta.add("guo1", "C01")
    reset.okta.records["guo1"] = replace(record, serial_number="")
    with pytest.raises(Unreadable, match="^Okta: the device record guo1 of C01 shows no serial"):
        reader.read_record(reset.okta, RecordTarget("C01", record))


def test_a_record_that_is_gone_behind_the_search_has_no_users(reset: t.Any) -> None:
    target = RecordTarget("C01", reset.okta.add("guo1", "C01", "ann"))
    assert reader.read_users(reset.okta, target).users == tuple(reset.okta.users_of["guo1"])
    del reset.okta.users_of["guo1"]
    assert reader.read_users(reset.okta, target) == RecordTarget("C01")
    assert reader.read_users(reset.okta, RecordTarget("C09")) == RecordTarget("C09")


def test_a_record_is_read_with_its_users_until_it_is_gone(reset: t.Any) -> None:
    record = reset.okta.add("guo1", "C01", "ann")
    users = tuple(reset.okta.users_of["guo1"])
    assert reader.read_with_users(reset.okta, "guo1") == replace(record, users=users)
    del reset.okta.users_of["guo1"]
    assert reader.read_with_users(reset.okta, "guo1") is None
    assert reader.read_with_users(reset.okta, "guo9") is None


def test_the_other_records_of_a_mac_are_those_of_its_serial_and_platform(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.okta.add("guo2", "c01", "bob")
    reset.okta.add("guo3", "C01", "eve", platform="WINDOWS")
    reset.okta.add("guo4", "C01", "eve", status="SUSPENDED")
    reset.okta.add("guo5", "C01", "eve")
    del reset.okta.users_of["guo5"]  # deleted behind the search
    reset.okta.add("guo6", "C02", "eve")
    targets = [
        RecordTarget(f"C0{n}", reset.okta.records[id]) for n, id in ((1, "guo1"), (2, "guo6"))
    ]
    first, second = reader.read_others(reset.okta, targets, each=True)
    assert [(other.id, other.users) for other in first.others] == [
        ("guo2", tuple(reset.okta.users_of["guo2"]))
    ]
    assert second.others == ()


def test_only_a_record_that_is_decided_by_itself_needs_the_others_of_its_mac(
    reset: t.Any,
) -> None:
    """They are not read again if they are targets, and not for a serial without a record."""
    for number, serial in ((1, "C01"), (2, "C01"), (3, "C02"), (4, "C02")):
        reset.okta.add(f"guo{number}", serial, "ann")
    records = reset.okta.records
    targets = [
        RecordTarget("guo1", records["guo1"], by_id=True),
        RecordTarget("C01", records["guo2"]),
        RecordTarget("C09"),
    ]
    first, second, third = reader.read_others(reset.okta, targets, each=False)
    assert (first.others, second.others, third.others) == ((targets[1],), (), ())
    assert reset.okta.calls == [("search", "serial", "C01")]
    reset.okta.calls.clear()
    (alone, _absent) = reader.read_others(
        reset.okta, [RecordTarget("guo3", records["guo3"]), targets[2]], each=True
    )
    assert [(other.name, other.id) for other in alone.others] == [("C02", "guo4")]
    assert reset.okta.calls == [("search", "serial", "C02"), ("users", "guo4")]


def test_people_are_in_the_order_of_their_logins(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "eve", "bob", "ann")
    users = [
        replace(user, user=replace(user.user, id=f"00u{number}"))
        for number, user in enumerate(reset.okta.users_of["guo1"])
    ]
    target = RecordTarget("C01", reset.okta.records["guo1"], tuple(users))
    people = reader.read_people(reset.okta, [target])
    assert [person.user.user.login for person in people] == [
        f"{name}@acme.com" for name in ("ann", "bob", "eve")
    ]


# Records that nobody uses


def test_records_are_searched_with_their_users_and_compared_with_kandji(reset: t.Any) -> None:
    reset.okta.add("guo1", "C01", "ann")
    reset.kandji.add("C09")
    reset.kandji.macs.append(KandjiDevice("d-2", "C01", "Phone", "iPhone"))
    targets, macs = reader.find_unused(reset.okta, reset.kandji, UNUSED, False, NOW)
    assert [(target.id, target.why) for target in targets] == [
        ("guo1", "Kandji has no Mac with its serial.")
    ]
    assert (macs, reset.okta.calls) == (1, [("devices", "userSummary", MACS_IN_OKTA)])
    assert reset.kandji.calls == ["Mac"]


def test_without_a_mac_in_kandji_no_record_counts_as_orphaned(reset: t.Any) -> None:
    assert reader.find_unused(reset.okta, reset.kandji, UNUSED, False, NOW) == ([], 0)
    reset.okta.add("guo1", "C01", "ann")
    with pytest.raises(Refused, match="Kandji lists no Mac") as refused:
        reader.find_unused(reset.okta, reset.kandji, UNUSED, False, NOW)
    assert refused.value.details == {"count": 1}


def test_an_org_and_a_tenant_without_a_common_mac_are_refused(reset: t.Any) -> None:
    """Only records that work and have a serial say that the two are of one company."""
    for number in range(3):
        reset.okta.add(f"guo{number}", f"C0{number}", "ann")
        reset.kandji.add(f"X0{number}")
    reset.okta.add("guo7", "", "ann")
    reset.okta.add("guo8", "X00", "ann", status="DEACTIVATED")
    with pytest.raises(Refused, match="may not belong together") as refused:
        reader.find_unused(reset.okta, reset.kandji, UNUSED, False, NOW)
    assert refused.value.details == {"count": 5}
    assert "Of 3 Macs with a working record in Okta, none" in refused.value.message


# Macs


def macs_of(reset: t.Any, *serials: str, platforms: tuple[str, ...] = ("MACOS",)) -> t.Any:
    reports = CertificateReports(reset.kandji, frozenset, None)
    return reader.read_macs(reset.kandji, serials, platforms, [], reports)


def test_a_mac_has_its_name_person_profile_and_certificates(reset: t.Any) -> None:
    reset.kandji.add("C01")
    reset.kandji.add("C02")
    reset.kandji.macs[0] = replace(reset.kandji.macs[0], person="ann@acme.com")
    macs, fleet = macs_of(reset, "c01", "")
    assert macs == {"c01": Mac("C01", "Mac C01", "ann@acme.com", True, (SEEN,))} and fleet == 2
    of_serial = {"serial_number": {"in": ["C01"]}}
    identities = {**of_serial, "identity_certificate": {"eq": True}}
    assert reset.kandji.calls == ["Mac", of_serial, identities]


def test_a_serial_of_several_devices_is_named_with_their_ids(reset: t.Any) -> None:
    reset.kandji.add("C01")
    reset.kandji.macs.append(KandjiDevice("d-2", "C01", "Again", "Mac", person="bob@acme.com"))
    mac = macs_of(reset, "C01")[0]["c01"]
    assert (mac.name, mac.person) == ("Again", "bob@acme.com")
    assert "Kandji has 2 devices with its serial (d-2, d-C01)" in mac.several


@pytest.mark.parametrize("uuid", [UUID_OF_PROFILE, "7F7F0000-0000-4000-8000-00000000000F"])
def test_a_certificate_that_the_mac_reports_as_unattested_proves_nothing(
    reset: t.Any, uuid: str
) -> None:
    """Of the profile, or of an earlier generation. The Macs with such a name are asked for."""
    for serial in ("C01", "C02"):
        reset.kandji.add(serial)
    name = f"C01 {uuid}"
    reset.kandji.certificates[0] = replace(reset.kandji.certificates[0], common_name=name)
    reset.kandji.certificates[1] = replace(reset.kandji.certificates[1], common_name="kerberos")
    asked: list[t.Any] = []

    def read_unattested(device_ids: set[str], devices: int) -> dict[str, UnattestedNames]:
        asked.extend([device_ids, devices])
        return {"d-C01": UnattestedNames(frozenset({name.lower()}))}

    reports = t.cast(t.Any, SimpleNamespace(read_unattested=read_unattested))
    macs, _fleet = reader.read_macs(reset.kandji, ["C01", "C02"], ["MACOS"], [], reports)
    assert asked == [{"d-C01"}, 2]
    mac = macs["c01"]
    assert (mac.certificates, mac.former, mac.profile_live) == ((), (), True)
    assert mac.has_unattested is (uuid == UUID_OF_PROFILE)


def test_only_macs_count_and_other_platforms_are_read_if_they_are_wanted(reset: t.Any) -> None:
    reset.kandji.add("C01")
    reset.kandji.macs.append(KandjiDevice("d-2", "PHONE", "Phone", "iPhone"))
    macs, fleet = macs_of(reset, "C01", "PHONE", platforms=("MACOS", "IOS"))
    assert (sorted(macs), fleet, reset.kandji.calls[0]) == (["c01", "phone"], 1, None)


def test_a_certificate_counts_by_the_uuid_in_its_name_and_its_time(reset: t.Any) -> None:
    reset.kandji.add("C01")
    (certificate,) = reset.kandji.certificates
    reset.kandji.certificates += [
        replace(certificate, created_at=None),
        replace(certificate, serial="C07"),
        replace(certificate, serial="c01", created_at="2026-11-22T10:00:00Z"),
    ]
    macs, _fleet = macs_of(reset, "C01")
    dated = Mac("C01", "Mac C01", "", True, (SEEN, SEEN + timedelta(days=1)))
    assert macs["c01"] == replace(dated, has_undated=True)
    reset.kandji.certificates = [each for each in reset.kandji.certificates if each.created_at]
    assert macs_of(reset, "C01")[0]["c01"] == dated


@pytest.mark.parametrize(
    "name, former, unproved",
    [
        ("C01", (), True),
        ("C01.wifi.acme.com", (), True),
        ("C01 7f7f0000-0000-4000-8000-00000000000f", (SEEN,), True),
        ("com.apple.kerberos.kdc", (), False),
    ],
)
def test_a_certificate_of_another_authority_proves_nothing(
    reset: t.Any, name: str, former: tuple[datetime, ...], unproved: bool
) -> None:
    reset.kandji.add("C01")
    reset.kandji.certificates = [replace(reset.kandji.certificates[0], common_name=name)]
    macs, _fleet = macs_of(reset, "C01")
    assert macs["c01"] == Mac("C01", "Mac C01", "", True, (), former, unproved)


UUID = "0a1b0000-0000-0000-0000-000000000000"
ITEM = "3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e"
PLIST = (
    '<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>'
    f"<key>PayloadUUID</key><string>{UUID.upper()}</string></dict></plist>"
)
CUSTOM = Ring("canary", set(), CustomProfile(ITEM, mobileconfig=PLIST))
CONSOLE = Ring("console", set(), CustomProfile(ITEM))
SCEP = frozenset({"com.apple.security.scep"})


def installed(identifier: str = "", uuid: str = "", types: t.Any = SCEP) -> InstalledProfile:
    return InstalledProfile("d-1", "C01", "", identifier, uuid, types)


@pytest.mark.parametrize(
    "profile, rings, live",
    [
        (installed(), [], True),
        (installed(types=None), [], False),
        (installed(types=frozenset({"com.apple.wifi.managed"})), [], False),
        (installed(types=SCEP | {"com.apple.mdm"}), [], False),
        (installed(f"com.kandji.profile.custom.{ITEM}"), [CUSTOM], True),
        (installed("com.kandji.profile.custom.other"), [CUSTOM], False),
        (installed("com.kandji.profile.custom.other", UUID), [CUSTOM], True),
        (installed("com.kandji.profile.scep"), [CUSTOM], False),
        (installed("com.kandji.profile.scep"), [CUSTOM, CONSOLE], True),
        (installed("com.kandji.profile.custom.other"), [CONSOLE], False),
        (installed(f"com.kandji.profile.custom.{ITEM}"), [CONSOLE], True),
        (installed(f"com.kandji.profile.custom.{ITEM}"), [Ring("none", set())], False),
    ],
)
def test_a_scep_profile_is_live_if_it_is_of_a_ring(
    profile: InstalledProfile, rings: list[Ring], live: bool
) -> None:
    assert reader.is_live(profile, rings) is live


# Evidence


def target_of(reset: t.Any, number: int, **values: t.Any) -> RecordTarget:
    mac = Mac(f"C0{number}", profile_live=True, certificates=(SEEN,))
    record = reset.okta.records[f"guo{number}"]
    users = tuple(reset.okta.users_of[record.id])
    return replace(RecordTarget(f"C0{number}", record, users, mac), **values)


def test_authenticators_are_read_once_and_only_where_they_decide(reset: t.Any) -> None:
    reset.stuck(1, "ann")
    reset.stuck(2, "ann")
    reset.stuck(3, "bob", platform="IOS")
    reset.stuck(4, "eve", status="DEACTIVATED")
    targets = [*(target_of(reset, number) for number in (1, 2, 3, 4)), RecordTarget("C09")]
    read = EvidenceReader(reset.okta, GUARDS).read(targets)
    assert list(read.enrollments) == ["00u-ann"] and read.sign_ins == {}
    assert [call for call in reset.okta.calls if call[0] != "log"] == [("enrollments", "00u-ann")]
    allowed = replace(GUARDS, options=guard_options(allow=("last_authenticator",)))
    assert EvidenceReader(reset.okta, allowed).read(targets).enrollments == {}


def test_active_records_are_read_if_okta_verify_is_all_a_user_has(reset: t.Any) -> None:
    reset.stuck(1, "ann")
    reset.stuck(2, "ann", status="SUSPENDED")
    reset.okta.enrolled["00u-ann"] = [Enrollment("okta_verify", "ACTIVE")] * 2
    read = EvidenceReader(reset.okta, GUARDS).read([target_of(reset, 1)])
    assert read.active_records == {"00u-ann": {"guo1"}}


def test_an_older_record_of_a_mac_counts_as_no_other_authenticator(reset: t.Any) -> None:
    reset.stuck(1, "ann")
    reset.okta.add("guo8", "c01", "ann", created="2026-10-01T10:00:00Z")
    reset.okta.add("guo9", "C01", "ann", created="2026-10-01T10:00:00Z", platform="WINDOWS")
    for number, created in enumerate(("2026-10-01T10:00:00Z", "2026-10-02T10:00:00Z")):
        reset.okta.add(f"guo-phone{number}", "", "ann", created=created, platform="IOS")
    reset.okta.enrolled["00u-ann"] = [Enrollment("okta_verify", "ACTIVE")] * 2
    read = EvidenceReader(reset.okta, GUARDS).read([target_of(reset, 1)])
    assert read.active_records == {"00u-ann": {"guo1", "guo9", "guo-phone0", "guo-phone1"}}


def event(device_id: str = "", minute: int = 30, **values: t.Any) -> LogEvent:
    """An event of Ann at half past nine; ``by``: what it says of the method."""
    actor = LogEntity(values.pop("actor", "00u-ann"))
    published = f"2026-11-23T09:{minute:02}:00Z"
    return LogEvent(published=published, actor=actor, device_id=device_id, **values)


FASTPASS = LogEntity("pfd1", "AuthenticatorEnrollment", texts=("Use Okta FastPass",))


@pytest.mark.parametrize(
    "events, ids",
    [
        # As recorded: the event with the method has no device, those with the device no method
        ([event(factor="SIGNED_NONCE"), event("guo1")], {"guo1"}),
        ([event(targets=(FASTPASS,)), event("guo1", minute=32)], {"guo1"}),
        ([event("guo1"), event(factor="signed_nonce", minute=31)], {"guo1"}),
        ([event("guo1", factor="SIGNED_NONCE")], {"guo1"}),
        # Without both, nothing is proved
        ([event("guo1")], set()),
        ([event(factor="SIGNED_NONCE")], set()),
        ([event("guo1"), event(factor="OKTA_VERIFY_PUSH")], set()),
        # Another sign-in, somebody else's, or at a record that is not asked for
        ([event("guo1"), event(factor="SIGNED_NONCE", minute=33)], set()),
        ([event("guo1"), event(factor="SIGNED_NONCE", actor="00u-bob")], set()),
        ([event("guo9"), event(factor="SIGNED_NONCE")], set()),
        ([replace(event("guo1", factor="SIGNED_NONCE"), published=None)], set()),
    ],
)
def test_a_fastpass_sign_in_is_known_by_method_and_device(
    events: list[LogEvent], ids: set[str]
) -> None:
    assert set(reader.match_sign_ins(events, {"guo1", "guo2"})) == ids


def test_of_several_sign_ins_the_last_one_counts() -> None:
    events = [event("guo1", minute, factor="SIGNED_NONCE") for minute in (30, 45, 15)]
    last = datetime(2026, 11, 23, 9, 45, tzinfo=timezone.utc)
    assert reader.match_sign_ins(events, {"guo1"}) == {"guo1": last}


def test_sign_ins_of_the_users_are_read_since_the_oldest_certificate_that_waits(
    reset: t.Any,
) -> None:
    hours_ago = {1: 2, 2: 3, 3: 48}
    targets = []
    for number, hours in hours_ago.items():
        reset.stuck(number)
        mac = Mac("C", profile_live=True, certificates=(NOW - timedelta(hours=hours),))
        targets.append(target_of(reset, number, mac=mac))
    reset.okta.events = [event("guo1", factor="SIGNED_NONCE"), event("guo3", factor="SIGNED_NONCE")]
    read = EvidenceReader(reset.okta, GUARDS).read(targets)
    assert read.sign_ins == {"guo1": datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)}
    (log,) = [call for call in reset.okta.calls if "auth_via_mfa" in call[1]]
    assert 'actor.id eq "00u-ann1" or actor.id eq "00u-ann2"' in log[1] and "ann3" not in log[1]
    assert log[2:] == ("2026-11-23T07:00:00.000Z", "2026-11-23T10:01:00.000Z")


def test_without_a_newer_certificate_sign_ins_are_read_from_the_end(reset: t.Any) -> None:
    reset.stuck(1)
    assert reader.read_sign_ins(reset.okta, [target_of(reset, 1, mac=None)], NOW) == {}
    assert reset.okta.calls[0][2:] == ("2026-11-23T10:00:00.000Z", "2026-11-23T10:01:00.000Z")


@pytest.mark.parametrize(
    ("seconds", "uses"), [(120, {"guo2": "09:28:00"}), (121, {"guo1": "09:30", "guo2": "09:30"})]
)
def test_a_sign_in_is_located_by_an_event_of_the_same_two_minutes(
    reset: t.Any, seconds: int, uses: dict[str, str]
) -> None:
    for number in (1, 2):
        reset.stuck(number, "ann")
    targets = [target_of(reset, number) for number in (1, 2)]
    time = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc) - timedelta(seconds=seconds)
    events = [event(factor="SIGNED_NONCE"), replace(event("guo2"), published=time.isoformat())]
    assert reader.match_uses(events, targets, {}) == {
        name: datetime.fromisoformat(f"2026-11-23T{at}+00:00") for name, at in uses.items()
    }


def test_of_several_uses_the_last_one_counts_in_whatever_order_the_log_has_them(
    reset: t.Any,
) -> None:
    for number in (1, 2):
        reset.stuck(number, *(["ann"] if number == 1 else ["bob"]))
    targets = [target_of(reset, number) for number in (1, 2)]
    events = [event("guo1", minute=minute) for minute in (20, 10)]
    events += [event(factor="SIGNED_NONCE", actor="00u-bob", minute=minute) for minute in (40, 30)]
    last = datetime(2026, 11, 23, 9, 20, tzinfo=timezone.utc)
    expected = {"guo1": last, "guo2": last.replace(minute=40)}
    assert reader.match_uses(events, targets, {}) == expected
    assert reader.match_uses(events[::-1], targets, {}) == expected


@pytest.mark.parametrize("numbers", [(1,), (1, 2)])
def test_the_log_is_read_for_one_record_or_for_all(reset: t.Any, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        reset.stuck(number)
    reader.read_lifecycles(reset.okta, [target_of(reset, number) for number in numbers], NOW)
    named = ' and target.id eq "guo1"' if numbers == (1,) else ""
    period = ("2026-08-25T10:00:00.000Z", "2026-11-23T10:01:00.000Z")
    assert reset.okta.calls == [("log", reader.LIFECYCLE_EVENTS + named, *period)]


def test_sign_ins_of_many_users_are_read_in_batches(reset: t.Any) -> None:
    names = [f"u{number:02}" for number in range(MAX_FILTER_TERMS + 1)]
    reset.stuck(1, *names)
    mac = Mac("C01", profile_live=True, certificates=(NOW - timedelta(hours=1),))
    reset.okta.log_events = lambda log_filter, since, until: [
        event("guo1", minute, actor=f"00u-{name}", factor="SIGNED_NONCE")
        for name, minute in ((names[0], 45), (names[-1], 30))
        if f'"00u-{name}"' in log_filter
    ]
    sign_ins = reader.read_sign_ins(reset.okta, [target_of(reset, 1, mac=mac)], NOW)
    assert sign_ins == {"guo1": datetime(2026, 11, 23, 9, 45, tzinfo=timezone.utc)}


def test_a_reader_that_has_read_nothing_has_no_evidence(reset: t.Any) -> None:
    assert EvidenceReader(reset.okta, GUARDS).evidence == Evidence()


@pytest.mark.parametrize(("duplicates", "reads"), [("each", 0), ("skip", 1)])
def test_deleted_duplicates_are_not_read_where_each_record_is_decided_by_itself(
    reset: t.Any, duplicates: str, reads: int
) -> None:
    reset.okta.add("guo1", "C01", "ann", status="DEACTIVATED")
    targets = [RecordTarget("C01", reset.okta.records["guo1"]), RecordTarget("guo0", by_id=True)]
    guards = replace(GUARDS, options=guard_options(duplicates=duplicates))
    EvidenceReader(reset.okta, guards).read(targets)
    assert [call[1] for call in reset.okta.calls] == [reader.DELETIONS] * reads


def uses_read(reset: t.Any) -> list[tuple[str, str]]:
    """Return the periods for which sign-ins were read."""
    return [call[2:] for call in reset.okta.calls if "auth_via_mfa" in call[1]]


@pytest.mark.parametrize(
    ("state", "since"), [("suspended", "2026-09-24"), ("absent", "2026-08-25")]
)
def test_a_clean_up_reads_uses_as_far_back_as_its_decision_needs(
    reset: t.Any, state: t.Any, since: str
) -> None:
    """A deletion has to know those before the suspension, too."""
    reset.stuck(1, "ann")
    options = guard_options(goal=GOALS[state], duplicates="each", clean_up=UNUSED)
    EvidenceReader(reset.okta, replace(GUARDS, options=options)).read([target_of(reset, 1)])
    assert uses_read(reset) == [(f"{since}T10:00:00.000Z", "2026-11-23T10:01:00.000Z")]


def test_uses_are_read_again_from_before_the_first_read_and_the_last_one_counts(
    reset: t.Any,
) -> None:
    reset.stuck(1, "ann")
    options = guard_options(goal=GOALS["suspended"], duplicates="each", clean_up=UNUSED)
    evidence = EvidenceReader(reset.okta, replace(GUARDS, options=options))
    reset.okta.events = [event("guo1", minute=55)]
    evidence.read([target_of(reset, 1)])
    last = datetime(2026, 11, 23, 9, 55, tzinfo=timezone.utc)
    for minute, later in ((52, 0), (58, 3)):
        reset.okta.events = [event("guo1", minute)]
        evidence.read_uses_again(target_of(reset, 1), NOW + timedelta(hours=1))
        assert evidence.evidence.last_uses == {"guo1": last + timedelta(minutes=later)}
    assert uses_read(reset)[1:] == [("2026-11-23T09:50:00.000Z", "2026-11-23T11:01:00.000Z")] * 2


# Records that were deleted before


def deletion(device_id: str, *texts: str, day: int = 1) -> LogEvent:
    return LogEvent(
        event_type="device.lifecycle.delete",
        published=f"2026-10-{day:02}T10:00:00Z",
        targets=(LogEntity(device_id, texts=texts),),
    )


REGISTRATION = LogEvent(
    event_type="device.enrollment.create",
    published="2026-09-01T10:00:00Z",
    targets=(LogEntity("guo0", texts=("guo0", "C01")),),
)


@pytest.mark.parametrize(
    "events, day",
    [
        ([deletion("guo0", "guo0", "C01")], 1),  # the event names the serial
        ([deletion("guo0"), REGISTRATION], 1),  # only that of the registration does
        ([deletion("guo0", "C01"), deletion("guo00", "C01", day=4)], 4),
        ([deletion("guo0", "C019")], None),  # of another serial
        ([deletion("guo0"), replace(REGISTRATION, targets=(LogEntity("guo0"),))], None),
        ([replace(deletion("guo0", "C01"), published="2026-11-02T10:00:00Z")], None),  # later
        # A second after it, and so not in the second that Okta shows for the registration
        ([replace(deletion("guo0", "C01"), published="2026-11-01T10:00:01Z")], None),
        ([replace(deletion("guo0", "C01"), published=None)], None),
    ],
)
def test_a_deleted_record_of_the_same_serial_is_known_from_the_log(
    reset: t.Any, events: list[LogEvent], day: int | None
) -> None:
    reset.stuck(1)
    reset.okta.events = events
    read = EvidenceReader(reset.okta, GUARDS).read([target_of(reset, 1)])
    expected = {"guo1": datetime(2026, 10, day, 10, tzinfo=timezone.utc)} if day else {}
    assert read.earlier_deletions == expected


@pytest.mark.parametrize(("second", "counts"), [("00", True), ("01", False)])
def test_a_deletion_in_the_second_of_the_registration_may_be_before_it(
    reset: t.Any, second: str, counts: bool
) -> None:
    """Okta shows no part of a second in the time of the registration."""
    reset.stuck(1)
    published = f"2026-11-01T10:00:{second}.000Z"
    reset.okta.events = [replace(deletion("guo0", "C01"), published=published)]
    found = reader.read_deletions(reset.okta, [target_of(reset, 1)], NOW)
    assert bool(found) is counts


def test_registrations_are_searched_by_the_serial(reset: t.Any) -> None:
    serial = "C" * 50  # of a virtual Mac
    record = reset.okta.add("guo1", serial, "ann")
    reset.okta.events = [deletion("guo0")]
    reader.read_deletions(reset.okta, [RecordTarget(serial, record)], NOW)
    assert reset.okta.calls[-1][1] == reader.REGISTRATIONS
    assert reset.okta.calls[-1][4] == "C" * 40, "as long as a word of the log may be"


def test_registrations_of_many_serials_are_searched_by_the_deleted_records(reset: t.Any) -> None:
    """Forty at a time, unless the serials are fewer reads."""
    for number in (1, 2, 3):
        reset.stuck(number)
    targets = [target_of(reset, number) for number in (1, 2, 3)]
    other = replace(REGISTRATION, targets=(LogEntity("guo9", texts=("C02",)),))
    reset.okta.events = [deletion("guo0"), deletion("guo9", day=2), REGISTRATION, other]
    found = reader.read_deletions(reset.okta, targets, NOW)
    assert {key: time.day for key, time in found.items()} == {"guo1": 1, "guo2": 2}
    assert [call[1] for call in reset.okta.calls if call[0] == "log"] == [
        reader.DELETIONS,
        f'{reader.REGISTRATIONS} and (target.id eq "guo0" or target.id eq "guo9")',
    ]
    reset.okta.calls.clear()
    reset.okta.events = [deletion(f"guo{number}") for number in range(81)]
    reader.read_deletions(reset.okta, targets, NOW)
    words = [call[4] for call in reset.okta.calls if call[0] == "log" and len(call) > 4]
    assert words == ["C01", "C02", "C03"]


def test_the_log_is_read_for_deletions_only_where_they_decide(reset: t.Any) -> None:
    reset.stuck(1, created="2026-01-01T10:00:00Z")  # older than the log
    reset.stuck(2, status="DEACTIVATED")
    reset.stuck(3, platform="IOS")
    targets = [target_of(reset, number) for number in (1, 2, 3)]
    EvidenceReader(reset.okta, GUARDS).read(targets)
    assert [call for call in reset.okta.calls if call[0] == "log"] == []
    reset.stuck(4)
    EvidenceReader(reset.okta, GUARDS).read([target_of(reset, 4)])
    logs = [call for call in reset.okta.calls if call[0] == "log"]
    period = ("2026-08-25T10:00:00.000Z", "2026-11-23T10:01:00.000Z")
    assert logs == [("log", reader.DELETIONS, *period)]


def test_deleted_duplicates_are_ids_without_a_record_next_to_serials_with_one(
    reset: t.Any,
) -> None:
    """Neither an id that has a record, nor a record without a serial, nor a serial without one."""
    for number, serial in ((1, "C01"), (2, "C01"), (3, "")):
        reset.okta.add(f"guo{number}", serial, "ann")
    records = reset.okta.records
    long_id = "guo0" + "x" * 50
    targets = [
        RecordTarget("C01", records["guo1"]),
        RecordTarget("guo2", records["guo2"], by_id=True),
        RecordTarget("ann@acme.com", records["guo3"]),
        RecordTarget("C09"),
        RecordTarget(long_id, by_id=True),
    ]
    reset.okta.events = [deletion(long_id, "C01"), deletion("guo2", "C01"), REGISTRATION]
    assert reader.read_deleted_duplicates(reset.okta, targets, NOW) == {"guo1": [long_id]}
    period = ("2026-08-25T10:00:00.000Z", "2026-11-23T10:01:00.000Z")
    assert reset.okta.calls == [
        ("log", reader.DELETIONS, *period),
        ("log", reader.REGISTRATIONS, *period, long_id[:40]),
    ]
    reset.okta.calls.clear()
    assert reader.read_deleted_duplicates(reset.okta, targets[:-1], NOW) == {}
    assert reader.read_deleted_duplicates(reset.okta, targets[1:], NOW) == {}
    assert reset.okta.calls == []


# Revoked certificates


def revocations(reset: t.Any, *decisions: Decision) -> t.Mapping[str, datetime]:
    return reader.read_revocations(reset.okta, decisions, NOW)


def test_a_certificate_is_bound_to_a_record_that_is_deleted(reset: t.Any) -> None:
    reset.stuck(1)
    reset.stuck(2)
    reset.okta.events = [
        LogEvent(event_type="pki.cert.bind", targets=(LogEntity("guo1"), LogEntity("00u-ann"))),
        LogEvent(event_type="pki.cert.bind", targets=(LogEntity("guo2"),)),
    ]
    first, second = (Decision(target_of(reset, number), "write", "") for number in (1, 2))
    assert revocations(reset, first, replace(second, action="skip")) == {"guo1": NOW}
    assert reset.okta.calls == [
        (
            "log",
            reader.CERTIFICATE_EVENTS,
            "2026-08-25T10:00:00.000Z",
            "2026-11-23T10:01:00.000Z",
        )
    ]


def test_a_certificate_was_revoked_with_a_record_that_is_absent(reset: t.Any) -> None:
    entity = LogEntity(texts=("CN=C09 0A1B",))
    event = LogEvent(
        event_type="pki.cert.lifecycle.revoke", published="2026-11-22T10:00:00Z", targets=(entity,)
    )
    reset.okta.events = [event, replace(event, published=None)]
    absent = [
        Decision(RecordTarget(serial, mac=Mac(serial, certificates=(SEEN,))), "none", "")
        for serial in ("C09", "C0")
    ]
    later = Decision(RecordTarget("C09", mac=Mac("C09", certificates=(NOW,))), "none", "")
    assert revocations(reset, *absent) == {"C09": datetime(2026, 11, 22, 10, tzinfo=timezone.utc)}
    assert revocations(reset, later) == {}


def test_without_a_record_to_delete_or_an_absent_mac_no_log_is_read(reset: t.Any) -> None:
    reset.stuck(1)
    skipped = Decision(target_of(reset, 1), "skip", "")
    assert revocations(reset, skipped, Decision(RecordTarget("C09"), "none", "")) == {}
    assert reset.okta.calls == []


def session_event(name: str, hour: str, **values: t.Any) -> LogEvent:
    """An event of this collection, at an hour."""
    return LogEvent(
        event_type=name,
        published=f"{hour}:00:00.000Z",
        user_agent="devicetrust.okta_kandji/1.0.0",
        **values,
    )


def test_the_last_end_and_start_of_the_sessions_of_each_user_are_read(reset: t.Any) -> None:
    ann, bob = LogEntity("00u-ann"), LogEntity("00u-bob")
    last = session_event("user.session.clear", "2026-11-14T11", targets=(ann,))
    reset.okta.events = [
        replace(last, published=None, targets=(bob,)),
        replace(last, user_agent="Mozilla/5.0", targets=(bob,)),
        last,
        replace(last, published="2026-11-13T11:00:00.000Z", targets=(ann, bob)),
        session_event("user.session.start", "2026-11-15T11", actor=bob),
        session_event("user.session.start", "2026-11-12T11", actor=bob),
    ]
    assert reader.read_sessions(reset.okta, ["00u-bob", "00u-ann"], NOW) == {
        "00u-ann": Sessions(datetime(2026, 11, 14, 11, tzinfo=timezone.utc)),
        "00u-bob": Sessions(
            datetime(2026, 11, 13, 11, tzinfo=timezone.utc),
            datetime(2026, 11, 15, 11, tzinfo=timezone.utc),
        ),
    }
    period = ("2026-08-25T10:00:00.000Z", "2026-11-23T10:01:00.000Z")
    targets, actors = (
        f'({name} eq "00u-ann" or {name} eq "00u-bob")' for name in ("target.id", "actor.id")
    )
    assert reset.okta.calls == [
        ("log", f"{reader.SESSION_ENDS} and {targets}", *period),
        ("log", f"{reader.SESSION_STARTS} and {actors}", *period),
    ]
    assert reader.read_sessions(reset.okta, [], NOW) == {} and len(reset.okta.calls) == 2


@pytest.mark.parametrize(
    ("events", "is_open"),
    [
        ([], True),
        ([("user.session.clear", 10)], False),
        ([("user.session.start", 9), ("user.session.clear", 10)], False),
        ([("user.session.clear", 10), ("user.session.start", 11)], True),
        ([("user.session.clear", 10), ("user.session.start", 10)], True),
        (
            [("user.session.clear", 9), ("user.session.start", 10), ("user.session.clear", 11)],
            False,
        ),
        ([("user.session.start", 10)], True),
    ],
)
def test_a_session_may_be_open_unless_all_ended_after_the_last_one_began(
    reset: t.Any, events: list[tuple[str, int]], is_open: bool
) -> None:
    ann = LogEntity("00u-ann")
    known = [
        session_event(name, f"2026-11-20T{hour:02}", actor=ann, targets=(ann,))
        for name, hour in events
    ]
    for ordered in (known, known[::-1]):
        reset.okta.events = ordered
        sessions = reader.read_sessions(reset.okta, ["00u-ann"], NOW)["00u-ann"]
        assert sessions.may_be_open() is is_open


def test_sessions_that_an_administrator_cleared_do_not_count_as_revoked(reset: t.Any) -> None:
    clear = LogEvent(
        event_type="user.session.clear",
        published="2026-11-20T10:00:00.000Z",
        targets=(LogEntity("00u-ann"),),
    )
    for agent in (None, "Mozilla/5.0"):
        reset.okta.events = [replace(clear, user_agent=agent)]
        assert reader.read_sessions(reset.okta, ["00u-ann"], NOW)["00u-ann"].may_be_open()
