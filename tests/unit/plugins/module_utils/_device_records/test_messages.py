# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reset shows: its result rows, the operator's report and the messages to users."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import (
    messages as report,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.messages import (
    CANNOT_BE_UNDONE,
    RecordOutcome,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    RESET,
    Decision,
    Goal,
    Mac,
    Person,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaDevice,
    OktaUser,
)

URL = "https://acme.okta.com"
RECORD = OktaDevice(
    "guo1",
    status="ACTIVE",
    created="2026-11-01",
    display_name="Ann's Mac",
    platform="MACOS",
    serial_number="C01",
)
ANN = DeviceUser(OktaUser("00u1", "ann@acme.com", "Ann", "Smith"), "NOT_MANAGED")
BOB = DeviceUser(OktaUser("00u2", "bob@acme.com"), "MANAGED")
MAC = Mac("C01", "C01 in Kandji", "rosa@acme.com")
TARGET = RecordTarget("C01", RECORD, (ANN,), MAC)


def done(
    target: RecordTarget = TARGET, state: str = "reset", bound: bool | None = None
) -> RecordOutcome:
    return RecordOutcome(Decision(target, "write", "Because.", None), state, bound)


NOBODYS_MAC = RecordTarget("C09", mac=Mac("C09", "", ""))
ABSENT = RecordOutcome(Decision(NOBODYS_MAC, "none", "No record.", "no_record"), "absent")


def test_the_row_of_a_record() -> None:
    assert done(bound=True).as_result() == {
        "target": "C01",
        "device_id": "guo1",
        "serial_number": "C01",
        "display_name": "Ann's Mac",
        "platform": "MACOS",
        "status_before": "ACTIVE",
        "created": "2026-11-01",
        "users": [
            {"login": "ann@acme.com", "name": "Ann Smith", "management_status": "NOT_MANAGED"}
        ],
        "person": "rosa@acme.com",
        "certificate_bound": True,
        "state": "reset",
        "reason": "Because.",
        "reason_code": None,
    }


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("would_change", "It would be suspended; nobody signs in with its Okta Verify until"),
        ("changed", "Because."),
        ("skipped", "Because."),
    ],
)
def test_check_mode_says_what_would_become_of_a_record(state: str, reason: str) -> None:
    row = report.describe_outcome(done(state=state), GOALS["suspended"])
    assert str(row["reason"]).startswith(reason)
    assert row["steps"] == ([] if state == "skipped" else ["suspend"])
    assert [row["summary"]] == report.write_state_report([done(state=state)], GOALS["suspended"])
    assert report.describe_outcome(done(state=state), RESET) == done(state=state).as_result()


def test_a_user_of_whom_okta_has_none_is_told_from_one_without_a_record() -> None:
    targets = [
        RecordTarget("nobody@acme.com", by_user=True, unknown_user=True),
        RecordTarget("new@acme.com", by_user=True),
    ]
    outcomes = [RecordOutcome(Decision(each, "none", "Because."), "absent") for each in targets]
    assert report.list_unknown_users(outcomes) == ["nobody@acme.com"]


def test_the_report_of_a_run_to_a_state() -> None:
    gone = DeviceUser(OktaUser("00u2", "bob@acme.com", status="DEPROVISIONED"), "NOT_MANAGED")
    shared = replace(TARGET, users=(ANN, gone))
    outcomes = [done(shared, "would_change"), RecordOutcome(ABSENT.decision, "absent")]
    person = Person(ANN, ("okta_password",))
    lines = report.write_state_report(
        outcomes, GOALS["suspended"], [person], ["ann@acme.com"], "SUSPEND 1 DEVICES acme"
    )
    assert lines == [
        "C01, Ann's Mac, guo1: would change. It would be suspended; nobody signs in with its Okta"
        " Verify until it is unsuspended. Users: Ann Smith (ann@acme.com), bob@acme.com"
        " (bob@acme.com, DEPROVISIONED).",
        "C09: absent. No record.",
        "ann@acme.com can still sign in with okta_password.",
        "Sessions to be revoked: ann@acme.com.",
        "This plan needs the phrase: SUSPEND 1 DEVICES acme",
    ]
    deleted = report.write_state_report([done(state="changed")], GOALS["absent"], revoked=["ann"])
    assert deleted[1] == "Sessions revoked: ann." and deleted[2:] == list(CANNOT_BE_UNDONE)


