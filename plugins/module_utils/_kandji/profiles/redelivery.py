# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile redelivered to single Macs by a transient exclusion tag.

From what the vendor reports, the next step of each Mac. Pure. Nothing is kept between runs: the
next run needs to know only that the tag is set and that the profile is removed.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from ..._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotAsWritten,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ..._core.text import abbreviate
from ..certificate_proof import Proof, Subject
from ..devices_by_serial import describe_several
from ..records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    KandjiDevice,
    PrismCertificate,
    newest_first_seen,
)
from .mobileconfig import enrolls, parse

UNASSIGNED = (
    "The profile is not on the Mac's blueprint, so no check-in installs it. Name the SCEP profile"
    " of the Mac's ring, or assign this one to the blueprint."
)


@dataclass(frozen=True)
class MacState:
    """What Kandji reports of one Mac.

    Timestamps are when the inventory first had the profile or certificate. They are None if it has
    none, or reports no timestamp. ``is_provable``: the names of the profile's certificates hold its
    UUID, as far as is known. ``is_assigned``: the item is on the Mac's blueprint, as far as is
    known.
    """

    tagged: bool
    has_profile: bool
    profile_since: datetime | None = None
    has_certificate: bool = False
    certificate_since: datetime | None = None
    is_provable: bool = True
    is_assigned: bool = True

    @classmethod
    def of_device(
        cls,
        device: KandjiDevice,
        tagged: bool,
        profiles: t.Iterable[InstalledProfile],
        certificates: t.Iterable[PrismCertificate],
        subject: Subject,
    ) -> MacState:
        """Return the state of one Mac from the rows of several.

        Certificates of other authorities do not count, whatever serial they name.
        """
        own_profiles = [row for row in profiles if row.device_id == device.device_id]
        own_certificates = subject.installed(own_profiles).select(
            [row for row in certificates if row.device_id == device.device_id],
            device.serial,
            Proof.PROVED,
        )
        return cls(
            tagged,
            bool(own_profiles),
            newest_first_seen(own_profiles),
            bool(own_certificates),
            newest_first_seen(own_certificates),
            subject.can_be_proved,
        )

    def is_renewed(self, issued_before: datetime) -> bool:
        """Return whether the Mac has the profile, and a certificate that is not older."""
        return (
            self.has_profile
            and self.certificate_since is not None
            and self.certificate_since >= issued_before
        )


@dataclass(frozen=True)
class NextStep:
    """What one Mac needs next.

    ``action`` is tag, untag, wait or nothing; ``state`` is done, excluding, delivering, certifying,
    unassigned or unknown. ``may_begin`` is whether the Mac would lose the profile if Kandji showed
    more of it: a limit counts it. ``may_be_known`` is whether an unknown one may be known later in
    this run.
    """

    action: str
    state: str
    reason: str
    may_begin: bool = False
    may_be_known: bool = False

    @property
    def begins(self) -> bool:
        """Return whether the Mac loses the profile by the step."""
        return self.action == "tag"

    @property
    def is_final(self) -> bool:
        """Return whether nothing further happens to the Mac."""
        return self.state in ("done", "unknown", "unassigned") and not self.may_be_known

    @property
    def needs_check_in(self) -> bool:
        """Return whether the Mac has to check in before its next step."""
        return not self.is_final


LEFT_OVER = NextStep("untag", "delivering", "A previous run left the exclusion tag on the Mac.")


@dataclass
class Mac:
    """A Mac, and its tags as they were last read or written."""

    device: KandjiDevice
    tags: list[str]


@dataclass(frozen=True)
class Selection:
    """What option serials names, by serial as it is written there, and what it does not name.

    Each serial is a Mac, or is in ``unknown`` with the reason why no step of it can be taken.
    ``unfinished`` are the serials that the option does not name.
    """

    serials: t.Sequence[str]
    macs: t.Mapping[str, Mac]
    unknown: t.Mapping[str, NextStep]
    unfinished: t.Sequence[str] = ()

    def with_unfinished(self, macs: t.Sequence[Mac]) -> Selection:
        """Return the selection with Macs that an earlier run began with."""
        added = {mac.device.serial: mac for mac in macs}
        return replace(
            self,
            serials=[*self.serials, *added],
            macs={**self.macs, **added},
            unfinished=[*added],
        )

    @property
    def serial_keys(self) -> set[str]:
        """Return the serials in the form in which serials are compared."""
        return {serial.lower() for serial in self.serials}


def make_unknown(reason: str, may_begin: bool = False, may_be_known: bool = False) -> NextStep:
    """Return the step of a Mac of which Kandji does not show what it needs: none."""
    return NextStep("nothing", "unknown", reason, may_begin, may_be_known)


