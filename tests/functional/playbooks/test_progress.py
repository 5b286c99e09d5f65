# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines while a module runs, in ansible-playbook and in a job as AWX runs it.

The interval is a second instead of ten, so that a task of some seconds shows what one of minutes
would.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import datetime
from itertools import pairwise

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tests.support import awx_job
from tests.support.awx_job import Job, lab_credentials
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment
from tools.support.playbook import lab_environment

INTERVAL = 1.0
SLACK = 1.0  # a busy machine
WAIT = 4  # seconds that each task takes at least
COLLECTION = "devicetrust.okta_kandji"
LEFT = r"at most [1-4] s more"
TEXT = "Kandji: List Custom Profiles, 1 request"


class Play:
    """Runs tasks on localhost; ``seen`` has each line of the output with the second it came."""

    def __init__(self, watched, directory):
        self.watched, self.file = watched, directory / "play.json"
        self.temporary = directory / "ansible-tmp"
        self.seen = []

    def run(self, module, args, interval=INTERVAL, arguments=(), **keywords):
        task = {"name": "Wait", f"{COLLECTION}.{module}": args, **keywords}
        play = {
            "name": "Show progress",
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [task],
        }
        self.file.write_text(json.dumps([play]))
        environment = {
            **lab_environment(self.watched.lab.announcement),
            "ANSIBLE_LOCAL_TEMP": str(self.temporary),
            "DEVICE_TRUST_PROGRESS_INTERVAL": str(interval),
            "PYTHONUNBUFFERED": "1",
        }
        with subprocess.Popen(
            [str(SCRIPTS / "ansible-playbook"), *arguments, str(self.file)],
            cwd=CHECKOUT,
            env=child_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            self.seen = [(time.monotonic(), line.rstrip("\n")) for line in process.stdout]
        return process.returncode

    @property
    def output(self):
        return "\n".join(line for _at, line in self.seen)

    def lines(self, module):
        return [line for _at, line in self.seen if line.startswith(f"{module} [localhost]: ")]

    def longest_silence(self):
        """Seconds without a line, from the task's beginning to its result."""
        first = next(at for at, line in self.seen if line.startswith("TASK [Wait]"))
        last = next(at for at, line in self.seen if re.match(r"ok|changed|fatal", line))
        times = [at for at, line in self.seen if line and first <= at <= last]
        return max(after - before for before, after in pairwise(times))


@pytest.fixture
def play(watched, tmp_path):
    return Play(watched, tmp_path)


@pytest.fixture
def profile(watched, run_module, profile_args):
    """The canary's SCEP profile, which no Mac has yet."""
    [made] = run_module("kandji_scep_profile", profile_args, lab=watched.lab)["profiles"]
    return made


def check_lines(play, module, *texts):
    assert len(play.lines(module)) >= WAIT / INTERVAL - 1, play.output
    assert play.longest_silence() <= INTERVAL + SLACK, play.output
    for text in texts:
        assert any(re.search(text, line) for line in play.lines(module)), play.output
    assert list(play.temporary.iterdir()) == []


@pytest.mark.lab(macs=4)
def test_a_gate_shows_for_which_macs_it_waits(play, profile, watched):
    first, second = watched.canary["test_macs"][:2]
    gate = {
        "library_item_id": profile["library_item_id"],
        "test_macs": [first, second],
        "wait": WAIT,
        "poll_interval": 2,
    }
    assert play.run("device_trust_gate", gate) == 0, play.output
    reason = r"\(The SCEP profile is not installed yet\)"
    check_lines(
        play,
        "device_trust_gate",
        rf": \d+ s, waiting for 2 of 2 test Macs: {first} {reason}, {second} {reason}, {LEFT}$",
    )


@pytest.mark.lab(macs=4)
@pytest.mark.long
def test_a_redelivery_shows_where_its_macs_are(play, profile, watched):
    redelivery = {
        "library_item_id": profile["library_item_id"],
        "serials": watched.canary["test_macs"][:1],
        "issued_before": "2026-01-01T00:00:00Z",
        "wait": WAIT,
        "poll_interval": 2,
    }
    assert play.run("kandji_profile_redelivery", redelivery) == 0, play.output
    check_lines(
        play, "kandji_profile_redelivery", rf"waiting for 1 of 1 Macs: \w+ \(delivering\), {LEFT}"
    )


@pytest.mark.lab(macs=4)
@pytest.mark.long
def test_a_status_shows_how_many_macs_are_on_which_stage(play, profile, watched):
    status = {"rings": watched.ring_variables, "wait": WAIT, "poll_interval": 2}
    assert play.run("device_trust_info", status) == 0, play.output
    stages = r"waiting for \d Macs or their users: \d PROFILE_PENDING"
    check_lines(play, "device_trust_info", rf"{stages}[^;]*, {LEFT}")


@pytest.mark.lab(macs=1)
def test_a_watch_shows_at_which_apps_and_how_long_still(play, watched):
    watch = {"apps": ["Slack", "Payroll"], "wait": WAIT}
    assert play.run("okta_sign_in_denials_info", watch) == 0, play.output
    text = rf"waiting for sign-ins to 'Slack', 'Payroll', {LEFT}$"
    check_lines(play, "okta_sign_in_denials_info", text)


@pytest.mark.lab(macs=1)
@pytest.mark.long
def test_a_reset_shows_how_many_records_are_done_and_a_rate_limit(play, watched):
    fleet = ResetFleet(watched)
    serials = [f"RESETMAC000{number}" for number in range(1, 5)]
    for serial in serials:
        fleet.stuck(serial)
    watched.fault("429", "deleteDevice", seconds=1)
    watched.fault("slow", "listDeviceUsers", seconds=0.7, times=4)
    reset = {
        "serials": serials,
        "max_percent": 100,
        "duplicates": "each",  # the plan reads the users of each record
        "state_dir": str(play.temporary.parent),
    }
    assert play.run("okta_device_reset", reset) == 0, play.output
    check_lines(
        play,
        "okta_device_reset",
        r"[123] of 4 records read; Okta: listDeviceUsers, [234] requests$",
        rf"0 of 4 records reset; Okta: waiting for the rate limit, {LEFT}$",
    )


@pytest.mark.lab(macs=4)
def test_a_report_shows_its_requests(play, watched, tmp_path):
    watched.fault("slow", "List Custom Profiles", seconds=WAIT)
    report = {"rings": watched.ring_variables, "dest": str(tmp_path / "report")}
    assert play.run("device_trust_report", report) == 0, play.output
    check_lines(play, "device_trust_report", f"{TEXT}$")


@pytest.mark.lab(macs=4)
@pytest.mark.long
def test_in_awx_each_line_is_an_event(watched, tmp_path, printed, shown):
    watched.fault("slow", "List Custom Profiles", seconds=WAIT)
    job = Job(
        "report",
        lab_credentials(watched.lab.announcement),
        variables={
            "device_trust_rings": watched.ring_variables,
            "device_trust_report_dir": str(tmp_path / "report"),
        },
        environment={"DEVICE_TRUST_PROGRESS_INTERVAL": str(INTERVAL)},
    )
    outcome = awx_job.run(job, tmp_path / "job")
    printed.append(outcome.said)
    times = [
        datetime.fromisoformat(event["created"]).timestamp()
        for event in outcome.events
        if event["event"] == "verbose" and TEXT in event["stdout"]
    ]
    assert outcome.status == 0 and len(times) >= WAIT / INTERVAL - 1, outcome.said[-3000:]
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) <= INTERVAL + SLACK, outcome.said[-3000:]
    assert shown(TEXT)
    assert not shown(watched.lab.announcement["kandji_api_token"])


