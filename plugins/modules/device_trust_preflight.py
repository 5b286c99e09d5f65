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
  - Reads the enrolment policies, to say whose policy disables Okta Verify. This takes a call for
    each 200 policies. If one of them disables it, each 1000 members of the groups up to that policy
    take one more. If the credentials may not read them, a warning says so.
  - Warns if Macs have a working record in Okta, and none of them is in Kandji. The org and the
    tenant may not belong together. It is normal before the first rollout. Records of other
    platforms do not count. It reads both lists only until it meets a Mac that is in both.
  - Looks the test Macs up. It does not fail because of them, since a ring that stays as it is does
    not need its gate.
  - Returns the rings with the ids of their blueprints, and what the other modules take for each of
    them, so that later tasks need not resolve them again.
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
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import islice
from urllib.parse import urlsplit

from ..module_utils._core.errors import (
    DeviceTrustError,
    NotFound,
    NotTrusted,
    Refused,
    Unauthorized,
    Unreachable,
    Unreadable,
)
from ..module_utils._core.lookup import fold_name
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, OKTA, PROFILES, RINGS, arguments
from ..module_utils._core.results import Result
from ..module_utils._fleet import preflight
from ..module_utils._fleet.preflight import ResolvedRing
from ..module_utils._fleet.reader import MACS_IN_OKTA
from ..module_utils._fleet.registration_policies import POLICY_USES, Registration, read_policies
from ..module_utils._fleet.rings import RingOptions, ring_options
from ..module_utils._fleet.tenant_match import SharedMacs, describe_warning
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import read_items
from ..module_utils._kandji.console_items import find_scep_item
from ..module_utils._kandji.records import KandjiDevice
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.auth import FEATURE_MISSING
from ..module_utils._okta.fast_pass_reader import FastPass

Answer = t.TypeVar("Answer")
FIRST_RECORDS = 200  # of Okta, one page, before Kandji's Macs are read
# Every org and every tenant has what is read here.
NOT_THE_VENDOR = {
    "okta": "okta_org_url: The host does not answer as an Okta org (404). Correct the URL.",
    "kandji": "kandji_api_url: The host does not answer as Kandji's API (404). Correct the URL.",
}
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
)


@dataclass
class Findings:
    """What is wrong, what blocks most first, and the vendors of which nothing can be read."""

    problems: list[str] = field(default_factory=list)
    unusable: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def attempt(self, vendor: str, read: t.Callable[[], Answer]) -> Answer | None:
        """Return what is read, or None after an error, which is recorded.

        Nothing is read of a vendor that cannot be used: the same problem would come again.
        """
        if vendor in self.unusable:
            return None
        try:
            answer = read()
            self.answered.add(vendor)
            return answer
        except DeviceTrustError as error:
            is_another = isinstance(error, NotFound) and vendor not in self.answered
            if is_another or _prevents_all(error):
                self.unusable.add(vendor)
            self.problems.append(NOT_THE_VENDOR[vendor] if is_another else error.message)
        return None


def _prevents_all(error: DeviceTrustError) -> bool:
    """Return whether every other read of the vendor would end in the same way."""
    if isinstance(error, Unauthorized):
        return error.error_code != FEATURE_MISSING
    return isinstance(error, (Unreachable, NotTrusted, Unreadable))


def run(ctx: ModuleContext) -> Result:
    """Return the rings by id, or refuse with all that is not ready."""
    options, findings = ring_options(ctx.params), Findings()
    fast_pass = FastPass(ctx.okta)
    registration = (
        findings.attempt("okta", lambda: read_policies(ctx.okta, fast_pass)) or Registration()
    )
    rings = _read_rings(ctx, options, findings, registration)
    findings.problems += registration.problems
    _check_shared_macs(ctx, findings)
    names = [fold_name(ring.options.name) for ring, _test_macs in rings]
    result: Result = {
        # Of two rings with one name, a profile's entry would be written twice.
        "rings": [
            {**ring.as_result(ctx.params["scep_profile_prefix"]), **test_macs}
            for ring, test_macs in rings
            if names.count(fold_name(ring.options.name)) == 1
        ],
        "unusable_vendors": sorted(findings.unusable),
        "registration": registration.as_result(),
    }
    _warn_of_policies(ctx, registration)
    if findings.problems:
        unique = list(dict.fromkeys(findings.problems))
        raise Refused("Not ready: " + " ".join(unique), problems=unique, **result)
    return {"changed": False, **result}


