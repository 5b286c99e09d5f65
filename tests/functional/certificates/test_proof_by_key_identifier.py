# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the certificate check on a Mac says of the key that signed a certificate, and who uses it.

The names of certificates hold the serial and the profile's UUID. A profile whose SCEP URL is of
Device Access brings such a certificate, too, and it attests nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from lab.actors.macos_shims import check_script
from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.playbook import SITE

SCEP, GATE, RESET = "kandji_scep_profile", "device_trust_gate", "okta_device_reset"
RESET_DEVICES = SITE.parent / "reset_devices.yml"
MIGRATE = SITE.parent / "migrate_scep_item.yml"
MARK = '{"device_trust_certificates":'

pytestmark = pytest.mark.lab(macs=6)


def deploy_check(watched, run_module, blueprints, name="Check"):
    options = {"name": name, "script": check_script(), "blueprints": blueprints}
    item_id = run_module("kandji_custom_script", options, lab=watched.lab)["script"]["id"]
    watched.live()
    return item_id


def report(watched, item_id, serial, *, key_id=None, at: datetime | None = None, left_out=0):
    """Let the check on a Mac report another key identifier, or at another time."""
    statuses = next(
        device for device in watched.world.kandji.devices.values() if device.serial == serial
    ).statuses
    status = statuses[item_id]
    head, mark, line = status.log.partition(MARK)
    row = json.loads(mark + line.partition("\n")[0])
    row["left_out"], row["count"] = left_out, len(row["identities"]) + left_out
    for identity in row["identities"] if key_id is not None else []:
        identity["aki"] = key_id
    log = head + json.dumps(row, separators=(",", ":"))
    statuses[item_id] = replace(status, log=log, reported_at=at or status.reported_at)
    watched.world.kandji.changed()


def calls_of(watched, mark):
    return [request.operation for request in watched.asked(mark)]


@pytest.fixture
def access_url(watched):
    """SCEP URL and challenge of Device Access, which nothing verifies without the API."""
    platform = watched.control("POST", "/okta/platforms", {"device_access": True})
    return {"url": platform["scep_url"], "challenge": platform["scep_challenge"]}


@pytest.fixture(params=["attesting", "device_access"])
def ring(request, watched, run_module, profile_args, access_url):
    """The canary with its profile and the check, and the gate that an operator asks about it."""
    url = access_url if request.param == "device_access" else {}
    watched.switch(certificate_authorities="missing")
    (profile,) = run_module(SCEP, {**profile_args, **url}, lab=watched.lab)["profiles"]
    watched.live()
    watched.world.clock.advance(minutes=10)
    item_id = deploy_check(watched, run_module, profile_args["blueprints"])
    watched.switch(certificate_authorities="served")
    serial = watched.canary["test_macs"][0]
    gate = {
        "library_item_id": profile["library_item_id"],
        "payload_uuid": profile["payload_uuid"],
        "updated_at": profile["updated_at"],
        "test_macs": [serial],
    }
    return SimpleNamespace(
        attests=request.param == "attesting",
        gate=gate,
        checked={**gate, "certificate_check_item_id": item_id},
        item_id=item_id,
        serial=serial,
        written=profile["updated_at"],
    )


def judge(watched, run_module, options):
    result = run_module(GATE, options, lab=watched.lab, check=True)
    return result["test_macs"][0]


def test_a_gate_opens_for_a_certificate_of_the_attesting_key_alone(watched, run_module, ring):
    assert judge(watched, run_module, ring.gate)["met"]  # by the name, which says no more
    verdict = judge(watched, run_module, ring.checked)
    assert verdict["met"] is ring.attests
    if not ring.attests:
        assert verdict["proof"] is None and "of another authority" in verdict["reason"]


@pytest.mark.parametrize("ring", ["attesting"], indirect=True)
def test_a_gate_stays_shut_for_a_key_of_no_family(watched, run_module, ring):
    report(watched, ring.item_id, ring.serial, key_id="AB" * 20)
    verdict = judge(watched, run_module, ring.checked)
    assert not verdict["met"] and "of another authority" in verdict["reason"]


@pytest.mark.parametrize("ring", ["device_access"], indirect=True)
def test_what_a_mac_reported_before_the_write_says_nothing(watched, run_module, ring):
    written = datetime.fromisoformat(ring.written.replace("Z", "+00:00"))
    report(watched, ring.item_id, ring.serial, at=written - timedelta(minutes=1))
    assert judge(watched, run_module, ring.checked)["met"]