def find_problem(devices: t.Sequence[KandjiDevice]) -> str:
    """Return why no step of a serial's Mac can be taken, or "". ``devices`` have the serial."""
    macs = [device for device in devices if device.is_mac]
    if not devices:
        return "Kandji has no device with this serial. Correct or remove it."
    if not macs:
        return f"It is not a Mac; Kandji shows the platform {devices[0].platform!r}. Remove it."
    return f"{describe_several(macs)}." if len(macs) > 1 else ""


def next_step(mac: MacState, issued_before: datetime) -> NextStep:
    """Return what one Mac needs next.

    A certificate first seen before ``issued_before`` is replaced.
    """
    renewed = mac.is_renewed(issued_before)
    if not mac.is_assigned and not renewed:
        return NextStep("untag" if mac.tagged else "nothing", "unassigned", UNASSIGNED)
    if mac.tagged:
        return _next_step_if_tagged(mac, renewed)
    if renewed:
        return NextStep("nothing", "done", "The profile is installed, and its certificate is new.")
    if not mac.has_profile:
        return NextStep("wait", "delivering", "The next check-in installs the profile.")
    if mac.profile_since is not None and mac.profile_since >= issued_before:
        if not mac.is_provable:
            return make_unknown(
                "The profile was redelivered. Its subject has no $PROFILE_UUID, so Kandji's"
                " inventory cannot show its certificate."
            )
        return NextStep(
            "wait", "certifying", "The profile was redelivered; its certificate was not seen yet."
        )
    if mac.profile_since is None or (mac.has_certificate and mac.certificate_since is None):
        return make_unknown(
            "Kandji does not report since when the Mac has its profile or certificate, so a renewal"
            " cannot be confirmed.",
            may_begin=True,
        )
    return NextStep("tag", "excluding", "The exclusion tag removes the profile.")


def _next_step_if_tagged(mac: MacState, renewed: bool) -> NextStep:
    if renewed:
        return NextStep(
            "untag", "done", "An exclusion tag was left over; the certificate is new already."
        )
    if not mac.has_profile:
        return NextStep(
            "untag",
            "delivering",
            "The profile is removed. The exclusion tag is removed too, and the next check-in"
            " installs the profile.",
        )
    return NextStep(
        "wait",
        "excluding",
        "The exclusion tag is set. The next check-in removes the profile. If it stays after one, no"
        " node of the map excludes the tag.",
    )


@dataclass(frozen=True)
class Reported:
    """What Kandji reports of the Macs: rows of several, and the blueprints without the item."""

    profiles: t.Sequence[InstalledProfile]
    certificates: t.Sequence[PrismCertificate]
    unassigned: t.AbstractSet[str]  # ids of blueprints


@dataclass(frozen=True)
class Plan:
    """What decides on the next step of a Mac.

    Which certificate of an unfinished Mac is old, nobody knows any more: each until ``now`` is.
    """

    subject: Subject
    tag: str
    issued_before: datetime
    now: datetime

    def steps(self, selection: Selection, reported: Reported) -> dict[str, NextStep]:
        """Return what each Mac needs next, by serial."""
        steps = {
            serial: next_step(
                self._state(mac, reported),
                self.now if serial in selection.unfinished else self.issued_before,
            )
            for serial, mac in selection.macs.items()
        } | dict(selection.unknown)
        return {serial: steps[serial] for serial in selection.serials}

    def _state(self, mac: Mac, reported: Reported) -> MacState:
        state = MacState.of_device(
            mac.device,
            self.tag in mac.tags,
            reported.profiles,
            reported.certificates,
            self.subject,
        )
        return replace(state, is_assigned=mac.device.blueprint_id not in reported.unassigned)


def describe_wait(steps: t.Mapping[str, NextStep]) -> str:
    """Return for which Macs a run waits, and in which states they are."""
    waiting = [f"{serial} ({step.state})" for serial, step in steps.items() if not step.is_final]
    return f"waiting for {len(waiting)} of {len(steps)} Macs: {abbreviate(waiting, 3)}"


def with_tag(tags: t.Sequence[str], tag: str, wanted: bool) -> list[str]:
    """Return the tags with or without this one; all others stay."""
    others = [other for other in tags if other != tag]
    return [*others, tag] if wanted else others


def console_steps(tag: str, profile: str) -> list[str]:
    """Return how a person prepares an assignment map for the tag."""
    return [
        f"In Kandji, create the tag {tag!r} (Devices > Tags).",
        (
            "Open the blueprint's assignment map. It has to be an assignment map; a classic"
            " blueprint has no conditions."
        ),
        f"Add a node with the condition that the device's tags do not contain {tag!r}.",
        (
            f"Move the profile {profile!r} into that node, and nothing else; every other item stays"
            " where it is."
        ),
        (
            "Save the map, then run again. Or renew the whole ring's certificates by another"
            " generation (playbooks/renew_certificates.yml)."
        ),
    ]


