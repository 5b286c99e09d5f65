# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/offboard_person.yml as a user runs it, and the module that releases Macs in Kandji."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    DELETION_COMMENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    USER_AGENT,
)

from tests.functional.conftest import Watched
from tests.functional.helpers.interleaving import act_while_held, before_request
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

OFFBOARD = CHECKOUT / "playbooks" / "offboard_person.yml"
MODULE, ANN, OWN, SHARED = (
    "kandji_device_release",
    "ann@example.com",
    "OWNMAC000001",
    "SHARED000001",
)
pytestmark = pytest.mark.lab(macs=1)


class Killed(BaseException):
    """The process ends here."""


class Leaver:
    """Ann, with a Mac of her own and one that Bob uses, too."""

    def __init__(self, watched, login=ANN):
        self.watched, fleet = watched, ResetFleet(watched)
        self.login = login
        self.user, self.other = fleet.user(login), fleet.user("bob@example.com")
        tenant = watched.world.kandji
        self.assigned = tenant.add_user("Ann", login)
        self.blueprint = next(
            each for each in tenant.blueprints.values() if each.name == "Everyone else"
        )
        for serial in (OWN, SHARED):
            fleet.mac(serial)
            self.device(serial).user = self.assigned
        self.own = fleet.record(OWN, self.user, managed_by=self.user)
        self.shared = fleet.record(SHARED, self.user, self.other)
        tenant.changed()
        self.variables = {
            "device_trust_offboard_person": login,
            "device_trust_offboard_blueprint": "Everyone else",
            "device_trust_offboard_revoke_sessions": True,
            "device_trust_offboard_reason": "HR-7",
        }
        self.confirmed = {
            **self.variables,
            "device_trust_offboard_confirm": f"OFFBOARD {login}",
        }

    def device(self, serial):
        devices = self.watched.world.kandji.devices.values()
        return next(each for each in devices if each.serial == serial)

    def deactivate(self, agent):
        self.watched.world.okta.registry.step(self.own, "deactivate", agent)

    def is_gone(self):
        """The person is nowhere but on the shared record, and Bob keeps what he had."""
        own, shared = self.device(OWN), self.device(SHARED)
        return (
            self.own.id not in self.watched.world.okta.devices
            and self.shared.status == "ACTIVE"
            and {self.user.id, self.other.id} <= {*self.shared.users}
            and (own.user, shared.user) == (None, None)
            and own.blueprint_id == self.blueprint.id != shared.blueprint_id
        )


@pytest.fixture
def leaver(watched):
    return Leaver(watched)


@pytest.mark.long
def test_a_person_leaves_and_a_shared_mac_keeps_its_other_user(watched, leaver, playbook, tmp_path):
    variables = {**leaver.variables, "device_trust_state_dir": str(tmp_path)}
    planned = playbook(watched.lab, OFFBOARD, check=True, variables=variables)
    assert planned.status == 0 and watched.writes() == [], planned.output
    assert f"This plan needs the phrase: OFFBOARD {ANN}" in planned.output
    assert f"{SHARED}: on this Mac, {ANN} opens Okta Verify" in planned.output
    assert f"Sessions to be revoked: {ANN}." in planned.output
    refused = playbook(watched.lab, OFFBOARD, variables=variables)
    assert refused.status != 0 and watched.writes() == [], refused.output
    assert "is not the phrase for the plan above. Nothing was written." in refused.output
    variables = {**leaver.confirmed, "device_trust_state_dir": str(tmp_path)}
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and leaver.is_gone(), done.output
    assert watched.writes() == [
        *("revokeUserSessions", "deactivateDevice", "deleteDevice"),
        *("Update Device", "Update Device"),
    ]
    assert planned.changed == done.changed
    mark = watched.mark()
    for check in (True, False):
        again = playbook(watched.lab, OFFBOARD, check=check, variables=leaver.variables)
        assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], (
            again.output
        )


@pytest.mark.long
def test_a_record_that_gets_another_user_during_the_run_stays_and_no_mac_is_released(
    watched, leaver, playbook
):
    start = leaver.device(OWN).blueprint_id
    done, _joined = act_while_held(
        watched,
        ["revokeUserSessions"],
        lambda: playbook(watched.lab, OFFBOARD, variables=leaver.confirmed),
        lambda: ResetFleet(watched).join(leaver.own, leaver.other),
    )
    text = " ".join(done.output.split())
    assert done.status != 0 and f"{leaver.own.id} is not deleted as planned" in text, done.output
    assert watched.writes() == ["revokeUserSessions"]
    again = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert again.status == 0 and leaver.own.status == "ACTIVE", again.output
    assert (leaver.device(OWN).user, leaver.device(OWN).blueprint_id) == (None, start)


