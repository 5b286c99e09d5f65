# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module device_trust_info does."""

from __future__ import annotations

import heapq
import typing as t
from collections import Counter
from urllib.parse import urlsplit

from .._core.module import ModuleContext
from .._core.options import (
    FLEET,
    KANDJI,
    LEDGER,
    MAX_ROWS,
    OKTA,
    POLLING,
    PROFILES,
    REDISTRIBUTION,
    RINGS,
    ArgumentSpec,
    Params,
    arguments,
)
from .._core.results import Result, row_limit
from .._fleet import reader as fleet_reads
from .._fleet.certificates.check_report import KeyExpiries
from .._fleet.certificates.ledger import known_expiry
from .._fleet.facts import Fleet
from .._fleet.other_tenants import Elsewhere
from .._fleet.reader import FleetQuery, OnDevice, read_fleet
from .._fleet.registration import USES as REGISTRATION_USES
from .._fleet.registration import Registration, RegistrationReader
from .._fleet.rings import reader as ring_reads
from .._fleet.rings.reader import (
    Ring,
    describe_rollout,
    read_rings,
    ring_options,
    ring_urls,
    subjects_by_ring,
)
from .._fleet.rows import MacRow, rows
from .._fleet.stages import FLAGS, PEOPLE_STAGES, QUIET_STAGES, STAGES
from .._fleet.summary_text import count_by_stage, render_table
from .._fleet.tenant_match import SharedMacs, describe_warning
from .._kandji.profile_holders import ProfileItem
from .._kandji.profiles import mobileconfig
from .._kandji.profiles.scep import estimate_renewal, find_platform_payload, read_pin
from .._okta.authorities import certificate_authorities
from .._okta.authorities.certificate_authorities import read_authorities
from .._okta.authorities.status import AuthorityStatus, authority_status

OPTIONS: ArgumentSpec = {
    **FLEET,
    **REDISTRIBUTION,
    **LEDGER,
    **MAX_ROWS,
    **POLLING,
    "wait": {"type": "int", "default": 0},
    "serials": {"type": "list", "elements": "str", "default": []},
    "stale_days": {"type": "int", "default": 90},
    "log_days": {"type": "int", "default": 30},
    "log_events": {"type": "int", "default": 12000},
}
USES = (
    *ring_reads.USES,
    *fleet_reads.USES,
    *certificate_authorities.USES,
    *REGISTRATION_USES,
)
# Options, and the rules of them, as AnsibleModule takes both.
SPEC: t.Mapping[str, object] = {
    "argument_spec": arguments(OKTA, KANDJI, RINGS, PROFILES, OPTIONS),
}


class Summary:
    """A fleet in one pass over its rows.

    The counts, and of those in trouble (or of ``serials``) as many as fit, from the lowest stage
    up.
    """

    def __init__(self, fleet: Fleet, limit: int | None, serials: t.Sequence[str] = ()) -> None:
        self._asked_for = {serial.upper() for serial in serials}
        self.total: Counter[str] = Counter()
        self.by_ring: dict[str | None, Counter[str]] = {}
        self.flags: Counter[str] = Counter()
        self.unconfirmed = 0
        self.shown = _lowest(self._count(fleet), limit)

    def _count(self, fleet: Fleet) -> t.Iterator[MacRow]:
        for row in rows(fleet):
            self.total[row.stage] += 1
            self.by_ring.setdefault(row.ring, Counter())[row.stage] += 1
            self.flags.update(row.flags)
            self.unconfirmed += row.unconfirmed
            if self._is_shown(row):
                yield row

    def _is_shown(self, row: MacRow) -> bool:
        return (
            row.serial_number.upper() in self._asked_for
            if self._asked_for
            else row.stage not in QUIET_STAGES
        )

    @property
    def waiting(self) -> int:
        """Return how many Macs wait for time or their users."""
        return sum(self.total[stage] for stage in PEOPLE_STAGES)

    def describe_wait(self) -> str:
        """Return for how many Macs a run waits, and on which stages they are."""
        stages = [f"{self.total[name]} {name}" for name in PEOPLE_STAGES if self.total[name]]
        macs = "Mac" if self.waiting == 1 else "Macs"
        return f"waiting for {self.waiting} {macs} or their users: {', '.join(stages)}"


def _lowest(rows: t.Iterable[MacRow], limit: int | None) -> list[MacRow]:
    """Return the rows from the lowest stage up, so many or all (None)."""

    def place(row: MacRow) -> tuple[int, str]:
        return STAGES.index(row.stage), row.serial_number

    if limit is None:
        return sorted(rows, key=place)
    return heapq.nsmallest(limit, rows, key=place)


