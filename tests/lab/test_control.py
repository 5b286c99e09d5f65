# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control surface, the Macs and people who act by themselves, and the lab as a process."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from lab.__main__ import describe, parse
from lab.okta.devices.records import DeviceFacts
from lab.server import Lab
from lab.state import Options

CHECKOUT = Path(__file__).parents[2]


def test_a_wrong_token_is_refused(control):
    control.token = "wrong"
    assert control.send("GET", "/state").status == 401


# Time and state


def test_time_moves_forward_and_takes_its_effect(control):
    okta = control.world.okta
    certificate, before = okta.platform.book("C02XK1ZAJG5J"), okta.now()
    assert control.send("POST", "/clock/advance", {"days": 91, "hours": 1}).status == 200
    assert okta.now() - before >= timedelta(days=91, hours=1)
    assert certificate.status == "REVOKED"


def test_the_state_tells_of_everything_but_secrets(control):
    okta, kandji = control.world.okta, control.world.kandji
    serial = control.world.macs[0].serial
    certificate = okta.platform.book(f"{serial} 0A1B")
    record = okta.registry.register(
        next(iter(okta.users)),
        DeviceFacts(serial=serial, udid="U", name="Mac", model="Mac14,2", os_version="26.1"),
    )
    okta.registry.sign_in(
        user_id=next(iter(okta.users)), device_id=record.id, certificate=certificate.serial_number
    )
    reply = control.send("GET", "/state")
    state = reply.json
    seen = next(device for device in state["okta"]["devices"] if device["id"] == record.id)
    assert (seen["serial"], [user["managed"] for user in seen["users"]]) == (serial, [True])
    assert state["certificates"][0]["bound_device_id"] == record.id
    assert [mac["serial"] for mac in state["macs"]] == [mac.serial for mac in control.world.macs]
    assert len(state["people"]) == len(control.world.people)
    for secret in (okta.platform.challenge, okta.api_token, kandji.api_token, control.token):
        assert secret not in reply.content.decode()


def test_the_lengths_of_the_vendors_lists(control):
    okta, macs = control.world.okta, control.world.macs
    before = control.send("GET", "/size").json
    assert before["devices"] == len(macs) + 1, "one was removed from Kandji"
    assert before["certificates"] == 0 and "pki.cert.issue" not in before["events"]
    okta.registry.register(
        next(iter(okta.users)),
        DeviceFacts(
            serial=macs[0].serial, udid="U", name="Mac", model="Mac14,2", os_version="26.1"
        ),
    )
    with okta.dated(okta.now() - timedelta(days=3)):
        okta.platform.book(macs[0].serial)
    after = control.send("GET", "/size", days="4").json
    assert (after["records"], after["events"]["pki.cert.issue"]) == (before["records"] + 1, 1)
    assert "pki.cert.issue" not in control.send("GET", "/size", days="2").json["events"]
    assert control.send("GET", "/size", days="few").status == 400


def test_the_requests_of_a_run_can_be_counted(control):
    control.ask_okta("/api/v1/devices")
    control.ask_okta("/api/v1/logs")
    assert [line["operation"] for line in control.send("GET", "/requests").json] == [
        "listDevices",
        "listLogEvents",
    ]
    assert [line["number"] for line in control.send("GET", "/requests", since=1).json] == [2]
    assert control.send("GET", "/requests", writes="true").json == []
    assert control.send("GET", "/requests", vendor="kandji").json == []
    assert control.send("DELETE", "/requests").json == {"forgotten": 2}
    assert control.send("GET", "/requests").json == []


# Faults, switches, limits, consoles


def test_a_fault_comes_and_goes(control):
    fault = control.send(
        "POST", "/faults", {"name": "5xx", "operation": "listDevices", "times": 2, "status": 502}
    ).json
    assert control.ask_okta("/api/v1/devices").status == 502
    assert control.send("GET", "/faults").json[0]["times"] == 1
    assert control.send("DELETE", "/faults", id=fault["id"]).json == {"removed": 1}
    assert control.ask_okta("/api/v1/devices").status == 200


def test_all_faults_go_at_once(control):
    for name in ("slow", "drop"):
        control.send("POST", "/faults", {"name": name, "times": None})
    assert control.send("DELETE", "/faults").json == {"removed": 2}


