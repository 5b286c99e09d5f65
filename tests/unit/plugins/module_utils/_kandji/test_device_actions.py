# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs get the command to lock or to erase, by what Kandji shows of earlier ones."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    device_actions as actions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    DeviceCommand,
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import kandji_device_action

SERIAL = "C02XK1ZAJG5J"
MAC = KandjiDevice(
    "d1", SERIAL, platform="Mac", mdm_enabled=True, last_check_in="2026-11-01T09:00:00Z"
)
PENDING, RUNNING, DONE, FAILED, LATER = 1, 2, 3, 4, 5


def command(kind: str, status: int | None, day: int = 1, **values: t.Any) -> DeviceCommand:
    times = {
        "requested": f"2026-11-{day:02}T10:00:00Z",
        "completed": f"2026-11-{day:02}T10:05:00Z" if status == DONE else None,
    }
    return DeviceCommand(f"u{kind}{day}", kind, status, **{**times, **values})


def decided(action: t.Any, commands: list[DeviceCommand], *allow: str) -> tuple[str, str | None]:
    decision = actions.decide(action, SERIAL, MAC, commands, allow)
    assert decision.serial == SERIAL and decision.device == MAC
    assert decision.sends is (decision.action == "send")
    return decision.action, decision.code


LOCK, ERASE = "DeviceLock", "EraseDevice"


@pytest.mark.parametrize(
    ("action", "commands", "decision"),
    [
        ("lock", [], ("send", None)),
        ("lock", [command("DeviceInformation", DONE)], ("send", None)),
        ("lock", [command(LOCK, PENDING)], ("unchanged", "pending")),
        ("lock", [command(LOCK, RUNNING)], ("unchanged", "pending")),
        ("lock", [command(LOCK, LATER)], ("unchanged", "pending")),
        ("lock", [command("devicelock", PENDING)], ("unchanged", "pending")),
        ("lock", [command(LOCK, DONE)], ("unchanged", "done_before")),
        ("lock", [command(LOCK, FAILED)], ("send", None)),
        ("lock", [command(LOCK, 6)], ("skipped", "state_unknown")),
        ("lock", [command(LOCK, None)], ("skipped", "state_unknown")),
        ("lock", [command(LOCK, DONE, 1), command(LOCK, FAILED, 2)], ("send", None)),
        ("lock", [command(LOCK, DONE, 2), command(LOCK, FAILED, 1)], ("unchanged", "done_before")),
        ("lock", [command(LOCK, PENDING, 1), command(LOCK, DONE, 2)], ("unchanged", "pending")),
        (
            "lock",
            [command(LOCK, DONE, 2), command(LOCK, FAILED, 1, requested=None)],
            ("send", None),
        ),
        ("lock", [command(ERASE, PENDING)], ("skipped", "other_action")),
        ("lock", [command(ERASE, LATER)], ("skipped", "other_action")),
        ("lock", [command(ERASE, None)], ("skipped", "other_action")),
        ("lock", [command(ERASE, DONE)], ("send", None)),
        ("lock", [command(ERASE, FAILED)], ("send", None)),
        ("erase", [command(LOCK, DONE)], ("skipped", "other_action")),
        ("erase", [command(LOCK, PENDING)], ("skipped", "other_action")),
        ("erase", [command(LOCK, None)], ("skipped", "other_action")),
        ("erase", [command(LOCK, FAILED)], ("send", None)),
        ("erase", [command(ERASE, PENDING), command(LOCK, DONE)], ("unchanged", "pending")),
        ("erase", [command(ERASE, DONE)], ("unchanged", "done_before")),
    ],
)
def test_earlier_commands_decide(
    action: str, commands: list[DeviceCommand], decision: tuple[str, str | None]
) -> None:
    assert decided(action, commands) == decision
    assert decided(action, commands[::-1]) == decision


@pytest.mark.parametrize(
    ("action", "status", "kind", "allow", "sends"),
    [
        ("lock", DONE, LOCK, "done_before", True),
        ("lock", DONE, LOCK, "state_unknown", False),
        ("lock", None, LOCK, "state_unknown", True),
        ("lock", None, LOCK, "done_before", False),
        ("lock", PENDING, LOCK, "done_before", False),
        ("erase", DONE, LOCK, "other_action", True),
        ("erase", DONE, LOCK, "done_before", False),
        ("lock", PENDING, ERASE, "other_action", True),
    ],
)
def test_a_reason_is_lifted_by_its_own_code_alone(
    action: str, status: int | None, kind: str, allow: str, sends: bool
) -> None:
    assert (decided(action, [command(kind, status)], allow)[0] == "send") is sends


