# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of a whole plan, the phrase that confirms it, and its approval by digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._core.errors import Refused
from .._core.text import abbreviate, unique_spellings
from .model import RESET, Decision, Goal, RecordTarget


@dataclass(frozen=True)
class Limits:
    """How many records one run may delete.

    ``max_percent`` is a part of the Macs in Kandji. ``confirm`` is the phrase of the caller, "" if
    there is none.
    """

    max_devices: int
    max_percent: int
    confirm_above: int
    confirm: str


def write_phrase(count: int, host: str, goal: Goal = RESET) -> str:
    """Return what ``confirm`` has to be for so many records of an org."""
    return f"{goal.verb} {count} DEVICES {host}"


def count_writes(decisions: Iterable[Decision]) -> int:
    """Return how many records are written to."""
    return sum(decision.writes for decision in decisions)


def check_limits(
    decisions: Sequence[Decision], limits: Limits, fleet: int | None, goal: Goal = RESET
) -> None:
    """Raise Refused, before any write, if more records are written to than the limits allow.

    ``fleet`` is the number of Macs in Kandji, None if it is unknown.
    """
    count = count_writes(decisions)
    allowed, percent = 0, ""
    if fleet is not None and limits.max_percent < 100:
        allowed = fleet * limits.max_percent // 100
        percent = f"max_percent: {_percent_of(count, fleet)}" if count > max(1, allowed) else ""
    if count > limits.max_devices:
        remedy = " and ".join(filter(None, [f"max_devices: {count}", percent]))
        raise Refused(
            f"max_devices: {_describe_writes(decisions, goal)}, and {limits.max_devices} is the"
            f" limit. Nothing was written. Set {remedy} if that is intended.",
            count=count,
            allowed=limits.max_devices,
        )
    if percent:
        raise Refused(
            f"max_percent: {_describe_writes(decisions, goal)}, and {limits.max_percent} % of"
            f" {fleet} Macs is {allowed}. Nothing was written. Set {percent} if that is intended.",
            count=count,
            allowed=allowed,
        )


def _describe_writes(decisions: Iterable[Decision], goal: Goal) -> str:
    names = [decision.target.name for decision in decisions if decision.writes]
    records = "device record" if len(names) == 1 else "device records"
    # A serial or a login may stand for several records.
    listed = abbreviate(unique_spellings(names), 5)
    return f"{len(names)} {records} ({listed}) would be {goal.participle}"


def _percent_of(count: int, fleet: int) -> int:
    """Return the lowest max_percent that allows so many records of a fleet."""
    return min(100, -(-count * 100 // fleet)) if fleet else 100


def check_confirmed(
    decisions: Sequence[Decision], limits: Limits, host: str, goal: Goal = RESET
) -> None:
    """Raise Refused unless ``confirm`` holds the phrase that the plan needs.

    The next run after an interrupted one writes to fewer: the targets that need no step may be
    among what was confirmed.
    """
    count = count_writes(decisions)
    finished = sum(decision.action == "none" for decision in decisions)
    phrases = [write_phrase(count + more, host, goal) for more in range(finished + 1)]
    if count <= limits.confirm_above or limits.confirm.strip() in phrases:
        return
    raise Refused(
        f"confirm: {_describe_writes(decisions, goal)}, which is more than confirm_above"
        f" ({limits.confirm_above}). Nothing was written. If that is intended, set confirm:"
        f" {phrases[0]}",
        count=count,
        confirm=phrases[0],
    )


def digest_plan(decisions: Iterable[Decision], host: str, goal: Goal = RESET) -> str:
    """Return the SHA-256 (hexadecimal) of the org, the goal, and the records to write to.

    It covers what the approver sees of each record: serial, status, users, and whether these are
    managed. The same plan has the same digest, in whatever order the records were found.
    """
    planned = [
        _approved_facts(decision.target)
        for decision in sorted(decisions, key=lambda decision: decision.target.id)
        if decision.writes
    ]
    return hashlib.sha256(json.dumps([host, goal.verb, planned]).encode()).hexdigest()


def _approved_facts(target: RecordTarget) -> list[object]:
    return [
        target.id,
        target.serial,
        target.status or "",
        sorted([user.user.id, user.management_status or ""] for user in target.users),
    ]


def keep_changed(decision: Decision, approved: RecordTarget) -> Decision:
    """Return the decision about a record that was read again: one that changed stays.

    :arg approved: the target as it was approved.
    """
    if not decision.writes or _approved_facts(decision.target) == _approved_facts(approved):
        return decision
    reason = (
        "Its status, its users or whether they are managed changed after the plan was approved."
        " Run again in check mode, and have the new plan approved."
    )
    return Decision(decision.target, "skip", reason, "changed_since_approval", decision.keeper)


def check_approved(
    decisions: Iterable[Decision], digest: str, approved: str, goal: Goal = RESET
) -> None:
    """Raise Refused, before any write, unless ``digest`` is that of the approved plan.

    An empty ``approved`` approves every plan.
    """
    if approved.strip() and approved.strip().lower() != digest:
        count = count_writes(decisions)
        raise Refused(
            f"plan_digest: the plan is not the one that was approved. {count} device records would"
            f" be {goal.participle} now, and the digest is {digest}. Nothing was written. Review"
            " the new plan and have it approved.",
            count=count,
            plan_digest=digest,
        )
