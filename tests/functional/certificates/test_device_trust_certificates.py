# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_trust_certificates against the lab, which knows when each certificate ends."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from math import ceil

import pytest

from lab.actors.macos_shims import check_script, is_certificate_check
from tools.support.playbook import SITE

MODULE = "device_trust_certificates"


@pytest.fixture
def held(watched, run_module, profile_args):
    """The SCEP profile on every ring, and certificates on the Macs.

    Serial -> end of the last one, to the second.
    """
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    run_module("kandji_scep_profile", {**profile_args, "blueprints": every}, lab=watched.lab)
    watched.live()
    return {
        mac.serial: f"{mac.certificates[-1].not_after:%Y-%m-%dT%H:%M:%SZ}"
        for mac in watched.world.macs
        if mac.certificates
    }


@pytest.fixture
def item_id(watched, run_module, held):
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    item_id = run_module(
        "kandji_custom_script",
        {"name": "Check", "script": check_script(), "blueprints": every},
        lab=watched.lab,
    )["script"]["id"]
    watched.live()
    return item_id


def close(one, other):
    """Times of the log and of certificates differ by what happens between two lines, and by the
    lab's authority dating certificates back.
    """
    return abs((_time(one) - _time(other)).total_seconds()) < 3600


def _time(text):
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
        parse_timestamp,
    )

    return parse_timestamp(text)


def test_by_the_macs_own_word(watched, run_module, held, item_id):
    mark = watched.mark()
    found = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)
    assert {
        serial: row["expires"] for serial, row in found["certificates"].items()
    } == held and not found["changed"]
    macs = sum(not mac.device.is_removed for mac in watched.world.macs)
    assert (
        found["counts"] == {"mac": len(held), "ledger": 0, "unknown": macs - len(held)}
        and len(held) > 15
    )
    authorities = 1  # their keys decide, not their platforms
    assert len(watched.asked(mark)) == authorities + 2 * ceil(macs / 300)


@pytest.fixture
def device_access(watched, run_module, held):
    """Every Mac also holds a certificate of Device Access, issued later, with the same names."""
    access = watched.control("POST", "/okta/platforms", {"device_access": True})
    watched.switch(certificate_authorities="missing")  # nothing verifies this URL
    watched.world.clock.advance(days=100)
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    options = {
        "name": "Device Access",
        "blueprints": every,
        "url": access["scep_url"],
        "challenge": access["scep_challenge"],
    }
    run_module("kandji_scep_profile", options, lab=watched.lab)
    watched.live()
    watched.switch(certificate_authorities="served")
    macs = [mac for mac in watched.world.macs if mac.serial in held]
    assert all(len(mac.certificates) == 2 for mac in macs)


def test_a_device_access_certificate_does_not_count(
    watched, run_module, held, device_access, item_id
):
    options = {"certificate_check_item_id": item_id}
    rows = run_module(MODULE, options, lab=watched.lab)["certificates"]
    assert {serial: row["expires"] for serial, row in rows.items()} == held
    rings = {"rings": watched.ring_variables, **options}
    watched.world.clock.advance(days=240)  # 25 days before those of the attesting authority end
    watched.live()
    renewal = run_module("device_trust_renewal_info", rings, lab=watched.lab)
    assert renewal["rings"][0]["due"]


def test_without_the_api_the_name_of_the_issuer_decides_as_before(
    watched, run_module, held, device_access, item_id
):
    watched.switch(certificate_authorities="feature")
    options = {"certificate_check_item_id": item_id}
    rows = run_module(MODULE, options, lab=watched.lab)["certificates"]
    assert rows.keys() == held.keys()
    assert all(row["expires"] > held[serial] for serial, row in rows.items())


def test_those_that_end_first_are_named(watched, run_module, item_id):
    rows = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)[
        "certificates"
    ]
    few = run_module(
        MODULE, {"certificate_check_item_id": item_id, "max_rows": 3}, lab=watched.lab
    )["certificates"]
    assert (
        len(few) == 3
        and max(row["expires"] for row in few.values())
        == sorted(row["expires"] for row in rows.values())[2]
    )


