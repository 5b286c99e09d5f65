# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of both vendors joined into facts of each Mac."""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import join
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    CheckedExpiry,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ledger import (
    Expiries,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    DeviceRecord,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
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

SEEN = "2026-11-10T10:00:00Z"
UDID = "00008103-001a2b3c4d5e001e"
FOR_MACS = CustomProfile("item-1", mobileconfig="", flags={"runs_on_mac": True})


def mac(serial: str = "C02A", device_id: str = "dev-1", **facts: t.Any) -> MacFacts:
    return MacFacts(serial, device_id=device_id, **facts)


def okta_record(
    record_id: str = "guo1", serial: str = "C02A", login: str = "ada", **profile: str
) -> OktaDevice:
    user = {"managementStatus": "MANAGED", "user": {"profile": {"login": login}}}
    return OktaDevice.from_row(
        {
            "id": record_id,
            "status": "ACTIVE",
            "profile": {"serialNumber": serial, "displayName": "Ada's Mac", **profile},
            "_embedded": {"users": [user]},
        }
    )


def records_of(*devices: OktaDevice) -> join.DeviceRecords:
    records = join.DeviceRecords()
    for device in devices:
        records.add(device)
    return records


def tables(*macs: MacFacts, **parts: t.Any) -> join.FleetTables:
    empty: dict[str, t.Any] = {
        "removed": set(),
        "profile_statuses": join.Statuses(),
        "certificates": join.Certificates(),
        "apps": set(),
        "competing": set(),
        "records": join.DeviceRecords(),
        "log": LogFacts(),
    }
    return join.FleetTables(list(macs), **{**empty, **parts})


def joined(
    *macs: MacFacts,
    rings: t.Sequence[Ring] = (),
    expiries: Expiries | None = None,
    is_changing: bool = False,
    **parts: t.Any,
) -> list[MacFacts]:
    return join.join_fleet(tables(*macs, **parts), rings, expiries or Expiries(), is_changing)


# The tables


def test_a_mac_has_the_facts_of_its_device_and_the_first_ring_of_its_blueprint() -> None:
    device = KandjiDevice(
        "dev-1",
        "C02A",
        "Ada's Mac",
        blueprint_id="b1",
        blueprint_name="IT",
        os_version="26.1",
        model="MacBook Air",
        person="ada@acme.com",
        tags=("a", "b"),
        last_check_in=SEEN,
    )
    profile = CustomProfile("p1")
    rings = [
        Ring("canary", {"b2"}),
        Ring("wide", {"b1", "b3"}, profile),
        Ring("all", {"b1"}),
    ]
    assert join.build_mac_facts(device, rings) == MacFacts(
        "C02A",
        name="Ada's Mac",
        device_id="dev-1",
        person="ada@acme.com",
        ring="wide",
        blueprint="IT",
        blueprint_id="b1",
        os_version="26.1",
        model="MacBook Air",
        tags=("a", "b"),
        last_check_in=SEEN,
    )
    assert join.build_mac_facts(KandjiDevice("dev-1"), rings) == MacFacts(
        "", device_id="dev-1", incomplete="Kandji does not show its blueprint."
    )


def test_a_ring_without_a_profile_is_not_rolled_out() -> None:
    device = KandjiDevice("dev-1", blueprint_id="b1")
    assert not join.build_mac_facts(device, [Ring("wide", {"b1"})]).rolled_out
    assert join.build_mac_facts(device, [Ring("wide", {"b1"}, CustomProfile("p1"))]).rolled_out
    assert join.build_mac_facts(device, [Ring("wide", {"b2"})]).rolled_out  # it is in no ring


EARLY, LATE = "2026-11-01T10:00:00Z", "2026-11-02T10:00:00+00:00"


def statuses_of(*reports: tuple[str, str | None]) -> join.Statuses:
    statuses = join.Statuses()
    for word, reported_at in reports:
        statuses.add(ItemStatus("dev-1", status=word, log="why", reported_at=reported_at))
    return statuses


@pytest.mark.parametrize(
    "first, second, state",
    [
        (("FAILED", EARLY), ("PASS", LATE), "installed"),
        (("PASS", EARLY), ("FAILED", LATE), "failed"),
        (("FAILED", EARLY), ("PENDING", LATE), "pending"),
        (("PENDING", EARLY), ("FAILED", LATE), "failed"),
        # At one time, and without a time, a failure outweighs what may still come
        *[(("PENDING", at), ("FAILED", at), "failed") for at in (EARLY, None)],
        *[(("EXCLUDED", at), ("PENDING", at), "pending") for at in (EARLY, None)],
        *[(("PENDING", at), ("NEW WORD", at), "unknown") for at in (EARLY, None)],
        *[(("FAILED", at), ("PASS", at), "installed") for at in (EARLY, None)],
        # What was never reported yet says less than a report
        (("FAILED", EARLY), ("PENDING", None), "failed"),
        (("PASS", EARLY), ("PENDING", None), "installed"),
    ],
)
def test_of_two_statuses_of_an_item_the_true_one_counts(
    first: tuple[str, str | None], second: tuple[str, str | None], state: str
) -> None:
    """A list of statuses changes while it is read, so that a Mac may come twice."""
    for reports in ((first, second), (second, first)):
        statuses = statuses_of(*reports)
        assert statuses.states == {"dev-1": state}
        log = {"failed": "why", "unknown": "NEW WORD"}.get(state)
        assert statuses.logs == ({"dev-1": log} if log is not None else {})
        assert statuses.several == set(), "one item is not a duplicate of itself"


@pytest.mark.parametrize(
    "first, second, state",
    [
        (("PASS", EARLY), ("FAILED", LATE), "installed"),  # it has one of the items
        (("FAILED", EARLY), ("PASS", EARLY), "installed"),
        (("FAILED", EARLY), ("PENDING", LATE), "pending"),
        (("PENDING", None), ("FAILED", None), "failed"),
        (("PASS", EARLY), ("PASS", LATE), "installed"),
    ],
)
def test_of_the_statuses_of_two_items_the_better_one_counts(
    first: tuple[str, str | None], second: tuple[str, str | None], state: str
) -> None:
    for reports in ((first, second), (second, first)):
        statuses = join.Statuses()
        for report in reports:
            statuses.add_item(statuses_of(report))
        assert statuses.states == {"dev-1": state}
        assert statuses.logs == ({"dev-1": "why"} if state == "failed" else {})
        assert statuses.several == ({"dev-1"} if first[0] == second[0] == "PASS" else set())


def test_a_long_log_is_cut() -> None:
    statuses = join.Statuses()
    statuses.add(ItemStatus("dev-1", status="FAILED", log="x" * 300))
    statuses.add(ItemStatus("dev-2", status="FAILED"))
    assert statuses.logs == {"dev-1": "x" * 200, "dev-2": ""}


def test_a_mac_gets_the_statuses_and_certificates_of_its_own_device() -> None:
    profile_statuses, apps = join.Statuses(), join.Statuses()
    profile_statuses.add(ItemStatus("dev-1", status="FAILED", log="why"))
    apps.add(ItemStatus("dev-1", status="FAILED", log="no space"))
    certificates = join.Certificates({"dev-1": (SEEN,)}, unproved={"dev-1": (SEEN, "")})
    one, other = joined(
        *(mac(), mac("C02B", "dev-2")),
        profile_statuses=profile_statuses,
        apps=apps,
        certificates=certificates,
    )
    assert (one.profile_state, one.profile_log) == ("failed", "why")
    assert (one.app_state, one.app_log, one.app_present) == ("failed", "no space", False)
    assert (one.certificates, one.unproved) == ((SEEN,), (SEEN, ""))
    assert other == mac("C02B", "dev-2", status_gaps=("profile", "app"))


def test_the_ledger_is_asked_for_the_serials_of_all_macs() -> None:
    expiries = Expiries(
        {"dev-2": CheckedExpiry("2027-01-01")},
        lambda serials, *_others: dict.fromkeys(serials, SEEN),
    )
    one, other = joined(mac(), mac("C02B", "dev-2"), expiries=expiries)
    assert (one.expires, one.expiry_source) == (SEEN, "ledger")
    assert (other.expires, other.expiry_source) == ("2027-01-01", "mac")


UUID = "0a1b0000-0000-4000-8000-00000000000a"


def scep_profile(common_name: str = "$SERIAL_NUMBER $PROFILE_UUID") -> CustomProfile:
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Subject": [[["CN", common_name]]]},
    }
    plist = {"PayloadUUID": UUID.upper(), "PayloadContent": [payload]}
    return CustomProfile("item-1", mobileconfig=plistlib.dumps(plist).decode())


