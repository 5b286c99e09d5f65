# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure one job done by this collection, by a playbook and by scripts: `make bench`.

The playbook loops ansible.builtin.uri, one script uses Okta's SDK, the other one reads all lists by
the page and side by side. All of them read the same
fleet of the same lab, one after the other, with 20 ms of latency. The figures are: requests that
reached the vendors (by the lab's log), seconds from start to end, processor seconds of the
contender and all processes that it started, and the resident memory of the largest of them. The
table is written to docs/dev/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import requests

from lab.okta.rate_limits import PER_MINUTE
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment
from tools.support.playbook import INVENTORY, SITE, lab_environment

PAGE = CHECKOUT / "docs" / "dev" / "benchmarks.md"
SUBJECTS = CHECKOUT / "tools" / "benchmarks"
LATENCY = 0.02
PAUSE = timedelta(seconds=3)  # between two requests: longer than any answer takes
SMALL, LARGE = (100, 1_000), (10_000, 100_000)
LIMITED = (100, 1_000, 10_000)
QUICK = {"device_trust_gate_wait": 300, "device_trust_poll_interval": 2}
LOG_DAYS, LOG_EVENTS = (
    30,
    12_000,
)  # device_trust_info's defaults: how far back the System Log is read


Contender = tuple[list[str], dict[str, str]]


@dataclass(frozen=True)
class Measured:
    """One contender at one size; ``floor`` is the least number of calls that the job takes."""

    job: str
    macs: int
    contender: str
    floor: int
    used: Used

    def row(self) -> str:
        """Return the row of the table."""
        used = self.used
        figures = (
            f"{used.calls:,} | {self.floor:,} | {used.seconds:.1f} s | {used.processor:.1f} s |"
            f" {used.megabytes:.0f} MB"
        )
        return f"| {self.job} | {self.macs:,} | {self.contender} | {figures} |"


@dataclass(frozen=True)
class Used:
    """What a run took.

    ``processor`` is seconds of user and system time, of the run and all that it started and waited
    for; it does not depend on what else the machine does.
    """

    calls: int
    seconds: float
    processor: float
    megabytes: float


class RunningLab:
    """A lab in a process of its own, so that its memory and its time are not the contenders'."""

    def __init__(self, announcement: dict[str, t.Any]) -> None:
        self.announcement = announcement
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, announcement["ca_file"]

    def control(self, verb: str, path: str, body: t.Any = None) -> t.Any:
        """Send a request to the lab's control surface. Return its JSON answer."""
        answer = self.session.request(
            verb,
            self.announcement["control_url"] + path,
            json=body,
            timeout=600,
            headers={"Authorization": f"Bearer {self.announcement['control_token']}"},
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def kandji(self, path: str) -> t.Any:
        """Read a path of the lab's Kandji API."""
        answer = self.session.get(
            f"{self.announcement['kandji_url']}/api/v1{path}",
            timeout=60,
            headers={"Authorization": f"Bearer {self.announcement['kandji_api_token']}"},
        )
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_lab(macs: int) -> t.Iterator[RunningLab]:
    """Start a lab with a fleet of this size, without rate limits."""
    command = [
        sys.executable,
        "-m",
        "lab",
        "--macs",
        str(macs),
        "--real-macs",
        "25",
        "--latency",
        str(LATENCY),
        "--limits",
        "high",
        # They act in converge() alone: a whole fleet that acts would delay the answers measured.
        "--no-people",
    ]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=child_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("The lab has no output to read.")
            lab = RunningLab(json.loads(process.stdout.readline()))
            # Limits of the vendors would be measured otherwise, and they are the same for
            # everybody.
            lab.control("PATCH", "/limits", {"concurrency": None})
            yield lab
        finally:
            process.terminate()


def converge(lab: RunningLab) -> None:
    """Run the site playbook while the rings' test Macs act, then let everybody act.

    Afterwards the fleet is managed, and nothing changes any more.
    """
    test_macs = {
        "serials": [serial for ring in lab.announcement["rings"] for serial in ring["test_macs"]]
    }
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            site_command(lab),
            cwd=CHECKOUT,
            env=environment(lab),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            lab.control("POST", "/act/macs", test_macs)
            lab.control("POST", "/act/people", test_macs)
            time.sleep(0.5)
        output.seek(0)
        if process.returncode:
            raise SystemExit(f"The site playbook failed:\n{output.read()[-3000:]}")
    for _unused in range(2):
        lab.control("POST", "/act/macs", {})
        lab.control("POST", "/act/people", {})
        lab.control("POST", "/clock/advance", {"hours": 25})


def environment(lab: RunningLab) -> dict[str, str]:
    """Return the environment of a contender."""
    return child_environment(**lab_environment(lab.announcement))


def playbook(path: Path, variables: dict[str, t.Any]) -> list[str]:
    """Return the command that runs a playbook with variables."""
    return [
        str(SCRIPTS / "ansible-playbook"),
        "--inventory",
        str(INVENTORY),
        "--extra-vars",
        json.dumps(variables),
        str(path),
    ]


def site_command(lab: RunningLab) -> list[str]:
    """Return the command that runs the site playbook."""
    return playbook(SITE, {"device_trust_rings": lab.announcement["rings"], **QUICK})


def measure(lab: RunningLab, command: list[str], more: t.Mapping[str, str]) -> tuple[Used, str]:
    """Run a command to its end. Return what it took and what it printed."""
    lab.control("DELETE", "/requests")
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**environment(lab), **more},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise SystemExit(f"{command[:2]} failed:\n{printed[-3000:]}")
    megabytes = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return (
        Used(
            len(lab.control("GET", "/requests")),
            seconds,
            used.ru_utime + used.ru_stime,
            megabytes,
        ),
        printed,
    )


def report_variables(lab: RunningLab) -> tuple[list[dict[str, t.Any]], list[str], list[str]]:
    """Return the rings, the ids of the Okta Verify items and those of the SCEP profiles."""
    rings = [
        {
            "name": ring["name"],
            "blueprints": ring["blueprints"],
            "scep_profile": f"Okta SCEP - {ring['name']}",
        }
        for ring in lab.announcement["rings"]
    ]
    named = {ring["scep_profile"] for ring in rings}
    profiles = [
        row["id"]
        for row in lab.kandji("/library/custom-profiles")["results"]
        if row["name"] in named
    ]
    blueprints = {row["name"]: row["id"] for row in lab.kandji("/blueprints?limit=300")["results"]}
    first = blueprints[lab.announcement["rings"][0]["blueprints"][0]]
    apps = [
        row["id"]
        for row in lab.kandji(f"/blueprints/{first}/list-library-items")["results"]
        if row["name"] == "Okta Verify"
    ]
    return rings, apps, profiles


def floor_of_report(lab: RunningLab) -> int:
    """Return the least number of calls that a report takes.

    That is the pages of Macs, of two items' statuses, of matching certificates, of Okta's records,
    and of the events that device_trust_info reads.
    """
    size = lab.control("GET", f"/size?days={LOG_DAYS}")
    events = sum(
        count for kind, count in size["events"].items() if kind.startswith(("pki.cert.", "device."))
    )
    pages = (
        (size["devices"], 300),
        (size["devices"], 300),
        (size["devices"], 300),
        (size["certificates"], 300),
        (size["records"], 200),
    )
    return sum(math.ceil(rows / most) for rows, most in (*pages, (min(events, LOG_EVENTS), 1000)))


def contenders(lab: RunningLab, macs: int) -> dict[str, Contender]:
    """Return who makes the report: name -> command and environment. The slow ones come last."""
    rings, apps, profiles = report_variables(lab)
    by_pages = str(SUBJECTS / "report_by_pages.py")
    variables = {
        "rings": rings,
        "okta_verify_item_ids": apps,
        "item_ids": [*apps, *profiles],
        "expected_macs": macs,
        "script": by_pages,
        "ansible_python_interpreter": sys.executable,
    }
    names = {
        "BENCHMARK_APPS": ",".join(apps),
        "BENCHMARK_PROFILES": ",".join(profiles),
        "BENCHMARK_ITEMS": ",".join([*apps, *profiles]),
        "BENCHMARK_BLUEPRINTS": ",".join(name for ring in rings for name in ring["blueprints"]),
    }
    return {
        "this collection": (playbook(SUBJECTS / "report_by_module.yml", variables), {}),
        "a script that reads by the page": ([sys.executable, by_pages], names),
        "the same script, as a task": (playbook(SUBJECTS / "report_by_task.yml", variables), names),
        "a script on Okta's SDK": ([sys.executable, str(SUBJECTS / "report_by_sdk.py")], names),
        "ansible.builtin.uri in a loop": (playbook(SUBJECTS / "report_by_uri.yml", variables), {}),
    }


def bench_report(lab: RunningLab, macs: int, with_others: bool) -> t.Iterator[Measured]:
    """Yield the figures of the report, by each contender."""
    floor, counted = floor_of_report(lab), {}
    for name, (command, more) in [*contenders(lab, macs).items()][: None if with_others else 3]:
        used, printed = measure(lab, command, more)
        counted[name] = stages_of(printed)
        yield Measured("report", macs, name, floor, used)
    # Two of them know nothing but how many Macs are managed.
    whole = [stages for stages in counted.values() if len(stages) > 1]
    managed = [stages["MANAGED"] for stages in counted.values()]
    if whole != whole[:1] * len(whole) or len(set(managed)) > 1:
        raise SystemExit(
            f"The contenders do not agree on the Macs, so that they did not do the same: {counted}"
        )


def stages_of(printed: str) -> dict[str, int]:
    """Return how many Macs are on which stage, as a contender printed it."""
    counts = re.search(r"STAGES (\{.*?\})", printed)
    if counts:
        return dict(json.loads(counts.group(1).replace("\\", "")))
    return {"MANAGED": int(printed.split("MANAGED ")[-1].split()[0].strip('"'))}


@dataclass(frozen=True)
class Limited:
    """A report with the rate limits that real orgs have. ``waits`` are pauses between requests."""

    macs: int
    contender: str
    waits: int
    refused: int
    seconds: float

    def row(self) -> str:
        """Return the row of the table."""
        figures = f"{self.waits} | {self.refused} | {self.seconds:.0f} s"
        return f"| {self.macs:,} | {self.contender} | {figures} |"


def bench_limits(lab: RunningLab, macs: int) -> t.Iterator[Limited]:
    """Yield what the two that read by the page wait for Okta's limits."""
    by_page = ("this collection", "a script that reads by the page")
    for name, (command, more) in contenders(lab, macs).items():
        if name not in by_page:
            continue
        lab.control("PATCH", "/limits", PER_MINUTE)
        used, _printed = measure(lab, command, more)
        requests_to_okta = [
            each for each in lab.control("GET", "/requests") if each["vendor"] == "okta"
        ]
        times = sorted(datetime.fromisoformat(each["at"]) for each in requests_to_okta)
        waits = sum(after - before > PAUSE for before, after in zip(times, times[1:]))
        refused = sum(each["status"] == 429 for each in requests_to_okta)
        yield Limited(macs, name, waits, refused, used.seconds)


def bench(lab: RunningLab, macs: int, with_others: bool) -> t.Iterator[Measured]:
    """Yield the figures of all jobs at one size."""
    yield from bench_report(lab, macs, with_others)
    yield bench_site(lab, macs)


def bench_site(lab: RunningLab, macs: int) -> Measured:
    """Return the figures of a site playbook that has nothing to do.

    Its floor adds profiles, blueprints and the items of three of them to that of the report.
    """
    used, printed = measure(lab, site_command(lab), {})
    if "changed=0" not in printed:
        raise SystemExit(
            "The site playbook still had something to do, so that it is not what is"
            f" measured:\n{printed[-3000:]}"
        )
    return Measured(
        "site playbook, nothing to do", macs, "this collection", 5 + floor_of_report(lab), used
    )


def machine() -> str:
    """Return a description of this machine."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {gigabytes:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}, ansible-core {version('ansible-core')}, Okta SDK"
        f" {version('okta')}"
    )


def table_of(head: t.Sequence[str], rows: t.Iterable[str]) -> str:
    """Return a table with this head."""
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows])


# Sections of the page whose text no measurement changes.
FIGURES = f"""\
- **calls** are requests that reached the vendors, by the lab's log.
- **floor** is the least number that any program needs: of the report, the pages of Kandji's
  devices (300), of the statuses of two items (300), of the certificates (300), of Okta's records
  (200) and of the System Log's events that it looks at (1,000; the last {LOG_DAYS} days, at most
  {LOG_EVENTS:,}); of the site playbook, profiles, blueprints and the items of three of them too.
  No list is read twice. Beyond the floor, this collection reads competing configurations (a call),
  a page for each ring more than one whose profile has statuses of its own, the certificate
  authorities with their platforms (2), and whether people can register a Mac (3). The report also
  needs blueprints and custom profiles (a call each). The site playbook also verifies the org and
  the events of its SCEP platform (a call each), and the SCEP endpoint (2). None of these can be
  left out: each explains a stage, or prevents a wrong write.