@pytest.mark.parametrize("length", [0, 400, 60])
def test_of_a_log_that_is_cut_what_is_whole_counts(watched, run_module, held, item_id, length):
    watched.switch(script_log_length=length)
    watched.live()
    counts = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)["counts"]
    assert counts["mac"] == (0 if length == 60 else len(held))


@pytest.mark.parametrize("field", ["alternateId", "displayName", "detailEntry"])
def test_by_the_ledger(watched, run_module, held, tmp_path, field):
    watched.switch(certificate_target_field=field)
    found = run_module(MODULE, {"state_dir": str(tmp_path / "state")}, lab=watched.lab)
    assert found["changed"] and found["changes"] == [
        f"create ledger {tmp_path / 'state' / 'certificates.jsonl'}"
    ]
    assert set(found["certificates"]) == set(held)
    assert all(
        row["source"] == "ledger" and close(row["expires"], held[serial])
        for serial, row in found["certificates"].items()
    )


def test_a_directory_that_cannot_be_written_is_a_warning(watched, run_module, held):
    found = run_module(MODULE, {"state_dir": "/proc/device-trust"}, lab=watched.lab)
    assert (
        not found.get("failed") and not found["changed"] and set(found["certificates"]) == set(held)
    )
    (warning,) = found["warnings"]
    assert warning.startswith("state_dir: /proc/device-trust/certificates.jsonl cannot be written")
    assert warning.endswith("The run goes on, and keeps no ledger.")


def test_a_second_run_leaves_the_file_alone(watched, run_module, held, tmp_path):
    first = run_module(MODULE, {"state_dir": str(tmp_path)}, lab=watched.lab)
    before = (tmp_path / "certificates.jsonl").stat()
    second = run_module(MODULE, {"state_dir": str(tmp_path)}, lab=watched.lab)
    after = (tmp_path / "certificates.jsonl").stat()
    assert not second["changed"] and second["certificates"] == first["certificates"]
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_check_mode_writes_no_file(watched, run_module, held, tmp_path):
    predicted = run_module(
        MODULE, {"state_dir": str(tmp_path / "state")}, lab=watched.lab, check=True
    )
    assert predicted["changed"] and not (tmp_path / "state").exists()
    assert (
        run_module(MODULE, {"state_dir": str(tmp_path / "state")}, lab=watched.lab)["certificates"]
        == predicted["certificates"]
    )


def test_the_ledger_remembers_what_okta_has_forgotten(
    watched, run_module, held, profile_args, tmp_path
):
    wanted = {"state_dir": str(tmp_path)}
    first = run_module(MODULE, wanted, lab=watched.lab)
    watched.control("POST", "/clock/advance", {"days": 100})
    later = run_module(MODULE, wanted, lab=watched.lab)
    assert not later["changed"] and later["certificates"] == first["certificates"]
    assert (
        run_module(MODULE, {"state_dir": str(tmp_path / "begun too late")}, lab=watched.lab)[
            "certificates"
        ]
        == {}
    )


def test_it_grows_by_what_was_issued_since(watched, run_module, held, profile_args, tmp_path):
    wanted = {"state_dir": str(tmp_path)}
    run_module(MODULE, wanted, lab=watched.lab)
    watched.control("POST", "/clock/advance", {"days": 30})
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    run_module(
        "kandji_scep_profile",
        {**profile_args, "blueprints": every, "generation": "2", "max_reissue": 99},
        lab=watched.lab,
    )
    watched.live()
    mark = watched.mark()
    grown = run_module(MODULE, wanted, lab=watched.lab)
    assert grown["changed"] and grown["changes"][0].startswith("update ledger")
    serial = watched.canary["test_macs"][0]
    assert close(
        grown["certificates"][serial]["expires"],
        (watched.mac(serial).certificates[-1].not_after).isoformat(),
    )
    asked = [one.query for one in watched.asked(mark) if one.operation == "listLogEvents"]
    assert (
        asked
        and all("since=" in one for one in asked)
        and len((tmp_path / "certificates.jsonl").read_text().splitlines()) >= 2 * len(held)
    )


