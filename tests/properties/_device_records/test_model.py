# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets of a reset: what is unknown of a record, its users or its Mac is never an answer."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    RecordTarget,
    login_of,
    name_of,
    outlives_certificates,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    OktaDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import hostile_devices
from tests.support.strategies.resets import targets
from tests.support.strategies.values import datetimes


@given(targets())
def test_facts_of_a_target_come_from_its_record_and_its_mac(some: list[RecordTarget]) -> None:
    for target in some:
        assert set(target.active_users) <= set(target.users)
        assert len(target.managed_logins) == sum(user.is_managed for user in target.users)
        newer = target.newer_certificate
        if newer is not None:
            assert target.registered_at is not None and newer > target.registered_at
            assert target.mac is not None and newer in target.mac.certificates
        assert target.is_idle or target.users
        for user in target.users:
            assert login_of(user) and name_of(user)
            assert user.user.status not in (None, "ACTIVE") or user in target.active_users
        assert bool(target.revocation_key) is bool(target.id or target.serial)


@given(hostile_devices(), st.booleans())
def test_a_record_of_any_form_makes_a_target(device: OktaDevice, by_id: bool) -> None:
    target = RecordTarget("guo1", device, device.users or (), by_id=by_id)
    assert target.serial == device.serial_number and target.id == device.id
    assert target.registered_at is None or target.registered_at.tzinfo


@given(targets(), st.one_of(st.none(), datetimes()))
def test_a_revocation_outlives_only_what_was_seen_before(some: list[RecordTarget], revoked) -> None:
    for target in some:
        if outlives_certificates(target, revoked):
            assert revoked and all(
                revoked > seen for seen in (target.mac.certificates if target.mac else ())
            )