def test_certificates_are_distinguished_by_uuid_and_serial() -> None:
    table = join.gather_certificates(
        [
            PrismCertificate("dev-1", "C02A", f"C02A {UUID}", SEEN),
            PrismCertificate("dev-1", "C02A", f"c02a {UUID.upper()}", None),
            PrismCertificate("dev-1", "C02A", "C02A.wifi.acme.com", SEEN),
            PrismCertificate("dev-1", "C02A", f"C02A {UDID.upper()} {UUID}", SEEN),
            PrismCertificate("dev-2", "C02B", "C02B 7f7f0000-0000-4000-8000-00000000000f", SEEN),
            PrismCertificate("dev-3", "C02C", f"C02A {UUID}", SEEN),
        ],
        [scep_profile()],
    )
    assert table == join.Certificates(
        {"dev-1": (SEEN, "", SEEN)},
        {"dev-2": (SEEN,)},
        [("dev-3", SEEN, f"C02A {UUID}")],
        {UDID: "dev-1", "7f7f0000-0000-4000-8000-00000000000f": "dev-2"},
    )
    assert table.device_ids == {"dev-1", "dev-2", "dev-3"} and not table.is_empty


def test_a_certificate_of_another_authority_is_no_certificate_of_the_mac() -> None:
    rows = [
        PrismCertificate("dev-1", "C02A", f"C02A {UUID}", SEEN),
        PrismCertificate("dev-2", "C02A", f"C02A {UUID}", SEEN),
        PrismCertificate("dev-1", "C02A", "C02A 7f7f0000-0000-4000-8000-00000000000f", SEEN),
    ]
    names = frozenset(row.common_name.lower() for row in rows)
    reported = {"dev-1": UnattestedNames(names)}
    table = join.gather_certificates(rows, [scep_profile()], reported)
    assert table.first_seen == {"dev-2": (SEEN,)}
    assert (table.unattested, table.unproved) == ({"dev-1"}, {})
    assert table.device_ids == {"dev-1", "dev-2"}
    alone = join.gather_certificates(rows[:1], [scep_profile()], reported)
    assert not alone.is_empty
    (facts,) = joined(mac(), certificates=alone)
    assert facts.unattested and facts.certificates == ()


