# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page, section by section."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    ALREADY,
    AccessForecast,
    Horizon,
    MacAccess,
    PersonAccess,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.managed_until import (
    State,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    ACTORS,
    QUIET_STAGES,
    STAGES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import html
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report.figures import (
    Figures,
    Meta,
    PastReport,
    survey,
)


def meta(**values: t.Any) -> Meta:
    known = {
        "generated_at": "2026-11-24T06:00:00Z",
        "org_url": "https://acme&co.okta.com/",
        "tenant": "https://acme&co.api.kandji.io",
        "order": STAGES,
    }
    return Meta(**{**known, **values})


def page(figures: Figures | None = None, *rows: MacRow, **values: t.Any) -> str:
    return "".join(html.html_pieces(rows, figures or Figures(), meta(**values)))


def section(name: str, figures: Figures | None = None, **values: t.Any) -> str:
    """Return the HTML of a section after its heading."""
    pattern = rf'<section aria-labelledby="{name}"><h2 id="{name}">(.*?)</h2>(.*?)</section>'
    match = re.search(pattern, page(figures, **values), re.DOTALL)
    assert match
    return f"{match[1]}: {match[2]}"


def header(figures: Figures | None = None, **values: t.Any) -> list[str]:
    """Return the lines of the page's header."""
    text = page(figures, **values)
    return text.split("<header>\n")[1].split("</header>")[0].splitlines()


def share_bar(width: str, colour: str = "accent") -> str:
    rail = '<rect class="rail" width="100%" height="100%" rx="4"/>'
    part = f'<rect class="{colour}" width="{width}%" height="100%" rx="4"/>'
    return f'<svg class="bar" aria-hidden="true" focusable="false">{rail}{part}</svg>'


# Around the sections


def test_a_report_before_the_rollout_says_so_and_blames_nobody() -> None:
    sentence = "Nothing is rolled out yet: no ring has its SCEP profile <in> Kandji."
    figures = Figures(counts={"NOT_ROLLED_OUT": 25}, by_ring={"canary": {"NOT_ROLLED_OUT": 25}})
    text = page(figures, rollout=sentence)
    notice = sentence.replace("<in>", "&lt;in&gt;")
    assert f'<p class="notice">{notice}</p>' in text
    assert '<li class="none"><b>25</b> in no ring, or not rolled out to</li>' in text
    assert '<li class="wait"><b>0</b>' in text and '<li class="bad"><b>0</b>' in text
    assert "No message is needed." in section("tell", figures, rollout=sentence)
    assert 'class="notice"' not in page(figures)


def test_the_page_names_org_tenant_time_and_what_it_cost() -> None:
    text = page(Figures(fingerprint="f00"), api_calls=42)
    assert '<meta name="report-fingerprint" content="f00">' in text
    assert "<title>Device trust of acme&amp;co.okta.com</title>" in text
    assert "Made by devicetrust.okta_kandji with 42 calls." in text
    assert header()[1:3] == [
        "<h1>Device trust of acme&amp;co.okta.com</h1>",
        '<p class="quiet">Macs of acme&amp;co.api.kandji.io, as of'
        ' <time datetime="2026-11-24T06:00:00Z">2026-11-24 06:00 UTC</time></p>',
    ]


def test_the_policy_forbids_all_but_the_style_and_the_script_of_the_page() -> None:
    match = re.search(r'Content-Security-Policy" content="([^"]*)"', page())
    assert match and re.sub(r"'sha256-[^']{44}'", "DIGEST", match[1]) == (
        "default-src 'none'; script-src DIGEST; style-src DIGEST; base-uri 'none'; form-action"
        " 'none'"
    )


def test_the_sections_stand_in_an_order() -> None:
    text = page()
    assert re.findall(r'<h2 id="(\w+)"', text) == [
        *("funnel", "rings", "months", "changes", "tell", "macs")
    ]
    pair = text.split('<div class="pair">')[1]
    assert re.findall(r'<h2 id="(\w+)"', pair.split("</section>\n</div>")[0]) == ["rings", "months"]


# The header


COUNTS = {"MANAGED": 1200, "NOT_REGISTERED": 1, "PROFILE_FAILED": 2399, "NOT_IN_SCOPE": 20}


def test_the_tiles_count_macs_in_thousands() -> None:
    headline, tiles, flags = header(Figures(counts={**COUNTS, "MIXED": 2, "SUSPENDED": 1}))[4:]
    assert headline == (
        '<p class="headline"><b>33.1%</b> <span>1,200 of 3,623 Macs are managed</span></p>'
    )
    assert tiles == (
        '<ul class="tiles"><li class="good"><b>1,200</b> managed</li>'
        '<li class="wait"><b>3</b> wait for time or their user</li>'
        '<li class="bad"><b>2,400</b> need an administrator</li>'
        '<li class="none"><b>20</b> in no ring, or not rolled out to</li></ul>'
    )
    assert flags == ""


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 more Mac is declared to be of another org or tenant."),
        (1200, "1,200 more Macs are declared to be of another org or tenant."),
    ],
)
def test_macs_of_others_are_in_a_sentence_and_in_no_tile(count: int, sentence: str) -> None:
    lines = header(Figures(counts={"MANAGED": 1, "OTHER_TENANT": count}))
    assert "1 of 1 Macs are managed" in lines[4]
    assert lines[5] == f'<p class="notice">{sentence}</p>'
    assert '<li class="none"><b>0</b> in no ring' in lines[6]


