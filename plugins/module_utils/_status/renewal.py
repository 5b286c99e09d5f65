# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a ring's certificates are to be issued anew now, and under which generation.

Pure; decided from what the vendors show, never from a file.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._okta.facts import CERTIFICATE_LIFETIME

HOUR = timedelta(hours=1)


class MacCertificate(t.NamedTuple):
    """One Mac of a ring.

    ``present``: it holds the profile as it was last written; ``ends`` is None where no certificate
    was seen.
    """

    serial: str
    present: bool
    ends: datetime | None = None


@dataclass
class RingFacts:
    """What is known of one ring.

    ``written`` is the last write of its profile; ``stale_secret``: it holds another challenge than
    the given one.
    """

    name: str
    profile: bool
    written: datetime | None = None
    generation: str | None = None
    macs: list[MacCertificate] = field(default_factory=list)
    to_enrol: int = 0
    stale_secret: bool = False


class Pace(t.NamedTuple):
    """The options. ``rotate``: rings are due by their secret, not by their certificates."""

    renew_within_days: int = 30
    min_days_between: int = 60
    min_healthy_percent: int = 90
    max_enrolments_per_hour: int | None = None
    rotate: bool = False


class Decision(t.NamedTuple):
    """What is to happen to one ring. ``due`` are serials; ``held``: it is due, yet has to wait."""

    name: str
    renew: bool
    reason: str
    generation: str | None
    macs_to_enrol: int
    due: list[str]
    held: bool
    healthy_percent: int


def reckoned_end(first_seen: datetime | None, written: datetime | None) -> datetime | None:
    """The end of a certificate that no one read:

    a year after it was first seen, or after the profile was written.
    """
    begun = first_seen or written
    return begun + CERTIFICATE_LIFETIME if begun else None


def healthy_percent(ring: RingFacts, now: datetime) -> int:
    """The share of Macs that hold the profile as it was last written and a living certificate.

    A ring without Macs is healthy.
    """
    healthy = sum(1 for mac in ring.macs if mac.present and mac.ends is not None and mac.ends > now)
    return 100 * healthy // len(ring.macs) if ring.macs else 100


def due_macs(ring: RingFacts, now: datetime, within_days: int) -> list[str]:
    """Serials whose certificate ends soon.

    A Mac that did not pick up the present generation gets its certificate with that one.
    """
    limit = now + timedelta(days=within_days)
    return sorted(
        mac.serial
        for mac in ring.macs
        if mac.present and mac.ends is not None and mac.ends <= limit
    )


def decide(rings: t.Sequence[RingFacts], now: datetime, pace: Pace) -> list[Decision]:
    """Each ring in its order.

    One goes at a time: behind a ring that goes now, or is not healthy yet, the others wait.
    """
    decisions: list[Decision] = []
    going = ""
    enrolling = sum(
        one.to_enrol for one in rings if one.written is not None and now - one.written < HOUR
    )
    for number, ring in enumerate(rings):
        due = due_macs(ring, now, pace.renew_within_days) if not pace.rotate else []
        refusal = _not_due(ring, due, now, pace)
        hold = (
            ""
            if refusal
            else _hold(rings[number - 1] if number else None, going, ring, enrolling, now, pace)
        )
        renew = not refusal and not hold
        generation = (
            f"renewed-{now.date().isoformat()}" if renew and not pace.rotate else ring.generation
        )
        decisions.append(
            Decision(
                ring.name,
                renew,
                refusal or hold or _reason(ring, due, pace),
                generation,
                ring.to_enrol if renew else 0,
                due,
                bool(hold),
                healthy_percent(ring, now),
            )
        )
        going = going or (ring.name if renew or hold else "")
    return decisions


def _not_due(ring: RingFacts, due: t.Sequence[str], now: datetime, pace: Pace) -> str:
    if not ring.profile:
        return "The ring has no SCEP profile yet; playbooks/site.yml makes it."
    if pace.rotate:
        return "" if ring.stale_secret else "The profile holds this secret already."
    if not due:
        late = sum(1 for mac in ring.macs if not mac.present)
        more = (
            f" {late} did not pick up the present generation yet, which is no reason for another."
            if late
            else ""
        )
        return f"No certificate ends within {pace.renew_within_days} days.{more}"
    if ring.written is None:
        return (
            "Kandji does not say when the profile was last written, so that no generation can be"
            " kept from following another."
        )
    age = (now - ring.written).days
    if age < pace.min_days_between:
        return (
            f"The profile was written {age} days ago; at most one generation in"
            f" {pace.min_days_between} days."
        )
    return ""


def _hold(
    before: RingFacts | None, going: str, ring: RingFacts, enrolling: int, now: datetime, pace: Pace
) -> str:
    if going:
        return f"It is due, and waits for the ring {going}."
    share = healthy_percent(before, now) if before else 100
    if before and share < pace.min_healthy_percent:
        return (
            f"It is due, and waits for the ring {before.name}: {share} % of its Macs are healthy,"
            f" and {pace.min_healthy_percent} % have to be."
        )
    limit = pace.max_enrolments_per_hour
    # A ring above the limit cannot be parted, since one write reaches all its Macs; it goes alone,
    # and Macs that Okta refuses come again.
    if limit is not None and enrolling and enrolling + ring.to_enrol > limit:
        return (
            f"It is due, and waits: {enrolling} Macs enrol in this hour already, and"
            f" {ring.to_enrol} more would pass {limit} an hour."
        )
    return ""


def _reason(ring: RingFacts, due: t.Sequence[str], pace: Pace) -> str:
    if pace.rotate:
        return f"The profile holds another secret; {ring.to_enrol} Macs enrol with the new one."
    return (
        f"{len(due)} certificates end within {pace.renew_within_days} days; {ring.to_enrol} Macs"
        " enrol."
    )
