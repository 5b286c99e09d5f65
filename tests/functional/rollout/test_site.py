# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site playbook as a user runs it: from nothing to managed, and left alone after."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from itertools import takewhile

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tools.support.environment import COMPILE_CACHE, SCRIPTS, child_environment, run_and_read
from tools.support.playbook import INVENTORY, SITE, lab_environment

# Reads of these grow with the fleet, a page of 200 to 1,000 rows each.
FLEET_READS = {
    "listDevices",
    "listLogEvents",
    "List Devices",
    "Get Library Item Statuses",
    "Certificates",
    "Applications",
}
# What a run sends that changes nothing, of three blueprints in two rings and a page of Macs.
CONVERGED = {
    "listAuthenticators": 1,
    "listAuthenticatorMethods": 1,
    "listPolicies": 1,
    "listDevices": 1,
    "listLogEvents": 2,  # of the fleet, and of the platform
    "listCertificateAuthorities": 1,
    "listRegistrationAuthorities": 1,
    "getWellknownOrgMetadata": 1,
    "GetCACaps": 1,
    "GetCACert": 1,
    "List Blueprints": 1,
    "List Library Items": 3,
    "List Custom Profiles": 1,
    "List Devices": 1,
    "Get Library Item Statuses": 3,  # of two profiles, and of Okta Verify
    "Certificates": 1,
    "Installed profiles": 1,
}
QUICK = {"device_trust_gate_wait": 30, "device_trust_poll_interval": 1}


def operations(requests):
    return Counter(one.operation for one in requests)


def problems_of(result):
    """The list of the preflight, without its numbers."""
    lines = result.output.partition("Problems:\n")[2].splitlines()
    listed = takewhile(lambda line: line.startswith("  "), lines)
    return [line.lstrip(" 0123456789.") for line in listed]


def noise_of(result):
    """The lines after the list, without those that are empty and the recap."""
    after = result.output.partition(problems_of(result)[-1])[2].partition("PLAY RECAP")[0]
    return [line for line in after.splitlines() if line.strip()]


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
        assert check.changes == first.changes != [], "--check names the same changes"
    return converged


def test_the_second_run_changes_and_writes_nothing(site, playbook):
    mark = site.mark()
    again = playbook(site.lab, variables=QUICK)
    assert again.status == 0 and again.changed == [] and site.writes(mark) == [], again.output


def test_a_run_without_changes_asks_for_each_thing_once(site, playbook):
    mark = site.mark()
    playbook(site.lab, variables=QUICK)
    assert operations(site.asked(mark)) == CONVERGED


