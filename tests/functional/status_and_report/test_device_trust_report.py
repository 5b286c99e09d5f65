# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report against the lab.

Written once, left alone while nothing changes, and saying what changed when something does.
"""

from __future__ import annotations

import csv
import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import ACTORS

from lab.actors.macos_shims import check_script
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

REPORT = CHECKOUT / "playbooks" / "report.yml"


@pytest.fixture
def args(watched, tmp_path):
    return {
        "rings": watched.ring_variables,
        "dest": str(tmp_path / "reports"),
        "state_dir": str(tmp_path / "state"),
    }


def write(run_module, watched, args, **how):
    result = run_module("device_trust_report", args, lab=watched.lab, **how)
    assert not result.get("failed"), result
    return result


def page(args):
    return (Path(args["dest"]) / "device-trust.html").read_text(encoding="utf-8")


def test_a_second_report_of_the_same_fleet_leaves_the_files_alone(
    watched, run_module, args, tmp_path
):
    first = write(run_module, watched, args)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert first["changed"] and len(before) == 4 and sum(first["counts"].values()) == 25
    watched.world.clock.advance(minutes=5)
    again = write(run_module, watched, args)
    assert not again["changed"] and {path: path.stat().st_mtime_ns for path in before} == before
    assert watched.writes() == []


def test_check_mode_says_what_it_would_write_and_writes_nothing(
    watched, run_module, args, tmp_path
):
    result = write(run_module, watched, args, check=True)
    assert result["changed"] and list(tmp_path.iterdir()) == []
    assert [one.split("/")[-1] for one in result["changes"]] == [
        "device-trust.html",
        "device-trust.csv",
        "device-trust.json",
        "device-trust-report.json",
    ]


@pytest.mark.parametrize(
    "kept", ["reports/device-trust.html", "reports/device-trust.json", "state"]
)
def test_the_report_of_another_org_is_neither_replaced_nor_compared(
    watched, run_module, args, tmp_path, kept
):
    write(run_module, watched, args)
    host = watched.lab.announcement["okta_url"].partition("//")[2]
    for path in tmp_path.rglob("device-trust*"):
        if str(path.relative_to(tmp_path)).startswith(kept):
            path.write_text(path.read_text().replace(host, "labs.okta.com"))
        elif path.suffix != ".csv":
            path.unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for check in (True, False):
        result = run_module("device_trust_report", args, lab=watched.lab, check=check)
        assert result["failed"] and result["option"] == ("state_dir" if kept == "state" else "dest")
        assert "is of labs.okta.com with " in result["msg"], result
        assert f"this run is of {host} with" in result["msg"], result
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_next_report_says_who_moved(watched, run_module, args):
    assert "first report" in (write(run_module, watched, args), page(args))[1]
    watched.world.kandji.devices[watched.world.macs[0].device_id].name = "Renamed"
    write(run_module, watched, args)
    assert "No Mac changed its stage." in page(args)


def test_the_ledger_tells_when_certificates_end(watched, run_module, args):
    for mac in watched.world.macs[:3]:
        watched.world.okta.platform.book(f"{mac.serial} 0A1B")
    watched.world.clock.advance(minutes=10)
    assert run_module(
        "device_trust_certificates", {"state_dir": args["state_dir"]}, lab=watched.lab
    )["changed"]
    write(run_module, watched, args)
    macs = {
        mac["serial_number"]: mac
        for mac in json.loads((Path(args["dest"]) / "device-trust.json").read_text())["macs"]
    }
    told = {serial for serial, mac in macs.items() if mac["certificate_expiry_source"] == "ledger"}
    assert told == {mac.serial for mac in watched.world.macs[:3]}
    assert {macs[serial]["certificate_expires"][:4] for serial in told} == {
        str(watched.world.clock.now().year + 1)
    }


def test_the_macs_own_word_tells_when_certificates_end(watched, run_module, args):
    wanted = {
        "name": "Okta certificate check",
        "script": check_script(),
        "blueprints": watched.canary["blueprints"],
    }
    item_id = run_module("kandji_custom_script", wanted, lab=watched.lab)["script"]["id"]
    run_module(
        "kandji_scep_profile",
        {"name": "Okta SCEP - canary", "blueprints": watched.canary["blueprints"]},
        lab=watched.lab,
    )
    watched.live()
    write(run_module, watched, {**args, "certificate_check_item_id": item_id})
    macs = json.loads((Path(args["dest"]) / "device-trust.json").read_text())["macs"]
    assert {mac["serial_number"] for mac in macs if mac["certificate_expiry_source"] == "mac"} == {
        mac.serial for mac in watched.world.macs if mac.certificates
    }


def test_without_a_state_directory_it_says_so(watched, run_module, args, tmp_path):
    write(run_module, watched, {**args, "state_dir": None})
    assert "device_trust_state_dir" in page(args) and not (tmp_path / "state").exists()


def test_the_three_files_tell_of_the_same_macs_and_of_no_secret(watched, run_module, args):
    token = watched.lab.announcement["kandji_api_token"]
    watched.world.kandji.devices[watched.world.macs[0].device_id].name = f"Mac of {token}"
    watched.world.kandji.devices[
        watched.world.macs[1].device_id
    ].name = '=HYPERLINK("https://evil.example")</script><b>'
    result = write(run_module, watched, args)
    texts = {
        path.rsplit(".", 1)[1]: Path(path).read_text(encoding="utf-8-sig")
        for path in result["files"]
    }
    assert [name for name, text in texts.items() if token in text] == []
    rows = list(csv.DictReader(texts["csv"].splitlines()))
    macs = json.loads(texts["json"])["macs"]
    assert (
        {row["serial_number"] for row in rows}
        == {mac["serial_number"] for mac in macs}
        == {mac.serial for mac in watched.world.macs}
    )
    assert any(row["device_name"].startswith("'=HYPERLINK") for row in rows)
    assert "</script><b>" not in texts["html"]


@pytest.mark.parametrize("mode, expected", [("0600", 0o600), ("0644", 0o644)])
def test_files_have_the_mode_that_is_asked_for(watched, run_module, args, mode, expected):
    result = write(run_module, watched, {**args, "mode": mode})
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in result["files"]} == {expected}


@pytest.mark.parametrize("mode", ["0400", "rw", "1777777"])
def test_a_mode_that_cannot_work_is_told(watched, run_module, args, mode):
    assert (
        "octal" in run_module("device_trust_report", {**args, "mode": mode}, lab=watched.lab)["msg"]
    )


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(watched, run_module, args, tmp_path):
    (tmp_path / "reports").write_text("in the way")
    assert "cannot be written" in run_module("device_trust_report", args, lab=watched.lab)["msg"]


def test_a_history_that_cannot_be_written_is_a_warning(watched, run_module, args):
    found = write(run_module, watched, {**args, "state_dir": "/proc/device-trust"})
    assert found["changed"] and Path(args["dest"]).is_dir()
    warnings = [text for text in found["warnings"] if text.startswith("state_dir: ")]
    assert len(warnings) == 1 and "cannot be written" in warnings[0]
    assert warnings[0].endswith("The report is written, and no history is kept.")


@pytest.mark.parametrize("check", [False, True])
def test_a_place_without_a_name_is_refused_before_anything_is_read(
    watched, run_module, args, check
):
    result = run_module("device_trust_report", {**args, "dest": ""}, lab=watched.lab, check=check)
    assert result["failed"] and result["msg"].startswith("dest: it is empty."), result
    assert result["api_calls"] == []


def test_the_playbook_writes_it_and_a_second_run_changes_nothing(watched, playbook, tmp_path):
    where = {
        "device_trust_report_dir": str(tmp_path / "reports"),
        "device_trust_state_dir": str(tmp_path / "state"),
    }
    first = playbook(watched.lab, REPORT, variables=where)
    assert first.status == 0 and first.changed == ["Write the report"], first.output
    second = playbook(watched.lab, REPORT, variables=where)
    assert second.status == 0 and second.changed == [] and watched.writes() == [], second.output


def test_the_playbook_posts_how_many_macs_need_somebody(watched, playbook, tmp_path, webhook):
    url, bodies = webhook
    ResetFleet(watched).record("LEFT00000001")  # which Kandji does not have
    where = {
        "device_trust_report_dir": str(tmp_path / "reports"),
        "device_trust_report_notify": True,
        "device_trust_notify_url": url,
    }
    check = playbook(watched.lab, REPORT, variables=where, check=True)
    assert check.status == 0 and bodies == [], check.output
    first = playbook(watched.lab, REPORT, variables=where)
    assert first.status == 0 and first.changed == ["Write the report"], first.output
    report = json.loads((tmp_path / "reports" / "device-trust.json").read_text())
    stages = [mac["stage"] for mac in report["macs"]]
    users, admins = (
        sum(ACTORS[stage] == actor for stage in stages) for actor in ("user", "administrator")
    )
    assert users + admins > 0
    (body,) = bodies
    assert body["text"].startswith(
        f"{'1 Mac needs' if users + admins == 1 else f'{users + admins} Macs need'} somebody:"
        f" {users} their user, {admins} an administrator."
    )
    assert f"{stages[0]} {stages.count(stages[0])}" in body["text"]
    # Nothing changed since, so nobody is disturbed.
    assert playbook(watched.lab, REPORT, variables=where).status == 0 and len(bodies) == 1


@pytest.mark.lab(macs=1)
def test_a_notification_that_was_not_posted_is_posted_by_the_next_run(
    watched, playbook, tmp_path, webhook, webhook_statuses
):
    url, bodies = webhook
    ResetFleet(watched).record("LEFT00000001")  # which Kandji does not have
    where = {
        "device_trust_report_dir": str(tmp_path),
        "device_trust_report_notify": True,
        "device_trust_notify_url": url,
    }
    webhook_statuses.append(500)
    lost = playbook(watched.lab, REPORT, variables=where)
    assert lost.status != 0 and bodies == [] and "hook-with-a-secret" not in lost.output
    assert "the webhook answered with status 500." in lost.output, lost.output
    check = playbook(watched.lab, REPORT, variables=where, check=True)
    assert check.status == 0 and bodies == [], check.output
    again = playbook(watched.lab, REPORT, variables=where)
    assert again.status == 0 and again.changed == [] and len(bodies) == 1, again.output
    assert "somebody: " in bodies[0]["text"]
    third = playbook(watched.lab, REPORT, variables=where)
    assert third.status == 0 and len(bodies) == 1, third.output


def test_the_playbook_finds_the_certificate_check(watched, playbook, run_module, tmp_path):
    every = {"blueprints": watched.canary["blueprints"]}
    run_module(
        "kandji_custom_script",
        {"name": "Okta certificate check", "script": check_script(), **every},
        lab=watched.lab,
    )
    run_module("kandji_scep_profile", {"name": "Okta SCEP - canary", **every}, lab=watched.lab)
    watched.live()
    written = playbook(
        watched.lab,
        REPORT,
        variables={
            "device_trust_report_dir": str(tmp_path),
            "device_trust_certificate_check": True,
        },
    )
    macs = json.loads((tmp_path / "device-trust.json").read_text())["macs"]
    assert written.status == 0 and [
        mac for mac in macs if mac["certificate_expiry_source"] == "mac"
    ], written.output