def test_of_both_the_macs_word_counts_and_the_ledger_fills_up(
    watched, run_module, held, item_id, tmp_path
):
    silent = watched.mac(watched.canary["test_macs"][0])
    silent.device.statuses.pop(item_id)
    found = run_module(
        MODULE, {"certificate_check_item_id": item_id, "state_dir": str(tmp_path)}, lab=watched.lab
    )
    assert (
        found["certificates"][silent.serial]["source"] == "ledger"
        and found["counts"]["ledger"] == 1
    )
    assert {
        row["source"] for serial, row in found["certificates"].items() if serial != silent.serial
    } == {"mac"}


def test_a_certificate_that_has_ended_is_told(watched, run_module, held, item_id):
    watched.control("POST", "/clock/advance", {"days": 400})
    now = watched.world.clock.now()
    rows = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)[
        "certificates"
    ]
    assert rows and all(_time(row["expires"]) < now - timedelta(days=30) for row in rows.values())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "one of the following is required"),
        ({"state_dir": "/x", "lifetime_days": 0}, "lifetime_days: 0"),
    ],
)
def test_what_cannot_be_is_said(watched, run_module, given, said):
    refused = run_module(MODULE, given, lab=watched.lab)
    assert refused["failed"] and said in refused["msg"] and watched.asked() == []


def test_a_ledger_of_another_org_is_refused(watched, run_module, tmp_path):
    (tmp_path / "certificates.jsonl").write_text(
        '{"ledger":1,"org":"https://other.okta.com","read_to":null}\n'
    )
    refused = run_module(MODULE, {"state_dir": str(tmp_path)}, lab=watched.lab)
    assert refused["failed"] and "a directory of its own" in refused["msg"]


ROLE = """
- name: The check alone
  hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: The check and the ledger
      ansible.builtin.include_role:
        name: devicetrust.okta_kandji.managed_status
        tasks_from: certificates
      vars:
        managed_status_rings: "{{ device_trust_rings }}"
        managed_status_certificate_check: true
"""


def made_script(watched):
    return next(
        one
        for one in watched.world.kandji.library.scripts()
        if one.name == "Okta certificate check"
    )


@pytest.mark.parametrize(
    "issuer",
    [pytest.param(None, marks=pytest.mark.long), "'; touch /tmp/owned; '$(id)\\1 \"Zoë\""],
)
def test_the_role_brings_the_check_to_the_rings(watched, playbook, held, tmp_path, issuer):
    (tmp_path / "play.yml").write_text(ROLE)
    variables = {"managed_status_certificate_issuer": issuer} if issuer else {}
    mark = watched.mark()
    check = playbook(watched.lab, tmp_path / "play.yml", variables=variables, check=True)
    assert check.status == 0 and check.changed and watched.writes(mark) == [], check.output
    first = playbook(watched.lab, tmp_path / "play.yml", variables=variables)
    assert first.status == 0 and first.changed == check.changed, first.output
    assert watched.writes(mark).count("Assign Library Item") == sum(
        len(ring["blueprints"]) for ring in watched.ring_variables
    )
    script = made_script(watched).script
    assert is_certificate_check(script) and (script == check_script().rstrip()) is (issuer is None)
    watched.live()
    again = playbook(watched.lab, tmp_path / "play.yml", variables=variables)
    assert again.status == 0 and again.changed == [], again.output
    counts = again.results("Read the expiry of the certificates")[-1]["counts"]
    assert counts["mac"] == (0 if issuer else len(held)), counts


def test_an_authority_without_name_is_refused(watched, playbook, tmp_path):
    (tmp_path / "play.yml").write_text(ROLE)
    refused = playbook(
        watched.lab, tmp_path / "play.yml", variables={"managed_status_certificate_issuer": " "}
    )
    assert (
        refused.status != 0
        and "managed_status_certificate_issuer: it is empty" in refused.output
        and watched.writes() == []
    )


def test_removal_without_the_authoritys_keys_is_refused(watched, playbook, tmp_path):
    (tmp_path / "play.yml").write_text(ROLE)
    refused = playbook(
        watched.lab,
        tmp_path / "play.yml",
        variables={"managed_status_remove_superseded": ["canary"]},
    )
    assert refused.status != 0 and watched.writes() == []
    assert "managed_status_remove_superseded: canary cannot be set." in refused.output