def test_without_serial_and_uuid_in_the_subject_no_identity_counts() -> None:
    """The Kerberos identity of each Mac is not its certificate."""
    names = ("com.apple.kerberos.kdc", "ada@acme.com", "C02A", "C02A.wifi.acme.com")
    rows = [PrismCertificate("dev-1", "C02A", name, SEEN) for name in names]
    table = join.gather_certificates(rows, [scep_profile("$EMAIL")])
    assert table == join.Certificates(unproved={"dev-1": (SEEN, SEEN)})


@pytest.mark.parametrize(
    "table, is_empty",
    [
        (join.Certificates(), True),
        (join.Certificates({"dev-1": (SEEN,)}), False),
        (join.Certificates(unproved={"dev-1": (SEEN,)}), False),
        (join.Certificates(foreign=[("dev-2", SEEN, "")]), False),
    ],
)
def test_a_table_without_certificates_is_empty(table: join.Certificates, is_empty: bool) -> None:
    assert table.is_empty is is_empty


def test_a_ring_is_the_first_with_the_blueprint() -> None:
    row = {"device_id": "DEV-1", "serial_number": "C02A", "blueprint_id": "B-1", "tags": ["x"]}
    device = KandjiDevice.from_row({**row, "is_removed": False, "user": ""})
    profile = CustomProfile("p1")
    rings = [Ring("none", {"b-0"}), Ring("canary", {"b-1"}, profile), Ring("wide", {"b-1"})]
    facts = join.build_mac_facts(device, rings)
    assert facts == MacFacts(
        "C02A", device_id="dev-1", ring="canary", blueprint_id="b-1", tags=("x",)
    )
    assert join.build_mac_facts(device, []).ring is None


