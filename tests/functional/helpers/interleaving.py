# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run in the middle of another, always at the same request, and a judge of the lab after it.

A module runs in this process. Before one of its requests something else happens to its end: another
run, or an edit of an administrator. No thread and no waiting is needed.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest import mock

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import polling
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.progress import (
    Progress,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    Transport,
)

from lab.state import Fault

Result = dict[str, t.Any]


@dataclass
class Requests:
    """The requests of one run, by the names of the vendors' operations; (writes, name)."""

    sent: list[tuple[bool, str]] = field(default_factory=list)

    @property
    def first_write(self) -> int:
        """The number of the first request that writes, from 0; how many there are if none does."""
        return min(self.writes, default=len(self.sent))

    @property
    def writes(self) -> list[int]:
        """The numbers of the requests that write."""
        return [number for number, (writes, _name) in enumerate(self.sent) if writes]


@contextmanager
def before_request(number: int | None, act: t.Callable[[], t.Any]) -> t.Iterator[Requests]:
    """Act once, before the request with this number (from 0) is sent. Yield the run's requests.

    Requests of what is done there do not count.
    """
    real, requests, acting = Transport.send, Requests(), list[bool]()

    def send(transport: t.Any, operation: t.Any, request: t.Any) -> t.Any:
        if not acting:
            if len(requests.sent) == number:
                acting.append(True)
                act()
                acting.clear()
            writes = operation.writes and operation.name != "PKIOperation"  # a test enrollment
            requests.sent.append((writes, operation.name))
        return real(transport, operation, request)

    with mock.patch.object(Transport, "send", send):
        yield requests


@contextmanager
def at_pauses(acts: t.Sequence[t.Callable[[], t.Any]]) -> t.Iterator[list[float]]:
    """Act at each pause of a module, in order, instead of waiting. Yield the pauses in seconds.

    The last act is repeated at all further pauses. For the module, time goes on by the pauses.
    """
    pauses = list[float]()

    def pause(_progress: Progress, seconds: float) -> None:
        acts[min(len(pauses), len(acts) - 1)]()
        pauses.append(seconds)

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(pauses))
    with (
        mock.patch.object(Progress, "sleep", pause),
        mock.patch.object(polling, "time", clock),
    ):
        yield pauses


def act_while_held(
    watched: t.Any,
    operations: t.Sequence[str],
    run: t.Callable[[], t.Any],
    act: t.Callable[[], t.Any],
) -> tuple[t.Any, t.Any]:
    """Run, and act while the lab holds a request of the run. Return the results of both.

    The request is the first one of the last operation, after one of each operation before it.
    """
    world, results = watched.world, list[t.Any]()
    running = threading.Thread(target=lambda: results.append(run()))
    faults = [Fault("hold", operation) for operation in operations]
    world.faults.append(faults[0])
    running.start()
    for fault, following in zip(faults, [*faults[1:], None], strict=True):
        while running.is_alive() and fault not in world.held:
            time.sleep(0.05)
        assert fault in world.held, (fault.operation, results)
        if following:
            world.faults.append(following)
            world.held.remove(fault)
    acted = act()
    world.held.clear()
    running.join(timeout=600)
    assert not running.is_alive()
    return results[0], acted


def judge_lab(watched: t.Any) -> list[str]:
    """Return what no order of runs may leave behind, a line for each fault."""
    tenant, org = watched.world.kandji, watched.world.okta
    assigned = {item for blueprint in tenant.blueprints.values() for item in blueprint.item_ids}
    names = Counter(item.name for item in tenant.items.values() if item.id in assigned)
    faults = [f"{count} assigned items {name!r}" for name, count in names.items() if count > 1]
    names = Counter(item.name for item in tenant.items.values())
    faults += [f"{count} items {name!r}" for name, count in names.items() if count > 1]
    for policy in org.policies.by_id.values():
        rules = Counter(rule.name for rule in policy.rules)
        faults += [
            f"{count} rules {name!r} in {policy.name!r}"
            for name, count in rules.items()
            if count > 1
        ]
        if policy.name.startswith("[cloned]"):
            faults.append(f"policy {policy.name!r} is left")
    watched.live()
    return [
        *faults,
        *(
            f"{mac.serial} holds two certificates"
            for mac in watched.world.macs
            if len(mac.certificates) > 1
        ),
    ]


def judge_output(result: t.Any) -> list[str]:
    """Return what is wrong with the output of a playbook: words of a program, not a sentence."""
    words = ("Traceback", "Please report", "Unexpected", "The task includes an option with")
    faults = [f"{word}: {result.output[-3000:]}" for word in words if word in result.output]
    failed = [task for task in result.tasks if task["outcome"] == "failed"]
    if result.status and not failed:
        faults.append(f"no task says why: {result.output[-3000:]}")
    return faults


def judge_result(result: Result) -> list[str]:
    """Return what is wrong with the message of a run that failed."""
    if not result.get("failed"):
        return []
    text = str(result)
    faults = [word for word in ("Traceback", "Please report", "Unexpected") if word in text]
    return [f"message: {result['msg']}"] if faults or not result["msg"] else []
