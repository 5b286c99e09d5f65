#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_profile_redelivery
short_description: Renew the certificates of single Macs by redelivering a SCEP profile
version_added: 0.1.0
description:
  - Removes the profile from single Macs by an exclusion tag, and gives it back by removing the
    tag, for new certificates. Nothing else is removed from a Mac.
  - The blueprint has to be an assignment map, in which the profile is in a node that excludes the
    tag. Only Kandji's web app creates such a node; the module fails with C(console_steps) if there
    cannot be one. The other way is a new generation for the whole ring
    (M(devicetrust.okta_kandji.kandji_scep_profile)).
  - A Mac on whose blueprint the profile is not would lose it for ever, or never gets it. No tag is
    set on it, and its C(state) is V(unassigned).
  - Each run takes the next step of each Mac, by what Kandji reports. The next run finishes an
    interrupted one.
  - Macs that began before come first. If the limit, the map or the tag does not allow others to
    begin, the module fails after these steps, and returns C(changes), C(left_over) and
    C(asked_to_check_in) of them.
  - A tag that a previous run left on another Mac of the same blueprints is removed too, even if
    O(serials) does not name the Mac. Otherwise the Mac would stay without its profile. Do not run
    the module for Macs of the same blueprints and tag at the same time.
  - Kandji replaces a device's tags as a whole and has no precondition. The module reads them right
    before a write and again after it. It writes a tag that is not as written once more, with a
    warning. What another program writes in the same second may be lost.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._polling
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
requirements:
  - cryptography and asn1crypto, where O(test_enrollment) tests the profile
options:
  library_item_id:
    description: Id of the Custom Profile in Kandji. It must have a SCEP payload.
    type: str
    required: true
  serials:
    description:
      - Serial numbers of the Macs, compared as a whole.
      - Nothing is written to a serial of no device, of several, or of one that is not a Mac. Nor is
        it to a Mac whose tags Kandji does not show. Its C(state) is V(unclear), and the module goes
        on with the others. It fails if Kandji has none of them.
      - It may be empty with O(unfinished).
    type: list
    elements: str
    required: true
  issued_before:
    description:
      - A timestamp in ISO 8601, not in the future. Certificates that Kandji first saw before it are
        replaced; a Mac with a newer one is done.
      - Use the same value in each run until all are done. It distinguishes a Mac that is done from
        one that has not begun.
      - Required if O(serials) names a Mac.
    type: str
  unfinished:
    description:
      - Finish what earlier runs began, too. A Mac that has the tag, and on whose blueprint the
        profile is, counts as named in O(serials), and gets a certificate that is newer than this
        run. It is not one of C(left_over).
      - It is for a caller that cannot name these Macs again, as after an interruption.
    type: bool
    default: false
  plan_only:
    description:
      - Check everything that a redelivery checks before the first Mac loses the profile, and take
        no step. C(macs) and C(changes) are what the next run without it does; C(changed) is false.
      - Outside check mode, O(test_enrollment) enrols all the same. It is for a caller that takes
        something else first, and needs to know that the Macs can get new certificates after it.
    type: bool
    default: false
  tag:
    description: Name of the tag that the map's node excludes.
    type: str
    default: okta-scep-redelivery
  wait:
    description: How many seconds to wait for the Macs to check in. Without it the module takes the
      present step and returns the state.
    type: int
    default: 0
  max_started:
    description: How many Macs may begin in one run. It does not limit those that began before.
    type: int
    default: 10
  test_enrollment:
    description:
      - Check the URL, challenge and CA fingerprint that the profile holds with one test enrolment
        before the first Mac loses the profile, and with it a certificate that may still work. Check
        mode compares the fingerprint alone. So does a run that only waits for Macs without the
        profile.
      - Set it to V(false) for an authority that this host cannot reach.
    type: bool
    default: true
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: Renew the certificates of two Macs
  devicetrust.okta_kandji.kandji_profile_redelivery:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
    wait: 600

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Use another tag, two Macs at a time, and make no test enrolment
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
    tag: new-certificate
    max_started: 2
    wait: 3600
    poll_interval: 60
    test_enrollment: false

- name: Check that two Macs could get new certificates, and take nothing from them
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
    plan_only: true

- name: Finish what an interrupted run began
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    serials: []
    unfinished: true
    wait: 600
