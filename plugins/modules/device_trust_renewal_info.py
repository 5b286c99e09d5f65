#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_renewal_info
short_description: Which rings need new certificates now
version_added: 0.1.0
description:
  - Only reads. Decides for each ring whether to renew its certificates now, why, under which
    generation, and how many Macs will enroll.
  - A ring is due when a certificate under its present profile expires soon, or, with O(challenge),
    when its profile holds another challenge.
  - If Kandji has no profile of a ring's name, and a profile that this collection wrote is on the
    ring's blueprints under another name, the module fails. It warns of another profile for Okta
    there.
  - Rings renew in their order, one at a time. The module decides by what Kandji reports, and stores
    nothing between runs.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._state_dir
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
options:
  certificate_expiry:
    description:
      - Serial number to the expiry of the Mac's certificate in ISO 8601, if you know it from
        another source. It takes precedence over the other options. A serial number is found in any
        spelling; the module warns of one that no Mac of Kandji has.
      - A date does not count if Kandji first saw the Mac's present certificate or profile after it,
        and the module warns of it. Remove each date when the Mac has a new certificate.
      - If no source knows it, the expiry is estimated as a year after the certificate was first
        seen, or after the profile was written.
    type: dict
    default: {}
  certificate_check_item_id:
    description:
      - Id of the Custom Script that reports on each Mac when its certificates expire (see
        M(devicetrust.okta_kandji.device_trust_certificates)).
      - A report does not count if the Mac got its profile or certificate more than a day later.
    type: str
  renew_within_days:
    description: Certificates that expire within so many days are due.
    type: int
    default: 30
  min_days_between:
    description: At most one generation of a ring in so many days.
    type: int
    default: 60
  min_healthy_percent:
    description:
      - How many percent of each previous ring's Macs must have its current profile and a
        certificate that has not expired, before a ring renews.
      - On an assignment map with a node in C(assignment_nodes), the Macs count that Kandji lists
        for the profile. No API shows which Macs are on a node.
    type: int
    default: 90
  max_enrollments_per_hour:
    description: How many Macs may be made to enroll in one hour, over all rings. A larger ring
      renews alone. No limit if not set.
    type: int
  written_before:
    description:
      - A time in ISO 8601. Rings whose profile was last written before it are due, whenever their
        certificates expire, and O(min_days_between) does not apply.
      - After the platform in Okta was moved to a renewed CA certificate, this is
        RV(devicetrust.okta_kandji.okta_device_integration#module:platforms[].last_updated). It is
        the platform's last change, which need not be the move. After a later change, such as
        another name, rings that were renewed are due once more, unless O(authority_key_id) shows
        that they are done.
    type: str
  authority_key_id:
    description:
      - With O(written_before), a ring is not due if each of its Macs that hold the present profile
        reported (O(certificate_check_item_id)) that this key signed its last certificate. A
        platform that was moved cannot be moved back, so each later one is of this key, too.
      - After the move, this is the platform's
        RV(devicetrust.okta_kandji.okta_device_integration#module:platforms[].authority_key_id), 40
        hexadecimal digits.
    type: str
  challenge:
    description: The new SCEP challenge, after a reset in Okta. Rings whose profile has another one
      are then due, and certificates do not count. The module fails if a ring has this one since
      before a reset in Okta, and warns if it cannot read that. A reset of another platform than
      that of O(url) does not count (RV(challenge_possibly_reset_at)).
    type: str
  url:
    description:
      - The SCEP URL that the renewal writes. The module fails if a ring renews now whose profile
        has another URL, such as that of another org or platform, and warns if such a ring waits.
        The case of scheme and host, and the default port, make no other URL.
      - If not set, the environment variable E(OKTA_SCEP_URL) is used. Without it, URLs are not
        compared.
    type: str
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: Find the rings with certificates that expire within a month
  devicetrust.okta_kandji.device_trust_renewal_info:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Use narrower limits and every source of expiry dates
  devicetrust.okta_kandji.device_trust_renewal_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    certificate_expiry:
      C02XK1ZAJG5J: "2027-10-24T08:00:00Z"
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    state_dir: /var/lib/device-trust
    renew_within_days: 45
    min_days_between: 90
    min_healthy_percent: 95
    max_enrollments_per_hour: 200

- name: Find the rings with the old challenge, after it was reset in Okta
  devicetrust.okta_kandji.device_trust_renewal_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    challenge: "{{ vault_okta_scep_challenge }}"
    url: "{{ vault_okta_scep_url }}"

- name: Find the rings that were written before the platform in Okta was moved to a renewed CA
  devicetrust.okta_kandji.device_trust_renewal_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    written_before: "2026-11-25T08:00:00Z"
    authority_key_id: 53D22A615854286F8CD72E3E18E0FACC7A9D3948
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
"""

RETURN = r"""
rings:
  description: The decision for each ring, in the order of O(rings). C(due) lists serial numbers.
    C(waiting) is true if a ring is due and has to wait. C(certificates_unknown) is how many Macs do
    not count as healthy because Kandji does not show enough of them.
  returned: success
  type: list
  elements: dict
  sample:
    - name: canary
      renew: true
      reason: 3 certificates expire within 30 days; 4 Macs enroll.
      generation: renewed-2027-10-25
      macs_to_enroll: 4
      due: [C02XK1ZAJG5J, FVFXC2ABQ05D, FVFXC2ABQ05E]
      waiting: false
      healthy_percent: 100
      pinned_fingerprint: null
      certificates_unknown: 0
challenge_possibly_reset_at:
  description: When Okta reset a challenge after a ring got O(challenge), if the event does not
    show of which platform. A test enrollment then shows whether the challenge is valid. Else null.
  returned: success
  type: str
  sample: null
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Certificates, verb: GET, count: 1}
"""

import typing as t
from datetime import datetime, timezone

from ansible.module_utils.basic import env_fallback

from ..module_utils._core.errors import BadOption, Forbidden
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    KANDJI,
    LEDGER,
    OKTA,
    PROFILES,
    RINGS,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result
from ..module_utils._core.timestamps import format_milliseconds
from ..module_utils._fleet.certificates import renewal
from ..module_utils._fleet.certificates.challenge_age import SecretAges
from ..module_utils._fleet.certificates.check_report import (
    NO_KEYS,
    KeyExpiries,
    newest_by_serial,
)
from ..module_utils._fleet.certificates.ledger import Expiries, known_expiry
from ..module_utils._fleet.certificates.ring_certificates import (
    RingProfile,
    TenantFacts,
    check_stray,
    group_by_device,
    okta_payload,
    ring_profiles,
    warn_stray,
)
from ..module_utils._fleet.rings.reader import (
    RingOptions,
    check_blueprints,
    check_generations,
    check_names,
    check_profiles,
    find_ring_profile,
    ring_options,
)
from ..module_utils._kandji import assignments
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.certificate_proof import Subject
from ..module_utils._kandji.profile_holders import ProfileItem, installed_on
from ..module_utils._kandji.profiles.plan import Library
from ..module_utils._kandji.profiles.scep import find_strays
from ..module_utils._okta.authorities import certificate_authorities
from ..module_utils._okta.authorities.certificate_authorities import read_authorities
from ..module_utils._okta.authorities.device_integration import RESET_EVENT
from ..module_utils._okta.authorities.scep_platforms import superseded_expiries
from ..module_utils._okta.constants import LOG_AHEAD, LOG_RETENTION
from ..module_utils._okta.records import LogEvent

OPTIONS: ArgumentSpec = {
    **LEDGER,
    "certificate_expiry": {"type": "dict", "default": {}},
    "certificate_check_item_id": {"type": "str"},
    "renew_within_days": {"type": "int", "default": 30},
    "min_days_between": {"type": "int", "default": 60},
    "min_healthy_percent": {"type": "int", "default": 90},
    "max_enrollments_per_hour": {"type": "int"},
    "written_before": {"type": "str"},
    "authority_key_id": {"type": "str"},
    "challenge": {"type": "str", "no_log": True},
    "url": {"type": "str", "fallback": (env_fallback, ["OKTA_SCEP_URL"])},
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_DEVICES,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    *certificate_authorities.USES,
)
RESETS = f'eventType eq "{RESET_EVENT}"'


def run(ctx: ModuleContext) -> Result:
    """Return the decision for each ring."""
    params = ctx.params
    ctx.masker.add(params["challenge"])
    renewal.check_key_option(params["authority_key_id"], params["written_before"])
    rings = ring_options(params)
    check_names(rings)
    check_profiles(rings)
    if not params["challenge"]:
        check_generations(rings)
    tenant = _read_tenant(ctx, rings)
    pace = renewal.Pace.from_params(params)
    facts = [_read_ring(ctx, ring, tenant) for ring in rings]
    for warning in filter(None, map(renewal.warn_unknowable, facts)):
        ctx.warn(warning)
    if warning := renewal.warn_outdated_option(facts):
        ctx.warn(warning)
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    possible_reset = _find_possible_reset(ctx, facts, now) if pace.rotate else None
    decisions = renewal.decide(facts, now, pace)
    renewal.check_url(facts, decisions, params["url"])
    if warning := renewal.warn_url(facts, decisions, params["url"]):
        ctx.warn(warning)
    late = (renewal.warn_late(*each, now) for each in zip(facts, decisions, strict=True))
    for warning in filter(None, late):
        ctx.warn(warning)
    return {
        "changed": False,
        "rings": [decision._asdict() for decision in decisions],
        "challenge_possibly_reset_at": possible_reset,
    }


def _read_tenant(ctx: ModuleContext, rings: t.Sequence[RingOptions]) -> TenantFacts:
    params, kandji = ctx.params, ctx.kandji
    expiry_by_option = renewal.read_expiry_option(params["certificate_expiry"])
    blueprints = assignments.read_blueprints(
        kandji, [blueprint for ring in rings for blueprint in ring.blueprints]
    )[0]
    check_blueprints(rings, blueprints)
    profiles = list(kandji.profiles())
    own = ring_profiles(rings, profiles, params["scep_profile_prefix"])
    subject = Subject.of_profiles(own)
    devices = [device for device in kandji.devices(platform="Mac") if device.is_mac]
    certificates = kandji.prism_certificates({"identity_certificate": {"eq": True}})
    by_device = group_by_device(certificates)
    known = _read_expiry(ctx, subject)
    serials = {device.device_id: device.serial.upper() for device in devices}
    checked = newest_by_serial(known.by_device, serials)
    if warning := renewal.warn_unknown_macs(expiry_by_option, serials.values()):
        ctx.warn(warning)
    ids = {profile.id for profile in own}
    return TenantFacts(
        blueprints,
        profiles,
        devices,
        by_device,
        expiry_by_option,
        checked,
        known,
        ring_profile_ids=ids,
    )


def _read_expiry(ctx: ModuleContext, subject: Subject) -> Expiries:
    """Return what the certificate check on the Macs and the ledger know."""
    params = ctx.params
    return known_expiry(
        ctx.kandji,
        params["certificate_check_item_id"],
        ctx.okta.org_url if params["state_dir"] else "",
        params["state_dir"],
        _read_keys(ctx) if params["certificate_check_item_id"] and ctx.has_okta else NO_KEYS,
        subject,
    )


def _read_keys(ctx: ModuleContext) -> KeyExpiries:
    """Return when the keys of the authority expire of which a renewal brings another one."""
    return superseded_expiries(read_authorities(ctx.okta), ctx.params["url"] or "")


def _read_ring(ctx: ModuleContext, ring: RingOptions, tenant: TenantFacts) -> renewal.RingFacts:
    profile = find_ring_profile(ring, tenant.profiles, ctx.params["scep_profile_prefix"])
    if profile is None:
        _warn_of_strays(ctx, ring, tenant)
        return renewal.RingFacts(ring.name, False)
    payload = okta_payload(ring, profile, ctx.params["url"] or "")
    installed = installed_on(ctx.kandji, ProfileItem.of_profile(profile))
    statuses = list(ctx.kandji.item_statuses(profile.id))
    read = RingProfile(ring, profile, payload, installed, statuses)
    return read.facts(tenant, ctx.params["challenge"])


def _warn_of_strays(ctx: ModuleContext, ring: RingOptions, tenant: TenantFacts) -> None:
    """Warn of profiles for Okta on the blueprints of a ring that has no profile.

    Raises BadOption if it is one of this collection, under another name.
    """
    blueprints = assignments.resolve(ring.blueprints, tenant.blueprints)
    library = Library(tenant.profiles, items=assignments.read_items(ctx.kandji, blueprints))
    strays = find_strays(ctx.params["url"] or "", tenant.ring_profile_ids, blueprints, library)
    prefix = ctx.params["scep_profile_prefix"]
    for text, is_own in strays:
        check_stray(ring, prefix, text, is_own)
        ctx.warn(warn_stray(ring, prefix, text))


def _find_possible_reset(
    ctx: ModuleContext, rings: t.Sequence[renewal.RingFacts], now: datetime
) -> str | None:
    """Return when Okta reset what may be the rings' challenge, or None.

    Raises BadOption if a ring holds the challenge since before Okta reset it. A log
    that cannot be read leaves that open, and so do a profile of which Kandji does not list when it
    was written, and an event that does not show the platform. Each has a warning.
    """
    ages = SecretAges.of_rings(rings)
    if warning := ages.warn_undated():
        ctx.warn(warning)
    events = _read_resets(ctx, ages.dated, now)
    possible_reset, warning = ages.find_possible_reset(events, ctx.params["url"] or "")
    if warning:
        ctx.warn(warning)
    return possible_reset


def _read_resets(
    ctx: ModuleContext, written: t.Mapping[str, datetime], now: datetime
) -> list[LogEvent]:
    """Return the resets of secret keys since the first of these times, with a warning if unread."""
    if not written:
        return []
    since = max(min(written.values()), now - LOG_RETENTION)
    until = now + LOG_AHEAD
    try:
        period = format_milliseconds(since), format_milliseconds(until)
        return list(ctx.okta.log_events(RESETS, *period))
    except (Forbidden, BadOption) as error:
        ctx.warn(
            "challenge: whether Okta reset it since the profiles were written cannot be read."
            f" {error.message}"
        )
        return []


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, KANDJI, RINGS, PROFILES, OPTIONS),
        mutually_exclusive=[("challenge", "written_before")],
    )


if __name__ == "__main__":
    main()
