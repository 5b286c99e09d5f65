# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the fleet, from rows as _fleet.rows() yields them:

figures, and HTML, CSV and JSON as pieces of text. Pure; rows are never held.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html import escape

from . import page
from .columns import LABELS, SHOWN

Row = dict[str, t.Any]
Pieces = t.Iterator[str]

COLUMNS = (
    "serial_number",
    "device_name",
    "person",
    "ring",
    "stage",
    "reason",
    "next_step",
    "flags",
    "unconfirmed",
    "unconfirmed_reason",
    "blueprint",
    "blueprint_id",
    "os_version",
    "model",
    "tags",
    "last_check_in",
    "device_id",
    "okta_device_ids",
    "okta_status",
    "last_seen_by_okta",
    "users",
    "certificates",
    "certificate_first_seen",
    "certificate_expires",
    "certificate_expiry_source",
)
# Columns whose few values repeat from Mac to Mac; the page has each of them once.
SHARED = (
    "ring",
    "stage",
    "reason",
    "next_step",
    "unconfirmed_reason",
    "blueprint",
    "os_version",
    "model",
    "okta_status",
    "certificate_expiry_source",
)
PAGE_COLUMNS = tuple(
    name
    for name in COLUMNS
    if name not in ("unconfirmed", "device_id", "blueprint_id", "okta_device_ids")
)
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NAMED_MOVES = 25

FUNNEL = (
    ("Known to Kandji", ("KANDJI_MISSING",)),
    ("In a ring", ("NOT_IN_SCOPE",)),
    ("SCEP profile installed", ("PROFILE_FAILED", "PROFILE_PENDING")),
    ("Certificate there", ("CERTIFICATE_ABSENT", "CERTIFICATE_EXPIRED")),
    ("Okta Verify installed", ("NO_LICENCE", "OKTA_VERIFY_MISSING")),
    ("Registered with Okta", ("NOT_REGISTERED", "SUSPENDED", "DEACTIVATED")),
    ("Managed", ("REGISTERED_BEFORE_CERTIFICATE", "REGISTERED_NOT_MANAGED", "MIXED")),
)
FOR_ADMINISTRATORS = (
    "KANDJI_MISSING",
    "PROFILE_FAILED",
    "CERTIFICATE_EXPIRED",
    "NO_LICENCE",
    "SUSPENDED",
    "DEACTIVATED",
)
TELL = {
    "KANDJI_MISSING": (
        "Okta knows a Mac of yours that our device management does not. If you still use it, please"
        " tell us, so that we can enrol it."
    ),
    "PROFILE_FAILED": (
        "Your Mac could not install a setting that it needs for signing in. This is ours to mend;"
        " please keep it switched on and online."
    ),
    "PROFILE_PENDING": (
        "Please switch on your Mac, connect it to the internet, and leave it on for an hour. It"
        " will fetch a setting by itself."
    ),
    "CERTIFICATE_ABSENT": (
        "Please leave your Mac switched on and online until tomorrow. It is fetching its"
        " certificate by itself."
    ),
    "CERTIFICATE_EXPIRED": (
        "Your Mac's certificate has ended. Please leave the Mac switched on and online; we will"
        " send it a new one."
    ),
    "NO_LICENCE": (
        "Okta Verify will come to your Mac by itself as soon as we have a licence for it. There is"
        " nothing for you to do."
    ),
    "OKTA_VERIFY_MISSING": (
        "Okta Verify is on its way to your Mac. Please leave the Mac switched on and online; if"
        " Self Service offers it, install it there."
    ),
    "NOT_REGISTERED": (
        "Please open Okta Verify on your Mac, add your account, and turn on Touch ID when it asks."
    ),
    "SUSPENDED": (
        "Your Mac is suspended in Okta. Please contact us before you sign in with it again."
    ),
    "DEACTIVATED": (
        "Your Mac was deactivated in Okta. We will set it free; after that, please add your account"
        " in Okta Verify again."
    ),
    "REGISTERED_BEFORE_CERTIFICATE": (
        "Please sign out of Okta on your Mac, then sign in again with Okta FastPass (Okta Verify on"
        " this Mac; no code, no phone)."
    ),
    "REGISTERED_NOT_MANAGED": (
        "Please sign in to Okta once on your Mac with Okta FastPass (Okta Verify on this Mac, no"
        " code, no push to a phone)."
    ),
    "MIXED": (
        "Several people use this Mac, and for one of you Okta does not know it yet. Please sign in"
        " to Okta once on it with Okta FastPass."
    ),
}