@pytest.mark.parametrize("ring", ["device_access"], indirect=True)
@pytest.mark.parametrize("state", ["feature", "forbidden", "missing"])
def test_without_the_authorities_the_name_decides(watched, run_module, ring, state):
    watched.switch(certificate_authorities=state)
    assert judge(watched, run_module, ring.checked)["met"]


@pytest.mark.parametrize("ring", ["device_access"], indirect=True)
@pytest.mark.parametrize("change", [{"key_id": ""}, {"left_out": 1}])
def test_a_report_without_the_key_or_with_more_identities_says_nothing(
    watched, run_module, ring, change
):
    report(watched, ring.item_id, ring.serial, **change)
    assert judge(watched, run_module, ring.checked)["met"]


@pytest.mark.parametrize("ring", ["attesting"], indirect=True)
def test_a_gate_reads_the_check_once_where_it_would_open(watched, run_module, ring):
    mark = watched.mark()
    judge(watched, run_module, ring.gate)
    without = calls_of(watched, mark)
    mark = watched.mark()
    judge(watched, run_module, ring.checked)
    extra = calls_of(watched, mark)
    for operation in without:
        extra.remove(operation)
    assert sorted(extra) == ["Get Library Item Statuses", "listCertificateAuthorities"]
    tenant = watched.world.kandji
    device = next(each for each in tenant.devices.values() if each.serial == ring.serial)
    device.report.certificates.clear()
    tenant.changed()
    later = {**ring.checked, "updated_at": watched.world.clock.now().isoformat()}
    mark = watched.mark()
    assert not judge(watched, run_module, later)["met"]
    assert "listCertificateAuthorities" not in calls_of(watched, mark)


def test_stages_and_renewals_count_the_attesting_key_alone(watched, run_module, ring):
    canary = {**watched.canary, "scep_profile": "Okta SCEP - canary"}
    asked = {
        "rings": [{key: canary[key] for key in ("name", "blueprints", "scep_profile")}],
        "certificate_check_item_id": ring.item_id,
    }
    fleet = run_module("device_trust_info", asked, lab=watched.lab)["macs"]
    rows = [row for row in fleet if row["ring"] and row["stage"] != "MANAGED"]
    absent = [row for row in rows if row["stage"] == "CERTIFICATE_ABSENT"]
    assert rows and bool(absent) is not ring.attests
    assert all("of another authority" in row["reason"] for row in absent)
    (renewal,) = run_module("device_trust_renewal_info", asked, lab=watched.lab)["rings"]
    assert renewal["healthy_percent"] == (100 if ring.attests else 0)


@pytest.mark.parametrize("ring", ["attesting"], indirect=True)
def test_after_the_move_the_reported_keys_outweigh_the_last_change_of_the_platform(
    watched, run_module, profile_args, ring
):
    old = watched.world.okta.platform.authority.instance_id
    new = watched.control("POST", "/okta/authority/renew")["key_id"]
    watched.control("POST", "/okta/authority/migrate")
    watched.world.clock.advance(hours=1)
    asked = {
        "rings": [
            {
                "name": "canary",
                "blueprints": profile_args["blueprints"],
                "scep_profile": profile_args["name"],
            }
        ],
        "certificate_check_item_id": ring.item_id,
        "written_before": watched.world.clock.now().isoformat(),
        "authority_key_id": new,
    }

    def renews(**options):
        (decision,) = run_module(
            "device_trust_renewal_info", {**asked, **options}, lab=watched.lab
        )["rings"]
        return decision["renew"]

    assert renews()
    again = {**profile_args, "generation": "authority", "max_reissue": 99}
    assert run_module(SCEP, again, lab=watched.lab)["changed"]
    watched.live()
    # An administrator renames the platform, which is its last change.
    watched.world.clock.advance(hours=1)
    renamed = watched.world.clock.now().isoformat()
    assert not renews(written_before=renamed)
    assert renews(written_before=renamed, authority_key_id=None)
    assert renews(written_before=renamed, certificate_check_item_id=None)
    assert renews(written_before=renamed, authority_key_id=old)


# Reset


UUID = "0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D"
RESET_SERIAL = "RESETMAC0001"


@pytest.fixture
def stuck(watched, run_module):
    return stuck_mac(watched, run_module)


