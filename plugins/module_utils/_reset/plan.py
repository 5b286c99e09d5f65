# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device records may go, in which order, and what stops each.

Pure; the reads and writes are the module's.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._core.errors import Refused
from .._core.timestamps import parse_timestamp as moment
from .._okta.facts import UNUSED_CERTIFICATE_LIFETIME, WEAK_AUTHENTICATORS

Row = dict[str, t.Any]
Going = dict[str, set[str]]  # user id -> ids of the records of theirs that go with a plan

# The reasons for skipping a record that the option ``allow`` lifts.
ALLOW = (
    "managed",
    "shared",
    "last_authenticator",
    "registered_after_certificate",
    "unknown_to_kandji",
    "no_profile",
    "sign_in_pending",
)
OKTA_VERIFY = "okta_verify"
LOOK_AGAIN_AFTER = timedelta(
    minutes=5
)  # in a run so long, people who sign in meanwhile are asked for in the System Log

CANNOT_BE_UNDONE = (
    (
        "A device record that is deleted cannot be brought back, and a deactivated one loses its"
        " users for good."
    ),
    "Each of its users removes the account in Okta Verify on that Mac and adds it anew.",
    "A certificate that was bound to the record is revoked with it, and the Mac needs a new one.",
)


@dataclass
class Mac:
    """What Kandji knows of the Mac of a record.

    ``certificates`` are the times (ISO 8601) when each was first seen.
    """

    serial: str
    device_id: str = ""
    name: str = ""
    person: str = ""
    profile_live: bool = False
    certificates: list[str] = field(default_factory=list)


@dataclass
class Found:
    """What was there for one thing that was asked for:

    a record with its own users and its Mac; or nothing. ``by_id``: it was asked for by its id.
    """

    target: str
    record: Row | None = None
    users: list[Row] = field(default_factory=list)
    mac: Mac | None = None
    by_id: bool = False
    spare: bool = False  # its serial has another record, which is kept

    @property
    def id(self) -> str:
        return str((self.record or {}).get("id") or "")

    @property
    def serial(self) -> str:
        return str(((self.record or {}).get("profile") or {}).get("serialNumber") or "")

    @property
    def known_as(self) -> str:
        """The serial, also where there is no record, if it was asked for by it."""
        return self.serial or ("" if self.by_id or self.record is not None else self.target)

    @property
    def status(self) -> str:
        return str((self.record or {}).get("status") or "")

    @property
    def is_idle(self) -> bool:
        """Nobody can work with it any more, so that no sign-in cures it and nobody loses anything
        by its end.
        """
        return self.status == "DEACTIVATED" or not self.users


@dataclass
class Guards:
    """What the options say. Times in hours; ``now`` is Okta's."""

    now: datetime
    created_before: datetime
    allow: frozenset[str] = frozenset()  # of ALLOW
    duplicates: str = "skip"
    sign_in_grace: float = 24.0
    platforms: t.Sequence[str] = ("MACOS",)
    weak_authenticators: t.Sequence[str] = WEAK_AUTHENTICATORS


@dataclass
class Evidence:
    """What is asked only where it decides:

    when each record was last signed in at by FastPass, each user's enrolled authenticators, and, of
    users
    who have nothing strong but Okta Verify, the ids of their active records. ``signed_in``: the ids
    of records that somebody signed in at during a long run, as the log told it up to the moment
    ``looked``."""

    sign_ins: dict[str, datetime] = field(default_factory=dict)
    enrollments: dict[str, list[Row]] = field(default_factory=dict)
    active_records: dict[str, set[str]] = field(default_factory=dict)
    signed_in: set[str] = field(default_factory=set)
    looked: datetime | None = None


class Reason(t.NamedTuple):
    """Why a record is skipped: a code for programs, one of ALLOW or another, and one sentence."""

    code: str
    text: str


@dataclass
class Decision:
    """``action`` is reset, skip or none; ``reason`` is one sentence; ``code`` is of a Reason."""

    found: Found
    action: str
    reason: str
    code: str | None = None


