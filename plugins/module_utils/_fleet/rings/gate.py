# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a test Mac has its profile and its certificate. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from ..._core.text import abbreviate
from ..._core.timestamps import parse_timestamp
from ..._kandji.certificate_proof import Proof, Subject, UnattestedNames
from ..._kandji.records import (
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    PrismCertificate,
    newest_first_seen,
    newest_statuses,
)
from ..._okta.constants import OBJECT_TIME_PRECISION
from ..._okta.record_rank import newest_blocked, of_same_people
from ..._okta.records import DeviceUser, LogEvent, OktaDevice
from ..certificates.check_report import CheckedExpiry, MacReport
from ..certificates.renewal import estimate_expiry

ISSUED = 'eventType eq "pki.cert.issue" and outcome.result eq "SUCCESS"'
BOUND = 'eventType eq "pki.cert.bind"'

INVENTORY_PROOF = (
    "a certificate with the profile's UUID in Kandji's inventory, and the installed profile"
)
LOG_PROOF = "pki.cert.issue in the System Log"
RECORD_PROOF = "a device record that is managed"
CHECK_PROOF = (
    "a certificate that a key of the authority signed, as the certificate check on the Mac reports"
)
NOT_SEEN = "The SCEP profile is installed, but no certificate for it was seen yet."
OTHER_AUTHORITY = (
    "The SCEP profile is installed, but its certificate is of another authority than the one that"
    " attests management, as the certificate check on the Mac reports. Check the SCEP URL."
)
EXPIRED = (
    "The SCEP profile is installed, but its certificate expired on {}. Renew the certificates of"
    " the ring."
)
SERIAL_ALONE = (
    "The SCEP profile is installed, and Okta issued a certificate with the Mac's serial number, but"
    " nothing shows that this profile requested it. Set the certificate check, or let the"
    " collection manage the profile."
)
OLD_REPORT = (
    "The SCEP profile is installed, but the last report of the certificate check is not newer than"
    " the profile, so its certificate may be of an earlier one. Wait for the next report."
)
_WEAK = (SERIAL_ALONE, OLD_REPORT)  # any other reason says more
ABSENCE_PROOF = "neither the item's statuses nor the Mac's inventory name the profile"


