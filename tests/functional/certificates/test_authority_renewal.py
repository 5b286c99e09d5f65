# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two fleets go through a whole renewal of Okta's certificate authority, one of them pinned.

Nobody loses the managed state for longer than until the next sign-in.
"""

from __future__ import annotations

import hashlib
import plistlib

import pytest

from lab.okta.authorities.operations import AuthorityOperations
from tests.functional.certificates.test_renewal_playbooks import QUICK, RENEW, Year
from tools.support.playbook import SITE

RENEW_AUTHORITY = SITE.parent / "renew_certificate_authority.yml"

pytestmark = [pytest.mark.long, pytest.mark.lab(macs=25)]


@pytest.fixture
def year(watched, run_module, playbook):
    year = Year(watched, run_module, playbook)
    assert len(year.everybody) > 20
    return year


def run(year, playbook, **options):
    """Run the playbook once. What it prints is one line."""
    variables = {**QUICK, **options.pop("variables", {})}
    result = playbook(year.watched.lab, RENEW_AUTHORITY, variables=variables, **options)
    return result, " ".join(result.output.split())


def signers(year):
    """Return the keys that signed the newest certificate of each Mac that holds one."""
    books = year.watched.world.okta.platform.authority.certificates
    numbers = filter(None, year.certificates().values())
    return {books[number].issuer_key_id for number in numbers}


def fingerprint(year):
    """Return the fingerprint of the certificate that the platform issues with."""
    return hashlib.sha256(year.watched.world.okta.platform.authority.ca_certificate_der).hexdigest()


def pins(watched):
    """Return the fingerprints that the rings' profiles pin."""
    payloads = [
        plistlib.loads(profile.text.encode())["PayloadContent"][0]["PayloadContent"]
        for profile in watched.world.kandji.library.profiles()
        if profile.name.startswith("Okta SCEP - ")
    ]
    return {each["CAFingerprint"].hex() for each in payloads if "CAFingerprint" in each}


def test_a_fleet_is_moved_and_re_issued_ring_by_ring(year, watched, playbook):
    old = watched.world.okta.platform.authority.instance_id
    mark = watched.mark()
    before, output = run(year, playbook)
    assert before.status == 0 and "Nothing is due." in output

    new = watched.control("POST", "/okta/authority/renew")["key_id"]
    waiting, output = run(year, playbook)
    assert waiting.status != 0 and "activate the renewed certificate for the platform" in output
    assert "Affected are the Macs of the rings canary, wide" in output
    assert watched.writes(mark) == [] and signers(year) == {old}

    watched.control("POST", "/okta/authority/migrate")
    year.hours(1)
    predicted, output = run(year, playbook, check=True)
    assert predicted.status == 0 and watched.writes(mark) == [], output
    assert "Its profile was written before" in output
    year.run(RENEW_AUTHORITY)
    assert year.patches(mark) == ["canary", "wide"]
    assert signers(year) == {new}
    last = year.run(RENEW_AUTHORITY)
    assert last.changed == [] and year.patches(mark) == ["canary", "wide"]
    said = " ".join(last.output.split())
    assert "with --check, its plan shows whether any is" in said
    assert said.count("Its profile was written after") == 2 and "Re-issue" not in said

    year.days(60)
    watched.live()
    assert year.managed() == year.everybody


def test_a_ring_with_an_offline_mac_delays_the_move_until_the_share_is_lowered(
    year, watched, playbook
):
    drawer = year.in_no_gate("canary")
    year.days(330)
    watched.live()
    drawer.device.is_missing = True
    year.run(RENEW)
    watched.live()
    watched.control("POST", "/okta/authority/renew")
    delayed, output = run(year, playbook, variables={"device_trust_min_healthy_percent": 100})
    assert delayed.status != 0 and "less than 100 % of the Macs of the rings" in output
    assert "Set device_trust_min_healthy_percent lower for one run" in output
    asked, output = run(year, playbook, variables={"device_trust_min_healthy_percent": 50})
    assert asked.status != 0 and "activate the renewed certificate for the platform" in output


def test_a_fleet_that_was_moved_after_the_old_certificate_expired_is_re_issued(
    year, watched, playbook
):
    """Okta lists the renewed certificate alone then, and the playbook called nothing due."""
    year.days(1000)
    new = watched.control("POST", "/okta/authority/renew")["key_id"]
    year.days(430)
    watched.live()
    mark = watched.mark()
    broken, output = run(year, playbook)
    assert broken.status != 0 and "is not valid any more" in output
    assert "activate the renewed certificate for the platform" in output
    watched.control("POST", "/okta/authority/migrate")
    year.hours(1)
    moved = year.run(RENEW_AUTHORITY)
    assert "issues with a renewed CA certificate" in " ".join(moved.output.split())
    assert year.patches(mark) == ["canary", "wide"] and signers(year) == {new}


