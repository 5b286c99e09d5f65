# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which device records a run writes to, in which order, and why it skips the others.

One plan serves the reset and each state of okta_device. Pure: values in, values out.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._core.errors import Refused
from .._core.text import abbreviate, unique_spellings
from .._core.timestamps import format_timestamp
from .._okta.authenticators.okta_verify_spellings import fold_key
from .._okta.constants import LOG_RETENTION, OBJECT_TIME_PRECISION, UNUSED_CERTIFICATE_LIFETIME
from .._okta.record_rank import Rank, rank_record
from .._okta.records import Enrollment
from .clean_up import check_unused
from .model import (
    RESET,
    Decision,
    DeviceKey,
    Evidence,
    Goal,
    GuardOptions,
    Guards,
    Mac,
    ReasonCode,
    RecordTarget,
    login_of,
    users_without_account,
)

# The reasons for skipping a record that the option ``allow`` of a reset lifts.
ALLOW: tuple[ReasonCode, ...] = (
    "suspended",
    "managed",
    "shared",
    "last_authenticator",
    "registered_after_certificate",
    "unknown_to_kandji",
    "no_profile",
    "sign_in_pending",
    "registered_again",
)
# Those of them that skip a record which is taken to a state. Its user decided about exactly this
# record, and nobody has to register again.
STATE_ALLOW: tuple[ReasonCode, ...] = ("suspended", "managed", "shared", "last_authenticator")

CANNOT_BE_UNDONE = (
    "A device record that is deleted cannot be restored, and a deactivated one loses its users"
    " for good.",
    "A user who keeps that Mac removes the account in Okta Verify there and adds it again.",
    "A certificate that was bound to the record is revoked with it, and the Mac needs a new one.",
)

PlannedDeletions = Mapping[str, set[str]]  # user id -> ids of the user's records that are deleted


# Values


class Refusal(t.NamedTuple):
    """Why a record is skipped: a code for programs and one sentence for people."""

    code: ReasonCode
    sentence: str


class Verdict(t.NamedTuple):
    """A target before the last-authenticator guard. ``keeper`` is as in Decision."""

    target: RecordTarget
    keeper: RecordTarget | None
    refusal: Refusal | None


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


# The guards of one record


def _allowing(code: ReasonCode, guards: Guards) -> str:
    """Return how the caller lifts a guard, as the end of a sentence."""
    return f" (allowing {code!r} {guards.goal.takes} it)"


def is_in_sign_in_grace(target: RecordTarget, guards: Guards) -> bool:
    """Return whether a FastPass sign-in may still cure the record.

    Only then is it worth reading whether there was one.
    """
    certificate = target.newer_certificate
    return bool(
        guards.forbids("sign_in_pending")
        and certificate
        and not target.is_idle
        and guards.now < certificate + timedelta(hours=guards.options.sign_in_grace)
    )


def needs_history(target: RecordTarget, guards: Guards) -> bool:
    """Return whether it matters if an earlier record of the serial was deleted.

    The System Log knows it of the last 90 days.
    """
    registered = target.registered_at
    return bool(
        guards.goal.registers_again
        and guards.forbids("registered_again")
        and registered
        and target.serial
        and not target.is_idle
        and registered > guards.now - LOG_RETENTION
    )


def check_record(
    target: RecordTarget, guards: Guards, evidence: Evidence, keeper: RecordTarget | None = None
) -> Refusal | None:
    """Return why a record is skipped by itself, or None.

    A spare record is not registered again, so certificates and sign-ins do not matter to it. Its
    users do: they need an account on the record that is kept.
    """
    if not guards.goal.registers_again:
        return _check_for_state(target, guards, evidence)
    refusal = _check_any_record(target, guards, evidence)
    if refusal:
        return refusal
    if keeper is not None:
        return _check_spare_users(target, keeper, guards)
    return _check_certificate(target, guards) or _check_sign_in(target, guards, evidence)


