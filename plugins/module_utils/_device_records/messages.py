# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Present a run: its result rows, the lines of its report and the messages to its users. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._core.changes import Change
from .._core.timestamps import format_timestamp
from .._okta import user_statuses
from .._okta.records import DeviceUser, OktaDevice
from .model import (
    Decision,
    Goal,
    Person,
    ReasonCode,
    RecordTarget,
    State,
    login_of,
    name_of,
)

Message = dict[str, object]
# Of a record in Okta, by the state that a run leads to.
STATUS: Mapping[State, str | None] = {
    "active": "ACTIVE",
    "suspended": "SUSPENDED",
    "deactivated": "DEACTIVATED",
    "absent": None,
}

CANNOT_BE_UNDONE = (
    "A device record that is deleted cannot be restored, and a deactivated one loses its users"
    " for good.",
    "A user who keeps that Mac removes the account in Okta Verify there and adds it again.",
    "A certificate that was bound to the record is revoked with it, and the Mac needs a new one.",
)


@dataclass(frozen=True)
class RecordOutcome:
    """What became of a target.

    ``state`` is what the goal calls it if the record is written to, else skipped, absent or
    unchanged.

    ``certificate_bound``: whether the Mac's certificate is revoked with the record, None if that
    is unknown. ``is_changed``: whether a step was taken on the record in this run. It may be absent
    all the same: another run deleted it then.
    """

    decision: Decision
    state: str
    certificate_bound: bool | None = None
    is_changed: bool = False

    @property
    def is_written(self) -> bool:
        """Whether the record was written to in this run, or would be."""
        return self.state not in ("skipped", "absent", "unchanged")

    @property
    def loses_certificate(self) -> bool:
        """Whether the Mac's certificate is revoked with a record that is deleted or absent."""
        return bool(self.certificate_bound) and self.state != "skipped"

    @property
    def display_name(self) -> str | None:
        """The name in the record, else the name in Kandji."""
        device, mac = self.decision.target.device, self.decision.target.mac
        return (device.display_name if device else None) or (mac.name if mac else None)

    def as_result(self) -> dict[str, object]:
        """Return what the result of a reset holds of the target."""
        return {
            **self.describe_record(),
            "person": _name_person(self.decision.target),
            "certificate_bound": self.certificate_bound,
        }

    def describe_record(self) -> dict[str, object]:
        """Return what each result holds of the target."""
        target = self.decision.target
        device = target.device
        return {
            "target": target.name,
            "device_id": device.id if device else None,
            "serial_number": target.serial or None,
            "display_name": self.display_name,
            "platform": device.platform if device else None,
            "status_before": device.status if device else None,
            "created": device.created if device else None,
            "users": [
                {
                    "login": login_of(user),
                    "name": name_of(user),
                    "management_status": user.management_status,
                }
                for user in target.users
            ],
            "state": self.state,
            "reason": self.decision.reason,
            "reason_code": self.decision.code,
        }


def list_changes(
    outcomes: Iterable[RecordOutcome], goal: Goal, revoked: Iterable[str] = ()
) -> list[Change]:
    """Return what was written, or would be: records, and the sessions of these logins."""
    return [
        *(
            _describe_change(outcome, goal)
            for outcome in outcomes
            if outcome.is_written or outcome.is_changed
        ),
        *(Change("update", f"user {login}: sessions revoked", {}, {}) for login in revoked),
    ]


def _describe_change(outcome: RecordOutcome, goal: Goal) -> Change:
    target = outcome.decision.target
    subject = f"device record {target.id} ({target.name})"
    before, after = {"status": target.status}, {"status": STATUS[goal.state]}
    if outcome.state == "absent":
        text = f"{subject}, which another run or person deleted after a step of this run"
        return Change("update", text, before, {"status": None})
    if goal.state == "absent":
        return Change("delete", f"{subject}, which cannot be undone", before, after)
    return Change("update", subject, before, after)


