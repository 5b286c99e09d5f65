# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the steps of a redelivery: write the tags of its Macs, and request their check-ins."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager

from ..._core.changes import Change
from ..._core.errors import (
    BadOption,
    DeviceTrustError,
    NeedsConsole,
    NotAsWritten,
    Uncertain,
)
from ..._core.results import Result, build_result
from ..._http.retry import error_may_pass
from ..assignments import Limit, check_limits, count_of
from ..check_in_requests import CheckIns
from ..records import CustomProfile, KandjiDevice
from . import redelivery, redelivery_reader
from .enrollment_test import Connections, try_payloads
from .mobileconfig import parse, titled_scep_payloads
from .redelivery_reader import tags_of

WRITES_OF_TAGS = 3  # for one Mac and step, if another program keeps writing


# Of a result, which a failure has, too.
LISTS = ("macs", "changes", "unfinished", "left_over", "asked_to_check_in", "written_to")


class Run(Connections, redelivery_reader.Run, t.Protocol):
    """What the writes need of a module's run."""


class Redelivery:
    """The writes of one run, none if it ``plans_only``.

    ``asked`` is serial -> whether the Mac had the tag when its check-in was requested, and
    ``accepted`` are the serials of the requests that Kandji accepted. ``written_to`` are those of
    these Macs, and of the Macs to which a write of tags was sent. ``begun`` are the Macs that
    lose the profile in this run, by serial. ``failures`` are the errors that say nothing of other
    Macs, by serial: such a Mac is unknown, and the work on the others goes on. It stays so unless
    the error may pass, and the run waits.
    """

    def __init__(self, run: Run, selection: redelivery.Selection, profile: CustomProfile) -> None:
        self.run, self.macs, self.profile = run, selection.macs, profile
        self.unfinished = selection.unfinished
        self.plans_only: bool = run.check_mode or run.params["plan_only"]
        self.tag: str = run.params["tag"]
        self.changes: list[Change] = []
        self.asked: dict[str, bool] = {}
        self.accepted: list[str] = []
        self.written_to: list[str] = []
        self._check_ins = CheckIns(run.kandji, run.warn)
        self.left_over: list[str] = []
        self.begun: dict[str, redelivery.Mac] = {}
        self.written: dict[str, list[str]] = {"tag": [], "untag": []}
        self.failures: dict[str, DeviceTrustError] = {}
        self._warnings: set[str] = set()
        self.tested = False

    def read_tags(self) -> None:
        """Read again which Macs have the tag: another program may have written it meanwhile.

        The Macs whose last error may pass are tried again.
        """
        self.failures = {
            serial: error for serial, error in self.failures.items() if not error_may_pass(error)
        }
        listed = self.run.kandji.devices(platform="Mac", tag_name=self.tag)
        tagged = {device.device_id: list(device.tags or ()) for device in listed}
        for serial, mac in self.macs.items():
            if self.tag in tagged.get(mac.device.device_id, ()):
                mac.tags = tagged[mac.device.device_id]
            elif (self.tag in mac.tags) is not (mac.device.device_id in tagged):
                with self._keep_failure(serial):
                    mac.tags = tags_of(self.run.kandji.device(mac.device.device_id), serial)

    @contextmanager
    def _keep_failure(self, serial: str) -> t.Iterator[None]:
        """Keep an error of one Mac, with a warning. Raises one that the others would meet too."""
        try:
            yield
        except DeviceTrustError as error:
            if not redelivery.is_of_one_mac(error):
                raise
            self.failures[serial] = error
            warning = f"The Mac {serial}: {error.message} The work on other Macs goes on."
            if warning not in self._warnings:
                self._warnings.add(warning)
                self.run.warn(warning)

    def current(self, steps: t.Mapping[str, redelivery.NextStep]) -> dict[str, redelivery.NextStep]:
        """Return the steps, with the Macs unknown whose last one failed."""
        return {
            serial: self._make_unknown(self.failures[serial]) if serial in self.failures else step
            for serial, step in steps.items()
        }

    @staticmethod
    def _make_unknown(error: DeviceTrustError) -> redelivery.NextStep:
        return redelivery.make_unknown(error.message, may_be_known=error_may_pass(error))

    def clean_up(self, macs: t.Sequence[redelivery.Mac]) -> None:
        """Remove the tag from Macs on which a previous run left it."""
        for mac in macs:
            with self._keep_failure(mac.device.serial):
                self._take(mac, redelivery.LEFT_OVER)
                self.left_over.append(mac.device.serial)
                if not self.plans_only:
                    self._request_check_in(mac.device.serial, mac)

    def go_on(self, steps: t.Mapping[str, redelivery.NextStep]) -> None:
        """Take the steps of Macs that began before. No limit or map may stop these."""
        self._take_steps({serial: steps[serial] for serial in steps if not steps[serial].begins})

    def begin(self, steps: t.Mapping[str, redelivery.NextStep]) -> None:
        """Take the steps by which Macs lose the profile, if all of them may.

        Raises NeedsConsole, Refused and what a test enrollment raises, with what was done before.
        """
        beginning = {serial: step for serial, step in steps.items() if step.begins}
        delivering = any(step.state == "delivering" for step in steps.values())
        is_first = not self.begun
        if not beginning and (self.tested or not delivering):
            return
        self.begun.update({serial: self.macs[serial] for serial in beginning})
        unknown = sum(steps[serial].may_begin for serial in steps if serial not in self.begun)
        try:
            redelivery.require_payload(self.profile)
            if beginning:
                _check_limit(self, unknown)
                _check_prerequisites(self.run, self.begun, self.profile, self.describe_written())
            if self.run.params["test_enrollment"] and (is_first or not self.tested):
                _try_enrollment(self.run, self.profile, bool(beginning))
            self.tested = True
        except DeviceTrustError as refusal:
            self.add_what_was_done(refusal, steps)
            raise
        self._take_steps(beginning)

    def add_what_was_done(
        self, error: DeviceTrustError, steps: t.Mapping[str, redelivery.NextStep]
    ) -> None:
        """Add to an error what was done before it, and where each Mac is."""
        done = self._build_result(steps)
        error.details.update(
            {name: done[name] for name in LISTS if done[name] and name not in error.details}
        )

    def _take_steps(self, steps: t.Mapping[str, redelivery.NextStep]) -> None:
        """Take one step of each Mac, and request a check-in after each change of its tag."""
        for serial, step in steps.items():
            if step.action != "nothing":
                with self._keep_failure(serial):
                    self._take_step(serial, step)

    def _take_step(self, serial: str, step: redelivery.NextStep) -> None:
        mac = self.macs[serial]
        self._take(mac, step)
        if step.needs_check_in and not self.plans_only:
            tagged = self.tag in mac.tags
            if self.asked.get(serial) is not tagged:
                self._request_check_in(serial, mac)
                self.asked[serial] = tagged

    def _request_check_in(self, serial: str, mac: redelivery.Mac) -> None:
        if self._check_ins.request(mac.device.device_id):
            self.accepted.append(serial)
            self.written_to.append(mac.device.serial)

    def describe_written(self) -> str:
        """Return a sentence on what this run wrote until now."""
        written = {} if self.plans_only else self.written
        return redelivery.describe_written(written.get("tag", ()), written.get("untag", ()))

    def result(self, steps: t.Mapping[str, redelivery.NextStep]) -> Result:
        """Return where each Mac is after these steps. Raises the error if each of them failed."""
        if steps and all(serial in self.failures for serial in steps):
            error = next(iter(self.failures.values()))
            self.add_what_was_done(error, steps)
            raise error
        return self._build_result(steps)

    def _build_result(self, steps: t.Mapping[str, redelivery.NextStep]) -> Result:
        steps = self.current(steps)
        predicted = self.plans_only and bool(self.changes)
        result = build_result(
            self.changes,
            finished=all(step.state == "done" for step in steps.values()) and not predicted,
            macs=[
                {"serial_number": serial, "state": step.state, "reason": step.reason}
                for serial, step in steps.items()
            ],
            unfinished=[*self.unfinished],
            left_over=self.left_over,
            asked_to_check_in=[*dict.fromkeys(self.accepted)],
            written_to=[*dict.fromkeys(self.written_to)],
        )
        if self.run.params["plan_only"]:
            result["changed"] = False
        return result

    def _take(self, mac: redelivery.Mac, step: redelivery.NextStep) -> None:
        """Write the tags if the step needs it, and keep them in ``mac``.

        Warns of other tags that are not shown after a write. Raises NotAsWritten, also if the Mac
        has none of them any more: what was written is in the changes then.
        """
        if step.action not in ("tag", "untag"):
            return
        wanted = step.action == "tag"
        known: set[str] = set()
        if self.plans_only:
            before, after = mac.tags, redelivery.with_tag(mac.tags, self.tag, wanted)
        else:
            before, after, known = self._write(mac, wanted)
            mac.tags = after
        self._note_change(mac.device.serial, wanted, before, after)
        self._check_others(mac.device.serial, known, after)

    def _note_change(
        self, serial: str, wanted: bool, before: t.Sequence[str], after: t.Sequence[str]
    ) -> None:
        if before != after:
            name = f"tags of the Mac {serial}"
            self.changes.append(Change("update", name, {"tags": [*before]}, {"tags": [*after]}))
            self.written["tag" if wanted else "untag"].append(serial)

    def _check_others(self, serial: str, known: t.Iterable[str], current: t.Sequence[str]) -> None:
        """Warn of other tags that are not shown any more. Raises NotAsWritten if none is."""
        redelivery.check_nothing_lost(serial, known, current, self.tag)
        lost = redelivery.describe_lost(serial, known, current, self.tag)
        if lost:
            self.run.warn(lost)

    def _write(self, mac: redelivery.Mac, wanted: bool) -> tuple[list[str], list[str], set[str]]:
        """Set or remove the tag. Return the device's tags before and after, and all known ones.

        The known ones are those that it had until the last write, none if nothing was written. The
        tags are read after each write. A tag that was not kept is written again, with a warning,
        unless no other one is shown any more. Raises NotAsWritten.
        """
        known: set[str] = set()
        device, lost_answer = mac.device, False
        first = before = current = self._read(device, wanted)
        for attempt in range(WRITES_OF_TAGS):
            if (self.tag in current) is wanted:
                return first, current, known
            known |= {*mac.tags, *current}
            redelivery.check_nothing_lost(device.serial, known, current, self.tag)
            if attempt:
                self.run.warn(
                    f"{redelivery.explain_loss(device.serial, before, current)}"
                    f" Its tag {self.tag!r} is written again."
                )
            before, after = current, redelivery.with_tag(current, self.tag, wanted)
            try:
                self.run.kandji.set_tags(device.device_id, before, after)
                self.written_to.append(device.serial)
            except Uncertain:
                self.written_to.append(device.serial)
                lost_answer = True
                self.run.warn(
                    f"The answer to a write of the tags of the Mac {device.serial} was lost. They"
                    " are read again."
                )
            try:
                current = self._read(device, wanted)
            except DeviceTrustError:
                self._note_change(device.serial, wanted, first, after)
                raise
        if (self.tag in current) is wanted:
            return first, current, known
        self._check_others(device.serial, known, current)
        raise NotAsWritten(
            redelivery.describe_not_kept(device.serial, before, current, lost_answer),
            vendor="kandji",
        )

    def _read(self, device: KandjiDevice, tagging: bool) -> list[str]:
        """Return the device's present tags. Raises NotAsWritten and Unreadable.

        :arg tagging: whether the tag is to be set, which the node of another blueprint may ignore.
        """
        current = self.run.kandji.device(device.device_id)
        if current.serial_key != device.serial_key:
            raise NotAsWritten(
                f"Kandji's device {device.device_id} is no longer the Mac {device.serial}; nothing"
                " was written to it. Run again.",
                vendor="kandji",
            )
        if tagging and current.blueprint_id != device.blueprint_id:
            raise NotAsWritten(
                f"The Mac {device.serial}: Kandji shows another blueprint of it, or none, than when"
                " this run read it. Nothing was written to it. Run again.",
                vendor="kandji",
            )
        return tags_of(current, device.serial)


