# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device records nobody uses, and which of them a clean-up may write to. Pure.

A clean-up suspends them. After the grace period another run deletes those that a clean-up suspended
and that were unused then. Okta's System Log shows both, so no file has to be kept. What anybody
else suspended may be the record of a lost Mac, and a deletion would lift its block.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .._core.errors import BadOption
from .._core.options import Params
from .._core.text import split_lines
from .._core.timestamps import parse_timestamp
from .._kandji.devices_by_serial import group_by_serial
from .._kandji.records import KandjiDevice
from .._okta.constants import LOG_DELAY, LOG_RETENTION
from .._okta.record_rank import is_surely_older, rank_record
from .._okta.records import OktaDevice
from .._okta.user_statuses import LEFT
from .model import (
    CleanUp,
    DeviceKey,
    Evidence,
    Goal,
    Guards,
    Lifecycle,
    ReasonCode,
    RecordTarget,
    Suspender,
)

_BY_ID: t.Final = " Name it in device_ids to delete it."

# Between the time of a record's change and that of its event, which no document compares.
_OF_ONE_CHANGE = timedelta(minutes=1)
LAST_NOTICE = timedelta(days=7)  # how long before its deletion each run announces a record


# Candidates


def find_candidates(
    records: Iterable[OktaDevice], macs: Iterable[KandjiDevice], clean_up: CleanUp, now: datetime
) -> list[RecordTarget]:
    """Return the records that are orphaned, stale or spare, with why.

    Whether somebody uses them is not known yet. A record without a serial is never one of them,
    and neither is one whose Mac's last check-in is unknown.
    """
    unique = {record.id: record for record in records if record.serial_key}
    spare = _find_spares(unique.values(), clean_up.newest_per_user)
    by_serial = group_by_serial(macs)
    candidates = []
    for record in unique.values():
        why = _explain_unneeded(by_serial.get(record.serial_key, ()), clean_up, now)
        if why:
            candidates.append(RecordTarget(record.serial_number, record, why=why))
        elif record.id in spare:
            candidates.append(_build_spare_target(record, spare[record.id]))
    return candidates


def find_returned(
    records: Iterable[OktaDevice], macs: Iterable[KandjiDevice], candidates: Iterable[RecordTarget]
) -> list[RecordTarget]:
    """Return the records that do not work and are no candidates, with why they may be needed.

    Whether a clean-up suspended or deactivated them is not known yet.
    """
    known = {target.id for target in candidates}
    by_serial = group_by_serial(macs)
    unique = {record.id: record for record in records if record.serial_key}
    return [
        RecordTarget(
            record.serial_number, record, needed=_describe_mac(by_serial[record.serial_key])
        )
        for record in unique.values()
        if record.status in ("SUSPENDED", "DEACTIVATED")
        and record.id not in known
        and record.serial_key in by_serial
    ]


def _describe_mac(devices: Iterable[KandjiDevice]) -> str:
    seen = [parse_timestamp(device.last_check_in) for device in devices]
    if not all(seen):
        return "Kandji has its Mac, and does not show when it checked in last."
    return f"Its Mac checked in last at {_format_time(max(time for time in seen if time))}."


def select_returned(
    targets: Iterable[RecordTarget], lifecycles: Mapping[str, Lifecycle]
) -> list[RecordTarget]:
    """Return those that a clean-up suspended, or deactivated before it was interrupted.

    The latter have lost their users. Their deletion lets their Mac register again.
    """
    selected = []
    for target in targets:
        lifecycle = lifecycles.get(target.id, Lifecycle())
        if target.status == "SUSPENDED" and lifecycle.suspended and lifecycle.by_clean_up:
            selected.append(target)
        elif target.status == "DEACTIVATED" and lifecycle.deactivated_by == "clean_up":
            why = "An interrupted clean-up deactivated it, so its Mac cannot register."
            selected.append(replace(target, needed="", why=why))
    return selected


