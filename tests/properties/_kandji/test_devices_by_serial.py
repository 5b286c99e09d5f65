# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices by serial: none is lost, and the order of the rows decides nothing."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.devices_by_serial import (
    group_by_serial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from hypothesis import given, strategies

DEVICES = strategies.lists(
    strategies.builds(
        KandjiDevice,
        device_id=strategies.sampled_from(["d1", "d2", "d3", "d4", "d5"]),
        serial=strategies.sampled_from(["", "C02A", "c02a", "C02B", "VM-1+x"]),
    ),
    unique_by=lambda device: device.device_id,
)


@given(DEVICES)
def test_each_device_with_a_serial_is_in_the_group_of_its_serial_once(
    devices: list[KandjiDevice],
) -> None:
    groups = group_by_serial([*devices, *devices])
    assert sorted(each.device_id for group in groups.values() for each in group) == sorted(
        each.device_id for each in devices if each.serial
    )
    assert all(each.serial_key == key for key, group in groups.items() for each in group)


@given(DEVICES)
def test_the_order_of_the_rows_does_not_change_the_groups(devices: list[KandjiDevice]) -> None:
    groups, others = group_by_serial(devices), group_by_serial(reversed(devices))
    assert {key: set(group) for key, group in groups.items()} == {
        key: set(group) for key, group in others.items()
    }
