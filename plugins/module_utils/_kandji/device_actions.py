# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs are locked or erased, by the commands that they had before, and the result. Pure."""

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._core.changes import Change
from .._core.errors import BadOption, Refused
from .._core.options import Params
from .._core.results import Result, build_result
from .._core.text import split_lines, unique_spellings
from .._core.timestamps import EARLIEST, parse_timestamp
from .devices_by_serial import describe_several
from .records import MAC, DeviceCommand, KandjiDevice

Action = t.Literal["lock", "erase"]
ACTIONS: tuple[Action, ...] = ("lock", "erase")
ReasonCode = t.Literal[
    "no_device",
    "several_kandji_devices",
    "other_platform",
    "not_managed",
    "pending",
    "done_before",
    "other_action",
    "state_unknown",
]
# The codes that the option ``allow`` lifts.
ALLOW: tuple[ReasonCode, ...] = ("done_before", "other_action", "state_unknown")

# Apple's request types of the two commands.
_REQUEST_TYPES: t.Final[dict[Action, str]] = {"lock": "devicelock", "erase": "erasedevice"}
_DONE: t.Final[dict[Action, str]] = {"lock": "locked", "erase": "erased"}
_NOUNS: t.Final[dict[Action, str]] = {"lock": "lock", "erase": "erasure"}
_COMPLETED, _FAILED = 3, 4
_OPEN = (1, 2, 5)  # pending, running, put off by the Mac
_SETTLING = timedelta(hours=1)  # a check-in so soon after a command may be its answer
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# The fields of the operation Lock Device, by their options.
_LOCK_TEXTS: t.Final[dict[str, str]] = {"lock_message": "Message", "phone_number": "PhoneNumber"}


@dataclass(frozen=True)
class ActionRequest:
    """What was asked for.

    ``texts`` are fields of the operation Lock Device. ``pin_dir`` is the directory for the files
    with PINs, "" without one.
    """

    action: Action
    serials: tuple[str, ...]
    allow: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    pin_dir: str = ""

    @classmethod
    def from_params(cls, params: Params) -> ActionRequest:
        """Return what the options ask for. Raises BadOption."""
        action, serials = params["action"], unique_spellings(split_lines(params["serials"]))
        if not serials:
            raise BadOption("serials: it is empty. Name at least one Mac.")
        names = [name for name in (*_LOCK_TEXTS, "pin_dir") if params[name]]
        if action != "lock" and names:
            raise BadOption(f"{names[0]}: it is for action=lock. Leave it out.")
        texts = {field: params[name] for name, field in _LOCK_TEXTS.items() if params[name]}
        return cls(action, tuple(serials), tuple(params["allow"]), texts, params["pin_dir"] or "")

    def find_pin_file(self, serial: str) -> str | None:
        """Return the path of the file for a Mac's PIN, None if there is none. Raises BadOption."""
        return os.path.join(self.pin_dir, name_pin_file(serial)) if self.pin_dir else None


@dataclass(frozen=True)
class Decision:
    """What a run does with a Mac: send, unchanged or skipped, and why."""

    serial: str
    action: t.Literal["send", "unchanged", "skipped"]
    reason: str
    code: ReasonCode | None = None
    device: KandjiDevice | None = None

    @property
    def sends(self) -> bool:
        """Whether the command is sent."""
        return self.action == "send"


@dataclass(frozen=True)
class ActionOutcome:
    """What became of a Mac. ``state`` is changed, would_change, unchanged or skipped."""

    decision: Decision
    state: str
    pin_file: str | None = None

    @property
    def is_written(self) -> bool:
        """Whether the command was sent, or would be."""
        return self.state in ("changed", "would_change")

    def as_result(self) -> Result:
        """Return what the result holds of the Mac."""
        device = self.decision.device
        return {
            "serial_number": self.decision.serial,
            "device_id": device.device_id if device else None,
            "name": (device.name or None) if device else None,
            "state": self.state,
            "reason": self.decision.reason,
            "reason_code": self.decision.code,
            "pin_file": self.pin_file,
        }

    def describe(self) -> str:
        """Return the line of the report."""
        device, words = self.decision.device, self.state.replace("_", " ")
        names = [self.decision.serial, *([device.name or "no name"] if device else [])]
        return f"{', '.join(names)}: {words}. {self.decision.reason}"


