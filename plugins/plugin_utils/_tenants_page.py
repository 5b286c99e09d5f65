# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page over all tenants: what each run has shown last, as JSON and as HTML."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..module_utils._core.atomic_files import atomic_write
from ..module_utils._report.generated_page import STYLE
from ..module_utils._report.html import kind
from ._tenants import MANAGED, Tenant, count_own, shorten

DATA, PAGE, LOCK = "tenants.json", "tenants.html", ".tenants.lock"
MODE = 0o640
PILLS = {"failed": "bad", "waits": "wait"}
HEADINGS = (
    ("Tenant", False),
    ("Last run", False),
    ("Macs", True),
    ("Managed", True),
    ("Waiting", True),
    ("Need an administrator", True),
    ("Lose access soon", True),
    ("Stages as of", False),
    ("What is left to do", False),
)
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>Device trust of {count} tenants</title>
<style>{style}</style>
</head>
<body>
<header>
<div class="title">
<h1>Device trust of {count} tenants</h1>
<p class="quiet">As of {time}</p>
</div>
<p class="headline"><b>{share}%</b> <span>{managed} of {macs} Macs are managed</span></p>
<ul class="tiles">{tiles}</ul>
</header>
<main>
<section aria-labelledby="tenants" class="wide"><h2 id="tenants">All tenants</h2>
<div class="scroll" tabindex="0" role="region" aria-label="All tenants"><table>
<thead><tr>{headings}</tr></thead>
<tbody>
"""
FOOT = "</tbody></table></div></section>\n</main>\n</body>\n</html>\n"


@dataclass(frozen=True)
class Entry:
    """What is known of one tenant.

    :arg outcome: of its last run, at ``run_at`` (ISO 8601), by the playbook ``playbook``.
    :arg stages: stage -> number of Macs, as of ``stages_at``; empty if they were never read.
    :arg losing: how many people lose access soon, by the last report; None without one.
    :arg report: the path of its HTML report, "" without one.
    """

    outcome: str
    run_at: str
    playbook: str = ""
    remark: str = ""
    stages: Mapping[str, int] = field(default_factory=dict)
    stages_at: str = ""
    losing: int | None = None
    report: str = ""

    @classmethod
    def of_json(cls, value: t.Any) -> Entry | None:
        """Return the entry of a JSON value that ``asdict`` made, or None for any other."""
        try:
            known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
            stages = {str(stage): int(macs) for stage, macs in known.pop("stages", {}).items()}
            texts = {name: str(text or "") for name, text in known.items() if name != "losing"}
            losing = known.get("losing")
            return cls(**texts, stages=stages, losing=None if losing is None else int(losing))
        except (AttributeError, TypeError, ValueError):
            return None

    @property
    def macs(self) -> int:
        """The number of Macs of the tenant itself."""
        return count_own(self.stages)

    def count(self, colour: str) -> int:
        """Return how many Macs are on a stage of this colour of the report."""
        return sum(macs for stage, macs in self.stages.items() if colour_of(stage) == colour)


def colour_of(stage: str) -> str:
    """Return the colour of a stage; of one that this version does not know, that of waiting."""
    try:
        return kind(stage)
    except KeyError:
        return "wait"


def merge(before: Entry | None, tenant: Tenant, playbook: str, now: str) -> Entry:
    """Return the entry after a run. What the run has not read stays as it was."""
    old = before or Entry("", "")
    remark = shorten(tenant.message) if tenant.failed else tenant.waiting
    return Entry(
        tenant.outcome,
        now,
        playbook,
        remark,
        tenant.stages or old.stages,
        now if tenant.stages else old.stages_at,
        old.losing if tenant.losing is None else tenant.losing,
        tenant.report or old.report,
    )


def update(directory: Path, tenants: Mapping[str, Tenant], playbook: str, now: str) -> Path:
    """Write JSON and page with what a run has shown. Return the page. Raises OSError.

    Several runs may do so at the same time, as the slices of a job: each keeps what the others
    wrote.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _lock(directory / LOCK):
        entries = read(directory / DATA)
        for name, tenant in tenants.items():
            entries[name] = merge(entries.get(name), tenant, playbook, now)
        entries = dict(sorted(entries.items()))
        text = json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=1)
        atomic_write(directory / DATA, [text, "\n"], MODE)
        atomic_write(directory / PAGE, html_pieces(entries, now, directory), MODE)
    return directory / PAGE


def read(path: Path) -> dict[str, Entry]:
    """Return the entries of a JSON file. What cannot be read counts as none. Raises OSError."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    known = values.items() if isinstance(values, dict) else ()
    entries = {str(name): Entry.of_json(value) for name, value in known}
    return {name: entry for name, entry in entries.items() if entry}


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def html_pieces(entries: Mapping[str, Entry], now: str, directory: Path) -> Iterator[str]:
    """Yield the page. It loads nothing; reports are links."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    macs = sum(entry.macs for entry in entries.values())
    managed = sum(entry.stages.get(MANAGED, 0) for entry in entries.values())
    share = f"{100 * managed / macs:.1f}".removesuffix(".0") if macs else "0"
    yield HEAD.format(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'",
        style=STYLE,
        count=f"{len(entries):,}",
        time=_time(now),
        share=share,
        managed=f"{managed:,}",
        macs=f"{macs:,}",
        tiles=_tiles(entries),
        headings="".join(_heading(*heading) for heading in HEADINGS),
    )
    # Those that failed first, then those with the most Macs that need somebody.
    order = sorted(
        entries.items(), key=lambda item: (item[1].outcome != "failed", -item[1].count("bad"))
    )
    for name, entry in order:
        yield _row(name, entry, directory)
    yield FOOT


def _tiles(entries: Mapping[str, Entry]) -> str:
    failed = sum(entry.outcome == "failed" for entry in entries.values())
    counts = {colour: sum(e.count(colour) for e in entries.values()) for colour in ("wait", "bad")}
    tiles = (
        ("good", len(entries) - failed, "tenants whose last run succeeded"),
        ("bad", failed, "tenants whose last run failed"),
        ("wait", counts["wait"], "Macs wait for time or their user"),
        ("bad", counts["bad"], "Macs need an administrator"),
    )
    return "".join(f'<li class="{name}"><b>{macs:,}</b> {text}</li>' for name, macs, text in tiles)


def _heading(text: str, is_number: bool) -> str:
    return f'<th scope="col"{" class=number" if is_number else ""}>{text}</th>'


def _row(name: str, entry: Entry, directory: Path) -> str:
    link = escape(name)
    if entry.report:
        link = f'<a href="{quote(os.path.relpath(entry.report, directory))}">{link}</a>'
    numbers = (entry.macs, entry.stages.get(MANAGED, 0), entry.count("wait"), entry.count("bad"))
    cells = "".join(
        f'<td class="number">{number:,}</td>' if entry.stages else '<td class="number">unknown</td>'
        for number in numbers
    )
    losing = "unknown" if entry.losing is None else f"{entry.losing:,}"
    return (
        f'<tr><th scope="row">{link}</th>'
        f'<td><span class="pill {PILLS.get(entry.outcome, "good")}">{escape(entry.outcome)}</span>'
        f" {escape(entry.playbook)} {_time(entry.run_at)}</td>"
        f'{cells}<td class="number">{losing}</td><td>{_time(entry.stages_at)}</td>'
        f"<td>{escape(entry.remark)}</td></tr>\n"
    )


def _time(text: str) -> str:
    if not text:
        return "never"
    return f'<time datetime="{escape(text)}">{escape(text[:16].replace("T", " "))} UTC</time>'
