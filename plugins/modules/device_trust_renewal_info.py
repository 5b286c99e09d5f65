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
  - Only reads. Says for each ring whether its certificates are to be issued anew now, why, under
    which generation, and how many Macs will enrol.
  - A ring is due when a certificate under its present profile ends soon, or, with O(challenge),
    when its profile holds another secret.
  - Rings go in their order, one at a time. What Kandji shows decides; nothing is kept between runs.
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
options:
  certificate_ends:
    description:
      - Serial number to the end of the Mac's certificate in ISO 8601, where it is known from
        elsewhere. It counts more than what the other options tell.
      - Where nothing tells, the end is reckoned as a year after the certificate was first seen, or
        after the profile was written.
    type: dict
    default: {}
  certificate_check_item_id:
    description: Id of the Custom Script that says on each Mac when its certificates end (see
      M(devicetrust.okta_kandji.device_trust_certificates)).
    type: str
  state_dir:
    description:
      - Directory of the ledger of certificates (see
        M(devicetrust.okta_kandji.device_trust_certificates)), for Macs that do not speak for
        themselves.
      - It is only read here. The org's options are needed with it, since a ledger is an org's; Okta
        is asked nothing.
    type: path
  renew_within_days:
    description: Certificates that end within so many days are due.
    type: int
    default: 30
  min_days_between:
    description: At most one generation of a ring in so many days.
    type: int
    default: 60
  min_healthy_percent:
    description: How many percent of a ring's Macs have to hold its present profile and a living
      certificate before the next ring goes.
    type: int
    default: 90
  max_enrolments_per_hour:
    description: How many Macs may be set to enrol in one hour, over all rings. A larger ring goes
      alone. No limit when not set.
    type: int
  challenge:
    description: The new secret, after it was reset in Okta. Rings whose profile holds another one
      are due then, and certificates do not count.
    type: str
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: What ends within a month
  devicetrust.okta_kandji.device_trust_renewal_info:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary

# URLs and tokens of these come from the environment, or from module_defaults.
- name: The same with narrower limits, and all that is known of when certificates end
  devicetrust.okta_kandji.device_trust_renewal_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    certificate_ends:
      C02XK1ZAJG5J: "2027-10-24T08:00:00Z"
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    state_dir: /var/lib/device-trust
    renew_within_days: 45
    min_days_between: 90
    min_healthy_percent: 95
    max_enrolments_per_hour: 200

