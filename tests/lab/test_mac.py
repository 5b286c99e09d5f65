# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs: what they fetch at a check-in, how they enroll, and what they report."""

from __future__ import annotations

import re

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    check_report as _certificate_check,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
    client as _scep,
)

from lab.actors.enrollment import EnrollmentFailed, enroll, enroll_as_record
from lab.actors.inventory import OKTA_VERIFY
from lab.actors.mac import Mac, act
from lab.actors.macos_shims import check_script
from lab.kandji import web_app
from lab.kandji.device_operations import render_device
from lab.okta.org import Org

SCEP_URL = "https://scep.invalid/pki"
CHALLENGE = "a-secret-challenge"


@pytest.fixture
def authority(kandji_world):
    kandji_world.okta = Org(kandji_world, "https://scep.invalid")
    return kandji_world.okta.platform.authority


@pytest.fixture
def exchange(authority):
    """The authority's SCEP endpoint, without HTTP. ``exchange.challenge`` is the one it wants."""

    def answer(verb, url, params, body):
        if params["operation"] == "GetCACaps":
            return 200, "text/plain", authority.get_ca_caps()
        if params["operation"] == "GetCACert":
            content, media_type = authority.get_ca_cert(as_pkcs7=False)
            return 200, media_type, content
        return 200, "application/x-pki-message", authority.pki_operation(body, answer.challenge)[0]

    answer.challenge = CHALLENGE
    return answer


@pytest.fixture
def blueprint(tenant):
    return tenant.add_blueprint("Canary")


@pytest.fixture
def mac(kandji_world, add_device, blueprint, exchange):
    device = add_device(blueprint.id)
    kandji_world.macs.append(
        Mac(
            kandji_world,
            device,
            lambda world, settings, identifier: enroll(exchange, settings, identifier),
        )
    )
    return kandji_world.macs[0]


@pytest.fixture
def profile(tenant, blueprint, scep_profile):
    """The SCEP profile, on the Mac's blueprint."""
    created = tenant.library.create_profile(
        name="Okta SCEP", document=scep_profile, runs_on={"Mac"}
    )
    tenant.assignments.assign(blueprint, created, None)
    return created


@pytest.fixture
def native(tenant, blueprint, authority):
    """A SCEP item that somebody made in the console, on the Mac's blueprint."""
    item = web_app.make_scep(tenant, "Okta SCEP by hand", {"URL": SCEP_URL, "Challenge": CHALLENGE})
    tenant.assignments.assign(blueprint, item, None)
    return item


def touch(tenant, profile):
    tenant.library.update_profile(
        profile, name=profile.name, document=None, runs_on=profile.runs_on, active=True
    )


def status(tenant, mac, item):
    return tenant.deliveries.status_of(mac.device, item)


def test_a_check_in_enrolls_and_reports(mac, profile, tenant, authority):
    assert mac.check_in().installed == ["Okta SCEP"]
    certificate = mac.certificates[0]
    assert certificate.common_name == f"{mac.serial} {profile.identity}"
    assert authority.find(certificate.der).serial_number == certificate.serial_number
    assert certificate.private_key.key_size == 2048
    assert status(tenant, mac, profile).status == "success"
    assert certificate.common_name in [
        row.columns["common_name"] for row in mac.device.report.certificates
    ]
    assert profile.identity in [row.columns["payload_uuid"] for row in mac.device.report.profiles]


def test_until_the_check_in_nothing_has_happened(mac, profile, tenant):
    assert mac.certificates == []
    assert status(tenant, mac, profile).status == "pending"


def test_a_second_check_in_enrolls_no_more(mac, profile, authority):
    mac.check_in()
    assert mac.check_in().installed == []
    assert len(authority.certificates) == 1


def test_a_new_identity_replaces_profile_key_and_certificate(mac, profile, tenant):
    mac.check_in()
    old = mac.certificates[0]
    touch(tenant, profile)
    mac.check_in()
    assert [held.common_name for held in mac.certificates] == [f"{mac.serial} {profile.identity}"]
    assert mac.certificates[0].private_key is not old.private_key
    assert mac.certificates[0].serial_number != old.serial_number


