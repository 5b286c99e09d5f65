# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a test Mac has its profile and its certificate, and by what proof."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    CheckedExpiry,
    MacReport,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import gate
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Subject,
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    LogEvent,
    OktaDevice,
    OktaUser,
)

SERIAL, DEVICE, UUID = "C02XK1ZAJG5J", "0d5e-one", "7d8a6f3c-1111-4111-8111-000000000001"
COMMON_NAME = f"{SERIAL} {UUID.upper()}"
WRITTEN = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
SCEP = frozenset({"com.apple.security.scep"})


def status(word: str, device: str = DEVICE, log: str | None = None) -> ItemStatus:
    return ItemStatus(device, status=word, log=log)


def event(text: str = COMMON_NAME, field: str = "alternateId") -> LogEvent:
    return LogEvent.from_row(
        {
            "eventType": "pki.cert.issue",
            "target": [
                {"id": "ca", "alternateId": "Authority", "type": "CA"},
                {"id": "x", field: text},
            ],
        }
    )


PROFILE = InstalledProfile(DEVICE, payload_uuid=UUID)
CERTIFICATE = PrismCertificate(DEVICE, common_name=COMMON_NAME)
ISSUED, OF_ANOTHER_MAC = event(), event("another Mac")
NO_OKTA = gate.OktaProof(lambda: [], lambda: False)

FAILED = "The SCEP profile could not be installed: Kandji gives no reason."
OUTDATED = "The SCEP profile is installed as it was before its last change."
NOT_INSTALLED = "The SCEP profile is not installed yet."
NOT_CERTIFIED = "The SCEP profile is installed, but no certificate for it was seen yet."


class Okta:
    """Okta's side, and what was read of it."""

    def __init__(self, events: t.Sequence[LogEvent], managed: bool) -> None:
        self.events, self.is_managed, self.read = events, managed, []

    def issued(self) -> t.Sequence[LogEvent]:
        self.read.append("issued")
        return self.events

    def managed(self) -> bool:
        self.read.append("managed")
        return self.is_managed

    def proof(self) -> gate.OktaProof:
        return gate.OktaProof(self.issued, self.managed)


@pytest.mark.parametrize(
    "word, profiles, certificates, events, managed, reason, proof, read",
    [
        # The profile is missing: nothing else counts, and Okta is not read
        (None, [], [CERTIFICATE], [ISSUED], True, NOT_INSTALLED, None, []),
        ("PENDING", [], [CERTIFICATE], [ISSUED], True, NOT_INSTALLED, None, []),
        ("failed", [], [CERTIFICATE], [ISSUED], True, FAILED, None, []),
        ("failed", [PROFILE], [CERTIFICATE], [ISSUED], True, FAILED, None, []),
        # The inventory settles it
        (None, [PROFILE], [CERTIFICATE], [ISSUED], True, None, gate.INVENTORY_PROOF, []),
        ("PENDING", [PROFILE], [CERTIFICATE], [], False, None, gate.INVENTORY_PROOF, []),
        ("PASS", [PROFILE], [CERTIFICATE], [], False, None, gate.INVENTORY_PROOF, []),
        # A certificate is no proof if Kandji's inventory does not have the profile
        ("PASS", [], [CERTIFICATE], [], False, NOT_CERTIFIED, None, ["issued", "managed"]),
        # Okta's log, else its record
        ("PASS", [PROFILE], [], [ISSUED], True, None, gate.LOG_PROOF, ["issued"]),
        (None, [PROFILE], [], [OF_ANOTHER_MAC, ISSUED], False, None, gate.LOG_PROOF, ["issued"]),
        ("PASS", [], [], [OF_ANOTHER_MAC], True, None, gate.RECORD_PROOF, ["issued", "managed"]),
        ("success", [], [], [], False, NOT_CERTIFIED, None, ["issued", "managed"]),
        (None, [PROFILE], [], [OF_ANOTHER_MAC], False, NOT_CERTIFIED, None, ["issued", "managed"]),
    ],
)
def test_a_test_mac_needs_the_profile_and_any_proof_of_its_certificate(
    word: str | None,
    profiles: list[InstalledProfile],
    certificates: list[PrismCertificate],
    events: list[LogEvent],
    managed: bool,
    reason: str | None,
    proof: str | None,
    read: list[str],
) -> None:
    okta = Okta(events, managed)
    facts = gate.GateFacts(
        SERIAL, status(word) if word else None, tuple(profiles), tuple(certificates)
    )
    assert gate.judge(facts, okta.proof()) == gate.GateVerdict(SERIAL, reason, proof)
    assert okta.read == read


