# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of a tenant as one HTML page that loads nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from .document import entries, unknown_things

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="report-fingerprint" content="{fingerprint}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Answers of a tenant</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem }}
table {{ border-collapse: collapse; margin: 0 0 2rem; width: 100% }}
th, td {{ border-bottom: 1px solid #8886; padding: .35rem .6rem }}
th, td {{ text-align: left; vertical-align: top }}
code {{ font-size: .92em }}
.no {{ font-weight: bold }}
</style>
</head>
<body>
<h1>Answers of a tenant</h1>
<p>As of {generated_at}. The page names no person, Mac or host. It holds no secret.</p>
<p>{summary}</p>
"""
_STATES = {"answered": "answered", "unseen": "nothing shows it", "unread": "not read"}


def html_pieces(document: Mapping[str, object], generated_at: str) -> Iterator[str]:
    """Yield the page."""
    points, reads = entries(document["points"]), document["reads"]
    unknown = list(unknown_things(document))
    yield _HEAD.format(
        fingerprint=escape(str(document["fingerprint"])),
        generated_at=escape(generated_at),
        summary=escape(summarize(points, len(unknown))),
    )
    yield "<h2>Unverified behaviour</h2>"
    yield from _table(("Point", "Question", "This tenant", "Copes", "Seen"), map(_row, points))
    yield "<h2>Keys and values that are not known</h2>"
    yield from _table(("Operation", "Where", "What"), unknown)
    yield "<h2>Reads</h2>"
    rows = reads.items() if isinstance(reads, Mapping) else ()
    yield from _table(
        ("Read", "How it ended"),
        ((name, " ".join(str(value) for value in outcome.values())) for name, outcome in rows),
    )
    yield "<h2>Points that no read can answer</h2>"
    yield from _table(
        ("Point", "Reason"),
        ((each["point"], each["reason"]) for each in entries(document["open"])),
    )
    yield "</body>\n</html>\n"


def summarize(points: Sequence[Mapping[str, object]], unknown: int) -> str:
    """Return the numbers of a document in one sentence each."""
    counts = {state: 0 for state in _STATES}
    for point in points:
        counts[str(point["state"])] += 1
    trouble = [str(point["point"]) for point in points if point.get("copes") is False]
    copes = (
        f"The collection does not cope with: {', '.join(trouble)}."
        if trouble
        else "The collection copes with each answer."
    )
    return (
        f"{counts['answered']} points are answered, nothing shows {counts['unseen']}, and"
        f" {counts['unread']} could not be read. {copes} Keys and values that are not known:"
        f" {unknown}."
    )


def _row(point: Mapping[str, object]) -> tuple[str, str, str, str, str]:
    answered = point["state"] == "answered"
    state = _STATES[str(point["state"])]
    position = point["position"] if answered else f"{state}: {point['reason']}"
    copes = ("yes" if point["copes"] else "no") if answered else ""
    text = "none of the known positions" if position is None else str(position)
    return (
        str(point["point"]),
        str(point["question"]),
        text,
        copes,
        str(point["seen"]) if answered else "",
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table. The first column is an id."""
    yield "<table><thead><tr>"
    yield "".join(f"<th>{escape(head)}</th>" for head in heads)
    yield "</tr></thead><tbody>\n"
    for first, *others in rows:
        cells = "".join(
            f'<td class="no">{escape(str(cell))}</td>'
            if cell == "no"
            else f"<td>{escape(str(cell))}</td>"
            for cell in others
        )
        yield f"<tr><td><code>{escape(str(first))}</code></td>{cells}</tr>\n"
    yield "</tbody></table>\n"