def test_profile_and_certificate_leave_with_the_scope(mac, profile, tenant, blueprint):
    mac.check_in()
    tenant.assignments.remove(blueprint, profile, None)
    assert mac.check_in().removed == ["Okta SCEP"]
    assert (mac.certificates, mac.profiles) == ([], {})
    assert profile.identity not in [
        row.columns["payload_uuid"] for row in mac.device.report.profiles
    ]


def test_an_inactive_profile_is_out_of_scope(mac, profile, tenant):
    mac.check_in()
    tenant.library.update_profile(
        profile, name="Okta SCEP", document=None, runs_on={"Mac"}, active=False
    )
    mac.check_in()
    assert mac.certificates == []


def test_a_wrong_challenge_leaves_nothing_and_says_so_without_the_secret(
    mac, profile, tenant, exchange
):
    exchange.challenge = "another"
    assert mac.check_in().failed == ["Okta SCEP"]
    assert (mac.certificates, mac.profiles) == ([], {})
    assert status(tenant, mac, profile).status == "failed"
    assert "badRequest" in status(tenant, mac, profile).log
    assert CHALLENGE not in status(tenant, mac, profile).log


def test_a_failed_profile_is_tried_again_at_the_next_check_in(mac, profile, tenant, exchange):
    exchange.challenge = "another"
    mac.check_in()
    exchange.challenge = CHALLENGE
    assert mac.check_in().installed == ["Okta SCEP"]
    assert status(tenant, mac, profile).status == "success"


@pytest.mark.parametrize(("pending_answers", "enrolls"), [(5, True), (6, False)])
def test_retries_are_for_pending(monkeypatch, exchange, scep_profile, pending_answers, enrolls):
    answers = []
    real = _scep.enroll

    def answer(*arguments, **settings):
        answers.append(1)
        if len(answers) <= pending_answers:
            raise _scep.ScepPending()
        return real(*arguments, **settings)

    monkeypatch.setattr(_scep, "enroll", answer)
    settings = {
        **scep_profile["PayloadContent"][0]["PayloadContent"],
        "Subject": [[["CN", "x"]]],
    }  # Retries 5
    if enrolls:
        assert enroll(exchange, settings, "p").common_name == "x"
    else:
        with pytest.raises(EnrollmentFailed, match="pending through 6 attempts"):
            enroll(exchange, settings, "p")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"URL": ""}, "no URL"),
        ({"Retries": "5"}, "Retries"),
        ({"Challenge": b"bytes"}, "Challenge"),
    ],
)
def test_a_payload_that_no_mac_would_take_fails(exchange, scep_profile, change, named):
    with pytest.raises(EnrollmentFailed, match=named):
        enroll(exchange, {**scep_profile["PayloadContent"][0]["PayloadContent"], **change}, "p")


def test_a_refusal_is_final(monkeypatch, exchange):
    calls = []

    def refuse(*_arguments, **_settings):
        calls.append(1)
        raise _scep.ScepRefused("badAlg")

    monkeypatch.setattr(_scep, "enroll", refuse)
    with pytest.raises(EnrollmentFailed, match="badAlg"):
        enroll(exchange, {"URL": SCEP_URL, "Retries": 5}, "p")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, lambda profile: profile.identity),
        (
            {"profile_uuid_variable": "item_id", "profile_uuid_case": "lower"},
            lambda profile: profile.id,
        ),
    ],
)
def test_what_profile_uuid_stands_for_is_a_switch(kandji_world, mac, profile, switches, expected):
    kandji_world.switches.set(**switches)
    mac.check_in()
    assert mac.certificates[0].common_name == f"{mac.serial} {expected(profile)}"


