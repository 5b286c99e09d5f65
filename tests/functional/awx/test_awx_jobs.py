# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them.

By ansible-runner, in its private data directory, with the credentials and templates that the role
awx_configuration makes.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.sign_in.test_enforce_managed_devices import CLONE, VARIABLES, Company
from tests.support import awx_job
from tests.support.awx_job import Job, lab_credentials
from tools.support.environment import child_environment

SECRETS = ("okta_api_token", "okta_private_key", "kandji_api_token", "scep_challenge")


@pytest.fixture
def job(watched, tmp_path, printed):
    """Run a job of a template, each in a directory of its own."""
    numbers = itertools.count(1)

    def run(template, **values):
        number = next(numbers)
        values = {"credentials": lab_credentials(watched.lab.announcement), **values}
        outcome = awx_job.run(Job(template, number=number, **values), tmp_path / f"job_{number}")
        printed.append(outcome.said)
        return outcome

    return run


@pytest.fixture
def no_secret(watched, shown):
    """Whether anything that AWX would keep of the jobs shows a secret, in whatever form."""
    told = watched.lab.announcement

    def check():
        found = {name: shown(told[name]) for name in SECRETS}
        # Of a key of many lines, any line gives it away.
        found["key, by lines"] = [
            line for line in told["okta_private_key"].splitlines() if len(line) > 30 and shown(line)
        ]
        return {name: forms for name, forms in found.items() if forms} == {}

    return check


@pytest.mark.lab(macs=3)
def test_a_report_by_a_service_app_whose_key_comes_as_a_file(
    watched, job, no_secret, shown, tmp_path
):
    done = job(
        "report", variables={"device_trust_report_dir": str(tmp_path / "report")}, verbosity=4
    )
    assert done.status == 0, done.said[-3000:]
    assert (tmp_path / "report" / "device-trust.html").exists() and watched.writes() == []
    environment = json.loads((tmp_path / "job_1" / "env" / "envvars").read_text())
    assert (
        environment["OKTA_CLIENT_PRIVATEKEY"].startswith(str(tmp_path))
        and "OKTA_CLIENT_TOKEN" not in environment
    )
    assert len(done.events) > 10 and done.results("devicetrust.okta_kandji.device_trust_report")
    assert shown(str(tmp_path / "report")), "the search is blind: what is no secret is shown"
    assert no_secret()


@pytest.mark.long
@pytest.mark.lab(macs=4)
@pytest.mark.parametrize("verbosity", range(6))
def test_no_secret_is_in_what_is_kept_of_the_whole_procedure(watched, job, no_secret, verbosity):
    """At every other verbosity with the API token.

    And once more with a token that is refused, since failures say more.
    """
    credentials = lab_credentials(
        watched.lab.announcement, "Okta service app" if verbosity % 2 else "Okta API token"
    )
    variables = {"device_trust_rings": watched.ring_variables, "device_trust_gate_wait": 0}
    done = job("site", credentials=credentials, variables=variables, verbosity=verbosity)
    assert done.status == 0 and watched.writes(), done.said[-3000:]
    watched.world.kandji.api_token = "another"
    failed = job("site", credentials=credentials, variables=variables, verbosity=verbosity)
    assert failed.status != 0 and failed.failures and no_secret()


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_what_runs_after_the_approval_is_the_plan_that_was_approved(watched, job, no_secret):
    fleet = ResetFleet(watched)
    fleet.stuck("APPROVED0001")
    answers = {
        "device_trust_reset_serials": "APPROVED0001,\nAPPROVED0002",
        "device_trust_reset_users": "",
        "device_trust_reset_confirm": "",
    }
    limits = {"device_reset_max_percent": 100}
    plan = job("reset plan", answers=answers, variables=limits)
    approved = plan.statistics
    assert (
        plan.status == 0
        and watched.writes() == []
        and len(approved["device_trust_reset_plan_digest"]) == 64
    ), plan.said[-3000:]
    alone = job("reset approved", answers=answers, variables=limits)
    assert (
        alone.status != 0
        and "device_trust_reset_plan_digest: it is not set. Launch the workflow"
        in alone.failures[0]
        and watched.writes() == []
    )
    fleet.stuck("APPROVED0002")
    other = job("reset approved", answers=answers, variables={**limits, **approved})
    assert (
        other.status != 0
        and "not the one that was approved. 2 device records" in other.failures[0]
        and watched.writes() == []
    ), other.said[-3000:]
    again = job("reset plan", answers=answers, variables=limits).statistics
    done = job("reset approved", answers=answers, variables={**limits, **again}, verbosity=5)
    assert done.status == 0 and watched.writes() == ["deactivateDevice", "deleteDevice"] * 2, (
        done.said[-3000:]
    )
    assert no_secret()