def test_a_failure_is_reported_with_the_log_of_kandji() -> None:
    facts = gate.GateFacts(SERIAL, status("failed", log="wrong challenge"))
    assert gate.judge(facts, NO_OKTA).reason == (
        "The SCEP profile could not be installed: wrong challenge."
    )


def test_the_facts_of_a_mac_are_its_own_rows() -> None:
    others = "another"
    facts = gate.GateFacts.of_mac(
        SERIAL,
        DEVICE,
        [status("failed", others), status("PASS"), status("PENDING")],
        [InstalledProfile(others), PROFILE],
        [
            replace(CERTIFICATE, device_id=others),
            CERTIFICATE,
        ],
    )
    assert facts == gate.GateFacts(SERIAL, status("PASS"), (PROFILE,), (CERTIFICATE,))
    assert gate.GateFacts.of_mac(SERIAL, DEVICE, [status("PASS", "")], [], []) == gate.GateFacts(
        SERIAL
    )


# What Macs had before the profile's last write is no proof


@pytest.mark.parametrize(
    "expected, payload_uuid, installed",
    [
        (gate.ANYTHING, "", True),
        (gate.ANYTHING, UUID, True),
        (gate.Expected("", WRITTEN), "any", True),
        (gate.Expected(UUID), UUID, True),
        (gate.Expected(UUID), "of the one before", False),
        (gate.Expected(UUID), "", False),
    ],
)
def test_an_installed_profile_has_the_identity_of_the_last_write(
    expected: gate.Expected, payload_uuid: str, installed: bool
) -> None:
    assert expected.is_installed(InstalledProfile(DEVICE, payload_uuid=payload_uuid)) is installed


ITEM = "3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e"
SUBJECT = Subject(frozenset({UUID, ITEM}), holds_uuid=True, holds_serial=True)
SERIAL_ALONE = replace(SUBJECT, holds_uuid=False)
WRITE = gate.Expected(UUID, WRITTEN, SUBJECT)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "expected, common_name, age, counts",
    [
        # The UUID of the last write, whenever Kandji first saw it
        (WRITE, COMMON_NAME, timedelta(days=1), True),
        (WRITE, COMMON_NAME, None, True),
        # The id of the item is in certificates of earlier writes too
        (WRITE, f"{SERIAL} {ITEM}", SECOND, False),
        (WRITE, f"{SERIAL} {ITEM}", timedelta(0), True),
        (WRITE, f"{SERIAL} {ITEM}", None, True),
        # A serial proves nothing, however new the certificate is: Wi-Fi, Device Access
        (WRITE, SERIAL, -timedelta(days=1), False),
        (WRITE, f"{SERIAL}.wifi.acme.com", -timedelta(days=1), False),
        (replace(WRITE, subject=SERIAL_ALONE), SERIAL, -timedelta(days=1), False),
        # Of another Mac, or of an earlier write
        (WRITE, f"VM{SERIAL} {UUID}", -timedelta(days=1), False),
        (WRITE, f"{SERIAL} 11111111-1111-4111-8111-111111111111", -timedelta(days=1), False),
        # Nothing is known of the last write: the UUID of the installed profile
        (gate.ANYTHING, COMMON_NAME, timedelta(days=1), True),
        (gate.ANYTHING, SERIAL, -timedelta(days=1), False),
        (gate.Expected("", WRITTEN), COMMON_NAME, SECOND, True),
    ],
)
def test_a_certificate_is_proved_by_the_uuid_in_its_name(
    expected: gate.Expected, common_name: str, age: timedelta | None, counts: bool
) -> None:
    created_at = None if age is None else (WRITTEN - age).isoformat()
    certificate = PrismCertificate(DEVICE, common_name=common_name, created_at=created_at)
    assert expected.is_certificate(certificate, SERIAL, [PROFILE]) is counts