def test_variables_of_a_user_are_empty_without_one(kandji_world, tenant, mac, scep_profile):
    scep_profile["PayloadContent"][0]["PayloadContent"]["Subject"] = [
        [["CN", "$EMAIL|$EMAIL_PREFIX|$DEVICE_ID|$UDID|$DEVICE_NAME|$NO_SUCH"]]
    ]
    profile = tenant.library.create_profile(name="x", document=scep_profile, runs_on={"Mac"})

    def subject():
        return tenant.deliveries.deliver(mac.device, profile).document["PayloadContent"][0][
            "PayloadContent"
        ]["Subject"][0][0][1]

    rest = f"{mac.device_id}|{mac.udid}|{mac.device.name}|$NO_SUCH"
    assert subject() == f"||{rest}"
    mac.device.user = tenant.add_user("Ana", "ana@example.com")
    assert subject() == f"ana@example.com|ana|{rest}"
    assert "$EMAIL" in profile.text  # stored as it was sent


def test_the_inventory_is_what_was_reported_not_what_is(client, mac, profile, tenant, kandji_world):
    mac.check_in()
    touch(tenant, profile)
    rows = client.get(
        "/prism/installed_profiles",
        filter=f'{{"payload_identifier": {{"in": ["{profile.mdm_identifier}"]}}}}',
    ).json["data"]
    assert rows[0]["payload_uuid"] != profile.identity
    assert rows[0]["profile_data"][0]["type"] == "com.apple.security.scep"
    assert CHALLENGE not in str(rows)


def test_a_check_in_answers_what_was_asked(client, mac, kandji_world):
    client.post(f"/devices/{mac.device_id}/action/dailycheckin")
    assert [result.serial for result in act(kandji_world, only_asked=True)] == [mac.serial]
    assert mac.device.pending == set()
    assert act(kandji_world, only_asked=True) == []


def test_update_inventory_reports_and_installs_nothing(client, mac, profile, kandji_world):
    client.post(f"/devices/{mac.device_id}/action/updateinventory")
    act(kandji_world, only_asked=True)
    assert mac.device.report is not None
    assert (mac.certificates, mac.device.pending) == ([], set())


def test_a_mac_in_a_drawer_never_checks_in(client, mac, profile, kandji_world):
    mac.device.is_missing = True
    client.post(f"/devices/{mac.device_id}/action/dailycheckin")
    act(kandji_world)
    assert (mac.certificates, mac.device.report, mac.device.pending) == ([], None, {"dailycheckin"})


def test_only_the_named_macs_act(mac, profile, kandji_world):
    assert act(kandji_world, serials=["OTHER"]) == []
    assert mac.certificates == []


def test_the_app_comes_with_a_license_and_goes_with_the_scope(mac, tenant, blueprint):
    item = tenant.library.add_item(
        "Okta Verify", "vpp-app", bundle_id=OKTA_VERIFY, version="9.52.0", licenses=1
    )
    tenant.assignments.assign(blueprint, item, None)
    mac.check_in()
    assert (OKTA_VERIFY in mac.apps, item.holders, status(tenant, mac, item).status) == (
        True,
        {mac.device_id},
        "PASS",
    )
    tenant.assignments.remove(blueprint, item, None)
    mac.check_in()
    assert (OKTA_VERIFY in mac.apps, item.holders) == (False, set())


def test_an_app_that_came_by_hand_stays(mac, tenant, blueprint):
    item = tenant.library.add_item("Okta Verify", "vpp-app", bundle_id=OKTA_VERIFY, licenses=1)
    mac.install_by_hand()
    tenant.assignments.assign(blueprint, item, None)
    mac.check_in()
    tenant.assignments.remove(blueprint, item, None)
    mac.check_in()
    assert OKTA_VERIFY in mac.apps


def test_without_a_license_the_log_says_so(mac, tenant, blueprint):
    item = tenant.library.add_item("Okta Verify", "vpp-app", bundle_id=OKTA_VERIFY, licenses=0)
    tenant.assignments.assign(blueprint, item, None)
    mac.check_in()
    assert OKTA_VERIFY not in mac.apps
    assert (
        status(tenant, mac, item).status,
        "No licenses available" in status(tenant, mac, item).log,
    ) == ("ERROR", True)


