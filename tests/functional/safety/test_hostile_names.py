# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that vendors show may be anything. They change nothing but themselves.

The same fleet is shown twice, with plain and with hostile names, by everything that shows names.
"""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.functional.helpers.all_stages import MACS, EveryStage
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.playbook import lab_environment, run_playbook

pytestmark = [pytest.mark.lab(macs=MACS, real_macs=0), pytest.mark.long]
PLAYBOOKS = CHECKOUT / "playbooks"
HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mfatal: [all]",
    "Anna\u202egpj.exe\u202c",
    "Jo\u200e\u200f\u061c\u2066hn\u2069",
    "{{ lookup('pipe', 'touch MARKER') }}",
    "{% for x in range(9) %}seven{% endfor %} {# note #}",
    '=HYPERLINK("http://x.example","open")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "</td><script>document.title='owned'</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "</script><!-- ]]>",
    "one\ntwo\r\nthree\u2028four\u0085five",
    "nul\x00byte",
    "n" * 10_000,
    "!unsafe '*[link](javascript:alert(1))'",
    "$(touch MARKER) `touch MARKER` ; touch MARKER",
    "%s %d %(user)s {0} {x!r}",
    "İstanbul ﬁ e\u0301 \U0001f600 \U000e0041",
)
# Characters that a terminal obeys, but the line breaks of the output itself.
OBEYED = {chr(code) for code in (*range(32), 127, *range(0x80, 0xA0))} - {"\n"}
OBEYED |= set(
    "\u200e\u200f\u061c\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class Outline(HTMLParser):
    """The elements of a page and the names of their attributes, without texts."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(name for name, _value in attrs)))


def outline(page: str) -> list[tuple[str, tuple[str, ...]]]:
    reader = Outline()
    reader.feed(page)
    return reader.seen


def obeyed(text: str) -> set[str]:
    return {ascii(char) for char in set(text) & OBEYED}


def rename_everything(watched, marker):
    """Give each object of both vendors that no variable names a hostile name."""
    world, names = watched.world, [name.replace("MARKER", str(marker)) for name in HOSTILE]
    places = {name for ring in watched.ring_variables for name in ring["blueprints"]}
    for number, device in enumerate(world.kandji.devices.values()):
        name = names[number % len(names)]
        device.name = device.asset_tag = device.model = name
        device.tags = [name]
        if device.user:
            device.user.name = name
    for number, blueprint in enumerate(world.kandji.blueprints.values()):
        if blueprint.name not in {*places, "Later"}:
            blueprint.name = f"{number}{names[number % len(names)]}"
    for number, record in enumerate(world.okta.devices.values()):
        record.profile["displayName"] = names[number % len(names)]
    for number, user in enumerate(world.okta.users.values()):
        user.first_name = user.last_name = names[number % len(names)]


@pytest.fixture
def fleet(watched, run_module):
    return EveryStage(watched, run_module).build()


@pytest.fixture
def shown(watched, fleet, tmp_path):
    """Show the fleet by each playbook and plugin, and return what was printed and written."""

    def show(name):
        place = tmp_path / name
        variables = {
            "device_trust_rings": fleet.rings,
            "device_trust_report_dir": str(place / "reports"),
            "device_trust_state_dir": str(place / "state"),
        }
        printed = {}
        for playbook in ("report.yml", "device_status.yml"):
            more = (
                {}
                if playbook == "report.yml"
                else {"device_trust_status_serials": [serial_of(watched)]}
            )
            done = run_playbook(
                PLAYBOOKS / playbook,
                watched.lab.announcement,
                variables={**variables, **more},
            )
            assert done.status == 0, done.output
            printed[playbook] = done.output
        printed["inventory"] = listed_inventory(watched, fleet, place)
        return printed, place / "reports"

    return show


def serial_of(watched):
    return watched.ring_variables[0]["test_macs"][0]


def listed_inventory(watched, fleet, place):
    source = place / "macs.yml"
    plugin = "devicetrust.okta_kandji.macs"
    options = {
        "plugin": plugin,
        "rings": fleet.rings,
        "compose": {"shown": "device_trust_device_name"},
    }
    source.write_text(json.dumps(options))
    status, output = run_and_read(
        [str(SCRIPTS / "ansible-inventory"), "--inventory", str(source), "--list"],
        child_environment(
            ANSIBLE_INVENTORY_ENABLED=plugin,
            ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
            **lab_environment(watched.lab.announcement),
        ),
        show=False,
    )
    assert status == 0, output
    return output


def rows_of(reports: Path) -> tuple[list[dict[str, str]], list[dict[str, object]]]:
    with (reports / "device-trust.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    return table, json.loads((reports / "device-trust.json").read_text())["macs"]


def test_hostile_names_change_nothing_but_themselves(watched, shown, tmp_path):
    plain, plain_reports = shown("plain")
    marker = tmp_path / "marker"
    rename_everything(watched, marker)
    hostile, hostile_reports = shown("hostile")

    assert not marker.exists(), "a name was executed"
    # ansible-inventory prints JSON itself, and escapes what a terminal obeys but not directions.
    assert not set(map(chr, range(32))) & set(hostile.pop("inventory")) - {"\n"}
    for text in hostile.values():
        assert obeyed(text) == set()
        assert "sevenseven" not in text
    table, macs = rows_of(hostile_reports)
    before_table, before_macs = rows_of(plain_reports)
    for now, before in ((table, before_table), (macs, before_macs)):
        stable = ("serial_number", "stage", "ring", "okta_status")
        assert len(now) == len(before) == len(macs)
        assert sorted([str(row.get(key)) for key in stable] for row in now) == sorted(
            [str(row.get(key)) for key in stable] for row in before
        )
    for row in table:
        assert not [cell for cell in row.values() if cell and cell[0] in "=+-@\t\r"]
    names = {device.name for device in watched.world.kandji.devices.values()}
    assert names <= {row["device_name"] for row in macs}
    page = (hostile_reports / "device-trust.html").read_text(encoding="utf-8")
    assert set(outline(page)) == set(outline((plain_reports / "device-trust.html").read_text()))
    assert not set(map(chr, range(32))) & set(page) - {"\n"}
