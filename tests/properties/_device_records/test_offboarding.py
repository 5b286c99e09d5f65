# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person leaves: nobody who stays loses a Mac, and nothing unknown counts as unused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Lifecycle,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.offboarding import (
    find_blocked,
    find_deactivated,
    find_other_users,
    find_unfinished,
    find_without_users,
    list_addresses,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaDevice,
    OktaUser,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import device_users, devices

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
NAMES = st.sampled_from(("ann@acme.com", "Ann@Acme.com", "a1@corp.acme.com", "ann", "00u1"))
IDS = st.sets(st.sampled_from(("00uada", "00ubob", "00u1", "")))
Records = list[tuple[OktaDevice, tuple[DeviceUser, ...]]]
RECORDS = st.lists(st.tuples(devices(), device_users()), max_size=4)


@given(RECORDS, IDS)
def test_one_more_who_leaves_takes_no_other_person_off_a_mac(
    records: Records, leaving: set[str]
) -> None:
    others = find_other_users(records, leaving)
    staying = [
        (record, [each for each in users if each.user.id not in leaving])
        for record, users in records
    ]
    assert find_other_users(staying, ()) == others
    everybody = find_other_users(records, ())
    assert set(others) <= set(everybody)
    assert len(set(everybody)) == len(everybody)


@given(RECORDS)
def test_what_okta_does_not_show_counts_as_used(records: Records) -> None:
    before = set(find_other_users(records, ()))
    unknown = [
        (
            replace(record, status=None),
            [replace(user, user=replace(user.user, status=None)) for user in users],
        )
        for record, users in records
    ]
    assert before <= set(find_other_users(unknown, ()))
    assert find_deactivated(unknown) == []


@given(RECORDS, st.sets(st.integers(0, 3)))
def test_a_deactivated_record_without_users_is_unfinished_or_a_block(
    records: Records, cut: set[int]
) -> None:
    lifecycles = {
        record.id: Lifecycle(deactivated_by="deletion")
        for number, (record, _users) in enumerate(records)
        if number in cut
    }
    for record, users in records:
        unfinished = find_unfinished([(record, users)], lifecycles)
        blocked = find_blocked([(record, users)], lifecycles, NOW)
        found = [*unfinished, *(each.device_id for each in blocked)]
        is_idle = record.status == "DEACTIVATED" and not users
        assert found == ([record.id] if is_idle else [])


@given(RECORDS)
def test_a_record_without_users_is_of_no_mac_that_others_use(records: Records) -> None:
    others = find_other_users(records, ())
    without = {each.serial.lower() for each in find_without_users(records, others)}
    assert without.isdisjoint(other.serial.lower() for other in others)


@given(NAMES, st.none() | NAMES, st.none() | NAMES)
def test_addresses_are_each_named_once_and_there_is_one(
    name: str, login: str | None, email: str | None
) -> None:
    addresses = list_addresses(OktaUser("00u1", login, email=email), name)
    assert len({address.lower() for address in addresses}) == len(addresses) > 0
    assert all("@" in address for address in addresses) or addresses == [name]
    if email and "@" in email:
        assert addresses[0] == email