def refuse_device(serial: str, devices: Sequence[KandjiDevice]) -> Decision | None:
    """Return why the devices with a serial get no command, None if the one of them may get it."""
    if not devices:
        reason = "Kandji has no Mac with this serial number. Check the spelling."
        return Decision(serial, "skipped", reason, "no_device")
    if len(devices) > 1:
        return Decision(
            serial, "skipped", f"{describe_several(devices)}.", "several_kandji_devices"
        )
    device = devices[0]
    if device.platform != MAC:
        platform = device.platform or "not shown"
        reason = f"Its platform in Kandji is {platform}, and only a Mac is locked or erased."
        return Decision(serial, "skipped", reason, "other_platform", device)
    if device.is_removed or device.mdm_enabled is False:
        reason = "Its MDM profile is gone, so no command of Kandji reaches it."
        return Decision(serial, "skipped", reason, "not_managed", device)
    return None


def refuse_changed_device(serial: str, devices: Iterable[KandjiDevice]) -> Decision | None:
    """Return why a device gets no command as it is right before it, None if it may get it.

    :arg devices: the device, or nothing if it was deleted.
    """
    devices = list(devices)
    if devices and not devices[0].serial:
        reason = "Kandji does not show its serial number any more. Run again."
        return Decision(serial, "skipped", reason, "no_device", devices[0])
    return refuse_device(serial, [each for each in devices if each.serial_key == serial.lower()])


def decide(
    action: Action,
    serial: str,
    device: KandjiDevice,
    commands: Iterable[DeviceCommand],
    allow: Collection[str],
) -> Decision:
    """Return whether a Mac gets a command, by those that it had before.

    The newest command of each kind decides. A command that failed does not count. One that was
    completed leaves a Mac unchanged, unless the Mac may have checked in since: then it is in use
    again, and skipped until the command is allowed once more.
    """
    commands = list(commands)
    last = _find_last(commands, action)
    if last and last.status in _OPEN:
        return Decision(serial, "unchanged", _describe_pending(action, last), "pending", device)
    refusal = _refuse_after_last(action, last, allow) or _refuse_after_other(
        action, commands, allow
    )
    if refusal is None:
        return Decision(serial, "send", _describe_send(action), device=device)
    code, reason = refusal
    if code == "done_before" and last:
        if not _is_back(device, last):
            return Decision(serial, "unchanged", reason, code, device)
        reason += f" Since then it may be in use again: {_describe_check_in(device)}."
    return Decision(serial, "skipped", reason, code, device)


def _is_back(device: KandjiDevice, last: DeviceCommand) -> bool:
    """Return whether a Mac may have checked in since it carried out a command."""
    seen = parse_timestamp(device.last_check_in or "")
    done = parse_timestamp(last.completed or last.requested or "")
    return seen is None or done is None or seen > done + _SETTLING


def _describe_check_in(device: KandjiDevice) -> str:
    if not device.last_check_in:
        return "Kandji does not show its last check-in"
    return f"its last check-in was at {device.last_check_in}"


def _find_last(commands: Iterable[DeviceCommand], action: Action) -> DeviceCommand | None:
    """Return the command of a kind that was sent last, as far as Kandji shows its times."""
    wanted = [each for each in commands if each.request_type.lower() == _REQUEST_TYPES[action]]
    return max(wanted, key=_rank_command, default=None)


def _rank_command(command: DeviceCommand) -> tuple[bool, bool, datetime]:
    """Return by what commands are sorted. One that is open, or has no time, counts as the last."""
    time = parse_timestamp(command.requested)
    return command.status in _OPEN, time is None, time or EARLIEST


def _refuse_after_last(
    action: Action, last: DeviceCommand | None, allow: Collection[str]
) -> tuple[ReasonCode, str] | None:
    if last is None or last.status == _FAILED:
        return None
    if last.status == _COMPLETED:
        lifted = _describe_allow("done_before", f"{action}s it again")
        reason = f"It was {_DONE[action]} at {_describe_command_time(last)}{lifted}."
        return None if "done_before" in allow else ("done_before", reason)
    when = _describe_time(last.requested)
    reason = (
        f"Kandji does not show what became of the {_NOUNS[action]} of {when}"
        f" (status {last.status}){_describe_allow('state_unknown', f'{action}s it again')}."
    )
    return None if "state_unknown" in allow else ("state_unknown", reason)


def _refuse_after_other(
    action: Action, commands: Iterable[DeviceCommand], allow: Collection[str]
) -> tuple[ReasonCode, str] | None:
    """Return why the other command prevents this one.

    Kandji says that a locked Mac cannot be erased. A lock would therefore stop an erasure that is
    not completed.
    """
    other: Action = "erase" if action == "lock" else "lock"
    last = _find_last(commands, other)
    harmless = (_FAILED, _COMPLETED) if other == "erase" else (_FAILED,)
    if last is None or last.status in harmless or "other_action" in allow:
        return None
    when = _describe_command_time(last)
    fact = (
        f"It was locked at {when}, and a locked Mac cannot be erased. Unlock it first"
        if other == "lock" and last.status == _COMPLETED
        else f"Its {_NOUNS[other]} of {when} is not completed, and a locked Mac cannot be erased"
    )
    return "other_action", f"{fact}{_describe_allow('other_action', f'{action}s it')}."