def test_every_mac_that_can_be_is_managed_and_the_others_have_a_reason(site, playbook):
    checked = playbook(site.lab, variables=QUICK).results("and plan the changes")
    result = checked[-1]["stages"]
    assert result["counts"] == {
        "MANAGED": 18,
        "REGISTERED_NOT_MANAGED": 1,
        "REGISTERED_BEFORE_CERTIFICATE": 3,
        "NOT_REGISTERED": 1,
        "NO_LICENSE": 1,
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


@pytest.mark.parametrize("answer", ["served", "missing"])
def test_one_chapter_alone_reads_the_keys_that_it_needs(watched, playbook, answer):
    """Nothing is deployed, so no SCEP endpoint has to answer."""
    watched.switch(certificate_authorities=answer)
    variables = {
        **QUICK,
        "device_trust_certificate_check": True,
        "device_trust_remove_superseded_certificates": [watched.canary["name"]],
    }
    mark = watched.mark()
    result = playbook(watched.lab, arguments=["--tags", "managed_status"], variables=variables)
    assert result.status == 0, result.output
    assert "GetCACert" not in operations(watched.asked(mark))
    scripts = [
        each.script
        for each in watched.world.kandji.library.scripts()
        if each.name == "Okta certificate check"
    ]
    if answer == "served":
        (script,) = scripts
        assert re.search("^removal_key_ids='[0-9A-F]{40}'$", script, re.MULTILINE)
        return
    text = " ".join(result.output.split())
    assert scripts == [] and "The certificate check was left as it is, because Okta's" in text
    assert "the org does not have the Certificate Authorities API" in text


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
    assert result.status != 0 and "test enrollment was refused" in result.output
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
    [("device_trust_max_new", "max_new"), ("device_trust_okta_verify_licenses", "licenses")],
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
    final = problems_of(result)
    for part in ("Classic Engine", "did you mean 'Canary'", "Assign it to one ring"):
        assert len([problem for problem in final if part in problem]) == 1, final


@pytest.mark.long
@pytest.mark.lab(macs=3)
def test_one_wrong_host_is_one_problem_and_nothing_hides_it(watched, playbook):
    nowhere = {"OKTA_CLIENT_ORGURL": "https://localhost:1", "OKTA_SCEP_URL": ""}
    variables = {**QUICK, "device_trust_okta_verify_name": "Okta Verifi"}
    result = playbook(watched.lab, variables=variables, environment=nowhere)
    assert result.status != 0 and watched.writes() == [], result.output
    unreachable, unknown = problems_of(result)
    assert "https://localhost:1" in unreachable and "cannot be reached" in unreachable
    assert "Okta Verifi" in unknown, "what is wrong in Kandji is listed too"
    assert "Steps in the console, in this order:\n  1. " in result.output
    assert result.output.count("cannot be reached") == 1
    assert len([line for line in noise_of(result) if not line.startswith("  ")]) <= 3


@pytest.mark.lab(macs=10)
def test_test_macs_that_no_gate_can_prove_are_refused(watched, playbook):
    tenant = watched.world.kandji
    canary = next(each.id for each in tenant.blueprints.values() if each.name == "Canary")
    devices = [
        each
        for each in tenant.devices.values()
        if each.blueprint_id != canary and not each.is_removed
    ]
    mac = next(each for each in devices if each.platform == "Mac")
    phone = next(each for each in devices if each.platform == "iPhone")
    test_macs = ["C0NOBODY0000", mac.serial, phone.serial]
    rings = [{**watched.canary, "test_macs": test_macs}, *watched.ring_variables[1:]]
    result = playbook(watched.lab, variables={**QUICK, "device_trust_rings": rings})
    assert result.status != 0 and watched.writes() == [], result.output
    ring = "Ring 'canary': test Mac"
    blueprint = tenant.blueprints[mac.blueprint_id].name
    assert problems_of(result) == [
        f"{ring} C0NOBODY0000 is not in Kandji. Correct its serial, or name another Mac.",
        f"{ring} {mac.serial} is on blueprint '{blueprint}', not on 'Canary'. Move the Mac"
        " in Kandji, or name another.",
        f"{ring} {phone.serial} is not a Mac but of the platform iPhone. Name a Mac.",
    ]


@pytest.mark.lab(macs=3)
def test_a_missing_permission_of_the_gate_is_known_before_the_first_write(watched, playbook):
    watched.forbid("Get Device Library Items")
    result = playbook(watched.lab, variables=QUICK)
    assert result.status != 0 and watched.writes() == [], result.output
    (problem,) = problems_of(result)
    assert "Get Device Library Items" in problem


def shown_by_default(watched, *arguments):
    """What a person sees, who has no settings of Ansible."""
    extra = {"device_trust_rings": watched.ring_variables, **QUICK}
    command = [SCRIPTS / "ansible-playbook", "-i", INVENTORY, SITE, "-e", json.dumps(extra)]
    environment = child_environment(**COMPILE_CACHE, **lab_environment(watched.lab.announcement))
    status, output = run_and_read([str(part) for part in [*command, *arguments]], environment)
    assert status == 0, output
    # Without the lines that a slow machine needs.
    return [
        line for line in output.splitlines() if not re.match(r"\w+ \[localhost\]: \d+ s, ", line)
    ]


def test_a_run_that_changes_nothing_is_short(site):
    lines = shown_by_default(site)
    table = [line for line in lines if line.startswith("        ")]
    assert "Nothing to deploy" in "".join(lines) and table
    assert len(lines) - len(table) <= 60, lines


def test_check_and_diff_tell_a_new_tenant_what_would_happen(watched):
    lines = shown_by_default(watched, "--check", "--diff")
    output = "\n".join(lines)
    assert watched.writes() == [] and len(lines) <= 80, output
    for line in (
        "Plan, in this order (25 Macs get a SCEP profile for the first time, ",
        "  ring canary: SCEP profile 'Okta SCEP - canary'; gate with ",
        "+library item 'Okta Verify' to blueprint 'Canary', assigned: true",
        "  Only a write can check these permissions: Assign Library Item, Create Custom Profile,",
    ):
        assert line in output, output
    assert watched.lab.announcement["scep_challenge"] not in output


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
