# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: one job done by this collection, by a playbook that loops ansible.builtin.uri, and by a script on Okta's SDK, side by side.

All of them read the same fleet of the same lab, one after the other, 20 ms from every answer. What is measured: requests that reached the vendors (by the
lab's log), seconds from start to end, and the resident memory of the largest process. The table is written into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import requests

from tools.environment import CHECKOUT, SCRIPTS, child_environment
from tools.play import INVENTORY, SITE, lab_environment

PAGE = CHECKOUT / "docs" / "benchmarks.md"
SUBJECTS = CHECKOUT / "tests" / "benchmarks"
LATENCY = 0.02
SMALL, LARGE = (100, 1_000), (10_000, 100_000)
QUICK = {"device_trust_gate_wait": 120, "device_trust_poll_interval": 2, "device_trust_wait_for_people": 60}


@dataclass(frozen=True)
class Measured:
    """One contender at one size; ``floor`` is the least number of calls that the job takes."""

    job: str
    macs: int
    contender: str
    calls: int
    floor: int
    seconds: float
    megabytes: float

    def row(self) -> str:
        return f"| {self.job} | {self.macs:,} | {self.contender} | {self.calls:,} | {self.floor:,} | {self.seconds:.1f} s | {self.megabytes:.0f} MB |"


class RunningLab:
    """A lab in a process of its own, so that its memory and its time are not the contenders'."""

    def __init__(self, announcement: dict[str, t.Any]) -> None:
        self.told = announcement
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, announcement["ca_file"]

    def control(self, verb: str, path: str, body: t.Any = None) -> t.Any:
        answer = self.session.request(verb, self.told["control_url"] + path, json=body, timeout=600,
                                      headers={"Authorization": f"Bearer {self.told['control_token']}"})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def kandji(self, path: str) -> t.Any:
        answer = self.session.get(f"{self.told['kandji_url']}/api/v1{path}", timeout=60, headers={"Authorization": f"Bearer {self.told['kandji_api_token']}"})
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_lab(macs: int) -> t.Iterator[RunningLab]:
    command = [sys.executable, "-m", "lab", "--macs", str(macs), "--real-macs", "25", "--latency", str(LATENCY)]
    with subprocess.Popen(command, cwd=CHECKOUT, env=child_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            lab = RunningLab(json.loads(process.stdout.readline()))
            # Limits of the vendors would be measured otherwise, and they are the same for everybody.
            lab.control("PATCH", "/limits", {"devices": None, "logs": None, "other": None, "scep": None, "concurrency": None})
            yield lab
        finally:
            process.terminate()


def converge(lab: RunningLab) -> None:
    """From nothing to managed, by the site playbook; then everybody rests."""
    lab.control("PATCH", "/switches", {"macs_act": True, "people_act": True})
    done = subprocess.run(site_command(lab), cwd=CHECKOUT, env=environment(lab), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The site playbook failed:\n{done.stdout[-3000:]}")
    lab.control("PATCH", "/switches", {"macs_act": False, "people_act": False})
    for _unused in range(2):
        lab.control("POST", "/act/macs", {})
        lab.control("POST", "/act/people", {})
        lab.control("POST", "/clock/advance", {"hours": 25})


def environment(lab: RunningLab) -> dict[str, str]:
    return child_environment(**lab_environment(lab.told))


def playbook(path: Path, variables: dict[str, t.Any]) -> list[str]:
    return [str(SCRIPTS / "ansible-playbook"), "--inventory", str(INVENTORY), "--extra-vars", json.dumps(variables), str(path)]


def site_command(lab: RunningLab) -> list[str]:
    return playbook(SITE, {"device_trust_rings": lab.told["rings"], **QUICK})


def measure(lab: RunningLab, command: list[str], more: t.Mapping[str, str]) -> tuple[int, float, float, str]:
    """Run it to its end -> calls, seconds, megabytes, what it printed."""
    lab.control("DELETE", "/requests")
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=CHECKOUT, env={**environment(lab), **more}, stdout=output, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise SystemExit(f"{command[:2]} failed:\n{printed[-3000:]}")
    calls = len(lab.control("GET", "/requests"))
    return calls, seconds, used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024), printed


def report_variables(lab: RunningLab) -> tuple[list[dict[str, t.Any]], list[str], list[str]]:
    """Rings as device_trust_info takes them, ids of the items that bring Okta Verify, ids of the SCEP profiles."""
    rings = [{"name": ring["name"], "blueprints": ring["blueprints"], "scep_profile": f"Okta SCEP - {ring['name']}"} for ring in lab.told["rings"]]
    named = {ring["scep_profile"] for ring in rings}
    profiles = [row["id"] for row in lab.kandji("/library/custom-profiles")["results"] if row["name"] in named]
    blueprints = {row["name"]: row["id"] for row in lab.kandji("/blueprints?limit=300")["results"]}
    first = blueprints[lab.told["rings"][0]["blueprints"][0]]
    apps = [row["id"] for row in lab.kandji(f"/blueprints/{first}/list-library-items")["results"] if row["name"] == "Okta Verify"]
    return rings, apps, profiles


def floor_of_report(lab: RunningLab, macs: int) -> int:
    """The least: pages of Macs, of two items' statuses, of matching certificates and of Okta's records."""
    state = lab.control("GET", "/state")
    certificates, records = len(state["certificates"]), len(state["okta"]["devices"])
    return 3 * math.ceil(macs / 300) + math.ceil(certificates / 300) + math.ceil(records / 200)


def bench_report(lab: RunningLab, macs: int, with_others: bool) -> t.Iterator[Measured]:
    rings, apps, profiles = report_variables(lab)
    variables = {"rings": rings, "okta_verify_item_ids": apps, "expected_macs": macs, "ansible_python_interpreter": sys.executable}
    contenders = {"this collection": (playbook(SUBJECTS / "report_by_module.yml", variables), {})}
    if with_others:
        items = {"BENCHMARK_ITEMS": ",".join([*apps, *profiles])}
        contenders["a script on Okta's SDK"] = ([sys.executable, str(SUBJECTS / "report_by_sdk.py")], items)
        contenders["ansible.builtin.uri in loops"] = (playbook(SUBJECTS / "report_by_uri.yml", variables), {})
    floor, said = floor_of_report(lab, macs), {}
    for name, (command, more) in contenders.items():
        calls, seconds, megabytes, printed = measure(lab, command, more)
        said[name] = printed.split("MANAGED ")[-1].split()[0].strip('"')
        yield Measured("report", macs, name, calls, floor, seconds, megabytes)
    if len(set(said.values())) > 1:
        raise SystemExit(f"The contenders do not agree how many Macs are managed, so that they did not do the same job: {said}")


def bench(lab: RunningLab, macs: int, with_others: bool) -> t.Iterator[Measured]:
    yield from bench_report(lab, macs, with_others)
    yield bench_site(lab, macs)


def bench_site(lab: RunningLab, macs: int) -> Measured:
    calls, seconds, megabytes, _printed = measure(lab, site_command(lab), {})
    return Measured("site playbook, nothing to do", macs, "this collection", calls, 5 + floor_of_report(lab, macs), seconds, megabytes)


def machine() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores ({platform.machine()}), {gigabytes:.0f} GiB, {platform.system()}, Python {platform.python_version()}, "
            f"ansible-core {version('ansible-core')}, Okta SDK {version('okta')}")


def page(rows: t.Sequence[Measured]) -> str:
    table = "\n".join(["| job | Macs | done by | calls | floor | time | memory |", "|---|---|---|---|---|---|---|", *(one.row() for one in rows)])
    return f"""# How much it asks of the vendors

Written by `make bench`: every line was measured in one run, against [the lab](lab.md), {LATENCY * 1000:.0f} ms away and without rate limits.
Machine: {machine()}.

{table}

- **calls** are requests that reached the vendors, by the lab's log.
- **floor** is the least number that any program needs: of the report, the pages of Kandji's devices (300), of the statuses of two items (300), of the
  certificates (300) and of Okta's records (200); of the site playbook, profiles, blueprints and the items of three of them besides.
- **memory** is the resident memory of the largest process. Of a playbook that is the module, or ansible-playbook itself.
- The script asks Okta for the users of each record; the playbook asks Kandji for each Mac's library items and Okta for each Mac's records. All say the
  same number of managed Macs, or the run fails.
- With the rate limits that Okta's orgs have (100 requests a minute to `/api/v1/devices`, half of it for one token), a call for each Mac takes 20 minutes
  for 1,000 Macs, however fast the program is.
"""


def main(arguments: t.Optional[t.Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--macs", type=int, action="append", help="sizes of the fleet; without it 100, 1,000, 10,000 and 100,000")
    parser.add_argument("--alone", type=int, default=LARGE[0], help="from this size on the others are left out, since they would take hours")
    parser.add_argument("--dry", action="store_true", help="print the page instead of writing it")
    given = parser.parse_args(arguments)
    rows: list[Measured] = []
    for macs in given.macs or [*SMALL, *LARGE]:
        with running_lab(macs) as lab:
            converge(lab)
            for one in bench(lab, macs, macs < given.alone):
                print(one.row(), flush=True)
                rows.append(one)
    if given.dry:
        print(page(rows))
    else:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
