# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a device record is skipped by itself, by a reset or by a state of okta_device. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._core.timestamps import format_timestamp
from .._okta.constants import LOG_DELAY, LOG_RETENTION, OBJECT_TIME_PRECISION
from .._okta.record_rank import is_surely_older
from .clean_up import refuse_used
from .model import (
    Evidence,
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


class Refusal(t.NamedTuple):
    """Why a record is skipped: a code for programs and one sentence for people."""

    code: ReasonCode
    sentence: str


def describe_allow(code: ReasonCode, guards: Guards) -> str:
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


def find_refusal(
    target: RecordTarget, guards: Guards, evidence: Evidence, keeper: RecordTarget | None = None
) -> Refusal | None:
    """Return why a record is skipped by itself, or None.

    A spare record is not registered again, so certificates and sign-ins do not matter to it. Its
    users do: they need an account on the record that is kept.
    """
    if not guards.goal.registers_again:
        return _refuse_for_state(target, guards, evidence)
    refusal = find_common_refusal(target, guards, evidence)
    if refusal:
        return refusal
    if keeper is not None:
        return refuse_newer_spare(target, keeper) or _refuse_used_spare(target, keeper, guards)
    return _refuse_by_certificate(target, guards) or _refuse_before_sign_in(
        target, guards, evidence
    )


def _refuse_for_state(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    """Return why a record is not taken to a state, or None."""
    refusal = _refuse_platform(target, guards) or _refuse_status(target, guards)
    if guards.options.clean_up and not refusal:
        # That it is unused decides for it, and its users keep another authenticator.
        used = refuse_used(target, guards, evidence)
        return Refusal(*used) if used else None
    if refusal or not guards.goal.destroys:
        return refusal
    # A deactivated Mac stays blocked; only without its record can it register again.
    suspension = _refuse_suspended(target, guards) if guards.goal.state == "absent" else None
    return suspension or _refuse_recent(target, guards) or _refuse_managed_or_shared(target, guards)


def _refuse_status(target: RecordTarget, guards: Guards) -> Refusal | None:
    goal = guards.goal
    if goal.steps(target) is not None:
        return None
    if target.deletion_pending is not False:
        return _refuse_deactivated(target, guards)
    blocked = " Nobody can sign in with it." if target.status == "DEACTIVATED" else ""
    status = f"It is {target.status}" if target.status else "Okta does not show its status"
    return Refusal(
        "other_status", f"{status}, and no step leads from there to {goal.participle}.{blocked}"
    )


def _refuse_deactivated(target: RecordTarget, guards: Guards) -> Refusal:
    """Return that a deletion of the record was interrupted, or that it may have been."""
    if target.deletion_pending:
        return Refusal(
            "deletion_pending",
            f"It is {target.status}: a clean-up or another deletion was interrupted then. Another"
            " such run may delete it, and then its Mac can register again. Activate it"
            " (state=active), then suspend it.",
        )
    return Refusal(
        "deletion_pending",
        f"It is {target.status}, and the System Log may not show yet whether a deletion was"
        " interrupted, which another run would finish. Run again after"
        f" {format_timestamp(guards.now + LOG_DELAY)}.",
    )


def find_common_refusal(target: RecordTarget, guards: Guards, evidence: Evidence) -> Refusal | None:
    """Return why a record is skipped, by the guards of spare records and others, or None."""
    return (
        _refuse_unknown_mac(target, guards)
        or _refuse_status(target, guards)
        or _refuse_suspended(target, guards)
        or _refuse_recent(target, guards)
        or _refuse_managed_or_shared(target, guards)
        or _refuse_registered_again(target, guards, evidence)
    )


def _refuse_platform(target: RecordTarget, guards: Guards) -> Refusal | None:
    platform = target.device.platform if target.device else None
    if platform in guards.options.platforms:
        return None
    allowed = ", ".join(guards.options.platforms) or "none"
    fact = f"Its platform is {platform}" if platform else "Okta does not show its platform"
    done = guards.goal.done
    return Refusal("other_platform", f"{fact}, and only records of {allowed} are {done}.")


def _refuse_unknown_mac(target: RecordTarget, guards: Guards) -> Refusal | None:
    refusal = _refuse_platform(target, guards)
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


def _refuse_suspended(target: RecordTarget, guards: Guards) -> Refusal | None:
    """Return why a record stays, also a spare one, that an administrator suspended, or None.

    Deactivation and deletion would lift the block: the Mac could register again.
    """
    if target.status != "SUSPENDED" or not guards.forbids("suspended"):
        return None
    return Refusal(
        "suspended",
        "It is suspended: an administrator blocked it, and a new registration would lift the block"
        f"{describe_allow('suspended', guards)}.",
    )


def _refuse_recent(target: RecordTarget, guards: Guards) -> Refusal | None:
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


def _refuse_registered_again(
    target: RecordTarget, guards: Guards, evidence: Evidence
) -> Refusal | None:
    """Return why a registration stays to which a first run of the same command led, or None.

    The System Log may not have the deletion yet if it and the registration are young.
    """
    registered, deleted = target.registered_at, evidence.earlier_deletions.get(target.id)
    if not (registered and needs_history(target, guards)):
        return None
    if deleted is None:
        known_from = registered + LOG_DELAY
        if known_from <= guards.now:
            return None
        return Refusal(
            "registered_again",
            f"It was registered at {format_timestamp(registered)}. Until"
            f" {format_timestamp(known_from)}, the System Log may not show whether an earlier"
            " record of its serial was deleted: it is kept until then (allowing 'registered_again'"
            " resets it).",
        )
    if deleted >= registered + OBJECT_TIME_PRECISION:
        return None
    return Refusal(
        "registered_again",
        f"A record of its serial was deleted at {format_timestamp(deleted)}, and it was registered"
        f" after that, at {format_timestamp(registered)}: a new registration is kept (allowing"
        " 'registered_again' resets it).",
    )


def _refuse_managed_or_shared(target: RecordTarget, guards: Guards) -> Refusal | None:
    managed = target.managed_logins
    if managed and guards.forbids("managed"):
        return Refusal(
            "managed",
            f"It works: {', '.join(managed)} is MANAGED on it{describe_allow('managed', guards)}.",
        )
    unknown = [login_of(user) for user in target.users if user.may_be_managed]
    if unknown and guards.forbids("managed"):
        return Refusal(
            "managed",
            f"It may work: Okta does not say whether it is managed for {', '.join(unknown)}"
            f"{describe_allow('managed', guards)}.",
        )
    if target.of_users is not None:
        return _refuse_needed_by_others(target, guards)
    active = [login_of(user) for user in target.active_users]
    if len(active) > 1 and guards.forbids("shared"):
        return Refusal(
            "shared",
            f"It is shared: {', '.join(active)} would all"
            f" {'have to register again' if guards.goal.registers_again else 'lose it'}"
            f"{describe_allow('shared', guards)}.",
        )
    return None


def _refuse_needed_by_others(target: RecordTarget, guards: Guards) -> Refusal | None:
    """Return which users who are not selected need a record, or None.

    A shared Mac loses one user only. Okta's API describes no operation that takes one user off a
    device record, and its enrollments do not say which device they are on.
    """
    others = [login_of(user) for user in target.other_users]
    if not others or not guards.forbids("shared"):
        return None
    return Refusal(
        "shared",
        f"It is shared: {', '.join(others)} would lose it, too{describe_allow('shared', guards)}.",
    )


def refuse_newer_spare(target: RecordTarget, keeper: RecordTarget) -> Refusal | None:
    """Return why a spare record may be the one in use, or None.

    A Mac that was erased has the account of its newest record, and the older one stays managed.
    Nobody uses a record whose users left.
    """
    if target.is_idle or not target.returning_users or not (target.device and keeper.device):
        return None
    if is_surely_older(target.device, [keeper.device]):
        return None
    return Refusal(
        "other_record",
        f"It was not registered before {keeper.id}, the one to keep of its serial, so it may be the"
        f" one in use. To delete the one that is not, name its id ({target.id} or {keeper.id}).",
    )


def _refuse_used_spare(
    target: RecordTarget, keeper: RecordTarget, guards: Guards
) -> Refusal | None:
    """Return who else uses a spare record, or None: people who share a Mac may have one each."""
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


def _refuse_by_certificate(target: RecordTarget, guards: Guards) -> Refusal | None:
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


def _refuse_before_sign_in(
    target: RecordTarget, guards: Guards, evidence: Evidence
) -> Refusal | None:
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
