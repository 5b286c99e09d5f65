# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the certificates of a fleet expire, by the best source for each Mac."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import (
    device_trust_renewal_info as module,
)

MAC = KandjiDevice("d1", "C02x", platform="Mac")
WRITTEN = datetime(2026, 11, 20, tzinfo=timezone.utc)
SEEN, YEAR = "2026-11-22T00:00:00Z", timedelta(days=365)


def test_the_check_on_the_mac_counts_more_than_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    by_device = {"d1": "2027-01-01T00:00:00Z", "gone": "2026-01-01T00:00:00Z"}
    by_ledger = {"a": "2028-01-01T00:00:00Z", "B": "2028-01-01T00:00:00Z"}
    asked = []

    def known_expiry(*arguments: object) -> object:
        asked.append(arguments)
        return by_device, lambda serials: by_ledger if set(serials) == {"a", "B"} else {}

    monkeypatch.setattr(module, "known_expiry", known_expiry)
    run = SimpleNamespace(
        params={"certificate_check_item_id": "i", "state_dir": "/d"},
        kandji="kandji",
        okta=SimpleNamespace(org_url="https://acme.okta.com"),
    )
    expiry = module._read_expiry(run, [KandjiDevice("d1", "a"), KandjiDevice("d2", "B")])
    assert {serial: time.year for serial, time in expiry.items()} == {"A": 2027, "B": 2028}
    assert asked == [("kandji", "i", "https://acme.okta.com", "/d")]


@pytest.mark.parametrize(
    "known, certificates, expires",
    [
        ({"C02X": WRITTEN}, [PrismCertificate("d1", common_name="C02X 1")], WRITTEN),
        ({"C02X": WRITTEN}, [], WRITTEN),
        ({}, [], None),
        ({}, [PrismCertificate("d1", common_name="VMC02X 1", created_at=SEEN)], None),
        ({}, [PrismCertificate("d1", common_name="C02X 1")], WRITTEN + YEAR),
        (
            {},
            [
                PrismCertificate("d1", common_name="C02X 1", created_at=SEEN),
                PrismCertificate("d1", common_name="C02X 2", created_at="2026-11-21T00:00:00Z"),
            ],
            WRITTEN + timedelta(days=2) + YEAR,
        ),
    ],
)
def test_the_expiry_of_a_mac_is_the_reported_one_else_estimated(
    known: dict[str, datetime], certificates: list[PrismCertificate], expires: datetime | None
) -> None:
    fleet = module.Fleet([], [], [MAC], {"d1": certificates}, known)
    assert fleet.expiry_of(MAC, WRITTEN) == expires
    assert fleet.expiry_of(KandjiDevice("d2", "C02Y"), WRITTEN) is None
