# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run that changes device records knows and decides, as records. Pure.

A reset deletes records so that Macs register again; other runs take records to a state.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._core.timestamps import parse_timestamp
from .._okta import user_statuses
from .._okta.records import WORKING_STATUSES, DeviceUser, Enrollment, OktaDevice

DeviceKey: t.TypeAlias = "tuple[str, str | None]"  # serial in lower case, platform

# Why a record is not written to. RETURN of okta_device_reset and okta_device documents the codes.
ReasonCode = t.Literal[
    "suspended",
    "managed",
    "shared",
    "last_authenticator",
    "registered_after_certificate",
    "unknown_to_kandji",
    "no_profile",
    "sign_in_pending",
    "registered_again",
    "other_platform",
    "registered_recently",
    "registration_time_unknown",
    "several_kandji_devices",
    "kept_record",
    "duplicate_record",
    "only_record",
    "kept_record_gone",
    "changed_since_approval",
    "no_working_record",
    "no_record",
    "other_status",
    "unchanged",
    "in_use",
    "in_grace",
    "deleted_soon",
    "not_suspended",
    "suspended_in_use",
    "suspended_by_others",
    "other_record",
    "needed_again",
    "use_unknown",
    "deletion_pending",
]

# End the user agent of a step by a clean-up, and of one that leads to another deletion. Okta's
# System Log shows it.
CLEAN_UP_COMMENT: t.Final = "(clean-up)"
DELETION_COMMENT: t.Final = "(deletion)"

State = t.Literal["active", "suspended", "deactivated", "absent"]
LifecycleStep = t.Literal["activate", "unsuspend", "suspend", "deactivate", "delete"]
# Who suspended a record: a run that names records, a clean-up, or a person or other program.
Suspender = t.Literal["collection", "clean_up", "others", "unknown"]
# What deactivated a record: a clean-up, the first step of any deletion, or anything else.
Deactivator = t.Literal["clean_up", "deletion", "others"]

# The steps to a state by the status of a record. Of a status that is missing here, no step is known
# to lead there. Older documentation of Okta names these statuses for each step.
_STEPS: t.Final[Mapping[State, Mapping[str, tuple[LifecycleStep, ...]]]] = {
    "active": {
        **dict.fromkeys(WORKING_STATUSES, ()),
        "SUSPENDED": ("unsuspend",),
        "DEACTIVATED": ("activate",),
        "CREATED": ("activate",),
    },
    "suspended": {**dict.fromkeys(WORKING_STATUSES, ("suspend",)), "SUSPENDED": ()},
    "deactivated": {
        **dict.fromkeys((*WORKING_STATUSES, "SUSPENDED"), ("deactivate",)),
        "DEACTIVATED": (),
    },
    # Deletion needs a deactivated record.
    "absent": {
        **dict.fromkeys((*WORKING_STATUSES, "SUSPENDED", "CREATED"), ("deactivate", "delete")),
        "DEACTIVATED": ("delete",),
    },
}
_EFFECTS: t.Final[Mapping[tuple[LifecycleStep, ...], str]] = {
    ("unsuspend",): (
        "unsuspended; its users sign in with its Okta Verify as before, unless the Mac was erased."
    ),
    ("activate",): "activated; its users have to register it again.",
    ("unsuspend", "suspend"): "suspended again, so that no clean-up deletes it.",
    ("suspend",): "suspended; nobody signs in with its Okta Verify until it is unsuspended.",
    ("deactivate",): "deactivated; its users and their Okta Verify on it are lost for good.",
    ("deactivate", "delete"): "deactivated and deleted, which cannot be undone.",
    ("delete",): "deleted, which cannot be undone.",
}


