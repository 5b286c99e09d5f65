# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure runs over many tenants: part of `make bench`.

One run with a host for each tenant is compared with a loop of runs with one host. Tenants share a
few labs, since each lab takes memory; to the controller each is a tenant of its own, with its own
URLs, directories and report.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tools import bench
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment
from tools.support.playbook import SITE

REPORT = CHECKOUT / "playbooks" / "report.yml"
GROUP = "tenants"
SAMPLE_SECONDS = 0.5
OF_LAB = {
    "device_trust_okta_org_url": "okta_url",
    "device_trust_okta_api_token": "okta_api_token",
    "device_trust_kandji_api_url": "kandji_url",
    "device_trust_kandji_api_token": "kandji_api_token",
    "device_trust_scep_url": "scep_url",
    "device_trust_scep_challenge": "scep_challenge",
    "device_trust_ca_path": "ca_file",
    "device_trust_rings": "rings",
}


@dataclass(frozen=True)
class Size:
    """How many tenants there are, with how many Macs each, and how many run at a time."""

    tenants: int
    macs: int
    forks: int
    labs: int


FULL = Size(200, 500, 10, 4)


def size_of(arguments: t.Sequence[int] | None) -> Size:
    """Return the size of a number of tenants and of Macs of each, else the full one."""
    if arguments is None:
        return FULL
    tenants, macs = arguments
    return Size(tenants, macs, FULL.forks, min(FULL.labs, tenants))


@dataclass(frozen=True)
class Measured:
    """One job at one size. ``megabytes`` are of all processes of the controller at their most."""

    job: str
    contender: str
    size: Size
    calls: int
    floor: int
    seconds: float
    processor: float
    megabytes: float

    def row(self) -> str:
        """Return the row of the table."""
        each = self.processor / self.size.tenants
        return (
            f"| {self.job} | {self.size.tenants:,} | {self.size.macs:,} | {self.contender} |"
            f" {self.calls:,} | {self.floor:,} | {self.seconds:.0f} s | {self.processor:.0f} s |"
            f" {each:.2f} s | {self.megabytes:.0f} MB |"
        )


class Tenants:
    """An inventory of tenants that are spread over labs."""

    def __init__(self, size: Size, labs: t.Sequence[bench.RunningLab], directory: Path) -> None:
        self.size, self.labs, self.directory = size, labs, directory
        self.names = [f"tenant{number:04}" for number in range(size.tenants)]
        self.inventory = directory / "tenants.yml"

    def lab(self, number: int) -> bench.RunningLab:
        """Return the lab of a tenant by its number."""
        return self.labs[number % len(self.labs)]

    def write(self, name: str) -> None:
        """Write the inventory, with directories for reports below this name."""
        hosts = {
            tenant: {key: self.lab(number).announcement[value] for key, value in OF_LAB.items()}
            for number, tenant in enumerate(self.names)
        }
        shared = {
            "ansible_connection": "local",
            "device_trust_report_dir": f"{self.directory}/{name}/{{{{ inventory_hostname }}}}",
            **bench.QUICK,
        }
        group = {"hosts": hosts, "vars": shared}
        self.inventory.write_text(json.dumps({"all": {"children": {GROUP: group}}}))

    @property
    def floor(self) -> int:
        """The least number of calls that the reports of all tenants take."""
        return sum(bench.floor_of_report(self.lab(number)) for number in range(self.size.tenants))

    def command(self, playbook: Path, hosts: str) -> list[str]:
        """Return the command that runs a playbook on these hosts."""
        return [
            str(SCRIPTS / "ansible-playbook"),
            "--inventory",
            str(self.inventory),
            "--forks",
            str(self.size.forks),
            "--extra-vars",
            f"device_trust_hosts={hosts}",
            str(playbook),
        ]

    def measure(
        self, job: str, contender: str, floor: int, commands: t.Sequence[t.Sequence[str]]
    ) -> tuple[Measured, str]:
        """Run commands one after the other. Return what they took, and what they printed."""
        for lab in self.labs:
            lab.control("DELETE", "/requests")
        done = [_run(command) for command in commands]
        calls = sum(len(lab.control("GET", "/requests")) for lab in self.labs)
        return (
            Measured(
                job,
                contender,
                self.size,
                calls,
                floor,
                sum(each.seconds for each in done),
                sum(each.processor for each in done),
                max(each.megabytes for each in done),
            ),
            "".join(each.printed for each in done),
        )


