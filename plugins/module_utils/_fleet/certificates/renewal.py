# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether to renew a ring's certificates now, and under which generation.

Pure. What the vendors report decides, never a file.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..._core.errors import BadOption
from ..._core.options import Params
from ..._core.text import abbreviate
from ..._core.timestamps import require_timestamp
from ..._http.urls import is_same_url
from ..._okta.authorities.records import parse_key_id
from ..._okta.constants import CERTIFICATE_LIFETIME

HOUR = timedelta(hours=1)
LATE_DAYS = 7


def read_expiry_option(expiry: t.Mapping[object, object]) -> dict[str, datetime]:
    """Return the expiry of certificates by serial number in upper case, without blanks around it.

    Raises BadOption for a text that is not a time, and for one serial number in two spellings.
    """
    known: dict[str, datetime] = {}
    for serial, text in expiry.items():
        key = str(serial).strip().upper()
        if key in known:
            raise BadOption(
                f"certificate_expiry: it names the Mac {key} twice. Remove one of them."
            )
        known[key] = require_timestamp(f"certificate_expiry, {key}", str(text))
    return known


def warn_unknown_macs(expiry: t.Mapping[str, datetime], serials: t.Collection[str]) -> str:
    """Return the warning about Macs of the option that Kandji does not have, or "".

    :arg serials: of all Macs, in upper case as those of ``expiry``.
    """
    strangers = sorted(expiry.keys() - set(serials))
    if not strangers:
        return ""
    return (
        f"certificate_expiry: Kandji has no Mac {abbreviate(strangers)}, so that nothing is"
        " renewed because of it. Correct the serial number, or remove it."
    )


def check_key_option(key_id: str | None, written_before: str | None) -> None:
    """Raise BadOption for a key without the time of the move to it."""
    if key_id and not written_before:
        raise BadOption(
            "written_before: it is not set, so which profiles were written before the platform"
            " changed is unknown. Set it to that time. If Okta does not show it, give each ring"
            " another generation."
        )


@dataclass(frozen=True)
class MacCertificate:
    """One Mac of a ring.

    ``is_present``: it holds the profile as it was last written. ``expires`` is None if that is
    unknown. ``proof`` is proved if the Mac, Okta's log or the profile's UUID names its certificate,
    missing if nothing does although the subject holds the UUID, and unknowable if the subject does
    not. ``authority_key_id`` is the key that signed its last certificate, as the Mac reported, ""
    if that is unknown. ``has_outdated_option``: the options have the date of an earlier one.
    ``is_unknown``: Kandji does not show enough to know whether it is present or proved.
    """

    serial: str
    is_present: bool
    expires: datetime | None = None
    proof: t.Literal["proved", "missing", "unknowable"] = "proved"
    authority_key_id: str = ""
    has_outdated_option: bool = False
    is_unknown: bool = False

    def is_healthy(self, now: datetime) -> bool:
        """Return whether the Mac holds the profile and a certificate that has not expired."""
        return (
            self.is_present
            and self.proof != "missing"
            and self.expires is not None
            and self.expires > now
        )

    def is_due(self, limit: datetime) -> bool:
        """Return whether its certificate expires by ``limit``.

        A Mac that does not hold the present generation gets a certificate with that one.
        """
        return self.is_present and self.expires is not None and self.expires <= limit