def test_switches_are_turned(control):
    switches = control.send(
        "PATCH",
        "/switches",
        {"search_lag_seconds": 5, "certificate_target_field": "detailEntry", "people_act": True},
    ).json
    assert switches == control.send("GET", "/switches").json
    assert (
        switches["search_lag_seconds"],
        switches["certificate_target_field"],
        switches["people_act"],
    ) == (5.0, "detailEntry", True)


def test_limits_are_set(control):
    assert control.send("PATCH", "/limits", {"devices": 1, "logs": None}).json["devices"] == 1
    assert [control.ask_okta("/api/v1/devices").status for _unused in range(2)] == [200, 429]


def test_the_share_and_the_requests_at_once_are_limits_too(control):
    told = control.send("PATCH", "/limits", {"concurrency": None, "principal_percent": 20}).json
    assert (told["concurrency"], told["principal_percent"], told["devices"]) == (None, 20, 50)
    assert [control.ask_okta("/api/v1/devices").status for _unused in range(11)] == [200] * 10 + [
        429
    ]


def test_somebody_else_uses_a_bucket(control):
    assert (
        control.send("POST", "/limits/use", {"bucket": "devices", "requests": 30}).json[
            "X-Rate-Limit-Remaining"
        ]
        == "20"
    )
    assert control.ask_okta("/api/v1/devices").headers["x-rate-limit-remaining"] == "19"


def test_the_secret_is_reset(control):
    old = control.announcement["scep_challenge"]
    assert (
        control.send("POST", "/secret/reset").json["scep_challenge"]
        == control.world.okta.platform.challenge
        != old
    )


def test_permissions_are_taken_from_both_tokens(control):
    assert (
        control.send("PATCH", "/kandji/permissions", {"List Devices": False}).json["List Devices"]
        is False
    )
    assert control.world.kandji.permissions["List Devices"] is False
    assert control.send("PATCH", "/okta/refuse", {"listDevices": True}).json == {
        "refused": ["listDevices"]
    }
    assert control.ask_okta("/api/v1/devices").status == 403
    assert control.send("PATCH", "/okta/refuse", {"listDevices": False}).json == {"refused": []}


def test_the_org_becomes_a_classic_one(control):
    control.send("PATCH", "/okta/org", {"pipeline": "v1"})
    assert control.ask_okta("/.well-known/okta-organization").json["pipeline"] == "v1"


def test_fastpass_is_switched_off(control):
    assert (
        control.send("PATCH", "/okta/authenticators", {"signed_nonce": "INACTIVE"}).json[
            "signed_nonce"
        ]
        == "INACTIVE"
    )
    assert (
        control.send("PATCH", "/okta/authenticators", {"signed_nonce": "ACTIVE"}).json[
            "signed_nonce"
        ]
        == "ACTIVE"
    )


def test_macs_and_people_act_when_told(control):
    serials = [control.world.macs[0].serial]
    assert [
        done["serial"]
        for done in control.send("POST", "/act/macs", {"serials": serials}).json["done"]
    ] == serials
    assert [
        done["serial"]
        for done in control.send("POST", "/act/people", {"serials": serials}).json["done"]
    ] == serials
    assert control.send("POST", "/people/ask", {"serials": serials}).json == {"asked": 1}
    assert len(control.send("POST", "/act/macs").json["done"]) == len(control.world.macs)


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/clock/advance", {"days": -1}),
        ("POST", "/clock/advance", {"days": "1"}),
        ("POST", "/clock/advance", {"weeks": 1}),
        ("POST", "/clock/advance", {"days": 1e9}),
        ("POST", "/clock/advance", {"days": 2_910_000}),
        ("POST", "/clock/advance", [1]),
        ("GET", "/requests?writes=yes", None),
        ("GET", "/requests?since=first", None),
        ("POST", "/faults", {}),
        ("POST", "/faults", {"name": "earthquake"}),
        ("POST", "/faults", {"name": "drop", "operation": "listDevice"}),
        ("POST", "/faults", {"name": "drop", "times": "twice"}),
        ("DELETE", "/faults?id=none", None),
        ("PATCH", "/switches", {"people_acts": True}),
        ("PATCH", "/switches", {"people_act": "false"}),
        ("PATCH", "/switches", {"certificate_target_field": "id"}),
        ("PATCH", "/limits", {"devices": 0}),
        ("PATCH", "/limits", {"buckets": 10}),
        ("PATCH", "/limits", {"concurrency": 0}),
        ("PATCH", "/limits", {"principal_percent": 101}),
        ("PATCH", "/limits", {"principal_percent": None}),
        ("POST", "/limits/use", {"bucket": "scep", "requests": 1}),
        ("POST", "/limits/use", {"bucket": "devices"}),
        ("PATCH", "/kandji/permissions", {"list devices": False}),
        ("PATCH", "/okta/refuse", {"listDevices": "yes"}),
        ("PATCH", "/okta/org", {"pipeline": "v2"}),
        ("PATCH", "/okta/authenticators", {"signed_nonce": "OFF"}),
        ("POST", "/act/macs", {"serials": "C02XK1ZAJG5J"}),
    ],
)
def test_wrong_input_is_told_in_one_sentence_and_changes_nothing(control, verb, path, body):
    before = (
        control.world.switches.as_dict(),
        control.world.faults[:],
        dict(control.world.kandji.permissions),
    )
    reply = control.send(verb, path, body)
    assert reply.status == 400
    assert re.fullmatch(r"[^.].*\w.*\.", reply.json["error"])
    assert before == (
        control.world.switches.as_dict(),
        control.world.faults,
        dict(control.world.kandji.permissions),
    )


