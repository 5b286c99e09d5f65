# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/clean_up_records.yml over some weeks, and okta_device with unused_days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.functional.helpers.interleaving import before_request
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

CLEAN_UP = CHECKOUT / "playbooks" / "clean_up_records.yml"
MODULE = "okta_device"
AGE = 24 * 100.0  # hours
ANY_NUMBER = {"max_devices": 1000, "max_percent": 100, "confirm_above": 1000}


class Killed(BaseException):
    """The process ends here."""


def shared_fleet(watched):
    """Return a fleet of which one Mac is always in use: Okta and Kandji belong together."""
    fleet, serial = ResetFleet(watched), "SHAREDMAC001"
    fleet.mac(serial)
    fleet.record(serial, age=1.0)
    device = next(each for each in watched.world.kandji.devices.values() if each.serial == serial)
    device.last_check_in += timedelta(days=3650)
    return fleet


class Weeks:
    """A company in which records got old, and nightly runs that its schedule starts."""

    def __init__(self, watched, playbook, url):
        self.watched, self._playbook = watched, playbook
        fleet = self.fleet = ResetFleet(watched)
        self.orphaned = fleet.record("ORPHANMAC001", age=AGE)
        self.young = fleet.record("YOUNGMAC0001", age=24.0)
        alone = fleet.user("alone@example.com", has_phone=False)
        self.last = fleet.record("LASTMAC00001", alone, age=AGE)
        fleet.mac("TWICEMAC0001")
        twice = fleet.user("twice@example.com")
        self.spare = fleet.record("TWICEMAC0001", twice, age=AGE)
        self.kept = fleet.record("TWICEMAC0001", twice, age=AGE / 2)
        self.lost = fleet.record("LOSTMAC00001", age=24.0 * 50)
        self.drawer = fleet.record("DRAWERMAC001", age=AGE)
        self.erased = fleet.record("ERASEDMAC001", age=24.0 * 50)
        self.variables = {
            "device_trust_notify_url": url,
            "device_trust_clean_up_max_percent": 100,
        }

    def block(self, run_module):
        """Have a helpdesk block the lost Macs, with the credentials of the clean-up."""
        lost = ["LOSTMAC00001", "DRAWERMAC001"]
        for serials, state in ((lost, "suspended"), (["ERASEDMAC001"], "deactivated")):
            args = {"serials": serials, "state": state, "allow": ["last_authenticator"]}
            done = run_module(MODULE, {**args, **ANY_NUMBER}, lab=self.watched.lab)
            assert done["counts"]["changed"] == len(serials), done

    def night(self, check=False):
        """Run it, and return its result and what it wrote."""
        mark = self.watched.mark()
        result = self._playbook(self.watched.lab, CLEAN_UP, check=check, variables=self.variables)
        return result, self.watched.writes(mark)

    def status(self, record):
        known = self.watched.world.okta.devices.get(record.id)
        return known.status if known else None


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_what_nobody_uses_is_suspended_and_goes_after_the_grace(
    watched, playbook, run_module, webhook
):
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    weeks.block(run_module)
    blocked = [weeks.lost, weeks.drawer, weeks.erased]
    planned, writes = weeks.night(check=True)
    assert planned.status == 0 and writes == [] and bodies == [], planned.output
    first, writes = weeks.night()
    assert first.status == 0 and writes == ["suspendDevice"] * 2, first.output
    assert planned.changed == first.changed
    states = [weeks.orphaned, weeks.spare, weeks.kept, weeks.young, weeks.last]
    assert [weeks.status(record) for record in states] == [
        *("SUSPENDED", "SUSPENDED", "ACTIVE", "ACTIVE", "ACTIVE")
    ]
    assert "LASTMAC00001" in first.output and "the last strong authenticator" in first.output
    assert len(bodies) == 1 and "0 deleted, 2 suspended" in bodies[0]["text"]
    assert "twice@example.com" in bodies[0]["text"]
    again, writes = weeks.night()
    assert again.status == 0 and again.changed == [] and writes == [] and len(bodies) == 1
    watched.world.clock.advance(days=13)
    waiting, writes = weeks.night()
    assert waiting.status == 0 and writes == [] and "is deleted after" in waiting.output
    assert len(bodies) == 2 and "twice@example.com" in bodies[1]["text"]
    assert "deleted at the time that each shows: 2." in bodies[1]["text"]
    watched.world.clock.advance(days=2)
    planned, writes = weeks.night(check=True)
    assert planned.status == 0 and writes == [], planned.output
    done, writes = weeks.night()
    assert done.status == 0 and writes == ["deactivateDevice", "deleteDevice"] * 2, done.output
    assert planned.changed == done.changed
    assert [weeks.status(record) for record in states] == [
        *(None, None, "ACTIVE", "ACTIVE", "ACTIVE")
    ]
    assert "it may be that of a lost Mac" in done.output and "has lost its users" in done.output
    assert "2 deleted, 0 suspended" in bodies[-1]["text"]
    last, writes = weeks.night()
    assert last.status == 0 and last.changed == [] and writes == [], last.output
    watched.world.clock.advance(days=60)
    late, writes = weeks.night()
    assert late.status == 0 and "deleteDevice" not in writes, late.output
    states = [weeks.status(record) for record in blocked]
    assert states == ["SUSPENDED", "SUSPENDED", "DEACTIVATED"]


