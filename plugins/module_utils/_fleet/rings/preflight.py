# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true before the first write, decided from what was read. Pure."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..._core.errors import BadOption
from ..._core.lookup import fold_name
from ..._core.results import Result
from ..._core.text import abbreviate
from ..._core.timestamps import parse_timestamp
from ..._kandji.assignments import resolve, resolve_nodes
from ..._kandji.records import Blueprint, KandjiDevice
from .reader import RingOptions, find_shared_blueprints, find_shared_names

SETTINGS_PREFIX = "Okta Verify settings - "  # of the profile with a ring's settings
# A Mac that is on checks in several times a day. After so long it is probably switched off.
SILENT = timedelta(days=7)
UNKNOWN_MAC = "is not in Kandji. Correct its serial, or name another Mac."
NO_MACS = "Kandji has no Mac. Enroll at least one, or check that the API URL is the right tenant's."


@dataclass(frozen=True)
class ResolvedRing:
    """A ring of the options with its blueprints, and its nodes by the ids of these.

    ``is_sound`` says whether its blueprints and nodes are known and of this ring alone.
    """

    options: RingOptions
    blueprints: tuple[Blueprint, ...]
    nodes: t.Mapping[str, str]
    library_item: str | None = None
    is_sound: bool = True

    def as_result(self, scep_profile_prefix: str) -> Result:
        """Return the ring as the site playbook passes it to the roles.

        Blueprints in the entries of the profiles are as the user wrote them, for messages.
        """
        name, nodes = self.options.name, dict(self.nodes)
        placed = {"blueprints": list(self.options.blueprints), "assignment_nodes": nodes}
        profile_name = f"{scep_profile_prefix}{name}"
        if self.library_item:
            holder = {"library_item": self.library_item}
            profile = {**holder, **placed}
        else:
            holder = {"scep_profile": profile_name}
            generation = self.options.generation
            profile = {"name": profile_name, **placed}
            profile.update({"generation": generation} if generation else {})
        return {
            "name": name,
            "blueprints": [blueprint.as_result() for blueprint in self.blueprints],
            "assignment_nodes": nodes,
            "test_macs": list(self.options.test_macs),
            "generation": self.options.generation,
            "library_item": self.library_item,
            "scep_profile": profile,
            "settings_profile": {"name": f"{SETTINGS_PREFIX}{name}", **placed},
            "stages": {
                "name": name,
                "blueprints": [blueprint.id for blueprint in self.blueprints],
                **holder,
            },
        }


def find_option_problems(rings: t.Sequence[RingOptions]) -> list[str]:
    """Return what is wrong with the option rings, without a request to a vendor."""
    problems = []
    names = [ring.name for ring in rings]
    if not rings:
        problems.append(
            "rings: it is empty. Name at least one ring with its blueprints and test Macs."
        )
    problems += find_shared_names(rings)
    problems += [
        f"rings: {ring.name!r} has no blueprints. Name at least one."
        for ring in rings
        if not ring.blueprints
    ]
    problems += [
        f"rings: {ring.name!r} has a scep_profile, but the site playbook names each profile by"
        " scep_profile_prefix and the ring's name. Remove scep_profile."
        for ring in rings
        if ring.scep_profile
    ]
    if rings and not rings[0].test_macs:
        problems.append(
            f"rings: the first ring, {names[0]!r}, has no test_macs. Name the serials of one or two"
            " Macs that the gate checks first."
        )
    return problems


def resolve_rings(
    rings: t.Sequence[RingOptions], blueprints: t.Sequence[Blueprint]
) -> tuple[list[ResolvedRing], list[str]]:
    """Return the rings with their blueprints by id and name, and what is wrong with them.

    Problems are unknown blueprints, and a blueprint in two rings.
    """
    resolved: list[ResolvedRing] = []
    problems: list[str] = []
    taken: set[str] = set()
    for ring in rings:
        blueprints_of_ring: list[Blueprint] = []
        known = len(problems)
        for name in ring.blueprints:
            try:
                blueprints_of_ring += [
                    blueprint
                    for blueprint in resolve([name], blueprints)
                    if blueprint not in blueprints_of_ring
                ]
            except BadOption as error:
                problems.append(f"Ring {ring.name!r}: {error.message}")
        nodes, wrong = _resolve_nodes(ring, blueprints_of_ring, blueprints)
        problems += wrong
        ids = {blueprint.id for blueprint in blueprints_of_ring}
        is_sound = bool(ids) and len(problems) == known and not ids & taken
        taken |= ids
        resolved.append(
            ResolvedRing(ring, tuple(blueprints_of_ring), nodes, ring.library_item, is_sound)
        )
    problems += find_shared_blueprints((each.options.name, each.blueprints) for each in resolved)
    return resolved, problems


def _resolve_nodes(
    ring: RingOptions, wanted: list[Blueprint], blueprints: t.Sequence[Blueprint]
) -> tuple[dict[str, str], list[str]]:
    """Return the ring's nodes by blueprint id, and what is wrong with them."""
    nodes: dict[str, str] = {}
    problems = []
    for name, node in ring.assignment_nodes.items():
        try:
            nodes.update(resolve_nodes({name: node}, wanted, blueprints))
        except BadOption as error:
            problems.append(f"Ring {ring.name!r}: {error.message}")
    return nodes, problems