def test_the_row_of_a_target_without_a_record() -> None:
    assert ABSENT.as_result() == {
        "target": "C09",
        "device_id": None,
        "serial_number": "C09",
        "display_name": "",
        "platform": None,
        "status_before": None,
        "created": None,
        "users": [],
        "person": "",
        "certificate_bound": None,
        "state": "absent",
        "reason": "No record.",
        "reason_code": "no_record",
    }
    in_kandji = replace(ABSENT, decision=Decision(RecordTarget("C01", mac=MAC), "none", ""))
    assert in_kandji.as_result()["display_name"] == "C01 in Kandji"


def test_the_row_of_a_record_that_has_no_serial_and_is_not_in_kandji() -> None:
    row = done(RecordTarget("guo1", OktaDevice("guo1"), by_id=True)).as_result()
    assert (row["target"], row["device_id"], row["serial_number"]) == ("guo1", "guo1", None)
    assert (row["display_name"], row["person"]) == (None, "")


def test_states_are_counted_and_losses_listed() -> None:
    outcomes = [done(), done(state="would_reset"), done(state="skipped"), ABSENT]
    assert report.count_states(outcomes) == {"reset": 2, "skipped": 1, "absent": 1}
    assert report.list_losses(outcomes) == list(CANNOT_BE_UNDONE)
    assert report.list_losses([ABSENT, done(state="skipped")]) == []


def skipped_for(code: t.Any, name: str = "C01") -> RecordOutcome:
    return RecordOutcome(Decision(RecordTarget(name), "skip", "Because.", code), "skipped")


def test_a_notification_of_a_clean_up_names_what_changed_and_what_people_decide() -> None:
    soon, later = skipped_for("deleted_soon", "C02"), skipped_for("in_grace", "C03")
    outcomes = [
        *(later, skipped_for("needed_again", "C01"), soon, skipped_for("in_use", "C04")),
        *map(skipped_for, ("suspended_by_others", "suspended_in_use", "use_unknown")),
        RecordOutcome(Decision(RecordTarget("C05"), "write", "It is unused."), "changed"),
    ]
    assert report.build_notification(outcomes, GOALS["absent"]) == {
        "due": True,
        "summary": "What anything else suspended, as a lost Mac, is kept. Records that would be"
        " due, and are kept: 3. Suspended before, and deleted at the time that each shows: 2."
        " Suspended records that are needed again: 1.",
        "changed": ["C05: changed. It is unused."],
        "kept": [
            "C01: skipped. Because.",
            "C03: skipped. Because.",
            "C02: skipped. Because.",
        ],
    }


@pytest.mark.parametrize(
    ("outcome", "due"),
    [
        (skipped_for("needed_again"), True),
        (skipped_for("deleted_soon"), True),
        (skipped_for("in_grace"), False),
        (skipped_for("use_unknown"), False),
        (RecordOutcome(Decision(RecordTarget("C01"), "write", "Unused."), "changed"), True),
        (done(state="would_change"), True),
    ],
)
def test_a_notification_is_due_if_people_have_to_know_now(
    outcome: RecordOutcome, due: bool
) -> None:
    assert report.build_notification([outcome], GOALS["absent"])["due"] is due


def test_a_notification_of_nothing_has_no_numbers_but_that_of_other_suspensions() -> None:
    assert report.build_notification([], GOALS["suspended"]) == {
        "due": False,
        "summary": "What anything else suspended, as a lost Mac, is kept.",
        "changed": [],
        "kept": [],
    }


def test_changes_are_counted_by_what_became_of_each_record() -> None:
    states = ["changed", "would_change", "would_change", "unchanged", "skipped", "absent"]
    assert report.count_changes([done(state=state) for state in states]) == {
        "changed": 3,
        "unchanged": 1,
        "skipped": 1,
        "absent": 1,
    }
    assert [done(state=state).is_written for state in states] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("state", "loses"), [("reset", True), ("absent", True), ("skipped", False)]
)
def test_a_certificate_is_lost_with_a_record_that_is_not_skipped(state: str, loses: bool) -> None:
    assert done(state=state, bound=True).loses_certificate is loses
    assert not any(done(state=state, bound=bound).loses_certificate for bound in (False, None))


PHONE = OktaDevice("guo7", display_name="Phone of Ann", platform="IOS", serial_number="P01")


