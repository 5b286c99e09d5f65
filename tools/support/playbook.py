# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook against a running lab, as a user would, and return what it did."""

from __future__ import annotations

import json
import sys
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tools.support.environment import (
    CHECKOUT,
    COMPILE_CACHE,
    SCRIPTS,
    child_environment,
    run_and_read,
)

SITE = CHECKOUT / "playbooks" / "site.yml"
INVENTORY = CHECKOUT / "lab" / "inventory.yml"

# The collection's environment names, and the key of the lab's announcement that each gets.
FROM_ANNOUNCEMENT = {
    "OKTA_CLIENT_ORGURL": "okta_url",
    "OKTA_CLIENT_TOKEN": "okta_api_token",
    "IRUCTL_TENANT": "kandji_url",
    "IRUCTL_TOKEN": "kandji_api_token",
    "OKTA_SCEP_URL": "scep_url",
    "OKTA_SCEP_CHALLENGE": "scep_challenge",
    "DEVICE_TRUST_CA_PATH": "ca_file",
}


@dataclass(frozen=True)
class PlayResult:
    """What ``ansible-playbook`` said and did.

    ``tasks`` has each task's name, action, host, outcome, changed and result, in order.
    """

    status: int
    output: str
    stats: dict[str, dict[str, int]]
    tasks: list[dict[str, t.Any]]

    @property
    def changed(self) -> list[str]:
        """Return the names of the tasks that changed something, in order."""
        return [task["name"] for task in self.tasks if task["changed"]]

    @property
    def changes(self) -> list[str]:
        """Return the changes in words of the tasks that changed something, sorted."""
        changed = [task["result"] for task in self.tasks if task["changed"]]
        return sorted(change for result in changed for change in result.get("changes") or ())

    def total(self, count: str) -> int:
        """Return a count over all hosts: ok, changed, failures, unreachable, skipped ..."""
        return sum(host[count] for host in self.stats.values())

    def results(self, name: str) -> list[dict[str, t.Any]]:
        """Return the results of the tasks whose name ends so."""
        return [task["result"] for task in self.tasks if task["name"].endswith(name)]


def lab_environment(announcement: dict[str, t.Any]) -> dict[str, str]:
    """Return the collection's environment variables for a lab."""
    return {name: str(announcement[key]) for name, key in FROM_ANNOUNCEMENT.items()}


def run_playbook(  # noqa: PLR0913 - each is an option of ansible-playbook
    playbook: Path,
    announcement: dict[str, t.Any] | None,
    *,
    check: bool = False,
    arguments: t.Sequence[str] = (),
    variables: dict[str, t.Any] | None = None,
    environment: dict[str, str] | None = None,
    inventory: Path = INVENTORY,
    show: bool = False,
    directory: Path = CHECKOUT,
) -> PlayResult:
    """Run it to its end, with a lab's variables, if any.

    ``environment`` and ``variables`` win over them; ``show`` lets a person watch. ``directory`` is
    where it is started.
    """
    with tempfile.TemporaryDirectory(prefix="devicetrust-play-") as scratch:
        record, extra = Path(scratch) / "record.json", Path(scratch) / "variables.json"
        extra.write_text(
            json.dumps(
                {
                    **({"device_trust_rings": announcement["rings"]} if announcement else {}),
                    **(variables or {}),
                }
            )
        )
        command = [
            str(SCRIPTS / "ansible-playbook"),
            "--inventory",
            str(inventory),
            "--extra-vars",
            f"@{extra}",
            *arguments,
        ]
        command += ["--check", str(playbook)] if check else [str(playbook)]
        lab = lab_environment(announcement) if announcement else {}
        more = {
            **COMPILE_CACHE,
            **lab,
            "ANSIBLE_CALLBACKS_ENABLED": "play_record",
            "PLAY_RECORD": str(record),
            **(environment or {}),
        }
        if show and sys.stdout.isatty():
            more["ANSIBLE_FORCE_COLOR"] = "true"
        environ = child_environment(**more)
        status, output = run_and_read(command, environ, directory, show=show)
        # A playbook that Ansible could not even read leaves no record.
        recorded = json.loads(record.read_text()) if record.exists() else {"stats": {}, "tasks": []}
    return PlayResult(status, output, recorded["stats"], recorded["tasks"])
