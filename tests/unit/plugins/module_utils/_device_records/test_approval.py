# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many records a run may write to, and what confirms and approves it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.approval import (
    Limits,
    check_approved,
    check_confirmed,
    check_limits,
    count_writes,
    digest_plan,
    keep_changed,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    RESET,
    Decision,
    RecordTarget,
)

from tests.unit.plugins.module_utils._device_records.examples import (
    decisions_of,
    device,
    target,
    user,
)
from tests.unit.plugins.module_utils._device_records.fake_vendors import limits


def test_only_records_that_are_deleted_count_against_the_limits() -> None:
    planned = decisions_of("write", "write", "skip", "none", "skip")
    check_limits(planned, limits(max_devices=2, max_percent=100), 2)
    check_limits([], limits(max_devices=0, max_percent=0), 0)
    assert count_writes(planned) == 2


@pytest.mark.parametrize("actions, limit", [(["write"] * 3, 2), (["write", "skip"], 0)])
def test_more_than_max_devices_are_refused_with_the_count(actions: list[str], limit: int) -> None:
    count = actions.count("write")
    with pytest.raises(
        Refused,
        match=rf"^max_devices: {count} device records? \(.*\) would be deleted, and {limit} is the"
        rf" limit. Nothing was written. Set max_devices: {count} ",
    ) as raised:
        check_limits(decisions_of(*actions), limits(max_devices=limit), None)
    assert raised.value.details == {"count": count, "allowed": limit}


@pytest.mark.parametrize(
    "count, percent, fleet, allowed",
    [(2, 20, 10, None), (3, 20, 10, 2), (3, 20, 14, 2), (3, 20, 15, None), (1, 0, 5, None)]
    + [(2, 0, 5, 0), (2, 1, 100, 1), (5, 1, None, None)]
    # duplicates are more than the Macs, and orphans have none: there is no higher percentage
    + [(3, 100, 2, None), (2, 100, 0, None), (3, 99, 2, 1)],
)
def test_more_than_max_percent_of_the_fleet_is_refused_but_one_is_always_allowed(
    count: int, percent: int, fleet: int | None, allowed: int | None
) -> None:
    planned, at_most = decisions_of(*["write"] * count), limits(max_percent=percent)
    if allowed is None:
        check_limits(planned, at_most, fleet)
        return
    with pytest.raises(
        Refused, match=f"^max_percent: {count} device .* {percent} % of {fleet} Macs is {allowed}"
    ) as raised:
        check_limits(planned, at_most, fleet)
    assert raised.value.details == {"count": count, "allowed": allowed}
    needed = int(raised.value.message.split("Set max_percent: ")[1].split()[0])
    check_limits(planned, limits(max_percent=needed), fleet)
    with pytest.raises(Refused):
        check_limits(planned, limits(max_percent=needed - 1), fleet)


@pytest.mark.parametrize("number, fits", [(1, False), (2, True), (3, True), (4, False), (5, False)])
def test_the_phrase_is_valid_for_what_is_left_and_not_for_skipped_records(
    number: int, fits: bool
) -> None:
    confirmed = limits(confirm_above=1, confirm=f"RESET {number} DEVICES acme.okta.com")
    planned = decisions_of("write", "write", "none", "skip", "skip")
    if fits:
        check_confirmed(planned, confirmed, "acme.okta.com")
        return
    with pytest.raises(Refused, match="confirm: RESET 2 DEVICES acme.okta.com$") as raised:
        check_confirmed(planned, confirmed, "acme.okta.com")
    assert raised.value.details == {"count": 2, "confirm": "RESET 2 DEVICES acme.okta.com"}


@pytest.mark.parametrize("above, needed", [(1, True), (2, False), (3, False)])
def test_up_to_confirm_above_no_phrase_is_needed(above: int, needed: bool) -> None:
    unconfirmed = limits(confirm_above=above)
    if needed:
        with pytest.raises(Refused, match=rf"more than confirm_above \({above}\)"):
            check_confirmed(decisions_of("write", "write"), unconfirmed, "acme.okta.com")
    else:
        check_confirmed(decisions_of("write", "write"), unconfirmed, "acme.okta.com")


def to_delete(
    *ids: str, name: str = "ada", management: str = "NOT_MANAGED", status: str = "ACTIVE"
) -> list[Decision]:
    return [
        Decision(
            RecordTarget(
                one,
                device(one, serial_number=f"C-{one}", status=status),
                (user(name, management),),
            ),
            "write",
            "",
        )
        for one in ids
    ]


def test_the_same_plan_has_the_same_digest_in_whatever_order_it_was_found() -> None:
    digest = digest_plan(to_delete("guo1", "guo2"), "acme.okta.com")
    assert len(digest) == 64 and digest == digest_plan(
        to_delete("guo2", "guo1") + decisions_of("skip", "none"), "acme.okta.com"
    )


