# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a certificate in Kandji's inventory is one that a SCEP profile requested. Pure.

The inventory has the common name of a certificate, and neither issuer nor expiry. A serial number
in the name proves nothing: certificates of a Wi-Fi, VPN or Device Access authority hold it too. The
UUID of the profile proves it, since only what this profile requests holds it. Which authority
answered the request is not in the name: where the Mac itself reports the key that signed a
certificate, that decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from .._core.text import UUID, names_serial
from .profiles import mobileconfig
from .records import CustomProfile, InstalledProfile, PrismCertificate

_UUID = re.compile(rf"(?<![0-9a-f]){UUID.pattern}(?![0-9a-f])")

_COMMON_NAME = ("cn", "2.5.4.3")
INTERVAL = timedelta(days=1)  # between two reports of a Mac that is on


class Proof(Enum):
    """What the name of a certificate says of its origin.

    PROVED: it holds the UUID of the profile. FORMER: it holds the Mac's serial and another UUID, as
    certificates of an earlier generation do. POSSIBLE: it holds the serial, and the subject of the
    profile has no UUID that could prove more. NONE: it is another authority's, or nothing is known.
    """

    PROVED = "proved"
    FORMER = "former"
    POSSIBLE = "possible"
    NONE = "none"


def is_outdated(reported_at: datetime | None, *since: datetime | None) -> bool:
    """Return whether a Mac got a certificate after its report, which does not know it.

    :arg since: when the certificate or the profile that requested it came, as far as is known.
    """
    return reported_at is not None and any(
        time is not None and time - reported_at > INTERVAL for time in since
    )


@dataclass(frozen=True)
class UnattestedNames:
    """Names of certificates that the key of another authority signed, as the Mac reported.

    ``names`` are common names in lower case. A name that a certificate of the attesting authority
    has as well is not among them.
    """

    names: frozenset[str] = frozenset()
    reported_at: datetime | None = None

    def include(self, name: str, seen: datetime | None) -> bool:
        """Return whether a certificate with this name is one of them.

        :arg seen: since when the certificate is known. The report does not know a later one.
        """
        return name.lower() in self.names and not is_outdated(self.reported_at, seen)


