# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records a run writes to: its guards together, and a record that is decided again."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    Decision,
    Evidence,
    Mac,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    decide_again,
    loses_certificate,
    mark_gone,
    plan_records,
    reissue_after,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaDevice,
)

from tests.unit.plugins.module_utils._device_records.examples import (
    CERTIFIED,
    GUARDS,
    LIFTED,
    MAC,
    NEW,
    START,
    VERIFY,
    decide,
    device,
    target,
    to_state,
    user,
    with_phones,
)

# Ada has two Macs, three active records and two enrollments of Okta Verify: one record may go.
TWO_MACS = [target(device("guo1", serial_number="C02A"), user(), name="C02A")] + [
    target(device("guo2", serial_number="C02B"), user(), name="C02B")
]


ADA_HAS_TWO = Evidence(
    enrollments={"00u-ada": [VERIFY, VERIFY]},
    active_records={"00u-ada": {"guo1", "guo2", "guo3"}},
)


def test_of_two_records_of_one_user_the_plan_deletes_what_leaves_a_way_in() -> None:
    decisions = plan_records(TWO_MACS, GUARDS, ADA_HAS_TWO)
    assert [one.code for one in decisions] == [None, "last_authenticator"]


def test_a_record_that_is_decided_again_counts_the_deletions_before_it() -> None:
    """Otherwise a user with two records in one plan could lose both."""
    first, second = (Decision(one, "write", "") for one in TWO_MACS)
    again = decide_again(second.target, None, [first, second], GUARDS, ADA_HAS_TWO)
    assert again.code == "last_authenticator"
    kept = decide_again(first.target, None, [first, second], GUARDS, ADA_HAS_TWO)
    assert kept.action == "write", "check mode deletes it"
    skipped = replace(first, action="skip")
    alone = decide_again(second.target, None, [skipped, second], GUARDS, ADA_HAS_TWO)
    assert alone.action == "write"


def test_a_record_that_is_gone_since_its_users_authenticators_were_read_counts_as_deleted() -> None:
    """Its enrollment is among those that were read."""
    first, second = (Decision(one, "write", "") for one in TWO_MACS)
    gone = mark_gone(first)
    again = decide_again(second.target, None, [gone, second], GUARDS, ADA_HAS_TWO)
    assert again.code == "last_authenticator"
    absent = Decision(target(None, user("ada")), "none", "", "no_record")
    alone = decide_again(second.target, None, [absent, second], GUARDS, ADA_HAS_TWO)
    assert alone.action == "write", "it had no record when they were read"


@pytest.mark.parametrize("one, code, _sentence", LIFTED)
def test_a_record_that_is_decided_again_meets_every_guard(
    one: RecordTarget, code: str, _sentence: str
) -> None:
    before = Decision(target(device()), "write", "")
    again = decide_again(one, None, [before], GUARDS, with_phones("ada", "bob"))
    assert (again.action, again.code) == ("skip", code)


def test_a_record_that_is_decided_again_may_be_gone_or_as_it_was() -> None:
    before = Decision(target(device(), user()), "write", "")
    gone = decide_again(target(None, user()), None, [before], GUARDS, Evidence())
    assert (gone.action, gone.code) == ("none", "no_record")
    same = decide_again(before.target, None, [before], GUARDS, with_phones("ada"))
    assert same.action == "write" and same.keeper is None


def test_a_spare_record_that_is_decided_again_stays_spare() -> None:
    one, keeper = target(device(), mac=Mac("C02A")), target(device("guo2"))
    spare = Decision(one, "write", "", keeper=keeper)
    again = decide_again(one, keeper, [spare], GUARDS, Evidence())
    assert again.action == "write" and again.keeper is keeper
    managed = replace(one, users=(user("ada", "MANAGED"),))
    skipped = decide_again(managed, keeper, [spare], GUARDS, with_phones("ada"))
    assert skipped.code == "managed" and skipped.keeper is keeper


def test_a_spare_record_stays_if_its_users_lose_their_account_on_the_kept_one() -> None:
    one, keeper = target(device(), user("ada")), target(device("guo2", NEW), user("ada"))
    spare, evidence = Decision(one, "write", "", keeper=keeper), with_phones("ada")
    assert decide_again(one, keeper, [spare], GUARDS, evidence).writes
    emptied = replace(keeper, users=())
    assert decide_again(one, emptied, [spare], GUARDS, evidence).code == "shared"


@pytest.mark.parametrize("keeper", [None, device("guo2", status="DEACTIVATED")])
def test_a_spare_record_stays_if_the_kept_one_is_gone_or_does_not_work(
    keeper: OktaDevice | None,
) -> None:
    one = target(device())
    spare = Decision(one, "write", "", keeper=target(device("guo2")))
    left = decide_again(one, target(keeper), [spare], GUARDS, Evidence())
    assert (left.action, left.code) == ("skip", "kept_record_gone") and left.keeper
    assert "Run again" in left.reason


def test_a_certificate_is_lost_by_the_log_or_by_its_age() -> None:
    def aged(**age: float) -> RecordTarget:
        return target(device(), mac=Mac("C02A", certificates=(START - timedelta(**age),)))

    assert loses_certificate(aged(days=1), {}, START) is False
    assert loses_certificate(aged(days=90), {}, START) is False
    assert loses_certificate(aged(days=90, seconds=1), {}, START) is True
    assert loses_certificate(aged(days=1), {"guo1": START}, START) is True
    assert loses_certificate(target(), {"C02A": START}, START) is True
    # Kandji cannot deliver a new one to a Mac that it does not know
    assert loses_certificate(target(device(), mac=None), {"guo1": START}, START) is None