def require_payload(profile: CustomProfile) -> None:
    """Raise BadOption for a profile that can be read and by which no Mac gets a certificate."""
    plist = parse(profile.mobileconfig)
    if plist is not None and not enrolls(plist):
        raise BadOption(
            f"library_item_id: the profile {profile.name!r} has no SCEP payload, so no Mac gets a"
            " certificate by it. Name the SCEP profile of the Macs' ring.",
            option="library_item_id",
        )


def is_of_one_mac(error: DeviceTrustError) -> bool:
    """Return whether an error says nothing of other Macs."""
    if isinstance(error, (Unauthorized, Forbidden, RateLimited)):
        return False
    return isinstance(error, (ApiError, NotAsWritten, Uncertain, Unreadable))


def explain_loss(serial: str, before: t.Sequence[str], current: t.Sequence[str]) -> str:
    """Return why a device does not have its tags as written, as far as they show it.

    :arg before: the tags before the write.
    """
    if sorted(current) == sorted(before):
        return f"The tags of the Mac {serial} are as they were before."
    return f"Another program changed the tags of the Mac {serial} at the same time."


def check_nothing_lost(
    serial: str, known: t.Iterable[str], current: t.Iterable[str], tag: str
) -> None:
    """Raise NotAsWritten if a device shows no other tags any more, and had some in this run.

    A write replaces all tags, and would take them from the Mac. Other tags in their place are those
    that another program wrote.
    """
    lost = sorted({*known} - {tag})
    if lost and not {*current} - {tag}:
        raise NotAsWritten(
            f"Kandji shows no other tags of the Mac {serial} any more, and showed"
            f" {abbreviate(lost, 5)} before. A write replaces all tags. No further tag was written"
            " to it. Set in Kandji what is missing there, then run again.",
            vendor="kandji",
        )


def describe_lost(serial: str, known: t.Iterable[str], current: t.Iterable[str], tag: str) -> str:
    """Return a warning of the tags that a device had in this run and does not show, or ""."""
    lost = sorted({*known} - {*current, tag})
    if not lost:
        return ""
    return (
        f"Kandji does not show these tags of the Mac {serial} any more: {abbreviate(lost, 5)}."
        " Another program removed them, or a write, which replaces all tags, did. Set in Kandji"
        " what is missing there."
    )


def describe_not_kept(
    serial: str, before: t.Sequence[str], current: t.Sequence[str], lost_answer: bool
) -> str:
    """Return that a device does not keep its tags as written.

    :arg lost_answer: whether the answer to a write was lost, so that it may come later.
    """
    late = " Whether a write whose answer was lost is still carried out is unknown."
    return (
        f"Kandji does not keep the tags of the Mac {serial} as written."
        f" {explain_loss(serial, before, current)}{late if lost_answer else ''} Run again later."
    )


def unknown_profile(item_id: str, macs: t.Mapping[str, Mac], tag: str) -> BadOption:
    """Return the error for an id without a profile: mistyped, or deleted since an earlier run."""
    message = (
        f"library_item_id: Kandji has no custom profile with the id {item_id!r}. Set the id of the"
        " SCEP profile, as kandji_scep_profile returns it."
    )
    tagged = [serial for serial, mac in macs.items() if tag in mac.tags]
    if tagged:
        message += (
            f" An earlier run left the tag {tag!r} on {abbreviate(tagged, 5)}. A run with the right"
            " id removes it. If the profile was deleted, remove the tag in Kandji."
        )
    return BadOption(message, option="library_item_id")


def find_unfinished(tagged: t.Sequence[Mac], unassigned: t.AbstractSet[str]) -> list[Mac]:
    """Return those of the tagged Macs on whose blueprint the item is.

    Others are of another profile, or were moved. Several devices of one serial are left alone.
    """
    serials = Counter(mac.device.serial_key for mac in tagged)
    return [
        mac
        for mac in tagged
        if mac.device.blueprint_id not in {"", *unassigned} and serials[mac.device.serial_key] == 1
    ]


def find_left_over(tagged: t.Iterable[Mac], selection: Selection) -> list[Mac]:
    """Return those of the tagged Macs that are on a blueprint of the named ones."""
    blueprints = {mac.device.blueprint_id for mac in selection.macs.values()}
    return [mac for mac in tagged if mac.device.blueprint_id in blueprints]


def classic_blueprints(blueprints: t.Iterable[Blueprint], macs: t.Iterable[Mac]) -> list[str]:
    """Return the names of the Macs' blueprints that are not assignment maps."""
    ids = {mac.device.blueprint_id for mac in macs}
    classic = (each for each in blueprints if each.type == "classic" and each.id in ids)
    return sorted({blueprint.name for blueprint in classic})


def describe_written(tagged: t.Sequence[str], untagged: t.Sequence[str]) -> str:
    """Return a sentence on the serials whose tags a run has written until now."""
    parts = [
        f"{verb} {abbreviate(serials, 5)}"
        for verb, serials in (("removed from", untagged), ("set on", tagged))
        if serials
    ]
    if not parts:
        return "Nothing was written."
    return f"The tag was {' and '.join(parts)}; nothing else was written."