@pytest.mark.long
@pytest.mark.lab(macs=2)
def test_enforce_forecasts_unless_it_is_told_to_run_and_locks_out_no_more_than_was_answered(
    watched, job, no_secret
):
    company = Company(watched)
    company.ready(but=[company.world.people[0].serial])
    mark, nobody, one = (
        watched.mark(),
        {"device_trust_max_locked_out": 0},
        {"device_trust_max_locked_out": 1},
    )
    refused = job(
        "enforce", answers=nobody, variables=VARIABLES
    )  # in check mode too, so that nobody approves it
    assert (
        refused.status != 0
        and "1 person who used these apps would be locked out" in refused.failures[0]
    ), refused.said[-3000:]
    forecast = job("enforce", answers=one, variables=VARIABLES)
    assert forecast.status == 0 and watched.writes(mark) == [], forecast.said[-3000:]
    # What the approver reads names apps and people.
    shown = str([each.get("msg") for each in forecast.results("ansible.builtin.debug")])
    apps = ", ".join(VARIABLES["device_trust_access_apps"])
    assert f"people who used {apps} in " in shown and "1 would be locked out: " in shown
    assert "@" in shown.split("1 would be locked out: ")[1].split(".")[0]
    done = job("enforce", answers=one, variables=VARIABLES, job_type="run", verbosity=5)
    assert done.status == 0 and set(company.policies().values()) == {CLONE}, done.said[-3000:]
    back = job("rollback", variables=VARIABLES)
    assert back.status == 0 and set(company.policies().values()) == {"Company apps"}, back.said[
        -3000:
    ]
    assert no_secret()


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_through_the_stream_by_which_awx_reaches_its_nodes(watched, tmp_path, printed, no_secret):
    """transmit | worker | process.

    What goes to a node holds the credentials, what comes back and is kept must not.
    """
    sent, node, kept = tmp_path / "sent", tmp_path / "node", tmp_path / "kept"
    variables = {"device_trust_report_dir": str(tmp_path / "report")}
    playbook = awx_job.lay_out(
        Job("report", lab_credentials(watched.lab.announcement), variables=variables, verbosity=5),
        sent,
        seen_at="",
    )
    for directory in (node, kept):
        directory.mkdir()
    runner = [sys.executable, "-m", "ansible_runner"]
    environment = child_environment()
    transmitted = subprocess.run(
        [*runner, "transmit", str(sent), "-p", playbook, "-i", "7"],
        env=environment,
        check=True,
        capture_output=True,
    ).stdout
    worked = subprocess.run(
        [*runner, "worker", "--private-data-dir", str(node)],
        input=transmitted,
        env=environment,
        check=True,
        capture_output=True,
    ).stdout
    processed = subprocess.run(
        [*runner, "process", str(kept), "-i", "7"],
        input=worked,
        env=environment,
        check=False,
        capture_output=True,
    )
    outcome = awx_job.read(
        kept, processed.returncode, (processed.stdout + processed.stderr).decode()
    )
    printed.append(outcome.said)
    assert (
        outcome.status == 0
        and (tmp_path / "report" / "device-trust.html").exists()
        and len(outcome.events) > 10
    ), outcome.said[-3000:]
    assert no_secret()
