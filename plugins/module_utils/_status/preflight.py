# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true before the first write, decided from what was read. Pure."""

from __future__ import annotations

import typing as t

from .._core.errors import BadOption
from .._kandji.assignments import resolve, resolve_nodes
from .._kandji.records import Blueprint, KandjiDevice
from .._okta.records import Authenticator, AuthenticatorMethod

FASTPASS = "signed_nonce"

Rows = t.Sequence[t.Mapping[str, t.Any]]


def ring_problems(rings: Rows) -> list[str]:
    """Return what is wrong with the option rings, without a request to a vendor."""
    problems = []
    names = [ring["name"] for ring in rings]
    if not rings:
        problems.append(
            "rings: it is empty. Name at least one ring with its blueprints and test Macs."
        )
    problems += [
        f"rings: {name!r} is there twice. Give each ring its own name."
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    problems += [
        f"rings: {ring['name']!r} has no blueprints. Name at least one."
        for ring in rings
        if not ring["blueprints"]
    ]
    problems += [
        f"rings: {ring['name']!r} has a scep_profile, but the site playbook names each profile by"
        " scep_profile_prefix and the ring's name. Remove scep_profile."
        for ring in rings
        if ring.get("scep_profile")
    ]
    if rings and not rings[0]["test_macs"]:
        problems.append(
            f"rings: the first ring, {names[0]!r}, has no test_macs. Name the serials of one or two"
            " Macs that the gate checks first."
        )
    return problems


def resolve_rings(
    rings: Rows, blueprints: t.Sequence[Blueprint]
) -> tuple[list[dict[str, t.Any]], list[str]]:
    """Return the rings with their blueprints by id and name, and what is wrong with them.

    Problems are unknown blueprints, and a blueprint in two rings.
    """
    resolved: list[dict[str, t.Any]] = []
    problems: list[str] = []
    owner: dict[str, str] = {}
    for ring in rings:
        found: list[Blueprint] = []
        for name in ring["blueprints"]:
            try:
                found += [one for one in resolve([name], blueprints) if one not in found]
            except BadOption as error:
                problems.append(f"Ring {ring['name']!r}: {error.message}")
        for blueprint in found:
            other = owner.setdefault(blueprint.id, ring["name"])
            if other != ring["name"]:
                problems.append(
                    f"rings: the blueprint {blueprint.name!r} is in {other!r} and in"
                    f" {ring['name']!r}. Assign it to one ring."
                )
        nodes, wrong = _nodes(ring, found, blueprints)
        problems += wrong
        resolved.append(
            {
                "name": ring["name"],
                "blueprints": [blueprint.as_result() for blueprint in found],
                "assignment_nodes": nodes,
                "test_macs": list(ring["test_macs"]),
                "generation": ring.get("generation"),
                "library_item": ring.get("library_item"),
            }
        )
    return resolved, problems


def _nodes(
    ring: t.Mapping[str, t.Any], found: list[Blueprint], blueprints: t.Sequence[Blueprint]
) -> tuple[dict[str, str], list[str]]:
    """Return the ring's nodes by blueprint id, and what is wrong with them."""
    nodes: dict[str, str] = {}
    problems = []
    for name, node in (ring.get("assignment_nodes") or {}).items():
        try:
            nodes.update(resolve_nodes({name: node}, found, blueprints))
        except BadOption as error:
            problems.append(f"Ring {ring['name']!r}: {error.message}")
    return nodes, problems


def okta_verify(authenticators: t.Sequence[Authenticator]) -> Authenticator | None:
    """Return the authenticator with FastPass, or None.

    Orgs with the split form of Okta Verify have a separate authenticator for it.
    """
    for key in ("okta_verify", "okta_verify_fastpass"):
        for one in authenticators:
            if one.key == key:
                return one
    return None


def okta_verify_problems(
    authenticators: t.Sequence[Authenticator], methods: t.Sequence[AuthenticatorMethod]
) -> list[str]:
    found = okta_verify(authenticators)
    if found is None:
        return [
            "Okta Verify is not set up as an authenticator in this org. Add it in Security >"
            " Authenticators."
        ]
    if any(one.key == "okta_verify_fastpass" and one.status == "ACTIVE" for one in authenticators):
        return []
    if found.status != "ACTIVE":
        return [
            "The authenticator Okta Verify is not active. Activate it in Security > Authenticators."
        ]
    if not any(one.type == FASTPASS and one.status == "ACTIVE" for one in methods):
        return [
            "Okta FastPass (method signed_nonce of Okta Verify) is not active. Activate it in"
            " Security > Authenticators > Okta Verify."
        ]
    return []


def fleet_problems(first_mac: KandjiDevice | None) -> list[str]:
    """Return what is wrong with the fleet, by its first Mac."""
    return (
        []
        if first_mac
        else [
            "Kandji has no Mac. Enrol at least one, or check that the API URL is the right"
            " tenant's."
        ]
    )