@dataclass
class Limits:
    """How many records may go.

    ``fleet`` is the number of Macs that percent counts of, or None where it is not known.
    """

    max_devices: int
    max_percent: int
    confirm_above: int
    confirm: str = ""
    fleet: int | None = None
    host: str = ""


# One record


def managed_users(users: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    return [login(one) for one in users if one.get("managementStatus") == "MANAGED"]


def active_users(users: t.Iterable[t.Mapping[str, t.Any]]) -> list[t.Mapping[str, t.Any]]:
    """Those who may sign in. A user whose status is not told counts, too."""
    return [
        one
        for one in users
        if (one.get("user") or {}).get("status") not in ("DEPROVISIONED", "SUSPENDED")
    ]


def login(device_user: t.Mapping[str, t.Any]) -> str:
    user = device_user.get("user") or {}
    return str((user.get("profile") or {}).get("login") or user.get("id") or "unknown user")


def person(device_user: t.Mapping[str, t.Any]) -> str:
    """First and last name, as people are addressed; the login where Okta knows no name."""
    profile = (device_user.get("user") or {}).get("profile") or {}
    return " ".join(
        str(profile[name]) for name in ("firstName", "lastName") if profile.get(name)
    ) or login(device_user)


def user_id(device_user: t.Mapping[str, t.Any]) -> str:
    return str((device_user.get("user") or {}).get("id") or "")


def newer_certificate(found: Found) -> datetime | None:
    """When the newest certificate came that is younger than the record;

    None where there is none.
    """
    registered = moment((found.record or {}).get("created"))
    times = [one for one in map(moment, found.mac.certificates if found.mac else []) if one]
    return max((one for one in times if registered and one > registered), default=None)


def in_grace(found: Found, guards: Guards) -> bool:
    """Whether a sign-in may still cure it: only then it is worth asking whether there was one."""
    came = newer_certificate(found)
    return bool(
        "sign_in_pending" not in guards.allow
        and came
        and not found.is_idle
        and guards.now < came + timedelta(hours=guards.sign_in_grace)
    )


def held(found: Found, guards: Guards, evidence: Evidence) -> Reason | None:
    """Why this record is skipped, by itself;

    None where nothing does. A spare one is not registered anew, so that no certificate matters to
    it.
    """
    reason = _identity(found, guards) or _age(found, guards) or _people(found, guards)
    return (
        reason
        if reason or found.spare
        else _certificate(found, guards) or _sign_in(found, guards, evidence)
    )


def _identity(found: Found, guards: Guards) -> Reason | None:
    platform = ((found.record or {}).get("profile") or {}).get("platform")
    if platform not in guards.platforms:
        return Reason(
            "other_platform",
            f"Its platform is {platform}, and platforms names"
            f" {', '.join(guards.platforms) or 'none'}.",
        )
    if found.mac is None and "unknown_to_kandji" not in guards.allow:
        return Reason(
            "unknown_to_kandji",
            f"Kandji knows no Mac with the serial {found.serial or 'that it lacks'}"
            " (allow: unknown_to_kandji resets it all the same).",
        )
    return None


def _age(found: Found, guards: Guards) -> Reason | None:
    created, registered = (
        (found.record or {}).get("created"),
        moment((found.record or {}).get("created")),
    )
    if registered is None:
        return Reason(
            "registration_time_unknown",
            "When it was registered is not known, so that it may be a new registration, which is"
            " kept.",
        )
    if registered >= guards.created_before:
        return Reason(
            "registered_recently",
            f"It was registered at {created}, not before {guards.created_before.isoformat()}"
            " (created_before): a new registration is kept.",
        )
    return None


def _people(found: Found, guards: Guards) -> Reason | None:
    managed = managed_users(found.users)
    if managed and "managed" not in guards.allow:
        return Reason(
            "managed",
            f"It works: {', '.join(managed)} is MANAGED on it (allow: managed resets it all the same).",
        )
    active = [login(one) for one in active_users(found.users)]
    if len(active) > 1 and "shared" not in guards.allow:
        return Reason(
            "shared",
            f"It is shared: {', '.join(active)} would all have to register anew (allow: shared"
            " resets it all the same).",
        )
    return None


def _certificate(found: Found, guards: Guards) -> Reason | None:
    if found.mac is None:
        return None
    if "no_profile" not in guards.allow and not found.mac.profile_live:
        return Reason(
            "no_profile",
            "No SCEP profile is live on its Mac, so that a reset would end in the same place"
            " (allow: no_profile resets it all the same).",
        )
    times = [one for one in map(moment, found.mac.certificates) if one]
    if "no_profile" not in guards.allow and not times:
        return Reason(
            "no_profile",
            "No certificate of its Mac was seen yet, so that a reset would end in the same place"
            " (allow: no_profile resets it all the same).",
        )
    registered = moment((found.record or {}).get("created"))
    if (
        not times
        or registered is None
        or registered < min(times)
        or found.is_idle
        or "registered_after_certificate" in guards.allow
    ):
        return None
    return Reason(
        "registered_after_certificate",
        "It was registered after its Mac's certificate came, so that a FastPass sign-in is what it"
        " needs (allow: registered_after_certificate resets it all the same).",
    )


def _sign_in(found: Found, guards: Guards, evidence: Evidence) -> Reason | None:
    came = newer_certificate(found)
    if came is None or not in_grace(found, guards):
        return None
    signed_in = evidence.sign_ins.get(found.id)
    if signed_in and signed_in >= came:
        return None  # it was tried, and left it unmanaged
    return Reason(
        "sign_in_pending",
        f"A newer certificate came at {came.isoformat()} and waits for a FastPass sign-in, which"
        f" may cure it without a reset (for {guards.sign_in_grace:g} hours; allow: sign_in_pending resets it now).",
    )


# Several records


def plan(founds: t.Sequence[Found], guards: Guards, evidence: Evidence) -> list[Decision]:
    """Each record -> reset it, skip it with one reason, or nothing to do.

    In the order that was asked for.
    """
    going: Going = {}
    decisions = []
    for found, spoken in without_enrollments(founds, guards, evidence):
        if spoken is None:
            spoken = last_authenticator(found, guards, evidence, going)
        if spoken is None and found.record is not None:
            _goes(found, going)
        decisions.append(_decision(found, spoken))
    return decisions


def _goes(found: Found, going: Going) -> None:
    for one in found.users:
        going.setdefault(user_id(one), set()).add(found.id)


def decide_again(
    decision: Decision, decisions: t.Sequence[Decision], guards: Guards, evidence: Evidence
) -> Decision:
    """A record of the plan that has changed since, beside the others of the plan."""
    going: Going = {}
    for other in decisions:
        if other is not decision and other.action == "reset":
            _goes(other.found, going)
    found = decision.found
    if found.record is None:
        return _decision(found, None)
    return _decision(
        found, held(found, guards, evidence) or last_authenticator(found, guards, evidence, going)
    )


def _decision(found: Found, spoken: Reason | None) -> Decision:
    if found.record is None:
        return Decision(found, "none", "There is no device record for it.", "no_record")
    return (
        Decision(found, "skip", spoken.text, spoken.code)
        if spoken
        else Decision(
            found, "reset", "Its record is deactivated and deleted; its users register anew."
        )
    )


def without_enrollments(
    founds: t.Sequence[Found], guards: Guards, evidence: Evidence
) -> list[tuple[Found, Reason | None]]:
    """All guards but that of the last authenticator, whose facts cost a call for each user of those
    that pass here.
    """
    groups = _groups(founds)
    return [
        (one, _with_duplicates(one, groups, guards, evidence) if one.record is not None else None)
        for one in founds
    ]


def _with_duplicates(
    found: Found, groups: t.Mapping[str, list[Found]], guards: Guards, evidence: Evidence
) -> Reason | None:
    same = groups.get(found.serial.lower(), [])
    if (
        found.by_id
        or guards.duplicates == "each"
        or (len(same) < 2 and guards.duplicates == "skip")
    ):
        return held(found, guards, evidence)
    if len(same) < 2:
        return Reason(
            "only_record",
            "It is the only record of its serial, and duplicates: clean_up resets spare ones alone.",
        )
    keeper = max(
        same,
        key=lambda one: (
            bool(managed_users(one.users)),
            one.status == "ACTIVE",
            str((one.record or {}).get("created")),
            one.id,
        ),
    )
    found.spare = found is not keeper
    reason = _identity(found, guards) or _age(found, guards) or _people(found, guards)
    if reason:
        return reason
    if found is keeper:
        return Reason(
            "kept_record",
            f"It is the one to keep of {len(same)} records of its serial: the working or the newest"
            " (duplicates).",
        )
    if guards.duplicates == "skip":
        return Reason(
            "duplicate_record",
            f"It is one of {len(same)} records of its serial, of which {keeper.id} is kept; "
            f"to delete it, name it in device_ids ({found.id}) or set duplicates to clean_up.",
        )
    return None


def _groups(founds: t.Sequence[Found]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for one in founds:
        if one.record is not None and one.serial and not one.by_id:
            groups.setdefault(one.serial.lower(), []).append(one)
    return groups


def last_authenticator(
    found: Found, guards: Guards, evidence: Evidence, going: t.Mapping[str, set[str]]
) -> Reason | None:
    """Whom the end of this record would leave without a strong authenticator.

    Whether Okta lists an enrolment of Okta Verify for each device is not documented: one is taken
    to go with each record, so that a single one for several devices holds back. Nor is it
    documented whether that of a suspended device is listed, so that another active record has to be
    there, too.
    """
    if "last_authenticator" in guards.allow or found.record is None or found.is_idle:
        return None
    left = [
        login(one)
        for one in active_users(found.users)
        if not _ways_left(user_id(one), {*going.get(user_id(one), ()), found.id}, guards, evidence)
    ]
    if not left:
        return None
    return Reason(
        "last_authenticator",
        f"It holds the last strong authenticator of {', '.join(left)}, who could not register anew"
        " (allow: last_authenticator resets it all the same).",
    )


def has_okta_verify_alone(enrollments: t.Sequence[Row], guards: Guards) -> bool:
    """Whether several enrolments of Okta Verify are all that a user has, so that it matters what
    devices they are on.
    """
    strong = _strong(enrollments, guards)
    return len(strong) > 1 and all(one.get("key") == OKTA_VERIFY for one in strong)


def _strong(enrollments: t.Sequence[Row], guards: Guards) -> list[Row]:
    return [
        one
        for one in enrollments
        if one.get("status") == "ACTIVE" and one.get("key") not in guards.weak_authenticators
    ]


def _ways_left(user: str, going: set[str], guards: Guards, evidence: Evidence) -> bool:
    """``going``: the records of the user that go, this one among them."""
    strong = _strong(evidence.enrollments.get(user, []), guards)
    verify = [one for one in strong if one.get("key") == OKTA_VERIFY]
    if len(strong) > len(verify):
        return True
    return len(verify) > len(going) and bool(evidence.active_records.get(user, set()) - going)


def outlived(found: Found, ended: datetime | None) -> bool:
    """Whether a certificate's end came after the newest that was seen, so that no living one is
    known; or none is there any more.
    """
    newest = newest_certificate(found)
    return bool(ended and (newest is None or ended > newest))


def newest_certificate(found: Found) -> datetime | None:
    return max(
        (one for one in map(moment, found.mac.certificates if found.mac else []) if one),
        default=None,
    )


def is_bound(found: Found, bound: t.Container[str], now: datetime) -> bool | None:
    """Whether the Mac's certificate dies, or died, with the record.

    ``bound``: ids and serials that the System Log tells of. None: no certificate is known.
    """
    if (found.id or found.known_as) in bound:
        return True
    newest = newest_certificate(found)
    return None if newest is None else newest < now - UNUSED_CERTIFICATE_LIFETIME


def reissue_after(
    founds: t.Iterable[Found], died: t.Mapping[str, datetime], now: datetime
) -> datetime:
    """A moment by which the certificates of these Macs were there, or had died:

    what comes later is new. Later runs find the same until it comes.
    """
    return max(_last_seen(found) or died.get(found.id or found.known_as, now) for found in founds)


def _last_seen(found: Found) -> datetime | None:
    newest = newest_certificate(found)
    return newest + timedelta(seconds=1) if newest else None


# All of them


def phrase(count: int, host: str) -> str:
    return f"RESET {count} DEVICES {host}"


def check_limits(decisions: t.Sequence[Decision], limits: Limits) -> None:
    """Raises Refused, before any write, when more records would go than is allowed, or than was
    confirmed.
    """
    count = sum(one.action == "reset" for one in decisions)
    if count > limits.max_devices:
        raise Refused(
            f"{count} device records would be deleted, and max_devices is {limits.max_devices}."
            f" Nothing was written; set max_devices: {count} if that is wanted.",
            count=count,
            allowed=limits.max_devices,
        )
    if limits.fleet is not None and count > max(1, limits.fleet * limits.max_percent // 100):
        raise Refused(
            f"{count} device records would be deleted, and max_percent ({limits.max_percent}) of"
            f" {limits.fleet} Macs is {limits.fleet * limits.max_percent // 100}. Nothing was"
            " written; raise max_percent if that is wanted.",
            count=count,
            allowed=limits.fleet * limits.max_percent // 100,
        )


def check_confirmed(decisions: t.Sequence[Decision], limits: Limits) -> None:
    """Raises Refused unless the phrase fits.

    A run that was cut short finds fewer: those without a record may have been among what was
    confirmed.
    """
    count = sum(one.action == "reset" for one in decisions)
    gone = sum(one.action == "none" for one in decisions)
    if count <= limits.confirm_above or limits.confirm in [
        phrase(one, limits.host) for one in range(count, count + gone + 1)
    ]:
        return
    raise Refused(
        f"{count} device records would be deleted, which is more than confirm_above"
        f" ({limits.confirm_above}). Nothing was written; if that is wanted, set confirm:"
        f" {phrase(count, limits.host)}",
        count=count,
        confirm=phrase(count, limits.host),
    )


def plan_digest(decisions: t.Sequence[Decision], host: str) -> str:
    """SHA-256 (hexadecimal) of what would be done:

    the org, each record that would go, its serial and its users. The same plan always has the same.
    """
    going = sorted(
        [one.found.id, one.found.known_as, sorted(user_id(user) for user in one.found.users)]
        for one in decisions
        if one.action == "reset"
    )
    return hashlib.sha256(json.dumps([host, going]).encode()).hexdigest()


def check_approved(decisions: t.Sequence[Decision], digest: str, approved: str) -> None:
    """Raises Refused, before any write, when ``digest`` is not that of the plan that was approved.

    Nothing needs to be approved where ``approved`` is empty.
    """
    if approved and approved.lower() != digest:
        count = sum(one.action == "reset" for one in decisions)
        raise Refused(
            f"The plan is not the one that was approved: {count} device records would go now, and"
            f" the digest is {digest}. Nothing was written; look at the plan as it is now, and have"
            " it approved.",
            count=count,
            plan_digest=digest,
        )


def described(decision: Decision, state: str, bound: bool | None = None) -> Row:
    """What the result says of one record. ``state`` is reset, would_reset, skipped or absent."""
    record, mac = decision.found.record or {}, decision.found.mac
    profile = record.get("profile") or {}
    return {
        "target": decision.found.target,
        "device_id": record.get("id"),
        "serial_number": decision.found.known_as or None,
        "display_name": profile.get("displayName") or (mac.name if mac else None),
        "platform": profile.get("platform"),
        "status_before": record.get("status"),
        "created": record.get("created"),
        "users": [
            {
                "login": login(one),
                "name": person(one),
                "management_status": one.get("managementStatus"),
            }
            for one in decision.found.users
        ],
        "person": mac.person if mac else "",
        "certificate_bound": bound,
        "state": state,
        "reason": decision.reason,
        "reason_code": decision.code,
    }