def count_states(outcomes: Iterable[RecordOutcome]) -> dict[str, int]:
    """Return how many records are reset (or would be), skipped and absent."""
    states = ["reset" if outcome.is_written else outcome.state for outcome in outcomes]
    return {state: states.count(state) for state in ("reset", "skipped", "absent")}


def count_changes(outcomes: Iterable[RecordOutcome]) -> dict[str, int]:
    """Return how many records are changed (or would be), unchanged, skipped and absent."""
    states = ["changed" if outcome.is_written else outcome.state for outcome in outcomes]
    return {name: states.count(name) for name in ("changed", "unchanged", "skipped", "absent")}


def describe_outcome(outcome: RecordOutcome, goal: Goal) -> dict[str, object]:
    """Return what the result of a run holds of the target."""
    if goal.registers_again:
        return outcome.as_result()
    steps = goal.steps(outcome.decision.target) or ()
    if not outcome.is_written:
        steps = steps[:1] if outcome.is_changed else ()  # it was deleted before the second one
    return {
        **outcome.describe_record(),
        "reason": _explain_state(outcome, goal),
        "steps": list(steps),
        "suspended_by": outcome.decision.target.suspended_by,
        "summary": _describe_state(outcome, goal),
    }


def _explain_state(outcome: RecordOutcome, goal: Goal) -> str:
    """Return why a target became what it is. Check mode says what would become of it."""
    is_planned = outcome.state == goal.planned and not goal.registers_again
    target = outcome.decision.target
    if not is_planned:
        return outcome.decision.reason
    return " ".join(filter(None, [target.why, goal.effect(target, planned=True)]))


def build_notification(outcomes: Sequence[RecordOutcome], goal: Goal) -> dict[str, object]:
    """Return what people are notified of after a clean-up.

    ``changed`` and ``kept`` are lines of records: those that are written to, and those that stay
    suspended until people decide or the grace period ends. ``summary`` has the numbers.
    """

    def lines_of(*codes: ReasonCode) -> list[str]:
        chosen = [outcome for outcome in outcomes if outcome.decision.code in codes]
        return [_describe_state(outcome, goal) for outcome in chosen]

    changed = [_describe_state(outcome, goal) for outcome in outcomes if outcome.is_written]
    needed, waiting = lines_of("needed_again"), lines_of("in_grace", "deleted_soon")
    others = lines_of("suspended_by_others", "suspended_in_use", "use_unknown")
    sentences = [
        "What anything else suspended, as a lost Mac, is kept.",
        f"Records that would be due, and are kept: {len(others)}." if others else "",
        f"Suspended before, and deleted at the time that each shows: {len(waiting)}."
        if waiting
        else "",
        f"Suspended records that are needed again: {len(needed)}." if needed else "",
    ]
    return {
        "due": bool(changed or needed or lines_of("deleted_soon")),
        "summary": " ".join(filter(None, sentences)),
        "changed": changed,
        # Also those that a run suspended which was killed before its message.
        "kept": [*needed, *waiting],
    }


def describe_person(person: Person) -> dict[str, object]:
    """Return what a result holds of a person, with a sentence for people."""
    login = login_of(person.user)
    names = [
        f"{device.display_name or device.id} ({device.serial_number or 'no serial'})"
        for device in person.devices
    ]
    left = [*person.authenticators, *([f"Okta Verify on {', '.join(names)}"] if names else [])]
    return {
        "login": login,
        "name": name_of(person.user),
        "authenticators": list(person.authenticators),
        "devices": [
            {
                "device_id": device.id,
                "serial_number": device.serial_number or None,
                "display_name": device.display_name,
                "platform": device.platform,
            }
            for device in person.devices
        ],
        "summary": f"{login} can still sign in with {', '.join(left)}."
        if left
        else f"Okta names nothing else that {login} can sign in with.",
    }