@dataclass(frozen=True)
class RingFacts:
    """What is known of one ring.

    ``written`` is the last write of its profile. ``to_enroll`` counts the devices that enroll after
    a write. ``has_stale_secret``: the profile holds another challenge than the given one. ``url``
    is the SCEP URL that the profile holds, "" if it has none.
    """

    name: str
    has_profile: bool
    written: datetime | None = None
    generation: str | None = None
    macs: tuple[MacCertificate, ...] = ()
    to_enroll: int = 0
    has_stale_secret: bool = False
    pinned_fingerprint: str | None = None
    url: str = ""

    def count_healthy_percent(self, now: datetime) -> int:
        """Return the share of healthy Macs. A ring without Macs is healthy."""
        healthy = sum(mac.is_healthy(now) for mac in self.macs)
        return 100 * healthy // len(self.macs) if self.macs else 100

    @property
    def unknowable(self) -> int:
        """How many Macs hold the profile, and nothing can prove their certificate."""
        return sum(mac.is_present and mac.proof == "unknowable" for mac in self.macs)

    @property
    def certificates_unknown(self) -> int:
        """How many Macs count as not healthy, and Kandji does not show enough of them."""
        return sum(mac.is_unknown for mac in self.macs)

    def find_due_serials(self, limit: datetime) -> list[str]:
        """Return the serials of the Macs whose certificate expires by ``limit``."""
        return sorted(mac.serial for mac in self.macs if mac.is_due(limit))

    def is_signed_by(self, key_id: str) -> bool:
        """Return whether each Mac that holds the profile reported a certificate of this key."""
        keys = {mac.authority_key_id for mac in self.macs if mac.is_present}
        return keys == {key_id}

    def count_enrolling(self, now: datetime) -> int:
        """Return how many devices enroll because of a write within the last hour."""
        return self.to_enroll if self.written is not None and now - self.written < HOUR else 0


@dataclass(frozen=True)
class Pace:
    """The options.

    ``rotate``: a ring is due by its secret, not by its certificates. ``written_before``: it is due
    if its profile was last written before that, whatever the expiry of its certificates. Unless
    each of its Macs reported a certificate of ``authority_key_id``.
    """

    renew_within_days: int = 30
    min_days_between: int = 60
    min_healthy_percent: int = 90
    max_enrollments_per_hour: int | None = None
    rotate: bool = False
    written_before: datetime | None = None
    authority_key_id: str = ""

    @classmethod
    def from_params(cls, params: Params) -> Pace:
        """Return what the options ask for. Raises BadOption."""
        written_before, key_id = params["written_before"], params["authority_key_id"]
        written = (
            None if written_before is None else require_timestamp("written_before", written_before)
        )
        parsed = parse_key_id(key_id)
        if key_id and not parsed:
            raise BadOption(
                f"authority_key_id: {key_id!r} is not a key identifier. Set 40 hexadecimal digits."
            )
        return cls(
            params["renew_within_days"],
            params["min_days_between"],
            params["min_healthy_percent"],
            params["max_enrollments_per_hour"],
            bool(params["challenge"]),
            written,
            parsed,
        )


@dataclass(frozen=True)
class Queue:
    """What a ring may have to wait for.

    ``ahead`` is the name of a ring that renews or waits; ``before`` are all previous rings.
    """

    ahead: str = ""
    before: tuple[RingFacts, ...] = ()
    enrolling: int = 0


class Decision(t.NamedTuple):
    """What happens to one ring. ``due`` are serials; ``waiting``: it is due and has to wait.

    ``certificates_unknown`` counts the Macs of which Kandji does not show enough.
    """

    name: str
    renew: bool
    reason: str
    generation: str | None
    macs_to_enroll: int
    due: list[str]
    waiting: bool
    healthy_percent: int
    pinned_fingerprint: str | None = None
    certificates_unknown: int = 0


def estimate_expiry(*seen: datetime | None) -> datetime | None:
    """Return when a certificate expires that nobody read.

    Its lifetime is counted from the first of these times that is known: when the certificate was
    first seen, when the profile came that requested it, when the profile was written.
    """
    start = next((time for time in seen if time), None)
    return start + CERTIFICATE_LIFETIME if start else None


def warn_unknowable(ring: RingFacts) -> str:
    """Return the warning about Macs whose certificate cannot be distinguished, or ""."""
    if not ring.unknowable:
        return ""
    return (
        f"rings: the certificates of {ring.unknowable} Macs of {ring.name} cannot be distinguished"
        " from those of other authorities, since the subject has no $PROFILE_UUID. When they expire"
        " is estimated from when the profile came. Set certificate_check_item_id or state_dir, or"
        " add $PROFILE_UUID to the subject."
    )


