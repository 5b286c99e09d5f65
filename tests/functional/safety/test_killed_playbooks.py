# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-playbook is killed in the middle of a deletion: its module writes nothing more.

Ansible starts a module in a session of its own, so that the module outlives the signal.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment
from tools.support.playbook import lab_environment

ENDED = "not deleted, because ansible-playbook ended"
SERIALS = [f"KILLEDMAC{number:04}" for number in range(4)]


def wait_until(condition: t.Callable[[], t.Any], seconds: float = 60.0) -> t.Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
    return value


def processes() -> dict[int, int]:
    """Return the processes that run: the id of each, and that of its parent."""
    options = ["pid=,ppid=,stat="]
    listed = subprocess.run(["ps", "-eo", *options], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def children_of(pid: int) -> list[int]:
    return [child for child, parent in processes().items() if parent == pid]


def tree_of(pid: int) -> list[int]:
    return [pid, *(each for child in children_of(pid) for each in tree_of(child))]


@pytest.fixture
def begun(watched: t.Any, tmp_path: Path) -> t.Iterator[subprocess.Popen[bytes]]:
    """A run whose second deactivation Okta has not answered yet."""
    fleet = ResetFleet(watched)
    for serial in SERIALS:
        fleet.stuck(serial)
    task = {
        "devicetrust.okta_kandji.okta_device": {
            "serials": SERIALS,
            "state": "absent",
            "max_percent": 100,
            "max_devices": 10,
            "state_dir": str(tmp_path),
        }
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    file = tmp_path / "play.json"
    file.write_text(json.dumps([play]))
    watched.fault("hold", "deactivateDevice", after=1)
    process = subprocess.Popen(
        [str(SCRIPTS / "ansible-playbook"), str(file)],
        cwd=CHECKOUT,
        env=child_environment(**lab_environment(watched.lab.announcement)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    left: list[int] = []
    try:
        wait_until(lambda: watched.world.held)
        left = tree_of(process.pid)
        yield process
    finally:
        watched.control("DELETE", "/held")
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.kill()
        process.wait()


def audit_of(directory: Path) -> list[str]:
    lines = (directory / "device_audit.jsonl").read_text().splitlines()
    return [json.loads(line)["result"] for line in lines]


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize(
    ("number", "whom"),
    [
        (signal.SIGKILL, "group"),
        (signal.SIGTERM, "group"),
        (signal.SIGKILL, "ansible-playbook"),
        (signal.SIGKILL, "worker"),
    ],
)
def test_after_a_kill_no_step_follows_the_one_that_was_sent(
    watched: t.Any, begun: t.Any, tmp_path: Path, number: signal.Signals, whom: str
) -> None:
    workers = children_of(begun.pid)
    modules = {pid for pid in tree_of(begun.pid) if pid not in (begun.pid, *workers)}
    if whom == "group":
        os.killpg(begun.pid, number)
    else:
        for pid in workers if whom == "worker" else [begun.pid]:
            os.kill(pid, number)
    time.sleep(1)
    watched.control("DELETE", "/held")
    assert modules
    wait_until(lambda: not modules & processes().keys())
    writes = watched.writes()  # without the third where its connection ended before the answer
    expected_writes = ["deactivateDevice", "deleteDevice", "deactivateDevice"]
    assert len(writes) >= 2 and writes == expected_writes[: len(writes)]
    *before, last = audit_of(tmp_path)
    assert before[:4] == ["started", "deactivated", "deleted", "started"][: len(before)]
    # Ansible ends the module itself after a SIGTERM.
    expected = "started" if number == signal.SIGTERM else ENDED
    assert last == expected, before
