# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration says at its begin and at its end, and when it fails. No lab is started."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tools import demo
from tools.support.environment import CHECKOUT
from tools.support.playbook import PlayResult

CREATED = "create the profile 'Okta SCEP - canary'"


def run(title: str, *changed: str, writes: int = 0, status: int = 0) -> demo.Run:
    tasks = [
        {"name": "Create", "changed": True, "result": {"changes": [change]}} for change in changed
    ]
    sent = Counter({"kandji Create Custom Profile": writes} if writes else {})
    return demo.Run(title, PlayResult(status, "", {}, tasks), sent, 12.4)


CHECK, DONE, AGAIN = run("check", CREATED), run("site", CREATED, writes=1), run("again")


def test_a_prediction_that_held_is_not_complained_about():
    assert list(demo.judge(CHECK, DONE, AGAIN)) == []


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ((run("check", CREATED, writes=1), DONE, AGAIN), "The check wrote."),
        (
            (run("check"), DONE, AGAIN),
            "What the check predicted is not what the first run changed.",
        ),
        ((run("check"), run("site"), AGAIN), "The first run changed nothing."),
        ((CHECK, DONE, run("again", CREATED)), "The second run changed something."),
        ((CHECK, DONE, run("again", writes=1)), "The second run wrote."),
        ((CHECK, DONE, run("again", status=2)), "again failed."),
    ],
)
def test_what_is_wrong_is_one_sentence(runs, sentence):
    assert list(demo.judge(*runs)) == [sentence]


def test_the_last_lines_say_what_to_open_and_what_to_try_next():
    lines = demo.last_lines(Path("/checkout/.cache/demo")).splitlines()
    assert lines[0] == (
        "Open the report of these Macs in a browser: /checkout/.cache/demo/device-trust.html"
    )
    assert any(line.lstrip().startswith("make lab ") for line in lines)
    assert any("docs/quickstart.md" in line and "own tenants" in line for line in lines)


def test_the_summary_counts_changes_and_writes_of_each_run():
    assert demo.in_short(DONE).splitlines() == [
        "site: exit status 0, 12 s, changed=1, write requests=1",
        f"    changed: {CREATED}",
        "    sent: kandji Create Custom Profile x 1",
    ]


def test_make_demo_says_something_in_the_first_second():
    """The first line comes before the set-up and the lab: with another Python, nothing else."""
    command = ["make", "--no-print-directory", "demo", "PYTHON=false"]
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=CHECKOUT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        first, seconds = process.stdout.readline(), time.monotonic() - started
    assert first.startswith("The demonstration takes about a minute"), first
    assert seconds < 1.5  # a busy machine