@dataclass(frozen=True)
class Done:
    """What one command took and printed."""

    seconds: float
    processor: float
    megabytes: float
    printed: str


def _run(command: t.Sequence[str]) -> Done:
    """Run a command to its end. Raises SystemExit if it fails."""
    # Without the variables of a lab: several hosts take nothing from the environment.
    environment = child_environment(ANSIBLE_CALLBACKS_ENABLED="devicetrust.okta_kandji.tenants")
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        with _memory(process.pid) as memory:
            _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise SystemExit(f"{command[-1]} failed:\n{printed[-3000:]}")
    return Done(seconds, used.ru_utime + used.ru_stime, memory.most, printed)


class _Memory:
    """The memory of a process and its descendants, at its most; 0 where /proc does not show it."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most = pid, 0.0
        self.ended = threading.Event()

    def sample(self) -> None:
        """Look until the end."""
        while not self.ended.wait(SAMPLE_SECONDS):
            kilobytes = sum(map(_proportional, _family(self.pid)))
            self.most = max(self.most, kilobytes / 1024)


@contextlib.contextmanager
def _memory(pid: int) -> t.Iterator[_Memory]:
    memory = _Memory(pid)
    thread = threading.Thread(target=memory.sample, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        memory.ended.set()
        thread.join()


def _family(pid: int) -> t.Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _proportional(pid: int) -> int:
    """Return kilobytes of a process, of which shared pages count in part (PSS)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def measure(size: Size) -> t.Iterator[Measured]:
    """Yield the figures of the report and of the site playbook over tenants."""
    with contextlib.ExitStack() as stack:
        labs = [stack.enter_context(bench.running_lab(size.macs)) for _lab in range(size.labs)]
        for lab in labs:
            bench.converge(lab)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tenants = Tenants(size, labs, directory)
        floor = tenants.floor
        contenders = {
            f"one run, {size.forks} forks": [tenants.command(REPORT, GROUP)],
            "a loop of runs": [tenants.command(REPORT, name) for name in tenants.names],
        }
        for number, (contender, commands) in enumerate(contenders.items()):
            tenants.write(f"reports{number}")
            measured, _printed = tenants.measure("report", contender, floor, commands)
            written = [*directory.glob(f"reports{number}/*/device-trust.html")]
            if len(written) != size.tenants:
                raise SystemExit(f"{contender}: {len(written)} reports of {size.tenants} tenants.")
            yield measured
        job, contender = "site playbook, nothing to do", f"one run, {size.forks} forks"
        measured, printed = tenants.measure(
            job, contender, floor + 5 * size.tenants, [tenants.command(SITE, GROUP)]
        )
        if printed.count(" changed=0 ") != size.tenants:
            raise SystemExit(f"The site playbook still had something to do:\n{printed[-3000:]}")
        yield measured


def section(rows: t.Sequence[Measured]) -> str:
    """Return the section of docs/dev/benchmarks.md."""
    head = (
        "job",
        "tenants",
        "Macs of each",
        "done by",
        "calls",
        "floor",
        "time",
        "processor",
        "processor of each tenant",
        "memory",
    )
    table = "\n".join(
        [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(each.row() for each in rows)]
    )
    labs = rows[0].size.labs if rows else 0
    return f"""
## Many tenants

{table}

- A tenant is a host of the run ([many tenants](../tenants.md)). The tenants are spread over {labs}
  labs, which run on the same machine: they take a part of the time, but not of the processor.
- **done by**: one run over all tenants, or a loop that starts ansible-playbook for one tenant
  after the other.
- **floor** is the sum of the floors of the tenants.
- **memory** is that of all processes of the controller together, at the most: shared pages count
  once (PSS, looked at every half second).
"""