def write_state_report(
    outcomes: Sequence[RecordOutcome],
    goal: Goal,
    people: Iterable[Person] = (),
    revoked: Iterable[str] = (),
    confirm: str = "",
    ended: Mapping[str, datetime] | None = None,
) -> list[str]:
    """Return the lines that an operator reads of a run to a state.

    A line for each target, one for each person, one for those whose sessions are revoked, and one
    for each whose sessions ended before. What people do on shared Macs, what cannot be undone, and
    the phrase that the plan needs, follow.
    """
    is_planned = any(outcome.state == goal.planned for outcome in outcomes)
    logins = ", ".join(revoked)
    return [
        *(_describe_state(outcome, goal) for outcome in outcomes),
        *(str(describe_person(person)["summary"]) for person in people),
        *([f"Sessions {'to be ' if is_planned else ''}revoked: {logins}."] if logins else []),
        *(
            f"Sessions ended before, at {format_timestamp(time)}: {login}."
            for login, time in sorted((ended or {}).items())
        ),
        *list_console_steps(outcomes),
        *(list_losses(outcomes) if goal.destroys else []),
        *([f"This plan needs the phrase: {confirm}"] if confirm else []),
    ]


def _describe_state(outcome: RecordOutcome, goal: Goal) -> str:
    target = outcome.decision.target
    if target.device is None:
        return f"{target.name}: {outcome.state}. {_explain_state(outcome, goal)}"
    names = [target.serial or "no serial", outcome.display_name or "no name", target.id]
    users = ", ".join(map(_describe_user, target.users))
    return (
        f"{', '.join(names)}: {outcome.state.replace('_', ' ')}. {_explain_state(outcome, goal)}"
        f" Users: {users or 'none'}."
    )


def list_unknown_users(outcomes: Iterable[RecordOutcome]) -> list[str]:
    """Return the logins and ids, as the option has them, of which Okta has no user."""
    targets = (outcome.decision.target for outcome in outcomes)
    return [target.name for target in targets if target.unknown_user]


def _describe_user(user: DeviceUser) -> str:
    """Return the name and login of a user, and the status of one who may not sign in."""
    status = user.user.status
    note = f", {status}" if status in user_statuses.BLOCKED else ""
    return f"{name_of(user)} ({login_of(user)}{note})"


def list_console_steps(outcomes: Iterable[RecordOutcome]) -> list[str]:
    """Return what each user who stays linked to a shared Mac does there: the API cannot unlink one.

    Okta's console cannot, either. A deactivated user has lost Okta Verify everywhere.
    """
    return [
        f"{target.serial or target.id}: on this Mac, {login_of(user)} opens Okta Verify, selects"
        " the account, then Remove account."
        for outcome in outcomes
        if outcome.decision.code == "shared" and (target := outcome.decision.target).of_users
        for user in target.returning_users
        if user.user.id in (target.of_users or ())
    ]


def list_losses(outcomes: Iterable[RecordOutcome]) -> list[str]:
    """Return what cannot be undone, in sentences; empty if no step is taken."""
    taken = any(outcome.is_written or outcome.is_changed for outcome in outcomes)
    return list(CANNOT_BE_UNDONE) if taken else []


def write_report(outcomes: Sequence[RecordOutcome], confirm: str) -> list[str]:
    """Return the lines that an operator reads before a reset.

    A line for each record that exists, a line for what becomes of each target, what cannot be
    undone, and the phrase that the plan needs.
    """
    phrase = [f"This plan needs the phrase: {confirm}"] if confirm else []
    return [
        *(
            _describe_record(outcome, device)
            for outcome in outcomes
            if (device := outcome.decision.target.device)
        ),
        *(_describe_decision(outcome) for outcome in outcomes),
        *list_losses(outcomes),
        *phrase,
    ]


