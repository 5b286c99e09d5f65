# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_device_action against the lab: once, by name, with a PIN that nothing shows."""

from __future__ import annotations

import json
import stat

import pytest

from lab.actors import mac as macs
from tests.functional.helpers.interleaving import before_request
from tests.functional.helpers.reset_fleet import ResetFleet

MODULE = "kandji_device_action"
pytestmark = pytest.mark.lab(macs=2)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def serials(watched):
    return [one.serial for one in watched.world.macs]


@pytest.fixture
def act(watched, run_module, serials):
    """Run the module for the first Mac, with its phrase."""

    def run(action="lock", check=False, **options):
        wanted = options.pop("serials", serials[:1])
        phrase = f"{action.upper()} {', '.join(wanted)}"
        options = {"action": action, "serials": wanted, "confirm": phrase, **options}
        return run_module(MODULE, options, lab=watched.lab, check=check)

    return run


def device_of(watched, serial):
    return next(each for each in watched.world.kandji.devices.values() if each.serial == serial)


def pins(watched):
    return [
        each.pin
        for device in watched.world.kandji.devices.values()
        for each in device.commands
        if each.pin
    ]


@pytest.mark.parametrize("action", ["lock", "erase"])
def test_check_mode_predicts_it_and_the_second_run_sends_nothing(watched, act, serials, action):
    operation = {"lock": "Lock Device", "erase": "Erase Device"}[action]
    planned = act(action, check=True, confirm=None)
    assert planned["changed"] and watched.writes() == [], planned
    assert planned["confirm"] == f"{action.upper()} {serials[0]}"
    assert planned["devices"][0]["state"] == "would_change"
    done = act(action)
    assert done["changed"] and watched.writes() == [operation], done
    assert done["changes"] == planned["changes"]
    mark = watched.mark()
    for code in ("pending", "done_before"):
        again = act(action, confirm=None)
        assert not again["changed"] and watched.writes(mark) == [], again
        assert again["devices"][0]["reason_code"] == code and again["confirm"] == ""
        if code == "pending":
            macs.act(watched.world, serials[:1], only_asked=True)
            if action == "erase":
                break
    device = device_of(watched, serials[0])
    assert bool(device.unlock_pin) is (action == "lock")
    assert device.left_mdm is (action == "erase")


def test_a_mac_that_was_erased_is_not_managed_any_more(act, watched, serials):
    act("erase")
    macs.act(watched.world, serials[:1])
    again = act("erase", confirm=None)
    assert not again["changed"] and again["devices"][0]["reason_code"] == "not_managed"


@pytest.mark.parametrize("confirm", [None, "", "LOCK", "LOCK LOST", "ERASE {}", "lock {}"])
def test_without_its_phrase_nothing_is_sent(watched, act, serials, confirm):
    refused = act(confirm=confirm and confirm.format(serials[0]))
    assert refused["failed"] and refused["confirm"] == f"LOCK {serials[0]}"
    assert f"set confirm: LOCK {serials[0]}" in refused["msg"] and watched.writes() == []


def test_the_pin_is_in_the_file_of_its_owner_and_not_in_the_result(watched, act, serials, tmp_path):
    planned = act(check=True, pin_dir=str(tmp_path))
    done = act(pin_dir=str(tmp_path), lock_message="Lost", phone_number="1")
    file, pin = tmp_path / f"{serials[0]}.pin", pins(watched)[0]
    assert file.read_text() == f"{pin}\n" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert done["devices"][0]["pin_file"] == planned["devices"][0]["pin_file"] == str(file)
    assert done["console_steps"] == [] and pin not in json.dumps(done)
    again = act(pin_dir=str(tmp_path))
    assert not again["changed"] and "on the page of the Mac" in again["console_steps"][0]
    assert file.read_text() == f"{pin}\n"


def test_a_file_that_exists_stops_the_run_before_the_command(watched, act, serials, tmp_path):
    (tmp_path / f"{serials[0]}.pin").write_text("keep")
    for check in (True, False):
        refused = act(check=check, pin_dir=str(tmp_path))
        assert refused["failed"] and "pin_dir: " in refused["msg"]
        assert "exists already" in refused["msg"] and watched.writes() == []


def test_without_a_directory_the_result_says_where_the_pin_is(watched, act, serials):
    done = act()
    assert done["console_steps"] == [
        f"{serials[0]}: Kandji's web app shows the PIN on the page of the Mac."
    ]
    assert pins(watched)[0] not in json.dumps(done)


def test_a_lock_that_kandji_has_leaves_no_empty_file(watched, act, serials, tmp_path):
    """Kandji knows better than its list of commands, whatever the commands are called there."""
    watched.switch(command_request_types="other")
    act()
    for _state in ("pending", "locked"):
        again = act(pin_dir=str(tmp_path))
        assert not again["changed"] and again["devices"][0]["state"] == "unchanged", again
        assert list(tmp_path.iterdir()) == []
        macs.act(watched.world, serials[:1])
    assert len(pins(watched)) == 1


