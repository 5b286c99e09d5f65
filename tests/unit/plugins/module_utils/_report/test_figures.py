# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's figures and texts.

Hostile names stay texts, formulas are disarmed, and secrets are gone.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    ACTORS,
    QUIET_STAGES,
    STAGES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    csv_json,
    figures,
    files,
    html,
)

SAMPLE = MacRow(
    serial_number="C02",
    stage="MANAGED",
    ring="canary",
    certificates=1,
    certificate_expires="2027-03-01T00:00:00Z",
)


def meta(**values: t.Any) -> figures.Meta:
    known = {
        "generated_at": "2026-11-24T06:00:00Z",
        "org_url": "https://acme.okta.com",
        "tenant": "https://acme.api.kandji.io",
        "order": STAGES,
    }
    return figures.Meta(**{**known, **values})


def page(rows: list[MacRow], **values: t.Any) -> str:
    return "".join(
        html.html_pieces(iter(rows), figures.survey(iter(rows), meta(**values)), meta(**values))
    )


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1"])
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


def test_csv_has_every_column_of_every_mac() -> None:
    name = 'a "b",\nc'
    rows = list(
        csv.DictReader(
            "".join(csv_json.csv_pieces([replace(SAMPLE, device_name=name)]))
            .lstrip("\ufeff")
            .splitlines(keepends=True)
        )
    )
    assert list(rows[0]) == list(csv_json.COLUMNS) and rows[0]["device_name"] == name


@pytest.mark.parametrize(
    "field", ["serial_number", "device_name", "person", "ring", "reason", "blueprint"]
)
@pytest.mark.parametrize(
    "hostile",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        '"><img src=x>',
        "\u2028&lt;",
        "名前 🍏",
        "\ud800",
    ],
)
def test_a_hostile_text_never_becomes_markup(field: str, hostile: str) -> None:
    text = page(
        [replace(SAMPLE, **{field: hostile})],
        previous=figures.PastReport("2026-11-23T06:00:00Z", {}),
        history=True,
    )
    assert (
        text.count("<script") == 3
        and text.count("</script>") == 3
        and "<img" not in text
        and "<!--" not in text
    )
    inside = text.split('id="rows">', 1)[1].split("</script>", 1)[0]
    shared = json.loads(text.split('id="texts">', 1)[1].split("</script>", 1)[0])["shared"]
    value = json.loads(inside)[0][html.PAGE_COLUMNS.index(field)]
    assert (shared[field][value] if field in shared else value) == hostile


def test_the_policy_names_the_one_style_and_the_one_script() -> None:
    text = page([SAMPLE])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    style, script = (
        re.search(r"<style>(.*?)</style>", text, re.S),
        re.search(r"<script>(.*?)</script>", text, re.S),
    )
    assert (
        policy
        and style
        and script
        and "default-src 'none'" in policy[1]
        and "unsafe" not in policy[1]
    )
    for one in (style, script):
        assert base64.b64encode(hashlib.sha256(one[1].encode()).digest()).decode() in policy[1]
    assert re.findall(r'(?:src|href|action)="(?!#)', text) == [] and " style=" not in text


def test_a_secret_in_a_row_is_masked_in_any_form() -> None:
    masker = Masker(['s3cret"token<&'])
    row = replace(SAMPLE, device_name='x s3cret"token<& y', users=[RowUser("ada", "MANAGED")])
    (clean,) = figures.masked([row], masker.text)
    assert "s3cret" not in clean.device_name
    assert replace(clean, device_name="").as_result() == replace(row, device_name="").as_result()


def test_the_funnel_counts_how_far_macs_have_come() -> None:
    counts = {
        "MANAGED": 5,
        "NOT_REGISTERED": 2,
        "NO_LICENCE": 1,
        "PROFILE_PENDING": 3,
        "NOT_IN_SCOPE": 4,
        "KANDJI_MISSING": 1,
    }
    assert [macs for _step, macs in figures.funnel(counts)] == [15, 11, 8, 8, 7, 5, 5]


def test_each_stage_but_managed_stops_at_one_step_of_the_funnel() -> None:
    stopped = [stage for _step, stages in figures.FUNNEL for stage in stages]
    assert sorted(stopped) == sorted(set(STAGES) - {"MANAGED"})


def test_a_stage_that_the_funnel_does_not_name_takes_no_step() -> None:
    steps = figures.funnel({"MANAGED": 2, "NEW_STAGE": 3})
    assert {macs for _step, macs in steps} == {2}