def test_a_lifted_reason_does_not_lift_another() -> None:
    commands = [command(ERASE, DONE, 1), command(LOCK, DONE, 2)]
    assert decided("erase", commands, "done_before") == ("skipped", "other_action")
    assert decided("erase", commands, "other_action") == ("unchanged", "done_before")
    assert decided("erase", commands, "other_action", "done_before") == ("send", None)


@pytest.mark.parametrize("action", ["lock", "erase"])
@pytest.mark.parametrize(
    ("seen", "decision"),
    [
        ("2026-11-01T10:04:00Z", "unchanged"),
        ("2026-11-01T11:05:00Z", "unchanged"),
        ("2026-11-01T11:05:01Z", "skipped"),
        ("2026-11-26T10:00:00Z", "skipped"),
        (None, "skipped"),
        ("yesterday", "skipped"),
    ],
)
def test_a_mac_that_checked_in_after_it_was_locked_or_erased_needs_a_word(
    action: t.Any, seen: str | None, decision: str
) -> None:
    commands = [command(LOCK if action == "lock" else ERASE, DONE)]
    mac = replace(MAC, last_check_in=seen)
    found = actions.decide(action, SERIAL, mac, commands, [])
    shown = f"its last check-in was at {seen}." if seen else "does not show its last check-in."
    assert found.action == decision
    assert found.reason.endswith(shown) is (decision == "skipped")
    assert actions.decide(action, SERIAL, mac, commands, ["done_before"]).sends


def test_a_command_whose_time_is_not_shown_may_be_older_than_the_last_check_in() -> None:
    commands = [command(LOCK, DONE, completed=None, requested=None)]
    assert decided("lock", commands) == ("skipped", "done_before")


@pytest.mark.parametrize(
    ("action", "commands", "reason"),
    [
        ("lock", [], "It gets the command to lock, and restarts with a PIN."),
        ("erase", [], "It gets the command to erase, and loses its data for good."),
        (
            "erase",
            [command(ERASE, PENDING)],
            "Its erasure of 2026-11-01T10:00:00Z is pending: the Mac has not answered yet.",
        ),
        (
            "lock",
            [command(LOCK, PENDING, requested=None)],
            "Its lock of an unknown time is pending: the Mac has not answered yet.",
        ),
        (
            "lock",
            [command(LOCK, DONE)],
            "It was locked at 2026-11-01T10:05:00Z (allowing 'done_before' locks it again).",
        ),
        (
            "erase",
            [command(ERASE, DONE, completed=None)],
            "It was erased at 2026-11-01T10:00:00Z (allowing 'done_before' erases it again).",
        ),
        (
            "lock",
            [command(LOCK, DONE, completed=None, requested=None)],
            "It was locked at an unknown time (allowing 'done_before' locks it again). Since then it"
            " may be in use again: its last check-in was at 2026-11-01T09:00:00Z.",
        ),
        (
            "lock",
            [command(LOCK, 6)],
            "Kandji does not show what became of the lock of 2026-11-01T10:00:00Z (status 6)"
            " (allowing 'state_unknown' locks it again).",
        ),
        (
            "erase",
            [command(ERASE, None, requested=None)],
            "Kandji does not show what became of the erasure of an unknown time (status None)"
            " (allowing 'state_unknown' erases it again).",
        ),
        (
            "erase",
            [command(LOCK, DONE)],
            "It was locked at 2026-11-01T10:05:00Z, and a locked Mac cannot be erased. Unlock it"
            " first (allowing 'other_action' erases it).",
        ),
        (
            "erase",
            [command(LOCK, PENDING)],
            "Its lock of 2026-11-01T10:00:00Z is not completed, and a locked Mac cannot be erased"
            " (allowing 'other_action' erases it).",
        ),
        (
            "lock",
            [command(ERASE, PENDING, requested=None)],
            "Its erasure of an unknown time is not completed, and a locked Mac cannot be erased"
            " (allowing 'other_action' locks it).",
        ),
    ],
)
def test_the_reason_says_when_and_what_lifts_it(
    action: t.Any, commands: list[DeviceCommand], reason: str
) -> None:
    assert actions.decide(action, SERIAL, MAC, commands, ()).reason == reason


