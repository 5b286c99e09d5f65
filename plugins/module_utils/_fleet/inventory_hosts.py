# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs as hosts of an inventory. Pure."""

from __future__ import annotations

import typing as t

from .rows import MacRow

# Variables of a host. Ansible's cache returns them as they were written to it.
HostVars = dict[str, t.Any]

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
NO_VARIABLE = ("device_id",)  # Kandji's id has another name, so that it is not taken for Okta's


def hosts(rows: t.Iterable[MacRow]) -> t.Iterator[tuple[str, HostVars]]:
    """Yield the name of each host and its variables.

    A Mac without a serial, or with one that another has, is named by its id as well.
    """
    seen: set[str] = set()
    for row in rows:
        name = row.serial_number or row.fallback_id
        if name in seen:
            name = f"{name}-{row.fallback_id}"
        if name and name not in seen:
            seen.add(name)
            yield name, variables(row)


def variables(row: MacRow) -> HostVars:
    """Return the variables of the host of one Mac."""
    variables = {
        PREFIX + key: value for key, value in row.as_result().items() if key not in NO_VARIABLE
    }
    return {**variables, PREFIX + "kandji_device_id": row.device_id}


def groups(host: HostVars) -> list[str]:
    """Return the names of the groups of a Mac, none for a value that it does not have."""
    names = []
    for beginning, key in GROUPS:
        value = host[PREFIX + key]
        names += [
            f"{beginning}_{each}"
            for each in (value if isinstance(value, list) else [value])
            if each
        ]
    return names