def test_a_fleet_without_macs_is_managed_to_no_part() -> None:
    assert header()[4] == ('<p class="headline"><b>0%</b> <span>0 of 0 Macs are managed</span></p>')


def test_flags_are_buttons_with_counts() -> None:
    flagged = Figures(flags={"STALE": 1500}, unconfirmed=2)
    assert header(flagged)[6] == (
        '<ul class="flags" aria-label="Macs with a flag">'
        '<li><button type="button" data-flag="STALE">Stale <b>1,500</b></button></li>'
        '<li><button type="button" data-flag="UNCONFIRMED">Unconfirmed <b>2</b></button></li></ul>'
    )


@pytest.mark.parametrize(
    "stage, label",
    [
        ("NOT_REGISTERED", "Not registered"),
        ("OKTA_VERIFY_MISSING", "Okta Verify missing"),
        ("NO_OKTA_VERIFY", "No Okta Verify"),
    ],
)
def test_a_stage_is_named_as_people_read_it(stage: str, label: str) -> None:
    assert html.label(stage) == label


# The sections


def test_the_funnel_shows_how_many_macs_each_step_loses() -> None:
    lines = section("funnel", Figures(counts=COUNTS)).split("<li>")
    assert lines[0] == 'From enrolled to managed: <ol class="steps">'
    assert lines[1:4] == [
        f'<span>Known to Kandji</span><b>3,620</b>{share_bar("100")}<span class="lost"></span></li>',
        f'<span>In a ring</span><b>3,600</b>{share_bar("99.4")}<span class="lost">20 fewer</span></li>',
        f"<span>SCEP profile installed</span><b>1,201</b>{share_bar('33.2')}"
        '<span class="lost">2,399 fewer</span></li>',
    ]
    assert lines[7] == (
        f'<span>Managed</span><b>1,200</b>{share_bar("33.1", "good")}<span class="lost"></span></li></ol>'
    )


def test_stages_are_counted_by_ring() -> None:
    by_ring = {"A & B": {"MANAGED": 1200, "MIXED": 1}, "": {"NOT_IN_SCOPE": 20}}
    figures = Figures(counts={"MANAGED": 1200, "NOT_IN_SCOPE": 20}, by_ring=by_ring)
    none = '<td class="number"><span class=quiet>0</span></td>'
    assert section("rings", figures) == (
        'Stages by ring: <div class="scroll" tabindex="0" role="region"'
        ' aria-label="Stages by ring"><table>'
        '<thead><tr><th scope="col">Stage</th><th scope="col" class="number">A &amp; B</th>'
        '<th scope="col" class="number">no ring</th></tr></thead>'
        '<tbody><tr><th scope="row"><span class="pill good">Managed</span></th>'
        f'<td class="number">1200</td>{none}</tr>'
        '<tr><th scope="row"><span class="pill none">Not in scope</span></th>'
        f'{none}<td class="number">20</td></tr></tbody></table></div>'
    )


