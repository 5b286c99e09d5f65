# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/reset_devices.yml as a user runs it.

From a Mac that was registered too early to a managed one, and what its user is told.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from lab.actors import person as people
from lab.control.okta_view import describe_org
from lab.tls import make_server_certificate
from tests.functional.devices.test_macs_enrolled_twice import leave_device
from tests.functional.helpers.fake_awx import TOKEN, StandIn
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

RESET = CHECKOUT / "playbooks" / "reset_devices.yml"


@pytest.fixture
def early(watched, run_module):
    """A Mac whose person registered before its certificate came, which has come since."""
    person = next(one for one in watched.world.people if one.habit == "early")
    mac = watched.mac(person.serial)
    blueprint = watched.world.kandji.blueprints[mac.device.blueprint_id].name
    assert not run_module(
        "kandji_scep_profile",
        {"name": "Okta SCEP - early", "blueprints": [blueprint]},
        lab=watched.lab,
    ).get("failed")
    return mac


def managed(watched, mac):
    return [
        one["managed"]
        for row in describe_org(watched.world.okta)["devices"]
        if row["serial"] == mac.serial
        for one in row["users"]
    ]


def messages(result):
    return next(
        task["result"]["ansible_facts"]["device_reset_messages"]
        for task in result.tasks
        if task["name"].endswith("Choose the message to each user")
    )