def is_deletion_pending(target: RecordTarget, lifecycle: Lifecycle, now: datetime) -> bool | None:
    """Return whether clean-ups or deletions alone blocked a record, so that one may delete it.

    The next clean-up deletes what clean-ups blocked. What another deletion deactivated before it
    was interrupted, the offboarding of its person or a run that names the record deletes. None if
    the System Log may not show yet what changed it last.
    """
    updated = target.updated_at
    is_young = updated is not None and updated > now - LOG_DELAY
    if target.status == "DEACTIVATED":
        return lifecycle.deletion_was_cut or (None if is_young else False)
    if target.status != "SUSPENDED" or (lifecycle.suspended and not lifecycle.by_clean_up):
        return False  # no clean-up suspends so soon what was unsuspended since
    if _may_be_late(target, lifecycle, now):
        return None
    return lifecycle.suspended is not None


def find_suspender(target: RecordTarget, lifecycle: Lifecycle, now: datetime) -> Suspender | None:
    """Return who suspended a record, None if it is not suspended.

    Unknown if it was before what the System Log keeps, or so lately that the log may lack it.
    """
    if target.status != "SUSPENDED":
        return None
    return "unknown" if _may_be_late(target, lifecycle, now) else lifecycle.suspended_by


def _may_be_late(target: RecordTarget, lifecycle: Lifecycle, now: datetime) -> bool:
    """Return whether a suspension may be so young that the System Log does not show it yet."""
    updated, suspended = target.updated_at, lifecycle.suspended
    if updated is None or updated <= now - LOG_DELAY:
        return False
    return suspended is None or suspended < updated - _OF_ONE_CHANGE


def _explain_unneeded(devices: Sequence[KandjiDevice], clean_up: CleanUp, now: datetime) -> str:
    """Return why a Mac's records are not needed, "" if they are or it is unknown."""
    if not devices:
        return "Kandji has no Mac with its serial."
    seen = [parse_timestamp(device.last_check_in) for device in devices]
    known = [time for time in seen if time]
    if len(known) < len(seen) or max(known) > now - clean_up.unused:
        return ""
    return f"Its Mac checked in last at {max(known).isoformat(timespec='seconds')}."


def _build_spare_target(record: OktaDevice, kept: Sequence[OktaDevice]) -> RecordTarget:
    names = ", ".join(each.id for each in kept)
    target = RecordTarget(
        record.serial_number,
        record,
        why=f"Its users have {names} of the same Mac.",
        kept_ids=tuple(each.id for each in kept),
    )
    if is_surely_older(record, kept):
        return target
    return replace(
        target,
        unknown_reason=f"Its users have {names} of the same Mac, but it was not registered before"
        f" that, so it may be the one in use.{_BY_ID}",
    )


def _find_spares(records: Iterable[OktaDevice], number: int) -> dict[str, list[OktaDevice]]:
    """Return the ids of spare records, with the records that are kept in their place.

    Of the records of a Mac, the one that works best is kept, then the newest of each user who has
    less than ``number`` yet. A record whose users are unknown is kept.
    """
    groups: dict[DeviceKey, list[OktaDevice]] = {}
    for record in records:
        groups.setdefault((record.serial_key, record.platform), []).append(record)
    spares: dict[str, list[OktaDevice]] = {}
    for group in groups.values():
        kept: list[OktaDevice] = []
        for record in sorted(group, key=_rank_record, reverse=True):
            users = find_user_ids(record)
            if kept and users is not None and covers(kept, users, number):
                sharing = [each for each in kept if users & (find_user_ids(each) or set())]
                spares[record.id] = sharing or kept[:1]
            elif record.is_working:
                kept.append(record)
    return spares


def covers(kept: Iterable[OktaDevice], users: set[str], number: int = 1) -> bool:
    """Return whether each of these users has so many of these records."""
    counts = Counter(user for record in kept for user in find_user_ids(record) or ())
    return all(counts[user] >= number for user in users)


def _rank_record(record: OktaDevice) -> tuple[object, ...]:
    management = [user.management_status for user in record.users or ()]
    return rank_record(record.id, record.status, management, parse_timestamp(record.created))


def find_user_ids(record: OktaDevice) -> set[str] | None:
    """Return the ids of the users who may sign in now or later, None if they are unknown."""
    if record.users is None or not all(user.user.id for user in record.users):
        return None
    return {user.user.id for user in record.users if user.user.status != LEFT}


