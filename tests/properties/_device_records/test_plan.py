# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reset: no more evidence of use, no lower limit and nothing unknown ever deletes more."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.approval import (
    count_writes,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    GOALS,
    Decision,
    Evidence,
    Goal,
    Guards,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    decide_again,
    plan_records,
    reissue_after,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    OktaUser,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.resets import evidence, guards, targets
from tests.support.strategies.values import NOW, datetimes, unknown_words

Targets = list[RecordTarget]


def resets(some: Targets, limits: Guards, facts: Evidence) -> set[str]:
    """Return the ids of the records that a plan deletes."""
    return {each.target.id for each in plan_records(some, limits, facts) if each.writes}


@given(targets(), guards(), evidence())
def test_each_target_is_decided_once_and_only_records_that_exist_are_reset(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    decisions = plan_records(some, limits, facts)
    assert [decision.target for decision in decisions] == some
    for decision in decisions:
        assert decision.action in ("write", "skip", "none")
        assert decision.writes is (decision.code is None)
        assert decision.reason.endswith(".")
        assert (decision.action == "none") is (decision.target.device is None)


@given(targets(), guards(), evidence())
def test_a_newer_registration_is_never_deleted(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    """Nor is one whose registration time is unknown, whatever is allowed."""
    for decision in plan_records(some, limits, facts):
        if decision.writes:
            registered = decision.target.registered_at
            assert registered is not None and registered < limits.created_before


@given(targets(), guards(), evidence(), st.randoms(use_true_random=False))
def test_the_order_of_targets_decides_nothing_but_whose_authenticator_goes_first(
    some: Targets, limits: Guards, facts: Evidence, chance: t.Any
) -> None:
    free = replace(
        limits, options=replace(limits.options, allow=[*limits.options.allow, "last_authenticator"])
    )
    expected = resets(some, free, facts)
    before = count_writes(plan_records(some, limits, facts))
    chance.shuffle(some)
    assert resets(some, free, facts) == expected
    assert (count_writes(plan_records(some, limits, facts)) == 0) is (before == 0)


@given(targets(), guards(), evidence(), st.data())
def test_more_evidence_of_use_never_makes_a_deletion_possible(
    some: Targets, limits: Guards, facts: Evidence, data: st.DataObject
) -> None:
    """A user who is managed, one more active user, and a deletion that came before."""
    before = resets(some, limits, facts)
    known = [each for each in some if each.device is not None]
    if not known:
        return
    target = data.draw(st.sampled_from(known))
    more = DeviceUser(OktaUser("00unew", "new@acme.com", status="ACTIVE"), "MANAGED")
    used = [replace(each, users=(*each.users, more)) if each is target else each for each in some]
    # The record that works is kept, so another one of its serial may become the spare one.
    others = {each.id for each in some if each.serial.lower() == target.serial.lower()}
    assert resets(used, limits, facts) - others <= before
    if "managed" not in limits.options.allow:
        assert target.id not in resets(used, limits, facts)
    deletions = {**facts.earlier_deletions, target.id: NOW - timedelta(days=500)}
    again = replace(facts, earlier_deletions=deletions)
    assert resets(some, limits, again) <= before | ({target.id} & set(facts.earlier_deletions))


@given(targets(), guards(), evidence(), unknown_words)
def test_an_unknown_status_never_turns_a_refusal_into_a_deletion(
    some: Targets, limits: Guards, facts: Evidence, word: str
) -> None:
    before = resets(some, limits, facts)
    unknown = [
        replace(
            each,
            users=tuple(
                replace(user, management_status=value, user=replace(user.user, status=None))
                for user in each.users
            ),
        )
        for value in (word,)
        for each in some
    ]
    serials = {each.serial.lower() for each in some if each.serial}
    alone = len(serials) == len([each for each in some if each.serial])
    if alone and "managed" not in limits.options.allow and "shared" not in limits.options.allow:
        assert resets(unknown, limits, facts) <= before
    no_enrollments = replace(facts, enrollments={}, active_records={})
    assert resets(some, limits, no_enrollments) <= before
    no_macs = [replace(each, mac=None) for each in some]
    if "unknown_to_kandji" not in limits.options.allow:
        assert resets(no_macs, limits, facts) == set()


@given(targets(), guards(), evidence(), st.data())
def test_one_guard_less_never_deletes_less(
    some: Targets, limits: Guards, facts: Evidence, data: st.DataObject
) -> None:
    if not limits.options.allow:
        return
    forbidden = data.draw(st.sampled_from(list(limits.options.allow)))
    stricter = [each for each in limits.options.allow if each != forbidden]
    strict = replace(limits, options=replace(limits.options, allow=stricter))
    if forbidden != "last_authenticator" and "last_authenticator" in stricter:
        assert resets(some, strict, facts) <= resets(some, limits, facts)


@given(targets(), guards(), evidence())
def test_the_second_look_at_an_unchanged_record_decides_alike(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    decisions = plan_records(some, limits, facts)
    for decision in decisions:
        if decision.writes:
            keeper = decision.keeper
            again = decide_again(decision.target, keeper, decisions, limits, facts)
            assert again == decision
            gone = replace(decision.target, device=None)
            assert decide_again(gone, keeper, decisions, limits, facts).action == "none"


@given(targets(), datetimes(), st.dictionaries(st.sampled_from(("guo1", "guo2")), datetimes()))
def test_certificates_that_are_seen_after_reissue_after_are_new(
    some: Targets, now: datetime, revocations: dict[str, datetime]
) -> None:
    if some:
        after = reissue_after(some, revocations, now)
        assert all(
            each.newest_certificate is None or after > each.newest_certificate for each in some
        )


def test_a_decision_is_a_value() -> None:
    target = RecordTarget("C02A")
    assert (
        Decision(target, "none", "It has no device record.", "no_record")
        == plan_records([target], guards_of_nothing(), Evidence())[0]
    )


def guards_of_nothing() -> Guards:
    from tests.support.strategies.resets import STRICT

    return Guards(NOW, NOW, STRICT)


# Records that are taken to a state

STATES = st.sampled_from([*GOALS.values()])


def for_state(limits: Guards, goal: Goal) -> Guards:
    return replace(limits, options=replace(limits.options, goal=goal, duplicates="each"))


@given(targets(), guards(), evidence(), STATES)
def test_a_record_is_written_to_only_if_a_known_step_leads_to_the_state(
    some: Targets, limits: Guards, facts: Evidence, goal: Goal
) -> None:
    for decision in plan_records(some, for_state(limits, goal), facts):
        steps = goal.steps(decision.target)
        if decision.writes:
            assert steps and decision.reason == goal.effect(decision.target)
        if decision.code == "unchanged":
            assert steps == () and decision.target.device is not None


@given(targets(), guards(allow=False), evidence(), STATES)
def test_a_state_that_loses_registrations_takes_nothing_that_works_or_that_others_need(
    some: Targets, limits: Guards, facts: Evidence, goal: Goal
) -> None:
    for decision in plan_records(some, for_state(limits, goal), facts):
        if decision.writes and goal.destroys:
            assert not decision.target.managed_logins and len(decision.target.active_users) < 2
            assert decision.target.status != "SUSPENDED" or goal.state == "deactivated"


@given(targets(), guards(), evidence())
def test_a_reset_deletes_nothing_that_a_deletion_by_name_keeps(
    some: Targets, limits: Guards, facts: Evidence
) -> None:
    """The reset has all guards of a deletion, and those of a new registration."""
    each = replace(limits, options=replace(limits.options, duplicates="each"))
    deleted = resets(some, for_state(limits, GOALS["absent"]), facts)
    free = replace(
        each, options=replace(each.options, allow=[*each.options.allow, "last_authenticator"])
    )
    freely = for_state(free, GOALS["absent"])
    assert resets(some, free, facts) <= resets(some, freely, facts)
    assert deleted <= resets(some, freely, facts)