@pytest.mark.parametrize(
    ("row", "unshown"),
    [
        ({"is_removed": False, "user": ""}, ""),
        ({"is_removed": False, "user": {"email": "ann@acme.com"}}, ""),
        ({"user": ""}, "Kandji does not show whether it was removed."),
        ({"is_removed": None, "user": None}, "Kandji does not show whether it was removed."),
        *(
            (
                {"is_removed": False, "user": user},
                "Kandji does not show the e-mail address of its person.",
            )
            for user in (None, [], 5, {}, {"name": "Ann"}, {"email": ["ann@acme.com"]})
        ),
    ],
)
def test_what_kandji_does_not_show_of_a_mac_is_noted(row: dict[str, t.Any], unshown: str) -> None:
    device = KandjiDevice.from_row({"device_id": "dev-1", "blueprint_id": "b-1", **row})
    assert join.build_mac_facts(device, []).unshown == unshown


@pytest.mark.parametrize(
    "profiles, unlisted",
    [
        ([FOR_MACS], ["dev-2", "dev-3", "dev-4"]),
        ([replace(FOR_MACS, flags={"runs_on_mac": True, "runs_on_tv": True})], ["dev-2", "dev-3"]),
        ([replace(FOR_MACS, flags={"runs_on_mac": None})], ["dev-2", "dev-3"]),
        (
            [FOR_MACS, replace(FOR_MACS, flags={"runs_on_mac": True, "runs_on_iphone": True})],
            ["dev-2", "dev-3"],
        ),
    ],
)
def test_macs_that_only_other_tables_name_are_found(
    profiles: list[CustomProfile], unlisted: list[str]
) -> None:
    parts = tables(
        mac(),
        removed={"dev-9"},
        certificates=join.Certificates(
            {"dev-1": (SEEN,), "dev-9": (SEEN,)}, {"dev-3": (SEEN,)}, [("dev-2", SEEN, "")]
        ),
        profile_statuses=join.Statuses({"dev-4": "installed"}),
    )
    assert join.find_unlisted(parts, profiles) == unlisted


# The join


def test_both_vendors_are_joined_by_serial_whatever_its_case() -> None:
    (facts,) = joined(
        mac("C02a"),
        records=records_of(okta_record(serial="c02A"), okta_record(serial="c02A")),
        log=LogFacts(issued={"c02a": SEEN}, records={"guo1": RecordEvents("ACTIVE")}),
    )
    assert [record.id for record in facts.records] == ["guo1"]
    assert (facts.in_kandji, facts.issued) == (True, SEEN)
    assert facts.events == {"guo1": RecordEvents("ACTIVE")}