def stuck_mac(watched, run_module, check="Check"):
    """Add a Mac that a reset is for; return what lets it report its certificate under a key."""
    everyone = [name for ring in watched.ring_variables for name in ring["blueprints"]]
    item_id = deploy_check(watched, run_module, everyone, check)
    ResetFleet(watched).stuck(RESET_SERIAL)
    tenant = watched.world.kandji
    other = next(
        device.statuses[item_id] for device in tenant.devices.values() if item_id in device.statuses
    )

    def reports(key_id: str, hours_ago: float = 1):
        identity = {
            "cn": f"{RESET_SERIAL} {UUID}",
            "issuer": "Organization Intermediate Authority",
            "aki": key_id,
            "not_after": "2027-11-23T10:00:00Z",
            "sha256": "9f" * 32,
            "in": "system",
        }
        line = {
            "device_trust_certificates": 1,
            "okta_verify": None,
            "scep_profiles": 1,
            "count": 1,
            "left_out": 0,
            "identities": [identity],
        }
        device = next(each for each in tenant.devices.values() if each.serial == RESET_SERIAL)
        device.statuses[item_id] = replace(
            other,
            log=json.dumps(line, separators=(",", ":")),
            reported_at=watched.world.clock.now() - timedelta(hours=hours_ago),
        )
        tenant.changed()
        return {"serials": [RESET_SERIAL], "certificate_check_item_id": item_id}

    return reports


def decide(watched, run_module, options):
    (row,) = run_module(RESET, options, lab=watched.lab, check=True)["devices"]
    return row


def key_of(watched, family):
    if family == "device_access":
        watched.control("POST", "/okta/platforms", {"device_access": True})
    wanted = "DEVICE_ACCESS_OKTA_AS_CA" if family == "device_access" else "OKTA_AS_CA"
    authorities = watched.world.okta.platform.configurations.authorities
    return next(each.instance_id for each in authorities if each.family == wanted)


def test_a_record_is_reset_if_its_certificate_is_of_the_attesting_key(watched, run_module, stuck):
    row = decide(watched, run_module, stuck(key_of(watched, "attesting")))
    assert row["state"] == "would_reset", row["reason"]


@pytest.mark.parametrize("family", ["device_access", "none"])
def test_a_record_is_not_reset_for_a_certificate_of_another_key(watched, run_module, stuck, family):
    """A new registration would not be managed either."""
    options = stuck("AB" * 20 if family == "none" else key_of(watched, family))
    row = decide(watched, run_module, options)
    assert (row["state"], row["reason_code"]) == ("skipped", "no_profile")
    assert "of another authority" in row["reason"]
    unchecked = decide(watched, run_module, {"serials": [RESET_SERIAL]})
    assert unchecked["state"] == "would_reset"


def test_an_old_report_does_not_speak_of_a_newer_certificate(watched, run_module, stuck):
    options = stuck("AB" * 20, hours_ago=48 + 25)  # the certificate was seen 48 hours ago
    assert decide(watched, run_module, options)["state"] == "would_reset"


def test_without_the_authorities_a_reset_decides_by_the_name(watched, run_module, stuck):
    options = stuck("AB" * 20)
    watched.switch(certificate_authorities="feature")
    assert decide(watched, run_module, options)["state"] == "would_reset"


def test_a_reset_reads_the_check_where_a_certificate_would_count(watched, run_module, stuck):
    options = stuck(key_of(watched, "attesting"))
    mark = watched.mark()
    decide(watched, run_module, {"serials": [RESET_SERIAL]})
    without = calls_of(watched, mark)
    mark = watched.mark()
    decide(watched, run_module, options)
    extra = calls_of(watched, mark)
    for operation in without:
        extra.remove(operation)
    assert sorted(extra) == ["Get Library Item Statuses", "listCertificateAuthorities"]
    ResetFleet(watched).mac(RESET_SERIAL, certificate=None)
    mark = watched.mark()
    decide(watched, run_module, options)
    assert "listCertificateAuthorities" not in calls_of(watched, mark)


# The playbooks


CHECK = "Okta certificate check"
PREFLIGHT = "Check Okta, Kandji and the rings, and plan the changes"


def stages_of(result, task):
    """Return the stage of each Mac of the table, as this task read it."""
    (read,) = result.results(task)
    return {row["serial_number"]: row["stage"] for row in read.get("stages", read)["macs"]}


