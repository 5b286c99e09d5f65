# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""okta_device against the lab: each state, what it costs, and what interrupts it."""

from __future__ import annotations

import json
import math

import pytest

from tests.functional.helpers.interleaving import before_request
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.helpers.results import okta_calls, states

MODULE = "okta_device"
LOST = "LOSTMAC00001"
ANY_NUMBER = {"max_devices": 1000, "max_percent": 100, "confirm_above": 1000}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def fleet(watched):
    return ResetFleet(watched)


def steps_of(watched, mark=0):
    return [operation.removesuffix("Device") for operation in watched.writes(mark)]


@pytest.mark.parametrize(
    "before, state, steps, after",
    [
        ("ACTIVE", "suspended", ["suspend"], "SUSPENDED"),
        ("SUSPENDED", "active", ["unsuspend"], "ACTIVE"),
        ("DEACTIVATED", "active", ["activate"], "ACTIVE"),
        ("ACTIVE", "deactivated", ["deactivate"], "DEACTIVATED"),
        ("SUSPENDED", "deactivated", ["deactivate"], "DEACTIVATED"),
        ("ACTIVE", "absent", ["deactivate", "delete"], None),
        ("DEACTIVATED", "absent", ["delete"], None),
    ],
)
def test_check_mode_predicts_a_state_and_the_second_run_changes_nothing(
    watched, fleet, run_module, before, state, steps, after
):
    record = fleet.stuck(LOST)
    record.status = before
    if before == "DEACTIVATED":
        record.users.clear()
    args = {"serials": [LOST], "state": state}
    planned = run_module(MODULE, args, lab=watched.lab, check=True)
    assert states(planned) == {record.id: "would_change"} and watched.writes() == [], planned
    done = run_module(MODULE, args, lab=watched.lab)
    assert done["devices"][0]["steps"] == planned["devices"][0]["steps"] == steps
    assert done["changes"] == planned["changes"] and done["plan_digest"] == planned["plan_digest"]
    assert bool(done["cannot_be_undone"]) is (state in ("deactivated", "absent"))
    assert steps_of(watched) == steps
    left = watched.world.okta.devices.get(record.id)
    assert (left.status if left else None) == after
    mark = watched.mark()
    again = run_module(MODULE, args, lab=watched.lab)
    assert not again["changed"] and watched.writes(mark) == [], again


def test_a_lost_mac_is_suspended_and_comes_back_as_it_was(watched, fleet, run_module):
    """Although its user is managed on it: nothing is lost. Kandji is not needed."""
    certificate = fleet.mac(LOST)
    user = fleet.user("ann@example.com", has_phone=False)
    record = fleet.record(LOST, user, managed_by=user)
    lost = run_module(MODULE, {"serials": [LOST], "state": "suspended"}, lab=watched.lab)
    assert states(lost) == {record.id: "changed"} and "kandji" not in str(lost["api_calls"]), lost
    found = run_module(MODULE, {"serials": [LOST], "state": "active"}, lab=watched.lab)
    assert states(found) == {record.id: "changed"} and record.status == "ACTIVE"
    assert watched.world.okta.registry.is_managed(record.id, user.id)
    assert certificate.status == "ACTIVE"


def test_a_serial_stands_for_all_its_records_and_an_id_for_one(watched, fleet, run_module):
    first, second = fleet.stuck(LOST), fleet.record(LOST)
    one = run_module(MODULE, {"device_ids": first.id, "state": "suspended"}, lab=watched.lab)
    assert states(one) == {first.id: "changed"} and second.status == "ACTIVE"
    both = run_module(MODULE, {"serials": LOST.lower(), "state": "suspended"}, lab=watched.lab)
    assert states(both) == {first.id: "unchanged", second.id: "changed"}, both


def test_a_person_leaves_and_a_shared_mac_stays_with_the_others(watched, fleet, run_module):
    ann, bob = fleet.user("ann@example.com"), fleet.user("bob@example.com")
    own, shared = fleet.record("OWNMAC000001", ann), fleet.record("SHAREDMAC001", ann, bob)
    phone = fleet.record("PHONE0000001", ann, platform="IOS")
    args = {"users": ["ann@example.com"], "state": "absent", **ANY_NUMBER}
    result = run_module(MODULE, args, lab=watched.lab)
    assert states(result) == {own.id: "changed", shared.id: "skipped", phone.id: "skipped"}, result
    codes = {row["device_id"]: row["reason_code"] for row in result["devices"]}
    assert codes[shared.id] == "shared" and codes[phone.id] == "other_platform"
    assert result["console_steps"] == [
        "SHAREDMAC001: on this Mac, ann@example.com opens Okta Verify, selects the account, then"
        " Remove account."
    ]
    assert shared.id in watched.world.okta.devices and bob.id in shared.users
    ann.status = "DEPROVISIONED"
    assert run_module(MODULE, args, lab=watched.lab)["console_steps"] == []