def test_from_registered_too_early_to_managed(watched, early, playbook, tmp_path):
    watched.live()
    watched.world.clock.advance(minutes=5)
    people.act(watched.world, [early.serial])
    assert managed(watched, early) == [False]
    variables = {
        "device_trust_reset_serials": [early.serial],
        "device_trust_state_dir": str(tmp_path),
        "device_trust_reset_reason": "too early",
        "awx_user_name": "rosa",
    }
    mark = watched.mark()
    predicted = playbook(watched.lab, RESET, check=True, variables=variables)
    assert predicted.status == 0 and watched.writes(mark) == [], predicted.output
    assert "cannot be restored" in predicted.output
    assert "Do not send these messages yet." in predicted.output
    done = playbook(watched.lab, RESET, variables=variables)
    assert done.status == 0 and watched.writes(mark) == [
        "deactivateDevice",
        "deleteDevice",
    ], done.output
    assert predicted.changed == done.changed and len(done.changed) == 1
    assert "1 reset" in done.output
    assert "Do not send these messages yet." not in done.output
    told = messages(done)[0]
    user = next(one for one in watched.world.okta.users.values() if one.login == told["to"])
    assert told["register_now"] and "Remove account" in " ".join(told["steps"])
    assert told["steps"][0].startswith(f"{user.first_name} {user.last_name}, please register")
    assert f"({told['to']}) is NOT_MANAGED; no certificate is bound to it" in done.output
    audit = [
        json.loads(line) for line in (tmp_path / "device_audit.jsonl").read_text().splitlines()
    ]
    assert [one["result"] for one in audit] == ["started", "deactivated", "deleted"] and {
        one["requested_by"] for one in audit
    } == {"rosa"}
    people.ask_to_register(watched.world, [early.serial])
    people.act(watched.world, [early.serial])
    assert managed(watched, early) == [True]
    mark = watched.mark()
    again = playbook(watched.lab, RESET, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output


def offer_tls(awx, directory):
    """Let the stand-in answer by HTTPS, with a certificate that nobody trusts."""
    files = make_server_certificate(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    awx.server.socket = context.wrap_socket(awx.server.socket, server_side=True)


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    "credential", ["token", "password", "none", "refused", "no scheme", "absent"]
)
def test_the_audit_names_who_launched_and_who_approved_in_awx(
    watched, playbook, tmp_path, credential
):
    ResetFleet(watched).stuck("APPROVED0001")
    variables = {
        "device_trust_reset_serials": ["APPROVED0001"],
        "device_trust_reset_max_percent": 100,
        "device_trust_state_dir": str(tmp_path),
        "awx_user_name": "rosa",
        "awx_workflow_job_id": 17,
    }
    approval = {"summary_fields": {"job": {"id": 19, "type": "workflow_approval"}}}
    nodes = [
        {
            "summary_fields": {"job": {"id": 18, "type": "job"}},
            "related": {"job": "/api/v2/jobs/18/"},
        },
        {**approval, "related": {"job": "/api/v2/workflow_approvals/19/"}},
        {**approval, "related": {"job": "/api/v2/workflow_approvals/20/"}},
        {"summary_fields": {}, "related": {}},  # the node that runs has no job yet
    ]
    with StandIn(()) as awx:
        if credential == "no scheme":
            offer_tls(awx, tmp_path / "tls")
        awx.pages["workflow_jobs/17/workflow_nodes"] = {"count": 4, "results": nodes}
        approver = {"id": 4, "username": "olga"}
        awx.pages["workflow_approvals/19"] = {
            "status": "successful",
            "summary_fields": {"approved_or_denied_by": approver},
        }
        awx.pages["workflow_approvals/20"] = {
            "status": "failed",
            "summary_fields": {"approved_or_denied_by": {"id": 5, "username": "denier"}},
        }
        tokens = {"token": TOKEN, "no scheme": TOKEN, "refused": "another-token-8816"}
        token = tokens.get(credential, "")
        host = {
            "none": "",
            "no scheme": awx.url.removeprefix("http://"),
            "absent": "http://127.0.0.1:9",
        }
        environment = {
            "CONTROLLER_HOST": host.get(credential, awx.url),
            "CONTROLLER_OAUTH_TOKEN": token,
            "CONTROLLER_VERIFY_SSL": "false",
            "CONTROLLER_USERNAME": "device-trust" if credential == "password" else "",
            "CONTROLLER_PASSWORD": TOKEN if credential == "password" else "",
        }
        done = playbook(watched.lab, RESET, variables=variables, environment=environment)
    assert done.status == 0 and TOKEN not in done.output, done.output
    lines = (tmp_path / "device_audit.jsonl").read_text().splitlines()
    approved = ", approved by olga" if credential in ("token", "password", "no scheme") else ""
    assert {json.loads(line)["requested_by"] for line in lines} == {
        f"rosa{approved} (AWX workflow job 17)"
    }
    problems = {"refused": "did not return the approvals (status 401).", "absent": "not reached."}
    assert ("CONTROLLER_HOST: the audit does not name" in done.output) == (credential in problems)
    assert problems.get(credential, "") in done.output


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    "launch, name",
    [
        ({"awx_parent_job_schedule_name": "nightly"}, "the schedule nightly"),
        ({"awx_schedule_name": "weekly"}, "the schedule weekly"),
        (
            {"awx_job_launch_type": "workflow", "awx_workflow_job_launch_type": "webhook"},
            "no user (launch type webhook)",
        ),
        ({"awx_job_launch_type": "workflow"}, "no user (launch type workflow)"),
    ],
)
def test_the_audit_names_what_launched_a_workflow_without_a_user(
    watched, playbook, tmp_path, launch, name
):
    ResetFleet(watched).stuck("LAUNCHED0001")
    variables = {
        "device_trust_reset_serials": ["LAUNCHED0001"],
        "device_trust_reset_max_percent": 100,
        "device_trust_state_dir": str(tmp_path),
        "awx_workflow_job_id": 17,
        **launch,
    }
    done = playbook(watched.lab, RESET, variables=variables)
    assert done.status == 0, done.output
    lines = (tmp_path / "device_audit.jsonl").read_text().splitlines()
    assert {json.loads(line)["requested_by"] for line in lines} == {f"{name} (AWX workflow job 17)"}


@pytest.mark.lab(macs=1)
def test_a_plan_without_a_record_fails_where_somebody_would_have_to_approve_it(watched, playbook):
    variables = {"device_trust_reset_serials": ["UNKNOWN00001"]}
    alone = playbook(watched.lab, RESET, check=True, variables=variables)
    assert alone.status == 0, alone.output
    wanted = {**variables, "device_trust_reset_require_records": True}
    empty = playbook(watched.lab, RESET, check=True, variables=wanted)
    assert empty.status != 0 and "and select other Macs." in empty.output, empty.output


@pytest.mark.lab(macs=1)
def test_a_record_that_nobody_uses_is_cleaned_up(watched, playbook):
    fleet = ResetFleet(watched)
    fleet.mac("GUARDED00001")
    used, orphan = fleet.record("GUARDED00001", age=200), fleet.record("GUARDED00001", age=96)
    orphan.users.clear()
    variables = {
        "device_trust_reset_serials": ["GUARDED00001"],
        "device_trust_reset_duplicates": "clean_up",
        "device_trust_reset_max_percent": 100,
    }
    done = playbook(watched.lab, RESET, variables=variables)
    assert done.status == 0 and "1 reset, 1 skipped" in done.output, done.output
    assert used.id in watched.world.okta.devices and orphan.id not in watched.world.okta.devices