@dataclass(frozen=True)
class Goal:
    """What a run makes of its records.

    ``verb`` begins the phrase that confirms the run, ``participle`` says in messages what becomes
    of a record, ``takes`` what the run does with it, and ``done`` and ``planned`` are the states of
    a written record in results.
    ``registers_again``: users register the Mac again, so what Kandji knows of it decides, too.
    """

    state: State
    verb: str
    participle: str
    takes: str
    done: str = "changed"
    planned: str = "would_change"
    registers_again: bool = False

    @property
    def destroys(self) -> bool:
        """Whether registrations are lost for good."""
        return self.state in ("deactivated", "absent")

    def steps(self, target: RecordTarget) -> tuple[LifecycleStep, ...] | None:
        """Return the steps that a record still needs, None if none leads to the state."""
        if target.deletion_pending and self.state == "suspended" and target.status == "SUSPENDED":
            return ("unsuspend", "suspend")
        return _STEPS[self.state].get(target.status or "")

    def effect(self, target: RecordTarget, planned: bool = False) -> str:
        """Return what the steps make of a record, or would make, in one sentence."""
        return f"It {'would be' if planned else 'is'} {_EFFECTS[self.steps(target) or ()]}"


RESET = Goal("absent", "RESET", "deleted", "resets", "reset", "would_reset", registers_again=True)
GOALS: t.Final[Mapping[State, Goal]] = {
    "active": Goal("active", "ACTIVATE", "active", "activates"),
    "suspended": Goal("suspended", "SUSPEND", "suspended", "suspends"),
    "deactivated": Goal("deactivated", "DEACTIVATE", "deactivated", "deactivates"),
    "absent": Goal("absent", "DELETE", "deleted", "deletes"),
}


@dataclass(frozen=True)
class Mac:
    """What Kandji knows of a Mac.

    ``certificates`` are the times when each certificate of its SCEP profile was first seen,
    ``former`` those of certificates with its serial and another UUID, as an earlier generation
    leaves them. ``has_unproved``: it has certificates that name its serial, and nothing proves that
    they are the profile's. Neither permits a reset. ``has_unattested``: the profile's certificates
    are of another authority, as the Mac reports. ``several`` describes the devices with its serial,
    if Kandji has more than one. ``has_undated``: when one of ``certificates`` or ``former`` was
    first seen cannot be read, so that it is missing there.
    """

    serial: str
    name: str = ""
    person: str = ""
    profile_live: bool = False
    certificates: tuple[datetime, ...] = ()
    former: tuple[datetime, ...] = ()
    has_unproved: bool = False
    has_unattested: bool = False
    several: str = ""
    has_undated: bool = False

    @property
    def newest_certificate(self) -> datetime | None:
        """When the newest certificate was first seen, or None if no certificate is known."""
        return max(self.certificates, default=None)