# The lab as a whole


def test_macs_and_then_people_act_by_themselves(monkeypatch):
    acted, done = [], threading.Event()
    monkeypatch.setattr("lab.actors.mac.act", lambda world: acted.append("macs"))
    monkeypatch.setattr("lab.actors.person.act", lambda world: (acted.append("people"), done.set()))
    with Lab(Options(macs=1, people=True)):
        assert done.wait(10)
    assert acted[:2] == ["macs", "people"]


def test_a_lab_is_served_and_its_control_surface_with_it():
    with Lab(Options(macs=2)) as lab:
        url, token, ca_file = (
            lab.announcement[key] for key in ("control_url", "control_token", "ca_file")
        )
        reply = requests.post(
            f"{url}/act/macs",
            headers={"Authorization": f"Bearer {token}"},
            verify=ca_file,
            timeout=10,
        )
        assert len(reply.json()["done"]) == 2


LINKS = {"page_url": "https://localhost:1/#token=t", "okta_url": "https://localhost:2"}
LINKS |= {"kandji_url": "https://localhost:3", "ca_file": "/tmp/lab/ca.pem"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_announces_itself_and_stops_when_told_leaving_nothing(tmp_path, number):
    """The line of JSON is alone on standard output. People read standard error."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "--macs", "2"],
        cwd=CHECKOUT,
        env={"PATH": "", "TMPDIR": str(tmp_path)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    announcement = json.loads(process.stdout.readline())
    assert Path(announcement["ca_file"]).exists()
    process.send_signal(number)
    output, errors = process.communicate(timeout=2)
    assert (process.returncode, output) == (0, "")
    for key in ("page_url", "okta_url", "kandji_url", "ca_file"):
        assert f" {announcement[key]}\n" in errors
    assert "with 2 Macs. Macs and people act by themselves." in errors
    for key in ("okta_api_token", "kandji_api_token", "scep_challenge"):
        assert announcement[key] not in errors
    assert list(tmp_path.iterdir()) == []


def test_macs_and_people_act_unless_they_are_asked_not_to():
    assert parse([])[0].people
    options, _directory = parse(["--no-people"])
    assert not options.people
    assert "Macs and people act when you say so (on the page)" in describe(options, LINKS)


def test_a_directory_that_was_named_is_left(tmp_path):
    with Lab(Options(macs=0), tmp_path / "lab") as lab:
        assert lab.announcement["ca_file"] == str(tmp_path / "lab" / "ca.pem")
    assert (tmp_path / "lab" / "ca.pem").exists()


# Apps, and who gets into them


def test_people_open_apps(control):
    done = control.send("POST", "/act/apps", {"apps": ["Slack"]}).json
    assert {row["app"] for row in done["done"]} == {"Slack"} and done["refused"] == []
    one = control.send(
        "POST", "/act/apps", {"apps": ["Slack"], "logins": [done["done"][0]["login"]]}
    ).json["done"]
    assert {row["login"] for row in one} == {done["done"][0]["login"]}
    kept = control.send("GET", "/okta/sign-ins").json
    assert (
        len(kept["outcomes"]) == len(done["done"]) == len(kept["seats"])
    )  # the last of each, and everybody has Slack


def test_a_lock_out_is_seen(control):
    org = control.world.okta
    org.policies.by_id[org.directory.app("Slack").policy_id].catch_all.actions = {
        "appSignOn": {"access": "DENY"}
    }
    refused = control.send("POST", "/act/apps", {"apps": ["Slack", "Payroll"]}).json["refused"]
    assert {row["reason"] for row in refused} == {"denied"} and {
        row["rule"] for row in refused
    } == {"Catch-all Rule"}


def test_a_group_has_exactly_the_members_that_are_named(control):
    login, other = [user.login for user in control.world.okta.users.values()][:2]
    assert control.send("POST", "/okta/groups", {"name": "New", "logins": [login]}).json[
        "logins"
    ] == [login]
    assert control.send("POST", "/okta/groups", {"name": "New", "logins": [other]}).json[
        "logins"
    ] == [other]
    assert control.send("POST", "/okta/groups", {"name": "Everyone", "logins": []}).status == 400


def test_what_is_around_somebody_is_set(control):
    login = next(iter(control.world.okta.users.values())).login
    told = control.send(
        "PATCH", "/okta/sign-ins", {"login": login, "risk": "HIGH", "zones": ["nzo1"]}
    ).json
    assert told == {"login": login, "zones": ["nzo1"], "risk": "HIGH", "assurances": []}
    assert (
        control.send("PATCH", "/okta/sign-ins", {"login": login, "assurances": ["dae1"]}).json[
            "risk"
        ]
        == "HIGH"
    )
    assert control.send("PATCH", "/okta/sign-ins", {"login": login, "risk": "SOME"}).status == 400


def test_somebody_gets_another_device(control):
    login = next(iter(control.world.okta.users.values())).login
    told = control.send(
        "POST", "/okta/seats", {"login": login, "platform": "ANDROID", "registered": True}
    ).json
    assert told["device_id"] in control.world.okta.devices
    assert (
        control.send("POST", "/okta/seats", {"login": login, "platform": "TOASTER"}).status == 400
    )


def test_past_use_is_written(control):
    before = len(control.world.okta.events)
    uses = control.send(
        "POST", "/okta/use", {"apps": ["Slack"], "platform": "MACOS", "days_ago": 45}
    ).json["uses"]
    assert uses == 3 == len(control.world.okta.events) - before


def test_rules_come_by_chance(control):
    told = control.send("POST", "/okta/draw", {"seed": 3, "app": "Payroll"}).json
    org = control.world.okta
    assert (
        org.directory.apps[told["app_id"]].label == "Payroll"
        and org.directory.apps[told["app_id"]].policy_id == told["policy_id"]
    )
    assert (
        len(org.policies.by_id[told["policy_id"]].rules) == told["rules"]
        and org.directory.groups[told["break_glass_id"]].members
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/act/apps", {"apps": ["Nothing"]}),
        ("/act/apps", {"logins": ["nobody@example.com"]}),
        ("/okta/use", {"days_ago": 400}),
        ("/okta/draw", {}),
        ("/okta/groups", {"name": ""}),
        ("/okta/groups", {"name": "New", "logins": "ana"}),
    ],
)
def test_what_cannot_be_done_with_apps(control, path, body):
    assert control.send("POST", path, body).status == 400


def test_a_request_is_held_until_it_is_released_and_others_are_answered(control):
    control.send("POST", "/faults", {"name": "hold", "operation": "listDevices"})
    statuses: list[int] = []
    waiting = threading.Thread(
        target=lambda: statuses.append(control.ask_okta("/api/v1/devices").status)
    )
    waiting.start()
    while not control.send("GET", "/held").json:
        assert waiting.is_alive()
    assert control.ask_okta("/api/v1/groups").status == 200 and statuses == []
    assert control.send("DELETE", "/held").json == {"released": 1}
    waiting.join(timeout=30)
    assert statuses == [200] and control.send("GET", "/held").json == []
