# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as CSV and as JSON, in pieces of text. Pure; rows are never held."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .._fleet.access_calendar import AccessForecast
from .._fleet.rows import MacRow
from .columns import COLUMNS
from .figures import Figures, Meta, funnel

NAMES = tuple(column.name for column in COLUMNS)

# Some spreadsheets take wide signs for the plain ones, and a semicolon for the end of a cell.
STARTS_A_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
_INNER_FORMULA = re.compile(rf"(; *)(?=[{re.escape(''.join(STARTS_A_FORMULA))}])")


class _Piece:
    """A target of csv.writer that returns each line."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def csv_pieces(rows: Iterable[MacRow]) -> Iterator[str]:
    """Yield the CSV file, with a byte order mark, by which spreadsheets recognise UTF-8."""
    writer = csv.writer(_Piece())
    yield "\ufeff" + _line(writer, NAMES)
    for row in rows:
        values = row.as_result()
        yield _line(writer, [cell(values[name]) for name in NAMES])


def _line(writer: Any, cells: Sequence[str]) -> str:
    return str(writer.writerow(cells))


def cell(value: Any) -> str:
    """Return a value for a spreadsheet.

    Texts that a spreadsheet would take for formulas get an apostrophe before them, also after a
    semicolon.
    """
    if isinstance(value, list):
        value = "; ".join(
            f"{item['login']} {item['managementStatus']}" if isinstance(item, dict) else str(item)
            for item in value
        )
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = _INNER_FORMULA.sub(r"\1'", text)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text


def _access_pieces(forecast: AccessForecast | None) -> Iterator[str]:
    """Yield who gets in, with a line for each person and app."""
    if forecast is None:
        yield "null"
        return
    yield json.dumps(forecast.summarize())[:-1] + ', "people": [\n'
    between = ""
    for person in forecast.people:
        yield between + json.dumps(person.as_result())
        between = ",\n"
    yield "\n]}"


def json_pieces(rows: Iterable[MacRow], figures: Figures, meta: Meta) -> Iterator[str]:
    """Yield one JSON document, with a line for each Mac."""
    head = {
        "fingerprint": figures.fingerprint,
        "generated_at": meta.generated_at,
        "org_url": meta.org_url,
        "tenant": meta.tenant,
        "counts": figures.counts,
        "unconfirmed": figures.unconfirmed,
        "by_ring": figures.by_ring,
        "funnel": [{"step": step, "macs": macs} for step, macs in funnel(figures.counts)],
        "flags": figures.flags,
        "certificates_by_month": figures.months,
        "renewals": dict(meta.renewals),
        "rollout": meta.rollout,
        "authority": meta.authority.as_result(),
        "api_calls": meta.api_calls,
    }
    yield json.dumps(head)[:-1] + ', "access": '
    yield from _access_pieces(meta.access)
    yield ', "macs": [\n'
    between = ""
    for row in rows:
        yield between + json.dumps(row.as_result())
        between = ",\n"
    yield "\n]}\n"