@dataclass(frozen=True)
class RecordTarget:
    """A requested target: its Okta device record, the record's users and its Mac, if they exist.

    ``name`` is the serial, device id or login that selected it, as the option has it. ``by_id``:
    the option device_ids selected it. ``by_user``: it stands for a user who has no record or, with
    ``unknown_user``, does not exist. ``others`` are the other records of its device that work, with
    their users; they are read where one of them may be kept without being the one to keep.
    ``of_users`` are the ids of the users for whom alone it is selected, None if it is selected by
    itself. ``why`` is why a clean-up selects it, in a sentence. ``kept_ids`` are the records that
    are kept in place of a spare one, ``unknown_reason`` why it may not be spare.
    ``deletion_pending``: a clean-up suspended it, or a deletion was interrupted after it
    deactivated it, and another run may delete it; None if the System Log may not show yet. Another
    suspension tells clean-ups that they may not. ``has_searched_users``: a search showed the users,
    so they may be stale. ``needed`` is why a clean-up would not select any more what a clean-up
    suspended, in a sentence. ``suspended_by`` is who suspended it, None if it is not suspended or
    nobody has to know.
    """

    name: str
    device: OktaDevice | None = None
    users: tuple[DeviceUser, ...] = ()
    mac: Mac | None = None
    by_id: bool = False
    by_user: bool = False
    unknown_user: bool = False
    others: tuple[RecordTarget, ...] = ()
    of_users: frozenset[str] | None = None
    why: str = ""
    kept_ids: tuple[str, ...] = ()
    unknown_reason: str = ""
    deletion_pending: bool | None = False
    has_searched_users: bool = False
    needed: str = ""
    suspended_by: Suspender | None = None

    @property
    def id(self) -> str:
        """The id of the device record, "" if there is none."""
        return self.device.id if self.device else ""

    @property
    def serial(self) -> str:
        """The record's serial. Without a record, the serial that selected it."""
        if self.device is not None:
            return self.device.serial_number
        return "" if self.by_id or self.by_user else self.name

    @property
    def device_key(self) -> DeviceKey:
        """By what records of one device are known.

        A Mac that also runs Windows, or a made-up serial, may give records of other platforms the
        same serial. They are other devices.
        """
        return self.serial.lower(), self.device.platform if self.device else None

    @property
    def is_working(self) -> bool:
        """Whether it has a record with which its users can sign in."""
        return self.device is not None and self.device.is_working

    @property
    def revocation_key(self) -> str:
        """By what revocations name it: the id of the record, the serial if the record is gone."""
        return self.id or self.serial

    @property
    def status(self) -> str | None:
        """The status of the device record."""
        return self.device.status if self.device else None

    @property
    def registered_at(self) -> datetime | None:
        """When the record was created, or None if that is unknown."""
        return parse_timestamp(self.device.created) if self.device else None

    @property
    def updated_at(self) -> datetime | None:
        """When the record changed last, as by its suspension, or None if that is unknown."""
        return parse_timestamp(self.device.last_updated) if self.device else None

    @property
    def is_unknown(self) -> bool:
        """Whether neither Okta has a record of it nor Kandji a Mac."""
        return self.device is None and self.mac is None

    @property
    def is_idle(self) -> bool:
        """Whether the record is deactivated or has no users."""
        return self.status == "DEACTIVATED" or not self.users

    @property
    def managed_logins(self) -> list[str]:
        """The logins of the users for whom Okta treats the device as managed."""
        return [login_of(user) for user in self.users if user.is_managed]

    @property
    def active_users(self) -> list[DeviceUser]:
        """The users who may sign in, including those whose status is unknown.

        An account that is not activated yet counts: it is of somebody who comes.
        """
        return [user for user in self.users if user.user.status not in user_statuses.ENDED]

    @property
    def other_users(self) -> list[DeviceUser]:
        """The active users for whom it is not selected."""
        named = self.of_users or frozenset()
        return [user for user in self.active_users if user.user.id not in named]

    @property
    def returning_users(self) -> list[DeviceUser]:
        """The users who may sign in now or later, as those who are suspended may.

        A deactivated user has lost the authenticators already.
        """
        return [user for user in self.users if user.user.status != user_statuses.LEFT]

    @property
    def newest_certificate(self) -> datetime | None:
        """When the newest certificate of its Mac was first seen, or None."""
        return self.mac.newest_certificate if self.mac else None

    @property
    def newer_certificate(self) -> datetime | None:
        """When the newest certificate was first seen, if that is after the registration."""
        newest, registered = self.newest_certificate, self.registered_at
        return newest if newest and registered and newest > registered else None


@dataclass(frozen=True)
class CleanUp:
    """What a clean-up takes: records that nobody used for ``unused``.

    It deletes those that were suspended then, and stayed so for ``grace``. Of a Mac, the newest
    ``newest_per_user`` records of each user are kept, from 1 on.
    """

    unused: timedelta
    grace: timedelta
    newest_per_user: int = 1


@dataclass(frozen=True)
class GuardOptions:
    """What the options exclude.

    ``allow`` holds values of ALLOW, ``sign_in_grace`` is in hours, ``goal`` is what the run is for.
    ``clean_up`` is None if the options name the records.
    """

    allow: Collection[str]
    duplicates: str
    sign_in_grace: float
    platforms: Sequence[str]
    weak_authenticators: Sequence[str]
    goal: Goal = RESET
    clean_up: CleanUp | None = None


@dataclass(frozen=True)
class Guards:
    """What is excluded in one run. ``now`` is Okta's clock."""

    now: datetime
    created_before: datetime
    options: GuardOptions

    @property
    def goal(self) -> Goal:
        """What the run makes of its records."""
        return self.options.goal

    def forbids(self, reason: ReasonCode) -> bool:
        """Return whether a record is skipped for this reason, which is one of ALLOW."""
        return reason not in self.options.allow