def test_the_last_events_of_certificates_are_noted_and_later_parts_of_the_log_count() -> None:
    def part(time: str) -> LogFacts:
        bound = {name: RecordEvents(bound_at=time) for name in ("guo1", "guo8")}
        return LogFacts(last_issued={"c02a": time}, last_revoked={"c02a": time}, records=bound)

    (facts,) = joined(mac("C02a"), records=records_of(okta_record(serial="c02A")), log=part(SEEN))
    assert (facts.last_issued, facts.last_bound, facts.last_revoked) == (SEEN,) * 3
    join.note_certificate_events(facts, part("2026-01-01"))
    assert (facts.last_issued, facts.last_bound, facts.last_revoked) == (SEEN,) * 3
    (other,) = joined(mac("C02b"), log=part(SEEN))
    assert (other.last_issued, other.last_bound, other.last_revoked) == ("",) * 3
    join.note_certificate_events(other, LogFacts(last_issued={"c02b": SEEN}))
    assert other.last_issued == SEEN


@pytest.mark.parametrize("is_changing", [True, False])
def test_a_record_that_kandji_does_not_know_is_a_mac_too(is_changing: bool) -> None:
    (facts,) = joined(
        records=records_of(okta_record(serial="C02b")),
        is_changing=is_changing,
        log=LogFacts({"guo0": RecordEvents("ACTIVE")}, {"guo0": "C02B"}),
    )
    assert (facts.serial, facts.name, facts.person) == ("C02b", "Ada's Mac", "ada")
    assert facts.in_kandji is False and facts.incomplete == (
        "Kandji's tables changed while they were read." if is_changing else ""
    )
    assert facts.events == {"guo0": RecordEvents("ACTIVE")}


def test_events_of_a_record_that_the_search_shows_are_not_another_macs() -> None:
    (facts,) = joined(mac("C02B"), log=LogFacts({"guo1": RecordEvents("ACTIVE")}, {"guo1": "C02A"}))
    assert facts.events is None


def test_statuses_apps_and_competitors_are_joined_by_device() -> None:
    statuses = join.Statuses({"dev-1": "failed"}, {"dev-1": "why"}, {"dev-2"})
    first, second, third = joined(
        mac("A", "dev-1"),
        mac("B", "dev-2"),
        mac("C", "dev-3"),
        profile_statuses=statuses,
        apps={"dev-2"},
        competing={"dev-3"},
    )
    assert (first.profile_state, first.profile_log) == ("failed", "why")
    assert [one.competing for one in (first, second, third)] == [False, True, True]
    assert [one.app_present for one in (first, second, third)] == [False, True, False]
    assert second.status_gaps == ("profile",) and first.status_gaps == ()


def test_with_items_the_app_has_a_state() -> None:
    first, second = joined(
        mac("A", "dev-1"),
        mac("B", "dev-2"),
        apps=join.Statuses({"dev-1": "pending"}),
    )
    assert (first.app_state, first.app_present) == ("pending", False)
    assert (second.app_state, second.status_gaps) == (None, ("app",))


@pytest.mark.parametrize(
    "profile, certificates, state",
    [
        (CustomProfile("item-1"), {"dev-1": (SEEN,)}, "installed"),
        (CustomProfile("item-1"), {}, None),
        (FOR_MACS, {"dev-1": (SEEN,)}, None),
    ],
)
def test_without_statuses_a_certificate_proves_an_item_of_the_web_app(
    profile: CustomProfile, certificates: dict[str, t.Any], state: str | None
) -> None:
    (facts,) = joined(
        mac(ring="canary"),
        rings=[Ring("canary", set(), profile)],
        certificates=join.Certificates(certificates),
    )
    assert facts.profile_state == state


@pytest.mark.parametrize(
    "by_device, ledger, known",
    [
        ({"dev-1": CheckedExpiry("2027")}, {"C02A": "2026"}, ("2027", "mac", "")),
        (
            {"dev-1": CheckedExpiry("2027", not_after="2028")},
            {"C02A": "2026"},
            ("2027", "mac", "2028"),
        ),
        ({}, {"C02A": "2026"}, ("2026", "ledger", "")),
        ({"dev-2": CheckedExpiry("2027")}, {}, ("", "", "")),
    ],
)
def test_the_macs_own_expiry_outweighs_the_ledger(
    by_device: dict[str, CheckedExpiry], ledger: dict[str, str], known: tuple[str, str, str]
) -> None:
    (facts,) = joined(mac(), expiries=Expiries(by_device, lambda *_asked: ledger))
    assert (facts.expires, facts.expiry_source, facts.not_after) == known