def _check_shared_macs(ctx: ModuleContext, findings: Findings) -> None:
    """Warn if no Mac of Kandji has a record in Okta."""
    counts = findings.attempt("okta", lambda: _read_shared_macs(ctx, findings))
    if counts is None or counts.shared:
        return
    okta, kandji = urlsplit(ctx.okta.org_url).netloc, urlsplit(ctx.kandji.api_url).netloc
    if warning := describe_warning(counts, okta, kandji):
        ctx.warn(warning)


def _read_shared_macs(ctx: ModuleContext, findings: Findings) -> SharedMacs | None:
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

    if findings.attempt("kandji", read_until_shared) is None:
        return None
    if not recorded & enrolled:
        for serial in records:
            recorded.add(serial)
            if serial in enrolled:
                break
    return SharedMacs.of_serials(recorded, enrolled)


def _warn_of_policies(ctx: ModuleContext, registration: Registration) -> None:
    names = ", ".join(repr(policy.name) for policy in registration.disabling)
    if names and not registration.problems:
        ctx.warn(
            f"Enrolment policies that disable Okta Verify: {names}. The people to whom they apply"
            " cannot register a Mac. Allow it in Security > Authenticators > Enrollment."
        )
    if registration.unavailable:
        ctx.warn(
            "Okta's enrolment policies cannot be read, so whether they let people register is not"
            f" known: {registration.unavailable}."
        )


def _read_rings(
    ctx: ModuleContext,
    options: t.Sequence[RingOptions],
    findings: Findings,
    registration: Registration,
) -> list[tuple[ResolvedRing, Result]]:
    """Return the rings about which nothing is wrong, by id, and record what is of the others.

    What is wrong with their test Macs comes with them: it matters only if the gate is needed.
    """
    serials = [serial.strip() for ring in options for serial in ring.test_macs]
    blueprints = findings.attempt("kandji", lambda: list(ctx.kandji.blueprints()))
    devices = findings.attempt("kandji", lambda: list(ctx.kandji.devices_with_serials(serials)))
    if devices:
        # What later the gate alone reads, so that the permission is not missing after a write.
        findings.attempt("kandji", lambda: ctx.kandji.device_items(devices[0].device_id))
    elif devices == [] and findings.attempt("kandji", lambda: _has_macs(ctx)) is False:
        findings.problems.append(preflight.NO_MACS)
    findings.problems += preflight.ring_problems(options)
    if blueprints is None:
        return []
    rings, problems = preflight.resolve_rings(options, blueprints)
    findings.problems += problems
    rings, wrong = _resolve_items(ctx, [ring for ring in rings if ring.is_sound])
    findings.problems += wrong
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    macs: list[KandjiDevice] | None = None
    if devices is not None and preflight.find_unknown(serials, devices):
        macs = findings.attempt("kandji", lambda: list(ctx.kandji.devices(platform="Mac")))
    test_macs = KnownMacs(devices, macs or (), now, registration)
    return [(ring, test_macs.judge(ring)) for ring in rings]


@dataclass(frozen=True)
class KnownMacs:
    """The devices with the serials of test Macs, None if they could not be read.

    :arg macs: all Macs, if a serial is unknown.
    """

    devices: t.Sequence[KandjiDevice] | None
    macs: t.Sequence[KandjiDevice]
    now: datetime
    registration: Registration

    def judge(self, ring: ResolvedRing) -> Result:
        """Return what is wrong with the test Macs of a ring."""
        if self.devices is None:  # which is a problem already
            return {"test_mac_problems": [], "silent_test_macs": [], "unregistrable_test_macs": []}
        return {
            "test_mac_problems": preflight.check_test_macs(ring, self.devices, self.macs),
            "silent_test_macs": preflight.describe_silent_macs(ring, self.devices, self.now),
            "unregistrable_test_macs": self.registration.describe_test_macs(ring, self.devices),
        }


def _has_macs(ctx: ModuleContext) -> bool:
    return next(ctx.kandji.devices(platform="Mac"), None) is not None


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
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, RINGS, PROFILES))


if __name__ == "__main__":
    main()
