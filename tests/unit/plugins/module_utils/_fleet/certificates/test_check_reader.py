# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate check of single Macs, read with as few calls as possible."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_reader import (
    CertificateReports,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    CheckedExpiry,
    MacReport,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UNKNOWN,
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    ItemStatus,
)

OWN, ACCESS = "1699E426" * 5, "B94E9A79" * 5
WRITTEN = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


class Vendors:
    """A tenant with a report for each of these devices, and the authority's keys."""

    def __init__(self, **keys: str | None) -> None:
        self.keys, self.asked = keys, list[str]()

    def item_statuses(self, item_id: str, device_id: str | None = None) -> list[ItemStatus]:
        self.asked.append(f"{item_id} {device_id or 'all'}")
        return [_status(*each) for each in self.keys.items() if device_id in (None, each[0])]

    def read_keys(self) -> dict[str, None]:
        self.asked.append("keys")
        return {OWN: None}

    def reports(self, item_id: str | None = "check") -> CertificateReports:
        return CertificateReports(t.cast("t.Any", self), self.read_keys, item_id)


def _status(device_id: str, key: str | None) -> ItemStatus:
    identity = {
        "cn": device_id,
        "aki": key,
        "sha256": "a" * 64,
        "not_after": "2027-11-23T10:00:00Z",
    }
    report = {"device_trust_certificates": 1, "count": 1 if key else 0}
    identities = [identity] if key else []
    return ItemStatus(
        device_id, log=json.dumps({**report, "identities": identities}, separators=(",", ":"))
    )


def names_of(reports: CertificateReports, *device_ids: str, devices: int = 9000) -> t.Any:
    read = reports.read_unattested(device_ids, devices)
    return {device_id: set(others.names) for device_id, others in read.items()}


def test_the_reports_of_these_macs_and_the_keys_are_read_once() -> None:
    vendors = Vendors(d1=ACCESS, d2=OWN, d3=ACCESS)
    reports = vendors.reports()
    assert names_of(reports, "d1", "d2") == {"d1": {"d1"}, "d2": set()}
    assert vendors.asked == ["check d1", "check d2", "keys"]
    names_of(reports, "d3")
    assert vendors.asked[3:] == ["check d3"]


def test_the_whole_list_is_read_if_that_takes_fewer_calls() -> None:
    vendors = Vendors(d1=ACCESS, d2=OWN, d3=ACCESS)
    assert names_of(vendors.reports(), "d1", "d2", devices=599) == {"d1": {"d1"}, "d2": set()}
    assert vendors.asked == ["check all", "keys"]
    names_of(vendors.reports(), "d1", "d2", devices=600)
    assert vendors.asked[2:] == ["check d1", "check d2", "keys"]


@pytest.mark.parametrize(
    "item_id, device_ids, asked",
    [(None, ["d1"], []), ("", ["d1"], []), ("check", [], []), ("check", ["d9"], ["check d9"])],
)
def test_nothing_is_read_that_decides_nothing(
    item_id: str | None, device_ids: list[str], asked: list[str]
) -> None:
    vendors = Vendors(d1=ACCESS)
    assert names_of(vendors.reports(item_id), *device_ids) == {}
    assert vendors.asked == asked


def test_a_mac_without_identities_needs_no_keys() -> None:
    vendors = Vendors(d1=None)
    assert names_of(vendors.reports(), "d1") == {}
    assert vendors.asked == ["check d1"]


def test_a_report_has_the_expiry_of_a_certificate_of_the_authority() -> None:
    vendors = Vendors(d1=ACCESS, d2=OWN, d3=None)
    reports = vendors.reports()
    access, own = (reports.read_report(each, UNKNOWN) for each in ("d1", "d2"))
    assert access == MacReport(UnattestedNames(frozenset({"d1"})))
    assert own.expiry == CheckedExpiry("2027-11-23T10:00:00Z", None, OWN) and own.is_attested
    assert (access.common_name, own.common_name) == ("", "d2")
    dated = own._replace(expiry=CheckedExpiry("2027-11-23T10:00:00Z", WRITTEN))
    assert (MacReport().reported_at, own.reported_at, dated.reported_at) == (None, None, WRITTEN)
    assert reports.read_report("d3", UNKNOWN) == MacReport()
    assert vendors.reports(None).read_report("d1", UNKNOWN) == MacReport()
    assert vendors.asked.count("keys") == 1