def test_the_report_has_a_message_for_each_stage_that_is_not_quiet() -> None:
    assert set(html.TELL) == set(STAGES) - set(QUIET_STAGES)
    text = page([replace(SAMPLE, serial_number=stage, stage=stage) for stage in STAGES])
    shown = re.findall(
        r'data-copy>Copy text</button> <button type="button" data-stage="(\w+)"', text
    )
    assert sorted(shown) == sorted(html.TELL)


@pytest.mark.parametrize("stage", STAGES)
def test_the_colour_of_a_stage_shows_who_acts(stage: str) -> None:
    colours = {"user": "wait", "time": "wait", "administrator": "bad", "nobody": "none"}
    assert html.kind(stage) == ("good" if stage == "MANAGED" else colours[ACTORS[stage]])


def test_the_tiles_count_the_macs_by_who_acts() -> None:
    text = page([replace(SAMPLE, serial_number=stage, stage=stage) for stage in STAGES])
    assert re.findall(r'<li class="\w+"><b>(\d+)</b> ([^<]+)</li>', text) == [
        ("1", "managed"),
        ("7", "wait for time or their user"),
        ("6", "need an administrator"),
        ("1", "in no ring"),
    ]


def test_figures_come_from_one_pass() -> None:
    rows = [
        SAMPLE,
        replace(
            SAMPLE,
            serial_number="C03",
            stage="NOT_REGISTERED",
            ring=None,
            flags=["ORPHAN"],
            certificate_expires=None,
        ),
    ]
    found = figures.survey(iter(rows), meta())
    assert found.counts == {"MANAGED": 1, "NOT_REGISTERED": 1} and found.by_ring == {
        "canary": {"MANAGED": 1},
        "": {"NOT_REGISTERED": 1},
    }
    assert (
        found.months == {"2027-03": 1, "": 1} and found.flags == {"ORPHAN": 1} and found.total == 2
    )


def test_only_what_differs_from_the_time_changes_the_fingerprint() -> None:
    first = figures.survey([SAMPLE], meta()).fingerprint
    assert (
        figures.survey([SAMPLE], meta(generated_at="2026-12-01T00:00:00Z", api_calls=9)).fingerprint
        == first
    )
    assert figures.survey([replace(SAMPLE, person="ann")], meta()).fingerprint != first


def test_moves_go_up_down_in_and_out() -> None:
    found = figures.moves(
        {"a": "NOT_REGISTERED", "b": "MANAGED", "c": "MANAGED"},
        {"a": "MANAGED", "b": "MIXED", "d": "MANAGED"},
        STAGES,
    )
    assert (found.up, found.down) == (
        [("a", "NOT_REGISTERED", "MANAGED")],
        [("b", "MANAGED", "MIXED")],
    )
    assert (found.new, found.disappeared) == ([("d", None, "MANAGED")], [("c", "MANAGED", None)])


# On disk


def test_a_write_that_fails_leaves_the_old_report(tmp_path: t.Any) -> None:
    path = tmp_path / "device-trust.html"
    path.write_text("old")

    def broken() -> t.Iterator[str]:
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_report(path, broken, "f", 0o640, False)
    assert [one.name for one in tmp_path.iterdir()] == [path.name] and path.read_text() == "old"


@pytest.mark.parametrize(
    "kept",
    ["", "[]", "{}", '{"last": {}}', '{"last": {"stages": {}, "generated_at": "x"}, "before": 1}'],
)
def test_a_history_that_cannot_be_read_counts_as_none(tmp_path: t.Any, kept: str) -> None:
    (tmp_path / files.HISTORY).write_text(kept)
    assert files.History.read(str(tmp_path)).before("f") is None


def test_the_history_compares_with_the_report_before_as_long_as_nothing_changes(
    tmp_path: t.Any,
) -> None:
    for fingerprint, stage in (("one", "NOT_REGISTERED"), ("two", "MANAGED"), ("two", "MANAGED")):
        files.History.read(str(tmp_path)).keep(
            fingerprint, "2026-11-24T06:00:00Z", {"a": stage}, False
        )
    again = files.History.read(str(tmp_path)).before("two")
    assert again == figures.PastReport("2026-11-24T06:00:00Z", {"a": "NOT_REGISTERED"})


@pytest.mark.parametrize("mode", ["", "x", "888", "0400", "4755"])
def test_a_mode_is_octal_digits_that_leave_the_owner_reading_and_writing(mode: str) -> None:
    with pytest.raises(BadOption):
        files.parse_mode(mode)
