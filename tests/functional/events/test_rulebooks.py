# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks for real.

Ansible-rulebook with its Java, against the lab, and what its playbooks do to the vendors.

with started("device_trust", ...) as rulebook:
    rulebook.says("PLAY RECAP")
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from tools.support.environment import CHECKOUT, COMPILE_CACHE, child_environment
from tools.support.playbook import lab_environment, run_playbook
from tools.support.venvs import environment

RULEBOOKS = CHECKOUT / "extensions" / "eda" / "rulebooks"
LONGEST = 300  # seconds that anything may take, on a machine that is shared
SECRET = "canary-of-the-event-hook"


def banner(playbook: str) -> str:
    """How a run of this playbook begins in the output."""
    (play, *_others) = yaml.safe_load((CHECKOUT / "playbooks" / f"{playbook}.yml").read_text())
    return f"PLAY [{play['name']}]"


pytestmark = [pytest.mark.programs, pytest.mark.lab(macs=5)]


@pytest.fixture(scope="session")
def scripts() -> Path:
    return environment("events")


class Rulebook:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line))

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def says(self, text: str, times: int = 1) -> None:
        """Wait until it has said it so many times."""
        wait(lambda: self.output.count(text) >= times or self.process.poll() is not None)
        assert self.output.count(text) >= times, "".join(
            line for line in self.lines if " DEBUG " not in line
        )[-6000:]


def wait(condition: t.Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


@pytest.fixture
def started(scripts, watched, tmp_path, printed):
    """Starts a rulebook of the collection;

    ``quicker`` are texts of it that are replaced, so that no test waits for a quarter of an hour.
    """

    @contextlib.contextmanager
    def start(
        name: str,
        variables: dict[str, t.Any],
        quicker: t.Sequence[tuple[str, str]] = (),
        environment_too: dict[str, str] | None = None,
    ):
        rulebook = f"devicetrust.okta_kandji.{name}"
        if quicker:
            text = (RULEBOOKS / f"{name}.yml").read_text()
            for old, new in quicker:
                assert old in text
                text = text.replace(old, new)
            rulebook = str(tmp_path / "rulebook.yml")
            Path(rulebook).write_text(text)
        given, inventory = tmp_path / "vars.json", tmp_path / "inventory.yml"
        quick = {"device_trust_gate_wait": 60, "device_trust_poll_interval": 2}
        given.write_text(json.dumps({"device_trust_rings": watched.ring_variables, **variables}))
        inventory.write_text(
            json.dumps(
                {"all": {"hosts": {"localhost": {"ansible_connection": "local"}}, "vars": quick}}
            )
        )
        more = child_environment(
            **{
                **COMPILE_CACHE,
                **lab_environment(watched.lab.announcement),
                "OKTA_EVENT_HOOK_SECRET": SECRET,
                **(environment_too or {}),
            }
        )
        more["PATH"] = os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)])
        command = [
            str(scripts / "ansible-rulebook"),
            "--rulebook",
            rulebook,
            "--vars",
            str(given),
            "--inventory",
            str(inventory),
            "-vv",
            "--print-events",
        ]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running = Rulebook(process)
        try:
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            printed.append(running.output)

    return start


@pytest.fixture
def log_variables(tmp_path):
    return {
        "device_trust_log_state": str(tmp_path / "log.json"),
        "device_trust_log_interval": 1,
        "device_trust_report_dir": str(tmp_path / "reports"),
    }


@pytest.fixture
def polled(watched):
    """Wait until the log was polled so many times more."""

    def until(times: int = 2) -> None:
        mark = watched.mark()
        wait(
            lambda: (
                sum(one.operation == "listLogEvents" for one in watched.world.requests[mark:])
                >= times
            )
        )

    return until


@pytest.fixture
def secrets_stay_hidden(watched, shown):
    yield
    told = watched.lab.announcement
    for secret in (
        told["okta_api_token"],
        told["kandji_api_token"],
        told["scep_challenge"],
        watched.world.okta.platform.challenge,
        SECRET,
    ):
        assert shown(secret) == []