def warn_outdated_option(rings: t.Sequence[RingFacts]) -> str:
    """Return the warning about dates of options that are of earlier certificates, or ""."""
    serials = {mac.serial for ring in rings for mac in ring.macs if mac.has_outdated_option}
    if not serials:
        return ""
    return (
        f"certificate_expiry: the date of {abbreviate(sorted(serials), 5)} is older than the Mac's"
        " present certificate, so it is ignored. Remove it."
    )


def warn_late(ring: RingFacts, decision: Decision, now: datetime) -> str:
    """Return the warning about a ring that waits while its certificates expire, or ""."""
    late = ring.find_due_serials(now + timedelta(days=LATE_DAYS))
    if not decision.waiting or not late:
        return ""
    return (
        f"rings: {len(late)} certificates of {ring.name} have expired or expire within {LATE_DAYS}"
        f" days. {decision.reason} Check the rings before it in the report. If you know the Macs"
        " that are missing there, lower min_healthy_percent for one run."
    )


def check_url(
    rings: t.Sequence[RingFacts], decisions: t.Sequence[Decision], url: str | None
) -> None:
    """Raise BadOption if a ring renews now whose profile holds another SCEP URL than ``url``.

    A renewal re-issues certificates of the authority that the Macs have. None compares nothing.
    """
    others = _find_other_urls(rings, decisions, url)
    renewing = [ring for ring, decision in others if decision.renew]
    if renewing:
        raise BadOption(_describe_other_url(renewing[0], [ring for ring, _decision in others], url))


def warn_url(rings: t.Sequence[RingFacts], decisions: t.Sequence[Decision], url: str | None) -> str:
    """Return the warning about rings that wait and whose profile holds another URL, or ""."""
    others = _find_other_urls(rings, decisions, url)
    waiting = [ring for ring, decision in others if decision.waiting]
    if not waiting:
        return ""
    text = _describe_other_url(waiting[0], [ring for ring, _decision in others], url)
    return f"{text} {waiting[0].name} waits, and the run fails when it is to renew."


def _find_other_urls(
    rings: t.Sequence[RingFacts], decisions: t.Sequence[Decision], url: str | None
) -> list[tuple[RingFacts, Decision]]:
    return [
        (ring, decision)
        for ring, decision in zip(rings, decisions, strict=True)
        if url and ring.has_profile and not is_same_url(ring.url, url)
    ]


def _describe_other_url(first: RingFacts, others: t.Sequence[RingFacts], url: str | None) -> str:
    macs = sum(ring.to_enroll for ring in others)
    names = abbreviate([ring.name for ring in others], 5)
    return (
        f"url: the profile of {first.name} enrolls at {first.url or 'no URL'}, and the SCEP URL"
        f" to write is {url}. A renewal does not change it. If the variables of two tenants are"
        " mixed, correct them. If the change is wanted, or Okta's platform has another URL now, run"
        f" site.yml with device_trust_max_reissue: {macs}, the Macs of all rings with another URL"
        f" ({names}), then this again."
    )


def decide(rings: t.Sequence[RingFacts], now: datetime, pace: Pace) -> list[Decision]:
    """Return the decision for each ring, in order.

    One ring renews at a time. Those behind a ring that renews, or is not healthy yet, wait. A ring
    between the two changes nothing: it may have no Macs, or nothing that is due.
    """
    decisions: list[Decision] = []
    queue = Queue(enrolling=sum(ring.count_enrolling(now) for ring in rings))
    for ring in rings:
        decision = _decide_ring(ring, queue, now, pace)
        decisions.append(decision)
        ahead = queue.ahead or (ring.name if decision.renew or decision.waiting else "")
        queue = Queue(ahead, (*queue.before, ring), queue.enrolling)
    return decisions