@pytest.mark.parametrize(
    ("devices", "code", "reason"),
    [
        ([], "no_device", "Kandji has no Mac with this serial number. Check the spelling."),
        (
            [MAC, KandjiDevice("d2", SERIAL, platform="Mac")],
            "several_kandji_devices",
            "Kandji has 2 devices with its serial (d1, d2). Delete in Kandji those that the Mac"
            " left when it was enrolled again.",
        ),
        (
            [KandjiDevice("d1", SERIAL, platform="iPad")],
            "other_platform",
            "Its platform in Kandji is iPad, and only a Mac is locked or erased.",
        ),
        (
            [KandjiDevice("d1", SERIAL)],
            "other_platform",
            "Its platform in Kandji is not shown, and only a Mac is locked or erased.",
        ),
        (
            [KandjiDevice("d1", SERIAL, platform="Mac", mdm_enabled=False)],
            "not_managed",
            "Its MDM profile is gone, so no command of Kandji reaches it.",
        ),
        (
            [KandjiDevice("d1", SERIAL, platform="Mac", is_removed=True)],
            "not_managed",
            "Its MDM profile is gone, so no command of Kandji reaches it.",
        ),
    ],
)
def test_a_mac_that_no_command_reaches_gets_none(
    devices: list[KandjiDevice], code: str, reason: str
) -> None:
    decision = actions.refuse_device(SERIAL, devices)
    assert decision and not decision.sends
    assert (decision.serial, decision.action) == (SERIAL, "skipped")
    assert (decision.code, decision.reason) == (code, reason)
    assert decision.device == (devices[0] if len(devices) == 1 else None)


@pytest.mark.parametrize("enabled", [True, None])
def test_a_mac_whose_mdm_is_not_known_to_be_gone_may_get_it(enabled: bool | None) -> None:
    device = KandjiDevice("d1", SERIAL, platform="Mac", mdm_enabled=enabled)
    assert actions.refuse_device(SERIAL, [device]) is None


def test_what_kandji_says_after_all_changes_nothing() -> None:
    decision = actions.mark_sent(actions.decide("lock", SERIAL, MAC, [], ()))
    assert (decision.action, decision.code, decision.device) == ("unchanged", "pending", MAC)
    assert decision.serial == SERIAL
    assert decision.reason == "Kandji answered that it has the command already, or waits for it."


@pytest.mark.parametrize("confirm", ["LOCK C02A, C02B", "  LOCK C02A, C02B\n"])
def test_the_phrase_names_the_action_and_each_mac(confirm: str) -> None:
    assert actions.write_phrase("lock", ["C02A", "C02B"]) == "LOCK C02A, C02B"
    actions.check_confirmed("lock", ["C02A", "C02B"], confirm)


@pytest.mark.parametrize(
    "confirm", ["", "LOCK", "LOCK C02A", "ERASE C02A, C02B", "lock C02A, C02B"]
)
def test_another_phrase_is_refused(confirm: str) -> None:
    with pytest.raises(Refused) as refusal:
        actions.check_confirmed("lock", ["C02A", "C02B"], confirm)
    assert refusal.value.message == (
        "confirm: C02A, C02B would be locked. Nothing was sent. If that is intended, set confirm:"
        " LOCK C02A, C02B"
    )
    assert refusal.value.details["confirm"] == "LOCK C02A, C02B"
    with pytest.raises(Refused, match="C02A would be erased, which cannot be undone. Nothing was"):
        actions.check_confirmed("erase", ["C02A"], confirm)


def test_the_file_of_a_pin_stays_in_its_directory() -> None:
    assert actions.name_pin_file("C02XK1ZAJG5J") == "C02XK1ZAJG5J.pin"
    assert actions.name_pin_file("VM-1_x") == "VM-1_x.pin"
    for serial in ("../../etc/x", "a/b", ".hidden", "", "-rf", "a b", "{{ x }}", "a\n"):
        with pytest.raises(BadOption, match="cannot be the name of a file. Leave pin_dir out"):
            actions.name_pin_file(serial)


def params(action: str, **values: object) -> dict[str, object]:
    defaults = {"serials": [SERIAL], "allow": [], "lock_message": None, "phone_number": None}
    return {"action": action, **defaults, "pin_dir": None, **values}


def test_a_request_has_each_serial_once_and_the_texts_as_fields() -> None:
    options = params(
        "lock",
        serials=["C02A\nC02B", "c02a"],
        allow=["done_before"],
        lock_message="Lost",
        phone_number="",
        pin_dir="/pins",
    )
    request = actions.ActionRequest.from_params(options)
    assert request == actions.ActionRequest(
        "lock", ("C02A", "C02B"), ("done_before",), {"Message": "Lost"}, "/pins"
    )
    assert request.find_pin_file("C02A") == "/pins/C02A.pin"
    both = actions.ActionRequest.from_params(
        params("lock", lock_message="Lost", phone_number="+1 555")
    )
    assert both.texts == {"Message": "Lost", "PhoneNumber": "+1 555"}
    assert both.find_pin_file("../x") is None
    with pytest.raises(BadOption, match="cannot be the name of a file"):
        request.find_pin_file("../x")


@pytest.mark.parametrize("serials", [[], [""], [" \n "]])
def test_a_request_names_a_mac(serials: list[str]) -> None:
    with pytest.raises(BadOption, match="serials: it is empty. Name at least one Mac."):
        actions.ActionRequest.from_params(params("erase", serials=serials))