@dataclass(frozen=True)
class Lifecycle:
    """When a record was suspended last, as far as the System Log shows.

    ``suspended`` is None if it was unsuspended after that. ``by_clean_up``: clean-ups alone
    suspended it since then. ``resumed`` is when it was unsuspended or activated last.
    ``suspended_by`` is who suspended it since then: others, if one of several was another.
    ``deactivated_by`` is what deactivated it after that, None if nothing did: a clean-up if each
    time one did, a deletion if each time a clean-up or another deletion did.
    """

    suspended: datetime | None = None
    by_clean_up: bool = False
    resumed: datetime | None = None
    suspended_by: Suspender = "unknown"
    deactivated_by: Deactivator | None = None

    @property
    def deletion_was_cut(self) -> bool:
        """Whether only deletions deactivated it, so that one was cut after its first step."""
        return self.deactivated_by in ("clean_up", "deletion")


class Sessions(t.NamedTuple):
    """When this collection revoked a user's sessions last, and when the last one began.

    As far as the System Log shows, which may have an event minutes later.
    """

    ended: datetime | None = None
    began: datetime | None = None

    def may_be_open(self, changed: datetime | None = None) -> bool:
        """Return whether a session may be open: all ended after the last one began.

        :arg changed: when a record of the user was suspended. They have to end after that, too.
        """
        if self.ended is None or (changed and self.ended < changed):
            return True
        return self.began is not None and self.began >= self.ended


@dataclass(frozen=True)
class Evidence:
    """What is read only where it decides.

    ``sign_ins``: device id -> its last FastPass sign-in. ``enrollments``: user id -> enrolled
    authenticators. ``active_records``: user id -> ids of active device records, of users whose
    only strong authenticator is Okta Verify. ``earlier_deletions``: device id -> when an earlier
    record of its serial was deleted. ``deleted_duplicates``: device id -> the ids in device_ids
    whose records are deleted and were, or may have been, of its device. ``last_uses``: device id
    -> the last sign-in on it. ``lifecycles``: device id -> when it was suspended.
    """

    sign_ins: Mapping[str, datetime] = field(default_factory=dict)
    enrollments: Mapping[str, Sequence[Enrollment]] = field(default_factory=dict)
    active_records: Mapping[str, Collection[str]] = field(default_factory=dict)
    earlier_deletions: Mapping[str, datetime] = field(default_factory=dict)
    deleted_duplicates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    last_uses: Mapping[str, datetime] = field(default_factory=dict)
    lifecycles: Mapping[str, Lifecycle] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What a run does with a target: ``action`` is write, skip or none.

    ``code`` is the reason's code, None for a write. ``keeper`` is the record of the same device
    that is kept in place of a spare one, None if this record is not a spare one. ``remaining`` are
    other working records of the device that are not deleted.
    """

    target: RecordTarget
    action: str
    reason: str
    code: ReasonCode | None = None
    keeper: RecordTarget | None = None
    remaining: tuple[RecordTarget, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether steps are taken on the record."""
        return self.action == "write"

    @property
    def users_to_register(self) -> list[DeviceUser]:
        """The active users who have no account on a record that is kept."""
        return users_without_account(self.target, *self.records_left)

    @property
    def records_left(self) -> list[RecordTarget]:
        """The records of the same device that are kept."""
        return [*([self.keeper] if self.keeper else []), *self.remaining]


@dataclass(frozen=True)
class Person:
    """A user of the run's records, and what the user can still sign in with.

    ``devices`` are the other working records. Okta Verify is on these; the other active
    authenticators are in ``authenticators``, by their keys.
    """

    user: DeviceUser
    authenticators: tuple[str, ...] = ()
    devices: tuple[OktaDevice, ...] = ()


def login_of(user: DeviceUser) -> str:
    """Return the login of a user, else the id, else "unknown user"."""
    return user.user.name or "unknown user"


def name_of(user: DeviceUser) -> str:
    """Return first and last name of a user, else what login_of returns."""
    names = (user.user.first_name, user.user.last_name)
    return " ".join(name for name in names if name) or login_of(user)


def users_without_account(target: RecordTarget, *others: RecordTarget) -> list[DeviceUser]:
    """Return the active users of a record who are not among those of the other records."""
    kept = {user.user.id for other in others for user in other.users if user.user.id}
    return [user for user in target.active_users if user.user.id not in kept]


def outlives_certificates(target: RecordTarget, revoked: datetime | None) -> bool:
    """Return whether a revocation came after the newest certificate that was seen.

    Then no certificate is known that still lives.
    """
    newest = target.newest_certificate
    return bool(revoked and (newest is None or revoked > newest))