"""

RETURN = r"""
finished:
  description: Whether each Mac has its new certificate and no Mac has the tag.
  returned: success
  type: bool
  sample: false
option:
  description: The option whose value cannot work, such as an id that no profile has.
  returned: failure, if it is one that Kandji's data shows
  type: str
  sample: library_item_id
macs:
  description: The state of each Mac, and the reason in one sentence. C(state) is V(done),
    V(excluding), V(delivering), V(certifying), V(unassigned) or V(unclear). A Mac whose step failed
    is V(unclear) with the error, and the work on the others goes on. The module fails if each Mac
    failed.
  returned: success, or failure after Kandji was read
  type: list
  elements: dict
  sample:
    - {serial_number: C02XK1ZAJG5J, state: excluding, reason: The exclusion tag is set. The next
      check-in removes the profile.}
changes:
  description: One line for each step that the module took, or would take next, which is all in
    check mode and with O(plan_only).
  returned: success, or failure after the first step
  type: list
  elements: str
  sample: ["update tags of the Mac C02XK1ZAJG5J: tags"]
console_steps:
  description: The steps, in order, by which you prepare an assignment map in Kandji's web app.
  returned: failure because no node can exclude O(tag)
  type: list
  elements: str
  sample: ["In Kandji, create the tag 'okta-scep-redelivery' (Devices > Tags)."]
unfinished:
  description: Serial numbers of the Macs that only O(unfinished) adds. They are in C(macs), too.
  returned: success, or failure after Kandji was read
  type: list
  elements: str
  sample: []
left_over:
  description: Serial numbers of Macs that O(serials) does not name and on which a previous run left
    the tag. The module removes it.
  returned: success, or failure after the first step
  type: list
  elements: str
  sample: []
asked_to_check_in:
  description: Serial numbers of the Macs from which the module requested a daily check-in.
  returned: success, or failure after the first request
  type: list
  elements: str
  sample: [C02XK1ZAJG5J]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Update Device, verb: PATCH, count: 1}
