# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile delivered anew to single Macs.

Off and on by a tag, interrupted anywhere, and nobody else touched.
"""

from __future__ import annotations

from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import client

MODULE, TAG = "kandji_profile_redelivery", "okta-scep-redelivery"

pytestmark = pytest.mark.lab(macs=4)


def tags(watched, serial):
    return watched.mac(serial).device.tags


def held(watched, serial):
    return [one.serial_number for one in watched.mac(serial).certificates]


def finish(watched, run_module, args, runs=6):
    for _unused in range(runs):
        result = run_module(MODULE, args, lab=watched.lab)
        assert not result.get("failed"), result
        if result["finished"]:
            return result
        watched.live()
    raise AssertionError(result)


def test_two_macs_run_to_new_certificates_and_the_next_run_changes_nothing(
    watched, run_module, prepared
):
    before = {serial: held(watched, serial) for serial in prepared["serials"]}
    mark = watched.mark()
    finish(watched, run_module, prepared)
    for serial in prepared["serials"]:
        assert (
            len(held(watched, serial)) == 1
            and held(watched, serial) != before[serial]
            and tags(watched, serial) == ["vip"]
        )
    assert watched.writes(mark).count("Update Device") == 4
    mark = watched.mark()
    again = run_module(MODULE, prepared, lab=watched.lab)
    assert not again["changed"] and again["finished"] and watched.writes(mark) == []


def foreign_pin(watched, library_item_id):
    """Let the profile pin a CA certificate that the endpoint does not have."""
    profile = watched.world.kandji.items[library_item_id]
    pin = "<key>CAFingerprint</key><data>f39/f39/f39/f39/f39/f39/f38=</data><key>Challenge</key>"
    assert "<key>Challenge</key>" in profile.text
    profile.text = profile.text.replace("<key>Challenge</key>", pin)


@pytest.mark.parametrize("check", [True, False])
def test_no_mac_loses_a_profile_with_which_it_could_not_enroll(
    watched, run_module, prepared, check
):
    foreign_pin(watched, prepared["library_item_id"])
    before, mark = {one: held(watched, one) for one in prepared["serials"]}, watched.mark()
    refused = run_module(MODULE, prepared, lab=watched.lab, check=check)
    assert refused["failed"] and "its CAFingerprint: No certificate of" in refused["msg"]
    assert refused["msg"].startswith("The profile 'Okta SCEP - map': ")
    watched.live()
    assert watched.writes(mark) == []
    assert {one: held(watched, one) for one in prepared["serials"]} == before


@pytest.mark.parametrize("check", [True, False])
def test_a_profile_that_cannot_be_read_is_not_taken_from_a_mac(
    watched, run_module, prepared, check
):
    profile, mark = watched.world.kandji.items[prepared["library_item_id"]], watched.mark()
    profile.text = profile.text.replace("com.apple.security.scep", "com.acme.unknown")
    refused = run_module(MODULE, prepared, lab=watched.lab, check=check)
    assert refused["failed"] and "has no SCEP payload" in refused["msg"]
    assert refused["option"] == "library_item_id" and watched.writes(mark) == []


def test_the_secret_of_a_profile_that_was_reset_is_found_before_a_mac_loses_it(
    watched, run_module, prepared
):
    watched.world.okta.platform.reset_secret()
    mark = watched.mark()
    refused = run_module(MODULE, prepared, lab=watched.lab)
    assert refused["failed"] and "the secret key was reset in Okta" in refused["msg"]
    assert watched.writes(mark) == ["PKIOperation"]


def test_one_call_waits_for_it_all(watched, run_module, prepared):
    watched.switch(macs_act=True)
    result = run_module(
        MODULE, {**prepared, "wait": 60, "poll_interval": 1}, lab=watched.lab, diff=True
    )
    assert result["finished"] and len(result["changes"]) == 4, result


def test_check_mode_predicts_the_next_step_and_writes_nothing(watched, run_module, prepared):
    mark = watched.mark()
    predicted = run_module(MODULE, prepared, lab=watched.lab, check=True, diff=True)
    assert predicted["changed"] and watched.writes(mark) == []
    done = run_module(MODULE, prepared, lab=watched.lab, diff=True)
    assert predicted["changes"] == done["changes"] and predicted["diff"] == done["diff"]


@pytest.mark.parametrize("number", range(20))
def test_killed_at_any_request_the_next_runs_finish_and_repeat_no_write(
    watched, run_module, prepared, number
):
    one = {**prepared, "serials": prepared["serials"][:1], "api_retries": 0}
    mark = watched.mark()
    watched.fault("5xx", "*", status=500, after=number)
    for _unused in range(12):
        result = run_module(MODULE, one, lab=watched.lab)
        if result.get("finished"):
            break
        for serial in one["serials"]:
            watched.mac(serial).check_in()
    assert result["finished"] and tags(watched, one["serials"][0]) == ["vip"], result
    kept = [
        row for row in watched.asked(mark) if row.operation == "Update Device" and row.status == 200
    ]
    assert len(kept) == 2


def test_a_write_whose_answer_is_lost_is_not_repeated(watched, run_module, prepared):
    mark = watched.mark()
    watched.fault("drop", "Update Device")
    finish(watched, run_module, prepared)
    assert (
        all(tags(watched, serial) == ["vip"] for serial in prepared["serials"])
        and watched.writes(mark).count("Update Device") <= 5
    )


def test_a_leftover_tag_is_taken_away(watched, run_module, prepared):
    finish(watched, run_module, prepared)
    serial = prepared["serials"][0]
    watched.control("PATCH", f"/kandji/devices/{serial}", {"tags": ["vip", TAG]})
    result = run_module(MODULE, prepared, lab=watched.lab)
    assert result["changed"] and result["finished"] and tags(watched, serial) == ["vip"], result


@pytest.mark.parametrize("profile_is_gone", [False, True])
def test_a_tag_that_is_left_over_on_another_mac_is_taken_away(
    watched, run_module, prepared, profile_is_gone
):
    named, other = prepared["serials"]
    run_module(
        MODULE, {**prepared, "serials": [other]}, lab=watched.lab
    )  # and nobody runs it again
    if profile_is_gone:
        watched.live()
    assert tags(watched, other) == ["vip", TAG]
    predicted = run_module(MODULE, {**prepared, "serials": [named]}, lab=watched.lab, check=True)
    assert predicted["left_over"] == [other] and tags(watched, other) == ["vip", TAG]
    result = run_module(MODULE, {**prepared, "serials": [named]}, lab=watched.lab)
    assert (
        result["left_over"] == [other]
        and tags(watched, other) == ["vip"]
        and any(other in text for text in result["warnings"])
    )
    assert predicted["changes"] == result["changes"]
    finish(watched, run_module, {**prepared, "serials": [named]})
    assert len(held(watched, other)) == 1, "it has its profile and a certificate"


def test_tags_that_somebody_overwrites_are_written_again_and_it_is_said(
    watched, run_module, prepared, monkeypatch
):
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.client import (
        Kandji,
    )

    serial, write, times = prepared["serials"][0], Kandji.set_tags, []

    def overtaken(kandji, device_id, before, wanted):
        write(kandji, device_id, before, wanted)
        if not times:
            watched.control("PATCH", f"/kandji/devices/{serial}", {"tags": ["loaner"]})
        times.append(wanted)

    monkeypatch.setattr(Kandji, "set_tags", overtaken)
    result = run_module(MODULE, {**prepared, "serials": [serial]}, lab=watched.lab)
    assert tags(watched, serial) == ["loaner", TAG] and any(
        "Another program changed the tags" in text for text in result["warnings"]
    ), result


def test_without_the_tag_the_console_is_needed_and_the_other_way_is_named(
    watched, run_module, prepared
):
    mark = watched.mark()
    result = run_module(MODULE, {**prepared, "tag": "no-such-tag"}, lab=watched.lab)
    assert result["failed"] and watched.writes(mark) == []
    assert (
        "'no-such-tag'" in result["console_steps"][0]
        and "do not contain 'no-such-tag'" in result["console_steps"][2]
    )
    assert (
        "another generation for the whole ring" in result["msg"]
        and "playbooks/renew_certificates.yml" in result["console_steps"][-1]
    )


def test_a_classic_blueprint_needs_the_console_and_nothing_is_written(
    watched, run_module, prepared
):
    watched.control("PATCH", f"/kandji/devices/{prepared['serials'][0]}", {"blueprint": "Canary"})
    blueprints = watched.world.kandji.blueprints.values()
    canary = next(each for each in blueprints if each.name == "Canary")
    canary.nodes[0].item_ids.append(prepared["library_item_id"])
    mark = watched.mark()
    result = run_module(MODULE, prepared, lab=watched.lab)
    assert (
        result["failed"]
        and "'Canary' is a classic one" in result["msg"]
        and len(result["console_steps"]) == 5
        and watched.writes(mark) == []
    )


@pytest.mark.parametrize(
    "change, said",
    [
        ({"tag": "no-such-tag"}, "does not have the tag 'no-such-tag'"),
        ({"serials": ["NOBODY"]}, "has no Mac NOBODY"),
        ({"max_started": 1}, "max_started: 2"),
        ({"issued_before": "2099-01-01T00:00:00Z"}, "in the future"),
        ({"issued_before": "soon"}, "is not a time"),
        ({"serials": []}, "at least one"),
    ],
)
def test_bad_input_is_told_in_a_sentence_and_nothing_is_written(
    watched, run_module, prepared, change, said
):
    mark = watched.mark()
    result = run_module(MODULE, {**prepared, **change}, lab=watched.lab)
    assert result["failed"] and said in result["msg"] and watched.writes(mark) == [], result


def test_an_unknown_profile_is_refused_before_anything_is_asked_of_a_mac(
    watched, run_module, prepared
):
    for check in (True, False):
        asked = {**prepared, "library_item_id": "nope"}
        refused = run_module(MODULE, asked, lab=watched.lab, check=check)
        assert refused["failed"] and refused["msg"].startswith("library_item_id: Kandji has no")
    assert "Daily check-in" not in watched.writes()


def test_a_mac_that_was_moved_after_the_plan_is_not_tagged(watched, run_module, prepared):
    """The other Mac gets its profile all the same."""
    real, (serial, other) = client.Kandji.has_tag, prepared["serials"]

    def has_tag(self, name):
        watched.control("PATCH", f"/kandji/devices/{serial}", {"blueprint": "Canary"})
        return real(self, name)

    mark = watched.mark()
    with mock.patch.object(client.Kandji, "has_tag", has_tag):
        result = run_module(MODULE, prepared, lab=watched.lab)
    states = {mac["serial_number"]: mac for mac in result["macs"]}
    assert states[serial]["state"] == "unknown" and states[other]["state"] == "excluding"
    assert f"The Mac {serial}: Kandji shows another blueprint" in states[serial]["reason"]
    assert f"The Mac {serial}: " in result["warnings"][0]
    assert watched.writes(mark).count("Update Device") == 1


def test_a_mac_that_was_moved_while_it_had_the_tag_loses_the_tag(watched, run_module, prepared):
    first, second = prepared["serials"]
    run_module(MODULE, prepared, lab=watched.lab)
    watched.live()
    watched.control("PATCH", f"/kandji/devices/{first}", {"blueprint": "Canary"})
    run_module(MODULE, prepared, lab=watched.lab)
    assert tags(watched, first) == ["vip"] and tags(watched, second) == ["vip"]


def test_one_serial_in_two_spellings_is_one_mac(watched, run_module, prepared):
    serial = prepared["serials"][0]
    wanted = {**prepared, "serials": [serial, serial.lower()], "max_started": 1}
    result = run_module(MODULE, wanted, lab=watched.lab)
    assert [mac["serial_number"] for mac in result["macs"]] == [serial], result
    assert len(result["changes"]) == 1