@pytest.mark.parametrize("action", ["lock", "erase"])
def test_interrupted_at_any_request_the_next_run_sends_the_rest_once(
    watched, act, action, tmp_path
):
    number, requests, fleet = 0, None, ResetFleet(watched)
    while requests is None or number < requests:
        wanted = [f"CUT{action[:3].upper()}{number:03}{place}" for place in range(2)]
        for serial in wanted:
            fleet.mac(serial)

        def end() -> None:
            raise Killed

        try:
            with before_request(number, end) as run:
                act(action, serials=wanted)
        except Killed:
            pass
        else:
            requests = len(run.sent)
        done = act(action, serials=wanted)
        assert not done.get("failed"), (number, done)
        for serial in wanted:
            sent = [each.action for each in device_of(watched, serial).commands]
            assert sent == [action], (number, serial)
        number += 1
    assert number > 8


@pytest.mark.parametrize("fault", ["5xx", "drop", "truncate", "html"])
def test_a_lost_answer_says_where_the_pin_is(watched, act, serials, fault):
    watched.fault(fault, "Lock Device", times=1)
    lost = act(api_retries=0)
    assert lost["failed"] and "shows the PIN of each Mac that it locked" in lost["msg"], lost
    again = act(confirm=f"LOCK {serials[0]}")
    assert not again.get("failed")
    assert len(device_of(watched, serials[0]).commands) == 1, again


def test_a_mac_that_changes_while_the_run_plans_gets_no_command(watched, act, serials):
    """Another administrator sends the other command right before."""
    act("erase", check=True)
    device = device_of(watched, serials[0])
    lab_requests = 3  # the list, the commands, and the Mac again

    def lock() -> None:
        watched.world.kandji.devices[device.id].left_mdm = True

    with before_request(lab_requests - 1, lock):
        done = act("erase")
    assert not done["changed"] and done["devices"][0]["reason_code"] == "not_managed"


def test_others_get_their_command_although_one_cannot(watched, act, serials):
    device_of(watched, serials[1]).left_mdm = True
    wanted = ["TYPO", serials[1], f" {serials[0].lower()} "]
    phrase = f"LOCK TYPO, {serials[1]}, {serials[0].lower()}"
    assert act(serials=wanted, check=True)["confirm"] == phrase
    done = act(serials=wanted, confirm=phrase)
    rows = {row["serial_number"]: row for row in done["devices"]}
    assert rows["TYPO"]["reason_code"] == "no_device" and rows["TYPO"]["device_id"] is None
    assert rows[serials[1]]["reason_code"] == "not_managed"
    assert done["changed"] and watched.writes() == ["Lock Device"], done


def test_a_locked_mac_is_not_erased_unasked(watched, act, serials):
    act()
    macs.act(watched.world, serials[:1], only_asked=True)
    refused = act("erase")
    assert refused["devices"][0]["reason_code"] == "other_action" and not refused["changed"]
    asked = act("erase", allow=["other_action"])
    assert asked["changed"] and watched.writes() == ["Lock Device", "Erase Device"]


def test_a_mac_that_was_unlocked_and_lost_again_is_locked_again_if_asked(watched, act, serials):
    act()
    macs.act(watched.world, serials[:1], only_asked=True)
    device_of(watched, serials[0]).unlock_pin = ""
    assert act()["devices"][0]["reason_code"] == "done_before"
    assert act(allow=["done_before"])["changed"]


def test_options_of_a_lock_are_refused_for_an_erasure(watched, act, tmp_path):
    for name, value in (("lock_message", "x"), ("phone_number", "1"), ("pin_dir", str(tmp_path))):
        refused = act("erase", **{name: value})
        assert refused["msg"].startswith(f"{name}: it is for action=lock.")
    assert act(serials=[" ", "\n"])["msg"].startswith(
        "serials: it is empty. Name at least one Mac."
    )
    assert watched.asked() == []


@pytest.mark.parametrize("serial", ["{{ lookup('pipe', 'id') }}", "../../etc/x", "C02'; --", "%2e"])
def test_a_hostile_serial_is_a_mac_that_kandji_does_not_know(watched, act, serial, tmp_path):
    done = act(serials=[serial], pin_dir=str(tmp_path))
    assert [row["reason_code"] for row in done["devices"]] == ["no_device"], done
    assert watched.writes() == []


@pytest.mark.parametrize("operation", ["Lock Device", "Get Device Commands"])
def test_a_missing_permission_is_named(watched, act, operation):
    watched.forbid(operation)
    refused = act()
    assert refused["failed"] and operation in refused["msg"], refused