@dataclass(frozen=True)
class Subject:
    """What the certificates of SCEP profiles hold in their names.

    ``uuids`` (lower case) are what $PROFILE_UUID may stand for. ``holds_uuid`` and ``holds_serial``
    are None if the subject is unknown, as that of a console-managed item. ``unattested`` are
    certificates of one Mac that prove nothing, whatever their names hold.
    """

    uuids: frozenset[str] = frozenset()
    holds_uuid: bool | None = None
    holds_serial: bool | None = None
    unattested: UnattestedNames = UnattestedNames()

    @classmethod
    def of_profile(cls, profile: CustomProfile | None) -> Subject:
        """Return the subject of a profile. Whose UUID the variable stands for is not documented."""
        if profile is None:
            return cls()
        plist = mobileconfig.parse(profile.mobileconfig) or {}
        subjects = [
            payload["PayloadContent"].get("Subject")
            for payload in mobileconfig.scep_payloads(plist)
        ]
        uuids = _only_uuids(str(plist.get("PayloadUUID") or "").lower(), profile.id)
        if not subjects:
            return cls(uuids)
        return cls(
            uuids,
            any(names_variable(subject, "PROFILE_UUID") for subject in subjects),
            any(names_variable(subject, "SERIAL_NUMBER") for subject in subjects),
        )

    @classmethod
    def of_profiles(cls, profiles: Iterable[CustomProfile]) -> Subject:
        """Return the subject of several profiles: what is unknown of one is unknown of all."""
        subjects = [cls.of_profile(profile) for profile in profiles]
        if not subjects:
            return cls()
        return cls(
            frozenset().union(*(subject.uuids for subject in subjects)),
            _all([subject.holds_uuid for subject in subjects]),
            _all([subject.holds_serial for subject in subjects]),
        )

    @property
    def can_be_proved(self) -> bool:
        """Whether names can prove anything; False for a subject that is known and has no UUID."""
        return self.holds_uuid is not False

    def installed(self, profiles: Iterable[InstalledProfile]) -> Subject:
        """Return the subject with the UUIDs of these installed profiles as well."""
        uuids = _only_uuids(*(profile.payload_uuid for profile in profiles))
        return replace(self, uuids=self.uuids | uuids)

    def of_payload(self, *uuids: str) -> Subject:
        """Return the subject with only these UUIDs (lower case) for $PROFILE_UUID.

        If the subject is unknown, as where Kandji does not show the content of a profile, it is
        taken to hold the UUID: certificates of other authorities hold the serial too.
        """
        return replace(self, uuids=_only_uuids(*uuids), holds_uuid=self.holds_uuid is not False)

    def without(self, unattested: UnattestedNames) -> Subject:
        """Return the subject for a Mac on which these certificates prove nothing."""
        return replace(self, unattested=unattested)

    def names_profile(self, name: str) -> bool:
        """Return whether a common name holds the UUID of a profile, whichever Mac it names."""
        return any(uuid in name.lower() for uuid in self.uuids)

    def may_name(self, name: str) -> bool:
        """Return whether a name may be that of a profile's certificate, of any generation.

        It is not if the subject holds the UUID of the profile, and the name holds none at all.
        """
        return not self.holds_uuid or bool(_UUID.search(name.lower()))

    def names_certificate(
        self, texts: Iterable[str], serial: str, issued: datetime | None = None
    ) -> bool:
        """Return whether texts name a certificate of a profile for the Mac with this serial.

        They are those of an event of Okta's log, which has no issuer: Okta issues certificates for
        Device Access, too. If the subject holds the UUID of the profile, one of them has to hold
        it. Which field holds the common name is not documented.

        :arg issued: when the event was published.
        """
        names = [
            text
            for text in texts
            if names_serial(text, serial) and not self.unattested.include(text, issued)
        ]
        return any(map(self.names_profile, names)) if self.holds_uuid else bool(names)

    def judge(self, certificate: PrismCertificate, serial: str) -> Proof:
        """Return what a certificate of the Mac with this serial proves."""
        name = certificate.common_name.lower()
        if self.unattested.include(name, certificate.first_seen):
            return Proof.NONE
        has_serial = names_serial(name, serial)
        if self.names_profile(name):
            return Proof.PROVED if has_serial or self.holds_serial is not True else Proof.NONE
        if not has_serial:
            return Proof.NONE
        if self.holds_uuid is not False and _UUID.search(name):
            return Proof.FORMER
        return Proof.NONE if self.holds_uuid else Proof.POSSIBLE

    def select(
        self, certificates: Iterable[PrismCertificate], serial: str, *proofs: Proof
    ) -> list[PrismCertificate]:
        """Return the certificates of a Mac with one of these proofs."""
        return [each for each in certificates if self.judge(each, serial) in proofs]


UNKNOWN = Subject()


def names_variable(subject: object, variable: str) -> bool:
    """Return whether the common name of a SCEP payload's Subject holds a variable of Kandji's.

    The inventory shows nothing else of a subject. Which of several common names it shows is not
    documented, so each of them has to hold it.
    """
    names = list(_common_names(subject))
    return bool(names) and all(f"${variable}" in name for name in names)


def _common_names(subject: object) -> Iterator[str]:
    if isinstance(subject, str):
        yield subject
    elif isinstance(subject, list) and any(isinstance(part, str) for part in subject):
        if len(subject) == 2 and str(subject[0]).lower() in _COMMON_NAME:
            yield str(subject[1])
    elif isinstance(subject, list):
        for part in subject:
            yield from _common_names(part)


def _only_uuids(*texts: str) -> frozenset[str]:
    """Return the texts that are UUIDs. Any other text may be part of a name by chance."""
    return frozenset(text for text in texts if _UUID.fullmatch(text))


def _all(values: list[bool | None]) -> bool | None:
    """Return whether all are True; None if one is unknown and none is False."""
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True