@pytest.mark.parametrize(
    ("authenticators", "devices", "summary"),
    [
        (
            ("okta_password", "phone_number"),
            (PHONE, OktaDevice("guo8")),
            "ann@acme.com can still sign in with okta_password, phone_number, Okta Verify on"
            " Phone of Ann (P01), guo8 (no serial).",
        ),
        (("okta_email",), (), "ann@acme.com can still sign in with okta_email."),
        ((), (PHONE,), "ann@acme.com can still sign in with Okta Verify on Phone of Ann (P01)."),
        ((), (), "Okta names nothing else that ann@acme.com can sign in with."),
    ],
)
def test_what_a_person_can_still_sign_in_with(
    authenticators: tuple[str, ...], devices: tuple[OktaDevice, ...], summary: str
) -> None:
    row = report.describe_person(Person(ANN, authenticators, devices))
    assert row["summary"] == summary and row["authenticators"] == list(authenticators)
    assert (row["login"], row["name"]) == ("ann@acme.com", "Ann Smith")


def test_the_devices_of_a_person_have_what_okta_shows_of_them() -> None:
    row = report.describe_person(Person(ANN, (), (PHONE, OktaDevice("guo8"))))
    none = dict.fromkeys(("serial_number", "display_name", "platform"))
    assert row["devices"] == [
        {
            "device_id": "guo7",
            "serial_number": "P01",
            "display_name": "Phone of Ann",
            "platform": "IOS",
        },
        {"device_id": "guo8", **none},
    ]


def test_each_named_user_of_a_shared_mac_does_the_rest_on_it() -> None:
    """Not the users who stay, not one who was deactivated, and on no Mac that is not shared."""
    gone = DeviceUser(OktaUser("00u3", "eve@acme.com", status="DEPROVISIONED"))
    named = frozenset({"00u1", "00u3"})
    shared = replace(TARGET, users=(ANN, BOB, gone), of_users=named)
    nameless = replace(shared, device=replace(RECORD, serial_number=""))
    outcomes = [
        RecordOutcome(Decision(each, "skip", "It is shared.", "shared"), "skipped")
        for each in (shared, nameless, replace(shared, of_users=None))
    ]
    other = RecordOutcome(Decision(shared, "skip", "It works.", "managed"), "skipped")
    step = "on this Mac, ann@acme.com opens Okta Verify, selects the account, then Remove account."
    assert report.list_console_steps([*outcomes, other]) == [f"C01: {step}", f"guo1: {step}"]
    lines = report.write_state_report(outcomes[:1], GOALS["absent"], confirm="DELETE 1 DEVICES x")
    assert lines[1:] == [f"C01: {step}", "This plan needs the phrase: DELETE 1 DEVICES x"]


def test_the_line_of_a_record_with_nothing_in_it_and_of_one_of_nobody() -> None:
    bare = RecordTarget("guo1", OktaDevice("guo1"), by_id=True)
    (line,) = report.write_state_report([done(bare, "skipped")], GOALS["suspended"])
    assert line == "no serial, no name, guo1: skipped. Because. Users: none."


def test_a_planned_change_begins_with_why_a_clean_up_takes_the_record() -> None:
    target = replace(TARGET, why="Kandji has no Mac with its serial.")
    (line,) = report.write_state_report([done(target, "would_change")], GOALS["suspended"])
    assert "would change. Kandji has no Mac with its serial. It would be suspended;" in line


@pytest.mark.parametrize(
    "bound, certificate",
    [
        (True, "its certificate is revoked with the record"),
        (False, "no certificate is bound to it"),
        (None, "no certificate of it is known"),
    ],
)
def test_the_report_of_an_operator(bound: bool | None, certificate: str) -> None:
    shared = replace(TARGET, users=(ANN, BOB))
    lines = report.write_report([done(shared, "would_reset", bound), ABSENT], "RESET 1 DEVICES x")
    assert lines == [
        "C01, Ann's Mac, guo1: ACTIVE, registered at 2026-11-01; Ann Smith (ann@acme.com) is"
        f" NOT_MANAGED, bob@acme.com (bob@acme.com) is MANAGED; {certificate}",
        "C01 guo1 would reset: Because.",
        "C09 no record absent: No record.",
        *CANNOT_BE_UNDONE,
        "This plan needs the phrase: RESET 1 DEVICES x",
    ]


def test_the_report_of_a_record_with_nothing_in_it() -> None:
    bare = RecordTarget("ann@acme.com", OktaDevice("guo1"))
    assert report.write_report([done(bare, "skipped")], "") == [
        "no serial, no name, guo1: None, registered at None; no user",
        "ann@acme.com guo1 skipped: Because.",
    ]


def test_a_user_is_asked_to_register_again() -> None:
    (message,) = report.write_messages([done()], URL)
    steps = t.cast(list[str], message.pop("steps"))
    assert message == {"serial_number": "C01", "to": "ann@acme.com", "register_now": True}
    assert steps == [
        "Ann Smith, please register Ann's Mac (C01) with Okta again:",
        "1. On this Mac, open Okta Verify.",
        "2. Select your account, then Remove account (also if a red alert says that the device does"
        " not exist any more).",
        "3. Select Add account, choose Organization, enter the sign-in URL https://acme.okta.com,"
        " and follow the steps.",
        "4. Open https://acme.okta.com in a web browser and select Sign in with Okta FastPass.",
    ]