def test_a_profile_without_a_uuid_proves_nothing_older_than_its_last_write() -> None:
    expected = gate.Expected("", WRITTEN, SUBJECT)
    nameless = [InstalledProfile(DEVICE)]
    for age, counts in ((SECOND, False), (timedelta(0), True)):
        created_at = (WRITTEN - age).isoformat()
        certificate = PrismCertificate(DEVICE, "", f"{SERIAL} {ITEM}", created_at=created_at)
        assert expected.is_certificate(certificate, SERIAL, nameless) is counts


@pytest.mark.parametrize(
    "uuids, name, verdict",
    [
        (["before", UUID], COMMON_NAME, gate.GateVerdict(SERIAL, proof=gate.INVENTORY_PROOF)),
        (["before"], COMMON_NAME, gate.GateVerdict(SERIAL, OUTDATED)),
        ([UUID], SERIAL, gate.GateVerdict(SERIAL, NOT_CERTIFIED)),
        ([], COMMON_NAME, gate.GateVerdict(SERIAL, NOT_CERTIFIED)),
    ],
)
def test_only_what_came_after_the_last_write_counts(
    uuids: list[str], name: str, verdict: gate.GateVerdict
) -> None:
    facts = gate.GateFacts(
        SERIAL,
        status("PASS"),
        tuple(InstalledProfile(DEVICE, payload_uuid=uuid) for uuid in uuids),
        (replace(CERTIFICATE, common_name=name, created_at="2026-11-19T10:00:00Z"),),
    )
    assert gate.judge(facts, NO_OKTA, WRITE) == verdict


@pytest.mark.parametrize(
    "target, named",
    [
        ([{"alternateId": COMMON_NAME}], True),
        ([{"displayName": f"CN={COMMON_NAME}"}], True),
        ([{"detailEntry": {"subject": {"cn": COMMON_NAME.lower()}}}], True),
        ([{"detailEntry": {"names": ["x", COMMON_NAME]}}], True),
        ([{"displayName": "CA"}, {"displayName": COMMON_NAME}], True),
        ([{"alternateId": f"VM{COMMON_NAME}"}], False),
        ([{"alternateId": SERIAL}], False),  # such as a certificate for Device Access
        ([{"alternateId": SERIAL, "displayName": UUID}], False),
        ([{"id": None, "detailEntry": {"n": 5}}], False),
        ([], False),
        (None, False),
    ],
)
def test_an_event_names_serial_and_uuid_in_any_text_of_its_targets(
    target: t.Any, named: bool
) -> None:
    row = LogEvent.from_row({"target": target, "displayMessage": COMMON_NAME})
    assert WRITE.is_issued(row, SERIAL) is named


def test_without_the_uuid_in_the_subject_an_event_names_the_serial() -> None:
    expected = replace(WRITE, subject=SERIAL_ALONE)
    assert expected.is_issued(event(f"CN={SERIAL}"), SERIAL)
    assert not expected.is_issued(event(f"CN=VM{SERIAL}"), SERIAL)


@pytest.mark.parametrize(
    "created, bound_to, proves",
    [
        ("2026-11-01T00:00:00.000Z", [], False),  # an older certificate made it managed
        ("2026-11-01T00:00:00.000Z", ["guo2"], False),
        ("2026-11-01T00:00:00.000Z", ["guo2", "guo1"], True),
        (None, [], False),
        ("2026-11-20T09:59:59.000Z", [], False),
        ("2026-11-20T10:00:00.000Z", [], True),
        ("2026-11-21T00:00:00.000Z", [], True),
    ],
)
def test_a_record_proves_a_certificate_that_is_newer_than_the_last_write(
    created: str | None, bound_to: list[str], proves: bool
) -> None:
    events = [
        LogEvent.from_row({"target": [{"type": "Device", "id": each}, {"id": "guo1"}]})
        for each in bound_to
    ]
    records = [OktaDevice("guo1", created=created)]
    assert WRITE.is_managed(records, lambda: events) is proves
    assert not WRITE.is_managed([], lambda: events)
    # Of a console-managed item nobody knows when it was written
    assert gate.ANYTHING.is_managed(records, lambda: [])
    assert not gate.ANYTHING.is_managed([], lambda: events)


