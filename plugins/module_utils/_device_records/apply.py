# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a plan: read, plan, check limits, check each record again, write, audit."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from urllib.parse import urlsplit

from .._core.errors import (
    BadOption,
    DeviceTrustError,
    NotAsWritten,
    Refused,
)
from .._core.options import Params
from .._fleet.certificates.check_reader import CertificateReports
from .._fleet.reader import FleetQuery, read_fleet
from .._fleet.stages import classify
from .._kandji.client import Kandji
from .._okta.authorities.certificate_authorities import read_key_expiries
from .._okta.client import STALE_PAUSES, Okta
from .approval import (
    Limits,
    check_approved,
    check_confirmed,
    check_limits,
    count_writes,
    digest_plan,
    keep_changed,
    write_phrase,
)
from .audit import Audit, NotKept, may_be_done
from .clean_up import (
    find_suspender,
    is_deletion_pending,
    mark_changed_keepers,
    mark_changed_mac,
)
from .evidence import EvidenceReader
from .messages import RecordOutcome, describe_outcome
from .model import (
    CLEAN_UP_COMMENT,
    DELETION_COMMENT,
    CleanUp,
    Decision,
    Goal,
    GuardOptions,
    Guards,
    Lifecycle,
    LifecycleStep,
    Mac,
    Person,
    RecordTarget,
)
from .plan import (
    decide_again,
    loses_certificate,
    mark_gone,
    mark_taken,
    mark_unclear,
    plan_from_search,
    plan_records,
    reissue_after,
)
from .reader import (
    Selection,
    find_targets,
    find_unused,
    read_device,
    read_lifecycles,
    read_macs,
    read_others,
    read_people,
    read_record,
    read_revocations,
    read_users,
    read_with_users,
    search_users,
)
from .session_revocation import SessionRevocation


@dataclass(frozen=True)
class RunOptions:
    """What the caller asks for. ``approved_digest`` is that of the approved plan, "" if none.

    ``created_before`` is the start of the run if it is None, ``state_dir`` the directory of the
    audit. ``revoke_sessions``: the users of a record lose their sessions, after the last
    suspension, else before the first step on the record, which loses its users.
    ``report_people``: what its users can still sign in with is read.
    """

    selection: Selection
    guards: GuardOptions
    limits: Limits
    created_before: datetime | None
    approved_digest: str
    report_bound_certificates: bool
    state_dir: str | None
    check_mode: bool
    certificate_check_item_id: str | None = None
    revoke_sessions: bool = False
    report_people: bool = False


@dataclass(frozen=True)
class RunResult:
    """What a run did, or would do in check mode.

    ``confirm`` is the phrase that the plan needs, "" if none. ``reissue_after`` is a time after
    all revoked certificates were seen, None if none is revoked. ``revoked`` are the logins of users
    whose sessions are revoked, ``ended`` when those of others ended before, by login.
    """

    outcomes: Sequence[RecordOutcome] = ()
    plan_digest: str = ""
    confirm: str = ""
    audit_file: str = ""
    reissue_after: datetime | None = None
    people: Sequence[Person] = ()
    revoked: Sequence[str] = ()
    ended: Mapping[str, datetime] = field(default_factory=dict)


# Answers to a step by which the record has the status, maybe since before.
NOT_CERTAIN = ("may_be_done", "already_done")
# What a record is after each step, for the audit.
_AFTER: t.Final[Mapping[LifecycleStep, str]] = {
    "activate": "activated",
    "unsuspend": "unsuspended",
    "suspend": "suspended",
    "deactivate": "deactivated",
    "delete": "deleted",
}


def read_limits(params: Params) -> Limits:
    """Return the limits that a module's options set."""
    return Limits(
        max_devices=params["max_devices"],
        max_percent=params["max_percent"],
        confirm_above=params["confirm_above"],
        confirm=params["confirm"] or "",
    )