"""

import time
import typing as t
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ..module_utils._core.changes import Change
from ..module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NeedsConsole,
    NotAsWritten,
    NotFound,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, POLLING, ArgumentSpec, arguments
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.text import abbreviate
from ..module_utils._core.timestamps import CLOCK_SKEW, require_timestamp
from ..module_utils._http.urls import batches
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import Limit, check_limits
from ..module_utils._kandji.certificate_proof import Subject
from ..module_utils._kandji.devices_by_serial import filter_of_serials, group_by_serial
from ..module_utils._kandji.profile_holders import SERIALS_A_CALL, ProfileItem, installed_on
from ..module_utils._kandji.profiles import redelivery
from ..module_utils._kandji.profiles.enrolment_check import try_payloads
from ..module_utils._kandji.profiles.mobileconfig import enrols as asks_for_certificate
from ..module_utils._kandji.profiles.mobileconfig import parse, titled_scep_payloads
from ..module_utils._kandji.records import CustomProfile, KandjiDevice

OPTIONS: ArgumentSpec = {
    **POLLING,
    "library_item_id": {"type": "str", "required": True},
    "serials": {"type": "list", "elements": "str", "required": True},
    "issued_before": {"type": "str"},
    "unfinished": {"type": "bool", "default": False},
    "plan_only": {"type": "bool", "default": False},
    "tag": {"type": "str", "default": "okta-scep-redelivery"},
    "wait": {"type": "int", "default": 0},
    "max_started": {"type": "int", "default": 10},
    "test_enrollment": {"type": "bool", "default": True},
}
USES = (
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_TAGS,
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.UPDATE_DEVICE,
    kandji_api.DAILY_CHECK_IN,
)
LEFT_OVER = redelivery.Step(
    "untag", "delivering", "A previous run left the exclusion tag on the Mac."
)
WRITES_OF_TAGS = 3  # for one Mac and step, if another program keeps writing


def _require_payload(profile: CustomProfile) -> None:
    """Raise BadOption for a profile that can be read and by which no Mac gets a certificate."""
    plist = parse(profile.mobileconfig)
    if plist is not None and not asks_for_certificate(plist):
        raise BadOption(
            f"library_item_id: the profile {profile.name!r} has no SCEP payload, so no Mac gets a"
            " certificate by it. Name the SCEP profile of the Macs' ring.",
            option="library_item_id",
        )


def _try_enrolment(ctx: ModuleContext, profile: CustomProfile, enrols: bool) -> None:
    """Raise what a test enrolment raises if a Mac could not enrol with the profile as it is.

    :arg enrols: whether a Mac is about to lose the profile, so that URL and challenge are tested.
    """
    plist, subject = parse(profile.mobileconfig) or {}, f"The profile {profile.name!r}"
    if not titled_scep_payloads(plist):
        raise BadOption(
            f"{subject}: it has no SCEP payload that can be read, so that a Mac could not be sure"
            " to get a certificate. Name another profile, or set test_enrollment: false.",
            option="test_enrollment",
        )
    try_payloads(subject, plist, ctx, enrols)


@dataclass
class Mac:
    """A Mac, and its tags as they were last read or written."""

    device: KandjiDevice
    tags: list[str]

    @classmethod
    def read(cls, kandji: kandji_api.Kandji, device: KandjiDevice) -> Mac:
        """Return the Mac of a row of List Devices, which need not have the tags.

        Get Device is read then. Raises NotFound and Unreadable.
        """
        known = kandji.device(device.device_id) if device.tags is None else device
        return cls(device, _tags_of(known, device.serial))


@dataclass(frozen=True)
class Selection:
    """What option serials names, by serial as it is written there, and what it does not name.

    Each serial is a Mac, or is in ``unclear`` with the reason why no step of it can be taken.
    ``unfinished`` are the serials that the option does not name.
    """

    serials: t.Sequence[str]
    macs: t.Mapping[str, Mac]
    unclear: t.Mapping[str, redelivery.Step]
    unfinished: t.Sequence[str] = ()

    def with_unfinished(self, macs: t.Sequence[Mac]) -> Selection:
        """Return the selection with Macs that an earlier run began with."""
        added = {mac.device.serial: mac for mac in macs}
        return replace(
            self,
            serials=[*self.serials, *added],
            macs={**self.macs, **added},
            unfinished=[*added],
        )

    @property
    def serial_keys(self) -> set[str]:
        """Return the serials in the form in which serials are compared."""
        return {serial.lower() for serial in self.serials}


def run(ctx: ModuleContext) -> Result:
    """Take the next step of each Mac, and further ones while waiting; return where each is."""
    selection = _read_selection(ctx)
    deadline = time.monotonic() + ctx.params["wait"]
    item_id = ctx.params["library_item_id"].lower()
    profile = next((each for each in ctx.kandji.profiles() if each.id == item_id), None)
    if profile is None:
        raise _unknown_profile(item_id, selection.macs, ctx.params["tag"])
    issued_before, now = _read_times(ctx)
    if ctx.params["unfinished"]:
        selection = selection.with_unfinished(_find_unfinished(ctx, selection))
    work = Redelivery(ctx, selection, profile)
    unassigned = _find_unassigned(ctx, selection.macs.values())
    plan = Plan(Subject.of_profile(profile), issued_before, now, unassigned)
    steps = plan.read_steps(ctx, selection)
    work.go_on(steps)
    work.clean_up(_find_left_over(ctx, selection) if selection.macs else [])
    while True:
        steps = work.current(steps)
        work.begin(steps)
        steps = work.current(steps)
        finished = all(step.is_final for step in steps.values())
        remaining = deadline - time.monotonic()
        if finished or work.plans_only or remaining <= 0:
            return work.result(steps)
        ctx.wait(redelivery.describe_wait(steps), ctx.params["poll_interval"], remaining)
        work.read_tags()
        steps = work.current(plan.read_steps(ctx, selection))
        work.go_on(steps)


def _read_times(ctx: ModuleContext) -> tuple[datetime, datetime]:
    """Return option issued_before, and the present time by Kandji's clock. Raises BadOption.

    If it is not set, and need not be, it is the present time.
    """
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    text = ctx.params["issued_before"]
    if not text and not ctx.params["serials"]:
        return now, now
    if not text:
        raise BadOption(
            "issued_before: it is not set, so which certificates are old is unknown. Set a past"
            " timestamp."
        )
    issued_before = require_timestamp("issued_before", text)
    if issued_before > now + CLOCK_SKEW:  # it may be a time by Okta's clock
        raise BadOption(
            "issued_before: it is in the future, so no certificate would ever be new enough. Set a"
            " past timestamp."
        )
    return issued_before, now


class Redelivery:
    """The writes of one run, none if it ``plans_only``.

    ``asked`` is serial -> whether the Mac had the tag when its check-in was requested. ``begun``
    are the Macs that lose the profile in this run, by serial. ``failures`` are the errors that say
    nothing of other Macs, by serial: such a Mac is unclear, and the work on the others goes on.
    """

    def __init__(self, ctx: ModuleContext, selection: Selection, profile: CustomProfile) -> None:
        self.run, self.macs, self.profile = ctx, selection.macs, profile
        self.unfinished = selection.unfinished
        self.plans_only: bool = ctx.check_mode or ctx.params["plan_only"]
        self.tag: str = ctx.params["tag"]
        self.changes: list[Change] = []
        self.asked: dict[str, bool] = {}
        self.left_over: list[str] = []
        self.begun: dict[str, Mac] = {}
        self.written: dict[str, list[str]] = {"tag": [], "untag": []}
        self.failures: dict[str, DeviceTrustError] = {}
        self.tested = False

    def read_tags(self) -> None:
        """Read again which Macs have the tag: another program may have written it meanwhile."""
        listed = self.run.kandji.devices(platform="Mac", tag_name=self.tag)
        tagged = {device.device_id for device in listed}
        for serial, mac in self.macs.items():
            if (self.tag in mac.tags) is not (mac.device.device_id in tagged):
                with self._keep_failure(serial):
                    mac.tags = _tags_of(self.run.kandji.device(mac.device.device_id), serial)

    @contextmanager
    def _keep_failure(self, serial: str) -> t.Iterator[None]:
        """Keep an error of one Mac, with a warning. Raises one that the others would meet too."""
        try:
            yield
        except DeviceTrustError as error:
            if not _is_of_one_mac(error):
                raise
            self.failures[serial] = error
            self.run.warn(f"The Mac {serial}: {error.message} The work on other Macs goes on.")

    def current(self, steps: t.Mapping[str, redelivery.Step]) -> dict[str, redelivery.Step]:
        """Return the steps, with the Macs unclear whose last one failed."""
        return {
            serial: redelivery.unclear(self.failures[serial].message)
            if serial in self.failures
            else step
            for serial, step in steps.items()
        }

    def clean_up(self, macs: t.Sequence[Mac]) -> None:
        """Remove the tag from Macs on which a previous run left it."""
        for mac in macs:
            with self._keep_failure(mac.device.serial):
                self._take(mac, LEFT_OVER)
                self.left_over.append(mac.device.serial)
                if not self.plans_only:
                    self.run.kandji.daily_check_in(mac.device.device_id)

    def go_on(self, steps: t.Mapping[str, redelivery.Step]) -> None:
        """Take the steps of Macs that began before. No limit or map may stop these."""
        self._take_steps({serial: steps[serial] for serial in steps if not _begins(steps[serial])})

    def begin(self, steps: t.Mapping[str, redelivery.Step]) -> None:
        """Take the steps by which Macs lose the profile, if all of them may.

        Raises NeedsConsole, Refused and what a test enrolment raises, with what was done before.
        """
        beginning = {serial: step for serial, step in steps.items() if _begins(step)}
        delivering = any(step.state == "delivering" for step in steps.values())
        is_first = not self.begun
        if not beginning and (self.tested or not delivering):
            return
        self.begun.update({serial: self.macs[serial] for serial in beginning})
        try:
            _require_payload(self.profile)
            if beginning:
                _check_prerequisites(self.run, self.begun, self.profile, self._describe_written())
            if self.run.params["test_enrollment"] and (is_first or not self.tested):
                _try_enrolment(self.run, self.profile, bool(beginning))
            self.tested = True
        except DeviceTrustError as refusal:
            done = self.result(steps)
            names = ("macs", "changes", "unfinished", "left_over", "asked_to_check_in")
            refusal.details.update({name: done[name] for name in names if done[name]})
            raise
        self._take_steps(beginning)

    def _take_steps(self, steps: t.Mapping[str, redelivery.Step]) -> None:
        """Take one step of each Mac, and request a check-in after each change of its tag."""
        for serial, step in steps.items():
            if step.action != "nothing":
                with self._keep_failure(serial):
                    self._take_step(serial, step)

    def _take_step(self, serial: str, step: redelivery.Step) -> None:
        mac = self.macs[serial]
        self._take(mac, step)
        if step.needs_check_in and not self.plans_only:
            tagged = self.tag in mac.tags
            if self.asked.get(serial) is not tagged:
                self.run.kandji.daily_check_in(mac.device.device_id)
                self.asked[serial] = tagged

    def _describe_written(self) -> str:
        """Return a sentence on what this run wrote until now."""
        verbs = {"untag": "removed from", "tag": "set on"}
        parts = [
            f"{verb} {abbreviate(self.written[action], 5)}"
            for action, verb in verbs.items()
            if self.written[action]
        ]
        if not parts or self.plans_only:
            return "Nothing was written."
        return f"The tag was {' and '.join(parts)}; nothing else was written."

    def result(self, steps: t.Mapping[str, redelivery.Step]) -> Result:
        """Return where each Mac is after these steps. Raises the error if each of them failed."""
        steps = self.current(steps)
        predicted = self.plans_only and bool(self.changes)
        left_over = [] if self.plans_only else self.left_over
        result = build_result(
            self.changes,
            finished=all(step.state == "done" for step in steps.values()) and not predicted,
            macs=[
                {"serial_number": serial, "state": step.state, "reason": step.reason}
                for serial, step in steps.items()
            ],
            unfinished=[*self.unfinished],
            left_over=self.left_over,
            asked_to_check_in=[*left_over, *self.asked],
        )
        if self.run.params["plan_only"]:
            result["changed"] = False
        if steps and all(serial in self.failures for serial in steps):
            error = next(iter(self.failures.values()))
            names = ("macs", "changes", "unfinished", "left_over", "asked_to_check_in")
            error.details.update({name: result[name] for name in names if result[name]})
            raise error
        return result

    def _take(self, mac: Mac, step: redelivery.Step) -> None:
        """Write the tags if the step needs it, and keep them in ``mac``."""
        if step.action not in ("tag", "untag"):
            return
        wanted = step.action == "tag"
        if self.plans_only:
            before, after = mac.tags, redelivery.with_tag(mac.tags, self.tag, wanted)
        else:
            before, after = self._write(mac.device, wanted)
            mac.tags = after
        if before != after:
            name = f"tags of the Mac {mac.device.serial}"
            self.changes.append(Change("update", name, {"tags": before}, {"tags": after}))
            self.written[step.action].append(mac.device.serial)

    def _write(self, device: KandjiDevice, wanted: bool) -> tuple[list[str], list[str]]:
        """Set or remove the tag, and return the device's tags before and after.

        They are read after each write. A tag that was not kept is written again, with a warning.
        Raises NotAsWritten.
        """
        first = before = current = self._read(device, wanted)
        for attempt in range(WRITES_OF_TAGS):
            if (self.tag in current) is wanted:
                return first, current
            if attempt:
                self.run.warn(
                    f"{_explain_loss(device.serial, before, current)}"
                    f" Its tag {self.tag!r} is written again."
                )
            before = current
            try:
                self.run.kandji.set_tags(
                    device.device_id, before, redelivery.with_tag(before, self.tag, wanted)
                )
            except Uncertain:
                self.run.warn(
                    f"The answer to a write of the tags of the Mac {device.serial} was lost. They"
                    " are read again."
                )
            current = self._read(device, wanted)
        if (self.tag in current) is wanted:
            return first, current
        raise NotAsWritten(
            f"Kandji does not keep the tags of the Mac {device.serial} as written."
            f" {_explain_loss(device.serial, before, current)} Run again later.",
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
        return _tags_of(current, device.serial)


def _is_of_one_mac(error: DeviceTrustError) -> bool:
    """Return whether an error says nothing of other Macs."""
    if isinstance(error, (Unauthorized, Forbidden, RateLimited)):
        return False
    return isinstance(error, (ApiError, NotAsWritten, Uncertain, Unreadable))


def _explain_loss(serial: str, before: t.Sequence[str], current: t.Sequence[str]) -> str:
    """Return why a device does not have its tags as written, as far as they show it.

    :arg before: the tags before the write.
    """
    if sorted(current) == sorted(before):
        return f"The tags of the Mac {serial} are as they were before."
    return f"Another program changed the tags of the Mac {serial} at the same time."


def _tags_of(device: KandjiDevice, serial: str) -> list[str]:
    """Return the tags of a device that Get Device returned. Raises Unreadable."""
    if device.tags is None:
        raise Unreadable(
            f"Kandji answered {kandji_api.GET_DEVICE.name} without the tags of the Mac {serial};"
            " nothing was written to it. Run again.",
            vendor="kandji",
        )
    return list(device.tags)


def _unknown_profile(item_id: str, macs: t.Mapping[str, Mac], tag: str) -> BadOption:
    """Return the error for an id without a profile: mistyped, or deleted since an earlier run."""
    message = (
        f"library_item_id: Kandji has no custom profile with the id {item_id!r}. Set the id of the"
        " SCEP profile, as kandji_scep_profile returns it."
    )
    tagged = [serial for serial, mac in macs.items() if tag in mac.tags]
    if tagged:
        message += (
            f" An earlier run left the tag {tag!r} on {abbreviate(tagged, 5)}. A run with the right"
            " id removes it. If the profile was deleted, remove the tag in Kandji."
        )
    return BadOption(message, option="library_item_id")


def _read_selection(ctx: ModuleContext) -> Selection:
    """Return what the options name. Raises BadOption if Kandji has none of it.

    A Mac whose tags cannot be read is unclear: a previous run may have tagged it.
    """
    wanted = list({serial.lower(): serial for serial in reversed(ctx.params["serials"])}.values())
    wanted.reverse()
    if not wanted and not ctx.params["unfinished"]:
        raise BadOption("serials: name at least one Mac.")
    known = group_by_serial(ctx.kandji.devices_with_serials(wanted)) if wanted else {}
    if wanted and not known:
        raise BadOption(
            f"serials: Kandji has no Mac {abbreviate(wanted, 5)}. Nothing was written.",
            serials=wanted,
            option="serials",
        )
    macs, unclear = {}, {}
    for serial in wanted:
        group = known.get(serial.lower(), [])
        problem = redelivery.find_problem(group)
        if problem:
            unclear[serial] = redelivery.unclear(problem)
            continue
        device = next(device for device in group if device.is_mac)
        try:
            macs[serial] = Mac.read(ctx.kandji, device)
        except (NotFound, Unreadable) as error:
            unclear[serial] = redelivery.unclear(error.message)
    return Selection(wanted, macs, unclear)


def _find_tagged(ctx: ModuleContext, selection: Selection) -> list[Mac]:
    """Return the Macs that have the tag and are not named.

    One whose tags cannot be read is left to the next run, with a warning.
    """
    tag, named = ctx.params["tag"], selection.serial_keys
    listed = []
    for device in ctx.kandji.devices(platform="Mac", tag_name=tag):
        if device.is_mac and device.serial_key not in named:
            try:
                listed.append(Mac.read(ctx.kandji, device))
            except (NotFound, Unreadable) as error:
                ctx.warn(
                    f"Whether a previous run left the tag {tag!r} on the Mac {device.serial} is"
                    f" unknown. {error.message}"
                )
    return [mac for mac in listed if tag in mac.tags]


def _find_unfinished(ctx: ModuleContext, selection: Selection) -> list[Mac]:
    """Return those of them on whose blueprint the item is.

    Others are of another profile, or were moved. Several devices of one serial are left alone.
    """
    tagged = _find_tagged(ctx, selection)
    unassigned = _find_unassigned(ctx, tagged)
    serials = Counter(mac.device.serial_key for mac in tagged)
    return [
        mac
        for mac in tagged
        if mac.device.blueprint_id not in {"", *unassigned} and serials[mac.device.serial_key] == 1
    ]


def _find_left_over(ctx: ModuleContext, selection: Selection) -> list[Mac]:
    """Return Macs of the same blueprints that have the tag and are not named, with a warning.

    A run that still works on them does not see that, and may wait until its end. The next one sets
    the tag again.
    """
    tag = ctx.params["tag"]
    blueprints = {mac.device.blueprint_id for mac in selection.macs.values()}
    tagged = _find_tagged(ctx, selection)
    left_over = [mac for mac in tagged if mac.device.blueprint_id in blueprints]
    if left_over:
        serials = abbreviate([mac.device.serial for mac in left_over], 5)
        ctx.warn(
            f"A previous run left the tag {tag!r} on {serials}. It is removed; the profile stays or"
            " comes back."
        )
    return left_over


def _find_unassigned(ctx: ModuleContext, macs: t.Iterable[Mac]) -> set[str]:
    """Return the ids of the Macs' blueprints on which the item is not. List Library Items."""
    item_id = ctx.params["library_item_id"].lower()
    unassigned = set()
    for blueprint_id in {mac.device.blueprint_id for mac in macs} - {""}:
        try:
            items = ctx.kandji.library_items(blueprint_id)
        except NotFound:  # the Mac was moved meanwhile
            continue
        if item_id not in {item.id for item in items}:
            unassigned.add(blueprint_id)
    return unassigned