NO_TIME = gate.Expected(UUID, subject=SUBJECT)


@pytest.mark.parametrize("expected", [NO_TIME, replace(NO_TIME, subject=SERIAL_ALONE)])
def test_without_the_time_of_the_write_only_the_uuid_is_proof(expected: gate.Expected) -> None:
    def no_events() -> t.Iterable[LogEvent]:
        raise AssertionError("what is bound to a record names no profile")

    assert not expected.is_managed([OktaDevice("guo1", created="2026-11-20T11:00:00Z")], no_events)
    for name, counts in ((COMMON_NAME, True), (f"{SERIAL} {ITEM}", False), (SERIAL, False)):
        certificate = PrismCertificate(DEVICE, common_name=name)
        assert expected.is_certificate(certificate, SERIAL, [PROFILE]) is counts
        assert expected.is_issued(event(name), SERIAL) is counts
    report = UnattestedNames(frozenset({COMMON_NAME.lower()}))
    assert not expected.without(report).is_issued(event(), SERIAL)


def test_nothing_is_known_of_the_last_write_without_uuid_and_time() -> None:
    assert gate.ANYTHING.is_unknown and gate.Expected(subject=SUBJECT).is_unknown
    assert not gate.Expected(UUID).is_unknown and not gate.Expected("", WRITTEN).is_unknown


def test_a_verdict_in_the_result() -> None:
    assert gate.GateVerdict(SERIAL, reason="Not yet.").as_result() == {
        "serial_number": SERIAL,
        "met": False,
        "proof": None,
        "reason": "Not yet.",
    }
    assert gate.GateVerdict(SERIAL, proof=gate.LOG_PROOF).as_result() == {
        "serial_number": SERIAL,
        "met": True,
        "proof": gate.LOG_PROOF,
        "reason": None,
    }


def test_a_mac_that_must_not_hold_the_profile() -> None:
    assert gate.judge_absent(SERIAL, DEVICE, {DEVICE, "x"}) == gate.GateVerdict(
        SERIAL, "It still holds the SCEP profile."
    )
    assert gate.judge_absent(SERIAL, DEVICE, {"x"}) == gate.GateVerdict(
        SERIAL, proof=gate.ABSENCE_PROOF
    )


def test_what_a_gate_waits_for_is_said_with_the_reasons() -> None:
    unmet = [gate.GateVerdict(f"C0{number}", NOT_INSTALLED) for number in range(1, 6)]
    met = gate.GateVerdict("C09", proof=gate.LOG_PROOF)
    reason = "(The SCEP profile is not installed yet)"
    assert gate.describe_wait([unmet[0], met]) == f"waiting for 1 of 2 test Macs: C01 {reason}"
    assert gate.describe_wait([met, *unmet]) == (
        f"waiting for 5 of 6 test Macs: C01 {reason}, C02 {reason}, C03 {reason} and 2 more"
    )


# Console-managed items


CONSOLE = InstalledProfile(DEVICE, identifier="com.kandji.profile.scep.1", payload_types=SCEP)


@pytest.mark.parametrize("profiles", [[], [CONSOLE], [CONSOLE, CONSOLE]])
def test_an_installed_scep_payload_stands_in_for_the_status_of_a_console_managed_item(
    profiles: list[InstalledProfile],
) -> None:
    statuses = gate.stand_in_statuses(iter(profiles))
    assert statuses == ([status("PASS")] if profiles else [])
    assert all(each.is_installed for each in statuses)


EXPECTED = gate.Expected(UUID, WRITTEN, Subject(frozenset({UUID}), True, True))
HOUR = timedelta(hours=1)


def others(reported: datetime | None, name: str = COMMON_NAME) -> UnattestedNames:
    return UnattestedNames(frozenset({name.lower()}), reported)