def select_unique(rings: t.Sequence[ResolvedRing]) -> list[ResolvedRing]:
    """Return the rings whose name no other has: a profile's entry would be written twice."""
    names = [fold_name(ring.options.name) for ring in rings]
    return [ring for ring in rings if names.count(fold_name(ring.options.name)) == 1]


def list_test_macs(rings: t.Iterable[RingOptions]) -> list[str]:
    """Return the serials of the test Macs of all rings."""
    return [serial.strip() for ring in rings for serial in ring.test_macs]


@dataclass(frozen=True)
class KnownMacs:
    """The devices with the serials of test Macs, None if they could not be read.

    :arg macs: all Macs, if a serial is unknown.
    """

    devices: t.Sequence[KandjiDevice] | None
    macs: t.Sequence[KandjiDevice]
    now: datetime

    def judge(self, ring: ResolvedRing) -> dict[str, list[str]]:
        """Return what is wrong with the test Macs of a ring. A failed read is a problem already."""
        if self.devices is None:
            return {"test_mac_problems": [], "silent_test_macs": []}
        return {
            "test_mac_problems": find_unprovable_test_macs(ring, self.devices, self.macs),
            "silent_test_macs": describe_silent_macs(ring, self.devices, self.now),
        }


def find_unknown(serials: t.Iterable[str], devices: t.Sequence[KandjiDevice]) -> list[str]:
    """Return the serials that no device has."""
    return [serial for serial in serials if not _find_by_serial(serial, devices)]


def find_unprovable_test_macs(
    ring: ResolvedRing, devices: t.Sequence[KandjiDevice], macs: t.Sequence[KandjiDevice] = ()
) -> list[str]:
    """Return which test Macs the gate of their ring can never prove, and why.

    :arg devices: those that Kandji shows with the serials of all test Macs.
    :arg macs: all Macs, among which the one that is meant is suggested.
    """
    problems = []
    for serial in ring.options.test_macs:
        problem = _explain_placement(ring, _find_by_serial(serial, devices))
        if problem == UNKNOWN_MAC:
            problem = _suggest_mac(serial, macs) or problem
        if problem:
            problems.append(f"Ring {ring.options.name!r}: test Mac {serial} {problem}")
    return problems


def _suggest_mac(wanted: str, macs: t.Sequence[KandjiDevice]) -> str:
    """Return what is wrong with a serial if a Mac has it as its name or has a similar one."""
    name = fold_name(wanted)
    serials = [mac.serial for mac in macs if fold_name(mac.name) == name]
    if serials:
        return f"is the name of a Mac. Write its serial: {abbreviate(serials, 3)}."
    known = {mac.serial_key: mac.serial for mac in macs}
    close = difflib.get_close_matches(name, [*known], n=1, cutoff=0.8)
    if close:
        return f"is not in Kandji; did you mean {known[close[0]]}? Correct its serial."
    hidden = sum(not mac.serial for mac in macs)
    if hidden:
        return (
            f"is not known in Kandji, which does not show the serial of {hidden}"
            f" Mac{'' if hidden == 1 else 's'}. Look at the Mac in Kandji."
        )
    return ""


def _explain_placement(ring: ResolvedRing, devices: t.Sequence[KandjiDevice]) -> str:
    """Return what is wrong with the devices that have the serial of a test Mac, or ""."""
    if not devices:
        return UNKNOWN_MAC
    macs = [device for device in devices if device.is_mac]
    if not macs:
        return f"is not a Mac but of the platform {devices[0].platform}. Name a Mac."
    ids = {blueprint.id for blueprint in ring.blueprints}
    if any(mac.blueprint_id in ids for mac in macs):
        return ""
    wanted = abbreviate([repr(blueprint.name) for blueprint in ring.blueprints], 3)
    placed = next((mac for mac in macs if mac.blueprint_id), None)
    if placed is None:
        return (
            f"has to be on blueprint {wanted}, but Kandji does not show the id of its blueprint."
            " Look at the Mac in Kandji, or name another."
        )
    here = placed.blueprint_name or placed.blueprint_id
    return f"is on blueprint {here!r}, not on {wanted}. Move the Mac in Kandji, or name another."


def describe_silent_macs(
    ring: ResolvedRing, devices: t.Sequence[KandjiDevice], now: datetime
) -> list[str]:
    """Return a warning for each test Mac that Kandji has not heard of lately."""
    warnings = []
    for serial in ring.options.test_macs:
        times = [
            time
            for device in _find_by_serial(serial, devices)
            if (time := parse_timestamp(device.last_check_in))
        ]
        if times and now - max(times) > SILENT:
            warnings.append(
                f"Ring {ring.options.name!r}: test Mac {serial} last checked in with Kandji on"
                f" {max(times):%Y-%m-%d}. The gate waits for it: wake the Mac, or name another."
            )
    return warnings


def _find_by_serial(serial: str, devices: t.Sequence[KandjiDevice]) -> list[KandjiDevice]:
    return [device for device in devices if device.serial_key == serial.strip().lower()]