def test_who_is_last_in_line_leaves_the_licenses_to_the_others(tenant):
    item = tenant.library.add_item(
        "Okta Verify",
        "vpp-app",
        bundle_id=OKTA_VERIFY,
        licenses=1,
        expected={"one", "last"},
        last_in_line={"last"},
    )
    assert item.take_license("last") is False
    assert item.take_license("one") is True
    item.licenses = 2
    assert item.take_license("last") is True


def test_a_mac_that_is_a_record_is_judged_by_the_same_things(
    kandji_world, tenant, authority, add_device, blueprint, profile
):
    kandji_world.okta.platform.scep_url = SCEP_URL
    kandji_world.okta.platform.configuration.challenge = CHALLENGE
    mac = Mac(kandji_world, add_device(blueprint.id, "RECORD"), enroll_as_record)
    mac.check_in()
    assert mac.certificates[0].common_name == f"RECORD {profile.identity}"
    assert authority.certificates[mac.certificates[0].serial_number].der is None
    assert mac.newest_certificate == mac.certificates[0].serial_number
    kandji_world.okta.platform.configuration.challenge = "reset meanwhile"
    touch(tenant, profile)
    assert mac.check_in().failed == ["Okta SCEP"]
    assert mac.certificates == []


def test_kandji_s_own_device_trust_shows_in_the_details(client, tenant, mac):
    tenant.install_device_trust(mac)
    shown = client.get(f"/devices/{mac.device_id}/details").json["installed_profiles"]
    assert ["com.kandji.profile.odt.scep", ["com.apple.security.scep"]] in [
        [row["identifier"], row["payload_types"]] for row in shown
    ]
    mac.check_in()
    assert "com.kandji.profile.odt.scep" in mac.profiles


# SCEP items that were made in the console


def common_names(mac):
    return [held.common_name for held in mac.certificates]


