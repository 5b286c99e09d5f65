# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first table and the first report of a tenant say that nothing is rolled out, and blame
nobody.
"""

from __future__ import annotations

import csv

import pytest

NOTHING = (
    "Nothing is rolled out yet: no ring has its SCEP profile in Kandji"
    " (Okta SCEP - canary, Okta SCEP - wide)."
)
# Words of a Mac that is late, wrong, or waited for.
BLAME = ("check-in", "not installed yet", "switch on", "pending", "failed", "missing")
MACS = 25


@pytest.fixture
def report(watched, run_module, tmp_path):
    """Write the report and return its page and the rows of its CSV file."""
    options = {"rings": watched.ring_variables, "dest": str(tmp_path)}
    written = run_module("device_trust_report", options, lab=watched.lab)
    assert not written.get("failed"), written
    with (tmp_path / "device-trust.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return (tmp_path / "device-trust.html").read_text(), rows


@pytest.mark.lab(macs=MACS)
def test_the_first_table_says_so_and_names_no_mac(watched, run_module):
    options = {"rings": watched.ring_variables, "wait": 600}  # it has nobody to wait for
    result = run_module("device_trust_info", options, lab=watched.lab)
    assert result["table"][:2] == [NOTHING, ""]
    assert set(result["counts"]) <= {"NOT_ROLLED_OUT", "NOT_IN_SCOPE", "KANDJI_MISSING"}
    assert {row["stage"] for row in result["macs"]} <= {"KANDJI_MISSING"}
    assert not [word for word in BLAME if word in " ".join(result["table"]).replace("_MISSING", "")]


@pytest.mark.lab(macs=MACS)
def test_the_first_report_says_so_and_tells_nobody_to_do_anything(report):
    page, rows = report
    assert f'<p class="notice">{NOTHING}</p>' in page
    in_rings = [row for row in rows if row["ring"]]
    assert {row["stage"] for row in in_rings} == {"NOT_ROLLED_OUT"}
    assert {row["next_step"] for row in in_rings} == {"Nothing. The site playbook rolls it out."}
    told = page.split('id="tell">')[1].split("</section>")[0].lower()
    assert not [word for word in BLAME if word in told]


@pytest.mark.lab(macs=MACS)
def test_a_ring_that_is_not_reached_yet_is_named(watched, run_module, profile_args):
    made = run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    assert not made.get("failed"), made
    options = {"rings": watched.ring_variables}
    result = run_module("device_trust_info", options, lab=watched.lab)
    assert result["table"][0] == "Not rolled out yet: the ring wide (Okta SCEP - wide)."
    assert set(result["by_ring"]["wide"]) == {"NOT_ROLLED_OUT"}
    assert "PROFILE_PENDING" in result["by_ring"]["canary"]


@pytest.mark.lab(macs=MACS)
def test_a_profile_that_somebody_renamed_is_not_a_ring_without_one(
    watched, run_module, profile_args
):
    made = run_module("kandji_scep_profile", profile_args, lab=watched.lab)
    assert not made.get("failed"), made
    options = {"rings": watched.ring_variables}
    before = run_module("device_trust_info", options, lab=watched.lab)
    [profile] = [
        each for each in watched.world.kandji.items.values() if each.name == profile_args["name"]
    ]
    profile.name = "Okta SCEP - Canary Macs"
    result = run_module("device_trust_info", options, lab=watched.lab)
    first = result["table"][0]
    assert first.startswith("Not rolled out yet: the ring wide (Okta SCEP - wide). The ring canary")
    assert f"the custom profile 'Okta SCEP - Canary Macs' ({profile.id}) of this" in first
    assert result["by_ring"]["canary"] == before["by_ring"]["canary"] != {}
