# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""okta_device_reset against the lab.

What works and what is new is kept, what is gone is fine, one call for many.
"""

from __future__ import annotations

import json
import stat
from collections import Counter
from datetime import timedelta

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.helpers.results import states

MODULE = "okta_device_reset"
STUCK = "RESETMAC0001"


@pytest.fixture
def fleet(watched):
    return ResetFleet(watched)


def test_deactivated_and_deleted_and_absent_after(watched, fleet, run_module):
    record = fleet.stuck(STUCK)
    predicted = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab, check=True)
    assert (
        predicted["changed"]
        and predicted["devices"][0]["state"] == "would_reset"
        and watched.writes() == []
    ), predicted
    assert (
        "cannot be restored" in predicted["cannot_be_undone"][0]
        and "cannot be undone" in predicted["changes"][0]
    )
    done = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    assert done["devices"][0]["state"] == "reset" and watched.writes() == [
        "deactivateDevice",
        "deleteDevice",
    ], done
    assert record.id not in watched.world.okta.devices
    again = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    assert not again["changed"] and again["devices"][0]["state"] == "absent"


def test_only_the_plan_that_was_approved_is_carried_out(watched, fleet, run_module):
    fleet.stuck(STUCK)
    asked = {"serials": [STUCK, "RESETMAC0002"]}
    approved = run_module(MODULE, asked, lab=watched.lab, check=True)["plan_digest"]
    fleet.stuck("RESETMAC0002")
    for check in (True, False):
        refused = run_module(
            MODULE, {**asked, "plan_digest": approved}, lab=watched.lab, check=check
        )
        assert (
            refused["failed"]
            and "not the one that was approved. 2 device records would be deleted now"
            in refused["msg"]
            and watched.writes() == []
        ), refused
    done = run_module(
        MODULE,
        {**asked, "plan_digest": refused["plan_digest"], "confirm_above": 0},
        lab=watched.lab,
    )  # no phrase beside it
    assert done["counts"]["reset"] == 2 and done["plan_digest"] == refused["plan_digest"], done


# Each guard skips its record, and only that one: beside it stands one that is reset.


def managed(fleet):
    fleet.mac("GUARDED00001")
    user = fleet.user("ann@example.com")
    return fleet.record("GUARDED00001", user, managed_by=user)


def shared(fleet):
    fleet.mac("GUARDED00001")
    return fleet.record(
        "GUARDED00001", fleet.user("ann@example.com"), fleet.user("bob@example.com")
    )


def last_authenticator(fleet):
    return fleet.stuck("GUARDED00001", fleet.user("ann@example.com", has_phone=False))


def after_its_certificate(fleet):
    fleet.mac("GUARDED00001")
    return fleet.record("GUARDED00001", age=24)


def before_a_new_certificate(fleet):
    fleet.mac("GUARDED00001", certificate=2)
    return fleet.record("GUARDED00001")


def without_profile(fleet):
    fleet.mac("GUARDED00001", profile=False)
    return fleet.record("GUARDED00001")


def without_certificate(fleet):
    fleet.mac("GUARDED00001", certificate=None)
    return fleet.record("GUARDED00001")


def unknown_to_kandji(fleet):
    return fleet.record("GUARDED00001")


def part_of_a_serial(fleet):
    fleet.mac("XGUARDED00001")
    return fleet.record("GUARDED00001")


def another_platform(fleet):
    fleet.mac("GUARDED00001")
    return fleet.record("GUARDED00001", platform="IOS")


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    "guarded, lifted, said",
    [
        (managed, {"allow": ["managed"]}, "It works: ann@example.com is MANAGED on it"),
        (
            shared,
            {"allow": ["shared"]},
            "ann@example.com, bob@example.com would all have to register again",
        ),
        (
            last_authenticator,
            {"allow": ["last_authenticator"]},
            "It holds the last strong authenticator of ann@example.com",
        ),
        (
            after_its_certificate,
            {"allow": ["registered_after_certificate"]},
            "so it needs a FastPass sign-in",
        ),
        (
            before_a_new_certificate,
            {"allow": ["sign_in_pending"]},
            "a FastPass sign-in may cure the record without a reset",
        ),
        (before_a_new_certificate, {"sign_in_grace": 1}, "a FastPass sign-in may cure the record"),
        (without_profile, {"allow": ["no_profile"]}, "No live SCEP profile is known on its Mac"),
        (without_certificate, {"allow": ["no_profile"]}, "No certificate of its Mac is known yet"),
        (
            unknown_to_kandji,
            {"allow": ["unknown_to_kandji"]},
            "Kandji has no Mac with the serial GUARDED00001",
        ),
        (
            part_of_a_serial,
            {"allow": ["unknown_to_kandji"]},
            "Kandji has no Mac with the serial GUARDED00001",
        ),
        (another_platform, {"platforms": ["MACOS", "IOS"]}, "Its platform is IOS"),
    ],
)
def test_a_guard_skips_its_record_and_only_that_one(
    watched, fleet, run_module, guarded, lifted, said
):
    held, other = guarded(fleet), fleet.stuck(STUCK)
    args = {"serials": ["GUARDED00001", STUCK], "max_percent": 100}
    result = run_module(MODULE, args, lab=watched.lab)
    assert states(result) == {held.id: "skipped", other.id: "reset"}, result
    assert said in result["devices"][0]["reason"] and watched.writes() == [
        "deactivateDevice",
        "deleteDevice",
    ]
    freed = run_module(MODULE, {**args, **lifted}, lab=watched.lab)
    assert freed["counts"]["reset"] == 1 and held.id not in watched.world.okta.devices, freed


@pytest.mark.lab(macs=1)
def test_a_registration_after_created_before_is_kept(watched, fleet, run_module):
    now = watched.world.clock.now()
    fleet.mac("GUARDED00001", certificate=1)
    held, other = fleet.record("GUARDED00001", age=2), fleet.stuck(STUCK)
    args = {
        "serials": ["GUARDED00001", STUCK],
        "max_percent": 100,
        "created_before": (now - timedelta(hours=3)).isoformat(),
    }
    result = run_module(MODULE, args, lab=watched.lab)
    assert (
        states(result) == {held.id: "skipped", other.id: "reset"}
        and "new registration is kept" in result["devices"][0]["reason"]
    ), result


@pytest.mark.lab(macs=1)
def test_of_several_records_the_newest_is_kept_and_the_rest_is_offered(watched, fleet, run_module):
    fleet.mac("GUARDED00001")
    user = fleet.user()
    old, new, other = (
        fleet.record("GUARDED00001", user, age=200),
        fleet.record("GUARDED00001", user, age=96),
        fleet.stuck(STUCK),
    )
    args = {"serials": ["GUARDED00001", STUCK], "max_percent": 100}
    result = run_module(MODULE, args, lab=watched.lab)
    assert states(result) == {old.id: "skipped", new.id: "skipped", other.id: "reset"}
    reasons = {row["device_id"]: row["reason"] for row in result["devices"]}
    assert (
        f"name its id ({old.id})" in reasons[old.id] and "the one to keep of 2" in reasons[new.id]
    )
    args["duplicates"] = "clean_up"
    assert states(run_module(MODULE, args, lab=watched.lab)) == {
        old.id: "reset",
        new.id: "skipped",
        None: "absent",
    }
    again = run_module(MODULE, args, lab=watched.lab)
    assert (
        not again["changed"]
        and "a clean-up resets spare records only" in again["devices"][0]["reason"]
    ), "the kept one stays kept"


@pytest.mark.lab(macs=1)
def test_the_newest_record_is_kept_though_an_older_one_is_managed(watched, fleet, run_module):
    """The Mac was erased: the old record stays managed, and the new one is in use."""
    fleet.mac("GUARDED00001")
    user = fleet.user()
    managed, newest = (
        fleet.record("GUARDED00001", user, age=200, managed_by=user),
        fleet.record("GUARDED00001", user, age=96),
    )
    done = run_module(
        MODULE, {"serials": ["GUARDED00001"], "duplicates": "clean_up"}, lab=watched.lab
    )
    codes = {row["device_id"]: row["reason_code"] for row in done["devices"]}
    assert codes == {managed.id: "managed", newest.id: "other_record"} and not done["changed"]


@pytest.mark.lab(macs=1)
def test_clean_up_deletes_the_record_that_nobody_uses(watched, fleet, run_module):
    fleet.mac("GUARDED00001")
    used, orphan = fleet.record("GUARDED00001", age=200), fleet.record("GUARDED00001", age=96)
    orphan.users.clear()
    args = {"serials": ["GUARDED00001"], "duplicates": "clean_up", "max_percent": 100}
    done = run_module(MODULE, args, lab=watched.lab)
    assert states(done) == {used.id: "skipped", orphan.id: "reset"}


@pytest.mark.lab(macs=1)
def test_a_duplicate_is_deleted_by_its_id_and_the_kept_one_stays(watched, fleet, run_module):
    """The reason of a skipped duplicate offers that."""
    fleet.mac("GUARDED00001")
    user = fleet.user("ann@example.com")
    old, new = (fleet.record("GUARDED00001", user, age=age) for age in (200, 96))
    args = {"serials": ["GUARDED00001"], "device_ids": [old.id], "max_percent": 100}
    done = run_module(MODULE, args, lab=watched.lab)
    assert states(done) == {old.id: "reset", new.id: "skipped"}
    assert done["messages"] == []
    again = run_module(MODULE, args, lab=watched.lab)
    assert states(again) == {None: "absent", new.id: "skipped"} and not again["changed"]
    assert [row["reason_code"] for row in again["devices"]] == ["kept_record", "no_record"]
    assert new.id in watched.world.okta.devices


@pytest.mark.lab(macs=1)
def test_who_is_managed_on_the_kept_record_is_not_asked_to_register(watched, fleet, run_module):
    fleet.mac("GUARDED00001")
    user = fleet.user("ann@example.com")
    fleet.record("GUARDED00001", user, age=200, managed_by=user)
    spare = fleet.record("GUARDED00001", user, age=250)
    args = {"serials": ["GUARDED00001"], "duplicates": "clean_up", "max_percent": 100}
    done = run_module(MODULE, args, lab=watched.lab)
    assert states(done)[spare.id] == "reset" and done["messages"] == []


@pytest.mark.lab(macs=1)
def test_people_who_share_a_mac_keep_their_records(watched, fleet, run_module):
    fleet.mac("GUARDED00001")
    ann, bob = fleet.user("ann@example.com"), fleet.user("bob@example.com")
    kept = fleet.record("GUARDED00001", ann, age=200, managed_by=ann)
    other = fleet.record("GUARDED00001", bob, age=250)
    args = {"serials": ["GUARDED00001"], "duplicates": "clean_up", "max_percent": 100}
    result = run_module(MODULE, args, lab=watched.lab)
    codes = {row["device_id"]: row["reason_code"] for row in result["devices"]}
    assert codes == {kept.id: "managed", other.id: "shared"} and not result["changed"]
    done = run_module(MODULE, {**args, "allow": ["shared"]}, lab=watched.lab)
    assert states(done)[other.id] == "reset"
    assert [message["to"] for message in done["messages"]] == ["bob@example.com"]


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("platform", ["WINDOWS", "IOS"])
def test_a_mac_keeps_its_record_next_to_one_of_another_platform(
    watched, fleet, run_module, platform
):
    fleet.mac("GUARDED00001")
    user = fleet.user("ann@example.com")
    mac = fleet.record("GUARDED00001", user, age=200)
    fleet.record("GUARDED00001", user, age=96, platform=platform)
    args = {"serials": ["GUARDED00001"], "duplicates": "clean_up", "max_percent": 100}
    result = run_module(MODULE, args, lab=watched.lab)
    assert not result["changed"] and mac.id in watched.world.okta.devices


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("status, state", [("SUSPENDED", "skipped"), ("DEPROVISIONED", "reset")])
def test_who_is_suspended_keeps_the_last_authenticator(watched, fleet, run_module, status, state):
    user = fleet.user("ann@example.com", has_phone=False)
    record = fleet.stuck(STUCK, user)
    user.status = status
    done = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    assert states(done) == {record.id: state}
    assert [message["to"] for message in done["messages"]] == ([""] if state == "reset" else [])


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("duplicates", ["skip", "clean_up", "each"])
def test_a_suspended_record_is_kept_until_it_is_allowed(watched, fleet, run_module, duplicates):
    blocked, newer = fleet.stuck(STUCK), fleet.record(STUCK, age=90)
    blocked.status = "SUSPENDED"
    args = {"serials": [STUCK], "duplicates": duplicates, "max_percent": 100}
    run_module(MODULE, args, lab=watched.lab)
    result = run_module(MODULE, {"device_ids": [blocked.id]}, lab=watched.lab)
    assert blocked.id in watched.world.okta.devices
    assert result["devices"][0]["reason_code"] == "suspended", result
    watched.world.okta.devices.pop(newer.id, None)
    allowed = {"serials": [STUCK], "allow": ["suspended"]}
    assert states(run_module(MODULE, allowed, lab=watched.lab))[blocked.id] == "reset"
    assert blocked.id not in watched.world.okta.devices


@pytest.mark.lab(macs=1)
def test_spellings_of_a_record_count_as_one(watched, fleet, run_module):
    first, second = fleet.stuck("RESETMAC0001"), fleet.stuck("RESETMAC0002")
    by_serial = {"serials": [" resetmac0001 ", "RESETMAC0001"], "max_devices": 1}
    done = run_module(MODULE, by_serial, lab=watched.lab)
    assert done["counts"] == {"reset": 1, "skipped": 0, "absent": 0}, done
    by_id = {"device_ids": [second.id, second.id.lower()], "max_devices": 1}
    mark = watched.mark()
    done = run_module(MODULE, by_id, lab=watched.lab)
    assert done["counts"] == {"reset": 1, "skipped": 0, "absent": 0}, done
    assert watched.writes(mark) == ["deactivateDevice", "deleteDevice"]
    assert not {first.id, second.id} & set(watched.world.okta.devices)


@pytest.mark.lab(macs=1)
def test_a_user_with_two_records_keeps_the_last_account_of_okta_verify(watched, fleet, run_module):
    ann = fleet.user("ann@example.com", has_phone=False)
    first, second = fleet.stuck("RESETMAC0001", ann), fleet.stuck("RESETMAC0002", ann)
    done = run_module(
        MODULE, {"serials": ["RESETMAC0001", "RESETMAC0002"], "max_percent": 100}, lab=watched.lab
    )
    assert (
        states(done) == {first.id: "reset", second.id: "skipped"}
        and "ann@example.com" in done["devices"][1]["reason"]
    )


@pytest.mark.lab(macs=1)
def test_a_suspended_device_is_no_other_way_in(watched, fleet, run_module):
    ann = fleet.user("ann@example.com", has_phone=False)
    held, suspended = fleet.stuck(STUCK, ann), fleet.record("SUSPENDED001", ann)
    suspended.status = "SUSPENDED"
    result = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    assert (
        states(result) == {held.id: "skipped"}
        and "ann@example.com" in result["devices"][0]["reason"]
    )
    suspended.status = "ACTIVE"
    assert states(run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)) == {held.id: "reset"}


@pytest.mark.lab(macs=1)
def test_a_fastpass_sign_in_that_did_not_help_ends_the_waiting(watched, fleet, run_module):
    record = before_a_new_certificate(fleet)
    user_id = next(iter(record.users))
    args = {"serials": ["GUARDED00001"]}
    watched.world.okta.registry.sign_in(user_id=user_id, device_id=record.id, method="push")
    assert run_module(MODULE, args, lab=watched.lab)["counts"]["skipped"] == 1
    assert not watched.world.okta.registry.sign_in(user_id=user_id, device_id=record.id)
    assert run_module(MODULE, args, lab=watched.lab)["counts"]["reset"] == 1


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("change", ["deleted", "SUSPENDED", "DEACTIVATED"])
def test_a_spare_record_stays_where_the_one_to_keep_is_lost_meanwhile(
    watched, fleet, run_module, change
):
    fleet.mac("GUARDED00001")
    user = fleet.user()
    spare = fleet.record("GUARDED00001", user, age=200)
    keep = fleet.record("GUARDED00001", user, age=96)

    def lose(exchange):
        if exchange.operation == "getDevice" and spare.id in exchange.path:
            if change == "deleted":
                watched.world.okta.devices.pop(keep.id, None)
            else:
                keep.status = change

    watched.world.observers.append(lose)
    args = {"serials": ["GUARDED00001"], "duplicates": "clean_up", "max_percent": 100}
    result = run_module(MODULE, args, lab=watched.lab)
    assert spare.id in watched.world.okta.devices
    codes = {row["device_id"]: row["reason_code"] for row in result["devices"]}
    assert codes == {spare.id: "kept_record_gone", keep.id: "kept_record"}


@pytest.mark.lab(macs=1)
def test_a_record_that_turns_to_managed_behind_a_stale_search_is_kept(watched, fleet, run_module):
    fleet.mac(STUCK)
    user = fleet.user()
    record = fleet.record(STUCK, user, managed_by=user)
    watched.switch(stale_managed_in_search=True)
    assert states(run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)) == {
        record.id: "skipped"
    }


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("touches", [True, False])
def test_who_becomes_managed_while_a_long_run_is_under_way_is_kept(
    watched, fleet, run_module, touches
):
    watched.switch(sign_in_touches_record=touches, record_before_certificate="heals")
    booked, ann = fleet.mac("RESETMAC0002"), fleet.user("ann@example.com")
    first, second = fleet.stuck("RESETMAC0001"), fleet.record("RESETMAC0002", ann)

    def meanwhile(exchange):
        if exchange.operation == "deleteDevice" and first.id in exchange.path:
            watched.world.clock.advance(minutes=6)
            assert watched.world.okta.registry.sign_in(
                user_id=ann.id, device_id=second.id, certificate=booked.serial_number
            )

    watched.world.observers.append(meanwhile)
    done = run_module(
        MODULE, {"serials": ["RESETMAC0001", "RESETMAC0002"], "max_percent": 100}, lab=watched.lab
    )
    assert (
        states(done) == {first.id: "reset", second.id: "skipped"}
        and "ann@example.com is MANAGED on it" in done["devices"][1]["reason"]
    ), done


# Limits


@pytest.fixture
def three(fleet):
    return [fleet.stuck(f"RESETMAC000{number}") for number in range(3)]


SERIALS = [f"RESETMAC000{number}" for number in range(3)]


def test_more_than_max_devices_and_nothing_is_written(watched, three, run_module):
    refused = run_module(MODULE, {"serials": SERIALS, "max_devices": 2}, lab=watched.lab)
    assert refused["failed"] and refused["count"] == 3 and watched.writes() == []
    done = run_module(MODULE, {"serials": SERIALS, "max_devices": 3}, lab=watched.lab)
    calls = Counter(
        {row["operation"]: row["count"] for row in done["api_calls"] if row["vendor"] == "okta"}
    )
    assert (
        done["counts"]["reset"] == 3
        and calls.pop("listAuthenticatorEnrollments") == 3
        # a search and a log; the record, its users, two steps for each
        and calls.total() == 2 + 4 * 3
    )


def test_more_than_max_percent_of_the_fleet_and_nothing_is_written(watched, three, run_module):
    refused = run_module(MODULE, {"serials": SERIALS, "max_percent": 5}, lab=watched.lab)
    assert (
        refused["failed"]
        and "max_percent: 3 device records" in refused["msg"]
        and watched.writes() == []
    )


def test_above_confirm_above_only_the_phrase_lets_it_go(watched, three, run_module):
    args = {"serials": SERIALS, "confirm_above": 2}
    host = watched.lab.announcement["okta_url"].removeprefix("https://")
    phrase = run_module(MODULE, args, lab=watched.lab, check=True)["confirm"]
    assert phrase == f"RESET 3 DEVICES {host}"
    for wrong in (
        "",
        "RESET 2 DEVICES " + host,
        "RESET 4 DEVICES " + host,
        "RESET 3 DEVICES other.okta.com",
        phrase.lower(),
    ):
        refused = run_module(MODULE, {**args, "confirm": wrong}, lab=watched.lab)
        assert refused["failed"] and phrase in refused["msg"] and watched.writes() == []
    assert run_module(MODULE, {**args, "confirm": phrase}, lab=watched.lab)["counts"]["reset"] == 3


def test_cut_short_the_phrase_is_good_for_the_rest(watched, three, run_module):
    host = watched.lab.announcement["okta_url"].removeprefix("https://")
    args = {"serials": SERIALS, "confirm_above": 1, "confirm": f"RESET 3 DEVICES {host}"}
    watched.fault("5xx", "deleteDevice", after=1, times=1, status=418)
    assert run_module(MODULE, args, lab=watched.lab)["failed"]
    assert run_module(MODULE, args, lab=watched.lab)["counts"] == {
        "reset": 2,
        "skipped": 0,
        "absent": 1,
    }


# Who


@pytest.mark.lab(macs=1)
def test_a_device_id_is_reset_and_its_twin_stays(watched, fleet, run_module):
    fleet.mac(STUCK)
    asked, twin = fleet.record(STUCK), fleet.record(STUCK, age=200)
    assert states(run_module(MODULE, {"device_ids": [asked.id]}, lab=watched.lab)) == {
        asked.id: "reset"
    }
    assert twin.id in watched.world.okta.devices


@pytest.mark.lab(macs=1)
def test_a_users_phone_is_left_alone_and_so_is_what_kandji_does_not_know(
    watched, fleet, run_module
):
    ann = fleet.user("ann@example.com")
    mac, phone, private = (
        fleet.stuck(STUCK, ann),
        fleet.record("PHONE0000001", ann, platform="IOS"),
        fleet.record("PRIVATEMAC01", ann),
    )
    done = run_module(MODULE, {"users": ["ann@example.com"]}, lab=watched.lab)
    assert states(done) == {mac.id: "reset", phone.id: "skipped", private.id: "skipped"}


def test_users_are_found_by_login_on_all_their_macs(watched, fleet, run_module):
    ann = fleet.user("ann@example.com")
    records = [fleet.stuck("RESETMAC0001", ann), fleet.stuck("RESETMAC0002", ann)]
    done = run_module(MODULE, {"users": ["ann@example.com", "nobody@example.com"]}, lab=watched.lab)
    # A user whom Okta does not have is a row without a record.
    assert states(done) == {**{one.id: "reset" for one in records}, None: "absent"}
    assert any(
        "no user with the id or login 'nobody@example.com'" in text for text in done["warnings"]
    )


def test_a_stage_of_a_ring_is_reset(watched, run_module):
    early = [one.serial for one in watched.world.people if one.habit == "early"]
    blueprint = watched.world.kandji.blueprints[watched.mac(early[0]).device.blueprint_id].name
    profile = {"name": "Okta SCEP - early", "blueprints": [blueprint]}
    assert not run_module("kandji_scep_profile", profile, lab=watched.lab).get("failed")
    watched.live()
    watched.world.clock.advance(days=2)
    ring = {"name": "early", "blueprints": [blueprint], "scep_profile": profile["name"]}
    args = {"stages": ["REGISTERED_BEFORE_CERTIFICATE"], "rings": [ring]}
    done = run_module(MODULE, args, lab=watched.lab)
    assert {row["serial_number"] for row in done["devices"]} <= set(early) and done["counts"][
        "reset"
    ] >= 1, done
    assert "rings" in run_module(MODULE, {"stages": ["MANAGED"]}, lab=watched.lab)["msg"]
    assert (
        "is not a stage"
        in run_module(MODULE, {"stages": ["STUCK"], "rings": [ring]}, lab=watched.lab)["msg"]
    )


def test_nobody_named_is_a_mistake_and_an_empty_list_is_nothing_to_do(watched, run_module):
    refused = run_module(MODULE, {}, lab=watched.lab)
    assert refused["failed"] and "serials" in refused["msg"] and "device_ids" in refused["msg"]
    idle = run_module(MODULE, {"serials": []}, lab=watched.lab)
    assert not idle["changed"] and idle["devices"] == [] and watched.asked() == []


# How


@pytest.mark.parametrize(
    "switches",
    [
        {"repeated_lifecycle": 400},
        {"repeated_lifecycle": 204},
        {"repeated_lifecycle": 400, "lifecycle_lag_seconds": 1.0},
    ],
)
@pytest.mark.parametrize("operation", ["deactivateDevice", "deleteDevice"])
def test_a_step_whose_answer_was_lost_is_a_step_done(
    watched, fleet, run_module, operation, switches
):
    watched.switch(**switches)
    record = fleet.stuck(STUCK)
    watched.fault("drop", operation, times=1)
    done = run_module(MODULE, {"device_ids": [record.id]}, lab=watched.lab)
    assert done["devices"][0]["state"] == "reset" and record.id not in watched.world.okta.devices


def test_reset_and_registered_anew_the_same_command_deletes_nothing(watched, fleet, run_module):
    fleet.stuck(STUCK)
    run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    new = fleet.record(STUCK, age=0)
    watched.world.clock.advance(minutes=5)
    again = run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)
    assert (
        not again["changed"]
        and states(again) == {new.id: "skipped"}
        and new.id in watched.world.okta.devices
    )


def test_each_step_is_kept_for_an_audit(watched, fleet, run_module, tmp_path):
    record = fleet.stuck(STUCK)
    args = {
        "serials": [STUCK],
        "reason": "CHG-1042",
        "requested_by": "ann",
        "state_dir": str(tmp_path / "state"),
    }
    run_module(MODULE, args, lab=watched.lab, check=True)
    assert not (tmp_path / "state").exists(), "check mode leaves nothing behind"
    done = run_module(MODULE, args, lab=watched.lab)
    file = tmp_path / "state" / "device_audit.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert done["audit_file"] == str(file) and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one["result"] for one in lines] == ["started", "deactivated", "deleted"] and lines[0][
        "state_before"
    ] == "ACTIVE"
    assert {
        (one["requested_by"], one["reason"], one["device_id"], one["serial_number"])
        for one in lines
    } == {("ann", "CHG-1042", record.id, STUCK)}
    assert [one["request_id"] for one in lines][1:] == [
        one.request_id for one in watched.asked() if one.writes
    ]


def test_without_a_place_for_the_audit_it_says_so_and_with_a_bad_one_it_stops(
    watched, fleet, run_module, tmp_path
):
    fleet.stuck(STUCK)
    (tmp_path / "file").write_text("")
    refused = run_module(
        MODULE,
        {"serials": [STUCK], "state_dir": str(tmp_path / "file")},
        lab=watched.lab,
    )
    assert refused["failed"] and "state_dir" in refused["msg"] and watched.writes() == []
    assert "no audit" in run_module(MODULE, {"serials": [STUCK]}, lab=watched.lab)["warnings"][0]


@pytest.mark.lab(macs=1)
def test_who_waits_sees_how_far_it_is(watched, fleet, run_module, tmp_path, monkeypatch):
    fleet.mac("GUARDED00001", profile=False)
    held, gone = fleet.record("GUARDED00001"), fleet.stuck(STUCK)
    progress = tmp_path / "progress"
    progress.touch()
    monkeypatch.setenv("DEVICE_TRUST_PROGRESS_FILE", str(progress))
    run_module(MODULE, {"device_ids": [held.id, gone.id]}, lab=watched.lab)
    lines = progress.read_text().splitlines()
    steps = [line for line in lines if "kta: " not in line and "andji: " not in line]
    assert steps == [
        "1 of 2 records read",
        "2 of 2 records read",
        "0 of 1 records reset",
        f"1 of 1: {STUCK} ({gone.id}) reset",
    ]
    assert "0 of 1 records reset; Okta: deleteDevice, 1 request" in lines
    # It is a courtesy: without a file that is there, the reset goes on.
    progress.unlink()
    third = fleet.stuck("RESETMAC0003")
    done = run_module(MODULE, {"device_ids": [third.id]}, lab=watched.lab)
    assert done["counts"]["reset"] == 1 and not progress.exists()


def test_a_certificate_that_dies_with_its_record_is_told(watched, fleet, run_module):
    booked = fleet.mac(STUCK)
    user = fleet.user()
    bound, free = fleet.record(STUCK, user), fleet.stuck("RESETMAC0002")
    watched.switch(record_before_certificate="heals")
    assert watched.world.okta.registry.sign_in(
        user_id=user.id, device_id=bound.id, certificate=booked.serial_number
    )
    bound.users[user.id].set_managed(False)
    told = run_module(
        MODULE,
        {"serials": [STUCK, "RESETMAC0002"], "report_bound_certificates": True},
        lab=watched.lab,
        check=True,
    )
    assert {row["device_id"]: row["certificate_bound"] for row in told["devices"]} == {
        bound.id: True,
        free.id: False,
    }, told