def test_without_the_time_of_the_last_change_no_ring_is_selected(
    year, watched, playbook, monkeypatch
):
    """It decided by the expiry of the certificates then, and called nothing due."""
    watched.control("POST", "/okta/authority/renew")
    watched.control("POST", "/okta/authority/migrate")
    year.hours(1)
    show = AuthorityOperations._configuration
    monkeypatch.setattr(
        AuthorityOperations,
        "_configuration",
        lambda *arguments: {**show(*arguments), "lastUpdatedDate": None},
    )
    mark = watched.mark()
    refused, output = run(year, playbook)
    assert refused.status != 0 and "does not show when the platform" in output, output
    assert watched.writes(mark) == []


def test_a_pinned_fleet_is_found_before_and_after_the_move(year, watched, playbook, run_module):
    pinned = {"device_trust_ca_fingerprint": fingerprint(year)}
    for ring in watched.ring_variables:
        options = {
            "name": f"Okta SCEP - {ring['name']}",
            "blueprints": ring["blueprints"],
            "max_reissue": 100,
            "ca_fingerprint": fingerprint(year),
        }
        assert run_module("kandji_scep_profile", options, lab=watched.lab)["changed"]
    watched.live()
    new = watched.control("POST", "/okta/authority/renew")["key_id"]
    mark = watched.mark()
    refused, output = run(year, playbook, variables=pinned)
    assert refused.status != 0 and "After the move no Mac could enroll" in output
    still_pinned, output = run(year, playbook)
    assert still_pinned.status != 0 and "these rings pin a CA fingerprint: canary, wide" in output
    assert "activate the renewed certificate" not in output

    watched.control("POST", "/okta/authority/migrate")
    year.hours(1)
    outdated, output = run(year, playbook, variables=pinned)
    assert outdated.status != 0 and "it matches none of the certificates" in output
    unset, output = run(year, playbook)
    assert unset.status != 0 and "that the SCEP endpoint does not return: canary, wide" in output
    assert watched.writes(mark) == [] and year.managed() == year.everybody
    year.run(RENEW_AUTHORITY, device_trust_ca_fingerprint=fingerprint(year))
    assert signers(year) == {new}


def test_a_pin_is_removed_before_the_move_and_the_renewed_one_set_after_it(
    year, watched, playbook, run_module
):
    for ring in watched.ring_variables:
        options = {
            "name": f"Okta SCEP - {ring['name']}",
            "blueprints": ring["blueprints"],
            "max_reissue": 100,
            "ca_fingerprint": fingerprint(year),
        }
        assert run_module("kandji_scep_profile", options, lab=watched.lab)["changed"]
    watched.live()
    year.hours(1)
    new = watched.control("POST", "/okta/authority/renew")["key_id"]
    unpinned = {"device_trust_ca_fingerprint": "absent"}
    mark = watched.mark()
    refused, output = run(year, playbook, variables=unpinned)
    assert refused.status != 0 and "device_trust_ca_fingerprint to absent" in output
    assert watched.writes(mark) == []
    year.run(SITE, **unpinned, device_trust_max_reissue=100)
    assert set(year.patches(mark)) == {"canary", "wide"} and pins(watched) == set()
    year.hours(2)
    watched.live()
    ready, output = run(year, playbook, variables=unpinned)
    assert ready.status != 0 and "activate the renewed certificate for the platform" in output

    watched.control("POST", "/okta/authority/migrate")
    year.hours(1)
    mark = watched.mark()
    year.run(RENEW_AUTHORITY, device_trust_ca_fingerprint=fingerprint(year))
    assert year.patches(mark) == ["canary", "wide"] and signers(year) == {new}
    assert pins(watched) == {fingerprint(year)}


@pytest.mark.lab(macs=4)
def test_a_pin_that_no_api_shows_is_asked_for_before_and_after_the_move(watched, playbook):
    name = "Okta SCEP by hand"
    canary = watched.ring_variables[0]
    item = {"type": "scep", "name": name, "blueprints": canary["blueprints"]}
    watched.control("POST", "/kandji/items", item)
    variables = {**QUICK, "device_trust_rings": [{**canary, "library_item": name}]}
    watched.control("POST", "/okta/authority/renew")
    waiting = playbook(watched.lab, RENEW_AUTHORITY, variables=variables)
    output = " ".join(waiting.output.split())
    assert waiting.status != 0 and "activate the renewed certificate for the platform" in output
    assert f"which were made in Kandji's web app: {canary['name']}. No API shows" in output
    assert f"there (Library): '{name}'. If its Fingerprint is set, remove it before" in output

    watched.control("POST", "/okta/authority/migrate")
    moved = playbook(watched.lab, RENEW_AUTHORITY, variables=variables)
    output = " ".join(moved.output.split())
    assert moved.status == 0, output
    assert f"Ring {canary['name']}: '{name}' was made in Kandji's web app, and no API" in output
    assert "If its Fingerprint is set, set it to the renewed certificate's" in output


def test_without_the_api_nothing_is_moved_and_nothing_is_written(year, watched, playbook):
    watched.switch(certificate_authorities="feature")
    watched.control("POST", "/okta/authority/renew")
    result, output = run(year, playbook)
    assert result.status != 0 and "certificate authorities were not read" in output
    assert watched.writes(year.watched.mark()) == []