@pytest.mark.long
def test_where_a_sign_in_heals_nothing_is_reset(watched, early, playbook):
    watched.switch(record_before_certificate="heals")
    watched.live()
    mark = watched.mark()
    done = playbook(watched.lab, RESET, variables={"device_trust_reset_serials": [early.serial]})
    assert (
        done.status == 0
        and done.changed == []
        and watched.writes(mark) == []
        and managed(watched, early) == [True]
    ), done.output
    assert "MANAGED on it" in done.output and messages(done) == []


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_whose_certificate_dies_is_told_to_wait_until_the_new_one_is_seen(
    watched, playbook, tmp_path
):
    fleet = ResetFleet(watched)
    booked, user = fleet.mac("RESETMAC0001"), fleet.user("ann@example.com")
    record = fleet.record("RESETMAC0001", user)
    watched.switch(record_before_certificate="heals")
    assert watched.world.okta.registry.sign_in(
        user_id=user.id, device_id=record.id, certificate=booked.serial_number
    )
    record.users[user.id].set_managed(False)
    variables = {"device_trust_reset_serials": ["RESETMAC0001"]}
    first = playbook(watched.lab, RESET, variables=variables)
    assert (
        first.status == 0
        and not messages(first)[0]["register_now"]
        and "please wait" in messages(first)[0]["steps"][0]
    ), first.output
    # The record is gone, and the next run still knows that the certificate went with it.
    second = playbook(watched.lab, RESET, variables=variables)
    assert second.changed == [] and not messages(second)[0]["register_now"]
    reissue = tmp_path / "reissue.yml"
    seen = "{{ device_reset_bound | map(attribute='serial_number') | list }}"
    reissue.write_text(json.dumps([{"ansible.builtin.set_fact": {"device_reset_reissued": seen}}]))
    third = playbook(
        watched.lab, RESET, variables={**variables, "device_reset_reissue_tasks": str(reissue)}
    )
    assert messages(third)[0]["register_now"], third.output


