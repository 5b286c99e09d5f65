# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site playbook as a user runs it: from nothing to managed, and left alone after."""

from __future__ import annotations

import subprocess
from collections import Counter

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched

# Reads of these grow with the fleet, a page of 200 to 1,000 rows each.
FLEET_READS = {
    "listDevices",
    "listLogEvents",
    "List Devices",
    "Get Library Item Statuses",
    "Certificates",
    "Applications",
}
AUTHORITY_READS = ("listCertificateAuthorities", "listRegistrationAuthorities")
QUICK = {"device_trust_gate_wait": 30, "device_trust_poll_interval": 1}


def operations(requests):
    return Counter(one.operation for one in requests)


def bring_about(watched, playbook, **options):
    """First run in a lab whose Macs and people act by themselves, until it is done.

    Then they rest.
    """
    watched.switch(macs_act=True, people_act=True)
    result = playbook(
        watched.lab, variables={**QUICK, "device_trust_wait_for_people": 5}, **options
    )
    watched.switch(macs_act=False, people_act=False)
    watched.live(2)
    return result


@pytest.fixture(scope="module")
def converged():
    """A lab that the site playbook has brought to its end once.

    Tests of this module share it and undo what they do.
    """
    with Lab(Options(macs=25, limits="high")) as running:
        yield Watched(running)


@pytest.fixture
def site(converged, playbook):
    """The converged lab; brought about by whoever comes first."""
    if not [
        one for one in converged.world.kandji.library.profiles() if one.name.startswith("Okta SCEP")
    ]:
        check = playbook(converged.lab, check=True, variables=QUICK)
        assert check.status == 0 and converged.writes() == [], check.output
        first = bring_about(converged, playbook)
        assert first.status == 0 and first.changed, first.output
        assert Counter(check.changed) == Counter(first.changed), "--check names the same changes"
    return converged


def test_the_second_run_changes_and_writes_nothing(site, playbook):
    mark = site.mark()
    again = playbook(site.lab, variables=QUICK)
    assert again.status == 0 and again.changed == [] and site.writes(mark) == [], again.output


def test_at_most_20_calls_besides_the_pages_of_the_fleet(site, playbook):
    mark = site.mark()
    playbook(site.lab, variables=QUICK)
    others = {
        name: count
        for name, count in operations(site.asked(mark)).items()
        if name not in FLEET_READS
    }
    # Optional reads: for the SCEP URL with its platform, and for the table of stages.
    authorities = {name: others.pop(name, 0) for name in AUTHORITY_READS}
    assert authorities == {name: 2 for name in AUTHORITY_READS}
    # List Devices is read for the fleet once; the preflight's probe is one more.
    assert sum(others.values()) + 1 <= 20, others


def test_every_mac_that_can_be_is_managed_and_the_others_have_a_reason(site, playbook):
    result = playbook(site.lab, variables=QUICK).results("Read the stage of each Mac")[-1]
    assert result["counts"] == {
        "MANAGED": 18,
        "REGISTERED_NOT_MANAGED": 1,
        "REGISTERED_BEFORE_CERTIFICATE": 3,
        "NOT_REGISTERED": 1,
        "NO_LICENCE": 1,
        "PROFILE_PENDING": 1,
    }
    truth = {
        mac.serial
        for mac in site.world.macs
        if not all(mac.describe()["managed"].values() or [False])
    }
    assert {row["serial_number"] for row in result["macs"]} == truth


def test_certificates_verify_against_the_authority(site, tmp_path):
    (tmp_path / "ca.der").write_bytes(site.world.okta.platform.authority.get_ca_cert(False)[0])
    subprocess.run(
        [
            "openssl",
            "x509",
            "-inform",
            "der",
            "-in",
            tmp_path / "ca.der",
            "-out",
            tmp_path / "ca.pem",
        ],
        check=True,
    )
    holding = [mac for mac in site.world.macs if mac.certificates]
    assert len(holding) == 24
    for mac in holding:
        shown = mac.describe()["certificates"][-1]
        (tmp_path / "mac.pem").write_text(shown["pem"])
        command = [
            "openssl",
            "verify",
            "-no_check_time",
            "-partial_chain",
            "-CAfile",
            tmp_path / "ca.pem",
            tmp_path / "mac.pem",
        ]
        verified = subprocess.run(command, capture_output=True, text=True, check=False)
        assert verified.returncode == 0, verified.stderr
        assert mac.serial in shown["common_name"]


def test_one_chapter_alone_by_its_tag(site, playbook):
    mark = site.mark()
    result = playbook(site.lab, arguments=["--tags", "managed_status"], variables=QUICK)
    assert result.status == 0 and site.writes(mark) == [], result.output


def test_no_secret_at_the_highest_verbosity(site, playbook, shown):
    result = playbook(site.lab, arguments=["-vvvv", "--diff"], variables=QUICK)
    assert result.status == 0
    for key in ("okta_api_token", "kandji_api_token", "scep_challenge"):
        assert shown(site.lab.announcement[key]) == [], key