@pytest.mark.lab(macs=1)
def test_a_short_task_shows_nothing(play, profile, watched):
    gate = {"library_item_id": profile["library_item_id"], "test_macs": []}
    assert play.run("device_trust_gate", gate, interval=60) == 0
    assert play.lines("device_trust_gate") == []


@pytest.mark.long
@pytest.mark.lab(macs=1)
# Ansible gives up on a job that has not begun at the first poll, which a busy machine delays.
@pytest.mark.parametrize("keywords", [{"no_log": True}, {"async": 60, "poll": 4}])
def test_without_lines_the_module_runs_the_same(play, profile, watched, keywords):
    gate = {"library_item_id": profile["library_item_id"], "test_macs": []}
    assert play.run("device_trust_gate", gate, interval=0.01, **keywords) == 0, play.output
    assert "ok=1" in play.output and play.lines("device_trust_gate") == []


@pytest.mark.lab(macs=1)
def test_each_item_and_each_retry_has_its_lines(play, profile, watched):
    gate = {"library_item_id": profile["library_item_id"], "test_macs": [], "wait": "{{ item }}"}
    loop = {"loop": [0, 1], "register": "gate", "until": "gate.met", "retries": 1, "delay": 0}
    assert play.run("device_trust_gate", gate, interval=0.1, **loop) != 0
    runs = re.split("^(?:FAILED - RETRYING|failed: )", play.output, flags=re.MULTILINE)[:-1]
    assert len(runs) == 4, play.output
    assert all("device_trust_gate [localhost]: 0 s, running" in run for run in runs), play.output
    assert list(play.temporary.iterdir()) == []


@pytest.mark.lab(macs=1)
def test_a_file_of_an_interrupted_task_is_removed(play, profile, watched):
    watched.fault("slow", "List Devices", seconds=20)
    gate = {"library_item_id": profile["library_item_id"], "test_macs": ["C02"], "wait": 60}
    play.run("device_trust_gate", gate, timeout=3)
    assert play.lines("device_trust_gate") and "Timed out" in play.output, play.output
    assert list(play.temporary.iterdir()) == []


def test_an_interval_that_is_not_a_number_is_refused(play, watched):
    assert play.run("device_trust_gate", {"test_macs": []}, interval="often") != 0
    assert "DEVICE_TRUST_PROGRESS_INTERVAL: 'often' is not a number" in play.output
