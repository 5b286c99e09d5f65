# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device records may go: every hold with its one reason."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._reset import (
    plan as reset,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._reset.plan import (
    Decision,
    Evidence,
    Found,
    Guards,
    Limits,
    Mac,
)

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
OLD, NEW = "2026-11-01T10:00:00.000Z", "2026-11-23T10:00:01.000Z"


def record(created: str | None = OLD, status: str = "ACTIVE") -> dict[str, t.Any]:
    profile = {"serialNumber": "C02A", "displayName": "Ada's Mac", "platform": "MACOS"}
    return {"id": "guo1", "status": status, "created": created, "profile": profile}


def decide(found: t.Any, users: list[dict[str, t.Any]], force: bool = False) -> Decision:
    allow = {"last_authenticator", *(["managed"] if force else [])}
    guards = Guards(START, START, allow=frozenset(allow))
    mac = Mac("C02A", profile_live=True, certificates=["2026-11-20T10:00:00Z"])
    return reset.plan([Found("C02A", found, users, mac)], guards, Evidence())[0]


def user(status: str | None, login: str = "ada@acme.com") -> dict[str, t.Any]:
    return {"managementStatus": status, "user": {"id": "00u1", "profile": {"login": login}}}


@pytest.mark.parametrize(
    "found, users, force, action, said",
    [
        (None, [], False, "none", "no device record"),
        (record(), [], False, "reset", "deactivated and deleted"),
        (record(), [user("NOT_MANAGED")], False, "reset", "register anew"),
        (record(), [user(None)], False, "reset", "register anew"),
        (record(status="DEACTIVATED"), [], False, "reset", "register anew"),
        (record(status="SUSPENDED"), [user("NOT_MANAGED")], False, "reset", "register anew"),
        (
            record(),
            [user("MANAGED")],
            False,
            "skip",
            "ada@acme.com is MANAGED on it (allow: managed",
        ),
        (
            record(),
            [user("NOT_MANAGED", "bob@acme.com"), user("MANAGED")],
            False,
            "skip",
            "It works: ada@acme.com is MANAGED",
        ),
        (
            record(),
            [user("MANAGED"), user("MANAGED", "bob@acme.com")],
            False,
            "skip",
            "ada@acme.com, bob@acme.com",
        ),
        (
            record(),
            [user("NOT_MANAGED"), user("NOT_MANAGED", "bob@acme.com")],
            False,
            "skip",
            "It is shared: ada@acme.com, bob@acme.com",
        ),
        (record(), [user("MANAGED")], True, "reset", "register anew"),
        (record(NEW), [user("NOT_MANAGED")], False, "skip", f"registered at {NEW}"),
        (record("2026-11-23T10:00:00.000Z"), [], False, "skip", "created_before"),
        (record("2026-11-23T09:59:59.999Z"), [], False, "reset", "register anew"),
        (record("2026-11-23T11:00:00+02:00"), [], False, "reset", "register anew"),
        (record(NEW), [user("MANAGED")], False, "skip", "a new registration is kept"),
        (record(NEW), [user("MANAGED")], True, "skip", "a new registration is kept"),
    ],
)
def test_each_record_is_reset_or_held_back_with_one_reason(
    found: t.Any, users: list[dict[str, t.Any]], force: bool, action: str, said: str
) -> None:
    decision = decide(found, users, force)
    assert decision.action == action
    assert said in decision.reason
    assert decision.reason.endswith(".") and decision.reason.count(". ") == 0


@pytest.mark.parametrize(
    "device_user, name",
    [
        (user("MANAGED"), "ada@acme.com"),
        ({"user": {"id": "00u1", "profile": None}}, "00u1"),
        ({"user": {"id": "00u1"}}, "00u1"),
        ({"user": None}, "unknown user"),
        ({}, "unknown user"),
    ],
)
def test_a_user_is_named_by_login_or_id(device_user: dict[str, t.Any], name: str) -> None:
    assert reset.login(device_user) == name