def test_a_device_that_works_and_a_last_authenticator_are_kept_unless_allowed(
    watched, fleet, run_module
):
    user = fleet.user("ann@example.com", has_phone=False)
    record = fleet.record(LOST, user, managed_by=user)
    args = {"serials": [LOST], "state": "absent"}
    kept = run_module(MODULE, args, lab=watched.lab)["devices"][0]
    assert kept["reason_code"] == "managed"
    kept = run_module(MODULE, {**args, "allow": ["managed"]}, lab=watched.lab)["devices"][0]
    assert kept["reason_code"] == "last_authenticator"
    freed = {**args, "allow": ["managed", "last_authenticator"]}
    assert states(run_module(MODULE, freed, lab=watched.lab)) == {record.id: "changed"}


@pytest.mark.parametrize("verb, state", [("SUSPEND", "suspended"), ("DELETE", "absent")])
def test_many_records_need_their_phrase(watched, fleet, run_module, verb, state):
    serials = [f"STOLENMAC{number:03}" for number in range(3)]
    for serial in serials:
        fleet.stuck(serial)
    org = watched.lab.announcement["okta_url"].removeprefix("https://")
    args = {**ANY_NUMBER, "serials": serials, "state": state, "confirm_above": 2}
    refused = run_module(MODULE, args, lab=watched.lab)
    assert f"set confirm: {verb} 3 DEVICES {org}" in refused["msg"] and watched.writes() == []
    too_many = run_module(MODULE, {**args, "max_devices": 2}, lab=watched.lab)
    assert "max_devices: 3 device records" in too_many["msg"]
    phrase = run_module(MODULE, args, lab=watched.lab, check=True)["confirm"]
    done = run_module(MODULE, {**args, "confirm": phrase}, lab=watched.lab)
    assert done["counts"] == {"changed": 3, "unchanged": 0, "skipped": 0, "absent": 0}


def test_only_the_plan_that_was_approved_is_carried_out(watched, fleet, run_module):
    fleet.stuck(LOST)
    args = {"serials": [LOST], "state": "suspended"}
    digest = run_module(MODULE, args, lab=watched.lab, check=True)["plan_digest"]
    other = run_module(MODULE, {**args, "state": "absent", "plan_digest": digest}, lab=watched.lab)
    assert "the plan is not the one that was approved" in other["msg"] and watched.writes() == []
    approved = {**args, "plan_digest": digest, "confirm_above": 0}
    assert run_module(MODULE, approved, lab=watched.lab)["changed"]