@pytest.mark.parametrize("name", ["lock_message", "phone_number", "pin_dir"])
def test_an_erasure_takes_no_option_of_a_lock(name: str) -> None:
    with pytest.raises(BadOption, match=f"{name}: it is for action=lock. Leave it out."):
        actions.ActionRequest.from_params(params("erase", **{name: "x"}))
    assert actions.ActionRequest.from_params(params("erase")).texts == {}


def test_a_device_is_checked_again_as_it_is_right_before_the_command() -> None:
    assert actions.refuse_changed_device(SERIAL.lower(), [MAC]) is None
    for devices in ([], [replace(MAC, serial="C02OTHER0001")]):
        missing = actions.refuse_changed_device(SERIAL, devices)
        assert missing == actions.refuse_device(SERIAL, [])
    hidden = replace(MAC, serial="")
    assert actions.refuse_changed_device(SERIAL, [hidden]) == actions.Decision(
        SERIAL,
        "skipped",
        "Kandji does not show its serial number any more. Run again.",
        "no_device",
        hidden,
    )
    ipad = replace(MAC, platform="iPad")
    found = actions.refuse_changed_device(SERIAL, [ipad])
    assert found and found.code == "other_platform"


def outcomes_of(state: t.Any, pin_file: str | None = None) -> list[actions.ActionOutcome]:
    named = actions.Decision("C02A", "send", "It is lost.", device=replace(MAC, name="Ann's"))
    unknown = actions.Decision("C02B", "skipped", "Kandji has no Mac.", "no_device")
    return [
        actions.ActionOutcome(named, state, pin_file),
        actions.ActionOutcome(unknown, "skipped"),
    ]


def test_a_result_names_each_mac_and_the_commands_that_were_sent() -> None:
    request = actions.ActionRequest("lock", ("C02A", "C02B"))
    result = actions.build_action_result(request, outcomes_of("changed"), True, False)
    step = "C02A: Kandji's web app shows the PIN on the page of the Mac."
    assert result["changed"] and result["changes"] == ["update Mac C02A: lock"]
    assert result["devices"] == [
        {
            "serial_number": "C02A",
            "device_id": "d1",
            "name": "Ann's",
            "state": "changed",
            "reason": "It is lost.",
            "reason_code": None,
            "pin_file": None,
        },
        {
            "serial_number": "C02B",
            "device_id": None,
            "name": None,
            "state": "skipped",
            "reason": "Kandji has no Mac.",
            "reason_code": "no_device",
            "pin_file": None,
        },
    ]
    lines = ["C02A, Ann's: changed. It is lost.", "C02B: skipped. Kandji has no Mac."]
    assert result["report"] == [*lines, step]
    assert result["console_steps"] == [step]
    assert result["confirm"] == "LOCK C02A, C02B"


def test_check_mode_says_which_phrase_a_plan_that_sends_needs() -> None:
    request = actions.ActionRequest("erase", ("C02A", "C02B"))
    planned = actions.build_action_result(request, outcomes_of("would_change"), True, True)
    assert planned["report"] == [
        "C02A, Ann's: would change. It is lost.",
        "C02B: skipped. Kandji has no Mac.",
        "This plan needs the phrase: ERASE C02A, C02B",
    ]
    assert planned["changes"] == ["update Mac C02A: erase"]
    assert planned["console_steps"] == []
    idle = actions.build_action_result(request, outcomes_of("unchanged"), False, True)
    assert (idle["changed"], idle["changes"], idle["confirm"]) == (False, [], "")
    assert len(idle["report"]) == 2


def test_a_pin_in_a_file_is_looked_up_nowhere_else() -> None:
    steps = actions.list_console_steps
    assert steps("lock", outcomes_of("changed", "/pins/C02A.pin")) == []
    assert steps("erase", outcomes_of("changed")) == []
    assert len(steps("lock", outcomes_of("unchanged"))) == 1
    nameless = actions.ActionOutcome(
        actions.Decision("C02A", "send", "Lost.", device=MAC), "changed"
    )
    assert nameless.as_result()["name"] is None
    assert nameless.describe() == "C02A, no name: changed. Lost."


def test_a_lock_that_failed_says_where_its_pins_are() -> None:
    assert "shows the PIN of each Mac that it locked" in actions.describe_pins("lock", True)
    assert actions.describe_pins("lock", False) == ""
    assert actions.describe_pins("erase", True) == ""


def test_each_reason_code_is_documented() -> None:
    documentation = yaml.safe_load(kandji_device_action.DOCUMENTATION)["options"]
    returned = yaml.safe_load(kandji_device_action.RETURN)["devices"]["contains"]
    words = " ".join(returned["reason_code"]["description"])
    assert documentation["allow"]["choices"] == list(actions.ALLOW)
    assert {code for code in t.get_args(actions.ReasonCode) if f"C({code})" in words} == {
        *t.get_args(actions.ReasonCode)
    } - {*actions.ALLOW}
