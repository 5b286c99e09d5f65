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
    generation, and how many Macs will enrol.
  - A ring is due when a certificate under its present profile expires soon, or, with O(challenge),
    when its profile holds another secret.
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
  max_enrolments_per_hour:
    description: How many Macs may be made to enrol in one hour, over all rings. A larger ring
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
    description: The new secret, after a reset in Okta. Rings whose profile has another secret are
      then due, and certificates do not count. The module fails if a ring has this secret since
      before a reset in Okta, and warns if it cannot read that. A reset of another platform than
      that of O(url) does not count (RV(challenge_unconfirmed_since)).
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
    max_enrolments_per_hour: 200

- name: Find the rings with the old secret, after it was reset in Okta
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
    C(waiting) is true if a ring is due and has to wait.
  returned: success
  type: list
  elements: dict
  sample:
    - name: canary
      renew: true
      reason: 3 certificates expire within 30 days; 4 Macs enrol.
      generation: renewed-2027-10-25
      macs_to_enrol: 4
      due: [C02XK1ZAJG5J, FVFXC2ABQ05D, FVFXC2ABQ05E]
      waiting: false
      healthy_percent: 100
      pinned_fingerprint: null
challenge_unconfirmed_since:
  description: When Okta reset a secret key after a ring got O(challenge), if the event does not
    show of which platform. A test enrolment then shows whether the challenge is valid. Else null.
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
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

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
    Params,
    arguments,
)
from ..module_utils._core.results import Result
from ..module_utils._core.text import abbreviate
from ..module_utils._core.timestamps import (
    format_milliseconds,
    format_timestamp,
    parse_timestamp,
    require_timestamp,
)
from ..module_utils._fleet import renewal
from ..module_utils._fleet.certificate_check import CheckedExpiry, newest_by_serial
from ..module_utils._fleet.certificate_ledger import Expiries, known_expiry
from ..module_utils._fleet.rings import (
    RingOptions,
    check_blueprints,
    check_generations,
    check_names,
    check_profiles,
    find_ring_profile,
    profile_name,
    profile_uuid,
    ring_options,
)
from ..module_utils._kandji import assignments
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.certificate_proof import Proof, Subject, UnattestedNames
from ..module_utils._kandji.profile_holders import ProfileItem, installed_on, possible_holders
from ..module_utils._kandji.profiles import mobileconfig
from ..module_utils._kandji.profiles.plan import Library
from ..module_utils._kandji.profiles.references import Plist
from ..module_utils._kandji.profiles.scep import (
    find_owner,
    find_strays,
    platform_payload,
    read_generation,
    read_pin,
)
from ..module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
    newest_first_seen,
    newest_statuses,
)
from ..module_utils._okta import certificate_authorities
from ..module_utils._okta.certificate_authorities import read_key_ids
from ..module_utils._okta.certificate_authority_records import parse_key_id
from ..module_utils._okta.constants import LOG_RETENTION
from ..module_utils._okta.device_integration import RESET_EVENT, split_resets, stale_challenge
from ..module_utils._okta.records import LogEvent