- **time** depends on what else the machine did; **processor** does not: seconds of user and
  system time, of the contender and all that it started.
- **memory** is the resident memory of the largest process. Of a playbook that is the module, or
  ansible-playbook itself.
- The script that reads by the page is what somebody who knows both APIs writes for one tenant:
  seven lists, side by side, and the same stages. It trusts every answer. The collection also proves
  that a row is whole and comes once, masks secrets, names the reason and the next step of each Mac,
  and gives Ansible a result. Of its time and processor, **the same script, as a task** shows what
  ansible-playbook takes for itself. All three say how many Macs are on each stage, and the run
  fails if they differ.
- The script on Okta's SDK and the playbook with `uri` read Kandji's lists by the page and ask Okta
  once for each device. They know how many Macs are managed, and not why others are not.
"""
SITE_CALLS = """\
## Calls of the site playbook with nothing to do

With 100 Macs, two rings and three blueprints these are 22, each once but where a number says
otherwise. `test_site.py` has the list. What only each of them decides:

- List Devices, Get Library Item Statuses (2), Certificates, listDevices, listLogEvents, List Custom
  Profiles, List Blueprints, List Library Items (3): stages and plan, the floor of 11.
- Get Library Item Statuses of the second ring's profile: which Macs of that ring wait for their
  profile or refuse it. The first ring's list does not name them.
