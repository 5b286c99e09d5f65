# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile delivered anew to single Macs by a transient exclusion tag:

from what the vendor shows, the next step of each Mac. Pure.

Nothing is kept between runs. That the tag is on and the profile gone is all that the next run has
to know.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from ..._core.text import names_serial
from ..records import InstalledProfile, PrismCertificate, newest_first_seen


class Seen(t.NamedTuple):
    """What Kandji shows of one Mac.

    Times are when the inventory first had a thing; None where it has none, or does not say when.
    """

    tagged: bool
    profile: bool
    profile_since: datetime | None = None
    certificate: bool = False
    certificate_since: datetime | None = None


class Step(t.NamedTuple):
    """``action`` is tag, untag, wait or nothing;

    ``state`` is done, excluding, delivering, certifying or unclear.
    """

    action: str
    state: str
    reason: str


def next_step(seen: Seen, issued_before: datetime) -> Step:
    """What one Mac needs next.

    A certificate first seen before ``issued_before`` is to be replaced.
    """
    renewed = (
        seen.profile
        and seen.certificate_since is not None
        and seen.certificate_since >= issued_before
    )
    if seen.tagged:
        return _tagged(seen, renewed)
    if renewed:
        return Step("nothing", "done", "The profile is installed, and its certificate is new.")
    if not seen.profile:
        return Step("wait", "delivering", "The profile is to come with the next check-in.")
    if seen.profile_since is not None and seen.profile_since >= issued_before:
        return Step(
            "wait",
            "certifying",
            "The profile was delivered anew; its certificate was not seen yet.",
        )
    if seen.profile_since is None or (seen.certificate and seen.certificate_since is None):
        return Step(
            "nothing",
            "unclear",
            "Kandji does not say since when the Mac has its profile or certificate; whether they"
            " are new cannot be told.",
        )
    return Step("tag", "excluding", "The profile is to be taken off by the exclusion tag.")


def _tagged(seen: Seen, renewed: bool) -> Step:
    if renewed:
        return Step(
            "untag", "done", "An exclusion tag was left over; the certificate is new already."
        )
    if not seen.profile:
        return Step(
            "untag",
            "delivering",
            "The profile is gone; the exclusion tag goes, and the next check-in brings the"
            " profile.",
        )
    return Step(
        "wait",
        "excluding",
        "The exclusion tag is set; the profile goes with the next check-in. If it stays after one,"
        " no node of the map excludes the tag.",
    )


def seen_of(
    serial: str,
    device_id: str,
    tagged: bool,
    profiles: t.Iterable[InstalledProfile],
    certificates: t.Iterable[PrismCertificate],
) -> Seen:
    """Prism's rows of one Mac, joined."""
    mine = [row for row in profiles if row.device_id == device_id]
    held = [
        row
        for row in certificates
        if row.device_id == device_id and names_serial(row.common_name, serial)
    ]
    return Seen(tagged, bool(mine), newest_first_seen(mine), bool(held), newest_first_seen(held))


def with_tag(tags: t.Sequence[str], tag: str, wanted: bool) -> list[str]:
    """All tags as they are to be: everybody else's as they are."""
    others = [one for one in tags if one != tag]
    return [*others, tag] if wanted else others


def console_steps(tag: str, profile: str) -> list[str]:
    """How a person prepares a map for this."""
    return [
        f"In Kandji, make the tag {tag!r} (Devices > Tags).",
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
            "Save the map, then run again. Or issue the whole ring's certificates anew by another"
            " generation (playbooks/renew_certificates.yml)."
        ),
    ]