@dataclass
class Figures:
    """What one pass over the rows tells.

    ``stages`` is Mac -> stage, for the next report; ``fingerprint`` changes with anything but the
    time.
    """

    counts: dict[str, int] = field(default_factory=dict)
    by_ring: dict[str, dict[str, int]] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(
        default_factory=dict
    )  # stage -> the next step that most of its Macs have
    unconfirmed: int = 0
    fingerprint: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass
class Meta:
    """What a report says besides its rows.

    ``previous`` is {generated_at, stages} of the report before; ``history`` says whether any is
    kept.
    """

    generated_at: str
    org_url: str
    tenant: str
    order: t.Sequence[str]
    renewals: t.Mapping[str, str | None] = field(default_factory=dict)
    previous: t.Mapping[str, t.Any] | None = None
    history: bool = False
    api_calls: int = 0


def masked(rows: t.Iterable[Row], mask: t.Callable[[str], str]) -> t.Iterator[Row]:
    """Rows without the run's secrets.

    As JSON a row is one text, in which the masker knows secrets by all their forms.
    """
    for row in rows:
        text = json.dumps(row, ensure_ascii=False)
        clean = mask(text)
        yield row if clean == text else json.loads(clean)


def survey(rows: t.Iterable[Row], meta: Meta) -> Figures:
    """All figures in one pass."""
    counts: t.Counter[str] = Counter()
    by_ring: dict[str, t.Counter[str]] = defaultdict(Counter)
    months: t.Counter[str] = Counter()
    flags: t.Counter[str] = Counter()
    stages: dict[str, str] = {}
    steps: dict[str, t.Counter[str]] = defaultdict(Counter)
    digest = hashlib.sha256(
        json.dumps(
            [page.HEAD, page.STYLE, page.SCRIPT, meta.org_url, meta.tenant, dict(meta.renewals)]
        ).encode()
    )
    unconfirmed = 0
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True).encode())
        counts[row["stage"]] += 1
        by_ring[row["ring"] or ""][row["stage"]] += 1
        if row["certificates"]:
            months[str(row["certificate_expires"] or "")[:7]] += 1
        flags.update(row["flags"])
        unconfirmed += bool(row["unconfirmed"])
        stages[name_of(row)] = row["stage"]
        steps[row["stage"]][row["next_step"]] += 1
    return Figures(
        _ordered(counts, meta.order),
        {
            ring: _ordered(one, meta.order)
            for ring, one in sorted(by_ring.items(), key=_no_ring_last)
        },
        dict(sorted(months.items(), key=lambda item: item[0] or "~")),
        dict(flags.most_common()),
        stages,
        {stage: found.most_common(1)[0][0] for stage, found in steps.items()},
        unconfirmed,
        digest.hexdigest(),
    )


def name_of(row: Row) -> str:
    """What identifies a Mac from report to report."""
    return str(row["serial_number"] or row["device_id"] or ",".join(row["okta_device_ids"]))


def _no_ring_last(item: tuple[str, t.Any]) -> tuple[bool, str]:
    return not item[0], item[0]


def _ordered(counts: t.Mapping[str, int], order: t.Sequence[str]) -> dict[str, int]:
    """From the top of the ladder down; a stage that the order does not have comes last."""
    known = [stage for stage in reversed(order) if stage in counts]
    return {stage: counts[stage] for stage in [*known, *sorted(set(counts) - set(known))]}


def funnel(counts: t.Mapping[str, int]) -> list[tuple[str, int]]:
    """How many Macs have come how far, from all that are known to those that are managed."""
    left, steps = sum(counts.values()), []
    for step, stopped in FUNNEL:
        left -= sum(counts.get(stage, 0) for stage in stopped)
        steps.append((step, left))
    return steps