def test_a_user_whose_certificate_is_revoked_waits_and_registers_later() -> None:
    outcomes = [done(bound=True), ABSENT, done(replace(TARGET, users=(BOB,)), bound=False)]
    waits, absent, also_waits = report.write_messages(outcomes, URL)
    assert (waits["register_now"], absent["register_now"]) == (False, True)
    assert waits["steps"] == [
        "Ann Smith, please wait: Ann's Mac (C01) gets a new certificate first. Do not register it"
        " with Okta Verify before you are asked to."
    ]
    assert also_waits["to"] == "bob@acme.com" and not also_waits["register_now"]  # the same Mac
    later = report.write_later_messages(outcomes, URL)
    assert [(one["to"], one["register_now"]) for one in later] == [
        ("ann@acme.com", True),
        ("bob@acme.com", True),
    ]
    assert all(URL in t.cast(list[str], message["steps"])[3] for message in later)
    assert report.write_later_messages([done(), ABSENT], URL) == []


@pytest.mark.parametrize(
    "target, to, addressee",
    [
        (
            replace(TARGET, users=(ANN, BOB)),
            "ann@acme.com, bob@acme.com",
            "Ann Smith, bob@acme.com",
        ),
        (replace(TARGET, users=()), "rosa@acme.com", "rosa@acme.com"),
        (replace(TARGET, users=(), mac=None), "", "The user of Ann's Mac"),
        (NOBODYS_MAC, "", "The user of C09"),
    ],
)
def test_who_a_message_is_for(target: RecordTarget, to: str, addressee: str) -> None:
    (message,) = report.write_messages([done(target)], URL)
    assert message["to"] == to
    assert t.cast(list[str], message["steps"])[0].startswith(f"{addressee}, please register")


def test_nobody_is_asked_for_a_serial_that_neither_vendor_knows() -> None:
    misspelt = RecordOutcome(
        Decision(RecordTarget("C0I"), "none", "No record.", "no_record"), "absent"
    )
    assert report.write_messages([misspelt], URL) == []


def test_nobody_is_asked_for_a_skipped_record_or_one_without_a_serial() -> None:
    nameless = RecordTarget("guo1", replace(RECORD, serial_number=""), (ANN,), by_id=True)
    assert report.write_messages([done(state="skipped", bound=True), done(nameless)], URL) == []


@pytest.mark.parametrize(
    ("goal", "change"),
    [
        (
            GOALS["active"],
            Change(
                "update", "device record guo1 (C01)", {"status": "ACTIVE"}, {"status": "ACTIVE"}
            ),
        ),
        (
            GOALS["suspended"],
            Change(
                "update", "device record guo1 (C01)", {"status": "ACTIVE"}, {"status": "SUSPENDED"}
            ),
        ),
        (
            GOALS["deactivated"],
            Change(
                "update",
                "device record guo1 (C01)",
                {"status": "ACTIVE"},
                {"status": "DEACTIVATED"},
            ),
        ),
        (
            GOALS["absent"],
            Change(
                "delete",
                "device record guo1 (C01), which cannot be undone",
                {"status": "ACTIVE"},
                {"status": None},
            ),
        ),
        (
            RESET,
            Change(
                "delete",
                "device record guo1 (C01), which cannot be undone",
                {"status": "ACTIVE"},
                {"status": None},
            ),
        ),
    ],
)
def test_a_record_that_is_written_to_is_a_change(goal: Goal, change: Change) -> None:
    outcomes = [done(state="changed"), done(state="skipped"), done(state="unchanged"), ABSENT]
    assert report.list_changes(outcomes, goal) == [change]


def test_a_record_that_another_run_deleted_after_a_step_of_this_one_is_a_change() -> None:
    left = replace(done(state="absent"), is_changed=True)
    (change,) = report.list_changes([left], GOALS["suspended"])
    assert change == Change(
        "update",
        "device record guo1 (C01), which another run or person deleted after a step of this run",
        {"status": "ACTIVE"},
        {"status": None},
    )


def test_sessions_that_are_revoked_are_changes() -> None:
    assert report.list_changes([], GOALS["suspended"], ["ann@acme.com"]) == [
        Change("update", "user ann@acme.com: sessions revoked", {}, {})
    ]