@pytest.mark.long
@pytest.mark.parametrize("status", ["DEPROVISIONED", "SUSPENDED"])
def test_a_person_whose_account_is_off_needs_no_sessions_to_end(watched, leaver, playbook, status):
    leaver.user.status = status
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0, done.output
    assert leaver.own.id not in watched.world.okta.devices
    assert "revokeUserSessions" not in watched.writes() and leaver.device(OWN).user is None


@pytest.mark.long
def test_a_person_without_devices_loses_the_sessions_once(watched, playbook):
    ResetFleet(watched).user("none@example.com")
    variables = {
        "device_trust_offboard_person": "none@example.com",
        "device_trust_offboard_revoke_sessions": True,
        "device_trust_offboard_confirm": "OFFBOARD none@example.com",
    }
    planned = playbook(watched.lab, OFFBOARD, check=True, variables=variables)
    assert planned.status == 0 and planned.changed and watched.writes() == [], planned.output
    for writes in (["revokeUserSessions"], []):
        mark = watched.mark()
        done = playbook(watched.lab, OFFBOARD, variables=variables)
        assert done.status == 0 and watched.writes(mark) == writes, done.output
        assert bool(done.changed) is bool(writes)


@pytest.mark.parametrize(
    "person",
    [
        "typo@example.com",
        'x" or id gt "0',
        *(
            pytest.param(text, marks=pytest.mark.long)
            for text in ("me", "a/../b", "..", "%2e%2e", "A N N")
        ),
    ],
)
def test_a_person_whom_nobody_knows_fails_the_run(watched, playbook, person):
    variables = {
        "device_trust_offboard_person": person,
        "device_trust_offboard_confirm": f"OFFBOARD {person}",
    }
    result = playbook(watched.lab, OFFBOARD, variables=variables)
    assert result.status != 0 and watched.writes() == [], result.output


@pytest.mark.parametrize("revokes", [False, pytest.param(True, marks=pytest.mark.long)])
def test_an_old_name_of_a_person_whom_okta_knows_by_another_one_is_refused(
    watched, leaver, playbook, revokes
):
    leaver.user.login = leaver.user.email = "ann@new.example.com"
    variables = {**leaver.confirmed, "device_trust_offboard_revoke_sessions": revokes}
    refused = playbook(watched.lab, OFFBOARD, variables=variables)
    assert refused.status != 0 and watched.writes() == [], refused.output
    text = " ".join(refused.output.split())
    if revokes:
        assert f"Okta has no user '{ANN}', so whose sessions to end is unknown." in text
    else:
        assert f"Okta has no user {ANN}, and {leaver.user.login}, {leaver.other.login} can" in text


@pytest.mark.long
def test_who_uses_the_macs_of_a_person_whom_okta_does_not_know_is_confirmed_by_the_address(
    watched, leaver, playbook
):
    leaver.user.login = leaver.user.email = "ann@new.example.com"
    variables = {
        **leaver.confirmed,
        "device_trust_offboard_revoke_sessions": False,
        "device_trust_offboard_kandji_email": ANN,
    }
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and set(watched.writes()) == {"Update Device"}, done.output
    assert (leaver.device(OWN).user, leaver.device(SHARED).user) == (None, None)


@pytest.mark.long
@pytest.mark.parametrize("login", [ANN, "acme/ann"])
def test_a_person_by_id_with_another_address_in_kandji(watched, leaver, playbook, login):
    leaver.user.login = login  # Okta finds no user by a login with a slash
    variables = {
        **leaver.variables,
        "device_trust_offboard_person": leaver.user.id,
        "device_trust_offboard_kandji_email": ANN.upper(),
        "device_trust_offboard_confirm": f"OFFBOARD {leaver.user.id}",
    }
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and leaver.is_gone(), done.output


@pytest.mark.long
@pytest.mark.parametrize("by_id", [True, False])
def test_kandji_knows_a_person_by_the_address_of_the_profile_in_okta(watched, playbook, by_id):
    leaver = Leaver(watched, "a123@corp.example.com")
    leaver.user.email = leaver.assigned.email = ANN
    watched.world.kandji.changed()
    person = leaver.user.id if by_id else leaver.login
    variables = {
        **leaver.variables,
        "device_trust_offboard_person": person,
        "device_trust_offboard_confirm": f"OFFBOARD {person}",
    }
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and leaver.is_gone(), done.output


