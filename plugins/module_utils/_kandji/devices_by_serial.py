# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices by serial number. Pure.

A Mac that was enrolled again may have left a device in Kandji, with the same serial and with what
the Mac reported before. Nothing in a row says which of the two the Mac is now.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._core.text import abbreviate
from .records import KandjiDevice


def group_by_serial(devices: Iterable[KandjiDevice]) -> dict[str, list[KandjiDevice]]:
    """Return the devices that have a serial by it, in lower case. Each device counts once."""
    groups: dict[str, dict[str, KandjiDevice]] = {}
    for device in devices:
        if device.serial_key:
            groups.setdefault(device.serial_key, {})[device.device_id] = device
    return {serial: list(group.values()) for serial, group in groups.items()}


def filter_of_serials(serials: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Return Prism's filter for the rows of devices with these serials.

    Whether Prism compares case is not documented, and lists may show a serial in another one. A
    serial is therefore also named as Apple writes it, in upper case.
    """
    forms = (form for serial in serials for form in (serial, serial.upper()))
    return {"serial_number": {"in": list(dict.fromkeys(forms))}}


def describe_several(devices: Iterable[KandjiDevice]) -> str:
    """Return that a serial has several devices, and what to do, without the serial."""
    ids = sorted(device.device_id for device in devices)
    return (
        f"Kandji has {len(ids)} devices with its serial ({abbreviate(ids, 3)}). Delete in Kandji"
        " those that the Mac left when it was enrolled again"
    )
