# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records of a device are kept, and why the guards skip the others. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from .._okta.record_rank import Rank, rank_record
from .guards import Refusal, find_common_refusal, find_refusal, refuse_newer_spare
from .model import DeviceKey, Evidence, Guards, RecordTarget


class RecordVerdict(t.NamedTuple):
    """A target before the last-authenticator guard. ``keeper`` is as in Decision."""

    target: RecordTarget
    keeper: RecordTarget | None
    refusal: Refusal | None


def judge_targets(
    targets: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> list[RecordVerdict]:
    """Return the verdict of all guards but the last-authenticator guard, in the order of targets.

    That guard costs a call for each user of the records that pass here.
    """
    groups: dict[DeviceKey, list[RecordTarget]] = {}
    for target in targets:
        if target.device is not None and target.serial:
            groups.setdefault(target.device_key, []).append(target)
    return [
        _judge_target(target, groups.get(target.device_key, [target]), guards, evidence)
        for target in targets
    ]


def _judge_target(
    target: RecordTarget, group: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> RecordVerdict:
    """Return the verdict for a target of a device, whose targets are the group.

    A record of device_ids is decided by itself. It still counts as one of its device's, and is
    never the one to keep: it may be deleted.
    """
    if target.device is None:
        return RecordVerdict(target, None, None)
    if target.by_id or guards.options.duplicates == "each":
        return RecordVerdict(target, None, find_refusal(target, guards, evidence))
    if len(group) < 2:
        return RecordVerdict(
            target,
            None,
            _refuse_kept_before(target, guards, evidence)
            or _refuse_only_record(target, guards, evidence),
        )
    best = max((each for each in group if not each.by_id), key=_rank)
    keeper = None if target is best else best
    refusal = (
        find_common_refusal(target, guards, evidence)
        or _refuse_in_group(target, best, len(group), guards)
        or find_refusal(target, guards, evidence, keeper)
    )
    return RecordVerdict(target, keeper, refusal)


def _refuse_kept_before(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    """Return why a record stays that a first run of the same command kept, or None.

    The first run deleted the duplicates that device_ids names, so this one is the only one now.
    """
    deleted = ", ".join(evidence.deleted_duplicates.get(target.id, ()))
    if not deleted:
        return None
    return find_common_refusal(target, guards, evidence) or Refusal(
        "kept_record",
        f"It is the one to keep: the ids name {deleted}, already deleted, which was or may have"
        f" been another record of its serial. Name {deleted} no longer to reset this one.",
    )


def _refuse_only_record(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    if guards.options.duplicates == "clean_up":
        return Refusal(
            "only_record",
            "It is the only record of its serial and platform, and a clean-up resets spare records"
            " only.",
        )
    return find_refusal(target, guards, evidence)


def _rank(target: RecordTarget) -> Rank:
    management = [user.management_status for user in target.users]
    return rank_record(target.id, target.status, management, target.registered_at)


def _refuse_in_group(
    target: RecordTarget, keeper: RecordTarget, count: int, guards: Guards
) -> Refusal | None:
    if target is keeper:
        return Refusal(
            "kept_record",
            f"It is the one to keep of {count} records of its serial: of those that users have, the"
            " working one or the newest.",
        )
    if guards.options.duplicates == "clean_up" and not keeper.is_working:
        return Refusal(
            "no_working_record",
            f"The one to keep of {count} records of its serial, {keeper.id}, is {keeper.status} and"
            f" does not work. {_remedy(target, keeper)}",
        )
    newer = refuse_newer_spare(target, keeper)
    if newer or guards.options.duplicates == "skip":
        return newer or Refusal(
            "duplicate_record",
            f"It is one of {count} records of its serial, of which {keeper.id} is kept; to delete"
            f" it, name its id ({target.id}) or clean up duplicates.",
        )
    return None


def _remedy(target: RecordTarget, keeper: RecordTarget) -> str:
    """Return what to do about a record to keep that does not work: only a suspended one can."""
    if keeper.status == "SUSPENDED":
        return f"Unsuspend that one, or name the id of this one ({target.id})."
    return f"Name the id of this one ({target.id})."
