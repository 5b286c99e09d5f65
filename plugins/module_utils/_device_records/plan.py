# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which device records a run writes to, in which order, and why it skips the others.

One plan serves the reset and each state of okta_device. Pure: values in, values out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .._core.timestamps import format_timestamp
from .._okta.constants import LOG_DELAY, UNUSED_CERTIFICATE_LIFETIME
from .duplicates import judge_targets
from .guards import Refusal, find_refusal
from .last_authenticator import refuse_last_authenticator
from .model import (
    RESET,
    Decision,
    Evidence,
    Goal,
    GuardOptions,
    Guards,
    RecordTarget,
    users_without_account,
)


def plan_from_search(targets: Iterable[RecordTarget], options: GuardOptions) -> set[str]:
    """Return the ids of the records that may be planned with the users that a search shows.

    Each is decided again with users that are read. For a reset, these must not decide about other
    records, as of the same device, nor about what evidence is read, as of a record without users.
    """
    searched = [target for target in targets if target.has_searched_users]
    if not options.goal.registers_again:
        return {target.id for target in searched}
    if options.duplicates == "each":
        return set()
    counts = Counter(target.device_key for target in targets)
    return {
        target.id
        for target in searched
        if not (target.is_idle or target.by_id) and counts[target.device_key] == 1
    }