- name: Which rings still have the old secret, after it was reset in Okta
  devicetrust.okta_kandji.device_trust_renewal_info:
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    challenge: "{{ vault_okta_scep_challenge }}"
"""

RETURN = r"""
rings:
  description: The decision for each ring, in order. C(due) are serial numbers; C(held) says that a
    ring is due and waits.
  returned: success
  type: list
  elements: dict
  sample:
    - name: canary
      renew: true
      reason: 3 certificates end within 30 days; 4 Macs enrol.
      generation: renewed-2027-10-25
      macs_to_enrol: 4
      due: [C02XK1ZAJG5J, FVFXC2ABQ05D, FVFXC2ABQ05E]
      held: false
      healthy_percent: 100
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Certificates, verb: GET, count: 1}
"""

import typing as t
from datetime import datetime, timezone

from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import Result, Run, run_module
from ..module_utils._core.options import KANDJI, OKTA, PROFILES, RINGS, arguments
from ..module_utils._core.text import names_serial
from ..module_utils._core.timestamps import parse_timestamp, require_timestamp
from ..module_utils._kandji import assignments
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.profile_holders import ProfileItem, installed_on
from ..module_utils._kandji.profiles import mobileconfig
from ..module_utils._kandji.profiles.scep import read_generation
from ..module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    KandjiDevice,
    PrismCertificate,
    newest_first_seen,
)
from ..module_utils._status import renewal
from ..module_utils._status.ledger import known_ends
from ..module_utils._status.rings import check_profiles, find_ring_profile

Row = dict[str, t.Any]

OPTIONS: dict[str, t.Any] = {
    "certificate_ends": {"type": "dict", "default": {}},
    "certificate_check_item_id": {"type": "str"},
    "state_dir": {"type": "path"},
    "renew_within_days": {"type": "int", "default": 30},
    "min_days_between": {"type": "int", "default": 60},
    "min_healthy_percent": {"type": "int", "default": 90},
    "max_enrolments_per_hour": {"type": "int"},
    "challenge": {"type": "str", "no_log": True},
}
USES = (
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_DEVICES,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
)


def run(run_: Run) -> Result:
    params = run_.params
    run_.masker.add(params["challenge"])
    if not 0 <= params["min_healthy_percent"] <= 100:
        raise BadOption(
            f"min_healthy_percent: {params['min_healthy_percent']} is not between 0 and 100."
        )
    check_profiles(params["rings"])
    given = {
        str(serial).upper(): require_timestamp(str(text))
        for serial, text in params["certificate_ends"].items()
    }
    blueprints = assignments.read_blueprints(
        run_.kandji, [one for ring in params["rings"] for one in ring["blueprints"]]
    )[0]
    profiles = list(run_.kandji.profiles())
    devices = [device for device in run_.kandji.devices(platform="Mac") if device.is_mac]
    certificates = _by_device(
        run_.kandji.prism_certificates({"identity_certificate": {"eq": True}})
    )
    ends = {**_known_ends(run_, devices), **given}
    facts = [
        _facts(run_, ring, blueprints, profiles, devices, certificates, ends)
        for ring in params["rings"]
    ]
    pace = renewal.Pace(
        params["renew_within_days"],
        params["min_days_between"],
        params["min_healthy_percent"],
        params["max_enrolments_per_hour"],
        bool(params["challenge"]),
    )
    now = datetime.fromtimestamp(run_.kandji.transport.now(), timezone.utc)
    return {"changed": False, "rings": [one._asdict() for one in renewal.decide(facts, now, pace)]}


def _known_ends(run_: Run, devices: t.Sequence[KandjiDevice]) -> dict[str, datetime]:
    """Serial (upper case) -> the end of its certificate:

    by the ledger, and before that by the Mac's own word.
    """
    params = run_.params
    said, booked = known_ends(
        run_.kandji,
        params["certificate_check_item_id"],
        run_.okta.org_url if params["state_dir"] else "",
        params["state_dir"],
    )
    serials = {device.device_id: device.serial for device in devices}
    known = dict(booked(serials.values())) if booked else {}
    known.update(
        {serials[device_id]: end for device_id, end in said.items() if device_id in serials}
    )
    return {serial.upper(): require_timestamp(end) for serial, end in known.items()}


def _facts(
    run_: Run,
    ring: t.Mapping[str, t.Any],
    blueprints: t.Sequence[Blueprint],
    profiles: t.Sequence[CustomProfile],
    devices: t.Sequence[KandjiDevice],
    certificates: t.Mapping[str, t.Sequence[PrismCertificate]],
    ends: t.Mapping[str, datetime],
) -> renewal.RingFacts:
    profile = find_ring_profile(ring, profiles, run_.params["scep_profile_prefix"])
    if profile is None:
        return renewal.RingFacts(ring["name"], False)
    plist = mobileconfig.parse(profile.mobileconfig) or {}
    payload = (mobileconfig.scep_payloads(plist) or [{}])[0]
    installed = _by_device(installed_on(run_.kandji, ProfileItem.of_profile(profile)))
    statuses = run_.kandji.item_statuses(profile.id)
    holders = set(installed) | {status.device_id for status in statuses if status.is_installed}
    written, uuid = (
        parse_timestamp(profile.updated_at),
        str(plist.get("PayloadUUID", "")).lower(),
    )
    ids = {one.id for one in assignments.resolve(ring["blueprints"], blueprints)}
    macs = [
        _mac(
            device,
            installed.get(device.device_id, []),
            certificates.get(device.device_id, []),
            uuid,
            written,
            ends,
        )
        for device in devices
        if device.blueprint_id in ids
    ]
    stale = (
        bool(run_.params["challenge"])
        and payload.get("PayloadContent", {}).get("Challenge") != run_.params["challenge"]
    )
    return renewal.RingFacts(
        ring["name"], True, written, read_generation(payload), macs, len(holders), stale
    )


def _mac(
    device: KandjiDevice,
    installed: t.Sequence[InstalledProfile],
    held: t.Sequence[PrismCertificate],
    uuid: str,
    written: datetime | None,
    ends: t.Mapping[str, datetime],
) -> renewal.MacCertificate:
    present = any(profile.payload_uuid == uuid for profile in installed)
    mine = [one for one in held if names_serial(one.common_name, device.serial)]
    reckoned = renewal.reckoned_end(newest_first_seen(mine), written) if mine else None
    return renewal.MacCertificate(device.serial, present, ends.get(device.serial.upper(), reckoned))


Reported = t.TypeVar("Reported", InstalledProfile, PrismCertificate)


def _by_device(rows: t.Iterable[Reported]) -> dict[str, list[Reported]]:
    found: dict[str, list[Reported]] = {}
    for row in rows:
        found.setdefault(row.device_id, []).append(row)
    return found


def main() -> None:
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, RINGS, PROFILES, OPTIONS))


if __name__ == "__main__":
    main()
