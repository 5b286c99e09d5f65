# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target is named, and whether its certificates are known to live."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Mac,
    RecordTarget,
    login_of,
    name_of,
    outlives_certificates,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaUser,
)

from tests.unit.plugins.module_utils._device_records.examples import START, device, target


@pytest.mark.parametrize(
    "one, login, name",
    [
        (OktaUser("00u1", "ada@acme.com", "Ada", "Smith"), "ada@acme.com", "Ada Smith"),
        (OktaUser("00u1", "ada@acme.com", "Ada"), "ada@acme.com", "Ada"),
        (OktaUser("00u1", "ada@acme.com"), "ada@acme.com", "ada@acme.com"),
        (OktaUser("00u1"), "00u1", "00u1"),
        (OktaUser(""), "unknown user", "unknown user"),
    ],
)
def test_a_user_is_named_by_login_or_id(one: OktaUser, login: str, name: str) -> None:
    assert (login_of(DeviceUser(one)), name_of(DeviceUser(one))) == (login, name)


def test_a_target_without_a_record_has_the_serial_that_selected_it() -> None:
    assert RecordTarget("C02A").serial == "C02A" and RecordTarget("guo1", by_id=True).serial == ""
    assert RecordTarget("ada@acme.com", device(serial_number="")).serial == ""
    assert RecordTarget("C02A").id == "" and RecordTarget("C02A").registered_at is None


@pytest.mark.parametrize(
    "certificates, revoked, outlives",
    [
        ((), START, True),
        ((), None, False),
        ((START,), START, False),
        ((START - timedelta(seconds=1),), START, True),
        ((START + timedelta(days=1),), START, False),
    ],
)
def test_a_revocation_counts_if_it_came_after_the_newest_certificate(
    certificates: tuple[datetime, ...], revoked: datetime | None, outlives: bool
) -> None:
    one = target(None, mac=Mac("C02A", certificates=certificates))
    assert outlives_certificates(one, revoked) is outlives
