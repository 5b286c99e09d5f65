# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long life: a thousand module runs and twenty playbook runs against one lab.

Faults come, time passes, Macs check in and people sign in between. Each run ends well or with a
sentence. Afterwards memory, files and threads are as they were, and site.yml converges.

Another seed: SOAK_SEED=7 pytest -m long tests/functional/safety/test_soak.py
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import threading
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.progress import (
    Progress,
)

from tests.functional.helpers.interleaving import judge_lab, judge_output, judge_result
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.safety.test_module_pairs import SCENARIOS, STUCK
from tools.support.playbook import SITE, PlayResult

Json = dict[str, t.Any]
SEED = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**6))
MODULE_RUNS = int(os.environ.get("SOAK_MODULE_RUNS") or 1000)
PLAYBOOK_RUNS = int(os.environ.get("SOAK_PLAYBOOK_RUNS") or 20)
COLLECTION = "ansible_collections.devicetrust"
FAULTS = ("429", "concurrency", "5xx", "drop", "truncate", "html", "stale")
# What runs in turns, each with the share of its runs.
PLAYBOOKS = {
    "site": 6,
    "report": 4,
    "device_status": 3,
    "renew_certificates": 3,
    "reset_devices": 2,
}
# Leaves a ring that site.yml refuses: another ring's blueprint.
LEFT_OUT = ("widen SCEP profile",)


def reading(rings: list[Json], directory: Path) -> list[tuple[str, Json]]:
    """Return the modules that read, with their options."""
    kept = {"state_dir": str(directory / "state")}
    return [
        ("device_trust_info", {"rings": rings, **kept}),
        ("device_trust_report", {"rings": rings, "dest": str(directory / "reports"), **kept}),
        ("device_trust_certificates", kept),
        ("device_trust_renewal_info", {"rings": rings}),
        ("device_trust_preflight", {"rings": rings}),
        ("kandji_device_info", {}),
        ("kandji_library_item_info", {}),
        ("okta_device_info", {}),
        ("okta_sign_in_denials_info", {"apps": ["Slack"], "minutes": 60}),
        ("okta_system_log_info", {"filter": 'eventType sw "pki."'}),
        ("okta_device_integration", {}),
    ]


def settled_files() -> int:
    """Return the number of open files once it is the same for a second.

    The lab's thread closes the connections of clients that have ended when it gets to run.
    """
    files, turns = 0, 0
    while turns < 20:
        before, files = files, len(os.listdir("/proc/self/fd"))
        turns = turns + 1 if files == before else 0
        time.sleep(0.05)
    return files


@dataclass(frozen=True)
class Usage:
    """What this process and the directories hold after a collection of garbage."""

    objects: int  # of the collection's own types
    files: int
    threads: int
    memory: int  # KiB
    temporary: tuple[str, ...]

    @classmethod
    def measure(cls, directory: Path) -> Usage:
        gc.collect()
        files = settled_files()
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        memory = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return cls(
            sum(type(each).__module__.startswith(COLLECTION) for each in gc.get_objects()),
            files,
            threading.active_count(),
            int(memory.split()[1]),
            tuple(sorted(os.listdir(directory))),
        )


