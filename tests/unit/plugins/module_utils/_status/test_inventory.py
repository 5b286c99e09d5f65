# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts from rows, and shards of the fleet."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.devicetrust.okta_kandji.plugins.filter.shard import shard
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status import (
    inventory as macs,
)

ROW = {
    "serial_number": "C02",
    "device_id": "d-1",
    "okta_device_ids": [],
    "stage": "MANAGED",
    "ring": None,
    "blueprint": "IT",
    "os_version": "26.1",
    "tags": ["a", "b"],
    "flags": [],
}


def test_every_mac_has_a_name_of_its_own() -> None:
    nameless = {**ROW, "serial_number": ""}
    rows = [
        ROW,
        {**ROW, "device_id": "d-2"},
        {**nameless, "device_id": "d-3"},
        {**nameless, "device_id": "", "okta_device_ids": ["g1"]},
    ]
    assert [name for name, _values in macs.hosts(rows)] == ["C02", "C02-d-2", "d-3", "g1"]


def test_a_mac_is_in_a_group_for_each_thing_that_it_has() -> None:
    ((_name, values),) = macs.hosts([ROW])
    assert macs.groups(values) == ["stage_MANAGED", "blueprint_IT", "os_26.1", "tag_a", "tag_b"]


@pytest.mark.parametrize("shards", [1, 4, 7])
def test_shards_share_the_fleet_evenly_and_the_same_everywhere(shards: int) -> None:
    found = [macs.shard_of(f"C{number:07d}", shards) for number in range(7000)]
    assert (
        set(found) == set(range(1, shards + 1))
        and min(map(found.count, set(found))) > 7000 / shards * 0.85
    )
    assert macs.shard_of("c0000001", shards) == found[1]


def test_every_serial_is_in_one_shard_alone() -> None:
    serials = [f"C{number:07d}" for number in range(100)]
    parts = [shard(serials, number, 3) for number in (1, 2, 3)]
    assert sorted(sum(parts, [])) == serials


@pytest.mark.parametrize("number, shards", [(0, 3), (4, 3), ("one", 3), (1, 0)])
def test_a_shard_that_there_is_not_is_told(number: int, shards: int) -> None:
    with pytest.raises(AnsibleFilterError, match="shard"):
        shard(["C02"], number, shards)