@dataclass(frozen=True)
class Plan:
    """What decides on the next step of a Mac. ``unassigned`` are blueprints without the item.

    Which certificate of an unfinished Mac is old, nobody knows any more: each until ``now`` is.
    """

    subject: Subject
    issued_before: datetime
    now: datetime
    unassigned: t.AbstractSet[str]

    def read_steps(self, ctx: ModuleContext, selection: Selection) -> dict[str, redelivery.Step]:
        """Return what each Mac needs next, by what Macs reported."""
        serials = [mac.device.serial for mac in selection.macs.values()]
        profiles = installed_on(ctx.kandji, ProfileItem(ctx.params["library_item_id"]), serials)
        certificates = [
            certificate
            for batch in batches(serials, SERIALS_A_CALL)
            for certificate in ctx.kandji.prism_certificates(
                {"identity_certificate": {"eq": True}, **filter_of_serials(batch)}
            )
        ]
        states = {
            serial: redelivery.MacState.of_device(
                mac.device, ctx.params["tag"] in mac.tags, profiles, certificates, self.subject
            )
            for serial, mac in selection.macs.items()
        }
        steps = {
            serial: redelivery.next_step(
                replace(state, is_assigned=self._is_assigned(selection.macs[serial])),
                self.now if serial in selection.unfinished else self.issued_before,
            )
            for serial, state in states.items()
        } | dict(selection.unclear)
        return {serial: steps[serial] for serial in selection.serials}

    def _is_assigned(self, mac: Mac) -> bool:
        return mac.device.blueprint_id not in self.unassigned


