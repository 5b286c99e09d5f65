# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose last strong authenticator the deletion of a device record would take. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .._okta.authenticators.okta_verify_spellings import fold_key
from .._okta.records import Enrollment
from .guards import Refusal, describe_allow
from .model import Evidence, Guards, RecordTarget, login_of

PlannedDeletions = Mapping[str, set[str]]  # user id -> ids of the user's records that are deleted


def refuse_last_authenticator(
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
    return Refusal("last_authenticator", f"{fact}{describe_allow('last_authenticator', guards)}.")


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