@dataclass
class Life:
    """One lab, and what is done to it by chance."""

    watched: t.Any
    run_module: t.Callable[..., Json]
    playbook: t.Callable[..., PlayResult]
    directory: Path
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.rings = self.watched.ring_variables
        writing = [
            (scenario.module, scenario.options)
            for name, scenario in SCENARIOS.items()
            if name not in LEFT_OUT
        ]
        self.draws = [*reading(self.rings, self.directory), *writing]
        ResetFleet(self.watched).stuck(STUCK)

    def happen(self) -> None:
        """Let time pass, people and Macs act, and vendors fail, each now and then."""
        chance, clock = self.chance, self.watched.world.clock
        if chance.random() < 0.3:
            clock.advance(minutes=chance.choice((1, 10, 61, 600, 3000)))
        if chance.random() < 0.02:
            clock.advance(days=chance.choice((8, 31, 92)))
        if chance.random() < 0.1:
            self.watched.live()
        self.watched.world.faults.clear()
        if chance.random() < 0.4:
            self.watched.fault(
                chance.choice(FAULTS),
                "*",
                times=chance.choice((1, 1, 2, 8)),
                after=chance.randrange(12),
                seconds=0.01,
            )
        del self.watched.world.requests[:]  # the lab's log of them is not under test

    def run_one_module(self) -> None:
        name, options = self.chance.choice(self.draws)
        check = self.chance.random() < 0.2
        result = self.run_module(name, options, lab=self.watched.lab, check=check)
        self.note(name, bool(result.get("failed")), judge_result(result))

    def run_one_playbook(self) -> None:
        names, shares = list(PLAYBOOKS), list(PLAYBOOKS.values())
        (name,) = self.chance.choices(names, shares)
        result = self.run_playbook(name)
        self.note(name, bool(result.status), judge_output(result))

    def run_playbook(self, name: str) -> PlayResult:
        variables = {
            "device_trust_rings": self.rings,
            "device_trust_gate_wait": 0,
            "device_trust_wait_for_people": 0,
            "device_trust_poll_interval": 1,
            "device_trust_state_dir": str(self.directory / "state"),
            "device_trust_report_dir": str(self.directory / "reports"),
            "device_trust_reset_serials": [STUCK],
            "device_trust_status_serials": self.rings[0]["test_macs"],
            **{f"device_trust_max_{name}": 50 for name in ("reissue", "new", "removed")},
        }
        return self.playbook(self.watched.lab, SITE.parent / f"{name}.yml", variables=variables)

    def note(self, name: str, failed: bool, faults: list[str]) -> None:
        self.outcomes[f"{name}: {'failed' if failed else 'ok'}"] += 1
        self.faults += [f"{name}: {fault}" for fault in faults]

    def converge(self) -> tuple[PlayResult, list[str]]:
        """Run site.yml as an operator would, until it has nothing to say or ten runs are over."""
        self.watched.world.faults.clear()
        for _run in range(10):
            self.watched.live(2)
            mark = self.watched.mark()
            result = self.run_playbook("site")
            written = {*self.watched.writes(mark)} - {"PKIOperation", "Daily check-in"}
            failures = [task for task in result.tasks if task["outcome"] == "failed"]
            print(f"site.yml: {result.status}, wrote {sorted(written)}, {failures[:1]}")
            if result.status == 0 and not written:
                break
        return result, sorted(written)


@pytest.mark.long
@pytest.mark.lab(macs=4)
def test_a_long_life_leaves_nothing_behind(
    watched: t.Any,
    run_module: t.Callable[..., Json],
    playbook: t.Callable[..., PlayResult],
    printed: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    print(f"SOAK_SEED={SEED}")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    clock = watched.world.clock

    def pass_time(_progress: Progress, seconds: float) -> None:
        clock.advance(seconds=seconds)

    life, usages, begun = Life(watched, run_module, playbook, tmp_path), list[Usage](), time.time()
    life.begin()
    with mock.patch.object(Progress, "sleep", pass_time):
        for number in range(1, MODULE_RUNS + 1):
            life.happen()
            life.run_one_module()
            if number * PLAYBOOK_RUNS % MODULE_RUNS < PLAYBOOK_RUNS:
                life.run_one_playbook()
            if number in (MODULE_RUNS // 4, MODULE_RUNS):
                printed.clear()
                usages.append(Usage.measure(temporary))
    print(f"{time.time() - begun:.0f} s, {sorted(life.outcomes.items())}, {usages}")
    context = f"SOAK_SEED={SEED}: {life.outcomes}"
    assert life.faults == [], context
    early, late = usages
    assert late.objects <= early.objects * 1.05 + 50, context
    assert (late.files, late.threads) <= (early.files + 3, early.threads + 2), context
    assert late.temporary == early.temporary == (), context
    assert late.memory - early.memory < 100 * 1024, f"{context} {usages}"
    assert len(list((tmp_path / "state").rglob("*"))) < 10, context
    assert len(list((tmp_path / "reports").rglob("*"))) < 10, context
    repair = {"name": "Okta SCEP - canary", "blueprints": ["Canary"], "blueprints_mode": "exact"}
    run_module("kandji_scep_profile", {**repair, "max_removed": 50}, lab=watched.lab)
    site, written = life.converge()
    assert (site.status, written) == (0, []), f"{context} {site.output[-3000:]}"
    assert judge_lab(watched) == [], context