# Guards


def refuse_used(
    target: RecordTarget, guards: Guards, evidence: Evidence
) -> tuple[ReasonCode, str] | None:
    """Return why a clean-up skips a candidate, or None."""
    clean_up = guards.options.clean_up
    if _is_unfinished(target, evidence):
        return None
    if target.needed:
        return _explain_needed(target, _find_lifecycle(target, evidence))
    used = find_last_use(target, evidence)
    if clean_up is None or used is None:
        return "registration_time_unknown", "Its registration time is unknown."
    if not guards.goal.destroys:
        if used <= guards.now - clean_up.unused:
            return _refuse_uncertain(target)
        return "in_use", f"{_describe_use(used)}."
    lifecycle = _find_lifecycle(target, evidence)
    return (
        _refuse_unproved(target, clean_up, lifecycle, guards.now)
        or _refuse_suspended_in_use(clean_up, lifecycle, used)
        or _refuse_uncertain(target)
    )


def _explain_needed(target: RecordTarget, lifecycle: Lifecycle) -> tuple[ReasonCode, str]:
    """Return what to do about a record that is needed again. A lost Mac may check in, too."""
    suspended = f" at {_format_time(lifecycle.suspended)}" if lifecycle.suspended else ""
    return "needed_again", (
        f"A clean-up suspended it{suspended}. {target.needed} So it is not deleted, and nobody"
        " signs in with it. Unsuspend it (state=active). If its Mac is lost, suspend it without"
        " unused_days."
    )


def _find_lifecycle(target: RecordTarget, evidence: Evidence) -> Lifecycle:
    return evidence.lifecycles.get(target.id, Lifecycle())


def _is_unfinished(target: RecordTarget, evidence: Evidence) -> bool:
    """Return whether a clean-up deactivated a record and was interrupted before its deletion.

    It had the proof then. The users, and with them the proof, are lost since.
    """
    lifecycle = _find_lifecycle(target, evidence)
    return target.status == "DEACTIVATED" and lifecycle.deactivated_by == "clean_up"


def _refuse_uncertain(target: RecordTarget) -> tuple[ReasonCode, str] | None:
    if not target.unknown_reason:
        return None
    return "other_record", target.unknown_reason


def mark_changed_keepers(target: RecordTarget, kept: Sequence[OktaDevice | None]) -> RecordTarget:
    """Return a spare target as uncertain if the records that are kept in its place changed.

    :arg kept: these records with their users, read again; None for one that is gone.
    """
    working = [each for each in kept if each and each.is_working]
    users = {user.user.id for user in target.users if user.user.status != LEFT}
    if not kept or (len(working) == len(kept) and covers(working, users)):
        return target
    return replace(
        target,
        unknown_reason="The record of its Mac that is to be kept changed during the run. Run"
        " again.",
    )


def mark_changed_mac(
    target: RecordTarget, macs: Iterable[KandjiDevice], clean_up: CleanUp, now: datetime
) -> RecordTarget:
    """Return a target that its Mac selected as uncertain if its Mac does not select it any more.

    :arg macs: the devices of Kandji with its serial, read again.
    """
    devices = list(macs)
    if target.kept_ids or _explain_unneeded(devices, clean_up, now):
        return target
    unknown_reason = f"It changed in Kandji during the run. {_describe_mac(devices)} Run again."
    return replace(target, unknown_reason=unknown_reason)


def find_last_use(target: RecordTarget, evidence: Evidence) -> datetime | None:
    """Return when the record was used, registered or unsuspended last.

    None if its registration is unknown.
    """
    registered = target.registered_at
    if registered is None:
        return None
    linked = [parse_timestamp(user.created) for user in target.users]
    lifecycle = _find_lifecycle(target, evidence)
    times = [registered, evidence.last_uses.get(target.id), lifecycle.resumed, *linked]
    return max(time for time in times if time)