@dataclass(frozen=True)
class GateVerdict:
    """The gate's verdict on one test Mac.

    ``reason`` names what is missing; ``proof`` names what settled it.
    """

    serial: str
    reason: str | None = None
    proof: str | None = None

    @property
    def is_met(self) -> bool:
        """Return whether nothing is missing."""
        return self.reason is None

    def as_result(self) -> dict[str, str | bool | None]:
        """Return the verdict as the module's result shows it."""
        return {
            "serial_number": self.serial,
            "met": self.is_met,
            "proof": self.proof,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Expected:
    """The profile as it was last written. ``payload_uuid`` is in lower case.

    What Macs had before that write does not count. A part that is not set is not compared. With an
    identity and without a time, only certificates with the identity count.
    """

    payload_uuid: str = ""
    updated_at: datetime | None = None
    subject: Subject = Subject()

    @classmethod
    def of_profile(
        cls, profile: CustomProfile, payload_uuid: str, updated_at: datetime | None
    ) -> Expected:
        """Return a profile as the options name its last write.

        :arg payload_uuid: its identity in any case, "" if the options do not name it.
        :arg updated_at: None if they do not; with an identity, the profile's own time counts then.
        """
        subject = Subject.of_profile(profile)
        if not payload_uuid:
            return cls("", updated_at, subject)
        key = payload_uuid.lower()
        written = updated_at or parse_timestamp(profile.updated_at)
        return cls(key, written, subject.of_payload(profile.id, key))

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the last write, as of a console-managed item."""
        return not self.payload_uuid and self.updated_at is None

    @property
    def _naming_subject(self) -> Subject:
        """Return the subject by which the name of a certificate proves it.

        Without the time of the write only the identity distinguishes it from earlier ones.
        """
        if self.payload_uuid and self.updated_at is None:
            return replace(self.subject.of_payload(self.payload_uuid), holds_uuid=True)
        return self.subject

    def is_installed(self, profile: InstalledProfile) -> bool:
        """Return whether an installed profile has the expected identity."""
        return not self.payload_uuid or profile.payload_uuid == self.payload_uuid

    def is_certificate(
        self, certificate: PrismCertificate, serial: str, profiles: Sequence[InstalledProfile]
    ) -> bool:
        """Return whether a certificate was requested by the expected profile.

        Its name holds the profile's UUID, as it was written or as it is installed. The id of the
        item stays when the profile is written: with it, Kandji has to have seen the certificate
        first after the write.
        """
        installed = [profile for profile in profiles if self.is_installed(profile)]
        if self._naming_subject.installed(installed).judge(certificate, serial) is not Proof.PROVED:
            return False
        uuids = {self.payload_uuid, *(profile.payload_uuid for profile in installed)} - {""}
        if any(uuid in certificate.common_name.lower() for uuid in uuids):
            return True
        first_seen = certificate.first_seen
        return self.updated_at is None or first_seen is None or first_seen >= self.updated_at

    def is_issued(
        self, event: LogEvent, serial: str, profiles: Sequence[InstalledProfile] = ()
    ) -> bool:
        """Return whether an event of the System Log issues a certificate of the profile.

        If its subject is unknown, as that of a console-managed item, the event has to name the id
        of the item or the UUID of the installed profile. Kandji appends that to the subject.
        """
        subject = self._naming_subject.installed(filter(self.is_installed, profiles))
        if subject.holds_uuid is None:
            subject = replace(subject, holds_uuid=True)
        return subject.names_certificate(_texts(event), serial, parse_timestamp(event.published))

    def may_be_issued(self, event: LogEvent, serial: str) -> bool:
        """Return whether an event names the Mac, and the subject of the profile is unknown."""
        is_known = bool(self.payload_uuid) or self.subject.holds_uuid is not None
        return not is_known and self.subject.names_certificate(_texts(event), serial)

    def without(self, unattested: UnattestedNames) -> Expected:
        """Return what is expected of a Mac on which these certificates prove nothing.

        What the Mac reported before the last write is of the profile as it was.
        """
        if self._is_before_write(unattested.reported_at):
            return self
        return replace(self, subject=self.subject.without(unattested))

    def _is_before_write(self, time: datetime | None) -> bool:
        """Return whether a time is not certainly of the profile as it was last written."""
        return self.updated_at is not None and (time is None or time < self.updated_at)

    def find_expiry(self, checked: CheckedExpiry | None, *came: datetime | None) -> datetime | None:
        """Return when the certificate expires that came at one of these times, None if unknown.

        The Mac knows it, unless something came after its report. Else it is estimated from the
        first time that is known.
        """
        if checked is None or self._is_before_write(checked.reported_at):
            return estimate_expiry(*came)
        reported = checked.reported_at
        if reported is not None and any(time is not None and time > reported for time in came):
            return estimate_expiry(*came)
        return parse_timestamp(checked.expires)

    def list_arrivals(self, facts: GateFacts) -> list[datetime | None]:
        """Return when the certificate of a Mac may have come, the best source first.

        A console-managed item brings new certificates without being installed again. What Kandji
        saw before the last write is of the profile as it was, and so is left out.
        """
        proved = [
            each
            for each in facts.certificates
            if self.is_certificate(each, facts.serial, facts.profiles)
        ]
        if self.is_unknown:
            return [newest_first_seen(proved)]
        installed = [each for each in facts.profiles if self.is_installed(each)]
        seen = (newest_first_seen(proved), newest_first_seen(installed))
        return [*(time for time in seen if not self._is_before_write(time)), self.updated_at]

    def is_managed(
        self, records: Sequence[OktaDevice], bound: t.Callable[[], t.Iterable[LogEvent]]
    ) -> bool:
        """Return whether one of the managed records of a Mac is managed by the expected profile.

        A record stays managed by an older certificate. It has to be younger than the last write of
        the profile, or a certificate has to be bound to it since. If the time of the write of
        a known profile is not known, a record proves nothing.

        :arg bound: reads the events of that. They are not needed for a younger record.
        """
        limit = self.updated_at
        if limit is None or not records:
            return bool(records) and not self.payload_uuid
        created = (parse_timestamp(record.created) for record in records)
        if any(time and time + OBJECT_TIME_PRECISION > limit for time in created):
            return True
        ids = {target.id for event in bound() for target in event.targets if target.is_device}
        return any(record.id in ids for record in records)


def _texts(event: LogEvent) -> list[str]:
    return [text for target in event.targets for text in target.texts]


ANYTHING = Expected()


def managed_records(
    records: Sequence[OktaDevice], users: t.Mapping[str, Sequence[DeviceUser]]
) -> list[OktaDevice]:
    """Return the records of a Mac that are managed, and that no newer blocked one replaces.

    :arg users: those of each record, by its id.
    """
    people = {record_id: {each.user.id for each in known} for record_id, known in users.items()}
    return [
        record
        for record in records
        if any(user.is_managed for user in users[record.id])
        and not newest_blocked(of_same_people(record, records, lambda other: people[other.id]))
    ]


@dataclass(frozen=True)
class GateFacts:
    """What Kandji knows of one test Mac: the item's status, profile and the Mac's certificates.

    ``stand_ins`` are the ``console_profiles`` of a console-managed item that no identifier names:
    one of them may be its profile. Without ``now`` nothing has expired.
    """

    serial: str
    status: ItemStatus | None = None
    profiles: tuple[InstalledProfile, ...] = ()
    certificates: tuple[PrismCertificate, ...] = ()
    now: datetime | None = None
    stand_ins: tuple[InstalledProfile, ...] = ()

    @property
    def named_profiles(self) -> tuple[InstalledProfile, ...]:
        """The installed profiles whose UUID names a certificate of the item.

        Of several stand-ins each may be another item's.
        """
        return self.profiles or (self.stand_ins if len(self.stand_ins) == 1 else ())

    @property
    def installed_at(self) -> datetime | None:
        """When Kandji first saw the newest of ``named_profiles``; None if one may be newer."""
        profiles = self.named_profiles
        return newest_first_seen(profiles) if all(each.first_seen for each in profiles) else None

    def is_past(self, time: datetime | None) -> bool:
        """Return whether a time is known and has passed."""
        return time is not None and self.now is not None and time <= self.now

    def with_stand_ins(self, profiles: t.Iterable[InstalledProfile]) -> GateFacts:
        """Return the facts with profiles that stand in for that of the item."""
        return replace(self, stand_ins=tuple(profiles))

    @classmethod
    def of_mac(
        cls,
        serial: str,
        device_id: str,
        statuses: t.Iterable[ItemStatus],
        profiles: t.Iterable[InstalledProfile],
        certificates: t.Iterable[PrismCertificate],
        now: datetime | None = None,
    ) -> GateFacts:
        """Return the facts of one Mac from the rows of several."""
        return cls(
            serial,
            newest_statuses(statuses).get(device_id),
            tuple(profile for profile in profiles if profile.device_id == device_id),
            tuple(
                certificate for certificate in certificates if certificate.device_id == device_id
            ),
            now,
        )


@dataclass(frozen=True)
class OktaProof:
    """Okta's side of the proof, which is read only if the inventory does not settle it."""

    issued: t.Callable[[], t.Iterable[LogEvent]]
    managed: t.Callable[[], bool]


def judge(
    facts: GateFacts,
    okta: OktaProof,
    expected: Expected = ANYTHING,
    report: t.Callable[[], MacReport] = MacReport,
) -> GateVerdict:
    """Return the verdict on one test Mac.

    It needs the profile installed as it was last written, and any proof of a certificate that has
    not expired.

    :arg report: reads what the Mac reported of its certificates. It is called at most once. For a
        profile whose last write is known, only where the gate would be met without it. If nothing
        is known of that write, wherever the profile is installed: the report may be the proof.
    """
    serial, reported = facts.serial, any(map(expected.is_installed, facts.profiles))
    problem = _profile_problem(facts, reported)
    if problem:
        return GateVerdict(serial, problem)
    read = cache(report)
    reason = NOT_SEEN
    for proof, problem, arrivals in _find_proofs(facts, okta, expected, read):
        if problem:
            if problem not in _WEAK or reason in (NOT_SEEN, *_WEAK):
                reason = problem
            continue
        expiry = expected.find_expiry(read().expiry, *arrivals)
        if expiry is None or not facts.is_past(expiry):
            return GateVerdict(serial, proof=proof)
        reason = EXPIRED.format(f"{expiry:%Y-%m-%d}")
    return GateVerdict(serial, reason)


def _find_proofs(
    facts: GateFacts, okta: OktaProof, expected: Expected, read: t.Callable[[], MacReport]
) -> t.Iterator[tuple[str, str, list[datetime | None]]]:
    """Yield each proof of a certificate, why it does not count or "", and when it came."""
    serial, profiles = facts.serial, facts.profiles
    for each in facts.certificates if any(map(expected.is_installed, profiles)) else ():
        if expected.is_certificate(each, serial, profiles):
            checked = expected.without(read().unattested)
            is_attested = checked.is_certificate(each, serial, profiles)
            yield INVENTORY_PROOF, "" if is_attested else OTHER_AUTHORITY, [each.first_seen]
    for event in okta.issued():
        came = [parse_timestamp(event.published)]
        if expected.is_issued(event, serial, facts.named_profiles):
            checked = expected.without(read().unattested)
            is_attested = checked.is_issued(event, serial, facts.named_profiles)
            yield LOG_PROOF, "" if is_attested else OTHER_AUTHORITY, came
        elif expected.may_be_issued(event, serial):
            yield LOG_PROOF, SERIAL_ALONE, came
    if expected.is_unknown and read().is_attested:
        yield from _judge_attested(facts, expected, read())
    if okta.managed():
        yield RECORD_PROOF, "", expected.list_arrivals(facts)


def _judge_attested(
    facts: GateFacts, expected: Expected, report: MacReport
) -> t.Iterator[tuple[str, str, list[datetime | None]]]:
    """Yield the proof that a certificate is which a key of the authority signed, if it is one.

    Other profiles of the authority, such as the one before, request such certificates, too. So its
    name has to name the profile, or the Mac has to have reported it after the profile came.
    """
    subject, installed_at = expected.subject.installed(facts.named_profiles), facts.installed_at
    if subject.names_profile(report.common_name):
        yield CHECK_PROOF, "", []
    elif installed_at is not None:
        is_newer = report.reported_at is not None and report.reported_at > installed_at
        yield CHECK_PROOF, "" if is_newer else OLD_REPORT, []


def _profile_problem(facts: GateFacts, reported: bool) -> str:
    """Return why the profile is not installed as expected, or an empty text."""
    status = facts.status
    if status and status.state == "failed":
        log = status.log or "Kandji gives no reason"
        return f"The SCEP profile could not be installed: {log}."
    if facts.profiles and not reported:
        return "The SCEP profile is installed as it was before its last change."
    if not reported and not (status and status.is_installed):
        return "The SCEP profile is not installed yet."
    return ""


def describe_wait(verdicts: t.Sequence[GateVerdict]) -> str:
    """Return for which test Macs the gate waits, and why."""
    unmet = [
        f"{verdict.serial} ({verdict.reason.rstrip('.')})" for verdict in verdicts if verdict.reason
    ]
    return f"waiting for {len(unmet)} of {len(verdicts)} test Macs: {abbreviate(unmet, 3)}"


def find_waiting(verdicts: t.Iterable[GateVerdict], known: t.Container[str]) -> list[str]:
    """Return the serials of the Macs that a check-in may help: those with a device in Kandji."""
    return [each.serial for each in verdicts if not each.is_met and each.serial in known]


def needs_stand_ins(expected: Expected, profiles: Sequence[InstalledProfile]) -> bool:
    """Return whether no profile names the item, as of one that Kandji's web app manages."""
    return expected.is_unknown and not profiles


def stand_in_statuses(stand_ins: t.Iterable[InstalledProfile]) -> list[ItemStatus]:
    """Return a status for a console-managed item, for which Kandji may have none.

    A Mac is treated as having the item if any profile on it may be that item's. It may be another
    item's, so a certificate in the inventory does not count with it; what Okta reports is.

    :arg stand_ins: those of one Mac.
    """
    return [ItemStatus(profile.device_id, status="PASS") for profile in stand_ins][:1]


def judge_absent(serial: str, device_id: str, holders: t.AbstractSet[str]) -> GateVerdict:
    """Return the verdict on one test Mac that must not hold the profile any more.

    ``holders`` are the ids of the devices that do.
    """
    if device_id in holders:
        return GateVerdict(serial, "It still holds the SCEP profile.")
    return GateVerdict(serial, proof=ABSENCE_PROOF)