def test_each_step_is_audited(watched, fleet, run_module, tmp_path):
    fleet.stuck(LOST)
    args = {
        "serials": [LOST],
        "state": "suspended",
        "state_dir": str(tmp_path),
        "reason": "INC-77",
        "requested_by": "rosa",
    }
    file = run_module(MODULE, args, lab=watched.lab)["audit_file"]
    with open(file, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert [(row["result"], row["reason"], row["requested_by"]) for row in rows] == [
        ("started", "INC-77", "rosa"),
        ("suspended", "INC-77", "rosa"),
    ]


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("count", [1, 3, 45])
@pytest.mark.parametrize(
    "state, steps",
    [
        ("suspended", ["suspendDevice"]),
        ("active", ["unsuspendDevice"]),
        ("deactivated", ["deactivateDevice"]),
        ("absent", ["deactivateDevice", "deleteDevice"]),
    ],
)
def test_each_record_costs_its_steps_two_reads_and_a_part_of_a_search(
    watched, fleet, run_module, state, steps, count
):
    """And each user of a record that loses its users one read, and an unsuspension one of the log.

    No read is double: the record and its users are read right before the first step. A search for
    40 records plans them. A deletion takes two steps.
    """
    loses = state in ("deactivated", "absent")
    serials = [f"MANYMAC{number:05}" for number in range(count)]
    users = [fleet.user(f"many{number % 20}@example.com") for number in range(count)]
    records = [fleet.stuck(*pair) for pair in zip(serials, users)]
    for record in records:
        record.status = "SUSPENDED" if state == "active" else "ACTIVE"
    args = {"serials": serials, "state": state, **ANY_NUMBER}
    planned = okta_calls(run_module(MODULE, args, lab=watched.lab, check=True))
    done = run_module(MODULE, args, lab=watched.lab)
    assert done["counts"]["changed"] == count, done
    people = {"listAuthenticatorEnrollments": min(count, 20)} if loses else {}
    log = {"listLogEvents": 1} if state == "active" else {}
    calls = okta_calls(done)
    assert calls == {
        "listDevices": math.ceil(count / 40),
        "getDevice": count,
        "listDeviceUsers": count,
        **people,
        **log,
        **dict.fromkeys(steps, count),
    }
    more = math.ceil(count / 40) + sum(people.values()) + sum(log.values())
    assert planned.total() <= 3 * count + more
    assert calls.total() == (4 if state == "absent" else 3) * count + more


@pytest.mark.parametrize("state, each", [("deactivated", 3), ("absent", 4)])
def test_the_records_of_a_person_cost_the_same_and_three_reads_of_the_person(
    watched, fleet, run_module, state, each
):
    """The user, the user's records and authenticators."""
    user = fleet.user("ann@example.com")
    for number in range(3):
        fleet.stuck(f"HERMAC{number:06}", user)
    args = {"users": ["ann@example.com"], "state": state, **ANY_NUMBER}
    done = run_module(MODULE, args, lab=watched.lab)
    assert done["counts"]["changed"] == 3
    assert okta_calls(done).total() == each * 3 + math.ceil(3 / 40) + 3


def test_a_person_with_okta_verify_alone_costs_a_second_read(watched, fleet, run_module):
    """Whether another record is left decides, so the user's records are read."""
    user = fleet.user("ann@example.com", has_phone=False)
    serials = [f"HERMAC{number:06}" for number in range(3)]
    for serial in serials:
        fleet.stuck(serial, user)
    args = {"serials": serials[:2], "state": "deactivated", **ANY_NUMBER}
    done = run_module(MODULE, args, lab=watched.lab)
    assert done["counts"]["changed"] == 2
    assert okta_calls(done).total() == 3 * 2 + math.ceil(2 / 40) + 2


@pytest.mark.parametrize("is_approved", [True, False])
@pytest.mark.parametrize("stale", [True, False])
def test_a_search_with_stale_users_neither_deletes_nor_keeps_nor_counts_a_record(
    watched, fleet, run_module, stale, is_approved
):
    """What check mode predicts is done, whatever the search shows of management."""
    ann, bob = fleet.user("ann@example.com"), fleet.user("bob@example.com")
    works, stuck = fleet.record("WORKS0000001", ann), fleet.record("STUCK0000001", bob)
    works.users[ann.id].set_managed(True)
    stuck.users[bob.id].set_managed(True)
    stuck.users[bob.id].set_managed(False)
    watched.switch(stale_managed_in_search=stale)
    args = {"serials": ["WORKS0000001", "STUCK0000001"], "state": "absent", "max_devices": 1}
    planned = run_module(MODULE, args, lab=watched.lab, check=True)
    assert states(planned) == {works.id: "skipped", stuck.id: "would_change"}
    approval = {"confirm_above": 0, "plan_digest": planned["plan_digest"]} if is_approved else {}
    done = run_module(MODULE, {**args, **approval}, lab=watched.lab)
    assert states(done) == {works.id: "skipped", stuck.id: "changed"}, done


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("repeated", [204, 400])
@pytest.mark.parametrize("state", ["active", "suspended", "deactivated", "absent"])
def test_interrupted_at_any_request_the_next_run_finishes(
    watched, fleet, run_module, state, repeated
):
    """Whatever Okta answers to a step that was taken before."""
    watched.switch(repeated_lifecycle=repeated)
    number, requests = 0, None
    while requests is None or number < requests:
        serials = [f"CUT{state[:3].upper()}{number:03}{place}" for place in range(2)]
        records = [fleet.stuck(serial) for serial in serials]
        for record in records:
            record.status = "SUSPENDED" if state == "active" else "ACTIVE"
        args = {"serials": serials, "state": state, **ANY_NUMBER}

        def end() -> None:
            raise Killed

        try:
            with before_request(number, end) as run:
                run_module(MODULE, args, lab=watched.lab)
        except Killed:
            pass
        else:
            requests = len(run.sent)
        done = run_module(MODULE, args, lab=watched.lab)
        assert not done.get("failed") and done["counts"]["skipped"] == 0, (number, done)
        left = [watched.world.okta.devices.get(record.id) for record in records]
        expected = {"active": "ACTIVE", "suspended": "SUSPENDED", "deactivated": "DEACTIVATED"}
        assert [one.status if one else None for one in left] == [expected.get(state)] * 2, number
        number += 1
    assert number > 6


def test_a_serial_that_okta_does_not_know_is_named(watched, run_module):
    result = run_module(MODULE, {"serials": ["TYPO"], "state": "suspended"}, lab=watched.lab)
    assert result["counts"]["absent"] == 1 and not result["changed"]
    assert "Okta has no device record of TYPO" in str(result["warnings"])


@pytest.mark.parametrize("repeated", [204, 400])
def test_sessions_are_revoked_also_if_the_run_before_was_cut(watched, fleet, run_module, repeated):
    """The next run after one that was cut does what is left, sessions last."""
    watched.switch(repeated_lifecycle=repeated)
    user = fleet.user("ann@example.com")
    record = fleet.record(LOST, user)
    args = {"serials": [LOST], "state": "suspended", "revoke_sessions": True, "report_people": True}
    planned = run_module(MODULE, args, lab=watched.lab, check=True)
    assert planned["sessions_revoked"] == ["ann@example.com"] and watched.writes() == []
    assert planned["people"][0]["summary"] == (
        "ann@example.com can still sign in with okta_email, okta_password, phone_number."
    )
    watched.fault("5xx", "suspendDevice", times=1)
    assert run_module(MODULE, {**args, "api_retries": 0}, lab=watched.lab)["failed"]
    done = run_module(MODULE, args, lab=watched.lab)
    assert done["people"] == planned["people"] and record.status == "SUSPENDED"
    assert steps_of(watched) == ["suspend", "suspend", "revokeUserSessions"]
    mark = watched.mark()
    assert not run_module(MODULE, args, lab=watched.lab)["changed"]
    assert watched.writes(mark) == []
