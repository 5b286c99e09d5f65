# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as CSV and JSON: every column, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import json
import typing as t
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    AccessForecast,
    Horizon,
    MacAccess,
    PersonAccess,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import STAGES
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    csv_json,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.figures import (
    Figures,
    Meta,
    funnel,
)

SAMPLE = MacRow(
    serial_number="C02",
    stage="MANAGED",
    ring="canary",
    certificates=1,
    certificate_expires="2027-03-01T00:00:00Z",
)


@pytest.mark.parametrize(
    "text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1", "\uff1d1"]
)
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert csv_json.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value, shown",
    [
        ("Zoë's Mac", "Zoë's Mac"),
        (None, ""),
        (True, "true"),
        (0, "0"),
        (["a", "b"], "a; b"),
        ([{"login": "=x", "managementStatus": "MANAGED"}], "'=x MANAGED"),
    ],
)
def test_a_cell_is_plain_text(value: t.Any, shown: str) -> None:
    assert csv_json.cell(value) == shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a;=1", "a;'=1"),
        ("a;  -1;@x", "a;  '-1;'@x"),
        ("a; b-1", "a; b-1"),
        (["b", "+1"], "b; '+1"),
    ],
)
def test_no_part_of_a_cell_begins_as_a_formula_does(text: t.Any, shown: str) -> None:
    """Spreadsheets of some languages divide a line at semicolons."""
    assert csv_json.cell(text) == shown


def test_csv_has_every_column_of_every_mac() -> None:
    name = 'a "b",\nc'
    rows = list(
        csv.DictReader(
            "".join(csv_json.csv_pieces([replace(SAMPLE, device_name=name)]))
            .lstrip("\ufeff")
            .splitlines(keepends=True)
        )
    )
    assert list(rows[0]) == list(csv_json.NAMES) and rows[0]["device_name"] == name


# Whole files

SOON = datetime(2026, 12, 6, tzinfo=timezone.utc)
ACCESS = AccessForecast(
    Horizon(
        datetime(2026, 11, 24, tzinfo=timezone.utc), datetime(2026, 12, 24, tzinfo=timezone.utc)
    ),
    (PersonAccess("ann", (MacAccess("C01", "yes", "no", SOON, "It expires."),)),),
)

ROWS = [
    MacRow("C01", "=Ann", stage="MANAGED", tags=["a", "b"], users=[RowUser("ann", "MANAGED")]),
    MacRow("C02", stage="MIXED", unconfirmed=True),
]


def test_the_csv_file_has_a_line_for_each_mac() -> None:
    assert list(csv_json.csv_pieces(ROWS)) == [
        f"\ufeff{','.join(csv_json.NAMES)}\r\n",
        "C01,'=Ann,,,MANAGED,,,,false,,,,,,a; b,,,,,,ann MANAGED,0,,,,,\r\n",
        "C02,,,,MIXED,,,,true,,,,,,,,,,,,,0,,,,,\r\n",
    ]


def test_the_json_file_has_the_figures_and_a_line_for_each_mac() -> None:
    figures = Figures(
        counts={"MANAGED": 1, "MIXED": 1},
        by_ring={"": {"MANAGED": 1, "MIXED": 1}},
        months={"2027-03": 1},
        flags={"STALE": 1},
        fingerprint="f00",
    )
    meta = Meta(
        "2026-11-24T06:00:00Z",
        "https://acme.okta.com",
        "https://acme.api.kandji.io",
        STAGES,
        renewals={"canary": "2027-02-01"},
        rollout="Not rolled out yet: the ring wide (Okta SCEP - wide).",
        access=ACCESS,
        api_calls=42,
    )
    assert json.loads("".join(csv_json.json_pieces([], figures, replace(meta, access=None))))[
        "access"
    ] is (None)
    text = "".join(csv_json.json_pieces(ROWS, figures, meta))
    assert json.loads(text) == {
        "fingerprint": "f00",
        "generated_at": "2026-11-24T06:00:00Z",
        "org_url": "https://acme.okta.com",
        "tenant": "https://acme.api.kandji.io",
        "counts": figures.counts,
        "unconfirmed": figures.unconfirmed,
        "by_ring": figures.by_ring,
        "funnel": [{"step": step, "macs": macs} for step, macs in funnel(figures.counts)],
        "flags": {"STALE": 1},
        "certificates_by_month": {"2027-03": 1},
        "renewals": {"canary": "2027-02-01"},
        "rollout": "Not rolled out yet: the ring wide (Okta SCEP - wide).",
        "authority": {"alarm": False, "renewals": [], "unavailable": None},
        "access": {
            **ACCESS.summarize(),
            "people": [person.as_result() for person in ACCESS.people],
        },
        "api_calls": 42,
        "macs": [row.as_result() for row in ROWS],
    }
    lines = text.splitlines()
    assert len(lines) == 6 and lines[0].endswith('"people": [') and lines[5] == "]}"
    assert lines[2] == ']}, "macs": ['
    assert text.endswith("]}\n")