def test_certificates_are_counted_by_the_month_in_which_they_expire() -> None:
    months = {"2026-10": 5, "2026-11": 10, "2027-03": 1000, "": 3}
    assert section("months", Figures(months=months)) == (
        'Certificates by month of expiry: <ol class="steps months">'
        f"<li><span>2026-10 (expired)</span><b>5</b>{share_bar('0.5', 'bad')}</li>"
        f"<li><span>2026-11</span><b>10</b>{share_bar('1', 'wait')}</li>"
        f"<li><span>2027-03</span><b>1,000</b>{share_bar('100')}</li>"
        f"<li><span>unknown</span><b>3</b>{share_bar('0.3')}</li></ol>"
    )


def test_each_ring_has_a_date_of_renewal() -> None:
    assert section("months", renewals={"A & B": "2027-02-01", "late": None}) == (
        'Certificates by month of expiry: <p class="quiet">No certificate was seen yet.</p>'
        '<h3>Renew by</h3><ul class="plain"><li>A &amp; B: <b>2027-02-01</b></li>'
        "<li>late: <b>unknown</b></li></ul>"
    )


@pytest.mark.parametrize(
    "values, text",
    [
        (
            {"history": True},
            '<p class="quiet">This is the first report; the next one shows what changed.</p>',
        ),
        (
            {},
            '<p class="quiet">No history is kept, because no state directory'
            " (device_trust_state_dir) is set.</p>",
        ),
        (
            {"previous": PastReport("2026-11-23T05:30:00Z", {})},
            '<p class="quiet">Since <time datetime="2026-11-23T05:30:00Z">2026-11-23 05:30'
            " UTC</time></p><p>No Mac changed its stage.</p>",
        ),
    ],
)
def test_without_a_change_the_page_says_why(values: dict[str, t.Any], text: str) -> None:
    assert section("changes", **values) == f"What changed: {text}"


def moved(title: str, count: str, *lines: str) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return (
        f"<details open><summary>{title} <b>{count}</b></summary>"
        f'<ul class="moves">{items}</ul></details>'
    )


def test_changes_are_grouped_by_direction() -> None:
    before = PastReport("2026-11-23T05:30:00Z", {"C01": "MIXED", "C02": "MANAGED", "C04": "MIXED"})
    now = Figures(stages={"C01": "MANAGED", "C02": "MIXED", "<C03>": "MANAGED"})
    assert section("changes", now, previous=before).split("</time></p>")[1] == "".join(
        [
            moved("Moved up", "1", "<code>C01</code> Mixed &rarr; Managed"),
            moved("Moved down", "1", "<code>C02</code> Managed &rarr; Mixed"),
            moved("New", "1", "<code>&lt;C03&gt;</code> Managed"),
            moved("Gone", "1", "<code>C04</code> Mixed"),
        ]
    )


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_of_many_changes_25_are_named(more: int) -> None:
    now = Figures(stages={f"C{number:04}": "MANAGED" for number in range(25 + more)})
    lines = [f"<code>C{number:04}</code> Managed" for number in range(25)]
    if more:
        lines.append(f"and {more:,} more")
    text = section("changes", now, previous=PastReport("2026-11-23T05:30:00Z", {}))
    assert text.split("</time></p>")[1] == moved("New", f"{25 + more:,}", *lines)


def test_people_are_told_what_to_do_at_each_stage_that_is_not_quiet() -> None:
    figures = Figures(counts=COUNTS, steps={"NOT_REGISTERED": "Ask <them>."})
    text = section("tell", figures)
    first, second = text.split("</article>\n")[:2]
    assert first == (
        'What to tell people: <div class="tell"><article><h3><span class="pill wait">Not'
        ' registered</span> <span class="quiet">1 Mac</span></h3><blockquote>Please open Okta'
        " Verify on your Mac, add your account, and turn on Touch ID when it asks.</blockquote>\n"
        '<p class="step"><b>Next step</b> Ask &lt;them&gt;.</p>\n'
        '<p class="actions"><button type="button" data-copy>Copy text</button>'
        ' <button type="button" data-stage="NOT_REGISTERED">Show these Macs</button></p>'
    )
    assert '<span class="quiet">2,399 Macs</span>' in second
    assert '<p class="step"><b>Next step</b> </p>' in second
    assert text.endswith("</article>\n</div>")