@pytest.fixture
def bound(watched, run_module):
    """A Mac on a map whose node excludes the tag.

    Its certificate is bound to its record, and its person is managed.
    """
    nodes = [{"tag": None}, {"tag": "okta-scep-redelivery", "without": True}]
    made = watched.control(
        "POST", "/kandji/blueprints", {"name": "All Macs", "type": "map", "nodes": nodes}
    )
    mac = watched.mac(watched.canary["test_macs"][0])
    watched.control(
        "PATCH", f"/kandji/devices/{mac.serial}", {"blueprint": "All Macs", "tags": ["vip"]}
    )
    wanted = {
        "name": "Okta SCEP - map",
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": made["nodes"][1]["id"]},
    }
    profile = run_module("kandji_scep_profile", wanted, lab=watched.lab)["profiles"][0]
    mac.install_by_hand()
    mac.check_in()
    watched.world.clock.advance(minutes=5)
    people.act(watched.world, [mac.serial])
    assert managed(watched, mac) == [True]
    watched.world.clock.advance(days=3)
    return mac, {
        "device_trust_reset_serials": [mac.serial],
        "device_reset_allow": ["managed", "registered_after_certificate"],
        "device_trust_reset_library_item_id": profile["library_item_id"],
        "device_trust_gate_wait": 60,
        "device_trust_poll_interval": 1,
    }


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_mac_that_no_check_in_helps_fails_the_run_with_its_reason(watched, bound, playbook):
    mac, variables = bound
    quick = {**variables, "device_trust_gate_wait": 0}
    first = playbook(watched.lab, RESET, variables=quick)
    assert first.status == 0 and "It comes with a check-in." in first.output, first.output
    leave_device(watched, mac.serial)  # it is erased and enrolled again meanwhile
    second = playbook(watched.lab, RESET, variables=quick)
    assert second.status != 0 and "2 devices with its serial" in second.output, second.output
    assert "It comes with a check-in." not in second.output


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_bound_certificate_dies_with_the_record_and_a_new_one_is_there_before_its_user_registers(
    watched, bound, playbook
):
    mac, variables = bound
    dead = mac.certificates[-1].serial_number
    mark = watched.mark()
    watched.switch(macs_act=True)
    done = playbook(watched.lab, RESET, variables=variables)
    watched.switch(macs_act=False)
    assert done.status == 0 and messages(done)[0]["register_now"], done.output
    assert [one for one in watched.writes(mark) if one != "Daily check-in"] == [
        "PKIOperation",  # the test enrollment before a record is deleted
        "deactivateDevice",
        "deleteDevice",
        "PKIOperation",  # the test enrollment of the redelivery
        "Update Device",
        "Update Device",
    ]
    assert [one.serial_number for one in mac.certificates] != [dead] and mac.device.tags == ["vip"]
    assert watched.world.okta.platform.authority.certificates[dead].status == "REVOKED"
    people.ask_to_register(watched.world, [mac.serial])
    people.act(watched.world, [mac.serial])
    assert managed(watched, mac) == [True]
    mark = watched.mark()
    again = playbook(watched.lab, RESET, variables={"device_trust_reset_serials": [mac.serial]})
    assert (
        again.status == 0
        and again.changed == []
        and watched.writes(mark) == []
        and messages(again) == []
    ), again.output


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_the_same_command_again_keeps_the_registration_that_followed(watched, bound, playbook):
    mac, variables = bound
    watched.switch(macs_act=True)
    playbook(watched.lab, RESET, variables=variables)
    watched.switch(macs_act=False)
    people.ask_to_register(watched.world, [mac.serial])
    people.act(watched.world, [mac.serial])
    assert managed(watched, mac) == [True]
    watched.world.clock.advance(hours=1)
    mark = watched.mark()
    watched.switch(macs_act=True)
    again = playbook(watched.lab, RESET, variables=variables)
    watched.switch(macs_act=False)
    assert again.status == 0 and watched.writes(mark) == [], again.output
    assert managed(watched, mac) == [True]
    assert "a new registration is kept" in again.output


@pytest.mark.lab(macs=4)
def test_a_wrong_id_of_the_profile_is_found_before_a_record_is_deleted(watched, bound, playbook):
    _mac, variables = bound
    mark = watched.mark()
    for check in (True, False):
        wrong = {**variables, "device_trust_reset_library_item_id": "nope"}
        result = playbook(watched.lab, RESET, variables=wrong, check=check)
        assert result.status == 2 and watched.writes(mark) == [], result.output
        assert "library_item_id: Kandji has no custom profile" in " ".join(result.output.split())


@pytest.mark.lab(macs=4)
def test_an_old_secret_of_the_profile_is_found_before_a_record_is_deleted(watched, bound, playbook):
    """As in a ring that the rotation of the challenge has not come to yet."""
    mac, variables = bound
    profile = watched.world.kandji.items[variables["device_trust_reset_library_item_id"]]
    secret = "old-secret-key-of-the-ring-0815"
    profile.text, count = re.subn(
        r"(<key>Challenge</key>\s*<string>)[^<]*", rf"\g<1>{secret}", profile.text
    )
    assert count == 1
    mark = watched.mark()
    result = playbook(watched.lab, RESET, variables=variables)
    assert result.status == 2 and managed(watched, mac) == [True], result.output
    assert set(watched.writes(mark)) == {"PKIOperation"}
    assert "The test enrollment was refused by the SCEP endpoint" in result.output
    assert secret not in result.output


