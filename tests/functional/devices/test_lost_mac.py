# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/lost_mac.yml as a user runs it: lost, found, and a serial that Okta does not know."""

from __future__ import annotations

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

LOST_MAC = CHECKOUT / "playbooks" / "lost_mac.yml"
SERIAL = "LOSTMAC00001"


@pytest.mark.lab(macs=1)
@pytest.mark.long
def test_a_lost_mac_is_suspended_and_found_again(watched, playbook, tmp_path):
    fleet = ResetFleet(watched)
    user = fleet.user("ann@example.com")
    record = fleet.record(SERIAL, user, managed_by=user)
    old = fleet.record(SERIAL, fleet.user())
    old.status = "DEACTIVATED"
    old.users.clear()
    variables = {
        "device_trust_lost_serials": [SERIAL],
        "device_trust_lost_reason": "INC-77",
        "device_trust_lost_revoke_sessions": True,
        "device_trust_state_dir": str(tmp_path),
    }
    planned = playbook(watched.lab, LOST_MAC, check=True, variables=variables)
    assert planned.status == 0 and watched.writes() == [], planned.output
    done = playbook(watched.lab, LOST_MAC, variables=variables)
    assert done.status == 0 and record.status == "SUSPENDED", done.output
    assert watched.writes() == ["suspendDevice", "revokeUserSessions"]
    assert "would change. It would be suspended" in planned.output
    assert "Sessions to be revoked: ann@example.com." in planned.output
    for result in (planned, done):
        assert "ann@example.com can still sign in with okta_email" in result.output
        assert "Kandji can lock or erase the Macs" in result.output
    mark = watched.mark()
    again = playbook(watched.lab, LOST_MAC, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
    found = playbook(watched.lab, LOST_MAC, arguments=["--tags", "found"], variables=variables)
    assert found.status == 0 and record.status == "ACTIVE", found.output
    assert old.status == "DEACTIVATED" and watched.writes(mark) == ["unsuspendDevice"]
    assert len(found.changed) == 1 and "no audit of this run" not in found.output
    words = " ".join(found.output.split())
    assert "as before, unless the Mac was erased. Users: " in words
    assert "Kandji was not asked whether a Mac was locked or erased." in words
    assert watched.world.okta.registry.is_managed(record.id, user.id)
    mark = watched.mark()
    again = playbook(watched.lab, LOST_MAC, arguments=["--tags", "found"], variables=variables)
    assert again.status == 0 and watched.writes(mark) == [], again.output
    assert f"{SERIAL}: unchanged. It is active already." in again.output


@pytest.mark.lab(macs=1)
def test_a_serial_that_okta_does_not_know_fails_the_run(watched, playbook):
    """The others are suspended: a typing mistake must not keep a thief in."""
    record = ResetFleet(watched).record(SERIAL)
    result = playbook(
        watched.lab, LOST_MAC, variables={"device_trust_lost_serials": [SERIAL, "TYPO"]}
    )
    assert result.status != 0 and record.status == "SUSPENDED"
    assert "device_trust_lost_serials: TYPO is not suspended." in result.output


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_sessions_end_also_if_that_is_asked_for_after_the_suspension(watched, playbook):
    """The first run says that they go on. Its user is named, also one who left."""
    fleet = ResetFleet(watched)
    ann, bob = fleet.user("ann@example.com"), fleet.user("bob@example.com")
    fleet.record(SERIAL, ann, bob)
    bob.status = "DEPROVISIONED"
    variables = {"device_trust_lost_serials": f" {SERIAL.lower()} "}
    first = playbook(watched.lab, LOST_MAC, variables=variables)
    assert first.status == 0 and watched.writes() == ["suspendDevice"], first.output
    assert "(bob@example.com, DEPROVISIONED)" in first.output
    assert "run this playbook again with device_trust_lost_revoke_sessions: true" in first.output
    variables["device_trust_lost_revoke_sessions"] = True
    revoked = ["revokeUserSessions"]
    runs = ((True, False), (False, True), (False, False), (False, True), (False, False))
    for number, (check, revokes) in enumerate(runs):
        writes = revoked if revokes else []
        if number == 3:  # she signs in with her password
            watched.world.clock.advance(minutes=1)
            org = watched.world.okta
            log = ann.in_the_log
            org.event("user.session.start", "User login to Okta", actor=log, target=[log])
            watched.world.clock.advance(minutes=1)
        mark = watched.mark()
        result = playbook(watched.lab, LOST_MAC, check=check, variables=variables)
        assert result.status == 0 and watched.writes(mark) == writes, result.output
        assert bool(result.changed) is (check or bool(writes))
        assert ("Sessions ended before, at" in result.output) is not bool(result.changed)


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_missing_rights_to_revoke_sessions_keep_no_mac_from_being_suspended(watched, playbook):
    record = ResetFleet(watched).record(SERIAL)
    watched.forbid("revokeUserSessions")
    variables = {
        "device_trust_lost_serials": [SERIAL],
        "device_trust_lost_revoke_sessions": True,
    }
    result = playbook(watched.lab, LOST_MAC, variables=variables)
    assert result.status != 0 and record.status == "SUSPENDED", result.output
    watched.control("PATCH", "/okta/refuse", {"revokeUserSessions": False})
    mark = watched.mark()
    again = playbook(watched.lab, LOST_MAC, variables=variables)
    assert again.status == 0 and watched.writes(mark) == ["revokeUserSessions"], again.output


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("status", [None, "DEACTIVATED"])
def test_a_found_mac_without_a_record_fails_the_run(watched, playbook, status):
    fleet = ResetFleet(watched)
    record = fleet.record(SERIAL)
    record.status = "SUSPENDED"
    if status:
        other = fleet.record("LOSTMAC00002")
        other.status = status
        other.users.clear()
    result = playbook(
        watched.lab,
        LOST_MAC,
        arguments=["--tags", "found"],
        variables={"device_trust_lost_serials": [SERIAL, "LOSTMAC00002"]},
    )
    assert result.status != 0 and record.status == "ACTIVE"
    assert "device_trust_lost_serials: LOSTMAC00002 has no device record" in result.output


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("is_shared", [True, False])
def test_what_an_administrator_suspended_stays_so_after_the_mac_was_found(
    watched, playbook, is_shared
):
    fleet = ResetFleet(watched)
    watched.world.clock.advance(days=1)
    blocked = fleet.record(SERIAL, fleet.user("ann@example.com"))
    watched.world.okta.registry.step(blocked, "suspend", "Mozilla/5.0")
    variables = {"device_trust_lost_serials": [SERIAL]}
    if is_shared:
        record = fleet.record(SERIAL, fleet.user("bob@example.com"))
        lost = playbook(watched.lab, LOST_MAC, variables=variables)
        assert lost.status == 0 and record.status == "SUSPENDED", lost.output
    for check in (True, False):
        mark = watched.mark()
        found = playbook(
            watched.lab, LOST_MAC, arguments=["--tags", "found"], check=check, variables=variables
        )
        words = " ".join(found.output.split())
        assert f"{blocked.id} stays suspended: a person, another program" in words
        assert watched.writes(mark) == (["unsuspendDevice"] if is_shared and not check else [])
        assert (found.status == 0) is is_shared, found.output
        assert is_shared or f"{SERIAL} stays suspended, because this collection" in words
    assert blocked.status == "SUSPENDED"


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("tags", ["all,found", "untagged,never"])
def test_a_mac_is_not_suspended_and_unsuspended_in_one_run(watched, playbook, tags):
    record = ResetFleet(watched).record(SERIAL)
    variables = {"device_trust_lost_serials": [SERIAL]}
    result = playbook(watched.lab, LOST_MAC, arguments=["--tags", tags], variables=variables)
    assert result.status != 0 and watched.writes() == [], result.output
    assert record.status == "ACTIVE" and "Use --tags found alone" in result.output


LOCK = {"device_trust_lost_action": "lock", "device_trust_lost_action_confirm": f"LOCK {SERIAL}"}


@pytest.mark.lab(macs=1)
def test_a_lost_mac_is_locked_by_name_once_and_nothing_shows_its_pin(watched, playbook, tmp_path):
    fleet = ResetFleet(watched)
    record = fleet.record(SERIAL)
    fleet.mac(SERIAL)
    variables = {"device_trust_lost_serials": [SERIAL], "device_trust_lost_pin_dir": str(tmp_path)}
    asked = {**variables, "device_trust_lost_action": "lock"}
    refused = playbook(watched.lab, LOST_MAC, variables=asked)
    assert refused.status != 0 and watched.writes() == ["suspendDevice"], refused.output
    assert f"set device_trust_lost_action_confirm: LOCK {SERIAL}" in refused.output
    planned = playbook(watched.lab, LOST_MAC, check=True, variables=asked)
    assert planned.status == 0 and f"needs the phrase: LOCK {SERIAL}" in planned.output
    done = playbook(watched.lab, LOST_MAC, variables={**variables, **LOCK})
    assert done.status == 0 and record.status == "SUSPENDED", done.output
    assert watched.writes() == ["suspendDevice", "Lock Device"]
    assert planned.changed == done.changed
    assert "needs the phrase" not in done.output
    assert "run this playbook again with device_trust_lost_action" not in done.output
    pin = (tmp_path / f"{SERIAL}.pin").read_text().strip()
    assert len(pin) == 6 and pin not in done.output
    mark = watched.mark()
    again = playbook(watched.lab, LOST_MAC, variables={**variables, **LOCK})
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_a_mac_without_a_record_is_locked_before_the_run_fails(watched, playbook):
    """And one that Kandji does not know is suspended before it fails."""
    fleet = ResetFleet(watched)
    fleet.mac(SERIAL)
    variables = {"device_trust_lost_serials": [SERIAL], **LOCK}
    result = playbook(watched.lab, LOST_MAC, variables=variables)
    assert result.status != 0 and watched.writes() == ["Lock Device"], result.output
    record = fleet.record("LOSTMAC00002")
    phrase = {"device_trust_lost_action_confirm": "LOCK LOSTMAC00002"}
    variables = {**variables, "device_trust_lost_serials": ["LOSTMAC00002"], **phrase}
    result = playbook(watched.lab, LOST_MAC, variables=variables)
    assert result.status != 0 and record.status == "SUSPENDED", result.output
    assert "LOSTMAC00002 did not get the command to lock." in result.output
    unknown = playbook(
        watched.lab, LOST_MAC, variables={**variables, "device_trust_lost_action": "wipe"}
    )
    assert unknown.status != 0 and "one of none, lock, erase" in unknown.output


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_the_next_run_after_a_failure_at_any_operation_finishes(watched, playbook):
    fleet, variables = ResetFleet(watched), {"device_trust_lost_revoke_sessions": True}
    names: list[str] | None = None
    for number in range(30):
        serial = f"LOSTMAC1{number:04}"
        record = fleet.record(serial)
        fleet.mac(serial)
        phrase = {"device_trust_lost_action_confirm": f"LOCK {serial}"}
        asked = {**variables, **LOCK, **phrase, "device_trust_lost_serials": [serial]}
        mark = watched.mark()
        if names:
            watched.fault("5xx", names[number - 1], times=1, status=500)
        first = playbook(watched.lab, LOST_MAC, variables=asked)
        watched.world.faults.clear()
        if names is None:
            names = list(dict.fromkeys(one.operation for one in watched.asked(mark)))
        last = playbook(watched.lab, LOST_MAC, variables=asked)
        assert last.status == 0 and record.status == "SUSPENDED", (first.output, last.output)
        device = next(one for one in watched.world.kandji.devices.values() if one.serial == serial)
        assert [one.action for one in device.commands] == ["lock"], first.output
        if number == len(names):
            break
    assert names and {"suspendDevice", "revokeUserSessions", "Lock Device"} <= {*names}