def _refuse_unproved(
    target: RecordTarget, clean_up: CleanUp, lifecycle: Lifecycle, now: datetime
) -> tuple[ReasonCode, str] | None:
    """Return why no clean-up suspended a record for the grace period, as far as Okta shows."""
    if target.status == "DEACTIVATED":
        # Without its users, its sign-ins are not known, nor is whose last authenticator it was.
        return "use_unknown", (
            f"It is deactivated and has lost its users, so who used it is not known.{_BY_ID}"
        )
    if target.status != "SUSPENDED":
        return "not_suspended", f"It is {target.status}: only a suspended record is deleted."
    suspended = lifecycle.suspended
    if suspended is None or suspended - clean_up.unused < now - LOG_RETENTION:
        return "use_unknown", (
            "The System Log does not show when it was suspended and that it was unused before."
            + _BY_ID
        )
    updated = target.updated_at
    if updated and updated > max(suspended + LOG_DELAY, now - LOG_DELAY):
        # A lost Mac may have been suspended again since.
        return "use_unknown", (
            f"It changed at {_format_time(updated)}, and the System Log may not show yet by what."
            " The next run decides."
        )
    if not lifecycle.by_clean_up:
        return "suspended_by_others", (
            f"It was suspended at {_format_time(suspended)}, and the System Log does not show that"
            f" a clean-up did it: it may be that of a lost Mac.{_BY_ID}"
        )
    due = suspended + clean_up.grace
    if now >= due:
        return None
    text = (
        f"It was suspended at {_format_time(suspended)} and is deleted after {_format_time(due)},"
        " unless it is unsuspended."
    )
    if due - now > LAST_NOTICE:
        return "in_grace", text
    return "deleted_soon", text


def _refuse_suspended_in_use(
    clean_up: CleanUp, lifecycle: Lifecycle, used: datetime
) -> tuple[ReasonCode, str] | None:
    """Return why a record is kept that was suspended while it was in use, or None.

    A lost Mac is suspended so, and a deletion would lift the block.
    """
    suspended = lifecycle.suspended
    if suspended and used <= suspended - clean_up.unused:
        return None
    return "suspended_in_use", (
        f"{_describe_use(used)}, less than {clean_up.unused.days} days before it was suspended, as"
        f" the record of a lost Mac is.{_BY_ID}"
    )


def _describe_use(used: datetime) -> str:
    """Return what find_last_use found. A sign-in that names no device may be on another one."""
    return (
        f"It was or may have been used, or was registered or unsuspended, at {_format_time(used)}"
    )


def _format_time(time: datetime) -> str:
    return time.isoformat(timespec="seconds")


def select_targets(candidates: Iterable[RecordTarget], destroys: bool) -> list[RecordTarget]:
    """Return the candidates that a run is about: those that work, or those that do not any more."""
    return [
        target
        for target in candidates
        if target.device and target.device.is_working is not destroys
    ]


# Options


def read_clean_up(params: Params, goal: Goal) -> CleanUp | None:
    """Return the options of a clean-up, None if the run is another one. Raises BadOption."""
    if params["unused_days"] is None:
        return None
    named = [name for name in ("serials", "device_ids", "users") if split_lines(params[name])]
    if named:
        raise BadOption(f"{named[0]}: it is not for unused_days. Leave one of them out.")
    if params["revoke_sessions"]:
        raise BadOption(
            "revoke_sessions: it is not for unused_days, whose records nobody used. Leave it out."
        )
    if goal.state not in ("suspended", "absent"):
        raise BadOption(
            "unused_days: it is for state=suspended and state=absent. Leave it out, or set another"
            " state."
        )
    if list(params["platforms"]) != ["MACOS"]:
        raise BadOption(
            "platforms: Kandji's Macs decide for unused_days, which is for MACOS alone. Leave it"
            " out."
        )
    unused, grace = (timedelta(days=params[name]) for name in ("unused_days", "grace_days"))
    if not is_remembered(unused, grace):
        raise BadOption(
            f"unused_days: with grace_days, it is {(unused + grace).days}, and Okta's System Log"
            " keeps 90. Set less than 84 days for both together."
        )
    return CleanUp(unused, grace, params["newest_per_user"])


def is_remembered(unused: timedelta, grace: timedelta) -> bool:
    """Return whether the System Log remembers both periods, and a week of runs that failed."""
    return unused + grace <= LOG_RETENTION - timedelta(days=7)
