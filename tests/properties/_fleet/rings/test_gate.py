# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: open only by proof, and an unknown status opens nothing."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    MacReport,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.gate import (
    Expected,
    GateFacts,
    OktaProof,
    describe_wait,
    judge,
    judge_absent,
    managed_records,
    stand_in_statuses,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Proof,
    Subject,
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    ItemStatus,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEvent,
    OktaDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    DEVICE_IDS,
    certificates,
    installed_profiles,
    statuses,
)
from tests.support.strategies.okta import devices as okta_devices
from tests.support.strategies.okta import events
from tests.support.strategies.values import SERIALS, UUIDS, datetimes

subjects = st.builds(
    Subject,
    st.frozensets(st.sampled_from([each.lower() for each in UUIDS])),
    st.sampled_from((True, False, None)),
    st.sampled_from((True, False, None)),
)
expectations = st.builds(
    Expected,
    st.sampled_from((*(each.lower() for each in UUIDS), "")),
    st.one_of(st.none(), datetimes()),
    subjects,
)
NOTHING = OktaProof(lambda: [], lambda: False)


@st.composite
def facts(draw: st.DrawFn) -> GateFacts:
    return GateFacts.of_mac(
        draw(st.sampled_from(SERIALS)),
        DEVICE_IDS[0],
        draw(statuses()),
        draw(st.lists(installed_profiles(), max_size=3)),
        draw(st.lists(certificates(), max_size=3)),
    )


@given(facts(), expectations)
def test_without_okta_the_gate_opens_only_by_the_profile_and_its_certificate(
    mac: GateFacts, expected: Expected
) -> None:
    verdict = judge(mac, NOTHING, expected)
    assert verdict.is_met is (verdict.proof is not None)
    if verdict.is_met:
        installed = [each for each in mac.profiles if expected.is_installed(each)]
        known = expected.subject.installed(installed)
        assert installed and known.select(mac.certificates, mac.serial, Proof.PROVED)
    bare = GateFacts(mac.serial, mac.status, mac.profiles)
    assert not judge(bare, NOTHING, expected).is_met
    assert describe_wait([verdict]).startswith("waiting for ")


@given(facts(), expectations, st.lists(events(), max_size=3), st.booleans())
def test_an_unknown_status_never_opens_the_gate(
    mac: GateFacts, expected: Expected, log: list[LogEvent], managed: bool
) -> None:
    okta = OktaProof(lambda: log, lambda: managed)
    unknown = ItemStatus(DEVICE_IDS[0], status="UNKNOWN_TO_US")
    without = GateFacts(mac.serial, unknown, (), mac.certificates)
    assert not judge(without, okta, expected).is_met
    if not judge(mac, okta, expected).is_met:
        failed = GateFacts(mac.serial, ItemStatus(DEVICE_IDS[0], status="ERROR"), mac.profiles)
        assert not judge(failed, okta, expected).is_met


@given(facts(), expectations, st.lists(events(), max_size=3), st.one_of(st.none(), datetimes()))
def test_what_a_mac_reports_of_other_authorities_never_opens_the_gate(
    mac: GateFacts, expected: Expected, log: list[LogEvent], reported: datetime | None
) -> None:
    okta = OktaProof(lambda: log, lambda: False)
    names = frozenset(each.common_name.lower() for each in mac.certificates)
    verdict = judge(mac, okta, expected)
    checked = judge(mac, okta, expected, lambda: MacReport(UnattestedNames(names, reported)))
    assert verdict.is_met or checked == verdict
    if reported is None and expected.updated_at is None and not log:
        assert not checked.is_met


@given(
    certificates(),
    st.sampled_from(SERIALS),
    st.lists(installed_profiles(), max_size=2),
    datetimes(),
)
def test_an_older_certificate_of_the_item_does_not_count(
    certificate: PrismCertificate,
    serial: str,
    profiles: list[InstalledProfile],
    written: datetime,
) -> None:
    expected = Expected("", written, Subject(frozenset({UUIDS[0]}), True, True))
    first = certificate.first_seen
    bare = [each for each in profiles if not each.payload_uuid]
    if first is not None and first < written:
        assert not expected.is_certificate(certificate, serial, bare)


@given(st.frozensets(st.sampled_from(DEVICE_IDS)), st.lists(installed_profiles(), max_size=3))
def test_absence_is_proved_only_by_no_holder(
    holders: frozenset[str], profiles: list[InstalledProfile]
) -> None:
    assert judge_absent("C02", DEVICE_IDS[0], holders).is_met is (DEVICE_IDS[0] not in holders)
    found = stand_in_statuses(profiles)
    assert [each.device_id for each in found] == [each.device_id for each in profiles][:1]


@given(st.lists(okta_devices(), max_size=3, unique_by=lambda each: each.id))
def test_a_record_is_managed_only_if_one_of_its_users_is(records: list[OktaDevice]) -> None:
    users = {record.id: record.users or () for record in records}
    for record in managed_records(records, users):
        assert record in records and any(user.is_managed for user in users[record.id])