def test_a_timestamp_separates_revoked_certificates_from_new_ones() -> None:
    newest = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
    bound = target(device(), mac=Mac("C02A", certificates=(CERTIFIED, newest)))
    after = reissue_after([bound], {"guo1": START}, START)
    assert after == newest + timedelta(seconds=1)
    older = target(device("guo2"), mac=MAC)
    assert reissue_after([older, bound], {}, START) == after
    without = target(None, mac=Mac("C02A"))
    later = START + timedelta(days=1)
    assert reissue_after([without], {"C02A": START}, later) == START
    assert reissue_after([without], {}, later) == later


@pytest.mark.parametrize(
    "state, status, steps",
    [
        ("active", "SUSPENDED", ("unsuspend",)),
        ("active", "DEACTIVATED", ("activate",)),
        ("active", "CREATED", ("activate",)),
        ("suspended", "ACTIVE", ("suspend",)),
        ("suspended", "UNSUSPENDED", ("suspend",)),
        ("deactivated", "ACTIVE", ("deactivate",)),
        ("deactivated", "SUSPENDED", ("deactivate",)),
        ("absent", "ACTIVE", ("deactivate", "delete")),
        ("absent", "DEACTIVATED", ("delete",)),
    ],
)
def test_the_steps_to_a_state_follow_from_the_status(
    state: t.Any, status: str, steps: tuple[str, ...]
) -> None:
    one = target(device(status=status), user())
    decision = decide(one, to_state(state, allow=["suspended"]))
    goal = GOALS[state]
    assert goal.steps(one) == steps
    assert decision.writes and decision.reason == goal.effect(one)
    assert goal.effect(one, planned=True) == decision.reason.replace("It is", "It would be")


@pytest.mark.parametrize(
    "state, status, steps",
    [
        ("suspended", "SUSPENDED", ("unsuspend", "suspend")),
        ("suspended", "ACTIVE", ("suspend",)),
        ("active", "SUSPENDED", ("unsuspend",)),
        ("deactivated", "SUSPENDED", ("deactivate",)),
    ],
)
def test_a_record_that_a_clean_up_suspended_is_suspended_again_to_be_kept(
    state: t.Any, status: str, steps: tuple[str, ...]
) -> None:
    one = replace(target(device(status=status), user()), deletion_pending=True)
    assert GOALS[state].steps(one) == steps
    if len(steps) == 2:
        decision = decide(one, to_state(state))
        assert decision.writes
        assert decision.reason == "It is suspended again, so that no clean-up deletes it."


@pytest.mark.parametrize(
    "state, status", [("active", "ACTIVE"), ("active", "UNSUSPENDED"), ("suspended", "SUSPENDED")]
)
def test_a_record_in_its_state_needs_no_step(state: t.Any, status: str) -> None:
    decision = decide(target(device(status=status), user()), to_state(state))
    assert (decision.action, decision.code) == ("none", "unchanged")
    assert decision.reason == f"It is {state} already."


def test_a_spare_record_says_that_the_next_run_decides() -> None:
    one = target(device())
    spare = Decision(one, "write", "", keeper=target(device("guo2")))
    left = decide_again(one, target(None), [spare], GUARDS, Evidence())
    assert left.reason == (
        "The record of its serial that was to be kept is gone or does not work. Run again: the next"
        " run decides which record is kept."
    )


def test_a_record_that_was_deleted_before_its_first_step_is_left_alone() -> None:
    decision = Decision(target(device()), "write", "Because.", keeper=target(device("guo2")))
    assert mark_gone(decision) == replace(
        decision,
        action="none",
        reason="Its device record was deleted during the run.",
        code="no_record",
    )


def test_a_record_without_a_dated_certificate_says_nothing_of_it() -> None:
    unseen = target(device(), mac=Mac("C02A"))
    assert loses_certificate(unseen, {}, START) is None


def test_a_target_without_a_record_says_so() -> None:
    assert decide(target(None)).reason == "It has no device record."


@pytest.mark.parametrize(
    ("users", "kept", "words"),
    [
        ((user("ada"),), True, "its users keep their account on guo8, guo9, of the same serial."),
        ((user("eve"),), True, "its users register again."),
        ((user("ada", status="DEPROVISIONED"),), True, "its users register again."),
        ((user("ada"),), False, "its users register again."),
    ],
)
def test_other_records_of_the_device_keep_the_accounts_of_their_users(
    users: tuple[DeviceUser, ...], kept: bool, words: str
) -> None:
    others = tuple(target(device(each), user("ada")) for each in ("guo8", "guo9")) if kept else ()
    decision = decide(target(device(), *users, others=others), evidence=with_phones("ada", "eve"))
    assert decision.writes and decision.remaining == others
    assert decision.reason == f"Its record is deactivated and deleted; {words}"


def test_a_skipped_record_and_a_spare_one_have_no_records_left() -> None:
    others = (target(device("guo8"), user("ada")),)
    managed = target(device(), user("ada", "MANAGED"), others=others)
    assert decide(managed).remaining == ()
    one = target(device(), user("ada"), others=others)
    keeper = target(device("guo2", NEW), user("ada"))
    spare = Decision(one, "write", "", keeper=keeper)
    again = decide_again(one, keeper, [spare], GUARDS, with_phones("ada"))
    assert again.writes and again.remaining == () and "on guo2, the record" in again.reason