@pytest.mark.parametrize(
    "other, host",
    [
        (to_delete("guo1"), "acme.okta.com"),
        (to_delete("guo1", "guo2", "guo3"), "acme.okta.com"),
        (to_delete("guo1", "guo3"), "acme.okta.com"),
        (to_delete("guo1", "guo2", name="bob"), "acme.okta.com"),
        (to_delete("guo1", "guo2", management="MANAGED"), "acme.okta.com"),
        (to_delete("guo1", "guo2", status="SUSPENDED"), "acme.okta.com"),
        (to_delete("guo1", "guo2"), "other.okta.com"),
        ([], "acme.okta.com"),
    ],
)
def test_a_plan_that_nobody_approved_is_refused(other: list[Decision], host: str) -> None:
    approved = digest_plan(to_delete("guo1", "guo2"), "acme.okta.com")
    now = digest_plan(other, host)
    check_approved(other, now, now.upper())
    check_approved(other, now, "")
    with pytest.raises(
        Refused,
        match=f"{len(other)} device records would be deleted now, and the digest is {now}. Nothing",
    ) as raised:
        check_approved(other, now, approved)
    assert raised.value.details == {"count": len(other), "plan_digest": now}


def test_a_limit_names_a_serial_of_several_records_once() -> None:
    decisions = [
        Decision(target(device(f"guo{number}"), name="C02A"), "write", "Because.")
        for number in range(3)
    ]
    limits = Limits(max_devices=2, max_percent=100, confirm_above=0, confirm="")
    sentence = r"3 device records \(C02A\) would be deleted, and 2 is"
    with pytest.raises(Refused, match=sentence):
        check_limits(decisions, limits, None, GOALS["absent"])


@pytest.mark.parametrize("verb", ["ACTIVATE", "SUSPEND", "DEACTIVATE", "DELETE"])
def test_each_state_has_a_phrase_and_a_digest_of_its_own(verb: str) -> None:
    goal = next(goal for goal in GOALS.values() if goal.verb == verb)
    planned = decisions_of("write", "write")
    with pytest.raises(Refused, match=f"would be {goal.participle}.*{verb} 2 DEVICES acme"):
        check_confirmed(planned, limits(confirm_above=1), "acme.okta.com", goal)
    confirmed = limits(confirm_above=1, confirm=f"{verb} 2 DEVICES acme.okta.com")
    check_confirmed(planned, confirmed, "acme.okta.com", goal)
    digests = {digest_plan(planned, "acme.okta.com", each) for each in [RESET, *GOALS.values()]}
    assert len(digests) == 5


@pytest.mark.parametrize(
    "now",
    [
        target(device(status="DEACTIVATED"), user()),
        target(device(), user("bob")),
        target(device(), user(management="PENDING")),
        target(device(serial_number="C02B"), user()),
    ],
)
def test_a_record_that_changed_after_the_approval_stays(now: RecordTarget) -> None:
    approved, keeper = target(device(), user()), target(device("guo2"))
    decision = Decision(now, "write", "Because.", keeper=keeper)
    kept = keep_changed(decision, approved)
    assert kept == Decision(
        now,
        "skip",
        "Its status, its users or whether they are managed changed after the plan was approved. Run"
        " again in check mode, and have the new plan approved.",
        "changed_since_approval",
        keeper,
    )
    same = replace(decision, target=approved)
    assert keep_changed(same, approved) is same
    skipped = replace(decision, action="skip")
    assert keep_changed(skipped, approved) is skipped


def test_an_unknown_status_and_management_are_nothing_in_a_digest() -> None:
    """So that an approval is valid for a run of any version."""
    unknown = Decision(target(device(status=None), user(management=None)), "write", "")
    empty = Decision(target(device(status=""), user(management="")), "write", "")
    digests = {digest_plan([each], "acme.okta.com") for each in (unknown, empty)}
    assert len(digests) == 1


def test_an_approval_of_another_plan_says_what_to_do() -> None:
    with pytest.raises(Refused) as raised:
        check_approved(decisions_of("write"), "d1", "d2")
    assert raised.value.message == (
        "plan_digest: the plan is not the one that was approved. 1 device records would be deleted"
        " now, and the digest is d1. Nothing was written. Review the new plan and have it approved."
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1 device record (0) would be deleted"),
        (2, "2 device records (0, 1) would be deleted"),
        (5, "5 device records (0, 1, 2, 3, 4) would be deleted"),
        (6, "6 device records (0, 1, 2, 3, 4 and 1 more) would be deleted"),
    ],
)
def test_a_limit_names_up_to_five_records(number: int, words: str) -> None:
    planned = decisions_of(*["write"] * number)
    with pytest.raises(Refused) as raised:
        check_limits(planned, limits(max_devices=0), None)
    assert words in raised.value.message


def test_a_refusal_names_each_limit_that_the_plan_passes() -> None:
    planned = decisions_of(*["write"] * 4)
    with pytest.raises(
        Refused, match=r"^max_devices: .* Set max_devices: 4 and max_percent: 40 if"
    ):
        check_limits(planned, limits(max_devices=3, max_percent=5), 10)
    with pytest.raises(Refused, match=r"Set max_devices: 4 if"):
        check_limits(planned, limits(max_devices=3, max_percent=40), 10)


def test_without_macs_in_kandji_only_all_percents_are_enough() -> None:
    with pytest.raises(Refused, match="Set max_percent: 100 if"):
        check_limits(decisions_of("write", "write"), limits(max_percent=99), 0)