- Installed profiles: Macs that hold a SCEP profile for the same authority from elsewhere.
- listCertificateAuthorities, listRegistrationAuthorities: whether the platform was deleted and its
  authority is being renewed. The first list has no platforms, the second no certificates.
- getWellknownOrgMetadata: names and id of the org. A SCEP URL of another org is refused.
- listLogEvents of the platform: whether the secret key was reset since it was deployed, in 90 days.
  The fleet's events are those of 30 days, and their number is limited.
- GetCACaps, GetCACert: whether a test enrollment is possible, and whether the authority is the
  pinned one and expires soon.
- listAuthenticators, listAuthenticatorMethods: whether FastPass is active. The methods need the id
  of the authenticator, and the list has no methods.
- listPolicies: whose enrollment policy keeps them from registering.

All are read on each run, also if the run has nothing to write. A secret key that was reset, a
platform that was deleted, an authority that is being renewed and FastPass that was switched off
change nothing in Kandji. A nightly run is what finds them. To leave out a call, the run would have
to trust its last answer.
"""
DELETIONS = """\
## Deletion of many device records

`okta_device` with `state: absent`, and `okta_device_reset`, send for M records of U users 4M +
⌈M/40⌉ + U requests to Okta. Tests count them exactly. A search for 40 records plans them, a read of
each user decides about the last authenticator, and each record costs four requests, right one after
the other:

| request | what only it decides |
|---|---|
| getDevice | status: a Mac that was suspended since, as a lost one, stays |
| listDeviceUsers | who uses the record, and for whom it is managed |
| deactivateDevice | Okta deletes no active record |
| deleteDevice | |

None of the four can be left out:

- Okta documents that a search is eventually consistent, and that a record to update is to be read
  by its `id`. A search right before the deletion may show a lost Mac as active. A test has such a
  Mac: with a search in place of getDevice it is deleted, and the block is lifted.
- A search for 40 records at once is older than their deletion by up to 120 requests. With Okta's
  rate limits that is minutes.
- listDeviceUsers does not show the status. Its recorded answer for a suspended record is like that
  for an active one.
- deactivateDevice proves nothing about it: it takes an active and a suspended record, and cannot be
  undone.
- getDevice takes no `expand`, so it does not show the users. No operation returns both.
- listUserDevices shows the status, and costs a request for each user. Where each Mac has its own
  user that is the same number.

A reset also reads the deletions of the System Log, and whose records these were: by the serials, or
40 records at a time if that is fewer requests.
"""


def page(rows: t.Sequence[Measured], waits: t.Sequence[Limited]) -> str:
    """Return the text of docs/dev/benchmarks.md."""
    head = ("job", "Macs", "done by", "calls", "floor", "time", "processor", "memory")
    table = table_of(head, (each.row() for each in rows))
    limits = table_of(
        ("Macs", "done by", "waits", "answers 429", "time"), (each.row() for each in waits)
    )
    return f"""# How much it asks of the vendors