def _describe_record(outcome: RecordOutcome, device: OktaDevice) -> str:
    target = outcome.decision.target
    users = ", ".join(
        f"{name_of(user)} ({login_of(user)}) is {user.management_status}" for user in target.users
    )
    certificate = {
        True: "; its certificate is revoked with the record",
        False: "; no certificate is bound to it",
        None: "; no certificate of it is known",
    }[outcome.certificate_bound]
    return (
        f"{target.serial or 'no serial'}, {outcome.display_name or 'no name'}, {target.id}:"
        f" {target.status}, registered at {device.created}; {users or 'no user'}"
        f"{certificate if outcome.state != 'skipped' else ''}"
    )


def _describe_decision(outcome: RecordOutcome) -> str:
    target = outcome.decision.target
    state = outcome.state.replace("_", " ")
    return (
        f"{target.serial or target.name} {target.id or 'no record'} {state}:"
        f" {outcome.decision.reason}"
    )


def write_messages(outcomes: Sequence[RecordOutcome], org_url: str) -> list[Message]:
    """Return a message to the user of each Mac whose record is deleted or absent.

    Users of a Mac whose certificate is revoked with the record wait for its new certificate. Users
    who keep their account on another record of the Mac get none.
    """
    waiting = {outcome.decision.target.serial for outcome in outcomes if outcome.loses_certificate}
    return [
        _ask_to_wait(outcome)
        if outcome.decision.target.serial in waiting
        else _ask_to_register(outcome, org_url)
        for outcome in _select_with_users(outcomes)
    ]


def write_later_messages(outcomes: Sequence[RecordOutcome], org_url: str) -> list[Message]:
    """Return a message to each user who waits, for when the new certificate was seen."""
    waiting = {outcome.decision.target.serial for outcome in outcomes if outcome.loses_certificate}
    return [
        _ask_to_register(outcome, org_url)
        for outcome in _select_with_users(outcomes)
        if outcome.decision.target.serial in waiting
    ]


def _select_with_users(outcomes: Iterable[RecordOutcome]) -> list[RecordOutcome]:
    return [
        outcome
        for outcome in outcomes
        if outcome.state != "skipped"
        and outcome.decision.target.serial
        and not outcome.decision.target.is_unknown
        and (not outcome.decision.records_left or outcome.decision.users_to_register)
    ]


def _ask_to_wait(outcome: RecordOutcome) -> Message:
    step = (
        f"{_name_addressee(outcome)}, please wait: {_name_mac(outcome)} gets a new certificate"
        " first. Do not register it with Okta Verify before you are asked to."
    )
    return _write_message(outcome, False, [step])


def _ask_to_register(outcome: RecordOutcome, org_url: str) -> Message:
    steps = [
        f"{_name_addressee(outcome)}, please register {_name_mac(outcome)} with Okta again:",
        "1. On this Mac, open Okta Verify.",
        "2. Select your account, then Remove account (also if a red alert says that the device does"
        " not exist any more).",
        "3. Select Add account, choose Organization, enter the sign-in URL"
        f" {org_url}, and follow the steps.",
        f"4. Open {org_url} in a web browser and select Sign in with Okta FastPass.",
    ]
    return _write_message(outcome, True, steps)


def _write_message(outcome: RecordOutcome, register_now: bool, steps: list[str]) -> Message:
    target = outcome.decision.target
    return {
        "serial_number": target.serial,
        "to": ", ".join(map(login_of, outcome.decision.users_to_register)) or _name_person(target),
        "register_now": register_now,
        "steps": steps,
    }


def _name_addressee(outcome: RecordOutcome) -> str:
    target = outcome.decision.target
    names = ", ".join(map(name_of, outcome.decision.users_to_register))
    return names or _name_person(target) or f"The user of {outcome.display_name or target.serial}"


def _name_person(target: RecordTarget) -> str:
    """Return whom Kandji assigned the Mac to, "" if nobody."""
    return target.mac.person if target.mac else ""


def _name_mac(outcome: RecordOutcome) -> str:
    serial = outcome.decision.target.serial
    return f"{outcome.display_name or serial} ({serial})"