def test_a_scep_item_enrolls_and_kandji_has_put_the_profile_s_uuid_into_the_name(
    mac, native, tenant, authority
):
    assert mac.check_in().installed == ["Okta SCEP by hand"]
    assert common_names(mac) == [f"{mac.serial} {native.identity}"]
    assert authority.find(mac.certificates[0].der) is not None
    assert status(tenant, mac, native).status == "success"
    row = next(
        row.columns
        for row in mac.device.report.profiles
        if row.columns["payload_identifier"] == native.mdm_identifier
    )
    assert (row["payload_uuid"], row["profile_data"][0]["type"]) == (
        native.identity,
        "com.apple.security.scep",
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]]),
        ({"redistribution_days": None}, [[["CN", "$SERIAL_NUMBER"]]]),
        (
            {"Subject": "O=Acme\\, Inc., CN=$SERIAL_NUMBER"},
            [[["O", "Acme, Inc."]], [["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        ),
        ({"Subject": "CN=$PROFILE_UUID"}, [[["CN", "$PROFILE_UUID"]]]),
        ({"Subject": "O=Acme"}, [[["O", "Acme"]], [["CN", "$PROFILE_UUID"]]]),
    ],
)
def test_the_subject_as_it_is_saved(tenant, authority, settings, expected):
    item = web_app.make_scep(tenant, "x", settings)
    assert item.document["PayloadContent"][0]["PayloadContent"]["Subject"] == expected


def test_the_settings_that_are_not_said_are_the_guide_s_and_the_org_s(
    tenant, authority, kandji_world
):
    payload = web_app.make_scep(tenant, "x", {}).document["PayloadContent"][0]["PayloadContent"]
    assert (payload["URL"], payload["Challenge"]) == (
        kandji_world.okta.platform.scep_url,
        kandji_world.okta.platform.challenge,
    )
    shown = {
        key: payload[key]
        for key in (
            "Keysize",
            "Key Usage",
            "Retries",
            "RetryDelay",
            "KeyIsExtractable",
            "AllowAllAppsAccess",
        )
    }
    assert shown == {
        "Keysize": 2048,
        "Key Usage": 1,
        "Retries": 5,
        "RetryDelay": 30,
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": True,
    }


def test_saving_a_scep_item_delivers_it_anew(mac, native, tenant):
    mac.check_in()
    old = native.identity
    web_app.edit_item(tenant, native, {"settings": {"Retries": 3}})
    assert status(tenant, mac, native).status == "pending"
    assert mac.check_in().installed == ["Okta SCEP by hand"]
    assert common_names(mac) == [f"{mac.serial} {native.identity}"] and native.identity != old
    assert native.settings["Challenge"] == CHALLENGE


def test_a_profile_is_sent_anew_to_a_mac_whose_certificate_ends_within_thirty_days(
    mac, native, tenant, kandji_world, add_device, blueprint
):
    young = Mac(kandji_world, add_device(blueprint.id, "YOUNG"), mac.enroll)
    mac.check_in()
    kandji_world.clock.advance(days=334)
    young.check_in()
    assert mac.check_in().installed == []
    kandji_world.clock.advance(days=2)
    old = mac.certificates[0]
    assert (mac.check_in().installed, young.check_in().installed) == (["Okta SCEP by hand"], [])
    assert len(mac.certificates) == 1 and mac.certificates[0].not_after > old.not_after
    assert common_names(mac)[0] not in (old.common_name, f"{mac.serial} {native.identity}")
    assert mac.profiles[native.mdm_identifier].payload_uuid in common_names(mac)[0]
    assert status(tenant, mac, native).status == "success"
    assert mac.check_in().installed == []


def test_without_redistribution_a_certificate_ends(mac, native, tenant, kandji_world):
    web_app.edit_item(tenant, native, {"settings": {"redistribution_days": None}})
    mac.check_in()
    kandji_world.clock.advance(days=360)
    assert mac.check_in().installed == []


def test_a_custom_profile_is_never_sent_anew_by_kandji(mac, profile, kandji_world):
    mac.check_in()
    kandji_world.clock.advance(days=360)
    assert mac.check_in().installed == []


def test_a_secret_that_was_reset_fails_the_redistribution(
    mac, native, tenant, exchange, kandji_world
):
    mac.check_in()
    exchange.challenge = "another"
    kandji_world.clock.advance(days=340)
    assert mac.check_in().failed == ["Okta SCEP by hand"]
    assert status(tenant, mac, native).status == "failed"


def test_item_and_custom_profile_side_by_side_are_two_certificates(
    mac, native, profile, tenant, blueprint
):
    mac.check_in()
    assert len(mac.certificates) == 2
    tenant.assignments.remove(blueprint, native, None)
    assert mac.check_in().removed == ["Okta SCEP by hand"]
    assert common_names(mac) == [f"{mac.serial} {profile.identity}"]


# Assignment maps


def test_other_tags_wait_for_the_check_in_of_mdm_and_the_agent_is_quicker(
    client, mac, tenant, scep_profile
):
    blueprint = tenant.add_blueprint("Map", "map", conditions=["vip"])
    profile, script = (
        tenant.library.create_profile(name="SCEP", document=scep_profile, runs_on={"Mac"}),
        tenant.library.create_script("Hello", script="echo"),
    )
    for item in (profile, script):
        tenant.assignments.assign(blueprint, item, blueprint.nodes[1].id)
    client.send("PATCH", f"/devices/{mac.device_id}", json={"blueprint_id": blueprint.id})
    client.send("PATCH", f"/devices/{mac.device_id}", json={"tags": ["vip"]})

    def shown():
        return [
            row["name"]
            for row in client.get(f"/devices/{mac.device_id}/library-items").json["library_items"]
        ]

    assert shown() == ["Hello"]
    assert mac.check_in().installed == ["SCEP"]
    assert shown() == ["SCEP", "Hello"]
    client.send("PATCH", f"/devices/{mac.device_id}", json={"tags": []})
    assert shown() == ["SCEP"]
    assert mac.check_in().removed == ["SCEP"]
    assert mac.certificates == []


def test_an_assignment_has_the_map_looked_at_at_once(client, mac, tenant, scep_profile):
    blueprint = tenant.add_blueprint("Map", "map", conditions=["vip"])
    client.send("PATCH", f"/devices/{mac.device_id}", json={"blueprint_id": blueprint.id})
    client.send("PATCH", f"/devices/{mac.device_id}", json={"tags": ["vip"]})
    profile = tenant.library.create_profile(name="SCEP", document=scep_profile, runs_on={"Mac"})
    tenant.assignments.assign(blueprint, profile, blueprint.nodes[1].id)
    assert tenant.assignments.in_scope(profile) == [mac.device]


# Custom Scripts


def log_after_check_in(kandji_world, tenant, mac, blueprint, script):
    item = tenant.library.create_script("Look", script=script)
    tenant.assignments.assign(blueprint, item, None)
    mac.check_in()
    return tenant.deliveries.status_of(mac.device, item).log


def test_the_certificate_check_says_what_the_mac_holds(
    kandji_world, tenant, mac, blueprint, profile
):
    mac.check_in()
    mac.install_by_hand()
    log = log_after_check_in(kandji_world, tenant, mac, blueprint, check_script())
    check = _certificate_check.read_check(log)
    assert check and [one.common_name for one in check.identities] == [
        mac.certificates[0].common_name
    ]
    assert '"okta_verify":"9.50.0","scep_profiles":2' in log, (
        "the management profile has one of its own"
    )
    assert check.identities[0].sha256 == mac.describe()["certificate"]["fingerprint_sha256"]


def test_a_script_of_a_client_is_never_run_on_this_machine(
    kandji_world, tenant, mac, blueprint, tmp_path
):
    trap = tmp_path / "run"
    hostile = check_script().replace("umask 077", f"umask 077; touch {trap}")
    for script in (
        f"#!/bin/sh\ntouch {trap}",
        hostile,
        re.sub("issuer_base64='.*'", f"issuer_base64=''; touch {trap}; ''", check_script()),
    ):
        assert (
            log_after_check_in(kandji_world, tenant, mac, blueprint, script)
            == "Executing Look...\nExit code: 0"
        )
    assert not trap.exists()


def test_a_log_may_be_cut(kandji_world, tenant, mac, blueprint, profile):
    kandji_world.switches.script_log_length = 100
    log = log_after_check_in(kandji_world, tenant, mac, blueprint, check_script())
    assert (
        len(log) == len("Executing Look...\n") + 100 + len("Exit code: 0")
        and _certificate_check.read_check(log).identities == ()
    )


def test_a_profile_that_names_a_certificate_which_it_lacks_is_not_installed(
    mac, tenant, profile, scep_profile
):
    [scep] = scep_profile["PayloadContent"]
    network = {
        **{key: scep[key] for key in ("PayloadVersion", "PayloadIdentifier")},
        "PayloadType": "com.apple.wifi.managed",
        "PayloadUUID": "AAAAAAAA-0000-4000-8000-000000000002",
        "SSID_STR": "Acme",
        "PayloadCertificateUUID": scep["PayloadUUID"],
    }
    complete = {**scep_profile, "PayloadContent": [scep, network]}
    unchanged = {"name": "Okta SCEP", "runs_on": {"Mac"}, "active": True}
    tenant.library.update_profile(profile, document=complete, **unchanged)
    assert mac.check_in().installed == ["Okta SCEP"] and len(mac.certificates) == 1
    dangling = {**network, "PayloadCertificateUUID": "AAAAAAAA-0000-4000-8000-000000000003"}
    incomplete = {**complete, "PayloadContent": [scep, dangling]}
    tenant.library.update_profile(profile, document=incomplete, **unchanged)
    assert mac.check_in().failed == ["Okta SCEP"]
    shown = status(tenant, mac, profile)
    assert (shown.status, "could not be installed" in shown.log) == ("failed", True)


def test_a_mac_that_leaves_the_mdm_loses_its_certificate(mac, profile, tenant):
    mac.check_in()
    assert mac.certificates
    mac.leave_mdm()
    assert (mac.certificates, mac.profiles) == ([], {})
    assert not mac.check_in().installed
    assert render_device(tenant, mac.device)["mdm_enabled"] is False
