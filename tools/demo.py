# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the site playbook against a lab whose Macs and people act by themselves: `make demo`.

It signs in as a service app that may read Okta's certificate authorities, and is given no SCEP URL.
It is predicted, run, and run again; a report is written meanwhile. The last lines and the exit
status say whether all went as it must, what to open, and what to try next.
"""

from __future__ import annotations

import sys
import time
import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.server import Lab
from lab.state import Options, RequestRecord
from tools.support.environment import CACHE, CHECKOUT
from tools.support.playbook import SITE, PlayResult, run_playbook

REPORT = CHECKOUT / "playbooks" / "report.yml"
REPORT_DIRECTORY = CACHE / "demo"
# Seconds. In the lab people act twice a second: those who act have acted by then, and some never
# will.
WAIT_FOR_PEOPLE = 4


@dataclass(frozen=True)
class Run:
    """One run of the playbook, and the writes that it sent to the vendors."""

    title: str
    play: PlayResult
    writes: Counter[str]
    seconds: float


def main() -> int:
    """Run the demonstration. Return 1 if something is not as it must be."""
    with Lab(Options(macs=25, people=True)) as lab:
        print(
            f"A lab is running: Okta org {lab.announcement['okta_url']}, Kandji tenant"
            f" {lab.announcement['kandji_url']}, 25 Macs, their people. No SCEP URL is given: a"
            " service app with the scope okta.certificateAuthorities.read finds it.\n"
            f"To watch the Macs meanwhile, open {lab.announcement['page_url']}",
            flush=True,
        )
        predicted = run(lab, "ansible-playbook playbooks/site.yml --check", check=True)
        done = run(lab, "ansible-playbook playbooks/site.yml")
        with ThreadPoolExecutor(max_workers=1) as aside:
            reported = aside.submit(write_report, lab)
            again = run(lab, "ansible-playbook playbooks/site.yml, once more")
        report = reported.result()
        expected_url = lab.announcement["scep_url"]
    print(heading("In short"))
    for each in (predicted, done, again):
        print(in_short(each))
    wrong = list(judge(predicted, done, again))
    print(f"The SCEP URL that Okta's API showed: {found_url(done.play)}")
    if found_url(done.play) != expected_url:
        wrong.append("The SCEP URL was not found in Okta.")
    if report.status:
        wrong.append(f"The report was not written:\n{report.output}")
    print(
        "\n".join(f"NOT AS IT MUST BE: {sentence}" for sentence in wrong)
        or "The prediction held, and the second run had nothing left to do."
    )
    print(last_lines(REPORT_DIRECTORY))
    return 1 if wrong else 0


def run(lab: Lab, title: str, *, check: bool = False) -> Run:
    """Run the site playbook and count its writes."""
    print(heading(title), flush=True)
    started = time.monotonic()
    with lab.world.lock:
        before = len(lab.world.requests)
    play = run_playbook(
        SITE,
        lab.announcement,
        check=check,
        variables={"device_trust_wait_for_people": WAIT_FOR_PEOPLE},
        environment=credentials(lab.announcement),
        show=True,
    )
    with lab.world.lock:
        writes = Counter(
            f"{request.vendor} {request.operation}"
            for request in lab.world.requests[before:]
            if is_write_of_ours(request)
        )
    return Run(title, play, writes, time.monotonic() - started)


def write_report(lab: Lab) -> PlayResult:
    """Write the report of the lab's Macs into REPORT_DIRECTORY, and show nothing of the run.

    The report of an earlier lab is of another org.
    """
    for earlier in REPORT_DIRECTORY.glob("device-trust.*"):
        earlier.unlink()
    return run_playbook(
        REPORT,
        lab.announcement,
        variables={"device_trust_report_dir": str(REPORT_DIRECTORY)},
        environment=credentials(lab.announcement),
    )


def credentials(announcement: dict[str, t.Any]) -> dict[str, str]:
    """Return the environment of a service app in the place of an API token and the SCEP URL."""
    return {
        "OKTA_CLIENT_TOKEN": "",
        "OKTA_SCEP_URL": "",
        "OKTA_CLIENT_CLIENTID": announcement["okta_client_id"],
        "OKTA_CLIENT_PRIVATEKEY": announcement["okta_private_key"],
        "OKTA_CLIENT_KID": announcement["okta_key_id"],
    }


def found_url(play: PlayResult) -> str:
    """Return the SCEP URL that a run read from Okta, "" if it read none."""
    results = play.results("Check Okta, Kandji and the rings, and plan the changes")
    authorities = [result.get("certificate_authority", {}) for result in results]
    return next((str(each["scep_url"]) for each in authorities if "scep_url" in each), "")


def is_write_of_ours(request: RequestRecord) -> bool:
    """Return whether the collection wrote; the Macs' own enrollments are in the log too."""
    return request.writes and "(lab Mac)" not in request.user_agent


def heading(text: str) -> str:
    """Return a text between two lines."""
    return f"\n{'=' * 100}\n{text}\n{'=' * 100}"


def in_short(run_: Run) -> str:
    """Return what a run changed and wrote."""
    changes = [
        f"    {'predicted' if '--check' in run_.title else 'changed'}: {change}"
        for change in run_.play.changes
    ]
    writes = [
        f"    sent: {operation} x {count}" for operation, count in sorted(run_.writes.items())
    ]
    return "\n".join(
        [
            (
                f"{run_.title}: exit status {run_.play.status}, {run_.seconds:.0f} s,"
                f" changed={len(changes)}, write requests={run_.writes.total()}"
            ),
            *changes,
            *writes,
        ]
    )


def last_lines(report_directory: Path) -> str:
    """Return what to open and what to try next."""
    return "\n".join(
        [
            f"Open the report of these Macs in a browser: {report_directory / 'device-trust.html'}",
            "What to try next:",
            "  make lab            the same lab, running, with a page on which you move its time",
            "  docs/quickstart.md  read your own tenants, where nothing is written",
        ]
    )


def judge(predicted: Run, done: Run, again: Run) -> t.Iterator[str]:
    """Yield what is not as it must be, a sentence each."""
    for each in (predicted, done, again):
        if each.play.status:
            yield f"{each.title} failed."
    if predicted.writes:
        yield "The check wrote."
    if not done.play.changes:
        yield "The first run changed nothing."
    if predicted.play.changes != done.play.changes:
        yield "What the check predicted is not what the first run changed."
    if again.play.changed:
        yield "The second run changed something."
    if again.writes:
        yield "The second run wrote."


if __name__ == "__main__":
    sys.exit(main())
