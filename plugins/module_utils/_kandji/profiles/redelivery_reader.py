# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a redelivery reads of its Macs: their tags, profiles, certificates and blueprints."""

from __future__ import annotations

import typing as t

from ..._core.errors import BadOption, NotFound, Unreadable
from ..._core.options import Params
from ..._core.text import abbreviate
from ..._http.urls import batches
from ..client import GET_DEVICE, Kandji
from ..devices_by_serial import filter_of_serials, group_by_serial
from ..profile_holders import SERIALS_A_CALL, ProfileItem, installed_on
from ..records import KandjiDevice
from . import redelivery


class Run(t.Protocol):
    """What the reads need of a module's run."""

    params: Params

    @property
    def kandji(self) -> Kandji:
        """Return the client of the tenant."""

    def warn(self, text: str) -> None:
        """Show a warning."""


def read_mac(kandji: Kandji, device: KandjiDevice) -> redelivery.Mac:
    """Return the Mac of a row of List Devices, which need not have the tags.

    Get Device is read then. Raises NotFound and Unreadable.
    """
    known = kandji.device(device.device_id) if device.tags is None else device
    return redelivery.Mac(device, tags_of(known, device.serial))


def tags_of(device: KandjiDevice, serial: str) -> list[str]:
    """Return the tags of a device that Get Device returned. Raises Unreadable."""
    if device.tags is None:
        raise Unreadable(
            f"Kandji answered {GET_DEVICE.name} without the tags of the Mac {serial};"
            " nothing was written to it. Run again.",
            vendor="kandji",
        )
    return list(device.tags)


def read_selection(run: Run) -> redelivery.Selection:
    """Return what the options name. Raises BadOption if Kandji has none of it.

    A Mac whose tags cannot be read is unknown: a previous run may have tagged it.
    """
    wanted = list({serial.lower(): serial for serial in reversed(run.params["serials"])}.values())
    wanted.reverse()
    if not wanted and not run.params["unfinished"]:
        raise BadOption("serials: name at least one Mac.")
    known = group_by_serial(run.kandji.devices_with_serials(wanted)) if wanted else {}
    if wanted and not known:
        raise BadOption(
            f"serials: Kandji has no Mac {abbreviate(wanted, 5)}. Nothing was written.",
            serials=wanted,
            option="serials",
        )
    macs, unknown = {}, {}
    for serial in wanted:
        group = known.get(serial.lower(), [])
        problem = redelivery.find_problem(group)
        if problem:
            unknown[serial] = redelivery.make_unknown(problem)
            continue
        device = next(device for device in group if device.is_mac)
        try:
            macs[serial] = read_mac(run.kandji, device)
        except (NotFound, Unreadable) as error:
            unknown[serial] = redelivery.make_unknown(error.message, isinstance(error, Unreadable))
    return redelivery.Selection(wanted, macs, unknown)


def add_unfinished(run: Run, selection: redelivery.Selection) -> redelivery.Selection:
    """Return the selection with Macs that an earlier run began with and did not finish."""
    tagged = _find_tagged(run, selection)
    unassigned = _find_unassigned(run, tagged)
    return selection.with_unfinished(redelivery.find_unfinished(tagged, unassigned))


def find_left_over(run: Run, selection: redelivery.Selection) -> list[redelivery.Mac]:
    """Return Macs of the same blueprints that have the tag and are not named, with a warning.

    A run that still works on them does not see that, and may wait until its end. The next one sets
    the tag again.
    """
    left_over = redelivery.find_left_over(_find_tagged(run, selection), selection)
    if left_over:
        serials = abbreviate([mac.device.serial for mac in left_over], 5)
        run.warn(
            f"A previous run left the tag {run.params['tag']!r} on {serials}. It is removed; the"
            " profile stays or comes back."
        )
    return left_over


class Reports:
    """What Macs reported, read again for each step; the blueprints are read once."""

    def __init__(self, run: Run, selection: redelivery.Selection) -> None:
        self.run, self.macs = run, selection.macs
        self.unassigned = _find_unassigned(run, selection.macs.values())

    def read(self) -> redelivery.Reported:
        """Return the present profiles and certificates of the Macs."""
        kandji, item_id = self.run.kandji, self.run.params["library_item_id"]
        serials = [mac.device.serial for mac in self.macs.values()]
        profiles = installed_on(kandji, ProfileItem(item_id), serials)
        certificates = [
            certificate
            for batch in batches(serials, SERIALS_A_CALL)
            for certificate in kandji.prism_certificates(
                {"identity_certificate": {"eq": True}, **filter_of_serials(batch)}
            )
        ]
        return redelivery.Reported(profiles, certificates, self.unassigned)


def _find_tagged(run: Run, selection: redelivery.Selection) -> list[redelivery.Mac]:
    """Return the Macs that have the tag and are not named.

    One whose tags cannot be read is left to the next run, with a warning.
    """
    tag, named = run.params["tag"], selection.serial_keys
    listed = []
    for device in run.kandji.devices(platform="Mac", tag_name=tag):
        if device.is_mac and device.serial_key not in named:
            try:
                listed.append(read_mac(run.kandji, device))
            except (NotFound, Unreadable) as error:
                run.warn(
                    f"Whether a previous run left the tag {tag!r} on the Mac {device.serial} is"
                    f" unknown. {error.message}"
                )
    return [mac for mac in listed if tag in mac.tags]


def _find_unassigned(run: Run, macs: t.Iterable[redelivery.Mac]) -> set[str]:
    """Return the ids of the Macs' blueprints on which the item is not. List Library Items."""
    item_id = run.params["library_item_id"].lower()
    unassigned = set()
    for blueprint_id in {mac.device.blueprint_id for mac in macs} - {""}:
        try:
            items = run.kandji.library_items(blueprint_id)
        except NotFound:  # the Mac was moved meanwhile
            continue
        if item_id not in {item.id for item in items}:
            unassigned.add(blueprint_id)
    return unassigned
