# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac needs next while its profile is delivered anew, for everything that Kandji can show of
it.
"""

from __future__ import annotations

import plistlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    Forbidden,
    NotAsWritten,
    NotFound,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.redelivery import (
    Mac,
    MacState,
    NextStep,
    Plan,
    Reported,
    Selection,
    check_nothing_lost,
    classic_blueprints,
    console_steps,
    describe_lost,
    describe_not_kept,
    describe_wait,
    describe_written,
    explain_loss,
    find_left_over,
    find_problem,
    find_unfinished,
    is_of_one_mac,
    make_unknown,
    next_step,
    require_payload,
    unknown_profile,
    with_tag,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    KandjiDevice,
    PrismCertificate,
)

BEGUN = datetime(2026, 11, 24, 8, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
OLD, NEW = BEGUN - timedelta(days=300), BEGUN + timedelta(minutes=5)

MAC = KandjiDevice("one", "C02X")


@pytest.mark.parametrize(
    "mac, action, state",
    [
        (MacState(False, True, OLD, True, OLD), "tag", "excluding"),
        (MacState(False, True, OLD), "tag", "excluding"),
        (MacState(True, True, OLD, True, OLD), "wait", "excluding"),
        (MacState(True, False), "untag", "delivering"),
        (MacState(True, False, None, True, OLD), "untag", "delivering"),
        (MacState(False, False), "wait", "delivering"),
        (MacState(False, False, None, True, NEW), "wait", "delivering"),
        (MacState(False, True, NEW, True, OLD), "wait", "certifying"),
        (MacState(False, True, NEW), "wait", "certifying"),
        (MacState(False, True, NEW, True, NEW), "nothing", "done"),
        (MacState(False, True, OLD, True, BEGUN), "nothing", "done"),
        (MacState(True, True, NEW, True, NEW), "untag", "done"),
        # Without times nobody can tell an old one from a new one, and a Mac must not go round for
        # ever.
        (MacState(False, True, None, True, OLD), "nothing", "unknown"),
        (MacState(False, True, OLD, True, None), "nothing", "unknown"),
        (MacState(False, True, None), "nothing", "unknown"),
        (MacState(False, True, BEGUN, True, OLD), "wait", "certifying"),
        (MacState(False, True, BEGUN - SECOND, True, BEGUN - SECOND), "tag", "excluding"),
        (MacState(False, True, None, True, NEW), "nothing", "done"),
        (MacState(True, True, NEW, True, OLD), "wait", "excluding"),
        (MacState(True, True, NEW, True, None), "wait", "excluding"),
        (MacState(True, False, None, True, NEW), "untag", "delivering"),
        # No check-in installs a profile that is not on the Mac's blueprint.
        (MacState(False, False, is_assigned=False), "nothing", "unassigned"),
        (MacState(True, False, is_assigned=False), "untag", "unassigned"),
        (MacState(False, True, OLD, True, OLD, is_assigned=False), "nothing", "unassigned"),
        (MacState(False, True, NEW, is_assigned=False), "nothing", "unassigned"),
        (MacState(False, True, NEW, True, NEW, is_assigned=False), "nothing", "done"),
    ],
)
def test_the_next_step(mac, action, state):
    step = next_step(mac, BEGUN)
    assert (step.action, step.state) == (action, state)


def test_a_mac_comes_to_its_end_from_every_step():
    mac, actions = MacState(False, True, OLD, True, OLD), []
    after = {
        ("tag", True): MacState(True, True, OLD, True, OLD),
        ("wait", True): MacState(True, False),
        ("untag", False): MacState(False, False),
        ("wait", False): MacState(False, True, NEW, True, NEW),
    }
    while (step := next_step(mac, BEGUN)).state != "done":
        actions.append(step.action)
        mac = (
            after[(step.action, mac.has_profile)] if step.action != "tag" else after[("tag", True)]
        )
    assert actions == ["tag", "wait", "untag", "wait"]


UUID = "0a1b0000-0000-4000-8000-00000000000a"
SUBJECT = Subject(frozenset({"item"}), holds_uuid=True, holds_serial=True)


def state(profiles=(), certificates=(), tagged=False, subject=SUBJECT):
    return MacState.of_device(MAC, tagged, profiles, certificates, subject)


def test_another_macs_rows_do_not_count():
    profiles = [
        InstalledProfile("other", created_at=NEW.isoformat(), payload_uuid=UUID),
        InstalledProfile("one", created_at=OLD.isoformat(), payload_uuid=UUID),
    ]
    names = {"one": f"VMC02X {UUID}", "other": f"C02X {UUID}"}
    certificates = [
        PrismCertificate(device, common_name=name, created_at=(NEW + SECOND).isoformat())
        for device, name in names.items()
    ]
    assert state(profiles, certificates) == MacState(False, True, OLD)
    certificates += [
        PrismCertificate("one", common_name=f"c02x {UUID.upper()}", created_at=NEW.isoformat()),
        PrismCertificate("one", common_name="C02X item", created_at=OLD.isoformat()),
    ]
    assert state(profiles, certificates, tagged=True) == MacState(True, True, OLD, True, NEW)
    assert state() == MacState(False, False)


@pytest.mark.parametrize("name", ["C02X", "C02X.wifi.acme.com", "com.apple.kerberos.kdc"])
def test_certificates_of_other_authorities_do_not_count(name):
    """A redelivery is not done before it began."""
    profiles = [InstalledProfile("one", created_at=OLD.isoformat(), payload_uuid=UUID)]
    certificates = [PrismCertificate("one", common_name=name, created_at=NEW.isoformat())]
    assert state(profiles, certificates) == MacState(False, True, OLD)


def test_without_the_uuid_in_the_subject_the_end_cannot_be_seen():
    subject = replace(SUBJECT, holds_uuid=False)
    profiles = [InstalledProfile("one", created_at=NEW.isoformat(), payload_uuid=UUID)]
    certificates = [PrismCertificate("one", common_name="C02X", created_at=NEW.isoformat())]
    mac = state(profiles, certificates, subject=subject)
    assert mac == MacState(False, True, NEW, is_provable=False)
    step = next_step(mac, BEGUN)
    assert (step.action, step.state) == ("nothing", "unknown")
    assert step.reason == (
        "The profile was redelivered. Its subject has no $PROFILE_UUID, so Kandji's inventory cannot"
        " show its certificate."
    )


@pytest.mark.parametrize(
    "tags, wanted, after",
    [
        (["vip"], True, ["vip", "x"]),
        (["x", "vip"], True, ["vip", "x"]),
        (["vip", "x"], False, ["vip"]),
        ([], False, []),
    ],
)
def test_other_tags_stay(tags, wanted, after):
    assert with_tag(tags, "x", wanted) == after


@pytest.mark.parametrize(
    "mac, reason",
    [
        (
            MacState(False, True, OLD, True, NEW),
            "The profile is installed, and its certificate is new.",
        ),
        (MacState(False, False), "The next check-in installs the profile."),
        (
            MacState(False, True, NEW),
            "The profile was redelivered; its certificate was not seen yet.",
        ),
        (
            MacState(False, True, None),
            "Kandji does not report since when the Mac has its profile or certificate, so a renewal"
            " cannot be confirmed.",
        ),
        (MacState(False, True, OLD), "The exclusion tag removes the profile."),
        (
            MacState(True, True, OLD, True, NEW),
            "An exclusion tag was left over; the certificate is new already.",
        ),
        (
            MacState(True, False),
            "The profile is removed. The exclusion tag is removed too, and the next check-in"
            " installs the profile.",
        ),
        (
            MacState(True, True, OLD),
            "The exclusion tag is set. The next check-in removes the profile. If it stays after"
            " one, no node of the map excludes the tag.",
        ),
    ],
)
def test_each_step_has_its_reason(mac, reason):
    assert next_step(mac, BEGUN).reason == reason


@pytest.mark.parametrize(
    "state, is_final",
    [
        ("done", True),
        ("unknown", True),
        ("excluding", False),
        ("delivering", False),
        ("certifying", False),
    ],
)
def test_a_mac_checks_in_until_its_state_is_final(state, is_final):
    step = NextStep("wait", state, "")
    assert (step.is_final, step.needs_check_in) == (is_final, not is_final)


def test_what_a_redelivery_waits_for_is_said_with_the_states():
    states = {"C01": "excluding", "C02": "done", "C03": "delivering", "C04": "unknown"}
    steps = {serial: NextStep("wait", state, "") for serial, state in states.items()}
    assert describe_wait(steps) == "waiting for 2 of 4 Macs: C01 (excluding), C03 (delivering)"
    steps = {f"C{number}": NextStep("wait", "excluding", "") for number in range(4)}
    assert describe_wait(steps).endswith(
        "C0 (excluding), C1 (excluding), C2 (excluding) and 1 more"
    )


def test_the_steps_in_the_console_name_the_tag_and_the_profile():
    steps = console_steps("x", "Okta SCEP - canary")
    assert steps == [
        "In Kandji, create the tag 'x' (Devices > Tags).",
        "Open the blueprint's assignment map. It has to be an assignment map; a classic blueprint"
        " has no conditions.",
        "Add a node with the condition that the device's tags do not contain 'x'.",
        "Move the profile 'Okta SCEP - canary' into that node, and nothing else; every other item"
        " stays where it is.",
        "Save the map, then run again. Or renew the whole ring's certificates by another generation"
        " (playbooks/renew_certificates.yml).",
    ]


# Several Macs


def mac_of(number, tags=(), **values):
    return Mac(KandjiDevice(f"d{number}", f"C{number}", blueprint_id="map", **values), list(tags))


def selection(*macs, **values):
    return Selection(
        [mac.device.serial for mac in macs], {m.device.serial: m for m in macs}, **values
    )


def test_each_mac_of_a_selection_has_a_step_in_the_order_of_its_serials():
    named = selection(mac_of(1, ["x"]), unknown={"C9": make_unknown("Twice.")})
    named = replace(named, serials=["C9", "C1"]).with_unfinished([mac_of(2, ["x"])])
    assert named.unfinished == ["C2"] and named.serial_keys == {"c9", "c1", "c2"}
    seen = [
        InstalledProfile(f"d{n}", created_at=NEW.isoformat(), payload_uuid=UUID) for n in (1, 2)
    ]
    names = [
        PrismCertificate(f"d{n}", common_name=f"C{n} {UUID}", created_at=NEW.isoformat())
        for n in (1, 2)
    ]
    plan = Plan(SUBJECT, "x", BEGUN, NEW + SECOND)
    steps = plan.steps(named, Reported(seen, names, frozenset()))
    assert [*steps] == ["C9", "C1", "C2"] and steps["C9"].state == "unknown"
    assert (steps["C1"].action, steps["C1"].state) == ("untag", "done")
    # Which certificate of an unfinished Mac is old is unknown: it needs one of this run.
    assert steps["C2"].state == "excluding"
    without = plan.steps(named, Reported([], [], {"map"}))
    assert {without[serial].state for serial in ("C1", "C2")} == {"unassigned"}
    untagged = Plan(SUBJECT, "y", BEGUN, NEW).steps(named, Reported([], [], frozenset()))
    assert untagged["C1"].action == "wait"


def test_a_mac_begins_only_by_the_tag():
    begins = [NextStep(action, "", "").begins for action in ("tag", "untag", "wait", "nothing")]
    assert begins == [True, False, False, False]


def test_only_macs_of_the_item_are_unfinished_and_only_one_of_a_serial():
    one, moved, nowhere = mac_of(1), mac_of(2), mac_of(3)
    moved = Mac(replace(moved.device, blueprint_id="other"), [])
    nowhere = Mac(replace(nowhere.device, blueprint_id=""), [])
    twice = [mac_of(4), Mac(replace(mac_of(5).device, serial="c4"), [])]
    assert find_unfinished([one, moved, nowhere, *twice], {"other"}) == [one]


def test_a_tag_is_left_over_on_the_blueprints_of_the_named_macs():
    here, there = mac_of(2), Mac(replace(mac_of(3).device, blueprint_id="other"), [])
    assert find_left_over([here, there], selection(mac_of(1), unknown={})) == [here]
    assert find_left_over([here], selection(unknown={})) == []


def test_classic_blueprints_of_macs_are_named_once_in_order():
    kinds = {"map": "classic", "b": "map", "c": "classic"}
    blueprints = [Blueprint(each, f"Name of {each}", kind) for each, kind in kinds.items()]
    assert classic_blueprints(blueprints, [mac_of(1), mac_of(2)]) == ["Name of map"]
    assert classic_blueprints(blueprints, []) == []


@pytest.mark.parametrize(
    ("tagged", "untagged", "sentence"),
    [
        ([], [], "Nothing was written."),
        (["C1"], [], "The tag was set on C1; nothing else was written."),
        (["C1"], ["C2"], "The tag was removed from C2 and set on C1; nothing else was written."),
    ],
)
def test_a_refusal_says_what_was_written(tagged, untagged, sentence):
    assert describe_written(tagged, untagged) == sentence


@pytest.mark.parametrize(
    ("error", "is_of_one"),
    [
        (NotFound("x"), True),
        (ApiError("x", vendor="kandji", status=500), True),
        (NotAsWritten("x", vendor="kandji"), True),
        (Uncertain("x"), True),
        (Unreadable("x", vendor="kandji"), True),
        (Unauthorized("x"), False),
        (Forbidden("x"), False),
        (RateLimited("x"), False),
        (BadOption("x"), False),
    ],
)
def test_which_errors_say_nothing_of_other_macs(error, is_of_one):
    assert is_of_one_mac(error) is is_of_one


def test_why_a_tag_is_lost_as_far_as_the_tags_show_it():
    assert explain_loss("C1", ["a", "b"], ["b", "a"]) == (
        "The tags of the Mac C1 are as they were before."
    )
    assert explain_loss("C1", ["a"], ["b"]) == (
        "Another program changed the tags of the Mac C1 at the same time."
    )


def test_an_unknown_profile_names_the_macs_that_an_earlier_run_tagged():
    macs = {"C1": mac_of(1, ["x"]), "C2": mac_of(2)}
    error = unknown_profile("item-9", macs, "x")
    assert error.message == (
        "library_item_id: Kandji has no custom profile with the id 'item-9'. Set the id of the SCEP"
        " profile, as kandji_scep_profile returns it. An earlier run left the tag 'x' on C1. A run"
        " with the right id removes it. If the profile was deleted, remove the tag in Kandji."
    )
    assert "An earlier run" not in unknown_profile("item-9", macs, "y").message


def test_a_profile_without_a_scep_payload_is_refused_if_it_can_be_read():
    def profile_of(*kinds):
        payloads = [{"PayloadType": kind} for kind in kinds]
        text = plistlib.dumps({"PayloadContent": payloads}).decode()
        return CustomProfile("item", "Wi-Fi", mobileconfig=text)

    require_payload(CustomProfile("item", "SCEP", mobileconfig=""))
    require_payload(profile_of("com.apple.security.scep"))
    with pytest.raises(BadOption) as refused:
        require_payload(profile_of("com.apple.wifi.managed"))
    assert refused.value.message == (
        "library_item_id: the profile 'Wi-Fi' has no SCEP payload, so no Mac gets a certificate by"
        " it. Name the SCEP profile of the Macs' ring."
    )
    assert refused.value.details["option"] == "library_item_id"


PAD = KandjiDevice("d2", "C01", platform="iPad")


@pytest.mark.parametrize(
    "devices, problem",
    [
        ([KandjiDevice("d1", "C01", platform="Mac")], ""),
        ([PAD, KandjiDevice("d1", "C01", platform="Mac")], ""),
        ([KandjiDevice("d1", "C01")], ""),  # Kandji does not show the platform: it may be a Mac
        ([], "Kandji has no device with this serial. Correct or remove it."),
        ([PAD], "It is not a Mac; Kandji shows the platform 'iPad'. Remove it."),
        (
            [KandjiDevice(device, "C01", platform="Mac") for device in ("d1", "d2")],
            "Kandji has 2 devices with its serial (d1, d2). Delete in Kandji those that the Mac left"
            " when it was enrolled again.",
        ),
    ],
)
def test_a_serial_is_that_of_one_mac(devices, problem):
    assert find_problem(devices) == problem


@pytest.mark.parametrize(
    ("known", "current", "lost"),
    [
        (["vip"], ["vip"], ""),
        (["vip"], ["new", "vip"], ""),
        (["vip", "okta-scep-redelivery"], ["vip"], ""),  # the tag of the redelivery comes and goes
        (["vip"], ["okta-scep-redelivery"], "vip"),
        (["vip", "lab"], [], "lab, vip"),
        (["vip", "lab"], ["lab"], ""),
        (["vip"], ["loaner"], ""),  # another program wrote it
        ([], ["okta-scep-redelivery"], ""),
    ],
)
def test_a_write_takes_not_all_tags_away_that_the_mac_had_in_this_run(
    known: list[str], current: list[str], lost: str
) -> None:
    if not lost:
        check_nothing_lost("C02A", known, current, "okta-scep-redelivery")
        return
    with pytest.raises(NotAsWritten) as raised:
        check_nothing_lost("C02A", known, current, "okta-scep-redelivery")
    assert raised.value.message == (
        f"Kandji shows no other tags of the Mac C02A any more, and showed {lost} before. A write"
        " replaces all tags. No further tag was written to it. Set in Kandji what is missing there,"
        " then run again."
    )


def test_a_warning_names_the_tags_that_a_mac_does_not_show_any_more() -> None:
    known = ["a", "b", "c", "okta-scep-redelivery"]
    assert describe_lost("C02A", known, ["d", "b"], "okta-scep-redelivery") == (
        "Kandji does not show these tags of the Mac C02A any more: a, c. Another program removed"
        " them, or a write, which replaces all tags, did. Set in Kandji what is missing there."
    )
    assert describe_lost("C02A", known, ["c", "b", "a"], "okta-scep-redelivery") == ""


@pytest.mark.parametrize("lost_answer", [False, True])
def test_a_tag_that_was_not_kept_may_come_later_if_an_answer_was_lost(lost_answer: bool) -> None:
    text = describe_not_kept("C02A", ["vip"], ["vip"], lost_answer)
    assert text.startswith("Kandji does not keep the tags of the Mac C02A as written. The tags of")
    assert ("is still carried out is unknown." in text) is lost_answer


def test_a_mac_of_which_kandji_does_not_show_enough_may_have_to_begin() -> None:
    before = datetime(2026, 1, 1, tzinfo=timezone.utc)
    hidden = next_step(MacState(False, True), before)
    assert (hidden.state, hidden.may_begin, hidden.begins) == ("unknown", True, False)
    unprovable = MacState(False, True, before, is_provable=False)
    for state in (unprovable, MacState(False, False), MacState(True, True)):
        assert not next_step(state, before).may_begin