@pytest.mark.lab(macs=3)
def test_a_refusal_is_sent_and_fails_the_run(watched, playbook, webhook):
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    weeks.variables["device_trust_clean_up_max_devices"] = 1
    result, writes = weeks.night()
    assert result.status != 0 and writes == []
    sentence = "device_trust_clean_up_max_devices: 3 device records"
    assert sentence in result.output and sentence in bodies[0]["text"]


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_a_notification_that_was_not_posted_is_posted_by_the_next_run(
    watched, playbook, webhook, webhook_statuses, tmp_path
):
    """Those of the second night are in the grace, of which a message without a change is silent."""
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    weeks.variables["device_trust_state_dir"] = str(tmp_path)
    record = tmp_path / "clean-up.notification"
    webhook_statuses.append(500)
    failed, writes = weeks.night()
    assert failed.status != 0 and "suspendDevice" in writes and bodies == [], failed.output
    text = " ".join(failed.output.split())
    assert "The next run of clean_up_records.yml posts it." in text, failed.output
    assert record.stat().st_mode & 0o777 == 0o600
    predicted, _writes = weeks.night(check=True)
    assert predicted.status == 0 and bodies == [] and record.exists(), predicted.output
    record.write_text(record.read_text() + "x" * 20_000)  # as after many nights
    done, writes = weeks.night()
    (body,) = bodies
    assert done.status == 0 and writes == [] and "ORPHANMAC001" in body["text"], done.output
    assert len(body["text"]) == 4000 and body["text"].endswith("of that run has the rest.")
    assert not record.exists()
    quiet, _writes = weeks.night()
    assert quiet.status == 0 and len(bodies) == 1, quiet.output
    assert "hook-with-a-secret" not in failed.output + done.output


@pytest.mark.lab(macs=3)
def test_a_suspension_above_the_limit_stops_the_run_before_a_deletion(watched, playbook, webhook):
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    first, _writes = weeks.night()
    assert first.status == 0, first.output
    watched.world.clock.advance(days=15)
    weeks.variables["device_trust_clean_up_max_devices"] = 3
    for number in range(4):
        weeks.fleet.record(f"LATERMAC{number:04}", age=AGE)
    result, writes = weeks.night()
    assert result.status != 0 and writes == [], result.output
    assert "6 device records" in bodies[-1]["text"] and "Nothing was written" in bodies[-1]["text"]
    assert "were deleted before" not in bodies[-1]["text"]


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_a_failure_after_the_deletion_says_what_was_deleted(watched, playbook, webhook):
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    first, _writes = weeks.night()
    assert first.status == 0, first.output
    watched.world.clock.advance(days=15)
    weeks.fleet.record("LATERMAC0001", age=AGE)
    watched.forbid("suspendDevice")
    result, _writes = weeks.night()
    assert result.status != 0 and weeks.status(weeks.orphaned) is None, result.output
    text = bodies[-1]["text"]
    assert "3 device records were deleted before." in text and "ORPHANMAC001" in text


