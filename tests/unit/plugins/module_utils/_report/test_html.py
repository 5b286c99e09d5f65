# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page: hostile names stay texts, and stages have messages and colours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    ACTORS,
    QUIET_STAGES,
    STAGES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    figures,
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