def test_where_all_are_managed_no_message_is_needed() -> None:
    assert section("tell", Figures(counts={"MANAGED": 1})) == (
        'What to tell people: <div class="tell"><p>No message is needed.</p></div>'
    )


# The table


def test_each_column_has_a_heading_to_sort_by() -> None:
    (headings,) = re.findall(r"<thead><tr>(<th scope=\"col\" data-.*?)</tr></thead>", page())
    assert headings.startswith(
        '<th scope="col" data-column="serial_number"><button type="button">Serial</button></th>'
        '<th scope="col" data-column="device_name"><button type="button">Name</button></th>'
    )


def embedded(name: str, *rows: MacRow) -> str:
    pattern = rf'<script type="application/json" id="{name}">(.*?)</script>\n'
    match = re.search(pattern, page(None, *rows), re.DOTALL)
    assert match
    return match[1]


def test_the_page_holds_a_line_for_each_mac_and_texts_that_repeat_once() -> None:
    rows = (
        MacRow("C01", stage="MANAGED", ring="all", users=[RowUser("ada", "MANAGED")]),
        MacRow("C02", stage="MIXED", blueprint="<B&B>", model="Mac"),
        MacRow("C03", stage="MANAGED", ring="all", certificates=1, blueprint="<B&B>"),
    )
    lines = embedded("rows", *rows)
    assert lines == (
        '[\n["C01","","",0,0,0,0,[],0,0,0,0,[],"",0,"",[["ada","MANAGED"]],0,"",null,0,null,""],\n'
        '["C02","","",1,1,0,0,[],0,1,0,1,[],"",0,"",[],0,"",null,0,null,""],\n'
        '["C03","","",0,0,0,0,[],0,1,0,0,[],"",0,"",[],1,"",null,0,null,""]]'
    )
    text = embedded("texts", *rows)
    assert r'"blueprint":["","\u003cB\u0026B\u003e"]' in text
    texts = json.loads(text)
    assert list(texts) == ["columns", "shared", "kinds", "stages"]
    assert texts["columns"] == [column.for_script() for column in html.PAGE_COLUMNS]
    assert texts["shared"] == {
        **{column.name: [""] for column in html.PAGE_COLUMNS if column.shared},
        "stage": ["MANAGED", "MIXED"],
        "ring": ["all", ""],
        "blueprint": ["", "<B&B>"],
        "model": ["", "Mac"],
    }
    assert texts["kinds"] == {"MANAGED": "good", "MIXED": "wait"}
    assert texts["stages"] == list(STAGES)


def test_json_cannot_end_the_element_that_holds_it() -> None:
    assert html.embed(["</script>", "ü & ö", 1]) == (r'["\u003c/script\u003e","ü \u0026 ö",1]')


# Who would lose access

NOON = datetime(2026, 12, 1, 12, tzinfo=timezone.utc)


def person(login: str, reason: str, days: int = 0, app: str = "") -> PersonAccess:
    lost = NOON + timedelta(days=days) if days else ALREADY
    state: State = "yes" if days else "unknown"
    return PersonAccess(login, (MacAccess(f"C-{login}", state, "no", lost, reason),), app)


def access_section(*people: PersonAccess, **values: t.Any) -> str:
    horizon = Horizon(NOON, NOON + timedelta(days=30))
    return section("access", access=AccessForecast(horizon, people, **values))