@pytest.mark.lab(macs=3)
def test_a_suspension_that_fails_in_the_middle_says_what_was_suspended(watched, playbook, webhook):
    url, bodies = webhook
    weeks = Weeks(watched, playbook, url)
    watched.fault("5xx", "suspendDevice", after=1, times=None, status=501)
    result, _writes = weeks.night()
    assert result.status != 0, result.output
    [suspended] = [
        each for each in watched.world.okta.devices.values() if each.status == "SUSPENDED"
    ]
    assert "1 device records were suspended before." in bodies[0]["text"]
    assert suspended.id in bodies[0]["text"]


@pytest.mark.lab(macs=1)
def test_a_lost_mac_is_suspended_without_the_scope_of_the_log(watched, run_module):
    record = ResetFleet(watched).record("LOSTMAC00001")
    scopes = ["okta.devices.manage", "okta.devices.read", "okta.users.read"]
    made = watched.control("POST", "/okta/apps", {"scopes": scopes})
    args = {
        "okta_api_token": "",
        "okta_client_id": made["client_id"],
        "okta_private_key": made["private_key"],
        "okta_key_id": made["key_id"],
        "state": "suspended",
    }
    done = run_module(MODULE, {**args, "serials": ["LOSTMAC00001"]}, lab=watched.lab)
    assert not done.get("failed") and record.status == "SUSPENDED", done


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(("repeated", "lag"), [(204, 0.0), (400, 0.0), (400, 1.0)])
def test_a_mac_that_gets_lost_after_a_clean_up_suspended_it_is_never_deleted(
    watched, playbook, run_module, webhook, repeated, lag
):
    """One run of lost_mac.yml is enough, and its second one changes nothing."""
    watched.switch(repeated_lifecycle=repeated, lifecycle_lag_seconds=lag)
    url, _bodies = webhook
    weeks = Weeks(watched, playbook, url)
    _first, writes = weeks.night()
    assert {*writes} == {"suspendDevice"} and weeks.status(weeks.orphaned) == "SUSPENDED"
    watched.world.clock.advance(days=15)
    variables = {"device_trust_lost_serials": ["ORPHANMAC001"]}
    lost, mark = CHECKOUT / "playbooks" / "lost_mac.yml", watched.mark()
    planned = playbook(watched.lab, lost, check=True, variables=variables)
    assert planned.status == 0 and planned.changed and watched.writes(mark) == [], planned.output
    assert "It would be suspended again, so that no clean-up deletes it." in planned.output
    done = playbook(watched.lab, lost, variables=variables)
    assert done.status == 0 and weeks.status(weeks.orphaned) == "SUSPENDED", done.output
    assert watched.writes(mark)[0] == "unsuspendDevice" and planned.changed == done.changed
    mark = watched.mark()
    again = playbook(watched.lab, lost, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
    for days in (0, 1, 30, 80):
        watched.world.clock.advance(days=days)
        weeks.night()
        assert weeks.status(weeks.orphaned) == "SUSPENDED", days


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_a_mac_that_gets_lost_minutes_after_a_clean_up_is_not_called_safe(
    watched, playbook, run_module, webhook
):
    """The System Log does not show yet that a clean-up suspended it."""
    weeks = Weeks(watched, playbook, webhook[0])
    watched.switch(log_lag_seconds=300.0)
    weeks.night()
    assert weeks.status(weeks.orphaned) == "SUSPENDED"
    variables = {"device_trust_lost_serials": ["ORPHANMAC001"]}
    lost, mark = CHECKOUT / "playbooks" / "lost_mac.yml", watched.mark()
    early = playbook(watched.lab, lost, variables=variables)
    assert early.status != 0 and watched.writes(mark) == [], early.output
    words = " ".join(early.output.split())
    assert f"may delete, the record {weeks.orphaned.id}," in words and "Run again after" in words
    watched.world.clock.advance(minutes=10)
    done = playbook(watched.lab, lost, variables=variables)
    assert done.status == 0 and watched.writes(mark) == ["unsuspendDevice", "suspendDevice"]
    mark = watched.mark()
    again = playbook(watched.lab, lost, variables=variables)
    assert again.status != 0 and watched.writes(mark) == [], again.output
    watched.world.clock.advance(days=15)
    weeks.night()
    assert weeks.status(weeks.orphaned) == "SUSPENDED"


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("lag", [0.0, 300.0])
def test_a_clean_up_that_meets_the_run_for_a_lost_mac_deletes_nothing_that_is_called_safe(
    watched, run_module, lag
):
    fleet, number, requests = shared_fleet(watched), 0, 1
    watched.switch(log_lag_seconds=lag, repeated_lifecycle=400)
    clean_up = {"unused_days": 60, **ANY_NUMBER}
    while number < requests:
        serial = f"LOSTMAC{number:05}"
        record = fleet.record(serial, age=AGE)
        lost = {"serials": [serial], "state": "suspended", **ANY_NUMBER}
        suspend = {**clean_up, "state": "suspended"}
        with before_request(number, lambda: run_module(MODULE, suspend, lab=watched.lab)) as sent:  # noqa: B023 - called in this loop
            (row,) = run_module(MODULE, lost, lab=watched.lab)["devices"]
        requests = len(sent.sent)
        watched.world.clock.advance(days=15)
        run_module(MODULE, {**clean_up, "state": "absent"}, lab=watched.lab)
        is_safe = row["reason_code"] != "deletion_pending"
        assert record.status == "SUSPENDED" or not is_safe, (number, row)
        number += 1


@pytest.mark.lab(macs=1)
def test_a_clean_up_does_not_delete_what_the_log_does_not_show_as_lost_yet(watched, run_module):
    """A Mac gets lost minutes before the nightly run."""
    fleet = shared_fleet(watched)
    record = fleet.record("LOSTMAC00001", age=AGE)
    args = {"unused_days": 60, "state": "suspended", **ANY_NUMBER}
    assert run_module(MODULE, args, lab=watched.lab)["changed"]
    watched.world.clock.advance(days=15)
    watched.switch(log_lag_seconds=300.0)
    lost = {"serials": ["LOSTMAC00001"], "state": "suspended", **ANY_NUMBER}
    assert run_module(MODULE, lost, lab=watched.lab)["changed"]
    watched.world.clock.advance(minutes=1)
    done = run_module(MODULE, {**args, "state": "absent"}, lab=watched.lab)
    assert not done["changed"] and record.status == "SUSPENDED", done


@pytest.mark.lab(macs=1)
def test_a_lost_mac_that_a_clean_up_suspended_is_marked_also_if_the_run_was_cut(
    watched, run_module
):
    fleet, number, requests = shared_fleet(watched), 0, None
    clean_up = {"unused_days": 60, "state": "suspended", **ANY_NUMBER}
    while requests is None or number < requests:
        record = fleet.record(f"LOSTMAC{number:05}", age=AGE)
        assert run_module(MODULE, clean_up, lab=watched.lab)["changed"]
        watched.world.clock.advance(days=1)
        lost = {"serials": [f"LOSTMAC{number:05}"], "state": "suspended", **ANY_NUMBER}

        def end() -> None:
            raise Killed

        try:
            with before_request(number, end) as run:
                run_module(MODULE, lost, lab=watched.lab)
        except Killed:
            pass
        else:
            requests = len(run.sent)
        assert not run_module(MODULE, lost, lab=watched.lab).get("failed")
        assert record.status == "SUSPENDED", number
        watched.world.clock.advance(days=15)
        run_module(MODULE, {**clean_up, "state": "absent"}, lab=watched.lab)
        assert record.id in watched.world.okta.devices and record.status == "SUSPENDED", number
        number += 1
    assert number > 5


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("state", ["suspended", "absent"])
def test_interrupted_at_any_request_the_next_night_finishes(watched, run_module, state):
    fleet = shared_fleet(watched)
    args = {"unused_days": 60, "state": state, **ANY_NUMBER}
    number, requests = 0, None
    while requests is None or number < requests:
        record = fleet.record(f"CUTMAC{number:06}", age=AGE)
        if state == "absent":
            run_module(MODULE, {**args, "state": "suspended"}, lab=watched.lab)
            watched.world.clock.advance(days=14, hours=1)

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
        assert not done.get("failed"), (number, done)
        left = watched.world.okta.devices.get(record.id)
        assert (left.status if left else None) == {"suspended": "SUSPENDED"}.get(state), number
        number += 1
    assert number > 5


@pytest.mark.lab(macs=1)
def test_a_record_that_somebody_else_deactivated_is_named_and_kept(watched, run_module):
    """A clean-up that was interrupted looks the same but for its user agent."""
    record = shared_fleet(watched).record("KEPTMAC00001", age=AGE)
    clean_up = {"unused_days": 60, **ANY_NUMBER}
    assert run_module(MODULE, {**clean_up, "state": "suspended"}, lab=watched.lab)["changed"]
    watched.world.clock.advance(days=15)
    named = {"device_ids": [record.id], "state": "deactivated", "allow": ["last_authenticator"]}
    assert run_module(MODULE, {**named, **ANY_NUMBER}, lab=watched.lab)["changed"]
    done = run_module(MODULE, {**clean_up, "state": "absent"}, lab=watched.lab)
    assert not done["changed"] and record.status == "DEACTIVATED", done
    assert "Name it in device_ids to delete it." in str(done["devices"])


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"state": "active"}, "unused_days: it is for state=suspended and state=absent."),
        ({"state": "absent", "grace_days": 30}, "unused_days: with grace_days, it is 90, and"),
        ({"state": "absent", "platforms": ["IOS"]}, "which is for MACOS alone."),
        ({"state": "suspended", "revoke_sessions": True}, "revoke_sessions: it is not for unused"),
        ({"state": "absent", "serials": ["C01"]}, "serials: it is not for unused_days."),
        ({"state": "absent", "unused_days": 83}, "unused_days: 83 is not between 1 and 82."),
    ],
)
def test_options_that_do_not_fit_are_refused(watched, run_module, options, sentence):
    result = run_module(MODULE, {"unused_days": 60, **options}, lab=watched.lab)
    assert sentence in result["msg"] and watched.writes() == []


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_a_mac_that_comes_back_during_the_grace_is_named_until_somebody_decides(
    watched, playbook, run_module, webhook
):
    url, bodies = webhook
    fleet = shared_fleet(watched)
    fleet.mac("DRAWERMAC001")
    record = fleet.record("DRAWERMAC001", age=AGE)
    device = next(
        each for each in watched.world.kandji.devices.values() if each.serial == "DRAWERMAC001"
    )
    device.last_check_in -= timedelta(days=70)
    variables = {"device_trust_notify_url": url, "device_trust_clean_up_max_percent": 100}
    first = playbook(watched.lab, CLEAN_UP, variables=variables)
    assert first.status == 0 and record.status == "SUSPENDED", first.output
    watched.world.clock.advance(days=15)
    device.last_check_in = watched.world.clock.now()
    for _night in range(2):
        mark = watched.mark()
        done = playbook(watched.lab, CLEAN_UP, variables=variables)
        assert done.status == 0 and done.changed == [] and watched.writes(mark) == [], done.output
        assert "Unsuspend it (state=active)." in done.output
        assert "Suspended records that are needed again: 1." in bodies[-1]["text"]
        assert "DRAWERMAC001" in bodies[-1]["text"]
    assert len(bodies) == 3
    back = {"device_ids": [record.id], "state": "active", **ANY_NUMBER}
    assert run_module(MODULE, back, lab=watched.lab)["changed"]
    done = playbook(watched.lab, CLEAN_UP, variables=variables)
    assert done.status == 0 and len(bodies) == 3 and record.status == "ACTIVE", done.output
