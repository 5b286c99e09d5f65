# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the certificates of a ring's Macs expire, by the best source for each Mac. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..._core.errors import BadOption
from ..._core.timestamps import parse_timestamp, require_timestamp
from ..._kandji import assignments
from ..._kandji.certificate_proof import Proof, Subject, UnattestedNames
from ..._kandji.profile_holders import possible_holders
from ..._kandji.profiles import mobileconfig
from ..._kandji.profiles.references import Plist
from ..._kandji.profiles.scep import find_owner, find_platform_payload, read_generation, read_pin
from ..._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
    newest_first_seen,
    newest_statuses,
)
from ..rings.reader import RingOptions, find_ring_profile, profile_name, profile_uuid
from . import renewal
from .check_report import CheckedExpiry
from .ledger import Expiries

Reported = t.TypeVar("Reported", InstalledProfile, PrismCertificate)


@dataclass(frozen=True)
class TenantFacts:
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

    def with_ledger(self, subject: Subject, devices: t.Sequence[KandjiDevice]) -> TenantFacts:
        """Return the fleet with what the ledger knows of the devices of one ring.

        ``subject`` is that of the ring's profile.
        """
        known = self.known.read_ledger({each.device_id: each.serial for each in devices}, subject)
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
        certificate = renewal.MacCertificate(
            device.serial,
            bool(present),
            known or estimated,
            "proved" if known or proved else missing,
            checked.authority_key_id if checked else "",
            self.is_stated_before(device.serial, *since),
        )
        return replace(certificate, is_unknown=_is_unknown(certificate, held, rows))


def _is_unknown(
    certificate: renewal.MacCertificate,
    held: t.Sequence[InstalledProfile],
    rows: t.Sequence[PrismCertificate],
) -> bool:
    """Return whether Kandji does not show enough of a Mac to know what was read of it.

    :arg held: the profiles that it has; ``rows`` are its certificates.
    """
    is_proved = certificate.proof == "proved"
    return (
        not certificate.serial
        or (not certificate.is_present and not all(row.payload_uuid for row in held))
        or (not is_proved and not all(row.common_name for row in rows))
        or (certificate.is_present and is_proved and certificate.expires is None)
    )


@dataclass(frozen=True)
class RingProfile:
    """A ring's SCEP profile, its ``okta_payload``, and what Kandji reports of it."""

    ring: RingOptions
    profile: CustomProfile
    payload: Plist
    installed: t.Sequence[InstalledProfile]
    statuses: t.Sequence[ItemStatus]

    def facts(self, tenant: TenantFacts, challenge: str | None) -> renewal.RingFacts:
        """Return what the decision on the ring needs.

        :arg challenge: the secret that the ring is to have, None to keep what it has.
        """
        # The playbook hands the number on as max_reissue, so it is the one that the write counts.
        holders = possible_holders(self.statuses, self.installed)
        devices = ring_devices(self.ring, tenant, self.statuses, holders)
        known = tenant.with_ledger(Subject.of_profile(self.profile), devices)
        installed = group_by_device(self.installed)
        content = self.payload.get("PayloadContent", {})
        return renewal.RingFacts(
            self.ring.name,
            True,
            parse_timestamp(self.profile.updated_at),
            read_generation(self.payload),
            tuple(
                known.certificate_of(device, self.profile, installed.get(device.device_id, ()))
                for device in devices
            ),
            len(holders),
            bool(challenge) and content.get("Challenge") != challenge,
            read_pin(self.payload),
            str(content.get("URL") or ""),
        )


def ring_profiles(
    rings: t.Sequence[RingOptions], profiles: t.Sequence[CustomProfile], prefix: str
) -> list[CustomProfile]:
    """Return the SCEP profiles that the rings have."""
    return [profile for ring in rings if (profile := find_ring_profile(ring, profiles, prefix))]


def okta_payload(ring: RingOptions, profile: CustomProfile, url: str) -> Plist:
    """Return the SCEP payload of Okta of a ring's profile, empty if it has none.

    Raises BadOption if the profile has several, and which is Okta's is not clear, or if it has one
    of another authority.
    """
    plist = mobileconfig.parse(profile.mobileconfig)
    payload = find_platform_payload(plist)
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


def ring_devices(
    ring: RingOptions,
    tenant: TenantFacts,
    statuses: t.Iterable[ItemStatus],
    holders: t.AbstractSet[str],
) -> list[KandjiDevice]:
    """Return the Macs of a ring.

    Which Macs are on a node of an assignment map, no API shows. On a blueprint with a node, those
    count that Kandji lists for the profile, and does not exclude, or that may hold it.
    """
    blueprints = assignments.resolve(ring.blueprints, tenant.blueprints)
    nodes = assignments.resolve_nodes(ring.assignment_nodes, blueprints, tenant.blueprints)
    newest = newest_statuses(statuses).values()
    listed = holders | {each.device_id for each in newest if each.state != "excluded"}
    ids = {blueprint.id for blueprint in blueprints}
    return [
        device
        for device in tenant.devices
        if (device.blueprint_id in ids and device.blueprint_id not in nodes)
        # On a node, and where Kandji does not show the blueprint.
        or (device.blueprint_id in {"", *nodes} and device.device_id in listed)
    ]


def check_stray(ring: RingOptions, prefix: str, text: str, is_own: bool) -> None:
    """Raise BadOption for a profile for Okta that this collection wrote under another name.

    :arg text: a clause that names the profile and its place.
    """
    if not is_own:
        return
    raise BadOption(
        f"{_describe_stray(ring, prefix, text)} It is one of this collection. Rename it to"
        f" {profile_name(ring, prefix)!r} in Kandji, or remove it from there."
    )


def warn_stray(ring: RingOptions, prefix: str, text: str) -> str:
    """Return a warning of another's profile for Okta on the blueprints of a ring without one.

    :arg text: a clause that names the profile and its place.
    """
    return (
        f"{_describe_stray(ring, prefix, text)} Remove it from there, then run site.yml, which"
        " creates the profile."
    )


def _describe_stray(ring: RingOptions, prefix: str, text: str) -> str:
    return (
        f"rings: {ring.name} has no SCEP profile {profile_name(ring, prefix)!r}, and {text}."
        " Nobody renews its certificates, or gives it a new challenge."
    )


def group_by_device(rows: t.Iterable[Reported]) -> dict[str, list[Reported]]:
    """Return the rows of each device, by its id."""
    groups: dict[str, list[Reported]] = {}
    for row in rows:
        groups.setdefault(row.device_id, []).append(row)
    return groups