Written by `make bench`: every line was measured in one run, against [the lab](lab.md), {
        LATENCY * 1000:.0f} ms away and without rate limits. Machine: {machine()}.

{table}

{FIGURES}
## With rate limits

The same report with the limits that Okta's orgs have (50 requests a minute to `/api/v1/devices`,
half of it for one token). A wait is a pause of more than {
        PAUSE.seconds
    } s between two requests to Okta. A
call for each Mac takes 40 minutes for 1,000 Macs, however fast the program is.

{limits}

{SITE_CALLS}
{DELETIONS}"""


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Measure every size and write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--macs",
        type=int,
        action="append",
        help="sizes of the fleet; without it 100, 1,000, 10,000 and 100,000",
    )
    parser.add_argument(
        "--alone",
        type=int,
        default=LARGE[0],
        help="from this size on the others are left out, since they would take hours",
    )
    parser.add_argument(
        "--tenants",
        type=int,
        nargs=2,
        metavar=("TENANTS", "MACS"),
        help="how many tenants, and Macs of each; without it 200 of 500",
    )
    parser.add_argument("--dry", action="store_true", help="print the page instead of writing it")
    options = parser.parse_args(arguments)
    from tools import bench_tenants  # which imports this module

    rows: list[Measured] = []
    waits: list[Limited] = []
    for macs in options.macs or [*SMALL, *LARGE]:
        with running_lab(macs) as lab:
            converge(lab)
            for each in bench(lab, macs, macs < options.alone):
                print(each.row(), flush=True)
                rows.append(each)
            for limited in bench_limits(lab, macs) if macs in LIMITED else ():
                print(limited.row(), flush=True)
                waits.append(limited)
    tenants: list[bench_tenants.Measured] = []
    for measured in bench_tenants.measure(bench_tenants.size_of(options.tenants)):
        print(measured.row(), flush=True)
        tenants.append(measured)
    text = page(rows, waits) + bench_tenants.section(tenants)
    if options.dry:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
