# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file that loads nothing, in pieces of text. Pure; rows are never held."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from .._fleet.access_calendar import ALREADY_TEXT, AccessForecast, group_by_week
from .._fleet.rows import MacRow
from .._fleet.stages import ACTORS, ADMINISTRATOR, NOBODY, QUIET_STAGES
from . import generated_page as page
from .columns import COLUMNS, Column
from .figures import OTHERS, Figures, Meta, funnel, moves

PAGE_COLUMNS = tuple(column for column in COLUMNS if column.on_page)

NAMED_MOVES = 25

# Stage -> what to tell the users of its Macs. A quiet stage needs no message.
USER_MESSAGES = {
    "KANDJI_MISSING": (
        "Okta knows a Mac of yours that our device management does not. If you still use it, please"
        " tell us, so that we can enroll it."
    ),
    "PROFILE_FAILED": (
        "Your Mac could not install a setting that it needs for signing in. We will repair this;"
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
        "Your Mac's certificate has expired. Please leave the Mac switched on and online; we will"
        " send it a new one."
    ),
    "NO_LICENSE": (
        "Okta Verify will come to your Mac by itself as soon as we have a license for it. There is"
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


def html_pieces(rows: Iterable[MacRow], figures: Figures, meta: Meta) -> Iterator[str]:
    """Yield the page: figures as HTML, and rows as JSON that the page's script shows in pages."""
    yield page.HEAD.format(
        policy=_policy(),
        fingerprint=figures.fingerprint,
        org_url=escape(meta.org_url),
        tenant=escape(meta.tenant),
        style=page.STYLE,
        org=escape(_host(meta.org_url)),
    )
    yield _header(figures, meta)
    yield _funnel(figures)
    yield from ('<div class="pair">', _rings(figures), _months(figures, meta), "</div>")
    yield _access(meta.access)
    yield _changes(figures, meta)
    yield _tell(figures)
    yield page.TABLE.format(columns="".join(_heading(each) for each in COLUMNS if each.table))
    yield from _embedded(rows, meta.order)
    yield page.FOOT.format(calls=meta.api_calls, script=page.SCRIPT)


def _policy() -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(page.SCRIPT)}; style-src {digest(page.STYLE)};"
        " base-uri 'none'; form-action 'none'"
    )


def embed(value: Any) -> str:
    """Return JSON that cannot end the script element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _embedded(rows: Iterable[MacRow], order: Sequence[str]) -> Iterator[str]:
    texts: dict[str, dict[str, int]] = {each.name: {} for each in PAGE_COLUMNS if each.shared}
    yield '<script type="application/json" id="rows">[\n'
    between = ""
    for row in rows:
        values = row.as_result()
        yield between + embed([_short(each, values[each.name], texts) for each in PAGE_COLUMNS])
        between = ",\n"
    yield ']</script>\n<script type="application/json" id="texts">'
    yield embed(
        {
            "columns": [column.for_script() for column in PAGE_COLUMNS],
            "shared": {name: list(known) for name, known in texts.items()},
            "kinds": {stage: kind(stage) for stage in texts["stage"]},
            "stages": list(order),
        }
    )
    yield "</script>\n"


def _short(column: Column, value: Any, texts: dict[str, dict[str, int]]) -> Any:
    if column.shared:
        known = texts[column.name]
        return known.setdefault(str(value or ""), len(known))
    if column.format == "users":
        return [[user["login"], user["managementStatus"]] for user in value]
    return value


def label(stage: str) -> str:
    """Return a stage as people read it: NOT_REGISTERED -> Not registered."""
    return (
        stage.replace("_", " ")
        .capitalize()
        .replace("Okta verify", "Okta Verify")
        .replace("okta verify", "Okta Verify")
    )


def kind(stage: str) -> str:
    """Return the colour of a stage, which is that of who has to act."""
    if stage == "MANAGED":
        return "good"
    return {NOBODY: "none", ADMINISTRATOR: "bad"}.get(ACTORS[stage], "wait")


def _host(url: str) -> str:
    return url.split("://")[-1].rstrip("/")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}".rstrip("0").rstrip(".") if whole else "0"


def _bar(part: int, whole: int, colour: str = "accent") -> str:
    """Return a bar as attributes of SVG, because the page's policy allows no inline style."""
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
        if kind(stage) in acting and stage != OTHERS:
            acting[kind(stage)] += count
    tiles = [
        ("good", managed, "managed"),
        ("wait", acting["wait"], "wait for time or their user"),
        ("bad", acting["bad"], "need an administrator"),
        ("none", acting["none"], "in no ring, or not rolled out to"),
    ]
    tiles_html = "".join(
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
        notice="".join(
            f'<p class="notice">{escape(text)}</p>\n'
            for text in (meta.rollout, _others(figures.others))
            if text
        ),
        tiles=tiles_html,
        flags=f'<ul class="flags" aria-label="Macs with a flag">{flags}</ul>' if flags else "",
    )