@pytest.mark.parametrize(
    "report, reason, proof",
    [
        (UnattestedNames(), None, gate.INVENTORY_PROOF),
        (others(WRITTEN + HOUR), gate.OTHER_AUTHORITY, None),
        (others(WRITTEN + HOUR, f"{COMMON_NAME} Device Access"), None, gate.INVENTORY_PROOF),
        # Of the profile as it was, or nobody knows of which
        (others(WRITTEN - HOUR), None, gate.INVENTORY_PROOF),
        (others(None), None, gate.INVENTORY_PROOF),
    ],
)
def test_a_certificate_of_another_authority_does_not_open_the_gate(
    report: UnattestedNames, reason: str | None, proof: str | None
) -> None:
    seen = replace(CERTIFICATE, created_at=(WRITTEN + HOUR).isoformat())
    facts = gate.GateFacts(SERIAL, status("PASS"), (PROFILE,), (seen,))
    read = []

    def report_of() -> MacReport:
        read.append(report)
        return MacReport(report)

    okta = Okta([ISSUED], False)
    verdict = gate.judge(facts, okta.proof(), EXPECTED, report_of)
    assert verdict == gate.GateVerdict(SERIAL, reason, proof)
    assert read == [report]  # once, also where the log names the certificate, too


def test_a_report_is_not_read_where_nothing_proves_anything() -> None:
    def no_report() -> MacReport:
        raise AssertionError("nothing to check")

    facts = gate.GateFacts(SERIAL, status("PASS"), (PROFILE,))
    assert gate.judge(facts, NO_OKTA, EXPECTED, no_report).reason == NOT_CERTIFIED


@pytest.mark.parametrize(("word", "times"), [("PASS", 1), ("PENDING", 0)])
def test_a_report_is_read_wherever_it_may_be_the_proof(word: str, times: int) -> None:
    read = list[MacReport]()

    def read_report() -> MacReport:
        read.append(MacReport())
        return read[-1]

    facts = gate.GateFacts(SERIAL, status(word))
    assert not gate.judge(facts, NO_OKTA, gate.ANYTHING, read_report).is_met
    assert len(read) == times


def test_a_managed_record_outweighs_the_report() -> None:
    """Okta itself has seen a certificate of the authority since the write."""
    facts = gate.GateFacts(SERIAL, status("PASS"), (PROFILE,), (CERTIFICATE,))
    managed = gate.OktaProof(lambda: [], lambda: True)
    report = MacReport(others(WRITTEN + HOUR))
    assert gate.judge(facts, managed, EXPECTED, lambda: report).proof == gate.RECORD_PROOF


# What is expected, and what is read for it


def test_the_expected_profile_has_its_own_time_if_the_options_name_its_identity_alone() -> None:
    profile = CustomProfile("item", updated_at=WRITTEN.isoformat())
    unknown = gate.Expected.of_profile(profile, "", None)
    assert unknown.is_unknown and unknown.subject == Subject.of_profile(profile)
    stated = WRITTEN + timedelta(days=1)
    assert gate.Expected.of_profile(profile, "", stated).updated_at == stated
    named = gate.Expected.of_profile(profile, UUID.upper(), None)
    assert (named.payload_uuid, named.updated_at) == (UUID, WRITTEN)
    assert named.subject.uuids == {UUID}
    assert gate.Expected.of_profile(profile, UUID, stated).updated_at == stated


def test_only_macs_that_kandji_knows_are_waited_for() -> None:
    verdicts = [gate.GateVerdict("A", "x"), gate.GateVerdict("B"), gate.GateVerdict("C", "y")]
    assert gate.find_waiting(verdicts, {"A", "B"}) == ["A"]


@pytest.mark.parametrize(
    ("expected", "profiles", "needed"),
    [
        (gate.ANYTHING, [], True),
        (gate.ANYTHING, [PROFILE], False),
        (gate.Expected(UUID), [], False),
    ],
)
def test_profiles_stand_in_only_where_none_names_the_item(
    expected: gate.Expected,
    profiles: list[InstalledProfile],
    needed: bool,
) -> None:
    assert gate.needs_stand_ins(expected, profiles) is needed


def user_of(user_id: str, management: str = "MANAGED") -> DeviceUser:
    return DeviceUser(OktaUser(user_id), management)