@dataclass
class Moves:
    """Macs that were on another stage in the report before:

    (Mac, from, to). A stage of None: not there.
    """

    up: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    down: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    new: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    gone: list[tuple[str, str | None, str | None]] = field(default_factory=list)


def moves(before: t.Mapping[str, str], now: t.Mapping[str, str], order: t.Sequence[str]) -> Moves:
    found, place = Moves(), {stage: number for number, stage in enumerate(order)}
    for mac, stage in now.items():
        old = before.get(mac)
        if old is None:
            found.new.append((mac, None, stage))
        elif old != stage:
            (found.up if place.get(stage, -1) > place.get(old, -1) else found.down).append(
                (mac, old, stage)
            )
    found.gone = [(mac, old, None) for mac, old in before.items() if mac not in now]
    return found


# CSV and JSON


class _Piece:
    """What csv.writer writes to: it hands each line back."""

    def write(self, text: str) -> str:
        return text


def csv_pieces(rows: t.Iterable[Row]) -> Pieces:
    """With a byte order mark, which spreadsheets need to know UTF-8 by."""
    writer = csv.writer(_Piece())
    yield "\ufeff" + _line(writer, COLUMNS)
    for row in rows:
        yield _line(writer, [cell(row[name]) for name in COLUMNS])


def _line(writer: t.Any, cells: t.Sequence[str]) -> str:
    return str(writer.writerow(cells))


def cell(value: t.Any) -> str:
    """A value for a spreadsheet, which would take some texts for formulas:

    those get an apostrophe before them.
    """
    if isinstance(value, list):
        value = "; ".join(
            f"{one['login']} {one['managementStatus']}" if isinstance(one, dict) else str(one)
            for one in value
        )
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text


def json_pieces(rows: t.Iterable[Row], figures: Figures, meta: Meta) -> Pieces:
    """One document; a Mac a line."""
    head = {
        "fingerprint": figures.fingerprint,
        "generated_at": meta.generated_at,
        "org_url": meta.org_url,
        "tenant": meta.tenant,
        "counts": figures.counts,
        "by_ring": figures.by_ring,
        "funnel": [{"step": step, "macs": macs} for step, macs in funnel(figures.counts)],
        "flags": figures.flags,
        "certificates_by_month": figures.months,
        "renewals": dict(meta.renewals),
        "api_calls": meta.api_calls,
    }
    yield json.dumps(head)[:-1] + ', "macs": [\n'
    between = ""
    for row in rows:
        yield between + json.dumps(row)
        between = ",\n"
    yield "\n]}\n"


# HTML


def html_pieces(rows: t.Iterable[Row], figures: Figures, meta: Meta) -> Pieces:
    """The page:

    what is read first as plain HTML, the table's rows as JSON that the page's script shows a page
    at a time.
    """
    yield page.HEAD.format(
        policy=_policy(),
        fingerprint=figures.fingerprint,
        style=page.STYLE,
        org=escape(_host(meta.org_url)),
    )
    yield _header(figures, meta)
    yield _funnel(figures)
    yield from ('<div class="pair">', _rings(figures), _months(figures, meta), "</div>")
    yield _changes(figures, meta)
    yield _tell(figures)
    yield page.TABLE.format(columns="".join(_heading(name, label) for name, label in SHOWN))
    yield from _embedded(rows, meta.order)
    yield page.FOOT.format(calls=meta.api_calls, script=page.SCRIPT)


def _policy() -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(page.SCRIPT)}; style-src {digest(page.STYLE)};"
        " base-uri 'none'; form-action 'none'"
    )


