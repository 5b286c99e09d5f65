# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates in the inventory are those of a SCEP profile."""

from __future__ import annotations

import plistlib
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    INTERVAL,
    Proof,
    Subject,
    UnattestedNames,
    is_outdated,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    PrismCertificate,
)

ITEM = "3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e"
UUID = "0a1b0000-0000-4000-8000-00000000000a"
OLD = "7f7f0000-0000-4000-8000-00000000000f"


def profile(common_name: str, uuid: str = UUID, item_id: str = ITEM) -> CustomProfile:
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Subject": [[["CN", common_name]]]},
    }
    plist = {"PayloadUUID": uuid.upper(), "PayloadContent": [payload]}
    return CustomProfile(item_id, mobileconfig=plistlib.dumps(plist).decode())


DEFAULT = profile("$SERIAL_NUMBER $PROFILE_UUID")
SERIAL_ALONE = profile("$SERIAL_NUMBER")
UUID_ALONE = profile("$PROFILE_UUID")
NEITHER = profile("$EMAIL")
CONSOLE = CustomProfile(ITEM)


def profile_with(subject: object) -> CustomProfile:
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Subject": subject},
    }
    plist = {"PayloadUUID": UUID.upper(), "PayloadContent": [payload]}
    return CustomProfile(ITEM, mobileconfig=plistlib.dumps(plist).decode())


@pytest.mark.parametrize(
    "subject, holds_uuid, holds_serial",
    [
        ([[["OU", "$PROFILE_UUID"]], [["CN", "$SERIAL_NUMBER"]]], False, True),
        ([[["OU", "$SERIAL_NUMBER"]], [["cn", "$PROFILE_UUID"]]], True, False),
        ([[["O", "Acme"], ["2.5.4.3", "$SERIAL_NUMBER $PROFILE_UUID"]]], True, True),
        # Which of several common names the inventory shows is not documented
        ([[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]], [["CN", "$SERIAL_NUMBER"]]], False, True),
        ([[["OU", "$PROFILE_UUID"]]], False, False),
        ([], False, False),
        ("CN=$SERIAL_NUMBER $PROFILE_UUID", True, True),
    ],
)
def test_only_the_common_name_of_a_subject_is_in_the_inventory(
    subject: object, holds_uuid: bool, holds_serial: bool
) -> None:
    known = Subject.of_profile(profile_with(subject))
    assert (known.holds_uuid, known.holds_serial) == (holds_uuid, holds_serial)


def judge(subject: Subject, name: str, serial: str = "C02A") -> Proof:
    return subject.judge(PrismCertificate("d-1", serial, name), serial)


def judge_by(profile: CustomProfile | None, name: str, serial: str = "C02A") -> Proof:
    return judge(Subject.of_profile(profile), name, serial)


@pytest.mark.parametrize(
    "profile, name, proof",
    [
        (DEFAULT, f"C02A {UUID}", Proof.PROVED),
        (DEFAULT, f"c02a {UUID.upper()}", Proof.PROVED),
        (DEFAULT, f"C02A {ITEM}", Proof.PROVED),  # the variable may stand for the item's id
        (DEFAULT, f"C02A {OLD}", Proof.FORMER),
        # Of other authorities: Wi-Fi, Device Access, Kerberos
        (DEFAULT, "C02A.wifi.acme.com", Proof.NONE),
        (DEFAULT, "C02A", Proof.NONE),
        (DEFAULT, "com.apple.kerberos.kdc", Proof.NONE),
        # The copy of another Mac's certificate
        (DEFAULT, f"C02B {UUID}", Proof.NONE),
        (DEFAULT, f"C02AB {OLD}", Proof.NONE),
        (UUID_ALONE, UUID, Proof.PROVED),
        (UUID_ALONE, "C02A", Proof.NONE),
        # Without the UUID in the subject nothing can be proved
        (SERIAL_ALONE, "C02A", Proof.POSSIBLE),
        (SERIAL_ALONE, "C02A.wifi.acme.com", Proof.POSSIBLE),
        (SERIAL_ALONE, "C02B", Proof.NONE),
        (NEITHER, "ada@acme.com", Proof.NONE),
        (NEITHER, "com.apple.kerberos.kdc", Proof.NONE),
        # The subject of a console-managed item is unknown
        (CONSOLE, f"C02A {ITEM}", Proof.PROVED),
        (CONSOLE, ITEM, Proof.PROVED),
        (CONSOLE, f"C02A {UUID}", Proof.FORMER),
        (CONSOLE, "C02A", Proof.POSSIBLE),
        (CONSOLE, "com.apple.kerberos.kdc", Proof.NONE),
        # and a profile that does not exist has none.
        (None, "C02A", Proof.POSSIBLE),
        (None, "", Proof.NONE),
    ],
)
def test_the_uuid_of_the_profile_proves_a_certificate(
    profile: CustomProfile | None, name: str, proof: Proof
) -> None:
    assert judge_by(profile, name) is proof