def test_a_managed_record_that_a_newer_blocked_one_replaces_proves_nothing() -> None:
    old = OktaDevice("guo1", "ACTIVE", created="2026-10-01T00:00:00.000Z")
    new = OktaDevice("guo2", "SUSPENDED", created="2026-11-01T00:00:00.000Z")
    users = {"guo1": [user_of("ada")], "guo2": [user_of("bob", "NOT_MANAGED")]}
    assert gate.managed_records([old, new], users) == [old]
    assert gate.managed_records([old, new], {**users, "guo2": [user_of("ada")]}) == []
    assert gate.managed_records([old], {"guo1": [user_of("ada", "NOT_MANAGED")]}) == []
    assert gate.managed_records([old], {"guo1": []}) == []


# Certificates that have expired

DAY = timedelta(days=1)
LATE = WRITTEN + 400 * DAY
INVENTORY, LOG, RECORD = gate.INVENTORY_PROOF, gate.LOG_PROOF, gate.RECORD_PROOF
ISSUED_LATE = replace(ISSUED, published=(LATE - DAY).isoformat())


def reported(expires: datetime, at: datetime) -> MacReport:
    return MacReport(expiry=CheckedExpiry(expires.isoformat(), at))


@pytest.mark.parametrize(
    ("seen", "events", "managed", "report", "proof"),
    [
        # Estimated from when it was first seen, else from when the profile came
        ([DAY], [], False, MacReport(), None),
        ([DAY, 390 * DAY], [], False, MacReport(), INVENTORY),
        ([DAY], [], True, MacReport(), None),
        ([], [], True, MacReport(), None),
        ([], [ISSUED_LATE], True, MacReport(), LOG),
        # The Mac knows it
        ([DAY], [], False, reported(LATE + DAY, LATE - HOUR), INVENTORY),
        ([], [], True, reported(LATE + DAY, LATE - HOUR), RECORD),
        ([390 * DAY], [], True, reported(LATE, LATE - HOUR), None),
        ([], [ISSUED_LATE], False, reported(LATE - HOUR, LATE - HOUR), None),
        # What came after its report, it does not know; before the last write, it was of another
        ([390 * DAY], [], False, reported(LATE - HOUR, WRITTEN + 389 * DAY), INVENTORY),
        ([], [ISSUED_LATE], False, reported(LATE - HOUR, LATE - 2 * DAY), LOG),
        ([390 * DAY], [], False, reported(LATE - HOUR, WRITTEN - HOUR), INVENTORY),
    ],
)
def test_a_certificate_that_has_expired_does_not_open_the_gate(
    seen: list[timedelta],
    events: list[LogEvent],
    managed: bool,
    report: MacReport,
    proof: str | None,
) -> None:
    rows = [replace(CERTIFICATE, created_at=(WRITTEN + each).isoformat()) for each in seen]
    profile = replace(PROFILE, created_at=(WRITTEN + HOUR).isoformat())
    facts = gate.GateFacts(SERIAL, status("PASS"), (profile,), tuple(rows), LATE)
    verdict = gate.judge(facts, Okta(events, managed).proof(), EXPECTED, lambda: report)
    assert verdict.proof == proof
    assert verdict.is_met or (verdict.reason or "").startswith(gate.EXPIRED.split("{", 1)[0])


@pytest.mark.parametrize(
    ("seen", "now", "proof"),
    [
        (-400 * DAY, DAY, RECORD),
        (-SECOND, 365 * DAY - SECOND, RECORD),
        (-SECOND, 365 * DAY, None),
        (timedelta(0), 365 * DAY, None),
        (DAY, 365 * DAY, RECORD),  # what came after the write counts, not the write
    ],
)
@pytest.mark.parametrize("has_certificate", [True, False])
def test_a_record_that_is_managed_since_the_last_write_is_not_older_than_that(
    seen: timedelta, now: timedelta, proof: str | None, has_certificate: bool
) -> None:
    """Kandji keeps the time at which it saw the profile first, however often it is written."""
    profile = replace(PROFILE, created_at=(WRITTEN + seen).isoformat())
    row = replace(CERTIFICATE, created_at=(WRITTEN + seen).isoformat())
    # A name that is of another authority proves nothing by itself
    report = MacReport(others(WRITTEN + HOUR)) if has_certificate else MacReport()
    facts = gate.GateFacts(
        SERIAL, status("PASS"), (profile,), (row,) if has_certificate else (), WRITTEN + now
    )
    verdict = gate.judge(facts, Okta([], True).proof(), EXPECTED, lambda: report)
    assert verdict.proof == proof


