# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The join: every Mac of both vendors once, whatever order the tables came in."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ledger import (
    Expiries,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import AgeLimits
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.join import (
    DeviceRecords,
    FleetTables,
    Statuses,
    build_mac_facts,
    find_unlisted,
    gather_certificates,
    join_fleet,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    STAGES,
    classify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    summarize_events,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEvent,
    OktaDevice,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import okta
from tests.support.strategies.kandji import (
    certificates,
    devices,
    hostile_devices,
    rings,
    statuses,
)
from tests.support.strategies.values import NOW

Rows = tuple[
    list[KandjiDevice],
    list[ItemStatus],
    list[ItemStatus],
    list[PrismCertificate],
    list[OktaDevice],
    list[LogEvent],
]
rows = st.tuples(
    devices(),
    statuses(),
    statuses(),
    st.lists(certificates(), max_size=4),
    st.lists(
        st.one_of(okta.devices(), okta.hostile_devices()),
        max_size=3,
        unique_by=lambda each: each.id,
    ),
    st.lists(okta.events(), max_size=3),
)


def tables_of(read: Rows, some: list[Ring]) -> FleetTables:
    listed, profile, app, seen, found, log = read
    profile_statuses, apps, records = Statuses(), Statuses(), DeviceRecords()
    for status in profile:
        profile_statuses.add(status)
    for status in app:
        apps.add(status)
    for device in found:
        records.add(device)
    profiles = [ring.profile for ring in some if ring.profile]
    return FleetTables(
        [build_mac_facts(device, some) for device in listed],
        set(),
        profile_statuses,
        gather_certificates(seen, profiles),
        apps,
        set(),
        records,
        summarize_events(log),
    )


def stages_of(read: Rows, some: list[Ring]) -> list[tuple[str, str, str]]:
    macs = join_fleet(tables_of(read, some), some, Expiries(), False)
    return sorted(
        (mac.serial.lower(), mac.device_id, classify(mac, AgeLimits(NOW)).stage) for mac in macs
    )


@given(rows, rings())
def test_every_mac_and_record_is_there_once(read: Rows, some: list[Ring]) -> None:
    tables = tables_of(read, some)
    find_unlisted(tables, [ring.profile for ring in some if ring.profile])
    macs = join_fleet(tables, some, Expiries(), False)
    ids = [mac.device_id for mac in macs if mac.in_kandji]
    assert sorted(ids) == sorted(device.device_id for device in read[0])
    records = {record.id for mac in macs for record in mac.records}
    assert records == {device.id for device in read[4]}
    assert all(classify(mac, AgeLimits(NOW)).stage in STAGES for mac in macs)
    foreign = [mac for mac in macs if not mac.in_kandji]
    known = {mac.serial.lower() for mac in macs if mac.in_kandji}
    assert all(not mac.serial or mac.serial.lower() not in known for mac in foreign)


@given(rows, rings(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(read: Rows, some: list[Ring], chance: t.Any) -> None:
    expected = stages_of(read, some)
    shuffled = copy.copy(read)
    for table in shuffled[:5]:  # events come newest first
        chance.shuffle(table)
    assert stages_of(shuffled, some) == expected


@given(st.lists(statuses()))
def test_the_better_status_counts(several: list[list[ItemStatus]]) -> None:
    found, items = Statuses(), []
    for some in several:
        item = Statuses()
        for status in some:
            item.add(status)
        items.append(item)
        found.add_item(item)
    for device_id, state in found.states.items():
        own = [each.states[device_id] for each in items if device_id in each.states]
        assert state in own and (state == "installed") is ("installed" in own)
        assert (device_id in found.several) is (own.count("installed") > 1)


@given(statuses(), st.randoms(use_true_random=False))
def test_the_order_of_statuses_does_not_matter(some: list[ItemStatus], chance: t.Any) -> None:
    found, shuffled = Statuses(), Statuses()
    for status in some:
        found.add(status)
    for status in chance.sample(some, len(some)):
        shuffled.add(status)
    assert shuffled.states == found.states


@given(hostile_devices(), rings())
def test_a_device_of_any_form_is_joined(device: KandjiDevice, some: list[Ring]) -> None:
    mac = build_mac_facts(device, some)
    assert mac.ring is None or device.blueprint_id in {
        each for ring in some for each in ring.blueprint_ids
    }
    assert classify(mac, AgeLimits(NOW)).stage in STAGES
