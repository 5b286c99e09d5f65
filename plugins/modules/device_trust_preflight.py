#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_preflight
short_description: Check whether Okta and Kandji are ready for the workflow
version_added: 0.1.0
description:
  - Only reads. Collects every problem before it fails, so that it lists all of them at once.
  - Checks that the tokens are accepted, Okta Verify and FastPass are active, the rings are valid,
    their blueprints exist, and there are Macs.
  - Returns the rings with the ids of their blueprints, so that later tasks need not resolve them
    again.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
"""

EXAMPLES = r"""
- name: Check that both vendors are ready for two rings
  devicetrust.okta_kandji.device_trust_preflight:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    rings:
      - name: canary
        blueprints: [Canary]
        test_macs: [C02XK1ZAJG5J]
      - name: everybody
        blueprints: [Engineering, Everyone else]

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Check rings with an assignment map, with a generation, and with a console-managed item
  devicetrust.okta_kandji.device_trust_preflight:
    rings:
      - name: canary
        blueprints: [All Macs]
        assignment_nodes:
          All Macs: 6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1
        test_macs: [C02XK1ZAJG5J]
      - name: engineers
        blueprints: [Engineering]
        generation: "2027"
      - name: by hand
        blueprints: [Everyone else]
        library_item: Okta SCEP
"""

RETURN = r"""
rings:
  description: The rings as O(rings) defines them. C(blueprints) holds ids and names.
  returned: success
  type: list
  elements: dict
  sample:
    - name: canary
      blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]
      assignment_nodes: {}
      test_macs: [C02XK1ZAJG5J]
      generation: null
      library_item: null
problems:
  description: One sentence for each problem.
  returned: failure
  type: list
  elements: str
  sample: ["Okta FastPass (method signed_nonce of Okta Verify) is not active."]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listAuthenticators, verb: GET, count: 1}
"""

import typing as t
from dataclasses import replace

from ..module_utils._core.errors import DeviceTrustError, Refused, all_of
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, OKTA, RINGS, arguments
from ..module_utils._core.results import Result
from ..module_utils._fleet import preflight
from ..module_utils._fleet.preflight import ResolvedRing
from ..module_utils._fleet.rings import ring_options
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import read_items
from ..module_utils._kandji.library_items import find_scep_item
from ..module_utils._kandji.records import Blueprint
from ..module_utils._okta import client as okta_api

USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_DEVICES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_PROFILES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_METHODS,
)


def run(ctx: ModuleContext) -> Result:
    """Return the rings by id, or refuse with all that is not ready."""
    options = ring_options(ctx.params)
    problems: list[str] = preflight.ring_problems(options)
    blueprints: list[Blueprint] = []
    checks: list[t.Callable[[], t.Any]] = [
        lambda: problems.extend(_okta_verify(ctx)),
        lambda: blueprints.extend(ctx.kandji.blueprints()),
        lambda: problems.extend(
            preflight.fleet_problems(next(ctx.kandji.devices(platform="Mac"), None))
        ),
    ]
    try:
        all_of(checks)
    except DeviceTrustError as error:
        problems += error.details.get("problems", [error.message])
    rings, unknown = preflight.resolve_rings(options, blueprints) if blueprints else ([], [])
    problems += unknown
    if not unknown:
        rings, wrong = _resolve_items(ctx, rings)
        problems += wrong
    if problems:
        unique = list(dict.fromkeys(problems))
        raise Refused("Not ready: " + " ".join(unique), problems=unique)
    return {"changed": False, "rings": [ring.as_result() for ring in rings]}


def _resolve_items(
    ctx: ModuleContext, rings: t.Sequence[ResolvedRing]
) -> tuple[list[ResolvedRing], list[str]]:
    """Return the rings with their console-managed items by id, and what is wrong with these."""
    resolved, problems = [], []
    for ring in rings:
        if not ring.library_item:
            resolved.append(ring)
            continue
        try:
            items, profiles = read_items(ctx.kandji, ring.blueprints), list(ctx.kandji.profiles())
            item = find_scep_item(ctx.kandji, ring.library_item, items, profiles)
            resolved.append(replace(ring, library_item=item.id))
        except DeviceTrustError as error:
            problems.append(f"Ring {ring.options.name!r}: {error.message}")
    return resolved, problems


def _okta_verify(ctx: ModuleContext) -> list[str]:
    authenticators = ctx.okta.authenticators()
    authenticator = preflight.okta_verify(authenticators)
    methods = ctx.okta.authenticator_methods(authenticator.id) if authenticator else []
    return preflight.okta_verify_problems(authenticators, methods)


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, RINGS))


if __name__ == "__main__":
    main()