@pytest.mark.parametrize("person", ["login", "email"])
@pytest.mark.parametrize("in_kandji", ["login", "email"])
@pytest.mark.long
def test_login_and_address_of_a_person_find_the_same_in_both(watched, playbook, person, in_kandji):
    """Whichever of the two an administrator knows, and whichever Kandji has."""
    leaver = Leaver(watched, "a123@corp.example.com")
    names = {"login": leaver.login, "email": ANN}
    leaver.user.email, leaver.assigned.email = ANN, names[in_kandji]
    watched.world.kandji.changed()
    variables = {**leaver.variables, "device_trust_offboard_person": names[person]}
    planned = playbook(watched.lab, OFFBOARD, check=True, variables=variables)
    assert planned.status == 0 and watched.writes() == [], planned.output
    named = f"{ANN} is the user with this login in Okta: {leaver.login}."
    assert (named in planned.output) is (person == "email")
    variables["device_trust_offboard_confirm"] = f"OFFBOARD {names[person]}"
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and leaver.is_gone(), done.output
    assert planned.changed == done.changed
    mark = watched.mark()
    again = playbook(watched.lab, OFFBOARD, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output


@pytest.mark.long
def test_spaces_around_a_name_and_a_phrase_and_another_case_do_not_matter(
    watched, leaver, playbook
):
    """As a survey of AWX or a copied line brings them."""
    name = ANN.title()
    variables = {
        **leaver.variables,
        "device_trust_offboard_person": f" {name} ",
        "device_trust_offboard_confirm": f" OFFBOARD {name} ",
    }
    done = playbook(watched.lab, OFFBOARD, variables=variables)
    assert done.status == 0 and leaver.is_gone(), done.output
    assert f'needs the phrase: OFFBOARD {name}"' in done.output
    assert f"{ANN} or {name}" not in done.output


def test_macs_of_both_addresses_are_released(watched, leaver, run_module):
    leaver.assigned.email = "a123@corp.example.com"
    leaver.device(SHARED).user = watched.world.kandji.add_user("Ann", ANN)
    watched.world.kandji.changed()
    args = {"person": ANN, "other_addresses": "A123@corp.example.com\n"}
    done = run_module(MODULE, args, lab=watched.lab)
    assert {row["person"] for row in done["devices"]} == {ANN, "a123@corp.example.com"}, done
    assert (leaver.device(OWN).user, leaver.device(SHARED).user) == (None, None)
    assert "It was assigned to a123@corp.example.com." in str(done["report"])
    assert f"It was assigned to {ANN}." not in str(done["report"])
    again = run_module(MODULE, args, lab=watched.lab)
    assert not again["changed"] and again["devices"] == []


@pytest.mark.long
def test_two_people_with_one_address_in_okta_are_not_told_apart(watched, leaver, playbook):
    other = ResetFleet(watched).user("b@corp.example.com")
    leaver.user.email = other.email = "same@example.com"
    variables = {**leaver.variables, "device_trust_offboard_person": "same@example.com"}
    for check in (True, False):
        refused = playbook(watched.lab, OFFBOARD, check=check, variables=variables)
        text = " ".join(refused.output.split())
        assert refused.status != 0 and watched.writes() == [], refused.output
        assert "Okta has 2 users with the e-mail address same@example.com" in text


@pytest.fixture
def second_account(watched, leaver):
    """An administrator's account of Ann, with her address. Ann stays."""
    account = ResetFleet(watched).user("adm-ann@corp.example.com")
    account.email = ANN
    login = account.login
    return account, {
        **leaver.variables,
        "device_trust_offboard_person": login,
        "device_trust_offboard_confirm": f"OFFBOARD {login}",
    }


@pytest.mark.parametrize("known_by", ["login", "address"])
@pytest.mark.long
def test_a_second_account_with_the_address_of_a_person_who_stays_takes_no_mac(
    watched, leaver, second_account, playbook, known_by
):
    account, variables = second_account
    if known_by == "address":
        leaver.user.login = "a123@corp.example.com"
    for record in (leaver.own, leaver.shared):  # no record shows whose Macs they are
        del watched.world.okta.devices[record.id]
    for check in (True, False):
        refused = playbook(watched.lab, OFFBOARD, check=check, variables=variables)
        assert refused.status != 0 and watched.writes() == [], refused.output
        text = " ".join(refused.output.split())
        assert f"has the address {ANN} and the login {account.login} in Okta." in text
        assert f"{leaver.user.login} may have one of them as address or login, too." in text
    alone = {**variables, "device_trust_offboard_kandji_email": account.login}
    done = playbook(watched.lab, OFFBOARD, variables=alone)
    assert done.status == 0 and set(watched.writes()) <= {"revokeUserSessions"}, done.output
    both = {**variables, "device_trust_offboard_kandji_email": ANN}
    done = playbook(watched.lab, OFFBOARD, variables=both)
    assert done.status == 0 and leaver.device(OWN).user is None, done.output


@pytest.mark.long
@pytest.mark.parametrize("check", [True, False])
def test_a_login_that_is_the_address_of_somebody_who_stays_takes_no_mac(
    watched, leaver, playbook, check
):
    leaver.user.email = "ann.smith@example.com"
    leaver.other.login, leaver.other.email = "b77@corp.example.com", ANN
    refused = playbook(watched.lab, OFFBOARD, check=check, variables=leaver.confirmed)
    assert refused.status != 0 and watched.writes() == [], refused.output
    text = " ".join(refused.output.split())
    assert "b77@corp.example.com may have one of them as address or login, too." in text


@pytest.mark.long
def test_a_second_account_goes_with_the_macs_if_the_person_left_before(
    watched, leaver, second_account, playbook
):
    leaver.user.status = "DEPROVISIONED"
    done = playbook(watched.lab, OFFBOARD, variables=second_account[1])
    assert done.status == 0 and leaver.device(OWN).user is None, done.output


@pytest.mark.long
def test_the_plan_says_that_kandji_assigns_none_of_the_persons_macs(watched, leaver, playbook):
    leaver.assigned.email = "a.smith@example.com"
    watched.world.kandji.changed()
    planned = playbook(watched.lab, OFFBOARD, check=True, variables=leaver.variables)
    assert planned.status == 0, planned.output
    text = " ".join(planned.output.split())
    assert f"device_trust_offboard_kandji_email: Kandji assigns no Mac to {ANN}" in text


@pytest.mark.parametrize("reason", ["suspended", "deprovisioned", "user_suspended"])
@pytest.mark.long
def test_a_record_of_a_previous_owner_keeps_no_mac_in_its_blueprint(
    watched, leaver, playbook, reason
):
    previous = ResetFleet(watched).user("previous@example.com")
    record = ResetFleet(watched).record(OWN, previous)
    if reason == "suspended":
        record.status = "SUSPENDED"
    else:
        previous.status = {"deprovisioned": "DEPROVISIONED", "user_suspended": "SUSPENDED"}[reason]
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.is_gone(), done.output
    assert record.id in watched.world.okta.devices


@pytest.mark.long
def test_another_person_whose_address_holds_this_one_keeps_everything(watched, leaver, playbook):
    """Kandji's filter matches parts of an address."""
    fleet, tenant = ResetFleet(watched), watched.world.kandji
    fleet.mac("OTHERMAC0001")
    other = leaver.device("OTHERMAC0001")
    other.user = tenant.add_user("Joann", f"jo{ANN}")
    tenant.changed()
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.is_gone(), done.output
    assert other.user.email == f"jo{ANN}" and other.blueprint_id != leaver.blueprint.id


@pytest.mark.long
def test_a_mac_on_which_others_have_their_own_record_stays_in_its_blueprint(
    watched, leaver, playbook
):
    record = ResetFleet(watched).record(OWN, leaver.other)
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.own.id not in watched.world.okta.devices, done.output
    assert record.status == "ACTIVE" and leaver.device(OWN).user is None
    assert (
        f"{OWN}: it stays in its blueprint. It is also used by {leaver.other.login}, for whom it is not managed"
        in (done.output)
    )
    assert leaver.device(OWN).blueprint_id != leaver.blueprint.id


def test_a_record_that_a_cut_run_left_deactivated_is_deleted(watched, leaver, playbook):
    leaver.deactivate(f"{USER_AGENT} {DELETION_COMMENT}")
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.is_gone(), done.output


@pytest.mark.parametrize("agent", [USER_AGENT, "Mozilla/5.0"])
def test_a_record_that_was_deactivated_as_a_block_stays_and_is_named(
    watched, leaver, playbook, agent
):
    """Its deletion would let a lost Mac register again."""
    leaver.deactivate(agent)
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.own.status == "DEACTIVATED", done.output
    assert "deleteDevice" not in watched.writes() and leaver.device(OWN).user is None
    words = " ".join(done.output.split())
    assert f"{OWN}: its device record {leaver.own.id} is deactivated" in words


def test_a_deactivation_that_the_log_does_not_show_yet_stops_the_run(watched, leaver, playbook):
    watched.switch(log_lag_seconds=300)
    leaver.deactivate(f"{USER_AGENT} {DELETION_COMMENT}")
    first = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert first.status != 0 and watched.writes() == [], first.output
    assert "Run again after" in " ".join(first.output.split())
    watched.world.clock.advance(minutes=11)
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.is_gone(), done.output


@pytest.mark.long
def test_a_record_from_which_the_person_removed_the_account_is_named(watched, leaver, playbook):
    leaver.own.users.clear()
    leaver.shared.users.clear()
    record = ResetFleet(watched).record(SHARED, leaver.other)
    planned = playbook(watched.lab, OFFBOARD, check=True, variables=leaver.variables)
    assert planned.status == 0 and record.status == "ACTIVE", planned.output
    text = " ".join(planned.output.split())
    assert f"{OWN}: its device record {leaver.own.id} works and has no users" in text
    assert f"{SHARED}: its device record" not in text
    done = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
    assert done.status == 0 and leaver.own.status == "ACTIVE", done.output
    assert "deleteDevice" not in watched.writes() and leaver.device(OWN).user is None


@pytest.mark.long
def test_the_next_run_after_a_failure_at_any_operation_finishes(watched, playbook):
    names: list[str] | None = None
    for number in range(30):
        watched.lab.begin(watched.world.options)
        watched = Watched(watched.lab)
        leaver = Leaver(watched)
        mark = watched.mark()
        if names:
            watched.fault("5xx", names[number - 1], times=1, status=500)
        first = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
        watched.world.faults.clear()
        if names is None:
            names = list(dict.fromkeys(one.operation for one in watched.asked(mark)))
        last = playbook(watched.lab, OFFBOARD, variables=leaver.confirmed)
        assert last.status == 0 and leaver.is_gone(), (number, names, first.output, last.output)
        if number == len(names):
            break
    assert names and {"deactivateDevice", "deleteDevice", "Update Device"} <= {*names}


def test_interrupted_at_any_request_the_next_release_finishes(watched, leaver, run_module):
    args = {"person": ANN, "blueprint": "Everyone else", "shared_serials": [SHARED]}
    number, requests = 0, None
    start = leaver.device(SHARED).blueprint_id
    while requests is None or number < requests:
        for serial in (OWN, SHARED):
            leaver.device(serial).user = leaver.assigned
            leaver.device(serial).blueprint_id = start
        watched.world.kandji.changed()

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
        assert leaver.device(OWN).user is None and leaver.device(SHARED).user is None
        assert leaver.device(OWN).blueprint_id == leaver.blueprint.id, number
        assert leaver.device(SHARED).blueprint_id == start, number
        number += 1
    assert number > 5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"person": " "}, "person: it is empty."),
        ({"blueprint": "Nowhere"}, "Nowhere"),
        ({"max_devices": 1}, "max_devices: 2 Macs are assigned to ann@example.com, and 1 is the"),
    ],
)
def test_what_a_release_refuses_writes_nothing(watched, leaver, run_module, options, sentence):
    for check in (True, False):
        refused = run_module(MODULE, {"person": ANN, **options}, lab=watched.lab, check=check)
        assert refused["failed"] and sentence in refused["msg"] and watched.writes() == []


def test_two_people_with_one_address_are_not_told_apart(watched, leaver, run_module):
    tenant = watched.world.kandji
    leaver.device(SHARED).user = tenant.add_user("Other Ann", ANN)
    tenant.changed()
    refused = run_module(MODULE, {"person": ANN}, lab=watched.lab)
    assert refused["failed"] and "Kandji has 2 users with the address" in refused["msg"]
    assert watched.writes() == []


def test_a_device_that_somebody_else_got_meanwhile_keeps_them(watched, leaver, run_module):
    def reassign() -> None:
        bob = watched.world.kandji.add_user("Bob", "bob@example.com")
        leaver.device(OWN).user = leaver.device(SHARED).user = bob

    with before_request(1, reassign):
        done = run_module(MODULE, {"person": ANN}, lab=watched.lab)
    assert not done["changed"] and watched.writes() == [], done
    assert {row["reason_code"] for row in done["devices"]} == {"assigned_to_others"}
