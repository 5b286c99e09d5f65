# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts from rows."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import (
    inventory_hosts as macs,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import MacRow

ROW = MacRow(
    serial_number="C02",
    device_id="d-1",
    stage="MANAGED",
    blueprint="IT",
    os_version="26.1",
    tags=["a", "b"],
)


def test_every_mac_has_a_name_of_its_own() -> None:
    nameless = replace(ROW, serial_number="")
    rows = [
        ROW,
        replace(ROW, device_id="d-2"),
        replace(nameless, device_id="d-3"),
        replace(nameless, device_id="", okta_device_ids=["g1"]),
    ]
    assert [name for name, _values in macs.hosts(rows)] == ["C02", "C02-d-2", "d-3", "g1"]


def test_a_mac_that_cannot_be_named_or_was_named_before_is_not_a_host() -> None:
    rows = [MacRow(), ROW, replace(ROW, device_id="d-2"), replace(ROW, device_id="d-2")]
    rows.append(replace(ROW, serial_number="C03"))
    assert [name for name, _values in macs.hosts(rows)] == ["C02", "C02-d-2", "C03"]


def test_the_variables_of_a_host_are_its_row_with_the_id_of_kandji_under_a_name_of_its_own() -> (
    None
):
    ((name, values),) = macs.hosts([ROW])
    row = ROW.as_result()
    del row["device_id"]
    prefixed = {f"device_trust_{key}": value for key, value in row.items()}
    assert (name, values) == ("C02", {**prefixed, "device_trust_kandji_device_id": "d-1"})


def test_rings_and_flags_are_groups() -> None:
    ((_name, values),) = macs.hosts([MacRow("C02", ring="canary", flags=["ORPHAN", "STALE"])])
    assert {"ring_canary", "flag_ORPHAN", "flag_STALE"} <= set(macs.groups(values))


def test_a_mac_is_in_a_group_for_each_thing_that_it_has() -> None:
    ((_name, values),) = macs.hosts([ROW])
    assert macs.groups(values) == ["stage_MANAGED", "blueprint_IT", "os_26.1", "tag_a", "tag_b"]