def embed(value: t.Any) -> str:
    """JSON that cannot end the script element that it is in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _embedded(rows: t.Iterable[Row], order: t.Sequence[str]) -> Pieces:
    texts: dict[str, dict[str, int]] = {name: {} for name in SHARED}
    yield '<script type="application/json" id="rows">[\n'
    between = ""
    for row in rows:
        yield between + embed([_short(name, row[name], texts) for name in PAGE_COLUMNS])
        between = ",\n"
    yield ']</script>\n<script type="application/json" id="texts">'
    yield embed(
        {
            "columns": PAGE_COLUMNS,
            "shared": {name: list(known) for name, known in texts.items()},
            "labels": LABELS,
            "kinds": {stage: kind(stage) for stage in texts["stage"]},
            "stages": list(order),
        }
    )
    yield "</script>\n"


def _short(name: str, value: t.Any, texts: dict[str, dict[str, int]]) -> t.Any:
    if name in SHARED:
        return texts[name].setdefault(str(value or ""), len(texts[name]))
    if name == "users":
        return [[one["login"], one["managementStatus"]] for one in value]
    return value


def label(stage: str) -> str:
    """A stage as people read it: NOT_REGISTERED -> Not registered."""
    return (
        stage.replace("_", " ")
        .capitalize()
        .replace("Okta verify", "Okta Verify")
        .replace("okta verify", "Okta Verify")
    )


def kind(stage: str) -> str:
    """Which colour a stage has: who is to act."""
    if stage in ("MANAGED", "NOT_IN_SCOPE"):
        return "good" if stage == "MANAGED" else "none"
    return "bad" if stage in FOR_ADMINISTRATORS else "wait"


def _host(url: str) -> str:
    return url.split("://")[-1].rstrip("/")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}".rstrip("0").rstrip(".") if whole else "0"


def _bar(part: int, whole: int, colour: str = "accent") -> str:
    """A bar as attributes of SVG: the page's policy lets no style in."""
    return (
        '<svg class="bar" aria-hidden="true" focusable="false"><rect class="rail" width="100%"'
        f' height="100%" rx="4"/><rect class="{colour}" width="{_share(part, whole)}%"'
        ' height="100%" rx="4"/></svg>'
    )


def _time(text: str) -> str:
    return f'<time datetime="{escape(text)}">{escape(text[:16].replace("T", " "))} UTC</time>'


def _header(figures: Figures, meta: Meta) -> str:
    managed = figures.counts.get("MANAGED", 0)
    acting = {"bad": 0, "wait": 0, "none": 0}
    for stage, count in figures.counts.items():
        if kind(stage) in acting:
            acting[kind(stage)] += count
    tiles = [
        ("good", managed, "managed"),
        ("wait", acting["wait"], "wait for time or their person"),
        ("bad", acting["bad"], "need an administrator"),
        ("none", acting["none"], "in no ring"),
    ]
    shown = "".join(
        f'<li class="{colour}"><b>{count:,}</b> {text}</li>' for colour, count, text in tiles
    )
    named = {
        **figures.flags,
        **({"UNCONFIRMED": figures.unconfirmed} if figures.unconfirmed else {}),
    }
    flags = "".join(
        f'<li><button type="button" data-flag="{escape(name)}">{escape(label(name))}'
        f" <b>{count:,}</b></button></li>"
        for name, count in named.items()
    )
    return page.HEADER.format(
        org=escape(_host(meta.org_url)),
        tenant=escape(_host(meta.tenant)),
        time=_time(meta.generated_at),
        share=_share(managed, figures.total),
        managed=f"{managed:,}",
        total=f"{figures.total:,}",
        tiles=shown,
        flags=f'<ul class="flags" aria-label="Macs with a flag">{flags}</ul>' if flags else "",
    )


def _funnel(figures: Figures) -> str:
    steps = funnel(figures.counts)
    lines, before = [], figures.total
    for step, macs in steps:
        lost = (
            f'<span class="lost">{before - macs:,} fewer</span>'
            if before > macs
            else '<span class="lost"></span>'
        )
        lines.append(
            f"<li><span>{escape(step)}</span><b>{macs:,}</b>{_bar(macs, figures.total, 'good' if step == 'Managed' else 'accent')}{lost}</li>"
        )
        before = macs
    return page.SECTION.format(
        id="funnel",
        title="From enrolled to managed",
        body=f'<ol class="steps">{"".join(lines)}</ol>',
    )


