# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kandji_scep_profile against the lab: created once, changed only deliberately, never twice."""

from __future__ import annotations

import hashlib
import plistlib

import pytest

MODULE = "kandji_scep_profile"


def our_profile(watched):
    return next(
        one for one in watched.world.kandji.library.profiles() if one.name == "Okta SCEP - canary"
    )


def inner(profile):
    return plistlib.loads(profile.text.encode())["PayloadContent"][0]["PayloadContent"]


def test_created_as_the_guide_says_and_left_alone_after(watched, run_module, profile_args):
    first = run_module(MODULE, profile_args, lab=watched.lab)
    assert first["changed"], first
    assert watched.writes() == ["PKIOperation", "Create Custom Profile", "Assign Library Item"]
    content = inner(our_profile(watched))
    assert content == {
        "URL": watched.lab.announcement["scep_url"],
        "Challenge": watched.lab.announcement["scep_challenge"],
        "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        "Keysize": 2048,
        "Key Type": "RSA",
        "Key Usage": 1,
        "Retries": 5,
        "RetryDelay": 30,
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": True,
    }
    mark = watched.mark()
    second = run_module(MODULE, profile_args, lab=watched.lab)
    assert not second["changed"] and watched.writes(mark) == []
    assert (
        second["profiles"][0]["challenge_matches"]
        and second["profiles"][0]["renew_by"] == first["profiles"][0]["renew_by"]
    )


def test_check_mode_predicts_and_writes_nothing(watched, run_module, profile_args):
    predicted = run_module(MODULE, profile_args, lab=watched.lab, check=True, diff=True)
    assert predicted["changed"] and watched.writes() == []
    done = run_module(MODULE, profile_args, lab=watched.lab, diff=True)
    assert predicted["changes"] == done["changes"] and predicted["diff"] == done["diff"]