@pytest.mark.long
def test_the_site_playbook_brings_both_and_then_leaves_them_alone(watched, playbook, tmp_path):
    variables = {
        "device_trust_certificate_check": True,
        "device_trust_remove_superseded_certificates": [watched.canary["name"]],
        "device_trust_state_dir": str(tmp_path / "state"),
        "device_trust_gate_wait": 30,
        "device_trust_poll_interval": 1,
    }
    watched.switch(macs_act=True, people_act=True)
    first = playbook(watched.lab, SITE, variables=variables)
    watched.switch(macs_act=False, people_act=False)
    watched.live(2)
    script = made_script(watched).script
    assert first.status == 0 and is_certificate_check(script), first.output
    listed = re.search("^removal_base64='(.+)'$", script, re.MULTILINE).group(1)
    assert base64.b64decode(listed).decode().split("\n") == [
        blueprint.id
        for blueprint in watched.world.kandji.blueprints.values()
        if blueprint.name in watched.canary["blueprints"]
    ]
    assert re.search("^removal_key_ids='[0-9A-F]{40}'$", script, re.MULTILINE)
    playbook(
        watched.lab, SITE, variables=variables
    )  # the ledger takes in what the Macs enrolled for since
    mark = watched.mark()
    again = playbook(watched.lab, SITE, variables=variables)
    assert again.status == 0 and again.changed == [] and watched.writes(mark) == [], again.output
    watched.switch(certificate_authorities="missing")
    variables["device_trust_scep_url"] = watched.lab.announcement["scep_url"]
    unread = playbook(watched.lab, SITE, variables=variables)
    assert unread.status == 0 and unread.changed == [] and watched.writes(mark) == [], unread.output
    assert "The certificate check was left as it is" in unread.output
    with_check = unread.results("Read the expiry of the certificates")[-1]
    assert (
        with_check["counts"] == again.results("Read the expiry of the certificates")[-1]["counts"]
    )
    assert (
        json.loads((tmp_path / "state" / "certificates.jsonl").read_text().splitlines()[0])[
            "ledger"
        ]
        == 1
    )


@pytest.mark.long
def test_superseded_certificates_are_removed_in_the_rings_that_ask_for_it(
    watched, run_module, held
):
    """The Macs of the first ring keep one each, and the others all."""
    blueprints = watched.canary["blueprints"]
    key_ids = [
        certificate["key_id"]
        for authority in run_module("okta_device_integration", {}, lab=watched.lab)["authorities"]
        if authority["family"] == "OKTA_AS_CA"
        for certificate in authority["certificates"]
    ]
    watched.world.clock.advance(days=1)
    for mac in watched.world.macs:
        if mac.certificates:
            _add_certificate(watched, mac)
    listed = base64.b64encode("\n".join(blueprints).encode()).decode()
    script = (
        check_script()
        .replace("removal_base64=''", f"removal_base64='{listed}'")
        .replace("removal_key_ids=''", f"removal_key_ids='{' '.join(key_ids)}'")
    )
    every = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    wanted = {"name": "Check", "script": script, "blueprints": every}
    item_id = run_module("kandji_custom_script", wanted, lab=watched.lab)["script"]["id"]
    newest = {mac.serial: mac.certificates[-1] for mac in watched.world.macs if mac.certificates}
    watched.live()
    found = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)
    canary = {mac.serial for mac in watched.world.macs if _blueprint(watched, mac) in blueprints}
    canary &= set(newest)
    assert canary and found["removals"] == dict.fromkeys(canary, {"removed": 1, "not_removed": 0})
    for mac in watched.world.macs:
        if mac.serial in newest:
            assert mac.certificates[-1] == newest[mac.serial]
            assert len(mac.certificates) == (1 if mac.serial in canary else 2)
    watched.live()
    again = run_module(MODULE, {"certificate_check_item_id": item_id}, lab=watched.lab)
    assert again["removals"] == {} and set(again["certificates"]) == set(newest)


def _blueprint(watched, mac):
    return watched.world.kandji.blueprints[mac.device.blueprint_id].name


def _add_certificate(watched, mac):
    """Enroll a Mac again, as a profile does whose older certificate stays."""
    world, first = watched.world, mac.certificates[0]
    payload = {
        "URL": world.okta.platform.scep_url,
        "Challenge": world.okta.platform.challenge,
        "Subject": [[["CN", first.common_name]]],
    }
    mac.certificates.append(mac.enroll(world, payload, first.profile_identifier))
