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
    and their blueprints exist.
  - Reads the enrollment policies, to say whose policy disables Okta Verify. This takes a call for
    each 200 policies. If one of them disables it, each 1000 members of the groups up to that policy
    take one more. If the credentials may not read them, a warning says so.
  - Warns if Macs have a working record in Okta, and none of them is in Kandji. The org and the
    tenant may not belong together. It is normal before the first rollout. Records of other
    platforms do not count. It reads both lists only until it meets a Mac that is in both.
  - Looks the test Macs up. It does not fail because of them, since a ring that stays as it is does
    not need its gate. Reads what later the gate alone reads, unless it predicts that nothing
    changes.
  - Returns the rings with the ids of their blueprints, and what the other modules take for each of
    them, so that later tasks need not resolve them again.
  - With O(okta_verify), O(stages), O(certificate_authority), O(settings) and O(scep), it also
    returns what these modules return in check mode for the rings, each from the same reads. That
    takes fewer requests than a task for each module, and needs the permissions of all of them. The
    module that writes reads again.
  - A module that fails does not make this one fail. Its result has C(failed) and C(msg), and
    M(devicetrust.okta_kandji.device_trust_plan) lists it.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
attributes:
  diff_mode:
    description: Will return details on what the run that deploys needs to change, when in diff
      mode.
    support: full