def test_macs_get_a_certificate_with_their_serial(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    watched.live()
    for serial in watched.canary["test_macs"]:
        assert serial in watched.mac(serial).certificates[-1].common_name


def test_a_change_that_macs_hold_needs_max_reissue(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    watched.live()
    mark = watched.mark()
    refused = run_module(MODULE, {**profile_args, "retries": 9}, lab=watched.lab)
    assert (
        refused["failed"]
        and refused["limit"] == "max_reissue"
        and refused["count"] > 0
        and watched.writes(mark) == []
    )
    allowed = run_module(
        MODULE,
        {**profile_args, "retries": 9, "max_reissue": refused["count"]},
        lab=watched.lab,
        diff=True,
    )
    assert allowed["changed"] and allowed["macs_touched"]["reissue"] == refused["count"]
    assert allowed["diff"]["after"] == {"profile 'Okta SCEP - canary'": {"Retries": 9}}
    assert inner(our_profile(watched))["Retries"] == 9


def test_generation_is_the_deliberate_way_to_new_certificates(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    changed = run_module(MODULE, {**profile_args, "generation": "2027"}, lab=watched.lab)
    assert (
        changed["changes"] == ["update profile 'Okta SCEP - canary': generation"]
        and changed["profiles"][0]["generation"] == "2027"
    )
    assert not run_module(MODULE, {**profile_args, "generation": "2027"}, lab=watched.lab)[
        "changed"
    ]
    assert not run_module(MODULE, profile_args, lab=watched.lab)["changed"], (
        "an unset generation is not compared"
    )


@pytest.mark.parametrize("change", [{"generation": "2"}, {"key_size": 4096}, {"blueprints": None}])
def test_a_pin_that_only_the_profile_holds_is_compared_before_macs_enroll(
    watched, run_module, profile_args, change
):
    """Macs drop their certificates before they see that they cannot enroll."""
    pinned = {**profile_args, "ca_fingerprint": "7f" * 32, "test_enrollment": False}
    assert run_module(MODULE, pinned, lab=watched.lab)["changed"]
    places = change.get("blueprints", ...) is None and ["Canary", "Engineering"]
    asked = {**profile_args, **change, "max_reissue": 25, "max_new": 25}
    asked["blueprints"] = places or profile_args["blueprints"]
    mark = watched.mark()
    for check in (True, False):
        refused = run_module(MODULE, asked, lab=watched.lab, check=check)
        assert refused["failed"], refused
        assert refused["msg"].startswith(
            f"ca_fingerprint: the profile {profile_args['name']!r}: No"
        )
        assert f"the pinned fingerprint {'7f' * 32}" in refused["msg"]
        assert refused["msg"].endswith("Set it to that of one of these certificates, or to absent.")
    assert watched.writes(mark) == []
    unpinned = {**asked, "ca_fingerprint": "absent"}
    assert run_module(MODULE, unpinned, lab=watched.lab)["changed"]


def test_a_pin_is_removed_like_any_other_change(watched, run_module, profile_args):
    authority = watched.world.okta.platform.authority
    pin = hashlib.sha256(authority.ca_certificate_der).hexdigest()
    first = run_module(MODULE, {**profile_args, "ca_fingerprint": pin}, lab=watched.lab)
    # The check of the pin and the test enrollment read the authority once.
    reads = {each["operation"]: each["count"] for each in first["api_calls"]}
    assert reads["GetCACaps"] == reads["GetCACert"] == reads["PKIOperation"] == 1, reads
    assert inner(our_profile(watched))["CAFingerprint"] == bytes.fromhex(pin)
    unset = run_module(MODULE, profile_args, lab=watched.lab)
    assert not unset["changed"]  # an option that is not set is not compared
    watched.live()
    mark = watched.mark()
    removed = {**profile_args, "ca_fingerprint": "absent"}
    refused = run_module(MODULE, removed, lab=watched.lab)
    assert refused["failed"] and refused["limit"] == "max_reissue"
    allowed = {**removed, "max_reissue": refused["count"]}
    predicted = run_module(MODULE, allowed, lab=watched.lab, check=True, diff=True)
    assert predicted["changed"] and watched.writes(mark) == []
    (key,) = predicted["diff"]["before"].values()
    assert key == {"CAFingerprint": pin}
    done = run_module(MODULE, allowed, lab=watched.lab, diff=True)
    assert done["diff"] == predicted["diff"]
    assert watched.writes(mark) == ["PKIOperation", "Update Custom Profile"]
    assert "CAFingerprint" not in inner(our_profile(watched))
    mark = watched.mark()
    assert not run_module(MODULE, removed, lab=watched.lab)["changed"]
    assert not run_module(MODULE, profile_args, lab=watched.lab)["changed"]
    assert watched.writes(mark) == []


@pytest.mark.parametrize(
    "switches",
    [
        {"top_level_keys_survive": False},
        {"tabs_become_spaces": True},
        {"profile_uuid_case": "lower"},
        {"mixed_case_ids": True},
        {"new_identity_on_every_patch": False},
        {"next_links_on_web_host": False},
    ],
)
def test_what_the_tenant_rewrites_is_no_difference(watched, run_module, profile_args, switches):
    watched.switch(**switches)
    run_module(MODULE, profile_args, lab=watched.lab)
    mark = watched.mark()
    second = run_module(MODULE, profile_args, lab=watched.lab)
    assert not second["changed"] and watched.writes(mark) == []


def test_a_tenant_that_changes_what_was_written_is_written_to_once(
    watched, run_module, profile_args
):
    run_module(MODULE, profile_args, lab=watched.lab)
    watched.switch(tenant_changes_profile=True)
    changed = {**profile_args, "retry_delay": 60}
    first = run_module(MODULE, changed, lab=watched.lab)
    assert first["failed"] and "Retries" in first["msg"]
    for _unused in range(2):
        mark = watched.mark()
        again = run_module(MODULE, changed, lab=watched.lab)
        assert again["failed"] and again["keys"] == ["Retries"] and watched.writes(mark) == []


def test_a_wrong_challenge_is_found_before_anything_is_written(
    watched, run_module, profile_args, shown
):
    wrong = run_module(
        MODULE, {**profile_args, "challenge": "canary-typo-secret-1234567890"}, lab=watched.lab
    )
    assert wrong["failed"] and "test enrollment was refused" in wrong["msg"]
    assert watched.writes() == ["PKIOperation"] and not [
        one for one in watched.world.kandji.library.profiles() if "Okta SCEP" in one.name
    ]
    assert shown("canary-typo-secret-1234567890") == []


def test_the_challenge_is_in_no_output(watched, run_module, profile_args, shown):
    for check in (True, False, False):
        run_module(MODULE, profile_args, lab=watched.lab, check=check, diff=True)
    run_module(
        MODULE,
        {**profile_args, "challenge": "another-canary-secret-<&>", "test_enrollment": False},
        lab=watched.lab,
        check=True,
        diff=True,
    )
    watched.fault("5xx", "List Custom Profiles", status=400)
    run_module(MODULE, profile_args, lab=watched.lab)
    for secret in (
        watched.lab.announcement["scep_challenge"],
        watched.lab.announcement["kandji_api_token"],
        "another-canary-secret-<&>",
    ):
        assert shown(secret) == []


def test_never_beside_kandjis_own_device_trust(watched, run_module, profile_args):
    watched.world.kandji.install_device_trust(watched.mac(watched.canary["test_macs"][0]))
    refused = run_module(MODULE, profile_args, lab=watched.lab)
    assert refused["failed"] and "Okta Device Trust" in refused["msg"] and watched.writes() == []
    warned = run_module(MODULE, {**profile_args, "on_conflict": "warn"}, lab=watched.lab)
    assert warned["changed"] and any("Okta Device Trust" in text for text in warned["warnings"])


def test_a_second_profile_with_the_same_url_is_refused(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    second = run_module(MODULE, {**profile_args, "name": "Another"}, lab=watched.lab)
    assert second["failed"] and "has the same SCEP URL" in second["msg"]


def test_two_profiles_of_one_name_are_told_apart_by_id(watched, run_module, profile_args):
    run_module(MODULE, profile_args, lab=watched.lab)
    tenant, mine = watched.world.kandji, our_profile(watched)
    twin = tenant.library.create_profile(
        name=mine.name, document=dict(mine.document), runs_on={"Mac"}
    )
    refused = run_module(MODULE, profile_args, lab=watched.lab)
    assert refused["failed"] and mine.id in refused["msg"] and twin.id in refused["msg"]
    chosen = run_module(
        MODULE,
        {"library_item_id": mine.id, "blueprints": profile_args["blueprints"]},
        lab=watched.lab,
    )
    assert not chosen["changed"], chosen


def test_exact_takes_it_off_other_blueprints_within_the_limit(watched, run_module, profile_args):
    both = {**profile_args, "blueprints": [*profile_args["blueprints"], "Engineering"]}
    run_module(MODULE, both, lab=watched.lab)
    exact = {**profile_args, "blueprints_mode": "exact"}
    refused = run_module(MODULE, exact, lab=watched.lab)
    assert refused["failed"] and refused["limit"] == "max_removed"
    removed = run_module(MODULE, {**exact, "max_removed": refused["count"]}, lab=watched.lab)
    assert removed["changes"] == [
        "remove profile 'Okta SCEP - canary' from blueprint 'Engineering'"
    ]
    assert not run_module(MODULE, exact, lab=watched.lab)["changed"]


def test_max_new_fails_closed_with_the_count(watched, run_module, profile_args):
    refused = run_module(MODULE, {**profile_args, "max_new": 1}, lab=watched.lab)
    assert refused["failed"] and refused["count"] > 1 and watched.writes() == []


@pytest.mark.parametrize("operation", ["Create Custom Profile", "Assign Library Item"])
def test_a_lost_answer_is_finished_by_the_next_run(watched, run_module, profile_args, operation):
    watched.fault("drop", operation, times=1)
    run_module(MODULE, {**profile_args, "api_retries": 0}, lab=watched.lab)
    run_module(MODULE, profile_args, lab=watched.lab)
    assert (
        len(
            [
                one
                for one in watched.world.kandji.library.profiles()
                if one.name == profile_args["name"]
            ]
        )
        == 1
    )
    assert not run_module(MODULE, profile_args, lab=watched.lab)["changed"]


def test_rings_in_one_call(watched, run_module):
    profiles = [
        {"name": f"Okta SCEP - {ring['name']}", "blueprints": ring["blueprints"]}
        for ring in watched.ring_variables
    ]
    result = run_module(MODULE, {"profiles": profiles}, lab=watched.lab)
    assert [row["changed"] for row in result["profiles"]] == [True] * len(profiles), result
    assert not run_module(MODULE, {"profiles": profiles}, lab=watched.lab)["changed"]


def test_a_wrong_secret_leaves_no_certificate_and_a_status_that_says_so(
    watched, run_module, profile_args, shown
):
    wrong = "canary-wrong-secret-0123456789"
    written = run_module(
        MODULE, {**profile_args, "challenge": wrong, "test_enrollment": False}, lab=watched.lab
    )
    assert written["changed"]
    watched.live()
    assert [
        mac.certificates for mac in watched.world.macs if mac.serial in watched.canary["test_macs"]
    ] == [[], []]
    rings = [
        {
            "name": "canary",
            "blueprints": profile_args["blueprints"],
            "scep_profile": profile_args["name"],
        }
    ]
    rows = run_module("device_trust_info", {"rings": rings}, lab=watched.lab)["macs"]
    canaries = [row for row in rows if row["serial_number"] in watched.canary["test_macs"]]
    assert [row["stage"] for row in canaries] == [
        "PROFILE_FAILED",
        "PROFILE_FAILED",
    ] and "badRequest" in canaries[0]["reason"], canaries
    gate = run_module(
        "device_trust_gate",
        {
            "library_item_id": written["profiles"][0]["library_item_id"],
            "test_macs": watched.canary["test_macs"],
        },
        lab=watched.lab,
    )
    assert (
        not gate["met"]
        and "could not be installed" in gate["test_macs"][0]["reason"]
        and shown(wrong) == []
    )


@pytest.mark.parametrize("option", ["retries", "retry_delay"])
@pytest.mark.parametrize("value", [-1, 2**31])
def test_a_number_that_a_profile_cannot_hold_is_refused(
    watched, run_module, profile_args, option, value
):
    refused = run_module("kandji_scep_profile", {**profile_args, option: value}, lab=watched.lab)
    assert refused["failed"] and refused["msg"].startswith(f"{option}: {value} is not between 0")
    assert watched.asked() == []