@pytest.mark.long
@pytest.mark.lab(macs=4)
@pytest.mark.parametrize("selected_by", ["users", "stages", "device_ids"])
def test_the_same_command_finishes_a_redelivery_whose_record_is_gone(
    watched, bound, playbook, selected_by
):
    """No record leads to the Mac any more, and the exclusion tag keeps the profile from it."""
    mac, variables = bound
    (record,) = [
        each for each in describe_org(watched.world.okta)["devices"] if each["serial"] == mac.serial
    ]
    selection = {
        "users": [each["login"] for each in record["users"]],
        "stages": ["MANAGED"],
        "device_ids": [record["id"]],
    }[selected_by]
    del variables["device_trust_reset_serials"]
    variables |= {
        f"device_trust_reset_{selected_by}": selection,
        "device_trust_rings": [{"name": "map", "blueprints": ["All Macs"]}],
        "device_trust_gate_wait": 0,
    }
    first = playbook(watched.lab, RESET, variables=variables)
    assert first.status == 0 and "okta-scep-redelivery" in mac.device.tags, first.output
    mac.check_in()
    mark = watched.mark()
    planned = playbook(watched.lab, RESET, variables=variables, check=True)
    assert planned.status == 0 and watched.writes(mark) == [], planned.output
    assert f"{mac.serial}: An earlier run took the SCEP profile" in planned.output
    second = playbook(watched.lab, RESET, variables=variables)
    assert second.status == 0 and mac.device.tags == ["vip"], second.output
    mac.check_in()
    assert len(mac.certificates) == 1
    mark = watched.mark()
    third = playbook(watched.lab, RESET, variables=variables)
    assert third.status == 0 and third.changed == [] and watched.writes(mark) == [], third.output


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_profile_that_no_check_in_installs_is_found_before_a_record_is_deleted(
    watched, bound, playbook, run_module
):
    mac, variables = bound
    other = {"name": "Okta SCEP - canary", "blueprints": watched.canary["blueprints"]}
    profile = run_module("kandji_scep_profile", other, lab=watched.lab)["profiles"][0]
    ring = {**variables, "device_trust_reset_library_item_id": profile["library_item_id"]}
    mark = watched.mark()
    for check in (True, False):
        result = playbook(watched.lab, RESET, variables=ring, check=check)
        assert result.status == 2 and watched.writes(mark) == [], result.output
        refusal = f"{mac.serial}: The profile is not on the Mac's blueprint"
        assert refusal in " ".join(result.output.split())
    item = watched.world.kandji.items[variables["device_trust_reset_library_item_id"]]
    item.text = item.text.replace("com.apple.security.scep", "com.apple.dock")
    for check in (True, False):
        result = playbook(watched.lab, RESET, variables=variables, check=check)
        assert result.status == 2 and watched.writes(mark) == [], result.output
        assert "has no SCEP payload" in " ".join(result.output.split())


@pytest.mark.long
@pytest.mark.lab(macs=4)
@pytest.mark.parametrize("problem", ["forbidden", "failed"])
def test_a_profile_that_cannot_be_checked_stops_before_a_record_is_deleted(
    watched, bound, playbook, problem
):
    _mac, variables = bound
    if problem == "forbidden":
        watched.forbid("List Library Items")
    mark = watched.mark()
    for check in (True, False):
        if problem == "failed":
            watched.fault("5xx", "List Library Items", times=1, status=418)
        result = playbook(watched.lab, RESET, variables=variables, check=check)
        assert result.status == 2 and watched.writes(mark) == [], result.output
        assert "List Library Items" in " ".join(result.output.split())


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_profile_of_another_authority_is_found_before_a_record_is_deleted(
    watched, bound, playbook
):
    _mac, variables = bound
    profile = watched.world.kandji.items[variables["device_trust_reset_library_item_id"]]
    pin = "<key>CAFingerprint</key><data>f39/f39/f39/f39/f39/f39/f38=</data><key>Challenge</key>"
    profile.text = profile.text.replace("<key>Challenge</key>", pin)
    mark = watched.mark()
    for check in (True, False):
        result = playbook(watched.lab, RESET, variables=variables, check=check)
        assert result.status == 2 and watched.writes(mark) == [], result.output
        assert "its CAFingerprint: No certificate of" in " ".join(result.output.split())


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_mac_that_left_kandji_does_not_stop_the_redelivery_to_the_others(
    watched, bound, playbook
):
    mac, variables = bound
    fleet = ResetFleet(watched)
    user = fleet.user("gone@example.com")
    with watched.world.okta.dated(watched.world.clock.now() - timedelta(days=20)):
        booked = watched.world.okta.platform.book(
            "LEFTKANDJI01 0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D"
        )
    record = fleet.record("LEFTKANDJI01", user)
    watched.switch(record_before_certificate="heals")
    assert watched.world.okta.registry.sign_in(
        user_id=user.id, device_id=record.id, certificate=booked.serial_number
    )
    watched.switch(macs_act=True)
    result = playbook(
        watched.lab,
        RESET,
        variables={
            **variables,
            "device_reset_allow": [*variables["device_reset_allow"], "unknown_to_kandji"],
            "device_trust_reset_serials": [mac.serial, "LEFTKANDJI01"],
            "device_reset_max_percent": 100,
        },
    )
    watched.switch(macs_act=False)
    books = watched.world.okta.platform.authority.certificates
    assert "REVOKED" not in [books[each.serial_number].status for each in mac.certificates]
    told = {row["serial_number"]: row["register_now"] for row in messages(result)}
    assert told == {mac.serial: True, "LEFTKANDJI01": True}, result.output


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_as_long_as_the_new_certificate_was_not_seen_its_user_waits_and_the_next_runs_go_on(
    watched, bound, playbook
):
    mac, variables = bound
    variables["device_trust_gate_wait"] = 0
    told = []
    for _run in range(4):  # the tag on, the tag off, and the profile with its certificate
        result = playbook(watched.lab, RESET, variables=variables)
        assert result.status == 0, result.output
        told.append(messages(result)[0]["register_now"])
        mac.check_in()
    assert (
        told == [False, False, True, True]
        and watched.writes().count("Update Device") == 2
        and watched.writes().count("deleteDevice") == 1
    )
    people.ask_to_register(watched.world, [mac.serial])
    people.act(watched.world, [mac.serial])
    assert managed(watched, mac) == [True]


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_where_no_node_can_exclude_a_tag_the_steps_for_the_console_are_said_and_the_user_waits(
    watched, bound, playbook
):
    mac, variables = bound
    watched.control("PATCH", f"/kandji/devices/{mac.serial}", {"blueprint": "Canary"})
    kandji = watched.world.kandji
    canary = next(one for one in kandji.blueprints.values() if one.name == "Canary")
    profile = kandji.items[variables["device_trust_reset_library_item_id"]]
    kandji.assignments.assign(canary, profile, None)
    done = playbook(watched.lab, RESET, variables=variables)
    output = " ".join(done.output.split())
    assert done.status == 0 and not messages(done)[0]["register_now"], done.output
    assert (
        "'Canary' is a classic one" in output
        and "tags do not contain" in output
        and "renew the ring (playbooks/renew_certificates.yml)" in output
    )