def _rings(figures: Figures) -> str:
    rings = list(figures.by_ring)
    head = "".join(
        f'<th scope="col" class="number">{escape(ring or "no ring")}</th>' for ring in rings
    )
    lines = []
    for stage in figures.counts:
        cells = "".join(
            f'<td class="number">{figures.by_ring[ring].get(stage, 0) or "<span class=quiet>0</span>"}</td>'
            for ring in rings
        )
        lines.append(
            '<tr><th scope="row"><span class="pill'
            f' {kind(stage)}">{escape(label(stage))}</span></th>{cells}</tr>'
        )
    body = (
        '<div class="scroll" tabindex="0" role="region" aria-label="Stages by'
        ' ring"><table><thead><tr><th'
        f' scope="col">Stage</th>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )
    return page.SECTION.format(id="rings", title="Stages by ring", body=body)


def _months(figures: Figures, meta: Meta) -> str:
    most, now = max(figures.months.values(), default=0), meta.generated_at[:7]
    lines = []
    for month, count in figures.months.items():
        late = bool(month) and month < now
        name = f"{month}{' (over)' if late else ''}" if month else "not known"
        lines.append(
            f"<li><span>{escape(name)}</span><b>{count:,}</b>{_bar(count, most, 'bad' if late else 'wait' if month == now else 'accent')}</li>"
        )
    body = (
        f'<ol class="steps months">{"".join(lines)}</ol>'
        if lines
        else '<p class="quiet">No certificate was seen yet.</p>'
    )
    renewals = "".join(
        f"<li>{escape(ring)}: <b>{escape(date or 'unknown')}</b></li>"
        for ring, date in meta.renewals.items()
    )
    body += f'<h3>To be issued anew by</h3><ul class="plain">{renewals}</ul>' if renewals else ""
    return page.SECTION.format(
        id="months", title="Certificates by the month in which they end", body=body
    )


def _changes(figures: Figures, meta: Meta) -> str:
    if meta.previous is None:
        kept = (
            "This is the first report; the next one says what changed."
            if meta.history
            else (
                "No history is kept, because no state directory (device_trust_state_dir) is given."
            )
        )
        return page.SECTION.format(
            id="changes", title="What changed", body=f'<p class="quiet">{kept}</p>'
        )
    found = moves(meta.previous["stages"], figures.stages, meta.order)
    groups = [
        ("Moved up", found.up),
        ("Moved down", found.down),
        ("New", found.new),
        ("Gone", found.gone),
    ]
    body = f'<p class="quiet">Since {_time(meta.previous["generated_at"])}</p>'
    body += (
        "".join(_moved(title, macs) for title, macs in groups if macs)
        or "<p>No Mac stands elsewhere than before.</p>"
    )
    return page.SECTION.format(id="changes", title="What changed", body=body)


def _moved(title: str, macs: t.Sequence[tuple[str, str | None, str | None]]) -> str:
    lines = []
    for mac, old, new in macs[:NAMED_MOVES]:
        way = " &rarr; ".join(escape(label(stage)) for stage in (old, new) if stage)
        lines.append(f"<li><code>{escape(mac)}</code> {way}</li>")
    if len(macs) > NAMED_MOVES:
        lines.append(f"<li>and {len(macs) - NAMED_MOVES:,} more</li>")
    return (
        f"<details open><summary>{title} <b>{len(macs):,}</b></summary><ul"
        f' class="moves">{"".join(lines)}</ul></details>'
    )


def _tell(figures: Figures) -> str:
    lines = []
    for stage, count in figures.counts.items():
        if stage not in TELL:
            continue
        lines.append(
            page.TELL.format(
                kind=kind(stage),
                stage=escape(stage),
                label=escape(label(stage)),
                count=f"{count:,}",
                text=escape(TELL[stage]),
                step=escape(figures.steps.get(stage, "")),
                macs="Mac" if count == 1 else "Macs",
            )
        )
    body = "".join(lines) or "<p>Nobody needs to be told anything.</p>"
    return page.SECTION.format(
        id="tell", title="What to tell people", body=f'<div class="tell">{body}</div>'
    )


def _heading(name: str, text: str) -> str:
    return (
        f'<th scope="col" data-column="{name}"><button type="button">{escape(text)}</button></th>'
    )