@pytest.mark.parametrize(("age", "proof"), [(HOUR, None), (390 * DAY, RECORD)])
def test_the_profile_of_a_console_managed_item_does_not_age_with_its_certificate(
    age: timedelta, proof: str | None
) -> None:
    """Kandji redistributes it. Its certificates do."""
    profile = replace(PROFILE, created_at=(WRITTEN + HOUR).isoformat())
    facts = gate.GateFacts(SERIAL, status("PASS"), (profile,), (), LATE)
    managed = Okta([], True).proof()
    assert gate.judge(facts, managed).proof == RECORD
    row = replace(CERTIFICATE, created_at=(WRITTEN + age).isoformat())
    facts = replace(facts, profiles=(), certificates=(row,))
    known = replace(gate.ANYTHING, subject=Subject(frozenset({UUID})))
    assert gate.judge(facts, managed, known).proof == proof


# Console-managed items, whose subject is unknown

UNKNOWN_ITEM = gate.Expected(subject=Subject(frozenset({ITEM})))
ATTESTED = MacReport(
    expiry=CheckedExpiry(LATE.isoformat(), WRITTEN), is_attested=True, common_name=SERIAL
)
SEEN = replace(PROFILE, created_at=(WRITTEN - HOUR).isoformat())
STAND_IN = replace(CONSOLE, payload_uuid=UUID)
TWIN = replace(STAND_IN, payload_uuid="7f7f0000-0000-4000-8000-00000000000f")


@pytest.mark.parametrize(
    ("name", "profiles", "stand_ins", "report", "expected"),
    [
        (COMMON_NAME, [PROFILE], [], MacReport(), LOG),
        (COMMON_NAME, [], [STAND_IN], MacReport(), LOG),
        (f"{SERIAL} {ITEM}", [], [], MacReport(), LOG),
        # The serial alone, or one of several profiles of other items
        (SERIAL, [PROFILE], [], MacReport(), gate.SERIAL_ALONE),
        (f"{SERIAL} Device Access", [], [STAND_IN], MacReport(), gate.SERIAL_ALONE),
        (COMMON_NAME, [], [], MacReport(), gate.SERIAL_ALONE),
        (COMMON_NAME, [], [STAND_IN, TWIN], MacReport(), gate.SERIAL_ALONE),
        (COMMON_NAME, [PROFILE], [], MacReport(others(LATE)), gate.OTHER_AUTHORITY),
        # The key that signed it
        (SERIAL, [SEEN], [], ATTESTED, gate.CHECK_PROOF),
        ("another Mac", [SEEN], [], ATTESTED, gate.CHECK_PROOF),
        ("another Mac", [SEEN], [], ATTESTED._replace(is_attested=False), NOT_CERTIFIED),
    ],
)
def test_the_serial_alone_does_not_open_the_gate_of_a_console_managed_item(
    name: str,
    profiles: list[InstalledProfile],
    stand_ins: list[InstalledProfile],
    report: MacReport,
    expected: str,
) -> None:
    facts = gate.GateFacts(
        SERIAL, status("PASS"), tuple(profiles), (), WRITTEN, stand_ins=tuple(stand_ins)
    )
    verdict = gate.judge(facts, Okta([event(name)], False).proof(), UNKNOWN_ITEM, lambda: report)
    assert (verdict.proof or verdict.reason) == expected
    managed = gate.judge(facts, Okta([event(name)], True).proof(), UNKNOWN_ITEM, lambda: report)
    assert managed.is_met


OLD_UUID = "7f7f0000-0000-4000-8000-00000000000e"
FIRST_SEEN = WRITTEN.isoformat()


def seen_at(profile: InstalledProfile, *created_at: str | None) -> list[InstalledProfile]:
    return [replace(profile, created_at=each) for each in created_at]


