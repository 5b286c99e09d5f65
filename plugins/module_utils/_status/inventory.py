# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs as hosts of an inventory, from rows as reader.rows() yields them. Pure."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]

# Host variables, each with device_trust_ before its name.
PREFIX = "device_trust_"
# Groups that each Mac comes to: the beginning of the group's name, and the row's key.
GROUPS = (
    ("stage", "stage"),
    ("ring", "ring"),
    ("blueprint", "blueprint"),
    ("os", "os_version"),
    ("tag", "tags"),
    ("flag", "flags"),
)
NO_VARIABLE = (
    "device_id",
)  # Kandji's id has a name of its own, so that it is not taken for Okta's


def hosts(rows: t.Iterable[Row]) -> t.Iterator[tuple[str, Row]]:
    """Host name -> its variables.

    A Mac without a serial, or with one that another has, is named by its id as well.
    """
    seen: set[str] = set()
    for row in rows:
        other = row["device_id"] or "-".join(row["okta_device_ids"])
        name = str(row["serial_number"] or other)
        if name in seen:
            name = f"{name}-{other}"
        if name and name not in seen:
            seen.add(name)
            yield name, variables(row)


def variables(row: Row) -> Row:
    shown = {PREFIX + key: value for key, value in row.items() if key not in NO_VARIABLE}
    return {**shown, PREFIX + "kandji_device_id": row["device_id"]}


def groups(host: t.Mapping[str, t.Any]) -> list[str]:
    """Names of the groups that a Mac comes to; what it does not have it has no group of."""
    names = []
    for beginning, key in GROUPS:
        value = host[PREFIX + key]
        names += [
            f"{beginning}_{one}" for one in (value if isinstance(value, list) else [value]) if one
        ]
    return names
