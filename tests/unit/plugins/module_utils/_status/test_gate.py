# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a test Mac has its profile and its certificate, and by what this was seen."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    ItemStatus,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status import gate

SERIAL, DEVICE = "C02XK1ZAJG5J", "0d5e-one"
COMMON_NAME = f"{SERIAL} 7D8A6F3C-1111-4111-8111-000000000001"


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


REPORTED, CERTIFICATE = (
    InstalledProfile(DEVICE),
    PrismCertificate(DEVICE, common_name=COMMON_NAME),
)
LOG, INVENTORY, MANAGED = (
    "pki.cert.issue in the System Log",
    "a certificate with its serial in Kandji's inventory, beside the installed profile",
    "a device record that is managed",
)


@pytest.mark.parametrize(
    "statuses, profiles, certificates, events, managed, proof, reason",
    [
        # The profile
        ([], [], [], [], False, None, "not installed yet"),
        ([status("PENDING")], [], [CERTIFICATE], [event()], True, None, "not installed yet"),
        ([status("PASS", "another")], [], [], [event()], True, None, "not installed yet"),
        (
            [status("failed", log="wrong challenge")],
            [],
            [],
            [],
            True,
            None,
            "could not be installed: wrong challenge.",
        ),
        (
            [status("failed")],
            [REPORTED],
            [CERTIFICATE],
            [event()],
            True,
            None,
            "Kandji gives no reason",
        ),
        ([status("PASS", "")], [], [], [event()], False, None, "not installed yet"),
        # The certificate
        ([status("PASS")], [], [], [], False, None, "no certificate for it was seen"),
        (
            [status("success")],
            [REPORTED],
            [],
            [event("another Mac")],
            False,
            None,
            "no certificate for it was seen",
        ),
        ([status("PASS")], [], [CERTIFICATE], [], False, None, "no certificate for it was seen"),
        (
            [status("PASS")],
            [REPORTED],
            [replace(CERTIFICATE, device_id="another")],
            [],
            False,
            None,
            "no certificate for it was seen",
        ),
        (
            [status("PASS")],
            [REPORTED],
            [replace(CERTIFICATE, common_name=f"VM{SERIAL}")],
            [],
            False,
            None,
            "no certificate for it was seen",
        ),
        (
            [status("PASS")],
            [REPORTED],
            [replace(CERTIFICATE, common_name="")],
            [],
            False,
            None,
            "no certificate for it was seen",
        ),
        # Any of three proofs
        ([status("PASS")], [], [], [event()], False, LOG, None),
        ([], [REPORTED], [], [event()], False, LOG, None),
        ([], [REPORTED], [CERTIFICATE], [], False, INVENTORY, None),
        ([status("PENDING")], [REPORTED], [CERTIFICATE], [], False, INVENTORY, None),
        ([status("PASS", "another"), status("PASS")], [], [], [], True, MANAGED, None),
    ],
)
def test_a_test_mac_is_judged(
    statuses: t.Any,
    profiles: t.Any,
    certificates: t.Any,
    events: t.Any,
    managed: bool,
    proof: str | None,
    reason: str | None,
) -> None:
    view = gate.judge(
        SERIAL,
        DEVICE,
        statuses,
        profiles,
        certificates,
        gate.Further(lambda: events, lambda: managed),
    )
    assert (view.serial, view.proof, view.met) == (SERIAL, proof, reason is None)
    assert (reason is None) == (view.reason is None)
    assert not reason or reason in str(view.reason)


@pytest.mark.parametrize(
    "statuses, profiles, certificates, events, asked",
    [
        ([status("failed")], [REPORTED], [CERTIFICATE], [event()], []),
        ([status("PENDING")], [], [CERTIFICATE], [event()], []),
        ([status("PASS")], [REPORTED], [CERTIFICATE], [event()], []),
        ([status("PASS")], [REPORTED], [], [event()], ["issued"]),
        ([status("PASS")], [], [CERTIFICATE], [event()], ["issued"]),
        ([status("PASS")], [REPORTED], [], [], ["issued", "managed"]),
    ],
)
def test_okta_is_asked_only_where_the_inventory_does_not_settle_it(
    statuses: t.Any, profiles: t.Any, certificates: t.Any, events: t.Any, asked: list[str]
) -> None:
    questions: list[str] = []

    def issued() -> list[dict[str, t.Any]]:
        questions.append("issued")
        return t.cast("list[dict[str, t.Any]]", events)

    def managed() -> bool:
        questions.append("managed")
        return False

    gate.judge(SERIAL, DEVICE, statuses, profiles, certificates, gate.Further(issued, managed))
    assert questions == asked


# What Macs had before the profile's last write proves nothing


UUID, WRITTEN = "7D8A6F3C-1111-4111-8111-000000000001", "2026-11-20T10:00:00.000000Z"
EXPECTED = gate.Expected(UUID.lower(), WRITTEN)
OF_ANOTHER = f"{SERIAL} 00000000-2222-4222-8222-000000000002"