SHOWN = (
    "serial_number",
    "device_name",
    "person",
    "ring",
    "stage",
    "reason",
    "next_step",
    "flags",
    "unconfirmed",
    "unconfirmed_reason",
)


def run(
    ctx: ModuleContext,
    registration: Registration | None = None,
    on_device: OnDevice | None = None,
) -> Result:
    """Return the stages of the fleet, after waiting for Macs that time and their users move on.

    :arg registration: what keeps people from registering, if it was read before.
    :arg on_device: is called with each Mac that Kandji lists.
    """
    params = ctx.params
    poll = ctx.poll(params["wait"], params["poll_interval"])
    rings, competitors = read_rings(ctx.kandji, ring_options(params), params["scep_profile_prefix"])
    authorities = read_authorities(ctx.okta)
    query = _build_query(ctx, rings, competitors, authorities.key_expiries)
    obstacles = RegistrationReader(ctx.okta, known=registration)

    def read() -> tuple[Fleet, Summary]:
        fleet = read_fleet(ctx.okta, ctx.kandji, query, on_device=on_device)
        obstacles.explain(fleet)
        return fleet, Summary(fleet, row_limit(params["max_rows"]), params["serials"])

    fleet, summary = read()
    while summary.waiting and not ctx.check_mode:
        following = poll.read(summary.describe_wait(), read)
        if following is None:
            break
        fleet, summary = following
    if poll.error:
        ctx.warn(poll.describe_error())
    _warn_of_tenants(ctx, fleet, query.elsewhere)
    status = authority_status(authorities, ring_urls(rings), ctx.okta.transport.now())
    result = _result(summary, rings, params, status)
    return {**result, "registration": obstacles.as_result()}


def _build_query(
    ctx: ModuleContext,
    rings: t.Sequence[Ring],
    competitors: t.Sequence[ProfileItem],
    keys: KeyExpiries,
) -> FleetQuery:
    """Return what to read of the fleet, with the expiry of certificates that is known already."""
    params = ctx.params
    expiries = known_expiry(
        ctx.kandji,
        params["certificate_check_item_id"],
        ctx.okta.org_url,
        params["state_dir"],
        keys,
        subjects_by_ring(rings)[None],
    )
    return FleetQuery(
        rings,
        params["okta_verify_item_ids"],
        competitors,
        expiries,
        params["redistribution_days"],
        params["stale_days"],
        params["log_days"],
        params["log_events"],
        with_use=True,
        elsewhere=Elsewhere.of_options(params),
    )


def _warn_of_tenants(ctx: ModuleContext, fleet: Fleet, elsewhere: Elsewhere) -> None:
    """Warn if both vendors share no Mac, and of declarations that name nothing."""
    hosts = urlsplit(ctx.okta.org_url).netloc, urlsplit(ctx.kandji.api_url).netloc
    warnings = (
        describe_warning(SharedMacs.of_fleet(fleet.macs), *hosts),
        elsewhere.describe_unknown(fleet.macs),
    )
    for warning in filter(None, warnings):
        ctx.warn(warning)


def _result(
    summary: Summary, rings: t.Sequence[Ring], params: Params, authority: AuthorityStatus
) -> Result:
    counts = count_by_stage(summary.total)
    profiles = [_profile(ring, params["redistribution_days"]) for ring in rings if ring.profile]
    renewals = {profile["ring"]: profile["renew_by"] for profile in profiles}
    return {
        "changed": False,
        "counts": counts,
        "macs": [_summarize_mac(row) for row in summary.shown],
        "profiles": profiles,
        "table": render_table(
            summary.shown, counts, renewals, authority.lines, rollout=describe_rollout(rings)
        ),
        "authority": authority.as_result(),
        "by_ring": {
            ring.name: count_by_stage(summary.by_ring.get(ring.name, Counter())) for ring in rings
        },
        "flags": {flag: summary.flags[flag] for flag in FLAGS if summary.flags[flag]},
        "unconfirmed": summary.unconfirmed,
    }


def _summarize_mac(row: MacRow) -> Result:
    values = row.as_result()
    return {name: values[name] for name in SHOWN}


def _profile(ring: Ring, redistribution_days: int) -> Result:
    updated_at = ring.profile.updated_at if ring.profile else None
    return {
        "ring": ring.name,
        "library_item_id": ring.profile.id if ring.profile else None,
        "updated_at": updated_at,
        "renew_by": estimate_renewal(updated_at, redistribution_days),
        "pinned_fingerprint": _pinned_fingerprint(ring),
    }


def _pinned_fingerprint(ring: Ring) -> str | None:
    plist = mobileconfig.parse(ring.profile.mobileconfig if ring.profile else None)
    payload = find_platform_payload(plist)
    payloads = [payload] if payload else mobileconfig.scep_payloads(plist)
    return next(filter(None, map(read_pin, payloads)), None)
