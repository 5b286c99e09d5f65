# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each piece that asks which Macs hold an item's profile gets the same answer, whatever the case
of the ids in its options and in Kandji's answers.
"""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import reader
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_reader import (
    CertificateReports,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    apply,
    plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    LibraryItem,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import (
    device_trust_gate,
    device_trust_renewal_info,
    kandji_profile_redelivery,
)

ITEM, PLATFORM = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b1a", {"platform": "Mac"}
FORMS = {"lower": ITEM, "upper": ITEM.upper(), "mixed": ITEM[:18].upper() + ITEM[18:]}
SERIAL, DEVICE, UUID = (
    "C02XK1ZAJG5J",
    "4F6c0f5e-77A1-4b7c-9a3a-0f3a9d3f7b11",
    "0F1E2D3C-1111-4111-8111-00000000000a",
)
UNCHECKED = {"certificate_check_item_id": None}
WRITTEN, SEEN = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"


class Tenant:
    """A tenant with one Mac that holds the profile.

    It compares filters with case, stores ids in lower case, and writes the item's id in answers in
    one of FORMS.
    """

    def __init__(self, answered: str, reports: bool = True, status: str | None = None) -> None:
        self.answered, self.reports, self.status = answered, reports, status
        self.transport = SimpleNamespace(now=lambda: 1795600000.0)

    def library_items(self, _blueprint_id: str) -> list[LibraryItem]:
        return [LibraryItem.from_row({"id": self.answered, "name": "SCEP"})]

    def prism_profiles(
        self, row_filter: t.Any, _blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        prefix = "com.kandji.profile.custom."
        stored = {"payload_identifier": prefix + ITEM, "serial_number": SERIAL}
        tests = {"like": lambda part, value: part in value, "in": lambda part, value: part == value}
        asked = [
            any(tests[operator](part, stored[column]) for part in parts)
            for column, operators in row_filter.items()
            for operator, parts in operators.items()
        ]
        if self.reports and all(asked):
            yield InstalledProfile.from_row(
                {
                    **stored,
                    "payload_identifier": prefix + self.answered,
                    "device_id": DEVICE,
                    "payload_uuid": UUID,
                    "profile_data": [{"type": "com.apple.security.scep"}],
                    "created_at": SEEN,
                }
            )

    def prism_certificates(self, _row_filter: t.Any) -> t.Iterator[PrismCertificate]:
        row = {"serial_number": SERIAL, "common_name": f"{SERIAL} {UUID}", "created_at": SEEN}
        yield PrismCertificate.from_row({**row, "device_id": DEVICE})

    def item_statuses(self, *_ids: str) -> t.Iterator[ItemStatus]:
        row = {"computer": {"id": DEVICE}, "status": self.status}
        return iter([ItemStatus.from_row(row)] if self.status else [])

    def devices(self, **_filters: str) -> t.Iterator[KandjiDevice]:
        row = {"device_id": DEVICE, "serial_number": SERIAL, "blueprint_id": "b", "tags": []}
        yield KandjiDevice.from_row({**row, **PLATFORM})

    def devices_with_serials(self, _serials: t.Any, **filters: str) -> t.Iterator[KandjiDevice]:
        return self.devices(**filters)

    def blueprints(self) -> t.Iterator[Blueprint]:
        return iter([Blueprint("b", "Canary")])

    def profiles(self) -> t.Iterator[CustomProfile]:
        return iter([self.profile()])

    def profile(self) -> CustomProfile:
        payloads = [{"PayloadType": "com.apple.security.scep"}]
        document = plistlib.dumps({"PayloadUUID": UUID, "PayloadContent": payloads}).decode()
        row = {"id": self.answered, "name": "SCEP", "profile": document, "updated_at": WRITTEN}
        return CustomProfile.from_row(row)


def run_of(tenant: Tenant, **params: t.Any) -> t.Any:
    def no_warning(text: str, *_how: float) -> None:
        raise AssertionError(text)

    okta = SimpleNamespace(
        log_events=lambda *_search, **_how: iter([]), devices=lambda *_search, **_how: iter([])
    )
    return SimpleNamespace(
        params=params,
        kandji=tenant,
        okta=okta,
        check_mode=True,
        warn=no_warning,
        poll=partial(Poll, no_warning, may_pass=error_may_pass),
        masker=Masker(),
    )


def gate(tenant: Tenant, option: str) -> bool:
    params = {"library_item_id": option, "payload_uuid": UUID, "updated_at": WRITTEN}
    run = run_of(
        tenant, **params, **UNCHECKED, state="present", test_macs=[SERIAL], wait=0, poll_interval=1
    )
    return bool(device_trust_gate.run(run)["met"])


def gate_absent(tenant: Tenant, option: str) -> bool:
    params = {"library_item_id": option, "payload_uuid": UUID, "updated_at": None}
    run = run_of(
        tenant, **params, **UNCHECKED, state="absent", test_macs=[SERIAL], wait=0, poll_interval=1
    )
    return not device_trust_gate.run(run)["met"]


def redelivery(tenant: Tenant, option: str) -> bool:
    params = {"library_item_id": option, "issued_before": WRITTEN, "serials": [SERIAL]}
    flags = dict.fromkeys(("unfinished", "plan_only", "test_enrollment"), False)
    run = run_of(tenant, **params, **flags, tag="x", wait=0, poll_interval=1, max_started=1)
    [mac] = kandji_profile_redelivery.run(run)["macs"]
    return {"done": True, "delivering": False}[mac["state"]]


def renewal(tenant: Tenant, _option: str) -> bool:
    ring = decision(tenant)
    return {(1, 100): True, (0, 0): False}[ring["macs_to_enroll"], ring["healthy_percent"]]


def decision(tenant: Tenant) -> dict[str, t.Any]:
    run = run_of(
        tenant,
        rings=[{"name": "canary", "blueprints": ["Canary"], "scep_profile": "SCEP"}],
        scep_profile_prefix=None,
        challenge=None,
        url=None,
        certificate_check_item_id=None,
        state_dir=None,
        renew_within_days=3000,
        min_days_between=0,
        min_healthy_percent=90,
        max_enrollments_per_hour=None,
        written_before="2026-12-31T00:00:00Z",
        authority_key_id=None,
        certificate_expiry={},
    )
    [ring] = device_trust_renewal_info.run(run)["rings"]
    return t.cast("dict[str, t.Any]", ring)


def limits(tenant: Tenant, _option: str) -> bool:
    return bool(reissued(tenant))


def reissued(tenant: Tenant) -> int:
    wanted = plan.Wanted("SCEP", None, [])
    changed = plan.Plan(wanted, "SCEP", tenant.profile(), fields={"name": "x"})
    (reach,) = apply.find_reaches(tenant, [changed], "add")  # type: ignore[arg-type]  # stub
    return len(reach.changed)


def reset(tenant: Tenant, _option: str) -> bool:
    ring = Ring("canary", {"b"}, replace(tenant.profile(), mobileconfig=""))
    reports = CertificateReports(tenant, frozenset, None)  # type: ignore[arg-type]  # stub
    macs, _fleet = reader.read_macs(tenant, [SERIAL], ["MACOS"], [ring], reports)  # type: ignore[arg-type]  # stub
    return macs[SERIAL.lower()].profile_live


ASKERS = {
    asker.__name__: asker for asker in (gate, gate_absent, redelivery, renewal, limits, reset)
}


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize("option", FORMS)
@pytest.mark.parametrize("answered", FORMS)
def test_each_asker_sees_the_profile_in_any_case(asker: str, option: str, answered: str) -> None:
    assert ASKERS[asker](Tenant(FORMS[answered]), FORMS[option])


@pytest.mark.parametrize("asker", ASKERS)
def test_no_asker_sees_a_profile_that_no_mac_reported(asker: str) -> None:
    assert not ASKERS[asker](Tenant(ITEM, reports=False), ITEM)


@pytest.mark.parametrize("status", ["PASS", "PENDING", "A word of next year", None])
@pytest.mark.parametrize("reports", [True, False])
def test_a_renewal_allows_as_many_enrollments_as_the_write_counts(
    status: str | None, reports: bool
) -> None:
    """The playbook hands the number on as max_reissue. A smaller one would refuse each renewal."""
    tenant = Tenant(ITEM, reports, status)
    assert decision(tenant)["macs_to_enroll"] == reissued(tenant)