def _check_for_state(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    """Return why a record is not taken to a state, or None."""
    refusal = _check_platform(target, guards) or _check_status(target, guards)
    if guards.options.clean_up and not refusal:
        # That it is unused decides for it, and its users keep another authenticator.
        used = check_unused(target, guards, evidence)
        return Refusal(*used) if used else None
    if refusal or not guards.goal.destroys:
        return refusal
    # A deactivated Mac stays blocked; only without its record can it register again.
    suspension = _check_suspension(target, guards) if guards.goal.state == "absent" else None
    return suspension or _check_age(target, guards) or _check_users(target, guards)


def _check_status(target: RecordTarget, guards: Guards) -> Refusal | None:
    goal = guards.goal
    if goal.steps(target) is not None:
        return None
    blocked = " Nobody can sign in with it." if target.status == "DEACTIVATED" else ""
    status = f"It is {target.status}" if target.status else "Okta does not show its status"
    return Refusal(
        "other_status", f"{status}, and no step leads from there to {goal.participle}.{blocked}"
    )


def _check_any_record(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    return (
        _check_identity(target, guards)
        or _check_status(target, guards)
        or _check_suspension(target, guards)
        or _check_age(target, guards)
        or _check_users(target, guards)
        or _check_registered_again(target, guards, evidence)
    )


def _check_platform(target: RecordTarget, guards: Guards) -> Refusal | None:
    platform = target.device.platform if target.device else None
    if platform in guards.options.platforms:
        return None
    allowed = ", ".join(guards.options.platforms) or "none"
    fact = f"Its platform is {platform}" if platform else "Okta does not show its platform"
    done = guards.goal.done
    return Refusal("other_platform", f"{fact}, and only records of {allowed} are {done}.")


def _check_identity(target: RecordTarget, guards: Guards) -> Refusal | None:
    refusal = _check_platform(target, guards)
    if refusal:
        return refusal
    if target.mac is None and guards.forbids("unknown_to_kandji"):
        lacks = (
            f"Kandji has no Mac with the serial {target.serial}"
            if target.serial
            else "The record has no serial by which Kandji knows its Mac"
        )
        return Refusal("unknown_to_kandji", f"{lacks} (allowing 'unknown_to_kandji' resets it).")
    if target.mac is not None and target.mac.several:
        # What one of them reported says nothing of the Mac as it is now.
        return Refusal("several_kandji_devices", f"{target.mac.several}.")
    return None


def _check_suspension(target: RecordTarget, guards: Guards) -> Refusal | None:
    """Skip a record that an administrator suspended, such as that of a lost Mac, also a spare one.

    Deactivation and deletion would lift the block: the Mac could register again.
    """
    if target.status != "SUSPENDED" or not guards.forbids("suspended"):
        return None
    return Refusal(
        "suspended",
        "It is suspended: an administrator blocked it, and a new registration would lift the block"
        f"{_allowing('suspended', guards)}.",
    )


def _check_age(target: RecordTarget, guards: Guards) -> Refusal | None:
    registered = target.registered_at
    if registered is None:
        return Refusal(
            "registration_time_unknown",
            "Its registration time is unknown, so it may be a new registration, which is kept.",
        )
    if registered >= guards.created_before:
        created = target.device.created if target.device else None
        return Refusal(
            "registered_recently",
            f"It was registered at {created}, not before {format_timestamp(guards.created_before)}:"
            " a new registration is kept.",
        )
    return None


def _check_registered_again(
    target: RecordTarget, guards: Guards, evidence: Evidence
) -> Refusal | None:
    """Skip what a repeated command would delete: the registration that its first run led to."""
    registered, deleted = target.registered_at, evidence.earlier_deletions.get(target.id)
    if not (registered and deleted and needs_history(target, guards)):
        return None
    if deleted >= registered + OBJECT_TIME_PRECISION:
        return None
    return Refusal(
        "registered_again",
        f"A record of its serial was deleted at {format_timestamp(deleted)}, and it was registered"
        f" after that, at {format_timestamp(registered)}: a new registration is kept (allowing"
        " 'registered_again' resets it).",
    )


def _check_users(target: RecordTarget, guards: Guards) -> Refusal | None:
    managed = target.managed_logins
    if managed and guards.forbids("managed"):
        return Refusal(
            "managed",
            f"It works: {', '.join(managed)} is MANAGED on it{_allowing('managed', guards)}.",
        )
    unknown = [login_of(user) for user in target.users if user.may_be_managed]
    if unknown and guards.forbids("managed"):
        return Refusal(
            "managed",
            f"It may work: Okta does not say whether it is managed for {', '.join(unknown)}"
            f"{_allowing('managed', guards)}.",
        )
    if target.of_users is not None:
        return _check_other_users(target, guards)
    active = [login_of(user) for user in target.active_users]
    if len(active) > 1 and guards.forbids("shared"):
        return Refusal(
            "shared",
            f"It is shared: {', '.join(active)} would all"
            f" {'have to register again' if guards.goal.registers_again else 'lose it'}"
            f"{_allowing('shared', guards)}.",
        )
    return None


def _check_other_users(target: RecordTarget, guards: Guards) -> Refusal | None:
    """Skip a record that users who are not selected need: a shared Mac loses one user only.

    Okta's API describes no operation that takes one user off a device record, and its enrollments
    do not say which device they are on.
    """
    others = [login_of(user) for user in target.other_users]
    if not others or not guards.forbids("shared"):
        return None
    return Refusal(
        "shared",
        f"It is shared: {', '.join(others)} would lose it, too{_allowing('shared', guards)}.",
    )


def _check_spare_users(
    target: RecordTarget, keeper: RecordTarget, guards: Guards
) -> Refusal | None:
    """Skip a spare record that somebody else uses: people who share a Mac may have one each."""
    users = users_without_account(target, keeper)
    if not users or not guards.forbids("shared"):
        return None
    return Refusal(
        "shared",
        f"Its Mac may be shared: {', '.join(map(login_of, users))} would have to register again,"
        f" without an account on {keeper.id}, the record that is kept (allowing 'shared' resets"
        " it).",
    )


UNDATED = (
    "When a certificate of its Mac was first seen cannot be read in Kandji's answer (Certificates:"
    " created_at)"
)


def _check_certificate(target: RecordTarget, guards: Guards) -> Refusal | None:
    mac, registered = target.mac, target.registered_at
    if mac is None:
        return None
    if guards.forbids("no_profile") and not (mac.profile_live and mac.certificates):
        lacks = _what_mac_lacks(mac)
        return Refusal(
            "no_profile",
            f"{lacks}, so a new registration would not be managed either"
            " (allowing 'no_profile' resets it).",
        )
    if _is_surely_before_certificates(registered, mac):
        return None
    # A managed record needs no sign-in: it had one.
    if (
        target.is_idle
        or target.managed_logins
        or not guards.forbids("registered_after_certificate")
    ):
        return None
    if mac.has_undated:
        return Refusal(
            "registered_after_certificate",
            f"{UNDATED}, so it may have been registered after that (allowing"
            " 'registered_after_certificate' resets it).",
        )
    return Refusal(
        "registered_after_certificate",
        "It was registered after its Mac's first certificate was seen, so it needs a FastPass"
        " sign-in (allowing 'registered_after_certificate' resets it).",
    )


def _is_surely_before_certificates(registered: datetime | None, mac: Mac) -> bool:
    """Return whether no certificate was seen before a registration, or nothing is known of it."""
    if mac.has_undated:
        return False
    seen = [*mac.certificates, *mac.former]
    return not seen or registered is None or registered + OBJECT_TIME_PRECISION <= min(seen)


def _what_mac_lacks(mac: Mac) -> str:
    if not mac.profile_live:
        return "No live SCEP profile is known on its Mac"
    if mac.has_unattested:
        return (
            "The certificate of its Mac is of another authority than the one that attests"
            " management, as the certificate check on the Mac reports"
        )
    if mac.has_undated:
        return UNDATED
    if mac.has_unproved:
        return (
            "No certificate of its Mac is known: those that were seen hold its serial alone,"
            " and not the UUID of the profile"
        )
    return "No certificate of its Mac is known yet"


def _check_sign_in(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    certificate = target.newer_certificate
    if certificate is None or not is_in_sign_in_grace(target, guards):
        return None
    signed_in = evidence.sign_ins.get(target.id)
    if signed_in and signed_in >= certificate:
        return None  # the sign-in left it unmanaged
    return Refusal(
        "sign_in_pending",
        f"A newer certificate was seen at {format_timestamp(certificate)}, and a FastPass sign-in"
        f" may cure the record without a reset, within {guards.options.sign_in_grace:g} hours"
        " (allowing 'sign_in_pending' resets it).",
    )


# Several records of one device


def check_static_guards(
    targets: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> list[Verdict]:
    """Return the verdict of all guards but the last-authenticator guard, in the order of targets.

    That guard costs a call for each user of the records that pass here.
    """
    groups: dict[DeviceKey, list[RecordTarget]] = {}
    for target in targets:
        if target.device is not None and target.serial:
            groups.setdefault(_device_key(target), []).append(target)
    return [
        _check_duplicates(target, groups.get(_device_key(target), [target]), guards, evidence)
        for target in targets
    ]


def _device_key(target: RecordTarget) -> DeviceKey:
    """Return by what records of one device are known.

    A Mac that also runs Windows, or a made-up serial, may give records of other platforms the same
    serial. They are other devices.
    """
    return target.serial.lower(), target.device.platform if target.device else None


def _check_duplicates(
    target: RecordTarget, group: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> Verdict:
    """Return the verdict for a target of a device, whose targets are the group.

    A record of device_ids is decided by itself. It still counts as one of its device's, and is
    never the one to keep: it may be deleted.
    """
    if target.device is None:
        return Verdict(target, None, None)
    if target.by_id or guards.options.duplicates == "each":
        return Verdict(target, None, check_record(target, guards, evidence))
    if len(group) < 2:
        return Verdict(
            target,
            None,
            _check_kept_before(target, guards, evidence)
            or _check_only_record(target, guards, evidence),
        )
    best = max((each for each in group if not each.by_id), key=_rank)
    keeper = None if target is best else best
    refusal = (
        _check_any_record(target, guards, evidence)
        or _check_group(target, best, len(group), guards)
        or check_record(target, guards, evidence, keeper)
    )
    return Verdict(target, keeper, refusal)


def _check_kept_before(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    """Skip what a repeated command would delete: the record that its first run kept.

    The first run deleted the duplicates that device_ids names, so this one is the only one now.
    """
    deleted = ", ".join(evidence.deleted_duplicates.get(target.id, ()))
    if not deleted:
        return None
    return _check_any_record(target, guards, evidence) or Refusal(
        "kept_record",
        f"It is the one to keep: the ids name {deleted}, already deleted, which was or may have"
        f" been another record of its serial. Name {deleted} no longer to reset this one.",
    )


def _check_only_record(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    if guards.options.duplicates == "clean_up":
        return Refusal(
            "only_record",
            "It is the only record of its serial and platform, and a clean-up resets spare records"
            " only.",
        )
    return check_record(target, guards, evidence)


def _rank(target: RecordTarget) -> Rank:
    management = [user.management_status for user in target.users]
    return rank_record(target.id, target.status, management, target.registered_at)


def _works(target: RecordTarget) -> bool:
    return target.device is not None and target.device.is_working


def _check_group(
    target: RecordTarget, keeper: RecordTarget, count: int, guards: Guards
) -> Refusal | None:
    if target is keeper:
        return Refusal(
            "kept_record",
            f"It is the one to keep of {count} records of its serial: of those that users have, the"
            " working one or the newest.",
        )
    if guards.options.duplicates == "clean_up" and not _works(keeper):
        return Refusal(
            "no_working_record",
            f"The one to keep of {count} records of its serial, {keeper.id}, is {keeper.status} and"
            f" does not work. {_remedy(target, keeper)}",
        )
    if guards.options.duplicates == "skip":
        return Refusal(
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


# The last authenticator of a user


def check_last_authenticator(
    target: RecordTarget, guards: Guards, evidence: Evidence, deletions: PlannedDeletions
) -> Refusal | None:
    """Return whose last strong authenticator the deletion of a record would take, or None.

    Okta does not document whether it lists an enrollment of Okta Verify for each device: one
    counts as deleted with each record, so a single one for several devices is not enough. Nor is
    it documented whether Okta lists that of a suspended device, so another active record has to
    remain, too.
    """
    if target.device is None or not needs_enrollments(target, guards):
        return None
    locked_out = []
    for user in target.returning_users:
        deleted = {*deletions.get(user.user.id, ()), target.id}
        if not _keeps_authenticator(user.user.id, deleted, guards, evidence):
            locked_out.append(login_of(user))
    if not locked_out:
        return None
    users = ", ".join(locked_out)
    hidden = any(
        not (enrollment.key and enrollment.status)
        for user in target.returning_users
        for enrollment in evidence.enrollments.get(user.user.id, ())
    )
    fact = (
        f"It may hold the last strong authenticator of {users}: Okta does not show key and status"
        " of each that they enrolled. Without one they could not register again"
        if hidden
        else f"It holds the last strong authenticator of {users}, who could not register again"
    )
    return Refusal("last_authenticator", f"{fact}{_allowing('last_authenticator', guards)}.")


def needs_enrollments(target: RecordTarget, guards: Guards) -> bool:
    """Return whether the authenticators of the record's users decide about it."""
    takes = guards.goal.destroys or guards.options.clean_up is not None
    return takes and guards.forbids("last_authenticator") and not target.is_idle


def relies_on_okta_verify(enrollments: Iterable[Enrollment], guards: Guards) -> bool:
    """Return whether a user's strong enrollments are all of Okta Verify, and may be enough.

    Only then does it matter which devices they are on.
    """
    strong = _strong(enrollments, guards)
    enough = len(strong) > (0 if _is_blocked_before(guards) else 1)
    return enough and all(enrollment.is_okta_verify for enrollment in strong)


def _is_blocked_before(guards: Guards) -> bool:
    """Return whether nobody can sign in with the records any more: a clean-up suspended them."""
    return guards.options.clean_up is not None and guards.goal.destroys


def _strong(enrollments: Iterable[Enrollment], guards: Guards) -> list[Enrollment]:
    return [
        enrollment
        for enrollment in enrollments
        if enrollment.status == "ACTIVE"
        and enrollment.key  # without a key it may be a weak one
        and not {enrollment.key, fold_key(enrollment.key)} & {*guards.options.weak_authenticators}
    ]


def _keeps_authenticator(
    user_id: str, deleted: set[str], guards: Guards, evidence: Evidence
) -> bool:
    """Return whether a user keeps a strong authenticator when these records are deleted."""
    strong = _strong(evidence.enrollments.get(user_id, ()), guards)
    verify = [enrollment for enrollment in strong if enrollment.is_okta_verify]
    if len(strong) > len(verify):
        return True
    remaining = set(evidence.active_records.get(user_id, ())) - deleted
    # Where each method of Okta Verify is an enrollment, all of them may be of one device.
    most = max(Counter(enrollment.key for enrollment in verify).values(), default=0)
    lost = 0 if _is_blocked_before(guards) else len(deleted)
    return most > lost and bool(remaining)


# The plan


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
    counts = Counter(_device_key(target) for target in targets)
    return {
        target.id
        for target in searched
        if not (target.is_idle or target.by_id) and counts[_device_key(target)] == 1
    }


def plan_records(
    targets: Sequence[RecordTarget], guards: Guards, evidence: Evidence
) -> list[Decision]:
    """Return the decision for each target, in the same order."""
    deletions: dict[str, set[str]] = {}
    decisions: list[Decision] = []
    for target, keeper, refusal in check_static_guards(targets, guards, evidence):
        refusal = refusal or check_last_authenticator(target, guards, evidence, deletions)
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
    if keeper is not None and not _works(keeper):
        return _keep_spare(target, keeper)  # a reset: other runs keep no record for another
    decisions = list(decisions)
    deletions: dict[str, set[str]] = {}
    for other in decisions:
        if other.target.id == target.id:
            break
        _mark_for_deletion(other, deletions)
    refusal = None
    if target.device is not None:
        refusal = check_record(target, guards, evidence, keeper) or check_last_authenticator(
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
        return Decision(target, "none", f"It is {goal.participle} already.", "unchanged")
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


# Limits and approval of the whole plan


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
    refusal = Refusal(
        "changed_since_approval",
        "Its status, its users or whether they are managed changed after the plan was approved."
        " Run again in check mode, and have the new plan approved.",
    )
    return _decide(decision.target, refusal, decision.keeper, RESET)


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