@pytest.mark.long
def test_site_and_device_status_read_the_ledger(watched, playbook, tmp_path):
    (tmp_path / "certificates.jsonl").write_text("{")
    variables = {"device_trust_state_dir": str(tmp_path)}
    site = playbook(watched.lab, SITE, variables=variables, check=True)
    (planned,) = site.results(PREFLIGHT)
    assert site.status != 0 and "certificates.jsonl" in planned["stages"]["msg"], site.output
    asked = {**variables, "device_trust_status_serials": watched.canary["test_macs"]}
    alone = playbook(watched.lab, SITE.parent / "device_status.yml", variables=asked)
    assert alone.status != 0 and "certificates.jsonl" in alone.output, alone.output


@pytest.mark.long
def test_site_gives_the_check_to_the_gate_of_a_ring_of_an_earlier_run(watched, playbook):
    variables = {"device_trust_certificate_check": True, "device_trust_gate_wait": 0}
    first = playbook(watched.lab, SITE, variables=variables)
    assert first.status == 0 and "Waiting at ring canary" in first.output, first.output
    watched.live()
    watched.world.clock.advance(minutes=10)
    watched.live()
    proved = playbook(watched.lab, SITE, variables=variables, check=True)
    assert "Ring canary: proven" in proved.output, proved.output
    scripts = watched.world.kandji.library.scripts()
    (item_id,) = [script.id for script in scripts if script.name == CHECK]
    for serial in watched.canary["test_macs"]:
        report(watched, item_id, serial, key_id="AB" * 20)
    mark = watched.mark()
    waiting = playbook(watched.lab, SITE, variables=variables, check=True)
    assert "Ring canary: would wait" in waiting.output, waiting.output
    assert "of another authority" in " ".join(waiting.output.split())
    assert watched.writes(mark) == []
    asked = {**variables, "device_trust_status_serials": watched.canary["test_macs"]}
    alone = playbook(watched.lab, SITE.parent / "device_status.yml", variables=asked)
    expected = stages_of(alone, "Read the stage of the Macs")
    predicted = stages_of(waiting, PREFLIGHT)
    assert set(expected.values()) == {"CERTIFICATE_ABSENT"}
    assert {serial: predicted[serial] for serial in expected} == expected


@pytest.mark.long
def test_the_reset_playbook_gives_the_check_to_the_role(watched, run_module, playbook):
    reports = stuck_mac(watched, run_module, CHECK)
    reports("AB" * 20)
    variables = {"device_trust_reset_serials": [RESET_SERIAL]}
    checked = {**variables, "device_trust_certificate_check": True}
    result = playbook(watched.lab, RESET_DEVICES, variables=checked, check=True)
    assert result.status == 0 and "of another authority" in " ".join(result.output.split())
    assert "0 would be reset" in result.output
    unchecked = playbook(watched.lab, RESET_DEVICES, variables=variables, check=True)
    assert "1 would be reset" in unchecked.output


@pytest.mark.long
def test_the_migration_gives_the_check_to_the_gate_of_a_ring_of_an_earlier_run(
    watched, run_module, playbook
):
    rings = watched.ring_variables[:2]
    everyone = [name for ring in rings for name in ring["blueprints"]]
    item = {"type": "scep", "name": "Okta SCEP (web app)", "blueprints": everyone}
    watched.control("POST", "/kandji/items", item)
    watched.live()
    variables = {
        "device_trust_rings": rings[:1],
        "device_trust_console_item": item["name"],
        "device_trust_migrate_to": "profile",
        "device_trust_max_removed": 9,
        "device_trust_gate_wait": 0,
    }
    for _unused in range(2):
        migrated = playbook(watched.lab, MIGRATE, variables=variables)
        assert migrated.status == 0, migrated.output
        watched.live()
    watched.world.clock.advance(minutes=10)
    item_id = deploy_check(watched, run_module, everyone, CHECK)
    for serial in rings[0]["test_macs"]:
        report(watched, item_id, serial, key_id="AB" * 20)
    both = {**variables, "device_trust_rings": rings}
    for checks, met in ((False, True), (True, False)):
        result = playbook(
            watched.lab,
            MIGRATE,
            variables={**both, "device_trust_certificate_check": checks},
            check=True,
        )
        assert result.status == 0, result.output
        gate = result.results("Check the test Macs of the previous ring")[-1]
        assert gate["met"] is met, gate
