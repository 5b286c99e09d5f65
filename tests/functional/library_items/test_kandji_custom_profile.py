# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_custom_profile against the lab.

Any profile, written only where it says something else, and taken away only within limits.
"""

from __future__ import annotations

import json
import plistlib
import random
import uuid

import pytest

MODULE = "kandji_custom_profile"
PASSWORD = "Zq7<&>vXk29LmTw-4b"

pytestmark = pytest.mark.lab(macs=3)


def payload(kind, **values):
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.acme.{kind}",
        "PayloadUUID": f"UUID of {kind}",
        **values,
    }


def wifi(**values):
    return payload(
        "com.apple.wifi.managed",
        **{"SSID_STR": "Acme", "Password": PASSWORD, "EncryptionType": "WPA2", **values},
    )


def text(*payloads, **top):
    document = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi",
        "PayloadUUID": "ANY",
        "PayloadDisplayName": "Mine",
        **top,
        "PayloadContent": list(payloads),
    }
    return plistlib.dumps(document).decode()


@pytest.fixture
def wanted(watched):
    return {
        "name": "Wi-Fi",
        "mobileconfig": text(wifi()),
        "blueprints": watched.canary["blueprints"],
    }


def stored(watched, name="Wi-Fi"):
    return next((one for one in watched.world.kandji.library.profiles() if one.name == name), None)


def test_made_once_and_left_alone_after(watched, run_module, wanted):
    predicted = run_module(MODULE, wanted, lab=watched.lab, check=True, diff=True)
    assert (
        predicted["changed"]
        and watched.writes() == []
        and predicted["profiles"][0]["library_item_id"] is None
    ), predicted
    first = run_module(MODULE, wanted, lab=watched.lab, diff=True)
    assert watched.writes() == ["Create Custom Profile", "Assign Library Item"], first
    assert (predicted["changes"], predicted["diff"], predicted["macs_touched"]) == (
        first["changes"],
        first["diff"],
        first["macs_touched"],
    )
    mark = watched.mark()
    second = run_module(MODULE, wanted, lab=watched.lab)
    assert not second["changed"] and watched.writes(mark) == []
    assert (
        second["profiles"][0]["library_item_id"]
        == stored(watched).id
        == first["profiles"][0]["library_item_id"]
    )
    watched.live()
    assert [
        stored(watched).mdm_identifier in mac.profiles
        for mac in watched.world.macs
        if mac.serial in watched.canary["test_macs"]
    ] == [True, True]


@pytest.mark.parametrize(
    "switches",
    [
        {"top_level_keys_survive": False},
        {"inner_identity_survives": False},
        {"tabs_become_spaces": True},
        {"mixed_case_ids": True},
        {"profile_flags_listed": False},
    ],
)
def test_what_the_tenant_rewrites_is_no_difference(watched, run_module, wanted, switches):
    watched.switch(**switches)
    full = {
        **wanted,
        "mobileconfig": text(
            wifi(),
            payload("com.acme.app", Key="$EMAIL"),
            PayloadDescription="Ours",
            PayloadOrganization="Acme",
        ),
    }
    assert run_module(MODULE, full, lab=watched.lab)["changed"]
    mark = watched.mark()
    second = run_module(MODULE, full, lab=watched.lab)
    assert not second["changed"] and watched.writes(mark) == [], second


@pytest.mark.parametrize("survives", [True, False])
@pytest.mark.parametrize("kind", ["com.apple.security.root", "com.apple.security.scep"])
def test_a_file_that_is_built_again_with_other_uuids_is_unchanged(
    watched, run_module, wanted, kind, survives
):
    watched.switch(inner_identity_survives=survives)
    told = watched.lab.announcement
    contents = {
        "com.apple.security.root": b"root",
        "com.apple.security.scep": {
            "URL": told["scep_url"],
            "Challenge": told["scep_challenge"],
            "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        },
    }

    def built(number):
        names = [str(uuid.UUID(int=16 * number + each)).upper() for each in range(2)]
        certificate = {**payload(kind, PayloadContent=contents[kind]), **named(names[0])}
        network = {**wifi(PayloadCertificateUUID=names[0]), **named(names[1])}
        return {**wanted, "mobileconfig": text(*random.sample([certificate, network], 2))}

    def named(name):
        return {"PayloadUUID": name, "PayloadIdentifier": f"com.acme.{name}"}

    assert run_module(MODULE, built(1), lab=watched.lab)["changed"]
    mark = watched.mark()
    again = run_module(MODULE, built(2), lab=watched.lab)
    assert not again["changed"] and watched.writes(mark) == [], again


@pytest.mark.parametrize(
    "stored, asked", [(True, 1), (False, 0), (1, 1.0), (1, True), (0, False)], ids=repr
)
@pytest.mark.parametrize("form", ["value", "list", "dictionary in a list"])
def test_a_number_is_not_the_switch_or_the_number_of_another_type(
    watched, run_module, wanted, stored, asked, form
):
    def file(value):
        values = {"value": value, "list": [value], "dictionary in a list": [{"Key": value}]}
        return {**wanted, "mobileconfig": text(payload("com.acme.app", Values=values[form]))}

    assert run_module(MODULE, file(stored), lab=watched.lab)["changed"]
    assert not run_module(MODULE, file(stored), lab=watched.lab, check=True)["changed"]
    assert run_module(MODULE, file(asked), lab=watched.lab, check=True)["changed"]


def test_a_change_that_macs_hold_needs_max_reinstall_and_shows_what_changes(
    watched, run_module, wanted, shown
):
    run_module(MODULE, wanted, lab=watched.lab)
    watched.live()
    changed = {
        **wanted,
        "mobileconfig": text(wifi(Password="Yw4kPz81Rt-mNb6Qv", AutoJoin=True)),
    }
    mark = watched.mark()
    refused = run_module(MODULE, changed, lab=watched.lab)
    assert (
        refused["failed"]
        and refused["limit"] == "max_reinstall"
        and refused["count"] == 3
        and watched.writes(mark) == []
    ), refused
    done = run_module(MODULE, {**changed, "max_reinstall": 3}, lab=watched.lab, diff=True)
    assert done["macs_touched"] == {
        "reissue": 0,
        "reinstall": 3,
        "new": 0,
        "removed": 0,
    } and watched.writes(mark) == ["Update Custom Profile"]
    before, after = (done["diff"][side]["profile 'Wi-Fi'"] for side in ("before", "after"))
    assert (before, after) == (
        {
            "com.apple.wifi.managed/Password": "******** (another one)",
            "com.apple.wifi.managed/AutoJoin": None,
        },
        {"com.apple.wifi.managed/Password": "********", "com.apple.wifi.managed/AutoJoin": True},
    )
    for secret in (PASSWORD, "Yw4kPz81Rt-mNb6Qv"):
        assert shown(secret) == []
    assert not run_module(MODULE, changed, lab=watched.lab)["changed"]


KEYS = {
    "AuthKey": "canary-secret-1",
    "PreSharedKey": "canary-secret-2",
    "RecoveryKey": "canary-secret-3",
    "PIN": "canary-secret-4",
}


@pytest.mark.parametrize("key", KEYS)
def test_a_diff_shows_no_secret(watched, run_module, wanted, key):
    args = {**wanted, "mobileconfig": text(payload("com.acme.vpn", **{key: KEYS[key]}))}
    result = run_module(MODULE, args, lab=watched.lab, diff=True)
    assert result["changed"] and "canary-secret" not in json.dumps(result)


def test_a_failure_shows_no_secret_that_somebody_else_wrote(watched, run_module, wanted):
    args = {**wanted, "mobileconfig": text(payload("com.acme.vpn", **KEYS, Number=7))}
    run_module(MODULE, args, lab=watched.lab)
    profile = stored(watched)
    document = plistlib.loads(profile.text.encode())
    document["PayloadContent"][0].update(AuthKey="canary-secret-rotated", Own="canary-secret-6")
    watched.world.kandji.library.update_profile(
        profile, name="Wi-Fi", document=document, runs_on={"Mac"}, active=True
    )
    refused = run_module(MODULE, args, lab=watched.lab)
    assert refused["differences"] == {
        "com.acme.vpn/AuthKey": {"in_kandji": "******** (another one)", "asked_for": "********"},
        "com.acme.vpn/Own": {"in_kandji": "********", "asked_for": None},
    }
    assert "canary-secret" not in json.dumps(refused)


@pytest.mark.parametrize("key", ["TokenToUserMapping", "Password"])
def test_a_value_that_is_an_ordinary_word_leaves_the_result_readable(
    watched, run_module, wanted, key
):
    sso = payload("com.apple.extensiblesso", **{key: {"FullName": "name", "Account": "Canary"}})
    result = run_module(MODULE, {**wanted, "mobileconfig": text(sso)}, lab=watched.lab, diff=True)
    assert result["profiles"][0]["name"] == "Wi-Fi"
    assert result["profiles"][0]["blueprints"][0]["name"] == "Canary"
    assert result["changes"][1] == "assign profile 'Wi-Fi' to blueprint 'Canary'"


def test_a_scep_payload_in_it_is_proven_and_counts_as_new_certificates(watched, run_module, wanted):
    told = watched.lab.announcement
    scep = {
        "URL": told["scep_url"],
        "Challenge": told["scep_challenge"],
        "Subject": [[["CN", "$SERIAL_NUMBER"]]],
        "Keysize": 2048,
    }
    with_scep = {
        **wanted,
        "mobileconfig": text(payload("com.apple.security.scep", PayloadContent=scep)),
    }
    wrong = {
        **with_scep,
        "mobileconfig": text(
            payload(
                "com.apple.security.scep",
                PayloadContent={**scep, "Challenge": "wrong-canary-challenge"},
            )
        ),
    }
    assert "test enrollment was refused" in run_module(MODULE, wrong, lab=watched.lab)[
        "msg"
    ] and watched.writes() == ["PKIOperation"]
    run_module(MODULE, with_scep, lab=watched.lab)
    watched.live()
    assert watched.mac(watched.canary["test_macs"][0]).certificates
    refused = run_module(
        MODULE, {**with_scep, "generation": "2", "max_reinstall": 10}, lab=watched.lab
    )
    assert refused["failed"] and refused["limit"] == "max_reissue" and refused["count"] == 3
    taken_out = run_module(MODULE, {**wanted, "max_reinstall": 10}, lab=watched.lab)
    assert taken_out["failed"] and taken_out["limit"] == "max_reissue", (
        "its certificates go with it"
    )
    conflict = run_module(MODULE, {**with_scep, "name": "Another"}, lab=watched.lab)
    assert conflict["failed"] and "brings the SCEP URL" in conflict["msg"]


def test_what_somebody_changed_there_is_told_and_written_again_by_another_generation_alone(
    watched, run_module, wanted
):
    run_module(MODULE, wanted, lab=watched.lab)
    profile = stored(watched)
    document = plistlib.loads(profile.text.encode())
    document["PayloadContent"][0]["SSID_STR"] = "Guests"
    watched.world.kandji.library.update_profile(
        profile, name="Wi-Fi", document=document, runs_on={"Mac"}, active=True
    )
    mark = watched.mark()
    for _unused in range(2):
        refused = run_module(MODULE, wanted, lab=watched.lab)
        assert (
            refused["failed"]
            and refused["keys"] == ["com.apple.wifi.managed/SSID_STR"]
            and watched.writes(mark) == []
        ), refused
        assert refused["differences"] == {
            "com.apple.wifi.managed/SSID_STR": {"in_kandji": "Guests", "asked_for": "Acme"}
        }
    again = run_module(MODULE, {**wanted, "generation": "2"}, lab=watched.lab)
    assert again["profiles"][0]["generation"] == "2" and watched.writes(mark) == [
        "Update Custom Profile"
    ], again
    for same in ({**wanted, "generation": "2"}, wanted):
        assert not run_module(MODULE, same, lab=watched.lab)["changed"]


def test_a_tenant_that_keeps_something_else_fails_once_and_is_not_written_to_again(
    watched, run_module, wanted
):
    watched.switch(tenant_changes_profile=True)
    scep = {"URL": "https://scep.example.com/x", "Retries": 1}
    args = {
        **wanted,
        "test_enrollment": False,
        "mobileconfig": text(payload("com.apple.security.scep", PayloadContent=scep)),
    }
    first = run_module(MODULE, args, lab=watched.lab)
    assert first["failed"] and first["keys"] == [
        "com.apple.security.scep/PayloadContent.Retries"
    ], first
    mark = watched.mark()
    assert run_module(MODULE, args, lab=watched.lab)["failed"] and watched.writes(mark) == []


def test_one_that_was_there_is_adopted_without_a_write(watched, run_module, wanted):
    # Another tool wrote it: other identities, another order of payloads and keys.
    other = payload("com.acme.app", Key=1)
    theirs = {**wifi(), "PayloadUUID": "THEIRS", "PayloadIdentifier": "theirs"}
    document = plistlib.loads(text(other, dict(reversed(theirs.items()))).encode())
    profile = watched.world.kandji.library.create_profile(
        name="Wi-Fi", document=document, runs_on={"Mac"}
    )
    args = {**wanted, "mobileconfig": text(wifi(), other)}
    assert run_module(MODULE, args, lab=watched.lab)["changes"] == [
        "assign profile 'Wi-Fi' to blueprint 'Canary'"
    ]
    by_id = run_module(
        MODULE,
        {**args, "name": "Wi-Fi of Acme", "library_item_id": profile.id.upper()},
        lab=watched.lab,
    )
    assert (
        by_id["changes"] == ["update profile 'Wi-Fi of Acme': name"]
        and stored(watched, "Wi-Fi of Acme").id == profile.id
    )


def test_rings_in_one_call(watched, run_module, wanted):
    profiles = [
        {"name": f"Wi-Fi - {ring['name']}", "blueprints": ring["blueprints"]}
        for ring in watched.ring_variables
    ]
    args = {"profiles": profiles, "mobileconfig": wanted["mobileconfig"]}
    result = run_module(MODULE, args, lab=watched.lab)
    assert [row["changed"] for row in result["profiles"]] == [True] * len(profiles), result
    mark = watched.mark()
    assert not run_module(MODULE, args, lab=watched.lab)["changed"]
    assert [one.operation for one in watched.asked(mark)].count("List Custom Profiles") == 1


def test_taking_it_away_is_limited_by_the_macs_that_lose_it(watched, run_module, wanted):
    run_module(MODULE, wanted, lab=watched.lab)
    watched.live()
    off = {"name": "Wi-Fi", "blueprints": wanted["blueprints"], "blueprints_mode": "remove"}
    gone = {"name": "Wi-Fi", "state": "absent"}
    mark = watched.mark()
    for args in (off, gone):
        refused = run_module(MODULE, args, lab=watched.lab)
        assert (
            refused["failed"]
            and refused["limit"] == "max_removed"
            and refused["count"] >= 2
            and watched.writes(mark) == []
        ), refused
    held = stored(watched).id
    for args in (off, gone):
        mixed = {**args, "name": "Another", "library_item_id": held, "max_removed": 99}
        wrong = run_module(MODULE, mixed, lab=watched.lab)
        assert wrong["failed"] and "is named 'Wi-Fi', not 'Another'" in wrong["msg"], wrong
    assert watched.writes(mark) == []
    predicted = run_module(
        MODULE, {**gone, "max_removed": refused["count"]}, lab=watched.lab, check=True
    )
    assert predicted["changes"] == ["delete profile 'Wi-Fi'"] and watched.writes(mark) == []
    assert run_module(MODULE, {**off, "max_removed": refused["count"]}, lab=watched.lab)[
        "changed"
    ] and stored(watched)
    assert (
        run_module(MODULE, {**gone, "max_removed": refused["count"]}, lab=watched.lab)["changes"]
        == predicted["changes"]
    )
    assert (
        watched.writes(mark) == ["Remove Library Item", "Delete Custom Profile"]
        and stored(watched) is None
    )
    assert (
        not run_module(MODULE, gone, lab=watched.lab)["changed"] and len(watched.writes(mark)) == 2
    )


@pytest.mark.parametrize("change", [{"active": False}, {"runs_on": ["ipad"]}])
def test_what_takes_it_from_its_macs_is_limited_as_a_removal(watched, run_module, wanted, change):
    run_module(MODULE, wanted, lab=watched.lab)
    watched.live()
    mark = watched.mark()
    refused = run_module(MODULE, {**wanted, **change, "max_reinstall": 9}, lab=watched.lab)
    assert (
        refused["failed"]
        and (refused["limit"], refused["count"]) == ("max_removed", 3)
        and watched.writes(mark) == []
    )
    assert run_module(
        MODULE, {**wanted, **change, "max_reinstall": 9, "max_removed": 3}, lab=watched.lab
    )["changed"]
    assert not run_module(MODULE, {**wanted, **change}, lab=watched.lab)["changed"]


@pytest.mark.parametrize(
    "operation", ["Create Custom Profile", "Assign Library Item", "Delete Custom Profile"]
)
def test_an_answer_that_is_lost_is_finished_by_the_next_run(watched, run_module, wanted, operation):
    args = {**wanted, "api_retries": 0}
    if operation.startswith("Delete"):
        run_module(MODULE, wanted, lab=watched.lab)
        args, wanted = (
            {"name": "Wi-Fi", "state": "absent", "max_removed": 9, "api_retries": 0},
            {
                "name": "Wi-Fi",
                "state": "absent",
                "max_removed": 9,
            },
        )
    watched.fault("drop", operation, times=1)
    run_module(MODULE, args, lab=watched.lab)
    run_module(MODULE, wanted, lab=watched.lab)
    assert [one.name for one in watched.world.kandji.library.profiles()].count("Wi-Fi") == (
        0 if operation.startswith("Delete") else 1
    )
    assert not run_module(MODULE, wanted, lab=watched.lab)["changed"]


SETTINGS = [
    payload(kind, **{"OktaVerify.OrgUrl": "https://acme.okta.com"})
    for kind in ("com.okta.mobile", "com.okta.mobile.auth-service-extension")
]
EXTENSION = payload(
    "com.apple.extensiblesso",
    ExtensionIdentifier="com.okta.mobile.auth-service-extension",
    TeamIdentifier="B7F62B65BN",
    Type="Credential",
    Hosts=["acme.okta.com"],
)


@pytest.mark.parametrize("payloads", [SETTINGS, [EXTENSION]])
def test_what_is_okta_verifys_is_never_beside_kandjis_own_device_trust(
    watched, run_module, wanted, payloads
):
    watched.world.kandji.install_device_trust(watched.mac(watched.canary["test_macs"][0]))
    refused = run_module(MODULE, {**wanted, "mobileconfig": text(*payloads)}, lab=watched.lab)
    assert refused["failed"] and "Okta Device Trust" in refused["msg"] and watched.writes() == []
    assert run_module(MODULE, wanted, lab=watched.lab)["changed"], "a Wi-Fi is nobody else's"


def test_two_profiles_that_bring_the_same_host_are_refused(watched, run_module, wanted):
    run_module(MODULE, {**wanted, "mobileconfig": text(EXTENSION)}, lab=watched.lab)
    twin = {**EXTENSION, "Hosts": ["ACME.okta.com", "id.acme.com"]}
    second = run_module(
        MODULE, {**wanted, "name": "Second", "mobileconfig": text(twin)}, lab=watched.lab
    )
    assert second["failed"] and "brings the single sign-on host acme.okta.com too" in second["msg"]
    run_module(
        MODULE,
        {**wanted, "name": "Second", "mobileconfig": text(twin), "on_conflict": "warn"},
        lab=watched.lab,
    )
    watched.live()
    serial = watched.canary["test_macs"][0]
    assert [one["Hosts"] for one in watched.mac(serial).describe()["sso_extensions"]] == [
        ["acme.okta.com"]
    ], "macOS does not install the second"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mobileconfig": None}, "mobileconfig: it is not set"),
        ({"mobileconfig": " \n"}, "mobileconfig: it is empty"),
        ({"mobileconfig": "<plist><dict><key>a</plist>"}, "not well-formed XML (line 1, column"),
        ({"mobileconfig": text()}, "no PayloadContent"),
        ({"blueprints": []}, "blueprints: it is not set"),
        ({"blueprints": ["Canaries"]}, "did you mean 'Canary'"),
        ({"runs_on": []}, "runs_on: it is empty. Name at least one platform"),
        (
            {"library_item_id": "00000000-0000-4000-8000-000000000000"},
            "no custom profile with the id",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    watched, run_module, wanted, given, said
):
    refused = run_module(MODULE, {**wanted, **given}, lab=watched.lab)
    assert refused["failed"] and said in refused["msg"] and watched.writes() == [], refused


def test_a_variable_that_kandji_does_not_know_is_a_warning(watched, run_module, wanted):
    told = run_module(
        MODULE,
        {**wanted, "mobileconfig": text(payload("com.acme.app", User="$EMIAL", Home="$HOME_OF"))},
        lab=watched.lab,
        check=True,
    )
    assert [text for text in told["warnings"] if "$EMIAL is not a variable" in text], told


def test_no_secret_in_any_output(watched, run_module, wanted, shown):
    hidden = "Hq2vLx90-Jd7sFgK3"
    args = {
        **wanted,
        "mobileconfig": text(
            wifi(), payload("com.acme.app", License={"Number": hidden}, APIKey="api-canary-0815")
        ),
        "secret_keys": ["license"],
    }
    for check in (True, False, False):
        run_module(MODULE, args, lab=watched.lab, check=check, diff=True)
    watched.fault("5xx", "List Custom Profiles", status=400)
    run_module(MODULE, args, lab=watched.lab)
    run_module(MODULE, {**args, "mobileconfig": args["mobileconfig"][:-20]}, lab=watched.lab)
    for secret in (
        PASSWORD,
        hidden,
        "api-canary-0815",
        watched.lab.announcement["kandji_api_token"],
    ):
        assert shown(secret) == []


PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Any profile
      devicetrust.okta_kandji.kandji_custom_profile:
        name: Wi-Fi
        blueprints: [Canary]
        mobileconfig: "{{ lookup('ansible.builtin.file', 'wifi.mobileconfig') }}"
"""


def test_no_secret_at_the_highest_verbosity(watched, playbook, wanted, shown, tmp_path):
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "wifi.mobileconfig").write_text(wanted["mobileconfig"])
    done = playbook(watched.lab, tmp_path / "play.yml", arguments=["-vvvv", "--diff"])
    assert (
        done.status == 0
        and done.changed == ["Any profile"]
        and "com.apple.wifi.managed" in done.output
    ), done.output
    assert shown(PASSWORD) == []


def test_the_older_value_of_a_named_secret_is_not_shown(watched, run_module):
    """A difference has the path of the value alone, and not the name beside it."""
    for number, value in enumerate(("tr0ub4dor-one", "tr0ub4dor-two")):
        config = {"Settings": {"Name": "ClientSecret", "Value": value}}
        wanted = {
            "name": "App",
            "mobileconfig": text(payload("com.acme.app", **config)),
            "blueprints": watched.canary["blueprints"],
            "max_reinstall": 1000,
        }
        for check in (True, False):
            result = run_module(MODULE, wanted, lab=watched.lab, check=check, diff=True)
            assert result["changed"], (number, result)
            shown = {key: each for key, each in result.items() if key != "invocation"}
            assert "tr0ub4dor" not in str(shown)
