# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each tenant in a run, and the summary over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

COLLECTION = "devicetrust.okta_kandji."
REPORT = f"{COLLECTION}device_trust_report"
READS_STAGES = (f"{COLLECTION}device_trust_info", REPORT)
PREFLIGHT = f"{COLLECTION}device_trust_preflight"
WAITING = "_device_trust_waiting"  # the fact of the playbooks
MANAGED, OTHERS = "MANAGED", "OTHER_TENANT"
LONGEST_MESSAGE = 300  # characters


def tenant_of(known: Mapping[str, object] | None) -> str:
    """Return the host of a task if the play has several, else "".

    :arg known: the variables of the task.
    """
    known = known or {}
    hosts = known.get("ansible_play_hosts_all")
    several = isinstance(hosts, Sequence) and len(hosts) > 1
    return str(known.get("inventory_hostname") or "") if several else ""


@dataclass
class Tenant:
    """What became of one tenant.

    :arg failed: whether the run ended with a failure for it.
    :arg changed: how many tasks changed something, or would.
    :arg stages: stage -> number of Macs, of the last read; empty if there was none.
    :arg waiting: what it waits for, "" for nothing.
    :arg message: the last failure, also one that was rescued.
    :arg losing: how many people lose access soon, by its report; None without one.
    :arg report: the path of its HTML report.
    """

    failed: bool = False
    changed: int = 0
    stages: dict[str, int] = field(default_factory=dict)
    waiting: str = ""
    message: str = ""
    losing: int | None = None
    report: str = ""

    def record(self, action: str, result: Mapping[str, object]) -> None:
        """Keep what a task returned."""
        facts = result.get("ansible_facts")
        part = result.get("stages") if action == PREFLIGHT else result
        counts = part.get("counts") if isinstance(part, Mapping) else None
        if action in (*READS_STAGES, PREFLIGHT) and isinstance(counts, Mapping):
            self.stages = {str(stage): int(macs) for stage, macs in counts.items()}
        if isinstance(facts, Mapping) and WAITING in facts:
            self.waiting = str(facts[WAITING] or "").strip()
        if action == REPORT:
            self._record_report(result)

    def _record_report(self, result: Mapping[str, object]) -> None:
        access, files = result.get("access"), result.get("files")
        losing = access.get("losing_people") if isinstance(access, Mapping) else None
        if isinstance(losing, int):
            self.losing = losing
        paths = map(str, files if isinstance(files, list) else ())
        self.report = next((path for path in paths if path.endswith(".html")), self.report)

    def fail(self, action: str, result: Mapping[str, object]) -> None:
        """Keep the message of a failure: of a loop, that of the first item that failed."""
        if action == REPORT:  # it fails after it has written, if too many people lose access
            self._record_report(result)
        items = result.get("results")
        failed = [
            item
            for item in (items if isinstance(items, list) else [])
            if isinstance(item, Mapping) and item.get("failed")
        ]
        self.message = str((failed[0] if failed else result).get("msg") or "").strip()

    @property
    def outcome(self) -> str:
        """Return the outcome in a word."""
        if self.failed:
            return "failed"
        return "waits" if self.waiting else "changed" if self.changed else "ok"

    def describe(self) -> str:
        """Return the Macs that are managed, then what is left to do."""
        parts = [f"{self.stages.get(MANAGED, 0)} of {count_own(self.stages)} Macs managed."]
        parts = parts if self.stages else []
        if self.failed:
            parts.append(shorten(self.message) or "See above.")
        elif self.waiting:
            parts.append(f"Waiting {self.waiting.rstrip('.')}.")
        return " ".join(parts)


def count_own(stages: Mapping[str, int]) -> int:
    """Return how many Macs are of the tenant itself."""
    return sum(macs for stage, macs in stages.items() if stage != OTHERS)


def shorten(message: str) -> str:
    """Return the first line of a message, with a note if there is more."""
    first, _break, others = message.partition("\n")
    is_short = len(first) <= LONGEST_MESSAGE and not others.strip()
    return first if is_short else f"{first[:LONGEST_MESSAGE].rstrip()} (more above)"


def summarize(tenants: Mapping[str, Tenant], check_mode: bool) -> Iterator[str]:
    """Yield the lines of the summary. Tenants that failed come last."""
    width = max(map(len, tenants), default=0)
    for name, tenant in sorted(tenants.items(), key=lambda item: item[1].failed):
        count = f"{tenant.changed} {'would change' if check_mode else 'changed'}"
        yield f"{name:<{width}}  {tenant.outcome:<8} {count:<15} {tenant.describe()}".rstrip()
    outcomes = Counter(tenant.outcome for tenant in tenants.values())
    parts = [f"{number} {outcome}" for outcome, number in sorted(outcomes.items())]
    yield f"{len(tenants)} tenants: {', '.join(parts)}."
    failed = [name for name, tenant in tenants.items() if tenant.failed]
    if failed:
        yield f"To repeat the run for those that failed: --limit {','.join(failed)}"