@pytest.fixture
def listener():
    """Whoever is told: an address, and what it was sent."""
    got: list[t.Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/canary-of-the-channel", got
    server.shutdown()


def enroll(watched):
    """Somebody registers a Mac that Kandji knows; its serial."""
    person = watched.world.people[0]
    with watched.world.lock:
        mac = watched.mac(person.serial)
        person.register(watched.world, mac)
    return mac.serial


@pytest.mark.usefixtures("secrets_stay_hidden")
def test_a_device_that_was_enrolled_is_looked_at_and_once_only_over_a_restart(
    watched, started, log_variables, polled
):
    with started("device_trust", log_variables) as rulebook:
        polled()
        with watched.world.lock:  # a phone, of which Okta knows no serial number
            owner = next(iter(watched.world.okta.users.values())).in_the_log
            watched.world.okta.event(
                "device.enrollment.create", "Device enrollment", actor=owner, target=[owner]
            )
        polled()
        serial = enroll(watched)
        rulebook.says(f"{serial}: ")
        assert rulebook.output.count(banner("device_status")) == 1
    with started("device_trust", log_variables) as rulebook:
        polled(3)
        assert "PLAY [" not in rulebook.output
    assert watched.writes() == []


@pytest.mark.usefixtures("secrets_stay_hidden")
def test_a_reset_of_the_secret_is_rotated_when_the_new_one_is_there_and_told_when_it_is_not(
    watched, started, log_variables, polled, listener
):
    address, got = listener
    assert run_playbook(CHECKOUT / "playbooks" / "site.yml", watched.lab.announcement).status == 0
    watched.live(rounds=2)
    with started(
        "device_trust", log_variables, environment_too={"DEVICE_TRUST_NOTIFY_URL": address}
    ) as rulebook:
        polled()
        with watched.world.lock:
            watched.world.okta.platform.reset_secret()
        mark = watched.mark()
        rulebook.says("failed=1")
        assert "a test enrollment with the one at hand failed" in got[0]["text"] and watched.writes(
            mark
        ) in (
            [],
            ["PKIOperation"],
        )
        assert "canary-of-the-channel" not in rulebook.output
    watched.switch(macs_act=True, people_act=True)
    new = {"OKTA_SCEP_CHALLENGE": watched.world.okta.platform.challenge}
    with started("device_trust", log_variables, environment_too=new) as rulebook:
        polled()
        with (
            watched.world.lock
        ):  # what Okta writes when somebody clicks; the secret stays the one that the vault has
            watched.world.okta.platform.log_event(
                "device.platform.secret_key.reset", "Reset device management platform secret key"
            )
        rulebook.says("failed=0")
        assert "Update Custom Profile" in watched.writes(mark)


@pytest.mark.usefixtures("secrets_stay_hidden")
def test_denials_that_rise_are_told_and_certificates_make_one_report(
    watched, started, log_variables, polled, listener, tmp_path
):
    address, got = listener
    quicker = [("once_after: 15 minutes", "once_after: 3 seconds")]
    with started(
        "device_trust", log_variables, quicker, {"DEVICE_TRUST_NOTIFY_URL": address}
    ) as rulebook:
        polled()
        login = next(iter(watched.world.okta.users.values())).login
        watched.control("POST", "/okta/deny", {"login": login, "times": 4})
        polled(3)
        assert got == []
        watched.control("POST", "/okta/deny", {"login": login, "times": 1})
        wait(lambda: bool(got))
        assert login in got[0]["text"] and "denied" in got[0]["text"]
        with watched.world.lock:
            for number in range(3):
                watched.world.okta.platform.book(f"CBOOKED{number}")
        rulebook.says(banner("report"))
        # A denial is two events, and each kind is counted for itself: two notifications, a report.
        rulebook.says("PLAY RECAP", times=3)
        assert rulebook.output.count(banner("report")) == 1
        assert (tmp_path / "reports" / "device-trust.html").is_file()


@pytest.mark.usefixtures("secrets_stay_hidden")
def test_what_okta_sends_by_its_event_hook(watched, started):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    watched.switch(hook_delivers_twice=True)
    with started("device_trust_hook", {"device_trust_hook_port": port}) as rulebook:
        rulebook.says("Listening on")
        rulebook.says(
            "Waiting for events"
        )  # until then the start of its Java may keep it from answering in time
        wanted = {
            "url": f"http://127.0.0.1:{port}/okta",
            "key": "Authorization",
            "value": SECRET,
            "events": ["device.enrollment.create"],
        }
        assert watched.control("POST", "/okta/hooks", wanted)["verified"]
        serial = enroll(watched)
        rulebook.says(f"{serial}: ")
        for hook in watched.world.okta.hooks:
            hook.settled()
        assert [one.status for one in watched.world.okta.hooks[0].attempts] == [204, 204]
        assert rulebook.output.count(banner("device_status")) == 1
    assert watched.writes() == []


def test_a_mistake_is_one_sentence(started, log_variables, watched):
    with started("device_trust", {**log_variables, "device_trust_capacity_percent": 0}) as rulebook:
        rulebook.says("capacity_percent: 0 is not between 1 and 100.")
        rulebook.process.wait(LONGEST)
        assert rulebook.process.returncode != 0 and "Traceback" not in rulebook.output