@pytest.mark.parametrize(
    "days, ledger, known",
    [
        (-1, {}, ("2026-01-01", "mac")),
        (-2, {}, ("", "")),
        (-2, {"C02A": "2027-11-22"}, ("2027-11-22", "ledger")),
    ],
)
def test_a_report_from_before_its_newest_certificate_does_not_count(
    days: int, ledger: dict[str, str], known: tuple[str, str]
) -> None:
    """It is of the one before, and would call the Mac's certificate expired."""
    seen = datetime.fromisoformat(SEEN.replace("Z", "+00:00"))
    checked = CheckedExpiry("2026-01-01", seen + timedelta(days=days))
    (facts,) = joined(
        mac(),
        certificates=join.Certificates({"dev-1": ("", SEEN)}),
        expiries=Expiries({"dev-1": checked}, lambda *_asked: ledger),
    )
    assert (facts.expires, facts.expiry_source) == known


def test_a_foreign_certificate_is_the_macs_own_or_a_copy_of_anothers() -> None:
    own, other, copy = joined(
        mac("C02A", "dev-1"),
        mac("C02B", "dev-2"),
        mac("C02C", "dev-3"),
        certificates=join.Certificates(
            {},
            {"dev-2": (SEEN,)},
            [
                ("dev-1", SEEN, "C02A x"),
                ("dev-3", SEEN, "C02B x"),
                ("dev-9", SEEN, "C02A x"),
                ("dev-1", SEEN, "nobody"),
            ],
        ),
    )
    assert own.certificates == other.unproved == (SEEN,) and other.certificates == ()
    assert (own.copied, other.copied, copy.copied) == (False, True, True)


def test_a_record_without_a_serial_is_joined_by_hardware_uuid_else_by_certificate() -> None:
    macs = joined(
        mac("C02A", "dev-1"),
        mac("C02BBBB", "dev-2"),
        mac("", "dev-0"),
        certificates=join.Certificates(udids={UDID: "dev-1", "other": "dev-0"}),
        records=records_of(
            okta_record("guo1", "", udid=UDID),
            okta_record("guo2", ""),
            okta_record("guo3", "", udid="OTHER"),
        ),
        log=LogFacts(certificate_words={"guo2": {"c02bbbb", "someone"}}),
    )
    assert {facts.device_id: [record.id for record in facts.records] for facts in macs} == {
        "dev-0": ["guo3"],
        "dev-1": ["guo1"],
        "dev-2": ["guo2"],
    }


@pytest.mark.parametrize(
    "person, name, incomplete",
    [("ADA", "", True), ("", "Ada's Mac", True), ("bob", "Bob's Mac", False), ("", "", False)],
)
def test_a_stray_record_may_belong_to_a_mac_of_the_same_person_or_name(
    person: str, name: str, incomplete: bool
) -> None:
    stray, facts = joined(
        mac("C02Z", person=person, name=name), records=records_of(okta_record("guo1", ""))
    )
    assert (stray.serial, stray.in_kandji) == ("", False)
    assert stray.incomplete == "Its record has no serial and may belong to any Mac."
    assert (stray.person, stray.name) == ("ada", "Ada's Mac")
    assert facts.incomplete == (
        "A record without a serial has the same person or name." if incomplete else ""
    )


def test_a_mac_with_a_record_of_its_own_is_not_made_incomplete_by_a_stray() -> None:
    _stray, facts = joined(
        mac("C02A", person="ada"), records=records_of(okta_record("guo1", ""), okta_record("guo2"))
    )
    assert facts.incomplete == ""