OPTIONS: ArgumentSpec = {
    **LEDGER,
    "certificate_expiry": {"type": "dict", "default": {}},
    "certificate_check_item_id": {"type": "str"},
    "renew_within_days": {"type": "int", "default": 30},
    "min_days_between": {"type": "int", "default": 60},
    "min_healthy_percent": {"type": "int", "default": 90},
    "max_enrolments_per_hour": {"type": "int"},
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


Reported = t.TypeVar("Reported", InstalledProfile, PrismCertificate)


@dataclass(frozen=True)
class Fleet:
    """What the decisions need of the whole tenant.

    ``certificates`` are by device id. The others are by serial in upper case: ``expiry`` is what
    the options say, ``checked`` what the Macs reported, ``logged`` what a ledger knows. The former
    outweigh the latter. ``known`` is what check and ledger know. ``ring_profile_ids`` are the
    profiles that the rings have.
    """

    blueprints: t.Sequence[Blueprint]
    profiles: t.Sequence[CustomProfile]
    devices: t.Sequence[KandjiDevice]
    certificates: t.Mapping[str, t.Sequence[PrismCertificate]]
    expiry: t.Mapping[str, datetime]
    checked: t.Mapping[str, CheckedExpiry] = field(default_factory=dict)
    known: Expiries = Expiries()
    logged: t.Mapping[str, datetime] = field(default_factory=dict)
    ring_profile_ids: t.AbstractSet[str] = frozenset()

    def with_ledger(self, subject: Subject, devices: t.Sequence[KandjiDevice]) -> Fleet:
        """Return the fleet with what the ledger knows of the devices of one ring.

        ``subject`` is that of the ring's profile.
        """
        ledger = self.known.ledger
        known = ledger([each.serial for each in devices], subject) if ledger else {}
        logged = {
            serial.upper(): require_timestamp("state_dir", text) for serial, text in known.items()
        }
        return replace(self, logged=logged)

    def known_expiry(self, serial: str, *since: datetime | None) -> datetime | None:
        """Return when a Mac's certificate expires, or None if no source knows it.

        :arg since: when the Mac got certificate and profile. A report from before does not count,
            nor a date of the options that had passed by then.
        """
        key = serial.upper()
        checked = self.checked.get(key)
        if key in self.expiry and not self.is_stated_before(serial, *since):
            return self.expiry[key]
        if checked is None or checked.is_outdated(*since):
            return self.logged.get(key)
        return require_timestamp("certificate_check_item_id", checked.expires)

    def is_stated_before(self, serial: str, *since: datetime | None) -> bool:
        """Return whether the date of the options is of a certificate that the Mac had before."""
        stated = self.expiry.get(serial.upper())
        return stated is not None and any(stated <= time for time in since if time)

    def certificate_of(
        self, device: KandjiDevice, profile: CustomProfile, held: t.Sequence[InstalledProfile]
    ) -> renewal.MacCertificate:
        """Return what is known of a Mac's certificate.

        When it expires comes from the Mac or the ledger; else it is estimated from the certificate
        with the profile's UUID, else from when the profile came that requested it.
        """
        others = self.known.unattested.get(device.device_id, UnattestedNames())
        subject = Subject.of_profile(profile).installed(held).without(others)
        rows = self.certificates.get(device.device_id, ())
        proved = subject.select(rows, device.serial, Proof.PROVED)
        present = [row for row in held if row.payload_uuid == (profile_uuid(profile) or "").lower()]
        came = newest_first_seen(proved), newest_first_seen(present)
        written = parse_timestamp(profile.updated_at)
        since = (*came, written if present else None)
        known = self.known_expiry(device.serial, *since)
        estimated = renewal.estimate_expiry(*came, written if proved or present else None)
        missing: t.Literal["missing", "unknowable"] = (
            "missing" if subject.can_be_proved else "unknowable"
        )
        checked = self.checked.get(device.serial.upper())
        return renewal.MacCertificate(
            device.serial,
            bool(present),
            known or estimated,
            "proved" if known or proved else missing,
            checked.authority_key_id if checked else "",
            self.is_stated_before(device.serial, *since),
        )


def run(ctx: ModuleContext) -> Result:
    """Return the decision for each ring."""
    params = ctx.params
    ctx.masker.add(params["challenge"])
    if params["authority_key_id"] and not params["written_before"]:
        raise BadOption(
            "written_before: it is not set, so which profiles were written before the platform"
            " changed is unknown. Set it to that time. If Okta does not show it, give each ring"
            " another generation."
        )
    rings = ring_options(params)
    check_names(rings)
    check_profiles(rings)
    if not params["challenge"]:
        check_generations(rings)
    fleet = _read_fleet(ctx, rings)
    pace = renewal.Pace(
        params["renew_within_days"],
        params["min_days_between"],
        params["min_healthy_percent"],
        params["max_enrolments_per_hour"],
        bool(params["challenge"]),
        None
        if params["written_before"] is None
        else require_timestamp("written_before", params["written_before"]),
        _key_id(params["authority_key_id"]),
    )
    facts = [_read_ring(ctx, ring, fleet) for ring in rings]
    for warning in filter(None, map(renewal.warn_unknowable, facts)):
        ctx.warn(warning)
    if warning := renewal.warn_outdated_option(facts):
        ctx.warn(warning)
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    unconfirmed = _check_challenge(ctx, facts, now) if pace.rotate else None
    decisions = renewal.decide(facts, now, pace)
    if warning := renewal.check_url(facts, decisions, params["url"]):
        ctx.warn(warning)
    late = (renewal.warn_late(*each, now) for each in zip(facts, decisions, strict=True))
    for warning in filter(None, late):
        ctx.warn(warning)
    return {
        "changed": False,
        "rings": [decision._asdict() for decision in decisions],
        "challenge_unconfirmed_since": unconfirmed,
    }


def _read_fleet(ctx: ModuleContext, rings: t.Sequence[RingOptions]) -> Fleet:
    params, kandji = ctx.params, ctx.kandji
    expiry_by_option = renewal.read_expiry_option(params["certificate_expiry"])
    blueprints = assignments.read_blueprints(
        kandji, [blueprint for ring in rings for blueprint in ring.blueprints]
    )[0]
    check_blueprints(rings, blueprints)
    profiles = list(kandji.profiles())
    own = _ring_profiles(params, rings, profiles)
    subject = Subject.of_profiles(own)
    devices = [device for device in kandji.devices(platform="Mac") if device.is_mac]
    certificates = kandji.prism_certificates({"identity_certificate": {"eq": True}})
    by_device = _group_by_device(certificates)
    known = _read_expiry(ctx, subject)
    serials = {device.device_id: device.serial.upper() for device in devices}
    checked = newest_by_serial(known.by_device, serials)
    if strangers := sorted(expiry_by_option.keys() - set(serials.values())):
        ctx.warn(
            f"certificate_expiry: Kandji has no Mac {abbreviate(strangers)}, so that nothing is"
            " renewed because of it. Correct the serial number, or remove it."
        )
    ids = {profile.id for profile in own}
    return Fleet(
        blueprints,
        profiles,
        devices,
        by_device,
        expiry_by_option,
        checked,
        known,
        ring_profile_ids=ids,
    )


def _ring_profiles(
    params: Params, rings: t.Sequence[RingOptions], profiles: t.Sequence[CustomProfile]
) -> list[CustomProfile]:
    """Return the SCEP profiles that the rings have."""
    prefix = params["scep_profile_prefix"]
    return [profile for ring in rings if (profile := find_ring_profile(ring, profiles, prefix))]


def _read_expiry(ctx: ModuleContext, subject: Subject) -> Expiries:
    """Return what the certificate check on the Macs and the ledger know."""
    params = ctx.params
    return known_expiry(
        ctx.kandji,
        params["certificate_check_item_id"],
        ctx.okta.org_url if params["state_dir"] else "",
        params["state_dir"],
        read_key_ids(ctx.okta) if params["certificate_check_item_id"] and ctx.has_okta else (),
        subject,
    )


def _read_ring(ctx: ModuleContext, ring: RingOptions, fleet: Fleet) -> renewal.RingFacts:
    profile = find_ring_profile(ring, fleet.profiles, ctx.params["scep_profile_prefix"])
    if profile is None:
        _check_strays(ctx, ring, fleet)
        return renewal.RingFacts(ring.name, False)
    payload = _payload(ring, profile, ctx.params["url"] or "")
    item = ProfileItem.of_profile(profile)
    rows = installed_on(ctx.kandji, item)
    installed = _group_by_device(rows)
    # The playbook hands the number on as max_reissue, so it is the one that the write counts.
    statuses = list(ctx.kandji.item_statuses(profile.id))
    holders = possible_holders(item, statuses, rows)
    written = parse_timestamp(profile.updated_at)
    devices = _devices_of(ring, fleet, statuses, holders)
    known = fleet.with_ledger(Subject.of_profile(profile), devices)
    macs = tuple(
        known.certificate_of(device, profile, installed.get(device.device_id, ()))
        for device in devices
    )
    challenge = ctx.params["challenge"]
    return renewal.RingFacts(
        ring.name,
        True,
        written,
        read_generation(payload),
        macs,
        len(holders),
        bool(challenge) and payload.get("PayloadContent", {}).get("Challenge") != challenge,
        read_pin(payload),
        str(payload.get("PayloadContent", {}).get("URL") or ""),
    )


def _check_strays(ctx: ModuleContext, ring: RingOptions, fleet: Fleet) -> None:
    """Raise BadOption if the profile that the ring lacks is on its blueprints by another name.

    Warns of a profile for Okta there that this collection did not write.
    """
    prefix, url = ctx.params["scep_profile_prefix"], ctx.params["url"] or ""
    blueprints = assignments.resolve(ring.blueprints, fleet.blueprints)
    library = Library(fleet.profiles, items=assignments.read_items(ctx.kandji, blueprints))
    for text, is_own in find_strays(url, fleet.ring_profile_ids, blueprints, library):
        warning = (
            f"rings: {ring.name} has no SCEP profile {profile_name(ring, prefix)!r}, and {text}."
            " Nobody renews its certificates, or gives it a new secret."
        )
        if is_own:
            raise BadOption(
                f"{warning} It is one of this collection. Rename it to"
                f" {profile_name(ring, prefix)!r} in Kandji, or remove it from there."
            )
        ctx.warn(f"{warning} Remove it from there, then run site.yml, which creates the profile.")


def _payload(ring: RingOptions, profile: CustomProfile, url: str) -> Plist:
    """Return the SCEP payload of Okta of a ring's profile, empty if it has none.

    Raises BadOption if the profile has several, and which is Okta's is not clear, or if it has one
    of another authority.
    """
    plist = mobileconfig.parse(profile.mobileconfig)
    payload = platform_payload(plist)
    titles = [title for title, _payload in mobileconfig.titled_scep_payloads(plist or {})]
    if payload is None and titles:
        raise BadOption(
            f"rings: the profile {profile.name!r} of {ring.name} holds {len(titles)} SCEP payloads"
            f" ({' and '.join(titles)}), and which of them is Okta's is not clear. Move the others"
            " into a profile of their own."
        )
    if owner := find_owner(payload or {}, url):
        raise BadOption(
            f"rings: the profile {profile.name!r} of {ring.name} {owner}. Rename it in Kandji, or"
            " choose another name for the ring."
        )
    return payload or {}


def _devices_of(
    ring: RingOptions,
    fleet: Fleet,
    statuses: t.Iterable[ItemStatus],
    holders: t.AbstractSet[str],
) -> list[KandjiDevice]:
    """Return the Macs of a ring.

    Which Macs are on a node of an assignment map, no API shows. On a blueprint with a node, those
    count that Kandji lists for the profile, and does not exclude, or that may hold it.
    """
    blueprints = assignments.resolve(ring.blueprints, fleet.blueprints)
    nodes = assignments.resolve_nodes(ring.assignment_nodes, blueprints, fleet.blueprints)
    newest = newest_statuses(statuses).values()
    listed = holders | {each.device_id for each in newest if each.state != "excluded"}
    ids = {blueprint.id for blueprint in blueprints}
    return [
        device
        for device in fleet.devices
        if (device.blueprint_id in ids and device.blueprint_id not in nodes)
        # On a node, and where Kandji does not show the blueprint.
        or (device.blueprint_id in {"", *nodes} and device.device_id in listed)
    ]


def _check_challenge(
    ctx: ModuleContext, rings: t.Sequence[renewal.RingFacts], now: datetime
) -> str | None:
    """Return when Okta reset a secret key that may be that of the rings' challenge, or None.

    Raises BadOption if a ring holds the challenge since before Okta reset its secret key. A log
    that cannot be read leaves that open, and so do a profile of which Kandji does not list when it
    was written, and an event that does not show the platform. Each has a warning.
    """
    written = {
        ring.name: ring.written for ring in rings if ring.has_profile and not ring.has_stale_secret
    }
    undated = [name for name, time in written.items() if time is None]
    if undated:
        ctx.warn(
            "challenge: whether Okta reset the secret key since the profiles were written cannot be"
            f" read for {abbreviate(undated, 5)}. Kandji does not list when their profiles were"
            " written. Make sure that the secret is the one of the last reset."
        )
    dated = {name: time for name, time in written.items() if time}
    certain, possible = split_resets(_read_resets(ctx, dated, now), ctx.params["url"] or "")
    for name, time in dated.items():
        if reset := stale_challenge(certain, time.isoformat()):
            raise BadOption(
                f"challenge: it is the old secret. The profile of {name} holds it since"
                f" {format_timestamp(time)}, and Okta reset the secret key on {reset}. Set the new"
                " secret, as Okta displayed it after the reset, then run the playbook"
                " rotate_scep_challenge again."
            )
    for name, time in dated.items():
        if reset := stale_challenge(possible, time.isoformat()):
            ctx.warn(
                f"challenge: it may be the old secret. The profile of {name} holds it since"
                f" {format_timestamp(time)}, Okta reset a secret key on {reset}, and the event does"
                " not show of which platform. A test enrolment decides."
            )
            return reset
    return None


def _read_resets(
    ctx: ModuleContext, written: t.Mapping[str, datetime], now: datetime
) -> list[LogEvent]:
    """Return the resets of secret keys since the first of these times, with a warning if unread."""
    if not written:
        return []
    since = max(min(written.values()), now - LOG_RETENTION)
    until = now + timedelta(minutes=1)
    try:
        period = format_milliseconds(since), format_milliseconds(until)
        return list(ctx.okta.log_events(RESETS, *period))
    except (Forbidden, BadOption) as error:
        ctx.warn(
            "challenge: whether Okta reset the secret key since the profiles were written cannot be"
            f" read. {error.message}"
        )
        return []


def _group_by_device(rows: t.Iterable[Reported]) -> dict[str, list[Reported]]:
    groups: dict[str, list[Reported]] = {}
    for row in rows:
        groups.setdefault(row.device_id, []).append(row)
    return groups


def _key_id(text: str | None) -> str:
    """Return the key identifier of the option, "" if it is not set. Raises BadOption."""
    key_id = parse_key_id(text)
    if text and not key_id:
        raise BadOption(
            f"authority_key_id: {text!r} is not a key identifier. Set 40 hexadecimal digits."
        )
    return key_id


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