def _begins(step: redelivery.Step) -> bool:
    """Return whether a Mac loses the profile by the step."""
    return step.action == "tag"


def _check_prerequisites(
    ctx: ModuleContext, begun: t.Mapping[str, Mac], profile: CustomProfile, written: str
) -> None:
    """Check the limit, the map and the tag for all Macs that begin in this run.

    The conditions of a map's node cannot be read. Raises NeedsConsole and Refused.

    :arg written: a sentence on what was written before.
    """
    tag = ctx.params["tag"]
    action = f"The redelivery of the profile {profile.name!r} would give new certificates to"
    limit = Limit("max_started", ctx.params["max_started"], len(begun), action)
    check_limits([limit], written=written)
    remedy = f"{written} Follow the console steps, or use another generation for the whole ring."
    console_steps = redelivery.console_steps(tag, profile.name)
    classic = _classic_blueprints(ctx, {mac.device.blueprint_id for mac in begun.values()})
    if classic:
        raise NeedsConsole(
            f"The blueprint {', '.join(map(repr, classic))} is a classic one, without a node that"
            f" could exclude a tag. {remedy}",
            console_steps=console_steps,
        )
    if not ctx.kandji.has_tag(tag):
        raise NeedsConsole(
            f"Kandji does not have the tag {tag!r}, so no node of a map can exclude it. {remedy}",
            console_steps=console_steps,
        )


def _classic_blueprints(ctx: ModuleContext, blueprint_ids: t.AbstractSet[str]) -> list[str]:
    """Return the names of those blueprints that are not assignment maps."""
    return sorted(
        {
            blueprint.name
            for blueprint in ctx.kandji.blueprints()
            if blueprint.type == "classic" and blueprint.id in blueprint_ids
        }
    )


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
