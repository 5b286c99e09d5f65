# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for SCEP profiles:

which to create, which to change, where to assign them, and what stands in the way. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import timedelta

from ..._core.changes import Difference, shown
from ..._core.errors import Refused
from ..._core.masking import MASK
from ..._core.timestamps import parse_timestamp as moment
from ..._okta.facts import CERTIFICATE_LIFETIME
from ..assignments import Blueprint
from . import mobileconfig
from . import plan as custom_profile

ONE_OF_AN_AUTHORITY = (  # two live certificates of one authority on a Mac: Okta takes either
    "A Mac must have one SCEP profile of this authority"
)


@dataclass
class Wanted(custom_profile.Wanted):
    """One profile as the options ask for it, or an item that the console made."""

    library_item: str | None = None
    replaces: str | None = None


@dataclass
class Plan(custom_profile.Plan):
    """What has to be done for one profile. ``found`` are the differences in its SCEP payload."""

    url: str = ""
    by_console: bool = False  # an item that the console made: assigned, never written


@dataclass
class ScepContent:
    """One SCEP payload, whatever stands beside it in the profile.

    An unset generation is not compared.
    """

    settings: mobileconfig.ScepSettings
    generation: str | None
    each_write = "gives every Mac in scope a new certificate"
    counts_as = "reissue"

    def unmanageable(self, current: t.Mapping[str, t.Any]) -> str | None:
        return (
            None
            if mobileconfig.our_payload(current, self.settings.url)
            else _unsettled(current, self.settings.url)
        )

    def compare(self, current: t.Mapping[str, t.Any]) -> list[Difference]:
        return mobileconfig.compare(
            self.settings,
            self.generation,
            mobileconfig.our_payload(current, self.settings.url) or {},
        )

    def written_before(self, current: t.Mapping[str, t.Any]) -> bool:
        return mobileconfig.written_before(
            self.settings,
            self.generation,
            mobileconfig.our_payload(current, self.settings.url) or {},
        )

    def document(self, name: str, current: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
        return mobileconfig.desired_profile(name, self.settings, self.generation, current)

    def masked(self, difference: Difference) -> tuple[t.Any, t.Any]:
        return mobileconfig.masked(difference)

    def shown(self) -> dict[str, t.Any]:
        content = {
            key: shown(value) for key, value in mobileconfig.payload_content(self.settings).items()
        }
        generation = self.generation or mobileconfig.FIRST_GENERATION
        return {
            **{key: value for key, value in content.items() if value is not None},
            "Challenge": MASK,
            "generation": generation,
        }


def content_of(
    wanted: Wanted, settings: mobileconfig.ScepSettings, runs_on: t.Sequence[str]
) -> ScepContent:
    return ScepContent(replace(settings, runs_on=tuple(runs_on)), wanted.generation)


def plan_profile(
    wanted: Wanted,
    settings: mobileconfig.ScepSettings,
    runs_on: t.Sequence[str],
    profiles: t.Sequence[dict[str, t.Any]],
    known: t.Sequence[Blueprint],
    items: t.Mapping[str, t.AbstractSet[str]],
    mode: str,
) -> Plan:
    """Desired against current for one profile.

    Raises BadOption, and NotAsWritten where the tenant keeps changing what was written.
    """
    plan = Plan(*custom_profile.found_as(wanted, profiles), url=settings.url)
    custom_profile.plan_content(
        plan,
        content_of(wanted, settings, runs_on),
        {"active": True, **custom_profile.platform_flags(runs_on)},
    )
    custom_profile.plan_places(plan, wanted, known, items, mode)
    return plan


def plan_console_item(
    wanted: Wanted,
    item: dict[str, t.Any],
    known: t.Sequence[Blueprint],
    items: t.Mapping[str, t.AbstractSet[str]],
    mode: str,
) -> Plan:
    """The plan for an item that was made in the console: where it is assigned, and nothing else."""
    plan = Plan(str(item["name"]), item, unwritten=True, by_console=True)
    custom_profile.plan_places(plan, wanted, known, items, mode, "library item")
    return plan


def plan_removal(
    wanted: Wanted,
    profiles: t.Sequence[dict[str, t.Any]],
    items: t.Mapping[str, t.AbstractSet[str]],
) -> Plan:
    """The plan that takes a profile off its blueprints and leaves it in the library as it is."""
    plan = Plan(*custom_profile.found_as(wanted, profiles), unwritten=True)
    custom_profile.plan_places(plan, wanted, (), items, "remove")
    return plan


def _unsettled(plist: t.Mapping[str, t.Any], url: str) -> str:
    payloads = mobileconfig.scep_payloads(plist)
    mine = sum(one["PayloadContent"].get("URL") == url for one in payloads)
    if len(payloads) < 2:
        return "holds no SCEP payload"
    which = f"{mine} of them have" if mine else "none of them has"
    return (
        f"holds {len(payloads)} SCEP payloads, and {which} this SCEP URL, so that it is not clear"
        " which is meant"
    )


def url_conflicts(
    url: str,
    own_ids: t.AbstractSet[str],
    blueprints: t.Sequence[Blueprint],
    profiles: t.Sequence[t.Mapping[str, t.Any]],
    items: t.Mapping[str, t.AbstractSet[str]],
) -> list[str]:
    """Other profiles with the same SCEP URL on the same blueprints, a sentence each."""
    return [
        f"the custom profile {row.get('name')!r} ({row.get('id')}) has the same SCEP URL and is on"
        f" {places}"
        for row, plist, places in custom_profile.neighbours(own_ids, blueprints, profiles, items)
        if any(one["PayloadContent"].get("URL") == url for one in mobileconfig.scep_payloads(plist))
    ]


def check_replaced(
    name: str,
    blueprints: t.Sequence[Blueprint],
    serials: t.AbstractSet[str],
    max_remaining: int,
    wanted: str,
) -> None:
    """Raises Refused where the item that is to be replaced is still on the blueprints, or more Macs
    than allowed still hold its profile.
    """
    places = ", ".join(repr(one["name"]) for one in blueprints)
    if blueprints:
        raise Refused(
            f"{wanted!r} takes the place of {name!r}, which is still on {places}: a Mac must have"
            " one SCEP profile of this authority. Nothing was written; take that one off first"
            " (blueprints_mode: remove).",
            replaces=name,
        )
    if len(serials) > max_remaining:
        names = ", ".join(sorted(serials)[:5]) + (" ..." if len(serials) > 5 else "")
        raise Refused(
            f"{wanted!r} takes the place of {name!r}, which {len(serials)}"
            f" Mac{'' if len(serials) == 1 else 's'} of these blueprints still"
            f" hold{'s' if len(serials) == 1 else ''} ({names}). Nothing was written; run again"
            f" when they have checked in, or go on without them by max_remaining: {len(serials)}.",
            replaces=name,
            count=len(serials),
            held_by=sorted(serials)[:200],
        )


def renew_by(updated_at: t.Any, redistribution_days: int) -> str | None:
    """The date (YYYY-MM-DD) by which the certificates under this profile must be issued anew,
    reckoned from its last write.
    """
    written = moment(updated_at)
    return (
        (written + CERTIFICATE_LIFETIME - timedelta(days=redistribution_days)).date().isoformat()
        if written
        else None
    )


def summary(
    plan: Plan,
    profile: t.Mapping[str, t.Any] | None,
    challenge: str,
    redistribution_days: int,
    blueprints: t.Sequence[Blueprint],
) -> dict[str, t.Any]:
    """What the result says of one profile; no secret in it."""
    plist = mobileconfig.parse((profile or {}).get("profile"))
    payload = mobileconfig.our_payload(plist, plan.url) or {}
    return {
        "name": plan.name,
        "library_item_id": (profile or {}).get("id"),
        "mdm_identifier": (profile or {}).get("mdm_identifier"),
        "payload_uuid": (plist or {}).get("PayloadUUID"),
        "generation": mobileconfig.generation_of(payload),
        "challenge_matches": (
            payload.get("PayloadContent", {}).get("Challenge") == challenge if payload else None
        ),
        "updated_at": (profile or {}).get("updated_at"),
        "renew_by": renew_by((profile or {}).get("updated_at"), redistribution_days),
        "blueprints": [dict(one) for one in blueprints],
        "changed": bool(plan.changes),
    }