@pytest.fixture
def three(watched):
    """Three Macs that need a reset, and the playbook's variables for it."""
    fleet = ResetFleet(watched)
    serials = [f"RESETMAC000{number}" for number in range(3)]
    for serial in serials:
        fleet.stuck(serial)
    return {"device_trust_reset_serials": serials, "device_reset_max_percent": 100}


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("operation", ["getDevice", "deactivateDevice", "deleteDevice"])
def test_broken_off_the_next_run_finishes(watched, playbook, three, operation):
    watched.fault("5xx", operation, after=4 if operation == "getDevice" else 1, times=1, status=418)
    broken = playbook(watched.lab, RESET, variables=three)
    assert broken.status != 0 and "Traceback" not in broken.output, broken.output
    assert_finished(watched, playbook(watched.lab, RESET, variables=three))


def assert_finished(watched, finished):
    done = [
        (one.operation, one.path) for one in watched.asked() if one.writes and one.status == 204
    ]
    assert finished.status == 0 and len(done) == len(set(done)) == 6, finished.output


@pytest.mark.long
@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("writes", [1, 2, 4])
def test_killed_after_any_write_the_next_run_finishes(watched, playbook, three, writes):
    """Not a word is said any more: the processes end by SIGKILL as soon as the lab has answered."""
    seen = []

    def kill(exchange):
        if exchange.operation in ("deactivateDevice", "deleteDevice"):
            seen.append(exchange)
            if len(seen) == writes:
                kill_children(os.getpid())

    watched.world.observers.append(kill)
    killed = playbook(watched.lab, RESET, variables=three)
    watched.world.observers.remove(kill)
    assert killed.status == -signal.SIGKILL and len(seen) <= writes + 1, killed.output
    assert_finished(watched, playbook(watched.lab, RESET, variables=three))


def kill_children(parent):
    """All processes below this one, the parents first."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # others' processes come and go
            stat = path.read_text()
            children += (
                [int(stat.split()[0])] if int(stat.rpartition(")")[2].split()[1]) == parent else []
            )
    for child in children:
        os.kill(child, signal.SIGSTOP)
        kill_children(child)
        os.kill(child, signal.SIGKILL)
