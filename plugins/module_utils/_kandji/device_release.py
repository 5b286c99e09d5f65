# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs of a person who leaves lose the person, and which move elsewhere. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._core.errors import Refused
from .records import MAC, Blueprint, KandjiDevice

ReasonCode = t.Literal["other_platform", "assigned_to_others"]


@dataclass(frozen=True)
class Release:
    """What a run does with a device of a person.

    ``to`` is the blueprint to move it to, None if it stays in its own.
    """

    device: KandjiDevice
    releases: bool
    reason: str
    code: ReasonCode | None = None
    to: Blueprint | None = None


def is_assigned_to(device: KandjiDevice, *addresses: str) -> bool:
    """Return whether a device is assigned to a person, by an e-mail address in any case."""
    known = {address.strip().lower() for address in addresses} - {""}
    return device.person.strip().lower() in known


def plan_release(
    device: KandjiDevice,
    addresses: Collection[str],
    blueprint: Blueprint | None,
    shared: Collection[str],
) -> Release:
    """Return what becomes of a device.

    :arg addresses: the e-mail addresses that Kandji may have of the person.
    :arg shared: serials in lower case of Macs that others use, which stay in their blueprint.
    """
    if device.hides_email:
        reason = "Kandji does not show the e-mail address of its person any more. Run again."
        return Release(device, False, reason, "assigned_to_others")
    if not is_assigned_to(device, *addresses):
        reason = "Somebody assigned it to another person, or to nobody, during the run."
        return Release(device, False, reason, "assigned_to_others")
    if device.platform != MAC:
        reason = f"Its platform is {device.platform or 'not shown'}. Release it in Kandji."
        return Release(device, False, reason, "other_platform")
    place = device.blueprint_name or device.blueprint_id
    if blueprint is None or device.blueprint_id == blueprint.id:
        return Release(device, True, f"It has no person any more, and stays in {place!r}.")
    if device.serial_key in shared:
        return Release(
            device, True, f"It has no person any more. It stays in {place!r}: others use it."
        )
    reason = (
        f"It has no person any more, and moves from {place!r} to {blueprint.name!r}. At its next"
        " MDM check-in it loses what that blueprint does not have, such as a SCEP profile with its"
        " certificate."
    )
    return Release(device, True, reason, to=blueprint)


def check_limit(releases: Iterable[Release], person: str, max_devices: int) -> None:
    """Raise Refused, before any write, if more devices are released than the limit allows."""
    names = [each.device.serial for each in releases if each.releases]
    if len(names) > max_devices:
        raise Refused(
            f"max_devices: {len(names)} Macs are assigned to {person}, and {max_devices} is the"
            f" limit. Nothing was written. Set max_devices: {len(names)} if that is intended.",
            count=len(names),
            allowed=max_devices,
        )