@pytest.mark.parametrize(
    "profile, certificate, expected, proof, reason",
    [
        ({"payload_uuid": UUID}, {}, EXPECTED, INVENTORY, None),
        (
            {"payload_uuid": "of the one before"},
            {},
            EXPECTED,
            None,
            "as it was before its last change",
        ),
        (
            {"payload_uuid": UUID},
            {"common_name": OF_ANOTHER, "created_at": "2026-11-20T10:00:00Z"},
            EXPECTED,
            INVENTORY,
            None,
        ),
        (
            {"payload_uuid": UUID},
            {"common_name": OF_ANOTHER, "created_at": "2026-11-19T10:00:00Z"},
            EXPECTED,
            None,
            "no certificate for it was seen",
        ),
        (
            {"payload_uuid": UUID},
            {"common_name": SERIAL, "created_at": None},
            EXPECTED,
            INVENTORY,
            None,
        ),
        ({"payload_uuid": UUID}, {"created_at": "2026-11-19T10:00:00Z"}, EXPECTED, INVENTORY, None),
        (
            {"payload_uuid": UUID},
            {"common_name": f"{SERIAL}X {UUID}"},
            EXPECTED,
            None,
            "no certificate for it was seen",
        ),
        (
            {},
            {"common_name": OF_ANOTHER, "created_at": "2026-11-19T10:00:00Z"},
            gate.Expected(),
            INVENTORY,
            None,
        ),
        (
            {"payload_uuid": "any"},
            {"common_name": OF_ANOTHER, "created_at": "2026-11-21T10:00:00Z"},
            gate.Expected(None, WRITTEN),
            INVENTORY,
            None,
        ),
    ],
)
def test_only_what_came_after_the_last_write_counts(
    profile: t.Any,
    certificate: t.Any,
    expected: gate.Expected,
    proof: str | None,
    reason: str | None,
) -> None:
    nothing = gate.Further(lambda: [], lambda: False)
    view = gate.judge(
        SERIAL,
        DEVICE,
        [status("PASS")],
        [InstalledProfile.from_row({"device_id": DEVICE, **profile})],
        [replace(CERTIFICATE, **certificate)],
        nothing,
        expected,
    )
    assert (view.proof, view.met) == (proof, reason is None)
    assert not reason or reason in str(view.reason)


def test_of_two_installed_profiles_the_expected_one_counts() -> None:
    installed = [
        replace(REPORTED, payload_uuid="before"),
        replace(REPORTED, payload_uuid=UUID.lower()),
    ]
    assert gate.judge(
        SERIAL,
        DEVICE,
        [],
        installed,
        [CERTIFICATE],
        gate.Further(lambda: [], lambda: False),
        EXPECTED,
    ).met


@pytest.mark.parametrize(
    "target, named",
    [
        ([{"alternateId": COMMON_NAME}], True),
        ([{"displayName": f"CN={SERIAL}"}], True),
        ([{"detailEntry": {"subject": {"cn": COMMON_NAME.lower()}}}], True),
        ([{"detailEntry": {"names": ["x", COMMON_NAME]}}], True),
        ([{"displayName": "CA"}, {"displayName": COMMON_NAME}], True),
        ([{"alternateId": f"VM{SERIAL}"}], False),
        ([{"id": None, "detailEntry": {"n": 5}}], False),
        ([], False),
        (None, False),
    ],
)
def test_an_event_names_a_serial_in_any_text_of_its_targets(target: t.Any, named: bool) -> None:
    assert (
        gate.mentions(LogEvent.from_row({"target": target, "displayMessage": COMMON_NAME}), SERIAL)
        is named
    )


def test_what_the_result_says_of_a_view() -> None:
    assert gate.described(gate.View(SERIAL, reason="Not yet.")) == {
        "serial_number": SERIAL,
        "met": False,
        "proof": None,
        "reason": "Not yet.",
    }
    assert gate.described(gate.View(SERIAL, proof=LOG)) == {
        "serial_number": SERIAL,
        "met": True,
        "proof": LOG,
        "reason": None,
    }


# Items that the console made


@pytest.mark.parametrize(
    "row, found",
    [
        (
            {
                "payload_identifier": "com.kandji.profile.scep.1",
                "profile_data": [{"type": "com.apple.security.scep"}],
            },
            True,
        ),
        (
            {
                "payload_identifier": "com.kandji.profile.custom.1",
                "profile_data": [{"type": "com.apple.security.scep"}],
            },
            False,
        ),
        (
            {
                "payload_identifier": "com.kandji.profile.wifi.1",
                "profile_data": [{"type": "com.apple.wifi.managed"}],
            },
            False,
        ),
        ({"payload_identifier": "com.kandji.profile.scep.1", "profile_data": None}, False),
        (
            {
                "payload_identifier": "com.kandji.profile.scep.1",
                "profile_data": ["com.apple.security.scep"],
            },
            False,
        ),
        ({}, False),
    ],
)
def test_an_installed_scep_payload_that_is_no_custom_profile_stands_for_a_status(row, found):
    installed = [InstalledProfile.from_row({"device_id": "d-1", **row})]
    assert bool(gate.by_payload("d-1", installed)) is found
    assert gate.by_payload("d-2", installed) == []