options:
  okta_verify:
    description: Options of M(devicetrust.okta_kandji.kandji_app_store_item), but for
      C(blueprints), C(assignment_nodes) and C(report). Its result is RV(okta_verify).
    type: dict
  stages:
    description: Options of M(devicetrust.okta_kandji.device_trust_info), but for C(rings),
      C(okta_verify_item_ids), C(certificate_check_item_id) and C(wait). Its result is RV(stages).
      The item of Okta Verify is that of RV(okta_verify).
    type: dict
  certificate_check_name:
    description: Name of the Custom Script that is the certificate check, for RV(stages). Without
      it, or if no item of the rings has it, the stages are read without the check.
    type: str
  certificate_authority:
    description: Options of M(devicetrust.okta_kandji.okta_device_integration), but for
      C(challenge_deployed_at), which RV(stages) says. Its result is RV(certificate_authority).
    type: dict
  settings:
    description: Options of M(devicetrust.okta_kandji.kandji_custom_profile) for the settings of
      Okta Verify, but for C(profiles) and C(mobileconfig). Its result is RV(settings).
    type: dict
  mobileconfig:
    description: The content of the settings' profiles, as
      O(devicetrust.okta_kandji.kandji_custom_profile#module:mobileconfig) takes it. Without it,
      O(settings) is left out.
    type: str
  scep:
    description: Options of M(devicetrust.okta_kandji.kandji_scep_profile), but for C(profiles) and
      C(challenge). Its result is RV(scep). Without C(url), the one of RV(certificate_authority) is
      used.
    type: dict
  challenge:
    description: The challenge of the SCEP profiles, as
      O(devicetrust.okta_kandji.kandji_scep_profile#module:challenge) takes it. It is never shown.
    type: str
  deploys:
    description: Whether the run deploys to the rings. If not, O(certificate_authority), O(settings)
      and O(scep) are left out, and RV(changes) is empty.
    type: bool
    default: true
  reads_authorities:
    description: Whether a run that does not deploy reads Okta's certificate authorities. Then
      RV(certificate_authority) has C(authorities) and C(authorities_unavailable) alone.
    type: bool
    default: false
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

- name: Check a ring, and predict what its SCEP profile and Okta Verify would change
  devicetrust.okta_kandji.device_trust_preflight:
    rings:
      - name: canary
        blueprints: [Canary]
        test_macs: [C02XK1ZAJG5J]
    okta_verify: {}
    stages: {}
    certificate_authority: {}
    settings: {}
    mobileconfig: "{{ lookup('ansible.builtin.template', 'okta_verify.mobileconfig.j2') }}"
    scep:
      redistribution_days: 30
    challenge: "{{ vault_okta_scep_challenge }}"

- name: Read the stages of a ring with the checks, and leave what a rollout needs alone
  devicetrust.okta_kandji.device_trust_preflight:
    rings:
      - name: canary
        blueprints: [Canary]
        test_macs: [C02XK1ZAJG5J]
    okta_verify: {}
    stages:
      redistribution_days: 30
    certificate_check_name: Okta certificate check
    reads_authorities: true
    deploys: false
"""

RETURN = r"""
changes:
  description: What the run would change in the rings' SCEP profiles, in Okta Verify and in its
    settings. It is empty with O(deploys=false). This module itself changes nothing.
  returned: success, or after a failure if there is one
  type: list
  elements: str
  sample: ["create profile 'Okta SCEP - canary'"]
okta_verify:
  description: The result of M(devicetrust.okta_kandji.kandji_app_store_item).
  returned: with O(okta_verify), if a ring is valid
  type: dict
  sample: {changed: false, changes: [], assigned_to: []}
stages:
  description: The result of M(devicetrust.okta_kandji.device_trust_info).
  returned: with O(stages), if a ring is valid and both vendors can be used
  type: dict
  sample: {changed: false, counts: {MANAGED: 12}}
certificate_authority:
  description: The result of M(devicetrust.okta_kandji.okta_device_integration).
  returned: with O(certificate_authority) and O(deploys=true), or with O(reads_authorities), if Okta
    can be used
  type: dict
  sample: {changed: false, challenge_state: current}
settings:
  description: The result of M(devicetrust.okta_kandji.kandji_custom_profile).
  returned: with O(settings), O(mobileconfig) and O(deploys=true), if a ring is valid
  type: dict
  sample: {changed: false, changes: [], profiles: []}
scep:
  description: The result of M(devicetrust.okta_kandji.kandji_scep_profile).
  returned: with O(scep) and O(deploys=true), if a ring is valid and the SCEP URL is known
  type: dict
  sample: {changed: false, changes: [], profiles: []}
rings:
  description:
    - The rings as O(rings) defines them. C(blueprints) holds ids and names.
    - C(scep_profile) is an entry of O(devicetrust.okta_kandji.kandji_scep_profile#module:profiles),
      C(settings_profile) of O(devicetrust.okta_kandji.kandji_custom_profile#module:profiles), and
      C(stages) of O(devicetrust.okta_kandji.device_trust_info#module:rings).
    - C(test_mac_problems) has a sentence for each test Mac that is not in Kandji, is not a Mac or
      is not on a blueprint of the ring. C(silent_test_macs) has one for each that did not check in
      for 7 days. C(unregistrable_test_macs) has one for each whose person cannot register it.
    - After a failure, only the rings about which nothing is wrong.
  returned: always
  type: list
  elements: dict
  sample:
    - name: canary
      blueprints: [{id: 3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c, name: Canary}]
      assignment_nodes: {}
      test_macs: [C02XK1ZAJG5J]
      generation: null
      library_item: null
      scep_profile: {name: Okta SCEP - canary, blueprints: [Canary], assignment_nodes: {}}
      settings_profile: {name: Okta Verify settings - canary, blueprints: [Canary],
        assignment_nodes: {}}
      stages: {name: canary, blueprints: [3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c],
        scep_profile: Okta SCEP - canary}
      test_mac_problems: []
      silent_test_macs: []
      unregistrable_test_macs: []
problems:
  description: One sentence for each problem, what blocks most first.
  returned: failure
  type: list
  elements: str
  sample: ["Okta FastPass (method signed_nonce of Okta Verify) is not active."]
registration:
  description: What keeps people from registering a Mac, as
    RV(devicetrust.okta_kandji.device_trust_info#module:registration).
  returned: always
  type: dict
  sample: {unavailable: null, problem: null, security_level: ANY, disabling_policies: [],
    unreadable_policies: []}
unusable_vendors:
  description: The vendors that cannot be reached or that do not accept the credentials, V(okta) and
    V(kandji).
  returned: success, or after a failure if there is one
  type: list
  elements: str
  sample: []
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
from datetime import datetime, timezone
from itertools import islice
from urllib.parse import urlsplit

from ..module_utils._core.errors import DeviceTrustError, Refused
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    KANDJI,
    OKTA,
    PROFILES,
    RINGS,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result
from ..module_utils._fleet.read_problems import ReadProblems
from ..module_utils._fleet.reader import MACS_IN_OKTA
from ..module_utils._fleet.registration import POLICY_USES, Registration, read_policies
from ..module_utils._fleet.rings import preflight
from ..module_utils._fleet.rings.preflight import ResolvedRing
from ..module_utils._fleet.rings.reader import RingOptions, ring_options
from ..module_utils._fleet.tenant_match import SharedMacs, describe_warning
from ..module_utils._http.operations import optional
from ..module_utils._http.read_once import ReadOnce
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import read_items
from ..module_utils._kandji.console_items import find_scep_item
from ..module_utils._kandji.records import KandjiDevice
from ..module_utils._module_bodies.site_plans import PARTS, READ_ONCE, SeenMacs, SitePlans
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.authenticators.fast_pass_reader import FastPass

OPTIONS: ArgumentSpec = {
    **{part.option: {"type": "dict"} for part in PARTS},
    "challenge": {"type": "str", "no_log": True},
    "mobileconfig": {"type": "str", "no_log": True},
    "deploys": {"type": "bool", "default": True},
    "reads_authorities": {"type": "bool", "default": False},
    "certificate_check_name": {"type": "str"},
}
FIRST_RECORDS = 200  # of Okta, one page, before Kandji's Macs are read
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_DEVICES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_PROFILES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
    okta_api.LIST_AUTHENTICATORS,
    okta_api.LIST_DEVICES,
    okta_api.LIST_METHODS,
    *POLICY_USES,
    *optional(okta_api.LIST_LOG_EVENTS),  # whether Okta issued what a profile of the web app has
)


def run(ctx: ModuleContext) -> Result:
    """Return the rings by id and what is predicted for them, or refuse with all that is not ready.

    No problem of a prediction is among those that it refuses for.
    """
    ctx.masker.add(ctx.params["challenge"])
    ctx.settings.read_once = ReadOnce(READ_ONCE)
    options, read_problems = ring_options(ctx.params), ReadProblems()
    fast_pass = FastPass(ctx.okta)
    registration = read_problems.attempt("okta", lambda: read_policies(ctx.okta, fast_pass))
    rings = preflight.select_unique(_read_rings(ctx, options, read_problems))
    results = [ring.as_result(ctx.params["scep_profile_prefix"]) for ring in rings]
    serials = preflight.list_test_macs(options)
    plans = SitePlans(ctx, results, read_problems.unusable)
    seen = SeenMacs({serial.lower() for serial in serials})
    plans.predict(registration, seen)
    registration = registration or Registration()
    test_macs = _read_test_macs(ctx, serials, read_problems, seen)
    if test_macs.devices and not plans.needs_no_gate:
        first = test_macs.devices[0].device_id
        # What later the gate alone reads, so that the permission is not missing after a write.
        read_problems.attempt("kandji", lambda: ctx.kandji.device_items(first))
    read_problems.messages += registration.problems
    if not seen.is_complete:  # else that read has warned
        _warn_of_tenants(ctx, read_problems)
    result: Result = {
        **plans.as_result(),
        "rings": [
            {
                **result,
                **test_macs.judge(ring),
                "unregistrable_test_macs": registration.describe_test_macs(
                    ring, test_macs.devices or ()
                ),
            }
            for ring, result in zip(rings, results, strict=True)
        ],
        "unusable_vendors": sorted(read_problems.unusable),
        "registration": registration.as_result(),
    }
    for warning in registration.describe_warnings():
        ctx.warn(warning)
    if read_problems.messages:
        unique = list(dict.fromkeys(read_problems.messages))
        raise Refused("Not ready: " + " ".join(unique), problems=unique, **result)
    return result


def _warn_of_tenants(ctx: ModuleContext, read_problems: ReadProblems) -> None:
    """Warn if no Mac of Kandji has a record in Okta."""
    counts = read_problems.attempt("okta", lambda: _read_shared_macs(ctx, read_problems))
    if counts is None or counts.shared:
        return
    okta, kandji = urlsplit(ctx.okta.org_url).netloc, urlsplit(ctx.kandji.api_url).netloc
    if warning := describe_warning(counts, okta, kandji):
        ctx.warn(warning)


def _read_shared_macs(ctx: ModuleContext, read_problems: ReadProblems) -> SharedMacs | None:
    """Return how many Macs Okta and Kandji share, read only until there is one."""
    records = (
        record.serial_key
        for record in ctx.okta.devices(MACS_IN_OKTA)
        if record.is_working and record.serial_key
    )
    recorded, enrolled = set(islice(records, FIRST_RECORDS)), set()
    if not recorded:
        return None

    def read_until_shared() -> bool:
        for mac in ctx.kandji.devices(platform="Mac"):
            enrolled.add(mac.serial_key if mac.is_mac else "")
            if mac.serial_key in recorded:
                return True
        return False

    if read_problems.attempt("kandji", read_until_shared) is None:
        return None
    if not recorded & enrolled:
        for serial in records:
            recorded.add(serial)
            if serial in enrolled:
                break
    return SharedMacs.of_serials(recorded, enrolled)


def _read_rings(
    ctx: ModuleContext, options: t.Sequence[RingOptions], read_problems: ReadProblems
) -> list[ResolvedRing]:
    """Return the rings about which nothing is wrong, by id, and record what is of the others."""
    blueprints = read_problems.attempt("kandji", lambda: list(ctx.kandji.blueprints()))
    read_problems.messages += preflight.find_option_problems(options)
    if blueprints is None:
        return []
    rings, problems = preflight.resolve_rings(options, blueprints)
    read_problems.messages += problems
    rings, wrong = _resolve_items(ctx, [ring for ring in rings if ring.is_sound])
    read_problems.messages += wrong
    return rings


def _read_test_macs(
    ctx: ModuleContext,
    serials: t.Sequence[str],
    read_problems: ReadProblems,
    seen: SeenMacs,
) -> preflight.KnownMacs:
    """Return the test Macs of all rings, and record if not even one could be there.

    What is wrong with one comes with its ring: it matters only if the gate is needed.
    """
    listed = seen.macs if seen.is_complete else []
    unseen = preflight.find_unknown(serials, listed)
    others = read_problems.attempt("kandji", lambda: list(ctx.kandji.devices_with_serials(unseen)))
    devices = None if others is None else [*listed, *others]
    if devices == [] and read_problems.attempt("kandji", lambda: _has_macs(ctx, seen)) is False:
        read_problems.messages.append(preflight.NO_MACS)
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    macs: list[KandjiDevice] | None = None
    if devices is not None and preflight.find_unknown(serials, devices):
        macs = read_problems.attempt("kandji", lambda: list(ctx.kandji.devices(platform="Mac")))
    return preflight.KnownMacs(devices, macs or (), now)


def _has_macs(ctx: ModuleContext, seen: SeenMacs) -> bool:
    return bool(seen.count) or next(ctx.kandji.devices(platform="Mac"), None) is not None


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


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, RINGS, PROFILES, OPTIONS))


if __name__ == "__main__":
    main()