def _describe_pending(action: Action, last: DeviceCommand) -> str:
    when = _describe_time(last.requested)
    return f"Its {_NOUNS[action]} of {when} is pending: the Mac has not answered yet."


def _describe_command_time(command: DeviceCommand) -> str:
    """Return when a command was completed, else when it was sent."""
    return _describe_time(
        command.completed if parse_timestamp(command.completed) else command.requested
    )


def _describe_time(timestamp: str | None) -> str:
    """Return a timestamp as Kandji shows it, or that it is unknown."""
    return timestamp if timestamp and parse_timestamp(timestamp) else "an unknown time"


def _describe_send(action: Action) -> str:
    if action == "lock":
        return "It gets the command to lock, and restarts with a PIN."
    return "It gets the command to erase, and loses its data for good."


def _describe_allow(code: ReasonCode, effect: str) -> str:
    return f" (allowing {code!r} {effect})"


def mark_sent(decision: Decision) -> Decision:
    """Return the decision about a Mac for which Kandji answered that it has the command already."""
    reason = "Kandji answered that it has the command already, or waits for it."
    return Decision(decision.serial, "unchanged", reason, "pending", decision.device)


# Confirmation


def write_phrase(action: Action, serials: Iterable[str]) -> str:
    """Return what ``confirm`` has to be: the action and each serial that was asked for."""
    return f"{action.upper()} {', '.join(serials)}"


def check_confirmed(action: Action, serials: Sequence[str], confirm: str) -> None:
    """Raise Refused, before any command, unless ``confirm`` is the phrase.

    The phrase names what was asked for, not what is left, so it stays valid after an interruption.
    """
    phrase = write_phrase(action, serials)
    if confirm.strip() == phrase:
        return
    effect = "would be erased, which cannot be undone" if action == "erase" else "would be locked"
    raise Refused(
        f"confirm: {', '.join(serials)} {effect}. Nothing was sent. If that is intended, set"
        f" confirm: {phrase}",
        confirm=phrase,
    )


def name_pin_file(serial: str) -> str:
    """Return the name of the file for a Mac's PIN. Raises BadOption for a serial like "../x"."""
    if not _FILE_NAME.fullmatch(serial):
        raise BadOption(
            f"pin_dir: the serial number {serial!r} cannot be the name of a file. Leave pin_dir"
            " out, and read the PIN in Kandji."
        )
    return f"{serial}.pin"


# The result


def plan_changes(action: Action, outcomes: Iterable[ActionOutcome]) -> list[Change]:
    """Return the commands that were sent, or would be."""
    return [
        Change("update", f"Mac {outcome.decision.serial}", {}, {action: "sent"})
        for outcome in outcomes
        if outcome.is_written
    ]


def list_console_steps(action: Action, outcomes: Iterable[ActionOutcome]) -> list[str]:
    """Return where people find the PINs that are in no file of the run."""
    return [
        f"{outcome.decision.serial}: Kandji's web app shows the PIN on the page of the Mac."
        for outcome in outcomes
        if action == "lock" and outcome.state != "skipped" and not outcome.pin_file
    ]


def describe_pins(action: Action, may_have_written: bool) -> str:
    """Return where the PINs are of the Macs that a run locked before it failed, "" without any."""
    if action != "lock" or not may_have_written:
        return ""
    return "Kandji's web app shows the PIN of each Mac that it locked, on the page of the Mac."


def build_action_result(
    request: ActionRequest, outcomes: Sequence[ActionOutcome], sends: bool, check_mode: bool
) -> Result:
    """Return the module's result.

    :arg sends: whether the plan sends a command. Check mode then says which phrase it needs: a real
        run that comes to its result had it.
    """
    steps = list_console_steps(request.action, outcomes)
    phrase = write_phrase(request.action, request.serials) if sends else ""
    return build_result(
        plan_changes(request.action, outcomes),
        devices=[outcome.as_result() for outcome in outcomes],
        report=[
            *(outcome.describe() for outcome in outcomes),
            *steps,
            *([f"This plan needs the phrase: {phrase}"] if sends and check_mode else []),
        ],
        confirm=phrase,
        console_steps=steps,
    )