def read_platforms(params: Params) -> list[str]:
    """Return the platforms whose records may be written to. Raises BadOption without any."""
    platforms: list[str] = params["platforms"]
    if not platforms:
        raise BadOption("platforms: it is empty. Name at least one platform, or leave it out.")
    return platforms


def select_stages(okta: Okta, kandji: Kandji | None, selection: Selection) -> Selection:
    """Return the selection with the serials of the rings' Macs that are at its stages."""
    if not selection.stages:
        return selection
    if kandji is None:
        raise BadOption("stages: no Kandji tenant is set. Set kandji_api_url.")
    fleet = read_fleet(okta, kandji, FleetQuery(selection.rings, selection.okta_verify_item_ids))
    serials = [
        mac.serial
        for mac in fleet.macs
        if mac.ring and mac.serial and classify(mac, fleet.limits).stage in selection.stages
    ]
    return replace(selection, serials=[*selection.serials, *serials])


class RecordRun:
    """One run. Its clients, audit and progress are parameters, so it runs without HTTP.

    Without a Kandji client, nothing is known of the Macs, and ``max_percent`` does not apply.
    """

    def __init__(
        self,
        okta: Okta,
        kandji: Kandji | None,
        options: RunOptions,
        audit: Audit,
        progress: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._okta, self._kandji, self._options = okta, kandji, options
        self._audit, self._progress, self._warn = audit, progress, warn
        self._host = urlsplit(okta.org_url).netloc
        self._goal: Goal = options.guards.goal
        self._sessions = SessionRevocation(
            okta, audit, warn, options.revoke_sessions, options.check_mode
        )
        self._changed: set[str] = set()  # ids of records of which a step was taken
        self._fleet: int | None = None  # the number of Macs, if the targets come from them

    def run(self) -> RunResult:
        """Return what was done. Raise Refused, before any write, if a limit forbids the plan."""
        options = self._options
        targets = self._find_targets()
        if not targets:
            return RunResult(plan_digest=self._approve([]))
        targets, fleet = self._read(targets)
        guards = self._guards()
        reader = EvidenceReader(self._okta, guards)
        decisions, digest = self._plan(targets, fleet, guards, reader)
        revocations = (
            read_revocations(self._okta, decisions, guards.now)
            if options.report_bound_certificates
            else {}
        )
        count = count_writes(decisions)
        # Where registrations are lost, the users leave.
        leaving = options.selection.users if self._goal.destroys else ()
        persons = self._sessions.find_persons(leaving, guards.now)
        revokes = bool(persons) or self._sessions.may_follow(decisions)
        self._open_audit(bool(count) or revokes)
        for person in persons:
            self._sessions.revoke(person)
        outcomes = self._apply(decisions, guards, reader, revocations)
        if not self._goal.destroys:
            self._revoke_after(outcomes, guards.now)
        return RunResult(
            outcomes,
            digest,
            write_phrase(count, self._host, self._goal)
            if count > options.limits.confirm_above
            else "",
            self._audit.path,
            _reissue_after(outcomes, revocations, guards.now),
            self._read_people(outcomes),
            self._sessions.logins,
            self._sessions.ended,
        )

    def _find_targets(self) -> list[RecordTarget]:
        options = self._options
        if options.guards.clean_up and self._kandji:
            targets, self._fleet = find_unused(
                self._okta,
                self._kandji,
                options.guards.clean_up,
                self._goal.destroys,
                self._guards().now,
            )
            return targets
        selection = select_stages(self._okta, self._kandji, options.selection)
        if not self._searches_users:
            return find_targets(self._okta, selection, self._warn)
        return search_users(self._okta, find_targets(self._okta, selection, self._warn, "user"))

    @property
    def _searches_users(self) -> bool:
        """Whether users that a search shows are enough for the plan.

        Each record that it writes to is read again with its users. Check mode plans from users that
        were read: what it predicts is what a run does whose search is stale.
        """
        options = self._options
        return self._goal.destroys and not (options.guards.clean_up or options.check_mode)

    def _read_people(self, outcomes: Sequence[RecordOutcome]) -> list[Person]:
        if not self._options.report_people:
            return []
        return read_people(
            self._okta,
            [outcome.decision.target for outcome in outcomes if outcome.state != "skipped"],
        )

    def _read(self, targets: Sequence[RecordTarget]) -> tuple[list[RecordTarget], int | None]:
        """Return the targets with Macs and users, and how many Macs Kandji has, None if unknown."""
        macs, fleet = self._read_macs(targets)
        planned, complete = plan_from_search(targets, self._options.guards), []
        for number, target in enumerate(targets, 1):
            target = replace(target, mac=macs.get(target.serial.lower()))
            done = self._is_done(target)
            if target.device and done:
                target = read_record(self._okta, target)  # no step reads it again
            if done or target.id not in planned:
                target = read_users(self._okta, target)
            complete.append(target)
            self._progress(f"{number} of {len(targets)} records read")
        if not self._goal.registers_again:
            self._warn_of_absent(complete)
            return self._mark_suspenders(self._mark_pending_deletions(complete)), fleet
        unknown = [target.name for target in complete if target.is_unknown and target.serial]
        if unknown:
            self._warn(
                f"serials: neither Okta nor Kandji knows {', '.join(unknown)}. Check the spelling."
            )
        each = self._options.guards.duplicates == "each"
        return read_others(self._okta, complete, each), fleet

    def _mark_pending_deletions(self, targets: Sequence[RecordTarget]) -> list[RecordTarget]:
        """Return the targets with those marked that another run may delete.

        Without the System Log they are not known. That keeps no other Mac from being suspended.
        """
        blocked = [each for each in targets if each.status in ("SUSPENDED", "DEACTIVATED")]
        if self._goal.state != "suspended" or self._options.guards.clean_up or not blocked:
            return list(targets)
        now = self._guards().now
        lifecycles = self._read_lifecycles(
            blocked, "whether a clean-up or another deletion may delete it is unknown"
        )
        if lifecycles is None:
            return list(targets)
        return [
            replace(
                each,
                deletion_pending=is_deletion_pending(
                    each, lifecycles.get(each.id, Lifecycle()), now
                ),
            )
            for each in targets
        ]

    def _mark_suspenders(self, targets: Sequence[RecordTarget]) -> list[RecordTarget]:
        """Return the targets that are unsuspended with who suspended them.

        Another person may have blocked one record of a Mac that was lost and found. An id names
        one record, so who suspended that does not matter.
        """
        blocked = [each for each in targets if each.status == "SUSPENDED" and not each.by_id]
        if self._goal.state != "active" or not blocked:
            return list(targets)
        now = self._guards().now
        lifecycles = self._read_lifecycles(blocked, "who suspended it is unknown")
        known = lifecycles or {}
        ids = {each.id for each in blocked}
        marked = [
            replace(each, suspended_by=find_suspender(each, known.get(each.id, Lifecycle()), now))
            if each.id in ids
            else each
            for each in targets
        ]
        unknown = [each.id for each in marked if each.suspended_by == "unknown"]
        if unknown and lifecycles is not None:
            self._warn(
                f"{', '.join(unknown)}: the System Log does not show who suspended it, so it may"
                " be somebody else's block."
            )
        return marked

    def _read_lifecycles(
        self, blocked: Sequence[RecordTarget], unknown: str
    ) -> Mapping[str, Lifecycle] | None:
        """Return what the System Log shows of records. Warn of what is unknown without it."""
        try:
            return read_lifecycles(self._okta, blocked, self._guards().now)
        except DeviceTrustError as error:
            self._warn(f"{', '.join(each.id for each in blocked)}: {unknown}. {error.message}")
            return None

    def _is_done(self, target: RecordTarget) -> bool:
        """Return whether a record is in the state as far as is known."""
        return not self._goal.registers_again and self._goal.steps(target) == ()

    def _read_macs(self, targets: Sequence[RecordTarget]) -> tuple[Mapping[str, Mac], int | None]:
        """Return the Macs by serial in lower case if they decide, and how many Kandji has."""
        options, kandji = self._options, self._kandji
        if kandji is None or self._fleet is not None:
            return {}, self._fleet
        if not self._goal.registers_again:
            return {}, sum(device.is_mac for device in kandji.devices(platform="Mac"))
        serials = sorted({target.serial for target in targets if target.serial})
        reports = CertificateReports(
            kandji, lambda: read_key_expiries(self._okta), options.certificate_check_item_id
        )
        return read_macs(
            kandji, serials, options.guards.platforms, options.selection.rings, reports
        )

    def _warn_of_absent(self, targets: Sequence[RecordTarget]) -> None:
        absent = [target.name for target in targets if target.device is None and not target.by_user]
        if absent and self._goal.state != "absent":
            self._warn(
                f"Okta has no device record of {', '.join(absent)}. Check the spelling of serials"
                " and ids."
            )

    def _guards(self) -> Guards:
        options, clock = self._options, self._okta.transport
        return Guards(
            now=datetime.fromtimestamp(clock.now(), timezone.utc),
            created_before=(
                options.created_before or datetime.fromtimestamp(clock.started(), timezone.utc)
            ),
            options=options.guards,
        )

    def _plan(
        self,
        targets: Sequence[RecordTarget],
        fleet: int | None,
        guards: Guards,
        reader: EvidenceReader,
    ) -> tuple[list[Decision], str]:
        """Return the plan and its digest. Raise Refused if limits, approval or phrase forbid it.

        A search may show stale users. They neither keep a record nor forbid a plan: these are
        decided again after the users were read.
        """
        while True:
            decisions = plan_records(targets, guards, reader.read(targets))
            searched = [each for each in decisions if each.target.has_searched_users]
            unknown = [each for each in searched if not each.writes]
            if not unknown:
                try:
                    return decisions, self._approve_within_limits(decisions, fleet)
                except Refused:
                    if not searched:
                        raise
            ids = {each.target.id for each in unknown or searched}
            targets = [read_users(self._okta, each) if each.id in ids else each for each in targets]

    def _approve_within_limits(self, decisions: Sequence[Decision], fleet: int | None) -> str:
        """Return the plan's digest. Raise Refused if limits, approval or phrase forbid the plan.

        ``fleet`` is the number of Macs in Kandji, None if it is unknown.
        """
        options = self._options
        check_limits(decisions, options.limits, fleet, self._goal)
        digest = self._approve(decisions)
        if not options.check_mode and not options.approved_digest:
            check_confirmed(decisions, options.limits, self._host, self._goal)
        return digest

    def _approve(self, decisions: Sequence[Decision]) -> str:
        digest = digest_plan(decisions, self._host, self._goal)
        check_approved(decisions, digest, self._options.approved_digest, self._goal)
        return digest

    def _open_audit(self, writes: bool) -> None:
        """Open the audit before the first write: a directory that is not writable stops the run."""
        directory = self._options.state_dir
        if writes and directory and self._options.check_mode:
            self._audit.check(directory)
        elif writes and directory:
            self._audit.open(directory)
        if writes and not directory:
            self._warn("state_dir: it is not set, so no audit of this run is kept.")

    def _apply(
        self,
        decisions: Sequence[Decision],
        guards: Guards,
        reader: EvidenceReader,
        revocations: Mapping[str, datetime],
    ) -> list[RecordOutcome]:
        """Return the outcome for each decision. An error carries the outcomes until then."""
        current, outcomes = list(decisions), list[RecordOutcome]()
        done, total = 0, count_writes(decisions)
        self._progress(f"0 of {total} records {self._goal.done}")
        for number, decision in enumerate(decisions):
            # The log was read for these alone.
            is_read = decision.writes or decision.target.device is None
            try:
                if decision.writes:
                    decision = self._decide_again(decision, current, guards, reader)
                    current[number] = decision
                state = self._write(decision)
            except DeviceTrustError as error:
                error.details["devices"] = self._rows(outcomes)
                raise
            if state == "absent" and decision.writes:
                decision = current[number] = mark_gone(decision, self._first_step(decision.target))
            elif state == "unchanged" and decision.writes:
                decision = current[number] = self._mark_taken(decision)
            loses = (
                loses_certificate(decision.target, revocations, guards.now, decision.records_left)
                if self._options.report_bound_certificates and is_read
                else None
            )
            changed = decision.target.id in self._changed
            outcomes.append(RecordOutcome(decision, state, loses, changed))
            if outcomes[-1].is_written:
                done += 1
                words = state.replace("_", " ")
                target = decision.target
                self._progress(f"{done} of {total}: {target.serial} ({target.id}) {words}")
        return outcomes

    def _mark_taken(self, decision: Decision) -> Decision:
        """Return the decision about a record of which another run took each step first."""
        fresh = read_record(self._okta, decision.target)
        (marked,) = self._mark_pending_deletions([fresh])
        taken = mark_taken(decision)
        if marked.deletion_pending is False:
            return taken
        return mark_unclear(taken, self._guards().now)

    def _decide_again(
        self,
        decision: Decision,
        decisions: Sequence[Decision],
        guards: Guards,
        reader: EvidenceReader,
    ) -> Decision:
        """Return the decision for the record as it is now, right before it is written to.

        Where registrations are lost, its users are read again: Okta does not document whether a
        sign-in changes the record. So are the record that is kept in place of a spare one, and its
        users. A clean-up reads the uses, the suspension and its Mac again, too: these before,
        because the System Log may take long.
        """
        target, clean_up = decision.target, self._options.guards.clean_up
        if clean_up:
            target = self._mark_changed_mac(target, clean_up)
            reader.read_uses_again(target, self._guards().now)
        (target,) = self._mark_pending_deletions([self._read_again(target)])
        keeper = decision.keeper and self._read_again(decision.keeper)
        if target.device:
            kept = [read_with_users(self._okta, each) for each in target.kept_ids]
            target = mark_changed_keepers(target, kept)
        evidence = reader.read_enrollments(target)
        again = decide_again(target, keeper, decisions, guards, evidence)
        return keep_changed(again, decision.target) if self._options.approved_digest else again

    def _mark_changed_mac(self, target: RecordTarget, clean_up: CleanUp) -> RecordTarget:
        if self._kandji is None or target.kept_ids:
            return target
        macs = self._kandji.devices_with_serials([target.serial], platform="Mac")
        now = self._guards().now
        return mark_changed_mac(target, (mac for mac in macs if mac.is_mac), clean_up, now)

    def _read_again(self, target: RecordTarget) -> RecordTarget:
        """Return the target with its record and, if they decide, its users as they are now."""
        fresh = read_device(self._okta, target)
        target = target if self._is_stale(fresh, target) else fresh
        decide = self._goal.destroys or self._options.guards.clean_up is not None
        return read_users(self._okta, target) if decide else target

    def _is_stale(self, fresh: RecordTarget, target: RecordTarget) -> bool:
        """Return whether a record shows a suspension that is not newer than the target.

        Recorded: a second after an unsuspension getDevice still had the old status. A lost Mac
        would stay active.
        """
        if self._goal.state != "suspended" or fresh.status != "SUSPENDED":
            return False
        last, known = fresh.updated_at, target.updated_at
        return bool(last and known and last <= known)

    def _write(self, decision: Decision) -> str:
        """Return the state of a record after its decision is carried out."""
        target = decision.target
        if decision.action == "none":
            return "absent" if target.device is None else "unchanged"
        if not decision.writes:
            return "skipped"
        if self._options.check_mode:
            if self._goal.destroys:
                self._sessions.revoke(target)
            return self._goal.planned
        self._audit.write(target, "started")
        if self._goal.destroys:
            self._sessions.revoke(target)
        # One that another run deleted counts there.
        if self._take_steps(target) == "absent":
            return "absent"
        return self._goal.done if target.id in self._changed else "unchanged"

    def _take_steps(self, target: RecordTarget) -> str:
        """Take the steps that a record needs, and return the answer to the last one.

        The users are not read again between two steps: a deactivated record has none and gets none.
        An administrator would have to activate it, and Okta deletes no active record.
        """
        answer, taken, steps = "done", "", self._goal.steps(target) or ()
        for step in steps:
            try:
                answer = self._step(target, step)
                if taken and step == "suspend" and answer in NOT_CERTAIN:
                    answer = self._suspend_again(target)
                if answer in ("done", "may_be_done"):
                    self._changed.add(target.id)
            except DeviceTrustError as error:
                not_kept = isinstance(error, NotKept)
                taken = _AFTER[step] if not_kept else taken
                # A deactivated record has lost its users, who may have selected it.
                if taken:
                    error.message += f" The record {target.id} is {taken} already."
                elif step == "deactivate" and may_be_done(error):
                    error.message += f" The record {target.id} may be deactivated."
                else:
                    raise
                if not (not_kept and step == steps[-1]):
                    error.message += " Name it in device_ids to finish it."
                raise
            taken = _AFTER[step]
        return answer

    def _first_step(self, target: RecordTarget) -> str:
        """Return what the first step of this run made of a record, "" if it took none."""
        steps = self._goal.steps(target) if target.id in self._changed else ()
        return _AFTER[steps[0]] if steps else ""

    def _suspend_again(self, target: RecordTarget) -> str:
        """Suspend a record that was just unsuspended, and return done.

        Okta may show the old status for some seconds, and refuse the step because of it. The record
        would stay active.
        """
        for pause in STALE_PAUSES:
            self._okta.transport.settings.wait(pause, "Okta: waiting until the last step shows")
            answer = self._step(target, "suspend")
            if answer not in NOT_CERTAIN:
                return answer
        raise NotAsWritten(
            f"Okta shows {target.id} as suspended since before it was unsuspended, so it may be"
            " active. Run again at once.",
            vendor="okta",
        )

    def _revoke_after(self, outcomes: Sequence[RecordOutcome], now: datetime) -> None:
        """Revoke sessions after the last step. An error carries the outcomes."""
        try:
            self._sessions.revoke_after(outcomes, now)
        except DeviceTrustError as error:
            error.details["devices"] = self._rows(outcomes)
            raise

    def _step(self, target: RecordTarget, step: LifecycleStep) -> str:
        """Take a step and keep it in the audit. Return what ``take_step`` of Okta returns."""
        take = partial(self._okta.take_step, step, target.id, *self._comment)
        return self._audit.carry_out(target, _AFTER[step], take, self._okta)

    @property
    def _comment(self) -> list[str]:
        """What tells the steps of this run from others in the System Log, if that matters."""
        if self._options.guards.clean_up:
            return [CLEAN_UP_COMMENT]
        return [DELETION_COMMENT] if self._goal.state == "absent" else []

    def _rows(self, outcomes: Sequence[RecordOutcome]) -> list[dict[str, object]]:
        return [describe_outcome(outcome, self._goal) for outcome in outcomes]


def _reissue_after(
    outcomes: Sequence[RecordOutcome], revocations: Mapping[str, datetime], now: datetime
) -> datetime | None:
    revoked = [outcome.decision.target for outcome in outcomes if outcome.loses_certificate]
    return reissue_after(revoked, revocations, now) if revoked else None
