# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices by serial, also of Macs that were enrolled twice."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.devices_by_serial import (
    describe_several,
    filter_of_serials,
    group_by_serial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)

OLD, NEW, OTHER = (
    KandjiDevice("d1", "C02A"),
    KandjiDevice("d2", "c02a"),
    KandjiDevice("d3", "C02B"),
)


def test_devices_are_grouped_by_serial_in_any_case() -> None:
    assert group_by_serial([OLD, OTHER, NEW, KandjiDevice("d4")]) == {
        "c02a": [OLD, NEW],
        "c02b": [OTHER],
    }


def test_a_device_that_is_on_two_pages_counts_once() -> None:
    assert group_by_serial([OLD, OTHER, OLD]) == {"c02a": [OLD], "c02b": [OTHER]}


def test_the_filter_of_serials_also_names_them_as_apple_writes_them() -> None:
    assert filter_of_serials(["C02A", "c02b"]) == {
        "serial_number": {"in": ["C02A", "c02b", "C02B"]}
    }


def test_all_devices_of_a_serial_are_named() -> None:
    assert describe_several([NEW, OLD]) == (
        "Kandji has 2 devices with its serial (d1, d2). Delete in Kandji those that the Mac left"
        " when it was enrolled again"
    )