@pytest.mark.parametrize(
    ("profiles", "stand_ins", "reported_at", "name", "expected"),
    [
        # The check reported it after the profile came
        (seen_at(PROFILE, FIRST_SEEN), [], WRITTEN + SECOND, SERIAL, gate.CHECK_PROOF),
        ([], seen_at(STAND_IN, FIRST_SEEN), WRITTEN + SECOND, SERIAL, gate.CHECK_PROOF),
        # The certificate of the profile before it
        (seen_at(PROFILE, FIRST_SEEN), [], WRITTEN, SERIAL, gate.OLD_REPORT),
        ([], seen_at(STAND_IN, FIRST_SEEN), WRITTEN - DAY, SERIAL, gate.OLD_REPORT),
        (seen_at(PROFILE, FIRST_SEEN), [], WRITTEN, f"{SERIAL} {OLD_UUID}", gate.OLD_REPORT),
        (seen_at(PROFILE, FIRST_SEEN), [], None, SERIAL, gate.OLD_REPORT),
        # Its name is of this profile, or of the item
        (seen_at(PROFILE, FIRST_SEEN), [], WRITTEN - DAY, COMMON_NAME, gate.CHECK_PROOF),
        ([], seen_at(STAND_IN, None), None, COMMON_NAME, gate.CHECK_PROOF),
        ([], [], None, f"{SERIAL} {ITEM}", gate.CHECK_PROOF),
        # When the profile came is unknown
        ([], [], WRITTEN, SERIAL, NOT_CERTIFIED),
        (seen_at(PROFILE, None), [], WRITTEN, SERIAL, NOT_CERTIFIED),
        (seen_at(PROFILE, None, FIRST_SEEN), [], WRITTEN + DAY, SERIAL, NOT_CERTIFIED),
        ([], [*seen_at(STAND_IN, FIRST_SEEN), TWIN], WRITTEN + DAY, COMMON_NAME, NOT_CERTIFIED),
        # The newest of several counts
        (
            seen_at(PROFILE, FIRST_SEEN, (WRITTEN - DAY).isoformat()),
            [],
            WRITTEN,
            SERIAL,
            gate.OLD_REPORT,
        ),
    ],
)
def test_the_key_of_a_certificate_is_no_proof_before_its_profile_came(
    profiles: list[InstalledProfile],
    stand_ins: list[InstalledProfile],
    reported_at: datetime | None,
    name: str,
    expected: str,
) -> None:
    """The Custom Profile that the item replaces requested certificates of the same authority."""
    facts = gate.GateFacts(
        SERIAL, status("PASS"), tuple(profiles), (), LATE - DAY, tuple(stand_ins)
    )
    report = MacReport(
        expiry=CheckedExpiry(LATE.isoformat(), reported_at), is_attested=True, common_name=name
    )
    verdict = gate.judge(facts, NO_OKTA, UNKNOWN_ITEM, lambda: report)
    assert (verdict.proof or verdict.reason) == expected
    expired = report._replace(expiry=CheckedExpiry((LATE - DAY).isoformat(), reported_at))
    assert not gate.judge(facts, NO_OKTA, UNKNOWN_ITEM, lambda: expired).is_met


@pytest.mark.parametrize(
    ("names", "unattested", "expected"),
    [
        (["another Mac"], UnattestedNames(), gate.OLD_REPORT),
        ([SERIAL], UnattestedNames(), gate.OLD_REPORT),  # the check is set already
        ([COMMON_NAME], others(WRITTEN), gate.OTHER_AUTHORITY),
        ([COMMON_NAME, SERIAL], others(WRITTEN), gate.OTHER_AUTHORITY),
    ],
)
def test_what_is_wrong_for_sure_is_the_reason(
    names: list[str], unattested: UnattestedNames, expected: str
) -> None:
    profile = replace(PROFILE, created_at=(WRITTEN + HOUR).isoformat())
    facts = gate.GateFacts(SERIAL, status("PASS"), (profile,))
    okta = Okta([event(name) for name in names], False)
    report = ATTESTED._replace(unattested=unattested)
    assert gate.judge(facts, okta.proof(), UNKNOWN_ITEM, lambda: report).reason == expected