def _decide_ring(ring: RingFacts, queue: Queue, now: datetime, pace: Pace) -> Decision:
    by_expiry = not pace.rotate and pace.written_before is None
    due = ring.find_due_serials(now + timedelta(days=pace.renew_within_days)) if by_expiry else []
    not_due = _explain_not_due(ring, due, now, pace)
    waits = "" if not_due else _explain_wait(ring, queue, now, pace)
    renew = not not_due and not waits
    return Decision(
        ring.name,
        renew,
        not_due or waits or _explain_renewal(ring, due, pace),
        _name_generation(now, pace) if renew and not pace.rotate else ring.generation,
        ring.to_enroll if renew else 0,
        due,
        bool(waits),
        ring.count_healthy_percent(now),
        ring.pinned_fingerprint,
        ring.certificates_unknown,
    )


def _name_generation(now: datetime, pace: Pace) -> str:
    """Return a name that no generation of the same day has for the other reason."""
    reason = "renewed" if pace.written_before is None else "authority"
    return f"{reason}-{now.date().isoformat()}"


def _explain_not_due(ring: RingFacts, due: t.Sequence[str], now: datetime, pace: Pace) -> str:
    if not ring.has_profile:
        return "The ring has no SCEP profile yet; playbooks/site.yml creates it."
    if pace.rotate:
        return "" if ring.has_stale_secret else "The profile holds this challenge already."
    if pace.written_before is not None:
        return _explain_not_old(ring, pace.written_before, pace.authority_key_id)
    if not due:
        late = sum(not mac.is_present for mac in ring.macs)
        more = (
            f" Macs that are not known to hold its present generation: {late}. Another generation"
            " would not help them."
            if late
            else ""
        )
        unknown = sum(mac.is_present and mac.expires is None for mac in ring.macs)
        if unknown:
            more += f" Certificates whose expiry is unknown: {unknown}."
        return f"No certificate expires within {pace.renew_within_days} days.{more}"
    if ring.written is None:
        return (
            "Kandji does not report when the profile was last written, so the time between two"
            " generations cannot be limited."
        )
    age = (now - ring.written).days
    if age < pace.min_days_between:
        return (
            f"The profile was written {age} days ago; at most one generation in"
            f" {pace.min_days_between} days."
        )
    return ""


def _explain_not_old(ring: RingFacts, limit: datetime, key_id: str) -> str:
    if key_id and ring.is_signed_by(key_id):
        return "Each of its Macs that hold the profile reports a certificate of the renewed key."
    if ring.written is None:
        return (
            "Kandji does not report when the profile was last written. Give the ring another"
            " generation."
        )
    return "" if ring.written < limit else f"Its profile was written after {limit:%Y-%m-%d %H:%M}."


def _explain_wait(ring: RingFacts, queue: Queue, now: datetime, pace: Pace) -> str:
    if queue.ahead:
        return f"It is due, but waits for the ring {queue.ahead}."
    for before in queue.before:
        share = before.count_healthy_percent(now)
        if share < pace.min_healthy_percent:
            return (
                f"It is due, but waits for the ring {before.name}: {share} % of its Macs are"
                f" healthy, and {pace.min_healthy_percent} % have to be."
            )
    limit = pace.max_enrollments_per_hour
    # One write reaches all Macs of a ring, so a ring above the limit cannot be divided. It goes
    # alone, and Macs that Okta refuses try again.
    if limit is not None and queue.enrolling and queue.enrolling + ring.to_enroll > limit:
        return (
            f"It is due, but waits: {queue.enrolling} Macs enroll in this hour already, and"
            f" {ring.to_enroll} more would pass {limit} an hour."
        )
    return ""


def _explain_renewal(ring: RingFacts, due: t.Sequence[str], pace: Pace) -> str:
    if pace.rotate:
        return (
            f"The profile holds another challenge; {ring.to_enroll} Macs enroll with the new one."
        )
    if pace.written_before is not None:
        return (
            f"Its profile was written before {pace.written_before:%Y-%m-%d %H:%M}; {ring.to_enroll}"
            " Macs enroll."
        )
    return (
        f"{len(due)} certificates expire within {pace.renew_within_days} days; {ring.to_enroll}"
        " Macs enroll."
    )