def _check_limit(work: Redelivery, unknown: int) -> None:
    """Raise Refused if more Macs begin in this run than may.

    :arg unknown: how many others may have to begin. Kandji does not show enough of them.
    """
    action = f"The redelivery of the profile {work.profile.name!r} would give new certificates to"
    count = len(work.begun) + unknown
    reached = count_of("Mac", count)
    if unknown:
        reached += f", {unknown} of which Kandji does not show enough of"
    limit = Limit("max_started", work.run.params["max_started"], count, action, reached)
    check_limits([limit], written=work.describe_written())


def _check_prerequisites(
    run: Run, begun: t.Mapping[str, redelivery.Mac], profile: CustomProfile, written: str
) -> None:
    """Check the map and the tag for all Macs that begin in this run.

    The conditions of a map's node cannot be read. Raises NeedsConsole.

    :arg written: a sentence on what was written before.
    """
    tag = run.params["tag"]
    remedy = f"{written} Follow the console steps, or use another generation for the whole ring."
    console_steps = redelivery.console_steps(tag, profile.name)
    classic = redelivery.classic_blueprints(run.kandji.blueprints(), begun.values())
    if classic:
        raise NeedsConsole(
            f"The blueprint {', '.join(map(repr, classic))} is a classic one, without a node that"
            f" could exclude a tag. {remedy}",
            console_steps=console_steps,
        )
    if not run.kandji.has_tag(tag):
        raise NeedsConsole(
            f"Kandji does not have the tag {tag!r}, so no node of a map can exclude it. {remedy}",
            console_steps=console_steps,
        )


def _try_enrollment(run: Run, profile: CustomProfile, enrolls: bool) -> None:
    """Raise what a test enrollment raises if a Mac could not enroll with the profile as it is.

    :arg enrolls: whether a Mac is about to lose the profile, so that URL and challenge are tested.
    """
    plist, subject = parse(profile.mobileconfig) or {}, f"The profile {profile.name!r}"
    if not titled_scep_payloads(plist):
        raise BadOption(
            f"{subject}: it has no SCEP payload that can be read, so that a Mac could not be sure"
            " to get a certificate. Name another profile, or set test_enrollment: false.",
            option="test_enrollment",
        )
    try_payloads(subject, plist, run, enrolls)