def test_the_calendar_counts_people_and_macs_by_week() -> None:
    shown = access_section(person("ann", "Now & here."), person("ben", "Later.", 5, "<Slack>"))
    assert shown == (
        "Who would lose access when: "
        '<p class="quiet">If nothing is renewed, and apps admitted managed Macs alone. No rule is'
        " evaluated.</p>"
        '<ul class="plain">'
        "<li>Today: <b>1</b> get in, <b>0</b> are refused, <b>1</b> cannot be known</li>"
        "<li>On 2026-12-31: <b>0</b> get in, <b>2</b> are refused, <b>0</b> cannot be known</li>"
        "</ul>"
        '<ol class="steps months">'
        f"<li><span>from now on</span><b>1</b>{share_bar('100', 'bad')}"
        '<span class="lost">1 Mac</span></li>'
        f"<li><span>week of 2026-11-30</span><b>1</b>{share_bar('100', 'wait')}"
        '<span class="lost">1 Mac</span></li></ol>'
        "<details open><summary>By 2026-12-31 <b>2</b></summary>"
        '<ul class="moves"><li><code>ann</code> Now &amp; here.</li>'
        "<li><code>ben</code> &lt;Slack&gt;: Later.</li></ul></details>"
    )


def test_a_calendar_of_nobody_says_so() -> None:
    shown = access_section(apps=("A & B",), notes=("Not read: <x>.",))
    assert shown == (
        "Who would lose access when: "
        '<p class="quiet">If nothing is renewed, by the present rules of A &amp; B; sign-ins from'
        ' Macs alone.</p><p class="notice">Not read: &lt;x&gt;.</p>'
        '<ul class="plain">'
        "<li>Today: <b>0</b> get in, <b>0</b> are refused, <b>0</b> cannot be known</li>"
        "<li>On 2026-12-31: <b>0</b> get in, <b>0</b> are refused, <b>0</b> cannot be known</li>"
        "</ul><p>Nobody.</p>"
    )
    assert 'id="access"' not in page()


@pytest.mark.parametrize("more", [0, 1200])
def test_of_many_who_lose_access_25_are_named(more: int) -> None:
    shown = access_section(*(person(f"p{number:04}", "Gone.") for number in range(25 + more)))
    assert shown.count("<code>") == 25
    assert ("<li>and 1,200 more (see the JSON file)</li>" in shown) is bool(more)
    assert f"<b>{25 + more:,}</b></summary>" in shown
    assert f'<span class="lost">{25 + more:,} Macs</span>' in shown


def test_who_loses_several_apps_has_a_line_for_each_and_counts_once() -> None:
    shown = access_section(*(person("ann", "Gone.", 5, app) for app in ("Slack", "Wiki")))
    assert shown.count("<code>ann</code>") == 2 and "<b>1</b></summary>" in shown


# From rows to the page

SAMPLE = MacRow(
    serial_number="C02",
    stage="MANAGED",
    ring="canary",
    certificates=1,
    certificate_expires="2027-03-01T00:00:00Z",
)


def report(rows: list[MacRow], **values: t.Any) -> str:
    return page(survey(iter(rows), meta(**values)), *rows, **values)


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
    text = report(
        [replace(SAMPLE, **{field: hostile})],
        previous=PastReport("2026-11-23T06:00:00Z", {}),
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
    value = json.loads(inside)[0][[each.name for each in html.PAGE_COLUMNS].index(field)]
    assert (shared[field][value] if field in shared else value) == hostile


def test_the_policy_names_the_one_style_and_the_one_script() -> None:
    text = report([SAMPLE])
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
    assert set(html.USER_MESSAGES) == set(STAGES) - set(QUIET_STAGES)
    text = report([replace(SAMPLE, serial_number=stage, stage=stage) for stage in STAGES])
    shown = re.findall(
        r'data-copy>Copy text</button> <button type="button" data-stage="(\w+)"', text
    )
    assert sorted(shown) == sorted(html.USER_MESSAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_the_colour_of_a_stage_shows_who_acts(stage: str) -> None:
    colours = {"user": "wait", "time": "wait", "administrator": "bad", "nobody": "none"}
    assert html.kind(stage) == ("good" if stage == "MANAGED" else colours[ACTORS[stage]])


def test_the_tiles_count_the_macs_by_who_acts() -> None:
    text = report([replace(SAMPLE, serial_number=stage, stage=stage) for stage in STAGES])
    assert re.findall(r'<li class="\w+"><b>(\d+)</b> ([^<]+)</li>', text) == [
        ("1", "managed"),
        ("7", "wait for time or their user"),
        ("6", "need an administrator"),
        ("2", "in no ring, or not rolled out to"),
    ]