def test_a_profile_without_a_uuid_is_known_by_its_id_alone() -> None:
    assert Subject.of_profile(DEFAULT).uuids == {UUID, ITEM}
    assert Subject.of_profile(profile("$PROFILE_UUID", uuid="")).uuids == {ITEM}
    assert Subject.of_profile(CONSOLE).uuids == {ITEM}


def test_a_mac_without_a_serial_has_only_what_the_uuid_proves() -> None:
    assert judge_by(SERIAL_ALONE, "C02A", serial="") is Proof.NONE
    assert judge_by(UUID_ALONE, UUID, serial="") is Proof.PROVED


def test_the_uuid_of_an_installed_profile_proves_as_well() -> None:
    installed = [InstalledProfile("d-1", "C02A", payload_uuid=OLD), InstalledProfile("d-1", "C02A")]
    known = Subject.of_profile(DEFAULT).installed(installed)
    assert judge(known, f"C02A {OLD}") is judge(known, f"C02A {UUID}") is Proof.PROVED
    assert judge(known, "C02A") is Proof.NONE
    # The subject still names the Mac, so another Mac's certificate proves nothing.
    assert judge(known, f"C02B {OLD}") is Proof.NONE


@pytest.mark.parametrize(
    "profile, can_be_proved",
    [(DEFAULT, True), (UUID_ALONE, True), (CONSOLE, True), (SERIAL_ALONE, False), (NEITHER, False)],
)
def test_a_subject_without_the_uuid_can_prove_nothing(
    profile: CustomProfile, can_be_proved: bool
) -> None:
    assert Subject.of_profile(profile).can_be_proved is can_be_proved


@pytest.mark.parametrize(
    "names, holds_uuid, holds_serial",
    [
        (["$SERIAL_NUMBER $PROFILE_UUID", "$PROFILE_UUID"], True, False),
        (["$SERIAL_NUMBER $PROFILE_UUID", "$SERIAL_NUMBER"], False, True),
        (["$SERIAL_NUMBER $PROFILE_UUID", None], None, None),
        (["$EMAIL", None], False, False),
        ([], None, None),
    ],
)
def test_of_several_profiles_what_one_lacks_all_lack(
    names: list[str | None], holds_uuid: bool | None, holds_serial: bool | None
) -> None:
    profiles = [profile(name) if name else CustomProfile(OLD) for name in names]
    both = Subject.of_profiles(profiles)
    assert (both.holds_uuid, both.holds_serial) == (holds_uuid, holds_serial)
    assert both.uuids == {uuid for each in profiles for uuid in Subject.of_profile(each).uuids}


@pytest.mark.parametrize(
    "profile, name, may_name, names_it",
    [
        (DEFAULT, f"CN=C02A {UUID.upper()}", True, True),
        (DEFAULT, f"CN=C02A {OLD}", True, False),
        (DEFAULT, "C02A Device Access", False, False),
        (DEFAULT, f"C02B {UUID}", True, False),
        (SERIAL_ALONE, "C02A Device Access", True, True),
        (CONSOLE, "C02A", True, True),
        (CONSOLE, "C02B", True, False),
    ],
)
def test_an_event_of_oktas_log_names_a_certificate(
    profile: CustomProfile, name: str, may_name: bool, names_it: bool
) -> None:
    subject = Subject.of_profile(profile)
    assert subject.may_name(name) is may_name
    assert subject.names_certificate(["12345", name], "C02A") is names_it