def test_the_order_is_that_of_serials_then_ids() -> None:
    macs = joined(mac("B", "2"), mac("A", "9"), mac("B", "1"))
    assert [(facts.serial, facts.device_id) for facts in macs] == [
        ("A", "9"),
        ("B", "1"),
        ("B", "2"),
    ]


# Values that a vendor adds later, and keys that a row lacks


def test_a_row_without_a_management_status_does_not_say_that_it_is_not_managed():
    users = [{"user": {"id": "00u1", "profile": {"login": "ada"}}}]
    device = OktaDevice.from_row({"id": "guo1", "status": "ACTIVE", "_embedded": {"users": users}})
    assert join.build_device_record(device).users == {"ada": ""}


def test_a_record_without_texts_has_empty_ones():
    assert join.build_device_record(OktaDevice("guo1")) == DeviceRecord("guo1", "")


def test_an_item_without_a_status_is_unknown():
    table = join.Statuses()
    table.add(ItemStatus("d1"))
    assert (table.states, table.logs) == ({"d1": "unknown"}, {"d1": ""})


def test_an_unknown_status_of_an_item_is_kept_as_its_log():
    table = join.Statuses()
    table.add(ItemStatus("d1", status="QUEUED"))
    assert (table.states, table.logs) == ({"d1": "unknown"}, {"d1": "QUEUED"})


def test_macs_that_only_okta_knows_have_their_records_in_a_stable_order() -> None:
    without_users = [
        OktaDevice.from_row({"id": record_id, "status": "ACTIVE", "profile": profile})
        for record_id, profile in (
            ("guo9", {"serialNumber": "C02B", "displayName": "Ben's Mac"}),
            ("guo8", {}),
            ("guo7", {}),
        )
    ]
    ada = okta_record("guo6", "")
    macs = joined(mac(), records=records_of(*without_users, ada))
    named = [(facts.serial, facts.name, facts.person) for facts in macs]
    assert named == [
        *(("", "Ada's Mac", "ada"), ("", "", ""), ("", "", "")),
        *(("C02A", "", ""), ("C02B", "Ben's Mac", "")),
    ]
    assert [[record.id for record in facts.records] for facts in macs] == [
        *(["guo6"], ["guo7"], ["guo8"]),
        *([], ["guo9"]),
    ]
    assert macs[3].issued == macs[3].incomplete == ""


def test_a_certificate_of_a_device_that_is_not_listed_is_passed_over() -> None:
    certificates = join.Certificates(
        foreign=[("dev-9", SEEN, f"C02A {UUID}"), ("dev-1", SEEN, f"C02A {UUID}")]
    )
    (facts,) = joined(mac(), certificates=certificates)
    assert facts.certificates == (SEEN,) and not facts.copied


def test_events_of_a_record_without_a_serial_are_no_macs() -> None:
    log = LogFacts(records={"guo1": RecordEvents("ACTIVE")})
    (facts,) = joined(mac("", "dev-1"), log=log)
    assert facts.events is None


def test_of_devices_with_the_same_serial_each_is_unconfirmed():
    facts = joined(mac("C02A", device_id="d1"), mac("c02a", device_id="d2"), mac("C02B"))
    assert ["several devices" in each.incomplete for each in facts] == [True, False, True]


def test_the_address_of_a_user_is_kept_where_it_is_not_the_login() -> None:
    users = [
        DeviceUser(OktaUser("u1", "ada", email="ada@x"), "MANAGED"),
        DeviceUser(OktaUser("u2", "ben@x", email="ben@x")),
        DeviceUser(OktaUser("u3", "cy")),
        DeviceUser(OktaUser("u4", email="dan@x")),
    ]
    assert join.build_device_record(OktaDevice("guo1", users=tuple(users))).emails == {
        "ada": "ada@x"
    }