def decisions(*actions: str) -> list[Decision]:
    return [Decision(Found(str(number)), action, "") for number, action in enumerate(actions)]


def test_only_records_that_would_go_count_against_the_limit() -> None:
    reset.check_limits(
        decisions("reset", "reset", "skip", "none", "skip"), Limits(2, 100, 10, fleet=2)
    )
    reset.check_limits([], Limits(0, 0, 0, fleet=0))
    reset.check_limits(decisions("reset"), Limits(1, 1, 10, fleet=5))


@pytest.mark.parametrize("actions, limit", [(["reset"] * 3, 2), (["reset", "skip"], 0)])
def test_more_than_max_devices_are_refused_with_the_count(actions: list[str], limit: int) -> None:
    count = actions.count("reset")
    with pytest.raises(
        Refused,
        match=(
            f"^{count} device records .* max_devices is {limit}. Nothing was written; set"
            f" max_devices: {count} "
        ),
    ) as raised:
        reset.check_limits(decisions(*actions), Limits(limit, 100, 10))
    assert raised.value.details == {"count": count, "allowed": limit}


@pytest.mark.parametrize("number, fits", [(1, False), (2, True), (3, True), (4, False), (5, False)])
def test_the_phrase_is_good_for_what_is_left_and_not_for_what_is_held_back(
    number: int, fits: bool
) -> None:
    limits = Limits(10, 100, 1, f"RESET {number} DEVICES acme.okta.com", host="acme.okta.com")
    planned = decisions("reset", "reset", "none", "skip", "skip")
    if fits:
        reset.check_confirmed(planned, limits)
    else:
        with pytest.raises(Refused, match="confirm: RESET 2 DEVICES acme.okta.com$"):
            reset.check_confirmed(planned, limits)


def to_go(*ids: str, login: str = "ada@acme.com") -> list[Decision]:
    person = {"user": {"id": f"00u-{login}", "profile": {"login": login}}}
    return [
        Decision(
            Found(one, {"id": one, "profile": {"serialNumber": f"C-{one}"}}, [person]), "reset", ""
        )
        for one in ids
    ]


def test_the_same_plan_has_the_same_digest_in_whatever_order_it_was_found() -> None:
    digest = reset.plan_digest(to_go("guo1", "guo2"), "acme.okta.com")
    assert len(digest) == 64 and digest == reset.plan_digest(
        to_go("guo2", "guo1") + decisions("skip", "none"), "acme.okta.com"
    )


@pytest.mark.parametrize(
    "other, host",
    [
        (to_go("guo1"), "acme.okta.com"),
        (to_go("guo1", "guo2", "guo3"), "acme.okta.com"),
        (to_go("guo1", "guo3"), "acme.okta.com"),
        (to_go("guo1", "guo2", login="bob@acme.com"), "acme.okta.com"),
        (to_go("guo1", "guo2"), "other.okta.com"),
        ([], "acme.okta.com"),
    ],
)
def test_a_plan_that_nobody_approved_is_refused(other: list[Decision], host: str) -> None:
    approved, now = (
        reset.plan_digest(to_go("guo1", "guo2"), "acme.okta.com"),
        reset.plan_digest(other, host),
    )
    reset.check_approved(other, now, now)
    reset.check_approved(other, now, "")
    with pytest.raises(
        Refused,
        match=(
            f"{len(other)} device records would go now, and the digest is {now}. Nothing was"
            " written"
        ),
    ):
        reset.check_approved(other, now, approved)


VERIFY, PHONE = ("okta_verify", "ACTIVE"), ("phone_number", "ACTIVE")