def plan_records(
    targets: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> list[Decision]:
    """Return the decision for each target, in the same order."""
    deletions: dict[str, set[str]] = {}
    decisions: list[Decision] = []
    for target, keeper, refusal in judge_targets(targets, guards, evidence):
        refusal = refusal or refuse_last_authenticator(target, guards, evidence, deletions)
        decision = _decide(target, refusal, keeper, guards.goal)
        _mark_for_deletion(decision, deletions)
        decisions.append(decision)
    return [_with_records_left(decision, decisions) for decision in decisions]


def decide_again(
    target: RecordTarget,
    keeper: RecordTarget | None,
    decisions: Iterable[Decision],
    guards: Guards,
    evidence: Evidence,
) -> Decision:
    """Return the decision for a target that was read again, next to the other ones of the plan.

    A spare record stays if the record that is kept does not work any more. As in the plan, the
    records before the target count as deleted, and those after it count it: a run whose users were
    stale decides like check mode, which reads them first.

    :arg keeper: the record that is kept, read again; None if the target is not a spare one.
    """
    if keeper is not None and not keeper.is_working:
        return _keep_spare(target, keeper)  # a reset: other runs keep no record for another
    decisions = list(decisions)
    deletions: dict[str, set[str]] = {}
    for other in decisions:
        if other.target.id == target.id:
            break
        _mark_for_deletion(other, deletions)
    refusal = None
    if target.device is not None:
        refusal = find_refusal(target, guards, evidence, keeper) or refuse_last_authenticator(
            target, guards, evidence, deletions
        )
    decision = _decide(target, refusal, keeper, guards.goal)
    return _with_records_left(decision, decisions)


def _keep_spare(target: RecordTarget, keeper: RecordTarget) -> Decision:
    refusal = Refusal(
        "kept_record_gone",
        "The record of its serial that was to be kept is gone or does not work. Run again: the"
        " next run decides which record is kept.",
    )
    return _decide(target, refusal, keeper, RESET)


def _mark_for_deletion(decision: Decision, deletions: dict[str, set[str]]) -> None:
    is_gone = decision.target.device is not None and decision.code == "no_record"
    if decision.writes or is_gone:  # the authenticators were read before it was gone
        for user in decision.target.users:
            deletions.setdefault(user.user.id, set()).add(decision.target.id)


def _decide(
    target: RecordTarget, refusal: Refusal | None, keeper: RecordTarget | None, goal: Goal
) -> Decision:
    if target.device is None:
        return Decision(target, "none", "It has no device record.", "no_record")
    if goal.steps(target) == ():
        decision = Decision(target, "none", f"It is {goal.participle} already.", "unchanged")
        changed = target.updated_at if target.deletion_pending is None else None
        return mark_unclear(decision, changed) if changed else decision
    if refusal:
        return Decision(target, "skip", refusal.sentence, refusal.code, keeper)
    if not goal.registers_again:
        effect = " ".join(filter(None, [target.why, goal.effect(target)]))
        return Decision(target, "write", effect)
    effect = (
        f"its users keep their account on {keeper.id}, the record of its serial that is kept"
        if keeper and not users_without_account(target, keeper)
        else "its users register again"
    )
    return Decision(target, "write", _describe_reset(effect), keeper=keeper)


def mark_gone(decision: Decision, taken: str = "") -> Decision:
    """Return the decision about a record that another run deleted before its last step.

    :arg taken: what this run made of it before, such as "deactivated", "" for nothing.
    """
    reason = "Its device record was deleted during the run."
    if taken:
        reason = f"This run {taken} its device record. Another run or person deleted it then."
    return replace(decision, action="none", reason=reason, code="no_record")


def mark_taken(decision: Decision) -> Decision:
    """Return the decision about a record of which another run took each step first.

    It still writes: the sessions of its users end as with a step of this run.
    """
    reason = "Another run or person took the step during the run."
    return replace(decision, reason=reason, code="unchanged")


def mark_unclear(decision: Decision, changed: datetime) -> Decision:
    """Return the decision about a suspended record of which a clean-up may be the reason.

    :arg changed: when it was suspended, at the latest.
    """
    reason = (
        f"{decision.reason} The System Log may not show yet whether a clean-up did it, which would"
        f" delete it. Run again after {format_timestamp(changed + LOG_DELAY)}."
    )
    return replace(decision, reason=reason, code="deletion_pending")


def _describe_reset(effect: str) -> str:
    return f"Its record is deactivated and deleted; {effect}."


def _with_records_left(decision: Decision, decisions: Iterable[Decision]) -> Decision:
    """Return a decision with the other records of its device that the decisions do not delete."""
    deleted = {other.target.id for other in decisions if other.writes}
    remaining = tuple(other for other in decision.target.others if other.id not in deleted)
    if not (decision.writes and remaining) or decision.keeper:
        return decision
    reason = decision.reason
    if decision.target.active_users and not users_without_account(decision.target, *remaining):
        ids = ", ".join(other.id for other in remaining)
        reason = _describe_reset(f"its users keep their account on {ids}, of the same serial")
    return replace(decision, reason=reason, remaining=remaining)


# Certificates that are revoked with a record


def loses_certificate(
    target: RecordTarget,
    revocations: Mapping[str, datetime],
    now: datetime,
    records_left: Iterable[RecordTarget] = (),
) -> bool | None:
    """Return whether the Mac's certificate is revoked with the record, None if none is known.

    ``revocations`` is by ``RecordTarget.revocation_key``: what the System Log names. A certificate
    older than what Okta keeps unused is revoked, too. Without a Mac in Kandji no new one can be
    delivered, so nothing is to be waited for.

    :arg records_left: the records of the device that are kept. Where one is managed, the Mac's
        certificate is bound to that one.
    """
    if target.mac is None:
        return None
    if any(record.managed_logins for record in records_left):
        return False
    if target.revocation_key in revocations:
        return True
    newest = target.newest_certificate
    return None if newest is None else newest < now - UNUSED_CERTIFICATE_LIFETIME


def reissue_after(
    targets: Iterable[RecordTarget], revocations: Mapping[str, datetime], now: datetime
) -> datetime:
    """Return a time after all certificates of these Macs were seen or revoked.

    A certificate that is seen later is a new one. Later runs return the same time until then.
    """
    return max(
        _last_seen(target) or revocations.get(target.revocation_key, now) for target in targets
    )


def _last_seen(target: RecordTarget) -> datetime | None:
    newest = target.newest_certificate
    return newest + timedelta(seconds=1) if newest else None