def test_certificates_are_selected_by_their_proof() -> None:
    rows = [
        PrismCertificate("d-1", "C02A", name) for name in (f"C02A {UUID}", "C02A", f"C02A {OLD}")
    ]
    subject = Subject.of_profile(DEFAULT)
    assert subject.select(rows, "C02A", Proof.PROVED) == rows[:1]
    assert subject.select(rows, "C02A", Proof.PROVED, Proof.FORMER) == [rows[0], rows[2]]


@pytest.mark.parametrize(
    "profile, names_serial_alone",
    [(CONSOLE, False), (CustomProfile(ITEM, mobileconfig="unreadable"), False)]
    + [(SERIAL_ALONE, True), (DEFAULT, False)],
)
def test_of_a_known_payload_only_a_subject_that_is_known_to_lack_the_uuid_needs_none(
    profile: CustomProfile, names_serial_alone: bool
) -> None:
    subject = Subject.of_profile(profile).of_payload(ITEM, UUID)
    assert subject.uuids == {ITEM, UUID}
    assert subject.names_certificate([f"C02A {UUID}"], "C02A")
    assert subject.names_certificate(["C02A Device Access"], "C02A") is names_serial_alone
    assert Subject.of_profile(profile).of_payload(ITEM, "okta").uuids == {ITEM}


@pytest.mark.parametrize("uuid", ["okta", "C02A", "1", "-"])
def test_a_payload_uuid_that_is_a_word_proves_nothing(uuid: str) -> None:
    subject = Subject.of_profile(profile("$SERIAL_NUMBER $PROFILE_UUID", uuid))
    assert subject.uuids == {ITEM}
    assert judge(subject, f"C02A {uuid} 802.1X") is Proof.NONE
    assert subject.installed([InstalledProfile("d1", payload_uuid=uuid)]) == subject


REPORTED = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
LATER = REPORTED + INTERVAL + timedelta(seconds=1)


@pytest.mark.parametrize(
    "reported, since, outdated",
    [
        (REPORTED, (REPORTED,), False),
        (REPORTED, (None, REPORTED + INTERVAL), False),
        (REPORTED, (None, LATER), True),
        (REPORTED, (), False),
        (None, (LATER,), False),
    ],
)
def test_a_report_does_not_know_what_came_more_than_a_day_later(
    reported: datetime | None, since: tuple[datetime | None, ...], outdated: bool
) -> None:
    assert is_outdated(reported, *since) is outdated


@pytest.mark.parametrize(
    "name, seen, proof",
    [
        (f"C02A {UUID}", REPORTED.isoformat(), Proof.NONE),
        (f"c02a {UUID.upper()}", None, Proof.NONE),
        (f"C02A {OLD}", None, Proof.NONE),
        (f"C02A {UUID}", LATER.isoformat(), Proof.PROVED),
        (f"C02A {ITEM}", None, Proof.PROVED),
    ],
)
def test_what_another_authority_signed_proves_nothing_whatever_its_name(
    name: str, seen: str | None, proof: Proof
) -> None:
    names = frozenset({f"c02a {UUID}", f"c02a {OLD}"})
    subject = Subject.of_profile(DEFAULT).without(UnattestedNames(names, REPORTED))
    assert subject.judge(PrismCertificate("d-1", "C02A", name, seen), "C02A") is proof


@pytest.mark.parametrize("profile", [DEFAULT, SERIAL_ALONE, CONSOLE])
def test_an_event_does_not_name_what_another_authority_signed(profile: CustomProfile) -> None:
    subject = Subject.of_profile(profile)
    name = f"C02A {UUID}"
    others = subject.without(UnattestedNames(frozenset({name.lower()}), REPORTED))
    assert subject.names_certificate([name], "C02A", REPORTED)
    assert not others.names_certificate([name], "C02A", REPORTED)
    assert others.names_certificate([name], "C02A", LATER)