@pytest.mark.parametrize(
    "enrollments, going, active, left",
    [
        ([("okta_password", "ACTIVE"), ("okta_email", "ACTIVE"), VERIFY], [], [], False),
        ([VERIFY, VERIFY], [], ["guo1", "guo2"], True),
        ([VERIFY, VERIFY], [], ["guo1"], False),  # the other device is suspended, or gone
        ([VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], False),
        ([VERIFY, VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], True),
        ([VERIFY, ("webauthn", "ACTIVE")], ["guo2", "guo3"], [], True),
        ([VERIFY, ("webauthn", "INACTIVE")], [], ["guo1", "guo2"], False),
        ([], [], [], False),
    ],
)
def test_a_user_keeps_a_strong_authenticator(
    enrollments: list[tuple[str, str]], going: list[str], active: list[str], left: bool
) -> None:
    evidence = Evidence(
        enrollments={"00u1": [{"key": key, "status": status} for key, status in enrollments]},
        active_records={"00u1": set(active)},
    )
    said = reset.last_authenticator(
        Found("C02A", record(), [user("NOT_MANAGED")]),
        Guards(START, START),
        evidence,
        {"00u1": set(going)},
    )
    assert (said is None) is left
    assert said is None or "ada@acme.com" in said.text


@pytest.mark.parametrize(
    "enrollments, asked",
    [([VERIFY], False), ([VERIFY, VERIFY], True), ([VERIFY, VERIFY, PHONE], False), ([], False)],
)
def test_records_of_users_are_asked_for_only_where_okta_verify_is_all_they_have(
    enrollments: list[tuple[str, str]], asked: bool
) -> None:
    rows = [
        {"key": key, "status": status}
        for key, status in [("okta_password", "ACTIVE"), *enrollments]
    ]
    assert reset.has_okta_verify_alone(rows, Guards(START, START)) is asked


def test_a_certificate_is_bound_by_the_log_or_by_its_age() -> None:
    def found(days: int) -> Found:
        return Found(
            "C02A",
            record(),
            [],
            Mac("C02A", certificates=[(START - timedelta(days=days)).isoformat()]),
        )

    assert [reset.is_bound(found(days), set(), START) for days in (1, 91)] == [False, True]
    assert reset.is_bound(found(1), {"guo1"}, START) is True
    assert reset.is_bound(Found("C02A", record()), set(), START) is None


def test_a_moment_parts_dead_certificates_from_new_ones_and_is_the_same_in_the_next_run() -> None:
    dead = Found(
        "C02A",
        record(),
        [],
        Mac("C02A", certificates=["2026-11-20T10:00:00Z", "2026-11-22T10:00:00Z"]),
    )
    assert reset.reissue_after([dead], {"guo1": START}, START) == datetime(
        2026, 11, 22, 10, 0, 1, tzinfo=timezone.utc
    )
    taken_off = Found("C02A", None, [], Mac("C02A"))
    for later in (1, 2):
        assert (
            reset.reissue_after([taken_off], {"C02A": START}, START + timedelta(days=later))
            == START
        )
    assert reset.outlived(taken_off, START) and not reset.outlived(taken_off, None)
    assert not reset.outlived(
        Found("C02A", None, [], Mac("C02A", certificates=["2026-11-24T10:00:00Z"])), START
    )


def test_what_the_result_says_of_a_record() -> None:
    decision = decide(record(), [user("NOT_MANAGED")])
    assert reset.described(decision, "reset") == {
        "target": "C02A",
        "device_id": "guo1",
        "serial_number": "C02A",
        "display_name": "Ada's Mac",
        "platform": "MACOS",
        "status_before": "ACTIVE",
        "created": OLD,
        "users": [
            {"login": "ada@acme.com", "name": "ada@acme.com", "management_status": "NOT_MANAGED"}
        ],
        "person": "",
        "certificate_bound": None,
        "state": "reset",
        "reason": decision.reason,
        "reason_code": None,
    }


def test_what_the_result_says_where_there_is_none() -> None:
    said = reset.described(decide(None, []), "absent")
    assert {key: value for key, value in said.items() if value} == {
        "target": "C02A",
        "serial_number": "C02A",
        "state": "absent",
        "reason": "There is no device record for it.",
        "reason_code": "no_record",
    }