def _others(count: int) -> str:
    if not count:
        return ""
    macs = "1 more Mac is" if count == 1 else f"{count:,} more Macs are"
    return f"{macs} declared to be of another org or tenant."


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
            f"<li><span>{escape(step)}</span><b>{macs:,}</b>"
            f"{_bar(macs, figures.total, 'good' if step == 'Managed' else 'accent')}{lost}</li>"
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
            '<td class="number">'
            f"{figures.by_ring[ring].get(stage, 0) or '<span class=quiet>0</span>'}</td>"
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
        colour = "bad" if late else "wait" if month == now else "accent"
        name = f"{month}{' (expired)' if late else ''}" if month else "unknown"
        lines.append(
            f"<li><span>{escape(name)}</span><b>{count:,}</b>{_bar(count, most, colour)}</li>"
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
    body += f'<h3>Renew by</h3><ul class="plain">{renewals}</ul>' if renewals else ""
    authority = "".join(f"<li>{escape(line)}</li>" for line in meta.authority.lines)
    body += f'<h3>Certificate authority</h3><ul class="plain">{authority}</ul>' if authority else ""
    return page.SECTION.format(id="months", title="Certificates by month of expiry", body=body)


def _access(forecast: AccessForecast | None) -> str:
    """Return who would lose access when, as a section."""
    if forecast is None:
        return ""
    weeks = group_by_week(forecast.days)
    most = max((len(week.people) for week in weeks), default=0)
    lines = "".join(
        f"<li><span>{_week(week.date)}</span><b>{len(week.people):,}</b>"
        f"{_bar(len(week.people), most, 'bad' if week.date == ALREADY_TEXT else 'wait')}"
        f'<span class="lost">{len(week.macs):,} {"Mac" if len(week.macs) == 1 else "Macs"}</span>'
        "</li>"
        for week in weeks
    )
    calendar = f'<ol class="steps months">{lines}</ol>' if lines else "<p>Nobody.</p>"
    notes = "".join(f'<p class="notice">{escape(note)}</p>' for note in forecast.notes)
    counts = "".join(
        f"<li>{escape(when)}: {_people_counts(known)}</li>"
        for when, known in (
            ("Today", forecast.count_people("today")),
            (f"On {forecast.horizon.on_date:%Y-%m-%d}", forecast.count_people("on_date")),
        )
    )
    return page.SECTION.format(
        id="access",
        title="Who would lose access when",
        body=f'<p class="quiet">{escape(forecast.assumption)}</p>{notes}'
        f'<ul class="plain">{counts}</ul>{calendar}{_losing(forecast)}',
    )


def _week(date: str) -> str:
    return "from now on" if date == ALREADY_TEXT else f"week of {escape(date)}"


def _people_counts(counts: Mapping[str, int]) -> str:
    return (
        f"<b>{counts['gets_in']:,}</b> get in, <b>{counts['refused']:,}</b> are refused,"
        f" <b>{counts['unknown']:,}</b> cannot be known"
    )


def _losing(forecast: AccessForecast) -> str:
    """Return those who lose access by the date, with the reason.

    A person has a line for each app and counts once.
    """
    losing = forecast.losing
    lines = []
    for person in losing[:NAMED_MOVES]:
        app = f" {escape(person.app)}:" if person.app else ""
        lines.append(f"<li><code>{escape(person.login)}</code>{app} {escape(person.reason)}</li>")
    if len(losing) > NAMED_MOVES:
        lines.append(f"<li>and {len(losing) - NAMED_MOVES:,} more (see the JSON file)</li>")
    if not lines:
        return ""
    return (
        f"<details open><summary>By {forecast.horizon.on_date:%Y-%m-%d}"
        f" <b>{len(forecast.losing_logins):,}</b></summary>"
        f'<ul class="moves">{"".join(lines)}</ul></details>'
    )


def _changes(figures: Figures, meta: Meta) -> str:
    if meta.previous is None:
        kept = (
            "This is the first report; the next one shows what changed."
            if meta.history
            else ("No history is kept, because no state directory (device_trust_state_dir) is set.")
        )
        return page.SECTION.format(
            id="changes", title="What changed", body=f'<p class="quiet">{kept}</p>'
        )
    changed_macs = moves(meta.previous.stages, figures.stages, meta.order)
    groups = [
        ("Moved up", changed_macs.up),
        ("Moved down", changed_macs.down),
        ("New", changed_macs.new),
        ("Gone", changed_macs.disappeared),
    ]
    body = f'<p class="quiet">Since {_time(meta.previous.generated_at)}</p>'
    body += (
        "".join(_moved(title, macs) for title, macs in groups if macs)
        or "<p>No Mac changed its stage.</p>"
    )
    return page.SECTION.format(id="changes", title="What changed", body=body)


def _moved(title: str, macs: Sequence[tuple[str, str | None, str | None]]) -> str:
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
        if stage in QUIET_STAGES:
            continue
        lines.append(
            page.MESSAGE.format(
                kind=kind(stage),
                stage=escape(stage),
                label=escape(label(stage)),
                count=f"{count:,}",
                text=escape(USER_MESSAGES[stage]),
                step=escape(figures.steps.get(stage, "")),
                macs="Mac" if count == 1 else "Macs",
            )
        )
    body = "".join(lines) or "<p>No message is needed.</p>"
    return page.SECTION.format(
        id="tell", title="What to tell people", body=f'<div class="tell">{body}</div>'
    )


def _heading(column: Column) -> str:
    return (
        f'<th scope="col" data-column="{column.name}"><button type="button">'
        f"{escape(column.label)}</button></th>"
    )