@pytest.mark.long
def test_day_91_and_a_test_mac_gone_change_and_fail_nothing(watched, playbook, shown):
    assert bring_about(watched, playbook, arguments=["-vvvv", "--diff"]).status == 0
    for key in ("okta_api_token", "kandji_api_token", "scep_challenge"):
        assert shown(watched.lab.announcement[key]) == [], key
    with watched.world.lock:
        watched.world.clock.advance(days=91)
        watched.world.okta.housekeeping()
        gone = watched.mac(watched.canary["test_macs"][0])
        watched.world.kandji.devices[gone.device_id].is_removed = True
    mark = watched.mark()
    later = playbook(watched.lab, variables=QUICK)
    assert later.status == 0 and later.changed == [] and watched.writes(mark) == [], later.output


def test_a_typo_in_the_challenge_is_refused_before_anything_is_written(watched, playbook, shown):
    typo = watched.lab.announcement["scep_challenge"][:-1] + "_"
    result = playbook(watched.lab, variables={**QUICK, "device_trust_scep_challenge": typo})
    assert result.status != 0 and "test enrolment was refused" in result.output
    assert watched.writes() == ["PKIOperation"] and shown(typo) == []


def test_a_gate_not_yet_met_holds_back_and_the_next_run_goes_on(watched, playbook):
    held = playbook(watched.lab, variables={**QUICK, "device_trust_gate_wait": 0})
    assert held.status == 0 and "Run this playbook again" in held.output, held.output
    assert watched.writes().count("Daily check-in") == len(watched.canary["test_macs"])
    assert (
        "Waiting at ring canary" in held.output
        and watched.writes().count("Create Custom Profile") == 1
    )
    watched.live()
    further = bring_about(watched, playbook)
    assert further.status == 0 and "Run this playbook again" not in further.output, further.output


@pytest.mark.parametrize(
    ("variable", "limit"),
    [("device_trust_max_new", "max_new"), ("device_trust_okta_verify_licences", "licences")],
)
def test_none_at_all_is_a_limit_too(watched, playbook, variable, limit):
    result = playbook(watched.lab, variables={**QUICK, variable: 0})
    assert result.status != 0 and watched.writes() == [] and limit in result.output, result.output


@pytest.mark.lab(macs=3)
def test_everything_that_is_wrong_is_told_at_once(watched, playbook):
    watched.control("PATCH", "/okta/org", {"pipeline": "v1"})
    watched.forbid("List Custom Profiles")
    blueprints = watched.world.kandji.blueprints.values()
    by_id = next(blueprint.id for blueprint in blueprints if blueprint.name == "Engineering")
    rings = [
        {"name": "canary", "blueprints": ["Canry"], "test_macs": ["X"]},
        {"name": "wide", "blueprints": ["Engineering"]},
        {"name": "more", "blueprints": [by_id]},
    ]
    result = playbook(watched.lab, variables={**QUICK, "device_trust_rings": rings})
    assert result.status != 0 and watched.writes() == []
    final = result.results("Require that preflight found no problems")[-1]["msg"]
    for part in ("Classic Engine", "did you mean 'Canary'", "Assign it to one ring"):
        assert part in str(final), final


@pytest.mark.long
@pytest.mark.lab(macs=10_000, real_macs=2)
def test_the_same_calls_with_10_000_macs(site, watched, playbook):
    watched.control("PATCH", "/limits", {"devices": 10_000})
    assert bring_about(watched, playbook).status == 0
    counted = []
    for one in (site, watched):
        mark = one.mark()
        again = playbook(one.lab, variables=QUICK)
        assert again.status == 0 and again.changed == [] and one.writes(mark) == [], again.output
        counted.append(
            {
                name: count
                for name, count in operations(one.asked(mark)).items()
                if name not in FLEET_READS
            }
        )
    assert counted[0] == counted[1]


@pytest.mark.long
def test_after_a_new_generation_the_old_certificates_open_no_gate(watched, playbook):
    assert bring_about(watched, playbook).status == 0
    rings = [{**ring, "generation": "2"} for ring in watched.ring_variables]
    mark = watched.mark()
    held = playbook(
        watched.lab,
        variables={
            **QUICK,
            "device_trust_gate_wait": 0,
            "device_trust_rings": rings,
            "device_trust_max_reissue": 30,
        },
    )
    assert held.status == 0 and "Waiting at ring canary" in held.output, held.output
    assert watched.writes(mark).count("Update Custom Profile") == 1
    watched.live()
    further = playbook(
        watched.lab,
        variables={**QUICK, "device_trust_rings": rings, "device_trust_max_reissue": 30},
    )
    assert further.status == 0 and watched.writes(mark).count("Update Custom Profile") == 2, (
        further.output
    )
